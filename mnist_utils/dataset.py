"""MNIST from the files that ship with this package, and the functions that prepare it for a network.

It needs NumPy only, and no internet connection.
"""

import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from mnist_utils.idx import DatasetError, read_idx
from mnist_utils.refusal import refusal

DATA_FOLDER = Path(__file__).with_name("data")
MNIST_SHA256 = {  # of the uncompressed contents
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
IMAGES = "a NumPy array of uint8 and shape (n, 28, 28), from 0 for paper to 255 for ink"


def load_mnist() -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Load MNIST from the package, and check the content of each file by its SHA-256.

    Returns (x_train, y_train), (x_test, y_test) as ``keras.datasets.mnist.load_data()`` does, all of it uint8: images
    of shape (60000, 28, 28) and (10000, 28, 28) with gray levels from 0 (paper) to 255 (ink), and their labels 0 to 9.
    A file that is missing, or differs from the published one in a single bit, raises DatasetError.

    >>> (x_train, y_train), (x_test, y_test) = load_mnist()
    >>> y_train[:5]
    array([5, 0, 4, 1, 9], dtype=uint8)
    """
    with ThreadPoolExecutor() as pool:  # Threads suffice: zlib and hashlib work without holding Python's lock.
        x_train, y_train, x_test, y_test = pool.map(_load_shipped, MNIST_SHA256)
    return (x_train, y_train), (x_test, y_test)


def _load_shipped(name: str) -> np.ndarray:
    try:
        return read_idx(DATA_FOLDER / f"{name}.gz", sha256=MNIST_SHA256[name])
    except DatasetError as error:
        advice = "'git checkout -- mnist_utils/data', or installing the package again, restores the file."
        raise DatasetError(str(error).removesuffix(error.advice) + advice) from error


def preprocess(images: np.ndarray, channels_first: bool = False) -> np.ndarray:
    """Scale images to [0, 1] and give them a channel axis, as the layers of Keras expect them.

    Takes uint8 of shape (n, 28, 28), and returns a new array of float32 in [0, 1] and shape (n, 28, 28, 1), or
    (n, 1, 28, 28) with `channels_first`. Anything else raises DatasetError, such as the function's own output, which
    would become 255 times too dark; so do images whose largest gray level is 1, and inverted ones, of which more than
    half of the outermost pixels are above 127.

    >>> images = np.full((2, 28, 28), 51, np.uint8)
    >>> preprocess(images).shape, preprocess(images, channels_first=True).shape
    ((2, 28, 28, 1), (2, 1, 28, 28))
    >>> preprocess(images)[0, 0, 0]
    array([0.2], dtype=float32)
    """
    if (repaired := _repaired(images)) != "images":
        raise refusal("images", _kind(images), IMAGES, f"Pass `{repaired}`.", DatasetError)
    scaled = np.divide(images, 255, dtype=np.float32, order="C")
    return np.expand_dims(scaled, 1 if channels_first else 3)


def _repaired(images: object) -> str:
    """Return the expression that makes of `images` what `preprocess` takes: "images", if they are that already."""

    def unfit(advice: str) -> ValueError:
        return refusal("images", _kind(images), IMAGES, advice, DatasetError)

    text, array = _as_array("images", images)
    if text == "images" and array.dtype == np.uint8 and array.shape == (0, 28, 28):
        return text
    if array.dtype.kind not in "biuf" or array.ndim == 0 or array.size == 0:
        raise unfit("There is no image in it: pass an array of numbers, of one image at least.")
    low, high, is_float = array.min(), array.max(), array.dtype.kind == "f"
    if not np.isfinite([low, high]).all():
        raise unfit("Pixels are not-a-number or infinite: find the step that made them, and pass what went into it.")
    if is_float and array.shape[1:] in ((28, 28, 1), (1, 28, 28)) and 0 <= low <= high <= 1:
        raise unfit("These were preprocessed already: use them as they are.")

    if array.shape[-3:] == (28, 28, 4) and not array[..., :3].any():  # Black ink on transparent paper.
        text, array = f"{text}[..., 3]", array[..., 3]
    elif array.shape[-3:-1] == (28, 28) and array.shape[-1] in (3, 4):  # Colors, and maybe their opacity.
        text, array = f"{text}[..., :3].mean(axis=-1)", array[..., :3].mean(axis=-1)
    elif array.ndim == 2 and array.shape[1] == 785:  # Rows of a CSV file with the labels in front or behind.
        if array[:, -1].any() and not array[:, 0].any():
            text, array = f"{text}[:, :-1]", array[:, :-1]
        else:
            text, array = f"{text}[:, 1:]", array[:, 1:]
    axes = tuple(side for side in array.shape if side > 1)
    if axes not in ((28, 28), (784,), (*axes[:1], 28, 28), (*axes[:1], 784)):
        raise unfit("Their size is another: make each of 28 x 28 gray pixels, for example by Pillow's Image.resize.")
    if array.shape[1:] != (28, 28):
        text, array = f"{text}.reshape(-1, 28, 28)", array.reshape(-1, 28, 28)

    low, high, is_float = array.min(), array.max(), array.dtype.kind == "f"
    if low < 0 or high > 255 or (is_float and (0 < high < 1 / 128 or 1 < high < 2)):
        advice = "do not tell how they were scaled: pass the gray levels from before, as load_mnist() returns them."
        raise unfit(f"Pixels from {low:.3g} to {high:.3g} {advice}")
    if is_float and 0 < high <= 1:
        text, array = f"(255 * {text})", 255 * array
    if is_float:
        text, array = f"{text}.round()", array.round()
    if array.dtype != np.uint8:
        text, array = f"{text}.astype('uint8')", array.astype(np.uint8)
    if array.max() == 1:  # Black and white: as gray levels both would be black.
        text, array = f"255 * {text}", 255 * array
    rows, columns = array[:, [0, -1]], array[:, :, [0, -1]]
    return f"255 - {text}" if (rows > 127).mean() + (columns > 127).mean() > 1 else text


def one_hot(labels: ArrayLike, classes: int = 10) -> np.ndarray:
    """Encode each label as a row of zeros with a one at the label's position: float32 of shape (n, classes).

    Labels that are not integers from 0 to ``classes - 1``, of shape (n,), raise DatasetError.

    >>> one_hot([2, 0], classes=3)
    array([[0., 0., 1.],
           [1., 0., 0.]], dtype=float32)
    """
    _check_integer("classes", classes, 1)
    labels = _integers(labels, classes)
    encoded = np.zeros((len(labels), classes), np.float32)
    encoded[np.arange(len(labels)), labels] = 1
    return encoded


def split(
    images: np.ndarray, labels: ArrayLike, validation: int = 10_000, *, seed: int = 0
) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Set examples aside for validation, the same share of each class.

    Each class gives its share rounded down; the examples still missing come one each from the classes with the largest
    remainders, of equal ones from the smaller label. Both parts keep the order of the input.

    Parameters
    ----------
    images : numpy.ndarray
        Shape (n, ...), of any dtype.
    labels : array_like of int
        Shape (n,); anything else raises DatasetError.
    validation : int
        How many of the examples to set aside, from 1 to n - 1.
    seed : int
        The same seed gives the same split; the default gives the one that the chapters share.

    Returns
    -------
    (x_train, y_train), (x_validation, y_validation) : tuple of two tuples of two numpy.ndarray
        New arrays of n - `validation` and of `validation` examples; together they hold each example once.

    Examples
    --------
    >>> images, labels = np.zeros((6, 28, 28), np.uint8), np.array([0, 0, 1, 1, 1, 1])
    >>> (x_train, y_train), (x_validation, y_validation) = split(images, labels, validation=3)
    >>> y_train, y_validation
    (array([0, 1, 1]), array([0, 1, 1]))
    """
    labels = _integers(labels)
    count = len(labels)
    if not isinstance(images, np.ndarray) or images.shape[:1] != (count,):
        text, array = _as_array("images", images)
        number = len(array) if array.ndim else "No"
        advice = f"{number} images have {count} labels: pass one label for each image."
        if number == count:
            advice = f"Pass `{text}`."
        raise refusal("images", _kind(images), f"a NumPy array of shape ({count}, ...)", advice, DatasetError)
    _check_integer("validation", validation, 1, count - 1)
    _check_integer("seed", seed, 0)
    classes, sizes = np.unique(labels, return_counts=True)
    shares, remainders = np.divmod(sizes * int(validation), count)
    largest_first = np.argsort(-remainders, kind="stable")
    shares[largest_first[: validation - shares.sum()]] += 1
    generator = np.random.default_rng(seed)
    aside = np.zeros(count, bool)
    for label, share in zip(classes, shares, strict=True):
        aside[generator.choice(np.flatnonzero(labels == label), share, replace=False)] = True
    return (images[~aside], labels[~aside]), (images[aside], labels[aside])


def _integers(labels: ArrayLike, classes: int | None = None) -> np.ndarray:
    """Return labels of integers, below `classes` if given, as an array, or refuse them with what makes them so."""
    expected = "integers of shape (n,)" + ("" if classes is None else f", from 0 to {classes - 1}")
    given, array = _as_array("labels", labels)
    text, got = given, f"{array.dtype} of shape {array.shape}"
    if array.dtype.kind in "OSU":
        try:
            text, array = f"{text}.astype(float)", array.astype(float)
        except (TypeError, ValueError) as error:
            advice = f"Number the names: pass `np.unique({text}, return_inverse=True)[1]`."
            raise refusal("labels", got, expected, advice, DatasetError) from error
    if array.ndim == 2 and array.shape[1] > 1 and np.allclose(array.sum(axis=1), 1):  # One-hot rows, probabilities.
        text, array = f"{text}.argmax(axis=1)", array.argmax(axis=1)
    elif array.ndim != 1 and array.size == max(array.shape, default=1):
        text, array = f"{text}.ravel()", array.ravel()
    if array.ndim != 1 or array.dtype.kind not in "biuf":
        raise refusal("labels", got, expected, "Pass one integer an image, such as a column of a table.", DatasetError)
    if array.dtype.kind == "f" and not ((array == np.trunc(array)) & (abs(array) < 2**53)).all():
        advice = "Not all are whole numbers: pass the labels from before they were scaled, predicted or lost."
        raise refusal("labels", got, expected, advice, DatasetError)
    if array.dtype.kind in "bf":
        text, array = f"{text}.astype(int)", array.astype(int)
    advice = "" if text == given else f"Pass `{text}`."
    if classes is not None and array.size and not 0 <= array.min() <= array.max() < classes:
        low, high = int(array.min()), int(array.max())
        got, advice = f"{got}, from {low} to {high}", "Correct the labels, or leave out their examples."
        if (low, high) == (1, classes):
            advice = f"If they count from 1, pass `{text} - 1`."
        elif low >= 0 and high < 1000:
            advice = f"If there are so many classes, use `one_hot({text}, classes={high + 1})`."
    if advice:
        raise refusal("labels", got, expected, advice, DatasetError)
    return array


def _as_array(name: str, given: object) -> tuple[str, np.ndarray]:
    """Return the expression that makes an array of what was given as `name`, and this array."""
    if isinstance(given, np.ndarray):
        return name, given
    if hasattr(given, "to_numpy"):  # Of pandas, which this module does without.
        return f"{name}.to_numpy()", given.to_numpy()
    try:
        return f"np.array({name})", np.asarray(given)
    except (TypeError, ValueError) as error:
        raise refusal(name, f"{_kind(given)} ({error})", "one array", "Make its parts equal.", DatasetError) from error


def _kind(given: object) -> str:
    kind = given.dtype if isinstance(given, np.ndarray) else type(given).__name__
    return f"{kind} of shape {given.shape}" if hasattr(given, "shape") else kind


def _check_integer(name: str, number: object, low: int, high: float = math.inf) -> None:
    if isinstance(number, int | np.integer) and not isinstance(number, bool) and low <= number <= high:
        return
    expected = f"an integer, at least {low}" + (f" and at most {high}" if high < math.inf else "")
    advice = "Pass a number in this range."
    if isinstance(number, float) and number.is_integer() and low <= number <= high:
        advice = f"Pass `int({name})`."
    elif name == "validation" and isinstance(number, float) and 0.5 / high < number < 1 - 1 / high:
        advice = "For a share of the images, pass `round(validation * len(images))`."
    raise refusal(name, repr(number), expected, advice, DatasetError)
