"""The networks that more than one chapter or study uses, as plain Keras models."""

import keras


def dense(hidden=(64, 64), seed=None):
    """Return a network of dense layers for MNIST: Flatten, hidden layers with ReLU, ten outputs with softmax.

    Parameters
    ----------
    hidden : sequence of int
        Units of each hidden layer.
    seed : int, optional
        Fixes the initial kernels (Glorot uniform; biases start at 0). Without it they differ at each call.

    Returns
    -------
    keras.Sequential
        Not compiled; input (n, 28, 28, 1), output (n, 10).

    Examples
    --------
    >>> from mnist_utils import networks
    >>> networks.dense((64, 64), seed=0).count_params()
    55050
    """
    if any(units < 1 for units in hidden):
        raise ValueError(f"got hidden layers of {tuple(hidden)} units, expected each to have at least 1")
    network = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten()])
    for index, units in enumerate([*hidden, 10]):
        network.add(
            keras.layers.Dense(
                units,
                activation="relu" if index < len(hidden) else "softmax",
                # One seed for all layers would give layers of one shape the same weights.
                kernel_initializer=keras.initializers.GlorotUniform(None if seed is None else 1000 * seed + index),
            )
        )
    return network


def convolutional(filters=32, kernel_size=3, seed=None):
    """Return the original submission's convolutional network: one convolution with ReLU, pooling, ten outputs.

    Parameters
    ----------
    filters, kernel_size : int
        Of the convolution, which is "valid"; pooling takes the maximum of 2 x 2 blocks.
    seed : int, optional
        Fixes the initial kernels, as in `dense`.

    Returns
    -------
    keras.Sequential
        Not compiled; input (n, 28, 28, 1), output (n, 10).

    Examples
    --------
    >>> from mnist_utils import networks
    >>> networks.convolutional(seed=0).count_params()
    54410
    """
    seeds = (None, None) if seed is None else (1000 * seed, 1000 * seed + 1)
    first, last = (keras.initializers.GlorotUniform(number) for number in seeds)
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.Conv2D(filters, kernel_size, activation="relu", kernel_initializer=first),
            keras.layers.MaxPooling2D(2),
            keras.layers.Flatten(),
            keras.layers.Dense(10, activation="softmax", kernel_initializer=last),
        ]
    )
