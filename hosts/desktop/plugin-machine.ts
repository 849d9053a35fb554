import { Machine } from "./machine";

const kByteCodes = 50_000_000;
const kHeapBytes = 16 * 1024 * 1024;

/** What a person calls the deaths of a machine. */
const deaths: Readonly<Record<string, string>> = {
	XS_COMPUTATION: `stopped: it did not end within ${kByteCodes / 1e6} million byte codes`,
	XS_MEMORY: `stopped: it wants more memory than ${kHeapBytes >> 20} MB`,
	XS_STACK: "stopped: it calls itself without end",
	XS_KEYS: "stopped: it makes names without end",
};

/** The module of the machine that runs the plug-in: it tells as text what it got, so that no object crosses over. */
const box = `import { runPlugin } from "hosts/moddable/plugin-sandbox";
	import { plainJson } from "modules/devices/plain";
	import { reasonOf } from "modules/devices/plugin-table";
	export function run(name) {
		try {
			return plainJson({ table: runPlugin(name) });
		} catch (error) {
			return JSON.stringify({ reason: reasonOf(error) });
		}
	}`;

/**
 * Runs the module `text` on a machine of its own, which has a limit of byte codes and memory, and gives JSON: `table` as
 * data, or the `reason` why there is none. A loop in the engine's own code is not counted in byte codes.
 */
export function runPluginText(name: string, text: string): string {
	const machine = new Machine({
		name,
		clock: "virtual",
		sources: { [name]: text, box },
		modules: { "hosts/moddable/*": "build/js/hosts/moddable/*" },
		preload: ["hosts/moddable/plugin-sandbox"],
		byteCodeLimit: kByteCodes,
		heap: { grow: true, limitBytes: kHeapBytes },
		trace: () => {},
		onError: () => {},
	});
	try {
		return machine.importModule<{ run(name: string): string }>("box").run(name);
	} catch (error) {
		const { code, message } = error as Error & { code?: string };
		return JSON.stringify({ reason: deaths[code ?? ""] ?? `stopped: ${message}` });
	} finally {
		machine.delete();
	}
}
