import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { utf8Encode } from "../base/bytes";
import { Authorization, base64, digestResponse, parseChallenges } from "./authorization";
import { md5, sha256 } from "./hashes";

it("hashes as RFC 1321, A.5 and FIPS 180-4 say", () => {
	const hash = (text: string) => [md5(utf8Encode(text)), sha256(utf8Encode(text))];
	expect(hash("")).toEqual([
		"d41d8cd98f00b204e9800998ecf8427e",
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	]);
	expect(hash("abc")).toEqual([
		"900150983cd24fb0d6963f7d28e17f72",
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
	]);
});

it("hashes every length as the operating system does", () => {
	for (let length = 0; length < 200; length++) {
		const bytes = Uint8Array.from({ length }, (_, i) => (i * 7 + length) & 255);
		expect(md5(bytes)).toBe(createHash("md5").update(bytes).digest("hex"));
		expect(sha256(bytes)).toBe(createHash("sha256").update(bytes).digest("hex"));
	}
});

it("answers the example of RFC 7616, 3.9.1", () => {
	const by = {
		realm: "http-auth@example.org",
		nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
		count: "00000001",
		cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
		qop: true,
	};
	const of = { user: "Mufasa", password: "Circle of Life", method: "GET", target: "/dir/index.html" };
	expect(digestResponse({ ...by, algorithm: "MD5" }, of)).toBe("8ca523f5e9506fed4657c9700eebdbec");
	expect(digestResponse({ ...by, algorithm: "SHA-256" }, of)).toBe(
		"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
	);
});

it("answers the example of RFC 2617, 3.5", () => {
	const by = {
		realm: "testrealm@host.com",
		nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
		count: "00000001",
		cnonce: "0a4f113b",
		qop: true,
		algorithm: "MD5",
	};
	const of = { user: "Mufasa", password: "Circle Of Life", method: "GET", target: "/dir/index.html" };
	expect(digestResponse(by, of)).toBe("6629fae49393a05397450978507c4ef1");
});

it("encodes base64 as RFC 4648, 10 says", () => {
	const texts = ["", "f", "fo", "foo", "foob", "fooba", "foobar"].map((text) => base64(utf8Encode(text)));
	expect(texts).toEqual(["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"]);
});

it.each([
	['Basic realm="a, \\"b\\" = c"', [{ scheme: "basic", params: { realm: 'a, "b" = c' } }]],
	[
		'Digest qop="auth, auth-int", nonce=abc, algorithm = SHA-256 ,Basic realm=x',
		[
			{ scheme: "digest", params: { qop: "auth, auth-int", nonce: "abc", algorithm: "SHA-256" } },
			{ scheme: "basic", params: { realm: "x" } },
		],
	],
	[
		"Negotiate, Basic",
		[
			{ scheme: "negotiate", params: {} },
			{ scheme: "basic", params: {} },
		],
	],
	["", []],
	["=x", []],
	['Digest nonce="open', [{ scheme: "digest", params: {} }]],
])("takes %s apart", (header, wanted) => {
	expect(parseChallenges(header)).toEqual(wanted);
});

it("takes the strongest challenge, and never falls back to sending the password", () => {
	const one = new Authorization("admin", "secret", () => 0.5);
	expect(one.header("GET", "/")).toBeUndefined();
	expect(one.challenged('Basic realm="x"')).toBe(true);
	expect(one.header("GET", "/")).toBe("Basic YWRtaW46c2VjcmV0");
	expect(
		one.challenged(
			'Digest realm="x", nonce="1", qop="auth", Digest realm="x", nonce="1", algorithm=SHA-256, qop="auth"',
		),
	).toBe(true);
	const text = one.header("POST", "/rpc?x=1");
	expect(text).toMatch(
		/^Digest username="admin", realm="x", nonce="1", uri="\/rpc\?x=1", algorithm=SHA-256, response="[0-9a-f]{64}", qop=auth, nc=00000001, cnonce="8000800080008000"$/,
	);
	expect(one.header("POST", "/rpc?x=1")).toContain("nc=00000002");
	// refused with the same nonce: the password is wrong
	expect(one.challenged('Digest realm="x", nonce="1", algorithm=SHA-256, qop="auth"')).toBe(false);
	expect(one.challenged('Digest realm="x", nonce="2", algorithm=SHA-256, qop="auth", stale=true')).toBe(true);
	expect(one.challenged('Basic realm="x"')).toBe(false);
});

it("answers nothing that it cannot", () => {
	const one = new Authorization("a", "b", () => 0);
	expect(one.challenged('Digest realm="x", nonce="1", algorithm=SHA-512-256')).toBe(false);
	expect(one.challenged('Digest realm="x", nonce="1", qop="auth-int"')).toBe(false);
	expect(one.challenged('Digest realm="x"')).toBe(false);
	expect(one.challenged("Bearer")).toBe(false);
	expect(one.header("GET", "/")).toBeUndefined();
});
