"""Contacts on a real CardDAV server, edited, renamed and deleted by another program."""

from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest

from kith.connectors import Fatal, Identity, Page, Reauthorize, Ref, Secret, open_context
from kith.connectors.contacts import ContactsConfig, ContactsConnector, books
from kith.connectors.testing import Facts, FakeClock, Recorder, check_connector
from tests.labs.radicale.server import PASSWORD, Radicale

CONTACTS = ContactsConnector()


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(books, "BATCH", 3)


def card(uid: str, name: str, *addresses: str, org: str = "", revised: str = "20260101T000000Z") -> str:
    mails = "".join(f"EMAIL;TYPE=INTERNET:{address}\r\n" for address in addresses)
    firm = f"ORG:{org};Staff\r\nTITLE:Engineer\r\n" if org else ""
    given, _, family = name.partition(" ")
    head = f"BEGIN:VCARD\r\nVERSION:3.0\r\nUID:{uid}\r\nFN:{name}\r\nN:{family};{given};;;\r\nREV:{revised}\r\n"
    return f"{head}{mails}{firm}END:VCARD\r\n"


def config(server: Radicale, path: str = "/", user: str = "ada") -> ContactsConfig:
    return ContactsConfig(url=server.url(path), user=user, password=Secret(PASSWORD))


async def read(settings: ContactsConfig, cursor: msgspec.Raw | None = None) -> list[Page]:
    with TemporaryDirectory() as folder:
        async with open_context(CONTACTS, settings, Path(folder), clock=FakeClock()) as context:
            return [page async for page in CONTACTS.pull(settings, cursor, context)]


async def test_cards_are_edited_renamed_and_deleted(server: Radicale) -> None:
    server.address_book("/ada/friends/", "Friends")
    server.address_book("/ada/work/", "Work")
    for number in range(8):
        body = card(f"f{number}", f"Friend No{number}", f"f{number}@x.org", org="Engines" if number == 1 else "")
        server.send("PUT", f"/ada/friends/{number}.vcf", body)
    server.send("PUT", "/ada/work/0.vcf", card("w0", "Bob Byte", "bob@x.org", "b@y.org"))
    first = await read(config(server))
    facts = Facts(first)
    assert len({claim.subject for claim in facts.claims}) == 9
    assert {claim.object.key for claim in facts.claims if claim.subject.key == "w0"} == {"bob@x.org", "b@y.org"}
    assert [one.organization for one in facts.affiliations] == ["Engines"]
    assert await read(config(server), first[-1].cursor) == []
    server.send("PUT", "/ada/friends/0.vcf", card("f0", "Friend Renamed", "new@x.org", revised="20260201T000000Z"))
    server.send("DELETE", "/ada/friends/2.vcf")
    second = await read(config(server), first[-1].cursor)
    after = Facts([*first, *second])
    assert {claim.object.key for claim in after.claims if claim.subject.key == "f0"} == {"new@x.org"}
    assert not [claim for claim in after.claims if claim.subject.key == "f2"]
    assert after.identities[Ref("contacts", "f0")].name == "Friend Renamed"
    assert after.claims.keys() == Facts(await read(config(server))).claims.keys()


async def test_only_what_has_changed_is_asked_for(server: Radicale, tmp_path: Path) -> None:
    server.address_book("/ada/large/", "Large")
    for number in range(30):
        server.send("PUT", f"/ada/large/{number}.vcf", card(f"l{number}", f"No{number}", f"l{number}@x.org"))
    settings, recorder = config(server, "/ada/large/"), Recorder()

    async def read_on(cursor: msgspec.Raw | None) -> tuple[list[Page], list[str]]:
        recorder.exchanges.clear()
        async with open_context(CONTACTS, settings, tmp_path, clock=FakeClock(), wire=recorder) as context:
            pages = [page async for page in CONTACTS.pull(settings, cursor, context)]
        return pages, [request.body.decode() for request, _ in recorder.exchanges]

    first, asked = await read_on(None)
    assert sum(body.count("<d:href>") for body in asked) == 30
    server.send("PUT", "/ada/large/7.vcf", card("l7", "Another", "l7@x.org", revised="20260201T000000Z"))
    server.send("DELETE", "/ada/large/8.vcf")
    second, asked = await read_on(first[-1].cursor)
    hrefs = [part.partition("<")[0] for body in asked for part in body.split("<d:href>")[1:]]
    assert (hrefs, sum("sync-collection" in body for body in asked), len(asked)) == (["/ada/large/7.vcf"], 1, 3)
    assert Facts(second).identities[Ref("contacts", "l7")].name == "Another"
    assert Facts([*first, *second]).claims == Facts([*first, *await read(settings)]).claims
    server.send("PUT", "/ada/large/9.vcf", card("l9", "Third", "l9@x.org", revised="20260202T000000Z"))
    (tmp_path / "dav.sqlite").write_bytes(b"no database at all")
    third, _ = await read_on(second[-1].cursor)
    assert Facts(third).identities[Ref("contacts", "l9")].name == "Third"


async def test_contacts_conform_on_a_real_server(server: Radicale) -> None:
    for book, count in (("before", 8), ("after", 12)):
        server.address_book(f"/bob/{book}/", book)
        for number in range(count):
            server.send("PUT", f"/bob/{book}/{number}.vcf", card(f"c{number}", f"Card No{number}", f"c{number}@x.org"))
    before, after = (config(server, f"/bob/{book}/", "bob") for book in ("before", "after"))
    verdict = await check_connector(CONTACTS, before, after)
    assert (verdict.tier, verdict.pages) == ("branch", 5)


async def test_killed_twice_and_the_server_started_again_nothing_is_lost(server: Radicale) -> None:
    server.address_book("/bob/many/", "Many")
    for number in range(10):
        server.send("PUT", f"/bob/many/{number}.vcf", card(f"m{number}", f"Many No{number}", f"m{number}@x.org"))
    settings = config(server, "/bob/many/", "bob")
    whole = await read(settings)
    told = whole[:1]
    server.stop()
    server.start()
    told += (await read(settings, told[-1].cursor))[:2]
    told += await read(settings, told[-1].cursor)
    assert Facts(told) == Facts(whole)
    assert sum(isinstance(record, Identity) for page in told for record in page.records) == 20


async def test_a_wrong_password_and_a_wrong_place_are_named(server: Radicale) -> None:
    with pytest.raises(Reauthorize):
        await read(msgspec.structs.replace(config(server), password=Secret("another-one")))
    with pytest.raises(Fatal, match="no addressbook"):
        await read(config(server, "/ada/nothing/here.txt", "ada"))


async def test_check_tells_the_books(server: Radicale) -> None:
    server.address_book("/bob/checked/", "Checked")
    settings = config(server, "/bob/checked/", "bob")
    async with open_context(CONTACTS, settings, Path("/nonexistent")) as context:
        report = await CONTACTS.check(settings, context)
    assert report.detail == "The first 0 contacts in Checked: 0 can be read."
