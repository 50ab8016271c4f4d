"""Drawings and photographs of a digit made into images as MNIST has them: ink, box of 20 x 20, center of mass."""

import numpy as np
from scipy import ndimage

from mnist_utils.refusal import refusal


def prepare(image: np.ndarray, with_steps: bool = False) -> np.ndarray | tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return uint8 (28, 28) with bright ink of gray levels (h, w) or colors (h, w, 3 or 4), uint8 or floats in [0, 1].

    Others, and images without ink, raise ValueError. `with_steps` returns what the functions below return, too.
    """
    array = np.asarray(image)
    pixels = np.atleast_3d(array / 255 if array.dtype == np.uint8 else array)
    shaped = array.size > 0 and array.ndim in (2, 3) and pixels.shape[2] in (1, 3, 4)
    if not (shaped and pixels.dtype.kind == "f" and 0 <= pixels.min() <= pixels.max() <= 1):
        expected = "uint8, or floats from 0 to 1, of shape (h, w), (h, w, 3) or (h, w, 4)"
        raise refusal("image", f"{array.dtype} of shape {array.shape}", expected, "Pass what plt.imread returns.")
    gray = 1 - pixels[..., 3:].prod(axis=2) * (1 - pixels[..., :3].mean(axis=2))  # on white paper, if it has opacity
    ink = find_ink(gray)
    box = fit_box(ink)
    prepared = np.round(255 * place(box, ndimage.center_of_mass(box))).astype(np.uint8)
    return (prepared, {"gray": gray, "ink": ink, "box": box}) if with_steps else prepared


def find_ink(gray: np.ndarray) -> np.ndarray:
    """Return ink, from 0 to 1, of gray levels (h, w) in [0, 1]; photographs shrink."""
    border = np.concatenate([gray[0], gray[-1], gray[:, 0], gray[:, -1]])
    level = np.median(border)
    if (border == level).mean() > 0.5:  # a drawing, on paper of one gray level
        ink = abs(gray - level)
    else:
        gray = gray if level > (gray.min() + gray.max()) / 2 else 1 - gray
        block = max(min(gray.shape) // 112, 1)
        middles = slice(block // 2, None, block)
        gray = ndimage.uniform_filter(gray, block)[middles, middles]
        paper = ndimage.grey_closing(gray, size=2 * (15 * min(gray.shape) // 112) + 1)
        ink = 1 - gray / np.maximum(paper, 1 / 255)
        ink = ink * (ink > 0.2 * ink.max())  # without the grain of the paper
    if ink.max() < 0.15:
        advice = "Pass a digit that differs from its paper."
        raise refusal("image", f"contrast {ink.max():.2f}", "0.15 or more", advice)
    return ink


def fit_box(ink: np.ndarray) -> np.ndarray:
    """Return ink cropped, its longer side 20 pixels; pale ink becomes bright."""
    ink = ink[ndimage.find_objects((ink > 0).astype(int))[0]]
    scale = np.round(20 * np.array(ink.shape) / max(ink.shape)).clip(1) / ink.shape
    blurred = ndimage.gaussian_filter(ink, (0.5 / scale - 0.5).clip(0))
    small = ndimage.zoom(blurred, scale, order=1, grid_mode=True, mode="nearest")
    return small / small.max() if small.max() < 0.99 else small


def place(ink: np.ndarray, middle: tuple[float, float]) -> np.ndarray:
    """Return (28, 28) with ink moved by whole pixels so that `middle` is at (14, 14)."""
    free = 28 - np.array(ink.shape)
    before = np.round(14 - np.array(middle)).astype(int).clip(0, free)
    return np.pad(ink, np.transpose([before, free - before]))
