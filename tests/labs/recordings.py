"""Recordings of labs, and the truth about what was done on them: what `make test` reads in their place."""

import asyncio
import tempfile
from collections.abc import Callable, Iterable
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import msgspec
import zstandard

from kith.connectors import Page
from kith.connectors._exchange import Reply, Request
from kith.connectors.testing import Facts, Recorder, Replay, write_recording

LATER = "//LOCALHOST"
"""How a lab is called when people have gone on: the same host, and another address to a recording."""


class Act(NamedTuple):
    """What somebody did, by native names: on which object, and towards whom in which way."""

    kind: str
    key: str
    actor: str
    towards: frozenset[tuple[str, str]]


class Recording(msgspec.Struct, frozen=True):
    """server, later: the address by which the lab is asked, and by which it shows what was done later."""

    server: str
    later: str
    acts: list[Act]
    gone: list[str]


def told(pages: Iterable[Page]) -> set[Act]:
    """Return what pages tell, as the truth has it."""
    return {
        Act(ref.kind, ref.key, act.actor.key, frozenset((one.identity.key, one.kind) for one in act.targets))
        for ref, act in Facts(pages).interactions.items()
    }


def keep(lab: Path, exchanges: Iterable[tuple[Request, Reply]], recording: Recording) -> None:
    """Write the recording of a lab again, into its folder. The people are invented, so that no name is hidden."""
    each = {(request.method, request.url, request.body): (request, reply) for request, reply in exchanges}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "exchanges"
        write_recording(path, each.values(), (), ())
        (lab / "exchanges.ndjson.zst").write_bytes(zstandard.compress(path.read_bytes(), 19))
    (lab / "truth.json").write_bytes(msgspec.json.format(msgspec.json.encode(recording), indent=1) + b"\n")


def replay(lab: Path, folder: Path) -> tuple[Recording, Replay]:
    """Return a recording with what answers in the place of the lab. folder: for what is unpacked."""
    path = folder / "exchanges"
    path.write_bytes(zstandard.decompress((lab / "exchanges.ndjson.zst").read_bytes()))
    return msgspec.json.decode((lab / "truth.json").read_bytes(), type=Recording), Replay.load(path)


class Growing:
    """The network, where people go on as soon as it is asked by another spelling of the server's name.

    They do so in a process of their own: the kit holds every connection of this one to be the connector's.
    """

    def __init__(self, go_on: Callable[[], None]) -> None:
        self._go_on, self._has_grown, self._wire = go_on, False, Recorder()

    async def send(self, request: Request) -> Reply:
        if LATER in request.url and not self._has_grown:
            self._has_grown = True
            going_on = get_context("fork").Process(target=self._go_on)
            going_on.start()
            await asyncio.to_thread(going_on.join)
            assert going_on.exitcode == 0
        return await self._wire.send(request)

    async def close(self) -> None:
        await self._wire.close()
