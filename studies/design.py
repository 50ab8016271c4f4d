"""What an experiment is: networks of some conditions, each with several seeds, and the jobs that this makes."""

import math
import re
from dataclasses import KW_ONLY, dataclass

SPLITS = ("train", "validation", "test")
# "noisy" are the test images with noise, "denoised" what the network makes of these; both with each of the levels.
NOISE_LEVELS = tuple(tenths / 10 for tenths in range(11))


class StudyError(ValueError):
    """An experiment or a run that is refused: the message says what was got, what was expected, and what to do."""


@dataclass(frozen=True)
class Condition:
    """What networks of both kinds have."""

    name: str
    epochs: int
    _: KW_ONLY
    validation: int = 0  # so many training images are set aside, by `dataset.split`
    each_epoch: tuple[str, ...] = ()  # the splits measured after every epoch,
    at_end: tuple[str, ...] = ()  # and those after the last one
    learning_rate: float = 0.1  # in the first step, or the largest with "one-cycle"
    batch_size: int = 128
    momentum: float = 0.0  # of SGD: the share of the last step that each keeps
    # "linear" falls to 0 over all steps, "drop" to a tenth after three quarters of them; "one-cycle" rises from 0 for a
    # fifth of them, then falls to 0 along a cosine.
    schedule: str = "constant"
    pixel_divisor: int = 255  # of the gray levels 0 to 255, unless a mistake makes another of it

    def __post_init__(self):
        for name, value in vars(self).items():
            if isinstance(value, list):  # as it comes from a file
                object.__setattr__(self, name, tuple(value))
        known = set(self.splits) - (set() if self.validation else {"validation"})
        fits = isinstance(self.name, str) and re.fullmatch(r"[\w.,=+-]+( [\w.,=+-]+)*", self.name)
        self._expect(fits, "a name of words, which can be part of the name of a file")
        fits = isinstance(self.each_epoch, tuple) and isinstance(self.at_end, tuple)
        self._expect(fits, "each_epoch and at_end to be tuples, such as ('test',)")
        splits = self.each_epoch + self.at_end
        for name, least in (("epochs", 1), ("batch_size", 1), ("pixel_divisor", 1), ("validation", 0)):
            self._expect(is_integer(getattr(self, name), least), f"{name} to be an integer, at least {least}")
        fits = isinstance(self.learning_rate, int | float) and 0 < self.learning_rate < math.inf
        self._expect(fits, "a positive learning_rate")
        self._expect(0 <= self.momentum < 1, "a momentum from 0 to below 1")
        self._expect(self.schedule in self.schedules, f"schedule to be one of {', '.join(self.schedules)}")
        self._expect(splits and set(splits) <= known, f"to measure one or more of {', '.join(sorted(known))}")
        self._expect(len(set(splits)) == len(splits), "to measure each split once an epoch")

    def _expect(self, holds: object, expected: str) -> None:
        if not holds:
            raise StudyError(f"condition: got {self}; expected {expected}. Change it, and make it again")

    def measured(self, epoch: int) -> tuple[str, ...]:
        """Return the splits that are measured after an epoch."""
        return self.each_epoch + (self.at_end if epoch == self.epochs else ())

    def settings(self) -> dict:
        """Return what `condition_from` makes the same condition from, in types that JSON has."""
        listed = {name: list(value) if isinstance(value, tuple) else value for name, value in vars(self).items()}
        return {"kind": self.kind, **listed}


@dataclass(frozen=True, kw_only=True)
class DenseCondition(Condition):
    """Dense networks, trained with SGD, that may train together: one for each L2 factor."""

    kind = "dense"
    schedules = ("constant", "linear", "drop")
    splits = SPLITS

    hidden: tuple[int, ...] = (64, 64)
    factors: tuple[float, ...] = (0.0,)  # on the kernels of the hidden layers
    activation: str = "relu"  # of the hidden layers
    # Whether the factors are one long training: each puts another network on top of what the last one has become, as
    # the loop of the original submission does.
    stacked: bool = False

    def __post_init__(self):
        super().__post_init__()
        self._expect(self.activation in ("relu", "tanh", "sigmoid"), "activation to be one of relu, tanh, sigmoid")
        hidden = isinstance(self.hidden, tuple) and all(is_integer(units, 1) for units in self.hidden)
        self._expect(hidden, "hidden to be a tuple of integers, at least 1 each")
        factors = isinstance(self.factors, tuple) and len(set(self.factors)) == len(self.factors) > 0
        factors = factors and all(isinstance(factor, int | float) and 0 <= factor < math.inf for factor in self.factors)
        self._expect(factors, "factors to be a tuple of finite numbers from 0, each once")
        self._expect(not (self.stacked and self.momentum), "no momentum where networks are stacked")
        # 60,000 images; a kernel is multiplied by 1 - 2 * rate * factor in each step.
        decay = 2 * self.learning_rate * max(self.factors) * 60_000 / self.batch_size
        self._expect(decay <= 40, "smaller factors, that leave something of a weight after an epoch")


@dataclass(frozen=True, kw_only=True)
class ModelCondition(Condition):
    """A Keras model, which trains alone."""

    kind = "model"
    schedules = ("constant", "one-cycle")
    splits = (*SPLITS, "noisy", "denoised")

    network: str  # a function of `mnist_utils.networks`
    optimizer: str = "adam"
    # Each epoch shifts, turns, zooms the training images anew: in units of 2 pixels, 10 degrees, a tenth of the size.
    distortion: float = 0.0
    # Least and largest level of salt and pepper on the training images, drawn uniformly for each, anew in each epoch.
    noise: tuple[float, float] | None = None
    # For a denoiser, which learns to return the images as they were before the noise: study and condition of the stored
    # network, of the same seed, that classifies what it returns.
    classifier: tuple[str, str] | None = None
    weights_kept: bool = False  # for `results.load_network`

    def __post_init__(self):
        super().__post_init__()
        self._expect(self.optimizer in ("sgd", "adam"), "optimizer to be one of sgd, adam")
        self._expect(self.optimizer == "sgd" or not self.momentum, "momentum for sgd alone: adam has its own")
        self._expect(0 <= self.distortion <= 5, "a distortion from 0 (none) to 5")
        self._expect(self.pixel_divisor == 255 or not self.distortion, "pixels divided by 255 where they are distorted")
        pair = isinstance(self.noise, tuple) and len(self.noise) == 2
        levels = pair and 0 <= self.noise[0] <= self.noise[1] <= 1
        self._expect(self.noise is None or levels, "noise to be two levels from 0 to 1, the smaller one first")
        splits = set(self.each_epoch + self.at_end)
        if self.classifier:
            self._expect(splits <= {"noisy", "denoised"} and self.noise, "a denoiser to have noise and measure it")
        else:
            self._expect("denoised" not in splits, "a classifier, which judges what was denoised")


def condition_from(settings: dict) -> Condition:
    """Return the condition of which `settings` were taken; what did not exist then has its default."""
    kinds = {kind.kind: kind for kind in (DenseCondition, ModelCondition)}
    try:
        return kinds[settings["kind"]](**{name: value for name, value in settings.items() if name != "kind"})
    except (KeyError, TypeError) as error:
        raise StudyError(f"condition: got {settings}; expected the settings of one ({error})") from error


@dataclass(frozen=True)
class Study:
    """An experiment: every condition with every seed.

    A seed fixes the initial weights and the order of the images. Networks of one seed share that part of their luck,
    and are compared as pairs. A study that judges what others have chosen has none of their seeds, and tests once.
    """

    name: str
    about: str
    conditions: tuple[Condition, ...]
    seeds: tuple[int, ...]
    chosen_by: tuple["Study", ...] = ()

    def __post_init__(self):
        if not (isinstance(self.name, str) and re.fullmatch(r"[\w-]+", self.name)):
            raise StudyError(f"study: got the name {self.name!r}; expected letters, digits, hyphens. Choose another")
        for what in ("conditions", "seeds"):
            got = getattr(self, what)
            values = tuple(got) if isinstance(got, tuple | list | range) else ()
            names = [getattr(value, "name", value) for value in values]
            fits = [isinstance(value, Condition) or (what == "seeds" and is_integer(value, 0)) for value in values]
            if not values or not all(fits) or len(set(names)) < len(names):
                expected = "a sequence of them, each once; a seed is an integer from 0"
                raise StudyError(f"study {self.name!r}: got {what} {got}; expected {expected}. Make it again")
            object.__setattr__(self, what, values)
        for other in self.chosen_by:
            if shared := sorted(set(self.seeds) & set(other.seeds)):
                got = f"the seeds {', '.join(map(str, shared))}, which helped to choose in {other.name!r}"
                raise StudyError(f"study {self.name!r}: got {got}; expected others to judge. Choose seeds never used")
        tested = [condition.name for condition in self.conditions if "test" in condition.each_epoch]
        if self.chosen_by and tested:
            got = f"{', '.join(tested)} tested after each epoch, with the seeds {', '.join(map(str, self.seeds))}"
            raise StudyError(f"study {self.name!r}: got {got}; expected one test. Put 'test' into at_end")


@dataclass(frozen=True)
class Job:
    """One training: the networks of a seed that use the same batches, or a single Keras model."""

    seed: int
    conditions: tuple[Condition, ...]

    def networks(self) -> list[tuple[str, float, int]]:
        """Return condition, factor and seed of each network."""
        # A Keras model has no factors.
        return [(of.name, factor, self.seed) for of in self.conditions for factor in getattr(of, "factors", (0.0,))]


def jobs(study: Study) -> list[Job]:
    """Return the jobs of a study, all those of its first seed first."""
    batches = ("validation", "epochs", "batch_size", "hidden", "factors", "momentum", "activation", "stacked")
    together = {}
    for condition in study.conditions:
        dense = isinstance(condition, DenseCondition)
        key = tuple(getattr(condition, name) for name in batches) if dense else condition.name
        together.setdefault(key, []).append(condition)
    return [Job(seed, tuple(conditions)) for seed in study.seeds for conditions in together.values()]


def is_integer(number: object, least: int) -> bool:
    """Return whether it is an integer of Python, which JSON has, and not less than the least."""
    return isinstance(number, int) and not isinstance(number, bool) and number >= least
