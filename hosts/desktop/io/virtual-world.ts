import { createTestMachine, type TestMachine, type TestMachineOptions } from "../testing";
import { createIo, type Io, type IoOptions } from "./io";
import { VirtualNetwork } from "./virtual-network";
import { VirtualTime } from "./virtual-time";

export interface WorldMachineOptions extends TestMachineOptions {
	io?: Partial<Omit<IoOptions, "network" | "clock">>;
	/** Its address in the network; 10.0.0.1, 10.0.0.2, ... when not given. */
	address?: string;
}

export interface WorldMachine {
	readonly machine: TestMachine;
	readonly io: Io;
}

/**
 * For tests of whole programs: machines on one virtual time and network, with no socket and no waiting, the same in
 * every run. `network` is where a test's own clients and servers connect; their streams are given their turns by `run`.
 */
export class VirtualWorld {
	readonly time: VirtualTime;
	readonly network: VirtualNetwork;
	#machines: WorldMachine[] = [];

	constructor(options: { latencyMs?: number; epochMs?: number } = {}) {
		this.time = new VirtualTime(options.epochMs ?? Date.UTC(2026, 0, 1));
		this.network = new VirtualNetwork({ clock: this.time, ...options });
	}

	/** A machine with all IO of the desktop. `options.host` adds providers to it. */
	add(options: WorldMachineOptions = {}): WorldMachine {
		const { io: ioOptions, address, main, ...rest } = options;
		const network = this.network.attach(address);
		const io = createIo({
			onError: (error) => machine.errors.push(error),
			...ioOptions,
			network,
			clock: this.time,
		});
		const machine: TestMachine = createTestMachine({
			epochMs: this.time.epochMs() ?? 0,
			...rest,
			host: { ...io.host, ...options.host },
		});
		io.attach(machine);
		this.time.add(machine);
		const made = { machine, io };
		this.#machines.push(made);
		if (main !== undefined) machine.importModule(main);
		return made;
	}

	/** Switches a machine off, as a power cut does. */
	remove(it: WorldMachine): void {
		this.#machines = this.#machines.filter((other) => other.machine !== it.machine);
		this.time.remove(it.machine);
		it.io.close();
		it.machine.delete();
	}

	/** Lets `ms` of virtual time pass. */
	run(ms: number): Promise<void> {
		return this.time.run(ms, this.network);
	}

	/** Deletes all machines; throws the first error that nobody has looked at. */
	finish(): void {
		let first: unknown;
		for (const it of this.#machines.splice(0)) {
			this.time.remove(it.machine);
			it.io.close();
			try {
				it.machine.finish();
			} catch (error) {
				first ??= error;
			}
		}
		if (first !== undefined) throw first;
	}
}
