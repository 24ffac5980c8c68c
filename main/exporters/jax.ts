// load_in_jax.py, which goes with every safetensors export beside load_in_pytorch.py: the same text
// for each, it reads the layers from the file's own header. It needs JAX and NumPy and nothing
// else.
import { besideFunction, printMetadata, writeSafetensors } from './pythonParts.ts'

export const jaxScript = `"""Loads a safetensors file exported by Latent Studio into JAX.

    from load_in_jax import load, save
    model, params = load("model.safetensors")     # params: a dict of arrays by name; the model is pure functions
    mu, logvar = model.encode(params, x)          # x: [N, pixels], values from 0 to 1
    images = model.decode(params, mu)             # [N, pixels]: probabilities or means
    decode = jax.jit(model.decode)                # as with any function; jax.grad by params too
    save(model, params, "changed.safetensors")    # for "latent import changed.safetensors"

As a program: python load_in_jax.py [model.safetensors]. It prints the model and checks it.
Names in params are the names in the file: encoder.0.weight, ..., decoder.out.bias. Dense weights are (in, out), convolutions
(h, w, in, out), transposed ones (h, w, out, in). Images are flat, channels last, as in the file's metadata.
"""
import json
import pathlib
import struct
import sys
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy

ACTIVATIONS = {"softplus": jax.nn.softplus, "relu": jax.nn.relu, "tanh": jnp.tanh}
PRECISION = jax.lax.Precision.HIGHEST  # float32 is float32, on a GPU or TPU too


def read_safetensors(path):
    """Metadata (text by name) and float32 arrays by name."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        if length > 100_000_000:
            raise ValueError(f"{path}: the header says {length} bytes, so this is not a safetensors file")
        header = json.loads(file.read(length))
        data = file.read()
    arrays = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        if entry["dtype"] != "F32" or not 0 <= begin <= end <= len(data):
            raise ValueError(f"{path}: {name} is not a whole float32 tensor")
        arrays[name] = numpy.frombuffer(data[begin:end], "<f4").reshape(entry["shape"])
    return header.get("__metadata__", {}), arrays


def same_padding(fine, coarse, kernel, stride):
    """TensorFlow's SAME padding along one axis: an odd pixel goes at the end."""
    total = max((coarse - 1) * stride + kernel - fine, 0)
    return total // 2, total - total // 2


def dense(layer, weight, x):
    """[N, ...] -> [N, out]"""
    return jnp.matmul(x.reshape(x.shape[0], -1), weight, precision=PRECISION)


def convolution(layer, weight, x):
    """[N, h * w * c] or [N, h, w, c] -> [N, h', w', c']"""
    source, target, stride = layer["from"], layer["to"], layer["stride"]
    padding = [same_padding(source[i], target[i], weight.shape[i], stride) for i in (0, 1)]
    return convolve(x.reshape(-1, *source), weight, (stride, stride), padding, (1, 1))


def transposed(layer, weight, x):
    """The transposed convolution: images dilated by the stride, kernel rotated by 180 degrees."""
    source, target, stride = layer["from"], layer["to"], layer["stride"]
    padding = []
    for i in (0, 1):
        before = weight.shape[i] - 1 - same_padding(target[i], source[i], weight.shape[i], stride)[0]
        spread = (source[i] - 1) * stride + 1
        padding.append((before, target[i] + weight.shape[i] - 1 - spread - before))
    kernel = weight[::-1, ::-1].transpose(0, 1, 3, 2)  # (h, w, out, in) -> (h, w, in, out)
    return convolve(x.reshape(-1, *source), kernel, (1, 1), padding, (stride, stride))


def convolve(images, kernel, strides, padding, spread):
    return jax.lax.conv_general_dilated(
        images,
        kernel,
        strides,
        padding,
        lhs_dilation=spread,
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
        precision=PRECISION,
    )


KINDS = {"dense": dense, "conv": convolution, "transposed": transposed}


class VariationalAutoencoder(NamedTuple):
    """Holds no arrays: every function takes them as its first argument."""

    metadata: dict
    layers: list
    latent_size: int

    def has(self, part):
        return any(layer["name"].startswith(part + ".") for layer in self.layers)

    def run(self, part, params, x):
        for layer in self.layers:
            name = layer["name"]
            if not name.startswith(part + "."):
                continue
            x = KINDS[layer["kind"]](layer, params[name + ".weight"], x) + params[name + ".bias"]
            if layer["activated"]:
                x = ACTIVATIONS[self.metadata["activation"]](x)
        return x.reshape(x.shape[0], -1)

    def encode(self, params, x):
        """x: [N, pixels] in [0, 1] -> mu, logvar: [N, latent]"""
        head = self.run("encoder", params, x)
        return head[:, : self.latent_size], head[:, self.latent_size :]

    def decode(self, params, z):
        """z: [N, latent] -> [N, pixels]: Bernoulli probabilities or means"""
        return jax.nn.sigmoid(self.run("decoder", params, z))

    def __call__(self, params, x):
        """The whole model: mu, logvar and the reconstruction from mu; for a part alone, its own output."""
        if not self.has("encoder"):
            return self.decode(params, x)
        mu, logvar = self.encode(params, x)
        return (mu, logvar, self.decode(params, mu)) if self.has("decoder") else (mu, logvar)


def load(path):
    """The exported model and its parameters by name."""
    metadata, arrays = read_safetensors(path)
    if metadata.get("format") != "latent-studio-model":
        raise ValueError(f"{path}: expected a model exported by Latent Studio")
    layers = json.loads(metadata["layers"])
    for layer in layers:
        found = [arrays[layer["name"] + end].shape for end in (".weight", ".bias")]
        if found != [tuple(layer["weight"]), (layer["bias"],)]:
            raise ValueError(f"{path}: {layer['name']} has the shapes {found}, expected {layer['weight']} and {layer['bias']}")
    model = VariationalAutoencoder(metadata, layers, int(metadata["latent_size"]))
    return model, {name: jnp.asarray(array) for name, array in arrays.items()}


def save(model, params, path):
    """Writes the model in the format of the export: the same names, axis order and metadata, float32."""
    header, data = {"__metadata__": model.metadata}, bytearray()
    for name, array in params.items():
        values = numpy.asarray(array, "<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [len(data), len(data) + len(values)]}
        data += values
${writeSafetensors}

def self_check(model, params):
    """Any images through the model: sizes, finite values, same result with and without jit, finite gradients."""
    height, width, channels = (int(size) for size in model.metadata["image_shape"].split(","))
    sizes = {"encoder": height * width * channels, "decoder": model.latent_size}
    part = "encoder" if model.has("encoder") else "decoder"
    x = jax.random.uniform(jax.random.key(0), (3, sizes[part]))
    outputs = jax.tree.leaves(model(params, x))
    compiled = jax.tree.leaves(jax.jit(model.__call__)(params, x))
    expected = [model.latent_size] * 2 * model.has("encoder") + [sizes["encoder"]] * model.has("decoder")
    if [output.shape for output in outputs] != [(3, size) for size in expected]:
        raise ValueError(f"outputs are {[output.shape for output in outputs]}, expected 3 rows of {expected}")
    for plain, fast in zip(outputs, compiled):
        if not bool(jnp.isfinite(plain).all()):
            raise ValueError("an output is not finite")
        difference = float(jnp.abs(plain - fast).max())
        if difference > 1e-5 * max(1.0, float(jnp.abs(plain).max())):
            raise ValueError(f"expected the same output with jit, found a difference of {difference}")
    slopes = jax.grad(lambda params: sum(output.sum() for output in jax.tree.leaves(model(params, x))))(params)
    for name, slope in slopes.items():
        if not bool(jnp.isfinite(slope).all()):
            raise ValueError(f"the gradient of {name} is not finite")


${besideFunction('load_in_jax.py')}

if __name__ == "__main__":
    if len(sys.argv) > 2:
        sys.exit("usage: python load_in_jax.py [MODEL.safetensors]")
    loaded, parameters = load(sys.argv[1] if len(sys.argv) == 2 else beside())
${printMetadata}    for name, array in parameters.items():
        print(f"{name:24} {array.shape}")
    self_check(loaded, parameters)
    print("self check passed: sizes, finite values and gradients, same output with jit")
`
