// Made by `node tools/generate-tables.mjs` from the files of modules/devices/tables.
import type { DeviceTable } from "../table";
import { abbAcs355Acs380 } from "../tables/abb-acs355-acs380";
import { abbTerraAc } from "../tables/abb-terra-ac";
import { alfenNg9xxStation } from "../tables/alfen-ng9xx-station";
import { alfenNg9xx } from "../tables/alfen-ng9xx";
import { alpitronicHypercharger2 } from "../tables/alpitronic-hypercharger-2";
import { alpitronicHypercharger3 } from "../tables/alpitronic-hypercharger-3";
import { alpitronicHypercharger4 } from "../tables/alpitronic-hypercharger-4";
import { alpitronicHypercharger } from "../tables/alpitronic-hypercharger";
import { ankerSolixMaxAc } from "../tables/anker-solix-max-ac";
import { ankerSolixX1 } from "../tables/anker-solix-x1";
import { apsystemsEz1 } from "../tables/apsystems-ez1";
import { atm90e326ch } from "../tables/atm90e32-6ch";
import { benderCc612 } from "../tables/bender-cc612";
import { benderRcmb300 } from "../tables/bender-rcmb300";
import { benderRcms150 } from "../tables/bender-rcms150";
import { boardRelay } from "../tables/board-relay";
import { bornayWindplusMppt } from "../tables/bornay-windplus-mppt";
import { carloGavazziEm24 } from "../tables/carlo-gavazzi-em24-e1";
import { carloGavazziEm340 } from "../tables/carlo-gavazzi-em340";
import { ccsWattnodeWnc } from "../tables/ccs-wattnode-wnc";
import { chintChd130 } from "../tables/chint-chd130";
import { chintDdsu666 } from "../tables/chint-ddsu666";
import { chintDtsu666 } from "../tables/chint-dtsu666";
import { circutorRgu100 } from "../tables/circutor-rgu100";
import { dalyBmsCan } from "../tables/daly-bms-can";
import { dalyModbusD2 } from "../tables/daly-modbus-d2";
import { dalyModbusP81 } from "../tables/daly-modbus-p81";
import { dalyUart } from "../tables/daly-uart";
import { deltaMs300 } from "../tables/delta-ms300";
import { deltaVfdEEl } from "../tables/delta-vfd-e-el";
import { deyeSinglePhase } from "../tables/deye-single-phase";
import { deyeThreePhaseHv } from "../tables/deye-three-phase-hv";
import { deyeThreePhaseLv } from "../tables/deye-three-phase-lv";
import { eastronSdm120 } from "../tables/eastron-sdm120";
import { eastronSdm230 } from "../tables/eastron-sdm230";
import { eastronSdm630 } from "../tables/eastron-sdm630";
import { epeverTracer } from "../tables/epever-tracer";
import { etekEkepc2 } from "../tables/etek-ekepc2";
import { growattMinTlX } from "../tables/growatt-min-tl-x";
import { growattRtu2 } from "../tables/growatt-rtu2";
import { growattSpf } from "../tables/growatt-spf";
import { hikingDds238 } from "../tables/hiking-dds238-2-zn-s";
import { hoymilesDtuPro8 } from "../tables/hoymiles-dtu-pro-8";
import { hoymilesDtuPro } from "../tables/hoymiles-dtu-pro";
import { hoymilesOpendtu } from "../tables/hoymiles-opendtu";
import { huanyangHy } from "../tables/huanyang-hy";
import { iotmugRelays } from "../tables/iotmug-relays";
import { ivyMd0630 } from "../tables/ivy-md0630";
import { ivyRcm } from "../tables/ivy-rcm";
import { janitzaUmg96rm } from "../tables/janitza-umg96rm";
import { jkBmsCanCharge } from "../tables/jk-bms-can-charge";
import { jkBmsCan } from "../tables/jk-bms-can";
import { jkBmsModbusPb } from "../tables/jk-bms-modbus-pb";
import { jkBmsUart } from "../tables/jk-bms-uart-4e57";
import { midniteClassicWind } from "../tables/midnite-classic-wind";
import { midniteClassic } from "../tables/midnite-classic";
import { morningstarTristarMppt } from "../tables/morningstar-tristar-mppt";
import { noarkEx9em } from "../tables/noark-ex9em";
import { openplcRuntime } from "../tables/openplc-runtime";
import { pcf8574Relays } from "../tables/pcf8574-relays";
import { phoenixCharx2 } from "../tables/phoenix-charx-2";
import { phoenixCharx3 } from "../tables/phoenix-charx-3";
import { phoenixCharx4 } from "../tables/phoenix-charx-4";
import { phoenixCharx } from "../tables/phoenix-charx";
import { phoenixEvCcAc1M } from "../tables/phoenix-ev-cc-ac1-m";
import { phoenixEvEth } from "../tables/phoenix-ev-eth";
import { pylontechCanLv } from "../tables/pylontech-can-lv";
import { pylontechRs485 } from "../tables/pylontech-rs485";
import { schneiderAtv } from "../tables/schneider-atv12-312-320";
import { schneiderIem3155 } from "../tables/schneider-iem3155";
import { shellyGen2Em } from "../tables/shelly-gen2-em";
import { shellyGen2Mqtt } from "../tables/shelly-gen2-mqtt";
import { shellyGen2 } from "../tables/shelly-gen2";
import { sht20XyMd02 } from "../tables/sht20-xy-md02";
import { sigenergyEvac } from "../tables/sigenergy-evac";
import { sigenergyEvdc } from "../tables/sigenergy-evdc";
import { sigenergyPlant } from "../tables/sigenergy-plant";
import { solArk12k } from "../tables/sol-ark-12k";
import { solArk15k } from "../tables/sol-ark-15k";
import { solArkHv } from "../tables/sol-ark-hv";
import { sungrowDtsu666 } from "../tables/sungrow-dtsu666-20";
import { tasmotaEnergy } from "../tables/tasmota-energy";
import { verisE51c2 } from "../tables/veris-e51c2";
import { victronBmvVedirect } from "../tables/victron-bmv-vedirect";
import { victronCanBms } from "../tables/victron-can-bms";
import { victronGxBattery } from "../tables/victron-gx-battery";
import { victronGxGrid } from "../tables/victron-gx-grid";
import { victronGxSolar } from "../tables/victron-gx-solar";
import { victronGxSystem } from "../tables/victron-gx-system";
import { victronGxVebus3 } from "../tables/victron-gx-vebus-3";
import { victronGxVebus } from "../tables/victron-gx-vebus";
import { victronMpptVedirect } from "../tables/victron-mppt-vedirect";
import { yaskawaV1000Ga500 } from "../tables/yaskawa-v1000-ga500";

/** Every product of the catalogue, also those that the firmware loads only when a site names them. */
export const allTables: readonly DeviceTable[] = [
	abbAcs355Acs380,
	abbTerraAc,
	alfenNg9xxStation,
	alfenNg9xx,
	alpitronicHypercharger2,
	alpitronicHypercharger3,
	alpitronicHypercharger4,
	alpitronicHypercharger,
	ankerSolixMaxAc,
	ankerSolixX1,
	apsystemsEz1,
	atm90e326ch,
	benderCc612,
	benderRcmb300,
	benderRcms150,
	boardRelay,
	bornayWindplusMppt,
	carloGavazziEm24,
	carloGavazziEm340,
	ccsWattnodeWnc,
	chintChd130,
	chintDdsu666,
	chintDtsu666,
	circutorRgu100,
	dalyBmsCan,
	dalyModbusD2,
	dalyModbusP81,
	dalyUart,
	deltaMs300,
	deltaVfdEEl,
	deyeSinglePhase,
	deyeThreePhaseHv,
	deyeThreePhaseLv,
	eastronSdm120,
	eastronSdm230,
	eastronSdm630,
	epeverTracer,
	etekEkepc2,
	growattMinTlX,
	growattRtu2,
	growattSpf,
	hikingDds238,
	hoymilesDtuPro8,
	hoymilesDtuPro,
	hoymilesOpendtu,
	huanyangHy,
	iotmugRelays,
	ivyMd0630,
	ivyRcm,
	janitzaUmg96rm,
	jkBmsCanCharge,
	jkBmsCan,
	jkBmsModbusPb,
	jkBmsUart,
	midniteClassicWind,
	midniteClassic,
	morningstarTristarMppt,
	noarkEx9em,
	openplcRuntime,
	pcf8574Relays,
	phoenixCharx2,
	phoenixCharx3,
	phoenixCharx4,
	phoenixCharx,
	phoenixEvCcAc1M,
	phoenixEvEth,
	pylontechCanLv,
	pylontechRs485,
	schneiderAtv,
	schneiderIem3155,
	shellyGen2Em,
	shellyGen2Mqtt,
	shellyGen2,
	sht20XyMd02,
	sigenergyEvac,
	sigenergyEvdc,
	sigenergyPlant,
	solArk12k,
	solArk15k,
	solArkHv,
	sungrowDtsu666,
	tasmotaEnergy,
	verisE51c2,
	victronBmvVedirect,
	victronCanBms,
	victronGxBattery,
	victronGxGrid,
	victronGxSolar,
	victronGxSystem,
	victronGxVebus3,
	victronGxVebus,
	victronMpptVedirect,
	yaskawaV1000Ga500,
];

export function findTable(id: string): DeviceTable | undefined {
	return allTables.find((table) => table.id === id);
}
