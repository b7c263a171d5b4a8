"""What a connector does beside its context: the part of the kit that finds sockets and programs of its own."""

import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from kith.connectors import Connector
from kith.connectors._guarded import GUARDED

_SOCKETS = frozenset({"socket.connect", "socket.sendto"})
#: Where each event of the interpreter names the program.
_PROGRAMS = {"subprocess.Popen": 0, "os.posix_spawn": 0, "os.exec": 0, "os.system": 0}

_watching: "list[Watch]" = []


class Watch:
    """Notes the connections and programs that are opened while its block lasts, by whatever thread.

    faults: one sentence for each that the SDK has not opened and the connector does not declare as ``programs``.
    """

    installed = False

    def __init__(self, connector: Connector) -> None:
        self._programs = frozenset(getattr(connector, "programs", ()))
        self._found: dict[str, None] = {}

    @property
    def faults(self) -> list[str]:
        return list(self._found)

    def __enter__(self) -> Self:
        if not Watch.installed:
            sys.addaudithook(_heard)
            Watch.installed = True
        _watching.append(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _watching.remove(self)

    def heard(self, event: str, given: tuple[Any, ...]) -> None:
        if event in _SOCKETS:
            self._found[f"It connects to {given[1]} by itself, not by context.http or context.stream."] = None
        elif (program := _program(event, given)) not in self._programs:
            self._found[f"It starts the program {program!r}, which is none of its ``programs``."] = None


def _heard(event: str, given: tuple[Any, ...]) -> None:
    if not _watching or (event not in _SOCKETS and event not in _PROGRAMS):
        return
    if event in _SOCKETS and GUARDED.get():
        return
    for watch in tuple(_watching):
        watch.heard(event, given)


def _program(event: str, given: tuple[Any, ...]) -> str:
    named = given[_PROGRAMS[event]]
    if named is None:  # of Popen: the first argument then
        named = given[1] if isinstance(given[1], str | bytes) else given[1][0]
    text = named.decode() if isinstance(named, bytes) else str(named)
    return Path(text.split(maxsplit=1)[0]).name if event == "os.system" else Path(text).name
