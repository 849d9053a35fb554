/** A Modbus TCP client in a few lines for hubs in virtual time, where no program of others can be. */
import type { Duplex } from "node:stream";
import { modelText } from "../../modules/sunspec/generated/catalogue";
import { layout, linesOf, parsePoint } from "../../modules/sunspec/model";
import type { PointInfo } from "../../modules/sunspec/place";
import type { VirtualHub } from "../virtual-hub";

export class VirtualClient {
	readonly #hub: VirtualHub;
	readonly #stream: Duplex;
	#got: Buffer = Buffer.alloc(0);
	#transaction = 0;

	constructor(hub: VirtualHub, port = 502) {
		this.#hub = hub;
		this.#stream = hub.hub.network!.connect(port);
		this.#stream.on("data", (bytes: Buffer) => {
			this.#got = Buffer.concat([this.#got, bytes]);
		});
	}

	/** The reply PDU; virtual time goes on until it is there, for two seconds at most. */
	async ask(unit: number, pdu: Buffer): Promise<Buffer> {
		const head = Buffer.alloc(7);
		head.writeUInt16BE(++this.#transaction, 0);
		head.writeUInt16BE(pdu.length + 1, 4);
		head.writeUInt8(unit, 6);
		this.#got = Buffer.alloc(0);
		this.#stream.write(Buffer.concat([head, pdu]));
		for (let i = 0; i < 200; i++) {
			await this.#hub.advance(10);
			if (this.#got.length >= 7 && this.#got.length >= 6 + this.#got.readUInt16BE(4)) return this.#got.subarray(7);
		}
		throw new Error(`unit ${unit} does not answer`);
	}

	/** Registers, or the exception. */
	async read(unit: number, address: number, count: number): Promise<Buffer | number> {
		const pdu = Buffer.from([3, 0, 0, 0, 0]);
		pdu.writeUInt16BE(address, 1);
		pdu.writeUInt16BE(count, 3);
		const reply = await this.ask(unit, pdu);
		return reply[0] === 3 ? reply.subarray(2) : reply[1]!;
	}

	/** 0, or the exception. */
	async write(unit: number, address: number, words: readonly number[]): Promise<number> {
		const pdu = Buffer.alloc(6 + 2 * words.length);
		pdu.writeUInt8(16, 0);
		pdu.writeUInt16BE(address, 1);
		pdu.writeUInt16BE(words.length, 3);
		pdu.writeUInt8(2 * words.length, 5);
		words.forEach((word, i) => {
			pdu.writeUInt16BE(word & 0xffff, 6 + 2 * i);
		});
		const reply = await this.ask(unit, pdu);
		return reply[0] === 16 ? 0 : reply[1]!;
	}

	/** Model ids and their addresses. */
	async models(unit: number): Promise<Map<number, number>> {
		const found = new Map<number, number>();
		for (let at = 40002; ; ) {
			const head = (await this.read(unit, at, 2)) as Buffer;
			const id = head.readUInt16BE(0);
			if (id === 0xffff) return found;
			if (!found.has(id)) found.set(id, at);
			at += 2 + head.readUInt16BE(2);
		}
	}

	async #address(unit: number, model: number, point: string): Promise<[number, PointInfo["size"]]> {
		const base = (await this.models(unit)).get(model);
		if (base === undefined) throw new Error(`unit ${unit} has no model ${model}`);
		const text = modelText(model)!;
		const line = linesOf(text, layout(text))
			.map(parsePoint)
			.find(({ name }) => name === point);
		if (!line) throw new Error(`model ${model} has no ${point}`);
		return [base + line.offset, line.size];
	}

	/** A point of the model itself, raw and signed as its bytes are. */
	async raw(unit: number, model: number, point: string): Promise<number> {
		const [address, size] = await this.#address(unit, model, point);
		const bytes = (await this.read(unit, address, size)) as Buffer;
		return size === 1 ? bytes.readInt16BE(0) : size === 2 ? bytes.readInt32BE(0) : Number(bytes.readBigInt64BE(0));
	}

	/** Writes points of the model itself that stand one behind the other, from `first` on; raw words. */
	async put(unit: number, model: number, first: string, ...words: number[]): Promise<number> {
		const [address] = await this.#address(unit, model, first);
		return this.write(unit, address, words);
	}

	close(): void {
		this.#stream.destroy();
	}
}
