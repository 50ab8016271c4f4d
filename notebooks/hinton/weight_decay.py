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
# # Weight decay
#
# > **In short**
# >
# > An L2 penalty adds $\lambda$ times the sum of all squared weights of some kernels to the loss. With SGD (without momentum) at the learning rate $\eta$ its gradient multiplies each of these weights by $1 - 2\eta\lambda$ in each step, which is why it is called weight decay: what the data do not defend fades away. With the assignment's settings (rate 0.1, batches of 128, 60,000 images), 40 epochs leave 99.6% of an unused weight, one that gets no gradient from the data, with the factor 0.000001 and 2.3% with 0.001, so its five factors reach from next to nothing to strong. The penalty belongs on kernels: biases only move thresholds, and a penalty on a layer's outputs is another wish, which does not reach the weights of pixels that are always black.
# >
# > *Read before*: [Cross-entropy](../loss/cross_entropy.ipynb), [Ten epochs, and ten seeds](../training/ten_epochs.ipynb).
#
# In the table of results on the web page of MNIST, which was kept up after 1998 (LeCun et al., 1998a), one line reads: three-layer network, 500 and 300 hidden units, softmax, cross-entropy, weight decay; test error 1.53 %; Hinton, unpublished, 2005. The assignment asks for a replication, with an L2 penalty on the kernels of the hidden layers and five factors from 0.000001 to 0.001. [Five factors, three replicates](five_factors.ipynb) does it. This lesson is about the penalty: what does it do to a weight, how strong is a factor, and why is it put on kernels?
#
# ## The penalty
#
# A network with half a million parameters can fit 60,000 images in many ways. The penalty prefers, among the ways that fit about equally well, the one with small weights.
#
# > **Definition 16.1** (L2 penalty)
# >
# > Let $\bar L$ be the mean cross-entropy, and $\lVert W_l \rVert^2$ the sum of the squares of all weights in the kernel $W_l$. The penalized loss is
# >
# > $$
# > \bar L_\lambda = \bar L + \lambda \sum_{l} \lVert W_l \rVert^2 ,
# > $$
# >
# > where $l$ runs over the layers with a penalty. The number $\lambda \ge 0$ is the *regularization factor*.
#
# Keras defines `L2(factor)` in this way. Many texts write $\lambda / 2$ in place of $\lambda$, so that their factor has to be twice as large for the same effect: before you compare factors with somebody else's, look which of the two is meant. In Keras, a *regularizer* is given to the layer whose kernel it penalizes.

# %% tags=["remove-stderr"]
import keras
import numpy as np

from mnist_utils import networks
from mnist_utils.dataset import load_mnist, preprocess

(x_train, y_train), _ = load_mnist()
train_images = preprocess(x_train)


# %%
def penalized(factor, hidden=(500, 300)):
    network = networks.dense(hidden, seed=0)
    for layer in network.layers[1:-1]:  # not Flatten, and not the output layer
        layer.kernel.regularizer = keras.regularizers.L2(factor)
    network.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy",
                    steps_per_execution=50)  # fifty at a time, which is quicker
    return network


# %% [markdown]
# In a network of your own you would write `Dense(500, kernel_regularizer=keras.regularizers.L2(1e-4))`, which does the same; here the initial weights come from a function that several lessons share, so the penalty is added afterwards. What `evaluate` reports is then the penalized loss:

# %%
factor = 1e-3
plain, with_penalty = penalized(0), penalized(factor)
losses = [network.evaluate(train_images[:1000], y_train[:1000], verbose=0)
          for network in (plain, with_penalty)]
squares = sum((layer.kernel.numpy() ** 2).sum() for layer in plain.layers[1:-1])
losses[1] - losses[0], factor * squares

# %% [markdown]
# The two networks have the same weights, and their losses differ by $\lambda \sum_l \lVert W_l \rVert^2$, as Definition 16.1 says. So the losses that Keras prints cannot be compared between factors. The studies of this part store the loss **without** the penalty.
#
# ## The gradient: decay
#
# The derivative of $\lambda w^2$ is $2 \lambda w$. So a step of gradient descent on the penalized loss changes a weight by
#
# $$
# w \leftarrow w - \eta \left( \frac{\partial \bar L}{\partial w} + 2 \lambda w \right),
# $$
#
# and if we sort the terms,
#
# $$
# w \leftarrow (1 - 2 \eta \lambda) \, w - \eta \, \frac{\partial \bar L}{\partial w} .
# \tag{16.1}
# $$
#
# This is *weight decay*. In each step every penalized weight decays, by a factor a little below 1, and the data push it as they always do. A weight that the data keep pushing outward stays large; one that they leave alone fades away. We compare a step of Keras with (16.1), for all 392,000 weights of the first layer:

# %%
start = plain.layers[1].kernel.numpy()
for network in (plain, with_penalty):
    network.train_on_batch(train_images[:128], y_train[:128])
pushed = plain.layers[1].kernel.numpy() - start  # by the data alone
by_hand = (1 - 2 * 0.1 * factor) * start + pushed
np.abs(with_penalty.layers[1].kernel.numpy() - by_hand).max()

# %% [markdown]
# The largest difference is one of rounding. Can we see a weight that the data leave alone? MNIST has some. There are pixels that are 0 in every training image. The derivative with respect to a weight of the first layer is a product with its pixel, so for these pixels it is exactly 0 in each step, and by (16.1) each step should do nothing to such a weight but multiply it by $1 - 2\eta\lambda$. We train a small network for an epoch, 469 steps, and look at the weights of these pixels.

# %%
black = x_train.reshape(60_000, 784).max(axis=0) == 0

def left_of_black_pixels(network):
    before = network.layers[1].kernel.numpy()[black]
    network.fit(train_images, y_train, batch_size=128, verbose=0)
    return network.layers[1].kernel.numpy()[black] / before


# %%
left = left_of_black_pixels(penalized(1e-3, hidden=(64, 64)))
left.size, left.min(), left.max(), (1 - 2 * 0.1 * 1e-3) ** 469

# %% tags=["hide-cell"]
# checks
from mnist_utils.claims import claim

claim("hinton-black-count", left.size, data=4288,
      about="weights of 64 units for the pixels that are black in every training image")
claim("hinton-black-weights", left.mean(), identity=0.91046, within=1e-4,
      about="share left of the weights of black pixels after one epoch with the L2 "
      "factor "
      "0.001, learning rate 0.1: (1 - 0.0002) to the power of 469")

# %% [markdown]
# All 4,288 of them have shrunk to the same 91.0%, as the formula says.
#
# ## How much is a factor?
#
# So a factor can be translated into a time. Here is what is left of an unused weight after the assignment's 40 epochs, and the number of epochs in which it halves.

# %%
import pandas as pd

factors = pd.Index([1e-6, 1e-5, 1e-4, 5e-4, 1e-3], name="factor")
each_step = 1 - 2 * 0.1 * factors.to_numpy()
decay = pd.DataFrame({"left after 40 epochs": each_step ** (40 * 469)}, factors)
decay["epochs to halve"] = np.log(0.5) / np.log(each_step) / 469
decay.round(3)

# %% tags=["hide-cell"]
# checks
claim("hinton-left-weakest", decay.iloc[0, 0], identity=0.99626,
      about="share left of an unused weight after 40 epochs, L2 factor 0.000001, rate "
      "0.1")
claim("hinton-left-strongest", decay.iloc[-1, 0], identity=0.02346,
      about="share left of an unused weight after 40 epochs, L2 factor 0.001, rate 0.1")

# %% [markdown]
# With the smallest factor 99.6% of an unused weight are left: in 40 epochs that factor does next to nothing to such weights, and a network with it is, as far as decay goes, nearly one without. (What that means for the accuracy is measured in [Five factors, three replicates](five_factors.ipynb), not here.) With the largest one 2.3% are left. If the factor matters, expect it among the three largest.
#
# ## The same from a belief
#
# Why squares? One answer is that the penalty is a belief about weights, written as a probability. Suppose that before seeing any data we believe each weight to be normally distributed around 0 with the standard deviation $\sigma_w$, independently of the others. Such a belief is a *prior*. To look for the weights that are most probable under this belief and $n$ training images turns out to be the same as to minimize the penalized loss with $\lambda = 1 / (2 n \sigma_w^2)$.
#
# <details><summary>The derivation</summary>
#
# The height of the prior's bell curve at $w$, its density, is proportional to $e^{-w^2 / (2 \sigma_w^2)}$. [Where the loss comes from](../loss/likelihood.ipynb) chooses the weights with the largest likelihood, the product of the probabilities that the correct labels get. With a prior one chooses the weights that are most probable **given** the data. Their probability, the *posterior*, is proportional to likelihood times prior, which is *Bayes' rule*. Take the logarithm, change the sign, and divide by $n$:
#
# $$
# -\tfrac{1}{n} \log (\text{likelihood} \times \text{prior})
# = \bar L + \frac{1}{2 n \sigma_w^2} \sum_l \lVert W_l \rVert^2 + \text{constant} .
# \tag{16.2}
# $$
#
# That is the penalized loss. Its minimum is the *maximum a posteriori* estimate (with a prior that is equal for all values, for whatever is not penalized).
#
# </details>
#
# This gives a factor a meaning that can be judged, the usual size of a weight. Beside it, the standard deviation of the untrained weights of the first layer:

# %%
usual_weight = pd.Series(np.sqrt(1 / (2 * 60_000 * factors.to_numpy())), factors)
usual_weight.round(3), start.std()

# %% [markdown]
# Even the strongest of the five beliefs expects weights more than twice as large as the initial ones of this layer. None of them says that weights should be tiny; unused ones fade all the same, since 0 is the most probable value of a weight of which the data say nothing.
#
# ## Why the kernels, and not biases or outputs
#
# **Not the biases.** Take two inputs $x$ and $x'$ of a layer. Their pre-activations differ by $(xW + b) - (x'W + b) = (x - x') W$: the bias is gone. Kernels decide how steeply a network answers to a change of the image, and a penalty is meant to keep it from becoming too steep. Biases move the thresholds of units, and so decide **where** a network bends. (Why the assignment spares the kernel of the output layer, it does not say.)
#
# **Not the outputs.** Keras also has `activity_regularizer`. It looks alike. It penalizes the squares of what a layer **puts out**. That is another wish: quiet units, not small weights. Where no signal passes there is nothing to punish, so it cannot reach the weights of black pixels:

# %%
wrong = networks.dense((64, 64), seed=0)
for layer in wrong.layers[1:-1]:
    layer.activity_regularizer = keras.regularizers.L2(1e-3)
wrong.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy",
              steps_per_execution=50)
untouched = left_of_black_pixels(wrong)
untouched.min(), untouched.max()

# %% tags=["hide-cell"]
# checks
claim("hinton-activity-black", bool((untouched == 1).all()), identity=True,
      about="whether an L2 penalty on outputs leaves the weights of black pixels as "
      "they were")

# %% [markdown]
# Not one of them has moved. This is a test that a teacher can run in a minute on any solution whose first layer is dense: train it with SGD without momentum and a factor of 0.001 for an epoch, on pixels of which black is 0, and look at the weights of the black pixels. If they have not shrunk, the decay is not on the first kernel.
#
# ## Exercises
#
# > **Exercise 16.1** (Half a weight)
# >
# > After how many epochs has a weight that the data leave alone shrunk to a half, with the factor 0.0002, learning rate 0.1, and batches of 128 from 60,000 images? First estimate it in your head: the logarithm of 1 minus a small number is about minus that number, and $\log 2 \approx 0.7$. Then compute it, to one decimal.

# %%
from mnist_utils.claims import check_answer

answer = None
check_answer("decay-half-life", answer, "885ac349", decimals=1)

# %% [markdown]
# <details><summary>Solution of Exercise 16.1</summary>
#
# In each step $2 \eta \lambda = 0.00004$ of the weight is lost, so it takes about $0.7 / 0.00004 = 17{,}500$ steps, and 469 steps make an epoch: 37 epochs.
#
# </details>

# %% tags=["nbval-check-output"]
# solution
steps = np.log(0.5) / np.log(1 - 2 * 0.1 * 2e-4)
check_answer("decay-half-life", round(steps / 469, 1), "885ac349", decimals=1)

# %% [markdown]
# > **Exercise 16.2** (Two kinds of weight decay in Keras)
# >
# > Keras's optimizers take `weight_decay=0.0001` or another number. For SGD it multiplies every weight by 1 − rate × that number in each step, beside the step of the gradient. Which number has the same effect as the regularizer `L2(0.0001)`, for SGD without momentum?

# %%
answer = None
check_answer("decoupled-decay", answer, "46627b54", decimals=5)

# %% [markdown]
# <details><summary>Solution of Exercise 16.2</summary>
#
# By (16.1) the regularizer takes $2 \eta \lambda w$ from the weight, so the optimizer's number must be $2 \lambda$.
#
# </details>

# %% tags=["nbval-check-output"]
# solution
check_answer("decoupled-decay", 2 * 1e-4, "46627b54", decimals=5)

# %% [markdown]
# <details><summary>Solution of Exercise 16.2, continued</summary>
#
# Every weight, that is: the optimizer decays the biases and the output layer as well, unless they are excluded with `exclude_from_weight_decay`. And the two are the same for SGD without momentum only. Adam divides gradients by their usual size, the gradient of the penalty included, so that there the regularizer no longer shrinks all weights alike (Loshchilov and Hutter, 2019).
#
# </details>
#
# > **Exercise 16.3** (From belief to factor)
# >
# > You believe that weights have a standard deviation of 0.1, and train on 50,000 images. Which regularization factor says that? With ten times as many images, would it have to be larger or smaller, and why?

# %%
answer = None
check_answer("prior-factor", answer, "ee170602", decimals=4)

# %% [markdown]
# <details><summary>Solution of Exercise 16.3</summary>
#
# $\lambda = 1 / (2 n \sigma_w^2)$. With ten times as many images it becomes ten times smaller: the belief stays, and the data speak louder.
#
# </details>

# %% tags=["nbval-check-output"]
# solution
factor = round(1 / (2 * 50_000 * 0.1**2), 4)
check_answer("prior-factor", factor, "ee170602", decimals=4)

# %% [markdown]
# ## Further reading
#
# Why weight decay helps a network to generalize: Krogh and Hertz (1991). Its ancestor in statistics is ridge regression (Hoerl and Kennard, 1970); the view from the prior is that of MacKay (1992).

# %% [markdown]
# ## Quiz
#
# Choose an answer in your mind, then open it.
#
# **1.** A pixel is 0 in every training image. What happens to its weights in the first layer when SGD, without momentum and with a constant learning rate, trains with an L2 penalty on the kernel?
#
# <details><summary>They stay as they are, since their gradient is 0.</summary>
#
# **No.** The gradient that comes from the data is 0. The penalty has a gradient of its own, which is proportional to the weight.
#
# </details>
#
# <details><summary>They shrink by the same factor in each step.</summary>
#
# **Right.** Nothing but the decay acts on them, so that each step multiplies them by $1 - 2\eta\lambda$. What the data do not defend fades away.
#
# </details>
#
# <details><summary>They are 0 after one step, since no data hold them.</summary>
#
# **No.** A step takes only a small share of a weight, twice the rate times the factor. It fades slowly, and by the same share each time.
#
# </details>
#
# **2.** In Keras, one network is trained with the L2 factor 0.001 and another with 0.000001. The first reports the larger loss on the same images. Does it fit the labels worse?
#
# <details><summary>It cannot be told: both losses contain a penalty.</summary>
#
# **Right.** The larger factor may account for all of the difference. To compare fits, compute the cross-entropy without the penalty.
#
# </details>
#
# <details><summary>Yes: both losses are mean cross-entropies of these images.</summary>
#
# **No.** In a network with regularizers, Keras reports the cross-entropy plus the penalties. Only the first part says how well the labels are fitted.
#
# </details>
#
# <details><summary>No: the factor only changes the training and not the loss.</summary>
#
# **No.** The penalty is a part of the loss that `evaluate` reports, whether one trains or not. So the two reported losses are different quantities.
#
# </details>
#
# **3.** With SGD without momentum, the L2 factor is kept, and the learning rate is halved. After how many steps is a weight that the data leave alone down to a half?
#
# <details><summary>After about as many, since the factor is the same as before.</summary>
#
# **No.** The factor is only half of it: a step takes the share $2\eta\lambda$ of the weight, so the rate counts as much as the factor.
#
# </details>
#
# <details><summary>After about half as many, since smaller rates decay more strongly.</summary>
#
# **No.** A smaller rate makes smaller steps in everything, in the decay too. So it takes longer, not shorter.
#
# </details>
#
# <details><summary>After about twice as many, since each takes half the share.</summary>
#
# **Right.** Each step takes the share $2\eta\lambda$. So a factor means little without its learning rate, the number of steps, and whether Keras's $\lambda$ or $\lambda/2$ is meant.
#
# </details>
#
# **4.** Why is an L2 penalty usually put on the kernels of a dense network and not on its biases?
#
# <details><summary>A penalty on a bias has no gradient, so it would do nothing.</summary>
#
# **No.** The penalty on a bias has the gradient $2 \lambda b$, and would pull the bias to 0. The reason is what a bias does.
#
# </details>
#
# <details><summary>A bias does not change how steeply the pre-activations answer.</summary>
#
# **Right.** In the difference between the pre-activations of two inputs the bias drops out. The penalty is meant against steepness, and biases only move thresholds.
#
# </details>
#
# <details><summary>A bias is not trained, so that there is nothing to penalize.</summary>
#
# **No.** Biases are parameters, trained by the same steps as weights. Keras even has a `bias_regularizer` for them.
#
# </details>
