import * as fs from "node:fs";
import { dirname, join, sep } from "node:path";
import { type IoContext, Port, viewOf } from "./context";
import type { DataFolder } from "./data-folder";

class FilePort extends Port {
	readonly file: number;

	constructor(context: IoContext, file: number) {
		super(context, 0);
		this.file = file;
	}

	protected released(): void {
		fs.closeSync(this.file);
	}
}

class DirectoryPort extends Port {
	readonly path: string;

	constructor(context: IoContext, path: string) {
		super(context, 0);
		this.path = path;
	}

	protected released(): void {}
}

/** `[size, mode]` as the system gives them; mode 0 = there is nothing. */
export type FileStatus = [size: number, mode: number];

const MODES: Readonly<Record<string, string>> = { r: "r", "r+": "r+", w: "w", "w+": "w+" };

/** What `hosts/desktop/xs` calls for files. Directory 0 is the root. */
export function fileFunctions(context: IoContext, data: DataFolder) {
	const folderOf = (directory: number) =>
		directory === 0 ? data.folder("files") : context.get(directory, DirectoryPort).path;

	/** The real place of a path below a directory; throws for one that leads out of it, by its text or by a link. */
	const locate = (directory: number, path: string): string => {
		const folder = folderOf(directory);
		if (path === "") return folder;
		const parts = path.replace(/\/$/, "").split("/");
		if (path.includes("\0") || parts.some((part) => part === "" || part === "." || part === ".."))
			throw new Error(`files: bad path "${path}"`);
		const place = join(folder, ...parts);
		const root = fs.realpathSync(data.folder("files"));
		let parent = dirname(place);
		while (!fs.existsSync(parent)) parent = dirname(parent);
		const real = fs.realpathSync(parent);
		if (real !== root && !real.startsWith(root + sep)) throw new Error(`files: bad path "${path}"`);
		return place;
	};

	/** A link at the end of the path must not lead out either when it is followed. */
	const follow = (directory: number, path: string): string => {
		const place = locate(directory, path);
		if (!fs.lstatSync(place, { throwIfNoEntry: false })?.isSymbolicLink()) return place;
		const root = fs.realpathSync(data.folder("files"));
		const real = fs.realpathSync(place);
		if (!real.startsWith(root + sep)) throw new Error(`files: bad path "${path}"`);
		return real;
	};

	const status = (stat: fs.Stats | undefined): FileStatus => (stat ? [stat.size, stat.mode] : [0, 0]);

	return {
		fileOpen(directory: number, path: string, mode: string): number {
			const flags = MODES[mode];
			if (flags === undefined) throw new RangeError(`files: mode "${mode}" is not r, r+, w or w+`);
			return told(path, () => {
				const place = follow(directory, path);
				const there = fs.statSync(place, { throwIfNoEntry: false });
				if (there && !there.isFile()) throw new Error(`files: "${path}" is not a file`);
				return new FilePort(context, fs.openSync(place, flags)).id;
			});
		},

		/** Fewer bytes than asked at the end of the file. */
		fileRead(id: number, count: number, position: number): ArrayBuffer {
			checkRange(count, position);
			const bytes = new Uint8Array(count);
			const read = fs.readSync(context.get(id, FilePort).file, bytes, 0, count, position);
			return read === count ? bytes.buffer : bytes.slice(0, read).buffer;
		},

		fileWrite(id: number, buffer: ArrayBuffer | ArrayBufferView, position: number): void {
			const bytes = viewOf(buffer);
			checkRange(bytes.length, position);
			const { file } = context.get(id, FilePort);
			for (let at = 0; at < bytes.length; )
				at += told("", () => fs.writeSync(file, bytes, at, bytes.length - at, position + at));
		},

		fileStatus(id: number): FileStatus {
			return status(fs.fstatSync(context.get(id, FilePort).file));
		},

		fileSetSize(id: number, length: number): void {
			checkRange(length, 0);
			told("", () => fs.ftruncateSync(context.get(id, FilePort).file, length));
		},

		fileFlush(id: number): void {
			const { file } = context.get(id, FilePort);
			if (data.durable) fs.fsyncSync(file);
		},

		directoryOpen(directory: number, path: string): number {
			return told(path, () => {
				const place = follow(directory, path);
				if (!fs.statSync(place).isDirectory()) throw new Error(`files: "${path}" is not a directory`);
				return new DirectoryPort(context, place).id;
			});
		},

		directoryCreate(directory: number, path: string): boolean {
			return told(path, () => {
				const place = locate(directory, path);
				if (fs.statSync(place, { throwIfNoEntry: false })?.isDirectory()) return false;
				fs.mkdirSync(place);
				return true;
			});
		},

		directoryDelete(directory: number, path: string): boolean {
			return told(path, () => {
				const place = locate(directory, path);
				const there = fs.lstatSync(place, { throwIfNoEntry: false });
				if (!there || path === "") return false;
				if (there.isDirectory()) fs.rmdirSync(place);
				else fs.unlinkSync(place);
				return true;
			});
		},

		directoryMove(directory: number, from: string, toDirectory: number, to: string): void {
			told(from, () => fs.renameSync(locate(directory, from), locate(toDirectory, to)));
		},

		directoryStatus(directory: number, path: string, resolveTarget: boolean): FileStatus {
			return told(path, () => {
				const place = locate(directory, path);
				return status((resolveTarget ? fs.statSync : fs.lstatSync)(place, { throwIfNoEntry: false }));
			});
		},

		/** The names in it, sorted: the device gives some order, tests want one. */
		directoryScan(directory: number, path: string): string[] {
			return told(path, () => fs.readdirSync(follow(directory, path)).sort());
		},
	};
}

function checkRange(count: number, position: number): void {
	if (!Number.isInteger(count) || count < 0 || !Number.isInteger(position) || position < 0)
		throw new RangeError(`files: ${count} bytes at ${position}`);
}

const REASONS: Readonly<Record<string, string>> = {
	ENOENT: "does not exist",
	EEXIST: "exists already",
	ENOTEMPTY: "is not empty",
	ENOTDIR: "leads through a file",
	EISDIR: "is a directory",
	EACCES: "may not be accessed",
	ENOSPC: "cannot be written: the disk is full",
	ELOOP: "is a link to itself",
};

/** Node's file errors name the place on the host; the application's path is what helps. */
function told<T>(path: string, action: () => T): T {
	try {
		return action();
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		if (code === undefined) throw error;
		throw new Error(`files: "${path}" ${REASONS[code] ?? `failed (${code})`}`);
	}
}
