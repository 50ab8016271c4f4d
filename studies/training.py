"""One training: the networks of a job, from their initial weights to their last epoch."""

import itertools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from mnist_utils import dataset, distortions, results
from studies.design import NOISE_LEVELS, Condition, DenseCondition, Job, ModelCondition, Study, StudyError, jobs

COLUMNS = ["condition", "factor", "seed", "epoch", "split", "noise", "loss", "accuracy"]
Part = tuple[np.ndarray, np.ndarray]  # images of uint8, shape (n, 28, 28), and labels, shape (n,)


class Trained(NamedTuple):
    """What has come of a job: its measured numbers in the order of `COLUMNS`, and the weights of a Keras model."""

    rows: list[tuple]
    weights: list[np.ndarray]


def train(
    job: Job,
    digits: tuple[Part, Part] | None = None,
    epochs: int | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> Trained:
    """Train the networks of a job, and measure them. This is what the workers of a cluster run, too.

    Parameters
    ----------
    job : Job
    digits : ((images, labels), (images, labels)), optional
        To learn from, and to test, as `load_mnist` returns them; without them, these are MNIST.
    epochs : int, optional
        How many; what depends on the number of all epochs, such as a schedule, stays as it is.
    stopped : function
        Asked after each epoch; the training ends with InterruptedError where it returns True.
    """
    training = _training(job, digits)
    rows = []
    for epoch in range(1, min(epochs or training.epochs, training.epochs) + 1):
        rows += training.train_epoch(epoch)
        if stopped():
            raise InterruptedError("the training was stopped")
    return Trained(rows, training.weights())


def train_slice(
    study: Study,
    seed: int = 0,
    epochs: int = 1,
    conditions: Sequence[str] = (),
    digits: tuple[Part, Part] | None = None,
) -> pd.DataFrame:
    """Train the first epochs of some networks of a study, and store nothing.

    Parameters
    ----------
    study : Study
    seed, epochs : int
    conditions : sequence of str
        Names of the conditions to train; all of them if empty.
    digits : as in `train`

    Returns
    -------
    pandas.DataFrame
        The rows that the study stores for these epochs, with the columns `COLUMNS`.
    """
    unknown = set(conditions) - {condition.name for condition in study.conditions}
    if unknown or seed not in study.seeds or epochs < 1:
        raise StudyError(
            f"study {study.name!r}: got seed {seed}, {epochs} epochs, conditions {sorted(unknown)}; expected one of "
            "its seeds, at least 1 epoch, and conditions of its own"
        )
    kept = [condition for condition in study.conditions if not conditions or condition.name in conditions]
    rows = [train(job, digits, epochs).rows for job in jobs(Study(study.name, study.about, kept, [seed]))]
    return in_order(study, pd.DataFrame(list(itertools.chain(*rows)), columns=COLUMNS))


def in_order(study: Study, rows: pd.DataFrame) -> pd.DataFrame:
    """Sort rows by seed, condition and factor; those of one network keep their order."""
    places = {condition.name: place for place, condition in enumerate(study.conditions)}
    ordered = rows.assign(place=rows["condition"].map(places))
    return ordered.sort_values(["seed", "place", "factor"], kind="stable")[COLUMNS].reset_index(drop=True)


def _training(job: Job, digits: tuple[Part, Part] | None):
    first = job.conditions[0]
    train, test = digits or dataset.load_mnist()
    sets = {"train": train, "test": test}
    if first.validation:
        sets["train"], sets["validation"] = dataset.split(*train, first.validation)
    return (DenseTraining if isinstance(first, DenseCondition) else ModelTraining)(job, sets)


class ModelTraining:
    """A Keras model on its way through the epochs."""

    def __init__(self, job: Job, sets: dict[str, Part]):
        (self.condition,), self.seed, self.sets = job.conditions, job.seed, sets
        self.epochs = self.condition.epochs
        self.network = _compiled_network(self.condition, job.seed, len(sets["train"][1]))
        self.classifier = self.network
        if self.condition.classifier:
            self.classifier = results.load_network(*self.condition.classifier, job.seed)
            self.classifier.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])

    def train_epoch(self, epoch: int) -> list[tuple]:
        """Train for an epoch; return what is measured after it."""
        condition, (images, labels) = self.condition, self.sets["train"]
        random = np.random.default_rng([self.seed, epoch])
        order = random.permutation(len(labels))
        pixels = self._pixels(images[order])
        if condition.distortion:
            limits = {"pixels": 2, "degrees": 10, "zoom": 0.1}
            limits = {name: condition.distortion * limit for name, limit in limits.items()}
            pixels = distortions.random_affine(pixels, random, **limits)
        targets = pixels if condition.classifier else labels[order]
        if condition.noise:
            pixels = distortions.salt_and_pepper(pixels, random.uniform(*condition.noise, len(pixels)), random)
        self.network.fit(pixels, targets, condition.batch_size, epochs=1, shuffle=False, verbose=0)
        measured = [
            (split, noise)
            for split in condition.measured(epoch)
            for noise in (NOISE_LEVELS if split in ("noisy", "denoised") else (0.0,))
        ]
        return [_row(condition, 0.0, self.seed, epoch, *which, *self._evaluate(*which)) for which in measured]

    def weights(self) -> list[np.ndarray]:
        """Return the weights of the model."""
        return self.network.get_weights()

    def _evaluate(self, split: str, noise: float) -> list[float]:
        images, labels = self.sets.get(split, self.sets["test"])
        pixels = self._pixels(images)
        if split in ("noisy", "denoised"):
            random = np.random.default_rng([self.seed, int(10 * noise)])
            pixels = distortions.salt_and_pepper(pixels, noise, random)
        if split == "denoised":
            pixels = self.network.predict(pixels, batch_size=1000, verbose=0)
        return self.classifier.evaluate(pixels, labels, batch_size=1000, verbose=0)

    def _pixels(self, images: np.ndarray) -> np.ndarray:
        return dataset.preprocess(images) / np.float32(self.condition.pixel_divisor / 255)


def _compiled_network(condition: ModelCondition, seed: int, images: int):
    import keras

    from mnist_utils import networks

    network = getattr(networks, condition.network)(seed=seed)
    rate = learning_rate(condition, condition.epochs * -(-images // condition.batch_size))
    optimizer = keras.optimizers.get({"class_name": condition.optimizer, "config": {"learning_rate": rate}})
    loss, metrics = "sparse_categorical_crossentropy", ["accuracy"]
    if condition.classifier:
        loss, metrics = "binary_crossentropy", None
    network.compile(optimizer, loss, metrics=metrics, steps_per_execution=20)
    return network


def learning_rate(condition: Condition, steps: int):
    """Return what a Keras optimizer gets as the learning rate of a condition, for a training of so many steps."""
    from keras.optimizers import schedules

    if condition.schedule == "constant":
        return condition.learning_rate
    rising = steps // 5
    peak = {"warmup_target": condition.learning_rate, "warmup_steps": rising}
    return schedules.CosineDecay(0.0, steps - rising, **peak)


class DenseTraining:
    """Dense networks that train together, one for each condition and factor, on their way through the epochs."""

    def __init__(self, job: Job, sets: dict[str, Part]):
        import tensorflow as tf  # here, because it takes seconds to load, and who only looks at a study needs none of it

        self.job, self.first = job, job.conditions[0]
        # Factors that are stacked come one after the other, each with all epochs.
        self.epochs = self.first.epochs * (len(self.first.factors) if self.first.stacked else 1)
        self.sets = {
            split: (tf.constant(images.reshape(len(images), -1)), tf.constant(labels, tf.int32))
            for split, (images, labels) in sets.items()
        }

    def train_epoch(self, epoch: int) -> list[tuple]:
        """Train for an epoch; return what is measured after it."""
        first, seed = self.first, self.job.seed
        phase, now = (epoch - 1) // first.epochs, (epoch - 1) % first.epochs + 1
        if now == 1:
            self._start_phase(phase)
        count = len(self.sets["train"][1])
        order = np.random.default_rng([seed, epoch]).permutation(count)
        rates = self._rates(now, steps=-(-count // first.batch_size))
        self.ensemble.train(*self.sets["train"], order, rates, self.penalties, first.batch_size, self.scales)
        due = dict.fromkeys(split for condition in self.job.conditions for split in condition.measured(now))
        measured = {split: self.ensemble.evaluate(*self.sets[split], self.scales) for split in due}
        return [
            _row(condition, factor, seed, now, split, 0.0, *(numbers[place] for numbers in measured[split]))
            for place, (condition, factor) in enumerate(self.members)
            for split in condition.measured(now)
        ]

    def weights(self) -> list[np.ndarray]:
        """Return none: those of dense networks are not kept."""
        return []

    def _start_phase(self, phase: int) -> None:
        """Make the networks: new ones, or where they are stacked, each with another block of layers on top."""
        from mnist_utils import networks
        from studies.ensembles import Ensemble

        first, blocks = self.first, phase + 1
        factors = first.factors[phase:blocks] if first.stacked else first.factors
        self.members = list(itertools.product(self.job.conditions, factors))
        self.scales = [1 / condition.pixel_divisor for condition, _ in self.members]
        # A factor belongs to the kernels of the hidden layers of its own block; without stacking there is but one.
        of_blocks = [first.factors[:blocks] if first.stacked else [factor] for _, factor in self.members]
        of_layers = [[number for factor in of for number in [factor] * len(first.hidden) + [0]] for of in of_blocks]
        self.penalties = np.transpose(of_layers)

        new = networks.stacked(blocks, first.hidden, seed=self.job.seed).get_weights()[-2 * len(first.hidden) - 2 :]
        repeated = [np.stack([array] * len(self.members)) for array in new]
        kernels, biases = repeated[::2], [bias[:, None] for bias in repeated[1::2]]
        if phase:
            trained = self.ensemble.get_weights()
            layers = len(trained) // 2
            kernels, biases = trained[:layers] + kernels, trained[layers:] + biases
        units = [*first.hidden, 10] * blocks
        activations = ([first.activation] * len(first.hidden) + ["softmax"]) * blocks
        self.ensemble = Ensemble(28 * 28, units, activations, len(self.members), first.momentum)
        self.ensemble.set_weights(kernels + biases)

    def _rates(self, epoch: int, steps: int) -> np.ndarray:
        """Learning rates of an epoch, of shape (steps, networks)."""
        done = (np.arange(steps) + (epoch - 1) * steps) / (self.first.epochs * steps)
        left = {"constant": np.ones(steps), "linear": 1 - done}
        return np.stack([condition.learning_rate * left[condition.schedule] for condition, _ in self.members], axis=1)


def _row(condition: Condition, factor: float, seed: int, epoch: int, split: str, noise: float, *numbers) -> tuple:
    """One line of the results, in the order of `COLUMNS`."""
    return (condition.name, factor, seed, epoch, split, noise, *(float(f"{number:.6g}") for number in numbers))
