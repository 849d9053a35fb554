/** The whole hub on XS with a drive: a SunSpec client starts and stops its motor over Modbus TCP. */
import { afterEach, expect, it } from "vitest";
import { kDrive } from "../modules/devices/models/drive";
import { tableModels } from "../modules/devices/table";
import { deltaMs300 } from "../modules/devices/tables/delta-ms300";
import { Image } from "../modules/sunspec/image";
import { visit } from "./adapters/visitor";
import { VirtualHub } from "./virtual-hub";

const kUnit = 51;

let hub: VirtualHub;
afterEach(() => hub.close());

const siteText = (drives: number): string =>
	JSON.stringify({
		...{ name: "Pump", feederId: "f-1", gatewayId: "g-1" },
		buses: [{ id: "hall", port: "sim" }],
		devices: Array.from({ length: drives }, (_, i) => ({
			...{ id: `pump-${i}`, device: "delta-ms300", bus: "hall", address: 1 + i, unit: kUnit + i, serial: `P-${i}` },
		})),
	});

/** Where the points stand: the drive's model is the only one behind the first. */
const places = new Image(tableModels(deltaMs300));

async function ask(code: number, point: string, words: readonly number[] = []): Promise<number[]> {
	const { address, size } = places.point(places.handle(kDrive, point))!;
	const body = [code, address >> 8, address & 255, 0, size];
	if (code === 16) body.push(2 * size, ...words.flatMap((word) => [word >> 8, word & 255]));
	const frame = Buffer.from([0, 1, 0, 0, 0, body.length + 1, kUnit, ...body]);
	const { answer } = await visit(hub, 502, [frame], 100);
	const pdu = [...answer.subarray(7)];
	if ((pdu[0]! & 0x80) !== 0) throw new RangeError(`exception ${pdu[1]} to ${point}`);
	return code === 3 ? Array.from({ length: size }, (_, i) => 256 * pdu[2 + 2 * i]! + pdu[3 + 2 * i]!) : [];
}

const read = async (point: string): Promise<number> =>
	(await ask(3, point)).reduce((sum, word) => 65536 * sum + word, 0);
const write = async (point: string, value: number): Promise<void> => {
	const two = places.point(places.handle(kDrive, point))!.size === 2;
	await ask(16, point, two ? [Math.floor(value / 65536), value % 65536] : [value]);
};

it("starts, turns, stops", async () => {
	hub = new VirtualHub({ siteText: siteText(1) });
	await hub.advance(8000);
	const drive = hub.hub.pole!.drive("pump-0")!;
	expect(await read("St")).toBe(1);
	await write("Cmd", 2);
	await write("SetHz", 2500);
	await hub.advance(3000);
	expect(drive.starts).toEqual([]);
	await write("CmdId", (await read("CmdId")) + 1);
	await hub.advance(6000);
	expect([await read("CmdSt"), await read("St"), await read("Dir"), await read("Hz")]).toEqual([2, 3, 1, 2500]);
	await write("CmdId", await read("CmdId"));
	await write("Cmd", 0);
	await hub.advance(6000);
	expect([await read("CmdSt"), await read("St"), await read("Hz")]).toEqual([2, 1, 0]);
	expect(drive.starts.map(({ reverse }) => reverse)).toEqual([true]);
	expect(hub.errors).toEqual([]);
	if (process.env["FIGURES"]) {
		const used = async (drives: number): Promise<number> => {
			hub.close();
			hub = new VirtualHub({ siteText: siteText(drives) });
			await hub.advance(20_000);
			hub.hub.machine.collect();
			const { slots, chunkBytes } = hub.hub.machine.counters();
			return 16 * slots + chunkBytes;
		};
		const [one, two, three] = [await used(1), await used(2), await used(3)];
		process.stdout.write(`a drive: ${two - one} bytes, ${three - two} bytes\n`);
	}
});
