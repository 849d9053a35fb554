import { applicationModules } from "../hosts/desktop/preloads";
import { createTestMachine, type TestMachine } from "../hosts/desktop/testing";

const program = `
import { SunSpecActuator } from "modules/devices/sunspec-actuator";
import { SunSpecDevice } from "modules/devices/sunspec-device";
import { DerUnit } from "modules/site/der-unit";
import { foundAbilities, foundKind, foundSpecs } from "modules/site/found-device";
import { SharedActuator } from "modules/site/shared-actuator";
import { SiteDer } from "modules/site/site-der";
import { derMap, derModels } from "modules/sunspec/der/layout";
import { Image } from "modules/sunspec/image";
import { scaleOf } from "modules/sunspec/place";
import { SunSpecSpace } from "modules/sunspec/server";

let now = 0;
let timers = [];
const clock = {
	now: () => now,
	epochMs: () => undefined,
	setTimer(callback, delayMs) {
		const timer = { callback, dueMs: now + delayMs };
		timers.push(timer);
		return timer;
	},
	clearTimer(id) { timers = timers.filter((timer) => timer !== id); },
};
const common = { clock, random: () => 0.5, log() {}, store: { load() {}, save() {} }, onChange() {} };
const requests = [];
const client = { request(request) { requests.push(request); } };
const ders = [];
let der, open, site, space, own;

export function begin(unit, older) {
	der = { unit, older, found: false };
	ders.push(der);
	const one = der;
	der.device = new SunSpecDevice({ unit, onFound() { one.found = true; } });
}
export function isFound() { return der.found; }
export function select(index) { der = ders[index]; }

/** What is to be sent now: function, address, count, values; nothing when nothing is. */
export function next(nowMs) {
	now = nowMs;
	for (const timer of timers.filter((one) => one.dueMs <= now)) {
		timers = timers.filter((one) => one !== timer);
		timer.callback();
	}
	open = requests.shift() ?? der.device.nextRead(now);
	return open && [open.function, open.address, open.count, ...(open.values ?? [])];
}
export function answer(exception, buffer) {
	const data = new DataView(buffer);
	open.onResult({ status: exception ? "exception" : "ok", exception, data, startMs: now, endMs: now + 5 });
}

export function image() {
	const models = der.device.models;
	const present = foundSpecs(models);
	der.profile = { kind: foundKind(models), ratings: {}, ...foundAbilities(models), legacy: der.older };
	const added = derModels(present, der.profile);
	der.image = new Image(derMap(present, added));
	der.lists = { present, added };
}
export function actuator() { der.actuator = new SharedActuator(new SunSpecActuator({ device: der.device, client, clock })); }
export function composed() {
	const { image, unit, profile, lists: { present }, device } = der;
	const onBegin = (controls) => device.keep(present.map(({ id }) => id).filter((id) => controls.owns(id)));
	der.derUnit = new DerUnit({ ...common, ...der.lists, image, unit, profile, actuator: der.actuator.own, onBegin });
	der.lists = der.profile = undefined;
}
export function attach() { der.device.attach(der.image); }
export function update() { der.derUnit.update(false); }
export function controls() {
	const one = der;
	one.image.onCommit = () => one.derUnit.update(one.device.complete);
	one.image.commit();
	if (!one.derUnit.der) throw new Error("the controls have not begun");
}
export function asOne() {
	const devices = ders.map(({ image, derUnit, actuator }) => {
		return { image, derUnit, actuator, site: { phase: 1, ratings: {} } };
	});
	site = new SiteDer({ ...common, devices, control: true, older: der.older });
	own = new Image([{ id: 1 }, ...site.models]);
	site.attach(own);
	for (let i = 0; i < 3; i++) for (const device of devices) site.update(device);
	if (!site.der) throw new Error("the controls of the site have not begun");
}

/** A client writes one register of a model. */
export function serve() {
	space = new SunSpecSpace({
		clock,
		onWrite: (_unit, _image, point, value) => der.derUnit.der.onWrite(point, value),
		onCheck: (_unit, _image, points, values) => der.derUnit.der.onCheck(points, values),
		onWritten: (_unit, _image, points) => der.derUnit.der.onWritten(points),
	});
	space.add(der.unit, der.image);
}
export function place(model, name) {
	const { image } = der;
	let found;
	image.eachPoint((point) => { if (point.model.id === model && point.name === name) found = point; });
	return [found.address, 10 ** -scaleOf(image.registers, image.base, found)];
}
export function write(address, buffer) { return space.writeRegisters(der.unit, address, 1, new DataView(buffer), 0); }
export function due() { return timers.length === 0 ? -1 : Math.min(...timers.map((timer) => timer.dueMs)); }
export function tick(nowMs) {
	now = nowMs;
	const timer = timers.find((one) => one.dueMs <= now);
	timers = timers.filter((one) => one !== timer);
	timer.callback();
}
`;

/** The DERs of a hub piece by piece on XS, with what asks their devices left to the caller. */
export interface DersOnXs {
	begin(unit: number, older: boolean): void;
	isFound(): boolean;
	/** Which DER the others are about: that begun last, until another is selected. */
	select(index: number): void;
	next(nowMs: number): number[] | undefined;
	answer(exception: number, data: ArrayBuffer): void;
	image(): void;
	attach(): void;
	actuator(): void;
	composed(): void;
	update(): void;
	controls(): void;
	asOne(): void;
	serve(): void;
	/** Address of a point, and what its value is multiplied by for the register. */
	place(model: number, name: string): [address: number, factor: number];
	/** 0, or the exception. */
	write(address: number, value: ArrayBuffer): number;
	/** When the next timer is due; -1: none is set. */
	due(): number;
	/** Lets one timer go off. */
	tick(nowMs: number): void;
}

export function dersMachine(): { machine: TestMachine; xs: DersOnXs } {
	const machine = createTestMachine({ preload: applicationModules(), sources: { program } });
	return { machine, xs: machine.importModule("program") as unknown as DersOnXs };
}
