/** What the pins of an ESP32-S3-WROOM-1 module N16R8 can be used for, and the check that no two functions share one. */
import { frozen } from "../../modules/base/frozen";

export interface PinUse {
	/** Name of the function, as the configuration keys have it. */
	name: string;
	pin: number;
	/** `analog`: read by the converter that works beside Wi-Fi (ADC1). */
	kind?: "digital" | "analog";
}

/** Where the level at reset decides how the chip starts. */
const kStrapping = frozen<Readonly<Record<number, string>>>({
	0: "selects the download mode",
	3: "selects the JTAG source",
	45: "selects the flash voltage",
	46: "with GPIO0 selects the boot mode, and has a weak pull-down",
});

/** Why no function may ever be on a pin; undefined when it may. */
function impossible(pin: number): string | undefined {
	if (!Number.isInteger(pin) || pin < 0 || pin > 48) return "the chip has GPIO0 to GPIO48";
	if (pin >= 22 && pin <= 25) return "the chip has no such pin";
	if (pin >= 26 && pin <= 32) return "the flash memory is on GPIO26 to GPIO32";
	if (pin === 33 || pin === 34) return "the module does not bring it out";
	if (pin >= 35 && pin <= 37) return "the octal PSRAM is on GPIO35 to GPIO37";
	if (pin === 43 || pin === 44) return "the console (UART0) is on GPIO43 and GPIO44";
	return undefined;
}

/** What has to be known before a pin is used; undefined when nothing. */
function delicate(pin: number): string | undefined {
	if (pin in kStrapping) return `GPIO${pin} ${kStrapping[pin]} at reset`;
	if (pin === 19 || pin === 20) return "GPIO19 and GPIO20 are the native USB port, which is lost then";
	return undefined;
}

/**
 * What is wrong with a pin map, a sentence a fault: pins that cannot be used, pins used twice (with both names), and
 * delicate pins (strapping, native USB) that are not in `allowed`.
 */
export function pinFaults(uses: readonly PinUse[], allowed: readonly number[]): string[] {
	const faults: string[] = [];
	const names = new Map<number, string>();
	for (const { name, pin, kind } of uses) {
		const reason = impossible(pin);
		if (reason) {
			faults.push(`${name} cannot be on GPIO${pin}: ${reason}`);
			continue;
		}
		const other = names.get(pin);
		if (other) faults.push(`GPIO${pin} is used by ${other} and by ${name}`);
		names.set(pin, name);
		if (kind === "analog" && !(pin >= 1 && pin <= 10))
			faults.push(`${name} cannot be on GPIO${pin}: an analog input needs GPIO1 to GPIO10`);
		const warning = delicate(pin);
		if (warning && !allowed.includes(pin))
			faults.push(`${name} on GPIO${pin}: ${warning}; add ${pin} to allow_pins if that is meant`);
	}
	return faults;
}
