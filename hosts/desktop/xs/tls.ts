import type { Options } from "embedded:io/socket/tcp/tls";
import host from "host:io";
import { Stream } from "./stream";
import { place } from "./tcp";

/** TLS client with the options of the Moddable SDK; the protocol itself is Node's. */
export default class TLSSocket extends Stream {
	constructor(options: Options) {
		super("TLS", options, open);
	}
}

function open(options: Options, mask: number): number {
	const { secure } = options;
	if (secure !== undefined && (typeof secure !== "object" || secure === null))
		throw new TypeError("TLS: secure is not an object");
	if (options.from !== undefined) throw new TypeError("TLS: from is not possible");
	const [where, isAddress, port, noDelay] = place("TLS", options);
	// with an address to connect to and a name, the name is what the certificate has to be for
	const serverName = secure?.serverName ?? (isAddress ? options.host : undefined);
	return host.tlsConnect(where, isAddress, port, noDelay, copy(secure, serverName), mask);
}

/** Only what Node understands: an application may have put other things beside. */
function copy(secure: Options["secure"], serverName: string | undefined): object {
	const out: Record<string, unknown> = {};
	if (serverName !== undefined) out["serverName"] = serverName;
	if (!secure) return out;
	const { certificate, verify, applicationLayerProtocolNegotiation: protocols, clientCertificates, clientKey } = secure;
	if (certificate !== undefined) out["certificate"] = certificate;
	if (verify !== undefined) out["verify"] = verify;
	if (protocols !== undefined) out["applicationLayerProtocolNegotiation"] = protocols;
	if (clientCertificates !== undefined) out["clientCertificates"] = clientCertificates;
	if (clientKey !== undefined) out["clientKey"] = clientKey;
	return out;
}
