"""Repeat lessons as other machines would run them, for the bands of what they train: results/repetitions.csv.

Usage: python tools/repeat.py [PART/LESSON ...]      (default: lessons with a trained claim that has no repetitions)

The repetitions of a lesson differ in what machines differ in: the number of threads, and the instructions with which
oneDNN multiplies matrices, if it does. Each adds up the same numbers in another order, and training amplifies the
difference.
"""

import asyncio
import json
import os
import platform
import sys
from datetime import UTC, datetime

import pairs
import pandas as pd

from mnist_utils import results

NAME = "repetitions"
# Threads, and up to which instructions oneDNN goes: it computes with AVX2 here as it does where there are no others.
AS_OTHERS = [(1, "off"), (2, "off"), (4, "off"), (1, "SSE41"), (2, "AVX2"), (4, "AVX512_CORE")]


def trained_claims(lesson):
    """Return the names of the claims on what a lesson trains."""
    calls = pairs.calls_in_lesson(lesson)
    return [call.args[0].value for call in calls if "trained" in [option.arg for option in call.keywords]]


def write(table):
    """Store repetitions, sorted, with what computed them."""
    import keras  # only here: after `use_own_settings`
    import numpy as np
    import tensorflow as tf

    path = results.FOLDER / f"{NAME}.csv"
    table.sort_values(["claim", "threads", "onednn"]).to_csv(path, index=False, lineterminator="\n")
    described = {
        "written": datetime.now(UTC).isoformat(timespec="seconds"),
        "code": "the lessons of the book, by tools/repeat.py",
        "versions": {library.__name__: library.__version__ for library in (np, keras, tf)},
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
    }
    described["sha256"] = {path.name: [results.sha256(path, path.read_bytes())]}
    path.with_suffix(".json").write_text(json.dumps(described, indent=1) + "\n", encoding="utf-8", newline="\n")


async def repeat(lesson, threads, onednn, places):
    """Return the values of the trained claims of a lesson when it runs in one way."""
    names = ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS")
    environment = {
        **os.environ,
        **dict.fromkeys(names, str(threads)),
        "TF_ENABLE_ONEDNN_OPTS": str(int(onednn != "off")),
    }
    environment["ONEDNN_MAX_CPU_ISA"] = "DEFAULT" if onednn == "off" else onednn
    notebook = pairs.read_lesson(lesson)
    async with places:
        await pairs.client(notebook, (pairs.CHAPTERS / lesson).parent).async_execute(env=environment)
    claims = [claim for claim in pairs.claims_in(notebook) if claim["kind"] == "trained"]
    print(f"{lesson}: {threads} threads, oneDNN {onednn}: {len(claims)} values", flush=True)
    return [(claim["name"], threads, onednn, claim["value"]) for claim in claims]


async def repeat_in_all_ways(lesson):
    places = asyncio.Semaphore(os.cpu_count() or 1)
    runs = await asyncio.gather(*(repeat(lesson, *way, places) for way in AS_OTHERS))
    return [row for run in runs for row in run]


def main(lessons):
    """Repeat lessons, and replace what is stored of their claims."""
    pairs.use_own_settings()
    known = set(results.load(NAME)["claim"])
    everywhere = {lesson: trained_claims(lesson) for lesson in pairs.lessons()}
    for lesson in lessons or [lesson for lesson, names in everywhere.items() if not known.issuperset(names)]:
        before = results.load(NAME)
        write(before[~before["claim"].isin(everywhere[lesson])])  # the old bands do not judge the new values
        rows = asyncio.run(repeat_in_all_ways(lesson))
        now = results.load(NAME)
        write(pd.concat([now, pd.DataFrame(rows, columns=now.columns)]))
    gone = set(results.load(NAME)["claim"]) - {name for names in everywhere.values() for name in names}
    write(results.load(NAME)[lambda table: ~table["claim"].isin(gone)])


if __name__ == "__main__":
    main(sys.argv[1:])
