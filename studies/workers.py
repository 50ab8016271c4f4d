"""Where trainings run: on this machine, or on the workers of a dask.distributed cluster."""

import contextlib
import gc
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait

from studies.design import StudyError
from studies.origin import this_machine

PATIENCE = 15  # seconds that a scheduler has to answer, and may be without workers


class Threads(ThreadPoolExecutor):
    """Two trainings at a time: while one does what a single core does, the other has the rest.

    What is interrupted ends after the epoch that it is in.
    """

    def __init__(self):
        super().__init__(2)
        self._stopping = threading.Event()

    def submit(self, function, *arguments) -> Future:
        return super().submit(function, *arguments, stopped=self._stopping.is_set)

    def __exit__(self, *error):
        self._stopping.set()
        self.shutdown(cancel_futures=True)


@contextlib.contextmanager
def workers(scheduler: str | None = None) -> Iterator[tuple[Executor, dict, Callable[[], bool]]]:
    """Give an executor, what `this_machine` says where it works, and a function that tells whether anybody does.

    The workers are those of a scheduler at this address, such as "tcp://10.0.0.1:8786", or threads of this process.
    """
    if scheduler is None:
        with Threads() as threads:
            yield threads, this_machine(), lambda: True
        return
    import distributed  # of the extra "cluster"

    advice = "Start one with `dask scheduler`, and workers with `dask worker ADDRESS --nthreads 1`"
    gc.collect()  # a client that has failed before, and is collected while this one starts, would wait for it forever
    try:
        client = distributed.Client(scheduler, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        got = f"no answer from {scheduler} in {PATIENCE} s"
        raise StudyError(f"scheduler: got {got}; expected one. {advice}") from error
    with client:
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
            machines = list(client.run(this_machine).values())
        except (OSError, TimeoutError) as error:
            got = f"no workers at {scheduler} in {PATIENCE} s"
            raise StudyError(f"scheduler: got {got}; expected one at least. {advice}") from error
        different = sorted({f"{of['versions']}, {of['code']}" for of in [this_machine(), *machines]})
        if len(different) > 1:
            raise StudyError(f"workers: got other versions, {'; '.join(different)}; expected the same. Update them")
        several = {key: ", ".join(sorted({str(of[key]) for of in machines})) for key in ("processor", "threads")}
        yield client.get_executor(pure=False), {**machines[0], **several}, lambda: bool(client.nthreads())


def finished(futures: Iterable[Future], anybody: Callable[[], bool]) -> Iterator[Future]:
    """Give futures as they end; raise StudyError when nobody has been there to work for a while."""
    waiting, last_seen = set(futures), time.monotonic()
    while waiting:
        done, waiting = wait(waiting, timeout=1, return_when=FIRST_COMPLETED)
        yield from done
        if done or anybody():
            last_seen = time.monotonic()
        elif time.monotonic() - last_seen > PATIENCE:
            advice = "What is finished is stored: start workers, then run the same again"
            raise StudyError(f"scheduler: got no workers for {PATIENCE} s; expected some. {advice}")
