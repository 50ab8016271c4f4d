"""Kernels that are forked from a process with Keras loaded give what others give, and end as others do."""

import os
import sys

import nbformat
import pairs
import pytest
from jupyter_client.provisioning import KernelProvisionerFactory
from nbclient.exceptions import CellTimeoutError

pytestmark = pytest.mark.training
TRAINS = """
import keras
from mnist_utils import dataset, networks

(images, labels), _ = dataset.load_mnist()
keras.utils.set_random_seed(0)
network = networks.fast(seed=0)
network.compile("adam", "sparse_categorical_crossentropy")
network.fit(dataset.preprocess(images[:640]), labels[:640], batch_size=64, verbose=0)
network.predict(dataset.preprocess(images[:2]), verbose=0).tolist()
"""


def outputs_of(*cells, timeout=600):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    client = pairs.client(notebook, pairs.CHAPTERS)
    client.timeout = timeout
    client.execute()
    return [output["data"]["text/plain"] for cell in notebook.cells for output in cell.outputs if "data" in output]


@pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only")
def test_modules_are_loaded_no_name_is_bound_and_nothing_is_found_that_a_reader_lacks():
    asks = """import importlib.util, sys
("keras" in sys.modules, "keras" in globals(), importlib.util.find_spec("pairs"))"""
    assert outputs_of(asks) == ["(True, False, None)"]


def test_a_network_is_trained_as_in_any_other_kernel(monkeypatch):
    forked = outputs_of(TRAINS)
    monkeypatch.setattr(KernelProvisionerFactory.instance(), "default_provisioner_name", "local-provisioner")
    assert outputs_of(TRAINS) == forked


def test_a_kernel_ends_with_its_notebook_and_one_that_hangs_is_given_up(tmp_path):
    (pid,) = outputs_of("import os\nos.getpid()")
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)
    path = tmp_path / "pid"
    hangs = f"import os, pathlib\npathlib.Path({str(path)!r}).write_text(str(os.getpid()))\nwhile True: pass"
    with pytest.raises(CellTimeoutError):
        outputs_of(hangs, timeout=3)
    with pytest.raises(ProcessLookupError):
        os.kill(int(path.read_text()), 0)
