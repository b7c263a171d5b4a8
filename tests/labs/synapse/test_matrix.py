"""The connector `matrix` on a real Synapse, also while that is restarted."""

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kith.connectors import Page, Reauthorize, Retry, Secret, open_context
from kith.connectors.matrix import MatrixConfig, MatrixConnector, client
from kith.connectors.testing import Facts, FakeClock, Recorder, check_connector
from tests.labs.lab import heavy, lab
from tests.labs.recordings import Growing, Recording, keep, told
from tests.labs.synapse.community import Truth, play, play_on
from tests.labs.synapse.server import Synapse, synapse

pytestmark = heavy
MATRIX = MatrixConnector()
MOVES = ("join", "leave", "invite")


@pytest.fixture(scope="module")
def server() -> Iterator[Synapse]:
    with lab("Synapse", synapse()) as started:
        yield started


@pytest.fixture(scope="module")
def truth(server: Synapse) -> Truth:
    return play(server)


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "LIMIT", 4)


def config(server: Synapse, truth: Truth, host: str = "localhost", **more: Any) -> MatrixConfig:
    return MatrixConfig(server.url(host), Secret(truth.people["kith"].token), **more)


async def read(settings: MatrixConfig, cursor: msgspec.Raw | None = None) -> list[Page]:
    async with open_context(MATRIX, settings, Path("/nonexistent"), clock=FakeClock()) as context:
        return [page async for page in MATRIX.pull(settings, cursor, context)]


async def test_what_was_done_is_told_and_nothing_else(server: Synapse, truth: Truth) -> None:
    pages = await read(config(server, truth))
    facts = Facts(pages)
    assert [skip for page in pages for skip in page.skipped] == []
    assert {act for act in told(pages) if act.kind not in MOVES} == truth.acts
    assert sorted((act.kind, act.actor) for act in told(pages) if act.kind in MOVES) == sorted(truth.moves)
    assert facts.interactions.keys().isdisjoint(facts.gone)
    texts = {ref.key: act.text for ref, act in facts.interactions.items() if act.text}
    assert texts == {key: truth.texts[key] for key in texts}
    assert {one.name for one in facts.channels.values()} == {"Garden"}
    assert {one.name for one in facts.identities.values()} >= {"Ada Example", "Ben Example", "Chi Example"}
    both = Facts(await read(config(server, truth, private=True)))
    assert {one.name: one.visibility for one in both.channels.values()} == {"Garden": "public", "Shed": "private"}


async def test_a_run_that_a_restart_ends_is_gone_on_with(server: Synapse, truth: Truth) -> None:
    settings = config(server, truth)
    whole, pages = told(await read(settings)), []
    async with open_context(MATRIX, settings, Path("/nonexistent"), clock=FakeClock()) as context:
        with pytest.raises(Retry):  # noqa: PT012 - the server goes while it is read
            async for page in MATRIX.pull(settings, None, context):
                pages.append(page)
                if len(pages) == 2:
                    server.stop()
    server.start()
    assert told([*pages, *await read(settings, pages[-1].cursor)]) == whole
    with pytest.raises(Reauthorize):
        await read(msgspec.structs.replace(settings, token=Secret("not-a-token")))


async def test_it_keeps_what_kith_asks_and_its_recording_is_made(server: Synapse, truth: Truth) -> None:
    recorder = Recorder(Growing(partial(play_on, truth)))
    before, after = config(server, truth), config(server, truth, "LOCALHOST")
    verdict = await check_connector(MATRIX, before, after, wire=recorder)
    assert verdict.tier == "branch"
    if os.environ.get("RECORD"):
        acts, gone = sorted(truth.acts, key=str), sorted(truth.gone)
        keep(Path(__file__).parent, recorder.exchanges, Recording(before.server, after.server, acts, gone))
