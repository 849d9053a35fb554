import type { Duplex } from "node:stream";
import { Aedes } from "aedes";
import { expect, test } from "vitest";
import { FakeMachine, type Handlers } from "./fake-machine";
import { VirtualNetwork } from "./virtual-network";
import { VirtualTime } from "./virtual-time";

function world(latencyMs = 1) {
	const time = new VirtualTime();
	const network = new VirtualNetwork({ clock: time, latencyMs });
	const machine = (address?: string) => new FakeMachine({ network: network.attach(address), clock: time });
	const run = (ms: number) => time.run(ms, network);
	return { time, network, machine, run };
}

test("two machines talk, each step taking its latency", () => {
	const { time, machine } = world(5);
	const server = machine();
	const client = machine();
	const log: string[] = [];
	const note = (text: string) => log.push(`${time.now()} ${text}`);
	server.listen(1502, (from) => {
		note("accepted");
		const id = server.adopt(from, {
			onReadable: (bytes) => {
				note(`server has ${bytes}`);
				server.send(id, server.text(id)!.toUpperCase());
			},
			onError: (reason) => note(`server: ${reason}`),
		});
		expect(server.host.streamAddress(id)).toBe("10.0.0.2");
	});
	let greeted = false;
	const id = client.connect(
		1502,
		{
			onWritable: (credit) => {
				note(`credit ${credit}`);
				if (!greeted) client.send(id, "hello");
				greeted = true;
			},
			onReadable: () => {
				note(client.text(id)!);
				client.host.close(id);
			},
		},
		"10.0.0.1",
	);
	time.advance(100);
	expect(log).toEqual([
		"5 accepted",
		"10 credit 8192",
		"15 server has 5",
		"20 HELLO",
		"25 server: closed by the other side",
	]);
	expect(client.host.listen(1502, undefined, 0)).toBeGreaterThan(0);
	expect(() => server.host.listen(1502, undefined, 0)).toThrow("Listener: port 1502 is already in use");
});

test("nobody there is refused, and no answer is given up after its time", () => {
	const { time, network, machine } = world();
	const m = machine();
	const log: string[] = [];
	const fail = (reason: string) => log.push(`${time.now()} ${reason}`);
	m.connect(80, { onError: fail }, "10.9.9.9");
	time.advance(10);
	network.stall();
	m.connect(80, { onError: fail }, "10.9.9.9");
	time.advance(30_000);
	expect(log).toEqual(["2 connection to 10.9.9.9:80 refused", "20010 no answer from 10.9.9.9:80"]);
});

test("a stalled network delivers in order when it is back", () => {
	const { time, network, machine } = world();
	const m = machine();
	let text = "";
	m.listen(1, (from) => {
		const id = m.adopt(from, { onReadable: () => (text += m.text(id)) });
	});
	const id = m.connect(1, { onWritable: () => {} });
	time.advance(10);
	m.send(id, "a");
	time.advance(10);
	network.stall();
	m.send(id, "b");
	time.advance(10);
	m.send(id, "c");
	time.advance(10);
	m.send(id, "d");
	expect(text).toBe("a");
	network.resume();
	time.advance(10);
	expect(text).toBe("abcd");
});

test("a reader that does not read holds the writer back; then 5 MB arrive whole", () => {
	const { time, machine } = world();
	const m = machine();
	const total = 5 << 20;
	let sent = 0;
	let received = 0;
	let wrong = 0;
	let reader = 0;
	m.listen(1, (from) => {
		reader = m.adopt(from, {});
	});
	const id = m.connect(1, {
		onWritable: (credit) => {
			const bytes = new Uint8Array(Math.min(credit, total - sent));
			for (let i = 0; i < bytes.length; i++) bytes[i] = sent++ & 0xff;
			if (bytes.length > 0) m.host.streamWrite(id, bytes);
		},
	});
	time.advance(1000);
	expect(sent).toBeLessThanOrEqual(16384 + 2 * 8192);
	while (received < total) {
		const before = received;
		for (const byte of new Uint8Array(m.host.streamRead(reader, -1) ?? [])) if (byte !== (received++ & 0xff)) wrong++;
		expect(received - before).toBeLessThanOrEqual(16384);
		time.advance(5);
	}
	expect({ received, wrong }).toEqual({ received: total, wrong: 0 });
});

test("Node's streams: a server and a client of a test, with back-pressure", async () => {
	const { network, machine, run } = world();
	const m = machine();
	const listener = network.listen(0, (stream) => stream.on("data", (data) => stream.write(`echo ${data}`)));
	let got = "";
	let greeted = false;
	const id = m.connect(listener.port, {
		onWritable: () => {
			if (!greeted) m.send(id, "hello");
			greeted = true;
		},
		onReadable: () => (got += m.text(id)),
	});
	await run(10);
	expect(got).toBe("echo hello");

	let inside = 0;
	m.listen(502, (from) => {
		inside = m.adopt(from, {});
	});
	const client = network.connect(502);
	const ended: string[] = [];
	client.on("end", () => ended.push("end"));
	client.on("data", (data) => ended.push(String(data)));
	client.write(new Uint8Array(1 << 20));
	await run(1000);
	expect(client.writableLength).toBeGreaterThan(0);
	let total = 0;
	while (total < 1 << 20) {
		total += m.host.streamRead(inside, -1)?.byteLength ?? 0;
		await run(5);
	}
	expect(client.writableLength).toBe(0);
	m.send(inside, "bye");
	m.host.close(inside);
	await run(10);
	expect(ended).toEqual(["bye", "end"]);
});

test("a program behind a port dies: its connections break, the next are refused", async () => {
	const { time, network, machine, run } = world();
	const m = machine();
	const listener = network.listen(1883, (stream) => stream.resume());
	const log: string[] = [];
	const fail = (reason: string) => log.push(`${time.now()} ${reason}`);
	m.connect(1883, { onError: fail });
	await run(10);
	listener.close(true);
	await run(10);
	m.connect(1883, { onError: fail });
	await run(10);
	expect(log).toEqual(["11 connection broken", "22 connection to 127.0.0.1:1883 refused"]);
	network.listen(1883, (stream) => stream.resume());
	let up = false;
	m.connect(1883, { onWritable: () => (up = true) });
	await run(10);
	expect(up).toBe(true);
});

test("UDP: one to one, to a group and to all", () => {
	const { time, machine } = world();
	const [a, b, c] = [machine(), machine(), machine()];
	const open = (m: FakeMachine) => m.on(m.host.udpOpen(5000, undefined, undefined, 1), {});
	const ids = [open(a), open(b), open(c)] as const;
	const send = (text: string, to: string) => a.host.udpWrite(ids[0], Buffer.from(text), to, 5000);
	const received = (m: FakeMachine, id: number) => {
		const all: string[] = [];
		for (let packet = m.host.udpRead(id); packet; packet = m.host.udpRead(id))
			all.push(`${Buffer.from(packet.bytes)} from ${packet.address}:${packet.port}`);
		return all;
	};
	send("one", "10.0.0.2");
	time.advance(5);
	expect([received(b, ids[1]), received(c, ids[2])]).toEqual([["one from 10.0.0.1:5000"], []]);
	c.host.udpGroup(ids[2], "224.0.0.7", true);
	send("group", "224.0.0.7");
	time.advance(5);
	expect([received(b, ids[1]), received(c, ids[2])]).toEqual([[], ["group from 10.0.0.1:5000"]]);
	c.host.udpGroup(ids[2], "224.0.0.7", false);
	send("group", "224.0.0.7");
	send("all", "255.255.255.255");
	time.advance(5);
	expect([received(a, ids[0]), received(b, ids[1]), received(c, ids[2])]).toEqual([
		[],
		["all from 10.0.0.1:5000"],
		["all from 10.0.0.1:5000"],
	]);
});

/** A broker on Node's side, and a machine that connects, subscribes and publishes with packets made by hand. */
async function brokerRun(): Promise<string[]> {
	const { time, network, machine, run } = world(3);
	const broker = await Aedes.createBroker();
	const listener = network.listen(1883, (stream: Duplex) => broker.handle(stream as never));
	const log: string[] = [];
	for (const name of ["a", "b"]) {
		const m = machine();
		let connected = false;
		const handlers: Handlers = {
			onWritable: () => {
				if (connected) return;
				connected = true;
				m.send(id, `\x10\x0d\x00\x04MQTT\x04\x02\x00\x00\x00\x01${name}`);
				m.send(id, "\x82\x06\x00\x01\x00\x01t\x01");
			},
			onReadable: () => log.push(`${time.now()} ${name} ${Buffer.from(m.text(id)!, "latin1").toString("hex")}`),
		};
		const id = m.connect(listener.port, handlers);
		time.setTimer(() => m.send(id, `\x32\x06\x00\x01t\x00\x07${name}`), 1000);
	}
	await run(5000);
	await new Promise<void>((resolve) => broker.close(() => resolve()));
	// the broker begins its message numbers by chance
	return log.map((line) => line.replace(/(3206000174)..../g, "$1----"));
}

test("a broker behind a port answers at the same virtual time in every run", async () => {
	const first = await brokerRun();
	// connected, subscribed, and each publication acknowledged and given to both
	expect(first.slice(0, 2)).toEqual(["12 a 200200009003000101", "12 b 200200009003000101"]);
	expect(first.filter((line) => line.includes("40020007"))).toHaveLength(2);
	expect(first.join().match(/3206000174/g)).toHaveLength(4);
	expect(first.every((line) => Number(line.split(" ")[0]) <= 1010)).toBe(true);
	for (let i = 0; i < 5; i++) expect(await brokerRun()).toEqual(first);
});
