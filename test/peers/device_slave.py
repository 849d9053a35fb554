"""Plays devices as pymodbus RTU servers, filled from fact CSVs: independent of tables and simulator.

Arguments: a JSON list of {"csv": path, "unit": n, "blocks": [[first, last]], "values": {point: value in the CSV's unit}};
then "tcp" (default: RTU frames behind a TCP port) or "pty".
Prints "ready PORT" (on 127.0.0.1) or "ready /dev/pts/N" (the end of the line to open).
"""

import asyncio
import csv
import json
import struct
import sys

from pymodbus import FramerType
from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from pty_cable import cable

FORMATS = {"u16": ">H", "s16": ">h", "u32": ">I", "s32": ">i", "f32": ">f"}


def words(row, value):
    """Registers of a value as the fact row says: raw = value / scale, in the type and word order given."""
    raw = value / float(row["scale"])
    if row["type"] != "f32":
        raw = round(raw)
    data = struct.pack(FORMATS[row["type"]], raw)
    registers = [int.from_bytes(data[i : i + 2], "big") for i in range(0, len(data), 2)]
    return registers[::-1] if row["word_order"] == "lo-hi" else registers


def device(spec):
    with open(spec["csv"], newline="", encoding="utf8") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    memory = {}
    for first, last in spec["blocks"]:
        memory.update({address: 0 for address in range(first, last + 1)})
    left = dict(spec["values"])
    for row in rows:
        if row["point"] not in left or not row["fc"].startswith("3"):
            continue
        for i, word in enumerate(words(row, left.pop(row["point"]))):
            memory[int(row["address"]) + i] = word
    if left:
        raise SystemExit(f"no such rows: {left}")
    data = []
    for address in sorted(memory):
        if data and data[-1][0] + len(data[-1][1]) == address:
            data[-1][1].append(memory[address])
        else:
            data.append((address, [memory[address]]))
    blocks = [SimData(address=at, values=run, datatype=DataType.REGISTERS) for at, run in data]
    return SimDevice(id=spec["unit"], simdata=blocks)


async def main():
    devices = [device(spec) for spec in json.loads(sys.argv[1])]
    if sys.argv[2:] == ["pty"]:
        ours, theirs = cable()
        server = ModbusSerialServer(devices, framer=FramerType.RTU, port=ours, baudrate=9600)
        await server.serve_forever(background=True)
        print("ready", theirs, flush=True)
    else:
        server = ModbusTcpServer(devices, framer=FramerType.RTU, address=("127.0.0.1", 0))
        await server.serve_forever(background=True)
        print("ready", server.transport.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
