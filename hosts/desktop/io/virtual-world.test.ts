import { afterEach, expect, test } from "vitest";
import { VirtualWorld } from "./virtual-world";

/** A client that asks once a second, and connects again when the connection is gone; a server that answers. */
const PROGRAM = `
import TCP from "embedded:io/socket/tcp";
import Listener from "embedded:io/socket/listener";
import Timer from "timer";
const log = [];
export function takeLog() { return log.splice(0); }
export const counts = { asked: 0, answered: 0, lost: 0, served: 0 };
export function count() { return { ...counts }; }
const question = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
class Client {
	constructor(address, port) { this.address = address; this.port = port; this.connect(); Timer.repeat(() => this.ask(), 1000); }
	connect() {
		this.up = false;
		const client = this;
		this.tcp = new TCP({ address: this.address, port: this.port,
			onWritable() { client.up = true; },
			onReadable(n) { this.read(n); counts.answered++; },
			onError(reason) { counts.lost++; log.push(Date.now() + " " + reason); this.close(); client.up = false; Timer.set(() => client.connect(), 5000); },
		});
	}
	ask() { if (!this.up) return; counts.asked++; this.tcp.write(question); }
}
export function ask(address, port) { new Client(address, port); }
export function serve(port) {
	new Listener({ port, onReadable() {
		new TCP({ from: this.read(), onReadable(n) { counts.served++; this.write(this.read(n)); }, onError() { this.close(); } });
	} });
}
`;

interface Program {
	takeLog(): string[];
	count(): { asked: number; answered: number; lost: number; served: number };
	ask(address: string, port: number): void;
	serve(port: number): void;
}

const worlds: VirtualWorld[] = [];
afterEach(() => {
	for (const world of worlds.splice(0)) world.finish();
});

function make() {
	const world = new VirtualWorld({ latencyMs: 2 });
	worlds.push(world);
	const add = (address?: string) => {
		const made = world.add({ sources: { program: PROGRAM }, ...(address === undefined ? {} : { address }) });
		return { ...made, program: made.machine.importModule<Program & Record<string, unknown>>("program") };
	};
	return { world, add };
}

/** One machine asks another and a program in Node, which dies for ten minutes; then the other loses its power. */
async function day(): Promise<unknown> {
	const { world, add } = make();
	const server = add();
	const client = add();
	const echo = () => world.network.listen(8080, (stream) => stream.on("data", (data) => stream.write(data)));
	let node = echo();
	server.program.serve(502);
	client.program.ask("10.0.0.1", 502);
	client.program.ask("127.0.0.1", 8080);
	await world.run(600_000);
	node.close(true);
	await world.run(600_000);
	node = echo();
	await world.run(600_000);
	world.remove(server);
	await world.run(600_000);
	const again = add("10.0.0.1");
	again.program.serve(502);
	await world.run(600_000);
	client.machine.collect();
	const { byteCodes, slots, chunkBytes } = client.machine.counters();
	return {
		nowMs: world.time.now(),
		machines: [client.machine.now(), again.machine.now()],
		counts: [client.program.count(), again.program.count()],
		losses: client.program.takeLog(),
		open: client.io.open,
		byteCodes,
		slots,
		chunkBytes,
	};
}

test("a machine asks another and Node for 50 minutes, through outages; every run is the same to the byte code", async () => {
	const first = (await day()) as { counts: { asked: number; answered: number; lost: number; served: number }[] } & {
		nowMs: number;
		machines: number[];
		losses: string[];
		open: number;
	};
	expect(first.nowMs).toBe(3_000_000);
	expect(first.machines).toEqual([3_000_000, 600_000]);
	expect(first.open).toBe(2);
	const [client, server] = first.counts as [(typeof first.counts)[0], (typeof first.counts)[0]];
	// two questions a second but for the two outages of ten minutes, one question each, and the way back
	expect(client.asked).toBeGreaterThan(6000 - 1200 - 20);
	expect(client.asked).toBeLessThanOrEqual(6000 - 1200 + 4);
	expect(client.asked - client.answered).toBeLessThanOrEqual(4);
	expect(server.served).toBeGreaterThan(590);
	// one break and a refusal each 5 s, twice
	expect(client.lost).toBeGreaterThan(235);
	expect(first.losses[0]).toBe(`${Date.UTC(2026, 0, 1) + 600_002} connection broken`);
	expect(await day()).toEqual(first);
}, 30_000);

test("an error in a machine comes out at the end, when nobody has looked at it", async () => {
	const world = new VirtualWorld();
	const { machine } = world.add({
		sources: { bad: `import Timer from "timer"; Timer.set(() => { throw new TypeError("later"); }, 10);` },
		main: "bad",
	});
	await world.run(100);
	expect(machine.now()).toBe(100);
	expect(() => world.finish()).toThrow("later");
});
