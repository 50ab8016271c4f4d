"""Few digits, small conditions and studies of them: training is a matter of milliseconds."""

import functools

from mnist_utils.dataset import load_mnist, split
from studies.design import DenseCondition, ModelCondition, Study

SPLITS = {"validation": 100, "each_epoch": ("train", "validation"), "at_end": ("test",)}
DENSE = DenseCondition("dense", 1, hidden=(4,), **SPLITS)
MODEL = ModelCondition("model", 1, network="strided", learning_rate=0.01, **SPLITS)
NOISE = {"learning_rate": 0.001, "noise": (0.4, 0.6), "at_end": ("noisy",)}
DENOISER = ModelCondition("denoiser", 2, network="autoencoder", classifier=("good", "final"), **NOISE)


@functools.cache
def digits():
    """What `load_mnist` returns, but less of it."""
    (images, labels), (test_images, test_labels) = load_mnist()
    return (images[:400], labels[:400]), (test_images[:200], test_labels[:200])


def sets():
    """Images and labels of each split, no image in two of them."""
    examples, test = digits()
    remaining, validation = split(*examples, SPLITS["validation"])
    return {"train": remaining, "validation": validation, "test": test}


def study(*conditions, seeds=(0,)):
    return Study("few", "few digits", conditions, seeds)


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
