/** MQTT publishing and HTTP answering on the engine of the device, without a network: what our own code costs. */
import { heapBytes, microsecondsOf, type Report, sayer, slotBytes } from "./figure";
import { mqttMachine } from "./mqtt-machine";

const browserRequest = [
	"GET /api/device/7?unit=kW HTTP/1.1",
	"Host: hub.local:8080",
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
	"Accept: application/json",
	"Accept-Language: en-US,en;q=0.5",
	"Accept-Encoding: gzip, deflate",
	"Connection: keep-alive",
	"Referer: http://hub.local:8080/",
	"\r\n",
].join("\r\n");

export function run(report: Report): void {
	const { machine, mqtt, http } = mqttMachine();
	const say = sayer("mqtt", report);
	const codesOf = (action: () => void) => {
		const before = machine.counters().byteCodes;
		action();
		return machine.counters().byteCodes - before;
	};

	let heap = heapBytes(machine);
	mqtt.connectInside();
	machine.advance(10);
	mqtt.accept();
	say("heap of a connected MQTT client", heapBytes(machine) - heap, "bytes");
	// topics are encoded once, on first use
	mqtt.publishInside(10, 300);
	heap = heapBytes(machine);
	const codes = codesOf(() => mqtt.publishInside(100, 300)) / 100;
	const used = machine.counters();
	say("publish of 300 bytes QoS 1, to its acknowledgement", codes, "byte codes");
	say("heap used by it until the next collection", (used.slots * slotBytes + used.chunkBytes - heap) / 100, "bytes");
	say("heap kept by it", (heapBytes(machine) - heap) / 100, "bytes", { budget: 0 });
	say(
		"publish of 300 bytes QoS 1, here",
		microsecondsOf(2000, () => mqtt.publishInside(2000, 300)),
		"microseconds",
	);

	heap = heapBytes(machine);
	http.openInside();
	http.arrive();
	say("heap of an HTTP server with one client", heapBytes(machine) - heap, "bytes");
	http.ask(browserRequest, 2);
	heap = heapBytes(machine);
	const once = codesOf(() => http.ask(browserRequest, 1));
	say(
		"answer to a browser's request of 292 bytes",
		(codesOf(() => http.ask(browserRequest, 11)) - once) / 10,
		"byte codes",
	);
	say("heap kept by it", heapBytes(machine) - heap, "bytes", { budget: 0 });
	say(
		"answer to a browser's request, here",
		microsecondsOf(500, () => http.ask(browserRequest, 500)),
		"microseconds",
	);
	machine.finish();
}
