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
# (denoising)=
# # Denoising digits, and inventing them
#
# :::{admonition} This chapter
# :class: tip chapter-box
#
# **Questions it answers**
# : What is an auto-encoder, and why is it trained with binary cross-entropy although pixels are gray? What does it make of more noise than it was trained on, and of none? Where do you fail, and where does the network? Does it help to denoise digits before they are classified? Can its second half draw new digits? (Question 4 of the assignment's editions of 2020 to 2022.)
#
# **You need**
# : {ref}`cross-entropy`, {ref}`calibration`, {ref}`convolution` and {ref}`conv-network`; conditional probability, mean and covariance; eigenvectors for one paragraph.
#
# **Time**
# : 75 minutes to read, two minutes to run. The trainings behind the curves over seeds took longer; they are stored with the book.
# :::
#
# Earlier editions of the assignment had a fourth question. It comes with a network whose answer to an image is another image. The network is shown digits on which noise has fallen, and trained to give back the digits as they were. This chapter takes the network and its loss apart, trains it, and looks for the places where it fails. Then it asks what such a network is good for, and lets its second half draw digits.
#
# The question names the network, its loss, its optimizer and the level of its noise. We choose no setting by what follows, and measure on the test images, as the question asks.
#
# ## Salt and pepper
#
# We take all images, preprocessed as in {ref}`preprocessing`: float32, from 0, which is black, to 1, which is white.

# %%
import numpy as np

from mnist_utils.dataset import load_mnist, preprocess

(x_train, y_train), (x_test, y_test) = load_mnist()
x_train, x_test = preprocess(x_train), preprocess(x_test)

# %% [markdown]
# ```{prf:definition} Salt-and-pepper noise
# :label: def-salt-and-pepper
#
# Let $\nu$ be a number from 0 to 1, the *level* of the noise. Each pixel of an image $x$ is struck with the probability $\nu$, independently of all others. A struck pixel becomes 0 (pepper) or 1 (salt), each with probability ½, whatever it was before. The others stay as they are. The result is the noisy image $\tilde x$.
# ```
#
# The definition fits into three lines of NumPy.

# %%
random = np.random.default_rng(seed=0)

def strike(images, level):
    struck = random.random(images.shape) < level
    salt = random.random(images.shape) < 0.5
    return np.where(struck, salt, images)


# %% [markdown]
# The package has the noise as `salt_and_pepper`, which fixes it by a seed. We try both on images that are gray all over, so that black, gray and white pixels can be counted.

# %% tags=["nbval-check-output"]
from mnist_utils.distortions import salt_and_pepper

gray = np.full((100, 28, 28, 1), 0.5, dtype=np.float32)
ways = [strike(gray, 0.4), salt_and_pepper(gray, 0.4, seed=0)]
np.round([[(noisy == value).mean() for value in (0, 0.5, 1)] for noisy in ways], 2)

# %% [markdown]
# At level 0.4, one pixel in five is black, one in five is white, and three in five are untouched, in both ways. On a digit, fewer pixels change than are struck. Most are black before, and of the black and white ones that are struck, half become what they were.
#
# How much does a noisy pixel tell? A pixel that is white in $x$ is white in $\tilde x$ with the probability $1 - \nu/2$; one that is black, with the probability $\nu/2$. The two differ by $1 - \nu$. (A gray pixel tells more. Noise makes only black and white ones, so what is gray in $\tilde x$ is untouched, and marks the rim of a stroke.) At level 1 the difference is gone: $\tilde x$ is a page of coin tosses and does not depend on the digit at all. Whatever a network answers there is not about the image.
#
# (auto-encoder)=
# ## A network that returns an image
#
# ```{prf:definition} Auto-encoder
# :label: def-auto-encoder
#
# An auto-encoder consists of two parts. The *encoder* turns an image into a list of numbers $h$, the *code*. The *decoder* turns a code into an image. The image that comes out is written $\hat x$. The network is trained to make $\hat x$ resemble a given image $x$, its *target*. If the encoder gets $x$ itself, it is a plain auto-encoder; if it gets a noisy $\tilde x$ and the target is the clean $x$, a *denoising* one {cite}`vincent2008`.
# ```
#
# The assignment's auto-encoder is dense. Its layers narrow to a code of 96 numbers and widen again ({numref}`fig-denoising-flow`).

# %% mystnb={"figure": {"name": "fig-denoising-flow", "caption": "The assignment's auto-encoder. The numbers count the outputs of each layer. Up to the code it is the encoder, from there on the decoder."}, "image": {"alt": "Five boxes joined by arrows from left to right. A noisy image of 784 pixels, then layers of 128, 96, 128 and 784 numbers. The layer of 96 is labeled code and the last one answer. The first three arrows say ReLU, the last says sigmoid."}}
from mnist_utils import figures

boxes = ["noisy image\n784", "128", "code\n96", "128", "answer\n784"]
figures.draw_flow(boxes, ["ReLU", "ReLU", "ReLU", "sigmoid"]);

# %% [markdown]
# The hidden layers have ReLU, as you know it from {ref}`dense-network`. The output layer has a *sigmoid*, $\sigma(z) = 1 / (1 + e^{-z})$, which maps any number $z$ to one between 0 and 1, where pixels are.

# %% tags=["remove-stderr"]
import keras

from mnist_utils import networks

network = networks.autoencoder(seed=0)

# %% tags=["nbval-check-output"]
import pandas as pd

shapes = [(type(layer).__name__, layer.output.shape[1:], layer.count_params())
          for layer in network.layers]
pd.DataFrame(shapes, columns=["layer", "output", "parameters"])

# %% [markdown]
# By hand: a dense layer has $d_\text{in} \cdot d_\text{out}$ weights and $d_\text{out}$ biases ({ref}`counting-parameters`), in other words $(d_\text{in} + 1)\, d_\text{out}$ parameters.

# %% tags=["nbval-check-output"]
from itertools import pairwise

widths = [784, 128, 96, 128, 784]
by_hand = [(before + 1) * after for before, after in pairwise(widths)]
by_hand

# %%
from mnist_utils.claims import claim

claim("denoising-parameters-by-hand", sum(by_hand), exactly=226_416,
      about="parameters of the auto-encoder by the formula")

# %%
claim("denoising-parameters", network.count_params(), exactly=226_416,
      about="parameters of the auto-encoder as Keras counts them")

# %% [markdown]
# Each of the four numbers is in the table, and the sum is the same. Nine in ten of the parameters are in the first layer and the last, those that touch pixels.
#
# Why should the code be narrow? A plain auto-encoder with a wide code can learn nothing and still be perfect: it copies. With 96 numbers for 784 pixels it has to find out what digits have in common. A denoising auto-encoder has a second guard. Its input is not its target, so a copy would be wrong wherever the noise has struck. We shall meet one whose code has as many numbers as the image.
#
# (gray-loss)=
# ## A loss for gray pixels
#
# The assignment trains with *binary cross-entropy*. You know cross-entropy for ten classes ({prf:ref}`def-cross-entropy`). For a pixel there are two, white and black. Read the output $\hat x_i$ of pixel $i$ as the probability of white, so that black gets $1 - \hat x_i$, and read the target $x_i$ in the same way.
#
# ```{prf:definition} Binary cross-entropy
# :label: def-binary-cross-entropy
#
# For a pixel with the target $x_i$ in $[0, 1]$ and the answer $\hat x_i$ strictly between 0 and 1, the loss is
#
# $$L_i = -x_i \log \hat x_i - (1 - x_i) \log (1 - \hat x_i) .$$
#
# The loss of an image is the mean of $L_i$ over its 784 pixels; that of many images, the mean over the images.
# ```
#
# This is cross-entropy with the label $(x_i,\, 1 - x_i)$. For a white or black pixel the label is one-hot; for a gray one it is *soft*, as in {prf:ref}`def-divergence`. SciPy's `xlogy(x, y)` is $x \log y$, and 0 where $x$ is 0.

# %%
from scipy.special import entr, xlogy

def pixel_loss(x, answer):
    return -xlogy(x, answer) - xlogy(1 - x, 1 - answer)


# %%
answer = np.random.default_rng(seed=1).uniform(0.01, 0.99, x_test[:1].shape)
by_keras = keras.losses.binary_crossentropy(x_test[:1], answer.astype("float32"))
by_formula = pixel_loss(x_test[:1], answer)
claim("denoising-loss-by-hand", abs(by_formula.mean() - np.mean(by_keras)),
      at_most=1e-5, about="difference between the loss by formula and by Keras")


# %% [markdown]
# Is it allowed to give this loss a gray target, such as 0.3? Where is the loss smallest then? We take the derivative:
#
# ```{math}
# :label: eq-pixel-derivative
# \frac{\partial L_i}{\partial \hat x_i} = -\frac{x_i}{\hat x_i} + \frac{1 - x_i}{1 - \hat x_i}
#   = \frac{\hat x_i - x_i}{\hat x_i\, (1 - \hat x_i)} .
# ```
#
# The denominator is positive. So the derivative is negative as long as $\hat x_i < x_i$, zero at $\hat x_i = x_i$, and positive beyond: **the loss is smallest where the answer equals the target**, black, white or gray. (A sigmoid never reaches 0 or 1, but comes as close as it likes; in float32 it comes so close that it is rounded to 0 or 1, and Keras therefore keeps answers away from both by $10^{-7}$. We shall do the same with `clip`.) What is its value there? Put $\hat x_i = x_i$ into the definition:
#
# ```{math}
# :label: eq-pixel-entropy
# H(x_i) = -x_i \log x_i - (1 - x_i) \log (1 - x_i) ,
# ```
#
# the entropy of the label. It is 0 for a black or white pixel, and more than 0 for a gray one. The loss has a floor that no network gets under. We check both on a grid of answers in steps of a thousandth.

# %%
def entropy(x):
    return entr(x) + entr(1 - x)  # entr(x) is -x log x

grid = np.arange(1, 1000) / 1000  # of answers
targets = np.array([0.1, 0.3, 0.5, 0.9])
curves = np.array([pixel_loss(target, grid) for target in targets])

# %%
lowest_at = grid[curves.argmin(axis=1)]
claim("denoising-lowest-at", np.abs(lowest_at - targets).max(), at_most=0.001,
      about="distance of the best answer from its target, most of four targets")

# %%
claim("denoising-lowest-value", np.abs(curves.min(axis=1) - entropy(targets)).max(),
      at_most=1e-5, about="largest difference between least loss and entropy")

# %% mystnb={"figure": {"name": "fig-denoising-pixel-loss", "caption": "Loss of a pixel against the answer, for three targets. The dots are the lowest points. They lie on the entropy, dotted."}, "image": {"alt": "Three curves over answers from 0 to 1. For the target 0 the curve rises from zero at the left; for 1 it falls to zero at the right. For the target 0.3 it is a valley with its lowest point at 0.3 and a height of 0.61. A dotted arch of the entropy passes through the three lowest points."}}
import matplotlib.pyplot as plt

fig, ax = plt.subplots(figsize=(6, 3.2))
for target in (0, 0.3, 1):
    line = ax.plot(grid, pixel_loss(target, grid), label=f"target {target}")
    ax.plot(target, entropy(target), "o", color=line[0].get_color(), clip_on=False)
ax.plot(grid, entropy(grid), "k:", label="entropy")
ax.set(xlabel="answer", ylabel="loss", ylim=(0, 2.5))
ax.legend();

# %% [markdown]
# How high is the floor for the digits? It is the mean entropy of their pixels.

# %%
floor = entropy(x_train).mean(dtype=float)
claim("denoising-floor", round(floor, 4), exactly=0.0584,
      about="mean entropy of a pixel of the training images")

# %% [markdown]
# An auto-encoder with a loss of {glue:text}`denoising-floor:.4f` on the training images would be perfect. What lies above the floor is the divergence of {eq}`eq-divergence`, and that is the part to read.
#
# ### The gradient at the logit
#
# The sigmoid's derivative is $\hat x_i (1 - \hat x_i)$, for $\hat x_i = \sigma(z_i)$. Here the logit $z_i$ is the number that enters the sigmoid. That is the denominator of {eq}`eq-pixel-derivative`. By the chain rule the two cancel:
#
# ```{math}
# :label: eq-pixel-logit-gradient
# \frac{\partial L_i}{\partial z_i} = \frac{\hat x_i - x_i}{\hat x_i\, (1 - \hat x_i)} \cdot \hat x_i\, (1 - \hat x_i)
#   = \hat x_i - x_i .
# ```
#
# The answer minus the target: the same form as $p - y$ for softmax ({ref}`gradient-of-the-loss`). Automatic differentiation agrees, here for a digit and 784 random logits.

# %%
import tensorflow as tf

x = x_train[0].ravel()
z = tf.Variable(np.random.default_rng(seed=1).normal(size=784).astype("float32"))
with tf.GradientTape() as tape:
    answer = tf.sigmoid(z)
    by_pixel = -x * tf.math.log(answer) - (1 - x) * tf.math.log(1 - answer)
automatic = tape.gradient(by_pixel, z)  # of their sum

# %%
claim("denoising-logit-gradient", np.abs(automatic - (answer - x)).max(), at_most=1e-5,
      about="largest difference between answer minus target and the gradient")

# %% [markdown]
# With squared error $(\hat x_i - x_i)^2$ in its place, the cancellation fails: the gradient is $(\hat x_i - x_i) \cdot 2\,\hat x_i (1 - \hat x_i)$. A pixel that is answered almost black and should be white then learns slowly, for the reason that {ref}`squared-error` has given. This speaks for binary cross-entropy: as the next section shows, both losses want the same answer, and this one still pulls when the answer is confidently wrong. (In our network only for logits down to about −16 and up to 16. Its last layer gives the answers the shape of an image, and so hides the logits from Keras, which then moves answers $10^{-7}$ away from 0 and 1 and beyond that passes no gradient on.)
#
# (conditional-mean)=
# ### When the network cannot know
#
# So far the target was one number. But the network does not see the target, it sees a noisy image, and many clean images may lie behind the same noise. Think of them as random, with the probabilities that they have given $\tilde x$. Which answer is best on average?
#
# ```{prf:theorem}
# :label: thm-conditional-mean
#
# Let $\mu_i = \mathrm{E}[x_i \mid \tilde x]$ be the *conditional mean* of pixel $i$: its mean over all clean images, weighted by their probabilities given the noisy image. For squared error the answer with the smallest mean loss is $\hat x_i = \mu_i$. For binary cross-entropy it is the same if $0 < \mu_i < 1$, and the mean loss is then $H(\mu_i)$; if $\mu_i$ is 0 or 1, the loss comes as close to 0 as one likes.
# ```
#
# To prove it, take the mean of the definition. The answer is a fixed number here, and $x_i$ stands in no logarithm, so its mean takes its place:
#
# ```{math}
# :label: eq-mean-loss
# \mathrm{E}[L_i \mid \tilde x] = -\mu_i \log \hat x_i - (1 - \mu_i) \log (1 - \hat x_i) .
# ```
#
# That is the loss of a pixel with the target $\mu_i$, and we know where it is smallest. For squared error, $\mathrm{E}[(\hat x_i - x_i)^2 \mid \tilde x] = (\hat x_i - \mu_i)^2 + \mathrm{Var}[x_i \mid \tilde x]$, and the variance does not depend on the answer.
#
# Let us try it where $\tilde x$ tells nothing. The target is the pixel in row 14 and column 14 of 5,000 training images, and the answer must be one number for all.

# %%
pixel = x_train[:5000, 14, 14, 0].astype(float)
by_entropy = [pixel_loss(pixel, value).mean() for value in grid]
by_square = [((pixel - value) ** 2).mean() for value in grid]
best = grid[[np.argmin(by_entropy), np.argmin(by_square)]]
best.tolist(), round(pixel.mean().item(), 4)

# %%
claim("denoising-conditional-mean", np.abs(best - pixel.mean()).max(), at_most=0.001,
      about="distance of the best answers, by two losses, from the mean pixel")

# %% [markdown]
# Both losses want the mean, a gray that the pixel itself seldom has. This is why denoised images are blurred: **where the network is in doubt, the best answer is the average of all that it could have been.** Gray in the output, beyond the gray that the originals have at the rims of their strokes, means doubt. {numref}`fig-denoising-means` has the best answers of two observers. One knows nothing and answers the mean image of all digits. The other knows which digit it is, and nothing else.

# %% mystnb={"figure": {"name": "fig-denoising-means", "caption": "The mean of all training images, and the means of the ten classes. Each is the best answer of somebody who knows no more."}, "image": {"alt": "Eleven blurred images. The first is a gray, nearly round cloud, brightest in the middle. The others show the digits 0 to 9 with soft edges; 0 and 1 are the clearest."}}
mean_image = x_train.mean(axis=0, dtype=float)
class_means = np.stack(
    [x_train[y_train == digit].mean(axis=0, dtype=float) for digit in range(10)]
)
best_answers = np.concatenate([mean_image[None], class_means])
figures.show_digits(best_answers, ["all", *range(10)], columns=11, value_range=(0, 1));

# %% [markdown]
# By {prf:ref}`thm-conditional-mean`, their losses are the entropies of these gray pixels.

# %%
mean_loss = entropy(mean_image).mean()
claim("denoising-mean-loss", round(mean_loss, 4), exactly=0.2628,
      about="loss of answering the mean image, on the training images")

# %%
shares = np.bincount(y_train) / len(y_train)
class_loss = shares @ entropy(class_means).mean(axis=(1, 2, 3))
claim("denoising-class-loss", round(class_loss, 4), exactly=0.2205,
      about="loss of answering the mean of the right class, on the training images")


# %% [markdown]
# On the training images we have a scale: {glue:text}`denoising-mean-loss:.4f` for knowing nothing, {glue:text}`denoising-class-loss:.4f` for knowing the digit, {glue:text}`denoising-floor:.4f` for knowing everything.
#
# ## Training it
#
# Ten epochs of adam, at its usual rate of 0.001, in batches of 128. In each epoch every image gets new noise, so the network never sees the same noisy image twice. The order of images and the noise come from a seed; they are those of the study that we read later. The two numbers in `levels` are the ends of a range. Each image gets a level from this range.

# %%
def train(network, levels, epochs):
    adam = keras.optimizers.Adam(learning_rate=0.001)
    network.compile(adam, "binary_crossentropy", steps_per_execution=20)
    losses = []
    for epoch in range(1, epochs + 1):
        random = np.random.default_rng([0, epoch])
        images = x_train[random.permutation(len(x_train))]
        drawn = random.uniform(*levels, len(images))
        noisy_images = salt_and_pepper(images, drawn, random)
        log = network.fit(noisy_images, images, 128, shuffle=False, verbose=0)
        losses += log.history["loss"]
    return losses


# %%
network = networks.autoencoder(seed=0)  # anew, so that the cell can be run twice
losses = train(network, levels=(0.4, 0.4), epochs=10)

# %% mystnb={"figure": {"name": "fig-denoising-training", "caption": "Training loss of the auto-encoder at noise level 0.4, the average over each epoch. The horizontal lines are what one can reach who knows nothing, the digit, or everything."}, "image": {"alt": "A falling curve over ten epochs, from about 0.21 to about 0.13, flat at the end. A dotted line at 0.26 and a dash-dotted line at 0.22 run above it, a dashed line at 0.06 far below."}}
fig, ax = plt.subplots()
ax.plot(range(1, 11), losses, marker="o", label="auto-encoder, noise 0.4")
ax.axhline(mean_loss, color="black", linestyle=":", label="the mean image")
ax.axhline(class_loss, color="black", linestyle="-.", label="the mean of the class")
ax.axhline(floor, color="black", linestyle="--", label="floor: the clean image")
ax.set(xlabel="epoch", ylabel="loss", ylim=(0, 0.3))
ax.legend(ncols=2, loc="lower left");

# %%
claim("denoising-last-loss", losses[-1], between=(0.120, 0.135),
      about="training loss in the tenth epoch, noise level 0.4")

# %% [markdown]
# After ten epochs ({numref}`fig-denoising-training`) the loss is {glue:text}`denoising-last-loss:.3f`. Nearly half of it is the floor. Of the rest, a part is lost to the noise for good, and the remainder could be won by a better network; which part is how large we could only tell from the true conditional mean.
#
# For the test images we make a noisy set for each level from 0 to 1 in steps of a tenth, with the seeds of the study, and let the network denoise it.

# %%
import functools

levels = [tenths / 10 for tenths in range(11)]

@functools.cache  # each set is made once, and kept
def noisy(level):
    return salt_and_pepper(x_test, level, np.random.default_rng([0, round(10 * level)]))

def denoise(images, network):
    return network.predict(images, batch_size=1000, verbose=0)

denoised = {level: denoise(noisy(level), network) for level in levels}

# %%
test_loss = pixel_loss(x_test, denoised[0.4].clip(1e-7, 1 - 1e-7)).mean()
claim("denoising-test-loss", test_loss, between=(0.117, 0.133),
      about="loss on 10,000 test images with noise of level 0.4")


# %% [markdown]
# On test images the loss is {glue:text}`denoising-test-loss:.3f`, no worse than in training. (The training loss is an average over the epoch, in which the network was still getting better.) 
#
# ## Look at it

# %% mystnb={"figure": {"name": "fig-denoising-levels", "caption": "Two test digits with noise from 0, the original, to 1, and below each what the auto-encoder makes of it. It was trained at 0.4."}, "image": {"alt": "Four rows of eleven images. In the first and third row a seven and a four disappear step by step in black and white dots. Below them the denoised digits are smooth and readable up to a level of about 0.5, then change into other shapes, and at 1 are blurred blobs that look like parts of digits."}}
def label_rows(axes, names):
    for axis, name in zip(axes[:, 0], names):
        axis.text(-0.2, 0.5, name, transform=axis.transAxes, ha="right", va="center")

rows = [[pictures(level)[number] for level in levels] for number in (0, 4)
        for pictures in (noisy, denoised.get)]
figure, axes = figures.show_digits(np.concatenate(rows), columns=11, value_range=(0, 1))
label_rows(axes, ["noisy", "denoised"] * 2)
for axis, level in zip(axes[0], levels):
    axis.set_title(level)

# %% [markdown]
# The two digits of {numref}`fig-denoising-levels` are an anecdote; figures for all 10,000 follow. But first it is your turn.
#
# ```{exercise} You against the network
# :label: ex-denoising-guess
#
# Below are ten test digits with noise of level 0.7. Which digits are they? (You see single pixels; the network's answers are read by a classifier. And ten images are few. It is a game, not a measurement.) Write down ten guesses before you unfold the answer. It helps to step back from the screen, or to narrow your eyes. Put your guesses in the cell that follows, to count your hits; chance alone gives one.
# ```

# %% mystnb={"figure": {"name": "fig-denoising-guess", "caption": "Ten test digits with noise of level 0.7. Which are they?"}, "image": {"alt": "Two rows of five squares filled with black and white dots. In some of them a faint stroke can be suspected where white dots are denser; none shows a digit at first sight."}}
figures.show_digits(noisy(0.7)[300:310], columns=5, value_range=(0, 1), size=1.4);

# %%
guesses = ""  # ten digits, row by row, such as "0123456789"
hits = [guess == str(digit) for guess, digit in zip(guesses, y_test[300:310])]
f"{sum(hits)} of {len(hits)} guesses are right"

# %% [markdown]
# ````{solution-start} ex-denoising-guess
# :class: dropdown
# ````
#
# The titles tell which digits they are; the pictures are the auto-encoder's answers. Did you use the gray pixels? They are the only ones that cannot be noise.

# %% mystnb={"figure": {"name": "fig-denoising-guess-answers", "caption": "The auto-encoder's answers to the ten noisy digits. The titles are the right ones."}, "image": {"alt": "Ten blurred shapes with titles. A few of them resemble the digit in their title; the others are blobs that resemble another digit or none."}}
figures.show_digits(denoised[0.7][300:310], y_test[300:310], value_range=(0, 1));


# %% [markdown]
# Repeat it with other levels and other digits, by changing the numbers in the cell of the figure. At which level do you lose the digit? Later we let a classifier read 2,500 of the network's answers; at this level it gets {glue:text}`denoising-recall-seven:.0%` right, as a mean over the digits.
#
# ````{solution-end}
# ````
#
# ### How far from the truth?
#
# We measure the distance between an image and its original as the root of the mean squared difference of the pixels, over all test images ({numref}`fig-denoising-error`).

# %%
def error(images):
    return np.sqrt(((images - x_test) ** 2).mean())

errors = pd.DataFrame({
    "noisy": [error(noisy(level)) for level in levels],
    "denoised": [error(denoised[level]) for level in levels],
}, index=pd.Index(levels, name="level"))
mean_error = error(mean_image)

# %% mystnb={"figure": {"name": "fig-denoising-error", "caption": "Distance of noisy and of denoised test images from their originals. The dotted line is the distance of the mean image, an answer that does not look."}, "image": {"alt": "Two curves over the noise level. The error of the noisy images rises from 0 steeply to about 0.7. That of the denoised images starts at 0.12, stays nearly level up to 0.4, and then rises to a little above 0.3. It crosses the dotted line of the mean image, at 0.26, between 0.8 and 0.9."}}
fig, ax = plt.subplots()
ax.plot(errors["noisy"], marker="o", label="noisy")
ax.plot(errors["denoised"], marker="s", label="denoised")
ax.axhline(mean_error, color="black", linestyle=":", label="the mean image")
ax.set(xlabel="noise level", ylabel="error", xticks=levels, ylim=(0, None))
ax.legend();

# %%
claim("denoising-error-before", errors.loc[0.4, "noisy"], between=(0.42, 0.46),
      about="error of the noisy test images, level 0.4")

# %%
claim("denoising-error-after", errors.loc[0.4, "denoised"], between=(0.13, 0.16),
      about="error of the denoised test images, level 0.4")

# %%
claim("denoising-error-clean", errors.loc[0.0, "denoised"], between=(0.105, 0.14),
      about="error that the network adds to clean test images")

# %%
worse = errors["denoised"] > mean_error
claim("denoising-worse-from", worse.idxmax(), between=(0.75, 0.95),
      about="least level at which the denoised images are worse than the mean image")

# %% [markdown]
# In the middle it does what it should: at its own level, 0.4, the error falls from {glue:text}`denoising-error-before:.2f` to {glue:text}`denoising-error-after:.2f`. From a level of {glue:text}`denoising-worse-from:.1f` on, the mean image would be nearer to the truth than what it returns. At both ends it fails, and in different ways.
#
# ### Why does it damage clean digits?
#
# At level 0 there is nothing to remove. The network still changes the image, by {glue:text}`denoising-error-clean:.2f`, not much less than the {glue:text}`denoising-error-after:.2f` that it leaves at level 0.4. Three explanations come to mind.
#
# 1. The code is too narrow: 96 numbers cannot hold a digit.
# 2. The network has never seen a clean image, and does not know what to do with one.
# 3. It has learned to distrust. A thin stroke or a single dot may be noise, and whoever keeps it loses more often than wins.
#
# The first can be tested without any training. The linear encoder and decoder with the smallest squared error can be computed: subtract the mean image, and project on the directions in which the images vary most, the eigenvectors of their covariance matrix that have the largest eigenvalues. This is called *principal component analysis*. We take 10,000 training images for it, and only 48 directions, half as many as the code has numbers, because a code after ReLU has no negative numbers, and may need two units for what one number with a sign can say.

# %%
flat = x_train[:10_000].reshape(-1, 784)
center = flat.mean(axis=0)
eigenvectors = np.linalg.eigh(np.cov(flat, rowvar=False))[1]
directions = eigenvectors[:, -48:]
projected = (x_test.reshape(-1, 784) - center) @ directions @ directions.T + center

# %%
claim("denoising-linear-error", error(projected.reshape(x_test.shape)),
      between=(0.105, 0.115),
      about="error of clean test images after a linear code of 48 numbers")


# %% [markdown]
# An error of {glue:text}`denoising-linear-error:.3f`: a linear code of half the width does better than our network. So 96 numbers would suffice. That the training *uses* them all is not said; {ref}`drawing-digits` finds units that are nearly always 0. The second explanation needs a network that was trained on all levels; we will have one {ref}`below <one-or-all>`.
#
# ### Gray means doubt
#
# If training has come near its goal, then {prf:ref}`thm-conditional-mean` says how to read a gray pixel of the output: of all pixels to which the network answers 0.3, the clean originals must be 0.3 on average. (Each of them may lie behind another noisy image; but if all these images have $\mu_i = 0.3$, so has the mean over them.) This is the calibration of {ref}`calibration`, for pixels. We sort the output pixels into ten bins by their brightness, and compare ({numref}`fig-denoising-doubt`).

# %%
def by_brightness(level):
    answered, truth = denoised[level].ravel(), x_test.ravel()
    bins = np.minimum((10 * answered).astype(int), 9)
    counts = np.bincount(bins, minlength=10)
    return [np.bincount(bins, pixels, minlength=10) / counts
            for pixels in (answered, truth)]


# %% mystnb={"figure": {"name": "fig-denoising-doubt", "caption": "Mean brightness of the clean pixels against the brightness that the network has answered, in ten bins, for three noise levels. On the dashed line, the answer is the mean of the clean pixels behind it."}, "image": {"alt": "Three rising lines of points. That of level 0.4 stays close to the diagonal from 0 to 1. That of level 0.8 is flatter and ends well below the diagonal. That of level 1 stays near 0.3 from the second bin on, whatever the network answers."}}
fig, ax = plt.subplots(figsize=(4.6, 4))
ax.plot([0, 1], [0, 1], "k--", linewidth=1)
for level, marker in ((0.4, "o"), (0.8, "s"), (1.0, "^")):
    ax.plot(*by_brightness(level), marker=marker, label=f"level {level}")
ax.set(xlabel="answered", ylabel="clean pixels, mean", aspect="equal")
ax.legend();

# %%
answered, truth = by_brightness(0.4)
claim("denoising-doubt-right", np.abs(answered - truth).max(), at_most=0.12,
      about="largest distance of ten bins from the diagonal, level 0.4")

# %%
claim("denoising-doubt-dark", int((truth > answered).sum()), between=(5, 10),
      about="bins of ten in which the clean pixels are brighter than answered, 0.4")

# %%
answered, truth = by_brightness(1.0)
claim("denoising-doubt-wrong", truth[-1], between=(0.2, 0.45),
      about="mean clean pixel where the network answers white, level 1")

# %% [markdown]
# At the level of its training the points stay close to the diagonal: the largest distance is {glue:text}`denoising-doubt-right:.3f`. In {glue:text}`denoising-doubt-dark:d` of 10 bins this network answers a little too dark. The theorem is about the best of all answers, and training comes near it without reaching it. But the gray is no defect that one could sharpen away without loss. Where it is more than the originals have, it is doubt, and mostly honest. (Honest is not the same as knowing: a network that always answers the mean image would lie on the diagonal too. How much it knows is told by the loss.) Beyond that level the network is *overconfident*. At level 1, where it paints a pixel white, the originals have {glue:text}`denoising-doubt-wrong:.2f` on average, which says little more than that digits have their ink in the middle.
#
# (pure-noise)=
# ### What it sees in pure noise
#
# At level 1 nothing is left of the digit. The best answer is known: the mean image, always. {numref}`fig-denoising-pure` has what the network answers.

# %% mystnb={"figure": {"name": "fig-denoising-pure", "caption": "Ten answers to pure noise, then the average of all 10,000 such answers, and the mean image, which would have been the best answer each time."}, "image": {"alt": "Two rows of six images. Ten are blurred white blobs, all different, that resemble pieces of eights, threes and zeros. The next is a soft round cloud, the average of such answers. The last is the mean image, a similar cloud."}}
pure = denoised[1.0]
pictures = np.concatenate([pure[:10], pure.mean(axis=0)[None], mean_image[None]])
titles = [""] * 10 + ["average", "mean image"]
figures.show_digits(pictures, titles, columns=6, value_range=(0, 1), size=0.9);

# %%
average = pure.mean(axis=0)
alike = np.corrcoef(average.ravel(), mean_image.ravel())[0, 1]
claim("denoising-pure-average", alike, between=(0.6, 0.97),
      about="correlation of the average answer to pure noise with the mean image")

# %%
singles = [np.corrcoef(one.ravel(), mean_image.ravel())[0, 1] for one in pure[:1000]]
claim("denoising-pure-single", np.mean(singles), between=(0.2, 0.8),
      about="mean correlation of single answers to pure noise with the mean image")

# %%
pure_loss = pixel_loss(x_test, pure.clip(1e-7, 1 - 1e-7)).mean()
claim("denoising-pure-loss", pure_loss, between=(0.33, 0.52),
      about="loss of the answers to pure noise, on the test images")

# %% [markdown]
# It draws. Each answer is another blob in the middle of the image, made of the strokes that digits are made of. Their average resembles the mean image, with a correlation of {glue:text}`denoising-pure-average:.2f`; for single answers it is {glue:text}`denoising-pure-single:.2f` on average. In training, dense white dots nearly always meant that there was a stroke, and presumably the network still reads the accidents of the noise as strokes. The price is a loss of {glue:text}`denoising-pure-loss:.2f`, where the mean image would have had about {glue:text}`denoising-mean-loss:.2f` (its loss on the training images). Knowing nothing, and admitting it, is better by far than knowing nothing and drawing.
#
# (denoise-and-classify)=
# ## Does it help a classifier?
#
# A practical use would be to clean digits before they are read. The reader is `good`, the most accurate network of {ref}`conv-network`. It was trained on digits that were shifted, turned and zoomed, but it has never seen noise. Its weights are stored with the book. Here it reads every fourth test image, which takes a quarter of the time; the study below has read all of them.

# %%
from mnist_utils import results

classifier = results.load_network("good", "final", seed=0)
classifier.compile(steps_per_execution=10)  # ten batches at a time, which is quicker


# %%
def answers_to(images):
    return classifier.predict(images, batch_size=250, verbose=0).argmax(axis=1)

y_read = y_test[::4]
answers = {
    "noisy": [answers_to(noisy(level)[::4]) for level in levels],
    "denoised": [answers_to(denoised[level][::4]) for level in levels],
}


# %% [markdown]
# The assignment asks for the *true-positive rate*, also called *recall*.
#
# ```{prf:definition} True-positive rate
# :label: def-recall
#
# The true-positive rate of a class is the share of the images of this class that are classified as this class.
# ```
#
# Ten classes have ten of them. Their mean counts every class alike, where accuracy counts every image alike; for MNIST, whose classes are of similar size, the two are close.

# %%
def recalls(found):
    return [(found[y_read == digit] == digit).mean() for digit in range(10)]

tables = {
    kind: pd.DataFrame([recalls(found) for found in answers[kind]], index=levels)
    for kind in answers
}
mean_recall = pd.DataFrame({kind: tables[kind].mean(axis=1) for kind in tables})

# %% mystnb={"figure": {"name": "fig-denoising-recall", "caption": "Mean true-positive rate of the classifier on 2,500 noisy and denoised test digits, one auto-encoder and one classifier. The dotted line is guessing."}, "image": {"alt": "Two falling curves over the noise level. The one for noisy digits starts at the top, falls steeply and reaches the dotted line at 0.1 near a level of 0.6. The one for denoised digits starts a little lower, stays above 0.9 up to a level of 0.4, and falls to the dotted line only at 1."}}
fig, ax = plt.subplots()
ax.plot(mean_recall["noisy"], marker="o", label="noisy")
ax.plot(mean_recall["denoised"], marker="s", label="denoised")
ax.axhline(0.1, color="black", linestyle=":", label="guessing")
ax.set(xlabel="noise level", ylabel="mean true-positive rate", xticks=levels)
ax.legend();

# %%
claim("denoising-recall-clean", mean_recall.loc[0.0, "noisy"], between=(0.994, 0.998),
      about="mean true-positive rate on clean test digits")

# %%
claim("denoising-recall-damaged", mean_recall.loc[0.0, "denoised"],
      between=(0.92, 0.98),
      about="mean true-positive rate on clean digits that were denoised")

# %%
claim("denoising-recall-noisy", mean_recall.loc[0.4, "noisy"], between=(0.1, 0.35),
      about="mean true-positive rate on noisy digits, level 0.4")

# %%
claim("denoising-recall-denoised", mean_recall.loc[0.4, "denoised"],
      between=(0.86, 0.95),
      about="mean true-positive rate on denoised digits, level 0.4")

# %%
claim("denoising-recall-seven", mean_recall.loc[0.7, "denoised"], between=(0.3, 0.6),
      about="mean true-positive rate on denoised digits, level 0.7")

# %%
helps = mean_recall["denoised"] > mean_recall["noisy"]
first = helps.idxmax()
claim("denoising-helps-from", first, between=(0.05, 0.25),
      about="least level at which denoising raises the mean true-positive rate")

# %%
claim("denoising-helps-to-nine", bool(helps.loc[first:0.9].all()), exactly=True,
      about="whether it does at all higher levels up to 0.9")

# %% [markdown]
# By {numref}`fig-denoising-recall`, denoising helps at all levels from {glue:text}`denoising-helps-from:.1f` to 0.9, little at the lowest of them, and much in the middle: at 0.4 it lifts the mean rate from {glue:text}`denoising-recall-noisy:.2f` to {glue:text}`denoising-recall-denoised:.2f`. On clean digits it does harm. There it lowers the rate from {glue:text}`denoising-recall-clean:.3f` to {glue:text}`denoising-recall-damaged:.3f`: the smoothing that {numref}`fig-denoising-levels` hardly shows takes away what told some digits apart, or makes them look unfamiliar to a classifier that has never seen smoothed digits; this figure cannot tell which. And at 1 nothing helps.
#
# {numref}`fig-denoising-classes` has the ten classes, at two levels.

# %% mystnb={"figure": {"name": "fig-denoising-classes", "caption": "True-positive rate of each class on noisy and on denoised test digits, at the levels 0.4 and 0.7."}, "image": {"alt": "A table of four rows and ten columns with numbers from 0 to 1, darker for larger ones. In the rows of noisy digits one class has a rate near 1 and most others are low. In the row of denoised digits at 0.4 all are around 0.9. At 0.7 the denoised ones are mixed."}}
chosen = {f"{kind} {level}": tables[kind].loc[level]
          for level in (0.4, 0.7) for kind in tables}
table = pd.DataFrame(chosen).T.rename_axis(columns="digit")
figures.show_matrix(table, form=".2f", value_range=(0, 1));

# %%
favorite = tables["noisy"].loc[0.7].idxmax()
claim("denoising-favorite-seven", (answers["noisy"][7] == favorite).mean(),
      at_least=0.8,
      about="share of digits, level 0.7, called by the name with the best rate")

# %%
counts = np.bincount(answers["noisy"][10], minlength=10)
claim("denoising-favorite", counts.argmax(), exactly=8,
      about="the answer that the classifier gives most often to pure noise")

# %%
claim("denoising-favorite-share", counts.max(), at_least=2250,
      about="of 2,500 images of pure noise, those with the most frequent answer")

# %%
pure_noise = noisy(1.0)[:1000]
confidence = classifier.predict(pure_noise, batch_size=250, verbose=0).max(axis=1)
claim("denoising-favorite-confidence", confidence.mean(), at_least=0.9,
      about="mean of the largest probability that pure noise gets")

# %% [markdown]
# A class whose rate stays near 1 in a row of noisy digits is not recognized well. The classifier gives its name to most of what it sees: at level 0.7, {glue:text}`denoising-favorite-seven:.2%` of the digits that it reads get the name of the class with the highest rate. Of 2,500 images that are pure noise, {glue:text}`denoising-favorite-share:,d` get the answer {glue:text}`denoising-favorite:d`, with a mean confidence of {glue:text}`denoising-favorite-confidence:.2f`. Such a class gets its own images right, and the others' wrong. **A true-positive rate alone can be bought by saying one word all the time.** Look at all classes, or at the *precision*: of all images that were called by a name, the share that deserved it. Nor are the rates exact: each class has about 250 of the 2,500 images, and a rate of 0.5 among 250 has a standard error of 0.03.
#
# ### Over seeds
#
# One auto-encoder and one classifier are one draw. The study `denoising` has trained five auto-encoders, had each read by another of the five stored networks `good`, and measured the accuracy at each level. Its first condition is our network; seed 0 is the very training that you have seen, so the two should agree.

# %%
stored = results.load("denoising")
stored = stored.rename(columns={"split": "kind", "noise": "level"})
by_level = results.summarize(stored, by=["condition", "kind", "level"])

# %% tags=["nbval-check-output"]
origin = results.provenance("denoising")
print(f"{origin['started'][:10]}, {origin['code']}, "
      f"{origin['seconds'] / 60:.0f} minutes on {origin['threads']} cores")

# %%
ours = stored.query("condition == 'dense, level 0.4' and seed == 0")
ours = ours.set_index(["kind", "level"])["accuracy"]
live = [(found == y_read).mean() for found in answers["denoised"]]
claim("denoising-live-stored", np.abs(live - ours["denoised"].to_numpy()).max(),
      at_most=0.04,
      about="largest difference between live and stored accuracies, denoised, seed 0")

# %%
distance = (mean_recall["denoised"] - live).abs().max()
claim("denoising-recall-accuracy", distance, at_most=0.02,
      about="largest difference between mean true-positive rate and accuracy")


# %% [markdown]
# They differ by {glue:text}`denoising-live-stored:.3f` at most. (The study has read all test images and this page a quarter of them. And where the machine or the number of its threads is another, sums are rounded in another order, and training amplifies that.) Accuracy and mean true-positive rate on denoised digits differ by up to {glue:text}`denoising-recall-accuracy:.3f`; from here on we use accuracy, which the study has stored.

# %%
def draw(ax, condition, kind, label, marker):
    curve = by_level.xs((condition, kind))
    line = ax.plot(curve["mean"], marker=marker, label=label)
    ax.fill_between(curve.index, curve["low"], curve["high"], alpha=0.25,
                    color=line[0].get_color())


# %% mystnb={"figure": {"name": "fig-denoising-seeds", "caption": "Accuracy of the classifier on noisy and on denoised test digits, mean of five seeds. The bands are 95 % intervals of the mean."}, "image": {"alt": "The two falling curves of the figure before, now with bands. The band around the curve of the noisy digits is wide between the levels 0.2 and 0.4. The band around that of the denoised digits is narrow."}}
fig, ax = plt.subplots()
draw(ax, "dense, level 0.4", "noisy", "noisy", "o")
draw(ax, "dense, level 0.4", "denoised", "denoised", "s")
ax.axhline(0.1, color="black", linestyle=":", label="guessing")
ax.set(xlabel="noise level", ylabel="accuracy", xticks=levels)
ax.legend();

# %%
dense = by_level.loc["dense, level 0.4"]
claim("denoising-seeds-noisy", dense.loc[("noisy", 0.4), "mean"], between=(0.1, 0.25),
      about="mean accuracy on noisy digits, level 0.4, 5 seeds")

# %%
claim("denoising-seeds-denoised", dense.loc[("denoised", 0.4), "mean"],
      between=(0.88, 0.92),
      about="mean accuracy on denoised digits, level 0.4, 5 seeds")

# %%
claim("denoising-seeds-damage",
      dense.loc[("noisy", 0.0), "mean"] - dense.loc[("denoised", 0.0), "mean"],
      between=(0.03, 0.06),
      about="mean accuracy that denoising takes from clean digits, 5 seeds")

# %%
pairs = stored.query("condition == 'dense, level 0.4'").pivot(
    index=["level", "seed"], columns="kind", values="accuracy")
gains = (pairs["denoised"] - pairs["noisy"]).unstack("seed").loc[0.1:0.9]
claim("denoising-seeds-help", bool((gains > 0).all(axis=None)), exactly=True,
      about="whether denoising helps each of five seeds at all levels from 0.1 to 0.9")

# %% [markdown]
# With five seeds ({numref}`fig-denoising-seeds`) the picture is the same. At level 0.4 the mean accuracy is {glue:text}`denoising-seeds-noisy:.3f` on noisy and {glue:text}`denoising-seeds-denoised:.3f` on denoised digits, and denoising helps each of the five at every level from 0.1 to 0.9. On clean digits it takes {glue:text}`denoising-seeds-damage:.3f` away. The band of the noisy digits is wide between 0.2 and 0.4: a classifier that has never seen noise fails there in a way of its own, which depends on its seed. What the denoiser returns looks more like what the classifiers know, and there their accuracies are close. 
#
# (one-or-all)=
# ## One level, or all of them?
#
# The auto-encoder was trained at level 0.4 and is asked about all. What if it meets all levels in training? We train a second one, for three epochs, in which each image gets a level between 0 and 1 of its own. (The study below trains it for ten.)

# %%
network_all = networks.autoencoder(seed=0)
train(network_all, levels=(0, 1), epochs=3)
denoised_all = {level: denoise(noisy(level), network_all) for level in (0.0, 0.4, 1.0)}

# %% mystnb={"figure": {"name": "fig-denoising-two-networks", "caption": "A test digit at eleven levels, denoised by the network that was trained at level 0.4 and by the one that was trained at all levels."}, "image": {"alt": "Three rows of eleven images. Above, a seven that drowns in noise. In the middle, the answers of the first network, sharp at low levels and a bright wrong blob at the highest. Below, those of the second network, which get softer with the level and end in a dim cloud."}}
sevens = np.stack([noisy(level)[0] for level in levels])
pictures = [sevens, denoise(sevens, network), denoise(sevens, network_all)]
figure, axes = figures.show_digits(np.concatenate(pictures), columns=11,
                                   value_range=(0, 1))
label_rows(axes, ["noisy", "trained at 0.4", "trained at all"])
for axis, level in zip(axes[0], levels):
    axis.set_title(level)


# %% [markdown]
# By {prf:ref}`thm-conditional-mean`, a network that has learned what pure noise looks like should answer it with the mean image. Does it ({numref}`fig-denoising-two-networks`)?

# %%
def from_mean(images):
    return np.sqrt(((images - mean_image) ** 2).mean())

claim("denoising-from-mean", from_mean(denoised[1.0]), between=(0.13, 0.26),
      about="distance of answers to pure noise from the mean image, trained at 0.4")

# %%
claim("denoising-all-from-mean", from_mean(denoised_all[1.0]), between=(0.03, 0.1),
      about="the same distance, trained at all levels")

# %%
all_pure_loss = pixel_loss(x_test, denoised_all[1.0].clip(1e-7, 1 - 1e-7)).mean()
claim("denoising-all-pure-loss", all_pure_loss, between=(0.26, 0.31),
      about="loss of the answers to pure noise, trained at all levels")

# %% [markdown]
# Nearly. Its answers are at a distance of {glue:text}`denoising-all-from-mean:.2f` from the mean image, those of the first network at {glue:text}`denoising-from-mean:.2f`. Its loss on pure noise is {glue:text}`denoising-all-pure-loss:.2f`, close to the {glue:text}`denoising-mean-loss:.2f` of the mean image. It has learned when to say nothing.
#
# And clean digits? That was the second explanation for the damage, that the network had not seen any.

# %%
claim("denoising-all-error-clean", error(denoised_all[0.0]), between=(0.105, 0.16),
      about="error that the network trained at all levels adds to clean digits")

# %% [markdown]
# After three epochs, in which few of its images were nearly clean, it still damages clean ones, by {glue:text}`denoising-all-error-clean:.3f`, as the first network does after ten, by {glue:text}`denoising-error-clean:.3f`. So having met some has not removed the damage; the study below will show whether ten epochs lessen it. Is it distrust, then, the third explanation? The best possible denoiser would not need it. An ideal denoiser for all levels would see that there is not a single white dot in the background, conclude that the level is nearly 0, and return the image. Ours does not do that. Distrust and a training that has not come to its end our measurements do not separate; {ref}`an exercise <ex-denoising-without-noise>` trains the same network without noise.
#
# ### A convolutional auto-encoder
#
# Noise sits in single pixels, and pixels have neighbors. {ref}`convolution` has shown a layer that uses this. A convolutional encoder is nothing new: two convolutions with stride 2 take the image from 28 to 14 to 7 places on a side. A decoder has to go the other way. For that there is the *transposed convolution*.
#
# A convolution gathers: each output is a sum over the pixels under the kernel. A transposed convolution spreads: each input number multiplies the whole kernel, and this copy is laid down in the output. The places are $t$ apart, for stride $t$; where copies overlap, they add up. For an input $h$ and a kernel $W$, without padding,
#
# ```{math}
# :label: eq-transposed
# z_{u,v} = \sum_{i,j} h_{i,j}\, W_{u - it,\; v - jt} ,
# ```
#
# where weights with an index outside of the kernel count as 0. From $d'$ numbers on a side it makes $(d' - 1)\, t + k$. With padding `same`, Keras cuts rows and columns off the border until $d' t$ are left (in the case below, the last row and the last column). In NumPy, for an input of 3 by 3, a kernel of 3 by 3, and stride 2:

# %%
kernel = np.random.default_rng(seed=0).normal(size=(3, 3)).astype("float32")
small = np.arange(9, dtype="float32").reshape(3, 3)
spread = np.zeros((7, 7))
for i, j in np.ndindex(3, 3):
    spread[2 * i : 2 * i + 3, 2 * j : 2 * j + 3] += small[i, j] * kernel

# %%
transposed = keras.layers.Conv2DTranspose(
    1, 3, strides=2, padding="same", use_bias=False)
transposed.build((None, 3, 3, 1))
transposed.set_weights([kernel.reshape(3, 3, 1, 1)])
by_keras = transposed(small.reshape(1, 3, 3, 1)).numpy()
claim("denoising-transposed-by-hand",
      np.abs(spread[:6, :6] - by_keras[0, :, :, 0]).max(), at_most=1e-5,
      about="largest difference between spreading by hand and Conv2DTranspose")

# %% [markdown]
# Where does the name come from? In {ref}`convolution-as-matrix` a convolution was a matrix $T$, with $z = x\, T^\top$. The transposed convolution with the same kernel multiplies by $T$ itself: $z = h\, T$. To see the matrix of a layer, feed it images in which one pixel is 1 and all others are 0. Each answer is a row of the matrix.

# %%
strided = keras.layers.Conv2D(1, 3, strides=2, padding="same", use_bias=False)
strided.build((None, 6, 6, 1))
strided.set_weights([kernel.reshape(3, 3, 1, 1)])
ones_at = [np.eye(n, dtype="float32").reshape(n, side, side, 1)
           for n, side in ((36, 6), (9, 3))]
down = strided(ones_at[0]).numpy().reshape(36, 9)
up = transposed(ones_at[1]).numpy().reshape(9, 36)

# %%
claim("denoising-transposed-matrix", np.abs(up - down.T).max(), at_most=1e-6,
      about="largest difference between one matrix and the other's transpose")

# %%
claim("denoising-transposed-inverse", np.abs(down @ up - np.eye(36)).max(),
      at_least=0.1,
      about="how far the product of the two matrices is from the identity")

# %% [markdown]
# One is the transpose of the other. It is not its inverse: going down and up again does not give back the numbers, only the *shape*. (The operation is older than its use in decoders. Backpropagation through a convolution multiplies gradients by the same $T$.)
#
# A transposed convolution has the parameters of a convolution: $k^2$ weights for each pair of an input and an output channel, and a bias for each output channel, $(k^2 C + 1)\, F$ as in {eq}`eq-conv-counts`. The network has kernels of side 5; here are channels in and out of its five layers, down twice, up twice, and a last convolution to a single channel. All have ReLU but the last, which has a sigmoid.

# %% tags=["nbval-check-output"]
channels = [(1, 8), (8, 16), (16, 16), (16, 8), (8, 1)]
convolutional_by_hand = [(25 * c + 1) * f for c, f in channels]
convolutional_by_hand

# %%
convolutional = networks.convolutional_autoencoder(seed=0)
claim("denoising-conv-by-hand",
      sum(convolutional_by_hand) - convolutional.count_params(), exactly=0,
      about="difference between parameters by hand and by Keras, convolutional")

# %%
claim("denoising-conv-parameters", convolutional.count_params(), exactly=13_249,
      about="parameters of the convolutional auto-encoder")

# %% [markdown]
# It has {glue:text}`denoising-conv-parameters:,d` parameters, a seventeenth of the dense one's {glue:text}`denoising-parameters:,d`. It pays in work, as in {ref}`convolution`. A convolution multiplies each weight at each place of its output. A transposed one does so at each place of its *input*, since each input number spreads a kernel.

# %%
places = [14**2, 7**2, 7**2, 14**2, 28**2]
work = sum(25 * c * f * place for (c, f), place in zip(channels, places))
dense_work = sum(before * after for before, after in pairwise(widths))
claim("denoising-conv-work", round(work / dense_work, 1), exactly=5.7,
      about="multiply-adds of the convolutional one, in those of the dense one")

# %% [markdown]
# It takes {glue:text}`denoising-conv-work:.1f` times the multiply-adds. And note its code: 7 by 7 places with 16 channels are 784 numbers, *as many as there are pixels*. As a plain auto-encoder it could copy. Here the noise forbids it, the second guard of {ref}`auto-encoder`.
#
# ### What the study says
#
# The study has trained the dense and the convolutional auto-encoder, both at level 0.4 and at all levels, ten epochs and five seeds each. All are judged by the same five classifiers, networks *good*: the one of seed 0 reads what the denoisers of seed 0 return, and so on, so that differences are paired by seed ({numref}`fig-denoising-conditions`). The levels that are named below, some of eleven, were picked after a look at the curves.

# %%
means = by_level["mean"].xs("denoised", level="kind").unstack("condition")
means.round(3)

# %% mystnb={"figure": {"name": "fig-denoising-conditions", "caption": "Accuracy on test digits against the noise level, mean of five seeds with 95 % intervals. Four denoisers in front of a classifier that was trained on clean digits, and a classifier that was trained on noise and reads the noisy digits directly."}, "image": {"alt": "Five falling curves over the noise level. On the left, the classifier that was trained on noise and the two convolutional denoisers start at 0.99, the dense ones lower, at 0.97 and 0.95. Up to a level of 0.4 the first and the convolutional one trained at 0.4 lie close together; from 0.5 on the classifier trained on noise is far above all others. At 0.7 the dense denoisers are above the convolutional ones."}}
fig, ax = plt.subplots(figsize=(7, 4.2))
for name, marker in zip(means, "os^v"):
    draw(ax, name, "denoised", name, marker)
draw(ax, "classifier, all levels", "noisy", "classifier, all levels", "D")
ax.axhline(0.1, color="black", linestyle=":", label="guessing")
ax.set(xlabel="noise level", ylabel="accuracy", xticks=levels)
ax.legend();

# %%
claim("denoising-study-one", means.loc[0.4, "dense, level 0.4"], between=(0.89, 0.92),
      about="mean accuracy at level 0.4, dense, trained at 0.4")

# %%
claim("denoising-study-all", means.loc[0.4, "dense, all levels"], between=(0.88, 0.91),
      about="mean accuracy at level 0.4, dense, trained at all levels")

# %%
claim("denoising-study-conv", means.loc[0.4, "convolutional, level 0.4"],
      between=(0.945, 0.97),
      about="mean accuracy at level 0.4, convolutional, trained at 0.4")

# %%
claim("denoising-study-clean", means.loc[0.0, "convolutional, all levels"],
      between=(0.983, 0.993),
      about="mean accuracy on clean digits, convolutional, trained at all levels")

# %%
claim("denoising-study-clean-unmet", means.loc[0.0, "convolutional, level 0.4"],
      between=(0.98, 0.993),
      about="mean accuracy on clean digits, convolutional, trained at 0.4")

# %%
direct = by_level.xs(("classifier, all levels", "noisy"))["mean"]
claim("denoising-study-direct", direct.loc[0.4], between=(0.95, 0.97),
      about="mean accuracy at level 0.4 of the classifier trained on noise")

# %%
dense_gap = stored.query("kind == 'denoised'").pivot(
    index=["level", "seed"], columns="condition", values="accuracy")
dense_gap = dense_gap["dense, level 0.4"] - dense_gap["dense, all levels"]
dense_gap = dense_gap.unstack("seed")
claim("denoising-study-each", bool((dense_gap.loc[0.4] > 0).all()), exactly=True,
      about="whether the dense network trained at 0.4 leads there for each seed")

# %%
claim("denoising-study-behind", -dense_gap.loc[0.0].mean(), between=(0.005, 0.04),
      about="accuracy on clean digits, dense, trained at all levels minus at 0.4")

# %%
claim("denoising-study-eight-gap", dense_gap.loc[0.8].mean(), between=(0.01, 0.1),
      about="accuracy at level 0.8, dense, trained at 0.4 minus at all levels")

# %% [markdown]
# **One level against all**, dense. At level 0.4 the network that was trained there is a little ahead, {glue:text}`denoising-study-one:.3f` against {glue:text}`denoising-study-all:.3f`, and it is with each of the five seeds: the generalist seems to pay for what it has learned elsewhere. On clean digits it is the specialist that is behind, by {glue:text}`denoising-study-behind:.3f`, mean of five pairs: training at all levels lessens the harm, though it does not undo it. So far this is what one expects. But at level 0.8 the specialist for 0.4 is ahead again, by {glue:text}`denoising-study-eight-gap:.3f`, though it never met that level. A guess at the reason: where the generalist knows nothing, it answers with something near the mean image, the best answer for the *loss*; the specialist draws strokes, and a classifier may be able to read strokes where it cannot read a gray cloud. In any case, **the best answer for one purpose need not be the best for another**: nobody has trained the denoiser to be read by a classifier.

# %%
claim("denoising-study-conv-seven", means.loc[0.7, "convolutional, level 0.4"],
      between=(0.3, 0.45),
      about="mean accuracy at level 0.7, convolutional, trained at 0.4")

# %%
claim("denoising-study-dense-seven", means.loc[0.7, "dense, level 0.4"],
      between=(0.4, 0.5), about="mean accuracy at level 0.7, dense, trained at 0.4")

# %% [markdown]
# **Convolutional against dense.** With a seventeenth of the parameters, the convolutional network is far better where the noise is not too strong: {glue:text}`denoising-study-conv:.3f` against {glue:text}`denoising-study-one:.3f` at level 0.4, and clean digits it hardly harms, whether it has met them, {glue:text}`denoising-study-clean:.3f`, or not, {glue:text}`denoising-study-clean-unmet:.3f`. (So a network that has never met clean images need not damage them. With the code's width ruled out as well, why the dense one does is open.) At level 0.7 the order has turned, {glue:text}`denoising-study-conv-seven:.3f` against {glue:text}`denoising-study-dense-seven:.3f`. A possible reason, which we have not tested, is what each can see. A number of the convolutional code sees 13 × 13 pixels, and a pixel of the answer is made from up to 5 × 5 such numbers, 29 × 29 pixels if no border cuts them, with the same weights everywhere. When most of its neighbors are noise, it may help to see the whole digit at once, with weights for each place, and the dense network does. (The convolutional generalist is the worst of the four from 0.5 to 0.9.)

# %%
worst = means.loc[0.5:0.9].idxmin(axis=1)
claim("denoising-study-worst", ", ".join(worst.unique()),
      exactly="convolutional, all levels",
      about="denoiser with the lowest mean accuracy, each level from 0.5 to 0.9")

# %% [markdown]
# (no-new-information)=
# ### A denoiser adds no information
#
# The last curve is of another kind: no denoiser, but a classifier that was itself trained on noisy digits of all levels (the layers of `fast`, fewer than those of `good`, in a training of its own: ten epochs with the largest rate 0.01). To see what it has to do with the others, a short argument. Write $\Phi$ for a denoiser and $\Psi$ for a classifier that reads its answers. The two in a row, $\Psi(\Phi(\tilde x))$, are a classifier of noisy images. Therefore
#
# ```{math}
# :label: eq-no-new-information
# \max_{\Psi}\ \text{accuracy of } \Psi(\Phi(\tilde x)) \;\le\; \max_{\Psi}\ \text{accuracy of } \Psi(\tilde x) ,
# ```
#
# where the accuracy is the probability to be right on a new image, and $\Psi$ may be any function from images to classes: whatever can be read from the denoised image can be read from the noisy one, by somebody who denoises it in mind. A denoiser cannot add anything about the digit. At best it loses nothing.
#
# Why did it help, then? Because *our* $\Psi$ was not the best reader of noise. It had never seen any. What the denoiser adds is knowledge about digits and noise, from its own training, in a form that the classifier can use. The same knowledge can go into the classifier, if one is free to train it.

# %%
lead = (direct - means.max(axis=1)).loc[:0.9]
claim("denoising-direct-lead", lead.loc[0.6], between=(0.12, 0.28),
      about="lead of the classifier trained on noise over the best denoiser, level 0.6")

# %%
claim("denoising-direct-low", lead.loc[0.1:0.4].abs().max(), at_most=0.006,
      about="largest lead or lag at the levels 0.1 to 0.4")

# %% [markdown]
# From 0.1 to 0.4 the classifier that was trained on noise is as good as the best denoiser with *good* behind it, to within {glue:text}`denoising-direct-low:.4f`, although it is the smaller network. Beyond, it leaves all of them behind, by {glue:text}`denoising-direct-lead:.3f` at level 0.6. (In this number are also the other layers and the other recipe.) On clean digits, *good* by itself remains the best. So the answer to the assignment's question is: **denoising first helps a classifier that does not know noise, here at every level from 0.1 to 0.9; but where the noise is strong, a classifier that had learned the noise was better.** The argument above says only that some classifier of noisy images is at least as good as the two in a row; that training finds a better one is a result.
#
# A denoiser keeps its uses: when the reader cannot be trained again, when it is a person, or when the clean image is the purpose.
#
# (drawing-digits)=
# ## Digits from the decoder
#
# The decoder makes an image from 96 numbers. It does not ask where they come from. We cut the network in two; both halves keep their trained layers.

# %%
encoder = keras.Sequential([keras.Input((28, 28, 1)), *network.layers[:3]])
decoder = keras.Sequential([keras.Input((96,)), *network.layers[3:]])
codes = encoder.predict(x_train, batch_size=1000, verbose=0)
test_codes = encoder.predict(x_test, batch_size=1000, verbose=0)


# %%
def decode(codes):
    return decoder.predict(np.float32(codes), batch_size=1000, verbose=0)

difference = np.abs(decode(test_codes) - denoised[0.0]).max()
claim("denoising-two-halves", difference, at_most=1e-5,
      about="largest difference between the two halves in a row and the whole network")

# %% [markdown]
# Now choose 96 numbers. Which? {numref}`fig-denoising-codes` has real codes, those of the clean training images.

# %% mystnb={"figure": {"name": "fig-denoising-codes", "caption": "Left, the code of the first training image. Right, for each of the 96 units, the share of training images for which it is not 0, sorted."}, "image": {"alt": "Two panels. Left, 96 bars of very different heights; about half of them are missing, because they are 0, and none is negative. Right, a curve that is 0 for about the first thirty units, rises steeply, and is above 0.8 for the last forty or so."}}
fig, axes = plt.subplots(1, 2, figsize=(8, 2.8))
axes[0].bar(range(96), codes[0])
axes[0].set(xlabel="unit", ylabel="output")
axes[1].plot(np.sort((codes > 0).mean(axis=0)))
axes[1].set(xlabel="units, sorted", ylabel="share of images, not 0");

# %%
claim("denoising-code-zeros", (codes == 0).mean(), between=(0.35, 0.65),
      about="share of zeros in the codes of the training images")

# %%
rare = ((codes > 0).mean(axis=0) < 0.02).sum()
claim("denoising-code-rare", rare, between=(10, 50),
      about="units of 96 that are 0 for more than 98 % of the training images")


# %% [markdown]
# The code comes out of ReLU, so nothing in it is negative, and {glue:text}`denoising-code-zeros:.0%` of its numbers are 0. The units are used unequally: {glue:text}`denoising-code-rare:d` of the 96 speak for fewer than one image in fifty. Real codes fill a small and peculiar part of the space of all codes.
#
# To judge what the decoder draws, there are our eyes, and there is the classifier. We note the mean of its largest probability, its confidence $r$, and where a digit was intended, the share of images that it calls by that name.

# %%
def judge(codes, intended=None):
    p = classifier.predict(decode(codes), batch_size=1000, verbose=0)
    hit = np.nan if intended is None else (p.argmax(axis=1) == intended).mean()
    return {"confidence": p.max(axis=1).mean(), "intended": hit}

made = {"real test digits": (test_codes[::4], y_read)}

# %% [markdown]
# First, random codes in two ways. *Uniform*: each number is drawn evenly between 0 and the largest that its unit has ever put out. *Shuffled*: each number is taken from a real code, but each from a code drawn anew: number $j$ of image $i$ is number $j$ of training image `donors[i, j]`. Every unit then has its true distribution, zeros and all; what is lost is how the units go together.

# %%
random = np.random.default_rng(seed=0)
uniform = random.uniform(0, codes.max(axis=0), (1000, 96))
donors = random.integers(len(codes), size=(1000, 96))
shuffled = codes[donors, np.arange(96)]
made |= {"uniform": (uniform, None), "shuffled": (shuffled, None)}

# %% [markdown]
# Second, we stay near real codes. *Noise*: a real code, plus normally distributed noise of half a standard deviation of each unit, and no number below 0. This draws variations of digits that somebody has written.

# %%
random = np.random.default_rng(seed=1)
chosen = random.integers(len(codes), size=1000)
noise = 0.5 * codes.std(axis=0) * random.normal(size=(1000, 96))
varied = np.maximum(0, codes[chosen] + noise)
made["real code + noise"] = (varied, y_train[chosen])


# %% [markdown]
# Third, we learn a distribution. For each class we take the mean of its codes and their *covariance matrix*, which holds how each pair of units varies together. They fix a normal distribution in 96 dimensions, also called a *Gaussian*. We draw a hundred codes from each, and set what is negative to 0. Its rival has the same means and standard deviations, but lets the units vary independently of each other. (Setting negative numbers to 0 raises the means and shrinks the deviations, of both alike.)

# %%
def draw_codes(digit, together=True):
    own = codes[y_train == digit]
    covariance = np.cov(own, rowvar=False)
    if not together:
        covariance = np.diag(np.diag(covariance))
    random = np.random.default_rng([2, digit])
    drawn = random.multivariate_normal(own.mean(axis=0), covariance, size=100)
    return np.maximum(0, drawn)


# %%
digits = np.repeat(np.arange(10), 100)
for name, together in (("class, independent", False), ("class, together", True)):
    drawn = [draw_codes(digit, together) for digit in range(10)]
    made[name] = (np.concatenate(drawn), digits)
judged = pd.DataFrame({name: judge(*pair) for name, pair in made.items()}).T
judged.round(3)

# %% mystnb={"figure": {"name": "fig-denoising-drawn", "caption": "What the decoder draws, ten images for each way to choose a code. In the last two rows the digits 0 to 9 were intended."}, "image": {"alt": "Six rows of ten images. Real test digits, a little blurred. Uniform and shuffled codes, tangled strokes of which few resemble a digit. Real codes with noise, digits with small faults. Class Gaussians with independent units, recognizable digits with breaks and clouds. Class Gaussians with units together, soft digits from 0 to 9, most of them well formed."}}
firsts = [np.arange(0, 1000, 100)] * len(made)
drawn = [decode(pair[0][first]) for pair, first in zip(made.values(), firsts)]
figure, axes = figures.show_digits(np.concatenate(drawn), value_range=(0, 1))
label_rows(axes, made)

# %%
random_ways = judged.loc[["uniform", "shuffled"], "confidence"]
claim("denoising-random-confidence", random_ways.max(), between=(0.5, 0.9),
      about="classifier's mean confidence in random codes, higher of two ways")

# %%
claim("denoising-real-confidence", judged.loc["real test digits", "confidence"],
      between=(0.92, 1.0),
      about="classifier's mean confidence in decoded test digits")

# %%
claim("denoising-real-intended", judged.loc["real test digits", "intended"],
      between=(0.9, 0.98),
      about="share of decoded test digits that the classifier calls right")

# %%
claim("denoising-independent", judged.loc["class, independent", "intended"],
      between=(0.6, 0.92),
      about="share called as intended, class Gaussians with independent units")

# %%
claim("denoising-together", judged.loc["class, together", "intended"],
      between=(0.82, 0.98),
      about="share called as intended, class Gaussians with covariances")

# %%
claim("denoising-varied", judged.loc["real code + noise", "intended"],
      between=(0.82, 0.98),
      about="share called as intended, real codes with noise")

# %% [markdown]
# In {numref}`fig-denoising-drawn`, random codes give scribbles made of strokes, and the classifier's mean confidence in them is {glue:text}`denoising-random-confidence:.2f` at best, against {glue:text}`denoising-real-confidence:.2f` for decoded test digits. The shuffled ones teach most: the right numbers, each as often as it should be, and to our eyes seldom a digit. **What makes a code a digit is how its numbers go together.** The Gaussians say how much of this is the class. With units that are independent *given the class*, {glue:text}`denoising-independent:.0%` are called as intended; with the covariances it is {glue:text}`denoising-together:.0%`, of decoded real test digits {glue:text}`denoising-real-intended:.0%`. So the means and deviations of each class already go a long way, and how the units vary together within a class closes a part of the gap that is left. (One auto-encoder, 1,000 codes each way: two standard errors of such a share are up to three points.) Real codes with some noise get {glue:text}`denoising-varied:.0%`, but each is a variation of a digit that exists.
#
# Do not rely on the classifier alone. It was trained to tell digits apart, not to tell digits from scribbles, and pure noise has shown how confident it can be in nothing ({ref}`denoise-and-classify`).
#
# ### From one digit to another
#
# Between two codes there are others. On the way from code $h$ to code $h'$ lie $(1 - \alpha)\, h + \alpha\, h'$, for $\alpha$ from 0 to 1. This is an *interpolation*. We compare it with the same mixture of the pixels.

# %% mystnb={"figure": {"name": "fig-denoising-between", "caption": "From a three to a seven and from a zero to a six, in nine steps. Upper row of each pair, codes are mixed and decoded; lower row, pixels are mixed."}, "image": {"alt": "Four rows of nine images. In the rows of codes the strokes of one digit bend, fade and move until they are those of the other. In the rows of pixels both digits lie on top of each other, the one fading out while the other fades in."}}
steps = np.linspace(0, 1, 9)[:, None]
first_of = [np.flatnonzero(y_test == digit)[0] for digit in range(10)]
rows = []
for start, end in ((first_of[3], first_of[7]), (first_of[0], first_of[6])):
    for kind, pair in (("codes", test_codes), ("pixels", x_test.reshape(-1, 784))):
        mixed = (1 - steps) * pair[start] + steps * pair[end]
        rows.append(decode(mixed) if kind == "codes" else mixed.reshape(-1, 28, 28, 1))
figure, axes = figures.show_digits(np.concatenate(rows), columns=9, value_range=(0, 1))
label_rows(axes, ["codes", "pixels"] * 2)


# %% [markdown]
# In {numref}`fig-denoising-between`, the mixture of pixels is a double exposure, both digits at half their strength. The mixture of codes has strokes that are neither the one digit's nor the other's. To put a number on it, we count the pixels that are neither dark nor bright, between 0.2 and 0.8, in the middle of the way, for 1,000 random pairs. To be fair, the pixels that are mixed are those of decoded digits, as blurred as all that the decoder draws.

# %%
def gray_share(images):
    return ((images > 0.2) & (images < 0.8)).mean()

random = np.random.default_rng(seed=3)
starts, ends = random.integers(len(codes), size=(2, 1000))
halfway = decode((codes[starts] + codes[ends]) / 2)
ends_decoded = [decode(codes[which]) for which in (starts, ends)]
mixed_pixels = (ends_decoded[0] + ends_decoded[1]) / 2

# %%
claim("denoising-gray-codes", gray_share(halfway), between=(0.09, 0.15),
      about="share of gray pixels half way between two codes")

# %%
claim("denoising-gray-pixels", gray_share(mixed_pixels), between=(0.15, 0.3),
      about="share of gray pixels half way between two decoded images")

# %%
found = answers_to(halfway)
other = y_train[starts] != y_train[ends]
neither = (found != y_train[starts]) & (found != y_train[ends])
claim("denoising-neither", neither[other].mean(), between=(0.12, 0.45),
      about="share half way between codes of two digits that is called a third digit")

# %% [markdown]
# With codes it is {glue:text}`denoising-gray-codes:.0%` of the pixels, with pixels {glue:text}`denoising-gray-pixels:.0%`. The straight way between two codes may pass a third digit, though: between two different digits, {glue:text}`denoising-neither:.0%` of the midpoints are called neither the one nor the other. Nothing in the training has asked for meaning between the codes.
#
# ### The road to variational auto-encoders
#
# This is the weakness of all that we have done here. The codes lie where training happened to put them. We fitted a distribution *afterwards*, one for each class, with labels that the auto-encoder never needed, and clipped what did not fit. A *variational auto-encoder* {cite}`kingma2014` makes the distribution part of the training. Its encoder answers with a mean and a standard deviation for each number of the code; the code is drawn from them at random, so that the decoder has to make sense of the whole neighborhood; and a penalty, a Kullback-Leibler divergence as in {prf:ref}`def-divergence`, pulls all these distributions toward one that is fixed beforehand, the standard normal distribution. After training, random codes from that distribution are what the decoder is used to. Our shuffled codes have shown why one wants this.
#
# ## Exercises
#
# ```{exercise} What the noise changes
# :label: ex-denoising-changed
#
# Of the pixels of the test images, {glue:text}`denoising-black:.1%` are black and {glue:text}`denoising-white:.1%` are white; the others are gray. What share of all pixels has *another value* after noise of level 0.4, on average? Give it to two decimals.
# ```

# %%
claim("denoising-black", round((x_test == 0).mean(), 3), exactly=0.807,
      about="share of the pixels of the test images that are black")

# %%
claim("denoising-white", round((x_test == 1).mean(), 3), exactly=0.007,
      about="share of the pixels of the test images that are white")

# %%
from mnist_utils.claims import check_answer

answer = None
check_answer("changed-share", answer, "4238624b", decimals=2)

# %% [markdown]
# ````{solution-start} ex-denoising-changed
# :class: dropdown
# ````
#
# A struck black or white pixel changes with probability ½, a struck gray one always. So it is $0.4 \cdot \tfrac12$ for the first two kinds and 0.4 for the third.

# %% tags=["nbval-check-output"]
by_formula = round(0.2 * (0.807 + 0.007) + 0.4 * (1 - 0.807 - 0.007), 2)
counted = (noisy(0.4) != x_test).mean()
round(counted.item(), 2), check_answer("changed-share", by_formula, "4238624b", 2)

# %% [markdown]
# ````{solution-end}
# ````
#
# ```{exercise} The smallest auto-encoder
# :label: ex-denoising-narrow
#
# Leave out the two layers of 128 units, and narrow the code to 32: 784-32-784. How many parameters has it? Work it out on paper.
# ```

# %%
answer = None
check_answer("narrow-parameters", answer, "17db682a")

# %% [markdown]
# ````{solution-start} ex-denoising-narrow
# :class: dropdown
# ````
#
# $(784 + 1) \cdot 32$ for the encoder and $(32 + 1) \cdot 784$ for the decoder. They differ, because the decoder has a bias for each pixel.

# %% tags=["nbval-check-output"]
check_answer("narrow-parameters", 785 * 32 + 33 * 784, "17db682a")

# %% [markdown]
# ````{solution-end}
# ````
#
# ```{exercise} In doubt
# :label: ex-denoising-doubt
#
# Of all clean images that may lie behind a noisy one, 30 % (by probability) have a certain pixel white, the others have it black. First: which mean loss, by binary cross-entropy, is left to the best possible answer for this pixel? Two decimals. Second: somebody trains with the *absolute* error $\lvert \hat x_i - x_i \rvert$. Which answer, a number, has the smallest mean loss then?
# ```

# %%
answer = None
check_answer("doubtful-loss", answer, "0405f5dd", decimals=2)

# %%
answer = None
check_answer("doubtful-absolute", answer, "943cb085")

# %% [markdown]
# ````{solution-start} ex-denoising-doubt
# :class: dropdown
# ````
#
# The best answer is the conditional mean, 0.3, and the loss that is left is its entropy. The mean absolute error is $0.3\,(1 - \hat x_i) + 0.7\, \hat x_i = 0.3 + 0.4\, \hat x_i$, which is smallest at $\hat x_i = 0$: black, what the majority says. In general it is the *median*. Such a network draws sharper images, and does not tell its doubt.

# %% tags=["nbval-check-output"]
mean_errors = 0.3 * (1 - np.linspace(0, 1, 11)) + 0.7 * np.linspace(0, 1, 11)
[check_answer("doubtful-loss", round(entropy(0.3).item(), 2), "0405f5dd", 2),
 check_answer("doubtful-absolute", mean_errors.argmin() / 10, "943cb085")]

# %% [markdown]
# ````{solution-end}
# ````
#
# ```{exercise} Up again
# :label: ex-denoising-transposed
#
# A layer `Conv2DTranspose(8, 3, strides=2)` gets maps of 5 by 5 with 32 channels, without padding. How many parameters has it, and how many rows has each of its maps?
# ```

# %%
answer = None
check_answer("transposed-parameters", answer, "5544d47a")

# %%
answer = None
check_answer("transposed-side", answer, "bcb654f4")

# %% [markdown]
# ````{solution-start} ex-denoising-transposed
# :class: dropdown
# ````
#
# $(3^2 \cdot 32 + 1) \cdot 8 = 2312$ parameters. The first copy of the kernel lies at place 0 and the last one begins at $(5 - 1) \cdot 2 = 8$; it is 3 wide, so the maps have 11 numbers on a side.

# %% tags=["nbval-check-output"]
layer = keras.layers.Conv2DTranspose(8, 3, strides=2)
layer.build((None, 5, 5, 32))
side = layer.compute_output_shape((None, 5, 5, 32))[1]
[check_answer("transposed-parameters", layer.count_params(), "5544d47a"),
 check_answer("transposed-side", side, "bcb654f4")]


# %% [markdown]
# ````{solution-end}
# ````
#
# ```{exercise} Again and again (open-ended)
# :label: ex-denoising-again
#
# Give the auto-encoder its own answer, and the answer to that, and so on, 30 times: once beginning with clean test digits, once with pure noise. Before you run it: what becomes of the digits? And of the noise? Let the classifier judge each step, by accuracy and by confidence.
# ```
#
# ````{solution-start} ex-denoising-again
# :class: dropdown
# ````

# %%
def again(images, times=30):
    for _ in range(times):
        images = network(images).numpy()
    return images

once = {"clean": denoised[0.0][:1000], "pure noise": denoised[1.0][:1000]}
rows = {}
for kind, images in once.items():
    for times, shown in ((1, images), (30, again(images, times=29))):
        p = classifier(shown).numpy()
        rows[f"{kind}, {times} times"] = {
            "accuracy": (p.argmax(axis=1) == y_test[:1000]).mean(),
            "confidence": p.max(axis=1).mean()}
repeated = pd.DataFrame(rows).T
repeated.round(3)

# %%
claim("denoising-again-accuracy", repeated.loc["clean, 30 times", "accuracy"],
      between=(0.1, 0.9),
      about="accuracy on 1,000 clean test digits that were denoised 30 times")

# %%
claim("denoising-again-confidence", repeated.loc["clean, 30 times", "confidence"],
      between=(0.6, 1), about="mean confidence of the classifier in these")

# %%
claim("denoising-again-noise", repeated.loc["pure noise, 30 times", "confidence"],
      between=(0.6, 1),
      about="mean confidence in pure noise that was denoised 30 times")

# %% [markdown]
# The digits drift. Each pass smooths a little and repairs what is not broken, and many a digit becomes another one: the accuracy falls to {glue:text}`denoising-again-accuracy:.2f`, and the mean confidence is still {glue:text}`denoising-again-confidence:.2f`. The noise turns into shapes that get a confidence of {glue:text}`denoising-again-noise:.2f`. A good answer looks at the pictures, notes that accuracy and confidence part, and says what this means for judging generated digits by a classifier.
#
# ````{solution-end}
# ````
#
# ```{exercise} Without noise (open-ended)
# :label: ex-denoising-without-noise
#
# Is it the noise in training that makes the network damage clean digits? Train a fresh `networks.autoencoder(seed=0)` with `levels=(0, 0)` and `epochs=10`, and compare its error on clean digits with {glue:text}`denoising-error-clean:.3f` and with that of the linear code, {glue:text}`denoising-linear-error:.3f`. Then let it denoise digits with noise of level 0.4.
# ```
#
# ````{solution-start} ex-denoising-without-noise
# :class: dropdown
# ````
#
# A good answer uses more than one seed (that of `networks.autoencoder`; `train` always draws the same order and the same noise), reports both errors side by side, on clean and on noisy digits, and says what the comparison can and cannot separate: it tells whether these layers *can* return a clean digit, and not why training on noise keeps them from it.
#
# ````{solution-end}
# ````
#
# ```{exercise} New or remembered? (open-ended)
# :label: ex-denoising-new
#
# Are the digits that the class Gaussians draw new, or copies of training digits? Decode the training codes, and find the nearest of these images for each drawn digit. What should the distance be compared with?
# ```
#
# ````{solution-start} ex-denoising-new
# :class: dropdown
# ````
#
# A distance says nothing without a scale. A fair one is the distance from a decoded *test* digit to its nearest decoded training digit: a new digit by a new writer. A copy would be much nearer than that.

# %%
known = decode(codes).reshape(-1, 784)

def nearest(images):
    """Root of the mean squared difference to the nearest decoded training digit."""
    flat = images.reshape(-1, 784)
    squares = (known**2).sum(axis=1) - 2 * flat @ known.T
    return np.sqrt((squares.min(axis=1) + (flat**2).sum(axis=1)).clip(0) / 784)

ways = {"drawn": made["class, together"][0][::4], "test": test_codes[:250]}
distances = {name: np.median(nearest(decode(of))) for name, of in ways.items()}
claim("denoising-new", distances["drawn"], between=(0.05, 0.25),
      about="median distance of a drawn digit from the nearest decoded training digit")

# %%
claim("denoising-new-scale", distances["test"], between=(0.03, 0.25),
      about="the same for decoded test digits")

# %%
claim("denoising-new-further", bool(distances["drawn"] > distances["test"]),
      exactly=True, about="whether the former is larger")

# %% [markdown]
# The median distance is {glue:text}`denoising-new:.3f` for drawn digits, and {glue:text}`denoising-new-scale:.3f` for decoded test digits. As a rule, then, the drawn ones are further from all training digits than the digits of new writers are. A median excludes no single copy. A good answer compares whole distributions of distances, and looks at the smallest ones, with their nearest digits.
#
# ````{solution-end}
# ````
#
# ## Summary
#
# - An auto-encoder turns an image into a code and the code into an image. Trained to return clean images for noisy ones, it cannot get by with copying.
# - Binary cross-entropy suits gray targets. It is smallest where the answer equals the target, and what remains there is the entropy: a floor of {glue:text}`denoising-floor:.4f` for MNIST. At the logit its gradient is answer minus target.
# - In doubt, the best answer is the conditional mean. Blur is doubt: at its own noise level, the network's grays can be read as means of what may be behind the noise, with a distance of {glue:text}`denoising-doubt-right:.3f` in the worst of ten bins.
# - Outside of that level it fails in two ways. It smooths clean digits, more than the width of its code requires; and in pure noise it sees strokes, where a network that was trained at all levels answers with nearly the mean image.
# - In front of a classifier that has never seen noise, denoising lifts the mean true-positive rate at level 0.4 from {glue:text}`denoising-recall-noisy:.2f` to {glue:text}`denoising-recall-denoised:.2f`, and lowers it on clean digits. It adds no information; a classifier can learn the noise itself.
# - A transposed convolution spreads each number over a kernel. Its matrix is the transpose of a convolution's, with as many parameters, and not its inverse.
# - The decoder draws a digit if the numbers of the code go together as in real codes. Numbers shuffled over all images do not; those from a Gaussian for each class mostly do, better with its covariances.
#
# ## Further reading
#
# - Denoising as a way to learn good features: {cite:t}`vincent2008`.
# - Deep auto-encoders against principal components, also on MNIST: {cite:t}`hinton2006science`.
# - Codes with a distribution that is known beforehand: {cite:t}`kingma2014`.
# - Convolutions, transposed convolutions and their sizes, in pictures: {cite:t}`dumoulin2016`.
