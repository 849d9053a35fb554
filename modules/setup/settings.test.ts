import { describe, expect, it } from "vitest";
import { utf8Encode } from "../base/bytes";
import { changeSettings, decodeSettings, encodeSettings, noSettings, type Settings } from "./settings";

const before: Settings = {
	wifi: { ssid: "Depot", password: "wire-and-pole" },
	adminPassword: "four-Lamps-7",
	hostName: "pole-7",
};

function message(change: unknown): string {
	const { settings, problems } = changeSettings(change, before);
	expect(settings).toBeUndefined();
	expect(problems.length).toBe(1);
	return `${problems[0]!.place}: ${problems[0]!.message}`;
}

describe("settings", () => {
	it("takes any part and leaves the rest", () => {
		expect(changeSettings({}, before).settings).toEqual(before);
		expect(changeSettings({ hostName: "Pole-8" }, before).settings).toEqual({ ...before, hostName: "pole-8" });
		expect(changeSettings({ wifi: { ssid: "" } }, before).settings!.wifi).toEqual({ ssid: "", password: "" });
		const wifi = { ssid: "Café ☼", password: "12345678" };
		expect(changeSettings({ wifi }, before).settings!.wifi).toEqual(wifi);
	});

	it("keeps the password of the same network only", () => {
		expect(changeSettings({ wifi: { ssid: "Depot" } }, before).settings!.wifi.password).toBe("wire-and-pole");
		expect(changeSettings({ wifi: { ssid: "Other" } }, before).settings!.wifi.password).toBe("");
	});

	it.each([
		["an SSID over 32 bytes", { wifi: { ssid: "é".repeat(17) } }, /^wifi\.ssid: "é+" .*1 to 32 bytes \(34 bytes\)/],
		["an SSID with a line break", { wifi: { ssid: "a\nb" } }, /^wifi\.ssid: "a\\nb" is not allowed/],
		["an SSID that is a number", { wifi: { ssid: 7 } }, /^wifi\.ssid: 7 is not allowed/],
		[
			"a short passphrase",
			{ wifi: { ssid: "x", password: "1234567" } },
			/^wifi\.password: .*\(7 characters\).*8 to 63/,
		],
		["a long passphrase", { wifi: { ssid: "x", password: "p".repeat(64) } }, /\(64 characters\)/],
		["an accent in a passphrase", { wifi: { ssid: "x", password: "pässword!" } }, /without accents/],
		["a short admin password", { adminPassword: "abc1234" }, /^adminPassword: .*8 to 64/],
		["an admin password of one letter", { adminPassword: "aaaaaaaaaaaa" }, /4 of them different/],
		["an empty admin password", { adminPassword: "" }, /no password is not allowed/],
		["the hub's name as password", { hostName: "pole-number-9", adminPassword: "Pole-Number-9" }, /not the name/],
		["a host name with a dot", { hostName: "pole.local" }, /^hostName: "pole\.local" .*1 to 32 letters/],
		["a host name with a dash at its end", { hostName: "pole-" }, /no dash at either end/],
		["a misspelt field", { hostname: "x" }, /^hostname: there is no such setting; did you mean "hostName"\?/],
		["no object", "wifi", /it must be an object/],
	])("refuses %s, and says what is allowed", (_, change, expected) => {
		expect(message(change)).toMatch(expected);
	});

	it("never repeats a password in a message", () => {
		for (const password of ["geheim!", "pässwörter", "s".repeat(70)]) {
			expect(message({ wifi: { ssid: "x", password } })).not.toContain(password);
			expect(message({ adminPassword: password })).not.toContain(password);
		}
	});

	it("reads what it stored, also without an admin password, and passes over what another version added", () => {
		expect(decodeSettings(encodeSettings(before), noSettings("gridpost-0000"))).toEqual(before);
		const fresh = noSettings("gridpost-1a2b");
		expect(decodeSettings(encodeSettings(fresh), noSettings("other"))).toEqual(fresh);
		const later = utf8Encode('{"wifi":{"ssid":"A","password":""},"adminPassword":"","hostName":"b","mesh":{"x":1}}');
		expect(decodeSettings(later, fresh)).toEqual({
			wifi: { ssid: "A", password: "" },
			adminPassword: "",
			hostName: "b",
		});
	});

	it.each(["", "null", "[]", "{", '"x"', '{"wifi":{"ssid":5}}', "[[[[".repeat(5000)])(
		"does not fall over %j",
		(text) => {
			const settings = decodeSettings(utf8Encode(text), before);
			if (text === "null" || text === "[]" || text === '"x"') expect(settings).toEqual(before);
			else expect(settings).toBeUndefined();
		},
	);
});
