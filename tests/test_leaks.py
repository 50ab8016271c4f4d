"""What belongs to the user's machine does not reach the chapters: each leak is tried, in processes of its own."""

import json
import os
import shutil
import subprocess
import sys

import nbformat
import pairs
import pytest

# What the chapters do: draw, build a convolution, write beyond ASCII, read a file without naming its encoding.
CODE = """
import os
from pathlib import Path

import keras
import matplotlib.pyplot as plt

from mnist_utils import networks

fig, ax = plt.subplots()
ax.plot([0, 1])
Path("arrow.txt").write_text("\\N{RIGHTWARDS ARROW}")
print(keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Conv2D(2, 3)]).output_shape, keras.config.floatx())
print(keras.backend.backend(), plt.rcParams["lines.linewidth"], "leaked" in globals())
print("\\N{RIGHTWARDS ARROW}", Path("arrow.txt").read_text())
"""
RIGHT = "(None, 26, 26, 2) float32\ntensorflow 1.5 False\n\N{RIGHTWARDS ARROW} \N{RIGHTWARDS ARROW}\n"
EXECUTE = """
import sys
import kernels
import nbformat
import pairs

pairs.SETTINGS = pairs.Path(sys.argv[1])
pairs.use_own_settings()
kernels.use()
notebook = nbformat.read("chapter.ipynb", as_version=4)
pairs.client(notebook, ".").execute()
nbformat.write(notebook, "executed.ipynb")
"""


@pytest.fixture
def chapter(tmp_path):
    """A folder with a small notebook, executed in the way of the chapters by the function that is returned."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CODE)])
    nbformat.write(notebook, tmp_path / "chapter.ipynb")

    def execute(**environment):
        run = subprocess.run(
            [sys.executable, "-c", EXECUTE, str(pairs.SETTINGS)],
            cwd=tmp_path,
            env={**surroundings(), "PYTHONPATH": str(pairs.ROOT / "tools"), **environment},
            capture_output=True,
            text=True,
        )
        assert run.returncode == 0, run.stderr
        return nbformat.read(tmp_path / "executed.ipynb", as_version=4).cells[0].outputs

    return execute


def surroundings():
    """The environment of a user, in place of what conftest.py has set for this run."""
    own = ("MPLCONFIGDIR", "KERAS_HOME", "KERAS_BACKEND", "IPYTHONDIR", "PYTHONUTF8")
    return {name: value for name, value in os.environ.items() if name not in (*own, "PYTHONIOENCODING")}


def test_settings_of_the_user_do_not_reach_a_chapter(chapter, tmp_path):
    home = tmp_path / "home"
    files = {
        ".keras/keras.json": json.dumps({"image_data_format": "channels_first", "floatx": "float16", "backend": "jax"}),
        ".config/matplotlib/matplotlibrc": "lines.linewidth: 7\n",
        ".ipython/profile_default/startup/start.py": "leaked = True\n",
        "matplotlibrc": "lines.linewidth: 8\n",
        "start.py": "leaked = True\n",
    }
    for name, text in files.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text)
    outputs = chapter(
        HOME=str(home),
        USERPROFILE=str(home),
        MATPLOTLIBRC=str(home / "matplotlibrc"),
        MPLBACKEND="agg",
        KERAS_BACKEND="torch",
        PYTHONSTARTUP=str(home / "start.py"),
    )
    assert [output.text for output in outputs if output.output_type == "stream"] == [RIGHT]
    assert any("image/png" in output.get("data", {}) for output in outputs), "the figure is not shown"


@pytest.mark.skipif(sys.platform == "win32", reason="a home is no folder of a path with slashes there")
def test_a_home_that_cannot_be_written_leaves_no_trace_in_a_chapter(chapter):
    outputs = chapter(HOME="/proc/nobody" if sys.platform == "linux" else "/dev/null")
    assert [(output.name, output.text) for output in outputs if output.output_type == "stream"] == [("stdout", RIGHT)]


def test_a_console_that_is_not_utf_8_does_not_reach_a_chapter(chapter):
    outputs = chapter(PYTHONIOENCODING="cp1252", PYTHONUTF8="0", LC_ALL="C", PYTHONCOERCECLOCALE="0")
    assert [output.text for output in outputs if output.output_type == "stream"] == [RIGHT]


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_lab_starts_jupyter_without_settings_of_the_user(tmp_path):
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(pairs.ROOT / name, tmp_path)
    jupyter = tmp_path / ".venv" / "bin" / "jupyter"
    jupyter.parent.mkdir(parents=True)
    jupyter.write_text("#!/bin/sh\nenv\n")
    jupyter.chmod(0o755)
    (tmp_path / ".venv" / "installed").touch()
    users = dict.fromkeys(["MPLCONFIGDIR", "KERAS_HOME", "KERAS_BACKEND", "IPYTHONDIR", *pairs.OF_THE_USER], "leaked")
    run = subprocess.run(["make", "lab"], cwd=tmp_path, env={**os.environ, **users}, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert f"MPLCONFIGDIR={tmp_path / '_build' / 'settings'}" in run.stdout.splitlines()
    assert "leaked" not in run.stdout


@pytest.mark.parametrize(("encoding", "shown"), [("cp1252", "? \xd7"), ("ascii", "? ?"), ("utf-8", "\u2192 \xd7")])
def test_what_a_console_cannot_write_becomes_a_question_mark(encoding, shown):
    run = subprocess.run(
        [sys.executable, "-c", "import mnist_utils; print('\\u2192 \\xd7')"],
        env={**os.environ, "PYTHONIOENCODING": encoding},
        capture_output=True,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.decode(encoding).strip() == shown


@pytest.mark.training
@pytest.mark.parametrize("name", ["network/parameters", "convnets/small"])
def test_the_script_of_a_chapter_runs_where_the_console_is_that_of_windows(name):
    run = subprocess.run(
        [sys.executable, f"{name}.py"],
        cwd=pairs.NOTEBOOKS,
        env={**os.environ, "PYTHONIOENCODING": "cp1252", "MPLBACKEND": "agg"},
        capture_output=True,
    )
    assert run.returncode == 0, run.stderr.decode("cp1252")[-3000:]
    assert run.stdout.decode("cp1252").count("Claim holds: ") == len(pairs.calls_in_lesson(name))


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_clone_with_the_line_ends_of_windows_has_the_same_bytes(tmp_path):
    original, clone = tmp_path / "original", tmp_path / "clone"
    original.mkdir()
    files = ["Makefile", "results/good.csv", "results/good.json", "notebooks/data/files.ipynb", "chapters/intro.md"]
    files += ["mnist_utils/data/train-labels-idx1-ubyte.gz", "results/good.final.0.weights.h5", "assets/book.png"]
    for file in [".gitattributes", *files]:
        (original / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(pairs.ROOT / file, original / file)

    def git(*arguments):
        user = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
        command = ["git", "-c", "core.autocrlf=true", *user, *arguments]
        subprocess.run(command, cwd=original, check=True, capture_output=True)

    git("init")
    git("add", ".")
    git("commit", "--message", "all")
    git("clone", "--config", "core.autocrlf=true", str(original), str(clone))
    for file in files:
        assert (clone / file).read_bytes() == (pairs.ROOT / file).read_bytes(), file
