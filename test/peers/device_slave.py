"""Plays devices as pymodbus RTU servers, filled from fact CSVs: independent of tables and simulator.

Arguments: a JSON list of {"csv": path, "unit": n, "blocks": [[first, last, 3 or 4]], "values": {point: value in the CSV's unit}};
then "tcp" (default: RTU frames behind a TCP port), "mbap" (Modbus TCP) or "pty".
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

FORMATS = {
    "u16": ">H",
    "enum16": ">H",
    "bitfield16": ">H",
    "s16": ">h",
    "u32": ">I",
    "s32": ">i",
    "f32": ">f",
    "u64": ">Q",
    "s64": ">q",
    "f64": ">d",
}


def words(row, value, factors):
    """Registers of a value as the fact row says: raw = value / scale, in the type and word order given.

    A number of more than 53 bits comes as text; text as it is, filled with NUL. `factors` are values by address: see
    `factor`.
    """
    kind = row["type"]
    if kind.startswith("str"):
        data = value.encode("ascii").ljust(2 * int(kind[3:]), b"\0")
        return [int.from_bytes(data[i : i + 2], "big") for i in range(0, len(data), 2)]
    if isinstance(value, str) and kind[0] != "f":
        raw = int(value)
    else:
        raw = float(value) / factor(row["scale"], factors)
        if kind[0] != "f":
            raw = round(raw)
    data = struct.pack(FORMATS[kind], raw)
    registers = [int.from_bytes(data[i : i + 2], "big") for i in range(0, len(data), 2)]
    return registers[::-1] if row["word_order"] == "lo-hi" else registers


def factor(scale, factors):
    """Of "0.1", "SF@6", "SF@0/32768" or "SF@0*SF@2/131072": SF is the value at that address."""
    top, _, bottom = scale.partition("/")
    product = 1.0
    for part in top.split("*"):
        product *= factors[int(part[3:])] if part.startswith("SF@") else float(part)
    return product / float(bottom or 1)


def device(spec):
    with open(spec["csv"], newline="", encoding="utf8") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    memory = {3: {}, 4: {}}
    for first, last, *code in spec["blocks"]:
        memory[code[0] if code else 3].update({address: 0 for address in range(first, last + 1)})
    left = dict(spec["values"])
    named = [row for row in rows if row["point"] in left and row["address"].isdigit()]
    factors = {int(row["address"]): left[row["point"]] for row in named}
    for row in rows:
        if row["point"] not in left or row["fc"][0] not in "34":
            continue
        registers = memory[int(row["fc"][0])]
        for i, word in enumerate(words(row, left.pop(row["point"]), factors)):
            registers[int(row["address"]) + i] = word
    if left:
        raise SystemExit(f"no such rows: {left}")
    no_bits = [SimData(address=0, values=[False] * 16, datatype=DataType.BITS)]
    return SimDevice(id=spec["unit"], simdata=(no_bits, no_bits, blocks(memory[3]), blocks(memory[4])))


def blocks(registers):
    """Runs of neighbours; a table nobody fills has one register far away."""
    data = []
    for address in sorted(registers or {65535: 0}):
        if data and data[-1][0] + len(data[-1][1]) == address:
            data[-1][1].append(registers[address])
        else:
            data.append((address, [registers.get(address, 0)]))
    return [SimData(address=at, values=run, datatype=DataType.REGISTERS) for at, run in data]


async def main():
    devices = [device(spec) for spec in json.loads(sys.argv[1])]
    if sys.argv[2:] == ["pty"]:
        ours, theirs = cable()
        server = ModbusSerialServer(devices, framer=FramerType.RTU, port=ours, baudrate=9600)
        await server.serve_forever(background=True)
        print("ready", theirs, flush=True)
    else:
        framer = FramerType.SOCKET if sys.argv[2:] == ["mbap"] else FramerType.RTU
        server = ModbusTcpServer(devices, framer=framer, address=("127.0.0.1", 0))
        await server.serve_forever(background=True)
        print("ready", server.transport.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
