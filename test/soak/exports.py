"""Opens the exports of test/soak/exports.ts in the programs they are for and prints their largest differences from
`latent encode` and `latent decode` as one JSON list. Arguments: the folder with a folder for each model, and `plain`
(PyTorch, JAX, NumPy, TensorFlow) or `keras` (on the backend that KERAS_BACKEND names)."""
import importlib.util
import json
import os
import pathlib
import sys

import numpy

FOLDER = pathlib.Path(sys.argv[1])
rows = []
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def read(model, name):
    return numpy.load(FOLDER / model / f"{name}.npy")


def compare(model, program, names, outputs):
    """Maxima of the differences, and by how much they pass 1e-5 (codes: relative too); NaN passes everything."""
    codes = read(model, "codes")
    latent = codes.shape[1] // 2
    expected = {"mu": codes[:, :latent], "logvar": codes[:, latent:], "pixels": read(model, "pixels")}
    row = {"model": model, "program": program}
    for name, output in zip(names, outputs, strict=True):
        found, wanted = numpy.asarray(output, numpy.float64), expected[name].astype(numpy.float64)
        if found.shape != wanted.shape:
            raise ValueError(f"{model} in {program}: {name} is {found.shape}, expected {wanted.shape}")
        difference = numpy.abs(found - wanted)
        excess = (difference - (0 if name == "pixels" else 1e-5 * numpy.abs(wanted)) - 1e-5).max()
        row[name] = float(difference.max())
        row["within"] = bool(excess <= 0) and row.get("within", True)
    rows.append(row)


def script_of(model, name):
    spec = importlib.util.spec_from_file_location(name, FOLDER / model / f"{name}.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script


def in_pytorch(model):
    import torch

    script = script_of(model, "load_in_pytorch")
    x, mu, program = torch.from_numpy(read(model, "x")), torch.from_numpy(read(model, "mu")), f"PyTorch {torch.__version__}"
    with torch.no_grad():
        outputs = script.load(FOLDER / model / "model.safetensors")(x)
        compare(model, program, ["mu", "logvar", "pixels"], [output.numpy() for output in outputs])
        compare(model, f"{program}, encoder", ["mu", "logvar"], script.load(FOLDER / model / "encoder.safetensors")(x))
        compare(model, f"{program}, decoder", ["pixels"], [script.load(FOLDER / model / "decoder.safetensors")(mu)])
    tensors = script.read_safetensors(FOLDER / model / "model.safetensors")[1]
    arrays = numpy.load(FOLDER / model / "model.npz")
    names = [name for name in arrays.files if name != "metadata.json"]
    if names != list(tensors) or not all(numpy.array_equal(arrays[name], tensors[name].numpy()) for name in names):
        raise ValueError(f"{model}: npz and safetensors hold different weights")
    if json.loads(arrays["metadata.json"])["format"] != "latent-studio-model":
        raise ValueError(f"{model}: npz has no metadata")


def in_jax(model):
    import jax

    script = script_of(model, "load_in_jax")
    x, mu, program = read(model, "x"), read(model, "mu"), f"JAX {jax.__version__}"
    for part, names, given in (
        ("model", ["mu", "logvar", "pixels"], x),
        ("encoder", ["mu", "logvar"], x),
        ("decoder", ["pixels"], mu),
    ):
        loaded, params = script.load(FOLDER / model / f"{part}.safetensors")
        script.self_check(loaded, params)
        outputs = jax.jit(loaded.__call__)(params, given)
        compare(model, program if part == "model" else f"{program}, {part}", names, jax.tree.leaves(outputs))
        script.save(loaded, params, FOLDER / model / "again.safetensors")
        again, arrays = script.load(FOLDER / model / "again.safetensors")
        if again.metadata != loaded.metadata or not all(numpy.array_equal(arrays[name], params[name]) for name in params):
            raise ValueError(f"{model}: the JAX script does not read what it wrote")


def in_tensorflow(model):
    import tensorflow

    serve = tensorflow.saved_model.load(str(FOLDER / model / "savedmodel")).signatures["serving_default"]
    outputs = serve(x=tensorflow.constant(read(model, "x")))
    names = ["mu", "logvar", "reconstruction"]
    compare(model, f"TensorFlow {tensorflow.__version__}", ["mu", "logvar", "pixels"], [outputs[name].numpy() for name in names])


def in_keras(model):
    import keras

    program = f"Keras {keras.__version__} on {keras.backend.backend()}"
    load = lambda part: keras.saving.load_model(FOLDER / model / f"{part}.keras")
    x, mu = read(model, "x"), read(model, "mu")
    whole = load("model").predict(x, verbose=0)
    compare(model, program, ["mu", "logvar", "pixels"], [whole["mu"], whole["logvar"], whole["reconstruction"]])
    codes = load("encoder").predict(x, verbose=0)
    compare(model, f"{program}, encoder", ["mu", "logvar"], [codes["mu"], codes["logvar"]])
    decoder = load("decoder")
    if decoder.output_names[0] not in ("probabilities", "means"):
        raise ValueError(f"{model}: the decoder's output is called {decoder.output_names[0]}")
    compare(model, f"{program}, decoder", ["pixels"], [decoder.predict(mu, verbose=0)])


programs = {"plain": [in_pytorch, in_jax, in_tensorflow], "keras": [in_keras]}[sys.argv[2]]
for folder in sorted(path for path in FOLDER.iterdir() if path.is_dir()):
    for program in programs:
        program(folder.name)
print(json.dumps(rows))
