"""The plots of the chapters. Importing this module switches matplotlib to the style of the book."""

import matplotlib.pyplot as plt
import numpy as np
from IPython import get_ipython
from matplotlib_inline.backend_inline import set_matplotlib_formats

plt.style.use("mnist_utils.book")
if get_ipython() is not None:
    set_matplotlib_formats("svg")  # sharp at any size, and a fraction of the bytes of a bitmap


def show_digits(images, titles=None, columns=10, value_range=None, size=0.75):
    """Draw images side by side, in rows.

    Parameters
    ----------
    images : array of shape (n, height, width) or (n, height, width, 1)
    titles : sequence of n strings or numbers, optional
    columns : int
        Images a row.
    value_range : (float, float), optional
        The values drawn black and white: (0, 1) for preprocessed pixels; without it (0, 255), for raw ones.
    size : float
        Width of one image in inches.

    Returns
    -------
    (figure, axes)
        `axes` has shape (rows, columns).
    """
    images = np.asarray(images)
    if images.ndim == 4 and images.shape[-1] == 1:
        images = images[..., 0]
    if images.ndim != 3 or len(images) == 0:
        raise ValueError(
            f"got images of shape {images.shape}, expected (n, height, width) with n at least 1; "
            "pass a single image as image[None]"
        )
    if titles is not None and len(titles) != len(images):
        raise ValueError(f"got {len(titles)} titles for {len(images)} images; give each image one title")
    if columns < 1:
        raise ValueError(f"got {columns} columns, expected at least 1")
    if value_range is None:
        value_range = (0, 255)
        if images.dtype.kind == "f" and images.max() <= 1:
            raise ValueError(
                f"got {images.dtype} images up to {images.max():g}, which would be black from 0 to 255; pass "
                "value_range=(0, 1)"
            )
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    height = size * (1.0 if titles is None else 1.4)
    figure, axes = plt.subplots(rows, columns, figsize=(columns * size, rows * height), squeeze=False)
    for axis in axes.flat:
        axis.set_axis_off()
    for index, (axis, image) in enumerate(zip(axes.flat, images, strict=False)):
        axis.imshow(image, vmin=value_range[0], vmax=value_range[1])
        if titles is not None:
            axis.set_title(str(titles[index]), fontsize=9)
    return figure, axes


def draw_flow(boxes, arrows):
    """Draw what flows through a network, from left to right: boxes joined by labelled arrows.

    Parameters
    ----------
    boxes : sequence of n strings
    arrows : sequence of n - 1 strings
        Each stands over the arrow between two boxes.

    Returns
    -------
    (figure, axis)
    """
    if len(arrows) != len(boxes) - 1:
        raise ValueError(f"got {len(arrows)} arrows for {len(boxes)} boxes, expected one fewer than boxes")
    figure, axis = plt.subplots(figsize=(1.5 * len(boxes), 1.2))
    axis.set(xlim=(-0.4, len(boxes) - 0.6), ylim=(-0.4, 0.7))
    axis.set_axis_off()
    style = {"boxstyle": "round,pad=0.4", "facecolor": "#e8f1f8", "edgecolor": "#0072B2"}
    for place, text in enumerate(boxes):
        axis.text(place, 0, text, ha="center", va="center", bbox=style)
    for place, text in enumerate(arrows):
        axis.annotate("", (place + 0.7, 0), (place + 0.3, 0), arrowprops={"arrowstyle": "->", "color": "#444444"})
        axis.text(place + 0.5, 0.14, text, ha="center", va="bottom", fontsize=9)
    return figure, axis


def show_numbers(arrays, titles=None, cell=0.42):
    """Draw small matrices side by side as tables, negative numbers on red and positive ones on blue.

    Parameters
    ----------
    arrays : sequence of n arrays, each of shape (rows, columns)
    titles : sequence of n strings, optional
    cell : float
        Side of one cell in inches.

    Returns
    -------
    (figure, axes)
        `axes` has shape (n,).
    """
    arrays = [np.asarray(array) for array in arrays]
    shapes = [array.shape for array in arrays]
    if not arrays or any(len(shape) != 2 for shape in shapes):
        raise ValueError(f"got arrays of shapes {shapes}, expected one or more of shape (rows, columns)")
    if titles is not None and len(titles) != len(arrays):
        raise ValueError(f"got {len(titles)} titles for {len(arrays)} arrays; give each array one title")
    rows, columns = max(shape[0] for shape in shapes), [shape[1] for shape in shapes]
    size = (cell * (sum(columns) + len(arrays) - 1), cell * rows + (0 if titles is None else 0.35))
    figure, axes = plt.subplots(1, len(arrays), figsize=size, width_ratios=columns, squeeze=False)
    for axis, array, title in zip(axes[0], arrays, titles or [""] * len(arrays), strict=True):
        limit = 1.8 * np.abs(array).max() or 1  # pale colors, on which black numbers are readable
        axis.imshow(array, cmap="RdBu", vmin=-limit, vmax=limit)
        axis.set_axis_off()
        axis.set_title(title, fontsize=10)
        for (row, column), number in np.ndenumerate(array):
            color = "black" if number else "#767676"
            axis.text(column, row, f"{number:g}", ha="center", va="center", fontsize=24 * cell, color=color)
    return figure, axes[0]


def show_matrix(table, form="d", value_range=(None, None)):
    """Draw a table of numbers as cells with the number in each, the darker the larger.

    Parameters
    ----------
    table : pandas.DataFrame
        Its labels and their names become those of the axes.
    form : str
        How a number is written, such as "d" or ".3f".
    value_range : (float, float)
        The values drawn lightest and darkest; those of the table where None.

    Returns
    -------
    (figure, axis)
    """
    if table.empty:
        raise ValueError(f"got a table of shape {table.shape}, expected at least one row and one column")
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
