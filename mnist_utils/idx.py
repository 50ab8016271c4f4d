"""Read arrays from files of the format IDX, in which MNIST is published.

A file holds two zero bytes, one byte for the type of the items, one for the number of dimensions, each dimension as an
unsigned 32-bit integer, then the items. All numbers are big-endian.
"""

import hashlib
import io
import math
import os
import re
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from mnist_utils.refusal import refusal

IDX_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
PIECE = 1 << 16  # Bytes of a gzip file expanded at once: more would not stay in the processor's cache.
GZIP = b"\x1f\x8b"
FRESH = "Check that this is the file that you meant, and get a fresh copy of it."

# What people take for an IDX file: how it begins, what it is, and what to do. {} stands for the file as an expression.
FOREIGN = [
    (rb"\x1f\x8b", "a gzip file in a gzip file", "use `read_idx({}.read())`"),
    (rb"\x93NUMPY|PK\x03\x04.{26}[^/]*\.npy", "a file of NumPy", "use `np.load({})`"),
    (rb"PK\x03\x04", "a zip archive", "unzip it, and read the files in it"),
    (rb"version https://git-lfs", "a pointer of Git LFS", "run 'git lfs pull' in its repository"),
    (rb"\s*<", "a page of HTML or XML", "read it, for it may be an error message, and download the file again"),
    (rb".[\x08-\x0e]\0\0", "an IDX file in little-endian order", "write all its numbers as big-endian ones"),
]


class DatasetError(ValueError):
    """A file, images or labels that are refused."""


def read_idx(path_or_bytes: str | os.PathLike | bytes, *, sha256: str | None = None) -> np.ndarray:
    """Read an IDX file, or its content, of any of the six element types and of any rank, gzipped or not.

    The array is writable, in the byte order of the machine. A file that cannot be read, is no IDX file, holds less or
    more than its header claims, or whose uncompressed content has another SHA-256 than `sha256` raises DatasetError.
    It is expanded no further than its header claims.

    >>> read_idx(bytes([0, 0, 0x0B, 2, 0, 0, 0, 1, 0, 0, 0, 3, 0, 1, 0, 2, 255, 255]))
    array([[ 1,  2, -1]], dtype=int16)
    """
    name, stored = _stored(path_or_bytes)
    digest = hashlib.sha256()
    with ThreadPoolExecutor(max_workers=1) as thread:  # It hashes what is there while more is decompressed.
        take = _reader(stored, lambda piece: sha256 is None or thread.submit(digest.update, piece))
        try:
            array = _parse(take, name, path_or_bytes)
        except zlib.error as error:
            raise refusal(name, f"corrupt gzip data ({error})", "an intact gzip file", FRESH, DatasetError) from error
    if sha256 is not None and digest.hexdigest() != sha256.lower():
        raise refusal(name, f"content of SHA-256 {digest.hexdigest()}", sha256.lower(), FRESH, DatasetError)
    return array


def _stored(path_or_bytes: str | os.PathLike | bytes) -> tuple[str, bytes]:
    if isinstance(path_or_bytes, bytes | bytearray | memoryview):
        return "the bytes given", bytes(path_or_bytes)
    name = os.fsdecode(path_or_bytes)
    try:
        return name, Path(name).read_bytes()
    except (OSError, ValueError) as error:  # ValueError: the path has a null character.
        twin = name.removesuffix(".gz") if name.endswith(".gz") else f"{name}.gz"
        correct = f"Correct the path; a relative one starts from {Path.cwd()}."
        advice = f"Pass `{twin!r}`." if Path(twin).is_file() else correct
        raise refusal(name, error, "an IDX file that can be read", advice, DatasetError) from error


def _reader(stored: bytes, note: Callable[[bytes], object]) -> Callable[[int], np.ndarray]:
    """Return a function that gives the next `count` bytes of the content, gzipped or not, or fewer at its end."""
    stream, member = io.BytesIO(stored), zlib.decompressobj(wbits=31)

    def take_plain(count: int) -> np.ndarray:
        piece = stream.read(min(count, len(stored)))
        note(piece)
        return np.frombuffer(piece, np.uint8).copy()

    def take(count: int) -> np.ndarray:
        nonlocal member
        # Room for what gzip makes of images, in an array because NumPy asks for large pages; more only as data come.
        taken, filled = np.empty(min(count, 8 * len(stored)), np.uint8), 0
        while filled < count:
            packed = member.unconsumed_tail or member.unused_data or stream.read(PIECE)
            if member.eof:  # A gzip file may have several members; anything else is refused as one with a wrong header.
                if not packed:
                    break
                member = zlib.decompressobj(wbits=31)
            piece = member.decompress(packed, min(count - filled, 16 * PIECE))
            if not (packed or piece or member.eof):
                raise zlib.error("it ends too early")
            note(piece)
            if filled + len(piece) > len(taken):
                taken = np.concatenate((taken[:filled], np.empty(min(count - filled, filled + len(piece)), np.uint8)))
            taken[filled : filled + len(piece)] = np.frombuffer(piece, np.uint8)
            filled += len(piece)
        return taken[:filled]

    return take if stored[:2] == GZIP else take_plain


def _parse(take: Callable[[int], np.ndarray], name: str, path_or_bytes: object) -> np.ndarray:
    magic = take(4).tobytes()
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in IDX_TYPES:
        got = f"the first bytes {magic.hex(' ') or '(none)'}"
        expected = f"the magic number of IDX: 00 00, one of {bytes(IDX_TYPES).hex(' ')}, number of dimensions"
        raise refusal(name, got, expected, _advice(path_or_bytes, magic + take(8188).tobytes()), DatasetError)
    dtype, rank = np.dtype(IDX_TYPES[magic[2]]), magic[3]
    dimensions = take(4 * rank)
    if len(dimensions) < 4 * rank:
        expected = f"{4 * rank} bytes for the {rank} dimensions that its header claims"
        raise refusal(name, f"truncated dimensions of {len(dimensions)} bytes", expected, FRESH, DatasetError)
    shape = tuple(dimensions.view(">u4").tolist())
    size = math.prod(shape) * dtype.itemsize
    data = take(size)
    expected = f"{size:,} bytes for the shape {shape} and {dtype.itemsize} bytes an item that its header claims"
    if len(data) < size:
        little, advice = tuple(dimensions.view("<u4").tolist()), FRESH
        if math.prod(little) * dtype.itemsize == len(data):
            advice = f"The dimensions {little} are little-endian: write them, and all items, as big-endian numbers."
        raise refusal(name, f"truncated data of {len(data):,} bytes", expected, advice, DatasetError)
    if len(take(1)):  # This also reads a gzip file to its end, where its CRC is.
        raise refusal(name, f"data that go on after {size:,} bytes", expected, FRESH, DatasetError)
    try:
        array = data.view(dtype).reshape(shape)
    except ValueError as error:  # More dimensions than NumPy allows, or enormous ones beside one of 0.
        raise refusal(name, f"the shape {shape}", f"one that NumPy can hold ({error})", FRESH, DatasetError) from error
    return array.astype(dtype.newbyteorder("="), copy=False)


def _advice(path_or_bytes: object, content: bytes) -> str:
    """Return what to do with content that does not begin as IDX."""
    file = "path_or_bytes" if isinstance(path_or_bytes, str | os.PathLike) else "io.BytesIO(path_or_bytes)"
    file = f"gzip.open({file})" if _stored(path_or_bytes)[1].startswith(GZIP) else file
    for beginning, kind, advice in FOREIGN:
        if re.match(beginning, content, re.DOTALL):
            return f"It is {kind}: {advice.format(file)}."
    return FRESH
