import { describe, expect, it } from "vitest";
import { Image } from "../sunspec/image";
import { Device, type ReadResult } from "./engine";
import { type DeviceTable, firstModel, type Row, tableModels } from "./table";
import { chintDtsu666 } from "./tables/chint-dtsu666";
import { eastronSdm120 } from "./tables/eastron-sdm120";
import { hikingDds238 } from "./tables/hiking-dds238-2-zn-s";

function setUp(table: DeviceTable, more: Partial<ConstructorParameters<typeof Device>[0]> = {}) {
	const image = new Image(tableModels(table));
	const device = new Device({ table, image, unit: 1, ...more });
	const at = (point: string): number => image.handle(firstModel(table), point);
	return {
		image,
		device,
		at,
		value: (point: string) => image.value(at(point)),
		quality: (point: string) => image.quality(at(point)),
		timeMs: (point: string) => image.timeMs(at(point)),
	};
}

function result(status: string, endMs: number, registers: readonly number[] = [], exception = 0): ReadResult {
	const data = new DataView(new ArrayBuffer(2 * registers.length));
	registers.forEach((word, i) => {
		data.setUint16(2 * i, word);
	});
	return { status, exception, data, startMs: endMs - 50, endMs };
}

/** Registers 8..17 of a DDS238. */
const dds = (importRaw: number, voltage = 2306, power = 132, frequency = 4999): number[] => [
	0,
	2399,
	importRaw >>> 16,
	importRaw & 0xffff,
	voltage,
	62,
	power & 0xffff,
	0xfffe,
	917,
	frequency,
];

function answer(device: Device, nowMs: number, registers: readonly number[]): void {
	expect(device.nextRead(nowMs)).toBe(device);
	device.onResult(result("ok", nowMs + 50, registers));
}

describe("one read", () => {
	it("becomes points in SI, stamped with the time of the answer", () => {
		const { device, value, quality, timeMs, image } = setUp(hikingDds238);
		const commits: number[] = [];
		image.onCommit = () => commits.push(image.version);
		answer(device, 1000, dds(4733));
		expect([value("TotWhImp"), value("TotWhExp"), value("W"), value("VAR")]).toEqual([47_330, 23_990, 132, -2]);
		expect(value("PhV")).toBeCloseTo(230.6, 9);
		expect(value("PhVphA")).toBe(value("PhV"));
		expect(value("Evt")).toBe(0);
		expect(quality("W")).toBe("good");
		expect(timeMs("W")).toBe(1050);
		expect(commits).toEqual([1]);
	});

	it("asks with function, address and count of the plan, and keeps its rhythm", () => {
		const { device } = setUp(hikingDds238, { periodsMs: { fast: 2000 } });
		expect(device.nextDueMs).toBe(0);
		answer(device, 30, dds(1));
		expect([device.function, device.address, device.count]).toEqual([3, 8, 10]);
		expect(device.nextDueMs).toBe(2000);
		expect(device.nextRead(1999)).toBeUndefined();
		answer(device, 2010, dds(2));
		expect(device.nextDueMs).toBe(4000);
		// Three periods late: they are left out, and the rhythm stays.
		answer(device, 10_500, dds(3));
		expect(device.nextDueMs).toBe(12_000);
	});

	it("marks what is out of its plausible range, and shows it all the same", () => {
		const { device, value, quality } = setUp(hikingDds238);
		answer(device, 0, dds(1, 4000, 132, 0));
		expect([value("PhV"), quality("PhV")]).toEqual([400, "suspect"]);
		expect([value("Hz"), quality("Hz")]).toEqual([0, "suspect"]);
		expect(quality("W")).toBe("good");
	});

	it("has no value where a float is none, and says suspect", () => {
		const table = {
			...eastronSdm120,
			align: 1 as const,
			rows: eastronSdm120.rows.filter((row) => row.name === "voltage"),
		};
		const { device, value, quality } = setUp(table);
		answer(device, 0, [0x7fc0, 0]);
		expect([value("PhV"), quality("PhV")]).toEqual([undefined, "suspect"]);
		answer(device, 1000, [0x4366, 0x8000]);
		expect([value("PhV"), quality("PhV")]).toEqual([230.5, "good"]);
	});

	it("has no value where the device says that it has none, which is a good answer", () => {
		const rows = [{ ...hikingDds238.rows[3]!, notAvailable: [0xffff] } as Row];
		const { device, value, quality } = setUp({ ...hikingDds238, rows });
		answer(device, 0, [0xffff]);
		expect([value("PhV"), quality("PhV")]).toEqual([undefined, "good"]);
	});

	it("turns power of a device that counts export as positive", () => {
		const { device, value } = setUp({ ...hikingDds238, positive: "export" });
		answer(device, 0, dds(1));
		expect([value("W"), value("VAR"), value("PhV")]).toEqual([-132, 2, expect.closeTo(230.6)]);
	});
});

describe("a missed read", () => {
	it.each(["timeout", "garbled", "foreign"])("%s: its own points at once, all of them after the second", (status) => {
		const { device, value, quality, timeMs } = setUp(eastronSdm120, { serial: "1" });
		const sent = (nowMs: number, answers: boolean): void => {
			const read = device.nextRead(nowMs)!;
			const words = new Array(read.count).fill(0).map((_, i) => (i % 2 === 0 ? 0x4248 : 0));
			device.onResult(result(answers ? "ok" : status, nowMs + 50, words));
		};
		for (const nowMs of [0, 100, 200]) sent(nowMs, true);
		expect([quality("W"), quality("TotWhImp")]).toEqual(["good", "good"]);
		const wasMs = timeMs("W");
		expect(device.pick(1200)).toBe(1);
		sent(1200, false);
		expect([value("W"), quality("W"), timeMs("W")]).toEqual([undefined, "comms_lost", wasMs]);
		// Read by itself, true at its own time, and its next read is not due yet.
		expect([value("TotWhImp"), quality("TotWhImp")]).toEqual([50_000, "good"]);
		expect(device.online).toBe(true);
		sent(2200, false);
		expect([value("TotWhImp"), quality("TotWhImp")]).toEqual([undefined, "comms_lost"]);
		expect([value("Evt"), quality("Evt")]).toEqual([undefined, "comms_lost"]);
		expect(device.online).toBe(false);
		expect(device.timeouts + device.garbled).toBe(2);
	});

	it("of a device with one read loses the whole image", () => {
		const { device, quality, value } = setUp(hikingDds238);
		const changes: string[] = [];
		device.onChange = (_, what) => changes.push(what);
		answer(device, 0, dds(1));
		device.nextRead(1000);
		device.onResult(result("timeout", 1600));
		expect([quality("W"), quality("Evt"), value("TotWhImp")]).toEqual(["comms_lost", "comms_lost", undefined]);
		answer(device, 2000, dds(2));
		expect([quality("W"), quality("Evt"), value("TotWhImp")]).toEqual(["good", "good", 20]);
		expect(changes).toEqual(["online", "offline", "online"]);
	});

	it.each(["timeout", "closed"])("of a device that never answered says once that it is gone (%s)", (status) => {
		const { device, quality } = setUp(hikingDds238);
		const changes: string[] = [];
		device.onChange = (_, what) => changes.push(what);
		expect(device.known).toBe(false);
		for (const nowMs of [0, 60_000, 120_000]) {
			expect(device.nextRead(nowMs)).toBe(device);
			device.onResult(result(status, nowMs + 500));
		}
		expect([changes, device.known, quality("W")]).toEqual([["offline"], true, undefined]);
		expect(device.lineDown(121_000)).toBe(false);
		answer(device, 180_000, dds(1));
		expect(changes).toEqual(["offline", "online"]);
	});

	it("by an exception is an answer: only that read is lost, and a refusal is asked again seldom", () => {
		const { device, value, quality } = setUp(hikingDds238);
		answer(device, 0, dds(1));
		device.nextRead(1000);
		device.onResult(result("exception", 1050, [], 2));
		expect([value("W"), quality("W"), device.online]).toEqual([undefined, "comms_lost", true]);
		expect([device.exceptions, device.lastException]).toEqual([1, 2]);
		expect(device.nextDueMs).toBe(61_050);
		answer(device, 61_100, dds(2));
		device.nextRead(62_200);
		device.onResult(result("exception", 62_250, [], 6));
		expect(device.nextDueMs).toBeLessThan(64_000);
	});

	it.each([10, 11])("by exception %d of a gateway is none of the device: it is not there", (exception) => {
		const { device, value } = setUp(hikingDds238);
		answer(device, 0, dds(1));
		device.nextRead(1000);
		device.onResult(result("exception", 1050, [], exception));
		expect([value("W"), device.online, device.timeouts, device.exceptions]).toEqual([undefined, false, 1, 0]);
		answer(device, 5000, dds(2));
		expect(device.online).toBe(true);
	});

	it("is made good at once when the device is back, slow rows and rows read once too", () => {
		const { device, image } = setUp(eastronSdm120, { periodsMs: { normal: 500_000 } });
		const serial = image.handle(1, "SN");
		const asked = (fromMs: number, status: string): number[] => {
			const addresses: number[] = [];
			for (let nowMs = fromMs; device.nextRead(nowMs); nowMs += 60) {
				addresses.push(device.address);
				device.onResult(result(status, nowMs + 50, new Array(device.count).fill(0x4248), 4));
			}
			return addresses;
		};
		expect(asked(0, "ok").sort()).toEqual([0, 0xfc00, 70].sort());
		const was = image.value(serial);
		expect(was).toBe(String(0x42484248));
		expect(device.lineDown(3000)).toBe(true);
		expect(asked(4000, "ok").sort()).toEqual([0, 0xfc00, 70].sort());
		device.lineDown(5000);
		// Who it is stays known, even when the register with the serial number refuses.
		asked(6000, "exception");
		expect(image.value(serial)).toBe(was);
	});

	it("for want of a line loses everything, and is no miss of the device", () => {
		const { device, quality } = setUp(hikingDds238);
		answer(device, 0, dds(1));
		expect(device.lineDown(500)).toBe(true);
		expect(device.lineDown(600)).toBe(false);
		expect([quality("W"), device.missed, device.timeouts]).toEqual(["comms_lost", 0, 0]);
	});

	it("leaves points that were never read alone", () => {
		const { device, quality } = setUp(hikingDds238);
		device.nextRead(0);
		device.onResult(result("timeout", 600));
		expect(quality("W")).toBeUndefined();
	});
});

it("ignores a result nobody asked for", () => {
	const { device, image } = setUp(hikingDds238);
	device.onResult(result("ok", 10, dds(1)));
	expect([device.answers, image.version]).toEqual([0, 0]);
});

describe("ratios", () => {
	const two = (word: number): number[] => [word, 10];

	it("are read before anything else, and nothing is guessed without them", () => {
		const { device, value } = setUp(chintDtsu666);
		device.nextRead(0);
		expect([device.address, device.count]).toEqual([6, 2]);
		device.onResult(result("timeout", 400));
		expect(device.nextRead(500)).toBeUndefined();
		device.nextRead(1400);
		expect(device.address).toBe(6);
		device.onResult(result("ok", 1450, two(40)));
		device.nextRead(1500);
		expect([device.address, device.count]).toEqual([0x2000, 70]);
		const words = new Array(70).fill(0).map((_, i) => (i % 2 === 0 ? 0x447a : 0)); // 1000.0 everywhere
		device.onResult(result("ok", 1550, words));
		expect(value("AphA")).toBeCloseTo(40, 9);
		expect(value("PhVphA")).toBeCloseTo(100, 9);
		expect(value("W")).toBeCloseTo(4000, 9);
		expect(value("A")).toBeCloseTo(120, 9);
		expect(value("PhV")).toBeCloseTo(100, 9);
	});

	it("of both transformers multiply power, and totals are as old and as good as their parts", () => {
		const { device, value, quality, timeMs } = setUp(chintDtsu666);
		answer(device, 0, [40, 100]);
		const words: number[] = new Array(70).fill(0).map((_, i) => (i % 2 === 0 ? 0x447a : 0)); // 1000.0 everywhere
		answer(device, 100, words);
		expect([value("W"), value("PhVphA"), value("AphA")]).toEqual([40_000, 1000, 40]);
		expect([timeMs("A"), quality("A")]).toEqual([150, "good"]);
		words[12] = 0x7fc0; // AphA is no number
		while (device.nextRead(1000)!.address !== 0x2000) device.onResult(result("exception", 1010, [], 6));
		device.onResult(result("ok", 1050, words));
		expect([value("A"), quality("A"), timeMs("A")]).toEqual([undefined, "suspect", 1050]);
		expect(quality("PhV")).toBe("good");
		device.nextRead(2000);
		device.onResult(result("exception", 2050, [], 4));
		expect([quality("A"), quality("PhV")]).toEqual(["comms_lost", "comms_lost"]);
	});

	it("that cannot be are not applied: the device is asked again later", () => {
		const { device, quality } = setUp(chintDtsu666);
		answer(device, 0, two(0));
		expect(device.nextDueMs).toBe(60_050);
		expect(quality("W")).toBeUndefined();
	});
});

describe("energies never fall", () => {
	it("one lower reading changes nothing but the quality", () => {
		const { device, value, quality, timeMs } = setUp(hikingDds238);
		answer(device, 0, dds(4733));
		answer(device, 1000, dds(12));
		expect([value("TotWhImp"), quality("TotWhImp"), timeMs("TotWhImp")]).toEqual([47_330, "suspect", 50]);
		expect([quality("W"), timeMs("W")]).toEqual(["good", 1050]);
		answer(device, 2000, dds(4734));
		expect([value("TotWhImp"), quality("TotWhImp"), timeMs("TotWhImp")]).toEqual([47_340, "good", 2050]);
	});

	it("a register that stays low was reset: the total goes on from where it stood, marked", () => {
		const { device, value, quality } = setUp(hikingDds238);
		const changes: string[] = [];
		device.onChange = (_, what) => changes.push(what);
		let nowMs = 0;
		const shown: unknown[] = [];
		for (const raw of [4733, 5, 6, 8, 20, 4000, 4800]) {
			answer(device, nowMs, dds(raw));
			nowMs += 1000;
			shown.push([value("TotWhImp"), quality("TotWhImp")]);
		}
		expect(shown).toEqual([
			[47_330, "good"],
			[47_330, "suspect"],
			[47_330, "suspect"],
			[47_360, "suspect"],
			[47_480, "suspect"],
			[87_280, "suspect"],
			[95_280, "suspect"],
		]);
		expect(changes).toEqual(["online", "reset"]);
		expect(device.counters["import_energy"]).toEqual({ total: 95_280, carry: 47_280 });
	});

	it("lower readings with a right one between are no reset", () => {
		const { device, value, quality } = setUp(hikingDds238);
		let nowMs = 0;
		for (const raw of [4733, 5, 6, 4733, 7, 8]) answer(device, (nowMs += 1000), dds(raw));
		expect([value("TotWhImp"), quality("TotWhImp")]).toEqual([47_330, "suspect"]);
		answer(device, (nowMs += 1000), dds(4734));
		expect([value("TotWhImp"), quality("TotWhImp")]).toEqual([47_340, "good"]);
	});

	it("lower readings that jump about are no reset", () => {
		const { device, value } = setUp(hikingDds238);
		let nowMs = 0;
		for (const raw of [4733, 50, 40, 30, 20, 10, 9]) answer(device, (nowMs += 1000), dds(raw));
		expect(value("TotWhImp")).toBe(47_330);
	});

	it("nor do they over a restart of the hub", () => {
		const counters = { import_energy: { total: 95_280, carry: 47_280 } };
		const { device, value, quality } = setUp(hikingDds238, { counters });
		answer(device, 0, dds(4801));
		expect([value("TotWhImp"), quality("TotWhImp")]).toEqual([95_290, "suspect"]);
		expect([value("TotWhExp"), quality("TotWhExp")]).toEqual([23_990, "good"]);
	});

	it("and a reset register is not shown as the total before it is believed", () => {
		const { device, value, timeMs } = setUp(hikingDds238, {
			counters: { import_energy: { total: 500_000, carry: 0 } },
		});
		answer(device, 0, dds(1));
		expect(value("TotWhImp")).toBe(500_000);
		expect(timeMs("TotWhImp")).toBeNaN();
	});
});

it("keeps statistics of its answers", () => {
	const { device } = setUp(hikingDds238);
	answer(device, 0, dds(1));
	device.nextRead(1000);
	device.onResult({ ...result("ok", 1210, dds(2)), startMs: 1000 });
	expect([device.answers, device.lastAnswerMs, device.slowestMs]).toEqual([2, 1210, 210]);
	expect(device.roundTripMs).toBeCloseTo(50 + 160 / 8, 9);
});

it("keeps the site's serial number, and says what the register has", () => {
	const { device, image } = setUp(eastronSdm120, { serial: "M-0042" });
	answer(device, 0, [0x0104, 0x0c97]);
	expect(device.registerSerial).toBe(String(0x01040c97));
	expect(image.value(image.handle(1, "SN"))).toBe("M-0042");
});
