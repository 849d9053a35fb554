"""A PLC that polls a hub as its slave (pymodbus client): `HOST-PORT`, then JSON of [{"unit", "address", "count"}] to read and
[{"unit", "address", "values"}] to write before that. Prints one JSON list: registers, or "exception N"."""

import json
import sys

from pymodbus.client import ModbusTcpClient

client = ModbusTcpClient("127.0.0.1", port=int(sys.argv[1]), timeout=3, retries=0)
assert client.connect()


def result(reply):
    return f"exception {reply.exception_code}" if reply.isError() else reply.registers or "done"


found = []
for write in json.loads(sys.argv[3]):
    found.append(result(client.write_registers(write["address"], write["values"], device_id=write["unit"])))
for read in json.loads(sys.argv[2]):
    found.append(result(client.read_holding_registers(read["address"], count=read["count"], device_id=read["unit"])))
client.close()
print(json.dumps(found))
