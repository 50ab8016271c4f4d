"""Cross-entropy; float32 and float64 keep their type, other real numbers become float64."""

import contextlib
import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import log_softmax

from mnist_utils.refusal import refusal

_SUM_TOLERANCE = 1e-5  # Soft labels in float32 sum to 1 only up to rounding; labels that are wrong miss by far more.


def cross_entropy(labels: ArrayLike, logits: ArrayLike) -> np.ndarray:
    r"""Loss of each example, $L = -\sum_i y_i \log p_i$ (Bishop 2006, section 4.3.4), in nats.

    Its mean is Keras's `CategoricalCrossentropy(from_logits=True)`, or `SparseCategoricalCrossentropy` for integers.

    Logits of shape (..., K) and labels, classes from 0 to K - 1 of shape (...,) or one-hot or soft rows of shape
    (..., K), give losses of shape (...,), finite also where a probability is too small for its type. A ValueError is
    raised if the logits are not finite real numbers, or the labels do not fit them.

    Examples
    --------
    >>> cross_entropy([1, 0], [[0.0, 0.0], [0.0, 10_000.0]])
    array([6.93147181e-01, 1.00000000e+04])
    """
    rows, logits = _checked(labels, logits)
    return (rows * -log_softmax(logits, axis=-1)).sum(axis=-1)


def _checked(labels: ArrayLike, logits: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return labels as rows of probabilities, and logits, both of one shape and float type."""
    logits = _numbers("logits", logits)
    advice = ""
    if logits.shape[-1:] in ((), (0,)):
        advice = "Pass a row of logits, one for each class."
    elif not np.isfinite(logits).all():
        advice = "Find the step that gives nan or inf: a learning rate that is too large, or an image?"
        if np.isfinite(np.maximum(logits, 0)).all():  # Somebody has masked classes.
            advice = "Pass `np.maximum(np.asarray(logits, float), -1e4)`."
    if advice:
        raise refusal("logits", _described(logits), "finite numbers of shape (..., K)", advice)
    logits = logits if logits.dtype in (np.float32, np.float64) else logits.astype(np.float64)
    return _label_rows(_numbers("labels", labels), logits).astype(logits.dtype), logits


def _label_rows(labels: np.ndarray, logits: np.ndarray) -> np.ndarray:
    examples, classes = logits.shape[:-1], logits.shape[-1]
    if labels.shape == (*examples, 1) and classes > 1:  # the column of a table
        labels = labels[..., 0]
    if labels.shape == examples:
        if np.isin(labels, range(classes)).all():
            return np.eye(classes)[labels.astype(int)]
        advice = "Correct them, leave out their examples, or give the last layer a unit for each class."
        if np.isin(labels, range(1, classes + 1)).all():
            advice = "Pass `np.asarray(labels, float) - 1`."
        elif not (labels == np.trunc(labels)).all():
            advice = "Class numbers are whole: pass those from before they were scaled or lost."
    elif labels.shape == logits.shape:
        sums = labels.sum(axis=-1, keepdims=True, dtype=np.float64)
        if (abs(sums - 1) <= _SUM_TOLERANCE).all() and labels.min(initial=0) >= 0:
            return labels
        advice = "Pass rows of probabilities, and leave out the examples that have none."
        if sums.size == 1 and labels.dtype.kind in "iu" and labels.min() >= 0 and labels.max() < classes:
            advice = f"If these are the classes of {classes} examples, pass the logits of each, in {classes} rows."
        elif (sums > 0).all() and np.isfinite(sums).all() and labels.min() >= 0:
            advice = "Pass `np.asarray(labels, float) / np.sum(np.asarray(labels, float), axis=-1, keepdims=True)`."
    else:
        advice = f"Pass `np.reshape(labels, {examples})`."
        if labels.size != math.prod(examples):
            advice = "Pass labels and logits of the same examples and classes."
    expected = f"classes from 0 to {classes - 1} of shape {examples}, or probabilities of shape {logits.shape}"
    raise refusal("labels", _described(labels), expected, advice)


def _numbers(name: str, values: ArrayLike) -> np.ndarray:
    array = np.asarray(values)
    if array.dtype.kind in "OSU":
        with contextlib.suppress(TypeError, ValueError):
            return array.astype(float)
    if array.dtype.kind not in "biuf":
        raise refusal(name, _described(array), "real numbers", "For names, pass the numbers of the classes.")
    return array


def _described(array: np.ndarray) -> str:
    limits = f", from {array.min():g} to {array.max():g}" if array.size and array.dtype.kind in "biuf" else ""
    return f"{array.dtype} of shape {array.shape}{limits}"
