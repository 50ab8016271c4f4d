"""`mnist_utils.figures` refuses what would be drawn as something else."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from mnist_utils import figures

DIGITS = np.linspace(0, 255, 3 * 28 * 28).reshape(3, 28, 28)


@pytest.mark.parametrize(
    ("images", "settings", "message"),
    [
        (DIGITS[0], {}, r"got images of shape \(28, 28\), expected \(n, height, width\)"),
        (DIGITS[:0], {}, "n at least 1"),
        (DIGITS, {"titles": "ab"}, "got 2 titles for 3 images"),
        (DIGITS, {"columns": 0}, "got 0 columns"),
        ((DIGITS / 255).astype("float32"), {}, "got float32 images up to 1, which would be black"),
    ],
)
def test_images_that_cannot_be_shown_are_refused(images, settings, message):
    with pytest.raises(ValueError, match=message):
        figures.show_digits(images, **settings)


def test_digits_are_shown_in_rows_from_black_to_white():
    figure, axes = figures.show_digits(DIGITS / 255, columns=2, value_range=(0, 1))
    assert axes.shape == (2, 2)
    assert axes[0, 0].images[0].get_clim() == (0, 1)
    plt.close(figure)
