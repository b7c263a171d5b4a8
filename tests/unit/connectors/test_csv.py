"""Tables as programs write them, by a mapping."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from kith.connectors import Fatal, Interaction, Page, open_context
from kith.connectors.csv import CsvConfig, CsvConnector, reader
from kith.connectors.testing import Facts, FakeClock, check_connector

CSV = CsvConnector()
RECORDS = [
    {
        "record": {
            "type": "interaction",
            "ref": {"network": "crm", "key": "{nr}", "kind": "call"},
            "actor": {"network": "mail", "key": "{von}"},
            "occurred_at": "{wann|date:%d.%m.%Y %H:%M}",
            "targets": [{"each": "{an|split:/}", "identity": {"network": "mail", "key": "{.}"}}],
            "text": "{worüber}",
        }
    }
]
ROWS = (
    ("nr", "von", "wann", "an", "worüber"),
    ("1", "Ada@x.org", "01.05.2024 10:00", "bob@x.org/cleo@x.org", "Zwei\nZeilen, und ein Komma"),
    ("2", "bob@x.org", "gestern", "ada@x.org", ""),
    ("3", "bob@x.org", "02.05.2024 10:00", "", 'Er sagte "ja"; dann nein'),
)


def table(rows: Any, separator: str = ",") -> str:
    def cell(text: str) -> str:
        quoted = text.replace('"', '""')
        return f'"{quoted}"' if set(text) & set(f'{separator}"\n') else text

    return "".join(separator.join(map(cell, row)) + "\r\n" for row in rows)


def config(path: Path, data: str | bytes, **more: Any) -> CsvConfig:
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    given = {"path": str(path), "records": RECORDS, "timezone": "Europe/Berlin", **more}
    return msgspec.convert(given, CsvConfig)


async def read(settings: CsvConfig, cursor: msgspec.Raw | None = None) -> list[Page]:
    async with open_context(CSV, settings, Path("/nonexistent"), clock=FakeClock()) as context:
        return [page async for page in CSV.pull(settings, cursor, context)]


def skips(pages: list[Page]) -> list[tuple[str, str]]:
    return [(skip.place, skip.reason) for page in pages for skip in page.skipped]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
async def test_separators_and_encodings_are_found(tmp_path: Path, separator: str, encoding: str) -> None:
    pages = await read(config(tmp_path / "a.csv", table(ROWS, separator).encode(encoding)))
    found = Facts(pages).interactions
    assert {ref.key: act.text for ref, act in found.items()} == {
        "1": "Zwei\nZeilen, und ein Komma", "3": 'Er sagte "ja"; dann nein',
    }  # fmt: skip
    assert sorted(len(act.targets) for act in found.values()) == [0, 2]
    place = "'gestern' is no date of the form %d.%m.%Y %H:%M (/records/0/record/occurred_at)"
    assert skips(pages) == [("line 4", place)]


@pytest.mark.parametrize(
    ("head", "line"), [("sep=;\r\n", "line 5"), ("Bericht\r\n\r\n", "line 6"), ("\r\n", "line 5"), ("", "line 4")]
)
async def test_what_stands_above_the_head_is_passed_over(tmp_path: Path, head: str, line: str) -> None:
    pages = await read(config(tmp_path / "a.csv", head + table(ROWS, ";")))
    assert len(Facts(pages).interactions) == 2
    assert [place for place, _ in skips(pages)] == [line]


async def test_rows_that_are_none_are_told_with_their_lines(tmp_path: Path) -> None:
    text = table(ROWS[:2]) + "4,a@x.org,02.05.2024 10:00,,x,y,z\r\n" + ",,,,\r\n" + "\r\n" + '5,"open\r\n'
    pages = await read(config(tmp_path / "a.csv", text + "x" * 140_000 + "\r\n" + table(ROWS[3:])))
    assert [ref.key for ref in Facts(pages).interactions] == ["1", "3"]
    assert skips(pages)[0][0] == "line 4"
    assert "it has 7 cells, and the head 5" in skips(pages)[0][1]
    assert "perhaps a quotation mark is not closed" in skips(pages)[1][1]


async def test_check_shows_the_first_rows_as_they_would_be_read(tmp_path: Path) -> None:
    rows = [(*row, "free") for row in ROWS]
    settings = config(tmp_path / "a.csv", table(rows, ";"))
    async with open_context(CSV, settings, Path("/nonexistent")) as context:
        report = await CSV.check(settings, context)
    assert report.detail == (
        "6 columns with ';' between them, in utf-8; of the first 3 rows 2 can be read, as 2 records."
    )
    assert [record.ref.key for record in report.preview if isinstance(record, Interaction)] == ["1", "3"]
    assert report.warnings[0].startswith("line 4: 'gestern' is no date")
    assert report.warnings[1] == "Columns that are not read: free."


async def test_a_column_that_is_not_there_is_named_with_its_place(tmp_path: Path) -> None:
    rows = [tuple(cell.replace("wann", "when") for cell in row) for row in ROWS]
    with pytest.raises(Fatal, match=r"no column 'wann' \(/records/0/record/occurred_at\): it has nr, von, when"):
        await read(config(tmp_path / "a.csv", table(rows)))
    with pytest.raises(Fatal, match="is empty"):
        await read(config(tmp_path / "b.csv", ""))
    with pytest.raises(Fatal, match="a zip archive"):
        await read(config(tmp_path / "c.csv", b"PK\x03\x04 and more"))
    with pytest.raises(msgspec.ValidationError, match="'Mars' is no time zone"):
        config(tmp_path / "d.csv", "", timezone="Mars")


async def test_csv_conforms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "ROWS", 3)
    rows = [(f"{number}", f"p{number}@x.org", "01.05.2024 10:00", "ada@x.org", "Hi") for number in range(14)]
    before = config(tmp_path / "before.csv", table([*ROWS, *rows[4:9]], ";"))
    after = config(tmp_path / "after.csv", table([*ROWS, *rows[4:]], ";"))
    assert (await check_connector(CSV, before, after)).tier == "branch"
    pages = await read(before)
    assert await read(before, pages[-1].cursor) == []
