"""Results that a chapter states, checked on the spot, and answers to exercises, checked without giving them away."""

import contextlib
import hashlib
import html
import re
import sys
from dataclasses import dataclass
from numbers import Real
from operator import eq, ge, le

from IPython import get_ipython
from IPython.display import display

GLUED = "application/papermill.record/"  # before the type of what myst_nb glues
BANDS = {"exactly": eq, "at_least": ge, "at_most": le, "between": lambda value, pair: pair[0] <= value <= pair[1]}
THOUSANDS = re.compile(r"(?<=\d)[,\s](?=\d{3}(?!\d))")  # what separates them: 545,810 or 545 810


class ClaimError(AssertionError):
    """A stated result does not hold: the message names the claim, its value and its band."""


@dataclass(frozen=True)
class Claim:
    """A result that holds, shown to the reader by `claim`."""

    name: str
    value: object
    band: str
    about: str = ""

    def __repr__(self):
        return f"Claim holds: {self.about or self.name} = {format_value(self.value)} ({self.band})"

    def _repr_html_(self):
        name, about, value, band = map(html.escape, (self.name, self.about, format_value(self.value), self.band))
        return (
            f'<div class="claim" id="claim-{name}"><span class="claim-mark">Claim holds</span> '
            f"{about or name}: <strong>{value}</strong> <span>({band})</span></div>"
        )


def claim(name, value, *, exactly=None, between=None, at_least=None, at_most=None, about=""):
    """State a result, and fail unless it holds; return what a notebook shows as one line, and print it in a script.

    Parameters
    ----------
    name : str
        Lower-case words joined by hyphens, unique in the book. Prose shows the value: ``{glue:text}`NAME:.2%` ``.
    value : number, bool, str or tuple
        What was measured or computed; NumPy scalars and TensorFlow tensors of one element are converted.
    exactly, between, at_least, at_most
        The band, exactly one of them: the value itself, a pair (low, high) with both ends inside, or one bound.
    about : str, optional
        What the value is, in a few words, for the reader and for the page that lists all claims.

    Raises
    ------
    ClaimError
        If the value lies outside its band, as not-a-number always does.
    TypeError
        If not exactly one band is given, or the value cannot be compared with it.

    >>> holds = claim("dense-parameters", 784 * 64 + 64, exactly=50_240)
    Claim holds: dense-parameters = 50,240 (exactly 50,240)
    """
    bounds = zip(BANDS, (exactly, at_least, at_most, between), strict=True)
    given = [(kind, plain(bound)) for kind, bound in bounds if bound is not None]
    if len(given) != 1:
        raise TypeError(f"claim {name!r}: got {len(given)} bands; expected exactly one of {', '.join(BANDS)}.")
    ((kind, bound),) = given
    band, got = describe_band(name, kind, bound), plain(value)
    expected = type(bound) if kind == "exactly" and isinstance(bound, str | tuple) else Real
    if not isinstance(got, expected):
        what = f"{type(got).__name__} of shape {got.shape}" if hasattr(got, "shape") else repr(got)
        raise TypeError(f"claim {name!r}: got {what}; expected a value for '{band}'. {_advice(value, kind, bound)}")
    if not BANDS[kind](got, bound):
        raise ClaimError(f"claim {name!r} does not hold: got {format_value(got, in_full=True)}, stated {band}")
    stated = Claim(name, got, band, about)
    if get_ipython():  # what `myst_nb.glue` does; importing that brings Sphinx, for seconds in each notebook
        data, metadata = get_ipython().display_formatter.format(got)
        metadata["scrapbook"] = {"name": name, "mime_prefix": GLUED}
        display({f"{GLUED}{mime}": content for mime, content in data.items()}, raw=True, metadata=metadata)
    else:
        print(stated)
    return stated


def _advice(value, kind, bound):
    """Return the sentence that says what to claim in place of a value that is not of the type of its band."""
    if value is None:
        return "Return what was computed: a function without `return` gives None."
    if isinstance(value, dict) and value:
        return f"Claim one of its values, such as `value[{next(reversed(value))!r}]`."
    if kind == "exactly" and isinstance(bound, str | tuple):
        return "Claim `str(value)`." if isinstance(bound, str) else "Claim `tuple(np.atleast_1d(value))`."
    if isinstance(value, str):
        return "Claim the number, without quotation marks."
    reduce = {"at_least": "min", "at_most": "max"}.get(kind, "all" if bound is True else "mean")
    return f"Claim `np.{reduce}(value)`."


def describe_band(name, kind, bound):
    """Return a band in words, such as 'between 0.968 and 0.978'; also how the page of claims writes it."""
    if kind != "between":
        return f"{kind.replace('_', ' ')} {format_value(bound, in_full=True)}"
    if isinstance(bound, tuple) and len(bound) == 2 and bound[0] < bound[1]:
        return "between {} and {}".format(*(format_value(end, in_full=True) for end in bound))
    advice = " Pass `tuple(sorted(between))`." if isinstance(bound, tuple | list) and len(set(bound)) == 2 else ""
    raise TypeError(f"claim {name!r}: got between={bound!r}; expected a pair (low, high) with low < high.{advice}")


def plain(value):
    """Return the Python number in a NumPy scalar or a tensor of one element, in a tuple too; the rest as it is."""
    if isinstance(value, tuple):
        return tuple(map(plain, value))
    if hasattr(value, "numpy"):
        value = value.numpy()
    return value.item() if hasattr(value, "item") and getattr(value, "size", 1) == 1 else value


def format_value(value, in_full=False):
    """Return a value as the reader sees it: thousands separated, long fractions cut to four significant digits.

    >>> format_value(55050), format_value(12345.0), format_value(0.970312), format_value((60000, 28, 28))
    ('55,050', '12,345', '0.9703', '(60000, 28, 28)')
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if in_full or isinstance(value, int) or len(str(value)) <= 6:
        return f"{value:,}"
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e15 else f"{value:.4g}"


def answer_digest(exercise, answer, decimals=0):
    """Return eight hexadecimal digits that stand for the answer to an exercise, to write into its `check_answer`."""
    answer = plain(answer)
    if isinstance(answer, Real) and not isinstance(answer, bool):
        answer = round(float(answer), decimals) + 0.0  # + 0.0 turns -0.0 into 0.0
    canonical = f"{exercise}: {str(answer).strip().lower()}".encode()
    return hashlib.pbkdf2_hmac("sha256", canonical, b"mnist_utils", 50_000).hex()[:8]


def check_answer(exercise, answer, digest, decimals=0):
    """Return whether an answer is right, in a sentence for the reader, without knowing more than its digest.

    A number may have more `decimals` than the exercise asks for, unless it asks for a whole one; a text may hold it.

    >>> check_answer("six-times-seven", "42", answer_digest("six-times-seven", 42))
    'Right: 42 is the answer.'
    """
    answer = plain(answer)
    if answer is None or answer is Ellipsis:
        return "Not answered yet: put your answer in place of None and run the cell again."
    if not isinstance(answer, Real | str):
        return f"This exercise asks for one number or one word; got {type(answer).__name__}."
    if isinstance(answer, int) and abs(answer) > sys.float_info.max:
        answer = float("inf")  # it has too many digits to compare or to show
    meant = [answer]
    for text in (THOUSANDS.sub("", answer), answer.replace(",", ".")) if isinstance(answer, str) else ():
        with contextlib.suppress(ValueError):
            meant.append(float(text))
    numbers = [reading for reading in meant if isinstance(reading, Real)]
    broken = [number for number in numbers if not min(number % 1, -number % 1) < 1e-6] if decimals == 0 else []
    if any(answer_digest(exercise, reading, decimals) == digest for reading in meant if reading not in broken):
        return f"Right: {answer} is the answer."
    advice = "It asks for a number." if decimals and not numbers else "Look again, then run the cell once more."
    advice = "It asks for a whole number, or for a word." if numbers and numbers == broken else advice
    return f"Not right yet: {answer} is not the answer. {advice}"
