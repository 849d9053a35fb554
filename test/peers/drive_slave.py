"""Plays motor drives as pymodbus RTU servers, filled from fact CSVs; their motors follow the command words as the facts say.

Arguments: a JSON list of {"csv": path, "unit": n, "family": "cia402" | "delta", "blocks": [[first, last]], "values": {...}}.
Prints "ready PORT" (on 127.0.0.1), and "UNIT STATE" whenever a motor starts or stops.
"""

import asyncio
import csv
import functools
import json
import sys
import time

from pymodbus import FramerType
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

RAMP_HZ_PER_S = 100


class Motor:
    """Runs up and down on a ramp; which way is told by `reverse`."""

    def __init__(self, unit):
        self.unit = unit
        self.running = False
        self.reverse = False
        self.hz = 0.0
        self.at = time.monotonic()

    def move(self, target):
        now = time.monotonic()
        step = RAMP_HZ_PER_S * (now - self.at)
        self.at = now
        wanted = target if self.running else 0.0
        self.hz = min(wanted, self.hz + step) if self.hz < wanted else max(wanted, self.hz - step)

    def run(self, running):
        if running != self.running:
            print(self.unit, "runs" if running else "stops", flush=True)
        self.running = running


class Cia402:
    """State machine of CiA 402: 6 shutdown, 7 switch on, 15 enable operation, 0 disable voltage; bit 11 reverse."""

    def __init__(self, unit):
        self.motor = Motor(unit)
        self.state = "switch on disabled"

    def command(self, word):
        if word & 0x02 == 0:
            self.state = "switch on disabled"
        elif word & 0x0F == 0x06:
            self.state = "ready to switch on"
        elif word & 0x0F == 0x07 and self.state != "switch on disabled":
            self.state = "switched on"
        elif word & 0x0F == 0x0F and self.state in ("switched on", "operation enabled"):
            self.state = "operation enabled"
            self.motor.reverse = bool(word & 0x800)
        self.motor.run(self.state == "operation enabled")

    def access(self, registers, start, address, values):
        for i, value in enumerate(values or []):
            if address + i == 8501:
                self.command(value)
        reference = registers[8502 - start]
        self.motor.move(reference / 10)
        codes = {"switch on disabled": 0x40, "ready to switch on": 0x21, "switched on": 0x23, "operation enabled": 0x27}
        eta = codes[self.state] | 0x200 | (0x8000 if self.motor.reverse else 0)
        registers[3201 - start] = eta
        sign = -1 if self.motor.reverse else 1
        registers[3202 - start] = round(sign * self.motor.hz * 10) & 0xFFFF
        registers[3203 - start] = reference


class Delta:
    """0x2000: bits 1-0 1 stop, 2 run; bits 5-4 1 forward, 2 reverse."""

    def __init__(self, unit):
        self.motor = Motor(unit)

    def access(self, registers, start, address, values):
        for i, value in enumerate(values or []):
            if address + i == 0x2000:
                self.motor.reverse = (value >> 4) & 3 == 2
                self.motor.run(value & 3 == 2)
        reference = registers[0x2001 - start]
        self.motor.move(reference / 100)
        run = (3 if self.motor.hz > 0 else 2) if self.motor.running else (1 if self.motor.hz > 0 else 0)
        registers[0x2101 - start] = run | (0x18 if self.motor.reverse else 0) | 0x500
        registers[0x2102 - start] = reference
        registers[0x2103 - start] = round(self.motor.hz * 100)


async def action(family, _code, start, address, _count, registers, values):
    family.access(registers, start, address, values)


def device(spec):
    with open(spec["csv"], newline="", encoding="utf8") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    memory = {}
    for first, last in spec["blocks"]:
        memory.update({address: 0 for address in range(first, last + 1)})
    left = dict(spec["values"])
    for row in rows:
        if row["point"] in left:
            memory[int(row["address"])] = round(left.pop(row["point"]) / float(row["scale"])) & 0xFFFF
    if left:
        raise SystemExit(f"no such rows: {left}")
    data = []
    for address in sorted(memory):
        if data and data[-1][0] + len(data[-1][1]) == address:
            data[-1][1].append(memory[address])
        else:
            data.append((address, [memory[address]]))
    blocks = [SimData(address=at, values=run, datatype=DataType.REGISTERS) for at, run in data]
    family = {"cia402": Cia402, "delta": Delta}[spec["family"]](spec["unit"])
    return SimDevice(id=spec["unit"], simdata=blocks, action=acting(family))


def acting(family):
    @functools.wraps(action)
    async def act(*args):
        return await action(family, *args)

    return act


async def main():
    devices = [device(spec) for spec in json.loads(sys.argv[1])]
    server = ModbusTcpServer(devices, framer=FramerType.RTU, address=("127.0.0.1", 0))
    await server.serve_forever(background=True)
    print("ready", server.transport.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
