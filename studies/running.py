"""A whole study, run to its end from wherever it was left."""

import os
import sys
import time
from pathlib import Path

import pandas as pd

from studies import store
from studies.design import Study, StudyError, jobs
from studies.training import Digits, train
from studies.workers import finished, workers


def run(
    study: Study, folder: str | os.PathLike, *, digits: Digits | None = None, scheduler: str | None = None
) -> pd.DataFrame:
    """Train what is still missing of a study; store NAME.csv, its provenance NAME.json, and weights that are kept.

    What a training has measured is stored when it is over. Whatever interrupts a run, the same call goes on from there;
    the trainings that were under way begin anew.

    The folder is made if it is missing. Networks that are already stored there are kept and not trained again. Digits
    are as in `train`. A scheduler is the address of one of dask.distributed, such as "tcp://10.0.0.1:8786", whose
    workers do the training; they must have the same versions. Returns all that is stored, with the columns `COLUMNS`.

    Raises StudyError or ResultsError if the folder holds results that this run cannot continue (of other settings,
    versions, data or weights, or damaged), is in use by another run, or cannot be written; if the scheduler or its
    workers do not answer.
    """
    from mnist_utils import networks

    missing = {getattr(condition, "network", "dense") for condition in study.conditions} - set(dir(networks))
    if missing:
        raise StudyError(f"network: got {missing}; expected functions of mnist_utils.networks. Write them there")
    folder, failure = Path(folder), None
    with store.locked(study, folder), workers(scheduler) as (executor, machine, anybody):
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
    if failure and scheduler:
        got = f"{type(failure).__name__}: {failure}"
        raise StudyError(f"scheduler: got {got}; expected a training. What is finished is stored: run again")
    if failure:
        raise failure
    return rows
