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
# # Dense or convolutional?
#
# > **In short**
# >
# > In a dense (fully connected) layer each output sees all inputs, through weights of its own. An output of a convolutional layer sees a small neighborhood, and the outputs of one feature map share their weights: weights are shared across positions, not "by all neurons", as the original submission has it. This takes few parameters and much work: 32 filters of 3 × 3 have 1/157 of the parameters of 64 dense units on the same image, but need 3.9 times the multiply-adds. The submission's "less computational complexity" is wrong against these 64 units; it is right against a dense layer with as many outputs, which would need 87 times the work of the filters. The benefit is a fitting assumption about images: with about as many parameters in the whole network, after a short training the convolutional one recognized 94.8% of the validation digits and the dense one 91.3%; when the pixels were shuffled, the lead was gone (means of two seeds).
# >
# > *Read before*: [What a convolutional layer computes](layer.ipynb).
#
# ## A dense layer, mostly zeros, its weights tied
#
# Each number of a feature map is a weighted sum of pixels. So is each unit of a [dense layer](../network/parameters.ipynb). A convolutional layer must then be a dense layer with particular weights, and we can write them down. Put the 25 pixels of a patch in a row, and the nine sums of a 3 × 3 kernel as well. Then
#
# $$
# z = x\, T^\top ,
# \tag{22.1}
# $$
#
# with a matrix $T$ of 9 rows, one for each sum, and 25 columns, one for each pixel. To see its structure, we number the weights of the kernel from 1 to 9.

# %% mystnb={"figure": {"name": "fig-toeplitz", "caption": "The matrix of a 3 \u00d7 3 kernel on a 5 \u00d7 5 image. A row is one place of the kernel, a column one pixel. The same number is the same weight."}, "image": {"alt": "A table of 9 rows and 25 columns, mostly zeros. The numbers 1 to 9 stand in each row, in three groups of three; from row to row the groups move to the right, so that equal numbers form diagonals."}}
import numpy as np

from mnist_utils import figures
from mnist_utils.convolution import cross_correlate, toeplitz_matrix

kernel = np.arange(1, 10).reshape(3, 3)
T = toeplitz_matrix(kernel, (5, 5)).toarray()
figure, axes = figures.show_numbers([T], cell=0.3)

# %% [markdown]
# *Fig. 22.1.* The matrix of a 3 × 3 kernel on a 5 × 5 image. A row is one place of the kernel, a column one pixel. The same number is the same weight.

# %% [markdown]
# Fig. 22.1 holds the two differences between the weights of a dense layer and those of a convolutional one. In a dense layer, each of the 225 entries is a weight of its own. Here, most entries are zero, because the kernel covers nine pixels at a time: the matrix is **sparse**. And the nine weights are the same in each row, moved along: they are *tied weights*. A matrix that is constant along its diagonals is a *Toeplitz matrix*. In ours, the blocks of 3 by 5 are Toeplitz, and they too repeat along diagonals.
#
# The product with the matrix gives the nine sums:

# %% tags=["nbval-check-output"]
patch = np.random.default_rng(seed=0).integers(0, 256, size=(5, 5))
np.array_equal(patch.ravel() @ T.T, cross_correlate(patch, kernel).ravel())

# %% [markdown]
# A convolution is seldom computed this way, but it is the right way to count. We build the matrix of a layer of 32 filters of 3 by 3 on an MNIST image, the first layer of the original submission's network. The package stores only what is not zero. Here are the number of entries, of those that are not zero, and of different numbers among these.

# %% tags=["nbval-check-output"]
filters = np.random.default_rng(seed=0).normal(size=(3, 3, 1, 32))
of_layer = toeplitz_matrix(filters, (28, 28, 1))
entries = of_layer.shape[0] * of_layer.shape[1]
entries, of_layer.nnz, len(np.unique(of_layer.data))

# %% [markdown]
# Seventeen million entries; 194,688 of them are not zero; and among those only $9 \cdot 32$ different numbers. Keep the last two counts in mind: the one is the layer's work, the other its weights.
#
# ## Who shares a weight?
#
# The original submission writes that weights are "shared by all neurons". Fig. 22.1 says something narrower, and an experiment makes it precise. We change a single weight, in the filter with index 5 of 32, counted from 0, and ask which outputs change. The image is 1 everywhere, so that no weight meets a 0.

# %% tags=["remove-stderr"]
from keras import layers

layer = layers.Conv2D(32, 3)
ones = np.ones((1, 28, 28, 1), dtype="float32")
before = layer(ones).numpy()
W, b = layer.get_weights()
W[1, 1, 0, 5] += 1
layer.set_weights([W, b])
changed = np.abs(layer(ones).numpy() - before)[0] > 0.5
np.flatnonzero(changed.any(axis=(0, 1)))

# %%
from mnist_utils.claims import claim

claim("shared-by", changed.sum(), identity=676,
      about="of 21,632 outputs of 32 filters of 3 × 3 on a 28 × 28 image, those that "
      "change with one weight")

# %% [markdown]
# One feature map changes, the one with index 5, and in it all 26 times 26 numbers. A weight is shared **across the positions of one feature map**. Two maps share nothing: each has its own filter. And in a dense layer nothing is shared at all.
#
# ## Fewer parameters, more work
#
# A convolutional layer has as many parameters as its filters have weights, and a bias for each. Its work is one *multiply-add* for each weight **at each place**. In the symbols of [Definition 21.2](layer.ipynb):
#
# $$
# \text{parameters} = (k^2 C + 1)\, F, \qquad \text{multiply-adds} = d'^2 \cdot k^2 C F .
# \tag{22.2}
# $$
#
# The size of the image is in the second formula, as $d'$, and not in the first: the same filters would do for a photograph. We put the layer beside two dense layers on the same image: the one with 64 units that the assignment's network has, and one with as many outputs as the convolutional layer.

# %% tags=["nbval-check-output"]
import pandas as pd

outputs, weights = 26 * 26 * 32, 3 * 3 * 32
rows = {"32 filters of 3 × 3": [outputs, weights + 32, 26 * 26 * weights]}
for units in (64, outputs):
    rows[f"dense, {units:,}"] = [units, 784 * units + units, 784 * units]
work = pd.DataFrame(rows, index=["outputs", "parameters", "multiply-adds"]).T
work

# %% tags=["hide-cell"]
# checks
claim("toeplitz-nonzero", of_layer.nnz, identity=194_688,
      about="multiply-adds of 32 filters of 3 × 3 on a 28 × 28 image: entries of "
      "their matrix that are not zero")
claim("dense-to-conv-parameters",
      work["parameters"].iloc[1] / work["parameters"].iloc[0],
      identity=157,
      about="parameters of 64 dense units on 784 pixels as a multiple of those of 32 "
      "filters of 3 × 3")
claim("conv-to-dense-work",
      work["multiply-adds"].iloc[0] / work["multiply-adds"].iloc[1],
      identity=3.8801,
      about="multiply-adds of 32 filters of 3 × 3 on a 28 × 28 image as a multiple of "
      "those of 64 dense units")
claim("equal-outputs-work",
      work["multiply-adds"].iloc[2] / work["multiply-adds"].iloc[0],
      identity=87.111,
      about="multiply-adds of a dense layer with 21,632 outputs as a multiple of "
      "those of 32 filters of 3 × 3")

# %% [markdown]
# The original submission says that convolution "means less computational complexity". Against the assignment's dense layer it is the other way round. The filters have 1/157 of the parameters, and do 3.9 times the multiply-adds, because each of the few weights is used 676 times. Few parameters and little work are different things. In a dense layer the multiply-adds are as many as the weights, so the mistake is a natural one.
#
# The sentence has a true core, in the last row of the table: a dense layer with the same number of outputs would need 87 times as many multiply-adds. A convolutional layer is the affordable way to have so many outputs. (The two are even at $9 \cdot 32 \cdot 676 / 784$, about 248 dense units.) But nobody would have built that dense layer, and against the one that was built, convolution is the more expensive choice.
#
# What about "less parameters in the system as a whole"? The package counts the submission's complete network; the dense one has hidden layers of 64 and 64 units.

# %% tags=["nbval-check-output"]
from mnist_utils import networks
from mnist_utils.counting import count

columns = ["parameters", "multiply_adds"]
makers = networks.dense, networks.convolutional
dense, convolutional = (count(make())[columns] for make in makers)
convolutional.set_axis(["convolution", "max pooling", "Flatten", "dense, 10"])

# %% tags=["nbval-check-output"]
saved = dense.sum() - convolutional.sum()
saved

# %% tags=["hide-cell"]
# checks
claim("conv-parameters-saved", saved.parameters, identity=640,
      about="by how many parameters the submission's convolutional network is smaller "
      "than the 64-64 dense one")
claim("conv-network-work",
      convolutional.multiply_adds.sum() / dense.multiply_adds.sum(),
      identity=4.5303,
      about="multiply-adds of the submission's convolutional network as a multiple of "
      "those of the 64-64 dense one")

# %% [markdown]
# A saving of 640 parameters in about 55,000, for 4.5 times the work. The convolution is not to blame. Nearly all parameters sit in the dense layer at the end, which has a weight for each of 5,408 flattened numbers and each digit. If you want fewer, make the maps smaller or fewer before that layer, as [The smallest network](../convnets/small.ipynb) does.
#
# ## When neighbors mean nothing
#
# Small kernels and shared weights are a bet: that neighboring pixels belong together, and that the same pattern may occur anywhere. To see what the bet is worth, we let it fail. We shuffle the pixels of all images, in one order for all, and train both networks on plain and on shuffled images. Each training is one epoch over 15,000 images, by an optimizer that [Can SGD train a convolutional layer?](../convnets/sgd.ipynb) explains. Its learning rate and the batch size were chosen on plain validation images.

# %%
import keras

from mnist_utils.dataset import load_mnist, preprocess, split

(x_fit, y_fit), (x_validation, y_validation) = split(*load_mnist()[0])
images, asked = preprocess(x_fit[:15_000]), preprocess(x_validation[::2])
order = np.random.default_rng(seed=0).permutation(784)

def shuffle_pixels(images):
    return images.reshape(-1, 784)[:, order].reshape(images.shape)


# %%
def accuracy_after_training(make, seed, images, asked):
    keras.utils.set_random_seed(seed)
    network = make()
    network.compile(keras.optimizers.Adam(learning_rate=0.003),
                    "sparse_categorical_crossentropy", metrics=["accuracy"],
                    steps_per_execution=50)  # fifty at a time, which is quicker
    network.fit(images, y_fit[:15_000], batch_size=64, epochs=1, verbose=0)
    return network.evaluate(asked, y_validation[::2], batch_size=500, verbose=0)[1]


# %% [markdown]
# Every second validation image is asked about. Plain and shuffled, dense and convolutional are paired by two seeds, which show gross differences and no more.

# %%
rows = []
for name, make in zip(["dense", "convolutional"], makers):
    for seed in (10, 11):
        plain = accuracy_after_training(make, seed, images, asked)
        shuffled = accuracy_after_training(
            make, seed, shuffle_pixels(images), shuffle_pixels(asked))
        rows.append([name, seed, plain, shuffled])
table = pd.DataFrame(rows, columns=["network", "seed", "plain", "shuffled"])
table.round(4)

# %% tags=["hide-cell"]
# checks
means = table.groupby("network")[["plain", "shuffled"]].mean()
claim("plain-dense", means.plain["dense"], trained=True,
      about="mean validation accuracy of two 64-64 networks after one epoch of 15,000 "
      "images")
claim("plain-conv", means.plain["convolutional"], trained=True,
      about="mean validation accuracy of two networks with one convolution after one "
      "epoch of 15,000 images")
claim("shuffle-conv", means.plain["convolutional"] - means.shuffled["convolutional"],
      trained=True,
      about="validation accuracy that networks with one convolution lose, mean of two "
      "pairs, on shuffled pixels")
claim("shuffle-lead", means.shuffled["convolutional"] - means.shuffled["dense"],
      trained=True,
      about="lead of one convolution over 64-64 networks on shuffled pixels, mean of "
      "two pairs, after one epoch")

# %% [markdown]
# For the dense network the outcome needs no experiment. If the rows of its first weights are shuffled like the pixels, every sum, and so every step of the training, is what it was. The initial weights are drawn independently from one distribution, so shuffled rows are as likely as the others: over the seeds, the accuracy has **the same distribution** with either order. The convolutional network loses 0.037, mean of two pairs, and its lead over the dense one is now -0.009. On these images, with these settings, the advantage of the convolution came from the order of the pixels. (Whether it has become a disadvantage, or a part of it would come back, is another question: nobody searched a learning rate for shuffled pixels.)
#
# ## The answer
#
# | | dense layer | convolutional layer |
# | :--- | :--- | :--- |
# | an output sees | all pixels | $k \times k$ pixels, more in deeper layers ([What a filter sees, and what it learns](filters.ipynb)) |
# | weights are shared | by nobody | across the positions of one feature map |
# | parameters | grow with the image | do not depend on its size |
# | multiply-adds | one for each weight | one for each weight and place |
# | output | a row of numbers without places | maps, in which places are kept |
# | digit moves | other weights, often another answer | maps move along ([When the digit moves](moving_digit.ipynb)) |
# | pixels shuffled | the same distribution over seeds | the advantage is gone, in a short training |
#
# The benefits follow from the two properties of Fig. 22.1. Zeros make an output look at a neighborhood. Tied weights make one filter serve all places, with few parameters. Both are assumptions about images. The price is work: each weight is used at each place. The submission's first sentence, that convolutional layers suit "spatially structured data", is right, and shuffled pixels show it from the other side.
#
# ## Exercises
#
# > **Exercise 22.1** (The second layer's work)
# >
# > A second convolution follows, after max pooling: 64 filters of 3 × 3 on 32 maps of 13 × 13, `valid`. How many multiply-adds does it need for one image? Guess first whether it is more or less than the first one's 194,688.

# %%
from mnist_utils.claims import check_answer

answer = None
check_answer("second-layer", answer, "abf528f6")

# %% [markdown]
# <details><summary>Solution of Exercise 22.1</summary>
#
# Its maps are smaller, 11 by 11, but each of its 64 filters reaches through 32 channels and has $9 \cdot 32 = 288$ weights. By (22.2), it takes more than ten times the work of the first.
#
# </details>

# %% tags=["nbval-check-output"]
# solution
check_answer("second-layer", 11**2 * 3**2 * 32 * 64, "abf528f6")

# %% [markdown]
# > **Exercise 22.2** (One pixel)
# >
# > One weight reaches 676 outputs. How many of the 21,632 outputs of the 32 filters depend on one pixel in the middle of the image? And in a dense layer of 64 units? Check the first.

# %%
answer = None
check_answer("one-pixel", answer, "4793ebf0")

# %% [markdown]
# <details><summary>Solution of Exercise 22.2</summary>
#
# The window covers the pixel in nine places, and there are 32 maps. In a column of $T$ for all filters stand that many entries that are not zero. In the dense layer all 64 units depend on it.
#
# </details>

# %% tags=["nbval-check-output"]
# solution
middle = 14 * 28 + 14
check_answer("one-pixel", (of_layer[:, [middle]] != 0).sum(), "4793ebf0")

# %% [markdown]
# > **Exercise 22.3** (Seconds, open-ended)
# >
# > The convolutional network needs 4.5 times the multiply-adds of the dense one. Does it also take that many times the seconds? Measure an epoch of both, several times, on an otherwise idle machine. Then explain what you find.
#
# <details><summary>Solution of Exercise 22.3</summary>
#
# There is no single right figure: the ratio depends on the machine, the library and the batch size. Multiply-adds count only products with weights. The dense network is so small that much of its time goes into starting each step and not into products. The convolutional one writes and reads 21,632 numbers for each image, so its time is partly that of memory. A good answer gives medians of several runs after a first one that is not counted, since TensorFlow prepares its program in the first epoch.
#
# </details>
#
# ## Further reading
#
# Why networks for images share weights: LeCun et al. (1989) and LeCun et al. (1998b). Sparse interactions and parameter sharing: the chapter on convolutional networks of Goodfellow et al. (2016).

# %% [markdown]
# ## Quiz
#
# Choose an answer in your mind, then open it.
#
# **1.** A convolutional layer (stride 1, padding `same`) is used on images of 56 × 56 in place of 28 × 28. What becomes of its parameters and its multiply-adds for one image?
#
# <details><summary>Both become four times as many, as there is more to see</summary>
#
# **No.** Filters do not grow with the image: each has $k^2 C$ weights, whatever its size. Only the places become more.
#
# </details>
#
# <details><summary>The parameters stay, the multiply-adds become fourfold</summary>
#
# **Right.** The same weights are used at four times as many places. In a convolutional layer, parameters and work are two different counts.
#
# </details>
#
# <details><summary>Both stay as they are, as the filters are the same</summary>
#
# **No.** This is right for the parameters. But each weight is multiplied once at each place, and there are four times as many places.
#
# </details>
#
# **2.** Which outputs of a convolutional layer use the same weight?
#
# <details><summary>All outputs of the layer, in all of its feature maps</summary>
#
# **No.** “Weights are shared by all neurons” is often read. But each filter has weights of its own, so that two maps share nothing.
#
# </details>
#
# <details><summary>The outputs at one place, across all feature maps</summary>
#
# **No.** These see the same pixels, through different weights. What is shared runs the other way, over the places.
#
# </details>
#
# <details><summary>All outputs of one feature map, and no others</summary>
#
# **Right.** A feature map is what one filter gives at all places. A change of one weight changes this map and leaves the others.
#
# </details>
#
# **3.** The pixels of all images, for training and validation, are put into one other order, the same for every image. What happens to the accuracy of a dense network that is trained anew?
#
# <details><summary>It stays the same, in the mean over seeds</summary>
#
# **Right.** A dense layer is not told which pixels are neighbors, and its initial weights are drawn independently. So each order has the same distribution of results.
#
# </details>
#
# <details><summary>It falls, because the shapes of the digits are destroyed</summary>
#
# **No.** A person could not read the shuffled digits. To a dense layer no pixel is next to another, before or after.
#
# </details>
#
# <details><summary>It falls at first, and more epochs make up for it</summary>
#
# **No.** There is nothing to make up for: with its rows of weights shuffled alike, every step of the training is the same as before.
#
# </details>
#
# **4.** “A convolutional layer takes fewer multiply-adds than a dense layer on the same image.” With which dense layer is this true, if the kernel is smaller than the image?
#
# <details><summary>With every one, since the filters have fewer weights</summary>
#
# **No.** In a dense layer each weight is used once, so weights and work agree. In a convolutional layer each of the few weights is used at every place.
#
# </details>
#
# <details><summary>With one that has as many outputs</summary>
#
# **Right.** There each output costs $d^2 C$ multiply-adds, and $k^2 C$ in the convolutional layer. A dense layer of a few units may cost less.
#
# </details>
#
# <details><summary>With none, since each weight is used at every place</summary>
#
# **No.** The weights are used often, but for many outputs. A dense layer would need all pixels for each of so many outputs.
#
# </details>
