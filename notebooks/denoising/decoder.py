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
# # Digits from the decoder
#
# > **In short**
# >
# > The decoder draws a digit if the 96 numbers of the code go together, above all if they belong to one class. Numbers that are shuffled over all images, each as frequent as it should be, give scribbles. What is drawn from a normal distribution of the codes of each class, a classifier calls as intended in 85% of the cases, with independent numbers in 81%: a hint at a difference, and no more; decoded real test digits it calls right in 90%. On the straight way between the codes of two digits strokes bend and move, where a mixture of pixels shows both digits at once; but half way, 30% are called a third digit. (One auto-encoder of three epochs, 1,000 codes each way.)
# >
# > *Read before*: [A network that returns an image](image_to_image.ipynb).
#
# The decoder makes an image from 96 numbers. It does not ask where they come from. Can it draw new digits?
#
# ## Two halves
#
# We take the auto-encoder of [A network that returns an image](image_to_image.ipynb), trained for three epochs at noise level 0.4 (study `auto-encoders`), and cut it in two. Both halves keep their trained layers.

# %% tags=["remove-stderr"]
import keras
import numpy as np

from mnist_utils import results
from mnist_utils.dataset import load_mnist, preprocess

(x_train, y_train), (x_test, y_test) = load_mnist()
x_train, x_test = preprocess(x_train), preprocess(x_test)

# %%
network = results.load_network("auto-encoders", "level-0.4", seed=0)
encoder = keras.Sequential([keras.Input((28, 28, 1)), *network.layers[:3]])
decoder = keras.Sequential([keras.Input((96,)), *network.layers[3:]])
codes = encoder.predict(x_train, batch_size=1000, verbose=0)
test_codes = encoder.predict(x_test[:1000], batch_size=1000, verbose=0)

def decode(codes):
    return decoder.predict(np.float32(codes), batch_size=1000, verbose=0)


# %% [markdown]
# Now choose 96 numbers. Which? Fig. 38.1 has real codes, those of the clean training images.

# %% mystnb={"figure": {"name": "fig-denoising-codes", "caption": "Left, the code of the first training image. Right, for each of the 96 units, the share of training images for which it is not 0, sorted."}, "image": {"alt": "Two panels. Left, 96 bars of very different heights; about half of them are missing, because they are 0, and none is negative. Right, a curve that is near 0 for the first twenty or thirty units, rises steeply, and is above 0.8 for the last forty or so."}}
import matplotlib.pyplot as plt

from mnist_utils import figures

fig, axes = plt.subplots(1, 2, figsize=(8, 2.8))
axes[0].bar(range(96), codes[0])
axes[0].set(xlabel="unit", ylabel="output")
axes[1].plot(np.sort((codes > 0).mean(axis=0)))
axes[1].set(xlabel="units, sorted", ylabel="share of images, not 0");

# %% [markdown]
# *Fig. 38.1.* Left, the code of the first training image. Right, for each of the 96 units, the share of training images for which it is not 0, sorted.

# %% [markdown]
# The code comes out of ReLU, so nothing in it is negative, and 50% of its numbers are 0. The units are used unequally: 21 of the 96 speak for fewer than one image in fifty. Real codes fill a small and peculiar part of the space of all codes.
#
# ## Where codes come from
#
# We compare four ways to choose a code, a thousand codes each, and real ones of test digits.
#
# **Uniform**: each number is drawn evenly between 0 and the largest that its unit has ever put out. **Shuffled**: each number is taken from a real code, but each from one drawn anew. Every unit then has its true distribution, zeros and all; what is lost is how the units go together.

# %%
random = np.random.default_rng(seed=0)
uniform = random.uniform(0, codes.max(axis=0), (1000, 96))
donors = random.integers(len(codes), size=(1000, 96))
shuffled = codes[donors, np.arange(96)]


# %% [markdown]
# **Class**: for each class we take the mean of its codes and their covariance matrix, which holds how each pair of units varies together. They fix a normal distribution in 96 dimensions, also called a Gaussian. We draw a hundred codes from each, and set what is negative to 0. Once with the covariances, **together**, and once with the units **independent** of each other, drawn with the same means and standard deviations. (The 0 in place of negative numbers changes both; how much, we have not measured.)

# %%
def draw_codes(digit, together):
    own = codes[y_train == digit]
    covariance = np.cov(own, rowvar=False)
    if not together:
        covariance = np.diag(np.diag(covariance))
    random = np.random.default_rng([2 + together, digit])
    covariance += 1e-6 * np.eye(96)  # the drawing needs each unit to vary a little
    drawn = random.multivariate_normal(own.mean(axis=0), covariance, size=100,
                                       method="cholesky")
    return np.maximum(0, drawn)

independent, together = (np.concatenate([draw_codes(digit, way) for digit in range(10)])
                         for way in (False, True))

# %% mystnb={"figure": {"name": "fig-denoising-drawn", "caption": "What the decoder draws, ten images for each way to choose a code. In the last two rows the digits 0 to 9 were intended."}, "image": {"alt": "Five rows of ten images. Real test digits, a little blurred. Uniform and shuffled codes, tangled strokes of which few resemble a digit. Class Gaussians with independent units, recognizable digits with breaks and clouds. Class Gaussians with units together, soft digits from 0 to 9, some well formed, some blurred or out of shape."}}
made = {"real test digits": test_codes, "uniform": uniform, "shuffled": shuffled,
        "class, independent": independent, "class, together": together}
drawn = [decode(of[::100]) for of in made.values()]
_, axes = figures.show_digits(np.concatenate(drawn), value_range=(0, 1))
for axis, name in zip(axes[:, 0], made):
    axis.text(-0.2, 0.5, name, transform=axis.transAxes, ha="right", va="center")

# %% [markdown]
# *Fig. 38.2.* What the decoder draws, ten images for each way to choose a code. In the last two rows the digits 0 to 9 were intended.

# %% [markdown]
# To judge what is drawn in Fig. 38.2, there are your eyes, and there is a classifier, `good` of [Good, and what stays wrong](../convnets/good.ipynb). We note the mean of its largest probability, the confidence, and where a digit was intended, the share that it calls by that name.

# %%
import pandas as pd

classifier = results.load_network("good", "final", seed=0)

def judge(images, intended=None):
    p = classifier.predict(images, batch_size=250, verbose=0)
    hit = np.nan if intended is None else (p.argmax(axis=1) == intended).mean()
    return {"confidence": p.max(axis=1).mean(), "as intended": hit}


# %%
digits = np.repeat(np.arange(10), 100)
intended = [y_test[:1000], None, None, digits, digits]
judged = pd.DataFrame({name: judge(decode(of), wanted)
                       for (name, of), wanted in zip(made.items(), intended)}).T
judged.round(3)

# %% tags=["hide-cell"]
# checks
from mnist_utils.claims import claim

claim("denoising-code-zeros", (codes == 0).mean(), stored=0.5003,
      about="share of zeros in the codes of the training images, dense auto-encoder "
      "of 3 epochs")
claim("denoising-code-rare", ((codes > 0).mean(axis=0) < 0.02).sum(), stored=21,
      about="code units of 96 that are 0 for more than 98 % of the training images, "
      "dense "
      "auto-encoder of 3 epochs")
claim("denoising-random-confidence", judged.loc["shuffled", "confidence"],
      stored=0.8207,
      about="mean confidence in what is decoded from shuffled codes, "
      "by the network good, of 1,000 codes decoded by a dense auto-encoder of 3 epochs")
claim("denoising-real-intended", judged.loc["real test digits", "as intended"],
      stored="0.900",
      about="share of decoded codes of test digits called right, "
      "by the network good, of 1,000 codes decoded by a dense auto-encoder of 3 epochs")
claim("denoising-independent", judged.loc["class, independent", "as intended"],
      stored=0.813,
      about="share called as intended, independent class Gaussians, "
      "by the network good, of 1,000 codes decoded by a dense auto-encoder of 3 epochs")
claim("denoising-covariances", judged.loc["class, together", "as intended"]
      - judged.loc["class, independent", "as intended"], stored=0.041,
      about="share called as intended with covariances minus that without, class "
      "Gaussians, 1,000 codes each, one auto-encoder of 3 epochs")
shares = judged.loc[["class, independent", "class, together"], "as intended"]
claim("denoising-covariances-error", 2 * np.sqrt((shares * (1 - shares) / 1000).sum()),
      stored=0.0333,
      about="two standard errors of the difference of two shares called as intended, "
      "class Gaussians with and without covariances, 1,000 codes each")
claim("denoising-together", judged.loc["class, together", "as intended"], stored=0.854,
      about="share called as intended, class Gaussians with covariances, "
      "by the network good, of 1,000 codes decoded by a dense auto-encoder of 3 epochs")

# %% [markdown]
# The shuffled codes teach most: the right numbers, each as often as it should be, and, to the eye, seldom a digit (ten are shown). **What makes a code a digit is how its numbers go together.** The Gaussians say how much of this is the class. With units that are independent given the class, 81% are called as intended; with the covariances 85%; of decoded real test digits 90%. So the means and deviations of each class go most of the way. That the covariances help beyond them is a hint: they gain 0.041, two standard errors of the difference (unpaired, 1,000 codes each) are 0.033, and there is one auto-encoder.
#
# Do not rely on the classifier alone. Its mean confidence in the shuffled scribbles is 0.82: it was trained to tell digits apart, not to tell digits from scribbles.
#
# ## From one digit to another
#
# On the way from code $h$ to code $h'$ lie $(1 - \alpha)\, h + \alpha\, h'$, for $\alpha$ from 0 to 1. This is an *interpolation*. Fig. 38.3 compares it with the same mixture of the pixels.

# %% mystnb={"figure": {"name": "fig-denoising-between", "caption": "From a three to a seven and from a zero to a six, in nine steps. Upper row of each pair, codes are mixed and decoded; lower row, pixels are mixed."}, "image": {"alt": "Four rows of nine images. In the rows of codes the strokes of one digit bend, fade and move until they are those of the other. In the rows of pixels both digits lie on top of each other, the one fading out while the other fades in."}}
steps = np.linspace(0, 1, 9)[:, None]
first_of = [np.flatnonzero(y_test[:1000] == digit)[0] for digit in range(10)]
rows = []
for start, end in ((first_of[3], first_of[7]), (first_of[0], first_of[6])):
    rows.append(decode((1 - steps) * test_codes[start] + steps * test_codes[end]))
    pixels = x_test[[start, end]].reshape(2, 784)
    rows.append(((1 - steps) * pixels[0] + steps * pixels[1]).reshape(-1, 28, 28, 1))
_, axes = figures.show_digits(np.concatenate(rows), columns=9, value_range=(0, 1))
for axis, name in zip(axes[:, 0], ["codes", "pixels"] * 2):
    axis.text(-0.2, 0.5, name, transform=axis.transAxes, ha="right", va="center")

# %% [markdown]
# *Fig. 38.3.* From a three to a seven and from a zero to a six, in nine steps. Upper row of each pair, codes are mixed and decoded; lower row, pixels are mixed.

# %% [markdown]
# The mixture of pixels is a double exposure. The mixture of codes has strokes that are neither the one digit's nor the other's. To put a number on it, we count the pixels that are neither dark nor bright, between 0.2 and 0.8, half way between 1,000 random pairs. To be fair, the pixels that are mixed are those of decoded digits, as blurred as all that the decoder draws.

# %%
random = np.random.default_rng(seed=3)
starts, ends = random.integers(len(codes), size=(2, 1000))
halfway = decode((codes[starts] + codes[ends]) / 2)
mixed_pixels = (decode(codes[starts]) + decode(codes[ends])) / 2
gray_codes, gray_pixels = (((images > 0.2) & (images < 0.8)).mean()
                           for images in (halfway, mixed_pixels))

# %%
found = classifier.predict(halfway, batch_size=250, verbose=0).argmax(axis=1)
other = y_train[starts] != y_train[ends]
neither = (found != y_train[starts]) & (found != y_train[ends])

# %% tags=["hide-cell"]
# checks
claim("denoising-gray-codes", gray_codes, stored=0.1604,
      about="share of gray pixels half way between the codes of two training digits, "
      "decoded, "
      "dense auto-encoder of 3 epochs, 1,000 pairs")
claim("denoising-gray-pixels", gray_pixels, stored=0.2396,
      about="share of gray pixels half way between two decoded training digits, dense "
      "auto-encoder of 3 epochs, 1,000 pairs")
claim("denoising-neither", neither[other].mean(), stored=0.3041,
      about="share of images half way between codes of two different digits that "
      "network "
      "'good' calls a third digit, dense auto-encoder of 3 epochs")

# %% [markdown]
# With codes it is 16% of the pixels, with pixels 24%. The straight way between two codes may pass a third digit, though: between two different digits, 30% of the midpoints are called neither the one nor the other. Nothing in the training has asked for meaning between the codes.
#
# This is the weakness of all that we have done here. The codes lie where training happened to put them; we fitted a distribution afterwards, with labels that the auto-encoder never needed. A *variational auto-encoder* (Kingma and Welling, 2014) makes the distribution part of the training. Its encoder answers with a mean and a standard deviation for each number of the code. The code is drawn from them at random, so that the decoder has to make sense of the whole neighborhood. And a penalty pulls all these distributions toward one that is fixed beforehand, the normal distribution with mean 0 and standard deviation 1. After training, random codes from that distribution are what the decoder is used to.
#
# ## Exercises
#
# > **Exercise 38.1** (The decoder's share)
# >
# > How many of the 226,416 parameters belong to the decoder?

# %%
from mnist_utils.claims import check_answer

answer = None
check_answer("decoder-parameters", answer, "6ffe9ba1")

# %% [markdown]
# <details><summary>Solution of Exercise 38.1</summary>
#
# $97 \cdot 128 + 129 \cdot 784 = 113{,}552$; `decoder.count_params()` says the same.
#
# </details>
#
# > **Exercise 38.2** (New or remembered?, open-ended)
# >
# > Are the digits of the class Gaussians new, or copies of training digits? Decode the training codes, and find the nearest of these images for each drawn digit. What should the distance be compared with?
#
# <details><summary>Solution of Exercise 38.2</summary>
#
# A distance says nothing without a scale. A fair one is the distance from a decoded test digit to its nearest decoded training digit: a new digit by a new writer. A copy would be much nearer than that. A median excludes no single copy: a good answer compares whole distributions of distances, and looks at the smallest ones, with their nearest digits.
#
# </details>
#
# > **Exercise 38.3** (Again and again, open-ended)
# >
# > Give the network its own answer, and the answer to that, 30 times: once beginning with clean test digits, once with pure noise. Before you run it: what becomes of the digits? And of the noise? Let the classifier judge each step.
#
# <details><summary>Solution of Exercise 38.3</summary>
#
# A loop over `images = network(images).numpy()`. A good answer looks at the pictures, notes where the accuracy of the classifier and its confidence part, and says what this means for judging drawn digits by a classifier.
#
# </details>
#
# ## Further reading
#
# Codes with a distribution that is known beforehand: Kingma and Welling (2014). Deep auto-encoders and what their codes look like: Hinton and Salakhutdinov (2006).

# %% [markdown]
# ## Quiz
#
# Choose an answer in your mind, then open it.
#
# **1.** A code is put together from real codes, each of its numbers from that of another image. The decoder makes a scribble of it. What is missing in such a code?
#
# <details><summary>Values that its units have in real codes</summary>
#
# **No.** Each number comes from a real code, zeros included. Unit by unit, the distributions are right.
#
# </details>
#
# <details><summary>The way in which its numbers go together</summary>
#
# **Right.** The numbers of a real code belong to one digit. Taken from many images, each is likely, and their combination is not.
#
# </details>
#
# <details><summary>Enough numbers to describe a whole digit</summary>
#
# **No.** Real codes have as many and do describe one. The length is not what differs.
#
# </details>
#
# **2.** Images drawn by a decoder are given to a classifier of digits, and its mean confidence is high. Does this show that they look like digits?
#
# <details><summary>Yes, since a scribble would get about 0.1 for each digit</summary>
#
# **No.** Nothing in its training asks for this. It never saw a scribble, and its softmax often prefers one digit by far.
#
# </details>
#
# <details><summary>Yes, if the classifier is accurate on the test set</summary>
#
# **No.** Accuracy on digits says nothing about images that are no digits. Those were in neither set.
#
# </details>
#
# <details><summary>No: it was trained only to tell digits from one another</summary>
#
# **Right.** Whether something is a digit at all it was never asked. One has to look at the images, too.
#
# </details>
#
# **3.** What does a variational auto-encoder do differently, so that random codes can be decoded?
#
# <details><summary>It trains the codes to follow a fixed distribution</summary>
#
# **Right.** A penalty pulls the distributions of the codes to one that is fixed beforehand, and the decoder learns with codes drawn at random. Afterwards one draws from that distribution.
#
# </details>
#
# <details><summary>It fits a normal distribution to the finished codes</summary>
#
# **No.** This is done after the training of a plain auto-encoder, in which nothing asked the codes to be of that form.
#
# </details>
#
# <details><summary>It gives its encoder the label of every image</summary>
#
# **No.** Labels are not needed for it. Distributions fitted class by class to the codes of a plain auto-encoder do need them.
#
# </details>
