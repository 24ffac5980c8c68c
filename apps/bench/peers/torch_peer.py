"""PyTorch: `eager`, or `compile` (forward and backward by torch.compile). Adam is PyTorch's fused one in both."""
import time

import numpy as np
import torch
import torch.nn.functional as F

import work
from work import mode, spec

torch.manual_seed(0)
B, Z = spec["batch"], spec["latent"]
tutorial = spec["objective"] == "tutorial"
activation = F.softplus if spec["activation"] == "softplus" else F.relu
X = torch.from_numpy(work.images())  # [N, D] uint8


def dense(sizes):
    layers = []
    for weight, bias in work.dense_layers(sizes):
        layer = torch.nn.Linear(weight.shape[0], weight.shape[1])
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(weight.T.copy()))
            layer.bias.copy_(torch.from_numpy(bias))
        layers.append(layer)
    return torch.nn.ModuleList(layers)


def through(layers, h, last):
    for index, layer in enumerate(layers):
        h = layer(h)
        if index < len(layers) - 1 or not last:
            h = activation(h)
    return h


class Dense(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = dense([784, *spec["encoder"], 2 * Z])
        self.decoder = dense([Z, *spec["decoder"], 784])

    def encode(self, x):
        return through(self.encoder, x, True)

    def decode(self, z):
        return through(self.decoder, z, True)


class Convolutional(torch.nn.Module):
    """28 -> 14 -> 7 by stride 2, dense head; 7 -> 14 -> 28 by transposed convolutions, and one of stride 1."""

    def __init__(self):
        super().__init__()
        filters, up = spec["filters"]["encoder"], spec["filters"]["decoder"]
        self.bottom = filters[-1]
        pairs = zip([1, *filters], filters)
        self.down = torch.nn.ModuleList([torch.nn.Conv2d(a, b, 3, 2, 1) for a, b in pairs])
        self.head = dense([49 * filters[-1], *spec["encoder"], 2 * Z])
        self.foot = dense([Z, *spec["decoder"], 49 * filters[-1]])
        pairs = zip([filters[-1], *up], up)
        self.up = torch.nn.ModuleList([torch.nn.ConvTranspose2d(a, b, 3, 2, 1, 1) for a, b in pairs])
        self.out = torch.nn.ConvTranspose2d(up[-1], 1, 3, 1, 1)
        for layer in [*self.down, *self.up, self.out]:
            torch.nn.init.xavier_uniform_(layer.weight)
            torch.nn.init.zeros_(layer.bias)

    def encode(self, x):
        h = x.view(-1, 1, 28, 28)
        for layer in self.down:
            h = activation(layer(h))
        return through(self.head, h.flatten(1), True)

    def decode(self, z):
        h = through(self.foot, z, False).view(-1, self.bottom, 7, 7)
        if channels_last:
            h = h.contiguous(memory_format=torch.channels_last)
        for layer in self.up:
            h = activation(layer(h))
        return self.out(h).flatten(1)


# Convolutions are fastest channels last, measured 1.3 to 2 times on CPUs with AVX-512.
channels_last = spec["network"] == "conv"
model = Convolutional() if channels_last else Dense()
if channels_last:
    model = model.to(memory_format=torch.channels_last)
adam = torch.optim.Adam(model.parameters(), spec["rate"], fused=True)


def loss(rows):
    """rows: [B, D] uint8 -> objective, metrics [3]."""
    x = rows.float() / 255
    if spec["dynamic"]:
        x = (torch.rand_like(x) < x).float()
    posterior = model.encode(x)
    mean, log_variance = posterior[:, :Z], posterior[:, Z:]
    logits = model.decode(mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean))
    kl = 0.5 * torch.sum(log_variance.exp() + mean * mean - 1 - log_variance) / B
    if tutorial:
        total = 0.5 * torch.sum((torch.sigmoid(logits) - x) ** 2)
        objective = total + kl
    else:
        total = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
        objective = total / B + kl
    return objective, torch.stack([total / B, kl, objective]).detach()


order = torch.zeros(0, dtype=torch.int64)
epochs = work.Order()


def step(index):
    rows = X.index_select(0, order[index * B : (index + 1) * B])
    adam.zero_grad(set_to_none=True)
    objective, metrics = loss(rows)
    objective.backward()
    adam.step()
    return metrics


def run(steps, every):
    global order
    values = None
    for start in range(0, steps, every):
        count = min(every, steps - start)
        first, fresh = epochs.next(count)
        if fresh is not None:
            order = torch.from_numpy(fresh.astype(np.int64))
        values = torch.stack([step(first + i) for i in range(count)]).mean(0).numpy()
    return values


def fastest_threads():
    """One thread or all of them: small steps, and machines that others use too, are often faster with one."""
    times = {}
    for threads in {1, torch.get_num_threads()}:
        torch.set_num_threads(threads)
        run(2, 2)
        before = time.perf_counter()
        run(5, 5)
        times[threads] = time.perf_counter() - before
    return min(times, key=times.get)


torch.set_num_threads(fastest_threads())
if mode == "compile":
    loss = torch.compile(loss)
work.serve({"torch": torch.__version__, "threads": torch.get_num_threads()}, run)
