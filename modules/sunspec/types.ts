/** The point types of SunSpec. */
import { frozen } from "../base/frozen";

/** Numbers of the types. Their order counts: whole numbers of 16 and 32 bits, floats, 64 bits, text. */
export const PointType = frozen({
	int16: 0,
	uint16: 1,
	count: 2,
	acc16: 3,
	enum16: 4,
	bitfield16: 5,
	sunssf: 6,
	pad: 7,
	int32: 8,
	uint32: 9,
	acc32: 10,
	enum32: 11,
	bitfield32: 12,
	float32: 13,
	int64: 14,
	uint64: 15,
	acc64: 16,
	bitfield64: 17,
	float64: 18,
	ipaddr: 19,
	eui48: 20,
	ipv6addr: 21,
	string: 22,
});

export type PointTypeName = keyof typeof PointType;

/** SunSpec names by type number. */
export const typeNames = frozen<readonly PointTypeName[]>([
	"int16",
	"uint16",
	"count",
	"acc16",
	"enum16",
	"bitfield16",
	"sunssf",
	"pad",
	"int32",
	"uint32",
	"acc32",
	"enum32",
	"bitfield32",
	"float32",
	"int64",
	"uint64",
	"acc64",
	"bitfield64",
	"float64",
	"ipaddr",
	"eui48",
	"ipv6addr",
	"string",
]);

/** The short words of model texts by type number; a string is followed by its size in registers ("s16"). */
export const typeWords = frozen<readonly string[]>([
	"i16",
	"u16",
	"n16",
	"a16",
	"e16",
	"b16",
	"sf",
	"pad",
	"i32",
	"u32",
	"a32",
	"e32",
	"b32",
	"f32",
	"i64",
	"u64",
	"a64",
	"b64",
	"f64",
	"ip4",
	"mac",
	"ip6",
	"s",
]);

/** Registers of a point of this type; 0 for a string, whose size the model gives. */
export function registersOf(type: number): number {
	if (type <= PointType.pad) return 1;
	if (type <= PointType.float32 || type === PointType.ipaddr) return 2;
	if (type <= PointType.float64 || type === PointType.eui48) return 4;
	return type === PointType.ipv6addr ? 8 : 0;
}

/** True for types whose value is a number (or a BigInt beyond 2^53), false for addresses and strings, which are text. */
export function isNumeric(type: number): boolean {
	return type <= PointType.float64;
}
