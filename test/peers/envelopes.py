"""Validates lines of `mosquitto_sub -v` (topic, JSON) on standard input against the envelope's schema, with jsonschema."""

import json
import sys

import jsonschema

with open(sys.argv[1], encoding="utf-8") as file:
    validator = jsonschema.Draft202012Validator(json.load(file))
count = 0
for line in sys.stdin:
    topic, _, text = line.rstrip("\n").partition(" ")
    if not topic.endswith(("/telemetry", "/event")):
        continue
    body = json.loads(text)
    faults = [fault.message for fault in validator.iter_errors(body)]
    path = topic.split("/")
    if path[:2] != ["openami", "v1"] or path[2:4] != [body["feederId"], body["gatewayId"]] or path[5] != body["meterSerial"]:
        faults.append("the topic does not name the envelope's feeder, gateway and meter")
    if faults:
        print(json.dumps({"topic": topic, "faults": faults}))
        sys.exit(1)
    count += 1
print(json.dumps({"valid": count}))
