import calendar, hashlib, json, struct, sys, time

def text(value):
    data = value.encode() if value is not None else b""
    return struct.pack(">I", 0xFFFFFFFF if value is None else len(data)) + data

first = previous = erased = number = None
for line in sys.stdin:
    entry = json.loads(line)
    if first is None:
        first, erased, number = entry["sequence"], 0, entry["sequence"] - 1
        previous = bytes(32) if first == 1 else bytes.fromhex(entry["previous"])
    number += 1
    digest = bytes.fromhex(entry["digest"])
    if entry["salt"] is None:
        erased += 1
    else:
        words = b"".join(text(entry[name]) for name in ("actor", "client", "target", "details"))
        if digest != hashlib.sha256(b"datasync-audit-words/1" + bytes.fromhex(entry["salt"]) + words).digest():
            sys.exit(f"entry {number} has not the words that were written")
    stamp, fraction = entry["time"].rstrip("Z").split(".")
    moment = calendar.timegm(time.strptime(stamp, "%Y-%m-%dT%H:%M:%S")) * 1000000 + int(fraction)
    data = b"datasync-audit/1" + text(entry["tenant_id"]) + struct.pack(">qq", entry["sequence"], moment)
    data += b"".join(text(entry[name]) for name in ("actor_kind", "action", "target_kind", "outcome", "correlation_id"))
    previous = hashlib.sha256(data + digest + previous).digest()
    if entry["sequence"] != number or entry["hash"] != previous.hex():
        sys.exit(f"entry {number} is not what was written")
print(f"entries {first} to {number}, {erased} without their words, the last one is {previous.hex()}")
