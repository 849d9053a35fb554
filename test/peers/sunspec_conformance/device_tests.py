"""DEV-1, DEV-2, MOD-1, MOD-2, MOD-4, SF: what stands in the map, and reading it."""

import struct

from map import BASE, definition
from wire import READ, READ_INPUT, Refused, read_pdu

# IEEE 1547-2018 profile: points that each model must implement, as the SunSpec profile specification tables them.
PROFILE = {
    1: "Mn Md SN Vr",
    701: "W Var Hz St ConnSt Alrm",
    702: "WMaxRtg WOvrExtRtg WOvrExtRtgPF WUndExtRtg WUndExtRtgPF VAMaxRtg NorOpCatRtg AbnOpCatRtg VarMaxInjRtg"
    " VarMaxAbsRtg VNomRtg VMaxRtg VMinRtg CtrlModes ReactSusceptRtg",
    703: "ES ESVHi ESVLo ESHzHi ESHzLo ESDlyTms ESRmpTms V_SF Hz_SF",
    704: "PFWInjEna PF_SF PFWInj.PF PFWInj.Ext VarSetEna VarSetMod VarSetPri VarSetPct VarSetPct_SF WMaxLimPctEna"
    " WMaxLimPct WMaxLimPct_SF",
    705: "Ena AdptCrvReq AdptCrvRslt NPt NCrv V_SF DeptRef_SF RspTms_SF",
    706: "Ena AdptCrvReq AdptCrvRslt NPt NCrv V_SF DeptRef_SF RspTms_SF",
    707: "Ena AdptCrvReq AdptCrvRslt NPt NCrvSet V_SF Tms_SF",
    708: "Ena AdptCrvReq AdptCrvRslt NPt NCrvSet V_SF Tms_SF",
    709: "Ena AdptCrvReq AdptCrvRslt NPt NCrvSet Hz_SF Tms_SF",
    710: "Ena AdptCrvReq AdptCrvRslt NPt NCrvSet Hz_SF Tms_SF",
    711: "Ena AdptCtlReq AdptCtlRslt NCtl Db_SF K_SF RspTms_SF",
    712: "Ena AdptCrvReq AdptCrvRslt NPt NCrv W_SF DeptRef_SF",
}  # fmt: skip
STORAGE = {702: "WChaRteMaxRtg VAChaRteMaxRtg", 713: "SoC"}
# each pair says the same thing in a newer and an older model
SAME = [
    (702, "WMaxRtg", 120, "WRtg"), (702, "VAMaxRtg", 120, "VARtg"), (702, "WMax", 121, "WMax"), (702, "VAMax", 121, "VAMax"),
    (702, "AMaxRtg", 120, "ARtg"), (702, "WChaRteMaxRtg", 120, "MaxChaRte"), (702, "WDisChaRteMaxRtg", 120, "MaxDisChaRte"),
    (713, "WHRtg", 802, "WHRtg"), (702, "VNom", 121, "VRef"),
]  # fmt: skip


def dev_1(der, report):
    """Discovery: at 40000 and nowhere else, chain to the end model, what was declared and nothing else."""
    device, map_ = der.device, der.map
    for base in (0, 50000):
        try:
            report.check(device.read(base, 2) != b"SunS", f"SunS also at {base}")
        except Refused as refused:
            report.check(refused.code == 2, f"{base} is refused with {refused.code}")
    found = [model.id for model in map_.models]
    report.check(found == der.models, lambda: f"models {found}, declared {der.models}")
    end = device.read(map_.end, 2)
    report.check(end == b"\xff\xff\0\0", lambda: f"end model {end.hex()}")
    ours = [(model.id, model.address, model.length) for model in map_.models]
    # it leaves out what it has no definition of
    known = [place for place in ours if definition(place[0]) is not None]
    report.check(map_.found == known, lambda: f"pysunspec2 found {map_.found}, walking by L {known}")
    try:
        device.read(map_.end + 2, 1)
        report.check(False, "the register behind the end model is readable")
    except Refused as refused:
        report.check(refused.code == 2, f"behind the end model: exception {refused.code}")
    report.counts["models"] += len(ours)


def dev_2(der, report):
    """Model 1: first, whole, and saying who the device is."""
    map_ = der.map
    model = map_.models[0]
    report.check(model.id == 1, f"the first model is {model.id}")
    report.check(model.length in (65, 66), f"L is {model.length}")
    for name in ("Mn", "Md", "SN"):
        report.check(map_.implemented(model.named.get(name)), f"{name} is not implemented")
    for point in model.points:
        report.counts["points"] += 1
        data = map_.data(point)
        if point.type == "string":
            text = data.rstrip(b"\0")
            report.check(b"\0" not in text, f"{point.name} has text behind its end: {data!r}")
            report.check(all(32 <= byte for byte in text), f"{point.name} is not printable: {data!r}")
    for name, wanted in der.common.items():
        point = model.named[name]
        got = map_.raw(point)
        report.check(got == wanted, f"{name} is {got!r}, declared {wanted!r}")


def mod_1(der, report):
    """Implementation: lengths, order, mandatory points, and every value one that its type can have."""
    map_ = der.map
    map_.refresh()
    report.check([model.id for model in map_.models].index(1) == 0, "model 1 is not the first")
    for model in map_.models:
        if not model.standard:
            report.counts["vendor models"] += 1
            report.check(model.id >= 64000, f"pysunspec2 does not know model {model.label}")
            continue
        report.counts["models"] += 1
        report.check(model.known and not model.error, f"model {model.label}: {model.error or 'not laid out'}")
        covered = sum(point.size for point in model.points)
        report.check(covered == model.length + 2, f"model {model.label}: L is {model.length}, its points take {covered - 2}")
        for point in model.points:
            if point.address + point.size > model.end:
                report.check(False, f"{point} lies behind the model's end")
                continue
            data = map_.data(point)
            there = point.implemented(data)
            report.counts["points"] += 1
            report.counts["implemented"] += there
            if point.mandatory and point.type != "sunssf":
                report.counts["mandatory"] += 1
                if f"{model.id}.{point.path}?" in der.missing:
                    report.counts["declared missing"] += 1
                elif f"{model.id}.{point.path}" in der.missing:
                    report.counts["declared missing"] += 1
                    report.check(not there, f"{point} is declared missing and has a value")
                else:
                    report.check(there, f"{point} is mandatory and not implemented")
            if point.mandatory and point.type == "sunssf":
                scaled = [other for other in model.points if model.scale(other) is point and map_.implemented(other)]
                report.check(there or not scaled, f"{point} is mandatory and not implemented")
            if there:
                valid(point, data, report)
    counts(map_, report)


def valid(point, data, report):
    """Is the value one that the type and the definition allow?"""
    raw = point.decode(data)
    if point.type in ("enum16", "enum32") and point.symbols:
        report.check(raw in point.symbols.values(), f"{point} = {raw}, no symbol")
    elif point.type in ("bitfield16", "bitfield32"):
        top = 1 << (8 * len(data) - 1)
        report.check(raw & top == 0, f"{point} = {raw:#x}, the top bit is not to be used")
        known = sum(1 << bit for bit in point.symbols.values())
        report.check(not known or raw & ~known == 0, f"{point} = {raw:#x} has bits without a symbol")
    elif point.type == "sunssf":
        report.check(-10 <= raw <= 10, f"{point} = {raw}")
    elif point.type == "pad":
        report.check(raw in (0, 0x8000), f"{point} = {raw:#x}")


def counts(map_, report):
    """Repetition counts say what is there, one curve more than the active one at least."""
    for model in map_.models:
        for name in ("NCrv", "NCrvSet", "NCtl"):
            if name in model.named and 705 <= model.id <= 712:
                report.check(map_.raw(model.named[name]) >= 2, f"model {model.label}: {name} leaves no curve to write")


def spans(map_, link):
    """Legal reads: each start with another length, all lengths over every border of two models, the longest everywhere."""
    first, end = BASE, map_.end + 2
    out = set()
    length = 1
    tcp = link.kind == "TCP"
    for start in range(first, end, 1 if tcp else 5):
        out.add((start, min(length, end - start)))
        length = length % 125 + 1
    for border in [model.end for model in map_.models] + [BASE + 2]:
        for length in range(2, 126) if tcp else (2, 3, 40, 125):
            for before in {1, length // 2, length - 1} if tcp else {length // 2}:
                start = max(first, border - before)
                if 0 < border - start and border < start + length <= end:
                    out.add((start, length))
    for start in range(first, end - 124, 31 if tcp else 125):
        out.add((start, 125))
    return sorted(out)


def mod_2(der, report):
    """Read: each point alone, models whole, spans over borders; what is beyond is refused."""
    map_, device = der.map, der.device
    link = device.link
    map_.refresh()
    points = [point for model in map_.models for point in model.points]
    replies = link.ask_many(device.unit, [read_pdu(point.address, point.size) for point in points])
    for point, reply in zip(points, replies, strict=True):
        report.counts["points"] += 1
        if not report.check(not isinstance(reply, Refused), lambda point=point, reply=reply: f"{point} alone: {reply}"):
            continue
        if steady(point) or point.type == "pad":
            report.check(reply == map_.data(point), lambda point=point, reply=reply: f"{point} alone: {reply.hex()}")
        elif point.implemented(reply):
            valid(point, reply, report)
    chosen = spans(map_, link)
    # bits that are compared: those of points that only a client changes
    fixed = bytearray(2 * map_.length)
    fixed[:4] = b"\xff" * 4
    fixed[-4:] = b"\xff" * 4
    for point in points:
        if steady(point):
            at = 2 * (point.address - BASE)
            fixed[at : at + 2 * point.size] = b"\xff" * (2 * point.size)
    replies = link.ask_many(device.unit, [read_pdu(start, length) for start, length in chosen])
    for (start, length), reply in zip(chosen, replies, strict=True):
        report.counts["spans"] += 1
        place = f"{length} registers from {start}"
        if not report.check(not isinstance(reply, Refused), lambda place=place, reply=reply: f"{place}: {reply}"):
            continue
        at = 2 * (start - BASE)
        bits = fixed[at : at + len(reply)]
        same = mask(reply, bits) == mask(map_.registers[at : at + len(reply)], bits)
        report.check(same, f"{place} differ from the same in the whole map")
    end = map_.end + 2
    illegal = [
        (read_pdu(BASE, 0), 3), (read_pdu(BASE, 126), 3), (read_pdu(BASE, 65535), 3), (read_pdu(BASE - 1, 2), 2), (read_pdu(end - 1, 2), 2),
        (read_pdu(end, 1), 2), (read_pdu(end - 10, 125), 2), (read_pdu(0, 1), 2), (read_pdu(65535, 1), 2), (read_pdu(65535, 2), 2),
        (read_pdu(BASE, 2, READ_INPUT), 1),
    ]  # fmt: skip
    replies = link.ask_many(device.unit, [pdu for pdu, _ in illegal])
    for (pdu, code), reply in zip(illegal, replies, strict=True):
        report.counts["illegal spans"] += 1
        got = reply.code if isinstance(reply, Refused) else 0
        function, start, length = struct.unpack(">BHH", pdu)
        what = f"function {function}, {length} registers from {start}"
        report.check(got == code, lambda what=what, got=got, code=code: f"{what}: exception {got} instead of {code}")
    report.check(device.read(BASE, 2) == b"SunS", "after illegal reads it does not answer")
    assert READ == 3


def steady(point):
    """Changes only when somebody writes."""
    if point.name.endswith(("RvrtRem", "RemTms")) or point.name in ("AdptCrvRslt", "AdptCtlRslt", "CtrlHb", "ControllerHb"):
        return False
    return point.static or point.writable or point.type == "sunssf" or point.model.id == 1


def mask(data, bits):
    return int.from_bytes(data, "big") & int.from_bytes(bits, "big")


def mod_4(der, report):
    """IEEE 1547-2018 profile: the models, and in them the points, that it asks for."""
    map_ = der.map
    if map_.first(705) is None:
        report.check(not any(705 <= model.id <= 712 for model in map_.models), "some curve models, but no 705")
        report.not_applicable("no curve models: not a DER with the functions of IEEE 1547-2018")
        return
    wanted = dict(PROFILE)
    if map_.first(713):
        for number, names in STORAGE.items():
            wanted[number] = f"{wanted.get(number, '')} {names}"
    for number, names in wanted.items():
        model = map_.first(number)
        if not report.check(model is not None, f"model {number} is missing"):
            continue
        for name in names.split():
            report.counts["points"] += 1
            point = model.named.get(name)
            report.check(map_.implemented(point), f"{number}.{name} is not implemented")
    # a three-phase device has line and phase voltages, another one at least one of them
    three = map_.implemented(map_.find(701, "ACType")) and map_.raw(map_.find(701, "ACType")) == 2
    for name in ("VL1", "VL2", "VL3", "VL1L2", "VL2L3", "VL3L1", "LLV", "LNV") if three else ():
        report.counts["points"] += 1
        report.check(map_.implemented(map_.find(701, name)), f"701.{name} is not implemented")
    voltages = [name for name in ("LLV", "LNV", "VL1", "VL1L2") if map_.implemented(map_.find(701, name))]
    report.check(voltages, "no voltage in 701")


def sf(der, report):
    """Scale factors: there, within -10 to 10, the same from the first read of the run to the last, and consistent."""
    map_ = der.map
    before = der.first_scales
    map_.refresh()
    for model in map_.models:
        for point in model.points if model.standard else ():
            if point.type == "sunssf":
                report.counts["scale factors"] += 1
                now = map_.raw(point)
                report.check(before[point.address] == now, f"{point} was {before[point.address]} and is {now}")
            elif map_.implemented(point) and model.scale(point) is not None:
                report.counts["scaled points"] += 1
                factor = model.scale(point)
                report.check(map_.implemented(factor), f"{point} has a value, its {factor.name} has none")
    for number, name, older, other in SAME:
        new, old = map_.find(number, name), map_.find(older, other)
        if new is None or old is None:
            continue
        a, b = map_.value(new), map_.value(old)
        if a is None or b is None:
            continue
        report.counts["compared"] += 1
        step = max(10.0 ** map_.power(new), 10.0 ** map_.power(old))
        report.check(abs(a - b) <= step, f"{number}.{name} is {a}, {older}.{other} is {b}")
