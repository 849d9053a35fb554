import "./setup.css";
import { texts } from "./texts";

/** GET /api/setup. */
interface SetupState {
	network: { state: "up" | "connecting" | "down" | "setup"; by: string; name: string; address: string };
	trouble: "" | "password" | "absent" | "address";
	wifi: { ssid: string; hasPassword: boolean };
	hostName: string;
	adminPasswordSet: boolean;
	canScan: boolean;
	site: { state: string; text: string };
	firmware: string;
}

interface FoundNetwork {
	name: string;
	signalDbm: number;
	open: boolean;
}

interface Problem {
	place: string;
	message: string;
}

type Child = Node | string;

const kPollMs = 2000;
const kOther = "\0other";
const kCable = "\0cable";
const main = document.querySelector("main")!;

/** What is known of the hub, and what the person has typed. */
let state: SetupState | undefined;
let password = "";
let networks: FoundNetwork[] | undefined;
let saved = false;

const title = el("h1", {}, "Gridpost");
const status = el("section", { role: "status" }, texts.loading);
const body = el("div", {});
main.append(title, status, body);

/** An element with attributes and content; an attribute of false or undefined is left out. */
function el<K extends keyof HTMLElementTagNameMap>(
	name: K,
	attributes: Record<string, string | boolean | undefined>,
	...children: Child[]
): HTMLElementTagNameMap[K] {
	const node = document.createElement(name);
	for (const [key, value] of Object.entries(attributes))
		if (value !== undefined && value !== false) node.setAttribute(key, value === true ? "" : value);
	node.append(...children);
	return node;
}

async function call(method: string, path: string, content?: object): Promise<{ status: number; body: unknown }> {
	const headers: Record<string, string> = { "X-Gridpost": "1" };
	if (password !== "") headers["Authorization"] = `Basic ${btoa(`admin:${password}`)}`;
	const request: RequestInit = { method, headers, cache: "no-store", signal: AbortSignal.timeout(15_000) };
	if (content) request.body = JSON.stringify(content);
	const response = await fetch(path, request);
	return { status: response.status, body: await response.json() };
}

/** The hub is asked again and again: the connection may come, fail or be cut while the page is open. */
async function watch(): Promise<void> {
	const first = state === undefined;
	try {
		const answer = await call("GET", "/api/setup");
		if (answer.status === 200) state = answer.body as SetupState;
		showStatus();
		if (first && state) showForm(state);
	} catch {
		say(texts.noHub, "bad");
	}
	setTimeout(watch, kPollMs);
}

let said = "";

/** Only what is new is put in, so that a reader of the screen says each thing once. */
function say(text: string, kind = "", ...more: Child[]): void {
	if (text === said) return;
	said = text;
	status.replaceChildren(el("h2", {}, texts.now), el("p", { class: kind }, text), ...more);
}

function showStatus(): void {
	if (!state) return;
	const { network, trouble, wifi, hostName, site } = state;
	const { name, address } = network;
	title.textContent = `Gridpost ${state.hostName}`;
	const notes: Child[] = [];
	if (site.text !== "" && site.state !== "none") notes.push(el("p", { class: "bad" }, `${texts.site}: ${site.text}`));
	if (network.state === "up") {
		const isCable = network.by === "ethernet";
		const now = isCable ? texts.states.upEthernet(address) : texts.states.upWifi(name, address);
		const next = isCable ? texts.nextCable(hostName, address) : texts.next(name, hostName, address);
		if (saved) notes.push(el("p", {}, next));
		if (site.state === "none") notes.push(el("p", { class: "hint" }, texts.nextSite));
		notes.push(el("a", { class: "button", href: "/index.html" }, texts.dashboard));
		say(now, "good", ...notes);
		return;
	}
	notes.push(el("a", { href: "/index.html" }, texts.dashboard));
	if (trouble !== "") say(texts.troubles[trouble](wifi.ssid), "bad", ...notes);
	else if (network.state === "connecting" || (saved && wifi.ssid !== ""))
		say(texts.states.connecting(wifi.ssid), "", el("p", { class: "hint" }, texts.interrupted), ...notes);
	else say(network.state === "setup" ? texts.states.setup(name) : texts.states.down, "", ...notes);
}

function showForm(now: SetupState): void {
	if (now.adminPasswordSet && password === "") showLogin();
	else showSettings(now);
}

function showLogin(): void {
	const field = secretField("login", texts.login, texts.loginHint, "current-password");
	const form = el("form", {}, el("section", {}, field.node), el("button", { class: "main" }, texts.loginButton));
	form.addEventListener("submit", async (event) => {
		event.preventDefault();
		password = field.input.value;
		// an empty change changes nothing, but is asked for the password
		const answer = await call("PUT", "/api/setup", {}).catch(() => undefined);
		if (answer?.status === 200 && state) showSettings(state);
		else {
			password = "";
			field.fail(answer?.status === 401 ? texts.wrongPassword : texts.noHub);
		}
	});
	body.replaceChildren(form);
	field.input.focus();
}

interface Field {
	node: HTMLElement;
	input: HTMLInputElement;
	fail(message: string): void;
}

function field(id: string, label: string, hint: string, attributes: Record<string, string>): Field {
	const input = el("input", { id, name: id, "aria-describedby": `${id}-hint ${id}-bad`, ...attributes });
	const bad = el("p", { id: `${id}-bad`, class: "bad", "aria-live": "polite" });
	const node = el(
		"div",
		{ class: "field" },
		el("label", { class: "label", for: id }, label),
		input,
		el("p", { id: `${id}-hint`, class: "hint" }, hint),
		bad,
	);
	const fail = (message: string): void => {
		bad.textContent = message;
		input.setAttribute("aria-invalid", message === "" ? "false" : "true");
	};
	return { node, input, fail };
}

function secretField(id: string, label: string, hint: string, complete: string): Field {
	return field(id, label, hint, {
		type: "password",
		autocomplete: complete,
		autocapitalize: "off",
		spellcheck: "false",
	});
}

function showSettings(now: SetupState): void {
	const plain = { type: "text", autocomplete: "off", autocapitalize: "off", spellcheck: "false" };
	const name = field("ssid", texts.networkName, "", plain);
	const stored = now.wifi.hasPassword ? ` ${texts.keepPassword}` : "";
	const wifiPassword = secretField("wifi", texts.networkPassword, `${texts.networkPasswordHint}${stored}`, "off");
	const adminLabel = now.adminPasswordSet ? texts.adminChange : texts.adminNew;
	const adminHint = now.adminPasswordSet ? `${texts.adminHint} ${texts.adminKeep}` : texts.adminHint;
	const admin = secretField("admin", adminLabel, adminHint, "new-password");
	const host = field("host", texts.hostName, texts.hostNameHint(now.hostName), plain);
	host.input.value = now.hostName;
	const list = el("div", {});
	const note = el("p", { class: "hint", role: "status" });
	const again = el("button", { type: "button" }, texts.scanAgain);
	const show = el("input", { type: "checkbox", id: "show" });
	const button = el("button", { class: "main" }, texts.save);
	const failed = el("p", { class: "bad", role: "alert" });
	const form = el(
		"form",
		{ novalidate: true },
		el("fieldset", {}, el("legend", {}, texts.network), list, note, again, name.node, wifiPassword.node),
		el("section", {}, admin.node, host.node),
		el("label", { class: "choice", for: "show" }, show, el("span", { class: "name" }, texts.show)),
		failed,
		button,
	);

	const chosen = (): string =>
		list.querySelector<HTMLInputElement>("input:checked")?.value ?? (now.canScan ? kOther : kCable);
	const showChoice = (): void => {
		const choice = chosen();
		name.node.hidden = choice !== kOther;
		wifiPassword.node.hidden = choice === kCable || networks?.find((one) => one.name === choice)?.open === true;
	};
	/** Whether a person has chosen; else the strongest network is proposed once it is known. */
	let isChosen = false;
	const showNetworks = (): void => {
		const before = isChosen ? chosen() : now.wifi.ssid;
		const rows = (networks ?? []).map((one) => choice(one.name, one.name, details(one)));
		list.replaceChildren(...rows, choice(kOther, texts.other, ""), choice(kCable, texts.cable, ""));
		const inputs = [...list.querySelectorAll<HTMLInputElement>("input")];
		// a stored network that is out of reach is still the one to mend
		const other = inputs.find((input) => input.value === (now.wifi.ssid === "" ? inputs[0]?.value : kOther));
		const first = inputs.find((input) => input.value === before) ?? other;
		if (first) first.checked = true;
		if (first?.value === kOther && name.input.value === "") name.input.value = now.wifi.ssid;
		showChoice();
	};
	const scan = async (): Promise<void> => {
		again.disabled = true;
		note.textContent = texts.scanning;
		const answer = await call("POST", "/api/setup/scan").catch(() => undefined);
		again.disabled = false;
		const isDone = answer?.status === 200;
		if (isDone) networks = (answer.body as { networks: FoundNetwork[] }).networks;
		note.textContent = !isDone ? texts.scanFailed : networks?.length === 0 ? texts.noNetworks : "";
		showNetworks();
	};

	list.addEventListener("change", () => {
		isChosen = true;
		showChoice();
	});
	name.input.addEventListener("input", () => {
		isChosen = true;
	});
	again.addEventListener("click", scan);
	show.addEventListener("change", () => {
		for (const one of [wifiPassword, admin]) one.input.type = show.checked ? "text" : "password";
	});
	form.addEventListener("submit", async (event) => {
		event.preventDefault();
		for (const one of [name, wifiPassword, admin, host]) one.fail("");
		failed.textContent = "";
		const choice = chosen();
		const ssid = choice === kCable ? "" : choice === kOther ? name.input.value : choice;
		if (choice === kOther && ssid === "") {
			name.fail(texts.nameMissing);
			name.input.focus();
			return;
		}
		const change: Record<string, unknown> = { hostName: host.input.value };
		const isKept = wifiPassword.input.value === "" && ssid === now.wifi.ssid && !wifiPassword.node.hidden;
		change["wifi"] = isKept ? { ssid } : { ssid, password: wifiPassword.node.hidden ? "" : wifiPassword.input.value };
		if (admin.input.value !== "" || !now.adminPasswordSet) change["adminPassword"] = admin.input.value;
		button.disabled = true;
		button.textContent = texts.saving;
		const answer = await call("PUT", "/api/setup", change).catch(() => undefined);
		button.disabled = false;
		button.textContent = texts.save;
		if (answer?.status === 200) {
			if (admin.input.value !== "") password = admin.input.value;
			saved = true;
			state = answer.body as SetupState;
			body.replaceChildren(el("section", { role: "status" }, el("p", { class: "good" }, texts.saved)), backButton());
			showStatus();
			scrollTo(0, 0);
			return;
		}
		const problems = (answer?.body as { problems?: Problem[] } | undefined)?.problems;
		const byPlace: Record<string, Field> = {
			"wifi.ssid": name,
			"wifi.password": wifiPassword,
			adminPassword: admin,
			hostName: host,
		};
		// what cannot be shown at a field that is seen is told above the button
		const rest = problems?.filter((one) => byPlace[one.place]?.node.hidden !== false) ?? [
			{ place: "", message: texts.noHub },
		];
		for (const one of problems ?? []) byPlace[one.place]?.fail(one.message);
		for (const one of rest) failed.textContent = `${texts.failed}: ${one.message}`;
		form.querySelector<HTMLInputElement>('[aria-invalid="true"]')?.focus();
	});

	body.replaceChildren(form);
	if (now.canScan) {
		showNetworks();
		void scan();
	} else {
		again.hidden = true;
		showNetworks();
	}
}

/** After saving: the way back to the form, with what is stored now. */
function backButton(): HTMLElement {
	const button = el("button", { type: "button" }, texts.back);
	button.addEventListener("click", () => state && showSettings(state));
	return button;
}

function choice(value: string, label: string, detail: string): HTMLElement {
	return el(
		"label",
		{ class: "choice" },
		el("input", { type: "radio", name: "network", value }),
		el("span", { class: "name" }, label),
		el("span", { class: "hint" }, detail),
	);
}

function details({ signalDbm, open }: FoundNetwork): string {
	const strength = texts.strength(signalDbm);
	return open ? `${strength}, ${texts.open}` : strength;
}

void watch();
