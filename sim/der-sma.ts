import { ModbusException } from "../modules/modbus/pdu";
import type { PointInfo } from "../modules/sunspec/place";
import type { WrittenValue } from "../modules/sunspec/server";
import { type InverterOptions, PvInverter } from "./der-inverter";

export interface SmaOptions extends InverterOptions {
	/** The installer's grid guard code was entered at the device: grid parameters may be written. Default true. */
	unlocked?: boolean;
}

/**
 * A PV inverter as SMA models it: 1, 11, 12, 101 to 113, 120 to 123 and 160. By night it says "not implemented", and until
 * the grid guard code is entered it refuses settings and limits. `SunSpecSlave` plays its way of being read (`wholeModels`).
 */
export class SmaInverter extends PvInverter {
	unlocked: boolean;

	constructor(options: SmaOptions = {}) {
		super({ ...options, night: "none" }, [{ id: 11 }, { id: 12 }]);
		this.unlocked = options.unlocked ?? true;
		this.identify("SMA", "STP 10.0-3AV-40", options.serial ?? "SIM-SMA-1", "3.13.21.R");
		this.putAll("11", { Spd: 100, CfgSt: 3, St: 1, Nam: "Ethernet" });
		this.putAll("12", { Nam: "IPv4", CfgSt: 1, ChgSt: 0, Cap: 1, Cfg: 1, Addr: "192.168.1.126", Msk: "255.255.255.0" });
		this.image.commit();
	}

	override onWrite(point: PointInfo, value: WrittenValue): number {
		const guarded = point.model.id === 121 || point.model.id === 123;
		return guarded && !this.unlocked ? ModbusException.illegalDataAddress : super.onWrite(point, value);
	}
}
