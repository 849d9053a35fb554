import { describe, expect, it } from "vitest";
import { Image } from "../image";
import { Discovery } from "./discovery";

/** Registers of a device from an address on. What lies beyond is refused, as are reads longer than `most`. */
class Registers {
	readonly base: number;
	readonly words: number[];
	most = 125;
	/** Answers with this exception so many times before it answers well. */
	busy = 0;
	/** Says nothing outside its map, instead of exception 2. */
	mute = false;
	requests: string[] = [];

	constructor(base: number, words: readonly number[]) {
		this.base = base;
		this.words = [...words];
	}

	answer(address: number, count: number) {
		this.requests.push(`${address}+${count}`);
		const data = new DataView(new ArrayBuffer(2 * count));
		if (this.busy > 0) {
			this.busy--;
			return { status: "exception", exception: 6, data };
		}
		const index = address - this.base;
		if (count > this.most) return { status: "exception", exception: 3, data };
		if (index < 0 || index + count > this.words.length) {
			return this.mute ? { status: "timeout", exception: 0, data } : { status: "exception", exception: 2, data };
		}
		for (let i = 0; i < count; i++) data.setUint16(2 * i, this.words[index + i]!);
		return { status: "ok", exception: 0, data };
	}
}

function wordsOf(image: Image): number[] {
	const words: number[] = [];
	for (let i = 0; i < image.length; i++) words.push(image.registers.getUint16(2 * i));
	return words;
}

function look(device: Registers, options: { bases?: number[]; most?: number } = {}): Discovery {
	const discovery = new Discovery(options);
	for (let i = 0; i < 500 && discovery.state === "looking"; i++) {
		discovery.take(device.answer(discovery.address, discovery.count));
	}
	return discovery;
}

/** "SunS", then the models as [id, L, registers after them], then the end model. */
function chain(models: readonly (readonly [id: number, length: number, registers?: number])[], end = [0xffff, 0]) {
	const words = [0x5375, 0x6e53];
	for (const [id, length, registers = length] of models) {
		words.push(id, length);
		for (let i = 0; i < registers; i++) words.push(0x4142);
	}
	return words.concat(end);
}

const found = (discovery: Discovery) => discovery.models.map(({ id, address, length }) => [id, address, length]);

describe("Discovery", () => {
	const der = new Image([
		{ id: 1 },
		{ id: 103 },
		{ id: 705, repeats: { NCrv: 3, NPt: 4 } },
		{ id: 707, repeats: { NCrvSet: 2, NPt: 5 } },
		{ id: 160, repeats: 4 },
		{ id: 714, repeats: { NPrt: 2 } },
		{ id: 103 },
	]);

	it.each([40000, 0, 50000, 40001, 1, 50001])("finds SunS at %i", (base) => {
		const device = new Registers(base, wordsOf(der));
		const discovery = look(device);
		expect(discovery.state).toBe("found");
		expect(discovery.base).toBe(base);
		expect(found(discovery)).toEqual(der.models.map((m) => [m.id, m.address - 40000 + base, m.length]));
		expect(discovery.quirks).toEqual([]);
	});

	it("lays repeating groups out", () => {
		const discovery = look(new Registers(40000, wordsOf(der)));
		expect(discovery.models.map((m) => m.repeats)).toEqual([
			{},
			{},
			{ NCrv: 3, NPt: 4 },
			{ NCrvSet: 2, NPt: 5 },
			{ module: 4 },
			{ NPrt: 2 },
			{},
		]);
		expect(new Image(discovery.models).length).toBe(der.length);
	});

	it("reads what fits into a request at once", () => {
		const device = new Registers(40000, wordsOf(der));
		look(device);
		expect(device.requests.length).toBeLessThanOrEqual(10);
	});

	it("passes unknown and vendor models over by their length", () => {
		const discovery = look(
			new Registers(
				40000,
				chain([
					[1, 66],
					[64999, 7],
					[720, 3],
					[103, 50],
				]),
			),
		);
		expect(discovery.models.map((m) => [m.id, m.known])).toEqual([
			[1, true],
			[64999, false],
			[720, false],
			[103, true],
		]);
	});

	it("says that a device has no SunSpec, and that there is no device", () => {
		const other = new Registers(40000, new Array(200).fill(7));
		expect(look(other).state).toBe("absent");
		const nobody = new Registers(0, []);
		nobody.mute = true;
		const discovery = look(nobody);
		expect(discovery.state).toBe("silent");
		expect(nobody.requests.length).toBe(6);
	});

	it("tries a base again where a reply was lost, when the device answers elsewhere", () => {
		const device = new Registers(40000, wordsOf(der));
		const discovery = new Discovery();
		discovery.take({ status: "timeout", exception: 0, data: new DataView(new ArrayBuffer(0)) });
		for (let i = 0; i < 50; i++) discovery.take(device.answer(discovery.address, discovery.count));
		expect(discovery.state).toBe("found");
		expect(device.requests.slice(0, 6)).toEqual(["0+2", "50000+2", "40001+2", "1+2", "50001+2", "40000+2"]);
	});

	describe("quirks", () => {
		it("takes model 1 of 65 registers", () => {
			const discovery = look(
				new Registers(
					40000,
					chain([
						[1, 65],
						[103, 50],
					]),
				),
			);
			expect(found(discovery)).toEqual([
				[1, 40002, 65],
				[103, 40069, 50],
			]);
			expect(discovery.models[0]?.quirk).toBeUndefined();
		});

		it.each([
			["one too long", 66, 65],
			["one too short", 65, 66],
		])("finds the next model when L is %s", (_, stated, real) => {
			const discovery = look(
				new Registers(
					40000,
					chain([
						[1, stated, real],
						[103, 50],
						[120, 26],
					]),
				),
			);
			expect(found(discovery)).toEqual([
				[1, 40002, real],
				[103, 40004 + real, 50],
				[120, 40056 + real, 26],
			]);
			expect(discovery.models[0]?.quirk).toBe("length");
			expect(discovery.state).toBe("found");
		});

		it("finds the next model where the table says, when L is far off", () => {
			const discovery = look(
				new Registers(
					40000,
					chain([
						[1, 15, 66],
						[103, 50],
					]),
				),
			);
			expect(found(discovery)).toEqual([
				[1, 40002, 66],
				[103, 40070, 50],
			]);
		});

		it("finds the next model some registers before where L says", () => {
			// a battery whose model 1 counts SunS, ID and L along
			const discovery = look(
				new Registers(
					40000,
					chain([
						[1, 15, 11],
						[103, 50],
					]),
				),
			);
			expect(found(discovery)).toEqual([
				[1, 40002, 11],
				[103, 40015, 50],
			]);
		});

		it("takes a longer and a shorter model 103", () => {
			const discovery = look(
				new Registers(
					40000,
					chain([
						[1, 66],
						[103, 52],
						[103, 49],
						[120, 26],
					]),
				),
			);
			expect(found(discovery).map(([id, , length]) => [id, length])).toEqual([
				[1, 66],
				[103, 52],
				[103, 49],
				[120, 26],
			]);
			expect(discovery.models.map((m) => m.quirk)).toEqual([undefined, "length", "length", undefined]);
		});

		it("takes L = 0 of a known model for its table's length", () => {
			const discovery = look(
				new Registers(
					40000,
					chain([
						[1, 66],
						[103, 0, 50],
						[120, 26],
					]),
				),
			);
			expect(found(discovery)[2]).toEqual([120, 40122, 26]);
			expect(discovery.models[1]?.quirk).toBe("length-zero");
		});

		it("ends where the map ends without an end model", () => {
			for (const mute of [false, true]) {
				const device = new Registers(
					40000,
					chain(
						[
							[1, 66],
							[103, 50],
						],
						[],
					),
				);
				device.mute = mute;
				const discovery = look(device);
				expect(discovery.state).toBe("found");
				expect(found(discovery)).toHaveLength(2);
				expect(discovery.quirks).toEqual(["no-end"]);
			}
		});

		it.each([
			["zeros", [0, 0, 0, 0, 0, 0, 0, 0]],
			["L beyond the last register", [0x1234, 0xfffe, 0, 0, 0, 0, 0, 0]],
			["no length", [5000, 0, 0, 0, 0, 0, 0, 0]],
		])("ends at %s after the last model", (_, end) => {
			const discovery = look(
				new Registers(
					40000,
					chain(
						[
							[1, 66],
							[103, 50],
						],
						end,
					),
				),
			);
			expect(discovery.state).toBe("found");
			expect(found(discovery)).toHaveLength(2);
			expect(discovery.quirks).toEqual(["no-end"]);
		});

		it("lets the length decide when the count is wrong", () => {
			const words = wordsOf(der);
			const at = der.models[4]!.address - 40000;
			expect(words[at]).toBe(160);
			words[at + 8] = 9;
			const curves = der.models[2]!.address - 40000;
			words[curves + 6] = 7;
			const discovery = look(new Registers(40000, words));
			expect(discovery.models[4]).toMatchObject({ repeats: { module: 4 }, quirk: "count" });
			expect(discovery.models[2]).toMatchObject({ repeats: { NCrv: 3, NPt: 4 }, quirk: "count" });
		});

		it("goes on with shorter reads when long ones are refused", () => {
			const device = new Registers(40000, wordsOf(der));
			device.most = 20;
			const discovery = look(device);
			expect(found(discovery)).toHaveLength(7);
			expect(discovery.models[2]?.repeats).toEqual({ NCrv: 3, NPt: 4 });
			expect(discovery.quirks).toEqual(["short-reads"]);
		});

		it("waits for a device that is busy at first", () => {
			const device = new Registers(40000, wordsOf(der));
			device.busy = 2;
			const discovery = new Discovery();
			discovery.take(device.answer(discovery.address, discovery.count));
			expect(discovery.waitMs).toBe(1000);
			for (let i = 0; i < 50; i++) discovery.take(device.answer(discovery.address, discovery.count));
			expect(discovery.state).toBe("found");
			expect(discovery.base).toBe(40000);
			expect(discovery.quirks).toEqual(["late"]);
		});

		it("says silent when the device goes away on the way", () => {
			const device = new Registers(40000, wordsOf(der));
			const discovery = new Discovery();
			for (let i = 0; i < 3; i++) discovery.take(device.answer(discovery.address, discovery.count));
			expect(discovery.models.length).toBeGreaterThan(0);
			const data = new DataView(new ArrayBuffer(0));
			for (let i = 0; i < 20; i++) discovery.take({ status: "timeout", exception: 0, data });
			expect(discovery.state).toBe("silent");
		});
	});
});
