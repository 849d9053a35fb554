"""
What holds when a client disappears, and when two write at once.

    safety.py HOST PORT '{"units": [...], "rounds": n, "reversionS": s}'

Prints one JSON object by unit: {"whole": {"A", "B", "neither", "seen in part"}, "reverted": {"before", "after", "seconds"}}.
"""

import json
import socket
import struct
import sys
import threading
import time

from map import Map
from wire import Device, TcpLink, write_pdu

place = (sys.argv[1], int(sys.argv[2]))
task = json.loads(sys.argv[3])


def states(map_):
    """Two whole states of the limit of active power that differ in every register but the first, and where they stand."""
    named = map_.first(704).named
    first = named["WMaxLimPctEna"].address
    percent = named["WMaxLimPct"]

    def state(limit, after, later, seconds):
        return struct.pack(">HHHHI", 1, map_.to_raw(percent, limit), map_.to_raw(percent, after), later, seconds)

    return first, state(40, 90, 0, 0x00010E10), state(70, 100, 1, 0x00020E11)


def two_at_once(unit):
    link = TcpLink(*place)
    map_ = Map(Device(link, unit))
    first, a, b = states(map_)
    count = {"A": 0, "B": 0, "neither": 0, "seen in part": 0}
    barrier = threading.Barrier(3)
    faults = []

    def writer(data):
        mine = TcpLink(*place)
        try:
            for _ in range(task["rounds"]):
                barrier.wait()
                mine.ask(unit, write_pdu(first, data))
                barrier.wait()
        except Exception as error:
            faults.append(str(error))
            barrier.abort()
        mine.close()

    threads = [threading.Thread(target=writer, args=(data,)) for data in (a, b)]
    for thread in threads:
        thread.start()
    old = link_read(link, unit, first)
    try:
        for _ in range(task["rounds"]):
            barrier.wait()
            between = link_read(link, unit, first)
            count["seen in part"] += between not in (a, b, old)
            barrier.wait()
            end = link_read(link, unit, first)
            count["A" if end == a else "B" if end == b else "neither"] += 1
            old = end
    except threading.BrokenBarrierError:
        pass
    for thread in threads:
        thread.join()
    link.ask(unit, write_pdu(first, struct.pack(">HHHHI", 0, map_.to_raw(map_.find(704, "WMaxLimPct"), 100), map_.to_raw(map_.find(704, "WMaxLimPct"), 100), 0, 0)))
    link.close()
    return {**count, "faults": faults}


def link_read(link, unit, first):
    return Device(link, unit).read(first, 6)


def disappears(unit):
    """A client sets a limit for some seconds, and its connection is reset."""
    link = TcpLink(*place)
    map_ = Map(Device(link, unit))
    first = map_.find(704, "WMaxLimPctEna").address
    percent = map_.find(704, "WMaxLimPct")
    wanted = struct.pack(">HHHHI", 1, map_.to_raw(percent, 20), map_.to_raw(percent, 100), 0, task["reversionS"])
    link.ask(unit, write_pdu(first, wanted))
    written = time.monotonic()
    link.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    link.close()
    other = TcpLink(*place)
    look = lambda: struct.unpack(">HH", Device(other, unit).read(first, 2))  # noqa: E731
    before = look()
    while look()[0] == 1 and time.monotonic() < written + task["reversionS"] + 5:
        time.sleep(0.05)
    seconds = time.monotonic() - written
    after = look()
    other.close()
    scale = 10.0 ** map_.power(percent)
    return {"before": [before[0], before[1] * scale], "after": [after[0], after[1] * scale], "seconds": round(seconds, 2)}


found = {}
threads = []
for number in task["units"]:
    thread = threading.Thread(target=lambda number=number: found.update({number: {"reverted": disappears(number)}}))
    thread.start()
    threads.append(thread)
for thread in threads:
    thread.join()
for number in task["units"]:
    found[number]["whole"] = two_at_once(number)
print(json.dumps(found))
