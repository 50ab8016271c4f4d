"""Studies that are run afresh, and how their means agree with the stored ones."""

from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from mnist_utils import results
from studies import store
from studies.design import Study, StudyError
from studies.running import run
from studies.training import Digits


def compare(again: pd.DataFrame, stored: pd.DataFrame, level: float = 0.01) -> pd.DataFrame:
    """Hold the mean accuracies of a study that was run again against the stored ones, at the last epoch of each split.

    Takes all rows of one study, of both; `level` is how often chance alone may put any line of the table beyond what is
    allowed, if runs are normally distributed. Returns a row for each condition, factor, split and noise level with the
    columns stored, again, difference, allowed and holds. Allowed is what a t distribution with the stored standard
    deviation gives for the difference of two means, with `level` shared by all rows, but at least one image in 10,000.
    Few seeds allow much. Raises StudyError if the two do not have the same conditions, factors, epochs and numbers of
    seeds, or just one seed.
    """
    place = ["condition", "factor", "split", "noise", "epoch"]
    tables = []
    for rows in (stored, again):
        last = rows.groupby(["condition", "split"])["epoch"].transform("max")
        tables.append(results.summarize(rows[rows["epoch"] == last], by=place))
    before, now = tables
    if not before.index.equals(now.index) or not before["seeds"].equals(now["seeds"]):
        raise StudyError(
            f"again: got {len(now)} means of {now['seeds'].min()} seeds or more; expected those of the {len(before)} "
            "stored ones. Run the same conditions, factors, epochs and number of seeds"
        )
    if before["seeds"].min() < 2:
        raise StudyError("stored: got one seed; expected at least two. One has no spread: compare it by eye")
    quantile = stdtrit(before["seeds"] - 1, 1 - level / 2 / len(before))
    allowed = np.maximum(quantile * before["sd"] * np.sqrt(2 / before["seeds"]), 1.0001e-4)
    difference = now["mean"] - before["mean"]
    table = pd.DataFrame({"stored": before["mean"], "again": now["mean"], "difference": difference})
    return table.assign(allowed=allowed, holds=difference.abs() <= allowed)


def replicate(
    study: Study, folder: Path, *, digits: Digits | None = None, scheduler: str | None = None, stored=results.FOLDER
) -> pd.DataFrame:
    """Train a study afresh into a folder, and return what `compare` makes of it and of the stored results.

    Refuses what `run` does, the folder of the stored results, and stored results of other settings or data.
    """
    if Path(folder).resolve() == Path(stored).resolve():
        raise StudyError(f"folder: got that of the stored results, {folder}; expected another one. Choose one")
    rows, before = results.load(study.name, stored), results.provenance(study.name, stored)
    fresh = store.fresh_provenance(study, {"versions": before["versions"]}, digits)
    store.refuse_other(before, fresh, Path(stored) / f"{study.name}.json", "Run the study anew, then replicate it")
    return compare(run(study, folder, digits=digits, scheduler=scheduler), rows)
