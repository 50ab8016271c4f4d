"""Seconds of training until the mean test accuracy passes 99.0 %: `fast` against the network and recipe of keras.io.

Usage: python benchmarks/time_to_99.py [SEEDS]      (default: 1; about 3 minutes a seed on two cores)

Both train on all 60,000 images, in turn, seed by seed, in one process, and are measured after every epoch. keras.io's
example (mnist_convnet) has adam with its default rate and batches of 128, and counts until the mean over the seeds
first passes 99.0 %. `fast` has the schedule of its study and counts until its end. Seconds are those of `fit` alone,
medians over the seeds; what TensorFlow needs to prepare the first step of a network is part of them, for both.
"""

import statistics
import sys
import time

import keras

from mnist_utils import dataset, networks, studies

EPOCHS = 12  # of keras.io's example, at most
GOAL = 0.99


def trained(network, optimizer, epochs, sets):
    """Return [(seconds of training so far, test accuracy)] after each epoch."""
    (images, labels), (test_images, test_labels) = sets
    network.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    seconds, reached = 0.0, []
    for _ in range(epochs):
        start = time.perf_counter()
        network.fit(images, labels, batch_size=128, epochs=1, verbose=0)
        seconds += time.perf_counter() - start
        _, accuracy = network.evaluate(test_images, test_labels, batch_size=1000, verbose=0)
        reached.append((seconds, accuracy))
    return reached


def main():
    """Train, and print one line an epoch, and the ratio."""
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    (images, labels), (test_images, test_labels) = dataset.load_mnist()
    sets = (dataset.preprocess(images), labels), (dataset.preprocess(test_images), test_labels)
    study = studies.find("fast")
    condition = next(condition for condition in study.conditions if condition.protocol == "final")
    steps = study.epochs * -(-len(labels) // condition.batch_size)
    runs = {"mnist_convnet": [], "fast": []}
    for seed in range(seeds):
        keras.utils.set_random_seed(seed)  # the order of the images
        optimizer = keras.optimizers.Adam(studies.learning_rate(condition, steps))
        runs["fast"].append(trained(networks.fast(seed), optimizer, study.epochs, sets))
        runs["mnist_convnet"].append(trained(networks.mnist_convnet(seed), keras.optimizers.Adam(), EPOCHS, sets))
        print(f"seed {seed} is done", file=sys.stderr, flush=True)
    first = {}
    print(f"{'network':<14}{'epoch':>6}{'seconds':>9}{'test accuracy':>15}{'sd':>9}   ({seeds} seeds)")
    for name, reached in runs.items():
        for epoch, of_seeds in enumerate(zip(*reached, strict=True), start=1):
            seconds = statistics.median(number for number, _ in of_seeds)
            accuracies = [accuracy for _, accuracy in of_seeds]
            mean = statistics.mean(accuracies)
            spread = statistics.stdev(accuracies) if seeds > 1 else float("nan")
            print(f"{name:<14}{epoch:>6}{seconds:>9.1f}{mean:>15.4f}{spread:>9.4f}")
            if mean >= GOAL and (name != "fast" or epoch == study.epochs):
                first.setdefault(name, seconds)
    if len(first) < 2:
        print(f"not both have passed {GOAL:.1%}: no ratio")
        return
    share = first["fast"] / first["mnist_convnet"]
    print(f"fast passes {GOAL:.1%} in {share:.3f} of the time of mnist_convnet: 1 / {1 / share:.1f}")


if __name__ == "__main__":
    main()
