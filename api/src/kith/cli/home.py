"""The home folder: who holds it, and where the servers of this installation are."""

import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from kith.cli.processes import CannotStart
from kith.cli.servers import addresses_of, prepare_home, start_servers
from kith.runtime.settings import Settings, load_settings, unknown_variables

#: The workspace that ``kith up`` creates and that commands work in.
DEFAULT_WORKSPACE = UUID(int=1)


class Held(CannotStart):
    """Another process holds the home folder."""


class Addresses(NamedTuple):
    """Where PostgreSQL and Valkey are. redis_url: None where unknown. lasting: they outlive this command."""

    database_url: str
    redis_url: str | None
    lasting: bool = True

    def environment(self) -> dict[str, str]:
        """The settings that name these servers to another process."""
        return {"KITH_DATABASE_URL": self.database_url, "KITH_REDIS_URL": self.redis_url or ""}


def current_settings() -> Settings:
    """The settings of this process."""
    return load_settings(os.environ)


def warn_of_unknown_settings() -> None:
    """Write a line for each variable that is named like a setting and is none."""
    for name, meant in unknown_variables(os.environ).items():
        print(f"kith: {name} is not a setting{f'; is {meant} meant?' if meant else '.'}", file=sys.stderr)


@contextmanager
def hold(home: Path) -> Iterator[None]:
    """Be the one process that runs servers in ``home``. Raises Held. The kernel lets go when the process dies."""
    prepare_home(home)
    with (home / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise Held(
                f"Another kith already runs in {home.absolute()} (process {lock.read().strip() or 'unknown'}): "
                "stop it, or set KITH_HOME to another folder."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


@contextmanager
def addresses(settings: Settings) -> Iterator[Addresses]:
    """The servers to work with: those configured, those of a running ``kith up``, or embedded ones for the while."""
    if settings.database_url:
        yield Addresses(settings.database_url, settings.redis_url)
        return
    with ExitStack() as stack:
        try:
            stack.enter_context(hold(settings.home))
        except Held:
            yield Addresses(*addresses_of(settings.home))
            return
        servers = stack.enter_context(start_servers(settings.home))
        yield Addresses(servers.database_url, servers.redis_url, lasting=False)


def running_addresses(settings: Settings) -> Addresses:
    """The servers configured, or those of a running ``kith up``. Raises CannotStart where there are none."""
    if settings.database_url:
        return Addresses(settings.database_url, settings.redis_url)
    try:
        with hold(settings.home):
            raise CannotStart("No servers run here: start 'kith up', or set KITH_DATABASE_URL and KITH_REDIS_URL.")
    except Held:
        return Addresses(*addresses_of(settings.home))
