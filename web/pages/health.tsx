import { useCell } from "../lib/cell";
import { age, number, percent } from "../lib/format";
import type { LiveSite } from "../lib/live";
import { href } from "../lib/route";
import { ageNow, nowMs } from "../lib/time";
import type { BusStatus, SiteStatus } from "../lib/types";
import { Icon } from "../parts/icons";
import { Page } from "../parts/page";
import { Fact, Facts } from "../parts/values";
import { t, tMaybe } from "../texts/texts";

/** How the buses and the hub itself do. */
export function HealthPage({ data }: { data: LiveSite }) {
	const { site } = data;
	return (
		<Page title={t("healthTitle")}>
			{site.buses.map((bus) => (
				<BusPanel key={bus.id} bus={bus} site={site} atMs={data.busesAtMs} />
			))}
			<section class="panel" aria-labelledby="frames">
				<h2 id="frames">{t("framesTitle")}</h2>
				<p>{t("framesText")}</p>
				<a class="button" href="/api/frames.pcapng" download="gridpost.pcapng">
					<Icon name="download" size={18} />
					{t("framesGet")}
				</a>
			</section>
			<HubPanel data={data} />
		</Page>
	);
}

function BusPanel({ bus, site, atMs }: { bus: BusStatus; site: SiteStatus; atMs: number }) {
	const slowest = bus.slowest;
	const nameOf = (id: string) => site.devices.find((device) => device.id === id)?.name ?? id;
	const place = bus.can
		? t("busCan", { bitrate: number(bus.baud / 1000), port: bus.port })
		: bus.baud === 0
			? t("busTcp", { port: bus.port })
			: t("busSerial", { baud: number(bus.baud), port: bus.port });
	const faults = bus.timeouts + bus.garbled + bus.exceptions;
	const load = bus.utilisation > 0.9 ? "high" : bus.utilisation > 0.75 ? "mid" : "";
	return (
		<section class="panel bus" aria-labelledby={`bus-${bus.id}`}>
			<h2 id={`bus-${bus.id}`}>
				{bus.id}
				<span class={`quality ${bus.open ? "good" : "comms_lost"}`}>
					<span class={`sign ${bus.open ? "good" : "comms_lost"}`}>
						<Icon name={bus.open ? "good" : "comms_lost"} size={12} />
					</span>
					{t(bus.open ? "busOpen" : "busClosed")}
				</span>
			</h2>
			<p class="lead">{place}</p>
			<div class="meter-line">
				<span>{t("busUtilisation")}</span>
				<span class={`gauge ${load}`} aria-hidden="true">
					<span style={{ width: `${Math.min(100, bus.utilisation * 100)}%` }} />
				</span>
				<b>{percent(bus.utilisation)}</b>
			</div>
			<Facts>
				<Fact name={t("busLast")}>
					{bus.lastAnswerS == null ? t("never") : <Ago ageS={bus.lastAnswerS} atMs={atMs} />}
				</Fact>
				<Fact name={t("busSlowest")}>
					{slowest ? (
						<a href={href("devices", slowest.device)}>
							{t("busSlowestText", { name: nameOf(slowest.device), ms: Math.round(slowest.roundTripMs) })}
						</a>
					) : (
						t("none")
					)}
				</Fact>
				<Fact name={t("busReads")}>{number(bus.reads)}</Fact>
				<Count name={t("busLate")} count={bus.late} />
				<Count name={t("busTimeouts")} count={bus.timeouts} />
				<Count name={t("busGarbled")} count={bus.garbled} />
				<Count name={t("busExceptions")} count={bus.exceptions} />
				<Fact name={t("busLine")}>{lineErrors(bus)}</Fact>
			</Facts>
			{faults > 0 && <FaultList bus={bus} site={site} />}
		</section>
	);
}

function Ago({ ageS, atMs }: { ageS: number; atMs: number }) {
	const now = useCell(nowMs);
	return <>{t("agoText", { age: age(ageNow(ageS, atMs, now)) })}</>;
}

function Count({ name, count }: { name: string; count: number }) {
	return (
		<Fact name={name}>
			<span class={count > 0 ? "doubt" : ""}>{number(count)}</span>
		</Fact>
	);
}

function lineErrors({ crc, parity, framing, overrun, can }: BusStatus): string {
	if (can) {
		const { busErrors, busOff, overflow, dropped } = can;
		const count = { errors: number(busErrors), off: number(busOff), lost: number(overflow), unsent: number(dropped) };
		return t("busCanText", count);
	}
	if ([crc, parity, framing, overrun].every((one) => one == null)) return t("busLineNone");
	const show = (count: number | null) => (count == null ? t("none") : number(count));
	return t("busLineText", { crc: show(crc), parity: show(parity), framing: show(framing), overrun: show(overrun) });
}

/** Which devices the faults are of, the worst first. */
function FaultList({ bus, site }: { bus: BusStatus; site: SiteStatus }) {
	const faultsOf = ({ timeouts, garbled, exceptions }: { timeouts: number; garbled: number; exceptions: number }) =>
		timeouts + garbled + exceptions;
	const worst = site.devices
		.filter((device) => device.bus === bus.id && faultsOf(device) > 0)
		.sort((a, b) => faultsOf(b) - faultsOf(a));
	return (
		<ul class="rows faults">
			{worst.map((device) => (
				<li key={device.id}>
					<a class="row" href={href("devices", device.id)}>
						<span class="name">
							<strong>{device.name}</strong>
						</span>
						<span>
							{t("meterFaultsText", {
								timeouts: number(device.timeouts),
								garbled: number(device.garbled),
								exceptions: number(device.exceptions),
							})}
						</span>
					</a>
				</li>
			))}
		</ul>
	);
}

function HubPanel({ data }: { data: LiveSite }) {
	const { site } = data;
	const { clock, mqtt, network } = site;
	return (
		<section class="panel" aria-labelledby="hub">
			<h2 id="hub">{t("hubTitle")}</h2>
			<Facts>
				<Fact name={t("hubClock")}>
					{tMaybe(`clock_${clock.state}`, { source: clock.source }) ?? clock.state}
					{clock.uncertaintyMs !== null && `, ${t("clockRight", { ms: number(clock.uncertaintyMs) })}`}
				</Fact>
				<Fact name={t("hubBroker")}>
					{mqtt.broker === "" ? (
						t("brokerNone")
					) : (
						<>
							{t(mqtt.connected ? "brokerConnected" : "brokerLost", { broker: mqtt.broker })}
							<br />
							<small>
								{t("brokerCounts", {
									sent: number(mqtt.sent),
									waiting: number(mqtt.waiting),
									dropped: number(mqtt.dropped),
								})}
							</small>
						</>
					)}
				</Fact>
				<Fact name={t("hubNetwork")}>
					{network
						? [
								t(`network_${network.state}`),
								network.by,
								network.name,
								network.address,
								network.signalDbm ? `${network.signalDbm.toString().replace("-", "\u2212")}\u202fdBm` : "",
							]
								.filter(Boolean)
								.join(", ")
						: t("networkSystem")}
				</Fact>
				<Fact name={t("hubIds")}>
					{site.feederId} / {site.gatewayId}
				</Fact>
				<Fact name={t("hubFirmware")}>{site.firmware}</Fact>
			</Facts>
			{network && (
				<a class="button" href="/setup.html">
					{t("setupLink")}
				</a>
			)}
		</section>
	);
}
