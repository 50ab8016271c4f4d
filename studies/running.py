"""A whole study, run to its end from wherever it was left."""

import os
import sys
import time
from pathlib import Path

import pandas as pd

from mnist_utils import results
from studies import store
from studies.design import ModelCondition, Study, StudyError, jobs
from studies.training import COLUMNS, Part, in_order, train
from studies.workers import finished, workers


def run(
    study: Study,
    folder: str | os.PathLike,
    *,
    digits: tuple[Part, Part] | None = None,
    scheduler: str | None = None,
    progress: bool | None = None,
) -> pd.DataFrame:
    """Train what is still missing of a study; store NAME.csv, its provenance NAME.json, and weights that are kept.

    What a training has measured is stored when it is over. Whatever interrupts a run, the same call goes on from there;
    the trainings that were under way begin anew.

    Parameters
    ----------
    study : Study
    folder : path
        Made if it is missing. Networks that are already stored there are kept and not trained again.
    digits : ((images, labels), (images, labels)), optional
        To learn from, and to test, as `load_mnist` returns them; without them, these are MNIST.
    scheduler : str, optional
        Address of a dask.distributed scheduler, such as "tcp://10.0.0.1:8786", whose workers do the training. They must
        have the same versions. Without it, the training is done here.
    progress : bool, optional
        Whether to draw a progress bar. If None: where somebody can watch it, in a terminal, not in CI.

    Returns
    -------
    pandas.DataFrame
        All that is stored for this study, with the columns `COLUMNS`.

    Raises
    ------
    StudyError, ResultsError
        If the folder holds results that this run cannot continue (of other settings, versions, data or weights, or
        damaged), is in use by another run, or cannot be written; if the scheduler or its workers do not answer.
    """
    folder = Path(folder)
    _check_networks(study)
    with store.locked(study, folder), workers(scheduler) as (executor, machine, anybody):
        rows, provenance = store.resumed(study, folder, store.fresh_provenance(study, machine, digits))
        done = set(rows[["condition", "factor", "seed"]].itertuples(index=False, name=None))
        waiting = [job for job in jobs(study) if not done.issuperset(job.networks())]
        bar = _progress_bar(sum(len(job.networks()) for job in waiting), progress)
        before, start, failures = provenance["seconds"], time.monotonic(), []
        futures = {executor.submit(train, job, digits): job for job in waiting}
        for future in finished(futures, anybody):
            if future.cancelled():
                continue
            if future.exception():  # the trainings under way are stored first
                failures.append(future.exception())
                for other in futures:
                    other.cancel()
                continue
            job = futures[future]
            rows = _with(rows, future.result().rows, study)
            provenance["seconds"] = round(before + time.monotonic() - start, 1)
            with store.explained(folder):
                store.write_weights(study, folder, job, future.result().weights, provenance)
                store.write(study, folder, rows, provenance)
            bar(len(job.networks()))
    for failure in failures:
        if scheduler is None:
            raise failure
        got = f"{type(failure).__name__}: {failure}"
        raise StudyError(
            f"scheduler: got {got}; expected a training. What is finished is stored: run again"
        ) from failure
    return rows


def _with(rows: pd.DataFrame, new: list[tuple], study: Study) -> pd.DataFrame:
    more = pd.DataFrame(new, columns=COLUMNS)
    return in_order(study, more if rows.empty else pd.concat([rows, more]))


def _check_networks(study: Study) -> None:
    """Refuse what cannot be built or measured, before it is trained."""
    from mnist_utils import networks

    for condition in study.conditions:
        if isinstance(condition, ModelCondition) and not hasattr(networks, condition.network):
            raise StudyError(
                f"network: got {condition.network!r}; expected a function of mnist_utils.networks. Write it"
            )
        for seed in study.seeds if getattr(condition, "classifier", None) else ():
            results.load_network(*condition.classifier, seed)


def _progress_bar(networks: int, progress: bool | None):
    """Return a function to call with the networks that have been trained."""
    if progress is None:
        progress = sys.stdout.isatty() and not os.environ.get("CI")
    if not progress or not networks:
        return lambda done: None
    import keras

    return keras.utils.Progbar(networks, unit_name="network").add
