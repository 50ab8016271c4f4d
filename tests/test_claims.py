"""What `claim` accepts, refuses, shows and glues; what `check_answer` says."""

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from myst_nb import glue

from mnist_utils.claims import ClaimError, answer_digest, check_answer, claim


@pytest.mark.parametrize(
    ("value", "band"),
    [
        (55_050, {"exactly": 55_050}),
        (np.int64(55_050), {"exactly": 55_050}),
        (np.float32(0.5), {"exactly": 0.5}),
        (True, {"exactly": True}),
        ((60_000, 28, 28), {"exactly": (60_000, 28, 28)}),
        (0.97, {"between": (0.97, 0.98)}),
        (0.98, {"between": (0.97, 0.98)}),
        (3, {"at_least": 3}),
        (np.array([[3.0]]), {"at_most": 3}),
    ],
)
def test_a_claim_inside_its_band_holds_and_is_printed_in_a_script(value, band, capsys):
    assert claim("some-name", value, **band, about="what it is").name == "some-name"
    assert "Claim holds: what it is = " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("value", "band", "stated"),
    [
        (55_049, {"exactly": 55_050}, "exactly 55,050"),
        (0.9699, {"between": (0.97, 0.98)}, "between 0.97 and 0.98"),
        (0.9801, {"between": (0.97, 0.98)}, "between 0.97 and 0.98"),
        (2, {"at_least": 3}, "at least 3"),
        (4, {"at_most": 3}, "at most 3"),
        (float("nan"), {"exactly": float("nan")}, "exactly nan"),
        (float("nan"), {"at_least": 0}, "at least 0"),
        (float("nan"), {"at_most": 0}, "at most 0"),
        (float("nan"), {"between": (0, 1)}, "between 0 and 1"),
    ],
)
def test_a_claim_outside_its_band_names_claim_value_and_band(value, band, stated):
    with pytest.raises(ClaimError) as caught:
        claim("some-name", value, **band)
    assert "'some-name'" in str(caught.value)
    assert f"stated {stated}" in str(caught.value)


@pytest.mark.parametrize("bands", [{}, {"at_least": 1, "at_most": 2}])
def test_a_claim_needs_exactly_one_band(bands):
    with pytest.raises(TypeError, match=r"'some-name' needs exactly one of exactly, between, at_least, at_most; got"):
        claim("some-name", 1, **bands)


@pytest.mark.parametrize("pair", [0.5, (0.5,), (0.7, 0.3), (0.5, 0.5), [0.3, 0.7]])
def test_between_needs_a_low_and_a_high(pair):
    with pytest.raises(TypeError, match=r"between needs a pair \(low, high\) with low < high"):
        claim("some-name", 0.5, between=pair)


def test_a_value_that_cannot_be_compared_is_refused():
    with pytest.raises(TypeError, match="claim a single number"):
        claim("some-name", "0.97", at_least=0.9)


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


def test_an_answer_is_judged_after_rounding_and_without_the_answer_being_stored():
    digest = answer_digest("pi", 3.14, decimals=2)
    assert check_answer("pi", np.float32(3.1415927), digest, decimals=2).startswith("Right")
    assert check_answer("pi", 3.15, digest, decimals=2).startswith("Not right yet")
    assert check_answer("other-exercise", 3.14, digest, decimals=2).startswith("Not right yet")


def test_an_answer_in_words_ignores_case():
    digest = answer_digest("layer", "flatten")
    assert check_answer("layer", " Flatten", digest).startswith("Right")


@pytest.mark.parametrize("answer", [None, ...])
def test_an_exercise_not_yet_answered_says_so(answer):
    assert check_answer("pi", answer, "00000000").startswith("Not answered yet")


def test_an_answer_of_another_kind_is_told_what_is_asked_for():
    assert check_answer("pi", [3, 14], "00000000") == "This exercise asks for one number or one word; got list."
