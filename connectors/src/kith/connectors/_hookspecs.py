"""The hooks of a connector distribution. pluggy finds connectors; a connector itself is a small typed object."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Protocol, runtime_checkable

import msgspec
import pluggy

from kith.connectors._context import Context
from kith.connectors._rates import Rate
from kith.connectors._records import Page, Record

hookspec = pluggy.HookspecMarker("kith")
hookimpl = pluggy.HookimplMarker("kith")


class Report(msgspec.Struct, frozen=True):
    """What a look at a source found before the first run. detail: one sentence for the person who set it up.

    preview: the first records as they would be read, where that depends on the settings.
    """

    detail: str
    warnings: tuple[str, ...] = ()
    preview: tuple[Record, ...] = ()


class Connector(Protocol):
    """The code that reads one network.

    Plain class attributes will do. name: lower case, unique in an installation. version: of what it reads and how it
    keys it. Config: the settings of one source, a frozen msgspec struct whose JSON Schema (titles, descriptions,
    examples by ``msgspec.Meta``) is all that a frontend needs to build a form; ``check`` and ``pull`` get an instance,
    whose fields of type LocalPath, Url and Location name what may be read: kith has seen to that.
    """

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def Config(self) -> type[msgspec.Struct]: ...  # noqa: N802 - it is a class

    async def check(self, config: Any, context: Context) -> Report:
        """Look at the source without storing anything; raise Fatal, Reauthorize or Retry with a sentence that helps."""
        ...

    def pull(self, config: Any, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
        """Yield pages from where ``cursor`` stands; None is the very beginning.

        Pages hold at most 10,000 records and 16 MiB of them as JSON; 4 MiB is a good size. Reading the same cursor
        again yields the same records with the same keys, or newer versions of them. Raises Retry, Reauthorize or
        Fatal; a single bad record becomes a Skip on its page.
        """
        ...


@runtime_checkable
class Networked(Protocol):
    """What a connector adds that asks servers by ``context.http``. Plain class attributes will do.

    egress: the hosts that it may ask, ``api.example.org``, ``*.example.org`` or, where any may turn up, ``*``; the
    hosts of the settings' addresses may be asked anyway. rates: the limits that the network names.
    """

    @property
    def egress(self) -> Sequence[str]: ...
    @property
    def rates(self) -> Sequence[Rate]: ...


@hookspec
def kith_connectors() -> Sequence[Connector]:
    """Return the connectors that this distribution provides.

    Called once per process, at start, before any event loop runs: do no I/O. An exception, or a name already taken,
    puts this distribution aside with a fault that ``GET /v1/connectors`` and ``kith doctor`` show; the others work on.
    """
    raise NotImplementedError
