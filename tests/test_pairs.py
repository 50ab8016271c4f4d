"""chapters/NAME.md is the one source: what is generated from it is in step, and the project agrees with itself."""

import ast
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
import pytest
from jupyter_cache import get_cache
from myst_nb.core.read import myst_nb_reader_plugin

ROOT = pairs.ROOT
NAMES = pairs.chapter_names()


def test_the_table_of_contents_is_read_without_what_is_commented_out(tmp_path, monkeypatch):
    monkeypatch.setattr(pairs, "ROOT", tmp_path)
    toc = "format: jb-book\nroot: chapters/intro\nchapters:\n  - file: chapters/b\n  # - file: chapters/a\n"
    (tmp_path / "_toc.yml").write_text(toc, encoding="utf-8")
    assert pairs.pages() == ["chapters/intro", "chapters/b"]


@pytest.mark.parametrize("name", NAMES)
def test_the_script_of_a_chapter_is_in_step(name):
    script = ROOT / "notebooks" / f"{name}.py"
    assert script.exists(), f"notebooks/{name}.py is missing: run `make notebooks`"
    assert script.read_text(encoding="utf-8") == pairs.as_script(name), advice(f"{name}.py")


def advice(file):
    """What to do where a generated file says something else than its chapter."""
    chapter = f"chapters/{file.split('.')[0]}.md"
    return (
        f"notebooks/{file} differs from {chapter}. If you meant to change the text, edit {chapter} and run "
        f"`make notebooks`; if you only worked in notebooks/{file}, `git checkout notebooks/{file}` brings it back "
        "(to keep your work, save it under another name first)"
    )


@pytest.mark.parametrize("name", NAMES)
def test_the_notebook_of_a_chapter_is_in_step(name):
    path = ROOT / "notebooks" / f"{name}.ipynb"
    assert path.exists(), f"notebooks/{name}.ipynb is missing: run `make notebooks`"
    notebook = nbformat.read(path, as_version=4)
    assert pairs.cells_of(notebook) == pairs.cells_of(pairs.read_chapter(name)), advice(path.name)
    for cell in notebook.cells:
        if pairs.REFERENCE_TAG in cell.metadata.get("tags", []):
            assert cell.outputs and cell.execution_count, f"cell {cell.id} has no reference output. {advice(path.name)}"


def test_what_editors_write_when_they_save_is_no_difference_and_what_a_reader_changes_is_one():
    saved, chapter = pairs.read_chapter("preprocessing"), pairs.cells_of(pairs.read_chapter("preprocessing"))
    saved.metadata.update(kernelspec={"name": "my-kernel"}, language_info={"name": "python", "version": "3.12.1"})
    added = {"collapsed": True, "scrolled": True, "trusted": True, "jupyter": {"outputs_hidden": True}}
    for cell in saved.cells:
        cell.metadata.update(added, vscode={"languageId": "python"}, execution={"iopub.status.busy": "2026-11-26"})
        cell.id = f"other-{cell.id}"
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [nbformat.v4.new_output("stream", text="a")], 1
    assert pairs.cells_of(saved) == chapter
    saved.cells[3].source += "\n"
    assert pairs.cells_of(saved) != chapter
    saved = pairs.read_chapter("preprocessing")
    next(cell for cell in saved.cells if "tags" in cell.metadata).metadata.tags.append("mine")
    assert pairs.cells_of(saved) != chapter


def test_what_a_reader_puts_beside_the_notebooks_and_the_scripts_are_not_collected(tmp_path):
    """Pytest is run on a copy, with two notebooks of a reader and another kernel in a generated one."""
    for folder in ("tools", "mnist_utils", "studies", "chapters", "notebooks"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("conftest.py", "pyproject.toml", "_toc.yml"):
        shutil.copy(ROOT / name, tmp_path)
    notebooks = tmp_path / "notebooks"
    shutil.copy(notebooks / "preprocessing.ipynb", notebooks / "preprocessing-Copy1.ipynb")
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 / 0")]), notebooks / "Untitled.ipynb")
    notebook = nbformat.read(notebooks / "preprocessing.ipynb", as_version=4)
    notebook.metadata.kernelspec = {"name": "my-kernel", "display_name": "Mine", "language": "python"}
    nbformat.write(notebook, notebooks / "preprocessing.ipynb")
    command = [sys.executable, "-m", "pytest", "-n0", "-q", "-p", "no:cacheprovider", "notebooks"]
    run = subprocess.run([*command, "--collect-only"], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    assert {line.split("::")[0] for line in run.stdout.splitlines() if "::" in line} == {
        f"notebooks/{name}.ipynb" for name in NAMES
    }
    command[-1] += "/preprocessing.ipynb::Cell 0"
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert "1 passed" in run.stdout, run.stdout + run.stderr


def test_the_page_of_claims_lists_every_claim_of_every_chapter():
    page = pairs.CLAIMS_PAGE.read_text(encoding="utf-8")
    listed = re.findall(r"`(\w+)\.md::([\w-]+)", page)
    made = [
        (name, claim)
        for name in NAMES
        for claim in re.findall(r'\bclaim\(\s*"([\w-]+)"', (ROOT / "chapters" / f"{name}.md").read_text("utf-8"))
    ]
    assert sorted(listed) == sorted(made), "chapters/claims.md is out of step with the chapters: run `make notebooks`"
    assert page == pairs.claims_page(), "chapters/claims.md is out of step with the chapters: run `make notebooks`"


def test_no_two_claims_have_the_same_name():
    claims = [claim for name in NAMES for claim, *_ in pairs.claims_of(name)]
    assert sorted(claims) == sorted(set(claims))


def test_generated_files_without_a_chapter_are_found():
    folder = ROOT / "notebooks"
    scripts = {path.stem for path in folder.glob("*.py") if path.read_text("utf-8").startswith("# ---\n# jupyter:")}
    # A cell has the name of its chapter: no notebook of a reader has its own.
    cells = {path.stem: nbformat.read(path, as_version=4).cells for path in folder.glob("*.ipynb")}
    notebooks = {name for name in cells if cells[name] and cells[name][0].get("id") == pairs.cell_id(name, 1)}
    assert sorted(scripts | notebooks) == sorted(NAMES), "delete what `make notebooks` no longer writes"


def test_every_page_of_the_table_of_contents_exists_and_every_page_is_in_it():
    assert sorted(pairs.pages()) == sorted(f"chapters/{path.stem}" for path in (ROOT / "chapters").glob("*.md"))


def test_a_chapter_without_its_jupytext_header_is_named(tmp_path, monkeypatch):
    text = (ROOT / "chapters" / "preprocessing.md").read_text(encoding="utf-8")
    (tmp_path / "broken.md").write_text(text.split("\n---\n", 1)[1], encoding="utf-8")
    monkeypatch.setattr(pairs, "CHAPTERS", tmp_path)
    with pytest.raises(ValueError, match=r"chapters/broken\.md has code cells but no jupytext header"):
        pairs.chapter_names()


def test_a_chapter_missing_from_the_table_of_contents_is_named(tmp_path, monkeypatch):
    shutil.copy(ROOT / "chapters" / "preprocessing.md", tmp_path / "forgotten.md")
    monkeypatch.setattr(pairs, "CHAPTERS", tmp_path)
    with pytest.raises(ValueError, match=r"not in _toc\.yml: chapters/forgotten\.md"):
        pairs.chapter_names()


def test_chapters_are_executed_once_and_one_that_fails_is_named_when_the_others_are_kept(tmp_path, monkeypatch, capsys):
    write_chapter(tmp_path, "works", 'open("traces", "a").write("executed ")')
    write_chapter(tmp_path, "fails", "print(undefined)")
    monkeypatch.setattr(pairs, "CHAPTERS", tmp_path)
    monkeypatch.setattr(pairs, "chapter_names", lambda: ["works", "fails"])
    for _ in range(2):
        with pytest.raises(SystemExit) as exit:
            execute.main(tmp_path / "cache")
        assert exit.value.code == 1
        assert re.search(r"(?s)chapters/fails\.md failed:\n.*name 'undefined' is not defined", capsys.readouterr().err)
    assert (tmp_path / "traces").read_text() == "executed "
    (tmp_path / "fails.md").unlink()
    monkeypatch.setattr(pairs, "chapter_names", lambda: ["works"])
    with pytest.raises(SystemExit) as exit:
        execute.main(tmp_path / "cache")
    assert exit.value.code == 0
    as_the_book_reads_it = myst_nb_reader_plugin(str(tmp_path / "works.md"))
    assert get_cache(tmp_path / "cache").match_cache_notebook(as_the_book_reads_it)


def write_chapter(folder, name, code):
    header = (ROOT / "chapters" / "preprocessing.md").read_text(encoding="utf-8").split("\n---\n")[0] + "\n---\n"
    text = f"{header}\n# A title\n\n```{{code-cell}} ipython3\n{code}\n```\n"
    (folder / f"{name}.md").write_text(text, encoding="utf-8")


def test_claims_are_listed_however_they_are_called_and_beside_magics(tmp_path, monkeypatch):
    monkeypatch.setattr(pairs, "CHAPTERS", tmp_path)
    monkeypatch.setattr(pairs, "chapter_names", lambda: ["some"])
    one = 'claims.claim("one", 1, exactly=1, about="|x| of one")'
    two = 'claim("two", 2, at_most=5000, about="b")'
    write_chapter(tmp_path, "some", f"%timeit 1 + 1\n{one}\n{two}")
    assert list(pairs.claims_of("some")) == [
        ("one", "|x| of one", "exactly 1", ":,d"),
        ("two", "b", "at most 5,000", ":,.0f"),
    ]
    assert r"</a> | \|x\| of one | exactly 1 | {glue:text}`some.md::one:,d` |" in pairs.claims_page()


def test_a_cell_that_is_no_python_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(pairs, "CHAPTERS", tmp_path)
    write_chapter(tmp_path, "some", "claim(")
    with pytest.raises(ValueError, match=r"chapters/some\.md, cell 2: '\(' was never closed .*\nclaim\("):
        list(pairs.claims_of("some"))


@pytest.mark.parametrize(
    "call",
    [
        'claim(name, 1, exactly=1, about="one")',
        'claim("one", 1, exactly=one, about="one")',
        'claim("one", 1, exactly=1)',
    ],
)
def test_a_claim_that_cannot_be_listed_is_named(call):
    with pytest.raises(ValueError, match=r"chapters/some\.md: `claim\(.*\)` cannot be listed"):
        pairs.read_claim("some", ast.parse(call).body[0].value)


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
def test_chapters_are_executed_again_when_what_they_read_has_changed(file, makefile):
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
