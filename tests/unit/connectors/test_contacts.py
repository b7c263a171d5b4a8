"""Contacts: cards as programs write them, odd ones too, and tables of well-known programs."""

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest

from kith.connectors import Fatal, Page, Ref, open_context
from kith.connectors.contacts import Columns, ContactsConfig, ContactsConnector, books
from kith.connectors.contacts.cards import read_cards
from kith.connectors.contacts.people import phone_number
from kith.connectors.testing import Facts, FakeClock, check_connector

CONTACTS = ContactsConnector()

GOOGLE = """First Name,Middle Name,Last Name,Organization Name,Organization Title,E-mail 1 - Label,E-mail 1 - Value,Phone 1 - Value
Ada,,Lovelace,Engines,Analyst,* Work,ada@engines.example ::: ada@home.example,+44 20 7946 0001
"""  # noqa: E501 - as Google writes it
OUTLOOK = """"First Name";"Last Name";"Company";"Job Title";"Business Phone";"E-mail Address";"E-mail 2 Address"
"Ada";"Lovelace";"Engines";"Analyst";"020 7946 0001";"Ada@Engines.example";"ada@home.example"
"""
LINKEDIN = """Notes:
"When exporting your connection data, you may notice that some of the email addresses are missing."

First Name,Last Name,URL,Email Address,Company,Position,Connected On
Ada,Lovelace,https://www.linkedin.com/in/ada,ada@engines.example,Engines,Analyst,31 May 2026
"""


def card(*lines: str, version: str = "3.0") -> str:
    return "\r\n".join(["BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD", ""])


def written(tmp_path: Path, text: str | bytes, name: str = "a.vcf") -> ContactsConfig:
    (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return ContactsConfig(str(tmp_path / name))


async def read(config: ContactsConfig, cursor: msgspec.Raw | None = None) -> list[Page]:
    with TemporaryDirectory() as folder:
        async with open_context(CONTACTS, config, Path(folder), clock=FakeClock()) as context:
            return [page async for page in CONTACTS.pull(config, cursor, context)]


def joined(facts: Facts) -> dict[str, set[str]]:
    """Return what is claimed to be one, by the name on the card."""
    found: dict[str, set[str]] = {}
    for claim in facts.claims:
        found.setdefault(facts.identities[claim.subject].name or "", set()).add(claim.object.key)
    return found


async def test_a_card_tells_accounts_and_employers(tmp_path: Path) -> None:
    text = card(
        "UID:urn:uuid:4fbe8971-0bc3-424c-9c26-36c3e1eff6b1",
        "FN:Ada Lovelace",
        "item1.ORG:Engines\\, Inc.;Mills",
        "item1.TITLE:Analyst",
        "item2.ORG:Royal Society",
        'TEL;VALUE=uri;TYPE="voice,home":tel:+44-20-7946-0001;ext=5',
        "TEL;TYPE=FAX:+44 20 7946 0002",
        "EMAIL:Ada@Engines.example",
        "IMPP:xmpp:ada@chat.example",
        "IMPP:irc://IRC.example:6697/Nettle,isnick",
        "IMPP:irc://irc.example/garden",
        "X-SOCIALPROFILE;TYPE=mastodon:https://social.example/@ada",
        "PHOTO:https://engines.example/ada.jpg",
        "REV:20260201T120000Z",
        version="4.0",
    )
    facts = Facts(await read(written(tmp_path, text)))
    ref = Ref("contacts", "4fbe8971-0bc3-424c-9c26-36c3e1eff6b1")
    assert facts.identities[ref].avatar_url == "https://engines.example/ada.jpg"
    parts = {
        "ada@engines.example", "+442079460001", "ada@chat.example", "nettle", "https://social.example/@ada"
    }  # fmt: skip
    assert joined(facts) == {"Ada Lovelace": parts}
    assert Ref("irc", "nettle", "irc.example") in {one.object for one in facts.claims}
    jobs = {(one.organization, one.title) for one in facts.affiliations}
    assert jobs == {("Engines, Inc.", "Analyst"), ("Royal Society", None)}
    assert not facts.interactions


ODD = {
    "quoted-printable over lines": (
        card(
            "N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=BCrgen",
            "FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:J=C3=BCrgen =", "M=C3=BCller", "EMAIL;INTERNET:j@x.org",
            version="2.1",
        ).encode(),
        "Jürgen Müller",
    ),
    "a charset of old": (
        card("N;CHARSET=ISO-8859-1:M\xfcller;J\xfcrgen", "EMAIL:j@x.org", version="2.1").encode("latin-1"),
        "Jürgen Müller",
    ),
    "no charset told": (card("FN:Jürgen Müller", "EMAIL:j@x.org").encode("cp1252"), "Jürgen Müller"),
    "folded within a letter": (
        card("FN:Jürgen Müller", "EMAIL:j@x.org").encode().replace(b"M\xc3\xbc", b"M\xc3\r\n \xbc"),
        "Jürgen Müller",
    ),
    "UTF-16": (card("FN:Jürgen Müller", "EMAIL:j@x.org").encode("utf-16"), "Jürgen Müller"),
    "a byte order mark": (b"\xef\xbb\xbf" + card("FN:Jürgen Müller", "EMAIL:j@x.org").encode(), "Jürgen Müller"),
    "lines that end with CR": (card("FN:A B", "EMAIL:j@x.org").replace("\n", "").encode(), "A B"),
    "small letters and blank lines": (b"begin:vcard\n\nfn:A B\n\nemail:j@x.org\nend:vcard\n", "A B"),
    "a line that is none": (card("FN:A B", "this is no line", "EMAIL:j@x.org").encode(), "A B"),
    "a card within": (
        card("N:B;A", "AGENT:", "BEGIN:VCARD", "N:Z;Y", "END:VCARD", "EMAIL:j@x.org", version="2.1").encode(),
        "A B",
    ),
    "a picture of many lines": (card("FN:A B", "PHOTO;ENCODING=b:" + "\r\n ".join(["QUJD" * 18] * 90), "EMAIL:j@x.org")
                                .encode(), "A B"),
    "NUL and markup": (card("FN:A\0 <b>B</b>", "EMAIL:j@x.org").encode(), "A <b>B</b>"),
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
async def test_odd_cards_are_read(tmp_path: Path, name: str) -> None:
    text, wanted = ODD[name]
    follows = card("FN:Next", "EMAIL:next@x.org")
    encoded = follows.encode("utf-16-le") if name == "UTF-16" else follows.encode()
    pages = await read(written(tmp_path, text + encoded))
    assert joined(Facts(pages)) == {wanted: {"j@x.org"}, "Next": {"next@x.org"}}
    assert not [skip for page in pages for skip in page.skipped]


async def test_what_is_not_whole_is_told_and_harms_no_other(tmp_path: Path) -> None:
    broken = "BEGIN:VCARD\nFN:Half\nEMAIL:half@x.org\n"
    pages = await read(written(tmp_path, broken + card("NOTE:nobody") + card("FN:A B", "EMAIL:a@x.org") + broken))
    assert joined(Facts(pages)) == {"A B": {"a@x.org"}}
    assert [skip.place for page in pages for skip in page.skipped] == ["line 1", "line 4", "line 13"]


async def test_what_is_on_cards_of_two_names_is_claimed_of_neither(tmp_path: Path) -> None:
    shared = "EMAIL:family@x.org"
    text = card("UID:1", "FN:Ada", shared, "EMAIL:ada@x.org") + card("UID:2", "FN:Bob", shared)
    again = card("UID:3", "FN:Cleo", "EMAIL:cleo@x.org") + card("UID:4", "FN:cleo", "EMAIL:cleo@x.org")
    facts = Facts(await read(written(tmp_path, text + again)))
    assert joined(facts) == {"Ada": {"ada@x.org"}, "Cleo": {"cleo@x.org"}, "cleo": {"cleo@x.org"}}


async def test_groups_and_firms_are_nobody(tmp_path: Path) -> None:
    text = card("UID:1", "KIND:group", "FN:Team", "EMAIL:team@x.org", version="4.0")
    text += card("UID:2", "X-ABShowAs:COMPANY", "N:;;;;", "ORG:Engines", "EMAIL:info@engines.example")
    facts = Facts(await read(written(tmp_path, text)))
    kinds = {one.ref.key: one.kind for one in facts.identities.values()}
    assert kinds == {
        "1": "group", "team@x.org": "group", "2": "organization", "info@engines.example": "organization"
    }  # fmt: skip
    assert not facts.claims
    assert not facts.affiliations


@pytest.mark.parametrize("text", [GOOGLE, OUTLOOK, LINKEDIN], ids=["google", "outlook", "linkedin"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
async def test_tables_of_well_known_programs_are_read(tmp_path: Path, text: str, encoding: str) -> None:
    text = text.replace("Lovelace", "Lövelace")
    config = written(tmp_path, text.encode(encoding), "contacts.csv")
    facts = Facts(await read(msgspec.structs.replace(config, calling_code="+44")))
    [(name, parts)] = joined(facts).items()
    assert name == "Ada Lövelace"
    assert "ada@engines.example" in parts
    assert ("+442079460001" in parts) == (text[:5] != "Notes")
    assert [(one.organization, one.title) for one in facts.affiliations] == [("Engines", "Analyst")]


async def test_a_table_by_mapping(tmp_path: Path) -> None:
    text = "who|mail|firm|from|to|nr\nAda|ada@x.org|Engines|01.05.2020|31.12.2021|7\nBob|bob@x.org|Mills|soon||8\n"
    columns = Columns(id="nr", name="who", addresses=("mail",), organization="firm", since="from", until="to")
    config = written(tmp_path, text, "a.csv")
    pages = await read(msgspec.structs.replace(config, columns=columns, dates="%d.%m.%Y"))
    [job] = Facts(pages).affiliations
    assert (job.since, job.until) == (date(2020, 5, 1), date(2021, 12, 31))
    assert [skip.place for page in pages for skip in page.skipped] == ["line 3"]
    with pytest.raises(Fatal, match="no column 'gone'"):
        await read(msgspec.structs.replace(config, columns=Columns(name="gone")))
    with pytest.raises(Fatal, match="say which"):
        await read(written(tmp_path, "x,y\n1,2\n", "b.csv"))


async def test_an_edit_takes_back_what_was_claimed(tmp_path: Path) -> None:
    config = written(tmp_path, card("UID:1", "FN:Ada", "EMAIL:old@x.org"))
    first = await read(config)
    assert await read(config, first[-1].cursor) == []
    written(tmp_path, card("UID:1", "FN:Ada L", "EMAIL:new@x.org"))
    facts = Facts([*first, *await read(config, first[-1].cursor)])
    assert joined(facts) == {"Ada L": {"new@x.org"}}


@pytest.mark.parametrize("kind", ["vcf", "csv"])
async def test_contacts_conform(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(books, "PAGE", 3)
    configs = []
    for name, count in (("before", 8), ("after", 12)):
        people = [(f"P{number} Q{number}", f"p{number}@x.org") for number in range(count)]
        cards = "".join(card(f"UID:{one}", f"FN:{one}", f"EMAIL:{address}", "ORG:Firm") for one, address in people)
        table = "name,email\n" + "".join(f"{one},{address}\n" for one, address in people)
        configs.append(written(tmp_path, cards if kind == "vcf" else table, f"{name}.{kind}"))
    assert (await check_connector(CONTACTS, *configs)).tier == "branch"


@pytest.mark.parametrize(
    ("told", "number"),
    [
        ("+49 (0)170 123-4567", "+491701234567"), ("0049 170 1234567", "+491701234567"),
        ("0170/1234567", "+491701234567"), ("tel:+1-555-555-5555;ext=5555", "+15555555555"),
        ("+1 555 555 5555 ext. 12", "+15555555555"), ("none", None), ("+0", None), ("", None),
    ],
)  # fmt: skip
def test_numbers(told: str, number: str | None) -> None:
    assert phone_number(told, "+49") == number


async def test_numbers_without_a_country_are_told_by_check(tmp_path: Path) -> None:
    config = written(tmp_path, card("FN:Ada", "TEL:0170 1234567"))
    async with open_context(CONTACTS, config, Path("/nonexistent")) as context:
        report = await CONTACTS.check(config, context)
    assert report.detail == "The first 1 contacts: 1 can be read."
    assert report.warnings == ("1 numbers are left out: they name no country (calling_code).",)


@pytest.mark.parametrize("more", [{}, {"url": "https://x.example/"}])
async def test_either_a_file_or_a_server(tmp_path: Path, more: dict[str, Any]) -> None:
    config = written(tmp_path, card("FN:Ada"))
    with pytest.raises(Fatal, match="Name either a file"):
        await read(msgspec.structs.replace(config, **(more or {"path": None})))


def test_a_million_properties_of_a_card_are_not_held() -> None:
    lines = [b"BEGIN:VCARD", *[b"EMAIL:a@x.org"] * 5000, b"END:VCARD"]
    [found] = read_cards(lines)
    assert len(found.properties) == 2000
