"""pymodbus in the bench: PATH or TCP port, TIMES; reads 18 registers and makes 9 numbers of them. Prints JSON."""

import json
import resource
import sys
import time

from pymodbus.client import ModbusSerialClient, ModbusTcpClient

where, times = sys.argv[1], int(sys.argv[2])
if where.isdigit():
    client = ModbusTcpClient("127.0.0.1", port=int(where), timeout=1, retries=0)
else:
    client = ModbusSerialClient(where, baudrate=115200, timeout=1, retries=0)
assert client.connect()
total = 0


def read():
    global total
    reply = client.read_holding_registers(0, count=18, device_id=1)
    assert not reply.isError()
    total += sum(client.convert_from_registers(reply.registers, client.DATATYPE.UINT32)) * 0.01


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


for _ in range(50):
    read()
begun, used = time.perf_counter(), cpu()
for _ in range(times):
    read()
print(
    json.dumps(
        {
            "cpuUs": (cpu() - used) * 1e6 / times,
            "elapsedMs": (time.perf_counter() - begun) * 1e3,
        }
    )
)
