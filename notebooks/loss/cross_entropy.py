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
# # Cross-entropy
#
# > **In short**
# >
# > The network minimizes the **categorical cross-entropy**. For one image with the one-hot label $y$ and the predicted probabilities $p$ it is $L = -\sum_i y_i \log p_i = -\log p_c$, minus the logarithm of the probability that the correct class $c$ gets; for $n$ images it is their mean, $\bar L = \frac{1}{n} \sum L$. Read it as a probability: $e^{-\bar L}$ is the geometric mean of what the network gives to the correct classes, and a few bad images pull it below what most images get. A loss of 0 is perfect, a loss of 0.1 stands for a probability of about 0.9, and a loss of $\log 10 \approx 2.30$ is that of giving each class 1/10; ours starts at 2.32 and is at 0.28 after one pass over 50,000 images, a geometric mean of 0.75 (one run, 10,000 validation images). It suits the task because its gradient with respect to the logits, $p - y$, is largest where the network is most wrong. Squared error also trains, and is smallest at the same probabilities, but through a softmax its gradient nearly vanishes where the network is confidently wrong.
# >
# > *Read before*: [Float32, division by 255, one-hot labels](../data/types_and_labels.ipynb), [Three sets of images, and why](../data/sets.ipynb), [The network and its 55,050 parameters](../network/parameters.ipynb).
#
# Training changes 55,050 numbers so that one number, the *loss*, becomes small. The assignment's notebook chooses `categorical_crossentropy`. The original submission gives its formula, which is right, and adds that "other loss functions are not" appropriate, which is not. This lesson takes the formula apart and says what sets it apart.
#
# ## One image, one number
#
# We need a network with something to say: the assignment's, after one pass over 50,000 training images. The other 10,000, the validation set, are for looking at.

# %%
import numpy as np

from mnist_utils.dataset import load_mnist, one_hot, preprocess, split

(x_train, y_train), _ = load_mnist()
(x_fit, y_fit), (x_validation, y_validation) = split(x_train, y_train)
x_fit, x_validation = preprocess(x_fit), preprocess(x_validation)
y = one_hot(y_validation)

# %% tags=["remove-stderr"]
import keras

from mnist_utils import networks

keras.utils.set_random_seed(0)
network = networks.dense((64, 64), seed=0)
network.compile(keras.optimizers.SGD(learning_rate=0.1),
                loss="categorical_crossentropy", metrics=["accuracy"],
                steps_per_execution=50)  # fifty at a time, which is quicker
untrained_loss, untrained_accuracy = network.evaluate(x_validation, y, verbose=0)
network.fit(x_fit, one_hot(y_fit), batch_size=128, epochs=1, verbose=0);

# %% [markdown]
# For an image, the network gives ten probabilities $p_0, \dots, p_{K-1}$, with $K = 10$. The label $y$ is a one-hot vector. The loss compares the two.
#
# > **Definition 7.1** (Cross-entropy)
# >
# > For a label $y$ and predicted probabilities $p$, both of them $K$ numbers that are not negative and add up to 1, the cross-entropy is
# >
# > $$L = -\sum_{i=0}^{K-1} y_i \log p_i .$$
# >
# > The logarithm is the natural one; the unit of $L$ is then called the *nat*. A term with $y_i = 0$ counts as 0, whatever $p_i$ is.
#
# Here are the label of a validation image, number 41, about which the network is in some doubt, and the ten probabilities, rounded.

# %%
import pandas as pd

p = network.predict(x_validation, verbose=0)
pd.DataFrame([y[41], p[41]], index=["y", "p"]).round(3)

# %% [markdown]
# And here is the loss of this image, once from the definition and once from Keras.

# %%
by_hand = -(y[41] * np.log(p[41])).sum()
by_keras = keras.losses.categorical_crossentropy(y[41], p[41])
float(by_hand), float(by_keras)

# %% [markdown]
# Nine of the ten products are zero. With $c$ for the correct class, what is left is $L = -\log p_c$: the loss of an image looks at one probability, the one given to the correct class. We write $q$ for it. The others matter too, but through the back door: whatever probability they take is missing from $q$.
#
# It makes no difference whether the label is written as a one-hot vector or as the number $c$, which picks the same $p_c$ ([Float32, division by 255, one-hot labels](../data/types_and_labels.ipynb)). Then Keras's name for the loss is `sparse_categorical_crossentropy`.
#
# The loss of $n$ images is the mean of their losses, $\bar L = \frac{1}{n} \sum L$, a sum over the images. It is what `evaluate` reports.

# %%
# From each row, the column of its digit.
q = p[np.arange(len(p)), y_validation].astype("float64")
losses = -np.log(q)
keras_loss, accuracy = network.evaluate(x_validation, y, verbose=0)
losses.mean().item(), keras_loss

# %% tags=["hide-cell"]
# checks
from mnist_utils.claims import claim

claim("untrained-loss", untrained_loss, trained=True,
      about="mean loss of an untrained 64-64 network on 10,000 validation images")
claim("trained-loss", losses.mean(), trained=True,
      about="mean loss of a 64-64 network on 10,000 validation images after one epoch")

# %% [markdown]
# ## Reading a value
#
# Our network's mean loss is 0.28. Is that good? Turn the formula around. For one image, $q = e^{-L}$. For many, the mean of the logarithms is the logarithm of the geometric mean, so that $e^{-\bar L}$ is the geometric mean of all $q$, a mean probability of the correct class in which small ones count much.

# %%
values = np.array([0, 0.1, 0.7, 2.3, 4.6, 9.2])
pd.DataFrame({"loss": values, "exp(-loss)": np.exp(-values).round(4)})

# %% [markdown]
# - **0** means that the correct class got probability 1. Better is impossible.
# - **0.1** stands for a probability of about 0.9. Small losses can be read directly: near 0, $-\log q \approx 1 - q$, because the slope of $-\log q$ at $q = 1$ is $-1$.
# - **0.7** is a coin toss between the correct class and all others together. An image with a loss below $\log 2 \approx 0.69$ is certainly classified correctly, because its correct class has more than half of the probability.
# - **2.3** is $\log 10$, one chance in ten.
# - **4.6**, twice as much, is one chance in a hundred, and **9.2** one in ten thousand: each further 2.3 divides the probability by ten.

# %% mystnb={"figure": {"name": "fig-minus-log", "caption": "The loss of one image against the probability that its correct class got."}, "image": {"alt": "A falling curve. At probability 1 the loss is 0, at 0.9 it is 0.11, at 0.5 it is 0.69, at 0.1 it is 2.30, and toward probability 0 the curve climbs steeply."}}
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
# *Fig. 7.1.* The loss of one image against the probability that its correct class got.

# %% [markdown]
# Fig. 7.1 is not symmetric. On the right, the difference between 0.9 and 1 is worth a tenth. On the left there is no end: a network that gives the correct class a probability of 0 has an infinite loss. Cross-entropy forgives doubt and punishes certainty in the wrong place.
#
# **The baseline is** $\log K$. A network that has learned nothing, and admits it, gives each class the probability $1/K$, and its loss is $\log K$ on any images, here 2.30. Ours started at 2.32. To compare the first loss with $\log K$ is a sound check of any classifier that is trained with this loss and no penalty: if it is far above, suspect a network that starts out confident and wrong. A loss that stays at $\log K$ suggests that nothing has been learned from the pictures; but look at the accuracy too, because the next section ends with a network that has nearly such a loss, and is right about most images.
#
# ## The trained network
#
# We translate the loss after one epoch, that is, one pass over the training images, and compare it with the ordinary mean of the same probabilities. Then we sort the losses, to see what share of their sum the largest 500 carry.

# %%
typical = np.exp(-losses.mean())
worst_share = np.sort(losses)[-500:].sum() / losses.sum()
typical.item(), q.mean().item(), worst_share.item()

# %% tags=["hide-cell"]
# checks
claim("typical-probability", typical, trained=True,
      about="geometric mean of the probabilities that a 64-64 network gives to the "
            "correct classes of 10,000 validation images after one epoch")
claim("worst-images-share", worst_share, trained=True,
      about="share of the summed validation loss that the worst 5 % of the images "
      "carry, "
            "64-64 network after one epoch")

# %% [markdown]
# The geometric mean is 0.75 in this one run, and the ordinary mean is larger, because a geometric mean is pulled down by its smallest members. Five percent of the images do much of the pulling: they carry 54% of the loss.
#
# Accuracy asks whether the largest probability is in the right place; the loss asks how large the right one is. The two can part. Multiply all logits by a positive factor: their order stays the same, and so does every decision, but the probabilities change. The logarithms of the probabilities can stand for the logits, since softmax turns them into $p$ again. The package's `cross_entropy` takes logits.

# %%
from mnist_utils.cross_entropy import cross_entropy

logits = np.log(p.astype("float64"))
factors = [0.2, 0.5, 1, 2, 5, 15]
mean_losses = [cross_entropy(y, factor * logits).mean() for factor in factors]
correct = [((f * logits).argmax(axis=1) == y_validation).mean() for f in factors]
pd.DataFrame({"factor": factors, "loss": mean_losses, "accuracy": correct}).round(3)

# %% tags=["hide-cell"]
# checks
claim("overconfident-loss", mean_losses[-1], trained=True,
      about="mean validation loss of a 64-64 network after one epoch "
            "with all its logits multiplied by 15")

# %% [markdown]
# The accuracy stays put, while the loss goes from 0.28 to 2.19, as high as that of somebody who knows next to nothing, when all logits are fifteen times as large. A rising loss at a steady accuracy is therefore no contradiction: it can mean that the network is becoming overconfident. The factor 0.2 fails in the other way, by too much doubt.
#
# ## Why this loss?
#
# Three reasons are often given, and one of them distinguishes it from its rival, squared error, $\frac{1}{K} \sum_i (p_i - y_i)^2$.
#
# 1. It is smallest, on average, when the predicted probabilities are the true ones ([Where the loss comes from](likelihood.ipynb)). True of squared error as well.
# 2. Unlike accuracy, it has a slope that training can follow ([The gradient is p minus y](gradient.ipynb)). True of squared error as well.
# 3. Its gradient with respect to the logits $z$ is $\partial L / \partial z_j = p_j - y_j$, prediction minus label ([The gradient is p minus y](gradient.ipynb) derives it). For the correct logit that is $q - 1$: training raises it with a pull of $1 - q$, which is **largest where the network is most wrong**. Not so with squared error.
#
# We measure the third. All ten logits are 0, except that a wrong one takes the lead; *automatic differentiation*, TensorFlow's record of all operations with the chain rule applied to each, gives the pull on the correct logit. Squared error is multiplied by 50, which makes both equal where nothing is known. That is no unfair help: a learning rate 50 times as large does the same.

# %%
import tensorflow as tf

leads = np.array([0.0, 2.0, 5.0, 10.0])
z = tf.Variable(leads[:, None] * np.eye(10)[1])  # class 1 leads
first = np.eye(10)[[0] * 4]  # but class 0 is correct

def pull(loss):
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(loss(first, tf.nn.softmax(z)))
    return -tape.gradient(total, z).numpy()[:, 0]


# %%
probabilities = tf.nn.softmax(z).numpy()[:, 0]
table = {"lead": leads, "q": probabilities, "loss": -np.log(probabilities),
         "cross-entropy": pull(keras.losses.categorical_crossentropy),
         "squared error × 50": 50 * pull(keras.losses.mean_squared_error)}
table = pd.DataFrame(table)
table.round(4)

# %% tags=["hide-cell"]
# checks
claim("certain-and-wrong-pull", table["cross-entropy"].iloc[-1], identity=0.99995,
      about="pull (minus the derivative) of cross-entropy on the correct logit when a "
      "wrong one leads nine equal ones by 10")
claim("vanishing-pull", table["squared error × 50"].iloc[-1], identity=0.000907,
      about="pull (minus the derivative) of squared error, times 50, on the correct "
      "logit when a wrong one leads nine equal ones by 10")

# %% [markdown]
# From row to row the network is more wrong. The pull of cross-entropy grows to 0.99995, that of squared error falls to 0.0009: where the correct class has almost no probability, squared error has almost nothing to say to the correct logit.
#
# Small is not zero, so this does not make the submission's sentence true. [Is another loss possible?](squared_error.ipynb) lets both losses train: with a suitable learning rate squared error keeps up in that lesson from an ordinary start, and is late from a confidently wrong one. The sentence to write is: **cross-entropy suits classification because through a softmax its gradient is largest where the network is most wrong; squared error also trains, but may learn late.**
#
# ## Exercises
#
# > **Exercise 7.1** (Reading a loss)
# >
# > A network for ten classes reports a mean loss of 1.609. What is the geometric mean of the probabilities that it gives to the correct classes? Answer with two decimals.

# %%
from mnist_utils.claims import check_answer

answer = None
check_answer("read-loss", answer, "35bbbccb", decimals=2)

# %% [markdown]
# <details><summary>Solution of Exercise 7.1</summary>
#
# The geometric mean of the probabilities is $e^{-\bar L}$. The network has learned something: twice the chance of a blind guess.
#
# </details>

# %%
# solution
check_answer("read-loss", round(np.exp(-1.609), 2), "35bbbccb", decimals=2)

# %% [markdown]
# > **Exercise 7.2** (One bad image)
# >
# > Of a hundred images, 99 give their correct class a probability of 0.99, and one gives it 0.0001. What share of the summed loss, in whole percent, does that one image carry?

# %%
answer = None
check_answer("one-bad-image", answer, "c392418b")

# %% [markdown]
# <details><summary>Solution of Exercise 7.2</summary>
#
# The 99 have a loss of about 0.01 each, together about 1. The one has $\log 10{,}000 \approx 9.2$. A mean loss of 0.10 can be a hundred images at 0.9, or one disaster.
#
# </details>

# %%
# solution
losses_of_100 = -np.log([0.99] * 99 + [0.0001])
share = losses_of_100[-1] / losses_of_100.sum()
check_answer("one-bad-image", round(100 * share), "c392418b")

# %% [markdown]
# > **Exercise 7.3** (Two hundred birds)
# >
# > You train a network to tell 200 kinds of birds apart. Before the first step it reports a loss of 9.8. Which loss, with two decimals, would a network that knows nothing and admits it have? What does the difference tell you?

# %%
answer = None
check_answer("birds-baseline", answer, "4a920fe1", decimals=2)

# %% [markdown]
# <details><summary>Solution of Exercise 7.3</summary>
#
# $\log K$ with $K = 200$. A first loss far above it means that the network is confident without reason: look for inputs that were not scaled, or initial weights that are too large.
#
# </details>

# %%
# solution
check_answer("birds-baseline", round(np.log(200), 2), "4a920fe1", decimals=2)

# %% [markdown]
# ## Further reading
#
# Output units, and why the logarithm undoes their saturation: Goodfellow et al. (2016), section 6.2. Softmax as a probability model, by the author who gave it its name: Bridle (1990).

# %% [markdown]
# ## Quiz
#
# Choose an answer in your mind, then open it.
#
# **1.** With ten classes, one image has a cross-entropy of $\log 4 \approx 1.39$. Is it classified correctly?
#
# <details><summary>No, since its correct class has less than half of the probability.</summary>
#
# **No.** More than half is enough to be right, but it is not needed. With ten classes, 1/4 can be the largest of all probabilities.
#
# </details>
#
# <details><summary>Yes, since its correct class has more than one tenth.</summary>
#
# **No.** More than a blind guess gives is no guarantee: another class can have the other 3/4.
#
# </details>
#
# <details><summary>It may be or not: its correct class has 1/4, which says neither.</summary>
#
# **Right.** The loss of an image reads one probability, $e^{-L}$. Whether it is the largest depends on how the other 3/4 are shared out.
#
# </details>
#
# **2.** In the course of a training the validation loss rises, while the validation accuracy stays where it is. What is going on?
#
# <details><summary>Something is computed wrongly, since the two must move together.</summary>
#
# **No.** They often do, but they ask different things: accuracy whether the largest probability is in the right place, the loss how large the right one is.
#
# </details>
#
# <details><summary>The network may be getting more certain, also where it is wrong.</summary>
#
# **Right.** Decisions stay the same when all logits grow, but an error at a higher certainty costs much more. That is how an overconfident network shows.
#
# </details>
#
# <details><summary>The loss of the training images must be rising in the same way.</summary>
#
# **No.** It need not: what training makes small is the training loss, which can fall all the while. Unseen images may still cost more and more.
#
# </details>
#
# **3.** Network A gives the correct classes of two images the probabilities 0.99 and 0.01, network B gives 0.5 to both. Which has the smaller mean cross-entropy?
#
# <details><summary>Network B, since the small probability costs A the most.</summary>
#
# **Right.** The mean loss goes by the product of the probabilities, which is about 0.01 for A and 0.25 for B. Cross-entropy forgives doubt and punishes certainty in the wrong place.
#
# </details>
#
# <details><summary>Neither, since both give 0.5 to the correct classes on average.</summary>
#
# **No.** The ordinary means are equal, but the loss takes logarithms first. What counts is the geometric mean, which small members pull down.
#
# </details>
#
# <details><summary>Network A, since its first image is as good as perfect.</summary>
#
# **No.** From 0.5 to 0.99 a loss falls by about 0.7. From 0.5 to 0.01 it rises by about 3.9, so that A pays far more than it gains.
#
# </details>
#
# **4.** A network for 100 classes, trained with cross-entropy and no penalty, has a mean validation loss of $\log 10 \approx 2.3$. What does that say?
#
# <details><summary>It has learned nothing, since 2.3 is the loss of ignorance.</summary>
#
# **No.** That is so for ten classes. With 100 classes, a network that knows nothing and admits it has $\log 100 \approx 4.6$.
#
# </details>
#
# <details><summary>It is wrong about nine in ten of the validation images.</summary>
#
# **No.** A loss is no error rate. A correct class with a probability of 1/10 can well be the largest of a hundred.
#
# </details>
#
# <details><summary>It gives the correct class a typical probability of 1/10.</summary>
#
# **Right.** The geometric mean of the probabilities of the correct classes is 1/10, ten times that of somebody who knows nothing.
#
# </details>
