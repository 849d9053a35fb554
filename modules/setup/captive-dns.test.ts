import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "../base/bytes";
import { captiveAnswer } from "./captive-dns";

const kAddress = [192, 168, 4, 1];
/** RFC 1035 by hand: id 1234, recursion desired, one question "a.example". */
const kHead = "1234 0100 0001 0000 0000 0000";
const kName = "01 61 07 6578616d706c65 00";

function answer(hex: string): string | undefined {
	const bytes = captiveAnswer(fromHex(hex), kAddress);
	return bytes && toHex(bytes, "");
}
const hex = (text: string): string => text.replace(/\s/g, "");

describe("captive DNS", () => {
	it("answers A with the hub's address, authoritative, by a pointer to the question", () => {
		expect(answer(`${kHead} ${kName} 0001 0001`)).toBe(
			hex(`1234 8500 0001 0001 0000 0000 ${kName} 0001 0001 c00c 0001 0001 00000005 0004 c0a80401`),
		);
	});

	it("answers AAAA with nothing, and refuses the rest", () => {
		expect(answer(`${kHead} ${kName} 001c 0001`)).toBe(hex(`1234 8500 0001 0000 0000 0000 ${kName} 001c 0001`));
		for (const question of ["0010 0001", "00ff 0001", "0041 0001", "0001 0003"])
			expect(answer(`${kHead} ${kName} ${question}`)).toBe(hex(`1234 8505 0001 0000 0000 0000 ${kName} ${question}`));
	});

	it("passes over what EDNS adds", () => {
		const edns = "00 0029 04d0 0000 0000 0000";
		expect(answer(`1234 0120 0001 0000 0000 0001 ${kName} 0001 0001 ${edns}`)).toMatch(/^12348500000100010000/);
	});

	it.each([
		["a header alone", "1234 0100 0001 0000 0000 0000"],
		["no question", "1234 0100 0000 0000 0000 0000"],
		["two questions", `1234 0100 0002 0000 0000 0000 ${kName} 0001 0001 ${kName} 0001 0001`],
		["answers in a question", `1234 0100 0001 0001 0000 0000 ${kName} 0001 0001`],
		["a name cut off", "1234 0100 0001 0000 0000 0000 07 6578"],
		["no type after the name", `${kHead} ${kName} 0001`],
		["a pointer in the name", `${kHead} c00c 0001 0001`],
		["a label of 64", `${kHead} 40 ${"61".repeat(64)} 00 0001 0001`],
		["a name of 256", `${kHead} ${`3f ${"61".repeat(63)} `.repeat(4)} 00 0001 0001`],
	])("answers %s with a format error", (_, query) => {
		expect(answer(query)).toBe("123485010000000000000000");
	});

	it("says of other operations that it has none", () => {
		// a notification, RFC 1996
		expect(answer(`1234 2000 0001 0000 0000 0000 ${kName} 0006 0001`)).toBe("1234a4040000000000000000");
	});

	it("does not answer what is no question", () => {
		expect(answer("1234 01")).toBeUndefined();
		expect(answer(`1234 8100 0001 0000 0000 0000 ${kName} 0001 0001`)).toBeUndefined();
		expect(captiveAnswer(new Uint8Array(513), kAddress)).toBeUndefined();
		expect(captiveAnswer(new Uint8Array(0), kAddress)).toBeUndefined();
	});

	it("is never more than 16 bytes longer than the question, whatever comes", () => {
		let seed = 7;
		const random = () => (seed = (seed * 1_103_515_245 + 12_345) & 0x7fff_ffff) / 0x8000_0000;
		const good = fromHex(`${kHead} ${kName} 0001 0001`);
		for (let i = 0; i < 20_000; i++) {
			const query = good.slice(0, Math.floor(random() * (good.length + 1)));
			for (let n = 0; n < 3 && query.length > 0; n++) query[Math.floor(random() * query.length)] = random() * 256;
			const bytes = captiveAnswer(query, kAddress);
			if (bytes) expect(bytes.length).toBeLessThanOrEqual(query.length + 16);
		}
	});
});
