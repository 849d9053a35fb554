/** Our Modbus, on XS and through the real sockets and lines, against pymodbus and libmodbus (mbpoll). */
import { connect, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ModbusOnXs, PtyPair } from "./adapters/modbus-fixture";
import { until } from "./adapters/real-clock";
import { describeWithPeers, freePort, type Peer, python, run, start } from "./peers";

// a pty has no parity: some kernels refuse it
const line = { baud: 19200 } as const;

/** What a client must see of the values that both servers hold. */
const everything = {
	"1": [1, 0, 0, 1, 0, 0, 1, 0, 0, 1],
	"1 most": 334,
	"2": [0, 1, 0, 1, 0, 1, 0, 1, 0, 1],
	"3": [70, 77, 84],
	"3 most": 54_250,
	"4": [110, 121, 132],
	"5": "done",
	"15": "done",
	"coils after": [1, 1, 0, 1],
	"6": "done",
	"16": "done",
	"22": "done",
	// 502 was 2: (2 AND 0xF2) OR (0x25 AND NOT 0xF2) = 0x02 OR 0x05
	"registers after": [0xabcd, 1, 7, 0xffff],
	"23": [0xabcd, 1, 7],
	"16 most": "done",
	"43 basic": { "0": "Gridpost", "1": "GP", "2": "0.1" },
	"43 one": { "5": "test" },
	address: "exception 2",
	function: "exception 1",
};

describeWithPeers("Modbus on XS against peers", ["python", "mbpoll", "socat"], () => {
	let xs: ModbusOnXs;
	const pty = new PtyPair();

	beforeAll(() => pty.plug());
	afterAll(() => pty.remove());
	beforeEach(() => {
		xs = new ModbusOnXs();
	});
	afterEach(() => xs.close());

	/** What mbpoll prints: "[address]: value" lines as values. */
	async function poll(...args: string[]): Promise<string[]> {
		const text = await run("mbpoll", ["-1", "-0", "-o", "2", ...args]);
		return [...text.matchAll(/^\[\d+\]:\s+(\S+)/gm)].map((match) => match[1]!);
	}

	async function pollFails(...args: string[]): Promise<string> {
		const peer = start("mbpoll", ["-1", "-0", "-o", "2", ...args]);
		await peer.ended;
		return peer.output();
	}

	/** The same with libmodbus over either wire; `where` ends the command line. */
	async function readWithMbpoll(head: string[], where: string): Promise<void> {
		expect(await poll(...head, "-t", "4", "-r", "10", "-c", "3", where)).toEqual(["70", "77", "84"]);
		expect(await poll(...head, "-t", "3", "-r", "10", "-c", "3", where)).toEqual(["110", "121", "132"]);
		expect(await poll(...head, "-t", "0", "-r", "0", "-c", "4", where)).toEqual(["1", "0", "0", "1"]);
		expect(await poll(...head, "-t", "1", "-r", "0", "-c", "4", where)).toEqual(["1", "0", "1", "0"]);
		expect(await poll(...head, "-t", "4", "-r", "0", "-c", "125", where)).toHaveLength(125);
		await run("mbpoll", [...head, "-0", "-t", "4", "-r", "700", where, "1234"]);
		await run("mbpoll", [...head, "-0", "-t", "4", "-r", "701", where, "5", "6", "7"]);
		await run("mbpoll", [...head, "-0", "-t", "0", "-r", "700", where, "1", "1"]);
		expect(await poll(...head, "-t", "4", "-r", "700", "-c", "4", where)).toEqual(["1234", "5", "6", "7"]);
		expect(await poll(...head, "-t", "0", "-r", "700", "-c", "3", where)).toEqual(["1", "1", "1"]);
		expect(await pollFails(...head, "-t", "4", "-r", "999", "-c", "2", where)).toContain("Illegal data address");
	}

	describe("our TCP server", () => {
		let port: number;
		beforeEach(async () => {
			port = await freePort();
			xs.program.serveTcp(port);
		});

		test("is read and written by mbpoll", async () => {
			await readWithMbpoll(["-m", "tcp", "-p", `${port}`], "127.0.0.1");
			expect(await pollFails("-m", "tcp", "-p", `${port}`, "-a", "9", "-t", "4", "-r", "0", "127.0.0.1")).toMatch(
				/Target device failed to respond/,
			);
		});

		test("does everything that pymodbus asks", async () => {
			const peer = python("modbus_client.py", ["tcp", `${port}`]);
			await peer.ended;
			expect(JSON.parse(peer.output())).toEqual({
				...everything,
				"unit 9": "exception 11",
				"unit 0": [7],
				"unit 255": [7],
			});
		});

		test("serves eight at once while one does not read, and turns the ninth away", async () => {
			const sockets = await Promise.all(Array.from({ length: 8 }, () => dial(port)));
			// one asks for 64 KB and reads nothing
			const slow = sockets[7]!;
			slow.pause();
			for (let i = 0; i < 256; i++) slow.write(Uint8Array.of(0, i, 0, 0, 0, 6, 1, 3, 0, 0, 0, 125));
			const answers = await Promise.all(
				sockets.slice(0, 7).map((socket, i) => {
					socket.write(Uint8Array.of(0, i, 0, 0, 0, 6, 1, 3, 0, i, 0, 1));
					return once(socket, "data");
				}),
			);
			answers.forEach((answer, i) => {
				expect([...(answer as Buffer)]).toEqual([0, i, 0, 0, 0, 5, 1, 3, 2, 0, 7 * i]);
			});
			const ninth = await dial(port);
			ninth.resume();
			await once(ninth, "end");
			expect(xs.program.servers()[0]).toMatchObject({ accepted: 8, refused: 1, clients: 8 });
			let got = 0;
			slow.on("data", (chunk) => {
				got += chunk.length;
			});
			slow.resume();
			await until("all replies", () => got === 256 * 259);
			for (const socket of [...sockets, ninth]) socket.destroy();
			await until("the client has gone", () => xs.program.servers()[0]!.clients === 0);
		});
	});

	describe("our RTU server", () => {
		beforeEach(() => xs.program.serveRtu({ port: pty.left, ...line }));

		test("is read and written by mbpoll", async () => {
			await readWithMbpoll(["-m", "rtu", "-b", "19200", "-P", "none"], pty.right);
		});

		test("does everything that pymodbus asks", async () => {
			const peer = python("modbus_client.py", ["rtu", pty.right, "19200", "N"]);
			await peer.ended;
			expect(JSON.parse(peer.output())).toEqual(everything);
		});
	});

	/** All functions, by our client, against a pymodbus server with the same values. */
	async function askEverything(): Promise<void> {
		const unit = 1;
		expect(await xs.read({ unit, function: 3, address: 10, count: 3 })).toEqual([70, 77, 84]);
		expect(await xs.read({ unit, function: 4, address: 10, count: 3 })).toEqual([110, 121, 132]);
		expect(await xs.read({ unit, function: 3, address: 0, count: 125 })).toHaveLength(125);
		expect((await xs.ask({ unit, function: 1, address: 0, count: 10 })).bytes).toEqual([0b01001001, 0b10]);
		expect((await xs.ask({ unit, function: 2, address: 5, count: 10 })).bytes).toEqual([0b10101010, 0b10]);
		const done = { status: "ok", attempts: 1, bytes: [] };
		expect(await xs.ask({ unit, function: 5, address: 500, values: [1] })).toMatchObject(done);
		expect(await xs.ask({ unit, function: 15, address: 501, values: [1, 0, 1] })).toMatchObject({ ...done, count: 3 });
		expect((await xs.ask({ unit, function: 1, address: 500, count: 4 })).bytes).toEqual([0b1011]);
		expect(await xs.ask({ unit, function: 6, address: 500, values: [0xabcd] })).toMatchObject(done);
		expect(await xs.ask({ unit, function: 16, address: 501, values: [1, 2, -1] })).toMatchObject({ ...done, count: 3 });
		expect(await xs.ask({ unit, function: 22, address: 502, andMask: 0xf2, orMask: 0x25 })).toMatchObject(done);
		expect(await xs.read({ unit, function: 3, address: 500, count: 4 })).toEqual([0xabcd, 1, 7, 0xffff]);
		expect(await xs.read({ unit, function: 23, address: 500, count: 3, writeAddress: 502, values: [9] })).toEqual([
			0xabcd, 1, 9,
		]);
		const identity = await xs.ask({ unit, function: 43, address: 0, count: 1 });
		expect(Buffer.from(identity.bytes).toString("latin1")).toContain("pymodbus");
		expect(await xs.read({ unit, function: 3, address: 999, count: 2 })).toBe("exception 2");
	}

	describe("our client and a pymodbus server", () => {
		let server: Peer | undefined;
		afterEach(() => server?.stop());

		test("over TCP, also when it is restarted", async () => {
			const port = await freePort();
			server = python("modbus_server.py", ["tcp", `${port}`]);
			await server.waitFor(/ready/);
			xs.program.connect({ address: "127.0.0.1", port });
			await askEverything();
			await server.stop();
			const lost = await xs.ask({ unit: 1, function: 3, address: 0, count: 1 });
			expect(lost.status).toBe("closed");
			server = python("modbus_server.py", ["tcp", `${port}`]);
			await server.waitFor(/ready/);
			await until(
				"it answers",
				async () => (await xs.ask({ unit: 1, function: 3, address: 1, count: 1 })).status === "ok",
				10_000,
			);
		});

		test("over a serial line, also when it is pulled out", async () => {
			server = python("modbus_server.py", ["rtu", pty.right, "19200", "N"]);
			await server.waitFor(/ready/);
			xs.program.connect({ port: pty.left, ...line });
			await askEverything();
			expect(await xs.ask({ unit: 0, function: 6, address: 800, values: [77] })).toMatchObject({ status: "ok" });
			expect(await xs.ask({ unit: 7, function: 3, address: 0, count: 1, timeoutMs: 100, retries: 0 })).toMatchObject({
				status: expect.stringMatching(/timeout|exception/),
			});
			await server.stop();
			await pty.unplug();
			expect((await xs.ask({ unit: 1, function: 3, address: 0, count: 1 })).status).toBe("closed");
			await pty.plug();
			server = python("modbus_server.py", ["rtu", pty.right, "19200", "N"]);
			await server.waitFor(/ready/);
			await until(
				"it answers",
				async () => (await xs.ask({ unit: 1, function: 3, address: 1, count: 1 })).status === "ok",
				10_000,
			);
		});
	});
});

function dial(port: number): Promise<Socket> {
	const socket = connect(port, "127.0.0.1");
	return once(socket, "connect").then(() => socket);
}

function once(socket: Socket, event: string): Promise<unknown> {
	return new Promise((resolve, reject) => {
		socket.once(event, resolve);
		socket.once("error", reject);
	});
}
