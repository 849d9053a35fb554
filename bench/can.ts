/**
 * CAN at 1 Mbit/s and full load: what is lost, what a frame costs in C, in the client and with the points of a battery, and
 * how long the application may be busy with something else.
 */
import { compileAndRun } from "../native/compile";
import { canMachine } from "./can-machine";
import { heapBytes, type Report, sayer } from "./figure";

const bitrate = 1_000_000;
const ids = [0x100, 0x200, 0x351, 0x355, 0x356, 0x359, 0x35c, 0x35e];
/** Some stuff bits, as real data have. */
const data = Uint8Array.of(0x12, 0x34, 0x00, 0xff, 0x56, 0x80, 0x01, 0xaa);

export interface Load {
	sent: number;
	received: number;
	overflow: number;
	/** Of the bus. */
	ms: number;
	byteCodes: number;
	logged: string[];
}

/** So many frames of 8 bytes, one behind the other, to an application that reads `busyMs` after the first it did not read. */
export function fullLoad(frames: number, busyMs = 0): Load {
	const { machine, xs, device, close } = canMachine();
	xs.listen(ids, bitrate);
	xs.busy(busyMs);
	machine.advance(10);
	const before = machine.counters().byteCodes;
	const startMs = machine.now();
	const logged: string[] = [];
	// the next ones wait while these are on the bus
	const atOnce = 500;
	for (let sent = 0; sent < frames; sent += atOnce) {
		for (let i = 0; i < atOnce; i++) device.send({ id: ids[i % ids.length]!, data });
		const until = sent + atOnce;
		for (let seen = 0; seen < until; machine.advance(1)) {
			const state = xs.state();
			logged.push(...state.logged);
			seen = state.line["framesReceived"]! + state.line["overflow"]!;
		}
	}
	const ms = machine.now() - startMs;
	const byteCodes = machine.counters().byteCodes - before;
	machine.advance(100);
	const { count, line, logged: rest } = xs.state();
	close();
	return { sent: frames, received: count, overflow: line["overflow"]!, ms, byteCodes, logged: [...logged, ...rest] };
}

/** Byte codes, and heap that is left behind, of a frame to a listener, or to the points of a table. */
export function frameCost(table?: string): { byteCodes: number; heapBytes: number } {
	const { machine, xs, device, close } = canMachine();
	if (table === undefined) xs.listen(ids, bitrate);
	else xs.table(table, bitrate);
	const send = (times: number): void => {
		for (let i = 0; i < times; i++) {
			device.send({ id: 0x356, data: Uint8Array.of(0x5a, 0x14, i & 0x7f, 0xff, 0xd7, 0) });
			if (table === undefined) device.send({ id: 0x351, data });
			else device.send({ id: 0x359, data: Uint8Array.of(0, 0, i & 0x12, 0, 1, 0x50, 0x4e, 0) });
			// of a battery each frame counts, as it comes seldom enough
			machine.advance(table === undefined ? 1 : 250);
		}
	};
	send(100);
	const settled = heapBytes(machine);
	const before = machine.counters().byteCodes;
	send(1000);
	const after = machine.counters().byteCodes;
	const costs = { byteCodes: (after - before) / 2000, heapBytes: (heapBytes(machine) - settled) / 2000 };
	close();
	return costs;
}

export function run(report: Report): void {
	const say = sayer("can", report);
	const free = fullLoad(8000);
	say("frames at 1 Mbit/s, 8 bytes each, full load", (1000 * free.sent) / free.ms, "a second");
	say("  lost of 8000, of an application that reads at once", free.sent - free.received, "frames", { budget: 0 });
	const frameMs = free.ms / free.sent;
	const below = Math.floor(62 * frameMs);
	const busy = fullLoad(8000, below);
	say(`  lost of 8000, of one that is busy for ${below} ms each time`, busy.sent - busy.received, "frames", {
		budget: 0,
		note: "just below the queue of 64 frames",
	});
	const late = fullLoad(8000, 2 * below);
	say(`  lost of 8000, of one that is busy for ${2 * below} ms`, late.sent - late.received, "frames", {
		note: `above the limit: ${late.overflow} counted, told as "${late.logged[0] ?? "nothing"}"`,
	});
	say("the longest pause that loses nothing at full load", 64 * frameMs, "ms");

	const core = compileAndRun(["can/can_core.c", "can/can_bench.c"], [], { fast: true });
	say("a frame in C, in through eight filters and out", Number(/([\d.]+) ns/.exec(core)?.[1]), "ns", {
		budget: 1000,
		note: "on this computer; the device has 118 us a frame at full load",
	});
	say("a frame from the port to a listener", frameCost().byteCodes, "byte codes", { budget: 650 });
	say("  heap left behind", frameCost().heapBytes, "bytes", { budget: 0 });
	const rig = canMachine();
	const empty = heapBytes(rig.machine);
	rig.xs.listen(ids, bitrate);
	say("heap of a CAN bus with eight identifiers", heapBytes(rig.machine) - empty, "bytes");
	for (const id of ["pylontech-can-lv", "jk-bms-can"]) {
		const before = heapBytes(rig.machine);
		rig.xs.table(id, bitrate);
		say(`heap of ${id}, more (table, engine and image)`, heapBytes(rig.machine) - before, "bytes");
	}
	rig.close();
	const battery = frameCost("pylontech-can-lv");
	say("a frame of a battery from the port to its points", battery.byteCodes, "byte codes", {
		note: "half of them voltage, current, temperature and what follows of them, half alarms and the count of modules",
	});
	say("  heap left behind", battery.heapBytes, "bytes", { budget: 0 });
}
