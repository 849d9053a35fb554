import { expect, it } from "vitest";
import type { TcpClass, TcpOptions } from "../base/io";
import { silentLog } from "../base/log";
import { ManualClock } from "../base/manual-clock";
import { Telemetry } from "./telemetry";

/** A class of sockets that never connect, with what each was asked for. */
function socketsOf(asked: TcpOptions[]): TcpClass {
	return class {
		constructor(options: TcpOptions) {
			asked.push(options);
		}
		read(): undefined {}
		write(): undefined {}
		close(): void {}
	} as unknown as TcpClass;
}

function telemetry(url: string, io: { TCP: TcpClass; TLS?: TcpClass }, clock = new ManualClock()): Telemetry {
	const services = {
		openami: { periodS: 10 },
		mqtt: { broker: "", user: "", password: "", keepAliveS: 60 },
		sunspec: { port: 502, rtu: undefined, control: true, older: true },
		http: { port: 80 },
		protection: [],
	};
	return new Telemetry({
		site: { feederId: "f1", gatewayId: "g1", services },
		url,
		devices: [],
		io,
		clock,
		random: () => 0.5,
		log: silentLog,
		firmware: "1.2.3",
		clockState: () => "unset",
	});
}

it.each([
	["http://10.0.0.1", 'broker: "http://10.0.0.1" is not allowed; it must be "mqtt://host:1883" or "mqtts://host:8883"'],
	["mqtts://10.0.0.1", 'broker: "mqtts://10.0.0.1" is not allowed; this platform has no TLS'],
])("refuses the broker %s with the reason", (url, message) => {
	expect(() => telemetry(url, { TCP: socketsOf([]) })).toThrow(message);
});

it.each([
	["mqtt://10.0.0.1:1884", "10.0.0.1", 1884, false],
	["mqtts://broker.example", "broker.example", 8883, true],
])("connects to %s, and not before it is started", (url, host, port, overTls) => {
	const [plain, secure]: [TcpOptions[], TcpOptions[]] = [[], []];
	const clock = new ManualClock();
	const one = telemetry(url, { TCP: socketsOf(plain), TLS: socketsOf(secure) }, clock);
	clock.advance(1000);
	expect([...plain, ...secure]).toEqual([]);
	one.start();
	clock.advance(1000);
	expect(overTls ? plain : secure).toEqual([]);
	expect((overTls ? secure : plain)[0]).toMatchObject({ host, port });
	expect(one.broker()).toEqual({ address: url, connected: false });
	one.close();
	one.close();
});

it("keeps nothing for a broker that there is not", () => {
	const clock = new ManualClock(Date.UTC(2026, 0, 1));
	const asked: TcpOptions[] = [];
	const one = telemetry("", { TCP: socketsOf(asked) }, clock);
	one.start();
	clock.advance(60_000);
	expect(one.broker()).toBeUndefined();
	expect(one.status()).toEqual({ broker: "", connected: false, sent: 0, waiting: 0, dropped: 0 });
	expect(asked).toEqual([]);
	one.close();
});
