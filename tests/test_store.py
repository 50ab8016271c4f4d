"""`studies.store`, `studies.running` and `mnist_utils.results`: what is stored, continued, loaded and refused."""

import dataclasses
import json
import os
import platform
import shutil

import filelock
import numpy as np
import pandas as pd
import pytest
from few_digits import DENOISER, DENSE, MODEL, contents, digits, sets, study

from mnist_utils import networks, results
from mnist_utils.dataset import preprocess
from studies import store
from studies.design import Job, StudyError
from studies.running import run
from studies.training import COLUMNS, Trained

KEPT = dataclasses.replace(MODEL, name="kept", weights_kept=True)
BOTH_SEEDS = study(DENSE, seeds=(0, 1))


@pytest.fixture(scope="module")
def stored_once(tmp_path_factory):
    folder = tmp_path_factory.mktemp("few")
    run(study(DENSE), folder, digits=digits())
    return folder


@pytest.fixture
def stored(stored_once, tmp_path):
    """A folder with the results of DENSE and seed 0, for this test alone."""
    return shutil.copytree(stored_once, tmp_path / "stored")


@pytest.fixture(scope="module")
def weights_once(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    run(study(KEPT, DENSE, seeds=(0, 1)), folder, digits=digits())
    return folder


def change_provenance(folder, change):
    """Let a function change what the JSON file of a folder holds."""
    path = folder / "few.json"
    provenance = json.loads(path.read_text())
    change(provenance)
    path.write_text(json.dumps(provenance))


def assert_refused(folder, message, what=BOTH_SEEDS, data=None):
    """Assert that a run is refused, and that everything is left as it was."""
    before = contents(folder)
    with pytest.raises((StudyError, results.ResultsError), match=message):
        run(what, folder, digits=data or digits())
    assert {**contents(folder), ".few.lock": b""} == {**before, ".few.lock": b""}


def test_a_run_stores_what_it_returns(tmp_path):
    condition = dataclasses.replace(DENSE, factors=(0.1, 0.0), epochs=2)
    rows = run(study(condition, seeds=(1, 0)), tmp_path, digits=digits())
    pd.testing.assert_frame_equal(results.load("few", tmp_path), rows)
    assert list(rows.columns) == COLUMNS
    # By seed and factor, the rows of a network in their order.
    assert list(rows.groupby(["seed", "factor"], sort=False).groups) == [(0, 0.0), (0, 0.1), (1, 0.0), (1, 0.1)]
    assert list(rows["split"][:5]) == ["train", "validation"] * 2 + ["test"]
    assert sorted(contents(tmp_path)) == [".few.lock", "few.csv", "few.json"]
    assert results.conditions("few", tmp_path).loc["dense", "hidden"] == [4]


def test_finished_networks_are_not_trained_again_and_more_seeds_are_added(stored):
    csv = stored / "few.csv"
    content = csv.read_bytes().replace(b",2.2", b",7.2")  # what no training would give again
    csv.write_bytes(content)
    change_provenance(stored, lambda of: of["sha256"].update({"few.csv": [results.sha256(csv, content)]}))
    both = run(BOTH_SEEDS, stored, digits=digits())
    assert csv.read_bytes().startswith(content)
    assert ((both["loss"] > 7) == (both["seed"] == 0)).all()


def test_whenever_a_write_is_cut_off_the_next_run_ends_with_the_same_bytes(tmp_path, monkeypatch):
    both, replace = study(KEPT, DENSE), os.replace
    rows = [("kept", 0.0, 0, 1, "test", 0.0, 0.5, 0.7)], [("dense", 0.0, 0, 1, "test", 0.0, 0.4, 0.8)]
    weights = networks.strided(seed=7).get_weights(), []
    machine = {"versions": {"keras": "3.15"}, "code": "a commit", "processor": "", "threads": 1}

    def finish(folder):
        """Do what `run` does, with trainings that take no time."""
        folder.mkdir(exist_ok=True)
        stored, provenance = store.resumed(both, folder, store.fresh_provenance(both, machine, digits()))
        for condition, measured, kept in zip(both.conditions, rows, weights, strict=True):
            if condition.name not in set(stored["condition"]):
                trained = Trained(pd.DataFrame(measured, columns=COLUMNS), kept)
                stored = store.add(both, folder, Job(0, (condition,)), stored, trained, provenance)
        files = contents(folder)
        stated = json.loads(files.pop("few.json"))["sha256"]
        return files, {file: checksums[-1] for file, checksums in stated.items()}

    whole = finish(tmp_path / "whole")
    for allowed in range(7):  # of four writes of the network with weights, and three of the other one
        left, folder = iter(range(allowed)), tmp_path / str(allowed)

        def cut_off(source, target, left=left):
            if next(left, None) is None:
                raise KeyboardInterrupt
            replace(source, target)

        monkeypatch.setattr(os, "replace", cut_off)
        with pytest.raises(KeyboardInterrupt):
            finish(folder)
        monkeypatch.undo()
        assert not list(folder.glob("*.part"))
        assert finish(folder) == whole


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epochs": 2}, "results of other settings: dense: epochs 1, expected 2"),
        ({"hidden": (5,)}, r"hidden \[4\], expected \[5\]"),
        ({"name": "another"}, "dense: kind 'dense', expected None"),
    ],
)
def test_results_of_other_settings_are_not_continued(stored, change, message):
    assert_refused(stored, message, study(dataclasses.replace(DENSE, **change)))


def test_results_of_other_data_are_not_continued(stored):
    (images, labels), test = digits()
    assert_refused(stored, "got results of other data: digits", data=((images, labels[::-1].copy()), test))


@pytest.mark.parametrize("library", ["numpy", "keras", "tensorflow"])
def test_results_of_another_minor_release_are_not_continued(stored, library):
    change_provenance(stored, lambda of: of["versions"].update({library: "3.1.0"}))
    assert_refused(stored, rf"got results of other versions: {library} '3\.1', expected '\d+\.\d+'")


def test_results_of_other_patch_releases_and_of_another_python_are_continued(stored):
    def patched(provenance):
        others = {name: version.rsplit(".", 1)[0] + ".99" for name, version in provenance["versions"].items()}
        provenance["versions"] = {**others, "python": "3.99.1"}

    change_provenance(stored, patched)
    assert set(run(BOTH_SEEDS, stored, digits=digits())["seed"]) == {0, 1}


def test_results_of_before_a_setting_existed_are_those_with_its_default(stored):
    change_provenance(stored, lambda of: of["conditions"][0].pop("momentum"))
    run(study(DENSE), stored, digits=digits())
    assert_refused(stored, "momentum 0.0, expected 0.5", study(dataclasses.replace(DENSE, momentum=0.5)))


def test_provenance_says_with_what_and_names_no_machine_or_path(stored):
    change_provenance(stored, lambda of: of.update(code="commit a, commit b"))
    for _ in range(2):
        run(BOTH_SEEDS, stored, digits=digits())
    text, provenance = (stored / "few.json").read_text(), results.provenance("few", stored)
    assert set(provenance["versions"]) == {"python", "numpy", "keras", "tensorflow"}
    assert provenance["conditions"] == [DENSE.settings()]
    assert list(provenance["data"]) == ["digits"] and provenance["weights_used"] == {}
    assert provenance["seconds"] > 0 and int(provenance["threads"]) >= 1
    assert provenance["code"].startswith("commit a, commit b, ") and provenance["code"].count(",") == 2  # each once
    assert platform.node() not in text
    assert "/" not in text.replace(provenance["processor"], "")


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text.replace(",2.2", ",2.3", 1),
        lambda text: text.replace("accuracy", "precision", 1),
        lambda text: text[: text.rstrip("\n").rindex("\n") + 1],
        lambda text: text[:-1],
        lambda text: "",
    ],
    ids=["a number", "a column", "a row", "the last line feed", "everything"],
)
def test_an_edited_or_cut_table_is_refused(stored, damage):
    csv = stored / "few.csv"
    csv.write_text(damage(csv.read_text()))
    message = r"few\.csv: got SHA-256 .* expected .*Remove few\.\* from that folder, and run the study again"
    with pytest.raises(results.ResultsError, match=message):
        results.load("few", stored)
    assert_refused(stored, message)


def test_a_table_that_a_clone_on_windows_has_made_is_the_same(stored):
    before = results.load("few", stored)
    for path in (stored / "few.csv", stored / "few.json"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    pd.testing.assert_frame_equal(results.load("few", stored), before)


@pytest.mark.parametrize("text", [None, "{", "[]", "{}", '{"versions": {}, "sha256": "x", "code": ""}'])
def test_results_whose_provenance_is_missing_or_damaged_are_refused(stored, text):
    path = stored / "few.json"
    path.unlink() if text is None else path.write_text(text)
    assert_refused(stored, r"results: got 'few'" if text is None else r"few\.json: got .*; expected a provenance")


def test_names_of_conditions_that_look_like_something_else_and_numbers_that_are_none_come_back(tmp_path):
    names = ["None", "nan", "0.1", "NA"]
    what = study(*(dataclasses.replace(DENSE, name=name, learning_rate=1e30) for name in names))
    rows = run(what, tmp_path, digits=digits())
    loaded = results.load("few", tmp_path)
    assert list(dict.fromkeys(loaded["condition"])) == names and not np.isfinite(loaded["loss"]).any()
    pd.testing.assert_frame_equal(loaded, rows)
    pd.testing.assert_frame_equal(run(what, tmp_path, digits=digits()), rows)


def test_kept_weights_are_those_that_the_results_were_measured_with(weights_once):
    files = [".few.lock", "few.csv", "few.json", "few.kept.0.weights.h5", "few.kept.1.weights.h5"]
    assert sorted(contents(weights_once)) == files
    rows, (images, labels) = results.load("few", weights_once), sets()["test"]
    for row in rows.query("condition == 'kept' and split == 'test'").itertuples():
        network = results.load_network("few", "kept", row.seed, weights_once)
        network.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
        measured = network.evaluate(preprocess(images), labels, verbose=0)
        assert measured == pytest.approx((row.loss, row.accuracy), abs=1e-5)
    for condition, seed in (("dense", 0), ("kept", 2), ("nonsense", 0)):
        with pytest.raises(
            results.ResultsError, match=r"expected one of the stored weights: few\.kept\.0.*, few\.kept"
        ):
            results.load_network("few", condition, seed, weights_once)


@pytest.mark.parametrize(
    "damage",
    [
        lambda zero, one: one.replace(zero),
        lambda zero, one: shutil.copy(results.FOLDER / "small.final.0.weights.h5", zero),
        lambda zero, one: zero.write_bytes(zero.read_bytes()[:1000]),
        lambda zero, one: zero.unlink(),
    ],
    ids=["another seed's", "another study's", "cut short", "missing"],
)
def test_weights_that_are_not_those_of_the_results_are_refused(weights_once, tmp_path, damage):
    folder = shutil.copytree(weights_once, tmp_path / "damaged")
    damage(*(folder / f"few.kept.{seed}.weights.h5" for seed in (0, 1)))
    with pytest.raises(results.ResultsError, match=r"few\.kept\.0\.weights\.h5: got .*; expected"):
        results.load_network("few", "kept", 0, folder)


def test_a_study_that_uses_weights_of_another_one_is_not_continued_when_these_have_changed(tmp_path):
    run(study(DENOISER), tmp_path, digits=digits())
    file = "good.final.0.weights.h5"
    assert results.provenance("few", tmp_path)["weights_used"] == {file: results.provenance("good")["sha256"][file]}
    change_provenance(tmp_path, lambda of: of["weights_used"].update({file: ["0" * 64]}))
    assert_refused(tmp_path, rf"got results of other weights: {file} ", study(DENOISER, seeds=(0, 1)))


def test_a_denoiser_without_its_classifier_is_refused_before_it_is_trained(tmp_path):
    assert_refused(tmp_path, r"good\.final\.99\.weights\.h5: got No such file", study(DENOISER, seeds=(99,)))


def test_a_folder_that_another_run_writes_is_refused(stored):
    with filelock.FileLock(stored / ".few.lock"):
        assert_refused(stored, "got another run; expected none")


def test_a_network_that_there_is_not_is_refused(tmp_path):
    unknown = study(dataclasses.replace(MODEL, network="resnet"))
    assert_refused(tmp_path, r"network: got 'resnet'; expected a function of mnist_utils\.networks", unknown)


def test_a_training_that_fails_loses_nothing_of_what_others_finish(tmp_path):
    failing = dataclasses.replace(MODEL, name="failing", network="stacked")  # which needs to be told how many
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        run(study(DENSE, failing), tmp_path, digits=digits())  # it fails while the first one is under way
    assert list(results.load("few", tmp_path)["split"]) == ["train", "validation", "test"]


def test_a_disk_that_takes_no_more_is_an_error_that_loses_nothing(stored):
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, limits[1]))  # the system refuses to write more into a file
    try:
        assert_refused(stored, "got File too large; expected a folder with room")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert len(run(BOTH_SEEDS, stored, digits=digits())) == 6


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StudyError, match=r"file.*expected a folder with room that can be written"):
        run(study(DENSE), tmp_path / "file", digits=digits())
