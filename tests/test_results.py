"""The studies in results/ are whole, and slices of them, trained again, agree.

Apart from test_studies.py, so that workers share the time.
"""

import dataclasses

import numpy as np
import pairs
import pandas as pd
import pytest

from mnist_utils import studies
from mnist_utils.dataset import load_mnist, preprocess


@pytest.mark.parametrize("name", list(studies.STUDIES))
def test_the_stored_results_are_whole(name):
    study, results = studies.find(name), studies.load(name)
    stored = set(zip(results["condition"], results["factor"], results["seed"], strict=True))
    assert stored == {(c.name, f, s) for c in study.conditions for f in study.factors for s in study.seeds}
    for condition in study.conditions:
        rows = results[results["condition"] == condition.name]
        assert rows["epoch"].max() == study.epochs_of(condition)


def test_the_factor_of_the_unreported_settings_is_the_one_that_validation_chose():
    last = studies.load("hinton-validation").query("split == 'validation' and epoch == 40")
    assert studies.summarize(last, by=["factor"])["mean"].idxmax() == studies.CHOSEN_FACTOR
    assert studies.find("hinton-unreported").factors == (studies.CHOSEN_FACTOR,)


# What is trained again of studies that take long; of all others, each condition.
AGAIN = {
    "convolution-design": ["stride, one cycle, rate 0.01"],
    "convolution-rate": ["sgd 0.3"],
    "forensic-convolution": ["sgd, divided once"],
    "forensic-raw": ["300-500, sgd"],
    "hinton-unreported": ["momentum 0.9, rate 0.01", "tanh units"],
    "rate-and-batch": [f"rate={rate} batch={size}" for rate in (0.025, 0.1, 0.4, 1.6) for size in (128, 512)],
}
WHOLE = {"convolution-design"}  # measured after the last epoch only
# A chapter trains them again, and claims that the results agree.
CLAIMED = {"denoising": "denoising-live-stored", "fast": "cnn-fast-again", "hinton-assignment": "hinton-again"}
KEPT = ["good", "small"]  # training takes minutes, and the weights are stored


@pytest.mark.parametrize("claim", CLAIMED.values())
def test_a_chapter_claims_that_what_it_trains_again_agrees_with_the_stored_study(claim):
    assert claim in {name for chapter in pairs.chapter_names() for name, *_ in pairs.claims_of(chapter)}


@pytest.mark.parametrize("name", sorted(studies.STUDIES.keys() - CLAIMED.keys() - set(KEPT)))
def test_a_slice_of_a_stored_study_comes_out_again_within_its_spread(name):
    study, stored, place = studies.find(name), studies.load(name), ["condition", "factor", "split", "epoch"]
    study = dataclasses.replace(study, factors=sorted({study.factors[0], study.factors[-1]}))  # least and largest
    names = AGAIN.get(name, [condition.name for condition in study.conditions])
    again = studies.train_slice(study, 0, study.epochs if name in WHOLE else 1, names).set_index(place)
    same_seed = stored.query("seed == 0").set_index(place)
    again = again.loc[again.index.intersection(same_seed.index)]
    assert set(again.index.get_level_values("condition")) == set(names)
    for of in ("accuracy", "loss"):
        # Another machine rounds otherwise, so that its networks drift away, but no farther than other seeds do.
        spread = studies.summarize(stored, by=place, of=of)["sd"].groupby(["condition", "split", "epoch"]).max()
        keys = [(condition, split, epoch) for condition, _, split, epoch in again.index]
        # A network that gives one answer to all images may settle on another digit: their shares differ by 0.025.
        guessing = same_seed.loc[again.index, "accuracy"] < 0.15
        deviations = 5 if name in WHOLE else 3  # after its last epoch it has drifted farther
        allowed = np.maximum(deviations * spread.loc[keys].to_numpy(), np.where(guessing, 0.03, 1e-4))
        distance = (again[of] - same_seed.loc[again.index, of]).abs()
        assert (distance <= allowed).all(), pd.DataFrame({"distance": distance, "allowed": allowed})


@pytest.mark.parametrize("name", KEPT)
def test_the_stored_weights_give_the_stored_results(name):
    _, (images, labels) = load_mnist()
    stored = studies.load(name).query("condition == 'final' and seed == 0")
    network = studies.load_network(name, "final", seed=0)
    network.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    measured = network.evaluate(preprocess(images), labels, batch_size=1000, verbose=0)
    assert measured == pytest.approx(stored[["loss", "accuracy"]].to_numpy()[0], abs=1.1e-4)
