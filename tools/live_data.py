"""What the live pages compute with: networks of the study `in-the-page`, and digits, as scripts that set a variable.

A page that is opened from a folder may load scripts, and nothing else.
"""

import base64
import gzip
import json
from pathlib import Path

import numpy as np

from mnist_utils import dataset, results

NETWORKS = ("dense", "fast")
TRAINING, VALIDATION = 2000, 500  # digits: the first ones, and the last ones, of the training images


def network(name):
    """Return the layers of a network, each with what TensorFlow.js needs to know, and its weights.

    The weights are those of Keras in its order, float32, one after the other, in base64.
    """
    model = results.load_network("in-the-page", name, 0)
    kept = ("units", "activation", "filters", "kernel_size", "strides", "padding", "pool_size", "use_bias", "epsilon")
    layers = []
    for layer in model.layers:
        config = {key: value for key, value in layer.get_config().items() if key in kept}
        layers.append({"kind": type(layer).__name__, **config})
    weights = np.concatenate([array.ravel() for array in model.get_weights()]).astype("<f4")
    return {"layers": layers, "weights": base64.b64encode(weights.tobytes()).decode()}


def digits():
    """Return training images and their labels, bytes in base64: images compressed by gzip, 784 bytes each."""
    (images, labels), _ = dataset.load_mnist()
    chosen = np.r_[:TRAINING, len(images) - VALIDATION : len(images)]
    packed = gzip.compress(images[chosen].tobytes(), mtime=0)
    return {
        "training": TRAINING,
        "validation": VALIDATION,
        "images": base64.b64encode(packed).decode(),
        "labels": base64.b64encode(labels[chosen].tobytes()).decode(),
    }


def write(folder: Path):
    """Write networks.js and digits.js, if they are missing or older than the stored networks or this file."""
    sources = [Path(__file__), results.FOLDER / "in-the-page.json"]
    newest = max(path.stat().st_mtime for path in sources)
    for name, make in (("networks", lambda: {of: network(of) for of in NETWORKS}), ("digits", digits)):
        path = folder / f"{name}.js"
        if not path.exists() or path.stat().st_mtime < newest:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"window.{name} = {json.dumps(make())};\n", encoding="utf-8")
