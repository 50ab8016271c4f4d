"""Seconds of training until the mean test accuracy reaches 99.0 %: `fast` against the network and recipe of keras.io.

Usage: python benchmarks/time_to_99.py [SEEDS [FILE.csv]]      (default: 1; some 4 minutes a seed on two cores)

All train on all 60,000 images, in turn, seed by seed, in one process, and are measured after every epoch. keras.io's
example (mnist_convnet) has adam with its default rate and batches of 128, one and twenty steps in each call of
TensorFlow, and counts until the mean over the seeds first reaches 99.0 %. `fast` has the recipe of its study, twenty
steps in each call among it, and counts until its end. Seconds are those since `fit` was called, without the measuring;
what TensorFlow needs to prepare the first step of a network is part of them, for all. Ratios are those of a seed; their
geometric mean has a 95 % interval over the seeds.

Run it alone. Between the epochs it times a computation that is always the same: where that took more than a tenth
longer than usual, the machine was busy, and the epoch is marked.

With a file, every measured number is stored there, and in a JSON file beside it on what machine and with which
versions.
"""

import statistics
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from scipy import stats
from stored import store

from mnist_utils import dataset, networks
from studies import catalogue
from studies.training import learning_rate

EPOCHS = 10  # of the 15 of keras.io's example
GOAL = 0.99
BUSY = 1.1


def seconds_of_a_fixed_computation() -> float:
    """Return the median of nine equal products of matrices, which use all cores."""
    matrix, times = tf.ones((1536, 1536)), []
    for _ in range(9):
        start = time.perf_counter()
        tf.matmul(matrix, matrix).numpy()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


class Clock(keras.callbacks.Callback):
    """Measure the test accuracy after each epoch, and the seconds of training until then, measuring left out."""

    def __init__(self, images, labels):
        super().__init__()
        self.images, self.labels = images, labels
        self.before = seconds_of_a_fixed_computation()
        self.start, self.rows = time.perf_counter(), []

    def on_epoch_end(self, epoch, logs=None):
        now = time.perf_counter()
        after = seconds_of_a_fixed_computation()
        _, accuracy = self.model.evaluate(self.images, self.labels, batch_size=1000, verbose=0)
        row = {"epoch": epoch + 1, "seconds": round(now - self.start, 2), "accuracy": round(accuracy, 4)}
        self.rows.append({**row, "fixed_ms": round(1000 * max(self.before, after), 2)})
        self.before = after
        self.start += time.perf_counter() - now


def trained(network, optimizer, steps_per_execution, batch_size, epochs, sets):
    """Return a row for each epoch: its number, the seconds since `fit` was called, and the test accuracy."""
    (images, labels), test = sets
    loss = "sparse_categorical_crossentropy"
    network.compile(optimizer, loss, metrics=["accuracy"], steps_per_execution=steps_per_execution)
    clock = Clock(*test)
    network.fit(images, labels, batch_size=batch_size, epochs=epochs, verbose=0, callbacks=[clock])
    return clock.rows


def main():
    """Train, and print one line an epoch, and the ratios."""
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    path = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    (images, labels), (test_images, test_labels) = dataset.load_mnist()
    sets = (dataset.preprocess(images), labels), (dataset.preprocess(test_images), test_labels)
    *_, recipe_of_fast = catalogue.find("fast").conditions
    batch_size, epochs = recipe_of_fast.batch_size, recipe_of_fast.epochs
    rate = learning_rate(recipe_of_fast, epochs * -(-len(labels) // batch_size))
    rows = []
    seconds_of_a_fixed_computation()  # the first time, TensorFlow prepares it
    for seed in range(seeds):
        for name, *recipe in (
            ("fast", keras.optimizers.Adam(rate), 20, batch_size, epochs),
            ("mnist_convnet", keras.optimizers.Adam(), 1, 128, EPOCHS),
            ("mnist_convnet, 20 steps", keras.optimizers.Adam(), 20, 128, EPOCHS),
        ):
            keras.utils.set_random_seed(seed)  # the order of the images
            of_epochs = trained(getattr(networks, name.split(",")[0])(seed), *recipe, sets)
            rows += [{"network": name, "seed": seed, **row} for row in of_epochs]
        print(f"seed {seed} is done", file=sys.stderr, flush=True)
    results = pd.DataFrame(rows)
    results["busy"] = results["fixed_ms"] > BUSY * results["fixed_ms"].median()
    if path:
        store(results, path)
    of_epochs = results.groupby(["network", "epoch"])
    table = of_epochs.agg(
        seconds=("seconds", "median"), accuracy=("accuracy", "mean"), sd=("accuracy", "std"), busy=("busy", "sum")
    )
    print(table.round({"seconds": 1, "accuracy": 4, "sd": 4}).to_string())
    print(f"{results['busy'].sum()} of {len(results)} epochs met a busy machine")
    seconds = results.pivot(index="seed", columns=["network", "epoch"], values="seconds")
    for name in results["network"].unique()[1:]:
        passed = table.loc[name].query("accuracy >= @GOAL").index
        if passed.empty or table.loc[("fast", epochs), "accuracy"] < GOAL:
            print(f"{name}: not both have passed {GOAL:.1%} with the mean of {seeds} seeds, no ratio")
            continue
        logarithms = np.log(seconds[name, passed[0]] / seconds["fast", epochs])
        print(f"{name}: {GOAL:.1%} in epoch {passed[0]}, {np.exp(logarithms.mean()):.1f} times the seconds of fast")
        if seeds > 1:
            low, high = np.exp(stats.ttest_1samp(logarithms, 0).confidence_interval())
            print(f"    95 % interval {low:.1f} to {high:.1f}")


if __name__ == "__main__":
    main()
