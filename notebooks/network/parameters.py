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
# # The network and its 55,050 parameters
#
# > **In short**
# >
# > The network has two hidden layers of 64 units with ReLU and an output layer of 10 units with softmax; Flatten, which Keras lists as a layer, too, has no units and no parameters. **ReLU** is chosen because it bends, so that the layers together are more than one linear map (a product with one matrix); because it costs one comparison; and because it passes the gradient of an active unit on undiminished. **Softmax** is chosen because it turns ten numbers of any size into ten probabilities that add up to 1. A dense layer has a weight for each pair of input and unit and a bias for each unit: $50{,}240 + 4{,}160 + 650$ make 55,050 parameters. 784 is the number of pixels of an image, 10 the number of classes; 64 is a free choice.
# >
# > *Read before*: [Float32, division by 255, one-hot labels](../data/types_and_labels.ipynb). You need products of a vector and a matrix, and what a derivative is.
#
# This lesson rebuilds the network of the assignment from its arithmetic, until every one of its parameters is accounted for. Here it is in Keras.

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
# ## The whole network
#
# An image goes in at one end. Each layer takes the result of the one before and passes on its own. A *unit*, also called a neuron, computes one number of that result. Fig. 5.1 shows all of it.
#
# ![An image of 28 by 28 pixels is flattened, with 0 parameters, to a column of 784 inputs. Each input is joined to each of 64 units with ReLU, these to 64 more units with ReLU, and these to 10 units with softmax, numbered 0 to 9. Below the three sets of connections stand their parameters: 50,240, 4,160 and 650.](../../assets/diagrams/dense-network.svg)
#
# *Fig. 5.1.* The whole network. Circles are numbers, most of them left out; lines are weights. The bottom row counts the parameters of each layer: one kernel of weights for the layer, and one bias for each unit.
#
# The network is one formula, too. With $x$ for the 784 pixels of an image in a row and $p$ for the ten probabilities,
#
# $$
# p = \operatorname{softmax}\bigl(\phi(\phi(x W_1 + b_1)\, W_2 + b_2)\, W_3 + b_3\bigr),
# \qquad \phi(z) = \max(0, z).
# \tag{5.1}
# $$
#
# $W_1$, $W_2$, $W_3$ are matrices of weights, called *kernels*, and $b_1$, $b_2$, $b_3$ are rows of numbers called *biases*. Weights and biases together are the *parameters*, the numbers that training adjusts. The function $\phi$ is applied to each number by itself.
#
# How many layers is that? Keras lists four:

# %% tags=["nbval-check-output"]
[(layer.__class__.__name__, layer.count_params()) for layer in network.layers]

# %% [markdown]
# The literature, as a rule, counts the layers that have weights: two *hidden layers*, between input and output, of 64 units each, and an *output layer* of 10 units, a network of three layers. Both counts are in use, so say which one you mean.
#
# ## Flatten: the same numbers in a row
#
# A dense layer takes a row of numbers, and an image is a square of them. `Flatten` writes the rows of the image one after the other. It computes nothing, and has no parameters.

# %% tags=["nbval-check-output"]
import numpy as np

from mnist_utils.dataset import load_mnist, preprocess

(x_train, y_train), _ = load_mnist()
images = preprocess(x_train[:5])
x = np.array(layers.Flatten()(images))
x.shape, np.array_equal(x, images.reshape(5, 784))

# %% [markdown]
# No number is lost. Yet something is ignored from here on, namely which pixels are neighbors: a dense layer treats its 784 inputs as an unordered list. If the pixels of every image are reordered in one fixed way, and the rows of $W_1$ likewise, the sums stay the same.

# %% tags=["nbval-check-output"]
W1 = network.layers[1].kernel.numpy()
order = np.random.default_rng(seed=0).permutation(784)
np.allclose(x[:, order] @ W1[order], x @ W1, atol=1e-5)

# %% [markdown]
# So if all images, those for training and those for testing, are scrambled in the same way, the task is no harder to this network than before, since its initial weights are drawn independently from one distribution. Convolutional layers are built to use what is ignored here.
#
# ## Dense: weighted sums
#
# > **Definition 5.1** (Dense layer)
# >
# > A *dense layer* with $d_\text{in}$ inputs and $d_\text{out}$ units has a kernel $W$, a matrix of $d_\text{in} \times d_\text{out}$ weights, a bias $b$ of $d_\text{out}$ numbers, and an *activation function* $\phi$. For a row $x$ of $d_\text{in}$ numbers it computes the $d_\text{out}$ numbers $h = \phi(z)$ with $z = xW + b$.
#
# Written for one unit, number $j$, this is
#
# $$
# h_j = \phi(z_j), \qquad z_j = \sum_{i=1}^{d_\text{in}} x_i W_{ij} + b_j .
# \tag{5.2}
# $$
#
# The unit multiplies each input $x_i$ by a weight of its own, adds everything up, and adds its bias. The sum $z_j$ is called the *pre-activation*. Softmax in the output layer needs all ten sums at once, so that there the second half of (5.2) holds, but not the first.
#
# ## ReLU: a bend between the sums
#
# Why is there an activation function at all? Suppose that there were none, $\phi(z) = z$, and stack two dense layers. Multiply out:
#
# $$
# (xW_1 + b_1)\,W_2 + b_2 = x\,(W_1 W_2) + (b_1 W_2 + b_2).
# \tag{5.3}
# $$
#
# That is a single dense layer, with the kernel $W_1 W_2$ and the bias $b_1 W_2 + b_2$. However many such layers we stack, one would do.
#
# To gain anything from depth, something between the layers must bend. The rectified linear unit, *ReLU* (Nair and Hinton, 2010), is about the plainest function that does:
#
# $$
# \phi(z) = \max(0, z), \qquad
# \phi'(z) = \begin{cases} 1 & \text{if } z > 0, \\ 0 & \text{if } z < 0. \end{cases}
# \tag{5.4}
# $$
#
# At $z = 0$ there is no derivative; Keras uses 0 there. Before ReLU S-shaped functions were usual, such as the *sigmoid* $\sigma(z) = 1/(1 + e^{-z})$. Fig. 5.2 compares ReLU and sigmoid, and their derivatives.

# %% mystnb={"figure": {"name": "fig-activations", "caption": "ReLU and sigmoid, and their derivatives."}, "image": {"alt": "Two plots over sums from minus 4 to 4. Left, ReLU is 0 up to 0 and then rises with slope 1; the sigmoid is an S from 0 to 1. Right, the derivative of ReLU jumps from 0 to 1 at 0; that of the sigmoid is a flat hill of height one quarter."}}
import matplotlib.pyplot as plt

from mnist_utils import figures

z = np.linspace(-4, 4, 401)
sigmoid = 1 / (1 + np.exp(-z))
fig, axes = plt.subplots(1, 2, figsize=(7, 2.6))
axes[0].plot(z, np.maximum(0, z), z, sigmoid)
axes[0].set(xlabel="sum z", title="function")
axes[1].plot(z, z > 0, z, sigmoid * (1 - sigmoid))
axes[1].set(xlabel="sum z", title="derivative")
axes[1].legend(["ReLU", "sigmoid"]);

# %% [markdown]
# *Fig. 5.2.* ReLU and sigmoid, and their derivatives.

# %% [markdown]
# Training sends derivatives of the loss from the output back to the first layer, and in each layer multiplies them by weights and by the derivative of the activation function. For the sigmoid that is at most $1/4$, and nearly 0 for sums far from 0, so that they shrink unless the weights make up for it. For ReLU it is exactly 1 wherever the unit is active, that is, its sum positive. So, in one sentence: **ReLU is chosen because it bends, so that the layers together are more than one linear map; because it costs one comparison; and because it passes the gradient of an active unit on undiminished.** (Strictly, the bias makes the map affine: linear, and then shifted.) [Silent units, work and memory](silent_units.ipynb) compares the two in single trainings.
#
# The original submission says that ReLU "does not work well when there are negative" values. Negative sums are not a fault. They are what ReLU is there for: a unit that outputs 0 can be read as saying that the pattern it answers to is absent from this image. What it costs is in the second half of (5.4): where the output is 0, so is the derivative, and from that image the unit's own weights learn nothing.
#
# ## Softmax: from sums to probabilities
#
# The output layer computes ten sums, one for each digit. They are called *logits*, and can be any numbers. We want probabilities for the $K = 10$ classes: numbers between 0 and 1 that add up to 1, and the larger the logit, the larger its probability. *Softmax* (Bridle, 1990) takes exponentials, which are positive, and divides by their sum:
#
# $$
# p_i = \frac{e^{z_i}}{\sum_{k=0}^{K-1} e^{z_k}}, \qquad i = 0, \dots, K-1.
# \tag{5.5}
# $$
#
# Here it is at work on four logits that we made up.

# %% tags=["nbval-check-output"]
import pandas as pd

table = pd.DataFrame({"logit": [3.0, 2.0, 0.0, -1.0]})
table["exponential"] = np.exp(table.logit)
table["probability"] = table.exponential / table.exponential.sum()
table.round(3)

# %% [markdown]
# The order is kept: the largest logit gives the largest probability, so for the decision softmax changes nothing. And differences become ratios: by (5.5),
#
# $$
# \frac{p_i}{p_k} = e^{z_i - z_k},
# \tag{5.6}
# $$
#
# so a logit that is larger by 1, such as the first against the second, makes a probability that is $e \approx 2.7$ times as large, wherever the two logits lie.
#
# Why not end with ReLU? Because its outputs need not add up to 1, and may all be 0. One warning: that ten numbers add up to 1 does not make them right. Whether images that get 0.9 are classified correctly nine times in ten has to be measured ([Does it know when it is wrong?](../training/test_size.ipynb)).
#
# Now all parts are there. We compute (5.1) with NumPy, from the weights of the network that we built above (`W1` was read out already), and compare with what Keras answers for the first image.

# %%
_, b1, W2, b2, W3, b3 = [weights.numpy() for weights in network.weights]
first = np.maximum(0, x[0] @ W1 + b1)
second = np.maximum(0, first @ W2 + b2)
exponentials = np.exp(second @ W3 + b3)
by_hand = exponentials / exponentials.sum()
from_keras = network(images)[0].numpy()
pd.DataFrame({"by hand": by_hand, "Keras": from_keras}).T.round(3)

# %% [markdown]
# The two rows agree for this image, up to rounding: Keras computes this formula. That no digit gets a large probability is as it should be. The weights are still those that were drawn at random; the network has learned nothing.

# %% tags=["hide-cell"]
# checks
from mnist_utils.claims import claim

claim("network-by-hand", np.abs(by_hand - from_keras).max(), identity=0, within=1e-5,
      about="largest difference between the probabilities of a 64-64 network by its "
      "formula in NumPy and by Keras")

# %% [markdown]
# ## Counting parameters
#
# By Definition 5.1, a dense layer has one weight for each pair of an input and a unit, and one bias for each unit:
#
# $$
# d_\text{in} \cdot d_\text{out} + d_\text{out} = (d_\text{in} + 1)\, d_\text{out}.
# \tag{5.7}
# $$
#
# Layer by layer:
#
# | layer | inputs | units | weights | biases | parameters |
# | :--- | ---: | ---: | ---: | ---: | ---: |
# | Flatten | | | 0 | 0 | 0 |
# | hidden 1 | 784 | 64 | $784 \cdot 64 = 50{,}176$ | 64 | 50,240 |
# | hidden 2 | 64 | 64 | $64 \cdot 64 = 4{,}096$ | 64 | 4,160 |
# | output | 64 | 10 | $64 \cdot 10 = 640$ | 10 | 650 |
# | total | | | 54,912 | 138 | 55,050 |
#
# Keras, which counts the numbers that it really stores, agrees:

# %%
claim("dense-parameters", network.count_params(), identity=55_050,
      about="parameters of the 64-64 network as Keras counts them")
claim("first-layer-share", 50_240 / network.count_params(), identity=0.9126,
      about="share of the parameters of the 64-64 network that is in its first hidden "
      "layer")

# %% [markdown]
# Most parameters sit where the image comes in: 91% of them. If you want a smaller network, make the image smaller or the first layer narrower; the rest hardly counts.
#
# ## Why 784, and why 10?
#
# **784** is not a choice. The first kernel has a row of weights for each input, and an image has $28 \cdot 28 = 784$ pixels. Keras refuses an image of another size.
#
# **10** is a choice, if a natural one: one output for each class, so that softmax can give each class a probability. What else could one do?
#
# - **One** output, trained to give the digit as a number. It treats 4 as lying between 3 and 5. But a blurred digit that is either a 1 or a 7 is not a 4: for shapes, the numerical order of the digits means nothing.
# - **Four** outputs, the digit in binary, each with a sigmoid. Such a network can be trained. But six of the sixteen combinations mean no digit, and four probabilities of bits give ten of digits only under an assumption, such as that the bits are independent.
# - **Nine** outputs, with the tenth logit fixed at 0. Nothing is lost: by (5.6), only differences between logits matter. Ten is kept because it treats all classes alike.
#
# **64**, the width of the hidden layers, is a free choice, and so is their number. Such choices are made by trying, on validation images.
#
# ## Exercises
#
# > **Exercise 5.1** (Hinton's network)
# >
# > The assignment's next network has hidden layers of 500 and 300 units. How many parameters does it have? Use (5.7) and paper, then check.

# %%
from mnist_utils.claims import check_answer

answer = None
check_answer("hinton-parameters", answer, "b7bf84d9")

# %% [markdown]
# <details><summary>Solution of Exercise 5.1</summary>
#
# $785 \cdot 500 + 501 \cdot 300 + 301 \cdot 10 = 392{,}500 + 150{,}300 + 3{,}010$. Keras agrees:
#
# </details>

# %% tags=["nbval-check-output"]
# solution
from mnist_utils import networks

check_answer("hinton-parameters", networks.dense((500, 300)).count_params(), "b7bf84d9")

# %% [markdown]
# > **Exercise 5.2** (Backwards)
# >
# > A dense network for MNIST has one hidden layer, ten outputs and 39,760 parameters in all. How many units are in the hidden layer?

# %%
answer = None
check_answer("backwards", answer, "67f4f720")

# %% [markdown]
# <details><summary>Solution of Exercise 5.2</summary>
#
# Each hidden unit brings 785 parameters of its own and 10 weights of the output layer, 795 in all. The 10 biases of the output layer come on top.
#
# </details>

# %% tags=["nbval-check-output"]
# solution
check_answer("backwards", (39_760 - 10) / 795, "67f4f720")


# %% [markdown]
# > **Exercise 5.3** (A function that counts)
# >
# > Write a function `parameters_of(sizes)` that takes a list such as `[784, 64, 64, 10]` and returns the number of parameters of the dense network with these sizes.

# %%
def parameters_of(sizes):
    return 0  # put your code here

check_answer("count", parameters_of([784, 7, 64, 30, 10]), "966bb4e7")

# %% [markdown]
# *The solution of Exercise 5.3 is in the closed cells below.*

# %% tags=["nbval-check-output"]
# solution
from itertools import pairwise

def parameters_of(sizes):
    return sum((inputs + 1) * units for inputs, units in pairwise(sizes))

check_answer("count", parameters_of([784, 7, 64, 30, 10]), "966bb4e7")

# %% [markdown]
# > **Exercise 5.4** (Without ReLU)
# >
# > Without ReLU in the hidden layers, the three dense layers collapse into one. How many parameters has that single dense layer?

# %%
answer = None
check_answer("without-relu", answer, "ffd804dc")

# %% [markdown]
# <details><summary>Solution of Exercise 5.4</summary>
#
# By (5.3) it collapses to one layer from 784 to 10. Both hidden layers have at least 10 units, so they are no bottleneck, and every such layer can be reached: $785 \cdot 10$ parameters.
#
# </details>

# %% tags=["nbval-check-output"]
# solution
check_answer("without-relu", networks.dense(()).count_params(), "ffd804dc")

# %% [markdown]
# ## Further reading
#
# Chapter 6 of Goodfellow et al. (2016) treats dense networks and their activation functions in depth. Hornik et al. (1989) prove that one hidden layer of S-shaped units, if there are enough of them, comes as close as one likes to any continuous function on a bounded, closed set of inputs; how to find the weights, the theorem does not say. Where softmax got its name: Bridle (1990).

# %% [markdown]
# ## Quiz
#
# Choose an answer in your mind, then open it.
#
# **1.** How many parameters has a dense layer with 100 inputs and 20 units?
#
# <details><summary>2,000, a weight for each pair of an input and a unit.</summary>
#
# **No.** The weights are counted rightly, but each unit also has a bias, which is a parameter too.
#
# </details>
#
# <details><summary>2,100, a weight for each pair and a bias for each input.</summary>
#
# **No.** The bias is added to a unit's sum, so that there is one for each unit and none for the inputs.
#
# </details>
#
# <details><summary>2,001, a weight for each pair and a bias for the layer.</summary>
#
# **No.** Each unit adds a bias of its own, so the layer has as many biases as units.
#
# </details>
#
# <details><summary>2,020, a weight for each pair and a bias for each unit.</summary>
#
# **Right.** There are 100 · 20 weights and 20 biases, which is the same as 101 · 20.
#
# </details>
#
# **2.** In a dense network with two hidden layers of 64 units and a softmax over ten, somebody leaves out the activation function of both hidden layers. What can the network compute now?
#
# <details><summary>As much as with ReLU, but it needs a longer training.</summary>
#
# **No.** More training does not help: whatever the weights are, the three layers together are one affine map before the softmax.
#
# </details>
#
# <details><summary>What a single dense layer with softmax computes.</summary>
#
# **Right.** Multiplied out, layers without a bend between them are a single kernel and a single bias. Depth pays only with something that bends.
#
# </details>
#
# <details><summary>More than with ReLU, since no negative sum is cut off.</summary>
#
# **No.** Cutting off is what makes the difference between the layers and one affine map. Without it nothing is gained by stacking them.
#
# </details>
#
# **3.** Of ten logits, that of digit 3 is larger by 2 than that of digit 8. What can be said of the probabilities that softmax gives to the two digits?
#
# <details><summary>That of digit 3 is twice as large as that of digit 8.</summary>
#
# **No.** Softmax does not divide the logits themselves but their exponentials, so a difference of 2 gives the ratio $e^2$.
#
# </details>
#
# <details><summary>That of digit 3 is $e^2$ times that of digit 8.</summary>
#
# **Right.** Both have the same denominator, which cancels in the ratio. Differences of logits become ratios of probabilities, wherever the logits lie.
#
# </details>
#
# <details><summary>Nothing, as long as the eight other logits are not known.</summary>
#
# **No.** Each of the two probabilities depends on the other logits, but only through the common denominator, which cancels in their ratio.
#
# </details>
#
# **4.** The pixels of all images, for training and for the test, are reordered in one fixed random way. A dense network is trained anew on them. How will its test accuracy be?
#
# <details><summary>About as before, since it takes its inputs as a list without order.</summary>
#
# **Right.** Permuting the rows of the first kernel in the same way gives the old sums, and random initial weights do not prefer any order. Which pixels are neighbors, it never knew.
#
# </details>
#
# <details><summary>Much lower, since there are no strokes left that it could recognize.</summary>
#
# **No.** To a person the images are unreadable. But a dense layer does not use which pixels are neighbors, so for it nothing has been lost.
#
# </details>
#
# <details><summary>High on training images only, since it can still memorize these.</summary>
#
# **No.** The test images are reordered in the same way, so what the network learns about a pixel holds for them too.
#
# </details>
