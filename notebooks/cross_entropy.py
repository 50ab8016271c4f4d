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
# (cross-entropy)=
# # Cross-entropy
#
# :::{admonition} This chapter
# :class: tip chapter-box
#
# **Questions it answers**
# : Which loss does the network minimize, and where does its formula come from? How is a value such as 0.1 or 2.3 to be read? Why does this loss suit the task, and is it true that no other one does? What can go wrong when a computer evaluates it? (The assignment's question 2.2.)
#
# **You need**
# : {ref}`preprocessing` and {ref}`dense-network`; the derivatives of $e^x$ and $\log x$, and the chain rule.
#
# **Time**
# : 45 minutes to read, about a minute to run.
# :::
#
# Training changes 55,050 numbers so that one number, the *loss*, becomes small. The assignment's notebook chooses `categorical_crossentropy`, and the original submission gives its formula, which is right, and adds that "other loss functions are not" appropriate, which is not. This chapter derives the formula, takes it apart, and lets its rival compete.
#
# ## One image, one number
#
# We need a network with something to say. The one from the {ref}`previous chapter <dense-network>` will do, after one pass over 50,000 training images. The other 10,000, the validation set, are for looking at.

# %%
import numpy as np

from mnist_utils.dataset import load_mnist, one_hot, preprocess, split

(x_train, y_train), _ = load_mnist()
(x_fit, y_fit), (x_validation, y_validation) = split(x_train, y_train)
x_fit, x_validation = preprocess(x_fit), preprocess(x_validation)

# %% tags=["remove-stderr"]
import keras

from mnist_utils import networks

keras.utils.set_random_seed(0)
network = networks.dense((64, 64), seed=0)
optimizer = keras.optimizers.SGD(learning_rate=0.1)
network.compile(optimizer, loss="categorical_crossentropy", metrics=["accuracy"],
                steps_per_execution=10)  # ten at a time, which is quicker
untrained = network.evaluate(x_validation, one_hot(y_validation), verbose=0)
network.fit(x_fit, one_hot(y_fit), batch_size=128, epochs=1, verbose=0);

# %% [markdown]
# The list `untrained` holds loss and accuracy before training; we come back to it. For an image, the network now gives ten probabilities $p_0, \dots, p_{K-1}$, with $K = 10$. The label $y$ is a one-hot vector. The loss compares the two.
#
# ```{prf:definition} Cross-entropy
# :label: def-cross-entropy
#
# For a label $y$ and predicted probabilities $p$, both of them $K$ numbers that are not negative and add up to 1, the cross-entropy is
#
# $$L = -\sum_{i=0}^{K-1} y_i \log p_i .$$
#
# The logarithm is the natural one; the unit of $L$ is then called the *nat*. A term with $y_i = 0$ counts as 0, whatever $p_i$ is.
# ```
#
# Here are the label of a validation image and the ten probabilities that the network gives, rounded.

# %%
import pandas as pd

p = network.predict(x_validation, verbose=0)
y = one_hot(y_validation)
pd.DataFrame([y[0], p[0]], index=["y", "p"]).round(3)

# %% [markdown]
# And here is the loss, once from the definition and once from Keras.

# %%
from mnist_utils.claims import claim

by_hand = -(y[0] * np.log(p[0])).sum()
by_keras = keras.losses.categorical_crossentropy(y[0], p[0])
claim("loss-by-hand", abs(by_hand - by_keras), at_most=1e-6,
      about="difference between the loss of one image by hand and by Keras")

# %% [markdown]
# Nine of the ten products are zero. With $c$ for the correct class, what is left is $L = -\log p_c$, as in {eq}`eq-one-hot-loss`: the loss of an image looks at one probability, the one given to the correct class. We write $q$ for it. The others matter too, but through the back door: whatever probability they take is missing from $q$.

# %%
# From each row, the column of its digit.
q = p[np.arange(len(p)), y_validation].astype("float64")
losses = -(y * np.log(p)).sum(axis=1)  # no p is 0 here; see below for when one is
claim("picked-loss-difference", np.abs(losses + np.log(q)).max(), at_most=1e-5,
      about="largest difference between the sum over classes and -log q")

# %% [markdown]
# The loss of $n$ images is the mean of their losses, $\bar L = \frac{1}{n} \sum L$, a sum over the images. It is what `evaluate` reports. What `fit` prints during an epoch is the mean over the batches so far, each measured with the weights of its moment, and therefore usually larger than the loss at the end of the epoch.

# %%
keras_loss, accuracy = network.evaluate(x_validation, y, verbose=0)
claim("trained-loss", losses.mean(), between=(0.22, 0.36),
      about="mean loss on 10,000 validation images after one epoch")

# %%
claim("mean-loss-difference", abs(losses.mean() - keras_loss), at_most=1e-5,
      about="difference between the mean of the losses and what Keras reports")

# %% [markdown]
# ## Where the formula comes from
#
# Why minus, why a logarithm, why a mean? One idea leads to all three, *maximum likelihood*: prefer the weights under which the labels that we saw were most probable.
#
# For each image the network gave its correct class a probability $q$. Draw a label for each image from the network's probabilities, independently. The probability that *all* $n$ draws give the labels that we saw is the product over the images
#
# ```{math}
# :label: eq-likelihood
# P = \prod q .
# ```
#
# Seen as a function of the weights, $P$ is called their *likelihood*. For three images:

# %%
q[:3].round(4), np.prod(q[:3]).round(4).item()

# %% [markdown]
# For all 10,000:

# %%
claim("likelihood-underflow", np.prod(q), exactly=0.0,
      about="product of 10,000 probabilities in float64")

# %% [markdown]
# The true product is not zero, but it is smaller than any number that `float64` can hold. So we take its logarithm. The logarithm grows with its argument, so the weights that make $P$ largest also make $\log P$ largest, and it turns the product into a sum of harmless numbers:
#
# ```{math}
# :label: eq-log-likelihood
# \begin{aligned}
# -\frac{1}{n} \log P &= \frac{1}{n} \sum (-\log q) \\
#   &= \frac{1}{n} \sum L = \bar L .
# \end{aligned}
# ```
#
# The minus sign turns "make large" into "make small", and the division by $n$ makes the number independent of how many images there are, so that a batch of 128 images, drawn at random, can estimate it. Where $P$ is largest, $\bar L$ is smallest. Fifty factors still fit into a `float64`, which lets us check the equation.

# %%
minus_log_product = -np.log(np.prod(q[:50])) / 50
claim("log-likelihood-difference", abs(minus_log_product - losses[:50].mean()),
      at_most=1e-6, about="difference between -log P / n and the mean loss, n = 50")

# %% [markdown]
# That both have their optimum in the same place can be watched with the smallest possible model. It ignores the picture and has one parameter: the probability that the digit is a one. Which value fits 50 labels best?

# %% tags=["nbval-check-output"]
ones = (y_fit[:50] == 1).sum()
candidates = np.arange(1, 100) / 100
likelihood = candidates**ones * (1 - candidates) ** (50 - ones)
mean_loss = -(ones * np.log(candidates) + (50 - ones) * np.log(1 - candidates)) / 50
best = candidates[likelihood.argmax()], candidates[mean_loss.argmin()], ones / 50
[value.item() for value in best]

# %% [markdown]
# The largest likelihood, the smallest loss, and the third number, the share of ones among the 50 labels, all agree. The same holds for ten classes: the best *constant* prediction is the share of each. {eq}`eq-gibbs` will prove it.
#
# (reading-a-loss)=
# ## Reading a value
#
# Our network's mean loss is {glue:text}`trained-loss:.2f`. Is that good? Turn {eq}`eq-log-likelihood` around. $e^{-\bar L}$ is the $n$-th root of the product of all $q$, their *geometric mean*: a typical probability that the network gives to the correct class. For a single image it is that probability itself.

# %% tags=["nbval-check-output"]
values = np.array([0, 0.1, 0.7, 2.3, 4.6, 9.2])
pd.DataFrame({"loss": values, "exp(-loss)": np.exp(-values).round(4)})

# %% [markdown]
# - **0** means that the correct class got probability 1. Better is impossible.
# - **0.1** stands for a probability of about 0.9. Small losses can be read directly: near 0, $-\log q \approx 1 - q$, because the slope of $-\log q$ at $q = 1$ is $-1$.
# - **0.7** is a coin toss between the correct class and all others together.
# - **2.3** is $\log 10$, one chance in ten: what you get by giving every class the same.
# - **4.6**, twice as much, is one chance in a hundred, and **9.2** one in ten thousand: each further 2.3 divides the probability by ten.

# %% mystnb={"figure": {"name": "fig-minus-log", "caption": "The loss of one image against the probability that its correct class got."}, "image": {"alt": "A falling curve. At probability 1 the loss is 0, at 0.9 about 0.1, at 0.1 it is 2.3, and toward probability 0 the curve climbs out of the picture."}}
import matplotlib.pyplot as plt

from mnist_utils import figures

probability = np.linspace(0.002, 1, 500)
fig, ax = plt.subplots(figsize=(6, 3))
ax.plot(probability, -np.log(probability))
for known in (0.1, 0.5, 0.9):
    ax.plot(known, -np.log(known), "o", color="black")
    ax.annotate(f"{-np.log(known):.2f}", (known + 0.015, -np.log(known) + 0.15))
ax.set(xlabel="probability of the correct class, q", ylabel="loss, -log q");

# %% [markdown]
# {numref}`fig-minus-log` is not symmetric. On the right, the difference between 0.9 and 1 is worth a tenth. On the left there is no end: a network that gives the correct class a probability of 0 has an infinite loss. Cross-entropy forgives doubt and punishes certainty in the wrong place.
#
# ### The baseline: knowing nothing
#
# A network that has learned nothing, and admits it, gives each class the probability $1/K$. Its loss is $\log K$ on any images.

# %%
claim("uninformed-loss", round(np.log(10), 4), exactly=2.3026,
      about="loss of giving each of ten classes the same probability")

# %% [markdown]
# Knowing how frequent the digits are helps a little. The best constant prediction is the share of each class, and its loss on the same labels is called the *entropy* of the shares; we meet entropy again below.

# %%
shares = np.bincount(y_fit) / len(y_fit)
claim("entropy-of-shares", round(-np.log(shares)[y_fit].mean(), 4), exactly=2.3012,
      about="mean loss of predicting the shares of the digits")

# %%
claim("untrained-loss", untrained[0], between=(2.25, 2.5),
      about="mean validation loss of the untrained network")

# %% [markdown]
# Our network started at {glue:text}`untrained-loss:.2f`, close to $\log 10$. That is a sound check of any new network: a first loss far *above* $\log K$ means that it starts out confident and wrong. A loss that *stays* at $\log K$ suggests that it has learned nothing from the pictures. Look at the accuracy too: as we shall see, a network that is mostly right, but far too confident, can have the same loss.
#
# ### The trained network
#
# After one epoch the mean loss is {glue:text}`trained-loss:.2f`. We translate it.

# %%
typical = np.exp(-losses.mean())
claim("typical-probability", typical, between=(0.69, 0.81),
      about="geometric mean of the probabilities given to the correct class")

# %%
claim("mean-probability", q.mean(), between=(0.82, 0.90),
      about="ordinary mean of the same probabilities")

# %% [markdown]
# So {glue:text}`typical-probability:.2f` is the typical probability. The ordinary mean is larger, {glue:text}`mean-probability:.2f`, because a geometric mean is pulled down by its smallest members. Which images do the pulling? Sort the losses and see what share of their sum the largest 500 carry.

# %%
share = np.sort(losses)[-500:].sum() / losses.sum()
claim("worst-images-share", share, between=(0.45, 0.62),
      about="share of the summed loss that the worst 5 % of images carry")

# %% [markdown]
# Five percent of the images carry {glue:text}`worst-images-share:.0%` of the loss.
#
# ### Loss and accuracy are different things
#
# Accuracy asks whether the largest probability is in the right place; the loss asks how large the right one is. The two can part. Multiply all logits by a factor (the network returns only probabilities, so we compute its logits as the last hidden layer's output times the last kernel, plus bias): the order stays the same, so every decision and the accuracy stay the same too, but the probabilities change. (The package's `cross_entropy` works from logits; we write it ourselves {ref}`below <stable>`.)

# %%
from mnist_utils.cross_entropy import cross_entropy

hidden = keras.Model(network.inputs, network.layers[-2].output)
kernel, bias = [weights.numpy() for weights in network.layers[-1].weights]
logits = hidden.predict(x_validation, verbose=0) @ kernel + bias

# %%
factors = [0.2, 0.5, 1, 2, 5, 15]
mean_losses = [cross_entropy(y, factor * logits).mean() for factor in factors]
correct = [((f * logits).argmax(axis=1) == y_validation).mean() for f in factors]
pd.DataFrame({"factor": factors, "loss": mean_losses, "accuracy": correct}).round(3)

# %%
claim("overconfident-loss", mean_losses[-1], between=(1.6, 3),
      about="validation loss with all logits multiplied by 15")

# %% [markdown]
# The accuracy stays put, while the loss goes from {glue:text}`trained-loss:.2f` to {glue:text}`overconfident-loss:.2f`, about that of somebody who knows nothing, when all logits are fifteen times as large. A rising loss at a steady accuracy is therefore no contradiction: it can mean that the network is becoming overconfident. The factor 0.2 fails in the other way, by too much doubt. One link is certain: an image with a loss below $\log 2 \approx 0.69$ is classified correctly, because its correct class has more than half of the probability.
#
# ## A distance between distributions
#
# The second way to the same formula starts from a different question: how far is the prediction $p$ from the label $y$, both taken as probability distributions? Labels are not always certain. Show a badly written digit to ten people, and seven may say "one" and three "seven". Then the honest label is *soft*, $y_1 = 0.7$ and $y_7 = 0.3$, and {prf:ref}`def-cross-entropy` allows it.
#
# ```{prf:definition} Entropy and Kullback-Leibler divergence
# :label: def-divergence
#
# The entropy of a distribution $y$ {cite}`shannon1948`, and the divergence of $p$ from $y$ {cite}`kullback1951`, are
#
# $$
# \begin{aligned}
# H(y) &= -\sum_{i=0}^{K-1} y_i \log y_i, \\
# D(y \,\|\, p) &= \sum_{i=0}^{K-1} y_i \log \frac{y_i}{p_i},
# \end{aligned}
# $$
#
# where terms with $y_i = 0$ count as 0.
# ```
#
# The entropy is the cross-entropy of $y$ with itself: the loss that remains when the prediction is perfect. The divergence is the rest. To see it, insert $\log y_i - \log y_i$ into the definition of $L$:
#
# ```{math}
# :label: eq-divergence
# \begin{aligned}
# L &= -\sum_i y_i \log p_i \\
#   &= -\sum_i y_i \log y_i + \sum_i y_i (\log y_i - \log p_i) \\
#   &= H(y) + D(y \,\|\, p) .
# \end{aligned}
# ```
#
# SciPy has the terms of all three sums, with $0 \log 0 = 0$ built in: `xlogy(y, p)` is $y \log p$, `entr(y)` is $-y \log y$, and `rel_entr(y, p)` is $y \log (y / p)$.

# %% tags=["nbval-check-output"]
from scipy.special import entr, rel_entr, xlogy

soft = np.array([0, 0.7, 0, 0, 0, 0, 0, 0.3, 0, 0])
guess = np.array([0.01, 0.5, 0.01, 0.05, 0.05, 0.03, 0.02, 0.3, 0.01, 0.02])
loss, entropy = -xlogy(soft, guess).sum(), entr(soft).sum()
divergence = rel_entr(soft, guess).sum()
[round(value.item(), 4) for value in (loss, entropy, divergence)]

# %%
claim("divergence-difference", abs(loss - (entropy + divergence)), at_most=1e-12,
      about="difference between the loss and entropy plus divergence")

# %% [markdown]
# $H(y)$ contains only the label. The network cannot change it; to training it is a constant, with the gradient 0. So *minimizing cross-entropy is minimizing the divergence*, and for one-hot labels, where $H(y) = 0$, the two are even equal.
#
# In which sense is the divergence a distance? It is never negative, and zero only for $p = y$. The curve $\log t$ nowhere lies above its tangent $t - 1$ and touches it only at $t = 1$, so
#
# ```{math}
# :label: eq-gibbs
# \begin{aligned}
# -D(y \,\|\, p) &= \sum_{y_i > 0} y_i \log \frac{p_i}{y_i} \\
#   &\le \sum_{y_i > 0} y_i \left( \frac{p_i}{y_i} - 1 \right) \\
#   &= \sum_{y_i > 0} p_i - 1 \;\le\; 0 .
# \end{aligned}
# ```
#
# Equality needs $p_i = y_i$ wherever $y_i > 0$; these already add up to 1, so the other $p_i$ are 0, and $p = y$.
#
# (It is not a distance in the strict sense: $D(y \,\|\, p)$ and $D(p \,\|\, y)$ differ. Training uses the one with the label in front.)
#
# The consequence is a reason to read the outputs as *probabilities*. Suppose that of all images which look like this one, a share of 0.7 were meant as ones and 0.3 as sevens, each with a one-hot label. The mean loss over them is the cross-entropy with the soft label, and the prediction that minimizes it is 0.7 and 0.3. That is what the loss asks for. Whether a trained network delivers it has to be measured; the {ref}`next chapter <calibration>` does.

# %% mystnb={"figure": {"name": "fig-honest", "caption": "Mean loss over images of which 70 % are ones and 30 % are sevens, against the probability given to \"one\"; the rest is given to \"seven\"."}, "image": {"alt": "A U-shaped curve with its lowest point at 0.7. A dashed horizontal line at the entropy, 0.61, touches the curve there. The gap between line and curve is labeled divergence."}}
given = np.linspace(0.02, 0.98, 400)
curve = -(0.7 * np.log(given) + 0.3 * np.log(1 - given))
fig, ax = plt.subplots(figsize=(6, 3))
ax.plot(given, curve, label="cross-entropy")
ax.axhline(entropy, color="black", linestyle="--", label="entropy of the label")
ax.annotate("", (0.2, entropy), (0.2, 1.2), arrowprops={"arrowstyle": "<->"})
ax.text(0.19, 0.8, "divergence", ha="right")
ax.set(xlabel="probability given to “one”", ylabel="mean loss", ylim=(0, 2.5))
ax.legend();

# %%
claim("honest-probability", round(given[curve.argmin()], 2), exactly=0.7,
      about="prediction with the smallest loss when 7 of 10 such images are ones")


# %% [markdown]
# A loss whose mean is smallest at the true probabilities is called a *proper scoring rule*, and *strictly* proper if it is smallest only there {cite}`gneiting2007`. Cross-entropy is strictly proper: honesty alone pays best. {numref}`fig-honest` also shows that even a perfect network cannot reach a loss of 0 on images that are truly ambiguous.
#
# ## From logits to the loss
#
# The network computes its probabilities from ten logits $z_0, \dots, z_{K-1}$, by softmax {eq}`eq-softmax`:
#
# $$p_i = \frac{e^{z_i}}{\sum_{k} e^{z_k}} .$$
#
# Two properties of this step carry the rest of the chapter. The first is *shift invariance*. Adding the same number $\theta$ to all logits multiplies numerator and denominator by $e^\theta$, and nothing changes:
#
# ```{math}
# :label: eq-shift
# \frac{e^{z_i + \theta}}{\sum_k e^{z_k + \theta}}
#   = \frac{e^\theta\, e^{z_i}}{e^\theta \sum_k e^{z_k}}
#   = \frac{e^{z_i}}{\sum_k e^{z_k}} .
# ```

# %%
def naive_softmax(z):
    return np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)

z = np.array([2.0, -1.0, 0.5])
change = np.abs(naive_softmax(z + 7) - naive_softmax(z)).max()
claim("shift-change", change, at_most=1e-12,
      about="largest change of a probability when 7 is added to all logits")

# %% [markdown]
# So logits mean something only relative to each other. The second property is what the logarithm does to softmax: it undoes the exponential. $\log p_i = z_i - \log \sum_k e^{z_k}$, and because the $y_i$ add up to 1,
#
# ```{math}
# :label: eq-loss-from-logits
# \begin{aligned}
# L &= -\sum_i y_i \Bigl( z_i - \log \sum_k e^{z_k} \Bigr) \\
#   &= \log \sum_k e^{z_k} - \sum_i y_i z_i .
# \end{aligned}
# ```

# %%
three = np.array([0.0, 0.0, 1.0])
from_logits = np.log(np.exp(z).sum()) - (three * z).sum()
from_probabilities = -(three * np.log(naive_softmax(z))).sum()
claim("loss-from-logits", abs(from_logits - from_probabilities), at_most=1e-12,
      about="difference between the loss from logits and from probabilities")

# %% [markdown]
# For a one-hot label this is $L = \log \sum_k e^{z_k} - z_c$. The first term, called *log-sum-exp*, is a smooth version of the maximum. The sum is at least its largest term, and at most $K$ times that term; take logarithms:
#
# ```{math}
# :label: eq-log-sum-exp
# \max_k z_k \;\le\; \log \sum_k e^{z_k} \;\le\; \max_k z_k + \log K .
# ```
#
# That gives the loss a second reading: it is about *how far the correct logit lies behind the largest one*. An image with the correct logit 8 below the winner has a loss between 8 and $8 + \log 10 \approx 10.3$.
#
# (gradient-of-the-loss)=
# ## The gradient is p minus y
#
# Training needs the derivative of the loss with respect to each logit; from there, the chain rule carries it back to the weights. {eq}`eq-loss-from-logits` makes it short. Fix one logit, $z_j$, and differentiate the two terms.
#
# 1. In $\sum_i y_i z_i$ only the term $i = j$ contains $z_j$. Its derivative is $y_j$.
# 2. For $\log \sum_k e^{z_k}$ use the chain rule: one over the inside, times the derivative of the inside. In the inside, $\sum_k e^{z_k}$, again only one term contains $z_j$, and the derivative of $e^{z_j}$ is $e^{z_j}$. Together: $e^{z_j} / \sum_k e^{z_k}$, which is $p_j$.
# 3. The first term of $L$ minus the second:
#
# ```{math}
# :label: eq-gradient
# \frac{\partial L}{\partial z_j} = p_j - y_j .
# ```
#
# All of the exponentials are contained in $p$, which the network has computed anyway. What remains is *prediction minus label*. We make two independent checks. We take ten random logits and the soft label from above, because the formula promises to hold for soft labels too. The first check is *automatic differentiation*: TensorFlow records the operations and applies the chain rule to each.

# %%
import tensorflow as tf

label = soft
z = np.random.default_rng(seed=1).normal(scale=3, size=10)
with tf.GradientTape() as tape:
    variable = tf.Variable(z)
    loss = -tf.reduce_sum(label * tf.math.log(tf.nn.softmax(variable)))
automatic = tape.gradient(loss, variable).numpy()

# %%
formula = naive_softmax(z) - label
claim("gradient-automatic", np.abs(automatic - formula).max(), at_most=1e-12,
      about="largest difference between p - y and automatic differentiation")


# %% [markdown]
# The second uses nothing but the loss itself. Move one logit a small distance both ways, and divide the change of the loss by the distance between the two points. This *finite difference* is an approximation; apart from rounding, half the distance makes its error a quarter.

# %%
def loss_at(z):
    return np.log(np.exp(z).sum()) - (label * z).sum()

step = 1e-5 * np.eye(10)  # row j moves logit j
finite = [(loss_at(z + move) - loss_at(z - move)) / 2e-5 for move in step]
claim("gradient-finite", np.abs(finite - formula).max(), at_most=1e-8,
      about="largest difference between p - y and finite differences")

# %% [markdown]
# Look at it for a single image with three classes:

# %% tags=["nbval-check-output"]
z_small, y_small = np.array([3.0, 1.0, 0.0]), np.array([0.0, 1.0, 0.0])
p_small = naive_softmax(z_small)
columns = {"z": z_small, "p": p_small, "y": y_small, "p - y": p_small - y_small}
pd.DataFrame(columns).round(3)

# %% [markdown]
# A training step goes *against* the gradient. So it raises the correct logit, by an amount proportional to the probability that is missing from it, and lowers each other logit in proportion to the probability that it holds wrongly. What one gains the others lose: the column adds up to 0, since $p$ and $y$ both add up to 1. This must be so, because adding a constant to all logits changes nothing.
#
# Two more things follow. The gradient vanishes only when $p = y$, so the last layer *never stops learning from an image that it gets wrong*. And no component is larger than 1 in size: however large the loss of an image, its pull on a logit is bounded. (The weights feel that pull multiplied by what enters the layer.)
#
# For the mean loss over $n$ images, each gradient is divided by $n$. The helper package has the gradient of each image's loss.

# %%
from keras.losses import categorical_crossentropy

from mnist_utils.cross_entropy import cross_entropy_gradient

with tf.GradientTape() as tape:
    variable = tf.Variable(logits[:128])
    losses_128 = categorical_crossentropy(y[:128], variable, from_logits=True)
    mean_loss = tf.reduce_mean(losses_128)
automatic = tape.gradient(mean_loss, variable).numpy()

# %%
formula = cross_entropy_gradient(y[:128], logits[:128]) / 128
claim("gradient-of-batch", np.abs(automatic - formula).max(), at_most=1e-7,
      about="largest difference between (p - y) / n and Keras for 128 images")


# %% [markdown]
# (stable)=
# ## When the computer gets it wrong
#
# Keras computes in 32 bits by default, and there `naive_softmax` breaks, at both ends of the scale.
#
# **Overflow.** The largest `float32` is about $3.4 \cdot 10^{38}$, and $e^{89}$ is larger. The exponential of a logit of 89 or more is stored as infinity, and infinity divided by infinity is `nan`, *not a number*.

# %% tags=["nbval-check-output"]
def single(values):
    return np.array(values, dtype="float32")

with np.errstate(over="ignore", invalid="ignore"):  # NumPy would warn
    below = naive_softmax(single([60, 70, 88]))
    above = naive_softmax(single([60, 70, 89]))
below.round(3).tolist(), above.tolist()


# %% [markdown]
# One `nan` is enough to ruin a training: it gets into the gradient, from there into every weight, and never leaves.
#
# **Underflow.** At the other end, a probability that is too small for its type becomes 0. Its logarithm is minus infinity. And in the sum of {prf:ref}`def-cross-entropy` that infinity is multiplied by $y_i$, which is 0 for a wrong class. The mathematical convention says 0; the computer says `nan`. The next network is *right*, and certain of it:

# %% tags=["nbval-check-output"]
def naive_loss(y, z):
    return -(y * np.log(naive_softmax(z))).sum()

with np.errstate(divide="ignore", invalid="ignore"):
    loss = naive_loss(single([0, 0, 1]), single([-30, 0, 80]))
float(loss)


# %% [markdown]
# The true loss is 0 to 34 decimals. Both accidents have one cure, and both ingredients are above. By {eq}`eq-shift` we may subtract the largest logit from all: now every exponent is at most 0, and nothing overflows. By {eq}`eq-loss-from-logits` we may skip the probabilities and go from logits to logarithms directly: now nothing that underflows meets a logarithm, because the sum of the exponentials contains $e^0 = 1$.

# %%
def stable_log_softmax(z):
    shifted = z - z.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))

def stable_loss(y, z):
    return -(y * stable_log_softmax(z)).sum(axis=-1)


# %% [markdown]
# We put the three ways side by side, for an image whose correct logit lies 10, 80, ... below the largest. The middle column subtracts the maximum, but then goes through probabilities.

# %% tags=["nbval-check-output"]
gaps, first_class = [10, 80, 200, 1000, 10_000], single([1, 0, 0])
rows = [single([0, gap / 2, gap]) for gap in gaps]
with np.errstate(all="ignore"):
    naive = [naive_loss(first_class, row) for row in rows]
    halfway = [-np.log(naive_softmax(row - row.max())[0]) for row in rows]
stable = [stable_loss(first_class, row) for row in rows]
columns = {"gap": gaps, "naive": naive, "shifted": halfway, "stable": stable}
pd.DataFrame(columns).round(2)

# %% [markdown]
# The stable column is right in every row: the loss is the gap, plus 0.01 in the first row, where the other logits still count. The naive one has failed by the row of 200; its exponentials overflow from a logit of 89 on. Shifting alone turns `nan` into `inf` and no more: the probability has underflowed before the logarithm could see it. Our functions, the package and Keras agree on logits up to 10,000 in size:

# %%
wild = np.random.default_rng(seed=2).uniform(-1e4, 1e4, (1000, 10)).astype("float32")
ours = stable_loss(y[:1000], wild)
difference = ours - cross_entropy(y[:1000], wild)
claim("stable-and-package", np.abs(difference).max(), at_most=0.002,
      about="largest difference to the package's loss, for losses up to 20,000")

# %%
theirs = np.array(categorical_crossentropy(y[:1000], wild, from_logits=True))
relative = np.abs(ours - theirs) / np.maximum(theirs, 1)
claim("stable-and-keras", relative.max(), at_most=1e-6,
      about="largest relative difference to Keras's loss")

# %% [markdown]
# (logits-or-probabilities)=
# ### Logits or probabilities in Keras
#
# Keras offers both ways. `from_logits=True` says that the network's output is logits, and the loss is computed as above. The default is `False`: the output is probabilities. Then the logits are out of reach, and all that Keras can do against $\log 0$ is to *clip*: any probability below $10^{-7}$ is replaced by $10^{-7}$, and any above $1 - 10^{-7}$ by that. We ask both for the loss and its gradient, for an image that the network gets confidently wrong: the correct logit is 40 below the largest.

# %%
wrong, label = tf.constant([[0.0, 20.0, 40.0]]), tf.constant([[1.0, 0.0, 0.0]])

def loss_and_gradient(function):
    with tf.GradientTape() as tape:
        tape.watch(wrong)
        loss = function(wrong)
    return float(loss[0]), tape.gradient(loss, wrong).numpy()[0]


# %% tags=["nbval-check-output"]
loss, gradient = loss_and_gradient(
    lambda z: categorical_crossentropy(label, z, from_logits=True)
)
loss, gradient.round(3).tolist()

# %% [markdown]
# From logits: the loss is 40, and the gradient says with full force "raise the first, lower the third". From probabilities:

# %%
clipped_loss, clipped_gradient = loss_and_gradient(
    lambda z: categorical_crossentropy(label, tf.nn.softmax(z))
)
claim("clipped-loss", round(clipped_loss, 3), exactly=16.118,
      about="Keras's loss from probabilities where the true loss is 40")

# %%
claim("clipped-gradient", np.abs(clipped_gradient).max(), exactly=0.0,
      about="largest component of the gradient of that loss")


# %% [markdown]
# Two things went wrong. The loss is {glue:text}`clipped-loss:.3f`, which is $-\log 10^{-7}$: no larger value can come out. And the gradient is exactly zero, because a clipped number is a constant, and a constant has the derivative 0. The image on which the network is most wrong is the one from which it learns *nothing*.
#
# Is the assignment's network in danger? It ends in softmax and uses the default. We build such a network without weights, once with a softmax alone and once with a layer behind it that only reshapes three numbers into three numbers, and give both the same logits:

# %%
def loss_of_network(*layers):
    network = keras.Sequential([keras.Input((3,)), *layers])
    return round(float(categorical_crossentropy(label, network(wrong))[0]), 3)


# %% tags=["nbval-check-output"]
softmax, reshape = keras.layers.Activation("softmax"), keras.layers.Reshape((3,))
loss_of_network(softmax), loss_of_network(softmax, reshape)

# %% [markdown]
# The first answer is the right one. Keras's TensorFlow backend sees that the probabilities come out of a softmax, looks behind it, and takes the logits from there; so the assignment's network is safe. (`fit` and `evaluate` do the same.) The one more layer of the second network changes no number, yet it is enough to hide the softmax, and the clipped loss is back. The same happens to probabilities that come from `predict`, and on Keras's other backends, which do not look behind. Hence two rules.
#
# :::{admonition} Where a beginner stumbles
# :class: warning
#
# Either let softmax be the very last layer, and keep the default; or end in a layer without activation, and write `from_logits=True`. Do not mix the two. A network of logits without `from_logits=True` has its logits taken for probabilities, and softmax output *with* `from_logits=True` may get a second softmax ({ref}`ex-double-softmax` shows how to recognize that one by its loss).
# :::
#
# (squared-error)=
# ## Is another loss possible?
#
# "This loss function is appropriate for multi-class classification, other loss functions are not", says the submission. The obvious rival is *squared error*, older than neural networks; for probability forecasts it is known, up to the factor $1/K$, as the Brier score {cite}`brier1950`:
#
# ```{math}
# :label: eq-squared-error
# S = \frac{1}{K} \sum_{i=0}^{K-1} (p_i - y_i)^2 .
# ```
#
# Keras calls it `mean_squared_error`. Its smallest value is 0, for $p = y$, and it, too, is a strictly proper scoring rule. For the ambiguous images of {numref}`fig-honest`, a forecast of $p_1$ for "one" and $p_7 = 1 - p_1$ for "seven" has squared errors that add up to $2 (1 - p_1)^2$ when the label is a one and to $2 p_1^2$ when it is a seven:

# %%
squared_errors = 0.7 * 2 * (1 - given) ** 2 + 0.3 * 2 * given**2
claim("honest-squared-error", round(given[squared_errors.argmin()], 2), exactly=0.7,
      about="prediction with the smallest squared error when 7 of 10 are ones")


# %% [markdown]
# Honesty pays best here as well. So what is wrong with squared error? We follow its gradient back through softmax, which takes one more derivative: how the probability $p_i$ depends on the logit $z_j$. By the quotient rule, it is
#
# ```{math}
# :label: eq-softmax-jacobian
# \frac{\partial p_i}{\partial z_j} = p_i (\delta_{ij} - p_j), \quad
# \delta_{ij} = \begin{cases} 1 & i = j \\ 0 & i \ne j. \end{cases}
# ```
#
# A loss changes with $z_j$ through all the probabilities, so the chain rule sums over them:
#
# $$\frac{\partial S}{\partial z_j} = \sum_i \frac{2}{K} (p_i - y_i) \cdot p_i (\delta_{ij} - p_j) .$$
#
# The $\delta_{ij}$ picks out the term $i = j$. In the rest, $-p_j$ is a common factor:
#
# ```{math}
# :label: eq-squared-error-gradient
# \frac{\partial S}{\partial z_j}
#   = \frac{2}{K}\, p_j \Bigl[ (p_j - y_j) - \sum_{i} p_i (p_i - y_i) \Bigr] .
# ```

# %%
def squared_error_gradient(y, p):
    error = p - y
    common = (p * error).sum(axis=-1, keepdims=True)
    return 2 / p.shape[-1] * p * (error - common)


# %% [markdown]
# We check it with the ten random logits `z` that served for checking the gradient.

# %%
with tf.GradientTape() as tape:
    variable = tf.Variable(z)
    squared_error = tf.reduce_mean((tf.nn.softmax(variable) - soft) ** 2)
automatic = tape.gradient(squared_error, variable).numpy()
difference = automatic - squared_error_gradient(soft, naive_softmax(z))
claim("squared-error-gradient", np.abs(difference).max(), at_most=1e-12,
      about="largest difference between the formula and automatic differentiation")

# %% [markdown]
# Compare it with $p_j - y_j$. There is a factor $p_j$ in front. When the network is confidently wrong, the probability of the correct class is nearly 0, and this factor silences the very logit that should be raised. The confident, wrong logit has $p_j \approx 1$, but for it the bracket is nearly 0. Every component becomes tiny, although the prediction is as bad as it can be. Cross-entropy escapes because the derivative of its logarithm is $-1/p_c$, which cancels the factor $p_c$ that softmax brings. Logarithm and softmax are made for each other.
#
# How strong is the effect? First a fair scale. Where all probabilities are 0.1, the bracket is $p_j - y_j$ and the factor in front $\frac{2}{10} \cdot 0.1$, so {eq}`eq-squared-error-gradient` is the gradient of cross-entropy times 0.02.

# %%
uniform = np.full(10, 0.1)
scale = squared_error_gradient(y[0], uniform) / (uniform - y[0])
claim("scale-at-start", np.unique(scale.round(12)).item(), exactly=0.02,
      about="gradient of squared error relative to cross-entropy, all p equal")

# %% [markdown]
# A *constant* factor is no fault: a learning rate 50 times as large undoes it. So we multiply by 50, and watch what happens to the correct logit as one wrong logit rises above the nine others.

# %%
rising = np.linspace(0, 15, 31)
z_wrong = np.zeros((31, 10))
z_wrong[:, 1] = rising  # class 1 is preferred, class 0 is correct
p_wrong = naive_softmax(z_wrong)
pull_cross_entropy = -(p_wrong - np.eye(10)[0])[:, 0]
pull_squared_error = -50 * squared_error_gradient(np.eye(10)[0], p_wrong)[:, 0]

# %% mystnb={"figure": {"name": "fig-vanishing", "caption": "Size of the derivative with respect to the correct logit when one wrong logit is larger than all others, for both losses, scaled to be equal at 0. The vertical axis is logarithmic."}, "image": {"alt": "Two curves that start at the same point. The one for cross-entropy stays near 1. The one for squared error falls along a straight line on the logarithmic axis, to less than a hundred-thousandth."}}
fig, ax = plt.subplots(figsize=(6, 3))
ax.semilogy(rising, pull_cross_entropy, label="cross-entropy")
ax.semilogy(rising, pull_squared_error, label="squared error × 50")
ax.set(xlabel="lead of the wrong logit", ylabel="pull on the correct logit")
ax.legend();

# %%
claim("vanishing-pull", pull_squared_error[20] / pull_cross_entropy[20],
      between=(0.0008, 0.001),
      about="pull of squared error relative to cross-entropy, lead 10")

# %% [markdown]
# With a lead of 10, squared error pulls with a thousandth of the force, and each further unit of lead divides it by about $e$. The effect is well known: {cite:t}`glorot2010` plot both losses over two weights, and find more severe plateaus with squared error. A function whose gradient vanishes because its input is extreme is said to *saturate*.
#
# ### Both losses in training
#
# A small gradient is not a zero gradient. Does squared error learn? We train the same network with both losses, for each seed from the same weights and with the same batches, on 12,800 images, so that one pass is 100 steps. `steps_per_execution` lets Keras take them in one go, which is faster and changes no result.

# %%
few, few_labels = x_fit[:12_800], one_hot(y_fit[:12_800])
held_out = x_validation[:2000], y[:2000]

def compiled(loss):
    network = networks.dense((64, 64))
    settings = {"metrics": ["accuracy"], "steps_per_execution": 100}
    network.compile(keras.optimizers.SGD(), loss=loss, **settings)
    return network

learners = {
    "cross-entropy": compiled("categorical_crossentropy"),
    "squared error": compiled("mean_squared_error"),
}


# %% [markdown]
# `lead` makes the start confidently wrong: it is the initial bias of output 1, so that with a lead of 10 the network swears that every image is a one.

# %%
def train(loss, learning_rate, seed, lead=0):
    network = learners[loss]
    keras.utils.set_random_seed(seed)
    network.set_weights(networks.dense((64, 64), seed=seed).get_weights())
    network.layers[-1].bias.assign(lead * one_hot([1])[0])
    network.optimizer.learning_rate = learning_rate
    history = network.fit(few, few_labels, batch_size=128, epochs=8,
                          validation_data=held_out, verbose=0)
    return history.history["val_accuracy"]


# %% [markdown]
# First the ordinary start, with three seeds each. Squared error competes twice: with the learning rate of cross-entropy, 0.1, and with 50 times that, which by the scale above makes the first steps about equally long.

# %%
plain = {
    "cross-entropy, 0.1": [train("cross-entropy", 0.1, seed) for seed in range(3)],
    "squared error, 0.1": [train("squared error", 0.1, seed) for seed in range(3)],
    "squared error, 5": [train("squared error", 5.0, seed) for seed in range(3)],
}
steps = pd.Index(range(100, 801, 100), name="steps")
means = {name: np.mean(runs, axis=0) for name, runs in plain.items()}
pd.DataFrame(means, index=steps).round(3)

# %% [markdown]
# The numbers are accuracies on 2,000 validation images, means over the seeds.

# %%
finals = {name: np.array(runs)[:, -1] for name, runs in plain.items()}
claim("swapped-loss-accuracy", finals["squared error, 0.1"].mean(), between=(0.45, 0.8),
      about="mean of 3 accuracies after 800 steps, squared error, learning rate 0.1")

# %%
claim("cross-entropy-accuracy", finals["cross-entropy, 0.1"].mean(),
      between=(0.91, 0.95),
      about="mean of 3 accuracies after 800 steps, cross-entropy, learning rate 0.1")

# %%
claim("matched-loss-accuracy", finals["squared error, 5"].mean(), between=(0.91, 0.96),
      about="mean of 3 accuracies after 800 steps, squared error, learning rate 5")


# %% [markdown]
# Whoever swaps the name of the loss and nothing else sees the middle column, {glue:text}`swapped-loss-accuracy:.0%` against {glue:text}`cross-entropy-accuracy:.0%`, and may conclude that other losses are not appropriate. But most of that was the *scale* of the loss. With a matching learning rate, squared error reaches {glue:text}`matched-loss-accuracy:.1%`, and is no worse in any row of the table. Three seeds are few, and the learning rate of cross-entropy was not tuned: this says that squared error keeps up from an ordinary start, not that it is the better loss.
#
# Now the start that is confidently wrong. Before any step, we measure the length of the whole gradient, over all weights, for 128 images and one seed.

# %%
def gradient_norm(loss, lead):
    network = networks.dense((64, 64), seed=0)
    network.layers[-1].bias.assign(lead * one_hot([1])[0])
    with tf.GradientTape() as tape:
        mean_loss = tf.reduce_mean(loss(few_labels[:128], network(few[:128])))
    gradient = tape.gradient(mean_loss, network.trainable_weights)
    return float(tf.linalg.global_norm(gradient))


# %%
from keras.losses import mean_squared_error

wrong_norm, plain_norm = [gradient_norm(categorical_crossentropy, k) for k in (10, 0)]
claim("norm-cross-entropy", wrong_norm / plain_norm, between=(1.5, 8),
      about="gradient norm with a lead of 10 relative to none, cross-entropy")

# %%
wrong_norm, plain_norm = [gradient_norm(mean_squared_error, k) for k in (10, 0)]
claim("norm-squared-error", wrong_norm / plain_norm, between=(0.005, 0.04),
      about="gradient norm with a lead of 10 relative to none, squared error")

# %% [markdown]
# For cross-entropy the gradient has *grown*, {glue:text}`norm-cross-entropy:.1f` times, as it should where so much is wrong. For squared error it has shrunk to {glue:text}`norm-squared-error:.1%` of what it was. And in training?

# %%
wrong_start = {
    "cross-entropy": [train("cross-entropy", 0.1, seed, lead=10) for seed in range(3)],
    "squared error": [train("squared error", 5.0, seed, lead=10) for seed in range(5)],
}
panels = {
    "ordinary start": (plain["cross-entropy, 0.1"], plain["squared error, 5"]),
    "confidently wrong start": tuple(wrong_start.values()),
}

# %% mystnb={"figure": {"name": "fig-wrong-start", "caption": "Validation accuracy (2,000 images) of both losses from an ordinary and from a confidently wrong start, with learning rates 0.1 and 5; three seeds each, but five of squared error from the wrong start."}, "image": {"alt": "Two panels. Left, ordinary start, all six curves rise together to about 0.94. Right, confidently wrong start, the three curves of cross-entropy look much the same, while those of squared error lie near 0.1 or 0.2 after the first hundred steps; most join the others some hundred steps later, and one can stay at the bottom."}}
fig, axes = plt.subplots(1, 2, figsize=(8, 3), sharey=True)
for ax, (title, runs) in zip(axes, panels.items()):
    for curves, loss, style in zip(runs, learners, ("C0-", "C1--")):
        lines = ax.plot(steps, np.transpose(curves), style)
        lines[0].set_label(loss)
    ax.set(title=title, xlabel="steps")
axes[0].set(ylabel="validation accuracy")
axes[0].legend();

# %%
claim("wrong-start-cross-entropy", np.mean(wrong_start["cross-entropy"], axis=0)[0],
      between=(0.78, 0.9),
      about="mean of 3 accuracies 100 steps from the wrong start, cross-entropy")

# %%
claim("ordinary-start-cross-entropy", np.mean(plain["cross-entropy, 0.1"], axis=0)[0],
      between=(0.78, 0.92),
      about="mean of 3 accuracies 100 steps from the ordinary start, cross-entropy")

# %%
claim("wrong-start-squared-error", np.mean(wrong_start["squared error"], axis=0)[0],
      between=(0.05, 0.35),
      about="mean of 5 accuracies 100 steps from the wrong start, squared error")

# %%
recovered = sum(run[-1] > 0.9 for run in wrong_start["squared error"])
claim("wrong-start-recovered", recovered, between=(2, 5),
      about="runs of 5 above 0.9, 800 steps from the wrong start, squared error")

# %% [markdown]
# After 100 steps from the wrong start, cross-entropy is at {glue:text}`wrong-start-cross-entropy:.0%`, against {glue:text}`ordinary-start-cross-entropy:.0%` from the ordinary one; squared error, which gets five seeds here because they differ so much, is at {glue:text}`wrong-start-squared-error:.0%`. It sits on a *plateau*, where little changes, for a time that depends on the seed. Of five runs, {glue:text}`wrong-start-recovered:d` end above 90 %. If one does not, is it the plateau that holds it, or the learning rate of 5, with which one step can throw the network onto another plateau? We give the seed that ended lowest a smaller rate.

# %%
lowest = int(np.argmin([run[-1] for run in wrong_start["squared error"]]))
claim("lowest-at-smaller-rate", train("squared error", 2.0, lowest, lead=10)[-1],
      at_least=0.6, about="accuracy of the lowest of the 5 seeds with learning rate 2")

# %% [markdown]
# With a rate of 2, it ends at {glue:text}`lowest-at-smaller-rate:.1%`. What the small pull alone did, in this one run, was to make squared error late.
#
# So the sentence to write in the assignment is not "other losses are not appropriate". It is: *squared error through a softmax also learns, and with a suitable learning rate it kept up in our experiment; but its gradient nearly vanishes where the network is confidently wrong, so that it may learn late, whereas that of cross-entropy does not.* Nor is this the last word. {cite:t}`hui2021` put squared error on the outputs *without* a softmax, and found it as good as cross-entropy or better in most tasks of language and speech, with a slight edge for cross-entropy in vision. And the strength of cross-entropy has a price: an image with a false label also keeps its full pull.
#
# ### Why not accuracy itself?
#
# If accuracy is what we report, why not train on it? Because it has no slope. Move every logit of the 10,000 validation images by about a millionth: the mean loss follows, if by little, and at most one decision in 10,000 changes.

# %%
exact_logits = logits.astype("float64")
noise = np.random.default_rng(seed=3).normal(scale=1e-6, size=logits.shape)
moved = exact_logits + noise
changed = (moved.argmax(axis=1) != exact_logits.argmax(axis=1)).sum()
claim("changed-decisions", changed, at_most=1,
      about="decisions of 10,000 that change when all logits move by a millionth")

# %%
change = (stable_loss(y, moved) - stable_loss(y, exact_logits)).mean()
claim("changed-loss", abs(change), at_least=1e-12,
      about="change of the mean loss by the same move")

# %% [markdown]
# Accuracy is a staircase: flat almost everywhere, with jumps between. Its gradient is 0 wherever it exists, and training would not know where to go. A loss is a smooth stand-in for what we care about.
#
# ## Integer, one-hot and soft labels
#
# {ref}`one-hot-labels` has shown that integer and one-hot labels give the same loss and the same gradient: {eq}`eq-loss-from-logits` with a one-hot label is log-sum-exp minus one logit, and an integer can name that logit as well as a vector can. Only the vector can be soft. The loss of a soft label is the mean of the losses of its classes, each with its share, because {prf:ref}`def-cross-entropy` is linear in $y$:

# %%
as_one, as_seven = cross_entropy([1, 7], logits[:1].repeat(2, axis=0))
mixture = cross_entropy(soft[None], logits[:1])[0]
difference = mixture - (0.7 * as_one + 0.3 * as_seven)
claim("soft-label-difference", abs(difference), at_most=1e-5,
      about="difference between a soft label's loss and the mixture of two")

# %% [markdown]
# Soft labels also come into use where the labels are certain: *label smoothing* takes a little from the correct class and spreads it over all {cite}`szegedy2016`, so that no logit has a reason to grow without end. {ref}`ex-smoothing-floor` asks what that does to the loss that you read.
#
# ## Exercises
#
# ```{exercise} Reading a loss
# :label: ex-read-loss
#
# A network for ten classes reports a mean loss of 1.609. What probability does it typically give to the correct class? Answer with two decimals.
# ```

# %%
from mnist_utils.claims import check_answer

answer = None
check_answer("read-loss", answer, "35bbbccb", decimals=2)

# %% [markdown]
# ````{solution-start} ex-read-loss
# :class: dropdown
# ````
#
# The geometric mean of the probabilities is $e^{-\bar L}$. The network has learned something: twice the chance of a blind guess.

# %% tags=["nbval-check-output"]
check_answer("read-loss", round(np.exp(-1.609), 2), "35bbbccb", decimals=2)

# %% [markdown]
# ````{solution-end}
# ````
#
# ```{exercise} The second softmax
# :label: ex-double-softmax
#
# By mistake, a network that ends in softmax is trained with a loss that applies softmax again and does not look behind the first. Its training loss cannot fall below a certain value, however long you train. Which, for ten classes? Answer with two decimals. (What are the "logits" that the loss sees when the network is perfect?)
# ```

# %%
answer = None
check_answer("double-softmax", answer, "ed7626f3", decimals=2)

# %% [markdown]
# ````{solution-start} ex-double-softmax
# :class: dropdown
# ````
#
# At best, the first softmax gives 1 for the correct class and 0 for the nine others. Taken for logits, these have a lead of only 1, and by {eq}`eq-loss-from-logits` the loss is $\log(e^1 + 9 e^0) - 1$. A loss that will not fall below this value is the mark of the second softmax.

# %% tags=["nbval-check-output"]
floor = cross_entropy([0], np.eye(10)[:1])[0]
check_answer("double-softmax", round(floor, 2), "ed7626f3", decimals=2)

# %% [markdown]
# ````{solution-end}
# ````
#
# ```{exercise} The floor of a smoothed loss
# :label: ex-smoothing-floor
#
# With `label_smoothing=0.1`, Keras replaces a one-hot label by 0.9 times that label plus 0.01 in each of the ten places. Below which value can the training loss not fall? Answer with two decimals.
# ```

# %%
answer = None
check_answer("smoothing-floor", answer, "608a46d5", decimals=2)

# %% [markdown]
# ````{solution-start} ex-smoothing-floor
# :class: dropdown
# ````
#
# By {eq}`eq-divergence` the smallest loss is the entropy of the label, here 0.91 once and 0.01 nine times. A loss that levels off there is not a fault, and cannot be compared with one for unsmoothed labels.

# %% tags=["nbval-check-output"]
smoothed = 0.9 * np.eye(10)[0] + 0.01
check_answer("smoothing-floor", round(entr(smoothed).sum(), 2), "608a46d5", decimals=2)

# %% [markdown]
# ````{solution-end}
# ````
#
# ```{exercise} A loss of exactly zero
# :label: ex-exact-zero
#
# With two classes, let the logits be $z$ for the correct one and 0 for the other. The loss is $\log(1 + e^{-z})$, which is never 0. What is the smallest whole number $z$ for which `stable_loss` in `float32` nevertheless returns exactly 0 (or -0, which counts as 0)? Try it, then explain it: how small must a number be to get lost when it is added to 1?
# ```

# %%
answer = None
check_answer("exact-zero", answer, "21e0b452")

# %% [markdown]
# ````{solution-start} ex-exact-zero
# :class: dropdown
# ````
#
# Just above 1, `float32` has gaps of $2^{-23}$. What is smaller than half a gap, $2^{-24} \approx 6 \cdot 10^{-8}$, is rounded away when added to 1, and $\log 1 = 0$. So $e^{-z}$ must be below $2^{-24}$: $z > 24 \log 2 \approx 16.6$.

# %% tags=["nbval-check-output"]
losses_by_lead = [stable_loss(single([0, 1]), single([0, lead])) for lead in range(40)]
check_answer("exact-zero", losses_by_lead.index(0), "21e0b452")

# %% [markdown]
# For the wrong class, $p - y = e^{-17}$ is small but kept. For the correct class $p$ rounds to 1, and $p - y$ is exactly 0.
#
# ````{solution-end}
# ````
#
# ```{exercise} Two classes
# :label: ex-binary
#
# With two classes, one logit is enough: fix the other at 0 ({ref}`dense-network` mentions why). Write `binary_loss(y, z)` for labels `y` of 0 or 1 and logits `z` of class 1, stable for any `z`. The cell compares it with Keras. Hint: `np.logaddexp(a, b)` is $\log(e^a + e^b)$ without overflow.
# ```

# %%
targets, scores = single([0, 1, 1, 0, 0, 1]), single([-500, -500, 3, 3, 500, 500])

def binary_loss(y, z):
    return np.zeros_like(z)  # put your line here

def same_as_keras(function):
    expected = keras.ops.binary_crossentropy(targets, scores, from_logits=True)
    return np.allclose(function(targets, scores), expected)

print("Right." if same_as_keras(binary_loss) else "Not right yet.")


# %% [markdown]
# ````{solution-start} ex-binary
# :class: dropdown
# ````
#
# {eq}`eq-loss-from-logits` with the logits $(0, z)$ and the label $(1 - y, y)$ is $\log(e^0 + e^z) - yz$.

# %% tags=["nbval-check-output"]
def binary_loss(y, z):
    return np.logaddexp(0, z) - y * z

print("Right." if same_as_keras(binary_loss) else "Not right yet.")

# %% [markdown]
# This is *binary cross-entropy*; a network that predicts each pixel of an image as black or white uses one for each pixel.
#
# ````{solution-end}
# ````
#
# ```{exercise} One layer further back
# :label: ex-last-kernel
#
# The last layer computes $z = hW + b$. Show with the chain rule that the gradient of one image's loss with respect to the kernel is $\partial L / \partial W_{ij} = h_i (p_j - y_j)$, and write `kernel_gradient(h, p, y)` for a batch: the gradient of the *mean* loss, of the shape of the kernel. Start from `h = hidden.predict(...)`.
# ```

# %%
h = hidden.predict(x_validation[:128], verbose=0)

def kernel_gradient(h, p, y):
    return np.zeros((h.shape[1], p.shape[1]))  # put your line here

def same_as_tape(function):
    with tf.GradientTape() as tape:
        batch_losses = categorical_crossentropy(y[:128], network(x_validation[:128]))
        mean_loss = tf.reduce_mean(batch_losses)
    expected = tape.gradient(mean_loss, network.layers[-1].kernel)
    return np.allclose(function(h, p[:128], y[:128]), expected, atol=1e-6)

print("Right." if same_as_tape(kernel_gradient) else "Not right yet.")


# %% [markdown]
# ````{solution-start} ex-last-kernel
# :class: dropdown
# ````
#
# $W_{ij}$ enters only $z_j$, and there with the factor $h_i$, so $\partial L / \partial W_{ij} = \partial L / \partial z_j \cdot h_i$, which is $(p_j - y_j)\, h_i$ by {eq}`eq-gradient`. The sum over the images of a batch is a matrix product.

# %% tags=["nbval-check-output"]
def kernel_gradient(h, p, y):
    return h.T @ (p - y) / len(h)

print("Right." if same_as_tape(kernel_gradient) else "Not right yet.")

# %% [markdown]
# ````{solution-end}
# ````
#
# ```{exercise} Other ways to be wrong (open-ended)
# :label: ex-wrong-starts
#
# Study the plateau. How does its length grow with `lead`, and what does {eq}`eq-squared-error-gradient` predict? Try ten seeds, and more learning rates. How many runs never leave the plateau? Then make the start wrong in a more natural way: train with cross-entropy on false labels (each digit named as the next one), and continue with the true labels and each of the losses. Is squared error late there too? Explain what you find by the probabilities that the network gives to the correct classes at that point.
# ```
#
# ````{solution-start} ex-wrong-starts
# :class: dropdown
# ````
#
# The pull falls like $e^{-\text{lead}}$, so each further unit should make the plateau about $e$ times as long; check how far that holds. A larger learning rate should shorten the plateau; look whether one that is too large throws the network onto another one. After a few epochs on false labels, look at the probabilities of the correct classes before you compare the losses: a network that is wrong but not extremely confident leaves squared error a pull that {numref}`fig-vanishing` shows to be smaller but far from lost. A good answer shows several seeds, names the data that it measured on, and says which finding depends on the seed.
#
# ````{solution-end}
# ````
#
# ## Summary
#
# - Cross-entropy is $L = -\sum_i y_i \log p_i$. Its mean is the negative log-likelihood of the labels, divided by their number; minimizing it prefers the weights under which the labels were most probable.
# - It equals $H(y) + D(y \,\|\, p)$. The first term does not depend on the network; the second is 0 only for $p = y$. So the best prediction is the true probabilities.
# - $e^{-\bar L}$ is the typical probability of the correct class: 1 at a loss of 0, about 0.9 at 0.1, one in ten at $\log 10 \approx 2.3$, the loss of knowing nothing. After one epoch ours was {glue:text}`trained-loss:.2f`, and {glue:text}`worst-images-share:.0%` of it came from 5 % of the images.
# - Its gradient with respect to the logits is $p - y$. It vanishes only when the prediction equals the label.
# - It suits classification because it is smallest at the true probabilities, and has a slope where accuracy has none; both hold for squared error, too. What sets it apart is that through a softmax its slope is steepest where the network is most wrong.
# - Compute it from logits. Through probabilities it overflows, underflows, or is clipped: Keras then reports at most {glue:text}`clipped-loss:.1f`, with the gradient 0. A softmax as the very last layer is safe in Keras on TensorFlow.
# - Squared error is a strictly proper loss too. With a matching learning rate it reached {glue:text}`matched-loss-accuracy:.1%`, against {glue:text}`cross-entropy-accuracy:.1%`. But through a softmax its gradient nearly vanishes where the network is confidently wrong: from such a start it was at {glue:text}`wrong-start-squared-error:.0%` when cross-entropy was at {glue:text}`wrong-start-cross-entropy:.0%`, and {glue:text}`wrong-start-recovered:d` of five runs caught up later.
#
# ## Further reading
#
# - Maximum likelihood, output units and why the logarithm undoes their saturation: {cite:t}`goodfellow2016`, section 6.2.
# - Softmax as a probability model, by the author who gave it its name: {cite:t}`bridle1990`.
# - Where entropy comes from, and what it has to do with the length of messages: {cite:t}`shannon1948`.
# - How accurately log-sum-exp and softmax can be computed, with proofs: {cite:t}`higham2021`.
# - Scoring rules in general: {cite:t}`gneiting2007`. The squared one, from weather forecasting: {cite:t}`brier1950`.
# - Squared error against cross-entropy in modern networks: {cite:t}`hui2021`.
