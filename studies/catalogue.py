"""The studies there are."""

from studies.design import DenseCondition, ModelCondition, Study, StudyError

ASSIGNED_FACTORS = (1e-6, 1e-5, 1e-4, 5e-4, 1e-3)
CHOSEN_FACTOR = 5e-4  # by the validation images of `hinton-validation`; a test holds it against what is stored

# Which images train, and which are measured when. What measures the training images at the end only saves a third of
# the work of an epoch.
ASSIGNED = {"each_epoch": ("train", "test")}
ASSIGNED_SPARSE = {"each_epoch": ("test",), "at_end": ("train",)}
CHOSEN_EACH_EPOCH = {"validation": 10_000, "each_epoch": ("train", "validation")}
CHOSEN_TESTED = {**CHOSEN_EACH_EPOCH, "at_end": ("test",)}
CHOSEN_TESTED_SPARSE = {"validation": 10_000, "each_epoch": ("validation",), "at_end": ("train", "test")}
CHOSEN = {"validation": 10_000, "at_end": ("validation",)}
TESTED = {"at_end": ("test",)}

HINTON = {"hidden": (500, 300), "epochs": 40}
SUBMITTED_LOOP = {"hidden": (300, 500), "epochs": 40, "factors": ASSIGNED_FACTORS}
ONE_CYCLE = {"optimizer": "adam", "schedule": "one-cycle"}
PIXEL_DIVISORS = {"divided once": 255, "divided twice": 255**2}
SUBMITTED_OPTIMIZERS = {"adam": 0.001, "sgd": 0.1}  # and their learning rates


def _unreported(name: str, **settings) -> DenseCondition:
    return DenseCondition(name=name, factors=(CHOSEN_FACTOR,), **CHOSEN_TESTED_SPARSE, **{**HINTON, **settings})


def _design(name: str, network: str, learning_rate: float, epochs: int = 3, **settings) -> ModelCondition:
    settings = {**CHOSEN, "network": network, "learning_rate": learning_rate, "epochs": epochs, **settings}
    return ModelCondition(name=name, **settings)


def _chosen(name: str, about: str, seeds: int, **settings) -> Study:
    """A network that was chosen on the validation images, and then trained on all training images and tested once."""
    kept = settings.pop("weights_kept", False)
    choice = ModelCondition(name="validation", network=name, **CHOSEN, **ONE_CYCLE, **settings)
    final = ModelCondition(name="final", network=name, weights_kept=kept, **TESTED, **ONE_CYCLE, **settings)
    return Study(name, about, (choice, final), range(seeds))


def _denoiser(name: str, network: str, noise: tuple[float, float], *measured: str) -> ModelCondition:
    settings = {"epochs": 10, "learning_rate": 0.001, "classifier": ("good", "final")}
    return ModelCondition(name=name, network=network, noise=noise, at_end=measured, **settings)


_ALL = (
    Study(
        "dense",
        "64-64 network, measured on the test set as the assignment asks, and on a validation split",
        (
            DenseCondition(name="assignment", epochs=10, **ASSIGNED),
            DenseCondition(name="validation", epochs=10, **CHOSEN_TESTED),
        ),
        range(10),
    ),
    Study(
        "rate-and-batch",
        "64-64 network, four learning rates and three batch sizes on the validation split",
        [
            DenseCondition(
                name=f"rate={rate} batch={size}", epochs=10, learning_rate=rate, batch_size=size, **CHOSEN_EACH_EPOCH
            )
            for rate in (0.025, 0.1, 0.4, 1.6)
            for size in (32, 128, 512)
        ],
        range(3),
    ),
    Study(
        "hinton-assignment",
        "500-300 network with five L2 factors, three replicates, measured on the test set as the assignment asks",
        [DenseCondition(name="assignment", factors=ASSIGNED_FACTORS, **HINTON, **ASSIGNED_SPARSE)],
        range(3),
    ),
    Study(
        "hinton-validation",
        "500-300 network with five L2 factors, measured on a validation split, on the test set once",
        [DenseCondition(name="validation", factors=ASSIGNED_FACTORS, **HINTON, **CHOSEN_TESTED_SPARSE)],
        range(10),
    ),
    Study(
        "hinton-unreported",
        "500-300 network with the factor chosen on validation, and what was not reported of Hinton's",
        [
            _unreported("momentum 0.9, rate 0.01", learning_rate=0.01, momentum=0.9),
            _unreported("batches of 32", batch_size=32),
            _unreported("tanh units", activation="tanh"),
            _unreported("logistic units", activation="sigmoid"),
            _unreported("80 epochs", epochs=80),
        ],
        range(5),
    ),
    Study(
        "hinton-schedule",
        "500-300 network with a learning rate that falls to 0, with five L2 factors, on a validation split",
        [
            DenseCondition(
                name="rate falls to 0", schedule="linear", factors=ASSIGNED_FACTORS, **HINTON, **CHOSEN_TESTED_SPARSE
            )
        ],
        range(5),
    ),
    Study(
        "forensic",
        "300-500 network as in the submission's loop: fresh or stacked, pixels divided by 255 once or twice",
        [
            DenseCondition(
                name=f"{'stacked' if stacked else 'fresh'}, {divided}",
                pixel_divisor=divisor,
                stacked=stacked,
                **SUBMITTED_LOOP,
                **ASSIGNED_SPARSE,
            )
            for stacked in (False, True)
            for divided, divisor in PIXEL_DIVISORS.items()
        ],
        range(3),
    ),
    Study(
        "forensic-convolution",
        "convolutional network of the submission: adam or SGD, pixels divided by 255 once or twice",
        [
            ModelCondition(
                name=f"{optimizer}, {divided}",
                network="convolutional",
                optimizer=optimizer,
                learning_rate=rate,
                pixel_divisor=divisor,
                epochs=10,
                **ASSIGNED_SPARSE,
            )
            for optimizer, rate in SUBMITTED_OPTIMIZERS.items()
            for divided, divisor in PIXEL_DIVISORS.items()
        ],
        range(3),
    ),
    Study(
        "forensic-raw",
        "networks of the submission on pixels that were not divided at all: 300-500 without L2, convolutional",
        [
            DenseCondition(
                name="300-500, sgd", pixel_divisor=1, **{**SUBMITTED_LOOP, "factors": (0.0,)}, **ASSIGNED_SPARSE
            ),
            *(
                ModelCondition(
                    name=f"convolutional, {optimizer}",
                    network="convolutional",
                    optimizer=optimizer,
                    learning_rate=rate,
                    pixel_divisor=1,
                    epochs=10,
                    **ASSIGNED_SPARSE,
                )
                for optimizer, rate in SUBMITTED_OPTIMIZERS.items()
            ),
        ],
        range(3),
    ),
    Study(
        "convolution-rate",
        "convolutional network of the submission: learning rates of SGD and of adam, on a validation split",
        [
            ModelCondition(
                name=f"{optimizer} {rate}",
                network="convolutional",
                optimizer=optimizer,
                learning_rate=rate,
                epochs=5,
                **CHOSEN_EACH_EPOCH,
            )
            for optimizer, rates in (("sgd", (0.01, 0.03, 0.1, 0.3, 1.0)), ("adam", (0.0003, 0.001, 0.003, 0.01)))
            for rate in rates
        ],
        range(3),
    ),
    Study(
        "convolution-design",
        "from the submission's convolutional network to better ones, step by step, on a validation split",
        [
            _design("submission", "convolutional", 0.001),
            _design("two convolutions", "mnist_convnet", 0.001),
            _design("two convolutions, one cycle", "mnist_convnet", 0.003, **ONE_CYCLE),
            _design("stride, one cycle", "strided", 0.003, **ONE_CYCLE),
            _design("stride, one cycle, rate 0.01", "strided", 0.01, **ONE_CYCLE),
            _design("fast, rate 0.003", "fast", 0.003, **ONE_CYCLE),
            _design("fast", "fast", 0.01, **ONE_CYCLE),
            _design("fast, 10 epochs", "fast", 0.01, 10, **ONE_CYCLE),
            _design("fast, distorted", "fast", 0.01, 10, distortion=1.0, **ONE_CYCLE),
            _design("averaging", "averaging", 0.02, 10, distortion=0.5, batch_size=64, **ONE_CYCLE),
            _design("small", "small", 0.02, 10, distortion=0.5, batch_size=64, **ONE_CYCLE),
        ],
        range(5),
    ),
    _chosen(
        "fast",
        "fewest seconds to 99 %, chosen on a validation split",
        10,
        epochs=2,
        learning_rate=0.02,
        batch_size=256,
    ),
    _chosen(
        "good",
        "highest accuracy, chosen on a validation split",
        5,
        epochs=12,
        learning_rate=0.005,
        distortion=1.0,
        weights_kept=True,
    ),
    _chosen(
        "small",
        "fewest parameters at 99 %, chosen on a validation split",
        5,
        epochs=40,
        learning_rate=0.02,
        batch_size=64,
        distortion=0.5,
        weights_kept=True,
    ),
    Study(
        "denoising",
        "auto-encoders, dense and convolutional, trained at one noise level or all; a classifier trained on noise",
        [
            _denoiser("dense, level 0.4", "autoencoder", (0.4, 0.4), "noisy", "denoised"),
            _denoiser("dense, all levels", "autoencoder", (0.0, 1.0), "denoised"),
            _denoiser("convolutional, level 0.4", "convolutional_autoencoder", (0.4, 0.4), "denoised"),
            _denoiser("convolutional, all levels", "convolutional_autoencoder", (0.0, 1.0), "denoised"),
            ModelCondition(
                name="classifier, all levels",
                network="fast",
                learning_rate=0.01,
                noise=(0.0, 1.0),
                epochs=10,
                at_end=("noisy",),
                **ONE_CYCLE,
            ),
        ],
        range(5),
    ),
)
STUDIES = {study.name: study for study in _ALL}


def find(name: str) -> Study:
    """Return the study of this name, or raise StudyError with the names there are.

    >>> len(find("dense").seeds)
    10
    """
    if name not in STUDIES:
        raise StudyError(f"study: got {name!r}; expected one of {', '.join(STUDIES)}. Choose one of these")
    return STUDIES[name]
