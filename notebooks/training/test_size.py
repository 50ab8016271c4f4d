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
# # What 10,000 images can tell
#
# > **In short**
# >
# > A test set is a sample: by chance of which 10,000 images are in it, the accuracy 0.97 of a network varies with a standard error of 0.0017, and more seeds lower that only a little. For the submission's 0.9699, Wilson's 95 % interval goes from 0.9664 to 0.9731. Two networks that answer the same images are compared on those images where exactly one of them is right, which is sharper. One 64-64 network is about as often right as its probabilities say: with the test images sorted into ten bins by confidence, the two differ by 0.004 on average, and by chance alone it would be 0.003. One network that over-fits 1,000 images is on average more confident than it is accurate, by 0.08.
# >
# > *Read before*: [Ten epochs, and ten seeds](ten_epochs.ipynb), [The honest protocol](honest_protocol.ipynb).
#
# Ten seeds on one test set say how much the training varies. They share the 10,000 images, so their spread knows little of a second kind of chance: another 10,000 digits would give another accuracy, for the very same network. How different?
#
# ## The standard error
#
# Let $a$ be the probability that the network is right about a new image. Then $n$ independent images are like $n$ tosses of a coin that shows heads with probability $a$; the number of heads is said to be binomially distributed. The accuracy that we measure, $\hat a$, the share of heads, has the standard deviation
#
# $$
# \operatorname{SE}(\hat a) = \sqrt{\frac{a (1 - a)}{n}},
# \tag{15.1}
# $$
#
# the *standard error*. We compare it with 100,000 simulated test sets of 10,000 images.

# %%
import numpy as np

standard_error = np.sqrt(0.97 * 0.03 / 10_000)
simulated = np.random.default_rng(seed=0).binomial(10_000, 0.97, size=100_000) / 10_000
np.round([standard_error, simulated.std()], 5)

# %% [markdown]
# By chance of which images are in the test set, accuracy varies by 0.0017. That is about as much as the standard deviation over the ten seeds of [Ten epochs, and ten seeds](ten_epochs.ipynb), and most of it comes **on top** of that.
#
# The formula counts images as independent. They are not quite: one person wrote many of them. For digits by new people the standard error is likely to be larger, and these images cannot say by how much, since the files do not name the writers.
#
# ### Wilson's interval
#
# Which accuracies $a$ are compatible with what was measured? The textbook answer is $\hat a \pm 1.96 \operatorname{SE}(\hat a)$, with $\hat a$ put in the place of the unknown $a$. That substitution goes wrong when errors are few. The *Wilson interval* avoids it (Wilson, 1927): it takes all $a$ from which $\hat a$ is at most $\beta = 1.96$ standard errors away, where the standard error is that of $a$ itself. Solved for $a$ that is
#
# $$
# \frac{1}{1 + \beta^2 / n} \left( \hat a + \frac{\beta^2}{2n} \pm \beta \sqrt{\frac{\hat a (1 - \hat a)}{n} + \frac{\beta^2}{4 n^2}} \right).
# \tag{15.2}
# $$
#
# We compute it for the submission's 9,699 correct images, by the formula and with SciPy.

# %%
from scipy import stats

def wilson(correct, n, beta=stats.norm.ppf(0.975)):
    share = correct / n
    middle = share + beta**2 / (2 * n)
    reach = beta * np.sqrt(share * (1 - share) / n + beta**2 / (4 * n**2))
    return (middle - reach) / (1 + beta**2 / n), (middle + reach) / (1 + beta**2 / n)

low, high = wilson(9_699, 10_000)
from_scipy = stats.binomtest(9_699, 10_000).proportion_ci(method="wilson")
np.round([low, high, *from_scipy], 4)

# %% [markdown]
# Do the two intervals keep their promise? Where errors are fewer, with 100 images and $a = 0.97$, the answer can be computed: add up the probabilities of all counts whose interval holds $a$.

# %%
counts = np.arange(101)
probability = stats.binom.pmf(counts, 100, 0.97)
wilson_low, wilson_high = wilson(counts, 100)
by_wilson = probability[(wilson_low <= 0.97) & (0.97 <= wilson_high)].sum()
shares = counts / 100
reach = 1.96 * np.sqrt(shares * (1 - shares) / 100)
by_textbook = probability[np.abs(shares - 0.97) <= reach].sum()

# %% tags=["hide-cell"]
# checks
from mnist_utils.claims import claim

claim("training-standard-error", standard_error, identity=0.0017059,
      about="standard error of an accuracy of 0.97 measured on 10,000 images")
claim("training-wilson-low", f"{low:.4f}", identity="0.9664",
      about="lower end of the 95 % Wilson interval of 9,699 correct of 10,000")
claim("training-wilson-high", f"{high:.4f}", identity="0.9731",
      about="upper end of the 95 % Wilson interval of 9,699 correct of 10,000")
claim("training-wilson-coverage", by_wilson, identity=0.9688,
      about="share of 95 % Wilson intervals that hold an accuracy of 0.97, 100 images")
claim("training-textbook-coverage", by_textbook, identity=0.8022,
      about="share of 95 % textbook intervals that hold an accuracy of 0.97, 100 "
      "images")

# %% [markdown]
# The probability that the submission's network is right about a new digit of this kind lies between 0.9664 and 0.9731, with 95 % confidence: intervals made in this way hold the truth in about 95 % of the cases. With 100 images Wilson's holds it in 97% of the cases (not exactly 95 %, since a count of images is a whole number); the textbook's "95 %" are 80%. With 10,000 images the two hardly differ, but there is no reason to use the worse one.
#
# ## Two sets of images, two networks
#
# If two networks with accuracies near 0.97 are measured on **different** sets of 10,000 images, the standard error of the difference is $\sqrt{2}$ times that of one. Equally good networks then differ by more than 0.0047 in one case of twenty. In LeCun's table of results a network of 500 and 300 hidden units has an error of 1.53 %, and one of 800 hidden units 1.6 % (LeCun et al., 1998a): about seven images apart. On different test sets chance would produce such a difference, or a larger one, between equally good networks most of the time. They were measured on the same one, so a paired comparison could be sharper. But the table does not give what it needs, the answers to single images.
#
# And the test images that were easier than the validation images ([The honest protocol](honest_protocol.ipynb))? These are different images, so the limit applies, computed from the two mean accuracies of the same ten networks:

# %%
from mnist_utils import results

visible = 1.96 * np.sqrt(2) * standard_error
honest = results.load("dense").query("condition == 'validation' and epoch == 10")
test, validation = (honest[honest["split"] == name]["accuracy"].mean()
                    for name in ("test", "validation"))
limit = 1.96 * np.sqrt(sum(a * (1 - a) / 10_000 for a in (test, validation)))
np.round([test - validation, limit], 5)

# %% [markdown]
# The difference is 1.1 times the limit; and that limit is for one network, while a mean of ten varies somewhat less with the images. So it is a hint, and no more, that test images are easier in general: we saw the difference before we tested it, it is just beyond the limit for one network, and it concerns these 10,000 of the training images, where others may compare differently. Ten more seeds would not tell.
#
# ### On the same images
#
# Networks that answer the **same** images can be compared more sharply, because most images do not matter: those that both get right, and those that both get wrong. As an example we take a network after five epochs, and after ten, trained and measured as the assignment does it.

# %% tags=["remove-stderr"]
import keras

from mnist_utils import networks
from mnist_utils.dataset import load_mnist, preprocess, split

(x_train, y_train), (x_test, y_test) = load_mnist()
train_images, test_images = preprocess(x_train), preprocess(x_test)

def new_network():
    keras.utils.set_random_seed(0)
    network = networks.dense((64, 64), seed=0)
    network.compile(keras.optimizers.SGD(learning_rate=0.1),
                    "sparse_categorical_crossentropy", steps_per_execution=50)
    return network


# %%
network, answers_after = new_network(), {}
for epoch in (5, 10):
    network.fit(train_images, y_train, batch_size=128, epochs=5, verbose=0)
    probabilities = network.predict(test_images, batch_size=1000, verbose=0)
    answers_after[epoch] = probabilities.argmax(axis=1)
right_five, right_ten = (answers_after[epoch] == y_test for epoch in (5, 10))
[np.round(wilson(right.sum(), 10_000), 4).tolist() for right in (right_five, right_ten)]

# %% [markdown]
# Judged by these two intervals alone, one would hesitate. Now count the images on which exactly one of the two is right. If the two were equally good, each of these would be a fair coin: as often the one is right as the other. How likely is it that fair coins come out at least as lopsided as this? Such a probability is called a *p-value*, and this is *McNemar's test* (McNemar, 1947).

# %%
only_five, only_ten = (right_five & ~right_ten).sum(), (~right_five & right_ten).sum()
p_value = stats.binomtest(only_ten, only_ten + only_five).pvalue
differences = right_ten.astype(int) - right_five.astype(int)
paired_error = differences.std() / np.sqrt(10_000)
int(only_five), int(only_ten), float(p_value)

# %% tags=["hide-cell"]
# checks
claim("training-visible-difference", f"{visible:.4f}", identity="0.0047",
      about="difference of accuracies near 0.97 that chance exceeds in 5 % of cases, "
      "unpaired")
claim("training-easier-ratio", (test - validation) / limit, stored=1.10286,
      about="test minus validation accuracy of ten networks, over the 5 % limit for "
      "one")
claim("training-paired-error", paired_error / (np.sqrt(2) * standard_error),
      trained=True,
      about="standard error of a paired difference of two networks, over the unpaired "
      "one")

# %% [markdown]
# So chance of the images is a poor explanation: of these two networks, the one with five more epochs is the better one for digits such as these. The pairing has cut the standard error to 0.51 of the unpaired one, at no cost but keeping the answers. What the test does **not** say: that training for ten epochs is better than for five in general. It compares two networks, not two recipes, and two moments of one training. For recipes you need seeds.
#
# ## Where it is wrong
#
# An accuracy says how often the network errs, not where. The *confusion matrix* does: a row for each digit, a column for each answer.

# %% mystnb={"figure": {"name": "fig-training-confusion", "caption": "Confusion matrix of the trained network on the test set. Each row is a digit, each column an answer; the errors lie off the diagonal."}, "image": {"alt": "A ten by ten table of counts. The diagonal holds around 900 to 1,100 each. Off it most cells are below 5; a few reach 10 to 20, among them answers 9 to a four, 3 to an eight, and 7 to a two."}}
import pandas as pd

from mnist_utils import figures

answers = answers_after[10]
confusion = pd.crosstab(y_test, answers, rownames=["digit"], colnames=["answer"])
figure, axis = figures.show_matrix(confusion, value_range=(0, 30))

# %% [markdown]
# *Fig. 15.1.* Confusion matrix of the trained network on the test set. Each row is a digit, each column an answer; the errors lie off the diagonal.

# %% [markdown]
# Pairs of digits whose mean images resemble each other are suspects: 9 with 4 and 7, and 3, 5 and 8 among themselves. Were they confused? And how uneven are the losses?

# %%
wrong = answers != y_test
suspects = [{4, 9}, {7, 9}, {3, 5}, {3, 8}, {5, 8}]
suspected = [{label, answer} in suspects for label, answer in zip(y_test, answers)]
suspected_share = (wrong & suspected).sum() / wrong.sum()
image_losses = -np.log(probabilities[np.arange(10_000), y_test])
worst = np.argsort(-image_losses)[:100]
worst_share = image_losses[worst].sum() / image_losses.sum()

# %% [markdown]
# Of the 90 ways to mistake one digit for another, ten belong to these five pairs, 11 %. They make up 29% of the errors. The suspicion was right, and it was not the whole story: look for the largest numbers off the diagonal in Fig. 15.1. The images that the network is most wrong about are those where the correct digit $c$ got little probability, so that $-\log p_c$ is large (Fig. 15.2).

# %% mystnb={"figure": {"name": "fig-training-wrong", "caption": "The 16 test digits with the largest loss, largest first. Above each, its label and the network's answer."}, "image": {"alt": "Sixteen handwritten digits in two rows, each titled with two digits, label and answer. Many are odd, with a missing or an extra stroke, cut off, or drawn with a thick pen; a few are clear to a person."}}
titles = [f"{y_test[i]}, not {answers[i]}" for i in worst[:16]]
figure, axes = figures.show_digits(x_test[worst[:16]], titles, columns=8, size=0.9)

# %% [markdown]
# *Fig. 15.2.* The 16 test digits with the largest loss, largest first. Above each, its label and the network's answer.

# %% [markdown]
# Some of them would give a person pause; a few are perfectly clear. The worst 100 images, one in a hundred, carry 46% of the sum of the losses. A mean loss says far more about the worst images than about the typical one.
#
# ## Does it know when it is wrong?
#
# The network gives probabilities. Its *confidence* $r$ in an answer is the largest of the ten. Should we believe it?
#
# > **Definition 15.1** (Calibration)
# >
# > A classifier is *calibrated* if, among the images that it answers with confidence $r$, the share $r$ is classified correctly, for every $r$.
#
# To check it, sort the test images into ten bins by their confidence, and compare in each bin the mean confidence with the accuracy. As one number, take the distance of the two, averaged over the bins with their numbers of images as weights: the *expected calibration error* (Guo et al., 2017),
#
# $$
# \operatorname{ECE} = \sum_i \frac{n_i}{n} \left\lvert \hat a_i - \bar r_i \right\rvert ,
# \tag{15.3}
# $$
#
# where bin $i$ holds $n_i$ of the $n$ images, with accuracy $\hat a_i$ and mean confidence $\bar r_i$.

# %%
confidence = probabilities.max(axis=1)
bins = pd.cut(confidence, np.linspace(0, 1, 11))

def calibration(right):
    judged = pd.DataFrame({"confidence": confidence, "accuracy": right})
    groups = judged.groupby(bins, observed=True)
    table = groups.mean().assign(images=groups.size())
    gaps = (table["accuracy"] - table["confidence"]).abs()
    return table, (gaps * table["images"]).sum() / len(judged)

reliability, ece = calibration(~wrong)

# %% mystnb={"figure": {"name": "fig-training-calibration", "caption": "Accuracy against mean confidence in bins of the test images, with 95 % Wilson intervals. On the dashed line the network would be calibrated."}, "image": {"alt": "Points with vertical error bars rising along the diagonal to 1. Nearly all intervals cross the diagonal. In the lowest bins, with few images, they span most of the axis; in the last one they are too short to see."}}
import matplotlib.pyplot as plt

accuracy, images = reliability["accuracy"], reliability["images"]
low, high = wilson(accuracy * images, images)
reach = np.clip([accuracy - low, high - accuracy], 0, None)  # rounding: no -1e-17
fig, ax = plt.subplots(figsize=(4.4, 4))
ax.plot([0, 1], [0, 1], "k--", linewidth=1)
ax.errorbar(reliability["confidence"], accuracy, yerr=reach, fmt="o", capsize=3)
ax.set(xlabel="mean confidence", ylabel="accuracy", aspect="equal");

# %% [markdown]
# *Fig. 15.3.* Accuracy against mean confidence in bins of the test images, with 95 % Wilson intervals. On the dashed line the network would be calibrated.

# %% [markdown]
# The intervals in Fig. 15.3 are needed: the bins of low confidence hold few images, and without a scale for chance one would read a meaning into every point. The calibration error needs a scale as well. A distance is never negative, so chance alone makes it larger than 0. How large would it be for a network that **is** calibrated? Draw for each image whether its answer is right, with the confidence as the probability, and compute the error of 100 such imagined test sets.

# %%
draws = np.random.default_rng(seed=1).random((100, 10_000))
by_chance = np.array([calibration(draw < confidence)[1] for draw in draws])
np.round([ece, by_chance.mean(), by_chance.max()], 4)

# %% [markdown]
# The same question, "should we believe it?", now goes to a network that has a reason to be too sure, since it [over-fits](honest_protocol.ipynb) 1,000 images. It is judged by the validation images.

# %%
(x_fit, y_fit), (x_validation, y_validation) = split(x_train, y_train)
over_fitted = new_network()
over_fitted.fit(preprocess(x_fit[:1000]), y_fit[:1000], batch_size=32, epochs=40,
                verbose=0)
over_sure = over_fitted.predict(preprocess(x_validation), batch_size=2000, verbose=0)
over_accuracy = (over_sure.argmax(axis=1) == y_validation).mean()

# %% tags=["hide-cell"]
# checks
claim("training-suspected", suspected_share, trained=True,
      about="share of a 64-64 network's test errors among five suspected pairs of "
      "digits")
claim("training-worst-share", worst_share, trained=True,
      about="share of a 64-64 network's total test loss that its 100 worst images "
      "make up")
claim("training-calibration-error", ece, trained=True,
      about="expected calibration error of a 64-64 network on the test set, ten bins")
claim("training-calibration-chance", by_chance.mean(), trained=True,
      about="mean calibration error if a 64-64 network was calibrated, 100 imagined "
      "test sets")
claim("training-over-confidence", over_sure.max(axis=1).mean() - over_accuracy,
      trained=True,
      about="mean confidence minus accuracy of a network that over-fits 1,000 images")

# %% [markdown]
# Chance alone would give a calibrated network an error of 0.0029 on average. Ours has 0.0035; the last number of the output before says how far chance went in 100 test sets. So what is wrong with its confidence is a few thousandths on average, as far as ten bins show it, and a good part of that can be chance. It is an average: most of the images lie in the bin of the highest confidence, and the number says little about the others. The network that over-fitted is 0.078 more confident on average than it is accurate. In [The honest protocol](honest_protocol.ipynb) the validation loss of such a network rose while its accuracy did not fall: over-fitting showed in the probabilities, so watch the loss as well.
#
# ## Exercises
#
# > **Exercise 15.1** (How many test images?)
# >
# > How many test images would it take to know an accuracy of 0.97 to $\pm 0.001$, with 95 % confidence? Use 1.96 standard errors, and answer in thousands, rounded (for 85,000 images, answer 85). For comparison: QMNIST restored 60,000 test digits in all (Yadav and Bottou, 2019).

# %%
from mnist_utils.claims import check_answer

answer = None
check_answer("test-size", answer, "2ac404b2")

# %% [markdown]
# <details><summary>Solution of Exercise 15.1</summary>
#
# Solve $1.96 \sqrt{a (1 - a) / n} = 0.001$ for $n$.
#
# </details>

# %% tags=["nbval-check-output"]
# solution
images = 1.96**2 * 0.97 * 0.03 / 0.001**2
check_answer("test-size", round(images / 1000), "2ac404b2")

# %% [markdown]
# <details><summary>Solution of Exercise 15.1, continued</summary>
#
# More than all test digits of MNIST, even with QMNIST's 60,000. An improvement of 0.001 can be shown with 10,000 images only in pairs, if at all.
#
# </details>
#
# > **Exercise 15.2** (The easier half)
# >
# > The web page of the database calls the first 5,000 test images cleaner and easier than the last 5,000 (LeCun et al., 1998a). Does our network agree (use `right_ten`)? Answer with `"first"` or `"second"`, for the half that it finds easier.

# %%
answer = None
check_answer("easier-half", answer, "da851cd4")

# %% [markdown]
# *The solution of Exercise 15.2 is in the closed cells below.*

# %% tags=["nbval-check-output"]
# solution
halves = [right_ten[:5000].mean(), right_ten[5000:].mean()]
check_answer("easier-half", ["first", "second"][int(np.argmax(halves))], "da851cd4")

# %% [markdown]
# <details><summary>Solution of Exercise 15.2</summary>
#
# It does not, and by many standard errors (of different images, so unpaired; (15.1) with $n = 5{,}000$ and a factor of $\sqrt{2}$). In the files as they are distributed, the **second** half is the easier one for our network. Believe a page, even the original one, after you have counted. (And shuffle before you take "the first thousand test images" for a quick check.)
#
# </details>
#
# ## Further reading
#
# Tests for comparisons of classifiers, McNemar's among them: Dietterich (1998). How deep networks lost their calibration, and how to restore it: Guo et al. (2017).

# %% [markdown]
# ## Quiz
#
# Choose an answer in your mind, then open it.
#
# **1.** A mean accuracy over ten seeds is uncertain for two reasons: the seeds, and which images are in the test set. Now a hundred seeds are trained and measured on the same test set. What becomes of the second reason?
#
# <details><summary>It is reduced to about a third, as the seeds are ten times as many.</summary>
#
# **No.** That is what happens to the first reason. All hundred networks answer the same images, and share most of their luck.
#
# </details>
#
# <details><summary>It vanishes, as so many networks have answered every image.</summary>
#
# **No.** More answers to the same images say nothing of how other images would have been answered.
#
# </details>
#
# <details><summary>It stays nearly as it is: all are measured on the same images.</summary>
#
# **Right.** More seeds reduce it hardly any further; more or other images do. An interval over seeds contains little of it.
#
# </details>
#
# **2.** One network of recipe A and one of recipe B answer the same 10,000 images. McNemar's test says that A is better, with a p-value of 0.0001. What has been shown?
#
# <details><summary>That recipe A makes better networks than recipe B does.</summary>
#
# **No.** Another seed could have given another network of each recipe. For a statement on recipes one needs several seeds of both.
#
# </details>
#
# <details><summary>That A's network is better on images like these.</summary>
#
# **Right.** The test asks whether the luck of the images explains the difference between these two networks. The luck of the seeds is not in it.
#
# </details>
#
# <details><summary>That both are equally good with a probability of 0.0001.</summary>
#
# **No.** A p-value is computed under the assumption that they are equally good. It is not the probability of that assumption.
#
# </details>
#
# **3.** A network answers 1,000 images with a confidence of 0.9 each, and 800 of these answers are right. What can be said of its confidence there?
#
# <details><summary>It is calibrated, as nearly all of its answers are right.</summary>
#
# **No.** Calibrated means that confidence and accuracy agree, not that the accuracy is high. Here it promises 0.9 and keeps 0.8.
#
# </details>
#
# <details><summary>It cannot be judged without the other nine probabilities.</summary>
#
# **No.** Calibration compares the probability of the answer with the share of right answers, and both are known here.
#
# </details>
#
# <details><summary>It is too large, as 900 of the answers should be right.</summary>
#
# **Right.** Of answers with the confidence 0.9, nine in ten would have to be right. A distance of 0.1 on 1,000 images is far beyond chance: the network is overconfident there.
#
# </details>
