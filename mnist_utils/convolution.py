"""Cross-correlation, which networks call convolution: its definition, matrix form, output sizes, receptive field.

Arrays are laid out as in a Keras `Conv2D`: images (n, h, w, c) and kernels (kh, kw, c, f) for c channels and f filters;
or one plane (h, w) and one kernel (kh, kw). Float32 and float64 keep their type; other real numbers become float64.
"""

import numbers
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from mnist_utils.refusal import refusal


def output_size(size: int, kernel: int, stride: int = 1, padding: str = "valid") -> int:
    r"""Size of the output along one side: $\lfloor (s - k) / t \rfloor + 1$, or $\lceil s / t \rceil$ if "same".

    The first is relationship 5 of Dumoulin and Visin (2016), the second TensorFlow's definition, with as many zeros
    around the image as that takes. A ValueError is raised if a number is below 1 or a "valid" kernel too large.

    Examples
    --------
    >>> output_size(28, 5), output_size(28, 5, stride=2), output_size(28, 5, stride=2, padding="same")
    (24, 12, 14)
    """
    size, kernel = positive_integer("size", size), positive_integer("kernel", kernel)
    stride = positive_integer("stride", stride)
    if padding == "same":
        return -(-size // stride)
    if padding != "valid":
        raise refusal("padding", repr(padding), '"valid" or "same"', 'Pass `"same"` for zeros around the image.')
    if kernel > size:
        raise refusal("kernel", kernel, f"at most {size}, the pixels of the image", 'Use `padding="same"`.')
    return (size - kernel) // stride + 1


def cross_correlate(images: ArrayLike, kernels: ArrayLike, stride: int = 1, padding: str = "valid") -> np.ndarray:
    r"""Cross-correlate images with kernels, as a `Conv2D` does before its bias and activation.

    $s_{i,j,f} = \sum_{a,b,c} x_{it+a,\,jt+b,\,c}\, w_{a,b,c,f}$ for images $x$, kernels $w$ and stride $t$ (Goodfellow,
    Bengio and Courville 2016, sections 9.1 and 9.5), of shape (n, oh, ow, f) or (oh, ow). With padding "same", zeros go
    on both sides; of an odd number, one more goes below and to the right. A ValueError is raised if shapes do not fit,
    a number is not finite and real, or as by `output_size`.

    Examples
    --------
    >>> cross_correlate([[1, 2, 3], [4, 5, 6], [7, 8, 9]], [[0, 1], [10, 0]])
    array([[42., 53.],
           [75., 86.]])
    """
    images, kernels = _finite("images", images), _finite("kernels", kernels)
    if images.ndim == kernels.ndim == 2:
        return cross_correlate(images[None, :, :, None], kernels[:, :, None, None], stride, padding)[0, :, :, 0]
    if not images.ndim == kernels.ndim == 4 or images.shape[3] != kernels.shape[2]:
        expected = "(n, h, w, c) and (kh, kw, c, f) with the same c, or (h, w) and (kh, kw)"
        advice = "Make the kernels for as many channels as the images have."
        sides = [side for side in images.shape if side > 1][-2:]
        if len(sides) == 2 <= kernels.ndim and images.shape[3:] in ((), (1,)) and kernels.shape[2:3] in ((), (1,)):
            of_images = f"np.reshape(images, (-1, {sides[0]}, {sides[1]}, 1))"
            advice = f"Pass `{of_images}, np.reshape(kernels, (*np.shape(kernels)[:2], 1, -1))`."
        raise refusal("images and kernels", f"{images.shape} and {kernels.shape}", expected, advice)
    rows, columns = (output_size(images.shape[i], kernels.shape[i - 1], stride, padding) for i in (1, 2))
    zeros = [_zeros_around(images.shape[i], kernels.shape[i - 1], stride, padding) for i in (1, 2)]
    padded = np.pad(images, [(0, 0), *zeros, (0, 0)])
    output = np.zeros((len(images), rows, columns, kernels.shape[3]), np.result_type(images, kernels))
    for a, b in np.ndindex(kernels.shape[:2]):
        output += padded[:, a : a + stride * rows : stride, b : b + stride * columns : stride] @ kernels[a, b]
    return output


def toeplitz_matrix(
    kernels: ArrayLike, image_shape: tuple[int, ...], stride: int = 1, padding: str = "valid"
) -> sparse.csr_array:
    r"""Cross-correlation as a sparse matrix: `toeplitz_matrix(w, x.shape) @ x.ravel()` is its output, raveled.

    It is $\sum_{a,b} S_a \otimes T_b \otimes w_{a,b}^\top$ (Goodfellow, Bengio and Courville 2016, section 9.1): zeros
    and ones in $S_a$ and $T_b$ select the pixels under weight $w_{a,b}$, which is repeated at each position, "tied".

    Kernels are of shape (kh, kw, c, f) and images of `image_shape` (h, w, c), or (kh, kw) and (h, w); the matrix is of
    shape (oh * ow * f, h * w * c). Takes and refuses what `cross_correlate` does.

    Examples
    --------
    >>> toeplitz_matrix([[1, 2]], (2, 3)).toarray()
    array([[1., 2., 0., 0., 0., 0.],
           [0., 1., 2., 0., 0., 0.],
           [0., 0., 0., 1., 2., 0.],
           [0., 0., 0., 0., 1., 2.]])
    """
    kernels, shape = _finite("kernels", kernels), np.ravel(image_shape).tolist()
    if kernels.ndim == len(shape) == 2:
        kernels, shape = kernels[:, :, None, None], [*shape, 1]
    if kernels.ndim != 4 or len(shape) != 3 or shape[2] != kernels.shape[2]:
        expected = "(kh, kw, c, f) and (h, w, c) with the same c, or (kh, kw) and (h, w)"
        advice = "Pass the shape of one image, without the number of images."
        raise refusal("kernels and image_shape", f"{kernels.shape} and {image_shape}", expected, advice)
    rows, columns = (_selections(shape[i], kernels.shape[i], stride, padding) for i in (0, 1))
    terms = (  # kron left to choose the format would store zeros
        sparse.kron(sparse.kron(rows[a], columns[b], format="csr"), kernels[a, b].T, format="csr")
        for a, b in np.ndindex(kernels.shape[:2])
    )
    return sum(terms).astype(kernels.dtype)  # a term without entries comes as float64


def receptive_field(layers: Sequence[tuple[int, int]]) -> tuple[int, int]:
    r"""Side of the part of the image that one output sees, and the step from there to what the next output sees.

    From $r = j = 1$, each layer adds $(k - 1) j$ to $r$, then multiplies $j$ by $t$ (Araujo, Norris and Sim 2019).
    Layers are pairs (kernel, stride), first layer first; a pooling layer has its pool size as kernel. Raises a
    ValueError unless all are integers of at least 1.

    Examples
    --------
    >>> receptive_field([(3, 1), (2, 2), (3, 1), (2, 2)])
    (10, 4)
    """
    size = jump = 1
    for layer in layers:
        if not isinstance(layer, Sequence) or len(layer) != 2:
            raise refusal("layers", repr(layer), "pairs (kernel, stride)", "Pass such as `[(3, 1), (2, 2)]`.")
        size += (positive_integer("kernel", layer[0]) - 1) * jump
        jump *= positive_integer("stride", layer[1])
    return size, jump


def positive_integer(name: str, number: int) -> int:
    """Return a number as a Python int, or raise a ValueError with its name unless it is an integer of at least 1."""
    if isinstance(number, numbers.Integral) and number >= 1:
        return int(number)
    whole = int(number) if isinstance(number, float) and number.is_integer() and number >= 1 else 1
    raise refusal(name, repr(number), "an integer, at least 1", f"Pass a whole number, such as `{whole}`.")


def _finite(name: str, values: ArrayLike) -> np.ndarray:
    values = np.asarray(values)
    if values.dtype.kind not in "biuf":
        raise refusal(name, values.dtype, "real numbers", f"Try `np.asarray({name}, float)`.")
    if values.dtype not in (np.float32, np.float64):
        values = values.astype(np.float64)
    if not np.isfinite(values).all():
        bad = values[~np.isfinite(values)][0]
        raise refusal(name, bad, "finite numbers", "Find the step that made it.")
    return values


def _zeros_around(size: int, kernel: int, stride: int, padding: str) -> tuple[int, int]:
    """How many zeros go before and after one side of the image."""
    covered = (output_size(size, kernel, stride, padding) - 1) * stride + kernel
    zeros = max(covered - size, 0)
    return zeros // 2, zeros - zeros // 2


def _selections(size: int, kernel: int, stride: int, padding: str) -> list[sparse.csr_array]:
    """For each offset in the kernel, the matrix that takes the pixel under it at each position, or 0 outside."""
    before, _ = _zeros_around(size, kernel, stride, padding)
    first = stride * np.arange(output_size(size, kernel, stride, padding))[:, None] - before
    return [sparse.csr_array(first + offset == np.arange(size)) for offset in range(kernel)]
