"""REV-1, REV-2, REV-3 for every reversion timer that is implemented; all of them, of all DERs, run at the same time."""

import heapq
import itertools
import struct
import time
from collections import Counter

from curves import Curve, adopt, count, models, varied
from wire import Refused, write_pdu
from write_tests import runs

# seconds; on a machine that is too busy to look in time they are doubled, twice
TIMEOUT = 3
SHORT = 2
# What the procedures allow between the time that is shown, or at which it is over, and the true one.
TOLERANCE = 2.0


class TooSlow(Exception):
    """Nobody looked before the time was over."""


class Timer:
    """A control with a reversion time: how it is set, and how one sees whether it was reverted."""

    def __init__(self, map_, model, name, tms, rem):
        self.map = map_
        self.model = model
        self.name = f"{model.label}.{name}"
        self.tms = model.named[tms]
        self.rem = model.named.get(rem)

    def arm(self, seconds):
        self.map.device.write(self.tms.address, self.tms.encode(seconds))

    def put(self, values):
        """Raw values by point, neighbours in one request."""
        points = sorted(values, key=lambda point: point.address)
        pdus = [write_pdu(run[0].address, b"".join(point.encode(values[point]) for point in run)) for run in runs(points)]
        for reply in self.map.device.link.ask_many(self.map.device.unit, pdus):
            if isinstance(reply, Refused):
                raise ValueError(f"{self.name}: {', '.join(point.path for point in points)}: {reply}")

    def look(self):
        """The model as it is, with the moments before and after."""
        self.before = time.monotonic()
        self.data = self.map.device.read(self.model.address, min(125, self.model.length + 2))
        self.after = time.monotonic()

    def raw(self, point):
        at = 2 * (point.address - self.model.address)
        return point.decode(self.data[at : at + 2 * point.size])

    def remaining(self):
        """Seconds, or None when the model has no such point."""
        return None if self.rem is None else self.raw(self.rem)


class PointTimer(Timer):
    """Values of 704 with a twin each that holds after the time, or, in 123 and 124, a control that goes off after it."""

    def __init__(self, map_, model, name, tms, rem, pairs):
        super().__init__(map_, model, name, tms, rem)
        # (point, what is written, what it is after the time, its twin)
        self.pairs = pairs
        self.first = {point: map_.raw(point) for point, _, _, _ in pairs}

    def prepare(self):
        values = {}
        for point, now, after, twin in self.pairs:
            values[point] = now
            if twin is not None:
                values[twin] = after
        self.put(values)

    def faults(self, reverted, when):
        """What is not as it must be, as it was looked at last."""
        out = []
        for point, now, after, _ in self.pairs:
            wanted = after if reverted else now
            if self.raw(point) != wanted:
                out.append(f"{self.name}: {point.path} is {self.raw(point)} {when}, not {wanted}")
        return out

    def rest(self):
        self.arm(0)
        self.put(self.first)


class CurveTimer(Timer):
    """705, 706, 711, 712: another curve is adopted after the time."""

    def __init__(self, map_, model):
        super().__init__(map_, model, "curve", "RvrtTms", "RvrtRem")
        self.last = Curve(map_, model, count(map_, model))
        self.first = Curve(map_, model, 1)
        self.original = self.first.settings()
        self.ena = model.named["Ena"]
        self.was = map_.raw(self.ena)

    def prepare(self):
        self.written = varied(self.map, self.model, self.original, 3)
        self.reverted = varied(self.map, self.model, self.original, 5)
        second = Curve(self.map, self.model, 2)
        refused = second.write(self.written)
        result = adopt(self.map, self.model, 2)
        if refused is not None or result != 1:
            raise ValueError(f"{self.name}: curve 2 is not adopted: {refused or result}")
        self.last.write(self.reverted)
        # the time runs while the function is enabled
        self.put({self.model.named["RvrtCtl" if self.model.id == 711 else "RvrtCrv"]: self.last.number, self.ena: 1})

    def faults(self, reverted, when):
        out = []
        for path, value in (self.reverted if reverted else self.written).items():
            point = self.first.point(path)
            if point.implemented(value) and self.raw(point) != point.decode(value):
                out.append(f"{self.name}: {path} is {self.raw(point)} {when}, not {point.decode(value)}")
        return out

    def rest(self):
        self.arm(0)
        self.put({self.ena: self.was})
        Curve(self.map, self.model, 2).write(self.original)
        adopt(self.map, self.model, 2)


def timers(map_):
    """Those of 704 and of the curves; then those of 123 and 124, which write the same controls."""
    new, old = [], []
    model = map_.first(704)
    pairs = {
        "PFWInj": [("PFWInj.PF", "PFWInjRvrt.PF", 0.9, 0.95), ("PFWInj.Ext", "PFWInjRvrt.Ext", 1, 0)],
        "PFWAbs": [("PFWAbs.PF", "PFWAbsRvrt.PF", 0.9, 0.95), ("PFWAbs.Ext", "PFWAbsRvrt.Ext", 1, 0)],
        "WMaxLimPct": [("WMaxLimPct", "WMaxLimPctRvrt", 60, 80)],
        "WSet": [("WSetPct", "WSetPctRvrt", 30, 50), ("WSet", "WSetRvrt", 300, 500)],
        "VarSet": [("VarSetPct", "VarSetPctRvrt", 10, 20), ("VarSet", "VarSetRvrt", 100, 200)],
    }
    for name, chosen in pairs.items() if model else ():
        tms = model.named.get(f"{name}RvrtTms")
        if not map_.implemented(tms):
            continue
        made = []
        for path, twin, now, after in chosen:
            point = model.named[path]
            if map_.implemented(point):
                made.append((point, map_.to_raw(point, now), map_.to_raw(point, after), model.named[twin]))
        ena, twin = model.named[f"{name}Ena"], model.named[f"{name}EnaRvrt"]
        made.append((ena, 1, 0, twin))
        new.append(PointTimer(map_, model, name, f"{name}RvrtTms", f"{name}RvrtRem", made))
    for model in models(map_):
        if map_.implemented(model.named.get("RvrtTms")):
            new.append(CurveTimer(map_, model))
    for number, name, ena, on, off in (
        (123, "WMaxLimPct", "WMaxLim_Ena", 1, 0), (123, "OutPFSet", "OutPFSet_Ena", 1, 0), (123, "VArPct", "VArPct_Ena", 1, 0),
        (123, "Conn", "Conn", 0, 1), (124, "InOutWRte", "StorCtl_Mod", 3, 0),
    ):  # fmt: skip
        model = map_.first(number)
        tms = model and model.named[f"{name}_RvrtTms"]
        if tms and map_.implemented(tms) and map_.implemented(model.named[ena]):
            old.append(PointTimer(map_, model, name, f"{name}_RvrtTms", "", [(model.named[ena], on, off, None)]))
    return new, old


def implemented(timer, report):
    """All points that a reversion takes are there."""
    if isinstance(timer, PointTimer) and timer.model.id == 704:
        for point, _, _, twin in timer.pairs:
            report.check(timer.map.implemented(twin), f"{timer.name}: {twin.path} is not implemented")
            report.check(timer.map.implemented(point), f"{timer.name}: {point.path} is not implemented")
    if timer.rem is not None:
        report.check(timer.map.implemented(timer.rem), f"{timer.name}: {timer.rem.path} is not implemented")


def counting(timer, report, armed, seconds, when):
    """Is the time that remains, as looked at last, what it must be?"""
    left = timer.remaining()
    if left is None:
        return
    report.counts["looks at the time"] += 1
    most, least = seconds - (timer.before - armed) + TOLERANCE, seconds - (timer.after - armed) - TOLERANCE
    report.check(least <= left <= min(seconds, max(0, most)), f"{timer.name}: {left} s remain {when}, about {(most + least) / 2:.1f} must")


def still(timer, report, sent, seconds, when):
    """It is not reverted yet."""
    if timer.after > sent + seconds - 0.05:
        raise TooSlow
    for fault in timer.faults(False, when):
        report.check(False, fault)
    report.check(timer.remaining() != 0, f"{timer.name}: no time remains {when}")


def rev_1(timer, report, longer):
    """The time runs out, and then the reversion settings hold."""
    seconds = TIMEOUT * longer
    implemented(timer, report)
    timer.prepare()
    sent = time.monotonic()
    timer.arm(seconds)
    armed = time.monotonic()
    report.counts["timers"] += 1
    shown = []
    for part in (0.1, 0.5, 0.85):
        yield armed + part * seconds
        timer.look()
        shown.append(timer.remaining())
        counting(timer, report, armed, seconds, f"{timer.before - armed:.1f} s after it was set to {seconds} s")
        still(timer, report, sent, seconds, f"{timer.before - armed:.1f} s after its time was set to {seconds} s")
    report.check(shown[0] is None or shown[0] > shown[-1], f"{timer.name}: the time that remains does not fall: {shown}")
    yield armed + seconds + 0.3
    while True:
        timer.look()
        if not timer.faults(True, "") or timer.before > armed + seconds + TOLERANCE:
            break
        yield time.monotonic() + 0.2
    for fault in timer.faults(True, f"{timer.before - armed:.1f} s after its time was set to {seconds} s"):
        report.check(False, fault)
    report.check(timer.remaining() in (0, None), f"{timer.name}: {timer.remaining()} s remain after the time")
    timer.rest()


def rev_2(timer, report, longer):
    """The time is set anew before it is over, again and again: it is over when the newest is."""
    seconds = TIMEOUT * longer
    timer.prepare()
    timer.arm(seconds)
    armed = time.monotonic()
    report.counts["timers"] += 1
    for turn in range(3 if timer.model.id >= 700 else 1):
        yield armed + 0.55 * seconds
        was = armed
        sent = time.monotonic()
        timer.arm(seconds)
        armed = time.monotonic()
        if armed > was + seconds - 0.1:
            raise TooSlow
        report.counts["updates"] += 1
        timer.look()
        counting(timer, report, armed, seconds, f"after update {turn + 1}")
        yield was + seconds + 0.3
        timer.look()
        still(timer, report, sent, seconds, f"when the time before update {turn + 1} is over")
    timer.rest()


def rev_3(timer, report, longer):
    """The time is set to 0: nothing is reverted."""
    seconds = SHORT * longer
    timer.prepare()
    timer.arm(seconds)
    armed = time.monotonic()
    report.counts["timers"] += 1
    yield armed + 0.55 * seconds
    timer.look()
    counting(timer, report, armed, seconds, "when half of them is over")
    timer.arm(0)
    late = time.monotonic() > armed + seconds - 0.1
    timer.look()
    report.check(timer.remaining() in (0, None), f"{timer.name}: {timer.remaining()} s remain after a cancel")
    yield armed + seconds + 0.4
    timer.look()
    if late:
        raise TooSlow
    for fault in timer.faults(False, "after a cancel"):
        report.check(False, fault)
    timer.rest()


def whole(timer, reports):
    """The three procedures on one timer, one after the other."""
    for procedure in (rev_1, rev_2, rev_3):
        report = reports.get(procedure.__name__.upper().replace("_", "-"))
        if report is None:
            continue
        try:
            yield from tried(procedure, timer, report)
        except Exception:
            report.crash()
            try:
                timer.rest()
            except (Refused, ValueError):
                pass


def tried(procedure, timer, report):
    """A procedure, with more time each time that this machine was too slow to look."""
    for longer in (1, 2, 4):
        attempt = Attempt()
        try:
            yield from procedure(timer, attempt, longer)
        except TooSlow:
            timer.rest()
            continue
        # other timers report beside this one
        attempt.tell(report)
        return
    raise ValueError(f"{timer.name}: this machine is too slow for {procedure.__name__}")


class Attempt:
    """What one attempt has found."""

    def __init__(self):
        self.failures = []
        self.counts = Counter()

    def check(self, good, text):
        if not good:
            self.failures.append(text)
        return good

    def tell(self, report):
        for failure in self.failures:
            report.check(False, failure)
        report.counts.update(self.counts)


def run_together(jobs):
    """Generators that yield the moment at which they want to go on."""
    number = itertools.count()
    queue = [(0.0, next(number), job) for job in jobs]
    heapq.heapify(queue)
    while queue:
        at, _, job = heapq.heappop(queue)
        time.sleep(max(0.0, at - time.monotonic()))
        try:
            heapq.heappush(queue, (next(job), next(number), job))
        except StopIteration:
            pass


def rev(ders, reports):
    """`reports` by DER and id."""
    first, second = [], []
    for der in ders:
        der.map.refresh()
        new, old = timers(der.map)
        for report in reports[der.name].values():
            if not new and not old:
                report.not_applicable("no reversion timer in any model")
        first += [whole(timer, reports[der.name]) for timer in new]
        second += [whole(timer, reports[der.name]) for timer in old]
    run_together(first)
    run_together(second)
