"""`mnist_utils.convolution` agrees with Keras and SciPy for any sizes, and refuses what cannot be convolved."""

import keras
import numpy as np
import pytest
import scipy.signal
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from mnist_utils.convolution import cross_correlate, output_size, receptive_field, toeplitz_matrix

TOLERANCE = {"float32": {"rtol": 1e-4, "atol": 1e-5}, "float64": {"rtol": 1e-12, "atol": 1e-12}}
THOROUGH = settings(deadline=None, max_examples=100)


@st.composite
def problems(draw):
    """Images, kernels, stride and padding such that the kernels fit."""
    padding = draw(st.sampled_from(["valid", "same"]))
    n, height, width, channels, filters = (draw(st.integers(1, most)) for most in (2, 9, 9, 3, 3))
    kernel = [draw(st.integers(1, min(side, 5) if padding == "valid" else 5)) for side in (height, width)]
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    dtype = draw(st.sampled_from(["float32", "float64"]))
    images = random.normal(size=(n, height, width, channels)).astype(dtype)
    kernels = random.normal(size=(*kernel, channels, filters)).astype(dtype)
    return images, kernels, draw(st.integers(1, 4)), padding


@THOROUGH
@given(problems())
def test_cross_correlation_is_that_of_keras(problem):
    images, kernels, stride, padding = problem
    expected = keras.ops.conv(images, kernels, strides=stride, padding=padding, data_format="channels_last")
    result = cross_correlate(images, kernels, stride, padding)
    assert result.dtype == images.dtype
    np.testing.assert_allclose(result, expected, strict=True, **TOLERANCE[str(images.dtype)])


@pytest.mark.parametrize(("stride", "padding"), [(1, "valid"), (2, "same"), (3, "valid")])
def test_a_conv2d_layer_adds_its_bias_to_the_cross_correlation(stride, padding):
    images = np.random.default_rng(0).random((4, 28, 28, 1), "float32")
    layer = keras.layers.Conv2D(8, 5, strides=stride, padding=padding, bias_initializer="random_normal")
    expected = keras.ops.convert_to_numpy(layer(images))
    kernels, bias = layer.get_weights()
    np.testing.assert_allclose(cross_correlate(images, kernels, stride, padding) + bias, expected, atol=1e-5)


@THOROUGH
@given(problems())
def test_one_plane_and_one_kernel_give_the_same_as_one_channel(problem):
    images, kernels, stride, padding = problem
    plane, kernel = images[0, :, :, 0], kernels[:, :, 0, 0]
    expected = cross_correlate(images[:1, :, :, :1], kernels[:, :, :1, :1], stride, padding)[0, :, :, 0]
    np.testing.assert_array_equal(cross_correlate(plane, kernel, stride, padding), expected, strict=True)


@THOROUGH
@given(problems())
def test_convolution_is_that_of_scipy(problem):
    images, kernels, _, padding = problem
    plane, kernel = images[0, :, :, 0], kernels[:, :, 0, 0]
    if padding == "same":
        # SciPy centers kernels of even size the other way: cut the same part out of the full convolution.
        first = [side // 2 for side in kernel.shape]
        full = scipy.signal.convolve2d(plane, kernel, "full")
        expected = full[first[0] : first[0] + plane.shape[0], first[1] : first[1] + plane.shape[1]]
    else:
        expected = scipy.signal.convolve2d(plane, kernel, "valid")
    turned = cross_correlate(plane, kernel[::-1, ::-1], 1, padding)
    np.testing.assert_allclose(turned, expected, **TOLERANCE[str(plane.dtype)])


@THOROUGH
@given(problems())
def test_the_toeplitz_matrix_times_an_image_is_the_cross_correlation(problem):
    images, kernels, stride, padding = problem
    matrix, result = toeplitz_matrix(kernels, images.shape[1:], stride, padding), cross_correlate(*problem)
    assert matrix.dtype == kernels.dtype
    assert matrix.shape == (result[0].size, images[0].size)
    assert matrix.data.all()  # it stores no zeros
    tolerance = TOLERANCE[str(images.dtype)]
    np.testing.assert_allclose(matrix @ images[0].ravel(), result[0].ravel(), **tolerance)
    plane, kernel = images[0, :, :, 0], kernels[:, :, 0, 0]
    product = toeplitz_matrix(kernel, plane.shape, stride, padding) @ plane.ravel()
    np.testing.assert_allclose(product, cross_correlate(plane, kernel, stride, padding).ravel(), **tolerance)


def test_the_toeplitz_matrix_repeats_the_few_weights_of_its_kernel():
    kernel = np.arange(1.0, 10.0).reshape(3, 3)
    matrix = toeplitz_matrix(kernel, (28, 28))
    weights, times = np.unique(matrix.data, return_counts=True)
    assert matrix.shape == (26 * 26, 28 * 28)
    np.testing.assert_array_equal(weights, kernel.ravel())
    np.testing.assert_array_equal(times, 26 * 26)
    assert toeplitz_matrix([[0.0, 1.0]], (1, 3)).nnz == 2  # no zeros are stored: neither a weight
    assert toeplitz_matrix([[1.0]], (2, 2)).nnz == 4  # nor those between the weights


@THOROUGH
@given(st.integers(1, 40), st.integers(1, 9), st.integers(1, 9), st.sampled_from(["valid", "same"]))
def test_the_output_size_is_the_number_of_positions(size, kernel, stride, padding):
    # Positions of the kernel that begin inside the image and, without padding, end there.
    last = size - kernel if padding == "valid" else size - 1
    positions = len(range(0, last + 1, stride))
    if positions:
        assert output_size(size, kernel, stride, padding) == positions
    else:
        with pytest.raises(ValueError, match=f"kernel: got {kernel}; expected at most {size}"):
            output_size(size, kernel, stride, padding)


def test_integer_images_do_not_overflow():
    images, kernel = np.full((3, 3), 255, "uint8"), np.full((3, 3), 255, "uint8")
    np.testing.assert_array_equal(cross_correlate(images, kernel), [[9 * 255.0**2]])


def seen(gradient):
    """First and last row and column at which the gradient is not zero."""
    rows, columns = np.nonzero(gradient[0, :, :, 0])
    return rows.min(), rows.max(), columns.min(), columns.max()


@settings(deadline=None, max_examples=20)
@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 3), st.booleans()), min_size=1, max_size=4))
def test_the_gradient_of_one_output_covers_its_receptive_field(stack):
    size, jump = receptive_field([(kernel, stride) for kernel, stride, _ in stack])
    layers = [
        keras.layers.AveragePooling2D(kernel, stride)
        if pooling
        else keras.layers.Conv2D(1, kernel, stride, kernel_initializer="ones")
        for kernel, stride, pooling in stack
    ]
    image = tf.Variable(tf.ones((1, size + jump, size + jump, 1)))  # two outputs along each side, and not a pixel more
    with tf.GradientTape(persistent=True) as tape:
        output = image
        for layer in layers:
            output = layer(output)
        first, last = output[0, 0, 0, 0], output[0, 1, 1, 0]
    assert output.shape == (1, 2, 2, 1)
    assert seen(tape.gradient(first, image)) == (0, size - 1, 0, size - 1)
    assert seen(tape.gradient(last, image)) == (jump, jump + size - 1, jump, jump + size - 1)


def test_known_receptive_fields():
    assert receptive_field([]) == (1, 1)
    assert receptive_field([(3, 1), (3, 1)]) == (5, 1)  # two small kernels see what one of 5 sees
    assert receptive_field([(3, 1), (2, 2), (3, 1), (2, 2)]) == (10, 4)  # keras.io's mnist_convnet


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 3), "size: got 0; expected an integer, at least 1"),
        ((28, 0), "kernel: got 0"),
        ((28, 3, 0), "stride: got 0"),
        ((28, 3, -2), "stride: got -2"),
        ((28, 3.0), r"kernel: got 3\.0; .* Pass a whole number, such as `3`"),
        ((28, "3"), "kernel: got '3'"),
        ((28, 3, 1, "full"), 'padding: got \'full\'; expected "valid" or "same"'),
        ((4, 5), 'kernel: got 5; expected at most 4, the pixels of the image. Use `padding="same"`'),
    ],
)
def test_sizes_without_an_output_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        output_size(*arguments)


@pytest.mark.parametrize("function", [cross_correlate])
@pytest.mark.parametrize(
    ("images", "kernels", "message"),
    [
        (np.ones((1, 9, 9, 2)), np.ones((3, 3, 1, 8)), r"got \(1, 9, 9, 2\) and .* for as many channels as the images"),
        (np.ones((9, 9)), np.ones((3, 3, 2, 8)), "Make the kernels for as many channels as the images have"),
        (np.ones((4, 9)), np.ones((5, 5)), "kernel: got 5; expected at most 4"),
        (np.ones((9, 4)), np.ones((5, 5)), "kernel: got 5; expected at most 4"),
        (np.ones((9, 9)), np.ones((0, 3)), "kernel: got 0; expected an integer, at least 1"),
        ([[1.0, np.nan]], [[1.0]], "images: got nan; expected finite numbers"),
        ([[1.0, 2.0]], [[np.inf]], "kernels: got inf; expected finite numbers"),
        ([["a"]], [[1.0]], "images: got <U1; expected real numbers"),
    ],
)
def test_images_and_kernels_that_do_not_fit_are_refused(function, images, kernels, message):
    with pytest.raises(ValueError, match=message):
        function(images, kernels)


@pytest.mark.parametrize(
    ("shape", "of_kernels"),
    [
        ((9, 9), (3, 3, 1, 4)),
        ((9, 9, 1), (3, 3, 1, 4)),
        ((2, 9, 9), (3, 3, 1, 4)),
        ((2, 9, 9), (3, 3)),
        ((2, 9, 9, 1), (3, 3)),
    ],
)
def test_what_is_advised_for_missing_axes_fits(shape, of_kernels):
    images, kernels = np.random.default_rng(0).random(shape), np.random.default_rng(1).random(of_kernels)
    with pytest.raises(ValueError, match=r"images and kernels: got .*; expected .* Pass `np.reshape\(images") as caught:
        cross_correlate(images, kernels)
    advised = eval(str(caught.value).split("`")[1])
    expected = cross_correlate(images.reshape(-1, 9, 9, 1), kernels.reshape(3, 3, 1, -1))
    np.testing.assert_array_equal(cross_correlate(*advised), expected)


@pytest.mark.parametrize("stride", [0, -1])
@pytest.mark.parametrize("function", [cross_correlate, lambda x, w, t: toeplitz_matrix(w, x.shape, t)])
def test_a_stride_that_does_not_advance_is_refused(function, stride):
    with pytest.raises(ValueError, match=f"stride: got {stride}; expected an integer, at least 1"):
        function(np.ones((4, 4)), np.ones((2, 2)), stride)


@pytest.mark.parametrize(
    ("kernels", "image_shape", "message"),
    [
        (np.ones((3, 3)), (1, 28, 28, 1), r"got \(3, 3\) and \(1, 28, 28, 1\); .* without the number of images"),
        (np.ones((3, 3)), 28, r"got \(3, 3\) and 28"),
        (np.ones((3, 3, 2, 1)), (28, 28, 1), r"got \(3, 3, 2, 1\) and \(28, 28, 1\); expected .* with the same c"),
        (np.ones((3, 3)), (2, 28), "kernel: got 3; expected at most 2"),
        (np.ones((3, 3)), (28.0, 28.0), r"size: got 28\.0; expected an integer"),
        ([[np.nan]], (28, 28), "kernels: got nan; expected finite numbers"),
    ],
)
def test_a_toeplitz_matrix_of_shapes_that_do_not_fit_is_refused(kernels, image_shape, message):
    with pytest.raises(ValueError, match=message):
        toeplitz_matrix(kernels, image_shape)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ((3, 1), r"layers: got 3; expected pairs \(kernel, stride\)"),
        ([(3, 1, 1)], r"layers: got \(3, 1, 1\)"),
        ([(3, 0)], "stride: got 0"),
        ([(0, 1)], "kernel: got 0"),
        ([(3, 1.5)], r"stride: got 1\.5"),
    ],
)
def test_layers_without_a_receptive_field_are_refused(layers, message):
    with pytest.raises(ValueError, match=message):
        receptive_field(layers)
