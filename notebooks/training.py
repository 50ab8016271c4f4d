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
# (training)=
# # Ten epochs, and what they prove
#
# :::{admonition} This chapter
# :class: tip chapter-box
#
# **Questions it answers**
# : How do training and test accuracy develop over ten epochs? What does one training step do to one weight? What do learning rate and batch size change? Which images is the trained network wrong about, and does it know? Every run ends differently: how good, then, is the network? And what can an accuracy of 0.97 on 10,000 images tell, what not? (The assignment's question 2.3.)
#
# **You need**
# : {ref}`preprocessing`, {ref}`dense-network` and {ref}`cross-entropy`; mean and standard deviation.
#
# **Time**
# : 75 minutes to read, a minute to run.
# :::
#
# The assignment asks for a plot: train the network for ten epochs, and draw training and validation accuracy against the epoch. The original submission answers with one run, its plot, and one final number, an accuracy of 0.9699. What its plot calls validation accuracy was measured on the test set, as that number was.

# %%
submission = 0.9699  # quoted from the original submission, not measured here

# %% [markdown]
# We shall draw the same plot within a few minutes. The rest of the chapter asks what it shows: what happened inside those ten epochs, why one curve lies above the other, and how much of 0.9699 would come out again if the training were repeated.
#
# ## The plot that was asked for
#
# A training needs a network, a loss, and an *optimizer*, the rule by which the weights are changed. The assignment takes the network of {ref}`dense-network`, the cross-entropy of {ref}`cross-entropy`, and *stochastic gradient descent* (SGD) with a learning rate of 0.1. What that rule does to a weight is the subject of {ref}`a section of its own <one-update>`. A function makes the network, because we are going to need more than one.

# %% tags=["remove-stderr"]
import keras

from mnist_utils import networks
from mnist_utils.claims import claim
from mnist_utils.dataset import load_mnist, preprocess

(x_train, y_train), (x_test, y_test) = load_mnist()
train_images, test_images = preprocess(x_train), preprocess(x_test)


# %%
def new_network(seed=0, **settings):
    keras.utils.set_random_seed(seed)  # the order of the images
    network = networks.dense((64, 64), seed=seed)  # the initial weights
    optimizer = keras.optimizers.SGD(learning_rate=0.1)
    network.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"],
                    **settings)
    return network


# %% [markdown]
# ### The run
#
# `fit` has three ways to report progress, chosen by `verbose`: 0 is silent, 1 (the default) draws a bar again and again over the old one, 2 prints a line when an epoch is over. The bar is made of control characters, which a log or a page such as this one keeps, one version of the bar after the other; so we take 0, and print lines of our own.
#
# The submission plots what `fit` reports. We want two things more: the accuracy on the training images *when an epoch is over*, for a reason that comes {ref}`below <when-measured>`, and the network's answers to the test images. A *callback* gets them. It is an object whose methods `fit` calls at fixed moments, this one after every epoch. It prints the line, too.

# %%
class AfterEpoch(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.train_accuracy, self.test_probabilities = [], []

    def on_epoch_end(self, epoch, logs=None):
        result = self.model.evaluate(train_images, y_train, batch_size=1000, verbose=0)
        self.train_accuracy.append(result[1])
        answers = self.model.predict(test_images, batch_size=1000, verbose=0)
        self.test_probabilities.append(answers)
        train, test = logs["accuracy"], logs["val_accuracy"]
        print(f"epoch {epoch + 1:2}: training {train:.4f}, test {test:.4f}")


# %% [markdown]
# Now the ten epochs, with the settings of the assignment. It passes the test set as `validation_data`, so whatever Keras calls `val_` is measured on the test set. We follow it here, choose nothing by it, and come to an honest split {ref}`later <honest-protocol>`. With `steps_per_execution=10`, ten steps are taken for each call from Python: the trained network is the same, and training takes less time.

# %% mystnb={"merge_streams": true}
network, after_epoch = new_network(steps_per_execution=10), AfterEpoch()
history = network.fit(
    train_images,
    y_train,
    batch_size=128,
    epochs=10,
    verbose=0,
    validation_data=(test_images, y_test),
    validation_batch_size=1000,
    callbacks=[after_epoch],
).history

# %% [markdown]
# How many training steps were these? A step uses one batch, and the last batch of an epoch gets what is left.

# %% tags=["nbval-check-output"]
divmod(60_000, 128)

# %% [markdown]
# 468 full batches and one of 96 images make 469 steps an epoch, 4,690 in all. Drawn against the epoch, the lines above are the plot that the assignment asks for.

# %% mystnb={"figure": {"name": "fig-training-asked", "caption": "The plot of the assignment. Training and test accuracy as fit reports them, one run."}, "image": {"alt": "Two rising curves over ten epochs. The training curve starts lowest, near 0.86, crosses the test curve about halfway and ends near 0.98. The test curve starts near 0.92 and ends near 0.97."}}
import matplotlib.pyplot as plt

from mnist_utils import figures

epochs = range(1, 11)
fig, ax = plt.subplots()
ax.plot(epochs, history["accuracy"], marker="o", label="training, as reported")
ax.plot(epochs, history["val_accuracy"], marker="s", label="test")
ax.set(xlabel="epoch", ylabel="accuracy", xticks=epochs)
ax.legend();

# %%
claim("training-live-test", history["val_accuracy"][-1], between=(0.950, 0.979),
      about="test accuracy of one network after ten epochs")

# %%
claim("training-live-reported", history["accuracy"][-1], between=(0.965, 0.990),
      about="training accuracy that fit reports for the tenth epoch")

# %% [markdown]
# Question 2.3 is answered. Both curves rise steeply at first and ever more slowly later; the training curve starts below the test curve and ends above it. In the tenth epoch `fit` reports {glue:text}`training-live-reported:.4f` on the training images and {glue:text}`training-live-test:.4f` on the test images (the original submission: 0.9796 and 0.9699). But look at the left end of {numref}`fig-training-asked`. In the first epoch the *training* curve is far below the test curve. Is the network better at digits that it has never seen?
#
# (when-measured)=
# ## When is the training accuracy measured?
#
# It is not better. The two curves are measured at different times. After an epoch Keras stops and runs the test images through the network as it then is. It does not do that for the training images, because they have all been through the network already, batch by batch, while it was learning. What the log shows is the average over those batches.
#
# ```{prf:definition} Running average
# :label: def-running-average
#
# Let batch $i$ hold $B_i$ images, of which the network classifies $A_i$ correctly as it is *before* the step on that batch. The training accuracy that `fit` reports for an epoch is $\sum_i A_i / \sum_i B_i$.
# ```
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
claim("training-running-average", abs(correct / 2560 - reported), at_most=0.002,
      about="difference between Keras's training accuracy and its definition")

# %% [markdown]
# They agree. So the first point of the reported curve mixes the untrained network, which gets one image in ten, with the one at the end of the epoch. Our callback has asked the network again *after* each epoch, with all 60,000 training images. {numref}`fig-training-when` compares the two. Since an average over an epoch stands for about the middle of it, we draw it there, half an epoch to the left.

# %% mystnb={"figure": {"name": "fig-training-when", "caption": "Training accuracy as reported (an average, drawn at the middle of its epoch), training accuracy measured after each epoch, and test accuracy."}, "image": {"alt": "Three rising curves. The reported training accuracy, drawn half an epoch earlier, and the measured one lie on one line from the second epoch on. The test curve starts together with the measured training curve at 0.92 and falls behind it, to 0.97 against 0.98."}}
fig, ax = plt.subplots()
middles = [epoch - 0.5 for epoch in epochs]
ax.plot(middles, history["accuracy"], "o", label="training, average over the epoch")
measured = after_epoch.train_accuracy
ax.plot(epochs, measured, marker="^", label="training, after the epoch")
ax.plot(epochs, history["val_accuracy"], marker="s", label="test, after the epoch")
ax.set(xlabel="epoch", ylabel="accuracy", xticks=epochs)
ax.legend();

# %%
lag = measured[0] - history["accuracy"][0]
claim("training-lag", lag, between=(0.03, 0.12),
      about="how much fit's training accuracy of the first epoch is too low")

# %%
first_gap = measured[0] - history["val_accuracy"][0]
claim("training-first-gap", abs(first_gap), at_most=0.015,
      about="training and test accuracy after the first epoch, difference")

# %% [markdown]
# The riddle is gone. Measured at the same moment, training and test accuracy after the first epoch differ by {glue:text}`training-first-gap:.4f`; the reported value was too low by {glue:text}`training-lag:.2f`. From here on, "training accuracy" in this chapter is the one measured after the epoch.
#
# (one-update)=
# ## One update of one weight
#
# What happens in one of the 4,690 steps? Every weight $w$ is changed against the derivative of the mean loss of a batch,
#
# ```{math}
# :label: eq-update
# w \leftarrow w - \eta \, \frac{\partial \bar L}{\partial w},
# ```
#
# where $\eta$ is the learning rate and $\bar L$ the mean of the losses of the batch's images. That is the whole rule. We follow one weight through one step by hand.
#
# Take the weight $W_{jk}$ from unit $j$ of the second hidden layer to the output for digit $k$. It enters the logit $z_k = \sum_j h_j W_{jk} + b_k$ with the factor $h_j$, the output of its unit. {ref}`The last chapter <gradient-of-the-loss>` has shown that the loss of an image changes with the logit by $p_k - y_k$. By the chain rule the derivative of that loss is the product of the two, $h_j (p_k - y_k)$. For a batch of $B$ images it is the mean of these products, where a first index $i$ counts the images:
#
# ```{math}
# :label: eq-weight-gradient
# \frac{\partial \bar L}{\partial W_{jk}} = \frac{1}{B} \sum_{i=1}^{B} h_{ij} \, (p_{ik} - y_{ik}).
# ```
#
# Read it as a rule for learning. Where unit $j$ spoke ($h_{ij} > 0$) and the network gave the digit $k$ too much probability ($p_{ik} > y_{ik}$), the weight goes down. Where it gave too little, the weight goes up. Where the unit was silent, nothing happens. We compute all three ingredients for the first 128 images, with an untrained network.

# %%
from mnist_utils.dataset import one_hot

fresh = new_network()
batch, labels = train_images[:128], y_train[:128]
hidden = keras.Model(fresh.inputs, fresh.layers[-2].output)
h, p = hidden.predict(batch, verbose=0), fresh.predict(batch, verbose=0)
y = one_hot(labels)

# %% [markdown]
# As $j$ we take the unit that speaks loudest on this batch, and as $k$ the digit 7. The sum, the step, and the new weight:

# %%
j, k = h.mean(axis=0).argmax(), 7
before = fresh.layers[-1].kernel.numpy()
derivative = (h[:, j] * (p[:, k] - y[:, k])).mean()
by_hand = before[j, k] - 0.1 * derivative

# %% [markdown]
# Now Keras takes its step on the same batch.

# %%
fresh.train_on_batch(batch, labels)
after = fresh.layers[-1].kernel.numpy()
[round(float(weight), 6) for weight in (before[j, k], by_hand, after[j, k])]

# %%
claim("training-weight-by-hand", abs(by_hand - after[j, k]), at_most=1e-6,
      about="difference between one weight updated by hand and by Keras")

# %% [markdown]
# The weight has moved in the third or fourth decimal, and by hand it lands where Keras puts it. All 640 weights of this layer at once are one product of matrices: $\frac{1}{B} h^\mathsf{T} (p - y)$.

# %%
import numpy as np

all_by_hand = before - 0.1 * h.T @ (p - y) / 128
claim("training-kernel-by-hand", np.abs(all_by_hand - after).max(), at_most=1e-6,
      about="largest difference between 640 weights updated by hand and by Keras")

# %% [markdown]
# For the weights further down, the chain rule has more factors; *backpropagation* computes them layer by layer, from the last one to the first. The update {eq}`eq-update` is the same for all of them.
#
# ## What the learning rate does
#
# The derivative says which way is down and how steep it is *here*. The learning rate decides how far to go. We write $g_B$ for the vector of all 55,050 derivatives, the gradient of the batch, and $\lVert g_B \rVert^2$ for the sum of their squares. If the loss were a plane, a step with learning rate $\eta$ would lower it by exactly $\eta \lVert g_B \rVert^2$. It is curved, so that is true for small steps only:
#
# ```{math}
# :label: eq-first-order
# \bar L(w - \eta g_B) \approx \bar L(w) - \eta \, \lVert g_B \rVert^2 .
# ```
#
# To see how small is small, we compute loss and gradient of a batch in the untrained network,

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
# and then the loss after one step, for any learning rate.

# %%
probe = new_network()
initial = probe.get_weights()
loss, gradients = loss_and_gradients(probe, batch, labels)
squared_norm = sum((gradient**2).sum() for gradient in gradients)

def loss_after_step(learning_rate):
    probe.set_weights([w - learning_rate * g for w, g in zip(initial, gradients)])
    return loss_and_gradients(probe, batch, labels)[0]


# %%
drop_ratio = (loss - loss_after_step(0.01)) / (0.01 * squared_norm)
claim("training-first-order", drop_ratio, between=(0.95, 1.02),
      about="drop of the loss in a small step, relative to the first-order formula")

# %% [markdown]
# At a learning rate of 0.01 the formula predicts the drop to better than one part in twenty. {numref}`fig-training-step` shows how it fails for larger ones.

# %% mystnb={"figure": {"name": "fig-training-step", "caption": "Loss on a batch after a single step from the initial weights, for learning rates from 0.01 to 4. Dashed, what the loss would be if it were a plane."}, "image": {"alt": "The loss falls with the learning rate along the dashed line at first, bends away from it, reaches a minimum near a learning rate of 1, and rises above its starting value beyond 2."}}
rates = np.geomspace(0.01, 4, 40)
losses = [loss_after_step(rate) for rate in rates]
fig, ax = plt.subplots()
ax.plot(rates, losses, label="after one step")
ax.plot(rates, loss - rates * squared_norm, label="if the loss were a plane")
ax.axhline(loss, color="black", linewidth=1, linestyle=":", label="before the step")
ax.set(xscale="log", ylim=(1.5, 4), xlabel="learning rate", ylabel="loss of the batch")
ax.legend();

# %%
claim("training-best-step", rates[np.argmin(losses)], between=(0.5, 1.8),
      about="learning rate that lowers the loss of one batch most in the first step")

# %%
claim("training-overshoot", losses[-1] / loss, at_least=1.2,
      about="loss after a first step with learning rate 4, relative to before")

# %% [markdown]
# Small steps are safe and slow. At {glue:text}`training-best-step:.1f` this one step gains most; at 4 it overshoots the valley and lands {glue:text}`training-overshoot:.1f` times as high as it started. So why does the assignment take 0.1 and not 1?
#
# Because this was the first step, and 4,689 follow. Let us look at one that comes later. The network that we have trained for ten epochs takes a step on the same batch, and we watch two losses: that of the batch itself, and that of the first 10,000 training images.

# %%
trained = network.get_weights()
probe.set_weights(trained)
later_gradients = loss_and_gradients(probe, batch, labels)[1]

def later_losses(learning_rate):
    probe.set_weights([w - learning_rate * g for w, g in zip(trained, later_gradients)])
    of_batch = sparse_categorical_crossentropy(labels, probe(batch))
    predicted = probe(train_images[:10_000])
    of_many = sparse_categorical_crossentropy(y_train[:10_000], predicted)
    return float(tf.reduce_mean(of_batch)), float(tf.reduce_mean(of_many))


# %% mystnb={"figure": {"name": "fig-training-later-step", "caption": "A step of the trained network on one batch, for learning rates from 0.005 to 1. Losses relative to those before the step."}, "image": {"alt": "Two curves over the learning rate. The loss of the batch falls to a small fraction at a learning rate near 0.3, then rises steeply. The loss of the 10,000 images stays near its starting value up to a learning rate of about 0.1, and then rises far above it."}}
later_rates = np.geomspace(0.005, 1, 30)
later = np.array([later_losses(rate) for rate in later_rates]) / later_losses(0)
fig, ax = plt.subplots(figsize=(7, 3.2))
ax.plot(later_rates, later[:, 0], label="the batch")
ax.plot(later_rates, later[:, 1], label="10,000 training images")
ax.axhline(1, color="black", linewidth=1, linestyle=":", label="before the step")
ax.set(xscale="log", ylim=(0, 2), xlabel="learning rate", ylabel="relative loss")
ax.legend();

# %%
best_first, best_later = rates[np.argmin(losses)], later_rates[later[:, 0].argmin()]
claim("training-later-batch", best_later, between=(0.05, 0.8),
      about="best learning rate of a later step, judged by its own batch")

# %%
claim("training-valley-ratio", best_later / best_first, at_most=0.7,
      about="best rate of that later step, relative to that of the first step")


# %% [markdown]
# Even for its own batch, the later step is best at a learning rate of {glue:text}`training-later-batch:.2f`, {glue:text}`training-valley-ratio:.2f` times as much as the first one's: in its direction the valley is narrower. And what is good for these 128 images need not be good for others. One batch does not say how often. So we take a step at 0.1 with each of 16 batches, always from the trained weights, and judge it by 5,000 training images that are in none of them.

# %%
def mean_loss(images, labels):
    losses = sparse_categorical_crossentropy(labels, probe(images))
    return float(tf.reduce_mean(losses))

many, many_labels = train_images[10_000:15_000], y_train[10_000:15_000]
probe.set_weights(trained)
loss_before = mean_loss(many, many_labels)

# %%
relative = []
for start in range(0, 16 * 128, 128):
    probe.set_weights(trained)
    images, labels_now = train_images[start:start + 128], y_train[start:start + 128]
    own_gradients = loss_and_gradients(probe, images, labels_now)[1]
    probe.set_weights([w - 0.1 * g for w, g in zip(trained, own_gradients)])
    relative.append(mean_loss(many, many_labels) / loss_before)
round(min(relative), 3), round(max(relative), 3)

# %%
claim("training-later-helps", (np.array(relative) < 1).mean(), between=(0.06, 0.94),
      about="share of 16 later steps at rate 0.1 that lower the loss of other images")


# %% [markdown]
# Judged by other images, a step of this length sometimes helps and sometimes harms: {glue:text}`training-later-helps:.0%` of the 16 lower the loss. What training gains by now is what is left of such steps on average. For these batches the assignment's 0.1 is short at first, and after ten epochs about as long as a step may be. The gradient of a batch points in a somewhat wrong direction. How wrong?
#
# (batch-noise)=
# ## What the batch size does
#
# The gradient that we want is that of all 60,000 images. The gradient that we take is that of 128 of them, drawn at random: an estimate. As a mean of $B$ independent draws, its squared error shrinks like one over $B$:
#
# ```{math}
# :label: eq-batch-noise
# \mathbb{E} \, \lVert g_B - g \rVert^2 = \frac{\sigma^2}{B},
# ```
#
# where $g_B$ is again the gradient of a batch of $B$ images, $g$ that of all 60,000, $\mathbb{E}$ the mean over many batches, and $\sigma^2$ a constant that depends on images and weights. We check that by drawing batches of five sizes.

# %%
def flat_gradient(images, labels):
    gradients = loss_and_gradients(probe, images, labels)[1]
    return np.concatenate([gradient.ravel() for gradient in gradients])

probe.set_weights(initial)
full = flat_gradient(train_images, y_train)
full_length = np.linalg.norm(full)

# %%
generator = np.random.default_rng(seed=0)

def batch_error(batch_size, draws=40):
    squared_errors = []
    for _ in range(draws):
        chosen = generator.integers(60_000, size=batch_size)
        estimate = flat_gradient(train_images[chosen], y_train[chosen])
        squared_errors.append(((estimate - full) ** 2).sum())
    return np.sqrt(np.mean(squared_errors))


# %%
import pandas as pd

sizes = [8, 32, 128, 512, 2048]
noise = pd.DataFrame({"error": [batch_error(size) for size in sizes]}, index=sizes)
noise["error / length of g"] = noise["error"] / full_length
noise["error × √B"] = noise["error"] * np.sqrt(sizes)
noise.rename_axis("batch size B").round(2)

# %%
slope = np.polyfit(np.log(sizes), np.log(noise["error"]), 1)[0]
claim("training-noise-slope", slope, between=(-0.56, -0.44),
      about="exponent with which the error of the gradient falls with the batch size")

# %%
claim("training-noise-128", noise.loc[128, "error / length of g"], between=(0.7, 1.3),
      about="error of a gradient from 128 images, relative to the gradient's length")

# %% [markdown]
# The last column is nearly constant, as {eq}`eq-batch-noise` says: the error falls with the exponent {glue:text}`training-noise-slope:.2f`. Four times the images, four times the work, and half the error. The column in the middle is the surprise. At the initial weights, with 128 images, the error is {glue:text}`training-noise-128:.2f` times as long as the gradient itself: the very first step goes about as far in a random direction as in the right one. And later? We ask the same at the weights after ten epochs.

# %%
probe.set_weights(trained)
full = flat_gradient(train_images, y_train)
later_noise = batch_error(128) / np.linalg.norm(full)
claim("training-noise-later", later_noise, between=(1.3, 6),
      about="the same error, relative to the gradient's length, after ten epochs")

# %% [markdown]
# The gradient has become shorter, and the noise outweighs it, by a factor of {glue:text}`training-noise-later:.1f`. Training works nevertheless, because the random parts of many steps cancel, and the right parts add up.
#
# That also says how the two settings belong together. A smaller batch buys more steps for the same work, each with more noise; a larger learning rate makes all steps longer, noise included. Which of the combinations is best after ten epochs has to be measured, and such a table of trainings takes too long for a page that runs in a minute. It is a *study*: trained once, stored with the book in the folder `results`, and read here (`query` picks rows by a condition).

# %%
from mnist_utils import results

grid = results.load("rate-and-batch")
after_ten = grid.query("split == 'validation' and epoch == 10")
after_ten = after_ten.join(results.conditions("rate-and-batch")[
    ["learning_rate", "batch_size"]], on="condition")
settings = results.summarize(after_ten, by=["learning_rate", "batch_size"])

# %% [markdown]
# Each of the twelve combinations has three seeds. All were trained on 50,000 images and measured on the other 10,000 of the training set, the {ref}`validation set <three-sets>`, because we are about to compare and might choose. As a square table:

# %% mystnb={"figure": {"name": "fig-training-grid", "caption": "Validation accuracy after ten epochs for four learning rates and three batch sizes, mean of three seeds."}, "image": {"alt": "A table of four rows and three columns, colored by value. Around 0.97 at learning rate 0.1 with batch size 32 and at 0.4 with 128. The diagonal from 0.025 and 32 to 0.4 and 512 holds nearly equal values. The bottom row, learning rate 1.6, is near 0.1 throughout."}}
table = settings["mean"].unstack("batch_size")
table = table.rename_axis(index="learning rate", columns="batch size")
figure, axis = figures.show_matrix(table, ".3f", value_range=(0.88, 0.975))

# %%
claim("training-grid-assignment", table.loc[0.1, 128], between=(0.955, 0.970),
      about="validation accuracy with learning rate 0.1 and batch size 128, mean of 3")

# %%
claim("training-grid-best", table.max().max(), between=(0.965, 0.975),
      about="best mean validation accuracy of the twelve rates and batch sizes")

# %%
diagonal = [table.loc[0.025, 32], table.loc[0.1, 128], table.loc[0.4, 512]]
claim("training-grid-diagonal", max(diagonal) - min(diagonal), at_most=0.012,
      about="spread of the means along the diagonal of equal rate over batch size")

# %%
claim("training-grid-diverged", table.loc[1.6].max(), between=(0.08, 0.35),
      about="best mean validation accuracy at learning rate 1.6")

# %% [markdown]
# Three things to read in {numref}`fig-training-grid`.
#
# - **Too small is slow.** To the upper right, with short or few steps, ten epochs are not enough.
# - **Too large fails.** At 0.4 with the smallest batch, one of the three seeds ends far below the two others; three seeds do not tell how often that happens. At 1.6 the best of the three means is {glue:text}`training-grid-diverged:.2f`. One such step from the start still lowers the loss, but {numref}`fig-training-later-step` has shown that the valley narrows: soon every step overshoots. What is left, in most of these runs, {ref}`an earlier chapter <dead-units>` has shown: dead units and one constant answer.
# - **Along the diagonal little changes.** From 0.025 with 32 over 0.1 with 128 to 0.4 with 512 both settings grow fourfold, and the means stay within {glue:text}`training-grid-diagonal:.3f`. In one epoch of $n$ images there are $n / B$ steps of length proportional to $\eta$, so $\eta / B$ measures how far an epoch can carry the weights. "Keep the ratio when you change the batch size" is a rule that has served for networks hundreds of times as large, with a gradual start {cite}`goyal2017`, up to the learning rate where steps fail.
#
# The assignment's setting reaches {glue:text}`training-grid-assignment:.3f` on validation, the best of the twelve {glue:text}`training-grid-best:.3f`. Is 0.4 with 128 the better choice? Equal seeds have equal initial weights, so we look at the differences within these three pairs, and at the 95 % interval of their mean, which the next section explains.

# %%
from scipy import stats

runs = after_ten.pivot(index="seed", columns=["learning_rate", "batch_size"],
                       values="accuracy")
ahead = stats.ttest_1samp(runs[0.4, 128] - runs[0.1, 128], 0).confidence_interval()
claim("training-grid-ahead-low", ahead.low, between=(-0.008, 0.001),
      about="lower end of the interval, rate 0.4 minus rate 0.1 at batches of 128")

# %%
claim("training-grid-ahead-high", ahead.high, between=(0.005, 0.016),
      about="upper end of that interval, three pairs")

# %% [markdown]
# It goes from {glue:text}`training-grid-ahead-low:.3f` to {glue:text}`training-grid-ahead-high:.3f`, and this setting was picked as the best of twelve after looking: undecided.
#
# (ten-seeds)=
# ## Every run ends differently
#
# Question 2.3 was answered with one run. Train again, with other initial weights and another order of the images, and another number comes out. So a second study repeats the whole experiment with ten seeds. Along with the results it stores where they come from.

# %% tags=["nbval-check-output"]
provenance = results.provenance("dense")
{key: provenance[key] for key in ("versions", "processor", "threads", "started")}

# %% [markdown]
# With what, on what, and when: this is the *provenance* of the results. The file also holds the settings of the trainings, the checksums of the data, and the time that it took. Then the results themselves.

# %%
dense = results.load("dense")
dense.tail(3)

# %% [markdown]
# Each row is one measurement: a network, an epoch, and the images that it was measured on. "Condition" names the protocol. *Assignment* is what the assignment does, training on all 60,000 and measuring on the test set. *Validation* is the honest protocol, to which we come next. Each condition has ten networks. A seed fixes the initial weights, the same in both conditions, and the order of the images, which must differ, as their numbers do. (Our own network above has the seed 0, too, but Keras drew the order of its images. The same weights in another order: another result.) `summarize` reduces the ten networks to a line.

# %%
curves = results.summarize(dense, by=["condition", "split", "epoch"])
curves.loc["assignment", "test"].loc[[1, 5, 9, 10]].round(4)

# %% [markdown]
# *sd* is the standard deviation over the seeds: how far a single run typically lies from the mean of all. *low* and *high* are the ends of an interval for that mean.
#
# ```{prf:definition} 95 % interval of a mean
# :label: def-t-interval
#
# Let $m$ runs have the mean $\bar a$ and the standard deviation $s$. The interval from $\bar a - t_{m-1}\, s / \sqrt{m}$ to $\bar a + t_{m-1}\, s / \sqrt{m}$ is the 95 % t interval, where $t_{m-1}$ is the number for which such an interval holds $\mu$ with a probability of 95 %, if the runs are independent draws from a normal distribution with mean $\mu$.
# ```
#
# For runs that are not normally distributed the promise holds approximately, if they are not too lopsided; with ten runs and one far off, as in {numref}`fig-training-protocols` on the right, take it as a rough guide.
#
# For many runs $t_{m-1}$ is near 2. For ten it is a little larger, the price for knowing the standard deviation only roughly. SciPy knows it as `t.ppf(0.975, m - 1)`: of $(\bar a - \mu) / (s / \sqrt{m})$, 2.5 % lie above it, and as many below its negative. We compute the interval of the last epoch by hand,

# %%
last = dense.query("condition == 'assignment' and split == 'test' and epoch == 10")
mean, sd, m = last["accuracy"].mean(), last["accuracy"].std(), len(last)
half = stats.t.ppf(0.975, m - 1) * sd / np.sqrt(m)
final = curves.loc["assignment", "test", 10]
claim("training-interval-by-hand", abs(mean + half - final["high"]), at_most=1e-9,
      about="difference between the end of the t interval by hand and by the package")

# %% [markdown]
# and ask what the 95 % promise. Suppose that runs were normally distributed with a known mean. Draw ten runs, compute the interval, see whether it holds the true mean, and repeat that 10,000 times.

# %%
runs = generator.normal(mean, sd, size=(10_000, m))
halves = stats.t.ppf(0.975, m - 1) * runs.std(axis=1, ddof=1) / np.sqrt(m)
covered = np.abs(runs.mean(axis=1) - mean) < halves
claim("training-interval-coverage", covered.mean(), between=(0.94, 0.96),
      about="share of 10,000 simulated t intervals that hold the true mean")

# %% [markdown]
# It is a promise about the *procedure*: of the intervals computed in this way from normally distributed runs, {glue:text}`training-interval-coverage:.0%` hold what they are meant to catch. Now the result. First the mean and the standard deviation over the ten networks:

# %%
claim("training-test-mean", mean, between=(0.968, 0.975),
      about="mean test accuracy after ten epochs, trained on 60,000 images")

# %%
claim("training-test-sd", sd, between=(0.0003, 0.005),
      about="standard deviation of that accuracy over the seeds")

# %% [markdown]
# then the two ends of the interval of the mean:

# %%
claim("training-test-low", final["low"], between=(0.966, 0.975),
      about="lower end of the 95 % interval of that mean")

# %%
claim("training-test-high", final["high"], between=(0.968, 0.977),
      about="upper end of the 95 % interval of that mean")

# %% [markdown]
# **After ten epochs, test accuracy is {glue:text}`training-test-mean:.4f`** on average over ten seeds, with a standard deviation of {glue:text}`training-test-sd:.4f` and a 95 % interval of the mean from {glue:text}`training-test-low:.4f` to {glue:text}`training-test-high:.4f`. The original submission reports 0.9699. How does that fit in?

# %%
claim("training-submission-distance", (submission - mean) / sd, between=(-2.5, 1.5),
      about="the submission's distance from that mean, in standard deviations")

# %%
claim("training-as-low", int((last["accuracy"] <= submission).sum()), between=(1, 9),
      about="networks of ten whose test accuracy is no higher than the submission's")

# %% [markdown]
# It lies {glue:text}`training-submission-distance:.1f` standard deviations from our mean (a minus sign means below), and of our own ten networks {glue:text}`training-as-low:d` did no better. Nothing here speaks against the submission's training. What was missing is the spread: from one run nobody can say whether another network with {glue:text}`training-test-mean:.4f` would be an improvement or the same network on another day.
#
# :::{admonition} Two intervals that are often confused
# :class: warning
#
# The interval of the mean becomes shorter with every further run. The runs themselves do not move closer together: if they are normally distributed, about two in three of them lie within one standard deviation of the mean, however many there are. The submission's accuracy lies below the interval of the mean, and is an ordinary run nevertheless. A result written with "±" says nothing until you add which of the two is meant, and over how many runs.
# :::

# %%
claim("training-below-interval", bool(submission < final["low"]), exactly=True,
      about="whether the submission's accuracy lies below the interval of the mean")

# %% [markdown]
# (honest-protocol)=
# ## The honest protocol
#
# The assignment, and the submission with it, measures on the test set after every epoch, and calls it validation. No harm is done as long as nobody *uses* the curve. But people do: they stop at the best epoch, or keep the learning rate that did best, and report that same accuracy. {ref}`The first chapter <three-sets>` has computed what such a choice gains out of nothing. The honest protocol keeps two sets apart:
#
# 1. Train on 50,000 of the training images.
# 2. After each epoch, measure on the other 10,000, the validation set. Choose by these as much as you like.
# 3. When everything is chosen, measure on the test set, once.
#
# The condition *validation* of the study did that, with the same ten seeds. We draw all runs of both conditions: `pivot` arranges the rows of one panel as a table with a row for each epoch and a column for each seed (in a query, `@` marks a variable of Python).

# %% mystnb={"figure": {"name": "fig-training-protocols", "caption": "Ten networks under each protocol, one thin line each, and their mean. Left, trained on 60,000 and measured on the test set; right, trained on 50,000 and measured on the validation set."}, "image": {"alt": "Two panels of ten thin rising curves with a thick mean. Left, all end between 0.969 and 0.975. Right, they end lower, most between 0.961 and 0.966; one curve drops steeply in the last epoch, to 0.947."}}
fig, axes = plt.subplots(1, 2, figsize=(8, 3.4), sharey=True)
panels = [("assignment", "test"), ("validation", "validation")]
for ax, (condition, images) in zip(axes, panels):
    runs = dense.query("condition == @condition and split == @images")
    lines = runs.pivot(index="epoch", columns="seed", values="accuracy")
    ax.plot(lines, color="C0", linestyle="-", linewidth=0.8, alpha=0.6)
    ax.plot(lines.mean(axis=1), color="black", linestyle="-")
    ax.set(title=f"{images} accuracy", xlabel="epoch", xticks=epochs, ylim=(0.88, 0.98))

# %% [markdown]
# The same table as before has the results. Of the right-hand panel, the end:

# %%
validation_final = curves.loc["validation", "validation", 10]
claim("training-validation-mean", validation_final["mean"], between=(0.953, 0.970),
      about="mean validation accuracy after ten epochs, trained on 50,000 images")

# %% [markdown]
# and of the same networks, measured once on the test set, the mean and the ends of its interval:

# %%
honest_final = curves.loc["validation", "test", 10]
claim("training-honest-mean", honest_final["mean"], between=(0.960, 0.974),
      about="mean test accuracy after ten epochs, trained on 50,000, measured once")

# %%
claim("training-honest-low", honest_final["low"], between=(0.955, 0.973),
      about="lower end of the 95 % interval of that mean")

# %%
claim("training-honest-high", honest_final["high"], between=(0.963, 0.977),
      about="upper end of the 95 % interval of that mean")

# %% [markdown]
# Validation accuracy ends at {glue:text}`training-validation-mean:.4f`, well below the test accuracy on the left. And the test accuracy of these same networks is {glue:text}`training-honest-mean:.4f`, with a 95 % interval from {glue:text}`training-honest-low:.4f` to {glue:text}`training-honest-high:.4f`. Three numbers for one architecture and one recipe. Why do they differ?
#
# ### Fewer images to learn from
#
# Networks of one seed begin with the same weights under both protocols. So we can compare them in pairs, both on the test set.

# %%
finals = dense.query("split == 'test' and epoch == 10")
pairs = finals.pivot(index="seed", columns="condition", values="accuracy")
gain = pairs["assignment"] - pairs["validation"]
claim("training-gain-of-60000", gain.mean(), between=(0.0005, 0.009),
      about="test accuracy gained by training on 60,000 images instead of 50,000")

# %%
gain_interval = stats.ttest_1samp(gain, 0).confidence_interval()
claim("training-gain-low", gain_interval.low, between=(-0.001, 0.004),
      about="lower end of the 95 % interval of that gain, ten pairs")

# %%
claim("training-gain-high", gain_interval.high, between=(0.002, 0.015),
      about="upper end of that interval")

# %%
claim("training-gain-pairing", pairs.corr().iloc[0, 1], between=(-0.5, 0.7),
      about="correlation of the test accuracies under the two protocols, ten seeds")

# %%
fallen = pairs["validation"].idxmin()
claim("training-gain-without", gain.drop(fallen).mean(), between=(0.0003, 0.008),
      about="mean gain without the pair whose second network has fallen")

# %% [markdown]
# Ten thousand more images, a fifth more to learn from and a fifth more steps, are worth {glue:text}`training-gain-of-60000:.4f`, with a 95 % interval from {glue:text}`training-gain-low:.4f` to {glue:text}`training-gain-high:.4f`. The pairs are of little use here: the order of the images differs, and the two accuracies of a seed have a correlation of only {glue:text}`training-gain-pairing:.2f`. One pair weighs heavily, since its second network is the line that falls in its last epoch, on the right of {numref}`fig-training-protocols`; the mean of the nine others is {glue:text}`training-gain-without:.4f`. This gain is the price of a validation set. When all choices are made, one may train once more on all 60,000.
#
# ### Other images to be measured on
#
# The validation images and the test images were given to the *same* ten networks.

# %%
validation_lines = dense.query("split == 'validation'").pivot(
    index="epoch", columns="seed", values="accuracy")
easier = pairs["validation"] - validation_lines.loc[10]
claim("training-test-easier", easier.mean(), between=(0.001, 0.010),
      about="test minus validation accuracy of the same networks, mean of ten")

# %%
claim("training-test-easier-seeds", int((easier > 0).sum()), at_least=8,
      about="networks of ten that do better on the test than on the validation images")

# %% [markdown]
# *These* test images are easier, by {glue:text}`training-test-easier:.4f`, for {glue:text}`training-test-easier-seeds:d` of the 10 networks. {ref}`The first chapter <three-sets>` warned of the opposite: the validation images come from people whose handwriting is also in the training images, so they might have been the easier ones. Whatever that is worth, here it does not win. Mind what the ten seeds can prove. They prove that these 10,000 test images are easier for our networks than those 10,000 validation images. They cannot prove it for test images in general, since all ten were measured on the same ones. How far a set of 10,000 images can be off by chance is the question of {ref}`a later section <ten-thousand>`.
#
# ### The moment of the measurement
#
# One line on the right of {numref}`fig-training-protocols` falls in its last epoch. How far, and is it over-fitting? We look for the largest fall in any epoch of any run.

# %%
changes = validation_lines.diff().stack()
epoch, seed = changes.idxmin()
claim("training-fall-epoch", int(epoch), exactly=10,
      about="epoch in which the largest fall of the ten validation curves ends")

# %%
claim("training-fall", -changes.min(), between=(0.005, 0.05),
      about="largest fall of a validation accuracy from one epoch to the next")

# %%
train_lines = dense.query("condition == 'validation' and split == 'train'").pivot(
    index="epoch", columns="seed", values="accuracy")
claim("training-fall-train", -train_lines.diff().loc[epoch, seed], at_least=0.005,
      about="fall of the same network's training accuracy in the same epoch")


# %% [markdown]
# It is not: the accuracy on its own training images fell as well, by {glue:text}`training-fall-train:.4f` against {glue:text}`training-fall:.4f` on validation. The suspect is the noise of the batches, measured {ref}`above <batch-noise>`: each step follows 128 images and disturbs what was learned from the others. If the training ends at a bad moment, that is the network that we measure. We cannot watch that fall, but we can watch smaller jumps. Here are 100 more steps of our own network, its accuracy on 5,000 training images after each, with the learning rate of the assignment and, on the same batches, with a tenth of it.

# %%
def accuracy_after_each_step(learning_rate):
    walker = new_network()
    walker.set_weights(network.get_weights())
    walker.optimizer.learning_rate = learning_rate
    accuracies, draws = [], np.random.default_rng(seed=1)  # the same for both
    for _ in range(100):
        chosen = draws.integers(60_000, size=128)
        walker.train_on_batch(train_images[chosen], y_train[chosen])
        answers = walker(train_images[:5000]).numpy().argmax(axis=1)
        accuracies.append((answers == y_train[:5000]).mean())
    return np.array(accuracies)


# %% mystnb={"figure": {"name": "fig-training-steps", "caption": "Accuracy on 5,000 training images after each of 100 further steps, at two learning rates, on the same batches."}, "image": {"alt": "Two curves over 100 steps. At learning rate 0.1 the accuracy jumps up and down, by about a tenth of a percentage point from step to step; at 0.01 it is nearly constant and higher than most of the other curve."}}
walks = {rate: accuracy_after_each_step(rate) for rate in (0.1, 0.01)}
fig, ax = plt.subplots(figsize=(7, 3))
for rate, accuracies in walks.items():
    ax.plot(range(1, 101), accuracies, label=f"learning rate {rate}")
ax.set(xlabel="step", ylabel="training accuracy")
ax.legend();

# %%
jumps = {rate: np.abs(np.diff(accuracies)).mean() for rate, accuracies in walks.items()}
claim("training-jump", jumps[0.1], between=(0.0003, 0.005),
      about="mean change of the accuracy from one step to the next, learning rate 0.1")

# %%
claim("training-jump-ratio", jumps[0.01] / jumps[0.1], between=(0.03, 0.4),
      about="the same at learning rate 0.01, relative to 0.1")

# %%
claim("training-calm-gain", walks[0.01].mean() - walks[0.1].mean(), at_least=0.0002,
      about="mean accuracy gained in these steps by the smaller learning rate")

# %% [markdown]
# In {numref}`fig-training-steps`, at a learning rate of 0.1, the accuracy changes by {glue:text}`training-jump:.4f` on average from one step to the next. With a tenth of the rate the jumps are {glue:text}`training-jump-ratio:.2f` times as large, and the mean is *higher*, by {glue:text}`training-calm-gain:.4f`. A few small steps win that much, on training images and in this one walk; it is a reason why many recipes lower the learning rate towards the end.
#
# Two consequences. First, leave such a run in. It is what this recipe does now and then, and who drops it describes another recipe. It is also the main reason why the interval of the honest protocol is so much wider. Second, part of what looks like a difference between two networks is a difference between two moments.
#
# ## Is it over-fitting?
#
# Training accuracy rises above test accuracy. That is often called over-fitting at once, so let us be careful with the word.
#
# ```{prf:definition} Over-fitting
# :label: def-over-fitting
#
# In this book, a network *over-fits* while its loss on the training images falls and its loss on unseen images rises. The *generalization gap* is the difference between a network's result, loss or accuracy, on the training images and on unseen ones.
# ```
#
# First the gap, from the ten networks of the assignment's protocol.

# %%
by_split = curves.loc["assignment"]["mean"].unstack("split")
by_split["gap"] = by_split["train"] - by_split["test"]
by_split.loc[[1, 2, 4, 6, 8, 10]].round(4)

# %%
claim("training-gap", by_split["gap"][10], between=(0.005, 0.018),
      about="mean training minus test accuracy after ten epochs")

# %% [markdown]
# The gap opens from nothing to {glue:text}`training-gap:.4f`. By the definition it takes a look at the loss to call it over-fitting.

# %%
losses = results.summarize(dense, by=["condition", "split", "epoch"], of="loss")["mean"]
test_loss = losses.loc["assignment", "test"]
claim("training-test-loss-ratio", test_loss[10] / test_loss[8], between=(0.8, 0.99),
      about="mean test loss after epoch 10, relative to that after epoch 8")

# %% [markdown]
# The test loss still falls, to {glue:text}`training-test-loss-ratio:.2f` of its value two epochs before. There is a gap, but no over-fitting yet: on average over the seeds, the last epochs still help with unseen images, though less than with the training images. What over-fitting looks like can be seen sooner when there is less to learn from. We train on 1,000 images instead of 60,000, for 40 epochs, and validate every second one.

# %%
from mnist_utils.dataset import split

(x_fit, y_fit), (x_validation, y_validation) = split(x_train, y_train)
thousand_images, validation_images = preprocess(x_fit[:1000]), preprocess(x_validation)
over_fitted = new_network(steps_per_execution=10)
log = over_fitted.fit(
    thousand_images,
    y_fit[:1000],
    batch_size=32,
    epochs=40,
    verbose=0,
    validation_data=(validation_images, y_validation),
    validation_freq=2,
    validation_batch_size=2000,
).history

# %% mystnb={"figure": {"name": "fig-training-over-fitting", "caption": "A network trained on 1,000 images. Left, the loss on those images (training as reported by `fit`) and on 10,000 unseen ones; right, the accuracies."}, "image": {"alt": "Left, the training loss falls to nearly 0, while the validation loss falls to about 0.5 within ten epochs and then rises steadily. Right, the training accuracy reaches 1, while the validation accuracy stays near 0.86 from the tenth epoch on."}}
fig, axes = plt.subplots(1, 2, figsize=(8, 3))
for ax, name in zip(axes, ["loss", "accuracy"]):
    ax.plot(range(1, 41), log[name], label="training")
    ax.plot(range(2, 41, 2), log[f"val_{name}"], label="validation")
    ax.set(xlabel="epoch", ylabel=name)
axes[0].legend();

# %%
validation_loss = np.array(log["val_loss"])
loss_rise = validation_loss[-1] / validation_loss.min()
claim("training-over-fitting-loss", loss_rise, between=(1.08, 1.9),
      about="validation loss after 40 epochs on 1,000 images, relative to its minimum")

# %%
validation_accuracy = np.array(log["val_accuracy"])
change = validation_accuracy[-1] - validation_accuracy[validation_loss.argmin()]
claim("training-over-fitting-accuracy", change, between=(-0.004, 0.03),
      about="change of the validation accuracy between that minimum and the end")

# %% [markdown]
# {numref}`fig-training-over-fitting` shows over-fitting: the training loss goes to zero, and the validation loss, after its minimum, rises to {glue:text}`training-over-fitting-loss:.2f` times its lowest value. The accuracy does not follow: between that minimum and the end it changes by {glue:text}`training-over-fitting-accuracy:+.4f`. How can the loss become so much worse without more errors? The network becomes more and more *certain*, of its errors too, and the loss of a certain error is large. We shall measure that certainty {ref}`below <calibration>`.
#
# (ten-thousand)=
# ## What 10,000 images can tell
#
# A test set is a sample. Another 10,000 digits would give another accuracy, for the very same network. Let $a$ be the probability that the network is right about a new image. Then $n$ independent images are like $n$ tosses of a coin that shows heads with probability $a$. The number of heads is *binomially distributed*, and the accuracy that we measure, $\hat a$, the share of heads, has the standard deviation
#
# ```{math}
# :label: eq-standard-error
# \operatorname{SE}(\hat a) = \sqrt{\frac{a (1 - a)}{n}},
# ```
#
# the *standard error*. For $a = 0.97$ and 10,000 images:

# %%
standard_error = np.sqrt(0.97 * 0.03 / 10_000)
claim("training-standard-error", round(standard_error, 5), exactly=0.00171,
      about="standard error of an accuracy of 0.97 on 10,000 images")

# %%
simulated = generator.binomial(10_000, 0.97, size=100_000) / 10_000
claim("training-standard-error-ratio", simulated.std() / standard_error,
      between=(0.98, 1.02), about="the same from 100,000 simulated test sets, relative")


# %% [markdown]
# By chance of which images are in the test set, accuracy varies by {glue:text}`training-standard-error:.4f`. That is about as much as the standard deviation over seeds, {glue:text}`training-test-sd:.4f`, and it comes *on top* of it: the ten seeds share one test set, so their spread knows nothing of it.
#
# ### Wilson's interval
#
# Which accuracies $a$ are compatible with what was measured? The textbook answer is $\hat a \pm 1.96 \operatorname{SE}(\hat a)$, with $\hat a$ put in the place of the unknown $a$. That substitution goes wrong when errors are few. Wilson's interval avoids it {cite}`wilson1927`: it takes all $a$ from which $\hat a$ is at most $\beta = 1.96$ standard errors away, where the standard error is that of $a$ itself. Solved for $a$ that is
#
# ```{math}
# :label: eq-wilson
# \frac{1}{1 + \beta^2 / n} \left( \hat a + \frac{\beta^2}{2n} \pm \beta \sqrt{\frac{\hat a (1 - \hat a)}{n} + \frac{\beta^2}{4 n^2}} \right).
# ```
#
# SciPy has it. We compute the interval of the submission's 9,699 correct images both ways.

# %%
def wilson(correct, n, beta=stats.norm.ppf(0.975)):
    share = correct / n
    middle = share + beta**2 / (2 * n)
    reach = beta * np.sqrt(share * (1 - share) / n + beta**2 / (4 * n**2))
    return (middle - reach) / (1 + beta**2 / n), (middle + reach) / (1 + beta**2 / n)

low, high = wilson(9_699, 10_000)

# %%
from_scipy = stats.binomtest(9_699, 10_000).proportion_ci(method="wilson")
difference = max(abs(low - from_scipy.low), abs(high - from_scipy.high))
claim("training-wilson", difference, at_most=1e-12,
      about="difference between Wilson's interval by formula and by SciPy")

# %%
claim("training-wilson-low", round(low, 4), exactly=0.9664,
      about="lower end of the 95 % Wilson interval of 9,699 correct of 10,000")

# %%
claim("training-wilson-high", round(high, 4), exactly=0.9731,
      about="upper end of the 95 % Wilson interval of 9,699 correct of 10,000")

# %% [markdown]
# With 95 % confidence in the sense above, the probability that the submission's network is right about a new digit of this kind lies between {glue:text}`training-wilson-low:s` and {glue:text}`training-wilson-high:s`. Do the two intervals keep their promise? We try them where errors are fewer, with 100 images.

# %%
counts = generator.binomial(100, 0.97, size=100_000)
wilson_low, wilson_high = wilson(counts, 100)
wilson_covered = (wilson_low <= 0.97) & (0.97 <= wilson_high)
claim("training-wilson-coverage", wilson_covered.mean(), between=(0.93, 0.98),
      about="share of Wilson intervals that hold 0.97, with 100 images")

# %%
shares = counts / 100
textbook_covered = np.abs(shares - 0.97) <= 1.96 * np.sqrt(shares * (1 - shares) / 100)
claim("training-textbook-coverage", textbook_covered.mean(), between=(0.75, 0.85),
      about="share of textbook intervals that hold 0.97, with 100 images")

# %% [markdown]
# Wilson's holds the truth in {glue:text}`training-wilson-coverage:.0%` of the cases (not in exactly 95 %, since a count of images is a whole number); the textbook's "95 %" are {glue:text}`training-textbook-coverage:.0%`. With 10,000 images the two hardly differ, but there is no reason to use the worse one.
#
# ### Two networks on the same images
#
# Which differences can such a test set show? If two networks with accuracies near 0.97 are measured on *different* sets of 10,000 images, the standard error of the difference is $\sqrt{2}$ times that of one.

# %%
visible = 1.96 * np.sqrt(2) * standard_error
claim("training-visible-difference", round(visible, 4), exactly=0.0047,
      about="difference near 0.97 that chance exceeds in 5 % of the cases")

# %% [markdown]
# Two equally good networks then differ by more than {glue:text}`training-visible-difference:s` in one case of twenty. In LeCun's table of results a network of 500 and 300 hidden units has an error of 1.53 %, and one of 800 hidden units 1.6 % {cite}`lecun1998mnist`: seven images apart. On different test sets chance would produce such a difference most of the time. They were measured on the same one, so a paired comparison could be sharper, but the table does not give what it needs, the answers to single images. And the riddle from above, why the test images were easier than the validation images by {glue:text}`training-test-easier:.4f`? These are different images, so we compute the limit from the two mean accuracies.

# %%
both = np.array([pairs["validation"].mean(), validation_lines.loc[10].mean()])
limit = 1.96 * np.sqrt((both * (1 - both) / 10_000).sum())
claim("training-easier-ratio", easier.mean() / limit, between=(1.0, 1.4),
      about="test minus validation accuracy, relative to the limit for one network")

# %% [markdown]
# The difference is {glue:text}`training-easier-ratio:.1f` times the limit, which chance exceeds in one case of twenty; and the limit is that of one network, while a mean of ten varies a little less with the images. So chance alone is a poor explanation. But we saw the difference before we tested it, and it concerns these 10,000 of the training images: others may compare differently. Ten more seeds would not tell; ten thousand more images might.
#
# Networks that answer the *same* images can be compared more sharply, because most images do not matter: those that both get right, and those that both get wrong. What counts is where they part. As an example we take our network after five epochs, and after ten.

# %%
right_five = after_epoch.test_probabilities[4].argmax(axis=1) == y_test
right_ten = after_epoch.test_probabilities[9].argmax(axis=1) == y_test
[np.round(wilson(right.sum(), 10_000), 4).tolist() for right in (right_five, right_ten)]

# %% [markdown]
# The two are not far apart, compared with their widths; judged by these intervals alone, one would hesitate. Now count the images on which exactly one of the two is right.

# %%
only_five, only_ten = (right_five & ~right_ten).sum(), (~right_five & right_ten).sum()
differences = right_ten.astype(int) - right_five.astype(int)
paired_error = differences.std() / np.sqrt(10_000)
claim("training-paired-error", paired_error / (np.sqrt(2) * standard_error),
      between=(0.2, 0.8), about="standard error of the paired difference / unpaired")

# %% [markdown]
# If the two were equally good, each of these images would be a fair coin: as often the one is right as the other. How likely is it that fair coins come out at least as lopsided as this (such a probability is called a *p-value*)? That is *McNemar's test* {cite}`mcnemar1947`.

# %%
claim("training-paired-p", stats.binomtest(only_ten, only_ten + only_five).pvalue,
      at_most=0.05, about="p-value of McNemar's test, 5 against 10 epochs")

# %% [markdown]
# Its answer is {glue:text}`training-paired-p:.1e`. The five more epochs have helped this network. The pairing has cut the standard error to {glue:text}`training-paired-error:.2f` of the unpaired one, at no cost but keeping the answers.
#
# What the test does *not* say: that training for ten epochs is better than for five *in general*. It compares two networks, not two recipes. For recipes you need seeds.
#
# ## Where it is wrong
#
# An accuracy says how often the network errs, not where. The *confusion matrix* does: a row for each digit, a column for each answer.

# %% mystnb={"figure": {"name": "fig-training-confusion", "caption": "Confusion matrix of the trained network on the test set. Each row is a digit, each column an answer; the errors lie off the diagonal."}, "image": {"alt": "A ten by ten table of counts. The diagonal holds around 900 to 1,100 each. Off it most cells are below 5; a few reach 10 to 20, among them answers 9 to a four, 3 to an eight, and 7 to a two."}}
probabilities = after_epoch.test_probabilities[-1]
answers = probabilities.argmax(axis=1)
names = ["digit", "answer"]
confusion = pd.crosstab(y_test, answers, rownames=names[:1], colnames=names[1:])
figure, axis = figures.show_matrix(confusion, value_range=(0, 30))

# %% [markdown]
# {ref}`The first chapter <preprocessing>` suspected pairs of digits whose mean images resemble each other: 9 with 4 and 7, and 3, 5 and 8 among themselves. Were they confused?

# %%
wrong = answers != y_test
suspects = [{4, 9}, {7, 9}, {3, 5}, {3, 8}, {5, 8}]
suspected = [{label, answer} in suspects for label, answer in zip(y_test, answers)]
share = (wrong & suspected).sum() / wrong.sum()
claim("training-suspected", share, between=(0.15, 0.60),
      about="share of the test errors that are among five suspected pairs of digits")

# %% [markdown]
# Of the 90 ways to mistake one digit for another, ten belong to these five pairs: 1 in 9, or 11 %. They make up {glue:text}`training-suspected:.0%` of the errors. The suspicion was right, and it was not the whole story: look for the largest numbers off the diagonal in {numref}`fig-training-confusion`, and compare the mean images of the two digits.
#
# Now the images that the network is most wrong about ({numref}`fig-training-wrong`). The loss says which, since $-\log p_c$ is large where the correct digit $c$ got little probability.

# %% mystnb={"figure": {"name": "fig-training-wrong", "caption": "The 16 test digits with the largest loss, largest first. Above each, its label and the network's answer."}, "image": {"alt": "Sixteen handwritten digits in two rows, each titled with two digits, label and answer. Many are odd, with a missing or an extra stroke, cut off, or drawn with a thick pen; a few are clear to a person."}}
image_losses = -np.log(probabilities[np.arange(10_000), y_test])
worst = np.argsort(-image_losses)[:16]
titles = [f"{y_test[i]}, not {answers[i]}" for i in worst]
figure, axes = figures.show_digits(x_test[worst], titles, columns=8, size=0.9)

# %%
worst_share = np.sort(image_losses)[-100:].sum() / image_losses.sum()
claim("training-worst-share", worst_share, between=(0.35, 0.65),
      about="share of the total test loss that the 100 worst images make up")

# %% [markdown]
# Some of them would give a person pause; a few are perfectly clear, and the network gave the right digit hardly any probability. One image in a hundred carries {glue:text}`training-worst-share:.0%` of the sum of the losses. A mean loss says far more about the worst images than about the typical one.
#
# (calibration)=
# ## Does it know when it is wrong?
#
# The network gives probabilities. Its *confidence* $r$ in an answer is the largest of the ten. Should we believe it?
#
# ```{prf:definition} Calibration
# :label: def-calibration
#
# A classifier is *calibrated* if, among the images that it answers with confidence $r$, the share $r$ is classified correctly, for every $r$.
# ```
#
# To check it, sort the test images into ten bins by their confidence, and compare in each bin the mean confidence with the accuracy.

# %%
confidence = probabilities.max(axis=1)
bins = pd.cut(confidence, np.linspace(0, 1, 11))
judged = pd.DataFrame({"confidence": confidence, "accuracy": answers == y_test})
reliability = judged.groupby(bins, observed=True).mean()
reliability["images"] = judged.groupby(bins, observed=True).size()
reliability.round(3)

# %% mystnb={"figure": {"name": "fig-training-calibration", "caption": "Accuracy against mean confidence in bins of the test images, with 95 % Wilson intervals. On the dashed line the network would be calibrated."}, "image": {"alt": "Points with vertical error bars rising along the diagonal from about 0.4 to 1. Most intervals cross the diagonal. The intervals are long at low confidence and invisible in the last bin."}}
correct = reliability["accuracy"] * reliability["images"]
low, high = wilson(correct, reliability["images"])
accuracy = reliability["accuracy"]
reach = np.clip([accuracy - low, high - accuracy], 0, None)  # rounding: no -1e-17
fig, ax = plt.subplots(figsize=(4.4, 4))
ax.plot([0, 1], [0, 1], "k--", linewidth=1)
ax.errorbar(reliability["confidence"], accuracy, yerr=reach, fmt="o", capsize=3)
ax.set(xlabel="mean confidence", ylabel="accuracy", aspect="equal");

# %% [markdown]
# The intervals in {numref}`fig-training-calibration` are needed. The bins of low confidence hold few images, and without a scale for chance one would read a meaning into every point. As one number, take the distance from the diagonal, averaged over the bins with their numbers of images as weights: the *expected calibration error* {cite}`guo2017`,
#
# ```{math}
# :label: eq-calibration-error
# \operatorname{ECE} = \sum_i \frac{n_i}{n} \left\lvert \hat a_i - \bar r_i \right\rvert ,
# ```
#
# where bin $i$ holds $n_i$ of the $n$ images, with accuracy $\hat a_i$ and mean confidence $\bar r_i$.

# %%
distance = (reliability["accuracy"] - reliability["confidence"]).abs()
ece = (reliability["images"] / 10_000 * distance).sum()
claim("training-calibration-error", ece, between=(0.0005, 0.008),
      about="expected calibration error of the network on the test set, ten bins")

# %% [markdown]
# Is that much? A distance is never negative, so chance alone makes this number larger than 0. How large would it be for a network that is perfectly calibrated? Draw for each image whether its answer is right, with the confidence as the probability, and compute the error of 200 such imagined test sets. (Since $n_i \hat a_i$ counts the correct images of a bin and $n_i \bar r_i$ adds up their confidences, it is the sum over the bins of $\lvert \sum (\text{correct} - \text{confidence}) \rvert$, divided by $n$.)

# %%
ideal = generator.random((200, 10_000)) < confidence
in_bins = pd.DataFrame((ideal - confidence).T).groupby(bins, observed=True).sum()
claim("training-calibration-chance", in_bins.abs().sum().mean() / 10_000,
      between=(0.0015, 0.006), about="mean calibration error of a calibrated network")

# %%
claim("training-last-bin", (confidence > 0.9).mean(), between=(0.85, 0.97),
      about="share of the test images in the last bin")

# %% [markdown]
# Chance alone would give a perfectly calibrated network {glue:text}`training-calibration-chance:.4f`. Ours has {glue:text}`training-calibration-error:.4f`: these 10,000 images show little or no error in its probabilities, and {glue:text}`training-last-bin:.0%` of them lie in the bin of the highest confidence, so they say little about the others. Does that hold for every network? The one that over-fitted 1,000 images has a reason to be too sure.

# %%
over_sure = over_fitted.predict(validation_images, batch_size=2000, verbose=0)
over_accuracy = (over_sure.argmax(axis=1) == y_validation).mean()
claim("training-over-confidence", over_sure.max(axis=1).mean() - over_accuracy,
      between=(0.03, 0.15), about="confidence minus accuracy, over-fitted network")

# %% [markdown]
# Its mean confidence is {glue:text}`training-over-confidence:.3f` above its accuracy. In this run over-fitting showed in the probabilities and not in the accuracy, so watch the loss as well.
#
# ## Exercises
#
# ```{exercise} Counting steps
# :label: ex-training-steps
#
# How many updates does a network receive in ten epochs of 50,000 images with batches of 32?
# ```

# %%
from mnist_utils.claims import check_answer

answer = None
check_answer("training-steps", answer, "e50a2c1f")

# %% [markdown]
# ````{solution-start} ex-training-steps
# :class: dropdown
# ````
#
# $50{,}000 / 32 = 1562.5$, so each epoch has 1,562 full batches and one of 16 images, which is a step as well.

# %% tags=["nbval-check-output"]
check_answer("training-steps", 10 * -(-50_000 // 32), "e50a2c1f")

# %% [markdown]
# ````{solution-end}
# ````
#
# ```{exercise} The largest learning rate
# :label: ex-largest-rate
#
# Let the loss be $L(w) = 4 (w - 3)^2$, with a single weight. Write down the update {eq}`eq-update`, and find the learning rate above which the steps lead away from the minimum instead of towards it. What happens at half of it?
# ```

# %%
answer = None
check_answer("largest-rate", answer, "8aaff960", decimals=3)

# %% [markdown]
# ````{solution-start} ex-largest-rate
# :class: dropdown
# ````
#
# The derivative is $8 (w - 3)$, so $w - 3$ becomes $(1 - 8 \eta)(w - 3)$. The factor $1 - 8\eta$ leaves the range from $-1$ to $1$ when $\eta > 2/8$. At half of it, $\eta = 1/8$, the factor is 0, and a single step reaches the minimum. For any parabola the limit is 2 divided by the second derivative; near a minimum, it is about so for any loss. The narrower the valley, the smaller the rate that it stands.

# %% tags=["nbval-check-output"]
check_answer("largest-rate", 2 / 8, "8aaff960", decimals=3)

# %% [markdown]
# ````{solution-end}
# ````
#
# ```{exercise} How many test images?
# :label: ex-test-size
#
# How many test images would it take to know an accuracy of 0.97 to $\pm 0.001$, with 95 % confidence? Use 1.96 standard errors, and answer in thousands, rounded (for 85,000 images, answer 85). For comparison: QMNIST restored 60,000 test digits in all {cite}`yadav2019`.
# ```

# %%
answer = None
check_answer("test-size", answer, "2ac404b2")

# %% [markdown]
# ````{solution-start} ex-test-size
# :class: dropdown
# ````
#
# Solve $1.96 \sqrt{a (1 - a) / n} = 0.001$ for $n$.

# %% tags=["nbval-check-output"]
images = 1.96**2 * 0.97 * 0.03 / 0.001**2
check_answer("test-size", round(images / 1000), "2ac404b2")

# %% [markdown]
# More than all test digits there are, even with QMNIST's 60,000. An improvement of 0.001 can be shown with 10,000 images only in pairs, if at all.
#
# ````{solution-end}
# ````
#
# ```{exercise} An interval from five runs
# :label: ex-five-runs
#
# Five seeds gave the test accuracies 0.9702, 0.9718, 0.9709, 0.9731 and 0.9695. Compute the 95 % interval of their mean by {prf:ref}`def-t-interval`. Answer with its upper end, to four decimals.
# ```

# %%
answer = None
check_answer("five-runs", answer, "4648313f", decimals=4)

# %% [markdown]
# ````{solution-start} ex-five-runs
# :class: dropdown
# ````
#
# With $m = 5$, $t_4$ is 2.78. Mind `ddof=1`: without it, NumPy divides by $m$ instead of $m - 1$.

# %% tags=["nbval-check-output"]
five = np.array([0.9702, 0.9718, 0.9709, 0.9731, 0.9695])
half_width = stats.t.ppf(0.975, 4) * five.std(ddof=1) / np.sqrt(5)
check_answer("five-runs", round(five.mean() + half_width, 4), "4648313f", decimals=4)

# %% [markdown]
# ````{solution-end}
# ````
#
# ```{exercise} The easier half
# :label: ex-easier-half
#
# The web page of the database calls the first 5,000 test images cleaner and easier than the last 5,000 {cite}`lecun1998mnist`. Does our network agree (use `right_ten`)? Answer with `"first"` or `"second"`, for the half that it finds easier.
# ```

# %%
answer = None
check_answer("easier-half", answer, "da851cd4")

# %% [markdown]
# ````{solution-start} ex-easier-half
# :class: dropdown
# ````

# %%
halves = [right_ten[:5000].mean(), right_ten[5000:].mean()]
claim("training-second-half", halves[1] - halves[0], between=(0.010, 0.035),
      about="accuracy on the last 5,000 test images minus that on the first 5,000")

# %% tags=["nbval-check-output"]
check_answer("easier-half", ["first", "second"][int(np.argmax(halves))], "da851cd4")


# %% [markdown]
# It does not, and by many standard errors (of different images, so unpaired). In the files as they are distributed, the *second* half is the easier one for our network. Believe a page, even the original one, after you have counted. (And shuffle before you take "the first thousand test images" for a quick check.)
#
# ````{solution-end}
# ````
#
# ```{exercise} The best epoch
# :label: ex-best-epoch
#
# Someone reports for each network the *best* test accuracy of its ten epochs instead of the last. Write `best_epoch_gain(lines)`, which takes a table with a row for each epoch and a column for each seed, such as `validation_lines`, and returns by how much this raises the mean over the seeds. The cell compares it with two known cases.
# ```

# %%
def best_epoch_gain(lines):
    return 0.0  # put your lines here

known = pd.DataFrame({0: [0.91, 0.95, 0.94], 1: [0.92, 0.93, 0.96]}, index=[1, 2, 3])
other = pd.DataFrame({0: [0.90, 0.96, 0.94], 1: [0.97, 0.95, 0.93]}, index=[1, 2, 3])
equal = np.allclose([best_epoch_gain(known), best_epoch_gain(other)], [0.005, 0.03])
print("Right." if equal else "Not right yet: expected 0.005 and 0.03.")


# %% [markdown]
# ````{solution-start} ex-best-epoch
# :class: dropdown
# ````

# %% tags=["nbval-check-output"]
def best_epoch_gain(lines):
    return (lines.max() - lines.iloc[-1]).mean()

equal = np.allclose([best_epoch_gain(known), best_epoch_gain(other)], [0.005, 0.03])
print("Right." if equal else "Not right yet: expected 0.005 and 0.03.")

# %%
claim("training-best-epoch", best_epoch_gain(validation_lines), between=(0.0001, 0.01),
      about="mean validation accuracy gained by taking each network's best epoch")

# %% [markdown]
# On our ten validation curves it gains {glue:text}`training-best-epoch:.4f`. The gain can never be negative, which should make you suspicious of any result that is obtained in this way. Choosing the epoch is fine. The accuracy to report is then that of the chosen network on images that had no part in the choice.
#
# ````{solution-end}
# ````
#
# ```{exercise} A schedule (open-ended)
# :label: ex-schedule
#
# {numref}`fig-training-steps` suggests to lower the learning rate towards the end. Try it: train on `x_fit` for ten epochs, with 0.1 in the first seven and 0.01 in the last three (`keras.callbacks.LearningRateScheduler` takes a function of the epoch). Use at least three seeds, and compare with the constant rate on the validation images. Is the difference larger than the spread? What does the schedule do to the *spread*?
# ```
#
# ````{solution-start} ex-schedule
# :class: dropdown
# ````
#
# There is no single right figure. A good answer compares pairs of the same seed, gives mean and standard deviation of the difference, and uses validation images only. You may find a small gain in the mean, and no run that ends in a hole like the one in {numref}`fig-training-protocols`. Try whether a larger rate in the first seven epochs adds to it: since the end is calm, the beginning can afford to be wilder.
#
# ````{solution-end}
# ````
#
# ## Summary
#
# - Ten epochs of SGD with learning rate 0.1 and batches of 128 take the 64-64 network to a mean test accuracy of {glue:text}`training-test-mean:.4f` over ten seeds (standard deviation {glue:text}`training-test-sd:.4f`, 95 % interval of the mean {glue:text}`training-test-low:.4f` to {glue:text}`training-test-high:.4f`). The 0.9699 that the original submission reports is one ordinary draw.
# - Trained on 50,000 images, it has {glue:text}`training-validation-mean:.4f` on the validation images and {glue:text}`training-honest-mean:.4f` on the test images: fewer images to learn from, and other images to be measured on.
# - `fit` reports training accuracy as an average over the epoch. Measured after the epoch, it begins where the test accuracy begins.
# - A step moves each weight by the learning rate times a derivative. The derivative comes from a batch, and with 128 images its error is about as large as itself at the start, and larger at the end. In our grid, settings with the same learning rate over batch size do about equally well, as long as the rate is not too large.
# - A gap between training and test accuracy ({glue:text}`training-gap:.4f` here) is not yet over-fitting. A rising loss on unseen images is.
# - 10,000 images know an accuracy of 0.97 to about $\pm$ two times {glue:text}`training-standard-error:.4f`; seeds do not cure that. Two networks are compared in pairs, on the images where they differ.
# - Of miscalibration, 10,000 images show hardly any. The network that over-fitted became too sure of itself while its accuracy did not fall.
#
# ## Further reading
#
# - The rule that started it: {cite:t}`robbins1951`. What is known about it today: {cite:t}`bottou2018`.
# - Learning rate and batch size in proportion, up to batches of 8,192: {cite:t}`goyal2017`.
# - Which sources of chance a comparison of learning methods has to cover, seeds and more: {cite:t}`bouthillier2021`. Tests for such comparisons, McNemar's among them: {cite:t}`dietterich1998`.
# - How deep networks lost their calibration, and how to restore it: {cite:t}`guo2017`.
