"""TensorFlow: `function` (tf.function), `xla` (with jit_compile), or `loop` (a while loop of steps with jit_compile).

Adam is TensorFlow's fused kernel in all three."""
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np
import tensorflow as tf

import work
from work import mode, spec

B, Z, rate = spec["batch"], spec["latent"], spec["rate"]
tutorial, convolutional = spec["objective"] == "tutorial", spec["network"] == "conv"
activation = tf.nn.softplus if spec["activation"] == "softplus" else tf.nn.relu
data = tf.constant(work.images())
order = tf.Variable(tf.zeros([spec["count"]], tf.int32))
clock = tf.Variable(0.0)
parameters = []


def variables(layers):
    made = [(tf.Variable(weight), tf.Variable(bias)) for weight, bias in layers]
    parameters.extend(variable for pair in made for variable in pair)
    return made


if convolutional:
    filters, widths = spec["filters"]["encoder"], spec["filters"]["decoder"]
    down = variables([work.glorot((3, 3, a, b)) for a, b in zip([1, *filters], filters)])
    encoder = variables(work.dense_layers([49 * filters[-1], *spec["encoder"], 2 * Z]))
    decoder = variables(work.dense_layers([Z, *spec["decoder"], 49 * filters[-1]]))
    # kernels of transposed convolutions are (h, w, out, in)
    pairs = [*zip([filters[-1], *widths], widths), (widths[-1], 1)]
    up = variables([(work.glorot((3, 3, a, b))[0].transpose(0, 1, 3, 2).copy(), np.zeros(b, np.float32)) for a, b in pairs])
else:
    encoder = variables(work.dense_layers([784, *spec["encoder"], 2 * Z]))
    decoder = variables(work.dense_layers([Z, *spec["decoder"], 784]))
slots = [(tf.Variable(tf.zeros_like(p)), tf.Variable(tf.zeros_like(p))) for p in parameters]


def through(layers, h, last):
    for index, (weight, bias) in enumerate(layers):
        h = tf.nn.bias_add(h @ weight, bias)
        if index < len(layers) - 1 or not last:
            h = activation(h)
    return h


def encode(x):
    if not convolutional:
        return through(encoder, x, True)
    h = tf.reshape(x, [B, 28, 28, 1])
    for weight, bias in down:
        h = activation(tf.nn.bias_add(tf.nn.conv2d(h, weight, 2, "SAME"), bias))
    return through(encoder, tf.reshape(h, [B, -1]), True)


def decode(z):
    if not convolutional:
        return through(decoder, z, True)
    h = tf.reshape(through(decoder, z, False), [B, 7, 7, filters[-1]])
    size = 7
    for index, (weight, bias) in enumerate(up):
        last = index == len(up) - 1
        stride = 1 if last else 2
        size *= stride
        h = tf.nn.bias_add(tf.nn.conv2d_transpose(h, weight, [B, size, size, weight.shape[2]], stride, "SAME"), bias)
        h = h if last else activation(h)
    return tf.reshape(h, [B, 784])


def step(index):
    """-> metrics [3]"""
    rows = tf.gather(data, tf.gather(order, index * B + tf.range(B)))  # [B, D] uint8
    x = tf.cast(rows, tf.float32) / 255
    if spec["dynamic"]:
        x = tf.cast(tf.random.uniform(x.shape) < x, tf.float32)
    with tf.GradientTape() as tape:
        posterior = encode(x)
        mean, log_variance = posterior[:, :Z], posterior[:, Z:]
        logits = decode(mean + tf.exp(0.5 * log_variance) * tf.random.normal([B, Z]))
        kl = 0.5 * tf.reduce_sum(tf.exp(log_variance) + mean * mean - 1 - log_variance) / B
        if tutorial:
            total = 0.5 * tf.reduce_sum((tf.sigmoid(logits) - x) ** 2)
            objective = total + kl
        else:
            total = tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(labels=x, logits=logits))
            objective = total / B + kl
    clock.assign_add(1.0)
    power1, power2 = 0.9**clock, 0.999**clock
    for p, (m, v), gradient in zip(parameters, slots, tape.gradient(objective, parameters)):
        tf.raw_ops.ResourceApplyAdam(
            var=p.handle, m=m.handle, v=v.handle, beta1_power=power1, beta2_power=power2, lr=rate,
            beta1=0.9, beta2=0.999, epsilon=1e-8, grad=gradient,
        )
    return tf.stack([total / B, kl, objective])


@tf.function(jit_compile=mode == "xla", input_signature=[tf.TensorSpec([], tf.int32)])
def one(index):
    return step(index)


@tf.function(jit_compile=True, input_signature=[tf.TensorSpec([], tf.int32), tf.TensorSpec([], tf.int32)])
def loop(first, steps):
    """The mean metrics of the steps."""
    total = tf.zeros([3])
    for i in tf.range(steps):
        total += step(first + i)
    return total / tf.cast(steps, tf.float32)


epochs = work.Order()


def run(steps, every):
    values = None
    for start in range(0, steps, every):
        count = min(every, steps - start)
        first, fresh = epochs.next(count)
        if fresh is not None:
            order.assign(fresh)
        if mode == "loop":
            values = loop(tf.constant(first), tf.constant(count)).numpy()
        else:
            values = np.mean([row.numpy() for row in [one(tf.constant(first + i)) for i in range(count)]], 0)
    return values


work.serve({"tensorflow": tf.__version__}, run)
