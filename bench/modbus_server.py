"""The other end of the bench: a pty and a TCP port, which it names, answering every read of 18 registers at once."""

import os
import socket
import threading
import tty

COUNT = 18


def crc(data):
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ 0xA001 if value & 1 else value >> 1
    return value.to_bytes(2, "little")


body = bytes([1, 3, 2 * COUNT]) + b"".join((1000 + i).to_bytes(2, "big") for i in range(COUNT))
reply = body + crc(body)
request = bytes([1, 3, 0, 0, 0, COUNT])
request += crc(request)


def serve_tcp(listener):
    while True:
        client, _ = listener.accept()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        pending = b""
        while chunk := client.recv(4096):
            pending += chunk
            while len(pending) >= 12:
                client.sendall(pending[:4] + len(body).to_bytes(2, "big") + body)
                pending = pending[12:]
        client.close()


listener = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=serve_tcp, args=(listener,), daemon=True).start()

master, slave = os.openpty()
tty.setraw(slave)
# the slave stays open here, so that one client after the other may come and go
os.write(1, f"{os.ttyname(slave)} {listener.getsockname()[1]}\n".encode())
pending = b""
while True:
    pending += os.read(master, 256)
    while len(pending) >= 8:
        if pending[:8] == request:
            os.write(master, reply)
            pending = pending[8:]
        else:
            pending = pending[1:]
