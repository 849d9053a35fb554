import host from "host:io";
import { bytesOf, checkOptions, closedError, integer, word } from "./events";

type OpenMode = "r" | "r+" | "w" | "w+";
const MODES: readonly OpenMode[] = ["r", "r+", "w", "w+"];

const TYPE = 0o170000;
const REGULAR = 0o100000;
const FOLDER = 0o040000;
const LINK = 0o120000;
const LARGEST = Number.MAX_SAFE_INTEGER;

/** Only this module makes files and directories. */
const INSIDE = {};

export class Status {
	size: number;
	/** Type and permissions as POSIX has them; 0 = there is nothing. */
	mode: number;

	constructor(status: [size: number, mode: number]) {
		this.size = status[0];
		this.mode = status[1];
	}

	isFile(): boolean {
		return (this.mode & TYPE) === REGULAR;
	}

	isDirectory(): boolean {
		return (this.mode & TYPE) === FOLDER;
	}

	isSymbolicLink(): boolean {
		return (this.mode & TYPE) === LINK;
	}
}

export class File {
	#id: number;

	constructor(key: object, id: number) {
		if (key !== INSIDE) throw new TypeError("File: use openFile");
		this.#id = id;
	}

	read(count: number, position: number): ArrayBuffer;
	read(buffer: ArrayBuffer | ArrayBufferView, position: number): number;
	read(want: unknown, position: number): ArrayBuffer | number {
		const at = integer("File", "position", position, 0, LARGEST);
		if (typeof want === "number") return host.fileRead(this.#open(), integer("File", "count", want, 0, 0x7fffffff), at);
		const view = bytesOf("File", want);
		const bytes = host.fileRead(this.#open(), view.length, at);
		view.set(new Uint8Array(bytes));
		return bytes.byteLength;
	}

	write(buffer: ArrayBuffer | ArrayBufferView, position: number): void {
		host.fileWrite(this.#open(), bytesOf("File", buffer), integer("File", "position", position, 0, LARGEST));
	}

	status(): Status {
		return new Status(host.fileStatus(this.#open()));
	}

	setSize(length: number): void {
		host.fileSetSize(this.#open(), integer("File", "length", length, 0, LARGEST));
	}

	flush(): void {
		host.fileFlush(this.#open());
	}

	close(): void {
		const id = this.#id;
		this.#id = 0;
		if (id !== 0) host.close(id);
	}

	#open(): number {
		if (this.#id === 0) throw closedError("File");
		return this.#id;
	}
}

export class Directory {
	/** -1 = closed, 0 = the root. */
	#id: number;

	constructor(key: object, id: number) {
		if (key !== INSIDE) throw new TypeError("Directory: use openDirectory");
		this.#id = id;
	}

	openFile(options: { path: string; mode?: OpenMode | undefined }): File {
		checkOptions("openFile", options);
		const mode = word("openFile", "mode", options.mode ?? "r", MODES);
		return new File(INSIDE, host.fileOpen(this.#open(), text(options.path), mode));
	}

	openDirectory(options: { path: string }): Directory {
		checkOptions("openDirectory", options);
		return new Directory(INSIDE, host.directoryOpen(this.#open(), text(options.path)));
	}

	delete(path: string): boolean {
		return host.directoryDelete(this.#open(), text(path));
	}

	move(from: string, to: string, toDirectory: Directory = this): void {
		host.directoryMove(this.#open(), text(from), toDirectory.#open(), text(to));
	}

	status(path: string, options?: { resolveTarget?: boolean | undefined }): Status {
		return new Status(host.directoryStatus(this.#open(), text(path), options?.resolveTarget !== false));
	}

	createDirectory(path: string): boolean {
		return host.directoryCreate(this.#open(), text(path));
	}

	scan(path = ""): IterableIterator<string> {
		return host.directoryScan(this.#open(), text(path))[Symbol.iterator]();
	}

	[Symbol.iterator](): IterableIterator<string> {
		return this.scan();
	}

	/** The root stays open. */
	close(): void {
		const id = this.#id;
		if (id <= 0) return;
		this.#id = -1;
		host.close(id);
	}

	#open(): number {
		if (this.#id < 0) throw closedError("Directory");
		return this.#id;
	}
}

function text(path: unknown): string {
	if (typeof path !== "string") throw new TypeError("files: path is not a string");
	return path;
}

export default new Directory(INSIDE, 0);
