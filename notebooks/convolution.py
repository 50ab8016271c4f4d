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
# (convolution)=
# # Convolution
#
# :::{admonition} This chapter
# :class: tip chapter-box
#
# **Questions it answers**
# : What does a convolutional layer compute? How does it differ from a fully connected one? What is gained: fewer parameters, less work, digits that may move? (The assignment's question 3.2.)
#
# **You need**
# : {ref}`dense-network`; the three sets of images from {ref}`preprocessing`.
#
# **Time**
# : 45 minutes to read, about a minute to run.
# :::
#
# A dense layer takes an image as a list of 784 numbers. Which of them are neighbors it is not told: in {ref}`dense-network` we shuffled the pixels, and the rows of the first kernel alike, and the sums stayed the same. A convolutional layer starts from the opposite assumption, that what matters in an image is small and may turn up anywhere. This chapter takes the layer apart into one small sum. Then it measures what the assumption gains, and what it costs.
#
# ## One sum, at every position
#
# Here is a patch of 5 rows and 5 columns from the first training image, a piece of the slanting stroke of a five. We convert the bytes to larger integers, because sums of bytes start again at 0 after 255.

# %% tags=["nbval-check-output"]
import numpy as np

from mnist_utils.dataset import load_mnist

(x_train, y_train), _ = load_mnist()
patch = x_train[0, 9:14, 10:15].astype(int)
patch

# %% [markdown]
# And here is a *kernel*, a small square of weights. A network will learn its weights; for now we choose them ourselves.

# %% tags=["nbval-check-output"]
kernel = np.array([[-1, 0, 1]] * 3)
kernel

# %% [markdown]
# Lay the kernel on the upper left corner of the patch. It covers nine pixels. Multiply each by the weight that lies on it, and add up:

# %% tags=["nbval-check-output"]
covered = patch[:3, :3]
pairs = zip(kernel.ravel().tolist(), covered.ravel().tolist())
terms = " + ".join(f"{weight}·{pixel}" for weight, pixel in pairs)
print(terms, "=", (kernel * covered).sum())

# %% [markdown]
# A sum of nine products: there is no other arithmetic in it. Now slide the kernel one pixel to the right and do it again, and so on over the whole patch. In a patch of 5 by 5, a kernel of 3 by 3 has three places in each direction, so we get nine sums.

# %% tags=["nbval-check-output"]
by_hand = np.zeros((3, 3))
for i, j in np.ndindex(3, 3):
    by_hand[i, j] = (patch[i : i + 3, j : j + 3] * kernel).sum()
by_hand

# %% mystnb={"figure": {"name": "fig-by-hand", "caption": "The patch, the kernel, and the sums at the nine places that the kernel can take. Blue is positive, red negative."}, "image": {"alt": "Three tables of numbers. The patch of 5 by 5 pixels has large numbers along a stroke that runs down and to the right. The kernel has minus ones in its left column, zeros in the middle and ones on the right. The 3 by 3 result is positive on the left and negative on the right."}}
from mnist_utils import figures

tables = [patch, kernel, by_hand]
figure, axes = figures.show_numbers(tables, ["patch", "kernel", "sums"])

# %% [markdown]
# Read the sums of {numref}`fig-by-hand`. On the left they are positive: there the pixels get brighter from left to right, the left edge of the stroke. On the right they are negative, the right edge. Our kernel compares the column on its right with the column on its left, so it responds to vertical edges, and the sign of the sum tells which side is bright.
#
# ```{prf:definition} Cross-correlation
# :label: def-cross-correlation
#
# The cross-correlation of an image $x$ with a kernel $W$ of $k \times k$ weights is the array $z$ that holds, for each place of the kernel on the image, the sum of the covered pixels, each multiplied by the weight that lies on it.
# ```
#
# In symbols, with row and column counted from 0,
#
# ```{math}
# :label: eq-cross-correlation
# z_{i,j} = \sum_{u=0}^{k-1} \sum_{v=0}^{k-1} x_{i+u,\,j+v}\, W_{u,v} .
# ```
#
# Here $(i, j)$ is the place of the kernel's upper left corner on the image, and $(u, v)$ the place of a weight inside the kernel. The package has this formula as a function, for images of any size. It agrees with the loop.

# %%
from mnist_utils.claims import claim
from mnist_utils.convolution import cross_correlate

claim("correlation-package-difference",
      np.abs(cross_correlate(patch, kernel) - by_hand).max(), exactly=0.0,
      about="largest difference between the loop and cross_correlate")

# %% [markdown]
# The third opinion is that of Keras. Its layer `Conv2D` initializes its weights at random; we replace them by ours. The two axes of length 1 that the kernel gets are explained {ref}`below <channels>`.

# %% tags=["remove-stderr"]
import keras
from keras import layers

layer = layers.Conv2D(filters=1, kernel_size=3, use_bias=False)
layer.build((None, 5, 5, 1))
layer.set_weights([kernel.reshape(3, 3, 1, 1)])
from_keras = layer(patch.reshape(1, 5, 5, 1).astype("float32")).numpy()

# %%
claim("correlation-keras-difference",
      np.abs(from_keras.reshape(3, 3) - by_hand).max(), at_most=1e-3,
      about="largest difference between the loop and Conv2D, in gray levels")

# %% [markdown]
# Three ways, the same nine numbers. So the layer `Conv2D` computes a cross-correlation. What, then, is a convolution?
#
# ## Convolution turns the kernel
#
# *Convolution*, as mathematics defines it, is the same with the kernel turned by 180 degrees:
#
# ```{math}
# :label: eq-convolution
# z_{i,j} = \sum_{u=0}^{k-1} \sum_{v=0}^{k-1} x_{i+u,\,j+v}\, W_{k-1-u,\;k-1-v} .
# ```
#
# SciPy has a function for it, which knows nothing of networks. We compare it with {eq}`eq-cross-correlation` for the turned kernel, and with the package.

# %%
from scipy.signal import convolve2d

from mnist_utils.convolution import convolve

turned = kernel[::-1, ::-1]
by_scipy = convolve2d(patch, kernel, mode="valid")
ways = [cross_correlate(patch, turned), convolve(patch, kernel)]
claim("convolution-difference", max(np.abs(way - by_scipy).max() for way in ways),
      exactly=0.0, about="largest difference between three ways to convolve")

# %% [markdown]
# Our kernel, turned, is its own negative, so here the convolution is the cross-correlation with the other sign:

# %% tags=["nbval-check-output"]
np.array_equal(by_scipy, -by_hand)

# %% [markdown]
# Why would anyone turn the kernel? Because then image and kernel may change places, like the factors of a product. Written $*$, convolution has $x * W = W * x$. For this to make sense, the kernel must also take the places where it hangs over the edge of the image, which SciPy calls `mode="full"`. It is the default of both functions below.

# %% tags=["nbval-check-output"]
from scipy.signal import correlate2d

swapped = [
    np.array_equal(operation(patch, kernel), operation(kernel, patch))
    for operation in (convolve2d, correlate2d)
]
dict(zip(["convolution", "cross-correlation"], swapped))

# %% [markdown]
# A network has no use for this law. Its kernels are learned, and if the layer turned them, training would arrive at the turned weights instead. Libraries for deep learning therefore leave the turning out, and keep the name {cite}`goodfellow2016`. So does this book: a *convolutional layer* computes cross-correlations.
#
# ## Padding and stride
#
# In {numref}`fig-edges` the kernel gets a whole digit, and lies on its side as well, for horizontal edges.

# %%
digit = x_train[0] / 255
panels = {
    "the digit": digit,
    "vertical edges": cross_correlate(digit, kernel),
    "horizontal edges": cross_correlate(digit, kernel.T),
    "vertical, stride 2": cross_correlate(digit, kernel, stride=2),
}

# %% mystnb={"figure": {"name": "fig-edges", "caption": "A digit and three cross-correlations of it. Mid-gray is 0, bright is positive, dark is negative. The axes count pixels."}, "image": {"alt": "Four panels. A handwritten five of 28 by 28 pixels. Two maps of 26 by 26, in which the left or upper edges of the strokes are bright and the right or lower ones dark. A coarse map of 13 by 13 that resembles the first."}}
import matplotlib.pyplot as plt

fig, axes = plt.subplots(1, 4, figsize=(8, 2.4))
for ax, (title, values) in zip(axes, panels.items()):
    limit = np.abs(values).max()
    ax.imshow(values, vmin=-limit, vmax=limit)
    ax.set_title(title)
    ax.grid(False)

# %% [markdown]
# The maps are smaller than the image, and two choices decide by how much. The *stride* $t$ is the number of pixels from one place of the kernel to the next. A larger stride skips places, as in the last panel. *Padding* adds zeros around the image, so that the kernel can take places near the border too. Keras knows two kinds. `valid` adds none. For an image with $d$ pixels on a side, `same` adds as few zeros as give an output of $\lceil d/t \rceil$ numbers on a side, as large as the image for stride 1. They go on both sides; of an odd number, one more goes below and to the right. With either kind, the output has
#
# ```{math}
# :label: eq-output-size
# d' = \left\lfloor \frac{d - k}{t} \right\rfloor + 1 \ \text{ (valid, for } k \le d \text{)}, \qquad
# d' = \left\lceil \frac{d}{t} \right\rceil \ \text{ (same)}
# ```
#
# numbers on a side, where $\lfloor\cdot\rfloor$ rounds down and $\lceil\cdot\rceil$ rounds up. The first is a matter of counting: the places are as many as the steps of $t$ in the $d - k$ pixels by which the kernel's corner can move, plus one for the place where it starts {cite}`dumoulin2016`. The package has both as `output_size`. Does Keras agree, for all sizes from 5 to 12, kernels from 1 to 5, and strides from 1 to 3?

# %%
from itertools import product

from mnist_utils.convolution import output_size

wrong = 0
for d, k, t in product(range(5, 13), range(1, 6), range(1, 4)):
    for padding, by_formula in {"valid": (d - k) // t + 1, "same": -(-d // t)}.items():
        layer = layers.Conv2D(1, k, strides=t, padding=padding)
        by_keras = layer.compute_output_shape((None, d, d, 1))[1]
        wrong += not (by_formula == by_keras == output_size(d, k, t, padding))

# %%
claim("output-size-disagreements", wrong, exactly=0,
      about="cases of 240 in which formula, package and Keras differ on the size")

# %% [markdown]
# In no case do they differ.
#
# (channels)=
# ## Channels, filters, feature maps
#
# One square of weights finds one kind of thing. A layer has many, called *filters*, 32 for example, and each gives a map of its own, a *feature map*. Together they form an image again, with 32 numbers at each place instead of one. These are its *channels*, like the red, green and blue of a color image. The next layer takes such an image as its input, so its filters must be as deep as the image has channels.
#
# ```{prf:definition} Convolutional layer
# :label: def-conv-layer
#
# A convolutional layer with $F$ filters of side $k$, for an input with $C$ channels, has a kernel $W$, the array of all its filters, of $k \times k \times C \times F$ weights, a bias $b$ of $F$ numbers, a stride $t$, a padding (`valid` or `same`), and an activation function $\phi$. Its output is $h = \phi(z)$. The array $z$ has $d' \times d' \times F$ numbers; its slice for one filter $f$ is a feature map.
# ```
#
# In symbols, for $f = 0, \dots, F-1$,
#
# ```{math}
# :label: eq-conv-layer
# z_{i,j,f} = \sum_{u=0}^{k-1} \sum_{v=0}^{k-1} \sum_{c'=0}^{C-1} x_{it+u,\;jt+v,\;c'}\, W_{u,v,c',f} + b_f .
# ```
#
# For padding, $x$ is the image with its zeros. The formula is {eq}`eq-cross-correlation` with three additions: the stride, a sum over the channels $c'$, and the bias. We check it against a layer of Keras with all of them, on a random image of three channels.

# %% tags=["nbval-check-output"]
keras.utils.set_random_seed(0)
layer = layers.Conv2D(8, 3, strides=2, padding="same", bias_initializer="normal")
image = np.random.default_rng(seed=0).random((1, 28, 28, 3), dtype="float32")
from_keras = layer(image).numpy()
W, b = layer.get_weights()
W.shape, b.shape, from_keras.shape

# %%
by_formula = cross_correlate(image, W, stride=2, padding="same") + b
claim("conv-layer-difference", np.abs(by_formula - from_keras).max(), at_most=1e-5,
      about="largest difference between the formula and Conv2D on three channels")

# %% [markdown]
# The kernel's shape tells what to remember. One point is often misread:
#
# :::{warning}
# "32 filters of 3 × 3" does not say how many weights there are. A filter of side 3 reaches through *all* channels of its input: on a gray image it has 9 weights, on an image of 32 channels $9 \cdot 32 = 288$. The sums of all channels are added into one map. A layer with 64 filters on 32 channels gives 64 maps, not $32 \cdot 64$.
# :::
#
# ### Pooling
#
# A convolutional layer is often followed by *max pooling*: each map is cut into blocks, of 2 by 2 as a rule, and of each block only the largest number is kept. For maps $x$,
#
# ```{math}
# :label: eq-max-pooling
# h_{i,j,f} = \max_{u, v \in \{0, 1\}} x_{2i+u,\;2j+v,\;f} .
# ```
#
# It has no weights, treats each map for itself, and halves the sides (an odd side is rounded down). In training it passes the gradient on to the largest number of each block, and none to the other three. In NumPy, a reshape makes the blocks.

# %%
maps = layer(image)  # 14 x 14, with 8 maps
blocks = maps.numpy().reshape(1, 7, 2, 7, 2, 8)
claim("pooling-difference",
      np.abs(blocks.max(axis=(2, 4)) - layers.MaxPooling2D(2)(maps)).max(), exactly=0.0,
      about="largest difference between maxima of blocks and MaxPooling2D")

# %% [markdown]
# (convolution-as-matrix)=
# ## A dense layer, mostly zeros, its weights tied
#
# Each number of a feature map is a weighted sum of pixels. So is each unit of a {prf:ref}`dense layer <def-dense>`. A convolutional layer must then be a dense layer with a particular kernel, and we can write that kernel down. Put the 25 pixels of the patch in a row, and the nine sums as well. Then
#
# ```{math}
# :label: eq-toeplitz
# z = x\, T^\top ,
# ```
#
# with a matrix $T$ of 9 rows, one for each sum, and 25 columns, one for each pixel. To see its structure, we number the weights of the kernel from 1 to 9.

# %% mystnb={"figure": {"name": "fig-toeplitz", "caption": "The matrix of a 3 \u00d7 3 kernel on a 5 \u00d7 5 image. A row is one place of the kernel, a column one pixel. The same number is the same weight."}, "image": {"alt": "A table of 9 rows and 25 columns, mostly zeros. The numbers 1 to 9 stand in each row, in three groups of three; from row to row the groups move to the right, so that equal numbers form diagonals."}}
from mnist_utils.convolution import toeplitz_matrix

numbered = np.arange(1, 10).reshape(3, 3)
matrix = toeplitz_matrix(numbered, (5, 5)).toarray()
figure, axes = figures.show_numbers([matrix], cell=0.3)

# %% [markdown]
# {numref}`fig-toeplitz` holds the two differences in the weights between a dense layer and a convolutional one. In a dense layer, each of the 225 entries is a weight of its own. Here, most entries are zero, because the kernel covers nine pixels at a time: the matrix is *sparse*. And the nine weights are the same in each row, moved along: they are *tied*. A matrix that is constant along its diagonals is called a *Toeplitz matrix*. In ours, the blocks of 3 by 5 are Toeplitz, and they too repeat along diagonals.
#
# With our kernel in place of the numbers, the product must give the nine sums that we know.

# %%
T = toeplitz_matrix(kernel, (5, 5)).toarray()
claim("toeplitz-difference", np.abs(patch.ravel() @ T.T - by_hand.ravel()).max(),
      exactly=0.0, about="largest difference between the product with T and the loop")

# %% [markdown]
# A convolution is seldom computed this way, but it is the right way to count. We build the matrix of a layer of 32 filters of 3 by 3 on an MNIST image, the first layer of the original submission's network. The package stores only what is not zero.

# %%
filters = np.random.default_rng(seed=0).normal(size=(3, 3, 1, 32))
T = toeplitz_matrix(filters, (28, 28, 1))
claim("toeplitz-entries", T.shape[0] * T.shape[1], exactly=16_959_488,
      about="entries of the matrix of 32 filters of 3 × 3 on a 28 × 28 image")

# %%
claim("toeplitz-nonzero", T.nnz, exactly=194_688,
      about="entries of the matrix of 32 filters that are not zero")

# %%
claim("toeplitz-weights", len(np.unique(T.data)), exactly=288,
      about="different numbers among those entries of the matrix of 32 filters")

# %% [markdown]
# Seventeen million entries; {glue:text}`toeplitz-nonzero:,d` of them are not zero; and among those only {glue:text}`toeplitz-weights:d` different numbers. Keep the last two counts in mind: the one is the layer's work, the other its weights.
#
# ### Who shares a weight?
#
# The original submission writes that weights are "shared by all neurons". {numref}`fig-toeplitz` says something narrower, and an experiment makes it precise. We change a single weight, in the filter with index 5 of 32, counted from 0, and ask which outputs change. The image is 1 everywhere, so that no weight meets a 0.

# %%
layer = layers.Conv2D(32, 3)
ones = np.ones((1, 28, 28, 1), dtype="float32")
before = layer(ones).numpy()
W, b = layer.get_weights()
W[1, 1, 0, 5] += 1
layer.set_weights([W, b])
changed = np.abs(layer(ones).numpy() - before)[0] > 0.5

# %% tags=["nbval-check-output"]
np.flatnonzero(changed.any(axis=(0, 1)))

# %%
claim("shared-by", changed.sum(), exactly=676,
      about="outputs of 21,632 that change with one weight of a convolutional layer")

# %% [markdown]
# One feature map changes, the one with index 5, and in it all 26 times 26 numbers, {glue:text}`shared-by:d`. A weight is shared *across the positions of one feature map*. Two maps share nothing: each has its own filter. And in a dense layer nothing is shared at all.
#
# Sharing has a consequence for training. A weight that is used at 676 places gets its gradient from all of them; behind max pooling, which lets one in four of these places have any, from 169 at most. For one filter on one channel:
#
# ```{math}
# :label: eq-tied-gradient
# \frac{\partial L}{\partial W_{u,v}} = \sum_{i,j} \frac{\partial L}{\partial z_{i,j}}\, x_{i+u,\;j+v} .
# ```
#
# This follows from {eq}`eq-cross-correlation` by the chain rule, as $\partial z_{i,j} / \partial W_{u,v} = x_{i+u,\,j+v}$. Look at its form: it is again a cross-correlation, of the image with the map of gradients $\partial L / \partial z$. To check it, we take $L = \frac12 \sum_{i,j} z_{i,j}^2$ as the loss, so that $\partial L / \partial z_{i,j} = z_{i,j}$, and compare with automatic differentiation.

# %%
import tensorflow as tf

W = tf.Variable(kernel.reshape(3, 3, 1, 1).astype("float32"))
with tf.GradientTape() as tape:
    z = tf.nn.conv2d(digit.reshape(1, 28, 28, 1).astype("float32"), W, 1, "VALID")
    loss = tf.reduce_sum(z**2) / 2
automatic = tape.gradient(loss, W).numpy().reshape(3, 3)

# %%
by_formula = cross_correlate(digit, cross_correlate(digit, kernel))
error = np.abs(by_formula - automatic).max() / np.abs(automatic).max()
claim("tied-gradient-difference", error, at_most=1e-4,
      about="relative difference between the formula and automatic differentiation")

# %% [markdown]
# So one image gives each weight many occasions to learn, one at each place that has a gradient and where the pixel under the weight is not black. A weight of a dense layer has one pixel to learn from, and four times in five, on average over the pixels, it is black.

# %%
claim("pixels-black", round((x_train == 0).mean(), 3), exactly=0.809,
      about="share of the pixels of the training images that are black")

# %% [markdown]
# ## Fewer parameters, more work
#
# A convolutional layer has as many weights as its kernel, and a bias for each filter. Its work is one multiply-add for each weight *at each place*. In the symbols of {prf:ref}`def-conv-layer`:
#
# ```{math}
# :label: eq-conv-counts
# \text{parameters} = (k^2 C + 1)\, F, \qquad \text{multiply-adds} = d'^2 \cdot k^2 C F .
# ```
#
# The size of the image is in the second formula, as $d'$, and not in the first: the same filters would do for a photograph. We count the whole network of the original submission with the package, which has both formulas.

# %% tags=["nbval-check-output"]
from mnist_utils import networks
from mnist_utils.counting import count

network = networks.convolutional(seed=0)
counts = count(network).reset_index(drop=True)
counts

# %% [markdown]
# Keras agrees on the parameters of every layer:

# %% tags=["nbval-check-output"]
[layer.count_params() for layer in network.layers] == counts.parameters.tolist()

# %% [markdown]
# And the multiply-adds of the convolutional layer are as many as its matrix had entries other than zero. Each such entry is one multiplication.

# %%
claim("conv-multiply-adds", counts.multiply_adds[0], exactly=194_688,
      about="multiply-adds of 32 filters of 3 × 3 on one image")

# %% [markdown]
# Now the comparison that the assignment asks for. We put the layer beside two dense layers on the same image: the one with 64 units that the assignment's network has, and one with as many outputs as the convolutional layer.

# %% tags=["nbval-check-output"]
import pandas as pd

from mnist_utils.counting import dense_multiply_adds, dense_parameters

rows = [["32 filters of 3 × 3", 26 * 26 * 32, *counts.iloc[0, 2:]]]
for units in (64, 26 * 26 * 32):
    work = dense_multiply_adds(784, units)
    rows.append([f"dense, {units:,}", units, dense_parameters(784, units), work])
pd.DataFrame(rows, columns=["layer", "outputs", "parameters", "multiply-adds"])

# %%
claim("dense-to-conv-parameters", dense_parameters(784, 64) / 320, exactly=157.0,
      about="parameters of 64 dense units as a multiple of those of 32 filters")

# %%
work_ratio = counts.multiply_adds[0] / dense_multiply_adds(784, 64)
claim("conv-to-dense-work", round(work_ratio, 2), exactly=3.88,
      about="multiply-adds of 32 filters as a multiple of those of 64 dense units")

# %% [markdown]
# The original submission says that convolution "means less computational complexity". Against the assignment's dense layer it is the other way round. The convolutional layer has 1/{glue:text}`dense-to-conv-parameters:.0f` of the parameters, and does {glue:text}`conv-to-dense-work:.1f` times the multiply-adds, because it uses each of its few weights 676 times. Few parameters and little work are different things. In a dense layer the multiply-adds are as many as the weights, so the mistake is a natural one.
#
# The sentence has a true core, which the last row of the table shows. A dense layer with the same 21,632 outputs would need {glue:text}`toeplitz-entries:,d` multiply-adds.

# %%
claim("equal-outputs-work", round(T.shape[0] * T.shape[1] / T.nnz, 1), exactly=87.1,
      about="multiply-adds of an equally wide dense layer, in those of 32 filters")

# %% [markdown]
# That is {glue:text}`equal-outputs-work:.0f` times as many. A convolutional layer is the affordable way to have so many outputs. But nobody would have built that dense layer, and against the one that was built, convolution is the more expensive choice.
#
# What about "less parameters in the system as a whole"? We compare the complete networks.

# %%
dense_counts = count(networks.dense((64, 64)))
saved = dense_counts.parameters.sum() - counts.parameters.sum()
claim("conv-parameters-saved", saved, exactly=640,
      about="by how many parameters the convolutional network is smaller")

# %%
work_ratio = counts.multiply_adds.sum() / dense_counts.multiply_adds.sum()
claim("conv-network-work", round(work_ratio, 2), exactly=4.53,
      about="multiply-adds of the convolutional network, in those of the dense one")

# %%
last_share = counts.parameters.iloc[-1] / counts.parameters.sum()
claim("conv-last-share", round(last_share, 4), exactly=0.9941,
      about="share of the convolutional network's parameters in its last layer")


# %% [markdown]
# A saving of {glue:text}`conv-parameters-saved:d` parameters in about 55,000, for {glue:text}`conv-network-work:.1f` times the work. The convolution is not to blame: {glue:text}`conv-last-share:.1%` of the parameters sit in the dense layer at the end, which has a weight for each of 5,408 flattened numbers and each digit. If you want fewer, make the maps smaller or fewer before that layer. We will meet a network that does.
#
# (equivariance)=
# ## Move the digit, and the maps move along
#
# Sharing has another consequence, and it is the reason why convolution suits images. If the same filter looks at every place, then a stroke that has moved gives the same response at the new place.
#
# ```{prf:definition} Translation equivariance
# :label: def-equivariance
#
# Let $\tau$ move an image by some rows and columns, and fill with zeros. A layer $\Phi$ is *equivariant* to $\tau$ if moving the input moves the output in the same way: $\Phi(\tau(x)) = \tau(\Phi(x))$.
# ```
#
# Here is $\tau$ for arrays of images. Positive numbers move down and to the right.

# %%
def shift(images, down, right):
    height, width = images.shape[1:3]
    padded = np.pad(images, [(0, 0), (8, 8), (8, 8), (0, 0)])
    return padded[:, 8 - down : 8 - down + height, 8 - right : 8 - right + width]


# %% [markdown]
# We compare the two sides of the definition, for a layer with random filters and ReLU, and the first training image moved up by 2 and to the right by 3.

# %%
from mnist_utils.dataset import preprocess

five = preprocess(x_train[:1])
layer = layers.Conv2D(32, 3, padding="same", activation="relu")
moved_first, moved_last = layer(shift(five, -2, 3)), shift(layer(five), -2, 3)
claim("equivariance-difference", np.abs(moved_first - moved_last).max(), at_most=1e-5,
      about="largest difference between moving the input and moving the maps")

# %% [markdown]
# They agree. The experiment meets two small conditions: the digit stays inside the image, at least a pixel from the border, and the bias is still 0, so that empty places give 0. A dense layer has nothing like it. Its 64 outputs have no places that could move.
#
# Does the property survive pooling? Max pooling moves in steps of 2, so a shift by 2 pixels arrives as a shift by 1, but a shift by 1 falls between the blocks.

# %%
pooled = keras.Sequential([layer, layers.MaxPooling2D(2)])
by_two = np.abs(pooled(shift(five, 0, 2)) - shift(pooled(five), 0, 1)).max()
claim("pooling-shift-two", by_two, at_most=1e-5,
      about="largest difference after pooling, image moved by 2, maps by 1")

# %%
by_one = [np.abs(pooled(shift(five, 0, 1)) - shift(pooled(five), 0, step)).max()
          for step in (0, 1)]
claim("pooling-shift-one", min(by_one) / np.max(pooled(five)), at_least=0.1,
      about="difference after pooling, image moved by 1, in largest outputs")

# %% [markdown]
# Pooling and strides weaken the property. After a layer with stride or pooling $t$, a shift by a multiple of $t$ arrives as a shift by that many pixels divided by $t$. For other shifts nothing is guaranteed.
#
# (invariance)=
# ## Does the answer stay the same?
#
# A classifier should do more than move its maps: its answer should not depend on where the digit is. That is *invariance*, $\Phi(\tau(x)) = \Phi(x)$, and you will often read that convolutional networks have it. Equivariance alone does not give it. In the submission's network, the maps are flattened, and the dense layer that follows has a separate weight for each place. A response that has moved meets other weights.
#
# What gives exact invariance is a step that forgets the place. *Global max pooling* keeps the largest number of each map. For maps $x$,
#
# ```{math}
# :label: eq-global-pooling
# h_f = \max_{i,j} x_{i,j,f} ,
# ```
#
# wherever that number stands. After an equivariant layer, the result cannot change as long as nothing leaves the image.

# %%
pooled = keras.Sequential([layer, layers.GlobalMaxPooling2D()])
moves = [(0, 1), (-2, 3), (2, -3), (-4, -2)]
changes = [np.abs(pooled(shift(five, *move)) - pooled(five)).max() for move in moves]
claim("invariance-difference", max(changes), at_most=1e-5,
      about="largest change of the global maxima when the digit moves")


# %% [markdown]
# Does it matter for digits? We train four networks, and then move the digits that they are asked about. The first is the dense network. The second is that of the original submission, a convolution and then `Flatten`. The third has three convolutions and ends with global max pooling. The fourth differs from the third in that one layer only, for which it has `Flatten`.

# %%
def three_convolutions(last=layers.GlobalMaxPooling2D, side=28):
    return keras.Sequential([
        keras.Input((side, side, 1)),
        layers.Conv2D(16, 5, strides=2, padding="same", activation="relu"),
        layers.Conv2D(32, 3, strides=2, padding="same", activation="relu"),
        layers.Conv2D(64, 3, padding="same", activation="relu"),
        last(),
        layers.Dense(10, activation="softmax"),
    ])


# %% tags=["nbval-check-output"]
makers = {
    "dense": networks.dense,
    "convolution, Flatten": networks.convolutional,
    "three convolutions, maximum": three_convolutions,
    "three convolutions, Flatten": lambda: three_convolutions(layers.Flatten),
}
totals = {name: count(make())[["parameters", "multiply_adds"]].sum()
          for name, make in makers.items()}
pd.DataFrame(totals).T

# %% [markdown]
# The third has fewer than half the parameters of the others, and about five times the work of the second, the same pattern as before. All four get one epoch over 15,000 training images, a short training that serves to compare. The optimizer ({ref}`sgd-and-convolution` explains Adam), its learning rate and the batch size were chosen on validation images, with unmoved digits.

# %%
from mnist_utils.dataset import split

(x_fit, y_fit), (x_validation, y_validation) = split(x_train, y_train)
fit_images, fit_labels = preprocess(x_fit[:15_000]), y_fit[:15_000]

def train(make, seed, images):
    keras.utils.set_random_seed(seed)
    network = make()
    optimizer = keras.optimizers.Adam(learning_rate=0.003)
    network.compile(optimizer, "sparse_categorical_crossentropy",
                    steps_per_execution=10)  # ten at a time, which is quicker
    network.fit(images, fit_labels, batch_size=64, epochs=1, verbose=0)
    return network


# %% [markdown]
# They are asked about every twentieth validation digit, moved by 0 to 6 pixels in each of the four directions. The comparison grew while it was made: the fourth network was added because the first three could not tell forgetting the place from having more layers. Two seeds show gross differences and no more. The table has a row for each shift, with the accuracy averaged over the four directions and the seeds.

# %%
asked, digits = preprocess(x_validation[::20]), y_validation[::20]

def shifted_accuracy(network, pixels, asked=asked, digits=digits):
    moves = {(pixels, 0), (-pixels, 0), (0, pixels), (0, -pixels)}
    predicted = [network(shift(asked, *move)).numpy().argmax(axis=1) for move in moves]
    return np.mean([answers == digits for answers in predicted])


# %%
runs = list(product(makers, range(2)))  # two seeds for each network
trained = {(name, seed): train(makers[name], seed, fit_images) for name, seed in runs}
accuracies = {
    run: [shifted_accuracy(network, pixels) for pixels in range(7)]
    for run, network in trained.items()
}
by_network = pd.DataFrame(accuracies).T.groupby(level=0, sort=False)
means, spreads = by_network.mean().T, (by_network.max() - by_network.min()).T / 2
means.round(3)

# %% mystnb={"figure": {"name": "fig-shifted", "caption": "Accuracy on 500 validation digits that were moved by some pixels, mean over four directions and two seeds. Bars reach from one seed to the other."}, "image": {"alt": "Line chart of accuracy against the shift in pixels. All four networks start close together near the top. The dense one falls steeply and ends near chance. The one with a convolution and Flatten falls along a similar curve further right, the one with three convolutions and Flatten further right again. The one with global pooling stays far above the others."}}
fig, ax = plt.subplots()
for name in makers:
    ax.errorbar(range(7), means[name], spreads[name], marker="o", capsize=3, label=name)
ax.axhline(0.1, color="black", linewidth=1, linestyle="--")
ax.set(xlabel="shift in pixels", ylabel="validation accuracy", ylim=(0, 1))
ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2);

# %%
dense, flatten, maximum, same_layers = (means[name] for name in makers)
claim("shifted-dense", dense[3], between=(0.30, 0.45),
      about="mean accuracy of the dense network on digits moved by 3 pixels, 2 seeds")

# %%
claim("shifted-flatten", flatten[3], between=(0.42, 0.6),
      about="mean accuracy of convolution with Flatten on the same digits, 2 seeds")


# %% [markdown]
# Moved by 3 pixels, about a tenth of the image, the dense network is at {glue:text}`shifted-dense:.0%`. The convolutional network with `Flatten` is at {glue:text}`shifted-flatten:.0%`, and its curve in {numref}`fig-shifted` runs almost parallel to the dense one. We ask each curve at which shift it falls to one half.

# %%
def half_at(curve):  # np.interp wants numbers that grow, so both signs are turned
    return np.interp(-0.5, -np.asarray(curve), range(7))

claim("shift-gained", half_at(flatten) - half_at(dense), between=(0.3, 0.95),
      about="pixels gained by convolution, pooling and Flatten")


# %% [markdown]
# The pooling lets small shifts pass, so it may be the reason. We train the network without it, with the same two seeds.

# %%
def without_pooling():
    return keras.Sequential([
        keras.Input((28, 28, 1)),
        layers.Conv2D(32, 3, activation="relu"),
        layers.Flatten(),
        layers.Dense(10, activation="softmax"),
    ])

curves = []
for seed in range(2):
    unpooled = train(without_pooling, seed, fit_images)
    curves.append([shifted_accuracy(unpooled, pixels) for pixels in range(7)])
claim("shift-unpooled", half_at(np.mean(curves, axis=0)) - half_at(dense),
      between=(0.3, 0.95),
      about="pixels gained by convolution and Flatten without pooling, 2 seeds")

# %% [markdown]
# Convolution, pooling and `Flatten` move the point at which half of the answers are right by {glue:text}`shift-gained:.2f` pixels; without pooling it is {glue:text}`shift-unpooled:.2f`. So this gain needs no pooling. (The network without it has four times the parameters.)
#
# Now the third curve, which is of another kind.

# %%
claim("shifted-global", maximum[3], between=(0.82, 0.97),
      about="mean accuracy with global max pooling on the same digits, 2 seeds")

# %%
claim("shifted-global-six", maximum[6], at_least=0.7,
      about="mean accuracy with global max pooling on digits moved by 6 pixels")

# %% [markdown]
# The network with global pooling still has {glue:text}`shifted-global:.0%` at 3 pixels, and {glue:text}`shifted-global-six:.0%` at 6. But it also has more layers than the second, other kernels and strides. Are they what helps? The fourth network has the same, and `Flatten`.

# %%
claim("shifted-same-layers", same_layers[3], between=(0.55, 0.75),
      about="mean accuracy of three convolutions with Flatten at 3 pixels, 2 seeds")

# %% [markdown]
# Three convolutions with `Flatten` instead of the global maximum are better than one, but fall too, to {glue:text}`shifted-same-layers:.0%` at 3 pixels. What holds the third curve up is the global maximum: a step that forgets the place.
#
# Why does the third curve fall at all? Its two strides of 2 make it exactly equivariant, away from the borders, only for shifts by multiples of 4 pixels; for others the maps change {cite}`zhang2019,azulay2019`. And the border comes near: padding puts zeros where an empty place of a map holds ReLU of its bias, and in the end strokes leave the image. To take the border away, we give the same weights a black canvas of 60 by 60 pixels with the digit in the middle.

# %%
canvas = np.pad(asked, [(0, 0), (16, 16), (16, 16), (0, 0)])
at_large = []
for seed in range(2):
    network = three_convolutions(side=60)
    network.set_weights(trained["three convolutions, maximum", seed].get_weights())
    at_large.append([shifted_accuracy(network, pixels, canvas) for pixels in range(7)])
at_large = np.mean(at_large, axis=0)
claim("canvas-fall", np.ptp(at_large), between=(0.01, 0.08),
      about="largest difference of accuracies at 0 to 6 pixels, on a large canvas")

# %%
claim("image-fall", maximum[0] - maximum[6], between=(0.1, 0.25),
      about="accuracy lost from 0 to 6 pixels by the same network, 28 by 28 pixels")

# %% [markdown]
# There the accuracies differ by {glue:text}`canvas-fall:.3f` at most, which is the price of the strides. (All are lower than in the small image, since the network has learned with its border near.) In the image of 28 by 28 the network loses {glue:text}`image-fall:.3f`: most of that is the border.
#
# Tolerance can also be *learned*. We train the fourth network, with `Flatten`, on digits that were moved by up to 4 pixels along each axis; all else is as before.

# %%
moves = np.random.default_rng(seed=0).integers(-4, 5, size=(15_000, 2))
moved = np.concatenate([shift(image[None], *move)
                        for image, move in zip(fit_images, moves)])
learners = [train(makers["three convolutions, Flatten"], seed, moved)
            for seed in range(2)]

# %%
learned = [[shifted_accuracy(network, pixels) for pixels in (3, 6)]
           for network in learners]
claim("learned-three", np.mean(learned, axis=0)[0], between=(0.88, 0.98),
      about="mean accuracy at 3 pixels, Flatten, trained on moved digits, 2 seeds")

# %%
claim("learned-six", np.mean(learned, axis=0)[1], between=(0.55, 0.82),
      about="mean accuracy at 6 pixels, Flatten, trained on moved digits, 2 seeds")

# %% [markdown]
# At 3 pixels it now has {glue:text}`learned-three:.0%`, where it had {glue:text}`shifted-same-layers:.0%`; at 6, outside of its training, {glue:text}`learned-six:.0%`. **A global maximum gives tolerance by construction; moved training images teach it.**
#
# MNIST's digits are centered, so its test set rewards tolerance of shifts little.
#
# ## When neighbors mean nothing
#
# Weight sharing and small kernels are a bet: that neighboring pixels belong together, and that the same pattern may occur anywhere. What if the bet is wrong? We shuffle the pixels of all images with the same `order` as in {ref}`dense-network`, and train the first two networks again, with both seeds. They are asked about every second validation image.

# %%
order = np.random.default_rng(seed=0).permutation(784)

def shuffle_pixels(images):
    return images.reshape(-1, 784)[:, order].reshape(images.shape)

def accuracy_on(network, images):
    answers = [network(batch).numpy().argmax(axis=1) for batch in np.split(images, 10)]
    return np.mean(np.concatenate(answers) == y_validation[::2])


# %%
validation = preprocess(x_validation[::2])
rows = []
for name, seed in product(["dense", "convolution, Flatten"], range(2)):
    network = train(makers[name], seed, shuffle_pixels(fit_images))
    plain = accuracy_on(trained[name, seed], validation)
    shuffled = accuracy_on(network, shuffle_pixels(validation))
    rows.append([name, seed, plain, shuffled])
table = pd.DataFrame(rows, columns=["network", "seed", "plain", "shuffled"])
table.round(4)

# %%
dense, flatten = (table[table.network == name].mean(numeric_only=True)
                  for name in ("dense", "convolution, Flatten"))
claim("shuffle-dense", dense.shuffled - dense.plain, between=(-0.015, 0.015),
      about="change of the dense network's validation accuracy on shuffled pixels")

# %%
claim("plain-dense", dense.plain, between=(0.89, 0.95),
      about="validation accuracy of the dense network on plain pixels, 2 seeds")

# %%
claim("plain-conv", flatten.plain, between=(0.92, 0.98),
      about="validation accuracy of convolution with Flatten on plain pixels, 2 seeds")

# %%
claim("shuffle-conv", flatten.plain - flatten.shuffled, between=(0.015, 0.065),
      about="validation accuracy that the convolutional one loses on shuffled pixels")

# %%
claim("shuffle-lead", flatten.shuffled - dense.shuffled, at_most=0.0,
      about="lead of the convolutional network over the dense one on shuffled pixels")

# %% [markdown]
# For the dense network this needs no experiment. If the rows of its first kernel are shuffled like the pixels, every sum, and so every step of the training, is what it was. The initial weights are drawn independently from one distribution, so shuffled rows are as likely as the others: *over the seeds, the accuracy has the same distribution* with either order. (With one seed it changes, here by {glue:text}`shuffle-dense:+.3f` on average.) The convolutional network loses {glue:text}`shuffle-conv:.3f`, mean of two pairs, and its lead over the dense one is now {glue:text}`shuffle-lead:+.3f`. On these images, the advantage of the convolution came from the order of the pixels.
#
# (receptive-field)=
# ## What one output sees
#
# An output of the first layer sees 3 by 3 pixels, or 5 by 5. One of the second layer sees that many *outputs of the first*, and so a larger part of the image. This part is called the *receptive field*. Its side $R$, after layers $l = 1, 2, \dots$ with kernel sides $k_l$ and strides $t_l$, is
#
# ```{math}
# :label: eq-receptive-field
# R = 1 + \sum_{l} (k_l - 1) \prod_{l' < l} t_{l'} .
# ```
#
# For pooling, $k$ is the side of the block. The product says how many pixels apart two neighboring outputs of the layer before are; each layer widens the view by $k_l - 1$ such steps {cite}`araujo2019`. The three convolutions of our third network have kernels 5, 3 and 3 and strides 2, 2 and 1, so $R = 1 + 4 + 2 \cdot 2 + 2 \cdot 4 = 17$. The function in the package also returns the step from one output of the last layer to the next.

# %% tags=["nbval-check-output"]
from mnist_utils.convolution import receptive_field

receptive_field([(5, 2), (3, 2), (3, 1)])

# %% [markdown]
# So one output should see 17 by 17 pixels, and its neighbor the same number, 4 pixels further on. The network itself can confirm it. An output depends on a pixel if, on some image, its derivative with respect to that pixel is not zero. We take the derivatives of the outputs at one place on 64 images of noise, since on a single image ReLU may hide some.

# %%
network = trained["three convolutions, maximum", 0]
features = keras.Model(network.inputs[0], network.layers[2].output)
noise = np.random.default_rng(seed=0).random((64, 28, 28, 1), dtype="float32")

def pixels_seen(row, column):
    images = tf.Variable(noise)
    with tf.GradientTape() as tape:
        output = tf.reduce_sum(features(images)[:, row, column])
    return np.abs(tape.gradient(output, images)).mean(axis=0)[:, :, 0]


# %%
seen = pixels_seen(3, 3)
rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
side = len(rows) if len(rows) == len(columns) else 0
claim("receptive-side", side, exactly=17,
      about="side of the square of pixels on which one output depends")

# %%
next_columns = np.flatnonzero(pixels_seen(3, 4).any(axis=0))
claim("receptive-step", next_columns[0] - columns[0], exactly=4,
      about="pixels from what one output sees to what the next one sees")

# %% [markdown]
# Formula and derivative agree, on the side and on the step.

# %% mystnb={"figure": {"name": "fig-receptive-field", "caption": "How strongly the outputs at four places (row, column) of the last map depend on each pixel. The frames are the 17 \u00d7 17 pixels of the formula."}, "image": {"alt": "Four black squares of 28 by 28 pixels, each with an orange frame and inside it a bright patch that is strongest in the middle of the frame. At place 3, 3 the frame is in the center; at 3, 4 it lies a little further right; at the corners 0, 0 and 6, 6 part of it is outside the image."}}
places = [(3, 3), (3, 4), (0, 0), (6, 6)]
views = np.stack([pixels_seen(*place) for place in places])
limits = (0, views.max())
figure, axes = figures.show_digits(views, titles=places, value_range=limits, size=1.4)
for ax, (i, j) in zip(axes.flat, places):
    corner = (columns[0] + 4 * (j - 3) - 0.5, rows[0] + 4 * (i - 3) - 0.5)
    ax.add_patch(plt.Rectangle(corner, 17, 17, fill=False, edgecolor="#E69F00"))

# %% [markdown]
# Within the frames of {numref}`fig-receptive-field`, pixels toward the middle count more than those at the rim. There are many ways from a pixel in the middle to the output, and few from one at the rim, so the part that is used in practice is smaller than the formula says {cite}`luo2016`.
#
# The receptive field is one reason why networks for images are deep. A filter that sees 5 by 5 pixels can find an edge, not a digit. MNIST's digits were scaled to fit into 20 by 20 pixels {cite}`lecun1998mnist`, so 17 by 17 hold a good part of one.
#
# ## What a filter has learned
#
# Our own kernel was an edge detector, made by hand. What has training made? We look at the 16 filters of the third network's first layer, before and after.

# %%
keras.utils.set_random_seed(0)
untrained = three_convolutions()  # the same initial weights as network
kernels = [np.moveaxis(model.layers[0].kernel.numpy()[:, :, 0], -1, 0)
           for model in (untrained, network)]
largest = np.abs(kernels).max()

# %% mystnb={"figure": {"name": "fig-filters", "caption": "The 16 filters of the first layer. First row before training, second row after one epoch. Mid-gray is 0, bright is positive, dark is negative."}, "image": {"alt": "Two rows of 16 small squares of 5 by 5 gray cells. The first row is noise. In the second, several squares have turned into a bright area beside a dark one, each divided along another direction; others have hardly changed."}}
both = np.concatenate(kernels)
limits = (-largest, largest)
figure, axes = figures.show_digits(both, columns=16, value_range=limits, size=0.5)

# %% [markdown]
# In {numref}`fig-filters`, several filters now have a light area beside a dark one, as our own kernel has, in other directions. Here is what each filter finds in a digit.

# %% mystnb={"figure": {"name": "fig-feature-maps", "caption": "The 16 feature maps of one digit after ReLU, one for each filter of the second row above. Black is no response."}, "image": {"alt": "Sixteen small maps of the same handwritten five. Some show the whole stroke, others only its upper or lower edges or one of its sides, and some are mostly dark."}}
first_layer = keras.Model(network.inputs[0], network.layers[0].output)
maps = np.moveaxis(first_layer(five).numpy()[0], -1, 0)
limits = (0, maps.max())
figure, axes = figures.show_digits(maps, columns=8, value_range=limits, size=0.9)

# %% [markdown]
# Each map of {numref}`fig-feature-maps` is the digit, seen with one question in mind: where is ink, where does it begin below, where on the left? A map that is all black would answer "nowhere". The submission calls this "a different representation of an image", and there it is right: the places are kept, and the gray levels have become answers.
#
# What does a filter like best? Here the theory is short. Pixels lie between 0 and 1, so the sum $\sum x_{u,v} W_{u,v}$ is largest when $x$ is 1 under each positive weight and 0 under each negative one. For any patch $x$, therefore,
#
# ```{math}
# :label: eq-ideal-patch
# \sum_{u,v} x_{u,v}\, W_{u,v} \;\le\; \sum_{u,v} \max(0, W_{u,v}) ,
# ```
#
# with equality for the *ideal patch*, which is white where the filter is positive. Do real digits come near it? We take the four filters with the most contrast, those whose weights differ most among themselves, and look for the patches of 1,000 digits to which they respond most strongly. The layer has stride 2, and its padding `same` puts one row and column of zeros before the image and two after it. The patch that belongs to place $(i, j)$ therefore begins at row $2i$ and column $2j$ of the padded image.

# %%
images = preprocess(x_validation[:1000])
padded = np.pad(images[..., 0], [(0, 0), (1, 2), (1, 2)])
responses = first_layer(images).numpy()  # 1,000 images, 14 x 14 places, 16 filters

def strongest_patches(number, how_many=8):
    by_place = responses[..., number].reshape(1000, 14 * 14)
    winners = np.argsort(-by_place.max(axis=1))[:how_many]
    places = [divmod(place, 14) for place in by_place[winners].argmax(axis=1)]
    return np.stack([padded[n, 2 * i : 2 * i + 5, 2 * j : 2 * j + 5]
                     for n, (i, j) in zip(winners, places)])


# %% tags=["nbval-check-output"]
chosen = np.argsort(-kernels[1].std(axis=(1, 2)))[:4]
weights = kernels[1][chosen]
patches = np.stack([strongest_patches(number) for number in chosen])
patches.shape

# %% mystnb={"figure": {"name": "fig-strongest", "caption": "Four filters, one a row. From left to right, the filter, its ideal patch, and the patches to which it responds most, each from another digit."}, "image": {"alt": "A grid of four rows and ten columns of patches of 5 by 5 pixels. In each row the first patch is a filter in gray, the second its black and white ideal, and the other eight are pieces of strokes that resemble the ideal and each other."}}
gray, ideal = 0.5 + weights / largest / 2, weights > 0
rows = np.concatenate([gray[:, None], ideal[:, None], patches], axis=1)
figure, axes = figures.show_digits(rows.reshape(40, 5, 5), value_range=(0, 1), size=0.6)
figure.set_facecolor("lightgray")

# %% [markdown]
# The patches of a row in {numref}`fig-strongest` come from eight different digits. They resemble each other, and the ideal. That is what a filter is: a small picture of what it looks for.
#
# ## Dense or convolutional: the answer
#
# | | dense layer | convolutional layer |
# | :--- | :--- | :--- |
# | an output sees | all pixels | $k \times k$ pixels, more in deeper layers |
# | weights are shared | by nobody | across the positions of one feature map |
# | parameters | grow with the image | do not depend on its size |
# | multiply-adds | one for each weight | one for each weight and place |
# | numbers to keep for one image | 64 | 26 · 26 · 32 = 21,632 |
# | output | a row of numbers without places | maps, in which places are kept |
# | accuracy here, at about equal parameters (validation) | {glue:text}`plain-dense:.1%` | {glue:text}`plain-conv:.1%` |
# | digit moves | other weights, often another answer | maps move along; with global pooling the answer often stays |
# | pixels shuffled | the same distribution over seeds | the advantage is gone |
#
# The benefits follow from the two properties of {numref}`fig-toeplitz`. Zeros make a unit look at a neighborhood. Tied weights make one filter serve all places, from few parameters. Both are assumptions about images. The price is work: each weight is used at each place. The original submission's first sentence, that convolutional layers suit "spatially structured data", is right, and shuffled pixels show it from the other side.
#
# ## Exercises
#
# ```{exercise} The last maps
# :label: ex-output-side
#
# A well-known network for MNIST stacks a convolution of 3 × 3, max pooling of 2 × 2, another convolution of 3 × 3, and another pooling of 2 × 2, all `valid`, the convolutions with stride 1. How many numbers on a side have the last maps? Work it out on paper with {eq}`eq-output-size`.
# ```

# %%
from mnist_utils.claims import check_answer

answer = None
check_answer("output-side", answer, "67803cbc")

# %% [markdown]
# ````{solution-start} ex-output-side
# :class: dropdown
# ````
#
# A pooling layer is a window of side 2 with stride 2, so the same formula serves: 28, 26, 13, 11, 5. At the last step $(11 - 2) / 2$ is not an integer, and rounding down drops the last row and column.

# %% tags=["nbval-check-output"]
side = 28
for k, t in [(3, 1), (2, 2), (3, 1), (2, 2)]:
    side = output_size(side, k, t)
check_answer("output-side", side, "67803cbc")

# %% [markdown]
# ````{solution-end}
# ````
#
# ```{exercise} The second layer's work
# :label: ex-second-layer
#
# In that network, the first convolution has 32 filters and the second 64. How many multiply-adds does the *second* convolution need for one image? Guess first whether it is more or less than the first one's {glue:text}`conv-multiply-adds:,d`.
# ```

# %%
answer = None
check_answer("second-layer", answer, "abf528f6")

# %% [markdown]
# ````{solution-start} ex-second-layer
# :class: dropdown
# ````
#
# Its maps are smaller, 11 by 11, but each of its 64 filters reaches through 32 channels and has $9 \cdot 32 = 288$ weights. By {eq}`eq-conv-counts`, it takes more than ten times the work of the first.

# %% tags=["nbval-check-output"]
check_answer("second-layer", 11**2 * 3**2 * 32 * 64, "abf528f6")

# %% [markdown]
# ````{solution-end}
# ````
#
# ```{exercise} A kernel that moves
# :label: ex-moving-kernel
#
# Find a kernel of 3 by 3 that moves an image one pixel to the right, when it is applied with padding `same`. Nine weights; eight of them are 0. The cell compares your kernel's result with `shift`.
# ```

# %%
moving = np.zeros((3, 3))  # put a 1 in the right place

result = cross_correlate(five[0, :, :, 0], moving, padding="same")
equal = np.array_equal(result, shift(five, 0, 1)[0, :, :, 0])
print("Right." if equal else "Not right yet: the two images differ.")

# %% [markdown]
# ````{solution-start} ex-moving-kernel
# :class: dropdown
# ````
#
# Each output must take the pixel on its *left*, so the 1 stands in the middle of the left column. A convolution turns the kernel, so there the 1 would stand in the middle of the right column, on the side to which the image moves.

# %% tags=["nbval-check-output"]
moving = np.zeros((3, 3))
moving[1, 0] = 1
result = cross_correlate(five[0, :, :, 0], moving, padding="same")
equal = np.array_equal(result, shift(five, 0, 1)[0, :, :, 0])
print("Right." if equal else "Not right yet: the two images differ.")


# %% [markdown]
# ````{solution-end}
# ````
#
# ```{exercise} Two kernels in one
# :label: ex-two-kernels
#
# Two convolutional layers without an activation function between them collapse into one, as two dense layers do {eq}`eq-collapse`. Write a function that takes two kernels of 3 by 3, and returns the kernel of 5 by 5 that does the work of both. A function from this chapter does it in one line.
# ```

# %%
def combine(first, second):
    return np.zeros((5, 5))  # put your line here

second = np.array([[1, 2, 0], [0, 3, -1], [2, 0, 1]])
in_two_steps = cross_correlate(cross_correlate(digit, kernel), second)
in_one = cross_correlate(digit, combine(kernel, second))
equal = in_one.shape == in_two_steps.shape and np.allclose(in_two_steps, in_one)
print("Right." if equal else "Not right yet.")


# %% [markdown]
# ````{solution-start} ex-two-kernels
# :class: dropdown
# ````
#
# Insert {eq}`eq-cross-correlation` into itself: a pixel $x_{i+a',\,j+b'}$ is multiplied by all products of two weights whose places add up to $(a', b')$. That is the *convolution* of the two kernels, in all places where they overlap.

# %% tags=["nbval-check-output"]
def combine(first, second):
    return convolve2d(first, second, mode="full")

in_one = cross_correlate(digit, combine(kernel, second))
equal = in_one.shape == in_two_steps.shape and np.allclose(in_two_steps, in_one)
print("Right." if equal else "Not right yet.")

# %% [markdown]
# The two small kernels have 18 weights, the large one 25: two layers of 3 by 3 see as much as one of 5 by 5 with fewer weights, and a ReLU between them is a gain on top.
#
# ````{solution-end}
# ````
#
# ```{exercise} Until it sees everything
# :label: ex-see-everything
#
# All convolutions have stride 1 and padding `same`. How many of 3 × 3 must follow one another until the receptive field of one output is at least 28 pixels on a side? And how many, if a max pooling of 2 × 2 with stride 2 follows each? Answer with whole numbers; check the first.
# ```

# %%
answer = None
check_answer("see-everything", answer, "a430d770", decimals=1)

# %% [markdown]
# ````{solution-start} ex-see-everything
# :class: dropdown
# ````
#
# Each layer adds 2 pixels, so $1 + 2 \cdot \text{depth} \ge 28$.

# %% tags=["nbval-check-output"]
depth = 1
while receptive_field([(3, 1)] * depth)[0] < 28:
    depth += 1
check_answer("see-everything", depth, "a430d770", decimals=1)

# %% [markdown]
# With pooling, four are enough, because each pooling doubles the steps of all that follows.

# %% tags=["nbval-check-output"]
[receptive_field([(3, 1), (2, 2)] * before + [(3, 1)])[0] for before in range(4)]

# %% [markdown]
# ````{solution-end}
# ````
#
# ```{exercise} Teach the dense network to look aside (open-ended)
# :label: ex-augmentation
#
# A dense network has no built-in tolerance of shifts. Can it learn it? Train `networks.dense()` on `fit_images` to which a random shift of up to 4 pixels in each direction was applied, a new one in each epoch, and draw its curve into {numref}`fig-shifted`. Write your own training loop, and stop after 20 epochs if it has not caught up. How many epochs does it take to be as good on digits moved by 3 pixels as the third network was after one? What happens to its accuracy on unmoved digits?
# ```
#
# ````{solution-start} ex-augmentation
# :class: dropdown
# ````
#
# This is called *data augmentation*. The network has weights of its own for each position, so nothing guarantees that what it learns at one place serves at another. How many epochs it needs, and whether 64 units are enough, is what your curve shows. A good answer compares the networks at equal numbers of parameters or of multiply-adds, with several seeds, on validation digits.
#
# ````{solution-end}
# ````
#
# ```{exercise} Too early a maximum (open-ended)
# :label: ex-early-maximum
#
# Put a global maximum in place of the pooling and the `Flatten` of the original submission's network. Predict first: how steep will its curve in {numref}`fig-shifted` be, and how high? Train it with `train`, draw its curve, and explain both. Is one epoch enough for this network?
# ```
#
# ````{solution-start} ex-early-maximum
# :class: dropdown
# ````
#
# The curve is almost level, and low. Two things are in its height. One epoch is too little for it; a few more raise the curve a lot. And it forgets the place behind a layer whose outputs see 3 × 3 pixels. The 32 maxima tell which small pieces of stroke occur somewhere; how the pieces lie to each other is lost. A good answer keeps the two apart: it trains until nothing more is gained, and then shows how the height depends on the part of the image that one output sees before the maximum is taken.
#
# ````{solution-end}
# ````
#
# ```{exercise} Seconds (open-ended)
# :label: ex-conv-seconds
#
# The convolutional network needs {glue:text}`conv-network-work:.1f` times the multiply-adds of the dense one. Does it also take that many times the seconds? Measure an epoch of both, several times, on an otherwise idle machine. Then explain what you find.
# ```
#
# ````{solution-start} ex-conv-seconds
# :class: dropdown
# ````
#
# There is no single right figure: the ratio depends on the machine, the library and the batch size. Multiply-adds count only products with weights. The dense network is so small that much of its time goes into starting each step and not into products. The convolutional one writes and reads 21,632 numbers for each image, so its time is partly that of memory. A good answer gives medians of several runs after a first one that is not counted, since TensorFlow prepares its program in the first epoch.
#
# ````{solution-end}
# ````
#
# ## Summary
#
# - A convolutional layer takes sums of small patches, weighted by a kernel, at every place. What libraries call convolution is cross-correlation; mathematics turns the kernel.
# - As a matrix it is sparse and tied. Weights are shared across the positions of one feature map, not "by all neurons".
# - Fewer parameters, more work: 32 filters of 3 × 3 have 1/{glue:text}`dense-to-conv-parameters:.0f` of the parameters of 64 dense units, and need {glue:text}`conv-to-dense-work:.1f` times the multiply-adds.
# - Convolution is equivariant: the maps move with the digit. Exact invariance takes a step that forgets places; tolerance can also be learned from moved images. Of the digits moved by 3 pixels, the dense network recognized {glue:text}`shifted-dense:.0%`, one convolution with `Flatten` {glue:text}`shifted-flatten:.0%`, three with `Flatten` {glue:text}`shifted-same-layers:.0%`, and three with global pooling {glue:text}`shifted-global:.0%`.
# - Each layer widens the receptive field, by $k - 1$ times the product of the strides before it.
#
# ## Further reading
#
# - Convolutional networks before they were trained by gradients, "unaffected by shift in position": {cite:t}`fukushima1980`. Trained by gradients, on handwritten digits: {cite:t}`lecun1989` and {cite:t}`lecun1998gradient`.
# - Sizes, strides and paddings of all kinds, in pictures: {cite:t}`dumoulin2016`.
# - The chapter on convolutional networks of {cite:t}`goodfellow2016`.
# - Receptive fields, computed: {cite:t}`araujo2019`; and how much of them counts: {cite:t}`luo2016`.
# - Why small shifts change the answers of modern networks: {cite:t}`azulay2019`, {cite:t}`zhang2019`.
