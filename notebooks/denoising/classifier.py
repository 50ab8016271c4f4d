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
# # Does denoising help a classifier?
#
# > **In short**
# >
# > Denoising first helps a classifier that has never seen noise, for each of five seeds at every noise level from 0.1 to 0.9: at level 0.4 it raises the mean accuracy from 0.163 to 0.907. On clean digits it takes 0.044 away. The same layers, trained without noise, do much less harm (one pair of trainings), so the narrow code alone is not the reason. A denoiser adds no information; a classifier that was itself trained on noise is about as good up to level 0.4, and at level 0.6 better than the best of four denoisers by 0.187, with other layers and another recipe, too. The figures are means of five seeds, on the 10,000 test images.
# >
# > *Read before*: [A network that returns an image](image_to_image.ipynb), [Good, and what stays wrong](../convnets/good.ipynb).
#
# The auto-encoder of [A network that returns an image](image_to_image.ipynb) could clean digits before they are read. The reader is `good`, the most accurate network of this book. It was trained on digits that were shifted, turned and zoomed, but it has never seen noise.
#
# ## The true-positive rate against noise
#
# > **Definition 37.1** (True-positive rate)
# >
# > The *true-positive rate* of a class, also called recall, is the share of the images of this class that are classified as this class.
#
# Ten classes have ten of them. Their mean counts every class alike, where accuracy counts every image alike; the classes of MNIST are of similar size, so the two are close.
#
# One auto-encoder, which has trained at level 0.4 for three epochs (study `auto-encoders`), and one classifier read every eighth test image, to save time: a rate of 0.5 among 125 images of a class has a standard error of 0.045. The study below has trained for ten epochs and read all images.

# %% tags=["remove-stderr"]
import numpy as np

from mnist_utils import results
from mnist_utils.dataset import load_mnist, preprocess
from mnist_utils.distortions import salt_and_pepper

_, (x_test, y_test) = load_mnist()
x_read, y_read = preprocess(x_test[::8]), y_test[::8]

# %%
network = results.load_network("auto-encoders", "level-0.4", seed=0)
classifier = results.load_network("good", "final", seed=0)
classifier.compile(steps_per_execution=10)  # ten batches at a time, which is quicker

def read(images):
    return classifier.predict(images, batch_size=250, verbose=0).argmax(axis=1)


# %%
levels = [tenths / 10 for tenths in range(11)]
answers = {}
for level in levels:
    random = np.random.default_rng([0, round(10 * level)])
    noisy = salt_and_pepper(x_read, level, random)
    answers["noisy", level] = read(noisy)
    answers["denoised", level] = read(network.predict(noisy, verbose=0))

# %%
import pandas as pd

rates = pd.DataFrame(
    {case: [(found[y_read == digit] == digit).mean() for digit in range(10)]
     for case, found in answers.items()}).T.rename_axis(columns="digit")
mean_rate = rates.mean(axis=1)  # of the ten classes

# %% mystnb={"figure": {"name": "fig-denoising-recall", "caption": "Mean true-positive rate of the ten classes on 1,250 noisy and denoised test digits, one auto-encoder and one classifier. The dotted line is guessing."}, "image": {"alt": "Two falling curves over the noise level. The one for noisy digits starts at the top, falls steeply and reaches the dotted line at 0.1 near a level of 0.6. The one for denoised digits starts a little lower, stays near 0.9 up to a level of 0.4, and falls to the dotted line only at 1."}}
import matplotlib.pyplot as plt

from mnist_utils import figures

fig, ax = plt.subplots()
ax.plot(mean_rate["noisy"], marker="o", label="noisy")
ax.plot(mean_rate["denoised"], marker="s", label="denoised")
ax.axhline(0.1, color="black", linestyle=":", label="guessing")
ax.set(xlabel="noise level", ylabel="mean true-positive rate", xticks=levels)
ax.legend();

# %% [markdown]
# *Fig. 37.1.* Mean true-positive rate of the ten classes on 1,250 noisy and denoised test digits, one auto-encoder and one classifier. The dotted line is guessing.

# %% [markdown]
# By Fig. 37.1, denoising helps at levels from 0.2 to 0.9, and much in the middle: at 0.4 it raises the mean rate from 0.21 to 0.86. On clean digits, and at 0.1, it does harm. Fig. 37.2 has the ten classes, at two levels.

# %% mystnb={"figure": {"name": "fig-denoising-classes", "caption": "True-positive rate of each class on noisy and on denoised test digits, at the levels 0.4 and 0.7."}, "image": {"alt": "A table of four rows and ten columns with numbers from 0 to 1, darker for larger ones. In the rows of noisy digits one class has a rate near 1 and most others are low. In the row of denoised digits at 0.4 all are high, most of them above 0.8. At 0.7 the denoised ones are mixed."}}
chosen = [(kind, level) for level in (0.4, 0.7) for kind in ("noisy", "denoised")]
table = rates.loc[chosen]
table.index = [f"{kind} {level}" for kind, level in chosen]
figures.show_matrix(table, form=".2f", value_range=(0, 1));

# %% [markdown]
# *Fig. 37.2.* True-positive rate of each class on noisy and on denoised test digits, at the levels 0.4 and 0.7.

# %%
favorite = rates.loc["noisy", 0.7].idxmax()
called = (answers["noisy", 0.7] == favorite).mean()

# %% tags=["hide-cell"]
# checks
from mnist_utils.claims import claim

claim("denoising-recall-noisy", mean_rate["noisy", 0.4], stored=0.2088,
      about="mean true-positive rate of network 'good', seed 0, on 1,250 test digits "
      "with "
      "noise of level 0.4")
claim("denoising-recall-denoised", mean_rate["denoised", 0.4], stored="0.8590",
      about="mean true-positive rate of network 'good', seed 0, on 1,250 test digits "
      "that "
      "an auto-encoder of 3 epochs denoised at level 0.4")
claim("denoising-favorite-seven", called, stored=0.9984,
      about="share of 1,250 test digits with noise of level 0.7 that network 'good', "
      "seed 0, "
      "calls by the name of the class with the highest true-positive rate")

# %% [markdown]
# A class whose rate stays near 1 among noisy digits is not recognized well. At level 0.7 the classifier gives one name to 99.8% of what it reads; the images of that class are then right, and all others wrong. **A true-positive rate alone can be bought by saying one word all the time.** Look at all classes, or at the *precision*: of all images that were called by a name, the share that deserved it.
#
# ## Over seeds
#
# One auto-encoder and one classifier are one draw. The study `denoising` has trained five of each of four auto-encoders for ten epochs: dense and convolutional ([Transposed convolution](transposed_convolution.ipynb) builds that one), at level 0.4 and with a level from 0 to 1 for each image. What those of seed 0 return is read by `good` of seed 0, and so on, so differences are paired by seed. A fifth condition has no denoiser: a classifier that was itself trained on noise of all levels. Which levels the text names was decided after a look at the curves.

# %%
stored = results.load("denoising")
by_level = results.summarize(stored, by=["condition", "split", "noise"])
means = by_level["mean"].unstack("condition")
means.loc["denoised"].dropna(axis=1).round(3)

# %% mystnb={"figure": {"name": "fig-denoising-conditions", "caption": "Accuracy on test digits against the noise level, mean of five seeds with 95 % intervals of the mean. Four denoisers in front of a classifier that was trained on clean digits; that classifier without a denoiser; and a classifier that was trained on noise."}, "image": {"alt": "Six falling curves over the noise level. The classifier without a denoiser falls to 0.1 by level 0.5, with a wide band on the way. The four denoisers stay near 0.9 and above up to 0.4. On the left, the classifier trained on noise and the two convolutional denoisers start at 0.99, the dense ones lower, at 0.97 and 0.95. From 0.6 to 0.9 the classifier trained on noise is far above all others. At 0.7 the dense denoisers are above the convolutional ones."}}
curves = [(name, "denoised", name) for name in stored["condition"].unique()[:4]]
curves += [("dense, level 0.4", "noisy", "no denoiser"),
           ("classifier, all levels", "noisy", "classifier, all levels")]
fig, ax = plt.subplots(figsize=(7, 4.4))
for (condition, split, label), marker in zip(curves, "os^vxD"):
    curve = by_level.loc[condition, split]
    line = ax.plot(curve["mean"], marker=marker, label=label)
    ax.fill_between(curve.index, curve["low"], curve["high"], alpha=0.25,
                    color=line[0].get_color())
ax.set(xlabel="noise level", ylabel="accuracy", xticks=levels)
ax.legend();

# %% [markdown]
# *Fig. 37.3.* Accuracy on test digits against the noise level, mean of five seeds with 95 % intervals of the mean. Four denoisers in front of a classifier that was trained on clean digits; that classifier without a denoiser; and a classifier that was trained on noise.

# %% [markdown]
# First the assignment's auto-encoder, with and without, paired:

# %%
pairs = stored.query("condition == 'dense, level 0.4'").pivot(
    index=["noise", "seed"], columns="split", values="accuracy")
gains = (pairs["denoised"] - pairs["noisy"]).unstack("seed")
gains.round(3)

# %% tags=["hide-cell"]
# checks
claim("denoising-seeds-noisy", means["dense, level 0.4"]["noisy", 0.4], stored=0.16284,
      about="mean accuracy of five networks 'good' on test digits with noise of level "
      "0.4")
claim("denoising-seeds-denoised", means["dense, level 0.4"]["denoised", 0.4],
      stored=0.90692,
      about="mean accuracy of five networks 'good' on test digits that five dense "
      "auto-encoders, trained at level 0.4, denoised at level 0.4")
claim("denoising-seeds-damage", -gains.loc[0.0].mean(), stored=0.04404,
      about="mean accuracy that five dense auto-encoders, trained at level 0.4, take "
      "from "
      "clean test digits")
claim("denoising-seeds-help", bool((gains.loc[0.1:0.9] > 0).all(axis=None)),
      stored=True,
      about="whether a dense auto-encoder trained at level 0.4 raises the accuracy of "
      "network 'good' for each of five seeds at each level from 0.1 to 0.9")

# %% [markdown]
# At each level from 0.1 to 0.9 all five differences are positive. At 0.4 denoising raises the mean accuracy from 0.163 to 0.907; on clean digits it takes 0.044 away.
#
# **One level or all of them?** (Fig. 37.3) At its own level the dense network that was trained at 0.4 is a little ahead of the one that was trained at all levels, with each of the five seeds. On clean digits it is behind. So far this is what one expects. But at level 0.8, which it never met, it is still ahead, by 0.045, mean of five pairs. A guess at the reason: where the generalist, trained at all levels, knows nothing, it answers with nearly the mean image ([What it sees in pure noise](gray_doubt.ipynb)), the best answer for the loss; the specialist, trained at 0.4, draws strokes, and a classifier may be able to read strokes where it cannot read a gray cloud. In any case, the best answer for one purpose need not be the best for another: nobody has trained the denoiser to be read by a classifier.
#
# **Dense or convolutional?** Up to level 0.4 the convolutional networks, with a seventeenth of the parameters, are ahead of the dense ones of the same training, in each pair; at 0.7 the order has turned in 9 of the ten pairs. A possible reason, which is not tested here: each number of their code sees 13 by 13 pixels, with the dense network the whole image; a pixel in the middle of their answer sees nearly all of it, but through such numbers.

# %% tags=["hide-cell"]
# checks
denoised = means.loc["denoised"]
paired = stored.query("split == 'denoised'").pivot(
    index=["noise", "seed"], columns="condition", values="accuracy")
ahead = np.stack([paired[f"convolutional, {way}"] - paired[f"dense, {way}"]
                  for way in ("level 0.4", "all levels")], axis=1)
low_noise = paired.index.get_level_values("noise") <= 0.4
at_seven = paired.index.get_level_values("noise") == 0.7
claim("denoising-ahead-low", bool((ahead[low_noise] > 0).all()), stored=True,
      about="whether convolutional denoisers are ahead of dense ones of the same "
      "training and "
      "seed, in the accuracy behind them, in each pair at each noise level up to 0.4")
claim("denoising-turned-seven", int((ahead[at_seven] < 0).sum()), stored=9,
      about="of ten pairs of the same training and seed, those in which the dense "
      "denoiser is "
      "ahead of the convolutional one at noise level 0.7, in the accuracy behind it")
claim("denoising-study-eight-gap",
      denoised.loc[0.8, "dense, level 0.4"] - denoised.loc[0.8, "dense, all levels"],
      stored=0.04474,
      about="mean accuracy at noise level 0.8 behind dense auto-encoders, "
      "trained at level 0.4 minus trained at all levels, 5 seeds")

# %% [markdown]
# ## A denoiser adds no information
#
# Write $\Phi$ for a denoiser and $\Psi$ for a classifier that reads its answers. The two in a row, $\Psi(\Phi(\tilde x))$, are a classifier of noisy images. Therefore
#
# $$
# \max_{\Psi}\ \text{accuracy of } \Psi(\Phi(\tilde x)) \;\le\; \max_{\Psi}\ \text{accuracy of } \Psi(\tilde x) ,
# \tag{37.1}
# $$
#
# where the accuracy is the probability to be right on a new image, and $\Psi$ may be any function from images to classes. Whatever can be read from the denoised image can be read from the noisy one, by somebody who denoises it in mind.
#
# Why did it help, then? Because our $\Psi$ was not the best reader of noise. What the denoiser adds is knowledge about digits and noise, from its own training. The same knowledge can go into the classifier, if one is free to train it. The fifth condition did so, with the layers of `fast`, fewer than those of `good`, and another recipe.

# %%
direct = means["classifier, all levels"]["noisy"]
lead = direct - denoised.max(axis=1)
lead.round(4).to_dict()

# %% tags=["hide-cell"]
# checks
claim("denoising-direct-lead", lead[0.6], stored=0.18686,
      about="mean accuracy of five classifiers trained on noise at noise level 0.6, "
      "minus "
      "that behind the best of four denoisers")
claim("denoising-direct-low", lead[0.1:0.4].abs().max(), stored=0.00344,
      about="largest lead or lag of five classifiers trained on noise at the noise "
      "levels "
      "0.1 to 0.4, against the best of four denoisers")

# %% [markdown]
# From 0.1 to 0.4 it is as good as the best denoiser with `good` behind it, to within 0.0034. At 0.6 it leads by 0.187; in this number are also the other layers and recipe. On clean digits `good` by itself remains the best. The argument says only that some classifier of noisy images is at least as good as the two in a row; that training finds a better one is a result. A denoiser keeps its uses: when the reader cannot be trained again, when it is a person, or when the clean image is the purpose.
#
# ## Why are clean digits damaged?
#
# Three explanations come to mind: the code is too narrow; the network has never met a clean image; it was taught to distrust thin strokes and single dots. One experiment asks whether the first is enough by itself: train the same layers, from the same seed and in the same order, without any noise.

# %%
without_noise = results.load_network("auto-encoders", "no-noise", seed=0)
rows = {"as they are": x_read, "trained at 0.4": network.predict(x_read, verbose=0),
        "trained without noise": without_noise.predict(x_read, verbose=0)}
clean = pd.DataFrame(
    {name: {"error": np.sqrt(((images - x_read) ** 2).mean()),
            "accuracy": (read(images) == y_read).mean()}
     for name, images in rows.items()}).T
clean.round(3)

# %% tags=["hide-cell"]
# checks
claim("denoising-clean-accuracy", clean.loc["trained at 0.4", "accuracy"],
      stored=0.9024,
      about="accuracy of network 'good', seed 0, on 1,250 clean test digits after an "
      "auto-encoder trained 3 epochs at noise level 0.4")
claim("denoising-plain-accuracy", clean.loc["trained without noise", "accuracy"],
      stored="0.9800",
      about="accuracy of network 'good', seed 0, on 1,250 clean test digits "
      "after an auto-encoder trained 3 epochs without noise")
claim("denoising-all-clean", denoised.loc[0.0, "dense, all levels"], stored=0.97098,
      about="mean accuracy on clean test digits behind dense auto-encoders trained at "
      "all "
      "levels, 5 seeds")
claim("denoising-conv-clean", denoised.loc[0.0, "convolutional, level 0.4"],
      stored=0.98918,
      about="mean accuracy on clean test digits behind convolutional auto-encoders "
      "trained "
      "at level 0.4, 5 seeds")

# %% [markdown]
# The verdict: **the narrow code alone does not do it; without the training on noise, the larger part of the harm is gone.** The classifier reads 0.980 of the clean digits behind the layers that were trained without noise, and 0.902 behind the same layers trained at level 0.4 (one pair of trainings, read on the same 1,250 images). The dense generalist of the study, which has met clean and nearly clean images, and far noisier ones, does less harm: 0.971. Which of these levels helps, the study does not separate. But a network that has never met a clean image need not do much harm: behind the convolutional specialist it is 0.989, less than a hundredth below that without a denoiser. Whether a wider code would protect the dense one, whether it distrusts thin strokes, or has not been trained long enough, these experiments do not separate.
#
# ## Exercises
#
# > **Exercise 37.1** (One word all the time)
# >
# > A classifier calls every image an eight. All ten classes are equally frequent. Which precision has the class of the eights, and which is the mean of the ten true-positive rates? Both are the same number, with one decimal.

# %%
from mnist_utils.claims import check_answer

answer = None
check_answer("denoising-precision", answer, "483caba4", decimals=1)

# %% [markdown]
# <details><summary>Solution of Exercise 37.1</summary>
#
# One image in ten that is called an eight is one: precision 0.1. The true-positive rates are 1 for the eights and 0 for the others: mean 0.1.
#
# </details>
#
# > **Exercise 37.2** (Where it helps most)
# >
# > At which noise level is the gain of the assignment's auto-encoder largest, as a mean over the five seeds? One decimal.

# %%
answer = None
check_answer("denoising-largest-gain", answer, "3705f1b0", decimals=1)

# %% [markdown]
# <details><summary>Solution of Exercise 37.2</summary>
#
# `gains.mean(axis=1).idxmax()` is 0.4: there the classifier is already lost, and the denoiser has lost little yet.
#
# </details>
#
# ## Further reading
#
# Denoising as a training of features rather than as a filter: Vincent et al. (2008).

# %% [markdown]
# ## Quiz
#
# Choose an answer in your mind, then open it.
#
# **1.** Under heavy noise, a classifier has a true-positive rate near 1 for the eights and near 0 for all other classes. What is the likely reason?
#
# <details><summary>It still recognizes eights, as they have the most ink</summary>
#
# **No.** Then the images of other digits would not lose everything at the same time. Look at what those are called.
#
# </details>
#
# <details><summary>It calls nearly every image an eight</summary>
#
# **Right.** The eights are then right, and all others wrong. The precision of the class shows it: few of the images called eight are eights.
#
# </details>
#
# <details><summary>It calls only those images eights that surely are</summary>
#
# **No.** That would be a high precision, with a rate that may be low. A rate near 1 says that hardly any eight is missed.
#
# </details>
#
# **2.** No denoiser adds information about the digit. Why can denoising still help a classifier?
#
# <details><summary>It removes noise, so the image tells more than before</summary>
#
# **No.** Whatever can be read from the denoised image can be read from the noisy one, by a good enough reader.
#
# </details>
#
# <details><summary>It makes the classifier adapt its weights to noise</summary>
#
# **No.** The classifier is not trained again; its weights stay. What changes is what it gets to see.
#
# </details>
#
# <details><summary>It knows about noise what the classifier does not</summary>
#
# **Right.** The classifier was not the best reader of noise. What the denoiser knows from its training could also go into a classifier.
#
# </details>
#
# **3.** An auto-encoder that was trained on noise damages clean digits. The same layers, trained without noise, damage them much less. Which explanation of the damage is refuted?
#
# <details><summary>That the narrow code is the reason by itself</summary>
#
# **Right.** The code is as narrow in both. So narrowness alone is not enough for the whole damage; the training on noise plays a part.
#
# </details>
#
# <details><summary>That the network has learned to distrust thin strokes</summary>
#
# **No.** Only the training on noise could teach this, so the experiment fits it. It does not show it either.
#
# </details>
#
# <details><summary>That the network has never met a clean image</summary>
#
# **No.** The second network met nothing else and does less harm, which fits this explanation. It is not singled out by it.
#
# </details>
