import type { TcpClass, TcpOptions, TcpSocket } from "../../modules/base/io";

/** The SDK's TLS client: it opens its socket through `TCP.io`. */
type TlsClass = new (options: TcpOptions & { TCP: { io: TcpClass }; secure: object }) => TcpSocket;

/**
 * A TLS class that trusts one authority, over the SDK's. There a certificate that does not verify throws inside a callback of
 * the socket, which would end the machine: here it ends the connection, with the reason.
 * @param authority certificate of the authority, DER
 */
export function trustedTLS(Tls: TlsClass, TCP: TcpClass, authority: Uint8Array): TcpClass {
	const open = (options: TcpOptions): TcpSocket => {
		let socket: TcpSocket | undefined;
		let ended = false;
		const end = (error?: unknown): void => {
			if (ended) return;
			ended = true;
			socket?.close();
			options.onError?.call(socket as TcpSocket, error);
		};
		const guard = (callback?: (count: number) => void) => (count: number) => {
			if (ended) return;
			try {
				callback?.(count);
			} catch (error) {
				end(error);
			}
		};
		// `new` may give another object than this class: the SDK's constructor takes what it returns
		const io = class {
			constructor(inner: TcpOptions) {
				const { onReadable, onWritable } = inner;
				// biome-ignore lint/correctness/noConstructorReturn: the SDK's socket itself, with guarded callbacks
				return new TCP({ ...inner, onReadable: guard(onReadable), onWritable: guard(onWritable) }) as never;
			}
		} as unknown as TcpClass;
		socket = new Tls({
			...options,
			onError: end,
			TCP: { io },
			secure: { certificate: authority.slice().buffer, verify: true, serverName: options.host },
		});
		return socket;
	};
	return class {
		constructor(options: TcpOptions) {
			// biome-ignore lint/correctness/noConstructorReturn: one object a connection, not two
			return open(options) as never;
		}
	} as unknown as TcpClass;
}

const kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Bytes of a base64 text (RFC 4648, 4); undefined when it is none. */
export function base64Bytes(text: string): Uint8Array | undefined {
	const bare = text.replace(/=+$/, "");
	if (bare === "" || bare.length % 4 === 1) return undefined;
	const bytes = new Uint8Array(Math.floor((bare.length * 3) / 4));
	let bits = 0;
	let count = 0;
	let at = 0;
	for (const sign of bare) {
		const digit = kDigits.indexOf(sign);
		if (digit < 0) return undefined;
		bits = ((bits << 6) | digit) & 0xfff;
		count += 6;
		if (count < 8) continue;
		count -= 8;
		bytes[at++] = bits >> count;
	}
	return bytes;
}
