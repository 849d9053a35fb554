/**
 * How the models of one generation follow from those of the other, as text. One line a point: where it goes, how, and
 * what it comes from, the first choice first. A source is a point of the model that a text is for ("W"), of another
 * ("704.Ena"), of the model itself where the text is for a group ("^DCV"), or of a port of 714: "port." is that of the
 * storage, "solar." the first of the others, "only." the only one it has; "alike." is 714's total of ports of one kind.
 * Ways (those with longer words are explained in `compose-ops.ts`):
 *
 *     .   as it is                             n   negated
 *     f   the first there is                   m   mean of those there are
 *     x   product of two                       s   sum of those there are
 *     fx  the first, else product of others    h   magnitude of the first, else of the second by phase
 *     o   once, while it is not set yet        k   as it is, kept while the source says nothing
 *     O   the same, magnitude                  K   the same, magnitude
 *     N   the same, negated magnitude          M   the same, negated magnitude
 *     w   an energy: never falls, goes on      wk  the same, of kWh
 *         where its source wraps
 */
import { frozen } from "../../base/frozen";
import type { StoreModules } from "./profile";

/** 701 from 101 to 103 and 111 to 113. */
export const kNewAc = `W . W
VA . VA
Var . VAr
PF pf PF,W
A . A
Hz . Hz
LLV m PPVphAB,PPVphBC,PPVphCA
LNV m PhVphA,PhVphB,PhVphC
TotWhInj w WH
TmpCab . TmpCab
TmpSnk . TmpSnk
TmpTrns . TmpTrns
TmpOt . TmpOt
AL1 . AphA
AL2 . AphB
AL3 . AphC
VL1 . PhVphA
VL2 . PhVphB
VL3 . PhVphC
VL1L2 . PPVphAB
VL2L3 . PPVphBC
VL3L1 . PPVphCA
InvSt state701 St
St on701 St
ConnSt conn701 St,Evt1,122.ECPConn
DERMode conn701 St,Evt1,122.ECPConn
Alrm alarm701 Evt1,EvtVnd1,EvtVnd2,EvtVnd3,EvtVnd4`;

/** 101 to 103 and 111 to 113 from 701; what each phase has is in `kOldPhases`. */
export const kOldAc = `W . W
VA . VA
VAr . Var
PF pfEei PF,W,Var
A abs A
Hz . Hz
WH . TotWhInj
DCA abs alike.DCA,only.DCA
DCW f 714.DCW,only.DCW
DCV . only.DCV
TmpCab . TmpCab
TmpSnk . TmpSnk
TmpTrns . TmpTrns
TmpOt . TmpOt
St state10x InvSt,St,W
Evt1 event10x Alrm,W
Evt2 zero W`;

/** By phase. */
export const kOldPhases = frozen([
	"AphA h AL1,A\nPhVphA f VL1,LNV\nPPVphAB . VL1L2",
	"AphB h AL2,A\nPhVphB f VL2,LNV\nPPVphBC . VL2L3",
	"AphC h AL3,A\nPhVphC f VL3,LNV\nPPVphCA . VL3L1",
]);

/** Whole numbers to floats and back: every point bears the same name. */
export const kSameAc = [
	"A AphA AphB AphC PPVphAB PPVphBC PPVphCA PhVphA PhVphB PhVphC W Hz VA VAr PF DCA DCV DCW TmpCab",
	"TmpSnk TmpTrns TmpOt St StVnd Evt1 Evt2 EvtVnd1 EvtVnd2 EvtVnd3 EvtVnd4 WH",
].join(" ");

/** 702 from the name plate 120, the settings 121 and the storage's models. */
export const kCapacity = `WMaxRtg k 120.WRtg,121.WMax
VAMaxRtg k 120.VARtg,121.VAMax
VarMaxInjRtg K 120.VArRtgQ1,121.VArMaxQ1
VarMaxAbsRtg K 120.VArRtgQ4,121.VArMaxQ4
AMaxRtg k 120.ARtg
PFOvrExtRtg K 120.PFRtgQ1
PFUndExtRtg K 120.PFRtgQ4
VNomRtg k 121.VRef
WChaRteMaxRtg rated 120.MaxChaRte,124.WChaMax,802.WChaRteMax,802.AChaMax,802.V
WDisChaRteMaxRtg rated 120.MaxDisChaRte,124.WChaMax,802.WDisChaRteMax,802.ADisChaMax,802.V
WMax o 121.WMax,WMaxRtg
VAMax o 121.VAMax,VAMaxRtg
VarMaxInj O 121.VArMaxQ1,VarMaxInjRtg
VarMaxAbs O 121.VArMaxQ4,VarMaxAbsRtg
WChaRteMax o WChaRteMaxRtg
WDisChaRteMax o WDisChaRteMaxRtg
VNom o 121.VRef,VNomRtg
AMax o AMaxRtg
PFOvrExt o PFOvrExtRtg
PFUndExt o PFUndExtRtg`;

/** 120 from 702. Quadrants as the IEEE (EEI) counts them: power factors of 1 and 3 are negative. */
export const kNameplate = `WRtg k WMaxRtg
VARtg k VAMaxRtg
VArRtgQ1 k VarMaxInjRtg
VArRtgQ2 k VarMaxInjRtg
VArRtgQ3 M VarMaxAbsRtg
VArRtgQ4 M VarMaxAbsRtg
ARtg k AMaxRtg
PFRtgQ1 M PFOvrExtRtg
PFRtgQ2 k PFOvrExtRtg
PFRtgQ3 M PFUndExtRtg
PFRtgQ4 k PFUndExtRtg
WHRtg k 713.WHRtg,802.WHRtg
AhrRtg k 802.AHRtg
MaxChaRte k WChaRteMaxRtg,WChaRteMax
MaxDisChaRte k WDisChaRteMaxRtg,WDisChaRteMax`;

/** 121 from 702; once it is filled, the DER's controls keep the two alike. */
export const kSettings = `WMax o WMax,WMaxRtg
VRef o VNom,VNomRtg
VMax o VMax,VMaxRtg
VMin o VMin,VMinRtg
VAMax o VAMax,VAMaxRtg
VArMaxQ1 o VarMaxInj,VarMaxInjRtg
VArMaxQ4 N VarMaxAbs,VarMaxAbsRtg`;

/** 122 from 701. */
export const kStatus = `PVConn sources InvSt,ConnSt,St
ECPConn ecp122 ConnSt,InvSt,St
ActWh . TotWhInj
StActCtl active 704.WMaxLimPctEna,704.WSetEna,704.VarSetEna,704.PFWInjEna,705.Ena,711.Ena,707.Ena,708.Ena,706.Ena,709.Ena,710.Ena`;

export const kStorageStatus = "StorConn sources InvSt,ConnSt,St";
export const kNoStorage = "StorConn zero InvSt,ConnSt,St";

/** 713 from the storage's older models. */
export const kStorage = `WHRtg k 802.WHRtg,120.WHRtg
SoC f 802.SoC,124.ChaState,803.string[1].StrSoC
SoH f 802.SoH,803.string[1].StrSoH
WHAvail part WHRtg,SoC
Sta health 802.Evt1,802.State,802.SoC,124.ChaState`;

/** 124 from 713, 802 and the storage's port in 714. */
export const kOldStorage = `WChaMax o 702.WChaRteMax,702.WChaRteMaxRtg,802.WChaRteMax
ChaState f 713.SoC,802.SoC
StorAval part 802.AHRtg,713.SoC
InBatV f 802.V,port.DCV
ChaSt charge 802.ChaSt,802.W,port.DCW,713.SoC`;

/** 802 from 713 and the storage's port in 714. */
export const kBattery = `WHRtg k 713.WHRtg,120.WHRtg
AHRtg k 120.AhrRtg
WChaRteMax f 702.WChaRteMax,702.WChaRteMaxRtg,124.WChaMax
WDisChaRteMax f 702.WDisChaRteMax,702.WDisChaRteMaxRtg,124.WChaMax
SoC f 713.SoC,124.ChaState
SoH . 713.SoH
DoD rest 713.SoC,124.ChaState
ChaSt charge 124.ChaSt,port.DCW,port.DCW,713.SoC
State bank 713.Sta,port.DCSta,713.SoC
Evt1 bankEvent 713.Sta,713.SoC
Evt2 zero 713.SoC
EvtVnd1 zero 713.SoC
EvtVnd2 zero 713.SoC
V f port.DCV,124.InBatV
A . port.DCA
W . port.DCW
SetOp one 713.SoC
SetInvState three 713.SoC`;

/** The storage's port in 714 from 802. */
export const kStoragePort = `DCA . 802.A
DCV f 802.V,124.InBatV
DCW fx 802.W,802.A,802.V
DCSta bankOn 802.State`;

/** One solar port of 714 from a module of 160. */
export const kTracker = `DCA . DCA
DCV . DCV
DCW . DCW
DCWhInj w DCWH
Tmp . Tmp
DCSta trackerOn DCSt
DCAlrm . DCEvt`;

/** The storage's port from the two modules of 160 that tell of it; both are positive. */
export function storeModules([charge, discharge]: StoreModules): string {
	const both = (point: string): string => `module[${discharge}].${point},module[${charge}].${point}`;
	return `DCA less ${both("DCA")}
DCV f ${both("DCV")}
DCW less ${both("DCW")}
DCWhInj w module[${discharge}].DCWH
DCWhAbs w module[${charge}].DCWH
DCSta trackerOn module[${discharge}].DCSt`;
}

/** The only port of 714 from 101 to 103: solar, or of a storage. */
export const kOldDc = `DCA . DCA
DCV . DCV
DCW . DCW`;

/** A module of 160 from a solar port of 714. */
export const kModule = `DCA positive DCA
DCV . DCV
DCW positive DCW
DCWH . DCWhInj
Tmp . Tmp
DCSt trackerState DCSta,DCW
DCEvt . DCAlrm`;

/** Totals of a 714 that is composed, over all its ports. */
export const kDcTotals = "DCA DCW DCWhInj DCWhAbs PrtAlrms";

/** 714 from the charge controller's own model 64111: an input from the array, and a battery that it charges. */
export const kOutbackArray = `DCA . InputA
DCV . ArrayV
DCW x ArrayV,InputA
DCWhInj wk LifeTimeKWHOut
DCSta chargerOn ChargerSt`;
export const kOutbackBattery = `DCA n OutputA
DCV . BattV
DCW n OutputW
DCWhAbs wk LifeTimeKWHOut
DCSta chargerOn ChargerSt`;

/** What 160, 501 and 502 have of its state. */
export const kOutbackModule = "DCSt chargerState ChargerSt";
export const kOutbackStat = "Stat chargerState ChargerSt";

/** 501 and 502 from the ports of 714; the battery's side is the output. */
export const kPanel = `InA . solar.DCA
InV . solar.DCV
InW . solar.DCW
OutA n port.DCA
OutV . port.DCV
OutW n port.DCW
OutPw n port.DCW
OutWh . port.DCWhAbs
Tmp . solar.Tmp
Stat trackerState solar.DCSta,solar.DCW
Evt event10x solar.DCAlrm,solar.DCV`;

/** 714's solar port from 501 or 502, which tell of one panel with its converter. */
export const kPanelPort = `DCA f InA,OutA
DCV f InV,OutV
DCW f InW,OutW,OutPw
DCWhInj w OutWh
Tmp . Tmp
DCSta trackerOn Stat`;

/** The battery's port where 501 or 502 is all there is. */
export const kPanelBattery = `DCA n OutA
DCV . OutV
DCW n OutW,OutPw
DCWhAbs w OutWh
DCSta trackerOn Stat`;

/** 403 and 404, the whole, from 714's solar ports; their strings from each. */
export const kCombiner = `DCV . solar.DCV
Tmp . solar.Tmp
Evt zero solar.DCV`;
export const kCombinerTotals = frozen([
	["DCA", "DCA"],
	["DCW", "DCW"],
	["DCWh", "DCWhInj"],
]);
export const kCombinerInput = `InDCA . DCA
InDCV . DCV
InDCW . DCW
InDCWh . DCWhInj
InEvt zero DCV`;

/** 714's solar port from a string of 403 or 404. */
export const kInputPort = `DCA . InDCA
DCV f InDCV,^DCV
DCW fx InDCW,InDCA,^DCV
DCWhInj w InDCWh`;

/** 803 from the storage's port and its 713, for a bank of which no more is known. */
export const kBank = `NStrCon connected port.DCSta,713.SoC
ModTmpMax . port.Tmp
ModTmpMin . port.Tmp
ModTmpAvg . port.Tmp
StrVMax f 802.V,port.DCV
StrVMin f 802.V,port.DCV
StrVAvg f 802.V,port.DCV`;

/** The only string of such a bank. */
export const kOnlyString = `StrSt string803 port.DCSta,713.SoC
StrSoC . 713.SoC
StrSoH . 713.SoH
StrA f 802.A,port.DCA
StrCellVMax . 802.CellVMax
StrCellVMin . 802.CellVMin
StrCellVAvg . 802.CellVAvg
StrModTmpMax . port.Tmp
StrModTmpMin . port.Tmp
StrModTmpAvg . port.Tmp
StrEvt1 bankEvent 713.Sta,713.SoC`;
