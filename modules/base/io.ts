/**
 * Shapes of ECMA-419 socket classes as the Moddable SDK has them, for code that is handed one as `io`.
 * The desktop's own classes and the fakes of the tests have the same shape.
 */
export interface TcpOptions {
	/** IP address; the SDK's TCP resolves no names. */
	address?: string | undefined;
	/** Name: for classes that resolve it, and for TLS. */
	host?: string | undefined;
	port?: number | undefined;
	/** What `Listener.read()` gave: an accepted connection. */
	from?: unknown;
	/** Bytes that wait to be read. Not repeated for bytes that were left unread. */
	onReadable?: ((bytes: number) => void) | undefined;
	/** The credit: how many bytes may be written now. The first call says that the connection is up. */
	onWritable?: ((bytes: number) => void) | undefined;
	/** The connection is over, for whatever reason; comes after the last byte was read. */
	onError?: ((error?: unknown) => void) | undefined;
	[setting: string]: unknown;
}

export interface TcpSocket {
	/** Up to `count` bytes, which must not be more than are waiting; undefined when none are. */
	read(count: number): ArrayBuffer | undefined;
	/** Throws when there are more bytes than credit. Gives the credit left where the class knows it. */
	write(bytes: Uint8Array | ArrayBuffer): number | undefined;
	close(): void;
}

export type TcpClass = new (options: TcpOptions) => TcpSocket;

export interface ListenerOptions {
	port?: number | undefined;
	address?: string | undefined;
	/** Connections that wait to be accepted. */
	onReadable?: ((connections: number) => void) | undefined;
	onError?: ((error?: unknown) => void) | undefined;
	[setting: string]: unknown;
}

export interface ListenerSocket {
	/** An accepted connection, to be given to a TCP class as `from`. */
	read(): unknown;
	close(): void;
}

export type ListenerClass = new (options: ListenerOptions) => ListenerSocket;
