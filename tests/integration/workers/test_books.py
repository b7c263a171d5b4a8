"""Address books and calendars, in the database: who is one person, who met, and what was taken back."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from kith.connectors import Connector
from kith.connectors.calendar import CalendarConnector
from kith.connectors.contacts import ContactsConnector
from kith.connectors.csv import CsvConnector
from kith.store.db import Pool
from tests.integration.store.facts import add_source
from tests.integration.workers.readings import Readings
from tests.unit.connectors.events import ADA, calendar, event, guest
from tests.unit.connectors.test_contacts import card

BOOKS: dict[str, Connector] = {one.name: one for one in (CalendarConnector(), ContactsConnector(), CsvConnector())}


@pytest.fixture
async def readings(pool: Pool, workspace_id: UUID, tmp_path: Path) -> Readings:
    return await Readings.open(pool, workspace_id, tmp_path / "folder", BOOKS)


async def add(readings: Readings, connector: str, **config: Any) -> UUID:
    return await add_source(readings.store.pool, readings.store.workspace_id, connector, **config)


async def joined(readings: Readings) -> list[set[str]]:
    """Return the keys of each person's identities, where there is more than one."""
    found = await readings.rows(
        """
        SELECT array_agg(i.key) AS keys
        FROM person_identities p JOIN identities i ON i.workspace_id = $1 AND i.id = p.identity_id
        WHERE p.workspace_id = $1 GROUP BY p.person_id HAVING count(*) > 1 ORDER BY min(i.key)
        """
    )
    return [set(row["keys"]) for row in found]


async def test_a_card_joins_who_wrote_from_two_addresses(readings: Readings, tmp_path: Path) -> None:
    book = tmp_path / "book.vcf"
    ada = ("UID:a", "FN:Ada Lovelace", "EMAIL:ada@engines.example", "ORG:Engines")
    bob = card("UID:b", "FN:Bob Byte", "EMAIL:bob@x.org", "EMAIL:office@x.org")
    cleo = card("UID:c", "FN:Cleo Code", "EMAIL:cleo@x.org", "EMAIL:office@x.org")
    book.write_text(card(*ada, "EMAIL:quirk@home.example") + bob + cleo)
    source = await add(readings, "contacts", path=str(book))
    await readings.read(source)
    assert await joined(readings) == [{"a", "ada@engines.example", "quirk@home.example"}, {"b", "bob@x.org"}, {
        "c", "cleo@x.org"
    }]  # fmt: skip
    [job] = await readings.rows("SELECT o.name FROM organizations o WHERE o.workspace_id = $1")
    assert job["name"] == "Engines"
    book.write_text(card(*ada) + bob + cleo)
    await readings.read(source)
    assert {"a", "ada@engines.example"} in await joined(readings), "what no card says any longer joins nobody"


async def test_meetings_are_told_once_and_taken_back(readings: Readings, tmp_path: Path) -> None:
    path = tmp_path / "team.ics"
    both = (ADA, guest("bob", "ACCEPTED"))
    series = event("w", "20240501T090000Z", *both, "RRULE:FREQ=WEEKLY;COUNT=2")
    path.write_text(calendar(series, event("m", "20240503T090000Z", *both)))
    source = await add(readings, "calendar", path=str(path), came=True)
    acts = await readings.read(source)
    meetings = [f"24-05-{day} 09 meet {pair}" for day in ("01", "03", "08") for pair in ("Ada > Bob", "Bob > Ada")]
    assert acts == ["24-01-01 00 invite Ada > Bob"] * 2 + meetings
    assert await readings.read(source) == acts
    path.write_text(calendar(series))
    assert await readings.read(source) == ["24-01-01 00 invite Ada > Bob", *meetings[:2], *meetings[4:]]
    assert await readings.skips() == []


async def test_a_table_is_stored_once_with_what_it_could_not_say(readings: Readings, tmp_path: Path) -> None:
    path = tmp_path / "calls.csv"
    path.write_text("nr;who;with;when\n1;ada@x.org;bob@x.org;2024-05-01T09:00:00Z\n2;ada@x.org;;soon\n")
    record = {
        "type": "interaction", "ref": {"network": "crm", "key": "{nr}", "kind": "call"},
        "actor": {"network": "mail", "key": "{who}"}, "occurred_at": "{when|date}",
        "targets": [{"identity": {"network": "mail", "key": "{with}"}}],
    }  # fmt: skip
    source = await add(readings, "csv", path=str(path), records=[{"record": record}])
    acts = await readings.read(source)
    assert acts == ["24-05-01 09 call ada@x.org > bob@x.org"]
    assert await readings.skips() == ["unreadable_item"]
    assert await readings.read(source) == acts
