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
# # When the digit moves
#
# > **In short**
# >
# > Convolution with stride 1 is equivariant, away from the border: if the digit moves, its maps move along. That the answer stays exactly the same is sure only if a later step forgets the place, such as a global maximum over each map; tolerance of shifts can also be learned from moved training images. Of validation digits moved by 3 pixels, a dense network recognized 34%, one convolution with `Flatten` 49%, three with `Flatten` 63%, and three with a global maximum 90%. The three with `Flatten` reached 94% when they were trained on moved digits (one epoch over 15,000 images, means of two seeds).
# >
# > *Read before*: [What a convolutional layer computes](layer.ipynb), [Dense or convolutional?](dense_or_convolutional.ipynb).
#
# ## Move the digit, and the maps move along
#
# In a convolutional layer, the same filter looks at every place. A stroke that has moved should then give the same response at the new place.
#
# > **Definition 23.1** (Translation equivariance)
# >
# > Let $\tau$ move an image by some rows and columns, and fill with zeros. A layer $\Phi$ has *equivariance* to $\tau$ if moving the input moves the output in the same way: $\Phi(\tau(x)) = \tau(\Phi(x))$.
#
# Here is $\tau$ for arrays of images. Positive numbers move down and to the right.

# %%
import numpy as np

def shift(images, down, right):
    height, width = images.shape[1:3]
    padded = np.pad(images, [(0, 0), (8, 8), (8, 8), (0, 0)])
    return padded[:, 8 - down : 8 - down + height, 8 - right : 8 - right + width]


# %% [markdown]
# We compare the two sides of the definition, for a layer with random filters and ReLU, and the first training image moved up by 2 and to the right by 3.

# %% tags=["remove-stderr"]
import keras
from keras import layers

from mnist_utils.dataset import load_mnist, preprocess

(x_train, y_train), _ = load_mnist()
five = preprocess(x_train[:1])
keras.utils.set_random_seed(0)
layer = layers.Conv2D(32, 3, padding="same", activation="relu")
moved_first, moved_last = layer(shift(five, -2, 3)), shift(layer(five), -2, 3)

# %%
from mnist_utils.claims import claim

claim("equivariance-difference", np.abs(moved_first - moved_last).max(),
      identity=0.0, within=1e-5,
      about="largest difference between moving an image and moving the maps of a "
      "convolutional layer")

# %% [markdown]
# They agree. The experiment meets two small conditions: the digit stays inside the image, at least a pixel from the border, and the bias is still 0, so that empty places give 0. A dense layer has nothing like it. Its outputs have no places that could move.
#
# Does the property survive pooling? Max pooling moves in steps of 2. A shift by 2 pixels should arrive as a shift by 1, but a shift by 1 falls between the blocks. We compare with maps that are not moved and with maps moved by 1, and divide the largest difference by the largest output.

# %%
pooled = keras.Sequential([layer, layers.MaxPooling2D(2)])
largest = np.max(pooled(five))
for pixels in (2, 1):
    moved = pooled(shift(five, 0, pixels))
    differences = [np.abs(moved - shift(pooled(five), 0, step)).max()
                   for step in (0, 1)]
    print(f"moved by {pixels}:", np.round(differences / largest, 2))

# %% [markdown]
# Pooling and strides weaken the property. After a layer with stride or pooling $t$, a shift by a multiple of $t$ arrives as a shift by that many pixels divided by $t$. For other shifts nothing is guaranteed (Zhang, 2019; Azulay and Weiss, 2019).
#
# ## Does the answer stay the same?
#
# A classifier should do more than move its maps: its answer should not depend on where the digit is. That is *invariance*, $\Phi(\tau(x)) = \Phi(x)$, and you will often read that convolutional networks have it. Equivariance alone does not give it. In the original submission's network, the maps are flattened, and the dense layer that follows has a separate weight for each place. A response that has moved meets other weights.
#
# What gives exact invariance is a step that forgets the place. *Global pooling* keeps one number of each map, here the largest. For maps $x$,
#
# $$
# h_f = \max_{i,j} x_{i,j,f} ,
# \tag{23.1}
# $$
#
# wherever that number stands. After an equivariant layer, the result cannot change as long as nothing leaves the image.

# %% tags=["nbval-check-output"]
pooled = keras.Sequential([layer, layers.GlobalMaxPooling2D()])
moves = [(0, 1), (-2, 3), (2, -3), (-4, -2)]
[np.allclose(pooled(shift(five, *move)), pooled(five), atol=1e-5) for move in moves]

# %% [markdown]
# ## Five networks, and moved digits
#
# Does it matter for digits? We train five networks, and then move the digits that they are asked about. The first is dense. The second is that of the original submission, a convolution, max pooling, and `Flatten`; the third is the same without the pooling. The fourth has three convolutions and `Flatten`. The last differs from the fourth in one layer only: in place of `Flatten` it has global max pooling.

# %%
from mnist_utils import networks

def without_pooling():
    return keras.Sequential([
        keras.Input((28, 28, 1)),
        layers.Conv2D(32, 3, activation="relu"),
        layers.Flatten(),
        layers.Dense(10, activation="softmax"),
    ])

def three_convolutions(last, side=28):
    return keras.Sequential([
        keras.Input((side, side, 1)),
        layers.Conv2D(16, 5, strides=2, padding="same", activation="relu"),
        layers.Conv2D(32, 3, strides=2, padding="same", activation="relu"),
        layers.Conv2D(64, 3, padding="same", activation="relu"),
        last(),
        layers.Dense(10, activation="softmax"),
    ])


# %% tags=["nbval-check-output"]
import pandas as pd

from mnist_utils.counting import count

makers = {
    "dense": networks.dense,
    "convolution, pooling, Flatten": networks.convolutional,
    "convolution, Flatten": without_pooling,
    "three convolutions, Flatten": lambda: three_convolutions(layers.Flatten),
    "three convolutions, maximum":
        lambda: three_convolutions(layers.GlobalMaxPooling2D),
}
totals = {name: count(make())[["parameters", "multiply_adds"]].sum()
          for name, make in makers.items()}
pd.DataFrame(totals).T

# %% [markdown]
# All get one epoch over 15,000 training images, a short training that serves to compare. The optimizer ([Can SGD train a convolutional layer?](../convnets/sgd.ipynb) explains it), its learning rate and the batch size were chosen on validation images, with unmoved digits.

# %%
from mnist_utils.dataset import split

(x_fit, y_fit), (x_validation, y_validation) = split(x_train, y_train)
images, labels = preprocess(x_fit[:15_000]), y_fit[:15_000]

def train(make, seed, images):
    keras.utils.set_random_seed(seed)
    network = make()
    optimizer = keras.optimizers.Adam(learning_rate=0.003)
    network.compile(optimizer, "sparse_categorical_crossentropy",
                    steps_per_execution=50)  # fifty at a time, which is quicker
    network.fit(images, labels, batch_size=64, epochs=1, verbose=0)
    return network


# %% [markdown]
# They are asked about every twentieth validation digit, moved by 0 to 6 pixels in each of the four directions.

# %%
asked, digits = preprocess(x_validation[::20]), y_validation[::20]

def shifted_accuracies(network, asked):
    accuracies = []
    for pixels in range(7):
        moves = {(pixels, 0), (-pixels, 0), (0, pixels), (0, -pixels)}
        answers = [network(shift(asked, *move)).numpy().argmax(axis=1)
                   for move in moves]
        accuracies.append(np.mean(np.array(answers) == digits))
    return accuracies


# %% [markdown]
# One more training asks whether tolerance can be **learned**: the fourth network once more, on images of which each was moved by up to 4 pixels along each axis. All else is as before.

# %%
moves = np.random.default_rng(seed=0).integers(-4, 5, size=(15_000, 2))
moved_images = np.concatenate(
    [shift(image[None], *move) for image, move in zip(images, moves)])

cases = {name: (make, images) for name, make in makers.items()}
cases["the fourth, trained on moved digits"] = (
    makers["three convolutions, Flatten"], moved_images)

# %% [markdown]
# The comparison grew while it was made, after looks at the curves of other seeds: the third network was added to judge the pooling, and the fourth to tell forgetting the place from having more layers. Seeds 10 and 11, which are used here, had no part in that. Two seeds show gross differences and no more.

# %%
trained = {(name, seed): train(make, seed, pictures)
           for name, (make, pictures) in cases.items() for seed in (10, 11)}
curves = {run: shifted_accuracies(network, asked) for run, network in trained.items()}
by_case = pd.DataFrame(curves).T.groupby(level=0, sort=False)
means, spreads = by_case.mean().T, (by_case.max() - by_case.min()).T / 2
means.T.round(3)

# %% mystnb={"figure": {"name": "fig-shifted", "caption": "Accuracy on 500 validation digits that were moved by some pixels, mean over four directions and two seeds. Bars reach from one seed to the other; the dashed line is chance."}, "image": {"alt": "Line chart of accuracy against the shift in pixels, with six curves. All start close together near the top. The dense network falls steeply and ends near chance; the two with one convolution fall along similar curves a little further right, the one with three convolutions and Flatten further right again. The one with a global maximum and the one trained on moved digits stay near the top up to four pixels, far above the others from three pixels on; then the second falls more."}}
import matplotlib.pyplot as plt

from mnist_utils import figures  # the style of the book's plots

fig, ax = plt.subplots(figsize=(7, 4.4))
for name in cases:
    ax.errorbar(range(7), means[name], spreads[name], marker="o", capsize=3, label=name)
ax.axhline(0.1, color="black", linewidth=1, linestyle="--")
ax.set(xlabel="shift in pixels", ylabel="validation accuracy", ylim=(0, 1))
ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2);

# %% [markdown]
# *Fig. 23.1.* Accuracy on 500 validation digits that were moved by some pixels, mean over four directions and two seeds. Bars reach from one seed to the other; the dashed line is chance.

# %% tags=["hide-cell"]
# checks
dense, flatten, unpooled, same_layers, maximum, learned = (
    means[name] for name in cases)
claim("shifted-dense", dense[3], trained=True,
      about="accuracy of 64-64 networks on validation digits moved by 3 pixels, mean "
      "of two seeds")
claim("shifted-flatten", flatten[3], trained=True,
      about="accuracy of one convolution, pooling and Flatten on digits moved by 3 "
      "pixels, mean of two seeds")
claim("shifted-unpooled", unpooled[3], trained=True,
      about="accuracy of one convolution and Flatten, no pooling, on digits moved by "
      "3 pixels, mean of two seeds")
claim("shifted-same-layers", same_layers[3], trained=True,
      about="accuracy of three convolutions and Flatten on digits moved by 3 pixels, "
      "mean of two seeds")
claim("shifted-global", maximum[3], trained=True,
      about="accuracy of three convolutions and a global maximum on digits moved by 3 "
      "pixels, mean of two seeds")
claim("learned-three", learned[3], trained=True,
      about="accuracy on digits moved by 3 pixels, of three convolutions and Flatten "
      "trained on moved digits, mean of two seeds")
claim("learned-six", learned[6], trained=True,
      about="accuracy on digits moved by 6 pixels, of three convolutions and Flatten "
      "trained on moved digits, mean of two seeds")

# %% [markdown]
# Moved by 3 pixels, about a tenth of the image, the dense network is at 34%. The convolution with pooling and `Flatten` is at 49%, and its curve in Fig. 23.1 falls in a similar way, half a pixel to a pixel further right. The pooling lets small shifts pass, so it may be the reason; but without it the network is at 50%. This gain needs no pooling. (The network without it has four times the parameters.)
#
# Three convolutions with `Flatten` are better than one, but fall too, to 63%. The last network, with the same convolutions and a global maximum, is at 90%. The two differ in this layer only (and so in how many numbers the dense layer behind it gets): what holds the curve up is the step that forgets the place.
#
# So does pooling give tolerance of shifts, or not? **Both poolings are one step at two scales: the maximum over a block of 2 by 2 forgets the place within the block, a pixel or so, and keeps the place of the block, on which `Flatten` then depends; the maximum over the whole map forgets the place altogether.**
#
# And tolerance can be learned: with `Flatten`, but moved training images, the network has 94% at 3 pixels; at 6, outside of its training, 70%. A global maximum gives tolerance by construction; moved images teach it.
#
# ## Why the maximum falls at all
#
# Its two strides of 2 make the network equivariant, away from the borders, only for shifts by multiples of 4 pixels. And the border comes near: padding puts zeros where an empty place of a map holds ReLU of its bias, and in the end strokes leave the image. To weigh the two, we take the border away: the same weights get a black canvas of 60 by 60 pixels with the digit in the middle.

# %%
canvas = np.pad(asked, [(0, 0), (16, 16), (16, 16), (0, 0)])
at_large = []
for seed in (10, 11):
    network = three_convolutions(layers.GlobalMaxPooling2D, side=60)
    network.set_weights(trained["three convolutions, maximum", seed].get_weights())
    at_large.append(shifted_accuracies(network, canvas))
at_large = np.mean(at_large, axis=0)
at_large.round(3)

# %% tags=["hide-cell"]
# checks
claim("canvas-fall", np.ptp(at_large), trained=True,
      about="largest difference of the accuracies at shifts of 0 to 6 pixels, global "
      "maximum, digits on a large canvas")
claim("canvas-holds", bool(np.ptp(at_large) < (maximum[0] - maximum[6]) / 2),
      trained=True,
      about="on a large canvas the networks with a global maximum vary by less than "
      "half of what they lose in images of 28 by 28, shifts of 0 to 6 pixels")
claim("image-fall", maximum[0] - maximum[6], trained=True,
      about="accuracy that the networks with a global maximum lose from "
      "shifts of 0 to shifts of 6 pixels, in images of 28 by 28")

# %% [markdown]
# There the accuracies differ by 0.040 at most, which is the price of the strides, and repeat after 4 pixels, as they must. In the image of 28 by 28 the networks lose 0.143 from 0 to 6 pixels: most of that is the border. (Unmoved digits are recognized a little less often on the canvas. Perhaps because the networks were trained with their border near, perhaps because each maximum now runs over more places; that was not separated.)
#
# MNIST's digits are centered, so its test set rewards tolerance of shifts little.
#
# ## Exercises
#
# > **Exercise 23.1** (Teach the dense network to look aside, open-ended)
# >
# > A dense network has no built-in tolerance of shifts. Can it learn it? Train `networks.dense()` on images to which a random shift of up to 4 pixels in each direction was applied, a new one in each epoch, and draw its curve into Fig. 23.1. Stop after 20 epochs if it has not caught up. How many epochs does it take to be as good on digits moved by 3 pixels as the global maximum was after one? What happens to its accuracy on unmoved digits?
#
# <details><summary>Solution of Exercise 23.1</summary>
#
# This is called *data augmentation*. The network has weights of its own for each position, so nothing guarantees that what it learns at one place serves at another. How many epochs it needs, and whether 64 units are enough, is what your curve shows. A good answer compares the networks at equal numbers of parameters or of multiply-adds, with several seeds, on validation digits.
#
# </details>
#
# > **Exercise 23.2** (Too early a maximum, open-ended)
# >
# > Put a global maximum in place of the pooling and the `Flatten` of the original submission's network. Predict first: how steep will its curve in Fig. 23.1 be, and how high? Train it with `train`, draw its curve, and explain both. Is one epoch enough for this network?
#
# <details><summary>Solution of Exercise 23.2</summary>
#
# The curve is almost level, and low. Two things are in its height. One epoch is too little for it; a few more raise the curve a lot. And it forgets the place behind a layer whose outputs see 3 × 3 pixels. The 32 maxima tell which small pieces of stroke occur somewhere; how the pieces lie to each other is lost. A good answer keeps the two apart: it trains until nothing more is gained, and then shows how the height depends on the part of the image that one output sees before the maximum is taken ([What a filter sees, and what it learns](filters.ipynb)).
#
# </details>
#
# ## Further reading
#
# A network "unaffected by shift in position", before gradients trained them: Fukushima (1980). Why small shifts change the answers of modern networks: Azulay and Weiss (2019) and Zhang (2019).

# %% [markdown]
# ## Quiz
#
# Choose an answer in your mind, then open it.
#
# **1.** A network has one convolution (stride 1), then `Flatten` and a dense layer. A digit moves by 3 pixels and stays away from the border. What is certain?
#
# <details><summary>The maps and the answer stay as they are</summary>
#
# **No.** This takes equivariance for invariance. The filter finds the stroke at the new place, so the map changes.
#
# </details>
#
# <details><summary>The maps move along, and the answer stays as it is</summary>
#
# **No.** The first half is right. After `Flatten`, a response at a new place meets other weights of the dense layer.
#
# </details>
#
# <details><summary>The maps move along, but the answer may change</summary>
#
# **Right.** The convolution is equivariant. The dense layer has a weight of its own for each place, so nothing keeps the answer the same.
#
# </details>
#
# **2.** Two convolutions with stride 2 follow one another. Away from the border, for which shifts of the image do their last maps surely move along unchanged?
#
# <details><summary>For all shifts by whole pixels</summary>
#
# **No.** This holds for stride 1. With a stride, a shift may fall between the places that the kernel takes.
#
# </details>
#
# <details><summary>For shifts by multiples of 4 pixels</summary>
#
# **Right.** The strides multiply: a place of the last map stands for $2 \cdot 2$ pixels. Other shifts arrive as something else than a shift by whole places.
#
# </details>
#
# <details><summary>For shifts by multiples of 2 pixels</summary>
#
# **No.** These pass the first layer as a shift by whole places. The second layer then needs a multiple of 2 in its own input.
#
# </details>
#
# **3.** Global max pooling follows an equivariant layer. Why does its output not depend on where the digit stands (if nothing leaves the image)?
#
# <details><summary>It tells how large the largest response is, not where</summary>
#
# **Right.** Moving the maps moves their largest number and does not change it. The step forgets the place, and that gives invariance.
#
# </details>
#
# <details><summary>It makes maps so small that a shift is less than a place</summary>
#
# **No.** That describes pooling over small blocks, which lets shifts of a pixel or so pass. Global pooling keeps no places at all.
#
# </details>
#
# <details><summary>It adds up all places, so that each has an equal weight</summary>
#
# **No.** That is the mean over a map, another global pooling. The maximum keeps a single number of each map and adds up nothing.
#
# </details>
#
# **4.** A network that ends in `Flatten` was trained on digits moved by up to 4 pixels, and recognizes digits moved by 3 well. What does this show?
#
# <details><summary>That <code>Flatten</code> forgets the place after all</summary>
#
# **No.** `Flatten` keeps every number with its place. The tolerance lies in the weights behind it and before it.
#
# </details>
#
# <details><summary>That it will also bear shifts by 8 pixels</summary>
#
# **No.** Training asked for shifts up to 4 only. Outside of them nothing holds the accuracy up, and it may fall steeply.
#
# </details>
#
# <details><summary>That tolerance of shifts can be learned</summary>
#
# **Right.** Moved training images teach it, within the shifts that were shown. A global maximum has it by construction.
#
# </details>
