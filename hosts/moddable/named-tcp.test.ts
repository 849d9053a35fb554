import { describe, expect, it } from "vitest";
import type { TcpOptions } from "../../modules/base/io";
import { namedTCP } from "./named-tcp";

function bench() {
	const opened: TcpOptions[] = [];
	const closed: TcpOptions[] = [];
	const asked: string[] = [];
	let answer: ((address?: string) => void) | undefined;
	class Socket {
		readonly options: TcpOptions;
		constructor(options: TcpOptions) {
			// as the SDK: it is the key that counts, not its value
			if ("from" in options && options.from === undefined) throw new Error("invalid from");
			if (options.address === "0.0.0.0") throw new Error("no socket");
			this.options = options;
			opened.push(options);
		}
		read(count: number): ArrayBuffer {
			return new ArrayBuffer(count);
		}
		write(): number {
			return 7;
		}
		close(): void {
			closed.push(this.options);
		}
	}
	const TCP = namedTCP(Socket, (name, callback) => {
		asked.push(name);
		answer = (address) => callback(name, address);
	});
	return { TCP, Socket, opened, closed, asked, answer: (address?: string) => answer!(address) };
}

describe("TCP to names", () => {
	it("hands addresses, accepted connections and localhost to the socket at once", () => {
		const { TCP, Socket, opened, asked } = bench();
		const accepted = {};
		expect(new TCP({ host: "10.0.0.7", port: 1883, from: undefined })).toBeInstanceOf(Socket);
		new TCP({ address: "10.0.0.8", port: 502 });
		new TCP({ host: "localhost", port: 1883 });
		new TCP({ from: accepted });
		expect(opened).toEqual([
			{ address: "10.0.0.7", port: 1883 },
			{ address: "10.0.0.8", port: 502 },
			{ address: "127.0.0.1", port: 1883 },
			{ from: accepted },
		]);
		expect(asked).toEqual([]);
	});

	it("resolves a name first, and then is that connection", () => {
		const { TCP, opened, closed, asked, answer } = bench();
		const credits: number[] = [];
		const socket = new TCP({
			host: "broker.example",
			port: 8883,
			onWritable(this: unknown, bytes: number) {
				expect(this).toBe(socket);
				credits.push(bytes);
			},
		});
		expect(socket.read(1)).toBeUndefined();
		expect(() => socket.write(new Uint8Array(1))).toThrow("would block");
		answer("192.0.2.4");
		expect(asked).toEqual(["broker.example"]);
		expect(opened[0]).toMatchObject({ address: "192.0.2.4", port: 8883 });
		opened[0]!.onWritable?.(1460);
		expect(credits).toEqual([1460]);
		expect(socket.write(new Uint8Array(1))).toBe(7);
		expect(socket.read(3)?.byteLength).toBe(3);
		socket.close();
		socket.close();
		expect(closed).toEqual([opened[0]]);
		expect(() => socket.write(new Uint8Array(1))).toThrow("closed");
	});

	it("tells when there is no address or no socket", () => {
		const { TCP, answer } = bench();
		const errors: string[] = [];
		const onError = (error: unknown) => errors.push(error instanceof Error ? error.message : String(error));
		new TCP({ host: "nowhere.example", port: 1, onError });
		answer(undefined);
		new TCP({ host: "full.example", port: 1, onError });
		answer("0.0.0.0");
		expect(errors).toEqual(["no address for nowhere.example", "no socket"]);
	});

	it("opens nothing when it was closed before the answer came", () => {
		const { TCP, opened, answer } = bench();
		new TCP({ host: "late.example", port: 1, onError: () => expect.unreachable() }).close();
		answer("192.0.2.4");
		expect(opened).toEqual([]);
	});
});
