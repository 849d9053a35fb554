import { describe, expect, it } from "vitest";
import { connack, puback, publish, Rig, suback } from "../../test/adapters/mqtt-fixture";
import { noise } from "../../test/adapters/noise";
import { afterConnack, beforeConnack, hex, type MqttOutcome } from "../../test/fixtures/mqtt-packets";

const long = (count: number) => "x".repeat(count);

function check(prepare: boolean, bytes: Uint8Array, pieces: number, outcome: MqttOutcome): void {
	const rig = new Rig();
	rig.client.publish("t", "mine");
	rig.clock.advance(0);
	rig.socket.grant(100_000);
	if (prepare) rig.socket.send(connack());
	const socket = rig.socket;
	for (let at = 0; at < bytes.length; at += pieces) socket.send(bytes.subarray(at, at + pieces));
	const ends = rig.takeEvents().filter((event) => event.startsWith("ended"));
	if (outcome === "taken" || outcome === "waits") expect(ends).toEqual([]);
	else {
		expect(ends.length).toBe(1);
		expect(ends[0]).toMatch(new RegExp(`^ended ${outcome}: .{10,}`));
	}
	expect(socket.closed).toBe(ends.length === 1);
	// and in any case the message reaches the next broker that behaves
	if (outcome === "waits") rig.socket.end();
	if (rig.client.connected) return;
	rig.accept(true, 100_000, 30_000 - (outcome === "refused" ? 0 : 29_000));
	expect(rig.published().map((text) => text.replace("+", ""))).toEqual(["mine"]);
}

describe("each packet has its outcome, and the client lives on", () => {
	it.each(beforeConnack)("first %s", (_name, bytes, outcome) => check(false, bytes, bytes.length, outcome));
	it.each(beforeConnack)("first %s, byte by byte", (_name, bytes, outcome) => check(false, bytes, 1, outcome));
	it.each(afterConnack)("%s", (_name, bytes, outcome) => check(true, bytes, bytes.length, outcome));
	it.each(afterConnack)("%s, byte by byte", (_name, bytes, outcome) => check(true, bytes, 1, outcome));
});

const session = Buffer.concat([
	suback(1, 1),
	publish("a/b", "first"),
	puback(2),
	publish("é/ü", long(300), 0x0b, 700),
	hex("d0 00 b0 02 00 09"),
	publish("c", "", 1),
]);

function play(pieces: readonly Uint8Array[]): { events: string[]; sent: number[] } {
	const rig = new Rig();
	rig.client.subscribe("#");
	rig.client.publish("t", "mine", { onSent: (ok) => rig.events.push(`sent ${ok}`) });
	rig.clock.advance(0);
	rig.socket.grant(100_000);
	rig.socket.send(connack());
	for (const piece of pieces) rig.socket.send(piece);
	return { events: rig.events, sent: [...rig.socket.take()] };
}

it("makes the same of a stream however it is split in two, or into bytes", () => {
	const whole = play([session]);
	expect(whole.events).toEqual([
		"connected false",
		"subscribed # 1",
		"message a/b first 0",
		"sent true",
		`message é/ü ${long(300)} 1rd`,
		"message c  0r",
	]);
	for (let at = 1; at < session.length; at++)
		expect(play([session.subarray(0, at), session.subarray(at)])).toEqual(whole);
	expect(play([...session].map((byte) => new Uint8Array([byte])))).toEqual(whole);
});

it("outlives 20,000 damaged streams", () => {
	const random = noise(311);
	const sound = [
		Buffer.concat([connack(), session]),
		...afterConnack.map(([, bytes]) => Buffer.concat([connack(), bytes.subarray(0, 400)])),
	];
	const rig = new Rig({ backoff: { minMs: 10, maxMs: 20 }, inboundLimitBytes: 300 });
	rig.client.publish("t", "mine");
	let protocol = 0;
	for (let round = 0; round < 20_000; round++) {
		rig.clock.advance(20);
		if (rig.socket.closed) throw new Error("the client has stopped connecting");
		rig.socket.grant(100_000);
		const stream = new Uint8Array(sound[Math.floor(random() * sound.length)]!);
		for (let i = Math.floor(random() * 5); i > 0; i--)
			stream[Math.floor(random() * stream.length)] = Math.floor(random() * 256);
		for (let at = 0; at < stream.length && !rig.socket.closed; ) {
			const next = Math.min(stream.length, at + 1 + Math.floor(random() * 100));
			rig.socket.send(stream.subarray(at, next));
			at = next;
		}
		if (rig.takeEvents().some((event) => event.startsWith("ended protocol"))) protocol++;
		rig.socket.end();
	}
	expect(protocol).toBeGreaterThan(5000);
	expect(rig.logs.filter((line) => line.startsWith("error"))).toEqual([]);
	rig.client.publish("t", "last");
	rig.accept(true, 100_000, 20);
	for (const { id } of rig.packets()) rig.socket.send(puback(id));
	expect(rig.client.connected).toBe(true);
});
