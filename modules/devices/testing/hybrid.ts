/** For tests: a device of any rows, with registers that are set one by one. */
import { Image } from "../../sunspec/image";
import { Device, type ReadResult } from "../engine";
import { Plan } from "../plan";
import { type DeviceTable, type Row, tableModels } from "../table";
import { tablePoints } from "../table-points";
import { validateTable } from "../validate";

/** What a hybrid inverter asks of a table: a little of everything, with registers that are set one by one. */
export const base: DeviceTable = {
	id: "acme-hybrid",
	maker: "Acme",
	model: "Hybrid",
	kind: "inverter",
	sunspec: [1, 701, 701, 713, { id: 714, repeats: { NPrt: 2 } }],
	fixed: { "701.W_SF": 1, "701.PF_SF": -3, "714.Prt[1].IDStr": "PV", "714.Prt[2].PrtTyp": 1 },
	bus: { baud: 9600, parity: "none", stop: 1, unit: 1 },
	functions: [3, 16],
	fc: 3,
	wordOrder: "lo-hi",
	maxRead: 60,
	blocks: [[0, 200]],
	positive: "import",
	rows: [{ name: "power", address: 169, type: "s16", unit: "W", point: "W", poll: "fast" }],
	quirks: [],
	sources: ["none"],
	confidence: "unverified",
};

/** A device of these rows, and a map of registers it reads. */
export function setUp(more: Partial<DeviceTable>) {
	const table = { ...base, ...more };
	const problems = validateTable(table, tablePoints);
	if (problems.length > 0) throw new RangeError(problems.map((one) => `${one.place}: ${one.message}`).join("\n"));
	const image = new Image(tableModels(table));
	const device = new Device({ table, plan: new Plan(table), image, unit: 1 });
	const registers = new Map<number, number>();
	let nowMs = 0;
	/** Reads everything there is, once; `status` answers for reads that hold one of these registers. */
	const poll = (failing: readonly number[] = [], status = "timeout", exception = 0): void => {
		nowMs += 60_000;
		for (let request = device.nextRead(nowMs); request !== undefined; request = device.nextRead(nowMs)) {
			const data = new DataView(new ArrayBuffer(2 * request.count));
			for (let i = 0; i < request.count; i++) data.setUint16(2 * i, registers.get(request.address + i) ?? 0);
			const first = request.address;
			const fails = failing.some((at) => at >= first && at < first + request.count);
			const result: ReadResult = { status: fails ? status : "ok", exception, data, startMs: nowMs, endMs: nowMs };
			device.onResult(result);
		}
	};
	const handle = (model: number, point: string, group = "", occurrence = 1): number =>
		image.handle(model, point, group, undefined, occurrence);
	return { table, image, device, registers, poll, handle, value: (h: number) => image.value(h), nowMs: () => nowMs };
}

export const row = (one: Partial<Row> & Pick<Row, "name" | "address">): Row => ({
	type: "u16",
	unit: "code",
	poll: "fast",
	...one,
});
