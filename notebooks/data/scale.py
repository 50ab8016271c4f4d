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
# # Why the scale of the pixels matters
#
# > **In short**
# >
# > The same network, trained for one epoch with the learning rate 0.1, reached a validation accuracy of 90.9% on average over three seeds with pixels divided by 255, but at best 11.2% with raw pixels and 11.2% with pixels divided twice: about what one constant answer gets. Raw pixels make the first step of the first layer's weights 439 times as long as scaled ones do (median of five untrained networks); dividing twice makes it shorter by a factor of 262. Raw pixels are not impossible to learn: with a smaller learning rate, chosen for them, they reached 74.0% (mean of two seeds). A cell that divides in place divides again when it is run again, so let a function return a new array instead.
# >
# > *Read before*: [Float32, division by 255, one-hot labels](types_and_labels.ipynb).
#
# Division by 255 leaves the picture the same. Then why should a network care? We train one with and without it.
#
# A few words in advance, which later lessons treat in full. A network turns pixels into ten probabilities by multiplying and adding with adjustable numbers, its weights and biases. They are arranged in layers of units; layers between input and output are hidden, and there, in our networks, a unit puts out its sum if that is positive, and 0 if it is not. The loss says how wrong the probabilities are, and its gradient how the loss changes with each weight. A training step takes a batch of images, here 128, and moves each weight against its gradient, multiplied by a learning rate; this is stochastic gradient descent, SGD. One pass over all training images is an epoch.
#
# ## Three scales
#
# The network has two hidden layers of 64 units, as in the assignment. It trains for one epoch on 50,000 of the training images. Accuracy is measured on the other 10,000, which [Three sets of images, and why](sets.ipynb) calls validation images.

# %% tags=["remove-stderr"]
import keras
import numpy as np
import pandas as pd

from mnist_utils import networks
from mnist_utils.dataset import load_mnist, split

(x_train, y_train), _ = load_mnist()
(x_fit, y_fit), (x_validation, y_validation) = split(x_train, y_train)

# %% [markdown]
# `compile` tells a network with which optimizer, the rule that changes the weights, and with which loss it will be trained; `fit` then trains it, `evaluate` measures it, and `predict` returns its outputs: here SGD, and the loss for integer labels. We compile one network and use it for all trainings, which saves Keras preparing the first step each time. `steps_per_execution=50` hands fifty batches at a time to TensorFlow, which saves the pauses between them and changes no result.

# %%
network = networks.dense((64, 64))
network.compile(
    keras.optimizers.SGD(),
    loss="sparse_categorical_crossentropy",
    metrics=["accuracy"],
    steps_per_execution=50,
)


# %% [markdown]
# The function below multiplies the pixels by a factor, trains, and returns the accuracy, the second of the two numbers that `evaluate` returns. The seed fixes the initial weights and the order of the images, so that only the factor differs between two calls. `set_weights` is what makes each call a new training: without it the network would go on with what the last call has taught it. (Weights are all that plain SGD takes from one step to the next. An optimizer with a memory, such as adam, would have to be made anew, too.)

# %%
def train_scaled(factor, seed, learning_rate=0.1):
    keras.utils.set_random_seed(seed)
    network.set_weights(networks.dense((64, 64), seed=seed).get_weights())
    network.optimizer.learning_rate = learning_rate
    scaled, scaled_validation = x_fit * factor, x_validation * factor
    network.fit(scaled, y_fit, batch_size=128, epochs=1, verbose=0)
    return network.evaluate(scaled_validation, y_validation, 1000, verbose=0)[1]


# %% [markdown]
# We compare raw pixels (0 to 255), pixels divided by 255 (0 to 1), and pixels divided by 255 twice (0 to 1/255), with the same three seeds each, so that each row holds one seed. `np.float32` keeps the products in that type.

# %%
factors = {"raw": 1, "divided once": 1 / 255, "divided twice": 1 / 255**2}
accuracies = pd.DataFrame(
    {name: [train_scaled(np.float32(factor), seed) for seed in range(3)]
     for name, factor in factors.items()}
).rename_axis("seed")
accuracies.round(4)

# %% [markdown]
# The same network, the same images, the same number of steps, and a gulf between the middle column and the two others: 90.9% on average, against at best 11.2% and 11.2%. These are near the share of ones, which [What the MNIST files hold](files.ipynb) told us to remember. The two failures look alike from outside; inside the network they differ.

# %% tags=["hide-cell"]
# checks
from mnist_utils.claims import claim

claim("raw-accuracy", accuracies["raw"].max(), trained=True,
      about="best of 3 validation accuracies after one epoch of 64-64 on raw pixels")
claim("scaled-accuracy", accuracies["divided once"].mean(), trained=True,
      about="mean of 3 validation accuracies after one epoch of 64-64 on pixels / 255")
claim("twice-accuracy", accuracies["divided twice"].max(), trained=True,
      about="best of 3 validation accuracies after one epoch of 64-64 on pixels / 255 "
      "/ 255")

# %% [markdown]
# ## Raw: the steps are too long
#
# A weight of the first layer changes in each step by the learning rate times its gradient, and its gradient contains the pixel that it is multiplied by as a factor. So pixels that are 255 times as large give gradients, and steps, that are some hundreds of times as large. We measure the length of the first layer's gradient, the root of the sum of its squares, on the first 128 images, before any training. `tf.GradientTape` records a computation and then returns gradients of its result.

# %%
import tensorflow as tf
from keras.losses import sparse_categorical_crossentropy

def first_gradient(factor, seed):
    fresh = networks.dense((64, 64), seed=seed)
    images = x_fit[:128].astype("float32") * factor
    with tf.GradientTape() as tape:
        losses = sparse_categorical_crossentropy(y_fit[:128], fresh(images))
        loss = tf.reduce_mean(losses)
    return float(tf.norm(tape.gradient(loss, fresh.trainable_weights[0])))


# %%
lengths = pd.DataFrame(
    {name: [first_gradient(factor, seed) for seed in range(5)]
     for name, factor in factors.items()}
).rename_axis("seed")
lengths.map("{:.4g}".format)

# %% [markdown]
# Neighboring columns of one seed differ by factors in the hundreds. In the median of the five seeds, the first step on raw pixels is 439 times as long as on scaled ones. (It is not 255 times, because the predicted probabilities, on which the gradient also depends, change with the pixels as well.) And in the sums of the first layer the changed weight is multiplied by the large pixel again.

# %% tags=["hide-cell"]
# checks
once, twice = lengths["divided once"], lengths["divided twice"]
claim("gradient-ratio", (lengths["raw"] / once).median(), data=438.9,
      about="length of an untrained 64-64 network's first-layer gradient, raw pixels "
      "to pixels / 255, median of 5 seeds")
claim("gradient-ratio-twice", (once / twice).median(), data=262.2,
      about="length of an untrained 64-64 network's first-layer gradient, pixels "
      "divided once to twice, median of 5 seeds")

# %% [markdown]
# What do such steps leave behind? A unit whose sum is negative puts out 0. One that puts out 0 for **every** image is called a *dead unit*: it tells the next layer nothing, and passes no gradient to the layers before. We train with the first of the seeds again, and count the dead units of the second hidden layer, on the images that the network was trained on.

# %%
train_scaled(np.float32(1), seed=0)
# network.layers[0] is Flatten, which has no units.
second_hidden = keras.Model(network.inputs, network.layers[2].output)
activations = second_hidden.predict(x_fit.astype("float32"), batch_size=1000, verbose=0)
dead = int((activations == 0).all(axis=0).sum())
dead

# %% [markdown]
# In this run 63 of 64 units are dead, so the picture hardly reaches the last layer. What the bias of the last layer can still learn is how frequent each digit is. [Silent units, work and memory](../network/silent_units.ipynb) looks closer at how units die.
#
# ## A smaller learning rate helps
#
# If the steps are too long, shorter ones should help. We try five learning rates, with one seed.

# %%
rates = [0.01, 0.003, 0.001, 0.0003, 0.0001]
tried = [train_scaled(np.float32(1), seed=0, learning_rate=rate) for rate in rates]
pd.DataFrame({"learning rate": rates, "validation accuracy": tried}).round(4)

# %% [markdown]
# They do help. The best of five is partly luck, so we measure its learning rate again with the two seeds that did not take part in the choice.

# %%
best_rate = rates[np.argmax(tried)]
rescued = [train_scaled(np.float32(1), seed, best_rate) for seed in (1, 2)]
best_rate, np.round(rescued, 4)

# %% [markdown]
# So raw pixels do not make learning impossible: 74.0% on average over the two seeds. They take a learning rate that was found for them, and this one still ends the epoch behind the scaled pixels. Whether a finer search would close the gap, this does not tell. There is a reason to doubt it: Keras by default draws initial weights so that the sums of each layer keep roughly the size of its inputs (Glorot and Bengio, 2010), and with raw pixels these sums start out large, whatever the rate. Exercise 3.1 finds another.

# %% tags=["hide-cell"]
# checks
claim("dead-after-raw", dead, trained=True,
      about="dead units of 64 in the second hidden layer after one epoch on raw "
      "pixels, one seed")
claim("raw-accuracy-rescued", np.mean(rescued), trained=True,
      about="mean of 2 validation accuracies after one epoch on raw pixels, at the "
      "best of 5 smaller rates")

# %% [markdown]
# ## Divided twice: the steps are short
#
# The opposite mistake makes the pixels so small that the first layer's output hardly depends on the picture. The gradient of its weights shrinks with them: in the table of lengths above, the first step is shorter by a factor of 262, in the median. The biases are multiplied by no pixel, but all that they can tell is how frequent each digit is. One epoch was not enough to leave this start, with any of the three seeds. But dividing twice makes learning late, not impossible: in the book's stored trainings of a larger network, all three seeds had left it after 40 epochs at the rate 0.1, with the tiny penalty that [Float32, division by 255, one-hot labels](types_and_labels.ipynb) mentions. How far they came is a question of [The case of the low figures](../mistakes/low_figures.ipynb), where you guess first. (Whether a larger rate would make up for the scale was not tried.)

# %% tags=["hide-cell"]
# checks
from mnist_utils import results

dark = results.load("forensic").query(
    "condition == 'fresh, divided twice' and split == 'train' and factor == 1e-6"
)
at_forty = dark[dark["epoch"] == 40]["accuracy"]
claim("twice-forty", bool(at_forty.min() > 0.2), stored=True,
      about="each of 3 networks of 300-500 units reads more than a fifth of its "
      "training images after 40 epochs on pixels / 255 / 255")

# %% [markdown]
# How does anyone divide twice? With a cell that changes its data in place, and is run again. The assignment's notebook has one.

# %% tags=["nbval-check-output"]
images = x_train[:100].astype("float32")
for run in (1, 2):
    images /= 255
    print(f"after run {run} of the cell: largest pixel {images.max():.6f}")

# %% [markdown]
# Nothing warns you; the images even look the same when matplotlib's `imshow` draws them, because it stretches the smallest and largest value of an image to both ends of its color map, black and white in this book, unless told otherwise. A cell that leaves everything as it was when it is run a second time is called *idempotent*; this one is not. The remedy is a function that leaves its argument alone, returns a new array, and refuses input that was converted before.

# %% tags=["nbval-check-output"]
from mnist_utils.dataset import preprocess

try:
    preprocess(preprocess(x_train[:100]))
except ValueError as error:
    print(error)

# %% [markdown]
# Did this happen to the original submission? [The case of the low figures](../mistakes/low_figures.ipynb) follows the traces.
#
# ## Exercises
#
# > **Exercise 3.1** (Undoing the scale)
# >
# > Take a weight $w$ of the first layer, which is multiplied by a pixel $x$. If the pixels become 255 times as large, dividing the weight by 255 leaves every product $wx$, and so the whole network, as it was. Suppose that we start from such weights. By which number must the learning rate of the first layer's weights be divided, so that all products $wx$ also stay the same after a step of SGD?

# %%
from mnist_utils.claims import check_answer

answer = None
check_answer("undo-scale", answer, "45d03c2b")

# %% [markdown]
# <details><summary>Solution of Exercise 3.1</summary>
#
# The gradient with respect to the weight contains the pixel as a factor, so it becomes 255 times as large. The weight itself is 255 times as small, and so must be its step. Both together make $255 \cdot 255$.
#
# </details>

# %% tags=["nbval-check-output"]
# solution
check_answer("undo-scale", 255 * 255, "45d03c2b")

# %% [markdown]
# <details><summary>Solution of Exercise 3.1, continued</summary>
#
# But the biases of the same layer, and all later layers, see no pixel, and need the old rate. No single learning rate makes training on raw pixels the same as training on scaled ones.
#
# </details>
#
# > **Exercise 3.2** (Standardized pixels, open-ended)
# >
# > Many recipes subtract the mean of all pixels and divide by their standard deviation instead of dividing by 255. Compare the two with `train_scaled` rewritten to take a function of the images, over at least five seeds. From which images must mean and standard deviation be computed? Is the difference larger than the spread between seeds?
#
# <details><summary>Solution of Exercise 3.2</summary>
#
# Mean and standard deviation come from `x_fit` alone; anything else would let the validation images take part in the training. There is no single right figure here. A good answer shows both means with their spreads, says that it compared on validation images, and notices that the standardized pixels have a larger spread, which by itself makes the first layer's gradient longer, as a larger learning rate would its steps. To separate the two, try several learning rates with each scaling.
#
# </details>
#
# ## Further reading
#
# How initial weights are chosen so that signals keep their size from layer to layer: Glorot and Bengio (2010).

# %% [markdown]
# ## Quiz
#
# Choose an answer in your mind, then open it.
#
# **1.** A dense network gets raw pixels (0 to 255) in place of pixels divided by 255, with the same weights. Why does its first step of the first layer's weights become some hundreds of times as long?
#
# <details><summary>The loss is a sum over all pixels and grows with them.</summary>
#
# **No.** The loss compares ten probabilities with a label; no sum over pixels is in it. The pixels enter through the chain rule.
#
# </details>
#
# <details><summary>The gradient of such a weight contains its pixel as a factor.</summary>
#
# **Right.** The weight is multiplied by the pixel, so its derivative is a product with that pixel. In the next step the changed weight meets the large pixel again.
#
# </details>
#
# <details><summary>The optimizer fits the learning rate to the scale of its input.</summary>
#
# **No.** SGD multiplies every gradient by the same fixed learning rate and knows nothing of the input. It is the gradient that has grown.
#
# </details>
#
# **2.** Pixels that were divided by 255 twice lie between 0 and 1/255. Drawn with matplotlib's `imshow` in gray, without limits, a digit looks as it always did. Why?
#
# <details><summary>The smallest and largest value become black and white.</summary>
#
# **Right.** Without limits, `imshow` stretches whatever range an image has, so that looking does not reveal the scale. Printing the largest pixel does.
#
# </details>
#
# <details><summary>Numbers between 0 and 1 are multiplied by 255 before drawing.</summary>
#
# **No.** Then pixels up to 1/255 would become at most 1 of 255, and the picture would be black. `imshow` goes by the range that it finds.
#
# </details>
#
# <details><summary>A factor of 255 is too small for the eye to notice on a screen.</summary>
#
# **No.** With a fixed range from 0 to 1, a digit that is 255 times too dark would be invisible. It is the stretching that hides the factor.
#
# </details>
#
# **3.** On pixels that are 255 times too small, trained by SGD with the usual rate, what does a dense network learn first?
#
# <details><summary>The shapes of the digits, though only in its first layer.</summary>
#
# **No.** The first layer's weights are multiplied by the pixels, so their gradients have shrunk with them. They learn later than the rest.
#
# </details>
#
# <details><summary>Nothing, since every gradient in the network is 0.</summary>
#
# **No.** Small is not zero: the weights of the first layer still have gradients, and those of the last layer's biases, which no pixel multiplies, have their usual size.
#
# </details>
#
# <details><summary>How frequent each of the ten digits is, in the biases.</summary>
#
# **Right.** No pixel multiplies a bias, so the biases of the last layer learn at their usual speed. But they are the same for all images, so that frequencies are all they can tell.
#
# </details>
