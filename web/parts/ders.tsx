import { chargePct, commandWords, flowWords, givenW, hasStorage, stateWords } from "../lib/ders";
import { energy, percent, power } from "../lib/format";
import type { LiveSite } from "../lib/live";
import { deviceStanding } from "../lib/readings";
import { href } from "../lib/route";
import type { DeviceStatus } from "../lib/types";
import { t } from "../texts/texts";
import { Icon } from "./icons";
import { QualityTag, Value } from "./values";

const kinds = { inverter: "kindInverter", battery: "kindBattery", solar: "kindSolar" } as const;

/** What produces and stores on this site, as the homes are listed. */
export function DerList({ ders, data }: { ders: readonly DeviceStatus[]; data: LiveSite }) {
	const most = Math.max(1, ...ders.map((der) => Math.abs(givenW(der) ?? 0)));
	return (
		<ul class="rows homes ders">
			{ders.map((der) => (
				<DerRow key={der.id} device={der} atMs={data.atMs.get(der.id) ?? 0} most={most} />
			))}
		</ul>
	);
}

function DerRow({ device, atMs, most }: { device: DeviceStatus; atMs: number; most: number }) {
	const standing = deviceStanding(device, atMs);
	const watts = givenW(device);
	const held = device.der ? commandWords(device.der) : [];
	return (
		<li>
			<a class="row" href={href("home", device.id)}>
				<span class="name">
					<strong>{device.name}</strong>
					<small>{t(kinds[device.kind as keyof typeof kinds])}</small>
				</span>
				<span class="power right">
					<span class="unseen">{t("colPower")} </span>
					<Value amount={watts === undefined ? undefined : power(watts)} why={standing.why} />
					<small>{flowWords(device)}</small>
				</span>
				<span class="bar" aria-hidden="true">
					{watts !== undefined && (
						<span class={watts < 0 ? "fill" : "fill out"} style={{ width: `${(Math.abs(watts) / most) * 100}%` }} />
					)}
				</span>
				<span class="more">
					<span class="charge">{hasStorage(device) && <Charge device={device} why={standing.why} />}</span>
					<span class="held">
						{held.length > 0 ? (
							<span class="chip">
								<Icon name="warning" size={12} /> {held.join(", ")}
							</span>
						) : (
							<span class="quiet">{stateWords(device)}</span>
						)}
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

/** State of charge as a number and a small battery. */
function Charge({ device, why }: { device: DeviceStatus; why: string }) {
	const share = chargePct(device);
	return (
		<>
			<span class="unseen">{t("derCharge")} </span>
			<span class="cell" aria-hidden="true">
				<span class="level" style={{ width: `${share ?? 0}%` }} />
			</span>
			<Value amount={share === undefined ? undefined : { number: percent(share / 100), unit: "" }} why={why} />
		</>
	);
}

/** The figures of one DER at the top of its page. */
export function DerNow({ device, atMs }: { device: DeviceStatus; atMs: number }) {
	const { why } = deviceStanding(device, atMs);
	const watts = givenW(device);
	const share = chargePct(device);
	return (
		<section class="totals" aria-label={t("pointsTitle")}>
			<div class="total">
				<h2>{t("powerNow")}</h2>
				<Value amount={watts === undefined ? undefined : power(watts)} why={why} big />
				<p>{watts === undefined ? why : flowWords(device) || stateWords(device)}</p>
			</div>
			{hasStorage(device) && (
				<div class="total">
					<h2>{t("derCharge")}</h2>
					<Value amount={share === undefined ? undefined : { number: percent(share / 100), unit: "" }} why={why} big />
					<p>{share === undefined ? why : ""}</p>
				</div>
			)}
			{/* a battery's inverter may count nothing: no dash then, as nothing is amiss */}
			{(device.todayWh !== null || why !== "") && (
				<div class="total">
					<h2>{t("derToday")}</h2>
					<Value amount={device.todayWh === null ? undefined : energy(device.todayWh)} why={why} big />
					<p>{device.todayWh === null ? why : ""}</p>
				</div>
			)}
			<div class="total">
				<h2>{t("derState")}</h2>
				<span class="value big words">{stateWords(device) || t("none")}</span>
				<p />
			</div>
		</section>
	);
}

/** What a DER is asked to do, and who may ask. */
export function DerCommand({ device }: { device: DeviceStatus }) {
	const { der } = device;
	const held = der ? commandWords(der) : [];
	return (
		<section class="panel" aria-labelledby="command">
			<h2 id="command">{t("derCommand")}</h2>
			{der === null ? (
				<p>{t("derUncommanded")}</p>
			) : (
				<>
					{held.length === 0 ? (
						<p>{t("derFree")}</p>
					) : (
						<ul class="held-list">
							{held.map((one) => (
								<li key={one}>{one}</li>
							))}
						</ul>
					)}
					<p class="quiet">{t(der.writable ? "derWritable" : "derNotWritable", { unit: device.unit })}</p>
				</>
			)}
		</section>
	);
}
