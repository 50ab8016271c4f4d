"""What `claim` accepts, refuses, shows and glues; what `check_answer` says."""

import re

import numpy as np
import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from myst_nb import glue

from mnist_utils.claims import ClaimError, answer_digest, check_answer, claim


@pytest.mark.parametrize(
    ("value", "band", "shown"),
    [
        (55_050, {"exactly": 55_050}, "55,050 (exactly 55,050)"),
        (np.int64(55_050), {"exactly": 55_050}, "55,050 (exactly 55,050)"),
        (np.float32(0.5), {"exactly": 0.5}, "0.5 (exactly 0.5)"),
        (True, {"exactly": True}, "True (exactly True)"),
        ("dense", {"exactly": "dense"}, "dense (exactly dense)"),
        ((np.int64(60_000), 28, 28), {"exactly": (60_000, 28, 28)}, "(60000, 28, 28) (exactly (60000, 28, 28))"),
        (0.97, {"between": (0.97, 0.98)}, "0.97 (between 0.97 and 0.98)"),
        (0.98, {"between": (0.97, 0.98)}, "0.98 (between 0.97 and 0.98)"),
        (0.9712345, {"at_least": 0.970312}, "0.9712 (at least 0.970312)"),
        (12345.0, {"at_least": 3}, "12,345 (at least 3)"),
        (12345.678, {"at_least": 3}, "12,346 (at least 3)"),
        (1e-7, {"at_least": np.float64(0)}, "1e-07 (at least 0.0)"),
        (np.array([[3.0]]), {"at_most": 3}, "3.0 (at most 3)"),
    ],
)
def test_a_claim_inside_its_band_holds_and_is_printed_in_a_script(value, band, shown, capsys):
    assert claim("some-name", value, **band, about="what it is").name == "some-name"
    assert capsys.readouterr().out == f"Claim holds: what it is = {shown}\n"


@pytest.mark.parametrize(
    ("value", "band", "stated"),
    [
        (55_049, {"exactly": 55_050}, "got 55,049, stated exactly 55,050"),
        ("conv", {"exactly": "dense"}, "got conv, stated exactly dense"),
        ((np.int64(60_000), 27), {"exactly": (60_000, 28)}, "got (60000, 27), stated exactly (60000, 28)"),
        (0.9699, {"between": (0.97, 0.98)}, "got 0.9699, stated between 0.97 and 0.98"),
        (0.980004, {"at_most": 0.98}, "got 0.980004, stated at most 0.98"),
        (12344.9, {"at_least": 12345.0}, "got 12,344.9, stated at least 12,345.0"),
        (2, {"at_least": 3}, "got 2, stated at least 3"),
        (float("nan"), {"exactly": float("nan")}, "got nan, stated exactly nan"),
        (float("nan"), {"at_least": 0}, "got nan, stated at least 0"),
        (float("nan"), {"at_most": 0}, "got nan, stated at most 0"),
        (float("nan"), {"between": (0, 1)}, "got nan, stated between 0 and 1"),
    ],
)
def test_a_claim_outside_its_band_shows_enough_digits_to_see_why(value, band, stated):
    with pytest.raises(ClaimError) as caught:
        claim("some-name", value, **band)
    assert str(caught.value) == f"claim 'some-name' does not hold: {stated}"


ACCURACIES = np.array([0.96, 0.97, 0.98])


@pytest.mark.parametrize(
    ("value", "band", "right"),
    [
        (ACCURACIES, {"between": (0.9, 1)}, 0.97),
        (ACCURACIES, {"at_least": 0.9}, 0.96),
        (ACCURACIES, {"at_most": 1}, 0.98),
        (ACCURACIES > 0.9, {"exactly": True}, True),
        (ACCURACIES.tolist(), {"between": (0.9, 1)}, 0.97),
        (pd.Series(ACCURACIES), {"at_least": 0.9}, 0.96),
        (pd.DataFrame({"a": ACCURACIES, "b": ACCURACIES}), {"at_most": 1}, 0.98),
        ({"loss": 0.1, "accuracy": 0.97}, {"at_least": 0.9}, 0.97),
        ([60_000, 28], {"exactly": (60_000, 28)}, (60_000, 28)),
        (np.array([60_000, 28]), {"exactly": (60_000, 28)}, (60_000, 28)),
        (60_000, {"exactly": (60_000,)}, (60_000,)),
        (3, {"exactly": "3"}, "3"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_the_expression_that_can(value, band, right):
    with pytest.raises(TypeError, match=r"^claim 'some-name': got .*; expected a value for '.*'\. Claim ") as caught:
        claim("some-name", value, **band)
    advised = eval(re.search("`(.*)`", str(caught.value)).group(1), {"np": np, "value": value})
    assert claim("some-name", advised, **band).value == pytest.approx(right)


def test_a_tensor_is_refused_with_the_expression_that_can_be_compared():
    tf = pytest.importorskip("tensorflow")
    value = tf.constant(ACCURACIES)
    with pytest.raises(TypeError, match=r"got ndarray of shape \(3,\); .* Claim `np\.mean\(value\)`\.$"):
        claim("some-name", value, between=(0.9, 1))
    assert claim("some-name", np.mean(value), between=(0.9, 1)).value == pytest.approx(0.97)


@pytest.mark.parametrize(
    ("value", "advice"),
    [
        (None, "got None; .* Return what was computed: a function without `return` gives None"),
        ("0.97", "got '0.97'; .* Claim the number, without quotation marks"),
    ],
)
def test_what_no_expression_mends_is_refused_with_the_reason(value, advice):
    with pytest.raises(TypeError, match=advice):
        claim("some-name", value, at_least=0.9)


@pytest.mark.parametrize(("bands", "got"), [({}, "0 bands"), ({"at_least": 1, "at_most": 2}, "2 bands")])
def test_a_claim_needs_exactly_one_band(bands, got):
    with pytest.raises(TypeError, match=f"'some-name': got {got}; expected exactly one of exactly, at_least, at_most"):
        claim("some-name", 1, **bands)


@pytest.mark.parametrize("pair", [0.5, (0.5,), (0.5, 0.5)])
def test_between_needs_a_low_and_a_high(pair):
    with pytest.raises(TypeError, match=r"got between=.*; expected a pair \(low, high\) with low < high\.$"):
        claim("some-name", 0.5, between=pair)


@pytest.mark.parametrize("between", [(0.7, 0.3), [0.3, 0.7]])
def test_a_pair_of_other_order_or_type_is_refused_with_the_right_one(between):
    with pytest.raises(TypeError, match=r"expected a pair .*Pass `tuple\(sorted\(between\)\)`\."):
        claim("some-name", 0.5, between=between)
    assert claim("some-name", 0.5, between=tuple(sorted(between))).band == "between 0.3 and 0.7"


def test_in_a_notebook_a_claim_is_glued_as_a_plain_number_and_rendered_with_its_anchor():
    InteractiveShell.instance()
    try:
        with capture_output() as captured:
            shown = claim("some-name", np.float64(0.97), at_least=0.9, about="a < b")
            glue("some-name", 0.97, display=False)
    finally:
        InteractiveShell.clear_instance()
    glued, by_library = captured.outputs
    assert glued.data == by_library.data == {"application/papermill.record/text/plain": "0.97"}
    assert glued.metadata == by_library.metadata
    assert glued.metadata["scrapbook"]["name"] == "some-name"
    assert 'id="claim-some-name"' in shown._repr_html_()
    assert "a &lt; b: <strong>0.97</strong> <span>(at least 0.9)</span>" in shown._repr_html_()


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
