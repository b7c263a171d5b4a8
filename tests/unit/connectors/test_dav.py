"""Calendars and address books on a server that is not as others: what it leaves out, refuses or gets wrong."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kith.connectors import ConnectorError, Fatal, Page, Ref, Refused, Retry, Secret, open_context
from kith.connectors.contacts import ContactsConfig, ContactsConnector
from kith.connectors.testing import Asked, Facts, FakeClock, FaultServer, Given
from tests.unit.connectors.test_contacts import card

CONTACTS = ContactsConnector()
BOOK = "<resourcetype><collection/><C:addressbook/></resourcetype><displayname>Friends</displayname>"


def response(href: str, prop: str, status: str = "200 OK") -> str:
    return (
        f"<response><href>{href}</href><propstat><prop>{prop}</prop><status>HTTP/1.1 {status}</status></propstat>"
        "</response>"
    )


def multistatus(*responses: str) -> Given:
    spaces = 'xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav"'
    text = f'<?xml version="1.0"?><multistatus {spaces}>{"".join(responses)}</multistatus>'
    return Given(207, text.encode(), {"content-type": "application/xml"})


class Server:
    """One book without a mark of its own. cards: by path, with their versions."""

    def __init__(self, server: FaultServer) -> None:
        self.server = server
        self.cards = {f"/dav/{number}.vcf": (f'"{number}"', card(f"FN:N{number}", f"EMAIL:n{number}@x.org"))
                      for number in range(3)}  # fmt: skip
        server.on("/dav/", self.answer)

    def answer(self, asked: Asked) -> Given:
        body = asked.body.decode()
        if asked.method == "REPORT":
            found = [
                response(path, f"<C:address-data>{text}</C:address-data>") for path, (_, text) in self.cards.items()
            ]
            return multistatus(*found, response("/dav/gone.vcf", "<C:address-data/>", "404 Not Found"))
        if asked.headers["depth"] == "1":
            listed = [response(path, f"<getetag>{etag}</getetag>") for path, (etag, _) in self.cards.items()]
            return multistatus(response("/dav/", BOOK), *listed)
        assert "addressbook-home-set" in body
        return multistatus(response("/dav/", BOOK))


@pytest.fixture
async def lab() -> AsyncIterator[Server]:
    async with FaultServer() as server:
        yield Server(server)


async def read(lab: Server, *told: Page) -> list[Page]:
    config = ContactsConfig(url=lab.server.url("/dav/"), user="ada", password=Secret("s3cr3t-passw0rd"))
    async with open_context(CONTACTS, config, Path("/nonexistent"), clock=FakeClock(still=True)) as context:
        return [page async for page in CONTACTS.pull(config, told[-1].cursor if told else None, context)]


async def test_a_book_without_a_mark_is_known_by_what_it_holds(lab: Server) -> None:
    first = await read(lab)
    cards = [ref for ref in Facts(first).identities if ref.network == "contacts"]
    place = f"127.0.0.1:{lab.server.port}/dav/0.vcf"
    assert Ref("contacts", place) in cards, "a card without a key is known by its place"
    assert len(cards) == 3
    assert await read(lab, *first) == []
    lab.cards["/dav/0.vcf"] = ('"new"', card("FN:N0", "EMAIL:other@x.org"))
    second = Facts([*first, *await read(lab, *first)])
    assert {claim.object.key for claim in second.claims if claim.subject.key == place} == {"other@x.org"}


async def test_what_is_no_card_is_told(lab: Server) -> None:
    lab.cards["/dav/1.vcf"] = ('"1"', "hello")
    pages = await read(lab)
    assert [(skip.place, skip.reason) for page in pages for skip in page.skipped] == [("/dav/1.vcf", "It is no vCard.")]
    assert len([ref for ref in Facts(pages).identities if ref.network == "contacts"]) == 2


@pytest.mark.parametrize(
    ("given", "raised"),
    [
        (Given(405), Refused), (Given(207, b"<multistatus"), Retry), (Given(200, b"<html></html>"), Fatal),
        (Given(207, b'<!DOCTYPE x [<!ENTITY a "b">]><multistatus xmlns="DAV:"/>'), Fatal),
        (multistatus(response("/dav/", "<resourcetype><collection/></resourcetype>")), Fatal), (Given(404), Fatal),
    ],
)  # fmt: skip
async def test_what_is_no_server_of_books_is_named(lab: Server, given: Given, raised: type[ConnectorError]) -> None:
    lab.server.on("/dav/", given)
    with pytest.raises(raised) as refused:
        await read(lab)
    assert "s3cr3t" not in str(refused.value)


async def test_a_password_goes_to_no_other_host(lab: Server) -> None:
    other = "<current-user-principal><href>https://elsewhere.example/ada/</href></current-user-principal>"
    lab.server.on("/dav/", multistatus(response("/dav/", f"<resourcetype/>{other}")))
    with pytest.raises(Fatal, match=r"elsewhere\.example is none of the hosts"):
        await read(lab)
