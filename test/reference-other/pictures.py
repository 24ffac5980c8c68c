"""Writes pictures.json beside itself: resizing, placing and headers of pictures by OpenCV, SciPy and Pillow. Nothing of
the program is used.
    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install numpy scipy pillow opencv-python-headless
    /tmp/venv/bin/python pictures.py
The files are the smallest of each format that Pillow writes; hostile ones are made from them in the test."""
import base64
import io
import json
from pathlib import Path

import cv2
import numpy as np
from PIL import Image
from scipy import ndimage

rng = np.random.default_rng(5)


def resized():
    cases = []
    for (w, h), (to_w, to_h) in [((40, 30), (20, 10)), ((37, 23), (20, 9)), ((64, 39), (20, 12)), ((7, 5), (28, 20)), ((9, 9), (9, 9))]:
        picture = rng.integers(0, 256, (h, w)).astype(np.float32)
        way = cv2.INTER_AREA if to_w < w else cv2.INTER_LINEAR
        small = cv2.resize(picture, (to_w, to_h), interpolation=way)
        cases.append({"width": w, "height": h, "values": picture.astype(int).ravel().tolist(), "toWidth": to_w, "toHeight": to_h, "resized": small.ravel().round(4).tolist()})
    return cases


def subject():
    """A tilted bar on black, placed as MNIST's digits are: box to 20, centre of mass to the centre of 28."""
    picture = np.zeros((120, 90), np.float32)
    cv2.line(picture, (20, 100), (60, 15), 255, 9)
    cv2.circle(picture, (60, 90), 12, 200, -1)
    ink = np.argwhere(picture >= 0.2 * picture.max())
    (top, left), (bottom, right) = ink.min(0), ink.max(0) + 1
    crop = picture[top:bottom, left:right]
    scale = 20 / max(crop.shape)
    small = cv2.resize(crop, (round(crop.shape[1] * scale), round(crop.shape[0] * scale)), interpolation=cv2.INTER_AREA)
    y, x = ndimage.center_of_mass(small)
    y0, x0 = round(13.5 - y), round(13.5 - x)
    placed = np.zeros((28, 28), np.float32)
    placed[y0 : y0 + small.shape[0], x0 : x0 + small.shape[1]] = small
    return {"width": 90, "height": 120, "values": picture.astype(int).ravel().tolist(), "mass": [x, y], "placed": placed.ravel().round(4).tolist()}


def files():
    picture = Image.fromarray(rng.integers(0, 256, (11, 17, 3)).astype(np.uint8))
    made = {}
    for name, options in {"png": {}, "gif": {}, "bmp": {}, "jpeg": {}, "webp": {"lossless": False}}.items():
        out = io.BytesIO()
        picture.save(out, name, **options)
        made[name] = out
    for name, options in {"webp-lossless": {"lossless": True}, "jpeg-progressive": {"progressive": True, "comment": b"x" * 900}}.items():
        out = io.BytesIO()
        picture.save(out, name.split("-")[0], **options)
        made[name] = out
    out = io.BytesIO()
    picture.convert("RGBA").save(out, "webp", lossless=True, exif=b"Exif\0\0x")  # with metadata the extended header comes first
    made["webp-extended"] = out
    return {name: base64.b64encode(out.getvalue()).decode() for name, out in made.items()}


luma = [[[r, g, b], Image.new("RGB", (1, 1), (r, g, b)).convert("L").getpixel((0, 0))] for r, g, b in rng.integers(0, 256, (40, 3)).tolist()]
content = {"resized": resized(), "subject": subject(), "files": files(), "luma": luma}
Path(__file__).with_name("pictures.json").write_text(json.dumps(content, separators=(",", ":")) + "\n")
