"""What the beginning of a file tells: its form, and what the columns of a table may mean."""

import io
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from kith.connectors._files import BROKEN, uncompressed
from kith.connectors._limits import Limits
from kith.connectors._tables import open_table
from kith.connectors._texts import look

MOST = 4 << 20  # bytes of an unpacked beginning
_SAMPLE = 100  # rows by which the form of a date is told
_ANY = Limits()
#: What columns are called, in lower case, the first that fits.
_NAMES: Mapping[str, str] = {
    "id": r"(.* )?(id|uid|key|nr\.?|number)",
    "date": r"(.* )?(date|time|datetime|timestamp|sent|sent at|occurred at|created|created at|when|datum|zeit|wann)",
    "actor": r"from|sender|author|caller|organi[sz]er|by|who|von|absender|anrufer|autor|verfasser",
    "targets": r"to|recipients?|called|callee|with|participants?|attendees?|an|empfänger|teilnehmer|mit",
    "title": r"subject|title|topic|betreff|titel|thema",
    "text": r"text|body|message|notes?|content|comment|description|nachricht|inhalt|notizen?|kommentar",
    "address": r"((primary|business|home|work) )?e-?mail( ?address)?( \d)?|mail|e-mail-adresse",
    "name": r"name|full name|display name|contact|anzeigename|kontakt",
    "given": r"first name|given name|vorname",
    "family": r"last name|family name|surname|nachname",
    "organization": r"company|organi[sz]ation|company name|employer|firma|unternehmen",
    "role": r"job title|position|role|funktion",
}
#: Forms of dates that are no ISO 8601, the first that fits all of a sample.
_FORMS = (
    "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y", "%d.%m.%y", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y",
    "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y", "%Y/%m/%d %H:%M", "%Y/%m/%d", "%d-%m-%Y",
)  # fmt: skip
_SEVERAL = ";"


def beginning(head: bytes, *, whole: bool) -> bytes:
    """Return the text of a file of which these are the first bytes, unpacked, up to the last line that is whole.

    whole: these are all its bytes.
    """
    text, found = uncompressed(io.BytesIO(head)), bytearray()
    try:
        while len(found) < MOST and (part := text.read(1 << 16)):
            found += part
        ended = whole and len(found) < MOST
    except BROKEN:
        ended = False
    return bytes(found) if ended else bytes(found[: found.rfind(b"\n") + 1])


def form_of(text: bytes) -> Literal["ndjson", "csv"]:
    """Return what a file is whose text begins so: records in JSON, else a table."""
    return "ndjson" if text.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{") else "csv"


def table(
    path: Path, separator: str | None = None, encoding: str | None = None
) -> tuple[list[str], list[dict[str, str]]]:
    """Return the columns of a table and its first rows. Raises Fatal where it is none."""
    found = open_table(look(str(path), _ANY, encoding), _ANY, separator)
    return list(found.head), [row.cells for row in islice(found.rows(_ANY), _SAMPLE) if row.cells]


def guess(head: Sequence[str], rows: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
    """Return templates by which the rows of a table may be read; none where its columns say nothing.

    A table with a date and somebody who acts tells interactions; one with addresses tells identities, with where they
    work.
    """
    at = {field: name for field, name in _columns(head).items() if name is not None}
    if "date" in at and "actor" in at and (date := _dated(at["date"], rows)):
        return [{"record": _act(at, date, rows)}]
    if "address" not in at:
        return []
    person = {"network": "mail", "key": f"{{{at['address']}}}"}
    name = f"{{{at['name']}}}" if "name" in at else " ".join(f"{{{at[p]}}}" for p in ("given", "family") if p in at)
    identity = {"type": "identity", "ref": person, "kind": "person"} | ({"name": name} if name else {})
    found = [{"record": identity}]
    if "organization" in at:
        job = {"type": "affiliation", "identity": person, "organization": f"{{{at['organization']}}}"}
        found.append({"record": job | ({"title": f"{{{at['role']}}}"} if "role" in at else {})})
    return found


def _columns(head: Sequence[str]) -> dict[str, str | None]:
    free = list(head)
    found: dict[str, str | None] = {}
    for field, pattern in _NAMES.items():
        name = next((one for one in free if re.fullmatch(pattern, one.lower())), None)
        if name is not None and not set(name) & set("{}|"):
            free.remove(name)
            found[field] = name
    return found


def _act(at: Mapping[str, str], date: str, rows: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    key = [at["id"]] if "id" in at else [at[field] for field in ("date", "actor", "targets", "title") if field in at]
    made: dict[str, Any] = {
        "type": "interaction",
        "ref": {"network": "csv", "key": " ".join(f"{{{name}}}" for name in key), "kind": "message"},
        "actor": {"network": _network(at["actor"], rows), "key": f"{{{at['actor']}}}"},
        "occurred_at": date,
    }
    if "targets" in at:
        parts = f"{{{at['targets']}|split:{_SEVERAL}}}"
        target = {"network": _network(at["targets"], rows), "key": "{.}"}
        made["targets"] = [{"each": parts, "identity": target}]
    return made | {field: f"{{{at[field]}}}" for field in ("title", "text") if field in at}


def _network(column: str, rows: Sequence[Mapping[str, str]]) -> str:
    told = [row[column] for row in rows if row[column]]
    return "mail" if told and all("@" in one for one in told) else "csv"


def _dated(column: str, rows: Sequence[Mapping[str, str]]) -> str | None:
    """Return the reference that reads a column of dates; None where it holds none that are known."""
    told = [row[column] for row in rows if row[column]]
    if _fits(told, None):
        return f"{{{column}|date}}"
    return next((f"{{{column}|date:{form}}}" for form in _FORMS if _fits(told, form)), None)


def _fits(told: Sequence[str], form: str | None) -> bool:
    try:
        for one in told:
            datetime.strptime(one, form) if form else datetime.fromisoformat(one)  # noqa: DTZ007 - only tried
    except ValueError:
        return False
    return True
