"""The plots of the chapters. Importing this module switches matplotlib to the style of the book."""

import contextlib

import matplotlib.pyplot as plt
import numpy as np
from IPython import get_ipython
from matplotlib_inline.backend_inline import set_matplotlib_formats

plt.style.use("mnist_utils.book")
if get_ipython() is not None:
    set_matplotlib_formats("svg")  # sharp at any size, and a fraction of the bytes of a bitmap


def show_digits(images, titles=None, columns=10, value_range=None, size=0.75):
    """Draw images side by side, in rows, and return the figure and its axes, of shape (rows, columns).

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
    """
    images, (black, white) = _checked_images(images, value_range)
    titles = titles if titles is None else list(titles)
    if titles is not None and len(titles) != len(images):
        advice = f"Pass `titles[:{len(images)}]`." if len(titles) > len(images) else "Pass a title for each image."
        raise _refusal("titles", len(titles), f"{len(images)}, one for each image", advice)
    if columns < 1:
        raise _refusal("columns", columns, "at least 1", "Pass `1` for one image below the other.")
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    height = size * (1.0 if titles is None else 1.4)
    figure, axes = plt.subplots(rows, columns, figsize=(columns * size, rows * height), squeeze=False)
    for axis in axes.flat:
        axis.set_axis_off()
    for index, (axis, image) in enumerate(zip(axes.flat, images, strict=False)):
        axis.imshow(image, vmin=black, vmax=white)
        if titles is not None:
            axis.set_title(str(titles[index]), fontsize=9)
    return figure, axes


def draw_flow(boxes, arrows):
    """Draw what flows through a network, from left to right, and return the figure and its axis.

    Parameters
    ----------
    boxes : sequence of n strings
    arrows : sequence of n - 1 strings
        Each stands over the arrow between two boxes.
    """
    if len(arrows) != len(boxes) - 1:
        raise _refusal(
            "arrows", len(arrows), f"{len(boxes) - 1}, one fewer than boxes", "An empty string leaves one bare."
        )
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
    """Draw small matrices as tables, negative numbers red and positive ones blue; return the figure and its n axes.

    Parameters
    ----------
    arrays : sequence of n arrays, each of shape (rows, columns)
    titles : sequence of n strings, optional
    cell : float
        Side of one cell in inches.
    """
    arrays = [np.asarray(array) for array in arrays]
    shapes = [array.shape for array in arrays]
    if not arrays or any(len(shape) != 2 for shape in shapes):
        advice = "Pass `[arrays]`." if len({*shapes}) == 1 and len(shapes[0]) == 1 else "Pass a list of matrices."
        raise _refusal("arrays", f"shapes {shapes}", "one or more of shape (rows, columns)", advice)
    if titles is not None and len(titles) != len(arrays):
        raise _refusal("titles", len(titles), f"{len(arrays)}, one for each array", "Pass a title for each array.")
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
    """Draw a table as cells with the number in each, the darker the larger, and return the figure and its axis.

    Parameters
    ----------
    table : pandas.DataFrame
        Its labels and their names become those of the axes.
    form : str
        How a number is written, such as "d" or ".3f".
    value_range : (float, float)
        The values drawn lightest and darkest; those of the table where None.
    """
    if not hasattr(table, "columns"):
        raise _refusal("table", type(table).__name__, "a pandas.DataFrame", "Pass `pd.DataFrame(table)`.")
    if table.empty:
        raise _refusal("table", f"shape {table.shape}", "a row and a column at least", "Look for what has emptied it.")
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


def _checked_images(images, value_range):
    """Return images of shape (n, height, width), and the values drawn black and white, or refuse them."""
    array = np.asarray(images)
    given = text = "images" if array is images else "np.asarray(images)"
    got = f"{array.dtype} of shape {array.shape}"
    if array.dtype.kind in "OSU":
        with contextlib.suppress(TypeError, ValueError):
            text, array = f"{text}.astype(float)", array.astype(float)
    if array.dtype.kind not in "biuf" or array.ndim == 0 or array.size == 0:
        raise _refusal("images", got, "numbers of shape (n, height, width)", "Pass one image at least.")
    if array.ndim == 2 and array.shape[1] == 785:  # rows of a CSV file that begin with the label
        text, array = f"{text}[:, 1:]", array[:, 1:]
    if array.shape[-1] == 784:
        text, array = f"{text}.reshape(-1, 28, 28)", array.reshape(-1, 28, 28)
    elif array.ndim == 2 or (array.ndim == 3 and array.shape[0] == array.shape[1] != array.shape[2] in (1, 3, 4)):
        text, array = f"{text}[None]", array[None]
    if array.ndim == 4 and array.shape[3] == 1:
        array = array[..., 0]
    elif array.ndim == 4 and array.shape[1] == 1:
        text, array = f"{text}[:, 0]", array[:, 0]
    elif array.ndim == 4 and array.shape[3] in (3, 4):  # colors, and maybe their opacity
        text, array = f"{text}[..., :3].mean(axis=-1)", array[..., :3].mean(axis=-1)
    if array.ndim != 3:
        raise _refusal("images", got, "shape (n, height, width)", "Reshape each image to rows and columns.")
    finite = np.isfinite(array)
    if not finite.all():
        text, array = f"np.where(np.isfinite({text}), {text}, 0)", np.where(finite, array, 0)
    low, high, kind = float(array.min()), float(array.max()), array.dtype.kind
    drawn = value_range
    if value_range is None:
        value_range = drawn = (0, 1) if kind == "b" else (0, 255)
        if low < 0 or high > 255 or (kind != "b" and 0 < high <= 1) or (kind == "f" and high < 16):
            drawn = (0, 1) if low >= 0 and high <= 1 else (low, high)
    elif kind in "iu" and high > 1 >= value_range[1]:  # as for preprocessed pixels, and all ink would be white
        drawn = (0, 255)
    if text != given or drawn is not value_range:
        expected = f"shape (n, height, width) and finite numbers from {value_range[0]:g} to {value_range[1]:g}"
        setting = "" if drawn == (0, 255) else f", value_range=({drawn[0]:.3g}, {drawn[1]:.3g})"
        raise _refusal("images", f"{got}, from {low:g} to {high:g}", expected, f"Use `show_digits({text}{setting})`.")
    return array, value_range


def _refusal(what, got, expected, advice):
    return ValueError(f"{what}: got {got}; expected {expected}. {advice}")
