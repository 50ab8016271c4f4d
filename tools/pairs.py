"""Write what is generated from chapters/*.md: notebooks/NAME.py, notebooks/NAME.ipynb, and the page of claims.

Usage: python tools/pairs.py [NAME ...]      (default: every chapter)
"""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import jupytext
import nbformat
from IPython.core.inputtransformer2 import TransformerManager
from nbclient import NotebookClient
from sphinx_external_toc.parsing import parse_toc_yaml

from mnist_utils.claims import describe_band

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = ROOT / "chapters"
NOTEBOOKS = ROOT / "notebooks"
CLAIMS_PAGE = CHAPTERS / "claims.md"
SETTINGS = ROOT / "_build" / "settings"
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
            f"chapters/{path.name} has code cells but no jupytext header, so that nothing would execute them; "
            "copy the lines between the first two --- of chapters/preprocessing.md"
        )
    return has_header


def chapter_names():
    """Return the names of the chapters that are notebooks, in the order of the table of contents."""
    order = [page.removeprefix("chapters/") for page in pages()]
    names = [path.stem for path in CHAPTERS.glob("*.md") if is_notebook(path)]
    for name in names:
        if name not in order:
            raise ValueError(f"not in _toc.yml: chapters/{name}.md; add a line for it")
    return sorted(names, key=order.index)


def generated():
    """Return the notebooks that belong to a chapter; what else lies beside them is the reader's."""
    return [NOTEBOOKS / f"{name}.ipynb" for name in chapter_names()]


def cell_id(name, number):
    """Return the name of a chapter's cell: the same each time, other than in other chapters."""
    return f"{name}-{number}".replace("_", "-")


def read_chapter(name):
    """Return a chapter as a notebook without outputs; its cells are numbered, so that their ids are stable."""
    notebook = jupytext.read(CHAPTERS / f"{name}.md", fmt="md:myst")
    for number, cell in enumerate(notebook.cells, 1):
        cell["id"] = cell_id(name, number)
    notebook.metadata["language_info"] = dict(LANGUAGE)
    notebook.metadata.pop("jupytext", None)
    return notebook


def chapter_title(name):
    """Return a chapter's title, its first heading."""
    return re.search(r"^# (.+)$", (CHAPTERS / f"{name}.md").read_text(encoding="utf-8"), re.MULTILINE).group(1)


def as_script(name):
    """Return a chapter as a Python script in percent format."""
    return jupytext.writes(read_chapter(name), fmt="py:percent")


def cells_of(notebook):
    """Return what the cells of a notebook say: type, source, and the metadata that its chapter has."""
    return [
        (cell.cell_type, cell.source, {key: cell.metadata[key] for key in SAID if key in cell.metadata})
        for cell in notebook.cells
    ]


def client(notebook, folder):
    """Return what executes a notebook in a folder, with the time for a cell that _config.yml gives."""
    resources = {"metadata": {"path": str(folder)}}
    return NotebookClient(notebook, kernel_name="python3", timeout=600, resources=resources, record_timing=False)


def as_executed_notebook(name):
    """Return a chapter as notebook text, with the outputs of the cells that are the same on every machine."""
    notebook = read_chapter(name)
    client(notebook, NOTEBOOKS).execute()
    for cell in notebook.cells:
        if cell.cell_type == "code" and REFERENCE_TAG not in cell.metadata.get("tags", []):
            cell.outputs, cell.execution_count = [], None
    notebook.metadata["language_info"] = dict(LANGUAGE)
    return nbformat.writes(notebook) + "\n"


def claims_of(name):
    """Yield (claim, what it is about, its band, its formatting in the table) for each call of `claim` in a chapter."""
    for number, cell in enumerate(read_chapter(name).cells, 1):
        if cell.cell_type != "code":
            continue
        try:
            tree = ast.parse(TransformerManager().transform_cell(cell.source))  # with %timeit and the like
        except SyntaxError as error:
            raise ValueError(f"chapters/{name}.md, cell {number}: {error}, in\n{cell.source}") from error
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and getattr(call.func, "id", getattr(call.func, "attr", None)) == "claim":
                yield read_claim(name, call)


def read_claim(chapter, call):
    """Return (claim, what it is about, its band, its formatting) of one call, which must be written with literals."""
    try:
        claim = ast.literal_eval(call.args[0])
        options = {option.arg: ast.literal_eval(option.value) for option in call.keywords}
        about = options.pop("about")
        ((kind, bound),) = options.items()
    except (ValueError, KeyError, IndexError) as error:
        raise ValueError(
            f"chapters/{chapter}.md: `{ast.unparse(call)}` cannot be listed on the page of claims; "
            "write its name, its band and about=... as literals"
        ) from error
    return claim, about, describe_band(claim, kind, bound), value_format(kind, bound)


def value_format(kind, bound):
    """Return how the table shows a value of this band, as a format of the glue role."""
    if kind == "exactly":
        return ":,d" if type(bound) is int else ":s"
    return ":,.0f" if max(map(abs, bound if kind == "between" else (bound,))) >= 1000 else ":.4g"


def claims_page():
    """Return the appendix page that lists every claim of the book."""
    lines = [
        "<!-- Written by `make notebooks` from the calls of claim(...) in the chapters: edit those. -->",
        "",
        "(claims)=",
        "# Claims",
        "",
        "A *claim* is a result that a chapter states and at once checks: if a value leaves its band, the notebook",
        "stops, the book is not built, and the tests fail. This page lists every claim of the book. The values are",
        "those of the run that rendered the page in front of you; the name of a claim leads to the place where it is",
        "made.",
        "",
        "A band is no prediction. For a trained result it was set after first runs had shown where the value lies,",
        "wide enough for another machine. A claim that holds says that the result came out again, not that it was",
        "foreseen.",
    ]
    for name in chapter_names():
        rows = []
        for claim, *words, shown in claims_of(name):
            about, band = (text.replace("|", r"\|") for text in words)
            link = f'<a href="{name}.html#claim-{claim}"><code>{claim}</code></a>'
            rows.append(f"| {link} | {about} | {band} | {{glue:text}}`{name}.md::{claim}{shown}` |")
        if rows:
            lines += ["", f"## {chapter_title(name)}", "", "| claim | what it states | band | value in this build |"]
            lines += ["| :--- | :--- | :--- | ---: |", *rows]
    return "\n".join(lines) + "\n"


def main(names):
    """Write the pairs of the chapters named, and the page of claims."""
    unknown = sorted(set(names) - set(chapter_names()))
    if unknown:
        sys.exit(f"no chapter {unknown[0]!r}; there are: {', '.join(chapter_names())}")
    use_own_settings()
    CLAIMS_PAGE.write_text(claims_page(), encoding="utf-8", newline="\n")
    for name in names or chapter_names():
        print(f"chapters/{name}.md: writing notebooks/{name}.py, executing notebooks/{name}.ipynb", flush=True)
        (NOTEBOOKS / f"{name}.py").write_text(as_script(name), encoding="utf-8", newline="\n")
        (NOTEBOOKS / f"{name}.ipynb").write_text(as_executed_notebook(name), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
