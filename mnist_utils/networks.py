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
