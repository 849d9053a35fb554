"""MOD-3, EXC-1, EXC-2, EXC-3, MB-1, MB-2: writing points, and what must not be written."""

import pics
from device_tests import steady
from map import BASE
from wire import WRITE_ONE, Refused, read_pdu, write_pdu


def fixed(map_, point):
    """Read only whatever its model says: it belongs to a curve that says so."""
    step = point.path.split(".")[0]
    mark = point.model.named.get(f"{step}.ReadOnly") if "[" in step else None
    return mark is not None and map_.raw(mark) == 1


def adjustable(map_, point):
    return point.writable and map_.implemented(point) and not fixed(map_, point)


def runs(points):
    """Neighbours that one request can write, at most 123 registers."""
    out = []
    for point in points:
        last = out[-1] if out else None
        if last and last[-1].address + last[-1].size == point.address and point.address + point.size - last[0].address <= 123:
            last.append(point)
        else:
            out.append([point])
    return out


def write_of(point, data, turn):
    """Function 6 and 16 take turns where a point is one register."""
    return write_pdu(point.address, data, WRITE_ONE if point.size == 1 and turn % 2 else None)


def exception(reply):
    return reply.code if isinstance(reply, Refused) else 0


def mod_3(der, report):
    """Point write: taken values read back at once, refused ones change nothing, a request is taken whole or not at all."""
    map_ = der.map
    for model in map_.models:
        if not model.standard:
            continue
        map_.refresh(model)
        points = [point for point in model.points if adjustable(map_, point)]
        taken(der, report, points)
        together(der, report, points)
        untouched(der, report, model)
    if not report.counts["points"]:
        report.not_applicable("no adjustable point in a SunSpec model")


def taken(der, report, points):
    map_, device = der.map, der.device
    for point in points:
        now = map_.data(point)
        try:
            values = [point.encode(raw) for raw in pics.good(map_, point, point.decode(now))] if point.numeric else [now]
        except Exception as error:
            report.check(False, f"{point}: {error}")
            continue
        if device.link.kind == "RTU" and further(point):
            continue
        pdus = []
        for turn, data in enumerate([*values, now]):
            pdus += [write_of(point, data, turn), read_pdu(point.address, point.size)]
        replies = device.link.ask_many(device.unit, pdus)
        report.counts["points"] += 1
        for turn, data in enumerate([*values, now]):
            wrote, back = replies[2 * turn : 2 * turn + 2]
            report.counts["writes"] += 1
            raw = point.decode(data)
            if report.check(exception(wrote) == 0, lambda wrote=wrote, raw=raw, point=point: f"{point} := {raw}: {wrote}"):
                same = back == data
                report.check(same, lambda raw=raw, back=back, point=point: f"{point} := {raw}, reads {show(point, back)} at once")


def further(point):
    """Behind the first point of a curve: over a line these are written together with it, not one by one."""
    return ".Pt[" in point.path and ".Pt[1]" not in point.path


def show(point, data):
    return str(data) if isinstance(data, Refused) else point.decode(data)


def together(der, report, points):
    """Neighbours in one request: all of them, or, when one cannot be written, none."""
    map_, device = der.map, der.device
    if not points:
        return
    map_.refresh(points[0].model)
    for run in runs(points):
        if len(run) < 2:
            continue
        first, size = run[0].address, sum(point.size for point in run)
        now = map_.bytes(first, size)
        other = b"".join(another(map_, point) for point in run)
        ask = device.link.ask_many
        wrote, back, again, restored = ask(device.unit, [
            write_pdu(first, other), read_pdu(first, size), write_pdu(first, now), read_pdu(first, size),
        ])  # fmt: skip
        place = f"{run[0]} to {run[-1].path}"
        report.counts["groups"] += 1
        if report.check(exception(wrote) == 0, f"{place} in one request: {wrote}"):
            report.check(back == other, f"{place} in one request do not read back")
        report.check(exception(again) == 0 and restored == now, f"{place} in one request, back again: {again}")
        for wrong in {len(run) - 1, len(run) // 2, 0} if device.link.kind == "TCP" else {len(run) - 1}:
            broken = b""
            for number, point in enumerate(run):
                broken += point.missing if number == wrong else another(map_, point)
            refused, back = ask(device.unit, [write_pdu(first, broken), read_pdu(first, size)])
            report.counts["groups refused"] += 1
            report.check(exception(refused) in (2, 3), f"{place} with a bad {run[wrong].path}: {refused}")
            if not report.check(back == now, f"{place} with a bad {run[wrong].path} were written in part"):
                device.write(first, now)
        edge = first + size
        if size < 123 and edge < map_.end:
            # one register more, which nobody may write
            refused, back = ask(device.unit, [write_pdu(first, other + map_.bytes(edge, 1)), read_pdu(first, size)])
            report.counts["groups refused"] += 1
            report.check(exception(refused) == 2, f"{place} and the register behind them: {refused}")
            if not report.check(back == now, f"{place} and the register behind them were written in part"):
                device.write(first, now)


def another(map_, point):
    """Registers of a good value other than now's, where there is one."""
    now = map_.data(point)
    if not point.numeric:
        return now
    values = [raw for raw in pics.good(map_, point, point.decode(now)) if point.encode(raw) != now]
    return point.encode(values[0] if values else point.decode(now))


def untouched(der, report, model):
    """Nothing that must not be written can be: read-only and unimplemented points, parts of points, values out of range."""
    map_, device = der.map, der.device
    map_.refresh(model)
    pdus, said = [], []

    def attempt(pdu, what, codes):
        pdus.append(pdu)
        said.append((what, codes))

    for point in model.points:
        # over a line the points of curve 1 are tried by CRV-1
        if device.link.kind == "RTU" and (further(point) or fixed(map_, point)):
            continue
        data = map_.data(point)
        changed = bytes([data[0], *data[1:-1], data[-1] ^ 1])
        if not point.writable or fixed(map_, point) or not map_.implemented(point):
            kind = "read-only" if not point.writable or fixed(map_, point) else "unimplemented"
            if kind == "unimplemented":
                changed = bytes(len(data) - 1) + b"\1"
            report.counts[f"{kind} points"] += 1
            # over a line functions 6 and 16 take turns
            tcp = device.link.kind == "TCP"
            single, turn = point.size == 1, len(pdus) % 2
            if tcp or not single or turn:
                attempt(write_pdu(point.address, changed), f"{kind} {point} := {changed.hex()}", (2,))
            if single and (tcp or not turn):
                attempt(write_pdu(point.address, changed, WRITE_ONE), f"{kind} {point} := {changed.hex()}, function 6", (2,))
            continue
        if point.numeric:
            for raw in pics.bad(map_, point):
                report.counts["values out of range"] += 1
                try:
                    attempt(write_pdu(point.address, point.encode(raw)), f"{point} := {raw}", (2, 3))
                except Exception as error:
                    report.check(False, f"{point} := {raw}: {error}")
        if point.size > 1 and point.numeric:
            report.counts["half points"] += 2
            attempt(write_pdu(point.address, data[:2]), f"the first half of {point}", (2,))
            attempt(write_pdu(point.address + point.size - 1, data[-2:], WRITE_ONE), f"the last half of {point}", (2,))
    replies = device.link.ask_many(device.unit, pdus)
    before = map_.registers
    map_.refresh(model)
    for (what, codes), reply in zip(said, replies, strict=True):
        report.counts["refused"] += 1
        report.check(exception(reply) in codes, lambda what=what, reply=reply: f"{what}: {reply if isinstance(reply, Refused) else 'written'}")
    for point in model.points:
        if steady(point):
            at = 2 * (point.address - BASE)
            old = before[at : at + 2 * point.size]
            report.check(map_.data(point) == old, lambda point=point, old=old: f"{point} was {old.hex()}, is {map_.data(point).hex()}")


def exc_1(der, report):
    """A value outside an enumeration is refused with 2, 3 or 4 and not applied; in each model that has one to write."""
    map_, device = der.map, der.device
    map_.refresh()
    for model in map_.models:
        for point in model.points:
            if point.type == "enum16" and point.symbols and adjustable(map_, point):
                wrong = max(point.symbols.values()) + 200
                wrote, back = device.link.ask_many(device.unit, [
                    write_pdu(point.address, point.encode(wrong), WRITE_ONE), read_pdu(point.address, 1),
                ])  # fmt: skip
                report.counts["writes"] += 1
                report.check(exception(wrote) in (2, 3, 4), f"{point} := {wrong}: {wrote}")
                report.check(back == map_.data(point), f"{point} := {wrong} was applied")
                break
    if not report.counts["writes"]:
        report.not_applicable("no enumeration to write")


def exc_2(der, report):
    """A write to a read-only register is refused with 2, 3 or 4; one of each kind in each model."""
    map_, device = der.map, der.device
    map_.refresh()
    for model in map_.models:
        kinds = set()
        for point in model.points:
            kind = point.name if point.name in ("ID", "L") else point.type
            if point.writable or point.size != 1 or kind in kinds:
                continue
            kinds.add(kind)
            old = map_.data(point)
            wrote, back = device.link.ask_many(device.unit, [
                write_pdu(point.address, bytes([old[0], old[1] ^ 1]), WRITE_ONE), read_pdu(point.address, 1),
            ])  # fmt: skip
            report.counts["writes"] += 1
            report.check(exception(wrote) in (2, 3, 4), f"{point}: {wrote}")
            if steady(point):
                report.check(back == old, f"{point} was {old.hex()}, is {back.hex()}")


def exc_3(der, report):
    """Function codes that do not exist get exception 1."""
    device = der.device
    address = BASE + 4
    for code in (50, 65, 7, 99):
        report.counts["codes"] += 1
        try:
            device.link.ask(device.unit, bytes([code]) + address.to_bytes(2, "big") + b"\0\1")
            report.check(False, f"function {code} was answered")
        except Refused as refused:
            report.check(refused.code == 1, f"function {code}: exception {refused.code}")
        except ValueError as error:
            report.check(False, f"function {code}: {error}")


def mb_1(der, report):
    """Two neighbours by function 16, then each by function 6."""
    map_, device = der.map, der.device
    map_.refresh()
    for model in map_.models:
        for run in runs([point for point in model.points if adjustable(map_, point) and point.size == 1]):
            pair = next(((a, b) for a, b in zip(run, run[1:], strict=False) if another(map_, a) != map_.data(a)), None)
            if pair is None:
                continue
            new = b"".join(another(map_, point) for point in pair)
            old = b"".join(map_.data(point) for point in pair)
            at = pair[0].address
            pdus = []
            for data in (new, old):
                pdus += [write_pdu(at, data), read_pdu(at, 2)]
            for data in (new, old):
                pdus += [write_pdu(at, data[:2], WRITE_ONE), write_pdu(at + 1, data[2:], WRITE_ONE), read_pdu(at, 2)]
            replies = device.link.ask_many(device.unit, pdus)
            report.counts["writes"] += 6
            bad = [reply for reply in replies if isinstance(reply, Refused)]
            report.check(not bad, f"{pair[0]} and {pair[1].path}: {bad[0] if bad else ''}")
            report.check([replies[i] for i in (1, 3, 6, 9)] == [new, old, new, old], f"{pair[0]} and {pair[1].path} do not read back")
            break
    if not report.counts["writes"]:
        report.not_applicable("no two neighbours to write")


def mb_2(der, report):
    """Registers of the map one by one; over a line each sixteenth."""
    map_, device = der.map, der.device
    map_.refresh()
    step = 1 if device.link.kind == "TCP" else 16
    places = [BASE, BASE + 1, *range(BASE + 2, map_.end + 2, step)]
    replies = device.link.ask_many(device.unit, [read_pdu(at, 1) for at in places])
    for at, reply in zip(places, replies, strict=True):
        report.counts["registers"] += 1
        report.check(not isinstance(reply, Refused), lambda at=at, reply=reply: f"register {at}: {reply}")
    report.check(replies[0] + replies[1] == b"SunS", "SunS does not come register by register")
