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
# # Silent mistakes in the model and in the data
#
# > **In short**
# >
# > Six mistakes, most of them seen in solutions of this assignment, none of which stops the training. Each is made again in a few lines; you see the code and the symptom, guess, and open the cause. One costs all of the accuracy, one makes it look better by 0.022, one makes a loss 141 times too large at an accuracy that hardly changes; the others spoil an experiment, a curve, a safeguard (64-64 networks, one run each). For each there is a check of a few lines that turns it into an error.
# >
# > *Read before*: [Three sets of images, and why](../data/sets.ipynb), [Ten epochs, and ten seeds](../training/ten_epochs.ipynb), [Weight decay](../hinton/weight_decay.ipynb).
#
# All of them are measured on the validation images of [Three sets of images, and why](../data/sets.ipynb), and training means one epoch of SGD with the assignment's settings, unless a cell says otherwise.

# %% tags=["remove-stderr"]
import keras
import numpy as np

from mnist_utils import networks
from mnist_utils.claims import claim
from mnist_utils.dataset import load_mnist, preprocess, split

(x_train, y_train), (_, y_test) = load_mnist()
(x_fit, y_fit), (x_validation, y_validation) = split(x_train, y_train)
images, validation_images = preprocess(x_fit), preprocess(x_validation)


# %%
def train(network, images, labels, epochs=1, seed=0):
    keras.utils.set_random_seed(seed)  # the order of the images
    network.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy",
                    metrics=["accuracy"], steps_per_execution=50)  # quicker
    log = network.fit(images, labels, batch_size=128, epochs=epochs, verbose=0)
    return log.history["loss"][-1]

def accuracy(network, images=validation_images):
    answers = network.predict(images, batch_size=1000, verbose=0).argmax(axis=1)
    return float((answers == y_validation).mean())


# %% [markdown]
# ## Three replicates
#
# **The code.** Three replicates, to get a mean and a standard deviation:

# %%
network = networks.dense((64, 64), seed=0)
scores = []
for replicate in range(3):
    train(network, images, y_fit, seed=replicate)
    scores.append(accuracy(network))
np.round(scores, 4)

# %% [markdown]
# **The symptom.** The accuracy rises from replicate to replicate. Replicates are the same experiment with other luck, and luck has no reason to rise. (Three numbers rise by luck alone once in six times: this is a suspicion. That the gains get smaller strengthens it.)
#
# > **Exercise 32.1** (Each better than the last)
# >
# > What is wrong, by how much is the mean off, and which line would have caught it?
#
# <details><summary>Solution of Exercise 32.1</summary>
#
# **The cause.** The network is made before the loop. The second round goes on training what the first has left, so the three numbers belong to one network after one, two and three epochs. `compile` gives a network a new optimizer, and leaves its weights as they are. The original submission has this mistake in the form that stacks layers.
#
# **The cost.** The same rounds with a new network in each:
#
# </details>

# %%
# solution
fresh_scores = []
for replicate in range(3):
    network = networks.dense((64, 64), seed=replicate)
    train(network, images, y_fit, seed=replicate)
    fresh_scores.append(accuracy(network))
np.round(fresh_scores, 4)


# %% [markdown]
# <details><summary>Solution of Exercise 32.1, continued</summary>
#
# The false mean is too high by 0.022, and the false standard deviation says how fast the network learns, not how reliable the result is.
#
# **The mend** is the line inside the loop. **The check**: a network that has learned nothing has a loss of about $\log 10 = 2.3$, give or take what its initial weights make it prefer. One that was trained before starts far below.
#
# </details>

# %%
# solution
def is_new(network):
    probabilities = network.predict(validation_images[:1000], verbose=0)
    losses = -np.log(probabilities[range(1000), y_validation[:1000]])
    return bool(abs(losses.mean() - np.log(10)) < 0.5)

is_new(networks.dense((64, 64), seed=3)), is_new(network)

# %% [markdown]
# <details><summary>Solution of Exercise 32.1, continued</summary>
#
# Write `assert is_new(network)` before each `fit` of an experiment. The check has a gap: new layers on top of a trained network may make its loss look new again. Compare `count_params()` with your own count as well, and both forms of the mistake are caught.
#
# </details>

# %% tags=["hide-cell"]
# solution
claim("mistakes-outside-bias", np.mean(scores) - np.mean(fresh_scores), trained=True,
      about="by how much the mean validation accuracy of three false replicates "
            "(one network trained on) is too high")


# %% [markdown]
# ## A factor without effect
#
# **The code.** A penalty with a factor of 0.001, which shrinks kernels visibly within an epoch, as [Weight decay](../hinton/weight_decay.ipynb) shows:

# %%
def two_layers(**penalty):
    start = keras.initializers.GlorotUniform
    return keras.Sequential([
        keras.Input((28, 28, 1)), keras.layers.Flatten(),
        keras.layers.Dense(64, "relu", kernel_initializer=start(0), **penalty),
        keras.layers.Dense(64, "relu", kernel_initializer=start(1), **penalty),
        keras.layers.Dense(10, "softmax", kernel_initializer=start(2)),
    ])

def trained_squares(network):
    train(network, images, y_fit)
    return np.array([(layer.kernel.numpy() ** 2).sum()
                     for layer in network.layers[1:3]])

L2 = keras.regularizers.L2
without = trained_squares(two_layers())
penalized = trained_squares(two_layers(activity_regularizer=L2(1e-3)))
np.round([without, penalized], 1)

# %% [markdown]
# **The symptom.** The rows are the sums of the squared weights of the two hidden kernels, without and with the penalty. The first kernel has lost a little, and in the second nothing has happened that is worth a digit.
#
# > **Exercise 32.2** (Hardly a trace)
# >
# > What is wrong, and how can one see it before a single image was shown?
#
# <details><summary>Solution of Exercise 32.2</summary>
#
# **The cause** is the name of the argument. `activity_regularizer` penalizes what a layer puts out, `kernel_regularizer` its weights. Both exist, both train without complaint, and an editor that completes names in alphabetical order offers the first one first. (Why the first kernel shrinks a little and the second does not, we have not looked into.)
#
# **The cost, and the mend:** with the argument that was meant,
#
# </details>

# %%
# solution
meant = trained_squares(two_layers(kernel_regularizer=L2(1e-3)))
1 - penalized / without, 1 - meant / without

# %% [markdown]
# <details><summary>Solution of Exercise 32.2, continued</summary>
#
# Where a penalty on kernels takes 12.7% of the second kernel's squares, the penalty on outputs changes them by 0.01%. Nothing is broken, except that the experiment is not the one that the text next to it describes.
#
# **The check.** A penalty on weights needs no image. `losses` lists the penalties that a network has before it has seen any:
#
# </details>

# %% tags=["nbval-check-output"]
# solution
[len(two_layers(**{name: L2(1e-3)}).losses)
 for name in ("kernel_regularizer", "activity_regularizer")]

# %% [markdown]
# <details><summary>Solution of Exercise 32.2, continued</summary>
#
# `assert len(network.losses) == 2` catches it.
#
# </details>

# %% tags=["hide-cell"]
# solution
claim("mistakes-kernel-shrunk", 1 - meant[1] / without[1], trained=True,
      about="share that the second hidden kernel's squares lose in an epoch to an "
            "L2 penalty of 0.001 on kernels")
claim("mistakes-activity-shrunk", abs(1 - penalized[1] / without[1]), trained=True,
      about="share by which the second hidden kernel's squares change in an epoch "
            "with an L2 penalty of 0.001 on outputs")

# %% [markdown]
# ## A network that does not know its size
#
# **The code.** From the original submission, shortened:

# %%
network = keras.Sequential()
keras.Input(shape=(28, 28, 1))
network.add(keras.layers.Conv2D(32, 3, activation="relu"))
network.add(keras.layers.MaxPooling2D(2))
network.add(keras.layers.Flatten())
network.add(keras.layers.Dense(10, activation="softmax"))

try:
    network.count_params()
except ValueError as error:
    print(error)

# %% [markdown]
# **The symptom.** A network that cannot count its parameters. And it takes what it gets, here images of half the size:

# %% tags=["remove-stderr"]
network.compile("sgd", "sparse_categorical_crossentropy")
network.fit(images[:256, ::2, ::2], y_fit[:256], verbose=0)
network.input_shape[1:]

# %% [markdown]
# > **Exercise 32.3** (Anything goes)
# >
# > Which line is at fault? What does it cost?
#
# <details><summary>Solution of Exercise 32.3</summary>
#
# **The cause.** The second line makes an input and drops it. `keras.Input(...)` changes nothing; it **returns** an object, which has to be given to the model: `network.add(keras.Input((28, 28, 1)))`, or first in the list that `Sequential` gets. Without it the model takes its shapes from the first images that it sees, whatever they are.
#
# **The cost** is not accuracy: with images of the right size it trains as well as any other. The cost is a check that you expected and do not get. **Mended**, the wrong images are refused at the door:
#
# </details>

# %%
# solution
mended = networks.convolutional()  # the same layers behind an input of (28, 28, 1)
try:
    mended.predict(images[:2, ::2, ::2], verbose=0)
except ValueError as error:
    print("refused:", "incompatible" in str(error))

# %% [markdown]
# <details><summary>Solution of Exercise 32.3, continued</summary>
#
# **The check**: count the parameters before you train, and compare with your own count ([The network and its 55,050 parameters](../network/parameters.ipynb)). A network that has lost its input cannot answer.
#
# </details>
#
# ## Two epochs, nothing learned
#
# **The code.** Change the order before training, so that the digits do not come sorted:

# %%
reordered = images.copy()
np.random.default_rng(0).shuffle(reordered)

network = networks.dense((64, 64), seed=0)
final_loss = train(network, reordered, y_fit, epochs=2)
round(final_loss, 3), round(accuracy(network), 3)


# %% [markdown]
# **The symptom.** Loss and accuracy are 2.301 and 0.102 after two epochs: those of somebody who has seen no image. With the images in their own order the same network learns.
#
# > **Exercise 32.4** (The order of things)
# >
# > What is wrong, and how could one know without any training?
#
# <details><summary>Solution of Exercise 32.4</summary>
#
# **The cause.** The images were shuffled, and the labels were not. Every image now has the label of some other. What is left of the relation between the two is the frequencies of the digits.
#
# **The cost** is everything, but at least it is loud. A quieter relative is a data set in which a few labels are wrong, those of the test images among them: right answers to wrongly labeled images then count as errors.
#
# **The mend.** One order for both: `order = random.permutation(n)`, then `images[order]` and `labels[order]`. (And `fit` shuffles by itself, in every epoch, pairs and all.)
#
# **The check** needs no training. Take the mean image of each class, and give each image the class of the nearest mean. That is a poor classifier, and it is enough to see whether labels and images know of each other.
#
# </details>

# %%
# solution
def nearest_mean_accuracy(images, labels):
    rows = images.reshape(len(images), -1)
    means = np.stack([rows[labels == digit].mean(axis=0) for digit in range(10)])
    closeness = rows @ means.T - (means**2).sum(axis=1) / 2
    return (closeness.argmax(axis=1) == labels).mean()

pairs = [nearest_mean_accuracy(x, y_fit) for x in (images, reordered)]

# %% [markdown]
# <details><summary>Solution of Exercise 32.4, continued</summary>
#
# 0.81 for the right pairs, 0.11 for the mixed ones, in a second. Or draw a row of images with their labels as titles, every time after you have moved something.
#
# </details>

# %% tags=["hide-cell"]
# solution
claim("mistakes-shuffled-loss", final_loss, trained=True,
      about="training loss in the second epoch on shuffled images with labels "
            "that were not shuffled")
claim("mistakes-shuffled-accuracy", accuracy(network), trained=True,
      about="validation accuracy after two epochs on shuffled images with labels "
            "that were not shuffled")
claim("mistakes-pairs-right", pairs[0], data=0.808,
      about="accuracy of the nearest mean image on the 50,000 images that it was "
            "made from")
claim("mistakes-pairs-mixed", pairs[1], data=0.111,
      about="accuracy of the nearest mean image on 50,000 images whose labels "
            "belong to others")

# %% [markdown]
# ## Right answers, and an enormous loss
#
# **The code.** A network is trained on `images`, and then

# %%
network = networks.dense((64, 64), seed=0)
train(network, images, y_fit, epochs=2)
pictures = x_validation[..., None].astype("float32")
loss, score = network.evaluate(pictures, y_validation, verbose=0)
round(loss, 1), round(score, 4)

# %% [markdown]
# **The symptom.** The accuracy is what one expects after two epochs. A loss of 30 is not: somebody who knows nothing has 2.3.
#
# > **Exercise 32.5** (How can it be right?)
# >
# > What is wrong, and why does the accuracy not notice?
#
# <details><summary>Solution of Exercise 32.5</summary>
#
# **The cause.** The training images were divided by 255, the validation images were not. The strange thing is not the loss, it is the accuracy. Why does a network recognize digits that are 255 times too bright?
#
# **Why it hides.** Imagine for a moment that all biases are 0. With pixels 255 times as bright, every sum of the first layer is 255 times as large, and ReLU passes the factor on, since $\max(0, 255 z) = 255 \max(0, z)$. So do the layers behind, and the logits come out as $255 z$. The largest one stays the largest: the answers are the same. But in softmax of $255 z$ a lead of a fiftieth over another logit has become a factor of more than $e^5$. Unless logits are that close, the answer gets nearly 1 and the others nearly 0, also where the answer is wrong, and that is what the loss punishes. The biases of a trained network are not 0, so that the accuracy changes a little.
#
# **The cost:**
#
# </details>

# %%
# solution
right_loss, right_score = network.evaluate(validation_images, y_validation, verbose=0)
right_score - score, loss / right_loss

# %% [markdown]
# <details><summary>Solution of Exercise 32.5, continued</summary>
#
# 0.0038 of accuracy, which does not catch the eye, and a loss 141 times too large, which does, if one looks. Whoever looks at accuracies alone will report this one, and never see with how much confidence it errs.
#
# **The mend** is one function for all sets. **The check** is to look at both numbers, always, and to compare the loss with 2.3; and of the data, `assert pictures.max() == 1`, for the very array that goes into `evaluate`.
#
# </details>

# %% tags=["hide-cell"]
# solution
claim("mistakes-loss", loss, trained=True,
      about="loss of a 64-64 network, trained on scaled images for two epochs, on "
            "validation images that were not divided")
claim("mistakes-raw-cost", right_score - score, trained=True,
      about="accuracy that a 64-64 network loses on validation images that were "
            "not divided by 255")
claim("mistakes-raw-ratio", loss / right_loss, trained=True,
      about="loss of a 64-64 network on undivided validation images, relative to "
            "that on divided ones")

# %% [markdown]
# ## A curve that does not bend
#
# **The code.** How well does a network bear *salt-and-pepper noise*, which sets a share of the pixels to black or white?

# %%
from mnist_utils.distortions import salt_and_pepper

network = networks.dense((64, 64), seed=0)
train(network, images, y_fit)
levels = np.linspace(0, 1, 6)
curve = []
for seed, level in enumerate(levels):
    noisy = salt_and_pepper(validation_images, 0.4, seed)
    curve.append(accuracy(network, noisy))
np.round(curve, 3)

# %% [markdown]
# **The symptom.** Practically the same accuracy at all levels of noise. Even at 0, where there is none, and at 1, where there is nothing else. In the solution in which we saw this, the flat curve was explained: the model was called robust.
#
# > **Exercise 32.6** (A robust model)
# >
# > What is wrong? Which two points of such a curve do you know before you measure it?
#
# <details><summary>Solution of Exercise 32.6</summary>
#
# **The cause.** The level in the call is 0.4, a remainder from the first trial, and not the variable of the loop. The small differences come from the seed.
#
# **The cost, and the mend:** with `level` in its place,
#
# </details>

# %%
# solution
bent = [accuracy(network, salt_and_pepper(validation_images, level, seed))
        for seed, level in enumerate(levels)]
np.round(bent, 3)

# %% [markdown]
# <details><summary>Solution of Exercise 32.6, continued</summary>
#
# From no noise to nothing but noise the accuracy falls by 0.82.
#
# **The check** uses what you know without measuring. Before you plot a curve, say what its ends must be: without noise the accuracy that you had, where nothing is left of the image that of guessing. `assert abs(curve[0] - accuracy(network)) < 1e-6 and curve[-1] < 0.15` would have failed.
#
# </details>

# %% tags=["hide-cell"]
# solution
claim("mistakes-noise-fall", bent[0] - bent[-1], trained=True,
      about="validation accuracy that a 64-64 network loses from no "
            "salt-and-pepper noise to nothing but noise")

# %% [markdown]
# ## Exercises
#
# > **Exercise 32.7** (The same number three times)
# >
# > A notebook reports a test accuracy of 0.1135 for adam, for SGD, and for RMSprop, a relative of adam. The author concludes that the three optimizers are equally good. Which digit does each of these networks answer for every image? `y_test` holds the labels of the test set.

# %%
from mnist_utils.claims import check_answer

answer = None
check_answer("constant-answer", answer, "a369f3c5")

# %% [markdown]
# <details><summary>Solution of Exercise 32.7</summary>
#
# A network that gives every image the same answer has an accuracy equal to the share of that digit.
#
# </details>

# %% tags=["nbval-check-output"]
# solution
shares = np.bincount(y_test) / len(y_test)
check_answer("constant-answer", int(np.flatnonzero(shares == 0.1135)[0]), "a369f3c5")

# %% [markdown]
# <details><summary>Solution of Exercise 32.7, continued</summary>
#
# An accuracy that agrees to four digits between different trainings is a symptom in itself. Trainings are not that reproducible.
#
# </details>
#
# > **Exercise 32.8** (Your own museum, open-ended)
# >
# > Take a notebook of yours that trains a network, or one from the web. Restart it, run it from top to bottom, and compare every number with the text. Then put in one mistake of this lesson on purpose, and give the notebook to somebody else. How long do they take, and which check would have told them at once?
#
# <details><summary>Solution of Exercise 32.8</summary>
#
# There is no single answer. Two things to watch: does the first run from top to bottom give all numbers of the text? And who finds the mistake sooner, the person who looks at data and predictions, or the one who reads the code?
#
# </details>
#
# ## Further reading
#
# A recipe for training networks that consists mostly of checks: [Karpathy (2019)](https://karpathy.github.io/2019/04/25/recipe/).

# %% [markdown]
# ## Quiz
#
# Choose an answer in your mind, then open it.
#
# **1.** A network for 26 letters has not learned anything yet, and gives each class about the same probability. Which mean cross-entropy do you expect?
#
# <details><summary>About $1 / 26$</summary>
#
# **No.** That is the probability that each class gets. The loss is minus its logarithm.
#
# </details>
#
# <details><summary>About $\log 26$</summary>
#
# **Right.** The correct class has the probability $1/26$, and $-\log(1/26) = \log 26$. It is good to know this number before any training starts.
#
# </details>
#
# <details><summary>About $\log 10$</summary>
#
# **No.** This is the number for ten classes, known from the digits. It changes with the number of classes.
#
# </details>
#
# **2.** A network gives every image the same answer. How does its confusion matrix look, with a row for each digit and a column for each answer?
#
# <details><summary>All counts stand in one row</summary>
#
# **No.** A row holds the images of one digit. There are images of all digits, so no row is empty.
#
# </details>
#
# <details><summary>The counts are spread evenly</summary>
#
# **No.** That is how guessing at random looks. A constant answer leaves nine columns empty.
#
# </details>
#
# <details><summary>All counts stand on the diagonal</summary>
#
# **No.** That is a network without errors. Here the diagonal has one entry that is not 0, where the answer happens to be right.
#
# </details>
#
# <details><summary>All counts stand in one column</summary>
#
# **Right.** The columns are the answers, and only one is given. The accuracy then is the share of this digit.
#
# </details>
#
# **3.** What is the advantage of `assert` before a training over a line that prints the same quantity?
#
# <details><summary>It is quicker, since nothing has to be printed</summary>
#
# **No.** Either takes next to no time. What counts is what happens when the quantity is wrong.
#
# </details>
#
# <details><summary>It mends the value before the training begins</summary>
#
# **No.** It changes nothing: the mending is left to you.
#
# </details>
#
# <details><summary>It stops the program, even if nobody looks</summary>
#
# **Right.** A print has to be read and judged each time. An `assert` states what must hold and turns a breach of it into an error.
#
# </details>
