import type { BusStatus, DeviceStatus, PointStatus } from "../../modules/admin/status";

/** What the application tells the terminal once a second. */
export interface Snapshot {
	name: string;
	uptimeS: number;
	devices: DeviceStatus[];
	buses: BusStatus[];
	mqtt: { broker: string; connected: boolean; sent: number; waiting: number; dropped: number };
}

export interface TableStyle {
	colour: boolean;
	/** Columns of the terminal. */
	width: number;
}

const kColours = { good: "32", suspect: "33", comms_lost: "31", never: "31", dim: "2", bold: "1" } as const;

/** The pole as lines of text: one a device, then the buses and the way to the broker. */
export function renderTable(snapshot: Snapshot, style: TableStyle): string[] {
	const paint = (text: string, colour: keyof typeof kColours): string =>
		style.colour ? `\x1b[${kColours[colour]}m${text}\x1b[0m` : text;
	const head = ["name", "device", "unit", "power", "voltage", "energy", "quality", "age"];
	const rows = snapshot.devices.map(rowOf);
	const right = [false, false, true, true, true, true, false, true];
	const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row.cells[i]!.length)));
	// a narrow terminal loses columns from the middle: who and how well stay
	const shown = head.map((_, i) => i);
	for (const expendable of [1, 2, 4, 5]) {
		const width = shown.reduce((sum, i) => sum + widths[i]! + 2, 0);
		if (width > style.width && shown.length > 4) shown.splice(shown.indexOf(expendable), 1);
	}
	const line = (cells: readonly string[]): string[] =>
		shown.map((i) => (right[i] ? cells[i]!.padStart(widths[i]!) : cells[i]!.padEnd(widths[i]!)));
	const lines = [
		`${paint(snapshot.name, "bold")}${paint(`  up ${duration(snapshot.uptimeS)}`, "dim")}`,
		"",
		paint(line(head).join("  "), "dim"),
	];
	for (const row of rows) {
		const cells = line(row.cells);
		const at = shown.indexOf(6);
		cells[at] = paint(cells[at]!, row.quality);
		lines.push(cells.join("  "));
	}
	lines.push("");
	for (const bus of snapshot.buses) lines.push(busLine(bus, paint));
	lines.push(mqttLine(snapshot.mqtt, paint));
	return lines;
}

type Paint = (text: string, colour: keyof typeof kColours) => string;

function busLine(bus: BusStatus, paint: Paint): string {
	if (!bus.open) return `${bus.id}  ${paint(`${bus.port} cannot be opened`, "comms_lost")}`;
	const filled = Math.round(bus.utilisation * 10);
	const bar = "█".repeat(filled) + "░".repeat(10 - filled);
	const baud = bus.baud > 0 ? `${bus.baud} baud` : bus.port;
	const late = bus.late > 0 ? paint(`  ${bus.late} late`, "suspect") : "";
	return `${bus.id}  ${baud}  ${bar} ${Math.round(bus.utilisation * 100)} % busy  ${count(bus.reads)} reads${late}`;
}

function mqttLine(mqtt: Snapshot["mqtt"], paint: Paint): string {
	if (mqtt.broker === "") return "mqtt  off";
	const state = mqtt.connected ? paint("connected", "good") : paint("not connected", "comms_lost");
	const dropped = mqtt.dropped > 0 ? paint(`  ${count(mqtt.dropped)} dropped`, "comms_lost") : "";
	return `mqtt  ${mqtt.broker}  ${state}  ${count(mqtt.sent)} sent  ${count(mqtt.waiting)} waiting${dropped}`;
}

interface Row {
	cells: string[];
	quality: PointStatus["quality"];
}

function rowOf(device: DeviceStatus): Row {
	const point = (...names: string[]) =>
		names.map((name) => device.points.find((one) => one.point === name)).find((one) => one !== undefined);
	const power = device.kind === "solar" ? point("Prt[1].DCW") : point("W");
	const voltage = point("PhVphA", "PhV", "LNV", "VL1", "DCV");
	const charge = point("SoC");
	const energy = point("TotWhImp", "TotWhInj", "WhTot");
	const main = power ?? point("TmpAmb") ?? device.points[0];
	const quality = main?.quality ?? "never";
	return {
		cells: [
			device.name,
			device.model,
			String(device.unit),
			power ? show(power, 0) : show(point("TmpAmb"), 1, "°C"),
			voltage && !charge ? show(voltage, 1) : show(charge ?? point("RH"), charge ? 0 : 1, "%"),
			show(energy && { ...energy, value: typeof energy.value === "number" ? energy.value / 1000 : null }, 2, "kWh"),
			quality === "never" ? "no answer yet" : quality === "comms_lost" ? "comms lost" : quality,
			main?.ageS == null ? "" : age(main.ageS),
		],
		quality,
	};
}

/** "312 W"; a dash where nothing was measured. */
function show(point: PointStatus | undefined, digits: number, unit = point?.unit ?? ""): string {
	if (!point) return "";
	return typeof point.value === "number" ? `${point.value.toFixed(digits)} ${unit}` : "-";
}

function age(seconds: number): string {
	if (seconds < 100) return `${seconds.toFixed(1)} s`;
	return seconds < 6000 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

function duration(seconds: number): string {
	const whole = Math.floor(seconds);
	const two = (value: number) => String(value).padStart(2, "0");
	return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

/** 1234567 as "1 234 567". */
function count(value: number): string {
	return String(value).replace(/\B(?=(\d{3})+$)/g, " ");
}
