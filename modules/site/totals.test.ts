import { describe, expect, it } from "vitest";
import { Image } from "../sunspec/image";
import type { Site } from "./site-file";
import { HubImage, kTotalsModel, kUnitsModel, type TotalsSource } from "./totals";

const site = {
	gatewayId: "g1",
	devices: [
		{ unit: 11, name: "Akello", serial: "S1" },
		{ unit: 12, name: "Byaruhanga", serial: "S2" },
	],
} as unknown as Site;

function source(
	role: string,
	model = 211,
): TotalsSource & { set(point: string, value: number, timeMs?: number): void } {
	const image = new Image([{ id: 1 }, { id: model }]);
	return {
		role,
		image,
		model,
		set: (point, value, timeMs = 0) => void image.set(image.handle(model, point), value, timeMs, "good"),
	};
}

const hubOf = (sources: TotalsSource[]) => new HubImage(site, sources, (index) => sources[index]?.model ?? 0, "1.2.3");
const read = (hub: HubImage, point: string) => {
	const handle = hub.image.handle(kTotalsModel, point);
	return [hub.image.value(handle), hub.image.quality(handle)];
};

describe("unit 1", () => {
	it("says who the hub is and which units it serves", () => {
		const hub = hubOf([source("home"), source("feeder", 213)]);
		const text = (model: number, point: string, group = "") => hub.image.value(hub.image.handle(model, point, group));
		expect([text(1, "Mn"), text(1, "Md"), text(1, "Vr"), text(1, "SN")]).toEqual(["Gridpost", "Hub", "1.2.3", "g1"]);
		expect([text(kUnitsModel, "Id", "Unit[2]"), text(kUnitsModel, "Mdl", "Unit[2]")]).toEqual([12, 213]);
		expect([text(kUnitsModel, "Nam", "Unit[1]"), text(kUnitsModel, "SN", "Unit[1]")]).toEqual(["Akello", "S1"]);
	});

	it("has the feeder meter's readings, with their time, and loses them with it", () => {
		const [home, feeder] = [source("home"), source("feeder", 213)];
		const hub = hubOf([home, feeder]);
		home.set("W", 100);
		hub.update(home, 5);
		expect(read(hub, "W")).toEqual([undefined, undefined]);
		feeder.set("W", 431, 7);
		feeder.set("WphB", -20, 7);
		hub.update(feeder, 9);
		expect([read(hub, "W"), read(hub, "WphB")]).toEqual([
			[431, "good"],
			[-20, "good"],
		]);
		expect(hub.image.timeMs(hub.image.handle(kTotalsModel, "W"))).toBe(7);
		feeder.image.lose(20);
		hub.update(feeder, 20);
		expect(read(hub, "W")).toEqual([undefined, "comms_lost"]);
	});

	it("sums the homes where there is no feeder meter: good with all, suspect with some, lost with none", () => {
		const homes = [source("home"), source("home")];
		const other = source("other");
		const hub = hubOf([...homes, other]);
		homes[0]!.set("W", 100);
		homes[1]!.set("W", 200);
		other.set("W", 9999);
		hub.update(homes[0]!, 1);
		expect(read(hub, "W")).toEqual([300, "good"]);
		homes[0]!.image.lose(2);
		hub.update(homes[0]!, 2);
		expect(read(hub, "W")).toEqual([200, "suspect"]);
		homes[1]!.image.lose(3);
		hub.update(homes[1]!, 3);
		expect(read(hub, "W")).toEqual([undefined, "comms_lost"]);
		hub.update(other, 4);
		expect(read(hub, "W")).toEqual([undefined, "comms_lost"]);
	});

	it("keeps the energies of a home that is lost in the sum: a total never falls", () => {
		const homes = [source("home"), source("home")];
		const hub = hubOf(homes);
		for (const [i, home] of homes.entries()) {
			home.set("W", 100);
			home.set("TotWhImp", 1000 * (i + 1));
		}
		hub.update(homes[0]!, 1);
		expect(read(hub, "TotWhImp")).toEqual([3000, "good"]);
		homes[1]!.image.lose(2);
		hub.update(homes[1]!, 2);
		expect([read(hub, "W"), read(hub, "TotWhImp")]).toEqual([
			[100, "suspect"],
			[3000, "suspect"],
		]);
		homes[0]!.set("TotWhImp", 1010);
		hub.update(homes[0]!, 3);
		expect(read(hub, "TotWhImp")).toEqual([3010, "suspect"]);
		homes[0]!.image.lose(4);
		hub.update(homes[0]!, 4);
		expect(read(hub, "TotWhImp")).toEqual([undefined, "comms_lost"]);
	});

	it("is suspect as soon as one of its parts is", () => {
		const homes = [source("home"), source("home")];
		const hub = hubOf(homes);
		homes[0]!.set("W", 100);
		homes[1]!.image.set(homes[1]!.image.handle(211, "W"), 1e6, 0, "suspect");
		hub.update(homes[0]!, 1);
		expect(read(hub, "W")).toEqual([1_000_100, "suspect"]);
	});
});
