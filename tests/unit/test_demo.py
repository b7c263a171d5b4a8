"""The demo is what ORIGIN.md says: real, small, without addresses, and made again by its script."""

import io
import re
from collections import Counter

import msgspec
import zstandard

from kith.cli.demo import FILE
from kith.cli.demo.make import records
from kith.connectors import Channel, Claim, Identity, Interaction, Record, flaw
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
        assert b'"title"' not in line
        assert not re.search(rb"\b[0-9a-f]{16}\b", line)  # as long as the hash of an address
    assert kinds[Identity] == 6016
    assert kinds[Interaction] > 60_000
    assert 1000 < kinds[Channel] < 2000
    assert kinds[Claim] > 600


def test_each_act_stands_once_and_robots_are_marked() -> None:
    found = [msgspec.json.decode(line, type=Record) for line in lines()]
    robots = {record.ref for record in found if isinstance(record, Identity) and record.kind == "bot"}
    assert len(robots) > 40
    acts = [record for record in found if isinstance(record, Interaction)]
    assert len({act.ref for act in acts}) == len(acts)
    taken_in = {(act.ref.host, act.ref.key, act.actor, target.identity)
                for act in acts if act.native_kind == "applied" for target in act.targets}  # fmt: skip
    signed = {(act.ref.host, act.ref.key, act.actor, target.identity)
              for act in acts if act.native_kind == "signed-off-by" for target in act.targets}  # fmt: skip
    assert signed
    assert not taken_in & signed


def test_the_script_makes_the_same_records_again() -> None:
    folder = shared("data/git-world")
    made = (encode_line(record) for record in records(folder))
    assert all(line == again for line, again in zip(lines(), made, strict=True))
