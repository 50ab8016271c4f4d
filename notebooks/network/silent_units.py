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
# # Silent units, work and memory
#
# > **In short**
# >
# > A unit with ReLU is silent for an image if its sum is not positive: it outputs 0, and learns nothing from that image. After three epochs of the assignment's training, 33% of the hidden units were silent on average over the training images, and 0 of 128 were dead, silent for every one of them. Larger learning rates left more dead units: at 1.0 there were 28 among the 64 of the first layer. At the assignment's learning rate of 0.1 ReLU reached a validation accuracy of 94.2% and the sigmoid 86.3%; at the rate 2.0 the sigmoid reached 94.8%. All of these are single runs, and neither rate comes from a search. The network does 54,912 multiply-adds for an image, one for each weight, and its parameters take 220,200 bytes.
# >
# > *Read before*: [The network and its 55,050 parameters](parameters.ipynb).
#
# ReLU outputs 0 for negative sums, and its derivative there is 0, too. That sounds like a risk: could a network lose its units? We train the network of the assignment, and look.
#
# ## How many units are silent?
#
# The settings are those of the assignment, but for three epochs in place of ten and 50,000 training images in place of 60,000; the others are for validation. `train` takes the learning rate and the activation function, because we shall change both.

# %% tags=["remove-stderr"]
import keras

from mnist_utils import networks
from mnist_utils.dataset import load_mnist, preprocess, split

(x_train, y_train), _ = load_mnist()
(x_fit, y_fit), (x_validation, y_validation) = split(x_train, y_train)
x_fit, x_validation = preprocess(x_fit), preprocess(x_validation)


# %%
def train(learning_rate, activation="relu"):
    keras.utils.set_random_seed(1)
    network = networks.dense((64, 64), seed=1, activation=activation)
    optimizer = keras.optimizers.SGD(learning_rate)
    network.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"],
                    steps_per_execution=50)  # fifty at a time, which is quicker
    network.fit(x_fit, y_fit, batch_size=128, epochs=3, verbose=0)
    return network

trained = train(learning_rate=0.1)

# %% [markdown]
# Then we ask for the outputs of both hidden layers on all 50,000 training images. A unit with output 0 is called a *silent unit* for that image.

# %%
import numpy as np

def hidden_outputs(network):
    hidden = [network.layers[1].output, network.layers[2].output]
    return keras.Model(network.inputs, hidden).predict(x_fit, 1000, verbose=0)

both = np.hstack(hidden_outputs(trained))
is_silent = both == 0
is_silent.shape

# %% [markdown]
# One row for each image, one column for each of the 128 hidden units. The mean of a row is the share of units that are silent for one image. It differs from image to image:

# %% mystnb={"figure": {"name": "fig-silent-share", "caption": "Share of the 128 hidden units that are silent, for each of the 50,000 training images."}, "image": {"alt": "A histogram with one peak. For most images between a quarter and a half of the hidden units are silent."}}
import matplotlib.pyplot as plt

from mnist_utils import figures

fig, ax = plt.subplots(figsize=(7, 2.4))
ax.hist(is_silent.mean(axis=1), bins=np.arange(-0.5, 129) / 128)
ax.set(xlabel="share of silent units", ylabel="images", xlim=(0, 1));


# %% [markdown]
# *Fig. 6.1.* Share of the 128 hidden units that are silent, for each of the 50,000 training images.

# %% [markdown]
# On average over the images, 33% of the hidden units are silent, and Fig. 6.1 shows how that share varies. Other images silence other units, and a unit learns from those images for which it is not silent. So a silent unit is nothing to worry about. It is part of how the network tells images apart.
#
# ## How many are dead?
#
# By the chain rule, the gradient with respect to a weight $W_{ij}$ contains the factor $\phi'(z_j)$. A unit that is silent for **all** images therefore gets no gradient at all, and with plain gradient descent its weights stay as they are, whatever the learning rate. It is called dead. In the first hidden layer that is final, because its inputs, the pixels, never change. In the second layer the inputs do change while the first layer learns, so a silent unit can come back, though nothing drives it to. Maas et al. (2013) describe the effect.

# %%
def dead_units(network):
    return [int((outputs == 0).all(axis=0).sum())
            for outputs in hidden_outputs(network)]

dead_units(trained)

# %% [markdown]
# The first number is for the first hidden layer, the second for the second one. Together 0 of 128 units are dead in this run, so here dead units are no problem.

# %% tags=["hide-cell"]
# checks
from mnist_utils.claims import claim

claim("silent-share", is_silent.mean(), trained=True,
      about="share of pairs of training image and hidden unit with output 0, 64-64 "
      "network after 3 epochs")
claim("dead-units", is_silent.all(axis=0).sum(), trained=True,
      about="hidden units of 128 that are dead after 3 epochs at learning rate 0.1")

# %% [markdown]
# But a step that is too long can push the bias and weights of a unit so far down that no image lifts it above 0 again. After [training on raw pixels](../data/scale.ipynb), many were dead. Are there more with a larger learning rate?

# %%
import pandas as pd

def accuracy(network):
    return network.evaluate(x_validation, y_validation, 1000, verbose=0)[1]

rates = [0.1, 0.5, 1.0, 1.5]
trainings = [trained] + [train(rate) for rate in rates[1:]]
table = pd.DataFrame([dead_units(network) for network in trainings],
                     columns=["dead, first layer", "dead, second layer"])
table["validation accuracy"] = [accuracy(network) for network in trainings]
table.index = pd.Index(rates, name="learning rate")
table.round(4)

# %% [markdown]
# Read the table downwards. At 1.0 the first layer has lost 28 of its 64 units. At 1.5 the network ends at 10.4%. Each rate was run once, all from the same initial weights, so the trend is a hint, and the single figures less. Nor does the table say that the dead units cause the low accuracies; the long steps may do both. But when a network stops learning, or never starts, it is a quick check to count them.

# %% tags=["hide-cell"]
# checks
claim("dead-at-one", table.loc[1.0, "dead, first layer"], trained=True,
      about="dead units of 64 in the first layer of a 64-64 network after 3 epochs at "
      "learning rate 1")
claim("low-at-one-and-a-half", bool(table.loc[1.5, "validation accuracy"] < 0.5),
      trained=True,
      about="a 64-64 network reads fewer than half of the validation digits after 3 "
      "epochs at learning rate 1.5")
claim("accuracy-at-one-and-a-half", table.loc[1.5, "validation accuracy"], trained=True,
      about="validation accuracy of a 64-64 network after 3 epochs at learning rate "
      "1.5")

# %% [markdown]
# ## And the sigmoid?
#
# The sigmoid is never exactly 0, so none of its units is silent. The advantage of ReLU is usually seen in the gradient, since the derivative of the sigmoid is at most $1/4$. We give it the same initial weights, and two learning rates: the 0.1 of the assignment, and 2.0. Neither comes from a search.

# %%
same_rate, own_rate = train(0.1, "sigmoid"), train(2.0, "sigmoid")
accuracies = {"ReLU, 0.1": accuracy(trained), "sigmoid, 0.1": accuracy(same_rate),
              "sigmoid, 2.0": accuracy(own_rate)}
pd.Series(accuracies, name="validation accuracy").round(4)

# %% [markdown]
# At 0.1 the sigmoid stays at 86.3%, far behind the 94.2% of ReLU. At 2.0, beyond the rates in the table above, it reaches 94.8%. (ReLU at 0.5 had 95.6%.) So in these single runs, in a network of three layers, most of its disadvantage came from the learning rate. They do not show which of the two is better when each has its best rate, nor what happens in deeper networks, where more small factors are multiplied.

# %% tags=["hide-cell"]
# checks
claim("relu-three-epochs", accuracies["ReLU, 0.1"], trained=True,
      about="validation accuracy of a 64-64 network after 3 epochs with ReLU, "
      "learning rate 0.1")
claim("relu-at-half", table.loc[0.5, "validation accuracy"], trained=True,
      about="validation accuracy of a 64-64 network after 3 epochs with ReLU, "
      "learning rate 0.5")
claim("sigmoid-same-rate", accuracies["sigmoid, 0.1"], trained=True,
      about="validation accuracy of a 64-64 network after 3 epochs with sigmoid, "
      "learning rate 0.1")
claim("sigmoid-own-rate", accuracies["sigmoid, 2.0"], trained=True,
      about="validation accuracy of a 64-64 network after 3 epochs with sigmoid, "
      "learning rate 2")

# %% [markdown]
# ## Counting work and memory
#
# Whether silent or not, a unit costs the same: Keras multiplies by its weights all the same. The work of a network is counted in *multiply-adds*: one multiplication by a weight, and the addition that takes its product into the sum. The helper package counts them for each layer of a network, next to the parameters.

# %% tags=["nbval-check-output"]
from mnist_utils.counting import count

counts = count(trained).reset_index(drop=True)
counts

# %% [markdown]
# A dense layer does one multiply-add for each weight, so their number is that of the weights, without the biases: 54,912 for one image. In a dense network, the count of weights and the count of work are the same. In convolutional layers they part company: there, fewer parameters can go together with **more** work.
#
# Each parameter is a `float32` of 4 bytes, so storing the network takes 220,200 bytes, less than one photograph. Training takes more: a gradient for each parameter, and the outputs of every layer for each image of the batch, because the gradients are computed from them. For a batch of 128 images:

# %% tags=["nbval-check-output"]
outputs_per_image = 784 + 64 + 64 + 10
numbers = 2 * trained.count_params() + 128 * outputs_per_image
4 * numbers

# %% [markdown]
# These bytes stay under a megabyte; what TensorFlow needs for itself comes on top. The 50,000 training images alone, as `float32`, take about 157.

# %% tags=["hide-cell"]
# checks
claim("dense-multiply-adds", counts.multiply_adds.sum(), identity=54_912,
      about="multiply-adds of the 64-64 network for one image")
claim("dense-bytes", 4 * trained.count_params(), identity=220_200,
      about="bytes of the parameters of the 64-64 network as float32")

# %% [markdown]
# ## Exercises
#
# > **Exercise 6.1** (Weights that never move)
# >
# > A weight whose pixel is 0 in every training image gets no gradient, even if its unit is alive. How many weights of the first hidden layer does that concern, for the 50,000 images of `x_fit`?

# %%
from mnist_utils.claims import check_answer

answer = None
check_answer("frozen-weights", answer, "c367ca0c")

# %% [markdown]
# <details><summary>Solution of Exercise 6.1</summary>
#
# Each of the places without ink has 64 weights, one for each unit. About one weight in eleven of this layer is still what it was when it was drawn at random.
#
# </details>

# %% tags=["nbval-check-output"]
# solution
places = (x_fit == 0).all(axis=(0, 3)).sum()
check_answer("frozen-weights", places * 64, "c367ca0c")

# %% [markdown]
# <details><summary>Solution of Exercise 6.1, continued</summary>
#
# If such a place has ink in a new image, these random weights take part in the answer.
#
# </details>
#
# > **Exercise 6.2** (The work of a larger network)
# >
# > How many multiply-adds does a network with hidden layers of 500 and 300 units need for one image? Work it out on paper, then check.

# %%
answer = None
check_answer("hinton-multiply-adds", answer, "77fdf077")

# %% [markdown]
# <details><summary>Solution of Exercise 6.2</summary>
#
# $784 \cdot 500 + 500 \cdot 300 + 300 \cdot 10$, about ten times as many as the 64-64 network.
#
# </details>

# %% tags=["nbval-check-output"]
# solution
multiply_adds = count(networks.dense((500, 300))).multiply_adds.sum()
check_answer("hinton-multiply-adds", multiply_adds, "77fdf077")

# %% [markdown]
# > **Exercise 6.3** (Wide or deep, open-ended)
# >
# > Find three networks with about 55,000 parameters each: one hidden layer, two, and four. Train each with at least five seeds, and compare their validation accuracies. Is the difference between the networks larger than the spread between seeds? What do you conclude, and what would you have concluded from the first seed alone?
#
# <details><summary>Solution of Exercise 6.3</summary>
#
# One hidden layer of 69 units has 54,865 parameters; four layers of 57 units have 55,243. A good answer gives mean and standard deviation for each network, says that it measured on validation images, and trains all of them equally long. Compare the differences between the networks with the spread before you name a winner, look at how often the winner changes from seed to seed, and say that one learning rate need not suit all three.
#
# </details>
#
# ## Further reading
#
# Nair and Hinton (2010) made ReLU popular; Maas et al. (2013) compare it with variants that do not die.

# %% [markdown]
# ## Quiz
#
# Choose an answer in your mind, then open it.
#
# **1.** A hidden unit with ReLU is silent for two of three training images. What does that mean?
#
# <details><summary>It is dead for the training, and should be replaced.</summary>
#
# **No.** A dead unit is silent for every image. This one still learns from each image for which its sum is positive.
#
# </details>
#
# <details><summary>It is in order, and learns from the other images.</summary>
#
# **Right.** Other images silence other units, which is part of how a network tells images apart. Nothing has to be done.
#
# </details>
#
# <details><summary>It is too slow, and needs a larger learning rate.</summary>
#
# **No.** Silence is no sign of too small a rate. If anything, steps that are too long push units so far down that no image lifts them.
#
# </details>
#
# **2.** A unit of the first hidden layer has become dead: with ReLU it is silent for every training image. SGD goes on, without momentum or penalty. What becomes of the unit?
#
# <details><summary>A larger learning rate can lift it above 0 again.</summary>
#
# **No.** Its gradient is 0 for every image, and a larger rate times 0 is still 0. A larger rate can kill more units, not revive this one.
#
# </details>
#
# <details><summary>It comes back when the layers behind it have learned.</summary>
#
# **No.** The layers behind change what is done with its output, not its sum. Its inputs are the pixels, which never change.
#
# </details>
#
# <details><summary>It stays dead, since all its gradients are 0.</summary>
#
# **Right.** Its weights and bias are never moved again, and its inputs are fixed. In the second hidden layer the inputs do change, so there a return is possible.
#
# </details>
#
# **3.** For some image half of a hidden layer's units are silent. What does Keras save in the dense layer behind it?
#
# <details><summary>Half of the multiply-adds, as a product with 0 is 0.</summary>
#
# **No.** A person would skip these products. Keras computes one product of matrices, in which a 0 is multiplied like any other number.
#
# </details>
#
# <details><summary>Half of the memory, as their weights are not needed.</summary>
#
# **No.** For another image other units are silent, so every weight has to be kept. Its four bytes are stored in any case.
#
# </details>
#
# <details><summary>Nothing, as zeros are multiplied all the same.</summary>
#
# **Right.** The work of a dense layer is one multiply-add for each weight and each image, whatever the inputs are.
#
# </details>
