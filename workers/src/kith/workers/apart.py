"""Long computations in a process of their own: the worker goes on, keeps its memory, and ends when it has to."""

import asyncio
import os
import pickle
import resource
import sys
from asyncio.subprocess import PIPE
from collections.abc import Callable
from typing import TypeVar

Given = TypeVar("Given")
Found = TypeVar("Found")

MEGABYTE = 1 << 20
_OUT_OF_MEMORY = 77  # the status with which the process says so


class OutOfMemory(Exception):
    """The computation needs more memory than it may have."""


async def apart(compute: Callable[[Given], Found], given: Given, megabytes: int) -> Found:
    """Return ``compute(given)``, a function of some module; canceling ends the process.

    Raises OutOfMemory where it would take more than so many megabytes, and RuntimeError where it fails otherwise.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", __name__, str(megabytes), stdin=PIPE, stdout=PIPE,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},  # each thread would reserve memory that it does not use
    )  # fmt: skip
    try:
        answer, _ = await process.communicate(pickle.dumps((compute, given)))
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode == _OUT_OF_MEMORY:
        raise OutOfMemory
    if process.returncode:
        raise RuntimeError(f"{compute.__name__} ended with status {process.returncode}; its standard error says why.")
    found: Found = pickle.loads(answer)  # noqa: S301 - written by our own process
    return found


def main() -> None:
    """Compute what standard input says, within the megabytes that the first argument allows."""
    bound = int(sys.argv[1]) * MEGABYTE
    resource.setrlimit(resource.RLIMIT_DATA, (bound, bound))
    try:
        compute, given = pickle.loads(sys.stdin.buffer.read())  # noqa: S301 - written by our own process
        sys.stdout.buffer.write(pickle.dumps(compute(given)))
    except MemoryError:
        sys.exit(_OUT_OF_MEMORY)


if __name__ == "__main__":
    main()
