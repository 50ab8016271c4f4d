"""`mnist_utils.studies`: what is refused, what is kept, what is stored."""

import contextlib
import dataclasses
import functools
import hashlib
import json
import os
import re
import shutil

import filelock
import keras
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mnist_utils import networks, studies
from mnist_utils.__main__ import main
from mnist_utils.dataset import load_mnist, preprocess
from mnist_utils.distortions import salt_and_pepper

SMALL = dataclasses.replace(studies.find("dense"), name="small", hidden=(4,), seeds=(0,), epochs=1)
CONVOLUTIONAL = studies.Condition(
    "one-cycle", "assignment", 0.01, 128, "one-cycle", network="convolutional", optimizer="adam"
)
DENOISER = studies.Condition(
    "denoiser", "noisy-and-denoised", 0.001, network="autoencoder", optimizer="adam", noise=(0.4, 0.4)
)


@functools.cache
def few_digits():
    (images, labels), _ = load_mnist()
    return images[:300], labels[:300]


@contextlib.contextmanager
def only_few_digits():
    """Make training a matter of milliseconds: the same few digits for every split."""
    sets = dict.fromkeys(("train", "validation", "test"), few_digits())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(studies, "_sets", lambda training_images: sets)
        studies._tensors.cache_clear()
        yield few_digits()
    studies._tensors.cache_clear()


@pytest.fixture
def few_images():
    with only_few_digits() as digits:
        yield digits


@pytest.fixture(scope="module")
def stored_once(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    with only_few_digits():
        studies.run(SMALL, folder)
    return folder


@pytest.fixture
def stored(stored_once, few_images, tmp_path):
    """A folder with the results of SMALL, for this test alone."""
    shutil.copytree(stored_once, tmp_path, dirs_exist_ok=True)
    return tmp_path


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seeds": ()}, "got no seeds"),
        ({"conditions": ()}, "got no conditions"),
        ({"epochs": 0}, "got 0 epochs, expected an integer, at least 1"),
        ({"factors": (-0.1,)}, "below 0"),
        ({"factors": (float("nan"),)}, "not finite"),
        ({"factors": (float("inf"),)}, "not finite"),
        ({"factors": (0.1, 0.1)}, r"got factors \(0.1, 0.1\), expected each once"),
        ({"seeds": (0, 0)}, "expected each once"),
        ({"conditions": (SMALL.conditions[0],) * 2}, "expected each once"),
        ({"hidden": (0,)}, "expected at least 1 each"),
        ({"factors": (1.0,)}, "expected a penalty that leaves something of a weight after an epoch"),
        ({"conditions": (studies.Condition("a", "search", activation="gelu"),)}, "expected an activation of relu"),
        ({"conditions": (studies.Condition("a", "search", momentum=1.0),)}, "momentum from 0 to below 1"),
        ({"conditions": (studies.Condition("a", "search", momentum=0.5, stacked=True),)}, "no momentum where"),
        ({"seeds": (-1,)}, "below 0"),
        (
            {"conditions": (studies.Condition("a", "search", epochs=0),)},
            "got 0 epochs, expected an integer, at least 1",
        ),
        ({"conditions": (studies.Condition("a", "test"),)}, "expected a protocol of assignment"),
        ({"conditions": (studies.Condition("a", "search", learning_rate=0),)}, "expected a positive learning rate"),
        ({"conditions": (studies.Condition("a", "search", batch_size=0.5),)}, "batches of at least 1"),
        ({"epochs": 1.5}, "got 1.5 epochs, expected an integer"),
        ({"seeds": (0.5, 1)}, r"got seeds \(0.5, 1\), expected a sequence of integers"),
        ({"hidden": 64}, "got hidden 64, expected a sequence of integers"),
        ({"factors": ("much",)}, "expected a sequence of numbers"),
        ({"conditions": (studies.Condition("a", "search", divisions=-1),)}, "expected pixels divided 0 times"),
        ({"conditions": (studies.Condition("a", "search", schedule="cosine"),)}, "expected a schedule of constant"),
        ({"conditions": (studies.Condition("a", "search", network="resnet"),)}, "expected a network of dense, conv"),
        ({"conditions": (studies.Condition("a", "search", optimizer="adam"),)}, "expected SGD"),
        ({"conditions": (studies.Condition("a", "search", distorted=1),)}, "no distortion, no noise, no kept"),
        ({"conditions": (dataclasses.replace(CONVOLUTIONAL, distorted=1, divisions=2),)}, "divided once where"),
        ({"conditions": (dataclasses.replace(CONVOLUTIONAL, distorted=-1),)}, "expected distortions from 0"),
        ({"conditions": (dataclasses.replace(CONVOLUTIONAL, noise=(0, 1)),)}, "denoisers to be measured on denoised"),
        ({"conditions": (dataclasses.replace(DENOISER, protocol="final"),)}, "denoisers to be measured on denoised"),
        ({"conditions": (dataclasses.replace(DENOISER, noise=(0.6, 0.4)),)}, "expected two noise levels from 0 to 1"),
        ({"conditions": (dataclasses.replace(DENOISER, noise=(0, 1.4)),)}, "expected two noise levels from 0 to 1"),
        ({"conditions": (CONVOLUTIONAL,), "factors": (0.1,)}, "expected the factor 0, and nothing that is for dense"),
    ],
)
def test_a_study_that_cannot_be_trained_is_refused(change, message):
    with pytest.raises(studies.StudyError, match=message):
        dataclasses.replace(SMALL, **change)


@pytest.mark.parametrize("noise", [0.4, (0.4,), (0, 0.5, 1), ("none", 1)])
def test_noise_that_is_no_pair_of_levels_is_refused(noise):
    with pytest.raises(studies.StudyError, match=r"got noise .* expected two levels"):
        dataclasses.replace(DENOISER, noise=noise)


def test_an_unknown_study_is_refused_with_the_names_there_are():
    with pytest.raises(studies.StudyError, match="got study 'dens', expected one of: dense, rate-and-batch, hinton-"):
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


def test_finished_networks_are_kept_and_more_seeds_are_added(stored, monkeypatch):
    first, trained, advance = pd.read_csv(stored / "small.csv"), [], studies.advance
    monkeypatch.setattr(studies, "advance", lambda job, state: trained.append(job.seed) or advance(job, state))
    both = studies.run(dataclasses.replace(SMALL, seeds=(0, 1)), stored)
    assert set(trained) == {1}
    pd.testing.assert_frame_equal(pd.read_csv(stored / "small.csv"), both)
    pd.testing.assert_frame_equal(both[: len(first)], first)


def keras_accuracy(digits, network, factors, seed, epochs):
    """Train as a student would write it, with the seed's order of the images; return loss and accuracy."""
    images, labels = preprocess(digits[0]), digits[1]
    dense = [layer for layer in network.layers if layer.weights]
    for layer, factor in zip(dense, factors, strict=True):
        layer.kernel.regularizer = keras.regularizers.L2(factor) if factor else None
    network.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy")
    for epoch in epochs:
        order = np.random.default_rng([seed, epoch]).permutation(len(labels))
        network.fit(images[order], labels[order], 128, shuffle=False, verbose=0)
    probabilities = network.predict(images, verbose=0)
    loss = np.mean(keras.losses.sparse_categorical_crossentropy(labels, probabilities))
    return loss, np.mean(probabilities.argmax(axis=1) == labels)


def test_a_network_of_a_study_is_the_keras_network_with_decay_on_its_hidden_kernels(few_images, tmp_path):
    study = dataclasses.replace(SMALL, factors=(0.0, 0.4), seeds=(0, 3), epochs=3)
    results = studies.run(study, tmp_path).query("split == 'test' and epoch == 3 and condition == 'assignment'")
    assert results["loss"].nunique() == 4
    for row in results.itertuples():
        network = networks.dense((4,), seed=row.seed)
        loss, accuracy = keras_accuracy(few_images, network, [row.factor, 0], row.seed, [1, 2, 3])
        assert (row.loss, row.accuracy) == pytest.approx((loss, accuracy), abs=1e-4)  # the loss without the penalty


def test_stacked_factors_go_on_training_what_the_last_one_left(few_images):
    stacked = studies.Condition("stacked", "assignment", stacked=True)
    study = dataclasses.replace(SMALL, conditions=(stacked,), factors=(0.01, 0.1), epochs=2)
    (job,) = studies.jobs(study)
    state = None
    while job.epochs_left(state):
        state = studies.advance(job, state)
    rows = pd.DataFrame(state.rows, columns=studies.COLUMNS).query("split == 'test' and epoch == 2")
    one, two = networks.stacked(1, (4,), seed=0), networks.stacked(2, (4,), seed=0)
    expected = [keras_accuracy(few_images, one, [0.01, 0], 0, [1, 2])]
    two.set_weights(one.get_weights() + two.get_weights()[4:])
    expected.append(keras_accuracy(few_images, two, [0.01, 0, 0.1, 0], 0, [3, 4]))
    np.testing.assert_allclose(rows[["loss", "accuracy"]], expected, atol=1e-4)


def test_a_convolutional_network_of_a_study_is_the_keras_network(few_images):
    study = dataclasses.replace(SMALL, conditions=(CONVOLUTIONAL,), epochs=4)
    rows = studies.train_slice(study, epochs=4).query("split == 'test'")
    network, schedules = networks.convolutional(seed=0), keras.optimizers.schedules
    schedule = schedules.CosineDecay(0.0, 12 - 2, warmup_target=0.01, warmup_steps=2)  # 3 steps an epoch
    network.compile(keras.optimizers.Adam(schedule), "sparse_categorical_crossentropy", metrics=["accuracy"])
    images, labels = preprocess(few_images[0]), few_images[1]
    for epoch, row in enumerate(rows.itertuples(), start=1):
        order = np.random.default_rng([0, epoch]).permutation(len(labels))
        network.fit(images[order], labels[order], 128, shuffle=False, verbose=0)
        assert (row.loss, row.accuracy) == pytest.approx(network.evaluate(images, labels, verbose=0), abs=1e-4)
    assert float(network.optimizer.learning_rate) == pytest.approx(0, abs=1e-6)
    assert rows["loss"].is_monotonic_decreasing


@pytest.mark.parametrize(
    "change", [{"optimizer": "sgd", "schedule": "linear"}, {"distorted": 0.5, "network": "good"}], ids=str
)
def test_a_keras_network_goes_on_from_what_was_stored(few_images, tmp_path, change):
    condition = dataclasses.replace(CONVOLUTIONAL, **change)
    study = dataclasses.replace(SMALL, conditions=(condition,), seeds=(0, 1), epochs=3)
    first, second = studies.jobs(study)
    whole = studies.train_slice(study, 0, 2)
    studies._write_part(tmp_path / "part.npz", first, studies.advance(first, None))
    studies.advance(second, None)  # other weights, in the same thread
    state = studies.advance(first, studies._read_part(tmp_path / "part.npz", first))
    pd.testing.assert_frame_equal(pd.DataFrame(state.rows, columns=studies.COLUMNS), whole, check_exact=True)


@pytest.mark.parametrize(("divisions", "largest"), [(0, 255), (1, 1), (2, 1 / 255)])
def test_pixels_are_divided_as_often_as_a_condition_says(few_images, divisions, largest):
    condition = dataclasses.replace(CONVOLUTIONAL, divisions=divisions)
    seen = studies._pixels(few_images[0], condition)
    np.testing.assert_allclose(seen, preprocess(few_images[0]) * largest, rtol=1e-6)
    loss = studies.train_slice(dataclasses.replace(SMALL, conditions=(condition,)))["loss"].min()
    assert (2.29 < loss < 2.32) == (divisions == 2)  # on dark pixels it has hardly begun to learn


def test_training_images_are_distorted_anew_in_each_epoch_and_others_are_not(few_images, monkeypatch):
    seen, affine = [], studies.distortions.random_affine

    def distort(images, random, **limits):
        seen.append((images, affine(images, random, **limits), limits))
        return seen[-1][1]

    monkeypatch.setattr(studies.distortions, "random_affine", distort)
    condition = dataclasses.replace(CONVOLUTIONAL, distorted=0.5)
    study = dataclasses.replace(SMALL, conditions=(condition,), epochs=2)
    distorted = studies.train_slice(study, epochs=2)
    (first, moved, limits), (second, moved_again, _) = seen
    assert limits == {"pixels": 1, "degrees": 5, "zoom": 0.05}
    order = [np.random.default_rng([0, epoch]).permutation(300) for epoch in (1, 2)]
    np.testing.assert_array_equal(first[np.argsort(order[0])], preprocess(few_images[0]))
    np.testing.assert_array_equal(first[np.argsort(order[0])], second[np.argsort(order[1])])
    assert np.abs(moved[np.argsort(order[0])] - moved_again[np.argsort(order[1])]).max() > 0.5
    plain = dataclasses.replace(study, conditions=(CONVOLUTIONAL,))
    assert (studies.train_slice(plain, epochs=2)["loss"] < distorted["loss"]).all()


def test_kept_weights_are_those_that_the_results_were_measured_with(few_images, tmp_path, monkeypatch):
    kept = dataclasses.replace(CONVOLUTIONAL, name="kept", network="fast", kept=True)
    other = studies.Condition("not kept", "assignment")
    study = dataclasses.replace(SMALL, conditions=(kept, other), seeds=(0, 1), epochs=2)
    monkeypatch.setitem(studies.STUDIES, "small", study)
    results = studies.run(study, tmp_path).query("condition == 'kept' and split == 'test' and epoch == 2")
    names = [".small.lock", "small.csv", "small.json", "small.kept.0.weights.h5", "small.kept.1.weights.h5"]
    assert sorted(contents(tmp_path)) == names
    for row in results.itertuples():
        network = studies.load_network("small", "kept", row.seed, tmp_path)
        network.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
        measured = network.evaluate(preprocess(few_images[0]), few_images[1], verbose=0)
        assert (row.loss, row.accuracy) == pytest.approx(measured, abs=1e-5)
    for condition, seed in (("not kept", 0), ("kept", 2), ("nonsense", 0)):
        with pytest.raises(studies.StudyError, match=r"expected a condition of \['kept'\], which keep weights"):
            studies.load_network("small", condition, seed, tmp_path)
    path = tmp_path / "small.kept.0.weights.h5"
    damages = (
        lambda: path.write_bytes(path.read_bytes()[:1000]),
        lambda: networks.strided().save_weights(path),
        path.unlink,
    )
    for damage in damages:
        damage()
        with pytest.raises(studies.StudyError, match=r"kept\.0\.weights\.h5: expected its weights, got .* makes them"):
            studies.load_network("small", "kept", 0, tmp_path)


def test_a_denoiser_learns_to_undo_noise_and_a_classifier_is_measured_on_what_it_returns(few_images, monkeypatch):
    (images, labels), classifier = few_images, networks.fast(seed=5)
    monkeypatch.setattr(studies, "load_network", lambda *which: classifier if which == ("good", "final", 0) else None)
    monkeypatch.setattr(studies, "_cache", type(studies._cache)())
    study = dataclasses.replace(SMALL, conditions=(DENOISER,), epochs=2)
    rows = studies.train_slice(study, epochs=2)
    assert list(rows["split"]) == [f"{kind} {level / 10}" for kind in ("noisy", "denoised") for level in range(11)]
    denoiser, pixels = networks.autoencoder(seed=0), preprocess(images)
    denoiser.compile(keras.optimizers.Adam(0.001), "binary_crossentropy")
    for epoch in (1, 2):
        random = np.random.default_rng([0, epoch])
        shuffled = pixels[random.permutation(300)]
        noisy = salt_and_pepper(shuffled, random.uniform(0.4, 0.4, 300), random)
        denoiser.fit(noisy, shuffled, 128, shuffle=False, verbose=0)
    classifier.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    noisy = salt_and_pepper(pixels, 0.7, np.random.default_rng([0, 7]))
    for split, seen in (("noisy 0.7", noisy), ("denoised 0.7", denoiser.predict(noisy, verbose=0))):
        (row,) = rows[rows["split"] == split].itertuples()
        assert (row.loss, row.accuracy) == pytest.approx(classifier.evaluate(seen, labels, verbose=0), abs=1e-4)


def test_a_denoiser_without_its_classifier_is_refused_before_it_is_trained(few_images, tmp_path):
    study = dataclasses.replace(SMALL, conditions=(DENOISER,), seeds=(99,))
    with pytest.raises(studies.StudyError, match=r"'good'.* seed 99"):
        studies.run(study, tmp_path)
    assert not list(tmp_path.glob("*.csv")) and not list(tmp_path.glob("*.parts/*"))


def test_results_of_other_epochs_than_those_of_the_catalogue_can_be_loaded(few_images, tmp_path, monkeypatch):
    conditions = (studies.Condition("usual", "search"), studies.Condition("longer", "search", epochs=3))
    study = dataclasses.replace(SMALL, conditions=conditions)
    monkeypatch.setitem(studies.STUDIES, "small", study)
    assert main(["studies", "run", "small", "--epochs", "2", "--out", str(tmp_path)]) == 0
    assert studies.load("small", tmp_path).groupby("condition")["epoch"].max().to_dict() == {"longer": 2, "usual": 2}


def test_a_classifier_that_was_trained_on_noise_is_measured_on_noise(few_images):
    condition = dataclasses.replace(CONVOLUTIONAL, protocol="noisy", noise=(0, 1), network="fast", learning_rate=0.01)
    rows = studies.train_slice(dataclasses.replace(SMALL, conditions=(condition,), epochs=8), epochs=8)
    accuracy = rows.set_index("split")["accuracy"]
    assert len(accuracy) == 11 and accuracy["noisy 0.0"] > 0.3 > accuracy["noisy 1.0"]


def test_results_of_before_a_setting_existed_are_those_with_its_default(stored):
    path = stored / "small.json"
    provenance = json.loads(path.read_text())
    for condition in provenance["study"]["conditions"]:
        del condition["network"]
    path.write_text(json.dumps(provenance))
    studies.run(dataclasses.replace(SMALL, seeds=(0, 1)), stored)
    provenance = json.loads(path.read_text())
    assert provenance["study"]["conditions"][0]["network"] == "dense"
    provenance["study"]["conditions"][0]["network"] = "convolutional"
    path.write_text(json.dumps(provenance))
    with pytest.raises(studies.StudyError, match="got results of other study"):
        studies.run(SMALL, stored)


def test_conditions_that_use_the_same_batches_train_together():
    study = studies.find("hinton-unreported")
    groups = [{condition.name for condition in job.conditions} for job in studies.jobs(study) if job.seed == 0]
    assert {"tanh units"} in groups  # other activations
    assigned = studies.jobs(studies.find("rate-and-batch"))
    assert [len(job.conditions) for job in assigned] == [4] * 9  # four rates, for three batch sizes and three seeds
    assert sorted(job.seed for job in studies.jobs(study)) == sorted([*study.seeds] * len(groups))
    loop = studies.jobs(studies.find("forensic"))
    assert [len(job.conditions) for job in loop] == [2] * 6  # divided once and twice
    alone = studies.jobs(studies.find("forensic-convolution"))
    assert [len(job.conditions) for job in alone] == [1] * 12  # Keras models


def test_a_slice_is_what_the_whole_study_stores_for_these_epochs(few_images, tmp_path):
    falling = studies.Condition("falling", "assignment", schedule="linear")
    study = dataclasses.replace(SMALL, conditions=(*SMALL.conditions, falling), epochs=4)
    whole = studies.run(study, tmp_path).query("epoch <= 2 and condition != 'validation'").reset_index(drop=True)
    pd.testing.assert_frame_equal(studies.train_slice(study, 0, 2, ["assignment", "falling"]), whole)
    for arguments in [(7, 2), (0, 0), (0, 1, ["nonsense"])]:
        with pytest.raises(studies.StudyError, match="expected one of its seeds, at least 1 epoch, and conditions"):
            studies.train_slice(study, *arguments)


def test_a_scheduler_that_does_not_answer_is_not_waited_for_forever(tmp_path, monkeypatch):
    monkeypatch.setattr(studies, "PATIENCE", 1)
    for address in ("tcp://127.0.0.1:1", "nonsense"):
        with pytest.raises(studies.StudyError, match=rf"no answer from a scheduler at {address} within 1 s; start one"):
            studies.run(SMALL, tmp_path, scheduler=address)


def test_a_folder_that_another_run_writes_is_refused(few_images, tmp_path):
    with filelock.FileLock(tmp_path / ".small.lock"), pytest.raises(studies.StudyError, match="another run is writing"):
        studies.run(SMALL, tmp_path)
    studies.run(SMALL, tmp_path)


def interrupt_after_one_epoch(study, folder, monkeypatch):
    """Run a study, and interrupt it when its first job has trained for an epoch."""
    advance = studies.advance

    def interrupted(job, state):
        if state:
            raise KeyboardInterrupt
        return advance(job, state)

    with monkeypatch.context() as patch:
        patch.setattr(studies, "advance", interrupted)
        with pytest.raises(KeyboardInterrupt):
            studies.run(study, folder)


@pytest.mark.parametrize("damage", [lambda content: content[:-30], lambda content: b"", lambda content: b"PK" * 99])
def test_a_damaged_file_of_an_interrupted_run_is_refused_and_left_alone(few_images, tmp_path, monkeypatch, damage):
    study = dataclasses.replace(SMALL, conditions=SMALL.conditions[:1], epochs=2)
    interrupt_after_one_epoch(study, tmp_path, monkeypatch)
    (part,) = (tmp_path / "small.parts").iterdir()
    part.write_bytes(damage(part.read_bytes()))
    damaged = part.read_bytes()
    with pytest.raises(studies.StudyError, match=r"seed0-0\.npz: got .* delete this file to train"):
        studies.run(study, tmp_path)
    assert part.read_bytes() == damaged


def test_an_interrupted_run_of_other_settings_is_refused_and_left_alone(few_images, tmp_path, monkeypatch):
    study = dataclasses.replace(SMALL, epochs=2)
    interrupt_after_one_epoch(study, tmp_path, monkeypatch)
    before = contents(tmp_path / "small.parts")
    with pytest.raises(studies.StudyError, match="it belongs to other networks, versions or data"):
        studies.run(dataclasses.replace(study, epochs=3), tmp_path)
    assert contents(tmp_path / "small.parts") == before


def test_a_disk_that_takes_no_more_is_an_error_that_loses_nothing(few_images, tmp_path):
    resource = pytest.importorskip("resource")
    study = dataclasses.replace(SMALL, conditions=SMALL.conditions[:1], epochs=2)
    studies.run(study, tmp_path)
    before, limits = contents(tmp_path), resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, limits[1]))  # the system refuses to write more into a file
    try:
        with pytest.raises(studies.StudyError, match="got File too large, expected a folder with room"):
            studies.run(dataclasses.replace(study, seeds=(0, 1)), tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert contents(tmp_path) == before
    assert len(studies.run(dataclasses.replace(study, seeds=(0, 1)), tmp_path)) == 8


def test_a_folder_that_cannot_be_written_is_an_error(few_images, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(studies.StudyError, match="expected a folder with room that can be written"):
        studies.run(SMALL, tmp_path / "file")
    (tmp_path / "closed").mkdir(mode=0o500)
    if not os.access(tmp_path / "closed", os.W_OK):  # the superuser may write it all the same
        with pytest.raises(studies.StudyError, match="got Permission denied, expected a folder"):
            studies.run(SMALL, tmp_path / "closed")


def test_progress_is_shown_where_it_is_wanted_and_else_not(few_images, tmp_path, capsys):
    studies.run(SMALL, tmp_path)
    assert capsys.readouterr().out == ""
    studies.run(dataclasses.replace(SMALL, seeds=(0, 1)), tmp_path, progress=True)
    assert re.search(r"2/2.*/network and epoch", capsys.readouterr().out, re.DOTALL)


def test_comparing_finds_a_mean_beyond_the_stored_spread_and_no_other():
    generator = np.random.default_rng(0)
    rows = [
        ("some", "a", factor, seed, epoch, "test", 0.1, generator.normal(0.98, 0.001))
        for factor in (0.1, 0.2)
        for seed in range(5)
        for epoch in (1, 2)
    ]
    stored = pd.DataFrame(rows, columns=studies.COLUMNS)
    again = stored.assign(accuracy=stored["accuracy"] + np.where(stored["factor"] == 0.2, 0.01, 0.0001))
    table = studies.compare(again, stored)
    assert list(table["holds"]) == [True, False]
    assert list(table.index.get_level_values("epoch")) == [2, 2]
    # By hand: 4 degrees of freedom, 1 % shared by two rows and two sides.
    last = stored.query("epoch == 2").groupby("factor")["accuracy"]
    allowed = stats.t.ppf(1 - 0.0025, 4) * last.std() * np.sqrt(2 / 5)
    np.testing.assert_allclose(table["allowed"], allowed)


def test_chance_alone_seldom_puts_a_mean_beyond_what_is_allowed():
    generator = np.random.default_rng(0)
    index = pd.MultiIndex.from_product([np.arange(6) / 10, range(3)], names=["factor", "seed"])
    frame = pd.DataFrame(index=index).reset_index()
    frame = frame.assign(study="some", condition="a", epoch=1, split="test", loss=0.1)
    spread = 10 ** -(2 + 3 * frame["factor"])  # from 0.01 to 0.0003
    draws = (frame.assign(accuracy=0.9 + spread * generator.normal(size=(len(frame)))) for _ in range(500))
    beyond = sum(not studies.compare(next(draws), next(draws), level=0.05)["holds"].all() for _ in range(250))
    assert 4 <= beyond <= 24  # 12.5 expected


@pytest.fixture
def stored_study(few_images, tmp_path, monkeypatch):
    """A small study, run and stored as if it came with the book."""
    study = dataclasses.replace(SMALL, seeds=(0, 1, 2))
    monkeypatch.setattr(studies, "STUDIES", {"small": study})
    monkeypatch.setattr(studies, "RESULTS", tmp_path / "stored")
    studies.run(study, tmp_path / "stored")
    return study


def test_the_command_replicates_and_its_status_tells_of_a_difference(stored_study, tmp_path, capsys):
    again = str(tmp_path / "again")
    assert main(["studies", "replicate", "--out", again]) == 0
    assert "5 of 5 means within what the stored spread allows" in capsys.readouterr().out
    csv, description = tmp_path / "stored" / "small.csv", tmp_path / "stored" / "small.json"
    results, provenance = studies.load("small"), studies.provenance("small")
    test = (results["split"] == "test") & (results["condition"] == "validation")
    results.loc[test, "accuracy"] = 0.3 + results.loc[test, "seed"] / 10_000  # as from ten times as many images
    results.to_csv(csv, index=False, lineterminator="\n")
    provenance["sha256"] = [hashlib.sha256(csv.read_bytes()).hexdigest()]
    description.write_text(json.dumps(provenance))
    assert main(["studies", "replicate", "small", "--out", again]) == 1
    assert "1 means beyond what the stored spread allows" in capsys.readouterr().out


def test_what_cannot_be_replicated_is_refused(stored_study, tmp_path, monkeypatch, capsys):
    for arguments, message in [
        (["smal", "--out", str(tmp_path / "again")], "got study 'smal', expected one of: small"),
        (["--out", str(tmp_path / "stored")], "got the folder of the stored results"),
    ]:
        assert main(["studies", "replicate", *arguments]) == 1
        assert message in capsys.readouterr().err
    monkeypatch.setattr(studies, "STUDIES", {"small": dataclasses.replace(stored_study, hidden=(5,))})
    assert main(["studies", "replicate", "--out", str(tmp_path / "again")]) == 1
    assert "other study: hidden [4], expected [5]. Run the study anew" in capsys.readouterr().err
    rows = studies.load("small")
    for fewer in (rows.query("condition == 'assignment'"), rows.query("seed < 2"), rows.query("seed == 0")):
        with pytest.raises(studies.StudyError, match="expected"):
            studies.compare(fewer, rows)
    with pytest.raises(studies.StudyError, match="expected at least two"):
        studies.compare(rows.query("seed == 0"), rows.query("seed == 0"))


def test_what_other_seeds_have_reached_is_left_for_them(few_images, tmp_path, monkeypatch):
    study = dataclasses.replace(SMALL, conditions=SMALL.conditions[:1], epochs=2)
    interrupt_after_one_epoch(dataclasses.replace(study, seeds=(2, 3)), tmp_path, monkeypatch)
    waiting = contents(tmp_path / "small.parts")
    assert waiting
    studies.run(study, tmp_path)
    assert contents(tmp_path / "small.parts") == waiting
    assert len(studies.run(dataclasses.replace(study, seeds=(0, 2, 3)), tmp_path)) == 12
    assert not (tmp_path / "small.parts").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [({"epochs": 2}, "other study: epochs 1, expected 2"), ({"hidden": (5,)}, r"hidden \[4\], expected \[5\]")],
)
def test_results_of_other_settings_are_refused_and_left_alone(stored, change, message):
    before = contents(stored)
    with pytest.raises(studies.StudyError, match=message):
        studies.run(dataclasses.replace(SMALL, **change), stored)
    assert contents(stored) == before


def edit_a_number(text):
    return text[:-2] + str((int(text[-2]) + 1) % 10) + "\n"


def edit_columns(text):
    return text.replace("accuracy", "precision", 1)


def edit_study(text):
    return text.replace("small,", "other,")


def cut_a_row(text):
    return text[: text.rstrip("\n").rindex("\n") + 1]


def cut_within_a_row(text):
    return text[:-20]


DAMAGES = [
    edit_a_number,
    edit_columns,
    edit_study,
    cut_a_row,
    cut_within_a_row,
    lambda text: text[:-1],
    lambda text: "",
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_results_file_is_refused_and_left_alone(stored, damage):
    csv = stored / "small.csv"
    csv.write_text(damage(csv.read_text()))
    before = contents(stored)
    with pytest.raises(studies.StudyError, match=r"small\.csv: "):
        studies.run(SMALL, stored)
    assert contents(stored) == before


@pytest.mark.parametrize("text", [None, "{", "[]", "{}", '{"study": {}, "versions": "x"}'])
def test_results_whose_provenance_is_missing_or_damaged_are_refused(stored, text):
    description = stored / "small.json"
    description.unlink() if text is None else description.write_text(text)
    with pytest.raises(studies.StudyError, match=r"expected results and small\.json beside them"):
        studies.run(SMALL, stored)


def test_results_of_other_versions_are_refused(stored):
    description = stored / "small.json"
    provenance = json.loads(description.read_text())
    provenance["versions"]["keras"] = "2.15.0"
    description.write_text(json.dumps(provenance))
    with pytest.raises(studies.StudyError, match=r"other versions: keras 2\.15\.0, expected 3\."):
        studies.run(SMALL, stored)


def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "small.csv"
    studies._replace(path, b"old")

    def full_disk(source, target):
        raise OSError("No space left on device")

    monkeypatch.setattr(studies.os, "replace", full_disk)
    with pytest.raises(OSError, match="No space"):
        studies._replace(path, b"new")
    assert contents(tmp_path) == {"small.csv": b"old"}


def test_provenance_says_with_what_and_names_no_machine_or_path(stored):
    text = (stored / "small.json").read_text()
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


def test_one_column_may_be_named_alone_and_no_rows_are_refused():
    table = pd.DataFrame({"split": ["test"] * 2, "seed": [0, 1], "accuracy": [0.9, 0.8]})
    pd.testing.assert_frame_equal(studies.summarize(table, by="split"), studies.summarize(table, by=["split"]))
    with pytest.raises(studies.StudyError, match="got no rows"):
        studies.summarize(table.query("split == 'validation'"), by="split")


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
