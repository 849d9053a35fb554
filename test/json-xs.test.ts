/** JSON devices on the application's engine: what a document costs, that depth is bounded, and a request over a real socket. */
import { afterEach, expect, it } from "vitest";
import { createIo, type Io } from "../hosts/desktop/io/io";
import { createTestMachine, type TestMachine } from "../hosts/desktop/testing";
import { until } from "./adapters/real-clock";
import { describeWithPeers, freePort, root, start } from "./peers";

interface Inside extends Record<string, unknown> {
	/** Extracts a document so many times; the sum of the numbers found, or "bad". */
	extract(text: string, times: number): number | "bad";
	hashes(text: string): string;
	ask(port: number, path: string, password: string): void;
	answer(): string;
}

const program = `
	import { TCP } from "sockets";
	import { utf8Encode, utf8Decode } from "modules/base/bytes";
	import { ModdableClock } from "hosts/moddable/clock";
	import { HttpClient } from "modules/http/client";
	import { md5, sha256 } from "modules/http/hashes";
	import { JsonExtractor } from "modules/json/extract";

	const paths = ["AC.0.Power.v", "AC.0.Voltage.v", "DC.0.Power.v", "DC.1.Power.v", "INV.0.Temperature.v", "reachable"];
	const extractor = new JsonExtractor(
		paths.map((path, i) => ({ path: "inverters[0]." + path, at: 8 * i, bytes: 8, text: false })), 8 * paths.length);

	let bytes, last;
	export function extract(text, times) {
		if (text !== last) bytes = utf8Encode(last = text);
		for (let i = 0; i < times; i++) if (!extractor.extract(bytes)) return "bad";
		let sum = 0;
		for (let i = 0; i < paths.length; i++) sum += extractor.payload.getFloat64(8 * i);
		return sum;
	}
	export function hashes(text) { return md5(utf8Encode(text)) + " " + sha256(utf8Encode(text)); }

	let said = "";
	export function ask(port, path, password) {
		const client = new HttpClient({
			link: { io: TCP, address: "127.0.0.1", port },
			clock: new ModdableClock(() => true),
			random: Math.random,
			user: "admin", password,
		});
		client.request({ path, onReply: ({ status, code, body }) => { said = status + " " + code + " " + utf8Decode(body); client.close(); } });
	}
	export function answer() { return said; }
`;

let machine: TestMachine | undefined;
let io: Io | undefined;

afterEach(() => {
	io?.close();
	machine?.finish();
	io = machine = undefined;
});

function make(real = false): Inside {
	if (real) io = createIo({ onError: (error) => machine!.errors.push(error) });
	machine = createTestMachine({
		preload: ["modules/json/http-client"],
		modules: { "hosts/moddable/*": "build/js/hosts/moddable/*" },
		sources: {
			sockets: real ? 'export { default as TCP } from "embedded:io/socket/tcp";' : "export class TCP {}",
			"json-program": program,
		},
		...(io ? { clock: "real", host: io.host } : {}),
	});
	const inside = machine.importModule<Inside>("json-program");
	io?.attach(machine);
	return inside;
}

const value = (v: number, u: string) => ({ v, u, d: 2 });
const document = JSON.stringify({
	inverters: [
		{
			serial: "114180710360",
			name: "Süd",
			reachable: true,
			AC: {
				"0": {
					Power: value(285.5, "W"),
					Voltage: value(231.75, "V"),
					Frequency: value(49.98, "Hz"),
					YieldTotal: value(417.226, "kWh"),
				},
			},
			DC: Object.fromEntries(
				[0, 1, 2, 3].map((i) => [
					i,
					{
						name: { u: "east" },
						Power: value(150 + i, "W"),
						Voltage: value(31.4, "V"),
						Current: value(4.78, "A"),
						YieldDay: value(515, "Wh"),
						YieldTotal: value(209, "kWh"),
						Irradiation: value(36.6, "%"),
					},
				]),
			),
			INV: { "0": { Temperature: value(41.25, "°C") } },
		},
	],
	total: { Power: value(285.5, "W") },
	hints: { time_sync: false, radio_problem: false, default_password: false },
});
const sum = 285.5 + 231.75 + 150 + 151 + 41.25 + 1;

it("takes six values out of a document for at most 80 byte codes a byte, and leaves nothing in the heap", () => {
	const xs = make();
	expect(xs.extract(document, 50)).toBe(sum);
	machine!.collect();
	const before = machine!.counters();
	expect(xs.extract(document, 50)).toBe(sum);
	const codes = (machine!.counters().byteCodes - before.byteCodes) / 50 / document.length;
	machine!.collect();
	const after = machine!.counters();
	expect(after.slots).toBeLessThanOrEqual(before.slots + 10);
	expect(after.chunkBytes).toBeLessThanOrEqual(before.chunkBytes + 200);
	expect(codes).toBeLessThan(80);
	expect(codes).toBeGreaterThan(1);
});

it("is not brought down by depth, or by what is no JSON", () => {
	const xs = make();
	for (const text of ["[".repeat(8000), '{"a":'.repeat(1600), "[".repeat(40) + "]".repeat(40), "{}x", '{"a":1,}', ""]) {
		expect(xs.extract(text, 1)).toBe("bad");
	}
	expect(xs.extract("{}", 1)).toBe(Number.NaN);
	expect(machine!.errors).toEqual([]);
});

it("hashes as elsewhere", () => {
	expect(make().hashes("abc")).toBe(
		"900150983cd24fb0d6963f7d28e17f72 ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
	);
});

describeWithPeers("over a real socket", ["python"], () => {
	it("answers a digest challenge of httpbin", async () => {
		const port = await freePort();
		const serve =
			"import sys, httpbin; from werkzeug.serving import run_simple; " +
			"run_simple('127.0.0.1', int(sys.argv[1]), httpbin.app, threaded=True)";
		const peer = start(`${root}.venv/bin/python`, ["-u", "-c", serve, String(port)]);
		await peer.waitFor(/Running on/, 20_000);
		const xs = make(true);
		xs.ask(port, "/digest-auth/auth/admin/secret/SHA-256", "secret");
		await until("answered", () => xs.answer() !== "");
		expect(xs.answer()).toMatch(/^ok 200 \{\s*"authenticated": ?true/);
		await peer.stop();
	});
});
