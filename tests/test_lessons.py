"""Each lesson is one sitting, opens with its answer, and makes claims, figures and terms as the book agreed to."""

import ast
import re

import pairs
import pytest
import repeat

from mnist_utils import results
from mnist_utils.claims import KINDS

WORDS, CELLS, OPEN_CLAIMS, REPETITIONS = 2000, 25, 5, 5
ITALIC = re.compile(r"(?<![*\w])\*(?![\s*])([^*\n]+?)(?<!\s)\*(?![*\w])")
EMPHASIS = {"read before", "in short"}


def terms(glossary):
    """Return the terms of the glossary, in lower case."""
    inside = re.search(r"(?s):::\{glossary\}\n(.*?)\n:::", glossary).group(1)
    return {line.strip().lower() for line in inside.split("\n") if line and not line.startswith(" ")}


def is_known(term, known):
    """Return whether a term, or what it is the plural or another form of, is in the glossary."""
    term = re.sub(r"[,.;:]$", "", term.lower())
    singular = {term, term.removesuffix("s"), term.removesuffix("es"), re.sub("ies$", "y", term)}
    return bool(singular & known)


def faults_of_claim(call):
    """Yield what is wrong with one call of `claim`."""
    options = {option.arg: option.value for option in call.keywords}
    kinds = [kind for kind in KINDS if kind in options]
    if len(kinds) != 1:
        yield f"a claim has one kind, this one has {len(kinds)}: give one of {', '.join(f'{kind}=' for kind in KINDS)}"
    for what in (call.args[0], *(options[key] for key in ("about", *kinds) if key in options)):
        try:
            ast.literal_eval(what)
        except ValueError:
            yield f"`{ast.unparse(what)}` is computed: write names, bands and about=... as they are"
    if "about" not in options:
        yield "a claim is listed on a page of its own: say what its value is with about=..."
    if "within" in options and kinds != ["identity"]:
        yield "within= is a band drawn by hand: only an identity may be off, by the rounding of the computer"


def faults(name, glossary, whole):
    """Return what is wrong with a lesson, each with its file and line, and what to do.

    `whole` is the text of all pages, where its figures may be called by number.
    """
    text = (pairs.CHAPTERS / f"{name}.md").read_text(encoding="utf-8")
    found, lines = [], text.split("\n")

    def fault(line, what):
        found.append(f"chapters/{name}.md:{line}: {what}")

    def line_of(part, start=0):
        return text[: text.index(part, start)].count("\n") + 1

    if pairs.words(name) > WORDS:
        fault(1, f"{pairs.words(name)} words; a sitting has at most {WORDS}: cut, or move a section to another lesson")
    cells = [cell for cell in pairs.read_lesson(name).cells if cell.cell_type == "code"]
    if len(cells) > CELLS:
        fault(1, f"{len(cells)} code cells; a sitting has at most {CELLS}: join or cut some")
    if pairs.settings(name)["path"] not in ("core", "further"):
        fault(1, "its head says neither path: core nor path: further under lesson:")
    title = next(number for number, line in enumerate(lines, 1) if line.startswith("# "))
    opening = next((line for line in lines[title:] if line.strip()), "")
    if opening != ":::{admonition} In short":
        fault(title + 1, "the answer comes first: open with :::{admonition} In short")
    open_claims = 0
    for cell in cells:
        try:
            calls = pairs.calls_of_claim(cell.source)
        except SyntaxError as error:
            fault(line_of(cell.source), f"no Python: {error.msg}, {error.text}")
            continue
        open_claims += 0 if "hide-cell" in cell.metadata.get("tags", []) else len(calls)
        for call in calls:
            for what in faults_of_claim(call):
                fault(line_of(cell.source) + call.lineno - 1, what)
        for number in re.findall(r"\b(?:identity|data|stored)=(-?\d+\.\d+)(?!\d|,\s*within)", cell.source):
            if number != repr(float(number)) and number.endswith("0"):
                fault(line_of(f"={number}"), f'{number} would lose its last zero, and its band grow: write "{number}"')
        figure = cell.metadata.get("mystnb", {}).get("figure", {}).get("name")
        if figure and not re.search(rf"\{{(?:numref|ref)\}}`[^`]*{figure}>?`", whole):
            fault(line_of(f"name: {figure}"), f"the figure is never called: use {{numref}}`{figure}`, or leave it out")
    if open_claims > OPEN_CLAIMS:
        fault(1, f"{open_claims} claims stand open, at most {OPEN_CLAIMS} may: give others the tag hide-cell")
    for number, line in pairs.prose(name):
        for term in ITALIC.findall(re.sub(r"`[^`]*`|\$[^$]*\$", "", line)):
            if term.lower() not in EMPHASIS and not is_known(term, glossary):
                fault(number, f"*{term}* is not in the glossary: define it in chapters/notation.md, or use no italics")
    return found


GLOSSARY = terms((pairs.CHAPTERS / "notation.md").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def whole():
    return "\n".join(path.read_text(encoding="utf-8") for path in pairs.CHAPTERS.rglob("*.md"))


@pytest.mark.parametrize("name", pairs.lessons())
def test_a_lesson_keeps_to_what_lessons_agreed_to(name, whole):
    found = faults(name, GLOSSARY, whole)
    assert not found, "\n".join(found)


def test_names_of_claims_are_unique():
    names = [ast.literal_eval(call.args[0]) for name in pairs.lessons() for call in pairs.calls_in_lesson(name)]
    assert sorted(names) == sorted(set(names))


def test_each_trained_claim_was_repeated_often_enough_and_no_other_is_stored():
    repeated = results.load("repetitions")["claim"].value_counts().to_dict()
    for lesson in pairs.lessons():
        for claim in repeat.trained_claims(lesson):
            assert repeated.pop(claim, 0) >= REPETITIONS, (
                f"chapters/{lesson}.md: {claim!r} has no band yet: run `python tools/repeat.py {lesson}`"
            )
    assert not repeated, "repetitions of claims that no lesson makes: run `python tools/repeat.py`"


HEAD = "---\njupytext:\n  text_representation:\n    format_name: myst\nlesson:\n  path: core\n---\n\n# A title\n\n"
SHORT = ":::{admonition} In short\nA *batch* is short.\n:::\n\n"
CELL = "```{{code-cell}} ipython3\n{}\n```\n"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (HEAD + SHORT, None),
        (HEAD + SHORT + "word " * 2001, r":1: 20\d\d words; a sitting has at most 2000"),
        (HEAD + SHORT + CELL.format("1") * 26, r":1: 26 code cells; a sitting has at most 25"),
        (HEAD.replace("core", "long") + SHORT, r":1: its head says neither path"),
        (HEAD + "Text.", r":10: the answer comes first"),
        (HEAD + SHORT + "\nA *wombat*.", r":16: \*wombat\* is not in the glossary"),
        (HEAD + SHORT + CELL.format('claim("a", 1, about="b")'), r":16: a claim has one kind, this one has 0"),
        (HEAD + SHORT + CELL.format('claim("a", 1, data=1, stored=1, about="b")'), r":16: .* this one has 2"),
        (HEAD + SHORT + CELL.format('x = 1\nclaim("a", 1, data=x, about="b")'), r":17: `x` is computed"),
        (HEAD + SHORT + CELL.format('claim(a, 1, data=1, about="b")'), r":16: `a` is computed"),
        (HEAD + SHORT + CELL.format('claim("a", 1, data=1)'), r":16: .* say what its value is with about"),
        (HEAD + SHORT + CELL.format('claim("a", 1.0, stored=1.0, within=9, about="b")'), r":16: within= is a band"),
        (HEAD + SHORT + CELL.format('claim("a", 0.1, data=0.100, about="b")'), r":16: 0\.100 would lose its last zero"),
        (HEAD + SHORT + CELL.format("claim("), r":16: no Python"),
        (HEAD + SHORT + 6 * CELL.format('claim("a", 1, data=1, about="b")'), r":1: 6 claims stand open, at most 5"),
        (
            HEAD + SHORT + CELL.format("---\nmystnb:\n  figure:\n    caption: A\n    name: fig-a\n---\n1"),
            r":20: the figure is never called: use \{numref\}`fig-a`",
        ),
    ],
)
def test_a_faulty_lesson_is_named_with_file_line_and_what_to_do(text, what, tmp_path, monkeypatch):
    monkeypatch.setattr(pairs, "CHAPTERS", tmp_path)
    (tmp_path / "some.md").write_text(text, encoding="utf-8")
    found = faults("some", {"batch"}, text)
    assert [bool(re.match(rf"chapters/some\.md{what}", line)) for line in found] == ([True] if what else []), found


@pytest.mark.parametrize("name", pairs.lessons())
def test_a_quiz_has_a_right_option_and_says_something_of_each(name):
    asked = pairs.questions(name)
    assert 2 <= len(asked) <= 4, f"chapters/{name.split('/')[0]}/quiz.yml: two to four questions on {name}"
    for question in asked:
        options = question["options"]
        assert len({option["text"] for option in options}) == len(options) in (3, 4), question["question"]
        assert [option.get("right", False) for option in options].count(True) == 1, question["question"]
        assert all(len(option["feedback"].split()) >= 4 for option in options), question["question"]
