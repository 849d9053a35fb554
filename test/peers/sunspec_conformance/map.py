"""The map of a unit: found as a SunSpec client finds it, laid out by the model definitions of pysunspec2."""

import struct

from sunspec2 import device as definitions
from sunspec2 import mb
from sunspec2.modbus import client
from wire import Refused, read_pdu

BASE = 40000
NUMBERS = {
    "int16": ">h", "uint16": ">H", "acc16": ">H", "enum16": ">H", "bitfield16": ">H", "count": ">H", "sunssf": ">h", "pad": ">H",
    "int32": ">i", "uint32": ">I", "acc32": ">I", "enum32": ">I", "bitfield32": ">I", "ipaddr": ">I",
    "int64": ">q", "uint64": ">Q", "acc64": ">Q", "float32": ">f", "float64": ">d",
}  # fmt: skip


class Point:
    def __init__(self, model, path, theirs):
        definition = theirs.pdef
        self.model = model
        self.path = path
        self.name = definition["name"]
        self.type = definition["type"]
        self.address = model.address + theirs.offset
        self.size = theirs.len
        self.writable = definition.get("access") == "RW"
        self.mandatory = definition.get("mandatory") == "M"
        self.static = definition.get("static") == "S"
        self.units = definition.get("units", "")
        self.sf = definition.get("sf")
        self.symbols = {symbol["name"]: symbol["value"] for symbol in definition.get("symbols", [])}
        self.missing = mb.create_unimpl_value(self.type, len=2 * self.size)

    def __str__(self):
        return f"{self.model.label}.{self.path}"

    @property
    def numeric(self):
        return self.type in NUMBERS

    def decode(self, data):
        """The raw number, or text."""
        if self.numeric:
            return struct.unpack(NUMBERS[self.type], data)[0]
        return data.rstrip(b"\0").decode("utf8", "replace")

    def encode(self, raw):
        return struct.pack(NUMBERS[self.type], raw)

    def implemented(self, data):
        if self.type.startswith("float"):
            return self.decode(data) == self.decode(data)
        # what counts up from 0 is there when it is 0
        return self.type == "pad" or self.type.startswith("acc") or data != self.missing


class Model:
    def __init__(self, number, address, length, occurrence):
        self.id = number
        self.address = address
        self.length = length
        self.end = address + 2 + length
        self.occurrence = occurrence
        self.label = str(number) if occurrence == 1 else f"{number}#{occurrence}"
        self.points = []
        self.named = {}
        # what pysunspec2 has against it
        self.error = ""
        self.known = False

    def lay_out(self, theirs):
        self.error = theirs.error_info.strip()
        self.known = theirs.model_def is not None
        if self.known:
            self.add(theirs, "")
            self.named = {point.path: point for point in self.points}

    def add(self, group, path):
        self.points += [Point(self, path + name, point) for name, point in group.points.items()]
        for name, child in group.groups.items():
            if isinstance(child, list):
                for number, member in enumerate(child):
                    self.add(member, f"{path}{name}[{number + 1}].")
            else:
                self.add(child, f"{path}{name}.")

    def scale(self, point):
        """The point that holds its scale factor, or None for a fixed one."""
        if point.sf is None or isinstance(point.sf, int) or point.sf.lstrip("-").isdigit():
            return None
        group = point.path.rpartition(".")[0]
        return self.named.get(f"{group}.{point.sf}") or self.named.get(point.sf)

    @property
    def standard(self):
        """A model that SunSpec has made; those of makers are skipped by their length."""
        return self.id < 64000 and self.known

    def under(self, prefix):
        return [point for point in self.points if point.path.startswith(prefix)]


class Client(client.SunSpecModbusClientDevice):
    """pysunspec2's discovery over our frames."""

    def __init__(self, device):
        super().__init__()
        self.device = device

    def read(self, addr, count):
        return self.device.read(int(addr), int(count))

    def write(self, addr, data):
        self.device.write(addr, data)


class Map:
    """What stands in a unit, and the registers as they were read last."""

    def __init__(self, device, values=None):
        self.device = device
        # values that points take, by model and path, where they are other ones than pics.py says
        self.values = values or {}
        self.models, self.end = walk(device)
        self.registers = b""
        theirs = Client(device)
        theirs.scan(full_model_read=True)
        self.found = [(model.model_id, model.model_addr, model.model_len) for model in theirs.model_list]
        for ours, other in zip(self.models, theirs.model_list, strict=False):
            if (ours.id, ours.address, ours.length) == (other.model_id, other.model_addr, other.model_len):
                ours.lay_out(other)
        self.length = self.end + 2 - BASE
        self.refresh()

    def refresh(self, only=None):
        """Reads everything, model by model; or one model."""
        spans = []
        for model in self.models if only is None else [only]:
            spans += [(at, min(125, model.end - at)) for at in range(model.address, model.end, 125)]
        if only is None:
            spans = [(BASE, 2), *spans, (self.end, 2)]
        replies = self.device.link.ask_many(self.device.unit, [read_pdu(*span) for span in spans])
        for reply in replies:
            if isinstance(reply, Refused):
                raise reply
        data = b"".join(replies)
        if only is not None:
            at = 2 * (only.address - BASE)
            data = self.registers[:at] + data + self.registers[at + len(data) :]
        self.registers = data

    def bytes(self, address, size):
        return self.registers[2 * (address - BASE) : 2 * (address - BASE + size)]

    def data(self, point):
        """Of the registers read last."""
        return self.bytes(point.address, point.size)

    def raw(self, point):
        return point.decode(self.data(point))

    def now(self, point):
        """Read this moment."""
        return self.device.read(point.address, point.size)

    def implemented(self, point):
        return point is not None and point.implemented(self.data(point))

    def power(self, point):
        if point.sf is None:
            return 0
        factor = point.model.scale(point)
        if factor is None:
            return int(point.sf)
        power = self.raw(factor)
        return power if -10 <= power <= 10 else 0

    def value(self, point):
        """Scaled; None when it is not implemented."""
        if not self.implemented(point):
            return None
        raw = self.raw(point)
        return raw * 10.0 ** self.power(point) if point.numeric else raw

    def to_raw(self, point, value):
        return round(value / 10.0 ** self.power(point))

    def first(self, number):
        return next((model for model in self.models if model.id == number), None)

    def find(self, number, path):
        model = self.first(number)
        return model.named.get(path) if model else None


def walk(device):
    """Models from 40000 on, by ID and L alone."""
    if device.read(BASE, 2) != b"SunS":
        raise ValueError("no SunS at 40000")
    models, address = [], BASE + 2
    while True:
        number, length = struct.unpack(">HH", device.read(address, 2))
        if number == 0xFFFF:
            return models, address
        occurrence = 1 + sum(model.id == number for model in models)
        models.append(Model(number, address, length, occurrence))
        address += 2 + length
        if address > 65000 or len(models) > 200:
            raise ValueError("the chain of models has no end")


def definition(number):
    try:
        return definitions.get_model_def(number)
    except Exception:
        return None
