"""Plays SunSpec devices: pysunspec2 makes the models and their registers, pymodbus serves them.

Arguments: a JSON list of devices, then "tcp" (default), "rtu-tcp" (RTU frames behind a TCP port) or "pty".
    {"unit": 3, "base": 40000, "file": "device_1547.json"}     a device file of pysunspec2's own tests, or
    {"unit": 3, "base": 40000, "seed": 1, "repeats": 2, "models": [1, 103, 705]}   random values in every point
"most": longer reads are refused with exception 3; "functions": others are refused with exception 1.
Prints "ready PORT" or "ready /dev/pts/N". Commands on standard input, each answered by one line:
    tree             what pysunspec2 reads from the registers of all devices, as JSON
    set UNIT MODEL POINT VALUE     a point, as it stands in the register; answered by "done"
    requests         how many there were
"""

import asyncio
import json
import os
import random
import re
import sys

import sunspec2
from pymodbus import FramerType
from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice
from sunspec2 import device as sunspec
from sunspec2.file import client as file_client

from pty_cable import cable
from sunspec_models import flatten

DATA = os.path.join(os.path.dirname(sunspec2.__file__), "tests", "test_data")
LOW = {"int16": -0x7FFF, "int32": -0x7FFFFFFF, "int64": -(2**46), "acc16": 1, "acc32": 1, "acc64": 1, "sunssf": -4}
HIGH = {
    "int16": 0x7FFF,
    "uint16": 0xFFFE,
    "count": 0,
    "acc16": 0xFFFF,
    "enum16": 0xFFFE,
    "bitfield16": 0x7FFF,
    "sunssf": 4,
    "int32": 0x7FFFFFFF,
    "uint32": 0xFFFFFFFE,
    "acc32": 0xFFFFFFFF,
    "enum32": 0xFFFFFFFE,
    "bitfield32": 0x7FFFFFFF,
    "ipaddr": 0xFFFFFFFF,
    "int64": 2**46,
    "uint64": 2**46,
    "acc64": 2**46,
    "bitfield64": 2**46,
}


def value(point, dice):
    kind = point["type"]
    if kind == "string":
        return "".join(dice.choice("abcXYZ 0189-_") for _ in range(dice.randint(1, 2 * int(point["size"]) - 1))).strip() or "x"
    if kind == "float32":
        return dice.randint(-(2**20), 2**20) / 64
    if kind == "float64":
        return dice.uniform(-1e9, 1e9)
    if kind == "ipv6addr":
        return ":".join(f"{dice.randint(1, 0xFFFFFFFF):08X}" for _ in range(4))
    if kind == "eui48":
        return ":".join(f"{dice.randint(1, 254):02X}" for _ in range(6))
    if kind == "pad":
        return None
    return dice.randint(LOW.get(kind, 0), HIGH[kind])


def counters(group):
    """Names of the points that say how often groups repeat."""
    names = set()
    for child in group.get("groups", []):
        if isinstance(child.get("count"), str):
            names.add(child["count"])
        names |= counters(child)
    return names


def tree(group, dice, repeats, counting, root=True):
    values = {}
    for point in group["points"]:
        name = point["name"]
        if root and name in ("ID", "L"):
            continue
        if (root and name in counting) or point["type"] == "count":
            values[name] = repeats
        elif dice.random() > 0.1 or point["type"] == "sunssf":
            values[name] = value(point, dice)
    for child in group.get("groups", []):
        count = child.get("count", 1)
        if count == 1:
            values[child["name"]] = tree(child, dice, repeats, counting, False)
        else:
            times = count if isinstance(count, int) and count > 0 else repeats
            values[child["name"]] = [tree(child, dice, repeats, counting, False) for _ in range(times)]
    return values


def point_of(model, path):
    place = model
    *groups, name = path.split(".")
    for step in groups:
        group, number = re.fullmatch(r"(\w+)(?:\[(\d+)\])?", step).groups()
        place = place.groups[group] if number is None else place.groups[group][int(number) - 1]
    return place.points[name]


class Device:
    def __init__(self, spec):
        self.unit = spec["unit"]
        self.base = spec.get("base", 40000)
        self.most = spec.get("most", 125)
        self.functions = spec.get("functions", [3, 6, 16])
        self.requests = 0
        if "file" in spec:
            source = file_client.FileClientDevice(os.path.join(DATA, spec["file"]))
            source.scan()
            self.models = source.model_list
        else:
            self.models = [self.make(number, spec) for number in spec["models"]]
        self.memory = bytearray(b"SunS")
        for model in self.models:
            data = bytearray(model.get_mb())
            data[0:4] = model.model_id.to_bytes(2, "big") + (len(data) // 2 - 2).to_bytes(2, "big")
            self.memory += data
        self.memory += bytes.fromhex("ffff0000")

    @staticmethod
    def make(number, spec):
        dice = random.Random(1000 * spec["seed"] + number)
        definition = sunspec.get_model_def(number)["group"]
        data = {"ID": number, **tree(definition, dice, spec.get("repeats", 1), counters(definition))}
        model = sunspec.Model(model_id=number, data=data)
        if model.error_info:
            raise SystemExit(f"model {number}: {model.error_info}")
        return model

    def simulated(self):
        registers = [int.from_bytes(self.memory[i : i + 2], "big") for i in range(0, len(self.memory), 2)]
        data = SimData(self.base, values=registers, datatype=DataType.REGISTERS)
        return SimDevice(id=self.unit, simdata=[data], action=self.action)

    async def action(self, function, start, address, count, current, written):
        """Keeps our copy of the registers, from which pysunspec2 reads, the same as pymodbus'."""
        self.requests += 1
        if function not in self.functions:
            return ExcCodes.ILLEGAL_FUNCTION
        if count > self.most:
            return ExcCodes.ILLEGAL_VALUE
        at = address - self.base
        if written is not None:
            for i, word in enumerate(written):
                self.memory[2 * (at + i) : 2 * (at + i) + 2] = word.to_bytes(2, "big")
        for i in range(count):
            word = self.memory[2 * (at + i) : 2 * (at + i) + 2]
            current[address - start + i] = int.from_bytes(word, "big")
        return None

    def read(self):
        """What pysunspec2 makes of the registers as they are now."""
        models, at = [], 2
        for model in self.models:
            length = int.from_bytes(self.memory[2 * at + 2 : 2 * at + 4], "big")
            data = bytes(self.memory[2 * at : 2 * (at + 2 + length)])
            now = sunspec.Model(model_id=model.model_id, model_len=length, data=data)
            models.append(
                {
                    "id": model.model_id,
                    "address": self.base + at,
                    "length": length,
                    "error": now.error_info,
                    "values": flatten(now, "", {}, True),
                    "raw": flatten(now, "", {}, False),
                }
            )
            at += 2 + length
        return models

    def set(self, number, path, text):
        at = 2
        for model in self.models:
            length = int.from_bytes(self.memory[2 * at + 2 : 2 * at + 4], "big")
            if model.model_id == number:
                point = point_of(model, path)
                point.value = float(text) if "." in text else int(text)
                data = point.get_mb()
                here = 2 * (at + point.offset)
                self.memory[here : here + len(data)] = data
                return
            at += 2 + length
        raise SystemExit(f"no model {number}")


async def main():
    devices = {device.unit: device for device in map(Device, json.loads(sys.argv[1]))}
    wire = sys.argv[2] if len(sys.argv) > 2 else "tcp"
    simulated = [device.simulated() for device in devices.values()]
    if wire == "pty":
        ours, theirs = cable()
        server = ModbusSerialServer(simulated, framer=FramerType.RTU, port=ours, baudrate=115200)
        await server.serve_forever(background=True)
        print("ready", theirs, flush=True)
    else:
        framer = FramerType.RTU if wire == "rtu-tcp" else FramerType.SOCKET
        server = ModbusTcpServer(simulated, framer=framer, address=("127.0.0.1", 0))
        await server.serve_forever(background=True)
        print("ready", server.transport.sockets[0].getsockname()[1], flush=True)

    pending = b""

    def commands():
        nonlocal pending
        pending += os.read(0, 4096)
        *lines, pending = pending.split(b"\n")
        for line in lines:
            command(line.decode().split())

    def command(words):
        if words[0] == "tree":
            print("tree", json.dumps({unit: device.read() for unit, device in devices.items()}), flush=True)
        elif words[0] == "requests":
            print("requests", sum(device.requests for device in devices.values()), flush=True)
        else:
            devices[int(words[1])].set(int(words[2]), words[3], words[4])
            print("done", flush=True)

    asyncio.get_running_loop().add_reader(0, commands)
    await asyncio.Event().wait()


asyncio.run(main())
