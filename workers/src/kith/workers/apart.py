"""Long computations in a process of their own: the worker goes on, and ends at once when it has to."""

import asyncio
import pickle
import sys
from asyncio.subprocess import PIPE
from collections.abc import Callable
from typing import TypeVar

Given = TypeVar("Given")
Found = TypeVar("Found")


async def apart(compute: Callable[[Given], Found], given: Given) -> Found:
    """Return ``compute(given)``, a function of some module; canceling ends the process. Raises RuntimeError."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", __name__, stdin=PIPE, stdout=PIPE)
    try:
        answer, _ = await process.communicate(pickle.dumps((compute, given)))
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise RuntimeError(f"{compute.__name__} ended with status {process.returncode}; its standard error says why.")
    found: Found = pickle.loads(answer)  # noqa: S301 - written by our own process
    return found


def main() -> None:
    """Compute what standard input says."""
    compute, given = pickle.loads(sys.stdin.buffer.read())  # noqa: S301 - written by our own process
    sys.stdout.buffer.write(pickle.dumps(compute(given)))


if __name__ == "__main__":
    main()
