"""Dense networks that train together: one model holds many, and each trains as if it was alone.

The networks of an ensemble have the same layers and see the same batches. Their first layers are one wide matrix
product of the shared images, their later layers one batched product, and an epoch is one call of TensorFlow. They may
differ in initial weights, learning rate, L2 factors, and in the scale of the pixels.

How decay costs nothing: SGD with the penalty r W^2 multiplies a kernel W by c = 1 - 2 * rate * r in each step, beside
the step along the gradient. To go over all weights once more for that would cost as much as the step itself. So an
epoch keeps W = s V, and in each step only the number s becomes c s. The step of W, rate * gradient, is a step of V of
rate / s * gradient, and that factor goes into the product that makes the gradient, as s goes into the product that
uses W. Only at the end of an epoch V becomes W again.
"""

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

ACTIVATIONS = {"relu": tf.nn.relu, "tanh": tf.tanh, "sigmoid": tf.sigmoid, "softmax": tf.nn.softmax}


class Ensemble:
    """A number of dense networks for flat images of uint8, trained with SGD on the cross-entropy.

    Each does what a Keras network of `Dense` layers does that is compiled with ``SGD(rate, momentum)`` and the
    cross-entropy, and has ``kernel_regularizer=L2(factor)``. With momentum, the penalty is part of the gradient, as
    there: what the velocity has of it cannot be factored out. The last of the layers is that of the classes, and has
    "softmax"; each layer has one of `activations`, keys of `ACTIVATIONS`.
    """

    def __init__(
        self, inputs: int, units: Sequence[int], activations: Sequence[str], networks: int, momentum: float = 0.0
    ):
        self._activations, self._networks, self._momentum = tuple(activations), networks, momentum
        self._shapes = list(zip([inputs, *units], units, strict=False))
        (first, width), *later = self._shapes
        self._kernels = [tf.Variable(tf.zeros((first, networks * width)))]
        self._kernels += [tf.Variable(tf.zeros((networks, *shape))) for shape in later]
        self._biases = [tf.Variable(tf.zeros((networks, 1, units))) for _, units in self._shapes]
        self._trained = [*self._kernels, *self._biases]
        self._velocities = [tf.Variable(tf.zeros_like(of)) if momentum else None for of in self._trained]
        self._run = tf.function(self._run_epoch)
        self._measure = tf.function(self._measure_all)

    def get_weights(self) -> list[np.ndarray]:
        """Return the kernels, of shape (networks, inputs, units), then the biases, of shape (networks, 1, units)."""
        first, *others = (variable.numpy() for variable in self._trained)
        inputs, units = self._shapes[0]
        return [first.reshape(inputs, -1, units).transpose(1, 0, 2), *others]

    def set_weights(self, weights: Sequence[np.ndarray]) -> None:
        """Take weights as `get_weights` returns them."""
        first, *others = weights
        first = first.transpose(1, 0, 2).reshape(first.shape[1], -1)
        for variable, array in zip(self._trained, [first, *others], strict=True):
            variable.assign(array)

    def train(self, images, labels, order, rates, factors, batch_size, scales) -> None:
        """Train for one epoch.

        Images of uint8, shape (n, inputs), and labels of int32, shape (n,), are tensors; `order`, of shape (n,), is
        that in which they are used. Arrays are the learning rates, of shape (steps, networks), for ceil(n / batch_size)
        steps; L2 factors of the kernels, of shape (layers, networks); and scales, of shape (networks,), what each
        network multiplies the pixels by.
        """
        order, batch_size = tf.constant(order, tf.int32), tf.constant(batch_size)
        rates, factors, scales = (tf.constant(array, tf.float32) for array in (rates, factors, scales))
        self._run(images, labels, order, rates, factors, batch_size, scales)

    def evaluate(self, images, labels, scales) -> tuple[np.ndarray, np.ndarray]:
        """Return the mean cross-entropy and the accuracy of each network, both of shape (networks,)."""
        losses, hits = self._measure(images, labels, tf.constant(scales, tf.float32))
        return losses.numpy() / len(labels), hits.numpy() / len(labels)

    def _logits(self, images, kernels, biases, scales, shrunk, steps):
        """Return logits of shape (networks, n, classes) for uint8 images of shape (n, inputs).

        A kernel is `shrunk` times what is stored, and its gradient comes out multiplied by `steps`, both of shape
        (layers, networks): then a training step is a subtraction, and no large array is gone over once more.
        """
        x = tf.cast(images, tf.float32)
        width = self._shapes[0][1]
        for layer, (kernel, bias, activation) in enumerate(zip(kernels, biases, self._activations, strict=True)):
            if layer == 0:
                x = _shared_layer(x, kernel, bias, shrunk[0] * scales, steps[0] * scales, width)
            else:
                x = _layer(x, kernel, bias, shrunk[layer], steps[layer])
            if layer < len(kernels) - 1:
                x = ACTIVATIONS[activation](x)
        return x

    def _run_epoch(self, images, labels, order, rates, factors, batch_size, scales):
        # In double precision: 1 - 2 * rate * factor is too close to 1 for single.
        kernels, shrunk = self._kernels, tf.ones_like(factors, tf.float64)
        for step in tf.range(tf.shape(rates)[0]):
            batch = order[step * batch_size : (step + 1) * batch_size]
            targets = tf.tile(tf.gather(labels, batch)[None], [self._networks, 1])
            rate = rates[step]
            decay = 2.0 * tf.cast(rate, tf.float64) * tf.cast(factors, tf.float64)
            shrinking = shrunk if self._momentum else shrunk * (1.0 - decay)
            values = [tf.convert_to_tensor(variable) for variable in self._trained]
            with tf.GradientTape() as tape:
                tape.watch(values)
                logits = self._logits(
                    tf.gather(images, batch),
                    values[: len(kernels)],
                    values[len(kernels) :],
                    scales,
                    tf.cast(shrunk, tf.float32),
                    rate / tf.cast(shrinking, tf.float32),
                )
                losses = tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits)
                loss = tf.reduce_sum(losses) / tf.cast(tf.shape(batch)[0], tf.float32)
            changes = tape.gradient(loss, values)
            # The biases' gradients come out as they are.
            for index in range(len(kernels), len(values)):
                changes[index] *= rate[:, None, None]
            if self._momentum:
                for layer in range(len(kernels)):
                    penalty = _spread(2.0 * rate * factors[layer], self._shapes[layer][1], layer)
                    changes[layer] += penalty * values[layer]
            # Everything is computed before anything changes; then it changes in place.
            with tf.control_dependencies(changes):
                for variable, velocity, change in zip(self._trained, self._velocities, changes, strict=True):
                    if self._momentum:
                        variable.assign_add(velocity.assign(self._momentum * velocity - change))
                    else:
                        variable.assign_sub(change)
            shrunk = shrinking
        for layer, kernel in enumerate(kernels):
            factor = _spread(tf.cast(shrunk[layer], tf.float32), self._shapes[layer][1], layer)
            kernel.assign(kernel * factor)

    def _measure_all(self, images, labels, scales, chunk=1000):
        ones = tf.ones((len(self._kernels), self._networks))
        losses = hits = tf.zeros(self._networks, tf.float64)
        for start in tf.range(0, tf.shape(images)[0], chunk):
            targets = tf.tile(labels[None, start : start + chunk], [self._networks, 1])
            logits = self._logits(images[start : start + chunk], self._kernels, self._biases, scales, ones, ones)
            of_each = tf.nn.sparse_softmax_cross_entropy_with_logits(targets, logits)
            right = tf.argmax(logits, axis=2, output_type=tf.int32) == targets
            losses += tf.ensure_shape(tf.reduce_sum(tf.cast(of_each, tf.float64), axis=1), self._networks)
            hits += tf.ensure_shape(tf.reduce_sum(tf.cast(right, tf.float64), axis=1), self._networks)
        return losses, hits


def _spread(numbers, units, layer):
    """Shape one number for each network so that it multiplies the kernels of a layer as they are stored."""
    return tf.repeat(numbers, units) if layer == 0 else numbers[:, None, None]


def _shared_layer(images, kernel, bias, factor, step, units):
    """The first layer: images (n, inputs), kernel (inputs, networks * units) -> (networks, n, units)."""
    factor, step = factor[:, None, None], step[:, None, None]

    @tf.custom_gradient
    def apply(kernel, bias):
        product = tf.reshape(tf.matmul(images, kernel), (tf.shape(images)[0], -1, units))

        def gradient(upstream):
            side_by_side = tf.reshape(tf.transpose(upstream * step, (1, 0, 2)), (tf.shape(images)[0], -1))
            return tf.matmul(images, side_by_side, transpose_a=True), tf.reduce_sum(upstream, axis=1, keepdims=True)

        return tf.transpose(product, (1, 0, 2)) * factor + bias, gradient

    return apply(kernel, bias)


def _layer(x, kernel, bias, factor, step):
    """A later layer: x (networks, n, inputs), kernel (networks, inputs, units) -> (networks, n, units)."""
    factor, step = factor[:, None, None], step[:, None, None]

    @tf.custom_gradient
    def apply(x, kernel, bias):
        def gradient(upstream):
            return (
                tf.matmul(upstream * factor, kernel, transpose_b=True),
                tf.matmul(x, upstream * step, transpose_a=True),
                tf.reduce_sum(upstream, axis=1, keepdims=True),
            )

        return tf.matmul(x, kernel) * factor + bias, gradient

    return apply(x, kernel, bias)
