"""Time an epoch of the 500-300 network: plain Keras `fit`, the engine of the studies, the matrix products alone.

All take turns in one process, so that they meet the same machine; a turn is one epoch of 60,000 images, evaluation of
the 10,000 test images included. *Plain fit* is the network with L2 on its hidden kernels as a student writes it. *n
networks* are jobs of the study `hinton-assignment` (five factors and n / 5 seeds), trained as `running.run` trains
them. *Products alone* is the number of floating-point operations in the products of one network, forward and backward,
divided by the speed of a large product, measured in every round. Peak memory comes from a process of its own for each.

Usage: python benchmarks/engine.py [ROUNDS [FILE.csv]]      (default: 5; with a file, every turn is stored there)
"""

import dataclasses
import re
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import keras
import pandas as pd
import tensorflow as tf
from stored import store

from mnist_utils import networks
from mnist_utils.counting import count
from mnist_utils.dataset import load_mnist, preprocess
from studies import catalogue
from studies.design import Study, jobs
from studies.training import train_epochs

(HINTON,) = catalogue.find("hinton-assignment").conditions
SIZES = {"engine, 1 network": (1, 1), "engine, 5 networks": (5, 1), "engine, 15 networks": (5, 3)}
SIZES |= {"engine, 30 networks": (5, 6), "engine, 60 networks": (5, 12)}


def plain_fit():
    """Return a function that trains one network for an epoch with `fit`, and how many networks that are."""
    (x_train, y_train), (x_test, y_test) = ((preprocess(images), labels) for images, labels in load_mnist())
    network = networks.dense(HINTON.hidden, seed=0)
    for layer in network.layers[1:-1]:
        layer.kernel.regularizer = keras.regularizers.L2(1e-4)
    network.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return lambda: network.fit(x_train, y_train, 128, validation_data=(x_test, y_test), verbose=0), 1


def engine(factors: int, seeds: int):
    """Return a function that trains networks for an epoch as `running.run` does, and how many they are."""
    condition = dataclasses.replace(HINTON, factors=HINTON.factors[:factors])
    trainings = [train_epochs(job) for job in jobs(Study("some", "", [condition], range(seeds)))]
    executor = ThreadPoolExecutor(2)
    return lambda: list(executor.map(next, trainings)), factors * seeds


def products_alone() -> float:
    """Return the seconds that the products of an epoch of one network take at the speed of a large product."""
    multiply_adds = count(networks.dense(HINTON.hidden))["multiply_adds"]
    # A dense layer has one product forward and two backward, but nobody needs the gradient of the pixels.
    first = multiply_adds[multiply_adds > 0].iloc[0]
    operations = 2 * 60_000 * (3 * multiply_adds.sum() - first)
    matrix = tf.random.normal((2048, 2048))
    times = []
    for _ in range(9):
        start = time.perf_counter()
        tf.matmul(matrix, matrix).numpy()
        times.append(time.perf_counter() - start)
    return operations / (2 * 2048**3 / statistics.median(times))


def peak_memory(name: str) -> int:
    """Return the most memory in MiB that a process needs that trains two epochs of one contender."""
    own = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})"
    code = f"{own}; import engine; engine.train_two_epochs({name!r})"
    return int(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout) // 1024


def make(name: str):
    """Return what `plain_fit` or `engine` returns for a name in the table."""
    return engine(*SIZES[name]) if name in SIZES else plain_fit()


def train_two_epochs(name: str) -> None:
    """Train, and print the peak memory of this process in KiB, as Linux counts it since the process began."""
    epoch, _ = make(name)
    epoch()
    epoch()
    print(re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())[1])


def table(rows: pd.DataFrame) -> pd.DataFrame:
    """Return what a stored run says: seconds a network and epoch, compared with plain `fit` and the products."""
    each = rows.assign(seconds=rows["seconds"] / rows["networks"]).groupby("contender", sort=False)
    seconds = each["seconds"].agg(["median", "min", "max"])
    table = seconds.map("{:.2f}".format)
    table["of fit"] = (seconds["median"] / seconds.loc["plain fit", "median"]).map("{:.2f}".format)
    table["of products"] = (seconds["median"] / seconds.loc["products alone", "median"]).map("{:.2f}".format)
    table["peak MiB"] = each["peak_mib"].first().map(lambda peak: "" if peak == 0 else str(peak))
    return table


def main(rounds: int = 5, path: Path | None = None) -> None:
    """Measure, print the table, and store every turn if there is a path."""
    peaks = {name: peak_memory(name) for name in ["plain fit", *SIZES]}
    contenders, rows = {name: make(name) for name in peaks}, []
    for number in range(rounds + 1):  # the first round traces and warms up
        rows.append(("products alone", number, 1, products_alone()))
        for name, (epoch, size) in contenders.items():
            start = time.perf_counter()
            epoch()
            rows.append((name, number, size, time.perf_counter() - start))
    rows = pd.DataFrame(rows, columns=["contender", "round", "networks", "seconds"]).query("round > 0")
    rows = rows.assign(seconds=rows["seconds"].round(4), peak_mib=rows["contender"].map(peaks).fillna(0).astype(int))
    print(table(rows).to_string())
    if path:
        store(rows, path)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]), *map(Path, sys.argv[2:3]))
