# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#       jupytext_version: 1.19.6
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The gradient of a convolution
#
# > **In short**
# >
# > Backwards, a convolutional layer does what it does forwards, with other partners. The gradient with respect to the weights is a cross-correlation of the input with the gradients of the outputs; the gradient with respect to the input spreads each of these over the pixels it came from, a convolution in the sense of mathematics. Max pooling passes a gradient to the largest number of each block, and nothing to the others: for the digit and kernel of this lesson, 57 of 676 places get one through pooling and ReLU. Some two dozen lines of NumPy give the gradients that TensorFlow gives.
# >
# > *Read before*: [What a convolutional layer computes](layer.ipynb), [The gradient is p minus y](../loss/gradient.ipynb).
#
# Training needs the derivatives of the loss $L$ with respect to all weights. *Backpropagation* gets them layer by layer, from the last to the first. Each layer is handed the gradients of its outputs, $\partial L / \partial z$, and has two things to work out: the gradients of its own weights, for the training step, and those of its input $x$, to hand on.
#
# ## One kernel, one channel
#
# By [(21.1)](layer.ipynb), $z_{i,j} = \sum_{u,v} x_{i+u,\,j+v}\, W_{u,v}$. A weight $W_{u,v}$ is used at every place $(i, j)$, where it meets the pixel $x_{i+u,\,j+v}$. By the chain rule, its derivative is the sum over the places:
#
# $$
# \frac{\partial L}{\partial W_{u,v}} = \sum_{i,j} \frac{\partial L}{\partial z_{i,j}}\, x_{i+u,\;j+v} .
# \tag{25.1}
# $$
#
# Look at its form: it is again a cross-correlation, of the image with the map of gradients.
#
# A pixel $x_{i,j}$ is under the kernel at several places. It meets the weight $W_{u,v}$ when the kernel's corner is at $(i - u, j - v)$, so
#
# $$
# \frac{\partial L}{\partial x_{i,j}} = \sum_{u,v} \frac{\partial L}{\partial z_{i-u,\;j-v}}\, W_{u,v} ,
# \tag{25.2}
# $$
#
# where places that the kernel cannot take count as 0. The signs have changed: where the kernel moves on in one array, it moves back in the other. This is the **convolution** of the map of gradients with the kernel, over all places where the two overlap. Here, after all, is the turn by 180 degrees that the *forward pass*, the way from the image to the loss, leaves out.
#
# As a check we take the digit and the edge kernel of [What a convolutional layer computes](layer.ipynb), and as the loss $L = \frac12 \sum_{i,j} z_{i,j}^2$, so that $\partial L / \partial z_{i,j} = z_{i,j}$.

# %%
import numpy as np

from mnist_utils.convolution import cross_correlate
from mnist_utils.dataset import load_mnist

(x_train, y_train), _ = load_mnist()
digit = x_train[0] / 255
kernel = np.array([[-1.0, 0, 1]] * 3)
gradient_z = cross_correlate(digit, kernel)

# %%
from scipy.signal import convolve2d

gradient_w = cross_correlate(digit, gradient_z)
gradient_x = convolve2d(gradient_z, kernel, mode="full")
gradient_w.shape, gradient_x.shape

# %% [markdown]
# TensorFlow records the operations and applies the chain rule by itself:

# %% tags=["remove-stderr"]
import tensorflow as tf

x, W = tf.Variable(digit[None, :, :, None]), tf.Variable(kernel[:, :, None, None])
with tf.GradientTape() as tape:
    loss = tf.reduce_sum(tf.nn.conv2d(x, W, 1, "VALID") ** 2) / 2
by_tape = tape.gradient(loss, [W, x])
[np.allclose(ours, np.squeeze(theirs))
 for ours, theirs in zip([gradient_w, gradient_x], by_tape)]


# %% [markdown]
# Both agree. In the matrix form of [(22.1)](dense_or_convolutional.ipynb), $z = x\, T^\top$ with one row of $T$ for each sum, the gradient of the input is $\frac{\partial L}{\partial z}\, T$: backwards, the rows of $T$ are laid down and added up. A layer that does this on purpose is a transposed convolution ([Transposed convolution](../denoising/transposed_convolution.ipynb)).
#
# ## All channels and filters
#
# With channels, filters and a batch of images, the two formulas get more sums. In code it is easiest to go through the places of the kernel. For each $(u, v)$, a slice of the input holds the pixels that meet this weight.

# %%
def convolution_backward(x, W, gradient_z):
    """Gradients for stride 1, padding valid: x is (n, d, d, C), W is (k, k, C, F)."""
    gradient_w, gradient_x = np.zeros_like(W), np.zeros_like(x)
    side = gradient_z.shape[1]
    for u, v in np.ndindex(W.shape[:2]):
        met = np.s_[:, u : u + side, v : v + side]
        gradient_w[u, v] = np.einsum("nijc,nijf->cf", x[met], gradient_z)
        gradient_x[met] += gradient_z @ W[u, v].T
    return gradient_w, gradient_z.sum(axis=(0, 1, 2)), gradient_x


# %% [markdown]
# The middle one of the three results is the gradient of the bias, which is added at each place.
#
# The two products in the loop have the size of those in the forward pass: each takes as many multiply-adds, $d'^2 \cdot k^2 C F$ an image [(22.2)](dense_or_convolutional.ipynb). A training step so costs about three forward passes. The first layer can leave out the gradient of its input, which nobody asks for. With a stride $t$, the slices take every $t$-th pixel; all else stays.
#
# ## Max pooling: who gets the gradient?
#
# The maximum of a block does not change when a smaller number of the block changes a little. Its derivative is 1 with respect to the largest number, and 0 with respect to the others. Forwards, pooling must therefore remember where the largest stood; backwards, it puts the gradient there. If several are equally large, the derivative is not defined, and a library has to choose. On a CPU, TensorFlow takes the first:

# %% tags=["nbval-check-output"]
block = tf.Variable(np.reshape([3.0, 7.0, 7.0, 1.0], (1, 2, 2, 1)))
with tf.GradientTape() as tape:
    largest = tf.nn.max_pool2d(block, 2, 2, "VALID")
tape.gradient(largest, block)[0, :, :, 0].numpy()


# %% [markdown]
# NumPy's `argmax` takes the first as well. (Behind ReLU, blocks of four zeros are common. Who gets the gradient there makes no difference, because ReLU stops it.) A reshape puts the four numbers of each block on an axis of their own, and back.

# %%
def to_blocks(maps):
    n, side, _, F = maps.shape
    split = maps.reshape(n, side // 2, 2, side // 2, 2, F)
    return split.transpose(0, 1, 3, 5, 2, 4).reshape(n, side // 2, side // 2, F, 4)

def pooling_backward(maps, gradient_pooled):
    n, side, _, F = maps.shape
    first = to_blocks(maps).argmax(axis=-1)
    blocks = (first[..., None] == np.arange(4)) * gradient_pooled[..., None]
    split = blocks.reshape(n, side // 2, side // 2, F, 2, 2)
    return split.transpose(0, 1, 4, 2, 5, 3).reshape(maps.shape)


# %% [markdown]
# ## The whole network, backwards
#
# The original submission's network is a convolution, ReLU, max pooling, `Flatten`, and a dense layer with softmax. On the last pre-activations, the gradient of the [mean cross-entropy](../loss/gradient.ipynb) is $(p - y) / n$. From there we go back, step by step, for 32 images. ReLU passes a gradient where its input was positive.

# %%
from mnist_utils import networks
from mnist_utils.dataset import one_hot, preprocess

network = networks.convolutional(seed=0)
W, b, W_dense, b_dense = network.get_weights()
images, labels = preprocess(x_train[:32]), one_hot(y_train[:32])
z = cross_correlate(images, W) + b
maps = np.maximum(z, 0)
flat = to_blocks(maps).max(axis=-1).reshape(32, -1)

# %%
gradient_logits = (network(images).numpy() - labels) / 32
gradient_flat = gradient_logits @ W_dense.T
gradient_maps = pooling_backward(maps, gradient_flat.reshape(32, 13, 13, 32))
gradient_w, gradient_b, _ = convolution_backward(images, W, gradient_maps * (z > 0))
ours = [gradient_w, gradient_b, flat.T @ gradient_logits, gradient_logits.sum(axis=0)]

# %% [markdown]
# And TensorFlow's gradients of the same four arrays, which hold all parameters:

# %%
import keras

with tf.GradientTape() as tape:
    losses = keras.losses.categorical_crossentropy(labels, network(images))
    loss = tf.reduce_mean(losses)
theirs = [gradient.numpy() for gradient in
          tape.gradient(loss, network.trainable_variables)]
differences = [np.abs(a - b).max() / np.abs(b).max() for a, b in zip(ours, theirs)]

# %%
from mnist_utils.claims import claim

claim("backward-difference", max(differences), identity=0.0, within=1e-4,
      about="largest difference of a convolutional network's gradients by NumPy from "
      "TensorFlow's, in the largest one")

# %% [markdown]
# ## How many occasions to learn
#
# A weight of a convolutional layer is used at 676 places. That does not mean that it gets a gradient from all of them. Max pooling lets one in four places have one, 169 at most; and where the largest number of a block is not positive, ReLU stops it. For the edge kernel on our digit:

# %%
z = cross_correlate(x_train[0], kernel)[None, :, :, None]
maps = np.maximum(z, 0)
reached = pooling_backward(maps, np.ones((1, 13, 13, 1))) * (z > 0)
places = np.count_nonzero(reached)

# %% tags=["hide-cell"]
# checks
claim("backward-places", places, data=57,
      about="of 676 places of an edge kernel on the first training digit, those with "
      "a gradient behind pooling and ReLU")
claim("pixels-black", (x_train == 0).mean(), data=0.809,
      about="share of the pixels of the training images that are black")

# %% [markdown]
# So one image gives a weight 57 occasions to learn at most: fewer by those where the pixel under it is black. A weight of a dense layer that sees the image has one pixel to learn from, and that is black in 81% of all cases, on average over the pixels.
#
# ## Exercises
#
# > **Exercise 25.1** (In the corner)
# >
# > A layer has 32 filters of 3 × 3, one channel, padding `valid`, on an image of 28 × 28. How many of its outputs hand a gradient to the pixel in the middle of the image? And to the pixel in the corner? Check the second.

# %%
from mnist_utils.claims import check_answer

answer = None
check_answer("corner-pixel", answer, "e64cc37b")

# %% [markdown]
# <details><summary>Solution of Exercise 25.1</summary>
#
# The pixel in the middle is under a kernel at nine places, so it gets gradients from $9 \cdot 32 = 288$ outputs. The one in the corner meets a single weight of each kernel, at a single place. We hand back ones, with weights of 1, and count:
#
# </details>

# %% tags=["nbval-check-output"]
# solution
ones = [np.ones(shape) for shape in [(1, 28, 28, 1), (3, 3, 1, 32), (1, 26, 26, 32)]]
_, _, gradient_x = convolution_backward(*ones)
check_answer("corner-pixel", int(gradient_x[0, 0, 0, 0]), "e64cc37b")

# %% [markdown]
# > **Exercise 25.2** (Mean in place of maximum, open-ended)
# >
# > Average pooling keeps the mean of each block. Write its backward step in two lines, and compare with `tf.nn.avg_pool2d`. Which of the two poolings gives a weight more occasions to learn?
#
# <details><summary>Solution of Exercise 25.2</summary>
#
# The derivative of the mean is $\frac14$ with respect to each of the four numbers: `np.repeat(np.repeat(gradient_pooled / 4, 2, axis=1), 2, axis=2)`. All four places get a gradient, a quarter as large each, where ReLU lets it through. That is more occasions, with smaller steps; it does not say which network becomes better.
#
# </details>
#
# ## Further reading
#
# Backpropagation through shared weights: LeCun et al. (1989). The gradient as a transposed convolution, in pictures: Dumoulin and Visin (2016). Derivations for all strides: the chapter on convolutional networks of Goodfellow et al. (2016).

# %% [markdown]
# ## Quiz
#
# Choose an answer in your mind, then open it.
#
# **1.** A block of max pooling holds the numbers 1, 5, 3 and 2, and is handed back the gradient 0.8. What does each of the four get?
#
# <details><summary>0.2 for each of the four numbers</summary>
#
# **No.** That is what average pooling does: the derivative of a mean is a quarter for each number. The maximum depends on one of them.
#
# </details>
#
# <details><summary>0.8 for the 5, and 0 for the others</summary>
#
# **Right.** A small change of the 1, 2 or 3 leaves the maximum as it is, and one of the 5 passes fully. So pooling must remember where the largest number stood.
#
# </details>
#
# <details><summary>Shares of 0.8 in proportion to the four numbers</summary>
#
# **No.** Larger numbers do not count more in a maximum, except for the largest. The second largest has the derivative 0.
#
# </details>
#
# **2.** A weight of a convolutional layer is used at 676 places of an image. What is the derivative of the loss with respect to it?
#
# <details><summary>The mean of what the 676 places contribute</summary>
#
# **No.** A mean is taken over the images of a batch, as part of the loss. Over the places of one image the chain rule adds up.
#
# </details>
#
# <details><summary>What the place with the largest output contributes</summary>
#
# **No.** A choice of the largest is made by max pooling, where it follows. The convolution itself has each place contribute.
#
# </details>
#
# <details><summary>The sum of what the 676 places contribute</summary>
#
# **Right.** Each place contributes its pixel times the gradient of its output, and the chain rule adds these up. The form is again a cross-correlation.
#
# </details>
#
# **3.** A training step of a convolutional network costs about three forward passes. Which three parts are meant?
#
# <details><summary>Forward, gradient of the weights, that of the input</summary>
#
# **Right.** Each of the two products on the way back has the size of the one forwards. Only the first layer can leave out the gradient of its input.
#
# </details>
#
# <details><summary>Forward, backward, and the change of all the weights</summary>
#
# **No.** The change of the weights takes a few operations for each weight, once. In a convolutional layer that is little beside the work at all places.
#
# </details>
#
# <details><summary>Training images, validation images, test images</summary>
#
# **No.** Validation and test images take no part in a step. They are used between epochs or at the end, forward only.
#
# </details>
