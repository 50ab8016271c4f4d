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
# # Five building blocks
#
# > **In short**
# >
# > Dropout sets a random share of its inputs to 0 while a network is trained, and has no parameters. Batch normalization gives each channel the mean 0 and the variance 1 over a batch; it has up to four numbers for each channel, and costs nothing in use once it is folded into the convolution before it, which Keras does not do by itself. Pooling by the mean makes one number of a map. A separable convolution needs $k^2 C + CF$ weights where a full one needs $k^2 C F$: for $k = 3$ and $C = F = 8$ channels 136 in place of 576. A residual connection adds the input of some layers to their output; through it one part of the gradient arrives undiminished.
# >
# > *Read before*: [What a convolutional layer computes](../convolution/layer.ipynb); for the gradients, [The gradient of a convolution](../convolution/backward.ipynb).
#
# Question 3.1 wants every new kind of layer described. Convolution and pooling by the maximum have had lessons of their own. Five more building blocks appear in the networks of this part. Of each we ask the same four questions: what does it compute, how many parameters has it, what does it do to the gradient, and what is it for?
#
# ## Dropout
#
# **What it computes.** In training, *dropout* sets each of its inputs $x_j$ to 0 with a probability $\rho$, independently and anew for every image and step, and multiplies the others by $1 / (1 - \rho)$:
#
# $$
# h_j = \frac{\xi_j}{1 - \rho} \, x_j , \qquad \xi_j = \begin{cases} 0 & \text{with probability } \rho, \\ 1 & \text{otherwise.} \end{cases}
# \tag{27.1}
# $$
#
# The factor keeps the mean: on average $\xi_j$ is $1 - \rho$, so on average $h_j$ is $x_j$. Therefore, to a good approximation, nothing has to be corrected when the network is used. Then dropout passes its input on, unchanged.

# %% tags=["remove-stderr"]
import keras
import numpy as np
from keras import layers

from mnist_utils.claims import claim

dropout = layers.Dropout(0.5, seed=0)
ones = np.ones((1, 10_000), "float32")
dropped = dropout(ones, training=True).numpy()
np.unique(dropped, return_counts=True), dropped.mean()

# %% [markdown]
# The ones have become zeros and twos, about half of each, and the mean has stayed near 1.
#
# **Parameters**: none. $\rho$ is chosen, not learned.
#
# **The gradient** of $h_j$ with respect to $x_j$ is $\xi_j / (1 - \rho)$. A number that was dropped gets no gradient: for this image, in this step, the layers before it learn nothing through it.
#
# **What it is for.** A unit cannot rely on any particular other unit being there, so it does not pay for a group of units to recognize single training images together. Srivastava et al. (2014), who made it known, describe it as training a great number of networks at once that share their weights. With dropout, the loss that `fit` prints is that of a network with a part of its inputs missing. It can be **larger** than the loss on validation images, and that is no mistake: the two numbers belong to different networks.
#
# ## Batch normalization
#
# **What it computes.** For each channel, *batch normalization* takes the mean $\mu$ and the variance $\varsigma^2$ of all its numbers in the batch, over images, rows and columns. It subtracts and divides, and then gives the channel a new scale $\gamma$ and a new offset $\zeta$, which are learned (Keras calls them `gamma` and `beta`):
#
# $$
# h = \gamma \, \frac{x - \mu}{\sqrt{\varsigma^2 + \epsilon}} + \zeta , \qquad \epsilon = 0.001 .
# \tag{27.2}
# $$

# %%
normalization = layers.BatchNormalization()
maps = np.random.default_rng(0).normal(5, 3, (64, 14, 14, 8)).astype("float32")
from_keras = normalization(maps, training=True).numpy()
mean, variance = maps.mean(axis=(0, 1, 2)), maps.var(axis=(0, 1, 2))
by_formula = (maps - mean) / np.sqrt(variance + 0.001)  # at first the scale is 1
np.abs(by_formula - from_keras).max()

# %% [markdown]
# When the network is **used** there may be no batch, and the answer to an image must not depend on which other images are asked about at the same time. So while it trains, the layer keeps running means of $\mu$ and $\varsigma^2$, after each batch 0.99 of the old value plus 0.01 of the new one, and later it uses these in their place. It behaves differently in training and in use, as dropout does; unlike dropout, it has a memory.

# %%
{variable.name: variable.trainable for variable in normalization.variables}

# %% [markdown]
# **Parameters**: four for each channel. Two are learned from the gradient, two are the running means; Keras counts these as "non-trainable" parameters. A bias in the layer before would be of no use, since $\mu$ takes it away again, and $\zeta$ is there in its place: such layers get `use_bias=False`. And where ReLU and another layer with weights come next, the scale is of little use as well. For a positive $\gamma$, ReLU of $\gamma x + \zeta$ is $\gamma$ times ReLU of $x + \zeta / \gamma$, and the next kernel can do that multiplication. `scale=False` leaves it out; three numbers for each channel remain.
#
# **The gradient.** $\mu$ and $\varsigma^2$ depend on $x$ too, so the gradient of one number contains all numbers of its channel in the batch. What comes out has a clear property. Add the same number to a whole channel, and $h$ does not change; multiply the channel, centered, by a positive number, and but for $\epsilon$ it does not change either. So the gradient has no component along these two directions. We ask TensorFlow, with some loss that weights the outputs at random, for the share of the gradient's length along each. (A channel has $64 \cdot 14 \cdot 14$ numbers in the batch; both directions have the root of this as their length.)

# %%
import tensorflow as tf

x = tf.constant(maps)
weights = np.random.default_rng(1).normal(size=maps.shape).astype("float32")
with tf.GradientTape() as tape:
    tape.watch(x)
    some_loss = tf.reduce_sum(normalization(x, training=True) * weights)
gradient = tape.gradient(some_loss, x).numpy()

# %%
size = np.sqrt((gradient**2).sum(axis=(0, 1, 2)) * 64 * 14 * 14)  # for each channel
shift, stretch = np.ones_like(maps), (maps - mean) / np.sqrt(variance)
along = [(gradient * way).sum(axis=(0, 1, 2)) / size for way in (shift, stretch)]
np.abs(along).max()

# %% [markdown]
# Of the length of a channel's gradient, next to nothing lies along either direction.
#
# **What it is for.** The scale of the weights before the layer no longer matters for what comes out of it, so on the way forward signals keep their size through many layers. (Of the gradients on the way back this says nothing.) Larger learning rates can be used, and training is faster (Ioffe and Szegedy, 2015); why is still debated (Santurkar et al., 2018). In use it need cost nothing: the running means are fixed then, and the layer's factor and offset can be multiplied into the kernel and added as a bias to the convolution before it (the second exercise). While the network trains, the mean and the variance of every channel must be computed, which takes several passes over the maps.

# %% tags=["hide-cell"]
# checks
claim("batch-norm-difference", np.abs(by_formula - from_keras).max(), identity=0.0,
      within=1e-4,
      about="largest difference between the formula of batch normalization and Keras")
claim("batch-norm-gradient", np.abs(along).max(), identity=0.0, within=1e-3,
      about="largest share of a channel's gradient before batch normalization that "
            "lies along shifting or stretching the channel")

# %% [markdown]
# ## Pooling by the mean, over the whole map
#
# **What it computes.** The mean of each feature map; $f$ counts the maps, $d'$ is the side of a map:
#
# $$
# h_f = \frac{1}{d'^2} \sum_{i,j} x_{i,j,f} .
# \tag{27.3}
# $$
#
# In Keras it is `GlobalAveragePooling2D`. From $d' \times d' \times F$ numbers it makes $F$, where `Flatten` would keep them all.
#
# **Parameters**: none, and it saves those of others. The dense layer behind it needs ten weights for each map, and not for each number of each map.
#
# **The gradient** is spread evenly: each number of map $f$ gets $1 / d'^2$ of the gradient of $h_f$. (Pooling by the maximum gives all of it to one number.)
#
# **What it is for.** It asks **whether** something is in the image, and no longer **where**. Lin et al. (2014) introduced it to do without large dense layers.
#
# ## Depthwise and separable convolution
#
# **What it computes.** A convolution adds up products over a patch **and** over all channels. A *depthwise convolution* leaves out the second sum: each channel has weights of its own, and makes a map of its own. With the side $k$ and the places $(u, v)$ inside, as before:
#
# $$
# h_{i,j,c'} = \sum_{u, v} W_{u,v,c'} \; x_{i+u,\, j+v,\, c'} .
# \tag{27.4}
# $$

# %%
from scipy.signal import correlate2d

depthwise = layers.DepthwiseConv2D(3, use_bias=False)
from_keras = depthwise(maps[:1]).numpy()[0]
squares = depthwise.kernel.numpy()[..., 0]
by_hand = [correlate2d(maps[0, ..., c], squares[..., c], "valid") for c in range(8)]
np.abs(np.stack(by_hand, axis=-1) - from_keras).max()

# %% [markdown]
# SciPy, channel by channel, gives what the layer gives. No channel learns of another in this way. So a 1 × 1 convolution follows, which at every place mixes the channels with a small matrix. Both together are called a *separable convolution*, in full a depthwise separable one.
#
# **Parameters**: $k^2 C$ for the depthwise part and $C F$ for the mixing, where a full convolution has $k^2 C F$ (without biases). Each weight is used once at each of the $d' \times d'$ places of the map that comes out, so the multiply-adds are $d'^2$ times these numbers. For 3 × 3 and eight channels:

# %%
separable, full = 3 * 3 * 8 + 8 * 8, 3 * 3 * 8 * 8
separable, full

# %% [markdown]
# **The gradient** flows back within each channel, and through the mixing as through a dense layer.
#
# **What it is for.** It is a cheap way to let a network look further (Chollet, 2017). There is another use. If the kernel is as large as the map, one number is left of each map, a **weighted sum** of its places with weights that are learned. This is between the two extremes of Pooling by the mean, over the whole map and `Flatten`: it knows where, but for each map only in one way. (If no ReLU comes before the dense layer, both together are one linear layer, whose ten units share one pattern of weights for each map.)

# %% tags=["hide-cell"]
# checks
claim("separable-weights", separable, identity=136,
      about="weights of a separable 3 × 3 convolution from 8 channels to 8")
claim("full-weights", full, identity=576,
      about="weights of a full 3 × 3 convolution from 8 channels to 8")

# %% [markdown]
# ## A residual connection
#
# **What it computes.** Not a layer, but a wire: the input of some layers is added to their output, $h = x + \Phi(x)$. The layers learn what is to be changed, the *residual* $\Phi(x)$; the wire is a residual connection.
#
# **Parameters**: none. $x$ and $\Phi(x)$ must have the same shape.
#
# **The gradient** of a loss with respect to $x$ is the gradient with respect to $h$, plus what flows back through $\Phi$. Whatever $\Phi$ does, one part arrives undiminished. Here $\Phi(x) = \tanh 3x$, whose derivative is almost 0 at the first two numbers:

# %%
x = tf.constant([2.0, -2.0, 0.1])
with tf.GradientTape() as tape:
    tape.watch(x)
    h = x + tf.tanh(3 * x)
tape.gradient(h, x).numpy()

# %% [markdown]
# Without the wire the first two would be nearly 0; with it they are nearly 1.
#
# **What it is for.** Networks of a hundred layers became trainable with it (He et al., 2016). In a small network it has a more modest use: a layer with few channels can be added without everything having to pass through it.
#
# ## Exercises
#
# > **Exercise 27.1** (What dropout hides)
# >
# > `fit` prints an accuracy on the training images. For a network with dropout it is measured with dropout at work. Take `networks.mnist_convnet(seed=0)`, train it for one epoch on the first 10,000 training images, and then measure its accuracy on 2,000 of them, with `network(images, training=True)` and with `training=False`. Predict first which is larger. Which other reason, known from [Ten epochs, and ten seeds](../training/ten_epochs.ipynb), makes the number that `fit` prints smaller?
#
# *The solution of Exercise 27.1 is in the closed cells below.*

# %%
# solution
from mnist_utils import networks
from mnist_utils.dataset import load_mnist, preprocess

(x_train, y_train), _ = load_mnist()
images, digits = preprocess(x_train[:10_000]), y_train[:10_000]
keras.utils.set_random_seed(0)  # the order of the images
network = networks.mnist_convnet(seed=0)
network.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
log = network.fit(images, digits, batch_size=128, verbose=0)

# %%
# solution
accuracy = {"printed by fit": log.history["accuracy"][0]}
for dropping in (True, False):
    found = network(images[:2000], training=dropping).numpy().argmax(axis=1)
    accuracy[f"dropout {dropping}"] = float((found == digits[:2000]).mean())
hidden = accuracy["dropout False"] - accuracy["dropout True"]
accuracy

# %% [markdown]
# <details><summary>Solution of Exercise 27.1</summary>
#
# `fit` averages over the epoch, and in its first steps the network knew nothing. What dropout alone does, the two other numbers say, with the same weights on the same images: at the end it hides 0.038.
#
# </details>

# %% tags=["hide-cell"]
# solution
claim("cnn-dropout-alone", hidden, trained=True,
      about="accuracy of mnist_convnet on 2,000 training images without dropout minus "
            "that with dropout, same weights, after one epoch on 10,000 images")

# %% [markdown]
# > **Exercise 27.2** (Folding)
# >
# > A 3 × 3 convolution without bias, from 8 channels to 16, is followed by batch normalization with scale and offset. In use the two are one convolution with a bias. Write its kernel and bias in terms of $W$, $\mu$, $\varsigma^2$, $\gamma$, $\zeta$. How many numbers does it have, and how many had the two layers? Enter the difference, and verify your formula with Keras.

# %%
from mnist_utils.claims import check_answer

answer = None
check_answer("cnn-folding", answer, "86da839c")

# %% [markdown]
# <details><summary>Solution of Exercise 27.2</summary>
#
# The factor of channel $f$ is $\gamma_f / \sqrt{\varsigma_f^2 + \epsilon}$. It multiplies filter $f$, and the bias is $\zeta_f - \mu_f \, \gamma_f / \sqrt{\varsigma_f^2 + \epsilon}$. We have $9 \cdot 8 \cdot 16 + 4 \cdot 16 = 1{,}216$ numbers before, and $9 \cdot 8 \cdot 16 + 16 = 1{,}168$ after.
#
# </details>

# %%
# solution
convolution = layers.Conv2D(16, 3, use_bias=False)
after = layers.BatchNormalization()
for _ in range(50):  # so that the running means are not what they were at first
    after(convolution(maps), training=True)
factor = after.gamma / np.sqrt(after.moving_variance + 0.001)
bias = after.beta - after.moving_mean * factor

# %%
# solution
two = after(convolution(maps), training=False)
one = keras.ops.conv(maps, convolution.kernel * factor) + bias
np.abs(two - one).max()

# %% [markdown]
# ## Further reading
#
# Each block where it was introduced or made known: dropout (Srivastava et al., 2014), batch normalization (Ioffe and Szegedy, 2015), and a different opinion of why it helps (Santurkar et al., 2018), the mean of a map (Lin et al., 2014), separable convolutions (Chollet, 2017), residuals (He et al., 2016).

# %% [markdown]
# ## Quiz
#
# Choose an answer in your mind, then open it.
#
# **1.** For a network with dropout, `fit` prints a training loss that is larger than the validation loss. Which explanation needs no mistake in the program?
#
# <details><summary>Images of the validation set have been trained on</summary>
#
# **No.** That would be leakage, a mistake, and it is not needed here. Dropout explains the order of the two losses by itself.
#
# </details>
#
# <details><summary>Dropout was at work for the first number, not for the second</summary>
#
# **Right.** The training loss is that of a network with a part of its inputs missing. For validation dropout passes its input on unchanged.
#
# </details>
#
# <details><summary>The network is so regularized that it does better on new images</summary>
#
# **No.** On the same terms, without dropout for both, the training images mostly have the smaller loss. The two printed numbers belong to different networks.
#
# </details>
#
# **2.** Why does a convolution directly before batch normalization get `use_bias=False`?
#
# <details><summary>The normalization would make the bias grow without end</summary>
#
# **No.** A bias there has no influence on the output, so it gets no gradient either. It would do no harm, and be of no use.
#
# </details>
#
# <details><summary>Batch normalization keeps the bias in its running means</summary>
#
# **No.** The running means describe the data and are there for later use. They are not learned in place of a bias; the offset is.
#
# </details>
#
# <details><summary>The mean that is subtracted takes the bias away</summary>
#
# **Right.** A bias moves a channel and its mean by the same amount. The learned offset $\zeta$ of the normalization does what the bias would have done.
#
# </details>
#
# **3.** Why does batch normalization use running means once the network is trained, and not those of the current batch?
#
# <details><summary>The answer to an image must not depend on the others</summary>
#
# **Right.** With the means of the batch, the same image could get another answer in other company, and a single image has no useful batch.
#
# </details>
#
# <details><summary>The means of a batch would take too long to compute</summary>
#
# **No.** They are cheap beside the convolutions. With the fixed ones the layer can be folded into the convolution, which is welcome and not the reason.
#
# </details>
#
# <details><summary>Running means are more exact for the image in question</summary>
#
# **No.** Neither describes the image in question: one describes the training images as a whole, the other its chance company. What counts is that they are fixed.
#
# </details>
#
# **4.** In $h = x + \Phi(x)$ the layers $\Phi$ are saturated, so that their derivative is nearly 0. What is the gradient of the loss with respect to $x$?
#
# <details><summary>Nearly 0, since the layers let nothing through</summary>
#
# **No.** That would be so for $h = \Phi(x)$. Here $x$ reaches $h$ also by the wire, past the layers.
#
# </details>
#
# <details><summary>Nearly that with respect to $h$</summary>
#
# **Right.** The derivative of the sum is that of $x$, which is 1, plus that of $\Phi$. One part arrives whatever $\Phi$ does.
#
# </details>
#
# <details><summary>Nearly twice that with respect to $h$</summary>
#
# **No.** It would be twice as large if $\Phi$ passed its input on unchanged. A saturated $\Phi$ adds next to nothing.
#
# </details>
