"""`studies.running`, `results.summarize` and the commands: means, their spread, and whether they came out again."""

import dataclasses
import json
import shutil

import numpy as np
import pandas as pd
import pytest
from few_digits import DENSE, digits, study
from scipy import stats

from mnist_utils import results
from studies.__main__ import main
from studies.catalogue import find
from studies.design import StudyError
from studies.running import compare, replicate, run
from studies.training import COLUMNS


def table(values, **columns):
    return pd.DataFrame({"split": "test", "seed": range(len(values)), "accuracy": values, **columns})


def test_summarize_gives_the_t_interval_of_scipy():
    values = [0.970, 0.973, 0.971, 0.9745]
    row = results.summarize(table(values), by=["split"]).loc["test"]
    interval = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert row["seeds"] == 4
    assert (row["mean"], row["sd"]) == pytest.approx((np.mean(values), np.std(values, ddof=1)))
    assert (row["low"], row["high"]) == pytest.approx((interval.low, interval.high))


def test_one_seed_has_a_mean_and_no_interval():
    row = results.summarize(table([0.97]), by="split").loc["test"]
    assert row["mean"] == 0.97 and row[["sd", "low", "high"]].isna().all()


@pytest.mark.parametrize(
    ("rows", "of", "message"),
    [
        (table([]), "accuracy", "rows: got none; expected at least one"),
        (table([0.97, 0.98], seed=[0, 0]), "accuracy", "seed more than once in a group"),
        (table([0.97, 0.98], loss=[0.1, np.nan]), "loss", r"got no number as loss for .*'seed': 1.*`rows\.dropna\(\)`"),
    ],
)
def test_what_has_no_mean_over_seeds_is_refused(rows, of, message):
    with pytest.raises(results.ResultsError, match=message):
        results.summarize(rows, by="split", of=of)
    if of == "loss":  # one step, as the message says
        assert results.summarize(rows.dropna(), by="split", of=of).loc["test", "mean"] == 0.1


def test_comparing_finds_a_mean_beyond_the_stored_spread_and_no_other():
    generator = np.random.default_rng(0)
    rows = [
        ("a", factor, seed, epoch, "test", 0.0, 0.1, generator.normal(0.98, 0.001))
        for factor in (0.1, 0.2)
        for seed in range(5)
        for epoch in (1, 2)
    ]
    stored = pd.DataFrame(rows, columns=COLUMNS)
    again = stored.assign(accuracy=stored["accuracy"] + np.where(stored["factor"] == 0.2, 0.01, 0.0001))
    compared = compare(again, stored)
    assert list(compared["holds"]) == [True, False]
    assert list(compared.index.get_level_values("epoch")) == [2, 2]
    # By hand: 4 degrees of freedom, 1 % shared by two rows and two sides.
    last = stored.query("epoch == 2").groupby("factor")["accuracy"]
    allowed = stats.t.ppf(1 - 0.0025, 4) * last.std() * np.sqrt(2 / 5)
    np.testing.assert_allclose(compared["allowed"], allowed)


def test_chance_alone_seldom_puts_a_mean_beyond_what_is_allowed():
    generator = np.random.default_rng(0)
    index = pd.MultiIndex.from_product([np.arange(6) / 10, range(3)], names=["factor", "seed"])
    frame = pd.DataFrame(index=index).reset_index()
    frame = frame.assign(condition="a", epoch=1, split="test", noise=0.0)
    spread = 10 ** -(2 + 3 * frame["factor"])  # from 0.01 to 0.0003
    draws = (frame.assign(accuracy=0.9 + spread * generator.normal(size=len(frame))) for _ in range(200))
    beyond = sum(not compare(next(draws), next(draws), level=0.05)["holds"].all() for _ in range(100))
    assert 1 <= beyond <= 12  # 5 expected


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A small study, stored as if it came with the book."""
    folder = tmp_path_factory.mktemp("stored")
    run(study(DENSE, seeds=(0, 1, 2)), folder, digits=digits())
    return folder


def test_a_study_that_is_run_again_comes_out_the_same(stored, tmp_path):
    compared = replicate(study(DENSE, seeds=(0, 1, 2)), tmp_path, digits=digits(), stored=stored)
    assert list(compared.index.get_level_values("split")) == ["test", "train", "validation"]
    assert (compared["difference"] == 0).all() and compared["holds"].all()
    pd.testing.assert_frame_equal(results.load("few", tmp_path), results.load("few", stored))


def test_what_cannot_be_replicated_is_refused(stored, tmp_path):
    few = study(DENSE, seeds=(0, 1, 2))
    for other, folder, message in [
        (few, stored, "got that of the stored results"),
        (study(dataclasses.replace(DENSE, hidden=(5,))), tmp_path, r"hidden \[4\], expected \[5\].*Run the study anew"),
    ]:
        with pytest.raises(StudyError, match=message):
            replicate(other, folder, digits=digits(), stored=stored)
    rows = results.load("few", stored)
    with pytest.raises(StudyError, match="got results of other data"):
        replicate(few, tmp_path, digits=digits()[::-1], stored=stored)
    for fewer in (rows.query("split == 'test'"), rows.query("seed < 2"), rows.query("seed == 0")):
        with pytest.raises(StudyError, match="expected those of the 3 stored ones"):
            compare(fewer, rows)
    with pytest.raises(StudyError, match="expected at least two"):
        compare(rows.query("seed == 0"), rows.query("seed == 0"))
    assert not list(tmp_path.iterdir())


def test_the_status_of_the_command_tells_of_a_difference(tmp_path, capsys):
    for path in results.FOLDER.glob("dense.*"):  # all trained already: nothing is left but to compare
        shutil.copy(path, tmp_path)
    assert main(["replicate", "dense", "--out", str(tmp_path)]) == 0
    assert "5 of 5 means within what the stored spread allows" in capsys.readouterr().out
    rows, csv, description = results.load("dense"), tmp_path / "dense.csv", tmp_path / "dense.json"
    rows.loc[(rows["split"] == "test") & (rows["condition"] == "validation"), "accuracy"] -= 0.02
    rows.to_csv(csv, index=False, lineterminator="\n")
    provenance = json.loads(description.read_text())
    provenance["sha256"]["dense.csv"] = [results.sha256(csv, csv.read_bytes())]
    description.write_text(json.dumps(provenance))
    assert main(["replicate", "dense", "--out", str(tmp_path)]) == 1
    assert "1 means beyond what the stored spread allows" in capsys.readouterr().out


def test_the_commands_list_run_and_refuse_in_a_sentence(capsys, tmp_path):
    assert main(["list"]) == 0
    assert f"dense                 20 networks, 10 epochs: {find('dense').about}\n" in capsys.readouterr().out
    (tmp_path / "file").write_text("")
    for arguments, message in [
        (["run", "nonsense"], "got 'nonsense'"),
        (["replicate", "nonsense"], "got 'nonsense'"),
        (["run", "dense", "--out", str(tmp_path / "file")], "expected a folder with room"),
        (["replicate", "dense", "--out", str(results.FOLDER)], "got that of the stored results"),
    ]:
        assert main(arguments) == 1
        assert message in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
