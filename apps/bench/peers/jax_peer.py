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


def encode(p, x):
    if not convolutional:
        return through(p["encoder"], x, True)
    h = x.reshape(B, 28, 28, 1)
    for weight, bias in p["down"]:
        h = activation(lax.conv_general_dilated(h, weight, (2, 2), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")) + bias)
    return through(p["encoder"], h.reshape(B, -1), True)


def decode(p, z):
    if not convolutional:
        return through(p["decoder"], z, True)
    h = through(p["decoder"], z, False).reshape(B, 7, 7, -1)
    for weight, bias in p["up"]:
        h = activation(lax.conv_transpose(h, weight, (2, 2), "SAME") + bias)
    weight, bias = p["out"]
    return (lax.conv_transpose(h, weight, (1, 1), "SAME") + bias).reshape(B, -1)


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
