import { existsSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { findRoot } from "./loader";

/**
 * The application's modules that lie in flash on the device, so that heap figures here mean what they mean there:
 * every module of modules/ that main and the host, or other modules `from`, reach. main and the host themselves stay out, as their bodies call natives.
 */
export function applicationModules(root = findRoot(), from = ["main", "hosts/desktop/xs/host"]): string[] {
	const found = new Set<string>();
	const visit = (id: string): void => {
		const path = join(root, "build/js", `${id}.js`);
		if (!existsSync(path)) return;
		const text = readFileSync(path, "utf8");
		for (const match of text.matchAll(/^(?:import|export)\s+(?:[^"';]*?\sfrom\s+)?"(\.[^"]+)"/gm)) {
			const next = posix.join(posix.dirname(id), match[1]!);
			if (!next.startsWith("modules/") || found.has(next)) continue;
			found.add(next);
			visit(next);
		}
	};
	for (const id of from) visit(id);
	return [...found].sort();
}

/**
 * The desktop's own part of what lies in flash on the device: sockets, lines and the clock. The module "host" is not
 * among them, as it asks Node while it loads.
 */
export const platformModules: readonly string[] = [
	"embedded:io/socket/listener",
	"embedded:io/socket/tcp",
	"embedded:io/socket/tcp/tls",
	"hosts/moddable/clock",
	"hosts/web-files",
	"modules/can/can",
	"modules/rs485/rs485",
	// what the desktop has in place of the board's own wires
	"sim/atm90e32",
	"sim/board-io",
	"sim/pcf8574",
];
