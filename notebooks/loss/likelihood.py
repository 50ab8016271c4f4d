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
# # Where the loss comes from
#
# > **In short**
# >
# > Cross-entropy is not one formula among many that happen to work. Its mean over the training images is the negative logarithm of the probability that the network gives to **all their labels together**, divided by the number of images: minimizing it prefers the weights under which the labels were most probable. The product itself could not be used: for the 60,000 training images and a stored network of 1,828 parameters it is about $10^{-N}$ with $N =$ 638. The second way to the same formula: cross-entropy is the entropy of the label plus the divergence of the prediction from it, which is never negative and 0 only for $p = y$. So on average it is smallest at the true probabilities, and asks the network for them; and where the classes cannot be told apart, even a perfect network keeps a loss above 0.
# >
# > *Read before*: [Cross-entropy](cross_entropy.ipynb).
#
# Why minus, why a logarithm, why a mean? The formula $L = -\sum_i y_i \log p_i$ looks like a choice. This lesson derives it twice.
#
# ## The labels as evidence
#
# We need probabilities for images with known labels. The book keeps some networks that it has trained; this one, called `small`, has 1,828 parameters, and was trained on all 60,000 training images.

# %%
import numpy as np

from mnist_utils.dataset import load_mnist, preprocess

(x_train, y_train), _ = load_mnist()
images = preprocess(x_train)

# %% tags=["remove-stderr"]
from mnist_utils import results

network = results.load_network("small", "final")
p = network.predict(images, batch_size=1000, verbose=0).astype("float64")
q = p[np.arange(len(p)), y_train]
q[:3].round(4)

# %% [markdown]
# These three numbers are the probabilities of the correct classes of three images. Draw a label for each image from the network's probabilities, independently. The probability that **all** $n$ draws give the labels that we saw is the product over the images
#
# $$
# P = \prod q .
# \tag{8.1}
# $$
#
# Seen as a function of the weights, $P$ is called their *likelihood*. *Maximum likelihood* is the idea to prefer the weights under which the labels that we saw were most probable. We try to compute it, for three images and for all:

# %%
np.prod(q[:3]).round(4).item(), np.prod(q).item()

# %% [markdown]
# The true product is not zero, but it is smaller than any positive number that `float64` can hold. So we take its logarithm. The logarithm grows with its argument, so the weights that make $P$ largest also make $\log P$ largest, and it turns the product into a sum of harmless numbers.

# %%
log_likelihood = np.log(q).sum()
exponent = log_likelihood / np.log(10)  # the same as a power of ten
log_likelihood.item(), exponent.item()

# %% [markdown]
# $$
# \begin{aligned}
# -\frac{1}{n} \log P &= \frac{1}{n} \sum (-\log q) \\
#   &= \frac{1}{n} \sum L = \bar L .
# \end{aligned}
# \tag{8.2}
# $$
#
# This is the mean cross-entropy. The minus sign turns "make large" into "make small", and the division by $n$ makes the number independent of how many images there are, so that a batch of 128 images, drawn at random, can estimate it. Where $P$ is largest, $\bar L$ is smallest. Fifty factors still fit into a `float64`, which lets us check the equation:

# %%
(-np.log(np.prod(q[:50])) / 50).item(), (-np.log(q[:50])).mean().item()

# %% tags=["hide-cell"]
# checks
from mnist_utils.claims import claim

claim("likelihood-exponent", -exponent, stored=637.5,
      about="minus the decimal logarithm of the product of the probabilities that a "
      "stored "
            "network of 1,828 parameters gives to the labels of the 60,000 training "
            "images")

# %% [markdown]
# ## The smallest possible model
#
# That both have their optimum in the same place can be watched with a model that ignores the picture and has one parameter: the probability that the digit is a one. Which value fits the first 50 labels best?

# %%
ones = (y_train[:50] == 1).sum()
candidates = np.arange(1, 100) / 100
likelihood = candidates**ones * (1 - candidates) ** (50 - ones)
mean_loss = -(ones * np.log(candidates) + (50 - ones) * np.log(1 - candidates)) / 50
best = candidates[likelihood.argmax()], candidates[mean_loss.argmin()], ones / 50
[value.item() for value in best]

# %% [markdown]
# The largest likelihood, the smallest loss, and the third number, the share of ones among the 50 labels, all agree. The same holds for ten classes: the best constant prediction is the share of each, as (8.4) will prove. Its loss is what can be had without looking at the pictures:

# %%
shares = np.bincount(y_train) / len(y_train)
constant_loss = -np.log(shares)[y_train].mean()
constant_loss.item(), np.log(10).item()

# %% tags=["hide-cell"]
# checks
claim("entropy-of-shares", constant_loss, data=2.3012,
      about="mean loss on the 60,000 training labels of predicting the share of each "
      "digit")

# %% [markdown]
# It is 2.3012. The digits are almost equally frequent, so knowing their frequencies gains almost nothing over $\log 10$.
#
# ## A distance between distributions
#
# The second way to the formula starts from a different question: how far is the prediction $p$ from the label $y$, both taken as probability distributions? Labels are not always certain. Show a badly written digit to ten people, and seven may say "one" and three "seven". Then the honest label is a *soft label*, $y_1 = 0.7$ and $y_7 = 0.3$, and [Definition 7.1](cross_entropy.ipynb) allows it.
#
# > **Definition 8.1** (Entropy and Kullback-Leibler divergence)
# >
# > The *entropy* of a distribution $y$ (Shannon, 1948), and the *Kullback-Leibler divergence* of $p$ from $y$ (Kullback and Leibler, 1951), are
# >
# > $$
# > \begin{aligned}
# > H(y) &= -\sum_{i=0}^{K-1} y_i \log y_i, \\
# > D(y \,\|\, p) &= \sum_{i=0}^{K-1} y_i \log \frac{y_i}{p_i},
# > \end{aligned}
# > $$
# >
# > where terms with $y_i = 0$ count as 0.
#
# The entropy is the cross-entropy of $y$ with itself: the loss that remains when the prediction is perfect. The divergence is the rest. To see it, insert $\log y_i - \log y_i$ into the definition of $L$:
#
# $$
# \begin{aligned}
# L &= -\sum_i y_i \log p_i \\
#   &= -\sum_i y_i \log y_i + \sum_i y_i (\log y_i - \log p_i) \\
#   &= H(y) + D(y \,\|\, p) .
# \end{aligned}
# \tag{8.3}
# $$
#
# SciPy has the terms of all three sums, with $0 \log 0 = 0$ built in: `xlogy(y, p)` is $y \log p$, `entr(y)` is $-y \log y$, and `rel_entr(y, p)` is $y \log (y / p)$. The third number of the next output is the difference of the first two.

# %%
from scipy.special import entr, rel_entr, xlogy

soft = np.array([0, 0.7, 0, 0, 0, 0, 0, 0.3, 0, 0])
guess = np.array([0.01, 0.5, 0.01, 0.05, 0.05, 0.03, 0.02, 0.3, 0.01, 0.02])
loss, entropy = -xlogy(soft, guess).sum(), entr(soft).sum()
divergence = rel_entr(soft, guess).sum()
[round(value.item(), 4) for value in (loss, entropy, divergence)]

# %% [markdown]
# $H(y)$ contains only the label. The network cannot change it; to training it is a constant, with the gradient 0. So **minimizing cross-entropy is minimizing the divergence**, and for one-hot labels, where $H(y) = 0$, the two are even equal.
#
# In which sense is the divergence a distance? It is never negative, and zero only for $p = y$. The curve of the logarithm nowhere lies above its tangent at 1, the line "number minus 1", and touches it only there, so
#
# $$
# \begin{aligned}
# -D(y \,\|\, p) &= \sum_{y_i > 0} y_i \log \frac{p_i}{y_i} \\
#   &\le \sum_{y_i > 0} y_i \left( \frac{p_i}{y_i} - 1 \right) \\
#   &= \sum_{y_i > 0} p_i - 1 \;\le\; 0 .
# \end{aligned}
# \tag{8.4}
# $$
#
# Equality needs $p_i = y_i$ wherever $y_i > 0$; these already add up to 1, so the other $p_i$ are 0, and $p = y$. (It is not a distance in the strict sense: $D(y \,\|\, p)$ and $D(p \,\|\, y)$ differ. Training uses the one with the label in front.)
#
# ## Honesty pays best
#
# The consequence is a reason to read the outputs as probabilities. Take one badly written digit, and suppose that of all images which look like it, a share of 0.7 were meant as ones and 0.3 as sevens, each with a one-hot label. The mean loss over them is the cross-entropy with the soft label, because the loss is linear in $y$. Which prediction makes it smallest?

# %%
given = np.linspace(0.02, 0.98, 961)
curve = -(0.7 * np.log(given) + 0.3 * np.log(1 - given))
given[curve.argmin()].round(3).item(), curve.min().round(4).item()

# %% mystnb={"figure": {"name": "fig-honest", "caption": "Mean loss over images of which 70 % are ones and 30 % are sevens, against the probability given to \"one\"; the rest is given to \"seven\"."}, "image": {"alt": "A U-shaped curve with its lowest point at 0.7. A dashed horizontal line at the entropy, 0.61, touches the curve there. The gap between line and curve is labeled divergence."}}
import matplotlib.pyplot as plt

from mnist_utils import figures

fig, ax = plt.subplots(figsize=(6, 3))
ax.plot(given, curve, label="cross-entropy")
ax.axhline(entropy, color="black", linestyle="--", label="entropy of the label")
ax.annotate("", (0.2, entropy), (0.2, 1.2), arrowprops={"arrowstyle": "<->"})
ax.text(0.19, 0.8, "divergence", ha="right")
ax.set(xlabel="probability given to “one”", ylabel="mean loss", ylim=(0, 2.5))
ax.legend();

# %% [markdown]
# *Fig. 8.1.* Mean loss over images of which 70 % are ones and 30 % are sevens, against the probability given to "one"; the rest is given to "seven".

# %% tags=["hide-cell"]
# checks
claim("honest-probability", given[curve.argmin()], identity=0.7, within=0.001,
      about="probability for 'one' with the smallest mean cross-entropy when 7 of 10 "
            "images that look alike are ones")

# %% [markdown]
# In Fig. 8.1 the lowest point lies at 0.70, the true share. That is what the loss asks for; whether a trained network delivers it has to be measured ([Does it know when it is wrong?](../training/test_size.ipynb)). A loss whose mean is smallest at the true probabilities is called a *proper scoring rule*, and strictly proper if it is smallest only there (Gneiting and Raftery, 2007). Cross-entropy is strictly proper. It is not the only one: [Is another loss possible?](squared_error.ipynb) shows another. The figure also shows that even a perfect network cannot reach a loss of 0 on images that are truly ambiguous.
#
# Soft labels also come into use where the labels are certain: *label smoothing* takes a little from the correct class and spreads it over all (Szegedy et al., 2016), so that no logit has a reason to grow without end.
#
# ## Exercises
#
# > **Exercise 8.1** (Two networks, a hundred labels)
# >
# > On the same 100 images, one network has a mean loss of 0.30, the other of 0.25. How many times as probable, as a whole number, are the 100 labels together under the second?

# %%
from mnist_utils.claims import check_answer

answer = None
check_answer("likelihood-of-two", answer, "417eec61")

# %% [markdown]
# <details><summary>Solution of Exercise 8.1</summary>
#
# By (8.2), $\log P = -n \bar L$: $-30$ for the one, $-25$ for the other. The ratio of the two products is $e^5$. A small difference in the mean loss is a large one in the likelihood.
#
# </details>

# %%
# solution
check_answer("likelihood-of-two", round(np.exp(100 * (0.30 - 0.25))), "417eec61")

# %% [markdown]
# > **Exercise 8.2** (The floor of a smoothed loss)
# >
# > With `label_smoothing=0.1`, Keras replaces a one-hot label by 0.9 times that label plus 0.01 in each of the ten places. Below which value can the training loss not fall? Answer with two decimals.

# %%
answer = None
check_answer("smoothing-floor", answer, "608a46d5", decimals=2)

# %% [markdown]
# <details><summary>Solution of Exercise 8.2</summary>
#
# By (8.3) the smallest loss is the entropy of the label, here 0.91 once and 0.01 nine times. A loss that levels off there is not a fault, and cannot be compared with one for unsmoothed labels.
#
# </details>

# %%
# solution
smoothed = 0.9 * np.eye(10)[0] + 0.01
check_answer("smoothing-floor", round(entr(smoothed).sum(), 2), "608a46d5", decimals=2)

# %% [markdown]
# ## Further reading
#
# Maximum likelihood: Goodfellow et al. (2016), section 5.5. Where entropy comes from, and what it has to do with the length of messages: Shannon (1948). Scoring rules in general: Gneiting and Raftery (2007).

# %% [markdown]
# ## Quiz
#
# Choose an answer in your mind, then open it.
#
# **1.** Why does one work with the logarithm of the likelihood of 60,000 labels, and not with the likelihood itself?
#
# <details><summary>Because the logarithm leads to better weights than the product.</summary>
#
# **No.** The logarithm grows with its argument, so both have their maximum at the same weights. Nothing is gained or lost there.
#
# </details>
#
# <details><summary>Because the product is as a rule too small for <code>float64</code>.</summary>
#
# **Right.** A product of so many probabilities underflows to 0, even if most of them are close to 1. The sum of the logarithms is a harmless number.
#
# </details>
#
# <details><summary>Because 60,000 multiplications take longer than additions would.</summary>
#
# **No.** 60,000 of either take no time worth mentioning, and logarithms would have to be computed as well. The trouble is the size of the result.
#
# </details>
#
# **2.** Of all images that look like a certain one, 60 percent were meant as fours and 40 percent as nines. Which probability for "four" makes the mean cross-entropy over them smallest, if "nine" gets the rest?
#
# <details><summary>A probability of 1, the bet on what is more frequent.</summary>
#
# **No.** For accuracy the bet on the more frequent digit is best. For cross-entropy it is the worst: each nine would have a probability of 0 and an infinite loss.
#
# </details>
#
# <details><summary>A probability of 0.5, since the image cannot be told.</summary>
#
# **No.** Some doubt is right, but not this much: more of these images are fours than nines, and the loss rewards saying so.
#
# </details>
#
# <details><summary>A probability of 0.6, the share that they have.</summary>
#
# **Right.** Cross-entropy is smallest, on average, at the true shares: it is a proper scoring rule. That is a reason to read outputs as probabilities; whether they can be believed has to be measured.
#
# </details>
#
# **3.** A soft label gives one class 0.7 and another 0.3. Why does even the best possible prediction keep a cross-entropy above 0?
#
# <details><summary>The entropy of the label remains, which no prediction can change.</summary>
#
# **Right.** Cross-entropy is the entropy of the label plus the divergence of the prediction from it. The best prediction makes the second part 0, the first is fixed.
#
# </details>
#
# <details><summary>The divergence of the prediction from the label is never quite 0.</summary>
#
# **No.** It is 0 for a prediction that equals the label. What is left then is the other part of the cross-entropy, the entropy of the label.
#
# </details>
#
# <details><summary>Softmax cannot give 0.7 and 0.3, only values near 0 and near 1.</summary>
#
# **No.** Softmax can give any positive probabilities with the sum 1, so that it can come as close to this label as one likes. The loss remains all the same.
#
# </details>
