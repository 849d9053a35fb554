/** The dashboard in headless Chromium, against the whole hub: XS, real sockets, simulated meters. */
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { SiteStatus } from "../web/lib/types";
import { axeFaults, Cable, DashboardHub, openBrowser, openPage, poleSite, screenshot } from "./dashboard-browser";
import { describeWithPeers, root, temporaryFolder } from "./peers";

const kDayMs = 86_400_000;
const pages = ["", "home/home-2", "day", "alarms", "health", "devices", "devices/home-2", "site"];

describeWithPeers("the dashboard", ["chromium"], () => {
	let browser: Browser;
	let pole: DashboardHub;
	const temporary = temporaryFolder();

	beforeAll(async () => {
		const [http, modbus] = await DashboardHub.ports();
		const opening = openBrowser();
		pole = new DashboardHub(http, modbus, {
			siteText: poleSite(10),
			epochMs: Date.now() - kDayMs,
			siteFile: join(temporary.path, "site.json"),
			onRestart: () => {},
		});
		const began = performance.now();
		await pole.jump(kDayMs, 600_000);
		console.log(`a day of ten homes: ${Math.round(performance.now() - began)} ms`);
		browser = await opening;
	});

	afterAll(async () => {
		await browser?.close();
		pole?.close();
		temporary.remove();
		expect(pole?.errors).toEqual([]);
	});

	const goTo = async (page: Page, where: string, url = pole.url) => {
		await page.goto(`${url}/#/${where}`);
		await page.locator("main h1").waitFor();
	};
	const siteNow = async () => (await (await fetch(`${pole.url}/api/site`)).json()) as SiteStatus;
	const row = (page: Page, name: string) => page.locator("ul.homes li", { hasText: name });

	it("is small, closed to other hosts, and asked about only when it has changed", async () => {
		const folder = join(root, "build/web");
		const bytes = readdirSync(folder)
			.filter((name) => !name.startsWith("."))
			.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
		expect(bytes).toBeLessThan(150_000);
		const own = ["index.html.gz", "app.js.gz", "app.css.gz", "chart.js.gz"];
		expect(own.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)).toBeLessThan(64_000);

		const first = await fetch(`${pole.url}/`);
		expect(first.headers.get("content-security-policy")).toMatch(/^default-src 'self'/);
		expect(await first.text()).toContain('<div id="app">');
		const tag = first.headers.get("etag")!;
		expect((await fetch(`${pole.url}/`, { headers: { "If-None-Match": tag } })).status).toBe(304);
		const plain = await fetch(`${pole.url}/app.js`, { headers: { "Accept-Encoding": "identity" } });
		expect(plain.status).toBe(406);
		expect(await plain.json()).toEqual({
			error: "this file is kept compressed: ask for it with the header Accept-Encoding: gzip",
		});
	});

	it("paints within a second, over a slow link too", async () => {
		const figures: Record<string, { paintMs: number; valuesMs: number; bytes: number }> = {};
		for (const [name, bytesPerSecond] of [
			["fast", 0],
			["slow", 200_000],
		] as const) {
			const { page, faults } = await openPage(browser);
			let bytes = 0;
			const session = await page.context().newCDPSession(page);
			await session.send("Network.enable");
			session.on("Network.loadingFinished", ({ encodedDataLength }) => (bytes += encodedDataLength));
			if (bytesPerSecond > 0)
				await session.send("Network.emulateNetworkConditions", {
					offline: false,
					latency: 20,
					downloadThroughput: bytesPerSecond,
					uploadThroughput: bytesPerSecond,
				});
			await page.goto(pole.url);
			await page.locator("ul.homes .value:not(.missing)").first().waitFor();
			const valuesMs = await page.evaluate(() => performance.now());
			const paintMs = await page.evaluate(
				() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Number.NaN,
			);
			figures[name] = { paintMs: Math.round(paintMs), valuesMs: Math.round(valuesMs), bytes };
			expect(faults).toEqual([]);
			await page.context().close();
		}
		console.log(`first paint and first values: ${JSON.stringify(figures)}`);
		expect(figures["fast"]!.paintMs).toBeLessThan(1000);
		expect(figures["slow"]!.paintMs).toBeLessThan(1000);
		expect(figures["slow"]!.bytes).toBeGreaterThan(20_000);
	});

	it("shows each home's power, voltage and energy as the hub has them, and keeps up", async () => {
		const { page, faults } = await openPage(browser, { width: 1280, height: 900 });
		await goTo(page, "");
		await row(page, "Akello").waitFor();
		const seen = async () => (await row(page, "Akello").innerText()).replace(/\s+/g, " ");
		const told = async () => {
			const device = (await siteNow()).devices.find((one) => one.id === "home-1")!;
			const value = (name: string) => device.points.find(({ point }) => point === name)!.value as number;
			return { watts: value("W"), volts: value("PhVphA"), todayWh: device.todayWh! };
		};
		const before = await told();
		const words = ({ watts, volts }: typeof before) => [
			`${Math.round(watts).toLocaleString("en")} W`,
			`${volts.toFixed(1)} V`,
		];
		for (const text of words(before)) expect(await seen()).toContain(text);
		expect(await seen()).toContain(`${(before.todayWh / 1000).toFixed(2)} kWh`);
		expect(await seen()).toContain("good");
		// some polls later
		await pole.jump(1_200_000);
		const after = await told();
		expect(after.watts).not.toBe(before.watts);
		await expect.poll(seen, { timeout: 5000 }).toContain(words(after)[0]);
		await expect.poll(seen, { timeout: 5000 }).toContain(words(after)[1]);
		expect(await page.locator(".totals").innerText()).toMatch(/10 of 10 homes read/);
		await screenshot(page, "pole-1280-light");
		await page.emulateMedia({ colorScheme: "dark" });
		await screenshot(page, "pole-1280-dark");
		expect(faults).toEqual([]);
		await page.context().close();
	});

	it("scrolls a day of ten homes smoothly", async () => {
		const { page, faults } = await openPage(browser, { width: 1280, height: 800 });
		await goTo(page, "day");
		// charts are drawn as they come near: to the foot and back once
		for (let i = 0; i < 6; i++) {
			await page.mouse.wheel(0, 900);
			await page.waitForTimeout(120);
		}
		await expect.poll(() => page.locator(".home-day canvas").count(), { timeout: 8000 }).toBe(10);
		await page.evaluate(() => scrollTo(0, 0));
		const { frames, longTasks } = await page.evaluate(
			() =>
				new Promise<{ frames: number[]; longTasks: number }>((resolve) => {
					const frames: number[] = [];
					let longTasks = 0;
					const observer = new PerformanceObserver((list) => (longTasks += list.getEntries().length));
					observer.observe({ type: "longtask" });
					const height = document.documentElement.scrollHeight - innerHeight;
					const began = performance.now();
					let last = began;
					const frame = (now: number) => {
						frames.push(now - last);
						last = now;
						const part = (now - began) / 2500;
						if (part >= 1) {
							observer.disconnect();
							resolve({ frames: frames.slice(2), longTasks });
							return;
						}
						scrollTo(0, height * (part < 0.5 ? part * 2 : 2 - part * 2));
						requestAnimationFrame(frame);
					};
					requestAnimationFrame(frame);
				}),
		);
		frames.sort((a, b) => a - b);
		const p95 = frames[Math.floor(frames.length * 0.95)]!;
		console.log(`scrolling: ${frames.length} frames, 95th percentile ${p95.toFixed(1)} ms, ${longTasks} long tasks`);
		expect(frames.length).toBeGreaterThan(40);
		expect(p95).toBeLessThan(34);
		await screenshot(page, "day-1280-light");
		expect(await page.locator(".home-day figcaption").first().innerText()).toMatch(/lowest\s+\S+\sW\s+mean\s+\S+\sW/);
		expect(faults).toEqual([]);
		await page.context().close();
	});

	it("is reached by the keyboard alone, and shows where it is", async () => {
		const { page } = await openPage(browser, { width: 1280, height: 800 });
		await goTo(page, "");
		await row(page, "Akello").waitFor();
		const focused = () =>
			page.evaluate(() => {
				const element = document.activeElement as HTMLElement;
				const mark = element.querySelector<SVGElement>(".target") ?? element;
				const style = getComputedStyle(mark);
				return {
					tag: element.tagName,
					text: (element.getAttribute("aria-label") ?? element.textContent ?? "").trim(),
					nav: element.closest("nav") !== null,
					visible: style.outlineStyle !== "none" || style.stroke !== "none",
				};
			});
		await page.keyboard.press("Tab");
		expect((await focused()).text).toBe("Skip to the content");
		await page.keyboard.press("Enter");
		expect((await focused()).tag).toBe("H1");
		// every stop on the first page can be seen
		const stops: string[] = [];
		for (let i = 0; i < 60; i++) {
			await page.keyboard.press("Tab");
			const stop = await focused();
			if (stop.tag === "BODY") break;
			expect(stop.visible, stop.text).toBe(true);
			stops.push(stop.text);
		}
		for (const name of ["Akello", "Home 10", "Feeder", "Cabinet air"])
			expect(
				stops.some((text) => text.startsWith(name)),
				name,
			).toBe(true);
		// from page to page: back into the navigation, on to its next link
		for (const name of ["Day", "Alarms", "Health", "Devices", "Site file", "Pole"]) {
			for (let i = 0; ; i++) {
				expect(i, name).toBeLessThan(60);
				await page.keyboard.press("Shift+Tab");
				const stop = await focused();
				if (stop.nav && stop.text.startsWith(name)) break;
			}
			await page.keyboard.press("Enter");
			await expect.poll(async () => (await focused()).tag).toBe("H1");
		}
		await page.context().close();
	});

	it("shows a silent meter as one, raises the alarm on every page, and takes the acknowledgement", async () => {
		const { page, faults } = await openPage(browser);
		await goTo(page, "");
		await row(page, "Draleku").waitFor();
		pole.silence(["home-4"]);
		await pole.jump(1_200_000);
		const draleku = row(page, "Draleku");
		await expect.poll(() => draleku.innerText(), { timeout: 8000 }).toMatch(/no answer since \d\d:\d\d/);
		expect((await draleku.innerText()).replace(/\s+/g, " ")).not.toMatch(/\d (W|V)\b/);
		expect(await draleku.locator(".power .missing").innerText()).toMatch(/—\s*no answer for \d+ min/);
		expect(await row(page, "Akello").innerText()).toContain("good");
		const totals = await page.locator(".totals").innerText();
		expect(totals).toMatch(/9 of 10 homes read/);
		expect(totals).toMatch(/Losses\s*—/);
		const banner = page.locator(".banner");
		expect(await banner.innerText()).toMatch(/1 alarm stands: Draleku does not answer/);
		await screenshot(page, "silent-360-light");
		await page.locator("ul.homes").scrollIntoViewIfNeeded();
		await draleku.evaluate((element) => element.scrollIntoView({ block: "center" }));
		await screenshot(page, "silent-list-360-light");

		await banner.click();
		await page.locator("h1", { hasText: "Alarms" }).waitFor();
		// there it would say the same twice
		await expect.poll(() => page.locator(".banner").count()).toBe(0);
		const alarm = page.locator(".alarms li", { hasText: "Draleku does not answer" });
		expect(await alarm.innerText()).toMatch(/Alarm\s+since \d\d:\d\d, for \d+ (s|min)/);
		await screenshot(page, "alarms-360-light");
		await alarm.getByRole("button", { name: "Acknowledge" }).click();
		await expect.poll(() => alarm.innerText()).toContain("acknowledged");
		await goTo(page, "health");
		await expect.poll(() => page.locator(".banner").count()).toBe(0);
		expect((await siteNow()).alarms.map((one) => one.acknowledged)).toEqual([true]);

		// what was not measured is no zero in the day either
		await goTo(page, "home/home-4");
		const chart = page.getByRole("img", { name: /^Power, last 24 hours/ });
		await chart.waitFor();
		expect(await chart.getAttribute("aria-label")).toMatch(/Nothing measured for \d+ min of it/);
		await chart.locator("canvas").waitFor();
		await screenshot(page, "home-360-light");
		expect(faults).toEqual([]);
		await page.context().close();
	});

	it("fits 360 px and has no serious fault for axe, on every page, light and dark", async () => {
		const { page, faults } = await openPage(browser);
		await goTo(page, "");
		for (const where of pages) {
			await goTo(page, where);
			const waits = {
				day: ".home-day canvas",
				"home/home-2": "canvas",
				"devices/home-2": ".registers",
				site: "textarea",
			};
			const wait = waits[where as keyof typeof waits];
			if (wait) await page.locator(wait).first().waitFor();
			const name = where.replace("/", "-") || "pole";
			const widths = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
			expect(widths[0], name).toBe(widths[1]);
			const small = await page.evaluate(() =>
				[...document.querySelectorAll("button, nav a, .button, .rows a, .house .target")]
					.map((element) => ({ box: element.getBoundingClientRect(), text: element.textContent }))
					.filter(({ box }) => box.width > 0 && (box.height < 43.5 || box.width < 43.5))
					.map(({ text, box }) => `${text} ${box.width} x ${box.height}`),
			);
			expect(small, name).toEqual([]);
			for (const colorScheme of ["light", "dark"] as const) {
				await page.emulateMedia({ colorScheme });
				expect(await axeFaults(page), `${name}, ${colorScheme}`).toEqual([]);
				if (colorScheme === "dark") await screenshot(page, `${name}-360-dark`);
			}
			await page.emulateMedia({ colorScheme: "light" });
		}
		expect(faults).toEqual([]);
		await page.context().close();
	});

	it("notices a connection that died without a word, and finds back", async () => {
		const { page, faults } = await openPage(browser, { scheme: "dark" });
		const cable = await Cable.to(pole.url);
		await page.clock.install();
		await goTo(page, "", cable.url);
		await expect.poll(() => page.locator(".link").innerText()).toBe("Live");
		cable.pull();
		// the hub is due to speak each five seconds
		await page.clock.fastForward(14_000);
		expect(await page.locator(".banner.lost").count()).toBe(0);
		await page.clock.fastForward(6000);
		const lost = page.locator(".banner.lost");
		await lost.waitFor({ timeout: 5000 });
		expect(await lost.innerText()).toMatch(/The hub does not answer\. Values are as of .*, \d+ s ago\. Trying now/);
		await screenshot(page, "lost-360-dark");
		cable.plug();
		await expect.poll(() => page.locator(".banner.lost").count(), { timeout: 5000 }).toBe(0);
		await page.clock.fastForward(6000);
		await expect.poll(() => page.locator(".link").innerText(), { timeout: 5000 }).toBe("Live");
		expect(faults).toEqual([]);
		await page.context().close();
		cable.close();
	});

	it("calls a full outage an outage", async () => {
		const { page, faults } = await openPage(browser, { scheme: "dark" });
		await goTo(page, "");
		await row(page, "Akello").waitFor();
		const site = JSON.parse(poleSite(10)) as { devices: { id: string }[] };
		pole.silence(site.devices.map((device) => device.id));
		await pole.jump(1_800_000);
		const note = page.locator(".outage");
		await note.waitFor();
		expect(await note.innerText()).toMatch(/No device of this site answers\. .* The last answer came \d+ min ago\./);
		const homes = (await page.locator("ul.homes").innerText()).replace(/\s+/g, " ");
		expect(homes.match(/no answer since/g)).toHaveLength(10);
		expect(homes).not.toMatch(/\d W\b/);
		expect(await page.locator(".wire:not(.unknown)").count()).toBe(0);
		await screenshot(page, "outage-360-dark");
		expect(faults).toEqual([]);
		await page.context().close();
	});

	it("says that the hub is away, and heals when it comes back with another site", async () => {
		const [http, modbus] = await DashboardHub.ports();
		const first = new DashboardHub(http, modbus, { siteText: poleSite(6), epochMs: Date.now() });
		await first.jump(5000);
		const { page } = await openPage(browser, { width: 1280, height: 800 });
		await goTo(page, "", first.url);
		await expect.poll(() => row(page, "Akello").innerText()).toContain("good");
		first.close();
		const lost = page.locator(".banner.lost");
		await lost.waitFor({ timeout: 8000 });
		expect(await lost.innerText()).toMatch(/The hub does not answer\. Values are as of \d\d:\d\d:\d\d, \d+ s ago/);
		expect(await page.locator(".link").innerText()).toBe("No connection");
		// the old values stay, grey
		expect((await row(page, "Akello").innerText()).replace(/\s+/g, " ")).toMatch(/\d W/);
		expect(
			await row(page, "Akello")
				.locator(".value")
				.first()
				.evaluate((one) => getComputedStyle(one).filter),
		).toBe("grayscale(1)");
		await screenshot(page, "hub-away-1280-light");
		const other = poleSite(6, (site) => {
			site.name = "Second pole";
			site.devices = site.devices.filter((device) => device["id"] !== "home-5");
			site.topology.features = site.topology.features.filter((one) => !/home-5|"m-5"/.test(JSON.stringify(one)));
		});
		const second = new DashboardHub(http, modbus, { siteText: other, epochMs: Date.now() });
		await page.locator("h1", { hasText: "Second pole" }).waitFor({ timeout: 12_000 });
		await expect.poll(() => page.locator(".banner.lost").count()).toBe(0);
		expect(await page.locator("ul.homes li").count()).toBe(5);
		expect(await page.locator(".link").innerText()).toBe("Live");
		await page.context().close();
		second.close();
		expect([...first.errors, ...second.errors]).toEqual([]);
	});

	it("asks for the password, shows what is wrong with a site file, saves a right one and follows the restart", async () => {
		const [http, modbus] = await DashboardHub.ports();
		const file = join(temporary.path, "edited.json");
		const original = poleSite(6);
		writeFileSync(file, original);
		let hub: DashboardHub;
		const start = () => {
			hub = new DashboardHub(http, modbus, {
				siteText: readFileSync(file, "utf8"),
				siteFile: file,
				adminPassword: "pole & wire",
				epochMs: Date.now(),
				onRestart: () => {
					hub.close();
					start();
				},
			});
		};
		start();
		const { page, faults } = await openPage(browser);
		await goTo(page, "site", hub!.url);
		const dialog = page.locator("dialog.login");
		const give = async (password: string) => {
			await dialog.getByLabel("Password").fill(password);
			await dialog.getByRole("button", { name: "Continue" }).click();
		};
		await give("guess");
		await expect.poll(() => dialog.innerText()).toContain("That password is not right.");
		await screenshot(page, "login-360-light");
		await give("pole & wire");
		const editor = page.getByLabel("Site file, JSON");
		await expect.poll(() => editor.inputValue().catch(() => "")).toBe(original);

		await editor.fill(original.replace('"feeder-1"', '"feeder 1"').replace('"address": 14', '"address": 400'));
		await page.getByRole("button", { name: "Save and restart" }).click();
		await expect.poll(() => page.locator("#site-state").innerText()).toContain("Not saved: the hub found problems.");
		expect(readFileSync(file, "utf8")).toBe(original);
		const problem = page.locator(".problems button", { hasText: "devices[3].address" });
		expect(await problem.innerText()).toMatch(/devices\[3\]\.address line \d+\s+400 is not allowed/);
		await problem.click();
		const selected = await editor.evaluate((one) => {
			const area = one as HTMLTextAreaElement;
			return area.value.slice(area.selectionStart, area.selectionEnd);
		});
		expect(selected).toBe('"address": 400');
		await screenshot(page, "site-problems-360-light");

		await editor.fill('{ "name": ');
		await expect.poll(() => page.locator(".problems").innerText(), { timeout: 4000 }).toMatch(/line 1, column/);

		const renamed = original.replace('"Demo pole"', '"Kiboga pole"');
		await editor.fill(renamed);
		await expect.poll(() => page.locator("#site-state").innerText(), { timeout: 4000 }).toBe("No problem found.");
		await page.getByRole("button", { name: "Save and restart" }).click();
		await expect
			.poll(() => page.locator("#site-state").innerText(), { timeout: 12_000 })
			.toBe("Saved, and the hub runs with the new site.");
		expect(readFileSync(file, "utf8")).toBe(renamed);
		expect(readFileSync(`${file}.bak`, "utf8")).toBe(original);
		await page.locator("nav a", { hasText: "Pole" }).click();
		await page.locator("h1", { hasText: "Kiboga pole" }).waitFor();
		expect(faults).toEqual([]);
		await page.context().close();
		hub!.close();
	});
});
