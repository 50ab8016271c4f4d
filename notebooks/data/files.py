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
# # What the MNIST files hold
#
# > **In short**
# >
# > MNIST consists of 70,000 gray images of handwritten digits, 60,000 for training and 10,000 for the test, of 28 × 28 pixels each. A pixel is one byte, from 0 for background to 255 for full ink, and 80.9% of the training pixels are exactly 0. The files have the format IDX: a short header that says type and shape, then the numbers. The ten digits are nearly equally frequent, so accuracy is a fair measure. Answering 1 for every image gets 11.35% of the test images right; of a network near this number, suspect that it gives a single answer.
# >
# > *Read before*: nothing. You need Python with a little NumPy: arrays, shapes, slices.
#
# MNIST (LeCun et al., 1998a) comes as two files of images and two of labels, the digits that the images show. The book carries its own copy, so nothing is downloaded. Before a library turns the files into arrays, let us open one as what it is.
#
# ## A header, then pixels
#
# The file is compressed; `files` finds it inside the installed package. Unpacked, it is a sequence of bytes; these are the first 16, in hexadecimal, four to a group.

# %% tags=["nbval-check-output"]
import gzip
from importlib.resources import files

path = files("mnist_utils.data") / "train-images-idx3-ubyte.gz"
content = gzip.decompress(path.read_bytes())
content[:16].hex(" ", 4)

# %% [markdown]
# The format is called *IDX*. Its first group says what follows: two zero bytes, then `08` for "unsigned bytes", then `03` for "an array of three dimensions". Each further group is the length of one dimension, the most significant byte first. Python's `struct` module reads them: `>` stands for that byte order, `I` for an unsigned integer of four bytes.

# %% tags=["nbval-check-output"]
import struct

struct.unpack(">III", content[4:16])

# %% [markdown]
# 60,000 images of 28 rows and 28 columns. Everything after the header is pixels, one byte each, row by row. NumPy can look at the bytes as an array without copying them.

# %% tags=["nbval-check-output"]
import numpy as np

pixels = np.frombuffer(content, dtype=np.uint8, offset=16).reshape(60_000, 28, 28)
pixels[0, 5:11, 12:20]

# %% [markdown]
# That is a piece of the first image: 0 is background, 255 is full ink, shown as white in the figures, and the values between are the soft edges of the stroke. The type, `uint8`, is an unsigned integer of 8 bits, one byte.
#
# The helper package of the book reads all four files in this way. It also compares each content with its known checksum, so that a damaged copy cannot pass for MNIST.

# %% tags=["nbval-check-output"]
from mnist_utils.dataset import load_mnist

(x_train, y_train), (x_test, y_test) = load_mnist()
[array.shape for array in (x_train, y_train, x_test, y_test)]

# %% [markdown]
# Each set of images is one three-dimensional array, its labels are a row of integers, and the first image has the first label. Is what the package returns the same as what we have read?

# %% tags=["nbval-check-output"]
np.array_equal(x_train, pixels), y_train[:10]

# %% [markdown]
# It is, pixel by pixel. From here on, `x` stands for images and `y` for the digits that they show. The next cell is folded. It holds the first claims of the book: numbers that the text quotes, each checked when the book is built.

# %% tags=["hide-cell"]
# checks
from mnist_utils.claims import claim

claim("train-images", len(x_train), data=60_000, about="images in the training file")
claim("test-images", len(x_test), data=10_000, about="images in the test file")

# %% [markdown]
# ## Ten of each
#
# Here are the first ten training images of each digit, one digit a row.

# %% mystnb={"figure": {"name": "fig-ten-of-each", "caption": "The first ten training images of each digit. Sevens come with and without a bar, fours open and closed, and ones at every slant."}, "image": {"alt": "A grid of ten rows and ten columns of white handwritten digits on black. Row by row the digits 0 to 9, each in ten different handwritings."}}
from mnist_utils import figures

first_ten = np.concatenate([x_train[y_train == digit][:10] for digit in range(10)])
figure, axes = figures.show_digits(first_ten, size=0.55)

# %% [markdown]
# *Fig. 1.1.* The first ten training images of each digit. Sevens come with and without a bar, fours open and closed, and ones at every slant.

# %% [markdown]
# No two images in Fig. 1.1 are alike, and some would give a person pause. How much do the images of one digit have in common? Their mean image shows it: average the pixels of all images with the same label.

# %% mystnb={"figure": {"name": "fig-mean-images", "caption": "The mean of all training images of each digit, with the number of images that went into it."}, "image": {"alt": "Ten blurred digits. The mean zero is a crisp ring and the mean one a slanted spindle; nine resembles four and seven, and three, five and eight resemble each other."}}
counts = np.bincount(y_train)
means = np.stack([x_train[y_train == digit].mean(axis=0) for digit in range(10)])
figure, axes = figures.show_digits(means, titles=[f"{count:,}" for count in counts])

# %% [markdown]
# *Fig. 1.2.* The mean of all training images of each digit, with the number of images that went into it.

# %% [markdown]
# Sharp parts of Fig. 1.2 are where writers agree, blurred parts where they differ. The mean of the ones is a blur of slants around a fixed center. The mean of 9 resembles those of 4 and 7, and those of 3, 5 and 8 resemble each other; we should look for these pairs among the errors of a network. You can already classify with these ten pictures: an [exercise of a later lesson](sets.ipynb) asks how well.
#
# The images are also mostly empty. Some places are empty in every one of them.

# %% tags=["nbval-check-output"]
is_zero = x_train == 0
round(is_zero.mean().item(), 4), is_zero.all(axis=0).sum().item()

# %% [markdown]
# Four pixels in five are exactly zero, and at 67 of the 784 places no training image has any ink. Keep it in mind: a network multiplies each pixel by a number that it learns, a weight, and a weight that is multiplied by zero learns nothing from that image.

# %% tags=["hide-cell"]
# checks
claim("background-share", is_zero.mean(), data=0.8088,
      about="share of training pixels that are exactly 0")
claim("never-inked", is_zero.all(axis=0).sum(), data=67,
      about="of 784 places, those where all 60,000 training images are 0")

# %% [markdown]
# ## Are the classes balanced?
#
# The images of one digit are a class. The counts above Fig. 1.2 differ. Whether that matters depends on how much, so we look at the shares.

# %% mystnb={"figure": {"name": "fig-class-balance", "caption": "Share of each digit in the two files. The dashed line marks one in ten."}, "image": {"alt": "Bar chart of the share of each digit, training and test side by side. All bars lie between 8.9 and 11.4 percent; digit 1 is the most frequent, digit 5 the rarest."}}
import matplotlib.pyplot as plt

fig, ax = plt.subplots(figsize=(7, 2.6))
ax.bar(np.arange(10) - 0.2, counts / 60_000, width=0.4, label="training")
ax.bar(np.arange(10) + 0.2, np.bincount(y_test) / 10_000, width=0.4, label="test")
ax.axhline(0.1, color="black", linewidth=1, linestyle="--")
ax.set(xlabel="digit", ylabel="share of images", xticks=range(10))
ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2);

# %% [markdown]
# *Fig. 1.3.* Share of each digit in the two files. The dashed line marks one in ten.

# %% [markdown]
# By Fig. 1.3 both files are nearly balanced: among the training images the shares run from 9.0% (digit 5) to 11.2% (digit 1). So *accuracy*, the share of images classified correctly, is a fair measure here. If one digit in a hundred were a 5, a network could ignore the fives and still have an accuracy of 99 percent.
#
# Not every digit has the share of one in ten, though, and that gives us a useful number. Suppose that a network has learned nothing but which digit is most frequent, and answers "1", the most frequent digit, whatever it is shown. Its accuracy on the test set is then the share of ones, 0.1135; on the training images it is 0.1124.
#
# Remember these two. When an accuracy sits at one of them or thereabouts, the network is not merely bad at digits: suspect that it gives a single answer, and look at its predictions. Lesson [Why the scale of the pixels matters](scale.ipynb) meets networks at this number, and looks inside.

# %% tags=["hide-cell"]
# checks
claim("rarest-share", counts.min() / 60_000, data=0.09035,
      about="share of the digit 5, the rarest, among the training images")
claim("always-one-training", (y_train == 1).mean(), data=0.11237,
      about="training accuracy of answering 1 for every image")
claim("always-one-accuracy", (y_test == 1).mean(), data=0.1135,
      about="test accuracy of answering 1 for every image")

# %% [markdown]
# ## Exercises
#
# > **Exercise 1.1** (The other header)
# >
# > The file of training labels has one dimension. How many bytes are in its header, and how many in the whole uncompressed file? Answer with the second number, from your knowledge of the format alone; then open `train-labels-idx1-ubyte.gz` as this lesson opened the images, and compare.

# %%
from mnist_utils.claims import check_answer

answer = None
check_answer("label-header", answer, "eae1d1ce")

# %% [markdown]
# <details><summary>Solution of Exercise 1.1</summary>
#
# Four bytes say what follows, four give the only length, and then comes one byte a label.
#
# </details>

# %% tags=["nbval-check-output"]
# solution
labels_path = files("mnist_utils.data") / "train-labels-idx1-ubyte.gz"
check_answer("label-header", len(gzip.decompress(labels_path.read_bytes())), "eae1d1ce")

# %% [markdown]
# > **Exercise 1.2** (One byte among millions)
# >
# > At which place of `content`, counted from 0, is the pixel in row 8 and column 11 of image 100 (all three counted from 0, as NumPy does)? Work it out, then compare `content[place]` with `x_train[100, 8, 11]`.

# %%
answer = None
check_answer("pixel-offset", answer, "a6c6b9ad")

# %% [markdown]
# <details><summary>Solution of Exercise 1.2</summary>
#
# Before it stand the header, 100 whole images, 8 whole rows of its own image, and 11 pixels of its own row.
#
# </details>

# %% tags=["nbval-check-output"]
# solution
place = 16 + 100 * 784 + 8 * 28 + 11
content[place] == x_train[100, 8, 11], check_answer("pixel-offset", place, "a6c6b9ad")

# %% [markdown]
# > **Exercise 1.3** (The closest pair)
# >
# > Which two mean images are closest to each other, by the sum of squared differences of their pixels? Answer with both digits, the smaller one first, as one number: `35` for 3 and 5.

# %%
answer = None
check_answer("closest-means", answer, "c9b5b064")

# %% [markdown]
# <details><summary>Solution of Exercise 1.3</summary>
#
# Subtracting every mean from every other gives an array of shape (10, 10, 28, 28). A digit's distance from itself is 0 and must not win.
#
# </details>

# %% tags=["nbval-check-output"]
# solution
distances = ((means[:, None] - means[None]) ** 2).sum(axis=(2, 3))
np.fill_diagonal(distances, np.inf)
smaller, larger = np.unravel_index(distances.argmin(), distances.shape)
check_answer("closest-means", 10 * smaller + larger, "c9b5b064")

# %% [markdown]
# <details><summary>Solution of Exercise 1.3, continued</summary>
#
# A four that is closed at the top, and a nine with a straight neck: their strokes lie in the same places.
#
# </details>
#
# ## Further reading
#
# The paper that MNIST's digits became famous with: LeCun et al. (1998b). How the digits were collected, which 10,000 became the test set, and 50,000 test digits that had been thought lost: Yadav and Bottou (2019).

# %% [markdown]
# ## Quiz
#
# Choose an answer in your mind, then open it.
#
# **1.** An uncompressed file in the format IDX begins with the bytes `00 00 08 02`, then `00 00 00 05`, then `00 00 00 0a` (in hexadecimal, so `0a` is 10). How long is the whole file?
#
# <details><summary>54 bytes: 4 of header and 50 numbers.</summary>
#
# **No.** The first four bytes give only the type and the number of dimensions. The two lengths belong to the header as well, with four bytes each.
#
# </details>
#
# <details><summary>66 bytes: 16 of header and 50 numbers.</summary>
#
# **No.** 16 bytes are the header of an array of three dimensions, such as the images. Here the fourth byte says two, so there is one length less.
#
# </details>
#
# <details><summary>62 bytes: 12 of header and 50 numbers.</summary>
#
# **Right.** Four bytes say type and number of dimensions, and two lengths follow with four bytes each. The type `08` means one byte a number, and there are 5 · 10 of them.
#
# </details>
#
# <details><summary>212 bytes: 12 of header and 50 numbers of 4 bytes.</summary>
#
# **No.** The lengths in the header take four bytes each, the numbers do not: the type `08` stands for unsigned bytes.
#
# </details>
#
# **2.** In a set of images, one in a hundred shows a 5. A classifier that answers 5 or not 5 has an accuracy of 99 percent on it. What does that say about the fives?
#
# <details><summary>Nothing: it may miss every one of them.</summary>
#
# **Right.** Whoever answers "not 5" each time is right about 99 images in a hundred. With classes of such unequal size, accuracy hides the rare one.
#
# </details>
#
# <details><summary>It finds 99 percent of all the fives.</summary>
#
# **No.** That would be the true-positive rate of the fives. Accuracy counts all images together, and 99 in a hundred of these are not fives.
#
# </details>
#
# <details><summary>It is equally good at fives and others.</summary>
#
# **No.** Accuracy is a single share over all images and does not say how the errors are spread over the classes. All of them can be fives.
#
# </details>
#
# **3.** A network's test accuracy equals the share of ones among the test images, to the last image. Which behavior gives this number?
#
# <details><summary>It draws each answer at random from the ten digits.</summary>
#
# **No.** That is right about one image in ten on average, however frequent the digits are. Ones are more than a tenth of the images, by more than such a draw is likely to reach.
#
# </details>
#
# <details><summary>It answers 1 for every image that it is shown.</summary>
#
# **Right.** Then it is right about all ones and about nothing else. So an accuracy near this share is a reason to look at the predictions themselves.
#
# </details>
#
# <details><summary>It recognizes the ones and guesses at the others.</summary>
#
# **No.** Then it would be right about all ones and, by luck, about some of the others too, so its accuracy would be clearly higher.
#
# </details>
