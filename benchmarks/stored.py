"""How a benchmark stores what it measured, for `RESULTS.md` and for the lessons that read it."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from mnist_utils.results import sha256
from studies.origin import this_machine


def store(rows: pd.DataFrame, path: Path) -> None:
    """Write every measured number, and in a JSON file beside it the machine, the versions, when, and the checksum."""
    rows.to_csv(path, index=False, lineterminator="\n")
    when = datetime.now(UTC).isoformat(timespec="seconds")
    provenance = {**this_machine(), "finished": when, "sha256": {path.name: [sha256(path, path.read_bytes())]}}
    path.with_suffix(".json").write_text(json.dumps(provenance, indent=2) + "\n")


def markdown(table: pd.DataFrame) -> str:
    """Return a table as the lines of Markdown, its index first, its numbers as they are."""
    lines = [[table.index.name, *table.columns], ["---", *(["---:"] * len(table.columns))]]
    lines += [[name, *map(str, row)] for name, *row in table.itertuples()]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
