/** Parts of the dashboard that need no browser: the history's bytes, places in a site file, the drawing's geometry. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readSite } from "../modules/site/site-file";
import { decodeHistory, summarise } from "../web/lib/history";
import { findPlace, lineOf as lineNumber } from "../web/lib/json-places";
import { type Drawing, kHomeBox, layOut } from "../web/lib/layout";
import { lineOf } from "../web/lib/line";
import { root } from "./peers";

const demo = readFileSync(join(root, "sites/demo.json"), "utf8");
const known = ["hiking-dds238-2-zn-s", "chint-ddsu666", "eastron-sdm120", "chint-dtsu666", "sht20-xy-md02"];

describe("history", () => {
	function bytes(slots: [number, number, number][], endEpochMs: number, endAgeMs: number): ArrayBuffer {
		const buffer = new ArrayBuffer(32 + 8 * slots.length);
		const view = new DataView(buffer);
		[1, 300, slots.length, 8].forEach((value, i) => {
			view.setUint32(4 * i, value, true);
		});
		view.setFloat64(16, endEpochMs, true);
		view.setFloat64(24, endAgeMs, true);
		slots.forEach(([power, voltage, seconds], i) => {
			view.setFloat32(32 + 8 * i, power, true);
			view.setUint16(36 + 8 * i, voltage, true);
			view.setUint16(38 + 8 * i, seconds, true);
		});
		return buffer;
	}

	it("has a null, never a zero, where nothing was measured, and dates slots from the end", () => {
		const day = decodeHistory(
			bytes(
				[
					[100, 2305, 300],
					[Number.NaN, 0xffff, 0],
					[-40, 2310, 150],
				],
				3_000_000,
				5,
			),
			9e9,
		);
		expect(day.powerW).toEqual([100, null, -40]);
		expect(day.voltageV).toEqual([230.5, null, 231]);
		expect([...day.times]).toEqual([2100, 2400, 2700]);
		expect(summarise(day.powerW, 300)).toEqual({ min: -40, max: 100, mean: 30, missingH: 1 / 12 });
		expect(summarise([null, null], 300)).toBeUndefined();
	});

	it("goes by the browser's clock while the hub has none, and refuses what it does not know", () => {
		expect([...decodeHistory(bytes([[1, 2, 3]], Number.NaN, 60_000), 1_000_000_000).times]).toEqual([999_640]);
		expect(() => decodeHistory(new ArrayBuffer(10), 0)).toThrow(RangeError);
		expect(() => decodeHistory(bytes([[1, 2, 3]], 0, 0).slice(0, 36), 0)).toThrow(RangeError);
	});
});

describe("places in a site file", () => {
	const at = (text: string, place: string) => {
		const span = findPlace(text, place);
		return span && text.slice(span.start, span.end);
	};

	it("are found whatever stands before them", () => {
		const text = '{ "a\\"b": [1, {"x": "}]"}], "devices": [ {"id": "h,1"}, { "id": true, "poll": {"fastS": 2e3} } ] }';
		expect(at(text, "devices[1].poll.fastS")).toBe('"fastS": 2e3');
		expect(at(text, "devices[0].id")).toBe('"id": "h,1"');
		expect(at(text, "devices[1]")).toBe('{ "id": true, "poll": {"fastS": 2e3} }');
	});

	it("that are missing are those above them; lines and columns are taken as they are", () => {
		expect(at(demo, "buses[0].colour")).toMatch(/^\{ "id": "rs485-1"/);
		expect(at(demo, "colour")).toBeUndefined();
		expect(at(demo, "")).toBeUndefined();
		expect(findPlace("ab\ncd\n", "line 2, column 2")).toEqual({ start: 4, end: 5 });
		expect(lineNumber("ab\ncd\n", 4)).toBe(2);
	});

	it("end in every damaged text", () => {
		for (let length = 0; length < demo.length; length += 7) {
			const cut = demo.slice(0, length);
			findPlace(cut, "topology.features[9].properties.kind");
			findPlace(cut.replace(/[,:]/g, "}"), "devices[3].address");
			findPlace(`${cut}]`, "devices[3].address");
		}
	});
});

describe("the drawing", () => {
	const site = readSite(demo, known);
	const topology = site.topology.map((node) => ({ ...node, position: node.position ?? null }));
	const draw = (width: number, nodes = topology, devices: typeof site.devices = site.devices): Drawing =>
		layOut(lineOf(nodes, devices, "pole"), width);

	function expectOrder({ homes, width, height, wires }: Drawing): void {
		for (const home of homes) {
			expect(home.x - kHomeBox.halfWidth).toBeGreaterThanOrEqual(0);
			expect(home.x + kHomeBox.halfWidth).toBeLessThanOrEqual(width);
			expect(home.y - kHomeBox.up).toBeGreaterThanOrEqual(0);
			expect(home.y + kHomeBox.down).toBeLessThanOrEqual(height);
			expect(wires.filter((wire) => wire.devices.length === 1 && wire.devices[0] === home.home.device)).toHaveLength(1);
			for (const other of homes) {
				if (other === home) continue;
				const apart =
					Math.abs(home.x - other.x) >= 2 * kHomeBox.halfWidth - 1 ||
					Math.abs(home.y - other.y) >= kHomeBox.up + kHomeBox.down - 1;
				expect(apart, `${home.home.device} and ${other.home.device}`).toBe(true);
			}
		}
	}

	it.each([320, 700, 1040])("by coordinates, %i px wide, keeps homes apart and inside", (width) => {
		const drawing = draw(width);
		expect(drawing.mode).toBe("map");
		expect(drawing.homes).toHaveLength(6);
		expectOrder(drawing);
		// north is up, east is right
		const find = (id: string) => drawing.homes.find((home) => home.home.device === id)!;
		expect(find("home-3").y).toBeLessThan(find("home-4").y);
		expect(find("home-6").x).toBeLessThan(find("home-5").x);
		expect(drawing.wires.some((wire) => wire.devices[0] === "feeder")).toBe(true);
	});

	it.each([320, 1040])("without coordinates, or with the same twice, shows who hangs on whom, %i px wide", (width) => {
		const bare = draw(
			width,
			topology.map((node) => ({ ...node, position: null })),
		);
		expect(bare.mode).toBe("schematic");
		expectOrder(bare);
		const twice = draw(
			width,
			topology.map((node) => ({ ...node, position: [31, 1] })),
		);
		expect(twice.mode).toBe("schematic");
	});

	it("needs no topology at all: the homes of the site hang on a pole", () => {
		const drawing = draw(360, []);
		expect(drawing.homes.map((home) => home.home.device)).toHaveLength(6);
		expect(drawing.nodes.map(({ node }) => [node.kind, node.name, node.meter])).toEqual([["pole", "pole", "feeder"]]);
		expectOrder(drawing);
		expect(layOut(lineOf([], [], "pole"), 360).homes).toEqual([]);
	});

	it("draws branches and several poles, each with its homes", () => {
		const node = (id: string, kind: "feeder" | "branch" | "pole", parent: string) =>
			({ id, kind, name: id, parent, device: "", position: null }) as const;
		const meter = (id: string, parent: string) =>
			({ id: `m-${id}`, kind: "meter", name: id, parent, device: id, position: null }) as const;
		const drawing = draw(360, [
			node("f", "feeder", ""),
			node("b", "branch", "f"),
			node("p1", "pole", "b"),
			node("p2", "pole", "p1-none"),
			...["home-1", "home-2", "home-3"].map((id) => meter(id, "p1")),
			...["home-4", "home-5", "home-6"].map((id) => meter(id, "p2")),
		]);
		expect(drawing.homes).toHaveLength(6);
		expectOrder(drawing);
	});
});
