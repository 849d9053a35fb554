import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { temporaryFolder } from "../test/peers";
import { alone } from "./build.mjs";

let folder: ReturnType<typeof temporaryFolder>;
let lock: string;
beforeEach(() => {
	folder = temporaryFolder();
	lock = join(folder.path, "build/.lock");
});
afterEach(() => folder.remove());

describe("the lock of a build", () => {
	it("lets one in at a time and goes with it, also when the build fails", async () => {
		let inside = 0;
		let most = 0;
		const body = async () => {
			most = Math.max(most, ++inside);
			expect(readFileSync(lock, "utf8")).toBe(String(process.pid));
			await new Promise((resolve) => setTimeout(resolve, 20));
			inside--;
			return "built";
		};
		expect(await Promise.all([alone(body, lock), alone(body, lock), alone(body, lock)])).toEqual(
			Array(3).fill("built"),
		);
		expect(most).toBe(1);
		await expect(alone(() => Promise.reject(new Error("no compiler")), lock)).rejects.toThrow("no compiler");
		expect(existsSync(lock)).toBe(false);
	});

	it("of a build that was killed is taken over at once", async () => {
		await alone(async () => {}, lock);
		const { pid } = spawnSync(process.execPath, ["-e", ""]);
		writeFileSync(lock, String(pid));
		const beganMs = performance.now();
		expect(await alone(async () => "built", lock)).toBe("built");
		expect(performance.now() - beganMs).toBeLessThan(2000);
	});
});
