/**
 * One client of the bench, in a process of its own so that its CPU can be told: KIND, PATH or TCP port, TIMES; the kind
 * is "xs" (ours) or "modbus-serial". Reads 18 registers and makes 9 numbers of them; ours takes them all the way, through
 * the device engine into the points of a SunSpec image, with time, quality and counters that never fall. Prints JSON.
 */
import { createIo } from "../hosts/desktop/io/io";
import { Machine } from "../hosts/desktop/machine";

const program = `
import { Device } from "modules/devices/engine";
import { ModbusClient } from "modules/modbus/client";
import { Image } from "modules/sunspec/image";
import RS485 from "modules/rs485/rs485";
import TCP from "embedded:io/socket/tcp";
import { ModdableClock } from "hosts/moddable/clock";
const points = ["PhVphA", "PhVphB", "PhVphC", "AphA", "AphB", "AphC", "W", "TotWhExp", "TotWhImp"];
const units = ["V", "V", "V", "A", "A", "A", "W", "Wh", "Wh"];
const table = {
	id: "bench", maker: "Gridpost", model: "Bench", kind: "meter", sunspec: [1, 213],
	bus: { baud: 115200, parity: "none", stop: 1, unit: 1 },
	functions: [3], fc: 3, maxRead: 125, positive: "import",
	rows: points.map((point, i) => ({ name: point, address: 2 * i, type: "u32", k: 0.01, unit: units[i], point, poll: "fast" })),
	quirks: [], sources: [], confidence: "bench",
};
const image = new Image([{ id: 1 }, { id: 213 }]);
const device = new Device({ table, image, unit: 1, timeoutMs: 1000 });
if (device.plan.reads.length !== 1 || device.plan.reads[0].count !== 18) throw new Error("not one read of 18 registers");
const request = {
	unit: 1, function: 3, address: 0, count: 18, timeoutMs: 1000, left: 0,
	onResult(result) {
		device.onResult(result);
		if (result.status !== "ok") throw new Error(result.status);
		if (--this.left > 0) this.send();
		else done();
	},
	send() {
		const read = device.nextRead(Infinity);
		this.function = read.function;
		this.address = read.address;
		this.count = read.count;
		client.request(this);
	},
};
let client, done;
export function open(where) {
	const link = Number(where) ? { io: TCP, address: "127.0.0.1", port: Number(where) } : { io: RS485, port: where, baud: 115200 };
	client = new ModbusClient({ link, clock: new ModdableClock(() => true) });
}
export function read(times, callback) { done = callback; request.left = times; request.send(); }
export function values() { return points.map((point) => image.value(image.handle(213, point))); }
export function close() { client.close(); }
`;

interface Program extends Record<string, unknown> {
	open(where: string): void;
	read(times: number, done: () => void): void;
	values(): number[];
	close(): void;
}

/** What `modbus-serial` looks like from here. */
interface SerialClient {
	connectRTUBuffered(path: string, options: object): Promise<void>;
	connectTCP(address: string, options: object): Promise<void>;
	setID(unit: number): void;
	setTimeout(ms: number): void;
	readHoldingRegisters(address: number, count: number): Promise<{ buffer: Buffer }>;
	close(done: () => void): void;
}

async function measure(read: (times: number) => Promise<unknown>, times: number): Promise<Record<string, number>> {
	await read(200);
	const begunMs = performance.now();
	const used = process.cpuUsage();
	await read(times);
	const { user, system } = process.cpuUsage(used);
	return { cpuUs: (user + system) / times, elapsedMs: performance.now() - begunMs };
}

async function ours(where: string, times: number): Promise<Record<string, number>> {
	const io = createIo({
		onError(error) {
			throw error;
		},
	});
	const machine = new Machine({
		host: io.host,
		preload: [
			"modules/devices/engine",
			"modules/modbus/client",
			"modules/sunspec/image",
			"modules/rs485/rs485",
			"hosts/moddable/ticks",
		],
		sources: { program },
		modules: { "hosts/moddable/*": "build/js/hosts/moddable/*" },
	});
	io.attach(machine);
	const app = machine.importModule<Program>("program");
	app.open(where);
	const read = (count: number) => new Promise<void>((resolve) => app.read(count, resolve));
	const figures = await measure(read, times);
	const before = machine.counters().byteCodes;
	await read(100);
	figures["byteCodes"] = (machine.counters().byteCodes - before) / 100;
	const values = app.values();
	if (!values.every((value) => value > 600_000)) throw new Error(`wrong values: ${values.join(" ")}`);
	app.close();
	io.close();
	machine.delete();
	return figures;
}

async function theirs(where: string, times: number): Promise<Record<string, number>> {
	const { default: ModbusRTU } = (await import("modbus-serial")) as unknown as { default: new () => SerialClient };
	const client = new ModbusRTU();
	if (Number(where)) await client.connectTCP("127.0.0.1", { port: Number(where) });
	else await client.connectRTUBuffered(where, { baudRate: 115_200 });
	client.setID(1);
	client.setTimeout(1000);
	let sum = 0;
	const figures = await measure(async (count) => {
		for (let n = 0; n < count; n++) {
			const { buffer } = await client.readHoldingRegisters(0, 18);
			for (let i = 0; i < 36; i += 4) sum += buffer.readUInt32BE(i) * 0.01;
		}
	}, times);
	if (!(sum > 0)) throw new Error("nothing was read");
	await new Promise<void>((resolve) => client.close(resolve));
	return figures;
}

const [kind, where, times] = process.argv.slice(2);
const figures = await (kind === "xs" ? ours : theirs)(where!, Number(times));
console.log(JSON.stringify(figures));
process.exit(0);
