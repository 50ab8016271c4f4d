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
# # When the computer gets the loss wrong
#
# > **In short**
# >
# > Computed as it is written, cross-entropy fails at both ends: in `float32` the exponential of a logit of 89 overflows, and a probability that underflows to 0 meets a logarithm. Both have one cure: subtract the largest logit, and go from logits to logarithms without passing through probabilities. Keras does this when it has the logits. When it has only probabilities it clips them at $10^{-7}$: where the true loss is 40 it reports 16.118, with a gradient of exactly 0, so that an image on which the network is as wrong as that teaches nothing. The assignment's network, which ends in softmax and keeps the default `from_logits=False`, is safe on TensorFlow, because Keras looks behind a softmax that is the last layer.
# >
# > *Read before*: [Cross-entropy](cross_entropy.ipynb), [The gradient is p minus y](gradient.ipynb).
#
# Keras computes in 32 bits by default. We write softmax as in the textbook and look where it breaks; `single` makes arrays of 32 bits, also called single precision.

# %%
import numpy as np

def naive_softmax(z):
    return np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)

def single(values):
    return np.array(values, dtype="float32")


# %% [markdown]
# ## Both ends of the scale
#
# The first accident is *overflow*. The largest `float32` is about $3.4 \cdot 10^{38}$, and $e^{89}$ is larger. The exponential of a logit of 89 or more is stored as infinity, and infinity divided by infinity is `nan`, not a number.

# %%
with np.errstate(over="ignore", invalid="ignore"):  # NumPy would warn
    below = naive_softmax(single([60, 70, 88]))
    above = naive_softmax(single([60, 70, 89]))
below.round(3).tolist(), above.tolist()


# %% [markdown]
# One `nan` is enough to ruin a training: it gets into the gradient, from there into the weights, and never leaves.
#
# The second is *underflow*. A probability that is too small for its type becomes 0. Its logarithm is minus infinity. And in the sum $-\sum_i y_i \log p_i$ that infinity is multiplied by $y_i$, which is 0 for a wrong class. The mathematical convention says 0; the computer says `nan`. The next network is **right**, and certain of it:

# %%
def naive_loss(y, z):
    return -(y * np.log(naive_softmax(z))).sum()

with np.errstate(divide="ignore", invalid="ignore"):
    loss = naive_loss(single([0, 0, 1]), single([-30, 0, 80]))
float(loss)


# %% [markdown]
# The true loss is 0 to 34 decimals.
#
# ## One cure for both
#
# Softmax does not change when the same number is subtracted from all logits [(9.1)](gradient.ipynb). Subtract the largest: now every exponent is at most 0, and nothing overflows. And by [(9.2)](gradient.ipynb) we may skip the probabilities and go from logits to logarithms directly: now nothing that underflows meets a logarithm, because the sum of the exponentials contains $e^0 = 1$.

# %%
def stable_log_softmax(z):
    shifted = z - z.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))

def stable_loss(y, z):
    return -(y * stable_log_softmax(z)).sum(axis=-1)


# %% [markdown]
# We put the three ways side by side, for an image whose correct logit lies 10, 80, ... below the largest. The middle column subtracts the maximum, but then goes through probabilities.

# %%
import pandas as pd

gaps, first_class = [10, 80, 200, 1000, 10_000], single([1, 0, 0])
rows = [single([0, gap / 2, gap]) for gap in gaps]
with np.errstate(all="ignore"):
    naive = [naive_loss(first_class, row) for row in rows]
    halfway = [-np.log(naive_softmax(row - row.max())[0]) for row in rows]
stable = [stable_loss(first_class, row) for row in rows]
columns = {"gap": gaps, "naive": naive, "shifted": halfway, "stable": stable}
pd.DataFrame(columns).round(2)

# %% [markdown]
# The stable column is right in every row: the loss is the gap, plus 0.01 in the first row, where the other logits still count. The naive one has failed by the row of 200; its exponentials overflow from a logit of 89 on. Shifting alone turns `nan` into `inf` and no more: the probability has underflowed before the logarithm could see it.
#
# Keras has the same function, with `from_logits=True`. We compare the two on a thousand images with logits up to 10,000 in size.

# %% tags=["remove-stderr"]
import keras

from keras.losses import categorical_crossentropy

generator = np.random.default_rng(seed=2)
wild = generator.uniform(-1e4, 1e4, (1000, 10)).astype("float32")
labels = np.eye(10, dtype="float32")[generator.integers(10, size=1000)]
ours = stable_loss(labels, wild)
theirs = np.array(categorical_crossentropy(labels, wild, from_logits=True))
relative = np.abs(ours - theirs) / np.maximum(theirs, 1)
ours.max().item(), relative.max().item()

# %% [markdown]
# The losses reach almost 20,000, and the two agree to the precision of `float32`. The package's `cross_entropy`, which the lessons use, is the same function once more, from SciPy.
#
# ## Logits or probabilities in Keras
#
# Keras offers both ways. `from_logits=True` says that the network's output is logits, and the loss is computed as above. The default is `False`: the output is probabilities. Then the logits are out of reach, and all that Keras can do against $\log 0$ is *clipping*: any probability below $10^{-7}$ is replaced by $10^{-7}$, and any above $1 - 10^{-7}$ by that. We ask both for the loss and its gradient, for an image that the network gets confidently wrong: the correct logit is 40 below the largest.

# %%
import tensorflow as tf

wrong, label = tf.constant([[0.0, 20.0, 40.0]]), tf.constant([[1.0, 0.0, 0.0]])

def loss_and_gradient(function):
    with tf.GradientTape() as tape:
        tape.watch(wrong)
        loss = function(wrong)
    return float(loss[0]), tape.gradient(loss, wrong).numpy()[0]


# %%
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
clipped_loss, clipped_gradient.tolist()

# %% tags=["hide-cell"]
# checks
from mnist_utils.claims import claim

claim("clipped-loss", clipped_loss, identity=16.118,
      about="loss that Keras computes from probabilities where the true loss is 40")
claim("clipped-gradient", np.abs(clipped_gradient).max(), identity=0,
      about="largest component of the gradient of the loss that Keras computes from "
            "probabilities where the true loss is 40")


# %% [markdown]
# Two things went wrong. The loss is 16.118, which is $-\log 10^{-7}$: no larger value can come out. And the gradient is exactly zero, because a clipped number is a constant, and a constant has the derivative 0. From an image on which the network is as wrong as that, it learns **nothing**.
#
# ## Is the assignment's network in danger?
#
# It ends in softmax and uses the default. We build such a network without weights, once with a softmax alone and once with a layer behind it that only reshapes three numbers into three numbers, and give both the same logits:

# %%
def loss_of_network(*layers):
    network = keras.Sequential([keras.Input((3,)), *layers])
    return float(categorical_crossentropy(label, network(wrong))[0])

softmax, reshape = keras.layers.Activation("softmax"), keras.layers.Reshape((3,))
softmax_last = loss_of_network(softmax)
softmax_hidden = loss_of_network(softmax, reshape)
softmax_last, softmax_hidden

# %% tags=["hide-cell"]
# checks
claim("softmax-last-loss", softmax_last, identity=40,
      about="loss of a network that ends in softmax where the true loss is 40")

# %% [markdown]
# The first answer, 40, is the right one. Keras's TensorFlow backend sees that the probabilities come out of a softmax, looks behind it, and takes the logits from there; so the assignment's network is safe. (`fit` and `evaluate` do the same.) The one more layer of the second network changes no number, yet it is enough to hide the softmax, and the clipped loss is back. The same happens to probabilities that come from `predict`, and on Keras's other backends, which do not look behind. Hence two rules.
#
# > **Where a beginner stumbles**
# >
# > Either let softmax be the very last layer, and keep the default; or end in a layer without activation, and write `from_logits=True`. The second way is safe on every backend. Do not mix the two. A network of logits without `from_logits=True` has its logits taken for probabilities, and softmax output with `from_logits=True` may get a second softmax (Exercise 10.1 shows how to recognize that one by its loss).
#
# ## Exercises
#
# > **Exercise 10.1** (The second softmax)
# >
# > By mistake, a network that ends in softmax is trained with a loss that applies softmax again and does not look behind the first. Its training loss cannot fall below a certain value, however long you train. Which, for ten classes? Answer with two decimals. (What are the "logits" that the loss sees when the network is perfect?)

# %%
from mnist_utils.claims import check_answer

answer = None
check_answer("double-softmax", answer, "ed7626f3", decimals=2)

# %% [markdown]
# <details><summary>Solution of Exercise 10.1</summary>
#
# At best, the first softmax gives 1 for the correct class and 0 for the nine others. Taken for logits, these have a lead of only 1, and by [(9.2)](gradient.ipynb) the loss is $\log(e^1 + 9 e^0) - 1$. A loss that will not fall below this value is the mark of the second softmax.
#
# </details>

# %%
# solution
floor = stable_loss(np.eye(10)[0], np.eye(10)[0])
check_answer("double-softmax", round(floor, 2), "ed7626f3", decimals=2)

# %% [markdown]
# > **Exercise 10.2** (A loss of exactly zero)
# >
# > With two classes, let the logits be $z$ for the correct one and 0 for the other. The loss is $\log(1 + e^{-z})$, which is never 0. What is the smallest whole number $z$ for which `stable_loss` in `float32` nevertheless returns exactly 0 (or -0, which counts as 0)? Try it, then explain it: how small must a number be to get lost when it is added to 1?

# %%
answer = None
check_answer("exact-zero", answer, "21e0b452")

# %% [markdown]
# <details><summary>Solution of Exercise 10.2</summary>
#
# Just above 1, `float32` has gaps of $2^{-23}$. What is smaller than half a gap, $2^{-24} \approx 6 \cdot 10^{-8}$, is rounded away when added to 1, and $\log 1 = 0$. So $e^{-z}$ must be below $2^{-24}$: $z > 24 \log 2 \approx 16.6$.
#
# </details>

# %%
# solution
by_lead = [stable_loss(single([0, 1]), single([0, lead])) for lead in range(40)]
check_answer("exact-zero", by_lead.index(0), "21e0b452")

# %% [markdown]
# <details><summary>Solution of Exercise 10.2, continued</summary>
#
# For the wrong class, $p - y = e^{-17}$ is small but kept. For the correct class $p$ rounds to 1, and $p - y$ is exactly 0.
#
# </details>
#
# > **Exercise 10.3** (Two classes)
# >
# > With two classes, one logit is enough: fix the other at 0. Write `binary_loss(y, z)` for labels `y` of 0 or 1 and logits `z` of class 1, stable for any `z`. The cell compares it with Keras. Hint: `np.logaddexp(a, b)` is $\log(e^a + e^b)$ without overflow.

# %%
targets, scores = single([0, 1, 1, 0, 0, 1]), single([-500, -500, 3, 3, 500, 500])

def binary_loss(y, z):
    return np.zeros_like(z)  # put your line here

def same_as_keras(function):
    expected = keras.ops.binary_crossentropy(targets, scores, from_logits=True)
    right = np.allclose(function(targets, scores), expected)
    return "Right." if right else "Not right yet."

same_as_keras(binary_loss)


# %% [markdown]
# <details><summary>Solution of Exercise 10.3</summary>
#
# [(9.2)](gradient.ipynb) with the logits $(0, z)$ and the label $(1 - y, y)$ is $\log(e^0 + e^z) - yz$.
#
# </details>

# %%
# solution
def binary_loss(y, z):
    return np.logaddexp(0, z) - y * z

same_as_keras(binary_loss)

# %% [markdown]
# <details><summary>Solution of Exercise 10.3, continued</summary>
#
# This is *binary cross-entropy*; a network that predicts each pixel of an image as black or white uses one for each pixel.
#
# </details>
#
# ## Further reading
#
# How accurately log-sum-exp and softmax can be computed, with proofs: Blanchard et al. (2021).

# %% [markdown]
# ## Quiz
#
# Choose an answer in your mind, then open it.
#
# **1.** The textbook formula of softmax, $e^{z_i} / \sum_k e^{z_k}$, is computed in `float32` for the logits 95, 0 and 1. What comes out? (Numbers above about $3.4 \cdot 10^{38} \approx e^{88.7}$ are stored as infinity.)
#
# <details><summary><code>nan</code>, 0 and 0</summary>
#
# **Right.** The first exponential and the sum are both infinite, and infinity divided by infinity is `nan`. The others are finite numbers divided by infinity.
#
# </details>
#
# <details><summary>1, 0 and 0</summary>
#
# **No.** That is the right answer, up to rounding. The computer would find it if the largest logit was subtracted first.
#
# </details>
#
# <details><summary><code>nan</code>, <code>nan</code> and <code>nan</code></summary>
#
# **No.** The infinite sum is in all three denominators, but only the first numerator is infinite too. A finite number divided by infinity is 0.
#
# </details>
#
# **2.** Somebody subtracts the largest logit, computes softmax in `float32` without any clipping, and takes minus the logarithm of the correct class's probability. The correct logit is 200 below the largest. What is the result?
#
# <details><summary>200, as it should be, since the shift prevents both accidents.</summary>
#
# **No.** The shift prevents overflow. The probability is still too small for its type and becomes 0 before the logarithm sees it.
#
# </details>
#
# <details><summary><code>nan</code>, since the exponential of the largest logit overflows.</summary>
#
# **No.** After the shift the largest logit is 0 and its exponential 1, so that nothing overflows any more.
#
# </details>
#
# <details><summary>Infinity, since the probability underflows to 0 before.</summary>
#
# **Right.** The cure has a second half: go from the logits to the logarithm directly, without passing through the probability. Then the loss is 200.
#
# </details>
#
# **3.** A loss gets probabilities only, and replaces those below $10^{-7}$ by $10^{-7}$. The correct class of an image has the probability $10^{-12}$. What does the training learn from this image?
#
# <details><summary>As much as without clipping, since only the loss is changed and the gradient stays $p - y$.</summary>
#
# **No.** Automatic differentiation follows what was computed. A number that was replaced by a constant has the derivative 0.
#
# </details>
#
# <details><summary>Nothing, since a clipped number is a constant, and the gradient of a constant is 0.</summary>
#
# **Right.** So the images on which the network is most wrong do not teach it anything. With logits in place of probabilities, no clipping is needed.
#
# </details>
#
# <details><summary>More than from any other image, since its loss is the largest that can come out.</summary>
#
# **No.** The largest loss need not come with the largest gradient. At this value the loss is flat, since clipping has cut the connection to the weights.
#
# </details>
#
# **4.** A network ends in `Dense(10)` without an activation function. What has to be told to Keras's cross-entropy?
#
# <details><summary>Nothing, since Keras puts the missing softmax in by itself.</summary>
#
# **No.** Keras's TensorFlow backend looks behind a softmax that is there. It does not add one that is missing, and would take the logits for probabilities.
#
# </details>
#
# <details><summary>That its labels are one-hot, since logits are ten numbers.</summary>
#
# **No.** One-hot or integer is a question of the labels, and either works with its own loss. What the loss cannot know is whether it gets logits.
#
# </details>
#
# <details><summary>That it gets logits, by the argument <code>from_logits=True</code>.</summary>
#
# **Right.** Then softmax and logarithm are computed together from the logits, which is stable on every backend.
#
# </details>
