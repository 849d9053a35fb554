/**
 * Is a DER in service, and does it have power? What model 715 commands, the trips of models 707 to 710, connecting by
 * 123 and entering service by 703 come together here, and what is told of it in 701, 703 and 715.
 */
import { frozen } from "../../base/frozen";
import type { Functions } from "./functions";
import type { Grid } from "./grid";
import type { ModelBytes } from "./model-bytes";
import type { OlderControls } from "./older-controls";
import { Alarm, InvSt, type Reporter, throttle } from "./report";
import { At703, type EnterService } from "./service";
import type { DerCommand } from "./types";

/** Places in 715. */
const At715 = frozen({ locRemCtl: 2, derHb: 3, alarmReset: 7, opCtl: 8 });
/** The last command holds: START and EXIT_STANDBY both mean that there is neither a stop nor a standby. */
const OpCtl = frozen({ stop: 0, start: 1, enterStandby: 2, exitStandby: 3 });
/** DERHb is an unsigned number of 32 bits that is to begin again at 0 now and then. */
const heartbeats = 0x80000000;
const none = Number.NaN;

export class Operation {
	readonly service: EnterService;
	/** Connected, and to have no power: standby, momentary cessation. */
	idle = false;
	readonly #m703: ModelBytes;
	readonly #m715: ModelBytes;
	readonly #grid: Grid;
	readonly #functions: Functions;
	readonly #older: OlderControls;
	readonly #reporter: Reporter;
	/** Bits of 701.Alrm that stay until 715.AlarmReset. */
	#latched = 0;

	constructor(
		m703: ModelBytes,
		m715: ModelBytes,
		service: EnterService,
		grid: Grid,
		functions: Functions,
		older: OlderControls,
		reporter: Reporter,
	) {
		this.#m703 = m703;
		this.#m715 = m715;
		this.service = service;
		this.#grid = grid;
		this.#functions = functions;
		this.#older = older;
		this.#reporter = reporter;
	}

	/** 715.LocRemCtl. */
	get local(): boolean {
		return this.#m715.u16(At715.locRemCtl) === 1;
	}

	set local(local: boolean) {
		this.#m715.put16(At715.locRemCtl, local ? 1 : 0);
	}

	/** Has a heart to beat each second. */
	get beats(): boolean {
		return this.#m715.present;
	}

	/** 715.DERHb counts seconds. */
	beat(seconds: number): void {
		const count = this.#m715.u32(At715.derHb);
		if (!Number.isNaN(count)) this.#m715.put32(At715.derHb, (count + seconds) % heartbeats);
	}

	/** A register of 715 was written. */
	written(at: number): void {
		if (at === At715.alarmReset && this.#m715.u16(at) === 1) this.#latched = 0;
	}

	/** Judges the grid and the commands of this moment. True when the DER has left or entered service. */
	update(online: boolean, nowMs: number): boolean {
		const functions = this.#functions;
		const { forming } = this.#grid;
		functions.update(this.#grid, nowMs);
		// a DER that makes the grid itself neither trips nor has no power for it
		const trips = forming ? 0 : functions.mustTrip;
		this.#latched |= trips;
		const opCtl = this.#m715.u16(At715.opCtl);
		this.idle = opCtl === OpCtl.enterStandby || (!forming && functions.ceases !== 0);
		if (!online) {
			this.service.interrupt();
			return false;
		}
		const permitted = trips === 0 && opCtl !== OpCtl.stop && this.#older.connected;
		return this.service.update(permitted, this.#grid, nowMs);
	}

	/** Tells 701 and 703; `sources`: bits of 701.ThrotSrc. */
	report(online: boolean, command: DerCommand, wMax: number, sources: number, nowMs: number): void {
		const { service } = this;
		if (!Number.isNaN(this.#m703.u32(At703.remaining))) this.#m703.put32(At703.remaining, service.remainingS(nowMs));
		if (!online) {
			this.#reporter.report(none, none, none, none, none, none);
			return;
		}
		const percent = throttle(command, wMax);
		let state: number = percent < 100 ? InvSt.throttled : InvSt.running;
		if (this.idle) state = InvSt.standby;
		if (!service.inService) state = service.busy ? InvSt.starting : InvSt.off;
		let alarms = this.#latched;
		if (!this.#older.connected) alarms |= Alarm.gridDisconnect;
		if (this.#m715.u16(At715.opCtl) === OpCtl.stop) alarms |= Alarm.manualShutdown;
		const on = service.inService ? 1 : 0;
		this.#reporter.report(on, state, command.energize ? 1 : 0, alarms, percent, sources);
	}
}
