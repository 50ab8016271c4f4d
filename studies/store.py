"""The folder of a study: what is written, when; what is continued, and what is refused."""

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import filelock
import pandas as pd

from mnist_utils import results
from studies import origin
from studies.design import Job, Study, StudyError, condition_from
from studies.training import COLUMNS, Trained


@contextlib.contextmanager
def locked(study: Study, folder: Path) -> Iterator[None]:
    """Make the folder, and keep other runs of the study out of it."""
    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(folder / f".{study.name}.lock", timeout=0)
        try:
            lock.acquire()
        except filelock.Timeout as error:
            raise StudyError(f"{folder / study.name}: got another run; expected none. Wait for its end") from error
    with lock:
        yield


@contextlib.contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Turn an error of the file system into one that says what to do."""
    try:
        yield
    except OSError as error:
        raise StudyError(
            f"{error.filename or folder}: got {error.strerror or error}; expected a folder with room that can be "
            "written. What was stored before is kept: make room or choose another folder, and run the same again"
        ) from error


def fresh_provenance(study: Study, machine: dict, digits: tuple | None) -> dict:
    """Return what is stored beside the results: of what, with what, on what, from when, how long; and checksums."""
    classifiers = {getattr(condition, "classifier", None) for condition in study.conditions} - {None}
    used = {}
    for name, condition in classifiers:
        described = results.provenance(name)
        for file in (results.weights_file(name, condition, seed) for seed in study.seeds):
            results.check(results.FOLDER / file, described)  # what cannot be measured is refused before it is trained
            used[file] = described["sha256"][file]
    return {
        "conditions": [condition.settings() for condition in study.conditions],
        "data": origin.checksums(digits),
        "weights_used": used,
        **machine,
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": 0.0,
        "sha256": {},
    }


def resumed(study: Study, folder: Path, fresh: dict) -> tuple[pd.DataFrame, dict]:
    """Return the results that a folder holds of a study, and their provenance; refuse what cannot be continued."""
    csv, description = folder / f"{study.name}.csv", folder / f"{study.name}.json"
    if not csv.exists():  # also if a run was ended before its first result
        return pd.DataFrame(columns=COLUMNS), fresh
    stored = results.provenance(study.name, folder)
    refuse_other(stored, fresh, description, "Choose another folder")
    for key in ("code", "processor", "threads"):  # by whatever the networks were trained
        stored[key] = ", ".join(dict.fromkeys(str(stored[key]).split(", ") + str(fresh[key]).split(", ")))
    stored["weights_used"] |= fresh["weights_used"]
    for file in stored["sha256"]:
        results.check(folder / file, stored)  # no weights are lost
    return results.load(study.name, folder), stored


def refuse_other(stored: dict, fresh: dict, description: Path, advice: str) -> None:
    """Raise StudyError unless two provenances are of the same experiment, with the same data and versions."""

    def compared(provenance: dict) -> dict[str, dict]:
        conditions = [condition_from(of).settings() for of in provenance["conditions"]]
        return {
            "settings": {f"{of['name']}: {what}": value for of in conditions for what, value in of.items()},
            "data": provenance["data"],
            "versions": origin.what_changes_numbers(provenance["versions"]),
            # Of the same files: another run may have more seeds.
            "weights": {file: provenance["weights_used"].get(file, sum) for file, sum in fresh["weights_used"].items()},
        }

    try:
        before, now = compared(stored), compared(fresh)
    except (KeyError, TypeError, AttributeError, StudyError) as error:
        got = f"{type(error).__name__}: {error}"
        raise StudyError(f"{description}: got {got}; expected the provenance of a study. {advice}") from error
    for what, expected in now.items():
        got = before[what]
        other = [key for key in {**expected, **got} if got.get(key) != expected.get(key)]
        if other:
            listed = "; ".join(f"{key} {got.get(key)!r}, expected {expected.get(key)!r}" for key in other)
            raise StudyError(f"{description}: got results of other {what}: {listed}. {advice}")


def add(study: Study, folder: Path, job: Job, rows: pd.DataFrame, trained: Trained, provenance: dict) -> pd.DataFrame:
    """Store what has come of a job; return all rows, by seed, condition and factor, those of a network in their order.

    Whenever this is interrupted, the provenance states the checksum of the results.
    """
    places = {condition.name: place for place, condition in enumerate(study.conditions)}
    rows = trained.rows if rows.empty else pd.concat([rows, trained.rows])
    ordered = rows.assign(place=rows["condition"].map(places)).sort_values(["seed", "place", "factor"], kind="stable")
    rows = ordered[COLUMNS].reset_index(drop=True)
    csv, description = folder / f"{study.name}.csv", folder / f"{study.name}.json"
    content, checksums = rows.to_csv(index=False, lineterminator="\n").encode(), provenance["sha256"]
    new = results.sha256(csv, content)
    with explained(folder):
        if trained.weights:
            path = folder / results.weights_file(study.name, job.conditions[0].name, job.seed)
            checksums[path.name] = [_write_weights(path, job, trained.weights)]
        checksums[csv.name] = [*checksums.get(csv.name, []), new]
        _replace(description, json.dumps(provenance, indent=2).encode() + b"\n")
        _replace(csv, content)
        checksums[csv.name] = [new]
        _replace(description, json.dumps(provenance, indent=2).encode() + b"\n")
    return rows


def _write_weights(path: Path, job: Job, weights: list) -> str:
    """Write the weights of a Keras model, and return their checksum."""
    from mnist_utils import networks

    network = getattr(networks, job.conditions[0].network)(seed=job.seed)
    network.set_weights(weights)
    for place, of in enumerate([network, *network.layers]):
        of.name = f"part_{place}"  # Keras numbers all layers that a process makes: the same weights, the same bytes
    with tempfile.TemporaryDirectory() as temporary:
        part = Path(temporary, path.name)
        network.save_weights(part)
        content = part.read_bytes()
    _replace(path, content)
    return results.sha256(path, content)


def _replace(path: Path, content: bytes) -> None:
    """Write a file as a whole: whatever interrupts this, the path holds the old content or the new one."""
    part = path.with_name(f".{path.name}.part")  # one run at a time has the lock
    try:
        part.write_bytes(content)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
