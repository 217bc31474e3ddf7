"""Says where the tables of an exported folder, read by pandas as it reads without being told anything, are not the records that went in."""
import json
import math
import os
import sys

import pandas

given = json.load(sys.stdin)
folder, records = given["folder"], {r["id"]: r for r in given["records"]}
readers = {"jsonl": lambda path: pandas.read_json(path, lines=True), "csv": pandas.read_csv}
wrong = []


def same(expected, found):
    if expected is None:
        return found is None or (not isinstance(found, (list, dict)) and pandas.isna(found))
    if isinstance(expected, float):
        return math.isclose(expected, found, rel_tol=1e-9)
    return expected == found


def flat(record, prefix=""):
    """A record as CSV has it: members of members by their path, lists as text."""
    for name, value in record.items():
        if isinstance(value, dict):
            yield from flat(value, prefix + name + ".")
        else:
            yield prefix + name, json.dumps(value, separators=(",", ":")) if isinstance(value, list) else value


seen = {}
with open(os.path.join(folder, "manifest.json"), encoding="utf-8") as manifest:
    files = json.load(manifest)["files"]
for file in files:
    if file["format"] not in readers:
        continue
    table = readers[file["format"]](os.path.join(folder, file["name"]))
    if len(table) != file["records"]:
        wrong.append(f"{file['name']}: {len(table)} rows, {file['records']} records")
    for row in table.to_dict("records"):
        expected = records[row["id"]]
        expected = dict(flat(expected)) if file["format"] == "csv" else expected
        if list(row) != list(expected):
            wrong.append(f"{file['name']}: columns {list(row)}, not {list(expected)}")
            break
        wrong.extend(f"{file['name']}: {name} of {row['id']} is {row[name]!r}, not {value!r}" for name, value in expected.items() if not same(value, row[name]))
        seen.setdefault(file["format"], []).append(row["id"])
for format, ids in seen.items():
    if sorted(ids) != sorted(records):
        wrong.append(f"{format}: {len(ids)} rows of {len(records)} records")
print("\n".join(wrong[:20]))
print("read: " + ",".join(sorted(seen)))
