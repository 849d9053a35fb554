import { beforeEach, describe, expect, it } from "vitest";
import { ask, bytes, connect, fakeServer, H, long, statusOf, text } from "../../test/adapters/http-fixture";
import type { FakeNetwork } from "../../test/fakes/tcp";
import type { ManualClock } from "../base/manual-clock";
import type { HttpRequest, HttpResponse, HttpServer } from "./server";

let clock: ManualClock;
let server: HttpServer;
let network: FakeNetwork;

beforeEach(() => {
	({ server, clock, network } = fakeServer());
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
		socket.send(bytes(`GET /later HTTP/1.1\r\n${H}\r\n`));
		expect(text(socket.take())).toBe("");
		clock.advance(5000);
		kept!.text("done");
		kept!.text("again");
		expect(text(socket.take()).endsWith("\r\n\r\ndone")).toBe(true);
	});

	it("gives up on a handler after 30 s, and an answer after that does no harm", () => {
		let kept: HttpResponse | undefined;
		server.route("GET", "/never", (_request, response) => {
			kept = response;
		});
		const socket = connect();
		socket.send(bytes(`GET /never HTTP/1.1\r\n${H}\r\n`));
		clock.advance(29_000);
		expect(text(socket.take())).toBe("");
		clock.advance(2000);
		expect(statusOf(text(socket.take()))).toBe(504);
		kept!.text("late");
		expect(text(socket.take())).toBe("");
	});

	it("says Continue only when the body may come", () => {
		const socket = connect();
		socket.send(bytes(`POST /echo HTTP/1.1\r\n${H}Content-Length: 3\r\nExpect: 100-continue\r\n\r\n`));
		expect(text(socket.take())).toBe("HTTP/1.1 100 Continue\r\n\r\n");
		socket.send(bytes("abc"));
		expect(text(socket.take()).endsWith("\r\n\r\nabc")).toBe(true);
		const refused = ask(`POST /echo HTTP/1.1\r\n${H}Content-Length: 99999\r\nExpect: 100-continue\r\n\r\n`);
		expect(statusOf(refused)).toBe(413);
	});
});

describe("connections", () => {
	it("stay open for the next request, or close when told to", () => {
		const socket = connect();
		for (let i = 0; i < 3; i++) {
			socket.send(bytes(`GET /hello HTTP/1.1\r\n${H}\r\n`));
			expect(statusOf(text(socket.take()))).toBe(200);
			expect(socket.closed).toBe(false);
		}
		socket.send(bytes(`GET /hello HTTP/1.1\r\n${H}Connection: foo, Close\r\n\r\n`));
		expect(text(socket.take())).toContain("\r\nConnection: close\r\n");
		expect(socket.closed).toBe(true);
		const old = connect();
		old.send(bytes("GET /hello HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"));
		expect(text(old.take())).toContain("\r\nConnection: keep-alive\r\n");
		expect(old.closed).toBe(false);
	});

	it("answer pipelined requests in order, leaving the rest unread while one waits", () => {
		const waiting: HttpResponse[] = [];
		server.route("GET", "/wait/:n", (_request, response) => waiting.push(response));
		const socket = connect();
		const one = (n: number) => `GET /wait/${n} HTTP/1.1\r\n${H}X: ${long(1500)}\r\n\r\n`;
		socket.send(bytes(one(1) + one(2) + one(3)));
		expect(waiting.length).toBe(1);
		expect(socket.unread).toBeGreaterThan(1000);
		for (let n = 1; n <= 3; n++) {
			waiting[n - 1]!.text(`answer ${n}`);
			expect(text(socket.take()).endsWith(`answer ${n}`)).toBe(true);
			expect(waiting.length).toBe(Math.min(3, n + 1));
		}
		expect(socket.unread).toBe(0);
	});

	it("answer many small pipelined requests at once", () => {
		const socket = connect();
		socket.send(bytes(`GET /hello HTTP/1.1\r\n${H}\r\n`.repeat(200)));
		expect(text(socket.take()).split("HTTP/1.1 200 OK").length).toBe(201);
	});

	it("close after a refusal, but only once the client has had time to read it", () => {
		const socket = connect();
		socket.send(bytes("nonsense\r\n"));
		expect(text(socket.take())).toContain("\r\nConnection: close\r\n");
		socket.send(new Uint8Array(5000));
		expect(socket.unread).toBe(0);
		expect(socket.closed).toBe(false);
		clock.advance(3000);
		expect(socket.closed).toBe(true);
		expect(server.clients).toBe(0);
	});

	it("408 for a request that takes over 10 s, even one byte a second", () => {
		const socket = connect();
		for (let i = 0; i < 12 && text(socket.take()) === ""; i++) {
			socket.send(bytes(`GET /hello HTTP/1.1\r\n${H}`.slice(i, i + 1)));
			clock.advance(1000);
			if (i === 8) expect(text(socket.take())).toBe("");
		}
		clock.advance(3000);
		expect(socket.closed).toBe(true);
		const slow = connect();
		slow.send(bytes("GET"));
		clock.advance(11_000);
		expect(statusOf(text(slow.take()))).toBe(408);
	});

	it("close without a word when nothing comes", () => {
		const socket = connect();
		clock.advance(11_000);
		expect(socket.closed).toBe(true);
		expect(text(socket.take())).toBe("");
		expect(clock.pending).toBe(0);
	});

	it("take eight clients; a ninth takes the place of an idle one, else gets 503", () => {
		const idle = connect();
		const busy = Array.from({ length: 7 }, () => connect());
		for (const socket of busy) socket.send(bytes("GET /hel"));
		const ninth = connect();
		expect(idle.closed).toBe(true);
		ninth.send(bytes("GET /hel"));
		const tenth = connect();
		const refusal = text(tenth.take());
		expect(statusOf(refusal)).toBe(503);
		expect(refusal).toContain("Retry-After");
		for (const socket of [...busy, ninth]) {
			socket.send(bytes(`lo HTTP/1.1\r\n${H}\r\n`));
			expect(statusOf(text(socket.take()))).toBe(200);
		}
		expect(server.counters.turnedAway).toBe(1);
	});

	it("close a flood beyond that without a word", () => {
		for (let i = 0; i < 8; i++) connect().send(bytes("G"));
		const flood = Array.from({ length: 20 }, () => connect(0));
		expect(flood.filter((socket) => socket.closed).length).toBe(18);
		expect(server.clients).toBe(10);
	});

	it("503 when the bodies under way are too much together", () => {
		const held = [connect(), connect()];
		for (const socket of held) socket.send(bytes(`POST /echo HTTP/1.1\r\n${H}Content-Length: 65000\r\n\r\n`));
		expect(statusOf(ask(`POST /echo HTTP/1.1\r\n${H}Content-Length: 5000\r\n\r\n`))).toBe(503);
		held[0]!.end();
		expect(statusOf(ask(`POST /echo HTTP/1.1\r\n${H}Content-Length: 5\r\n\r\nabcde`))).toBe(200);
	});

	it("a slow reader gets its answer by credit, and others do not wait", () => {
		const body = new Uint8Array(50_000).map((_, i) => i % 251);
		server.route("GET", "/big", (_request, response) => response.send(body, "x/y"));
		const slow = connect(0);
		slow.send(bytes(`GET /big HTTP/1.1\r\n${H}\r\n`));
		expect(statusOf(ask(`GET /hello HTTP/1.1\r\n${H}\r\n`))).toBe(200);
		const got: Uint8Array[] = [];
		for (let credit = 1; got.reduce((sum, part) => sum + part.length, 0) < 50_100 && credit < 5000; credit++) {
			slow.grant(credit);
			got.push(slow.take());
		}
		const all = Buffer.concat(got);
		expect(Buffer.compare(all.subarray(all.length - 50_000), Buffer.from(body))).toBe(0);
	});

	it("a reader that takes nothing for 20 s is let go", () => {
		server.route("GET", "/big", (_request, response) => response.send(new Uint8Array(50_000), "x/y"));
		const slow = connect(100);
		slow.send(bytes(`GET /big HTTP/1.1\r\n${H}\r\n`));
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
		socket.send(bytes(`GET /stop HTTP/1.1\r\n${H}\r\n`));
		expect(socket.closed && other.closed && !network.listening).toBe(true);
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
		for (const reader of readers) reader.send(bytes(open));
		stream.send("power", '{"w":1}', "7");
		stream.send("text", "two\nlines");
		for (const reader of readers) {
			const got = text(reader.take());
			expect(got).toContain("\r\nContent-Type: text/event-stream\r\n");
			expect(got).not.toContain("Content-Length");
			expect(got.split("\r\n\r\n")[1]).toBe(
				'event: power\nid: 7\ndata: {"w":1}\n\nevent: text\ndata: two\ndata: lines\n\n',
			);
		}
		readers[0]!.end();
		expect(stream.clients).toBe(1);
	});

	it("greet a new reader, who says what it had last", () => {
		const stream = server.events("/events");
		stream.onOpen = (client) => client.send("state", `after ${client.lastEventId}`);
		const reader = connect();
		reader.send(bytes(`GET /events HTTP/1.1\r\n${H}Last-Event-ID: 41\r\n\r\n`));
		expect(text(reader.take()).endsWith("event: state\ndata: after 41\n\n")).toBe(true);
	});

	it("drop a slow reader's oldest events, tell it how many, and leave the others alone", () => {
		const stream = server.events("/events");
		const slow = connect(1000);
		slow.send(bytes(open));
		slow.grant(0);
		slow.take();
		const fast = connect(1_000_000);
		fast.send(bytes(open));
		for (let i = 0; i < 100; i++) stream.send("n", `${i} ${long(200)}`);
		expect(text(fast.take()).split("event: n").length).toBe(101);
		slow.grant(1_000_000);
		const got = text(slow.take());
		const lost = Number(got.match(/event: lost\ndata: (\d+)/)?.[1]);
		expect(lost).toBe(stream.dropped);
		expect(lost).toBeGreaterThan(50);
		expect(got.split("event: n").length - 1 + lost).toBe(100);
		expect(got.endsWith(`data: 99 ${long(200)}\n\n`)).toBe(true);
	});

	it("send a comment when silent, and let go of a reader that takes nothing", () => {
		const stream = server.events("/events");
		const reader = connect();
		reader.send(bytes(open));
		reader.take();
		clock.advance(60_000);
		expect(text(reader.take())).toMatch(/^(:\n\n){3,4}$/);
		expect(reader.closed).toBe(false);
		reader.grant(0);
		stream.send("x", "y");
		clock.advance(25_000);
		expect(reader.closed).toBe(true);
		expect(stream.clients).toBe(0);
	});

	it("leave places for ordinary requests", () => {
		server.events("/events");
		for (let i = 0; i < 6; i++) connect().send(bytes(open));
		expect(statusOf(ask(open))).toBe(503);
		expect(statusOf(ask(`GET /hello HTTP/1.1\r\n${H}\r\n`))).toBe(200);
	});

	it("can be ended, and HEAD does not join", () => {
		const stream = server.events("/events");
		stream.onOpen = (client) => client.close();
		const reader = connect();
		reader.send(bytes(open));
		expect(reader.closed).toBe(true);
		expect(ask(`HEAD /events HTTP/1.1\r\n${H}\r\n`)).toContain("text/event-stream");
		expect(stream.clients).toBe(0);
	});
});

describe("bodies made piece by piece", () => {
	const open = `GET /pieces HTTP/1.1\r\n${H}\r\n`;

	function serve(...texts: string[]): void {
		server.route("GET", "/pieces", (_, response) => {
			const left = texts.map(bytes);
			response.pieces(() => left.shift(), "text/plain");
		});
	}

	it("are chunked, and the connection stays", () => {
		serve("hello", "", long(300), "!");
		const client = connect();
		client.send(bytes(open + open));
		const body = `5\r\nhello\r\n12c\r\n${long(300)}\r\n1\r\n!\r\n0\r\n\r\n`;
		const got = text(client.take());
		expect(got.split(body)).toHaveLength(3);
		expect(got).toContain("Transfer-Encoding: chunked");
		expect(got).not.toContain("Content-Length");
		expect(client.closed).toBe(false);
	});

	it("end with the connection for HTTP/1.0, and HEAD has none", () => {
		serve("one", "two");
		const old = ask("GET /pieces HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
		expect(old.endsWith("\r\n\r\nonetwo")).toBe(true);
		expect(old).toContain("Connection: close");
		expect(ask(`HEAD /pieces HTTP/1.1\r\n${H}\r\n`).endsWith("\r\n\r\n")).toBe(true);
	});

	it("wait for a slow reader, and one that fails ends the connection without the last chunk", () => {
		let made = 0;
		server.route("GET", "/many", (_, response) => {
			response.pieces(() => (made++ < 50 ? bytes(long(1000)) : undefined), "text/plain");
		});
		const slow = connect();
		slow.grant(2500);
		slow.send(bytes(`GET /many HTTP/1.1\r\n${H}\r\n`));
		expect(made).toBeLessThan(5);
		slow.grant(1_000_000);
		expect(text(slow.take()).endsWith("0\r\n\r\n")).toBe(true);
		server.route("GET", "/fails", (_, response) => {
			response.pieces(() => {
				throw new Error("no more");
			}, "text/plain");
		});
		const broken = connect();
		broken.send(bytes(`GET /fails HTTP/1.1\r\n${H}\r\n`));
		expect(broken.closed).toBe(true);
		expect(text(broken.take())).not.toContain("0\r\n\r\n");
	});

	it("of an event go before all that waits, whole", () => {
		const stream = server.events("/events");
		stream.onOpen = (client) => {
			const left = ["[1", ",2]"].map(bytes);
			client.sendPieces("site", () => left.shift());
			stream.send("n", "3");
		};
		const reader = connect();
		reader.send(bytes(`GET /events HTTP/1.1\r\n${H}\r\n`));
		expect(text(reader.take())).toContain("\r\n\r\nevent: site\ndata: [1,2]\n\nevent: n\ndata: 3\n\n");
	});
});
