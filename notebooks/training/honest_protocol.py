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
# # The honest protocol
#
# > **In short**
# >
# > The assignment, and the submission with it, calls validation what is measured on the test set. An honest protocol sets 10,000 of the 60,000 training images aside, makes every choice by these, and uses the test set once, at the end. Under it the network with two hidden layers of 64 units has 0.9612 on the validation images and 0.9669 on the test images after ten epochs (means of ten seeds; standard deviations 0.0053 and 0.0055), against 0.9715 on the test images when it learns from all 60,000. With 60,000 images, training accuracy is 0.0106 above test accuracy. That is not yet over-fitting: in each of the ten networks the test loss is lower after ten epochs than after eight.
# >
# > *Read before*: [Three sets of images, and why](../data/sets.ipynb), [Ten epochs, and ten seeds](ten_epochs.ipynb).
#
# The assignment measures on the test set after every epoch, and calls it validation. No harm is done as long as nobody **uses** the curve. But people do: they stop at the best epoch, or keep the learning rate that did best, and report that same accuracy. [Three sets of images, and why](../data/sets.ipynb) computes what such a choice gains out of nothing. The honest protocol keeps two sets apart:
#
# 1. Train on 50,000 of the training images.
# 2. After each epoch, measure on the other 10,000, the validation set. Choose by these as much as you like; only do not report the winner's accuracy on them as its quality, since it was chosen for it.
# 3. When everything is chosen, measure on the test set, once.
#
# ## Three numbers for one network
#
# The stored study of [Ten epochs, and ten seeds](ten_epochs.ipynb) has a second condition, `validation`, that did this, with ten seeds again. A seed fixes the initial weights, the same in both conditions, and the order of the images, which must differ, since the numbers of images do. We plot all runs of both conditions, and the mean training accuracy: `pivot` makes of the rows of one panel a table with a row for each epoch and a column for each seed.

# %%
from mnist_utils import results

dense = results.load("dense")
selection = dense.set_index(["condition", "split"])

def runs(condition, split):
    rows = selection.loc[(condition, split)]
    return rows.pivot(index="epoch", columns="seed", values="accuracy")

asked, honest = runs("assignment", "test"), runs("validation", "validation")

# %% mystnb={"figure": {"name": "fig-training-protocols", "caption": "Ten networks under each protocol, one thin line each, and their mean; dashed, the mean accuracy on the training images. Left, trained on 60,000 and measured on the test set; right, trained on 50,000 and measured on the validation set."}, "image": {"alt": "Two panels of ten thin rising curves with a thick mean, and a dashed training curve that rises above it. Left, all end between 0.969 and 0.975. Right, they end lower, most between 0.961 and 0.966; one curve drops steeply in the last epoch, to 0.947."}}
import matplotlib.pyplot as plt

from mnist_utils import figures  # the style of the book's plots

fig, axes = plt.subplots(1, 2, figsize=(8, 3.4), sharey=True)
for ax, condition, images in zip(axes, ("assignment", "validation"),
                                 ("test", "validation")):
    lines = runs(condition, images)
    ax.plot(lines, color="C0", linestyle="-", linewidth=0.8, alpha=0.6)
    ax.plot(lines.mean(axis=1), color="black", linestyle="-", label=images)
    ax.plot(runs(condition, "train").mean(axis=1), color="C1", linestyle="--",
            label="training")
    ax.set(title=f"{images} and training accuracy", xlabel="epoch", xticks=lines.index)
    ax.legend(loc="lower right")
axes[0].set_ylim(0.88, 0.99);

# %% [markdown]
# *Fig. 14.1.* Ten networks under each protocol, one thin line each, and their mean; dashed, the mean accuracy on the training images. Left, trained on 60,000 and measured on the test set; right, trained on 50,000 and measured on the validation set.

# %% [markdown]
# The networks of the right-hand panel were measured on the test set as well, once, after the last epoch.

# %%
final = results.summarize(dense.query("epoch == 10"), by=["condition", "split"])
final.drop(index="train", level="split").round(4)

# %% tags=["hide-cell"]
# checks
from mnist_utils.claims import claim

claim("training-validation-mean", final.loc[("validation", "validation"), "mean"],
      stored=0.96121,
      about="mean validation accuracy of ten 64-64 networks trained on 50,000 images")
claim("training-validation-sd", final.loc[("validation", "validation"), "sd"],
      stored=0.00526,
      about="standard deviation of the validation accuracy of ten 64-64 networks "
      "after ten epochs on 50,000 images")
claim("training-honest-sd", final.loc[("validation", "test"), "sd"], stored=0.00546,
      about="standard deviation of the test accuracy of ten 64-64 networks after ten "
      "epochs on 50,000 images")
claim("training-asked-mean", final.loc[("assignment", "test"), "mean"],
      stored="0.97150",
      about="mean test accuracy of the ten networks with which the honest protocol is "
      "compared")
claim("training-honest-mean", final.loc[("validation", "test"), "mean"],
      stored="0.96690",
      about="mean test accuracy of ten 64-64 networks trained on 50,000 images")

# %% [markdown]
# Validation accuracy ends at 0.9612, well below the test accuracy of the assignment's protocol, 0.9715. And the test accuracy of these same networks is 0.9669 (the table has the 95 % intervals). Three numbers for one architecture and one recipe. Why do they differ?
#
# ## Fewer images, other images
#
# **Fewer images to learn from.** Networks of one seed begin with the same weights under both protocols. So we can compare them in pairs, both on the test set.

# %%
from scipy import stats

on_test = dense.query("split == 'test' and epoch == 10")
pairs = on_test.pivot(index="seed", columns="condition", values="accuracy")
gain = pairs["assignment"] - pairs["validation"]
interval = stats.ttest_1samp(gain, 0).confidence_interval()
gain.round(4).tolist(), round(float(pairs.corr().iloc[0, 1]), 2)

# %% tags=["hide-cell"]
# checks
claim("training-gain-of-60000", gain.mean(), stored="0.00460",
      about="mean test accuracy that 64-64 networks gain from 60,000 images over "
      "50,000")
claim("training-gain-low", interval.low, stored=0.00073,
      about="low end of the interval of the gain from 60,000 images, ten pairs")
claim("training-gain-high", interval.high, stored=0.00847,
      about="high end of the interval of the gain from 60,000 images, ten pairs")
claim("training-gain-without", gain.drop(3).mean(), stored=0.00303,
      about="mean test accuracy gained from 60,000 images over 50,000, without seed 3")

# %% [markdown]
# Ten thousand more images, a fifth more to learn from and a fifth more steps, are worth 0.0046, with a 95 % interval from 0.0007 to 0.0085 (roughly: one of the ten gains lies far out, and the t interval supposes a normal distribution). Images and steps grow together, so this does not say which of them helps. The pairs are of little use here: the order of the images differs, and the two accuracies of a seed hardly go together: their correlation, 1 if they lie on a rising line and near 0 if they are unrelated, is the last number of the output. Seed 3 weighs heavily, since its network trained on 50,000 images is the line that falls on the right of Fig. 14.1; the other nine gain 0.0030 on average. This gain is the price of a validation set. When all choices are made, one may train once more on all 60,000.
#
# **Other images to be measured on.** The validation images and the test images were given to the **same** ten networks.

# %%
easier = pairs["validation"] - honest.loc[10]
easier.round(4).tolist()

# %% tags=["hide-cell"]
# checks
claim("training-test-easier", easier.mean(), stored=0.00569,
      about="test minus validation accuracy of the same 64-64 networks, mean of ten")

# %% [markdown]
# **These** test images are easier, by 0.0057 on average, and for each of the ten networks. One might have expected the opposite, since the validation images come from people whose handwriting is also in the training images. Mind what ten seeds can prove: that these 10,000 test images are easier for our networks than those 10,000 validation images. They cannot prove it for test images in general, since all ten were measured on the same ones. How far a set of 10,000 images can be off by chance is the question of [What 10,000 images can tell](test_size.ipynb).
#
# ## The moment of the measurement
#
# One line on the right of Fig. 14.1 falls in its last epoch. Were it over-fitting, which the next section defines, one would expect the result on the training images to go on improving. We look at the largest fall in any epoch of any run, and at the same network on its own training images.

# %%
on_train = selection.loc[("validation", "train")]
on_train = on_train.pivot(index="epoch", columns="seed", values="accuracy")
epoch, seed = honest.diff().stack().idxmin()
fall, fall_train = -honest.diff().loc[epoch, seed], -on_train.diff().loc[epoch, seed]
int(epoch), int(seed), round(float(fall), 4), round(float(fall_train), 4)

# %% [markdown]
# It does fall, by 0.0142 against 0.0163 on validation. The suspect is the noise of the batches ([What the batch size does](step_rate_batch.ipynb)): each step follows 128 images and disturbs what was learned from the others. If the training ends at a bad moment, that is the network that we measure. The fall itself was not watched, but smaller jumps can be. We train a network for five epochs, and then watch 100 more steps: its accuracy on 5,000 training images after each, with the learning rate of the assignment and, on the same batches, with a tenth of it.

# %% tags=["remove-stderr"]
import keras
import numpy as np

from mnist_utils import networks
from mnist_utils.dataset import load_mnist, preprocess, split

(x_fit, y_fit), (x_validation, y_validation) = split(*load_mnist()[0])
fit_images, validation_images = preprocess(x_fit), preprocess(x_validation)

def new_network(rate=0.1):
    keras.utils.set_random_seed(0)
    network = networks.dense((64, 64), seed=0)
    network.compile(keras.optimizers.SGD(rate), metrics=["accuracy"],
                    loss="sparse_categorical_crossentropy", steps_per_execution=50)
    return network


# %%
network = new_network()
network.fit(fit_images, y_fit, batch_size=128, epochs=5, verbose=0)

def accuracy_after_each_step(rate):
    walker, accuracies = new_network(rate), []
    walker.set_weights(network.get_weights())
    draws = np.random.default_rng(seed=1)  # the same batches for both rates
    for _ in range(100):
        chosen = draws.integers(50_000, size=128)
        walker.train_on_batch(fit_images[chosen], y_fit[chosen])
        answers = walker(fit_images[:5000]).numpy().argmax(axis=1)
        accuracies.append((answers == y_fit[:5000]).mean())
    return np.array(accuracies)


# %% mystnb={"figure": {"name": "fig-training-steps", "caption": "Accuracy on 5,000 training images after each of 100 further steps, at two learning rates, on the same batches."}, "image": {"alt": "Two curves over 100 steps. At learning rate 0.1 the accuracy jumps up and down, by a few tenths of a percentage point from step to step; at 0.01 it is nearly constant and higher than most of the other curve."}}
walks = {rate: accuracy_after_each_step(rate) for rate in (0.1, 0.01)}
fig, ax = plt.subplots(figsize=(7, 3))
for rate, accuracies in walks.items():
    ax.plot(range(1, 101), accuracies, label=f"learning rate {rate}")
ax.set(xlabel="step", ylabel="training accuracy")
ax.legend();

# %% [markdown]
# *Fig. 14.2.* Accuracy on 5,000 training images after each of 100 further steps, at two learning rates, on the same batches.

# %% tags=["hide-cell"]
# checks
claim("training-fall", fall, stored="0.01630",
      about="largest fall of a validation accuracy in an epoch, ten 64-64 networks")
claim("training-fall-train", fall_train, stored=0.01422,
      about="training accuracy lost in the epoch of the largest fall in validation "
      "accuracy")
claim("training-calm-gain", walks[0.01].mean() - walks[0.1].mean(), trained=True,
      about="mean training accuracy over 100 further steps at rate 0.01, minus that "
      "at 0.1")

# %% [markdown]
# In Fig. 14.2, at a rate of 0.1, the accuracy jumps up and down from one step to the next. With a tenth of the rate it is calm, and **higher**, by 0.0020 on average. Small steps win that much, on training images and in this one walk: an argument for lowering the learning rate towards the end, which [Can 0.9847 be reached?](../hinton/reached.ipynb) tests on another network.
#
# So leave a run such as the fallen one in. It is what this recipe does now and then, and who drops it describes another recipe. And part of what looks like a difference between two networks can be a difference between two moments.
#
# ## Is it over-fitting?
#
# In the end training accuracy is above test accuracy. That is often called over-fitting at once, so let us be careful with the word.
#
# > **Definition 14.1** (Over-fitting)
# >
# > *Over-fitting* is, in this book, what a network does while, over several epochs, its loss on the training images falls and its loss on unseen images rises. The *generalization gap* is the difference between a network's result, loss or accuracy, on the training images and on unseen ones.
#
# First the gap, from the ten networks of the assignment's protocol, and then their test loss after the last three epochs.

# %%
gap = (selection.loc[("assignment", "train")].query("epoch == 10")["accuracy"].mean()
       - asked.loc[10].mean())
test_loss = selection.loc[("assignment", "test")].pivot(
    index="epoch", columns="seed", values="loss")
test_loss.loc[[8, 9, 10]].round(3)

# %% [markdown]
# The gap is 0.0106. But in all 10 networks the test loss after ten epochs is lower than after eight. (From one epoch to the next it jumps, as accuracy does: in the tenth epoch it rises in 2 of them.) There is a gap, and no lasting rise, so no over-fitting yet (this look at the test set chooses nothing): the last two epochs still lower the loss of unseen images, by 0.008 on average, though that of the training images by more, 0.014. What over-fitting looks like can be seen sooner when there is less to learn from and more time. We train on 1,000 images, in batches of 32, for 40 epochs, and validate after every second epoch.

# %%
log = new_network().fit(
    fit_images[:1000], y_fit[:1000], batch_size=32, epochs=40, verbose=0,
    validation_data=(validation_images, y_validation),
    validation_freq=2, validation_batch_size=2000,
).history

# %% mystnb={"figure": {"name": "fig-training-over-fitting", "caption": "A network trained on 1,000 images. Left, the loss on those images (training as reported by `fit`) and on 10,000 unseen ones; right, the accuracies."}, "image": {"alt": "Left, the training loss falls to nearly 0, while the validation loss falls to about 0.5 within ten epochs and then rises steadily. Right, the training accuracy reaches 1, while the validation accuracy stays near 0.86 from the tenth epoch on."}}
fig, axes = plt.subplots(1, 2, figsize=(8, 3))
for ax, name in zip(axes, ["loss", "accuracy"]):
    ax.plot(range(1, 41), log[name], label="training")
    ax.plot(range(2, 41, 2), log[f"val_{name}"], label="validation")
    ax.set(xlabel="epoch", ylabel=name)
axes[0].legend();

# %% [markdown]
# *Fig. 14.3.* A network trained on 1,000 images. Left, the loss on those images (training as reported by `fit`) and on 10,000 unseen ones; right, the accuracies.

# %% tags=["hide-cell"]
# checks
validation_loss = np.array(log["val_loss"])
validation_accuracy = np.array(log["val_accuracy"])
change = validation_accuracy[-1] - validation_accuracy[validation_loss.argmin()]
claim("training-gap", gap, stored=0.01056,
      about="mean training minus test accuracy of ten 64-64 networks after ten epochs")
claim("training-test-loss-falls", int((test_loss.loc[10] < test_loss.loc[8]).sum()),
      stored=10,
      about="64-64 networks of ten with a lower test loss after ten epochs than after "
      "eight")
train_loss = selection.loc[("assignment", "train")].pivot(
    index="epoch", columns="seed", values="loss")
claim("training-least-fall", (test_loss.loc[8] - test_loss.loc[10]).min(),
      stored=0.000942,
      about="least by which the test loss of one of ten 64-64 networks falls from "
      "epoch 8 to epoch 10")
claim("training-test-loss-rises", int((test_loss.loc[10] > test_loss.loc[9]).sum()),
      stored=2,
      about="64-64 networks of ten with a higher test loss after ten epochs than "
      "after nine")
claim("training-test-loss-drop", (test_loss.loc[8] - test_loss.loc[10]).mean(),
      stored=0.00813,
      about="mean fall of the test loss of ten 64-64 networks from epoch 8 to epoch 10")
claim("training-train-loss-drop", (train_loss.loc[8] - train_loss.loc[10]).mean(),
      stored=0.01366,
      about="mean fall of the training loss of ten 64-64 networks from epoch 8 to "
      "epoch 10")
claim("training-over-fitting-loss", validation_loss[-1] / validation_loss.min(),
      trained=True,
      about="validation loss after 40 epochs on 1,000 images, relative to its minimum")
claim("training-over-fitting-accuracy", change, trained=True,
      about="validation accuracy after 40 epochs on 1,000 images, minus that at least "
      "loss")

# %% [markdown]
# Fig. 14.3, a single run, shows over-fitting: the training loss nears zero, and the validation loss, after its minimum, rises to 1.31 times its lowest value. The accuracy does not follow: between that minimum and the end it changes by +0.0106. How can the loss become so much worse without more errors? A likely reason, not measured here: the network becomes more and more certain, of its errors too, and the loss of a certain error is large. How much too certain such a network ends up, [Does it know when it is wrong?](test_size.ipynb) measures.
#
# ## Exercises
#
# > **Exercise 14.1** (The best epoch)
# >
# > Someone reports for each network the **best** test accuracy of its ten epochs instead of the last. Write `best_epoch_gain(lines)`, which takes a table with a row for each epoch and a column for each seed, such as `honest`, and returns by how much this raises the mean over the seeds. The cell compares it with two known cases.

# %%
import pandas as pd

def best_epoch_gain(lines):
    return 0.0  # put your lines here

known = pd.DataFrame({0: [0.91, 0.95, 0.94], 1: [0.92, 0.93, 0.96]}, index=[1, 2, 3])
other = pd.DataFrame({0: [0.90, 0.96, 0.94], 1: [0.97, 0.95, 0.93]}, index=[1, 2, 3])
equal = np.allclose([best_epoch_gain(known), best_epoch_gain(other)], [0.005, 0.03])
print("Right." if equal else "Not right yet: expected 0.005 and 0.03.")


# %% [markdown]
# *The solution of Exercise 14.1 is in the closed cells below.*

# %% tags=["nbval-check-output"]
# solution
def best_epoch_gain(lines):
    return (lines.max() - lines.iloc[-1]).mean()

equal = np.allclose([best_epoch_gain(known), best_epoch_gain(other)], [0.005, 0.03])
print("Right." if equal else "Not right yet: expected 0.005 and 0.03.")
round(float(best_epoch_gain(honest)), 5)

# %% [markdown]
# <details><summary>Solution of Exercise 14.1</summary>
#
# The last line is the gain on our ten validation curves, most of it from the one that fell. The gain can never be negative, which should make you suspicious of any result that is obtained in this way. Choosing the epoch is fine. The accuracy to report is then that of the chosen network on images that had no part in the choice.
#
# </details>
#
# > **Exercise 14.2** (A schedule, open-ended)
# >
# > Fig. 14.2 suggests to lower the learning rate towards the end. Try it: train on `fit_images` for ten epochs, with 0.1 in the first seven and 0.01 in the last three (`keras.callbacks.LearningRateScheduler` takes a function of the epoch). Use at least three seeds, and compare with the constant rate on the validation images. Is the difference larger than the spread? What does the schedule do to the spread?
#
# <details><summary>Solution of Exercise 14.2</summary>
#
# There is no single right figure. A good answer compares pairs of the same seed, gives mean and standard deviation of the difference, and uses validation images only. You may find a small gain in the mean; whether falls such as the one in Fig. 14.1 become rarer, three seeds cannot tell. Try whether a larger rate in the first seven epochs adds to it: since the end is calm, the beginning may be wilder.
#
# </details>
#
# ## Further reading
#
# Leakage in seventeen fields, choices by the test set included: Kapoor and Narayanan (2023).

# %% [markdown]
# ## Quiz
#
# Choose an answer in your mind, then open it.
#
# **1.** Ten networks, trained on 50,000 images, all have a higher accuracy on the 10,000 test images than on the 10,000 validation images. What does that show?
#
# <details><summary>That test images of this kind are easier to read in general.</summary>
#
# **No.** All ten networks answered the same images, so ten seeds are no ten samples of images. How far 10,000 images are off by chance, they cannot say.
#
# </details>
#
# <details><summary>That these networks find these test images easier.</summary>
#
# **Right.** More it does not show: ten seeds vary the training, but all were measured on the same two sets of images.
#
# </details>
#
# <details><summary>That the networks must have been chosen by their test score.</summary>
#
# **No.** A choice by the test set would raise a score, but nothing was chosen here. Two sets of images differ without any fault.
#
# </details>
#
# **2.** After some epochs, training accuracy is above test accuracy, and the losses of training and test images are both still falling. What is the right word?
#
# <details><summary>A gap, but no over-fitting so far.</summary>
#
# **Right.** The gap is the difference between the two results. Over-fitting is when the loss on unseen images rises while that on training images falls.
#
# </details>
#
# <details><summary>Over-fitting, as training images do better.</summary>
#
# **No.** That they do better is the gap, which nearly every trained network has. As long as the loss of unseen images falls, going on still helps them.
#
# </details>
#
# <details><summary>Neither, as a gap needs a loss that rises.</summary>
#
# **No.** The gap needs no rise: it is the difference between a network's result on its training images and that on unseen ones.
#
# </details>
#
# **3.** One of ten runs falls by far in its last epoch; its accuracy on the training images falls too. The result of the recipe is to be reported after the last epoch. What should be done with this run?
#
# <details><summary>Leave it out, and report the mean of the nine others.</summary>
#
# **No.** Such falls belong to the recipe: steps of this length now and then disturb what was learned. The mean of nine describes another recipe, one that looks at its end.
#
# </details>
#
# <details><summary>Take its best epoch in place of the fallen last one.</summary>
#
# **No.** A maximum over epochs is another quantity, and never lower than the last epoch. Used for one run only, it makes the ten incomparable.
#
# </details>
#
# <details><summary>Leave it in, and report the mean of all the ten runs.</summary>
#
# **Right.** It shows what this recipe does now and then. If that is not wanted, the recipe has to be changed, such as by a rate that falls towards the end.
#
# </details>
#
# **4.** All choices have been made on validation images. May the network be trained once more, on training and validation images together, before it meets the test set?
#
# <details><summary>Yes, as the settings are fixed and the test set is untouched.</summary>
#
# **Right.** The validation images have done their work and may now teach. The test accuracy then belongs to a network that has learned from more images.
#
# </details>
#
# <details><summary>No, as the validation images would leak into the training.</summary>
#
# **No.** They would, if one measured on them again. The result is measured on the test images, of which nothing gets into the training.
#
# </details>
#
# <details><summary>Yes, as its validation accuracy can then be reported as well.</summary>
#
# **No.** Retraining is fine, but now the validation images are training images. An accuracy on them says nothing of unseen ones.
#
# </details>
