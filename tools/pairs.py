"""Write the pair of each lesson, chapters/PART/LESSON.md: notebooks/PART/LESSON.ipynb and notebooks/PART/LESSON.py.

Usage: python tools/pairs.py [PART/LESSON ...]      (default: every lesson)
"""

import ast
import copy
import os
import re
import subprocess
import sys
from pathlib import Path

import jupytext
import nbformat
import portable
import yaml
from IPython.core.inputtransformer2 import TransformerManager
from jupyter_cache import get_cache
from nbclient import NotebookClient
from sphinx_external_toc.parsing import parse_toc_yaml

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = ROOT / "chapters"
NOTEBOOKS = ROOT / "notebooks"
SETTINGS = ROOT / "_build" / "settings"
CACHE = ROOT / "_build" / ".jupyter_cache"
OF_THE_USER = ("MATPLOTLIBRC", "MPLBACKEND", "PYTHONSTARTUP")
# What was said to make, such as VENV=...: a make that a test starts in a copy would replace that folder.
OF_MAKE = ("MAKEFLAGS", "MAKEOVERRIDES", "MFLAGS")
REFERENCE_TAG = "nbval-check-output"
LANGUAGE = {"name": "python", "pygments_lexer": "ipython3"}
SAID = ("tags", "mystnb")  # the metadata of cells that chapters use; editors write others when they merely save


def share_cores(processes):
    """Give each of so many processes at a time, and what they start, its share of the cores.

    Threads beyond that wait for one another: two trainings of small networks side by side then take longer, by a
    quarter and more.
    """
    share = max((os.cpu_count() or 1) // processes, 1)
    for setting in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(setting, str(share))


def use_own_settings():
    """Let what is started read no settings of the user, and write nothing into a home that may be read-only.

    A keras.json with channels_first makes other networks; a notice on stderr ends the strict build.
    """
    SETTINGS.mkdir(parents=True, exist_ok=True)
    for folder in ("MPLCONFIGDIR", "KERAS_HOME", "IPYTHONDIR"):
        os.environ[folder] = str(SETTINGS)
    os.environ.update(KERAS_BACKEND="tensorflow", PYTHONUTF8="1", PYTHONIOENCODING="utf-8")
    for name in (*OF_THE_USER, *OF_MAKE):
        os.environ.pop(name, None)
    if not any(SETTINGS.glob("fontlist*")):  # Matplotlib gives notice of it where it takes more than five seconds
        subprocess.run([sys.executable, "-c", "import matplotlib.font_manager"], capture_output=True, check=True)


def pages():
    """Return the pages of the table of contents, such as chapters/intro, in its order."""
    return list(parse_toc_yaml(ROOT / "_toc.yml"))


def is_notebook(path):
    """Return whether a page has cells to execute; say so at once where its jupytext header is missing."""
    text = path.read_text(encoding="utf-8")
    has_header = text.startswith("---\n") and "format_name: myst" in text.split("\n---", 1)[0]
    if "```{code-cell}" in text and not has_header:
        raise ValueError(
            f"chapters/{path.relative_to(CHAPTERS).as_posix()} has code cells but no jupytext header, so that nothing "
            "would execute them; "
            "copy the lines between the first two --- of chapters/data/files.md"
        )
    return has_header


def lessons():
    """Return the names of the pages that are notebooks, such as data/files, in the order of the table of contents."""
    order = [page.removeprefix("chapters/") for page in pages()]
    paths = {path.relative_to(CHAPTERS).with_suffix("").as_posix(): path for path in CHAPTERS.rglob("*.md")}
    notebooks = {name: is_notebook(path) for name, path in paths.items()}
    for name in notebooks:
        if name not in order:
            raise ValueError(f"not in _toc.yml: chapters/{name}.md; add a line for it")
    return sorted((name for name in notebooks if notebooks[name]), key=order.index)


def parts():
    """Return (caption, names of the lessons) of each part of the table of contents that has lessons."""
    known = set(lessons())
    trees = parse_toc_yaml(ROOT / "_toc.yml").root.subtrees
    named = [(tree.caption, [str(page).removeprefix("chapters/") for page in tree.files()]) for tree in trees]
    return [(caption, names) for caption, names in named if known.intersection(names)]


def settings(name):
    """Return what the head of a lesson says of it: its path, core or further, and its question."""
    return {"path": "further", "question": "", **read_lesson(name).metadata.get("lesson", {})}


def prose(name):
    """Return the lines of a lesson that are read, with their numbers: no code, no formulas, no options."""
    lines, fence = [], None
    for number, line in enumerate((CHAPTERS / f"{name}.md").read_text(encoding="utf-8").split("\n"), 1):
        opening = re.match(r"(`{3,}|-{3}$)(?:\{(code-cell|math)\}|\w|$)", line)
        if fence:
            fence = None if line.strip() == fence else fence
        elif opening and not line.startswith("````"):
            fence = opening.group(1)
        elif not re.match(r"[`:]{3}|:[\w-]+:", line):
            lines.append((number, line))
    return lines


def words(name):
    """Return the number of words in the prose of a lesson, exercises and solutions included."""
    bare = (re.sub(r"\{[\w:]+\}`[^`]*`|`[^`]*`|\$[^$]*\$", " ", line) for _, line in prose(name))
    return sum(len(re.findall(r"[A-Za-z]{2,}", line)) for line in bare)


def minutes(name):
    """Return the minutes that it takes to read a lesson: 150 words in one, three code cells in one."""
    cells = sum(cell.cell_type == "code" for cell in read_lesson(name).cells)
    return round(words(name) / 150 + cells / 3)


def generated():
    """Return the notebooks that belong to a lesson; what else lies beside them is the reader's."""
    return [NOTEBOOKS / f"{name}.ipynb" for name in lessons()]


def cell_id(name, number):
    """Return the name of a lesson's cell: the same each time, other than in other lessons, of at most 64 letters."""
    return re.sub("[_/]", "-", f"{name}-{number}")


def questions(name):
    """Return the questions about a lesson from the quiz of its part, each with its options, as the file has them."""
    part, _, lesson = name.rpartition("/")
    path = CHAPTERS / part / "quiz.yml"
    return yaml.safe_load(path.read_text(encoding="utf-8")).get(lesson, []) if path.exists() else []


def quiz(name):
    """Return the quiz of a lesson in the markup of the book: each option is closed, and opened it says what of it."""
    lines = ["## Quiz", "", "Choose an answer in your mind, then open it."]
    for number, asked in enumerate(questions(name), 1):
        lines += ["", f"**{number}.** {asked['question'].strip()}"]
        for option in asked["options"]:
            verdict = "Right." if option.get("right") else "No."
            lines += [
                "",
                f":::{{dropdown}} {option['text'].strip()}",
                f"**{verdict}** {option['feedback'].strip()}",
                ":::",
            ]
    return "\n".join(lines) + "\n" if len(lines) > 3 else ""


def read_lesson(name):
    """Return a lesson as a notebook without outputs, as the book has it."""
    notebook = jupytext.read(CHAPTERS / f"{name}.md", fmt="md:myst")
    if quiz(name):
        notebook.cells.append(nbformat.v4.new_markdown_cell(quiz(name)))
    notebook.metadata["language_info"] = dict(LANGUAGE)
    notebook.metadata.pop("jupytext", None)
    for number, cell in enumerate(notebook.cells, 1):
        cell["id"] = cell_id(name, number)
    return notebook


def as_notebook(name, values=None):
    """Return a lesson as a notebook without outputs that reads well outside of the book; its cells are numbered.

    `values` are those that the text quotes, by name; without them a mark stands in their place, see `differs`.
    """
    notebook = portable.translate(read_lesson(name), name, values)
    for number, cell in enumerate(notebook.cells, 1):
        cell["id"] = cell_id(name, number)
    return notebook


def calls_of_claim(cell):
    """Return the calls of `claim` in the code of a cell, however it is imported."""
    tree = ast.parse(TransformerManager().transform_cell(cell))  # with %timeit and the like
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [call for call in calls if getattr(call.func, "id", getattr(call.func, "attr", None)) == "claim"]


def calls_in_lesson(name):
    """Return the calls of `claim` in a lesson."""
    return [
        call for cell in read_lesson(name).cells if cell.cell_type == "code" for call in calls_of_claim(cell.source)
    ]


def claims_in(notebook):
    """Return the claims that were shown in an executed notebook, as data, in their order."""
    outputs = (output for cell in notebook.cells for output in cell.get("outputs", []))
    return [output.metadata["claim"] for output in outputs if "claim" in output.get("metadata", {})]


def client(notebook, folder):
    """Return what executes a notebook in a folder, with the time for a cell that _config.yml gives."""
    resources = {"metadata": {"path": str(folder)}}
    return NotebookClient(notebook, kernel_name="python3", timeout=600, resources=resources, record_timing=False)


def execute(name):
    """Return a lesson with its outputs, from the cache of `make book` if it is there."""
    executed = read_lesson(name)
    try:
        return get_cache(CACHE).merge_match_into_notebook(executed)[1]
    except KeyError:
        print(f"chapters/{name}.md: executing it", flush=True)
        client(executed, (CHAPTERS / name).parent).execute()
        return executed


def write_pair(name):
    """Write the notebook of a lesson, with the outputs that are the same everywhere, and its script."""
    executed = execute(name)
    values = {claim["name"]: claim["value"] for claim in claims_in(executed)}
    outputs = iter([cell.outputs for cell in executed.cells if cell.cell_type == "code"])
    notebook = as_notebook(name, values)
    for number, cell in enumerate((cell for cell in notebook.cells if cell.cell_type == "code"), 1):
        given = next(outputs)
        if REFERENCE_TAG in cell.metadata.get("tags", []):
            cell.outputs, cell.execution_count = given, number
    path = NOTEBOOKS / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8", newline="\n")
    path.with_suffix(".py").write_text(as_script(notebook), encoding="utf-8", newline="\n")


def as_script(notebook):
    """Return a notebook as a Python script in percent format."""
    bare = copy.deepcopy(notebook)
    for cell in bare.cells:
        cell.metadata = {key: cell.metadata[key] for key in SAID if key in cell.metadata}
    return jupytext.writes(bare, fmt="py:percent")


def cells_of(notebook):
    """Return what the cells of a notebook say: type, source, and the metadata that its lesson has."""
    return [
        (cell.cell_type, cell.source, {key: cell.metadata[key] for key in SAID if key in cell.metadata})
        for cell in notebook.cells
    ]


def main(names):
    """Write the pairs of the lessons named."""
    known = lessons()
    unknown = sorted(set(names) - set(known))
    if unknown:
        sys.exit(f"no lesson {unknown[0]!r}; there are: {', '.join(known)}")
    use_own_settings()
    for name in names or known:
        print(f"chapters/{name}.md: writing notebooks/{name}.ipynb and .py", flush=True)
        write_pair(name)


if __name__ == "__main__":
    main(sys.argv[1:])
