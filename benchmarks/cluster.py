"""Time a study on the workers of a dask.distributed cluster on this machine, one to four, and without a cluster.

All train the same: the 500-300 network with five factors, four seeds, two epochs, which is four jobs of five networks
each, by `running.run`, as `python -m studies run` does. *No cluster* is one process with two threads. A cluster is a
scheduler and processes with a thread each; all stay up, and each has run a study before the clock starts. They take
turns. A turn ends when everything is stored.

Usage: python benchmarks/cluster.py [ROUNDS [FILE.csv]]      (default: 3; with a file, every turn is stored there)
"""

import contextlib
import dataclasses
import sys
import tempfile
import time
from pathlib import Path

import distributed
import pandas as pd
from stored import store

from studies import catalogue
from studies.design import Study
from studies.running import run

WORKERS = range(1, 5)
EPOCHS, SEEDS = 2, 4
(HINTON,) = catalogue.find("hinton-assignment").conditions
STUDY = Study("timed", "what the benchmark trains", [dataclasses.replace(HINTON, epochs=EPOCHS)], range(SEEDS))
NETWORKS = SEEDS * len(HINTON.factors)


def turn(address: str | None) -> float:
    """Return the seconds that the study takes, from nothing to what is stored."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        run(STUDY, folder, scheduler=address)
        return time.perf_counter() - start


def table(rows: pd.DataFrame) -> pd.DataFrame:
    """Return what a stored run says: seconds a network and epoch, and how they compare with one worker."""
    seconds = (
        (rows["seconds"] / (NETWORKS * EPOCHS)).groupby(rows["contender"], sort=False).agg(["median", "min", "max"])
    )
    table = seconds.map("{:.3f}".format)
    table["of one worker"] = (seconds["median"] / seconds.loc["1 worker", "median"]).map("{:.2f}".format)
    return table


def main(rounds: int = 3, path: Path | None = None) -> None:
    """Measure, print the table, and store every turn if there is a path."""
    with contextlib.ExitStack() as stack:
        addresses = {"no cluster": None}
        for workers in WORKERS:
            cluster = distributed.LocalCluster(workers, threads_per_worker=1, dashboard_address=":0", memory_limit=0)
            stack.enter_context(cluster)
            addresses[f"{workers} worker" + "s" * (workers > 1)] = cluster.scheduler_address
        rows = [(name, number, turn(at)) for number in range(rounds + 1) for name, at in addresses.items()]
    rows = pd.DataFrame(rows, columns=["contender", "round", "seconds"]).query("round > 0").round({"seconds": 3})
    print(table(rows).to_string())
    if path:
        store(rows, path)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]), *map(Path, sys.argv[2:3]))
