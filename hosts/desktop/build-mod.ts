import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseFlags } from "./flags";
import { findRoot } from "./loader";
import { UsageError } from "./options";
import { bundle, shortPath } from "./plugin-files";
import { tableOf } from "./table-file";

const kUsage = `Usage: npm run build-mod -- FILE [options]
  FILE              a plug-in: one device table
  --platform NAME   of the Moddable SDK: esp32/esp32s3 (the board), lin (the simulator)   (esp32/esp32s3)
  --help            this text

Makes an archive (.xsa) that adds the plug-in to a firmware that is there already. Needs the Moddable SDK the firmware
was built with, in MODDABLE.`;

function main(): void {
	const { rest, flags } = parseFlags(process.argv.slice(2), { platform: "text", help: "yes" } as const);
	if (flags.help) {
		console.log(kUsage);
		return;
	}
	if (rest.length !== 1) throw new UsageError("name one plug-in: npm run build-mod -- plugins/acme-one.ts");
	const file = rest[0]!;
	if (!existsSync(file)) throw new UsageError(`${file}: there is no such file`);
	const { id } = tableOf(file);
	const root = findRoot();
	const folder = join(root, "build/mods", id);
	rmSync(folder, { recursive: true, force: true });
	mkdirSync(folder, { recursive: true });
	writeFileSync(join(folder, `${id}.js`), bundle(file));
	const manifest = {
		include: ["$(MODDABLE)/examples/manifest_mod.json"],
		modules: { [`plugin/${id}`]: `./${id}` },
	};
	writeFileSync(join(folder, "manifest.json"), `${JSON.stringify(manifest, null, "\t")}\n`);
	const sdk = process.env["MODDABLE"];
	if (sdk === undefined || sdk === "") {
		throw new UsageError(`${shortPath(folder)} is ready for mcrun; set MODDABLE to build the archive here`);
	}
	const archive = build(folder, sdk, flags.platform ?? "esp32/esp32s3");
	const target = join(folder, `${id}.xsa`);
	copyFileSync(archive, target);
	console.log(`${shortPath(target)}: ${readFileSync(target).length} bytes. To install it:`);
	console.log(`  esptool.py --chip esp32s3 write_flash ${partitionOffset(root)} ${shortPath(target)}`);
	console.log(`  or, with a debug build: cd ${shortPath(folder)} && mcrun -d -m -p esp32/esp32s3`);
}

/** Runs the SDK's mcrun, and gives the archive's path. Throws UsageError with what it said. */
function build(folder: string, sdk: string, platform: string): string {
	const tools = join(sdk, "build/bin/lin/release");
	const out = join(folder, "out");
	mkdirSync(out);
	const env = { ...process.env, PATH: `${tools}:${process.env["PATH"]}` };
	const args = ["-m", "-p", platform, "-o", out, "-t", "build"];
	const result = spawnSync("mcrun", args, { cwd: folder, env, encoding: "utf8" });
	const archive = findArchive(out);
	if (archive !== undefined) return archive;
	const said = `${result.error?.message ?? ""}${result.stdout ?? ""}${result.stderr ?? ""}`.trim();
	throw new UsageError(`mcrun ${args.join(" ")} made no archive:\n${said}`);
}

function findArchive(folder: string): string | undefined {
	const found = readdirSync(folder, { recursive: true }).find((name) => String(name).endsWith(".xsa"));
	return found === undefined ? undefined : join(folder, String(found));
}

/** Where the board keeps programs that are added later: hosts/esp32s3/partitions.csv. */
function partitionOffset(root: string): string {
	const table = readFileSync(join(root, "hosts/esp32s3/partitions.csv"), "utf8");
	return /^xs,\s*0x40,\s*1,\s*(0x[0-9a-f]+)/m.exec(table)![1]!;
}

try {
	main();
} catch (error) {
	console.error(`build-mod: ${error instanceof Error ? error.message : error}`);
	process.exitCode = 1;
}
