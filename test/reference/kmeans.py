"""Writes kmeans.json beside itself: the inertia that scikit-learn's KMeans(n_init=10) reaches on 200 random sets of
overlapping clusters. The sets are not kept: `cluster_set` draws them by a small generator that test/engine/kmeans.test.ts
repeats to the last bit. Nothing of the program is used. Made with Python 3.11, numpy 2.4.6, scikit-learn 1.9.1.
    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install numpy scikit-learn && /tmp/venv/bin/python kmeans.py"""
import json
from pathlib import Path

import numpy as np
from sklearn.cluster import KMeans

SETS = 200


class Uniforms:
    """Numerical Recipes' 32-bit linear congruential generator: x <- 1664525 x + 1013904223, as x / 2^32."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (1664525 * self.state + 1013904223) % 2**32
        return self.state / 2**32

    def normal(self):
        """Nearly normal, and exact in every language: twelve uniforms, whose sum has variance 1."""
        return sum(self.next() for _ in range(12)) - 6


def cluster_set(index):
    """Points N x D around k centres in a box; deviation 1, so narrow a box that the clusters overlap."""
    random = Uniforms(index + 1)
    D, k, N = 2 + index % 5, 3 + index % 18, 300 + 50 * (index % 7)
    side = 3 + 5 * random.next()
    centres = [[side * random.next() for _ in range(D)] for _ in range(k)]
    points = [[centres[i % k][d] + random.normal() for d in range(D)] for i in range(N)]
    return np.array(points), k


if __name__ == "__main__":
    inertia = []
    for index in range(SETS):
        points, k = cluster_set(index)
        inertia.append(float(f"{KMeans(n_clusters=k, n_init=10, random_state=index).fit(points).inertia_:.10g}"))
    about = "K-means by scikit-learn 1.9.1, n_init=10, random_state the set's index; the sets are those of kmeans.py"
    points, _ = cluster_set(7)
    content = {"about": about, "eighth_set_first_point": points[0].tolist(), "inertia": inertia}
    Path(__file__).with_suffix(".json").write_text(json.dumps(content) + "\n")
