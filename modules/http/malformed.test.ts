import { beforeEach, describe, expect, it } from "vitest";
import { ask, bytes, connect, fakeServer, H, long, statusOf, text } from "../../test/adapters/http-fixture";
import { noise } from "../../test/adapters/noise";
import type { HttpServer } from "./server";

let server: HttpServer;

beforeEach(() => {
	server = fakeServer().server;
});

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
