/** The command line of the desktop hub. */
export interface CliOptions {
	site: string;
	httpPort: number | undefined;
	modbusPort: number | undefined;
	/** Port of the embedded broker; not used when `broker` is given. */
	mqttPort: number;
	broker: string | undefined;
	headless: boolean;
	/** Folder for what the hub keeps: files, key-value, flash. */
	data: string;
	/** Virtual seconds a second; 1 is real time. */
	speed: number;
	/** "host:port" of xsbug. */
	xsbug: string | undefined;
	/** Files of device tables beside the catalogue. */
	plugins: string[];
	help: boolean;
}

/** What runs without --site. */
export const kDemoSite = "sites/demo.json";

export const kUsage = `Usage: npm start -- [options]
  --site FILE       site file (sites/demo.json)
  --http PORT       port of the HTTP server (8080)
  --modbus PORT     port of the SunSpec Modbus TCP server (1502)
  --mqtt PORT       port of the embedded MQTT broker (1883)
  --broker URL      use this broker instead: mqtt://host:1883 or mqtts://host:8883; --broker= for none
  --plugin FILE     a device table beside the catalogue, .ts, .js or .json; may be given several times
  --headless        plain log lines instead of the live table
  --data DIR        where the hub keeps its data (.data)
  --speed N         run N times as fast as the clock, 1 to 1000; sim buses only
  --xsbug [H:P]     wait for the debugger xsbug (localhost:5002)
  --help            this text

In the environment, GRIDPOST_PASSWORD is asked for before anything is changed over HTTP; GRIDPOST_STACK=1 shows where an unexpected error came from.`;

/** A mistake on the command line; the message is all a person needs. */
export class UsageError extends Error {}

/** Throws UsageError. */
export function parseOptions(args: readonly string[]): CliOptions {
	const options: CliOptions = {
		site: kDemoSite,
		httpPort: undefined,
		modbusPort: undefined,
		mqttPort: 1883,
		broker: undefined,
		headless: false,
		data: ".data",
		speed: 1,
		xsbug: undefined,
		plugins: [],
		help: false,
	};
	for (let i = 0; i < args.length; i++) {
		const [name, inline] = split(args[i]!);
		const value = (): string => {
			const given = inline ?? args[++i];
			if (given === undefined || (inline === undefined && given.startsWith("--"))) {
				throw new UsageError(`${name} needs a value`);
			}
			return given;
		};
		switch (name) {
			case "--site":
				options.site = value();
				break;
			case "--http":
				options.httpPort = port(name, value());
				break;
			case "--modbus":
				options.modbusPort = port(name, value());
				break;
			case "--mqtt":
				options.mqttPort = port(name, value());
				break;
			case "--broker":
				options.broker = value();
				break;
			case "--data":
				options.data = value();
				break;
			case "--speed":
				options.speed = speed(value());
				break;
			case "--xsbug": {
				const next = inline ?? (args[i + 1]?.startsWith("--") ? undefined : args[++i]);
				options.xsbug = next ?? "localhost:5002";
				break;
			}
			case "--plugin":
				options.plugins.push(value());
				break;
			case "--headless":
				options.headless = true;
				break;
			case "--help":
			case "-h":
				options.help = true;
				break;
			default:
				throw new UsageError(`there is no option ${name}; --help lists them`);
		}
	}
	return options;
}

function split(argument: string): [name: string, value: string | undefined] {
	const at = argument.indexOf("=");
	return argument.startsWith("--") && at > 0 ? [argument.slice(0, at), argument.slice(at + 1)] : [argument, undefined];
}

function port(name: string, text: string): number {
	const value = Number(text);
	if (!Number.isInteger(value) || value < 1 || value > 65535) {
		throw new UsageError(`${name} ${text}: it must be a port from 1 to 65535`);
	}
	return value;
}

function speed(text: string): number {
	const value = Number(text);
	if (!(value >= 1 && value <= 1000)) throw new UsageError(`--speed ${text}: it must be a number from 1 to 1000`);
	return value;
}
