/** The panel before a whole site: its hub, alarms and simulated meters, in virtual time. */
import { describe, expect, it } from "vitest";
import type { NetworkState } from "../modules/base/network";
import { kActions865B } from "../modules/panel/actions";
import { kLampStates } from "../modules/panel/lamp";
import { Panel } from "../modules/panel/panel";
import { bench } from "./panel-bench";
import { brailleOf, expectScreen } from "./screens";
import { demoSite } from "./virtual-hub";

const colorOf = (name: string): string => kLampStates.find((state) => state.name === name)!.color.join(",");
const dark = (dots: Uint8Array): boolean => dots.every((byte) => byte === 0);

describe("panel of the demo pole", () => {
	it("a silent meter: red blinks and the relay closes; acknowledged: red is steady, the relay opens; back: green", () => {
		const { clock, pole, panel, seen, click, lampOver } = bench();
		expect(panel.lamp).toBe("boot");
		clock.advance(20_000);
		expect(panel.lamp).toBe("ok");
		expect(seen.relay).toEqual([0]);
		expect(lampOver(8000)).toEqual({ [colorOf("ok")]: 500, "0,0,0": 7500 });

		pole.slave("home-4")!.fault = { kind: "silent" };
		clock.advance(60_000);
		expect(panel.lamp).toBe("alarm");
		expect(seen.relay).toEqual([0, 1]);
		expect(lampOver(8000)).toEqual({ [colorOf("alarm")]: 4000, "0,0,0": 4000 });

		click("button4");
		expect(panel.lamp).toBe("acknowledged");
		expect(seen.relay).toEqual([0, 1, 0]);
		expect(lampOver(4000)).toEqual({ [colorOf("acknowledged")]: 4000 });

		pole.slave("home-4")!.fault = undefined;
		clock.advance(180_000);
		expect(panel.lamp).toBe("ok");
		expect(seen.relay).toEqual([0, 1, 0]);
		expect(seen.logged).toEqual([]);
	});

	it("shows a second alarm that comes after the first was acknowledged", () => {
		const { clock, pole, panel, seen, click } = bench();
		clock.advance(20_000);
		pole.slave("home-4")!.fault = { kind: "silent" };
		clock.advance(60_000);
		click("button4");
		pole.slave("home-5")!.fault = { kind: "silent" };
		clock.advance(60_000);
		expect(panel.lamp).toBe("alarm");
		expect(seen.relay).toEqual([0, 1, 0, 1]);
	});

	it("tells warnings from alarms, and no network from both", () => {
		const up: NetworkState = { state: "up", by: "wifi", name: "pole", address: "10.0.0.9", signalDbm: -60 };
		const { clock, alarms, panel, seen, state } = bench({ network: up });
		clock.advance(20_000);
		alarms.raise("broker", { type: "hub", id: "pole-7" }, "", clock.now());
		clock.advance(1000);
		expect(panel.lamp).toBe("warning");
		state.network = { ...up, state: "connecting", address: "" };
		clock.advance(1000);
		expect(panel.lamp).toBe("offline");
		alarms.raise("bus", { type: "bus", id: "rs485-1" }, "no device answers", clock.now());
		clock.advance(1000);
		expect(panel.lamp).toBe("alarm");
		state.network = { ...up, state: "setup" };
		clock.advance(1000);
		expect(panel.lamp).toBe("setup");
		expect(seen.relay.at(-1)).toBe(1);
	});

	it("pages through the homes, and comes back to the site after a minute", () => {
		const { clock, seen, click } = bench();
		clock.advance(20_000);
		const first = brailleOf(seen.dots);
		const pictures = new Set([first]);
		for (let i = 0; i < 8; i++) {
			click("button2");
			pictures.add(brailleOf(seen.dots));
		}
		expect(pictures.size).toBe(9);
		click("button1");
		click("button1");
		clock.advance(2000);
		expectScreen("back", seen.dots);
		clock.advance(56_000);
		const before = brailleOf(seen.dots);
		clock.advance(3000);
		expect(brailleOf(seen.dots)).not.toBe(before);
		click("button2");
		clock.advance(2000);
		expectScreen("home", seen.dots);
	});

	it("dims and goes dark with time; the first press only lights it, but one that acknowledges does so", () => {
		const { clock, alarms, seen, click } = bench();
		clock.advance(119_000);
		expect(seen.brightness).toEqual([]);
		clock.advance(2000);
		expect(seen.brightness).toEqual([1]);
		clock.advance(480_000);
		expect(seen.brightness).toEqual([1, 0]);
		expect(dark(seen.dots)).toBe(true);
		const frames = seen.frames.length;
		clock.advance(600_000);
		expect(seen.frames.length).toBe(frames);
		click("button2");
		expect(seen.brightness).toEqual([1, 0, 2]);
		clock.advance(1000);
		expect(dark(seen.dots)).toBe(false);

		clock.advance(700_000);
		expect(seen.brightness.at(-1)).toBe(0);
		alarms.raise("bus", { type: "bus", id: "rs485-1" }, "no device answers", clock.now());
		clock.advance(1000);
		expect(seen.brightness.at(-1)).toBe(1);
		clock.advance(500);
		alarms.list();
		expect(dark(seen.dots)).toBe(false);
		alarms.clear("bus", { type: "bus", id: "rs485-1" }, clock.now());
		clock.advance(2000);
		expect(seen.brightness.at(-1)).toBe(0);
		alarms.raise("bus", { type: "bus", id: "rs485-1" }, "no device answers", clock.now());
		click("button4");
		expect(alarms.unacknowledged).toBe(0);
	});

	it("draws a dark picture where the screen cannot be switched off, and moves the picture so that no dot stays lit", () => {
		const { clock, seen } = bench({ noBrightness: true });
		clock.advance(30_000);
		const corners = new Set<string>();
		for (let minute = 0; minute < 8; minute++) {
			corners.add(brailleOf(seen.dots).slice(0, 64));
			clock.advance(60_000);
		}
		expect(corners.size).toBe(4);
		clock.advance(120_000);
		expect(dark(seen.dots)).toBe(true);
	});

	it("draws at most four times a second, however often buttons are pressed, and not at all when nothing changes", () => {
		const { clock, seen, send } = bench();
		clock.advance(20_000);
		const before = seen.frames.length;
		const startMs = clock.now();
		while (clock.now() < startMs + 5000) {
			send("press", "button2");
			clock.advance(20);
			send("release", "button2", 20);
			clock.advance(20);
		}
		const frames = seen.frames.slice(before);
		expect(frames.length).toBeGreaterThan(15);
		expect(frames.length).toBeLessThanOrEqual(21);
		for (let i = 1; i < frames.length; i++) expect(frames[i]! - frames[i - 1]!).toBeGreaterThanOrEqual(250);
		const later = bench({ network: { state: "up", by: "ethernet", name: "", address: "10.0.0.9", signalDbm: 0 } });
		later.clock.advance(20_000);
		for (let i = 0; i < 7; i++) later.click("button2");
		const count = later.seen.frames.length;
		later.clock.advance(30_000);
		expect(later.seen.frames.length).toBe(count);
	});

	it("a device that fails is told once and left alone, the rest goes on", () => {
		const { clock, hub, alarms } = bench();
		const logged: string[] = [];
		const colors: string[] = [];
		const panel = new Panel({
			hub,
			alarms,
			clock,
			log: (_, area, text) => logged.push(`${area}: ${text}`),
			devices: {
				screen: {
					width: 128,
					height: 64,
					draw: () => {
						throw new Error("SPI is gone");
					},
				},
				lamp: { color: (...color) => void colors.push(color.join(",")) },
			},
		});
		clock.advance(30_000);
		expect(logged).toEqual(["panel: screen: SPI is gone; it is left alone now"]);
		expect(colors).toContain(colorOf("ok"));
		panel.close();
		panel.close();
		expect(colors.at(-1)).toBe("0,0,0");
	});

	it("closes dark, with the relay open and the buttons given back", () => {
		const { clock, alarms, panel, seen } = bench();
		clock.advance(20_000);
		alarms.raise("bus", { type: "bus", id: "rs485-1" }, "no device answers", clock.now());
		clock.advance(1000);
		expect(seen.relay.at(-1)).toBe(1);
		panel.close();
		panel.close();
		expect(seen.relay.at(-1)).toBe(0);
		expect(seen.colors.at(-1)!.color).toBe("0,0,0");
		expect(seen.brightness.at(-1)).toBe(0);
		const frames = seen.frames.length;
		clock.advance(10_000);
		expect(seen.frames.length).toBe(frames);
	});
});

describe("factory reset", () => {
	it("is warned of from three seconds on and done once when the button is let go after ten", () => {
		const { clock, panel, seen, hold } = bench();
		clock.advance(20_000);
		hold("button3", 2500, false);
		expect(panel.lamp).toBe("ok");
		const { hold: longer, seen: seenLonger, clock: laterClock, panel: laterPanel } = bench();
		laterClock.advance(20_000);
		longer("button1", 6000, false);
		laterClock.advance(250);
		expect(laterPanel.lamp).toBe("reset");
		expectScreen("reset-warning", seenLonger.dots);
		const { hold: whole, seen: seenWhole, clock: wholeClock, send: sendWhole } = bench();
		wholeClock.advance(20_000);
		whole("button2", 14_000, false);
		wholeClock.advance(250);
		expectScreen("reset-ready", seenWhole.dots);
		sendWhole("release", "button2", 14_250);
		expect(seenWhole.resets).toBe(1);
		expectScreen("reset-done", seenWhole.dots);
		expect([seen.resets, seenLonger.resets]).toEqual([0, 0]);
	});

	it("is called off by letting go, by a second button, and when the buttons go silent", () => {
		const { clock, panel, seen, hold, send } = bench();
		clock.advance(20_000);
		hold("button1", 9500);
		clock.advance(1000);
		expect(panel.lamp).toBe("ok");
		hold("button1", 8000, false);
		send("unknown", "");
		send("clear", "");
		clock.advance(3000);
		expect(panel.lamp).toBe("ok");
		hold("button1", 8000, false);
		expect(panel.lamp).toBe("reset");
		clock.advance(3000);
		expect(panel.lamp).toBe("ok");
		send("repeat", "button1", 11_000);
		expect(seen.resets).toBe(0);
	});

	it("does not count a door, nor a contact that is stuck or was closed at the start, nor anything where there is none", () => {
		const { panel, seen, hold } = bench({ actions: kActions865B });
		hold("button1", 15_000);
		expect(panel.lamp).toBe("ok");
		hold("door", 30_000, true, true);
		hold("door", 30_000);
		hold("button2", 45_000);
		expect(seen.resets).toBe(0);
		hold("button2", 29_000);
		expect(seen.resets).toBe(1);
		const other = bench({ noReset: true });
		other.clock.advance(20_000);
		other.hold("button1", 8000, false);
		expect(other.panel.lamp).toBe("ok");
	});
});

describe("buttons of the 865B", () => {
	it("two buttons do four things: a short press on release, a long one at once", () => {
		const { clock, alarms, seen, hold, click } = bench({ actions: kActions865B });
		clock.advance(20_000);
		const site = brailleOf(seen.dots);
		click("button1");
		const home = brailleOf(seen.dots);
		expect(home).not.toBe(site);
		hold("button1", 1200);
		clock.advance(1000);
		// back to the site, and not on again at the release
		expect(brailleOf(seen.dots).split("\n")[0]).toBe(site.split("\n")[0]);
		alarms.raise("bus", { type: "bus", id: "rs485-1" }, "no device answers", clock.now());
		hold("button2", 900);
		expect(alarms.unacknowledged).toBe(1);
		hold("button2", 1200);
		expect(alarms.unacknowledged).toBe(0);
	});
});

describe("pictures of the pages", () => {
	const wifi: NetworkState = { state: "up", by: "wifi", name: "Kiboga lane", address: "192.168.1.57", signalDbm: -64 };

	it("starting, site, home, details, network, no alarms", () => {
		const { clock, seen, click } = bench({ network: wifi });
		expectScreen("start", seen.dots);
		clock.advance(2400_000);
		click("button3");
		clock.advance(20_000);
		// awake by now; the site's first page and the phases of its feeder
		click("button1");
		click("button2");
		clock.advance(2000);
		expectScreen("site", seen.dots);
		click("button3");
		expectScreen("phases", seen.dots);
		for (let i = 0; i < 2; i++) click("button2");
		clock.advance(2000);
		expectScreen("home-day", seen.dots);
		click("button3");
		clock.advance(2000);
		expectScreen("home-details", seen.dots);
		for (let i = 0; i < 5; i++) click("button2");
		expectScreen("network", seen.dots);
		click("button2");
		expectScreen("no-alarms", seen.dots);
	});

	it("set-up with its password, a cable, no network yet", () => {
		const name = "Gridpost-4F2A";
		const setup: NetworkState = { state: "setup", by: "wifi", name, address: "192.168.4.1", signalDbm: 0 };
		const { clock, seen, state, click } = bench({ network: setup, password: "river-4711-lamp" });
		clock.advance(12_000);
		expectScreen("set-up", seen.dots);
		state.network = { state: "up", by: "ethernet", name: "", address: "10.20.30.40", signalDbm: 0 };
		clock.advance(2000);
		click("button1");
		click("button1");
		expectScreen("cable", seen.dots);
		state.network = { state: "connecting", by: "", name: "Kiboga lane", address: "", signalDbm: 0 };
		clock.advance(2000);
		expectScreen("connecting", seen.dots);
	});

	it("a silent home, alarms, more of them than fit, names in other letters and too long", () => {
		const siteText = demoSite((site) => {
			const names = ["Nakato Ssemakula-Byaruhanga wa Kiboga", "Ɗan Ŋkomo-Žižek", "አበበ"];
			for (const [i, name] of names.entries()) Object.assign(site.devices[i + 1]!, { name });
		});
		const { clock, pole, alarms, seen, click } = bench({ siteText });
		clock.advance(20_000);
		pole.slave("home-4")!.fault = { kind: "silent" };
		pole.slave("home-2")!.fault = { kind: "silent" };
		clock.advance(330_000);
		expectScreen("site-alarms", seen.dots);
		for (let i = 0; i < 2; i++) click("button2");
		clock.advance(2000);
		expectScreen("home-silent", seen.dots);
		for (let i = 0; i < 2; i++) click("button2");
		clock.advance(2000);
		expectScreen("home-other-script", seen.dots);
		alarms.acknowledge();
		for (let i = 0; i < 4; i++) click("button2");
		clock.advance(2000);
		expectScreen("alarms-seen", seen.dots);
		alarms.raise("bus", { type: "bus", id: "rs485-1" }, "no device answers", clock.now());
		alarms.raise("voltage", { type: "device", id: "home-3" }, "PhV 187.2 V, below 200 V", clock.now());
		alarms.raise("clock", { type: "hub", id: "pole-7" }, "", clock.now());
		clock.advance(1000);
		expectScreen("alarms", seen.dots);
		click("button3");
		expectScreen("alarms-more", seen.dots);
	});

	it("a meter that has never answered shows dashes and no zero", () => {
		const { clock, pole, seen, click } = bench();
		pole.slave("home-1")!.fault = { kind: "silent" };
		clock.advance(20_000);
		expectScreen("site-partly", seen.dots);
		click("button2");
		clock.advance(2000);
		expectScreen("home-never", seen.dots);
	});
});
