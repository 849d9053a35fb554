import type { Clock, Random } from "../base/clock";
import { configError, GridpostError } from "../base/errors";
import type { TcpClass, TcpOptions } from "../base/io";
import type { Log } from "../base/log";
import type { WillFields } from "./packets";
import type { EndReason } from "./reasons";
import type { MessageInfo } from "./session";
import { topicNameFault } from "./topics";

/** An ECMA-419 name resolver, needed where the TCP class takes only IP addresses. */
export interface Resolver {
	resolve(request: {
		host: string;
		onResolved: (host: string, address: string) => void;
		onError: (error?: unknown) => void;
	}): void;
}

export interface MqttClientOptions {
	/** The TCP or TLS class and its settings: address or host, port (1883 or 8883), `secure` for TLS. */
	socket: TcpOptions & { io: TcpClass };
	/** For a socket with `host` and no `address`. Without it the host goes to the socket class as it is. */
	resolver?: Resolver | undefined;
	clock: Clock;
	/** For the jitter of the back-off: many hubs must not return at the same moment. */
	random: Random;
	/** The name under which the broker keeps the session. Empty only with cleanSession. */
	clientId: string;
	user?: string | undefined;
	password?: string | Uint8Array | undefined;
	/** Default false: the broker keeps subscriptions and QoS 1 messages for us while we are away. */
	cleanSession?: boolean | undefined;
	/** Seconds, 5 to 65535, default 60; 0 = no pings, and a half-open connection is noticed only by what we send. */
	keepAliveS?: number | undefined;
	will?: WillFields | undefined;
	/** What publish takes before it gives false. Default 500 messages and 128 KB (topics and payloads). */
	queueLimit?: { messages?: number | undefined; bytes?: number | undefined } | undefined;
	/**
	 * QoS 1 messages out at a time. Default 1: after a broken connection at most one message comes twice, and order
	 * is kept whatever the broker does. More is faster by round-trip time only.
	 */
	window?: number | undefined;
	/** Longest incoming packet that is kept, bytes, default 16384; longer ones are passed over and counted. */
	inboundLimitBytes?: number | undefined;
	/** For TCP to connect, default 15 s. */
	connectTimeoutMs?: number | undefined;
	/** For CONNACK, PINGRESP and for TCP to take bytes, default 20 s. */
	responseTimeoutMs?: number | undefined;
	/** For PUBACK on a connection that looks alive, default 60 s. */
	ackTimeoutMs?: number | undefined;
	/** Wait before connecting again: doubles from `minMs` (1 s) to `maxMs` (30 s), of which half to all is taken. */
	backoff?: { minMs?: number | undefined; maxMs?: number | undefined } | undefined;
	log?: Log | undefined;
	onConnected?: ((sessionPresent: boolean) => void) | undefined;
	/** A connection, or an attempt at one, has ended; the next attempt is under way by itself. */
	onDisconnected?: ((reason: EndReason) => void) | undefined;
	/** `payload` and `info` are valid only during the call. QoS 1 is acknowledged after it, even when it throws. */
	onMessage?: ((topic: string, payload: Uint8Array, info: MessageInfo) => void) | undefined;
	/** The broker's answer to a subscription: the QoS it grants, or undefined when it refuses. */
	onSubscribed?: ((filter: string, granted: 0 | 1 | undefined) => void) | undefined;
	/** There is room again after publish gave false: the queue is at most three quarters full. */
	onDrain?: (() => void) | undefined;
}

/** Throws GridpostError for the first option that is out of range. */
export function checkOptions(options: MqttClientOptions): void {
	const { clientId, keepAliveS, window, queueLimit, will, password, user } = options;
	if (typeof clientId !== "string" || clientId.length > 128 || clientId.includes("\0"))
		throw configError("clientId", clientId, "a text of up to 128 characters");
	if (clientId === "" && !options.cleanSession) throw configError("clientId", clientId, "empty only with cleanSession");
	if (
		keepAliveS !== undefined &&
		keepAliveS !== 0 &&
		!(Number.isInteger(keepAliveS) && keepAliveS >= 5 && keepAliveS <= 65535)
	)
		throw configError("keepAliveS", keepAliveS, "0, or 5 to 65535");
	inRange("window", window, 1, 1000);
	inRange("queueLimit.messages", queueLimit?.messages, 1, 1_000_000);
	inRange("queueLimit.bytes", queueLimit?.bytes, 1, 1_000_000_000);
	inRange("inboundLimitBytes", options.inboundLimitBytes, 64, 16_777_216);
	if (password !== undefined && user === undefined) throw configError("password", "***", "only together with a user");
	if (will) {
		const fault = topicNameFault(will.topic);
		if (fault) throw configError("will.topic", will.topic, fault);
		if (will.payload.length > 65535)
			throw new GridpostError("bad-config", "will.payload: at most 65535 bytes", {
				origin: "config",
				retry: "never",
				place: "will.payload",
			});
	}
}

function inRange(place: string, value: number | undefined, low: number, high: number): void {
	if (value !== undefined && !(Number.isInteger(value) && value >= low && value <= high))
		throw configError(place, value, `an integer from ${low} to ${high}`);
}
