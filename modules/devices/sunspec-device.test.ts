import { describe, expect, it } from "vitest";
import { ManualClock } from "../base/manual-clock";
import type { FoundModel } from "../sunspec/client/found";
import { Image } from "../sunspec/image";
import { SunSpecDevice, type SunSpecDeviceOptions } from "./sunspec-device";

/** The device behind the line: an image at some base, and what can go wrong with it. */
class Peer {
	image: Image;
	/** "ok", "timeout", or the exception it answers. */
	fault: "ok" | "timeout" | number = "ok";
	most = 125;
	requests: string[] = [];

	constructor(image: Image) {
		this.image = image;
	}

	set(model: number, point: string, value: number | string, group = ""): void {
		const handle = this.image.handle(model, point, group);
		expect(handle).toBeGreaterThanOrEqual(0);
		this.image.set(handle, value, 0, "good");
	}

	/** Registers as they stand, whatever they mean. */
	word(model: number, point: string, word: number): void {
		const info = this.image.point(this.image.handle(model, point))!;
		this.image.registers.setUint16(2 * (info.address - this.image.base), word);
	}

	answer(address: number, count: number, nowMs: number) {
		this.requests.push(`${address}+${count}`);
		const data = new DataView(new ArrayBuffer(2 * count));
		const times = { startMs: nowMs, endMs: nowMs };
		if (this.fault === "timeout") return { status: "timeout", exception: 0, data, ...times };
		const index = address - this.image.base;
		let exception = typeof this.fault === "number" ? this.fault : 0;
		if (exception === 0 && (index < 0 || index + count > this.image.length)) exception = 2;
		if (exception === 0 && count > this.most) exception = 3;
		if (exception !== 0) return { status: "exception", exception, data, ...times };
		for (let i = 0; i < count; i++) data.setUint16(2 * i, this.image.registers.getUint16(2 * (index + i)));
		return { status: "ok", exception: 0, data, ...times };
	}
}

function inverter(base = 40000): Peer {
	const peer = new Peer(
		new Image([{ id: 1 }, { id: 103 }, { id: 120 }, { id: 123 }, { id: 160, repeats: 2 }], { base }),
	);
	peer.set(1, "Mn", "Acme");
	peer.set(1, "Md", "Sun 5");
	peer.set(1, "SN", "A77");
	for (const [sf, power] of Object.entries({ W_SF: 1, A_SF: -2, V_SF: -1, Hz_SF: -2, WH_SF: 0, PF_SF: -2 })) {
		peer.set(103, sf, power);
	}
	peer.set(103, "W", 4210);
	peer.set(103, "A", 18.31);
	peer.set(103, "Hz", 50.02);
	peer.set(103, "WH", 123456);
	peer.set(120, "WRtg_SF", 0);
	peer.set(120, "WRtg", 5000);
	peer.set(160, "DCW_SF", 0);
	peer.set(160, "DCW", 2200, "module[2]");
	return peer;
}

function setup(peer: Peer, options: Partial<SunSpecDeviceOptions> = {}) {
	const clock = new ManualClock();
	const founds: (readonly FoundModel[])[] = [];
	const device = new SunSpecDevice({
		unit: 7,
		onFound(models, self) {
			founds.push(models);
			self.attach(new Image(models.filter((one) => one.known)));
		},
		...options,
	});
	const changes: string[] = [];
	device.onChange = (_, what) => changes.push(what);
	/** Reads for so long whatever is due. */
	const poll = (forMs: number) => {
		const until = clock.now() + forMs;
		for (;;) {
			for (let i = 0; i < 100 && device.nextDueMs <= clock.now(); i++) {
				if (device.nextRead(clock.now()) === undefined) throw new Error("due, and nothing to read");
				device.onResult(peer.answer(device.address, device.count, clock.now()));
			}
			if (clock.now() >= until) return;
			clock.advance(100);
		}
	};
	const value = (model: number, point: string, group = "") =>
		device.image!.value(device.image!.handle(model, point, group));
	const quality = (model: number, point: string) => device.image!.quality(device.image!.handle(model, point));
	return { clock, device, founds, changes, poll, value, quality };
}

describe("SunSpecDevice", () => {
	it.each([40000, 0, 50000])("copies a device found at %i into its image", (base) => {
		const peer = inverter(base);
		const { device, founds, changes, poll, value } = setup(peer);
		poll(0);
		expect(founds).toHaveLength(1);
		expect(changes).toEqual(["online"]);
		expect([value(103, "W"), value(103, "A"), value(103, "Hz"), value(103, "WH")]).toEqual([
			4210, 18.31, 50.02, 123456,
		]);
		expect(value(120, "WRtg")).toBe(5000);
		expect(value(160, "DCW", "module[2]")).toBe(2200);
		expect([device.maker, device.model, device.registerSerial]).toEqual(["Acme", "Sun 5", "A77"]);
		expect(device.reads(103, "W")).toBe(true);
		expect(device.reads(701, "W")).toBe(false);
	});

	it("reads measurements each second, settings each minute, the nameplate once", () => {
		const peer = inverter();
		const { poll } = setup(peer);
		poll(0);
		peer.requests = [];
		poll(120_000);
		const of = (model: number) => {
			const place = peer.image.models.find((one) => one.id === model)!;
			return peer.requests.filter((one) => Number(one.split("+")[0]) === place.address).length;
		};
		expect([of(103), of(123), of(120), of(1)]).toEqual([120, 2, 0, 0]);
	});

	it("keeps the hub's own unit number in the image", () => {
		const peer = inverter();
		peer.set(1, "DA", 1);
		const { device, poll, value } = setup(peer, {
			onFound(models, self) {
				const image = new Image(models);
				image.set(image.handle(1, "DA"), 42, 0, "good");
				self.attach(image);
			},
		});
		poll(2000);
		expect(device.online).toBe(true);
		expect(value(1, "DA")).toBe(42);
	});

	it("loses its values when it does not answer, and has them again after", () => {
		const peer = inverter();
		const { device, poll, value, quality, changes, clock } = setup(peer);
		poll(1000);
		const lastMs = clock.now();
		value(103, "W");
		poll(1000);
		peer.fault = "timeout";
		poll(3000);
		expect(device.online).toBe(false);
		expect(value(103, "W")).toBeUndefined();
		expect(quality(103, "W")).toBe("comms_lost");
		expect(device.image!.timeMs(device.image!.handle(103, "W"))).toBe(lastMs + 1000);
		// bytes nobody has a handle of say so too
		const word = (model: number, point: string, group: string) => {
			let raw: unknown = "none";
			device.image!.eachPoint((one) => {
				if (one.model.id === model && one.name === point && one.group === group) raw = device.image!.rawOf(one);
			});
			return raw;
		};
		expect(word(160, "DCW", "module[2]")).toBeUndefined();
		expect(word(160, "DCW_SF", "")).toBe(0);
		peer.fault = "ok";
		poll(3000);
		expect(changes).toEqual(["online", "offline", "online"]);
		expect([value(103, "W"), quality(103, "W")]).toEqual([4210, "good"]);
	});

	it("loses only what a refused read would bring", () => {
		const peer = inverter();
		const { device, poll, quality, value } = setup(peer);
		poll(0);
		value(103, "W");
		poll(1000);
		peer.fault = 4;
		poll(1000);
		expect(device.online).toBe(true);
		expect(quality(103, "W")).toBe("comms_lost");
		expect(value(120, "WRtg")).toBe(5000);
	});

	it("reads in pieces when the device takes no long reads", () => {
		const peer = inverter();
		peer.most = 30;
		const { poll, value, device } = setup(peer);
		poll(1000);
		expect(value(103, "W")).toBe(4210);
		expect(value(160, "DCW", "module[2]")).toBe(2200);
		expect(device.registerSerial).toBe("A77");
		peer.requests = [];
		poll(5000);
		for (const request of peer.requests) expect(Number(request.split("+")[1])).toBeLessThanOrEqual(30);
	});

	it("asks anew what the device holds when its models have changed", () => {
		const peer = inverter();
		const { founds, poll, value } = setup(peer);
		poll(2000);
		const float = new Peer(new Image([{ id: 1 }, { id: 113 }, { id: 120 }, { id: 123 }, { id: 160, repeats: 2 }]));
		float.set(113, "W", 4211.5);
		peer.image = float.image;
		poll(3000);
		expect(founds.map((one) => one.map((model) => model.id))).toEqual([
			[1, 103, 120, 123, 160],
			[1, 113, 120, 123, 160],
		]);
		expect(value(113, "W")).toBe(4211.5);
	});

	it("polls at once what it remembers, and notices when that is not true any more", () => {
		const peer = inverter();
		const first = setup(peer);
		first.poll(0);
		peer.requests = [];
		const models = JSON.parse(JSON.stringify(first.founds[0])) as FoundModel[];
		const second = setup(peer, { models });
		second.device.attach(new Image(models));
		second.poll(0);
		expect(second.founds).toHaveLength(0);
		expect(second.value(103, "W")).toBe(4210);
		expect(peer.requests).not.toContain("40000+2");
		const moved = inverter(0);
		const third = setup(moved, { models });
		third.device.attach(new Image(models));
		third.poll(130_000);
		expect(third.founds.at(-1)?.[0]?.address).toBe(2);
		expect(third.value(103, "W")).toBe(4210);
	});

	describe("values that cannot be", () => {
		it("has no value where the device has none at night", () => {
			const peer = inverter();
			const { poll, value, quality } = setup(peer);
			poll(0);
			value(103, "W");
			for (const [point, word] of [
				["W", 0x8000],
				["A", 0xffff],
				["W_SF", 0x8000],
				["A_SF", 0x8000],
			] as const) {
				peer.word(103, point, word);
			}
			poll(1000);
			expect([value(103, "W"), value(103, "A")]).toEqual([undefined, undefined]);
			expect(quality(103, "W")).toBe("suspect");
			const float = new Peer(new Image([{ id: 1 }, { id: 113 }]));
			float.set(113, "W", 1);
			const other = setup(float);
			other.poll(0);
			other.value(113, "W");
			float.image.registers.setUint32(
				2 * (float.image.point(float.image.handle(113, "W"))!.address - 40000),
				0x7fc00000,
			);
			other.poll(1000);
			expect([other.value(113, "W"), other.quality(113, "W")]).toEqual([undefined, "good"]);
		});

		it("keeps the last good scale factor, and marks what it scales", () => {
			const peer = inverter();
			const { poll, value, quality } = setup(peer);
			poll(0);
			value(103, "A");
			for (const factor of [0x8000, 77, -11 & 0xffff]) {
				peer.word(103, "A_SF", factor);
				poll(1000);
				expect([value(103, "A"), quality(103, "A")]).toEqual([18.31, "suspect"]);
				expect(value(103, "A_SF")).toBe(-2);
			}
			peer.set(103, "A_SF", -2);
			poll(1000);
			expect(quality(103, "A")).toBe("good");
		});

		it("takes a scale factor that was never there for 0", () => {
			const peer = inverter();
			peer.word(103, "Tmp_SF", 0x8000);
			peer.word(103, "TmpCab", 41);
			const { poll, value, quality } = setup(peer);
			poll(0);
			value(103, "TmpCab");
			poll(1000);
			expect([value(103, "TmpCab"), quality(103, "TmpCab")]).toEqual([41, "good"]);
		});

		it("keeps the count of groups that goes with the length", () => {
			const peer = inverter();
			peer.word(160, "N", 9);
			const { poll, value, founds, device } = setup(peer);
			poll(2000);
			expect(founds[0]?.find((one) => one.id === 160)).toMatchObject({ repeats: { module: 2 }, quirk: "count" });
			expect([value(160, "N"), value(160, "DCW", "module[2]"), device.looking]).toEqual([2, 2200, false]);
		});

		it("marks a frequency that no grid has", () => {
			const peer = inverter();
			peer.set(103, "Hz", 650);
			const { poll, value, quality, device } = setup(peer);
			poll(1000);
			expect([value(103, "Hz"), quality(103, "Hz")]).toEqual([650, "suspect"]);
			expect(device.suspect()).toEqual({ point: "Hz", value: 650 });
		});
	});

	it("holds an energy that falls, until it is clear that it was reset", () => {
		const peer = inverter();
		const { poll, value, quality, changes, device, clock } = setup(peer);
		poll(1000);
		const goodMs = clock.now();
		peer.set(103, "WH", 99);
		poll(1000);
		expect([value(103, "WH"), quality(103, "WH")]).toEqual([123456, "suspect"]);
		expect(device.image!.timeMs(device.image!.handle(103, "WH"))).toBe(goodMs);
		peer.set(103, "WH", 123460);
		poll(1000);
		expect([value(103, "WH"), quality(103, "WH")]).toEqual([123460, "good"]);
		// another meter
		peer.set(103, "WH", 5);
		poll(1000);
		peer.set(103, "WH", 6);
		poll(1000);
		expect([value(103, "WH"), changes]).toEqual([123460, ["online"]]);
		poll(1000);
		expect([value(103, "WH"), quality(103, "WH"), changes]).toEqual([6, "good", ["online", "reset"]]);
	});

	it("waits and looks again when there is nobody, or no SunSpec", () => {
		const peer = inverter();
		peer.fault = "timeout";
		const { device, poll, founds, changes } = setup(peer);
		poll(5000);
		expect([device.online, device.known, device.looking]).toEqual([false, true, true]);
		expect(changes).toEqual(["offline"]);
		peer.fault = 2;
		poll(5000);
		const asked = peer.requests.length;
		poll(30_000);
		expect(peer.requests.length).toBe(asked);
		peer.fault = "ok";
		poll(60_000);
		expect(founds).toHaveLength(1);
	});
});
