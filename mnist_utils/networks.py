"""The networks that more than one chapter or study uses, as plain Keras models.

Each function returns a new model that is not compiled, from images of shape (n, 28, 28, 1) to the probabilities of the
ten digits, (n, 10); an auto-encoder returns images. `seed`, an integer, fixes the initial kernels (Glorot uniform;
biases start at 0) and what dropout drops; without it they differ at each call. The model is float32 with its channels
last, whatever Keras is set to; but `fit` computes the loss in `keras.config.floatx()`, and fails in half precision.

>>> [function(seed=0).count_params() for function in (dense, convolutional, mnist_convnet, strided, fast, good, small)]
[55050, 54410, 34826, 29322, 29514, 82618, 1828]
"""

import functools
import inspect
import numbers
import warnings

import keras

from mnist_utils.convolution import positive_integer
from mnist_utils.refusal import refusal


class _Layers:
    """The layers of Keras as if it was set to its defaults: float32, with the channels last."""

    def __getattr__(self, kind):
        layer = getattr(keras.layers, kind)
        if "data_format" in inspect.signature(layer).parameters:
            layer = functools.partial(layer, data_format="channels_last")
        return functools.partial(layer, dtype="float32")


layers = _Layers()


def dense(hidden=(64, 64), seed=None, activation="relu"):
    """Return a network of dense layers for MNIST: Flatten, hidden layers of these units, ten outputs with softmax."""
    return stacked(1, hidden, seed, activation)


def stacked(times, hidden=(300, 500), seed=None, activation="relu"):
    """Return what the loop of the original submission builds: dense networks put on top of each other.

    The ten probabilities of each network, but the last, are the inputs of the next. With the same seed, a stack begins
    with the kernels of the lower ones, and that of 1 is `dense`. Numbers below 1 raise a ValueError.
    """
    given = hidden if hasattr(hidden, "__iter__") else [hidden]
    of_one = [*((positive_integer("hidden", units), activation) for units in given), (10, "softmax")]
    every = of_one * positive_integer("times", times)
    return _sequential(seed, layers.Flatten(), *(layers.Dense(units, name) for units, name in every))


def convolutional(seed=None):
    """Return the original submission's convolutional network: 32 filters of 3 x 3 with ReLU, pooling, ten outputs."""
    return _sequential(
        seed,
        layers.Conv2D(32, 3, activation="relu"),
        layers.MaxPooling2D(2),
        layers.Flatten(),
        layers.Dense(10, activation="softmax"),
    )


def mnist_convnet(seed=None):
    """Return the network of the example *Simple MNIST convnet* of keras.io (F. Chollet, 2015)."""
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


def fast(seed=None, *, normalized=True):
    """Return the network of the book that is quickest at 99 %; its last convolution is `normalized`, or has biases."""
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


def small(seed=None, *, weighted=True):
    """Return the smallest network of the book, which sums each of its last feature maps, `weighted`, or averages it."""
    # Batch normalization needs no scale where the weights behind the next ReLU make up for it.
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
    return _in_float32(keras.Model(images, _apply(after, layers.Add()([maps, _apply(residual, maps)]))))


def averaging(seed=None):
    """Return `small` with the mean of each feature map in place of a weighted sum, a step on the way to it."""
    return small(seed, weighted=False)


def autoencoder(seed=None):
    """Return the assignment's denoising auto-encoder, of dense layers; the narrow one in the middle gives the code."""
    return _sequential(
        seed,
        layers.Flatten(),
        *(layers.Dense(units, activation="relu") for units in (128, 96, 128)),
        layers.Dense(28 * 28, activation="sigmoid"),
        layers.Reshape((28, 28, 1)),
    )


def convolutional_autoencoder(seed=None):
    """Return a denoising auto-encoder of convolutions with stride 2, and transposed ones that undo the stride."""
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
    _initialize(hidden, seed)
    return _in_float32(keras.Sequential([keras.Input((28, 28, 1), dtype="float32"), *hidden]))


def _in_float32(model):
    model.dtype_policy = "float32"
    if keras.config.floatx() in ("float16", "bfloat16"):
        advice = 'Call `keras.config.set_floatx("float32")` before you train this network.'
        warnings.warn(str(refusal("floatx", keras.config.floatx(), "float32, for the loss", advice)), stacklevel=4)
    return model


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
        raise refusal("seed", repr(seed), "an integer, at least 0, or None", "Pass for example `0`.")
    return 1000 * int(seed) + index


def _apply(hidden, maps):
    for layer in hidden:
        maps = layer(maps)
    return maps
