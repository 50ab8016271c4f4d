"""Long experiments: trained once, stored as one tidy CSV each, and read by the chapters.

A study trains a network for each combination of its conditions, factors and seeds. A seed fixes the initial weights and
the order of the images, so that networks of one seed differ in their condition and in nothing else: a comparison of two
conditions within a seed is free of the luck of the draw, which needs fewer seeds for the same certainty (a paired
design). Dense networks of one seed that use the same batches train together, see `mnist_utils.ensembles`; any other
network trains alone, as a Keras model.

To spread a study over machines, start ``dask scheduler`` on one and ``dask worker ADDRESS --nthreads 1`` wherever this
package is installed, and pass the scheduler's address. Without it, nothing of dask is imported.
"""

import contextlib
import dataclasses
import functools
import hashlib
import importlib.metadata
import io
import itertools
import json
import math
import operator
import os
import platform
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import filelock
import numpy as np
import pandas as pd
from IPython import get_ipython
from scipy.special import stdtrit  # quantile of t; scipy.stats, which has it too, takes a second to load

from mnist_utils import dataset, distortions

COLUMNS = ["study", "condition", "factor", "seed", "epoch", "split", "loss", "accuracy"]
RESULTS = Path(__file__).resolve().parent.parent / "results"
PATIENCE = 15  # seconds that a scheduler has to answer
# For each protocol: how many images it trains on, the splits measured after every epoch, and those after the last one.
# The "sparse" ones measure the training images once, which saves a third of the work of an epoch. "noisy 0.4" are the
# test images with noise of level 0.4, "denoised 0.4" what the network makes of these; a classifier is given both.
NOISE_LEVELS = tuple(tenths / 10 for tenths in range(11))
NOISY = tuple(f"noisy {level}" for level in NOISE_LEVELS)
DENOISED = tuple(f"denoised {level}" for level in NOISE_LEVELS)
PROTOCOLS = {
    "assignment": (60_000, ("train", "test"), ()),
    "validation": (50_000, ("train", "validation"), ("test",)),
    "search": (50_000, ("train", "validation"), ()),
    "sparse-assignment": (60_000, ("test",), ("train",)),
    "sparse-validation": (50_000, ("validation",), ("train", "test")),
    "choice": (50_000, (), ("validation",)),
    "final": (60_000, (), ("test",)),
    "noisy": (60_000, (), NOISY),
    "denoised": (60_000, (), DENOISED),
    "noisy-and-denoised": (60_000, (), NOISY + DENOISED),
}
SCHEDULES = ("constant", "linear", "one-cycle")
ACTIVATIONS = ("relu", "tanh", "sigmoid")  # of hidden layers
OPTIMIZERS = ("sgd", "adam")
# Functions in `networks`.
DENOISERS = ("autoencoder", "convolutional_autoencoder")
NETWORKS = ("dense", "convolutional", "mnist_convnet", "strided", "fast", "good", "averaging", "small", *DENOISERS)


class StudyError(ValueError):
    """A study or a file of results that this module refuses: the message says what it got and what it expected."""


@dataclass(frozen=True)
class Condition:
    """What may differ between the networks of a study, beside factor and seed.

    Attributes
    ----------
    protocol : str
        Which images train, and which are measured when: a key of `PROTOCOLS`.
    learning_rate : float
        Of the optimizer: in the first step, or the largest with "one-cycle".
    schedule : {"constant", "linear", "one-cycle"}
        "linear" lets the learning rate fall to 0 over all steps of the training; "one-cycle" lets it rise from 0 for a
        fifth of them, and then fall to 0 along a cosine.
    activation : str
        Of the hidden layers.
    epochs : int, optional
        In place of the study's.
    divisions : int
        How often the pixels are divided by 255.
    stacked : bool
        Whether the factors are one long training: each puts another network on top of what the last one has become, as
        the loop of the original submission does.
    network : str
        One of `NETWORKS`. What is not "dense" has its own layers and activations, and takes no factor, no momentum.
    optimizer : {"sgd", "adam"}
        Dense networks have SGD.
    distorted : float
        How far each epoch shifts, turns and zooms the training images anew, in units of 2 pixels, 10 degrees and a
        tenth of the size, see `distortions.random_affine`. Not for dense networks.
    noise : (float, float), optional
        Least and largest level of the `distortions.salt_and_pepper` noise that each training image gets anew in each
        epoch; the level is drawn uniformly between them. A network of `DENOISERS` learns to return the image as it was
        before. Not for dense networks.
    kept : bool
        Whether the weights are stored, too: `load_network` returns the network with them. Not for dense networks.
    """

    name: str
    protocol: str
    learning_rate: float = 0.1
    batch_size: int = 128
    schedule: str = "constant"
    momentum: float = 0.0
    activation: str = "relu"
    epochs: int | None = None
    divisions: int = 1
    stacked: bool = False
    network: str = "dense"
    optimizer: str = "sgd"
    distorted: float = 0
    noise: tuple[float, float] | None = None
    kept: bool = False

    def __post_init__(self):
        if self.noise is not None:  # a list, where it comes from a file
            try:
                least, most = map(float, self.noise)
            except (TypeError, ValueError) as error:
                raise StudyError(f"got noise {self.noise!r}, expected two levels, such as (0, 1)") from error
            object.__setattr__(self, "noise", (least, most))


# What results that were stored before a setting existed have for it.
UNSET = {field.name: field.default for field in dataclasses.fields(Condition) if field.default != dataclasses.MISSING}


@dataclass(frozen=True)
class Study:
    """An experiment: every condition with every L2 factor (on the kernels of the hidden layers) and every seed."""

    name: str
    about: str
    conditions: tuple[Condition, ...]
    hidden: tuple[int, ...] = (64, 64)
    factors: tuple[float, ...] = (0.0,)
    seeds: tuple[int, ...] = tuple(range(10))
    epochs: int = 10

    def __post_init__(self):
        kinds = {"hidden": operator.index, "factors": float, "seeds": operator.index}
        for what in ("conditions", *kinds):
            got = getattr(self, what)
            try:
                object.__setattr__(self, what, tuple(map(kinds[what], got) if what in kinds else got))
            except (TypeError, ValueError) as error:
                kind = "numbers" if what == "factors" else "integers"
                raise StudyError(f"study {self.name!r}: got {what} {got!r}, expected a sequence of {kind}") from error
        for what in ("conditions", "factors", "seeds"):
            values = getattr(self, what)
            if not values:
                raise StudyError(f"study {self.name!r}: got no {what}, expected at least one")
            names = [condition.name for condition in values] if what == "conditions" else values
            if len(set(names)) < len(names):
                raise StudyError(f"study {self.name!r}: got {what} {names}, expected each once")
        for epochs in (self.epochs, *(condition.epochs for condition in self.conditions)):
            if epochs is not None and not (isinstance(epochs, int) and epochs >= 1):
                raise StudyError(f"study {self.name!r}: got {epochs} epochs, expected an integer, at least 1")
        if not all(0 <= number < math.inf for number in self.factors + self.seeds):
            raise StudyError(f"study {self.name!r}: got a factor or a seed below 0 or not finite, expected none")
        if not all(units > 0 for units in self.hidden):
            raise StudyError(f"study {self.name!r}: got hidden layers of {self.hidden} units, expected at least 1 each")
        for condition in self.conditions:
            self._check(condition)

    def _check(self, condition: Condition) -> None:
        choices = {
            "protocol": PROTOCOLS,
            "schedule": SCHEDULES,
            "activation": ACTIVATIONS,
            "network": NETWORKS,
            "optimizer": OPTIMIZERS,
        }
        for what, known in choices.items():
            if getattr(condition, what) not in known:
                article = "an" if what[0] in "ao" else "a"
                raise StudyError(f"got {condition}, expected {article} {what} of {', '.join(known)}")
        if not 0 <= condition.distorted <= 5:
            raise StudyError(f"got {condition}, expected distortions from 0 (none) to 5")
        if condition.distorted and condition.divisions != 1:
            raise StudyError(f"got {condition}, expected pixels divided once where images are distorted")
        if condition.noise and not 0 <= condition.noise[0] <= condition.noise[1] <= 1:
            raise StudyError(f"got {condition}, expected two noise levels from 0 to 1, the smaller one first")
        noisy, denoiser = "noisy" in condition.protocol, condition.network in DENOISERS
        if (noisy or "denoised" in condition.protocol) != bool(condition.noise) or denoiser != (
            "denoised" in condition.protocol
        ):
            raise StudyError(
                f"got {condition}, expected denoisers to be measured on denoised images, other networks on noisy "
                "ones if they are trained on noise, and only then"
            )
        fits = isinstance(condition.batch_size, int) and condition.batch_size > 0
        if not fits or not 0 < condition.learning_rate < math.inf or not 0 <= condition.momentum < 1:
            raise StudyError(
                f"got {condition}, expected a positive learning rate, batches of at least 1, and momentum from 0 to "
                "below 1"
            )
        if condition.divisions not in (0, 1, 2):
            raise StudyError(f"got {condition}, expected pixels divided 0 times, once or twice")
        if condition.stacked and condition.momentum:
            raise StudyError(f"got {condition}, expected no momentum where networks are stacked")
        if condition.network == "dense":
            others = (condition.distorted, condition.noise, condition.kept)
            if condition.optimizer != "sgd" or condition.schedule == "one-cycle" or any(others):
                raise StudyError(
                    f"got {condition}, expected SGD, no one-cycle schedule, no distortion, no noise, no kept weights "
                    "for dense networks"
                )
        elif any(self.factors) or condition.stacked or condition.momentum or condition.activation != "relu":
            raise StudyError(
                f"got {condition} with the factors {self.factors}, expected the factor 0, and nothing that is for "
                "dense networks only: stacked, momentum, activation"
            )
        steps = PROTOCOLS[condition.protocol][0] / condition.batch_size
        if 2 * condition.learning_rate * max(self.factors) * steps > 40:
            raise StudyError(
                f"got {condition} with the factor {max(self.factors)}, expected a penalty that leaves something of a "
                "weight after an epoch; choose a smaller factor"
            )

    def epochs_of(self, condition: Condition) -> int:
        """Return the epochs that the networks of a condition train."""
        return condition.epochs or self.epochs


ASSIGNED_FACTORS = (1e-6, 1e-5, 1e-4, 5e-4, 1e-3)
CHOSEN_FACTOR = 5e-4  # by the validation images of `hinton-validation`; a test holds it against what is stored

_ADAM = {"optimizer": "adam"}
_ONE_CYCLE = {"optimizer": "adam", "schedule": "one-cycle"}


def _chosen(name: str, about: str, epochs: int, seeds: int, kept: bool = False, **settings) -> Study:
    """A network that was chosen on the validation images, and then trained on all training images and tested once."""
    conditions = tuple(
        Condition(condition, protocol, network=name, **_ONE_CYCLE, **settings, kept=kept and protocol == "final")
        for condition, protocol in (("validation", "choice"), ("final", "final"))
    )
    return Study(name, about, conditions, seeds=tuple(range(seeds)), epochs=epochs)


STUDIES = {
    study.name: study
    for study in [
        Study(
            "dense",
            "64-64 network, measured on the test set as the assignment asks, and on a validation split",
            (Condition("assignment", "assignment"), Condition("validation", "validation")),
        ),
        Study(
            "rate-and-batch",
            "64-64 network, four learning rates and three batch sizes on the validation split",
            tuple(
                Condition(f"rate={rate} batch={batch}", "search", rate, batch)
                for rate in (0.025, 0.1, 0.4, 1.6)
                for batch in (32, 128, 512)
            ),
            seeds=(0, 1, 2),
        ),
        Study(
            "hinton-assignment",
            "500-300 network with five L2 factors, three replicates, measured on the test set as the assignment asks",
            (Condition("assignment", "sparse-assignment"),),
            hidden=(500, 300),
            factors=ASSIGNED_FACTORS,
            seeds=(0, 1, 2),
            epochs=40,
        ),
        Study(
            "hinton-validation",
            "500-300 network with five L2 factors, measured on a validation split, on the test set once",
            (Condition("validation", "sparse-validation"),),
            hidden=(500, 300),
            factors=ASSIGNED_FACTORS,
            epochs=40,
        ),
        Study(
            "hinton-unreported",
            "500-300 network with the factor chosen on validation, and what was not reported of Hinton's",
            (
                Condition("momentum 0.9, rate 0.01", "sparse-validation", 0.01, momentum=0.9),
                Condition("batches of 32", "sparse-validation", batch_size=32),
                Condition("tanh units", "sparse-validation", activation="tanh"),
                Condition("logistic units", "sparse-validation", activation="sigmoid"),
                Condition("80 epochs", "sparse-validation", epochs=80),
            ),
            hidden=(500, 300),
            factors=(CHOSEN_FACTOR,),
            seeds=(0, 1, 2, 3, 4),
            epochs=40,
        ),
        Study(
            "hinton-schedule",
            "500-300 network with a learning rate that falls to 0, with five L2 factors, on a validation split",
            (Condition("rate falls to 0", "sparse-validation", schedule="linear"),),
            hidden=(500, 300),
            factors=ASSIGNED_FACTORS,
            seeds=(0, 1, 2, 3, 4),
            epochs=40,
        ),
        Study(
            "forensic",
            "300-500 network as in the submission's loop: fresh or stacked, pixels divided by 255 once or twice",
            tuple(
                Condition(
                    f"{'stacked' if stacked else 'fresh'}, divided {'twice' if divisions == 2 else 'once'}",
                    "sparse-assignment",
                    divisions=divisions,
                    stacked=stacked,
                )
                for stacked in (False, True)
                for divisions in (1, 2)
            ),
            hidden=(300, 500),
            factors=ASSIGNED_FACTORS,
            seeds=(0, 1, 2),
            epochs=40,
        ),
        Study(
            "forensic-convolution",
            "convolutional network of the submission: adam or SGD, pixels divided by 255 once or twice",
            tuple(
                Condition(
                    f"{optimizer}, divided {'twice' if divisions == 2 else 'once'}",
                    "sparse-assignment",
                    rate,
                    divisions=divisions,
                    network="convolutional",
                    optimizer=optimizer,
                )
                for optimizer, rate in (("adam", 0.001), ("sgd", 0.1))
                for divisions in (1, 2)
            ),
            seeds=(0, 1, 2),
            epochs=10,
        ),
        Study(
            "forensic-raw",
            "networks of the submission on pixels that were not divided at all: 300-500 without L2, convolutional",
            (
                Condition("300-500, sgd", "sparse-assignment", divisions=0),
                *(
                    Condition(
                        f"convolutional, {optimizer}",
                        "sparse-assignment",
                        rate,
                        epochs=10,
                        divisions=0,
                        network="convolutional",
                        optimizer=optimizer,
                    )
                    for optimizer, rate in (("adam", 0.001), ("sgd", 0.1))
                ),
            ),
            hidden=(300, 500),
            seeds=(0, 1, 2),
            epochs=40,
        ),
        Study(
            "convolution-rate",
            "convolutional network of the submission: learning rates of SGD and of adam, on a validation split",
            tuple(
                Condition(f"{optimizer} {rate}", "search", rate, network="convolutional", optimizer=optimizer)
                for optimizer, rates in (("sgd", (0.01, 0.03, 0.1, 0.3, 1.0)), ("adam", (0.0003, 0.001, 0.003, 0.01)))
                for rate in rates
            ),
            seeds=(0, 1, 2),
            epochs=5,
        ),
        Study(
            "convolution-design",
            "from the submission's convolutional network to better ones, step by step, on a validation split",
            (
                Condition("submission", "choice", 0.001, network="convolutional", **_ADAM),
                Condition("two convolutions", "choice", 0.001, network="mnist_convnet", **_ADAM),
                Condition("two convolutions, one cycle", "choice", 0.003, network="mnist_convnet", **_ONE_CYCLE),
                Condition("stride, one cycle", "choice", 0.003, network="strided", **_ONE_CYCLE),
                Condition("stride, one cycle, rate 0.01", "choice", 0.01, network="strided", **_ONE_CYCLE),
                Condition("fast, rate 0.003", "choice", 0.003, network="fast", **_ONE_CYCLE),
                Condition("fast", "choice", 0.01, network="fast", **_ONE_CYCLE),
                Condition("fast, 10 epochs", "choice", 0.01, epochs=10, network="fast", **_ONE_CYCLE),
                Condition("fast, distorted", "choice", 0.01, epochs=10, network="fast", distorted=1, **_ONE_CYCLE),
                *(
                    Condition(name, "choice", 0.02, 64, epochs=10, network=name, distorted=0.5, **_ONE_CYCLE)
                    for name in ("averaging", "small")
                ),
            ),
            seeds=(0, 1, 2, 3, 4),
            epochs=3,
        ),
        _chosen(
            "fast", "fewest seconds to 99 %, chosen on a validation split", 2, 10, learning_rate=0.02, batch_size=256
        ),
        _chosen(
            "good",
            "highest accuracy, chosen on a validation split",
            12,
            5,
            kept=True,
            learning_rate=0.005,
            distorted=1,
        ),
        _chosen(
            "small",
            "fewest parameters at 99 %, chosen on a validation split",
            40,
            5,
            kept=True,
            learning_rate=0.02,
            batch_size=64,
            distorted=0.5,
        ),
        Study(
            "denoising",
            "auto-encoders, dense and convolutional, trained at one noise level or all; a classifier trained on noise",
            (
                Condition(
                    "dense, level 0.4", "noisy-and-denoised", 0.001, network="autoencoder", noise=(0.4, 0.4), **_ADAM
                ),
                Condition("dense, all levels", "denoised", 0.001, network="autoencoder", noise=(0, 1), **_ADAM),
                *(
                    Condition(name, "denoised", 0.001, network="convolutional_autoencoder", noise=noise, **_ADAM)
                    for name, noise in (
                        ("convolutional, level 0.4", (0.4, 0.4)),
                        ("convolutional, all levels", (0, 1)),
                    )
                ),
                Condition("classifier, all levels", "noisy", 0.01, network="fast", noise=(0, 1), **_ONE_CYCLE),
            ),
            seeds=(0, 1, 2, 3, 4),
            epochs=10,
        ),
    ]
}


def find(name: str) -> Study:
    """Return the study of this name, or raise StudyError with the names there are.

    >>> find("dense").epochs
    10
    """
    if name not in STUDIES:
        raise StudyError(f"got study {name!r}, expected one of: {', '.join(STUDIES)}")
    return STUDIES[name]


def run(
    study: Study, out: str | os.PathLike, *, scheduler: str | None = None, progress: bool | None = None
) -> pd.DataFrame:
    """Train what is still missing of a study; store NAME.csv, and its provenance in NAME.json.

    Loss is the mean cross-entropy, without the L2 penalty. Loss and accuracy are those of the network as it is at the
    end of the epoch, on the training images too, where Keras's own log has averages over the epoch.

    Every epoch is on disk when it is over: until all networks of a seed that train together are done, in the folder
    NAME.parts. Whatever interrupts a run, the same call goes on from there.

    Parameters
    ----------
    study : Study
    out : path
        The folder, made if it is missing. Networks that are already stored there are kept and not trained again.
    scheduler : str, optional
        Address of a dask.distributed scheduler, such as "tcp://10.0.0.1:8786", whose workers do the training. They must
        have the same versions. Without it, the training is done here.
    progress : bool, optional
        Whether to draw a progress bar. If None: where somebody can watch it, in a terminal or a notebook, not in CI.

    Returns
    -------
    pandas.DataFrame
        All that is stored for this study, with the columns `COLUMNS`.

    Raises
    ------
    StudyError
        If the folder holds results that this run cannot continue (of other settings, versions, data or columns, or
        damaged), is in use by another run, or cannot be written; if the scheduler or its workers do not answer.
    """
    csv, description, parts = _paths(study, out)
    with contextlib.ExitStack() as stack:
        with _writing(csv.parent):
            csv.parent.mkdir(parents=True, exist_ok=True)
            try:
                stack.enter_context(filelock.FileLock(csv.with_name(f".{study.name}.lock"), timeout=0))
            except filelock.Timeout as error:
                advice = "wait for its end, or choose another folder"
                raise StudyError(f"{csv}: another run is writing it; {advice}") from error
        workers = stack.enter_context(_workers(scheduler))
        results, provenance = _continued(study, out, workers.machine)
        done = set(zip(results["condition"], results["factor"], results["seed"], strict=True))
        waiting = [job for job in jobs(study) if not done.issuperset(job.networks())]
        for seed in {job.seed for job in waiting if job.conditions[0].network in DENOISERS}:
            load_network("good", "final", seed)  # what cannot be measured in the end is refused before it is trained
        states = {job: _read_part(parts / job.file_name, job) for job in waiting}
        with _writing(parts):
            parts.mkdir(exist_ok=True)
        bar = _progress_bar(sum(job.epochs_left(states[job]) for job in waiting), progress)
        before = max([provenance["seconds"], *(state.seconds for state in states.values() if state)])
        start, running = time.monotonic(), {}
        while waiting or running:
            while waiting and len(running) < workers.slots():
                job = waiting.pop(0)
                running[workers.submit(job, states.pop(job))] = job
            failure = None
            for future in workers.wait(running):
                job = running.pop(future)
                try:
                    state = workers.result(future)
                except Exception as error:
                    failure = failure or error  # the others that are done are stored first
                    continue
                state.seconds = round(before + time.monotonic() - start, 1)
                with _writing(parts):
                    if job.epochs_left(state):
                        _write_part(parts / job.file_name, job, state)
                    else:
                        rows = pd.DataFrame(state.rows, columns=COLUMNS)
                        results = _in_order(study, rows if results.empty else pd.concat([results, rows]))
                        _keep(job, state, csv.parent)
                        _store(results, {**provenance, "seconds": state.seconds}, csv, description)
                        (parts / job.file_name).unlink(missing_ok=True)
                bar(job.width)
                if job.epochs_left(state) and not failure:
                    running[workers.submit(job, state)] = job
            if failure:
                raise failure
        with contextlib.suppress(OSError):  # other seeds may wait there for their end
            parts.rmdir()
    return results


def train_slice(study: Study, seed: int = 0, epochs: int = 1, conditions: Sequence[str] = ()) -> pd.DataFrame:
    """Train the first epochs of some networks of a study again, and store nothing.

    Parameters
    ----------
    study : Study
    seed : int
        One of the study's.
    epochs : int
        How many; what depends on the number of all epochs, such as a schedule, stays as it is in the whole study.
    conditions : sequence of str
        Names of the conditions to train; all of them if empty.

    Returns
    -------
    pandas.DataFrame
        The rows that the study stores for these epochs, with the columns `COLUMNS`.

    Examples
    --------
    >>> again = train_slice(find("dense"), epochs=1, conditions=["assignment"])
    >>> list(again["split"])
    ['train', 'test']
    """
    unknown = set(conditions) - {condition.name for condition in study.conditions}
    if unknown or seed not in study.seeds or epochs < 1:
        raise StudyError(
            f"study {study.name!r}: got seed {seed}, {epochs} epochs, conditions {sorted(unknown)}; expected one of "
            "its seeds, at least 1 epoch, and conditions of its own"
        )
    kept = tuple(condition for condition in study.conditions if not conditions or condition.name in conditions)
    rows = []
    for job in jobs(dataclasses.replace(study, seeds=(seed,), conditions=kept)):
        state = None
        for _ in range(min(epochs, job.epochs)):
            state = advance(job, state)
        rows += state.rows
    return _in_order(study, pd.DataFrame(rows, columns=COLUMNS))


def load(name: str, folder: str | os.PathLike | None = None) -> pd.DataFrame:
    """Return the results of a study that are stored with the book, or in another folder, with the columns `COLUMNS`.

    Raises
    ------
    StudyError
        If they are missing, unreadable, of another study or other columns, or not whole.

    Examples
    --------
    >>> load("dense")["seed"].nunique() >= 10
    True
    """
    return _read(find(name), folder or RESULTS)[0]


def provenance(name: str, folder: str | os.PathLike | None = None) -> dict:
    """Return with what, on what, when and for how long the stored results of a study were computed.

    >>> sorted(provenance("dense"))[:3]
    ['code', 'data', 'processor']
    """
    return _read(find(name), folder or RESULTS)[1]


def load_network(name: str, condition: str, seed: int = 0, folder: str | os.PathLike | None = None):
    """Return a network of a study whose weights are stored with the book, or in another folder.

    Parameters
    ----------
    name, condition : str
        Of a study, and of one of its conditions that keep weights.
    seed : int
        One of the study's.
    folder : path, optional

    Returns
    -------
    keras.Model
        Not compiled; as it was after the last epoch.

    Raises
    ------
    StudyError
        If no such weights are kept, or they are missing, unreadable, or of another network.
    """
    from mnist_utils import networks

    study = find(name)
    kept = {condition.name: condition for condition in study.conditions if condition.kept}
    if condition not in kept or seed not in study.seeds:
        raise StudyError(
            f"study {name!r}: got condition {condition!r} and seed {seed}, expected a condition of {sorted(kept)}, "
            f"which keep weights, and a seed of {study.seeds}"
        )
    path = _weights_path(study, condition, seed, folder or RESULTS)
    network = getattr(networks, kept[condition].network)(seed=seed)
    try:
        network.load_weights(path)
    except (OSError, ValueError, KeyError) as error:
        reason = str(error).partition("\n")[0]  # Keras goes on with all weights
        advice = f"`python -m mnist_utils studies run {name}` with another folder makes them"
        raise StudyError(f"{path}: expected its weights, got {type(error).__name__}: {reason}; {advice}") from error
    return network


def summarize(results: pd.DataFrame, by: Sequence[str], of: str = "accuracy") -> pd.DataFrame:
    """Return mean, standard deviation and 95 % t interval of the mean over the seeds of each group.

    Parameters
    ----------
    results : pandas.DataFrame
        Rows of a study.
    by : sequence of str
        Columns that tell the groups apart; each seed may stand once in a group.
    of : {"accuracy", "loss"}

    Returns
    -------
    pandas.DataFrame
        A row for each group; columns seeds, mean, sd, low, high. With one seed the last three are nan.

    Examples
    --------
    >>> two = pd.DataFrame({"split": ["test", "test"], "seed": [0, 1], "accuracy": [0.96, 0.98]})
    >>> summarize(two, by=["split"]).round(3)  # doctest: +NORMALIZE_WHITESPACE
           seeds  mean     sd    low   high
    split
    test       2  0.97  0.014  0.843  1.097
    """
    by = [by] if isinstance(by, str) else list(by)
    if results.empty:
        raise StudyError("got no rows, expected at least one: see what you have selected")
    if results.duplicated([*by, "seed"]).any():
        raise StudyError(f"got a seed more than once in a group, expected once; group by more than {by}")
    table = results.groupby(by)[of].agg(seeds="count", mean="mean", sd="std")
    half = stdtrit(table["seeds"] - 1, 0.975) * table["sd"] / np.sqrt(table["seeds"])
    return table.assign(low=table["mean"] - half, high=table["mean"] + half)


def compare(again: pd.DataFrame, stored: pd.DataFrame, level: float = 0.01) -> pd.DataFrame:
    """Hold the mean accuracies of a study that was run again against the stored ones, at the last epoch of each split.

    Parameters
    ----------
    again, stored : pandas.DataFrame
        All rows of one study.
    level : float
        How often chance alone may put any line of the table beyond what is allowed, if runs are normally distributed.

    Returns
    -------
    pandas.DataFrame
        A row for each condition, factor and split; columns stored, again, difference, allowed and holds. Allowed is
        what a t distribution with the stored standard deviation gives for the difference of two means, with `level`
        shared by all rows, but at least one image in 10,000. Few replicates allow much.

    Raises
    ------
    StudyError
        If the two do not have the same conditions, factors, epochs and numbers of seeds, or just one seed.
    """
    place = ["condition", "factor", "split", "epoch"]
    tables = []
    for rows in (stored, again):
        last = rows.groupby(["condition", "split"])["epoch"].transform("max")
        tables.append(summarize(rows[rows["epoch"] == last], by=place))
    before, now = tables
    if not before.index.equals(now.index) or not before["seeds"].equals(now["seeds"]):
        raise StudyError(
            f"got {len(now)} means of {now['seeds'].min()} seeds or more, expected those of the {len(before)} stored "
            "ones: the same conditions, factors, epochs and number of seeds"
        )
    if before["seeds"].min() < 2:
        raise StudyError("got one seed, expected at least two: one has no spread")
    quantile = stdtrit(before["seeds"] - 1, 1 - level / 2 / len(before))
    allowed = np.maximum(quantile * before["sd"] * np.sqrt(2 / before["seeds"]), 1.0001e-4)
    difference = now["mean"] - before["mean"]
    table = pd.DataFrame({"stored": before["mean"], "again": now["mean"], "difference": difference})
    return table.assign(allowed=allowed, holds=difference.abs() <= allowed)


def replicate(study: Study, out: str | os.PathLike, *, scheduler: str | None = None) -> pd.DataFrame:
    """Train a study afresh into a folder, and return what `compare` makes of it and of the stored results.

    Raises
    ------
    StudyError
        As `run` does; also if the folder is that of the stored results, or those are of other settings or data.
    """
    if Path(out).resolve() == Path(RESULTS).resolve():
        raise StudyError(f"got the folder of the stored results, {out}; expected another one")
    stored, before = _read(study, RESULTS)
    fresh = _provenance(study, {"versions": before["versions"]})
    _refuse_other(before, fresh, _paths(study, RESULTS)[1], "Run the study anew before it can be replicated")
    return compare(run(study, out, scheduler=scheduler), stored)


@dataclass(frozen=True)
class Job:
    """Networks of one seed that train together, because they use the same batches."""

    study: Study
    seed: int
    conditions: tuple[Condition, ...]

    @property
    def stacked(self) -> bool:
        """Whether the factors come one after the other."""
        return self.conditions[0].stacked

    @property
    def epochs(self) -> int:
        """Epochs of the whole training."""
        return self.study.epochs_of(self.conditions[0]) * (len(self.study.factors) if self.stacked else 1)

    @property
    def width(self) -> int:
        """How many networks train at a time."""
        return len(self.conditions) * (1 if self.stacked else len(self.study.factors))

    @property
    def file_name(self) -> str:
        """The name of the file that holds its unfinished networks."""
        number = [job.conditions for job in jobs(self.study) if job.seed == self.seed].index(self.conditions)
        return f"seed{self.seed}-{number}.npz"

    def networks(self) -> list[tuple[str, float, int]]:
        """Return condition, factor and seed of each network."""
        return [(c.name, factor, self.seed) for c, factor in itertools.product(self.conditions, self.study.factors)]

    def members(self, epoch: int) -> list[tuple[Condition, float]]:
        """Return condition and factor of the networks that train in an epoch of the job, in their order."""
        factors = self.study.factors
        if self.stacked:
            phase = (epoch - 1) // self.study.epochs_of(self.conditions[0])
            factors = factors[phase : phase + 1]
        return list(itertools.product(self.conditions, factors))

    def epochs_left(self, state: "State | None") -> int:
        """Return the epochs that are still to be trained, times the networks that train at a time."""
        return (self.epochs - (state.epoch if state else 0)) * self.width


@dataclass
class State:
    """What a job has reached: the epoch that is over, the weights, and all rows measured so far."""

    epoch: int
    weights: list[np.ndarray]
    rows: list[tuple]
    seconds: float = 0.0  # that the study had taken when this was stored


def jobs(study: Study) -> list[Job]:
    """Return the jobs of a study, all those of its first seed first."""
    together = {}
    for condition in study.conditions:
        training_images, *_ = PROTOCOLS[condition.protocol]
        settings = (condition.batch_size, condition.momentum, condition.activation, condition.stacked)
        alone = condition.name if condition.network != "dense" else None
        together.setdefault((training_images, study.epochs_of(condition), settings, alone), []).append(condition)
    return [Job(study, seed, tuple(conditions)) for seed in study.seeds for conditions in together.values()]


def advance(job: Job, state: State | None) -> State:
    """Train the networks of a job for one epoch, and measure them. This is what the workers of a cluster run, too."""
    if job.conditions[0].network == "dense":
        return _advance_together(job, state)
    return _advance_alone(job, state)


def _advance_alone(job: Job, state: State | None) -> State:
    """Train one Keras model for an epoch."""
    (condition,), epoch = job.conditions, state.epoch + 1 if state else 1
    epochs = job.study.epochs_of(condition)
    sets = _sets(PROTOCOLS[condition.protocol][0])
    images, labels = sets["train"]
    network = _network(condition, job.seed, epochs * -(-len(labels) // condition.batch_size))
    variables = [*network.variables, *network.optimizer.variables]
    for variable, array in zip(variables, state.weights if state else network.initial, strict=True):
        variable.assign(array)
    random = np.random.default_rng([job.seed, epoch])
    order = random.permutation(len(labels))
    pixels = _pixels(images[order], condition)
    if condition.distorted:
        pixels = distortions.random_affine(
            pixels,
            random,
            pixels=2 * condition.distorted,
            degrees=10 * condition.distorted,
            zoom=condition.distorted / 10,
        )
    targets = pixels if condition.network in DENOISERS else labels[order]
    if condition.noise:
        pixels = distortions.salt_and_pepper(pixels, random.uniform(*condition.noise, len(pixels)), random)
    network.fit(pixels, targets, condition.batch_size, epochs=1, shuffle=False, verbose=0)
    rows = list(state.rows) if state else []
    for split in _due(condition, epochs, epoch):
        loss, accuracy = _evaluate(network, condition, job.seed, split, sets)
        rows.append(_row(job, condition, job.study.factors[0], epoch, split, loss, accuracy))
    return State(epoch, [variable.numpy() for variable in variables], rows)


def _evaluate(network, condition: Condition, seed: int, split: str, sets: dict) -> list[float]:
    """Return loss and accuracy on a split, for a denoiser those of the classifier `good` of the same seed."""
    kind, _, level = split.partition(" ")
    images, labels = sets["test" if level else split]
    pixels, classifier = _pixels(images, condition), network
    if level:
        pixels = distortions.salt_and_pepper(
            pixels, float(level), np.random.default_rng([seed, int(10 * float(level))])
        )
    if kind == "denoised":
        pixels = network.predict(pixels, batch_size=1000, verbose=0)
    if condition.network in DENOISERS:
        if getattr(_cache, "classifier_seed", None) != seed:
            classifier = load_network("good", "final", seed)
            classifier.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
            _cache.classifier_seed, _cache.classifier = seed, classifier
        classifier = _cache.classifier
    return classifier.evaluate(pixels, labels, batch_size=1000, verbose=0)


def _pixels(images: np.ndarray, condition: Condition) -> np.ndarray:
    return dataset.preprocess(images) / np.float32(255.0 ** (condition.divisions - 1))


def learning_rate(condition: Condition, steps: int):
    """Return what a Keras optimizer gets as the learning rate of a condition, for a training of so many steps."""
    from keras.optimizers import schedules

    rate = condition.learning_rate
    if condition.schedule == "linear":
        return schedules.PolynomialDecay(rate, steps, end_learning_rate=0)
    if condition.schedule == "one-cycle":
        rising = steps // 5
        return schedules.CosineDecay(0.0, steps - rising, warmup_target=rate, warmup_steps=rising)
    return rate


def _network(condition: Condition, seed: int, steps: int):
    """Return a compiled Keras model, with its initial variables and those of its optimizer as `initial`."""
    import keras

    from mnist_utils import networks

    key = (condition, seed, steps)
    if getattr(_cache, "network_key", None) != key:
        network = getattr(networks, condition.network)(seed=seed)
        rate = learning_rate(condition, steps)
        optimizer = keras.optimizers.get({"class_name": condition.optimizer, "config": {"learning_rate": rate}})
        loss, metrics = "sparse_categorical_crossentropy", ["accuracy"]
        if condition.network in DENOISERS:
            loss, metrics = "binary_crossentropy", None
        network.compile(optimizer, loss, metrics=metrics, steps_per_execution=20)
        optimizer.build(network.trainable_variables)
        network.initial = [variable.numpy() for variable in [*network.variables, *optimizer.variables]]
        _cache.network_key, _cache.network = key, network
    return _cache.network


def _advance_together(job: Job, state: State | None) -> State:
    """Train dense networks for an epoch, as one ensemble."""
    study, first = job.study, job.conditions[0]
    epoch, epochs = state.epoch + 1 if state else 1, study.epochs_of(first)
    phase, now = (epoch - 1) // epochs, (epoch - 1) % epochs + 1
    members = job.members(epoch)
    weights = state.weights if state else []
    if now == 1:
        kernels, biases = _initial_weights(job, phase, len(members))
        layers = len(weights) // 2
        weights = weights[:layers] + kernels + weights[layers:] + biases
    blocks = phase + 1
    layers = [*((units, first.activation) for units in study.hidden), (10, "softmax")] * blocks
    ensemble = _ensemble(tuple(layers), len(members), first.momentum)
    ensemble.set_weights(weights)
    # A factor belongs to the kernels of the hidden layers of its own block; without stacking there is but one block.
    of_blocks = [study.factors[:blocks] if job.stacked else [factor] for _, factor in members]
    factors = np.transpose(
        [[number for factor in of_block for number in [factor] * len(study.hidden) + [0]] for of_block in of_blocks]
    )
    scales = [255.0**-condition.divisions for condition, _ in members]
    sets = _tensors(PROTOCOLS[first.protocol][0])
    count = len(sets["train"][1])
    order = np.random.default_rng([job.seed, epoch]).permutation(count)
    rates = _rates(members, now, epochs, steps=-(-count // first.batch_size))
    ensemble.train(*sets["train"], order, rates, factors, first.batch_size, scales)
    rows = list(state.rows) if state else []
    due = {split for condition, _ in members for split in _due(condition, epochs, now)}
    measured = {split: ensemble.evaluate(*sets[split], scales) for split in due}
    for place, (condition, factor) in enumerate(members):
        for split in _due(condition, epochs, now):
            loss, accuracy = (numbers[place] for numbers in measured[split])
            rows.append(_row(job, condition, factor, now, split, loss, accuracy))
    return State(epoch, ensemble.get_weights(), rows)


def _rates(members: Sequence[tuple[Condition, float]], epoch: int, epochs: int, steps: int) -> np.ndarray:
    """Learning rates of an epoch, of shape (steps, networks)."""
    done = (np.arange(steps) + (epoch - 1) * steps) / (epochs * steps)
    left = {"constant": np.ones(steps), "linear": 1 - done}
    return np.stack([condition.learning_rate * left[condition.schedule] for condition, _ in members], axis=1)


def _initial_weights(job: Job, phase: int, networks_together: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Kernels and biases of a new block of layers, the same for all networks of a job."""
    from mnist_utils import networks

    network = networks.stacked(phase + 1, job.study.hidden, seed=job.seed)
    weights = network.get_weights()[-2 * (len(job.study.hidden) + 1) :]
    repeated = [np.stack([array] * networks_together) for array in weights]
    return repeated[::2], [bias[:, None] for bias in repeated[1::2]]


_cache = threading.local()  # each thread trains with an ensemble of its own


def _ensemble(layers: tuple[tuple[int, str], ...], count: int, momentum: float):
    """The last ensemble that this thread has used, if it fits: building one takes longer than many an epoch."""
    from mnist_utils import ensembles

    key = (layers, count, momentum)
    if getattr(_cache, "key", None) != key:
        units, activations = zip(*layers, strict=True)
        _cache.key, _cache.ensemble = key, ensembles.Ensemble(28 * 28, units, activations, count, momentum)
    return _cache.ensemble


@functools.cache
def _sets(training_images: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Images and labels of each split."""
    train, test = dataset.load_mnist()
    sets = {"train": train, "test": test}
    if training_images < len(train[0]):
        sets["train"], sets["validation"] = dataset.split(*train, len(train[0]) - training_images)
    return sets


@functools.cache
def _tensors(training_images: int) -> dict:
    """The same as TensorFlow's tensors, the images flat."""
    import tensorflow as tf  # here, because it takes seconds to load, and who reads results needs none of it

    return {
        split: (tf.constant(images.reshape(len(images), -1)), tf.constant(labels, tf.int32))
        for split, (images, labels) in _sets(training_images).items()
    }


class _Threads:
    """Workers in this process. Two at a time: while one does what a single core does, the other has the rest."""

    def __init__(self):
        self._executor, self.machine = ThreadPoolExecutor(2), this_machine()

    def slots(self) -> int:
        return 2

    def submit(self, job: Job, state: State | None) -> Future:
        return self._executor.submit(advance, job, state)

    def wait(self, futures) -> set[Future]:
        return wait(futures, return_when=FIRST_COMPLETED).done

    def result(self, future: Future) -> State:
        return future.result()

    def close(self) -> None:
        self._executor.shutdown(cancel_futures=True)


class _Cluster:
    """Workers of a dask.distributed cluster."""

    def __init__(self, address: str):
        try:
            import dask
            import distributed
        except ImportError as error:
            raise StudyError("a scheduler needs dask.distributed: pip install 'mnist_utils[cluster]'") from error
        self._address = address
        advice = "start one with `dask scheduler`, and workers with `dask worker ADDRESS --nthreads 1`"
        try:
            self._client = distributed.Client(address, timeout=PATIENCE, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            raise StudyError(f"got no answer from a scheduler at {address} within {PATIENCE} s; {advice}") from error
        try:
            self._client.wait_for_workers(1, timeout=PATIENCE)
            machines = list(self._client.run(this_machine).values())
        except (OSError, TimeoutError) as error:
            self._client.close()
            raise StudyError(f"the scheduler at {address} has no workers after {PATIENCE} s; {advice}") from error
        for key in ("versions", "code"):
            different = sorted({json.dumps(machine[key]) for machine in [this_machine(), *machines]})
            if len(different) > 1:
                self._client.close()
                raise StudyError(f"got workers with other {key}: {'; '.join(different)}; expected the same")
        self.machine = dict(machines[0])
        for key in ("processor", "threads"):
            self.machine[key] = ", ".join(sorted({str(machine[key]) for machine in machines}))
        # A state is as large as its weights, and goes to one worker only.
        dask.config.set({"distributed.admin.large-graph-warning-threshold": "1GB"})
        self._executor = self._client.get_executor(pure=False)

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            if isinstance(error, StudyError):
                raise
            raise StudyError(
                f"the scheduler at {self._address} gave up on a job: {type(error).__name__}: {error}; what is finished "
                "is stored: see that it and its workers run, and start the same again"
            ) from error

    def slots(self) -> int:
        with self._explained():
            return max(1, sum(self._client.nthreads().values()))

    def submit(self, job: Job, state: State | None) -> Future:
        with self._explained():
            return self._executor.submit(advance, job, state)

    def wait(self, futures) -> set[Future]:
        """Wait for a job, and raise StudyError when there has been no worker for a while."""
        alone_since = None
        while not (done := wait(futures, timeout=1, return_when=FIRST_COMPLETED).done):
            with self._explained():
                alone = not self._client.nthreads()
            alone_since = (alone_since or time.monotonic()) if alone else None
            if alone and time.monotonic() - alone_since > PATIENCE:
                raise StudyError(
                    f"the scheduler at {self._address} has had no workers for {PATIENCE} s; what is finished is "
                    "stored: start workers, and then the same again"
                )
        return done

    def result(self, future: Future) -> State:
        with self._explained():
            return future.result()

    def close(self) -> None:
        self._client.close()


@contextlib.contextmanager
def _workers(scheduler: str | None) -> Iterator[_Threads | _Cluster]:
    workers = _Threads() if scheduler is None else _Cluster(scheduler)
    try:
        yield workers
    finally:
        workers.close()


def _progress_bar(units: int, progress: bool | None):
    """Return a function to call with the epochs, times networks, that have been done."""
    if progress is None:
        watched = sys.stdout.isatty() or hasattr(get_ipython(), "kernel")
        progress = watched and not os.environ.get("CI")
    if not progress or not units:
        return lambda done: None
    import keras

    return keras.utils.Progbar(units, unit_name="network and epoch").add


def _paths(study: Study, folder: str | os.PathLike) -> tuple[Path, Path, Path]:
    return tuple(Path(folder) / f"{study.name}{end}" for end in (".csv", ".json", ".parts"))


def _weights_path(study: Study, condition: str, seed: int, folder: str | os.PathLike) -> Path:
    return Path(folder) / f"{study.name}.{condition}.{seed}.weights.h5"


def _keep(job: Job, state: State, folder: Path) -> None:
    """Store the weights of a network that is trained, if its condition says so."""
    condition = job.conditions[0]
    if condition.kept:
        from mnist_utils import networks

        network = getattr(networks, condition.network)(seed=job.seed)
        for variable, array in zip(network.variables, state.weights, strict=False):  # the optimizer's come after them
            variable.assign(array)
        path = _weights_path(job.study, condition.name, job.seed, folder)
        part = path.with_name(f".{path.name}")  # Keras wants this ending
        try:
            network.save_weights(part)
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)


def _measured(condition: Condition, epochs: int) -> list[tuple[int, str]]:
    """(epoch, split) of the rows of one network, in their order."""
    _, each, last = PROTOCOLS[condition.protocol]
    return [(epoch, split) for epoch in range(1, epochs + 1) for split in each + (last if epoch == epochs else ())]


def _due(condition: Condition, epochs: int, epoch: int) -> list[str]:
    """The splits that are measured after one epoch."""
    return [split for when, split in _measured(condition, epochs) if when == epoch]


def _row(job: Job, condition: Condition, factor: float, epoch: int, split: str, loss: float, accuracy: float) -> tuple:
    """One line of the results, in the order of `COLUMNS`."""
    numbers = (float(f"{number:.6g}") for number in (loss, accuracy))
    return (job.study.name, condition.name, factor, job.seed, epoch, split, *numbers)


def _in_order(study: Study, rows: pd.DataFrame) -> pd.DataFrame:
    """Sort rows by seed, condition and factor; those of one network keep their order."""
    conditions = {condition.name: place for place, condition in enumerate(study.conditions)}
    ordered = rows.assign(place=rows["condition"].map(conditions))
    ordered = ordered.sort_values(["seed", "place", "factor"], kind="stable")
    return ordered[COLUMNS].reset_index(drop=True)


def _continued(study: Study, out: str | os.PathLike, machine: dict) -> tuple[pd.DataFrame, dict]:
    """Return the results that a folder holds of a study, and their provenance; refuse what cannot be continued."""
    csv, description, _ = _paths(study, out)
    fresh = _provenance(study, machine)
    if not csv.exists():
        return pd.DataFrame(columns=COLUMNS), fresh
    results, stored = _read(study, out)
    _refuse_other(stored, fresh, description, "Choose another folder")
    for key in ("code", "processor", "threads"):  # by whatever the networks were trained
        known = str(stored[key]).split(", ")
        unknown = [part for part in str(fresh[key]).split(", ") if part not in known]
        if unknown:
            stored[key] = ", ".join(known + unknown)
    return results, stored


def _refuse_other(stored: dict, fresh: dict, description: Path, advice: str) -> None:
    """Raise StudyError unless two provenances are of the same experiment."""
    for key in ("study", "versions", "data"):
        got, expected = stored[key], fresh[key]
        other = [
            f"{name} {got.get(name)}, expected {value}" for name, value in expected.items() if got.get(name) != value
        ]
        if other:
            raise StudyError(f"{description}: got results of other {key}: {'; '.join(other)}. {advice}")


def _read(study: Study, folder: str | os.PathLike) -> tuple[pd.DataFrame, dict]:
    """Return results and provenance, or refuse them unless they are what `run` has stored."""
    csv, description, _ = _paths(study, folder)
    try:
        content, provenance = csv.read_bytes(), json.loads(description.read_text(encoding="utf-8"))
        results = pd.read_csv(io.BytesIO(content))
        for key, kind in (("study", dict), ("versions", dict), ("data", dict), ("seconds", float), ("sha256", list)):
            if not isinstance(provenance[key], kind):
                raise TypeError(f"{key} is {provenance[key]!r} in {description.name}")
        conditions = provenance["study"]["conditions"]
        provenance["study"]["conditions"] = [{**UNSET, **settings} for settings in conditions]
        epochs = provenance["study"]["epochs"]
        epochs_of = {c["name"]: operator.index(c["epochs"] or epochs) for c in provenance["study"]["conditions"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        got = f"got {type(error).__name__}: {error}"
        advice = f"`python -m mnist_utils studies run {study.name}` with another folder makes both"
        raise StudyError(f"{csv}: expected results and {description.name} beside them, {got}; {advice}") from error
    if list(results.columns) != COLUMNS or set(results["study"]) - {study.name}:
        got = f"columns {', '.join(results.columns)}, study {', '.join(map(str, set(results.get('study', []))))}"
        raise StudyError(f"{csv}: got {got}; expected columns {', '.join(COLUMNS)}, study {study.name}")
    if hashlib.sha256(content).hexdigest() not in provenance["sha256"]:
        raise StudyError(
            f"{csv}: got a file that was cut short or edited: its SHA-256 is not one that {description.name} states. "
            "Restore it, or choose another folder"
        )
    rows_of = {c.name: _measured(c, epochs_of[c.name]) for c in study.conditions if c.name in epochs_of}
    for (condition, factor, seed), rows in results.groupby(["condition", "factor", "seed"], dropna=False):
        if list(zip(rows["epoch"], rows["split"], strict=True)) != rows_of.get(condition):
            raise StudyError(
                f"{csv}: expected the rows of a whole network for {condition}, {factor}, seed {seed}; got others"
            )
    return results, provenance


def _store(results: pd.DataFrame, provenance: dict, csv: Path, description: Path) -> None:
    """Write both files. Whenever this is interrupted, the provenance states the checksum of the results."""
    content = results.to_csv(index=False, lineterminator="\n").encode()
    checksums = [hashlib.sha256(content).hexdigest()]
    if csv.exists():
        checksums.insert(0, hashlib.sha256(csv.read_bytes()).hexdigest())
    _replace(description, (json.dumps({**provenance, "sha256": checksums}, indent=2) + "\n").encode())
    _replace(csv, content)
    _replace(description, (json.dumps({**provenance, "sha256": checksums[-1:]}, indent=2) + "\n").encode())


def _read_part(path: Path, job: Job) -> State | None:
    """Return what an interrupted run has reached, None if nothing, or refuse a file that is not its own."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StudyError(f"{path}: got {error.strerror}, expected a file that can be read") from error
    try:
        with np.load(io.BytesIO(content)) as stored:
            about = json.loads(str(stored["about"]))
            weights = [stored[f"weights{number}"] for number in range(about["arrays"])]
        if about["job"] != _identity(job):
            raise ValueError("it belongs to other networks, versions or data")
        return State(about["epoch"], weights, [tuple(row) for row in about["rows"]], about["seconds"])
    except Exception as error:  # what a damaged archive raises depends on which byte is damaged
        raise StudyError(
            f"{path}: got {type(error).__name__}: {error}; expected what an interrupted run of {job.study.name!r} left "
            "there. Choose another folder, or delete this file to train its networks from the beginning"
        ) from error


def _write_part(path: Path, job: Job, state: State) -> None:
    about = {"job": _identity(job), "epoch": state.epoch, "rows": state.rows, "seconds": state.seconds}
    buffer = io.BytesIO()
    arrays = {f"weights{number}": array for number, array in enumerate(state.weights)}
    np.savez(buffer, about=json.dumps({**about, "arrays": len(arrays)}), **arrays)
    _replace(path, buffer.getbuffer())


def _identity(job: Job) -> dict:
    """What must be the same for a job to be continued."""
    fresh = _provenance(job.study, this_machine())
    conditions = [condition.name for condition in job.conditions]
    return {"conditions": conditions, "seed": job.seed, **{key: fresh[key] for key in ("study", "versions", "data")}}


@contextlib.contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Turn an error of the file system into one that says what to do."""
    try:
        yield
    except OSError as error:
        raise StudyError(
            f"{error.filename or folder}: got {error.strerror or error}, expected a folder with room that can be "
            "written. What was stored before is kept: make room or choose another folder, and run the same again"
        ) from error


def _replace(path: Path, content) -> None:
    """Write a file as a whole: whatever interrupts this, the path holds the old content or the new one."""
    part = path.with_name(f".{path.name}.part")  # one run at a time has the lock
    try:
        part.write_bytes(content)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


@functools.cache
def this_machine() -> dict:
    """Return versions, processor and threads of this process, and the version of the code."""
    import keras
    import tensorflow as tf

    cpuinfo = Path("/proc/cpuinfo")  # on Linux; elsewhere Python itself knows the processor's name
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    names = [line.split(": ", 1)[-1] for line in lines if line.startswith("model name")]
    names += [
        tf.config.experimental.get_device_details(gpu)["device_name"] for gpu in tf.config.list_physical_devices("GPU")
    ]
    return {
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "keras": keras.__version__,
            "tensorflow": tf.__version__,
        },
        "code": _code_version(),
        "processor": f"{' and '.join(dict.fromkeys(names)) or platform.processor()} ({platform.machine()})",
        "threads": tf.config.threading.get_intra_op_parallelism_threads() or os.cpu_count(),
    }


def _provenance(study: Study, machine: dict) -> dict:
    """What is stored beside the results: of what, with what, on what, from when and for how long they were computed."""
    settings = json.loads(json.dumps(dataclasses.asdict(study)))  # lists for tuples, as they come back from the file
    del settings["seeds"], settings["about"]  # more seeds may follow later; the text is no part of the experiment
    return {
        "study": settings,
        "data": dict(dataset.MNIST_SHA256),
        **machine,
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": 0.0,
    }


def _code_version() -> str:
    """The git commit, where this file is tracked in a repository; otherwise the version of the package."""
    git = ["git", "-C", str(Path(__file__).parent)]
    try:
        subprocess.run([*git, "ls-files", "--error-unmatch", Path(__file__).name], capture_output=True, check=True)
        commit = subprocess.run([*git, "describe", "--always", "--dirty"], capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return f"mnist_utils {importlib.metadata.version('mnist_utils')}"
    return f"commit {commit.decode().strip()}"
