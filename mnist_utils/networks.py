"""The networks that more than one chapter or study uses, as plain Keras models.

Each function returns a new model that is not compiled, from images of shape (n, 28, 28, 1) to the probabilities of the
ten digits, (n, 10); an auto-encoder returns images. `seed`, an integer, fixes the initial kernels (Glorot uniform;
biases start at 0) and what dropout drops. Without it they differ at each call. The model is float32 and has its
channels last, whatever Keras is set to; `fit` and `predict`, however, cast arrays to `keras.config.floatx()` first,
and `fit` computes the loss in it, which fails in half precision: of this a warning is given.

>>> functions = [convolutional, mnist_convnet, strided, fast, good, averaging, small]
>>> [function(seed=0).count_params() for function in functions]
[54410, 34826, 29322, 29514, 82618, 1729, 1828]
>>> len(stacked(3, seed=0).layers), convolutional_autoencoder(seed=0).output_shape
(10, (None, 28, 28, 1))
"""

import contextlib
import functools
import numbers
import threading
import warnings

import keras
from keras import layers

_setting = threading.RLock()  # Keras has one image_data_format for all threads.


def _float32_channels_last(build):
    """Let a function build its layers as if Keras was set to its defaults, and leave its settings as they were."""

    @functools.wraps(build)
    def built(*args, **kwargs):
        floatx = keras.config.floatx()
        if floatx in ("float16", "bfloat16"):
            advice = 'Call `keras.config.set_floatx("float32")` before you train this network.'
            warnings.warn(f"floatx: got {floatx}; expected float32, for the loss. {advice}", stacklevel=2)
        with _setting:
            policy, data_format = keras.config.dtype_policy(), keras.config.image_data_format()
            try:
                keras.config.set_dtype_policy("float32")
                keras.config.set_image_data_format("channels_last")
                return build(*args, **kwargs)
            finally:
                keras.config.set_dtype_policy(policy)
                keras.config.set_image_data_format(data_format)

    return built


def dense(hidden=(64, 64), seed=None, activation="relu"):
    """Return a network of dense layers for MNIST: Flatten, hidden layers, ten outputs with softmax.

    Parameters
    ----------
    hidden : sequence of int
        Units of each hidden layer.
    activation : str
        Of the hidden layers.

    Raises
    ------
    ValueError
        If a layer would have no units.

    Examples
    --------
    >>> dense((64, 64), seed=0).count_params()
    55050
    """
    return stacked(1, hidden, seed, activation)


@_float32_channels_last
def stacked(times, hidden=(300, 500), seed=None, activation="relu"):
    """Return what the loop of the original submission builds: dense networks put on top of each other.

    The ten probabilities of each network, but the last, are the inputs of the next. With the same seed, a stack begins
    with the kernels of the lower ones, and that of 1 is `dense`. Takes and refuses the `hidden` of `dense`.
    """
    if not isinstance(times, numbers.Integral) or times < 1:
        raise ValueError(f"times: got {times!r}; expected an integer, at least 1. Pass how many networks, such as `1`.")
    of_one = [*((units, activation) for units in _checked_units(hidden)), (10, "softmax")]
    return _sequential(seed, layers.Flatten(), *(layers.Dense(units, name) for units, name in of_one * times))


@_float32_channels_last
def convolutional(seed=None):
    """Return the original submission's convolutional network: 32 filters of 3 x 3 with ReLU, pooling, ten outputs."""
    return _sequential(
        seed,
        layers.Conv2D(32, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Flatten(),
        layers.Dense(10, activation="softmax"),
    )


@_float32_channels_last
def mnist_convnet(seed=None):
    """Return the network of the example *Simple MNIST convnet* of keras.io (F. Chollet, 2015).

    Two convolutions with ReLU and pooling, dropout of one half, ten outputs. The example trains it with adam in
    batches of 128 for 15 epochs.
    """
    return _sequential(
        seed,
        layers.Conv2D(32, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Conv2D(64, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Flatten(),
        layers.Dropout(0.5, seed=_layer_seed(seed, 999)),
        layers.Dense(10, activation="softmax"),
    )


@_float32_channels_last
def fast(seed=None, *, normalized=True):
    """Return the network of the book that is quickest at 99 %: three convolutions, the first with a stride.

    The last one is `normalized`, by batch normalization, or has biases.
    """
    normalization = [layers.BatchNormalization()] if normalized else []
    return _sequential(
        seed,
        layers.Conv2D(16, 5, strides=2, activation="relu"),
        layers.Conv2D(32, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Conv2D(64, 3, use_bias=not normalized),
        *normalization,
        layers.ReLU(),
        layers.Flatten(),
        layers.Dense(10, activation="softmax"),
    )


def strided(seed=None):
    """Return `fast` without batch normalization, a step on the way to it."""
    return fast(seed, normalized=False)


@_float32_channels_last
def good(seed=None):
    """Return the best network of the book: four convolutions, the first with a stride, batch normalization, dropout."""
    return _sequential(
        seed,
        layers.Conv2D(24, 5, strides=2, activation="relu"),
        *_normalized(layers.Conv2D(48, 3, use_bias=False)),
        *_normalized(layers.Conv2D(48, 3, padding="same", use_bias=False)),
        layers.MaxPooling2D(2),
        *_normalized(layers.Conv2D(96, 3, use_bias=False)),
        layers.Flatten(),
        layers.Dropout(0.3, seed=_layer_seed(seed, 999)),
        layers.Dense(10, activation="softmax"),
    )


@_float32_channels_last
def small(seed=None, *, weighted=True):
    """Return the smallest network of the book: eleven feature maps at its end, and a weighted sum of each.

    The third of its convolutions is depthwise separable and learns what to add to its input, a residual. Batch
    normalization has no scale here; but for the residual, the weights behind the next ReLU make up for it. Each of the
    last feature maps is `weighted`, by the nine weights of a depthwise convolution, or its mean is taken.
    """
    before = [
        *_normalized(layers.Conv2D(6, 5, strides=2, use_bias=False), scale=False),
        *_normalized(layers.Conv2D(8, 3, use_bias=False), scale=False),
        layers.MaxPooling2D(2),
    ]
    residual = [
        layers.DepthwiseConv2D(3, padding="same", use_bias=False),
        layers.Conv2D(8, 1, use_bias=False),
        layers.BatchNormalization(scale=False),
    ]
    after = [
        layers.ReLU(),
        *_normalized(layers.Conv2D(11, 3, use_bias=False), scale=False),
        layers.DepthwiseConv2D(3, use_bias=False) if weighted else layers.GlobalAveragePooling2D(),
        layers.Flatten(),
        layers.Dense(10, activation="softmax"),
    ]
    _initialize([*before, *residual, *after], seed)
    images = keras.Input((28, 28, 1), dtype="float32")
    maps = _apply(before, images)
    return keras.Model(images, _apply(after, layers.add([maps, _apply(residual, maps)])))


def averaging(seed=None):
    """Return `small` with the mean of each feature map in place of a weighted sum, a step on the way to it."""
    return small(seed, weighted=False)


@_float32_channels_last
def autoencoder(seed=None):
    """Return the assignment's denoising auto-encoder: dense layers that narrow and widen again.

    The hidden layers have 128, 96 and 128 units with ReLU; the middle one gives the code. The last layer has a unit for
    each pixel, with a sigmoid.
    """
    return _sequential(
        seed,
        layers.Flatten(),
        *(layers.Dense(units, activation="relu") for units in (128, 96, 128)),
        layers.Dense(28 * 28, activation="sigmoid"),
        layers.Reshape((28, 28, 1)),
    )


@_float32_channels_last
def convolutional_autoencoder(seed=None):
    """Return a denoising auto-encoder of convolutions with stride 2, and transposed ones that undo the stride.

    8 and 16 filters on the way down, 16 and 8 on the way up, so that the code has 7 x 7 positions; a
    convolution with a sigmoid follows.
    """
    halving = {"strides": 2, "padding": "same", "activation": "relu"}
    return _sequential(
        seed,
        layers.Conv2D(8, 5, **halving),
        layers.Conv2D(16, 5, **halving),
        layers.Conv2DTranspose(16, 5, **halving),
        layers.Conv2DTranspose(8, 5, **halving),
        layers.Conv2D(1, 5, padding="same", activation="sigmoid"),
    )


def _normalized(convolution, scale=True):
    return [convolution, layers.BatchNormalization(scale=scale), layers.ReLU()]


def _sequential(seed, *hidden):
    """Return a network of these layers, one after the other, with initial kernels drawn from the seed."""
    _initialize(hidden, seed)
    return keras.Sequential([keras.Input((28, 28, 1), dtype="float32"), *hidden])


def _initialize(hidden, seed):
    """Have each layer draw its kernel from a seed of its own: one for all would give equal kernels to equal layers."""
    names = ("kernel_initializer", "depthwise_initializer")
    weighted = [(layer, name) for layer in hidden for name in names if hasattr(layer, name)]
    for index, (layer, name) in enumerate(weighted):
        setattr(layer, name, keras.initializers.GlorotUniform(_layer_seed(seed, index)))


def _layer_seed(seed, index):
    if seed is None:
        return None
    if not isinstance(seed, numbers.Integral) or seed < 0:
        raise ValueError(f"seed: got {seed!r}; expected an integer, at least 0, or None. Pass for example `0`.")
    return 1000 * int(seed) + index


def _checked_units(hidden):
    """Return the units of hidden layers as a tuple of integers, or refuse them."""
    single = isinstance(hidden, str) or not hasattr(hidden, "__iter__")
    given = (hidden,) if single else tuple(hidden)
    if not single and all(isinstance(units, numbers.Integral) and units >= 1 for units in given):
        return tuple(map(int, given))
    advice = "Pass whole numbers, such as `(64, 64)`."
    with contextlib.suppress(TypeError, ValueError):
        whole = tuple(map(int, given))
        if min(whole) >= 1 and whole == tuple(map(float, given)):
            advice = f"Pass `{whole}`."
    raise ValueError(f"hidden: got {hidden!r}; expected a sequence of integers, at least 1 each. {advice}")


def _apply(hidden, maps):
    for layer in hidden:
        maps = layer(maps)
    return maps
