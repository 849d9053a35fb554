import { beforeEach, describe, expect, it } from "vitest";
import { FakeListener, FakeTcp } from "../../test/adapters/fake-tcp";
import { utf8Encode } from "../base/bytes";
import { ManualClock } from "../base/manual-clock";
import { type HttpLimits, type HttpRequest, type HttpResponse, HttpServer } from "./server";

let clock: ManualClock;
let server: HttpServer;

function makeServer(limits: Partial<HttpLimits> = {}): HttpServer {
	const made = new HttpServer({ listener: { io: FakeListener, port: 80 }, tcp: FakeTcp, clock, limits });
	made.route("GET", "/hello", (_request, response) => response.text("hello"));
	made.route("POST", "/echo", (request, response) => response.send(request.body, "application/octet-stream"));
	made.route("GET", "/device/:id/point/:name", (request, response) => response.json(request.params));
	made.route("GET", "/rest/*", (request, response) => response.json(request.params));
	made.route("GET", "/query", (request, response) =>
		response.json({ a: request.query("a"), b: request.query("b") ?? null }),
	);
	made.route("GET", "/throws", () => {
		throw new Error("handler broke");
	});
	made.static(
		new Map([
			[
				"/index.html",
				{ bytes: utf8Encode("<p>plain</p>"), gzip: new Uint8Array([0x1f, 0x8b, 1, 2]), etag: "v1", type: "text/html" },
			],
			["/app.js", { bytes: utf8Encode("let a;"), etag: "v2", type: "text/javascript", cache: "max-age=60" }],
		]),
	);
	return made;
}

/** A client that has connected and may be sent `credit` bytes. */
function connect(credit = 100_000): FakeTcp {
	FakeListener.last.arrive();
	const socket = FakeTcp.last;
	socket.grant(credit);
	return socket;
}

function text(bytes: Uint8Array): string {
	return Buffer.from(bytes).toString("latin1");
}

function bytes(latin1: string): Uint8Array {
	return new Uint8Array(Buffer.from(latin1, "latin1"));
}

/** Sends a request on a new connection and gives what came back. */
function ask(request: string): string {
	const socket = connect();
	socket.deliver(bytes(request));
	return text(socket.sent());
}

function statusOf(response: string): number {
	return Number(response.match(/^HTTP\/1\.1 (\d{3}) [^\r\n]+\r\n/)?.[1]);
}

beforeEach(() => {
	FakeTcp.reset();
	clock = new ManualClock();
	server = makeServer();
});

const H = "Host: hub\r\n";
const long = (count: number) => "x".repeat(count);

/** What a client sends, and the status it gets; 0 = nothing yet, the server waits for more. */
const requests: [string, string, number][] = [
	["plain", `GET /hello HTTP/1.1\r\n${H}\r\n`, 200],
	["HTTP/1.0 without Host", "GET /hello HTTP/1.0\r\n\r\n", 200],
	["later minor version", `GET /hello HTTP/1.7\r\n${H}\r\n`, 200],
	["empty line first", `\r\nGET /hello HTTP/1.1\r\n${H}\r\n`, 200],
	["absolute form", `GET http://hub/hello HTTP/1.1\r\n${H}\r\n`, 200],
	["absolute form in capitals", `GET HTTP://hub/hello HTTP/1.1\r\n${H}\r\n`, 200],
	["absolute form without path", `GET http://hub HTTP/1.1\r\n${H}\r\n`, 200],
	["header value with blanks around", `GET /hello HTTP/1.1\r\nHost:\t hub \t\r\n\r\n`, 200],
	["Host with port", "GET /hello HTTP/1.1\r\nHost: hub:8080\r\n\r\n", 200],
	["empty Host", "GET /hello HTTP/1.1\r\nHost:\r\n\r\n", 200],
	["body on GET", `GET /hello HTTP/1.1\r\n${H}Content-Length: 3\r\n\r\nabc`, 200],
	["percent-encoded path", `GET /h%65llo HTTP/1.1\r\n${H}\r\n`, 200],
	["OPTIONS *", `OPTIONS * HTTP/1.1\r\n${H}\r\n`, 204],
	["OPTIONS", `OPTIONS /hello HTTP/1.1\r\n${H}\r\n`, 204],
	["POST of nothing", `POST /echo HTTP/1.1\r\n${H}Content-Length: 0\r\n\r\n`, 200],
	["chunked", `POST /echo HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`, 200],
	[
		"chunked in capitals",
		`POST /echo HTTP/1.1\r\n${H}Transfer-Encoding: CHUNKED\r\n\r\nA\r\n0123456789\r\n0\r\n\r\n`,
		200,
	],
	["chunk extension", `POST /echo HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\n\r\n`, 200],
	["trailers", `POST /echo HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n\r\n`, 200],
	["no request line", "hello\r\n\r\n", 400],
	["only blanks", "   \r\n\r\n", 400],
	["HTTP/0.9", "GET /hello\r\n", 400],
	["two blanks before the target", `GET  /hello HTTP/1.1\r\n${H}\r\n`, 400],
	["blank in the target", `GET /he llo HTTP/1.1\r\n${H}\r\n`, 400],
	["tab instead of blank", `GET\t/hello\tHTTP/1.1\r\n${H}\r\n`, 400],
	["blank before the method", ` GET /hello HTTP/1.1\r\n${H}\r\n`, 400],
	["blank after the version", `GET /hello HTTP/1.1 \r\n${H}\r\n`, 400],
	["empty method", ` /hello HTTP/1.1\r\n${H}\r\n`, 400],
	["method that is no token", `G(T /hello HTTP/1.1\r\n${H}\r\n`, 400],
	["lower-case protocol", `GET /hello http/1.1\r\n${H}\r\n`, 400],
	["version with letters", `GET /hello HTTP/x.1\r\n${H}\r\n`, 400],
	["version too long", `GET /hello HTTP/1.10\r\n${H}\r\n`, 400],
	["no minor version", `GET /hello HTTP/1\r\n${H}\r\n`, 400],
	["lines end with LF alone", "GET /hello HTTP/1.1\nHost: hub\n\n", 400],
	["header ends with LF alone", "GET /hello HTTP/1.1\r\nHost: hub\n\r\n", 400],
	["CR inside a line", `GET /hello HTTP/1.1\r\nA: b\rc\r\n${H}\r\n`, 400],
	["NUL in the target", `GET /hel\0lo HTTP/1.1\r\n${H}\r\n`, 400],
	["NUL in a header", `GET /hello HTTP/1.1\r\nA: \0\r\n${H}\r\n`, 400],
	["TLS on a plain port", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x0a", 400],
	["asterisk for GET", `GET * HTTP/1.1\r\n${H}\r\n`, 400],
	["authority form", `GET hub:80 HTTP/1.1\r\n${H}\r\n`, 400],
	["target without slash", `GET hello HTTP/1.1\r\n${H}\r\n`, 400],
	["other scheme", `GET ftp://hub/hello HTTP/1.1\r\n${H}\r\n`, 400],
	["absolute form without host", `GET http:///hello HTTP/1.1\r\n${H}\r\n`, 400],
	["fragment", `GET /hello#x HTTP/1.1\r\n${H}\r\n`, 400],
	["byte over 126 in the target", `GET /h\xe9 HTTP/1.1\r\n${H}\r\n`, 400],
	["dot dot", `GET /../etc/passwd HTTP/1.1\r\n${H}\r\n`, 400],
	["dot dot inside", `GET /a/../hello HTTP/1.1\r\n${H}\r\n`, 400],
	["encoded dot dot", `GET /%2e%2e/etc HTTP/1.1\r\n${H}\r\n`, 400],
	["half-encoded dot dot", `GET /a/.%2E/etc HTTP/1.1\r\n${H}\r\n`, 400],
	["encoded slash", `GET /..%2fetc HTTP/1.1\r\n${H}\r\n`, 400],
	["backslash", `GET /..\\etc HTTP/1.1\r\n${H}\r\n`, 400],
	["encoded backslash", `GET /..%5cetc HTTP/1.1\r\n${H}\r\n`, 400],
	["encoded NUL", `GET /hello%00.txt HTTP/1.1\r\n${H}\r\n`, 400],
	["encoded line break", `GET /hello%0d%0a HTTP/1.1\r\n${H}\r\n`, 400],
	["escape cut off", `GET /hello%4 HTTP/1.1\r\n${H}\r\n`, 400],
	["escape that is not hex", `GET /hello%zz HTTP/1.1\r\n${H}\r\n`, 400],
	["escape not UTF-8", `GET /%ff%fe HTTP/1.1\r\n${H}\r\n`, 400],
	["overlong escape of a slash", `GET /%c0%af HTTP/1.1\r\n${H}\r\n`, 400],
	["no Host", "GET /hello HTTP/1.1\r\n\r\n", 400],
	["two Hosts", `GET /hello HTTP/1.1\r\n${H}${H}\r\n`, 400],
	["Host with a path", "GET /hello HTTP/1.1\r\nHost: a/b\r\n\r\n", 400],
	["Host with a user", "GET /hello HTTP/1.1\r\nHost: me@hub\r\n\r\n", 400],
	["header without colon", `GET /hello HTTP/1.1\r\n${H}oops\r\n\r\n`, 400],
	["header without name", `GET /hello HTTP/1.1\r\n${H}: x\r\n\r\n`, 400],
	["blank before the colon", `GET /hello HTTP/1.1\r\n${H}A : b\r\n\r\n`, 400],
	["folded header", `GET /hello HTTP/1.1\r\n${H}A: b\r\n c\r\n\r\n`, 400],
	["blank before the first header", `GET /hello HTTP/1.1\r\n ${H}\r\n`, 400],
	["name with a control character", `GET /hello HTTP/1.1\r\n${H}A\x01: b\r\n\r\n`, 400],
	["name with a byte over 127", `GET /hello HTTP/1.1\r\n${H}\xc4: b\r\n\r\n`, 400],
	["length and chunked", `POST /echo HTTP/1.1\r\n${H}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n`, 400],
	["two lengths", `POST /echo HTTP/1.1\r\n${H}Content-Length: 3\r\nContent-Length: 4\r\n\r\n`, 400],
	["two equal lengths", `POST /echo HTTP/1.1\r\n${H}Content-Length: 3\r\nContent-Length: 3\r\n\r\n`, 400],
	["negative length", `POST /echo HTTP/1.1\r\n${H}Content-Length: -3\r\n\r\n`, 400],
	["length with a sign", `POST /echo HTTP/1.1\r\n${H}Content-Length: +3\r\n\r\n`, 400],
	["length in hex", `POST /echo HTTP/1.1\r\n${H}Content-Length: 0x3\r\n\r\n`, 400],
	["empty length", `POST /echo HTTP/1.1\r\n${H}Content-Length:\r\n\r\n`, 400],
	["length of 20 digits", `POST /echo HTTP/1.1\r\n${H}Content-Length: 18446744073709551617\r\n\r\n`, 400],
	["chunked in HTTP/1.0", "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400],
	["chunk size not hex", `POST /echo HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\nxyz\r\n`, 400],
	["chunk size empty", `POST /echo HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\n\r\n`, 400],
	["chunk size negative", `POST /echo HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\n-1\r\n`, 400],
	["chunk size of nine digits", `POST /echo HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\n100000000\r\n`, 400],
	["chunk longer than it says", `POST /echo HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n`, 400],
	["chunk size ends with LF alone", `POST /echo HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\n3\nabc`, 400],
	["unknown path", `GET /nothing HTTP/1.1\r\n${H}\r\n`, 404],
	["empty parameter", `GET /device//point/W HTTP/1.1\r\n${H}\r\n`, 404],
	["longer than the pattern", `GET /hello/more HTTP/1.1\r\n${H}\r\n`, 404],
	["wrong method", `DELETE /hello HTTP/1.1\r\n${H}\r\n`, 405],
	["GET where POST is", `GET /echo HTTP/1.1\r\n${H}\r\n`, 405],
	["POST of a file", `POST /app.js HTTP/1.1\r\n${H}Content-Length: 0\r\n\r\n`, 405],
	["POST without length", `POST /echo HTTP/1.1\r\n${H}\r\n`, 411],
	["PUT without length", `PUT /echo HTTP/1.1\r\n${H}\r\n`, 411],
	["body too long", `POST /echo HTTP/1.1\r\n${H}Content-Length: 65537\r\n\r\n`, 413],
	["chunk too long", `POST /echo HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\n10001\r\n`, 413],
	["chunk sizes too long", `POST /echo HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\n1;${long(8200)}\r\n`, 413],
	["target too long", `GET /${long(2100)} HTTP/1.1\r\n${H}\r\n`, 414],
	["endless first line", long(2100), 414],
	["unknown expectation", `POST /echo HTTP/1.1\r\n${H}Content-Length: 1\r\nExpect: wonders\r\n\r\n`, 417],
	["header too long", `GET /hello HTTP/1.1\r\n${H}A: ${long(8200)}\r\n\r\n`, 431],
	["too many headers", `GET /hello HTTP/1.1\r\n${H}${"A: b\r\n".repeat(65)}\r\n`, 431],
	["headers together too long", `GET /hello HTTP/1.1\r\n${H}${`A: ${long(400)}\r\n`.repeat(21)}\r\n`, 431],
	[
		"trailers too long",
		`POST /echo HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\n0\r\n${`A: ${long(400)}\r\n`.repeat(21)}\r\n`,
		431,
	],
	["handler throws", `GET /throws HTTP/1.1\r\n${H}\r\n`, 500],
	["method in lower case", `get /hello HTTP/1.1\r\n${H}\r\n`, 501],
	["CONNECT", `CONNECT hub:80 HTTP/1.1\r\n${H}\r\n`, 501],
	["TRACE", `TRACE /hello HTTP/1.1\r\n${H}\r\n`, 501],
	["unknown method", `BREW /pot HTTP/1.1\r\n${H}\r\n`, 501],
	["gzip body", `POST /echo HTTP/1.1\r\n${H}Transfer-Encoding: gzip, chunked\r\n\r\n`, 501],
	["two codings", `POST /echo HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n`, 501],
	["HTTP/2", `GET /hello HTTP/2.0\r\n${H}\r\n`, 505],
	["HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505],
	["HTTP/0.9 written out", `GET /hello HTTP/0.9\r\n${H}\r\n`, 505],
	["cut off in the line", "GET /hel", 0],
	["cut off in the headers", "GET /hello HTTP/1.1\r\nHost: h", 0],
	["cut off in the body", `POST /echo HTTP/1.1\r\n${H}Content-Length: 10\r\n\r\nabc`, 0],
	["cut off in a chunk", `POST /echo HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\n5\r\nab`, 0],
];

describe("each request gets its status, and the server lives on", () => {
	it.each(requests)("%s", (_name, request, status) => {
		const answer = ask(request);
		if (status === 0) expect(answer).toBe("");
		else expect(statusOf(answer)).toBe(status);
		expect(statusOf(ask(`GET /hello HTTP/1.1\r\n${H}\r\n`))).toBe(200);
	});

	it.each(requests)("%s, byte by byte", (_name, request, status) => {
		const socket = connect();
		for (const byte of bytes(request)) socket.deliver(new Uint8Array([byte]));
		const answer = text(socket.sent());
		if (status === 0) expect(answer).toBe("");
		else expect(statusOf(answer)).toBe(status);
	});
});

it("gives the same answer however a request is split in two", () => {
	const request = `POST /echo?x=%20 HTTP/1.1\r\n${H}Transfer-Encoding: chunked\r\n\r\n3;q\r\nabc\r\n4\r\ndefg\r\n0\r\nT: u\r\n\r\n`;
	const whole = ask(request);
	expect(whole).toContain("\r\n\r\nabcdefg");
	for (let at = 1; at < request.length; at++) {
		const socket = connect();
		socket.deliver(bytes(request.slice(0, at)));
		expect(text(socket.sent())).toBe("");
		socket.deliver(bytes(request.slice(at)));
		expect(text(socket.sent())).toBe(whole);
		socket.fail();
	}
});

/** Reproducible noise: mulberry32. */
function noise(seed: number): () => number {
	return () => {
		seed = (seed + 0x6d2b79f5) | 0;
		let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
	};
}

it("answers 20,000 damaged requests with a status or silence, and then a sound one", () => {
	const random = noise(20261124);
	const known = new Set([200, 204, 400, 404, 405, 408, 411, 413, 414, 417, 431, 500, 501, 503, 505]);
	let refused = 0;
	for (let round = 0; round < 20_000; round++) {
		const request = bytes(requests[Math.floor(random() * requests.length)]![1]).slice(0, 600);
		for (let i = Math.floor(random() * 5); i > 0; i--)
			request[Math.floor(random() * request.length)] = Math.floor(random() * 256);
		const socket = connect();
		for (let at = 0; at < request.length && !socket.closed; ) {
			const next = Math.min(request.length, at + 1 + Math.floor(random() * 200));
			socket.deliver(request.subarray(at, next));
			at = next;
		}
		const answer = text(socket.sent());
		if (answer !== "") {
			expect(known.has(statusOf(answer)) || answer.startsWith("HTTP/1.1 100 Continue")).toBe(true);
			if (statusOf(answer) >= 400) refused++;
		}
		socket.fail();
		expect(server.clients).toBe(0);
	}
	expect(refused).toBeGreaterThan(8000);
	expect(statusOf(ask(`GET /hello HTTP/1.1\r\n${H}\r\n`))).toBe(200);
});

describe("answers", () => {
	it("names length and type, and nothing twice", () => {
		const answer = ask(`GET /hello HTTP/1.1\r\n${H}\r\n`);
		expect(answer).toBe(
			"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\nContent-Length: 5\r\n\r\nhello",
		);
	});

	it("HEAD has the headers of GET and no body", () => {
		const answer = ask(`HEAD /hello HTTP/1.1\r\n${H}\r\n`);
		expect(answer).toContain("Content-Length: 5\r\n");
		expect(answer.endsWith("\r\n\r\n")).toBe(true);
	});

	it("405 and OPTIONS name the methods", () => {
		expect(ask(`PUT /hello HTTP/1.1\r\n${H}Content-Length: 0\r\n\r\n`)).toContain("\r\nAllow: GET, HEAD\r\n");
		expect(ask(`OPTIONS /echo HTTP/1.1\r\n${H}\r\n`)).toContain("\r\nAllow: POST, OPTIONS\r\n");
	});

	it("decodes parameters and queries", () => {
		expect(ask(`GET /device/a%20b/point/%C3%A9 HTTP/1.1\r\n${H}\r\n`)).toContain('\r\n\r\n["a b","\xc3\xa9"]');
		expect(ask(`GET /rest/a/b%2Ec HTTP/1.1\r\n${H}\r\n`)).toContain('["a/b.c"]');
		expect(ask(`GET /query?a=1+2%263&b=%zz HTTP/1.1\r\n${H}\r\n`)).toContain('{"a":"1 2&3","b":null}');
	});

	it("refuses a header with a line break", () => {
		server.route("GET", "/split", (request, response) =>
			response.header("X", request.query("v") ?? "\r\nEvil: 1").text(""),
		);
		const answer = ask(`GET /split HTTP/1.1\r\n${H}\r\n`);
		expect(statusOf(answer)).toBe(500);
		expect(answer).not.toContain("Evil");
	});

	it("waits for a handler that answers later, and only takes its first answer", () => {
		let kept: HttpResponse | undefined;
		server.route("GET", "/later", (_request: HttpRequest, response) => {
			kept = response;
		});
		const socket = connect();
		socket.deliver(bytes(`GET /later HTTP/1.1\r\n${H}\r\n`));
		expect(text(socket.sent())).toBe("");
		clock.advance(5000);
		kept!.text("done");
		kept!.text("again");
		expect(text(socket.sent()).endsWith("\r\n\r\ndone")).toBe(true);
	});

	it("gives up on a handler after 30 s, and an answer after that does no harm", () => {
		let kept: HttpResponse | undefined;
		server.route("GET", "/never", (_request, response) => {
			kept = response;
		});
		const socket = connect();
		socket.deliver(bytes(`GET /never HTTP/1.1\r\n${H}\r\n`));
		clock.advance(29_000);
		expect(text(socket.sent())).toBe("");
		clock.advance(2000);
		expect(statusOf(text(socket.sent()))).toBe(504);
		kept!.text("late");
		expect(text(socket.sent())).toBe("");
	});

	it("says Continue only when the body may come", () => {
		const socket = connect();
		socket.deliver(bytes(`POST /echo HTTP/1.1\r\n${H}Content-Length: 3\r\nExpect: 100-continue\r\n\r\n`));
		expect(text(socket.sent())).toBe("HTTP/1.1 100 Continue\r\n\r\n");
		socket.deliver(bytes("abc"));
		expect(text(socket.sent()).endsWith("\r\n\r\nabc")).toBe(true);
		const refused = ask(`POST /echo HTTP/1.1\r\n${H}Content-Length: 99999\r\nExpect: 100-continue\r\n\r\n`);
		expect(statusOf(refused)).toBe(413);
	});
});

describe("connections", () => {
	it("stay open for the next request, or close when told to", () => {
		const socket = connect();
		for (let i = 0; i < 3; i++) {
			socket.deliver(bytes(`GET /hello HTTP/1.1\r\n${H}\r\n`));
			expect(statusOf(text(socket.sent()))).toBe(200);
			expect(socket.closed).toBe(false);
		}
		socket.deliver(bytes(`GET /hello HTTP/1.1\r\n${H}Connection: foo, Close\r\n\r\n`));
		expect(text(socket.sent())).toContain("\r\nConnection: close\r\n");
		expect(socket.closed).toBe(true);
		const old = connect();
		old.deliver(bytes("GET /hello HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"));
		expect(text(old.sent())).toContain("\r\nConnection: keep-alive\r\n");
		expect(old.closed).toBe(false);
	});

	it("answer pipelined requests in order, leaving the rest unread while one waits", () => {
		const waiting: HttpResponse[] = [];
		server.route("GET", "/wait/:n", (_request, response) => waiting.push(response));
		const socket = connect();
		const one = (n: number) => `GET /wait/${n} HTTP/1.1\r\n${H}X: ${long(1500)}\r\n\r\n`;
		socket.deliver(bytes(one(1) + one(2) + one(3)));
		expect(waiting.length).toBe(1);
		expect(socket.unread).toBeGreaterThan(1000);
		for (let n = 1; n <= 3; n++) {
			waiting[n - 1]!.text(`answer ${n}`);
			expect(text(socket.sent()).endsWith(`answer ${n}`)).toBe(true);
			expect(waiting.length).toBe(Math.min(3, n + 1));
		}
		expect(socket.unread).toBe(0);
	});

	it("answer many small pipelined requests at once", () => {
		const socket = connect();
		socket.deliver(bytes(`GET /hello HTTP/1.1\r\n${H}\r\n`.repeat(200)));
		expect(text(socket.sent()).split("HTTP/1.1 200 OK").length).toBe(201);
	});

	it("close after a refusal, but only once the client has had time to read it", () => {
		const socket = connect();
		socket.deliver(bytes("nonsense\r\n"));
		expect(text(socket.sent())).toContain("\r\nConnection: close\r\n");
		socket.deliver(new Uint8Array(5000));
		expect(socket.unread).toBe(0);
		expect(socket.closed).toBe(false);
		clock.advance(3000);
		expect(socket.closed).toBe(true);
		expect(server.clients).toBe(0);
	});

	it("408 for a request that takes over 10 s, even one byte a second", () => {
		const socket = connect();
		for (let i = 0; i < 12 && text(socket.sent()) === ""; i++) {
			socket.deliver(bytes(`GET /hello HTTP/1.1\r\n${H}`.slice(i, i + 1)));
			clock.advance(1000);
			if (i === 8) expect(text(socket.sent())).toBe("");
		}
		clock.advance(3000);
		expect(socket.closed).toBe(true);
		const slow = connect();
		slow.deliver(bytes("GET"));
		clock.advance(11_000);
		expect(statusOf(text(slow.sent()))).toBe(408);
	});

	it("close without a word when nothing comes", () => {
		const socket = connect();
		clock.advance(11_000);
		expect(socket.closed).toBe(true);
		expect(text(socket.sent())).toBe("");
		expect(clock.pending).toBe(0);
	});

	it("take eight clients; a ninth takes the place of an idle one, else gets 503", () => {
		const idle = connect();
		const busy = Array.from({ length: 7 }, () => connect());
		for (const socket of busy) socket.deliver(bytes("GET /hel"));
		const ninth = connect();
		expect(idle.closed).toBe(true);
		ninth.deliver(bytes("GET /hel"));
		const tenth = connect();
		const refusal = text(tenth.sent());
		expect(statusOf(refusal)).toBe(503);
		expect(refusal).toContain("Retry-After");
		for (const socket of [...busy, ninth]) {
			socket.deliver(bytes(`lo HTTP/1.1\r\n${H}\r\n`));
			expect(statusOf(text(socket.sent()))).toBe(200);
		}
		expect(server.counters.turnedAway).toBe(1);
	});

	it("close a flood beyond that without a word", () => {
		for (let i = 0; i < 8; i++) connect().deliver(bytes("G"));
		const flood = Array.from({ length: 20 }, () => {
			FakeListener.last.arrive();
			return FakeTcp.last;
		});
		expect(flood.filter((socket) => socket.closed).length).toBe(18);
		expect(server.clients).toBe(10);
	});

	it("503 when the bodies under way are too much together", () => {
		const held = [connect(), connect()];
		for (const socket of held) socket.deliver(bytes(`POST /echo HTTP/1.1\r\n${H}Content-Length: 65000\r\n\r\n`));
		expect(statusOf(ask(`POST /echo HTTP/1.1\r\n${H}Content-Length: 5000\r\n\r\n`))).toBe(503);
		held[0]!.fail();
		expect(statusOf(ask(`POST /echo HTTP/1.1\r\n${H}Content-Length: 5\r\n\r\nabcde`))).toBe(200);
	});

	it("a slow reader gets its answer by credit, and others do not wait", () => {
		const body = new Uint8Array(50_000).map((_, i) => i % 251);
		server.route("GET", "/big", (_request, response) => response.send(body, "x/y"));
		const slow = connect(0);
		slow.deliver(bytes(`GET /big HTTP/1.1\r\n${H}\r\n`));
		expect(statusOf(ask(`GET /hello HTTP/1.1\r\n${H}\r\n`))).toBe(200);
		const got: Uint8Array[] = [];
		for (let credit = 1; got.reduce((sum, part) => sum + part.length, 0) < 50_100 && credit < 5000; credit++) {
			slow.grant(credit);
			got.push(slow.sent());
		}
		const all = Buffer.concat(got);
		expect(Buffer.compare(all.subarray(all.length - 50_000), Buffer.from(body))).toBe(0);
	});

	it("a reader that takes nothing for 20 s is let go", () => {
		server.route("GET", "/big", (_request, response) => response.send(new Uint8Array(50_000), "x/y"));
		const slow = connect(100);
		slow.deliver(bytes(`GET /big HTTP/1.1\r\n${H}\r\n`));
		clock.advance(18_000);
		slow.grant(100);
		clock.advance(18_000);
		expect(slow.closed).toBe(false);
		clock.advance(4000);
		expect(slow.closed).toBe(true);
	});

	it("close with the server, twice and from a handler", () => {
		server.route("GET", "/stop", (_request, response) => {
			server.close();
			response.text("too late");
		});
		const other = connect();
		const socket = connect();
		socket.deliver(bytes(`GET /stop HTTP/1.1\r\n${H}\r\n`));
		expect(socket.closed && other.closed && FakeListener.last.closed).toBe(true);
		server.close();
		expect(clock.pending).toBe(0);
	});
});

describe("static files", () => {
	const get = (path: string, headers = "") => ask(`GET ${path} HTTP/1.1\r\n${H}${headers}\r\n`);

	it("come plain or compressed, with a tag for each", () => {
		const plain = get("/");
		expect(plain).toContain('\r\nETag: "v1"\r\n');
		expect(plain).toContain("\r\nVary: Accept-Encoding\r\n");
		expect(plain.endsWith("<p>plain</p>")).toBe(true);
		const packed = get("/index.html", "Accept-Encoding: br, gzip\r\n");
		expect(packed).toContain('\r\nETag: "v1-gzip"\r\n');
		expect(packed).toContain("\r\nContent-Encoding: gzip\r\n");
		expect(packed.endsWith("\x1f\x8b\x01\x02")).toBe(true);
		expect(get("/index.html", "Accept-Encoding: gzip;q=0\r\n")).toContain('"v1"');
		expect(get("/index.html", "Accept-Encoding: gzip; q=0.5\r\n")).toContain('"v1-gzip"');
		expect(get("/index.html", "Accept-Encoding: *\r\n")).toContain('"v1-gzip"');
		expect(get("/app.js", "Accept-Encoding: gzip\r\n")).toContain("\r\nCache-Control: max-age=60\r\n");
	});

	it("304 for those who have them", () => {
		const unchanged = get("/", 'If-None-Match: "v0", W/"v1"\r\n');
		expect(statusOf(unchanged)).toBe(304);
		expect(unchanged).not.toContain("Content-Length");
		expect(unchanged.endsWith("\r\n\r\n")).toBe(true);
		expect(statusOf(get("/", "If-None-Match: *\r\n"))).toBe(304);
		expect(statusOf(get("/", 'If-None-Match: "v1"\r\nAccept-Encoding: gzip\r\n'))).toBe(200);
		expect(statusOf(get("/", 'If-None-Match: "v2"\r\n'))).toBe(200);
	});
});

describe("event streams", () => {
	const open = `GET /events HTTP/1.1\r\n${H}\r\n`;

	it("reach all who listen, with ids and lines", () => {
		const stream = server.events("/events");
		stream.send("nobody", "hears this");
		const readers = [connect(), connect()];
		for (const reader of readers) reader.deliver(bytes(open));
		stream.send("power", '{"w":1}', "7");
		stream.send("text", "two\nlines");
		for (const reader of readers) {
			const got = text(reader.sent());
			expect(got).toContain("\r\nContent-Type: text/event-stream\r\n");
			expect(got).not.toContain("Content-Length");
			expect(got.split("\r\n\r\n")[1]).toBe(
				'event: power\nid: 7\ndata: {"w":1}\n\nevent: text\ndata: two\ndata: lines\n\n',
			);
		}
		readers[0]!.fail();
		expect(stream.clients).toBe(1);
	});

	it("greet a new reader, who says what it had last", () => {
		const stream = server.events("/events");
		stream.onOpen = (client) => client.send("state", `after ${client.lastEventId}`);
		const reader = connect();
		reader.deliver(bytes(`GET /events HTTP/1.1\r\n${H}Last-Event-ID: 41\r\n\r\n`));
		expect(text(reader.sent()).endsWith("event: state\ndata: after 41\n\n")).toBe(true);
	});

	it("drop a slow reader's oldest events, tell it how many, and leave the others alone", () => {
		const stream = server.events("/events");
		const slow = connect(1000);
		slow.deliver(bytes(open));
		slow.grant(0);
		slow.sent();
		const fast = connect(1_000_000);
		fast.deliver(bytes(open));
		for (let i = 0; i < 100; i++) stream.send("n", `${i} ${long(200)}`);
		expect(text(fast.sent()).split("event: n").length).toBe(101);
		slow.grant(1_000_000);
		const got = text(slow.sent());
		const lost = Number(got.match(/event: lost\ndata: (\d+)/)?.[1]);
		expect(lost).toBe(stream.dropped);
		expect(lost).toBeGreaterThan(50);
		expect(got.split("event: n").length - 1 + lost).toBe(100);
		expect(got.endsWith(`data: 99 ${long(200)}\n\n`)).toBe(true);
	});

	it("send a comment when silent, and let go of a reader that takes nothing", () => {
		const stream = server.events("/events");
		const reader = connect();
		reader.deliver(bytes(open));
		reader.sent();
		clock.advance(60_000);
		expect(text(reader.sent())).toMatch(/^(:\n\n){3,4}$/);
		expect(reader.closed).toBe(false);
		reader.grant(0);
		stream.send("x", "y");
		clock.advance(25_000);
		expect(reader.closed).toBe(true);
		expect(stream.clients).toBe(0);
	});

	it("leave places for ordinary requests", () => {
		server.events("/events");
		for (let i = 0; i < 6; i++) connect().deliver(bytes(open));
		expect(statusOf(ask(open))).toBe(503);
		expect(statusOf(ask(`GET /hello HTTP/1.1\r\n${H}\r\n`))).toBe(200);
	});

	it("can be ended, and HEAD does not join", () => {
		const stream = server.events("/events");
		stream.onOpen = (client) => client.close();
		const reader = connect();
		reader.deliver(bytes(open));
		expect(reader.closed).toBe(true);
		expect(ask(`HEAD /events HTTP/1.1\r\n${H}\r\n`)).toContain("text/event-stream");
		expect(stream.clients).toBe(0);
	});
});
