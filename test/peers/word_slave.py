"""Plays a device as a pymodbus RTU server from raw registers: nothing here knows what they mean.

Arguments: a JSON object {"unit": n, "blocks": [[first, last]], "words": {address: word}}.
Registers inside the blocks hold 0 unless a word is given; others do not answer. Prints "ready PORT" (on 127.0.0.1).
"""

import asyncio
import json
import sys

from pymodbus import FramerType
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice


async def main():
    spec = json.loads(sys.argv[1])
    data = []
    for first, last in spec["blocks"]:
        words = [spec["words"].get(str(address), 0) for address in range(first, last + 1)]
        data.append(SimData(address=first, values=words, datatype=DataType.REGISTERS))
    device = SimDevice(id=spec["unit"], simdata=data)
    server = ModbusTcpServer([device], framer=FramerType.RTU, address=("127.0.0.1", 0))
    await server.serve_forever(background=True)
    print("ready", server.transport.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
