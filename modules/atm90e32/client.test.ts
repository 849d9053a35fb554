import { describe, expect, it } from "vitest";
import { SimAtm90e32 } from "../../sim/atm90e32";
import { ManualClock } from "../base/manual-clock";
import type { SpiOptions } from "../base/wires";
import { Atm90e32Client, type Atm90e32Result } from "./client";
import { kPulsesPerKWh, Register } from "./registers";
import { type BoardSettings, kCurrentGains, kVoltageGain } from "./settings";

const settings: BoardSettings = {
	lineHz: 60,
	voltageGains: [kVoltageGain, 7000],
	currentGains: [
		kCurrentGains["sct-013-050"],
		kCurrentGains["sct-013-030"],
		kCurrentGains["sct-006"],
		...[kCurrentGains["sct-013-000"], kCurrentGains["sct-016"], kCurrentGains["sct-024-50ma"]],
	],
	pga: 0,
	countCf: 0.1,
};

const phase = (watts: number) => ({ volts: 230, amperes: Math.abs(watts) / 200, watts, vars: 120 });

function rig(own: Partial<BoardSettings> = {}) {
	const clock = new ManualClock();
	const used = { ...settings, ...own };
	const chips = [0, 1].map(
		(index) =>
			new SimAtm90e32({
				now: () => clock.now(),
				inputs: [phase(1000 + index), phase(-500), phase(20)],
				voltageGain: used.voltageGains[index]!,
				currentGains: used.currentGains.slice(3 * index, 3 * index + 3),
			}),
	);
	const opened: SpiOptions[] = [];
	class Spi {
		#chip: SimAtm90e32;
		constructor(options: SpiOptions) {
			opened.push(options);
			const chip = chips[options.chip];
			if (!chip) throw new Error(`no chip select ${options.chip}`);
			this.#chip = chip;
		}
		transfer(buffer: Uint8Array): void {
			this.#chip.transfer(buffer);
		}
		close(): void {}
	}
	const client = new Atm90e32Client({ io: Spi, port: "meter", clock, settings: () => used });
	const read = (key: string, unit = 1): { status: string; words: number[]; tookMs: number } => {
		let found: { status: string; words: number[]; tookMs: number } | undefined;
		const bytes = 2 * Math.ceil((key.length - 2) / 3);
		const onResult = ({ status, data, startMs, endMs }: Atm90e32Result): void => {
			const words = Array.from({ length: bytes / 2 }, (_, i) => data.getUint16(2 * i));
			found = { status, words, tookMs: endMs - startMs };
		};
		client.request({ unit, record: { key, bytes }, onResult });
		expect(found, "not from within request()").toBeUndefined();
		clock.advance(20);
		return found!;
	};
	return { clock, chips, client, read, opened };
}

const s32 = (high: number, low: number): number => (high << 16) | low;

describe("ATM90E32", () => {
	it("is set up before its first reading, with the gains of each channel", () => {
		const { chips, read, opened } = rig();
		const first = read("0:d9 da dd de");
		expect(first).toEqual({ status: "ok", words: [23_000, 23_000, 5000, 2500], tookMs: 6 });
		expect(opened[0]).toEqual({ port: "meter", chip: 0, hz: 200_000, mode: 3 });
		expect(read("1:d9 db df").words).toEqual([23_000, 23_000, 100]);
		expect(chips.map((chip) => chip.registers[Register.mMode0])).toEqual([0x1087, 0x1087]);
		expect(chips[1]!.registers[Register.iGainA + 8]).toBe(55_036);
		expect(chips[1]!.registers[Register.uGainA + 4]).toBe(7000);
		expect(read("0:f8 fc")).toEqual({ status: "ok", words: [5000, 31], tookMs: 0 });
	});

	it("gives powers of 32 bits with their sign", () => {
		const { read } = rig();
		const [aHigh, aLow, bHigh, bLow] = read("0:b1 c1 b2 c2").words;
		expect(s32(aHigh!, aLow!) * 0.00032).toBeCloseTo(1000, 3);
		expect(s32(bHigh!, bLow!) * 0.00032).toBeCloseTo(-500, 3);
		expect((read("1:be").words[0]! << 16) >> 16).toBe(-870);
	});

	it.each([
		[0.1, 1],
		[0.01, 0.1],
	] as const)("counts energy by direction and channel, at %s CF a count", (countCf, share) => {
		const { clock, read } = rig({ countCf });
		read("0:81 82 83 85 86 87");
		clock.advance(60_000);
		const { words } = read("0:81 82 83 85 86 87");
		const wh = words.map((count) => (count * 0.01 * 1000) / kPulsesPerKWh);
		const hours = 60.02 / 3600;
		// the chip counts as its data sheet has it
		[1000 * hours, 0, 20 * hours, 0, 500 * hours, 0].forEach((wanted, i) => {
			expect(Math.abs(wh[i]! - share * wanted), `register ${i}`).toBeLessThanOrEqual((0.2 * 1000) / kPulsesPerKWh);
		});
	});

	it("loses and doubles no energy when readings are disturbed", () => {
		const { clock, chips, read } = rig();
		read("0:81");
		const startMs = clock.now();
		let counts = 0;
		for (let i = 0; i < 60; i++) {
			clock.advance(980);
			// the register itself, the first look at what was sent, or the register that says that the chip is at work
			const victim = [0x81, Register.lastSpiData, Register.meterEn][i % 3];
			let seen = 0;
			// before the energy, LastSPIData is read once: behind meterEn
			const nth = victim === Register.lastSpiData ? 1 : 0;
			chips[0]!.disturbs = (register) => register === victim && seen++ === nth;
			const { status, words } = read("0:81");
			expect(status).toBe("ok");
			counts += words[0]!;
		}
		const wanted = (1000 * (clock.now() - startMs)) / 3_600_000;
		expect(Math.abs((counts * 10) / kPulsesPerKWh - wanted)).toBeLessThan(0.1);
	});

	it("reads again what is not cleared by reading, and gives up when that fails too", () => {
		const { chips, read } = rig();
		read("0:d9");
		let times = 0;
		chips[0]!.disturbs = (register) => register === 0xd9 && times++ === 0;
		expect(read("0:d9")).toMatchObject({ status: "ok", words: [23_000] });
		chips[0]!.disturbs = (register) => register === 0xd9;
		expect(read("0:d9").status).toBe("garbled");
		chips[0]!.disturbs = () => true;
		expect(read("0:d9").status).toBe("timeout");
		chips[0]!.disturbs = undefined;
		expect(read("0:d9").status).toBe("ok");
	});

	it("knows a chip that is not there, while the other one goes on", () => {
		const { chips, read } = rig();
		chips[1]!.missing = true;
		expect(read("1:d9").status).toBe("timeout");
		expect(read("0:d9").status).toBe("ok");
		expect(read("1:d9").status).toBe("exception");
		expect(read("0:d9", 2).status).toBe("timeout");
		chips[1]!.missing = false;
		expect(read("1:d9")).toMatchObject({ status: "ok", words: [23_000] });
	});

	it("sets a chip up again that has lost its supply", () => {
		const { chips, read } = rig();
		read("0:d9");
		chips[0]!.brownOut();
		expect(read("0:d9")).toMatchObject({ status: "ok", words: [23_000] });
		expect(chips[0]!.lineHz).toBe(60);
	});

	it("ends what waits when it is closed", () => {
		const { clock, client } = rig();
		const told: string[] = [];
		const onResult = ({ status }: Atm90e32Result): void => void told.push(status);
		client.request({ unit: 1, record: { key: "0:d9", bytes: 2 }, onResult });
		client.request({ unit: 1, record: { key: "0:da", bytes: 2 }, onResult });
		client.close();
		client.close();
		clock.advance(100);
		expect(told).toEqual(["closed", "closed"]);
	});
});
