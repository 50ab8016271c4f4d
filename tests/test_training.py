"""`studies.training`: what a study trains is what plain Keras trains, and each number is of its own split's images."""

import dataclasses

import keras
import numpy as np
import pandas as pd
import pytest
from few_digits import DENOISER, DENSE, MODEL, digits, sets

from mnist_utils import networks, results
from mnist_utils.dataset import preprocess
from mnist_utils.distortions import random_affine, salt_and_pepper
from studies.design import Job
from studies.training import COLUMNS, learning_rate, train


def trained(*conditions, seed=0, **options):
    return train(Job(seed, conditions), digits(), **options).rows


def assert_rows(rows, expected):
    """Hold rows of one network against (epoch, split, noise, (loss, accuracy)), in this order."""
    assert list(rows[["epoch", "split", "noise"]].itertuples(index=False, name=None)) == [row[:3] for row in expected]
    np.testing.assert_allclose(rows[["loss", "accuracy"]], [row[3] for row in expected], atol=1e-4)


def fit_and_measure(network, seed, divisor=255, first=1):
    """Train for two epochs as a student would write it, in the order of the seed; return what `assert_rows` expects."""
    expected, parts = [], sets()
    pixels = {split: preprocess(images) * (255 / divisor) for split, (images, _) in parts.items()}
    for epoch in (1, 2):
        order = np.random.default_rng([seed, first + epoch - 1]).permutation(300)
        network.fit(pixels["train"][order], parts["train"][1][order], 128, shuffle=False, verbose=0)
        for split in ["train", "validation"] + ["test"] * (epoch == 2):
            labels, probabilities = parts[split][1], network.predict(pixels[split], verbose=0)
            loss = np.mean(keras.losses.sparse_categorical_crossentropy(labels, probabilities))  # without the penalty
            expected.append((epoch, split, 0.0, (loss, np.mean(probabilities.argmax(axis=1) == labels))))
    return expected


def compiled(network, optimizer, factors=()):
    for layer, factor in zip([layer for layer in network.layers if layer.weights], factors, strict=False):
        layer.kernel.regularizer = keras.regularizers.L2(factor) if factor else None
    network.compile(optimizer, "sparse_categorical_crossentropy")
    return network


@pytest.mark.parametrize(
    ("change", "seed"),
    [
        ({"factors": (0.0, 0.4)}, 0),
        ({"factors": (0.0, 0.4)}, 3),
        ({"factors": (0.01,), "momentum": 0.9, "learning_rate": 0.05}, 1),
        ({"schedule": "linear", "activation": "tanh", "pixel_divisor": 100}, 1),
        ({"schedule": "drop"}, 0),
    ],
)
def test_a_dense_network_is_the_keras_network_with_decay_on_its_hidden_kernels(change, seed):
    condition = dataclasses.replace(DENSE, epochs=2, **change)
    rows, rate = trained(condition, seed=seed), condition.learning_rate
    assert list(rows.columns) == COLUMNS and set(rows["condition"]) == {"dense"} and set(rows["seed"]) == {seed}
    if condition.schedule == "linear":
        rate = keras.optimizers.schedules.PolynomialDecay(rate, 2 * 3, 0.0)
    elif condition.schedule == "drop":  # in the last of six steps
        rate = keras.optimizers.schedules.PiecewiseConstantDecay([4], [rate, rate / 10])
    for factor in condition.factors:
        network = networks.dense((4,), seed, condition.activation)
        compiled(network, keras.optimizers.SGD(rate, condition.momentum), [factor])
        assert_rows(rows[rows["factor"] == factor], fit_and_measure(network, seed, condition.pixel_divisor))


def test_conditions_that_train_together_come_out_as_alone():
    others = {"learning_rate": 0.3, "schedule": "linear", "pixel_divisor": 128, "at_end": (), "each_epoch": ("train",)}
    first = dataclasses.replace(DENSE, factors=(0.0, 0.1))
    conditions = first, dataclasses.replace(first, name="other", **others)
    alone = pd.concat([trained(condition, seed=2) for condition in conditions], ignore_index=True)
    pd.testing.assert_frame_equal(trained(*conditions, seed=2), alone, rtol=1e-4)


def test_stacked_factors_go_on_training_what_the_last_one_left():
    rows, before = trained(dataclasses.replace(DENSE, factors=(0.01, 0.1), stacked=True, epochs=2), seed=1), []
    for block, factor in enumerate((0.01, 0.1)):
        network = compiled(networks.stacked(block + 1, (4,), seed=1), keras.optimizers.SGD(0.1), [0.01, 0, 0.1])
        network.set_weights(before + network.get_weights()[len(before) :])
        assert_rows(rows[rows["factor"] == factor], fit_and_measure(network, seed=1, first=1 + 2 * block))
        before = network.get_weights()


@pytest.mark.parametrize(
    ("change", "seed"),
    [
        ({"schedule": "one-cycle"}, 3),
        ({"optimizer": "sgd", "network": "convolutional", "pixel_divisor": 100}, 1),
        ({"optimizer": "sgd", "momentum": 0.9}, 2),
    ],
)
def test_a_model_is_the_keras_network(change, seed):
    condition = dataclasses.replace(MODEL, epochs=2, **change)
    optimizer = keras.optimizers.SGD(0.01, condition.momentum)
    if condition.schedule == "one-cycle":  # six steps in all, one of them rises
        rate = keras.optimizers.schedules.CosineDecay(0.0, 5, warmup_target=0.01, warmup_steps=1)
        optimizer = keras.optimizers.Adam(rate)
    network = compiled(getattr(networks, condition.network)(seed=seed), optimizer)
    assert_rows(trained(condition, seed=seed), fit_and_measure(network, seed, condition.pixel_divisor))


def test_one_cycle_rises_for_a_fifth_of_the_steps_and_falls_to_nothing():
    rate = learning_rate(dataclasses.replace(MODEL, schedule="one-cycle", learning_rate=0.02), steps=100)
    np.testing.assert_allclose([rate(step) for step in (0, 10, 20, 60, 100)], [0, 0.01, 0.02, 0.01, 0], atol=1e-8)


def fit_noisy(network, seed, denoiser=False, **limits):
    """Train for two epochs on images with noise of the levels of DENOISER, and a distortion if there are limits."""
    images, labels = digits()[0]
    for epoch in (1, 2):
        random = np.random.default_rng([seed, epoch])
        order = random.permutation(400)
        pixels = preprocess(images)[order]
        if limits:
            pixels = random_affine(pixels, random, **limits)
        noisy = salt_and_pepper(pixels, random.uniform(0.4, 0.6, 400), random)
        network.fit(noisy, pixels if denoiser else labels[order], 128, shuffle=False, verbose=0)


def noisy_test_images(seed):
    pixels = preprocess(digits()[1][0])
    return [salt_and_pepper(pixels, tenths / 10, np.random.default_rng([seed, tenths])) for tenths in range(11)]


def judged(classifier, split, images_of_levels):
    classifier.compile(loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    measured = [classifier.evaluate(images, digits()[1][1], verbose=0) for images in images_of_levels]
    return [(2, split, tenths / 10, numbers) for tenths, numbers in enumerate(measured)]


@pytest.mark.training
def test_each_epoch_distorts_the_training_images_anew_and_adds_noise_and_test_images_stay_clean():
    changes = {"network": "strided", "classifier": None, "distortion": 0.5, "at_end": ("test", "noisy")}
    network = compiled(networks.strided(seed=2), keras.optimizers.Adam(0.001))
    fit_noisy(network, seed=2, pixels=1, degrees=5, zoom=0.05)
    noisy = judged(network, "noisy", noisy_test_images(2))
    expected = [(2, "test", *noisy[0][2:]), *noisy]  # noise of level 0 is none
    assert_rows(trained(dataclasses.replace(DENOISER, **changes), seed=2), expected)


@pytest.mark.training
def test_a_denoiser_learns_to_undo_noise_and_the_classifier_of_its_seed_judges_what_it_returns():
    denoiser, classifier = networks.autoencoder(seed=1), results.load_network("good", "final", 1)
    denoiser.compile(keras.optimizers.Adam(0.001), "binary_crossentropy")
    fit_noisy(denoiser, seed=1, denoiser=True)
    noisy = noisy_test_images(1)
    denoised = [denoiser.predict(pixels, verbose=0) for pixels in noisy]
    expected = judged(classifier, "noisy", noisy) + judged(classifier, "denoised", denoised)
    assert_rows(trained(dataclasses.replace(DENOISER, at_end=("noisy", "denoised")), seed=1), expected)


@pytest.mark.parametrize(("condition", "schedule"), [(DENSE, "linear"), (MODEL, "one-cycle")])
def test_a_training_that_ends_early_is_the_beginning_of_the_whole_one(condition, schedule):
    condition = dataclasses.replace(condition, epochs=3, schedule=schedule)
    pd.testing.assert_frame_equal(trained(condition, epochs=2), trained(condition).query("epoch <= 2"))


def test_a_training_that_is_stopped_ends_after_the_epoch_that_it_is_in():
    answers = iter([False, True])  # there is no third one
    with pytest.raises(InterruptedError, match="stopped"):
        trained(dataclasses.replace(DENSE, epochs=9), stopped=lambda: next(answers))


def test_a_network_that_diverges_has_no_number_as_its_loss():
    rows = trained(dataclasses.replace(MODEL, learning_rate=1e30, optimizer="sgd"))
    assert not np.isfinite(rows["loss"]).any()
    assert rows["accuracy"].between(0, 0.3).all()
