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
# # Transposed convolution
#
# > **In short**
# >
# > A convolution gathers: each output is a sum over the pixels under the kernel. A transposed convolution spreads: each input number multiplies the kernel, and the copies are added up, $t$ places apart for stride $t$. Its matrix is the transpose of the matrix of the convolution with the same weights, and not its inverse: it brings back the shape of an image, not its numbers. With it, a convolutional auto-encoder has 13,249 parameters, and takes 5.7 times the multiply-adds of the dense one.
# >
# > *Read before*: [What a convolutional layer computes](../convolution/layer.ipynb), [A network that returns an image](image_to_image.ipynb).
#
# Two convolutions with stride 2 take an image from 28 to 14 to 7 places on a side. The decoder of a convolutional auto-encoder has to go the other way.
#
# ## Spreading instead of gathering
#
# Each number of the input multiplies the whole kernel, and this copy is laid down in the output. The places are $t$ apart; where copies overlap, they add up. For an input $h$ and a kernel $W$, without padding, with $(i, j)$ for a place in the input and, here, $(u, v)$ for a place in the output,
#
# $$
# z_{u,v} = \sum_{i,j} h_{i,j}\, W_{u - it,\; v - jt} ,
# \tag{39.1}
# $$
#
# where weights with an index outside of the kernel count as 0. From $d'$ numbers on a side it makes $(d' - 1)\, t + k$. By hand, for an input of 3 by 3, a kernel of 3 by 3, and stride 2:

# %%
import numpy as np

kernel = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]])
small = np.arange(1, 10).reshape(3, 3)
spread = np.zeros((7, 7), dtype=int)
for i, j in np.ndindex(3, 3):
    spread[2 * i : 2 * i + 3, 2 * j : 2 * j + 3] += small[i, j] * kernel

# %% mystnb={"figure": {"name": "fig-denoising-transposed", "caption": "A transposed convolution with stride 2. Each of the nine numbers has laid down a copy of the kernel; the copies overlap in every second row and column."}, "image": {"alt": "Three tables of numbers. An input of 3 by 3 with the numbers 1 to 9, a kernel of 3 by 3 with 4 in the middle, 2 at its sides and 1 in the corners, and an output of 7 by 7. Where its second, fourth and sixth rows and columns cross stand 4 to 36, four times the input; the places between hold sums of neighbors."}}
from mnist_utils import figures

figures.show_numbers([small, kernel, spread], ["input", "kernel", "output"]);

# %% [markdown]
# *Fig. 39.1.* A transposed convolution with stride 2. Each of the nine numbers has laid down a copy of the kernel; the copies overlap in every second row and column.

# %% [markdown]
# In Fig. 39.1, in the output's second row and second column stands $4 \cdot 1$, the middle of the first copy; two places to the right stands $4 \cdot 2$, and between them lie the rims of both copies, $2 \cdot 1 + 2 \cdot 2 = 6$.
#
# Keras agrees. With padding `same` it cuts rows and columns off the border until $d' t$ are left, here the last row and the last column.

# %% tags=["remove-stderr"]
import keras

options = {"strides": 2, "padding": "same", "use_bias": False}
transposed = keras.layers.Conv2DTranspose(1, 3, **options)
transposed.build((None, 3, 3, 1))
transposed.set_weights([kernel.reshape(3, 3, 1, 1)])
by_keras = transposed(small.reshape(1, 3, 3, 1).astype("float32")).numpy()
np.array_equal(by_keras[0, :, :, 0], spread[:6, :6])

# %% [markdown]
# ## Where the name comes from
#
# A convolution is a multiplication by a matrix ([A dense layer, mostly zeros, its weights tied](../convolution/dense_or_convolutional.ipynb)): $z = x\, T^\top$. The transposed convolution with the same kernel multiplies by $T$ itself, $z = h\, T$. To see the matrix of a layer, feed it images in which one pixel is 1 and all others are 0. Each answer is a row of the matrix that the layer multiplies by, $T^\top$ or $T$.

# %%
strided = keras.layers.Conv2D(1, 3, **options)
strided.build((None, 6, 6, 1))
strided.set_weights([kernel.reshape(3, 3, 1, 1)])
down = strided(np.eye(36, dtype="float32").reshape(36, 6, 6, 1)).numpy().reshape(36, 9)
up = transposed(np.eye(9, dtype="float32").reshape(9, 3, 3, 1)).numpy().reshape(9, 36)
np.array_equal(up, down.T), np.linalg.matrix_rank(down @ up).item()

# %% [markdown]
# One matrix is the transpose of the other. (The second number is the rank of the product: how many independent numbers come out of it.) It is not its inverse: down and up again is a matrix of 36 by 36, but everything passes through 9 numbers: it cannot be the identity, as 9 numbers do not tell 36 apart. Going down and up does not give back the numbers, only the shape. (The operation is older than its use in decoders: backpropagation through a convolution multiplies gradients by the same $T$.)
#
# ## A convolutional auto-encoder
#
# A transposed convolution has as many parameters as a convolution between the same channels, $k^2$ weights for each pair of an input and an output channel, and a bias for each output channel: $(k^2 C + 1)\, F$. The network of the study `denoising` has kernels of side 5, and goes down twice and up twice. Its last layer is a convolution to a single channel, with a sigmoid.

# %%
from mnist_utils import networks

network = networks.convolutional_autoencoder(seed=0)
[(type(layer).__name__, layer.output.shape[1:], layer.count_params())
 for layer in network.layers]

# %% [markdown]
# By hand, with the channels in and out of the five layers. A convolution multiplies each weight at each place of its output; a transposed one at each place of its **input**, since each input number spreads a kernel. (Counting border places like all others.)

# %%
channels = [(1, 8), (8, 16), (16, 16), (16, 8), (8, 1)]
places = [14**2, 7**2, 7**2, 14**2, 28**2]
parameters = sum((25 * c + 1) * f for c, f in channels)
work = sum(25 * c * f * place for (c, f), place in zip(channels, places))
dense_work = 784 * 128 + 128 * 96 + 96 * 128 + 128 * 784
parameters, work, dense_work

# %% tags=["hide-cell"]
# checks
from mnist_utils.claims import claim

claim("denoising-conv-parameters", network.count_params(), identity=13_249,
      about="parameters of the convolutional auto-encoder")
claim("denoising-conv-work", work / dense_work, identity=5.742,
      about="multiply-adds of the convolutional auto-encoder, in those of the dense "
      "one")

# %% [markdown]
# It has 13,249 parameters, a seventeenth of the dense one's 226,416, and takes 5.7 times its multiply-adds: fewer weights, used at many places.
#
# Its code is not narrow: 7 by 7 places with 16 channels are 784 numbers, as many as there are pixels. As a plain auto-encoder it could copy. Here the noise forbids it ([Through a narrow code and back](image_to_image.ipynb)). And it sees little at a time. A number of its code sees 13 by 13 pixels:

# %%
from mnist_utils.convolution import receptive_field

receptive_field([(5, 2), (5, 2)])

# %% [markdown]
# How it compares with the dense one, [Does denoising help a classifier?](classifier.ipynb) says: better up to a middling level of noise, worse beyond.
#
# ## Exercises
#
# > **Exercise 39.1** (Up again)
# >
# > A layer `Conv2DTranspose(8, 3, strides=2)` gets maps of 5 by 5 with 32 channels, without padding. How many parameters has it, and how many rows has each of its maps?

# %%
from mnist_utils.claims import check_answer

parameters, rows = None, None
[check_answer("transposed-parameters", parameters, "5544d47a"),
 check_answer("transposed-side", rows, "bcb654f4")]

# %% [markdown]
# <details><summary>Solution of Exercise 39.1</summary>
#
# $(3^2 \cdot 32 + 1) \cdot 8 = 2312$ parameters. The first copy of the kernel lies at place 0 and the last one begins at $(5 - 1) \cdot 2 = 8$; it is 3 wide, so the maps have 11 numbers on a side.
#
# </details>
#
# > **Exercise 39.2** (A checkered answer)
# >
# > All nine inputs are 1, the kernel of 3 by 3 has only ones, the stride is 2, without padding. Which is the largest number in the output?

# %%
largest = None
check_answer("transposed-largest", largest, "bdfb44d1")

# %% [markdown]
# <details><summary>Solution of Exercise 39.2</summary>
#
# 4, where the corners of four copies meet. Where two copies meet it is 2, in their middles 1. An input of equal numbers comes out checkered. With a kernel of ones, a stride that divides its side avoids it, away from the border.
#
# </details>
#
# ## Further reading
#
# Convolutions, transposed convolutions and their sizes, in pictures: Dumoulin and Visin (2016).

# %% [markdown]
# ## Quiz
#
# Choose an answer in your mind, then open it.
#
# **1.** A convolution with stride 2 is followed by the transposed convolution with the same kernel and stride, which restores the shape. Does it restore the image?
#
# <details><summary>Yes, since the transpose undoes the multiplication</summary>
#
# **No.** A transpose undoes a matrix only in special cases, such as rotations. This matrix leads to fewer numbers than there are pixels.
#
# </details>
#
# <details><summary>Yes, except for the rows and columns at the border</summary>
#
# **No.** The loss is everywhere: four pixels have become about one number. The border is a matter of sizes.
#
# </details>
#
# <details><summary>No, the shape comes back, the numbers do not</summary>
#
# **Right.** In between are fewer numbers than pixels, so different images give the same ones. A transpose is not an inverse.
#
# </details>
#
# **2.** A transposed convolution with a kernel of 4 × 4 and stride 2, without padding, gets 4 × 4 numbers. How many numbers on a side has its output?
#
# <details><summary>8</summary>
#
# **No.** This is $4 \cdot 2$, the size with padding `same`. Without padding the rim of the last copies is not cut off.
#
# </details>
#
# <details><summary>10</summary>
#
# **Right.** The last copy of the kernel begins at $(4 - 1) \cdot 2 = 6$ and is 4 wide. So there are $6 + 4 = 10$ places.
#
# </details>
#
# <details><summary>16</summary>
#
# **No.** The copies would have to lie side by side, with stride 4. With stride 2 they overlap, and what overlaps is added.
#
# </details>
#
# **3.** How often is each weight of a transposed convolution multiplied, for one image (places at the border counted like all others)?
#
# <details><summary>Once for each place of its input</summary>
#
# **Right.** Each number of the input multiplies the whole kernel. In a convolution the places of the output are counted.
#
# </details>
#
# <details><summary>Once for each place of its output</summary>
#
# **No.** This is the count for a convolution, which gathers. Here the output has more places than copies are laid down.
#
# </details>
#
# <details><summary>Once for each copy that overlaps another</summary>
#
# **No.** Overlapping is a matter of adding up. Every copy of the kernel is multiplied, with or without a neighbor.
#
# </details>
