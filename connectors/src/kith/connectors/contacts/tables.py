"""From a row of a table to what it says of somebody; the columns of well-known programs are guessed."""

import re
from collections.abc import Sequence

from kith.connectors import Fatal
from kith.connectors.contacts.config import Columns, ContactsConfig
from kith.connectors.contacts.people import Contact, Job, day, moment

_SEVERAL = re.compile(r"\s*:::\s*|\s*[\n\r]+\s*")  # Google puts several values into one cell
#: What Google, Outlook, LinkedIn and others call their columns, in lower case.
_GUESSES = {
    "id": r"uid|contact id",
    "name": r"name|full name|display name|file as|anzeigename",
    "given": r"first name|given name|vorname",
    "family": r"last name|family name|surname|nachname",
    "addresses": r"((primary|business|home|work) )?e-?mail( ?address)?( \d)?|e-?mail \d (- value|address)|mail",
    "numbers": r"phone \d - value|((primary|mobile|business|home|company main|other|car) )?phone( number)?( \d)?",
    "urls": r"url|website( \d - value)?|web ?page|personal web page|homepage|profile url",
    "organization": r"company|organization( 1 - name| name)?|company name|employer|firma",
    "title": r"job title|position|organization( 1 -)? title|role",
    "since": r"started on",
    "until": r"finished on",
    "changed": r"changed|modified|updated",
}


class Reader:
    """Reads the rows of one table. Raises Fatal where its columns are not there, or tell of nobody."""

    def __init__(self, head: Sequence[str], config: ContactsConfig) -> None:
        given = config.columns
        self._form = config.dates
        self._columns = guess(head) if given is None else given
        named = [one for value in _all(self._columns) for one in value]
        for column in named:
            if column not in head:
                raise Fatal(f"The table has no column {column!r} (columns): it has {', '.join(head)[:500]}.")
        self.used = named
        who = self._columns.name or self._columns.given or self._columns.family or self._columns.addresses
        if not who:
            raise Fatal(
                f"No column is known to hold names or addresses: say which (columns). It has {', '.join(head)[:500]}."
            )

    def contact(self, cells: dict[str, str]) -> Contact:
        """Return what a row says. Raises ValueError for a date that is none."""
        at = self._columns

        def one(column: str | None) -> str:
            return cells.get(column or "", "")

        name = one(at.name) or " ".join(filter(None, (one(at.given), one(at.family))))
        firm = one(at.organization)
        return Contact(
            one(at.id),
            " ".join(name.split())[:1000] or None,
            "person",
            _values(cells, at.addresses),
            _values(cells, at.numbers),
            _values(cells, at.urls),
            jobs=(Job(firm, one(at.title), day(one(at.since), self._form), day(one(at.until), self._form)),)
            if firm
            else (),
            changed=moment(one(at.changed)),
        )


def guess(head: Sequence[str]) -> Columns:
    """Return the columns whose names are known."""
    found: dict[str, list[str]] = {}
    for field, pattern in _GUESSES.items():
        found[field] = [name for name in head if re.fullmatch(pattern, name.lower())]
    several = {name: tuple(found[name]) for name in ("addresses", "numbers", "urls")}
    single = {name: columns[0] for name, columns in found.items() if columns and name not in several}
    return Columns(**several, **single)  # type: ignore[arg-type]  # each by its own type


def _all(columns: Columns) -> list[tuple[str, ...]]:
    values = (getattr(columns, name) for name in columns.__struct_fields__)
    return [(value,) if isinstance(value, str) else value or () for value in values]


def _values(cells: dict[str, str], columns: Sequence[str]) -> tuple[str, ...]:
    return tuple(value for column in columns for value in _SEVERAL.split(cells.get(column, "")) if value)
