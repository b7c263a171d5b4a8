"""The connector `lists` on a real public-inbox, over HTTP and NNTP."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from kith.connectors import Interaction, InteractionRef, Missing, Page, open_context
from kith.connectors.lists import ListsConfig, ListsConnector, dated, news, reader
from kith.connectors.mail import MailConfig, MailConnector
from kith.connectors.testing import Facts, FakeClock, check_connector
from tests.labs.lab import lab
from tests.labs.public_inbox.server import GROUP, PublicInbox, public_inbox
from tests.unit.connectors.mailboxes import LIST, START, THREAD, mail

LISTS = ListsConnector()
LATE = "Received: from a by b; Wed, 31 Dec 2025 10:00:00 +0000"
MORE = tuple(
    mail(number, f"Re: {number}", "x", f"P{number} <p{number}@x.org>", LATE, answers=[number - 1])
    for number in range(6, 16)
)


@pytest.fixture(scope="module")
def before() -> Iterator[PublicInbox]:
    with lab("public-inbox", public_inbox(LIST, THREAD)) as started:
        yield started


@pytest.fixture(scope="module")
def after() -> Iterator[PublicInbox]:
    with lab("public-inbox", public_inbox(LIST, (*THREAD, *MORE))) as started:
        yield started


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "PAGE_RECORDS", 3)
    monkeypatch.setattr(news, "BATCH", 3)
    monkeypatch.setattr(news, "AT_ONCE", 2)
    monkeypatch.setattr(dated, "START", START)
    monkeypatch.setattr(dated, "MOST_DAYS", 60.0)


def config_of(server: PublicInbox, way: str) -> ListsConfig:
    if way == "http":
        return ListsConfig(LIST, server.url)
    return ListsConfig(LIST, news=f"127.0.0.1:{server.port}", group=GROUP, encrypted=False)


async def read(config: ListsConfig, folder: Path, cursor: msgspec.Raw | None = None) -> list[Page]:
    async with open_context(LISTS, config, folder, clock=FakeClock()) as context:
        return [page async for page in LISTS.pull(config, cursor, context)]


def told(pages: list[Page]) -> dict[str, Interaction]:
    return {ref.key: act for ref, act in Facts(pages).interactions.items()}


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("way", ["http", "news"])
async def test_it_keeps_what_kith_asks(before: PublicInbox, after: PublicInbox, way: str) -> None:
    verdict = await check_connector(LISTS, config_of(before, way), config_of(after, way))
    assert verdict.tier == "branch"


async def test_every_way_to_a_list_tells_the_same(after: PublicInbox, tmp_path: Path) -> None:
    by_http, by_news = [told(await read(config_of(after, way), tmp_path)) for way in ("http", "news")]
    assert by_http == by_news
    assert len(by_http) == len(THREAD) + len(MORE)
    config = MailConfig(str(after.folder / "dev"), LIST)
    async with open_context(MailConnector(), config, tmp_path) as context:
        cloned = told([page async for page in MailConnector().pull(config, None, context)])
    assert {key: (act.actor, act.occurred_at, act.text, act.title) for key, act in cloned.items()} == {
        key: (act.actor, act.occurred_at, act.text, act.title) for key, act in by_http.items()
    }


@pytest.mark.parametrize("way", ["http", "news"])
async def test_mails_that_come_are_read_and_those_that_go_are_found_by_an_audit(tmp_path: Path, way: str) -> None:
    with lab("public-inbox", public_inbox(LIST, THREAD)) as server:
        config = config_of(server, way)
        pages = await read(config, tmp_path)
        server.add(MORE[:2])
        server.remove(THREAD[3:4])
        server.stop()  # it would go on to search what it had opened, for a minute
        server.start()
        more = await read(config, tmp_path, pages[-1].cursor)
        assert {"6@example.org", "7@example.org"} <= told(more).keys()
        assert len(told([*pages, *more])) == len(THREAD) + 2
        async with open_context(LISTS, config, tmp_path) as context:
            refs = [InteractionRef("mail", f"{number}@example.org", "post") for number in range(1, 7)]
            gone = await LISTS.gone(config, [*refs, InteractionRef("mail", LIST, "join")], context)
        assert [ref.key for ref in gone] == ["4@example.org"]


@pytest.mark.parametrize("way", ["http", "news"])
async def test_a_list_that_is_not_there_is_missing(before: PublicInbox, tmp_path: Path, way: str) -> None:
    config = msgspec.structs.replace(config_of(before, way), archive=f"{before.url[:-4]}other/", group="no.such.group")
    async with open_context(LISTS, config, tmp_path) as context:
        with pytest.raises(Missing):
            await LISTS.check(config, context)
        with pytest.raises(Missing):
            [page async for page in LISTS.pull(config, None, context)]
