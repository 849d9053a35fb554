import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
// @ts-expect-error plain JavaScript tool without types
import { flashBytesOf, partitionComplaints } from "./partitions.mjs";

const table = readFileSync(new URL("../../hosts/esp32s3/partitions.csv", import.meta.url), "utf8");
const flash = 16 * 1024 * 1024;
const faults = (change: (text: string) => string): string[] => {
	const text = change(table);
	expect(text).not.toBe(table);
	return partitionComplaints(text, flash);
};

describe("partition check", () => {
	it("accepts the board's table, in 16 MB and no less", () => {
		expect(partitionComplaints(table, flash)).toEqual([]);
		expect(partitionComplaints(table, flash / 2)).toContain("journal: ends at 0x1000000, the flash at 0x800000");
	});

	it("catches an overlap with both names", () =>
		expect(faults((text) => text.replace("0x490000, 0x480000", "0x480000, 0x480000"))).toEqual([
			"ota_1: overlaps ota_0, which ends at 0x490000",
		]));

	it("catches what lies in the partition table or between blocks", () => {
		expect(faults((text) => text.replace("0x9000, ", "0x8000, "))).toEqual([
			"nvs: overlaps the partition table, which ends at 0x9000",
		]);
		expect(faults((text) => text.replace("0x912000, 0x1e000", "0x912000, 0x1dff0"))).toEqual([
			"coredump: does not begin and end on 0x1000",
		]);
		expect(faults((text) => text.replace("0x10000,  0x480000", "0x18000,  0x480000"))[0]).toContain("on 0x10000");
	});

	it("catches a slot of another size, a missing one, and a place left to chance", () => {
		expect(faults((text) => text.replace("0x490000, 0x480000", "0x490000, 0x470000"))).toEqual([
			"app ota_1: has 0x470000, wanted 0x480000",
		]);
		expect(faults((text) => text.replace(/^journal.*\n/m, ""))).toEqual(["journal: is missing"]);
		expect(faults((text) => text.replace("0x930000, 0x40000", ", 256K"))[0]).toContain("xs: has no offset");
	});

	it("reads the size of the flash", () => {
		expect(flashBytesOf("CONFIG_ESPTOOLPY_FLASHSIZE_4MB=n\nCONFIG_ESPTOOLPY_FLASHSIZE_16MB=y\n")).toBe(flash);
		expect(flashBytesOf("CONFIG_ESPTOOLPY_FLASHSIZE_4MB=y\nCONFIG_ESPTOOLPY_FLASHSIZE_16MB=y\n")).toBeUndefined();
	});
});
