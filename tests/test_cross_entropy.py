"""`mnist_utils.cross_entropy` agrees with Keras for any logits and labels, and refuses what has no cross-entropy."""

import re

import keras
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mnist_utils.cross_entropy import cross_entropy

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
def test_the_loss_is_that_of_keras(example):
    labels, logits, keras_loss = example
    loss = cross_entropy(labels, logits)
    assert loss.shape == labels.shape[:1] and loss.dtype == logits.dtype
    np.testing.assert_allclose(loss, keras_loss(labels, logits), **TOLERANCE[str(logits.dtype)])


def test_the_mean_is_the_loss_that_keras_reports():
    random = np.random.default_rng(0)
    logits, labels = random.normal(size=(50, 10)), random.integers(0, 10, 50)
    expected = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(labels, logits)
    assert cross_entropy(labels, logits).mean() == pytest.approx(float(expected), rel=1e-6)


@pytest.mark.parametrize(("dtype", "size"), [("float32", 1e38), ("float64", 1e307)])
def test_huge_logits_give_finite_losses(dtype, size):
    logits = np.array([[size, -size, 0.0]], dtype)
    assert cross_entropy([0], logits) == [0.0]
    np.testing.assert_allclose(cross_entropy([1], logits), [2 * size], rtol=1e-6)


def test_differences_of_1e38_are_exact_to_float32():
    logits = np.array([[1e38, -1e38, 0.0]], "float32")
    np.testing.assert_allclose(cross_entropy([[0.0, 0.5, 0.5]], logits), [1.5e38], rtol=1e-6)


@pytest.mark.parametrize("classes", [2, 10, 1000])
def test_equal_logits_lose_the_logarithm_of_the_number_of_classes(classes):
    assert cross_entropy(1, np.full(classes, 7.0)) == pytest.approx(np.log(classes), rel=1e-14)


@THOROUGH
@given(arrays("int64", (3, 4), elements=st.integers(-10_000, 10_000)), st.integers(-10_000, 10_000))
def test_adding_a_number_to_all_logits_changes_nothing(logits, shift):
    np.testing.assert_array_equal(cross_entropy([0, 1, 2], logits + shift), cross_entropy([0, 1, 2], logits))


@THOROUGH
@given(logits_arrays(), st.data())
def test_integer_and_one_hot_labels_are_the_same(logits, data):
    classes = logits.shape[1]
    labels = data.draw(arrays("uint8", len(logits), elements=st.integers(0, classes - 1)))
    for one_hot in (np.eye(classes)[labels], np.eye(classes, dtype=bool)[labels]):
        np.testing.assert_array_equal(cross_entropy(labels, logits), cross_entropy(one_hot, logits))


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
def test_the_type_is_kept_or_widened(given_dtype, returned):
    logits = np.array([[3, 2, 1]], given_dtype)
    loss = cross_entropy([0], logits)
    assert loss.dtype == returned
    np.testing.assert_allclose(loss, np.log(1 + np.exp(-1) + np.exp(-2)), rtol=1e-6)


def test_one_example_needs_no_axis_of_examples():
    assert cross_entropy(2, [0.0, 0.0, 0.0]).shape == ()


LOGITS = np.random.default_rng(1).normal(size=(4, 3))
CLASSES = np.array([2, 0, 1, 0])
ONE_HOT = np.eye(3)[CLASSES]
COUNTS = np.array([[3, 5, 2], [1, 0, 0], [0, 0, 9], [4, 4, 8]])


@pytest.mark.parametrize(
    ("labels", "logits", "right"),
    [
        (CLASSES[:, None], LOGITS, CLASSES),
        (pd.DataFrame({"label": CLASSES}), LOGITS, CLASSES),
        (CLASSES.astype("float32"), LOGITS, CLASSES),
        (CLASSES[:, None].astype(str), LOGITS, CLASSES),
        (pd.Series(CLASSES.astype(str), dtype=object), LOGITS, CLASSES),
        (CLASSES == 1, LOGITS, (CLASSES == 1).astype(int)),
        (ONE_HOT.astype(str).tolist(), LOGITS, CLASSES),
        ([2], LOGITS[0], 2),
        (CLASSES, LOGITS.astype(str), CLASSES),
        (CLASSES, pd.DataFrame(LOGITS, dtype=object), CLASSES),
    ],
)
def test_labels_and_logits_of_other_types_are_read_where_they_say_the_same(labels, logits, right):
    expected = cross_entropy(right, np.asarray(logits, float))
    np.testing.assert_array_equal(cross_entropy(labels, logits), expected, strict=True)


def refusal(labels, logits):
    with pytest.raises(ValueError, match=r"^l(abels|ogits): got .*; expected .*\. ") as caught:
        cross_entropy(labels, logits)
    return str(caught.value)


def followed(labels, logits):
    """Return the loss after doing what the message says: its expression takes the place of the argument it names."""
    message = refusal(labels, logits)
    arguments = {"labels": labels, "logits": logits}
    arguments[message.partition(":")[0]] = eval(message.split("`")[1], {"np": np} | arguments)
    return cross_entropy(**arguments)


@pytest.mark.parametrize(
    ("labels", "logits", "right"),
    [
        (CLASSES[None], LOGITS, CLASSES),
        (2, LOGITS[:1], [2]),
        (CLASSES + 1, LOGITS, CLASSES),
        ((CLASSES[:, None] + 1.0).tolist(), LOGITS, CLASSES),
        ((CLASSES + 1).astype(str).tolist(), LOGITS, CLASSES),
        (COUNTS, LOGITS, COUNTS / COUNTS.sum(axis=1, keepdims=True)),
        (pd.DataFrame(100 * ONE_HOT).astype(str), LOGITS, CLASSES),
        ([7, 2, 1], LOGITS[0], [0.7, 0.2, 0.1]),
    ],
)
def test_what_a_refusal_advises_gives_the_right_loss_in_one_step(labels, logits, right):
    np.testing.assert_allclose(np.ravel(followed(labels, logits)), np.ravel(cross_entropy(right, logits)))


def test_masked_classes_get_a_logit_that_is_finite():
    masked = np.where(np.arange(3) == 1, -np.inf, LOGITS)
    np.testing.assert_allclose(followed([0, 2, 0, 2], masked), cross_entropy([0, 1, 0, 1], LOGITS[:, [0, 2]]))


@pytest.mark.parametrize(
    ("labels", "logits", "message"),
    [
        ([2, 0], LOGITS, r"got int64 of shape \(2,\), from 0 to 2; .* Pass labels and logits of the same examples"),
        ([0, 3, 5, 0], LOGITS, "from 0 to 5; expected classes from 0 to 2 .* or give the last layer a unit for each"),
        ([0, -1, 0, 0], LOGITS, "from -1 to 0; .* Correct them, leave out their examples"),
        ([0.5, 1, 0, 0], LOGITS, "Class numbers are whole"),
        ([np.nan, 1, 0, 0], LOGITS, "Class numbers are whole: pass those from before they were scaled or lost"),
        (["two", "one", "zero", "one"], LOGITS, "got <U4 .*For names, pass the numbers of the classes"),
        (np.full((4, 5), 0.2), LOGITS, "Pass labels and logits of the same examples and classes"),
        ([2, 0, 1], LOGITS[0], "classes of 3 examples, pass the logits of each, in 3 rows"),
        ([2, 0, 1], LOGITS[:1], "Pass labels and logits of the same examples"),
        (-ONE_HOT, LOGITS, "from -1 to -0; .* Pass rows of probabilities"),
        (np.where(np.arange(3) > 0, 0, ONE_HOT), LOGITS, "leave out the examples that have none"),
        (np.where(ONE_HOT == 1, np.nan, 0), LOGITS, "leave out the examples that have none"),
        (np.where(ONE_HOT == 1, np.inf, 0), LOGITS, "leave out the examples that have none"),
        (CLASSES, np.where(ONE_HOT == 1, np.nan, 0), "logits: .* Find the step that gives nan or inf"),
        (CLASSES, np.where(ONE_HOT == 1, np.inf, 0), "logits: .* Find the step that gives nan or inf"),
        (0, 3.0, r"logits: got float64 of shape \(\), .* Pass a row of logits"),
        (CLASSES, np.zeros((4, 0)), r"logits: got float64 of shape \(4, 0\); .* Pass a row of logits"),
        (0, [1j, 2j], "logits: got complex128 .* expected real numbers"),
    ],
)
def test_labels_and_logits_without_a_loss_are_refused(labels, logits, message):
    assert re.search(message, refusal(labels, logits))
