"""Writes path.json beside itself: paths between latent points by SciPy. Nothing of the program is used.
    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install scipy && /tmp/venv/bin/python paths.py
Slerp of points that have a length (White 2016): SciPy walks the unit sphere; what it found there, written as
a combination of the two unit vectors, is applied to the vectors as they are."""
import json
from pathlib import Path

import numpy as np
from scipy.interpolate import interp1d
from scipy.spatial import geometric_slerp

rng = np.random.default_rng(16)


def slerp(a, b, t):
    units = np.stack([a / np.linalg.norm(a), b / np.linalg.norm(b)])
    on_sphere = geometric_slerp(units[0], units[1], t)  # [steps, Z]
    shares = np.linalg.lstsq(units.T, on_sphere.T, rcond=None)[0].T  # [steps, 2]
    return shares @ np.stack([a, b])


def legs(points, steps, between):
    t = np.linspace(0, 1, steps)
    walked = [between(a, b, t) for a, b in zip(points, points[1:])]
    return np.concatenate([walked[0], *[leg[1:] for leg in walked[1:]]])


def lerp(a, b, t):
    return interp1d([0, 1], np.stack([a, b]), axis=0)(t)


cases = []
for size, count, steps in [(2, 2, 12), (2, 4, 7), (3, 3, 2), (8, 3, 5), (64, 2, 4)]:
    points = rng.normal(size=(count, size)) * rng.uniform(0.2, 3, size=(count, 1))
    cases.append({"points": points.tolist(), "steps": steps, "lerp": legs(points, steps, lerp).tolist(), "slerp": legs(points, steps, slerp).tolist()})
(Path(__file__).parent / "path.json").write_text(json.dumps(cases))
