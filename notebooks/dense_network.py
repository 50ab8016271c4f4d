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
# (dense-network)=
# # The dense network
#
# :::{admonition} This chapter
# :class: tip chapter-box
#
# **Questions it answers**
# : How many layers has the network, and how many units each? What do Flatten, Dense, ReLU and softmax compute, and why these? How many parameters are there in all? Why 784 numbers in and 10 out? (The assignment's question 2.1.)
#
# **You need**
# : {ref}`preprocessing`; products of a vector and a matrix; what a derivative is.
#
# **Time**
# : 25 minutes to read, less than a minute to run.
# :::
#
# The network of the assignment is an input and four layers of Keras. This chapter rebuilds it from additions and multiplications, until every one of its 55,050 parameters is accounted for.

# %% tags=["remove-stderr"]
import keras
from keras import layers

keras.utils.set_random_seed(0)
network = keras.Sequential(
    [
        keras.Input((28, 28, 1)),
        layers.Flatten(),
        layers.Dense(64, activation="relu"),
        layers.Dense(64, activation="relu"),
        layers.Dense(10, activation="softmax"),
    ]
)

# %% [markdown]
# An image goes in at the top. Each layer takes the result of the one above and passes on its own. A *unit*, also called a neuron, computes one number of that result. How many layers are there? Keras lists four:

# %% tags=["nbval-check-output"]
[layer.__class__.__name__ for layer in network.layers]

# %% [markdown]
# The literature, as a rule, counts the layers that have weights: two *hidden* layers of 64 units and an *output* layer of 10 units, a network of three layers. `Flatten` has no units and no parameters, and computes nothing. Both counts are in use, so say which one you mean. {numref}`fig-network` shows what flows through the network.

# %% mystnb={"figure": {"name": "fig-network", "caption": "The network. Boxes are the numbers that flow through it for one image, arrows the layers that compute them, with their parameters."}, "image": {"alt": "Five boxes in a row joined by arrows. 28 by 28 pixels, then 784, 64, 64 and 10 numbers. The arrows read Flatten with 0 parameters, Dense and ReLU with 50,240, Dense and ReLU with 4,160, Dense and softmax with 650."}}
from mnist_utils import figures

boxes = ["28 × 28\npixels", "784", "64", "64", "10\nprobabilities"]
arrows = ["Flatten\n0", "Dense, ReLU\n50,240", "Dense, ReLU\n4,160"]
arrows.append("Dense, softmax\n650")
figure, axes = figures.draw_flow(boxes, arrows)

# %% [markdown]
# ## Flatten: the same numbers in a row
#
# A dense layer takes a row of numbers, and an image is a square of them. `Flatten` writes the rows of the image one after the other.

# %% tags=["nbval-check-output"]
import numpy as np

from mnist_utils.dataset import load_mnist, preprocess, split

(x_train, y_train), _ = load_mnist()
(x_fit, y_fit), (x_validation, y_validation) = split(x_train, y_train)
x_fit, x_validation = preprocess(x_fit), preprocess(x_validation)
flat = np.array(layers.Flatten()(x_validation[:5]))
flat.shape, np.array_equal(flat, x_validation[:5].reshape(5, 784))

# %% [markdown]
# Nothing is lost: `reshape` brings the square back. Yet something is *ignored* from here on, namely which pixels are neighbors. A dense layer treats its 784 inputs as an unordered list. If we reorder the pixels of every image in one fixed way, and reorder the rows of the first kernel likewise, the network computes the same.

# %%
from mnist_utils.claims import claim

order = np.random.default_rng(seed=0).permutation(784)
kernel = network.layers[1].kernel.numpy()
plain, shuffled = flat @ kernel, flat[:, order] @ kernel[order]
claim("permutation-difference", np.abs(plain - shuffled).max(), at_most=1e-5,
      about="largest change in a sum when pixels and kernel rows are shuffled alike")

# %% [markdown]
# The two agree up to rounding. To this network, a scrambled digit is no harder than the digit itself, since its first weights are drawn alike for every pixel. Convolutional layers, later in the book, are built to use what is ignored here.
#
# ## Dense: weighted sums
#
# ```{prf:definition} Dense layer
# :label: def-dense
#
# A dense layer with $d_\text{in}$ inputs and $d_\text{out}$ units has a kernel $W$, a matrix of $d_\text{in} \times d_\text{out}$ weights, a bias $b$ of $d_\text{out}$ numbers, and an activation function $\phi$. For a row $x$ of $d_\text{in}$ numbers it computes the $d_\text{out}$ numbers $h = \phi(z)$ with $z = xW + b$.
# ```
#
# Written for one unit, number $j$, this is
#
# ```{math}
# :label: eq-unit
# h_j = \phi(z_j), \qquad z_j = \sum_{i=1}^{d_\text{in}} x_i W_{ij} + b_j .
# ```
#
# The unit multiplies each input $x_i$ by a weight of its own, adds everything up, and adds its bias. The sum $z_j$ is called the *pre-activation*. In the hidden layers $\phi$ is applied to each sum by itself, as {eq}`eq-unit` says; softmax in the output layer needs all ten sums at once, so that the second half of {eq}`eq-unit` holds there, but not the first. We compute one sum for one image and one unit of the first hidden layer, by the formula, and compare it with what Keras finds.

# %%
x, j = flat[0], 0
W, b = [weights.numpy() for weights in network.layers[1].weights]
z_j = sum(x[i] * W[i, j] for i in range(784)) + b[j]
from_keras = network.layers[1](flat[:1])[0, j].numpy()
round(float(z_j), 4), round(float(from_keras), 4)

# %%
claim("unit-by-hand", abs(z_j - from_keras), at_most=1e-5,
      about="difference between a unit computed by hand and by Keras")

# %% [markdown]
# This unit's sum is positive, and the activation function has passed it on as it was.
#
# ## ReLU: a bend between the sums
#
# Why is there an activation function at all? Suppose that there were none, $\phi(z) = z$, and stack two dense layers. The second computes $(xW_1 + b_1)W_2 + b_2$. Multiply out:
#
# ```{math}
# :label: eq-collapse
# (xW_1 + b_1)\,W_2 + b_2 = x\,(W_1 W_2) + (b_1 W_2 + b_2).
# ```
#
# That is a single dense layer, with kernel $W_1 W_2$ and bias $b_1 W_2 + b_2$. However many such layers we stack, one would do. We check it on random layers.

# %%
generator = np.random.default_rng(seed=0)
W1, b1 = generator.normal(size=(784, 64)), generator.normal(size=64)
W2, b2 = generator.normal(size=(64, 10)), generator.normal(size=10)
two_layers, one_layer = (flat @ W1 + b1) @ W2 + b2, flat @ (W1 @ W2) + (b1 @ W2 + b2)
claim("collapse-difference", np.abs(two_layers - one_layer).max(), at_most=1e-9,
      about="difference between two layers without activation and one that equals them")

# %% [markdown]
# To gain anything from depth, something between the layers must bend. The *rectified linear unit*, ReLU {cite}`nair2010`, is about the plainest function that does:
#
# ```{math}
# :label: eq-relu
# \phi(z) = \max(0, z), \qquad
# \phi'(z) = \begin{cases} 1 & \text{if } z > 0, \\ 0 & \text{if } z < 0. \end{cases}
# ```
#
# Positive sums pass unchanged, negative ones become 0. At $z = 0$ there is no derivative; Keras uses 0 there. Automatic differentiation confirms the formula:

# %% tags=["nbval-check-output"]
import tensorflow as tf

z = tf.constant([-2.0, -0.5, 0.0, 0.5, 2.0])
with tf.GradientTape() as tape:
    tape.watch(z)
    h = tf.nn.relu(z)
h.numpy(), tape.gradient(h, z).numpy()

# %% [markdown]
# Why not an S-shaped function, such as the *sigmoid* $\sigma(z) = 1/(1 + e^{-z})$ that was usual before? Its derivative is at most $1/4$, and nearly 0 for sums far from 0. On its way back a gradient is multiplied, in each layer, by weights and by such a factor, so that it shrinks unless the weights make up for it. The factor of ReLU is exactly 1 wherever the unit is active, and it costs one comparison. What that is worth in this network is measured {ref}`below <dead-units>`.
#
# One bend per unit is enough in principle: with enough units, a single hidden layer can approximate any continuous function on the images as closely as we like. {cite:t}`hornik1989` prove it for S-shaped functions; ReLU inherits it, because $\max(0, z) - \max(0, z - 1)$ is such a function. Whether training *finds* such weights is another matter.
#
# The original submission says that ReLU "does not work well when there are negative" values. Negative pre-activations are not a fault. They are what ReLU is there for: a unit that outputs 0 says that its feature is absent from this image. What it costs is in the second formula of {eq}`eq-relu`. Where the output is 0, so is the derivative, and from that image the unit learns nothing.
#
# (dead-units)=
# ### How many units are silent, and how many dead?
#
# We train the network for three epochs, with the settings of the assignment.

# %%
from mnist_utils import networks

def train(learning_rate, activation="relu"):
    keras.utils.set_random_seed(0)
    fresh = networks.dense((64, 64), seed=0, activation=activation)
    optimizer = keras.optimizers.SGD(learning_rate)
    fresh.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"],
                  steps_per_execution=10)  # ten at a time, which is quicker
    fresh.fit(x_fit, y_fit, batch_size=128, epochs=3, verbose=0)
    return fresh

trained = train(learning_rate=0.1)


# %% [markdown]
# Then we ask for the outputs of both hidden layers on all 50,000 training images. A unit with output 0 is *silent* for that image.

# %%
def hidden_outputs(model):
    hidden = [model.layers[1].output, model.layers[2].output]
    return keras.Model(model.inputs, hidden).predict(x_fit, 1000, verbose=0)

first, second = hidden_outputs(trained)
silent_share = ((first == 0).mean() + (second == 0).mean()) / 2
claim("silent-share", silent_share, between=(0.25, 0.50),
      about="share of (image, hidden unit) pairs with output 0 after 3 epochs")


# %% [markdown]
# So on average over the images, {glue:text}`silent-share:.0%` of the hidden units are silent. Which ones, and how many, differs from image to image; a unit learns from the images for which it is not silent. By the chain rule, the gradient with respect to a weight $W_{ij}$ contains the factor $\phi'(z_j)$. A unit that is silent for *all* images therefore gets no gradient at all, and with plain gradient descent its weights stay as they are, whatever the learning rate. In the first hidden layer that is final, because its inputs, the pixels, never change. In the second layer the inputs do change while the first layer learns, so a silent unit can come back, though nothing drives it to. {cite:t}`maas2013` describe the effect; a unit that is silent for all images is called *dead*.

# %%
def dead_units(outputs):
    return int((outputs == 0).all(axis=0).sum())

claim("dead-units", dead_units(first) + dead_units(second), at_most=3,
      about="hidden units of 128 that are dead after 3 epochs at learning rate 0.1")

# %% [markdown]
# Of 128 hidden units, {glue:text}`dead-units:d` are dead. In this run, dead units are no problem. But a step that is too long can push the bias and weights of a unit so far down that no image lifts it above 0 again. After training on the raw pixels of the {ref}`previous chapter <why-divide>`, many were dead. Are there more with a larger learning rate?

# %%
import pandas as pd

def accuracy(model):
    return model.evaluate(x_validation, y_validation, 1000, verbose=0)[1]

def describe(learning_rate, model):
    dead = [dead_units(outputs) for outputs in hidden_outputs(model)]
    return {"learning rate": learning_rate, "dead, first layer": dead[0],
            "dead, second layer": dead[1], "validation accuracy": accuracy(model)}

rows = [describe(0.1, trained)]
rows += [describe(rate, train(rate)) for rate in (0.5, 1.0, 1.5)]
table = pd.DataFrame(rows).set_index("learning rate")
table.round(4)

# %%
dead_in_first = table["dead, first layer"]
claim("dead-at-one", dead_in_first[1.0], between=(5, 45),
      about="dead units of 64 in the first layer after 3 epochs at learning rate 1")

# %%
dead_in_all = table[["dead, first layer", "dead, second layer"]].sum(axis=1)
more_each_time = dead_in_all[0.5] < dead_in_all[1.0] < dead_in_all[1.5]
claim("dead-grow-with-rate", bool(more_each_time), exactly=True,
      about="each of the learning rates 0.5, 1.0, 1.5 leaves more dead units")

# %%
claim("accuracy-at-one-and-a-half", table.loc[1.5, "validation accuracy"], at_most=0.9,
      about="validation accuracy after 3 epochs at learning rate 1.5")

# %% [markdown]
# Read the table downwards. Up to 0.5, hardly a unit dies. At 1.0 the first layer has lost {glue:text}`dead-at-one:d` of its 64 units. At 1.5 the network ends at {glue:text}`accuracy-at-one-and-a-half:.1%`. Each rate was run once, all from the same weights, so the trend is a hint, and the single figures less. When a network stops learning, or never starts, count its dead units first.
#
# And the sigmoid? It gets the same weights to start from, and two learning rates: 0.1, and 2.0, which we picked after looking at five.

# %%
claim("sigmoid-same-rate", accuracy(train(0.1, "sigmoid")), between=(0.82, 0.89),
      about="validation accuracy after 3 epochs with sigmoid, learning rate 0.1")

# %%
claim("sigmoid-own-rate", accuracy(train(2.0, "sigmoid")), between=(0.93, 0.965),
      about="validation accuracy after 3 epochs with sigmoid, learning rate 2")

# %% [markdown]
# At 0.1 the sigmoid stays at {glue:text}`sigmoid-same-rate:.1%`, far behind ReLU; at 2.0, beyond the rate at which ReLU failed, it reaches {glue:text}`sigmoid-own-rate:.1%`. In these single runs its disadvantage was one of the learning rate. *ReLU is chosen because it makes the network more than one linear map, costs one comparison, and passes the gradient of an active unit on undiminished; here it also learned faster than the sigmoid at the usual rate.*
#
# ## Softmax: from sums to probabilities
#
# The output layer computes ten sums, one for each digit. They are called *logits*, and can be any numbers. We want probabilities for the $K = 10$ classes: ten numbers between 0 and 1 that add up to 1, and the larger the logit, the larger its probability. *Softmax* {cite}`bridle1990` takes exponentials, which are positive, and divides by their sum:
#
# ```{math}
# :label: eq-softmax
# p_i = \frac{e^{z_i}}{\sum_{k=0}^{K-1} e^{z_k}}, \qquad i = 0, \dots, K-1.
# ```
#
# Let us watch it at work on one validation image, in the network trained at learning rate 0.1.

# %%
hidden = keras.Model(trained.inputs, trained.layers[2].output)
h = hidden.predict(x_validation[:1], verbose=0)[0]
W3, b3 = [weights.numpy() for weights in trained.layers[3].weights]
logits = h @ W3 + b3
probabilities = np.exp(logits) / np.exp(logits).sum()
difference = probabilities - trained(x_validation[:1])[0]
claim("softmax-by-hand", np.abs(difference).max(), at_most=1e-5,
      about="difference between softmax by hand and by Keras")

# %% mystnb={"figure": {"name": "fig-softmax", "caption": "A validation image, its ten logits, and the probabilities that softmax makes of them."}, "image": {"alt": "Left, a handwritten digit. Middle, a bar chart of ten logits, some negative. Right, the ten probabilities, of which one bar is nearly 1 and the others almost invisible."}}
import matplotlib.pyplot as plt

fig, axes = plt.subplots(1, 3, figsize=(8, 2.4), width_ratios=[1, 2, 2])
axes[0].imshow(x_validation[0])
axes[0].set_axis_off()
columns = {"logit": logits, "probability": probabilities}
for ax, (name, values) in zip(axes[1:], columns.items()):
    ax.bar(range(10), values)
    ax.axhline(0, color="black", linewidth=0.8)
    ax.set(xticks=range(10), xlabel="digit", ylabel=name)

# %% [markdown]
# Two things in {numref}`fig-softmax` are worth seeing. The order is kept: the largest logit gives the largest probability, so for the *decision* softmax changes nothing. And differences become ratios: by {eq}`eq-softmax`,
#
# ```{math}
# :label: eq-ratio
# \frac{p_i}{p_k} = e^{z_i - z_k},
# ```
#
# so a logit that is larger by 1 makes a probability that is $e \approx 2.7$ times as large, wherever the two logits lie.
#
# Why not end with ReLU? Because its outputs need not add up to 1, and may all be 0. Ending with nothing is possible, and common: the losses of Keras accept logits, with `from_logits=True`, and apply softmax themselves. One warning: that ten numbers add up to 1 does not make them *right*. Whether images that get 0.9 are classified correctly nine times in ten is a question of its own, and can be measured.
#
# (counting-parameters)=
# ## Counting parameters
#
# By {prf:ref}`def-dense`, a dense layer has one weight for each pair of an input and a unit, and one bias for each unit:
#
# ```{math}
# :label: eq-dense-parameters
# d_\text{in} \cdot d_\text{out} + d_\text{out} = (d_\text{in} + 1)\, d_\text{out}.
# ```
#
# By hand, layer by layer:
#
# | layer | inputs | units | weights | biases | parameters |
# | :--- | ---: | ---: | ---: | ---: | ---: |
# | Flatten | | | 0 | 0 | 0 |
# | hidden 1 | 784 | 64 | $784 \cdot 64 = 50{,}176$ | 64 | 50,240 |
# | hidden 2 | 64 | 64 | $64 \cdot 64 = 4{,}096$ | 64 | 4,160 |
# | output | 64 | 10 | $64 \cdot 10 = 640$ | 10 | 650 |
# | total | | | 54,912 | 138 | 55,050 |
#
# By the formula, in code:

# %%
from itertools import pairwise

by_formula = sum((inputs + 1) * units for inputs, units in pairwise([784, 64, 64, 10]))
claim("dense-parameters-by-formula", by_formula, exactly=55_050,
      about="parameters of the 64-64 network by the formula")

# %% [markdown]
# And by Keras, which counts the numbers that it really stores:

# %%
claim("dense-parameters", network.count_params(), exactly=55_050,
      about="parameters of the 64-64 network as Keras counts them")

# %% [markdown]
# The package has the formula, too, with a second count that comes next.

# %% tags=["nbval-check-output"]
from mnist_utils.counting import count

counts = count(network).reset_index(drop=True)
counts

# %% [markdown]
# Most parameters sit where the image comes in.

# %%
share = counts.parameters.max() / counts.parameters.sum()
claim("first-layer-share", round(share, 4), exactly=0.9126,
      about="share of the parameters that is in the first hidden layer")

# %% [markdown]
# If you want a smaller network, make the image smaller or the first layer narrower; the rest hardly counts.
#
# ## Counting work and memory
#
# The work of a network is counted in *multiply-adds*: one multiplication by a weight, and the addition that takes its product into the sum {eq}`eq-unit`. A dense layer does one for each weight and image, so their number is that of the weights, without the biases.

# %%
claim("dense-multiply-adds", counts.multiply_adds.sum(), exactly=54_912,
      about="multiply-adds of the 64-64 network for one image")

# %% [markdown]
# In a dense network, the count of weights and the count of work are the same. In convolutional layers they part company: there, fewer parameters can go together with *more* work.
#
# Each parameter is a `float32` of 4 bytes, so storing the network takes about 220 kilobytes, less than one photograph.

# %%
claim("dense-bytes", network.count_params() * 4, exactly=220_200,
      about="bytes of the 64-64 network's parameters")

# %% [markdown]
# Training takes more: a gradient for each parameter, and the outputs of every layer for each image of the batch, because the gradients are computed from them. For a batch of 128 images:

# %%
outputs_per_image = 784 + 64 + 64 + 10
numbers = 2 * network.count_params() + 128 * outputs_per_image
claim("dense-training-bytes", 4 * numbers, exactly=912_464,
      about="bytes of parameters, gradients and the layers' outputs for one batch")

# %% [markdown]
# These numbers stay under a megabyte; what TensorFlow needs for itself comes on top. The training images, as `float32`, take 188.
#
# ## Why 784, and why 10?
#
# **784** is not a choice. The first kernel has a row of weights for each input, and an image has $28 \cdot 28 = 784$ pixels. An image of another size does not fit, and Keras says so.

# %% tags=["nbval-check-output"]
try:
    network.layers[1](np.zeros((1, 32 * 32), dtype="float32"))
except ValueError as error:
    print(error)

# %% [markdown]
# **10** is a choice, if a natural one: one output for each class, so that softmax can give each class a probability. What else could one do?
#
# - *One* output, trained to give the digit as a number. It treats 4 as lying between 3 and 5. But a blurred digit that is either a 1 or a 7 is not a 4: for shapes, the numerical order of the digits means nothing.
# - *Four* outputs, the digit in binary, each with a sigmoid. Such a network can be trained. But six of the sixteen combinations mean no digit, and four probabilities of bits give ten of digits only under an assumption.
# - *Nine* outputs, with the tenth logit fixed at 0. Nothing is lost: by {eq}`eq-ratio`, only differences between logits matter, so one of the ten is redundant. Ten is kept because it treats all classes alike.
#
# **64**, the width of the hidden layers, *is* a free choice, and so is their number. The assignment's later network has 500 and 300 units. Such choices are made by trying, on a validation set.
#
# ## Exercises
#
# ```{exercise} Hinton's network
# :label: ex-hinton-parameters
#
# A later chapter replicates a network with hidden layers of 500 and 300 units. How many parameters does it have? Use {eq}`eq-dense-parameters` and paper, then check.
# ```

# %%
from mnist_utils.claims import check_answer

answer = None
check_answer("hinton-parameters", answer, "b7bf84d9")

# %% [markdown]
# ````{solution-start} ex-hinton-parameters
# :class: dropdown
# ````
#
# $785 \cdot 500 + 501 \cdot 300 + 301 \cdot 10 = 392{,}500 + 150{,}300 + 3{,}010$. Keras agrees:

# %% tags=["nbval-check-output"]
check_answer("hinton-parameters", networks.dense((500, 300)).count_params(), "b7bf84d9")

# %%
claim("hinton-parameters", networks.dense((500, 300)).count_params(), exactly=545_810,
      about="parameters of the 500-300 network")

# %% [markdown]
# ````{solution-end}
# ````
#
# ```{exercise} Four layers
# :label: ex-four-layers
#
# How many parameters does a network with hidden layers of 125, 100 and 50 units have, and which share of them lies in the first layer? Check the first number.
# ```

# %%
answer = None
check_answer("four-layers", answer, "256fc6ed")

# %% [markdown]
# ````{solution-start} ex-four-layers
# :class: dropdown
# ````
#
# The layers have 98,125, 12,600, 5,050 and 510 parameters; the first has 84 percent of them.

# %% tags=["nbval-check-output"]
parameters = count(networks.dense((125, 100, 50))).parameters
check_answer("four-layers", parameters.sum(), "256fc6ed")

# %%
claim("four-layer-parameters", parameters.sum(), exactly=116_285,
      about="parameters of the 125-100-50 network")

# %% [markdown]
# ````{solution-end}
# ````
#
# ```{exercise} Backwards
# :label: ex-backwards
#
# A network for MNIST has one hidden layer and 39,760 parameters in all. How many units are in the hidden layer?
# ```

# %%
answer = None
check_answer("backwards", answer, "67f4f720")

# %% [markdown]
# ````{solution-start} ex-backwards
# :class: dropdown
# ````
#
# With $d$ units there are $785 d + (d + 1) \cdot 10 = 795 d + 10$ parameters. Solve for $d$.

# %% tags=["nbval-check-output"]
check_answer("backwards", (39_760 - 10) / 795, "67f4f720")


# %% [markdown]
# ````{solution-end}
# ````
#
# ```{exercise} A function that counts
# :label: ex-count
#
# Write a function `parameters_of(sizes)` that takes a list such as `[784, 64, 64, 10]` and returns the number of parameters of the dense network with these sizes. The cell below tries it on networks that it makes up.
# ```

# %%
def parameters_of(sizes):
    return 0  # put your code here

def try_it(function):
    for hidden in [(7,), (64, 64), (30, 20, 10), (1, 1, 1, 1)]:
        if function([784, *hidden, 10]) != networks.dense(hidden).count_params():
            return f"Not right yet: wrong for hidden layers of {hidden} units."
    return "Right."

try_it(parameters_of)


# %% [markdown]
# ````{solution-start} ex-count
# :class: dropdown
# ````

# %% tags=["nbval-check-output"]
def parameters_of(sizes):
    return sum((inputs + 1) * units for inputs, units in pairwise(sizes))

try_it(parameters_of)

# %% [markdown]
# ````{solution-end}
# ````
#
# ```{exercise} Without ReLU
# :label: ex-without-relu
#
# Without ReLU in the hidden layers, the three dense layers collapse into one. How many parameters does the smallest dense network *with ten output units* have that can compute every function that 784-64-64-10 can compute without ReLU? (Check that the hidden layers are no bottleneck.)
# ```

# %%
answer = None
check_answer("without-relu", answer, "ffd804dc")

# %% [markdown]
# ````{solution-start} ex-without-relu
# :class: dropdown
# ````
#
# By {eq}`eq-collapse` it collapses to one layer from 784 to 10, and since both hidden layers have at least 10 units, every such layer can be reached: $785 \cdot 10$ parameters.

# %% tags=["nbval-check-output"]
check_answer("without-relu", networks.dense(()).count_params(), "ffd804dc")

# %% [markdown]
# ````{solution-end}
# ````
#
# ```{exercise} Wide or deep (open-ended)
# :label: ex-wide-deep
#
# Find three networks with about 55,000 parameters each: one hidden layer, two, and four. Train each with at least five seeds, and compare their validation accuracies. Is the difference between the networks larger than the spread between seeds? What do you conclude, and what would you have concluded from the first seed alone?
# ```
#
# ````{solution-start} ex-wide-deep
# :class: dropdown
# ````
#
# One hidden layer of 69 units has 54,865 parameters; four layers of 57 units have 55,243. A good answer gives mean and standard deviation for each network, says that it measured on validation images, and trains all of them equally long. Compare the differences between the networks with the spread before you name a winner, look at how often the winner changes from seed to seed, and say that one learning rate need not suit all three.
#
# ````{solution-end}
# ````
#
# ## Summary
#
# - The network has two hidden layers of 64 units and an output layer of 10. Flatten is a layer to Keras, but it computes nothing.
# - A dense layer computes $\phi(xW + b)$, with ReLU for $\phi$ in the hidden layers. Without its bend, all layers together would be one.
# - ReLU outputs 0, and passes no gradient, for negative sums. After training, {glue:text}`silent-share:.0%` of the hidden units were silent, on average over the images, and {glue:text}`dead-units:d` of 128 were dead. In single runs, larger learning rates left more dead units.
# - Softmax turns logits into probabilities: order is kept, differences become ratios, and a constant added to all logits changes nothing.
# - A dense layer has $(d_\text{in} + 1)\,d_\text{out}$ parameters: $50{,}240 + 4{,}160 + 650 = 55{,}050$. It does one multiply-add per weight.
# - 784 is the number of pixels, 10 the number of classes.
#
# ## Further reading
#
# - Chapter 6 of {cite:t}`goodfellow2016` treats dense networks, their activation functions and output layers in depth.
# - {cite:t}`nair2010` made ReLU popular; {cite:t}`maas2013` compare it with variants that do not die.
# - {cite:t}`hornik1989` prove that one hidden layer can approximate any continuous function on a bounded, closed set of inputs.
# - Where softmax got its name, and its reading as probabilities: {cite:t}`bridle1990`.
