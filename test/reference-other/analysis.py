"""Writes analysis.json beside itself: densities, statistics, principal components, neighbours, purity and trustworthiness by
numpy, scipy and scikit-learn in float64. Nothing of the program is used.
    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install numpy scipy scikit-learn && /tmp/venv/bin/python analysis.py"""
import json
from pathlib import Path

import numpy as np
from scipy.special import logsumexp
from scipy.stats import norm
from sklearn.datasets import make_blobs
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness
from sklearn.metrics.cluster import contingency_matrix
from sklearn.neighbors import NearestNeighbors

random = np.random.default_rng(20)
LEVELS = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]


def float32(values):
    """Numbers that float32 holds exactly, in float64."""
    return np.asarray(values, dtype=np.float32).astype(np.float64)


def case(N, Z, classes, narrowest):
    turn = np.linalg.qr(random.normal(size=(Z, Z)))[0]
    mean = float32(random.normal(size=(N, Z)) * np.linspace(2.0, 0.05, Z) @ turn + 0.3)
    log_variance = float32(random.uniform(narrowest, 0.2, size=(N, Z)))
    deviation = np.exp(log_variance / 2)
    # near the data, between, far outside
    points = np.concatenate([mean[:5] + 0.01, random.normal(size=(8, Z)), np.full((1, Z), 50.0), np.zeros((1, Z))])
    logs = norm.logpdf(points[:, None, :], mean[None], deviation[None]).sum(2)  # P x N
    labels = random.integers(0, classes, N)
    pca = PCA(svd_solver="full").fit(mean)
    components = pca.components_ * np.sign(pca.components_[np.arange(Z), np.abs(pca.components_).argmax(1)])[:, None]
    distances, indices = NearestNeighbors(n_neighbors=6).fit(mean).kneighbors(points)
    return {
        "mean": mean.tolist(), "log_variance": log_variance.tolist(), "points": points.tolist(), "labels": labels.tolist(),
        "posterior": (logsumexp(logs, axis=1) - np.log(N)).tolist(), "prior": norm.logpdf(points).sum(1).tolist(),
        "kl_per_dimension": (0.5 * (np.exp(log_variance) + mean**2 - 1 - log_variance)).mean(0).tolist(),
        "column_mean": mean.mean(0).tolist(), "column_deviation": mean.std(0).tolist(),
        "quantiles": np.quantile(mean, LEVELS, axis=0).T.tolist(),
        "classes": [{"label": int(label), "images": int((labels == label).sum()), "mean": mean[labels == label].mean(0).tolist()} for label in np.unique(labels)],
        "components": components.tolist(), "variances": (pca.explained_variance_ * (N - 1) / N).tolist(),
        "neighbours": {"indices": indices.tolist(), "distances": distances.tolist()},
    }


assignments, labels = random.integers(0, 5, 200), random.integers(0, 4, 200)
table = contingency_matrix(labels, assignments)  # labels x clusters
blobs, of_blob = make_blobs(n_samples=180, n_features=6, centers=4, cluster_std=1.0, random_state=3)
blobs = float32(blobs)
(Path(__file__).parent / "analysis.json").write_text(json.dumps({
    "about": "Values for latent spaces of 2, 3 and 20 dimensions; by analysis.py, numpy, scipy and scikit-learn.",
    "levels": LEVELS,
    "cases": {"plane": case(60, 2, 3, -9.0), "space": case(50, 3, 4, -5.0), "wide": case(40, 20, 3, -2.0)},
    "purity": {"assignments": assignments.tolist(), "labels": labels.tolist(), "purity": float(table.max(0).sum() / 200),
               "shares": (table.max(0) / table.sum(0)).tolist()},
    "blobs": {"points": blobs.tolist(), "labels": of_blob.tolist(), "neighbours": 8,
              "trustworthiness_of_two_columns": float(trustworthiness(blobs, blobs[:, :2], n_neighbors=8))},
}))
