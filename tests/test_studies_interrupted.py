"""Runs of studies in processes of their own, of which some are killed.

Apart from test_studies.py, so that workers share the time.
"""

import contextlib
import dataclasses
import json
import os
import pickle
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mnist_utils import studies

KILLS = int(os.environ.get("KILLS", 2))  # KILLS=20 for the long version
# For runs in processes of their own: real images, and enough epochs to be killed in the middle.
DENSE = studies.find("dense")
STUDY = dataclasses.replace(DENSE, name="longer", hidden=(16,), seeds=(0, 1, 2), epochs=3, factors=(0.0, 1e-3))
STUDY = dataclasses.replace(STUDY, conditions=DENSE.conditions[:1])


def epochs_stored(folder):
    """Return the (factor, seed, epoch) that a folder holds, finished networks or not."""
    stored = set()
    for part in (folder / "longer.parts").glob("*.npz"):
        with contextlib.suppress(FileNotFoundError), np.load(part) as state:  # it may have been finished just now
            stored |= {(row[2], row[3], row[4]) for row in json.loads(str(state["about"]))["rows"]}
    if (folder / "longer.csv").exists():
        stored |= set(
            pd.read_csv(folder / "longer.csv")[["factor", "seed", "epoch"]].itertuples(index=False, name=None)
        )
    return stored


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """The results of a run in one piece, in this process."""
    folder = tmp_path_factory.mktemp("uninterrupted")
    studies.run(STUDY, folder)
    return (folder / "longer.csv").read_bytes()


def start(folder):
    """Run the study in a process of its own, without a cluster."""
    code = f"""
import pickle, sys
from mnist_utils import studies
studies.run(pickle.loads({pickle.dumps(STUDY)}), {str(folder)!r})
assert not {{"distributed", "dask"}} & set(sys.modules)
"""
    return subprocess.Popen([sys.executable, "-c", code])


def test_a_run_killed_again_and_again_loses_no_finished_epoch_and_ends_as_an_uninterrupted_one(tmp_path, uninterrupted):
    generator, kept, killed = random.Random(0), set(), 0
    while killed < KILLS:
        process = start(tmp_path / "killed")
        while process.poll() is None and epochs_stored(tmp_path / "killed") == kept:
            time.sleep(0.05)
        time.sleep(generator.uniform(0, 0.5))
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            killed += 1
        process.wait()
        assert epochs_stored(tmp_path / "killed") >= kept
        kept = epochs_stored(tmp_path / "killed")
        if len(kept) == 18:  # 6 networks, 3 epochs: begin anew
            shutil.rmtree(tmp_path / "killed")
            kept = set()
    assert start(tmp_path / "killed").wait() == 0
    assert (tmp_path / "killed" / "longer.csv").read_bytes() == uninterrupted
    assert sorted(path.name for path in (tmp_path / "killed").iterdir()) == [
        ".longer.lock",
        "longer.csv",
        "longer.json",
    ]


def dask(*arguments):
    command = shutil.which("dask", path=Path(sys.executable).parent)
    return subprocess.Popen([command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def kill_later(process, folder, epochs):
    """Kill a process, from a thread, as soon as a folder holds so many of the epochs of all networks."""

    def wait_and_kill():
        end = time.monotonic() + 120
        while len(epochs_stored(folder)) < epochs and time.monotonic() < end:
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        process.wait()

    threading.Thread(target=wait_and_kill, daemon=True).start()


def test_a_cluster_gives_the_same_results_though_a_worker_is_killed(tmp_path, monkeypatch, uninterrupted):
    processes = [dask("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")]
    try:
        address = next(re.search(r"tcp://127\.0\.0\.1:\d+", line) for line in processes[0].stdout if "tcp://" in line)[
            0
        ]
        monkeypatch.setattr(studies, "PATIENCE", 1)
        with pytest.raises(studies.StudyError, match=rf"the scheduler at {address} has no workers after 1 s"):
            studies.run(studies.find("dense"), tmp_path / "nobody", scheduler=address)
        monkeypatch.undo()
        for _ in range(2):
            options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--death-timeout", "60")
            processes.append(dask("worker", address, *options))
        kill_later(processes[1], tmp_path / "cluster", epochs=8)
        studies.run(STUDY, tmp_path / "cluster", scheduler=address)
        assert processes[1].poll() is not None, "the run was over before a worker could be killed"
        # Now without the other one: the run ends in an error after a while, and what it has finished is kept.
        monkeypatch.setattr(studies, "PATIENCE", 3)
        kill_later(processes[2], tmp_path / "alone", epochs=1)
        with pytest.raises(studies.StudyError, match=rf"the scheduler at {address} has had no workers for 3 s"):
            studies.run(STUDY, tmp_path / "alone", scheduler=address)
        assert epochs_stored(tmp_path / "alone")
    finally:
        for process in processes:
            process.kill()
            process.communicate()
    assert (tmp_path / "cluster" / "longer.csv").read_bytes() == uninterrupted
