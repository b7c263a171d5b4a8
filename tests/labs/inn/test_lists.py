"""The connector `lists` on a real INN."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from kith.connectors import InteractionRef, Missing, Page, open_context
from kith.connectors.lists import ListsConfig, ListsConnector, news, reader
from kith.connectors.testing import Facts, check_connector
from tests.labs.inn.server import GROUP, Inn, inn
from tests.labs.lab import heavy, lab
from tests.unit.connectors.mailboxes import LIST, THREAD, mail

pytestmark = heavy
LISTS = ListsConnector()


@pytest.fixture
def server() -> Iterator[Inn]:
    with lab("INN", inn()) as started:
        for data in THREAD:
            started.post(data)
        yield started


def config_of(server: Inn) -> ListsConfig:
    return ListsConfig(LIST, news=f"127.0.0.1:{server.port}", group=GROUP, encrypted=False)


async def test_it_keeps_what_kith_asks(server: Inn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "PAGE_RECORDS", 3)
    monkeypatch.setattr(news, "BATCH", 2)
    assert (await check_connector(LISTS, config_of(server))).tier == "leaf"


async def test_what_is_posted_is_read_and_what_is_cancelled_is_found_by_an_audit(server: Inn, tmp_path: Path) -> None:
    config = config_of(server)
    pages = await read(config, tmp_path)
    server.cancel("3@example.org")
    server.post(mail(6, "Re: Plan", "More.\n.\n..dots", answers=[1]))
    more = await read(config, tmp_path, pages[-1].cursor)
    acts = {ref.key.partition("@")[0]: act for ref, act in Facts([*pages, *more]).interactions.items()}
    assert sorted(acts) == ["1", "2", "3", "4", "5", "6"]
    assert acts["6"].text == "More.\n.\n..dots"
    assert [ref.key for ref in Facts(more).interactions] == ["6@example.org"]
    async with open_context(LISTS, config, tmp_path) as context:
        refs = [InteractionRef("mail", f"{number}@example.org", "post") for number in range(1, 7)]
        assert [ref.key for ref in await LISTS.gone(config, refs, context)] == ["3@example.org"]


async def test_a_group_that_is_not_there_is_missing(server: Inn, tmp_path: Path) -> None:
    with pytest.raises(Missing):
        await read(msgspec.structs.replace(config_of(server), group="no.such.group"), tmp_path)


async def read(config: ListsConfig, folder: Path, cursor: msgspec.Raw | None = None) -> list[Page]:
    async with open_context(LISTS, config, folder) as context:
        return [page async for page in LISTS.pull(config, cursor, context)]
