"""What every peer shares: the work's description, the data, the first weights, and the line protocol.

A peer is started as `python PEER.py MODE SPEC`, SPEC being one JSON object:
  images     path of an IDX file of uint8 images; `count`, how many of them are trained on
  network    "dense" or "conv"; encoder, decoder: sizes of the hidden layers; filters: {"encoder", "decoder"} (conv)
  latent, activation ("relu" | "softplus"), objective ("elbo" | "tutorial"), dynamic (pixels redrawn for each batch)
  batch, rate (Adam's), chunk (steps between two readings of the metrics)
It prints {"ready": ...} once everything is compiled, then for each line `go STEPS EVERY` on stdin trains STEPS steps,
reading the metrics every EVERY steps, and prints {"milliseconds", "metrics": [reconstruction, kl, objective]} with the
means over the last reading. An empty stdin ends it.
"""
import json
import resource
import sys
import time

import numpy as np

mode = sys.argv[1]
spec = json.loads(sys.argv[2])
started = time.perf_counter()


def images():
    """[count, D] uint8."""
    with open(spec["images"], "rb") as file:
        data = np.frombuffer(file.read(), np.uint8, offset=16)
    return data.reshape(-1, 784)[: spec["count"]].copy()


def glorot(shape):
    """A Glorot-uniform weight and its zero bias; shape ends in (in, out)."""
    field = int(np.prod(shape[:-2]))
    limit = np.sqrt(6 / (field * (shape[-2] + shape[-1])))
    return generator.uniform(-limit, limit, shape).astype(np.float32), np.zeros(shape[-1], np.float32)


def dense_layers(sizes):
    return [glorot(pair) for pair in zip(sizes, sizes[1:])]


class Order:
    """The shuffled order of an epoch, redrawn when a chunk would cross its end."""

    def __init__(self):
        self.whole = spec["count"] // spec["batch"]
        self.at = self.whole

    def next(self, steps):
        """(first step within the epoch, a fresh order of the images or None)."""
        fresh = None
        if self.at + steps > self.whole:
            fresh = generator.permutation(spec["count"]).astype(np.int32)
            self.at = 0
        first, self.at = self.at, self.at + steps
        return first, fresh


def serve(versions, run):
    """run(steps, every) -> numpy array [3], the mean metrics of the last reading."""
    run(spec["chunk"], spec["chunk"])
    run(3, 1)
    say({"ready": {"versions": versions, "seconds": time.perf_counter() - started}})
    for line in sys.stdin:
        _, steps, every = line.split()
        before = time.perf_counter()
        metrics = run(int(steps), int(every))
        milliseconds = (time.perf_counter() - before) * 1e3
        resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        say({"milliseconds": milliseconds, "metrics": [float(value) for value in metrics], "residentBytes": resident})


def say(message):
    print(json.dumps(message), flush=True)


generator = np.random.default_rng(0)
