import { describe, expect, it } from "vitest";
import { FakeRadio } from "../../test/fakes/board";
import { ManualClock } from "../base/manual-clock";
import { Uplink } from "./uplink";

function bench(withRadio = true) {
	const clock = new ManualClock();
	const radio = new FakeRadio();
	const logged: string[] = [];
	const uplink = new Uplink({
		clock,
		accessPointName: "Gridpost-1A2B",
		log: (level, _, text) => logged.push(`${level} ${text}`),
		...(withRadio
			? {
					radio: {
						connect: (ssid, password) => radio.connect(ssid, password),
						disconnect: () => radio.disconnect(),
						openAccessPoint: (beside) => radio.openAccessPoint("AP", "pw", beside),
						closeAccessPoint: () => radio.closeAccessPoint(),
					},
				}
			: {}),
	});
	return { clock, radio, uplink, logged };
}

const home = { ssid: "Home", password: "secret-12" };

describe("uplink", () => {
	it("is an access point at once when it knows no network", () => {
		const { clock, radio, uplink } = bench();
		uplink.use({ ssid: "", password: "" });
		expect(radio.take()).toEqual(["disconnect", "open AP/pw"]);
		expect(uplink.state).toEqual({
			state: "setup",
			by: "wifi",
			name: "Gridpost-1A2B",
			address: "192.168.4.1",
			signalDbm: 0,
		});
		clock.advance(3_600_000);
		expect(radio.take()).toEqual([]);
		expect(clock.pending).toBe(0);
	});

	it("joins a network that it knows, with no access point", () => {
		const { clock, radio, uplink } = bench();
		uplink.use(home);
		expect(uplink.state.state).toBe("connecting");
		uplink.wifiJoined();
		uplink.wifiUp("192.168.1.20", -61);
		expect(uplink.state).toEqual({ state: "up", by: "wifi", name: "Home", address: "192.168.1.20", signalDbm: -61 });
		clock.advance(86_400_000);
		expect(radio.take()).toEqual(["connect Home/secret-12"]);
	});

	it("opens the access point beside after a minute of failing, and goes on trying for ever", () => {
		const { clock, radio, uplink } = bench();
		uplink.use(home);
		const opened: number[] = [];
		let tries = 0;
		for (let s = 0; s < 86_400; s++) {
			for (const what of radio.take()) {
				if (what.startsWith("open")) opened.push(s);
				if (!what.startsWith("connect")) continue;
				tries++;
				clock.advance(500);
				uplink.wifiDown(true);
			}
			clock.advance(1000);
		}
		expect(opened.length).toBe(1);
		expect(opened[0]).toBeGreaterThanOrEqual(57);
		expect(opened[0]).toBeLessThanOrEqual(60);
		expect(uplink.state.state).toBe("setup");
		expect(uplink.trouble).toBe("password");
		// every 30 s at the end of the back-off
		expect(tries).toBeGreaterThan(2500);
		expect(tries).toBeLessThan(3000);
		uplink.use(home);
		uplink.wifiUp("10.0.0.2", -50);
		expect(uplink.state.state).toBe("up");
		expect(uplink.trouble).toBe("");
	});

	it("tells why: refused, nobody there, no address", () => {
		const { clock, uplink, logged } = bench();
		uplink.use(home);
		clock.advance(30_000);
		expect(uplink.trouble).toBe("absent");
		clock.advance(1000);
		uplink.wifiJoined();
		clock.advance(30_000);
		expect(uplink.trouble).toBe("address");
		clock.advance(2000);
		uplink.wifiDown(true);
		expect(uplink.trouble).toBe("password");
		expect(logged.join()).not.toContain("secret-12");
		expect(logged.filter((line) => line.startsWith("warn"))).toEqual([
			'warn Wi-Fi "Home": no answer from a network of this name',
			'warn Wi-Fi "Home": the network gives no address (DHCP)',
			'warn Wi-Fi "Home": the network does not take the password',
		]);
	});

	it("keeps the access point a while after success, for its guest to read the outcome", () => {
		const { clock, radio, uplink } = bench();
		uplink.use({ ssid: "", password: "" });
		uplink.guests(1);
		radio.take();
		uplink.use(home, 1500);
		clock.advance(1499);
		expect(radio.take()).toEqual([]);
		clock.advance(1);
		expect(radio.take()).toEqual(["connect Home/secret-12"]);
		uplink.wifiUp("10.0.0.2", -50);
		clock.advance(119_999);
		expect(uplink.accessPointOpen).toBe(true);
		clock.advance(1);
		expect(radio.take()).toEqual(["close"]);
		expect(uplink.state.state).toBe("up");
	});

	it("leaves a guest in peace: it tries again only every two minutes, and soon when the guest has gone", () => {
		const { clock, radio, uplink } = bench();
		uplink.use({ ssid: "", password: "" });
		uplink.guests(1);
		uplink.use(home);
		uplink.wifiDown(true);
		radio.take();
		clock.advance(119_000);
		expect(radio.take()).toEqual([]);
		clock.advance(1000);
		expect(radio.take()).toEqual(["connect Home/secret-12"]);
		uplink.wifiDown(true);
		clock.advance(10_000);
		uplink.guests(0);
		clock.advance(5000);
		expect(radio.take()).toEqual(["connect Home/secret-12"]);
	});

	it("comes back by itself after a loss, and opens the access point only when that takes a minute", () => {
		const { clock, radio, uplink } = bench();
		uplink.use(home);
		uplink.wifiUp("10.0.0.2", -50);
		clock.advance(3_600_000);
		radio.take();
		uplink.wifiDown(false);
		expect(radio.take()).toEqual(["connect Home/secret-12"]);
		uplink.wifiUp("10.0.0.2", -50);
		clock.advance(3_600_000);
		expect(radio.take()).toEqual([]);
		uplink.wifiDown(false);
		clock.advance(59_999);
		expect(uplink.accessPointOpen).toBe(false);
		clock.advance(1);
		expect(uplink.accessPointOpen).toBe(true);
	});

	it("takes a cable with an address for a connection", () => {
		const { clock, radio, uplink } = bench();
		uplink.use({ ssid: "", password: "" });
		uplink.ethernet("10.1.0.5");
		expect(uplink.state).toEqual({ state: "up", by: "ethernet", name: "", address: "10.1.0.5", signalDbm: 0 });
		clock.advance(120_000);
		expect(radio.take()).toEqual(["disconnect", "open AP/pw", "close"]);
		uplink.ethernet("");
		expect(radio.take()).toEqual(["open AP/pw"]);
		expect(uplink.state.state).toBe("setup");
	});

	it("without a radio knows the cable only", () => {
		const { clock, uplink } = bench(false);
		uplink.use(home);
		expect(uplink.state.state).toBe("down");
		uplink.ethernet("10.1.0.5");
		expect(uplink.state.state).toBe("up");
		uplink.ethernet("");
		expect(uplink.state.state).toBe("down");
		expect(clock.pending).toBe(0);
	});

	it("outlives a radio that throws", () => {
		const { clock, radio, uplink } = bench();
		radio.broken = true;
		uplink.use(home);
		clock.advance(120_000);
		expect(uplink.accessPointOpen).toBe(false);
		radio.broken = false;
		clock.advance(30_000);
		expect(uplink.accessPointOpen).toBe(true);
		expect(radio.take()).toContain("connect Home/secret-12");
	});

	it("is silent after close", () => {
		const { clock, radio, uplink } = bench();
		uplink.use(home);
		uplink.close();
		radio.take();
		uplink.wifiDown(true);
		uplink.ethernet("10.0.0.1");
		clock.advance(600_000);
		expect(radio.take()).toEqual([]);
		expect(clock.pending).toBe(0);
	});
});
