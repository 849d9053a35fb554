"""CRV-1, CRV-2, CRV-3: curves are written beside the active one and adopted whole."""

import struct

from write_tests import adjustable, runs
from wire import Refused, read_pdu, write_pdu

X = {705: "V", 706: "V", 707: "V", 708: "V", 709: "Hz", 710: "Hz", 712: "W"}
DONE, FAILED = 1, 2


class Curve:
    """One stored curve of a model: "Crv[2]", or "Ctl[2]" in 711."""

    def __init__(self, map_, model, number):
        self.map = map_
        self.model = model
        self.number = number
        self.prefix = f"{'Ctl' if model.id == 711 else 'Crv'}[{number}]."
        self.points = model.under(self.prefix)

    def settings(self, registers=None):
        """Registers by path within the curve, without the mark that tells a read-only one."""
        return {point.path[len(self.prefix) :]: self.map.data(point) for point in self.points if point.name not in ("ReadOnly", "VRefAuto")}

    def point(self, path):
        return self.model.named.get(self.prefix + path)

    def write(self, settings):
        """Writes what is writable; the first refusal, or None."""
        device = self.map.device
        wanted = [point for point in self.points if adjustable(self.map, point) and point.path[len(self.prefix) :] in settings]
        pdus = [write_pdu(run[0].address, b"".join(settings[point.path[len(self.prefix) :]] for point in run)) for run in runs(wanted)]
        replies = device.link.ask_many(device.unit, pdus)
        return next((reply for reply in replies if isinstance(reply, Refused)), None)


def models(map_):
    return [model for model in map_.models if 705 <= model.id <= 712 and model.known]


def count(map_, model):
    name = next(name for name in ("NCrv", "NCrvSet", "NCtl") if name in model.named)
    return map_.raw(model.named[name])


def curves(map_, model):
    return [Curve(map_, model, number) for number in range(1, count(map_, model) + 1)]


def request(model):
    word = "Ctl" if model.id == 711 else "Crv"
    return model.named[f"Adpt{word}Req"], model.named[f"Adpt{word}Rslt"]


def adopt(map_, model, number):
    """The result, or the refusal of the request."""
    asked, result = request(model)
    device = map_.device
    wrote, back, said = device.link.ask_many(device.unit, [
        write_pdu(asked.address, struct.pack(">H", number)), read_pdu(asked.address, 1), read_pdu(result.address, 1),
    ])  # fmt: skip
    if isinstance(wrote, Refused):
        return wrote
    if struct.unpack(">H", back)[0] != number:
        raise ValueError(f"{asked} := {number} reads {back.hex()}")
    return struct.unpack(">H", said)[0]


def varied(map_, model, settings, step):
    """Other settings that are as good: nearer to the nominal value, smaller, later."""
    out = {}
    shrink = 0.95**step
    for path, data in settings.items():
        point = model.named[f"{'Ctl' if model.id == 711 else 'Crv'}[1].{path}"]
        out[path] = data
        if not point.implemented(data) or point.type.startswith("enum") or point.name == "ActPt":
            continue
        raw = point.decode(data)
        unit = 10.0 ** map_.power(point)
        value = raw * unit
        if point.name in ("V", "VRef"):
            value = 100 + (value - 100) * shrink
        elif point.name == "Hz":
            nominal = 60 if value > 55 and map_nominal(map_) > 55 else 50
            value = nominal + (value - nominal) * shrink
        elif point.name in ("Tms", "RspTms", "VRefAutoTms"):
            value = value * (1 + 0.1 * step) + unit
        elif point.name in ("Var", "W", "DbOf", "DbUf", "KOf", "KUf", "PMin"):
            value = value * shrink
        out[path] = point.encode(round(value / unit))
    return out


def map_nominal(map_):
    point = map_.find(703, "ESHzHi")
    return map_.value(point) if map_.implemented(point) else 50


def whole(map_, model, settings, step):
    """Settings for a curve: those of curve 1, varied; the points that curve 1 leaves out, as its last one."""
    return varied(map_, model, settings, step)


def crv_1(der, report):
    """Curve 1 is the active one: marked read-only, and none of its points can be written."""
    map_, device = der.map, der.device
    if absent(der, report):
        return
    map_.refresh()
    for model in models(map_):
        first = curves(map_, model)[0]
        report.counts["models"] += 1
        report.check(map_.raw(first.point("ReadOnly")) == 1, f"{model.label}: curve 1 is not marked read-only")
        points = [point for point in first.points if point.writable]
        pdus = []
        for point in points:
            data = map_.data(point)
            pdus += [write_pdu(point.address, data[:-1] + bytes([data[-1] ^ 1])), read_pdu(point.address, point.size)]
        replies = device.link.ask_many(device.unit, pdus)
        for number, point in enumerate(points):
            report.counts["writes"] += 1
            wrote, back = replies[2 * number : 2 * number + 2]
            report.check(isinstance(wrote, Refused) and wrote.code in (2, 3, 4), f"{point} was written")
            report.check(back == map_.data(point), f"{point} has changed")
        runs_ = [run for run in runs(points) if len(run) > 1]
        for run in runs_[:1]:
            wrote = device.link.ask_many(device.unit, [write_pdu(run[0].address, b"".join(map_.data(point) for point in run))])[0]
            report.check(isinstance(wrote, Refused), f"{run[0]} to {run[-1].path} were written")


def crv_2(der, report):
    """Each other curve is adopted whole: the result says so at once, and curve 1 is that curve, point for point."""
    map_ = der.map
    if absent(der, report):
        return
    map_.refresh()
    for model in models(map_):
        marks = [map_.raw(curve.point("ReadOnly")) for curve in curves(map_, model)[1:]]
        report.check(marks == sorted(marks), f"{model.label}: a read-only curve stands before a writable one: {marks}")
        report.check(0 in marks, f"{model.label}: no curve can be written")
        original = curves(map_, model)[0].settings()
        for curve in curves(map_, model)[1:]:
            wanted = varied(map_, model, original, curve.number)
            if map_.raw(curve.point("ReadOnly")) == 0:
                refused = curve.write(wanted)
                report.check(refused is None, f"{model.label} curve {curve.number}: {refused}")
            map_.refresh(model)
            stored = curve.settings()
            report.check(stored != curves(map_, model)[0].settings(), f"{model.label}: curve {curve.number} is what curve 1 is already")
            result = adopt(map_, model, curve.number)
            report.check(result == DONE, f"{model.label}: adopting curve {curve.number} gives {result}")
            map_.refresh(model)
            now = curves(map_, model)[0].settings()
            different = [path for path, data in stored.items() if now[path] != data and map_.implemented(curve.point(path))]
            report.check(not different, f"{model.label}: adopted curve {curve.number}, curve 1 differs in {', '.join(different[:5])}")
            report.check(curve.settings() == stored, f"{model.label}: adopting changed curve {curve.number}")
            report.counts["adopted"] += 1
            report.counts["points"] += len(stored)
        restore(map_, model, original)


def restore(map_, model, original):
    """Curve 1 as it was."""
    second = curves(map_, model)[1]
    second.write(original)
    adopt(map_, model, 2)
    map_.refresh(model)


def absent(der, report):
    if models(der.map):
        return False
    report.check(not any(705 <= number <= 712 for number in der.models), "curve models are declared")
    report.not_applicable("no model with curves (705 to 712)")
    return True


def spoiled(map_, model, settings):
    """Settings that no DER may adopt, by what is wrong with them."""
    out = {}

    def with_(name, **changes):
        changed = dict(settings)
        for path, raw in changes.items():
            changed[path.replace("__", ".")] = raw
        out[name] = changed

    prefix = "Ctl[1]." if model.id == 711 else "Crv[1]."

    def code(path, value):
        point = model.named[prefix + path]
        return point.encode(max(-32767 if point.type == "int16" else 0, min(65534 if point.size == 1 else 2**32 - 2, map_.to_raw(point, value))))

    if model.id == 711:
        out["range"] = {**settings, "KOf": code("KOf", 0), "KUf": code("KUf", 0)}
        return out
    group = "MustTrip." if 707 <= model.id <= 710 else ""
    x = X[model.id]
    active = struct.unpack(">H", settings[f"{group}ActPt"])[0]
    values = [settings[f"{group}Pt[{number}].{x}"] for number in range(1, active + 1)]
    swapped = dict(settings)
    swapped[f"{group}Pt[1].{x}"], swapped[f"{group}Pt[{active}].{x}"] = values[-1], values[0]
    out["order"] = swapped
    points = map_.raw(model.named["NPt"])
    out["count"] = {**settings, f"{group}ActPt": struct.pack(">H", points + 1)}
    out["no points"] = {**settings, f"{group}ActPt": struct.pack(">H", 0)}
    y = {705: "Var", 706: "W", 712: "Var"}.get(model.id)
    if y:
        signed = model.named[f"{prefix}Pt[1].{y}"].type == "int16"
        limit = 32767 * 10.0 ** map_.power(model.named[f"{prefix}Pt[1].{y}"])
        out["range"] = {**settings, f"Pt[1].{y}": code(f"Pt[1].{y}", min(300, limit) if signed else 300)}
    else:
        out["range"] = {**settings, f"{group}Pt[{active}].{x}": code(f"{group}Pt[{active}].{x}", 600)}
    return out


def crv_3(der, report):
    """What cannot be adopted is not: the result says so, and curve 1 stays as it is, byte for byte."""
    map_ = der.map
    if absent(der, report):
        return
    map_.refresh()
    for model in models(map_):
        first, second = curves(map_, model)[:2]
        original, stored = first.settings(), second.settings()

        def unchanged(what, result, model=model, first=first, original=original):
            map_.refresh(model)
            report.counts["refused"] += 1
            report.check(isinstance(result, Refused) or result == FAILED, f"{model.label}: {what}: result {result}")
            if not report.check(first.settings() == original, f"{model.label}: {what}: curve 1 has changed"):
                restore(map_, model, original)

        for number in (len(curves(map_, model)) + 1, 65534):
            result = adopt(map_, model, number)
            unchanged(f"adopting curve {number}", result)
            report.check(not isinstance(result, Refused), f"{model.label}: adopting curve {number}: {result}, no result says so")
        for what, settings in spoiled(map_, model, varied(map_, model, original, 1)).items():
            refused = second.write(settings)
            if refused is not None:
                report.check(refused.code == 3, f"{model.label}: {what}: {refused}")
                report.counts["refused when written"] += 1
                map_.refresh(model)
                report.check(first.settings() == original, f"{model.label}: {what}: curve 1 has changed")
                continue
            unchanged(what, adopt(map_, model, 2))
        second.write(stored)
        result = adopt(map_, model, 2)
        report.check(result in (DONE, FAILED), f"{model.label}: afterwards {result}")
        restore(map_, model, original)
        map_.refresh(model)
        report.check(first.settings() == original, f"{model.label}: a good curve is not adopted after bad ones")
