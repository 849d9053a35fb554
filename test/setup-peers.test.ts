/** The set-up's name server and the SNTP client against programs of others: dig, chrony. */
import { createSocket } from "node:dgram";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ManualClock } from "../modules/base/manual-clock";
import { captiveAnswer } from "../modules/setup/captive-dns";
import { readSntp, sntpRequest } from "../modules/setup/sntp";
import { TimeKeeper } from "../modules/setup/time-keeper";
import { WallClock } from "../modules/setup/wall-clock";
import { until } from "./adapters/real-clock";
import { describeWithPeers, run, start, temporaryFolder } from "./peers";

describeWithPeers("captive DNS with dig", ["dig"], () => {
	it("gives every name the hub's address, and dig finds nothing to complain of", async () => {
		const server = createSocket("udp4");
		server.on("message", (query, { port, address }) => {
			const answer = captiveAnswer(query, [192, 168, 4, 1]);
			if (answer) server.send(answer, port, address);
		});
		await new Promise<void>((resolve) => server.bind(0, "127.0.0.1", resolve));
		const dig = (...args: string[]) =>
			run("dig", ["@127.0.0.1", "-p", `${server.address().port}`, "+tries=1", "+time=2", ...args]);
		try {
			for (const name of ["captive.apple.com", "connectivitycheck.gstatic.com", `${"a".repeat(63)}.example`])
				expect(await dig("+short", name, "A")).toBe("192.168.4.1\n");
			const whole = await dig("detectportal.firefox.com");
			expect(whole).toMatch(/status: NOERROR/);
			expect(whole).toMatch(/flags: qr aa rd;/);
			expect(whole).toMatch(/detectportal\.firefox\.com\.\s+5\s+IN\s+A\s+192\.168\.4\.1/);
			expect(whole).not.toMatch(/WARNING: .*(malformed|extra bytes|mismatch)/i);
			expect(await dig("example.org", "AAAA")).toMatch(/status: NOERROR[\s\S]*ANSWER: 0/);
			for (const type of ["TXT", "HTTPS", "MX"]) expect(await dig("example.org", type)).toMatch(/status: REFUSED/);
			expect(await dig("+noedns", "+opcode=2", "example.org")).toMatch(/status: NOTIMP/);
		} finally {
			server.close();
		}
	});
});

describeWithPeers("SNTP with chrony", ["chronyd"], () => {
	it("has the server's time to a few milliseconds, and keeps a clock by it", async () => {
		const folder = temporaryFolder();
		const port = 20_000 + (process.pid % 20_000);
		const conf = join(folder.path, "chrony.conf");
		// -x: it serves the time of this computer and never sets it
		writeFileSync(
			conf,
			`local stratum 5\nallow 127.0.0.1\nbindaddress 127.0.0.1\nport ${port}\ncmdport 0\nbindcmdaddress /\npidfile ${folder.path}/pid\ndriftfile ${folder.path}/drift\n`,
		);
		const peer = start("chronyd", ["-x", "-d", "-u", "root", "-f", conf]);
		const socket = createSocket("udp4");
		try {
			await peer.waitFor(/chronyd version/);
			// it says its version before its port is open
			let serves = false;
			const heard = (bytes: Buffer) => {
				serves = bytes[1] === 5;
			};
			socket.on("message", heard);
			const ready = () => {
				if (!serves) socket.send(sntpRequest(new Uint8Array(8).fill(7)), port, "127.0.0.1");
				return serves;
			};
			await until("chronyd to serve its time", ready, 10_000, 50);
			socket.off("message", heard);
			const clock = new ManualClock();
			const wall = new WallClock(() => clock.now());
			const told: number[] = [];
			const keeper = new TimeKeeper({
				clock,
				// at once: this clock does not go on while the answer comes
				random: () => 0,
				wall,
				servers: ["127.0.0.1"],
				send: (server, packet) => socket.send(packet, port, server),
				onTime: (_, errorMs) => told.push(errorMs),
			});
			socket.on("message", (bytes) => keeper.received(bytes));
			keeper.network(true);
			clock.advance(0);
			const sentMs = Date.now();
			await until("the answer", () => told.length === 1);
			const wayMs = Date.now() - sentMs;
			expect(Math.abs(wall.epochMs()! - Date.now())).toBeLessThan(wayMs + 20);
			expect(told[0]).toBeLessThan(50);
			keeper.close();

			const nonce = new Uint8Array([9, 8, 7, 6, 5, 4, 3, 2]);
			const [reply] = await new Promise<[Buffer]>((resolve) => {
				socket.once("message", (bytes) => resolve([bytes]));
				socket.send(sntpRequest(nonce), port, "127.0.0.1");
			});
			expect(reply[1]).toBe(5);
			expect(readSntp(reply, new Uint8Array(8), 0, 0).fault).toBe("it answers another request");
		} finally {
			socket.close();
			await peer.stop();
			folder.remove();
		}
	});
});
