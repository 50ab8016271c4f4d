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
# # Mistakes with the loss and with the results
#
# > **In short**
# >
# > Five mistakes more: two make a network answer a question that nobody asked, three happen after all networks have been trained. One costs 0.105 of accuracy after two epochs (one run), one costs all of it, and one draws error bars that cannot be. The last has no symptom at all. The lesson ends with the checks worth having. The first of them needs no code: know beforehand what should come out.
# >
# > *Read before*: [Cross-entropy](../loss/cross_entropy.ipynb), [Ten epochs, and ten seeds](../training/ten_epochs.ipynb), [Five factors, three replicates](../hinton/five_factors.ipynb).
#
# As in [Silent mistakes in the model and in the data](model_and_data.ipynb): the code and the symptom first, then your guess, then what was behind it. The first two mistakes are made here; accuracies are those on the validation images. The others are made with stored results.

# %% tags=["remove-stderr"]
import keras
import numpy as np
import pandas as pd

from mnist_utils import networks, results
from mnist_utils.claims import claim
from mnist_utils.dataset import load_mnist, one_hot, preprocess, split

(x_train, y_train), _ = load_mnist()
(x_fit, y_fit), (x_validation, y_validation) = split(x_train, y_train)
images, validation_images = preprocess(x_fit), preprocess(x_validation)


# %%
def train(network, images, labels, loss="sparse_categorical_crossentropy", epochs=1):
    keras.utils.set_random_seed(0)  # the order of the images
    network.compile(keras.optimizers.SGD(0.1), loss, steps_per_execution=50)  # quicker
    log = network.fit(images, labels, batch_size=128, epochs=epochs, verbose=0)
    return log.history["loss"][-1]

def accuracy(network):
    answers = network.predict(validation_images, batch_size=1000, verbose=0)
    return float((answers.argmax(axis=1) == y_validation).mean())


# %% [markdown]
# ## A loss that will not go below 1.46
#
# **The code.**

# %%
network = networks.dense((64, 64), seed=0)
network.add(keras.layers.Softmax())
final_loss, score = train(network, images, y_fit, epochs=2), accuracy(network)
round(final_loss, 3), round(score, 3)

# %% [markdown]
# **The symptom.** The loss creeps. In the second epoch it is 1.66, and however long you train, it stays above 1.46. The accuracy does not look that bad.
#
# > **Exercise 33.1** (Where does 1.46 come from?)
# >
# > What is wrong? Can you derive the number?
#
# <details><summary>Solution of Exercise 33.1</summary>
#
# **The cause.** `networks.dense` ends in softmax already. The second softmax gets ten probabilities for its logits, numbers between 0 and 1. Their differences are at most 1, so the largest probability that can come out is
#
# $$
# \frac{e^1}{e^1 + 9 e^0} = 0.232 ,
# $$
#
# and the smallest loss $-\log 0.232 = 1.461$. The gradient has to pass two softmaxes, and the more certain the first becomes, the less of it gets through.
#
# **The cost.** The same training without the second line:
#
# </details>

# %%
# solution
usual = networks.dense((64, 64), seed=0)
usual_loss, usual_score = train(usual, images, y_fit, epochs=2), accuracy(usual)
round(usual_loss, 3), round(usual_score, 3)

# %% [markdown]
# <details><summary>Solution of Exercise 33.1, continued</summary>
#
# After two epochs the loss would have been 0.24, and 0.105 of accuracy are lost. With it go the probabilities: none can exceed 0.232, however clear the image is.
#
# **A trap, and who catches it.** The classical way to get two softmaxes is a network that ends in softmax, together with `from_logits=True` in the loss. Keras's TensorFlow backend catches this one; it warns, and takes the logits from before the softmax:
#
# </details>

# %%
# solution
import warnings

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    from_logits = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    train(networks.dense((64, 64), seed=0), images[:1280], y_fit[:1280], from_logits)
any("from_logits" in str(warning.message) for warning in caught)

# %% [markdown]
# <details><summary>Solution of Exercise 33.1, continued</summary>
#
# Do not rely on it. [Is the assignment's network in danger?](../loss/numerics.ipynb) shows how one harmless layer hides the softmax from Keras, and other backends do not look.
#
# **The check**: after a few epochs, `assert loss < 1.46` for the loss on the training images. It catches both forms. (The largest probability of an easy image, which must come near 1, catches only a second softmax that is part of the network.)
#
# </details>

# %% tags=["hide-cell"]
# solution
claim("mistakes-double-loss", final_loss, trained=True,
      about="training loss in the second epoch of a 64-64 network that ends in "
            "two softmaxes")
claim("mistakes-usual-loss", usual_loss, trained=True,
      about="training loss in the second epoch of a 64-64 network with one "
            "softmax, on 50,000 images")
claim("mistakes-double-cost", usual_score - score, trained=True,
      about="validation accuracy that a second softmax costs a 64-64 network "
            "after two epochs")

# %% [markdown]
# ## Ten outputs that all say the same
#
# **The code.** Five combinations of loss and labels:

# %%
rows, column = one_hot(y_fit), y_fit[:, None]  # shapes (n, 10) and (n, 1)
combinations = {
    "sparse cross-entropy, integers": ("sparse_categorical_crossentropy", y_fit),
    "cross-entropy, integers": ("categorical_crossentropy", y_fit),
    "sparse cross-entropy, one-hot": ("sparse_categorical_crossentropy", rows),
    "binary cross-entropy, one-hot": ("binary_crossentropy", rows),
    "squared error, column of integers": ("mean_squared_error", column),
}

# %% [markdown]
# **The symptom.** One of the five networks answers each image with ten probabilities near 0.1.
#
# > **Exercise 33.2** (Five combinations)
# >
# > Which of them train, which are refused, and which train silently on a wrong question? Why ten times 0.1?
#
# *The solution of Exercise 33.2 is in the closed cells below.*

# %% tags=["remove-stderr"]
# solution
outcomes = {}
for name, (loss, labels) in combinations.items():
    network = networks.dense((64, 64), seed=0)
    try:
        train(network, images, labels, loss)
        outcomes[name] = f"{accuracy(network):.3f}"
    except ValueError:
        outcomes[name] = "refused"
pd.Series(outcomes, name="validation accuracy").to_frame()

# %% [markdown]
# <details><summary>Solution of Exercise 33.2</summary>
#
# **The causes.** The first is right. The second and the third do not fit together, a loss for one-hot rows with integers and one for integers with rows, and Keras refuses them because it compares the shapes. Be glad about an error; it is the cheapest outcome of a mistake. The fourth treats the ten outputs as ten separate questions with yes or no for an answer. It trains, but its loss is a mean over ten questions, of which nine are easy, so that its gradient is smaller.
#
# The last, which the loop has left in `network`, is the one of the symptom, without error or warning:
#
# </details>

# %%
# solution
probabilities = network.predict(validation_images, batch_size=1000, verbose=0)
distance = np.abs(probabilities - 0.1).mean()
probabilities[:2].round(2)

# %% [markdown]
# <details><summary>Solution of Exercise 33.2, continued</summary>
#
# On average the probabilities are 0.011 away from 0.1. A column of shape $(n, 1)$ beside predictions of shape $(n, 10)$ is broadcast: each of the ten outputs is asked to be the digit $c$. The loss of an image is $\frac{1}{10} \sum_i (p_i - c)^2$. As the $p_i$ have the sum 1, that is $\frac{1}{10} \sum_i p_i^2 - \frac{2c}{10} + c^2$, and the only thing that the network can influence is $\sum_i p_i^2$, which is smallest when all $p_i$ are 0.1. The best answer to this question contains nothing about the image. **The cost** is everything.
#
# **The mend** is the first line of the table. **The check**: `assert labels.shape[1:] == network.output_shape[1:]` for losses on rows. And a look at predictions: ten equal numbers for every image are the signature of a network that is not being asked about the image.
#
# </details>

# %% tags=["hide-cell"]
# solution
claim("mistakes-labels-constant", distance, trained=True,
      about="mean distance from 0.1 of the probabilities of a network trained "
            "with squared error on a column of integers")

# %% [markdown]
# ## Bars that leave the plot
#
# **The picture** is made in the manner of the original submission, with the results of the study `hinton-assignment`: five factors, three replicates. Look at it before you open its code.

# %% tags=["hide-input"] mystnb={"figure": {"name": "fig-mistakes-bars", "caption": "Mean test accuracies of five factors, with error bars."}, "image": {"alt": "Five bars of practically equal height near 0.98, with error bars from 0.91 to 1.05 that reach beyond an accuracy of 1."}}
import matplotlib.pyplot as plt

final = results.load("hinton-assignment").query("split == 'test' and epoch == 40")
scores = final.groupby("factor")["accuracy"].mean()
losses = final.groupby("factor")["loss"].mean()
names = [f"{factor:g}" for factor in scores.index]
figure, axis = plt.subplots(figsize=(5, 2.8))
axis.bar(names, scores, yerr=losses, capsize=4)
axis.set(xlabel="factor", ylabel="test accuracy", ylim=(0, 1.15));

# %% [markdown]
# *Fig. 33.1.* Mean test accuracies of five factors, with error bars.

# %% [markdown]
# **The symptom.** The error bars of Fig. 33.1 reach above an accuracy of 1, where nothing can be.
#
# > **Exercise 33.3** (Too long)
# >
# > What was drawn? How long should the bars be?
#
# <details><summary>Solution of Exercise 33.3</summary>
#
# **The cause.** The losses were given as `yerr`. The loss is another quantity, with another unit; drawn at an accuracy it says nothing about how far the accuracy may vary. In the submission there was one run for each factor, so there was no standard deviation to draw.
#
# **The cost, and the mend:** standard deviations over the three replicates, on an axis that shows them,
#
# </details>

# %% mystnb={"figure": {"name": "fig-mistakes-bars-mended", "caption": "Mean test accuracies of five factors, with standard deviations over three replicates."}, "image": {"alt": "Five dots between 0.978 and 0.982 with error bars of a thousandth or less for the small factors and several thousandths for the large ones."}}
# solution
spreads = results.summarize(final, by=["factor"])
figure, axis = plt.subplots(figsize=(5, 2.8))
axis.errorbar(names, spreads["mean"], yerr=spreads["sd"], fmt="o", capsize=4)
axis.set(xlabel="factor", ylabel="test accuracy");

# %% [markdown]
# *Fig. 33.2.* Mean test accuracies of five factors, with standard deviations over three replicates.

# %% [markdown]
# <details><summary>Solution of Exercise 33.3, continued</summary>
#
# The false bars are 11 to 104 times as long as those of Fig. 33.2. Whoever believes them sees no difference between any two of these factors. **The check**: a bar is computed from the column that is drawn, and the caption says of what it is the spread, over how many runs.
#
# </details>

# %% tags=["hide-cell"]
# solution
claim("mistakes-bars-least", (losses / spreads["sd"]).min(), stored=11.37,
      about="mean test loss over the standard deviation of the test accuracy, "
            "least of five factors")
claim("mistakes-bars-most", (losses / spreads["sd"]).max(), stored=104.3,
      about="mean test loss over the standard deviation of the test accuracy, "
            "most of five factors")

# %% [markdown]
# ## Fifteen means of five settings
#
# **The code.** Fifteen accuracies in a list, three for each factor, one factor after the other. To get the five means, somebody wrote:

# %%
final = results.load("hinton-assignment").query("split == 'test' and epoch == 40")
scores = final.sort_values(["factor", "seed"])["accuracy"].to_list()

means = []
for i in range(len(scores)):
    means.append(np.mean(scores[i : i + 3]))
    i = i + 3
len(means)

# %% [markdown]
# **The symptom.** There are fifteen means where there should be five. It was not noticed, because `zip(factors, means)` takes the first five and is silent about the rest.
#
# > **Exercise 33.4** (Three at a time)
# >
# > What is wrong, and from which networks is the mean for the second factor made?
#
# <details><summary>Solution of Exercise 33.4</summary>
#
# **The cause.** `i = i + 3` has no effect on the loop. In Python, `for` takes the next value from `range` at the start of each round, whatever has become of the variable. So the windows are `scores[0:3]`, `scores[1:4]`, `scores[2:5]`, ...: the mean for the second factor is made of two replicates of the first one and one of the second.
#
# **The cost:** side by side with the right means,
#
# </details>

# %%
# solution
right = final.groupby("factor")["accuracy"].mean()
compared = right.rename("right").to_frame().assign(false=means[:5])
compared.round(4)

# %% [markdown]
# <details><summary>Solution of Exercise 33.4, continued</summary>
#
# Of the fifteen networks, the false means have used the first seven, which belong to three factors. The errors reach 0.0037, where the right means differ by 0.0037 at most: what one sees in such a table is made by the mistake.
#
# **The mend**: `for i in range(0, len(scores), 3)`; better, do not compute with positions at all, and let the table know which factor a number belongs to, as `groupby` does. **The check**: `zip(factors, means, strict=True)` raises an error when the lengths differ.
#
# </details>

# %% tags=["hide-cell"]
# solution
claim("mistakes-window-range", right.max() - right.min(), stored=0.00373,
      about="largest difference between the mean test accuracies of two of five "
            "factors, study hinton-assignment")
claim("mistakes-window-gap", (compared["false"] - compared["right"]).abs().max(),
      stored="0.00370",
      about="largest error of a factor's mean test accuracy, if taken over "
            "overlapping windows, study hinton-assignment")

# %% [markdown]
# ## The best of fifty
#
# **The code.** The study `hinton-validation` has 50 networks of 40 epochs, ten for each of five factors, with the accuracy of each on validation and on test images. Somebody hands in the best:

# %%
tried = results.load("hinton-validation").query("epoch == 40")
tried = tried.pivot(index=["factor", "seed"], columns="split", values="accuracy")
best = tried.loc[tried["test"].idxmax()]
float(best["test"]), float(tried["test"].mean().round(4))

# %% [markdown]
# **The symptom.** None. The number is true: this network has this accuracy on these images. The mean of all fifty stands beside it.
#
# > **Exercise 33.5** (How good is it?)
# >
# > By how much is this network better than the mean of the fifty? What would you expect on 10,000 other images?
#
# <details><summary>Solution of Exercise 33.5</summary>
#
# **The cause.** The test images have chosen the network, and then they judge it. Among 50 numbers the largest is as a rule one that was lucky on those images. The validation images had no part in that choice:
#
# </details>

# %%
# solution
by_validation = tried.loc[tried["validation"].idxmax()]
columns = {"chosen on test": best, "chosen on validation": by_validation,
           "mean of 50": tried.mean()}
pd.DataFrame(columns).loc[["validation", "test"]].round(4)

# %% [markdown]
# <details><summary>Solution of Exercise 33.5, continued</summary>
#
# **The cost.** Beside the mean of all 50, the network has +0.0018 on the test images and -0.0005 on the validation images. The first number made the choice, and such a number is too good to be reported, as a rule; the second did not. The second column does it the other way round: its validation accuracy has made the choice, and its test accuracy is left untouched, to be reported. That is **the mend**. To report the best of many epochs by `val_accuracy`, with the test set for `validation_data`, is the same mistake.
#
# **The check** is a habit, and it can be made mechanical: load the test images in the last cell of the notebook and nowhere before. What is not there cannot be looked at.
#
# </details>

# %% tags=["hide-cell"]
# solution
above = best - tried.mean()
claim("mistakes-test-above", above["test"], stored=0.00175,
      about="test accuracy, above the mean of 50 networks, of the one that the "
            "test images choose (hinton-validation)")
claim("mistakes-test-elsewhere", above["validation"], stored=-0.000476,
      about="validation accuracy, above the mean of 50, of the network that the "
            "test images choose (hinton-validation)")

# %% [markdown]
# ## Checks worth having
#
# | what you see | a check that costs a line |
# | :--- | :--- |
# | accuracy far below that of others | `assert images.min() == 0 and images.max() == 1` before each `fit` |
# | each replicate better than the last | the loss before training is near $\log 10$; `count_params()` is what you counted |
# | a factor without effect | `len(network.losses)` before any image |
# | accuracy 0.1, loss 2.3 | the nearest mean; draw digits with their labels; count units that are 0 for all images |
# | good accuracy, enormous loss | look at both numbers, always |
# | a flat curve | say what its ends must be |
# | loss stuck above 1.46 | the training loss falls below 1.46 |
# | the same answer for all images | look at ten predictions |
# | error bars beyond what is possible | meaning and number of runs in the caption |
# | more results than settings | `zip(..., strict=True)` |
# | a result slightly too good | test images only in the last cell |
#
# One check is above all others, and needs no code: **know beforehand what should come out.** Whoever expects a larger network to beat 0.97 will not plot 0.57 and go on. They will look for the mistake.
#
# ## Exercises
#
# > **Exercise 33.6** (The same floor for more classes)
# >
# > Somebody classifies 100 kinds of plants with a network that ends in two softmaxes. Below which value will the loss never fall? Give it to two decimals.

# %%
from mnist_utils.claims import check_answer

answer = None
check_answer("softmax-floor", answer, "a050392a", decimals=2)

# %% [markdown]
# <details><summary>Solution of Exercise 33.6</summary>
#
# The second softmax gets probabilities. It does best with a 1 for the right class and 0 for the other 99, and answers $e / (e + 99)$.
#
# </details>

# %% tags=["nbval-check-output"]
# solution
check_answer("softmax-floor", round(np.log(1 + 99 / np.e), 2), "a050392a", decimals=2)

# %% [markdown]
# <details><summary>Solution of Exercise 33.6, continued</summary>
#
# That is only one below $\log 100 = 4.61$, the loss of somebody who knows nothing. The more classes, the less such a network can say.
#
# </details>
#
# > **Exercise 33.7** (Some of them are right)
# >
# > How many of the numbers in `means` were computed from all three replicates of one factor, and from nothing else?

# %%
answer = None
check_answer("right-windows", answer, "f82f102f")

# %% [markdown]
# <details><summary>Solution of Exercise 33.7</summary>
#
# The windows that begin at 0, 3, 6, 9 and 12. All five right means are in the list; four of them are in the wrong place. (The last two windows are cut off by the end of the list, and hold two numbers and one.)
#
# </details>

# %% tags=["nbval-check-output"]
# solution
starts = range(len(means))
check_answer("right-windows", sum(start % 3 == 0 for start in starts), "f82f102f")

# %% [markdown]
# ## Further reading
#
# How studies in seventeen fields went wrong by leakage, with a list of its kinds: Kapoor and Narayanan (2023). A recipe for training that consists mostly of checks: [Karpathy (2019)](https://karpathy.github.io/2019/04/25/recipe/).

# %% [markdown]
# ## Quiz
#
# Choose an answer in your mind, then open it.
#
# **1.** A small network reached 0.97 on some data. A larger one, on the same data, ends at 0.57. What should be done first?
#
# <details><summary>Look for a mistake before training again</summary>
#
# **Right.** The result contradicts what was known beforehand, and that is the strongest sign of a fault. Further experiments would all contain it.
#
# </details>
#
# <details><summary>Search for a better regularization factor</summary>
#
# **No.** Over-fitting does not cost forty points here. A plot over factors then describes the mistake and not the factors.
#
# </details>
#
# <details><summary>Report it as a case where more units do harm</summary>
#
# **No.** That is a bold claim, against what other people find. A fault has to be excluded first.
#
# </details>
#
# **2.** The caption of a plot says “mean accuracies with error bars, five seeds”, and nothing more. What is missing?
#
# <details><summary>Nothing, as bars are the standard deviation by convention</summary>
#
# **No.** There is no such convention. Papers draw standard deviations, standard errors, intervals and ranges, which differ much in length.
#
# </details>
#
# <details><summary>What a bar is, such as a standard deviation</summary>
#
# **Right.** With the number of runs alone a bar cannot be read: a standard deviation, a standard error and an interval answer different questions.
#
# </details>
#
# <details><summary>The numbers of the five seeds, for those who repeat it</summary>
#
# **No.** They belong with the code and the data. Without them the plot can be read, without the meaning of its bars it cannot.
#
# </details>
#
# **3.** `names` has four entries and `means` has six. What does `zip(names, means)` give in a loop?
#
# <details><summary>An error at the fifth round, as a name is missing</summary>
#
# **No.** This happens with `zip(names, means, strict=True)`. Without it Python does not compare the lengths.
#
# </details>
#
# <details><summary>Six pairs, the last two with <code>None</code> as a name</summary>
#
# **No.** This is what `itertools.zip_longest` does. Plain `zip` fills nothing up.
#
# </details>
#
# <details><summary>Four pairs, and no word about the other two</summary>
#
# **Right.** `zip` stops at the end of the shortest. Where lengths must agree, `strict=True` turns a mismatch into an error.
#
# </details>
#
# **4.** Why does a mistake that makes a result slightly too good live longer than one that makes it far too low?
#
# <details><summary>Its effect is so small that it does no harm</summary>
#
# **No.** A few tenths of a percent are often all that a comparison is about. They can decide which method is called better.
#
# </details>
#
# <details><summary>Nobody looks for faults in a welcome result</summary>
#
# **Right.** A bad figure makes one look for the reason, a good one is believed. So the check has to be a habit that does not wait for a symptom.
#
# </details>
#
# <details><summary>Python reports low results and not high ones</summary>
#
# **No.** No program knows what a result should be. Neither of the two raises an error.
#
# </details>
