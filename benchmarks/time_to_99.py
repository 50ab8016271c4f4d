"""Seconds of training until the mean test accuracy passes 99.0 %: `fast` against the network and recipe of keras.io.

Usage: python benchmarks/time_to_99.py [SEEDS [FILE.csv]]      (default: 1; some 2 minutes a seed on two cores)

Both train on all 60,000 images, in turn, seed by seed, in one process, and are measured after every epoch. keras.io's
example (mnist_convnet) has adam with its default rate and batches of 128, and counts until the mean over the seeds
first passes 99.0 %. `fast` has the recipe of its study, twenty steps in each call of TensorFlow among it, and counts
until its end. Seconds are those since `fit` was called, without the measuring, medians over the seeds; what TensorFlow
needs to prepare the first step of a network is part of them, for both.

With a file, every measured number is stored there, and in a JSON file beside it on what machine and with which
versions.
"""

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import keras
import pandas as pd

from mnist_utils import dataset, networks
from mnist_utils.results import sha256
from studies import catalogue
from studies.origin import this_machine
from studies.training import learning_rate

EPOCHS = 10  # of the 15 of keras.io's example
GOAL = 0.99


class Clock(keras.callbacks.Callback):
    """Measure the test accuracy after each epoch, and the seconds of training until then, measuring left out."""

    def __init__(self, images, labels):
        super().__init__()
        self.images, self.labels = images, labels
        self.start, self.rows = time.perf_counter(), []

    def on_epoch_end(self, epoch, logs=None):
        now = time.perf_counter()
        _, accuracy = self.model.evaluate(self.images, self.labels, batch_size=1000, verbose=0)
        self.rows.append({"epoch": epoch + 1, "seconds": round(now - self.start, 2), "accuracy": round(accuracy, 4)})
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
    """Train, and print one line an epoch, and the ratio."""
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    path = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    (images, labels), (test_images, test_labels) = dataset.load_mnist()
    sets = (dataset.preprocess(images), labels), (dataset.preprocess(test_images), test_labels)
    *_, recipe_of_fast = catalogue.find("fast").conditions
    batch_size, epochs = recipe_of_fast.batch_size, recipe_of_fast.epochs
    rate = learning_rate(recipe_of_fast, epochs * -(-len(labels) // batch_size))
    rows = []
    for seed in range(seeds):
        keras.utils.set_random_seed(seed)  # the order of the images
        for name, *recipe in (
            ("fast", keras.optimizers.Adam(rate), 20, batch_size, epochs),
            ("mnist_convnet", keras.optimizers.Adam(), 1, 128, EPOCHS),
        ):
            of_epochs = trained(getattr(networks, name)(seed), *recipe, sets)
            rows += [{"network": name, "seed": seed, **row} for row in of_epochs]
        print(f"seed {seed} is done", file=sys.stderr, flush=True)
    results = pd.DataFrame(rows)
    if path:
        results.to_csv(path, index=False, lineterminator="\n")
        when = datetime.now(UTC).isoformat(timespec="seconds")
        checksums = {path.name: [sha256(path, path.read_bytes())]}
        provenance = {**this_machine(), "finished": when, "sha256": checksums}
        path.with_suffix(".json").write_text(json.dumps(provenance, indent=2) + "\n")
    of_epochs = results.groupby(["network", "epoch"])
    table = of_epochs.agg(seconds=("seconds", "median"), accuracy=("accuracy", "mean"), sd=("accuracy", "std"))
    print(table.round({"seconds": 1, "accuracy": 4, "sd": 4}).to_string())
    passed = table["accuracy"] >= GOAL
    fast = table.loc[("fast", epochs)]
    if not passed["mnist_convnet"].any() or fast["accuracy"] < GOAL:
        print(f"not both have passed {GOAL:.1%} with the mean of {seeds} seeds: no ratio")
        return
    example = table.loc["mnist_convnet"][passed["mnist_convnet"]].iloc[0]
    share = fast["seconds"] / example["seconds"]
    print(f"fast passes {GOAL:.1%} in {share:.3f} of the time of mnist_convnet: 1 / {1 / share:.1f}")


if __name__ == "__main__":
    main()
