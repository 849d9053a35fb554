"""pysunspec2 in the bench: PORT, TIMES; scans the SunSpec device on unit 1 so often, each time anew. Prints JSON."""

import json
import sys
import time

import sunspec2.modbus.client as client

port, times = int(sys.argv[1]), int(sys.argv[2])
requests = 0


def scan():
    """A connection and the scan, which decodes every point."""
    global requests
    device = client.SunSpecModbusClientDeviceTCP(slave_id=1, ipaddr="127.0.0.1", ipport=port, timeout=3)
    read = device.client.read

    def counted(address, count, op=3):
        global requests
        requests += -(-count // 125)
        return read(address, count, op)

    device.client.read = counted
    device.scan()
    device.close()
    return len(device.model_list)


models = scan()
requests, best = 0, float("inf")
for _ in range(times):
    begun = time.perf_counter()
    scan()
    best = min(best, time.perf_counter() - begun)
print(json.dumps({"models": models, "requests": requests / times, "ms": best * 1e3}))
