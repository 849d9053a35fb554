/** Generation and storage in the dashboard: the bench of DERs in headless Chromium, commanded by pysunspec2. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { axeFaults, DashboardHub, openBrowser, openPage, screenshot } from "./dashboard-browser";
import { describeWithPeers, root, run } from "./peers";

describeWithPeers("DERs in the dashboard", ["chromium", "python"], () => {
	let browser: Browser;
	let hub: DashboardHub;
	let modbus: number;

	beforeAll(async () => {
		const [http, port] = await DashboardHub.ports();
		modbus = port;
		hub = new DashboardHub(http, port, {
			siteText: readFileSync(join(root, "sites/der.json"), "utf8"),
			sim: { startHour: 11 },
			epochMs: Date.now() - 60_000,
		});
		await hub.jump(60_000, 1000);
		browser = await openBrowser();
	});

	afterAll(async () => {
		await browser?.close();
		hub?.close();
		expect(hub?.errors).toEqual([]);
	});

	const row = (page: Page, name: string) => page.locator("ul.ders li", { has: page.getByText(name, { exact: true }) });
	const textOf = async (page: Page, name: string) => (await row(page, name).innerText()).replace(/\s+/g, " ");

	/** Another program commands a unit; undefined values are left as they are. */
	const command = (unit: number, values: Record<string, number>) =>
		run(join(root, ".venv/bin/python"), [
			"-c",
			[
				"import json, sys",
				"import sunspec2.modbus.client as client",
				'device = client.SunSpecModbusClientDeviceTCP(slave_id=int(sys.argv[2]), ipaddr="127.0.0.1", ipport=int(sys.argv[1]))',
				"device.scan()",
				"model = device.models[704][0]",
				"for name, value in json.loads(sys.argv[3]).items(): model.points[name].cvalue = value",
				"model.write()",
				"device.close()",
			].join("\n"),
			String(modbus),
			String(unit),
			JSON.stringify(values),
		]);

	it.each([
		["desk", 1200, "light"],
		["phone", 360, "dark"],
	] as const)("are listed with power, direction, charge and state: %s", async (name, width, scheme) => {
		const { page, faults } = await openPage(browser, { width, scheme });
		await page.goto(hub.url);
		await row(page, "Sol-Ark 12K, split phase").waitFor();
		expect(await page.locator("ul.ders li").count()).toBe(7);
		expect(await textOf(page, "Roof inverter")).toMatch(/inverter Power [\d,.]+ k?W feeding in running Reading good/);
		expect(await textOf(page, "Battery")).toMatch(/battery Power −[\d,]+ W charging Charge \d+ % running Reading good/);
		expect(await textOf(page, "Solar charge controller")).toMatch(/[\d,]+ W generated/);
		expect(await page.locator("ul.homes:not(.ders)").count()).toBe(0);
		const sideways = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
		expect(sideways).toBe(0);
		await screenshot(page, `ders-${name}`);
		expect(await axeFaults(page)).toEqual([]);
		expect(faults).toEqual([]);
		await page.context().close();
	});

	it("show what they are asked to do, while it lasts", async () => {
		const { page, faults } = await openPage(browser, { width: 1200 });
		await page.goto(hub.url);
		await row(page, "Roof inverter").waitFor();
		await command(10, { WMaxLimPctEna: 1, WMaxLimPct: 25, WMaxLimPctEnaRvrt: 0, WMaxLimPctRvrtTms: 30 });
		await expect
			.poll(() => textOf(page, "Roof inverter"), { timeout: 8000 })
			.toMatch(/2,500 W feeding in at most 2,500 W/);
		await screenshot(page, "ders-limited");
		await row(page, "Roof inverter").locator("a").click();
		const asked = page.locator("section", { has: page.locator("#command") });
		await asked.waitFor();
		expect(await asked.innerText()).toMatch(/at most 2,500\sW[\s\S]*may command it on unit 10/);
		expect(await page.locator("#meter").innerText()).toBe("Device");
		expect(await axeFaults(page)).toEqual([]);
		await screenshot(page, "der-page");
		await hub.jump(40_000, 1000);
		await expect.poll(() => asked.innerText(), { timeout: 8000 }).toContain("Nothing holds it back");
		expect(faults).toEqual([]);
		await page.context().close();
	});

	it("have registers of their own, with the addresses of the device", async () => {
		const { page, faults } = await openPage(browser, { width: 1200 });
		await page.goto(`${hub.url}/#/devices/pv`);
		const line = page.locator("table.registers tr", { hasText: "103.W" }).first();
		await line.waitFor();
		expect((await line.innerText()).replace(/\s+/g, " ")).toMatch(/40\d\d\d 103\.W int16/);
		await page.goto(`${hub.url}/#/devices/sol-ark`);
		await page.locator("table.registers tr", { hasText: "grid_power" }).first().waitFor();
		expect(faults).toEqual([]);
		await page.context().close();
	});
});
