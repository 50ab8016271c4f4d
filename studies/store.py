"""The folder of a study: what is written, when; what is continued, and what is refused."""

import contextlib
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import filelock
import pandas as pd

from mnist_utils import results
from studies import origin
from studies.design import Job, Study, StudyError, condition_from
from studies.training import COLUMNS


@contextlib.contextmanager
def locked(study: Study, folder: Path) -> Iterator[None]:
    """Make the folder, and keep other runs of the study out of it."""
    with explained(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(folder / f".{study.name}.lock", timeout=0)
        try:
            lock.acquire()
        except filelock.Timeout as error:
            got = "another run that is writing it"
            raise StudyError(f"{folder / study.name}: got {got}; expected none. Wait for its end") from error
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
    used = {results.weights_file(*which, seed): which for which in sorted(classifiers) for seed in study.seeds}
    return {
        "conditions": [condition.settings() for condition in study.conditions],
        "data": origin.checksums(digits),
        "weights_used": {file: results.provenance(name)["sha256"].get(file) for file, (name, _) in used.items()},
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
    return results.load(study.name, folder), stored


def refuse_other(stored: dict, fresh: dict, description: Path, advice: str) -> None:
    """Raise StudyError unless two provenances are of the same experiment, with the same data and versions."""

    def compared(provenance: dict) -> dict[str, dict]:
        conditions = [condition_from(settings).settings() for settings in provenance["conditions"]]
        # More weights may have been used before, for other seeds.
        used = {
            file: provenance["weights_used"].get(file, checksum) for file, checksum in fresh["weights_used"].items()
        }
        return {
            "settings": {f"{of['name']}: {what}": value for of in conditions for what, value in of.items()},
            "data": provenance["data"],
            "versions": origin.what_changes_numbers(provenance["versions"]),
            "weights": used,
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


def write(study: Study, folder: Path, rows: pd.DataFrame, provenance: dict) -> None:
    """Write results and provenance. Whenever this is interrupted, the provenance states the checksum of the results."""
    csv, description = folder / f"{study.name}.csv", folder / f"{study.name}.json"
    content = rows.to_csv(index=False, lineterminator="\n").encode()
    new, checksums = results.sha256(csv, content), provenance["sha256"]
    checksums[csv.name] = [*checksums.get(csv.name, []), new]
    _replace(description, _text(provenance))
    _replace(csv, content)
    checksums[csv.name] = [new]
    _replace(description, _text(provenance))


def write_weights(study: Study, folder: Path, job: Job, weights: list, provenance: dict) -> None:
    """Write the weights of a network, if its condition says so, and state their checksum in the provenance."""
    condition = job.conditions[0]
    if not getattr(condition, "weights_kept", False):
        return
    from mnist_utils import networks

    network = getattr(networks, condition.network)(seed=job.seed)
    network.set_weights(weights)
    path = folder / results.weights_file(study.name, condition.name, job.seed)
    part = path.with_name(f".{path.name}")  # Keras wants this ending
    try:
        network.save_weights(part)
        provenance["sha256"][path.name] = [results.sha256(path, part.read_bytes())]
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _text(provenance: dict) -> bytes:
    return (json.dumps(provenance, indent=2) + "\n").encode()


def _replace(path: Path, content: bytes) -> None:
    """Write a file as a whole: whatever interrupts this, the path holds the old content or the new one."""
    part = path.with_name(f".{path.name}.part")  # one run at a time has the lock
    try:
        part.write_bytes(content)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
