"""``kith worker`` and ``kith live``: one process of each in the foreground."""

import os
import sys
from importlib.util import find_spec

from kith.cli.home import current_settings, running_addresses, warn_of_unknown_settings


def worker() -> None:
    """Do background work, beside the servers of kith up or the configured ones."""
    _become("kith.workers")


def live() -> None:
    """Listen to the networks that tell at once what happens, beside the servers of kith up or the configured ones."""
    _become("kith.workers.live")


def _become(program: str) -> None:
    if find_spec("kith.workers") is None:
        raise ModuleNotFoundError(name="kith.workers")
    warn_of_unknown_settings()
    env = os.environ | running_addresses(current_settings()).environment()
    # The API knows workers only as a program: nothing imports them.
    os.execve(sys.executable, [sys.executable, "-m", program], env)  # noqa: S606 - our own program, no shell
