import { frozen } from "../base/frozen";

/** Registers of an ATM90E32 (Microchip M90E32AS) that are used here: 16 bits each. */
export const Register = frozen({
	meterEn: 0x00,
	sagPeakDetCfg: 0x05,
	zxConfig: 0x07,
	plConstH: 0x31,
	plConstL: 0x32,
	mMode0: 0x33,
	mMode1: 0x34,
	pStartTh: 0x35,
	qStartTh: 0x36,
	sStartTh: 0x37,
	pPhaseTh: 0x38,
	qPhaseTh: 0x39,
	sPhaseTh: 0x3a,
	/** Gains of voltage and current of phase A; those of B and C lie 4 and 8 further on. */
	uGainA: 0x61,
	iGainA: 0x62,
	softReset: 0x70,
	lastSpiData: 0x78,
	cfgRegAccEn: 0x7f,
	/** Forward and reverse active energy of phase A: cleared by reading. */
	apEnergyA: 0x81,
	anEnergyA: 0x85,
	/** Mean powers of phase A: signed high words; the low words lie 0x10 further on. */
	pMeanA: 0xb1,
	qMeanA: 0xb5,
	sMeanA: 0xb9,
	pfMeanA: 0xbd,
	uRmsA: 0xd9,
	iRmsA: 0xdd,
	freq: 0xf8,
	pAngleA: 0xf9,
	temp: 0xfc,
});

/** Whether reading a register sets it to 0: the energies (80 to AF hex). */
export function clearsOnRead(register: number): boolean {
	return register >= 0x80 && register <= 0xaf;
}

/** What a write to `softReset` and to `cfgRegAccEn` must hold to act. */
export const kResetCode = 0x789a;
export const kAccessCode = 0x55aa;

/** Bits of MMode0: line of 60 Hz; energy counts of 0.01 instead of 0.1 CF; CF2 counts reactive energy; phases in the sum. */
export const kMode60Hz = 1 << 12;
export const kMode001Lsb = 1 << 9;
export const kModeCf2Var = 1 << 7;
export const kModeAllPhases = 7;

/** PL_constant of 3200 pulses (CF) a kWh: 450 000 000 000 / 3200. */
export const kPlConstant = 140_625_000;
export const kPulsesPerKWh = 3200;
