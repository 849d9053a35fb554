import { frozen } from "../../base/frozen";
import type { ModelSpec } from "../../sunspec/image";
import { defineModel } from "../../sunspec/vendor";

/** Relay outputs: what each was told, what it is known to do, and why. */
export const kRelayModel = 64923;

/** Values of `Rsn`. */
export const RelayReason = frozen({ start: 0, command: 1, trip: 2, lost: 3 });

/**
 * The model of a bank with so many channels. Cmd is the command, St what was read back from the output, both 0 open and
 * 1 closed; they differ while a command is on its way and when an output does not follow. Rsn is why it is as
 * commanded: START since the hub started, COMMAND, TRIP opened by a protection and latched, LOST as it has
 * opened by itself, without its supply, and does not close again before it is told to.
 */
export function relayModelOf(channels: number): ModelSpec {
	return frozen<ModelSpec>({
		id: kRelayModel,
		text: defineModel(kRelayModel, {
			name: "relays",
			points: [
				{ name: "N", type: "count", mandatory: "M", static: "S" },
				{ name: "Pad", type: "pad" },
			],
			groups: [
				{
					name: "Ch",
					count: "N",
					points: [
						{ name: "Cmd", type: "enum16", access: "RW", symbols: states() },
						{ name: "St", type: "enum16", symbols: states() },
						{
							name: "Rsn",
							type: "enum16",
							symbols: ["START", "COMMAND", "TRIP", "LOST"].map((name, value) => ({ name, value })),
						},
						{ name: "Pad", type: "pad" },
					],
				},
			],
		}),
		repeats: { Ch: channels },
	});
}

function states(): { name: string; value: number }[] {
	return ["OPEN", "CLOSED"].map((name, value) => ({ name, value }));
}
