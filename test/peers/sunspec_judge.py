"""Judges what a SunSpec server answered to requests, good and bad: sunspec_judge.py FILE prints JSON.

Nothing of it comes from the server's own code: replies are decoded with pymodbus, points come from pysunspec2's model
files, and what is to be expected is written here from the specifications:
  Modbus Application Protocol V1.1b3 (clauses 6 and 7), Messaging on TCP/IP V1.0b (units),
  SunSpec Device Information Model Specification 1.1 (types, "not implemented", read-only points).

FILE: {"base": 40000, "images": {"1": "hex", ...}, "offline": [7], "log": [...]}; an entry of the log is
  {"unit": 1, "request": "PDU", "reply": "whole MBAP frame", "changes": [[unit, register index, "hex"], ...]}
or {"tick": changes} for what changed between requests.
Out: {"outcomes": {"16 ok": 12, "16 exception 3": 4}, "wrong": ["..."]}
"""
import json
import logging
import struct
import sys

from pymodbus.exceptions import ModbusException
from pymodbus.framer import FramerSocket
from pymodbus.pdu import DecodePDU
from sunspec2 import device

ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE, NO_TARGET = 1, 2, 3, 11

NOT_IMPLEMENTED = {
    "int16": (0x8000,), "sunssf": (0x8000,), "pad": (0x8000,),
    "uint16": (0xFFFF,), "count": (0xFFFF,), "enum16": (0xFFFF,), "acc16": (0,), "raw16": (),
    "int32": (0x80000000,), "uint32": (0xFFFFFFFF,), "enum32": (0xFFFFFFFF,), "acc32": (0,),
    "int64": (1 << 63,), "uint64": ((1 << 64) - 1,), "acc64": (0,), "ipaddr": (0,), "ipv6addr": (0,),
}

# Values that a DER takes whatever state it is in, by point: raw values with the scale factors of the image.
SURE = {
    (703, "ES"): lambda raw: raw in (0, 1),
    (704, "WMaxLimPctEna"): lambda raw: raw in (0, 1),
    (704, "WMaxLimPctEnaRvrt"): lambda raw: raw in (0, 1),
    (704, "WMaxLimPctRvrtTms"): lambda raw: raw <= 86400,
    (704, "WSetRvrtTms"): lambda raw: raw <= 86400,
    (704, "VarSetEna"): lambda raw: raw in (0, 1),
    (704, "WMaxLimPct"): lambda raw: raw <= 10000,
    (704, "WMaxLimPctRvrt"): lambda raw: raw <= 10000,
    (123, "WMaxLimPct"): lambda raw: raw <= 10000,
    (123, "WMaxLim_Ena"): lambda raw: raw in (0, 1),
    (123, "WMaxLimPct_RvrtTms"): lambda raw: raw < 0xFFFF,
    (123, "Conn"): lambda raw: raw in (0, 1),
}

# Ranges that the models or IEEE 1547-2018 give: a value outside is refused. Raw, as above.
NEVER = {
    (704, "WMaxLimPct"): lambda raw: raw > 10000,
    (704, "WMaxLimPctRvrt"): lambda raw: raw > 10000,
    (123, "WMaxLimPct"): lambda raw: raw > 10000,
    (704, "PF"): lambda raw: raw > 1000,
    (703, "ESVLo"): lambda raw: raw > 10000,
}

# Points that do something and then say what came of it, or fall back.
SELF_CLEARING = {"AlarmReset", "OpCtl", "AdptCrvReq", "AdptCtlReq", "ControllerHb"}

# Models that the controls of a DER write to while they carry out a request.
CONTROLLED = {701, 702, 703, 704, 705, 706, 707, 708, 709, 710, 711, 712, 715, 120, 121, 123, 124}


class Map:
    """One unit: its bytes, and its points by register as pysunspec2 has them."""

    def __init__(self, base, data):
        self.base = base
        self.data = bytearray(data)
        self.points = {}
        self.model_of = {}
        at = 2
        while True:
            model_id, length = struct.unpack_from(">HH", self.data, 2 * at)
            if model_id == 0xFFFF:
                break
            model = device.Model(model_id=model_id, model_len=length, data=bytes(self.data[2 * at:2 * (at + 2 + length)]))
            if model.error_info:
                raise ValueError(f"model {model_id}: {model.error_info}")
            self.collect(model, model_id, at, None)
            for index in range(at, at + 2 + length):
                self.model_of[index] = model_id
            at += 2 + length
        self.length = at + 2

    def collect(self, group, model_id, start, read_only):
        own = group.points.get("ReadOnly")
        if own is not None:
            read_only = start + own.offset
        for point in group.points.values():
            for i in range(point.len):
                self.points[start + point.offset + i] = (model_id, point, start + point.offset, read_only)
        for child in group.groups.values():
            for member in child if isinstance(child, list) else [child]:
                self.collect(member, model_id, start, read_only)

    def raw(self, index, size, data=None):
        source = self.data[2 * index:2 * (index + size)] if data is None else data
        return int.from_bytes(source, "big")

    def word(self, index):
        return struct.unpack_from(">H", self.data, 2 * index)[0]


def missing(kind, raw, size):
    """Do these bytes say that there is no value?"""
    if kind.startswith("bitfield"):
        return raw >> (16 * size - 1) == 1
    if kind == "float32":
        return (raw >> 23) & 0xFF == 0xFF and raw & 0x7FFFFF != 0
    if kind == "float64":
        return (raw >> 52) & 0x7FF == 0x7FF and raw & ((1 << 52) - 1) != 0
    if kind == "string":
        return raw >> (16 * size - 8) == 0
    return raw in NOT_IMPLEMENTED.get(kind, ())


def expect_write(unit, address, data, offline):
    """The exceptions that a write may have (none: it must be done), and whether it may be done."""
    start, count = address - unit.base, len(data) // 2
    faults, sure = set(), True
    index = start
    while index < start + count:
        found = unit.points.get(index)
        if found is None:
            faults.add(ILLEGAL_ADDRESS)
            break
        model_id, point, first, read_only = found
        if first != index or first + point.len > start + count:
            faults.add(ILLEGAL_ADDRESS)
            index = first + point.len
            continue
        kind, name = point.pdef["type"], point.pdef["name"]
        new = data[2 * (index - start):2 * (index - start + point.len)]
        raw = unit.raw(index, point.len, new)
        if point.pdef.get("access", "R") != "RW":
            faults.add(ILLEGAL_ADDRESS)
        elif missing(kind, unit.raw(index, point.len), point.len):
            faults.add(ILLEGAL_ADDRESS)
        elif read_only is not None and unit.word(read_only) == 1:
            faults |= {ILLEGAL_ADDRESS, ILLEGAL_VALUE}
        elif missing(kind, raw, point.len) and kind != "string":
            faults.add(ILLEGAL_VALUE)
        elif kind in ("enum16", "enum32") and raw not in [s["value"] for s in point.pdef.get("symbols", [{"value": raw}])]:
            faults.add(ILLEGAL_VALUE)
        elif NEVER.get((model_id, name), lambda _: False)(raw):
            faults.add(ILLEGAL_VALUE)
        elif offline and model_id != 1:
            faults.add(NO_TARGET)
        sure = sure and SURE.get((model_id, name), lambda _: False)(raw)
        index = first + point.len
    if faults:
        # which of several faults is told is the server's choice; an address that is none comes before a target
        return faults | ({NO_TARGET} if offline else set()), False
    return (set() if sure and count <= 2 else {ILLEGAL_VALUE}), True


def in_map(unit, address, count):
    return unit.base <= address and address + count <= unit.base + unit.length


def expect(units, entry, offline):
    """What may come: a set of exceptions, whether success may, bytes of a reply or None, (address, data) of a write."""
    pdu = bytes.fromhex(entry["request"])
    code = pdu[0]
    number = entry["unit"] if entry["unit"] not in (0, 255) else 1
    unit = units.get(str(number))
    if unit is None:
        return {NO_TARGET}, False, None, None
    gone = number in offline
    word = lambda at: struct.unpack_from(">H", pdu, at)[0]  # noqa: E731
    value_error, address_error = ({ILLEGAL_VALUE}, False, None, None), ({ILLEGAL_ADDRESS}, False, None, None)
    if code == 3:
        if len(pdu) != 5 or not 1 <= word(3) <= 125:
            return value_error
        if word(1) + word(3) > 65536 or not in_map(unit, word(1), word(3)):
            return address_error
        start = word(1) - unit.base
        return set(), True, bytes([2 * word(3)]) + bytes(unit.data[2 * start:2 * (start + word(3))]), None
    if code == 6:
        if len(pdu) != 5:
            return value_error
        return (*expect_write(unit, word(1), pdu[3:5], gone), pdu[1:5], (word(1), pdu[3:5]))
    if code == 16:
        if len(pdu) < 8 or not 1 <= word(3) <= 123 or pdu[5] != 2 * word(3) or len(pdu) != 6 + pdu[5]:
            return value_error
        if word(1) + word(3) > 65536:
            return address_error
        return (*expect_write(unit, word(1), pdu[6:], gone), pdu[1:5], (word(1), pdu[6:]))
    if code == 22:
        if len(pdu) != 7:
            return value_error
        if not in_map(unit, word(1), 1):
            return address_error
        old = unit.word(word(1) - unit.base)
        new = struct.pack(">H", (old & word(3)) | (word(5) & ~word(3) & 0xFFFF))
        return (*expect_write(unit, word(1), new, gone), pdu[1:7], (word(1), new))
    if code == 23:
        if len(pdu) < 12 or not 1 <= word(3) <= 125 or not 1 <= word(7) <= 121:
            return value_error
        if pdu[9] != 2 * word(7) or len(pdu) != 10 + pdu[9]:
            return value_error
        if word(1) + word(3) > 65536 or word(5) + word(7) > 65536 or not in_map(unit, word(1), word(3)):
            return address_error
        return (*expect_write(unit, word(5), pdu[10:], gone), ("read", word(1), word(3)), (word(5), pdu[10:]))
    if code == 43:
        if len(pdu) < 2:
            return value_error
        if pdu[1] != 14:
            return {ILLEGAL_FUNCTION}, False, None, None
        if len(pdu) != 4 or not 1 <= pdu[2] <= 4:
            return value_error
        if pdu[2] == 4 and pdu[3] > 2:
            return address_error
        return set(), True, None, None
    return {ILLEGAL_FUNCTION}, False, None, None


def judge(case):
    base = case["base"]
    units = {name: Map(base, bytes.fromhex(data)) for name, data in case["images"].items()}
    framer = FramerSocket(DecodePDU(False))
    wrong, outcomes = [], {}
    for number, entry in enumerate(case["log"]):
        apply = entry.get("tick", entry.get("changes", []))
        if "tick" in entry:
            change(units, apply)
            continue
        says = []
        reply = bytes.fromhex(entry["reply"])
        request = bytes.fromhex(entry["request"])
        code = request[0]
        try:
            used, pdu = framer.handleFrame(reply, 0, 0)
        except ModbusException as error:
            used, pdu = 0, None
            # functions 0 and 128 are none: pymodbus knows no answer to them
            if code & 0x7F:
                says.append(f"pymodbus: {error}")
        if code & 0x7F and (pdu is None or used != len(reply)):
            says.append("pymodbus sees no whole frame")
        exceptions, may, body, written = expect(units, entry, case["offline"])
        if reply[6] != entry["unit"]:
            says.append(f"unit {reply[6]}")
        if reply[7] & 0x80:
            outcome = reply[8]
            if reply[7] != code | 0x80 or len(reply) != 9 or (pdu and pdu.exception_code != outcome):
                says.append("malformed exception")
            if outcome not in exceptions:
                says.append(f"exception {outcome}, expected {'success or ' if may else ''}{sorted(exceptions)}")
            if apply:
                says.append(f"refused, but it changed {apply[:3]}")
        else:
            outcome = "ok"
            if not may:
                says.append(f"done, expected {sorted(exceptions)}")
            if reply[7] != code or pdu is None or pdu.function_code != code:
                says.append("another function")
            number_of = str(entry["unit"] if entry["unit"] not in (0, 255) else 1)
            if written is None and apply:
                says.append(f"a read changed {apply[:3]}")
            if may and written is not None:
                says += check_written(units, number_of, written, apply)
            change(units, apply)
            if isinstance(body, tuple):
                start = body[1] - base
                data = units[number_of].data[2 * start:2 * (start + body[2])]
                body = bytes([2 * body[2]]) + bytes(data)
            if may and body is not None and reply[8:] != body:
                says.append(f"body {reply[8:].hex()[:40]}, expected {body.hex()[:40]}")
        key = f"{code} {'ok' if outcome == 'ok' else f'exception {outcome}'}"
        outcomes[key] = outcomes.get(key, 0) + 1
        wrong += [f"{number}: unit {entry['unit']} {entry['request'][:40]}: {text}" for text in says]
    return {"outcomes": outcomes, "wrong": wrong}


def check_written(units, name, written, changes):
    """What was written stands there at once; besides it only the controls of the same unit may have moved."""
    says = []
    unit = units[name]
    address, data = written
    after = {}
    for owner, index, hexes in changes:
        words = bytes.fromhex(hexes)
        for i in range(len(words) // 2):
            if str(owner) != name or unit.model_of.get(index + i) not in CONTROLLED | {1}:
                says.append(f"register {index + i} of unit {owner} changed too")
            after[index + i] = words[2 * i:2 * i + 2]
    for i in range(len(data) // 2):
        index = address - unit.base + i
        if unit.points[index][1].pdef["name"] in SELF_CLEARING:
            continue
        now = after.get(index, bytes(unit.data[2 * index:2 * index + 2]))
        if now != data[2 * i:2 * i + 2]:
            says.append(f"{unit.points[index][1].pdef['name']} reads {now.hex()} after {data[2 * i:2 * i + 2].hex()}")
    return says


def change(units, changes):
    for owner, index, hexes in changes:
        words = bytes.fromhex(hexes)
        units[str(owner)].data[2 * index:2 * index + len(words)] = words


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    with open(sys.argv[1], encoding="utf-8") as file:
        print(json.dumps(judge(json.load(file))))
