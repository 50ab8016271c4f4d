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
# # The gradient is p minus y
#
# > **In short**
# >
# > Training needs the derivative of the loss with respect to each logit. Through softmax, that of cross-entropy is $\partial L / \partial z_j = p_j - y_j$, prediction minus label, because the logarithm undoes the exponential; automatic differentiation and finite differences agree with it. Against this gradient, the correct logit is pulled up in proportion to the probability that is missing from it, and each other logit down in proportion to the probability that it holds wrongly, so an image counts for the more, the more wrong the network is about it. The gradient vanishes only for $p = y$. Accuracy has no such slope: when a trained network's correct logits of 10,000 images are all raised by 0.001, the loss falls as the gradient announces, and 0 decisions change.
# >
# > *Read before*: [Cross-entropy](cross_entropy.ipynb); the derivatives of $e^x$ and $\log x$, and the chain rule.
#
# The network computes its probabilities from ten logits $z_0, \dots, z_{K-1}$, by softmax:
#
# $$p_i = \frac{e^{z_i}}{\sum_{k} e^{z_k}} .$$
#
# How does the loss change when one logit changes? Two properties of this step make the answer short.
#
# ## Two properties of softmax
#
# The first is that only differences count. Adding the same number $\theta$ to all logits multiplies numerator and denominator by $e^\theta$, and nothing changes:
#
# $$
# \frac{e^{z_i + \theta}}{\sum_k e^{z_k + \theta}}
#   = \frac{e^\theta\, e^{z_i}}{e^\theta \sum_k e^{z_k}}
#   = \frac{e^{z_i}}{\sum_k e^{z_k}} .
# \tag{9.1}
# $$

# %%
import numpy as np

def softmax(z):
    return np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)

z = np.array([2.0, -1.0, 0.5])
softmax(z).round(4), softmax(z + 7).round(4)

# %% [markdown]
# The second is what the logarithm does to softmax: it undoes the exponential. $\log p_i = z_i - \log \sum_k e^{z_k}$, and because the $y_i$ add up to 1,
#
# $$
# \begin{aligned}
# L &= -\sum_i y_i \Bigl( z_i - \log \sum_k e^{z_k} \Bigr) \\
#   &= \log \sum_k e^{z_k} - \sum_i y_i z_i .
# \end{aligned}
# \tag{9.2}
# $$

# %%
y = np.array([0.0, 0.0, 1.0])
from_logits = np.log(np.exp(z).sum()) - (y * z).sum()
from_probabilities = -(y * np.log(softmax(z))).sum()
from_logits.item(), from_probabilities.item()

# %% [markdown]
# For a one-hot label this is $L = \log \sum_k e^{z_k} - z_c$. The first term, called *log-sum-exp*, is a smooth version of the maximum. The sum is at least its largest term, and at most $K$ times that term; take logarithms:
#
# $$
# \max_k z_k \;\le\; \log \sum_k e^{z_k} \;\le\; \max_k z_k + \log K .
# \tag{9.3}
# $$
#
# That gives the loss a second reading: it is about **how far the correct logit lies behind the largest one**. An image with the correct logit 8 below the winner has a loss between 8 and $8 + \log 10 \approx 10.3$.
#
# ## The derivative, term by term
#
# Fix one logit, $z_j$, and differentiate the two terms of (9.2).
#
# 1. In $\sum_i y_i z_i$ only the term $i = j$ contains $z_j$. Its derivative is $y_j$.
# 2. For $\log \sum_k e^{z_k}$ use the chain rule: one over the inside, times the derivative of the inside. In the inside, $\sum_k e^{z_k}$, again only one term contains $z_j$, and the derivative of $e^{z_j}$ is $e^{z_j}$. Together: $e^{z_j} / \sum_k e^{z_k}$, which is $p_j$.
# 3. The derivative of the loss is that of the log-sum-exp minus that of the sum:
#
# $$
# \frac{\partial L}{\partial z_j} = p_j - y_j .
# \tag{9.4}
# $$
#
# All of the exponentials are contained in $p$, which the network has computed anyway. What remains is **prediction minus label**. For the mean loss over $n$ images, each gradient is divided by $n$.
#
# ## Two independent checks
#
# We take ten random logits and a label that gives two classes a share, because the derivation never needed a one-hot label. The first check is automatic differentiation: TensorFlow records the operations and applies the chain rule to each.

# %% tags=["remove-stderr"]
import tensorflow as tf

z = np.random.default_rng(seed=1).normal(scale=3, size=10)
y = np.array([0, 0.7, 0, 0, 0, 0, 0, 0.3, 0, 0])
variable = tf.Variable(z)
with tf.GradientTape() as tape:
    loss = -tf.reduce_sum(y * tf.math.log(tf.nn.softmax(variable)))
automatic = tape.gradient(loss, variable).numpy()


# %% [markdown]
# The second uses nothing but the loss itself. Move one logit a small distance both ways, and divide the change of the loss by the distance between the two points. This *finite difference* is an approximation; apart from rounding, half the distance makes its error a quarter.

# %%
def loss_at(z):
    return np.log(np.exp(z).sum()) - (y * z).sum()

moves = 1e-5 * np.eye(10)  # row j moves logit j
finite = [(loss_at(z + move) - loss_at(z - move)) / 2e-5 for move in moves]

# %%
import pandas as pd

formula = softmax(z) - y
columns = {"p - y": formula, "automatic": automatic, "finite": finite}
pd.DataFrame(columns).round(4).T

# %% [markdown]
# The rows agree. How far, the next cell states:

# %%
from mnist_utils.claims import claim

claim("gradient-automatic", np.abs(automatic - formula).max(),
      identity=0.0, within=1e-12,
      about="largest difference between p - y and automatic differentiation, for ten "
            "random logits and a soft label")
claim("gradient-finite", np.abs(finite - formula).max(), identity=0.0, within=1e-8,
      about="largest difference between p - y and finite differences, for ten random "
            "logits and a soft label")

# %% [markdown]
# ## What the gradient asks for
#
# Look at the gradient for a single image with three classes:

# %%
z_small, y_small = np.array([3.0, 1.0, 0.0]), np.array([0.0, 1.0, 0.0])
p_small = softmax(z_small)
columns = {"z": z_small, "p": p_small, "y": y_small, "p - y": p_small - y_small}
pd.DataFrame(columns).round(3)

# %% [markdown]
# Training goes against the gradient. So the correct logit is pulled up, in proportion to the probability that is missing from it, and each other logit down, in proportion to the probability that it holds wrongly. (A step changes weights, not logits, and other images pull on the same weights; what the logits of one image do in the end is the sum of it all.) What one is to gain the others are to lose: the column adds up to 0, since $p$ and $y$ both add up to 1. This must be so, because adding a constant to all logits changes nothing.
#
# Two more things follow. The gradient vanishes only when $p = y$, so **an image that the network gets wrong never stops pulling**. And no component is larger than 1 in size: however large the loss of an image, its pull on a logit is bounded. (The weights feel that pull multiplied by what enters the layer; Exercise 9.3 does that step.) The strength has a price: an image with a false label keeps its full pull, too.
#
# ## Why not accuracy itself?
#
# If accuracy is what we report, why not train on it? Because it has no slope. We take a stored network of the book and 10,000 of the training images, and raise the correct logit of each image by 0.001. As only differences of logits count, $\log p$ can stand for them. The gradient announces that the mean loss falls by 0.001 times the mean of $1 - q$, where $q$ is the probability of the correct class.

# %%
from mnist_utils import results
from mnist_utils.cross_entropy import cross_entropy
from mnist_utils.dataset import load_mnist, one_hot, preprocess

(x_train, y_train), _ = load_mnist()
images, labels = preprocess(x_train[:10_000]), y_train[:10_000]
network = results.load_network("small", "final")
p = network.predict(images, batch_size=1000, verbose=0).astype("float64")

# %%
logits = np.log(p)
moved = logits + 0.001 * one_hot(labels)
change = (cross_entropy(labels, moved) - cross_entropy(labels, logits)).mean()
announced = 0.001 * (p - one_hot(labels))[range(10_000), labels].mean()
changed = (moved.argmax(axis=1) != logits.argmax(axis=1)).sum()
change.item(), announced.item(), changed.item()

# %% tags=["hide-cell"]
# checks
claim("changed-loss", change / announced, stored=0.9998,
      about="change of the mean loss when the correct logits of 10,000 training images "
            "rise by 0.001, relative to what the gradient announces, stored network")
claim("changed-decisions", changed, stored=0,
      about="decisions that change when the correct logits of 10,000 training images "
            "rise by 0.001, stored network of 1,828 parameters")

# %% [markdown]
# The loss changes by 0.9998 of what the gradient announced, and of the 10,000 decisions 0 change. Accuracy is a staircase: flat almost everywhere, with jumps between. Its gradient is 0 wherever it exists, and training would not know where to go. A loss is a smooth stand-in for what we care about.
#
# ## Exercises
#
# > **Exercise 9.1** (The pull on one logit)
# >
# > Three logits are 2, 0 and 0, and the third class is correct. What is the derivative of the loss with respect to the third logit? Answer with two decimals and the sign.

# %%
from mnist_utils.claims import check_answer

answer = None
check_answer("correct-logit", answer, "8ed1453d", decimals=2)

# %% [markdown]
# <details><summary>Solution of Exercise 9.1</summary>
#
# $p_2 - y_2 = 1 / (e^2 + 2) - 1$. It is negative: the loss falls when this logit rises.
#
# </details>

# %%
# solution
derivative = softmax(np.array([2.0, 0.0, 0.0]))[2] - 1
check_answer("correct-logit", round(derivative, 2), "8ed1453d", decimals=2)

# %% [markdown]
# > **Exercise 9.2** (When smoothing stops pulling)
# >
# > With `label_smoothing=0.1`, the label is 0.9 times the one-hot label plus 0.01 in each of the ten places. At which probability of the correct class does the gradient vanish? Answer with two decimals.

# %%
answer = None
check_answer("smoothed-gradient", answer, "7b6a5157", decimals=2)

# %% [markdown]
# <details><summary>Solution of Exercise 9.2</summary>
#
# Where $p = y$, so at $0.9 + 0.01$. Above that, training pulls the correct logit down again: smoothing forbids certainty.
#
# </details>

# %%
# solution
check_answer("smoothed-gradient", 0.9 + 0.01, "7b6a5157", decimals=2)

# %% [markdown]
# > **Exercise 9.3** (One layer further back)
# >
# > The last layer computes $z = hW + b$. Show with the chain rule that the gradient of one image's loss with respect to the kernel is $\partial L / \partial W_{ij} = h_i (p_j - y_j)$, and write `kernel_gradient(h, p, y)` for a batch: the gradient of the **mean** loss, of the shape of the kernel.

# %%
import keras

hidden = keras.Model(network.input, network.layers[-2].output)
h, batch, one_hots = hidden(images[:128]).numpy(), p[:128], one_hot(labels[:128])

def kernel_gradient(h, p, y):
    return np.zeros((h.shape[1], p.shape[1]))  # put your line here

def same_as_tape(function):
    with tf.GradientTape() as tape:
        mean_loss = tf.reduce_mean(
            keras.losses.categorical_crossentropy(one_hots, network(images[:128])))
    expected = tape.gradient(mean_loss, network.layers[-1].kernel)
    right = np.allclose(function(h, batch, one_hots), expected, atol=1e-5)
    return "Right." if right else "Not right yet."

same_as_tape(kernel_gradient)


# %% [markdown]
# <details><summary>Solution of Exercise 9.3</summary>
#
# $W_{ij}$ enters only $z_j$, and there with the factor $h_i$, so $\partial L / \partial W_{ij} = \partial L / \partial z_j \cdot h_i$, which is $(p_j - y_j)\, h_i$ by (9.4). The sum over the images of a batch is a matrix product.
#
# </details>

# %%
# solution
def kernel_gradient(h, p, y):
    return h.T @ (p - y) / len(h)

same_as_tape(kernel_gradient)

# %% [markdown]
# ## Further reading
#
# Output units and their gradients: Goodfellow et al. (2016), section 6.2. What the chain rule does with $p - y$ in the layers below, convolutions among them: [The gradient of a convolution](../convolution/backward.ipynb).

# %% [markdown]
# ## Quiz
#
# Choose an answer in your mind, then open it.
#
# **1.** For one image, softmax gives three classes the probabilities 0.7, 0.2 and 0.1; the second class is correct. What are the derivatives of the cross-entropy with respect to the three logits?
#
# <details><summary>0, −5 and 0</summary>
#
# **No.** These are the derivatives with respect to the probabilities, $-1/p_c$ for the correct one. To get to the logits, one has to go through softmax.
#
# </details>
#
# <details><summary>0.7, −0.8 and 0.1</summary>
#
# **Right.** They are prediction minus label. A step against them pulls the correct logit up and the two others down.
#
# </details>
#
# <details><summary>0, −0.8 and 0</summary>
#
# **No.** The loss reads only the probability of the correct class, but that probability depends on all three logits. So the two others have derivatives as well.
#
# </details>
#
# <details><summary>−0.7, 0.8 and −0.1</summary>
#
# **No.** That is the direction in which training pulls the logits. The derivatives are its opposite, since training goes against them.
#
# </details>
#
# **2.** A training image of a one has the false label 7. In the course of the training the network becomes ever more certain that it is a one. How strongly does this image pull on its logits, under cross-entropy?
#
# <details><summary>Ever less, since the network has settled on its answer.</summary>
#
# **No.** The pull vanishes only where prediction and label agree. For this label the network becomes more and more wrong.
#
# </details>
#
# <details><summary>Ever more without a limit, like the loss of this image.</summary>
#
# **No.** The loss has no upper limit, its derivatives have: each is a difference of two numbers from 0 to 1.
#
# </details>
#
# <details><summary>Ever more, but with at most 1 on each of its logits.</summary>
#
# **Right.** The derivatives are $p - y$, so their size comes close to 1 for the logits of 1 and 7 and never exceeds it. An image with a false label keeps its full pull.
#
# </details>
#
# **3.** Why is a network not trained by gradient descent on the accuracy itself?
#
# <details><summary>Accuracy is to become large, and training makes a number small.</summary>
#
# **No.** A minus sign would mend that: one could minimize the share of errors. It has the same trouble as the accuracy.
#
# </details>
#
# <details><summary>Its gradient is 0 wherever it exists, so that no way is shown.</summary>
#
# **Right.** A small change of the weights changes no decision as a rule, and now and then one jumps. A loss such as cross-entropy is a smooth stand-in that has a slope.
#
# </details>
#
# <details><summary>It is known for whole sets of images, but not for one batch.</summary>
#
# **No.** The accuracy of a batch can be computed like that of any other images. But it is just as flat as a function of the weights.
#
# </details>
