"""JAX: `step` (one jitted step a call) or `scan` (lax.scan over the steps between two readings)."""
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

import work
from work import mode, spec

# XLA's own generator: threefry, JAX's default, takes several times as long on a CPU.
jax.config.update("jax_default_prng_impl", "rbg")
B, Z, rate = spec["batch"], spec["latent"], spec["rate"]
tutorial, convolutional = spec["objective"] == "tutorial", spec["network"] == "conv"
activation = jax.nn.softplus if spec["activation"] == "softplus" else jax.nn.relu


def parameters():
    if not convolutional:
        return {"encoder": work.dense_layers([784, *spec["encoder"], 2 * Z]), "decoder": work.dense_layers([Z, *spec["decoder"], 784])}
    filters, up = spec["filters"]["encoder"], spec["filters"]["decoder"]
    return {
        "down": [work.glorot((3, 3, a, b)) for a, b in zip([1, *filters], filters)],
        "encoder": work.dense_layers([49 * filters[-1], *spec["encoder"], 2 * Z]),
        "decoder": work.dense_layers([Z, *spec["decoder"], 49 * filters[-1]]),
        "up": [work.glorot((3, 3, a, b)) for a, b in zip([filters[-1], *up], up)],
        "out": work.glorot((3, 3, up[-1], 1)),
    }


def through(layers, h, last):
    for index, (weight, bias) in enumerate(layers):
        h = h @ weight + bias
        if index < len(layers) - 1 or not last:
            h = activation(h)
    return h


# XLA's own convolutions, and above all their gradients, take up to 20 times as long on a CPU as the products below:
# a 3x3 kernel of stride 2 touches 2x2 blocks of 2x2 pixels, so it is one product over blocks (with 7 of 16 taps zero).
def as_blocks(weight):
    """[3, 3, in, out] -> block, pixel in it: [2, 2, 2, 2, in, out], axes (block row, block column, row, column)."""
    whole = jnp.pad(weight, ((0, 1), (0, 1), (0, 0), (0, 0)))
    return whole.reshape(2, 2, 2, 2, *weight.shape[2:]).transpose(0, 2, 1, 3, 4, 5)


def neighbours(x, before, after):
    """The blocks (0, 0), (0, 1), (1, 0), (1, 1) from each place on, side by side: [B, h, w, C] -> [B, h, w, 4 C]"""
    _, height, width, _ = x.shape
    framed = jnp.pad(x, ((0, 0), (before, after), (before, after), (0, 0)))
    at = [(i, j) if after else (1 - i, 1 - j) for i in range(2) for j in range(2)]
    return jnp.concatenate([framed[:, i : i + height, j : j + width] for i, j in at], -1)


def convolution(x, weight):
    """Stride 2. [B, 2h, 2w, in] -> [B, h, w, out]"""
    _, height, width, channels = x.shape
    blocks = x.reshape(B, height // 2, 2, width // 2, 2, channels).transpose(0, 1, 3, 2, 4, 5)
    blocks = blocks.reshape(B, height // 2, width // 2, 4 * channels)
    return neighbours(blocks, 0, 1) @ as_blocks(weight).reshape(-1, weight.shape[-1])


def transposed(x, weight):
    """Stride 2. [B, h, w, in] -> [B, 2h, 2w, out]"""
    _, height, width, channels = x.shape
    out = weight.shape[-1]
    kernel = as_blocks(weight).transpose(0, 1, 4, 2, 3, 5).reshape(4 * channels, 4 * out)
    y = (neighbours(x, 1, 0) @ kernel).reshape(B, height, width, 2, 2, out)
    return y.transpose(0, 1, 3, 2, 4, 5).reshape(B, 2 * height, 2 * width, out)


def transposed_to_few(x, weight):
    """Stride 1: a product gives what every tap adds; the taps are shifted and summed. -> [B, h, w, out]"""
    out = weight.shape[-1]
    taps = x @ weight.transpose(2, 0, 1, 3).reshape(x.shape[-1], -1)  # [B, h, w, 9 out]
    shifted = [
        jnp.pad(taps[..., (3 * r + c) * out : (3 * r + c + 1) * out], ((0, 0), (r, 2 - r), (c, 2 - c), (0, 0)))
        for r in range(3)
        for c in range(3)
    ]
    return sum(shifted)[:, 1:-1, 1:-1]


def encode(p, x):
    if not convolutional:
        return through(p["encoder"], x, True)
    h = x.reshape(B, 28, 28, 1)
    for weight, bias in p["down"]:
        h = activation(convolution(h, weight) + bias)
    return through(p["encoder"], h.reshape(B, -1), True)


def decode(p, z):
    if not convolutional:
        return through(p["decoder"], z, True)
    h = through(p["decoder"], z, False).reshape(B, 7, 7, -1)
    for weight, bias in p["up"]:
        h = activation(transposed(h, weight) + bias)
    weight, bias = p["out"]
    return (transposed_to_few(h, weight) + bias).reshape(B, -1)


def loss(p, rows, key):
    """rows: [B, D] uint8 -> objective, metrics [3]."""
    pixel_key, latent_key = jax.random.split(key)
    x = rows.astype(jnp.float32) / 255
    if spec["dynamic"]:
        bits = jax.random.bits(pixel_key, x.shape, "uint16")  # 16 bits are enough for 256 grey values, and half the words
        x = (bits.astype(jnp.float32) * 2**-16 < x).astype(jnp.float32)
    posterior = encode(p, x)
    mean, log_variance = posterior[:, :Z], posterior[:, Z:]
    logits = decode(p, mean + jnp.exp(0.5 * log_variance) * jax.random.normal(latent_key, mean.shape))
    kl = 0.5 * jnp.sum(jnp.exp(log_variance) + mean * mean - 1 - log_variance) / B
    if tutorial:
        total = 0.5 * jnp.sum((jax.nn.sigmoid(logits) - x) ** 2)
        objective = total + kl
    else:
        total = jnp.sum(jax.nn.softplus(logits) - x * logits)
        objective = total / B + kl
    return objective, jnp.stack([total / B, kl, objective])


def step(state, index, data, order):
    p, m, v, t, key = state
    key, drawn = jax.random.split(key)
    rows = data[lax.dynamic_slice(order, (index * B,), (B,))]
    gradients, metrics = jax.grad(loss, has_aux=True)(p, rows, drawn)
    t = t + 1
    m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, gradients)
    v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, gradients)
    c1, c2 = 1 - 0.9**t, 1 - 0.999**t
    p = jax.tree.map(lambda p, m, v: p - rate * (m / c1) / (jnp.sqrt(v / c2) + 1e-8), p, m, v)
    return (p, m, v, t, key), metrics


@partial(jax.jit, donate_argnums=0)
def one(state, index, data, order):
    return step(state, index, data, order)


@partial(jax.jit, donate_argnums=0, static_argnums=4)
def scan(state, first, data, order, steps):
    return lax.scan(lambda carry, index: step(carry, index, data, order), state, first + jnp.arange(steps, dtype=jnp.int32))


data = jnp.asarray(work.images())
order = None
epochs = work.Order()
p = jax.tree.map(jnp.asarray, parameters())
zeros = jax.tree.map(jnp.zeros_like, p)
state = (p, zeros, jax.tree.map(jnp.zeros_like, p), jnp.float32(0), jax.random.key(0))


def run(steps, every):
    global state, order
    values = None
    for start in range(0, steps, every):
        count = min(every, steps - start)
        first, fresh = epochs.next(count)
        if fresh is not None:
            order = jnp.asarray(fresh)
        if mode == "scan":
            state, rows = scan(state, np.int32(first), data, order, count)
            values = np.asarray(rows).mean(0)
        else:
            rows = []
            for i in range(count):
                state, metrics = one(state, np.int32(first + i), data, order)
                rows.append(metrics)
            values = np.mean([np.asarray(row) for row in rows], 0)
    return values


work.serve({"jax": jax.__version__, "devices": str(jax.devices())}, run)
