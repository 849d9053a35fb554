import { describe, expect, it } from "vitest";
import type { ListenerOptions, ListenerSocket } from "../../modules/base/io";
import { ManualClock } from "../../modules/base/manual-clock";
import { lateListener } from "./late-listener";

/** As the SDK's class: without an address of any interface it throws. */
function board() {
	const clock = new ManualClock();
	const net = { hasAddress: false, open: 0, fault: "no network", logged: [] as string[], arrive: () => {} };
	class Listener implements ListenerSocket {
		#waiting = 0;
		constructor({ onReadable }: ListenerOptions) {
			if (!net.hasAddress) throw new Error(net.fault);
			net.open++;
			net.arrive = () => onReadable?.(++this.#waiting);
		}
		read() {
			return this.#waiting-- > 0 ? "a connection" : undefined;
		}
		close() {
			net.open--;
		}
	}
	const Late = lateListener(Listener, { clock, log: (_level, _area, text) => net.logged.push(text) });
	return { clock, net, Late };
}

describe("a listener on the board", () => {
	it("opens as soon as there is an address, however long that takes, and says so once", () => {
		const { clock, net, Late } = board();
		const arrived: number[] = [];
		const listener = new Late({ port: 80, onReadable: (count) => arrived.push(count) });
		expect(listener.read()).toBeUndefined();
		clock.advance(3_600_000);
		net.hasAddress = true;
		clock.advance(1000);
		expect(net).toMatchObject({ open: 1, logged: ["port 80 waits: no network", "port 80 is open"] });
		expect(clock.pending).toBe(0);
		net.arrive();
		expect(arrived).toEqual([1]);
		expect(listener.read()).toBe("a connection");
		listener.close();
		listener.close();
		expect(net.open).toBe(0);
	});

	it("is open at once where it can be, without a word", () => {
		const { clock, net, Late } = board();
		net.hasAddress = true;
		new Late({ port: 502 });
		expect(net).toMatchObject({ open: 1, logged: [] });
		expect(clock.pending).toBe(0);
	});

	it("tells another reason too, and waits no more once it is closed", () => {
		const { clock, net, Late } = board();
		const listener = new Late({ port: 80 });
		net.fault = "socket bind";
		clock.advance(5000);
		expect(net.logged).toEqual(["port 80 waits: no network", "port 80 waits: socket bind"]);
		listener.close();
		net.hasAddress = true;
		clock.advance(5000);
		expect(net.open).toBe(0);
	});
});
