/** Storage of the Moddable SDK 8.2, which the package @moddable/typings does not have. */
declare module "embedded:storage/files" {
	export class Status {
		/** Bytes. */
		size: number;
		/** 0: there is nothing of that name. */
		mode: number;
		isFile(): boolean;
		isDirectory(): boolean;
		isSymbolicLink(): boolean;
	}

	/** Made by `Directory.openFile`. */
	export class File {
		private constructor();
		/** Fewer bytes than asked at the end of the file. */
		read(count: number, position: number): ArrayBuffer;
		read(buffer: ArrayBuffer | ArrayBufferView, position: number): number;
		write(buffer: ArrayBuffer | ArrayBufferView, position: number): void;
		status(): Status;
		setSize(length: number): void;
		/** Returns when what was written survives a power cut. */
		flush(): void;
		close(): void;
	}

	/** Paths are relative to it, without "." and "..". */
	export class Directory {
		private constructor();
		openFile(options: { path: string; mode?: "r" | "r+" | "w" | "w+" | undefined }): File;
		openDirectory(options: { path: string }): Directory;
		/** False when there was nothing. */
		delete(path: string): boolean;
		/** Replaces what is at `to`. */
		move(from: string, to: string, toDirectory?: Directory): void;
		status(path: string, options?: { resolveTarget?: boolean | undefined }): Status;
		/** False when it is there already. */
		createDirectory(path: string): boolean;
		scan(path?: string): IterableIterator<string>;
		[Symbol.iterator](): IterableIterator<string>;
		close(): void;
	}

	/** The root of the file system. */
	const files: Directory;
	export default files;
}

declare module "embedded:storage/key-value" {
	export type Format =
		| "buffer"
		| "string"
		| "uint8"
		| "int8"
		| "uint16"
		| "int16"
		| "uint32"
		| "int32"
		| "uint64"
		| "int64";

	/** Made by `open`. Each write is committed. Names have 1..15 characters. */
	export class Storage {
		private constructor();
		format: Format;
		/** Undefined when there is no such key. Throws TypeError when it was written in another format. */
		read(key: string): ArrayBuffer | string | number | bigint | undefined;
		read(key: string, buffer: ArrayBuffer | ArrayBufferView): number | undefined;
		write(key: string, value: ArrayBuffer | ArrayBufferView | string | number | bigint): void;
		delete(key: string): void;
		[Symbol.iterator](): IterableIterator<string>;
		close(): void;
	}

	const storage: {
		open(options: { path: string; mode?: "r" | "r+" | undefined; format?: Format | undefined }): Storage;
	};
	export default storage;
}

declare module "embedded:storage/flash" {
	export interface Status {
		/** Bytes. */
		size: number;
		/** Bytes of an erase block. */
		blockLength: number;
		blocks: number;
	}

	/** Made by `open`. Writing only clears bits; erasing sets them, in blocks. */
	export class Flash {
		private constructor();
		format: "buffer";
		read(count: number, offset: number): ArrayBuffer;
		read(buffer: ArrayBuffer | ArrayBufferView, offset: number): number;
		write(buffer: ArrayBuffer | ArrayBufferView, offset: number): void;
		/** Blocks `start` to `end`, which is not included; one block without `end`. */
		eraseBlock(start: number, end?: number): void;
		status(): Status;
		close(): void;
	}

	const flash: {
		open(options: { path: string; mode?: "r" | "r+" | undefined }): Flash;
		/** Names of the partitions. */
		[Symbol.iterator](): IterableIterator<string>;
	};
	export default flash;
}
