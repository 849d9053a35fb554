import SocketTCP from "embedded:io/socket/tcp";
// biome-ignore lint/style/useNodejsImportProtocol: the SDK has a module of this name
import Net from "net";
import type { TcpClass } from "../../modules/base/io";
import { namedTCP } from "./named-tcp";

/** The SDK's TCP class, which also takes a name as `host`. */
export const TCP = namedTCP(SocketTCP as unknown as TcpClass, (name, callback) => Net.resolve(name, callback));
