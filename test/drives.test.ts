import { describe, expect, it } from "vitest";
import { abbAcs355Acs380 } from "../modules/devices/tables/abb-acs355-acs380";
import { deltaMs300 } from "../modules/devices/tables/delta-ms300";
import { deltaVfdEEl } from "../modules/devices/tables/delta-vfd-e-el";
import { huanyangHy } from "../modules/devices/tables/huanyang-hy";
import { schneiderAtv } from "../modules/devices/tables/schneider-atv12-312-320";
import { yaskawaV1000Ga500 } from "../modules/devices/tables/yaskawa-v1000-ga500";
import { Dice } from "../sim/dice";
import { DriveRig, type RigOptions } from "./drive-rig";

const tables = [deltaVfdEEl, deltaMs300, abbAcs355Acs380, schneiderAtv, yaskawaV1000Ga500, huanyangHy];

function ready(table: (typeof tables)[number], options: RigOptions = {}): DriveRig {
	const rig = new DriveRig(table, new Dice(1), options);
	rig.advance(3000);
	return rig;
}

describe.each(tables.map((table) => [table.id, table] as const))("%s", (_id, table) => {
	it("starts, turns at its reference, stops", () => {
		const rig = ready(table);
		expect(rig.state).toBe("ready");
		expect(rig.start(30)).toBe(0);
		rig.settle();
		expect(rig.results()).toEqual(["start forward accepted"]);
		rig.advance(5000);
		expect(rig.point("Hz")).toBeCloseTo(30, 0);
		expect([rig.state, rig.point("Dir") || 0, rig.point("CmdSt")]).toEqual(["running", 0, 2]);
		expect(rig.sim.starts).toHaveLength(1);
		rig.stop();
		rig.settle();
		expect(rig.results()).toEqual(["stop accepted"]);
		rig.advance(8000);
		expect([rig.state, rig.point("Hz"), rig.sim.setting(table.drive!.reference)]).toEqual(["ready", 0, 0]);
		expect(rig.control.idle).toBe(true);
	});

	it("turns the other way only after it has stood", () => {
		const rig = ready(table);
		rig.start(20);
		rig.settle();
		rig.advance(3000);
		rig.start(30, 2);
		let stood = false;
		for (let ms = 0; ms < 20_000 && rig.sim.starts.length < 2; ms += 20) {
			rig.advance(20);
			if (rig.sim.starts.length < 2) stood ||= rig.sim.hz === 0;
		}
		expect(stood).toBe(true);
		rig.settle();
		rig.advance(4000);
		expect(rig.results()).toEqual(["start forward accepted", "start reverse accepted"]);
		expect(rig.sim.starts.map(({ reverse }) => reverse)).toEqual([false, true]);
		expect([rig.state, rig.point("Hz")]).toEqual(["running", 30]);
		if (table.rows.some(({ point }) => point === "Dir")) expect(rig.point("Dir")).toBe(1);
	});

	it("changes its speed while it runs, and starts by no speed alone", () => {
		const rig = ready(table);
		rig.write({ SetHz: 25 });
		rig.advance(5000);
		expect(rig.net.sent.some(({ values }) => values.length === 1 && values[0] === table.drive!.words.forward)).toBe(
			false,
		);
		rig.start(20);
		rig.settle();
		rig.write({ SetHz: 45 });
		rig.settle();
		rig.advance(4000);
		expect(rig.results()).toEqual(["start forward accepted", "speed accepted"]);
		expect([rig.point("Hz"), rig.sim.starts.length]).toEqual([45, 1]);
	});

	it("a client that writes the same again starts nothing", () => {
		const rig = ready(table);
		const id = rig.point("CmdId") + 1;
		rig.write({ Cmd: 1, SetHz: 20, CmdId: id });
		rig.settle();
		rig.stop();
		rig.advance(12_000);
		for (const values of [{ Cmd: 1, SetHz: 20, CmdId: id }, { Cmd: 1 }, { SetHz: 20 }, { Cmd: 1, SetHz: 20 }]) {
			expect(rig.write(values)).toBe(0);
			rig.advance(3000);
		}
		expect(rig.write({ Cmd: 1, SetHz: 20, CmdId: id - 1 })).toBe(3);
		expect(rig.write({ Cmd: 1, SetHz: 20, CmdId: id + 2 })).toBe(3);
		rig.advance(5000);
		expect(rig.sim.starts).toHaveLength(1);
	});

	it("stops when the hub starts anew, and no command from before counts", () => {
		const rig = ready(table);
		const id = rig.point("CmdId") + 1;
		rig.write({ Cmd: 1, SetHz: 20, CmdId: id });
		rig.settle();
		rig.advance(3000);
		rig.boot();
		rig.advance(10_000);
		expect([rig.sim.driven, rig.sim.hz, rig.state]).toEqual([false, 0, "ready"]);
		for (const again of [id, id + 1]) expect(rig.write({ Cmd: 1, SetHz: 20, CmdId: again })).toBe(3);
		rig.advance(5000);
		expect(rig.sim.starts).toHaveLength(1);
		rig.results();
		rig.start(20);
		rig.settle();
		expect(rig.results()).toEqual(["start forward accepted"]);
	});

	it("a stop that is not heard is repeated, and told once", () => {
		const rig = ready(table);
		rig.start(20);
		rig.settle();
		rig.advance(2000);
		rig.results();
		rig.net.cut = true;
		rig.stop();
		rig.advance(900);
		expect([rig.sim.driven, rig.results()]).toEqual([true, []]);
		rig.net.cut = false;
		rig.advance(9000);
		expect([rig.sim.driven, rig.results()]).toEqual([false, ["stop accepted"]]);
	});

	it("is stopped when it is back from a loss of communication, and stays so", () => {
		const rig = ready(table, { watchdogS: 25 });
		rig.start(20);
		rig.settle();
		rig.advance(3000);
		rig.results();
		rig.net.cut = true;
		rig.advance(9000);
		expect(rig.sim.driven).toBe(true);
		rig.net.cut = false;
		rig.advance(20_000);
		expect([rig.sim.driven, rig.control.idle]).toEqual([false, true]);
		expect(rig.sim.starts).toHaveLength(1);
	});

	it("takes commands that hold for a time only", () => {
		const rig = ready(table);
		rig.write({ HldTms: 4 });
		rig.start(20);
		rig.settle();
		for (let i = 0; i < 4; i++) {
			rig.advance(3000);
			rig.write({ HldTms: 4 });
		}
		expect(rig.sim.driven).toBe(true);
		rig.results();
		rig.advance(8000);
		expect(rig.sim.driven).toBe(false);
		expect(rig.results()).toEqual(["run ended rejected: the command was not renewed"]);
	});

	it("what its panel commands is left to it", () => {
		const rig = new DriveRig(table, new Dice(1));
		rig.sim.setLocal(true);
		rig.advance(5000);
		expect([rig.state, rig.net.sent]).toEqual(["local", []]);
		rig.start(20);
		rig.settle();
		expect(rig.results()).toEqual(["start forward rejected: the drive is commanded at its own panel or terminals"]);
		expect(rig.sim.starts).toHaveLength(0);
	});

	it("refuses what is outside its limits", () => {
		const rig = ready(table);
		const tells = table.rows.some(({ point }) => point === "MaxHz");
		expect(rig.write({ SetHz: tells ? 51 : 401 })).toBe(3);
		rig.start(0);
		expect(rig.results()).toEqual(["start forward rejected: the reference is outside the drive's limits"]);
		expect([rig.point("CmdSt"), rig.point("CmdRslt")]).toEqual([3, 6]);
	});
});

const resettable = tables.filter((table) => table.drive!.reset !== undefined);

describe.each(resettable.map((table) => [table.id, table] as const))("a fault of %s", (_id, table) => {
	it("ends the run, is reset with the command off, and starts nothing", () => {
		const rig = ready(table);
		rig.start(20);
		rig.settle();
		rig.advance(3000);
		rig.results();
		rig.sim.trip(2);
		rig.advance(4000);
		expect(rig.state).toBe("fault");
		expect(rig.results()).toEqual(["run ended rejected: the drive has a fault"]);
		rig.start(20);
		rig.settle();
		expect(rig.results()).toEqual(["start forward rejected: the drive has a fault"]);
		rig.write({ FltRst: 1 });
		rig.settle();
		rig.advance(10_000);
		expect(rig.results()).toEqual(["fault reset accepted"]);
		expect([rig.state, rig.point("FltRst"), rig.sim.starts.length]).toEqual(["ready", 0, 1]);
		rig.write({ FltRst: 1 });
		expect(rig.results()).toEqual(["fault reset rejected: the drive has no fault"]);
	});

	it("the drive stops by itself when the hub is gone", () => {
		const rig = ready(table);
		rig.start(20);
		rig.settle();
		rig.advance(20_000);
		expect(rig.sim.driven).toBe(true);
		rig.kill();
		rig.advance(4500);
		expect(rig.sim.driven).toBe(true);
		rig.advance(1500);
		expect([rig.sim.driven, rig.sim.faultCode]).toEqual([false, 54]);
	});
});

describe.each([deltaMs300, deltaVfdEEl].map((table) => [table.id, table] as const))("%s", (_id, table) => {
	it.each([
		["is off", { watchdogS: 0 }],
		["is too long", { watchdogS: 60 }],
		["lets it run on", { lossAction: 3 }],
	] as const)("does not start while its time-out %s", (_what, options) => {
		const rig = ready(table, options);
		rig.start(20);
		rig.settle();
		expect(rig.results()).toEqual([
			"start forward rejected: the drive's communication time-out is off, too short or long, or does not stop it",
		]);
		expect(rig.sim.starts).toHaveLength(0);
	});
});

it("stops a Huanyang drive, which cannot tell a fault, and says that it cannot reset one", () => {
	const rig = ready(huanyangHy);
	rig.write({ FltRst: 1 });
	expect(rig.results()).toEqual(["fault reset rejected: the drive cannot do it"]);
});

it("with a park word a run word astray does nothing, even where the drive has a lowest speed", () => {
	for (const table of [abbAcs355Acs380, schneiderAtv]) {
		const rig = ready(table, { lowHz: 10 });
		rig.start(20);
		rig.settle();
		rig.advance(2000);
		rig.stop();
		rig.advance(10_000);
		const stray = rig.net.sent.find(({ values }) => values[0] === table.drive!.words.forward)!;
		rig.net.request({
			...{ unit: 7, function: 6, address: stray.address, count: 1, values: stray.values },
			...{ retries: 0, timeoutMs: 500, onResult: () => undefined },
		});
		rig.advance(5000);
		expect([table.id, rig.sim.starts.length, rig.sim.hz]).toEqual([table.id, 1, 0]);
	}
});
