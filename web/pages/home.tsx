import { isDer } from "../lib/ders";
import { energy, pointAmount, pointName, power, timeOfDay, voltage } from "../lib/format";
import type { LiveSite } from "../lib/live";
import { deviceStanding, findPoint, numberOf, powerOf, standingOf, voltageOf } from "../lib/readings";
import { href } from "../lib/route";
import { ageNow, momentOf } from "../lib/time";
import type { DeviceStatus } from "../lib/types";
import { useHistory } from "../lib/use-history";
import { DayChart } from "../parts/day-chart";
import { DerCommand, DerNow } from "../parts/ders";
import { GonePage, Page } from "../parts/page";
import { Age, Fact, Facts, QualityTag, Trouble, Value } from "../parts/values";
import { t } from "../texts/texts";
import { sinceWords } from "./pole";

/** One home or other device: what it reads now, its last 24 hours, and its meter. */
export function HomePage({ data, id }: { data: LiveSite; id: string }) {
	const device = data.site.devices.find((one) => one.id === id);
	const back = { href: href(""), text: t("homeBack") };
	if (!device) return <GonePage id={id} back={back} />;
	const atMs = data.atMs.get(id) ?? 0;
	const standing = deviceStanding(device, atMs);
	return (
		<Page title={device.name} back={back} lead={<QualityTag standing={standing} />}>
			{isDer(device) ? <DerNow device={device} atMs={atMs} /> : <Now device={device} atMs={atMs} />}
			{isDer(device) && <DerCommand device={device} />}
			{(powerOf(device) || isDer(device)) && <Day device={device} />}
			<div class="columns">
				<section class="panel" aria-labelledby="readings">
					<h2 id="readings">{t("pointsTitle")}</h2>
					<PointTable device={device} atMs={atMs} />
				</section>
				<section class="panel" aria-labelledby="meter">
					<h2 id="meter">{t(isDer(device) ? "deviceTitle" : "meterTitle")}</h2>
					<MeterFacts device={device} atMs={atMs} />
					<a class="button" href={href("devices", device.id)}>
						{t("toRegisters")}
					</a>
				</section>
			</div>
		</Page>
	);
}

function Now({ device, atMs }: { device: DeviceStatus; atMs: number }) {
	const watts = powerOf(device);
	if (!watts) return null;
	const volts = numberOf(voltageOf(device));
	const total = findPoint(device, "TotWhImp");
	const { why } = standingOf(watts, device.answeredS, atMs);
	const value = numberOf(watts);
	return (
		<section class="totals" aria-label={t("pointsTitle")}>
			<div class="total">
				<h2>{t("powerNow")}</h2>
				<Value amount={value === undefined ? undefined : power(value)} why={why} big />
				<p>{value === undefined ? why : value < 0 ? t("exporting") : t("phase", { n: device.phase })}</p>
			</div>
			<div class="total">
				<h2>{t("colVoltage")}</h2>
				<Value amount={volts === undefined ? undefined : voltage(volts)} why={why} big />
				<p>{volts === undefined ? why : ""}</p>
			</div>
			<div class="total">
				<h2>{t("homeToday")}</h2>
				<Value amount={device.todayWh == null ? undefined : energy(device.todayWh)} why={why || t("whyNever")} big />
				<p>{device.todayWh == null ? why : sinceWords(device.todaySince)}</p>
			</div>
			<div class="total">
				<h2>{t("homeTotal")}</h2>
				<Value amount={total && pointAmount(total)} why={why} big />
				<p>{total ? pointName("TotWhImp") : ""}</p>
			</div>
		</section>
	);
}

function Day({ device }: { device: DeviceStatus }) {
	const { history, error, retry } = useHistory(device.id);
	const empty = history && history.times.length === 0;
	return (
		<section class="panel" aria-labelledby="day">
			<h2 id="day">
				{t("chartPower")} <small>{t("chartLast")}</small>
			</h2>
			{error && !history && <Trouble text={t("chartFailed", { reason: error })} onRetry={retry} />}
			{!history && !error && <p class="note quiet">{t("chartLoading")}</p>}
			{empty && <p class="note quiet">{t("chartEmpty")}</p>}
			{history && !empty && (
				<>
					<DayChart
						what={t("chartPower")}
						history={history}
						values={history.powerW}
						amount={power}
						shape="steps"
						height={220}
						range={powerRange(history.powerW)}
						sync="home"
					/>
					<h3>
						{t("chartVoltage")} <small>{t("chartLast")}</small>
					</h3>
					<DayChart
						what={t("chartVoltage")}
						history={history}
						values={history.voltageV}
						amount={voltage}
						shape="line"
						height={140}
						sync="home"
					/>
				</>
			)}
		</section>
	);
}

/** From zero, or from the most that was fed in, to the most that was taken. */
export function powerRange(values: readonly (number | null)[]): [number, number] {
	let [low, high] = [0, 0];
	for (const value of values) {
		if (value === null) continue;
		low = Math.min(low, value);
		high = Math.max(high, value);
	}
	return [low * 1.08, Math.max(high * 1.08, 50)];
}

export function PointTable({ device, atMs }: { device: DeviceStatus; atMs: number }) {
	return (
		<table class="points">
			<thead>
				<tr>
					<th scope="col">{t("colPoint")}</th>
					<th scope="col" class="right">
						{t("colValue")}
					</th>
					<th scope="col">{t("colQuality")}</th>
					<th scope="col" class="right">
						{t("colAge")}
					</th>
				</tr>
			</thead>
			<tbody>
				{device.points.map((point) => {
					const standing = standingOf(point, device.answeredS, atMs);
					return (
						<tr key={point.point}>
							<th scope="row">
								{pointName(point.point)} <code>{point.point}</code>
							</th>
							<td class="right">
								<Value amount={pointAmount(point)} why={standing.why} />
							</td>
							<td>
								<QualityTag standing={standing} />
							</td>
							<td class="right">
								<Age ageS={point.ageS} atMs={atMs} />
							</td>
						</tr>
					);
				})}
			</tbody>
		</table>
	);
}

export function MeterFacts({ device, atMs }: { device: DeviceStatus; atMs: number }) {
	const answered = device.answeredS;
	return (
		<Facts>
			<Fact name={t("meterMaker")}>
				{device.maker} {device.model}
			</Fact>
			<Fact name={t("meterSerial")}>{device.serial}</Fact>
			<Fact name={t("meterBus")}>{t("deviceAt", { bus: device.bus, address: device.address })}</Fact>
			<Fact name={t("meterUnit")}>{device.unit}</Fact>
			{device.role === "home" && <Fact name={t("meterPhase")}>L{device.phase}</Fact>}
			<Fact name={t("meterAnswers")}>
				{answered === null ? (
					t("never")
				) : (
					<>
						{timeOfDay(momentOf(ageNow(answered, atMs)), true)} (<Age ageS={answered} atMs={atMs} />)
					</>
				)}
			</Fact>
			<Fact name={t("meterRoundTrip")}>{answered === null ? t("none") : `${device.roundTripMs}\u202fms`}</Fact>
			<Fact name={t("meterFaults")}>
				{t("meterFaultsText", {
					timeouts: device.timeouts,
					garbled: device.garbled,
					exceptions: device.exceptions,
				})}
			</Fact>
		</Facts>
	);
}
