"""How kith, the command line and the tests open a source for reading."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from kith.connectors._clock import Clock, SystemClock
from kith.connectors._context import Context
from kith.connectors._egress import Egress
from kith.connectors._exchange import POLITE, Manners, Wire
from kith.connectors._hookspecs import Connector, Networked
from kith.connectors._http import Http, Renewal
from kith.connectors._limits import ANYWHERE, Limits, host_of, locations
from kith.connectors._rates import Limiter
from kith.connectors._settings import secrets_of
from kith.connectors._streams import Dial, Streams
from kith.connectors._websockets import WebSockets


def egress_of(connector: Connector, config: msgspec.Struct) -> tuple[str, ...]:
    """Return the hosts that a source may ask: the connector's own, and those of its settings' addresses."""
    declared = connector.egress if isinstance(connector, Networked) else ()
    return (*declared, *dict.fromkeys(_hosts(config)))


@asynccontextmanager
async def open_context(
    connector: Connector,
    config: msgspec.Struct,
    folder: Path,
    limits: Limits = ANYWHERE,
    *,
    source: str = "source",
    limiter: Limiter | None = None,
    clock: Clock | None = None,
    manners: Manners = POLITE,
    wire: Wire | None = None,
    dial: Dial | None = None,
    renewal: Renewal | None = None,
    hook: str | None = None,
) -> AsyncIterator[Context]:
    """Lend a connector what it needs for one source, until the block ends.

    wire, dial: what carries requests and streams in place of the network. renewal: keeps the token of OAuth fresh.
    hook: where the network may push to.
    """
    egress = Egress(egress_of(connector, config), limits)
    streams = Streams(egress, manners, dial)
    http = Http(
        egress,
        connector.rates if isinstance(connector, Networked) else (),
        source=source,
        connector=connector.name,
        secrets=secrets_of(config),
        limiter=limiter,
        clock=clock,
        manners=manners,
        wire=wire,
        renewal=renewal,
    )
    try:
        yield Context(folder, limits, http, clock or SystemClock(), streams, WebSockets(egress, streams, manners), hook)
    finally:
        await http.close()


def _hosts(config: msgspec.Struct) -> Iterator[str]:
    for _, location in locations(config):
        if host := host_of(location):
            yield host
