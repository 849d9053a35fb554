/// <reference path="../../../typings/embedded-io.d.ts" />
/// <reference path="../../../typings/embedded-storage.d.ts" />
/// <reference path="../../../typings/host-io.d.ts" />

import type AnalogDeclared from "embedded:io/analog";
import type DigitalDeclared from "embedded:io/digital";
import type SerialDeclared from "embedded:io/serial";
import type ListenerDeclared from "embedded:io/socket/listener";
import type TCPDeclared from "embedded:io/socket/tcp";
import type TLSDeclared from "embedded:io/socket/tcp/tls";
import type UDPDeclared from "embedded:io/socket/udp";
import type filesDeclared from "embedded:storage/files";
import type flashDeclared from "embedded:storage/flash";
import type valuesDeclared from "embedded:storage/key-value";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, expectTypeOf, test } from "vitest";
import type { ListenerClass, TcpClass } from "../../../modules/base/io";
import { createIo } from "../io/io";
import { findRoot } from "../loader";
import { createTestMachine } from "../testing";
import type Analog from "./analog";
import type Digital from "./digital";
import type files from "./files";
import type flash from "./flash";
import type values from "./key-value";
import type Listener from "./listener";
import type Serial from "./serial";
import type TCP from "./tcp";
import type TLS from "./tls";
import type UDP from "./udp";

// the type check of the tests is what can fail here
test("every class can stand for what is declared of it", () => {
	expectTypeOf<typeof TCPDeclared>().toExtend<TcpClass>();
	expectTypeOf<typeof TLSDeclared>().toExtend<TcpClass>();
	expectTypeOf<typeof ListenerDeclared>().toExtend<ListenerClass>();
	expectTypeOf<typeof TCP>().toExtend<typeof TCPDeclared>();
	expectTypeOf<typeof TLS>().toExtend<typeof TLSDeclared>();
	expectTypeOf<typeof Listener>().toExtend<typeof ListenerDeclared>();
	expectTypeOf<typeof UDP>().toExtend<typeof UDPDeclared>();
	expectTypeOf<typeof Serial>().toExtend<typeof SerialDeclared>();
	expectTypeOf<typeof Digital>().toExtend<typeof DigitalDeclared>();
	expectTypeOf<typeof Analog>().toExtend<typeof AnalogDeclared>();
	expectTypeOf<typeof files>().toExtend<typeof filesDeclared>();
	expectTypeOf<typeof values>().toExtend<typeof valuesDeclared>();
	expectTypeOf<typeof flash>().toExtend<typeof flashDeclared>();
});

/** Class to its members, of one declared module. */
function declaredClasses(text: string, module: string): Map<string, string[]> {
	const block = text.slice(text.indexOf(`declare module "${module}"`)).split("\n}")[0]!;
	const classes = new Map<string, string[]>();
	for (const [, name, body] of block.matchAll(/\n\texport (?:default )?class (\w+) \{\n([\s\S]*?)\n\t\}/g)) {
		const members = [...body!.matchAll(/^\t\t(?:static |readonly |private )*(\w+|\[Symbol\.iterator\])[(:]/gm)];
		classes.set(
			name!,
			[...new Set(members.map((member) => member[1]!))].filter((member) => member !== "constructor"),
		);
	}
	return classes;
}

const MODULES = {
	"embedded-io": [
		"embedded:io/socket/tcp",
		"embedded:io/socket/tcp/tls",
		"embedded:io/socket/listener",
		"embedded:io/socket/udp",
		"embedded:io/serial",
		"embedded:io/digital",
		"embedded:io/analog",
	],
	"embedded-storage": ["embedded:storage/files", "embedded:storage/key-value", "embedded:storage/flash"],
};

/** Public members of a class in the engine: own and inherited, static ones too. */
const LIST = `
export function members(specifier, name, module) {
	const found = module[name] ?? module.default;
	const names = new Set();
	for (let at = found.prototype; at && at !== Object.prototype; at = Object.getPrototypeOf(at))
		for (const key of Reflect.ownKeys(at)) names.add(typeof key === "symbol" ? "[Symbol.iterator]" : key);
	for (const key of Object.getOwnPropertyNames(found)) if (/^[A-Z]/.test(key)) names.add(key);
	names.delete("constructor");
	return [...names].sort();
}
`;

test("every class has the members that are declared of it, and no others", () => {
	const io = createIo({ onError: (error) => machine.errors.push(error) });
	const specifiers = Object.values(MODULES).flat();
	const imports = specifiers.map((specifier, i) => `import * as m${i} from ${JSON.stringify(specifier)};\n`);
	const list = `${imports.join("")}${LIST}export const all = { ${specifiers.map((s, i) => `${JSON.stringify(s)}: m${i}`)} };
		export function list(specifier, name) { return members(specifier, name, all[specifier]); }`;
	const machine = createTestMachine({ sources: { list }, host: io.host });
	const program = machine.importModule<{ list(specifier: string, name: string): string[] }>("list");
	let classes = 0;
	for (const [file, modules] of Object.entries(MODULES)) {
		const text = readFileSync(join(findRoot(), `typings/${file}.d.ts`), "utf8");
		for (const specifier of modules)
			for (const [name, members] of declaredClasses(text, specifier)) {
				classes++;
				// fields are on the objects, not on the class
				const fields = new Set(["target", "size", "mode"]);
				const declared = members.filter((member) => !fields.has(member)).sort();
				expect(program.list(specifier, name), `${specifier} ${name}`).toEqual(declared);
			}
	}
	expect(classes).toBe(12);
	io.close();
	machine.finish();
});
