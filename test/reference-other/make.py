"""Writes small-vae.json, conv-vae.json and philox.json beside itself: the same values as those in ../reference, for
other sizes and other numbers, by PyTorch in float64 and by whole-number arithmetic. Nothing of the program is used.
    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install torch && /tmp/venv/bin/python make.py"""
import json
import math
from pathlib import Path

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
here = Path(__file__).parent
generator = torch.Generator().manual_seed(20)


def draw(*shape, scale=1.0):
    """Normal numbers that float32 holds exactly, in float64."""
    return (torch.randn(*shape, generator=generator, dtype=torch.float32) * scale).double()


def nested(flat):
    """{"encoder.0.weight": t} -> {"encoder.0": {"weight": list}}"""
    tree = {}
    for name, tensor in flat.items():
        layer, kind = name.rsplit(".", 1)
        tree.setdefault(layer, {})[kind] = tensor.tolist()
    return tree


def write(name, content):
    (here / f"{name}.json").write_text(json.dumps(content))


def kl(mu, logvar):
    return 0.5 * (logvar.exp() + mu**2 - 1 - logvar)  # [B, Z]


def bernoulli(x, logits):
    return F.binary_cross_entropy_with_logits(logits, x, reduction="none").flatten(1).sum(1)  # [B]


# --- small VAE -------------------------------------------------------------------------------------------------------
B, D, H1, H2, Z, K = 6, 10, 7, 4, 3, 5
x = torch.rand(B, D, generator=generator, dtype=torch.float32).double()
eps, eps_k = draw(B, Z), draw(K, B, Z)


def dense_parameters():
    sizes = {"encoder.0": (D, H1), "encoder.1": (H1, H2), "encoder.head": (H2, 2 * Z), "decoder.0": (Z, H2), "decoder.1": (H2, H1), "decoder.out": (H1, D)}
    flat = {}
    for layer, (inputs, outputs) in sizes.items():
        flat[f"{layer}.weight"] = draw(inputs, outputs, scale=0.6)
        flat[f"{layer}.bias"] = draw(outputs, scale=0.2)
    return flat


def through(p, h, layers, last):
    for layer in layers:
        h = F.softplus(h @ p[f"{layer}.weight"] + p[f"{layer}.bias"])
    return h @ p[f"{last}.weight"] + p[f"{last}.bias"]


def encode(p):
    head = through(p, x, ["encoder.0", "encoder.1"], "encoder.head")
    return head[:, :Z], head[:, Z:]


def decode(p, z):
    return through(p, z, ["decoder.0", "decoder.1"], "decoder.out")


def losses_of(p):
    mu, logvar = encode(p)
    logits = decode(p, mu + (logvar / 2).exp() * eps)
    likelihood = bernoulli(x, logits)
    squared = 0.5 * ((torch.sigmoid(logits) - x) ** 2).sum(1)
    divergence = kl(mu, logvar)
    gaussian = squared / 0.25 + 0.5 * D * math.log(2 * math.pi * 0.25)
    # importance weights: log p(x|z) + log p(z) - log q(z|x)
    weights = []
    for noise in eps_k:
        z = mu + (logvar / 2).exp() * noise
        prior = torch.distributions.Normal(0.0, 1.0).log_prob(z).sum(1)
        posterior = torch.distributions.Normal(mu, (logvar / 2).exp()).log_prob(z).sum(1)
        weights.append(-bernoulli(x, decode(p, z)) + prior - posterior)
    weights = torch.stack(weights)  # [K, B]
    values = {
        "seed_total": squared.sum() + divergence.sum(1).mean(),
        "bernoulli_negative_elbo": (likelihood + divergence.sum(1)).mean(),
        "gaussian_negative_elbo": (gaussian + divergence.sum(1)).mean(),
        "beta4_bernoulli": (likelihood + 4 * divergence.sum(1)).mean(),
        "free_bits_half_nat_bernoulli": likelihood.mean() + divergence.mean(0).clamp(min=0.5).sum(),
        "iwae_k3_bernoulli": -(torch.logsumexp(weights, 0) - math.log(K)).mean(),
    }
    forward = {
        "mu": mu, "logvar": logvar, "z": mu + (logvar / 2).exp() * eps, "logits": logits, "probabilities": torch.sigmoid(logits),
        "kl_per_dimension": divergence, "kl_per_image": divergence.sum(1), "bernoulli_per_image": likelihood,
        "gaussian_per_image": gaussian, "seed_reconstruction": squared.sum(), "log_weights_k": weights,
    }
    return values, forward


def gradients_of(p, loss):
    variables = {name: value.clone().requires_grad_() for name, value in p.items()}
    values, _ = losses_of(variables)
    return values[loss].item(), dict(zip(p, torch.autograd.grad(values[loss], list(variables.values()))))


def adam(p, loss, rate, beta1, beta2, epsilon, steps):
    variables = {name: value.clone().requires_grad_() for name, value in p.items()}
    optimizer = torch.optim.Adam(variables.values(), lr=rate, betas=(beta1, beta2), eps=epsilon)
    before = []
    for _ in range(steps):
        optimizer.zero_grad()
        value = losses_of(variables)[0][loss]
        before.append(value.item())
        value.backward()
        optimizer.step()
    return {"lr": rate, "beta1": beta1, "beta2": beta2, "epsilon": epsilon, "steps": steps, "loss_before_each_step": before,
            "parameters_after": nested({name: value.detach() for name, value in variables.items()})}


p = dense_parameters()
values, forward = losses_of(p)
trained = [name for name in values if not name.startswith("iwae")]
write("small-vae", {
    "about": "As ../reference/small-vae.json, other sizes, numbers and Adam settings; by make.py, PyTorch float64.",
    "sizes": {"B": B, "D": D, "H1": H1, "H2": H2, "Z": Z, "K": K},
    "x": x.tolist(), "eps": eps.tolist(), "eps_k": eps_k.tolist(), "parameters": nested(p),
    "forward": {name: value.tolist() for name, value in forward.items()},
    "losses": {name: value.item() for name, value in values.items()},
    "gradients": {name: nested(gradients_of(p, name)[1]) for name in trained},
    "adam": {"seed_total": adam(p, "seed_total", 2e-3, 0.8, 0.99, 1e-6, 12), "bernoulli_negative_elbo": adam(p, "bernoulli_negative_elbo", 1e-2, 0.9, 0.999, 1e-8, 25)},
})

# --- convolutional VAE: sizes that do not halve evenly ---------------------------------------------------------------
CB, S, C1, C2, CZ = 2, 10, 2, 5, 3
half = math.ceil(S / 2)
quarter = math.ceil(half / 2)


def padding(large):
    """TensorFlow's SAME for a 3x3 kernel of stride 2 between `large` and its half: (before, after)."""
    total = max((math.ceil(large / 2) - 1) * 2 + 3 - large, 0)
    return total // 2, total - total // 2


def convolved(h, weight, bias):  # h: [B, c, s, s]; weight: (h, w, in, out)
    before, after = padding(h.shape[2])
    return F.conv2d(F.pad(h, (before, after, before, after)), weight.permute(3, 2, 0, 1), bias, stride=2)


def transposed(h, weight, bias, size):  # weight: (h, w, out, in)
    before, _ = padding(size)
    full = F.conv_transpose2d(h, weight.permute(3, 2, 0, 1), stride=2)
    return full[:, :, before:before + size, before:before + size] + bias[:, None, None]


conv = {
    "encoder.0.weight": draw(3, 3, 1, C1, scale=0.5), "encoder.0.bias": draw(C1, scale=0.2),
    "encoder.1.weight": draw(3, 3, C1, C2, scale=0.4), "encoder.1.bias": draw(C2, scale=0.2),
    "encoder.head.weight": draw(quarter * quarter * C2, 2 * CZ, scale=0.3), "encoder.head.bias": draw(2 * CZ, scale=0.2),
    "decoder.0.weight": draw(CZ, quarter * quarter * C2, scale=0.6), "decoder.0.bias": draw(quarter * quarter * C2, scale=0.2),
    "decoder.1.weight": draw(3, 3, C1, C2, scale=0.4), "decoder.1.bias": draw(C1, scale=0.2),
    "decoder.out.weight": draw(3, 3, 1, C1, scale=0.5), "decoder.out.bias": draw(1, scale=0.2),
}
images = torch.rand(CB, S, S, 1, generator=generator, dtype=torch.float32).double()  # NHWC
noise = draw(CB, CZ)


def conv_forward(q):
    h = F.relu(convolved(images.permute(0, 3, 1, 2), q["encoder.0.weight"], q["encoder.0.bias"]))
    h = F.relu(convolved(h, q["encoder.1.weight"], q["encoder.1.bias"]))
    head = h.permute(0, 2, 3, 1).flatten(1) @ q["encoder.head.weight"] + q["encoder.head.bias"]
    mu, logvar = head[:, :CZ], head[:, CZ:]
    h = F.relu((mu + (logvar / 2).exp() * noise) @ q["decoder.0.weight"] + q["decoder.0.bias"])
    h = h.reshape(CB, quarter, quarter, C2).permute(0, 3, 1, 2)
    h = F.relu(transposed(h, q["decoder.1.weight"], q["decoder.1.bias"], half))
    logits = transposed(h, q["decoder.out.weight"], q["decoder.out.bias"], S).permute(0, 2, 3, 1)
    reconstruction = bernoulli(images, logits)
    return mu, logvar, logits, reconstruction, kl(mu, logvar).sum(1)


variables = {name: value.clone().requires_grad_() for name, value in conv.items()}
mu, logvar, logits, reconstruction, divergence = conv_forward(variables)
loss = (reconstruction + divergence).mean()
gradients = torch.autograd.grad(loss, list(variables.values()))
write("conv-vae", {
    "about": "As ../reference/conv-vae.json, other sizes and numbers (10, 5 and 3 pixels wide); by make.py, PyTorch float64.",
    "sizes": {"B": CB, "S": S, "C1": C1, "C2": C2, "Z": CZ},
    "x": images.tolist(), "eps": noise.tolist(), "parameters": nested(conv),
    "forward": {"mu": mu.tolist(), "logvar": logvar.tolist(), "logits": logits.tolist(), "reconstruction_per_image": reconstruction.tolist(), "kl_per_image": divergence.tolist()},
    "loss": loss.item(), "gradients": nested(dict(zip(conv, gradients))),
})


# --- Philox4x32-10 (Salmon et al. 2011), whole numbers ---------------------------------------------------------------
def philox_block(key, counter):
    (k0, k1), (c0, c1, c2, c3) = key, counter
    for _ in range(10):
        a, b = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (b >> 32) ^ c1 ^ k0, b & 0xFFFFFFFF, (a >> 32) ^ c3 ^ k1, a & 0xFFFFFFFF
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return [c0, c1, c2, c3]


def philox(key, counter, count):
    start = sum(word << (32 * place) for place, word in enumerate(counter))
    blocks = [[((start + block) >> (32 * place)) & 0xFFFFFFFF for place in range(4)] for block in range(math.ceil(count / 4))]
    return [word for block in blocks for word in philox_block(key, block)][:count]


# Random123's known answers, and the file that TensorFlow made
assert philox((0, 0), (0, 0, 0, 0), 4) == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
for case in json.loads((here.parent / "reference" / "philox.json").read_text())["cases"]:
    assert philox(case["key"], case["counter"], len(case["words"])) == case["words"]
cases = [([7, 0], [0, 0, 0, 0], 8), ([123456789, 4294967295], [4294967294, 0, 0, 0], 16), ([0, 4], [1, 2, 3, 4], 5), ([2147483648, 3], [4294967295, 4294967295, 4294967295, 4294967295], 9), ([1, 2], [0, 99999, 0, 0], 20)]
write("philox", {"about": "As ../reference/philox.json, other keys, counters and lengths; by make.py.",
                 "cases": [{"key": key, "counter": counter, "words": philox(key, counter, count)} for key, counter, count in cases]})
