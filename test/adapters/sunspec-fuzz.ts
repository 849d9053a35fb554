import type { Image } from "../../modules/sunspec/image";
import type { PointInfo } from "../../modules/sunspec/place";
import { Dice } from "../../sim/dice";

export interface FuzzedRequest {
	readonly unit: number;
	readonly pdu: Uint8Array;
}

/** What registers are filled with: numbers as they come, and the codes that mean "not implemented" or "not a number". */
const words = [0x8000, 0xffff, 0x7fff, 0x7fc0, 0x7f80, 0xff80, 0, 0, 0, 1, 1, 2, 50, 100, 1000, 5000, 10_000];
const known = [3, 3, 3, 6, 6, 6, 16, 16, 16, 16, 16, 16, 16, 22, 22, 23, 23, 23, 43];
const unknown = [4, 1, 2, 5, 15, 7, 8, 17, 20, 24, 65, 0, 131, 255];

/**
 * Requests of chance to SunSpec units, the same for the same seed: some as a good client sends them, most with something
 * wrong, many at the borders of points, groups, models and the map.
 */
export class SunSpecFuzz {
	readonly #dice: Dice;
	readonly #points = new Map<number, readonly PointInfo[]>();
	readonly #writable = new Map<number, readonly PointInfo[]>();
	readonly #images: ReadonlyMap<number, Image>;
	readonly #units: readonly number[];

	constructor(seed: number, images: ReadonlyMap<number, Image>) {
		this.#dice = new Dice(seed);
		this.#images = images;
		this.#units = [...images.keys()];
		for (const [unit, image] of images) {
			const points: PointInfo[] = [];
			image.eachPoint((point) => points.push(point));
			this.#points.set(unit, points);
			this.#writable.set(
				unit,
				points.filter((point) => point.writable),
			);
		}
	}

	next(): FuzzedRequest {
		const dice = this.#dice;
		const known = this.#units[dice.below(this.#units.length)]!;
		const chance = dice.next();
		// 0 and 255 are the server itself; others are not there
		const unit = chance < 0.8 ? known : chance < 0.95 ? [1, 0, 255][dice.below(3)]! : dice.below(256);
		let pdu = this.#pdu(this.#images.has(unit) ? unit : this.#units[0]!);
		if (dice.next() < 0.15) pdu = this.#mutated(pdu);
		return { unit, pdu };
	}

	/** A whole number from 0 to `limit` - 1. */
	below(limit: number): number {
		return this.#dice.below(limit);
	}

	bytes(count: number): Uint8Array {
		return Uint8Array.from({ length: count }, () => this.#dice.below(256));
	}

	#pdu(unit: number): Uint8Array {
		const codes = this.#dice.next() < 0.85 ? known : unknown;
		const code = codes[this.#dice.below(codes.length)]!;
		switch (code) {
			case 3:
			case 4:
			case 1:
			case 2:
				return request(code, this.#address(unit), this.#count());
			case 6: {
				const point = this.#point(unit);
				return request(code, point.address + this.#dice.below(point.size + 1), this.#word());
			}
			case 16: {
				const [address, values] = this.#write(unit);
				return request(code, address, values.length / 2, values.length, values);
			}
			case 22:
				return request(code, this.#point(unit).address, this.#word(), this.#word());
			case 23: {
				const [address, values] = this.#write(unit);
				const from = this.#dice.next() < 0.5 ? address : this.#address(unit);
				const count = Math.min(values.length, 242);
				const head = request(code, from, this.#count(), address, count / 2);
				return join(head, Uint8Array.of(count), values.subarray(0, count));
			}
			case 43:
				return Uint8Array.of(code, this.#dice.below(4) ? 14 : 13, this.#dice.below(6), this.#dice.below(4));
			default:
				return join(Uint8Array.of(code), this.bytes(this.#dice.below(12)));
		}
	}

	#point(unit: number): PointInfo {
		const own = (this.#dice.next() < 0.8 ? this.#writable : this.#points).get(unit)!;
		const points = own.length > 0 ? own : this.#points.get(unit)!;
		return points[this.#dice.below(points.length)]!;
	}

	#address(unit: number): number {
		const image = this.#images.get(unit)!;
		const end = image.base + image.length;
		const borders = [0, image.base - 1, image.base, end - 125, end - 2, end - 1, end, 65_411, 65_535];
		if (this.#dice.next() < 0.3) return borders[this.#dice.below(borders.length)]!;
		return image.base + this.#dice.below(image.length);
	}

	#count(): number {
		const borders = [0, 1, 2, 124, 125, 126, 127, 2000, 65_535];
		return this.#dice.next() < 0.4 ? borders[this.#dice.below(borders.length)]! : 1 + this.#dice.below(125);
	}

	#word(): number {
		return this.#dice.next() < 0.6 ? words[this.#dice.below(words.length)]! : this.#dice.below(0x10000);
	}

	/** Where, and the bytes: a point, several, part of one, a whole group, or a span of chance. */
	#write(unit: number): [number, Uint8Array] {
		const dice = this.#dice;
		const points = this.#points.get(unit)!;
		const first = this.#point(unit);
		const kind = dice.below(8);
		let { address, size } = first;
		if (kind === 0) {
			// the second half, or one register less
			address += dice.below(2);
			size = Math.max(1, size - 1);
		} else if (kind === 1) {
			for (const point of points.slice(points.indexOf(first) + 1, points.indexOf(first) + 1 + dice.below(5))) {
				size += point.size;
			}
		} else if (kind === 2 && first.group !== "") {
			const group = points.filter((point) => point.group === first.group && point.model === first.model);
			address = group[0]!.address;
			size = group.reduce((sum, point) => sum + point.size, 0);
		} else if (kind === 3) size = 1 + dice.below(123);
		else if (kind === 4) size += 1;
		size = Math.min(size, 123);
		const values = new Uint8Array(2 * size);
		// Most of a long point's words are 0: a number of chance in 32 bits is beyond every range.
		for (let i = 0; i < size; i++) {
			const word = size > 1 && dice.next() < 0.6 ? 0 : this.#word();
			values[2 * i] = word >> 8;
			values[2 * i + 1] = word & 0xff;
		}
		return [address, values];
	}

	#mutated(pdu: Uint8Array): Uint8Array {
		const kind = this.#dice.below(4);
		if (kind === 0) return pdu.slice(0, 1 + this.#dice.below(pdu.length));
		if (kind === 1) return join(pdu, this.bytes(1 + this.#dice.below(3))).slice(0, 253);
		const out = pdu.slice();
		for (let i = 1 + this.#dice.below(3); i > 0; i--) {
			const at = this.#dice.below(out.length);
			out[at] = kind === 2 ? out[at]! ^ (1 << this.#dice.below(8)) : this.#dice.below(256);
		}
		return out;
	}
}

/** A PDU of words; a byte count and bytes may follow. */
function request(code: number, ...parts: (number | Uint8Array)[]): Uint8Array {
	const bytes: number[] = [code];
	parts.forEach((part, i) => {
		if (typeof part !== "number") bytes.push(...part);
		else if (parts[i + 1] instanceof Uint8Array) bytes.push(part & 0xff);
		else bytes.push((part >> 8) & 0xff, part & 0xff);
	});
	return Uint8Array.from(bytes);
}

function join(...parts: Uint8Array[]): Uint8Array {
	return Uint8Array.from(parts.flatMap((part) => [...part]));
}
