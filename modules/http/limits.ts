import { frozen } from "../base/frozen";

/** What a server grants before it refuses. All can be set; the defaults suit a hub with 256 KB of heap. */
export interface HttpLimits {
	/** Connections at a time; a further one takes the place of an idle one, else gets 503. */
	clients: number;
	/** Of those, at most so many that hold an event stream. */
	eventClients: number;
	/** Request line and headers, bytes (else 431). */
	headBytes: number;
	/** Request line, bytes (else 414). */
	lineBytes: number;
	/** Header lines (else 431). */
	headers: number;
	/** A request's body, bytes (else 413). */
	bodyBytes: number;
	/** Bodies of all requests under way together, bytes (else 503). */
	bodyTotalBytes: number;
	/** From a request's first byte to its last (else 408). */
	requestTimeoutMs: number;
	/** Without any byte of a request; then the connection is closed without a word. */
	idleTimeoutMs: number;
	/** From the request's last byte to the handler's answer (else 504). */
	responseTimeoutMs: number;
	/** For a client to take bytes that wait for it. */
	stallTimeoutMs: number;
	/** Events waiting for one client, bytes; older ones are dropped whole. */
	eventQueueBytes: number;
	/** Silence on an event stream after which a comment is sent. */
	heartbeatMs: number;
}

export const defaultLimits = frozen<HttpLimits>({
	clients: 8,
	eventClients: 6,
	headBytes: 8192,
	lineBytes: 2048,
	headers: 64,
	bodyBytes: 65_536,
	bodyTotalBytes: 131_072,
	requestTimeoutMs: 10_000,
	idleTimeoutMs: 10_000,
	responseTimeoutMs: 30_000,
	stallTimeoutMs: 20_000,
	eventQueueBytes: 8192,
	heartbeatMs: 15_000,
});
