import { expect, it } from "vitest";
import { PointList, pointPath, readPoint, samePoint } from "./points";

it.each([
	["W", { model: 701, occurrence: 1, group: "", point: "W" }, "701.W"],
	["1.SN", { model: 1, occurrence: 1, group: "", point: "SN" }, "1.SN"],
	["701#2.W", { model: 701, occurrence: 2, group: "", point: "W" }, "701#2.W"],
	["714.Prt[1].DCA", { model: 714, occurrence: 1, group: "Prt[1]", point: "DCA" }, "714.Prt[1].DCA"],
	["Prt[12].DCA", { model: 701, occurrence: 1, group: "Prt[12]", point: "DCA" }, "701.Prt[12].DCA"],
	["704.PFWInj.PF", { model: 704, occurrence: 1, group: "PFWInj", point: "PF" }, "704.PFWInj.PF"],
	["707#3.Crv[2].MustTrip.Pt[1].V", { model: 707, occurrence: 3, group: "Crv[2].MustTrip.Pt[1]", point: "V" }, ""],
])("%s", (name, point, path) => {
	expect(readPoint(name, 701)).toEqual(point);
	expect(pointPath(point)).toBe(path || name);
	expect(readPoint(pointPath(point), 1)).toEqual(point);
	expect(samePoint(point, readPoint(name, 701)!)).toBe(true);
});

it.each(["", ".W", "701.", "701#.W", "#2.W", "Ph V", "714.Prt[].DCA", "714.Prt[x].DCA", "7x.W", "W.", "@row"])(
	"%j is no point",
	(name) => {
		expect(readPoint(name, 701)).toBeUndefined();
	},
);

it("tells points apart by model, occurrence, group and name", () => {
	const one = readPoint("714.Prt[1].DCA", 1)!;
	for (const other of ["713.Prt[1].DCA", "714#2.Prt[1].DCA", "714.Prt[2].DCA", "714.Prt[1].DCV"]) {
		expect(samePoint(one, readPoint(other, 1)!), other).toBe(false);
	}
});

it("lists each point once", () => {
	const list = new PointList();
	const names = ["701.W", "701#2.W", "714.Prt[1].DCA", "701.W", "714.Prt[2].DCA", "714.Prt[1].DCA", "1.SN"];
	expect(names.map((name) => list.add(readPoint(name, 1)!))).toEqual([0, 1, 2, 0, 3, 2, 4]);
	expect([0, 1, 2, 3, 4].map((i) => pointPath(list.get(i)))).toEqual([...new Set(names)]);
	expect(list.get(1)).toEqual({ model: 701, occurrence: 2, group: "", point: "W" });
	expect([list.model(1), list.name(1)]).toEqual([701, "W"]);
});
