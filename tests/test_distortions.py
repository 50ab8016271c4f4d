"""`mnist_utils.distortions` changes as many pixels as it says, in new arrays, and refuses what is not an image."""

import keras
import numpy as np
import pandas as pd
import pytest
import scipy.ndimage

from mnist_utils.dataset import load_mnist, preprocess
from mnist_utils.distortions import random_affine, salt_and_pepper

RAW = load_mnist()[1][0][:200]
IMAGES = preprocess(RAW)


@pytest.mark.parametrize("level", [0, 0.1, 0.4, 0.75, 1.0, np.float32(0.3)])
def test_the_share_of_struck_pixels_is_the_level_half_of_them_salt(level):
    gray = np.full((300, 28, 28, 1), 0.5, np.float32)
    noisy = salt_and_pepper(gray, level, seed=1)
    standard_error = 0.5 / np.sqrt(gray.size)
    for value, share in ((0, level / 2), (1, level / 2), (0.5, 1 - level)):
        assert np.mean(noisy == value) == pytest.approx(share, abs=5 * standard_error)


def test_noise_leaves_its_argument_alone_and_keeps_what_it_does_not_strike():
    before = IMAGES.copy()
    noisy = salt_and_pepper(IMAGES, 0.4)
    np.testing.assert_array_equal(IMAGES, before)
    assert (noisy.dtype, noisy.shape) == (IMAGES.dtype, IMAGES.shape)
    inner = (IMAGES > 0) & (IMAGES < 1)
    kept = noisy[inner] == IMAGES[inner]
    assert np.isin(noisy[inner][~kept], (0, 1)).all()
    assert kept.mean() == pytest.approx(0.6, abs=0.02)
    np.testing.assert_array_equal(salt_and_pepper(IMAGES, 0), IMAGES)
    assert np.isin(salt_and_pepper(IMAGES, 1), (0, 1)).all()


def test_the_noise_does_not_depend_on_the_digit():
    noisy = salt_and_pepper(IMAGES, 1)
    assert abs(np.corrcoef(noisy.ravel(), IMAGES.ravel())[0, 1]) < 0.015


def test_a_seed_fixes_the_noise_and_a_generator_goes_on():
    np.testing.assert_array_equal(salt_and_pepper(IMAGES, 0.4, 7), salt_and_pepper(IMAGES, 0.4, 7))
    assert (salt_and_pepper(IMAGES, 0.4, 7) != salt_and_pepper(IMAGES, 0.4, 8)).any()
    random = np.random.default_rng(7)
    first, second = (salt_and_pepper(IMAGES, 0.4, random) for _ in range(2))
    assert (first != second).any()


def test_each_image_may_have_a_level_of_its_own():
    levels = np.linspace(0, 1, len(IMAGES))
    struck = (salt_and_pepper(np.full_like(IMAGES, 0.5), levels, 1) != 0.5).mean(axis=(1, 2, 3))
    np.testing.assert_allclose(struck, levels, atol=0.09)  # 5 standard deviations of 784 pixels
    assert struck[0] == 0 and struck[-1] == 1


@pytest.mark.parametrize("level", [-0.1, 1.1, float("nan"), "0.4", None, True, np.zeros(3), np.full(len(IMAGES), 1.1)])
def test_a_level_outside_0_to_1_is_refused(level):
    with pytest.raises(ValueError, match=r"level: got .*; expected one number from 0 to 1, or one for each of the 200"):
        salt_and_pepper(IMAGES, level)


@pytest.mark.parametrize("distort", [lambda images: salt_and_pepper(images, 0.4), random_affine])
@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw,
        lambda raw: raw[0],
        lambda raw: 255 - raw,
        lambda raw: raw.reshape(-1, 784).astype(int),
        lambda raw: pd.DataFrame(raw.reshape(-1, 784)),
        lambda raw: preprocess(raw) * 255,
        lambda raw: preprocess(raw)[0],
        lambda raw: preprocess(raw)[..., 0],
        lambda raw: preprocess(raw, channels_first=True),
        lambda raw: preprocess(raw).astype(float),
        lambda raw: preprocess(raw).tolist(),
        lambda raw: pd.DataFrame(raw.reshape(-1, 784) / 255),
    ],
)
def test_what_is_advised_for_other_images_distorts_the_right_ones(distort, change):
    images = change(RAW[:3])
    with pytest.raises(
        ValueError, match=r"images: got .*; expected float32 of shape \(n, 28, 28, 1\), from 0"
    ) as caught:
        distort(images)
    advised = eval(str(caught.value).split("`")[1], {"np": np, "preprocess": preprocess, "images": images})
    np.testing.assert_array_equal(distort(advised), distort(IMAGES[: len(advised)]))


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (IMAGES - 1, "got float32 .*, from -1 to 0; .* pass the gray levels from before"),
        (np.full((1, 28, 28, 1), np.nan, np.float32), "from nan to nan; .* find the step that made them"),
        (IMAGES[:, :20], r"got float32 of shape \(200, 20, 28, 1\), .* Their size is another"),
        (["one"], "got <U3 .* There is no image in it"),
        (None, "got object .* There is no image in it"),
    ],
)
def test_what_cannot_be_made_an_image_is_refused(images, message):
    for distort in (lambda given: salt_and_pepper(given, 0.4), random_affine):
        with pytest.raises(ValueError, match=message):
            distort(images)


@pytest.mark.parametrize(
    "limits", [{"pixels": -1}, {"pixels": 15}, {"degrees": 181}, {"zoom": 1}, {"zoom": float("nan")}, {"zoom": "0"}]
)
def test_limits_that_leave_no_digit_are_refused(limits):
    (name,) = limits
    with pytest.raises(ValueError, match=rf"{name}: got .*; expected a number from 0 to .*\. Pass `0` to leave it out"):
        random_affine(IMAGES, **limits)


def test_how_keras_is_set_changes_no_pixel():
    expected, floatx = random_affine(IMAGES, 5), keras.config.floatx()
    keras.config.set_image_data_format("channels_first")
    keras.config.set_floatx("float16")
    try:
        np.testing.assert_array_equal(random_affine(IMAGES, 5), expected, strict=True)
    finally:
        keras.config.set_image_data_format("channels_last")
        keras.config.set_floatx(floatx)


def parameters(seed, count, pixels, degrees, zoom):
    """The shifts, angles and sizes that `random_affine` draws."""
    random = np.random.default_rng(seed)
    shifts = random.uniform(-pixels, pixels, (2, count))
    return shifts, random.uniform(-degrees, degrees, count), 1 + random.uniform(-zoom, zoom, count)


@pytest.mark.parametrize("limits", [(3, 0, 0), (0, 30, 0), (0, 0, 0.3), (2, 10, 0.1)])
def test_a_distorted_image_is_that_of_scipy(limits):
    pixels, degrees, zoom = limits
    moved = random_affine(IMAGES, 5, pixels=pixels, degrees=degrees, zoom=zoom)
    shifts, angles, sizes = parameters(5, len(IMAGES), *limits)
    for index in range(20):
        turn = np.deg2rad(angles[index])
        # SciPy counts (row, column); where a place of the result comes from.
        back = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) / sizes[index]
        shift = shifts[::-1, index]
        offset = 13.5 - back @ (13.5 + shift)
        expected = scipy.ndimage.affine_transform(IMAGES[index, ..., 0], back, offset, order=1, mode="constant")
        inside = np.s_[3:-3, 3:-3]  # the two libraries blend the border differently
        np.testing.assert_allclose(moved[index, ..., 0][inside], expected[inside], atol=2e-3)


def test_distortions_without_extent_change_nothing_and_a_seed_fixes_them():
    np.testing.assert_allclose(random_affine(IMAGES, pixels=0, degrees=0, zoom=0), IMAGES, atol=1e-6)
    np.testing.assert_array_equal(random_affine(IMAGES, 3), random_affine(IMAGES, 3))
    assert (random_affine(IMAGES, 3) != random_affine(IMAGES, 4)).any()
    assert len(random_affine(IMAGES[:0])) == 0
