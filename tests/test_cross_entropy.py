"""`mnist_utils.cross_entropy` agrees with Keras for any logits and labels, and refuses what has no cross-entropy."""

import keras
import numpy as np
import pytest
import scipy.special
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mnist_utils.cross_entropy import cross_entropy, cross_entropy_gradient, log_softmax, softmax

TOLERANCE = {"float32": {"rtol": 1e-5, "atol": 1e-6}, "float64": {"rtol": 1e-12, "atol": 1e-13}}
THOROUGH = settings(deadline=None, max_examples=100)


@st.composite
def logits_arrays(draw, limit=1e4):
    dtype = draw(st.sampled_from(["float32", "float64"]))
    shape = draw(st.tuples(st.integers(1, 5), st.integers(2, 12)))  # Keras warns of a single class
    elements = st.floats(-limit, limit, width=32 if dtype == "float32" else 64)
    return draw(arrays(dtype, shape, elements=elements))


@st.composite
def labels_and_logits(draw):
    """Labels of each kind; the Keras loss for that kind comes with them."""
    logits = draw(logits_arrays())
    (n, classes), dtype = logits.shape, str(logits.dtype)
    kind = draw(st.sampled_from(["integer", "one-hot", "soft"]))
    if kind == "soft":
        counts = draw(arrays("int64", logits.shape, elements=st.integers(0, 1000)))
        counts[:, draw(st.integers(0, classes - 1))] += 1
        labels = counts / counts.sum(axis=1, keepdims=True)
    else:
        labels = draw(arrays(draw(st.sampled_from(["uint8", "int64"])), n, elements=st.integers(0, classes - 1)))
    if kind == "integer":
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction="none", dtype=dtype)
        return labels, logits, loss
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, reduction="none", dtype=dtype)
    return labels if kind == "soft" else np.eye(classes)[labels], logits, loss


@THOROUGH
@given(labels_and_logits())
def test_loss_and_gradient_are_those_of_keras(example):
    labels, logits, keras_loss = example
    variable = tf.Variable(logits)
    with tf.GradientTape() as tape:
        expected = keras_loss(labels, variable)
    expected_gradient = tape.gradient(expected, variable)  # of the sum, so that each row is one example's
    loss, gradient = cross_entropy(labels, logits), cross_entropy_gradient(labels, logits)
    assert loss.shape == labels.shape[:1] and gradient.shape == logits.shape
    assert loss.dtype == gradient.dtype == logits.dtype
    np.testing.assert_allclose(loss, expected, **TOLERANCE[str(logits.dtype)])
    np.testing.assert_allclose(gradient, expected_gradient, **TOLERANCE[str(logits.dtype)])


def test_the_mean_is_the_loss_that_keras_reports():
    random = np.random.default_rng(0)
    logits, labels = random.normal(size=(50, 10)), random.integers(0, 10, 50)
    expected = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(labels, logits)
    assert cross_entropy(labels, logits).mean() == pytest.approx(float(expected), rel=1e-6)


@THOROUGH
@given(logits_arrays())
def test_softmax_and_its_logarithm_are_those_of_scipy(logits):
    tolerance = TOLERANCE[str(logits.dtype)]
    probabilities = softmax(logits)
    assert probabilities.dtype == log_softmax(logits).dtype == logits.dtype
    np.testing.assert_allclose(probabilities, scipy.special.softmax(logits.astype("float64"), axis=1), **tolerance)
    np.testing.assert_allclose(log_softmax(logits), scipy.special.log_softmax(logits.astype("float64"), 1), **tolerance)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, **tolerance)


@THOROUGH
@given(logits_arrays(limit=5), st.data())
def test_the_gradient_is_the_limit_of_finite_differences(logits, data):
    logits = logits.astype("float64")
    labels = data.draw(arrays("int64", len(logits), elements=st.integers(0, logits.shape[1] - 1)))
    step = 1e-5 * np.eye(logits.shape[1])
    ahead, behind = logits[:, None, :] + step, logits[:, None, :] - step  # (n, K, K): each logit moved by itself
    moved = np.repeat(labels[:, None], logits.shape[1], axis=1)
    differences = (cross_entropy(moved, ahead) - cross_entropy(moved, behind)) / 2e-5
    np.testing.assert_allclose(cross_entropy_gradient(labels, logits), differences, atol=1e-8)


@pytest.mark.parametrize(("dtype", "size"), [("float32", 1e38), ("float32", 3e38), ("float64", 1.7e308)])
def test_the_largest_logits_give_finite_losses(dtype, size):
    logits = np.array([[size, -size, 0.0]], dtype)
    assert cross_entropy([0], logits) == [0.0]
    assert np.isfinite(log_softmax(logits)).all()
    # The row sums to 1 + 9e-6: within what is accepted, and enough to push a largest float to infinity.
    wrong = cross_entropy([[0.0, 1.000009, 0.0]], logits)
    assert np.isfinite(wrong) and wrong >= min(2 * size, 0.99 * float(np.finfo(dtype).max))
    np.testing.assert_array_equal(cross_entropy_gradient([1], logits), [[1.0, -1.0, 0.0]])


def test_differences_of_1e38_are_exact_to_float32():
    logits = np.array([[1e38, -1e38, 0.0]], "float32")
    np.testing.assert_allclose(cross_entropy([[0.0, 0.5, 0.5]], logits), [1.5e38], rtol=1e-6)


@pytest.mark.parametrize("classes", [2, 10, 1000])
def test_equal_logits_lose_the_logarithm_of_the_number_of_classes(classes):
    assert cross_entropy(1, np.full(classes, 7.0)) == pytest.approx(np.log(classes), rel=1e-14)


@THOROUGH
@given(arrays("int64", (3, 4), elements=st.integers(-10_000, 10_000)), st.integers(-10_000, 10_000))
def test_adding_a_number_to_all_logits_changes_nothing(logits, shift):
    np.testing.assert_array_equal(softmax(logits + shift), softmax(logits))
    np.testing.assert_array_equal(log_softmax(logits + shift), log_softmax(logits))


@THOROUGH
@given(logits_arrays(), st.data())
def test_integer_and_one_hot_labels_are_the_same(logits, data):
    classes = logits.shape[1]
    labels = data.draw(arrays("uint8", len(logits), elements=st.integers(0, classes - 1)))
    for one_hot in (np.eye(classes)[labels], np.eye(classes, dtype=bool)[labels]):
        np.testing.assert_array_equal(cross_entropy(labels, logits), cross_entropy(one_hot, logits))
        np.testing.assert_array_equal(cross_entropy_gradient(labels, logits), cross_entropy_gradient(one_hot, logits))


@pytest.mark.parametrize(
    ("given_dtype", "returned"),
    [
        ("float32", "float32"),
        ("float64", "float64"),
        ("float16", "float64"),
        ("int32", "float64"),
        ("uint8", "float64"),
    ],
)
def test_every_function_keeps_or_widens_the_type(given_dtype, returned):
    logits = np.array([[3, 2, 1]], given_dtype)
    results = [softmax(logits), log_softmax(logits), cross_entropy([0], logits), cross_entropy_gradient([0], logits)]
    assert [str(result.dtype) for result in results] == [returned] * 4
    np.testing.assert_allclose(results[2], np.log(1 + np.exp(-1) + np.exp(-2)), rtol=1e-6)


def test_one_example_needs_no_axis_of_examples():
    assert cross_entropy(2, [0.0, 0.0, 0.0]).shape == ()
    np.testing.assert_allclose(cross_entropy_gradient(2, [0.0, 0.0, 0.0]), [1 / 3, 1 / 3, -2 / 3])


@pytest.mark.parametrize("function", [softmax, log_softmax, lambda z: cross_entropy(0, z)])
@pytest.mark.parametrize(
    ("logits", "error", "message"),
    [
        (["a", "b"], TypeError, "logits must be real numbers, got dtype <U1"),
        ([1j, 2j], TypeError, "logits must be real numbers, got dtype complex128"),
        (3.0, ValueError, r"logits must have shape \(\.\.\., K\) with K >= 1 classes, got \(\)"),
        (np.zeros((5, 0)), ValueError, r"with K >= 1 classes, got \(5, 0\)"),
        ([0.0, np.nan], ValueError, "logits must be finite, got nan"),
        ([np.inf, 0.0], ValueError, "logits must be finite, got inf"),
    ],
)
def test_logits_without_a_softmax_are_refused(function, logits, error, message):
    with pytest.raises(error, match=message):
        function(logits)


@pytest.mark.parametrize("function", [cross_entropy, cross_entropy_gradient])
@pytest.mark.parametrize(
    ("labels", "error", "message"),
    [
        ([0, 3], ValueError, "labels must be from 0 to 2 for these logits, got 3"),
        ([-1, 0], ValueError, "labels must be from 0 to 2 for these logits, got -1"),
        ([0.0, 1.0], TypeError, r"must be integers, got float64; use \.astype\(int\)"),
        (["0", "1"], TypeError, "labels must be numbers, got dtype <U1"),
        ([0, 1, 2], ValueError, r"shape \(2,\) \(integers\) or \(2, 3\) .* got \(3,\)"),
        ([[0], [1]], ValueError, r"shape \(2,\) \(integers\) or \(2, 3\) .* got \(2, 1\)"),
        (np.eye(2), ValueError, r"got \(2, 2\)"),
        ([[0.5, 0.5, 0.1], [1, 0, 0]], ValueError, r"labels must sum to 1, got a sum of 1\.1"),
        ([[0, 0, 0], [1, 0, 0]], ValueError, "labels must sum to 1, got a sum of 0"),
        ([[1.5, -0.5, 0], [1, 0, 0]], ValueError, r"labels must be 0 or more, got -0\.5"),
        ([[np.nan, 0.5, 0.5], [1, 0, 0]], ValueError, "labels must be 0 or more, got nan"),
        ([[np.inf, 0, 0], [1, 0, 0]], ValueError, "labels must sum to 1, got a sum of inf"),
    ],
)
def test_labels_that_do_not_fit_the_logits_are_refused(function, labels, error, message):
    with pytest.raises(error, match=message):
        function(labels, np.zeros((2, 3)))
