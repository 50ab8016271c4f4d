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
# # Float32, division by 255, one-hot labels
#
# > **In short**
# >
# > **float32**: the pixels arrive as bytes, which know no fractions and no negative numbers and cannot be divided in place, so they become 32-bit floating-point numbers, the type in which Keras computes by default. Against the 64 bits of a bare division this saves half of the memory, against the bytes it takes four times as much (188 megabytes for 60,000 images). **Division by 255**, the largest gray level, brings all pixels between 0 and 1, a size that the assignment's learning rate of 0.1 fits: with it, three networks on divided pixels learned 99.999% of their training images on average, and three on raw pixels 11.2% at best. **One-hot**: each label becomes a vector of ten numbers, a 1 in the place of the digit and 0 elsewhere, because the assignment's loss, `categorical_crossentropy`, expects labels in the shape of the network's output. Integer labels with `sparse_categorical_crossentropy` give the same loss and the same training.
# >
# > *Read before*: [What the MNIST files hold](files.ipynb).
#
# Between the files and the network stand four lines. (`keras` is Keras, the library in which this book builds and trains networks. It leaves the arithmetic to a second library, its backend, here TensorFlow.) Here they are as the assignment has them; `x_train` holds the images and `y_train` the digits that they show.
#
# ```python
# x_train = x_train.reshape(60000, 28, 28, 1)
# x_train = x_train.astype("float32")
# x_train /= 255
# y_train = keras.utils.to_categorical(y_train, 10)
# ```
#
# We take them apart, and see what happens when one is left out.
#
# ## Why float32?
#
# The original submission explains the conversion by saving memory against "the standard float type which uses 64 bits". But the images do not arrive as 64-bit floats. They arrive as `uint8`, one byte a pixel, and a conversion to 16 bits or more makes them larger.

# %% tags=["nbval-check-output"]
import numpy as np
import pandas as pd

from mnist_utils.dataset import load_mnist

(x_train, y_train), _ = load_mnist()
types = ["uint8", "float16", "float32", "float64"]
megabytes = [x_train.size * np.dtype(name).itemsize / 1e6 for name in types]
pd.DataFrame({"type": types, "megabytes": megabytes})

# %% [markdown]
# So `float32` takes four times the memory of what we had. Why pay for it? The arithmetic of `uint8` is not the arithmetic that a network needs. It has no fractions, no negative numbers, and it starts again at 0 after 255.

# %% tags=["nbval-check-output"]
np.array([200], dtype="uint8") + np.array([100], dtype="uint8")

# %% [markdown]
# No error, no warning, and a wrong sum: $300 - 256 = 44$. A network multiplies pixels by fractional, often negative weights and adds up hundreds of such products. Floating-point numbers can hold the results.
#
# Keras knows it: a network that is built as in this book casts the images that it gets to `float32` before the first layer. The conversion has to be written down because of the line after it: bytes cannot be divided in place.

# %% tags=["nbval-check-output"]
try:
    x_train /= 255
except TypeError as error:
    print(error)

# %% [markdown]
# The quotients are `float64`, and do not fit back into bytes. A division that makes a new array does work, and keeps the large type:

# %% tags=["nbval-check-output"]
(x_train[:1] / 255).dtype, (x_train[:1].astype("float32") / 255).dtype

# %% [markdown]
# In this the submission has a point: against the `float64` that a bare division gives, `float32` saves half. It leaves out that the images arrived in a quarter of `float32`'s size.
#
# ## What would 16 bits lose?
#
# The submission also says that fewer than 32 bits "would sacrifice precision". Take the 256 values that a pixel can have, divide them by 255, and store them in 16 bits. How many different values are left?

# %% tags=["nbval-check-output"]
levels = np.arange(256) / 255
len(np.unique(levels.astype("float16")))

# %% [markdown]
# All of them. The values are rounded, so precision is lost in the literal sense; but no two gray levels become one, and the picture could be restored exactly. For the **pixels**, then, this is no reason for 32 bits. The **weights** are another matter, and need not have the type of the images. A training step changes each weight by a small amount. If the amount is smaller than half the gap between two neighboring numbers, rounding throws it away.

# %% tags=["nbval-check-output"]
weight, change = 0.5, 0.0001
np.float16(weight) + np.float16(change), np.float32(weight) + np.float32(change)

# %% [markdown]
# In `float16` this step is lost; in `float32` it is kept. One sum shows that it can happen, not that a training fails by it; that would have to be tried.
#
# Sums have another limit, because `float16` ends at 65,504. The raw pixels of three images are enough to pass it.

# %% tags=["nbval-check-output"]
with np.errstate(over="ignore"):  # NumPy would warn of the overflow
    sum_of_halves = x_train[:3].astype("float16").sum()
int(x_train[:3].sum()), float(sum_of_halves)

# %% [markdown]
# The second value, `inf`, stands for infinity. (Divided by 255, the same sum would be about 306, far below 65,504.) `float64` has room for all this, at twice the memory of `float32`, which is the usual middle.

# %% tags=["hide-cell"]
# checks
from mnist_utils.claims import claim

claim("float32-megabytes", x_train.astype("float32").nbytes / 1e6, data=188.16,
      about="megabytes of the 60,000 training images as float32")
claim("float16-levels", len(np.unique(levels.astype("float16"))), identity=256,
      about="different values of 0/255 to 255/255 that are left in float16")
claim("float16-change", np.abs(levels.astype("float16") - levels).max(),
      identity=0.000243,
      about="largest change of 0/255 to 255/255 by the cast to float16")

# %% [markdown]
# ## Why divide by 255?
#
# Dividing by 255 leaves the picture the same. Should a network care? It multiplies pixels by weights, and training changes the weights in steps whose length is proportional to a number called the learning rate. The book has stored trainings of one network on raw and on divided pixels: two hidden layers of 300 and 500 units and an output layer of 10, 40 passes over the 60,000 training images, the learning rate 0.1, three runs of each with the same three seeds. Each row of a stored table is one measurement; we pick those on the training images, and put the two kinds of pixels below each other, the seeds side by side.

# %%
from mnist_utils import results

raw = results.load("forensic-raw").query("split == 'train'")
raw = raw.query("condition == '300-500, sgd'")
once = results.load("forensic").query("split == 'train'")
once = once.query("condition == 'fresh, divided once'")
once = once[once.factor == 1e-6]
ends = pd.concat({"raw": raw, "divided by 255": once}, names=["pixels"])
ends.pivot_table(index="pixels", columns="seed", values="accuracy")

# %% [markdown]
# Each number is a training accuracy after the last pass. (The runs on divided pixels had a tiny L2 penalty on their weights, with the regularization factor 0.000001, so the rows differ in that, too. The experiment of [Why the scale of the pixels matters](scale.ipynb) differs in the scale alone.) With divided pixels the networks learned their training images, 99.999% of them on average. With raw pixels they stayed, at best, at 11.24%, and [What the MNIST files hold](files.ipynb) has shown what that number is: about the share of ones, as for a network that gives a single answer.
#
# So at this learning rate this network on raw pixels guesses. It does not follow that raw pixels cannot be learned, nor that 255 is the only good divisor. [Why the scale of the pixels matters](scale.ipynb) takes the matter apart: what goes wrong inside, whether another learning rate mends it, and what happens when the line is run twice.

# %% tags=["hide-cell"]
# checks
claim("raw-training-accuracy", raw.accuracy.max(), stored=0.11238,
      about="best training accuracy of 3 networks of 300-500 units, 40 epochs on raw "
      "pixels")
claim("scaled-training-accuracy", once.accuracy.mean(), stored=0.99999,
      about="mean training accuracy of 3 networks of 300-500 units, 40 epochs on "
      "pixels / 255")

# %% [markdown]
# ## The fourth axis
#
# The first of the four lines gives the images a last axis, of length 1. Keras expects images as (number, height, width, channels). A color image has three channels, red, green and blue; a gray one has a single channel, but the axis must be there for the convolutional layers of later lessons. Other libraries, such as PyTorch, put the channels in front. The function `preprocess` of the helper package does to the pixels what the first three lines do, on a new array; `x_train` stays as it is.

# %% tags=["nbval-check-output"]
from mnist_utils.dataset import preprocess

images = preprocess(x_train)
images.shape, images.dtype, float(images.min()), float(images.max())

# %% [markdown]
# No pixel moves in memory when an axis of length 1 is added; only the shape is written differently.
#
# ## One-hot labels and integer labels
#
# A label is a digit, 5 say, an *integer label*. A *one-hot label* writes it as a vector of ten numbers, all 0 but a 1 in the place of the digit. In formulas we write $y = (y_0, \dots, y_{K-1})$ for such a vector and $K = 10$ for its length, the number of classes; places are counted from 0, as in Python, so that place and digit agree.

# %% tags=["nbval-check-output"]
from mnist_utils.dataset import one_hot

y_train[:3], one_hot(y_train[:3])

# %% [markdown]
# One-hot labels have the same shape as the network's output, ten probabilities $p_0, \dots, p_{K-1}$. The loss that the assignment uses, cross-entropy, compares the two and says how wrong the probabilities are:
#
# $$
# L = -\sum_{i=0}^{K-1} y_i \log p_i = -\log p_c,
# \tag{2.1}
# $$
#
# where $c$ is the correct class and $\log$ the natural logarithm. The second equality holds because only $y_c = 1$ is not zero: the sum picks out one probability. And picking needs no vector; the integer $c$ says as well which one to take. So Keras has two losses, `categorical_crossentropy` for one-hot labels and `sparse_categorical_crossentropy` for integers. The assignment compiles with the first, and that is why it calls `to_categorical`, which does what `one_hot` does here.
#
# Do the two losses train alike? Training moves each weight against the derivative of the loss with respect to it; all these derivatives together are the gradient. We compute loss and gradient of the assignment's network for one batch of 128 images. `tf.GradientTape` records a computation and then returns gradients of its result.

# %% tags=["remove-stderr"]
import tensorflow as tf
from keras.losses import categorical_crossentropy, sparse_categorical_crossentropy

from mnist_utils import networks

network = networks.dense((64, 64), seed=0)

def loss_and_gradients(loss_function, targets):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(loss_function(targets, network(images[:128])))
    return float(loss), tape.gradient(loss, network.trainable_weights)


# %%
labels = y_train[:128]
loss_a, gradients_a = loss_and_gradients(categorical_crossentropy, one_hot(labels))
loss_b, gradients_b = loss_and_gradients(sparse_categorical_crossentropy, labels)
loss_a, loss_b

# %% [markdown]
# The losses agree. If the gradients agree too, then training cannot tell the encodings apart.

# %%
differences = [np.abs(a - b).max() for a, b in zip(gradients_a, gradients_b)]
claim("label-encoding-difference", max(differences), identity=0, within=1e-6,
      about="largest difference between gradients for one-hot and for integer labels")

# %% [markdown]
# They do, to the last digits of `float32`. The original submission calls one-hot labels "needed to match the expected format of the output layer". They are one of two equivalent encodings; the **loss** must fit the encoding. Integers take one byte a label, one-hot vectors of `float32` forty.
#
# Vectors of ten numbers can say more than integers when a label is not certain. A vector such as $(0, 0.7, 0, 0, 0, 0, 0, 0.3, 0, 0)$, "a one, or perhaps a seven", has no integer form.
#
# ## Exercises
#
# > **Exercise 2.1** (Memory of the test set)
# >
# > How many megabytes (millions of bytes) do the 10,000 test images take as `float64`? Work it out on paper, to two decimals, then check.

# %%
from mnist_utils.claims import check_answer

answer = None
check_answer("test-memory", answer, "2c56ee84", decimals=2)

# %% [markdown]
# <details><summary>Solution of Exercise 2.1</summary>
#
# There are $10{,}000 \cdot 28 \cdot 28 = 7{,}840{,}000$ pixels of 8 bytes.
#
# </details>

# %% tags=["nbval-check-output"]
# solution
check_answer("test-memory", 10_000 * 28 * 28 * 8 / 1e6, "2c56ee84", decimals=2)


# %% [markdown]
# > **Exercise 2.2** (One-hot in one line)
# >
# > `np.eye(10)` is the identity matrix of ten rows. Use it to write a function `my_one_hot(labels)` that returns the same numbers as `one_hot(labels)`, in one line. The cell below compares the two on all training labels.

# %%
def my_one_hot(labels):
    return np.zeros((len(labels), 10))  # put your line here

equal = np.array_equal(my_one_hot(y_train), one_hot(y_train))
print("Right." if equal else "Not right yet: the two arrays differ.")


# %% [markdown]
# <details><summary>Solution of Exercise 2.2</summary>
#
# Row $c$ of the identity matrix is the one-hot vector of class $c$, and indexing an array with an array of integers picks rows.
#
# </details>

# %% tags=["nbval-check-output"]
# solution
def my_one_hot(labels):
    return np.eye(10, dtype="float32")[labels]

equal = np.array_equal(my_one_hot(y_train), one_hot(y_train))
print("Right." if equal else "Not right yet: the two arrays differ.")

# %% [markdown]
# > **Exercise 2.3** (Four significant bits)
# >
# > Some floating-point types have only 8 bits. `float8_e4m3fn` has 4 significant bits. How many of the 256 pixel values remain different in it, after division by 255? TensorFlow brings the type: `levels.astype(tf.experimental.float8_e4m3fn.as_numpy_dtype)`. Which pixels suffer more, the dark or the bright ones, and why?

# %%
answer = None
check_answer("float8", answer, "3d537ba4")

# %% [markdown]
# <details><summary>Solution of Exercise 2.3</summary>
#
# Floating-point numbers lie densely near 0 and sparsely near 1. With 4 significant bits the gap between neighbors right below 1 is $2^{-4} = 1/16$, so there some sixteen gray levels share one number. Near 0 the gaps are smaller, so the dark pixels keep more of their differences.
#
# </details>

# %% tags=["nbval-check-output"]
# solution
survivors = len(np.unique(levels.astype(tf.experimental.float8_e4m3fn.as_numpy_dtype)))
check_answer("float8", survivors, "3d537ba4")

# %% [markdown]
# ## Further reading
#
# What every computer scientist should know about floating point: Goldberg (1991).

# %% [markdown]
# ## Quiz
#
# Choose an answer in your mind, then open it.
#
# **1.** "The MNIST images are converted to `float32` because it saves memory." What does the conversion do to the memory that the images take as they come from the files?
#
# <details><summary>It halves it, since floats have 64 bits as a standard.</summary>
#
# **No.** Against the `float64` that a bare division would give, `float32` does save half. But the images do not arrive as `float64`, they arrive as `uint8`.
#
# </details>
#
# <details><summary>It leaves it as it is, since no pixel is added.</summary>
#
# **No.** The number of pixels stays, but each grows from one byte to four.
#
# </details>
#
# <details><summary>It makes it four times as large as it was.</summary>
#
# **Right.** A pixel arrives as one byte and leaves with four. The price is paid for fractions and negative numbers, which bytes cannot hold.
#
# </details>
#
# **2.** The 256 possible pixel values are divided by 255 and stored in `float16`. What is lost?
#
# <details><summary>Exactness only: values are rounded, all levels stay apart.</summary>
#
# **Right.** Nearly all quotients are rounded, but no two become equal, so the gray levels could be restored. For the pixels alone, 16 bits are enough.
#
# </details>
#
# <details><summary>Gray levels: neighboring values become one and the same.</summary>
#
# **No.** One might think so, since 16 bits are few. But between 0 and 1 the numbers of `float16` lie close enough to keep steps of 1/255 apart.
#
# </details>
#
# <details><summary>Nothing at all: 16 bits hold each of the quotients exactly.</summary>
#
# **No.** Most of the quotients are no finite binary fractions, so that no floating-point type holds them exactly. They are rounded, by too little to merge two levels.
#
# </details>
#
# **3.** A weight of 0.5 is stored in `float16`, where the next larger number is about 0.5005. A hundred steps in a row want to raise it by 0.0001 each. Where does it end?
#
# <details><summary>At 0.51, since a hundred small changes add up.</summary>
#
# **No.** They would add up if each was kept. In `float16` the sum is rounded after each step, and a change of less than half a gap is gone.
#
# </details>
#
# <details><summary>At 0.5, since each of the changes is rounded away.</summary>
#
# **Right.** 0.0001 is less than half the gap, so that every sum is rounded back to 0.5. No step leaves anything behind for the next one.
#
# </details>
#
# <details><summary>At 0.5005, since the changes fill one gap in the end.</summary>
#
# **No.** To fill the gap, the lost parts would have to be stored somewhere. Each sum is rounded to 0.5, and the next step starts from there again.
#
# </details>
#
# **4.** Two networks have the same initial weights and get the same batches. One has one-hot labels with `categorical_crossentropy`, the other integer labels with `sparse_categorical_crossentropy`. How do the trainings differ?
#
# <details><summary>The one with one-hot labels is better, as all ten outputs get a target.</summary>
#
# **No.** The integer label has the same effect on all ten outputs: both losses read the probability of the correct class, which depends on all ten logits.
#
# </details>
#
# <details><summary>The one with integers takes 9 to be farther from 1 than 2 is.</summary>
#
# **No.** That would be so for a loss that subtracts numbers. Here the integer only says which of the ten probabilities to pick.
#
# </details>
#
# <details><summary>Not at all but for rounding: both losses pick the same probability.</summary>
#
# **Right.** The one-hot sum has a single term that is not 0, and it is the one that the integer names. Equal losses as functions of the weights have equal gradients.
#
# </details>
