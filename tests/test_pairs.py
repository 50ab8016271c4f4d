"""chapters/NAME.md is the one source: what is generated from it is in step, and the project agrees with itself."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib

import execute
import nbformat
import pairs
import pytest
from jupyter_cache import get_cache
from myst_nb.core.read import myst_nb_reader_plugin

ROOT = pairs.ROOT
NAMES = pairs.chapter_names()


@pytest.mark.parametrize("name", NAMES)
def test_the_script_of_a_chapter_is_in_step(name):
    script = ROOT / "chapters" / f"{name}.py"
    assert script.exists(), f"chapters/{name}.py is missing: {pairs.MEND}"
    assert script.read_text(encoding="utf-8") == pairs.as_script(name), (
        f"chapters/{name}.py differs from chapters/{name}.md: edit only the .md, then {pairs.MEND}"
    )


@pytest.mark.parametrize("name", NAMES)
def test_the_notebook_of_a_chapter_is_in_step(name):
    path = ROOT / "notebooks" / f"{name}.ipynb"
    assert path.exists(), f"notebooks/{name}.ipynb is missing: {pairs.MEND}"
    assert pairs.without_outputs(path.read_text(encoding="utf-8")) == pairs.as_notebook(name), (
        f"notebooks/{name}.ipynb differs from chapters/{name}.md: edit only the .md, then {pairs.MEND}"
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_holds_the_reference_outputs_and_no_others(name):
    notebook = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            is_reference = pairs.REFERENCE_TAG in cell.metadata.get("tags", [])
            has_output = bool(cell.outputs) and cell.execution_count is not None
            assert has_output == is_reference, f"notebooks/{name}.ipynb, cell {cell.id}: {pairs.MEND}"


def test_the_page_of_claims_lists_every_claim_of_every_chapter():
    page = pairs.CLAIMS_PAGE.read_text(encoding="utf-8")
    for name in NAMES:
        for claim, *_ in pairs.claims_of(name):
            assert f"{name}.md::{claim}" in page, f"claim {claim!r} of chapters/{name}.md is not listed: {pairs.MEND}"
    assert page == pairs.claims_page(), f"chapters/claims.md is out of step with the chapters: {pairs.MEND}"


def test_no_two_claims_have_the_same_name():
    claims = [claim for name in NAMES for claim, *_ in pairs.claims_of(name)]
    assert sorted(claims) == sorted(set(claims))


def test_generated_files_without_a_chapter_are_found():
    generated = [*(ROOT / "chapters").glob("*.py"), *(ROOT / "notebooks").glob("*.ipynb")]
    assert sorted({path.stem for path in generated}) == sorted(NAMES)


def test_every_page_of_the_table_of_contents_exists_and_every_page_is_in_it():
    pages = re.findall(r"(?:file|root): (chapters/\w+)", (ROOT / "_toc.yml").read_text(encoding="utf-8"))
    assert sorted(pages) == sorted(f"chapters/{path.stem}" for path in (ROOT / "chapters").glob("*.md"))


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
    header = (ROOT / "chapters" / "preprocessing.md").read_text(encoding="utf-8").split("\n---\n")[0] + "\n---\n"
    for name, code in (("works", 'open("traces", "a").write("executed ")'), ("fails", "print(undefined)")):
        (tmp_path / f"{name}.md").write_text(f"{header}\n# A title\n\n```{{code-cell}} ipython3\n{code}\n```\n")
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
        ["check", "."],
        ["check", "--select", "E501", "--line-length", "88", "notebooks"],  # what fits on a page of the book
        ["format", "--check", "--exclude", "*.ipynb", "."],
    ],
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


@pytest.mark.skipif(sys.platform == "win32", reason="make and a POSIX shell are not at hand on Windows")
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
