"""Who may import whom, and how large the packages may get."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CHAPTERS_WITH_STUDIES = {"replicates"}


def imported(path):
    """Return the top-level packages that a module imports, anywhere in it."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
    return {name.split(".")[0] for name in names}


@pytest.mark.parametrize(
    ("files", "forbidden"),
    [
        ("mnist_utils/*.py", {"studies", "tools"}),
        ("studies/design.py", {"studies", "mnist_utils"}),
        ("tools/*.py", {"studies"}),
    ],
)
def test_a_module_imports_nothing_that_it_must_do_without(files, forbidden):
    paths = sorted(ROOT.glob(files))
    assert paths
    assert {path.name: imported(path) & forbidden for path in paths} == {path.name: set() for path in paths}


def test_only_chapters_that_train_again_import_studies():
    importing = re.compile(r"^\s*(from|import) studies\b", re.MULTILINE)
    chapters = {path.stem for path in ROOT.glob("chapters/**/*.md") if importing.search(path.read_text("utf-8"))}
    assert chapters == CHAPTERS_WITH_STUDIES


@pytest.mark.parametrize(("package", "lines"), [("mnist_utils", 1600), ("studies", 1040)])
def test_a_package_stays_small(package, lines):
    paths = [path for path in ROOT.glob(f"{package}/*.py") if path.name != "catalogue.py"]  # grows with each study
    counts = {path.name: path.read_text(encoding="utf-8").count("\n") for path in paths}
    assert sum(counts.values()) <= lines, f"{counts}: simplify before you add, or say in CONTRIBUTING.md why it grows"
