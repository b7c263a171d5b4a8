"""What kith lends a connector while it reads one source."""

from pathlib import Path

import msgspec

from kith.connectors._clock import Clock, SystemClock
from kith.connectors._http import Http
from kith.connectors._limits import Limits
from kith.connectors._streams import Streams
from kith.connectors._websockets import WebSockets


class Context(msgspec.Struct, frozen=True):
    """What kith lends a connector while it reads one source.

    folder: for what would be costly to fetch again, such as a clone. It may be missing or empty at any time, and goes
    with the source. limits: check locations by them that the settings do not name themselves. http: the way to the
    hosts of the connector's ``egress`` and of the settings. clock: ask it for the time, so that tests can set it.
    stream, websocket: the ways to the same hosts for what speaks no HTTP, and for WebSockets. hook: where the network
    may push to this source; None where kith has no address that others reach.
    """

    folder: Path
    limits: Limits = Limits()
    http: Http = msgspec.field(default_factory=Http)
    clock: Clock = SystemClock()
    stream: Streams = msgspec.field(default_factory=Streams)
    websocket: WebSockets = msgspec.field(default_factory=WebSockets)
    hook: str | None = None
