"""The recording of this network: what `make test` reads in its place."""

import tempfile
from collections.abc import Iterable
from pathlib import Path

import msgspec
import zstandard

from kith.connectors._exchange import Reply, Request
from kith.connectors.bluesky import BlueskyConfig
from kith.connectors.testing import Replay, write_recording
from tests.labs.bluesky.community import Act

EXCHANGES = Path(__file__).with_name("exchanges.ndjson.zst")
TRUTH = Path(__file__).with_name("truth.json")


class Recording(msgspec.Struct, frozen=True):
    """server, later: the address by which the network is asked, and by which it shows what was done later."""

    server: str
    later: str
    acts: list[Act]
    gone: list[str]

    def config(self, server: str) -> BlueskyConfig:
        return BlueskyConfig(accounts=("ada.test",), hashtags=("garden",), server=server)


def keep(
    exchanges: Iterable[tuple[Request, Reply]], server: str, later: str, acts: Iterable[Act], gone: Iterable[str]
) -> None:
    """Write the recording anew. The people are invented, so that no name is hidden."""
    each = {(request.method, request.url, request.body): (request, reply) for request, reply in exchanges}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "exchanges"
        write_recording(path, each.values(), (), ())
        EXCHANGES.write_bytes(zstandard.compress(path.read_bytes(), 19))
    told = Recording(server, later, sorted(acts), sorted(gone))
    TRUTH.write_bytes(msgspec.json.format(msgspec.json.encode(told), indent=1) + b"\n")


def replay(folder: Path) -> tuple[Recording, Replay]:
    """Return the recording with what answers in the place of its network. folder: for what is unpacked."""
    path = folder / "exchanges"
    path.write_bytes(zstandard.decompress(EXCHANGES.read_bytes()))
    return msgspec.json.decode(TRUTH.read_bytes(), type=Recording), Replay.load(path)
