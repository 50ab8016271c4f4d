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
# (preprocessing)=
# # From pixels to arrays
#
# :::{admonition} This chapter
# :class: tip chapter-box
#
# **Questions it answers**
# : What is inside the MNIST files? Why are the pixels converted to `float32` and divided by 255? What are one-hot labels, and does a network need them? Why three sets of images rather than two? (The assignment's question 1.1.)
#
# **You need**
# : Python with a little NumPy: arrays, shapes, slices; what a derivative is.
#
# **Time**
# : 25 minutes to read, less than a minute to run.
# :::
#
# Between a file of handwritten digits and a network that reads them stand a few short lines of code. Here they are as the assignment has them; `x_train` holds the images and `y_train` the labels, the digits that the images show.
#
# ```python
# x_train = x_train.reshape(60000, 28, 28, 1)
# x_train = x_train.astype("float32")
# x_train /= 255
# y_train = keras.utils.to_categorical(y_train, 10)
# ```
#
# This chapter takes each of them apart, and measures what happens when it is left out.
#
# ## What the files hold
#
# MNIST consists of 70,000 gray images of handwritten digits, in two files of images and two of labels {cite}`lecun1998mnist`. The book carries its own copy, so nothing is downloaded. Let us open the first file as what it is, a sequence of bytes.

# %% tags=["nbval-check-output"]
import gzip
from importlib.resources import files

path = files("mnist_utils.data") / "train-images-idx3-ubyte.gz"
content = gzip.decompress(path.read_bytes())
content[:16].hex(" ", 4)

# %% [markdown]
# These are the first 16 bytes, in hexadecimal, four to a group. The format is called *IDX*. Its first group says what follows: two zero bytes, then `08` for "unsigned bytes", then `03` for "an array of three dimensions". Each further group is the length of one dimension, the most significant byte first. Python's `struct` module reads them: `>` stands for that byte order, `I` for an unsigned integer of four bytes.

# %% tags=["nbval-check-output"]
import struct

struct.unpack(">III", content[4:16])

# %% [markdown]
# 60,000 images of 28 rows and 28 columns. Everything after the header is pixels, one byte each, row by row. NumPy can look at the bytes as an array without copying them.

# %%
import numpy as np

pixels = np.frombuffer(content, dtype=np.uint8, offset=16).reshape(60_000, 28, 28)
pixels[0, 5:11, 12:20]

# %% [markdown]
# That is a corner of the first image: 0 is background, 255 is full ink, shown as white in the figures, and the values between are the soft edges of the stroke. The helper package does the same for all four files. It also compares each content with its known {term}`checksum`, so that a damaged copy cannot pass for MNIST.

# %% tags=["nbval-check-output"]
from mnist_utils.dataset import load_mnist

(x_train, y_train), (x_test, y_test) = load_mnist()
[array.shape for array in (x_train, y_train, x_test, y_test)]

# %% tags=["nbval-check-output"]
np.array_equal(x_train, pixels)

# %% [markdown]
# `True` says that our own reading agrees with the package, pixel by pixel. From here on, `x` stands for images and `y` for the digits that they show.
#
# ## Looking at the digits
#
# Here are the first ten images of each digit, one digit per row.

# %% mystnb={"figure": {"name": "fig-ten-of-each", "caption": "The first ten training images of each digit. Sevens come with and without a bar, fours open and closed, and ones at every slant."}, "image": {"alt": "A grid of ten rows and ten columns of white handwritten digits on black. Row by row the digits 0 to 9, each in ten different handwritings."}}
from mnist_utils import figures

first_ten = np.concatenate([x_train[y_train == digit][:10] for digit in range(10)])
figure, axes = figures.show_digits(first_ten, size=0.55)

# %% [markdown]
# No two are alike, and some would give a person pause. How much do the images of one digit have in common? Their mean image shows it: average the pixels of all images with the same label.

# %% mystnb={"figure": {"name": "fig-mean-images", "caption": "The mean of all training images of each digit, with the number of images that went into it."}, "image": {"alt": "Ten blurred digits. The mean zero is a crisp ring and the mean one a slanted spindle; nine resembles four and seven, and three, five and eight resemble each other."}}
counts = np.bincount(y_train)
means = np.stack([x_train[y_train == digit].mean(axis=0) for digit in range(10)])
figure, axes = figures.show_digits(means, titles=[f"{count:,}" for count in counts])

# %% [markdown]
# Sharp parts of {numref}`fig-mean-images` are where writers agree, blurred parts where they differ. The mean of the ones is a blur of slants around a fixed center. The mean of 9 resembles those of 4 and 7, and those of 3, 5 and 8 resemble each other; we should look for these pairs among the errors of a network. You can already classify with these ten pictures: {ref}`ex-nearest-mean` asks how well.
#
# The images are also mostly empty. The cell says so as a {term}`claim`: it states a result and checks it.

# %%
from mnist_utils.claims import claim

claim("background-share", round((x_train == 0).mean(), 4), exactly=0.8088,
      about="share of training pixels that are exactly 0")

# %% [markdown]
# Four pixels in five are exactly zero. Keep it in mind: a weight that is multiplied by zero learns nothing from that image.
#
# ## Are the classes balanced?
#
# The counts above {numref}`fig-mean-images` differ. Whether that matters depends on how much, so we look at the shares.

# %% mystnb={"figure": {"name": "fig-class-balance", "caption": "Share of each digit in the two sets. The line marks one in ten."}, "image": {"alt": "Bar chart of the share of each digit, training and test side by side. All bars lie between 8.9 and 11.4 percent; digit 1 is the most frequent, digit 5 the rarest."}}
import matplotlib.pyplot as plt

fig, ax = plt.subplots(figsize=(7, 2.6))
ax.bar(np.arange(10) - 0.2, np.bincount(y_train) / 60_000, width=0.4, label="training")
ax.bar(np.arange(10) + 0.2, np.bincount(y_test) / 10_000, width=0.4, label="test")
ax.axhline(0.1, color="black", linewidth=1, linestyle="--")
ax.set(xlabel="digit", ylabel="share of images", xticks=range(10))
ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2);

# %% [markdown]
# The sets are nearly balanced, so accuracy, the share of images classified correctly, is a fair measure here. Yet not every digit has the share 0.1, and that gives us a useful number. Suppose that a network has learned nothing and answers "1" whatever it is shown, the most frequent digit. Its accuracy on the test set is then the share of ones.

# %%
claim("always-one-accuracy", (y_test == 1).mean(), exactly=0.1135,
      about="test accuracy of answering 1 for every image")

# %% [markdown]
# Remember this number; on the training images it is hardly different. When an accuracy sits at {glue:text}`always-one-accuracy:.4f` or thereabouts, the network is not merely bad at digits: suspect that it gives a single answer, and look at its predictions.
#
# ## Which type should a pixel have?
#
# The original submission explains the conversion to `float32` by saving memory against "the standard float type which uses 64 bits". But the images do not arrive as 64-bit floats. They arrive as `uint8`, one byte a pixel, and every conversion makes them larger.

# %% tags=["nbval-check-output"]
import pandas as pd

types = ["uint8", "float16", "float32", "float64"]
megabytes = [x_train.size * np.dtype(name).itemsize / 1e6 for name in types]
pd.DataFrame({"type": types, "megabytes": megabytes})

# %%
claim("float32-megabytes", x_train.astype("float32").nbytes / 1e6, exactly=188.16,
      about="megabytes of the training images as float32")

# %% [markdown]
# So `float32` costs four times the memory of what we had: {glue:text}`float32-megabytes:.0f` megabytes instead of 47. Why pay for it? The arithmetic of `uint8` is not the arithmetic that a network needs. It has no fractions, no negative numbers, and it starts again at 0 after 255.

# %% tags=["nbval-check-output"]
np.array([200], dtype="uint8") + np.array([100], dtype="uint8")

# %% [markdown]
# No error, no warning, and a wrong sum: $300 - 256 = 44$. A network multiplies pixels by fractional, often negative weights and adds up hundreds of such products. That takes floating-point numbers. Keras knows it, and casts whatever images it gets to `float32` before the first layer. It is line 3 of the assignment that cannot do without line 2: bytes cannot be divided in place.

# %% tags=["nbval-check-output"]
try:
    x_train /= 255
except TypeError as error:
    print(error)

# %% [markdown]
# The quotients are `float64`, and do not fit back into bytes.
#
# ### What 16 bits would lose, and what they would not
#
# The submission says that fewer than 32 bits "would sacrifice precision". Take the 256 values that a pixel can have, divide them by 255, and store them in 16 bits. How many different values are left?

# %%
levels = np.arange(256) / 255
claim("float16-levels", len(np.unique(levels.astype("float16"))), exactly=256,
      about="different pixel values that survive in float16")

# %% [markdown]
# All of them: for the *pixels* the submission is wrong. The *weights* are another matter, and need not have the type of the images. A training step changes each weight by a small amount. If the amount is smaller than half the gap between two neighboring numbers, rounding throws it away.

# %% tags=["nbval-check-output"]
weight, change = 0.5, 0.0001
np.float16(weight) + np.float16(change), np.float32(weight) + np.float32(change)

# %% [markdown]
# In `float16` this step is lost; in `float32` it is kept. One sum shows that it can happen, not that a training fails by it; that would have to be tried. Sums have another limit, because `float16` ends at 65,504. The raw pixels of three images are enough to pass it.

# %% tags=["nbval-check-output"]
with np.errstate(over="ignore"):  # NumPy would warn of the overflow
    sum_of_halves = x_train[:3].astype("float16").sum()
int(x_train[:3].sum()), float(sum_of_halves)

# %% [markdown]
# The second value, `inf`, stands for infinity. (Divided by 255, the same sum would be about 300, and safe.) `float64` has room for all this, at twice the memory of `float32`, which is the usual middle, and the type in which Keras computes by default. A division that makes a new array gives the large type:

# %% tags=["nbval-check-output"]
(x_train[:1] / 255).dtype, (x_train[:1].astype("float32") / 255).dtype

# %% [markdown]
# In this the submission has a point: against the `float64` that a bare division gives, `float32` saves half. It leaves out that the images arrived in a quarter of `float32`'s size.
#
# (why-divide)=
# ## Why divide by 255?
#
# Dividing by 255 leaves the picture the same. Then why should a network care? We train one with and without.
#
# A few words in advance, which later chapters treat in full. A network turns pixels into ten probabilities by multiplying and adding with adjustable numbers, its *weights* and *biases*. These are arranged in *layers* of *units*; layers between input and output are *hidden*, and there, in our networks, a unit puts out its sum if that is positive and 0 if it is not (*ReLU*). The *loss* says how wrong the probabilities are, and its *gradient* how the loss changes with each weight. A training *step* takes a *batch* of images, here 128, and moves each weight against its gradient, multiplied by a *learning rate*; this is *stochastic gradient descent*, SGD. One pass over all training images is an *epoch*.
#
# The network has two hidden layers of 64 units, and is the subject of the {ref}`next chapter <dense-network>`. It trains for one epoch on 50,000 images. Accuracy is measured on the other 10,000 of the training set, the *validation* images, for reasons that come {ref}`below <three-sets>`.

# %% tags=["remove-stderr"]
import keras

from mnist_utils import networks
from mnist_utils.dataset import split

(x_fit, y_fit), (x_validation, y_validation) = split(x_train, y_train)

# %% [markdown]
# `compile` tells a network with which *optimizer*, the rule that changes the weights, and which loss it will be trained: here with SGD, and the loss for labels that are integers, about which {ref}`one-hot-labels` says more. We compile one network and use it for all trainings, which saves Keras preparing the first step each time. `steps_per_execution=10` hands ten batches at a time to TensorFlow, which saves the pauses between them and changes no result.

# %%
network = networks.dense((64, 64))
network.compile(
    keras.optimizers.SGD(),
    loss="sparse_categorical_crossentropy",
    metrics=["accuracy"],
    steps_per_execution=10,
)


# %% [markdown]
# The function below multiplies the pixels by a factor, trains, and returns the accuracy, the second of the two numbers that `evaluate` returns; 1,000 is the size of its batches. The seed fixes the initial weights and the order of the images, so that only the factor differs between two calls. `set_weights` is what makes each call a new training: the network gets the initial weights of another, which was made with this seed. Without that it would go on with what the last call has taught it, and {ref}`mistake-replicates` shows what came of that. (Weights are all that plain SGD takes from one step to the next. An optimizer with a memory, such as adam, would have to be made anew, too.)

# %%
def train_scaled(factor, seed, learning_rate=0.1):
    keras.utils.set_random_seed(seed)
    network.set_weights(networks.dense((64, 64), seed=seed).get_weights())
    network.optimizer.learning_rate = learning_rate
    scaled, scaled_validation = x_fit * factor, x_validation * factor
    network.fit(scaled, y_fit, batch_size=128, epochs=1, verbose=0)
    return network.evaluate(scaled_validation, y_validation, 1000, verbose=0)[1]


# %% [markdown]
# We compare raw pixels (0 to 255), pixels divided by 255 (0 to 1), and pixels divided by 255 twice (0 to 1/255), with the same three seeds each, so that the rows are pairs. `np.float32` keeps the products in that type.

# %%
factors = {"raw": 1, "divided once": 1 / 255, "divided twice": 1 / 255**2}
accuracies = pd.DataFrame(index=pd.Index(range(3), name="seed"), columns=factors)
for name, factor in factors.items():
    for seed in range(3):
        accuracies.loc[seed, name] = train_scaled(np.float32(factor), seed)
accuracies.astype(float).round(4)

# %%
claim("raw-accuracy", accuracies["raw"].max(), at_most=0.15,
      about="best of 3 validation accuracies after one epoch on raw pixels")

# %%
claim("twice-accuracy", accuracies["divided twice"].max(), at_most=0.15,
      about="best of 3 validation accuracies after one epoch on pixels divided twice")

# %%
claim("scaled-accuracy", accuracies["divided once"].mean(), between=(0.90, 0.925),
      about="mean of 3 validation accuracies after one epoch on pixels divided by 255")

# %% [markdown]
# The same network, the same images, the same number of steps: {glue:text}`scaled-accuracy:.1%` on average with pixels divided once, but at best {glue:text}`raw-accuracy:.1%` with raw pixels and {glue:text}`twice-accuracy:.1%` with pixels divided twice, about what one constant answer gets. At this learning rate, scale decides. The two failures differ inside the network.
#
# ### Raw pixels: steps too large
#
# A weight of the first layer changes in each step by the learning rate times its gradient, and its gradient contains the pixel that it is multiplied by as a factor. So pixels that are 255 times as large give gradients, and steps, that are some hundreds of times as large. In the sums of the first layer the changed weight is then multiplied by the large pixel again. We measure the length of the first layer's gradient, the root of the sum of its squares, on the first 128 images, before any training. `tf.GradientTape` records a computation and then returns gradients of its result.

# %%
import tensorflow as tf
from keras.losses import sparse_categorical_crossentropy

def first_gradient(factor, seed):
    network = networks.dense((64, 64), seed=seed)
    images = x_fit[:128].astype("float32") * factor
    with tf.GradientTape() as tape:
        losses = sparse_categorical_crossentropy(y_fit[:128], network(images))
        loss = tf.reduce_mean(losses)
    return float(tf.norm(tape.gradient(loss, network.trainable_weights[0])))


# %%
ratios = [first_gradient(1, seed) / first_gradient(1 / 255, seed) for seed in range(5)]
claim("gradient-ratio", np.median(ratios), between=(255, 1500),
      about="length of the first gradient, raw pixels to scaled, median of 5 seeds")

# %% [markdown]
# The first step is {glue:text}`gradient-ratio:.0f` times as long as on scaled pixels, in the median of the seeds. At the end of the epoch, how many units of the second hidden layer have negative sums, and so put out 0, for every image? The {ref}`next chapter <dead-units>` calls such units *dead*; they pass no gradient to the layers before. We train with the first seed again, and count them on the images that the network was trained on.

# %%
train_scaled(np.float32(1), seed=0)
# network.layers[0] is Flatten, which has no units.
second_hidden = keras.Model(network.inputs, network.layers[2].output)
activations = second_hidden.predict(x_fit.astype("float32"), batch_size=1000, verbose=0)
claim("dead-after-raw", (activations == 0).all(axis=0).sum(), at_least=56,
      about="units of 64 that are dead after one epoch on raw pixels")

# %% [markdown]
# {glue:text}`dead-after-raw:d` of 64 units are dead, so the picture hardly reaches the last layer. What its bias can still learn is how frequent the digits are.
#
# If the steps are too large, smaller ones should help. They do.

# %%
rates = [0.01, 0.003, 0.001, 0.0003, 0.0001]
rescued = [train_scaled(np.float32(1), seed=0, learning_rate=rate) for rate in rates]
pd.DataFrame({"learning rate": rates, "validation accuracy": rescued}).round(4)

# %%
claim("raw-accuracy-rescued", max(rescued), between=(0.70, 0.88),
      about="best of 5 smaller learning rates on raw pixels after one epoch, one seed")

# %% [markdown]
# So raw pixels do not make learning impossible. They make it depend on a learning rate that must be found again for each input scale. The best of these five, tried with one seed, ends the epoch at {glue:text}`raw-accuracy-rescued:.1%`, behind the scaled pixels. Whether a finer search would close the gap, or the start keeps it open, this does not tell: Keras draws initial weights so that the sums of each layer keep roughly the size of its inputs {cite}`glorot2010`, and with raw pixels these sums start out large.
#
# ### Divided twice: steps too small
#
# The opposite mistake makes the pixels so small that the first layer's output hardly depends on the picture. The gradient of its weights shrinks with them.

# %%
once, twice = 1 / 255, 1 / 255**2
ratios = [first_gradient(once, seed) / first_gradient(twice, seed) for seed in range(5)]
claim("gradient-ratio-twice", np.median(ratios), between=(200, 350),
      about="length of the first gradient, divided once to twice, median of 5 seeds")

# %% [markdown]
# The first step of these weights is {glue:text}`gradient-ratio-twice:.0f` times shorter, in the median of the seeds. The biases are multiplied by no pixel, but all that they can tell is how frequent each digit is. One epoch was not enough to leave this start, with any of the three seeds.
#
# How does anyone divide twice? With a cell that changes its data in place, and is run again. The assignment's notebook has one.

# %% tags=["nbval-check-output"]
images = x_train[:100].astype("float32")
for run in (1, 2):
    images /= 255
    print(f"after run {run} of the cell: largest pixel {images.max():.6f}")

# %% [markdown]
# Nothing warns you; the images even look the same when plotted, because plotting rescales them. A cell that gives another result when it is run again is called *not idempotent*. The remedy is a function that leaves its argument alone, returns a new array, and refuses input that was converted before.

# %% tags=["nbval-check-output"]
from mnist_utils.dataset import preprocess

try:
    preprocess(preprocess(x_train[:100]))
except ValueError as error:
    print(error)

# %% [markdown]
# Used once, `preprocess` does all of this to the pixels, and one more step.

# %% tags=["nbval-check-output"]
images = preprocess(x_train)
images.shape, images.dtype, float(images.min()), float(images.max())

# %% [markdown]
# ## The fourth axis
#
# The one more step is line 1 of the assignment, the last axis, of length 1. Keras expects images as *(number, height, width, channels)*. A color image has three channels, red, green and blue; a gray one has a single channel, but the axis must be there for the convolutional layers of later chapters. Some hardware prefers the channels in front, *(number, channels, height, width)*.

# %% tags=["nbval-check-output"]
preprocess(x_train[:5]).shape, preprocess(x_train[:5], channels_first=True).shape

# %% [markdown]
# No pixel moves in memory when an axis of length 1 is added; only the shape is written differently.
#
# (one-hot-labels)=
# ## One-hot labels and integer labels
#
# A label is a digit, 5 say. *One-hot* writes it as a vector of ten numbers, all 0 but a 1 in the place of the digit. In formulas we write $y = (y_0, \dots, y_{K-1})$ for such a vector and $K = 10$ for its length, the number of classes; places are counted from 0, as in Python, so that place and digit agree.

# %% tags=["nbval-check-output"]
from mnist_utils.dataset import one_hot

y_train[:3], one_hot(y_train[:3])

# %% [markdown]
# One-hot labels have the same shape as the network's output, ten probabilities $p_0, \dots, p_{K-1}$. The loss that the assignment uses, cross-entropy, compares the two:
#
# ```{math}
# :label: eq-one-hot-loss
# L = -\sum_{i=0}^{K-1} y_i \log p_i = -\log p_c,
# ```
#
# where $c$ is the correct class and $\log$ the natural logarithm. The right-hand side holds because only $y_c = 1$ is not zero: the sum *picks out* one probability. And picking needs no vector; the integer $c$ says as well which one to take. So Keras has two losses, `categorical_crossentropy` for one-hot labels and `sparse_categorical_crossentropy` for integers. The assignment compiles with the first, and that is why it calls `to_categorical`, which does what `one_hot` does here. We compute both losses for one batch, with their gradients.

# %%
network = networks.dense((64, 64), seed=0)
batch, labels = preprocess(x_train[:128]), y_train[:128]

def loss_and_gradients(loss_function, targets):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(loss_function(targets, network(batch)))
    return float(loss), tape.gradient(loss, network.trainable_weights)


# %%
from keras.losses import categorical_crossentropy

loss_a, gradients_a = loss_and_gradients(categorical_crossentropy, one_hot(labels))
loss_b, gradients_b = loss_and_gradients(sparse_categorical_crossentropy, labels)
loss_a, loss_b

# %% [markdown]
# The losses agree. If the gradients agree too, then training cannot tell the encodings apart.

# %%
differences = [np.abs(a - b).max() for a, b in zip(gradients_a, gradients_b)]
claim("label-encoding-difference", max(differences), at_most=1e-6,
      about="largest difference between the gradients for one-hot and integer labels")

# %% [markdown]
# They do, to the last digits of `float32`. The original submission calls one-hot labels "needed to match the expected format of the output layer". They are one of two equivalent encodings; what must match is the encoding and the *loss*. Integers take one byte a label, one-hot vectors of `float32` forty.
#
# One-hot vectors come into their own when a label is not certain. A vector such as $(0, 0.7, 0, 0, 0, 0, 0, 0.3, 0, 0)$, "a one, or perhaps a seven", has no integer form.
#
# (three-sets)=
# ## Three sets, and why
#
# We train on some images and ask about others, because a network that has memorized its training images could answer for those without having learned anything general. That makes two sets. Why did the experiment above set aside 10,000 of the training images for a third?
#
# Because we *choose*. Someone picks a learning rate, a number of epochs, a network, and keeps what scored best. The best score of many is partly luck. The effect can be computed without any network. Imagine 100 classifiers, all of exactly the same quality: each gets an image right with probability 0.97. We test each on the same number of images, 10,000, and keep the winner.

# %% tags=["nbval-check-output"]
generator = np.random.default_rng(seed=0)
scores = generator.binomial(10_000, 0.97, size=(1000, 100)) / 10_000
winners = scores.max(axis=1)
round(scores.mean().item(), 4), round(winners.mean().item(), 4)

# %% [markdown]
# The code repeats the contest 1,000 times. The classifiers average 0.97, as they must. The winners average more, although no classifier is better than another.

# %%
claim("winner-bonus", winners.mean() - 0.97, between=(0.0040, 0.0046),
      about="accuracy that the best of 100 equal classifiers seems to gain")

# %% [markdown]
# A gain of {glue:text}`winner-bonus:.4f` out of nothing. Now let each winner be measured once more, on 10,000 images that had no part in the choice.

# %%
again = np.random.default_rng(seed=1).binomial(10_000, 0.97, size=1000) / 10_000
claim("winner-again", abs(again.mean() - 0.97), at_most=0.0002,
      about="what the winners seem to gain on images without part in the choice")

# %% [markdown]
# The bonus is gone. (Real networks err on many of the same images, so the expected bonus is smaller than that of these independent ones.) So there are three sets, each with one purpose:
#
# | set | images | purpose | how often |
# | :--- | ---: | :--- | :--- |
# | training | 50,000 | fit the weights | every step |
# | validation | 10,000 | choose: learning rate, epochs, network | as often as you like |
# | test | 10,000 | say how good the chosen one is | once |
#
# The assignment's notebook passes the test set to Keras as `validation_data` and calls it validation. Nothing is wrong with *looking* at such a curve, so long as nothing is chosen by it. This book says each time which set a figure was measured on.
#
# `split` divides the training images so that each digit keeps its share (a *stratified* split), no image lands in both parts, and a seed, by default the same for the whole book, fixes which image lands where.

# %%
shares = np.bincount(y_validation) / 10_000 - np.bincount(y_train) / 60_000
claim("split-balance", np.abs(shares).max(), at_most=0.0001,
      about="largest change of a digit's share by the split")

# %%
fit_images = {image.tobytes() for image in x_fit}
overlap = sum(image.tobytes() in fit_images for image in x_validation)
claim("split-overlap", overlap, exactly=0,
      about="validation images that are also among the 50,000")

# %% [markdown]
# ## Leakage
#
# The second check deserves a name. *Leakage* is any way in which knowledge of the images that we measure on gets into the training. It makes results look better than they are, and nothing in the training curve shows it. To see how much damage it does, we build a classifier that memorizes: it answers with the label of the training image that has the nearest pixels (the *1-nearest-neighbor* rule). Here it works with 5,000 images, and is measured on 1,000 others.

# %%
from scipy.spatial.distance import cdist

def nearest_neighbor_accuracy(known, known_labels, asked, asked_labels):
    known, asked = known.reshape(len(known), -1), asked.reshape(len(asked), -1)
    nearest = cdist(asked, known, "sqeuclidean").argmin(axis=1)
    return (known_labels[nearest] == asked_labels).mean()


# %%
known, known_labels = x_fit[:5000], y_fit[:5000]
asked, asked_labels = x_validation[:1000], y_validation[:1000]
honest = nearest_neighbor_accuracy(known, known_labels, asked, asked_labels)
claim("neighbor-honest", honest, exactly=0.948,
      about="accuracy on 1,000 images of the nearest neighbor among 5,000, no leak")

# %% [markdown]
# Now the same with a leak: the images that we ask about are among those it knows.

# %%
all_images = np.concatenate([known, asked])
all_labels = np.concatenate([known_labels, asked_labels])
leaked = nearest_neighbor_accuracy(all_images, all_labels, asked, asked_labels)
claim("neighbor-leaked", leaked, exactly=1.0,
      about="accuracy of the nearest neighbor when the asked images leaked")

# %% [markdown]
# Perfect, and worthless. Few leaks are as plain as this one. Common ones are copies of an image in both sets, scaling with a mean computed over all images, and choosing on the test set, which leaks a little of it with each choice. Does MNIST itself contain copies?

# %%
training_images = {image.tobytes() for image in x_train}
copies = sum(image.tobytes() in training_images for image in x_test)
claim("test-copies", copies, exactly=0,
      about="test images that are pixel by pixel a training image")

# %% [markdown]
# It does not. A subtler difference remains. The people who wrote the training digits and those who wrote the test digits are different {cite}`lecun1998mnist`. Our validation images are taken from the training set, so the *same people* wrote images on both sides of that split, which can make a validation score too kind. But one group of writers can also be easier to read than another. So validation and test scores may differ by more than chance, without any fault in the code; {ref}`a later chapter <training>` finds its test images the easier ones.
#
# ## Exercises
#
# ```{exercise} Memory of the test set
# :label: ex-test-memory
#
# How many megabytes (millions of bytes) do the 10,000 test images take as `float64`? Work it out on paper, to two decimals, then check.
# ```

# %%
from mnist_utils.claims import check_answer

answer = None
check_answer("test-memory", answer, "2c56ee84", decimals=2)

# %% [markdown]
# ````{solution-start} ex-test-memory
# :class: dropdown
# ````
#
# There are $10{,}000 \cdot 28 \cdot 28 = 7{,}840{,}000$ pixels of 8 bytes.

# %% tags=["nbval-check-output"]
check_answer("test-memory", 10_000 * 28 * 28 * 8 / 1e6, "2c56ee84", decimals=2)

# %% [markdown]
# ````{solution-end}
# ````
#
# ```{exercise} The other header
# :label: ex-label-header
#
# The file of training labels has one dimension. How many bytes are in its header, and how many the whole uncompressed file? Answer with the second number, from your knowledge of the format alone; then open `train-labels-idx1-ubyte.gz` as this chapter opened the images, and compare.
# ```

# %%
answer = None
check_answer("label-header", answer, "eae1d1ce")

# %% [markdown]
# ````{solution-start} ex-label-header
# :class: dropdown
# ````
#
# Four bytes say what follows, four give the only length, and then comes one byte a label.

# %% tags=["nbval-check-output"]
labels_path = files("mnist_utils.data") / "train-labels-idx1-ubyte.gz"
check_answer("label-header", len(gzip.decompress(labels_path.read_bytes())), "eae1d1ce")


# %% [markdown]
# ````{solution-end}
# ````
#
# ```{exercise} One-hot in one line
# :label: ex-one-hot
#
# `np.eye(10)` is the identity matrix of ten rows. Use it to write a function `my_one_hot(labels)` that returns the same numbers as `one_hot(labels)`, in one line. The cell below compares the two on all training labels.
# ```

# %%
def my_one_hot(labels):
    return np.zeros((len(labels), 10))  # put your line here

equal = np.array_equal(my_one_hot(y_train), one_hot(y_train))
print("Right." if equal else "Not right yet: the two arrays differ.")


# %% [markdown]
# ````{solution-start} ex-one-hot
# :class: dropdown
# ````
#
# Row $c$ of the identity matrix *is* the one-hot vector of class $c$, and indexing an array with an array of integers picks rows.

# %% tags=["nbval-check-output"]
def my_one_hot(labels):
    return np.eye(10, dtype="float32")[labels]

equal = np.array_equal(my_one_hot(y_train), one_hot(y_train))
print("Right." if equal else "Not right yet: the two arrays differ.")

# %% [markdown]
# ````{solution-end}
# ````
#
# ```{exercise} Four significant bits
# :label: ex-float8
#
# Some floating-point types have only 8 bits. `float8_e4m3fn` spends 1 on the sign, 4 on the exponent and 3 on the fraction; the leading 1 of the number is not stored, so it has 4 significant bits. How many of the 256 pixel values remain different in it, after division by 255? TensorFlow brings the type: `levels.astype(tf.experimental.float8_e4m3fn.as_numpy_dtype)`. Which pixels suffer more, the dark or the bright ones, and why?
# ```

# %%
answer = None
check_answer("float8", answer, "3d537ba4")

# %% [markdown]
# ````{solution-start} ex-float8
# :class: dropdown
# ````
#
# Floating-point numbers lie densely near 0 and sparsely near 1. With 4 significant bits the gap between neighbors just below 1 is $2^{-4} = 1/16$, so there some sixteen gray levels share one number. Near 0 the gaps are smaller, so the dark pixels keep more of their differences.

# %% tags=["nbval-check-output"]
survivors = len(np.unique(levels.astype(tf.experimental.float8_e4m3fn.as_numpy_dtype)))
check_answer("float8", survivors, "3d537ba4")

# %% [markdown]
# `bfloat16`, a 16-bit type that is common on accelerators, has 8 significant bits. Try it: its gap below 1 is $1/256$, a hair smaller than the $1/255$ between two gray levels.
#
# ````{solution-end}
# ````
#
# ```{exercise} Ten pictures as a classifier
# :label: ex-nearest-mean
#
# Classify each validation image by the nearest of ten mean images (smallest sum of squared differences of pixels), computed from `x_fit` and `y_fit` alone. What accuracy do you get, to four decimals? (Why would it be wrong to use `means` from {numref}`fig-mean-images`?)
# ```

# %%
answer = None
check_answer("nearest-mean", answer, "f4b3c742", decimals=4)

# %% [markdown]
# ````{solution-start} ex-nearest-mean
# :class: dropdown
# ````
#
# `means` was computed over all 60,000 images, those of the validation set included: a leak, if a small one.

# %% tags=["nbval-check-output"]
fit_means = np.stack([x_fit[y_fit == digit].mean(axis=0) for digit in range(10)])
digits = np.arange(10)
accuracy = nearest_neighbor_accuracy(fit_means, digits, x_validation, y_validation)
check_answer("nearest-mean", accuracy, "f4b3c742", decimals=4)

# %% [markdown]
# Ten pictures, no training, and four digits in five are right. A network has to be compared with such baselines, not with guessing, and there are better ones: the nearest neighbor among 5,000 images had {glue:text}`neighbor-honest:.1%` (on 1,000 of these validation images), more than the {glue:text}`scaled-accuracy:.1%` of our network after one epoch.
#
# ````{solution-end}
# ````
#
# ```{exercise} Standardized pixels (open-ended)
# :label: ex-standardize
#
# Many recipes subtract the mean of all pixels and divide by their standard deviation instead of dividing by 255. Compare the two with `train_scaled` rewritten to take a function of the images, over at least five seeds. From which images must mean and standard deviation be computed? Is the difference larger than the spread between seeds?
# ```
#
# ````{solution-start} ex-standardize
# :class: dropdown
# ````
#
# Mean and standard deviation come from `x_fit` alone; anything else leaks. There is no single right figure here. A good answer shows both means with their spreads, says that it compared on validation images, and notices that the standardized pixels have a larger spread, which acts much like a larger learning rate. To separate the two, try several learning rates with each scaling.
#
# ````{solution-end}
# ````
#
# ## Summary
#
# - An IDX file is a short header, which says type and shape, and then the numbers. The training images of MNIST are 47 megabytes of bytes.
# - The pixels arrive as `uint8`. They become `float32` because networks compute with fractions and negative numbers, and because `uint8` cannot be divided in place. Keras would cast them anyway. 16 bits would hold all pixel values; what they can lose is small changes of weights. `float32` saves memory against the `float64` of a bare division; against the bytes that arrived, it takes four times as much.
# - Dividing by 255 fits the pixels to the usual learning rates. With the rate 0.1 and raw pixels this network had {glue:text}`raw-accuracy:.1%` after one epoch, at best of three seeds; with scaled ones {glue:text}`scaled-accuracy:.1%` on average. With the best of five smaller rates, raw pixels came to {glue:text}`raw-accuracy-rescued:.1%`.
# - A cell that divides in place must not be run twice. A function that returns a new array, and refuses floats, cannot be misused in that way.
# - One-hot and integer labels give the same loss and the same gradient. Encoding and loss must match.
# - Choose on validation, and look at the test set once: the best of 100 equal classifiers seems to gain {glue:text}`winner-bonus:.4f`.
#
# ## Further reading
#
# - The paper that MNIST's digits became famous with: {cite:t}`lecun1998gradient`.
# - How the digits were collected, which 10,000 became the test set, and 50,000 test digits that had been thought lost: {cite:t}`yadav2019`.
# - How initial weights are chosen so that signals keep their size from layer to layer: {cite:t}`glorot2010`.
# - What every computer scientist should know about floating point: {cite:t}`goldberg1991`.
