"""What `claim` accepts, refuses, shows and glues; what `check_answer` says."""

import re

import numpy as np
import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from myst_nb.core.variables import format_plain_text
from scipy import stats

from mnist_utils import claims
from mnist_utils.claims import ClaimError, answer_digest, check_answer, claim, prediction_interval

VALUES = [0.968, 0.971, 0.97, 0.969, 0.972]
REPEATED = pd.DataFrame({"claim": ["repeated"] * 5 + ["always"] * 5, "value": VALUES + ["True"] * 5})


@pytest.fixture(autouse=True)
def _repetitions(monkeypatch):
    monkeypatch.setattr(claims.results, "load", {"repetitions": REPEATED}.__getitem__)


@pytest.mark.parametrize(
    ("value", "kind", "shown"),
    [
        (55_050, {"identity": 55_050}, "55,050 (exactly 55,050)"),
        (np.int64(55_050), {"data": 55_050}, "55,050 (exactly 55,050)"),
        (np.float32(0.5), {"stored": 0.5}, "0.5 (rounds to 0.5)"),
        (0.97125, {"stored": 0.9712}, "0.9712 (rounds to 0.9712)"),
        (0.97115, {"stored": 0.9712}, "0.9711 (rounds to 0.9712)"),
        (0.10049, {"stored": "0.100"}, "0.1005 (rounds to 0.100)"),
        (12345.678, {"data": 12345.7}, "12,346 (rounds to 12,345.7)"),
        (3, {"data": 3.0}, "3 (exactly 3.0)"),
        (1.5e-7, {"data": 1e-7}, "1.5e-07 (rounds to 1e-07)"),
        (-1e-7, {"identity": 0, "within": 1e-6}, "-1e-07 (0 to within 1e-06)"),
        (np.array([[3.0]]), {"data": 3}, "3.0 (exactly 3)"),
        (True, {"stored": True}, "True (exactly True)"),
        ("dense", {"stored": "dense"}, "dense (exactly dense)"),
        ((np.int64(60_000), 28, 28), {"data": (60_000, 28, 28)}, "(60000, 28, 28) (exactly (60000, 28, 28))"),
        (0.96, {"trained": True}, "0.96 (between 0.955 and 0.985, from 5 repetitions)"),
    ],
)
def test_a_claim_that_holds_is_printed_in_a_script(value, kind, shown, capsys):
    claim("repeated", value, **kind, about="what it is")
    assert capsys.readouterr().out == f"Claim holds: what it is = {shown}\n"


def test_what_was_not_repeated_yet_holds_and_says_so(capsys):
    claim("new", 0.5, trained=True, about="what it is")
    assert capsys.readouterr().out == "Claim holds: what it is = 0.5 (not repeated yet)\n"


@pytest.mark.parametrize(
    ("value", "kind", "stated"),
    [
        (55_049, {"data": 55_050}, "got 55,049, stated exactly 55,050"),
        (False, {"stored": True}, "got False, stated exactly True"),
        ("conv", {"stored": "dense"}, "got conv, stated exactly dense"),
        ((np.int64(60_000), 27), {"data": (60_000, 28)}, "got (60000, 27), stated exactly (60000, 28)"),
        (0.971251, {"stored": 0.9712}, "got 0.971251, stated rounds to 0.9712"),
        (0.971149, {"stored": 0.9712}, "got 0.971149, stated rounds to 0.9712"),
        (2e-6, {"identity": 0, "within": 1e-6}, "got 2e-06, stated 0 to within 1e-06"),
        (0.954, {"trained": True}, "got 0.954, stated between 0.955 and 0.985, from 5 repetitions"),
        (0.10051, {"stored": "0.100"}, "got 0.10051, stated rounds to 0.100"),
        (float("nan"), {"stored": 0.5}, "got nan, stated rounds to 0.5"),
        (float("nan"), {"identity": 0, "within": 1}, "got nan, stated 0 to within 1"),
        (float("nan"), {"trained": True}, "got nan, stated between 0.955 and 0.985, from 5 repetitions"),
    ],
)
def test_a_claim_that_does_not_hold_shows_enough_digits_to_see_why(value, kind, stated):
    with pytest.raises(ClaimError) as caught:
        claim("repeated", value, **kind, about="what it is")
    assert str(caught.value) == f"claim 'repeated' does not hold: {stated}"


def test_a_truth_that_was_always_repeated_must_hold_again():
    claim("always", True, trained=True, about="what it is")
    with pytest.raises(ClaimError, match="got False, stated True, from 5 repetitions"):
        claim("always", False, trained=True, about="what it is")


def test_the_band_of_repetitions_is_the_prediction_interval_of_one_more():
    """The mean of the differences of one more value from the mean of n has the variance s^2 (1 + 1 / n)."""
    values = np.random.default_rng(0).normal(0.97, 0.002, (20_000, 9))
    low, high = np.array([prediction_interval(list(row)) for row in values[:, :8]]).T
    outside = np.mean((values[:, 8] < low) | (values[:, 8] > high))
    assert 0.0003 < outside < 0.0017  # one in a thousand, of 20,000
    low, high = prediction_interval(list(values[0, :8]))
    by_scipy = stats.t.interval(0.999, 7, values[0, :8].mean(), values[0, :8].std(ddof=1) * np.sqrt(9 / 8))
    assert (low, high) == pytest.approx(by_scipy, abs=1e-3)
    assert low <= by_scipy[0] and high >= by_scipy[1]


@pytest.mark.parametrize(
    ("values", "band"),
    [
        ([3, 3, 3, 3], (2, 4)),
        ([0.1234] * 5, (0.122, 0.125)),  # however well they agree, by one unit of the last digit
        ([0.5] * 5, (0.499, 0.501)),
        ([True] * 4, (True, True)),
        ([12, 13, 12, 12], (5, 20)),
    ],
)
def test_the_ends_of_a_band_are_rounded_outward_and_meet_for_truths_only(values, band):
    assert prediction_interval(values) == pytest.approx(band, abs=1e-12)


ACCURACIES = np.array([0.96, 0.97, 0.98])


@pytest.mark.parametrize(
    ("value", "kind", "right"),
    [
        (ACCURACIES, {"stored": 0.97}, 0.97),
        (ACCURACIES, {"trained": True}, 0.97),
        (ACCURACIES > 0.9, {"stored": True}, True),
        (ACCURACIES.tolist(), {"stored": 0.97}, 0.97),
        (pd.Series(ACCURACIES), {"stored": 0.97}, 0.97),
        (pd.DataFrame({"a": ACCURACIES, "b": ACCURACIES}), {"stored": 0.97}, 0.97),
        ({"loss": 0.1, "accuracy": 0.97}, {"stored": 0.97}, 0.97),
        ([60_000, 28], {"data": (60_000, 28)}, (60_000, 28)),
        (np.array([60_000, 28]), {"data": (60_000, 28)}, (60_000, 28)),
        (60_000, {"data": (60_000,)}, (60_000,)),
        (3, {"stored": "3"}, "3"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_the_expression_that_can(value, kind, right, capsys):
    with pytest.raises(TypeError, match=r"^claim 'repeated': got .*; expected .*\. Claim ") as caught:
        claim("repeated", value, **kind, about="it")
    advised = eval(re.search("`(.*)`", str(caught.value)).group(1), {"np": np, "value": value})
    claim("repeated", advised, **kind, about="it")
    assert capsys.readouterr().out.startswith(f"Claim holds: it = {right} (")


def test_a_tensor_is_refused_with_the_expression_that_can_be_compared():
    tf = pytest.importorskip("tensorflow")
    value = tf.constant(ACCURACIES)
    with pytest.raises(TypeError, match=r"got ndarray of shape \(3,\); .* Claim `np\.mean\(value\)`\.$"):
        claim("some-name", value, stored=0.97, about="it")
    claim("some-name", np.mean(value), stored=0.97, about="it")


@pytest.mark.parametrize(
    ("value", "advice"),
    [
        (None, "got None; .* Return what was computed: a function without `return` gives None"),
        ("0.97", "got '0.97'; .* Claim the number, without quotation marks"),
    ],
)
def test_what_no_expression_mends_is_refused_with_the_reason(value, advice):
    with pytest.raises(TypeError, match=advice):
        claim("some-name", value, stored=0.97, about="it")


@pytest.mark.parametrize(
    ("kinds", "got"), [({}, "0 kinds"), ({"data": 1, "stored": 1}, "2 kinds"), ({"trained": False}, "0 kinds")]
)
def test_a_claim_is_of_exactly_one_kind(kinds, got):
    with pytest.raises(
        TypeError, match=f"'some-name': got {got}; expected exactly one of identity, data, stored, trained"
    ):
        claim("some-name", 1, **kinds, about="it")


def test_only_an_identity_may_be_off():
    with pytest.raises(TypeError, match=r"got within=0\.1 with stored=; only an identity may be off"):
        claim("some-name", 1, stored=1, within=0.1, about="it")


def test_in_a_notebook_a_claim_is_shown_with_its_anchor_glued_as_a_number_and_given_as_data():
    InteractiveShell.instance()
    try:
        with capture_output() as captured:
            claim("some-name", np.float64(0.97), stored=0.97, about="a < b")
    finally:
        InteractiveShell.clear_instance()
    (shown,) = captured.outputs
    assert shown.metadata["scrapbook"] == {"name": "some-name", "mime_prefix": ""}
    assert format_plain_text(shown.data["text/plain"], ".1%") == "97.0%"
    assert 'id="claim-some-name"' in shown.data["text/html"]
    assert "a &lt; b: <strong>0.97</strong> <span>(rounds to 0.97)</span>" in shown.data["text/html"]
    assert shown.metadata["claim"] == {
        "name": "some-name",
        "about": "a < b",
        "value": 0.97,
        "kind": "stored",
        "band": "rounds to 0.97",
        "low": pytest.approx(0.965),
        "high": pytest.approx(0.975),
    }


PARAMETERS, SHARE, LAYER = 545_810, 0.97, "flatten"


@pytest.mark.parametrize(
    ("right", "decimals", "answer"),
    [
        (PARAMETERS, 0, 545_810),
        (PARAMETERS, 0, 545_810.0),
        (PARAMETERS, 0, 545_810.0000000001),
        (PARAMETERS, 0, np.array([545_810])),
        (PARAMETERS, 0, "545810"),
        (PARAMETERS, 0, "545,810"),
        (PARAMETERS, 0, " 545 810"),
        (PARAMETERS, 0, "545\N{NARROW NO-BREAK SPACE}810"),
        (PARAMETERS, 0, "545_810"),
        (SHARE, 2, np.float32(0.9712)),
        (SHARE, 2, "0.97"),
        (SHARE, 2, "0,97"),
        (3.14, 2, 3.14159),
        (0, 0, -0.0),
        (1234.5, 1, "1,234.5"),
        (LAYER, 0, " Flatten"),
        (True, 0, "True"),
        (True, 0, np.True_),
    ],
)
def test_an_answer_of_the_right_value_is_right_however_it_is_written(right, decimals, answer):
    assert check_answer("some", answer, answer_digest("some", right, decimals), decimals).startswith("Right: ")


LOOK = "Look again, then run the cell once more."


@pytest.mark.parametrize(
    ("right", "decimals", "answer", "advice"),
    [
        (42, 0, 54, LOOK),
        (42, 0, 41.6, "It asks for a whole number, or for a word."),
        (42, 0, "41.6", "It asks for a whole number, or for a word."),
        (42, 0, "41,6", "It asks for a whole number, or for a word."),
        (42, 0, "4,2", "It asks for a whole number, or for a word."),
        (42, 0, 10**400, "It asks for a whole number, or for a word."),
        pytest.param(42, 0, 10**5000, "It asks for a whole number, or for a word.", id="too-long-to-print"),
        (42, 0, float("nan"), "It asks for a whole number, or for a word."),
        (42, 0, LAYER, LOOK),
        (42, 0, True, LOOK),
        (3.14, 2, 3.15, LOOK),
        (3.14, 2, float("inf"), LOOK),
        (3.14, 2, 10**400, LOOK),
        (3.14, 2, "three", "It asks for a number."),
        (LAYER, 0, 42, LOOK),
    ],
)
def test_a_wrong_answer_is_told_what_is_asked_for(right, decimals, answer, advice):
    said = check_answer("some", answer, answer_digest("some", right, decimals), decimals)
    assert said.startswith("Not right yet: ")
    assert said.endswith(f" is not the answer. {advice}")


def test_the_answer_to_another_exercise_is_wrong():
    assert check_answer("other", 42, answer_digest("some", 42)).startswith("Not right yet")


@pytest.mark.parametrize(("label", "answer", "digest"), [("hinton-parameters", 545_810, "b7bf84d9")])
def test_digests_that_the_chapters_store_stay_valid(label, answer, digest):
    assert answer_digest(label, answer) == digest


@pytest.mark.parametrize("answer", [None, ...])
def test_an_exercise_not_yet_answered_says_so(answer):
    assert check_answer("some", answer, "00000000").startswith("Not answered yet")


def test_an_answer_of_another_kind_is_told_what_is_asked_for():
    assert check_answer("some", [3, 14], "00000000") == "This exercise asks for one number or one word; got list."
