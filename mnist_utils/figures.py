"""The plots of the chapters. Importing this module switches matplotlib to the style of the book."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython import get_ipython
from matplotlib_inline.backend_inline import set_matplotlib_formats

from mnist_utils.refusal import refusal

plt.style.use("mnist_utils.book")
if get_ipython() is not None:
    set_matplotlib_formats("svg")  # sharp at any size, and a fraction of the bytes of a bitmap


def show_digits(images, titles=None, columns=10, value_range=None, size=0.75):
    """Draw images side by side, in rows, and return the figure and its axes, of shape (rows, columns).

    `images` have the shape (n, height, width), or are one image, rows of 784 pixels, in colors, or with a channel of 1.
    The values of `value_range` are drawn black and white; without it (0, 255). `size` is the width of one in inches.
    """
    images, (black, white) = _drawable(images, value_range)
    names = _names(titles, len(images))
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    height = size * (1.0 if titles is None else 1.4)
    figure, axes = plt.subplots(rows, columns, figsize=(columns * size, rows * height), squeeze=False)
    for axis in axes.flat:
        axis.set_axis_off()
    for axis, image, name in zip(axes.flat, images, names, strict=False):
        axis.imshow(image, vmin=black, vmax=white)
        axis.set_title(name, fontsize=9)
    return figure, axes


def show_numbers(arrays, titles=None, cell=0.42):
    """Draw matrices, or one, as tables, negative numbers red, positive ones blue; return the figure and its n axes."""
    arrays = [arrays] if all(np.ndim(array) == 1 for array in arrays) else arrays
    arrays = [np.atleast_2d(array) for array in arrays]
    names = _names(titles, len(arrays))
    rows, columns = max(len(array) for array in arrays), [array.shape[1] for array in arrays]
    size = (cell * (sum(columns) + len(arrays) - 1), cell * rows + (0 if titles is None else 0.35))
    figure, axes = plt.subplots(1, len(arrays), figsize=size, width_ratios=columns, squeeze=False)
    for axis, array, name in zip(axes[0], arrays, names, strict=True):
        limit = 1.8 * np.abs(array).max() or 1  # pale colors, on which black numbers are readable
        axis.imshow(array, cmap="RdBu", vmin=-limit, vmax=limit)
        axis.set_axis_off()
        axis.set_title(name, fontsize=10)
        for (row, column), number in np.ndenumerate(array):
            color = "black" if number else "#767676"
            axis.text(column, row, f"{number:g}", ha="center", va="center", fontsize=24 * cell, color=color)
    return figure, axes[0]


def show_matrix(table, form="d", value_range=(None, None)):
    """Draw a table as cells with the number in each, the darker the larger, and return the figure and its axis.

    `value_range` has the values drawn lightest and darkest; those of the table where None.
    """
    table = pd.DataFrame(table)
    figure, axis = plt.subplots(figsize=(0.6 * table.shape[1] + 1, 0.42 * table.shape[0] + 0.9))
    colors = axis.imshow(table, cmap="Blues", aspect="auto", vmin=value_range[0], vmax=value_range[1])
    for (row, column), value in np.ndenumerate(table):
        ink = "white" if colors.norm(value) > 0.55 else "black"
        axis.text(column, row, format(value, form), ha="center", va="center", color=ink, fontsize=9)
    axis.set_xticks(range(table.shape[1]), table.columns)
    axis.set_yticks(range(table.shape[0]), table.index)
    axis.set(xlabel=table.columns.name, ylabel=table.index.name)
    axis.grid(False)
    return figure, axis


def _names(titles, count):
    names = [""] * count if titles is None else [str(title) for title in titles]
    if len(names) != count:
        raise refusal("titles", len(names), f"{count}, one for each image or array", "Pass as many titles.")
    return names


def _drawable(images, value_range):
    """Return images of shape (n, height, width), or in colors, and the values drawn black and white."""
    array = np.asarray(images)
    if array.dtype.kind in "OSU":
        array = array.astype(float)
    if array.shape[-1:] in ((784,), (785,)):  # rows of a CSV file, which may begin with the label
        array = array[..., -784:].reshape(-1, 28, 28)
    if array.ndim == 2 or (array.ndim == 3 and array.shape[1] != array.shape[2] in (1, 3, 4)):
        array = array[None]
    if array.ndim == 4 and 1 in (array.shape[1], array.shape[3]):
        array = array.squeeze(axis=3 if array.shape[3] == 1 else 1)
    got = f"{array.dtype} of shape {np.shape(images)}"
    if not (array.ndim == 3 or array.shape[3:] in ((3,), (4,))) or array.size == 0 or not np.isfinite(array).all():
        advice = "Pass one image at least, without nan and inf."
        raise refusal("images", got, "finite numbers of shape (n, height, width)", advice)
    low, high, kind = float(array.min()), float(array.max()), array.dtype.kind
    black, white = value_range or ((0, 1) if kind == "b" else (0, 255))
    other = value_range is None and (low < 0 or high > white or 0 < high < white / 15)
    if other or (kind in "iu" and high > 1 >= white):  # or else drawn all black, or all ink white
        advice = f"Use `show_digits(images, value_range=({min(low, 0):.3g}, {max(high, 1):.3g}))`."
        raise refusal("images", f"{got}, from {low:g} to {high:g}", f"values from {black:g} to {white:g}", advice)
    if array.ndim == 4:  # matplotlib takes no range for colors
        array = np.clip((array - black) / (white - black), 0, 1)
    return array, (black, white)
