"""What the beginning of a file tells."""

import gzip

import pytest
import zstandard

from kith.connectors import guessing
from kith.connectors.mapping import Document, Mapper, Template


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"Date": "2026-05-01T10:00:00Z", "From": "Ada@x.org", "To": "bo@x.org;cy@x.org", "Subject": "Hi"},
         [("interaction", "mail", "ada@x.org", 2)]),
        ({"date": "05/31/2026 10:00", "caller": "ada", "called": "bo"}, [("interaction", "csv", "ada", 1)]),
        ({"Datum": "31.05.2026", "Absender": "ada", "Empfänger": ""}, [("interaction", "csv", "ada", 0)]),
        ({"First Name": "Ada", "Last Name": "Low", "E-mail Address": "ada@x.org", "Company": "Firm",
          "Job Title": "Eng"},
         [("identity", "mail", "ada@x.org", "Ada Low"), ("affiliation", "mail", "ada@x.org", "Firm")]),
        ({"Vorname": "Ada", "E-Mail": "ada@x.org"}, [("identity", "mail", "ada@x.org", "Ada")]),
        ({"Color": "red", "Size": "7"}, []),
        ({"Date": "soon", "From": "ada"}, []),
        ({"Da{te": "2026-05-01", "From": "ada"}, []),
    ],
)  # fmt: skip
def test_columns_are_guessed_so_that_they_can_be_read(row: dict[str, str], expected: list[tuple[object, ...]]) -> None:
    templates = guessing.guess(list(row), [row])
    mapper = Mapper([Template(**template) for template in templates], "UTC")
    found = []
    for record in mapper.records(Document(row)):
        who = getattr(record, "actor", None) or getattr(record, "identity", None) or getattr(record, "ref", None)
        assert who
        what = getattr(record, "organization", None) or getattr(record, "name", None)
        targets = getattr(record, "targets", None)
        found.append(
            (type(record).__struct_config__.tag, who.network, who.key, what if targets is None else len(targets))
        )
    assert found == expected


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress], ids=["plain", "gz", "zst"])
def test_a_beginning_ends_with_a_whole_line(pack: type[bytes]) -> None:
    packed = pack(b"one\ntwo\nthree")
    assert guessing.beginning(packed, whole=True) == b"one\ntwo\nthree"
    assert guessing.beginning(packed, whole=False) in (b"one\ntwo\n", b"one\ntwo\nthree"[:8])
    assert guessing.beginning(packed[:-1], whole=False) in (b"one\ntwo\n", b"")


def test_records_in_json_are_told_from_tables() -> None:
    assert guessing.form_of(b'\xef\xbb\xbf\n {"type": 1}') == "ndjson"
    assert guessing.form_of(b"Name;Mail\n") == guessing.form_of(b"") == "csv"
