/** Serial protocols on XS over serial devices of this machine, as `npm start` opens them: a battery behind a pty each. */
import { afterEach, expect, test } from "vitest";
import { DesktopHub } from "../hosts/desktop/app";
import { findTable } from "../modules/devices/generated/tables";
import { tabledDevice } from "../sim/tabled";
import { TypicalSource } from "../sim/typical";
import { until } from "./adapters/real-clock";
import { SimulatedLine } from "./adapters/simulated-line";
import { describeWithPeers } from "./peers";

const batteries = [
	{ id: "daly-uart", unit: 1, baud: 9600, isWhole: (bytes: Uint8Array) => bytes.length === 13 },
	{ id: "pylontech-rs485", unit: 2, baud: 115200, isWhole: (bytes: Uint8Array) => bytes.at(-1) === 13 },
	{ id: "jk-bms-uart-4e57", unit: 1, baud: 115200, isWhole: (bytes: Uint8Array) => bytes.length === 2 + bytes[3]! },
];

describeWithPeers("batteries on serial devices", ["socat"], () => {
	const open: { close(): Promise<void> | void }[] = [];

	afterEach(async () => {
		for (const one of open.splice(0).reverse()) await one.close();
	});

	test("are read by the hub", async () => {
		const buses: object[] = [];
		const devices: object[] = [];
		for (const { id, unit, baud, isWhole } of batteries) {
			const table = findTable(id)!;
			const battery = tabledDevice({ table, unit, source: new TypicalSource(table), serial: "17042391" });
			const line = new SimulatedLine(battery, () => performance.now(), isWhole);
			open.push(line);
			await line.open();
			buses.push({ id, port: line.path, baud });
			devices.push({ id, device: id, bus: id, address: unit, unit: 2 + devices.length, role: "other" });
		}
		const logged: string[] = [];
		const hub = new DesktopHub({
			siteText: JSON.stringify({ name: "b", feederId: "f", gatewayId: "g", buses, devices }),
			options: { modbusPort: 502, httpPort: 80 },
			network: "virtual",
			onError: (error) => logged.push(String(error)),
			log: (level, area, text) => logged.push(`${level} ${area}: ${text}`),
		});
		open.push(hub);
		const online = () =>
			hub
				.snapshot()
				.devices.filter((one) => one.online)
				.map((one) => one.id);
		await until(
			() => `${online()} ${logged.join("\n")}`,
			() => online().length === batteries.length,
			8000,
		);
		expect(online()).toEqual(batteries.map(({ id }) => id));
	});
});
