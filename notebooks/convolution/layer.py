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
# # What a convolutional layer computes
#
# > **In short**
# >
# > A convolutional layer lays a small square of weights on an image, multiplies each covered pixel by the weight on it, adds up, and does the same at every other place. The sums form a map, in which places are kept. A filter has one such square for each channel of its input (a gray image has one channel), and makes one map. A layer with 32 filters of 3 × 3 makes 21,632 numbers of an MNIST image, with 320 parameters. What libraries call convolution is cross-correlation, and their `Conv2D` agrees with our loop.
# >
# > *Read before*: [The network and its 55,050 parameters](../network/parameters.ipynb).
#
# A dense layer takes an image as a list of 784 numbers. Which of them are neighbors it is not told. A convolutional layer starts from the opposite assumption: what matters in an image is small, and may turn up anywhere. This lesson takes the layer apart into one small sum.
#
# ## One sum, at every position
#
# Here is a patch of the first training image, a piece of the slanting stroke of a five. We convert the bytes to larger integers, because sums of bytes start again at 0 after 255.

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
# A sum of nine products: there is no other arithmetic in it. Now slide the kernel one pixel to the right and do it again, and so on over the whole patch. It can take three places in each direction, so there are nine sums.

# %%
by_hand = np.zeros((3, 3))
for i, j in np.ndindex(3, 3):
    by_hand[i, j] = (patch[i : i + 3, j : j + 3] * kernel).sum()

# %% mystnb={"figure": {"name": "fig-by-hand", "caption": "The patch, the kernel, and the sums at the nine places that the kernel can take. Blue is positive, red negative."}, "image": {"alt": "Three tables of numbers. The patch of 5 by 5 pixels has large numbers along a stroke that runs down and to the right. The kernel has minus ones in its left column, zeros in the middle and ones on the right. The 3 by 3 result is positive on the left and negative on the right."}}
from mnist_utils import figures

tables = [patch, kernel, by_hand]
figure, axes = figures.show_numbers(tables, ["patch", "kernel", "sums"])

# %% [markdown]
# *Fig. 21.1.* The patch, the kernel, and the sums at the nine places that the kernel can take. Blue is positive, red negative.

# %% [markdown]
# Read the sums of Fig. 21.1. On the left they are positive: there the pixels get brighter from left to right, the left edge of the stroke. On the right they are negative, the right edge. This kernel responds to vertical edges, and the sign of the sum tells which side is bright.
#
# > **Definition 21.1** (Cross-correlation)
# >
# > The *cross-correlation* of an image $x$ with a kernel $W$ of $k \times k$ weights is the array $z$ that holds, for each place of the kernel on the image, the sum of the covered pixels, each multiplied by the weight that lies on it.
#
# In symbols, with $(i, j)$ for the place of the kernel's upper left corner and $(u, v)$ for the place of a weight inside the kernel, both counted from 0,
#
# $$
# z_{i,j} = \sum_{u=0}^{k-1} \sum_{v=0}^{k-1} x_{i+u,\,j+v}\, W_{u,v} .
# \tag{21.1}
# $$
#
# The package has this formula as a function, for images of any size; and Keras has its layer `Conv2D`, whose random weights we replace by ours. The two axes of length 1 that the kernel gets are explained below.

# %% tags=["remove-stderr"]
import keras
from keras import layers

from mnist_utils.convolution import cross_correlate

layer = layers.Conv2D(filters=1, kernel_size=3, use_bias=False)
layer.build((None, 5, 5, 1))
layer.set_weights([kernel.reshape(3, 3, 1, 1)])
from_keras = layer(patch.reshape(1, 5, 5, 1).astype("float32")).numpy()[0, :, :, 0]
from_package = cross_correlate(patch, kernel)

# %%
from mnist_utils.claims import claim

claim("correlation-difference",
      max(np.abs(sums - by_hand).max() for sums in (from_package, from_keras)),
      identity=0.0, within=1e-3,
      about="largest difference, in gray levels, of Conv2D and a NumPy function from "
      "a cross-correlation by loops")

# %% [markdown]
# Three ways, the same nine numbers. So the layer `Conv2D` computes a cross-correlation. A *convolution*, as mathematics defines it, turns the kernel by 180 degrees first:
#
# $$
# z_{i,j} = \sum_{u=0}^{k-1} \sum_{v=0}^{k-1} x_{i+u,\,j+v}\, W_{k-1-u,\;k-1-v} .
# \tag{21.2}
# $$
#
# SciPy's function of this name, which knows nothing of networks, does so:

# %% tags=["nbval-check-output"]
from scipy.signal import convolve2d

turned = kernel[::-1, ::-1]
np.array_equal(convolve2d(patch, kernel, mode="valid"), cross_correlate(patch, turned))

# %% [markdown]
# With the turn, image and kernel may change places, like the factors of a product. A network has no use for this law. Its kernels are learned, and if the layer turned them, training would arrive at the turned weights instead. Libraries for deep learning therefore leave the turning out, and keep the name (Goodfellow et al., 2016). So does this book: a *convolutional layer* computes cross-correlations.
#
# ## Padding and stride
#
# In Fig. 21.2 the kernel gets a whole digit, and lies on its side as well, for horizontal edges.

# %% mystnb={"figure": {"name": "fig-edges", "caption": "A digit and three cross-correlations of it. Mid-gray is 0, bright is positive, dark is negative. The axes count pixels."}, "image": {"alt": "Four panels. A handwritten five of 28 by 28 pixels. Two maps of 26 by 26, in which the left or upper edges of the strokes are bright and the right or lower ones dark. A coarse map of 13 by 13 that resembles the first."}}
import matplotlib.pyplot as plt

digit = x_train[0] / 255
panels = {
    "the digit": digit,
    "vertical edges": cross_correlate(digit, kernel),
    "horizontal edges": cross_correlate(digit, kernel.T),
    "vertical, stride 2": cross_correlate(digit, kernel, stride=2),
}
fig, axes = plt.subplots(1, 4, figsize=(8, 2.4))
for ax, (title, values) in zip(axes, panels.items()):
    limit = np.abs(values).max()
    ax.imshow(values, vmin=-limit, vmax=limit)
    ax.set_title(title)
    ax.grid(False)

# %% [markdown]
# *Fig. 21.2.* A digit and three cross-correlations of it. Mid-gray is 0, bright is positive, dark is negative. The axes count pixels.

# %% [markdown]
# The maps are smaller than the image, and two choices decide by how much. The *stride* $t$ is the number of pixels from one place of the kernel to the next. A larger stride skips places, as in the last panel. *Padding* adds zeros around the image, so that the kernel can take places near the border too. Keras knows two kinds. `valid` adds none. For an image with $d$ pixels on a side, `same` adds as few zeros as give an output of $\lceil d/t \rceil$ numbers on a side, as large as the image for stride 1. They go on both sides; of an odd number, one more goes below and to the right. With either kind, the output has
#
# $$
# d' = \left\lfloor \frac{d - k}{t} \right\rfloor + 1 \ \text{ (valid, for } k \le d \text{)}, \qquad
# d' = \left\lceil \frac{d}{t} \right\rceil \ \text{ (same)}
# \tag{21.3}
# $$
#
# numbers on a side, where $\lfloor\cdot\rfloor$ rounds down and $\lceil\cdot\rceil$ rounds up. The first is a matter of counting: the steps of $t$ in the $d - k$ pixels by which the kernel's corner can move, plus one for the place where it starts (Dumoulin and Visin, 2016). Does Keras agree, for all sizes from 5 to 12, kernels from 1 to 5, and strides from 1 to 3?

# %% tags=["nbval-check-output"]
from itertools import product

cases = wrong = 0
for d, k, t in product(range(5, 13), range(1, 6), range(1, 4)):
    for padding, by_formula in {"valid": (d - k) // t + 1, "same": -(-d // t)}.items():
        layer = layers.Conv2D(1, k, strides=t, padding=padding)
        by_keras = layer.compute_output_shape((None, d, d, 1))[1]
        cases, wrong = cases + 1, wrong + (by_formula != by_keras)
cases, wrong

# %% [markdown]
# In no case do they differ.
#
# ## Channels, filters, feature maps
#
# One kernel finds one kind of thing, in one plane of numbers. An image may have several: red, green and blue are the *channels* of a color image. A *filter* has one kernel for each channel, adds up the sums of all of them, and gives one *feature map*. A layer has many filters, 32 for example. Its maps together form an image again, with 32 channels, which the next layer takes as its input. Fig. 21.3 shows a layer with two filters at one place.
#
# ![On the left an image of three channels, drawn as three squares of 5 by 5 one behind the other; a window of 3 by 3 is marked in each. Arrows lead from it to two filters, each of three kernels of 3 by 3, one behind the other, and from each filter to one marked number in a feature map of 3 by 3.](../../assets/diagrams/sliding-window.svg)
#
# *Fig. 21.3.* A layer with two filters on an image with three channels. All 27 numbers in the window, 9 in each channel, are multiplied by the 27 weights of a filter and added up, with the filter's bias; that is one number of the filter's map. Then the window slides on.
#
# > **Definition 21.2** (Convolutional layer)
# >
# > A convolutional layer with $F$ filters of side $k$, for an input with $C$ channels, has an array $W$ of $k \times k \times C \times F$ weights, of which $W_{\cdot,\cdot,c',f}$ is the kernel of filter $f$ for channel $c'$; a bias $b$ of $F$ numbers, a stride $t$, a padding (`valid` or `same`), and an activation function $\phi$. Its output is $h = \phi(z)$. The array $z$ has $d' \times d' \times F$ numbers; its slice for one filter, or that of $h$, is a feature map.
#
# In symbols, for $f = 0, \dots, F-1$,
#
# $$
# z_{i,j,f} = \sum_{u=0}^{k-1} \sum_{v=0}^{k-1} \sum_{c'=0}^{C-1} x_{it+u,\;jt+v,\;c'}\, W_{u,v,c',f} + b_f .
# \tag{21.4}
# $$
#
# For padding, $x$ is the image with its zeros. The formula is (21.1) with three additions: the stride, a sum over the channels, and the bias. We check it against a layer of Keras with all of them, on a random image of three channels.

# %% tags=["nbval-check-output"]
keras.utils.set_random_seed(0)
layer = layers.Conv2D(8, 3, strides=2, padding="same", bias_initializer="normal")
image = np.random.default_rng(seed=0).random((1, 28, 28, 3), dtype="float32")
from_keras = layer(image).numpy()
W, b = layer.get_weights()
W.shape, b.shape, from_keras.shape

# %%
claim("conv-layer-difference",
      np.abs(cross_correlate(image, W, 2, "same") + b - from_keras).max(),
      identity=0.0, within=1e-5,
      about="largest difference between the formula of a convolutional layer and "
      "Conv2D, three channels, stride 2")

# %% [markdown]
# The first layer of the original submission's network has 32 filters of 3 × 3, on one channel:

# %% tags=["nbval-check-output"]
from mnist_utils import networks

first = networks.convolutional(seed=0).layers[0]
tuple(first.kernel.shape), first.output.shape[1:]

# %% tags=["hide-cell"]
# checks
claim("conv-outputs", int(np.prod(first.output.shape[1:])), identity=21_632,
      about="numbers that 32 filters of 3 × 3, padding valid, make of a 28 × 28 image")
claim("conv-parameters", first.count_params(), identity=320,
      about="parameters of 32 filters of 3 × 3 on one channel, with their biases")

# %% [markdown]
# It has $9 \cdot 32$ weights and 32 biases, 320 parameters.
#
# > **Warning**
# >
# > "32 filters of 3 × 3" does not say how many weights there are. A filter of side 3 reaches through **all** channels of its input: on a gray image it has 9 weights, on an image of 32 channels $9 \cdot 32 = 288$. A layer with 64 filters on 32 channels gives 64 maps, not $32 \cdot 64$. And Keras calls the whole array $W$ the layer's `kernel`, while its `kernel_size` is that of one square. In this book, a kernel is one square.
#
# ## Pooling
#
# A convolutional layer is often followed by *max pooling*: each map is cut into blocks, of 2 by 2 as a rule, and of each block only the largest number is kept. For maps $x$,
#
# $$
# h_{i,j,f} = \max_{u, v \in \{0, 1\}} x_{2i+u,\;2j+v,\;f} .
# \tag{21.5}
# $$
#
# It has no weights, treats each map for itself, and halves the sides (an odd side is rounded down). In NumPy, a reshape makes the blocks.

# %% tags=["nbval-check-output"]
maps = layer(image).numpy()  # 14 x 14, with 8 maps
blocks = maps.reshape(1, 7, 2, 7, 2, 8)
np.array_equal(blocks.max(axis=(2, 4)), layers.MaxPooling2D(2)(maps))

# %% [markdown]
# What the layer is good for, and what it costs, is measured in [Dense or convolutional?](dense_or_convolutional.ipynb).
#
# ## Exercises
#
# > **Exercise 21.1** (The last maps)
# >
# > A well-known network for MNIST stacks a convolution of 3 × 3, max pooling of 2 × 2, another convolution of 3 × 3, and another pooling of 2 × 2, all `valid`, the convolutions with stride 1. How many numbers on a side have the last maps? Work it out on paper with (21.3).

# %%
from mnist_utils.claims import check_answer

answer = None
check_answer("output-side", answer, "67803cbc")

# %% [markdown]
# <details><summary>Solution of Exercise 21.1</summary>
#
# A pooling layer is a window of side 2 with stride 2, so the same formula serves: 28, 26, 13, 11, 5. At the last step $(11 - 2) / 2$ is not an integer, and rounding down drops the last row and column.
#
# </details>

# %% tags=["nbval-check-output"]
# solution
side = 28
for k, t in [(3, 1), (2, 2), (3, 1), (2, 2)]:
    side = (side - k) // t + 1
check_answer("output-side", side, "67803cbc")

# %% [markdown]
# > **Exercise 21.2** (A kernel that moves)
# >
# > Find a kernel of 3 by 3 that moves an image one pixel to the right, when it is applied with padding `same`. Nine weights; eight of them are 0.

# %%
moving = np.zeros((3, 3))  # put a 1 in the right place

moved = np.pad(digit, [(0, 0), (1, 0)])[:, :-1]  # the digit, one pixel to the right
equal = np.array_equal(cross_correlate(digit, moving, padding="same"), moved)
print("Right." if equal else "Not right yet: the two images differ.")

# %% [markdown]
# <details><summary>Solution of Exercise 21.2</summary>
#
# Each output must take the pixel on its **left**, so the 1 stands in the middle of the left column. A convolution turns the kernel, so there the 1 would stand in the middle of the right column, on the side to which the image moves.
#
# </details>

# %% tags=["nbval-check-output"]
# solution
moving = np.zeros((3, 3))
moving[1, 0] = 1
equal = np.array_equal(cross_correlate(digit, moving, padding="same"), moved)
print("Right." if equal else "Not right yet: the two images differ.")


# %% [markdown]
# > **Exercise 21.3** (Two kernels in one)
# >
# > Two convolutional layers without an activation function between them collapse into one, as two dense layers do [(5.3)](../network/parameters.ipynb). Write a function that takes two kernels of 3 by 3, and returns the kernel of 5 by 5 that does the work of both. A function from this lesson does it in one line.

# %%
def combine(first, second):
    return np.zeros((5, 5))  # put your line here

second = np.array([[1, 2, 0], [0, 3, -1], [2, 0, 1]])
in_two_steps = cross_correlate(cross_correlate(digit, kernel), second)
in_one = cross_correlate(digit, combine(kernel, second))
print("Right." if np.allclose(in_two_steps, in_one) else "Not right yet.")

# %% [markdown]
# <details><summary>Solution of Exercise 21.3</summary>
#
# Insert (21.1) into itself: a pixel $x_{i+u,\,j+v}$ is multiplied by all products of two weights whose places add up to $(u, v)$. That is the **convolution** of the two kernels, in all places where they overlap.
#
# </details>

# %% tags=["nbval-check-output"]
# solution
in_one = cross_correlate(digit, convolve2d(kernel, second, mode="full"))
print("Right." if np.allclose(in_two_steps, in_one) else "Not right yet.")

# %% [markdown]
# <details><summary>Solution of Exercise 21.3, continued</summary>
#
# The two small kernels have 18 weights, the large one 25: two layers of 3 by 3 see as much as one of 5 by 5 with fewer weights. In return, not every kernel of 5 by 5 can be made of two small ones. With a ReLU between them the two layers no longer collapse, and can compute what no single kernel can.
#
# </details>
#
# ## Further reading
#
# Sizes, strides and paddings of all kinds, in pictures: Dumoulin and Visin (2016). The chapter on convolutional networks of Goodfellow et al. (2016). The first ones that were trained by gradients, on handwritten digits: LeCun et al. (1989) and LeCun et al. (1998b); their ancestor: Fukushima (1980).

# %% [markdown]
# ## Quiz
#
# Choose an answer in your mind, then open it.
#
# **1.** `Conv2D(16, 3)` gets an input with 8 channels. How many parameters has the layer, biases included?
#
# <details><summary>160</summary>
#
# **No.** This counts one kernel of 9 weights for each filter. A filter has a kernel for each of the 8 channels, so 72 weights.
#
# </details>
#
# <details><summary>1,280</summary>
#
# **No.** This gives each kernel a bias of its own. The sums over all channels of a filter are added up first, and then one bias is added.
#
# </details>
#
# <details><summary>1,168</summary>
#
# **Right.** A filter has $9 \cdot 8$ weights and one bias, and there are 16 filters: $73 \cdot 16 = 1168$. The size of the image does not enter.
#
# </details>
#
# **2.** A `Conv2D` without bias and activation function has one kernel, with −1 in its left column, 0 in the middle one and 1 in the right one. It lies on pixels that get darker from left to right (black is 0). Which sign has the sum?
#
# <details><summary>Negative</summary>
#
# **Right.** Each row gives the right pixel minus the left one, and the right one is smaller. The layer does not turn the kernel.
#
# </details>
#
# <details><summary>Positive</summary>
#
# **No.** It would be positive if the kernel were turned by 180 degrees first, as a convolution in mathematics does. `Conv2D` computes a cross-correlation and does not turn it.
#
# </details>
#
# <details><summary>Neither: it is 0</summary>
#
# **No.** The weights have the sum 0, but that alone makes the result 0 only where all pixels are equal. Here the bright pixels meet the −1.
#
# </details>
#
# **3.** A layer with kernels of 5 × 5, stride 2 and padding `valid` gets an image of 28 × 28. How many numbers on a side has its output?
#
# <details><summary>11</summary>
#
# **No.** Rounding down $(28 - 5) / 2$ gives 11 steps of the kernel. The place where it starts counts too.
#
# </details>
#
# <details><summary>14</summary>
#
# **No.** This is $\lceil 28 / 2 \rceil$, the size with padding `same`. Without padding the kernel has to stay inside the image.
#
# </details>
#
# <details><summary>13</summary>
#
# **No.** This rounds $(28 - 5) / 2 = 11.5$ up. The twelfth step would take the kernel over the border.
#
# </details>
#
# <details><summary>12</summary>
#
# **Right.** $\lfloor (28 - 5) / 2 \rfloor + 1 = 12$: eleven whole steps, and the place where the kernel starts. The last row and column are not covered.
#
# </details>
#
# **4.** Suppose a library did turn every kernel by 180 degrees in its convolutional layers, before it adds up the products. What would change for a network that is trained with it?
#
# <details><summary>It would find edges on the wrong side, and be less accurate</summary>
#
# **No.** That would happen if the weights were taken from another library without being turned. Weights that are learned in the layer fit the way in which it uses them.
#
# </details>
#
# <details><summary>Its learned kernels would come out turned, no more than that</summary>
#
# **Right.** For each kernel there is a turned one that gives the same map, and training looks for a small loss and not for an orientation. This is why libraries leave the turn out.
#
# </details>
#
# <details><summary>It would become invariant to images that are turned upside down</summary>
#
# **No.** The turn is the same fixed step for every image, so it adds no tolerance. A turned image still gives other sums.
#
# </details>
