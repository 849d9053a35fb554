/**
 * What Node gives to the classes of hosts/desktop/xs: the functions of hosts/desktop/io. An open object is a number;
 * `mask` says which events it has callbacks for (1 readable, 2 writable, 4 error).
 */
declare module "host:io" {
	type Bytes = ArrayBuffer | ArrayBufferView;

	interface HostIo {
		/** Gives Node the function that it calls with every event. */
		start(dispatch: (id: number, event: number, value: number | string) => void): void;
		close(id: number): void;

		tcpConnect(host: string, isAddress: boolean, port: number, noDelay: boolean | undefined, mask: number): number;
		tlsConnect(
			host: string,
			isAddress: boolean,
			port: number,
			noDelay: boolean | undefined,
			secure: object,
			mask: number,
		): number;
		/** Takes over the open file. */
		serialAttach(path: string, file: number, mask: number): number;
		streamAdopt(id: number, mask: number): void;
		/** `count` -1 = all. */
		streamRead(id: number, count: number): ArrayBuffer | undefined;
		streamWrite(id: number, bytes: Bytes): number | undefined;
		streamAddress(id: number): string | undefined;
		streamPort(id: number): number | undefined;
		listen(port: number, address: string | undefined, mask: number): number;
		listenerPort(id: number): number;
		accept(id: number): number | undefined;
		udpOpen(port: number, address: string | undefined, timeToLive: number | undefined, mask: number): number;
		udpRead(id: number): { bytes: ArrayBuffer; address: string; port: number } | undefined;
		udpWrite(id: number, bytes: Bytes, address: string, port: number): void;
		udpGroup(id: number, address: string, join: boolean): void;

		digitalOpen(pin: number, mode: number, edges: number, activeLow: boolean, initial: number, mask: number): number;
		digitalRead(id: number): 0 | 1;
		digitalWrite(id: number, value: number): void;
		analogOpen(pin: number): number;
		analogRead(id: number): number;

		fileOpen(directory: number, path: string, mode: string): number;
		fileRead(id: number, count: number, position: number): ArrayBuffer;
		fileWrite(id: number, bytes: Bytes, position: number): void;
		fileStatus(id: number): [size: number, mode: number];
		fileSetSize(id: number, length: number): void;
		fileFlush(id: number): void;
		directoryOpen(directory: number, path: string): number;
		directoryCreate(directory: number, path: string): boolean;
		directoryDelete(directory: number, path: string): boolean;
		directoryMove(directory: number, from: string, toDirectory: number, to: string): void;
		directoryStatus(directory: number, path: string, resolveTarget: boolean): [size: number, mode: number];
		directoryScan(directory: number, path: string): string[];

		valueOpen(path: string, mode: string): number;
		valueRead(id: number, key: string, format: string): ArrayBuffer | string | number | bigint | undefined;
		valueWrite(id: number, key: string, format: string, value: Bytes | string | number | bigint): void;
		valueDelete(id: number, key: string): void;
		valueKeys(id: number): string[];

		flashOpen(name: string, mode: string): number;
		flashSize(id: number): number;
		flashRead(id: number, count: number, offset: number): ArrayBuffer;
		flashWrite(id: number, bytes: Bytes, offset: number): void;
		flashErase(id: number, start: number, end: number): void;
		flashNames(): string[];
	}

	const io: HostIo;
	export default io;
}
