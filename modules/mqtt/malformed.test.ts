import { describe, expect, it } from "vitest";
import { connack, puback, publish, Rig, suback } from "../../test/adapters/mqtt-fixture";
import { noise } from "../../test/adapters/noise";

type Outcome = "protocol" | "refused" | "taken" | "waits";

const hex = (text: string) => new Uint8Array(Buffer.from(text.replace(/ /g, ""), "hex"));
const long = (count: number) => "x".repeat(count);

/**
 * What a broker sends after CONNECT, and what becomes of it: the connection ends as "protocol" or "refused", the
 * bytes are taken, or the client waits for more. The client is subscribed to nothing and has a QoS 1 message out.
 */
const beforeConnack: [string, Uint8Array, Outcome][] = [
	["text", new Uint8Array(Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")), "protocol"],
	["TLS alert", hex("15 03 01 00 02 02 46"), "protocol"],
	["zeros", new Uint8Array(20), "protocol"],
	["PUBLISH before CONNACK", publish("a", "x"), "protocol"],
	["PINGRESP before CONNACK", hex("d0 00"), "protocol"],
	["PUBACK before CONNACK", puback(1), "protocol"],
	["SUBACK before CONNACK", suback(1, 0), "protocol"],
	["oversized PUBLISH before CONNACK", publish("a", long(20_000)), "protocol"],
	["CONNACK of no bytes", hex("20 00"), "protocol"],
	["CONNACK of one byte", hex("20 01 00"), "protocol"],
	["CONNACK of three bytes", hex("20 03 00 00 00"), "protocol"],
	["CONNACK with reserved flags", hex("20 02 02 00"), "protocol"],
	["CONNACK with flags 255", hex("20 02 ff 00"), "protocol"],
	["CONNACK with header flags", hex("21 02 00 00"), "protocol"],
	["CONNACK that refuses with a session", hex("20 02 01 05"), "protocol"],
	["CONNACK that refuses", hex("20 02 00 05"), "refused"],
	["CONNACK with a reserved code", hex("20 02 00 ff"), "refused"],
	["CONNACK of MQTT 5", hex("20 03 00 00 00"), "protocol"],
	["CONNACK cut off in the header", hex("20"), "waits"],
	["CONNACK cut off in the body", hex("20 02 00"), "waits"],
	["CONNACK with a length of two bytes for 2", hex("20 82 00 00 00"), "taken"],
	["CONNACK twice", hex("20 02 00 00 20 02 00 00"), "protocol"],
	["CONNACK, then a packet at once", hex("20 02 00 00 d0 00"), "taken"],
];

const afterConnack: [string, Uint8Array, Outcome][] = [
	["type 0", hex("00 00"), "protocol"],
	["CONNECT", hex("10 00"), "protocol"],
	["PUBREC", hex("50 02 00 01"), "protocol"],
	["PUBREL", hex("62 02 00 01"), "protocol"],
	["PUBCOMP", hex("70 02 00 01"), "protocol"],
	["SUBSCRIBE", hex("82 06 00 01 00 01 61 00"), "protocol"],
	["UNSUBSCRIBE", hex("a2 05 00 01 00 01 61"), "protocol"],
	["PINGREQ", hex("c0 00"), "protocol"],
	["DISCONNECT", hex("e0 00"), "protocol"],
	["AUTH of MQTT 5", hex("f0 00"), "protocol"],
	["remaining length of five bytes", hex("30 ff ff ff ff 7f"), "protocol"],
	["remaining length that never ends", hex("30 80 80 80 80 80"), "protocol"],
	["remaining length of four bytes, the largest", hex("30 ff ff ff 7f"), "waits"],
	["remaining length cut off", hex("30 80"), "waits"],
	["remaining length with needless bytes", hex("30 84 80 80 00 00 01 61 78"), "taken"],
	["PUBACK of no bytes", hex("40 00"), "protocol"],
	["PUBACK of one byte", hex("40 01 00"), "protocol"],
	["PUBACK of three bytes", hex("40 03 00 01 00"), "protocol"],
	["PUBACK with flags", hex("42 02 00 01"), "protocol"],
	["PUBACK with id 0", puback(0), "protocol"],
	["PUBACK with an id that is not out", puback(7777), "taken"],
	["PUBACK twice", hex("40 02 00 01 40 02 00 01"), "taken"],
	["SUBACK of two bytes", hex("90 02 00 01"), "protocol"],
	["SUBACK with two codes", hex("90 04 00 01 00 00"), "protocol"],
	["SUBACK with flags", hex("92 03 00 01 00"), "protocol"],
	["SUBACK with id 0", suback(0, 0), "protocol"],
	["SUBACK with code 3", suback(1, 3), "protocol"],
	["SUBACK with code 127", suback(1, 127), "protocol"],
	["SUBACK with code 129", suback(1, 129), "protocol"],
	["SUBACK nobody asked for", suback(9, 1), "taken"],
	["UNSUBACK of no bytes", hex("b0 00"), "protocol"],
	["UNSUBACK of three bytes", hex("b0 03 00 01 00"), "protocol"],
	["UNSUBACK with flags", hex("b1 02 00 01"), "protocol"],
	["UNSUBACK with id 0", hex("b0 02 00 00"), "protocol"],
	["UNSUBACK nobody asked for", hex("b0 02 00 09"), "taken"],
	["PINGRESP with a body", hex("d0 01 00"), "protocol"],
	["PINGRESP with flags", hex("d8 00"), "protocol"],
	["PINGRESP nobody asked for", hex("d0 00"), "taken"],
	["PUBACK of 70,000 bytes", hex("40 f0 a2 04"), "protocol"],
	["PUBLISH of no bytes", hex("30 00"), "protocol"],
	["PUBLISH of one byte", hex("30 01 00"), "protocol"],
	["PUBLISH with an empty topic", hex("30 03 00 00 78"), "protocol"],
	["PUBLISH cut off in the payload", hex("30 06 00 01 61 78"), "waits"],
	["PUBLISH whose topic is longer than the packet", hex("30 04 00 05 61 78 79 7a"), "protocol"],
	["PUBLISH whose topic length is 65535", hex("30 04 ff ff 61 78"), "protocol"],
	["PUBLISH QoS 1 without room for an id", hex("32 03 00 01 61"), "protocol"],
	["PUBLISH QoS 1 with half an id", hex("32 04 00 01 61 00"), "protocol"],
	["PUBLISH QoS 1 with id 0", hex("32 05 00 01 61 00 00"), "protocol"],
	["PUBLISH QoS 2", publish("a", "x", 4, 5), "protocol"],
	["PUBLISH QoS 3", publish("a", "x", 6, 5), "protocol"],
	["PUBLISH to +", publish("a/+", "x"), "protocol"],
	["PUBLISH to #", publish("#", "x"), "protocol"],
	["PUBLISH with NUL in the topic", publish("a\0b", "x"), "protocol"],
	["PUBLISH with a topic cut off in UTF-8", hex("30 04 00 01 c3 78"), "protocol"],
	["PUBLISH with an overlong topic byte", hex("30 05 00 02 c0 80 78"), "protocol"],
	["PUBLISH with a surrogate in UTF-8", hex("30 06 00 03 ed a0 80 78"), "protocol"],
	["PUBLISH with a topic of bytes over F4", hex("30 06 00 04 f5 80 80 80"), "protocol"],
	["PUBLISH QoS 0 with DUP", publish("a", "x", 8), "taken"],
	["PUBLISH with an empty payload", publish("a", ""), "taken"],
	["PUBLISH with a payload that is not UTF-8", publish("a", hex("ff fe 00")), "taken"],
	["PUBLISH to a topic with blanks and slashes", publish("/ //", "x"), "taken"],
	["PUBLISH to a $ topic", publish("$SYS/x", "x"), "taken"],
	["PUBLISH over the limit", publish("a", long(20_000), 2, 5), "taken"],
	["PUBLISH over the limit, QoS 3", publish("a", long(20_000), 6, 5), "protocol"],
	["PUBLISH over the limit with a topic that fills it", publish(long(19_000), "x", 2, 5), "taken"],
	["PUBLISH, then rubbish", Buffer.concat([publish("a", "x"), hex("00 00 00 00")]), "protocol"],
];

function check(prepare: boolean, bytes: Uint8Array, pieces: number, outcome: Outcome): void {
	const rig = new Rig();
	rig.client.publish("t", "mine");
	rig.clock.advance(0);
	rig.socket.grant(100_000);
	if (prepare) rig.socket.deliver(connack());
	const socket = rig.socket;
	for (let at = 0; at < bytes.length; at += pieces) socket.deliver(bytes.subarray(at, at + pieces));
	const ends = rig.takeEvents().filter((event) => event.startsWith("ended"));
	if (outcome === "taken" || outcome === "waits") expect(ends).toEqual([]);
	else {
		expect(ends.length).toBe(1);
		expect(ends[0]).toMatch(new RegExp(`^ended ${outcome}: .{10,}`));
	}
	expect(socket.closed).toBe(ends.length === 1);
	// and in any case the message reaches the next broker that behaves
	if (outcome === "waits") rig.socket.fail();
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
	rig.socket.deliver(connack());
	for (const piece of pieces) rig.socket.deliver(piece);
	return { events: rig.events, sent: [...rig.socket.sent()] };
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
			rig.socket.deliver(stream.subarray(at, next));
			at = next;
		}
		if (rig.takeEvents().some((event) => event.startsWith("ended protocol"))) protocol++;
		rig.socket.fail();
	}
	expect(protocol).toBeGreaterThan(5000);
	expect(rig.logs.filter((line) => line.startsWith("error"))).toEqual([]);
	rig.client.publish("t", "last");
	rig.accept(true, 100_000, 20);
	for (const { id } of rig.packets()) rig.socket.deliver(puback(id));
	expect(rig.client.connected).toBe(true);
});
