"""Where results come from: versions, machine, data, and the commit of the code."""

import functools
import hashlib
import importlib.metadata
import os
import platform
import re
import subprocess
from pathlib import Path

import numpy as np

from mnist_utils import dataset


@functools.cache
def this_machine() -> dict:
    """Return versions, processor and threads of this process, and the version of the code."""
    import keras
    import tensorflow as tf

    cpuinfo = Path("/proc/cpuinfo")  # on Linux; elsewhere Python itself knows the processor's name
    described = cpuinfo.read_text(encoding="utf-8") if cpuinfo.exists() else ""
    names = re.findall(r"^model name\s*: (.+)", described, re.M)
    # What decides how sums are rounded; a virtual machine gives processors with and without AVX-512 the same name.
    instructions = sorted(set(re.findall(r"\b(?:avx2?|avx512f|amx_tile|fma)\b", described)))
    gpus = tf.config.list_physical_devices("GPU")
    names += [tf.config.experimental.get_device_details(gpu)["device_name"] for gpu in gpus]
    versions = {library.__name__: library.__version__ for library in (np, keras, tf)}
    processor = " and ".join(dict.fromkeys(names)) or platform.processor()
    return {
        "versions": {"python": platform.python_version(), **versions},
        "code": _code_version(),
        "processor": f"{processor} ({' '.join([platform.machine(), *instructions])})",
        "threads": tf.config.threading.get_intra_op_parallelism_threads() or os.cpu_count(),
    }


def what_changes_numbers(versions: dict) -> dict:
    """Return the versions that results depend on: neither Python nor a patch release is among them."""
    return {name: ".".join(version.split(".")[:2]) for name, version in versions.items() if name != "python"}


def checksums(digits: tuple | None) -> dict[str, str]:
    """Return the SHA-256 of the data: of MNIST's published files, or of the arrays if there are others."""
    if digits is None:
        return dict(dataset.MNIST_SHA256)
    return {"digits": hashlib.sha256(b"".join(np.asarray(of).tobytes() for part in digits for of in part)).hexdigest()}


def _code_version() -> str:
    """The git commit, where this file is tracked in a repository; otherwise the version of the package."""
    git = ["git", "-C", str(Path(__file__).parent)]
    try:
        subprocess.run([*git, "ls-files", "--error-unmatch", Path(__file__).name], capture_output=True, check=True)
        commit = subprocess.run([*git, "describe", "--always", "--dirty"], capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return f"mnist_utils {importlib.metadata.version('mnist_utils')}"
    return f"commit {commit.decode().strip()}"
