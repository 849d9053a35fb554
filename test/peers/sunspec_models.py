"""Reads a JSON list of models from a file, lets pysunspec2 decode and encode each, prints what came out as JSON.
Without "values" a model is only decoded.

In:  [{"id": 705, "bytes": "hex of a whole model", "values": {"ID": 705, ..., "Crv": [{...}]}}]
Out: {"results": [{"decoded": {"Crv[1].Pt[2].V": "17"}, "computed": {...}, "bytes": "hex", "error": ""}],
      "definitions": {"705": the group of the model file}}
Numbers travel as text: JavaScript would round 64-bit ones.
"""
import json
import sys

from sunspec2 import device


def flatten(group, path, out, computed):
    for name, point in group.points.items():
        value = point.cvalue if computed else point.value
        if value is not None:
            out[path + name] = value if isinstance(value, str) else repr(value)
    for name, child in group.groups.items():
        if isinstance(child, list):
            for number, member in enumerate(child):
                flatten(member, f"{path}{name}[{number + 1}].", out, computed)
        else:
            flatten(child, f"{path}{name}.", out, computed)
    return out


def numbers(group_def, values):
    """Text of the numeric points to int or float, as pysunspec2 wants them."""
    for point in group_def["points"]:
        name, kind = point["name"], point["type"]
        if isinstance(values.get(name), str) and kind not in ("string", "ipv6addr", "eui48"):
            values[name] = float(values[name]) if kind.startswith("float") else int(values[name])
    for child in group_def.get("groups", []):
        data = values.get(child["name"])
        for member in data if isinstance(data, list) else [data] if data else []:
            numbers(child, member)
    return values


def main():
    results = []
    definitions = {}
    with open(sys.argv[1], encoding="utf-8") as file:
        for case in json.load(file):
            data = bytes.fromhex(case["bytes"])
            length = int.from_bytes(data[2:4], "big")
            theirs = device.Model(model_id=case["id"], model_len=length, data=data)
            made = None
            if "values" in case:
                made = device.Model(model_id=case["id"], data=numbers(theirs.model_def["group"], case["values"]))
            definitions[case["id"]] = device.get_model_def(case["id"], mapping=False)["group"]
            results.append({
                "decoded": flatten(theirs, "", {}, False),
                "computed": flatten(theirs, "", {}, True),
                "bytes": made.get_mb().hex() if made else "",
                "error": theirs.error_info + (made.error_info if made else ""),
            })
    print(json.dumps({"results": results, "definitions": definitions}))


if __name__ == "__main__":
    main()
