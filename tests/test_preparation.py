"""`mnist_utils.preparation` makes of drawings and photographs what MNIST has, and refuses what has no ink."""

import numpy as np
import pytest
from scipy import ndimage

from mnist_utils.dataset import load_mnist
from mnist_utils.preparation import find_ink, fit_box, place, prepare

DIGITS = load_mnist()[1][0][:1000]
SEVEN = DIGITS[0]


def paste(digit, random):
    """Return a larger canvas with a digit somewhere on it, of bright ink on black or of dark ink on white."""
    sides = random.integers(60, 120, 2)
    row, column = (random.integers(0, side - 28) for side in sides)
    canvas = np.zeros(sides, np.uint8)
    canvas[row : row + 28, column : column + 28] = digit
    return 255 - canvas if random.random() < 0.5 else canvas


def drawing(scale=10):
    """Return a seven drawn on a white canvas of 280 x 280, larger than a box and beside the middle."""
    large = ndimage.zoom(SEVEN[7:27, 6:22] / 255, scale / 2, order=1)
    canvas = np.ones((280, 280))
    canvas[20 : 20 + large.shape[0], 120 : 120 + large.shape[1]] -= large
    return canvas


def photograph(side=112, seed=0):
    """Return a photograph of a seven: dark ink on uneven paper, with grain."""
    ink = np.pad(ndimage.zoom(SEVEN / 255, side / 56, order=1), (side // 4, side - side // 4 - side // 2))
    light = np.add.outer(np.linspace(0.85, 0.6, side), np.linspace(0, 0.1, side))
    return (light * (1 - 0.75 * ink) + np.random.default_rng(seed).normal(0, 0.01, ink.shape)).clip(0, 1)


def likeness(prepared):
    """Return the correlation with the seven of MNIST, of which rounding may shift the center by a pixel."""
    shifts = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    return max(np.corrcoef(np.roll(prepared, shift, (0, 1)).ravel(), SEVEN.ravel())[0, 1] for shift in shifts)


def test_mnist_puts_digits_where_this_puts_them():
    # A pasted digit that is 20 pixels long already must come back pixel by pixel; all of these are.
    random = np.random.default_rng(0)
    rows, columns = (DIGITS.any(axis=axis) for axis in (2, 1))
    longer = [max(np.ptp(np.flatnonzero(line)) + 1 for line in lines) for lines in zip(rows, columns, strict=True)]
    assert set(longer) == {20}
    same = [np.array_equal(prepare(paste(digit, random)), digit) for digit in DIGITS]
    assert np.mean(same) >= 0.99


@pytest.mark.parametrize("scale", [2, 4, 10])
def test_a_drawing_of_any_size_comes_into_the_box_and_to_the_center(scale):
    prepared = prepare(drawing(scale))
    assert (prepared.shape, prepared.dtype, prepared.max()) == ((28, 28), np.uint8, 255)
    assert max(np.ptp(np.flatnonzero(prepared.any(axis=axis))) + 1 for axis in (0, 1)) == 20
    np.testing.assert_allclose(ndimage.center_of_mass(prepared), (14, 14), atol=0.51)
    assert likeness(prepared) > 0.95


@pytest.mark.parametrize("side", [112, 500, 1000])
def test_a_photograph_loses_its_uneven_paper(side):
    photo = photograph(side)
    for prepared in (prepare(photo), prepare(1 - photo)):  # on paper, and with chalk on a blackboard
        assert likeness(prepared) > 0.95
        assert (prepared == 0).mean() > 0.75


def test_what_is_thin_is_blurred_before_it_shrinks():
    thin = np.ones((200, 200))
    thin[40:160, 100] = thin[40, 60:100] = 0
    prepared = prepare(thin)
    assert (prepared.any(axis=1)).sum() == 20  # no row of the line fell through


def test_colors_and_opacity_give_what_their_gray_levels_give():
    gray = np.uint8(np.round(255 * drawing()))
    colors = np.stack([gray] * 3, axis=2)
    ink = np.dstack([np.zeros_like(colors), 255 - gray])  # black ink on transparent paper
    for image in (gray[..., None], colors, np.dstack([colors, np.full_like(gray, 255)]), ink, gray / 255):
        np.testing.assert_array_equal(prepare(image), prepare(gray))


def test_pale_ink_becomes_as_bright_as_that_of_mnist():
    np.testing.assert_allclose(prepare(0.5 + 0.5 * drawing()), prepare(drawing()), atol=1)


def test_the_steps_are_those_that_the_functions_take():
    prepared, steps = prepare(drawing(), with_steps=True)
    np.testing.assert_array_equal(steps["gray"], drawing())
    np.testing.assert_array_equal(steps["ink"], find_ink(drawing()))
    np.testing.assert_array_equal(steps["box"], fit_box(steps["ink"]))
    middle = ndimage.center_of_mass(steps["box"])
    np.testing.assert_array_equal(prepared, np.round(255 * place(steps["box"], middle)))


def test_a_center_of_mass_near_an_edge_cuts_nothing_off():
    box = np.zeros((20, 20))
    box[0] = 1
    assert place(box, ndimage.center_of_mass(box)).sum() == 20


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((28, 28), np.uint8), "got contrast 0.00; expected 0.15 or more"),
        (np.full((300, 300, 3), 255, np.uint8), "got contrast 0.00"),
        (np.random.default_rng(0).normal(0.7, 0.01, (224, 224)), "got contrast 0.1.; .* differs from its paper"),
        (np.zeros((0, 28)), r"got float64 of shape \(0, 28\); expected uint8, or floats from 0 to 1"),
        (np.zeros((28, 28, 2)), r"got float64 of shape \(28, 28, 2\)"),
        (np.zeros((1, 28, 28, 1)), r"got float64 of shape \(1, 28, 28, 1\)"),
        (np.full((28, 28), np.nan), "got float64"),
        (2 * drawing(), "got float64"),
        (np.zeros((28, 28), int), "got int64"),
        (drawing() > 0.5, "got bool"),
        (None, r"got object of shape \(\)"),
        ("seven.png", "got <U9 .* Pass what plt.imread returns"),
    ],
)
def test_what_is_no_image_or_has_no_ink_is_refused(image, message):
    with pytest.raises(ValueError, match=f"image: {message}"):
        prepare(image)
