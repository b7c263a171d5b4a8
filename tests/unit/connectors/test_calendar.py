"""Calendars: who asked whom, who accepted, who came; repetitions with their exceptions, and what programs write."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest

from kith.connectors import Fatal, Interaction, InteractionRef, Page, Ref, Sweep, Target, open_context
from kith.connectors.calendar import CalendarConfig, CalendarConnector, places, reader
from kith.connectors.calendar import meetings as parsed
from kith.connectors.testing import Facts, FakeClock, check_connector
from tests.unit.connectors.events import ADA, STAMP, calendar, event, guest

CALENDAR = CalendarConnector()
NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)
BOTH = (ADA, guest("bob", "ACCEPTED"), guest("cleo", "DECLINED"), guest("dan"))
OUTLOOK_ZONE = """BEGIN:VTIMEZONE
TZID:Customized Time Zone
BEGIN:STANDARD
DTSTART:16010101T000000
TZOFFSETFROM:{offset}
TZOFFSETTO:{offset}
END:STANDARD
END:VTIMEZONE
""".replace("\n", "\r\n")


def mail(name: str) -> Ref:
    return Ref("mail", f"{name}@x.org")


def act(key: str, kind: Any, name: str | None = None) -> InteractionRef:
    return InteractionRef("calendar", key, kind, actor=mail(name) if name else None)


def written(tmp_path: Path, text: str | bytes, **more: Any) -> CalendarConfig:
    (tmp_path / "team.ics").write_bytes(text if isinstance(text, bytes) else text.encode())
    return CalendarConfig(str(tmp_path / "team.ics"), **more)


async def read(config: CalendarConfig, cursor: msgspec.Raw | None = None, now: datetime = NOW) -> list[Page]:
    with TemporaryDirectory() as folder:
        async with open_context(CALENDAR, config, Path(folder), clock=FakeClock(now, still=True)) as context:
            return [page async for page in CALENDAR.pull(config, cursor, context)]


async def told(config: CalendarConfig) -> dict[InteractionRef, Interaction]:
    pages = await read(config)
    assert not [skip for page in pages for skip in page.skipped]
    return Facts(pages).interactions


async def test_an_invitation_is_no_attendance(tmp_path: Path) -> None:
    found = await told(written(tmp_path, calendar(event("m1", "20240501T090000Z", *BOTH))))
    assert found.keys() == {act("m1", "invite"), act("m1", "register", "bob")}
    invite, accepted = found[act("m1", "invite")], found[act("m1", "register", "bob")]
    assert (invite.actor, invite.visibility, invite.title) == (mail("ada"), "private", "m1")
    assert invite.targets == tuple(Target(mail(name)) for name in ("bob", "cleo", "dan"))
    assert invite.occurred_at == datetime(2024, 1, 1, tzinfo=UTC)
    assert accepted.targets == (Target(mail("ada"), "host"),)
    assert accepted.occurred_at == datetime(2024, 5, 1, 9, tzinfo=UTC)


async def test_who_came_is_told_only_where_the_calendar_is_kept_so(tmp_path: Path) -> None:
    text = calendar(
        event("m1", "20240501T090000Z", *BOTH, guest("eve", "ACCEPTED")), event("alone", "20240501T090000Z", ADA)
    )
    found = await told(written(tmp_path, text, came=True))
    assert found.keys() == {act("m1", "invite"), *(act("m1", "meet", name) for name in ("ada", "bob", "eve"))}
    assert found[act("m1", "meet", "bob")].targets == (Target(mail("ada"), "member"), Target(mail("eve"), "member"))
    many = [guest(f"p{number}", "ACCEPTED") for number in range(30)]
    found = await told(written(tmp_path, calendar(event("hall", "20240501T090000Z", ADA, *many)), came=True))
    assert {ref.kind for ref in found} == {"invite", "attend"}
    assert found[act("hall", "attend", "p1")].targets == (Target(mail("ada"), "host"),)


async def test_what_is_to_come_and_what_is_canceled_is_no_meeting(tmp_path: Path) -> None:
    text = calendar(
        event("future", "20240701T090000Z", *BOTH),
        event("running", "20240601T113000Z", *BOTH),
        event("off", "20240501T090000Z", *BOTH, "STATUS:CANCELLED"),
    )
    found = await told(written(tmp_path, text, came=True))
    invited = {act(uid, "invite") for uid in ("future", "running", "off")}
    assert found.keys() == {*invited, act("running", "register", "bob")}, "a meeting that runs is not over"


async def test_repetitions_keep_their_exceptions(tmp_path: Path) -> None:
    zone = ";TZID=Europe/Berlin"
    series = event("w", f"{zone}:20240318T090000", *BOTH, "RRULE:FREQ=WEEKLY;COUNT=6", f"EXDATE{zone}:20240325T090000")
    moved = event("w", f"{zone}:20240402T150000", f"RECURRENCE-ID{zone}:20240401T090000", *BOTH)
    off = event("w", f"{zone}:20240408T090000", f"RECURRENCE-ID{zone}:20240408T090000", *BOTH, "STATUS:CANCELLED")
    other = event(
        "w", f"{zone}:20240415T090000", f"RECURRENCE-ID{zone}:20240415T090000", ADA,
        guest("bob", "DECLINED"), guest("cleo", "ACCEPTED"),
    )  # fmt: skip
    found = await told(written(tmp_path, calendar(series, moved, off, other)))
    assert {ref.key: found[ref].occurred_at for ref in found if ref.kind == "register"} == {
        "w/20240318T080000Z": datetime(2024, 3, 18, 8, tzinfo=UTC),
        "w/20240401T070000Z": datetime(2024, 4, 2, 13, tzinfo=UTC),
        "w/20240415T070000Z": datetime(2024, 4, 15, 7, tzinfo=UTC),
        "w/20240422T070000Z": datetime(2024, 4, 22, 7, tzinfo=UTC),
    }
    assert act("w/20240415T070000Z", "register", "cleo") in found
    assert sum(ref.kind == "invite" for ref in found) == 1


async def test_repetitions_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsed, "MOST", 5)
    text = calendar(
        event("endless", "19000101T090000Z", *BOTH, "RRULE:FREQ=DAILY"),
        event("mad", "20240501T090000Z", *BOTH, "RRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30"),
        event("never", "20240501T090000Z", *BOTH, "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"),
    )
    pages = await read(written(tmp_path, text, since=date(2024, 5, 1)))
    times = [ref.key for ref in Facts(pages).interactions if ref.kind == "register" and ref.key.startswith("endless/")]
    assert times == [f"endless/{day}T090000Z" for day in ("20240528", "20240529", "20240530", "20240531", "20240601")]
    skips = [(skip.code, skip.reason) for page in pages for skip in page.skipped]
    assert ("cut", "The meeting is kept without the first 27 of its times.") in skips
    assert ("unreadable_item", "It repeats every hour or more often, as no meeting does.") in skips


@pytest.mark.parametrize(
    ("start", "more", "wanted"),
    [
        ("20240501T090000Z", "", "2024-05-01T09"),
        (";TZID=Europe/Berlin:20240501T090000", "", "2024-05-01T07"),
        (";TZID=W. Europe Standard Time:20240501T090000", "", "2024-05-01T07"),
        (";TZID=/freeassociation.sourceforge.net/Europe/Berlin:20240501T090000", "", "2024-05-01T07"),
        (";TZID=Customized Time Zone:20240501T090000", OUTLOOK_ZONE.format(offset="+0300"), "2024-05-01T06"),
        (";TZID=Customized Time Zone:20240501T090000", OUTLOOK_ZONE.format(offset="-0500"), "2024-05-01T14"),
        ("20240501T090000", "", "2024-05-01T00"),
        (";VALUE=DATE:20240501", "", "2024-04-30T15"),
        (";TZID=Nowhere/Town:20240501T090000", "", "2024-05-01T00"),
    ],
)
async def test_time_zones(tmp_path: Path, start: str, more: str, wanted: str) -> None:
    text = calendar(more, event("z", start, *BOTH).replace("DURATION:PT1H\r\n", ""))
    found = await told(written(tmp_path, text, timezone="Asia/Tokyo"))
    assert found[act("z", "register", "bob")].occurred_at == datetime.fromisoformat(f"{wanted}:00:00+00:00")


async def test_messages_of_the_protocol_are_understood(tmp_path: Path) -> None:
    asked = calendar(event("p", "20240501T090000Z", ADA, guest("bob"), guest("cleo")), method="REQUEST")
    yes = calendar(event("p", "20240501T090000Z", ADA, guest("bob", "ACCEPTED")), method="REPLY")
    alone = calendar(event("q", "20240501T090000Z", ADA, guest("bob", "ACCEPTED")), method="REPLY")
    off = calendar(event("r", "20240501T090000Z", *BOTH, "SEQUENCE:2"), method="CANCEL")
    before = calendar(event("r", "20240501T090000Z", *BOTH, "SEQUENCE:1"), method="REQUEST")
    found = await told(written(tmp_path, asked + yes + alone + off + before))
    assert found.keys() == {
        act("p", "invite"), act("p", "register", "bob"), act("q", "register", "bob"), act("r", "invite")
    }  # fmt: skip


async def test_who_is_nobody_and_what_is_private(tmp_path: Path) -> None:
    text = calendar(
        event(
            "secret", "20240501T090000Z", ADA, "CLASS:PRIVATE", guest("room", "ACCEPTED", cutype="ROOM"),
            guest("bob", "ACCEPTED", role="NON-PARTICIPANT"), guest("all", "ACCEPTED", cutype="GROUP"),
            "ATTENDEE;CN=ada@x.org;PARTSTAT=ACCEPTED:MAILTO:ADA@x.org",
            "ATTENDEE;PARTSTAT=ACCEPTED;CN=Ext:/principals/users/ext/",
        )
    )  # fmt: skip
    pages = await read(written(tmp_path, text, visibility="members"))
    facts = Facts(pages)
    external = Ref("calendar", "/principals/users/ext/")
    assert facts.interactions.keys() == {
        act("secret", "invite"), act("secret", "register", "bob"),
        InteractionRef("calendar", "secret", "register", actor=external),
    }  # fmt: skip
    invite = facts.interactions[act("secret", "invite")]
    assert (invite.title, invite.visibility) == (None, "private")
    assert invite.targets[0] == Target(mail("bob"), "cc")
    assert facts.identities[mail("all")].kind == "group"
    assert facts.identities[external].name == "Ext"
    assert facts.conversations[Ref("calendar", "secret")].title is None


async def test_what_is_ill_formed_is_told_and_harms_no_other(tmp_path: Path) -> None:
    text = calendar(
        event("good", "20240501T090000Z", *BOTH, "this is no line", 'ATTENDEE;CN="open:mailto:x@x.org'),
        event("start", "soon", *BOTH),
        event("rule", "20240501T090000Z", *BOTH, "RRULE:FREQ=WEEKLY;UNTIL=soon"),
        "BEGIN:VEVENT\r\nUID:none\r\nEND:VEVENT\r\n",
        event("open", "20240501T090000Z", *BOTH).replace("END:VEVENT\r\n", ""),
        event("last", "20240501T090000Z", *BOTH).replace("Bob", "B\xf6b"),
    ).encode("latin-1")
    pages = await read(written(tmp_path, text))
    facts = Facts(pages)
    assert {ref.key for ref in facts.interactions} == {"good", "open", "last"}
    assert facts.identities[mail("bob")].name in ("Bob", "Böb")
    assert [skip.code for page in pages for skip in page.skipped] == ["unreadable_item"] * 3
    assert [one.phase for page in pages for one in page.records if isinstance(one, Sweep)] == ["begun"]


async def test_what_is_no_longer_there_is_taken_back_and_the_day_goes_on(tmp_path: Path) -> None:
    one, two = event("one", "20240501T090000Z", *BOTH), event("two", "20240602T090000Z", *BOTH)
    first = await read(written(tmp_path, calendar(one, two)))
    config = written(tmp_path, calendar(two))
    second = await read(config, first[-1].cursor)
    assert {ref.key for ref in Facts([*first, *second]).interactions} == {"two"}
    assert await read(config, second[-1].cursor) == []
    assert await read(config, second[-1].cursor, NOW + timedelta(hours=1)) == []
    third = await read(config, second[-1].cursor, NOW + timedelta(days=1))
    assert act("two", "register", "bob") in Facts(third).interactions


async def test_the_organizer_changes(tmp_path: Path) -> None:
    first = await read(written(tmp_path, calendar(event("o", "20240501T090000Z", *BOTH))))
    other = event("o", "20240501T090000Z", "ORGANIZER:mailto:eve@x.org", *BOTH[1:])
    second = await read(written(tmp_path, calendar(other)), first[-1].cursor)
    assert Facts([*first, *second]).interactions[act("o", "invite")].actor == mail("eve")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
async def test_encodings_and_folding(tmp_path: Path, encoding: str) -> None:
    text = calendar(event("fold", "20240501T090000Z", *BOTH)).replace("Bob", "Bö\r\n b").replace("UID:f", "UID:\r\n f")
    pages = await read(written(tmp_path, text.encode(encoding)))
    assert Facts(pages).identities[mail("bob")].name == "Böb"


async def test_a_large_meeting_is_told_in_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "RECORDS", 50)
    many = [guest(f"p{number}", "ACCEPTED") for number in range(30)]
    series = event("s", "20240501T090000Z", ADA, *many, "RRULE:FREQ=DAILY;COUNT=9")
    pages = await read(written(tmp_path, calendar(series, event("t", "20240501T090000Z", *BOTH))))
    assert max(len(page.records) for page in pages) <= 50
    assert len(Facts(pages).interactions) == 1 + 9 * 30 + 2


async def test_calendar_conforms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "PAGE", 3)
    configs = []
    for folder, count in (("before", 8), ("after", 12)):
        (tmp_path / folder).mkdir()
        events = [event(f"m{number}", f"201001{number + 1:02}T090000Z", *BOTH) for number in range(count)]
        series = event("w", "20100101T100000Z", *BOTH, "RRULE:FREQ=WEEKLY;COUNT=5")
        configs.append(written(tmp_path / folder, calendar(*events, series), came=True, since=date(2009, 1, 1)))
    verdict = await check_connector(CALENDAR, *configs)
    assert (verdict.tier, verdict.pages > 5) == ("branch", True)


async def test_check_tells_what_is_there(tmp_path: Path) -> None:
    config = written(tmp_path, calendar(event("m1", "20240501T090000Z", *BOTH), event("own", "20240501T090000Z")))
    async with open_context(CALENDAR, config, Path("/nonexistent"), clock=FakeClock(NOW)) as context:
        report = await CALENDAR.check(config, context)
    assert report.detail == "Team: the first 2 events are 1 meetings with others, of which 1 have begun."
    assert "told nowhere (came)" in report.warnings[0]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"url": "https://x.example/"}, "Name either"), ({"path": None}, "Name either"),
        ({"timezone": "Mars/Base"}, "is no time zone"),
    ],
)  # fmt: skip
async def test_settings_that_do_not_fit_are_named(tmp_path: Path, more: dict[str, Any], said: str) -> None:
    config = written(tmp_path, calendar(event("m1", "20240501T090000Z")))
    with pytest.raises(Fatal, match=said):
        await read(msgspec.structs.replace(config, **more))
    with pytest.raises(Fatal, match="no iCalendar file"):
        await read(written(tmp_path, f"Hello\n{STAMP}\n"))
