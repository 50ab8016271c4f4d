"""MNIST from the files that ship with this package, and the functions that prepare it for a network.

It needs NumPy only, and no internet connection. The files have the format IDX: two zero bytes, one byte for the type
of the items, one for the number of dimensions, each dimension as an unsigned 32-bit integer, then the items. All
numbers are big-endian.
"""

import hashlib
import io
import math
import os
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

DATA_FOLDER = Path(__file__).with_name("data")
MNIST_SHA256 = {  # of the uncompressed contents
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
IDX_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}

PIECE = 1 << 16  # Bytes of a gzip file expanded at once: more would not stay in the processor's cache.

# How files begin that people take for IDX files, what those are, and the expression that reads them; {} is a file.
FOREIGN = [
    (b"\x1f\x8b", "a gzip file in a gzip file", "read_idx({}.read())"),
    (b"BZh", "a bzip2 file", "read_idx(bz2.open({}).read())"),
    (b"\xfd7zXZ", "an xz file", "read_idx(lzma.open({}).read())"),
    (b"\x93NUMPY", "a file of numpy.save", "np.load({})"),
    (b"\x89PNG", "a PNG picture", "plt.imread({})"),
    (b"\xff\xd8\xff", "a JPEG picture", "plt.imread({})"),
]
IMAGES = "a NumPy array of uint8 and shape (n, 28, 28), from 0 for paper to 255 for ink"
LABELS = "integers of shape (n,)"


class DatasetError(ValueError):
    """A file or an argument that this module refuses; the message tells what was got, what was expected, what to do."""


def load_mnist() -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Load MNIST from the package, and check the content of each file by its SHA-256.

    Returns
    -------
    (x_train, y_train), (x_test, y_test) : tuple of two tuples of two numpy.ndarray
        What ``keras.datasets.mnist.load_data()`` returns, all of it uint8: images of shape (60000, 28, 28) and
        (10000, 28, 28) with gray levels from 0 (paper) to 255 (ink), and their labels 0 to 9 of shape (60000,) and
        (10000,).

    Raises
    ------
    DatasetError
        If a file is missing, or its content differs from the published one in a single bit.

    Examples
    --------
    >>> (x_train, y_train), (x_test, y_test) = load_mnist()
    >>> x_train.shape, x_test.shape
    ((60000, 28, 28), (10000, 28, 28))
    >>> y_train[:5]
    array([5, 0, 4, 1, 9], dtype=uint8)
    """
    with ThreadPoolExecutor() as pool:  # Threads suffice: zlib and hashlib work without holding Python's lock.
        x_train, y_train, x_test, y_test = pool.map(
            lambda name: read_idx(DATA_FOLDER / f"{name}.gz", sha256=MNIST_SHA256[name]), MNIST_SHA256
        )
    return (x_train, y_train), (x_test, y_test)


def read_idx(path_or_bytes: str | os.PathLike | bytes, *, sha256: str | None = None) -> np.ndarray:
    """Read an IDX file of any of the six element types and of any rank, gzipped or not.

    Parameters
    ----------
    path_or_bytes : str, os.PathLike or bytes
        The path of the file, or its content. The first two bytes tell whether it is gzipped; the name does not matter.
    sha256 : str, optional
        The SHA-256, in hexadecimal, that the uncompressed content must have; None for no check.

    Returns
    -------
    numpy.ndarray
        A writable array of the shape in the header, in the byte order of the machine: uint8, int8, int16, int32,
        float32 or float64. A file of rank 0 holds one item and gives shape ().

    Raises
    ------
    DatasetError
        If the file cannot be read, is no IDX file, holds less or more than its header claims, or has another SHA-256
        than `sha256`. Memory is needed for what the file holds, expanded no further than its header claims.

    Examples
    --------
    >>> read_idx(bytes([0, 0, 0x0B, 2, 0, 0, 0, 1, 0, 0, 0, 3, 0, 1, 0, 2, 255, 255]))
    array([[ 1,  2, -1]], dtype=int16)
    >>> read_idx(DATA_FOLDER / "t10k-labels-idx1-ubyte.gz")[:5]
    array([7, 2, 1, 0, 4], dtype=uint8)
    """
    name, stored = _stored(path_or_bytes)
    take = _reader(stored)
    try:
        magic = take(4)
        if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in IDX_TYPES:
            expected = f"the magic number of IDX: 00 00, one of {bytes(IDX_TYPES).hex(' ')}, number of dimensions"
            advice = _advice_on_format(path_or_bytes, stored, magic + take(124)) or _fresh(name)
            raise _refusal(name, f"the first bytes {magic.hex(' ') or '(none)'}", expected, advice)
        dtype, rank = np.dtype(IDX_TYPES[magic[2]]), magic[3]
        dimensions = take(4 * rank)
        if len(dimensions) < 4 * rank:
            expected = f"{4 * rank} bytes for the {rank} dimensions that its header claims"
            raise _refusal(name, f"truncated dimensions of {len(dimensions)} bytes", expected, _fresh(name))
        shape = tuple(np.frombuffer(dimensions, ">u4").tolist())
        size = math.prod(shape) * dtype.itemsize
        data = take(size)
        expected = f"{size:,} bytes for the shape {shape} and {dtype.itemsize} bytes an item that its header claims"
        if len(data) < size:
            little, advice = tuple(np.frombuffer(dimensions, "<u4").tolist()), _fresh(name)
            if math.prod(little) * dtype.itemsize == len(data):
                advice = f"The dimensions {little} are little-endian: write them, and all items, as big-endian numbers."
            raise _refusal(name, f"truncated data of {len(data):,} bytes", expected, advice)
        if take(1):  # This also reads a gzip file to its end, where its CRC is.
            raise _refusal(name, f"data that go on after {size:,} bytes", expected, _fresh(name))
    except zlib.error as error:
        raise _refusal(name, f"corrupt gzip data ({error})", "an intact gzip file", _fresh(name)) from error
    if sha256 is not None:
        digest = hashlib.sha256(magic + dimensions)
        digest.update(data)
        if digest.hexdigest() != sha256.lower():
            raise _refusal(name, f"content of SHA-256 {digest.hexdigest()}", sha256.lower(), _fresh(name))
    try:
        array = np.frombuffer(data, dtype).reshape(shape)
    except ValueError as error:  # More dimensions than NumPy allows, or enormous ones beside one of 0.
        raise _refusal(name, f"the shape {shape}", f"one that NumPy can hold ({error})", _fresh(name)) from error
    return array.astype(dtype.newbyteorder("="), copy=False)


def _stored(path_or_bytes: object) -> tuple[str, bytes]:
    if isinstance(path_or_bytes, bytes | bytearray | memoryview):
        return "the bytes given", bytes(path_or_bytes)
    if not isinstance(path_or_bytes, str | os.PathLike):
        expected = "a str or os.PathLike, or bytes"
        raise _refusal("path_or_bytes", type(path_or_bytes).__name__, expected, "Pass a file's path or its content.")
    name = os.fsdecode(path_or_bytes)
    try:
        return name, Path(name).read_bytes()
    except (OSError, ValueError) as error:  # ValueError: the path has a null character.
        own = Path(name).parent == DATA_FOLDER
        advice = _fresh(name) if own else f"Correct the path; a relative one starts from {Path.cwd()}."
        raise _refusal(name, error, "an IDX file that can be read", advice) from error


def _reader(stored: bytes) -> Callable[[int], bytearray]:
    """Return a function that gives the next `count` bytes of the content, gzipped or not, or fewer at its end."""
    stream, member = io.BytesIO(stored), zlib.decompressobj(wbits=31)
    if stored[:2] != b"\x1f\x8b":
        return lambda count: bytearray(stream.read(min(count, len(stored))))

    def take(count: int) -> bytearray:
        nonlocal member
        taken = bytearray()
        while len(taken) < count:
            finished = member.eof
            packed = member.unconsumed_tail or member.unused_data or stream.read(PIECE)
            if finished and not packed:
                break
            if finished:  # A gzip file may have several members; anything else is refused as one with a wrong header.
                member = zlib.decompressobj(wbits=31)
            piece = member.decompress(packed, min(count - len(taken), 16 * PIECE))
            if not (packed or piece or member.eof):
                raise zlib.error("it ends too early")
            taken += piece
        return taken

    return take


def _advice_on_format(path_or_bytes: object, stored: bytes, head: bytes) -> str:
    """Return what to do with a file of another format that begins with `head`, or "" if the format is not known."""
    file = "path_or_bytes" if isinstance(path_or_bytes, str | os.PathLike) else "io.BytesIO(path_or_bytes)"
    file = f"gzip.open({file})" if stored[:2] == b"\x1f\x8b" else file
    for beginning, kind, expression in FOREIGN:
        if head.startswith(beginning):
            return f"It is {kind}: use `{expression.format(file)}`."
    if head.startswith(b"PK\3\4"):
        archive = f"It is an archive of numpy.savez: use `np.load({file})`."
        return archive if b".npy" in head else "It is a zip archive: unzip it, and read the files in it."
    if head.startswith(b"version https://git-lfs"):
        return "It is the pointer of Git LFS to the file: run 'git lfs pull' in its repository."
    if head.lstrip().startswith(b"<"):
        return "It is a page of HTML or XML, maybe a saved error message: read it, and download the file again."
    if head[2:4] == b"\0\0" and head[1] in IDX_TYPES:
        return "Its header is little-endian: write the magic number, the dimensions and all items as big-endian numbers."
    if b"," in head and head.isascii():
        skipped = ", skiprows=1" if head[:1].isalpha() else ""
        return f"It is a table in text: use `np.loadtxt({file}, delimiter=','{skipped})`."
    return ""


def _fresh(name: str) -> str:
    if Path(name).parent == DATA_FOLDER:
        return "'git checkout -- mnist_utils/data', or installing again, restores the package's own files."
    return "Check that this is the file that you meant, and get a fresh copy of it."


def preprocess(images: np.ndarray, channels_first: bool = False) -> np.ndarray:
    """Scale images to [0, 1] and give them a channel axis, as the layers of Keras expect them.

    Parameters
    ----------
    images : numpy.ndarray
        uint8, shape (n, 28, 28), gray levels 0 to 255. It is not changed.
    channels_first : bool
        Whether the axis of the one channel comes before rows and columns instead of after them.

    Returns
    -------
    numpy.ndarray
        A new array of float32 in [0, 1], shape (n, 28, 28, 1), or (n, 1, 28, 28) with `channels_first`.

    Raises
    ------
    DatasetError
        If `images` is anything but uint8 of that shape: the function's own output too, which a second call would make
        255 times too dark. If no gray level is above 1, or more than half of the outermost pixels are above 127:
        networks that learned bright ink on dark paper take neither for digits, and nothing would say so.

    Examples
    --------
    >>> images = np.full((2, 28, 28), 51, np.uint8)
    >>> preprocess(images).shape, preprocess(images, channels_first=True).shape
    ((2, 28, 28, 1), (2, 1, 28, 28))
    >>> preprocess(images)[0, 0, 0]
    array([0.2], dtype=float32)
    """
    repaired = _repaired(images)
    if repaired != "images":
        raise _refusal("images", _kind(images), IMAGES, f"Pass `{repaired}`.")
    scaled = np.divide(images, 255, dtype=np.float32, order="C")
    return np.expand_dims(scaled, 1 if channels_first else 3)


def _repaired(images: object) -> str:
    """Return the expression that makes of `images` what `preprocess` takes: "images", if they are that already."""

    def refusal(advice: str) -> DatasetError:
        return _refusal("images", _kind(images), IMAGES, advice)

    try:
        text, array = _as_array("images", images)
        if array.dtype.kind in "OSU":
            text, array = f"{text}.astype(float)", array.astype(float)
    except (TypeError, ValueError) as error:
        raise refusal("Pass one array of numbers, of images of one size.") from error
    if text == "images" and array.dtype == np.uint8 and array.shape == (0, 28, 28):
        return text
    if array.dtype.kind not in "biuf" or array.ndim == 0 or array.size == 0:
        raise refusal("There is no image in it: pass an array of one at least.")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise refusal("Pixels are not-a-number or infinite: find the step that made them, and pass what went into it.")
    in_channels = array.shape[1:] in ((28, 28, 1), (1, 28, 28))
    if in_channels and array.dtype.kind == "f" and 0 <= array.min() <= array.max() <= 1:
        raise refusal("These were preprocessed already: use them as they are.")

    if array.shape[-3:-1] == (28, 28) and array.shape[-1] in (3, 4):  # Colors, and maybe their opacity.
        text, array = f"{text}[..., :3].mean(axis=-1)", array[..., :3].mean(axis=-1)
    elif array.ndim == 2 and array.shape[1] == 785:  # A CSV file; pixels in the corners are 0, labels hardly ever all.
        part, array = ("1:", array[:, 1:]) if array[:, 0].any() else (":-1", array[:, :-1])
        text = f"{text}[:, {part}]"
    elif array.shape[1:] == (32, 32) and array[:, 2:30, 2:30].sum() == array.sum():  # Padded, as LeNet wants them.
        text, array = f"{text}[:, 2:30, 2:30]", array[:, 2:30, 2:30]
    axes = tuple(side for side in array.shape if side > 1)
    if not (axes[-2:] == (28, 28) and len(axes) <= 3 or axes[-1:] == (784,) and len(axes) <= 2):
        raise refusal("Their size is another: make each of 28 x 28 gray pixels, for example by Pillow's Image.resize.")
    if array.shape[1:] != (28, 28):
        text, array = f"{text}.reshape(-1, 28, 28)", array.reshape(-1, 28, 28)

    low, high = array.min(), array.max()
    if low < 0 or high > 255 or (array.dtype.kind == "f" and 1 < high < 2):
        advice = "do not tell how they were scaled: pass the ones before that, of 0 to 255, as load_mnist() returns them."
        raise refusal(f"Pixels from {low:.3g} to {high:.3g} {advice}")
    if 0 < high <= 1:
        factor = 255 if high > 1 / 128 else 255**2  # Darker ones have been divided by 255 twice.
        text, array = f"({factor} * {text})", factor * array
    if array.dtype.kind == "f":
        text, array = f"{text}.round()", array.round()
    if array.dtype != np.uint8:
        text, array = f"{text}.astype('uint8')", array.astype(np.uint8)
    rows, columns = array[:, [0, -1]], array[:, :, [0, -1]]
    return f"255 - {text}" if (rows > 127).mean() + (columns > 127).mean() > 1 else text


def one_hot(labels: ArrayLike, classes: int = 10) -> np.ndarray:
    """Encode each label as a row of zeros with a one at the label's position.

    Parameters
    ----------
    labels : array_like of int
        Shape (n,), from 0 to ``classes - 1``.
    classes : int
        The number of classes.

    Returns
    -------
    numpy.ndarray
        float32, shape (n, classes).

    Raises
    ------
    DatasetError
        If the labels are not integers of that shape and range, or `classes` is not a positive integer.

    Examples
    --------
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
        Shape (n,).
    validation : int
        How many of the examples to set aside, from 1 to n - 1.
    seed : int
        What ``numpy.random.default_rng`` starts from to draw the examples of each class. The same seed gives the same
        split; the default gives the one that the chapters share.

    Returns
    -------
    (x_train, y_train), (x_validation, y_validation) : tuple of two tuples of two numpy.ndarray
        New arrays of n - `validation` and of `validation` examples; together they hold each example once.

    Raises
    ------
    DatasetError
        If the labels are not integers of that shape, there is not one for each image, or `validation` or `seed` is not
        an integer in its range.

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
        advice = f"There are {len(array) if array.ndim else 'no'} images and {count} labels: pass a label for each image."
        if array.shape[:1] == (count,):
            advice = f"Pass `{text}`."
        raise _refusal("images", _kind(images), f"a NumPy array of shape ({count}, ...)", advice)
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
    expected = LABELS if classes is None else f"{LABELS}, from 0 to {classes - 1}"
    try:
        given, original = _as_array("labels", labels)
    except (TypeError, ValueError) as error:  # Rows of different lengths.
        raise _refusal("labels", _kind(labels), expected, "Pass one integer for each image.") from error
    text, array, got = given, original, f"{original.dtype} of shape {original.shape}"
    if array.dtype.kind in "OSU":
        try:
            text, array = f"{text}.astype(float)", array.astype(float)
        except (TypeError, ValueError) as error:
            advice = f"Number the names: pass `np.unique({text}, return_inverse=True)[1]`."
            raise _refusal("labels", got, expected, advice) from error
    if array.ndim == 2 and array.shape[1] > 1 and np.allclose(array.sum(axis=1), 1):  # One-hot rows, probabilities.
        text, array = f"{text}.argmax(axis=1)", array.argmax(axis=1)
    elif array.ndim != 1 and array.size == max(array.shape, default=1):
        text, array = f"{text}.ravel()", array.ravel()
    if array.ndim != 1 or array.dtype.kind not in "biuf":
        raise _refusal("labels", got, expected, "Pass one integer for each image, such as one column of a table.")
    if array.dtype.kind == "f" and not ((array == np.trunc(array)) & (abs(array) < 2**53)).all():
        advice = "Not all are whole numbers: pass the labels from before they were scaled, predicted or lost."
        raise _refusal("labels", got, expected, advice)
    if array.dtype.kind in "bf":
        text, array = f"{text}.astype(int)", array.astype(int)
    advice = "" if text == given else f"Pass `{text}`."
    if classes is not None and array.size and not 0 <= array.min() <= array.max() < classes:
        low, high = int(array.min()), int(array.max())
        got, advice = f"{got}, from {low} to {high}", "Correct the labels, or leave out their examples."
        if (low, high) == (1, classes):
            advice = f"If they count from 1, pass `{text} - 1`."
        elif 0 <= low < high < 1000:
            advice = f"If there are so many classes, use `one_hot({text}, classes={high + 1})`."
    if advice:
        raise _refusal("labels", got, expected, advice)
    return array


def _as_array(name: str, given: object) -> tuple[str, np.ndarray]:
    """Return an argument as an array, and the expression of that; pandas is known by its method, not imported."""
    if isinstance(given, np.ndarray):
        return name, given
    if hasattr(given, "to_numpy"):
        return f"{name}.to_numpy()", given.to_numpy()
    return f"np.array({name})", np.asarray(given)


def _kind(given: object) -> str:
    kind = given.dtype if isinstance(given, np.ndarray) else type(given).__name__
    return f"{kind} of shape {given.shape}" if hasattr(given, "shape") else kind


def _check_integer(name: str, number: object, low: int, high: float = math.inf) -> None:
    if isinstance(number, int | np.integer) and not isinstance(number, bool) and low <= number <= high:
        return
    expected = f"an integer, at least {low}" + (f" and at most {high}" if high < math.inf else "")
    advice = "Pass a number in this range."
    if isinstance(number, float | np.floating) and number == number // 1 and low <= number <= high:
        advice = f"Pass `int({name})`."
    elif name == "validation" and isinstance(number, float | np.floating) and low <= number * high < high:
        advice = "For a share of the images, pass `round(validation * len(images))`."
    raise _refusal(name, repr(number), expected, advice)


def _refusal(what: str, got: object, expected: str, advice: str) -> DatasetError:
    return DatasetError(f"{what}: got {got}; expected {expected}. {advice}")
