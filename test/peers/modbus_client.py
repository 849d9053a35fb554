"""pymodbus as a Modbus client: `tcp PORT`, `rtu PATH BAUD PARITY` or `ascii PATH BAUD PARITY`. Does one of everything, prints one JSON object."""

import json
import sys

from pymodbus import FramerType
from pymodbus.client import ModbusSerialClient, ModbusTcpClient

if sys.argv[1] == "tcp":
    client = ModbusTcpClient("127.0.0.1", port=int(sys.argv[2]), timeout=2, retries=0)
else:
    client = ModbusSerialClient(
        sys.argv[2],
        framer=FramerType.ASCII if sys.argv[1] == "ascii" else FramerType.RTU,
        baudrate=int(sys.argv[3]),
        parity=sys.argv[4],
        timeout=2,
        retries=0,
    )
assert client.connect()

found = {}


def keep(name, reply, what):
    found[name] = f"exception {reply.exception_code}" if reply.isError() else what(reply)


def registers(reply):
    return reply.registers


def bits(count):
    return lambda reply: [int(bit) for bit in reply.bits[:count]]


def nothing(_reply):
    return "done"


def objects(reply):
    return {key: value.decode() for key, value in reply.information.items()}


unit = {"device_id": 1}
keep("1", client.read_coils(0, count=10, **unit), bits(10))
keep("1 most", client.read_coils(0, count=1000, **unit), lambda r: sum(r.bits[:1000]))
keep("2", client.read_discrete_inputs(5, count=10, **unit), bits(10))
keep("3", client.read_holding_registers(10, count=3, **unit), registers)
keep("3 most", client.read_holding_registers(0, count=125, **unit), lambda r: sum(r.registers))
keep("4", client.read_input_registers(10, count=3, **unit), registers)
keep("5", client.write_coil(500, True, **unit), nothing)
keep("15", client.write_coils(501, [True, False, True], **unit), nothing)
keep("coils after", client.read_coils(500, count=4, **unit), bits(4))
keep("6", client.write_register(500, 0xABCD, **unit), nothing)
keep("16", client.write_registers(501, [1, 2, 65535], **unit), nothing)
keep("22", client.mask_write_register(address=502, and_mask=0xF2, or_mask=0x25, **unit), nothing)
keep("registers after", client.read_holding_registers(500, count=4, **unit), registers)
keep(
    "23",
    client.readwrite_registers(
        read_address=500, read_count=3, write_address=502, values=[7], **unit
    ),
    registers,
)
keep("16 most", client.write_registers(600, list(range(123)), **unit), nothing)
keep("43 basic", client.read_device_information(read_code=1, object_id=0, **unit), objects)
keep("43 one", client.read_device_information(read_code=4, object_id=5, **unit), objects)
keep("address", client.read_holding_registers(999, count=2, **unit), registers)
keep("function", client.report_device_id(**unit), nothing)
if sys.argv[1] == "tcp":
    keep("unit 9", client.read_holding_registers(0, count=1, device_id=9), registers)
    keep("unit 0", client.read_holding_registers(1, count=1, device_id=0), registers)
    keep("unit 255", client.read_holding_registers(1, count=1, device_id=255), registers)
client.close()
print(json.dumps(found))
