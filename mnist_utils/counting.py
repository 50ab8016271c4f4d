"""Parameters and multiply-adds of a Keras model, layer by layer.

A multiply-add multiplies a number by a weight and adds the product to a sum; they are counted for one image. Products
with the zeros of "same" padding count, since they are computed. What involves no weight does not: adding a bias, an
activation, the maximum or mean of a pooling layer.
"""

import math

import pandas as pd

from mnist_utils.refusal import refusal

BY_HAND = "Count it by hand, or add its formula here, in mnist_utils.counting."


def count(model) -> pd.DataFrame:
    """Parameters and multiply-adds of each layer of a Keras model.

    `BatchNormalization` has a scale, an offset and, untrained, a moving mean and variance for each channel; when the
    network is used it multiplies each number once. Give a Sequential or functional model with a `keras.Input` of fixed
    size. A ValueError is raised for another, and where a layer has weights but no formula here, or more than one call.

    Examples
    --------
    >>> from keras import Input, Sequential, layers
    >>> model = Sequential([Input((28, 28)), layers.Flatten(name="flatten"), layers.Dense(10, name="dense")])
    >>> count(model)  # doctest: +NORMALIZE_WHITESPACE
                kind output_shape  parameters  multiply_adds
    layer
    flatten  Flatten       (784,)           0              0
    dense      Dense        (10,)        7850           7840
    """
    if not hasattr(model, "layers"):
        advice = "Pass `model()`." if callable(model) else "Pass a model, not its weights or its numbers."
        raise refusal("model", type(model).__name__, "a Keras model", advice)
    graph = getattr(model, "_functional", model)  # a Sequential model keeps its graph there
    if not hasattr(graph, "_nodes_by_depth"):
        advice = "Put it first, as in `keras.Sequential([keras.Input((28, 28, 1)), *model.layers])`."
        raise refusal(f"model {model.name!r}", "no images yet", "a model that begins with keras.Input", advice)
    calls = [call for calls in graph._nodes_by_depth.values() for call in calls]
    rows = []
    for layer in model.layers:
        # Not layer.output: that is from the first model to call the layer, perhaps on images of another size.
        shapes = [tuple(call.outputs[0].shape[1:]) for call in calls if call.operation is layer]
        if len(shapes) != 1:
            raise refusal(f"layer {layer.name!r}", f"{len(shapes)} calls", "one call", BY_HAND)
        if type(layer).__name__ != "InputLayer":  # listed in a functional model, not in a Sequential one
            rows.append((layer.name, type(layer).__name__, shapes[0], *_count_layer(layer, shapes[0])))
    table = pd.DataFrame(rows, columns=["layer", "kind", "output_shape", "parameters", "multiply_adds"])
    return table.set_index("layer")


def _count_layer(layer, shape: tuple[int | None, ...]) -> tuple[int, int]:
    """(parameters, multiply-adds) by the name of the layer's class, so that this module need not import Keras."""
    kind = type(layer).__name__
    if not layer.weights:
        return 0, 0
    if None in shape:
        advice = "Give keras.Input the sides of the images, as in `keras.Input((28, 28, 1))`."
        raise refusal(f"layer {layer.name!r}", f"outputs {shape}", "outputs of fixed size", advice)
    if kind in ("Dense", "Conv2D", "DepthwiseConv2D"):  # each weight of the kernel works at each position of the output
        first = getattr(layer, "data_format", None) == "channels_first"
        weights, positions = math.prod(layer.kernel.shape), math.prod(shape[1:] if first else shape[:-1])
        return weights + (layer.bias.shape[0] if layer.use_bias else 0), positions * weights
    if kind == "BatchNormalization":
        return (2 + layer.scale + layer.center) * layer.moving_mean.shape[0], math.prod(shape)
    expected = "Dense, Conv2D, DepthwiseConv2D, BatchNormalization or no weights"
    raise refusal(f"layer {layer.name!r}", kind, expected, BY_HAND)
