"""Plays devices that speak JSON, with servers and clients we did not write: Python's http.server, paho-mqtt.

    json_device.py http '{"/path?query": {...}, ...}'   prints "ready PORT"; what changes something is printed as "got ..."
    json_device.py mqtt PORT '{"will": [topic, text], "say": [[topic, text, retain], ...], "echo": {topic: [topic, {text: text}]}}'

In http a value that is a list gives [status code, body text]; a path that is not there gives 404. POST bodies are looked up
as "POST path body".
"""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def serve(replies):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self, key):
            print("got", key, flush=True)
            reply = replies.get(key, [404, "no such path"])
            code, text = reply if isinstance(reply, list) else (200, json.dumps(reply))
            data = text.encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_GET(self):
            self.answer(self.path)

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.answer(f"POST {self.path} {body}")

        def log_message(self, *_args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print("ready", server.server_address[1], flush=True)
    threading.Event().wait()


def speak(port, spec):
    import paho.mqtt.client as mqtt

    pending = set()

    def connected(client, *_args):
        for topic in spec["echo"]:
            client.subscribe(topic, 1)
        for topic, text, retain in spec["say"]:
            pending.add(client.publish(topic, text, qos=1, retain=retain).mid)

    def published(_client, _data, mid, *_args):
        # the broker has them all: whoever subscribes now gets what it keeps, and nothing else
        if mid in pending:
            pending.remove(mid)
            if not pending:
                print("ready", flush=True)

    def message(client, _data, one):
        text = one.payload.decode()
        print("got", one.topic, text, flush=True)
        topic, answers = spec["echo"][one.topic]
        if text in answers:
            client.publish(topic, answers[text], qos=1)

    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="device")
    client.on_connect = connected
    client.on_message = message
    client.on_publish = published
    will, gone = spec["will"]
    client.will_set(will, gone, qos=1, retain=True)
    client.connect("127.0.0.1", port)
    threading.Thread(target=client.loop_forever, daemon=True).start()
    for line in sys.stdin:
        # "topic text": said now; "bye": the connection breaks
        if line.strip() == "bye":
            client.socket().close()
            sys.exit(0)
        topic, text = line.rstrip("\n").split(" ", 1)
        client.publish(topic, text, qos=1)


if sys.argv[1] == "http":
    serve(json.loads(sys.argv[2]))
else:
    speak(int(sys.argv[2]), json.loads(sys.argv[3]))
