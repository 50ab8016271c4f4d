"""`mnist_utils.distortions` changes as many pixels as it says, in new arrays, and refuses what is not an image."""

import numpy as np
import pytest

from mnist_utils.dataset import load_mnist, preprocess
from mnist_utils.distortions import salt_and_pepper

IMAGES = preprocess(load_mnist()[1][0][:200])


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


@pytest.mark.parametrize("level", [-0.1, 1.1, float("nan"), "0.4", None, True])
def test_a_level_outside_0_to_1_is_refused(level):
    with pytest.raises(ValueError, match=r"level: got .*expected a number from 0 \(no noise\) to 1"):
        salt_and_pepper(IMAGES, level)


@pytest.mark.parametrize(
    ("images", "got"),
    [
        (load_mnist()[1][0][:5], "got uint8 of shape"),
        (IMAGES[0], r"got float32 of shape \(28, 28, 1\)"),
        (IMAGES[..., 0], r"got float32 of shape \(200, 28, 28\)"),
        (IMAGES.astype(float), "got float64"),
        (IMAGES * 255, "got pixels from 0 to 255"),
        (IMAGES - 1, "got pixels from -1 to 0"),
        (np.full((1, 28, 28, 1), np.nan, np.float32), "got pixels from nan to nan"),
        ([[0.0]], "got list"),
    ],
)
def test_anything_but_preprocessed_images_is_refused(images, got):
    with pytest.raises(ValueError, match=rf"images: {got}.*expected .*float32 of shape \(n, 28, 28, 1\) in \[0, 1\]"):
        salt_and_pepper(images, 0.4)
