"""The networks that more than one chapter or study uses, as plain Keras models."""

import keras


def dense(hidden=(64, 64), seed=None, activation="relu"):
    """Return a network of dense layers for MNIST: Flatten, hidden layers, ten outputs with softmax.

    Parameters
    ----------
    hidden : sequence of int
        Units of each hidden layer.
    seed : int, optional
        Fixes the initial kernels (Glorot uniform; biases start at 0). Without it they differ at each call.
    activation : str
        Of the hidden layers.

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
    return stacked(1, hidden, seed, activation)


def stacked(times, hidden=(300, 500), seed=None, activation="relu"):
    """Return what the loop of the original submission builds: dense networks put on top of each other.

    The ten probabilities of each network, but the last, are the inputs of the next.

    Parameters
    ----------
    times : int
        How many networks; with 1 it is the network that `dense` returns.
    hidden, seed, activation
        As in `dense`. With the same seed, a stack begins with the kernels of the lower ones.

    Returns
    -------
    keras.Sequential
        Not compiled; input (n, 28, 28, 1), output (n, 10).

    Examples
    --------
    >>> from mnist_utils import networks
    >>> len(networks.stacked(3, seed=0).layers)  # one Flatten, 3 layers a network
    10
    """
    if times < 1 or any(units < 1 for units in hidden):
        raise ValueError(
            f"got {times} networks with hidden layers of {tuple(hidden)} units, expected at least 1 network, and each "
            "layer to have at least 1 unit"
        )
    network = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Flatten()])
    layers = [*((units, activation) for units in hidden), (10, "softmax")] * times
    for index, (units, function) in enumerate(layers):
        # One seed for all layers would give layers of one shape the same weights.
        initializer = keras.initializers.GlorotUniform(None if seed is None else 1000 * seed + index)
        network.add(keras.layers.Dense(units, activation=function, kernel_initializer=initializer))
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
