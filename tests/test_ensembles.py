"""`studies.ensembles`: each network of an ensemble is the Keras network that it stands for, trained alone."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from mnist_utils import networks
from mnist_utils.dataset import load_mnist, preprocess
from studies.ensembles import Ensemble

COUNT, BATCH = 1000, 128  # the last of the 8 batches has 104 images
STEPS = -(-COUNT // BATCH)
ORDER = np.random.default_rng(0).permutation(COUNT)


@pytest.fixture(scope="module")
def digits():
    (images, labels), _ = load_mnist()
    return images[:COUNT], labels[:COUNT]


def together(digits, models, activations, rates, factors, momentum=0.0, epochs=1):
    """Train as one ensemble what Keras models hold; return its weights, losses and accuracies."""
    images, labels = digits
    flat, classes = tf.constant(images.reshape(COUNT, -1)), tf.constant(labels, tf.int32)
    layers = [[layer.get_weights() for layer in model.layers if layer.weights] for model in models]
    units = [kernel.shape[1] for kernel, _ in layers[0]]
    ensemble = Ensemble(784, units, activations, len(models), momentum)
    kernels = [np.stack([of[layer][0] for of in layers]) for layer in range(len(units))]
    biases = [np.stack([of[layer][1] for of in layers])[:, None] for layer in range(len(units))]
    ensemble.set_weights(kernels + biases)
    scales = [1 / 255] * len(models)
    for epoch in range(epochs):
        steps = slice(epoch * STEPS, (epoch + 1) * STEPS)
        ensemble.train(flat, classes, ORDER, rates[steps], factors, BATCH, scales)
    return ensemble.get_weights(), *ensemble.evaluate(flat, classes, scales)


def alone(digits, model, optimizer, factors, epochs=1):
    """Train one Keras model as a student would write it; return its kernels, biases, loss and accuracy."""
    images, labels = preprocess(digits[0]), digits[1]
    dense = [layer for layer in model.layers if layer.weights]
    for layer, factor in zip(dense, factors, strict=True):
        layer.kernel.regularizer = keras.regularizers.L2(factor) if factor else None
    model.compile(optimizer, "sparse_categorical_crossentropy")
    for _ in range(epochs):
        model.fit(images[ORDER], labels[ORDER], BATCH, shuffle=False, verbose=0)
    probabilities = model.predict(images, verbose=0)
    loss = np.mean(keras.losses.sparse_categorical_crossentropy(labels, probabilities))
    weights = [layer.get_weights() for layer in dense]
    return [w[0] for w in weights], [w[1] for w in weights], loss, np.mean(probabilities.argmax(axis=1) == labels)


def assert_same(weights, losses, accuracies, place, expected):
    kernels, biases, loss, accuracy = expected
    for got, wanted in zip(weights[: 2 * len(kernels)], kernels + [bias[None] for bias in biases], strict=True):
        np.testing.assert_allclose(got[place], wanted, atol=2e-5)
    assert losses[place] == pytest.approx(loss, abs=2e-5)
    assert accuracies[place] == pytest.approx(accuracy, abs=1.1e-3)  # a tie may fall to either side


@pytest.mark.parametrize(("activation", "momentum"), [("relu", 0.0), ("tanh", 0.9), ("sigmoid", 0.0)])
def test_networks_trained_together_are_the_keras_networks_trained_alone(digits, activation, momentum):
    settings = [(0.1, 0.0, 0), (0.1, 0.01, 0), (0.02, 0.1, 5)]  # learning rate, factor, seed of the weights
    models = [networks.dense((20, 15), seed, activation) for _, _, seed in settings]
    rates = np.tile([rate for rate, _, _ in settings], (STEPS, 1))
    factors = [[factor for _, factor, _ in settings]] * 2 + [[0.0] * 3]
    got = together(digits, models, (activation, activation, "softmax"), rates, factors, momentum)
    for place, (rate, factor, seed) in enumerate(settings):
        model = networks.dense((20, 15), seed, activation)
        optimizer = keras.optimizers.SGD(rate, momentum)
        assert_same(*got, place, alone(digits, model, optimizer, [factor, factor, 0]))


def test_velocities_and_schedules_go_on_from_epoch_to_epoch(digits):
    steps = 2 * STEPS
    rates = 0.1 * (1 - np.arange(steps) / steps)[:, None]
    got = together(
        digits, [networks.dense((20,), 0)], ("relu", "softmax"), rates, [[0.01], [0]], momentum=0.5, epochs=2
    )
    schedule = keras.optimizers.schedules.PolynomialDecay(0.1, steps, 0.0)
    optimizer = keras.optimizers.SGD(schedule, momentum=0.5)
    assert_same(*got, 0, alone(digits, networks.dense((20,), 0), optimizer, [0.01, 0], epochs=2))


@pytest.mark.parametrize("factor", [1e-7, 1e-3, 0.1])
def test_a_weight_without_gradient_decays_by_the_factor_of_each_step(digits, factor):
    images, labels = digits
    ensemble, network = Ensemble(784, (5, 10), ("relu", "softmax"), networks=1), networks.dense((5,), seed=0)
    kernels, biases = network.get_weights()[::2], network.get_weights()[1::2]
    ensemble.set_weights([kernel[None] for kernel in kernels] + [bias[None, None] for bias in biases])
    flat, classes = tf.constant(images.reshape(COUNT, -1)), tf.constant(labels, tf.int32)
    ensemble.train(flat, classes, ORDER, np.full((COUNT, 1), 0.1), [[factor], [0.0]], batch_size=1, scales=[1 / 255])
    left = ensemble.get_weights()[0][0, 0] / kernels[0][0]  # of the pixel in the corner, which is always black
    np.testing.assert_allclose(
        left, (1 - 2 * 0.1 * factor) ** COUNT, rtol=2e-6
    )  # single precision would keep nothing of 1 - 2e-8


def test_a_network_that_diverges_leaves_the_others_alone(digits):
    models = [networks.dense((20,), 0) for _ in range(2)]
    rates = np.tile([0.1, 1e30], (STEPS, 1))
    weights, losses, _ = together(digits, models, ("relu", "softmax"), rates, np.zeros((2, 2)))
    assert not np.isfinite(losses[1])
    expected = alone(digits, networks.dense((20,), 0), keras.optimizers.SGD(0.1), [0, 0])
    np.testing.assert_allclose(weights[0][0], expected[0][0], atol=2e-5)
