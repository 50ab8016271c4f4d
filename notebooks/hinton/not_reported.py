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
# # What was not reported
#
# > **In short**
# >
# > The line on Hinton's network (500 and 300 hidden units, test accuracy 0.9847) gives the layers, softmax, cross-entropy and "weight decay", and hardly anything else. Of the settings that are missing, eight changes were tried one at a time (momentum together with its rate), from the assignment's settings on 50,000 images, with the factor that validation chose. Of these networks, and of those with the assignment's five factors, 0 reach 0.9847 on the test set after the last epoch; the best has 0.9830. After a correction, only two changes are beyond chance on both sets of images, logistic units, tanh units in place of ReLU; both are losses at the assignment's rate. 80 epochs give a hint of a small gain (momentum just misses it), 60,000 images too, but only with smaller factors, picked afterwards. The initial weights and the place of the penalty are not measured, the learning rate alone not here. What settings do **together** is the question of [Can 0.9847 be reached?](reached.ipynb).
# >
# > *Read before*: [Five factors, three replicates](five_factors.ipynb), [The honest protocol](../training/honest_protocol.ipynb).
#
# A network with 500 and 300 hidden units is reported with a test accuracy of 0.9847 (LeCun et al., 1998a); our ten networks with the factor chosen on validation fall short of it, and 0.9847 does not look like one more of their runs ([Five factors, three replicates](five_factors.ipynb)). What could be different?
#
# ## The list
#
# The line in the table does not give the learning rate, whether and how it changed, momentum, the size of the batches, the number of epochs and which of them was reported, the activation function, the initial weights, the factor and where the penalty was, whether all 60,000 images trained the final network, or the number of runs. Other authors quote Hinton et al. (2006) for a network of the same sizes with an error of 1.51 %, its penalty chosen on a validation set; we have not read that at the source. Each gap in the report is a possible explanation of the gap in the accuracy.
#
# Two further studies change one setting at a time (for momentum two), with five seeds each, on the 50,000 images of the honest protocol. Apart from these images everything else is as the assignment has it, with the factor 0.0005 that validation chose (the falling rate was trained with all five). Another factor and all 60,000 images come from the studies of [Five factors, three replicates](five_factors.ipynb).

# %%
from mnist_utils import results

honest = results.load("hinton-validation")
changed = results.load("hinton-unreported")
falling = results.load("hinton-schedule")
assigned = results.load("hinton-assignment")


# %%
def at_the_end(rows):
    last = rows[rows["epoch"] == rows["epoch"].max()]
    return last.pivot(index="seed", columns="split", values="accuracy")

base = at_the_end(honest.query("factor == 5e-4"))
tried = {name: at_the_end(rows) for name, rows in changed.groupby("condition")}
tried["rate falls to 0"] = at_the_end(falling.query("factor == 5e-4"))
tried["factor 0.0001"] = at_the_end(honest.query("factor == 1e-4"))
tried["60,000 images"] = at_the_end(assigned.query("factor == 5e-4"))

# %% [markdown]
# *Momentum* lets each step keep a share of the last one, here 0.9; with a tenth of the learning rate, a lasting direction is followed as fast as before. In `rate falls to 0` the learning rate goes from 0.1 to 0 in a straight line over the 40 epochs. Tanh and logistic units have, in place of ReLU, the hyperbolic tangent or the sigmoid.
#
# Two more rows need no network of their own. The best of 40 epochs in place of the last is read from trainings with the chosen factor: on validation images from those of `hinton-validation`, on test images from those of `hinton-assignment`. And if the reported number is one run, not a mean, its luck is that of a run: going by ten of ours, and if runs are normally distributed, one more lies within $t_9\, s \sqrt{1 + 1/10}$ of their mean with a probability of 95 % ($s$ is the standard deviation of the ten, and $t_9 = 2.26$ the factor of [Definition 12.2](../training/ten_epochs.ipynb)).

# %%
import numpy as np
import pandas as pd
from scipy import stats

def best_epoch(study, split):
    rows = study[(study["factor"] == 5e-4) & (study["split"] == split)]
    return rows.groupby("seed")["accuracy"].max() - at_the_end(rows)[split]

gains = {name: runs - base for name, runs in tried.items()}
gains["best epoch"] = pd.DataFrame({"validation": best_epoch(honest, "validation"),
                                    "test": best_epoch(assigned, "test")})
luck = stats.t.ppf(0.975, 9) * base.std() * np.sqrt(1 + 1 / 10)
luck[["validation", "test"]]


# %% [markdown]
# ## What each is worth
#
# Equal seeds make pairs. (With batches of 32 and with 60,000 images they share the initial weights only, not the batches.) The function gives the mean gain in accuracy and its 95 % interval. The seeds 0 to 4 of the baseline helped to choose its factor, so it may be flattered a little on validation, and the changes look a little worse than they are. Here we look at the test set again, to explain a gap; no accuracy of this lesson is a result to be reported as such.

# %%
def worth(name, split):
    gain = gains[name][split].dropna()
    if gain.empty:
        return "not measured"
    interval = stats.ttest_1samp(gain, 0).confidence_interval()
    return f"{gain.mean():+.4f} [{interval.low:+.4f}, {interval.high:+.4f}]"

unreported = [
    ("learning rate", "alone"), ("its schedule", "rate falls to 0"),
    ("momentum", "momentum 0.9, rate 0.01"), ("batch size", "batches of 32"),
    ("epochs", "80 epochs"), ("epoch reported", "best epoch"),
    ("activation", "tanh units"),
    ("activation", "logistic units"), ("initial weights", "others than Keras's"),
    ("factor", "factor 0.0001"), ("place of penalty", "output layer too"),
    ("training images", "60,000 images"),
]

# %%
table = pd.DataFrame(unreported, columns=["not reported", "tried"])
for split in ("validation", "test"):
    table[split] = [worth(name, split) if name in gains else "not measured"
                    for name in table["tried"]]
spreads = [f"± {luck[split]:.4f}" for split in ("validation", "test")]
one_run = ["number of runs", "one run", *spreads]
table.loc[len(table)] = one_run
table.set_index("not reported")

# %% [markdown]
# How to read it: five pairs of seeds, but for the factor and the best epoch on validation (ten), and for 60,000 images and the best epoch on test images (three). The best epoch cannot lose, by construction. The other eight changes make 15 comparisons, seven on validation and eight on test images, and we correct for 15: a p-value must be below 0.05/15 (Bonferroni's correction). A change is decided here if it is so on both sets of images; for 60,000 images there are no validation images, so that row cannot be.

# %%
compared = {name: frame for name, frame in gains.items() if name != "best epoch"}
p_values = pd.DataFrame({
    name: {split: stats.ttest_1samp(frame[split].dropna(), 0).pvalue
           for split in ("validation", "test") if frame[split].notna().any()}
    for name, frame in compared.items()})
decided = p_values.columns[(p_values < 0.05 / 15).all()]
p_values.T.round(5)

# %%
everything = pd.concat([honest, changed, falling, assigned])
ends = everything.groupby("condition")["epoch"].transform("max") == everything["epoch"]
tests = everything[ends & (everything["split"] == "test")]["accuracy"]
tests.size, tests.max()

# %% tags=["hide-cell"]
# checks
from mnist_utils.claims import claim

claim("hinton-settings-decided", ", ".join(sorted(decided)),
      stored="logistic units, tanh units",
      about="settings of the 500-300 network, changed one at a time, whose change in "
      "accuracy "
      "is decided on validation and on test images, 15 comparisons corrected")
others = p_values.columns.difference(decided)
claim("hinton-largest-decided", p_values[decided].max(axis=None), stored=0.00178,
      about="largest p-value of the settings that are decided, 15 comparisons")
claim("hinton-smallest-open", p_values[others].min(axis=None), stored=0.0469,
      about="smallest p-value of the settings that are not decided, 15 comparisons")
claim("hinton-reaching", int((tests >= 0.9847).sum()), stored=0,
      about="500-300 networks of four studies, with the assignment's settings or one "
      "of them changed, that reach 0.9847 on the test set after their last epoch")
claim("hinton-any-best", tests.max(), stored=0.983,
      about="best test accuracy after the last epoch of the 500-300 networks of four "
      "studies, with the assignment's settings or one of them changed")
claim("hinton-one-run", luck["test"], stored=0.00134,
      about="half width of the 95 % prediction interval for the test accuracy of one "
      "more run "
      "of the 500-300 network, from ten")

# %% [markdown]
# After the correction two changes are decided, on both sets of images: logistic units, tanh units, both losses. Everything else is a hint at most. And of all these networks, 0 reach 0.9847.
#
# ## Row by row
#
# For the falling rate all five factors were trained. Here are the mean validation accuracies of the seeds 0 to 4 with the constant rate and with the falling one.

# %%
schedules = pd.DataFrame({
    name: study.query("epoch == 40 and split == 'validation' and seed < 5")
    .groupby("factor")["accuracy"].mean()
    for name, study in (("constant rate", honest), ("rate falls to 0", falling))})
schedules["gain"] = schedules["rate falls to 0"] - schedules["constant rate"]
schedules.round(5)


# %% [markdown]
# - **80 epochs** gain +0.0012 on validation, a hint; **momentum** gains +0.0007, and its interval just contains 0.
# - **A falling rate** is the one change for which the factor was tuned again: five factors, five seeds, in the table above. Validation chooses 0.0005 once more, and the falling rate gains with 0 of the five. But such a rate is half as large on average, and 40 epochs may get less far with it; that and the falling itself are not told apart here. It is no verdict on schedules that begin higher.
# - **Batches of 32** are compared at a rate that is not tuned for them. Four times as many steps of the same rate are another training, and its five runs lie far apart.
# - **Tanh and logistic units** lose, the logistic ones by far. The factor was chosen with ReLU, and the rate is the assignment's. The rows say that the assignment's settings do not suit them, not that a network of 2005, which may well have had such units, was worse.
# - **All 60,000 images** say nothing at the chosen factor: one of the three has fallen at the end ([Fig. 17.1](five_factors.ipynb)). With the three smaller factors, picked after seeing that they end calmly, they gain 0.0015, 95 % interval 0.0011 to 0.0020 (three pairs). In 40 epochs they are also a fifth more steps.
# - **One run** more, on 50,000 images as our ten, lies within ±0.0013 of their mean with a probability of 95 %, if runs are normally distributed. The gap, 0.0039, is wider.

# %%
def calm(study):
    rows = study.query("factor < 2e-4 and seed < 3 and split == 'test' and epoch == 40")
    return rows.groupby("seed")["accuracy"].mean()  # over the three smaller factors

more = calm(assigned) - calm(honest)
interval = stats.ttest_1samp(more, 0).confidence_interval()
more.mean(), interval.low, interval.high

# %% tags=["hide-cell"]
# checks
claim("hinton-longer", gains["80 epochs"]["validation"].mean(), stored=0.00124,
      about="validation accuracy of the 500-300 network gained by 80 epochs over 40, "
      "five pairs")
claim("hinton-momentum", gains["momentum 0.9, rate 0.01"]["validation"].mean(),
      stored=0.00074,
      about="validation accuracy of the 500-300 network gained by momentum 0.9 with "
      "the rate "
      "0.01 over the rate 0.1 without, five pairs")
claim("hinton-falling-factor", schedules["rate falls to 0"].idxmax(), stored=0.0005,
      about="L2 factor of five with the best mean validation accuracy when the "
      "learning rate "
      "falls to 0, five 500-300 networks each")
claim("hinton-falling-gaining", int((schedules["gain"] > 0).sum()), stored=0,
      about="L2 factors of five with which a learning rate that falls to 0 gains mean "
      "validation accuracy, five 500-300 networks each")
claim("hinton-60000", more.mean(), stored=0.00154,
      about="test accuracy gained by training on 60,000 images in place of 50,000, "
      "mean of "
      "the three smaller L2 factors, three pairs of seeds")
claim("hinton-gap", 0.9847 - base["test"].mean(), stored=0.00391,
      about="by how much the mean test accuracy of ten 500-300 networks, trained on "
      "50,000 "
      "images with the L2 factor chosen on validation, falls short of 0.9847")
claim("hinton-60000-low", interval.low, stored=0.00113,
      about="lower end of the 95 % interval of the test accuracy gained by 60,000 "
      "images")
claim("hinton-60000-high", interval.high, stored=0.00196,
      about="upper end of the 95 % interval of the test accuracy gained by 60,000 "
      "images")

# %% [markdown]
# ## What this leaves open
#
# None of these networks reaches 0.9847. But changing one setting at a time starts from one place, and sees nothing of what settings do together; [Can 0.9847 be reached?](reached.ipynb) crosses them, and asks whether 0.9847 can be reached. A single number, without its recipe and without its spread, does not say how lucky its own run was.
#
# ## Exercises
#
# > **Exercise 19.1** (One more setting, open-ended)
# >
# > Choose a row that says "not measured". Write a study of your own with `Study` and `DenseCondition` of `studies.design`, or a loop with `fit`, that compares two of its settings on the validation images, with as many seeds as [(18.2)](replicates.ipynb) asks for. Decide before you train which difference would matter to you, and which result would change your mind.
#
# <details><summary>Solution of Exercise 19.1</summary>
#
# There is no single right figure. A good answer names its difference $\delta$ and its number of seeds before the first training, uses the same seeds for both settings, reports mean and interval of the paired differences on validation images, and leaves the test set alone.
#
# </details>
#
# ## Further reading
#
# Replications that found other winners than the original papers, once everything was tuned alike: Melis et al. (2018); how much seeds and unreported settings can do: Henderson et al. (2018).

# %% [markdown]
# ## Quiz
#
# Choose an answer in your mind, then open it.
#
# **1.** With the settings tried, each changed alone, no network reaches a published accuracy. What may be concluded?
#
# <details><summary>A network of this shape cannot reach the published number.</summary>
#
# **No.** The best of what was tried is no ceiling. Most settings and nearly all combinations were never trained.
#
# </details>
#
# <details><summary>These settings do not reach it here, and others are open.</summary>
#
# **Right.** A conclusion goes no further than its design. Learning rates and combinations that were not tried may make the difference.
#
# </details>
#
# <details><summary>The published number is wrong, or was chosen by luck.</summary>
#
# **No.** That is possible, but nothing here shows it. Settings that were not reported can explain the difference as well.
#
# </details>
#
# **2.** A learning rate and an L2 factor were chosen with ReLU. With the same two, a network of tanh units does worse, clearly and in every pair of seeds. What does that say?
#
# <details><summary>These settings suit the tanh units less well.</summary>
#
# **Right.** One side had its settings chosen for it, the other had not. Which is better at its own best settings was not measured.
#
# </details>
#
# <details><summary>ReLU is the better activation function for this task.</summary>
#
# **No.** That would need settings chosen for each of them in the same way. Equal settings favor the side that they were chosen for.
#
# </details>
#
# <details><summary>Nothing, since a few pairs can never decide anything.</summary>
#
# **No.** A clear loss in every pair can well be decided, even by few. The question is of what: of these settings, not of tanh as such.
#
# </details>
