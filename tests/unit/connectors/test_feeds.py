"""Feeds as blogs write them, served by a real server: what feedparser's own samples say, archives, gaps, lists."""

import hmac
import io
import tarfile
from calendar import timegm
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import feedparser
import msgspec
import pytest

from kith.connectors import (
    Coverage,
    Delivery,
    Fatal,
    Identity,
    Interaction,
    Limits,
    Missing,
    Page,
    Received,
    Refused,
    Retry,
    Secret,
    Skip,
    open_context,
)
from kith.connectors.feeds import FeedsConfig, FeedsConnector
from kith.connectors.testing import Asked, FakeClock, FaultServer, Given, check_connector
from tests.paths import ROOT

SAMPLES = ROOT.parent / "shared" / "samples" / "feeds" / "feedparser-wellformed.tar.gz"
FEEDS = FeedsConnector()
RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>{title}</title><link>https://blog.example/</link>{items}
</channel></rss>"""
ITEM = """<item><guid isPermaLink="false">post-{id}</guid><title>Post {id}</title><link>https://blog.example/{id}</link>
<author>{author}</author><pubDate>{date}</pubDate><description>&lt;p&gt;Text {id}&lt;/p&gt;</description></item>"""
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with FaultServer() as server:
        yield server


def rss(ids: list[int], title: str = "Blog", author: str = "ada@example.org (Ada)") -> Given:
    dates = {id_: NEW_YEAR + timedelta(days=id_) for id_ in ids}
    items = "".join(ITEM.format(id=id_, author=author, date=f"{dates[id_]:%a, %d %b %Y %H:%M:%S GMT}") for id_ in ids)
    return Given(body=RSS.format(title=title, items=items).encode(), headers={"content-type": "application/rss+xml"})


async def read(config: FeedsConfig, cursor: msgspec.Raw | None = None) -> list[Page]:
    async with open_context(FEEDS, config, Path("/nonexistent"), clock=FakeClock()) as context:
        return [page async for page in FEEDS.pull(config, cursor, context)]


@pytest.mark.parametrize("named", ["header", "document"])
async def test_a_hub_is_asked_to_push_once_a_day(server: FaultServer, named: str) -> None:
    topic, hub, back = server.url("/feed"), server.url("/hub"), "https://kith.example/v1/hooks/w/s"
    given = rss([1])
    if named == "header":
        given = msgspec.structs.replace(given, headers={"link": f'<{hub}>; rel="hub", <{topic}>; rel="self"'})
    else:
        atom = f'<link xmlns="http://www.w3.org/2005/Atom" rel="hub" href="{hub}"/>'
        body = given.body.replace(b"<item>", f"{atom}{atom.replace('hub', 'self').replace(hub, topic)}<item>".encode())
        given = msgspec.structs.replace(given, body=body.replace(server.url("/self").encode(), topic.encode()))
    server.on("/feed", given)
    server.on("/hub", Given(202), Given(202), Given(403))
    config = FeedsConfig(topic, hook_secret=Secret("s3cr3t-of-ours"))
    cursor: msgspec.Raw | None = None
    skipped: list[Skip] = []
    for day in (0, 0, 1, 2):
        clock = FakeClock(NEW_YEAR + timedelta(days=365 + day), still=True)
        async with open_context(FEEDS, config, Path("/nonexistent"), clock=clock, hook=back) as context:
            async for page in FEEDS.pull(config, cursor, context):
                cursor, skipped = page.cursor, [*skipped, *page.skipped]
    forms = [parse_qs(asked.body.decode()) for asked in server.asked if asked.path == "/hub"]
    assert len(forms) == 3
    assert {name: values[0] for name, values in forms[0].items()} == {
        "hub.mode": "subscribe", "hub.topic": topic, "hub.callback": back, "hub.secret": "s3cr3t-of-ours",
        "hub.lease_seconds": "864000",
    }  # fmt: skip
    assert [skip.code for skip in skipped] == ["not_pushed"]
    server.asked.clear()
    await read(msgspec.structs.replace(config, hook_secret=None))
    assert {asked.path for asked in server.asked} == {"/feed"}


@pytest.mark.parametrize("method", ["sha1", "sha256"])
async def test_a_push_is_believed_where_it_is_signed(method: str) -> None:
    config = FeedsConfig("https://blog.example/feed", hook_secret=Secret("s3cr3t-of-ours"))
    body = b"<rss/>"
    signature = f"{method}={hmac.digest(b's3cr3t-of-ours', body, method).hex()}"

    async def receive(config: FeedsConfig, **headers: str) -> Received:
        async with open_context(FEEDS, config, Path("/nonexistent")) as context:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return await FEEDS.receive(config, Delivery(named, body, NEW_YEAR), context)

    assert await receive(config, x_hub_signature=signature) == Received(read=True)
    for wrong in ({}, {"x_hub_signature": "md5=00"}, {"x_hub_signature": f"{method}=00"}):
        with pytest.raises(Refused):
            await receive(config, **wrong)
    with pytest.raises(Refused):
        await receive(msgspec.structs.replace(config, hook_secret=None), x_hub_signature=signature)


def acts(pages: list[Page]) -> list[Interaction]:
    return [record for page in pages for record in page.records if isinstance(record, Interaction)]


def samples() -> Iterator[tuple[str, bytes, dict[str, str]]]:
    """Yield name, document and headers of feedparser's feeds; each names the headers it is served with in a comment."""
    with tarfile.open(SAMPLES) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.isfile() else None
            if file is None or not member.name.endswith(".xml"):
                continue
            body = file.read()
            headers = {}
            for line in body[:1000].split(b"-->")[0].splitlines():
                name, _, value = line.strip().partition(b":")
                if name.lower() in (b"content-type", b"content-location", b"content-language"):
                    headers[name.decode().lower()] = value.strip().decode("latin-1")
            yield member.name, body, headers


@pytest.mark.skipif(not SAMPLES.exists(), reason="the samples lie beside the repository")
async def test_entries_of_all_samples_equal_feedparsers(server: FaultServer) -> None:
    """Ids, links, authors and dates; whatever has no date is told."""
    feeds = entries = undated = 0
    for name, body, headers in samples():
        told = {key: value for key, value in headers.items() if key == "content-type"}
        server.on("/feed", Given(body=body, headers=told))
        expected = feedparser.parse(
            io.BytesIO(body), response_headers={"content-location": server.url("/feed"), "content-type": "", **told}
        )
        if not expected.get("version") and not expected.entries:
            with pytest.raises(Fatal):
                await read(FeedsConfig(server.url("/feed")))
            continue
        pages = await read(FeedsConfig(server.url("/feed"), archives=False))
        feeds += 1
        found = acts(pages)
        skipped = [skip for page in pages for skip in page.skipped]
        dated = [(entry, date_of(entry) or FakeClock().now()) for entry in expected.entries]
        if [skip.code for skip in skipped] == ["ill_formed"]:  # it breaks off, and feedparser takes half for an entry
            dated.pop()
        assert len(found) == len(dated), (name, skipped)
        entries, undated = entries + len(found), undated + sum(date_of(entry) is None for entry in expected.entries)
        people = {record.ref: record for page in pages for record in page.records if isinstance(record, Identity)}
        for act, (entry, moment) in zip(found, dated, strict=True):
            assert act.occurred_at == moment, name
            assert (act.url or "") == entry.get("link", "")[:1000], name
            if key := (entry.get("id") or entry.get("link")):
                assert act.ref.key == key.strip() or len(key) > 1000, name
            check_author(people[act.actor], entry, expected.feed, name)
    assert feeds > 350
    assert entries > 200
    assert undated > 50


def date_of(entry: Any) -> datetime | None:
    for name in ("published_parsed", "created_parsed", "updated_parsed"):
        if name in entry.keys() and entry[name] is not None:  # noqa: SIM118 - "in" alone falls back to other fields
            return datetime.fromtimestamp(timegm(entry[name]), UTC)
    return None


def check_author(identity: Identity, entry: Any, feed: Any, name: str) -> None:
    authors = [one for part in (entry, feed) for one in part.get("authors", ()) if any(one.values())]
    if not authors:
        return
    one = authors[0]
    if "@" in one.get("email", ""):
        assert identity.address == one["email"].strip().lower(), name
    elif one.get("name"):
        assert (identity.name or "").split() == feedparser_plain(one["name"]).split(), name


def feedparser_plain(text: str) -> str:
    from kith.connectors.html import html_text

    return html_text(text) if "<" in text or "&" in text else text


@pytest.mark.parametrize("shown", [1, 3, 40])
async def test_a_feed_conforms_and_grows(server: FaultServer, shown: int) -> None:
    server.on("/before", rss([*range(shown, 0, -1)]))
    server.on("/feed", rss([*range(shown, 0, -1)]))
    config = FeedsConfig(server.url("/feed"))
    await check_connector(FEEDS, config)
    first = await read(config)
    assert [act.ref.key for act in acts(first)] == [f"post-{id_}" for id_ in range(shown, 0, -1)]
    assert acts(first)[0].ref.host == "blog.example"
    server.on("/feed", rss([*range(shown + 2, 1, -1)]))
    second = await read(config, first[-1].cursor)
    whole = {act.ref: act for act in acts([*first, *second])}
    assert {ref.key for ref in whole} == {f"post-{id_}" for id_ in range(1, shown + 3)}
    assert bool(gaps(second)) == (shown == 1), "of one entry nobody knows what came between"


def gaps(pages: list[Page]) -> list[Coverage]:
    return [
        record for page in pages for record in page.records if isinstance(record, Coverage) and record.status == "gap"
    ]


async def test_nothing_new_costs_one_request_and_no_page(server: FaultServer) -> None:
    """By 304, and where the server knows none by the same bytes."""
    for headers in ({"etag": '"7"', "last-modified": "Thu, 01 Jan 2026 00:00:00 GMT"}, {}):
        server.on("/feed", msgspec.structs.replace(rss([2, 1]), headers=headers))
        first = await read(FeedsConfig(server.url("/feed")))
        if headers:
            server.on("/feed", lambda asked: Given(304 if asked.headers.get("if-none-match") == '"7"' else 500))
        server.asked.clear()
        assert await read(FeedsConfig(server.url("/feed")), first[-1].cursor) == []
        assert len(server.asked) == 1


@pytest.mark.parametrize(("later", "missed"), [([5, 4, 3, 2], False), ([9, 8, 7], True), ([4, 3], True), ([2], False)])
async def test_a_window_that_ran_off_is_a_gap(server: FaultServer, later: list[int], missed: bool) -> None:
    server.on("/feed", rss([2, 1]))
    first = await read(FeedsConfig(server.url("/feed")))
    server.on("/feed", rss(later, title="Blog again"))
    found = gaps(await read(FeedsConfig(server.url("/feed")), first[-1].cursor))
    expected = [(NEW_YEAR + timedelta(days=2), NEW_YEAR + timedelta(days=min(later)))] if missed else []
    assert [(gap.since, gap.until) for gap in found] == expected


async def test_an_entry_without_a_date_appeared_when_it_was_first_read(server: FaultServer) -> None:
    def undated(*ids: int) -> Given:
        items = "".join(f"<item><guid isPermaLink='false'>u{id_}</guid><title>{id_}</title></item>" for id_ in ids)
        return Given(body=RSS.format(title="T", items=items).encode())

    server.on("/feed", undated(2, 1))
    config = FeedsConfig(server.url("/feed"))
    await check_connector(FEEDS, config)
    first = await read(config)
    server.on("/feed", undated(3, 2, 1))
    clock = FakeClock(NEW_YEAR + timedelta(days=9))
    async with open_context(FEEDS, config, Path("/nonexistent"), clock=clock) as context:
        second = [page async for page in FEEDS.pull(config, first[-1].cursor, context)]
    assert [(act.ref.key, act.occurred_at) for act in acts(second)] == [("u3", NEW_YEAR + timedelta(days=9))]


async def test_an_edit_keeps_its_key(server: FaultServer) -> None:
    entry = """<feed xmlns="http://www.w3.org/2005/Atom"><title>A</title><id>urn:a</id><entry><id>tag:a,1</id>
    <title>T</title><published>2026-01-01T10:00:00Z</published><updated>2026-01-0{day}T10:00:00Z</updated>
    <content type="html">&lt;p&gt;Version {day}&lt;/p&gt;</content></entry></feed>"""
    server.on("/feed", Given(body=entry.format(day=1).encode()), Given(body=entry.format(day=3).encode()))
    first = await read(FeedsConfig(server.url("/feed")))
    second = await read(FeedsConfig(server.url("/feed")), first[-1].cursor)
    [[one], [other]] = acts(first), acts(second)
    assert (one.ref, one.occurred_at, one.text, one.edited_at) == (other.ref, other.occurred_at, "Version 1", None)
    assert (other.text, other.edited_at) == ("Version 3", datetime(2026, 1, 3, 10, tzinfo=UTC))
    assert one.ref.host == "", "a tag: is the same everywhere"


async def test_a_comment_says_what_it_answers(server: FaultServer) -> None:
    body = b"""<feed xmlns="http://www.w3.org/2005/Atom" xmlns:thr="http://purl.org/syndication/thread/1.0"><title>C</title>
    <id>urn:c</id><entry><id>tag:c,9</id><title>Re</title><updated>2026-01-02T10:00:00Z</updated>
    <author><name>Bob</name><uri>https://bob.example/</uri></author><thr:in-reply-to ref="tag:a,1"/></entry></feed>"""
    server.on("/feed", Given(body=body))
    [act] = acts(await read(FeedsConfig(server.url("/feed"))))
    assert (act.ref.kind, act.actor.network, act.actor.key) == ("comment", "web", "https://bob.example")
    assert act.reply_to is not None
    assert (act.reply_to.key, act.reply_to.kind) == ("tag:a,1", "post")
    assert act.conversation is not None
    assert act.conversation.key == "tag:a,1"


@pytest.mark.parametrize("rel", ["prev-archive", "next"])
async def test_archives_are_read_once_and_behind_the_newest(server: FaultServer, rel: str) -> None:
    def page(asked: Asked) -> Given:
        number = int(asked.query.get("page", "1"))
        older = (
            f'<link rel="{rel}" href="/feed?page={number + 1}"/>'
            if number < 4
            else f'<link rel="{rel}" href="/feed?page=2"/>'
        )
        entries = "".join(
            f"<entry><id>tag:{number}:{n}</id><updated>20{30 - number}-01-0{n}T00:00:00Z</updated></entry>"
            for n in (2, 1)
        )
        head = '<feed xmlns="http://www.w3.org/2005/Atom"><title>A</title><id>urn:a</id>'
        return Given(body=f"{head}{older}{entries}</feed>".encode())

    server.on("/feed", page)
    config = FeedsConfig(server.url("/feed"))
    pages = await read(config)
    assert [act.ref.key for act in acts(pages)] == [f"tag:{page}:{n}" for page in (1, 2, 3, 4) for n in (2, 1)]
    assert await read(config, pages[-1].cursor) == []
    for stop, page_ in enumerate(pages[:-1], 1):
        rest = await read(config, page_.cursor)
        assert {act.ref for act in acts([*pages[:stop], *rest])} == {act.ref for act in acts(pages)}
    await check_connector(FEEDS, config)
    assert len(acts(await read(FeedsConfig(config.address, archives=False)))) == 2


async def test_a_json_feed_says_the_same_as_an_xml_one(server: FaultServer) -> None:
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "J",
        "home_page_url": "https://j.example/",
        "authors": [{"name": "Ada"}],
        "items": [
            {"id": 1, "url": "/1", "content_text": "1 < 2 & 3", "date_published": "2026-01-01T10:00:00+02:00"},
            {"id": "2", "title": "T", "content_html": "<p>x</p>", "date_published": "2026-01-01", "author": {"url": "https://b.example"}},
            {"id": "3", "content_text": "no date"},
            {"id": "4", "authors": "Ada"},
            17,
        ],
    }  # fmt: skip
    server.on("/feed", Given(body=b"\xef\xbb\xbf" + msgspec.json.encode(feed)))
    pages = await read(FeedsConfig(server.url("/feed")))
    one, two, three, four, five = acts(pages)
    assert {act.occurred_at for act in (three, four, five)} == {FakeClock().now()}
    assert (one.ref.key, one.ref.host, one.url, one.text) == ("1", "j.example", server.url("/1"), "1 < 2 & 3")
    assert (one.occurred_at, one.actor.key) == (datetime(2026, 1, 1, 8, tzinfo=UTC), "ada")
    assert (two.title, two.text, two.actor.key) == ("T", "x", "https://b.example")
    assert [skip.code for page in pages for skip in page.skipped] == ["no_date"] * 0


async def test_a_list_of_feeds_reads_each_and_one_that_fails_costs_the_others_nothing(server: FaultServer) -> None:
    outlines = "".join(f'<outline type="rss" xmlUrl="/{name}" />' for name in ("one", "gone", "broken", "two", "one"))
    server.on("/list", Given(body=f"<opml version='2.0'><body><outline text='x'>{outlines}</outline></body>".encode()))
    server.on("/one", rss([1], title="One"))
    server.on("/two", rss([2, 3], title="Two"))
    server.on("/gone", Given(410))
    server.on("/broken", Given(body=b"<html>nothing</html>"))
    config = FeedsConfig(server.url("/list"))
    pages = await read(config)
    assert {act.ref.key for act in acts(pages)} == {"post-1", "post-2", "post-3"}
    assert [(skip.place, skip.code) for page in pages for skip in page.skipped] == [
        (server.url("/gone"), "missing"),
        (server.url("/broken"), "fatal"),
    ]
    server.asked.clear()
    again = await read(config, pages[-1].cursor)
    assert acts(again) == []
    assert "/gone" not in {asked.path for asked in server.asked}, "410 is obeyed"


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (Given(404), Missing),
        (Given(body=b""), Fatal),
        (Given(body=b"<html><body>Hello</body></html>"), Fatal),
        (Given(body=b'{"a": 1}'), Fatal),
        (Given(body=b'{"version": "https://jsonfeed.org/version/1", "items": ['), Retry),
        (Given(body=b'{"version": 3}'), Fatal),
        (Given(body=b"\0" * 5000), Fatal),
        (Given(body=bytes(17 << 20), packed=True), Fatal),
    ],
)
async def test_what_is_no_feed_is_named(server: FaultServer, given: Given, error: type[Exception]) -> None:
    server.on("/feed", given)
    with pytest.raises(error):
        await read(FeedsConfig(server.url("/feed")))


@pytest.mark.parametrize(
    "text",
    [
        "\0",
        "<script>alert(1)</script>",
        "&lt;b&gt;Ada&lt;/b&gt;",
        "A" * 100_000,
        "é" * 2000,
        "\ufffe\ud7ff",
        "]]>",
        "&#xD800;",
        "a\u00a0@example.org",
        "&amp;nbsp;",
    ],
    ids=range(10),
)
async def test_whatever_stands_in_a_field_the_records_can_be_stored(server: FaultServer, text: str) -> None:
    server.on("/feed", rss([1, 2], title=text, author=text))
    await check_connector(FEEDS, FeedsConfig(server.url("/feed")))


async def test_entities_that_blow_up_do_not(server: FaultServer) -> None:
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    body = (
        f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY l0 "lol">{lol}]><rss version="2.0"><channel><title>&l11;</title>'
    )
    outside = '<!DOCTYPE rss [<!ENTITY f SYSTEM "file:///etc/passwd">]><rss version="2.0"><channel><title>&f;</title>'
    for document in (body, outside):
        server.on("/feed", Given(body=f"{document}</channel></rss>".encode()))
        pages = await read(FeedsConfig(server.url("/feed")))
        assert len(msgspec.json.encode([page.records for page in pages])) < 10_000
        assert b"root:" not in msgspec.json.encode([page.records for page in pages])


async def test_a_document_is_never_taken_for_a_path_or_an_address(server: FaultServer) -> None:
    for body in (b"/etc/passwd", b"http://127.0.0.1:9/", b"file:///etc/passwd"):
        server.on("/feed", Given(body=body))
        with pytest.raises(Fatal, match="neither a feed"):
            await read(FeedsConfig(server.url("/feed")))


async def test_a_feed_in_a_private_network_is_not_asked(server: FaultServer) -> None:
    config = FeedsConfig(server.url("/feed"))
    limits = Limits(private_addresses=False)
    async with open_context(FEEDS, config, Path("/nonexistent"), limits, clock=FakeClock()) as context:
        with pytest.raises(Fatal, match="private network"):
            await FEEDS.check(config, context)
    assert server.asked == []
