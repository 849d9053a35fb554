import { beforeEach, describe, expect, it } from "vitest";
import { Dice } from "../../sim/dice";
import { FakeNetwork, type FakePeer } from "../../test/fakes/tcp";
import { utf8Encode } from "../base/bytes";
import { ManualClock } from "../base/manual-clock";
import { HttpClient, type HttpClientOptions, type HttpClientRequest, type HttpReply } from "./client";
import { ReplyParser } from "./reply";

const limits = { headBytes: 400, bodyBytes: 64 };
const ascii = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

describe("a reply", () => {
	const whole = (text: string, step: number): ReplyParser => {
		const parser = new ReplyParser(limits);
		const bytes = utf8Encode(text);
		for (let at = 0; at < bytes.length && parser.fault === "" && !parser.done; at += step) {
			parser.feed(bytes.subarray(at, at + step));
		}
		return parser;
	};

	it.each([
		["with a length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", true],
		["with no reason", "HTTP/1.1 200\r\ncontent-length:0\r\n\r\n", 200, "", true],
		[
			"in chunks",
			"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n002\r\nlo\r\n0\r\nT: x\r\n\r\n",
			200,
			"hello",
			true,
		],
		["of HTTP/1.0", "HTTP/1.0 404 Not Found\r\nContent-Length: 2\r\n\r\nno", 404, "no", false],
		[
			"of HTTP/1.0 that is kept",
			"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nok",
			200,
			"ok",
			true,
		],
		["that closes", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", 200, "ok", false],
		["without a body", "HTTP/1.1 204 No Content\r\n\r\n", 204, "", true],
		[
			"after 100 Continue",
			"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 1\r\n\r\nx",
			201,
			"x",
			true,
		],
		["with bare line feeds", "HTTP/1.1 200 OK\nContent-Length: 2\n\nok", 200, "ok", true],
	])("%s", (_what, text, code, body, keepAlive) => {
		for (const step of [1, 2, 7, 1000]) {
			const parser = whole(text, step);
			expect([parser.fault, parser.done, parser.code, ascii(parser.body), parser.keepAlive]).toEqual([
				"",
				true,
				code,
				body,
				keepAlive,
			]);
		}
	});

	it("without a length ends with the connection", () => {
		const parser = whole("HTTP/1.1 200 OK\r\n\r\nhel", 4);
		expect(parser.done).toBe(false);
		parser.feed(utf8Encode("lo"));
		expect(parser.ended()).toBe(true);
		expect(ascii(parser.body)).toBe("hello");
		expect(whole("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", 9).ended()).toBe(false);
	});

	it.each([
		["no HTTP", "SSH-2.0-x\r\n", /no HTTP/],
		["another version", "HTTP/2 200\r\n", /no HTTP/],
		["no status", "HTTP/1.1 OK\r\n", /no HTTP/],
		["no header", "HTTP/1.1 200 OK\r\nnonsense\r\n\r\n", /header/],
		["a negative length", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", /length/],
		["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", /length/],
		["too long a body", "HTTP/1.1 200 OK\r\nContent-Length: 65\r\n\r\n", /more than 64/],
		["too long without a length", `HTTP/1.1 200 OK\r\n\r\n${"x".repeat(65)}`, /more than 64/],
		["too many chunks", `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${"1\r\nx\r\n".repeat(65)}`, /more than/],
		["headers without end", `HTTP/1.1 200 OK\r\n${"a: b\r\n".repeat(100)}`, /headers of more/],
		["a line without end", `HTTP/1.1 200 ${"x".repeat(500)}`, /headers of more/],
		["a coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", /gzip/],
		["no chunk size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", /chunk size/],
		["a long chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n", /longer/],
	])("is none: %s", (_what, text, fault) => {
		for (const step of [1, 5, 1000]) expect(whole(text, step).fault).toMatch(fault);
	});
});

describe("the client", () => {
	let clock: ManualClock;
	let network: FakeNetwork;
	let client: HttpClient;
	const replies: [status: string, code: number, body: string][] = [];

	const make = (more: Partial<HttpClientOptions> = {}) =>
		new HttpClient({
			link: { io: network.tcp, address: "10.0.0.7", port: 8050 },
			clock,
			random: () => 0.25,
			...more,
		});
	const onReply = ({ status, code, body }: HttpReply): void => void replies.push([status, code, ascii(body)]);
	const ask = (path: string, more: Partial<HttpClientRequest> = {}): void => {
		client.request({ path, ...more, onReply });
		clock.advance(0);
	};
	const say = (peer: FakePeer, body: string, head = "200 OK"): void => {
		peer.send(utf8Encode(`HTTP/1.1 ${head}\r\nContent-Length: ${body.length}\r\n\r\n${body}`));
		clock.advance(0);
	};

	beforeEach(() => {
		clock = new ManualClock();
		network = new FakeNetwork();
		network.onDial = (peer) => void clock.setTimer(() => peer.grant(1000), 1);
		replies.length = 0;
		client = make();
	});

	it("asks, and asks again over the same connection", () => {
		ask("/a?b=c");
		clock.advance(1);
		expect(ascii(network.last.take())).toBe(
			"GET /a?b=c HTTP/1.1\r\nHost: 10.0.0.7:8050\r\nAccept: application/json\r\n\r\n",
		);
		say(network.last, "one");
		ask("/d");
		expect(ascii(network.last.take())).toContain("GET /d ");
		say(network.last, "two");
		expect(replies).toEqual([
			["ok", 200, "one"],
			["ok", 200, "two"],
		]);
		expect(network.dialled.length).toBe(1);
	});

	it("writes as the connection takes it, and a body with its length", () => {
		network.onDial = undefined;
		ask("/rpc", { method: "POST", body: '{"ä":1}' });
		let sent = "";
		for (let i = 0; i < 200; i++) {
			network.last.grant(1);
			sent += ascii(network.last.take());
		}
		expect(sent).toMatch(
			/^POST \/rpc [\s\S]*Content-Type: application\/json\r\nContent-Length: 8\r\n[\s\S]*\r\n\r\n\{"Ã¤":1\}$/,
		);
	});

	it("queues requests, one on the way at a time", () => {
		ask("/1");
		ask("/2");
		clock.advance(1);
		expect(ascii(network.last.take())).toContain("/1 ");
		expect(network.last.take().length).toBe(0);
		say(network.last, "x");
		expect(ascii(network.last.take())).toContain("/2 ");
	});

	it("sends again on a new connection when the kept one had died, and does not for what changes something", () => {
		ask("/1");
		clock.advance(1);
		say(network.last, "x");
		ask("/2");
		network.last.end();
		clock.advance(1);
		expect(network.dialled.length).toBe(2);
		say(network.last, "y");
		ask("/set", { method: "POST", body: "{}" });
		clock.advance(1);
		expect(network.dialled.length).toBe(3);
		network.last.end();
		clock.advance(1);
		expect(replies).toEqual([
			["ok", 200, "x"],
			["ok", 200, "y"],
			["closed", 0, ""],
		]);
		expect(client.fault).toBe("no connection to 10.0.0.7:8050");
	});

	it("does not use a connection that was quiet for long", () => {
		ask("/1");
		clock.advance(1);
		say(network.last, "x");
		clock.advance(21_000);
		ask("/2");
		expect(network.dialled.length).toBe(2);
		expect(network.dialled[0]!.closed).toBe(true);
	});

	it("times out, drops the connection, and is not confused by the late reply", () => {
		ask("/1", { timeoutMs: 500 });
		clock.advance(500);
		expect(replies).toEqual([["timeout", 0, ""]]);
		const late = network.last;
		expect(late.closed).toBe(true);
		ask("/2");
		clock.advance(1);
		say(late, "late");
		say(network.last, "good");
		expect(replies[1]).toEqual(["ok", 200, "good"]);
	});

	it("ends a reply that is too long, and one that is none", () => {
		client = make({ limits });
		ask("/1");
		clock.advance(1);
		say(network.last, "x".repeat(65));
		ask("/2");
		clock.advance(1);
		network.last.send(utf8Encode("220 smtp ready\r\n"));
		expect(replies).toEqual([
			["garbled", 0, ""],
			["garbled", 0, ""],
		]);
		expect(network.dialled.every((peer) => peer.closed)).toBe(true);
	});

	it("follows no redirect", () => {
		client = make({ user: "admin", password: "secret" });
		ask("/1");
		clock.advance(1);
		network.last.send(utf8Encode("HTTP/1.1 302 Found\r\nLocation: http://10.0.0.66/\r\nContent-Length: 0\r\n\r\n"));
		expect(replies).toEqual([["ok", 302, ""]]);
		expect(network.dialled.length).toBe(1);
	});

	it("answers a challenge once, then sends the answer unasked", () => {
		client = make({ user: "admin", password: "secret" });
		const challenge =
			'401 No\r\nWWW-Authenticate: Digest qop="auth", realm="shelly", nonce="60dc59c6", algorithm=SHA-256';
		ask("/rpc");
		clock.advance(1);
		expect(ascii(network.last.take())).not.toContain("Authorization");
		say(network.last, "", challenge);
		expect(ascii(network.last.take())).toContain('Authorization: Digest username="admin", realm="shelly"');
		say(network.last, "in");
		ask("/rpc");
		expect(ascii(network.last.take())).toContain("nc=00000002");
		say(network.last, "", challenge);
		expect(replies).toEqual([
			["ok", 200, "in"],
			["ok", 401, ""],
		]);
	});

	it("has no password for a server that asks for one", () => {
		ask("/rpc");
		clock.advance(1);
		say(network.last, "", '401 No\r\nWWW-Authenticate: Basic realm="x"');
		expect(replies).toEqual([["ok", 401, ""]]);
	});

	it("gives up a connection on which something comes that nobody asked for", () => {
		ask("/1");
		clock.advance(1);
		network.last.send(
			utf8Encode("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"),
		);
		clock.advance(0);
		ask("/2");
		clock.advance(1);
		say(network.last, "good");
		expect(replies).toEqual([
			["ok", 200, "x"],
			["ok", 200, "good"],
		]);
		expect(network.dialled.length).toBe(2);
	});

	it("says closed where there is no network, and may be closed in a callback, twice", () => {
		network.broken = true;
		ask("/1");
		expect(replies).toEqual([["closed", 0, ""]]);
		network.broken = false;
		client.request({ path: "/2", onReply: () => client.close() });
		client.request({ path: "/3", onReply });
		clock.advance(1);
		say(network.last, "x");
		expect(replies[1]).toEqual(["closed", 0, ""]);
		client.close();
		client.request({ path: "/4", onReply });
		clock.advance(20_000);
		expect(replies.length).toBe(2);
		expect(network.last.closed).toBe(true);
	});

	it.each(["", "x", "/a b", "/a\r\nX: y", "/ä"])("refuses the path %j", (path) => {
		expect(() => client.request({ path, onReply })).toThrow("no HTTP request");
	});

	it("refuses a method that is more than a word", () => {
		expect(() => client.request({ path: "/", method: "GET / HTTP/1.1\r\n", onReply })).toThrow("no HTTP request");
	});

	it("gives one reply to each request, whatever the server sends", () => {
		const good = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
		const chunked =
			"HTTP/1.1 401 No\r\nWWW-Authenticate: Digest nonce=1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n0\r\n\r\n";
		for (let seed = 1; seed <= 400; seed++) {
			const dice = new Dice(seed);
			network = new FakeNetwork();
			clock = new ManualClock();
			network.onDial = (peer) => {
				clock.setTimer(() => peer.grant(1000), 1);
				const bytes = utf8Encode(seed % 2 ? good : chunked);
				for (let i = 0; i < 1 + dice.below(4); i++) bytes[dice.below(bytes.length)] = dice.below(256);
				const cut = dice.below(bytes.length + 1);
				clock.setTimer(() => peer.send(bytes.subarray(0, cut)), 2);
				clock.setTimer(() => peer.send(bytes.subarray(cut, dice.below(4) ? bytes.length : cut)), 3);
				if (dice.below(2)) clock.setTimer(() => peer.end(), 4);
			};
			client = make({ user: "admin", password: "secret", limits });
			replies.length = 0;
			for (let i = 0; i < 3; i++) client.request({ path: `/${i}`, timeoutMs: 100, onReply });
			clock.advance(1000);
			expect(replies.length, `seed ${seed}`).toBe(3);
			client.close();
		}
	});
});
