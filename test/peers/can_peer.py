"""python-can and cantools on one end of a serial line: a battery, or an inverter, made of a DBC.

Arguments: path, bit rate, DBC. Prints "ready"; each line of stdin is a command:
  send MESSAGE {"Signal": value}     once
  every MS MESSAGE {...}             again and again
  answer ID(hex) MESSAGE {...}       each time that a frame with this identifier comes; several answers go in their order
  raw ID(hex) DATA(hex)              a frame that is in no DBC
Each frame that comes is printed as "got NAME {...}", or as "raw ID DATA" when the DBC does not know it.
"""

import json
import sys
import threading
import time

import can
import cantools


def main():
    path, bitrate, dbc = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    database = cantools.database.load_file(dbc)
    bus = can.Bus(interface="slcan", channel=path, bitrate=bitrate, sleep_after_open=0.1)
    lock = threading.Lock()
    answers = {}
    periodic = []

    def frame(name, signals):
        message = database.get_message_by_name(name)
        # what is not named is 0, or the least that its offset allows
        values = {signal.name: signals.get(signal.name, max(0, signal.minimum or 0)) for signal in message.signals}
        return can.Message(
            arbitration_id=message.frame_id,
            is_extended_id=message.is_extended_frame,
            data=message.encode(values),
        )

    def put(message):
        with lock:
            bus.send(message)

    def show(message):
        try:
            known = database.get_message_by_frame_id(message.arbitration_id)
        except KeyError:
            known = None
        if known is None or known.is_extended_frame != message.is_extended_id:
            print("raw %x %s" % (message.arbitration_id, bytes(message.data).hex() or "-"), flush=True)
        else:
            values = {name: round(float(value), 6) for name, value in known.decode(message.data).items()}
            print("got %s %s" % (known.name, json.dumps(values)), flush=True)

    def run():
        while True:
            with lock:
                message = bus.recv(0.005)
            if message is not None:
                show(message)
                for answer in answers.get(message.arbitration_id, []):
                    put(answer)
            now = time.monotonic()
            for entry in periodic:
                if entry[0] <= now:
                    entry[0] = now + entry[1]
                    put(entry[2])

    threading.Thread(target=run, daemon=True).start()
    print("ready", flush=True)
    for line in sys.stdin:
        word, *rest = line.split(maxsplit=1)
        if word == "send":
            name, signals = rest[0].split(maxsplit=1)
            put(frame(name, json.loads(signals)))
        elif word == "every":
            ms, name, signals = rest[0].split(maxsplit=2)
            periodic.append([0, int(ms) / 1000, frame(name, json.loads(signals))])
        elif word == "answer":
            identifier, name, signals = rest[0].split(maxsplit=2)
            answers.setdefault(int(identifier, 16), []).append(frame(name, json.loads(signals)))
        elif word == "raw":
            identifier, data = rest[0].split()
            put(can.Message(arbitration_id=int(identifier, 16), is_extended_id=len(identifier) == 8, data=bytes.fromhex(data)))


main()
