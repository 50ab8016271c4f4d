"""A whole study: run to its end from wherever it was left, or afresh, and held against what is stored."""

import inspect
import os
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from mnist_utils import results
from studies import store
from studies.design import Study, StudyError, jobs
from studies.training import Digits, train
from studies.workers import finished, workers


def run(
    study: Study, folder: str | os.PathLike, *, digits: Digits | None = None, scheduler: str | None = None
) -> pd.DataFrame:
    """Train what is still missing of a study; store NAME.csv, its provenance NAME.json, and weights that are kept.

    What a training has measured is stored in the folder, made if it is missing, when it is over. Whatever interrupts a
    run, the same call goes on from there; the trainings that were under way begin anew. Digits are as in `train`. A
    scheduler is the address of one of dask.distributed, such as "tcp://10.0.0.1:8786", whose workers do the training;
    they must have the same versions. Returns all that is stored, with the columns `COLUMNS`.

    Raises StudyError or ResultsError if the folder holds results that this run cannot continue (of other settings,
    versions, data or weights, or damaged), is in use by another run, or cannot be written; if the scheduler or its
    workers do not answer.
    """
    folder, failure = Path(folder), None
    with store.locked(study, folder), workers(scheduler) as (executor, machine, anybody):
        from mnist_utils import networks  # here, because it takes seconds to load

        for name in {getattr(condition, "network", "dense") for condition in study.conditions}:
            if not inspect.isfunction(getattr(networks, name, None)):
                raise StudyError(f"network: got {name!r}; expected a function of mnist_utils.networks. Write it there")
        rows, provenance = store.resumed(study, folder, store.fresh_provenance(study, machine, digits))
        done = set(rows[["condition", "factor", "seed"]].itertuples(index=False, name=None))
        waiting = [job for job in jobs(study) if not done.issuperset(job.networks())]
        futures = {executor.submit(train, job, digits): job for job in waiting}
        before, start = provenance["seconds"], time.monotonic()
        for number, future in enumerate(finished(futures, anybody), 1):
            if future.cancelled():
                continue
            if future.exception():  # the trainings under way are stored first
                failure = failure or future.exception()
                for other in futures:
                    other.cancel()
                continue
            provenance["seconds"] = round(before + time.monotonic() - start, 1)
            rows = store.add(study, folder, futures[future], rows, future.result(), provenance)
            if sys.stdout.isatty():
                print(f"{study.name}: {number} of {len(waiting)} trainings", end="\r")
    if failure:
        raise failure
    return rows


def compare(again: pd.DataFrame, stored: pd.DataFrame, level: float = 0.01) -> pd.DataFrame:
    """Hold the mean accuracies of a study that was run again against the stored ones, at the last epoch of each split.

    Takes all rows of both; `level` is how often chance alone may put any line of the table beyond what is allowed, if
    runs are normally distributed. Allowed is what a t distribution with the stored standard deviation gives for the
    difference of two means, with `level` shared by all rows, but at least one image in 10,000. Few seeds allow much.
    Other conditions, factors, epochs or numbers of seeds, or one seed alone, raise StudyError.
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
    seeds = sorted(set(rows["seed"]))
    if seeds != sorted(study.seeds) or len(seeds) < 2:
        raise StudyError(f"seeds: got {study.seeds}; expected the stored ones, {seeds}, at least two. Use those")
    return compare(run(study, folder, digits=digits, scheduler=scheduler), rows)
