import { connect } from "node:net";

/** Variable header and payload behind the fixed header of an MQTT packet of fewer than 128 bytes. */
function packet(type: number, body: Buffer): Buffer {
	return Buffer.concat([Buffer.of(type, body.length), body]);
}

function text(value: string): Buffer {
	const bytes = Buffer.from(value);
	return Buffer.concat([Buffer.of(bytes.length >> 8, bytes.length & 0xff), bytes]);
}

/**
 * The least of an MQTT 3.1.1 subscriber: connects, as often as it takes until the broker is there, and resolves with the
 * first PUBLISH that comes on `filter`. Not our client, which is what is measured.
 */
export function subscribe(port: number, filter: string, limitMs: number): Promise<void> {
	const connectPacket = packet(0x10, Buffer.concat([text("MQTT"), Buffer.of(4, 2, 0, 60), text("bench")]));
	const subscribePacket = packet(0x82, Buffer.concat([Buffer.of(0, 1), text(filter), Buffer.of(0)]));
	const endMs = performance.now() + limitMs;
	return new Promise((resolve, reject) => {
		const attempt = (): void => {
			if (performance.now() > endMs) {
				reject(new Error(`nothing was published within ${limitMs} ms`));
				return;
			}
			let received = Buffer.alloc(0);
			const socket = connect(port, "127.0.0.1");
			socket.setNoDelay(true);
			socket.setTimeout(limitMs, () => socket.destroy());
			socket.on("connect", () => socket.write(Buffer.concat([connectPacket, subscribePacket])));
			socket.on("data", (chunk) => {
				received = Buffer.concat([received, chunk]);
				// CONNACK (4 bytes) and SUBACK (5 bytes), in one order or with a PUBLISH between: 0x30 starts that
				if (received.length > 9 && received[0] === 0x20 && received[4] === 0x90 && received[9]! >> 4 === 3) {
					socket.removeAllListeners("close");
					socket.destroy();
					resolve();
				}
			});
			socket.on("error", () => {});
			socket.on("close", () => void setTimeout(attempt, 20));
		};
		attempt();
	});
}
