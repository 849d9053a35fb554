import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "./options";

/** The serial adapters of this computer, by the names that stay theirs where there are any. */
export function serialPorts(): string[] {
	const found: string[] = [];
	const named = "/dev/serial/by-id";
	if (existsSync(named)) found.push(...readdirSync(named).map((name) => join(named, name)));
	if (existsSync("/dev")) {
		found.push(
			...readdirSync("/dev")
				.filter((name) => /^(ttyUSB|ttyACM|ttyAMA|cu\.usb)/.test(name))
				.map((name) => `/dev/${name}`),
		);
	}
	return found.sort();
}

/** Throws UsageError that says what to do, for a path that is no port. */
export function checkPort(path: string): void {
	if (existsSync(path) && statSync(path).isCharacterDevice()) return;
	const what = existsSync(path) ? "is no serial port" : "is not there";
	const ports = serialPorts();
	const seen =
		ports.length > 0
			? `this computer has ${ports.join(", ")}`
			: "this computer has no serial adapter; is it plugged in?";
	throw new UsageError(`--path ${path}: it ${what}; ${seen}`);
}

/** The system's reason why a port cannot be opened, with what a person can do. */
export function openFailure(path: string, error: unknown): UsageError {
	const reason = error instanceof Error ? error.message : String(error);
	if (/permission/i.test(reason)) {
		return new UsageError(
			`${reason}: your user may not use ${path}; sudo usermod -aG dialout $USER, then log in again`,
		);
	}
	if (/busy|resource/i.test(reason)) return new UsageError(`${reason}: another program has ${path}`);
	return new UsageError(`cannot open ${path}: ${reason}`);
}
