import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createTestMachine, type TestMachine } from "../../hosts/desktop/testing";
import { until } from "../../test/adapters/real-clock";
import { describeWithPeers, type Peer, python, start, temporaryFolder } from "../../test/peers";

const probe = `
import CAN from "modules/can/can";
export const log = [];
const data = new Uint8Array(8);
let port;
export function open(options) {
	port = new CAN({
		...options,
		onReadable() {
			let frame;
			while ((frame = this.read(data))) log.push({ event: "frame", ...frame, data: Array.from(data.subarray(0, frame.remote ? 0 : frame.length)) });
		},
		onWritable() { log.push({ event: "writable" }); },
		onStateChange(state) { log.push({ event: state }); },
		onError(message) { log.push({ event: "error", message }); },
	});
}
export function write(id, extended, remote, bytes, length) { port.write({ id, extended, remote, data: Uint8Array.from(bytes), length }); }
export function close() { port.close(); }
export function counters() { return port.counters; }
export function take() { return log.splice(0); }
`;

interface Frame {
	id: number;
	extended: boolean;
	remote: boolean;
	length: number;
	data: number[];
}
interface Probe {
	open(options: object): void;
	write(id: number, extended: boolean, remote: boolean, bytes: readonly number[], length: number): void;
	close(): void;
	counters(): Record<string, number>;
	take(): ({ event: string; message?: string } & Partial<Frame>)[];
}

const folder = temporaryFolder();
const ours = join(folder.path, "ours");
const theirs = join(folder.path, "theirs");

/** 11 and 29 bits, data and remote, 0 to 8 bytes: 36 frames. */
const frames: Frame[] = [];
for (const extended of [false, true])
	for (const remote of [false, true])
		for (let length = 0; length <= 8; length++)
			frames.push({
				id: extended ? 0x18ff0000 + length : 0x700 + length,
				extended,
				remote,
				length,
				data: remote ? [] : Array.from({ length }, (_, i) => 255 - i * 17),
			});

const line = (frame: Frame) =>
	[
		frame.id.toString(16),
		frame.extended ? 1 : 0,
		frame.remote ? 1 : 0,
		frame.length,
		frame.data.map((byte) => byte.toString(16).padStart(2, "0")).join("") || "-",
	].join(" ");

let machine: TestMachine;
let module: Probe;
let pair: Peer;

async function plug(): Promise<void> {
	pair = start("socat", [`pty,raw,echo=0,link=${ours}`, `pty,raw,echo=0,link=${theirs}`]);
	await until(
		() => pair.output(),
		() => existsSync(ours) && existsSync(theirs),
	);
}

describeWithPeers("CAN through a serial adapter", ["python", "socat"], () => {
	beforeEach(async () => {
		machine = createTestMachine({ clock: "real", sources: { probe } });
		module = machine.importModule<Probe & Record<string, unknown>>("probe");
		await plug();
	});
	afterEach(async () => {
		machine.finish();
		await pair.stop();
	});

	test("python-can and our port exchange every kind of frame, both ways", async () => {
		module.open({ port: `slcan:${ours}`, bitrate: 500000 });
		const peer = python("slcan_host.py", [theirs, "500000"]);
		try {
			expect((await peer.waitFor(/version (\d+) (\d+)/))[0]).toBe("version 1 1");
			await peer.waitFor(/ready/);
			for (const frame of frames) peer.write(`send ${line(frame)}\n`);
			const got: Partial<Frame>[] = [];
			await until(
				() => `${got.length} frames\n${peer.output()}`,
				() => {
					got.push(...module.take().filter(({ event }) => event === "frame"));
					return got.length >= frames.length;
				},
			);
			expect(got.length).toBe(frames.length);
			for (const [i, frame] of frames.entries()) expect(got[i]).toMatchObject(frame);

			for (let i = 0; i < frames.length; i += 12) {
				for (const frame of frames.slice(i, i + 12))
					module.write(frame.id, frame.extended, frame.remote, frame.data, frame.length);
				await until(
					() => JSON.stringify(module.counters()),
					() => module.take().some(({ event }) => event === "writable"),
				);
			}
			await peer.waitFor(new RegExp(`got ${line(frames.at(-1)!)}`));
			expect(peer.output().match(/^got .*$/gm)).toEqual(frames.map((frame) => `got ${line(frame)}`));
			expect(module.counters()).toMatchObject({ framesReceived: 36, framesSent: 36, busErrors: 0, overflow: 0 });
		} finally {
			await peer.stop();
		}
	}, 30_000);

	test("what it says to an adapter, what the adapter's flags and refusals do, and unplugging", async () => {
		const adapter = start("socat", ["-u", `${theirs},raw,echo=0`, "-"]);
		await new Promise((resolve) => setTimeout(resolve, 100));
		module.open({ port: `slcan:${ours}`, bitrate: 125000, mode: "listen", filters: [{ id: 0x100, mask: 0x700 }] });
		await adapter.waitFor(/C\rS4\rL\r/);
		const say = start("socat", ["-u", "-", `${theirs},raw,echo=0`]);
		say.write("\r\rt1231AAFFFF\rt2231AA\rnonsense\rF04\r\x07");
		const events: { event: string; id?: number }[] = [];
		await until(
			() => JSON.stringify(events),
			() => events.push(...module.take()) >= 2,
		);
		expect(events).toMatchObject([{ event: "warning" }, { event: "frame", id: 0x123, data: [0xaa] }]);
		await until(
			() => JSON.stringify(module.counters()),
			() => module.counters()["busErrors"] === 2,
		);
		expect(module.counters()).toMatchObject({ framesReceived: 1, filtered: 1 });
		// the adapter has answered, so it is asked for its state
		await adapter.waitFor(/F\r/);
		await adapter.stop();
		await say.stop();
		await pair.stop();
		await until(
			() => JSON.stringify(events),
			() => events.push(...module.take()) > 2,
		);
		expect(events.at(-1)).toMatchObject({ event: "error", message: expect.stringMatching(/gone/) });
		expect(() => module.write(1, false, false, [], 0)).toThrow(/gone/);
		module.close();
		module.close();
		await plug();
		module.open({ port: `slcan:${ours}` });
	}, 20_000);
});
