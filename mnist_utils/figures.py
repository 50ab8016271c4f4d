"""Plots that more than one chapter draws. Importing this module switches matplotlib to the style of the book."""

import matplotlib.pyplot as plt
import numpy as np
from IPython import get_ipython
from matplotlib_inline.backend_inline import set_matplotlib_formats

plt.style.use("mnist_utils.book")
if get_ipython() is not None:
    set_matplotlib_formats("retina")  # twice the pixels, the same size on the page


def show_digits(images, titles=None, columns=10, value_range=(0, 255), size=0.75):
    """Draw images side by side, in rows.

    Parameters
    ----------
    images : array of shape (n, height, width) or (n, height, width, 1)
    titles : sequence of n strings or numbers, optional
    columns : int
        Images a row.
    value_range : (float, float)
        The values drawn black and white: (0, 255) for raw pixels, (0, 1) for preprocessed ones.
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
            f"got images of shape {images.shape}, expected (n, height, width) with n at least 1; pass one image as image[None]"
        )
    if titles is not None and len(titles) != len(images):
        raise ValueError(f"got {len(titles)} titles for {len(images)} images; give each image one title")
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
