"""What each earlier version had read when its dump was taken: a month of a forum and of a list, as import lines."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

FORUM = {"network": "forum", "host": "talk.birk.example"}
MAIL = {"network": "mail"}
HALL = FORUM | {"key": "hall"}
DEV = MAIL | {"key": "dev@lists.birk.example"}
PEOPLE = ("ada", "bea", "cyd", "dan", "eve")


def write(path: Path) -> Path:
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records()))
    return path


def records() -> list[dict[str, Any]]:
    """Return the records, in the order in which they were read."""
    told = list(_described())
    for number, act in enumerate(_acts(), 1):
        day = act.pop("day")
        act["ref"] = act["actor"] | {"key": f"a{number}", "kind": act.pop("kind")}
        told.append({"type": "interaction", "occurred_at": _at(day, 10 + number % 8), "visibility": "public"} | act)
    told.append({"type": "tombstone", "ref": FORUM | {"key": "a1", "kind": "message"}, "cause": "deleted"})
    return told


def _at(day: int, hour: int = 10) -> str:
    return f"{datetime(2024, 1, 2, hour, tzinfo=UTC) + timedelta(days=day):%Y-%m-%dT%H:%M:%SZ}"


def _described() -> Iterator[dict[str, Any]]:
    for name in PEOPLE:
        full = f"{name.title()} Birk{name[0].upper()}"
        yield {"type": "identity", "ref": FORUM | {"key": name}, "kind": "person", "name": full, "handle": name,
               "seen_at": _at(0)}  # fmt: skip
    for address, name in (
        ("ada@birk.example", "Ada BirkA"), ("cyd@lund.example", "Cyd BirkC"), ("news@lund.example", "News of Lund"),
    ):  # fmt: skip
        kind = "bot" if address.startswith("news") else "person"
        yield {"type": "identity", "ref": MAIL | {"key": address}, "kind": kind, "name": name, "address": address,
               "seen_at": _at(0)}  # fmt: skip
    public = {"visibility": "public", "seen_at": _at(0)}
    yield {"type": "channel", "ref": HALL, "kind": "category", "name": "The hall"} | public
    yield {"type": "channel", "ref": DEV, "kind": "list", "name": "dev"} | public
    yield {"type": "claim", "subject": FORUM | {"key": "ada"}, "object": MAIL | {"key": "ada@birk.example"},
           "kind": "mailmap", "evidence": "ada = Ada"}  # fmt: skip


def _acts() -> Iterator[dict[str, Any]]:
    for day in range(0, 34, 3):
        one, other = ("ada", "bea") if day % 2 else ("bea", "ada")
        yield _act("message", FORUM, one, [other], day, HALL, f"the plan for day {day}", "t1")
    for day in range(0, 30, 5):
        yield _act("question", FORUM, "cyd", [], day, HALL, "how does the garden grow?", f"q{day}")
        yield _act("answer", FORUM, "dan", ["cyd"], day, HALL, "with water and patience", f"q{day}")
        yield _act("thank", FORUM, "cyd", ["dan"], day, HALL, "thank you", f"q{day}")
    for day in range(1, 30, 4):
        yield _act("post", MAIL, "ada@birk.example", ["cyd@lund.example"], day, DEV, "patch for the pump")
        yield _act("reply", MAIL, "cyd@lund.example", ["ada@birk.example"], day, DEV, "looks good")
        yield _act("post", MAIL, "news@lund.example", [], day, DEV, "weekly news")
    yield _act("message", FORUM, "eve", list(PEOPLE[:4]), 20, HALL, "hello all")


def _act(
    kind: str, network: dict[str, str], actor: str, targets: list[str], day: int, channel: dict[str, str], text: str,
    conversation: str = "",
) -> dict[str, Any]:  # fmt: skip
    act = {
        "kind": kind, "actor": network | {"key": actor}, "day": day, "channel": channel, "text": text,
        "targets": [{"identity": network | {"key": target}} for target in targets],
    }  # fmt: skip
    return act | ({"conversation": network | {"key": conversation}} if conversation else {})
