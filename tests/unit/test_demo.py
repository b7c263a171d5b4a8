"""The demo community is what ORIGIN.md says: real, small, without addresses, and made again by its script."""

import io
from collections import Counter

import msgspec
import zstandard

from kith.cli.demo import FILE
from kith.cli.demo.make import records
from kith.connectors import Channel, Identity, Interaction, Record, flaw
from kith.connectors.ndjson import encode_line
from tests.paths import shared


def lines() -> list[bytes]:
    with FILE.open("rb") as file:
        return io.BufferedReader(zstandard.ZstdDecompressor().stream_reader(file)).read().splitlines(keepends=True)


def test_it_is_small_and_every_line_is_a_sound_record_without_an_address() -> None:
    assert FILE.stat().st_size < 2_000_000
    decode = msgspec.json.Decoder(Record).decode
    kinds: Counter[type] = Counter()
    for line in lines():
        record = decode(line)
        kinds[type(record)] += 1
        assert flaw(record) is None
        assert b"@" not in line
    assert kinds[Identity] == 3219
    assert kinds[Interaction] > 60_000
    assert 500 < kinds[Channel] < 1000


def test_the_script_makes_the_same_records_again() -> None:
    folder = shared("data/trailers-git")
    made = (encode_line(record) for record in records(folder))
    assert all(line == again for line, again in zip(lines(), made, strict=True))
