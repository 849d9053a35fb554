/**
 * How drives of each family take their command words. Where manuals leave it open, the worst is assumed: a run word that
 * finds the drive switched off and not locked starts it at once, and a run bit that is a level runs again after a reset.
 */

/** The part of a drive that a command word moves. */
export interface Drivetrain {
	/** The run command holds. */
	running: boolean;
	reverse: boolean;
	/** 0 for none. */
	faultCode: number;
	/** At its own panel: words of the bus do nothing. */
	local: boolean;
	/** Output in Hz, as a magnitude. */
	hz: number;
	/** The motor coasts: the output is off at once. */
	coast(): void;
	clearFault(): void;
}

export interface DriveProfile {
	/** It confirms what it does not have, and does nothing. */
	readonly confirmsAll?: boolean;
	/** A row was written. */
	written(row: string, value: number, drive: Drivetrain): void;
	/** The drive has tripped, or lost its power: then it has forgotten what it was told, too. */
	tripped(power: boolean): void;
	/** What its status rows hold. */
	status(row: string, drive: Drivetrain): number | undefined;
}

/** Delta: bits 1-0 of the command 1 stop, 2 run; bits 5-4 1 forward, 2 reverse, 3 the other way. */
export class DeltaProfile implements DriveProfile {
	written(row: string, value: number, drive: Drivetrain): void {
		if (row === "control_bits" && (value & 2) !== 0) drive.clearFault();
		if (row !== "command" || drive.local) return;
		const way = (value >> 4) & 3;
		if (way !== 0) drive.reverse = way === 3 ? !drive.reverse : way === 2;
		if ((value & 3) === 1) drive.running = false;
		if ((value & 3) === 2 && drive.faultCode === 0) drive.running = true;
	}

	tripped(): void {}

	status(row: string, drive: Drivetrain): number | undefined {
		if (row === "error_code") return drive.faultCode;
		if (row !== "status") return undefined;
		const run = drive.running ? (drive.hz > 0 ? 3 : 2) : drive.hz > 0 ? 1 : 0;
		return run | (drive.reverse ? 0x18 : 0) | (drive.local ? 0 : 0x500);
	}
}

/** Yaskawa: the run bits are a level, and so is what they do after a reset. */
export class YaskawaProfile implements DriveProfile {
	#word = 0;

	written(row: string, value: number, drive: Drivetrain): void {
		if (row !== "command") return;
		const reset = (value & 8) !== 0 && (this.#word & 8) === 0;
		this.#word = value;
		if (reset) drive.clearFault();
		if (drive.local) return;
		const ways = value & 3;
		drive.running = (ways === 1 || ways === 2) && drive.faultCode === 0;
		if (drive.running) drive.reverse = ways === 2;
	}

	tripped(power: boolean): void {
		if (power) this.#word = 0;
	}

	status(row: string, drive: Drivetrain): number | undefined {
		if (row === "fault_1") return drive.faultCode;
		if (row === "drive_status_2") return drive.local ? 0x600 : 0;
		if (row !== "drive_status_1") return undefined;
		const moves = drive.running || drive.hz > 0;
		return (moves ? 1 : 0) | (drive.reverse ? 2 : 0) | (drive.faultCode === 0 ? 4 : 8);
	}
}

/** ABB Drives profile: OFF1, OFF2 and OFF3 are active as 0; OFF2 and OFF3 lock until OFF1 comes alone. */
export class AbbProfile implements DriveProfile {
	#word = 0;
	/** 0 locked, 1 ready to switch on, 2 ready to run, 3 enabled. */
	#stage = 1;

	written(row: string, value: number, drive: Drivetrain): void {
		if (row !== "control_word") return;
		if ((value & 0x80) !== 0 && (this.#word & 0x80) === 0 && drive.faultCode !== 0) {
			drive.clearFault();
			this.#stage = 0;
		}
		this.#word = value;
		if (drive.faultCode !== 0 || drive.local || (value & 0x400) === 0) return;
		const off = (bit: number): boolean => (value & bit) === 0;
		if (off(2) || off(4)) {
			if (off(2)) drive.coast();
			this.#stage = 0;
		} else if (off(1)) this.#stage = 1;
		else if (this.#stage > 0) this.#stage = (value & 0x78) === 0x78 ? 3 : 2;
		if (this.#stage < 3 && off(8)) drive.coast();
		drive.running = this.#stage === 3;
	}

	tripped(power: boolean): void {
		this.#stage = power ? 1 : 0;
		if (power) this.#word = 0;
	}

	status(row: string, drive: Drivetrain): number | undefined {
		if (row === "p3018_comm_fault_function") return 1;
		if (row === "p0401_last_fault") return drive.faultCode;
		if (row !== "status_word") return undefined;
		if (drive.faultCode !== 0) return 0x238;
		const ready = this.#stage === 0 ? 0x40 : (1 << this.#stage) - 1;
		return ready | 0x30 | (drive.local ? 0 : 0x200);
	}
}

/** CiA 402 as the Altivar has it. */
export class Cia402Profile implements DriveProfile {
	readonly confirmsAll = true;
	#word = 0;
	#state = 0x40;

	written(row: string, value: number, drive: Drivetrain): void {
		if (row !== "command_cmd") return;
		if ((value & 0x80) !== 0 && (this.#word & 0x80) === 0 && drive.faultCode !== 0) {
			drive.clearFault();
			this.#state = 0x40;
		}
		this.#word = value;
		if (drive.faultCode !== 0 || drive.local) return;
		const was = this.#state;
		if ((value & 2) === 0) {
			drive.coast();
			this.#state = 0x40;
		} else if ((value & 6) === 2) this.#state = 0x40;
		else if ((value & 7) === 6) this.#state = 0x21;
		else if (was !== 0x40) this.#state = (value & 8) === 0 ? 0x23 : 0x27;
		drive.running = this.#state === 0x27;
		if (drive.running) drive.reverse = (value & 0x800) !== 0;
	}

	tripped(power: boolean): void {
		this.#state = 0x40;
		if (power) this.#word = 0;
	}

	status(row: string, drive: Drivetrain): number | undefined {
		if (row === "fault_code_errd") return drive.faultCode === 0 ? 0 : 0x7500;
		if (row !== "drive_state_eta") return undefined;
		const state = drive.faultCode !== 0 ? 0x08 : this.#state === 0x40 ? 0x40 : this.#state | 0x10;
		return state | (drive.local ? 0 : 0x200) | (drive.reverse ? 0x8000 : 0);
	}
}

/** Huanyang: 0x01 forward, 0x11 reverse, 0x08 stop; nothing tells its state but the output. */
export class HuanyangProfile implements DriveProfile {
	written(row: string, value: number, drive: Drivetrain): void {
		if (row !== "control" || drive.local) return;
		if (value === 8) drive.running = false;
		else if (drive.faultCode === 0) {
			drive.running = true;
			drive.reverse = value === 0x11;
		}
	}

	tripped(): void {}

	status(): number | undefined {
		return undefined;
	}
}
