"""The loader of MNIST and what prepares it.

MUTATIONS sets how many mutated inputs the fuzz test tries: ``MUTATIONS=10000 pytest tests/test_dataset.py -k mutated``.
"""

import contextlib
import gzip
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.extra.numpy import array_shapes, arrays

from mnist_utils import dataset
from mnist_utils.dataset import DatasetError, load_mnist, one_hot, preprocess, read_idx, split

TYPES = {0x08: "uint8", 0x09: "int8", 0x0B: "int16", 0x0C: "int32", 0x0D: "float32", 0x0E: "float64"}
CODES = {name: code for code, name in TYPES.items()}
ARRAYS = st.sampled_from(sorted(CODES)).flatmap(
    lambda name: arrays(name, array_shapes(min_dims=0, max_dims=5, min_side=0, max_side=5))
)
SMALL = np.arange(6, dtype=np.int16).reshape(2, 3)


def header(code, shape):
    return bytes([0, 0, code, len(shape)]) + b"".join(side.to_bytes(4, "big") for side in shape)


def idx(array):
    return header(CODES[array.dtype.name], array.shape) + array.astype(array.dtype.newbyteorder(">")).tobytes()


def refusal(function, *args, **kwargs):
    with pytest.raises(DatasetError) as caught:
        function(*args, **kwargs)
    return str(caught.value)


def followed(message, **arguments):
    """Return the value of the expression that a message puts between backticks: what a reader would do next."""
    names = {"np": np, "io": io, "gzip": gzip, "read_idx": read_idx, "one_hot": one_hot}
    return eval(message.split("`")[1], names | arguments)


@pytest.fixture(scope="module")
def mnist():
    return load_mnist()


# Reading IDX


@settings(deadline=None)
@given(ARRAYS, st.booleans())
def test_an_array_of_any_type_and_rank_comes_back_gzipped_or_not(array, gzipped):
    content = gzip.compress(idx(array)) if gzipped else idx(array)
    result = read_idx(content)
    assert result.dtype == array.dtype
    assert result.dtype.isnative
    assert result.shape == array.shape
    assert result.tobytes() == array.tobytes()  # bit for bit, whatever NaN there is
    assert result.flags.writeable


def test_numbers_are_read_as_big_endian():
    assert read_idx(header(0x0B, (2,)) + bytes([1, 2, 255, 254])).tolist() == [258, -2]
    assert read_idx(header(0x0C, ()) + bytes([0, 1, 0, 0])).tolist() == 65_536
    assert read_idx(header(0x0D, (1,)) + bytes([0x3F, 0x80, 0, 0])).tolist() == [1.0]
    assert read_idx(header(0x0E, (1,)) + bytes([0xC0, 0, 0, 0, 0, 0, 0, 0])).tolist() == [-2.0]


@pytest.mark.parametrize("kind", [str, Path])
@pytest.mark.parametrize("name", ["plain", "odd ü name.gz"])
def test_a_file_is_read_by_its_content_whatever_its_name(tmp_path, kind, name):
    path = tmp_path / name
    for content in (idx(SMALL), gzip.compress(idx(SMALL))):
        path.write_bytes(content)
        np.testing.assert_array_equal(read_idx(kind(path)), SMALL, strict=True)


def test_a_gzip_file_of_several_members_is_read():
    content = idx(SMALL)
    parts = [content[:3], b"", content[3:9], content[9:], b""]
    np.testing.assert_array_equal(read_idx(b"".join(map(gzip.compress, parts))), SMALL, strict=True)


def test_data_that_expand_a_hundredfold_are_read():
    array = np.zeros((1000, 2000), np.uint8)
    array[-1, -1] = 9
    packed = gzip.compress(idx(array))
    assert len(packed) < array.nbytes / 100
    np.testing.assert_array_equal(read_idx(packed), array, strict=True)


# Refusing what is no IDX file


@pytest.mark.parametrize("gzipped", [False, True])
@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (b"", ["the first bytes (none)", "magic number of IDX"]),
        (b"\0\0\x0a\0", ["the first bytes 00 00 0a 00", "magic number of IDX: 00 00, one of 08 09 0b 0c 0d 0e"]),
        (header(0x08, (2, 3))[:-1], ["truncated dimensions of 7 bytes", "8 bytes for the 2 dimensions"]),
        (idx(SMALL)[:-1], ["truncated data of 11 bytes", "12 bytes for the shape (2, 3) and 2 bytes an item"]),
        (idx(SMALL) + b"\0", ["data that go on after 12 bytes", "12 bytes for the shape (2, 3)"]),
        (header(0x08, (1,) * 65) + b"\0", ["the shape (1, 1, ", "one that NumPy can hold (", "64"]),
        (header(0x0E, (0, 2**32 - 1, 2**32 - 1)), ["the shape (0, 4294967295, 42", "one that NumPy can hold ("]),
    ],
)
def test_a_malformed_content_is_refused_with_what_was_got_and_expected(tmp_path, content, parts, gzipped):
    path = tmp_path / "some-file"
    path.write_bytes(gzip.compress(content) if gzipped else content)
    message = refusal(read_idx, path)
    assert message.startswith(f"{path}: got {parts[0]}")
    assert all(part in message for part in ["; expected ", *parts])
    assert message.endswith(". Check that this is the file that you meant, and get a fresh copy of it.")
    assert refusal(read_idx, path.read_bytes()).startswith(f"the bytes given: got {parts[0]}")


PACKED = gzip.compress(idx(SMALL), mtime=0)  # the same in each of pytest's processes


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (PACKED[:15], "it ends too early"),
        (PACKED[:-8], "it ends too early"),
        (PACKED + b"garbage", "incorrect header check"),
        (PACKED + b"\0\0", "incorrect header check"),
        (PACKED[:2] + b"\x07" + PACKED[3:], "unknown compression method"),
        (PACKED[:-8] + bytes([PACKED[-8] ^ 1]) + PACKED[-7:], "incorrect data check"),
        (PACKED[:-1] + b"\1", "incorrect length check"),
    ],
)
def test_a_corrupt_gzip_file_is_refused(tmp_path, content, reason):
    path = tmp_path / "some-file.gz"
    path.write_bytes(content)
    message = refusal(read_idx, path)
    assert message.startswith(f"{path}: got corrupt gzip data (")
    assert reason in message
    assert "; expected an intact gzip file. Check that this is the file that you meant, and get a fresh" in message


def test_a_wrong_checksum_is_refused_with_both_checksums():
    array = np.random.default_rng(0).integers(0, 256, 3_000_005, np.uint8)  # more than one piece
    right = hashlib.sha256(idx(array)).hexdigest()
    np.testing.assert_array_equal(read_idx(idx(array), sha256=right.upper()), array, strict=True)
    array[-1] += 1
    got = hashlib.sha256(idx(array)).hexdigest()
    for content in (idx(array), gzip.compress(idx(array), 1)):
        message = refusal(read_idx, content, sha256=right)
        assert message.startswith(f"the bytes given: got content of SHA-256 {got}; expected {right}. Check that")


def test_a_missing_file_is_refused_with_its_name_and_where_it_was_looked_for(tmp_path):
    message = refusal(read_idx, tmp_path / "absent-idx1-ubyte.gz")
    assert message.startswith(f"{tmp_path / 'absent-idx1-ubyte.gz'}: got [Errno 2] No such file")
    assert message.endswith(f"Correct the path; a relative one starts from {Path.cwd()}.")


@pytest.mark.parametrize(("there", "meant"), [("labels", "labels.gz"), ("labels.gz", "labels")])
def test_a_missing_file_that_is_there_with_or_without_gz_is_named(tmp_path, there, meant):
    (tmp_path / there).write_bytes(idx(SMALL))
    assert followed(refusal(read_idx, tmp_path / meant)) == str(tmp_path / there)


def packed_by(save, *args):
    file = io.BytesIO()
    save(file, *args)
    return file.getvalue()


ZIP = packed_by(lambda file: zipfile.ZipFile(file, "w").writestr("t10k-images-idx3-ubyte", idx(SMALL)))


@pytest.mark.parametrize("gzipped", [False, True])
@pytest.mark.parametrize("kind", [bytes, Path])
@pytest.mark.parametrize(
    "content",
    [gzip.compress(gzip.compress(idx(SMALL))), packed_by(np.save, SMALL), packed_by(lambda f: np.savez(f, x=SMALL))],
    ids=["gzip", "npy", "npz"],
)
def test_a_file_of_another_format_is_read_by_what_the_message_advises(tmp_path, content, kind, gzipped):
    path = tmp_path / "some-file"
    path.write_bytes(gzip.compress(content) if gzipped and content[:2] != b"\x1f\x8b" else content)
    given = path if kind is Path else path.read_bytes()
    result = followed(refusal(read_idx, given), path_or_bytes=given)
    np.testing.assert_array_equal(result if isinstance(result, np.ndarray) else result["x"], SMALL)


@pytest.mark.parametrize(
    ("content", "advice"),
    [
        (ZIP, "It is a zip archive: unzip it, and read the files in it."),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "It is a pointer of Git LFS: run 'git lfs pull'"),
        (b'\n<?xml version="1.0"?><Error><Code>AccessDenied', "It is a page of HTML or XML: read it"),
        (b"\1\x08\0\0\2\0\0\0ab", "It is an IDX file in little-endian order: write all its numbers as big-endian"),
        (b"\0\0\x08\2\2\0\0\0\3\0\0\0abcdef", "The dimensions (2, 3) are little-endian: write them"),
    ],
)
def test_a_file_that_no_expression_reads_is_refused_with_what_it_is_and_what_to_do(content, advice):
    for given_bytes in (content, gzip.compress(content)):
        assert f". {advice}" in refusal(read_idx, given_bytes)


@pytest.mark.parametrize("path", [".", "null\0character"])
def test_a_path_that_cannot_be_opened_is_refused(path):
    assert refusal(read_idx, path).startswith(f"{path}: got ")


# Memory may be so many times the input or its expanded content, plus what zlib, buffers and messages need.
BOUND, CONSTANT = 12, 150_000


def memory_of(function):
    """Return the most memory in bytes that Python and NumPy held during a call, and the call's result or error."""
    tracemalloc.start()
    try:
        outcome = function()
    except DatasetError as error:
        outcome = error
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return peak, outcome


@pytest.mark.parametrize("gzipped", [False, True])
@pytest.mark.parametrize("shape", [(2**32 - 1,), (60_000, 28, 28), (2**32 - 1,) * 64])
def test_a_tiny_file_that_claims_to_be_huge_costs_nothing(shape, gzipped):
    content = header(0x0E, shape) + b"few data"
    content = gzip.compress(content) if gzipped else content
    peak, error = memory_of(lambda: read_idx(content))
    assert "truncated data of 8 bytes" in str(error)
    assert peak < CONSTANT


def test_a_gzip_bomb_is_expanded_no_further_than_its_header_claims():
    bomb = gzip.compress(header(0x08, (1000,)) + bytes(50_000_000), 9)
    peak, error = memory_of(lambda: read_idx(bomb))
    assert "data that go on after 1,000 bytes" in str(error)
    assert peak < 8 * len(bomb) + CONSTANT


# Mutations

SIDES = (0, 1, 2, 8, 28, 255, 256, 65_535, 10**6, 2**24, 2**31 - 1, 2**31, 2**32 - 1)
FIELDS = [side.to_bytes(4, "big") for side in SIDES]
MAGIC = st.builds(lambda code, rank: bytes([0, 0, code, rank]), st.integers(7, 15), st.integers(0, 255))
PLACES, LENGTHS = st.integers(0, 1 << 11), st.integers(0, 20)
MUTATION = st.one_of(  # a place, how many bytes are taken out, and what is put in
    st.tuples(PLACES, LENGTHS, st.binary(max_size=20)),
    st.tuples(PLACES, st.just(1 << 20), st.just(b"") | st.builds(bytes, st.integers(1, 160_000))),
    st.tuples(st.sampled_from([4, 8, 12, 16, 20]), st.just(4), st.sampled_from(FIELDS)),
    st.tuples(st.just(0), st.just(4), MAGIC),
)


def mutate(content, mutations):
    for place, count, new in mutations:
        place %= len(content) + 1
        content = content[:place] + new + content[place + count :]
    return content


def expand(content):
    """Return as much as can be decompressed of content that is gzipped and may be damaged, or else the content."""
    if content[:2] != b"\x1f\x8b":
        return content
    # Zeros behind a member that is cut short may stand for matches: a byte of them for two thousand, so no copies.
    expanded, member = bytearray(), zlib.decompressobj(wbits=31)
    with contextlib.suppress(zlib.error):
        for byte in content:
            if member.eof:
                member = zlib.decompressobj(wbits=31)
            expanded += member.decompress(bytes([byte]))
    return expanded


@settings(max_examples=int(os.environ.get("MUTATIONS", "500")), deadline=None, suppress_health_check=[*HealthCheck])
@given(ARRAYS, st.lists(MUTATION, max_size=3), st.booleans(), st.lists(MUTATION, max_size=2))
def test_a_mutated_input_gives_the_documented_error_or_what_it_holds_in_bounded_memory(
    array, mutations, gzipped, gzip_mutations
):
    given_bytes = mutate(idx(array), mutations)
    if gzipped:
        given_bytes = mutate(gzip.compress(given_bytes, 9), gzip_mutations)
    peak, outcome = memory_of(lambda: read_idx(given_bytes))
    content = expand(given_bytes)
    if isinstance(outcome, DatasetError):
        assert str(outcome).startswith("the bytes given: got ")
        assert "; expected " in str(outcome)
    else:
        assert content == idx(outcome)  # nothing is lost, added or misread
    assert peak < BOUND * max(len(given_bytes), len(content)) + CONSTANT


# MNIST itself


def test_mnist_is_what_keras_returns(mnist):
    (x_train, y_train), (x_test, y_test) = mnist
    assert (x_train.shape, y_train.shape) == ((60_000, 28, 28), (60_000,))
    assert (x_test.shape, y_test.shape) == ((10_000, 28, 28), (10_000,))
    assert {part.dtype for part in (x_train, y_train, x_test, y_test)} == {np.dtype("uint8")}
    assert np.bincount(y_train).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(y_test).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert (int(x_train.sum(dtype=np.int64)), int(x_test.sum(dtype=np.int64))) == (1_567_298_545, 264_923_200)
    assert [type(part) for part in (mnist, *mnist)] == [tuple] * 3
    assert all(part.flags.writeable and part.flags.c_contiguous for pair in mnist for part in pair)
    # Rows come before columns: the first image of each file, read by hand.
    for images, part in ((x_train, "train"), (x_test, "t10k")):
        content = gzip.decompress((dataset.DATA_FOLDER / f"{part}-images-idx3-ubyte.gz").read_bytes())
        assert images[0].tobytes() == content[16 : 16 + 28 * 28]


def test_two_loads_share_no_memory(mnist):
    for first, second in zip(sum(mnist, ()), sum(load_mnist(), ()), strict=True):
        assert not np.shares_memory(first, second)
        np.testing.assert_array_equal(first, second)


def test_loading_needs_neither_keras_nor_a_network_nor_a_certain_folder(tmp_path):
    code = """if True:
        import socket, sys
        def refuse(*args): raise AssertionError("network")
        socket.socket.connect = socket.getaddrinfo = refuse
        from mnist_utils.dataset import load_mnist
        print(load_mnist()[0][1][:3].tolist(), sorted({"keras", "tensorflow", "torch"} & set(sys.modules)))"""
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (run.stdout.strip(), run.stderr, run.returncode) == ("[5, 0, 4] []", "", 0)


@pytest.mark.parametrize("name", dataset.MNIST_SHA256)
def test_load_mnist_refuses_a_file_that_is_not_the_published_one(tmp_path, monkeypatch, name):
    for file in dataset.DATA_FOLDER.glob("*.gz"):
        shutil.copy(file, tmp_path)
    monkeypatch.setattr(dataset, "DATA_FOLDER", tmp_path)
    other = {"train": "t10k", "t10k": "train"}[name[:5].rstrip("-")] + name[name.index("-") :]
    shutil.copy(tmp_path / f"{other}.gz", tmp_path / f"{name}.gz")  # a valid file, but another one
    message = refusal(load_mnist)
    assert message.startswith(f"{tmp_path / name}.gz: got content of SHA-256 {dataset.MNIST_SHA256[other]}")
    assert f"expected {dataset.MNIST_SHA256[name]}. 'git checkout -- mnist_utils/data', or" in message
    (tmp_path / f"{name}.gz").unlink()
    message = refusal(load_mnist)
    assert message.startswith(f"{tmp_path / name}.gz: got [Errno 2] No such file")
    assert "'git checkout -- mnist_utils/data', or" in message


def test_the_readme_of_the_data_states_the_size_and_checksum_of_each_file():
    text = (dataset.DATA_FOLDER / "README.md").read_text(encoding="utf-8")
    for name, checksum in dataset.MNIST_SHA256.items():
        packed = (dataset.DATA_FOLDER / f"{name}.gz").read_bytes()
        assert f"| `{name}.gz` | {len(packed):,} | {len(gzip.decompress(packed)):,} | `{checksum}` |" in text


# preprocess


def with_dark_margins(images):
    images[:, [0, -1]] = images[:, :, [0, -1]] = 0
    images[:, 14, 14] = 200
    return images


IMAGES = arrays(np.uint8, st.integers(0, 4).map(lambda n: (n, 28, 28))).map(with_dark_margins)


@settings(deadline=None)
@given(IMAGES, st.booleans())
def test_preprocess_divides_by_255_and_adds_the_channel(images, channels_first):
    images, before = np.asfortranarray(images), images.copy()
    result = preprocess(images, channels_first)
    n = len(images)
    assert result.dtype == np.float32
    assert result.shape == ((n, 1, 28, 28) if channels_first else (n, 28, 28, 1))
    assert result.flags.c_contiguous
    np.testing.assert_array_equal(result.reshape(n, 28, 28), images.astype(np.float32) / np.float32(255))
    np.testing.assert_array_equal(images, before)
    assert not np.shares_memory(result, images)


def colored(digits, channels=3):
    return np.repeat(digits[..., None], channels, axis=-1)


def table(digits):
    return digits.reshape(-1, 784).astype(np.int64)


NUMBERS = np.arange(1, 6)[:, None]
UNFIT = {
    "one image": lambda digits: digits[0],
    "rows": lambda digits: digits.reshape(-1, 784),
    "rows of int64 with the label in front": lambda digits: np.hstack([NUMBERS, table(digits)]),
    "rows of int64 with the label behind": lambda digits: np.hstack([table(digits), NUMBERS]),
    "a data frame": lambda digits: pd.DataFrame(table(digits)),
    "a data frame with labels": lambda digits: pd.DataFrame(np.hstack([NUMBERS, table(digits)])),
    "a data frame of floats in [0, 1], inverted": lambda digits: pd.DataFrame(1 - table(digits) / 255),
    "a list of images": list,
    "int64": lambda digits: digits.astype(np.int64),
    "int32, inverted": lambda digits: 255 - digits.astype(np.int32),
    "floats in [0, 1]": lambda digits: digits / 255,
    "one picture as plt.imread gives it": lambda digits: (digits[0] / 255).astype(np.float32),
    "with a channel": lambda digits: digits[..., None],
    "with the channel first": lambda digits: digits[:, None],
    "RGB": colored,
    "RGBA": lambda digits: colored(digits, 4),
    "one RGB picture of floats, inverted": lambda digits: 1 - colored(digits)[0] / 255,
    "black on transparent": lambda digits: np.concatenate((colored(0 * digits), digits[..., None]), axis=-1),
    "inverted": lambda digits: 255 - digits,
}


@pytest.mark.parametrize("kind", UNFIT)
def test_preprocess_takes_what_its_message_advises_for(mnist, kind):
    digits = mnist[1][0][:5]
    images = UNFIT[kind](digits)
    message = refusal(preprocess, images)
    assert "; expected a NumPy array of uint8 and shape (n, 28, 28), from" in message
    result = preprocess(followed(message, images=images))
    assert len(result) == (1 if "one" in kind else 5)
    np.testing.assert_array_equal(result, preprocess(digits)[: len(result)])


@pytest.mark.parametrize("dtype", [bool, np.uint8, np.int8, np.int64, np.float32])
def test_preprocess_takes_what_its_message_advises_for_black_and_white_images(mnist, dtype):
    binary = mnist[1][0][:5] > 127
    images = binary.astype(dtype)
    result = preprocess(followed(refusal(preprocess, images), images=images))
    np.testing.assert_array_equal(result[..., 0], binary.astype(np.float32))


STEPS = np.linspace(0, 1, 784).reshape(1, 28, 28)


@pytest.mark.parametrize(
    ("images", "got", "advice"),
    [
        (preprocess(np.zeros((1, 28, 28), np.uint8)), "float32 of shape (1, 28, 28, 1)", "use them as they are."),
        (preprocess(np.zeros((1, 28, 28), np.uint8), True), "float32 of shape (1, 1, 28, 28)", "use them as they are."),
        (STEPS * 3.2 - 0.4, "float64 of shape (1, 28, 28)", "Pixels from -0.4 to 2.8 do not tell"),
        (STEPS * 1.5, "float64 of shape (1, 28, 28)", "Pixels from 0 to 1.5 do not tell"),
        (STEPS / 255, "float64 of shape (1, 28, 28)", "Pixels from 0 to 0.00392 do not tell"),
        ((STEPS * 65_535).astype(np.uint16), "uint16 of shape (1, 28, 28)", "Pixels from 0 to 6.55e+04 do not tell"),
        (np.full((2, 28, 28), np.nan), "float64 of shape (2, 28, 28)", "Pixels are not-a-number or infinite: find"),
        (np.full((2, 28, 28), -np.inf), "float64 of shape (2, 28, 28)", "Pixels are not-a-number or infinite: find"),
        (np.ones((2, 32, 32), np.uint8), "uint8 of shape (2, 32, 32)", "make each of 28 x 28 gray pixels"),
        (np.zeros((480, 640, 3), np.uint8), "uint8 of shape (480, 640, 3)", "make each of 28 x 28 gray pixels"),
        (np.zeros((0, 784), np.uint8), "uint8 of shape (0, 784)", "There is no image in it"),
        ("five.png", "str", "There is no image in it"),
    ],
)
def test_preprocess_refuses_what_no_expression_repairs(images, got, advice):
    message = refusal(preprocess, images)
    assert message.startswith(f"images: got {got}; expected a NumPy array of uint8 and shape (n, 28, 28), from")
    assert advice in message
    assert "`" not in message


def test_no_image_of_mnist_is_taken_for_inverted_or_black_and_white(mnist):
    for images, _ in mnist:
        margins = np.concatenate((images[:, [0, -1]].reshape(-1, 56), images[:, :, [0, -1]].reshape(-1, 56)), axis=1)
        assert (margins > 127).mean(axis=1).max() < 0.05
        assert images.max(axis=(1, 2)).min() > 250


# one_hot


@settings(deadline=None)
@given(st.integers(1, 20).flatmap(lambda k: st.tuples(st.just(k), st.lists(st.integers(0, k - 1), min_size=1))))
def test_one_hot_has_its_one_at_the_label(case):
    classes, labels = case
    for given_labels in (labels, np.array(labels, np.uint8), np.array(labels, np.int64)):
        result = one_hot(given_labels, classes)
        assert (result.dtype, result.shape) == (np.dtype("float32"), (len(labels), classes))
        assert result.argmax(axis=1).tolist() == labels
        assert np.count_nonzero(result) == result.sum() == len(labels)


def test_one_hot_has_ten_classes_unless_told():
    np.testing.assert_array_equal(one_hot(np.arange(10, dtype=np.uint8)), np.eye(10, dtype=np.float32), strict=True)
    assert one_hot(np.array([], np.uint8)).shape == (0, 10)


RIGHT = [1, 0, 3, 3]


@pytest.mark.parametrize("encode", [one_hot, lambda labels: split(np.arange(4), labels, 2)[1][1]])
@pytest.mark.parametrize(
    "labels",
    [
        np.array(RIGHT, float),
        ["1", "0", "3", "3"],
        np.array(["1", "0", "3", "3"], object),
        pd.Series(RIGHT, dtype=float),
        pd.DataFrame({"label": RIGHT}),
        np.array(RIGHT)[:, None],
        np.eye(10)[RIGHT],
        pd.DataFrame(np.eye(10, dtype=bool)[RIGHT]),
        0.5 * np.eye(10)[RIGHT] + 0.05,
        np.eye(10, dtype=int)[RIGHT].tolist(),
    ],
)
def test_labels_are_taken_as_the_message_advises(labels, encode):
    message = refusal(encode, labels)
    assert "; expected integers of shape (n,)" in message
    np.testing.assert_array_equal(encode(followed(message, labels=labels)), encode(RIGHT))


def test_a_scalar_and_booleans_and_names_are_taken_as_the_message_advises():
    for labels, right in ((7, [7]), (7.0, [7]), ([True, False], [1, 0]), (["cat", "dog", "cat"], [0, 1, 0])):
        assert followed(refusal(one_hot, labels), labels=labels).tolist() == right


@pytest.mark.parametrize("labels", [pd.Series(RIGHT), RIGHT, tuple(RIGHT), pd.Series(RIGHT, index=[9, 8, 7, 6])])
def test_labels_of_a_series_a_list_or_a_tuple_are_taken_as_they_are(labels):
    np.testing.assert_array_equal(one_hot(labels), one_hot(np.array(RIGHT)))


@pytest.mark.parametrize("kind", [np.array, list, lambda labels: np.array(labels, float)[:, None], pd.Series])
def test_labels_that_count_from_one_are_taken_as_the_message_advises(kind):
    labels = kind(range(1, 27))
    message = refusal(one_hot, labels, 26)
    assert "from 1 to 26; expected integers of shape (n,), from 0 to 25. If they count from 1, pass `" in message
    np.testing.assert_array_equal(one_hot(followed(message, labels=labels), 26), np.eye(26))


@pytest.mark.parametrize("labels", [[0, 10], np.array([[10.0]]), pd.Series([4, 10])])
def test_a_label_above_the_classes_is_encoded_as_the_message_advises(labels):
    message = refusal(one_hot, labels)
    assert "to 10; expected integers of shape (n,), from 0 to 9. If there are so many classes, use `" in message
    np.testing.assert_array_equal(followed(message, labels=labels), one_hot(np.ravel(labels).astype(int), 11))


@pytest.mark.parametrize(
    ("arguments", "message", "advice"),
    [
        (([-1, 3],), "labels: got int64 of shape (2,), from -1 to 3; expected integers", "Correct the labels"),
        (([2**64 - 1],), "labels: got uint64 of shape (1,), from 18446744073709551615", "Correct the labels"),
        (([0.5, 1.0],), "labels: got float64 of shape (2,)", "Not all are whole numbers"),
        (([np.nan, 1.0],), "labels: got float64 of shape (2,)", "Not all are whole numbers"),
        ((None,), "labels: got object of shape ()", "Not all are whole numbers"),
        ((np.full((3, 2), 3),), "labels: got int64 of shape (3, 2)", "such as a column of a table"),
        (([1j],), "labels: got complex128 of shape (1,)", "Pass one integer an image"),
        (([[1], [2, 3]],), "labels: got list (setting an array element with a", "Make its parts equal"),
        (([0], 0), "classes: got 0; expected an integer, at least 1.", "Pass a number in this range."),
        (([0], True), "classes: got True; expected an integer, at least 1.", "Pass a number in this range."),
        (([0], 2.0), "classes: got 2.0; expected an integer, at least 1.", "Pass `int(classes)`."),
    ],
)
def test_one_hot_refuses_what_are_not_labels(arguments, message, advice):
    refused = refusal(one_hot, *arguments)
    assert refused.startswith(message)
    assert advice in refused


# split


def numbered(labels):
    """Return images that carry the position of their label, so that it can be told what went where."""
    return np.arange(len(labels), dtype=np.int64).reshape(-1, 1, 1)


@settings(deadline=None)
@given(st.data(), st.lists(st.integers(0, 9), min_size=2, max_size=200), st.integers(0, 2**32))
def test_split_is_disjoint_complete_exact_and_stratified(data, labels, seed):
    labels = np.array(labels, np.uint8)
    validation = data.draw(st.integers(1, len(labels) - 1))
    images = numbered(labels)
    (x_train, y_train), (x_validation, y_validation) = split(images, labels, validation, seed=seed)
    assert len(x_validation) == len(y_validation) == validation
    assert sorted([*x_train.ravel(), *x_validation.ravel()]) == list(range(len(labels)))
    np.testing.assert_array_equal(labels[x_train.ravel()], y_train, strict=True)
    np.testing.assert_array_equal(labels[x_validation.ravel()], y_validation, strict=True)
    for x in (x_train, x_validation):
        assert (np.diff(x.ravel()) > 0).all()  # in the order of the input
        assert not np.shares_memory(x, images)
    for label in range(10):
        share = np.count_nonzero(labels == label) * validation / len(labels)
        assert abs(np.count_nonzero(y_validation == label) - share) < 1


def test_split_gives_what_rounding_leaves_to_the_largest_remainders():
    labels = np.repeat([3, 5, 8], [5, 4, 1])  # shares of 4 in 10: 2.0, 1.6, 0.4
    assert np.bincount(split(numbered(labels), labels, 4)[1][1]).tolist() == [0, 0, 0, 2, 0, 2]
    labels = np.repeat([3, 5, 8], [2, 2, 2])  # equal remainders: the smaller labels come first
    assert split(numbered(labels), labels, 2)[1][1].tolist() == [3, 5]


def test_split_draws_other_examples_with_another_seed():
    labels = np.repeat(np.arange(10), 100)
    chosen = [split(numbered(labels), labels, 500, seed=seed)[1][0].ravel().tolist() for seed in (0, 1)]
    assert chosen[0] != chosen[1]
    assert 200 < len(set(chosen[0]) & set(chosen[1])) < 300  # 250 of 500 are expected by chance


def test_split_of_mnist_sets_ten_thousand_aside_as_the_chapters_and_stored_results_expect(mnist):
    (x_train, y_train), _ = mnist
    (x_rest, _), (x_validation, y_validation) = split(x_train, y_train)
    assert (x_rest.shape, x_validation.shape) == ((50_000, 28, 28), (10_000, 28, 28))
    assert np.bincount(y_validation).tolist() == [987, 1124, 993, 1022, 974, 904, 986, 1044, 975, 991]
    positions = split(numbered(y_train), y_train)[1][0].ravel()
    assert positions[:8].tolist() == [7, 9, 12, 13, 19, 21, 22, 25]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"validation": 0}, "validation: got 0; expected an integer, at least 1 and at most 9."),
        ({"validation": 10}, "validation: got 10; expected an integer, at least 1 and at most 9."),
        ({"validation": 0.2}, "validation: got 0.2; expected an integer"),
        ({"validation": True}, "validation: got True; expected an integer"),
        ({"seed": None}, "seed: got None; expected an integer, at least 0."),
        ({"seed": -1}, "seed: got -1; expected an integer, at least 0."),
        (
            {"images": np.ones(9)},
            "images: got float64 of shape (9,); expected a NumPy array of shape (10, ...). 9 images",
        ),
        ({"images": np.array(1)}, "images: got int64 of shape (); expected a NumPy array of shape (10, ...). No im"),
        ({"images": [[1], [1, 2]]}, "images: got list (setting an array element with a sequence."),
    ],
)
def test_split_refuses_what_it_cannot_split(changes, message):
    arguments = {"images": np.zeros((10, 28, 28)), "labels": np.arange(10), "validation": 5, "seed": 0} | changes
    assert refusal(split, **arguments).startswith(message)


@pytest.mark.parametrize("images", [pd.DataFrame(np.eye(10)), np.eye(10).tolist()])
def test_split_takes_images_as_the_message_advises(images):
    result = split(followed(refusal(split, images, range(10), 5), images=images), range(10), 5)
    np.testing.assert_array_equal(result[1][0], split(np.eye(10), range(10), 5)[1][0])


def test_split_sets_a_share_aside_as_the_message_advises():
    images = np.arange(10)
    assert followed(refusal(split, images, images, 0.2), images=images, validation=0.2) == 2
    assert followed(refusal(split, images, images, 5.0), validation=5.0) == 5
    assert "`" not in refusal(split, images, images, 0.01)
