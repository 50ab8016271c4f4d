"""Cross-entropy and its gradient; float32 and float64 keep their type, other real numbers become float64."""

import contextlib
import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import log_softmax, softmax

_SUM_TOLERANCE = 1e-5  # Soft labels in float32 sum to 1 only up to rounding; labels that are wrong miss by far more.


def cross_entropy(labels: ArrayLike, logits: ArrayLike) -> np.ndarray:
    r"""Loss of each example, $L = -\sum_i y_i \log p_i$ (Bishop 2006, section 4.3.4), in nats.

    Its mean is Keras's `CategoricalCrossentropy(from_logits=True)`, or `SparseCategoricalCrossentropy` for integers.

    Parameters
    ----------
    labels : integers of shape (...,), or numbers of shape (..., K)
        Classes from 0 to K - 1; or a row for each example, one-hot or soft: none negative, sum 1.
    logits : array of shape (..., K)

    Returns
    -------
    array of shape (...,)
        At least 0, and finite also where a probability is too small for its type.

    Raises
    ------
    ValueError
        If logits are not finite real numbers, or labels do not fit them.

    Examples
    --------
    >>> cross_entropy([1, 0], [[0.0, 0.0], [0.0, 10_000.0]])
    array([6.93147181e-01, 1.00000000e+04])
    """
    rows, logits = _checked(labels, logits)
    return (rows * -log_softmax(logits, axis=-1)).sum(axis=-1)


def cross_entropy_gradient(labels: ArrayLike, logits: ArrayLike) -> np.ndarray:
    r"""Gradient of each example's loss by its logits, $p - y$ (Bishop 2006, section 4.3.4), of shape (..., K).

    That of the mean loss over $n$ examples is this divided by $n$. Takes and refuses what `cross_entropy` does.

    Examples
    --------
    >>> cross_entropy_gradient([2], [[0.0, 0.0, 0.0]])
    array([[ 0.33333333,  0.33333333, -0.66666667]])
    """
    rows, logits = _checked(labels, logits)
    return softmax(logits, axis=-1) - rows


def _checked(labels: ArrayLike, logits: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Return labels as rows of probabilities, and logits, both of one shape and float type."""
    text, original, array = _numbers("logits", logits)
    finite = np.isfinite(array)
    advice = "" if array is original else f"Pass `{text}`."
    if array.shape[-1:] in ((), (0,)):
        advice = "Pass a row of logits, one for each class."
    elif not finite.all():
        advice = "Find the step that gives nan or inf: a learning rate that is too large, or an image?"
        if (finite | (array == -np.inf)).all():  # Somebody has masked classes.
            advice = f"Pass `np.maximum({text}, -1e4)`."
    if advice:
        raise _refusal("logits", original, "finite numbers of shape (..., K)", advice)
    array = array if array.dtype in (np.float32, np.float64) else array.astype(np.float64)
    return _label_rows(labels, array).astype(array.dtype), array


def _label_rows(labels: ArrayLike, logits: np.ndarray) -> np.ndarray:
    text, original, array = _numbers("labels", labels)
    examples, classes, moved = logits.shape[:-1], logits.shape[-1], np.moveaxis(logits, 0, -1)
    advice = ""
    if array.shape not in (examples, logits.shape):
        if array.shape == moved.shape or (array.shape == moved.shape[:-1] and array.max(initial=0) < len(logits)):
            advice = "If the classes come first, pass `np.moveaxis(logits, 0, -1)` as logits."
        elif array.size == math.prod(examples):
            text, array = f"{text}.reshape({examples})", array.reshape(examples)
        elif array.size == logits.size:
            text, array = f"{text}.reshape({logits.shape})", array.reshape(logits.shape)
        elif array.shape[:-1] != examples:
            advice = "Pass labels and logits of the same examples."
        elif np.isin(array, (0, 1)).all() and (array.argmax(axis=-1) < classes).all():
            text, array = f"{text}.argmax(axis=-1)", array.argmax(axis=-1)
        else:
            advice = f"Give the last layer of the network {array.shape[-1]} units, one for each class."
    if array.shape == examples and not advice:
        if array.dtype.kind in "bf" and np.isin(array, range(classes + 1)).all():
            text, array = f"{text}.astype(int)", array.astype(int)
        if array.min(initial=1) >= 1 and array.max(initial=0) == classes:
            text, array = f"{text} - 1", array - 1
        if array.dtype.kind == "f":
            advice = "Class numbers are whole: pass those from before they were scaled or lost."
        elif array.min(initial=0) < 0 or array.max(initial=0) >= classes:
            advice = "Correct them, leave out their examples, or give the last layer a unit for each class."
    elif not advice:
        count, sums = array.shape[-1], array.sum(axis=-1, keepdims=True, dtype=np.float64)
        if not np.isfinite(sums).all():
            advice = "Leave out the examples without probabilities."
        elif array.min(initial=0) < 0:
            advice = f"If these are logits, pass `scipy.special.softmax({text}, axis=-1)`."
        elif sums.size == 1 and sums != 1 and array.dtype.kind in "iu" and array.max() < count:
            advice = f"If these are the classes of {count} examples, pass the logits of each, in {count} rows."
        elif not sums.all():
            advice = "A row of zeros stands for no class: leave out its example."
        elif not (abs(sums - 1) <= _SUM_TOLERANCE).all():
            text, array = f"{text} / {text}.sum(axis=-1, keepdims=True)", array / sums
    if advice or array is not original:
        expected = f"classes from 0 to {classes - 1} of shape {examples}, or probabilities of shape {logits.shape}"
        raise _refusal("labels", original, expected, advice or f"Pass `{text}`.")
    return np.eye(classes)[array] if array.shape == examples else array


def _numbers(name: str, values: ArrayLike) -> tuple[str, np.ndarray, np.ndarray]:
    """Return an expression, the array of the values, and its numbers, which the expression gives."""
    original = array = np.asarray(values)
    text = name if isinstance(values, np.ndarray) else f"np.asarray({name})"
    if array.dtype.kind in "OSU":
        with contextlib.suppress(TypeError, ValueError):
            text, array = f"{text}.astype(float)", array.astype(float)
    if array.dtype.kind not in "biuf":
        raise _refusal(name, original, "real numbers", "For names, pass the numbers of the classes.")
    return text, original, array


def _refusal(name: str, array: np.ndarray, expected: str, advice: str) -> ValueError:
    numbers = array.dtype.kind in "biuf" and array.size
    got = f", from {array.min():g} to {array.max():g}" if numbers else ""
    return ValueError(f"{name}: got {array.dtype} of shape {array.shape}{got}; expected {expected}. {advice}")
