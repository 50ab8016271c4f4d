"""`mnist_utils.studies`: what is refused, what is kept, what is stored; a slice of the stored study, trained again."""

import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mnist_utils import networks, studies
from mnist_utils.__main__ import main

SMALL = dataclasses.replace(studies.find("dense"), name="small", hidden=(4,), seeds=(0,), epochs=1)


@pytest.fixture
def few_images(monkeypatch):
    """Make training a matter of milliseconds: 300 images, the same for every split."""
    generator = np.random.default_rng(0)
    images, labels = generator.random((300, 28, 28, 1), np.float32), generator.integers(0, 10, 300)
    sets = {split: (images, labels) for split in ("train", "validation", "test")}
    monkeypatch.setattr(studies, "_sets", lambda training_images: sets)


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seeds": ()}, "got no seeds"),
        ({"conditions": ()}, "got no conditions"),
        ({"epochs": 0}, "got 0 epochs, expected at least 1"),
        ({"factors": (-0.1,)}, "below 0"),
        ({"seeds": (-1,)}, "below 0"),
        ({"conditions": (studies.Condition("a", "test"),)}, "expected positive numbers and a protocol of assignment"),
        ({"conditions": (studies.Condition("a", "search", learning_rate=0),)}, "expected positive numbers"),
    ],
)
def test_a_study_that_cannot_be_trained_is_refused(change, message):
    with pytest.raises(studies.StudyError, match=message):
        dataclasses.replace(SMALL, **change)


def test_an_unknown_study_is_refused_with_the_names_there_are():
    with pytest.raises(studies.StudyError, match="got study 'dens', expected one of: dense, rate-and-batch"):
        studies.load("dens")


def test_each_protocol_measures_its_splits_at_its_times(few_images, tmp_path):
    protocols = ("assignment", "validation", "search")
    conditions = tuple(studies.Condition(protocol, protocol) for protocol in protocols)
    study = dataclasses.replace(SMALL, conditions=conditions, epochs=2)
    results = studies.run(study, tmp_path)
    measured = {
        name: list(zip(rows["epoch"], rows["split"], strict=True)) for name, rows in results.groupby("condition")
    }
    unseen = [(1, "train"), (1, "validation"), (2, "train"), (2, "validation")]
    assert measured["assignment"] == [(1, "train"), (1, "test"), (2, "train"), (2, "test")]
    assert measured["validation"] == [*unseen, (2, "test")]
    assert measured["search"] == unseen
    assert list(results.columns) == studies.COLUMNS


def test_a_training_set_of_50000_leaves_10000_for_validation():
    sets = studies._sets(50_000)
    assert {split: len(labels) for split, (_, labels) in sets.items()} == {
        "train": 50_000,
        "validation": 10_000,
        "test": 10_000,
    }
    assert len(studies._sets(60_000)["train"][1]) == 60_000


def test_finished_networks_are_kept_and_more_seeds_are_added(few_images, tmp_path):
    studies.run(SMALL, tmp_path)
    first = pd.read_csv(tmp_path / "small.csv")
    reports = []
    both = studies.run(dataclasses.replace(SMALL, seeds=(0, 1)), tmp_path, reports.append)
    assert len(reports) == 2
    assert all("seed 1" in report for report in reports)
    pd.testing.assert_frame_equal(pd.read_csv(tmp_path / "small.csv"), both)
    pd.testing.assert_frame_equal(both[: len(first)], first)


def test_a_run_that_is_interrupted_and_continued_gives_what_an_uninterrupted_one_gives(few_images, tmp_path):
    def interrupt(_):
        raise KeyboardInterrupt

    study = dataclasses.replace(SMALL, seeds=(0, 1))
    with pytest.raises(KeyboardInterrupt):
        studies.run(study, tmp_path / "interrupted", interrupt)
    studies.run(study, tmp_path / "interrupted")
    studies.run(study, tmp_path / "whole")
    assert (tmp_path / "interrupted" / "small.csv").read_bytes() == (tmp_path / "whole" / "small.csv").read_bytes()


def test_factor_and_seed_each_change_the_result(few_images, tmp_path):
    study = dataclasses.replace(SMALL, conditions=SMALL.conditions[:1], factors=(0.0, 0.1), seeds=(0, 1))
    results = studies.run(study, tmp_path)
    assert results.query("split == 'test'")["loss"].nunique() == 4


def test_decay_shrinks_the_kernels_of_hidden_layers_and_leaves_the_loss_unpenalized(few_images, monkeypatch, tmp_path):
    trained, make = [], networks.dense
    monkeypatch.setattr(
        networks, "dense", lambda *args, **options: trained.append(make(*args, **options)) or trained[-1]
    )
    study = dataclasses.replace(SMALL, conditions=SMALL.conditions[:1], factors=(0.0, 1.0), epochs=5)
    results = studies.run(study, tmp_path)
    free, decayed = (np.linalg.norm(network.layers[1].kernel.numpy()) for network in trained)
    assert decayed < 0.5 * free
    assert trained[1].layers[-1].kernel.regularizer is None
    assert results["loss"].between(1.5, 3.0).all()  # near log 10: random labels, nothing to learn


@pytest.mark.parametrize(
    ("change", "message"),
    [({"epochs": 2}, "other study: epochs 1, expected 2"), ({"hidden": (5,)}, r"hidden \[4\], expected \[5\]")],
)
def test_results_of_other_settings_are_refused_and_left_alone(few_images, tmp_path, change, message):
    studies.run(SMALL, tmp_path)
    before = contents(tmp_path)
    with pytest.raises(studies.StudyError, match=message):
        studies.run(dataclasses.replace(SMALL, **change), tmp_path)
    assert contents(tmp_path) == before


def edit_columns(text):
    return text.replace("accuracy", "precision", 1)


def edit_study(text):
    return text.replace("small,", "other,")


def cut_a_row(text):
    return text[: text.rstrip("\n").rindex("\n") + 1]


def cut_within_a_row(text):
    return text[:-20]


@pytest.mark.parametrize("damage", [edit_columns, edit_study, cut_a_row, cut_within_a_row, lambda text: ""])
def test_a_damaged_results_file_is_refused_and_left_alone(few_images, tmp_path, damage):
    studies.run(SMALL, tmp_path)
    csv = tmp_path / "small.csv"
    csv.write_text(damage(csv.read_text()))
    before = contents(tmp_path)
    with pytest.raises(studies.StudyError, match=r"small\.csv: "):
        studies.run(SMALL, tmp_path)
    assert contents(tmp_path) == before


@pytest.mark.parametrize("text", [None, "{", "[]", "{}"])
def test_results_whose_provenance_is_missing_or_damaged_are_refused(few_images, tmp_path, text):
    studies.run(SMALL, tmp_path)
    description = tmp_path / "small.json"
    description.unlink() if text is None else description.write_text(text)
    with pytest.raises(studies.StudyError, match=r"expected results and small\.json beside them"):
        studies.run(SMALL, tmp_path)


def test_results_of_other_versions_are_refused(few_images, tmp_path):
    studies.run(SMALL, tmp_path)
    description = tmp_path / "small.json"
    provenance = json.loads(description.read_text())
    provenance["versions"]["keras"] = "2.15.0"
    description.write_text(json.dumps(provenance))
    with pytest.raises(studies.StudyError, match=r"other versions: keras 2\.15\.0, expected 3\."):
        studies.run(SMALL, tmp_path)


def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "small.csv"
    studies._replace(path, "old")

    def full_disk(source, target):
        raise OSError("No space left on device")

    monkeypatch.setattr(studies.os, "replace", full_disk)
    with pytest.raises(OSError, match="No space"):
        studies._replace(path, "new")
    assert contents(tmp_path) == {"small.csv": b"old"}


def test_provenance_says_with_what_and_names_no_machine_or_path(few_images, tmp_path):
    studies.run(SMALL, tmp_path)
    text = (tmp_path / "small.json").read_text()
    provenance = json.loads(text)
    assert set(provenance["versions"]) == {"python", "numpy", "keras", "tensorflow"}
    assert len(provenance["data"]) == 4
    assert provenance["seconds"] > 0
    assert provenance["threads"] >= 1
    assert studies.platform.node() not in text
    assert "/" not in text.replace(provenance["processor"], "")


def test_summarize_gives_the_t_interval_of_scipy():
    values = [0.970, 0.973, 0.971, 0.9745]
    results = pd.DataFrame({"split": "test", "seed": range(4), "accuracy": values})
    row = studies.summarize(results, by=["split"]).loc["test"]
    interval = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert row["seeds"] == 4
    assert row["sd"] == pytest.approx(np.std(values, ddof=1))
    assert (row["low"], row["high"]) == pytest.approx((interval.low, interval.high))


def test_one_seed_has_no_interval():
    results = pd.DataFrame({"split": ["test"], "seed": [0], "accuracy": [0.97]})
    row = studies.summarize(results, by=["split"]).loc["test"]
    assert row["mean"] == 0.97
    assert row[["sd", "low", "high"]].isna().all()


def test_a_seed_twice_in_a_group_is_refused():
    results = pd.DataFrame({"split": "test", "seed": [0, 0], "accuracy": [0.97, 0.98]})
    with pytest.raises(studies.StudyError, match="seed more than once"):
        studies.summarize(results, by=["split"])


def test_the_command_lists_and_refuses_in_a_sentence(capsys, tmp_path):
    assert main(["studies", "list"]) == 0
    assert "dense" in capsys.readouterr().out
    for arguments, message in [
        (["nonsense"], "got study 'nonsense'"),
        (["dense", "--seeds", "0"], "got no seeds"),
        (["dense", "--epochs", "0"], "got 0 epochs"),
    ]:
        assert main(["studies", "run", *arguments, "--out", str(tmp_path / "out")]) == 1
        assert message in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    assert main(["studies", "run", "dense", "--out", str(tmp_path / "file")]) == 1
    assert "file" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("name", list(studies.STUDIES))
def test_the_stored_results_are_whole(name):
    study, results = studies.find(name), studies.load(name)
    stored = set(zip(results["condition"], results["factor"], results["seed"], strict=True))
    assert stored == {(c.name, f, s) for c in study.conditions for f in study.factors for s in study.seeds}
    assert results["epoch"].max() == study.epochs


def test_a_slice_of_the_stored_study_comes_out_again_within_its_spread(tmp_path):
    study, place = dataclasses.replace(studies.find("dense"), seeds=(0,), epochs=2), ["condition", "split", "epoch"]
    again = studies.run(study, tmp_path).set_index(place).drop(index=("validation", "test", 2))  # stored for epoch 10
    stored = studies.load("dense")
    same_seed = stored.query("seed == 0").set_index(place).loc[again.index]
    for of in ("accuracy", "loss"):
        # Another machine rounds otherwise, so that its networks drift away, but no farther than other seeds do.
        allowed = 3 * studies.summarize(stored, by=place, of=of).loc[again.index, "sd"]
        distance = (again[of] - same_seed[of]).abs()
        assert (distance < allowed).all(), pd.DataFrame({"distance": distance, "allowed": allowed})
