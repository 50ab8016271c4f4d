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
# # How many replicates?
#
# > **In short**
# >
# > To find a difference $\delta$ between two recipes, with a t test at 5 % and a power of 80 %, takes about $15.7\, s^2 / \delta^2$ runs of each, where $s$ is the standard deviation of a recipe's runs; or $7.85\, s_d^2 / \delta^2$ pairs of equal seeds, where $s_d$ is that of the differences within pairs; and two or three more. Of the ten comparisons between the five L2 factors of Hinton's network, ten pairs decide 3 on the validation images, after a correction for ten; on the test images none of these is decided. The clearest, 0.0001 over 0.000001, gains 0.00046; 4 pairs would find a gain of that size and spread, without pairs 10 runs of each. That is the most favorable case: elsewhere pairs save less, and even two trainings of one recipe and one seed differ, with a standard deviation of 0.00035 after 40 epochs (five seeds).
# >
# > *Read before*: [Five factors, three replicates](five_factors.ipynb), [The honest protocol](../training/honest_protocol.ipynb).
#
# Three replicates of each factor did not settle which is best. How many would? Decide first which difference would matter to you.
#
# ## Two formulas
#
# A mean over $m$ runs with the standard deviation $s$ has the standard error $s / \sqrt m$. The variances, that is, the squares of the standard deviations, of two independent means add up, so their difference has the standard error $s \sqrt{2 / m}$. The usual convention asks for two things: if there is no difference, to claim one in at most 5 % of all experiments; if there is one of the size $\delta$, to find it in at least 80 %. The second number is the *power* of the experiment. To be claimed, a difference must exceed 1.96 standard errors. It falls more than 0.84 standard errors short of $\delta$ in only 20 % of all experiments. So $\delta$ must be $1.96 + 0.84$ standard errors. Solved for the number of runs of **each** of the two:
#
# $$
# m \approx \frac{2 \, (1.96 + 0.84)^2 \, s^2}{\delta^2} \approx \frac{15.7 \, s^2}{\delta^2} .
# \tag{18.1}
# $$
#
# The runs of our studies come in pairs: equal seeds have equal initial weights and equal batches. The luck that a seed has under both factors drops out of the difference. If the differences within the pairs have the standard deviation $s_d$, their mean over $m$ pairs has the standard error $s_d / \sqrt m$, and
#
# $$
# m \approx \frac{(1.960 + 0.842)^2 \, s_d^2}{\delta^2} \approx \frac{7.85 \, s_d^2}{\delta^2} .
# \tag{18.2}
# $$
#
# The formulas take the standard deviation as known. In practice it is estimated, and a t test pays for that. How much, a simulation tells: 10,000 imagined experiments each, for a difference of `effect` standard deviations ($\delta / s$ without pairs, $\delta / s_d$ with them).

# %%
import numpy as np
from scipy import stats

def power(m, effect, paired):
    generator = np.random.default_rng(0)
    runs = generator.normal(effect, 1, size=(10_000, m))  # or differences of pairs
    if paired:
        test = stats.ttest_1samp(runs, 0, axis=1)
    else:
        others = generator.normal(0, 1, size=(10_000, m))
        test = stats.ttest_ind(runs, others, axis=1)
    return (test.pvalue < 0.05).mean()

effect = np.sqrt(1 / 2)
power(31, effect, paired=False), power(16, effect, paired=True)

# %% tags=["hide-cell"]
# checks
from mnist_utils.claims import claim

claim("hinton-power-unpaired", power(31, effect, paired=False),
      identity=0.7820, within=0.02,
      about="power of a t test at 5 % with 31 runs each, true difference 0.71 standard "
      "deviations, simulated")
claim("hinton-power-paired", power(16, effect, paired=True),
      identity=0.7530, within=0.02,
      about="power of a paired t test at 5 % with 16 pairs, true difference 0.71 "
      "standard "
      "deviations of the differences, simulated")

def first_with_80_percent(effect, paired):
    return next(m for m in range(2, 100) if power(m, effect, paired) >= 0.8)

claim("hinton-two-more", first_with_80_percent(effect, True) - 16, identity=2,
      about="pairs beyond the 16 of the formula for a power of 80 % in a t test at 5 "
      "%, true "
      "difference 0.71 standard deviations of the differences, simulated")
claim("hinton-three-more", first_with_80_percent(2, True) - 2, identity=3,
      about="pairs beyond the 2 of the formula for a power of 80 % in a t test at 5 "
      "%, true difference of two standard deviations of the differences, simulated")

# %% [markdown]
# For this effect the formulas give 31.4 runs each and 15.7 pairs. With 31 and 16 the power comes out at 0.78 and 0.75: the formulas are a little too optimistic. With 2 pairs more the simulated power reaches 80 %; where the difference is two $s_d$, and the formula asks for 2 pairs, it takes 3 more. So add two, and three where the formula asks for very few.
#
# ## Ten seeds of five factors
#
# Now the real spread. The study `hinton-validation` has ten seeds for each factor, trained on 50,000 images. We compare on the validation images, since a comparison may end in a choice.

# %%
from mnist_utils import results

honest = results.load("hinton-validation").query("epoch == 40")
rows = honest.query("split == 'validation'")
lines = rows.pivot(index="seed", columns="factor", values="accuracy")

# %% mystnb={"figure": {"name": "fig-hinton-pairs", "caption": "Validation accuracy after 40 epochs against the factor. Each thin line is one seed, the dots are the means of the ten."}, "image": {"alt": "Ten thin lines over five factors, and their means. The lines run nearly parallel over the three smaller factors and rise a little from 0.00001 to 0.0001. Over the two larger factors they fan out and cross. The means lie between 0.976 and 0.977."}}
import matplotlib.pyplot as plt

from mnist_utils import figures

fig, ax = plt.subplots()
ax.plot(lines.T, color="C0", linestyle="-", linewidth=0.8, alpha=0.6)
ax.plot(lines.mean(), "o", color="black", label="mean of ten seeds")
ax.set(xscale="log", xlabel="regularization factor", ylabel="validation accuracy")
ax.legend();

# %% [markdown]
# *Fig. 18.1.* Validation accuracy after 40 epochs against the factor. Each thin line is one seed, the dots are the means of the ten.

# %% [markdown]
# On the left of Fig. 18.1 the lines run side by side: a seed that is lucky under one small factor tends to be lucky under the others. So we compare within pairs. Here are all ten comparisons: the mean gain of the larger factor over the smaller, its 95 % interval and p-value, $s_d$, and the standard deviation that the difference would have without pairs.

# %%
from itertools import combinations

import pandas as pd

def compare(lines, smaller, larger):
    gain = lines[larger] - lines[smaller]
    test = stats.ttest_1samp(gain, 0)
    apart = np.sqrt(lines[smaller].var() + lines[larger].var())
    return [gain.mean(), *test.confidence_interval(), test.pvalue, gain.std(), apart]

two = pd.MultiIndex.from_tuples(combinations(lines, 2), names=["smaller", "larger"])
columns = ["gain", "low", "high", "p-value", "sd in pairs", "sd without"]
ten_pairs = pd.DataFrame([compare(lines, *pair) for pair in two], two, columns)
ten_pairs.round(5)

# %% [markdown]
# Ten comparisons are ten chances to be fooled. *Bonferroni's correction* asks each p-value to stay below 0.05 / 10.

# %%
decided = ten_pairs.index[ten_pairs["p-value"] < 0.05 / 10]
gain = lines[1e-4] - lines[1e-6]
on_test = honest.query("split == 'test'").pivot(
    index="seed", columns="factor", values="accuracy")
decided.tolist(), [round(compare(on_test, *pair)[3], 3) for pair in decided]

# %% tags=["hide-cell"]
# checks
claim("hinton-decided", len(decided), stored=3,
      about="of the ten pairs of five L2 factors, those that ten pairs of seeds "
      "decide on "
      "the validation images after Bonferroni's correction")
claim("hinton-gain", gain.mean(), stored=0.00046,
      about="validation accuracy of the 500-300 network gained with the L2 factor "
      "0.0001 over "
      "0.000001, ten pairs of seeds")
claim("hinton-gain-pairs", int((gain > 0).sum()), stored=10,
      about="pairs of ten seeds in which the L2 factor 0.0001 has the better "
      "validation "
      "accuracy than 0.000001")
claim("hinton-decided-test", min(compare(on_test, *pair)[3] for pair in decided),
      stored=0.05213,
      about="smallest p-value on the test images of the comparisons of L2 factors that "
      "validation decided, ten pairs, not corrected")


# %% [markdown]
# That leaves 3 of the ten. On these validation images the factor 0.0001 is better than 0.000001, by 0.00046 (about five images in 10,000, in 10 of the 10 pairs), and than 0.00001; and 0.001 is worse than 0.0005. Between 0.0001 and 0.0005, the two highest means, ten pairs decide nothing. On the test images none of the three is decided: the smallest p-value there is 0.052, before any correction. How many runs would have shown the first of these gains?

# %%
def enough(effect, paired):
    return next(m for m in range(2, 100) if power(m, effect, paired) >= 0.8)

spread = np.sqrt(lines[[1e-4, 1e-6]].var().mean())
unpaired = enough(gain.mean() / spread, paired=False)
paired = enough(gain.mean() / gain.std(), paired=True)
unpaired, paired

# %% tags=["hide-cell"]
# checks
claim("hinton-needed", unpaired, stored=10,
      about="runs of each of two L2 factors, 0.0001 and 0.000001, that detect the "
      "gain of "
      "ten seeds with a power of 80 %, without pairs")
claim("hinton-needed-pairs", paired, stored=4,
      about="pairs of seeds that detect the gain of the L2 factor 0.0001 over "
      "0.000001 with "
      "a power of 80 %")

# %% [markdown]
# Without pairs 10 of each factor, with pairs 4, if gain and spread are as in these ten. That is a favorable case: of ten comparisons it is the one with the smallest `sd in pairs`, and a gain that is picked because it is the clearest is likely to be flattered. Compare the last two columns for the others: pairs save less, and between 0.00001 and 0.0005 hardly anything. Why?
#
# ## One recipe, one seed, two results
#
# The studies hold some recipes and seeds twice. One of them: the condition "80 epochs" of `hinton-unreported` repeats, in its first 40 epochs, what `hinton-validation` did with the factor 0.0005: same recipe, same initial weights, same batches. The two studies were started within an hour, on processors of one kind, from two versions of the code between which the training did not change; only the networks that trained beside them were others. (In another such pair, the first round of the study `forensic` with stacked networks and with fresh ones, others beside them changed no accuracy.)

# %%
longer = results.load("hinton-unreported").query("condition == '80 epochs'")
repeated = longer.query("split == 'validation' and epoch == 40")
rounding = repeated.set_index("seed")["accuracy"] - lines[5e-4]
rounding.dropna().round(4).tolist(), rounding.std(), lines[5e-4].std()

# %% [markdown]
# What may differ between them is the order in which the computer adds numbers up, and with it the rounding. Would that be enough? We train a network for an epoch twice, in this notebook, with the same seed, and before the second training change each initial weight of the first layer by the smallest step that its type has: its last bit.

# %% tags=["remove-stderr"]
import keras

from mnist_utils import dataset, networks

(images, labels), _ = dataset.load_mnist()
(images, labels), (unseen, _) = dataset.split(images, labels)
images, unseen = dataset.preprocess(images), dataset.preprocess(unseen)


# %%
def answers_after_an_epoch(changed):
    keras.utils.set_random_seed(0)  # the order of the images
    network = networks.dense((500, 300), seed=0)
    kernel = network.layers[1].kernel
    if changed:
        kernel.assign(np.nextafter(kernel.numpy(), np.float32(1)))
    network.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy",
                    steps_per_execution=50)
    network.fit(images, labels, batch_size=128, verbose=0)
    return network.predict(unseen, batch_size=1000, verbose=0).argmax(axis=1)

differ = (answers_after_an_epoch(False) != answers_after_an_epoch(True)).sum()
differ

# %% tags=["hide-cell"]
# checks
claim("hinton-rounding", rounding.std(), stored=0.00035,
      about="standard deviation of the difference in validation accuracy between two "
      "trainings of the 500-300 network with equal recipe and seed, 40 epochs, five "
      "seeds")
forensic = results.load("forensic").query("factor == 1e-6")
forensic = forensic.pivot(index=["seed", "epoch", "split"], columns="condition",
                          values="accuracy")
claim("hinton-same-twice", (forensic["fresh, divided once"]
      - forensic["stacked, divided once"]).abs().max(), stored=0,
      about="largest difference between the accuracies of fresh and stacked networks "
      "of one seed in the first round of the study forensic, pixels divided once")
claim("hinton-other-seeds", np.sqrt(2) * lines[5e-4].std(), stored=0.00101,
      about="standard deviation of the difference in validation accuracy between two "
      "500-300 networks with different seeds, L2 factor 0.0005, from ten seeds")
claim("hinton-last-bit-counts", bool(differ > 0), trained=True,
      about="the last bits of the first layer's initial weights change the answer to "
      "at least one of 10,000 validation images after one epoch of a 500-300 network")
claim("hinton-last-bit", int(differ), trained=True,
      about="validation images of 10,000 that a 500-300 network classifies "
      "differently after one epoch when the last bits of the first layer's initial "
      "weights are changed")

# %% [markdown]
# On 12 of the 10,000 validation images the two give different answers. (Two trainings without the change, on one machine with the same number of threads, agree in all of them: run the function twice with `False`.) So changes of the size of a rounding are enough to begin a difference, and within an epoch it has reached the answers. After 40 epochs the two stored trainings of a seed differ with a standard deviation of 0.00035 (five seeds). Two different seeds would differ with $\sqrt 2$ times the standard deviation of the ten seeds (the last number of the first output of this section), 0.00101. So a part of what a pair should share gets lost without any change of the recipe.
#
# Does the code in front of you still produce what is stored? The engine of the studies trains the first epoch of seed 0 once more:

# %% tags=["remove-stderr"]
from studies.catalogue import find
from studies.design import jobs
from studies.training import train

study = find("hinton-unreported")
job = next(job for job in jobs(study) if job.conditions[0].name == "80 epochs")
again = train(job, epochs=1).rows["accuracy"].item()
stored = longer.query("seed == 0 and epoch == 1")["accuracy"].item()
again, stored

# %% tags=["hide-cell"]
# checks
claim("hinton-again", again, trained=True,
      about="validation accuracy of a 500-300 network (seed 0, L2 factor 0.0005) "
      "after one "
      "epoch, trained again by the engine of the studies")

# %% [markdown]
# It comes to 0.9208, beside the stored number in the output above. The two need not be equal: another processor or another number of threads rounds otherwise. `make replicate` does the same with all studies and all epochs, and compares the means with what the spread over seeds allows.
#
# ## Exercises
#
# > **Exercise 18.1** (Planning an experiment)
# >
# > Two recipes are to be compared in pairs of the same seed. From a small trial beforehand, a pilot, you know the standard deviation of the differences, 0.0006. You want to detect a true difference of 0.0005 with a power of 80 %. How many pairs does (18.2) ask for, rounded up to a whole number?

# %%
from mnist_utils.claims import check_answer

answer = None
check_answer("replicates-needed", answer, "ad06439d")

# %% [markdown]
# *The solution of Exercise 18.1 is in the closed cells below.*

# %% tags=["nbval-check-output"]
# solution
needed = (stats.norm.ppf(0.975) + stats.norm.ppf(0.8)) ** 2 * (0.0006 / 0.0005) ** 2
check_answer("replicates-needed", int(np.ceil(needed)), "ad06439d")

# %% [markdown]
# <details><summary>Solution of Exercise 18.1</summary>
#
# The formula is a little too optimistic: take two more. A pilot is a training too. Do not use its seeds again in the experiment, if they made you choose the recipe.
#
# </details>
#
# > **Exercise 18.2** (Eight recipes)
# >
# > You compare each two of eight recipes. Below which number must a p-value stay after Bonferroni's correction, to four decimals?

# %%
answer = None
check_answer("bonferroni-of-eight", answer, "90decc67", decimals=4)

# %% [markdown]
# <details><summary>Solution of Exercise 18.2</summary>
#
# There are $8 \cdot 7 / 2 = 28$ comparisons. If one of the eight is the standard and only comparisons with it matter, there are seven: say so before you look.
#
# </details>

# %% tags=["nbval-check-output"]
# solution
check_answer("bonferroni-of-eight", round(0.05 / 28, 4), "90decc67", decimals=4)

# %% [markdown]
# ## Further reading
#
# How much seeds and unreported settings can do: Henderson et al. (2018). Where the variance of a benchmark comes from: Bouthillier and others (2021).

# %% [markdown]
# ## Quiz
#
# Choose an answer in your mind, then open it.
#
# **1.** With a certain number of runs of each of two recipes, a difference of 0.002 is found with a power of 80 %. How many runs does a difference of 0.001 need, at the same spread and power?
#
# <details><summary>About as many, if the spread is the same.</summary>
#
# **No.** The spread is only one side: what counts is the difference in units of the standard error, and the difference has become smaller.
#
# </details>
#
# <details><summary>About twice as many as for 0.002.</summary>
#
# **No.** Twice as many runs shorten the standard error by the root of 2 only. To halve it takes more.
#
# </details>
#
# <details><summary>About four times as many as for 0.002.</summary>
#
# **Right.** The standard error has to be halved, and it falls as $1/\sqrt{m}$. Half the difference costs four times the runs.
#
# </details>
#
# **2.** Two settings are each trained with the same ten seeds. When does it help to compare them in pairs of equal seeds?
#
# <details><summary>When a seed that is lucky under one tends to be so under the other.</summary>
#
# **Right.** Then the shared luck drops out of the differences, and their standard deviation is small. Without any correlation, pairs save nothing.
#
# </details>
#
# <details><summary>Always, since pairs need half as many runs as two separate groups.</summary>
#
# **No.** The formula for pairs has half the constant, but takes the standard deviation of the differences. If the runs do not correlate, its square is twice as large, and nothing is saved.
#
# </details>
#
# <details><summary>When the runs of each setting have a small spread over their seeds.</summary>
#
# **No.** A small spread helps with or without pairs. Pairs help as far as the two results of a seed rise and fall together.
#
# </details>
#
# **3.** Of ten comparisons between settings, all of the same interest, the smallest p-value is 0.03. What can be said of this one after Bonferroni's correction?
#
# <details><summary>The difference is decided, as 0.03 is below 0.05.</summary>
#
# **No.** With ten comparisons and no difference anywhere, a p-value below 0.05 somewhere is no surprise. Ten chances to be fooled ask for a stricter limit.
#
# </details>
#
# <details><summary>It is undecided, as 0.03 is not below 0.005.</summary>
#
# **Right.** Each p-value is asked to stay below 0.05 divided by the number of comparisons. It is a hint at most.
#
# </details>
#
# <details><summary>It is decided that the two settings are equal.</summary>
#
# **No.** A test that does not find a difference has not shown that there is none. More runs could still decide it.
#
# </details>
#
# **4.** The same recipe with the same seed is trained on two computers, with the same versions of all programs. The accuracies differ a little. What is the usual reason?
#
# <details><summary>The seed gives other random numbers on each of the processors.</summary>
#
# **No.** The generators compute with whole numbers, and give the same sequence on each. Initial weights and the order of the images are the same.
#
# </details>
#
# <details><summary>One of the trainings has a fault, since the seed fixes it all.</summary>
#
# **No.** The seed fixes what is drawn at random. It does not fix in which order a processor adds its numbers up.
#
# </details>
#
# <details><summary>Sums are rounded differently, and training amplifies it.</summary>
#
# **Right.** Other processors or numbers of threads add in another order, and change last bits. Within an epoch that can reach the answers, so equal seeds need not give equal results.
#
# </details>
