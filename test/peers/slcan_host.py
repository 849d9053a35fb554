"""python-can on one end of a serial line, as a host of the slcan protocol.

Arguments: path, bit rate. Prints "ready"; each line of stdin is "send ID(hex) EXTENDED(0/1) REMOTE(0/1) LENGTH DATA(hex)"
or "version"; each frame that comes is printed as "got ID EXTENDED REMOTE LENGTH DATA".
"""

import sys
import threading

import can


def main():
    path, bitrate = sys.argv[1], int(sys.argv[2])
    bus = can.Bus(interface="slcan", channel=path, bitrate=bitrate, sleep_after_open=0.1)
    lock = threading.Lock()

    def listen():
        while True:
            with lock:
                message = bus.recv(0.01)
            if message is None:
                continue
            data = "" if message.is_remote_frame else bytes(message.data).hex()
            print("got %x %d %d %d %s" % (message.arbitration_id, message.is_extended_id, message.is_remote_frame, message.dlc, data or "-"))

    print("version", *bus.get_version(2))
    threading.Thread(target=listen, daemon=True).start()
    print("ready")
    for line in sys.stdin:
        _, identifier, extended, remote, length, data = line.split()
        message = can.Message(
            arbitration_id=int(identifier, 16),
            is_extended_id=extended == "1",
            is_remote_frame=remote == "1",
            dlc=int(length),
            data=None if remote == "1" else bytes.fromhex("" if data == "-" else data),
        )
        with lock:
            bus.send(message)


main()
