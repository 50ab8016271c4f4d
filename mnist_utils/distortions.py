"""What is done to images on purpose: noise on their pixels; shifts, turns and zooms that keep the digit."""

import numbers

import numpy as np

from mnist_utils.dataset import DatasetError, preprocess
from mnist_utils.refusal import refusal

Seed = int | np.random.Generator


def salt_and_pepper(images: np.ndarray, level: float | np.ndarray, seed: Seed = 0) -> np.ndarray:
    """Set a share of the pixels to black or white, at random, as the assignment's auto-encoder has it.

    Each pixel is struck with the probability `level`; a struck one becomes 0 or 1 with equal probability, whatever it
    was. (Gonzalez and Woods, *Digital Image Processing*, 2018, section 5.2, with as much salt as pepper.)

    Takes images as `preprocess` returns them, float32 in [0, 1] of shape (n, 28, 28, 1), and returns new ones. `level`
    is from 0, no noise, to 1, nothing but noise; an array of shape (n,) has one for each image. Others: ValueError.

    >>> gray = np.full((100, 28, 28, 1), 0.5, np.float32)
    >>> noisy = salt_and_pepper(gray, 0.4)
    >>> [round(float((noisy == value).mean()), 2) for value in (0, 0.5, 1)]
    [0.2, 0.6, 0.2]
    """
    _check_pixels(images)
    levels = np.asarray(level)
    fits = levels.dtype.kind in "iuf" and levels.shape in ((), (len(images),))
    if not fits or not ((levels >= 0) & (levels <= 1)).all():
        got = f"{levels.dtype} of shape {levels.shape}" if levels.shape else repr(level)
        expected = f"one number from 0 to 1, or one for each of the {len(images)} images"
        raise refusal("level", got, expected, "Pass a share of the pixels, such as `0.4`.")
    random = np.random.default_rng(seed)
    drawn = random.random(images.shape, dtype=np.float32)  # one number a pixel: below level / 2 pepper, then salt
    levels = levels.astype(np.float32).reshape(-1, 1, 1, 1)
    noisy = np.where(drawn < levels, np.float32(1), images)
    noisy *= drawn >= levels / 2
    return noisy


def random_affine(
    images: np.ndarray, seed: Seed = 0, *, pixels: float = 2, degrees: float = 10, zoom: float = 0.1
) -> np.ndarray:
    """Shift, turn and zoom each image at random, as a training does that wants more images than it has.

    A pixel of the result is the bilinear interpolation of the image at the place that it comes from; from outside comes
    black. (Simard, Steinkraus and Platt 2003, section 2, without their elastic fields.)

    Takes and returns images as `salt_and_pepper` does. `pixels`, `degrees` and `zoom` are the largest shift along an
    axis, the largest angle, and the largest relative change of size; what is drawn is uniform between that and its
    negative. One that is negative or leaves no digit raises ValueError.

    >>> images = np.zeros((3, 28, 28, 1), np.float32)
    >>> images[:, 14, 14] = 1
    >>> moved = random_affine(images, degrees=0, zoom=0)
    >>> moved.sum(axis=(1, 2, 3)).round(3)  # as bright as before, at other places
    array([1., 1., 1.], dtype=float32)
    """
    _check_pixels(images)
    limits = {"pixels": (pixels, 14), "degrees": (degrees, 180), "zoom": (zoom, 0.9)}
    for name, (limit, most) in limits.items():
        if not isinstance(limit, numbers.Real) or not 0 <= limit <= most:
            raise refusal(name, repr(limit), f"a number from 0 to {most}", "Pass `0` to leave it out.")
    import keras  # here, because it takes seconds to load, and noise needs none of it

    random, count = np.random.default_rng(seed), len(images)
    right, down = random.uniform(-pixels, pixels, (2, count))
    angle = np.deg2rad(random.uniform(-degrees, degrees, count))
    size = 1 + random.uniform(-zoom, zoom, count)
    # Keras asks where the pixel (x, y) of the result comes from: (a x + b y + c, -b x + a y + f), about the center.
    a, b, center = np.cos(angle) / size, np.sin(angle) / size, 13.5
    x, y, zeros = right + center, down + center, np.zeros(count)
    rows = np.stack([a, b, center - a * x - b * y, -b, a, center + b * x - a * y, zeros, zeros], axis=1)
    moved = keras.ops.image.affine_transform(images, rows, "bilinear", data_format="channels_last")
    return keras.ops.convert_to_numpy(moved)


def _check_pixels(images: object) -> None:
    """Raise ValueError unless `images` are float32, of shape (n, 28, 28, 1), and in [0, 1]."""
    array = np.asarray(images)
    real = array.dtype.kind in "biuf" and array.size > 0
    inside = array.size == 0 or (real and array.min() >= 0 and array.max() <= 1)
    if array is images and array.dtype == np.float32 and array.shape[1:] == (28, 28, 1) and inside:
        return
    if inside and array.dtype.kind == "f" and array.size % 784 == 0:  # preprocessed, then changed
        advice = "Pass `np.asarray(images).reshape(-1, 28, 28, 1).astype('float32')`."
    else:
        try:
            preprocess(images)
            advice = "Pass `preprocess(images)`."
        except DatasetError as error:  # which says what it would take
            advice = error.advice.replace("Pass `", "Pass `preprocess(").replace("`.", ")`.")
    got = f"{array.dtype} of shape {array.shape}" + (f", from {array.min():g} to {array.max():g}" if real else "")
    raise refusal("images", got, "float32 of shape (n, 28, 28, 1), from 0 to 1", advice)
