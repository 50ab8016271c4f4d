"""Prepare the build of `make book`: execute the lessons whose results are not in its cache, several at a time.

Jupyter Book takes from the cache what it finds there, and would execute the rest one after the other. It leaves the
pages that are no longer in the table of contents, which go here.

Usage: python tools/execute.py
"""

import asyncio
import os
import sys
import time

import kernels
import pairs
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn

# A lesson keeps one core busy for three quarters of the time, seldom two, and takes up to 2 GB.
AT_ONCE = min((os.cpu_count() or 1) + 1, 4)


async def execute(name, cache, places):
    """Execute a lesson when one of `places`, a semaphore, is free, and put it into the cache."""
    notebook, path = pairs.read_lesson(name), pairs.CHAPTERS / f"{name}.md"
    async with places:
        start = time.monotonic()
        await pairs.client(notebook, path.parent).async_execute()
    seconds = time.monotonic() - start
    bundle = CacheBundleIn(notebook, str(path), data={"execution_seconds": seconds})
    cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
    print(f"chapters/{name}.md: executed in {seconds:.0f} seconds", flush=True)


async def execute_all(names, cache):
    """Execute lessons, the longest text first, so that none is left alone at the end; return name and error of those
    that failed, when the others are done and kept."""
    names = sorted(names, key=lambda name: -(pairs.CHAPTERS / f"{name}.md").stat().st_size)
    places = asyncio.Semaphore(AT_ONCE)
    results = await asyncio.gather(*(execute(name, cache, places) for name in names), return_exceptions=True)
    return {name: result for name, result in zip(names, results, strict=True) if result is not None}


def is_cached(name, cache):
    """Return whether the cache has the results of the cells that the lesson has now."""
    try:
        return bool(cache.match_cache_notebook(pairs.read_lesson(name)))
    except KeyError:
        return False


def prune(folder):
    """Delete the built pages of lessons that are no longer in the table of contents."""
    kept = {folder / f"{page}.html" for page in pairs.pages()}
    for path in (folder / "chapters").rglob("*.html"):
        if path not in kept:
            path.unlink()


def main(folder=pairs.CACHE):
    """Execute what is missing in the cache; exit with 1 and the errors if a lesson failed."""
    prune(folder.parent / "html")
    pairs.use_own_settings()
    kernels.use()
    cache = get_cache(folder)
    missing = [name for name in pairs.lessons() if not is_cached(name, cache)]
    if missing:
        at_once = min(AT_ONCE, len(missing))
        print(f"Executing {len(missing)} lessons, {at_once} at a time.", flush=True)
        pairs.share_cores(at_once)
    failed = asyncio.run(execute_all(missing, cache))
    for name, error in failed.items():
        print(f"\nchapters/{name}.md failed:\n{error}", file=sys.stderr)
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
