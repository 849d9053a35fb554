import { render } from "preact";
import { useCell } from "./lib/cell";
import { link, live, startLive } from "./lib/live";
import { href, route } from "./lib/route";
import { chooseTheme, type ThemeChoice, themeChoice } from "./lib/theme";
import { AlarmsPage } from "./pages/alarms";
import { DayPage } from "./pages/day";
import { DevicePage, DevicesPage } from "./pages/devices";
import { HealthPage } from "./pages/health";
import { HomePage } from "./pages/home";
import { PolePage } from "./pages/pole";
import { SitePage } from "./pages/site";
import { Banners } from "./parts/banners";
import { Icon, type IconName } from "./parts/icons";
import { Login } from "./parts/login";
import { Page } from "./parts/page";
import { type TextKey, t } from "./texts/texts";
import "./style/app.css";

const pages: readonly { page: string; text: TextKey; icon: IconName }[] = [
	{ page: "", text: "navPole", icon: "pole" },
	{ page: "day", text: "navDay", icon: "day" },
	{ page: "alarms", text: "navAlarms", icon: "alarm" },
	{ page: "health", text: "navHealth", icon: "health" },
	{ page: "devices", text: "navDevices", icon: "devices" },
	{ page: "site", text: "navSite", icon: "site" },
];

function App() {
	const data = useCell(live);
	const { state } = useCell(link);
	return (
		<div class={state === "lost" ? "app stale" : "app"}>
			<button type="button" class="skip" onClick={() => document.querySelector<HTMLElement>("#content h1")?.focus()}>
				{t("skip")}
			</button>
			<Bar />
			<div class="body">
				<Banners data={data} />
				<Shown />
			</div>
			<Login />
		</div>
	);
}

function Bar() {
	const { page } = useCell(route);
	const data = useCell(live);
	const shown = page === "home" ? "" : page;
	const open = (data?.site.alarms ?? []).filter((alarm) => alarm.active && !alarm.acknowledged).length;
	return (
		<header class="rail">
			<a class="brand" href={href("")}>
				<svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true" focusable="false">
					<path d="M16 5v22M7 11h18M9 11v4M23 11v4" />
				</svg>
				{t("product")}
			</a>
			<nav aria-label={t("navigation")}>
				<ul>
					{pages.map((one) => (
						<li key={one.page}>
							<a href={href(one.page)} aria-current={one.page === shown ? "page" : undefined}>
								<Icon name={one.icon} size={22} />
								<span>{t(one.text)}</span>
								{one.page === "alarms" && open > 0 && <span class="count">{open}</span>}
							</a>
						</li>
					))}
				</ul>
			</nav>
			<div class="tools">
				<LinkState />
				<ThemeButton />
			</div>
		</header>
	);
}

const linkWords = {
	connecting: "linkConnecting",
	live: "linkLive",
	polling: "linkPolling",
	lost: "linkLost",
} as const;

function LinkState() {
	const { state } = useCell(link);
	return (
		<span class={`link ${state}`}>
			<i aria-hidden="true" />
			{t(linkWords[state])}
		</span>
	);
}

const choices: readonly ThemeChoice[] = ["auto", "light", "dark"];

function ThemeButton() {
	const choice = useCell(themeChoice);
	const words = t("theme", { choice: t(`theme_${choice}`) });
	return (
		<button
			type="button"
			class="tool"
			aria-label={words}
			title={words}
			onClick={() => chooseTheme(choices[(choices.indexOf(choice) + 1) % choices.length]!)}
		>
			<Icon name={choice} />
		</button>
	);
}

function Shown() {
	const { page, id } = useCell(route);
	const data = useCell(live);
	if (!data)
		return (
			<Page title={t("product")}>
				<p class="note quiet">{t("loading")}</p>
			</Page>
		);
	switch (page) {
		case "":
			return <PolePage data={data} />;
		case "home":
			return <HomePage data={data} id={id} key={id} />;
		case "day":
			return <DayPage data={data} key={data.site.gatewayId} />;
		case "alarms":
			return <AlarmsPage data={data} />;
		case "health":
			return <HealthPage data={data} />;
		case "devices":
			return id === "" ? <DevicesPage data={data} /> : <DevicePage data={data} id={id} key={id} />;
		case "site":
			return <SitePage data={data} />;
		default:
			return (
				<Page title={t("notFoundTitle")}>
					<p class="note">{t("notFoundText")}</p>
					<a class="button" href={href("")}>
						{t("toPole")}
					</a>
				</Page>
			);
	}
}

render(<App />, document.getElementById("app")!);
startLive();
