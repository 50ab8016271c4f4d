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
# # A network that returns an image
#
# > **In short**
# >
# > The assignment's auto-encoder squeezes a noisy digit through four dense layers with 226,416 parameters, with a code of 96 numbers in the middle, and is trained to return the clean digit. A sigmoid keeps its answers between 0 and 1, and the loss is the binary cross-entropy of each pixel. At level 0.4, where it was trained, it reduces the error of the image from 0.44 to 0.15. It fails at both ends: it changes clean digits by 0.14, and at level 0.9 its error is 0.29, where answering the mean of all digits has 0.26 (one network of five epochs, on the test images). At level 0.7 a classifier reads 44% of the answers of such networks correctly (mean of five pairs), and a comparison of the noisy image with ten class means reads 59%: the digit is still there. Where a person fails, the book cannot tell; Fig. 35.4 lets you measure yourself.
# >
# > *Read before*: [The network and its 55,050 parameters](../network/parameters.ipynb), [Cross-entropy](../loss/cross_entropy.ipynb).
#
# Question 4 of the assignment's editions of 2020 to 2022 names a network, its loss, its optimizer and the level of its noise. It asks what they do, and where a person and the network fail as the noise grows. We choose no setting by what follows, and so measure on the test images.
#
# ## Salt and pepper

# %%
import numpy as np

from mnist_utils.dataset import load_mnist, preprocess

(x_train, y_train), (x_test, y_test) = load_mnist()
x_train, x_test = preprocess(x_train), preprocess(x_test)


# %% [markdown]
# > **Definition 35.1** (Salt-and-pepper noise)
# >
# > Let $\nu$ be a number from 0 to 1, the *noise level*. Each pixel of an image $x$ is struck with the probability $\nu$, independently of all others. A struck pixel becomes 0 (pepper) or 1 (salt), each with probability ½, whatever it was before. The others stay as they are. The result is the noisy image $\tilde x$.
#
# The definition fits into three lines. We try it on images that are gray all over, so that black, gray and white can be counted.

# %% tags=["nbval-check-output"]
def strike(images, level, random):
    struck = random.random(images.shape) < level
    salt = random.random(images.shape) < 0.5
    return np.where(struck, salt, images)

gray = np.full((100, 28, 28, 1), 0.5)
noisy_gray = strike(gray, 0.4, np.random.default_rng(seed=0))
[round((noisy_gray == value).mean().item(), 2) for value in (0, 0.5, 1)]

# %% [markdown]
# At level 0.4 one pixel in five is black, one in five white, and three in five are untouched. On a digit fewer pixels change than are struck, because half of the black and white ones become what they were.
#
# How much does a noisy pixel tell? A white one stays white with the probability $1 - \nu/2$, a black one becomes white with the probability $\nu/2$. The two differ by $1 - \nu$. At level 1 the difference is gone: $\tilde x$ is a page of coin tosses that does not depend on the digit. Whatever anybody answers there is not about the image.
#
# The package has the noise as `salt_and_pepper`. This gives the test images of a level, always the same ones:

# %%
import functools

from mnist_utils.distortions import salt_and_pepper

levels = [tenths / 10 for tenths in range(11)]

@functools.cache  # each set is made once, and kept
def noisy(level):
    return salt_and_pepper(x_test, level, np.random.default_rng([0, round(10 * level)]))


# %% [markdown]
# ## Through a narrow code and back
#
# > **Definition 35.2** (Auto-encoder)
# >
# > An *auto-encoder* consists of two parts. The *encoder* turns an image into a list of numbers $h$, the *code*. The *decoder* turns a code into an image $\hat x$. The network is trained to make $\hat x$ resemble a given image $x$, its target. If the encoder gets a noisy $\tilde x$ and the target is the clean $x$, it is a *denoising auto-encoder* (Vincent et al., 2008).
#
# Fig. 35.1 has the assignment's. Its hidden layers have ReLU. The output layer has a *sigmoid*, $\sigma(z) = 1 / (1 + e^{-z})$, which maps any number to one between 0 and 1, where pixels are.
#
# ![Five upright boxes from left to right, joined by arrows, of 784, 128, 96, 128 and 784 numbers. The first is the noisy image, the lowest one in the middle the code, the last the answer. Three arrows say ReLU, the last says sigmoid. The left half is labeled encoder, the right half decoder.](../../assets/diagrams/autoencoder.svg)
#
# *Fig. 35.1.* The assignment's auto-encoder. The numbers count the outputs of each layer.

# %% tags=["remove-stderr"]
import keras

from mnist_utils import networks

network = networks.autoencoder(seed=0)
[(type(layer).__name__, layer.count_params()) for layer in network.layers]

# %% [markdown]
# By hand, a dense layer has $(d_\text{in} + 1)\, d_\text{out}$ parameters:

# %% tags=["nbval-check-output"]
widths = [784, 128, 96, 128, 784]
by_hand = [(d_in + 1) * d_out for d_in, d_out in zip(widths, widths[1:])]
by_hand, sum(by_hand)

# %% [markdown]
# Why is the code narrow? A plain auto-encoder with a wide code can copy, and learn nothing. With 96 numbers for 784 pixels it has to find out what digits have in common. A denoising one has a second guard: its input is not its target, so a copy would be wrong wherever the noise has changed a pixel.
#
# The loss treats each pixel as a question with two answers, white or black. Read $\hat x_i$ as the probability of white:
#
# > **Definition 35.3** (Binary cross-entropy)
# >
# > For a pixel with the target $x_i$ in $[0, 1]$ and the answer $\hat x_i$ strictly between 0 and 1, the *binary cross-entropy* is
# >
# > $$L_i = -x_i \log \hat x_i - (1 - x_i) \log (1 - \hat x_i) .$$
# >
# > The loss of an image is the mean of $L_i$ over its 784 pixels.
#
# It is the cross-entropy of [Cross-entropy](../loss/cross_entropy.ipynb) with two classes and the label $(x_i, 1 - x_i)$. Many pixels are gray, neither white nor black; [Gray means doubt](gray_doubt.ipynb) shows that it is right for them too: $L_i$ is smallest where the answer equals the target.
#
# ## Training it
#
# Five epochs of adam, in batches of 128. Each epoch every image gets new noise, so that the network never sees the same noisy image twice.

# %%
network = networks.autoencoder(seed=0)  # anew, so that the cell can be run twice
network.compile("adam", "binary_crossentropy", steps_per_execution=67)
losses = []
for epoch in range(5):
    random = np.random.default_rng([0, epoch])
    images = x_train[random.permutation(len(x_train))]
    dirty = salt_and_pepper(images, 0.4, random)
    log = network.fit(dirty, images, batch_size=128, shuffle=False, verbose=0)
    losses += log.history["loss"]
np.round(losses, 3)

# %% [markdown]
# The loss falls quickly at first, then slowly, to 0.135. It cannot reach 0: gray pixels alone leave not much less than half of it, as [Gray means doubt](gray_doubt.ipynb) computes, and some of what the noise has struck is lost for good.

# %%
denoised = {level: network.predict(noisy(level), batch_size=1000, verbose=0)
            for level in levels}

# %% mystnb={"figure": {"name": "fig-denoising-levels", "caption": "Two test digits with noise from 0, the original, to 1, and below each what the auto-encoder makes of it. It was trained at 0.4."}, "image": {"alt": "Four rows of eleven images. In the first and third row a seven and a four disappear step by step in black and white dots. Below them the denoised digits are smooth and bright up to a level of about 0.5, then fade and break up; from 0.7 on they are dim pieces of strokes."}}
from mnist_utils import figures

def label_rows(axes, names):
    for axis, name in zip(axes[:, 0], names):
        axis.text(-0.2, 0.5, name, transform=axis.transAxes, ha="right", va="center")

rows = [[images(level)[number] for level in levels]
        for number in (0, 4) for images in (noisy, denoised.get)]
_, axes = figures.show_digits(np.concatenate(rows), columns=11, value_range=(0, 1))
label_rows(axes, ["noisy", "denoised"] * 2)
for axis, level in zip(axes[0], levels):
    axis.set_title(level)

# %% [markdown]
# *Fig. 35.2.* Two test digits with noise from 0, the original, to 1, and below each what the auto-encoder makes of it. It was trained at 0.4.

# %% [markdown]
# Fig. 35.2 is what the question asks to show. Its original digits are those at level 0. Two digits are an anecdote; now all 10,000.
#
# ## Where the network fails
#
# The error of a set of images is the root of the mean squared difference from their originals. A third answer serves as a scale, one that does not look: the mean of all training images.

# %%
import pandas as pd

def error(images):
    return np.sqrt(((images - x_test) ** 2).mean()).item()

errors = pd.DataFrame(
    [(error(noisy(level)), error(denoised[level])) for level in levels],
    columns=["noisy", "denoised"], index=pd.Index(levels, name="noise level"))
mean_error = error(x_train.mean(axis=0, dtype=float))

# %% mystnb={"figure": {"name": "fig-denoising-error", "caption": "Error of noisy and of denoised test images, one network. The dotted line is the error of the mean image, an answer that does not look."}, "image": {"alt": "Two curves over the noise level. The error of the noisy images rises from 0 steeply to about 0.7. That of the denoised images starts near 0.14, stays nearly level up to 0.4, and then rises to a little above 0.3. It crosses the dotted line of the mean image, at 0.26, near 0.8."}}
ax = errors.plot(style=["o-", "s-"], ylabel="error", ylim=(0, None), xticks=levels)
ax.axhline(mean_error, color="black", linestyle=":", label="the mean image")
ax.legend();

# %% [markdown]
# *Fig. 35.3.* Error of noisy and of denoised test images, one network. The dotted line is the error of the mean image, an answer that does not look.

# %% tags=["hide-cell"]
# checks
from mnist_utils.claims import claim

claim("denoising-parameters", network.count_params(), identity=226_416,
      about="parameters of the 784-128-96-128-784 auto-encoder")
claim("denoising-last-loss", losses[-1], trained=True,
      about="training loss of the dense auto-encoder in its fifth epoch at noise "
      "level 0.4")
claim("denoising-error-before", errors.loc[0.4, "noisy"], data=0.4391,
      about="root mean squared error of the test images with noise of level 0.4")
claim("denoising-error-after", errors.loc[0.4, "denoised"], trained=True,
      about="root mean squared error of the test images, denoised at noise level 0.4")
claim("denoising-error-clean", errors.loc[0.0, "denoised"], trained=True,
      about="root mean squared error of clean test images after the dense auto-encoder")
claim("denoising-error-nine", errors.loc[0.9, "denoised"], trained=True,
      about="root mean squared error of the test images, denoised at noise level 0.9 "
      "by an "
      "auto-encoder trained at level 0.4")
claim("denoising-mean-error", mean_error, data=0.25975,
      about="root mean squared difference of the test images from the mean training "
      "image")

# %% [markdown]
# At its own level the network does what it should (Fig. 35.3). It fails in two ways. **With no noise it harms**: there is nothing to remove, and it still changes the image, nearly as much as it leaves at level 0.4; [Does denoising help a classifier?](classifier.ipynb) looks for the reason. **With much noise its answer is worse than not looking**: at level 0.9 its error is 0.29, and that of the mean image 0.26; [Gray means doubt](gray_doubt.ipynb) looks at what it paints there.
#
# ## Where do you fail?
#
# That we cannot measure for you. Fig. 35.4 has six test digits for each level from 0.1 to 1, no digit twice. Write down what you read before you go on, six digits a row. Guess where you cannot read. It helps to step back from the screen or to narrow your eyes.

# %% mystnb={"figure": {"name": "fig-denoising-guess", "caption": "Sixty different test digits, six for each noise level. Which are they?"}, "image": {"alt": "Ten rows of six squares, labeled with the levels from 0.1 to 1. In the first rows white digits stand among few dots. From row to row black and white dots become more, and the strokes harder to follow. In the last row there are only dots."}}
sixes = np.arange(300, 360).reshape(10, 6)  # no digit stands in two rows
puzzle = [noisy(level)[six] for level, six in zip(levels[1:], sixes)]
_, axes = figures.show_digits(
    np.concatenate(puzzle), columns=6, value_range=(0, 1), size=1.05)
label_rows(axes, levels[1:])

# %% [markdown]
# *Fig. 35.4.* Sixty different test digits, six for each noise level. Which are they?

# %% [markdown]
# > **Exercise 35.1** (Your hits by level)
# >
# > Put what you have read into the cell, a string of six digits for each row. It counts your hits; the labels stay hidden. Chance gives 0.6 of six on average. At which level do you fall to half?

# %%
read = ["", "", "", "", "", "", "", "", "", ""]  # such as "012345", levels 0.1 to 1

def hits(row, six):
    return sum(guess == str(digit) for guess, digit in zip(row, y_test[six]))

{level: f"{hits(row, six)} of 6" for level, row, six in zip(levels[1:], read, sixes)}

# %% [markdown]
# <details><summary>Solution of Exercise 35.1</summary>
#
# The labels, row by row. Six digits a level say little: if you truly read half of them, you will have two to four hits in three tries of four. Before you compare yourself with the table below, read more rows: replace 300 and 360 in the cell of the figure by other numbers.
#
# </details>

# %%
# solution
dict(zip(levels[1:], ["".join(map(str, y_test[six])) for six in sixes]))

# %% [markdown]
# What can be read at all? Two readers that are not persons. The first compares $\tilde x$ with the mean images of the ten classes, faded as the noise fades them: each pixel of a mean times $1 - \nu$, plus $\nu / 2$. It is told the level, and answers the nearest.

# %%
class_means = np.stack([x_train[y_train == digit].mean(axis=0, dtype=float).ravel()
                        for digit in range(10)])

def nearest_mean(images, level):
    faded = (1 - level) * class_means + level / 2
    distances = (faded**2).sum(axis=1) - 2 * images.reshape(-1, 784) @ faded.T
    return distances.argmin(axis=1)  # up to a term that is the same for all classes


# %% [markdown]
# The second is the best classifier of this book, trained on clean digits ([Good, and what stays wrong](../convnets/good.ipynb)). The study `denoising` has let it read the noisy images themselves, and what auto-encoders like ours, trained for ten epochs, make of them: five auto-encoders, five classifiers, the mean of their accuracies.

# %%
from mnist_utils import results

stored = results.load("denoising").query("condition == 'dense, level 0.4'")
readers = stored.groupby(["noise", "split"])["accuracy"].mean().unstack()
readers = readers[["noisy", "denoised"]].add_prefix("classifier, ")
readers["class means"] = [(nearest_mean(noisy(level), level) == y_test).mean()
                          for level in levels]
readers["pixels changed"] = [(noisy(level) != x_test).mean() for level in levels]
readers.round(3)

# %% tags=["hide-cell"]
# checks
claim("denoising-means-clean", readers.loc[0.0, "class means"], data=0.8203,
      about="accuracy of the nearest class mean on clean test digits")
claim("denoising-means-seven", readers.loc[0.7, "class means"], data=0.5859,
      about="accuracy of the nearest class mean on test digits with noise of level 0.7")
claim("denoising-denoised-seven", readers.loc[0.7, "classifier, denoised"],
      stored=0.43856, about="mean accuracy of five networks 'good' on test digits that "
      "five dense auto-encoders denoised at level 0.7")
claim("denoising-test-black", (x_test == 0).mean(), data=0.807,
      about="share of the pixels of the test images that are black")
claim("denoising-test-white", (x_test == 1).mean(), data=0.00725,
      about="share of the pixels of the test images that are white")
claim("denoising-half", (readers["classifier, denoised"] < 0.5).idxmax(), stored=0.7,
      about="least noise level at which five networks 'good' read less than half of "
      "the "
      "digits that five dense auto-encoders denoised")

# %% [markdown]
# On clean digits the means read 82%, far less than the classifier. With half of the digits as the mark, the classifier behind the auto-encoder fails from level 0.7 on. There it reads 44%, and the means, the simplest of readers, 59%: a sum over all pixels averages much of the noise away. So the digit is still in the image where the network fails. Whether you still see it, your rows tell.
#
# ## Exercises
#
# > **Exercise 35.2** (What the noise changes)
# >
# > Of the pixels of the test images 80.7% are black, 0.7% are white, the others gray. What share of all pixels has another value after noise of level 0.4, on average? Two decimals.

# %%
from mnist_utils.claims import check_answer

answer = None
check_answer("changed-share", answer, "4238624b", decimals=2)

# %% [markdown]
# <details><summary>Solution of Exercise 35.2</summary>
#
# A struck black or white pixel changes with probability ½, a struck gray one always: $0.4 \cdot \tfrac12 \cdot 0.814 + 0.4 \cdot 0.186 = 0.237$. The column `pixels changed` agrees.
#
# </details>
#
# > **Exercise 35.3** (The smallest auto-encoder)
# >
# > Leave out the two layers of 128 units, and narrow the code to 32: 784-32-784. How many parameters has it?

# %%
answer = None
check_answer("narrow-parameters", answer, "17db682a")

# %% [markdown]
# <details><summary>Solution of Exercise 35.3</summary>
#
# $785 \cdot 32 = 25{,}120$ for the encoder and $33 \cdot 784 = 25{,}872$ for the decoder, $50{,}992$ together. They differ because the decoder has a bias for each pixel.
#
# </details>
#
# ## Further reading
#
# Denoising as a way to learn good features: Vincent et al. (2008). Deep auto-encoders against principal components, also on MNIST: Hinton and Salakhutdinov (2006).

# %% [markdown]
# ## Quiz
#
# Choose an answer in your mind, then open it.
#
# **1.** A white pixel meets salt-and-pepper noise of level 0.6. With which probability is it white afterwards?
#
# <details><summary>0.4</summary>
#
# **No.** This is the probability that it is not struck. A struck pixel may become white too.
#
# </details>
#
# <details><summary>0.3</summary>
#
# **No.** This is the probability to be struck and to become white. The pixels that are not struck stay white and count as well.
#
# </details>
#
# <details><summary>0.7</summary>
#
# **Right.** It is black only if it is struck and becomes pepper, with the probability $0.6 \cdot \tfrac12 = 0.3$. So fewer pixels change than are struck.
#
# </details>
#
# **2.** An auto-encoder has a single hidden layer, a code of 784 numbers, as many as there are pixels. It is trained to return the clean image from the noisy one. Why can it not succeed by copying its input?
#
# <details><summary>The hidden layers have ReLU, which cannot copy</summary>
#
# **No.** Pixels are not negative, and ReLU passes such numbers on unchanged. With a wide code a copy is possible, or nearly.
#
# </details>
#
# <details><summary>Its input is not its target</summary>
#
# **Right.** A copy would be wrong wherever noise has changed a pixel. The noise guards against copying, even where the code is wide.
#
# </details>
#
# <details><summary>A code of this width has too few numbers for it</summary>
#
# **No.** As many numbers as pixels are enough for a copy. A narrow code is a guard, and there is none here.
#
# </details>
#
# **3.** Noise of level 1 strikes every pixel. Could a much larger network, trained for long at this level, read the digits?
#
# <details><summary>Yes: a mean over all pixels still averages the noise away</summary>
#
# **No.** This works as long as a white pixel is more likely to stay white than a black one to become white. At level 1 both have the probability ½.
#
# </details>
#
# <details><summary>Yes: training at this level teaches it what to look for</summary>
#
# **No.** There is nothing to look for. Training can only teach it to answer in the best way without looking.
#
# </details>
#
# <details><summary>No: such an image does not depend on the digit</summary>
#
# **Right.** Each pixel is a coin toss, whatever it was before. The best answer is then the same for all images.
#
# </details>
#
# **4.** At a high noise level, the answers of a denoiser have a larger error than the mean of all training images has. What follows?
#
# <details><summary>By this error it is better not to look at the image</summary>
#
# **Right.** The mean image is an answer without looking. The network draws something definite that is wrong, and pays for it.
#
# </details>
#
# <details><summary>The noisy images contain nothing of the digit any more</summary>
#
# **No.** The failure of one reader says nothing about others. Another reader may still get much out of the same image.
#
# </details>
#
# <details><summary>The network has learned nothing in its training</summary>
#
# **No.** At the level of its training it may do well. It fails on images that it was never trained on.
#
# </details>
