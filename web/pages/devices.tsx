import { useEffect, useState } from "preact/hooks";
import { api } from "../lib/api";
import { useCell } from "../lib/cell";
import { isDer } from "../lib/ders";
import { pointAmount, pointName } from "../lib/format";
import { type LiveSite, link } from "../lib/live";
import { deviceStanding, standingOf } from "../lib/readings";
import { href } from "../lib/route";
import type { RegisterRow } from "../lib/types";
import { Icon } from "../parts/icons";
import { GonePage, Page } from "../parts/page";
import { Age, QualityTag, Trouble, Value } from "../parts/values";
import { t, tMaybe } from "../texts/texts";
import { MeterFacts, PointTable } from "./home";

/** Every device of the site. */
export function DevicesPage({ data }: { data: LiveSite }) {
	return (
		<Page title={t("devicesTitle")} lead={t("devicesText")}>
			{data.site.devices.length === 0 && <p class="note">{t("devicesEmpty")}</p>}
			{data.site.buses.map((bus) => (
				<section class="panel" key={bus.id} aria-labelledby={`on-${bus.id}`}>
					<h2 id={`on-${bus.id}`}>{bus.id}</h2>
					<ul class="rows devices">
						{data.site.devices
							.filter((device) => device.bus === bus.id)
							.map((device) => (
								<li key={device.id}>
									<a class="row" href={href("devices", device.id)}>
										<span class="address">{device.address}</span>
										<span class="name">
											<strong>{device.name}</strong>
											<small>
												{device.maker} {device.model}
											</small>
										</span>
										<span class="state">
											<QualityTag standing={deviceStanding(device, data.atMs.get(device.id) ?? 0)} />
										</span>
										<Icon name="next" size={16} />
									</a>
								</li>
							))}
					</ul>
				</section>
			))}
		</Page>
	);
}

/** One device: its points, and its registers raw and decoded. */
export function DevicePage({ data, id }: { data: LiveSite; id: string }) {
	const device = data.site.devices.find((one) => one.id === id);
	const back = { href: href("devices"), text: t("devicesTitle") };
	if (!device) return <GonePage id={id} back={back} />;
	const atMs = data.atMs.get(id) ?? 0;
	return (
		<Page title={device.name} back={back} lead={<QualityTag standing={deviceStanding(device, atMs)} />}>
			<section class="panel" aria-labelledby="registers">
				<h2 id="registers">{t("deviceRegisters")}</h2>
				<p>{t("registersText")}</p>
				<Registers id={id} />
			</section>
			<div class="columns">
				<section class="panel" aria-labelledby="points">
					<h2 id="points">{t("devicePoints")}</h2>
					<PointTable device={device} atMs={atMs} />
				</section>
				<section class="panel" aria-labelledby="meter">
					<h2 id="meter">{t(isDer(device) ? "deviceTitle" : "meterTitle")}</h2>
					<MeterFacts device={device} atMs={atMs} />
				</section>
			</div>
		</Page>
	);
}

/** Registers are fetched, not pushed: nobody else looks at them. */
const kRenewMs = 5000;

function Registers({ id }: { id: string }) {
	const [got, setGot] = useState<{ rows: RegisterRow[]; answeredS: number | null; atMs: number } | undefined>(
		undefined,
	);
	const [error, setError] = useState<string | undefined>(undefined);
	const lost = useCell(link).state === "lost";
	useEffect(() => {
		if (lost) return;
		let gone = false;
		const fetchIt = () =>
			document.hidden
				? undefined
				: api.device(id).then(
						({ rows, answeredS }) => {
							if (gone) return;
							setGot({ rows, answeredS, atMs: performance.now() });
							setError(undefined);
						},
						(failure: Error) => !gone && setError(failure.message),
					);
		void fetchIt();
		const timer = setInterval(fetchIt, kRenewMs);
		return () => {
			gone = true;
			clearInterval(timer);
		};
	}, [id, lost]);
	if (!got)
		return error ? (
			<Trouble text={t("registersFailed", { reason: error })} />
		) : (
			<p class="note quiet">{t("loading")}</p>
		);
	return (
		// biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
		<section class="scroll" tabIndex={0} aria-label={t("deviceRegisters")}>
			<table class="registers">
				<thead>
					<tr>
						<th scope="col">{t("colAddress")}</th>
						<th scope="col">{t("colName")}</th>
						<th scope="col">{t("colType")}</th>
						<th scope="col">{t("colRaw")}</th>
						<th scope="col">{t("colPoint")}</th>
						<th scope="col" class="right">
							{t("colValue")}
						</th>
						<th scope="col">{t("colQuality")}</th>
						<th scope="col" class="right">
							{t("colAge")}
						</th>
						<th scope="col">{t("colAccess")}</th>
					</tr>
				</thead>
				<tbody>
					{got.rows.map((row) => (
						<Register key={`${row.function} ${row.address} ${row.name}`} row={row} {...got} />
					))}
				</tbody>
			</table>
		</section>
	);
}

function Register({ row, answeredS, atMs }: { row: RegisterRow; answeredS: number | null; atMs: number }) {
	const point = { point: row.point ?? "", value: row.value, unit: row.unit, quality: row.quality, ageS: row.ageS };
	const standing = standingOf(point, answeredS, atMs);
	return (
		<tr>
			<td>
				<code>
					{String(row.function).padStart(2, "0")}:{row.address}
				</code>
			</td>
			<th scope="row">
				<code>{row.name}</code>
			</th>
			<td>{row.type}</td>
			<td>{row.raw === null ? <span class="missing">{t("notRead")}</span> : <code class="raw">{row.raw}</code>}</td>
			<td>{row.point && <span title={row.point}>{pointName(row.point)}</span>}</td>
			<td class="right">
				<Value amount={pointAmount(point)} why={row.raw === null ? t("notRead") : standing.why} />
			</td>
			<td>{row.raw !== null && <QualityTag standing={standing} />}</td>
			<td class="right">
				<Age ageS={row.ageS} atMs={atMs} />
			</td>
			<td>{tMaybe(`access_${row.access}`) ?? row.access}</td>
		</tr>
	);
}
