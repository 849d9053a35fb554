"""
Reads and limits a unit the way OpenEMS Edge does with a SunSpec device: "SunS" is asked for at 40000 only, ids and lengths
are walked, points are placed by the reader's own model definitions, reads go up to 126 registers, a limit is written
again and again with function 16, and nothing tells the device when the reader has gone.

    openems.py HOST PORT '{"unit", "models": [...], "limits": [...], "reversionS", "cycleS"}'

Prints one JSON object: models found, values by model and point, what a read of 126 and of 125 registers gave, and the
limit, its enabling and the power, cycle by cycle and after the reader has gone.
"""

import json
import struct
import sys
import time

from map import Model, Client, definition
from sunspec2.modbus import client as theirs
from wire import Device, Refused, TcpLink, read_pdu

MOST = 126


class Reader:
    def __init__(self, place, unit):
        self.link = TcpLink(*place)
        self.device = Device(self.link, unit)
        self.longest = MOST
        self.refused = None

    def ask(self, address, count):
        """One read; a server that refuses 126 registers is asked for 125 from then on, on the same connection."""
        if count > self.longest:
            raise ValueError(count)
        try:
            return self.link.ask(self.device.unit, read_pdu(address, count))
        except Refused as refused:
            if count != MOST or refused.code != 3:
                raise
            self.refused = refused.code
            self.longest = 125
            return self.ask(address, 125) + self.ask(address + 125, 1)

    def walk(self, wanted):
        if self.ask(40000, 2) != b"SunS":
            raise ValueError("no SunS at 40000")
        address, found = 40002, []
        while True:
            try:
                number, length = struct.unpack(">HH", self.ask(address, 2))
            except Refused as refused:
                if refused.code != 2:
                    raise
                break
            if number == 0xFFFF:
                break
            # of equal models the first counts
            if number in wanted and number not in [model.id for model in found]:
                found.append(Model(number, address, length, 1))
            address += 2 + length
        return found

    def read(self, model):
        """By the definition, whatever length is served: the longest groups that a request takes."""
        model.lay_out(theirs.SunSpecModbusClientModel(
            model_id=model.id, model_addr=model.address, model_len=model.length, data=self.head(model), mb_device=Client(self.device),
        ))  # fmt: skip
        data, at = b"", model.address
        end = max(point.address + point.size for point in model.points)
        while at < end:
            count = min(self.longest, end - at)
            data += self.ask(at, count)
            at += count
        values = {}
        for point in model.points:
            part = data[2 * (point.address - model.address) :][: 2 * point.size]
            if not point.implemented(part) or not part:
                continue
            raw = point.decode(part)
            factor = model.scale(point)
            power = 0
            if factor is not None:
                power = factor.decode(data[2 * (factor.address - model.address) :][:2])
            values[point.path] = raw * 10.0**power if point.numeric and power else raw
        return values

    def head(self, model):
        return self.ask(model.address, min(self.longest, model.length + 2))

    def close(self):
        self.link.close()


def main():
    place = (sys.argv[1], int(sys.argv[2]))
    task = json.loads(sys.argv[3])
    reader = Reader(place, task["unit"])
    models = reader.walk(task["models"])
    values = {model.id: reader.read(model) for model in models if definition(model.id)}
    out = {"found": [model.id for model in models], "values": values, "refused": reader.refused}
    # a group of 126 from the first model on
    long = {}
    for count in (126, 125):
        try:
            long[count] = len(reader.link.ask(task["unit"], read_pdu(40002, count))) // 2
        except Refused as refused:
            long[count] = f"exception {refused.code}"
    out["long"] = long
    out["cycles"], out["after"] = limit(reader, models, task, place) if task.get("limits") else ([], [])
    print(json.dumps(out))


def limit(reader, models, task, place):
    by = {model.id: model for model in models}
    controls, measured = by[123], by.get(701) or by[103]

    def look(some):
        named = controls.named
        enabled = named["WMaxLim_Ena"].decode(some.read(named["WMaxLim_Ena"].address, 1))
        value = named["WMaxLimPct"].decode(some.read(named["WMaxLimPct"].address, 1))
        watts = measured.named["W"].decode(some.read(measured.named["W"].address, 1))
        power = measured.scale(measured.named["W"])
        scale = power.decode(some.read(power.address, 1))
        factor = controls.scale(named["WMaxLimPct"]).decode(some.read(controls.scale(named["WMaxLimPct"]).address, 1))
        return {"enabled": enabled, "percent": value * 10.0**factor, "W": watts * 10.0**scale, "at": round(time.monotonic() - began, 2)}

    began = time.monotonic()
    device = reader.device
    device.write(controls.named["WMaxLimPct_RvrtTms"].address, struct.pack(">H", task["reversionS"]))
    factor = struct.unpack(">h", device.read(controls.scale(controls.named["WMaxLimPct"]).address, 1))[0]
    cycles = []
    for percent in task["limits"]:
        device.write(controls.named["WMaxLimPct"].address, struct.pack(">H", round(percent / 10.0**factor)))
        device.write(controls.named["WMaxLim_Ena"].address, struct.pack(">H", 1))
        time.sleep(task["cycleS"])
        cycles.append(look(device))
    # it is killed: no word to the device, the connection is just gone
    reader.close()
    gone = time.monotonic()
    other = Reader(place, task["unit"])
    after = []
    while time.monotonic() < gone + task["reversionS"] + 4:
        after.append({**look(other.device), "goneS": round(time.monotonic() - gone, 2)})
        if after[-1]["enabled"] == 0 and after[-1]["W"] > task["freeW"]:
            break
        time.sleep(0.1)
    other.close()
    return cycles, after


main()
