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
# # A step, its length, its batch
#
# > **In short**
# >
# > A step of stochastic gradient descent moves each weight against its derivative, multiplied by the learning rate; all the derivatives together, the gradient, are estimated from a batch. With 128 images the error of that estimate is 0.95 times as long as the gradient of all images at the start, and 2.5 times after ten epochs; with four times as many images it is half as long. In a grid of twelve settings of the 64-64 network, three seeds each, those with the same ratio of learning rate to batch size reach about the same validation accuracy, as long as the rate is not too large. Momentum keeps a share of the last step, so that steps in a lasting direction add up.
# >
# > *Read before*: [Ten epochs, and ten seeds](ten_epochs.ipynb), [The gradient is p minus y](../loss/gradient.ipynb).
#
# The assignment trains with batches of 128 and a learning rate of 0.1. What happens in one of its 4,690 steps, and what would change with other settings?
#
# ## One update of one weight
#
# Every weight $w$, biases included, is changed against the derivative of the mean loss of a batch,
#
# $$
# w \leftarrow w - \eta \, \frac{\partial \bar L}{\partial w},
# \tag{13.1}
# $$
#
# where $\eta$ is the learning rate and $\bar L$ the mean of the losses of the batch's images. That is the whole rule. We follow one weight through one step by hand.
#
# Take the weight $W_{jk}$ from unit $j$ of the second hidden layer to the output for digit $k$. It enters the logit $z_k = \sum_j h_j W_{jk} + b_k$ with the factor $h_j$, the output of its unit. The loss of an image changes with the logit by $p_k - y_k$, as [The gradient is p minus y](../loss/gradient.ipynb) shows. By the chain rule the derivative of that loss is the product of the two. For a batch of $B$ images it is the mean of these products, where a first index $i$ counts the images:
#
# $$
# \frac{\partial \bar L}{\partial W_{jk}} = \frac{1}{B} \sum_{i=1}^{B} h_{ij} \, (p_{ik} - y_{ik}).
# \tag{13.2}
# $$
#
# Read it as a rule for learning. Where unit $j$ spoke ($h_{ij} > 0$) and the network gave the digit $k$ too much probability, the weight goes down. Where it gave too little, the weight goes up. Where the unit was silent, nothing happens. We compute all three ingredients for the first 128 images, with an untrained network.

# %% tags=["remove-stderr"]
import keras
import numpy as np

from mnist_utils import networks
from mnist_utils.dataset import load_mnist, one_hot, preprocess

(x_train, y_train), _ = load_mnist()
train_images = preprocess(x_train)
batch, labels = train_images[:128], y_train[:128]

def new_network(seed=0, **settings):
    keras.utils.set_random_seed(seed)
    network = networks.dense((64, 64), seed=seed)
    network.compile(keras.optimizers.SGD(learning_rate=0.1),
                    "sparse_categorical_crossentropy", **settings)
    return network


# %%
fresh = new_network()
hidden = keras.Model(fresh.inputs, fresh.layers[-2].output)
h, p = hidden.predict(batch, verbose=0), fresh.predict(batch, verbose=0)
before = fresh.layers[-1].kernel.numpy()
by_hand = before - 0.1 * h.T @ (p - one_hot(labels)) / 128

# %% [markdown]
# The last line takes (13.2) for all 640 weights of the layer at once: the sum over images is a product of matrices. Now Keras takes its step on the same batch. We show one weight before it, after it by hand, and after it by Keras: that of the digit 7 from the unit that speaks loudest.

# %%
fresh.train_on_batch(batch, labels)
after = fresh.layers[-1].kernel.numpy()
loudest = h.mean(axis=0).argmax()
[round(float(kernel[loudest, 7]), 6) for kernel in (before, by_hand, after)]

# %% tags=["hide-cell"]
# checks
from mnist_utils.claims import claim

claim("training-kernel-by-hand", np.abs(by_hand - after).max(),
      identity=0.0, within=1e-6,
      about="largest difference of 640 weights after one step, by hand and by Keras")

# %% [markdown]
# It lands where Keras puts it, and so do the 639 others. For the weights further down, the chain rule has more factors; *backpropagation* computes them layer by layer, from the last one to the first. The update (13.1) is the same for all of them.
#
# ## What the learning rate does
#
# The derivative says how steep it is **here**. The learning rate decides how far to go. We write $g_B$ for the gradient of a batch, the vector of all 55,050 derivatives, and $\lVert g_B \rVert^2$ for the sum of their squares; from here on $w$ stands for all weights together, as a vector. If the loss were a plane, a step with learning rate $\eta$ would lower it by exactly $\eta \lVert g_B \rVert^2$. It is curved, so that is true for small steps only:
#
# $$
# \bar L(w - \eta g_B) \approx \bar L(w) - \eta \, \lVert g_B \rVert^2 .
# \tag{13.3}
# $$
#
# How small is small? We need loss and gradient of a batch,

# %%
import tensorflow as tf
from keras.losses import sparse_categorical_crossentropy

def loss_and_gradients(network, images, labels):
    with tf.GradientTape() as tape:
        losses = sparse_categorical_crossentropy(labels, network(images))
        loss = tf.reduce_mean(losses)
    gradients = tape.gradient(loss, network.trainable_weights)
    return float(loss), [gradient.numpy() for gradient in gradients]


# %% [markdown]
# and the loss of any images after a step from given weights, as a function of the rate.

# %%
probe = new_network()
initial = probe.get_weights()

def losses_after_step(weights, gradients, rates, images, labels):
    losses = []
    for rate in rates:
        probe.set_weights([w - rate * g for w, g in zip(weights, gradients)])
        of_images = sparse_categorical_crossentropy(labels, probe(images))
        losses.append(float(tf.reduce_mean(of_images)))
    return np.array(losses)


# %% [markdown]
# The first step, with rates from 0.01 to 4 (after a rate of 0, which gives the loss before it):

# %%
rates = np.array([0, *np.geomspace(0.01, 4, 40)])
loss, gradients = loss_and_gradients(probe, batch, labels)
squared_norm = sum((gradient**2).sum() for gradient in gradients)
first = losses_after_step(initial, gradients, rates, batch, labels)

# %% [markdown]
# A later step may be another matter. So we train for ten epochs, and take a step from there with each of 16 batches. Each is judged twice: by its own batch, and by 5,000 training images that are in none of them.

# %%
network = new_network(steps_per_execution=50)
network.fit(train_images, y_train, batch_size=128, epochs=10, verbose=0)
trained = network.get_weights()

# %%
later_rates = np.array([0, *np.geomspace(0.01, 1, 9)])  # the fifth is 0.1
others = train_images[10_000:15_000], y_train[10_000:15_000]
relative = np.zeros((16, 2, len(later_rates)))
for number, start in enumerate(range(0, 16 * 128, 128)):
    own = train_images[start:start + 128], y_train[start:start + 128]
    later_gradients = loss_and_gradients(network, *own)[1]
    for judge, images in enumerate([own, others]):
        after_step = losses_after_step(trained, later_gradients, later_rates, *images)
        relative[number, judge] = after_step / after_step[0]

# %% mystnb={"figure": {"name": "fig-training-step", "caption": "Loss after a single step, against its learning rate. Left, the first step of a training, on its batch; dashed, what the loss would be if it were a plane. Right, a step after ten epochs, mean of 16 batches, relative to the loss before it."}, "image": {"alt": "Left, the loss falls along the dashed line at first, bends away from it, reaches a minimum near a learning rate of 1, and rises above its starting value beyond 2. Right, the loss of the batch falls to less than half at rates near 0.2 and rises steeply beyond 0.3. That of the 5,000 other images stays near its starting value up to 0.1, then rises far above it."}}
import matplotlib.pyplot as plt

from mnist_utils import figures

fig, (left, right) = plt.subplots(1, 2, figsize=(8, 3.4))
left.plot(rates[1:], first[1:], label="after the first step")
left.plot(rates[1:], loss - rates[1:] * squared_norm, label="if it were a plane")
left.set(xscale="log", ylim=(1.5, 4), xlabel="learning rate",
         ylabel="loss of the batch")
for judge, name in enumerate(["its own batch", "5,000 other images"]):
    right.plot(later_rates[1:], relative[:, judge, 1:].mean(axis=0), label=name)
right.axhline(1, color="black", linewidth=1, linestyle=":")
right.set(xscale="log", ylim=(0, 2), xlabel="learning rate", ylabel="relative loss")
for ax in (left, right):
    ax.legend()

# %% [markdown]
# *Fig. 13.1.* Loss after a single step, against its learning rate. Left, the first step of a training, on its batch; dashed, what the loss would be if it were a plane. Right, a step after ten epochs, mean of 16 batches, relative to the loss before it.

# %% tags=["hide-cell"]
# checks
of_own, of_others = relative[:, :, 5].mean(axis=0)
claim("training-later-own", of_own, trained=True,
      about="loss of a batch after a step on it at the rate 0.1, divided by that "
      "before, 64-64 network after ten epochs, mean of 16 batches")
claim("training-later-others", of_others, trained=True,
      about="loss of images outside a batch after a step on it at the rate 0.1, "
      "divided by that before, 64-64 network after ten epochs, mean of 16 batches")


# %% [markdown]
# On the left of Fig. 13.1, small steps are safe and slow: up to a rate of about 0.1 the loss follows the plane. Near 1 this one step gains most; at 4 it overshoots the valley. So why does the assignment take 0.1 and not 1? Because this was the first step, and 4,689 follow. On the right, after ten epochs, the valley is narrower: even for the batch's own loss, steps of 0.5 and more are too long. A step of 0.1 multiplies that loss by 0.54, and the loss of the 5,000 other images by 0.980. These are means of 16 steps; some of the 16 **raise** the loss of the others. Hardly anything of what a step gains on its 128 images it gains on the rest. The gradient of a batch points in a somewhat wrong direction. How wrong?
#
# ## What the batch size does
#
# The gradient that we want is that of all 60,000 images. The gradient that we take is that of 128 of them, drawn at random: an estimate. As a mean of $B$ independent draws, its squared error shrinks like one over $B$:
#
# $$
# \mathrm{E} \, \lVert g_B - g \rVert^2 = \frac{\sigma^2}{B},
# \tag{13.4}
# $$
#
# where $g$ is the gradient of all 60,000 images, $\mathrm{E}$ the mean over many batches, and $\sigma^2$ a constant that depends on images and weights. (An epoch of `fit` draws no image twice, which makes little difference for small batches.) We draw 40 batches of each of five sizes, at the initial weights and at the trained ones.

# %%
def flat_gradient(chosen=slice(None)):
    gradients = loss_and_gradients(probe, train_images[chosen], y_train[chosen])[1]
    return np.concatenate([gradient.ravel() for gradient in gradients])

def relative_error(batch_size, full):
    draws = np.random.default_rng(seed=batch_size)
    errors = [flat_gradient(draws.integers(60_000, size=batch_size)) - full
              for _ in range(40)]
    return np.sqrt(np.mean(np.square(errors).sum(axis=1))) / np.linalg.norm(full)


# %%
import pandas as pd

sizes = [8, 32, 128, 512, 2048]
noise = pd.DataFrame(index=pd.Index(sizes, name="batch size"))
for name, weights in [("initial", initial), ("after ten epochs", trained)]:
    probe.set_weights(weights)
    full = flat_gradient()
    noise[name] = [relative_error(size, full) for size in sizes]
noise.round(2)

# %% tags=["hide-cell"]
# checks
claim("training-noise-slope", np.polyfit(np.log(sizes), np.log(noise["initial"]), 1)[0],
      trained=True,
      about="exponent with which a gradient's error falls with the batch size")
claim("training-noise-128", noise.loc[128, "initial"], trained=True,
      about="error of the gradient of 128 images, over the length of the gradient of "
      "all images, at initial weights")
claim("training-noise-later", noise.loc[128, "after ten epochs"], trained=True,
      about="error of the gradient of 128 images, over the length of the gradient of "
      "all images, after ten epochs")

# %% [markdown]
# The table holds the error of a batch's gradient (the root of its mean square) over the length of the gradient of all images. At the initial weights it goes with the batch size to the power of -0.49, and (13.4) says $-0.5$: four times the images, four times the work, and half the error. At the start, with 128 images, the error is 0.95 times as long as the gradient: the very first step goes about as far in a random direction as in the right one. After ten epochs it is 2.5 times as long. Training works nevertheless: as long as steps are small, the random parts of many of them largely cancel, and the right parts add up.
#
# That also says how the two settings belong together. In one epoch of $n$ images there are $n / B$ steps of length proportional to $\eta$, so $\eta / B$ measures how far an epoch can carry the weights. A stored study has trained twelve combinations with three seeds each, on 50,000 images. It measured on the other 10,000, the validation set, because we are about to compare and might choose.

# %% mystnb={"figure": {"name": "fig-training-grid", "caption": "Validation accuracy after ten epochs for four learning rates and three batch sizes, mean of three seeds."}, "image": {"alt": "A table of four rows and three columns, colored by value. Around 0.967 at learning rate 0.1 with batch size 32 and at 0.4 with 128. The diagonal from 0.025 and 32 to 0.4 and 512 holds nearly equal values. The bottom row, learning rate 1.6, is near 0.11 throughout."}}
from mnist_utils import results

grid = results.load("rate-and-batch").query("split == 'validation' and epoch == 10")
settings = ["learning_rate", "batch_size"]
grid = grid.join(results.conditions("rate-and-batch")[settings], on="condition")
runs = grid.pivot(index="seed", columns=settings, values="accuracy")
table = runs.mean().unstack("batch_size")
figure, axis = figures.show_matrix(table, ".3f", value_range=(0.88, 0.975))
axis.set(xlabel="batch size", ylabel="learning rate");

# %% [markdown]
# *Fig. 13.2.* Validation accuracy after ten epochs for four learning rates and three batch sizes, mean of three seeds.

# %% tags=["hide-cell"]
# checks
from scipy import stats

diagonal = [table.loc[0.025, 32], table.loc[0.1, 128], table.loc[0.4, 512]]
ahead = stats.ttest_1samp(runs[0.4, 128] - runs[0.1, 128], 0).confidence_interval()
claim("training-grid-diagonal", max(diagonal) - min(diagonal), stored=0.00267,
      about="spread of mean validation accuracies where rate over batch size is 0.1 / "
      "128")
claim("training-grid-ahead-low", ahead.low, stored=-0.00313,
      about="low end of the interval, validation accuracy at rate 0.4 minus 0.1, "
      "batch 128")
claim("training-grid-ahead-high", ahead.high, stored=0.01059,
      about="high end of the interval, validation accuracy at rate 0.4 minus 0.1, "
      "batch 128")

# %% [markdown]
# In Fig. 13.2, the upper right is too slow: there, $\eta / B$ is smallest, and ten epochs do not carry the weights far enough. The last row is too fast, and has the accuracy of a network that always gives the same answer. (On the left of Fig. 13.1, a **first** step of 1.6 still lowers the loss of its batch. In that one case the first step does no harm to its own batch; which steps do the damage in the grid, this does not show.) Along the diagonal from 0.025 with 32 to 0.4 with 512 both settings grow fourfold each time, and the means stay within 0.0027. "Keep the ratio when you change the batch size" is a rule that has served networks hundreds of times as large (Goyal et al., 2017), with a rate that rises gradually at the start, and up to a batch size at which it fails. At 0.4 with batches of 32, one of three seeds ends far below the others; three do not tell how often that happens.
#
# Is 0.4 with 128 better than the assignment's 0.1? The three paired differences have a 95 % interval from -0.003 to 0.011, and this setting was picked as the best of twelve after looking: undecided.
#
# ## Momentum
#
# In a narrow valley the steep direction limits the rate, and the shallow one makes hardly any progress. *Momentum* mends that. The step $v$ keeps a share $\psi$ of the last step, and only then adds the new gradient:
#
# $$
# v \leftarrow \psi v - \eta \, g_B, \qquad w \leftarrow w + v, \qquad v = 0 \text{ at the start.}
# \tag{13.5}
# $$
#
# Across the valley the gradients change sign from step to step, and largely cancel in $v$. Along it they agree and add up: $\eta g (1 + \psi + \psi^2 + \dots)$, towards $\eta g / (1 - \psi)$. With $\psi = 0.9$ that is ten times the plain step. In Keras it is `SGD(learning_rate, momentum=0.9)`. We try the formula on a valley with two weights, a hundred times steeper in one direction, $L(w) = \frac{1}{2}(w_1^2 + 100\, w_2^2)$:

# %%
curvature = np.array([1.0, 100.0])

def descend(momentum, rate=2 / 101, steps=100):
    w, v, path = np.ones(2), np.zeros(2), []
    for _ in range(steps):
        v = momentum * v - rate * curvature * w
        w = w + v
        path.append(w)
    return np.array(path)


# %% [markdown]
# The rate 2/101, two over the sum of both curvatures (the second derivatives, 1 and 100), shrinks both weights by a factor of the same size in each step; in the long run no other rate is faster without momentum. We use it for both. (Over these 100 steps from this start, plain descent at the slightly smaller rate 0.0194 would end 91 times lower, still 43 times the loss with momentum.) Keras's optimizer gets the same gradients, to see whether our formula is its own.

# %%
weights = keras.Variable([1.0, 1.0])
optimizer = keras.optimizers.SGD(2 / 101, momentum=0.9)
for _ in range(20):
    optimizer.apply([curvature.astype("float32") * weights], [weights])
weights.numpy().round(4), descend(momentum=0.9, steps=20)[-1].round(4)

# %% mystnb={"figure": {"name": "fig-training-momentum", "caption": "The loss of a valley that is a hundred times steeper in one of its two directions, over 100 steps at the same learning rate, without momentum and with 0.9."}, "image": {"alt": "Two curves on a logarithmic axis over 100 steps, both from about 50. Without momentum the loss falls in a straight line to about 1. With momentum it swings up and down within a band that falls much faster, and ends near 0.0002."}}
fig, ax = plt.subplots(figsize=(7, 3))
valley_losses = {}
for momentum in (0, 0.9):
    valley_losses[momentum] = (curvature * descend(momentum) ** 2).sum(axis=1) / 2
    ax.plot(range(1, 101), valley_losses[momentum], label=f"momentum {momentum}")
ax.set(yscale="log", xlabel="step", ylabel="loss")
ax.legend();

# %% [markdown]
# *Fig. 13.3.* The loss of a valley that is a hundred times steeper in one of its two directions, over 100 steps at the same learning rate, without momentum and with 0.9.

# %% tags=["hide-cell"]
# checks
claim("training-momentum-keras",
      np.abs(weights.numpy() - descend(0.9, steps=20)[-1]).max(),
      identity=0.0, within=1e-5,
      about="two weights after 20 steps with momentum, by hand and by Keras")
plain_path = descend(0, rate=0.0194)[-1]
plain_loss = (curvature * plain_path**2).sum() / 2
claim("training-plain-gain", valley_losses[0][-1] / plain_loss, identity=91.1,
      about="loss without momentum at the rate 2/101 over that at 0.0194, 100 steps "
      "in a valley")
claim("training-momentum-rest", plain_loss / valley_losses[0.9][-1], identity=43.07,
      about="loss without momentum at the rate 0.0194 over loss with 0.9 at 2/101, "
      "100 steps in a valley")
claim("training-momentum-gain", valley_losses[0][-1] / valley_losses[0.9][-1],
      identity=3924.3,
      about="loss without momentum over loss with momentum 0.9, 100 steps in a narrow "
      "valley of two weights")

# %% [markdown]
# In Fig. 13.3, the loss swings, since $v$ carries the weights past the bottom, but after 100 steps it is 3,924 times smaller than without momentum at the same rate. This valley has no noise. In a training, momentum lengthens the noise of the batches along with the gradient: momentum 0.9 at a rate of 0.01 carries the weights about as far as a rate of 0.1 without. So whoever adds momentum and leaves the rate as it was has compared two rates, and not momentum.
#
# ## Exercises
#
# > **Exercise 13.1** (The largest learning rate)
# >
# > Let the loss be $L(w) = 4 (w - 3)^2$, with a single weight. Write down the update (13.1), and find the learning rate above which the steps lead away from the minimum instead of towards it. What happens at half of it?

# %%
from mnist_utils.claims import check_answer

answer = None
check_answer("largest-rate", answer, "8aaff960", decimals=3)

# %% [markdown]
# <details><summary>Solution of Exercise 13.1</summary>
#
# The derivative is $8 (w - 3)$, so $w - 3$ becomes $(1 - 8 \eta)(w - 3)$. The factor $1 - 8\eta$ leaves the range from $-1$ to $1$ when $\eta > 2/8$. At half of it, $\eta = 1/8$, the factor is 0, and a single step reaches the minimum. For any parabola the limit is 2 divided by the second derivative; near a minimum, it is about so for any smooth loss, with the largest curvature if there are several weights. The narrower the valley, the smaller the rate that it stands.
#
# </details>

# %% tags=["nbval-check-output"]
# solution
check_answer("largest-rate", 2 / 8, "8aaff960", decimals=3)

# %% [markdown]
# > **Exercise 13.2** (How long until momentum is up to speed?)
# >
# > Let the derivative be 1 in every step. With $\eta = 0.1$ and $\psi = 0.9$, steps grow from 0.1 towards 1. How long is the twentieth? Answer to three decimals.

# %%
answer = None
check_answer("momentum-step", answer, "4a804e9c", decimals=3)

# %% [markdown]
# <details><summary>Solution of Exercise 13.2</summary>
#
# By (13.5) it is $\eta (1 + \psi + \dots + \psi^{19}) = \eta\, (1 - \psi^{20}) / (1 - \psi)$.
#
# </details>

# %% tags=["nbval-check-output"]
# solution
step = 0.1 * (1 - 0.9**20) / (1 - 0.9)
check_answer("momentum-step", round(step, 3), "4a804e9c", decimals=3)

# %% [markdown]
# <details><summary>Solution of Exercise 13.2, continued</summary>
#
# After 20 of 4,690 steps it has nearly nine tenths of its final length.
#
# </details>
#
# ## Further reading
#
# The rule that started it: Robbins and Monro (1951). What is known about it today: Bottou et al. (2018). Momentum and its variants: Goodfellow et al. (2016), section 8.3.

# %% [markdown]
# ## Quiz
#
# Choose an answer in your mind, then open it.
#
# **1.** An image of an 8 is fed to a network. A hidden unit is active, and the network gives the digit 3 the probability 0.4. How does an SGD step on this image alone change the weight from this unit to the output for 3?
#
# <details><summary>It lowers it, in proportion to 0.4 and to the unit's output.</summary>
#
# **Right.** The derivative is the unit's output times prediction minus label, here 0.4 minus 0. A step goes against it.
#
# </details>
#
# <details><summary>It raises it, since an active unit strengthens its connections.</summary>
#
# **No.** The activity decides how far the weight moves, not in which direction. The direction comes from prediction minus label, which is positive for a wrong digit.
#
# </details>
#
# <details><summary>It leaves it, since only weights to the correct digit are changed.</summary>
#
# **No.** All ten logits have a derivative, prediction minus label. That of a wrong digit is the probability which it holds without right.
#
# </details>
#
# **2.** Batches of 512 images are drawn in place of 128. How does that change the typical error of a batch's gradient, as an estimate of the gradient of all images?
#
# <details><summary>It is about a quarter of what it was, as there are four times as many images.</summary>
#
# **No.** The mean of the squared error falls to a quarter. The error itself is the root of it.
#
# </details>
#
# <details><summary>It is about half of what it was, at four times the work for each step.</summary>
#
# **Right.** The error of a mean of independent draws falls with the root of their number. So larger batches pay less and less.
#
# </details>
#
# <details><summary>It is what it was, as the images of a batch are drawn at random as before.</summary>
#
# **No.** Random draws are the reason for the error, and a mean of more of them varies less.
#
# </details>
#
# **3.** Somebody quadruples the batch size, leaves the learning rate and the ten epochs as they are, and finds a lower validation accuracy. What is the most likely reason?
#
# <details><summary>The gradients of large batches point in worse directions.</summary>
#
# **No.** They are better estimates of the gradient of all images. But there are fewer of them.
#
# </details>
#
# <details><summary>Large batches make the network over-fit its training images.</summary>
#
# **No.** Nothing here speaks of over-fitting: with fewer steps, the training images are learned less well, too. Look at the number of steps first.
#
# </details>
#
# <details><summary>A quarter of the steps has not carried the weights as far.</summary>
#
# **Right.** The rate over the batch size says how far an epoch can carry the weights. With a rate four times as large, the result is about the old one, as long as the rate is not too large.
#
# </details>
#
# **4.** Somebody adds momentum 0.9 to SGD, leaves the learning rate as it is, and gets worse results. Is momentum to blame?
#
# <details><summary>Yes, since all other settings were equal in both trainings.</summary>
#
# **No.** The written rate was equal, its effect was not: with momentum 0.9, steps in a lasting direction become ten times as long.
#
# </details>
#
# <details><summary>Not yet, since lasting directions now get tenfold steps.</summary>
#
# **Right.** Steps that agree add up to $1/(1 - 0.9)$ times the plain step. So two rates were compared; a tenth of the rate would have been the fair partner.
#
# </details>
#
# <details><summary>Not yet, since momentum makes steps shorter by averaging.</summary>
#
# **No.** Keras adds the full new gradient step to 0.9 times the last one, it does not average. Across a valley steps cancel, along it they grow.
#
# </details>
