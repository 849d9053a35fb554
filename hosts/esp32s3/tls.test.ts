import { describe, expect, it } from "vitest";
import type { TcpOptions } from "../../modules/base/io";
import { base64Bytes, trustedTLS } from "./tls";

function bench() {
	const opened: TcpOptions[] = [];
	const events: string[] = [];
	const seen: { secure?: { certificate: ArrayBuffer; verify: boolean; serverName: string } | undefined } = {};
	class Socket {
		constructor(options: TcpOptions) {
			opened.push(options);
		}
		read = () => undefined;
		write = () => 0;
		close = () => events.push("socket closed");
	}
	let fails = false;
	/** As the SDK's: gives its own callbacks to the socket, and lets what the session throws through. */
	class Tls {
		#socket: Socket;
		constructor(options: TcpOptions & { TCP: { io: typeof Socket }; secure: object }) {
			seen.secure = options.secure as typeof seen.secure;
			this.#socket = new options.TCP.io({
				...options,
				onReadable: (count) => {
					if (fails) throw new Error("bad certificate");
					options.onReadable?.(count);
				},
				onWritable: (count) => options.onWritable?.(count),
				onError: () => options.onError?.(),
			});
		}
		read = () => undefined;
		write = () => 0;
		close() {
			events.push("closed");
			this.#socket.close();
		}
	}
	const TLS = trustedTLS(Tls as never, Socket as never, Uint8Array.of(0x30, 1, 2));
	const socket = new TLS({
		host: "broker.example",
		port: 8883,
		onReadable: (count) => events.push(`readable ${count}`),
		onWritable: (count) => events.push(`writable ${count}`),
		onError: (error) => events.push(`error ${(error as Error | undefined)?.message}`),
	});
	return { inner: opened[0]!, events, seen, socket, fail: () => (fails = true) };
}

describe("TLS of the board", () => {
	it("trusts the one authority, and asks for the name it connects to", () => {
		const { inner, seen } = bench();
		expect(inner).toMatchObject({ host: "broker.example", port: 8883 });
		expect(seen.secure).toMatchObject({ verify: true, serverName: "broker.example" });
		expect([...new Uint8Array(seen.secure!.certificate)]).toEqual([0x30, 1, 2]);
	});

	it("ends the connection, once, where the SDK would end the machine", () => {
		const { inner, events, fail } = bench();
		inner.onWritable!(100);
		inner.onReadable!(10);
		fail();
		inner.onReadable!(20);
		inner.onReadable!(30);
		inner.onError!();
		expect(events).toEqual(["writable 100", "readable 10", "closed", "socket closed", "error bad certificate"]);
	});
});

it("reads base64, against Node's", () => {
	for (let length = 1; length < 40; length++) {
		const bytes = Uint8Array.from({ length }, (_, index) => (index * 73 + length * 11) & 255);
		expect(base64Bytes(Buffer.from(bytes).toString("base64"))).toEqual(bytes);
	}
	for (const text of ["", "A", "AAAAA", "AA*A", "AAA\n"]) expect(base64Bytes(text), text).toBeUndefined();
});
