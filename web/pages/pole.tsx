import { isDer } from "../lib/ders";
import { type Amount, age, energy, percent, pointAmount, power, timeOfDay, voltage } from "../lib/format";
import type { LiveSite } from "../lib/live";
import { deviceStanding, keyPoints, numberOf, powerOf, totalsOf, voltageOf } from "../lib/readings";
import { href } from "../lib/route";
import { ageNow } from "../lib/time";
import type { DeviceStatus } from "../lib/types";
import { DerList } from "../parts/ders";
import { LineDrawing } from "../parts/line-drawing";
import { Page } from "../parts/page";
import { QualityTag, Value } from "../parts/values";
import { t } from "../texts/texts";

/** The pole with its homes: who takes how much now, and how well that is known. */
export function PolePage({ data }: { data: LiveSite }) {
	const { site } = data;
	const { homes, feeder } = totalsOf(site.devices);
	const ders = site.devices.filter(isDer);
	const others = site.devices.filter((device) => device.role !== "home" && !isDer(device));
	// a roof with an inverter has no homes to show, and no line
	const hasLine = homes.length > 0 || feeder !== undefined || ders.length === 0;
	return (
		<Page title={site.name} lead={site.location}>
			<Outage data={data} />
			{hasLine && (
				<>
					<TotalsStrip data={data} />
					<section class="panel stage" aria-label={t("navPole")}>
						<LineDrawing data={data} />
					</section>
				</>
			)}
			{ders.length > 0 && (
				<section class="panel" aria-labelledby="ders">
					<h2 id="ders">{t("dersTitle")}</h2>
					<DerList ders={ders} data={data} />
				</section>
			)}
			{hasLine && (
				<section class="panel" aria-labelledby="homes">
					<h2 id="homes">{t("homesTitle")}</h2>
					{homes.length === 0 ? <p class="note">{t("homesEmpty")}</p> : <HomeList homes={homes} data={data} />}
				</section>
			)}
			{others.length > 0 && (
				<section class="panel" aria-labelledby="others">
					<h2 id="others">{t("otherTitle")}</h2>
					<ul class="rows others">
						{others.map((device) => (
							<OtherRow key={device.id} device={device} atMs={data.atMs.get(device.id) ?? 0} />
						))}
					</ul>
				</section>
			)}
		</Page>
	);
}

/** When nobody answers, that is the news; not ten dashes. */
function Outage({ data }: { data: LiveSite }) {
	const { devices } = data.site;
	if (devices.length === 0 || devices.some((device) => device.online)) return null;
	const ages = devices
		.filter((device) => device.answeredS !== null)
		.map((device) => ageNow(device.answeredS!, data.atMs.get(device.id) ?? 0));
	return (
		<div class="note bad outage" role="alert">
			<p>
				<strong>{t("outageTitle")}</strong>{" "}
				{ages.length > 0 ? t("outageText", { age: age(Math.min(...ages)) }) : t("outageNever")}
			</p>
		</div>
	);
}

function TotalsStrip({ data }: { data: LiveSite }) {
	const totals = totalsOf(data.site.devices);
	const { feeder, homes, feederW, homesW, homesRead, lossW, todayWh, todayKnown } = totals;
	const feederWhy = feeder
		? deviceStanding(feeder, data.atMs.get(feeder.id) ?? 0).why || t("whyMissing")
		: t("noFeeder");
	const missing = homes.length - todayKnown;
	return (
		<section class="totals" aria-label={t("totals")}>
			<Total
				name={t("totalFeeder")}
				amount={feederW === undefined ? undefined : power(feederW)}
				why={feederWhy}
				note={feederW === undefined ? feederWhy : t("feederBy", { name: feeder!.name })}
			/>
			<Total
				name={t("totalHomes")}
				amount={homesW === undefined ? undefined : power(homesW)}
				why={t("homesCount", { read: 0, all: homes.length })}
				note={t("homesCount", { read: homesRead, all: homes.length })}
				doubt={homesRead < homes.length}
			/>
			<Total
				name={t("totalLosses")}
				amount={lossW === undefined ? undefined : power(lossW)}
				why={t(feeder ? "lossUnknown" : "lossNeedsFeeder")}
				note={
					lossW !== undefined && feederW !== undefined && feederW > 0
						? t("lossShare", { share: percent(lossW / feederW, 1) })
						: lossW === undefined
							? t(feeder ? "lossUnknown" : "lossNeedsFeeder")
							: ""
				}
			/>
			<Total
				name={t("totalToday")}
				amount={todayWh === undefined ? undefined : energy(todayWh)}
				why={t("whyNever")}
				note={
					missing > 0 && todayWh !== undefined
						? t("todayPartial", { n: missing })
						: sinceWords(latestOf(homes)) || t("totalTodayNote")
				}
				doubt={missing > 0}
			/>
		</section>
	);
}

interface TotalProps {
	name: string;
	amount: Amount | undefined;
	why: string;
	note: string;
	/** It is not the whole. */
	doubt?: boolean;
}

function Total({ name, amount, why, note, doubt }: TotalProps) {
	return (
		<div class="total">
			<h2>{name}</h2>
			<Value amount={amount} why={why} big />
			<p class={doubt ? "doubt" : ""}>{note}</p>
		</div>
	);
}

function HomeList({ homes, data }: { homes: readonly DeviceStatus[]; data: LiveSite }) {
	const most = Math.max(1, ...homes.map((home) => Math.abs(numberOf(powerOf(home)) ?? 0)));
	return (
		<>
			<div class="row head" aria-hidden="true">
				<span>{t("colHome")}</span>
				<span class="right">{t("colPower")}</span>
				<span />
				<span class="right">{t("colVoltage")}</span>
				<span class="right">{t("colToday")}</span>
				<span>{t("colQuality")}</span>
			</div>
			<ul class="rows homes">
				{homes.map((home) => (
					<HomeRow key={home.id} home={home} atMs={data.atMs.get(home.id) ?? 0} most={most} />
				))}
			</ul>
		</>
	);
}

function HomeRow({ home, atMs, most }: { home: DeviceStatus; atMs: number; most: number }) {
	const standing = deviceStanding(home, atMs);
	const watts = numberOf(powerOf(home));
	const volts = numberOf(voltageOf(home));
	return (
		<li>
			<a class="row" href={href("home", home.id)}>
				<span class="name">
					<strong>{home.name}</strong>
					<small>{t("phase", { n: home.phase })}</small>
				</span>
				<span class="power right">
					<span class="unseen">{t("colPower")} </span>
					<Value amount={watts === undefined ? undefined : power(watts)} why={standing.why} />
				</span>
				<span class="bar" aria-hidden="true">
					{watts !== undefined && (
						<span class={watts < 0 ? "fill out" : "fill"} style={{ width: `${(Math.abs(watts) / most) * 100}%` }} />
					)}
				</span>
				<span class="more">
					<span class="volts right">
						<span class="unseen">{t("colVoltage")} </span>
						<Value amount={volts === undefined ? undefined : voltage(volts)} why={standing.why} />
					</span>
					<span class="today right">
						<span class="label">{t("colToday")} </span>
						<Value
							amount={home.todayWh == null ? undefined : energy(home.todayWh)}
							why={standing.why || t("whyNever")}
						/>
					</span>
					<span class="state">
						<span class="unseen">{t("colQuality")} </span>
						<QualityTag standing={standing} />
					</span>
				</span>
			</a>
		</li>
	);
}

const roles = { home: "roleHome", feeder: "roleFeeder", sensor: "roleSensor" } as const;
const kinds = {
	drive: "kindDrive",
	evse: "kindEvse",
	leakage: "kindLeakage",
	relay: "kindRelay",
	plc: "kindPlc",
} as const;

function OtherRow({ device, atMs }: { device: DeviceStatus; atMs: number }) {
	const standing = deviceStanding(device, atMs);
	const what = roles[device.role as keyof typeof roles] ?? kinds[device.kind as keyof typeof kinds] ?? "roleOther";
	return (
		<li>
			<a class="row" href={href("home", device.id)}>
				<span class="name">
					<strong>{device.name}</strong>
					<small>{t(what)}</small>
				</span>
				<span class="several">
					{keyPoints(device).map((point) => (
						<Value key={point.point} amount={pointAmount(point)} why={standing.why} />
					))}
				</span>
				<span class="state">
					<QualityTag standing={standing} />
				</span>
			</a>
		</li>
	);
}

/** The latest beginning of a home's day. */
function latestOf(homes: readonly DeviceStatus[]): string | null {
	return homes.reduce<string | null>(
		(latest, { todaySince }) => (todaySince !== null && (latest === null || todaySince > latest) ? todaySince : latest),
		null,
	);
}

/** "since 06:12" where the hub has not seen the whole day. */
export function sinceWords(todaySince: string | null): string {
	if (todaySince === null) return "";
	const date = new Date(todaySince);
	const midnight = new Date();
	midnight.setHours(0, 0, 0, 0);
	return Math.abs(date.getTime() - midnight.getTime()) < 60_000 ? "" : t("todaySince", { time: timeOfDay(date) });
}
