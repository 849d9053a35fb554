import { createSocket, type Socket as DatagramSocket } from "node:dgram";
import { createServer, connect as nodeConnect, type Server, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { FakeMachine, until } from "./fake-machine";

const undo: (() => void)[] = [];
afterEach(() => {
	for (const action of undo.splice(0)) action();
});

function machine(options: ConstructorParameters<typeof FakeMachine>[0] = {}): FakeMachine {
	const made = new FakeMachine(options);
	undo.push(() => made.io.close());
	return made;
}

async function server(onClient: (socket: Socket) => void): Promise<number> {
	const made: Server = createServer((socket) => {
		socket.on("error", () => {});
		undo.push(() => socket.destroy());
		onClient(socket);
	});
	undo.push(() => made.close());
	await new Promise<void>((resolve) => made.listen(0, "127.0.0.1", resolve));
	return (made.address() as { port: number }).port;
}

/** Resolves when a count has not moved for 50 ms. */
async function standstill(count: () => number): Promise<void> {
	for (let before = -1; before !== count(); await new Promise((resolve) => setTimeout(resolve, 50))) before = count();
}

test("a client writes within its credit, reads and closes", async () => {
	const got: string[] = [];
	const port = await server((socket) => socket.on("data", (data) => socket.write(`echo ${data}`)));
	const m = machine();
	const id = m.connect(port, {
		onWritable: (credit) => {
			if (got.length === 0) expect(credit).toBe(8192);
			if (got.push(`writable ${credit}`) === 1) expect(m.send(id, "hello")).toBe(8187);
		},
		onReadable: (bytes) => {
			expect(bytes).toBe(10);
			got.push(m.text(id)!);
			expect(m.text(id)).toBeUndefined();
		},
	});
	expect(() => m.send(id, "early")).toThrow("TCP: not ready");
	await until(() => got.includes("echo hello"));
	expect(m.host.streamAddress(id)).toBe("127.0.0.1");
	expect(m.host.streamPort(id)).toBe(port);
	m.host.close(id);
	m.host.close(id);
	expect(() => m.send(id, "late")).toThrow("closed");
	expect(() => m.text(id)).toThrow("closed");
	expect(m.io.open).toBe(0);
});

test("reading a part leaves the rest, and more than there is is refused", async () => {
	const port = await server((socket) => socket.write("0123456789"));
	const m = machine();
	let available = 0;
	const id = m.connect(port, { onReadable: (bytes) => (available = bytes) });
	await until(() => available === 10);
	const part = (count: number) => Buffer.from(m.host.streamRead(id, count)!).toString();
	expect(part(3)).toBe("012");
	expect(() => part(8)).toThrow("TCP: 8 bytes asked, 7 are there");
	expect(() => part(0)).toThrow(RangeError);
	expect(part(7)).toBe("3456789");
	expect(m.text(id)).toBeUndefined();
});

test("more than the credit is refused whole, and the credit comes back", async () => {
	let received = 0;
	const port = await server((socket) => socket.on("data", (data) => (received += data.length)));
	const m = machine({ windows: { sendBytes: 1000 } });
	const credits: number[] = [];
	const id = m.connect(port, { onWritable: (credit) => credits.push(credit) });
	await until(() => credits.length === 1);
	expect(() => m.host.streamWrite(id, new Uint8Array(1001))).toThrow("TCP: would block: 1001 bytes, room for 1000");
	expect(m.host.streamWrite(id, new Uint8Array(600))).toBe(400);
	expect(() => m.host.streamWrite(id, new Uint8Array(401))).toThrow("room for 400");
	expect(m.host.streamWrite(id, new ArrayBuffer(400))).toBe(0);
	await until(() => received === 1000 && credits.at(-1) === 1000);
});

test("the end comes after the last byte was read, once", async () => {
	const port = await server((socket) => socket.end("last words"));
	const m = machine();
	const log: string[] = [];
	const id = m.connect(port, { onReadable: () => log.push("readable"), onError: (reason) => log.push(reason) });
	await until(() => log.length > 0);
	await new Promise((resolve) => setTimeout(resolve, 30));
	expect(log).toEqual(["readable"]);
	expect(m.text(id)).toBe("last words");
	await until(() => log.length > 1);
	await new Promise((resolve) => setTimeout(resolve, 10));
	expect(log).toEqual(["readable", "closed by the other side"]);
	expect(m.send(id, "into the void")).toBeUndefined();
});

test("what was written before close arrives", async () => {
	let text = "";
	let ended = false;
	const port = await server((socket) => {
		socket.write("unread");
		socket.on("data", (data) => (text += data));
		socket.on("end", () => (ended = true));
	});
	const m = machine();
	const id = m.connect(port, {
		onWritable: () => {
			m.send(id, "goodbye ".repeat(1000));
			m.host.close(id);
		},
	});
	await until(() => ended);
	expect(text).toBe("goodbye ".repeat(1000));
});

test("failures are told in one sentence", async () => {
	const m = machine();
	const free = await server(() => {});
	for (const action of undo.splice(1)) action();
	undo.push(() => m.io.close());
	const reasons: string[] = [];
	m.connect(free, { onError: (reason) => reasons.push(reason) });
	const id = m.host.tcpConnect("no-such-name.invalid", false, 80, undefined, 4);
	m.on(id, { onError: (reason) => reasons.push(reason) });
	await until(() => reasons.length === 2);
	expect(reasons.sort()).toEqual([
		`connection to 127.0.0.1:${free} refused`,
		"no address known for no-such-name.invalid",
	]);
});

test("bad targets throw at once", () => {
	const m = machine();
	const connect = (host: string, isAddress: boolean, port: number) =>
		m.host.tcpConnect(host, isAddress, port, false, 7);
	expect(() => connect("localhost", true, 80)).toThrow('address "localhost" is not an IP address');
	expect(() => connect("127.0.0.1", true, 65536)).toThrow("TCP: port 65536");
	expect(() => connect("127.0.0.1", true, 0)).toThrow("TCP: port 0");
	expect(() => connect("a b", false, 80)).toThrow('"a b" is not a host name');
	expect(m.io.open).toBe(0);
});

test("without a network every attempt throws", () => {
	const m = machine({ network: "none" });
	expect(() => m.connect(80, {})).toThrow("no network");
	expect(() => m.listen(0, () => {})).toThrow("no network");
	expect(() => m.host.udpOpen(0, undefined, undefined, 0)).toThrow("no network");
	expect(m.io.open).toBe(0);
});

test("5 MB through a slow reader: the sender waits, memory stays bounded, every byte arrives", async () => {
	const total = 5 << 20;
	let sent = 0;
	let writing = true;
	const chunk = new Uint8Array(65536).map((_, i) => i & 0xff);
	const port = await server(async (socket) => {
		while (sent < total && writing) {
			sent += chunk.length;
			if (!socket.write(chunk)) await new Promise((resolve) => socket.once("drain", resolve));
		}
		socket.end();
	});
	const m = machine();
	let waiting = 0;
	let largest = 0;
	let over = false;
	const id = m.connect(port, {
		onReadable: (bytes) => {
			waiting = bytes;
			largest = Math.max(largest, bytes);
		},
		onError: () => (over = true),
	});
	// nobody reads: what is on the way fills the buffers of the system and then the sender waits
	await until(() => sent > 0);
	await standstill(() => sent);
	await new Promise((resolve) => setTimeout(resolve, 100));
	expect(sent).toBeLessThan(total);
	let received = 0;
	let wrong = 0;
	while (!over) {
		if (waiting === 0) await new Promise((resolve) => setImmediate(resolve));
		else {
			const bytes = new Uint8Array(m.host.streamRead(id, Math.min(waiting, 4096))!);
			waiting -= bytes.length;
			for (const byte of bytes) if (byte !== (received++ & 0xff)) wrong++;
		}
	}
	writing = false;
	expect({ received, wrong }).toEqual({ received: total, wrong: 0 });
	expect(largest).toBeLessThanOrEqual(16384);
});

test("5 MB written by credit to a slow reader arrive whole", async () => {
	const total = 5 << 20;
	let received = 0;
	let wrong = 0;
	let socket: Socket | undefined;
	const port = await server((client) => {
		socket = client;
		client.pause();
		client.on("data", (data) => {
			for (const byte of data as Buffer) if (byte !== (received++ & 0xff)) wrong++;
			client.pause();
			setImmediate(() => client.resume());
		});
	});
	const m = machine();
	let sent = 0;
	const id = m.connect(port, {
		onWritable: (credit) => {
			expect(credit).toBeLessThanOrEqual(8192);
			const bytes = new Uint8Array(Math.min(credit, total - sent));
			for (let i = 0; i < bytes.length; i++) bytes[i] = sent++ & 0xff;
			if (bytes.length > 0) m.host.streamWrite(id, bytes);
		},
	});
	await until(() => socket && sent > 0);
	await standstill(() => sent);
	await new Promise((resolve) => setTimeout(resolve, 50));
	expect(sent).toBeLessThan(total);
	socket!.resume();
	await until(() => received === total, 15_000);
	expect(wrong).toBe(0);
});

test("a listener serves 8 clients at once, each with its own bytes", async () => {
	const m = machine();
	const open: number[] = [];
	const listener = m.listen(0, (from) => {
		const id = m.adopt(from, {
			onReadable: () => m.send(id, m.text(id)!.toUpperCase()),
			onError: () => {
				open.splice(open.indexOf(id), 1);
				m.host.close(id);
			},
		});
		open.push(id);
	});
	const port = m.host.listenerPort(listener);
	expect(port).toBeGreaterThan(0);
	const answers = await Promise.all(
		Array.from({ length: 8 }, async (_, n) => {
			const socket = nodeConnect(port, "127.0.0.1");
			socket.write(`client ${n}`);
			const [answer] = await new Promise<[Buffer]>((resolve) =>
				socket.once("data", (data) => resolve([data as Buffer])),
			);
			return { socket, answer: answer.toString() };
		}),
	);
	expect(answers.map((one) => one.answer)).toEqual(Array.from({ length: 8 }, (_, n) => `CLIENT ${n}`));
	expect(open.length).toBe(8);
	for (const { socket } of answers) socket.destroy();
	await until(() => open.length === 0);
	expect(m.io.open).toBe(1);
	m.host.close(listener);
	await expect(new Promise((_, reject) => nodeConnect(port, "127.0.0.1").on("error", reject))).rejects.toThrow(
		"ECONNREFUSED",
	);
});

test("bytes that come before the connection is taken over are not lost, nor is its end", async () => {
	const m = machine();
	const waiting: number[] = [];
	const listener = m.listen(0, (id) => waiting.push(id));
	const socket = nodeConnect(m.host.listenerPort(listener), "127.0.0.1");
	socket.end("early bird");
	await until(() => waiting.length === 1);
	await new Promise((resolve) => setTimeout(resolve, 30));
	const log: string[] = [];
	const id = m.adopt(waiting[0]!, { onReadable: () => log.push(m.text(id)!), onError: (reason) => log.push(reason) });
	await until(() => log.length === 2);
	expect(log).toEqual(["early bird", "closed by the other side"]);
});

test("a connection nobody takes over holds the sender back", async () => {
	const m = machine();
	const waiting: number[] = [];
	const listener = m.listen(0, (id) => waiting.push(id));
	const socket = nodeConnect(m.host.listenerPort(listener), "127.0.0.1");
	undo.push(() => socket.destroy());
	socket.on("error", () => {});
	socket.write(new Uint8Array(32 << 20));
	await until(() => waiting.length === 1);
	await new Promise((resolve) => setTimeout(resolve, 100));
	expect(socket.writableLength).toBeGreaterThan(0);
});

test("16 connections may wait to be accepted, more are turned away", async () => {
	const m = machine();
	const listener = m.on(m.host.listen(0, "127.0.0.1", 1), {});
	const port = m.host.listenerPort(listener);
	let turnedAway = 0;
	for (let i = 0; i < 20; i++) {
		const socket = nodeConnect(port, "127.0.0.1");
		undo.push(() => socket.destroy());
		socket.on("error", () => {});
		socket.on("close", () => turnedAway++);
	}
	await until(() => turnedAway === 4);
	let waiting = 0;
	while (m.host.accept(listener) !== undefined) waiting++;
	expect(waiting).toBe(16);
});

test("a port in use is refused at once, by name, for XS and for the command line", () => {
	const m = machine();
	const port = m.host.listenerPort(m.listen(0, () => {}));
	expect(() => m.listen(port, () => {})).toThrow(`Listener: port ${port} is already in use`);
	expect(m.io.refusedPorts).toEqual([expect.objectContaining({ code: "EADDRINUSE", port })]);
	expect(() => m.listen(0, () => {}, "example.org")).toThrow('address "example.org" is not an IP address');
	expect(() => m.listen(0, () => {}, "192.0.2.1")).toThrow("192.0.2.1 is no address of this machine");
	expect(m.io.open).toBe(1);
});

test("an address binds there only", async () => {
	const m = machine();
	const port = m.host.listenerPort(m.listen(0, () => {}, "127.0.0.1"));
	await expect(
		new Promise((resolve, reject) => nodeConnect(port, "127.0.0.2").on("error", reject).on("connect", resolve)),
	).rejects.toThrow("ECONNREFUSED");
});

test("a callback may close, and nothing is told after that", async () => {
	const port = await server((socket) => socket.write("x"));
	const m = machine();
	const log: string[] = [];
	const id = m.connect(port, {
		onReadable: () => {
			log.push("readable");
			m.host.close(id);
		},
		onWritable: () => log.push("writable"),
		onError: () => log.push("error"),
	});
	await until(() => log.includes("readable"));
	await new Promise((resolve) => setTimeout(resolve, 30));
	expect(log.filter((entry) => entry !== "writable")).toEqual(["readable"]);
});

test("an exception in a callback reaches the host, and the next event still comes", async () => {
	const port = await server((socket) => socket.on("data", (data) => socket.write(data)));
	const m = machine();
	let calls = 0;
	const id = m.connect(port, {
		onWritable: () => {
			if (calls === 0) m.send(id, "ping");
		},
		onReadable: () => {
			m.text(id);
			if (++calls === 1) {
				m.send(id, "pong");
				throw new Error("mine");
			}
		},
	});
	await until(() => calls === 2);
	expect(m.errors.map((error) => error.message)).toEqual(["mine"]);
});

test("a deleted machine is not called, whatever is under way", async () => {
	let clients = 0;
	const port = await server((socket) => {
		clients++;
		socket.write("hello");
	});
	const m = machine();
	m.connect(port, { onReadable: () => {}, onWritable: () => {}, onError: () => {} });
	m.listen(0, () => {});
	await until(() => clients === 1);
	const { entries } = m;
	m.io.close();
	await new Promise((resolve) => setTimeout(resolve, 30));
	expect(m.entries).toBe(entries);
	expect(m.io.open).toBe(0);
});

async function datagramPeer(): Promise<[DatagramSocket, number]> {
	const peer = createSocket("udp4");
	undo.push(() => peer.close());
	await new Promise<void>((resolve) => peer.bind(0, "127.0.0.1", resolve));
	return [peer, peer.address().port];
}

test("UDP: packets there and back, with the sender's address", async () => {
	const [peer, port] = await datagramPeer();
	peer.on("message", (bytes, from) => peer.send(`got ${bytes}`, from.port, from.address));
	const m = machine();
	const id = m.on(m.host.udpOpen(0, undefined, 4, 1), {});
	expect(m.host.udpRead(id)).toBeUndefined();
	m.host.udpWrite(id, Buffer.from("ping"), "127.0.0.1", port);
	const packet = await until(() => m.host.udpRead(id));
	expect(Buffer.from(packet.bytes).toString()).toBe("got ping");
	expect([packet.address, packet.port]).toEqual(["127.0.0.1", port]);
	expect(() => m.host.udpWrite(id, Buffer.from("x"), "example.org", port)).toThrow("not an IP address");
	expect(() => m.host.udpGroup(id, "nobody", true)).toThrow("not an IP address");
	m.host.close(id);
	expect(() => m.host.udpRead(id)).toThrow("closed");
});

test("UDP: 64 packets may wait, more are lost", async () => {
	const m = machine();
	let told = 0;
	const id = m.host.udpOpen(0, "127.0.0.1", undefined, 1);
	m.on(id, { onReadable: (packets) => (told = Math.max(told, packets)) });
	const [peer, port] = await datagramPeer();
	peer.on("message", (_, from) => {
		for (let i = 0; i < 100; i++) peer.send(`packet ${i}`, from.port, from.address);
	});
	m.host.udpWrite(id, Buffer.from("go"), "127.0.0.1", port);
	await until(() => told === 64);
	let read = 0;
	for (let packet = m.host.udpRead(id); packet; packet = m.host.udpRead(id))
		expect(Buffer.from(packet.bytes).toString()).toBe(`packet ${read++}`);
	expect(read).toBe(64);
});

test("UDP: a port in use and a wrong group are told", async () => {
	const [, port] = await datagramPeer();
	const m = machine();
	const reasons: string[] = [];
	m.on(m.host.udpOpen(port, "127.0.0.1", undefined, 4), { onError: (reason) => reasons.push(reason) });
	await until(() => reasons.length === 1);
	expect(reasons).toEqual([`UDP: port ${port} is already in use`]);
	const id = m.host.udpOpen(0, undefined, undefined, 4);
	m.on(id, { onError: (reason) => reasons.push(reason) });
	m.host.udpGroup(id, "10.1.2.3", true);
	await until(() => reasons.length === 2);
	expect(reasons[1]).toContain("UDP: group 10.1.2.3");
});
