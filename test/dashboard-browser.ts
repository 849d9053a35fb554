/** The dashboard in a browser we did not write, in front of a whole hub on a clock that the test can move. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { DesktopHub, type DesktopHubOptions } from "../hosts/desktop/app";
import { freePort, root } from "./peers";

const kStepMs = 20;

/** A hub on real sockets whose clock runs as the computer's does, or so many times as fast; `jump` moves it on. */
export class DashboardHub {
	readonly hub: DesktopHub;
	readonly url: string;
	readonly errors: Error[] = [];
	#timer: ReturnType<typeof setInterval>;

	constructor(port: number, modbusPort: number, options: Partial<DesktopHubOptions> & { siteText: string }, speed = 1) {
		this.url = `http://127.0.0.1:${port}`;
		this.hub = new DesktopHub({
			clock: "virtual",
			onError: (error) => this.errors.push(error),
			options: { httpPort: port, modbusPort, broker: "" },
			...options,
		});
		this.#timer = setInterval(() => this.hub.machine.advance(speed * kStepMs), kStepMs);
	}

	static async ports(): Promise<[http: number, modbus: number]> {
		return [await freePort(), await freePort()];
	}

	/** Moves the clock on, letting the sockets speak in between. */
	async jump(ms: number, stepMs = 1000): Promise<void> {
		for (let done = 0; done < ms; done += stepMs) {
			this.hub.machine.advance(Math.min(stepMs, ms - done));
			await new Promise((resolve) => setImmediate(resolve));
		}
	}

	/** Of simulated devices: they stop to answer. */
	silence(ids: readonly string[]): void {
		for (const id of ids) this.hub.pole!.slave(id)!.fault = { kind: "silent" };
	}

	close(): void {
		clearInterval(this.#timer);
		this.hub.close();
	}
}

/** A cable between browser and hub that can be pulled: nothing passes then, and neither end is told. */
export class Cable {
	readonly url: string;
	readonly #server: Server;
	readonly #sockets = new Set<Socket>();
	#isPulled = false;

	private constructor(server: Server) {
		this.#server = server;
		this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	}

	static async to(hubUrl: string): Promise<Cable> {
		const server = createServer();
		await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
		const cable = new Cable(server);
		server.on("connection", (near) => cable.#join(near, connect(Number(new URL(hubUrl).port), "127.0.0.1")));
		return cable;
	}

	pull(): void {
		this.#isPulled = true;
		for (const socket of this.#sockets) socket.pause();
	}

	plug(): void {
		this.#isPulled = false;
		for (const socket of this.#sockets) socket.resume();
	}

	close(): void {
		for (const socket of this.#sockets) socket.destroy();
		this.#server.close();
	}

	#join(near: Socket, far: Socket): void {
		for (const [from, to] of [
			[near, far],
			[far, near],
		] as const) {
			this.#sockets.add(from);
			from.on("data", (bytes) => to.write(bytes));
			from.on("error", () => {});
			from.on("close", () => {
				this.#sockets.delete(from);
				to.destroy();
			});
			if (this.#isPulled) from.pause();
		}
	}
}

interface SiteDraft {
	name: string;
	buses: { poll: Record<string, number> }[];
	devices: Record<string, unknown>[];
	topology: { features: unknown[] };
	services: { openami: { periodS: number } };
}

/** The demo pole with `homes` homes; each read every four minutes, so that a day passes in seconds. */
export function poleSite(homes: number, change: (site: SiteDraft) => void = () => {}): string {
	const site = JSON.parse(readFileSync(join(root, "sites/demo.json"), "utf8")) as SiteDraft;
	// telemetry of a day costs more than reading it
	site.services.openami.periodS = 3600;
	site.buses[0]!.poll = { fastS: 240, normalS: 240, slowS: 1200 };
	for (let i = 7; i <= homes; i++) {
		const unit = 40 + i;
		site.devices.push({
			id: `home-${i}`,
			name: `Home ${i}`,
			device: "eastron-sdm120",
			bus: "rs485-1",
			address: unit,
			unit,
			serial: `SDM-${unit}`,
			role: "home",
			phase: 1 + (i % 3),
		});
		site.topology.features.push({
			type: "Feature",
			id: `m-${i}`,
			geometry: { type: "Point", coordinates: [31.7621 + i * 0.0002, 0.9175 + (i % 2 ? 3 : -3) * 0.0001] },
			properties: { kind: "meter", parent: "pole-7", device: `home-${i}` },
		});
	}
	change(site);
	return JSON.stringify(site, null, "\t");
}

export function openBrowser(): Promise<Browser> {
	const executablePath = execFileSync("sh", ["-c", "command -v chromium"], { encoding: "utf8" }).trim();
	return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
}

export interface Look {
	width: number;
	height: number;
	scheme: "light" | "dark";
}

/** A page with an empty cache that fails the test when it reports an error or asks another host. */
export async function openPage(browser: Browser, look: Partial<Look> = {}): Promise<{ page: Page; faults: string[] }> {
	const { width = 360, height = 780, scheme = "light" } = look;
	const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme });
	const page = await context.newPage();
	const faults: string[] = [];
	page.on("pageerror", (error) => faults.push(`${error.stack}`));
	// a hub that is away is no fault of the page
	page.on("console", (message) => {
		if (message.type() === "error" && !message.text().includes("Failed to load resource")) faults.push(message.text());
	});
	page.on("request", (request) => {
		if (!/^(http:\/\/127\.0\.0\.1:|blob:|data:)/.test(request.url())) faults.push(`asks ${request.url()}`);
	});
	return { page, faults };
}

/** For the reader of the test's outcome: build/screens/NAME.png. */
export async function screenshot(page: Page, name: string): Promise<void> {
	const folder = join(root, "build/screens");
	mkdirSync(folder, { recursive: true });
	await page.screenshot({ path: join(folder, `${name}.png`), fullPage: false });
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Serious and critical faults that axe-core finds, one a line. */
export async function axeFaults(page: Page): Promise<string[]> {
	// not by a script tag: the page's own policy would refuse it
	if (!(await page.evaluate("'axe' in window"))) await page.evaluate(axeSource);
	return page.evaluate(async () => {
		const { axe } = globalThis as unknown as {
			axe: {
				run(options: object): Promise<{
					violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[];
				}>;
			};
		};
		const { violations } = await axe.run({ resultTypes: ["violations"] });
		return violations
			.filter(({ impact }) => impact === "serious" || impact === "critical")
			.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 160)} ${node.failureSummary}`));
	});
}
