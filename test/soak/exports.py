"""Opens the exports of test/soak/exports.ts in PyTorch, TensorFlow and NumPy and prints their largest differences from
`latent encode` and `latent decode` as one JSON list. Arguments: the folder with x.npy and a folder for each model."""
import importlib.util
import json
import os
import pathlib
import sys

import numpy

FOLDER = pathlib.Path(sys.argv[1])
X = numpy.load(FOLDER / "x.npy")
rows = []


def compare(model, program, names, outputs):
    """Maxima of the differences, and by how much they pass 1e-5 (codes: relative too); NaN passes everything."""
    codes = numpy.load(FOLDER / model / "codes.npy")
    latent = codes.shape[1] // 2
    expected = {"mu": codes[:, :latent], "logvar": codes[:, latent:], "pixels": numpy.load(FOLDER / model / "pixels.npy")}
    row = {"model": model, "program": program}
    for name, output in zip(names, outputs):
        found, wanted = numpy.asarray(output, numpy.float64), expected[name].astype(numpy.float64)
        if found.shape != wanted.shape:
            raise ValueError(f"{model} in {program}: {name} is {found.shape}, expected {wanted.shape}")
        difference = numpy.abs(found - wanted)
        excess = (difference - (0 if name == "pixels" else 1e-5 * numpy.abs(wanted)) - 1e-5).max()
        row[name] = float(difference.max())
        row["within"] = bool(excess <= 0) and row.get("within", True)
    rows.append(row)


def in_pytorch(model):
    import torch

    spec = importlib.util.spec_from_file_location("load_in_pytorch", FOLDER / model / "load_in_pytorch.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    mu = numpy.load(FOLDER / model / "mu.npy")
    with torch.no_grad():
        outputs = script.load(FOLDER / model / "model.safetensors")(torch.from_numpy(X))
        compare(model, f"PyTorch {torch.__version__}", ["mu", "logvar", "pixels"], [output.numpy() for output in outputs])
        decoder = script.load(FOLDER / model / "decoder.safetensors")
        compare(model, f"PyTorch {torch.__version__}, decoder", ["pixels"], [decoder(torch.from_numpy(mu)).numpy()])
    tensors = script.read_safetensors(FOLDER / model / "model.safetensors")[1]
    arrays = numpy.load(FOLDER / model / "model.npz")
    names = [name for name in arrays.files if name != "metadata.json"]
    if names != list(tensors) or not all(numpy.array_equal(arrays[name], tensors[name].numpy()) for name in names):
        raise ValueError(f"{model}: npz and safetensors hold different weights")
    if json.loads(arrays["metadata.json"])["format"] != "latent-studio-model":
        raise ValueError(f"{model}: npz has no metadata")


def in_tensorflow(model):
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import tensorflow

    serve = tensorflow.saved_model.load(str(FOLDER / model / "savedmodel")).signatures["serving_default"]
    outputs = serve(x=tensorflow.constant(X))
    names = ["mu", "logvar", "reconstruction"]
    compare(model, f"TensorFlow {tensorflow.__version__}", ["mu", "logvar", "pixels"], [outputs[name].numpy() for name in names])


for folder in sorted(path for path in FOLDER.iterdir() if path.is_dir()):
    in_pytorch(folder.name)
    in_tensorflow(folder.name)
print(json.dumps(rows))
