"""The conformance statement: which values a writable point takes, and which it must refuse."""

MOST = {"int16": 32767, "uint16": 65534, "int32": 2**31 - 1, "uint32": 2**32 - 2, "acc16": 65535, "acc32": 2**32 - 1}
LEAST = {"int16": -32767, "int32": -(2**31) + 1}

# 702: settings and the rating that each stays within
RATED = {
    "WMax": "WMaxRtg", "WMaxOvrExt": "WOvrExtRtg", "WMaxUndExt": "WUndExtRtg", "VAMax": "VAMaxRtg", "VarMaxInj": "VarMaxInjRtg",
    "VarMaxAbs": "VarMaxAbsRtg", "WChaRteMax": "WChaRteMaxRtg", "WDisChaRteMax": "WDisChaRteMaxRtg", "VAChaRteMax": "VAChaRteMaxRtg",
    "VADisChaRteMax": "VADisChaRteMaxRtg", "AMax": "AMaxRtg",
}  # fmt: skip

# by model and name of the point, in the point's unit
RANGES = {
    (703, "ESVHi"): (105, 106), (703, "ESVLo"): (88, 95), (703, "ESDlyTms"): (0, 600), (703, "ESRndTms"): (1, 1000),
    (703, "ESRmpTms"): (1, 1000), (704, "WMaxLimPct"): (0, 100), (704, "WMaxLimPctRvrt"): (0, 100), (704, "WSetPct"): (0, 100),
    (704, "WSetPctRvrt"): (0, 100), (704, "VarSetPct"): (-100, 100), (704, "VarSetPctRvrt"): (-100, 100), (704, "PF"): (0.85, 1.0),
    (704, "WRmp"): (1, 100), (704, "VarRmp"): (1, 100),
    (705, "VRef"): (95, 105), (705, "VRefAutoTms"): (300, 5000), (705, "V"): (77, 118), (705, "Var"): (-44, 44), (705, "RspTms"): (1, 90),
    (706, "V"): (100, 110), (706, "W"): (0, 100), (706, "RspTms"): (1, 60),
    (707, "V"): (0, 88), (707, "Tms"): (1, 50), (708, "V"): (110, 130), (708, "Tms"): (1, 13),
    (709, "Hz"): (45, 59.5), (709, "Tms"): (1, 1000), (710, "Hz"): (50.5, 66), (710, "Tms"): (1, 1000),
    (711, "DbOf"): (0.02, 1.0), (711, "DbUf"): (0.02, 1.0), (711, "KOf"): (0.02, 0.05), (711, "KUf"): (0.02, 0.05),
    (711, "RspTms"): (1, 10), (712, "W"): (-100, 100), (712, "Var"): (-44, 44),
    (121, "WGra"): (1, 100), (123, "WMaxLimPct"): (0, 100), (123, "OutPFSet"): (0.85, 1.0), (123, "VArWMaxPct"): (-100, 100),
    (123, "VArMaxPct"): (-100, 100), (124, "OutWRte"): (0, 100), (124, "InWRte"): (0, 100), (124, "MinRsvPct"): (0, 100),
    (124, "WChaGra"): (1, 100), (124, "WDisChaGra"): (1, 100),
}  # fmt: skip

# beyond these no device can go, whatever it is
LIMITS = {
    (704, "WMaxLimPct"): (None, 100.1), (704, "WMaxLimPctRvrt"): (None, 100.1), (704, "WSetPct"): (-100.1, 100.1),
    (704, "VarSetPct"): (-100.1, 100.1), (704, "PF"): (None, 1.01), (123, "WMaxLimPct"): (None, 100.1), (123, "OutPFSet"): (-1.01, 1.01),
    (124, "OutWRte"): (-100.1, 100.1), (124, "InWRte"): (-100.1, 100.1),
}  # fmt: skip


# declared of a point: it takes the value that it has and no other
SINGLE = "as it is"


def five(low, high):
    """Both ends and three between; all of them when there are fewer."""
    if high - low < 5:
        return list(range(low, high + 1))
    return [low, low + (high - low) // 4, (low + high) // 2, high - (high - low) // 4, high]


def good(map_, point, now):
    """Raw values that the point must take; `now` is the one it has."""
    number, name = point.model.id, point.name
    declared = map_.values.get(f"{number}.{point.path}")
    if declared is not None:
        return [now] if declared == SINGLE else [map_.to_raw(point, value) for value in declared]
    if point.type in ("enum16", "enum32"):
        # what a maker means by VENDOR is not supported, nor that a control has no mode
        without = ("VENDOR", "NONE") if name.endswith(("Pri", "_Mod")) else ()
        return [value for symbol, value in point.symbols.items() if symbol not in without] or [now]
    if point.type in ("bitfield16", "bitfield32"):
        bits = [1 << bit for bit in point.symbols.values()]
        return [0, *bits, sum(bits)] if bits else [now]
    if name in ("AdptCrvReq", "AdptCtlReq"):
        return [now]
    if name in ("RvrtCrv", "RvrtCtl"):
        return list(range(1, repeats(map_, point.model) + 1))
    if name == "ActPt":
        return list(range(2, map_.raw(point.model.named["NPt"]) + 1))
    if name.endswith(("RvrtTms", "WinTms", "RmpTms")) and number in (123, 124):
        return five(0, MOST[point.type])
    if name.endswith("RvrtTms"):
        # what is neither 0 nor long would run out while other points are tried
        return [0, 3600, 86400, 10**6, MOST[point.type]]
    if name in ("ControllerHb", "CtrlHb"):
        return five(0, MOST[point.type])
    if name in ("AlarmReset", "AlmRst"):
        return [1, 0]
    if name == "DA":
        return [now]
    if number == 702 and name in RATED:
        rating = point.model.named[RATED[name]]
        if map_.implemented(rating):
            return five(max(1, map_.raw(rating) // 2), map_.raw(rating))
    if number == 121 and name == "WMax":
        rating = map_.find(120, "WRtg")
        if map_.implemented(rating):
            most = map_.to_raw(point, map_.value(rating))
            return five(max(1, most // 2), most)
    if name in ("ESHzHi", "ESHzLo"):
        return [now - map_.to_raw(point, 0.05), now, now + map_.to_raw(point, 0.05)]
    if number == 704 and name in ("WSet", "WSetRvrt", "VarSet", "VarSetRvrt"):
        return powers(map_, point)
    if (number, name) in RANGES:
        low, high = RANGES[number, name]
        return five(map_.to_raw(point, low), map_.to_raw(point, high))
    return [now]


def powers(map_, point):
    var = point.name.startswith("Var")
    most = map_.value(map_.find(702, "VarMaxInj" if var else "WMax")) or map_.value(map_.find(702, "VarMaxInjRtg" if var else "WMaxRtg"))
    if not most:
        return [0]
    least = -most if var else -(map_.value(map_.find(702, "WChaRteMax")) or 0)
    if var and map_.value(map_.find(702, "VarMaxAbs")):
        least = -map_.value(map_.find(702, "VarMaxAbs"))
    return five(map_.to_raw(point, least), map_.to_raw(point, most))


def repeats(map_, model):
    for name in ("NCrv", "NCrvSet", "NCtl"):
        if name in model.named:
            return map_.raw(model.named[name])
    return 0


def bad(map_, point):
    """Raw values that no device may take. The code for "not implemented" is always one."""
    number, name = point.model.id, point.name
    out = [point.decode(point.missing)]
    if point.type in ("enum16", "enum32") and point.symbols:
        out += [max(point.symbols.values()) + 1, 0x7FFE]
    if point.type in ("bitfield16", "bitfield32"):
        out.append(1 << (14 if point.type == "bitfield16" else 30))
    if (number, name) in LIMITS:
        low, high = LIMITS[number, name]
        for limit, step in ((low, -1), (high, 1)):
            if limit is not None:
                out.append(map_.to_raw(point, limit + 10.0 ** map_.power(point) * step))
    if number == 702 and name in RATED:
        rating = point.model.named[RATED[name]]
        if map_.implemented(rating):
            out.append(map_.raw(rating) + 1)
    if map_.values.get(f"{number}.{point.path}") == SINGLE and point.type != "string":
        out.append(map_.raw(point) ^ 1)
    if name in ("RvrtCrv", "RvrtCtl"):
        out.append(repeats(map_, point.model) + 1)
    return out
