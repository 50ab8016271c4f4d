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
# # Gray means doubt
#
# > **In short**
# >
# > Binary cross-entropy may be given gray targets: it is smallest where the answer equals the target, and what remains there is the pixel's entropy, 0.0584 on average for the training digits. Where the network cannot know the target, the best answer is the conditional mean, by this loss and by squared error: where it is in doubt, the best answer is a blur. Who knows nothing best answers the mean image, with a loss of 0.2628; who knows the digit and nothing else, its class mean, with 0.2205. A network trained at noise level 0.4 is honest about its doubt there: pixels that it answers alike are as bright as it says, on average, within 0.013. On pure noise, which it never met, its loss is 0.64; of a network trained at all levels it is 0.28 (one network each, three epochs).
# >
# > *Read before*: [A network that returns an image](image_to_image.ipynb); helpful: [Where the loss comes from](../loss/likelihood.ipynb).
#
# ## A loss for gray pixels
#
# The binary cross-entropy of [Definition 35.3](image_to_image.ipynb) reads the answer $\hat x_i$ as the probability that pixel $i$ is white. Is it allowed to give it a gray target, such as 0.3? SciPy's `xlogy(x, y)` is $x \log y$, and 0 where $x$ is 0; `entr(x)` is $-x \log x$.

# %%
import numpy as np
from scipy.special import entr, xlogy

def pixel_loss(x, answer):
    return -xlogy(x, answer) - xlogy(1 - x, 1 - answer)

def entropy(x):
    return entr(x) + entr(1 - x)


# %% [markdown]
# Where is the loss smallest? We take the derivative:
#
# $$
# \frac{\partial L_i}{\partial \hat x_i} = -\frac{x_i}{\hat x_i} + \frac{1 - x_i}{1 - \hat x_i}
#   = \frac{\hat x_i - x_i}{\hat x_i\, (1 - \hat x_i)} .
# \tag{36.1}
# $$
#
# The denominator is positive. So the loss falls as long as $\hat x_i < x_i$ and rises beyond: **it is smallest where the answer equals the target**, black, white or gray (for black and white, it comes the nearer to 0 the nearer the answer is). What is left there is the entropy of the label $(x_i, 1 - x_i)$:
#
# $$
# H(x_i) = -x_i \log x_i - (1 - x_i) \log (1 - x_i) ,
# \tag{36.2}
# $$
#
# 0 for a black or white pixel, more for a gray one. Fig. 36.1 shows both.

# %% mystnb={"figure": {"name": "fig-denoising-pixel-loss", "caption": "Loss of a pixel against the answer, for three targets. The dots are the lowest points. They lie on the entropy, dotted."}, "image": {"alt": "Three curves over answers from 0 to 1. For the target 0 the curve rises from zero at the left; for 1 it falls to zero at the right. For the target 0.3 it is a valley with its lowest point at 0.3 and a height of 0.61. A dotted arch of the entropy passes through the three lowest points."}}
import matplotlib.pyplot as plt

from mnist_utils import figures

grid = np.arange(1, 1000) / 1000  # of answers
fig, ax = plt.subplots(figsize=(6, 3.2))
for target in (0, 0.3, 1):
    line = ax.plot(grid, pixel_loss(target, grid), label=f"target {target}")
    ax.plot(target, entropy(target), "o", color=line[0].get_color(), clip_on=False)
ax.plot(grid, entropy(grid), "k:", label="entropy")
ax.set(xlabel="answer", ylabel="loss", ylim=(0, 2.5))
ax.legend();

# %% [markdown]
# *Fig. 36.1.* Loss of a pixel against the answer, for three targets. The dots are the lowest points. They lie on the entropy, dotted.

# %% [markdown]
# How high is this floor for the digits? It is the mean entropy of their pixels.

# %%
from mnist_utils.dataset import load_mnist, preprocess

(x_train, y_train), (x_test, y_test) = load_mnist()
x_train, x_test = preprocess(x_train), preprocess(x_test)
floor = entropy(x_train).mean(dtype=float)
round(floor.item(), 4)

# %% [markdown]
# No network gets below it on the training images. What lies above the floor is the divergence of [Definition 8.1](../loss/likelihood.ipynb), and that is the part to read.
#
# Why not squared error? The sigmoid's derivative is $\hat x_i (1 - \hat x_i)$, the denominator of (36.1). By the chain rule the two cancel, and the gradient at the logit $z_i$, the number that enters the sigmoid, is
#
# $$
# \frac{\partial L_i}{\partial z_i} = \hat x_i - x_i ,
# \tag{36.3}
# $$
#
# the same form as $p - y$ for softmax. With squared error it is $2\, (\hat x_i - x_i)\, \hat x_i (1 - \hat x_i)$: a pixel that is answered almost black and should be white learns slowly, for the reason that [Is another loss possible?](../loss/squared_error.ipynb) gives. (In our network (36.3) holds for logits from about −16 to 16. Keras keeps answers $10^{-7}$ away from 0 and 1, and passes no gradient on beyond.)
#
# ## When the network cannot know
#
# So far the target was one number. But the network sees a noisy image, and many clean images may lie behind the same noise. Think of them as random, with the probabilities that they have given $\tilde x$. Which answer is best on average?
#
# > **Theorem 36.1**
# >
# > Let $\mu_i = \mathrm{E}[x_i \mid \tilde x]$ be the *conditional mean* of pixel $i$: its mean over all clean images, weighted by their probabilities given the noisy image. For squared error the answer with the smallest mean loss is $\hat x_i = \mu_i$. For binary cross-entropy it is the same if $0 < \mu_i < 1$, and the mean loss is then $H(\mu_i)$; if $\mu_i$ is 0 or 1, the loss comes as close to 0 as one likes.
#
# To prove it, take the mean of the definition. The answer is a fixed number here, and $x_i$ stands in no logarithm, so its mean takes its place:
#
# $$
# \mathrm{E}[L_i \mid \tilde x] = -\mu_i \log \hat x_i - (1 - \mu_i) \log (1 - \hat x_i) .
# \tag{36.4}
# $$
#
# That is the loss of a pixel with the target $\mu_i$, and we know where it is smallest. For squared error, $\mathrm{E}[(\hat x_i - x_i)^2 \mid \tilde x] = (\hat x_i - \mu_i)^2 + \mathrm{Var}[x_i \mid \tilde x]$, and the variance $\mathrm{Var}$ does not depend on the answer.
#
# We try it where $\tilde x$ tells nothing. The target is the pixel in row 14 and column 14 of 5,000 training images, and the answer must be one number for all: the best by cross-entropy, the best by squared error, and the mean.

# %% tags=["nbval-check-output"]
pixel = x_train[:5000, 14, 14, 0].astype(float)
by_entropy = [pixel_loss(pixel, value).mean() for value in grid]
by_square = [((pixel - value) ** 2).mean() for value in grid]
best = grid[[np.argmin(by_entropy), np.argmin(by_square)]].tolist()
*best, round(pixel.mean().item(), 4)

# %% [markdown]
# Both losses want the mean, a gray that the pixel itself seldom has. **Where the network is in doubt, the best answer is the average of all that it could have been.** This is one reason why denoised images are blurred; what a network has not learned is another. Fig. 36.2 has the best answers of somebody who knows nothing, and of somebody who knows the digit and nothing else.

# %% mystnb={"figure": {"name": "fig-denoising-means", "caption": "The mean of all training images, and the means of the ten classes. Each is the best answer of somebody who knows no more."}, "image": {"alt": "Eleven blurred images. The first is a gray, nearly round cloud, brightest in the middle. The others show the digits 0 to 9 with soft edges; 0 and 1 are the clearest."}}
mean_image = x_train.mean(axis=0, dtype=float)
class_means = np.stack(
    [x_train[y_train == digit].mean(axis=0, dtype=float) for digit in range(10)])
best_answers = np.concatenate([mean_image[None], class_means])
figures.show_digits(best_answers, ["all", *range(10)], columns=11, value_range=(0, 1));

# %% [markdown]
# *Fig. 36.2.* The mean of all training images, and the means of the ten classes. Each is the best answer of somebody who knows no more.

# %% [markdown]
# By the theorem their losses are the entropies of these gray pixels.

# %%
shares = np.bincount(y_train) / len(y_train)
mean_loss = entropy(mean_image).mean()
class_loss = shares @ entropy(class_means).mean(axis=(1, 2, 3))

# %% tags=["hide-cell"]
# checks
from mnist_utils.claims import claim

claim("denoising-floor", floor, data=0.0584,
      about="mean entropy of a pixel of the training images, the least binary "
      "cross-entropy")
claim("denoising-mean-loss", mean_loss, data=0.2628,
      about="binary cross-entropy of answering the mean image, on the training images")
claim("denoising-class-loss", class_loss, data=0.2205,
      about="binary cross-entropy of answering the mean of the right class, on the "
      "training images")

# %% [markdown]
# This gives a scale for the losses of denoisers: 0.2628 for knowing nothing, 0.2205 for knowing the digit, 0.0584 for knowing everything. Of the loss with which the network of [A network that returns an image](image_to_image.ipynb) ends, not much less than half is the floor.
#
# ## Is the doubt honest?
#
# The study `auto-encoders` has trained two such networks, three epochs each: one at noise level 0.4, one in which each image gets a level of its own, evenly drawn from 0 to 1.

# %% tags=["remove-stderr"]
from mnist_utils import results
from mnist_utils.distortions import salt_and_pepper

one_level, all_levels = (results.load_network("auto-encoders", condition, seed=0)
                         for condition in ("level-0.4", "all-levels"))


# %%
def denoise(network, level):
    random = np.random.default_rng([0, round(10 * level)])
    noisy = salt_and_pepper(x_test, level, random)
    return network.predict(noisy, batch_size=1000, verbose=0)

denoised = {level: denoise(one_level, level) for level in (0.4, 0.8, 1.0)}


# %% [markdown]
# If training has come near its goal, the theorem says how to read a gray pixel of the output: of all pixels to which the network answers 0.3, the clean originals are 0.3 on average. We sort the output pixels of the test images into ten bins by their brightness, and compare (Fig. 36.3).

# %%
def by_brightness(level):
    answered, truth = denoised[level].ravel(), x_test.ravel()
    bins = np.minimum((10 * answered).astype(int), 9)
    counts = np.bincount(bins, minlength=10)
    return [np.bincount(bins, pixels, minlength=10) / counts
            for pixels in (answered, truth)]


# %% mystnb={"figure": {"name": "fig-denoising-doubt", "caption": "Mean brightness of the clean pixels against the brightness that the network has answered, in ten bins, for three noise levels. It was trained at 0.4. On the dashed line, the answer is the mean of the clean pixels behind it."}, "image": {"alt": "Three rising lines of points. That of level 0.4 stays close to the diagonal from 0 to 1. That of level 0.8 rises far above it in the second bin, is flatter from there on, and meets it at 0.85. That of level 1 begins near 0.13, is flat near 0.35 from the second bin on, and may end elsewhere, in a bin of few pixels."}}
fig, ax = plt.subplots(figsize=(4.6, 4))
ax.plot([0, 1], [0, 1], "k--", linewidth=1)
for level, marker in ((0.4, "o"), (0.8, "s"), (1.0, "^")):
    ax.plot(*by_brightness(level), marker=marker, label=f"level {level}")
ax.set(xlabel="answered", ylabel="clean pixels, mean", aspect="equal")
ax.legend();

# %% [markdown]
# *Fig. 36.3.* Mean brightness of the clean pixels against the brightness that the network has answered, in ten bins, for three noise levels. It was trained at 0.4. On the dashed line, the answer is the mean of the clean pixels behind it.

# %% [markdown]
# At the level of its training the points stay close to the diagonal; the largest distance is 0.013. The theorem is about the best of all answers, and training comes near it without reaching it. So the gray is no defect that one could sharpen away without loss. Where it is more than the originals have at the rims of their strokes, it is doubt, and mostly honest. Honest is not the same as knowing: a network that always answers the mean image would lie on the diagonal too. How much it knows is told by the loss.
#
# Beyond its level the theorem promises nothing, because no training has asked. At level 0.8 the originals are brighter than most of the answers. At level 1 the brightness of an answer that is not nearly black means nothing any more (the last bin holds few pixels): where it is from 0.1 to 0.5 the originals have 0.34 on average, where it is above 0.5 0.32, which says little more than that digits have their ink in the middle.
#
# ## What it sees in pure noise
#
# At level 1 nothing is left of the digit. The best answer is known: the mean image, always. Fig. 36.4 has what the two networks answer.

# %% mystnb={"figure": {"name": "fig-denoising-pure", "caption": "Six answers to pure noise and the mean image, the best answer each time. Upper row, the network that was trained at level 0.4; lower row, the one that was trained at all levels."}, "image": {"alt": "Two rows of seven images. In the upper row six nearly black squares with faint pieces of strokes, all different. In the lower row six gray clouds of the size of a digit, in which shapes can be guessed. At the end of both rows the mean image, a cloud a little smoother than those of the lower row."}}
pure = {"trained at 0.4": denoised[1.0], "trained at all": denoise(all_levels, 1.0)}
rows = [np.concatenate([images[:6], mean_image[None]]) for images in pure.values()]
_, axes = figures.show_digits(np.concatenate(rows), columns=7, value_range=(0, 1))
for axis, name in zip(axes[:, 0], pure):
    axis.text(-0.2, 0.5, name, transform=axis.transAxes, ha="right", va="center")

# %% [markdown]
# *Fig. 36.4.* Six answers to pure noise and the mean image, the best answer each time. Upper row, the network that was trained at level 0.4; lower row, the one that was trained at all levels.

# %%
pure_loss, all_pure_loss = (pixel_loss(x_test, images.clip(1e-7, 1 - 1e-7)).mean()
                            for images in pure.values())
answered, truth = by_brightness(0.4)

# %% tags=["hide-cell"]
# checks
claim("denoising-doubt-right", np.abs(answered - truth).max(), stored=0.0133,
      about="largest difference, in ten bins, between answered and clean brightness "
      "of test "
      "pixels, dense auto-encoder trained for 3 epochs at noise level 0.4 and used "
      "there")
claim("denoising-doubt-dim",
      x_test[(0.1 < denoised[1.0]) & (denoised[1.0] < 0.5)].mean(),
      stored=0.3366,
      about="mean clean pixel where an auto-encoder trained for 3 epochs at "
      "noise level 0.4 answers pure noise with 0.1 to 0.5")
claim("denoising-doubt-wrong", x_test[denoised[1.0] > 0.5].mean(), stored=0.3189,
      about="mean clean pixel where an auto-encoder trained for 3 epochs at noise "
      "level 0.4 "
      "answers pure noise with more than 0.5")
claim("denoising-doubt-alike",
      x_test[denoised[1.0] > 0.5].mean()
      - x_test[(0.1 < denoised[1.0]) & (denoised[1.0] < 0.5)].mean(),
      stored=-0.0177,
      about="mean clean pixel where an auto-encoder trained for 3 epochs at noise "
      "level 0.4 answers pure noise with more than 0.5, minus that of 0.1 to 0.5")
claim("denoising-pure-loss", pure_loss, stored=0.6372,
      about="binary cross-entropy of the answers to pure noise, auto-encoder trained "
      "for 3 "
      "epochs at noise level 0.4")
claim("denoising-all-pure-loss", all_pure_loss, stored=0.2795,
      about="binary cross-entropy of the answers to pure noise, auto-encoder trained "
      "for 3 "
      "epochs at all noise levels")

# %% [markdown]
# The first answers nearly black, with faint pieces of strokes, others each time. Black is a confident answer, too, and the price is a loss of 0.64. The second has met pure noise, and answers with clouds near the mean image; its loss is 0.28. **Knowing nothing, and admitting it, is better by far than knowing nothing and being sure.** Both networks have the same layers, seed and epochs; only the levels of their noise differ. (One pair of trainings.)
#
# ## Exercises
#
# > **Exercise 36.1** (In doubt)
# >
# > Of all clean images that may lie behind a noisy one, 30 % (by probability) have a certain pixel white, the others have it black. First: which mean loss, by binary cross-entropy, is left to the best possible answer for this pixel? Two decimals. Second: somebody trains with the absolute error $\lvert \hat x_i - x_i \rvert$. Which answer, a number, has the smallest mean loss then?

# %%
from mnist_utils.claims import check_answer

loss, answer = None, None
[check_answer("doubtful-loss", loss, "0405f5dd", decimals=2),
 check_answer("doubtful-absolute", answer, "943cb085")]

# %% [markdown]
# <details><summary>Solution of Exercise 36.1</summary>
#
# The best answer is the conditional mean, 0.3, and the loss that is left is its entropy, $H(0.3) = 0.61$. The mean absolute error is $0.3\,(1 - \hat x_i) + 0.7\, \hat x_i = 0.3 + 0.4\, \hat x_i$, smallest at 0: black, what the majority says. In general it is the median. Such a network draws sharper images, and does not tell its doubt.
#
# </details>
#
# > **Exercise 36.2** (Where the scale ends)
# >
# > A denoiser has a mean loss of 0.16 on the training images at some level. Which share of the way from knowing nothing to knowing everything has it gone, measured by the loss? Two decimals.

# %%
share = None
check_answer("denoising-scale", share, "216265ea", decimals=2)

# %% [markdown]
# <details><summary>Solution of Exercise 36.2</summary>
#
# $(0.2628 - 0.16) / (0.2628 - 0.0584) = 0.50$. Without the floor one would have said 0.39. How much of the rest could be won by a better network, only the true conditional mean would tell.
#
# </details>
#
# > **Exercise 36.3** (Trained for longer, open-ended)
# >
# > Train the first network for ten epochs in place of three. What becomes of its answers to pure noise, and of Fig. 36.3?
#
# <details><summary>Solution of Exercise 36.3</summary>
#
# The points of level 0.4 stay near the diagonal: there the loss asks for it. The answers to pure noise may become anything. What a network answers to what it never met is left to chance by its training; a good answer tries a second seed.
#
# </details>
#
# ## Further reading
#
# Losses that are smallest, on average, for the true probabilities: [Where the loss comes from](../loss/likelihood.ipynb). Denoising auto-encoders: Vincent et al. (2008).

# %% [markdown]
# ## Quiz
#
# Choose an answer in your mind, then open it.
#
# **1.** Given a noisy image, a pixel of the clean one is white with the probability 0.8 and black otherwise. Which answer has the smallest mean binary cross-entropy?
#
# <details><summary>1, the most probable value</summary>
#
# **No.** Certainty would be punished without limit in the cases where the pixel is black. The most probable value is the best answer for the absolute error.
#
# </details>
#
# <details><summary>0.8, the mean of what it may be</summary>
#
# **Right.** The loss is smallest at the conditional mean, as with squared error. So gray in an answer means doubt.
#
# </details>
#
# <details><summary>0.5, because the pixel is in doubt</summary>
#
# **No.** That would be right for equal probabilities. The doubt here leans to white, and the answer should say how far.
#
# </details>
#
# **2.** Some pixels of the clean digits are gray. A network answers every pixel exactly as it is, gray ones included. What is its mean binary cross-entropy?
#
# <details><summary>0, because each answer equals its target</summary>
#
# **No.** This is so for black and white pixels. For a gray target the smallest value of this loss is its entropy, which is not 0.
#
# </details>
#
# <details><summary>Less than 0, because gray pixels count negatively, as logarithms</summary>
#
# **No.** Both terms of the loss are products of a number that is not negative with minus the logarithm of a number up to 1. It cannot be negative.
#
# </details>
#
# <details><summary>More than 0, as gray pixels keep their entropy</summary>
#
# **Right.** No answer gets below this floor. What lies above the floor is the part to read.
#
# </details>
#
# **3.** Of all pixels to which a denoiser answers 0.3, the clean ones are 0.3 on average, and so for every other brightness. Is it then a good denoiser?
#
# <details><summary>Not surely: honest doubt is not knowledge</summary>
#
# **Right.** Somebody who always answers the mean image fulfills this too, and knows nothing. How much a denoiser knows, the loss tells.
#
# </details>
#
# <details><summary>Yes: on average all of its answers are right</summary>
#
# **No.** Right on average over many pixels is not right for each pixel. The clean ones behind 0.3 may be black and white.
#
# </details>
#
# <details><summary>No: a good denoiser answers black or white only</summary>
#
# **No.** The clean digits have gray pixels, and where the noise leaves doubt a gray answer is the best one. Sharper is not better by this loss.
#
# </details>
