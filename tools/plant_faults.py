"""Plant faults, one at a time, in a copy of the project, and see whether the tests that should notice them do.

Usage: python tools/plant_faults.py [WORD ...]      (default: all; else those whose description has one of the words)

A fault is a piece of text that stands exactly once in its file, and what takes its place. Prints a line for each;
exits with 1 if one survives, or no longer fits the code. Takes some ten minutes.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
COPIED = ("mnist_utils", "studies", "results", "tests", "tools", "chapters", "notebooks", "assets", "benchmarks")


class Fault(NamedTuple):
    """What is wrong, where, and the tests that should fail."""

    about: str
    file: str
    right: str
    wrong: str
    tests: str


FAULTS = (
    Fault(
        "results are written before their provenance knows them",
        "studies/store.py",
        "[*checksums.get(csv.name, []), new]",
        "[*checksums.get(csv.name, [])]",
        "tests/test_store.py",
    ),
    Fault(
        "the provenance forgets results before they are replaced",
        "studies/store.py",
        "[*checksums.get(csv.name, []), new]",
        "[new]",
        "tests/test_store.py",
    ),
    Fault(
        "results of other data are continued",
        "studies/store.py",
        '"data": provenance["data"],',
        '"data": {},',
        "tests/test_store.py",
    ),
    Fault(
        "a study is continued with other weights of another study",
        "studies/store.py",
        'provenance["weights_used"].get(file, sum)',
        "sum",
        "tests/test_store.py",
    ),
    Fault(
        "results of other settings are continued",
        "studies/store.py",
        '"settings": {f"{of[\'name\']}: {what}": value for of in conditions for what, value in of.items()},',
        '"settings": {},',
        "tests/test_store.py",
    ),
    Fault(
        "another run's lock is not asked for",
        "studies/store.py",
        "            lock.acquire()\n",
        "            pass\n",
        "tests/test_store.py",
    ),
    Fault(
        "a patch release of Keras is refused",
        "studies/origin.py",
        '".".join(version.split(".")[:2])',
        "version",
        "tests/test_store.py",
    ),
    Fault(
        "another minor version of Keras is accepted",
        "studies/origin.py",
        'split(".")[:2]',
        'split(".")[:1]',
        "tests/test_store.py",
    ),
    Fault(
        "another release of Python is refused",
        "studies/origin.py",
        ' if name != "python"',
        "",
        "tests/test_store.py",
    ),
    Fault(
        "weights that were exchanged are loaded",
        "mnist_utils/results.py",
        "    check(path, description)\n    settings",
        "    settings",
        "tests/test_store.py",
    ),
    Fault(
        "a changed number is loaded",
        "mnist_utils/results.py",
        "    if sha256(path, content) not in stated:",
        "    if not stated:",
        "tests/test_store.py",
    ),
    Fault(
        "line ends of Windows are another content",
        "mnist_utils/results.py",
        'content.replace(b"\\r\\n", b"\\n") if path.suffix == ".csv" else content',
        "content",
        "tests/test_store.py",
    ),
    Fault(
        "a condition with the name None is read as missing",
        "mnist_utils/results.py",
        "        keep_default_na=False,  # a condition may have the name None\n",
        "",
        "tests/test_store.py",
    ),
    Fault(
        "a missing number is left out of a mean",
        "mnist_utils/results.py",
        "    if not np.isfinite(rows[of]).all():",
        "    if False:",
        "tests/test_comparing.py tests/test_store.py",
    ),
    Fault(
        "each seed of a Keras model starts from the same weights",
        "studies/training.py",
        "    network = getattr(networks, condition.network)(seed=seed)\n    rate",
        "    network = getattr(networks, condition.network)(seed=0)\n    rate",
        "tests/test_training.py",
    ),
    Fault(
        "each seed of a Keras model sees the same order of images",
        "studies/training.py",
        "        random = np.random.default_rng([job.seed, epoch])\n        order",
        "        random = np.random.default_rng([0, epoch])\n        order",
        "tests/test_training.py",
    ),
    Fault(
        "each epoch of a Keras model has the same order of images",
        "studies/training.py",
        "        random = np.random.default_rng([job.seed, epoch])\n        order",
        "        random = np.random.default_rng([job.seed, 1])\n        order",
        "tests/test_training.py",
    ),
    Fault(
        "each seed of dense networks starts from the same weights",
        "studies/training.py",
        "networks.stacked(block + 1, first.hidden, seed=job.seed)",
        "networks.stacked(block + 1, first.hidden, seed=0)",
        "tests/test_training.py",
    ),
    Fault(
        "Keras models are measured on the test images whatever the split",
        "studies/training.py",
        'measured_images, truth = sets.get(split, sets["test"])',
        'measured_images, truth = sets["test"]',
        "tests/test_training.py",
    ),
    Fault(
        "dense networks are measured on the training images whatever the split",
        "studies/training.py",
        "ensemble.evaluate(*tensors[split], scales)",
        'ensemble.evaluate(*tensors["train"], scales)',
        "tests/test_training.py",
    ),
    Fault(
        "training images are not distorted",
        "studies/training.py",
        "        if condition.distortion:",
        "        if False:",
        "tests/test_training.py",
    ),
    Fault(
        "training images get no noise",
        "studies/training.py",
        "        if condition.noise:",
        "        if False:",
        "tests/test_training.py",
    ),
    Fault(
        "a denoiser is judged by the classifier of another seed",
        "studies/training.py",
        "results.load_network(*condition.classifier, job.seed)",
        "results.load_network(*condition.classifier, 0)",
        "tests/test_training.py",
    ),
    Fault(
        "denoised images are not denoised",
        "studies/training.py",
        '                if split == "denoised":',
        "                if False:",
        "tests/test_training.py",
    ),
    Fault(
        "the learning rate never falls",
        "studies/training.py",
        '"linear": 1 - done',
        '"linear": np.ones(steps)',
        "tests/test_training.py",
    ),
    Fault(
        "a factor weighs on the output layer",
        "studies/training.py",
        "[factor] * len(first.hidden) + [0]",
        "[factor] * len(first.hidden) + [factor]",
        "tests/test_training.py",
    ),
    Fault(
        "a stack of networks begins anew with each block",
        "studies/training.py",
        "    if ensemble:\n",
        "    if False:\n",
        "tests/test_training.py",
    ),
    Fault(
        "momentum is left out",
        "studies/training.py",
        "networks_together, first.momentum)",
        "networks_together)",
        "tests/test_training.py",
    ),
    Fault(
        "a failed training loses what others have finished",
        "studies/running.py",
        "                failure = failure or future.exception()\n",
        "                raise future.exception()\n",
        "tests/test_store.py tests/test_interrupted.py",
    ),
    Fault(
        "splits for the end are measured after every epoch",
        "studies/design.py",
        "(self.at_end if epoch == self.epochs else ())",
        "self.at_end",
        "tests/test_design.py tests/test_training.py",
    ),
    Fault(
        "decay is applied twice a step",
        "studies/ensembles.py",
        "decay = 2.0 * ",
        "decay = 4.0 * ",
        "tests/test_ensembles.py",
    ),
    Fault(
        "decay is computed in single precision",
        "studies/ensembles.py",
        "shrunk * (1.0 - decay)",
        "tf.cast(tf.cast(shrunk, tf.float32) * (1.0 - tf.cast(decay, tf.float32)), tf.float64)",
        "tests/test_ensembles.py",
    ),
    Fault(
        "labels of MNIST are shifted by one image",
        "mnist_utils/dataset.py",
        "    return (x_train, y_train), (x_test, y_test)\n\n\ndef _load",
        "    return (x_train, np.roll(y_train, 1)), (x_test, y_test)\n\n\ndef _load",
        "tests/test_dataset.py -k mnist",
    ),
    Fault(
        "images of MNIST are transposed",
        "mnist_utils/dataset.py",
        "    return (x_train, y_train), (x_test, y_test)\n\n\ndef _load",
        "    return (x_train.transpose(0, 2, 1).copy(), y_train), (x_test, y_test)\n\n\ndef _load",
        "tests/test_dataset.py -k mnist",
    ),
    Fault(
        "inverted images are accepted",
        "mnist_utils/dataset.py",
        "(columns > 127).mean() > 1 else",
        "(columns > 127).mean() > 9 else",
        "tests/test_dataset.py",
    ),
    Fault(
        "a split does not depend on its seed",
        "mnist_utils/dataset.py",
        "np.random.default_rng(seed)",
        "np.random.default_rng(0)",
        "tests/test_dataset.py",
    ),
    Fault(
        "zeros of an odd number go above and to the left",
        "mnist_utils/convolution.py",
        "return zeros // 2, zeros - zeros // 2",
        "return zeros - zeros // 2, zeros // 2",
        "tests/test_convolution.py",
    ),
    Fault(
        "the loss is infinite where a probability is too small for its type",
        "mnist_utils/cross_entropy.py",
        "-log_softmax(logits, axis=-1)",
        "-np.log(np.exp(log_softmax(logits, axis=-1)))",
        "tests/test_cross_entropy.py",
    ),
    Fault(
        "layers of one shape start with equal kernels",
        "mnist_utils/networks.py",
        "GlorotUniform(_layer_seed(seed, index))",
        "GlorotUniform(_layer_seed(seed, 0))",
        "tests/test_networks.py",
    ),
    Fault(
        "networks take the data format of the user's keras.json",
        "mnist_utils/networks.py",
        '            layer = functools.partial(layer, data_format="channels_last")\n',
        "            pass\n",
        "tests/test_networks.py",
    ),
    Fault(
        "distortions take the data format of the user's keras.json",
        "mnist_utils/distortions.py",
        ', data_format="channels_last"',
        "",
        "tests/test_distortions.py",
    ),
    Fault(
        "a claim holds above its band",
        "mnist_utils/claims.py",
        "low <= got <= high",
        "low <= got",
        "tests/test_claims.py",
    ),
    Fault(
        "the band of repetitions is that of their mean, not of one more",
        "mnist_utils/claims.py",
        "math.sqrt(1 + 1 / len(values))",
        "math.sqrt(1 / len(values))",
        "tests/test_claims.py",
    ),
    Fault(
        "solutions lie open in the notebooks",
        "tools/portable.py",
        'if solution or "hide-cell" in tags:',
        'if "hide-cell" in tags:',
        "tests/test_pairs.py -k markdown",
    ),
    Fault(
        "41.6 is right where 42 is asked for",
        "mnist_utils/claims.py",
        " if reading not in broken)",
        ")",
        "tests/test_claims.py",
    ),
    Fault(
        "a stored accuracy is altered together with its checksum",
        "results/dense.csv",
        "assignment,0.0,0,1,test,0.0,0.263764,0.9232\n",
        "assignment,0.0,0,1,test,0.0,0.263764,0.9432\n",
        "tests/test_results.py -k dense",
    ),
)


def write(path: Path, text: str) -> None:
    """Write a file; the checksum of stored results goes along, as that of somebody who knows it would."""
    path.write_text(text, encoding="utf-8", newline="\n")
    if path.suffix == ".csv":
        description = path.with_suffix(".json")
        stated = json.loads(description.read_text(encoding="utf-8"))
        stated["sha256"][path.name] = [hashlib.sha256(text.encode()).hexdigest()]
        description.write_text(json.dumps(stated), encoding="utf-8")


def plant(fault: Fault, folder: Path) -> str:
    """Return what became of a fault in a copy of the project: "caught by ...", "SURVIVES", or why it does not fit."""
    path = folder / fault.file
    text = path.read_text(encoding="utf-8")
    if text.count(fault.right) != 1:
        return f"DOES NOT FIT: its text stands {text.count(fault.right)} times in {fault.file}"
    write(path, text.replace(fault.right, fault.wrong))
    command = [sys.executable, "-m", "pytest", "-n0", "-q", "-x", "-p", "no:cacheprovider", "--no-header", "--tb=no"]
    # What stands on PYTHONPATH comes before the installed project.
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    run = subprocess.run(
        [*command, *fault.tests.split()], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    write(path, text)
    failed = [line for line in run.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    if run.returncode == 0:
        return "SURVIVES"
    return f"caught by {failed[0].split(' - ')[0].split(' ', 1)[1]}" if failed else f"NO TEST RAN: {run.stdout[-300:]}"


def main(words: list[str]) -> int:
    """Plant what was asked for; return 1 if anything was not caught."""
    chosen = [fault for fault in FAULTS if not words or any(word in fault.about for word in words)]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary, "project")
        folder.mkdir()
        for name in COPIED:
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        for path in ROOT.glob("*.*"):
            if path.is_file():
                shutil.copy(path, folder)
        caught = 0
        for fault in chosen:
            start = time.monotonic()
            outcome = plant(fault, folder)
            caught += outcome.startswith("caught")
            print(f"{fault.about}: {outcome} ({time.monotonic() - start:.0f} s)", flush=True)
    print(f"{caught} of {len(chosen)} faults caught")
    return int(caught < len(chosen))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
