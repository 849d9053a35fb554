/**
 * The firmware image against its budget, from the objects of an SDK build for the board (docs/device.md): measured
 * where an object is there, assumed where only IDF's linker could tell. Where IDF's compiler is not there, another one under
 * its name will do: Debian's gcc-xtensa-lx106 with -Os has the same instructions but another calling convention. On request: `npm run bench -- flash` with
 * GRIDPOST_FIRMWARE naming the folder that mcconfig was given with -o.
 */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { findRoot } from "../hosts/desktop/loader";
import { type Report, sayer, slotBytes } from "./figure";

const budgetBytes = 3.5 * 1024 * 1024;

/**
 * What IDF links beside: Wi-Fi, lwIP, wpa_supplicant, mbedTLS, drivers, FreeRTOS, libc. Its Wi-Fi station example is
 * 672,490 bytes (project-chip/connectedhomeip#3793, IDF 4.1), a composition of several examples 937,214
 * (espressif/esp-idf#3886); taken as 1 MB for Ethernet, access point, OTA and what IDF 6 has added.
 */
const assumedIdfBytes = 1024 * 1024;

const kApplication = "application: byte code, preloaded slots, names";
const kEngine = "XS engine";

/** Kinds of objects, by name. */
function kindOf(object: string, own: ReadonlySet<string>): string {
	if (object.startsWith("mc.xs.")) return kApplication;
	if (object.startsWith("mc.resources.")) return "dashboard and other data files";
	if (own.has(object.replace(/\.c\.o$/, ""))) return "C of ours";
	return /^xs[A-Z]|^xsre|^xsdtoa/.test(object) ? kEngine : "C of the SDK's modules";
}

interface Size {
	path: string;
	flash: number;
	data: number;
	bss: number;
}

/** `size` of binutils reads the objects of every compiler. */
function sizesIn(folder: string): Size[] {
	const objects = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".c.o"));
	const lines = execFileSync("size", objects, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
	return lines
		.trim()
		.split("\n")
		.slice(1)
		.map((line) => {
			const [text, data, bss, , , path] = line.trim().split(/\s+/);
			return { path: path!, flash: Number(text) + Number(data), data: Number(data), bss: Number(bss) };
		});
}

export function run(report: Report): string[] {
	const say = sayer("flash", report);
	const root = findRoot();
	const folder = process.env["GRIDPOST_FIRMWARE"] ?? "";
	const linked = folder === "" ? [] : readdirSync(folder, { recursive: true, encoding: "utf8" });
	const found = linked.find((path) => basename(path) === "mc.xs.c" && path.includes("esp32"));
	if (found === undefined) {
		const hint = "flash: GRIDPOST_FIRMWARE=OUT, the folder of `mcconfig -m -p esp32/esp32s3 -o OUT -t buildArchive`";
		say("firmware image", undefined, "MB", { budget: 3.5, note: hint });
		return [hint];
	}
	// the engine's objects lie beside the application's
	const build = join(folder, found, "../..");
	const native = readdirSync(join(root, "native"), { recursive: true, encoding: "utf8" });
	const own = new Set(native.filter((path) => path.endsWith(".c")).map((path) => basename(path, ".c")));
	const groups = new Map<string, Size>();
	for (const size of sizesIn(build)) {
		const kind = kindOf(basename(size.path), own);
		const sum = groups.get(kind) ?? { path: kind, flash: 0, data: 0, bss: 0 };
		sum.flash += size.flash;
		sum.data += size.data;
		sum.bss += size.bss;
		groups.set(kind, sum);
	}
	// a check of types alone leaves no objects, or empty ones
	for (const kind of [kApplication, kEngine])
		if (!groups.get(kind)?.flash) throw new Error(`${folder} has no objects for "${kind}": not compiled to the end`);
	let total = assumedIdfBytes;
	for (const { path, flash, data, bss } of groups.values()) {
		total += flash;
		say(path, flash / 1024, "KB", { note: `static data in RAM: ${data + bss} bytes` });
	}
	const slots = Number(/#define mxHeapCount (\d+)/.exec(readFileSync(join(folder, found), "utf8"))?.[1]);
	const aliases = Number(/#define mxAliasCount (\d+)/.exec(readFileSync(join(folder, found), "utf8"))?.[1]);
	say("of that: preloaded slots", (slots * slotBytes) / 1024, "KB", { note: `${slots} slots of 16 bytes` });
	say("RAM for what is preloaded but not frozen", 4 * aliases, "bytes", {
		note: `${aliases} aliases, the engine's too`,
	});
	say("ESP-IDF, assumed", assumedIdfBytes / 1024, "KB", { note: "see bench/flash.ts for its sources" });
	say("firmware image", total / 1024 / 1024, "MB", { budget: budgetBytes / 1024 / 1024, note: "estimate" });
	return [];
}
