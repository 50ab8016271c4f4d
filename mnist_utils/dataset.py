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
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

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

# Memory grows with what a file holds, not with what its header claims: at first to no more than this many times the
# size of a gzip file (that of the images of MNIST is a fifth of theirs), then it doubles as long as there are data.
EXPANSION = 8
PIECE = 1 << 21  # Bytes of content read at once, at most, and hashed at once, at least.
FEED = 1 << 16  # Bytes of a gzip file read at once: more would not stay in the processor's cache.

CHECK = "Check that this is the file that you meant."
RESTORE = "Get a fresh copy; 'git checkout -- mnist_utils/data', or installing again, restores the package's own files."


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
        x_train, y_train, x_test, y_test = pool.map(_load_shipped, MNIST_SHA256)
    return (x_train, y_train), (x_test, y_test)


def verify_data() -> Iterator[tuple[Path, DatasetError | None]]:
    """Check the four files that ship with the package, one by one.

    Yields
    ------
    path : pathlib.Path
        The file.
    error : DatasetError or None
        What is wrong with it, or None if its content is, bit for bit, the published one.

    Examples
    --------
    >>> [path.name for path, error in verify_data() if error is not None]
    []
    """
    for name in MNIST_SHA256:
        error = None
        try:
            _load_shipped(name)
        except DatasetError as caught:
            error = caught
        yield DATA_FOLDER / f"{name}.gz", error


def _load_shipped(name: str) -> np.ndarray:
    return read_idx(DATA_FOLDER / f"{name}.gz", sha256=MNIST_SHA256[name])


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
        If the file is missing or cannot be read, is corrupt as gzip, begins with another magic number, has an unknown
        type code, holds less or more than its header claims, has a shape that NumPy cannot hold, or another SHA-256
        than `sha256`. This costs memory for what the file holds, expanded no further than its header claims, and none
        for what it only claims to hold.

    Examples
    --------
    >>> read_idx(bytes([0, 0, 0x0B, 2, 0, 0, 0, 1, 0, 0, 0, 3, 0, 1, 0, 2, 255, 255]))
    array([[ 1,  2, -1]], dtype=int16)
    >>> read_idx(DATA_FOLDER / "t10k-labels-idx1-ubyte.gz")[:5]
    array([7, 2, 1, 0, 4], dtype=uint8)
    """
    name, stream = _open(path_or_bytes)
    digest = hashlib.sha256()
    # The thread hashes what is there while more is decompressed. Hashing takes a quarter as long as decompressing, and
    # about as long on processors without instructions for SHA-256.
    with stream, ThreadPoolExecutor(max_workers=1) as thread:
        try:
            stored = stream.seek(0, os.SEEK_END)
            stream.seek(0)
            gzipped = stream.read(2) == b"\x1f\x8b"
            stream.seek(0)
            content = _GzipReader(stream) if gzipped else stream
            likely = EXPANSION * stored if gzipped else stored

            def hash_aside(part: np.ndarray) -> None:
                if sha256 is not None:
                    thread.submit(digest.update, part)

            def take(count: int) -> np.ndarray:
                taken = np.empty(min(count, likely), np.uint8)
                filled = hashed = 0
                while piece := content.read(min(len(taken) - filled, PIECE)):
                    taken[filled : filled + len(piece)] = np.frombuffer(piece, np.uint8)
                    filled += len(piece)
                    if filled == len(taken) < count:
                        taken = np.concatenate((taken, np.empty(min(filled, count - filled), np.uint8)))
                    if filled - hashed >= PIECE:  # To hand over each small piece would cost more than it hides.
                        hash_aside(taken[hashed:filled])
                        hashed = filled
                hash_aside(taken[hashed:filled])
                return taken[:filled]

            array = _parse(take, name)
        except zlib.error as error:
            raise _refusal(name, f"corrupt gzip data ({error})", "an intact gzip file", RESTORE) from error
        except OSError as error:
            raise _refusal(name, error, "a file that can be read to its end", RESTORE) from error
    if sha256 is not None and digest.hexdigest() != sha256.lower():
        raise _refusal(name, f"content of SHA-256 {digest.hexdigest()}", sha256.lower(), RESTORE)
    return array


def _open(path_or_bytes: object) -> tuple[str, BinaryIO]:
    if isinstance(path_or_bytes, bytes | bytearray | memoryview):
        return "the bytes given", io.BytesIO(path_or_bytes)
    if not isinstance(path_or_bytes, str | os.PathLike):
        expected = "a str or os.PathLike, or bytes"
        raise _refusal("path_or_bytes", type(path_or_bytes).__name__, expected, "Pass a file's path or its content.")
    name = os.fsdecode(path_or_bytes)
    try:
        return name, open(path_or_bytes, "rb")
    except (OSError, ValueError) as error:  # ValueError: the path has a null character.
        raise _refusal(name, error, "an IDX file that can be opened", f"{CHECK} {RESTORE}") from error


class _GzipReader:
    """As `gzip.GzipFile`, the CRC checked too, but zlib alone does the work: a quarter less time in Python 3.11."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream, self.member = stream, zlib.decompressobj(wbits=31)

    def read(self, count: int) -> bytes:
        """Return at least one of the next bytes and at most `count` of them, or none at the end."""
        piece = b""
        while count and not piece:
            finished = self.member.eof
            compressed = self.member.unconsumed_tail or self.member.unused_data or self.stream.read(FEED)
            if finished and not compressed:
                break
            if finished:  # A gzip file may have several members; anything else is refused as one with a wrong header.
                self.member = zlib.decompressobj(wbits=31)
            piece = self.member.decompress(compressed, count)
            if not (compressed or piece or self.member.eof):
                raise zlib.error("it ends too early")
        return piece


def _parse(take: Callable[[int], np.ndarray], name: str) -> np.ndarray:
    """Build the array from content of which `take(count)` gives the next `count` bytes, or fewer at its end."""
    magic = take(4).tobytes()
    if len(magic) < 4 or magic[:2] != b"\0\0":
        expected = "the magic number of IDX: 00 00, type code, number of dimensions"
        raise _refusal(name, f"the first bytes {magic.hex(' ') or '(none)'}", expected, f"{CHECK} {RESTORE}")
    if magic[2] not in IDX_TYPES:
        known = ", ".join(f"0x{code:02x}" for code in IDX_TYPES)
        raise _refusal(name, f"type code 0x{magic[2]:02x}", f"one of {known}", f"{CHECK} {RESTORE}")
    dtype, rank = np.dtype(IDX_TYPES[magic[2]]), magic[3]
    dimensions = take(4 * rank)
    if len(dimensions) < 4 * rank:
        expected = f"{4 * rank} bytes for the {rank} dimensions that its header claims"
        raise _refusal(name, f"truncated dimensions of {len(dimensions)} bytes", expected, RESTORE)
    shape = tuple(dimensions.view(">u4").tolist())
    size = math.prod(shape) * dtype.itemsize
    data = take(size)
    expected = f"{size:,} bytes for the shape {shape} and {dtype.itemsize} bytes an item that its header claims"
    if len(data) < size:
        raise _refusal(name, f"truncated data of {len(data):,} bytes", expected, RESTORE)
    if len(take(1)):  # This also reads a gzip file to its end, where its CRC is.
        raise _refusal(name, f"data that go on after {size:,} bytes", expected, RESTORE)
    try:
        array = data.view(dtype).reshape(shape)
    except ValueError as error:  # More dimensions than NumPy allows, or enormous ones beside one of 0.
        raise _refusal(name, f"the shape {shape}", f"one that NumPy can hold ({error})", CHECK) from error
    return array.astype(dtype.newbyteorder("="), copy=False)


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
        If `images` is anything but uint8 of that shape. Floats are refused so that a second call, on the function's
        own output, is an error: a notebook cell with ``images = images / 255`` that is run twice gives images 255
        times too dark, and nothing says so.

    Examples
    --------
    >>> images = np.full((2, 28, 28), 51, np.uint8)
    >>> preprocess(images).shape, preprocess(images, channels_first=True).shape
    ((2, 28, 28, 1), (2, 1, 28, 28))
    >>> preprocess(images)[0, 0, 0]
    array([0.2], dtype=float32)
    """
    got = f"{images.dtype} of shape {images.shape}" if isinstance(images, np.ndarray) else type(images).__name__
    if not isinstance(images, np.ndarray) or images.dtype != np.uint8 or images.shape[1:] != (28, 28):
        advice = "Pass images as load_mnist() returns them (a single one as images[:1]), and only once."
        raise _refusal("images", got, "a NumPy array of uint8 and shape (n, 28, 28)", advice)
    scaled = np.divide(images, 255, dtype=np.float32, order="C")
    return np.expand_dims(scaled, 1 if channels_first else 3)


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
    labels = _integer_labels(labels)
    _check_integer("classes", classes, 1)
    if labels.size and not 0 <= labels.min() <= labels.max() < classes:
        got, advice = f"{labels.min()} to {labels.max()}", "Correct the labels, or pass their number of classes."
        raise _refusal("labels", got, f"0 to {classes - 1}", advice)
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
    labels = _integer_labels(labels)
    count = len(labels)
    shape = images.shape if isinstance(images, np.ndarray) else type(images).__name__
    if not isinstance(images, np.ndarray) or images.shape[:1] != (count,):
        raise _refusal("images", shape, f"a NumPy array of shape ({count}, ...)", "Pass as many images as labels.")
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


def _integer_labels(labels: ArrayLike) -> np.ndarray:
    expected, advice = "integers of shape (n,)", "Pass the digits themselves, not their one-hot rows or probabilities."
    try:
        array = np.asarray(labels)
    except ValueError as error:  # Rows of different lengths.
        raise _refusal("labels", error, expected, advice) from error
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise _refusal("labels", f"{array.dtype} of shape {array.shape}", expected, advice)
    return array


def _check_integer(name: str, number: object, low: int, high: float = math.inf) -> None:
    if not isinstance(number, int | np.integer) or isinstance(number, bool) or not low <= number <= high:
        expected = f"an integer, at least {low}" + (f" and at most {high}" if high < math.inf else "")
        raise _refusal(name, repr(number), expected, f"Pass another number as `{name}`.")


def _refusal(what: str, got: object, expected: str, advice: str) -> DatasetError:
    return DatasetError(f"{what}: got {got}; expected {expected}. {advice}")
