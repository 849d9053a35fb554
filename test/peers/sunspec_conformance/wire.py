"""Modbus frames made and read here byte by byte: TCP, RTU, and a serial line between two ptys that knows its bit rates."""

import os
import pty
import random
import select
import socket
import struct
import termios
import threading
import time
import tty

READ, READ_INPUT, WRITE_ONE, WRITE_MANY = 3, 4, 6, 16


class Refused(Exception):
    """A Modbus exception."""

    def __init__(self, code):
        super().__init__(f"exception {code}")
        self.code = code


class Silent(Exception):
    """No answer, or the connection was closed instead of one."""


def read_pdu(address, count, function=READ):
    return struct.pack(">BHH", function, address, count)


def write_pdu(address, data, function=None):
    """Function 6 or 16; by default 16."""
    if function == WRITE_ONE:
        return struct.pack(">BH", WRITE_ONE, address) + data
    return struct.pack(">BHHB", WRITE_MANY, address, len(data) // 2, len(data)) + data


def answer(pdu, reply):
    """The reply's data, once it fits the request. Raises Refused, or ValueError for a reply to something else."""
    function = pdu[0]
    if reply[0] == function | 0x80 and len(reply) == 2:
        raise Refused(reply[1])
    if reply[0] != function:
        raise ValueError(f"function {reply[0]} in the answer to {function}")
    if function in (READ, READ_INPUT):
        count = struct.unpack(">H", pdu[3:5])[0]
        if reply[1] != 2 * count or len(reply) != 2 + 2 * count:
            raise ValueError(f"{len(reply) - 2} bytes in the answer to a read of {count}")
        return reply[2:]
    if reply != pdu[:5]:
        raise ValueError("a write is not echoed")
    return b""


class TcpLink:
    kind = "TCP"
    # more would have to be read before a server takes them
    packet = 16

    def __init__(self, host, port, timeout=3.0):
        self.place = (host, port)
        self.timeout = timeout
        self.transaction = random.randrange(65536)
        self.left = b""
        self.socket = self.dial()

    def dial(self):
        made = socket.create_connection(self.place, timeout=self.timeout)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made

    def frame(self, unit, pdu):
        self.transaction = (self.transaction + 1) & 0xFFFF
        return struct.pack(">HHHB", self.transaction, 0, len(pdu) + 1, unit) + pdu

    def receive(self, timeout=None):
        """The next whole frame: transaction, unit, PDU."""
        end = time.monotonic() + (self.timeout if timeout is None else timeout)
        while True:
            if len(self.left) >= 7:
                transaction, protocol, length, unit = struct.unpack(">HHHB", self.left[:7])
                if protocol != 0 or not 2 <= length <= 254:
                    raise ValueError(f"not Modbus: {self.left[:7].hex()}")
                if len(self.left) >= 6 + length:
                    pdu, self.left = self.left[7 : 6 + length], self.left[6 + length :]
                    return transaction, unit, pdu
            self.socket.settimeout(max(0.001, end - time.monotonic()))
            try:
                chunk = self.socket.recv(8192)
            except TimeoutError:
                raise Silent("no answer") from None
            except ConnectionError:
                chunk = b""
            if not chunk:
                raise Silent("closed")
            self.left += chunk

    def ask_many(self, unit, pdus):
        """Replies in the order of the requests, some requests in each packet; Refused objects among them."""
        out = []
        for start in range(0, len(pdus), self.packet):
            some = pdus[start : start + self.packet]
            frames = [self.frame(unit, pdu) for pdu in some]
            self.socket.sendall(b"".join(frames))
            for frame, pdu in zip(frames, some, strict=True):
                transaction, replier, reply = self.receive()
                if struct.pack(">H", transaction) != frame[:2] or replier != unit:
                    raise ValueError(f"answer to {transaction} of unit {replier} instead of {frame[:2].hex()} of {unit}")
                try:
                    out.append(answer(pdu, reply))
                except Refused as refused:
                    out.append(refused)
        return out

    def ask(self, unit, pdu):
        result = self.ask_many(unit, [pdu])[0]
        if isinstance(result, Refused):
            raise result
        return result

    def close(self):
        self.socket.close()


def crc(data):
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ 0xA001 if value & 1 else value >> 1
    return struct.pack("<H", value)


TABLE = [int.from_bytes(crc(bytes([byte ^ 0xFF])), "little") ^ 0x00FF for byte in range(256)]


def quick_crc(data):
    value = 0xFFFF
    for byte in data:
        value = value >> 8 ^ TABLE[(value ^ byte) & 0xFF]
    return struct.pack("<H", value)


class RtuLink:
    kind = "RTU"

    def __init__(self, path, baud, timeout=3.0):
        self.timeout = timeout
        self.fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self.fd)
        self.set_baud(baud)

    def set_baud(self, baud):
        self.baud = baud
        settings = termios.tcgetattr(self.fd)
        settings[4] = settings[5] = getattr(termios, f"B{baud}")
        termios.tcsetattr(self.fd, termios.TCSANOW, settings)
        self.gap = 0.00175 if baud > 19200 else 38.5 / baud

    def frame(self, unit, pdu):
        body = bytes([unit]) + pdu
        return body + quick_crc(body)

    def send(self, data):
        os.write(self.fd, data)

    def heard(self, seconds):
        """Everything that comes within a time."""
        out = b""
        end = time.monotonic() + seconds
        while select.select([self.fd], [], [], max(0, end - time.monotonic()))[0]:
            out += os.read(self.fd, 4096)
        return out

    def receive(self, timeout=None):
        """One frame, by the length that its head tells: unit, PDU."""
        got = b""
        end = time.monotonic() + (self.timeout if timeout is None else timeout)
        while True:
            if len(got) >= 3:
                function = got[1]
                need = 5 if function & 0x80 else 5 + got[2] if function in (READ, READ_INPUT) else 8
                if len(got) >= need:
                    if len(got) > need:
                        raise ValueError(f"bytes behind the answer: {got.hex()}")
                    if quick_crc(got[:-2]) != got[-2:]:
                        raise ValueError(f"wrong CRC: {got.hex()}")
                    return got[0], got[1:-2]
            if not select.select([self.fd], [], [], max(0, end - time.monotonic()))[0]:
                raise Silent(f"no answer, {got.hex() or 'nothing'} heard")
            got += os.read(self.fd, 4096)

    def ask(self, unit, pdu):
        self.send(self.frame(unit, pdu))
        replier, reply = self.receive()
        if replier != unit:
            raise ValueError(f"an answer of unit {replier} instead of {unit}")
        return answer(pdu, reply)

    def ask_many(self, unit, pdus):
        out = []
        for pdu in pdus:
            try:
                out.append(self.ask(unit, pdu))
            except Refused as refused:
                out.append(refused)
        return out

    def close(self):
        os.close(self.fd)


class Cable(threading.Thread):
    """Two serial devices joined crosswise. What one sends at another bit rate than the other has arrives as garbage."""

    def __init__(self):
        super().__init__(daemon=True)
        self.ends = []
        for _ in range(2):
            master, slave = pty.openpty()
            tty.setraw(slave)
            # the slave stays open, so that a device that goes away and comes back finds the line as it was
            self.ends.append((master, slave))
        self.paths = [os.ttyname(slave) for _, slave in self.ends]
        self.start()

    def speed(self, end):
        return termios.tcgetattr(self.ends[end][1])[4]

    def baud(self, end):
        speed = self.speed(end)
        return next((int(name[1:]) for name in dir(termios) if name[0] == "B" and name[1:].isdigit() and getattr(termios, name) == speed), 0)

    def run(self):
        masters = [master for master, _ in self.ends]
        while True:
            for master in select.select(masters, [], [])[0]:
                data = os.read(master, 4096)
                here = masters.index(master)
                if self.speed(0) != self.speed(1):
                    data = bytes((byte * 37 + 11) & 0xFF for byte in data)
                os.write(masters[1 - here], data)


class Device:
    """One unit on a link."""

    def __init__(self, link, unit):
        self.link = link
        self.unit = unit

    def read(self, address, count):
        """Bytes, of any number of registers."""
        spans = [(at, min(125, address + count - at)) for at in range(address, address + count, 125)]
        out = self.link.ask_many(self.unit, [read_pdu(at, length) for at, length in spans])
        for part in out:
            if isinstance(part, Refused):
                raise part
        return b"".join(out)

    def write(self, address, data, function=None):
        self.link.ask(self.unit, write_pdu(address, data, function))
