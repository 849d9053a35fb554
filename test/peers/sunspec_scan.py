"""Scans SunSpec units with pysunspec2, then writes points; prints what it saw as JSON.

sunspec_scan.py HOST PORT '{"units": [1, 5], "writes": [[5, 705, "Crv[2].Pt[1].V", 95.5]]}'
With a serial device and its baud rate in place of HOST and PORT it goes over RTU. Values are scaled; a write gives the value read back, or the error.
"""
import json
import re
import sys

import sunspec2.modbus.client as client

from sunspec_models import flatten


def point_of(model, path):
    place = model
    *groups, name = path.split(".")
    for step in groups:
        group, number = re.fullmatch(r"(\w+)(?:\[(\d+)\])?", step).groups()
        place = place.groups[group] if number is None else place.groups[group][int(number) - 1]
    return place.points[name]


host, port, task = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])
devices, units = {}, {}
for unit in task["units"]:
    if host.startswith("/"):
        device = client.SunSpecModbusClientDeviceRTU(slave_id=unit, name=host, baudrate=port, timeout=5)
    else:
        device = client.SunSpecModbusClientDeviceTCP(slave_id=unit, ipaddr=host, ipport=port, timeout=5)
    try:
        device.scan()
    except Exception as error:  # the text is the result
        units[unit] = {"error": str(error)}
        device.close()
        continue
    device.connect()
    devices[unit] = device
    units[unit] = {
        "base": device.base_addr,
        "models": [{
            "id": model.model_id,
            "address": model.model_addr,
            "length": model.model_len,
            "error": model.error_info,
            "values": flatten(model, "", {}, True),
        } for model in device.model_list],
    }
writes = []
for unit, model_id, path, value in task["writes"]:
    device, model = devices[unit], devices[unit].models[model_id][0]
    point = point_of(model, path)
    address = model.model_addr + point.offset
    try:
        # Not point.write(): in pysunspec2 1.3.7 the points of nested groups have none.
        point.cvalue = value
        device.write(address, point.get_mb())
        point.set_mb(device.read(address, point.len))
        writes.append({"value": point.cvalue})
    except Exception as error:
        writes.append({"error": str(error)})
for device in devices.values():
    device.disconnect()
    device.close()
print(json.dumps({"units": units, "writes": writes}))
