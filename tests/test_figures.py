"""`mnist_utils.figures` draws what it is given, and refuses what would be drawn as something else."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from mnist_utils import figures

RAW = np.random.default_rng(0).integers(0, 256, (3, 28, 28), "uint8")
RAW[:, 0, :2] = 0, 255
GRAY = (RAW / 255).astype("float32")
ROWS = RAW.reshape(3, 784)


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def drawn(axes):
    """What images an array of axes has, from 0 for black to 1 for white."""
    pictures = [axis.images[0] for axis in axes.flat if axis.images]
    return np.array([picture.norm(picture.get_array()) for picture in pictures])


def texts(axis):
    return [text.get_text() for text in axis.texts]


@pytest.mark.parametrize(
    ("images", "settings"),
    [
        (RAW, {}),
        (RAW[..., None], {}),
        (RAW[:, None], {}),
        (RAW.tolist(), {}),
        (RAW.astype(float), {}),
        (ROWS, {}),
        (pd.DataFrame(ROWS), {}),
        (pd.DataFrame(np.c_[[7, 2, 1], ROWS]), {}),
        (pd.DataFrame(ROWS.astype(str)), {}),
        (pd.DataFrame(ROWS / 255), {"value_range": (0, 1)}),
        (GRAY, {"value_range": (0, 1)}),
        (2 * GRAY - 1, {"value_range": (-1, 1)}),
    ],
)
def test_digits_are_drawn_from_black_to_white(images, settings):
    _, axes = figures.show_digits(images, **settings)
    assert axes.shape == (1, 3)
    np.testing.assert_allclose(drawn(axes), GRAY, atol=1e-6)


@pytest.mark.parametrize("image", [RAW[0], RAW[0, :, :, None], ROWS[0], pd.DataFrame(ROWS).iloc[0], RAW[:1]])
def test_one_image_is_drawn(image):
    np.testing.assert_allclose(drawn(figures.show_digits(image)[1]), GRAY[:1], atol=1e-6)


@pytest.mark.parametrize("dtype", ["uint8", "int64", "float64"])
def test_colors_are_drawn_as_they_are(dtype):
    colors = np.stack([RAW, RAW // 2, 255 - RAW, np.full_like(RAW, 255)], axis=-1)
    for images in (colors.astype(dtype), colors[0, ..., :3].astype(dtype)):
        _, axes = figures.show_digits(images)
        expected = images.reshape(-1, 28, 28, images.shape[-1]) / 255
        np.testing.assert_allclose([axis.images[0].get_array() for axis in axes.flat], expected, atol=1e-6)
    _, axes = figures.show_digits(colors / 255, value_range=(0, 1))
    np.testing.assert_allclose(axes[0, 0].images[0].get_array(), colors[0] / 255, atol=1e-6)


def test_bool_images_are_drawn_black_and_white():
    _, axes = figures.show_digits(RAW > 127)
    np.testing.assert_array_equal(drawn(axes), RAW > 127)


def test_black_images_stay_black():
    _, axes = figures.show_digits(np.zeros((2, 5, 5), "uint8"))
    assert not drawn(axes).any()


def test_small_maps_are_not_taken_for_colors():
    _, axes = figures.show_digits(RAW[:, :3, :3])
    assert drawn(axes).shape == (3, 3, 3)


def test_digits_stand_in_rows_with_their_titles():
    figure, axes = figures.show_digits(RAW, pd.Series(["a", "b", 7], index=[5, 6, 7]), columns=2, size=2)
    assert axes.shape == (2, 2)
    assert [axis.get_title() for axis in axes.flat] == ["a", "b", "7", ""]
    assert [len(axis.images) for axis in axes.flat] == [1, 1, 1, 0]
    assert not any(axis.axison for axis in axes.flat)
    assert figure.get_size_inches().tolist() == pytest.approx([4, 5.6])


STANDARDIZED = (GRAY - 0.13) / 0.31


@pytest.mark.parametrize(
    ("images", "settings", "expected"),
    [
        (GRAY, {}, GRAY),
        (GRAY[0], {}, GRAY[:1]),
        (GRAY.astype("float16")[:, None], {}, GRAY),
        (pd.DataFrame(ROWS / 255), {}, GRAY),
        ((RAW > 127).astype("uint8"), {}, RAW > 127),
        ((RAW > 127).astype(int).reshape(3, 784), {}, RAW > 127),
        (RAW, {"value_range": (0, 1)}, GRAY),
        (STANDARDIZED, {}, (STANDARDIZED - STANDARDIZED.min()) / np.ptp(STANDARDIZED)),
        (2 * GRAY - 1, {}, GRAY),
        (257 * RAW.astype("uint16"), {}, GRAY),
    ],
)
def test_what_is_advised_for_other_images_draws_them_right(images, settings, expected):
    with pytest.raises(ValueError, match=r"images: got .*; expected values from 0 to ") as caught:
        figures.show_digits(images, **settings)
    names = {"np": np, "images": images, "show_digits": figures.show_digits}
    _, axes = eval(str(caught.value).split("`")[1], names)
    np.testing.assert_allclose(drawn(axes), expected, atol=0.005)


@pytest.mark.parametrize(
    ("images", "settings", "message"),
    [
        (RAW[:0], {}, "images: got uint8 of shape .* Pass one image at least"),
        (np.where(GRAY > 0.5, np.nan, GRAY), {"value_range": (0, 1)}, "images: got .*; expected finite numbers"),
        ("seven.png", {}, "could not convert string to float: .*seven.png"),
        (None, {}, r"images: got float64 of shape \(\); expected"),
        (np.zeros((1, 2, 3, 4, 5)), {}, r"images: got .*; expected finite numbers of shape \(n, height, width\)"),
        (RAW, {"titles": "ab"}, "titles: got 2; expected 3, .* Pass as many titles"),
        (RAW, {"titles": "abcd"}, "titles: got 4; expected 3"),
    ],
)
def test_images_that_cannot_be_shown_are_refused(images, settings, message):
    with pytest.raises(ValueError, match=message):
        figures.show_digits(images, **settings)


def test_numbers_are_drawn_in_their_cells_red_below_zero_and_blue_above():
    _, axes = figures.show_numbers([[[1, -2.5, 0]], [[4], [0.5]]], ["row", "column"])
    assert [axis.get_title() for axis in axes] == ["row", "column"]
    assert [texts(axis) for axis in axes] == [["1", "-2.5", "0"], ["4", "0.5"]]
    assert [text.get_position() for text in axes[1].texts] == [(0, 0), (0, 1)]
    assert [axis.images[0].get_clim() for axis in axes] == [(-4.5, 4.5), (-7.2, 7.2)]
    above, below, zero = axes[0].images[0].to_rgba(np.array([[1, -2.5, 0]]))[0, :, :3]
    assert above[2] > above[0] and below[0] > below[2] and zero.min() > 0.95


def test_one_matrix_and_rows_are_drawn_as_tables():
    assert texts(figures.show_numbers(np.eye(2))[1][0]) == ["1", "0", "0", "1"]
    _, axes = figures.show_numbers([np.ones(3), np.zeros((2, 1))])
    assert [texts(axis) for axis in axes] == [["1", "1", "1"], ["0", "0"]]
    with pytest.raises(ValueError, match="titles: got 2; expected 1, one for each image or array"):
        figures.show_numbers(np.eye(2), ["a", "b"])


def test_a_table_is_drawn_with_its_labels_and_its_numbers():
    table = pd.DataFrame([[1, 20], [30, 4]], pd.Index(["a", "b"], name="true"), pd.Index([7, 9], name="predicted"))
    _, axis = figures.show_matrix(table)
    assert texts(axis) == ["1", "20", "30", "4"]
    assert [text.get_color() for text in axis.texts] == ["black", "white", "white", "black"]
    assert (axis.get_xlabel(), axis.get_ylabel()) == ("predicted", "true")
    assert [label.get_text() for label in axis.get_xticklabels()] == ["7", "9"]
    assert [label.get_text() for label in axis.get_yticklabels()] == ["a", "b"]
    assert axis.images[0].get_clim() == (1, 30)
    _, axis = figures.show_matrix(table / 30, ".2f", value_range=(0, 0.5))
    assert texts(axis) == ["0.03", "0.67", "1.00", "0.13"]
    assert axis.images[0].get_clim() == (0, 0.5)


def test_an_array_is_drawn_as_a_table():
    assert texts(figures.show_matrix(np.eye(2), ".0f")[1]) == ["1", "0", "0", "1"]
