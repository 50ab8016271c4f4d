"""chapters/PART/LESSON.md is the one source: its pair is in step with it, and the project agrees with itself."""

import os
import re
import shutil
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

import execute
import nbformat
import pairs
import portable
import pytest
from jupyter_cache import get_cache
from myst_nb.core.read import myst_nb_reader_plugin

ROOT = pairs.ROOT
NAMES = pairs.lessons()


def test_the_table_of_contents_is_read_without_what_is_commented_out(tmp_path, monkeypatch):
    monkeypatch.setattr(pairs, "ROOT", tmp_path)
    toc = "format: jb-book\nroot: chapters/intro\nchapters:\n  - file: chapters/b\n  # - file: chapters/a\n"
    (tmp_path / "_toc.yml").write_text(toc, encoding="utf-8")
    assert pairs.pages() == ["chapters/intro", "chapters/b"]


def agrees(expected, got):
    """Return whether a text is the one expected, in which any value may stand where it quotes one."""
    pattern = re.escape(expected).replace(portable.MARK, r"[^\n]{1,60}?")
    return re.fullmatch(pattern, got) is not None


def advice(name):
    """What to do where a generated file says something else than its lesson."""
    return (
        f"notebooks/{name} differs from chapters/{name}.md. If you meant to change the text, edit the chapter and run "
        f"`make notebooks LESSON={name}`; if you only worked in the notebook, `git checkout notebooks/{name}.*` "
        "brings it back (to keep your work, save it under another name first)"
    )


@pytest.mark.parametrize("name", NAMES)
def test_the_pair_of_a_lesson_is_in_step(name):
    path, expected = pairs.NOTEBOOKS / f"{name}.ipynb", pairs.as_notebook(name)
    assert path.exists(), f"notebooks/{name}.ipynb is missing: run `make notebooks`"
    notebook = nbformat.read(path, as_version=4)
    wanted, got = pairs.cells_of(expected), pairs.cells_of(notebook)
    assert len(wanted) == len(got), advice(name)
    for (*kind, source, said), (*other_kind, other_source, other_said) in zip(wanted, got, strict=True):
        assert (kind, said) == (other_kind, other_said) and agrees(source, other_source), advice(name)
    for cell in notebook.cells:
        if pairs.REFERENCE_TAG in cell.metadata.get("tags", []):
            assert cell.outputs and cell.execution_count, f"cell {cell.id} has no reference output. {advice(name)}"
    wanted, got = pairs.as_script(expected).split("\n"), path.with_suffix(".py").read_text("utf-8").split("\n")
    assert len(wanted) == len(got) and all(map(agrees, wanted, got)), advice(name)


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_shows_no_markup_of_the_book_and_its_solutions_and_checks_are_closed(name):
    cells = nbformat.read(pairs.NOTEBOOKS / f"{name}.ipynb", as_version=4).cells
    text = re.sub(r"(?s)```.*?```", "", "\n".join(cell.source for cell in cells if cell.cell_type == "markdown"))
    assert re.findall(r"\{[a-z:]+\}`|^[`:]{3,}\{.*|^\(\S+\)=$|" + portable.MARK, text, re.MULTILINE) == []
    solution, folded, marks = False, 0, re.compile(r"\{(solution-start|solution-end)\}")
    chapter = pairs.read_lesson(name).cells
    closed = []
    for cell in chapter:
        if cell.cell_type == "markdown":
            for mark in marks.findall(cell.source):
                solution = mark == "solution-start"
        else:
            closed.append(solution or "hide-cell" in cell.metadata.get("tags", []))
    for cell, wanted in zip((cell for cell in cells if cell.cell_type == "code"), closed, strict=True):
        if wanted:
            folded += 1
            assert cell.metadata["jupyter"] == portable.FOLDED, cell.source
    assert folded


def test_what_editors_write_when_they_save_is_no_difference_and_what_a_reader_changes_is_one():
    saved, lesson = pairs.as_notebook("data/files"), pairs.cells_of(pairs.as_notebook("data/files"))
    saved.metadata.update(kernelspec={"name": "my-kernel"}, language_info={"name": "python", "version": "3.12.1"})
    added = {"collapsed": True, "scrolled": True, "trusted": True, "jupyter": {"outputs_hidden": True}}
    for cell in saved.cells:
        cell.metadata.update(added, vscode={"languageId": "python"}, execution={"iopub.status.busy": "2026-11-26"})
        cell.id = f"other-{cell.id}"
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [nbformat.v4.new_output("stream", text="a")], 1
    assert pairs.cells_of(saved) == lesson
    saved.cells[3].source += "\n"
    assert pairs.cells_of(saved) != lesson
    saved = pairs.as_notebook("data/files")
    next(cell for cell in saved.cells if "tags" in cell.metadata).metadata.tags.append("mine")
    assert pairs.cells_of(saved) != lesson


def test_what_a_reader_puts_beside_the_notebooks_and_the_scripts_are_not_collected(tmp_path):
    """Pytest is run on a copy, with two notebooks of a reader and another kernel in a generated one."""
    for folder in ("tools", "mnist_utils", "studies", "chapters", "notebooks"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("conftest.py", "pyproject.toml", "_toc.yml"):
        shutil.copy(ROOT / name, tmp_path)
    notebooks = tmp_path / "notebooks"
    shutil.copy(notebooks / "data" / "files.ipynb", notebooks / "data" / "files-Copy1.ipynb")
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 / 0")]), notebooks / "Untitled.ipynb")
    notebook = nbformat.read(notebooks / "data" / "files.ipynb", as_version=4)
    notebook.metadata.kernelspec = {"name": "my-kernel", "display_name": "Mine", "language": "python"}
    nbformat.write(notebook, notebooks / "data" / "files.ipynb")
    command = [sys.executable, "-m", "pytest", "-n0", "-q", "-p", "no:cacheprovider", "notebooks"]
    run = subprocess.run([*command, "--collect-only"], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    assert {line.split("::")[0] for line in run.stdout.splitlines() if "::" in line} == {
        f"notebooks/{name}.ipynb" for name in NAMES
    }
    command[-1] += "/data/files.ipynb::Cell 0"
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert "1 passed" in run.stdout, run.stdout + run.stderr


def test_generated_files_without_a_lesson_are_found():
    folder = ROOT / "notebooks"
    paths = [path for path in folder.rglob("*.*") if ".ipynb_checkpoints" not in path.parts]
    named = {path: path.relative_to(folder).with_suffix("").as_posix() for path in paths}
    scripts = {
        named[path] for path in paths if path.suffix == ".py" and path.read_text("utf-8").startswith("# ---\n# jup")
    }
    # A cell has the name of its lesson: no notebook of a reader has its own.
    cells = {path: nbformat.read(path, as_version=4).cells for path in paths if path.suffix == ".ipynb"}
    notebooks = {
        named[path] for path in cells if cells[path] and cells[path][0].get("id") == pairs.cell_id(named[path], 1)
    }
    assert sorted(scripts | notebooks) == sorted(NAMES), "delete what `make notebooks` no longer writes"


def test_every_page_of_the_table_of_contents_exists_and_every_page_is_in_it():
    paths = (ROOT / "chapters").rglob("*.md")
    assert sorted(pairs.pages()) == sorted(path.relative_to(ROOT).with_suffix("").as_posix() for path in paths)


def test_a_lesson_without_its_jupytext_header_is_named(tmp_path, monkeypatch):
    text = (ROOT / "chapters" / "data" / "files.md").read_text(encoding="utf-8")
    (tmp_path / "broken.md").write_text(text.split("\n---\n", 1)[1], encoding="utf-8")
    monkeypatch.setattr(pairs, "CHAPTERS", tmp_path)
    with pytest.raises(ValueError, match=r"chapters/broken\.md has code cells but no jupytext header"):
        pairs.lessons()


def test_a_lesson_missing_from_the_table_of_contents_is_named(tmp_path, monkeypatch):
    shutil.copy(ROOT / "chapters" / "data" / "files.md", tmp_path / "forgotten.md")
    monkeypatch.setattr(pairs, "CHAPTERS", tmp_path)
    with pytest.raises(ValueError, match=r"not in _toc\.yml: chapters/forgotten\.md"):
        pairs.lessons()


def test_lessons_are_executed_once_and_one_that_fails_is_named_when_the_others_are_kept(tmp_path, monkeypatch, capsys):
    write_lesson(tmp_path, "works", 'open("traces", "a").write("executed ")')
    write_lesson(tmp_path, "fails", "print(undefined)")
    monkeypatch.setattr(pairs, "CHAPTERS", tmp_path)
    monkeypatch.setattr(pairs, "lessons", lambda: ["works", "fails"])
    for _ in range(2):
        with pytest.raises(SystemExit) as exit:
            execute.main(tmp_path / "cache")
        assert exit.value.code == 1
        assert re.search(r"(?s)chapters/fails\.md failed:\n.*name 'undefined' is not defined", capsys.readouterr().err)
    assert (tmp_path / "traces").read_text() == "executed "
    (tmp_path / "fails.md").unlink()
    monkeypatch.setattr(pairs, "lessons", lambda: ["works"])
    with pytest.raises(SystemExit) as exit:
        execute.main(tmp_path / "cache")
    assert exit.value.code == 0
    as_the_book_reads_it = myst_nb_reader_plugin(str(tmp_path / "works.md"))
    assert get_cache(tmp_path / "cache").match_cache_notebook(as_the_book_reads_it)


def write_lesson(folder, name, code):
    header = (ROOT / "chapters" / "data" / "files.md").read_text(encoding="utf-8").split("\n---\n")[0] + "\n---\n"
    text = f"{header}\n# A title\n\n```{{code-cell}} ipython3\n{code}\n```\n"
    (folder / f"{name}.md").write_text(text, encoding="utf-8")


MARKUP = r"""(a-section)=
# A section

Value {glue:text}`a-share:.1%`, {numref}`fig-a`, {eq}`eq-a`, {ref}`a-section`,
{term}`b <batch>`, {cite}`glorot2010, karpathy2019`.

$$a = b$$ (eq-a)

:::{admonition} In short
:class: in-short
Short, see {ref}`ex-a`.
:::

```{exercise} Count
:label: ex-a

How many?
```

````{solution-start} ex-a
:class: dropdown
````

Two."""
READS = r"""# A section

Value 12.5%, Fig. 1.1, (1.1), A section,
b, (Glorot and Bengio, 2010; [Karpathy, 2019](ADDRESS)).

$$a = b\tag{1.1}$$

> **In short**
>
> Short, see Exercise 1.1.

> **Exercise 1.1** (Count)
>
> How many?

<details><summary>Solution of Exercise 1.1</summary>

Two.

</details>"""


def test_the_markup_of_the_book_becomes_markdown_that_every_jupyter_shows(tmp_path, monkeypatch):
    header = (ROOT / "chapters" / "data" / "files.md").read_text(encoding="utf-8").split("\n---\n")[0] + "\n---\n"
    settings = "---\nmystnb:\n  figure:\n    caption: Of {eq}`eq-a`\n    name: fig-a\n---\n"
    plot = f"```{{code-cell}} ipython3\n{settings}1 + 1\n```\n"
    (tmp_path / "some.md").write_text(f"{header}\n{MARKUP}\n\n{plot}\n````{{solution-end}}\n````\n", encoding="utf-8")
    monkeypatch.setattr(pairs, "CHAPTERS", tmp_path)
    monkeypatch.setattr(pairs, "lessons", lambda: ["some"])
    portable.labels.cache_clear()
    text, code, caption = pairs.as_notebook("some", {"a-share": 0.125}).cells
    portable.labels.cache_clear()
    assert re.sub(r"\(https?://[^)]+\)", "(ADDRESS)", text.source) == READS
    assert code.metadata["jupyter"] == portable.FOLDED
    assert code.source == "# solution\n1 + 1"  # the line that a folded cell shows
    assert caption.source == "*Fig. 1.1.* Of (1.1)"


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", ".", *map(str, pairs.generated())],
        ["check", "--select", "E501", "--line-length", "88", *map(str, pairs.generated())],  # what fits on a page
        ["format", "--check", "."],
    ],
    ids=["rules", "width of a page", "format"],
)
def test_ruff_finds_nothing(arguments):
    run = subprocess.run([sys.executable, "-m", "ruff", *arguments], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_lock_pins_every_dependency_with_hashes_and_names_no_index():
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = project["dependencies"] + [line for extra in extras if extra != "gpu" for line in extras[extra]]
    for requirement in wanted:
        name = re.match(r"[\w-]+", requirement).group()
        assert re.search(rf"^{name}(\[\S+\])?==\S+.*\\\n    --hash=sha256:", lock, re.MULTILINE), (
            f"{name} is not in requirements.lock"
        )
    assert not re.search(r"https?://|index-url", lock)


def test_processes_share_the_cores_and_a_setting_of_the_user_stays(monkeypatch):
    monkeypatch.setattr(pairs.os, "environ", {"OMP_NUM_THREADS": "7"})
    monkeypatch.setattr(pairs.os, "cpu_count", lambda: 8)
    pairs.share_cores(3)
    shares = {"TF_NUM_INTRAOP_THREADS": "2", "TF_NUM_INTEROP_THREADS": "2", "OMP_NUM_THREADS": "7"}
    assert pairs.os.environ == shares


def test_a_page_that_left_the_table_of_contents_leaves_the_built_book(tmp_path):
    kept, left = tmp_path / "chapters" / "intro.html", tmp_path / "chapters" / "old.html"
    kept.parent.mkdir()
    for path in (kept, left, tmp_path / "genindex.html"):
        path.touch()
    execute.prune(tmp_path)
    assert kept.exists() and not left.exists() and (tmp_path / "genindex.html").exists()


needs_make = pytest.mark.skipif(sys.platform == "win32", reason="make and a POSIX shell are not at hand on Windows")


@pytest.fixture
def makefile(tmp_path):
    """A folder with the Makefile and an environment and an executed book that are newer than all else."""
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "installed").touch()
    (tmp_path / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
    return tmp_path


def make(folder, *arguments):
    return subprocess.run(["make", *arguments], cwd=folder, capture_output=True, text=True, timeout=20)


@needs_make
@pytest.mark.parametrize(
    "file",
    ["mnist_utils/book.mplstyle", "mnist_utils/dataset.py", "studies/training.py", "results/good.csv"],
)
def test_lessons_are_executed_again_when_what_they_read_has_changed(file, makefile):
    assert (ROOT / file).exists(), "the file watched here is not in the project"
    path, executed = makefile / file, makefile / "_build" / "executed"
    for new in (path, executed):
        new.parent.mkdir()
        new.touch()
    assert make(makefile, "-q", "_build/executed").returncode == 0
    os.utime(path, (executed.stat().st_mtime + 1,) * 2)
    assert make(makefile, "-q", "_build/executed").returncode == 1


@needs_make
def test_serving_on_a_used_port_names_another_in_one_sentence(makefile):
    with socket.create_server(("127.0.0.1", 0)) as used:
        port = used.getsockname()[1]
        run = make(makefile, "serve", f"PORT={port}", "-o", "book")
    assert run.returncode != 0
    assert run.stderr.splitlines()[0] == f"port {port} is in use: make serve PORT={port + 1}"
    assert "Traceback" not in run.stderr


@needs_make
def test_make_without_a_fitting_python_says_so_at_once(tmp_path):
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path / name)
    commands = tmp_path / "commands"
    commands.mkdir()
    for command in ("sh", "awk", "rm", "mkdir", "touch"):
        (commands / command).symlink_to(shutil.which(command))
    (commands / "python3").write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.10.9 && exit 0\nexit 1\n')
    (commands / "python3").chmod(0o755)
    run = subprocess.run(
        [shutil.which("make"), "book"],
        cwd=tmp_path,
        env={"PATH": str(commands)},
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert run.returncode != 0
    assert "needs Python 3.11, 3.12 or 3.13" in run.stderr
    assert "Found: Python 3.10.9" in run.stderr
    assert not (tmp_path / ".venv").exists()
