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
# (mistakes)=
# # Mistakes, reproduced and caught
#
# :::{admonition} This chapter
# :class: tip chapter-box
#
# **Questions it answers**
# : Which fault gave the original submission its strange figures, and how does one find out? What do the other mistakes look like that people made with this assignment: what is the symptom, what does each cost, and which check would have caught it?
#
# **You need**
# : {ref}`preprocessing`, {ref}`training` and {ref}`hinton`; for some of the checks, {ref}`cross-entropy`.
#
# **Time**
# : 60 minutes to read, two minutes to run. The trainings behind the first section took longer; they are stored with the book.
# :::
#
# A program that trains a network has a property that most programs do not have. If there is a mistake in it, it still works. It trains and it prints an accuracy, often one that does not look bad, because gradient descent makes the best of whatever it is given. There is no line number. All that you get is a symptom, and often not even that.
#
# This chapter collects mistakes that people made with this very assignment. Each one is made again, in a few lines; you see the symptom first, and are asked for a guess before you unfold the cause. Then its cost is measured, the code is mended, and a *check* is named that would have caught it: a line or two that turn a silent mistake into a loud one.
#
# The first section is longer than the others. It is a case for a detective.
#
# (forensic-case)=
# ## The case of the figures that are too low
#
# ### What was reported
#
# These are the figures of the original submission, in the order of its questions:
#
# | question | network | reported test accuracy |
# | :--- | :--- | :--- |
# | 2.3 | 64-64, ten epochs | 0.9699 |
# | 2.4 | 300-500 with weight decay, 40 epochs, five factors from 0.000001 to 0.001 | 0.5700, 0.6662, 0.7392, 0.8441, 0.8912 |
# | 3.1 | convolutional, adam, ten epochs | "around 90%" |
# | 3.1 | convolutional, SGD | "very poor performance in all attempts" |
#
# The first figure is what {ref}`training` has found. All that comes after it is too low, by far: the 500-300 network of {ref}`hinton` was better than the small one after 40 epochs, with any of the five factors. The submission draws two conclusions from its figures, that more weight decay helps, and that SGD does not go with convolutional layers. Neither is what other people find.

# %%
reported = {1e-6: 0.5700, 1e-5: 0.6662, 1e-4: 0.7392, 5e-4: 0.8441, 1e-3: 0.8912}
reported_losses = {1e-6: 1.2408, 1e-5: 0.9704, 1e-4: 0.7428, 5e-4: 0.5482, 1e-3: 0.4656}

# %% [markdown]
# So between question 2.3 and question 2.4 something has happened. What?
#
# ### The suspects
#
# We have the notebook as it was handed in. Read with a detective's eye, it offers these:
#
# 1. **The loop.** `model = Sequential()` stands before the loop over the factors. Each round adds four layers to what is there, softmax included, compiles, and trains the whole.
# 2. **The pixels, divided twice.** The pre-processing cell says `x_train /= 255`, and the same of the test images. It changes its data in place, so that a second run of the cell divides once more. (No error would tell: the cell makes its one-hot labels from a variable of their own, which a second run finds as it was.) {ref}`preprocessing` has shown that this leaves a network almost where it starts.
# 3. **Both of them.**
# 4. **The pixels, not divided at all**, if the cell that loads the data was run again, and the one that divides was not.
# 5. **The layers in the wrong order**, 300-500 in place of 500-300.
# 6. **SGD**, which the submission itself suspects.
#
# :::{admonition} Guess first
# :class: tip
#
# Before you read on, write down for each suspect which of the figures it would explain *if it was alone*: the first one, 0.57; the rise from factor to factor; the 0.90 of the convolutional network with adam; the failure with SGD. A suspect that cannot have produced one of them did not act alone. ({ref}`hinton` has shown a part of the answer for the first two figures.)
# :::
#
# A suspicion is not yet evidence. To get some, let each suspect do it again. The study `forensic` trains the submission's 300-500 network with its five factors and 40 epochs, in four ways: a fresh network for each factor or the submission's growing stack, and pixels, of training and test images alike, divided once or twice; each with three seeds. The study `forensic-convolution` trains its convolutional network with adam, at the rate 0.001, and with SGD, at 0.1, both in batches of 128, on pixels divided once and twice, also with three seeds. And `forensic-raw` trains both networks, the 300-500 network without penalty, on pixels that were not divided. All of them measure the test set after every epoch, as the submission does. Nothing is chosen by it here; we only compare figures that were measured in the same way.

# %% tags=["nbval-check-output"]
from mnist_utils import results

for name in ("forensic", "forensic-convolution", "forensic-raw"):
    origin = results.provenance(name)
    print(f"{name}: {origin['started'][:10]}, {origin['code']}, "
          f"{origin['seconds'] / 60:.0f} minutes on {origin['threads']} cores")

# %% [markdown]
# ### The loop

# %%
import numpy as np
import pandas as pd

from mnist_utils.claims import claim

loop = results.load("forensic").query("split == 'test' and epoch == 40")
by_condition = results.summarize(loop, by=["condition", "factor"])
columns = ["fresh, divided once", "stacked, divided once",
           "fresh, divided twice", "stacked, divided twice"]
table = by_condition["mean"].unstack("condition")[columns]
table.assign(reported=reported).round(3)

# %% [markdown]
# Means of three seeds, the final test accuracy, beside the submission's figures in the last column.

# %%
claim("forensic-fresh-once", table["fresh, divided once"].min(), between=(0.97, 0.985),
      about="lowest of five mean test accuracies, fresh networks, divided once")

# %%
claim("forensic-stacked-once", table["stacked, divided once"].min(),
      between=(0.95, 0.985), about="the same for the growing stack, divided once")

# %%
losses = results.summarize(loop, by=["condition", "factor"], of="loss")["mean"]
claim("forensic-stack-loss", losses["stacked, divided once", 1e-3], between=(0.05, 0.3),
      about="mean test loss after the fifth round of the loop, divided once")

# %%
claim("forensic-first-loss", losses["stacked, divided once", 1e-6], between=(0.05, 0.1),
      about="mean test loss after its first round")

# %% [markdown]
# The second column is the loop alone, as it stands, on pixels as they should be. Its lowest mean is {glue:text}`forensic-stacked-once:.3f`; that of fresh networks, in the first column, is {glue:text}`forensic-fresh-once:.3f`. Fifteen dense layers, four bottlenecks of ten numbers, and hardly any accuracy is lost. (The loss has noticed: on the test set it is {glue:text}`forensic-stack-loss:.2f` at the end, {glue:text}`forensic-first-loss:.2f` after the first round.) A likely reason is that the first network of the stack has done the work before the others arrive. Its ten probabilities say which digit it is, and whatever comes on top has only to pass that on.
#
# **The loop alone explains none of the figures.** It could not even explain the first one: in the first round there is one network, and it is new. The most visible mistake of the document is a real mistake, and it is not the culprit.
#
# ### The pixels
#
# The third column: fresh networks, pixels divided twice. Its first row is where the submission's 0.57 is. How much luck is in that? We look at the whole training of the three seeds.

# %% mystnb={"figure": {"name": "fig-forensic-dark", "caption": "Test accuracy of the 300-500 network on pixels that were divided by 255 twice, with the factor 0.000001; three seeds."}, "image": {"alt": "Three curves over 40 epochs. All stay at 0.11 for the first five epochs, then rise slowly and with violent jumps, up and down by a tenth or two from one epoch to the next, to values between 0.2 and 0.7."}}
import matplotlib.pyplot as plt

from mnist_utils import figures

tests = results.load("forensic").query("split == 'test'")
dark = tests.query("condition == 'fresh, divided twice' and factor == 1e-6")
figure, axis = plt.subplots(figsize=(7, 3))
axis.plot(dark.pivot(index="epoch", columns="seed", values="accuracy"))
axis.axhline(reported[1e-6], color="black", linestyle="--", label="submission, end")
axis.set(xlabel="epoch", ylabel="test accuracy")
axis.legend();

# %% [markdown]
# The networks of {numref}`fig-forensic-dark` leave their plateau after some six to eight epochs, and then they do not come to rest: the accuracy jumps from epoch to epoch, and the end of the training catches it wherever it happens to be. Any figure of epoch 40 is a snapshot. Here are the snapshots, and the means over the last ten epochs:

# %%
first = dark[dark["epoch"] == 40].set_index("seed")[["accuracy", "loss"]]
late = dark[dark["epoch"] > 30].groupby("seed")["accuracy"].mean()
first.assign(last_ten=late).round(3)

# %%
told = {"accuracy": reported[1e-6], "loss": reported_losses[1e-6]}
inside = [first[what].min() < told[what] < first[what].max() for what in told]
claim("forensic-first-inside", all(inside), exactly=True,
      about="whether the reported accuracy and loss lie between those of the seeds")

# %%
late_means = (tests[tests["epoch"] > 30].groupby(["condition", "factor"])["accuracy"]
              .mean().unstack("condition"))
claim("forensic-dark-first", late_means.loc[1e-6, "fresh, divided twice"],
      between=(0.35, 0.65),
      about="mean test accuracy of the last ten epochs, divided twice, factor 0.000001")

# %%
claim("forensic-dark-last", late_means.loc[1e-3, "fresh, divided twice"],
      between=(0.1, 0.35), about="the same with the factor 0.001")

# %% [markdown]
# The submission's first network had an accuracy of 0.57 and a loss of 1.24 (with its penalty, which at this factor is next to nothing). Both lie within what the three seeds give. So this suspect fits the first figure, in accuracy *and* in loss.
#
# And the other four? Snapshots are too noisy to tell; we take the means over the last ten epochs. With fresh networks the accuracy *falls* from factor to factor, from {glue:text}`forensic-dark-first:.2f` for the smallest to {glue:text}`forensic-dark-last:.2f` for the largest. (A reason that fits: larger weights could make up for small pixels, and the penalty is on large weights.) The submission's figures rise.
#
# **The pixels alone explain the first figure, and are ruled out by the other four**, if each was a new network.
#
# ### Both together
#
# Now both faults at once, the fourth column of the table. {numref}`fig-forensic` has all four, with each seed, beside the submission.

# %% mystnb={"figure": {"name": "fig-forensic", "caption": "Test accuracy after each round of the loop (40 epochs each), three seeds of each condition and the figures of the original submission. Left, pixels divided once; right, divided twice."}, "image": {"alt": "Two panels over the five factors. Left, the thin lines of fresh and stacked networks all lie near 0.98, and the submission's line runs far below them, from 0.57 up to 0.89. Right, the lines of fresh networks begin between 0.47 and 0.68 and fall to about 0.2; those of stacked networks begin at the same places and rise to about 0.8, with the submission's line among them at the start, and above them at the end."}}
figure, axes = plt.subplots(1, 2, figsize=(8, 3.4), sharey=True)
names = [f"{factor:g}" for factor in reported]
for axis, times in zip(axes, ("once", "twice"), strict=True):
    for kind, color, style in (("fresh", "C0", "--"), ("stacked", "C1", "-")):
        runs = loop[loop["condition"] == f"{kind}, divided {times}"]
        lines = runs.pivot(index="factor", columns="seed", values="accuracy")
        drawn = axis.plot(names, lines, color=color, linestyle=style, linewidth=1.2)
        drawn[0].set_label(kind)
    axis.plot(names, list(reported.values()), "kx-", label="submission")
    axis.set(title=f"divided {times}", xlabel="factor, in the order of the loop")
axes[0].set(ylabel="test accuracy", ylim=(0, 1.02))
axes[0].legend(loc="lower left");

# %%
both = table["stacked, divided twice"]
claim("forensic-both-last", both.loc[1e-3], between=(0.7, 0.95),
      about="mean test accuracy, stacked, divided twice, after the fifth round")

# %%
rise = late_means["stacked, divided twice"]
claim("forensic-both-rise", rise.loc[1e-3] - rise.loc[1e-6], at_least=0.15,
      about="rise from the first round to the fifth, means of the last ten epochs")

# %%
gap = (both - pd.Series(reported)).abs()
claim("forensic-both-gap", gap.max(), at_most=0.12,
      about="largest distance of the five means from the reported figures")

# %%
claim("forensic-both-fourth", rise.loc[5e-4], between=(0.65, 0.9),
      about="mean test accuracy of the last ten epochs, stacked, twice, fourth round")

# %%
claim("forensic-both-fifth", rise.loc[1e-3], between=(0.65, 0.9),
      about="the same in the fifth round")

# %%
fifth = tests.query("condition == 'stacked, divided twice' and factor == 1e-3")
claim("forensic-both-reaching", int((fifth["accuracy"] >= reported[1e-3]).sum()),
      between=(0, 10),
      about="epochs of 120 in the fifth round that reach the last reported accuracy")

# %%
claim("forensic-both-loss", int((fifth["loss"] <= reported_losses[1e-3]).sum()),
      exactly=20,
      about="epochs of 120 in the fifth round with at most the last reported loss")

# %% [markdown]
# Low at first, higher later, {glue:text}`forensic-both-last:.2f` in the end: the means after the last epoch have the shape of the reported figures, and are at most {glue:text}`forensic-both-gap:.3f` away from them. The single seeds do not rise steadily; they jump, as in {numref}`fig-forensic-dark`. So we look at the last ten epochs here, too. These means rise until the fourth round, to {glue:text}`forensic-both-fourth:.2f`, and then stay, at {glue:text}`forensic-both-fifth:.2f`. The submission's fifth figure, 0.89, fits worst. Our three seeds have 120 epochs in that round; {glue:text}`forensic-both-reaching:d` of them reaches it. The last reported loss cannot be compared so closely, because the submission's `evaluate` adds the penalty, and our stored losses are without it; {glue:text}`forensic-both-loss:d` of the 120 epochs have, without it, a loss as small.
#
# What is it that rises? Not the effect of the factor, whatever the labels of the axis say. Each block of layers keeps the factor with which it was made, so the bottom network, which alone sees the pixels, has the penalty 0.000001 in *every* round. And fresh networks with the other factors get worse. What the bottom network gets more of, from round to round, is epochs: 200 in all. Probably it needs time; the study does not separate the time from the layers that are added. The submission's conclusion, that larger factors help, has no support in its own experiment.
#
# ### The other suspects
#
# **Pixels not divided at all.** The study `forensic-raw` has trained on them, 40 epochs for the 300-500 network and ten for the convolutional one, with three seeds.

# %%
undivided = results.load("forensic-raw").query("split == 'test'")
last = undivided.groupby(["condition", "seed"]).tail(1)
bright = results.summarize(last, by=["condition"])
bright[["mean", "sd"]].round(4)

# %%
claim("forensic-raw-dense", bright.loc["300-500, sgd", "mean"], between=(0.09, 0.2),
      about="mean test accuracy of the 300-500 network on raw pixels")

# %%
claim("forensic-raw-sgd", bright.loc["convolutional, sgd", "mean"], between=(0.09, 0.2),
      about="mean test accuracy, convolutional, SGD, raw pixels")

# %%
claim("forensic-raw-adam", bright.loc["convolutional, adam", "mean"],
      between=(0.96, 0.985),
      about="mean test accuracy, convolutional, adam, raw pixels")

# %% [markdown]
# The 300-500 network stays at {glue:text}`forensic-raw-dense:.4f` for 40 epochs. {ref}`preprocessing` has shown why: the first steps are so large that they kill its units, and a dead network does not recover. That is low, but it is not 0.57, and it does not rise. And the convolutional network, trained with adam, has {glue:text}`forensic-raw-adam:.3f` on raw pixels, where the submission has 0.90. Ruled out, twice. (With SGD it guesses, {glue:text}`forensic-raw-sgd:.4f`: that figure alone would fit.) (The 300-500 network had no penalty here. A dead network is beyond the reach of one.)
#
# **The layers in the wrong order.** 300-500 in place of 500-300, in the first column of the table beside the study of {ref}`hinton`:

# %%
asked = results.load("hinton-assignment").query("split == 'test' and epoch == 40")
swapped = table["fresh, divided once"] - asked.groupby("factor")["accuracy"].mean()
claim("forensic-swapped", swapped.abs().max(), at_most=0.006,
      about="largest difference of means between 300-500 and 500-300")

# %% [markdown]
# A difference of at most {glue:text}`forensic-swapped:.4f`, and for the reported figures one would need four tenths. Ruled out.
#
# **SGD.** Here the convolutional network gives evidence, ten epochs with three seeds:

# %%
convolutional = results.load("forensic-convolution")
ends = convolutional.query("split == 'test' and epoch == 10")
by_optimizer = results.summarize(ends, by=["condition"])
by_optimizer[["mean", "sd"]].round(4)

# %%
claim("forensic-conv-sgd", by_optimizer.loc["sgd, divided once", "mean"],
      between=(0.97, 0.985),
      about="mean test accuracy, convolutional, SGD, divided once")

# %%
claim("forensic-conv-adam", by_optimizer.loc["adam, divided once", "mean"],
      between=(0.975, 0.988),
      about="mean test accuracy, convolutional, adam, divided once")

# %%
claim("forensic-conv-adam-dark", by_optimizer.loc["adam, divided twice", "mean"],
      between=(0.88, 0.94),
      about="mean test accuracy, convolutional, adam, divided twice")

# %%
claim("forensic-conv-sgd-dark", by_optimizer.loc["sgd, divided twice", "mean"],
      between=(0.09, 0.2),
      about="mean test accuracy, convolutional, SGD, divided twice")

# %% [markdown]
# On pixels divided once SGD trains the convolutional network to {glue:text}`forensic-conv-sgd:.3f`, not far from adam's {glue:text}`forensic-conv-adam:.3f`. With a rate of 0.1 and batches of 128, nothing is wrong with SGD and convolution. Now the lines of pixels divided twice. With adam, {glue:text}`forensic-conv-adam-dark:.3f`: "around 90%". With SGD, {glue:text}`forensic-conv-sgd-dark:.4f` in each seed, which is the share of ones in the test set: "very poor performance in all attempts". Here there is no loop, and no penalty. One fault is enough for both of the submission's remarks. (SGD can fail in another way, by a learning rate that is too large; {ref}`conv-network` shows it. Which rates the submission has tried with this network, it does not say.)
#
# Why is adam so much better on dark pixels? The steps suggest a reason. A step of SGD is the gradient times the learning rate. Dark pixels make the gradient of the first kernel 255 times too small, and because the first layer then puts out next to nothing, those of the later kernels are too small as well; only the biases learn. Adam divides each gradient by its own usual size, so that a common factor such as 255 cancels. (No experiment of ours separates this reason from others.)
#
# ### What is proved, and what is not
#
# | suspect | first figure, 0.57 | rise to 0.89 | adam, 0.90 | SGD fails |
# | :--- | :---: | :---: | :---: | :---: |
# | the loop | no | no | – | – |
# | pixels divided twice | yes | no | yes | yes |
# | **both** | **yes** | **the rise yes**, 0.89 hardly | **yes** | **yes** |
# | pixels not divided | no | no | no | yes |
# | layers swapped | no | no | – | – |
# | SGD as such | no | no | – | no |
#
# (A dash: this suspect was not there, as the convolutional network has neither loop nor swapped layers, and adam is not SGD.)
#
# So pixels that are 255 times too dark, together with the loop, reproduce the pattern of the figures that the submission reports after question 2.3, the last of the five least well. This does *not* prove that it happened. Anything else that makes learning as slow would leave the same traces. And there is a piece of evidence that does not fit well. The document shows the numbers of the executions: 4 for pre-processing, 7 for question 2.3, 58 for the loop. Within a session, a cell that is run again gets a new and higher number. So, if all of this was one session, the pre-processing cell, as it is printed, ran last before question 2.3, and if something divided once more, it was another cell, one of the fifty executions between 7 and 58 of which the document shows nothing. A copy of the cell that was edited or deleted later leaves no trace. That is what is so unpleasant about it: *the state of a notebook is the work of cells that may no longer exist.* "Restart and run all" before handing in would have settled the question, in either direction. (It also resets the numbers, so that a document with gaps in them was not made in that way.)
#
# What should the authors have noticed? One number. The same data had just given 0.97 with a smaller network. When a larger network ends at 0.57, the right reaction is not a paragraph about regularization. It is `x_train.max()`.

# %% tags=["remove-stderr"]
import keras

from mnist_utils import networks
from mnist_utils.dataset import load_mnist, one_hot, preprocess, split

(x_train, y_train), (_, y_test) = load_mnist()

# %% tags=["nbval-check-output"]
images = preprocess(x_train[:100])
print("as it should be:", images.max())
images /= 255
print("after one cell too many:", f"{images.max():.4f}")

# %% [markdown]
# :::{admonition} The check
# :class: tip
#
# `assert x_train.min() == 0 and x_train.max() == 1`, in front of every training. The mend is a function such as `preprocess`, which returns a new array and refuses one that was converted before; {ref}`preprocessing` has it.
# :::
#
# ## Mistakes with the model
#
# The other mistakes are small enough to be made on this page. All of them are measured on the validation images of {ref}`three-sets`, and training means one epoch of SGD with the assignment's settings, unless it says otherwise.

# %%
(x_fit, y_fit), (x_validation, y_validation) = split(x_train, y_train)
images, validation_images = preprocess(x_fit), preprocess(x_validation)


# %%
def train(network, images, labels, loss="sparse_categorical_crossentropy",
          epochs=1, seed=0):
    keras.utils.set_random_seed(seed)  # the order of the images
    network.compile(keras.optimizers.SGD(0.1), loss, metrics=["accuracy"],
                    steps_per_execution=10)  # ten at a time, which is quicker
    log = network.fit(images, labels, batch_size=128, epochs=epochs, verbose=0)
    return log.history["loss"][-1]

def accuracy(network, images=validation_images):
    answers = network.predict(images, batch_size=1000, verbose=0).argmax(axis=1)
    return (answers == y_validation).mean()


# %% [markdown]
# (mistake-replicates)=
# ### Each replicate better than the last
#
# **The code.** Three replicates, to get a mean and a standard deviation:

# %%
network = networks.dense((64, 64), seed=0)
scores = []
for replicate in range(3):
    train(network, images, y_fit, seed=replicate)
    scores.append(accuracy(network))
np.round(scores, 4)

# %% [markdown]
# **The symptom.** The accuracy rises from replicate to replicate. Replicates are the same experiment with other luck, and luck has no reason to rise. (Three numbers rise by luck alone once in six times: this is a suspicion. That the steps get smaller, as those of a learning curve do, strengthens it.)
#
# :::{admonition} Guess first: what is wrong?
# :class: dropdown
#
# The network is made *before* the loop. The second round goes on training what the first has left, so the three numbers belong to one network after one, two and three epochs. `compile` gives a network a new optimizer, and leaves its weights as they are. The original submission has this mistake in the form that stacks layers.
# :::
#
# **The cost.** The same three rounds with a new network in each:

# %%
fresh_scores = []
for replicate in range(3):
    network = networks.dense((64, 64), seed=replicate)
    train(network, images, y_fit, seed=replicate)
    fresh_scores.append(accuracy(network))
np.round(fresh_scores, 4)

# %%
claim("mistakes-outside-bias", np.mean(scores) - np.mean(fresh_scores),
      between=(0.005, 0.05),
      about="by how much the mean of three false replicates is too high")


# %% [markdown]
# The false mean is too high by {glue:text}`mistakes-outside-bias:.3f`, and the false standard deviation says how fast the network learns, not how reliable the result is.
#
# **The mend** is the line inside the loop. **The check** costs one line too. A network that has learned nothing knows nothing: its loss is about $\log 10 = 2.3$ (see {ref}`cross-entropy`), give or take what its initial weights make it prefer. One that was trained before starts far below.

# %%
def is_new(network):
    probabilities = network.predict(validation_images[:1000], verbose=0)
    losses = -np.log(probabilities[range(1000), y_validation[:1000]])
    return bool(abs(losses.mean() - np.log(10)) < 0.5)

claim("mistakes-new", (is_new(networks.dense((64, 64), seed=3)), is_new(network)),
      exactly=(True, False),
      about="whether a new network and a trained one pass for new")


# %% [markdown]
# Write `assert is_new(network)` before each `fit` of an experiment. The check has a gap: new layers on top of a trained network, as in the submission's stack, may make its loss look new again. Compare `count_params()` with your own count as well, and both forms of the mistake are caught.
#
# (mistake-activity)=
# ### A factor that hardly changes anything
#
# **The code.** A penalty with a factor of 0.001, which {ref}`hinton` has shown to shrink kernels visibly within an epoch:

# %%
def penalized(argument, factor=1e-3):
    penalty = {argument: keras.regularizers.L2(factor)} if argument else {}
    hidden = [
        keras.layers.Dense(64, activation="relu", **penalty,
                           kernel_initializer=keras.initializers.GlorotUniform(seed))
        for seed in (0, 1)
    ]
    output = keras.layers.Dense(
        10, activation="softmax", kernel_initializer=keras.initializers.GlorotUniform(2)
    )
    flatten = keras.layers.Flatten()
    return keras.Sequential([keras.Input((28, 28, 1)), flatten, *hidden, output])

squares = {}
for argument in (None, "activity_regularizer"):
    network = penalized(argument)
    train(network, images, y_fit)
    kernels = [layer.kernel.numpy() for layer in network.layers[1:3]]
    squares[argument] = [(kernel**2).sum() for kernel in kernels]
np.round(list(squares.values()), 1)

# %% [markdown]
# **The symptom.** The rows are the sums of the squared weights of the two hidden kernels, without and with the penalty. The first kernel has lost a little, and in the second nothing has happened that is worth a digit.
#
# :::{admonition} Guess first: what is wrong?
# :class: dropdown
#
# The name of the argument. `activity_regularizer` penalizes what a layer puts out, `kernel_regularizer` its weights. Both exist, both train without complaint, and an editor that completes names in alphabetical order offers the first one first. (Why the first kernel shrinks a little and the second does not, we have not looked into.)
# :::
#
# **The cost.** The same with the argument that was meant:

# %%
network = penalized("kernel_regularizer")
train(network, images, y_fit)
meant = [(layer.kernel.numpy() ** 2).sum() for layer in network.layers[1:3]]
shrunk = 1 - meant[1] / squares[None][1]
claim("mistakes-kernel-shrunk", shrunk, between=(0.05, 0.25),
      about="share that the second kernel's squares lose to a penalty on kernels")

# %%
shrunk = 1 - squares["activity_regularizer"][1] / squares[None][1]
claim("mistakes-activity-shrunk", abs(shrunk), at_most=0.02,
      about="share that they lose to a penalty on outputs")

# %% [markdown]
# Where a penalty on kernels takes {glue:text}`mistakes-kernel-shrunk:.1%` of the second kernel's squares, the penalty on outputs takes {glue:text}`mistakes-activity-shrunk:.1%`. Nothing is broken, the accuracy is fine; only the experiment is another one than the text next to it says, and its conclusion about weight decay is about something else.
#
# **The check.** A penalty on weights needs no image. `losses` lists the penalties that a network has before it has seen any:

# %% tags=["nbval-check-output"]
[len(penalized(name).losses) for name in ("kernel_regularizer", "activity_regularizer")]

# %% [markdown]
# Two for the penalty on kernels, none for the one on outputs. `assert len(network.losses) == 2` catches it, and {ref}`hinton` has the test for a solution of which you only have the trained network.
#
# (mistake-input)=
# ### A network that does not know its size
#
# **The code.** From the original submission, shortened:

# %%
network = keras.Sequential()
keras.Input(shape=(28, 28, 1))
network.add(keras.layers.Conv2D(32, 3, activation="relu"))
network.add(keras.layers.MaxPooling2D(2))
network.add(keras.layers.Flatten())
network.add(keras.layers.Dense(10, activation="softmax"))

try:
    network.count_params()
except ValueError as error:
    print(error)

# %% [markdown]
# **The symptom.** A network that cannot count its parameters. And it takes what it gets, here images of half the size:

# %% tags=["remove-stderr"]
network.compile("sgd", "sparse_categorical_crossentropy")
network.fit(images[:256, ::2, ::2], y_fit[:256], verbose=0)
network.input_shape[1:]

# %% [markdown]
# :::{admonition} Guess first: what is wrong?
# :class: dropdown
#
# The second line makes an input and drops it. `keras.Input(...)` changes nothing; it *returns* an object, which has to be given to the model: `network.add(keras.Input((28, 28, 1)))`, or first in the list that `Sequential` gets. Without it the model takes its shapes from the first images that it sees, whatever they are.
# :::
#
# **The cost** is not accuracy: with images of the right size it trains as well as any other. The cost is a check that you expected and do not get. With the line mended, the wrong images are refused at the door:

# %%
mended = networks.convolutional()  # the same layers behind an input of (28, 28, 1)
try:
    mended.predict(images[:2, ::2, ::2], verbose=0)
    refused = False
except ValueError as error:
    refused = "incompatible" in str(error)
claim("mistakes-input-refuses", refused, exactly=True,
      about="whether a network with an input refuses images of half the size")

# %% [markdown]
# **The check**: count the parameters before you train, and compare with your own count (see {ref}`counting-parameters`). A network that has lost its input cannot answer.
#
# ## Mistakes with the data
#
# (mistake-shuffled)=
# ### Two epochs, nothing learned
#
# **The code.** Mix the images before training, so that the digits do not come sorted:

# %%
mixed = images.copy()
np.random.default_rng(0).shuffle(mixed)

network = networks.dense((64, 64), seed=0)
final_loss = train(network, mixed, y_fit, epochs=2)
claim("mistakes-shuffled-accuracy", accuracy(network), between=(0.05, 0.2),
      about="validation accuracy after two epochs on mixed images")

# %% [markdown]
# **The symptom.** An accuracy of {glue:text}`mistakes-shuffled-accuracy:.3f`, as after no training at all. And the loss? {ref}`cross-entropy` has a baseline for somebody who knows how frequent each digit is and nothing else, the entropy of the frequencies:

# %%
shares = np.bincount(y_fit) / len(y_fit)
baseline = -(shares * np.log(shares)).sum()
claim("mistakes-baseline", baseline, between=(2.300, 2.302),
      about="entropy of the frequencies of the digits, in the training images")

# %%
claim("mistakes-shuffled-loss", abs(final_loss - baseline), at_most=0.01,
      about="distance of the loss in the second epoch from that baseline")


# %% [markdown]
# The baseline is {glue:text}`mistakes-baseline:.4f`, a little below $\log 10 = 2.3026$. The network's loss in the second epoch is {glue:text}`mistakes-shuffled-loss:.4f` away from it. Nothing about the images has been learned.
#
# :::{admonition} Guess first: what is wrong?
# :class: dropdown
#
# The images were shuffled, and the labels were not. Every image now has the label of some other. What is left of the relation between the two is the frequencies of the digits.
# :::
#
# **The cost** is everything, but at least it is loud. A quieter relative is a data set in which a few of the labels are wrong, those of the test images among them. A measured accuracy then has a ceiling: right answers to wrongly labeled images count as errors.
#
# **The mend.** One order for both: `order = random.permutation(n)`, then `images[order]` and `labels[order]`. (And `fit` shuffles by itself, in every epoch, pairs and all.)
#
# **The check** needs no training. Take the mean image of each class, and give each image the class of the nearest mean. That is a poor classifier, and it is enough to see whether labels and images know of each other.

# %%
def nearest_mean_accuracy(images, labels):
    rows = images.reshape(len(images), -1)
    means = np.stack([rows[labels == digit].mean(axis=0) for digit in range(10)])
    closeness = rows @ means.T - (means**2).sum(axis=1) / 2
    return (closeness.argmax(axis=1) == labels).mean()

claim("mistakes-pairs-right", nearest_mean_accuracy(images, y_fit),
      between=(0.75, 0.9),
      about="accuracy of the nearest mean, images with their labels")

# %%
claim("mistakes-pairs-mixed", nearest_mean_accuracy(mixed, y_fit),
      between=(0.08, 0.2), about="the same for mixed images")

# %% [markdown]
# {glue:text}`mistakes-pairs-right:.2f` for the right pairs, {glue:text}`mistakes-pairs-mixed:.2f` for the mixed ones, in a second. (The largest $x \cdot \mu - \lVert \mu \rVert^2 / 2$ belongs to the nearest mean $\mu$, because $\lVert x - \mu \rVert^2 = \lVert x \rVert^2 - 2 \, (x \cdot \mu - \lVert \mu \rVert^2 / 2)$.) Or draw a row of images with their labels as titles, every time after you have moved something.
#
# (mistake-one-set)=
# ### Right answers, and an enormous loss
#
# **The code.** A network is trained on `images`, and then

# %%
network = networks.dense((64, 64), seed=0)
usual_loss = train(network, images, y_fit, epochs=2)
pictures = x_validation[..., None].astype("float32")
loss, score = network.evaluate(pictures, y_validation, verbose=0)
claim("mistakes-loss", loss, between=(5, 100),
      about="validation loss, as this cell measures it")

# %%
claim("mistakes-accuracy", score, between=(0.9, 0.96),
      about="validation accuracy, as this cell measures it")

# %% [markdown]
# **The symptom.** An accuracy of {glue:text}`mistakes-accuracy:.3f` is what one expects after two epochs. A loss of {glue:text}`mistakes-loss:.0f` is not: somebody who knows nothing has 2.3.
#
# :::{admonition} Guess first: what is wrong?
# :class: dropdown
#
# The training images were divided by 255, the validation images were not. The strange thing is not the loss, it is the accuracy. Why does a network recognize digits that are 255 times too bright?
# :::
#
# **Why it hides.** Multiply the pixels by a number $a > 0$, and imagine for a moment that all biases are 0. Then every sum $s$ of the first layer is multiplied by $a$, and ReLU passes the factor on, since $\max(0, a s) = a \max(0, s)$. So do the layers behind, and the logits come out as $a z$. The largest one stays the largest: *the answers are the same.* But in softmax of $255 z$ a lead of a fiftieth over another logit has become a factor of more than $e^5$. Unless logits are that close, the answer gets nearly 1 and the others nearly 0, also where the answer is wrong, and that is what the loss punishes. The biases of a trained network are not 0, so that the accuracy changes a little.
#
# **The cost:**

# %%
right_loss, right_score = network.evaluate(validation_images, y_validation, verbose=0)
claim("mistakes-raw-cost", right_score - score, between=(-0.01, 0.02),
      about="accuracy lost by validation images that were not divided")

# %%
claim("mistakes-raw-ratio", loss / right_loss, between=(30, 500),
      about="loss on them, relative to the loss on images that were divided")

# %% [markdown]
# {glue:text}`mistakes-raw-cost:.4f` of accuracy, which does not catch the eye, and a loss {glue:text}`mistakes-raw-ratio:.0f` times too large, which does, if one looks. Whoever compares networks by their accuracy alone will put this one into the report, with an accuracy that is a little too low and a confidence that is absurd.
#
# **The mend** is one function for all sets. **The check** is to look at both numbers, always, and to compare the loss with 2.3; and of the data, `assert pictures.max() == 1`, for the very array that goes into `evaluate`.
#
# (mistake-noise)=
# ### A curve that does not bend
#
# **The code.** How well does the network of the last section bear *salt-and-pepper noise*, which sets a share of the pixels to black or white?

# %%
from mnist_utils.distortions import salt_and_pepper

levels = np.linspace(0, 1, 6)
curve = []
for seed, level in enumerate(levels):
    noisy = salt_and_pepper(validation_images, 0.4, seed)
    curve.append(accuracy(network, noisy))
np.round(curve, 3)

# %% [markdown]
# **The symptom.** The same accuracy at all levels of noise. Even at 0, where there is none, and at 1, where there is nothing else.
#
# :::{admonition} Guess first: what is wrong?
# :class: dropdown
#
# The level in the call is 0.4, a remainder from the first trial, and not the variable of the loop. The small differences come from the seed.
# :::
#
# **The cost:** with `level` in its place,

# %%
mended = []
for seed, level in enumerate(levels):
    noisy = salt_and_pepper(validation_images, level, seed)
    mended.append(accuracy(network, noisy))
np.round(mended, 3)

# %%
claim("mistakes-noise-spread", max(curve) - min(curve), at_most=0.03,
      about="largest difference of accuracies on the false curve")

# %%
claim("mistakes-noise-fall", mended[0] - mended[-1], at_least=0.7,
      about="accuracy lost from no noise to nothing but noise")

# %% [markdown]
# The accuracy falls by {glue:text}`mistakes-noise-fall:.2f`, where the false curve varies by {glue:text}`mistakes-noise-spread:.3f`. In the solution in which we saw this, the flat curve was explained: the model was called robust.
#
# **The check** uses what you know without measuring. Before you plot a curve, say what its ends must be. Without noise it is the accuracy that you had; where nothing is left of the image it must be that of guessing.

# %%
ends = (bool(mended[0] == accuracy(network)), bool(abs(mended[-1] - 0.1) < 0.03))
claim("mistakes-noise-ends", ends, exactly=(True, True),
      about="whether both ends of the mended curve are as they must be")

# %% [markdown]
# ## Mistakes with the loss
#
# (mistake-softmax)=
# ### A loss that will not go below 1.46
#
# **The code.**

# %%
network = networks.dense((64, 64), seed=0)
network.add(keras.layers.Softmax())
final_loss = train(network, images, y_fit, epochs=2)
claim("mistakes-double-loss", final_loss, between=(1.47, 1.8),
      about="loss in the second epoch")

# %%
claim("mistakes-usual-loss", usual_loss, between=(0.15, 0.35),
      about="the same without the second line, from the section on an enormous loss")

# %%
claim("mistakes-double-accuracy", accuracy(network), between=(0.7, 0.94),
      about="validation accuracy after the second epoch")

# %% [markdown]
# **The symptom.** The loss creeps. In the second epoch it is {glue:text}`mistakes-double-loss:.2f`, where it had been {glue:text}`mistakes-usual-loss:.2f` at this time without the second line; and however long you train, it stays above 1.46. The accuracy, {glue:text}`mistakes-double-accuracy:.3f`, does not look that bad.
#
# :::{admonition} Guess first: what is wrong?
# :class: dropdown
#
# `networks.dense` ends in softmax already. The second softmax gets ten probabilities for its logits, numbers between 0 and 1. Their differences are at most 1, so the largest probability that can come out is
#
# $$
# \frac{e^1}{e^1 + 9 e^0} = 0.232 ,
# $$
#
# and the smallest loss $-\log 0.232 = 1.461$. {ref}`ex-double-softmax` has derived it. The gradient has to pass two softmaxes, and the more certain the first becomes, the less of it gets through.
# :::

# %%
claim("mistakes-double-cost", right_score - accuracy(network), between=(0.01, 0.3),
      about="validation accuracy that the second softmax costs after two epochs")

# %% [markdown]
# **The cost**: {glue:text}`mistakes-double-cost:.3f` of accuracy after two epochs, probabilities that mean nothing, and with them every decision that needs more than the first place.
#
# **A trap, and who catches it.** The classical way to get two softmaxes is a network that ends in softmax, together with `from_logits=True` in the loss. Keras's TensorFlow backend catches this one; it warns, and takes the logits from before the softmax:

# %%
import warnings

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    network = networks.dense((64, 64), seed=0)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    train(network, images[:1280], y_fit[:1280], loss)
claim("mistakes-logits-warned", any("from_logits" in str(w.message) for w in caught),
      exactly=True, about="whether Keras warns of from_logits=True on a softmax")

# %% [markdown]
# Do not rely on it. {ref}`logits-or-probabilities` has shown how one harmless layer hides the softmax from Keras, and other backends do not look.
#
# **The check**: after a few epochs, `assert loss < 1.46` for the loss on the training images. It catches both forms. (The largest probability of an easy image, which must come near 1, catches only a second softmax that is part of the network; one that sits in the loss does not show in what `predict` returns.)
#
# (mistake-labels)=
# ### Ten outputs that all say the same
#
# **The code.** Five combinations of loss and labels. Which of them can work?

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
# :::{admonition} Guess first: which train, which are refused, and which train silently on a wrong question?
# :class: dropdown
#
# The first is right. The second and the third do not fit together: a loss for one-hot rows gets integers, one for integers gets rows. The fourth treats the ten outputs as ten separate questions with yes or no for an answer. It works, but the loss is a mean over ten questions, of which nine are easy, so that its gradient is smaller. The fifth compares each of ten probabilities with a number like 7.
# :::

# %% tags=["remove-stderr"]
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
# Two are refused, because Keras compares the shapes. Be glad about an error; it is the cheapest outcome of a mistake. The fourth trains, more slowly. And the last one?

# %%
probabilities = network.predict(validation_images, batch_size=1000, verbose=0)
claim("mistakes-labels-constant", np.abs(probabilities - 0.1).mean(), at_most=0.04,
      about="mean distance of its probabilities from 0.1")

# %% [markdown]
# It has learned to answer with ten probabilities near 0.1, whatever the image; on average they are {glue:text}`mistakes-labels-constant:.3f` away from it. No error, no warning. Here is why. A column of shape $(n, 1)$ beside predictions of shape $(n, 10)$ is *broadcast*, as NumPy does it: each of the ten outputs is asked to be the digit $c$. The loss of an image is $\frac{1}{10} \sum_i (p_i - c)^2$. As the $p_i$ have the sum 1, that is $\frac{1}{10} \sum_i p_i^2 - \frac{2c}{10} + c^2$, and the only thing that the network can influence is $\sum_i p_i^2$, which is smallest when all $p_i$ are 0.1. The best answer to this question contains nothing about the image.
#
# **The check**: `assert labels.shape[1:] == network.output_shape[1:]` for losses on rows. And a look at predictions: ten equal numbers for every image are the signature of a network that is not being asked about the image.
#
# ## Mistakes with the results
#
# The last four mistakes happen after all networks have been trained. The first two we make with the results of the study `hinton-assignment`: five factors, three replicates.
#
# (mistake-bars)=
# ### Bars that leave the plot
#
# **The code.** Bars of accuracies, and in place of the standard deviation (shortened from the original submission):

# %% mystnb={"figure": {"name": "fig-mistakes-bars", "caption": "The same five mean accuracies twice. Left, in the manner of the original submission. Right, with standard deviations over three replicates, on an axis that shows them."}, "image": {"alt": "On the left five bars of practically equal height near 0.98, with error bars from 0.91 to 1.05 that reach beyond an accuracy of 1. On the right five dots between 0.978 and 0.982 with error bars of a thousandth or less for the small factors and several thousandths for the large ones."}}
final = results.load("hinton-assignment").query("split == 'test' and epoch == 40")
spreads = results.summarize(final, by=["factor"])
bars = final.groupby("factor")["loss"].mean()
names = [f"{factor:g}" for factor in spreads.index]
figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3))
left.bar(names, spreads["mean"], yerr=bars, capsize=4)
left.set(xlabel="factor", ylabel="test accuracy", ylim=(0, 1.15))
right.errorbar(names, spreads["mean"], yerr=spreads["sd"], fmt="o", capsize=4)
right.set(xlabel="factor");

# %% [markdown]
# **The symptom** is in the left half of {numref}`fig-mistakes-bars`: error bars that reach above an accuracy of 1, where nothing can be.
#
# :::{admonition} Guess first: what is wrong?
# :class: dropdown
#
# The losses were given as `yerr`. The loss is another quantity, with another unit; drawn at an accuracy it says nothing about how far the accuracy may vary. There was one run for each factor, so there was no standard deviation to draw.
# :::
#
# **The cost:**

# %%
claim("mistakes-bars-least", (bars / spreads["sd"]).min(), between=(3, 100),
      about="length of a false bar relative to the right one, least of five factors")

# %%
claim("mistakes-bars-most", (bars / spreads["sd"]).max(), between=(30, 500),
      about="the same, most of five factors")

# %% [markdown]
# The false bars are {glue:text}`mistakes-bars-least:.0f` to {glue:text}`mistakes-bars-most:.0f` times too long (and a single run would have had none at all). Whoever believes them sees no difference between any two of these factors. **The check**: a bar is computed from the column that is drawn, and the caption says of what it is the spread, over how many runs.
#
# (mistake-window)=
# ### Fifteen means of five settings
#
# **The code.** Fifteen accuracies in a list, three for each factor, one factor after the other. To get the five means, somebody wrote:

# %%
scores = final.sort_values(["factor", "seed"])["accuracy"].to_list()

means = []
for i in range(len(scores)):
    means.append(np.mean(scores[i : i + 3]))
    i = i + 3
claim("mistakes-window-count", len(means), exactly=15, about="means in the list")

# %% [markdown]
# **The symptom.** There are {glue:text}`mistakes-window-count:d` means where there should be five. It was not noticed, because `zip(factors, means)` takes the first five and is silent about the rest.
#
# :::{admonition} Guess first: what is wrong?
# :class: dropdown
#
# `i = i + 3` has no effect on the loop. In Python, `for` takes the next value from `range` at the start of each round, whatever has become of the variable. (In C the assignment does take effect, and this may be where the habit comes from, though there it would step by four.) So the windows are `scores[0:3]`, `scores[1:4]`, `scores[2:5]`, ...: the mean for the second factor is made of two replicates of the first one and one of the second.
# :::
#
# **The cost:** side by side with the right means,

# %%
right = final.groupby("factor")["accuracy"].mean()
compared = right.rename("right").to_frame().assign(false=means[:5])
compared.round(4)

# %%
gap = (compared["false"] - compared["right"]).abs().max()
claim("mistakes-window-range", right.max() - right.min(), between=(0.0005, 0.01),
      about="largest difference between two of the right means")

# %%
claim("mistakes-window-gap", gap, between=(0.0005, 0.01),
      about="largest error of a mean over overlapping windows")

# %% [markdown]
# Of the fifteen networks, the false means have used the first seven, which belong to three factors. The errors reach {glue:text}`mistakes-window-gap:.4f`, where the right means differ by {glue:text}`mistakes-window-range:.4f` at most: what one sees in such a table is made by the mistake.
#
# **The mend**: `for i in range(0, len(scores), 3)`; better, do not compute with positions at all, and let the table know which factor a number belongs to, as `groupby` does. **The check**: `zip(factors, means, strict=True)` raises an error when the lengths differ.
#
# (mistake-best-epoch)=
# ### The best of many epochs
#
# **The code.** `max(log.history["val_accuracy"])`, with the test set for `validation_data`.
#
# **The symptom.** None. This is what makes it dangerous. {ref}`hinton` has measured its cost for the 500-300 network; here it is for the 64-64 network:

# %%
small = results.load("dense").query("condition == 'assignment' and split == 'test'")
runs = small.pivot(index="epoch", columns="seed", values="accuracy")
claim("mistakes-best-epoch", (runs.max() - runs.loc[10]).mean(),
      between=(0.0001, 0.003),
      about="gained by the best of ten epochs over the last, mean of 10 seeds")

# %%
claim("mistakes-best-last", (runs.idxmax() == 10).sum(), between=(5, 10),
      about="runs of ten in which the last epoch was the best")

# %% [markdown]
# On average {glue:text}`mistakes-best-epoch:.4f` of accuracy, out of nothing. Here that is little: in {glue:text}`mistakes-best-last:d` of ten runs the last epoch was the best. It is more where the accuracy jumps from epoch to epoch, as with the two largest factors of {ref}`hinton`. **The mend**: report the last epoch, or choose the epoch on the validation images and report the test accuracy of *that* epoch, however it turns out. **The check** is the next one, since both are the same mistake.
#
# (mistake-test-set)=
# ### The test set for every choice
#
# **The code.** `validation_data=(x_test, y_test)`, and then everything is chosen by `val_accuracy`.
#
# **The symptom.** None again. What it does can be seen in the study `hinton-validation`, 50 networks of 40 epochs with the accuracy of each on validation and on test images. Suppose that we hand in the best network. Which one is that, by the validation images and by the test set?

# %%
last = results.load("hinton-validation").query("epoch == 40")
tried = last.pivot(index=["factor", "seed"], columns="split", values="accuracy")
tried = tried[["validation", "test"]]
by_validation, by_test = (tried.loc[tried[s].idxmax()] for s in ("validation", "test"))
pd.DataFrame({"best on validation": by_validation, "best on test": by_test}).round(4)

# %%
claim("mistakes-test-choice", by_test["test"] - by_validation["test"],
      between=(0.0005, 0.003),
      about="test accuracy gained by choosing on the test set")

# %%
above = by_test - tried.mean()
claim("mistakes-test-above", above["test"], between=(0.0005, 0.004),
      about="its test accuracy above the mean of all 50")

# %%
claim("mistakes-test-elsewhere", above["validation"], between=(-0.002, 0.001),
      about="its validation accuracy above the mean of all 50")

# %% [markdown]
# The network that the test set chooses has a test accuracy that is higher by {glue:text}`mistakes-test-choice:.4f` than that of the other. Is it a better network? On the test images it is {glue:text}`mistakes-test-above:.4f` above the mean of all 50. On the validation images, which had no part in that choice, the same difference is {glue:text}`mistakes-test-elsewhere:.4f`. Each of the two is the best by the images that chose it, and for the same reason: among 50 numbers, the largest is as a rule one that was lucky on those images. A number that made the choice is too good to be reported. In the first column this is the validation accuracy, and the test accuracy is left untouched, to be reported. In the second it is the test accuracy itself, and there is nothing left that one could report as such.
#
# **The check** is a habit, and it can be made mechanical: load the test images in the last cell of the notebook and nowhere before. What is not there cannot be looked at.
#
# ## Checks worth having
#
# | what you see | what it may be | a check that costs a line |
# | :--- | :--- | :--- |
# | accuracy far below that of others, training slow | pixels on another scale | `assert images.min() == 0 and images.max() == 1` before each `fit`; a function that refuses what was converted before |
# | each replicate better than the last | the network is made outside the loop | its loss before training is near $\log 10$; `count_params()` is what you counted |
# | a factor without effect | `activity_regularizer` | `len(network.losses)` before any image |
# | `count_params()` fails | `keras.Input` dropped | count before you train |
# | accuracy 0.1, loss 2.3 | images and labels out of step; pixels too dark or too bright; all units dead | the nearest mean; draw digits with labels; smallest and largest pixel; count the units that are 0 for all images |
# | good accuracy, enormous loss | one set on another scale | look at both numbers |
# | a flat curve | a constant where the variable should be | say what the ends must be |
# | loss stuck above 1.46 | two softmaxes | the training loss falls below 1.46 |
# | the same answer for all images | loss and labels do not match, or a dead network | look at ten predictions |
# | error bars beyond what is possible | another quantity in `yerr` | meaning and number of runs in the caption |
# | more results than settings | a loop that steps differently than it seems | `zip(..., strict=True)` |
# | a result slightly too good | the best epoch; the test set used for a choice | test images only in the last cell |
#
# One check is above all others, and needs no code: **know beforehand what should come out.** Whoever expects a larger network to beat 0.97 will not write a paragraph about 0.57. They will look for the mistake.
#
# ## Exercises
#
# ```{exercise} Run it again
# :label: ex-idempotent
#
# How many of these six cells leave everything as it was when they are run a second time, directly after the first? `raw` is what `load_mnist` has returned, `labels` are integers, `network` is compiled.
#
# 1. `images = images / 255`
# 2. `images = preprocess(raw)`
# 3. `np.random.default_rng(0).shuffle(images)`
# 4. `network.fit(images, labels)`
# 5. `labels_one_hot = one_hot(labels)`
# 6. `scores.append(0.98)`
# ```

# %%
from mnist_utils.claims import check_answer

answer = None
check_answer("idempotent-cells", answer, "aa479e55")

# %% [markdown]
# ````{solution-start} ex-idempotent
# :class: dropdown
# ````
#
# Two: the second and the fifth. They compute a new value from something that they do not change. The others read what they write. The third is the treacherous one. The seed makes the *order* the same each time, and the second run applies this order to images that are no longer in their first one.

# %% tags=["nbval-check-output"]
check_answer("idempotent-cells", 2, "aa479e55")

# %% [markdown]
# ````{solution-end}
# ````
#
# ```{exercise} The same number three times
# :label: ex-same-number
#
# A notebook reports a test accuracy of 0.1135 for adam, for SGD, and for RMSprop. The author concludes that the three optimizers are equally good. Which digit does each of these networks answer for every image? `y_test` holds the labels of the test set.
# ```

# %%
answer = None
check_answer("constant-answer", answer, "a369f3c5")

# %% [markdown]
# ````{solution-start} ex-same-number
# :class: dropdown
# ````
#
# A network that gives every image the same answer has an accuracy equal to the share of that digit.

# %% tags=["nbval-check-output"]
shares = np.bincount(y_test) / len(y_test)
check_answer("constant-answer", int(np.flatnonzero(shares == 0.1135)[0]), "a369f3c5")

# %% [markdown]
# An accuracy that agrees to four digits between different trainings is a symptom in itself. Trainings are not that reproducible.
#
# ````{solution-end}
# ````
#
# ```{exercise} The same floor for more classes
# :label: ex-floor
#
# Somebody classifies 100 kinds of plants with a network that ends in two softmaxes. Below which value will the loss never fall? Give it to two decimals.
# ```

# %%
answer = None
check_answer("softmax-floor", answer, "a050392a", decimals=2)

# %% [markdown]
# ````{solution-start} ex-floor
# :class: dropdown
# ````
#
# The second softmax gets probabilities. It does best with a 1 for the right class and 0 for the other 99, and answers $e / (e + 99)$.

# %% tags=["nbval-check-output"]
check_answer("softmax-floor", round(np.log(1 + 99 / np.e), 2), "a050392a", decimals=2)


# %% [markdown]
# That is only one below $\log 100 = 4.61$, the loss of somebody who knows nothing. The more classes, the less such a network can say.
#
# ````{solution-end}
# ````
#
# ```{exercise} A check for pixels
# :label: ex-pixel-check
#
# Write `scale_of(images)`, which says in one word on which scale images are: "raw" (0 to 255), "once" (divided by 255 once), or "twice". It may use nothing but the pixels. The cell tries it on 100 images in each of the three ways, and on the same images with every pixel of 30 or more removed, so that little but black is left.
# ```

# %%
def scale_of(images):
    return "once"  # put your lines here

raw = x_train[:100].astype("float32")
faint = raw * (raw < 30)
found = [scale_of(x / 255.0**n) for x in (raw, faint) for n in (0, 1, 2)]
right = found == ["raw", "once", "twice"] * 2
print("Right." if right else f"Not right yet: {found}")


# %% [markdown]
# ````{solution-start} ex-pixel-check
# :class: dropdown
# ````
#
# The largest pixel is not enough, since it may be small in dark images. But raw pixels are whole numbers, and the smallest that is not 0 is at least 1. Divided once it is at least 1/255 and, unless all ink is white, less than 1; divided twice it is, with the same exception, less than 1/255. (Of an image without any ink, nothing can be told.)

# %% tags=["nbval-check-output"]
def scale_of(images):
    smallest = images[images > 0].min()
    if smallest > 0.99:
        return "raw"
    return "once" if smallest > 0.99 / 255 else "twice"

found = [scale_of(x / 255.0**n) for x in (raw, faint) for n in (0, 1, 2)]
right = found == ["raw", "once", "twice"] * 2
print("Right." if right else f"Not right yet: {found}")

# %% [markdown]
# ````{solution-end}
# ````
#
# ```{exercise} Your own museum (open-ended)
# :label: ex-museum
#
# Take a notebook of yours that trains a network, or one from the web. Restart it, run it from top to bottom, and compare every number with the text. Then choose one mistake of this chapter, put it in on purpose, and give the notebook to somebody else. How long do they take, and which check would have told them at once?
# ```
#
# ````{solution-start} ex-museum
# :class: dropdown
# ````
#
# There is no single answer. Two things to watch: does the first run from top to bottom give all numbers of the text? And who finds the mistake sooner, the person who looks at data and predictions, or the one who reads the code?
#
# ````{solution-end}
# ````
#
# ## Summary
#
# - A mistake in a training program rarely stops it. It shows in a symptom, and often only to somebody who knew beforehand what should come out.
# - The original submission's figures are reproduced in their pattern by pixels that were divided by 255 twice, together with the loop that goes on training one network. Alone, the loop leaves the mean accuracy at {glue:text}`forensic-stacked-once:.3f` or above, and dark pixels make it fall from factor to factor. That this is what happened is not proved.
# - A fault that is in plain sight is a suspect, no more. Let it do it again, alone and together with others, and compare *all* of the figures.
# - Cells that change their data in place, networks that are made outside of loops, and variables that survive from an earlier trial have one cause in common: state that is carried along. Functions that return something new do not carry any.
# - Accuracy alone hides much. Validation images that were left 255 times too large cost {glue:text}`mistakes-raw-cost:.4f` of accuracy, and made the loss {glue:text}`mistakes-raw-ratio:.0f` times as large.
# - An error is the cheapest outcome of a mistake. Write checks that raise one.
# - What was chosen by a number cannot be judged by that number.
#
# ## Further reading
#
# - How machine-learning studies in seventeen fields went wrong by leakage, with a list of its kinds: {cite:t}`kapoor2023`.
# - Notebooks, and how often they run again: {cite:t}`pimentel2019` tried over a million.
# - A recipe for training networks that consists mostly of checks: {cite:t}`karpathy2019`.
