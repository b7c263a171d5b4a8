"""Nothing is silently cut: what is kept, and what is said to be left out, are what there is."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kith.connectors import Interaction, Page
from kith.connectors.feeds import FeedsConfig
from kith.connectors.git.messages import PEOPLE, TEXT_CHARACTERS, TITLE_CHARACTERS, TRAILER_CHARACTERS, parse
from kith.connectors.git.walk import MERGED
from kith.connectors.mail import mailboxes
from kith.connectors.mail.acts import MENTIONS
from kith.connectors.mail.headers import HEADERS, RECIPIENTS
from kith.connectors.mail.texts import CHARACTERS
from kith.connectors.testing import FaultServer, Given
from tests.unit.connectors.mailboxes import Inbox, mail, mbox
from tests.unit.connectors.repositories import ADA, Author, Repo
from tests.unit.connectors.test_feeds import read as read_feeds
from tests.unit.connectors.test_git import pull as pull_git
from tests.unit.connectors.test_mail import acts, pull, read, skips

FEW = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def around(limit: int) -> st.SearchStrategy[int]:
    return st.integers(0, 3 * limit) | st.sampled_from([limit - 1, limit, limit + 1])


def told(words: str | None, what: str) -> int:
    """How many of something are said to be left out."""
    found = re.search(rf"([\d,]+) {re.escape(what)}", words or "")
    return int(found[1].replace(",", "")) if found else 0


def reasons(pages: list[Page]) -> str:
    return " | ".join(skip.reason for skip in skips(pages) if skip.code == "cut")


@FEW
@given(around(MENTIONS))
async def test_addresses_in_a_text(tmp_path: Path, count: int) -> None:
    path = tmp_path / "some.mbox"
    path.write_bytes(mbox(mail(1, "Hello", "\n".join(f"ask person{n}@x.org" for n in range(count)))))
    pages = await pull(path)
    (act,) = acts(pages)
    assert len(act.targets) + told(reasons(pages), "addresses in its text") == count


@FEW
@given(around(RECIPIENTS), around(RECIPIENTS))
def test_recipients(to: int, cc: int) -> None:
    copies = ", ".join(f"c{n}@x.org" for n in range(cc))
    found = read(
        mail(1, "Hello", "Text.", "Ada <a@x.org>", f"Cc: {copies}", to=", ".join(f"t{n}@x.org" for n in range(to)))
    )
    assert len(found.to) + len(found.cc) + told(found.cut, "recipients") == to + cc


@pytest.mark.parametrize("name", ["to", "cc"])
@pytest.mark.parametrize("count", [1, HEADERS, HEADERS + 1, 70])
def test_headers_of_one_name(name: str, count: int) -> None:
    lines = [f"{name.title()}: p{n}@x.org" for n in range(count)]
    data = mail(1, "Hello", "Text.", "Ada <a@x.org>", *lines).replace(b"To: dev@lists.example.org\n", b"")
    found = read(data)
    assert len(getattr(found, name)) + told(found.cut, f"headers {name}") == count


@FEW
@example(CHARACTERS, 0, False)
@example(CHARACTERS + 1, 0, False)
@example(10 * CHARACTERS, 0, False)
@example(3 * CHARACTERS, 0, True)
@given(around(CHARACTERS), around(1000), st.booleans())
def test_characters(text: int, subject: int, html: bool) -> None:
    kind = ["Content-Type: text/html"] if html else []
    found = read(mail(1, "s" * subject, "t" * text, "Ada <a@x.org>", *kind))
    assert len(found.subject) + told(found.cut, "characters of its subject") == subject
    left = ("characters of its HTML", "characters, quotations included,", "characters of its text")
    lacking = sum(told(found.cut, what) for what in left)
    assert abs(len(found.text or "") + lacking - text) <= 1  # the line's end


@pytest.mark.parametrize("name", ["Cc", "References"])
def test_a_header_that_is_too_long(name: str) -> None:
    found = read(mail(1, "Hello", "Text.", "Ada <a@x.org>", f"{name}: {'<a@x.org>, ' * 30_000}"))
    assert f"what its {name.lower()} holds beyond 200,000 characters" in str(found.cut)


@pytest.mark.parametrize("kind", ["mbox", "eml", "inbox"])
async def test_a_mail_that_is_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    for module in ("mbox", "folders", "public_inbox"):
        monkeypatch.setattr(f"kith.connectors.mail.{module}.MAIL_BYTES", 4096)
    long, short = mail(1, "Long", "line of text\n" * 1000), mail(2, "Short", "line of text\n")
    path = tmp_path / "mails"
    if kind == "mbox":
        path.write_bytes(mbox(long, short))
    elif kind == "eml":
        path.mkdir()
        (path / "1.eml").write_bytes(long)
        (path / "2.eml").write_bytes(short)
    else:
        inbox = Inbox(path)
        inbox.add(long)
        inbox.add(short)
    pages = await pull(path)
    assert len(acts(pages)) == 2
    assert reasons(pages) == f"what lies beyond {mailboxes.MAIL_BYTES >> 20} MB of a mail is not read"


@FEW
@given(around(PEOPLE), around(TITLE_CHARACTERS), around(TEXT_CHARACTERS))
def test_a_commits_message(people: int, title: int, text: int) -> None:
    lines = "".join(f"Cc: {', '.join(f'p{n}@x.org' for n in range(start, min(people, start + 300)))}\n"
                    for start in range(0, people, 300))  # fmt: skip
    found = parse(f"t{'t' * title}\n\n{'w' * text}\n\n{lines}")
    cut = " and ".join(found.cut)
    assert sum(len(trailer.people) for trailer in found.trailers) + told(cut, "people") == people
    assert len(found.title) + told(cut, "characters of the subject") == title + 1
    assert len(found.text) + told(cut, "characters of the text") == len(f"t{'t' * title}\n\n{'w' * text}".strip())


@pytest.mark.parametrize("count", [80, 400, 5000])
def test_a_trailer_on_many_lines(count: int) -> None:
    """None is lost where it fits, as the copies of a long thread do; else that is said."""
    lines = ",\n ".join(f"Person {n} <p{n}@x.org>" for n in range(count))
    found = parse(f"x\n\nCc: {lines}\nAcked-by: A <a@x.org>\n")
    named = sum(len(trailer.people) for trailer in found.trailers) - 1
    fits = len(lines) <= TRAILER_CHARACTERS
    assert (named == count) is fits
    assert any("lines of Cc beyond" in reason for reason in found.cut) is not fits


@pytest.mark.parametrize("count", [MERGED, MERGED + 7])
async def test_whose_work_a_merge_brings_in(tmp_path: Path, count: int) -> None:
    repo = Repo(tmp_path / "repo")
    repo.commit("begin")
    repo.git("checkout", "-q", "-b", "side")
    for number in range(count):
        repo.commit(f"work {number}", Author(f"P{number}", f"p{number}@x.org"), path=f"f{number}")
    repo.git("checkout", "-q", "main")
    repo.commit("Merge branch 'side'", ADA, merge=("side",))
    pages = await pull_git(repo.folder)
    (merge,) = [act for act in acts(pages) if act.ref.kind == "merge"]
    assert len(merge.targets) + told(reasons(pages), "people whose work it brought in") == count


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with FaultServer() as server:
        yield server


async def test_a_word_of_a_feed(server: FaultServer) -> None:
    link = f"https://blog.example/{'a' * 900}"
    entry = f"<item><guid>1</guid><link>{link}</link><pubDate>Thu, 01 Jan 2026 00:00:00 GMT</pubDate></item>"
    body = f"<rss version='2.0'><channel><title>Blog</title>{entry}</channel></rss>".encode()
    server.on("/feed", Given(body=body, headers={"content-type": "application/rss+xml"}))
    assert told(reasons(await read_feeds(FeedsConfig(server.url("/feed")))), "words of more than 400 characters") == 1


@pytest.mark.parametrize("characters", [100, 250_000])
@pytest.mark.parametrize("authors", [1, 3])
@pytest.mark.parametrize("address", [20, 1500])
async def test_an_entry_of_a_feed(server: FaultServer, characters: int, authors: int, address: int) -> None:
    who = "".join(f"<author><name>P{n}</name></author>" for n in range(authors))
    link = f"https://blog.example/{'a/' * (address // 2)}"
    entry = (f"<entry><id>tag:x,2026:1</id><title>T</title>{who}<link href='{link}'/><updated>2026-01-01T00:00:00Z"
             f"</updated><content type='html'>{'word,' * (characters // 5)}</content></entry>")  # fmt: skip
    body = f"<feed xmlns='http://www.w3.org/2005/Atom'><title>Blog</title>{entry}</feed>".encode()
    server.on("/feed", Given(body=body, headers={"content-type": "application/atom+xml"}))
    pages = await read_feeds(FeedsConfig(server.url("/feed")))
    (act,) = [record for page in pages for record in page.records if isinstance(record, Interaction)]
    said = reasons(pages)
    assert len(act.text or "") + told(said, "characters of its HTML") == characters
    assert 1 + told(said, "authors beyond the first") == authors
    kept = address < 1000
    assert (act.url, "its address" in said) == (link if kept else None, not kept)
