/**
 * Opens a tty raw, 8 data bits, no parity, one stop bit, at `baud`, and gives its file descriptor.
 * Throws with the path and the system's reason.
 */
export function serialOpen(path: string, baud: number): number;
