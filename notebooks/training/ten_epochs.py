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
# # Ten epochs, and ten seeds
#
# > **In short**
# >
# > In ten epochs training and test accuracy rise, steeply at first and slowly later (Fig. 12.1). At the end the network of the assignment (two hidden layers of 64 units, SGD with a learning rate of 0.1, batches of 128) classifies 97.15% of the test images correctly, on average over ten seeds (standard deviation 0.0014, 95 % interval of the mean over seeds 0.9705 to 0.9725). The training curve begins below the test curve because `fit` reports an average over the epoch; measured at the same moment, in the one run that we watched, the two differ by 0.0014 after the first epoch. The original submission has one run with 0.9699, a low one, but not unusual: 1 of our ten did no better. What it calls validation accuracy was measured on the test set.
# >
# > *Read before*: [Three sets of images, and why](../data/sets.ipynb), [The network and its 55,050 parameters](../network/parameters.ipynb), [Cross-entropy](../loss/cross_entropy.ipynb).
#
# The assignment asks for a plot: train the network for ten epochs, and draw training and validation accuracy against the epoch. The original submission answers with one run, its plot, and one final number, an accuracy of 0.9699. The notebook that it was given passes the test set to Keras as `validation_data`, so this number, and the curve called validation, come from the **test** images. No validation image was set aside at all.

# %%
submission = 0.9699  # quoted from the original submission, not measured here

# %% [markdown]
# We draw the same plot first. Then we ask why one curve lies above the other, and how much of 0.9699 would come out again if the training were repeated.
#
# ## The plot that was asked for
#
# A training needs a network, a loss, and an *optimizer*, the rule by which the weights are changed. The assignment takes two hidden layers of 64 units, the cross-entropy, and *stochastic gradient descent* (SGD) with a learning rate of 0.1: every step changes each weight against the derivative of the loss on 128 images, its *batch*. [A step, its length, its batch](step_rate_batch.ipynb) follows such a step. A function makes the network, because we are going to need several.

# %% tags=["remove-stderr"]
import keras

from mnist_utils import networks
from mnist_utils.dataset import load_mnist, preprocess

(x_train, y_train), (x_test, y_test) = load_mnist()
train_images, test_images = preprocess(x_train), preprocess(x_test)


# %%
def new_network(seed=0, **settings):
    keras.utils.set_random_seed(seed)  # the order of the images
    network = networks.dense((64, 64), seed=seed)  # the initial weights
    network.compile(keras.optimizers.SGD(learning_rate=0.1), metrics=["accuracy"],
                    loss="sparse_categorical_crossentropy", **settings)
    return network


# %% [markdown]
# The submission plots what `fit` reports. We want one number more, for a reason that comes below: the accuracy on the training images **when an epoch is over**. A *callback* gets it, an object whose methods `fit` calls at fixed moments. What it writes into `logs` appears in the history, the record of each epoch's numbers that `fit` returns.

# %%
class AfterEpoch(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        result = self.model.evaluate(train_images, y_train, batch_size=1000, verbose=0)
        logs["measured"] = result[1]


# %% [markdown]
# Now the ten epochs, with the settings of the assignment (but integer labels, which train alike), its `validation_data` included: whatever Keras calls `val_` is measured on the test set. We follow it here, and choose nothing by it. The argument `verbose=0` silences the progress bar; with `steps_per_execution=50` fifty steps are taken for each call from Python, which saves time and changes no step.

# %%
network = new_network(steps_per_execution=50)
history = network.fit(
    train_images, y_train, batch_size=128, epochs=10, verbose=0,
    validation_data=(test_images, y_test), validation_batch_size=1000,
    callbacks=[AfterEpoch()],
).history

# %% [markdown]
# How many steps were these? A step uses one batch, and the last batch of an epoch gets what is left.

# %% tags=["nbval-check-output"]
divmod(60_000, 128)

# %% [markdown]
# 468 full batches and one of 96 images make 469 steps an epoch, 4,690 in all. Plotted against the epoch, the history is the plot of the assignment.

# %% mystnb={"figure": {"name": "fig-training-asked", "caption": "The plot of the assignment. Training and test accuracy as fit reports them, one run."}, "image": {"alt": "Two rising curves over ten epochs. The training curve starts lowest, near 0.86, crosses the test curve about halfway and ends near 0.98. The test curve starts near 0.92 and ends near 0.97."}}
import matplotlib.pyplot as plt

from mnist_utils import figures  # the style of the book's plots

epochs = range(1, 11)
fig, ax = plt.subplots()
ax.plot(epochs, history["accuracy"], marker="o", label="training, as reported")
ax.plot(epochs, history["val_accuracy"], marker="s", label="test")
ax.set(xlabel="epoch", ylabel="accuracy", xticks=epochs)
ax.legend();

# %% [markdown]
# *Fig. 12.1.* The plot of the assignment. Training and test accuracy as fit reports them, one run.

# %% [markdown]
# Question 2.3 is answered. In the tenth epoch `fit` reports 0.9807 on the training images and 0.9697 on the test images (the original submission: 0.9796 and 0.9699). But look at the left end of Fig. 12.1. In the first epoch the **training** curve is far below the test curve. Is the network better at digits that it has never seen?
#
# ## When is the training accuracy measured?
#
# It is not better. After an epoch Keras runs the test images through the network as it then is. It does not do that for the training images, because they have all been through the network already, batch by batch, while it was learning. What is reported is the average over those batches.
#
# > **Definition 12.1** (Running average)
# >
# > Let batch $i$ hold $B_i$ images, of which the network classifies $A_i$ correctly as it is **before** the step on that batch. The training accuracy that `fit` reports for an epoch is $\sum_i A_i / \sum_i B_i$.
#
# We check that on 20 batches. First what `fit` reports, with the images in their own order:

# %%
few, few_labels = train_images[:2560], y_train[:2560]
log = new_network().fit(few, few_labels, batch_size=128, shuffle=False, verbose=0)
reported = log.history["accuracy"][0]

# %% [markdown]
# Then the definition, with a second network that has the same initial weights: ask, count, and only then take the step.

# %%
second, correct = new_network(), 0
for start in range(0, 2560, 128):
    images, labels = few[start:start + 128], few_labels[start:start + 128]
    correct += (second.predict_on_batch(images).argmax(axis=1) == labels).sum()
    second.train_on_batch(images, labels)
round(float(reported), 4), round(float(correct) / 2560, 4)

# %% [markdown]
# They agree. So the first point of the reported curve is an average over all networks of that epoch, from the untrained one to the one before the last step. Fig. 12.2 adds what our callback has measured after each epoch. Since an average over an epoch stands for about the middle of it, we draw the reported average half an epoch to the left.

# %% mystnb={"figure": {"name": "fig-training-when", "caption": "Training accuracy as reported (an average, drawn at the middle of its epoch), training accuracy measured after each epoch, and test accuracy."}, "image": {"alt": "Three rising curves. The reported training accuracy, drawn half an epoch earlier, and the measured one lie on one line from the second epoch on. The test curve starts together with the measured training curve at 0.92 and falls behind it, to 0.97 against 0.98."}}
fig, ax = plt.subplots()
middles = [epoch - 0.5 for epoch in epochs]
ax.plot(middles, history["accuracy"], "o", label="training, average over the epoch")
ax.plot(epochs, history["measured"], marker="^", label="training, after the epoch")
ax.plot(epochs, history["val_accuracy"], marker="s", label="test, after the epoch")
ax.set(xlabel="epoch", ylabel="accuracy", xticks=epochs)
ax.legend();

# %% [markdown]
# *Fig. 12.2.* Training accuracy as reported (an average, drawn at the middle of its epoch), training accuracy measured after each epoch, and test accuracy.

# %% tags=["hide-cell"]
# checks
from mnist_utils.claims import claim

first_gap = history["measured"][0] - history["val_accuracy"][0]
claim("training-live-reported", history["accuracy"][-1], trained=True,
      about="training accuracy that fit reports for the tenth epoch of a 64-64 network")
claim("training-live-test", history["val_accuracy"][-1], trained=True,
      about="test accuracy of one 64-64 network after ten epochs")
claim("training-running-average", bool(abs(correct / 2560 - reported) < 0.002),
      identity=True,
      about="whether fit's training accuracy is the average over batches before their "
      "steps")
claim("training-lag", history["measured"][0] - history["accuracy"][0], trained=True,
      about="training accuracy after the first epoch, minus the one that fit reports "
      "for it")
claim("training-first-gap", abs(first_gap), trained=True,
      about="training and test accuracy of a 64-64 network after its first epoch, "
      "difference")

# %% [markdown]
# That explains it for this run. Measured at the same moment, training and test accuracy after the first epoch differ by 0.0014; the value that `fit` reports lies 0.06 below the measured one. From the second epoch on, the average and the measured accuracy lie on one line, and the test accuracy falls behind it. Whether that is over-fitting is a question of [the honest protocol](honest_protocol.ipynb).
#
# ## Every run ends differently
#
# Question 2.3 was answered with one run. Train again, with other initial weights and another order of the images, and another number comes out. How different? A *study*, an experiment that was run once and stored with the book in the folder `results`, did the same with ten seeds. (A seed fixes the initial weights and the order of the images.) It states where its results come from, their *provenance*:

# %% tags=["nbval-check-output"]
from mnist_utils import results

provenance = results.provenance("dense")
{key: provenance[key] for key in ("versions", "processor", "threads", "started")}

# %% [markdown]
# The results themselves have a row for each network, epoch, and set of images. The condition `assignment` trains on all 60,000 images and measures on the test set, as we did.

# %%
dense = results.load("dense").query("condition == 'assignment'")
curves = results.summarize(dense, by=["split", "epoch"])
curves.loc["test"].loc[[1, 5, 9, 10]].round(4)

# %% [markdown]
# The column `sd` is the standard deviation over the seeds: how far a single run typically lies from the mean of all. `low` and `high` are the ends of an interval for that mean.
#
# > **Definition 12.2** (95 % interval of a mean)
# >
# > Let $m$ runs have the mean $\bar a$ and the standard deviation $s = \sqrt{\sum (a - \bar a)^2 / (m - 1)}$, where $a$ is the accuracy of a run. The 95 % t interval goes from $\bar a - t_{m-1}\, s / \sqrt{m}$ to $\bar a + t_{m-1}\, s / \sqrt{m}$. If the runs are independent draws from a normal distribution with mean $\mu$, then $(\bar a - \mu) / (s / \sqrt{m})$ follows the t distribution with $m - 1$ degrees of freedom, a bell curve like the normal one whose tails are the heavier, the smaller $m$ is; and $t_{m-1}$ is the number that this ratio exceeds with a probability of 2.5 %, and falls below $-t_{m-1}$ with 2.5 %. So the interval holds $\mu$ with a probability of 95 %.
#
# For many runs $t_{m-1}$ is near 2. For few it is larger, the price for knowing the standard deviation only roughly. The promise is one about the **procedure**: of all intervals computed in this way, 95 % hold what they are meant to catch. For runs that are not normally distributed it holds approximately, if they are not too lopsided. By hand, for the last epoch (`stats.t.ppf(0.975, m - 1)` is $t_{m-1}$):

# %%
import numpy as np
from scipy import stats

last = dense.query("split == 'test' and epoch == 10")["accuracy"]
m, mean, sd = len(last), last.mean(), last.std()
half = stats.t.ppf(0.975, m - 1) * sd / np.sqrt(m)
np.round([mean, sd, mean - half, mean + half], 4)

# %% tags=["hide-cell"]
# checks
claim("training-test-mean", mean, stored="0.97150",
      about="mean test accuracy of ten 64-64 networks after 10 epochs on 60,000 images")
claim("training-test-sd", sd, stored=0.0013736,
      about="standard deviation over the seeds of the test accuracy of ten 64-64 "
      "networks")
claim("training-test-low", curves.loc[("test", 10), "low"], stored=0.97052,
      about="lower end of the 95 % interval of the mean test accuracy of ten 64-64 "
      "networks")
claim("training-test-high", curves.loc[("test", 10), "high"], stored=0.97248,
      about="upper end of the 95 % interval of the mean test accuracy of ten 64-64 "
      "networks")
claim("training-as-low", int((last <= submission).sum()), stored=1,
      about="64-64 networks of ten whose test accuracy is no higher than the "
      "submission's")

# %% [markdown]
# The same as in the table's last row. **After ten epochs, test accuracy is 0.9715** on average over ten seeds, with a standard deviation of 0.0014 and a 95 % interval of the mean from 0.9705 to 0.9725.
#
# How does the submission's 0.9699 fit in? It lies below the interval of the mean, and 1 of our own ten networks did no better. It is a low run, but not unusual: nothing in it speaks against the submission's training. What was missing is the spread: from one run nobody can say whether another network with 0.9715 would be an improvement, or the same network on another day.
#
# > **Two intervals that are often confused**
# >
# > The interval of the mean becomes shorter, as a rule, with more runs, about as $1/\sqrt{m}$. The runs themselves do not move closer together: if they are normally distributed, about two in three lie within one standard deviation of the mean, however many there are. So a run outside the interval of the mean is nothing unusual. A result written with "±" is unclear until you add which of the two is meant, and over how many runs.
#
# And neither of them covers the choice of the 10,000 test images, which all ten networks share. That is the subject of [What 10,000 images can tell](test_size.ipynb).
#
# ## Exercises
#
# > **Exercise 12.1** (Counting steps)
# >
# > How many training steps does a network take in ten epochs of 50,000 images with batches of 32?

# %%
from mnist_utils.claims import check_answer

answer = None
check_answer("training-steps", answer, "e50a2c1f")

# %% [markdown]
# <details><summary>Solution of Exercise 12.1</summary>
#
# $50{,}000 / 32 = 1562.5$, so each epoch has 1,562 full batches and one of 16 images, which is a step as well.
#
# </details>

# %% tags=["nbval-check-output"]
# solution
check_answer("training-steps", 10 * -(-50_000 // 32), "e50a2c1f")

# %% [markdown]
# > **Exercise 12.2** (An interval from five runs)
# >
# > Five seeds gave the test accuracies 0.9702, 0.9718, 0.9709, 0.9731 and 0.9695. Compute the 95 % interval of their mean by Definition 12.2. Answer with its upper end, to four decimals.

# %%
answer = None
check_answer("five-runs", answer, "4648313f", decimals=4)

# %% [markdown]
# <details><summary>Solution of Exercise 12.2</summary>
#
# With $m = 5$, $t_4$ is 2.78. Mind `ddof=1`: without it, NumPy divides by $m$ instead of $m - 1$.
#
# </details>

# %% tags=["nbval-check-output"]
# solution
five = np.array([0.9702, 0.9718, 0.9709, 0.9731, 0.9695])
half_width = stats.t.ppf(0.975, 4) * five.std(ddof=1) / np.sqrt(5)
check_answer("five-runs", round(five.mean() + half_width, 4), "4648313f", decimals=4)

# %% [markdown]
# > **Exercise 12.3** (Three runs and a habit)
# >
# > Someone has three runs and writes $\bar a \pm 1.96\, s / \sqrt{3}$, out of habit. Suppose that runs are normally distributed. What share of such intervals holds the mean $\mu$? Answer in whole percent (`stats.t.cdf` is the probability that a t-distributed variable stays below a value, or draw 10,000 times three runs and count).

# %%
answer = None
check_answer("three-replicates", answer, "95971193")

# %% [markdown]
# <details><summary>Solution of Exercise 12.3</summary>
#
# $(\bar a - \mu) / (s / \sqrt{3})$ is t-distributed with 2 degrees of freedom. It lies between $-1.96$ and $1.96$ with this probability:
#
# </details>

# %% tags=["nbval-check-output"]
# solution
share = stats.t.cdf(1.96, 2) - stats.t.cdf(-1.96, 2)
check_answer("three-replicates", round(100 * share), "95971193")

# %% [markdown]
# <details><summary>Solution of Exercise 12.3, continued</summary>
#
# Nearly one such interval in five misses. The factor for three runs is $t_2 = 4.3$, more than twice as large.
#
# </details>
#
# ## Further reading
#
# Which sources of chance a comparison of learning methods has to cover, seeds and more: Bouthillier and others (2021).

# %% [markdown]
# ## Quiz
#
# Choose an answer in your mind, then open it.
#
# **1.** After the first epoch `fit` reports a training accuracy that is clearly below the accuracy on the test images. What is the reason?
#
# <details><summary>The test images are easier to read than the training images.</summary>
#
# **No.** They may be a little easier or harder, but that does not explain a gap which is large in the first epoch only. The two are not measured at the same moment.
#
# </details>
#
# <details><summary>The training accuracy is an average over the whole epoch.</summary>
#
# **Right.** It contains the answers of the untrained network and all after it, while the test images meet the network at the end. Measured at the same moment, the two are close.
#
# </details>
#
# <details><summary>The network over-fits, and the test images do not show it.</summary>
#
# **No.** Over-fitting would make results on training images better than on unseen ones. Here it is the other way round.
#
# </details>
#
# **2.** The accuracies of ten runs have a mean of 0.950, with a 95 % interval of the mean from 0.949 to 0.951. An eleventh run of the same recipe ends at 0.948. What follows?
#
# <details><summary>Nothing: single runs spread more widely than their mean.</summary>
#
# **Right.** The interval is about the mean of many runs. The standard deviation of single runs is larger than the half width by $\sqrt{m}/t_{m-1}$, here about 1.4, so a run two thousandths away is nothing unusual.
#
# </details>
#
# <details><summary>Its training has failed, since 95 % of runs lie inside.</summary>
#
# **No.** The 95 % are not a share of runs: of all intervals that are computed in this way, 95 % hold the true mean. Single runs lie outside quite often.
#
# </details>
#
# <details><summary>The interval is wrong, since it should hold new runs too.</summary>
#
# **No.** A range that catches the next run in 95 % of the cases is a prediction interval, which is longer. This one was made for the mean.
#
# </details>
#
# **3.** A recipe was run with 10 seeds, and is now run with 40. What happens, about, to the standard deviation of the runs and to the length of the interval of their mean?
#
# <details><summary>Both of them become about half as large.</summary>
#
# **No.** More runs do not move closer together. Only what is known about their mean becomes more exact.
#
# </details>
#
# <details><summary>Both of them stay about as they have been.</summary>
#
# **No.** The spread of the runs stays, but the mean of four times as many is known about twice as exactly.
#
# </details>
#
# <details><summary>The first stays, the second is halved.</summary>
#
# **Right.** The standard deviation describes the recipe, the interval our knowledge of its mean. The latter shrinks about as $1/\sqrt{m}$.
#
# </details>
