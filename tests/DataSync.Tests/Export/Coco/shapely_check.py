"""Says where a COCO file's areas and boxes are not what Shapely makes of the regions it was made from."""
import json
import math
import sys

from shapely.affinity import rotate
from shapely.geometry import Point, Polygon, box

regions, coco = json.load(sys.stdin)
found = {a["image_id"]: a for a in coco["annotations"]}
wrong = []


def outline(value, kind, w, h):
    sx, sy = w / 100, h / 100
    if kind == "polygonlabels":
        return Polygon([(x * sx, y * sy) for x, y in value["points"]])
    x, y = value["x"] * sx, value["y"] * sy
    if kind == "ellipselabels":
        # the exact ellipse: its polygon of 96 points is a little smaller
        a, b, t = value["radiusX"] * sx, value["radiusY"] * sy, math.radians(value["rotation"])
        points = [(a * math.cos(2 * math.pi * i / 4000), b * math.sin(2 * math.pi * i / 4000)) for i in range(4000)]
        return Polygon([(x + p * math.cos(t) - q * math.sin(t), y + p * math.sin(t) + q * math.cos(t)) for p, q in points])
    # image coordinates have y downwards, so Shapely's positive angle is clockwise to the eye
    return rotate(box(x, y, x + value["width"] * sx, y + value["height"] * sy), value["rotation"], origin=Point(x, y))


for i, (w, h, kind, value) in enumerate(regions, 1):
    expected = outline(value, kind, w, h).intersection(box(0, 0, w, h))
    annotation = found.get(i)
    if annotation is None:
        if expected.area > 1e-6:
            wrong.append(f"{i}: {kind} {value} is missing")
        continue
    slack = 2e-3 if kind == "ellipselabels" else 1e-9
    left, top, right, bottom = expected.bounds
    bounds = [left, top, right - left, bottom - top]
    if abs(annotation["area"] - expected.area) > slack * expected.area + 1e-6:
        wrong.append(f"{i}: {kind} in {w}x{h} {value}: area {annotation['area']} for {expected.area}")
    if any(abs(a - b) > slack * max(w, h) + 1e-6 for a, b in zip(annotation["bbox"], bounds)):
        wrong.append(f"{i}: {kind} in {w}x{h} {value}: bbox {annotation['bbox']} for {bounds}")

print("\n".join(wrong))
