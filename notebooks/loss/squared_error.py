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
# # Is another loss possible?
#
# > **In short**
# >
# > Yes: squared error is smallest at the true probabilities, too, and it trains. With the learning rate of cross-entropy it looks hopeless: a validation accuracy of 41% against 91% after 400 steps (means of three seeds, the same initial weights and batches for both). But most of that is the scale of the loss: with a rate 50 times as large it reaches 92%, and cross-entropy with a rate that was tried out 94%. What remains is its gradient through a softmax, which nearly vanishes where the network is confidently wrong. From such a start, cross-entropy is at 85% after 100 steps (three seeds) and squared error at 15% (five); after 600 steps, 4 of the five are above 50 %.
# >
# > *Read before*: [Cross-entropy](cross_entropy.ipynb), [The gradient is p minus y](gradient.ipynb).
#
# "This loss function is appropriate for multi-class classification, other loss functions are not", says the original submission. The obvious rival is *squared error*, older than neural networks; for probability forecasts it is known, up to the factor $1/K$, as the Brier score (Brier, 1950):
#
# $$
# S = \frac{1}{K} \sum_{i=0}^{K-1} (p_i - y_i)^2 .
# \tag{11.1}
# $$
#
# Keras calls it `mean_squared_error`. This lesson derives its gradient, and lets both losses train.
#
# ## It asks for the same probabilities
#
# Suppose that of all images which look like a certain one, 70 % are ones and 30 % are sevens. A forecast of $p_1$ for "one" and $1 - p_1$ for "seven" has squared errors that add up to $2 (1 - p_1)^2$ when the label is a one and to $2 p_1^2$ when it is a seven. Which forecast is best on average?

# %%
import numpy as np

given = np.linspace(0.02, 0.98, 961)
squared_errors = 0.7 * 2 * (1 - given) ** 2 + 0.3 * 2 * given**2
given[squared_errors.argmin()].round(3).item()


# %% [markdown]
# The true share, as for cross-entropy ([Where the loss comes from](likelihood.ipynb)). Squared error is a strictly proper scoring rule, too, also for more than two classes (Gneiting and Raftery, 2007). So what is wrong with it?
#
# ## Its gradient through softmax
#
# We follow the gradient back, which takes one more derivative: how the probability $p_i$ depends on the logit $z_j$. By the quotient rule, it is
#
# $$
# \frac{\partial p_i}{\partial z_j} = p_i (\delta_{ij} - p_j), \quad
# \delta_{ij} = \begin{cases} 1 & i = j \\ 0 & i \ne j. \end{cases}
# \tag{11.2}
# $$
#
# A loss changes with $z_j$ through all the probabilities, so the chain rule sums over them:
#
# $$\frac{\partial S}{\partial z_j} = \sum_i \frac{2}{K} (p_i - y_i) \cdot p_i (\delta_{ij} - p_j) .$$
#
# The $\delta_{ij}$ picks out the term $i = j$. In the rest, $-p_j$ is a common factor:
#
# $$
# \frac{\partial S}{\partial z_j}
#   = \frac{2}{K}\, p_j \Bigl[ (p_j - y_j) - \sum_{i} p_i (p_i - y_i) \Bigr] .
# \tag{11.3}
# $$

# %%
def softmax(z):
    return np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)

def squared_error_gradient(y, p):
    error = p - y
    common = (p * error).sum(axis=-1, keepdims=True)
    return 2 / p.shape[-1] * p * (error - common)


# %% [markdown]
# Automatic differentiation agrees, here for ten random logits and class 0:

# %% tags=["remove-stderr"]
import tensorflow as tf

z, label = np.random.default_rng(seed=1).normal(scale=3, size=10), np.eye(10)[0]
variable = tf.Variable(z)
with tf.GradientTape() as tape:
    loss = tf.reduce_mean((tf.nn.softmax(variable) - label) ** 2)
automatic = tape.gradient(loss, variable).numpy()
np.allclose(automatic, squared_error_gradient(label, softmax(z)), rtol=1e-9)

# %% [markdown]
# Compare (11.3) with $p_j - y_j$. There is a factor $p_j$ in front. When the network is confidently wrong, the probability of the correct class is nearly 0, and this factor silences the very logit that should be raised. The confident, wrong logit has $p_j \approx 1$, but for it the bracket is nearly 0. Every component becomes tiny, although the prediction is as bad as it can be. Cross-entropy escapes because the derivative of its logarithm is $-1/p_c$, which cancels the factor $p_c$ that softmax brings. Logarithm and softmax are made for each other.
#
# How strong is the effect? First a fair scale. Where all probabilities are 0.1, the bracket is $p_j - y_j$ and the factor in front $\frac{2}{10} \cdot 0.1$, so the gradient of squared error is that of cross-entropy times 0.02. A **constant** factor is no fault: a learning rate 50 times as large undoes it. So we multiply by 50, and watch what happens to the correct logit as one wrong logit rises above the nine others.

# %%
lead = np.linspace(0, 15, 31)
p_wrong = softmax(lead[:, None] * np.eye(10)[1])  # class 1 leads, class 0 is correct
pull_cross_entropy = -(p_wrong - label)[:, 0]
pull_squared_error = -50 * squared_error_gradient(label, p_wrong)[:, 0]

# %% mystnb={"figure": {"name": "fig-vanishing", "caption": "Size of the derivative with respect to the correct logit when one wrong logit is larger than all others, for both losses, scaled to be equal at 0. The vertical axis is logarithmic."}, "image": {"alt": "Two curves that start at the same point. The one for cross-entropy stays near 1. The one for squared error falls along a straight line on the logarithmic axis, to less than a hundred-thousandth."}}
import matplotlib.pyplot as plt

from mnist_utils import figures

fig, ax = plt.subplots(figsize=(6, 3))
ax.semilogy(lead, pull_cross_entropy, label="cross-entropy")
ax.semilogy(lead, pull_squared_error, label="squared error × 50")
ax.set(xlabel="lead of the wrong logit", ylabel="pull on the correct logit")
ax.legend();

# %% [markdown]
# *Fig. 11.1.* Size of the derivative with respect to the correct logit when one wrong logit is larger than all others, for both losses, scaled to be equal at 0. The vertical axis is logarithmic.

# %% tags=["hide-cell"]
# checks
from mnist_utils.claims import claim

claim("pull-per-unit", pull_squared_error[20] / pull_squared_error[22], identity=2.717,
      about="factor by which the pull (minus the derivative) of squared error on the "
      "correct logit falls when the lead of a wrong logit grows from 10 to 11")

# %% [markdown]
# In Fig. 11.1 cross-entropy keeps its pull, while that of squared error falls, in the end by about a factor of $e$ for each further unit of lead, from 10 to 11 by 2.72. A function whose gradient vanishes because its input is extreme is in *saturation*. Glorot and Bengio (2010) plot both losses over two weights, and find more severe plateaus with squared error.
#
# ## Both losses in training
#
# A small gradient is not a zero gradient. Does squared error learn? We train the assignment's network with both losses, for each seed from the same weights and with the same batches, on 12,800 images, so that one pass is 100 steps. Accuracies are measured on 2,000 validation images.

# %%
import keras

from mnist_utils import networks
from mnist_utils.dataset import load_mnist, one_hot, preprocess, split

(x_train, y_train), _ = load_mnist()
(x_fit, y_fit), (x_validation, y_validation) = split(x_train, y_train)
few, few_labels = preprocess(x_fit[:12_800]), one_hot(y_fit[:12_800])
held_out = preprocess(x_validation[:2000]), one_hot(y_validation[:2000])


# %%
def compiled(loss):
    network = networks.dense((64, 64))
    network.compile(keras.optimizers.SGD(), loss=loss, metrics=["accuracy"],
                    steps_per_execution=100)  # quicker, with the same result
    return network

learners = {"cross-entropy": compiled("categorical_crossentropy"),
            "squared error": compiled("mean_squared_error")}


# %% [markdown]
# `lead` makes the start confidently wrong: it is the initial bias of output 1, so that with a lead of 10 the network swears that every image is a one. The function returns the accuracy after each hundred steps, and the mean of the largest probability at the end.

# %%
def train(loss, learning_rate, seed, epochs, lead=0):
    network = learners[loss]
    keras.utils.set_random_seed(seed)
    network.set_weights(networks.dense((64, 64), seed=seed).get_weights())
    network.layers[-1].bias.assign(lead * one_hot([1])[0])
    network.optimizer.learning_rate = learning_rate
    history = network.fit(few, few_labels, batch_size=128, epochs=epochs,
                          validation_data=held_out, verbose=0)
    confidence = tf.reduce_max(network(held_out[0]), axis=1)
    return history.history["val_accuracy"], float(tf.reduce_mean(confidence))


# %% [markdown]
# First the ordinary start. Both losses compete twice: with the assignment's rate of 0.1, squared error also with 50 times that, which by the scale above makes the first steps about equally long, and cross-entropy also with 0.5. That was the best of three rates on two other seeds, in trials that this page does not repeat; for squared error no rate was searched for.

# %%
pairs = [("cross-entropy", 0.1), ("cross-entropy", 0.5),
         ("squared error", 0.1), ("squared error", 5.0)]
plain = {pair: np.array([train(*pair, seed, epochs=4)[0] for seed in (5, 6, 7)])
         for pair in pairs}

# %%
import pandas as pd

table = pd.DataFrame({f"{loss}, {rate:g}": runs.mean(axis=0)
                      for (loss, rate), runs in plain.items()})
table.set_axis(pd.Index(range(100, 401, 100), name="steps")).round(3)

# %% tags=["hide-cell"]
# checks
final = {pair: runs[:, -1].mean() for pair, runs in plain.items()}
claim("cross-entropy-accuracy", final["cross-entropy", 0.1], trained=True,
      about="mean validation accuracy of three 64-64 networks after 400 steps, "
            "cross-entropy, learning rate 0.1")
claim("tuned-cross-entropy-accuracy", final["cross-entropy", 0.5], trained=True,
      about="mean validation accuracy of three 64-64 networks after 400 steps, "
            "cross-entropy, learning rate 0.5")
claim("swapped-loss-accuracy", final["squared error", 0.1], trained=True,
      about="mean validation accuracy of three 64-64 networks after 400 steps, "
            "squared error, learning rate 0.1")
claim("matched-loss-accuracy", final["squared error", 5.0], trained=True,
      about="mean validation accuracy of three 64-64 networks after 400 steps, "
            "squared error, learning rate 5")


# %% [markdown]
# Whoever swaps the name of the loss and nothing else sees the third column, 41% against 91%, and may conclude that other losses are not appropriate. But most of that was the **scale** of the loss. With a matching rate, squared error reaches 92.3%; cross-entropy with a rate that was tried out reaches 93.6%. Three seeds and four settings decide nothing between two numbers that are so close: they say that squared error keeps up from an ordinary start, not that either is better.
#
# ## A start that is confidently wrong
#
# Before any step, we measure the length of the whole gradient, over all weights, for 128 images and one seed, with a lead of 10 and with none.

# %%
def gradient_length(loss, lead):
    network = networks.dense((64, 64), seed=0)
    network.layers[-1].bias.assign(lead * one_hot([1])[0])
    with tf.GradientTape() as tape:
        mean_loss = tf.reduce_mean(loss(few_labels[:128], network(few[:128])))
    gradient = tape.gradient(mean_loss, network.trainable_weights)
    return float(tf.linalg.global_norm(gradient))

both = keras.losses.categorical_crossentropy, keras.losses.mean_squared_error
ratios = [gradient_length(loss, 10) / gradient_length(loss, 0) for loss in both]
ratios

# %% [markdown]
# For cross-entropy the gradient has grown, as it should where so much is wrong. For squared error it has shrunk to a few hundredths of what it was, or less. And in training?

# %%
wrong = {
    "cross-entropy": [train("cross-entropy", 0.1, seed, 4, lead=10)
                      for seed in range(3)],
    "squared error": [train("squared error", 5.0, seed, 6, lead=10)
                      for seed in range(5)],
}
ordinary = {"cross-entropy": plain["cross-entropy", 0.1],
            "squared error": plain["squared error", 5.0]}
wrong_curves = {loss: [run for run, _ in runs] for loss, runs in wrong.items()}

# %% mystnb={"figure": {"name": "fig-wrong-start", "caption": "Validation accuracy (2,000 images) of both losses from an ordinary and from a confidently wrong start, with learning rates 0.1 and 5; three seeds each, but five of squared error from the wrong start, which get 200 steps more."}, "image": {"alt": "Two panels. Left, ordinary start, all six curves rise together to about 0.9. Right, confidently wrong start, the three curves of cross-entropy look much the same, while those of squared error lie between 0.1 and 0.25 after the first hundred steps; most join the others some hundred steps later, and one can stay at the bottom."}}
panels = {"ordinary start": ordinary, "confidently wrong start": wrong_curves}
fig, axes = plt.subplots(1, 2, figsize=(8, 3), sharey=True)
for ax, (title, curves) in zip(axes, panels.items()):
    for (loss, runs), style in zip(curves.items(), ("C0-", "C1--")):
        steps = 100 * np.arange(1, len(runs[0]) + 1)
        lines = ax.plot(steps, np.transpose(runs), style)
        lines[0].set_label(loss)
    ax.set(title=title, xlabel="steps")
axes[0].set(ylabel="validation accuracy")
axes[0].legend();

# %% [markdown]
# *Fig. 11.2.* Validation accuracy (2,000 images) of both losses from an ordinary and from a confidently wrong start, with learning rates 0.1 and 5; three seeds each, but five of squared error from the wrong start, which get 200 steps more.

# %% [markdown]
# In Fig. 11.2, squared error first sits on a *plateau*, a stretch of training in which little changes, for a time that depends on the seed. If a run stays there, is it the small pull that holds it, or the learning rate of 5, with which one step can throw the network anywhere? We give the same five seeds one other rate, 2, which was chosen after seeing this figure.

# %%
smaller = [train("squared error", 2.0, seed, 6, lead=10) for seed in range(5)]
columns = {"rate 5": [run[-1] for run, _ in wrong["squared error"]],
           "largest p, rate 5": [largest for _, largest in wrong["squared error"]],
           "rate 2": [run[-1] for run, _ in smaller]}
ends = pd.DataFrame(columns).rename_axis("seed")
ends.round(4)

# %% tags=["hide-cell"]
# checks
lowest = ends["rate 5"].idxmin()
claim("wrong-start-cross-entropy", np.mean(wrong_curves["cross-entropy"], axis=0)[0],
      trained=True, about="mean validation accuracy of three 64-64 networks 100 steps "
      "from a confidently wrong start, cross-entropy, learning rate 0.1")
claim("wrong-start-squared-error", np.mean(wrong_curves["squared error"], axis=0)[0],
      trained=True, about="mean validation accuracy of five 64-64 networks 100 steps "
      "from a confidently wrong start, squared error, learning rate 5")
claim("wrong-start-recovered", (ends["rate 5"] > 0.5).sum(), trained=True,
      about="64-64 networks of five with a validation accuracy above 0.5, 600 steps "
      "from a confidently wrong start, squared error, learning rate 5")
claim("recovered-at-smaller-rate", (ends["rate 2"] > 0.5).sum(), trained=True,
      about="64-64 networks of five with a validation accuracy above 0.5, 600 steps "
      "from a confidently wrong start, squared error, learning rate 2")
claim("smaller-rate-recovers",
      bool((ends["rate 2"] > 0.5).sum() >= (ends["rate 5"] > 0.5).sum()), trained=True,
      about="from a confidently wrong start, squared error brings at least as many of "
      "five networks above 0.5 at the learning rate 2 as at 5")
claim("lowest-largest-probability", ends["largest p, rate 5"][lowest], trained=True,
      about="mean largest probability of the network with the lowest accuracy of five, "
      "600 steps from a confidently wrong start, squared error, learning rate 5")

# %% [markdown]
# After 100 steps from the wrong start, cross-entropy is at 85%, much as from the ordinary one, and squared error at 15%. After 600, with rate 5, 4 of five runs are above 50 % and so have left the plateau; with rate 2, 5 of five. The lowest run at rate 5 ends with a mean largest probability of 1.0000. Where that value is near 1 and the accuracy near 0.1, the network gives one class to every image, more certain than at the start, and the steps that followed have not undone it. So two things have to be told apart. Squared error was **late**, as its small pull lets us expect. That a run **failed** is another matter: if it failed at rate 5 and not at rate 2, from the same weights and with the same batches, that is a hint that the large rate, which the scale of squared error asks for, had a part in it. It is no more than a hint: five seeds are few, rate 2 was chosen after looking, and how often such a thing happens, they do not say.
#
# The sentence to write in the assignment is not "other losses are not appropriate". It is: squared error through a softmax also learns, and with a suitable learning rate it kept up in our experiment; but its gradient nearly vanishes where the network is confidently wrong, so that it may learn late, whereas that of cross-entropy does not. Nor is this the last word. Hui and Belkin (2021) put squared error on the outputs **without** a softmax, and found it as good as cross-entropy or better in most tasks of language and speech, with a slight edge for cross-entropy in vision.
#
# ## Exercises
#
# > **Exercise 11.1** (The worst that can happen)
# >
# > For ten classes, how large can $S$ in (11.1) become? Answer with one decimal, and compare with cross-entropy.

# %%
from mnist_utils.claims import check_answer

answer = None
check_answer("brier-worst", answer, "2c6b9082", decimals=1)

# %% [markdown]
# <details><summary>Solution of Exercise 11.1</summary>
#
# All of the probability on one wrong class: two of the ten differences are 1 in size, the others 0. Cross-entropy has no largest value.
#
# </details>

# %%
# solution
worst = np.mean((np.eye(10)[1] - np.eye(10)[0]) ** 2)
check_answer("brier-worst", round(worst, 1), "2c6b9082", decimals=1)

# %% [markdown]
# > **Exercise 11.2** (Other ways to be wrong, open-ended)
# >
# > Study the plateau. How does its length grow with `lead`, and what does (11.3) predict? Try ten seeds, and more learning rates. How many runs never leave the plateau? Then make the start wrong in a more natural way: train with cross-entropy on false labels (each digit named as the next one), and continue with the true labels and each of the losses. Is squared error late there too? Explain what you find by the probabilities that the network gives to the correct classes at that point.
#
# <details><summary>Solution of Exercise 11.2</summary>
#
# The pull falls like $e^{-\text{lead}}$, so each further unit should make the plateau about $e$ times as long; check how far that holds. A larger rate should shorten the plateau; look whether one that is too large throws the network onto another one. After a few epochs on false labels, look at the probabilities of the correct classes before you compare the losses: a network that is wrong but not extremely confident leaves squared error a pull that Fig. 11.1 shows to be smaller but far from lost. A good answer shows several seeds, names the data that it measured on, and says which finding depends on the seed.
#
# </details>
#
# ## Further reading
#
# Squared error against cross-entropy in modern networks: Hui and Belkin (2021). Squared error as a scoring rule, from weather forecasting: Brier (1950); scoring rules in general: Gneiting and Raftery (2007).

# %% [markdown]
# ## Quiz
#
# Choose an answer in your mind, then open it.
#
# **1.** Which property has cross-entropy after a softmax, and squared error after a softmax has not?
#
# <details><summary>It is smallest, on average, at the true probabilities.</summary>
#
# **No.** This holds for both: squared error is a strictly proper scoring rule, too.
#
# </details>
#
# <details><summary>It has a slope which a training can follow downhill.</summary>
#
# **No.** Both are smooth functions of the weights with a slope. It is accuracy that has none.
#
# </details>
#
# <details><summary>It pulls hardest where the network is most wrong.</summary>
#
# **Right.** Its gradient with respect to the logits is $p - y$. In squared error each component has a probability as a further factor, and all become tiny where the network is confidently wrong.
#
# </details>
#
# **2.** Somebody replaces cross-entropy by squared error, changes nothing else, and gets a much lower accuracy after a few hundred steps. What is the first thing to try?
#
# <details><summary>A larger rate, since this loss has smaller gradients.</summary>
#
# **Right.** Squared error divides by the number of classes and brings the factors of softmax, so that the same rate makes much shorter steps. Without a rate of its own, the comparison is one of scales.
#
# </details>
#
# <details><summary>Another start, since this loss has reached a bad minimum.</summary>
#
# **No.** After a few short steps it has most likely not reached any minimum. The steps may be too short, which a rate of its own would show.
#
# </details>
#
# <details><summary>Nothing, since a classifier cannot be trained with this loss.</summary>
#
# **No.** It can: with a rate that suits it, squared error kept up with cross-entropy from an ordinary start. What looked like a verdict was mostly the scale of the loss.
#
# </details>
#
# **3.** Softmax gives the correct class a probability near 0 and one wrong class nearly 1. Why does squared error hardly pull on the correct logit?
#
# <details><summary>Because the squared error is close to its minimum there.</summary>
#
# **No.** It is close to its largest possible value. Being flat is not the same as being at the bottom.
#
# </details>
#
# <details><summary>Because its derivative has the correct probability as a factor.</summary>
#
# **Right.** That factor comes from softmax. In cross-entropy the derivative of the logarithm cancels it, in squared error nothing does.
#
# </details>
#
# <details><summary>Because prediction and label differ by so little in that place.</summary>
#
# **No.** They differ by nearly 1, as much as they can. The large difference is multiplied by a tiny factor that softmax brings in.
#
# </details>
