import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { createTestMachine } from "./testing";

/**
 * A debugger as small as can be, in a thread of its own (the machine blocks Node's loop while it waits): answers the
 * login with breakpoints, each stop with the next command, and keeps what it was told.
 */
const fakeXsbug = `
	import { createServer } from "node:net";
	import { parentPort, workerData } from "node:worker_threads";
	const said = [];
	const commands = [...workerData.commands];
	const server = createServer((socket) => {
		let text = "";
		socket.setEncoding("latin1");
		socket.on("data", (data) => {
			text += data;
			for (let end = text.indexOf("\\r\\n"); end >= 0; end = text.indexOf("\\r\\n")) {
				const message = text.slice(0, end);
				text = text.slice(end + 2);
				said.push(message);
				if (message.includes("<login ")) {
					const points = workerData.breakpoints.map(([path, line]) => '<breakpoint path="' + path + '" line="' + line + '"/>');
					socket.write("\\r\\n<set-all-breakpoints>" + points.join("") + "</set-all-breakpoints>\\r\\n");
				}
				else if (message.includes("<break ")) socket.write("\\r\\n<" + (commands.shift() ?? "go") + "/>\\r\\n");
			}
		});
		socket.on("error", () => {});
		socket.on("close", () => { parentPort.postMessage({ said }); server.close(); });
	});
	server.listen(0, "127.0.0.1", () => parentPort.postMessage({ port: server.address().port }));
`;

async function debuggerWith(breakpoints: [path: string, line: number][], commands: string[]) {
	const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(fakeXsbug)}`), {
		workerData: { breakpoints, commands },
	});
	const [{ port }] = (await once(worker, "message")) as [{ port: number }];
	return { address: `127.0.0.1:${port}`, said: once(worker, "message").then(([{ said }]) => said as string[]) };
}

const subject = `export function add(a, b) {
	const sum = a + b;
	const twice = sum * 2;
	return twice;
}
export function fail() {
	null.x;
}`;

test("the machine logs in, stops at breakpoints, steps, shows frames and locals, and logs out", async () => {
	const { address, said } = await debuggerWith([["subject", 2]], ["step", "step", "go"]);
	const machine = createTestMachine({ name: "probed", xsbug: address, sources: { subject } });
	const { add } = machine.importModule<{ add(a: number, b: number): number }>("subject");
	expect(add(3, 4)).toBe(14);
	machine.delete();
	const messages = await said;
	expect(messages.join("\n")).toContain('<login name="probed"');
	const stops = messages.filter((message) => message.includes("<break "));
	expect(stops.map((message) => /<break path="subject" line="(\d+)"/.exec(message)?.[1])).toEqual(["2", "3", "4"]);
	expect(stops[0]).toMatch(/<frame name="[^"]*add"/);
	expect(stops[1]).toMatch(/name="\.?sum" value="7"/);
	expect(stops[2]).toMatch(/name="\.?twice" value="14"/);
});

test("the debugger can end a machine that stands at a breakpoint", async () => {
	const { address, said } = await debuggerWith([["subject", 2]], ["abort"]);
	const machine = createTestMachine({ xsbug: address, sources: { subject } });
	const { add } = machine.importModule<{ add(a: number, b: number): number }>("subject");
	expect(() => add(3, 4)).toThrow(expect.objectContaining({ code: "XS_DEBUGGER" }));
	machine.delete();
	expect((await said).some((message) => message.includes('line="2"'))).toBe(true);
});

test("without a debugger at the address the machine runs as ever", () => {
	const machine = createTestMachine({ xsbug: "127.0.0.1:1", sources: { subject } });
	expect(machine.importModule<{ add(a: number, b: number): number }>("subject").add(1, 2)).toBe(6);
	machine.finish();
});
