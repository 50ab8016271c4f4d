"""The tables of `benchmarks/RESULTS.md` are those of the stored turns."""

import importlib
import json
from pathlib import Path

import pandas as pd
import pytest

from mnist_utils.results import sha256

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


@pytest.mark.parametrize("name", ["engine", "cluster"])
def test_a_table_is_that_of_what_is_stored(name, monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    stored, provenance = BENCHMARKS / f"{name}.csv", json.loads((BENCHMARKS / f"{name}.json").read_text("utf-8"))
    assert provenance["sha256"] == {stored.name: [sha256(stored, stored.read_bytes())]}
    table = importlib.import_module(name).table(pd.read_csv(stored))
    text = (BENCHMARKS / "RESULTS.md").read_text(encoding="utf-8")
    assert importlib.import_module("stored").markdown(table) in text
    assert len(table) > 4
    for quoted in (provenance["processor"], provenance["code"].removeprefix("commit ")):
        assert quoted in text
