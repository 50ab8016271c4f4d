"""Runs of studies in processes of their own, of which some are killed.

Apart from test_studies.py, so that workers share the time.
"""

import contextlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mnist_utils import studies

KILLS = int(os.environ.get("KILLS", 2))  # KILLS=20 for the long version
# For runs in processes of their own: real images, and enough epochs to be killed in the middle.
LONGER = """
import dataclasses, sys
from mnist_utils import studies
study = dataclasses.replace(studies.find("dense"), name="longer", hidden=(16,), seeds=(0, 1, 2), epochs=4)
study = dataclasses.replace(study, conditions=study.conditions[:1], factors=(0.0, 1e-3))
"""


def start(code, *arguments, **options):
    """Start Python code in a process of its own."""
    return subprocess.Popen([sys.executable, "-c", LONGER + code, *map(str, arguments)], **options)


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


ALONE = "studies.run(study, sys.argv[1]); assert not {'distributed', 'dask'} & set(sys.modules)"


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """The folder of a run in one piece, without a cluster."""
    folder = tmp_path_factory.mktemp("uninterrupted")
    assert start(ALONE, folder).wait() == 0
    return folder


def test_a_run_killed_again_and_again_loses_no_finished_epoch_and_ends_as_an_uninterrupted_one(tmp_path, uninterrupted):
    generator, kept, killed = random.Random(0), set(), 0
    while killed < KILLS:
        process = start(ALONE, tmp_path / "killed")
        while process.poll() is None and epochs_stored(tmp_path / "killed") == kept:
            time.sleep(0.05)
        time.sleep(generator.uniform(0, 0.5))
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            killed += 1
        process.wait()
        assert epochs_stored(tmp_path / "killed") >= kept
        kept = epochs_stored(tmp_path / "killed")
        if len(kept) == 24:  # 6 networks, 4 epochs: begin anew
            shutil.rmtree(tmp_path / "killed")
            kept = set()
    assert start(ALONE, tmp_path / "killed").wait() == 0
    assert (tmp_path / "killed" / "longer.csv").read_bytes() == (uninterrupted / "longer.csv").read_bytes()
    assert sorted(path.name for path in (tmp_path / "killed").iterdir()) == [
        ".longer.lock",
        "longer.csv",
        "longer.json",
    ]


def dask(*arguments):
    command = shutil.which("dask", path=Path(sys.executable).parent)
    return subprocess.Popen([command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_a_cluster_gives_the_same_results_though_a_worker_is_killed(tmp_path, monkeypatch, uninterrupted):
    processes = [dask("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")]
    runs = []
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
        distributed = "studies.run(study, sys.argv[1], scheduler=sys.argv[2])"
        runs.append(start(distributed, tmp_path / "cluster", address))
        run = runs[-1]
        while run.poll() is None and len(epochs_stored(tmp_path / "cluster")) < 8:
            time.sleep(0.05)
        assert run.poll() is None, "the run was over before a worker could be killed"
        processes[1].send_signal(signal.SIGKILL)
        assert run.wait(timeout=120) == 0
        # Now without the other one: the run ends in an error after a while, and what it has finished is kept.
        impatient = (
            f"studies.PATIENCE = 3\ntry: {distributed}\nexcept studies.StudyError as error: sys.exit(str(error))"
        )
        runs.append(start(impatient, tmp_path / "alone", address, stderr=subprocess.PIPE))
        while runs[-1].poll() is None and not epochs_stored(tmp_path / "alone"):
            time.sleep(0.05)
        processes[2].send_signal(signal.SIGKILL)
        _, message = runs[-1].communicate(timeout=60)
        assert runs[-1].returncode == 1
        assert f"the scheduler at {address} has had no workers for 3 s" in message.decode()
    finally:
        for process in processes + runs:
            process.kill()
            process.communicate()
    assert (tmp_path / "cluster" / "longer.csv").read_bytes() == (uninterrupted / "longer.csv").read_bytes()
