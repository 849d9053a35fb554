"""A paho-mqtt client: prints each message it gets as a JSON line, and answers "ask/..." with the payload backwards.

Usage: mqtt_peer.py PORT FILTER [USER PASSWORD]
"""

import hashlib
import json
import sys

import paho.mqtt.client as mqtt

port, topic_filter = int(sys.argv[1]), sys.argv[2]


def on_connect(client, _data, _flags, code, _properties):
    client.subscribe(topic_filter, qos=1)


def on_subscribe(_client, _data, _mid, codes, _properties):
    print("ready", codes, flush=True)


def on_message(client, _data, message):
    print(
        json.dumps(
            {
                "topic": message.topic,
                "sha256": hashlib.sha256(message.payload).hexdigest(),
                "bytes": len(message.payload),
                "text": message.payload.decode("utf-8", "replace")[:200],
                "qos": message.qos,
                "retain": message.retain,
                "dup": message.dup,
            }
        ),
        flush=True,
    )
    if message.topic.startswith("ask/"):
        client.publish("answer/" + message.topic[4:], message.payload[::-1], qos=1)


client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="paho", protocol=mqtt.MQTTv311)
if len(sys.argv) > 4:
    client.username_pw_set(sys.argv[3], sys.argv[4])
client.on_connect = on_connect
client.on_subscribe = on_subscribe
client.on_message = on_message
client.connect("127.0.0.1", port, keepalive=30)
client.loop_forever()
