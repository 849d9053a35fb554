"""Reads SunSpec units with pysunspec2 and prints them as JSON: unit, base address, models, values of each point."""

import json
import math
import sys

import sunspec2.modbus.client as client

host, port = sys.argv[1], int(sys.argv[2])
found = {}
for unit in (int(text) for text in sys.argv[3:]):
    device = client.SunSpecModbusClientDeviceTCP(slave_id=unit, ipaddr=host, ipport=port, timeout=5)
    device.scan()
    models = {}
    for key, instances in device.models.items():
        if not isinstance(key, int):
            continue
        values = {}
        for name, point in instances[0].points.items():
            value = point.cvalue
            if isinstance(value, float) and math.isnan(value):
                value = None
            if value is not None:
                values[name] = value
        models[key] = values
    found[unit] = {"base": device.base_addr, "models": models}
    device.close()
print(json.dumps(found))
