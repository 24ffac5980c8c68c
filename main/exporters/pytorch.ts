// load_in_pytorch.py, which goes with every safetensors export: the same text for each, it reads
// the layers from the file's own header. It needs PyTorch and nothing else.
import { besideFunction, printMetadata, writeSafetensors } from './pythonParts.ts'

export const pytorchScript = `"""Loads a safetensors file exported by Latent Studio into PyTorch.

    from load_in_pytorch import load, save
    model = load("model.safetensors")     # encoder, decoder or both, as exported
    mu, logvar = model.encode(x)          # x: [N, pixels], values from 0 to 1
    images = model.decode(mu)             # [N, pixels]: probabilities or means
    save(model, "changed.safetensors")    # for "latent import changed.safetensors"

As a program: python load_in_pytorch.py [model.safetensors]
Names in the file are the names of the module's state_dict: encoder.0.weight, ..., decoder.out.bias. The file keeps
dense weights as (in, out), convolutions as (h, w, in, out) and transposed ones as (h, w, out, in); they are converted to
PyTorch's order here. Images are flat, channels last, as in the file's metadata.
"""
import json
import pathlib
import struct
import sys

import torch
from torch import nn
from torch.nn import functional as F

ACTIVATIONS = {"softplus": F.softplus, "relu": F.relu, "tanh": torch.tanh}


def read_safetensors(path):
    """Metadata (text by name) and float32 tensors by name."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        if length > 100_000_000:
            raise ValueError(f"{path}: the header says {length} bytes, so this is not a safetensors file")
        header = json.loads(file.read(length))
        data = bytearray(file.read())
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        if entry["dtype"] != "F32" or not 0 <= begin <= end <= len(data):
            raise ValueError(f"{path}: {name} is not a whole float32 tensor")
        values = torch.frombuffer(data[begin:end], dtype=torch.float32) if end > begin else torch.empty(0)
        tensors[name] = values.reshape(entry["shape"]).clone()
    return header.get("__metadata__", {}), tensors


def same_padding(fine, coarse, kernel, stride):
    """TensorFlow's SAME padding along one axis: an odd pixel goes at the end."""
    total = max((coarse - 1) * stride + kernel - fine, 0)
    return total // 2, total - total // 2


class Dense(nn.Linear):
    """[N, in] -> [N, out]"""

    def __init__(self, layer):
        super().__init__(layer["weight"][0], layer["weight"][1])

    def forward(self, x):
        return super().forward(x.flatten(1))


class SameConvolution(nn.Conv2d):
    """[N, h * w * c] -> [N, h' * w' * c'], channels last outside, first inside."""

    def __init__(self, layer):
        height, width, inputs, outputs = layer["weight"]
        super().__init__(inputs, outputs, (height, width), stride=layer["stride"])
        self.layer = layer

    def forward(self, x):
        source, target = self.layer["from"], self.layer["to"]
        rows, columns = (same_padding(source[i], target[i], self.kernel_size[i], self.stride[i]) for i in (0, 1))
        images = x.reshape(-1, *source).permute(0, 3, 1, 2)
        out = super().forward(F.pad(images, (*columns, *rows)))
        return out.permute(0, 2, 3, 1).flatten(1)


class SameTransposed(nn.ConvTranspose2d):
    """[N, h * w * c] -> [N, h' * w' * c']: the whole transposed convolution, cropped as TensorFlow's SAME."""

    def __init__(self, layer):
        height, width, outputs, inputs = layer["weight"]
        super().__init__(inputs, outputs, (height, width), stride=layer["stride"])
        self.layer = layer

    def forward(self, x):
        source, target = self.layer["from"], self.layer["to"]
        (top, _), (left, _) = (same_padding(target[i], source[i], self.kernel_size[i], self.stride[i]) for i in (0, 1))
        whole = super().forward(x.reshape(-1, *source).permute(0, 3, 1, 2))
        out = whole[:, :, top : top + target[0], left : left + target[1]]
        return out.permute(0, 2, 3, 1).flatten(1)


KINDS = {"dense": Dense, "conv": SameConvolution, "transposed": SameTransposed}


class Network(nn.ModuleDict):
    """Layers in sequence, each under the last part of its name."""

    def __init__(self, layers, activation):
        super().__init__({layer["name"].split(".", 1)[1]: KINDS[layer["kind"]](layer) for layer in layers})
        self.activated = [layer["activated"] for layer in layers]
        self.activation = ACTIVATIONS[activation]

    def forward(self, x):
        for layer, activated in zip(self.values(), self.activated):
            x = layer(x)
            if activated:
                x = self.activation(x)
        return x


class VariationalAutoencoder(nn.Module):
    def __init__(self, metadata):
        super().__init__()
        self.metadata = metadata
        self.latent_size = int(metadata["latent_size"])
        layers = json.loads(metadata["layers"])
        for part in ("encoder", "decoder"):
            mine = [layer for layer in layers if layer["name"].startswith(part + ".")]
            if mine:
                setattr(self, part, Network(mine, metadata["activation"]))

    def encode(self, x):
        """x: [N, pixels] in [0, 1] -> mu, logvar: [N, latent]"""
        head = self.encoder(x)
        return head[:, : self.latent_size], head[:, self.latent_size :]

    def decode(self, z):
        """z: [N, latent] -> [N, pixels]: Bernoulli probabilities or means"""
        return torch.sigmoid(self.decoder(z))

    def forward(self, x):
        """The whole model: mu, logvar and the reconstruction from mu; for a part alone, its own output."""
        if not hasattr(self, "encoder"):
            return self.decode(x)
        mu, logvar = self.encode(x)
        return (mu, logvar, self.decode(mu)) if hasattr(self, "decoder") else (mu, logvar)


def in_pytorch_order(weight):
    """(in, out) -> (out, in); (h, w, in, out) -> (out, in, h, w); transposed (h, w, out, in) -> (in, out, h, w)"""
    return weight.t().contiguous() if weight.dim() == 2 else weight.permute(3, 2, 0, 1).contiguous()


def load(path):
    """The exported model with its weights, ready for evaluation."""
    metadata, tensors = read_safetensors(path)
    if metadata.get("format") != "latent-studio-model":
        raise ValueError(f"{path}: expected a model exported by Latent Studio")
    model = VariationalAutoencoder(metadata)
    state = {name: in_pytorch_order(t) if name.endswith(".weight") else t for name, t in tensors.items()}
    model.noise_log_variance = state.pop("decoder.noise", None)
    model.load_state_dict(state, strict=True)
    return model.eval()


def in_file_order(weight):
    """The inverse of in_pytorch_order."""
    return weight.t().contiguous() if weight.dim() == 2 else weight.permute(2, 3, 1, 0).contiguous()


def save(model, path):
    """Writes the model in the format of the export: the same names, axis order and metadata, float32."""
    tensors = {name: in_file_order(t) if name.endswith(".weight") else t for name, t in model.state_dict().items()}
    if model.noise_log_variance is not None:
        tensors["decoder.noise"] = model.noise_log_variance
    header, data = {"__metadata__": model.metadata}, bytearray()
    for name, tensor in tensors.items():
        values = tensor.detach().to("cpu", torch.float32).contiguous().numpy().tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(values)]}
        data += values
${writeSafetensors}

${besideFunction('load_in_pytorch.py')}

if __name__ == "__main__":
    if len(sys.argv) > 2:
        sys.exit("usage: python load_in_pytorch.py [MODEL.safetensors]")
    loaded = load(sys.argv[1] if len(sys.argv) == 2 else beside())
${printMetadata}    for name, tensor in loaded.state_dict().items():
        print(f"{name:24} {tuple(tensor.shape)}")
`
