"""One training: the networks of a job, from their initial weights to their last epoch."""

import itertools
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from mnist_utils import dataset, distortions, results
from studies.design import NOISE_LEVELS, Condition, DenseCondition, Job, ModelCondition

COLUMNS = ["condition", "factor", "seed", "epoch", "split", "noise", "loss", "accuracy"]
Part = tuple[np.ndarray, np.ndarray]  # images of uint8, shape (n, 28, 28), and labels, shape (n,)
Digits = tuple[Part, Part]


class Trained(NamedTuple):
    """What has come of a job: what was measured, with the columns `COLUMNS`, and the weights, if they are kept."""

    rows: pd.DataFrame
    weights: list[np.ndarray]


def train(job: Job, digits: Digits | None = None, epochs: int | None = None, stopped=lambda: False) -> Trained:
    """Train the networks of a job, and measure them. This is what the workers of a cluster run, too.

    Digits, to learn from and to test, are as `load_mnist` returns them; without them, these are MNIST. It may end after
    so many epochs; what depends on the number of all, such as a schedule, stays as it is. `stopped` is asked after each
    epoch: where it returns True, the training ends with InterruptedError.
    """
    rows, weights = [], []
    for measured, weights in itertools.islice(train_epochs(job, digits), epochs):  # noqa: B007
        rows += measured
        if stopped():
            raise InterruptedError("the training was stopped")
    return Trained(pd.DataFrame(rows, columns=COLUMNS), weights)


def train_epochs(job: Job, digits: Digits | None = None) -> Iterator[tuple[list[tuple], list[np.ndarray]]]:
    """Train the networks of a job; after each epoch give the rows that were measured, after the last one weights."""
    first = job.conditions[0]
    for images, labels in digits or ():
        dataset.preprocess(images)  # refuses what are no raw pixels, such as its own output
        dataset.split(images, labels, 1)  # and another number of labels
    train, test = digits or dataset.load_mnist()
    sets = {"train": train, "test": test}
    if first.validation:
        sets["train"], sets["validation"] = dataset.split(*train, first.validation)
    return (_train_together if isinstance(first, DenseCondition) else _train_alone)(job, sets)


def _train_alone(job: Job, sets: dict[str, Part]) -> Iterator[tuple[list[tuple], list[np.ndarray]]]:
    """Train a Keras model."""
    (condition,), (images, labels) = job.conditions, sets["train"]
    network = _compiled_network(condition, job.seed, -(-len(labels) // condition.batch_size))
    classifier = network
    if condition.classifier:
        classifier = results.load_network(*condition.classifier, job.seed)
        classifier.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    for epoch in range(1, condition.epochs + 1):
        random = np.random.default_rng([job.seed, epoch])
        order = random.permutation(len(labels))
        pixels = _pixels(images[order], condition)
        if condition.distortion:
            far = condition.distortion
            pixels = distortions.random_affine(pixels, random, pixels=2 * far, degrees=10 * far, zoom=far / 10)
        targets = pixels if condition.classifier else labels[order]
        if condition.noise:
            pixels = distortions.salt_and_pepper(pixels, random.uniform(*condition.noise, len(pixels)), random)
        network.fit(pixels, targets, condition.batch_size, epochs=1, shuffle=False, verbose=0)
        rows = []
        for split in condition.measured(epoch):
            for noise in NOISE_LEVELS if split in ("noisy", "denoised") else (0.0,):
                measured_images, truth = sets.get(split, sets["test"])
                pixels = _pixels(measured_images, condition)
                if split not in sets:
                    random = np.random.default_rng([job.seed, int(10 * noise)])
                    pixels = distortions.salt_and_pepper(pixels, noise, random)
                if split == "denoised":
                    pixels = network.predict(pixels, batch_size=1000, verbose=0)
                numbers = classifier.evaluate(pixels, truth, batch_size=1000, verbose=0)
                rows.append(_row(condition, 0.0, job.seed, epoch, split, noise, *numbers))
        yield rows, network.get_weights() if condition.weights_kept and epoch == condition.epochs else []


def _pixels(images: np.ndarray, condition: Condition) -> np.ndarray:
    return dataset.preprocess(images) / np.float32(condition.pixel_divisor / 255)


def _compiled_network(condition: ModelCondition, seed: int, steps: int):
    """Return the network of a condition, for a training of so many steps an epoch."""
    import keras

    from mnist_utils import networks

    network = getattr(networks, condition.network)(seed=seed)
    rate = learning_rate(condition, condition.epochs * steps)
    config = {"learning_rate": rate, **({"momentum": condition.momentum} if condition.momentum else {})}
    optimizer = keras.optimizers.get({"class_name": condition.optimizer, "config": config})
    loss, metrics = "sparse_categorical_crossentropy", ["accuracy"]
    if condition.classifier:
        loss, metrics = "binary_crossentropy", None
    network.compile(optimizer, loss, metrics=metrics, steps_per_execution=20)
    return network


def learning_rate(condition: ModelCondition, steps: int):
    """Return what a Keras optimizer gets as the learning rate of a condition, for a training of so many steps."""
    from keras.optimizers import schedules

    if condition.schedule == "constant":
        return condition.learning_rate
    rising = steps // 5
    return schedules.CosineDecay(0.0, steps - rising, warmup_target=condition.learning_rate, warmup_steps=rising)


def _train_together(job: Job, sets: dict[str, Part]) -> Iterator[tuple[list[tuple], list[np.ndarray]]]:
    """Train dense networks, one for each condition and factor; factors that are stacked come one after the other."""
    import tensorflow as tf  # here, because it takes seconds to load

    first, ensemble = job.conditions[0], None
    tensors = {
        split: (tf.constant(images.reshape(len(images), -1)), tf.constant(labels, tf.int32))
        for split, (images, labels) in sets.items()
    }
    count = len(sets["train"][1])
    steps = -(-count // first.batch_size)
    for block in range(len(first.factors) if first.stacked else 1):
        factors = first.factors[block : block + 1] if first.stacked else first.factors
        members = list(itertools.product(job.conditions, factors))
        ensemble = _with_a_block(ensemble, job, block, len(members))
        # A factor belongs to the kernels of the hidden layers of its own block; without stacking there is but one.
        of_blocks = [first.factors[: block + 1] if first.stacked else [factor] for _, factor in members]
        of_layers = [[number for factor in of for number in [factor] * len(first.hidden) + [0]] for of in of_blocks]
        scales = [1 / condition.pixel_divisor for condition, _ in members]
        for epoch in range(1, first.epochs + 1):
            order = np.random.default_rng([job.seed, block * first.epochs + epoch]).permutation(count)
            done = (np.arange(steps) + (epoch - 1) * steps) / (first.epochs * steps)
            left = {"constant": np.ones(steps), "linear": 1 - done, "drop": np.where(done < 0.75, 1.0, 0.1)}
            rates = np.stack([of.learning_rate * left[of.schedule] for of, _ in members], axis=1)  # (steps, networks)
            ensemble.train(*tensors["train"], order, rates, np.transpose(of_layers), first.batch_size, scales)
            due = dict.fromkeys(split for condition in job.conditions for split in condition.measured(epoch))
            measured = {split: np.transpose(ensemble.evaluate(*tensors[split], scales)) for split in due}
            rows = [
                _row(condition, factor, job.seed, epoch, split, 0.0, *measured[split][place])
                for place, (condition, factor) in enumerate(members)
                for split in condition.measured(epoch)
            ]
            yield rows, []  # nobody needs the weights of dense networks


def _with_a_block(ensemble, job: Job, block: int, networks_together: int):
    """Return new networks, or, where they are stacked, the old ones with another block of layers on top."""
    from mnist_utils import networks
    from studies.ensembles import Ensemble

    first = job.conditions[0]
    network = networks.stacked(block + 1, first.hidden, seed=job.seed)
    repeated = [np.stack([array] * networks_together) for array in network.get_weights()[-2 * len(first.hidden) - 2 :]]
    kernels, biases = repeated[::2], [bias[:, None] for bias in repeated[1::2]]
    if ensemble:
        trained = ensemble.get_weights()
        layers = len(trained) // 2
        kernels, biases = trained[:layers] + kernels, trained[layers:] + biases
    units = [*first.hidden, 10] * (block + 1)
    activations = ([first.activation] * len(first.hidden) + ["softmax"]) * (block + 1)
    larger = Ensemble(28 * 28, units, activations, networks_together, first.momentum)
    larger.set_weights(kernels + biases)
    return larger


def _row(condition: Condition, factor: float, seed: int, epoch: int, split: str, noise: float, *numbers) -> tuple:
    """One line of the results, in the order of `COLUMNS`."""
    return (condition.name, factor, seed, epoch, split, noise, *(float(f"{number:.6g}") for number in numbers))
