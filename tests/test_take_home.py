"""The archive that readers take home, unpacked in an empty folder."""

import os
import subprocess
import venv
import zipfile
from pathlib import Path

import pairs
import pytest
import take_home

pytestmark = pytest.mark.training


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("home")
    take_home.write_archive(folder / "course.zip")
    with zipfile.ZipFile(folder / "course.zip") as archive:
        archive.extractall(folder)
    return folder / take_home.NAME


def test_the_archive_has_each_lesson_and_nothing_of_this_machine(unpacked):
    assert {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*.ipynb")} == {
        f"notebooks/{name}.ipynb" for name in pairs.lessons()
    }
    assert len(list(unpacked.rglob("*.py"))) == len(pairs.lessons())
    assert sorted(path.name for path in unpacked.iterdir() if path.suffix != ".whl") == [
        "LICENSE",
        "README.md",
        "notebooks",
        "requirements.lock",
    ]
    contents = {path.name: path.read_bytes() for path in unpacked.rglob("*") if path.is_file()}
    with zipfile.ZipFile(next(unpacked.glob("*.whl"))) as wheel:
        contents |= {name: wheel.read(name) for name in wheel.namelist()}
    assert "mnist_utils/claims.py" in contents
    assert [name for name, content in contents.items() if str(pairs.ROOT).encode() in content] == []


def test_a_notebook_of_the_archive_runs_with_the_package_of_the_archive(unpacked):
    # What the lock names is here already: an environment of its own finds it beside the package, which it installs.
    venv.create(unpacked / ".venv", with_pip=True)
    python = unpacked / ".venv" / "bin" / "python"
    (library,) = (unpacked / ".venv").rglob("site-packages")
    others = Path(pytest.__file__).parent.parent
    (library / "others.pth").write_text(f"{others}\n", encoding="utf-8")
    lines = (unpacked / "requirements.lock").read_text(encoding="utf-8").splitlines()
    (unpacked / "own.lock").write_text(lines[-1] + "\n", encoding="utf-8")
    install = [python, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "-r", "own.lock"]
    surroundings = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run(install, cwd=unpacked, env=surroundings, check=True)
    convert = [python, "-m", "nbconvert", "--to", "notebook", "--execute", "--output", "executed.ipynb"]
    run = subprocess.run(
        [*convert, "notebooks/network/parameters.ipynb"], cwd=unpacked, env=surroundings, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr[-3000:]
    where = "import mnist_utils, mnist_utils.results as r; print(mnist_utils.__file__); print(len(r.load('dense')))"
    run = subprocess.run(
        [python, "-c", where], cwd=unpacked, env=surroundings, capture_output=True, text=True, check=True
    )
    assert run.stdout.startswith(str(library)) and int(run.stdout.split()[-1]) > 0
