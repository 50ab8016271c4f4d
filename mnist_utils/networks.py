"""The networks that more than one chapter or study uses, as plain Keras models.

Each function returns a new model that is not compiled, from images of shape (n, 28, 28, 1) to the probabilities of the
ten digits, (n, 10); an auto-encoder returns images. `seed`, an integer, fixes the initial kernels (Glorot uniform;
biases start at 0) and what dropout drops. Without it they differ at each call.
"""

import operator

import keras
from keras import layers


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
    >>> from mnist_utils import networks
    >>> networks.dense((64, 64), seed=0).count_params()
    55050
    """
    return stacked(1, hidden, seed, activation)


def stacked(times, hidden=(300, 500), seed=None, activation="relu"):
    """Return what the loop of the original submission builds: dense networks put on top of each other.

    The ten probabilities of each network, but the last, are the inputs of the next.

    Parameters
    ----------
    times : int
        How many networks; with 1 it is the network that `dense` returns. With the same seed, a stack begins with the
        kernels of the lower ones.
    hidden, activation
        As in `dense`.

    Raises
    ------
    ValueError
        If there would be no network, or a layer without units.

    Examples
    --------
    >>> from mnist_utils import networks
    >>> len(networks.stacked(3, seed=0).layers)  # one Flatten, 3 layers a network
    10
    """
    try:
        times, hidden = operator.index(times), tuple(map(operator.index, hidden))
        wrong = times < 1 or any(units < 1 for units in hidden)
    except TypeError:
        wrong = True
    if wrong:
        raise ValueError(
            f"got {times!r} networks with hidden layers of {hidden!r} units, expected at least 1 network, and a "
            "sequence of integers, at least 1 each, such as (64, 64)"
        )
    of_one = [*((units, activation) for units in hidden), (10, "softmax")]
    return _seeded([layers.Flatten(), *(layers.Dense(units, function) for units, function in of_one * times)], seed)


def convolutional(seed=None):
    """Return the original submission's convolutional network: 32 filters of 3 x 3 with ReLU, pooling, ten outputs.

    Examples
    --------
    >>> from mnist_utils import networks
    >>> networks.convolutional(seed=0).count_params()
    54410
    """
    return _seeded(
        [
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ],
        seed,
    )


def mnist_convnet(seed=None):
    """Return the network of the example *Simple MNIST convnet* of keras.io (F. Chollet, 2015).

    Two convolutions with ReLU and pooling, dropout of one half, ten outputs. The example trains it with adam in
    batches of 128 for 15 epochs.

    Examples
    --------
    >>> from mnist_utils import networks
    >>> networks.mnist_convnet(seed=0).count_params()
    34826
    """
    return _seeded(
        [
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dropout(0.5, seed=_number(seed, 999)),
            layers.Dense(10, activation="softmax"),
        ],
        seed,
    )


def fast(seed=None, *, normalized=True):
    """Return the network of the book that is quickest at 99 %: three convolutions, the first with a stride.

    Parameters
    ----------
    normalized : bool
        Whether the last convolution has batch normalization.

    Examples
    --------
    >>> from mnist_utils import networks
    >>> networks.fast(seed=0).count_params()
    29514
    """
    normalization = [layers.BatchNormalization()] if normalized else []
    return _seeded(
        [
            layers.Conv2D(16, 5, strides=2, activation="relu"),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, use_bias=not normalized),
            *normalization,
            layers.ReLU(),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ],
        seed,
    )


def strided(seed=None):
    """Return `fast` without batch normalization, a step on the way to it."""
    return fast(seed, normalized=False)


def good(seed=None):
    """Return the best network of the book: four convolutions, the first with a stride, batch normalization, dropout.

    Examples
    --------
    >>> from mnist_utils import networks
    >>> networks.good(seed=0).count_params()
    82618
    """
    return _seeded(
        [
            layers.Conv2D(24, 5, strides=2, activation="relu"),
            *_normalized(layers.Conv2D(48, 3, use_bias=False)),
            *_normalized(layers.Conv2D(48, 3, padding="same", use_bias=False)),
            layers.MaxPooling2D(2),
            *_normalized(layers.Conv2D(96, 3, use_bias=False)),
            layers.Flatten(),
            layers.Dropout(0.3, seed=_number(seed, 999)),
            layers.Dense(10, activation="softmax"),
        ],
        seed,
    )


def small(seed=None, *, weighted=True):
    """Return the smallest network of the book: eleven feature maps at its end, and a weighted sum of each.

    The third of its convolutions is depthwise separable and learns what to add to its input, a residual. Batch
    normalization has no scale here; but for the residual, the weights behind the next ReLU make up for it.

    Parameters
    ----------
    weighted : bool
        Whether each of the last feature maps, of 3 x 3 numbers, has nine weights of its own, as a depthwise convolution
        has it; otherwise its mean is taken.

    Examples
    --------
    >>> from mnist_utils import networks
    >>> networks.small(seed=0).count_params()
    1828
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
    _seed([*before, *residual, *after], seed)
    images = keras.Input((28, 28, 1))
    maps = _apply(before, images)
    return keras.Model(images, _apply(after, layers.add([maps, _apply(residual, maps)])))


def averaging(seed=None):
    """Return `small` with the mean of each feature map in place of a weighted sum, a step on the way to it."""
    return small(seed, weighted=False)


def autoencoder(seed=None):
    """Return the assignment's denoising auto-encoder: dense layers that narrow and widen again.

    The hidden layers have 128, 96 and 128 units with ReLU; the middle one gives the code. The last layer has a unit for
    each pixel, with a sigmoid.

    Examples
    --------
    >>> from mnist_utils import networks
    >>> networks.autoencoder(seed=0).count_params()
    226416
    """
    return _seeded(
        [
            layers.Flatten(),
            *(layers.Dense(units, activation="relu") for units in (128, 96, 128)),
            layers.Dense(28 * 28, activation="sigmoid"),
            layers.Reshape((28, 28, 1)),
        ],
        seed,
    )


def convolutional_autoencoder(seed=None):
    """Return a denoising auto-encoder of convolutions with stride 2, and transposed ones that undo the stride.

    8 and 16 filters on the way down, 16 and 8 on the way up, so that the code has 7 x 7 positions; a
    convolution with a sigmoid follows.

    Examples
    --------
    >>> from mnist_utils import networks
    >>> networks.convolutional_autoencoder(seed=0).output_shape
    (None, 28, 28, 1)
    """
    strided = {"strides": 2, "padding": "same", "activation": "relu"}
    return _seeded(
        [
            layers.Conv2D(8, 5, **strided),
            layers.Conv2D(16, 5, **strided),
            layers.Conv2DTranspose(16, 5, **strided),
            layers.Conv2DTranspose(8, 5, **strided),
            layers.Conv2D(1, 5, padding="same", activation="sigmoid"),
        ],
        seed,
    )


def _normalized(convolution, scale=True):
    return [convolution, layers.BatchNormalization(scale=scale), layers.ReLU()]


def _seeded(hidden, seed):
    """Return a network for MNIST of these layers, one after the other."""
    _seed(hidden, seed)
    return keras.Sequential([keras.Input((28, 28, 1)), *hidden])


def _seed(hidden, seed):
    """Fix the initial kernels of layers."""
    names = ("kernel_initializer", "depthwise_initializer")
    weighted = [(layer, name) for layer in hidden for name in names if hasattr(layer, name)]
    for index, (layer, name) in enumerate(weighted):
        setattr(layer, name, keras.initializers.GlorotUniform(_number(seed, index)))


def _apply(hidden, maps):
    for layer in hidden:
        maps = layer(maps)
    return maps


def _number(seed, index):
    """A seed for each layer: one for all would give layers of one shape the same weights."""
    return None if seed is None else 1000 * operator.index(seed) + index
