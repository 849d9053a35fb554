import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tls from "node:tls";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { FakeMachine, type Handlers, until } from "./fake-machine";
import type { SecureOptions } from "./tls";
import { VirtualNetwork } from "./virtual-network";
import { VirtualTime } from "./virtual-time";

let folder: string;
const path = (name: string) => join(folder, name);
const pem = (name: string) => readFileSync(path(name), "utf8");
const openssl = (command: string) => execFileSync("openssl", command.split(" "), { cwd: folder, stdio: "pipe" });
const NEW_KEY = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";

function makeAuthority(name: string): void {
	openssl(`req -x509 ${NEW_KEY} -keyout ${name}.key -out ${name}.pem -days 2 -subj /CN=${name}`);
}

function makeCertificate(name: string, authority: string, alternatives: string): void {
	openssl(`req ${NEW_KEY} -keyout ${name}.key -out ${name}.csr -subj /CN=${name}`);
	writeFileSync(path(`${name}.ext`), `subjectAltName=${alternatives}\n`);
	openssl(
		`x509 -req -in ${name}.csr -CA ${authority}.pem -CAkey ${authority}.key -CAcreateserial -days 2 -extfile ${name}.ext -out ${name}.pem`,
	);
}

beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "gridpost-tls-"));
	makeAuthority("authority");
	makeAuthority("stranger");
	makeCertificate("server", "authority", "DNS:broker.test,IP:127.0.0.1");
	makeCertificate("elsewhere", "authority", "DNS:elsewhere.test");
	makeCertificate("hub", "authority", "DNS:hub.test");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const undo: (() => void)[] = [];
afterEach(() => {
	for (const action of undo.splice(0)) action();
});

async function serve(name: string, options: tls.TlsOptions = {}): Promise<{ port: number; sessions: tls.TLSSocket[] }> {
	const sessions: tls.TLSSocket[] = [];
	const server = tls.createServer({ cert: pem(`${name}.pem`), key: pem(`${name}.key`), ...options }, (socket) => {
		sessions.push(socket);
		socket.on("error", () => {});
		socket.on("data", (data) => socket.write(`echo ${data}`));
	});
	server.on("tlsClientError", () => {});
	undo.push(() => {
		for (const socket of sessions) socket.destroy();
		server.close();
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	return { port: (server.address() as { port: number }).port, sessions };
}

/** Connects, says "hi" as soon as it may, and gives what came: the echo or the reason of the end. */
async function talk(port: number, secure: SecureOptions, host = "127.0.0.1"): Promise<string> {
	const m = new FakeMachine();
	undo.push(() => m.io.close());
	let result = "";
	let said = false;
	const handlers: Handlers = {
		onWritable: () => {
			if (!said) m.send(id, "hi");
			said = true;
		},
		onReadable: () => (result = m.text(id)!),
		onError: (reason) => (result ||= reason),
	};
	const id = m.on(m.host.tlsConnect(host, host !== "localhost", port, true, secure, 7), handlers);
	await until(() => result);
	m.host.close(id);
	expect(m.errors).toEqual([]);
	return result;
}

const der = (name: string): Uint8Array =>
	Uint8Array.from(Buffer.from(pem(name).replace(/-----[^-]+-----/g, ""), "base64"));

test("the authority's certificate is enough, as PEM, as DER and among others", async () => {
	const { port } = await serve("server");
	const authority = pem("authority.pem");
	expect(await talk(port, { certificate: authority })).toBe("echo hi");
	expect(await talk(port, { certificate: der("authority.pem") })).toBe("echo hi");
	expect(await talk(port, { certificate: der("authority.pem").buffer as ArrayBuffer })).toBe("echo hi");
	expect(await talk(port, { certificate: [der("stranger.pem"), authority] })).toBe("echo hi");
	expect(await talk(port, { certificate: pem("stranger.pem") + authority })).toBe("echo hi");
});

test("a certificate of another authority is refused, with its reason and not by an abort", async () => {
	const { port, sessions } = await serve("server");
	const place = `TLS: the certificate of 127.0.0.1:${port} does not verify: `;
	expect(await talk(port, { certificate: pem("stranger.pem") })).toContain(place);
	expect(await talk(port, {})).toContain(place);
	// what was said before the handshake was over never reached anybody
	await new Promise((resolve) => setTimeout(resolve, 20));
	expect(sessions.every((session) => session.bytesRead === 0 || session.destroyed)).toBe(true);
});

test("verify false takes any certificate", async () => {
	const { port } = await serve("elsewhere");
	expect(await talk(port, { verify: false })).toBe("echo hi");
});

test("the name must be the certificate's; serverName says which name that is", async () => {
	const { port, sessions } = await serve("elsewhere");
	const certificate = pem("authority.pem");
	expect(await talk(port, { certificate }, "localhost")).toBe(
		`TLS: the certificate of localhost:${port} is not for localhost`,
	);
	expect(await talk(port, { certificate })).toBe(`TLS: the certificate of 127.0.0.1:${port} is not for 127.0.0.1`);
	expect(await talk(port, { certificate, serverName: "elsewhere.test" })).toBe("echo hi");
	expect(sessions.at(-1)!.servername).toBe("elsewhere.test");
});

test("a server that asks for a client certificate gets ours, and refuses us without", async () => {
	const { port, sessions } = await serve("server", { requestCert: true, ca: pem("authority.pem") });
	const certificate = pem("authority.pem");
	const clientCertificates = [der("hub.pem")];
	expect(await talk(port, { certificate, clientCertificates, clientKey: der("hub.key") })).toBe("echo hi");
	expect(sessions.at(-1)!.getPeerCertificate().subject.CN).toBe("hub");
	expect(await talk(port, { certificate, clientCertificates: [pem("hub.pem")], clientKey: pem("hub.key") })).toBe(
		"echo hi",
	);
	openssl("ec -in hub.key -outform DER -out hub.sec1");
	const sec1 = Uint8Array.from(readFileSync(path("hub.sec1")));
	expect(await talk(port, { certificate, clientCertificates, clientKey: sec1 })).toBe("echo hi");
	expect(await talk(port, { certificate })).toMatch(/TLS: .* refused: |closed|broken/);
});

test("the protocol asked for is negotiated", async () => {
	const { port, sessions } = await serve("server", { ALPNProtocols: ["mqtt", "http/1.1"] });
	const certificate = pem("authority.pem");
	expect(await talk(port, { certificate, applicationLayerProtocolNegotiation: "mqtt" })).toBe("echo hi");
	expect(sessions.at(-1)!.alpnProtocol).toBe("mqtt");
	expect(await talk(port, { certificate, applicationLayerProtocolNegotiation: ["h2", "http/1.1"] })).toBe("echo hi");
	expect(sessions.at(-1)!.alpnProtocol).toBe("http/1.1");
});

test("nothing older than TLS 1.2", async () => {
	const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const;
	const { port } = await serve("server", old);
	expect(await talk(port, { certificate: pem("authority.pem") })).toMatch(/TLS: .* refused: |broken/);
	const twelve = await serve("server", { maxVersion: "TLSv1.2" });
	expect(await talk(twelve.port, { certificate: pem("authority.pem") })).toBe("echo hi");
	expect(twelve.sessions[0]!.getProtocol()).toBe("TLSv1.2");
});

test("a server that speaks no TLS, and one that is not there", async () => {
	const m = new FakeMachine();
	undo.push(() => m.io.close());
	const plain = m.listen(0, (id) => m.adopt(id, { onWritable: () => m.send(id, "220 hello\r\n".repeat(9)) }));
	const port = m.host.listenerPort(plain);
	expect(await talk(port, {})).toMatch(/^TLS: 127\.0\.0\.1:\d+ refused: /);
	m.host.close(plain);
	expect(await talk(port, {})).toBe(`connection to 127.0.0.1:${port} refused`);
});

test("over the virtual network too", async () => {
	const time = new VirtualTime();
	const network = new VirtualNetwork({ clock: time });
	const cert = pem("server.pem");
	network.listen(8883, (stream) => {
		const session = new tls.TLSSocket(stream, { isServer: true, cert, key: pem("server.key") });
		session.on("error", () => {});
		session.on("data", (data) => session.write(`echo ${data}`));
	});
	const m = new FakeMachine({ network: network.attach(), clock: time });
	undo.push(() => m.io.close());
	const log: string[] = [];
	for (const certificate of [pem("authority.pem"), pem("stranger.pem")]) {
		let said = false;
		const handlers: Handlers = {
			onWritable: () => {
				if (!said) m.send(id, "hi");
				said = true;
			},
			onReadable: () => log.push(m.text(id)!),
			onError: (reason) => log.push(reason),
		};
		const secure = { certificate, serverName: "broker.test" };
		const id = m.on(m.host.tlsConnect("10.0.0.77", true, 8883, true, secure, 7), handlers);
	}
	for (let i = 0; i < 500 && log.length < 2; i++) await time.run(10, network);
	log.sort();
	expect(log[1]).toBe("echo hi");
	expect(log[0]).toContain("TLS: the certificate of 10.0.0.77:8883 does not verify");
});

test("options that cannot be used throw and open nothing", () => {
	const m = new FakeMachine();
	undo.push(() => m.io.close());
	const open = (secure: SecureOptions) => m.host.tlsConnect("127.0.0.1", true, 8883, true, secure, 7);
	expect(() => open({ certificate: "nonsense" })).toThrow("secure.certificate is not a certificate");
	expect(() => open({ certificate: new Uint8Array(20) })).toThrow("secure.certificate is not a certificate");
	expect(() => open({ certificate: pem("authority.pem").replace(/[A-Z]{4}/, "!!!!") })).toThrow("secure.certificate");
	expect(() => open({ clientCertificates: [pem("hub.key")] })).toThrow("secure.clientCertificates is not");
	expect(() => open({ clientKey: pem("hub.pem") })).toThrow("secure.clientKey is not a private key");
	expect(() => open({ clientKey: new Uint8Array(3) })).toThrow("secure.clientKey is not a private key");
	expect(() => open({ clientCertificates: [pem("hub.pem")], clientKey: pem("server.key") })).toThrow("TLS: ");
	expect(m.io.open).toBe(0);
});
