"""Runs of studies that are killed or interrupted, and clusters whose workers are: all in processes of their own."""

import dataclasses
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

import pytest
from few_digits import DENSE, MODEL, contents, digits, study

from mnist_utils import results
from studies import workers
from studies.design import StudyError
from studies.running import run

KILLS = int(os.environ.get("KILLS", 2))  # KILLS=20 for the long version
STUDY = study(DENSE, dataclasses.replace(MODEL, weights_kept=True), seeds=range(3))
ENDLESS = dataclasses.replace(DENSE, name="endless", epochs=1_000_000)


def networks_stored(folder):
    """Return condition and seed of the networks that a folder holds, or fail if it is damaged."""
    if not (folder / "few.csv").exists():
        return set()
    return set(results.load("few", folder)[["condition", "seed"]].itertuples(index=False, name=None))


def outcome(folder):
    """Return the bytes of what a run ends with, but for its provenance, which has times."""
    return {name: content for name, content in contents(folder).items() if name != "few.json"}


def wait_for(event, seconds=120):
    end = time.monotonic() + seconds
    while not event() and time.monotonic() < end:
        time.sleep(0.05)
    assert event()


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """What a run in one piece ends with, in this process."""
    folder = tmp_path_factory.mktemp("uninterrupted")
    run(STUDY, folder, digits=digits())
    return outcome(folder)


def start(what, folder):
    """Run a study in a process of its own, without a cluster."""
    code = f"""
import pickle, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # which a background job ignores
sys.path.insert(0, {str(Path(__file__).parent)!r})
from few_digits import digits
from studies.running import run
run(pickle.loads({pickle.dumps(what)}), {str(folder)!r}, digits=digits())
assert not {{"distributed", "dask"}} & set(sys.modules)
"""
    return subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)


@pytest.mark.training
def test_a_run_killed_again_and_again_loses_no_finished_training_and_ends_as_an_uninterrupted_one(
    tmp_path, uninterrupted
):
    generator, folder, killed = random.Random(0), tmp_path / "killed", 0
    while killed < KILLS:
        kept, process = networks_stored(folder), start(STUDY, folder)
        wait_for(lambda kept=kept, process=process: networks_stored(folder) > kept or process.poll() is not None)
        time.sleep(generator.uniform(0, 1))
        if process.poll() is None:
            process.kill()
            killed += 1
        process.wait()
        assert networks_stored(folder) > kept
        if len(networks_stored(folder)) == 6:  # nothing is left to train: begin anew
            shutil.rmtree(folder)
    assert start(STUDY, folder).wait() == 0
    assert outcome(folder) == uninterrupted


@pytest.mark.training
def test_ctrl_c_ends_a_run_after_the_epoch_that_it_is_in_and_keeps_what_was_finished(tmp_path):
    process = start(study(DENSE, ENDLESS), tmp_path)
    wait_for(lambda: networks_stored(tmp_path))
    process.send_signal(signal.SIGINT)
    try:
        assert process.wait(timeout=60) != 0
    finally:
        process.kill()
    assert networks_stored(tmp_path) == {("dense", 0)}
    assert sorted(contents(tmp_path)) == [".few.lock", "few.csv", "few.json"]


def test_a_scheduler_that_does_not_answer_is_not_waited_for_forever(tmp_path, monkeypatch):
    monkeypatch.setattr(workers, "PATIENCE", 1)
    for address in ("tcp://127.0.0.1:1", "nonsense"):
        with pytest.raises(StudyError, match=f"got no answer from {address} in 1 s; expected one. Start one with"):
            run(STUDY, tmp_path, digits=digits(), scheduler=address)


@pytest.fixture
def dask():
    """Start commands of dask, and end them after the test."""
    processes = []

    def command(*arguments, **environment):
        program = shutil.which("dask", path=Path(sys.executable).parent)
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        processes.append(subprocess.Popen([program, *arguments], env={**os.environ, **environment}, **options))
        return processes[-1]

    yield command
    for process in processes:
        process.kill()
        process.communicate()


def kill_when_something_is_stored(process, folder):
    def wait_and_kill():
        wait_for(lambda: networks_stored(folder))
        process.kill()

    threading.Thread(target=wait_and_kill, daemon=True).start()


@pytest.mark.training
def test_a_cluster_gives_the_same_results_though_a_worker_is_killed(tmp_path, monkeypatch, uninterrupted, dask):
    scheduler = dask("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
    lines = (re.search(r"tcp://127\.0\.0\.1:\d+", line) for line in scheduler.stdout)
    address = next(found[0] for found in lines if found)
    worker = ("worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--death-timeout", "60")

    def of_cluster(folder, patience=120):  # seconds: on a busy machine, workers take more than 15 to start
        monkeypatch.setattr(workers, "PATIENCE", patience)
        return run(STUDY, folder, digits=digits(), scheduler=address)

    with pytest.raises(StudyError, match=f"scheduler: got no workers at {address} in 5 s; expected one at least"):
        of_cluster(tmp_path / "nobody", patience=5)
    # A worker whose Keras says that it is another release; sitecustomize is what Python runs first.
    (tmp_path / "sitecustomize.py").write_text("import keras\nkeras.__version__ = '3.99.0'\n")
    other = dask(*worker, PYTHONPATH=str(tmp_path))
    with pytest.raises(StudyError, match=r"workers: got other versions, .*3\.99\.0.*; expected the same"):
        of_cluster(tmp_path / "other")
    other.terminate()
    other.wait()
    first, second = dask(*worker), dask(*worker)
    kill_when_something_is_stored(first, tmp_path / "cluster")
    of_cluster(tmp_path / "cluster")
    assert first.poll() is not None, "the run was over before a worker could be killed"
    assert outcome(tmp_path / "cluster") == uninterrupted
    # Without the other one, too, the run ends in an error after a while, and keeps what was finished.
    kill_when_something_is_stored(second, tmp_path / "alone")
    with pytest.raises(StudyError, match="scheduler: got no workers for 5 s"):
        of_cluster(tmp_path / "alone", patience=5)
    assert networks_stored(tmp_path / "alone")
