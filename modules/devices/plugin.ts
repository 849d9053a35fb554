/**
 * Everything that a plug-in may import, as "gridpost/plugin": the types of a table and the functions that make parts of
 * one. A plug-in is one module that exports one DeviceTable. It runs once, by itself, in a Compartment with the plain
 * language (no clock, no trace, no IO, no other module); what it exports is copied as data and checked, and its code
 * never runs again. docs/add-a-device.md shows one.
 */
export type { RecordSpec } from "../base/record";
export { defineModel } from "../sunspec/vendor";
export { type PathRow, pathRows } from "./path-rows";
export type {
	Confidence,
	Control,
	Derived,
	DeviceTable,
	KeepAlive,
	LineProfile,
	Poll,
	Protocol,
	Row,
	RowType,
	Unlock,
	WriteRule,
} from "./table";
export type { Unit } from "./units";
