"""Plays devices with bits and both kinds of registers as pymodbus TCP servers, filled from fact CSVs.

Argument: a JSON list of {"csv": path, "unit": n, "blocks": [[first, last, function 1 to 4]], "values": {point: value, or a
list of values of as many neighbours}}, values in the CSV's unit. Prints "ready PORT"; the wire carries RTU frames.
"""

import asyncio
import csv
import json
import struct
import sys

from pymodbus import FramerType
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

FORMATS = {"u16": ">H", "s16": ">h", "u32": ">I", "u64": ">Q", "f32": ">f"}


def words(row, value):
    kind = row["type"]
    if kind.startswith("str"):
        data = value.encode("ascii").ljust(2 * int(kind[3:]), b"\0")
    else:
        raw = float(value) / float(row["scale"])
        data = struct.pack(FORMATS[kind], raw if kind[0] == "f" else round(raw))
    registers = [int.from_bytes(data[i : i + 2], "big") for i in range(0, len(data), 2)]
    return registers[::-1] if row["word_order"] == "lo-hi" else registers


def areas(spec):
    with open(spec["csv"], newline="", encoding="utf8") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    memory = {code: {} for code in (1, 2, 3, 4)}
    for first, last, code in spec["blocks"]:
        memory[code].update({address: 0 for address in range(first, last + 1)})
    left = dict(spec["values"])
    for row in rows:
        if row["point"] not in left:
            continue
        values = left.pop(row["point"])
        at = int(row["address"])
        code = int(row["fc"].split("/")[0])
        for value in values if isinstance(values, list) else [values]:
            cells = [int(value)] if code <= 2 else words(row, value)
            for cell in cells:
                memory[code][at] = cell
                at += 1
    if left:
        raise SystemExit(f"no such rows: {left}")
    return memory


def runs(cells, kind):
    """Runs of neighbours; an area nobody fills has one cell far away."""
    found = []
    for address in sorted(cells or {60000: 0}):
        cell = cells.get(address, 0)
        if found and found[-1][0] + len(found[-1][1]) == address:
            found[-1][1].append(cell)
        else:
            found.append((address, [cell]))
    if kind is DataType.BITS:
        found = [(at, [bool(cell) for cell in run]) for at, run in found]
    return [SimData(address=at, values=run, datatype=kind) for at, run in found]


def device(spec):
    memory = areas(spec)
    kinds = {1: DataType.BITS, 2: DataType.BITS, 3: DataType.REGISTERS, 4: DataType.REGISTERS}
    return SimDevice(id=spec["unit"], simdata=tuple(runs(memory[code], kinds[code]) for code in (1, 2, 3, 4)))


async def main():
    devices = [device(spec) for spec in json.loads(sys.argv[1])]
    server = ModbusTcpServer(devices, framer=FramerType.RTU, address=("127.0.0.1", 0))
    await server.serve_forever(background=True)
    print("ready", server.transport.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
