"""Calendars on a real CalDAV server, where meetings are moved, answered and deleted by another program."""

from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest

from kith.connectors import InteractionRef, Page, Ref, Secret, open_context
from kith.connectors.calendar import CalendarConfig, CalendarConnector, places
from kith.connectors.testing import Facts, FakeClock, check_connector
from tests.labs.radicale.server import PASSWORD, Radicale
from tests.unit.connectors.events import ADA, calendar, event, guest

CALENDAR = CalendarConnector()
NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "BATCH", 3)


def config(server: Radicale, path: str, user: str = "ada", *, came: bool = False) -> CalendarConfig:
    return CalendarConfig(url=server.url(path), user=user, password=Secret(PASSWORD), came=came)


async def read(settings: CalendarConfig, cursor: msgspec.Raw | None = None) -> list[Page]:
    with TemporaryDirectory() as folder:
        async with open_context(CALENDAR, settings, Path(folder), clock=FakeClock(NOW, still=True)) as context:
            return [page async for page in CALENDAR.pull(settings, cursor, context)]


def put(server: Radicale, path: str, *events: str) -> None:
    server.send("PUT", path, calendar(*events))


async def test_meetings_are_moved_answered_and_deleted(server: Radicale) -> None:
    server.calendar("/ada/team/", "Team")
    server.address_book("/ada/people/", "no calendar")
    for number in range(8):
        meeting = event(f"m{number}", f"2024050{number + 1}T090000Z", ADA, guest("bob", "ACCEPTED"))
        put(server, f"/ada/team/{number}.ics", meeting)
    first = await read(config(server, "/"))
    found = Facts(first).interactions
    assert sum(ref.kind == "invite" for ref in found) == sum(ref.kind == "register" for ref in found) == 8
    assert await read(config(server, "/"), first[-1].cursor) == []
    put(server, "/ada/team/0.ics", event("m0", "20240520T090000Z", ADA, guest("bob", "ACCEPTED")))
    put(server, "/ada/team/1.ics", event("m1", "20240502T090000Z", ADA, guest("bob", "DECLINED")))
    server.send("DELETE", "/ada/team/2.ics")
    second = await read(config(server, "/"), first[-1].cursor)
    facts = Facts([*first, *second])
    bob = Ref("mail", "bob@x.org")
    assert facts.interactions == Facts(await read(config(server, "/"))).interactions
    moved = facts.interactions[InteractionRef("calendar", "m0", "register", actor=bob)]
    assert moved.occurred_at == datetime(2024, 5, 20, 9, tzinfo=UTC)
    assert InteractionRef("calendar", "m1", "register", actor=bob) not in facts.interactions
    assert not [ref for ref in facts.interactions if ref.key == "m2"]
    assert [channel.name for channel in facts.channels.values()] == ["Team"]


async def test_calendar_conforms_on_a_real_server(server: Radicale) -> None:
    for name, count in (("before", 7), ("after", 10)):
        server.calendar(f"/bob/{name}/", "Same")
        for number in range(count):
            meeting = event(f"c{number}", f"202301{number + 10}T090000Z", ADA, guest("bob", "ACCEPTED"))
            put(server, f"/bob/{name}/{number}.ics", meeting)
    before, after = (config(server, f"/bob/{name}/", "bob", came=True) for name in ("before", "after"))
    verdict = await check_connector(CALENDAR, before, after)
    assert verdict.tier == "branch"


async def test_killed_twice_and_the_server_started_again_nothing_is_lost(server: Radicale) -> None:
    server.calendar("/bob/many/", "Many")
    for number in range(12):
        meeting = event(f"k{number}", f"202402{number + 10}T090000Z", ADA, guest("bob", "ACCEPTED"))
        put(server, f"/bob/many/{number}.ics", meeting)
    settings = config(server, "/bob/many/", "bob")
    whole = await read(settings)
    told = whole[:3]
    server.stop()
    server.start()
    told += (await read(settings, told[-1].cursor))[:1]
    told += await read(settings, told[-1].cursor)
    assert Facts(told) == Facts(whole)
    assert len(Facts(told).interactions) == 24
