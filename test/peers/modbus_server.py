"""pymodbus as a Modbus server: `tcp PORT`, `rtu PATH BAUD PARITY` or `ascii PATH BAUD PARITY`. Unit 1, 1000 of each kind, known values."""

import asyncio
import sys

from pymodbus import FramerType
from pymodbus.pdu.device import ModbusDeviceIdentification
from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

SIZE = 1000
coils = SimData(0, values=[i % 3 == 0 for i in range(SIZE)], datatype=DataType.BITS)
inputs = SimData(0, values=[i % 2 == 0 for i in range(SIZE)], datatype=DataType.BITS)
holding = SimData(0, values=[i * 7 for i in range(SIZE)], datatype=DataType.REGISTERS)
reading = SimData(0, values=[i * 11 for i in range(SIZE)], datatype=DataType.REGISTERS)
device = SimDevice(1, simdata=([coils], [inputs], [holding], [reading]))
identity = ModbusDeviceIdentification(
    info={0: "pymodbus", 1: "PM", 2: "3.16.1", 5: "model"}
)


async def main():
    if sys.argv[1] == "tcp":
        server = ModbusTcpServer(
            device, identity=identity, address=("127.0.0.1", int(sys.argv[2]))
        )
    else:
        server = ModbusSerialServer(
            device,
            framer=FramerType.ASCII if sys.argv[1] == "ascii" else FramerType.RTU,
            identity=identity,
            port=sys.argv[2],
            baudrate=int(sys.argv[3]),
            parity=sys.argv[4],
            broadcast_enable=True,
        )
    await server.serve_forever(background=True)
    print("ready")
    await asyncio.get_running_loop().create_future()


asyncio.run(main())
