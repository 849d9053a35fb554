"""Another master on a serial line: asks unit 1 for one register five times a second. Prints "ready /dev/pts/N", the line."""

import os
import pty
import time
import tty

from pymodbus.framer import FramerRTU

master, line = pty.openpty()
tty.setraw(line)
request = bytes([1, 3, 0, 0, 0, 1])
frame = request + FramerRTU.compute_CRC(request).to_bytes(2, "big")
print("ready", os.ttyname(line), flush=True)
while True:
    os.write(master, frame)
    time.sleep(0.2)
