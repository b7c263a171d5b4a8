"""kith's own import format: what is good is kept, bad lines are named, a file may grow, be replaced or break off."""

import asyncio
import bz2
import gzip
import io
import json
import lzma
import re
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import msgspec
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from kith.connectors import (
    Answer,
    Channel,
    Claim,
    Conversation,
    Coverage,
    Delivery,
    Fatal,
    Identity,
    Interaction,
    InteractionRef,
    Page,
    Record,
    Ref,
    Retry,
    Target,
    Tombstone,
    read_delivery,
)
from kith.connectors.ndjson import LINE_BYTES, PAGE_RECORDS, NdjsonConfig, NdjsonConnector, encode_line, write
from tests.unit.connectors.contexts import ALONE

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
ADA, BOB = Ref("mail", "ada@example.org"), Ref("mail", "bob@example.org")
LIST = Ref("mail", "list.example.org")
EVERY_KIND: list[Record] = [
    Identity(ADA, kind="person", name="Ada", address="ada@example.org", seen_at=NOON),
    Claim(ADA, BOB, "profile_link", "ada's page links to bob's"),
    Channel(LIST, "list", "The list", visibility="public"),
    Conversation(Ref("mail", "m1@example.org"), channel=LIST, title="Hello"),
    Interaction(
        InteractionRef("mail", "m1@example.org", "post"), ADA, NOON, (Target(BOB, "cc"),), channel=LIST, text="Hi\n✓"
    ),
    Tombstone(InteractionRef("mail", "m0@example.org", "post"), cause="withdrawn"),
    Coverage("read", NOON - timedelta(days=1), NOON),
]


def identities(count: int, first: int = 0) -> list[Record]:
    return [
        Identity(Ref("mail", f"p{number}@example.org"), name=f"P{number}") for number in range(first, first + count)
    ]


async def pages_of(path: Path, cursor: msgspec.Raw | None = None) -> list[Page]:
    return [page async for page in NdjsonConnector().pull(NdjsonConfig(str(path)), cursor, ALONE)]


def records_of(pages: list[Page]) -> list[Record]:
    return [record for page in pages for record in page.records]


@pytest.mark.parametrize("suffix", [".ndjson", ".ndjson.gz", ".ndjson.zst"])
async def test_every_kind_of_record_comes_back_as_it_was_written(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"all{suffix}"
    assert write(path, EVERY_KIND) == len(EVERY_KIND)
    assert records_of(await pages_of(path)) == EVERY_KIND


async def test_compression_is_told_by_the_bytes_and_not_by_the_name(tmp_path: Path) -> None:
    path = tmp_path / "all.ndjson"
    path.write_bytes(gzip.compress(b"".join(map(encode_line, EVERY_KIND))))
    assert records_of(await pages_of(path)) == EVERY_KIND


def test_a_line_says_its_type_and_leaves_defaults_out() -> None:
    assert json.loads(encode_line(Tombstone(InteractionRef("mail", "m", "post")))) == {
        "type": "tombstone",
        "ref": {"network": "mail", "key": "m", "kind": "post"},
    }


@pytest.mark.parametrize(
    ("line", "code", "reason"),
    [
        ('{"type":"identity"', "invalid_json", "truncated"),
        ('{"type":"person","ref":{}}', "invalid_record", "Invalid value 'person' - at `$.type`"),
        ('{"type":"identity"}', "invalid_record", "missing required field `ref`"),
        ('{"ref":{"network":"mail","key":"k"}}', "invalid_record", "missing required field `type`"),
        ('{"type":"identity","ref":{"network":"mail","key":"k"},"nam":"A"}', "invalid_record", "unknown field `nam`"),
        ('{"type":"identity","ref":{"network":"Mail","key":"k"}}', "invalid_record", "'Mail' is no name of a network"),
        ('{"type":"identity","ref":{"network":"mail","key":"a\\u0000b"}}', "invalid_record", "`key` contains a NUL"),
        ('{"type":"identity","ref":{"network":"mail","key":""}}', "invalid_record", "length >= 1"),
        (
            '{"type":"identity","ref":{"network":"mail","key":"k"},"seen_at":"2024-05-01T12:00:00"}',
            "invalid_record",
            "timezone",
        ),
        (
            '{"type":"identity","ref":{"network":"mail","key":"k"},"seen_at":"0001-01-01T00:00:00+14:00"}',
            "invalid_record",
            "outside the years 1 to 9999",
        ),
        ('{"type":"identity","ref":{"network":"mail","key":"\\ud800"}}', "invalid_json", ""),
        ("[1]", "invalid_record", "Expected `object`"),
    ],
)
async def test_a_bad_line_is_named_with_its_number_and_reason_and_the_others_are_kept(
    tmp_path: Path, line: str, code: str, reason: str
) -> None:
    good = encode_line(EVERY_KIND[0])
    path = tmp_path / "some.ndjson"
    path.write_bytes(good + b"\n" + line.encode() + b"\n" + good)
    [page] = await pages_of(path)
    assert len(page.records) == 2
    [skip] = page.skipped
    assert (skip.place, skip.code) == ("line 3", code)
    assert reason in skip.reason


async def test_invalid_utf_8_is_a_bad_line(tmp_path: Path) -> None:
    path = tmp_path / "latin1.ndjson"
    path.write_bytes(
        '{"type":"identity","ref":{"network":"mail","key":"é"}}\n'.encode("latin-1") + encode_line(EVERY_KIND[0])
    )
    [page] = await pages_of(path)
    assert [skip.place for skip in page.skipped] == ["line 1"]
    assert list(page.records) == EVERY_KIND[:1]


async def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "windows.ndjson"
    path.write_bytes(b"\xef\xbb\xbf" + b"".join(map(encode_line, EVERY_KIND)).replace(b"\n", b"\r\n"))
    pages = await pages_of(path)
    assert records_of(pages) == EVERY_KIND
    assert await pages_of(path, pages[-1].cursor) == []


async def test_a_line_too_long_to_hold_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "long.ndjson"
    good = encode_line(EVERY_KIND[0])
    path.write_bytes(good + b"x" * (LINE_BYTES + 5) + b"\n" + good)
    pages = await pages_of(path)
    assert len(records_of(pages)) == 2
    assert [(skip.place, skip.code) for page in pages for skip in page.skipped] == [("line 2", "line_too_long")]


@pytest.mark.parametrize("suffix", [".ndjson", ".ndjson.gz", ".ndjson.zst"])
async def test_pages_are_bounded_and_each_cursor_leads_to_the_rest(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"many{suffix}"
    everyone = identities(2 * PAGE_RECORDS + 7)
    write(path, everyone)
    pages = await pages_of(path)
    assert [len(page.records) for page in pages] == [PAGE_RECORDS, PAGE_RECORDS, 7]
    assert pages[-1].done == pages[-1].total == path.stat().st_size
    seen = 0
    for page in pages:
        seen += len(page.records)
        assert records_of(await pages_of(path, page.cursor)) == everyone[seen:]


async def test_a_file_that_grows_is_read_on_from_its_old_end(tmp_path: Path) -> None:
    path = tmp_path / "log.ndjson"
    write(path, identities(3))
    cursor = (await pages_of(path))[-1].cursor
    with path.open("ab") as file:
        file.write(b"".join(map(encode_line, identities(2, first=3))) + b"{\n")
    [page] = await pages_of(path, cursor)
    assert list(page.records) == identities(2, first=3)
    assert [skip.place for skip in page.skipped] == ["line 6"]


async def test_a_last_line_that_is_still_being_written_is_read_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "log.ndjson"
    first, second = map(encode_line, identities(2))
    path.write_bytes(first + second[:20])
    [page] = await pages_of(path)
    assert list(page.records) == identities(1)
    assert [(skip.place, skip.code) for skip in page.skipped] == [("line 2", "incomplete_line")]
    path.write_bytes(first + second)
    [page] = await pages_of(path, page.cursor)
    assert list(page.records) == identities(1, first=1)
    assert page.skipped == ()


async def test_a_whole_last_line_without_an_end_is_read_at_once(tmp_path: Path) -> None:
    path = tmp_path / "log.ndjson"
    path.write_bytes(encode_line(EVERY_KIND[0]).rstrip())
    [page] = await pages_of(path)
    assert list(page.records) == EVERY_KIND[:1]
    path.write_bytes(path.read_bytes() + b"\n{\n")
    [page] = await pages_of(path, page.cursor)
    assert [skip.place for skip in page.skipped] == ["line 2"]


@pytest.mark.parametrize("suffix", [".ndjson", ".ndjson.gz"])
@pytest.mark.parametrize("first", [0, 5])
async def test_a_replaced_file_is_read_anew(tmp_path: Path, suffix: str, first: int) -> None:
    path = tmp_path / f"people{suffix}"
    write(path, identities(300))
    cursor = (await pages_of(path))[-1].cursor
    other = identities(300)[:first] + identities(400, first=1000)
    write(path, other)
    assert records_of(await pages_of(path, cursor)) == other
    write(path, identities(2))
    assert records_of(await pages_of(path, cursor)) == identities(2)


async def test_a_cursor_of_another_release_is_read_as_none(tmp_path: Path) -> None:
    path = tmp_path / "people.ndjson"
    write(path, identities(2))
    assert records_of(await pages_of(path, msgspec.Raw(b'{"page":3}'))) == identities(2)


@pytest.mark.parametrize("compress", [gzip.compress, zstandard.compress])
async def test_a_compressed_file_that_breaks_off_gives_what_is_good_and_then_says_so(
    tmp_path: Path, compress: object
) -> None:
    assert callable(compress)
    path = tmp_path / "broken"
    text = b"".join(map(encode_line, identities(50_000)))
    path.write_bytes(compress(text)[:-2000])
    pages: list[Page] = []

    async def pull() -> None:
        async for page in NdjsonConnector().pull(NdjsonConfig(str(path)), None, ALONE):
            pages.append(page)

    with pytest.raises(Fatal, match="breaks off after line"):
        await pull()
    assert identities(50_000)[: len(records_of(pages))] == records_of(pages) != []


async def test_frames_written_one_after_the_other_are_one_file(tmp_path: Path) -> None:
    path = tmp_path / "frames.zst"
    path.write_bytes(b"".join(zstandard.compress(encode_line(record)) for record in EVERY_KIND))
    assert records_of(await pages_of(path)) == EVERY_KIND


async def test_an_empty_file_gives_nothing(tmp_path: Path) -> None:
    path = tmp_path / "empty"
    path.touch()
    assert await pages_of(path) == []
    assert (await NdjsonConnector().check(NdjsonConfig(str(path)), ALONE)).warnings


@pytest.mark.parametrize("name", ["absent.ndjson", "."])
async def test_what_is_no_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Fatal, match=r"is no (regular )?file"):
        await NdjsonConnector().check(NdjsonConfig(str(tmp_path / name)), ALONE)


async def test_check_says_what_the_first_page_holds(tmp_path: Path) -> None:
    path = tmp_path / "some.ndjson"
    path.write_bytes(encode_line(EVERY_KIND[0]) + b"{\n")
    report = await NdjsonConnector().check(NdjsonConfig(str(path)), ALONE)
    assert report.detail == "The first page holds 1 good lines, 1 bad."
    assert report.warnings[0].startswith("line 2: ")


names = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=30)
moments = st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=st.just(timezone(timedelta(hours=5))))  # noqa: DTZ001 - hypothesis wants naive bounds
refs = st.builds(Ref, st.just("mail"), names.map(str.lower), names) | st.builds(Ref, st.just("git"), names, names)
records = st.one_of(
    st.builds(Identity, refs, name=names, seen_at=moments),
    st.builds(Conversation, refs, title=names),
    st.builds(
        Interaction,
        st.builds(InteractionRef, st.just("mail"), names, st.sampled_from(["post", "review"])),
        refs,
        moments,
        st.lists(st.builds(Target, refs)).map(tuple),
        text=names,
    ),
)


@settings(deadline=None)
@given(st.lists(records))
async def test_any_storable_record_survives_the_format(
    tmp_path_factory: pytest.TempPathFactory, given_: list[Record]
) -> None:
    path = tmp_path_factory.mktemp("ndjson") / "x.ndjson"
    write(path, given_)
    pages = await pages_of(path)
    assert records_of(pages) == given_
    assert [skip for page in pages for skip in page.skipped] == []


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('{"type":"identity","ref":{"network":"forum","key":"1"},"name":"A","name":"B"}', "name"),
        ('{"type":"identity","name":"A","ref":{"network":"forum","key":"1"},"name":"B"}', "name"),
        ('{"type":"identity","ref":{"network":"forum","key":"1","key":"2"}}', "key"),
        ('{ "type" : "identity", "name" : "A", "ref" : {"network" : "forum", "key" : "1"}, "name" : "A" }', "name"),
        ('{"type":"identity","type":"identity","ref":{"network":"forum","key":"1"}}', "type"),
        ('{"type":"identity","ref":{"network":"forum","key":"1"},"verified":false,"verified":false}', "verified"),
    ],
)
async def test_a_key_that_stands_twice_is_named(tmp_path: Path, line: str, key: str) -> None:
    path = tmp_path / "some.ndjson"
    path.write_text(line + "\n")
    [page] = await pages_of(path)
    assert [(skip.place, skip.reason) for skip in page.skipped] == [
        ("line 1", f"the key `{key}` stands twice in one object")
    ]


@settings(deadline=None)
@given(record=records, data=st.data())
async def test_no_key_is_taken_twice_wherever_it_stands(
    tmp_path_factory: pytest.TempPathFactory, record: Record, data: st.DataObject
) -> None:
    """One key of one object, drawn from all, is written twice."""
    line = encode_line(record).decode().strip()
    places = [place.start() for place in re.finditer(r'"[a-z_]+":', line) if line[: place.start()].count('\\"') == 0]
    place = data.draw(st.sampled_from(places))
    key = line[place:].partition(":")[0]
    path = tmp_path_factory.mktemp("ndjson") / "x.ndjson"
    path.write_text(f"{line[:place]}{key}:null,{line[place:]}\n", encoding="utf-8")
    [page] = await pages_of(path)
    assert (page.records, len(page.skipped)) == ((), 1)


def zipped(data: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("a.ndjson", data)
    return made.getvalue()


#: What makes another form of some lines, and how that is named.
FORMS: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "xz": (lzma.compress, "packed with xz"),
    "bzip2": (bz2.compress, "packed with bzip2"),
    "zip": (zipped, "zip archive"),
    "twice": (lambda data: gzip.compress(data, mtime=0), "packed twice"),
    "UTF-16": (lambda data: data.decode().encode("utf-16"), "UTF-16"),
    "UTF-32": (lambda data: data.decode().encode("utf-32"), "UTF-32"),
    "array": (lambda data: b"[" + b",".join(data.splitlines()) + b"]", "one JSON array"),
    "array over lines": (lambda data: b"[\n" + b",\n".join(data.splitlines()) + b"\n]\n", "one JSON array"),
    "object": (lambda data: b'{"records": [' + b",".join(data.splitlines()) + b"]}\n", "one JSON object around"),
    "object over lines": (
        lambda data: b'{"data": [\n' + b",\n".join(data.splitlines()) + b"\n]}",
        "one JSON object around",
    ),
    "commas": (lambda data: b",\n".join(data.splitlines()) + b",\n", "commas"),
    "abreast": (lambda data: b" ".join(data.splitlines()) + b"\n", "several records on one line"),
    "CR": (lambda data: data.replace(b"\n", b"\r"), "CR alone"),
    "over lines": (lambda data: json.dumps(json.loads(data.splitlines()[0]), indent=1).encode(), "over several lines"),
    "sequence": (lambda data: b"".join(b"\x1e" + line for line in data.splitlines(keepends=True)), "sequence"),
}


@settings(deadline=None)
@given(st.lists(records, min_size=2, max_size=4), st.sampled_from(sorted(FORMS)), st.sampled_from(["", "gzip", "zstd"]))
async def test_any_records_in_another_form_are_named_as_that(
    tmp_path_factory: pytest.TempPathFactory, told: list[Record], form: str, packed: str
) -> None:
    make, reason = FORMS[form]
    data = make(b"".join(map(encode_line, told)))
    path = tmp_path_factory.mktemp("ndjson") / "x.ndjson"
    packed = packed or ("gzip" if form == "twice" else "")
    packers: dict[str, Callable[[bytes], bytes]] = {"": bytes, "gzip": gzip.compress, "zstd": zstandard.compress}
    path.write_bytes(packers[packed](data))
    with pytest.raises(Fatal, match=reason):
        await pages_of(path)


def tarred() -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a.ndjson"))
    return made.getvalue()


async def test_what_a_text_says_is_no_key(tmp_path: Path) -> None:
    path = tmp_path / "some.ndjson"
    path.write_text('{"name": "a \\"name\\": {b} [c]", "type": "identity", "ref": {"network": "n", "key": "k"}}\n')
    [page] = await pages_of(path)
    assert page.skipped == ()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xfd7zXZ\x00 and so on", "packed with xz; unpack it"),
        (bz2.compress(b"{}\n"), "packed with bzip2"),
        (b"PK\x03\x04 and so on", "a zip archive"),
        (b"\x04\x22\x4d\x18 and so on", "packed with LZ4"),
        (b"Rar!\x1a\x07\x01\x00 and so on", "a RAR archive"),
        (lzma.compress(b"{}\n", format=lzma.FORMAT_ALONE), "packed with LZMA"),
        (b"\x1f\x9d\x90 and so on", "packed with compress"),
        (b"SQLite format 3\x00 and so on", "an SQLite database"),
        (tarred(), "a tar archive"),
        (gzip.compress(tarred(), mtime=0), "a tar archive"),
        (b"<?xml version='1.0'?>\n<a/>\n", "markup"),
        (b"<!DOCTYPE html>\n<html>\n", "markup"),
        (b'\x1e{"type":"identity"}\n', "a JSON text sequence"),
        ('{"type":"identity"}\n'.encode("utf-16"), "in UTF-16"),
        ('{"type":"identity"}\n'.encode("utf-16-le"), "in UTF-16"),
        ('{"type":"identity"}\n'.encode("utf-16-be"), "in UTF-16"),
        ('{"type":"identity"}\n'.encode("utf-32"), "in UTF-32"),
        (b'[{"type":"identity"},\n{"type":"identity"}]\n', "one JSON array"),
        (gzip.compress(b'\n [\n {"type":"identity"}]\n', mtime=0), "one JSON array"),
        (b'\xef\xbb\xbf{\n  "type": "identity"\n}\n', "written over several lines"),
        (b'{"type":"identity"}\r{"type":"identity"}\r', "lines end with CR alone"),
    ],
)
async def test_a_file_in_another_form_is_refused_in_one_sentence(tmp_path: Path, data: bytes, reason: str) -> None:
    path = tmp_path / "some.ndjson"
    path.write_bytes(data)
    with pytest.raises(Fatal, match=reason):
        await pages_of(path)


@pytest.mark.parametrize(
    ("record", "name"),
    [
        (Identity(Ref("mail", "Ada@example.org")), "ref"),
        (Channel(Ref("mail", "Dev@example.org"), "list", "Dev"), "ref"),
        (Claim(Ref("mail", "a@x.example"), Ref("mail", "A@x.example"), "mailmap", ""), "object"),
        (Interaction(InteractionRef("mail", "I@D", "post"), Ref("mail", "É@x.example"), NOON), "actor"),
        (
            Interaction(
                InteractionRef("mail", "I@D", "post"),
                Ref("mail", "a@x.example"),
                NOON,
                (Target(Ref("mail", "b@x.example")), Target(Ref("mail", "B@x.example"))),
            ),
            "targets.identity",
        ),
    ],
)
async def test_an_address_that_is_not_in_lower_case_is_told(tmp_path: Path, record: Record, name: str) -> None:
    path = tmp_path / "some.ndjson"
    write(path, [record])
    [page] = await pages_of(path)
    [skip] = page.skipped
    assert skip.reason.startswith(f"`{name}.key` is ")


async def test_errors_stand_in_the_order_of_lines(tmp_path: Path) -> None:
    path = tmp_path / "some.ndjson"
    path.write_bytes(b"{broken\n" + b'{"' + b"x" * LINE_BYTES + b'"}\n' + b"{broken\n" * 10)
    skipped = [skip for page in await pages_of(path) for skip in page.skipped]
    assert [skip.place for skip in skipped] == [f"line {number}" for number in range(1, 13)]


@settings(deadline=None, max_examples=20)
@given(st.sampled_from(['{"a":', "[", '{"type":"claim","x":[', '[{"a":']), st.sampled_from([2, 300, 2000, 40_000]))
def test_json_within_json_costs_its_line_alone(opening: str, depth: int) -> None:
    """However deep, and wherever JSON comes from: a file, an answer of a network, a push."""
    nested = (opening * depth).encode()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "nested.ndjson"
        path.write_bytes(encode_line(EVERY_KIND[0]) + nested + b"\n" + encode_line(EVERY_KIND[1]))
        pages = asyncio.run(read(path))
    assert [record for page in pages for record in page.records] == EVERY_KIND[:2]
    assert [skip.place for page in pages for skip in page.skipped] == ["line 2"]
    with pytest.raises(Retry):
        Answer(200, "https://x.example/", {}, nested).json()
    with pytest.raises(Fatal):
        read_delivery(Delivery({}, nested, NOON), Identity)


async def read(path: Path) -> list[Page]:
    return [page async for page in NdjsonConnector().pull(NdjsonConfig(str(path)), None, ALONE)]
