import { Machine, type MachineOptions } from "./machine";

export interface TestMachineOptions extends MachineOptions {
	/** Imported at once. */
	main?: string;
}

/** A machine whose clock the test moves, and what it has printed and failed with so far. */
export class TestMachine extends Machine {
	/** What trace() printed, as lines. */
	readonly traced: string[];
	/** Exceptions and rejections that nobody caught. A test that expects none ends with `finish`. */
	readonly errors: Error[];

	constructor(options: TestMachineOptions = {}) {
		const traced: string[] = [];
		const errors: Error[] = [];
		super({
			name: "test",
			clock: "virtual",
			byteCodeLimit: 2_000_000_000,
			onError: (error) => errors.push(error),
			trace: (text) => traced.push(...text.replace(/\n$/, "").split("\n")),
			...options,
		});
		this.traced = traced;
		this.errors = errors;
		if (options.main !== undefined) this.importModule(options.main);
	}

	/** Deletes the machine; throws the first error that nobody has looked at, or when it wrote where it must not. */
	finish(): void {
		const error = this.errors[0] ?? this.dead;
		try {
			this.checkRoot();
		} finally {
			this.delete();
		}
		if (error) throw error;
	}
}

/** For any vitest test: the application's engine, on a clock that the test controls. */
export function createTestMachine(options: TestMachineOptions = {}): TestMachine {
	return new TestMachine(options);
}
