import { type Checker, type Fields, join } from "../base/checker";
import { parseFrame } from "../canbus/types";

/** What a record of a CAN device may be: a frame, or what comes in several numbered ones. */
export function checkCanRecord(record: Fields, at: string, check: Checker): void {
	const extended = record["extended"] === true;
	if (record["extended"] !== undefined) check.boolean(record["extended"], join(at, "extended"));
	const most = extended ? 0x1fffffff : 0x7ff;
	if (typeof record["key"] !== "number") check.wrong(join(at, "key"), record["key"], "it must be an identifier");
	else if (record["key"] > most)
		check.wrong(join(at, "key"), record["key"], `an identifier of ${extended ? 29 : 11} bits ends at ${most}`);
	const parts = record["partBytes"];
	if (parts !== undefined) check.integer(parts, join(at, "partBytes"), 1, 7);
	check.integer(record["bytes"], join(at, "bytes"), 1, typeof parts === "number" ? 255 * parts : 8);
	for (const key of ["perUnit", "requestPerUnit"])
		if (record[key] !== undefined) check.integer(record[key], join(at, key), 0, 0xffffff);
	const { request } = record;
	if (request !== undefined && (typeof request !== "string" || parseFrame(request) === undefined))
		check.wrong(join(at, "request"), request, 'it must be a frame such as "305#0000" or "18900140#0000000000000000"');
	if (request === undefined && record["everyMs"] === undefined && record["write"] !== true)
		check.problem(at, "it is neither sent by itself (everyMs) nor asked for (request) nor written (write)");
	const mux = record["mux"];
	if (mux === undefined) return;
	const fields = check.object(mux, join(at, "mux"), ["byte", "value"]);
	if (fields === undefined) return;
	check.integer(fields["byte"], `${at}.mux.byte`, 0, 7);
	check.integer(fields["value"], `${at}.mux.value`, 0, 255);
}
