/** The set-up page in headless Chromium, on a phone's screen, against the whole hub on a simulated board. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { axeFaults, DashboardHub, openBrowser, openPage, screenshot } from "./dashboard-browser";
import { describeWithPeers, root, temporaryFolder } from "./peers";

/** Board and page wait for each other, so both clocks run faster. */
const kSpeed = 5;

const home = { name: "House of the pole, a long name", password: "secret-12", address: "10.0.0.77" };
const air = [
	{ ...home, signalDbm: -58, open: false },
	{ name: "Café", password: "", address: "10.0.1.2", signalDbm: -75, open: true },
	{ name: "Far <b>away</b>", password: "x", address: "", signalDbm: -88, open: false },
];

describeWithPeers("the set-up page", ["chromium"], () => {
	let browser: Browser;
	let board: DashboardHub | undefined;
	let folder: ReturnType<typeof temporaryFolder> | undefined;

	beforeAll(async () => {
		browser = await openBrowser();
	});

	afterAll(() => browser?.close());

	afterEach(() => {
		board?.close();
		folder?.remove();
		expect(board?.errors).toEqual([]);
	});

	/** A board that nobody has told anything, and its page. */
	async function begin(look: Parameters<typeof openPage>[1] = {}) {
		const [http, modbus] = await DashboardHub.ports();
		folder = temporaryFolder();
		const options = { siteText: "", simulatedBoard: true, dataFolder: folder.path, onRestart: () => {} };
		const hub = (board = new DashboardHub(http, modbus, options, kSpeed));
		const { bench } = hub.hub.machine.importModule<{ bench: { setAir(text: string): void } }>(
			"hosts/desktop/xs/simulated-board",
		);
		bench.setAir(JSON.stringify(air));
		const { page, faults } = await openPage(browser, look);
		page.setDefaultTimeout(8000);
		await page.addInitScript(`{
			const set = window.setTimeout;
			window.setTimeout = (callback, ms, ...more) => set(callback, ms / ${kSpeed}, ...more);
		}`);
		await page.goto(`${hub.url}/setup.html`);
		await page.getByLabel("Café").waitFor();
		return { hub, page, faults };
	}

	const fits = (page: Page) =>
		page.evaluate<boolean>("document.documentElement.scrollWidth <= document.documentElement.clientWidth");

	it("takes a person to a connection, with one wrong password on the way", async () => {
		const { page, faults } = await begin({ width: 360, height: 780 });
		expect(await fits(page)).toBe(true);
		expect(await axeFaults(page)).toEqual([]);
		await expect.poll(() => page.getByRole("status").first().textContent()).toContain("Gridpost-1A2B");
		expect(await page.getByLabel(home.name).isChecked()).toBe(true);
		await screenshot(page, "setup-phone");

		await page.getByLabel("Password of the network").fill("short");
		await page.getByLabel("Choose a password for this hub").fill("abc");
		await page.getByRole("button", { name: "Save and connect" }).click();
		await page.locator("#wifi-bad", { hasText: "8 to 63" }).waitFor();
		await page.locator("#admin-bad", { hasText: "8 to 64" }).waitFor();
		expect(await page.evaluate("document.activeElement?.id")).toBe("wifi");
		await screenshot(page, "setup-refused");

		await page.getByLabel("Password of the network").fill("secret-13");
		await page.getByLabel("Choose a password for this hub").fill("pole-and-wire");
		await page.getByRole("button", { name: "Save and connect" }).click();
		await page.getByText("does not take the password").waitFor({ timeout: 12_000 });
		await screenshot(page, "setup-wrong-password");

		await page.getByRole("button", { name: "Change something" }).click();
		expect(await page.getByLabel(home.name).isChecked()).toBe(true);
		await page.getByLabel("Password of the network").fill(home.password);
		await page.getByRole("button", { name: "Save and connect" }).click();
		await page.getByText(`Connected to “${home.name}” as ${home.address}.`).waitFor({ timeout: 12_000 });
		await page.getByText("http://gridpost-1a2b.local/").first().waitFor();
		expect(await axeFaults(page)).toEqual([]);
		await screenshot(page, "setup-done");
		expect(faults).toEqual([]);
	}, 40_000);

	it("asks for the hub's password once it has one, and works by the keyboard alone, in the dark", async () => {
		const { hub, page, faults } = await begin({ scheme: "dark" });
		const headers = { "X-Gridpost": "1" };
		const first = JSON.stringify({ wifi: { ssid: "Gone", password: "12345678" }, adminPassword: "pole-and-wire" });
		expect((await fetch(`${hub.url}/api/setup`, { method: "PUT", headers, body: first })).status).toBe(200);
		await page.reload();
		const login = page.getByLabel("This hub has a password");
		await login.waitFor();
		await page.keyboard.type("pole-and-wine");
		await page.keyboard.press("Enter");
		await page.getByText("That is not the password.").waitFor();
		await login.fill("");
		await login.focus();
		await page.keyboard.type("pole-and-wire");
		await page.keyboard.press("Enter");
		await page.getByLabel("Café").waitFor();
		await screenshot(page, "setup-dark");
		expect(await axeFaults(page)).toEqual([]);
		await page.locator("input[name=network]:checked").focus();
		// the stored network is out of reach, and stays the one to mend
		expect(await page.getByLabel("Name of the network").inputValue()).toBe("Gone");
		await page.keyboard.press("ArrowUp");
		await page.keyboard.press("ArrowUp");
		expect(await page.getByLabel("Café").isChecked()).toBe(true);
		// an open network has no password to ask for
		expect(await page.getByLabel("Password of the network").isVisible()).toBe(false);
		for (let i = 0; i < 12; i++) {
			await page.keyboard.press("Tab");
			if ((await page.evaluate("document.activeElement?.textContent")) === "Save and connect") break;
		}
		await page.keyboard.press("Enter");
		await page.getByText("Connected to “Café” as 10.0.1.2.").waitFor({ timeout: 12_000 });
		expect(faults).toEqual([]);
	});

	it("says when the hub is away, and goes on by itself", async () => {
		const { page } = await begin();
		await page.route("**/api/setup", (route) => route.abort());
		await page.getByText("The hub does not answer.").waitFor({ timeout: 8000 });
		await page.unroute("**/api/setup");
		await page.getByText("waits for yours").waitFor({ timeout: 8000 });
	});

	it("is under 10 KB", () => {
		const built = join(root, "build/web");
		const own = readdirSync(built).filter((name) => name.startsWith("setup."));
		expect(own.length).toBe(3);
		expect(own.reduce((sum, name) => sum + statSync(join(built, name)).size, 0)).toBeLessThan(10_240);
	});
});
