"""`mnist_utils.counting` agrees with Keras on parameters, with the weights at work on multiply-adds, on any network."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers

from mnist_utils import networks
from mnist_utils.convolution import toeplitz_matrix
from mnist_utils.counting import count

SMALL = st.integers(1, 4)
BOOLEANS = st.booleans()
PADDINGS = st.sampled_from(["valid", "same"])
POOLING = {"pool_size": SMALL, "strides": st.integers(1, 2), "padding": PADDINGS}
# Specifications, not layers: making a layer draws random numbers, which Hypothesis could not repeat.
HIDDEN = st.one_of(
    st.tuples(
        st.just(layers.Conv2D),
        st.fixed_dictionaries(
            {
                "filters": SMALL,
                "kernel_size": st.tuples(SMALL, SMALL),
                "strides": st.integers(1, 3),
                "padding": PADDINGS,
                "use_bias": BOOLEANS,
            }
        ),
    ),
    st.tuples(
        st.just(layers.DepthwiseConv2D),
        st.fixed_dictionaries(
            {
                "kernel_size": st.tuples(SMALL, SMALL),
                "depth_multiplier": st.integers(1, 2),
                "padding": PADDINGS,
                "use_bias": BOOLEANS,
            }
        ),
    ),
    st.tuples(st.sampled_from([layers.MaxPooling2D, layers.AveragePooling2D]), st.fixed_dictionaries(POOLING)),
    st.tuples(st.just(layers.BatchNormalization), st.fixed_dictionaries({"center": BOOLEANS, "scale": BOOLEANS})),
    st.tuples(st.just(layers.Dropout), st.just({"rate": 0.5})),
    st.tuples(st.just(layers.Activation), st.just({"activation": "relu"})),
    st.tuples(st.just(layers.Dense), st.fixed_dictionaries({"units": SMALL, "use_bias": BOOLEANS})),
)
FLATTENING = st.sampled_from([layers.Flatten, layers.GlobalAveragePooling2D, layers.GlobalMaxPooling2D])


def network(image_shape, hidden, flattening, units):
    """The network of these layers, less those that would not fit the images they get."""
    outputs = inputs = keras.Input(image_shape)
    for layer, options in hidden:
        window = options.get("kernel_size", options.get("pool_size", 1))
        if options.get("padding") == "same" or np.max(window) <= min(outputs.shape[1:3]):
            outputs = layer(**options)(outputs)
    outputs = flattening()(outputs)
    for number in units:
        outputs = layers.Dense(number)(outputs)
    return keras.Model(inputs, outputs)


def multiplications(layer):
    """How often a layer multiplies by a weight: the entries of its matrix that are not zero."""
    outputs = layer.output.shape[1:]
    if isinstance(layer, layers.Dense):
        return np.kron(np.eye(np.prod(outputs[:-1], dtype=int)), np.ones(layer.kernel.shape)).sum()
    if isinstance(layer, layers.DepthwiseConv2D):
        # Each map sees one channel: those of all channels together are those of one with as many kernels.
        kernels = np.ones((*layer.kernel_size, 1, layer.kernel.shape[2] * layer.depth_multiplier))
        return padded_multiplications(layer, kernels)
    if isinstance(layer, layers.Conv2D):
        return padded_multiplications(layer, np.ones(layer.kernel.shape))
    if isinstance(layer, layers.BatchNormalization):
        return np.diag(np.ones(np.prod(outputs, dtype=int))).sum()
    return 0


def padded_multiplications(layer, kernels):
    """The entries that are not zero of the matrix of a convolution.

    The zeros of "same" padding are made part of the image, so that the products with them count.
    """
    inputs, outputs = layer.input.shape[1:], layer.output.shape[1:]
    steps = zip(inputs, outputs, layer.kernel_size, layer.strides, strict=False)
    needed = [(out - 1) * stride + kernel for _, out, kernel, stride in steps]
    padded = [max(side, need) for side, need in zip(inputs, needed, strict=False)]
    return toeplitz_matrix(kernels, (*padded, kernels.shape[2]), layer.strides[0]).nnz


@settings(deadline=None, max_examples=60)
@given(
    st.tuples(st.integers(4, 12), st.integers(4, 12), st.integers(1, 3)),
    st.lists(HIDDEN, max_size=5),
    FLATTENING,
    st.lists(st.integers(1, 20), max_size=2),
)
def test_counts_of_any_network_are_those_of_keras_and_of_its_matrices(image_shape, hidden, flattening, units):
    model = network(image_shape, hidden, flattening, units)
    counts, expected = count(model), model.layers[1:]  # all but the input
    assert list(counts.index) == [layer.name for layer in expected]
    assert list(counts.kind) == [type(layer).__name__ for layer in expected]
    assert list(counts.output_shape) == [layer.output.shape[1:] for layer in expected]
    assert list(counts.parameters) == [layer.count_params() for layer in expected]
    assert counts.parameters.sum() == model.count_params()
    assert list(counts.multiply_adds) == [multiplications(layer) for layer in expected]


@pytest.mark.parametrize(
    ("hidden", "parameters"),
    [((64, 64), 55_050), ((500, 300), 545_810), ((125, 100, 50), 116_285)],
)
def test_the_dense_networks_of_the_assignment(hidden, parameters):
    counts = count(networks.dense(hidden))
    assert counts.parameters.sum() == parameters
    assert counts.multiply_adds.sum() == parameters - sum(hidden) - 10  # all but the biases


def test_each_layer_of_the_first_network():
    counts = count(networks.dense((64, 64)))
    assert list(counts.kind) == ["Flatten", "Dense", "Dense", "Dense"]
    assert list(counts.output_shape) == [(784,), (64,), (64,), (10,)]
    assert list(counts.parameters) == [0, 50_240, 4_160, 650]
    assert list(counts.multiply_adds) == [0, 50_176, 4_096, 640]


def test_the_convnet_of_keras_io():
    counts = count(networks.mnist_convnet())
    assert list(counts.parameters) == [320, 0, 18_496, 0, 0, 0, 16_010]
    assert counts.parameters.sum() == 34_826
    assert list(counts.multiply_adds) == [26**2 * 9 * 32, 0, 11**2 * 9 * 32 * 64, 0, 0, 0, 16_000]


def test_a_convolution_has_fewer_parameters_and_more_multiply_adds_than_a_dense_layer():
    convolution, dense = (
        count(keras.Sequential([keras.Input((28, 28, 1)), *hidden])).sum(numeric_only=True)
        for hidden in ([layers.Conv2D(32, 3)], [layers.Flatten(), layers.Dense(64)])
    )
    assert (convolution.parameters, dense.parameters) == (320, 50_240)
    assert (convolution.multiply_adds, dense.multiply_adds) == (194_688, 50_176)


def test_groups_of_channels_divide_weights_and_multiply_adds():
    model = keras.Sequential([keras.Input((8, 8, 4)), layers.Conv2D(6, 3, groups=2, padding="same")])
    counts = count(model)
    assert counts.parameters.sum() == model.count_params() == 3 * 3 * 2 * 6 + 6
    assert counts.multiply_adds.sum() == 8 * 8 * 3 * 3 * 2 * 6


def test_channels_first_changes_no_count():
    last = keras.Sequential([keras.Input((9, 7, 2)), layers.Conv2D(4, 3)])
    first = keras.Sequential([keras.Input((2, 9, 7)), layers.Conv2D(4, 3, data_format="channels_first")])
    columns = ["parameters", "multiply_adds"]
    np.testing.assert_array_equal(count(first)[columns], count(last)[columns])


def test_operations_between_the_layers_do_not_count():
    inputs = keras.Input((28, 28, 1))
    convolved = layers.Conv2D(4, 3)(inputs)
    added = layers.Add()([convolved, keras.ops.relu(convolved)])
    model = keras.Model(inputs, layers.Dense(10)(layers.Flatten()(added)))
    counts = count(model)
    assert list(counts.kind) == ["Conv2D", "Add", "Flatten", "Dense"]
    assert counts.parameters.sum() == model.count_params() == 40 + 27_050
    assert counts.multiply_adds.sum() == 24_336 + 27_040


def test_a_layer_taken_over_counts_on_the_images_of_its_new_model():
    model = keras.Sequential([keras.Input((28, 28, 1)), layers.Conv2D(1, 3, padding="same")])
    larger = keras.Sequential([keras.Input((56, 56, 1)), *model.layers])
    assert count(model).multiply_adds.sum() == 28 * 28 * 9
    assert count(larger).multiply_adds.sum() == 56 * 56 * 9


def called_twice():
    inputs, layer = keras.Input((28,)), layers.Dense(28, name="twice")
    return keras.Model(inputs, layer(layer(inputs)))


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (lambda: 55_050, "model: got int; expected a Keras model"),
        (
            lambda: keras.Sequential([keras.Input((9, 9)), layers.LSTM(2, name="memory")]),
            "got LSTM; .* Count it by hand",
        ),
        (lambda: keras.Sequential([keras.Input((28, 28, 1)), networks.dense()]), "got Sequential; .* Count it by hand"),
        (
            lambda: keras.Sequential([keras.Input((None, None, 1)), layers.Conv2D(1, 3, name="wide")]),
            r"layer 'wide': got outputs \(None, None, 1\); expected outputs of fixed size",
        ),
        (called_twice, "layer 'twice': got 2 calls; expected one call"),
    ],
)
def test_models_without_a_count_are_refused(model, message):
    with pytest.raises(ValueError, match=message):
        count(model())


@pytest.mark.parametrize(
    "model", [networks.convolutional, keras.Sequential([layers.Conv2D(32, 3), layers.Flatten(), layers.Dense(10)])]
)
def test_what_is_advised_for_a_model_gives_its_count(model):
    with pytest.raises(ValueError, match=r": got .*; expected a .*model") as caught:
        count(model)
    advised = eval(str(caught.value).split("`")[1], {"keras": keras, "model": model})
    np.testing.assert_array_equal(
        count(advised).parameters[["Conv2D" in kind or kind == "Dense" for kind in count(advised).kind]],
        [320, 26 * 26 * 320 + 10] if model is not networks.convolutional else [320, 54_090],
    )
