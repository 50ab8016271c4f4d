"""What the long experiments of the book measured: tables, where they come from, and trained networks.

Of each experiment NAME the folder has the measured numbers, NAME.csv; with what, when and on what they were computed,
NAME.json, with the SHA-256 of each file; and the weights of some networks, NAME.CONDITION.SEED.weights.h5.
"""

import hashlib
import io
import json
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import stdtrit  # quantile of t; scipy.stats, which has it too, takes a second to load

_INSTALLED = Path(__file__).with_name("stored")  # a package that was installed from a wheel has the folder inside
FOLDER = _INSTALLED if _INSTALLED.is_dir() else Path(__file__).parent.parent / "results"


class ResultsError(ValueError):
    """Results that cannot be used: the message says what was got, what was expected, and what to do."""


def load(name: str, folder: str | os.PathLike | None = None) -> pd.DataFrame:
    """Return what an experiment measured.

    Parameters
    ----------
    name : str
    folder : path, optional
        Where it is stored, if not with the book.

    Returns
    -------
    pandas.DataFrame
        For a study a row for each network, epoch and split, with the columns condition, factor (L2), seed, epoch,
        split, noise (the level of what was added to the measured images), loss and accuracy. Loss is the mean
        cross-entropy, without the penalty; both are those of the network as it is at the end of the epoch.

    Raises
    ------
    ResultsError
        Here as in the other functions: if there are none, or not, number by number, those that were stored.

    Examples
    --------
    >>> load("dense")["seed"].nunique()
    10
    """
    description = provenance(name, folder)
    path = _folder(folder) / f"{name}.csv"
    content = check(path, description)
    return pd.read_csv(
        io.BytesIO(content),
        dtype={"condition": str, "split": str},
        keep_default_na=False,  # a condition may have the name None
        na_values={"loss": [""], "accuracy": [""]},
    )


def provenance(name: str, folder: str | os.PathLike | None = None) -> dict:
    """Return with what, on what, when and for how many seconds stored results were computed.

    >>> sorted(provenance("dense"))[:3]
    ['code', 'conditions', 'data']
    """
    path = _folder(folder) / f"{name}.json"
    try:
        description = json.loads(path.read_text(encoding="utf-8"))
        for key, kind in (("versions", dict), ("sha256", dict), ("code", str)):
            if not isinstance(description[key], kind):
                raise TypeError(f"{key} is {description[key]!r}")
    except FileNotFoundError as error:
        known = ", ".join(sorted(path.stem for path in _folder(folder).glob("*.json"))) or "none"
        raise ResultsError(
            f"results: got {name!r}; expected one of those in {path.parent.resolve()}: {known}"
        ) from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        got = f"{type(error).__name__}: {error}"
        raise ResultsError(f"{path}: got {got}; expected a provenance. {_restored(path)}") from error
    return description


def conditions(name: str, folder: str | os.PathLike | None = None) -> pd.DataFrame:
    """Return the settings of the conditions of a study, indexed by their names.

    >>> rows = load("rate-and-batch").join(conditions("rate-and-batch")[["batch_size"]], on="condition")
    >>> sorted(set(rows["batch_size"]))
    [32, 128, 512]
    """
    return pd.DataFrame(provenance(name, folder)["conditions"]).set_index("name").rename_axis("condition")


def load_network(name: str, condition: str, seed: int = 0, folder: str | os.PathLike | None = None):
    """Return the network of a study, condition and seed as a keras.Model, as it was after the last epoch; not compiled.

    Only some conditions keep weights; `provenance(name)["sha256"]` lists their files.
    """
    from mnist_utils import networks

    description = provenance(name, folder)
    kept = sorted(file for file in description["sha256"] if file.endswith(".h5"))
    file = weights_file(name, condition, seed)
    if file not in kept:
        raise ResultsError(f"results: got {file}; expected one of the stored weights: {', '.join(kept) or 'none'}")
    path = _folder(folder) / file
    check(path, description)
    settings = {settings["name"]: settings for settings in description["conditions"]}[condition]
    network = getattr(networks, settings["network"])(seed=seed)
    network.load_weights(path)
    return network


def weights_file(name: str, condition: str, seed: int) -> str:
    """Return the name of the file with the weights of a network."""
    return f"{name}.{condition}.{seed}.weights.h5"


def sha256(path: Path, content: bytes) -> str:
    """Return the SHA-256 of a file, of a text as if its lines ended with a line feed alone."""
    return hashlib.sha256(content.replace(b"\r\n", b"\n") if path.suffix == ".csv" else content).hexdigest()


def check(path: Path, description: dict) -> bytes:
    """Return what a file holds, or raise ResultsError if it is not what its provenance states.

    While results are written, a provenance states two checksums for a file: the old one and the new one.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ResultsError(f"{path}: got {error.strerror}; expected its results. {_restored(path)}") from error
    stated = description["sha256"].get(path.name, [])
    if sha256(path, content) not in stated:
        got = f"SHA-256 {sha256(path, content)}, of a file that was cut short, edited or exchanged"
        raise ResultsError(f"{path}: got {got}; expected {' or '.join(stated) or 'no such file'}. {_restored(path)}")
    return content


def _folder(folder: str | os.PathLike | None) -> Path:
    return FOLDER if folder is None else Path(folder)


def _restored(path: Path) -> str:
    if path.parent.resolve() == FOLDER.resolve():
        return "`git checkout -- results`, or installing again, restores the results of the book"
    return f"Remove {path.stem.split('.')[0]}.* from that folder, and run the study again"


def summarize(rows: pd.DataFrame, by: str | Sequence[str], of: str = "accuracy") -> pd.DataFrame:
    """Return mean, standard deviation and 95 % t interval of the mean over the seeds of each group.

    `by` are columns that tell the groups apart; each seed may stand once in a group. The table has a row for each
    group, and the columns seeds, mean, sd, low, high; with one seed the last three are nan. Raises ResultsError if
    there are no rows, a number is missing (as the loss of a network that has diverged), or a seed stands twice.

    >>> two = pd.DataFrame({"split": ["test", "test"], "seed": [0, 1], "accuracy": [0.96, 0.98]})
    >>> summarize(two, by="split").round(3)  # doctest: +NORMALIZE_WHITESPACE
           seeds  mean     sd    low   high
    split
    test       2  0.97  0.014  0.843  1.097
    """
    by = [by] if isinstance(by, str) else list(by)
    if rows.empty:
        raise ResultsError("rows: got none; expected at least one. See what you have selected")
    if rows.duplicated([*by, "seed"]).any():
        raise ResultsError(f"rows: got a seed more than once in a group; expected once. Group by more than {by}")
    if not np.isfinite(rows[of]).all():
        bad = rows.loc[~np.isfinite(rows[of]), [*by, "seed"]].iloc[0].to_dict()
        raise ResultsError(f"rows: got no number as {of} for {bad}; expected one. Leave such rows out: `rows.dropna()`")
    table = rows.groupby(by)[of].agg(seeds="count", mean="mean", sd="std")
    half = stdtrit(table["seeds"] - 1, 0.975) * table["sd"] / np.sqrt(table["seeds"])
    return table.assign(low=table["mean"] - half, high=table["mean"] + half)
