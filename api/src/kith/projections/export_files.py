"""Files of exports: what a workspace holds, as whoever asked may see it, line by line, in little memory."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import date, datetime
from functools import cache
from typing import Any, get_args, get_type_hints
from uuid import UUID

import msgspec

from kith.connectors import _records as sdk
from kith.domain.ids import encode, fact_id
from kith.domain.maps.style import attribute, content
from kith.domain.tables import cell
from kith.projections.exports import everything, records
from kith.store import exports as store
from kith.store.db import Db

KINDS: dict[str, type[msgspec.Struct]] = {
    str(kind.__struct_config__.tag): kind
    for kind in (
        sdk.Interaction, sdk.Identity, sdk.Channel, sdk.Conversation, sdk.Claim, sdk.Standing, sdk.Affiliation,
        sdk.Coverage, sdk.Ending,
    )
}  # fmt: skip
"""The kinds of records that an export has, by their types."""

_GRAPHML = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n'
    '<key id="name" for="node" attr.name="name" attr.type="string"/>\n'
    '<key id="kind" for="node" attr.name="kind" attr.type="string"/>\n'
    '<key id="interactions" for="node" attr.name="interactions" attr.type="long"/>\n'
    '<key id="strength" for="edge" attr.name="strength" attr.type="double"/>\n'
    '<key id="given" for="edge" attr.name="given" attr.type="long"/>\n'
    '<key id="received" for="edge" attr.name="received" attr.type="long"/>\n'
    '<key id="first_day" for="edge" attr.name="first_day" attr.type="string"/>\n'
    '<key id="last_day" for="edge" attr.name="last_day" attr.type="string"/>\n'
    '<graph edgedefault="undirected">\n'
)


class Veil:
    """Takes from records what whoever asked may not see. contact: addresses; text: what was written."""

    def __init__(self, id_key: bytes, *, contact: bool, text: bool) -> None:
        self._id_key, self._contact, self._text = id_key, contact, text

    def over(self, record: msgspec.Struct) -> msgspec.Struct:
        """Return the record without it. An address that is a key becomes the id of the identity."""
        found: dict[str, Any] = {}
        if not self._contact:
            found = {name: self._masked(getattr(record, name)) for name in record.__struct_fields__}
            if isinstance(record, sdk.Identity):
                found["address"] = None
            if isinstance(record, sdk.Claim):
                found["evidence"] = record.kind
        if not self._text and isinstance(record, _WRITTEN):
            found |= {name: None for name in ("title", "text") if hasattr(record, name)}
        return msgspec.structs.replace(record, **found) if found else record

    def _masked(self, value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(map(self._masked, value))
        if isinstance(value, sdk.Target):
            return msgspec.structs.replace(value, identity=self._masked(value.identity))
        if isinstance(value, sdk.InteractionRef):
            return msgspec.structs.replace(value, actor=self._masked(value.actor))
        if isinstance(value, sdk.Ref) and "@" in value.key:
            id_ = fact_id(self._id_key, "identity", (value.network, value.host, value.key))
            return msgspec.structs.replace(value, key=encode("identity", id_))
        return value


async def lines(
    db: Db,
    workspace_id: UUID,
    id_key: bytes,
    form: str,
    kind: str | None,
    *,
    contact: bool,
    text: bool,
    said: bool = False,
) -> AsyncIterator[tuple[bytes, int]]:
    """Yield the file piece by piece, each with how many records are in it.

    form: ``ndjson``, ``csv`` or ``graphml``. kind: the type of the records of a table. said: whether what people
    said is in it, as it is, whatever may be seen. db: in a transaction.
    """
    if form == "graphml":
        async for line in _graph(db, workspace_id):
            yield line
        return
    veil, wanted = Veil(id_key, contact=contact, text=text), KINDS[kind or "interaction"]
    if form == "csv":
        yield _row(_columns(wanted)), 0
    async for record in everything(db, workspace_id, id_key) if said else records(db, workspace_id, id_key):
        if form == "ndjson":
            yield msgspec.json.encode(veil.over(record)) + b"\n", 1
        elif type(record) is wanted:
            yield _row(_cells(veil.over(record))), 1


async def _graph(db: Db, workspace_id: UUID) -> AsyncIterator[tuple[bytes, int]]:
    yield _GRAPHML.encode(), 0
    async for row in store.people(db, workspace_id):
        said = {name: row[name] for name in ("name", "kind", "interactions")}
        yield f"<node id={attribute(encode('person', row['id']))}>{_data(said)}</node>\n".encode(), 1
    async for row in store.ties(db, workspace_id):
        said = {name: row[name] for name in ("strength", "given", "received", "first_day", "last_day")}
        one, other = (attribute(encode("person", row[end])) for end in ("person_id", "other_id"))
        yield f"<edge source={one} target={other}>{_data(said)}</edge>\n".encode(), 1
    yield b"</graph>\n</graphml>\n", 0


def _data(said: dict[str, Any]) -> str:
    told = {name: value for name, value in said.items() if value is not None}
    return "".join(f'<data key="{name}">{content(str(value))}</data>' for name, value in told.items())


_WRITTEN = (sdk.Interaction, sdk.Conversation)


@cache
def _fields(kind: type[msgspec.Struct]) -> dict[str, tuple[str, ...]]:
    """Return the fields of a record, each with the parts that are columns of their own; none where it is one itself."""
    hints = get_type_hints(kind)
    found: dict[str, tuple[str, ...]] = {}
    for name in kind.__struct_fields__:
        options = {hints[name], *get_args(hints[name])}
        if sdk.InteractionRef in options:
            found[name] = ("network", "host", "key", "kind")
        else:
            found[name] = ("network", "host", "key") if sdk.Ref in options else ()
    return found


def _columns(kind: type[msgspec.Struct]) -> list[str]:
    return [f"{name}.{part}" if part else name for name, parts in _fields(kind).items() for part in parts or ("",)]


def _cells(record: msgspec.Struct) -> list[Any]:
    found: list[Any] = []
    for name, parts in _fields(type(record)).items():
        value = getattr(record, name)
        found += [_plain(getattr(value, part, None)) for part in parts] if parts else [_plain(value)]
    return found


def _plain(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, tuple | msgspec.Struct):
        return msgspec.json.encode(value).decode() if value else ""
    return cell(value)


def _row(cells: list[Any]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue().encode()
