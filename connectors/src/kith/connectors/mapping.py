"""One language in which settings say how rows and JSON documents become records: docs/mapping.md.

A template is a record of the import format, in whose texts ``{reference|filter}`` stands for what the document holds: a
column of a table, or a JSON pointer. For partners' connectors as for ours.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from types import UnionType
from typing import Annotated, Any, NamedTuple, Union, cast, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

import msgspec

from kith.connectors import items
from kith.connectors._records import Record

_REFERENCE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}")
_KINDS: dict[str, type[msgspec.Struct]] = {kind.__struct_config__.tag: kind for kind in get_args(Record)}
_EACH = 1000  # items of a list


class Template(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one kind of record is made of a document. each: a reference to a list: one record of each of its items.

    when: references with the texts of which one has to stand there. Raises ValueError where it could make no record.
    """

    record: Annotated[dict[str, Any], msgspec.Meta(title="Record", description="As in the import format.")]
    each: Annotated[str | None, msgspec.Meta(title="For each", examples=["{/attendees}"])] = None
    when: Annotated[
        dict[str, list[str]], msgspec.Meta(title="When", examples=[{"{/action}": ["created", "edited"]}])
    ] = {}

    def __post_init__(self) -> None:
        kind = self.record.get("type")
        if kind not in _KINDS:
            raise ValueError(f"record/type: {kind!r} is none of {', '.join(sorted(_KINDS))}")
        fields = {name: value for name, value in self.record.items() if name != "type"}
        _check(fields, _KINDS[kind], "record")
        for text in (self.each, *self.when):
            if text is not None:
                _check_reference(text)


class Text(NamedTuple):
    """A text with references in it. parts: plain ones, and those that stand for something."""

    parts: tuple["str | Reference", ...]

    @property
    def single(self) -> "Reference | None":
        return self.parts[0] if len(self.parts) == 1 and isinstance(self.parts[0], Reference) else None


class Reference(NamedTuple):
    """name: a column, ``/a/pointer``, ``@a-header``, or ``.`` for the item of a list. filters: with their arguments."""

    name: str
    filters: tuple[tuple[str, str], ...]


class Document(NamedTuple):
    """What is mapped: a row by its columns, or JSON; and the headers that it came with, by lower-case name."""

    value: Any
    headers: Mapping[str, str] = {}


class Mapper:
    """Makes records of documents. zone: of times that name none; None: these are refused."""

    def __init__(self, templates: Sequence[Template], zone: str | None = None) -> None:
        self._templates = templates
        self._zone = _zone(zone) if zone else None

    @property
    def references(self) -> dict[str, str]:
        """The names that templates refer to, each with its place in the settings."""
        found: dict[str, str] = {}
        for number, template in enumerate(self._templates):
            for name, place in _named(msgspec.to_builtins(template), f"/records/{number}"):
                found.setdefault(name, place)
        return found

    def records(self, document: Document) -> Iterator[Record]:
        """Yield the records of a document. Raises ValueError that names the place in the settings."""
        for number, template in enumerate(self._templates):
            place = f"/records/{number}"
            said = {name: _plain(self._value(name, document, None, f"{place}/when")) for name in template.when}
            if all(said[name] in wanted for name, wanted in template.when.items()):
                for item in self._items(template.each, document, f"{place}/each"):
                    yield self._record(template, document, item, place)

    def _record(self, template: Template, document: Document, item: Any, place: str) -> Record:
        try:
            made = self._made(template.record, document, item, f"{place}/record")
            found: Any = msgspec.convert(made, _KINDS[template.record["type"]], strict=False)
        except msgspec.ValidationError as error:
            said, _, at = str(error).partition(" - at `$")
            inside = re.sub(r"[\[.\]]+", "/", at.rstrip("`")).rstrip("/")
            raise items.Unreadable(f"{said} ({place}/record{inside})") from error
        return cast(Record, found)

    def _items(self, each: str | None, document: Document, place: str) -> list[Any]:
        if each is None:
            return [None]
        single = parse(each).single
        try:
            found = self._found(single, document, None) if single else self._value(each, document, None, place)
        except (ValueError, OverflowError, OSError) as error:
            raise items.Unreadable(f"{error} ({place})") from error
        listed = found if isinstance(found, list) else [] if found in (None, "") else [found]
        if len(listed) > _EACH:
            raise items.Unreadable(f"{each} has {len(listed):,} items; {_EACH:,} are taken at most ({place})")
        return listed

    def _made(self, value: Any, document: Document, item: Any, place: str) -> Any:
        """Return a part of a template with what the document holds; None where that is nothing."""
        if isinstance(value, str):
            return self._value(value, document, item, place)
        if isinstance(value, list):
            found = enumerate(value)
            return [made for at, one in found for made in self._several(one, document, item, f"{place}/{at}")]
        if not isinstance(value, dict):
            return value
        if "of" in value:
            said = _plain(self._value(value["of"], document, item, f"{place}/of"))
            return self._made(value["is"].get(said, value.get("else")), document, item, f"{place}/is/{said}")
        made = {name: self._made(one, document, item, f"{place}/{name}") for name, one in value.items()}
        if "network" in made and made.get("key") is None:
            return None
        if made.get("network") == "mail" and "@" in made["key"]:
            made["key"] = made["key"].lower()
        return {name: one for name, one in made.items() if one is not None}

    def _several(self, value: Any, document: Document, item: Any, place: str) -> Iterator[Any]:
        """Yield what one item of a list in a template makes: as many as the list that its ``each`` names."""
        inner_items = [item]
        if isinstance(value, dict) and "each" in value:
            inner_items = self._items(value["each"], document, f"{place}/each")
            value = {name: one for name, one in value.items() if name != "each"}
        for inner in inner_items:
            made = self._made(value, document, inner, place)
            if made is not None and not _lacks(made, value):
                yield made

    def _value(self, text: str, document: Document, item: Any, place: str) -> Any:
        """Return what a text stands for: a list where a single reference names one, else a text; None for nothing."""
        parsed = parse(text)
        try:
            if (single := parsed.single) is not None:
                found = self._found(single, document, item)
                return found if found is None or isinstance(found, list) else _plain(found)
            parts = [one if isinstance(one, str) else _plain(self._found(one, document, item)) for one in parsed.parts]
        except (ValueError, OverflowError, OSError) as error:
            raise items.Unreadable(f"{error} ({place})") from error
        return "".join(parts)

    def _found(self, reference: Reference, document: Document, item: Any) -> Any:
        value = _look_up(reference.name, document, item)
        for name, argument in reference.filters:
            if value in (None, "") and name != "default":
                continue
            value = _FILTERS[name](value, argument, self._zone)
        if isinstance(value, str):
            value = items.clean(value, len(value)).strip()
        return None if value == "" else value


@lru_cache(maxsize=10_000)
def parse(text: str) -> Text:
    """Take a text apart. Raises ValueError for a filter that there is not, or a brace that does not close."""
    parts: list[str | Reference] = []
    rest = 0
    for match in _REFERENCE.finditer(text):
        plain = text[rest : match.start()]
        if "{" in plain or "}" in plain:
            raise ValueError(f"{text!r} has a brace too many; as a character it is written twice")
        parts.append(plain)
        parts.append(_reference(match[1]) if match[1] is not None else match[0][0])
        rest = match.end()
    if "{" in text[rest:] or "}" in text[rest:]:
        raise ValueError(f"{text!r} has a brace that does not close")
    parts.append(text[rest:])
    kept = [part for part in parts if part != ""]
    return Text(tuple(kept))


def _reference(text: str) -> Reference:
    name, *given = text.split("|")
    if not name.strip():
        raise ValueError("{} names nothing")
    filters = []
    for one in given:
        filter_, _, argument = one.partition(":")
        if filter_.strip() not in _FILTERS:
            raise ValueError(f"there is no filter {filter_.strip()!r}; there are {', '.join(sorted(_FILTERS))}")
        filters.append((filter_.strip(), argument))
    return Reference(name.strip(), tuple(filters))


def _look_up(name: str, document: Document, item: Any) -> Any:
    """Return what a reference names; None where there is nothing."""
    if name == "." or name.startswith("./"):
        return _pointed(item, name[1:])
    if name.startswith("@"):
        return document.headers.get(name[1:].lower())
    columns = document.value if isinstance(document.value, dict) else {}
    return _pointed(document.value, name) if name.startswith("/") and name not in columns else columns.get(name)


def _pointed(value: Any, pointer: str) -> Any:
    """Follow a JSON pointer (RFC 6901)."""
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list) and key.isascii() and key.isdigit() and len(key) < 10:
            value = value[int(key)] if int(key) < len(value) else None
        else:
            return None
    return value


def _plain(value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return msgspec.json.encode(value).decode()


def _date(value: Any, form: str, zone: tzinfo | None) -> str:
    """Read a date by a form of ``strptime``, or ``unix`` and ``unix_ms``; what has no form as ISO 8601."""
    text = _plain(value).strip()
    if form in ("unix", "unix_ms"):
        seconds = float(text)
        return datetime.fromtimestamp(seconds / (1000 if form == "unix_ms" else 1), UTC).isoformat()
    try:
        found = datetime.strptime(text, form) if form else datetime.fromisoformat(text)  # noqa: DTZ007 - zone follows
    except ValueError as error:
        raise ValueError(f"{text[:100]!r} is no date of the form {form or 'ISO 8601'}") from error
    if found.tzinfo is None:
        if zone is None:
            raise ValueError(f"{text[:100]!r} names no time zone: say which it is (timezone)")
        found = found.replace(tzinfo=zone)
    return found.isoformat()


def _split(value: Any, separator: str, _: tzinfo | None) -> list[str]:
    return [part.strip() for part in _plain(value).split(separator or ",") if part.strip()]


_FILTERS: dict[str, Callable[[Any, str, tzinfo | None], Any]] = {
    "lower": lambda value, _, __: _plain(value).lower(),
    "upper": lambda value, _, __: _plain(value).upper(),
    "date": _date,
    "day": lambda value, form, zone: _date(value, form, zone or UTC)[:10],
    "split": _split,
    "default": lambda value, text, _: text if value in (None, "") else value,
}


def _lacks(made: Any, template: Any) -> bool:
    """Whether a target has nobody, because its cell is empty: then there is none."""
    return isinstance(template, dict) and "identity" in template and "identity" not in (made or {})


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:
        raise ValueError(f"{name!r} is no time zone: name one such as Europe/Berlin") from error


def check_zone(name: str | None) -> None:
    """Raises ValueError where there is no such time zone."""
    if name:
        _zone(name)


def _named(value: Any, place: str) -> Iterator[tuple[str, str]]:
    """Yield each name that a template refers to, with its place."""
    if isinstance(value, str):
        for part in parse(value).parts:
            if isinstance(part, Reference):
                yield part.name, place
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from _named(one, f"{place}/{number}")
    elif isinstance(value, dict):
        for name, one in value.items():
            if place.endswith("/when"):
                yield from _named(name, place)
            else:
                yield from _named(one, f"{place}/{name}")


def _check_reference(text: Any) -> None:
    if not isinstance(text, str) or not any(isinstance(part, Reference) for part in parse(text).parts):
        raise ValueError(f"{text!r} refers to nothing: write {{column}} or {{/pointer}}")


def _check(value: Any, kind: Any, place: str) -> None:
    """Raises ValueError, with the place, where a part of a template can be no part of a record."""
    try:
        if isinstance(value, dict) and "of" in value:
            _check_reference(value["of"])
            _check_choice(value, kind, place)
        elif (inner := _item(kind)) is not None:
            _check_list(value, inner, place)
        elif (struct := _struct(kind)) is not None:
            _check_struct(value, struct, place)
        elif not isinstance(value, str) or all(isinstance(part, str) for part in parse(value).parts):
            msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise ValueError(f"{place}: {error}") from error
    except ValueError as error:
        raise error if str(error).startswith("record") else ValueError(f"{place}: {error}") from error


def _check_choice(value: Mapping[str, Any], kind: Any, place: str) -> None:
    unknown = value.keys() - {"of", "is", "else"}
    if unknown or not isinstance(value.get("is"), dict):
        raise ValueError(f"{place}: a choice has `of`, `is` with a value for each text, and perhaps `else`")
    for name, one in value["is"].items():
        _check(one, kind, f"{place}/is/{name}")
    if value.get("else") is not None:
        _check(value["else"], kind, f"{place}/else")


def _check_list(value: Any, kind: Any, place: str) -> None:
    if not isinstance(value, list):
        raise ValueError(f"{place}: a list is wanted here")  # noqa: TRY004 - settings are bad values
    for number, one in enumerate(value):
        if isinstance(one, dict) and "each" in one:
            _check_reference(one["each"])
            one = {name: inner for name, inner in one.items() if name != "each"}
        _check(one, kind, f"{place}/{number}")


def _check_struct(value: Any, kind: type[msgspec.Struct], place: str) -> None:
    if not isinstance(value, dict):
        raise ValueError(f"{place}: an object is wanted here")  # noqa: TRY004 - likewise
    hints = get_type_hints(kind, include_extras=True)
    for name, one in value.items():
        if name not in kind.__struct_fields__:
            raise ValueError(f"{place}/{name}: there is no such field; there are {', '.join(kind.__struct_fields__)}")
        _check(one, hints[name], f"{place}/{name}")
    for field in msgspec.structs.fields(kind):
        if field.required and field.name not in value:
            raise ValueError(f"{place}/{field.name}: this is missing")


def _options(kind: Any) -> list[Any]:
    """Return what a type may be, without what is noted beside it."""
    if get_origin(kind) is Annotated:
        return _options(get_args(kind)[0])
    if get_origin(kind) in (UnionType, Union):
        return [option for one in get_args(kind) for option in _options(one)]
    return [kind]


def _struct(kind: Any) -> type[msgspec.Struct] | None:
    found = (one for one in _options(kind) if isinstance(one, type) and issubclass(one, msgspec.Struct))
    return next(found, None)


def _item(kind: Any) -> Any:
    """Return of what a type is a list; None where it is none."""
    found = (get_args(one)[0] for one in _options(kind) if get_origin(one) is tuple)
    return next(found, None)
