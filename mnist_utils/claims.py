"""Results that a chapter states, checked on the spot, and answers to exercises, checked without giving them away."""

import hashlib
import html
import numbers
from dataclasses import dataclass

from IPython import get_ipython
from IPython.display import display

GLUED = "application/papermill.record/"  # before the type of what myst_nb glues


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
        about, value, band = (
            html.escape(text) for text in (self.about or self.name, format_value(self.value), self.band)
        )
        return (
            f'<div class="claim" id="claim-{html.escape(self.name)}"><span class="claim-mark">Claim holds</span> '
            f"{about}: <strong>{value}</strong> <span>({band})</span></div>"
        )


def claim(name, value, *, exactly=None, between=None, at_least=None, at_most=None, about=""):
    """State a result, and fail unless it holds.

    The value is also glued under the claim's name, so that prose can show it: ``{glue:text}`NAME:.2%` ``.
    In a plain script there is nobody to glue for: the claim is printed instead.

    Parameters
    ----------
    name : str
        Lower-case words joined by hyphens, unique in the book.
    value : number, bool, str or tuple
        What was measured or computed; NumPy scalars and TensorFlow tensors of one element are converted.
    exactly, between, at_least, at_most
        The band, exactly one of them: the value itself, a pair (low, high) with both ends inside, or one bound.
    about : str, optional
        What the value is, in a few words, for the reader and for the page that lists all claims.

    Returns
    -------
    Claim
        Rendered as one line by a notebook or the book.

    Raises
    ------
    ClaimError
        If the value lies outside its band. Not-a-number lies outside every band.
    TypeError
        If not exactly one band is given, or the value and the band cannot be compared.

    Examples
    --------
    >>> from mnist_utils.claims import claim
    >>> holds = claim("dense-parameters", 784 * 64 + 64, exactly=50_240)
    Claim holds: dense-parameters = 50,240 (exactly 50,240)
    >>> claim("training-accuracy", 0.42, between=(0.968, 0.978))
    Traceback (most recent call last):
    ...
    mnist_utils.claims.ClaimError: claim 'training-accuracy' does not hold: got 0.42, stated between 0.968 and 0.978
    """
    bands = {"exactly": exactly, "between": between, "at_least": at_least, "at_most": at_most}
    given = {kind: bound for kind, bound in bands.items() if bound is not None}
    if len(given) != 1:
        raise TypeError(f"claim {name!r} needs exactly one of {', '.join(bands)}; got {', '.join(given) or 'none'}")
    kind, bound = given.popitem()
    value = plain(value)
    band = describe_band(name, kind, bound)
    try:
        holds = {
            "exactly": lambda: value == bound,
            "between": lambda: bound[0] <= value <= bound[1],
            "at_least": lambda: value >= bound,
            "at_most": lambda: value <= bound,
        }[kind]()
    except TypeError as error:
        raise TypeError(f"claim {name!r}: cannot compare {value!r} with {band}; claim a single number") from error
    if not holds:
        raise ClaimError(f"claim {name!r} does not hold: got {format_value(value)}, stated {band}")
    stated = Claim(name, value, band, about)
    if get_ipython() is None:
        print(stated)
    else:
        _glue(name, value)
    return stated


def _glue(name, value):
    """Do what `myst_nb.glue` does without display; importing that brings Sphinx, for seconds in each notebook."""
    data, metadata = get_ipython().display_formatter.format(value)
    metadata["scrapbook"] = {"name": name, "mime_prefix": GLUED}
    display({f"{GLUED}{kind}": content for kind, content in data.items()}, raw=True, metadata=metadata)


def describe_band(name, kind, bound):
    """Return a band in words, such as 'between 0.968 and 0.978'; also how the page of claims writes it."""
    if kind != "between":
        return f"{kind.replace('_', ' ')} {format_value(plain(bound))}"
    if not (isinstance(bound, tuple) and len(bound) == 2 and bound[0] < bound[1]):
        raise TypeError(f"claim {name!r}: between needs a pair (low, high) with low < high; got {bound!r}")
    return f"between {format_value(bound[0])} and {format_value(bound[1])}"


def plain(value):
    """Return the Python number in a NumPy scalar or a tensor of one element; anything else as it is."""
    if hasattr(value, "numpy"):
        value = value.numpy()
    return value.item() if hasattr(value, "item") and getattr(value, "size", 1) == 1 else value


def format_value(value):
    """Return a value as the reader sees it: thousands separated, long fractions cut to four significant digits.

    >>> format_value(55050), format_value(188.16), format_value(0.970312), format_value((60000, 28, 28))
    ('55,050', '188.16', '0.9703', '(60000, 28, 28)')
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return str(value)
    return f"{value:,}" if len(str(value)) <= 6 or isinstance(value, numbers.Integral) else f"{value:,.4g}"


def answer_digest(exercise, answer, decimals=0):
    """Return eight hexadecimal digits that stand for the answer to an exercise, to write into its `check_answer`."""
    answer = plain(answer)
    if isinstance(answer, numbers.Real) and not isinstance(answer, bool):
        answer = round(float(answer), decimals) + 0.0  # + 0.0 turns -0.0 into 0.0
    canonical = f"{exercise}: {str(answer).strip().lower()}"
    return hashlib.pbkdf2_hmac("sha256", canonical.encode(), b"mnist_utils", 50_000).hex()[:8]


def check_answer(exercise, answer, digest, decimals=0):
    """Tell whether an answer to an exercise is right, without knowing the answer: only its digest is stored.

    Parameters
    ----------
    exercise : str
        The exercise's label.
    answer : number, bool or str, or None while there is none
        Numbers are rounded to `decimals` before they are compared; upper and lower case are the same.
    digest : str
        What `answer_digest` returned for the right answer.
    decimals : int
        To how many decimals the exercise asks for its answer.

    Returns
    -------
    str
        A sentence for the reader.

    Examples
    --------
    >>> from mnist_utils.claims import answer_digest, check_answer
    >>> digest = answer_digest("six-times-seven", 42)
    >>> check_answer("six-times-seven", None, digest)
    'Not answered yet: put your answer in place of None and run the cell again.'
    >>> check_answer("six-times-seven", 54, digest)
    'Not right yet: 54 is not the answer. Look again, then run the cell once more.'
    >>> check_answer("six-times-seven", 42.0, digest)
    'Right: 42.0 is the answer.'
    """
    if answer is None or answer is Ellipsis:
        return "Not answered yet: put your answer in place of None and run the cell again."
    answer = plain(answer)
    if not isinstance(answer, numbers.Real | str):
        return f"This exercise asks for one number or one word; got {type(answer).__name__}."
    if answer_digest(exercise, answer, decimals) == digest:
        return f"Right: {answer} is the answer."
    return f"Not right yet: {answer} is not the answer. Look again, then run the cell once more."
