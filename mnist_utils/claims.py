"""Results that a lesson states, checked on the spot, and answers to exercises, checked without giving them away."""

import contextlib
import hashlib
import html
import math
import re
import statistics
import sys
from decimal import Decimal
from numbers import Real

from IPython import get_ipython
from IPython.display import display
from scipy.special import stdtrit

from mnist_utils import results

KINDS = {"identity": "identity", "data": "fact of the data", "stored": "stored study", "trained": "trained here"}
LEVEL = 0.999  # of the prediction interval in which a trained value must lie
DIGITS = 3  # significant ones, of the ends of that interval
THOUSANDS = re.compile(r"(?<=\d)[,\s](?=\d{3}(?!\d))")  # what separates them: 545,810 or 545 810


class ClaimError(AssertionError):
    """A stated result does not hold: the message names the claim, its value and its band."""


def claim(name, value, *, about, identity=None, data=None, stored=None, trained=None, within=None):
    """State a result, and fail unless it holds; show it as a line in a notebook, print it in a script.

    A claim is of one kind. For an identity, a fact of the data and what was computed from a stored study, the value
    is given that must come out: a number with a decimal point stands for what rounds to it, and is written as a string
    where it ends in a zero; anything else must be equal. What this notebook trains comes out a little different
    elsewhere: see `prediction_interval`.

    Parameters
    ----------
    name : str
        Lower-case words joined by hyphens, unique in the book. Prose shows the value: ``{glue:text}`NAME:.2%` ``.
    value : number, bool, str or tuple
        What was measured or computed; NumPy scalars and TensorFlow tensors of one element are converted.
    about : str
        What the value is, in words that are understood without the lesson.
    identity, data, stored : number, bool, str or tuple
        What must come out.
    trained : True
    within : float, optional
        How far an identity may be off, through rounding in the computer.

    Raises
    ------
    ClaimError
        If something else came out; not-a-number never holds.
    TypeError
        If not exactly one kind is given, or the value cannot be compared.

    >>> claim("dense-parameters", 784 * 64 + 64, identity=50_240, about="parameters of 64 units that see 784 pixels")
    Claim holds: parameters of 64 units that see 784 pixels = 50,240 (exactly 50,240)
    """
    given = dict(zip(KINDS, (identity, data, stored, trained or None), strict=True))
    given = {kind: plain(bound) for kind, bound in given.items() if bound is not None}
    if len(given) != 1:
        raise TypeError(f"claim {name!r}: got {len(given)} kinds; expected exactly one of {', '.join(KINDS)}.")
    ((kind, stated),) = given.items()
    if within is not None and kind != "identity":
        raise TypeError(f"claim {name!r}: got within={within!r} with {kind}=; only an identity may be off.")
    got = plain(value)
    if isinstance(stated, str) and isinstance(got, float) and re.fullmatch(r"-?\d+\.\d+", stated):
        stated = Decimal(stated)
    expected = type(stated) if isinstance(stated, str | tuple) else Real
    if not isinstance(got, expected):
        what = f"{type(got).__name__} of shape {got.shape}" if hasattr(got, "shape") else repr(got)
        wanted = "a number" if kind == "trained" else f"{format_value(stated, in_full=True)}"
        raise TypeError(
            f"claim {name!r}: got {what}; expected {wanted}. {_advice(value, None if kind == 'trained' else stated)}"
        )
    low, high, band = _repeated(name) if kind == "trained" else _around(stated, got, within)
    if not (low is None or (got == low if low == high else low <= got <= high)):
        raise ClaimError(f"claim {name!r} does not hold: got {format_value(got, in_full=True)}, stated {band}")
    _show({"name": name, "about": about, "value": got, "kind": kind, "band": band, "low": low, "high": high})


def _around(stated, got, within):
    """Return both ends of the values that pass for the one that is stated, and the band in words."""
    shown = format_value(stated, in_full=True)
    if within is not None:
        return stated - within, stated + within, f"{shown} to within {within:g}"
    if isinstance(stated, float | Decimal) and isinstance(got, float):
        half = 0.5 * 10.0 ** Decimal(str(stated)).as_tuple().exponent * (1 + 1e-6)
        return float(stated) - half, float(stated) + half, f"rounds to {shown}"
    return stated, stated, f"exactly {shown}"


def _repeated(name):
    """Return both ends of the band of a trained claim, and the band in words."""
    table = results.load("repetitions")
    values = [{"True": True, "False": False}.get(str(of), of) for of in table["value"][table["claim"] == name]]
    if not values:
        return None, None, "not repeated yet"
    low, high = prediction_interval([of if isinstance(of, bool) else float(of) for of in values])
    ends = format_value(low) if low == high else f"between {format_value(low, True)} and {format_value(high, True)}"
    return low, high, f"{ends}, from {len(values)} repetitions"


def prediction_interval(values):
    """Return (low, high), in which one more value lies with probability `LEVEL` if all are drawn from one normal law.

    The repetitions of a lesson differ in what machines differ in, the number of threads and the instructions that
    multiply matrices. The ends are rounded outward, to `DIGITS` significant digits, counts to whole numbers, and
    are never the same but for truths.

    >>> prediction_interval([0.968, 0.971, 0.970, 0.969, 0.972])
    (0.955, 0.985)
    """
    center, spread = statistics.fmean(values), statistics.stdev(values)
    if isinstance(values[0], bool) and spread == 0:
        return values[0], values[0]
    whole = all(float(value).is_integer() for value in values)
    unit = 1 if whole else 10.0 ** (math.floor(math.log10(max(map(abs, values)))) + 1 - DIGITS)
    reach = float(stdtrit(len(values) - 1, (1 + LEVEL) / 2)) * spread * math.sqrt(1 + 1 / len(values))
    reach = max(reach, unit)  # repetitions that agree have been lucky: of 1,000 images, one may go the other way
    low, high = math.floor(round((center - reach) / unit, 6)), math.ceil(round((center + reach) / unit, 6))
    return (low, high) if whole else (float(f"{low * unit:.12g}"), float(f"{high * unit:.12g}"))


def _show(stated):
    """Show a claim that holds, in a notebook so that the text can quote its value, as `myst_nb.glue` would do it."""
    words = f"{stated['about']} = {format_value(stated['value'])} ({stated['band']})"
    if not get_ipython():
        print(f"Claim holds: {words}")
        return
    name, about, value, band = (html.escape(str(stated[key])) for key in ("name", "about", "value", "band"))
    value = html.escape(format_value(stated["value"]))
    box = (
        f'<div class="claim" id="claim-{name}"><span class="claim-mark">Claim holds</span> '
        f"{about}: <strong>{value}</strong> <span>({band})</span></div>"
    )
    metadata = {"scrapbook": {"name": stated["name"], "mime_prefix": ""}, "claim": stated}
    display({"text/plain": repr(stated["value"]), "text/html": box}, raw=True, metadata=metadata)


def _advice(value, stated):
    """Return the sentence that says what to claim in place of a value that cannot be compared."""
    if value is None:
        return "Return what was computed: a function without `return` gives None."
    if isinstance(value, dict) and value:
        return f"Claim one of its values, such as `value[{next(reversed(value))!r}]`."
    if isinstance(stated, str | tuple):
        return "Claim `str(value)`." if isinstance(stated, str) else "Claim `tuple(np.atleast_1d(value))`."
    if isinstance(value, str):
        return "Claim the number, without quotation marks."
    return f"Claim `np.{'all' if stated is True else 'mean'}(value)`."


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
