// The partition table of the board: offsets and sizes on the flash's blocks, no overlap, all within the flash, and the
// sizes that docs promise. ESP-IDF's own tool finds some of it, but only in a whole build.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const kTable = "hosts/esp32s3/partitions.csv";
const kConfig = "hosts/esp32s3/sdkconfig/sdkconfig.defaults";
/** The bootloader lies below, the table itself in the 4 KB before this. */
const kFirst = 0x9000;
/** An erase block; firmware slots are mapped in pages of 64 KB. */
const kBlock = 0x1000;
const kPage = 0x10000;
const kLongestName = 16;

/** What must be there: two firmware slots of 4.5 MB, and a place for each kind of data. */
const wanted = [
	{ type: "data", subtype: "nvs" },
	{ type: "data", subtype: "ota" },
	{ type: "data", subtype: "phy" },
	{ type: "app", subtype: "ota_0", size: 0x480000 },
	{ type: "app", subtype: "ota_1", size: 0x480000 },
	{ type: "data", subtype: "coredump", least: 0x10000 },
	{ name: "xs", type: "0x40", subtype: "1" },
	{ name: "storage", type: "data", subtype: "spiffs" },
	{ name: "journal", type: "data", subtype: "undefined" },
];

function numberOf(text) {
	const match = /^(0x[0-9a-f]+|\d+)([KM]?)$/i.exec(text ?? "");
	if (!match) return Number.NaN;
	return Number(match[1]) * { "": 1, K: 1024, M: 1024 * 1024 }[match[2].toUpperCase()];
}

const hex = (value) => `0x${value.toString(16)}`;

export function partitionComplaints(text, flashBytes) {
	const complaints = [];
	const parts = [];
	for (const line of text.split(/\r?\n/)) {
		if (!line.trim() || line.trim().startsWith("#")) continue;
		const [name, type, subtype, offset, size] = line.split(",").map((field) => field.trim());
		const part = { name, type, subtype, offset: numberOf(offset), size: numberOf(size) };
		if (Number.isNaN(part.offset) || Number.isNaN(part.size)) {
			complaints.push(`${name}: has no offset or no size; name both, so that an update finds the old places`);
			continue;
		}
		if (name.length >= kLongestName) complaints.push(`${name}: the name is too long`);
		const unit = type === "app" ? kPage : kBlock;
		if (part.offset % unit || part.size % unit) complaints.push(`${name}: does not begin and end on ${hex(unit)}`);
		parts.push(part);
	}
	let end = kFirst;
	let before = "the partition table";
	for (const part of [...parts].sort((a, b) => a.offset - b.offset)) {
		if (part.offset < end) complaints.push(`${part.name}: overlaps ${before}, which ends at ${hex(end)}`);
		if (part.offset + part.size > flashBytes)
			complaints.push(`${part.name}: ends at ${hex(part.offset + part.size)}, the flash at ${hex(flashBytes)}`);
		if (parts.filter((other) => other.name === part.name).length > 1) complaints.push(`${part.name}: is there twice`);
		end = Math.max(end, part.offset + part.size);
		before = part.name;
	}
	for (const { name, type, subtype, size, least } of wanted) {
		const found = parts.find(
			(part) => part.type === type && part.subtype === subtype && part.name === (name ?? part.name),
		);
		const title = name ?? `${type} ${subtype}`;
		if (!found) complaints.push(`${title}: is missing`);
		else if (size && found.size !== size) complaints.push(`${title}: has ${hex(found.size)}, wanted ${hex(size)}`);
		else if (least && found.size < least) complaints.push(`${title}: has ${hex(found.size)}, at least ${hex(least)}`);
	}
	return complaints;
}

/** Bytes of flash that the build is told of; undefined when it is told none or several. */
export function flashBytesOf(config) {
	const sizes = [...config.matchAll(/^CONFIG_ESPTOOLPY_FLASHSIZE_(\d+)MB=y$/gm)];
	return sizes.length === 1 ? Number(sizes[0][1]) * 1024 * 1024 : undefined;
}

export function checkPartitions(root) {
	if (!existsSync(join(root, kTable))) return [`${kTable}: is missing`];
	const flashBytes = flashBytesOf(readFileSync(join(root, kConfig), "utf8"));
	if (!flashBytes) return [`${kConfig}: names no size of the flash`];
	return partitionComplaints(readFileSync(join(root, kTable), "utf8"), flashBytes).map(
		(complaint) => `${kTable}: ${complaint}`,
	);
}
