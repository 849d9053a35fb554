"""
A SunSpec Modbus conformance test for IEEE 1547-2018, written against the published test procedures: pysunspec2 knows the
models, frames are made here, and nothing of the device under test is used.

    sunspec_conformance tcp HOST PORT      or      sunspec_conformance rtu BAUD

With rtu a serial line is made first, and {"line": path} says where the device is to be put. A JSON line on the standard
input then tells what to test: {"ders": [{"name", "unit", "models", "common", "missing", "values"}], "ids": [...], "nobody": unit, "bauds": [...],
"packet": requests in a TCP packet, "settleS": seconds,
"timeoutS": seconds}. Each result is a JSON line; the last one is {"end": true}. {"need": {"baud": n}} asks for the device at another bit rate; an
empty line on the standard input says that it is there.
"""

import json
import sys
import time

import device_tests
import curves
import frames
import reversion
import write_tests
from map import Map
from report import Report, emit
from wire import Cable, Device, Refused, RtuLink, Silent, TcpLink

PROCEDURES = {
    "DEV-1": device_tests.dev_1,
    "DEV-2": device_tests.dev_2,
    "MOD-1": device_tests.mod_1,
    "MOD-2": device_tests.mod_2,
    "MOD-4": device_tests.mod_4,
    "TCP-1": frames.tcp_1,
    "TCP-2": frames.tcp_2,
    "TCP-3": frames.tcp_3,
    "RTU-1": frames.rtu_1,
    "RTU-3": frames.rtu_3,
    "MB-1": write_tests.mb_1,
    "MB-2": write_tests.mb_2,
    "EXC-1": write_tests.exc_1,
    "EXC-2": write_tests.exc_2,
    "EXC-3": write_tests.exc_3,
    "MOD-3": write_tests.mod_3,
    "CRV-1": curves.crv_1,
    "CRV-2": curves.crv_2,
    "CRV-3": curves.crv_3,
}
REVERSION = ("REV-1", "REV-2", "REV-3")


class Der:
    def __init__(self, device, map_, task, nobody):
        self.name = task["name"]
        self.models = task["models"]
        self.common = task["common"]
        self.missing = task.get("missing", [])
        map_.values = task.get("values", {})
        self.nobody = nobody
        self.device = device
        self.map = map_
        self.first_scales = {point.address: self.map.raw(point) for model in self.map.models for point in model.points if point.type == "sunssf"}


def commanded(map_):
    """Its controls, where it has the model for them, have begun."""
    model = map_.first(704)
    return model is None or any(map_.implemented(point) for point in model.points if point.writable)


def settled(devices, tasks, seconds):
    """The maps of DERs that have come up: the models are there, and for some seconds no point has come or gone."""
    end = time.monotonic() + 90
    last, since = None, 0.0
    while True:
        maps, there = [], []
        complete = True
        for device, task in zip(devices, tasks, strict=True):
            try:
                map_ = Map(device)
                complete = complete and [model.id for model in map_.models] == task["models"] and commanded(map_)
                maps.append(map_)
                there.append([point.address for model in map_.models for point in model.points if map_.implemented(point)])
            except (Refused, Silent, ValueError) as error:
                there.append(error.code if isinstance(error, Refused) else 0)
                if not isinstance(error, Refused):
                    resume(device.link)
        now = time.monotonic()
        if there != last:
            last, since = there, now
        # what never has the models that are declared is tested all the same
        if len(maps) == len(devices) and now - since >= seconds and (complete or now > end):
            return maps
        if now > end + 10:
            wrong = [device.unit for device, one in zip(devices, there, strict=True) if isinstance(one, int)]
            raise ValueError(f"units {wrong or 'whose points come and go'} do not come up")
        time.sleep(0.25)


def main():
    cable = None
    if sys.argv[1] == "tcp":
        link = TcpLink(sys.argv[2], int(sys.argv[3]))
    else:
        cable = Cable()
        link = RtuLink(cable.paths[1], int(sys.argv[2]))
        emit({"line": cable.paths[0]})
    task = json.loads(sys.stdin.readline())
    link.timeout = task.get("timeoutS", link.timeout)
    if "packet" in task:
        link.packet = task["packet"]
    ids = [test for test in task["ids"] if not test.startswith("RTU" if link.kind == "TCP" else "TCP")]
    devices = [Device(link, one["unit"]) for one in task["ders"]]
    ders = [Der(device, map_, one, task["nobody"]) for device, map_, one in zip(devices, settled(devices, task["ders"], task.get("settleS", 2)), task["ders"], strict=True)]
    for der in ders:
        for test in ids:
            if test not in PROCEDURES:
                continue
            report = Report(test, der.name)
            try:
                PROCEDURES[test](der, report)
            except Exception:
                report.crash()
                resume(link)
            report.end()
    if any(test in REVERSION for test in ids):
        reports = {der.name: {test: Report(test, der.name) for test in REVERSION if test in ids} for der in ders}
        reversion.rev(ders, reports)
        for some in reports.values():
            for report in some.values():
                report.end()
    if "SF" in ids:
        for der in ders:
            report = Report("SF", der.name)
            device_tests.sf(der, report)
            report.end()
    if "RTU-2" in ids:
        rates(ders, task["bauds"], cable, link)
    emit({"end": True})


def resume(link):
    """Answers that nobody waits for any more are thrown away."""
    time.sleep(0.1)
    if link.kind == "TCP":
        link.close()
        link.left = b""
        link.socket = link.dial()
    else:
        link.heard(0.1)


def rates(ders, bauds, cable, link):
    reports = {der.name: Report("RTU-2", der.name) for der in ders}
    for baud in bauds:
        emit({"need": {"baud": baud}})
        sys.stdin.readline()
        link.set_baud(baud)
        for der in ders:
            try:
                frames.rtu_2(der, reports[der.name], baud, cable)
            except Exception:
                reports[der.name].crash()
    for report in reports.values():
        report.end()


if __name__ == "__main__":
    main()
