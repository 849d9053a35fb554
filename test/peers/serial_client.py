"""Packages that others wrote, on a serial line: `daly PATH`, `pylontech PATH UNIT`, `vedirect PATH`, or `ascii PATH UNIT`
(pymodbus, which reads 4 holding registers from each address on standard input and writes one). Each prints one JSON
object. `vedirect-sim PATH DEVICE` plays a recorded device until it is stopped."""

import json
import sys

what, path = sys.argv[1:3]

if what == "daly":
    from dalybms import DalyBMS

    bms = DalyBMS(address=4)
    bms.connect(path)
    found = {
        "soc": bms.get_soc(),
        "cells": bms.get_cell_voltage_range(),
        "temperature": bms.get_temperature_range(),
        "mosfet": bms.get_mosfet_status(),
        "status": bms.get_status(),
        "voltages": bms.get_cell_voltages(),
        "temperatures": bms.get_temperatures(),
    }
    bms.set_charge_mosfet(False)
    found["after"] = bms.get_mosfet_status()
    print(json.dumps(found))
elif what == "pylontech":
    from pylontech import Pylontech

    unit = int(sys.argv[3])
    pack = Pylontech(path)
    # it reads to a line feed, which never comes
    pack.s.timeout = 0.2
    values = pack.get_values_single(unit)
    pack.send_cmd(unit, 0x92, f"{unit:02X}".encode())
    limits = pack.management_info_fmt.parse(pack.read_frame().info[1:])
    serial = pack.get_module_serial_number(unit)
    print(
        json.dumps(
            {
                "cells": list(values.CellVoltages),
                "temperatures": [values.AverageBMSTemperature, *values.GroupedCellsTemperatures],
                "current": values.Current,
                "voltage": values.Voltage,
                "remaining": values.RemainingCapacity,
                "total": values.TotalCapacity,
                "cycles": values.CycleNumber,
                "charge_voltage": limits.ChargeVoltageLimit,
                "charge_current": limits.ChargeCurrentLimit,
                "discharge_current": limits.DischargeCurrentLimit,
                "serial": serial.ModuleSerialNumber.decode(),
            }
        )
    )
elif what == "vedirect":
    import serial
    from vedirect_m8.serconnect import SerialConnection
    from vedirect_m8.vedirect import Vedirect

    # it knows only names that devices usually have: its decoder reads a port of ours
    SerialConnection.is_serial_port = staticmethod(lambda name: name == path)
    reader = Vedirect({"serial_port": path}, auto_start=False, max_packet_blocks=None)
    with serial.Serial(path, 19200, timeout=10) as port:
        packet = None
        while packet is None:
            byte = port.read(1)
            assert byte, "nothing came"
            packet = reader.input_read(byte)
    print(json.dumps(packet))
elif what == "vedirect-sim":
    from vedirect_m8.vedirectsim import Vedirectsim

    sim = Vedirectsim(path, sys.argv[3])
    print("ready", flush=True)
    sim.run(max_writes=60)
elif what == "ascii":
    from pymodbus import FramerType
    from pymodbus.client import ModbusSerialClient

    client = ModbusSerialClient(path, framer=FramerType.ASCII, baudrate=9600, timeout=2, retries=0)
    assert client.connect()
    unit = {"device_id": int(sys.argv[3])}
    addresses = json.loads(sys.argv[4])
    found = {}
    for address, count in addresses:
        reply = client.read_input_registers(address, count=count, **unit)
        found[address] = f"exception {reply.exception_code}" if reply.isError() else reply.registers
    written = client.write_registers(12, [0x4270, 0x0000], **unit)
    found["write"] = "exception" if written.isError() else "done"
    found["after"] = client.read_holding_registers(12, count=2, **unit).registers
    client.close()
    print(json.dumps(found))
