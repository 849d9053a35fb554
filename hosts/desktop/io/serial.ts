import { closeSync } from "node:fs";
import { ReadStream } from "node:tty";
import type { IoContext } from "./context";
import { StreamPort, type Windows } from "./stream-port";
import { StreamWire } from "./wire";

/** What `hosts/desktop/xs` calls for Serial: the tty comes open and set up. */
export function serialFunctions(context: IoContext, windows: Windows) {
	return {
		/** Owns the file descriptor from here on, also when it throws. */
		serialAttach(path: string, file: number, mask: number): number {
			let stream: ReadStream;
			try {
				stream = new ReadStream(file);
			} catch (error) {
				closeSync(file);
				throw new Error(`Serial: ${path}: ${(error as Error).message}`);
			}
			// Node reads a tty through a descriptor of its own
			stream.once("close", () => closeSync(file));
			const wire = new StreamWire(stream, undefined, (error) => explain(error, path));
			return new StreamPort(context, mask, wire, "Serial", windows).id;
		},
	};
}

function explain(error: Error, path: string): string {
	// what a tty gives when its adapter is pulled out or the other end of a pty is closed
	return (error as NodeJS.ErrnoException).code === "EIO"
		? `Serial: ${path} is gone`
		: `Serial: ${path}: ${error.message}`;
}
