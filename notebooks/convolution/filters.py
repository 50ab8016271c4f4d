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
# # What a filter sees, and what it learns
#
# > **In short**
# >
# > One output of a convolutional network depends on a square of pixels, its receptive field. Each layer widens its side by $k - 1$ times the product of the strides before it; in the book's network *good*, one output of the last map sees 23 × 23 pixels, of which the middle counts most. A filter of the first layer is a small picture of what it looks for: it responds most to a patch that is white under its positive weights and black under its negative ones. The best patches of 1,000 training digits reach 77% of what such an ideal patch would give, in the mean of the four filters of *good* with the most contrast.
# >
# > *Read before*: [What a convolutional layer computes](layer.ipynb).
#
# ## What one output sees
#
# An output of a first layer sees 3 by 3 pixels, or 5 by 5. One of the second layer sees that many **outputs of the first**, and so a larger part of the image. This part is called the *receptive field*. Its side $R$, after layers $l = 1, 2, \dots$ with kernel sides $k_l$ and strides $t_l$, is
#
# $$
# R = 1 + \sum_{l} (k_l - 1) \prod_{l' < l} t_{l'} .
# \tag{24.1}
# $$
#
# For pooling, $k$ is the side of the block. The product says how many pixels apart two neighboring outputs of the layer before are; each layer widens the view by $k_l - 1$ such steps (Araujo et al., 2019). We look at the network that [Good, and what stays wrong](../convnets/good.ipynb) is about. The book has trained it and stored its weights, so that we can look at once. Here are the kernels and strides of its convolutions and its pooling:

# %% tags=["remove-stderr"]
from mnist_utils import results

network = results.load_network("good", "final", seed=0)
windows = []
for layer in network.layers:
    if hasattr(layer, "strides"):
        side = layer.kernel_size if hasattr(layer, "kernel_size") else layer.pool_size
        windows.append((side[0], layer.strides[0]))
windows

# %% [markdown]
# The kernels are 5, 3, 3, 2 and 3, the strides 2, 1, 1, 2 and 1, so $R = 1 + 4 + 2 \cdot 2 + 2 \cdot 2 + 1 \cdot 2 + 2 \cdot 4 = 23$. The function in the package also returns the step from one output of the last layer to the next, the product of all strides.

# %% tags=["nbval-check-output"]
from mnist_utils.convolution import receptive_field

receptive_field(windows)

# %% [markdown]
# So one output should see 23 by 23 pixels, and its neighbor as many, 4 pixels further on. The network itself can confirm it. An output depends on a pixel if, on some image, its derivative with respect to that pixel is not zero. We take the derivatives of the outputs at one place of the last map, which has 3 by 3 places, on 64 images of noise, since on a single image ReLU may hide some.

# %%
import keras
import numpy as np
import tensorflow as tf

last = [layer for layer in network.layers if isinstance(layer, keras.layers.ReLU)][-1]
features = keras.Model(network.inputs[0], last.output)
noise = np.random.default_rng(seed=0).random((64, 28, 28, 1), dtype="float32")

def pixels_seen(row, column):
    images = tf.Variable(noise)
    with tf.GradientTape() as tape:
        output = tf.reduce_sum(features(images)[:, row, column])
    return np.abs(tape.gradient(output, images)).mean(axis=0)[:, :, 0]


# %% [markdown]
# Of the place in the middle and of its right neighbor, the first and the last column of pixels that they depend on:

# %% tags=["nbval-check-output"]
ends = []
for place in [(1, 1), (1, 2)]:
    columns = np.flatnonzero(pixels_seen(*place).any(axis=0))
    ends.append((int(columns[0]), int(columns[-1])))
ends

# %% [markdown]
# The first sees the 23 columns from 2 to 24. The second begins 4 columns further on, as it should, and ends where the image does for this network: its first layer, with stride 2, never reaches the last row and column of pixels.

# %% mystnb={"figure": {"name": "fig-receptive-field", "caption": "How strongly the outputs at four places (row, column) of the last map depend on each pixel. The frames are the 23 \u00d7 23 pixels of the formula."}, "image": {"alt": "Four black squares of 28 by 28 pixels, each with an orange frame and inside it a bright patch that is strongest around the middle of the frame and fades toward its rim. At place 1, 1 the frame is in the center; at 1, 2 it lies further right; at 0, 0 and 2, 2 it is moved toward a corner, and a part of it is outside the image."}}
import matplotlib.pyplot as plt

from mnist_utils import figures

places = [(1, 1), (1, 2), (0, 0), (2, 2)]
views = np.stack([pixels_seen(*place) for place in places])
limits = (0, views.max())
figure, axes = figures.show_digits(views, titles=places, value_range=limits, size=1.4)
for ax, (i, j) in zip(axes.flat, places):
    corner = (4 * j - 2.5, 4 * i - 2.5)
    ax.add_patch(plt.Rectangle(corner, 23, 23, fill=False, edgecolor="#E69F00"))

# %% [markdown]
# *Fig. 24.1.* How strongly the outputs at four places (row, column) of the last map depend on each pixel. The frames are the 23 × 23 pixels of the formula.

# %% [markdown]
# Within the frames of Fig. 24.1, pixels toward the middle count more than those at the rim. How much more? We compare the middle of the first frame, 11 by 11 pixels, with the whole.

# %%
middle = views[0][8:19, 8:19].sum() / views[0].sum()

# %% tags=["hide-cell"]
# checks
from mnist_utils.claims import claim

claim("receptive-side", ends[0][1] - ends[0][0] + 1, stored=23,
      about="side of the square of pixels on which one output of the last map of the "
      "network good depends")
claim("receptive-middle", float(middle), stored=0.4896,
      about="share of the absolute derivatives of the middle outputs of good, added "
      "up, in the middle 11 × 11 of its 23 × 23 pixels")

# %% [markdown]
# The middle is less than a quarter of the pixels, and has 49% of the sum of the derivatives' absolute values (of all filters' outputs at this place, added up). There are many ways from a pixel in the middle to the output, and few from one at the rim, so the part that is used in practice is smaller than the formula says (Luo et al., 2016).
#
# The receptive field is one reason why networks for images are deep. A filter that sees 5 by 5 pixels can find an edge, not a digit. MNIST's digits were scaled to fit into 20 by 20 pixels (LeCun et al., 1998a), so 23 by 23 hold a whole one.
#
# ## What a filter has learned
#
# In [What a convolutional layer computes](layer.ipynb), our own kernel was an edge detector, made by hand. What has training made? The network's first layer has 24 filters of 5 by 5, with one kernel each, because the image has one channel. We look at them before and after the training.

# %%
from mnist_utils import networks

untrained = networks.good(seed=0)  # the initial weights of the same network
kernels = [np.moveaxis(model.layers[0].get_weights()[0][:, :, 0], -1, 0)
           for model in (untrained, network)]
largest = np.abs(kernels).max()

# %% mystnb={"figure": {"name": "fig-filters", "caption": "The 24 filters of the first layer, in the upper two rows before training, in the lower two rows after it. Mid-gray is 0, bright is positive, dark is negative."}, "image": {"alt": "Four rows of 12 small squares of 5 by 5 gray cells. The first two rows are faint noise. In the last two, with much more contrast, many squares have turned into a bright area beside a dark one, each in another direction; a few have a nearly black bar across them, and some have hardly changed."}}
both, limits = np.concatenate(kernels), (-largest, largest)
figure, axes = figures.show_digits(both, columns=12, value_range=limits, size=0.6)

# %% [markdown]
# *Fig. 24.2.* The 24 filters of the first layer, in the upper two rows before training, in the lower two rows after it. Mid-gray is 0, bright is positive, dark is negative.

# %% [markdown]
# In Fig. 24.2, many filters now have a light area beside a dark one, as our own kernel has, in other directions; a few have a dark bar between lighter areas. Here is what each finds in a digit.

# %% mystnb={"figure": {"name": "fig-feature-maps", "caption": "The 24 feature maps of one digit after ReLU, one for each filter of the lower rows above. Black is no response."}, "image": {"alt": "Twenty-four small maps of the same handwritten five. Some show the whole stroke, others only its upper or lower edges or one of its sides, and some are mostly dark; a few have a gray ground."}}
from mnist_utils.dataset import load_mnist, preprocess

images = preprocess(load_mnist()[0][0][:1000])
first_layer = keras.Model(network.inputs[0], network.layers[0].output)
maps = np.moveaxis(first_layer(images[:1]).numpy()[0], -1, 0)
limits = (0, maps.max())
figure, axes = figures.show_digits(maps, columns=12, value_range=limits, size=0.6)

# %% [markdown]
# *Fig. 24.3.* The 24 feature maps of one digit after ReLU, one for each filter of the lower rows above. Black is no response.

# %% [markdown]
# Each map of Fig. 24.3 is the digit, seen with one question in mind: where is ink, where does it begin below, where on the left? A map that is all black would answer "nowhere". (Where the ground is gray, the filter has a positive bias.) The original submission calls this "a different representation of an image", and there it is right: the places are kept, and the gray levels have become answers.
#
# ## What a filter likes best
#
# Here the theory is short. Pixels lie between 0 and 1, so the sum $\sum x_{u,v} W_{u,v}$ is largest when $x$ is 1 under each positive weight and 0 under each negative one. For any patch $x$, therefore,
#
# $$
# \sum_{u,v} x_{u,v}\, W_{u,v} \;\le\; \sum_{u,v} \max(0, W_{u,v}) ,
# \tag{24.2}
# $$
#
# with equality for the **ideal patch**, which is white where the kernel is positive. Do real digits come near it? We take the four filters with the most contrast, those whose weights differ most among themselves, and look for the patches of 1,000 training digits to which they respond most strongly. The layer has stride 2 and no padding, so the patch of place $(i, j)$ begins at row $2i$ and column $2j$.

# %%
responses = first_layer(images).numpy()  # 1,000 images, 12 x 12 places, 24 filters

def strongest_patches(number, how_many=8):
    by_place = responses[..., number].reshape(1000, 12 * 12)
    winners = np.argsort(-by_place.max(axis=1))[:how_many]
    places = [divmod(place, 12) for place in by_place[winners].argmax(axis=1)]
    return np.stack([images[n, 2 * i : 2 * i + 5, 2 * j : 2 * j + 5, 0]
                     for n, (i, j) in zip(winners, places)])


# %%
chosen = np.argsort(-kernels[1].std(axis=(1, 2)))[:4]
weights = kernels[1][chosen]
patches = np.stack([strongest_patches(number) for number in chosen])
by_patch, by_ideal = patches[:, 0] * weights, np.maximum(weights, 0)
reached = by_patch.sum(axis=(1, 2)) / by_ideal.sum(axis=(1, 2))
reached.round(2)

# %% mystnb={"figure": {"name": "fig-strongest", "caption": "Four filters, one a row. From left to right, the filter, its ideal patch, and the patches to which it responds most, each from another digit."}, "image": {"alt": "A grid of four rows and ten columns of patches of 5 by 5 pixels. In each row the first patch is a filter in gray, the second its black and white ideal, and the other eight resemble the ideal and each other, in the upper three rows a dark gap between two white strokes, slanted in each row in another way, in the last row a dark area below a stroke."}}
gray, ideal = 0.5 + weights / largest / 2, weights > 0
rows = np.concatenate([gray[:, None], ideal[:, None], patches], axis=1)
figure, axes = figures.show_digits(rows.reshape(40, 5, 5), value_range=(0, 1), size=0.6)
figure.set_facecolor("lightgray")

# %% [markdown]
# *Fig. 24.4.* Four filters, one a row. From left to right, the filter, its ideal patch, and the patches to which it responds most, each from another digit.

# %% tags=["hide-cell"]
# checks
claim("ideal-reached", float(reached.mean()), stored=0.7735,
      about="weighted sum of the strongest patch as a share of the ideal one's, mean "
      "of four filters of the network good")

# %% [markdown]
# The patches of a row in Fig. 24.4 come from eight different digits. They resemble each other, and the ideal. These four filters look for the dark: a narrow gap between two strokes, or the ground below one. The strongest of each row reaches 77% of the ideal sum, in the mean of the four. That is what a filter of a first layer is: a small picture of what it looks for. In deeper layers a filter reaches through many channels, and there is no such picture.
#
# ## Exercises
#
# > **Exercise 24.1** (Until it sees everything)
# >
# > All convolutions have stride 1 and padding `same`. How many of 3 × 3 must follow one another until the receptive field of one output is at least 28 pixels on a side? And how many, if a max pooling of 2 × 2 with stride 2 follows each? Answer with whole numbers; check the first.

# %%
from mnist_utils.claims import check_answer

answer = None
check_answer("see-everything", answer, "a430d770", decimals=1)

# %% [markdown]
# <details><summary>Solution of Exercise 24.1</summary>
#
# Each layer adds 2 pixels, so $1 + 2 \cdot \text{depth} \ge 28$.
#
# </details>

# %% tags=["nbval-check-output"]
# solution
depth = 1
while receptive_field([(3, 1)] * depth)[0] < 28:
    depth += 1
check_answer("see-everything", depth, "a430d770", decimals=1)

# %% [markdown]
# <details><summary>Solution of Exercise 24.1, continued</summary>
#
# With pooling, four are enough, because each pooling doubles the steps of all that follows.
#
# </details>

# %% tags=["nbval-check-output"]
# solution
[receptive_field([(3, 1), (2, 2)] * before + [(3, 1)])[0] for before in range(4)]

# %% [markdown]
# > **Exercise 24.2** (Never seen)
# >
# > How many of the 784 pixels does the network *good* not look at, because its first layer never reaches them? Work it out from its kernels of side 5, stride 2, and padding `valid`.

# %%
answer = None
check_answer("never-seen", answer, "8fd8e226")

# %% [markdown]
# <details><summary>Solution of Exercise 24.2</summary>
#
# Twelve places begin at 0, 2, ..., 22, and the last one ends at 26. The row and the column with index 27 are left out, 28 pixels each, with one in both. In MNIST they are nearly always black.
#
# </details>

# %% tags=["nbval-check-output"]
# solution
seen_by_any = sum(pixels_seen(i, j) for i in range(3) for j in range(3)) > 0
check_answer("never-seen", int((~seen_by_any).sum()), "8fd8e226")

# %% [markdown]
# ## Further reading
#
# Receptive fields, computed: Araujo et al. (2019); and how much of them counts: Luo et al. (2016).

# %% [markdown]
# ## Quiz
#
# Choose an answer in your mind, then open it.
#
# **1.** A convolution of 3 × 3 with stride 2 is followed by one of 3 × 3 with stride 1. How many pixels on a side does one output of the second see?
#
# <details><summary>5</summary>
#
# **No.** This is $1 + 2 + 2$, right for two layers of stride 1. Behind stride 2, neighboring outputs of the first layer lie 2 pixels apart.
#
# </details>
#
# <details><summary>6</summary>
#
# **No.** The sides of the kernels cannot be added: neighboring windows of the first layer overlap.
#
# </details>
#
# <details><summary>7</summary>
#
# **Right.** $1 + 2 + 2 \cdot 2 = 7$: the second layer widens the view by two steps of 2 pixels each. Its own stride would only matter for later layers.
#
# </details>
#
# <details><summary>9</summary>
#
# **No.** The sides would multiply if the windows of the first layer lay side by side, with stride 3. Here they overlap.
#
# </details>
#
# **2.** A kernel of a first layer has positive weights in its left half and negative ones in its right half. Pixels lie between 0 (black) and 1 (white). Which patch gives the largest sum?
#
# <details><summary>A patch that is white everywhere</summary>
#
# **No.** White pixels under the negative weights make the sum smaller. A uniform patch may even give 0.
#
# </details>
#
# <details><summary>White on the left, black on the right</summary>
#
# **Right.** Each pixel can be chosen by itself: 1 where its weight is positive, 0 where it is negative. That is the ideal patch.
#
# </details>
#
# <details><summary>Shades of gray, brighter the larger the weight</summary>
#
# **No.** This is how the kernel itself is drawn. But even a small positive weight adds most when its pixel is fully white.
#
# </details>
#
# **3.** Pixels in the middle of a receptive field influence the output more than those at its rim. What is the reason that holds for networks of several convolutions in general?
#
# <details><summary>More ways lead from the middle to the output</summary>
#
# **Right.** A pixel in the middle lies under many windows of the layers between, one in the corner under a single chain of them. So the part used in practice is smaller than the formula says.
#
# </details>
#
# <details><summary>Trained kernels have their largest weights in the middle</summary>
#
# **No.** Some may, but many have an edge or a bar there. The effect is there for kernels of equal weights, too.
#
# </details>
#
# <details><summary>The digits of MNIST stand in the middle of their images</summary>
#
# **No.** Every output has a receptive field of its own, in the corners too, and in each one the middle counts most. It also appears with noise for images.
#
# </details>
