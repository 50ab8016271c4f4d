"""Time `mnist_utils.dataset.load_mnist()` against `keras.datasets.mnist.load_data()`, in turn in one process.

Both read from disk, check the SHA-256, and return the same arrays. Keras reads `mnist.npz` from its cache: this script
makes a temporary cache, and writes the archive there with `numpy.savez_compressed`. Only the checksum that Keras
expects is replaced, by that of this archive: with its own one, Keras would download the official archive. Everything
else is Keras's own code. What differs: Keras checks the compressed archive (11 MB), `load_mnist` the uncompressed
contents (55 MB); Keras uses one thread, `load_mnist` several.

Usage: python benchmarks/load_mnist.py [REPEATS]
"""

import hashlib
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from unittest import mock

import numpy as np

from mnist_utils.dataset import load_mnist


def main(repeats: int = 21) -> None:
    """Print a table of milliseconds: the median, the fastest and the slowest of `repeats` calls, and CPU time."""
    with tempfile.TemporaryDirectory() as cache:
        os.environ["KERAS_HOME"] = cache  # Read when Keras is imported, so this has to come before.
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        from keras.src.datasets import mnist

        archive = Path(cache, "datasets", "mnist.npz")
        archive.parent.mkdir(exist_ok=True)
        (x_train, y_train), (x_test, y_test) = load_mnist()
        np.savez_compressed(archive, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
        checksum = hashlib.sha256(archive.read_bytes()).hexdigest()

        def get_file(*args, file_hash, **kwargs):
            return original(*args, file_hash=checksum, **kwargs)

        original = mnist.get_file
        offline = mock.patch("keras.src.utils.file_utils.urlretrieve", side_effect=AssertionError("a download"))
        with mock.patch.object(mnist, "get_file", get_file), offline:
            loaders = {"load_mnist()": load_mnist, "keras load_data()": mnist.load_data}
            for ours, theirs in zip(load_mnist(), mnist.load_data(), strict=True):
                for mine, other in zip(ours, theirs, strict=True):
                    np.testing.assert_array_equal(mine, other, strict=True)
            times = {name: [] for name in loaders}
            cpu_times = {name: [] for name in loaders}
            for _ in range(repeats):
                for name, load in loaders.items():
                    wall, cpu = time.perf_counter(), time.process_time()
                    load()
                    times[name].append(1000 * (time.perf_counter() - wall))
                    cpu_times[name].append(1000 * (time.process_time() - cpu))

    print(f"{'milliseconds of ' + str(repeats) + ' calls':<26}{'median':>8}{'fastest':>9}{'slowest':>9}{'CPU':>8}")
    for name, values in times.items():
        numbers = statistics.median(values), min(values), max(values), statistics.median(cpu_times[name])
        print(f"{name:<26}{numbers[0]:>8.0f}{numbers[1]:>9.0f}{numbers[2]:>9.0f}{numbers[3]:>8.0f}")
    ours, theirs = (statistics.median(values) for values in times.values())
    print(f"load_mnist takes {ours / theirs:.2f} times as long as Keras")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
