"""Softmax, log-softmax, cross-entropy and its gradient in NumPy, finite for any finite logits.

Classes lie along the last axis. Float32 and float64 keep their type; other real numbers are computed in float64.
"""

import numpy as np
from numpy.typing import ArrayLike

# Soft labels in float32 sum to 1 only up to rounding; labels that are wrong miss by far more.
_SUM_TOLERANCE = 1e-5


def softmax(logits: ArrayLike) -> np.ndarray:
    r"""Probabilities $p_i = e^{z_i} / \sum_k e^{z_k}$ (Goodfellow, Bengio and Courville 2016, section 6.2.2.3).

    Parameters
    ----------
    logits : array of shape (..., K)

    Returns
    -------
    array of shape (..., K)
        Numbers from 0 to 1; each row sums to 1.

    Raises
    ------
    TypeError, ValueError
        If the logits are not real, not finite, or have no classes.

    Examples
    --------
    >>> softmax([0.0, 0.0, 10_000.0])
    array([0., 0., 1.])
    """
    exponentials = np.exp(_shifted(_checked_logits(logits)))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def log_softmax(logits: ArrayLike) -> np.ndarray:
    r"""Log-probabilities $z_i - \log \sum_k e^{z_k}$ (Goodfellow, Bengio and Courville 2016, section 6.2.2.3).

    Finite also where `np.log(softmax(logits))` is $-\infty$, because the probability is too small for its type. Takes
    and refuses what `softmax` does.

    Returns
    -------
    array of shape (..., K)
        Finite numbers, at most 0.

    Examples
    --------
    >>> log_softmax([0.0, 0.0, 10_000.0])
    array([-10000., -10000.,      0.])
    """
    shifted = _shifted(_checked_logits(logits))
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


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
        Finite numbers, at least 0.

    Raises
    ------
    TypeError, ValueError
        As `softmax`; or if labels do not fit the logits, lie outside the classes, are negative or do not sum to 1.

    Examples
    --------
    >>> cross_entropy([1, 0], [[0.0, 0.0], [0.0, 10_000.0]])
    array([6.93147181e-01, 1.00000000e+04])
    """
    logits = _checked_logits(logits)
    return (_label_rows(labels, logits) * -log_softmax(logits)).sum(axis=-1)


def cross_entropy_gradient(labels: ArrayLike, logits: ArrayLike) -> np.ndarray:
    r"""Gradient of each example's loss by its logits, $p - y$ (Bishop 2006, section 4.3.4).

    That of the mean loss over $n$ examples is this divided by $n$. Takes and refuses what `cross_entropy` does.

    Returns
    -------
    array of shape (..., K)
        Numbers from -1 to 1; each row sums to 0.

    Examples
    --------
    >>> cross_entropy_gradient([2], [[0.0, 0.0, 0.0]])
    array([[ 0.33333333,  0.33333333, -0.66666667]])
    """
    logits = _checked_logits(logits)
    return softmax(logits) - _label_rows(labels, logits)


def _shifted(logits: np.ndarray) -> np.ndarray:
    """Logits less their maximum: the same probabilities, and no exponential that overflows."""
    with np.errstate(over="ignore"):  # two finite numbers can lie farther apart than the largest float
        differences = logits - logits.max(axis=-1, keepdims=True)
    # One percent short of the limit, so that no weighted mean of such numbers can round to infinity.
    return np.maximum(differences, 0.99 * np.finfo(logits.dtype).min)


def _checked_logits(logits: ArrayLike) -> np.ndarray:
    logits = np.asarray(logits)
    if logits.dtype.kind not in "iuf":
        raise TypeError(f"logits must be real numbers, got dtype {logits.dtype}; pass numbers")
    if logits.ndim == 0 or logits.shape[-1] == 0:
        raise ValueError(f"logits must have shape (..., K) with K >= 1 classes, got {logits.shape}; put classes last")
    if logits.dtype not in (np.float32, np.float64):
        logits = logits.astype(np.float64)
    if not np.isfinite(logits).all():
        bad = logits[~np.isfinite(logits)][0]
        raise ValueError(f"logits must be finite, got {bad}; was the learning rate too large, or an input not finite?")
    return logits


def _label_rows(labels: ArrayLike, logits: np.ndarray) -> np.ndarray:
    """Labels in the shape and type of the logits; refused unless each row is a probability distribution."""
    labels, classes = np.asarray(labels), logits.shape[-1]
    if labels.dtype.kind not in "biuf":
        raise TypeError(f"labels must be numbers, got dtype {labels.dtype}; convert them to integers")
    if labels.shape == logits.shape[:-1]:
        if labels.dtype.kind not in "iu":
            raise TypeError(f"labels, one for each example, must be integers, got {labels.dtype}; use .astype(int)")
        outside = labels[(labels < 0) | (labels >= classes)]
        if outside.size:
            raise ValueError(f"labels must be from 0 to {classes - 1} for these logits, got {outside[0]}; correct them")
        return np.eye(classes, dtype=logits.dtype)[labels]
    if labels.shape != logits.shape:
        raise ValueError(
            f"labels must have shape {logits.shape[:-1]} (integers) or {logits.shape} (one-hot or soft) "
            f"to go with these logits, got {labels.shape}; reshape them"
        )
    if not (labels >= 0).all():  # nan is not >= 0 either
        raise ValueError(f"one-hot or soft labels must be 0 or more, got {labels.min()}; they are probabilities")
    sums = labels.sum(axis=-1, dtype=np.float64)
    wrong = sums[np.abs(sums - 1) > _SUM_TOLERANCE]
    if wrong.size:
        raise ValueError(f"one-hot or soft labels must sum to 1, got a sum of {wrong[0]:.6g}; divide by it")
    return labels.astype(logits.dtype)
