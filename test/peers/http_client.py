"""Python's own HTTP client against the server at PORT: prints "ok" when every answer is as it should be."""

import gzip
import http.client
import json
import socket
import sys
import urllib.error
import urllib.request

port = int(sys.argv[1])
base = f"http://127.0.0.1:{port}"


def expect(what, got, wanted):
    if got != wanted:
        raise SystemExit(f"{what}: {got!r}, not {wanted!r}")


# one connection for many requests
connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
connection.connect()
first = connection.sock
for number in range(50):
    connection.request("GET", f"/device/{number}/point/W?unit=kW")
    response = connection.getresponse()
    expect("status", response.status, 200)
    expect("json", json.loads(response.read()), [str(number), "W", "kW"])
expect("same connection", connection.sock is first, True)

connection.request("HEAD", "/big")
response = connection.getresponse()
expect("HEAD length", response.getheader("Content-Length"), "300000")
expect("HEAD body", response.read(), b"")

body = bytes(i % 256 for i in range(60000))
connection.request("POST", "/echo", body=body)
expect("echo", connection.getresponse().read(), body)
connection.request("POST", "/echo", body=(body[i : i + 1000] for i in range(0, 60000, 1000)), encode_chunked=True,
                   headers={"Transfer-Encoding": "chunked"})
expect("chunked echo", connection.getresponse().read(), body)

connection.request("GET", "/", headers={"Accept-Encoding": "gzip"})
response = connection.getresponse()
expect("encoding", response.getheader("Content-Encoding"), "gzip")
page = gzip.decompress(response.read())
tag = response.getheader("ETag")
connection.request("GET", "/", headers={"Accept-Encoding": "gzip", "If-None-Match": tag})
response = connection.getresponse()
expect("304", (response.status, response.read()), (304, b""))

with urllib.request.urlopen(f"{base}/", timeout=5) as response:
    expect("plain page", response.read(), page)
with urllib.request.urlopen(f"{base}/big", timeout=5) as response:
    expect("big", response.read(), bytes(i % 251 for i in range(300000)))
try:
    urllib.request.urlopen(f"{base}/nothing", timeout=5)
    raise SystemExit("404 expected")
except urllib.error.HTTPError as error:
    expect("404", (error.code, json.loads(error.read())), (404, {"error": "Not Found"}))
connection.request("POST", "/echo", body=b"x" * 70000)
response = connection.getresponse()
expect("413", (response.status, json.loads(response.read())["error"]), (413, "body over 65536 bytes"))
connection.close()

# pipelined: all answers in order on one connection
with socket.create_connection(("127.0.0.1", port), timeout=5) as raw:
    count = 100
    raw.sendall(b"".join(b"GET /device/%d/point/A HTTP/1.1\r\nHost: h\r\n\r\n" % i for i in range(count)))
    got = b""
    while got.count(b"HTTP/1.1 200 OK") < count or not got.endswith(b"]"):
        piece = raw.recv(65536)
        if not piece:
            raise SystemExit("closed early")
        got += piece
    answers = [part.split(b"\r\n\r\n")[1] for part in got.split(b"HTTP/1.1 200 OK")[1:]]
    expect("order", [json.loads(answer)[0] for answer in answers], [str(i) for i in range(count)])

# a stream of events, read as EventSource reads it
with socket.create_connection(("127.0.0.1", port), timeout=5) as raw:
    raw.sendall(b"GET /events HTTP/1.1\r\nHost: h\r\nAccept: text/event-stream\r\n\r\n")
    lines = raw.makefile("r", encoding="utf-8", newline="\n")
    expect("stream", lines.readline(), "HTTP/1.1 200 OK\r\n")
    while lines.readline() != "\r\n":
        pass
    events = []
    event = {}
    while len(events) < 5:
        line = lines.readline()[:-1]
        if line == "":
            if event:
                events.append(event)
            event = {}
        elif not line.startswith(":"):
            field, _, value = line.partition(": ")
            event[field] = f"{event[field]}\n{value}" if field in event else value
    numbers = [int(event["id"]) for event in events]
    expect("ids", numbers, list(range(numbers[0], numbers[0] + 5)))
    expect("data", events[0]["data"], f"line {numbers[0]}\nü")

print("ok", flush=True)
