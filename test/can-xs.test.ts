import { describe, expect, test } from "vitest";
import { frameCost, fullLoad } from "../bench/can";
import { canMachine } from "../bench/can-machine";
import { joinBus } from "../hosts/desktop/can-bus";
import { pylontechCanLv } from "../modules/devices/tables/pylontech-can-lv";
import { CanDevice } from "../sim/can-device";
import { FixedSource } from "../sim/profile";

describe("1 Mbit/s, full load, on the application's engine", () => {
	test("an application that reads at once, or before 64 frames wait, loses none", () => {
		for (const busyMs of [0, 7]) {
			const { sent, received, overflow, logged } = fullLoad(1500, busyMs);
			expect({ received, overflow, logged }).toEqual({ received: sent, overflow: 0, logged: [] });
		}
	});

	test("above the queue's limit every lost frame is counted, and it is told", () => {
		const { sent, received, overflow, ms, logged } = fullLoad(1500, 20);
		expect(overflow).toBeGreaterThan(500);
		expect(received + overflow).toBe(sent);
		expect(logged).toEqual(["warn a: frames were lost: the receive queue was full"]);
		// 8 bytes in 111 bits and some stuffed ones
		expect(ms / sent).toBeGreaterThan(0.111);
		expect(ms / sent).toBeLessThan(0.135);
	});
});

describe("what a frame costs on the application's engine", () => {
	test("to a listener, and to the points of a battery, no more than it did, and no memory", () => {
		const listener = frameCost();
		expect(listener.byteCodes).toBeGreaterThan(300);
		expect(listener.byteCodes).toBeLessThanOrEqual(650);
		const battery = frameCost("pylontech-can-lv");
		expect(battery.byteCodes).toBeLessThanOrEqual(10_500);
		for (const { heapBytes } of [listener, battery]) expect(heapBytes).toBeLessThan(1);
	});
});

describe("a battery on a bad bus", () => {
	function play() {
		const source = new FixedSource({ V: 52.4, A: 12.5, SoC: 71, SoH: 98, "714.Prt[1].Tmp": 24.5 });
		const battery = new CanDevice({ table: pylontechCanLv, unit: 1, source });
		const { machine, xs, device, close } = canMachine();
		xs.table("pylontech-can-lv", 500_000);
		const place = joinBus(machine, "a", battery);
		machine.advance(5000);
		const finish = () => {
			place.close();
			close();
		};
		return { machine, xs, device, battery, finish };
	}

	test("its values come, and 0x305 keeps it awake", () => {
		const { machine, xs, battery, finish } = play();
		machine.advance(30_000);
		expect(xs.state()).toMatchObject({ online: true, fault: "", state: "active" });
		expect(xs.point("V")).toMatchObject({ value: 52.4, quality: "good" });
		expect(xs.point("A")).toMatchObject({ value: 12.5, quality: "good" });
		expect(xs.point("SoC")).toMatchObject({ value: 71, quality: "good" });
		expect(machine.now() - xs.point("V").timeMs).toBeLessThan(1100);
		expect(battery.frames).toBeGreaterThan(100);
		finish();
	});

	test("bus-off is told with its reason, is left by itself, and everything goes on", () => {
		const { machine, xs, device, finish } = play();
		xs.state();
		// 32 attempts to send 0x305 that fail are 256 errors
		device.disturb(40);
		const seen: string[] = [];
		for (let i = 0; i < 2000 && !seen.includes("bus-off"); i++) {
			machine.advance(1);
			seen.push(xs.state().state);
		}
		expect([...new Set(seen)]).toEqual(["active", "warning", "passive", "bus-off"]);
		expect(xs.state().fault).toMatch(/off the bus/);
		device.disturb(0);
		machine.advance(260);
		expect(xs.state()).toMatchObject({ state: "active", fault: "", line: { busOff: 1 } });
		machine.advance(5000);
		expect(xs.state().online).toBe(true);
		expect(xs.point("V")).toMatchObject({ value: 52.4, quality: "good" });
		finish();
	});

	test("a bus that stays bad takes the values away after three periods, and gives them back", () => {
		const { machine, xs, device, battery, finish } = play();
		device.disturb(1_000_000);
		machine.advance(4000);
		const { state, line, logged } = xs.state();
		expect(state).toBe("bus-off");
		expect(line["busOff"]).toBeGreaterThan(1);
		expect(logged.filter((one) => one.startsWith("error a: off the bus")).length).toBe(line["busOff"]);
		expect(xs.point("V")).toMatchObject({ value: undefined, quality: "comms_lost" });
		machine.advance(20_000);
		expect(xs.state().online).toBe(false);
		device.disturb(0);
		// the pause has grown to 8 s
		machine.advance(20_000);
		expect(xs.state()).toMatchObject({ online: true, state: "active", fault: "" });
		expect(xs.point("V")).toMatchObject({ value: 52.4, quality: "good" });
		battery.fault = { kind: "silent" };
		machine.advance(16_000);
		expect(xs.state().online).toBe(false);
		finish();
	});
});
