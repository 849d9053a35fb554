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
			// a pulled adapter, or the closed other end of a pty, is an end to Node or an EIO
			const gone = `Serial: ${path} is gone`;
			const explain = (error: Error) =>
				(error as NodeJS.ErrnoException).code === "EIO" ? gone : `Serial: ${path}: ${error.message}`;
			const wire = new StreamWire(stream, { explain, endReason: gone, drain: false });
			return new StreamPort(context, mask, wire, "Serial", windows).id;
		},
	};
}
