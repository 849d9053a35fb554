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
});
