"""Long experiments: trained once with plain Keras, stored as one tidy CSV each, and read by the chapters.

A study trains a network for each combination of its conditions, factors and seeds. A seed fixes the initial weights and
the order of the images, so that networks of one seed differ in their condition and in nothing else.
"""

import dataclasses
import functools
import importlib.metadata
import json
import os
import platform
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from mnist_utils import dataset

COLUMNS = ["study", "condition", "factor", "seed", "epoch", "split", "loss", "accuracy"]
RESULTS = Path(__file__).resolve().parent.parent / "results"
# For each protocol: how many images it trains on, the splits measured after every epoch, and those after the last one.
PROTOCOLS = {
    "assignment": (60_000, ("train", "test"), ()),
    "validation": (50_000, ("train", "validation"), ("test",)),
    "search": (50_000, ("train", "validation"), ()),
}


class StudyError(ValueError):
    """A study or a file of results that this module refuses: the message says what it got and what it expected."""


@dataclass(frozen=True)
class Condition:
    """What may differ between the networks of a study: the images (by a key of PROTOCOLS) and the settings of SGD."""

    name: str
    protocol: str
    learning_rate: float = 0.1
    batch_size: int = 128


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
        for what in ("conditions", "factors", "seeds"):
            if not getattr(self, what):
                raise StudyError(f"study {self.name!r}: got no {what}, expected at least one")
        if self.epochs < 1:
            raise StudyError(f"study {self.name!r}: got {self.epochs} epochs, expected at least 1")
        if min(self.factors) < 0 or min(self.seeds) < 0:
            raise StudyError(f"study {self.name!r}: got a factor or a seed below 0, expected none")
        for condition in self.conditions:
            if condition.protocol not in PROTOCOLS or condition.learning_rate <= 0 or condition.batch_size < 1:
                raise StudyError(f"got {condition}, expected positive numbers and a protocol of {', '.join(PROTOCOLS)}")


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


def run(study: Study, out: str | os.PathLike, report: Callable[[str], None] = print) -> pd.DataFrame:
    """Train what is still missing of a study; store NAME.csv, and its provenance in NAME.json, after each network.

    Loss is the mean cross-entropy, without the L2 penalty. Loss and accuracy are those of the network as it is at the
    end of the epoch, on the training images too, where Keras's own log has averages over the epoch.

    Parameters
    ----------
    study : Study
    out : path
        The folder, made if it is missing. Networks that are already stored there are kept and not trained again.
    report : function of one string
        Called after each network.

    Returns
    -------
    pandas.DataFrame
        All that is stored for this study, with the columns `COLUMNS`.

    Raises
    ------
    StudyError
        If the folder holds results that this run cannot continue: of other settings, versions, data or columns.
    OSError
        If the folder cannot be made or written. What was stored stays as it was.
    """
    csv, description = _paths(study, out)
    csv.parent.mkdir(parents=True, exist_ok=True)
    results, provenance = pd.DataFrame(columns=COLUMNS), _provenance(study)
    if csv.exists():
        results, stored = _read(study, out)
        for key in ("study", "versions", "data"):
            got, expected = stored.get(key, {}), provenance[key]
            other = [
                f"{name} {got.get(name)}, expected {value}"
                for name, value in expected.items()
                if got.get(name) != value
            ]
            if other:
                raise StudyError(
                    f"{description}: got results of other {key}: {'; '.join(other)}. Choose another folder"
                )
        provenance = stored
    runs = [
        (condition, factor, seed) for seed, condition, factor in product(study.seeds, study.conditions, study.factors)
    ]
    done = set(zip(results["condition"], results["factor"], results["seed"], strict=True))
    for number, (condition, factor, seed) in enumerate(runs, 1):
        if (condition.name, factor, seed) in done:
            continue
        start = time.monotonic()
        rows = pd.DataFrame(_train(study, condition, factor, seed), columns=COLUMNS)
        results = rows if results.empty else pd.concat([results, rows], ignore_index=True)
        seconds = time.monotonic() - start
        provenance["seconds"] = round(provenance["seconds"] + seconds, 1)
        # This order: results without provenance could not be continued.
        _replace(description, json.dumps(provenance, indent=2) + "\n")
        _replace(csv, results.to_csv(index=False, lineterminator="\n"))
        last = f"{rows['split'].iloc[-1]} accuracy {rows['accuracy'].iloc[-1]:.4f}"
        report(f"{number} of {len(runs)}: {condition.name}, factor {factor}, seed {seed}: {last}, {seconds:.0f} s")
    return results


def load(name: str) -> pd.DataFrame:
    """Return the results of a study that are stored with the book, with the columns `COLUMNS`.

    Raises
    ------
    StudyError
        If they are missing, unreadable, of another study or other columns, or not whole.

    Examples
    --------
    >>> load("dense")["seed"].nunique() >= 10
    True
    """
    return _read(find(name), RESULTS)[0]


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
    if results.duplicated([*by, "seed"]).any():
        raise StudyError(f"got a seed more than once in a group, expected once; group by more than {[*by]}")
    table = results.groupby(list(by))[of].agg(seeds="count", mean="mean", sd="std")
    half = stats.t.ppf(0.975, table["seeds"] - 1) * table["sd"] / np.sqrt(table["seeds"])
    return table.assign(low=table["mean"] - half, high=table["mean"] + half)


def _paths(study: Study, folder: str | os.PathLike) -> tuple[Path, Path]:
    return Path(folder) / f"{study.name}.csv", Path(folder) / f"{study.name}.json"


def _measured(condition: Condition, epochs: int) -> list[tuple[int, str]]:
    """(epoch, split) of the rows of one network, in their order."""
    _, each, last = PROTOCOLS[condition.protocol]
    return [(epoch, split) for epoch in range(1, epochs + 1) for split in each + (last if epoch == epochs else ())]


def _read(study: Study, folder: str | os.PathLike) -> tuple[pd.DataFrame, dict]:
    """Return results and provenance, or refuse them unless every network has exactly its rows."""
    csv, description = _paths(study, folder)
    try:
        results, provenance = pd.read_csv(csv), json.loads(description.read_text(encoding="utf-8"))
        rows_of = {
            condition.name: _measured(condition, provenance["study"]["epochs"]) for condition in study.conditions
        }
    except (OSError, ValueError, KeyError, TypeError) as error:
        got = f"got {type(error).__name__}: {error}"
        advice = f"`python -m mnist_utils studies run {study.name}` with another folder makes both"
        raise StudyError(f"{csv}: expected results and {description.name} beside them, {got}; {advice}") from error
    if list(results.columns) != COLUMNS or set(results["study"]) - {study.name}:
        got = f"columns {', '.join(results.columns)}, study {', '.join(map(str, set(results.get('study', []))))}"
        raise StudyError(f"{csv}: got {got}; expected columns {', '.join(COLUMNS)}, study {study.name}")
    for (condition, factor, seed), rows in results.groupby(["condition", "factor", "seed"], dropna=False):
        if list(zip(rows["epoch"], rows["split"], strict=True)) != rows_of.get(condition):
            raise StudyError(
                f"{csv}: expected the rows of a whole network for {condition}, {factor}, seed {seed}; got others"
            )
    return results, provenance


def _replace(path: Path, text: str) -> None:
    """Write a file as a whole: whatever interrupts this, the path holds the old content or the new one."""
    part = path.with_name(f"{path.name}.part{os.getpid()}")
    try:
        part.write_text(text, encoding="utf-8", newline="\n")
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


@functools.cache
def _sets(training_images: int) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Preprocessed images and labels of each split."""
    train, test = dataset.load_mnist()
    sets = {"train": train, "test": test}
    if training_images < len(train[0]):
        sets["train"], sets["validation"] = dataset.split(*train, len(train[0]) - training_images)
    return {name: (dataset.preprocess(images), labels) for name, (images, labels) in sets.items()}


def _train(study: Study, condition: Condition, factor: float, seed: int) -> list[tuple]:
    """Train one network, and return its rows."""
    import keras  # here, because it takes seconds to load, and who reads results needs none of it

    from mnist_utils import networks

    sets = _sets(PROTOCOLS[condition.protocol][0])
    images, labels = sets["train"]
    network = networks.dense(study.hidden, seed=seed)
    for layer in network.layers[1:-1]:
        layer.kernel.regularizer = keras.regularizers.L2(factor) if factor else None
    # Many steps for each call of TensorFlow: the same numbers, to the last bit, in half the time.
    optimizer = keras.optimizers.SGD(condition.learning_rate)
    network.compile(optimizer, "sparse_categorical_crossentropy", steps_per_execution=32)
    rows = []
    for epoch in range(1, study.epochs + 1):
        order = np.random.default_rng([seed, epoch]).permutation(len(images))
        network.fit(images[order], labels[order], condition.batch_size, shuffle=False, verbose=0)
        for split in (split for when, split in _measured(condition, study.epochs) if when == epoch):
            probabilities = network.predict(sets[split][0], batch_size=5000, verbose=0)
            losses = keras.losses.sparse_categorical_crossentropy(sets[split][1], probabilities)
            loss, accuracy = np.mean(losses), np.mean(probabilities.argmax(axis=1) == sets[split][1])
            measured = float(f"{loss:.6g}"), float(f"{accuracy:.6g}")
            rows.append((study.name, condition.name, factor, seed, epoch, split, *measured))
    return rows


def _provenance(study: Study) -> dict:
    """What is stored beside the results: of what, with what, on what, from when and for how long they were computed."""
    import keras
    import tensorflow

    settings = json.loads(json.dumps(dataclasses.asdict(study)))  # lists for tuples, as they come back from the file
    del settings["seeds"], settings["about"]  # more seeds may follow later; the text is no part of the experiment
    cpuinfo = Path("/proc/cpuinfo")  # on Linux; elsewhere Python itself knows the processor's name
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    names = [line.split(": ", 1)[-1] for line in lines if line.startswith("model name")]
    return {
        "study": settings,
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "keras": keras.__version__,
            "tensorflow": tensorflow.__version__,
        },
        "data": dict(dataset.MNIST_SHA256),
        "code": _code_version(),
        "processor": f"{names[0] if names else platform.processor()} ({platform.machine()})",
        "threads": tensorflow.config.threading.get_intra_op_parallelism_threads() or os.cpu_count(),
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
