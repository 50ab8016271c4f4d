"""`studies.design` and `studies.catalogue`: which experiments there can be, and what is trained together."""

import dataclasses
import json

import pytest
from few_digits import DENOISER, DENSE, MODEL, study

from studies.catalogue import STUDIES, find
from studies.design import StudyError, condition_from, jobs

NAN = float("nan")


@pytest.mark.parametrize(
    ("condition", "change", "expected"),
    [
        (DENSE, {"name": "../a"}, "a name of words"),
        (DENSE, {"epochs": 0}, "epochs to be an integer, at least 1"),
        (DENSE, {"epochs": True}, "epochs to be an integer"),
        (DENSE, {"batch_size": 0.5}, "batch_size to be an integer, at least 1"),
        (DENSE, {"learning_rate": NAN}, "a positive learning_rate"),
        (DENSE, {"schedule": "one-cycle"}, "schedule to be one of constant, linear, drop"),
        (DENSE, {"each_epoch": (), "at_end": ()}, "to measure one or more of test, train, validation"),
        (DENSE, {"each_epoch": ("test",)}, "to measure each split once"),
        (DENSE, {"validation": 0}, r"to measure one or more of test, train\."),
        (DENSE, {"activation": "gelu"}, "activation to be one of relu, tanh, sigmoid"),
        (DENSE, {"hidden": (0,)}, "hidden to be a tuple of integers, at least 1 each"),
        (DENSE, {"factors": (NAN,)}, "finite numbers from 0"),
        (DENSE, {"factors": (0.1, 0.1)}, "each once"),
        (DENSE, {"factors": (1.0,)}, "smaller factors, that leave something of a weight after an epoch"),
        (DENSE, {"momentum": 1.0}, "a momentum from 0 to below 1"),
        (DENSE, {"momentum": 0.5, "stacked": True}, "no momentum where networks are stacked"),
        (MODEL, {"schedule": "linear"}, "schedule to be one of constant, one-cycle"),
        (MODEL, {"optimizer": "rmsprop"}, "optimizer to be one of sgd, adam"),
        (MODEL, {"momentum": 0.9}, "momentum for sgd alone: adam has its own"),
        (MODEL, {"distortion": -1}, "a distortion from 0"),
        (MODEL, {"distortion": 1, "pixel_divisor": 1}, "pixels divided by 255 where they are distorted"),
        (MODEL, {"noise": 0.4}, "noise to be two levels from 0 to 1"),
        (MODEL, {"noise": (0.6, 0.4)}, "the smaller one first"),
        (MODEL, {"at_end": ("denoised",)}, "a classifier, which judges"),
        (DENOISER, {"at_end": ("test",)}, "a denoiser to have noise and measure it"),
    ],
)
def test_a_condition_that_cannot_be_trained_is_refused(condition, change, expected):
    with pytest.raises(StudyError, match=f"condition: got .*; expected .*{expected}"):
        dataclasses.replace(condition, **change)


@pytest.mark.parametrize(
    ("what", "values"),
    [("conditions", of) for of in ([], [DENSE, DENSE], DENSE, [DENSE, "other"])]
    + [("seeds", of) for of in ([], [0, 0], [-1], [0.5], 3)],
)
def test_a_study_has_each_condition_and_seed_once(what, values):
    with pytest.raises(StudyError, match=f"got {what} .*; expected a sequence of them, each once"):
        dataclasses.replace(study(DENSE), **{what: values})


JUDGE = dataclasses.replace(DENSE, each_epoch=(), at_end=("test",))


def test_a_study_that_judges_on_seeds_that_chose_is_refused_with_their_names():
    choosing = study(DENSE, seeds=(1, 2, 3))
    with pytest.raises(StudyError, match="got the seeds 2, 3, which helped to choose in 'few'; expected others to jud"):
        dataclasses.replace(study(JUDGE, seeds=(0, 2, 3)), chosen_by=(choosing,))
    assert dataclasses.replace(study(JUDGE, seeds=(4, 5)), chosen_by=(choosing,)).seeds == (4, 5)


def test_a_study_that_judges_and_tests_after_every_epoch_is_refused():
    condition = dataclasses.replace(DENSE, each_epoch=("test",), at_end=())
    with pytest.raises(StudyError, match="got dense tested after each epoch, with the seeds 4, 5; expected one test"):
        dataclasses.replace(study(condition, seeds=(4, 5)), chosen_by=(study(DENSE),))


def test_an_unknown_study_is_refused_with_the_names_there_are():
    with pytest.raises(StudyError, match="got 'dens'; expected one of dense, rate-and-batch, hinton-"):
        find("dens")


@pytest.mark.parametrize("name", STUDIES)
def test_conditions_come_back_from_their_settings_in_a_file(name):
    for condition in STUDIES[name].conditions:
        assert condition_from(json.loads(json.dumps(condition.settings()))) == condition


@pytest.mark.parametrize("change", [{"kind": "forest"}, {"trees": 3}])
def test_settings_of_no_condition_are_refused(change):
    with pytest.raises(StudyError, match="expected the settings of one"):
        condition_from({**DENSE.settings(), **change})


def test_conditions_that_use_the_same_batches_train_together():
    by_rate = jobs(find("rate-and-batch"))
    assert [len(job.conditions) for job in by_rate] == [4] * 9  # four rates; three batch sizes and three seeds
    assert [job.seed for job in by_rate] == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert len(jobs(find("hinton-unreported"))) == 5 * 5  # each differs in what networks of a job share
    assert [len(job.conditions) for job in jobs(find("forensic"))] == [2] * 6  # pixels divided once and twice
    assert [len(job.conditions) for job in jobs(find("forensic-convolution"))] == [1] * 12  # Keras models


def test_a_job_names_the_networks_that_it_trains():
    dense, model = jobs(study(dataclasses.replace(DENSE, factors=(0.0, 0.1)), MODEL, seeds=(5,)))
    assert dense.networks() == [("dense", 0.0, 5), ("dense", 0.1, 5)]
    assert model.networks() == [("model", 0.0, 5)]
