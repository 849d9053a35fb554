/// <reference path="../../../typings/host-io.d.ts" />
import type hostIo from "host:io";
import type { Clock } from "../../../modules/base/clock";
import { IoContext, type Mortal } from "./context";
import { DataFolder } from "./data-folder";
import { fileFunctions } from "./files";
import { flashFunctions, type Partitions } from "./flash";
import { valueFunctions } from "./key-value";
import { Pins, pinFunctions } from "./pins";
import { noNetwork, realNetwork } from "./real-network";
import { serialFunctions } from "./serial";
import { socketFunctions } from "./sockets";
import { DEFAULT_WINDOWS, type Windows } from "./stream-port";
import type { Network } from "./wire";

export interface IoOptions {
	/** "real" (default): sockets of this computer; "none": every attempt throws; or one of `VirtualNetwork.attach()`. */
	network?: "real" | "none" | Network | undefined;
	/** The clock on which deliveries wait, for machines on a virtual one; without it, the next turn of Node's loop. */
	clock?: Clock | undefined;
	/** Where files, values and flash are kept. Without it, in a temporary folder that goes with `close`. */
	dataFolder?: string | undefined;
	/** Flash partitions. */
	partitions?: Partitions | undefined;
	windows?: Partial<Windows> | undefined;
	/** Inputs and outputs, where several machines or a panel share them. */
	pins?: Pins | undefined;
	/** An exception that left a callback of the application, or the machine's death in one. */
	onError(error: Error): void;
}

/** A journal of 1 MB, as the device's table will have it. */
const DEFAULT_PARTITIONS: Partitions = { journal: 1 << 20 };

/**
 * The IO of one machine. `host` goes to `new Machine({ host })`; `close` belongs before its deletion, and nothing is
 * told to the machine after it.
 */
export interface Io {
	readonly host: { readonly io: typeof hostIo };
	readonly pins: Pins;
	/** Ports that could not be opened, each with a message of one sentence, `code` and `port`. */
	readonly refusedPorts: readonly Error[];
	/** How many IO objects are open. */
	readonly open: number;
	/** Once the machine is made: when it dies, its IO is closed. */
	attach(machine: Mortal): void;
	close(): void;
}

export function createIo(options: IoOptions): Io {
	const context = new IoContext(options);
	const data = new DataFolder(options.dataFolder);
	const pins = options.pins ?? new Pins();
	const refusedPorts: Error[] = [];
	const network =
		options.network === "none"
			? noNetwork
			: options.network === undefined || options.network === "real"
				? realNetwork
				: options.network;
	const windows: Windows = { ...DEFAULT_WINDOWS, ...options.windows };
	return {
		host: {
			io: {
				start: (dispatch) => context.start(dispatch),
				close: (id) => context.drop(id),
				...socketFunctions(context, { network, windows, onRefusedPort: (error) => refusedPorts.push(error) }),
				...serialFunctions(context, windows),
				...pinFunctions(context, pins),
				...fileFunctions(context, data),
				...valueFunctions(context, data),
				...flashFunctions(context, data, options.partitions ?? DEFAULT_PARTITIONS),
			},
		},
		pins,
		refusedPorts,
		get open() {
			return context.open;
		},
		attach: (machine) => context.attach(machine),
		close() {
			context.close();
			data.close();
		},
	};
}
