import { utf8Encode } from "../base/bytes";
import type { Problem } from "../base/checker";
import { crc32 } from "../base/crc";
import { frozen } from "../base/frozen";
import type { LogLevel } from "../base/log";
import type { NetworkState } from "../base/network";
import { kLongestSite } from "../site/site-file";
import type { FoundNetwork, SetupDevice } from "./device";
import { LineEditor, wordStart, wordsOf } from "./line-editor";
import { Paste } from "./paste";
import { changeSettings } from "./settings";

export interface ConsoleOptions {
	/** Text for the terminal, lines ended by CR LF. */
	write: (text: string) => void;
	device: SetupDevice;
	network: () => NetworkState;
	/** The site file: what is stored, how it is checked and kept. */
	site: {
		stored(): string | undefined;
		check(text: string): Problem[];
		save(text: string): void;
	};
	restart: () => void;
	/** Further lines of "status", such as the time. */
	status?: (() => string[]) | undefined;
	firmware: string;
}

interface Command {
	usage: string;
	text: string;
	run(words: readonly string[]): void;
}

/** What the console waits for; undefined: a command. */
type Question = { take(line: string): void } | undefined;

const kPrompt = "gridpost> ";

/**
 * Set-up over a serial line, sans-IO: `receive` takes what comes, `write` gives what goes out. For a person with a cable,
 * who could erase everything anyway: no password is asked for. No password is ever shown but the access point's.
 */
export class SetupConsole {
	readonly #options: ConsoleOptions;
	readonly #editor: LineEditor;
	readonly #commands: Readonly<Record<string, Command>>;
	#question: Question;
	#paste: Paste | undefined;
	/** What follows a paste that ended by itself is not yet an answer. */
	#afterPaste = false;
	#logs = true;
	#started = false;

	constructor(options: ConsoleOptions) {
		this.#options = options;
		this.#commands = this.#makeCommands();
		this.#editor = new LineEditor({
			write: options.write,
			onLine: (line) => this.#line(line),
			onCancel: () => this.#cancel(),
			hiddenFrom: (line) => (!this.#question && wordsOf(line)[0] === "wifi" ? wordStart(line, 2) : -1),
		});
	}

	/** Says what this is, and asks for the first command. */
	start(): void {
		this.#started = true;
		this.#print(`Gridpost ${this.#options.firmware}. "help" tells the commands.`);
		this.#printAccessPoint();
		this.#editor.ask(kPrompt);
	}

	/** Bytes that were typed or pasted. */
	receive(bytes: Uint8Array): void {
		for (let i = 0; i < bytes.length; i++) {
			const byte = bytes[i]!;
			if (this.#paste) this.#pasted(byte);
			else if (!this.#afterPaste || !isTail(byte)) {
				this.#afterPaste = false;
				this.#editor.key(byte);
			}
		}
	}

	/** A line of the hub's log, above what is being typed. */
	log(level: LogLevel, area: string, text: string): void {
		if (!this.#started || !this.#logs || this.#paste) return;
		this.#editor.printAbove(`${level} ${area}: ${text}`);
	}

	#makeCommands(): Readonly<Record<string, Command>> {
		return {
			help: { usage: "help", text: "this list", run: () => this.#help() },
			status: { usage: "status", text: "network, site file, time", run: () => this.#status() },
			scan: { usage: "scan", text: "Wi-Fi networks around", run: () => this.#scan() },
			wifi: {
				usage: "wifi NAME [PASSWORD]",
				text: 'joins a network; quotes around a name with blanks; wifi "" leaves any',
				run: (words) => this.#wifi(words),
			},
			password: { usage: "password", text: 'sets the password of the user "admin"', run: () => this.#password() },
			name: {
				usage: "name NAME",
				text: "the hub's name on the network",
				run: ([hostName]) => this.#change({ hostName: hostName ?? "" }),
			},
			site: { usage: "site show | site paste", text: "the site file", run: ([what]) => this.#site(what) },
			log: { usage: "log on | log off", text: "log lines here", run: ([what]) => this.#log(what) },
			restart: { usage: "restart", text: "stops and starts anew", run: () => this.#restart() },
			"factory-reset": {
				usage: "factory-reset",
				text: "erases settings, site file and passwords",
				run: () => this.#factoryReset(),
			},
		};
	}

	#line(line: string): void {
		const question = this.#question;
		this.#question = undefined;
		if (question) question.take(line);
		else this.#command(line);
		if (!this.#question && !this.#paste) this.#editor.ask(kPrompt);
	}

	#command(line: string): void {
		const [name, ...words] = wordsOf(line);
		if (name === undefined) return;
		const command = Object.keys(this.#commands).includes(name) ? this.#commands[name] : undefined;
		if (command) command.run(words);
		else this.#print(`There is no command "${name}"; there are ${Object.keys(this.#commands).join(", ")}.`);
	}

	#cancel(): void {
		this.#question = undefined;
		this.#paste = undefined;
		this.#editor.ask(kPrompt);
	}

	#help(): void {
		for (const { usage, text } of Object.values(this.#commands)) this.#print(`  ${usage.padEnd(24)}${text}`);
	}

	#status(): void {
		const { device, firmware, status } = this.#options;
		const { wifi, adminPassword, hostName } = device.settings();
		const { state, by, name, address, signalDbm } = this.#options.network();
		const strength = signalDbm === 0 ? "" : ` ${signalDbm} dBm`;
		this.#print(`firmware   ${firmware}`);
		this.#print(
			`network    ${[state, by, name && `"${name}"`, address].filter((part) => part !== "").join(" ")}${strength}`,
		);
		this.#print(`Wi-Fi      ${wifi.ssid === "" ? "none set" : `"${wifi.ssid}"`}${kTrouble[device.trouble()]}`);
		this.#printAccessPoint();
		this.#print(`name       ${hostName} (http://${hostName}.local/)`);
		this.#print(`password   ${adminPassword === "" ? "none set yet" : "set"}`);
		const site = device.site();
		this.#print(`site file  ${site.state}${site.text === "" ? "" : `: ${site.text}`}`);
		for (const line of status?.() ?? []) this.#print(line);
	}

	#scan(): void {
		const { device } = this.#options;
		if (!device.scan) {
			this.#print("This board has no radio in use.");
			return;
		}
		this.#print("Looking around ...");
		try {
			device.scan((networks) => this.#found(networks));
		} catch (error) {
			this.#print(`No scan: ${messageOf(error)}`);
		}
	}

	#found(networks: readonly FoundNetwork[]): void {
		if (networks.length === 0) this.#editor.printAbove("No network found.");
		for (const { name, signalDbm, open } of networks)
			this.#editor.printAbove(`  ${`${signalDbm} dBm`.padStart(8)}  ${open ? "open  " : "locked"}  ${name}`);
	}

	#wifi(words: readonly string[]): void {
		const [ssid, password] = words;
		if (ssid === undefined || words.length > 2) this.#usage("wifi");
		else if (ssid === "") this.#change({ wifi: { ssid } });
		else if (password !== undefined) this.#change({ wifi: { ssid, password } });
		else {
			const join = (line: string) => this.#change({ wifi: { ssid, password: line } });
			this.#ask("Password (empty for an open network): ", join, true);
		}
	}

	#password(): void {
		const second = (first: string) => (again: string) => {
			if (first === again) this.#change({ adminPassword: first });
			else this.#print("The two differ; nothing was changed.");
		};
		this.#ask("New password: ", (first) => this.#ask("Once more: ", second(first), true), true);
	}

	#change(change: object): void {
		const { device } = this.#options;
		const { settings, problems } = changeSettings(change, device.settings());
		for (const { place, message } of problems) this.#print(`${place}: ${message}`);
		if (!settings) return;
		try {
			device.apply(settings);
			this.#print('Stored. "status" tells how it goes.');
		} catch (error) {
			this.#print(`Not stored: ${messageOf(error)}`);
		}
	}

	#site(what: string | undefined): void {
		if (what === "show") {
			const text = this.#options.site.stored();
			this.#print(text === undefined ? "There is none." : text.replace(/\r?\n/g, "\r\n"));
		} else if (what === "paste") {
			this.#paste = new Paste(kLongestSite);
			this.#print("Paste the site file; it ends by itself or by a line with one dot. Ctrl-C gives up.");
		} else this.#usage("site");
	}

	#pasted(byte: number): void {
		const paste = this.#paste!;
		if (byte === 0x03) {
			this.#print("^C");
			this.#cancel();
			return;
		}
		const isWhole = paste.take(byte);
		if (paste.isTooLong) this.#print(`More than ${kLongestSite} characters; nothing was stored.`);
		else if (!isWhole) return;
		this.#paste = undefined;
		this.#afterPaste = byte === 0x7d || byte === 0x5d;
		if (!paste.isTooLong) this.#judge(paste);
		if (!this.#question) this.#editor.ask(kPrompt);
	}

	#judge(paste: Paste): void {
		const { site, restart } = this.#options;
		const text = paste.text();
		const problems = text === undefined ? [{ place: "", message: "not UTF-8" }] : site.check(text);
		for (const { place, message } of problems) this.#print(`${place || "site file"}: ${message}`);
		if (text === undefined || problems.length > 0) {
			this.#print("Nothing was stored.");
			return;
		}
		// a serial line may lose a byte and still give a valid file
		const bytes = utf8Encode(text.trim());
		this.#print(`${bytes.length} bytes, CRC-32 ${crc32(bytes).toString(16).padStart(8, "0")}.`);
		this.#ask("Keep it and restart? (yes/no) ", (line) => {
			if (line.trim().toLowerCase() !== "yes") {
				this.#print("Nothing was stored.");
				return;
			}
			try {
				site.save(text.trim());
				this.#print("Stored; restarting.");
				restart();
			} catch (error) {
				this.#print(`Not stored: ${messageOf(error)}`);
			}
		});
	}

	#log(what: string | undefined): void {
		if (what === "on" || what === "off") this.#logs = what === "on";
		else this.#usage("log");
	}

	#restart(): void {
		this.#print("Restarting.");
		this.#options.restart();
	}

	#factoryReset(): void {
		this.#ask('This erases settings, site file and passwords. Type "erase" to do it: ', (line) => {
			if (line.trim() !== "erase") {
				this.#print("Nothing was erased.");
				return;
			}
			this.#print("Erasing and restarting.");
			this.#options.device.factoryReset();
		});
	}

	#ask(prompt: string, take: (line: string) => void, isSecret = false): void {
		this.#question = { take };
		this.#editor.ask(prompt, isSecret);
	}

	#printAccessPoint(): void {
		const own = this.#options.device.accessPoint?.();
		if (own) this.#print(`own Wi-Fi  ${own.open ? "open" : "closed"}, name ${own.name}, password ${own.password}`);
	}

	#usage(name: string): void {
		this.#print(`Use: ${this.#commands[name]!.usage}`);
	}

	#print(text: string): void {
		this.#options.write(`${text}\r\n`);
	}
}

const kTrouble = frozen({
	"": "",
	password: ", which does not take the password",
	absent: ", which does not answer",
	address: ", which gives no address",
});

/** The end of the last pasted line, and a line with one dot after a text that had ended without it. */
function isTail(byte: number): boolean {
	return byte === 0x0a || byte === 0x0d || byte === 0x20 || byte === 0x09 || byte === 0x2e;
}

function messageOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}
