"""TCP-1 to TCP-3, RTU-1 to RTU-3: what a server does with frames whole, in pieces, too short and for others."""

import struct
import threading
import time

from map import BASE
from wire import Refused, Silent, TcpLink, read_pdu

# By the server's own word: what is left of a request is not waited for longer.
GIVES_UP = 0.5


def expected(der, start, count):
    return der.map.bytes(BASE + start, count)


def tcp_1(der, report):
    """Interface: MBAP as the Messaging Guide has it; units that are not there; what is not Modbus ends a connection."""
    device, link = der.device, der.device.link
    for transaction in (0, 1, 255, 256, 0x7FFF, 0x8000, 0xFFFF):
        link.transaction = (transaction - 1) & 0xFFFF
        report.counts["transactions"] += 1
        report.check(device.read(BASE, 2) == b"SunS", f"transaction {transaction}: no answer to it")
    try:
        link.ask(der.nobody, read_pdu(BASE, 2))
        report.check(False, f"unit {der.nobody} is not there and answers")
    except Refused as refused:
        report.check(refused.code in (10, 11), f"a unit that is not there: exception {refused.code}")
    for junk in (b"GET / HTTP/1.0\r\n\r\n", struct.pack(">HHHBBHH", 1, 7, 6, device.unit, 3, BASE, 2), struct.pack(">HHHB", 1, 0, 9999, device.unit)):
        other = TcpLink(*link.place)
        report.counts["not Modbus"] += 1
        other.socket.sendall(junk)
        try:
            reply = other.receive(0.15)
            report.check(False, f"{junk!r} is answered with {reply}")
        except (Silent, OSError):
            pass
        other.close()
    second = TcpLink(*link.place)
    report.check(second.ask(device.unit, read_pdu(BASE, 2)) == b"SunS", "a second client gets no answer")
    second.close()
    report.check(device.read(BASE, 2) == b"SunS", "afterwards it does not answer")


def tcp_2(der, report):
    """A request that ends early; after it another one, whole, on the same connection, is answered, and alone."""
    unit = der.device.unit
    der.map.refresh()
    for cuts in ((1, 6, 8, 11), (4, 7, 9, 2)):
        threads = []
        for cut in cuts:
            threads.append(threading.Thread(target=partial, args=(der, report, unit, cut)))
            threads[-1].start()
        for thread in threads:
            thread.join()
    # one that goes away in the middle
    link = TcpLink(*der.device.link.place)
    link.socket.sendall(link.frame(unit, read_pdu(BASE, 2))[:9])
    link.close()
    report.check(der.device.read(BASE, 2) == b"SunS", "after a client that left it does not answer")


def partial(der, report, unit, cut):
    try:
        link = TcpLink(*der.device.link.place)
        link.socket.sendall(link.frame(unit, read_pdu(BASE + 4, 10))[:cut])
        spoiled = link.transaction
        try:
            early = link.receive(GIVES_UP + 0.1)
            report.check(False, f"{cut} bytes of a request are answered: {early[2].hex()}")
        except Silent as silent:
            closed = str(silent) == "closed"
            if closed:
                link = TcpLink(*der.device.link.place)
        link.socket.sendall(link.frame(unit, read_pdu(BASE, 3)))
        transaction, replier, pdu = link.receive()
        report.counts["cut requests"] += 1
        right = (transaction, replier, pdu) == (link.transaction, unit, b"\x03\x06" + expected(der, 0, 3))
        report.check(right and transaction != spoiled, f"after {cut} bytes of a request: {pdu.hex()} to {transaction}")
        link.close()
    except Exception:
        report.crash()


def tcp_3(der, report):
    """A request in several packets is one; several requests in a packet are all answered, in their order."""
    unit = der.device.unit
    der.map.refresh()
    link = TcpLink(*der.device.link.place)
    wanted = b"\x03\x14" + expected(der, 2, 10)
    for cut in range(1, 12):
        frame = link.frame(unit, read_pdu(BASE + 2, 10))
        link.socket.sendall(frame[:cut])
        time.sleep(0.01)
        link.socket.sendall(frame[cut:])
        report.counts["requests in two packets"] += 1
        report.check(link.receive()[2] == wanted, f"split behind byte {cut}: another answer")
    frame = link.frame(unit, read_pdu(BASE + 2, 10))
    for byte in frame:
        link.socket.sendall(bytes([byte]))
        time.sleep(0.003)
    report.check(link.receive()[2] == wanted, "byte by byte: another answer")
    frames = [link.frame(unit, read_pdu(BASE + at, 5)) for at in range(20)]
    link.socket.sendall(b"".join(frames))
    try:
        for at, frame in enumerate(frames):
            transaction, _, pdu = link.receive(1.0)
            report.counts["requests in one packet"] += 1
            report.check(
                transaction == struct.unpack(">H", frame[:2])[0] and pdu[2:] == expected(der, at, 5), f"request {at + 1} of 20 in one packet: another answer"
            )
    except Silent as silent:
        report.check(False, f"20 requests in one packet: {silent}")
    # the end of one and the beginning of the next in one packet
    a, b = (link.frame(unit, read_pdu(BASE + at, 5)) for at in (0, 1))
    both = a + b
    try:
        for piece in (both[:7], both[7:17], both[17:]):
            link.socket.sendall(piece)
            time.sleep(0.01)
        report.check(link.receive(1.0)[2][2:] == expected(der, 0, 5), "two requests in three packets: the first has another answer")
        report.check(link.receive(1.0)[2][2:] == expected(der, 1, 5), "two requests in three packets: the second has another answer")
    except Silent as silent:
        report.check(False, f"two requests in three packets: {silent}")
    link.close()


def rtu_1(der, report):
    """Interface: frames with a CRC, each unit for itself, silence for what is garbled or for others."""
    device, link = der.device, der.device.link
    der.map.refresh()
    for start, count in ((0, 2), (0, 68), (2, 1), (60, 8)):
        report.counts["frames"] += 1
        report.check(device.read(BASE + start, count) == expected(der, start, count), f"{count} registers from {start}: another answer")
    frame = link.frame(device.unit, read_pdu(BASE, 2))
    silent = {
        "a wrong CRC": frame[:-1] + bytes([frame[-1] ^ 1]),
        "a changed byte": frame[:3] + bytes([frame[3] ^ 4]) + frame[4:],
        f"unit {der.nobody}, which is not there": link.frame(der.nobody, read_pdu(BASE, 2)),
        "a broadcast read": link.frame(0, read_pdu(BASE, 2)),
    }
    for what, bytes_ in silent.items():
        report.counts["silences"] += 1
        link.send(bytes_)
        heard = link.heard(0.25)
        report.check(heard == b"", f"{what} is answered with {heard.hex()}")
        report.check(device.read(BASE, 2) == b"SunS", f"after {what} no answer")


def rtu_3(der, report):
    """A request that ends early is not answered; the next one, whole, is."""
    device, link = der.device, der.device.link
    frame = link.frame(device.unit, read_pdu(BASE + 4, 10))
    for cut in range(1, len(frame)):
        report.counts["cut requests"] += 1
        link.send(frame[:cut])
        heard = link.heard(0.25)
        report.check(heard == b"", f"{cut} bytes of a request are answered with {heard.hex()}")
        try:
            report.check(device.read(BASE, 3) == expected(der, 0, 3), f"after {cut} bytes of a request: another answer")
        except (Silent, ValueError) as error:
            report.check(False, f"after {cut} bytes of a request: {error}")
            link.heard(0.1)


def rtu_2(der, report, baud, cable):
    """At a bit rate: the line of the device has it, and requests are answered; at another one they are not."""
    from device_tests import dev_1, dev_2  # here, as this is what is repeated

    device, link = der.device, der.device.link
    report.check(cable.baud(0) == baud, f"the line of the device has {cable.baud(0)} baud, not {baud}")
    report.counts["bit rates"] += 1
    try:
        report.check(device.read(BASE, 2) == b"SunS", f"no SunS at {baud} baud")
        # a device that was just restarted may have to be asked first who it is
        end = time.monotonic() + 15
        while device.read(BASE + 4, 16) == bytes(32) and time.monotonic() < end:
            time.sleep(0.1)
        der.map.refresh()
        report.check(device.read(BASE, 68) == expected(der, 0, 68), f"68 registers differ at {baud} baud")
        dev_1(der, report)
        dev_2(der, report)
    except (Silent, ValueError) as error:
        report.check(False, f"at {baud} baud: {error}")
        return
    other = 9600 if baud != 9600 else 19200
    link.set_baud(other)
    link.send(link.frame(device.unit, read_pdu(BASE, 2)))
    heard = link.heard(0.05)
    link.set_baud(baud)
    # what was garbled must have ended before something else begins
    time.sleep(0.2)
    report.check(heard == b"", f"a request at {other} baud is answered at {baud}: {heard.hex()}")
