import { createPrivateKey, X509Certificate } from "node:crypto";
import type { Duplex } from "node:stream";
import * as tls from "node:tls";
import { explainConnect } from "./real-network";
import { StreamWire, type Target, type Wire } from "./wire";

type Bytes = ArrayBuffer | Uint8Array | string;

/** The `secure` options of the Moddable SDK's TLS socket. Certificates and keys are DER bytes or PEM text. */
export interface SecureOptions {
	/** Whom to trust: the authority's certificate, or several. Without it, the authorities that Node brings. */
	certificate?: Bytes | Bytes[];
	/** False: any certificate will do. */
	verify?: boolean;
	/** The name asked for (SNI) and looked for in the certificate; the host's when not given. */
	serverName?: string;
	applicationLayerProtocolNegotiation?: string | string[];
	/** Our own certificate, followed by those between it and the authority. */
	clientCertificates?: Bytes[];
	clientKey?: Bytes;
}

/** A TLS client session, 1.2 at least, over an own socket or over `transport`. Bad options throw. */
export function connectTls(target: Target, secure: SecureOptions, transport: Duplex | undefined): Wire {
	const serverName = secure.serverName ?? target.host;
	const options: tls.ConnectionOptions = {
		minVersion: "TLSv1.2",
		rejectUnauthorized: secure.verify ?? true,
		host: target.host,
		port: target.port,
	};
	// an address is not a name that SNI may carry, RFC 6066 section 3; the certificate is still held against it
	if (!/^[\d.]+$|:/.test(serverName)) options.servername = serverName;
	else options.checkServerIdentity = (_host, certificate) => tls.checkServerIdentity(serverName, certificate);
	if (secure.certificate !== undefined)
		options.ca = (Array.isArray(secure.certificate) ? secure.certificate : [secure.certificate]).map((item) =>
			certificatePem(item, "certificate"),
		);
	if (secure.clientCertificates !== undefined)
		options.cert = secure.clientCertificates.map((item) => certificatePem(item, "clientCertificates")).join("\n");
	if (secure.clientKey !== undefined) options.key = keyPem(secure.clientKey);
	const protocols = secure.applicationLayerProtocolNegotiation;
	if (protocols !== undefined) options.ALPNProtocols = typeof protocols === "string" ? [protocols] : protocols;
	if (transport) options.socket = transport;
	let socket: tls.TLSSocket;
	try {
		socket = tls.connect(options);
	} catch (error) {
		transport?.destroy();
		throw new Error(`TLS: ${(error as Error).message}`);
	}
	if (target.noDelay !== undefined && !transport) socket.setNoDelay(target.noDelay);
	return new StreamWire(socket, {
		openEvent: "secureConnect",
		explain: (error) => explainTls(error, target, serverName),
		address: () => ({ address: socket.remoteAddress, port: socket.remotePort }),
	});
}

function certificatePem(item: Bytes, option: string): string {
	try {
		if (typeof item === "string" && item.includes("-----BEGIN")) {
			// every certificate of the text is looked at, so that a damaged one is found here and not by the handshake
			const all = item.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [item];
			return all.map((one) => new X509Certificate(one).toString()).join("");
		}
		if (typeof item !== "string") return new X509Certificate(bytesOf(item)).toString();
	} catch {
		// told below
	}
	throw new TypeError(`TLS: secure.${option} is not a certificate (DER bytes or PEM text)`);
}

function keyPem(item: Bytes): string {
	if (typeof item === "string") {
		try {
			return createPrivateKey(item).export({ type: "pkcs8", format: "pem" }).toString();
		} catch {
			// told below
		}
	} else
		for (const type of ["pkcs8", "pkcs1", "sec1"] as const)
			try {
				return createPrivateKey({ key: bytesOf(item), format: "der", type })
					.export({ type: "pkcs8", format: "pem" })
					.toString();
			} catch {
				// the next form
			}
	throw new TypeError("TLS: secure.clientKey is not a private key (PKCS#8, PKCS#1 or SEC1; DER bytes or PEM text)");
}

function bytesOf(item: ArrayBuffer | Uint8Array): Buffer {
	return item instanceof Uint8Array ? Buffer.from(item) : Buffer.from(new Uint8Array(item));
}

function explainTls(error: Error, target: Target, serverName: string): string {
	const code = (error as NodeJS.ErrnoException).code ?? "";
	if (code === "ERR_TLS_CERT_ALTNAME_INVALID")
		return `TLS: the certificate of ${target.host}:${target.port} is not for ${serverName}`;
	if (/CERT|SIGNED|ISSUER|_CA$|CRL|VERIFY/.test(code) && !code.startsWith("ERR_SSL"))
		return `TLS: the certificate of ${target.host}:${target.port} does not verify: ${error.message}`;
	if (code.startsWith("ERR_SSL") || code === "EPROTO")
		return `TLS: ${target.host}:${target.port} refused: ${error.message.replace(/^[0-9A-F]+:error:/, "").trim()}`;
	return explainConnect(error, target);
}
