"""Hashes and judges passwords, in a process that gives way to all others: ``python -m kith.runtime.judge``.

Each line that comes is JSON, a password and the hash that it may have. The answer is a line: whether it has; where
there is no hash to judge by, a new one. A thread would give way also while it holds the interpreter's lock, and all
that answers requests would wait with it. The process ends with its input.
"""

import json
import os
import signal
import sys

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_NICENESS = 10


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal it comes to the whole group
    os.nice(_NICENESS)
    for line in sys.stdin.buffer:
        sys.stdout.buffer.write(json.dumps(_judge(*json.loads(line))).encode() + b"\n")
        sys.stdout.buffer.flush()


def _judge(password: str, known: str | None) -> bool | str:
    if known is None:
        return _HASHER.hash(password)
    try:
        return _HASHER.verify(known, password)
    except (VerificationError, InvalidHashError):
        return False


if __name__ == "__main__":
    main()
