"""What is done to images on purpose: noise on their pixels."""

import numpy as np


def salt_and_pepper(images: np.ndarray, level: float, seed: int | np.random.Generator = 0) -> np.ndarray:
    """Set a share of the pixels to black or white, at random, as the assignment's auto-encoder has it.

    Each pixel is struck with the probability `level`; a struck one becomes 0 or 1 with equal probability, whatever it
    was before. (The noise model of Gonzalez and Woods, *Digital Image Processing*, 2018, section 5.2, with equal
    probabilities of salt and pepper.)

    Parameters
    ----------
    images : numpy.ndarray
        float32 in [0, 1], shape (n, 28, 28, 1), as `preprocess` returns them. They are not changed.
    level : float
        From 0, which changes nothing, to 1, which leaves nothing of the image.
    seed : int or numpy.random.Generator
        Fixes the noise.

    Returns
    -------
    numpy.ndarray
        A new array of the same shape and type.

    Raises
    ------
    ValueError
        If `images` has another shape, type or range, or `level` lies outside [0, 1].

    Examples
    --------
    >>> gray = np.full((100, 28, 28, 1), 0.5, np.float32)
    >>> noisy = salt_and_pepper(gray, 0.4)
    >>> [round(float((noisy == value).mean()), 2) for value in (0, 0.5, 1)]
    [0.2, 0.6, 0.2]
    """
    check_pixels(images)
    if isinstance(level, bool) or not isinstance(level, int | float | np.number) or not 0 <= level <= 1:
        raise ValueError(f"level: got {level!r}, expected a number from 0 (no noise) to 1 (nothing but noise)")
    random = np.random.default_rng(seed)
    drawn = random.random(images.shape, dtype=np.float32)  # one number a pixel: below level / 2 pepper, then salt
    level = np.float32(level)
    noisy = np.where(drawn < level, np.float32(1), images)
    noisy[drawn < level / 2] = 0
    return noisy


def check_pixels(images: object) -> None:
    """Raise ValueError unless `images` are float32, of shape (n, 28, 28, 1), and in [0, 1]."""
    expected = (
        "float32 of shape (n, 28, 28, 1) in [0, 1]; pass what preprocess() returns (a single image as images[:1])"
    )
    if not isinstance(images, np.ndarray):
        raise ValueError(f"images: got {type(images).__name__}, expected a NumPy array of {expected}")
    if images.dtype != np.float32 or images.shape[1:] != (28, 28, 1):
        raise ValueError(f"images: got {images.dtype} of shape {images.shape}, expected {expected}")
    if images.size and not (images.min() >= 0 and images.max() <= 1):
        raise ValueError(f"images: got pixels from {images.min():g} to {images.max():g}, expected {expected}")
