import { describe, expect, it } from "vitest";
import { FakeRadio, FakeStorage } from "../../test/fakes/board";
import { utf8Encode } from "../base/bytes";
import { ManualClock } from "../base/manual-clock";
import { readSite } from "../site/site-file";
import { makePassword, Provisioning } from "./provisioning";

const known = ["sht20-xy-md02"];
const goodSite = JSON.stringify({
	name: "Pole 7",
	feederId: "F1",
	gatewayId: "pole-7",
	buses: [{ id: "b", port: 1 }],
	devices: [{ id: "t", device: "sht20-xy-md02", bus: "b", address: 1, unit: 2 }],
});
const settings = { wifi: { ssid: "Home", password: "secret-12" }, adminPassword: "pole-and-wire", hostName: "pole-7" };

/** A board with what it kept: `start` begins another run of the program. */
function board(storage = new FakeStorage()) {
	let seed = 1;
	const random = () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
	const start = () => {
		const clock = new ManualClock();
		const radio = new FakeRadio();
		const logged: string[] = [];
		const restarts: number[] = [];
		const setup = new Provisioning({
			clock,
			random,
			storage,
			radio,
			boardId: "1a2b",
			known,
			restart: () => restarts.push(clock.now()),
			log: (level, _, text) => logged.push(`${level} ${text}`),
		});
		return { clock, radio, logged, restarts, setup };
	};
	return { storage, start };
}

describe("provisioning of a board", () => {
	it("at its first start makes a password of its own and waits as an access point", () => {
		const { storage, start } = board();
		const { setup, radio } = start();
		expect(radio.done).toEqual([]);
		setup.start();
		const { name, password, open } = setup.accessPoint!();
		expect(name).toBe("Gridpost-1A2B");
		expect(password).toMatch(/^[a-km-np-z2-9]{10}$/);
		expect(open).toBe(true);
		expect(radio.done).toEqual(["disconnect", `open Gridpost-1A2B/${password}`]);
		expect(storage.password).toBe(password);
		expect(setup.settings()).toEqual({
			wifi: { ssid: "", password: "" },
			adminPassword: "",
			hostName: "gridpost-1a2b",
		});
		expect(start().setup.accessPoint!().password).toBe(password);
		const other = board();
		other.start();
		other.start();
		expect(makePassword(Math.random)).not.toBe(makePassword(Math.random));
	});

	it("keeps settings over a restart, with one copy damaged, and begins anew with both", () => {
		const { storage, start } = board();
		start().setup.apply({ ...settings, hostName: "older" });
		start().setup.apply(settings);
		const { setup, radio } = start();
		setup.start();
		expect(setup.settings()).toEqual(settings);
		expect(radio.done).toEqual(["connect Home/secret-12"]);
		storage.settings.places[1]![20]! ^= 1;
		const second = start();
		expect(second.setup.settings().hostName).toBe("older");
		expect(second.logged).toContain("warn one copy of the settings is damaged; the other holds");
		storage.settings.places[0]![3] = 0;
		const third = start();
		expect(third.setup.settings().adminPassword).toBe("");
		third.setup.start();
		expect(third.setup.uplink.state.state).toBe("setup");
		expect(third.logged.join()).not.toContain("secret-12");
	});

	it("tells an answer first and tries the network then", () => {
		const { start } = board();
		const { clock, setup, radio } = start();
		setup.start();
		radio.take();
		setup.apply(settings);
		clock.advance(1000);
		expect(radio.take()).toEqual([]);
		clock.advance(500);
		expect(radio.take()).toEqual(["connect Home/secret-12"]);
		setup.uplink.wifiUp("10.0.0.3", -50);
		setup.apply({ ...settings, adminPassword: "another-one" });
		clock.advance(100_000);
		// nothing about the network has changed
		expect(radio.take()).toEqual([]);
	});

	it("forgets everything by a factory reset, also when a part of it fails", () => {
		const { storage, start } = board();
		const first = start();
		first.setup.apply(settings);
		first.setup.siteKeeper.save(goodSite);
		const { password } = first.setup.accessPoint!();
		storage.site.erase = () => {
			throw new Error("flash");
		};
		first.setup.factoryReset();
		expect(storage.settings.places).toEqual([undefined, undefined]);
		expect(storage.erased).toBe(1);
		expect(first.logged).toContain("error site file: flash");
		first.clock.advance(1500);
		expect(first.restarts.length).toBe(1);
		const { setup } = start();
		expect(setup.settings().adminPassword).toBe("");
		expect(setup.accessPoint!().password).not.toBe(password);
	});

	it("scans: each name once, the strongest first, no hidden ones", () => {
		const { setup, radio } = board().start();
		const net = (name: string, signalDbm: number) => ({ name, signalDbm, open: false });
		radio.around = [net("A", -80), net("", -20), net("B", -60), net("A", -50), ...Array(30).fill(net("C", -90))];
		let found: string[] = [];
		setup.scan!((networks) => (found = networks.map(({ name, signalDbm }) => `${name} ${signalDbm}`)));
		expect(found).toEqual(["A -50", "B -60", "C -90"]);
	});
});

describe("site file of a board", () => {
	it("starts with none, and each stand-in is a valid site that says why", () => {
		const { storage, start } = board();
		const { setup } = start();
		expect(setup.site()).toEqual({ state: "none", text: "no site file yet" });
		const site = readSite(setup.siteKeeper.text, known);
		expect(site).toMatchObject({ name: "No site file yet", location: "no site file yet", devices: [], buses: [] });
		storage.site.places[0] = utf8Encode("rubbish");
		const damaged = start().setup;
		expect(damaged.site().state).toBe("damaged");
		expect(readSite(damaged.siteKeeper.text, known).name).toBe("Site file not in use");
		expect(storage.site.places[0]).toEqual(utf8Encode("rubbish"));
	});

	it("keeps only what is valid, and runs it at the next start", () => {
		const { start } = board();
		const { setup } = start();
		expect(() => setup.siteKeeper.save('{"name": 5}')).toThrow("name: 5 is not allowed");
		expect(setup.siteKeeper.stored()).toBeUndefined();
		setup.siteKeeper.save(goodSite);
		const next = start().setup;
		expect(next.site()).toEqual({ state: "stored", text: "" });
		expect(next.siteKeeper.text).toBe(goodSite);
		const changed = goodSite.replace("Pole 7", "Pole 9");
		next.siteKeeper.save(changed);
		expect(next.siteKeeper.stored()).toBe(changed);
		expect(next.siteKeeper.text).toBe(goodSite);
	});

	it("runs the one before when the newest is damaged or was cut off while it was written", () => {
		const { storage, start } = board();
		start().setup.siteKeeper.save(goodSite);
		storage.site.cutAfter = 100;
		expect(() => start().setup.siteKeeper.save(goodSite.replace("Pole 7", "Pole 8"))).toThrow("power");
		const { setup, logged } = start();
		expect(setup.siteKeeper.text).toBe(goodSite);
		expect(setup.site().state).toBe("before");
		expect(logged).toContain("error the newest site file is damaged; the one before it runs");
	});

	it("keeps for repair what this program does not take", () => {
		const { storage, start } = board();
		start().setup.siteKeeper.save(goodSite);
		const clock = new ManualClock();
		const older = new Provisioning({
			clock,
			random: Math.random,
			storage,
			boardId: "1a2b",
			known: ["another-device"],
			restart: () => {},
		});
		expect(older.site()).toEqual({
			state: "invalid",
			text: expect.stringContaining('devices[0].device: "sht20-xy-md02" is not allowed'),
		});
		expect(older.siteKeeper.stored()).toBe(goodSite);
		expect(readSite(older.siteKeeper.text, []).devices).toEqual([]);
		expect(older.scan).toBeUndefined();
	});

	it("leaves out a site file with which three starts did not last, tries it again, and forgets that once a start lasts", () => {
		const { start } = board();
		start().setup.siteKeeper.save(goodSite);
		start();
		start();
		const fourth = start();
		expect(fourth.setup.site().state).toBe("unsafe");
		expect(fourth.logged.some((line) => line.startsWith("error left out once"))).toBe(true);
		fourth.clock.advance(600_000);
		fourth.clock.advance(1500);
		expect(fourth.restarts).toEqual([601_500]);
		const fifth = start();
		expect(fifth.setup.site().state).toBe("stored");
		fifth.clock.advance(60_000);
		for (let i = 0; i < 3; i++) start().setup.restart();
		expect(start().setup.site().state).toBe("stored");
	});

	it("starts and runs where nothing can be stored any more", () => {
		const { storage, start } = board();
		start().setup.siteKeeper.save(goodSite);
		const full = () => {
			throw new Error("ESP_ERR_NVS_NOT_ENOUGH_SPACE");
		};
		storage.starts.write = full;
		storage.accessPointPassword.write = full;
		storage.password = undefined;
		const { setup, clock, logged } = start();
		setup.start();
		clock.advance(60_000);
		expect(setup.site().state).toBe("stored");
		expect(setup.accessPoint!()).toMatchObject({ open: true, password: expect.stringMatching(/^.{10}$/) });
		expect(logged.filter((line) => line.includes("NVS"))).toHaveLength(3);
	});
});
