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
# # Three sets of images, and why
#
# > **In short**
# >
# > A network is fitted to the **training** images; choices, such as a learning rate, are made on **validation** images; the **test** images say once how good the chosen network is. Choosing needs a set of its own, because the best of many results is partly luck: of 100 independent classifiers that all have the accuracy 0.97, the best gains 0.0042 on average on 10,000 images, and loses it on new ones. Leakage is any way in which knowledge of the images that one measures on gets into the training: a classifier that remembers 5,000 images and answers with the nearest of them has 94.8% on unseen images, and 100% if they leaked. The assignment's notebook passes the test images as `validation_data`: nothing may then be chosen by that curve.
# >
# > *Read before*: [What the MNIST files hold](files.ipynb).
#
# We train on some images and ask about others, because a network that has memorized its training images could answer for those without having learned anything general. That makes two sets. Why does this book set aside 10,000 of the training images for a third?
#
# ## The winner's bonus
#
# A third set is needed because we **choose**. Someone picks a learning rate, a number of epochs, a network, and keeps what scored best. The best score of many is partly luck. The effect can be computed without any network. Imagine 100 classifiers, all of exactly the same quality: each gets an image right with probability 0.97. We test each on 10,000 images, keep the winner, and repeat the contest 1,000 times.

# %% tags=["nbval-check-output"]
import numpy as np

scores = np.random.default_rng(seed=0).binomial(10_000, 0.97, size=(1000, 100)) / 10_000
winners = scores.max(axis=1)
round(scores.mean().item(), 4), round(winners.mean().item(), 4)

# %% [markdown]
# The classifiers average 0.97, as they must. The winners average more, although no classifier is better than another. Now let each winner be measured once more, on 10,000 images that had no part in the choice.

# %% tags=["nbval-check-output"]
again = np.random.default_rng(seed=1).binomial(10_000, 0.97, size=1000) / 10_000
round(again.mean().item(), 4)

# %% [markdown]
# The bonus is gone. How large it is on average can be had without drawing random numbers: the best of 100 classifiers has at most $k$ images right exactly if each of the 100 has at most $k$ right. That has the probability of one classifier to the power of 100, and one minus it is the probability that the best has more than $k$ right. Added up over $k = 0, 1, 2, \dots$, these give the mean number that the best has right.

# %%
from scipy.stats import binom

at_most = binom(10_000, 0.97).cdf(np.arange(10_000))
bonus = (1 - at_most**100).sum() / 10_000 - 0.97
bonus

# %% [markdown]
# A gain of 0.0042 out of nothing. (If real networks err on many of the same images, the bonus to expect is smaller than that of these independent ones.) Hence three sets, each with one purpose:
#
# | set | images | purpose | how often |
# | :--- | ---: | :--- | :--- |
# | training | 50,000 | fit the weights | every step |
# | validation | 10,000 | choose: learning rate, epochs, network | for each choice |
# | test | 10,000 | say how good the chosen one is | once |
#
# Validation images may be asked often, but the more often one chooses by them, the less the winner's own score can be believed. The test set gives the score to believe.
#
# The assignment's notebook passes the test set to Keras as `validation_data` and calls it validation. Keras's `fit` then reports the accuracy on it after each epoch. Nothing is wrong with **looking** at that, so long as nothing is chosen by it. This book says, as a rule, which set a figure was measured on.

# %% tags=["hide-cell"]
# checks
from mnist_utils.claims import claim

claim("winner-bonus", bonus, identity=0.00419,
      about="mean gain of the best of 100 independent classifiers of accuracy 0.97 on "
      "10,000 images")

# %% [markdown]
# ## How the book splits
#
# The function `split` of the helper package divides the 60,000 training images into 50,000 to fit and 10,000 to validate.

# %% tags=["nbval-check-output"]
from mnist_utils.dataset import load_mnist, split

(x_train, y_train), (x_test, y_test) = load_mnist()
(x_fit, y_fit), (x_validation, y_validation) = split(x_train, y_train)
x_fit.shape, x_validation.shape

# %% [markdown]
# Which image lands where is drawn at random, but by a seed that is the same for the whole book: everywhere, the validation images are these. The split is *stratified*: each digit keeps its share. Does it?

# %% tags=["nbval-check-output"]
import pandas as pd

shares = {"all": y_train, "fit": y_fit, "validation": y_validation}
table = pd.DataFrame({name: np.bincount(y) / len(y) for name, y in shares.items()})
table.T.round(4)

# %% [markdown]
# To the fourth decimal, or nearly. In a purely random split the share of a digit in 10,000 images would typically be off by 0.3 percentage points. And does an image stand on both sides? We compare them byte by byte, in the form of Python's sets.

# %% tags=["nbval-check-output"]
fit_images = {image.tobytes() for image in x_fit}
overlap = sum(image.tobytes() in fit_images for image in x_validation)
overlap

# %% [markdown]
# None does: no validation image has a copy among the 50,000 images of `x_fit`.
#
# ## Leakage
#
# What the last check guards against has a name. *Leakage* is any way in which knowledge of the images that we measure on gets into the training. It makes results look better than they are, and the accuracy during training need not show it. To see how much damage it does, we build a classifier that memorizes. It answers with the label of the known image whose pixels are nearest, by the sum of squared differences; this is called the *nearest neighbor*.

# %%
from scipy.spatial.distance import cdist

def nearest_neighbor_accuracy(known, known_labels, asked, asked_labels):
    known, asked = known.reshape(len(known), -1), asked.reshape(len(asked), -1)
    nearest = cdist(asked, known, "sqeuclidean").argmin(axis=1)
    return (known_labels[nearest] == asked_labels).mean().item()


# %% [markdown]
# Here it knows 5,000 images, and is asked about 1,000 others.

# %% tags=["nbval-check-output"]
known, known_labels = x_fit[:5000], y_fit[:5000]
asked, asked_labels = x_validation[:1000], y_validation[:1000]
honest = nearest_neighbor_accuracy(known, known_labels, asked, asked_labels)
honest

# %% [markdown]
# That is the honest figure, 94.8%, and a respectable one for a classifier that needs no training. Now the same with a leak: the images that we ask about are among those that it knows.

# %% tags=["nbval-check-output"]
all_images = np.concatenate([known, asked])
all_labels = np.concatenate([known_labels, asked_labels])
leaked = nearest_neighbor_accuracy(all_images, all_labels, asked, asked_labels)
leaked

# %% [markdown]
# Perfect, and worthless. Few leaks are as plain as this one. Common ones are copies of an image in both sets, shifting pixels by a mean computed over all images, and choosing on the test set, which leaks a little of it with each choice. Does the test set contain copies of training images?

# %% tags=["nbval-check-output"]
training_images = {image.tobytes() for image in x_train}
copies = sum(image.tobytes() in training_images for image in x_test)
copies

# %% [markdown]
# It does not: 0 test images are pixel by pixel a training image. A subtler difference remains. The people who wrote the training digits and those who wrote the test digits are different (LeCun et al., 1998a). Our validation images are taken from the training set, so the **same people** wrote images on both sides of that split, which can make a validation score too kind. But one group of writers can also be easier to read than another. So validation and test scores may differ by more than chance, without any fault in the code. [The honest protocol](../training/honest_protocol.ipynb) measures by how much.

# %% tags=["hide-cell"]
# checks
claim("split-overlap", overlap, data=0,
      about="validation images that are pixel by pixel one of the 50,000 training "
      "images")
claim("neighbor-honest", honest, data=0.948,
      about="accuracy of the nearest neighbor among 5,000 images on 1,000 validation "
      "images")
claim("neighbor-leaked", leaked, data=1,
      about="accuracy of the nearest neighbor when the 1,000 asked images are among "
      "the known ones")
claim("test-copies", copies, data=0,
      about="test images that are pixel by pixel one of the 60,000 training images")

# %% [markdown]
# ## Exercises
#
# > **Exercise 4.1** (A tenth of a leak)
# >
# > Suppose that of the 1,000 asked images only 100, drawn at random, leaked into what the nearest neighbor knows. Which accuracy do you expect on the 1,000, to four decimals? Assume that on the other 900 the leak changes nothing.

# %%
from mnist_utils.claims import check_answer

answer = None
check_answer("tenth-leak", answer, "fe86b8d4", decimals=4)

# %% [markdown]
# <details><summary>Solution of Exercise 4.1</summary>
#
# A tenth of the images is answered perfectly, nine tenths as before. A leak of this size adds half a percentage point: enough to win a comparison, and too little to raise suspicion.
#
# </details>

# %% tags=["nbval-check-output"]
# solution
check_answer("tenth-leak", round(0.1 + 0.9 * honest, 4), "fe86b8d4", decimals=4)

# %% [markdown]
# > **Exercise 4.2** (A smaller contest)
# >
# > Five learning rates are compared, instead of 100, on 1,000 validation images instead of 10,000. If all five give the same accuracy of 0.97 in truth, how much does the best seem to gain on average, to four decimals? Guess first whether it is more or less than the 0.0042 above.

# %%
answer = None
check_answer("small-contest", answer, "f8ac0926", decimals=4)

# %% [markdown]
# <details><summary>Solution of Exercise 4.2</summary>
#
# Fewer candidates make the bonus smaller, fewer images make each score more uncertain and the bonus larger. Here the second effect wins: a tenth of the images costs more than a twentieth of the candidates saves.
#
# </details>

# %% tags=["nbval-check-output"]
# solution
at_most = binom(1000, 0.97).cdf(np.arange(1000))
small_bonus = (1 - at_most**5).sum() / 1000 - 0.97
check_answer("small-contest", round(small_bonus, 4), "f8ac0926", decimals=4)

# %% [markdown]
# > **Exercise 4.3** (Ten pictures as a classifier)
# >
# > Classify each validation image by the nearest of ten mean images, one for each digit, computed from `x_fit` and `y_fit` alone. What accuracy do you get, to four decimals? Why would it be wrong to use [Fig. 1.2](files.ipynb) of lesson [What the MNIST files hold](files.ipynb)?

# %%
answer = None
check_answer("nearest-mean", answer, "f4b3c742", decimals=4)

# %% [markdown]
# <details><summary>Solution of Exercise 4.3</summary>
#
# Those means were computed over all 60,000 images, the validation images included: a leak, whose size we did not measure.
#
# </details>

# %% tags=["nbval-check-output"]
# solution
fit_means = np.stack([x_fit[y_fit == digit].mean(axis=0) for digit in range(10)])
digits = np.arange(10)
accuracy = nearest_neighbor_accuracy(fit_means, digits, x_validation, y_validation)
check_answer("nearest-mean", accuracy, "f4b3c742", decimals=4)

# %% [markdown]
# <details><summary>Solution of Exercise 4.3, continued</summary>
#
# Ten averaged pictures, not one gradient step, and four digits in five are right. A network has to be compared with such baselines, not with guessing, and the nearest neighbor is a better one.
#
# </details>
#
# ## Further reading
#
# Yadav and Bottou (2019) on who wrote the digits of both sets, and on 50,000 further test digits, with which one can ask what years of choosing on the same 10,000 have done.

# %% [markdown]
# ## Quiz
#
# Choose an answer in your mind, then open it.
#
# **1.** Twenty networks are compared on the validation images, and the best is kept. What do you expect of its accuracy on new images of the same kind?
#
# <details><summary>As a rule a little less than on the validation images.</summary>
#
# **Right.** The best of twenty is as a rule one that was also lucky on these images, and luck does not go along. So the score to report comes from images that had no part in the choice.
#
# </details>
#
# <details><summary>The same, since it was not trained on the validation images.</summary>
#
# **No.** Its weights have not seen them, but the choice has: among equally good networks, the one kept is the one that these images flatter.
#
# </details>
#
# <details><summary>A little more, since it is the best one out of twenty.</summary>
#
# **No.** Being chosen does not make a network better. It only makes it likely that its score contains some luck.
#
# </details>
#
# **2.** Before training, somebody subtracts from every image the mean of all 70,000 images, those of the test set included. Is that leakage?
#
# <details><summary>No, since a mean of images makes no use of any label.</summary>
#
# **No.** Leakage needs no labels: any knowledge of the images that one measures on counts, and the mean contains some.
#
# </details>
#
# <details><summary>Only if the test accuracy turns out higher because of it.</summary>
#
# **No.** What makes it leakage is the way that the knowledge takes, not the size of the effect, which often cannot be seen. Here it is probably tiny, and still easy to avoid.
#
# </details>
#
# <details><summary>Yes, since the mean carries something of the test images.</summary>
#
# **Right.** Small as it is, it is knowledge of the images that one measures on. The clean way is to compute the mean from the training images alone and subtract it everywhere.
#
# </details>
#
# **3.** A notebook passes the test images to `fit` as `validation_data`. Which use of it spoils the test accuracy as a measure?
#
# <details><summary>Drawing the test accuracy of all epochs in a report.</summary>
#
# **No.** Looking changes nothing, as long as nothing is chosen by it. The report should say that the curve is from the test set.
#
# </details>
#
# <details><summary>Stopping training where the test curve is highest.</summary>
#
# **Right.** Then the test images have chosen the network that they judge, and its score contains their luck. Stop by validation images instead.
#
# </details>
#
# <details><summary>Letting Keras compute it after every single epoch.</summary>
#
# **No.** Keras only measures on `validation_data`; no weight is changed by them. What does harm is a choice that is made by the result.
#
# </details>
#
# **4.** A validation set is drawn at random from MNIST's training images. Why can its accuracy be too kind to a network that is to read digits of new people, even if nothing was chosen by it?
#
# <details><summary>The same people wrote images of both sets.</summary>
#
# **Right.** The network may have learned their handwriting, which new people do not share. MNIST's test images were written by others.
#
# </details>
#
# <details><summary>It holds fewer images than the training set.</summary>
#
# **No.** Fewer images make a score less certain, up or down. They do not make it too high.
#
# </details>
#
# <details><summary>It has each digit in the same share.</summary>
#
# **No.** A stratified split keeps the shares of the digits. That makes no image easier to read.
#
# </details>
