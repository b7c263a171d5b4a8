"""A data report as a page: all that kith holds of a person, readable without anything from elsewhere."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from html import escape
from itertools import groupby
from typing import Any

import msgspec

TITLES = {
    "people": "The person",
    "identities": "Accounts, addresses and handles",
    "interactions": "What the person did and wrote",
    "interactions_towards": "What others did and wrote towards the person",
    "interaction_versions": "Earlier versions of what the person wrote",
    "relationships": "Relationships, with strength",
    "roles": "Roles in communities",
    "community_people": "Communities",
    "asks": "Questions and requests, asked or answered",
    "affiliations": "Organizations",
    "identity_tellings": "Which sources tell of the accounts",
    "affiliation_tellings": "What sources said of organizations",
    "standings": "How networks rate the accounts",
    "claims": "What sources said of accounts that belong together",
    "decisions": "Which accounts were decided to be one person, or not",
    "suggestions": "Which accounts may be one person",
    "corrections": "Corrections by members",
    "notes": "Notes by members",
    "attribute_values": "Tags and fields set by members",
    "group_people": "Groups",
    "member_identities": "Accounts that a member says are their own",
    "objections": "Objections to being scored",
    "consents": "Purposes for which the data may be used",
    "events": "Events that were sent to apps",
    "contact_days": "Contact with others by day and place",
    "activity_days": "Activity by day and place",
    "identity_days": "Activity by day",
    "identity_kinds": "What was judged to stand behind an account",
    "identity_profiles": "How names were read, to find who is one person",
    "identity_keys": "By what accounts are found, to find who is one person",
    "behaviors": "Contact with likely doubles",
    "told_words": "Words that were told of relationships",
    "interaction_targets": "The timeline of what was towards the person",
    "person_identities": "Which accounts are the person",
    "claim_tellings": "Which sources made a claim",
}
"""Titles by kind of record, in the order of the page; other kinds come last."""
_ACTS = ("interactions", "interactions_towards")
_ORDER = {kind: number for number, kind in enumerate(TITLES)}


class Line(msgspec.Struct, frozen=True):
    """A record of a report. sources: names of those that told it. names: of what the data mentions, by public id."""

    kind: str
    data: dict[str, Any]
    sources: list[str] = []
    sealed: bool = False
    names: dict[str, str] = {}


def page(person: str, workspace: str, day: date, lines: Iterable[Line]) -> Iterator[str]:
    """Yield the page, piece by piece."""
    parts = sorted(lines, key=lambda line: (_ORDER.get(line.kind, len(_ORDER)), line.kind))
    sections = [(kind, list(found)) for kind, found in groupby(parts, lambda line: line.kind)]
    title = f"All that {workspace} holds of {person}"
    yield (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{escape(title)}</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{escape(title)}</h1>\n"
        f"<p>As of {day.isoformat()} (UTC). “Source” says from where kith has it.</p>\n<h2>Contents</h2>\n"
        f"<table>\n<thead><tr><th>What</th><th>Records</th><th>Sources</th></tr></thead>\n<tbody>\n"
    )
    for kind, found in sections:
        told = ", ".join(sorted({name for line in found for name in line.sources}))
        yield (
            f'<tr><td><a href="#{escape(kind)}">{escape(_title(kind))}</a></td><td>{len(found):,}</td>'
            f"<td>{escape(told) or '–'}</td></tr>\n"
        )
    yield "</tbody>\n</table>\n"
    for kind, found in sections:
        yield f'<h2 id="{escape(kind)}">{escape(_title(kind))}</h2>\n'
        yield from _acts(found) if kind in _ACTS else _table(found)
    yield "</main>\n</body>\n</html>\n"


def _title(kind: str) -> str:
    return TITLES.get(kind, kind.replace("_", " ").capitalize())


def _acts(lines: Sequence[Line]) -> Iterator[str]:
    for line in sorted(lines, key=lambda line: str(line.data.get("occurred_at"))):
        data, names = line.data, line.names
        towards = ", ".join(names.get(id_, id_) for id_ in data.get("target_ids") or ())
        where = names.get(str(data.get("channel_id")), "")
        facts: list[str] = [
            str(data.get("occurred_at", ""))[:16].replace("T", " "),
            str(data.get("kind", "")),
            f"{names.get(data['actor_id'], data['actor_id'])}{f' → {towards}' if towards else ''}",
            f"in {where}" if where else "",
            str(data.get("visibility", "")),
            f"Source: {', '.join(line.sources)}" if line.sources else "",
        ]
        said = " · ".join(escape(fact) for fact in facts if fact)
        yield f'<article>\n<p class="facts">{said}</p>\n'
        for name in ("title", "text"):
            if data.get(name):
                yield f'<p class="{name}">{escape(data[name])}</p>\n'
        yield "</article>\n"


def _table(lines: Sequence[Line]) -> Iterator[str]:
    columns = list(dict.fromkeys(name for line in lines for name, value in line.data.items() if _says(value)))
    heads = "".join(f"<th>{escape(name.replace('_', ' '))}</th>" for name in [*columns, "source"])
    yield f'<div class="wide" tabindex="0">\n<table>\n<thead><tr>{heads}</tr></thead>\n<tbody>\n'
    for line in lines:
        cells = [_cell(line.data.get(name), line.names) for name in columns] + [", ".join(line.sources)]
        yield f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>\n"
    yield "</tbody>\n</table>\n</div>\n"


def _says(value: Any) -> bool:
    return value is not None and value not in ("", [], {})


def _cell(value: Any, names: dict[str, str]) -> str:
    if not _says(value):
        return ""
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ", ".join(names.get(each) or each for each in value)
    return msgspec.json.encode(value).decode()


_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;margin:0;color:#1a1a1a;background:#fff}"
    "main{max-width:64rem;margin:0 auto;padding:1.5rem}h2{margin-top:2.5rem}"
    "table{border-collapse:collapse}th,td{text-align:left;vertical-align:top;padding:.25rem .75rem .25rem 0;"
    "border-bottom:1px solid #ddd}.wide{overflow-x:auto}article{border-bottom:1px solid #ddd;padding:.5rem 0}"
    ".facts{color:#555;margin:0}.title{font-weight:600;margin:.25rem 0}.text{white-space:pre-wrap;margin:.25rem 0}"
    "@media(prefers-color-scheme:dark){body{color:#eee;background:#161616}.facts{color:#aaa}a{color:#9cf}"
    "th,td,article{border-color:#444}}"
)
