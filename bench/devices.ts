/**
 * Meters on an RS-485 line, polled on the engine of the device: how much of the time the line carries bytes, what the
 * read planner gains over one register a read, and what a poll costs.
 */

import { findTable } from "../modules/devices/generated/tables";
import { Plan } from "../modules/devices/plan";
import { hikingDds238 } from "../modules/devices/tables/hiking-dds238-2-zn-s";
import { solArk12k } from "../modules/devices/tables/sol-ark-12k";
import type { SimReply } from "../sim/faults";
import { Pole, type PoleDevice } from "../sim/pole";
import { FixedSource } from "../sim/profile";
import { SimSlave } from "../sim/slave";
import { distinctValues } from "../test/table-values";
import { devicesMachine } from "./devices-machine";
import { heapBytes, microsecondsOf, type Report, type Say, sayer } from "./figure";

const makes = ["hiking-dds238-2-zn-s", "chint-ddsu666", "eastron-sdm120"];

function tenMeters(): PoleDevice[] {
	return Array.from({ length: 10 }, (_unused, i) => ({
		id: `home-${i}`,
		device: makes[i % makes.length]!,
		bus: "a",
		address: i + 1,
		role: "home",
	}));
}

interface Saturated {
	/** Wire time over elapsed. */
	efficiency: number;
	/** Rows a second. */
	rows: number;
	/** Between frames, beyond the silences the specification wants and the devices' own delay, over the wire time. */
	lost: number;
}

/** Ten meters that are always due, for so long. */
function saturate(baud: number, join: boolean, ms: number): Saturated {
	const devices = tenMeters();
	const pole = new Pole({ devices });
	const line = pole.line("a");
	let delayMs = 0;
	let rows = 0;
	let transactions = 0;
	const perRead = devices.map((one) => new Plan(findTable(one.device)!, { join }));
	const { machine, xs, wire, close } = devicesMachine({
		onFrame(frame: Uint8Array, nowMs: number): SimReply | undefined {
			const reply = line.onFrame(frame, nowMs);
			if (reply === undefined) return undefined;
			const address = (frame[2]! << 8) | frame[3]!;
			const read = perRead[frame[0]! - 1]!.reads.find((one) => one.function === frame[1] && one.address === address);
			if (read !== undefined) rows += read.end - read.first;
			transactions++;
			delayMs += reply.delayMs;
			return reply;
		},
	});
	for (const one of devices) xs.add(one.device, one.address, { join, periodsMs: { fast: 1, normal: 1, slow: 1 } });
	xs.start(baud);
	machine.advance(2000);
	const from = { atMs: machine.now(), bytes: wire.bytes, delayMs, rows, transactions };
	machine.advance(ms);
	const elapsedMs = machine.now() - from.atMs;
	const wireMs = ((wire.bytes - from.bytes) * 10_000) / baud;
	const silenceMs = baud > 19_200 ? 1.75 : 35_000 / baud;
	const done = transactions - from.transactions;
	const neededMs = delayMs - from.delayMs + 2 * silenceMs * done;
	close();
	return {
		efficiency: wireMs / elapsedMs,
		rows: ((rows - from.rows) * 1000) / elapsedMs,
		lost: Math.max(0, elapsedMs - wireMs - neededMs) / wireMs,
	};
}

export function run(report: Report): void {
	const say = sayer("devices", report);

	for (const baud of [9600, 115_200]) {
		const joined = saturate(baud, true, 60_000);
		const single = saturate(baud, false, 60_000);
		say(`bus efficiency, ten meters, ${baud} baud`, 100 * joined.efficiency, "% of the time", {
			note: "wire time over elapsed; the rest is silences, and the delays and pauses of the meters (20 to 90 ms a read)",
		});
		say(`bus efficiency, one register a read, ${baud} baud`, 100 * single.efficiency, "% of the time");
		say(`values read, ten meters, ${baud} baud`, joined.rows, "a second");
		say(`values read, one register a read, ${baud} baud`, single.rows, "a second");
		say(`bus time lost between frames, ${baud} baud`, 100 * joined.lost, "% of the wire time", {
			...(baud === 9600 ? { budget: 3 } : {}),
			note: "beyond the two silences of T3.5 and the meters' own delay; the line is simulated",
		});
	}

	const devices = tenMeters();
	const { machine, xs, close } = devicesMachine(new Pole({ devices }).line("a"));
	const heap = (): number => heapBytes(machine);
	xs.add(hikingDds238.id, 1, {});
	const one = heap();
	xs.add(hikingDds238.id, 4, {});
	say("heap of one meter more (engine and image)", heap() - one, "bytes");
	const words = [0, 2399, 0, 4733, 2306, 62, 132, 0xfffe, 917, 4999];
	xs.decode(100, words);
	const before = machine.counters().byteCodes;
	xs.decode(1000, words);
	say("decoding ten registers into ten points", (machine.counters().byteCodes - before) / 1000, "byte codes", {
		budget: 6000,
	});
	const best = microsecondsOf(2000, () => xs.decode(2000, words));
	say("decoding ten registers into ten points, here", best, "microseconds");
	close();
	sayInverter(say);
	const plain = pollCosts(devices, 0);
	say("a poll from timer to image", plain.byteCodes, "byte codes");
	say("heap a poll leaves behind", plain.heapBytes, "bytes", { budget: 0 });
	const logged = pollCosts(devices, 6144);
	say("  with a log of the frames, more", (100 * logged.byteCodes) / plain.byteCodes - 100, "%", {
		budget: 3.5,
		note: "two frames a poll; the engine counts two for each byte copied, which is a quarter of it",
	});
	say("  with a log of the frames, heap left behind", logged.heapBytes, "bytes", { budget: 0 });
}

/** A hybrid inverter: some 250 points in an image of ten models, read in a dozen requests. */
function sayInverter(say: Say): void {
	const values = distinctValues(solArk12k, { grid_type: 1 });
	const slave = new SimSlave({ table: solArk12k, unit: 1, source: new FixedSource(values) });
	const { machine, xs, close } = devicesMachine(slave);
	const empty = heapBytes(machine);
	xs.add(solArk12k.id, 1, {});
	say("heap of a hybrid inverter (engine and image)", heapBytes(machine) - empty, "bytes");
	xs.start(9600);
	const bare = heapBytes(machine);
	xs.control(0);
	say("  with its controls, more", heapBytes(machine) - bare, "bytes");
	machine.advance(600_000);
	const settled = heapBytes(machine);
	const before = machine.counters().byteCodes;
	const { reads } = xs.state();
	machine.advance(600_000);
	const done = xs.state().reads - reads;
	say("a read of a hybrid inverter from timer to image", (machine.counters().byteCodes - before) / done, "byte codes", {
		note: "25 registers and as many points on average, with what is derived from them",
	});
	say("heap a read leaves behind", (heapBytes(machine) - settled) / done, "bytes", { budget: 0 });
	close();
}

/** Of one poll of a meter each second, in ten minutes. */
function pollCosts(devices: PoleDevice[], logBytes: number): { byteCodes: number; heapBytes: number } {
	const { machine, xs, close } = devicesMachine(new Pole({ devices }).line("a"));
	xs.add(hikingDds238.id, 1, {});
	xs.add(hikingDds238.id, 4, {});
	xs.start(9600, logBytes);
	machine.advance(20_000);
	const settled = heapBytes(machine);
	const before = machine.counters().byteCodes;
	const { reads } = xs.state();
	machine.advance(600_000);
	const polls = xs.state().reads - reads;
	const costs = {
		byteCodes: (machine.counters().byteCodes - before) / polls,
		heapBytes: (heapBytes(machine) - settled) / polls,
	};
	close();
	return costs;
}
