import * as api from "../../modules/devices/plugin";
import { exportedTable } from "../../modules/devices/plugin-table";

/** XS's own class (documentation/xs/XS Compartment.md); the SDK's typings leave it out. */
declare const Compartment: new (options: {
	globals: object;
	modules: Readonly<Record<string, { source: string } | { namespace: object }>>;
	resolveHook(specifier: string, importer: string): string;
}) => { importNow(specifier: string): Record<string, unknown> };

/** What a plug-in imports. */
export const kPluginApi = "gridpost/plugin";

/**
 * Runs the module `specifier`, which is nobody else's, in a Compartment and gives the table it exports, as data. It sees
 * the plain language and the plug-in API, nothing that a host adds (trace, timers, pins): an import of anything else throws,
 * as does what the module throws itself.
 * A loop or a hoard of memory is for who calls to stop: see docs/add-a-device.md.
 */
export function runPlugin(specifier: string): unknown {
	const box = new Compartment({
		// the one thing beside the language that an engine has by itself
		globals: { trace: undefined },
		modules: { [kPluginApi]: { namespace: api }, [specifier]: { source: specifier } },
		resolveHook: (wanted, importer) => {
			if (wanted === kPluginApi || wanted === specifier) return wanted;
			throw new ReferenceError(`"${importer}" imports "${wanted}"; a plug-in reaches "${kPluginApi}" only`);
		},
	});
	return exportedTable(box.importNow(specifier), specifier);
}
