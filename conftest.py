"""How a run of all tests uses its time: the order, the cores, and each lesson executed once.

What nbval has executed serves the build of the book, too.
"""

import os
import re
import time
from pathlib import Path

import kernels
import nbformat
import pairs
import pytest
from IPython.core.displayhook import DisplayHook
from nbval.plugin import IPyNbCell
from xdist.scheduler import LoadScopeScheduling

pairs.share_cores(int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 1)))
pairs.use_own_settings()
kernels.use()

LESSON_OF = dict(zip(pairs.generated(), pairs.lessons(), strict=True))
PATIENCE = 1800  # seconds that the other notebooks may take
PARTS_OF_PAGES = 6  # in which the pages are looked at
PART_OF = {page: place % PARTS_OF_PAGES for place, page in enumerate(pairs.pages())}


def folder_of(config, name: str) -> Path:
    """A folder that all workers of a run share, such as that where executed notebooks are put."""
    base = config._tmp_path_factory.getbasetemp()
    folder = (base.parent if hasattr(config, "workerinput") else base) / name
    folder.mkdir(exist_ok=True)
    return folder


def pytest_ignore_collect(collection_path):
    """Of notebooks/ run what is generated: not the scripts, nor what a reader puts beside them."""
    inside = pairs.NOTEBOOKS in collection_path.parents and not collection_path.is_dir()
    return True if inside and collection_path not in LESSON_OF else None


def pytest_xdist_make_scheduler(config, log):
    """Let a worker take one part of the tests at a time: a file, or those of some pages."""
    return SchedulingParts(config, log)


class SchedulingParts(LoadScopeScheduling):
    def _split_scope(self, nodeid):
        return part(nodeid)


def part(nodeid: str) -> str:
    """The tests of a file are taken together, so that they share what they need; where each page has its own, there are
    several parts, of some pages each; and what trains a study again is a part by itself."""
    path, _, test = nodeid.partition("::")
    page = re.search(r"chapters/[\w/]+", test)
    if page:
        return f"{path} {PART_OF[page[0]]}"
    return nodeid if "_slice_of_a_stored_study_" in test else path


def pytest_collection_modifyitems(items):
    """Put the notebooks first, then the build of the book, which waits for them, then what takes long without it,
    then the pages, so that no worker waits for another or is left alone at the end."""
    long = {item.path for item in items if item.get_closest_marker("training")}

    def place(item):
        if isinstance(item, IPyNbCell):
            return 0, -item.path.stat().st_size, str(item.path)  # the longest, as a rule, has most to execute
        of_a_page = "opened" in item.fixturenames
        builds = "book" in item.fixturenames and not of_a_page
        of_a_file = part(item.nodeid) == item.nodeid.partition("::")[0]
        return 2 - builds, item.path not in long, of_a_page, of_a_file, part(item.nodeid)

    items.sort(key=place)  # which leaves the others, and those of one part, in their order


def pytest_runtest_teardown(item, nextitem):
    """Put the outputs that a cell has given into its notebook, and store that when its last cell is over."""
    if not isinstance(item, IPyNbCell):
        return
    got = item.test_outputs
    failed = got is None or any(output.output_type == "error" for output in got)
    if not failed and DisplayHook.semicolon_at_end_of_expression(item.cell.source):
        # nbval runs cells outside of the history, where IPython looks for the semicolon that hides a result.
        got = [output for output in got if output.output_type != "execute_result"]
    item.cell.outputs, item.cell.execution_count = ([], None) if failed else (got, item.cell_num + 1)
    if nextitem is None or nextitem.parent is not item.parent:
        path = executed_path(item)
        part = path.with_suffix(".part")
        nbformat.write(as_in_the_book(item), part)
        part.replace(path)  # as a whole: another worker may be waiting for it


def executed_path(item) -> Path:
    """Where the lesson that a cell belongs to goes when it is executed."""
    return folder_of(item.config, "executed") / f"{LESSON_OF[item.path].replace('/', '-')}.ipynb"


def as_in_the_book(item):
    """The lesson that a cell belongs to, as the book reads it, with the outputs that its notebook has given."""
    lesson = pairs.read_lesson(LESSON_OF[item.path])
    codes = ([cell for cell in notebook.cells if cell.cell_type == "code"] for notebook in (lesson, item.parent.nb))
    for cell, executed in zip(*codes, strict=True):
        cell.outputs, cell.execution_count = executed.outputs, executed.execution_count
    return lesson


@pytest.fixture(scope="session")
def book_folder(request) -> Path:
    """The folder where one worker builds the book for all."""
    return folder_of(request.config, "book")


@pytest.fixture(scope="session")
def executed_notebooks(request) -> list[Path]:
    """Wait for the notebooks of this run, which come first, and return those that were executed without an error."""
    paths = sorted({executed_path(item) for item in request.session.items if isinstance(item, IPyNbCell)})
    end = time.monotonic() + PATIENCE
    while not all(path.exists() for path in paths) and time.monotonic() < end:
        time.sleep(0.2)
    cells = {path: nbformat.read(path, as_version=4).cells for path in paths if path.exists()}
    return [path for path in cells if all(cell.cell_type != "code" or cell.execution_count for cell in cells[path])]
