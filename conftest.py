"""How a run of all tests uses its time: the order, the cores, and each chapter executed once.

What nbval has executed serves the build of the book, too.
"""

import os
import time
from pathlib import Path

import nbformat
import pairs
import pytest
from IPython.core.displayhook import DisplayHook
from nbval.plugin import IPyNbCell

pairs.share_cores(int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 1)))

OUTPUTS = pytest.StashKey[dict]()
PATIENCE = 1800  # seconds that the other notebooks may take
LONG = ("test_studies.py", "test_pages.py", "test_results.py", "test_studies_interrupted.py")


def folder_of(config) -> Path:
    """The folder, one for all workers of a run, where executed notebooks are put."""
    base = config._tmp_path_factory.getbasetemp()
    folder = (base.parent if hasattr(config, "workerinput") else base) / "executed"
    folder.mkdir(exist_ok=True)
    return folder


def pytest_collection_modifyitems(items):
    """Put the notebooks first, which test_pages waits for, and what takes long before what does not, so that no worker
    is left alone at the end."""

    def place(item):
        if isinstance(item, IPyNbCell):
            chapter = pairs.CHAPTERS / f"{item.path.stem}.md"
            return 0, -chapter.stat().st_size, chapter.name  # the longest text, as a rule, has most to execute
        name = item.path.name
        return 1, LONG.index(name) if name in LONG else len(LONG), ""

    items.sort(key=place)  # which leaves the others, and those of one file, in their order


def pytest_runtest_teardown(item, nextitem):
    """Store a notebook with the outputs that its cells have given, when the last one is over."""
    if not isinstance(item, IPyNbCell):
        return
    outputs = item.config.stash.setdefault(OUTPUTS, {}).setdefault(item.parent.path, {})
    outputs[item.cell_num] = item.test_outputs
    if nextitem is not None and nextitem.parent is item.parent:
        return
    for number, cell in enumerate(cell for cell in item.parent.nb.cells if cell.cell_type == "code"):
        got = outputs.get(number)
        failed = got is None or any(output.output_type == "error" for output in got)
        if not failed and DisplayHook.semicolon_at_end_of_expression(cell.source):
            # nbval runs cells outside of the history, where IPython looks for the semicolon that hides a result.
            got = [output for output in got if output.output_type != "execute_result"]
        cell.outputs, cell.execution_count = ([], None) if failed else (got, number + 1)
    path = folder_of(item.config) / item.parent.path.name
    part = path.with_suffix(".part")
    nbformat.write(item.parent.nb, part)
    part.replace(path)  # as a whole: another worker may be waiting for it


@pytest.fixture(scope="session")
def executed_notebooks(request) -> list[Path]:
    """Wait for the notebooks of this run, which come first, and return those that were executed without an error."""
    names = {item.parent.path.name for item in request.session.items if isinstance(item, IPyNbCell)}
    paths = [folder_of(request.config) / name for name in sorted(names)]
    end = time.monotonic() + PATIENCE
    while not all(path.exists() for path in paths) and time.monotonic() < end:
        time.sleep(0.2)
    cells = {path: nbformat.read(path, as_version=4).cells for path in paths if path.exists()}
    return [path for path in cells if all(cell.cell_type != "code" or cell.execution_count for cell in cells[path])]
