"""Writes shapes.json beside itself: ellipses of Gaussians on a plane by NumPy, Voronoi cells in a square by SciPy.
Nothing of the program is used.
    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install scipy && /tmp/venv/bin/python shapes.py
The cells of a square: Voronoi of the points and of their mirror images at its four sides, which makes the sides edges."""
import json
from pathlib import Path

import numpy as np
from scipy.spatial import ConvexHull, Voronoi

rng = np.random.default_rng(7)


def ellipse(size):
    factor = rng.normal(size=(size, size))
    covariance = factor @ factor.T + 0.05 * np.eye(size)
    plane = np.linalg.qr(rng.normal(size=(size, 2)))[0].T  # [2, Z], orthonormal rows
    values, vectors = np.linalg.eigh(plane @ covariance @ plane.T)
    x, y = vectors[:, 1]  # of the larger eigenvalue
    return {
        "covariance": covariance.ravel().tolist(),
        "across": plane[0].tolist(),
        "down": plane[1].tolist(),
        "long": float(np.sqrt(values[1])),
        "short": float(np.sqrt(values[0])),
        "angle": float(np.degrees(np.arctan2(y, x)) % 180),
    }


def cells(count, side):
    points = rng.uniform(0, side, size=(count, 2))
    mirrored = [points]
    for axis in (0, 1):
        for wall in (0, side):
            image = points.copy()
            image[:, axis] = 2 * wall - image[:, axis]
            mirrored.append(image)
    found = Voronoi(np.concatenate(mirrored))
    areas = []
    for i in range(count):
        region = found.regions[found.point_region[i]]
        areas.append(float(ConvexHull(found.vertices[region]).volume))  # in two dimensions the volume is the area
    return {"side": side, "points": points.tolist(), "areas": areas}


document = {
    "made_with": f"numpy {np.__version__}, scipy {__import__('scipy').__version__}",
    "ellipses": [ellipse(size) for size in (2, 2, 3, 10)],
    "cells": [cells(count, 280) for count in (1, 2, 10, 64)],
}
Path(__file__).with_suffix(".json").write_text(json.dumps(document) + "\n")
