/** The site file changed over HTTP on the desktop: kept, started with, and given up when the hub does not start with it. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { freePort, type Peer, root, start, temporaryFolder } from "./peers";

const demo = readFileSync(join(root, "sites/demo.json"), "utf8");
const own = { "X-Gridpost": "1" };
let hub: Peer | undefined;
let folder: ReturnType<typeof temporaryFolder> | undefined;

afterEach(async () => {
	// the program is a child of tools/start.mjs, which passes this on
	await hub?.stop("SIGTERM");
	folder?.remove();
	hub = folder = undefined;
});

function changed(change: (site: { name: string; services: Record<string, unknown> }) => void): string {
	const site = JSON.parse(demo);
	change(site);
	return JSON.stringify(site);
}

async function run(args: readonly string[], env: Record<string, string> = {}): Promise<string> {
	folder = temporaryFolder();
	const http = await freePort();
	const ports = ["--http", `${http}`, "--mqtt", `${await freePort()}`];
	hub = start(
		process.execPath,
		[join(root, "tools/start.mjs"), "--headless", "--data", folder.path, ...ports, ...args],
		env,
	);
	await hub.waitFor(/Ctrl-C stops it/, 20_000);
	return `http://127.0.0.1:${http}/api`;
}

async function nameOf(api: string): Promise<string> {
	// what fetch kept open ended with the hub before
	const answer = await fetch(`${api}/site`).catch(() => fetch(`${api}/site`));
	return ((await answer.json()) as { name: string }).name;
}

const put = (api: string, body: string, headers: Record<string, string> = own) =>
	fetch(`${api}/site-file`, { method: "PUT", headers: { ...headers }, body });

it("a file of one's own is written, with a copy of the one before; one that cannot start is given up", async () => {
	const scratch = temporaryFolder();
	const path = join(scratch.path, "pole.json");
	const modbus = await freePort();
	const first = changed((site) => (site.services["sunspec"] = { port: modbus }));
	writeFileSync(path, first);
	const api = await run(["--site", path], { GRIDPOST_PASSWORD: "s3cret" });
	const login = { ...own, Authorization: `Basic ${Buffer.from("admin:s3cret").toString("base64")}` };
	const second = changed((site) => {
		site.name = "Second";
		site.services["sunspec"] = { port: modbus };
	});
	expect((await put(api, second)).status).toBe(401);
	expect((await put(api, second, login)).status).toBe(200);
	await hub!.waitFor(/Gridpost: Second/, 10_000);
	expect(await nameOf(api)).toBe("Second");
	expect([readFileSync(path, "utf8"), readFileSync(`${path}.bak`, "utf8")]).toEqual([second, first]);

	// in order by itself, but its port belongs to somebody else
	const other = createServer().listen(0);
	const taken = (other.address() as { port: number }).port;
	const third = changed((site) => {
		site.name = "Third";
		site.services["sunspec"] = { port: taken };
	});
	expect((await put(api, third, login)).status).toBe(200);
	await hub!.waitFor(/runs with the site file before/, 10_000);
	expect(await nameOf(api)).toBe("Second");
	expect(readFileSync(path, "utf8")).toBe(second);
	other.close();
	scratch.remove();
});

it("the demo's file stays as it is: what is changed lasts as long as the program", async () => {
	const api = await run(["--modbus", `${await freePort()}`]);
	const answer = await fetch(`${api}/site-file`);
	expect([await answer.text(), answer.headers.get("x-site-place")]).toEqual([demo, expect.stringMatching(/memory/)]);
	expect(
		(
			await put(
				api,
				changed((site) => (site.name = "For now")),
			)
		).status,
	).toBe(200);
	await hub!.waitFor(/Gridpost: For now/, 10_000);
	expect(await nameOf(api)).toBe("For now");
	expect(readFileSync(join(root, "sites/demo.json"), "utf8")).toBe(demo);
	expect(existsSync(join(root, "sites/demo.json.bak"))).toBe(false);
});
