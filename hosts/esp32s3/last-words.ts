/**
 * Why the engine stops: it calls the global function `abort` where an exception leaves a callback, and starts the chip anew
 * when that returns, because what is left undone in the middle of a callback (a bus that waits for an answer for ever,
 * say) could keep a hub silent that looks alive. A restart takes seconds, the boot guard leaves out a site file that
 * does this again and again, and an image on trial goes. So this hook changes nothing: it keeps the reason, for the log
 * of the next start. To be called before anything else.
 * @param note keeps a text over a restart: hosts/esp32s3/firmware
 */
export function keepLastWords(note: (text: string) => void): void {
	// gives nothing back: with `false` the engine would go on
	(globalThis as { abort?: (reason: string, exception: unknown) => void }).abort = (reason, exception) => {
		// out of memory, a text that is put together would end in this function again
		note(reason.startsWith("unhandled") ? `${reason}: ${textOf(exception)}` : reason);
	};
}

/** An exception with the functions it came through. */
function textOf(exception: unknown): string {
	const stack = exception instanceof Error ? exception.stack : undefined;
	return stack ?? String(exception);
}
