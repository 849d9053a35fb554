/** The frame log as a capture file, read by Wireshark's own program without any settings. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { ManualClock } from "../modules/base/manual-clock";
import { FrameKind, frameTag } from "../modules/modbus/client-link";
import { FrameLog } from "../modules/site/frame-log";
import { pcapngOf } from "../modules/site/pcapng";
import { describeWithPeers, run, temporaryFolder } from "./peers";
import { demoSite, VirtualHub } from "./virtual-hub";

let folder: ReturnType<typeof temporaryFolder> | undefined;

afterEach(() => {
	folder?.remove();
	folder = undefined;
});

/** One object a packet, by the fields' names; what a packet does not have is "". */
async function dissect(bytes: Uint8Array, ...fields: string[]): Promise<Record<string, string>[]> {
	folder ??= temporaryFolder();
	const path = join(folder.path, "frames.pcapng");
	writeFileSync(path, bytes);
	const columns = fields.flatMap((field) => ["-e", field]);
	const text = await run("tshark", ["-n", "-r", path, "-T", "fields", "-E", "separator=|", ...columns]);
	// names of column fields differ between versions, so the columns are taken as tshark prints them
	const summary = linesOf(await run("tshark", ["-n", "-r", path]));
	return linesOf(text).map((line, i) => ({
		...Object.fromEntries(line.split("|").map((value, n) => [fields[n]!, value])),
		protocol: /Modbus RTU|Modbus\/TCP/.exec(summary[i]!)?.[0] ?? "",
		info: summary[i]!,
	}));
}

/** As root it says so, in front. */
function linesOf(text: string): string[] {
	return text.split("\n").filter((line) => line !== "" && !line.startsWith("Running as user"));
}

function fileOf(log: FrameLog, clock: ManualClock, kinds: readonly ("rs485" | "tcp")[]): Buffer {
	const next = pcapngOf(
		log,
		kinds.map((kind, i) => ({ id: `bus-${i + 1}`, kind })),
		clock,
		"1.2.3",
	);
	const pieces: Uint8Array[] = [];
	for (let piece = next(); piece; piece = next()) pieces.push(piece);
	return Buffer.concat(pieces);
}

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));
const kColumns = ["frame.packet_flags_crc_error", "frame.comment"];

describeWithPeers("a capture", ["tshark"], () => {
	it("tells request from reply, good CRC from bad, and what was not answered, on lines and connections", async () => {
		const clock = new ManualClock(Date.UTC(2026, 4, 1, 12));
		const log = new FrameLog(clock, 6144);
		const tell = (source: number, kind: number, text: string, afterMs = 10) => {
			clock.advance(afterMs);
			log.frame(frameTag(source, kind), hex(text), clock.now());
		};
		// a reply whose CRC should be da 31
		tell(0, FrameKind.request, "01 03 00 00 00 02 c4 0b");
		tell(0, FrameKind.received, "01 03 04 00 06 00 05 da 30");
		tell(0, FrameKind.request, "01 03 00 00 00 02 c4 0b");
		tell(1, FrameKind.request, "00 07 00 00 00 06 15 03 9c 40 00 02");
		tell(0, FrameKind.timeout, "", 1000);
		tell(1, FrameKind.received, "00 07 00 00 00 07 15 03 04 53 75 6e 53");
		tell(0, FrameKind.request, "01 03 00 00 00 02 c4 0b");
		tell(0, FrameKind.received, "01 83 02 c0 f1");
		tell(0, FrameKind.received, "01 03");
		log.damaged(0);
		const packets = await dissect(
			fileOf(log, clock, ["rs485", "tcp"]),
			...kColumns,
			"frame.time_epoch",
			"frame.interface_name",
			"frame.packet_flags_direction",
		);
		const rows = packets.map((one) => ["protocol", "info", ...kColumns].map((name) => one[name]!));
		// what is shorter than any frame stays bytes
		expect(rows.map(([protocol]) => protocol)).toEqual([
			...["Modbus RTU", "Modbus RTU", "Modbus RTU", "Modbus/TCP", "Modbus/TCP", "Modbus RTU", "Modbus RTU", ""],
		]);
		expect(rows.slice(0, 7).map(([, info]) => /Query|Response/.exec(info!)?.[0])).toEqual([
			...["Query", "Response", "Query", "Query", "Response", "Query", "Response"],
		]);
		expect(rows[3]![1]).toMatch(/Trans: +7; Unit: +21, Func: +3: Read Holding Registers/);
		expect(rows[6]![1]).toMatch(/Exception/);
		const isSet = (value: string | undefined) => value === "1" || value === "True";
		expect(rows.map(([, , crc]) => isSet(crc))).toEqual([false, true, false, false, false, false, false, false]);
		expect(rows.map(([, , , comment]) => comment)).toEqual([
			...["", "bad CRC", "no answer in time", "", "", "", "", "ends with a bad character"],
		]);
		expect(packets.map((one) => one["frame.interface_name"])).toEqual(
			[1, 1, 1, 2, 2, 1, 1, 1].map((bus) => `bus-${bus}`),
		);
		const seconds = packets.map((one) => Number(one["frame.time_epoch"]) - Date.UTC(2026, 4, 1, 12) / 1000);
		if (Number.isFinite(seconds[0]))
			expect(seconds.map((s) => Math.round(s * 1000))).toEqual([10, 20, 30, 40, 1050, 1060, 1070, 1080]);
		else expect(packets[4]!["frame.time_epoch"]).toMatch(/12:00:01\.050/);
	});

	it("leaves frames of other serial protocols as bytes, and calls none of them bad", async () => {
		const clock = new ManualClock();
		const log = new FrameLog(clock, 6144);
		log.frame(frameTag(0, FrameKind.request), hex("a5 40 90 08 00 00 00 00 00 00 00 00 7d"), clock.now());
		log.frame(frameTag(0, FrameKind.received), hex("a5 01 90 08 02 0f 00 00 75 38 02 93 91"), clock.now());
		const next = pcapngOf(log, [{ id: "daly", kind: "rs485", protocol: "daly" }], clock, "test");
		const blocks: Uint8Array[] = [];
		for (let block = next(); block; block = next()) blocks.push(block);
		const packets = await dissect(Buffer.concat(blocks), ...kColumns, "data.data");
		expect(packets.map((one) => one["data.data"])).toEqual([
			"a540900800000000000000007d",
			"a5019008020f00007538029391",
		]);
		for (const one of packets) expect(one["frame.comment"]).toBe("");
	});

	it("without a clock counts from the hub's start", async () => {
		const clock = new ManualClock();
		const log = new FrameLog(clock, 6144);
		clock.advance(90_500);
		log.frame(frameTag(0, FrameKind.request), hex("01 03 00 00 00 02 c4 0b"), clock.now());
		const [packet] = await dissect(fileOf(log, clock, ["rs485"]), "frame.time_epoch");
		expect(packet!["frame.time_epoch"]).toMatch(/^90\.500|00:01:30\.500/);
	});

	it("of the whole hub: a pole with a meter whose CRC is wrong and a silent one", async () => {
		const hub = new VirtualHub({ siteText: demoSite() });
		await hub.advance(20_000);
		hub.hub.pole!.slave("home-2")!.fault = { kind: "wrong-crc" };
		hub.hub.pole!.slave("home-3")!.fault = { kind: "silent" };
		await hub.advance(8000);
		const stream = hub.hub.network!.connect(80);
		const chunks: Buffer[] = [];
		stream.on("data", (chunk: Uint8Array) => chunks.push(Buffer.from(chunk)));
		stream.write("GET /api/frames.pcapng HTTP/1.0\r\n\r\n");
		await hub.advance(500);
		expect(hub.errors).toEqual([]);
		hub.close();
		const all = Buffer.concat(chunks);
		const end = all.indexOf("\r\n\r\n");
		expect(all.subarray(0, end).toString()).toContain('attachment; filename="frames.pcapng"');
		const packets = await dissect(all.subarray(end + 4), ...kColumns, "mbrtu.unit_id");
		expect(packets.length).toBeGreaterThan(60);
		expect(new Set(packets.map((one) => one["protocol"]))).toEqual(new Set(["Modbus RTU"]));
		const of = (unit: number) => packets.filter((one) => one["mbrtu.unit_id"] === String(unit));
		const infos = (unit: number) =>
			of(unit).map((one) => `${/Query|Response/.exec(one["info"]!)?.[0]} ${one["frame.comment"]}`);
		expect(new Set(infos(11))).toEqual(new Set(["Query ", "Response "]));
		expect(infos(12)).toContain("Response bad CRC");
		expect(infos(13)).toContain("Query no answer in time");
		const missed = infos(13).indexOf("Query no answer in time");
		expect(
			infos(13)
				.slice(missed)
				.some((one) => one.startsWith("Response")),
		).toBe(false);
		expect(infos(11).filter((one) => one === "Query ").length).toBeGreaterThan(5);
	});
});
