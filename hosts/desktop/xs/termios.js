/** Opens a tty raw, 8N1, and gives its file descriptor. */
export function serialOpen(path, baud) @ "xs_serial_open";
