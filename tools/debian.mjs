// Programs of Debian packages that tests use as independent peers. Installed only when root; else one line says what to install.
import { execFileSync, spawnSync } from "node:child_process";

/** Program looked for on the path -> Debian package that brings it, and what it needs beside. */
const packageOf = {
	mosquitto: "mosquitto",
	mosquitto_sub: "mosquitto-clients",
	mosquitto_pub: "mosquitto-clients",
	mbpoll: "mbpoll",
	socat: "socat",
	curl: "curl",
	// a browser without a font shows nothing
	chromium: "chromium fonts-liberation",
	openssl: "openssl",
	gcc: "gcc",
	dig: "bind9-dnsutils",
	chronyd: "chrony",
	tshark: "tshark",
	Xvfb: "xvfb",
	xdotool: "xdotool",
	xwd: "x11-apps",
};

/** Of `npm test`; the others are for tests that are asked for by name. */
export const programsOfTests = Object.keys(packageOf).filter((name) => !["Xvfb", "xdotool", "xwd"].includes(name));

/** Another test file may be installing at the same time. */
const wait = ["-o", "DPkg::Lock::Timeout=600"];

const found = (program) => spawnSync("sh", ["-c", `command -v ${program}`], { stdio: "pipe" }).status === 0;

/** Makes the programs available. Returns undefined, or one line that names what is missing and how to get it. */
export function ensurePrograms(programs) {
	const missing = programs.filter((program) => !found(program));
	if (missing.length === 0) return undefined;
	const packages = [...new Set(missing.flatMap((program) => (packageOf[program] ?? program).split(" ")))];
	if (process.getuid?.() === 0) {
		const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
		const install = () =>
			execFileSync("apt-get", [...wait, "install", "-y", "-qq", "--no-install-recommends", ...packages], {
				stdio: "pipe",
				env,
			});
		try {
			try {
				install();
			} catch {
				execFileSync("apt-get", [...wait, "update", "-qq"], { stdio: "pipe", env });
				install();
			}
			// a Debian package may start its daemon; the tests start their own
			for (const service of ["mosquitto", "chrony"])
				if (packages.includes(service))
					spawnSync("sh", ["-c", `systemctl stop ${service} || service ${service} stop`], { stdio: "ignore" });
		} catch {
			return `could not install ${packages.join(", ")}: apt-get install ${packages.join(" ")}`;
		}
		if (programs.every(found)) return undefined;
	}
	return `missing ${missing.join(", ")}: sudo apt-get install ${packages.join(" ")}`;
}
