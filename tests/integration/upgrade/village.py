"""What each earlier version had read when its dump was taken, as import lines, and what humans then did by its API.

A month of a forum with a hall and a mill, and of a list.
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

#: Ids follow from natural keys: with one key, and one source, they are the same wherever the village is read.
KEY = b"a village by the river, 32 bytes"
SOURCE = UUID(int=7)
FORUM = {"network": "forum", "host": "talk.birk.example"}
MAIL = {"network": "mail"}
HALL = FORUM | {"key": "hall"}
DEV = MAIL | {"key": "dev@lists.birk.example"}
MILL = FORUM | {"key": "mill"}
PEOPLE = ("ada", "bea", "cyd", "dan", "eve")
MILLERS = ("fay", "gus", "hal", "ida", "jon", "kay")


class Deed(NamedTuple):
    """What a human does by the API. In path and body, names in braces are those of ``Deeds``."""

    name: str
    method: str
    path: str
    body: dict[str, Any]


_EVE = {"one_id": "{idn eve}", "other_id": "{idn e.birk@lund.example}"}
_FAY = {"one_id": "{idn fay}", "other_id": "{idn fay@mill.example}"}
DEEDS = (
    Deed("organization", "POST", "/v1/organizations", {"name": "Lund Works", "domains": ["lund.example"]}),
    Deed("join", "POST", "/v1/decisions", {"verdict": "same"} | _EVE),
    Deed("part", "POST", "/v1/decisions", {"verdict": "different"} | _FAY),
    Deed("correction", "PATCH", "/v1/people/{per dan}", {"name": "Daniel Birk"}),
    Deed("group", "POST", "/v1/groups", {"name": "gardeners", "people": ["{per cyd}", "{per dan}"]}),
    Deed("community", "POST", "/v1/communities", {"name": "Bakers", "people": ["{per ida}", "{per jon}", "{per kay}"]}),
)  # fmt: skip


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
    for name in (*PEOPLE, *MILLERS):
        full = f"{name.title()} Birk{name[0].upper()}"
        yield {"type": "identity", "ref": FORUM | {"key": name}, "kind": "person", "name": full, "handle": name,
               "seen_at": _at(0)}  # fmt: skip
    for address, name in (
        ("ada@birk.example", "Ada BirkA"), ("cyd@lund.example", "Cyd BirkC"), ("news@lund.example", "News of Lund"),
        ("e.birk@lund.example", "Evi"), ("fay@mill.example", "Fay B."),
    ):  # fmt: skip
        kind = "bot" if address.startswith("news") else "person"
        yield {"type": "identity", "ref": MAIL | {"key": address}, "kind": kind, "name": name, "address": address,
               "seen_at": _at(0)}  # fmt: skip
    public = {"visibility": "public", "seen_at": _at(0)}
    yield {"type": "channel", "ref": HALL, "kind": "category", "name": "The hall"} | public
    yield {"type": "channel", "ref": MILL, "kind": "category", "name": "The mill"} | public
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
    for day in (3, 9, 17):
        yield _act("post", MAIL, "e.birk@lund.example", ["ada@birk.example"], day, DEV, "minutes of the meeting")
    for turn in range(30):
        asks, helps = MILLERS[turn % 6], MILLERS[(turn + 1 + turn % 4) % 6]
        thread = f"w{turn}"
        yield _act("question", FORUM, asks, [], turn, MILL, f"why does wheel {turn} of the mill squeak?", thread)
        yield _act("answer", FORUM, helps, [asks], turn, MILL, "grease the bearings of the wheel", thread)
        yield _act("thank", FORUM, asks, [helps], turn, MILL, "the wheel turns, thank you", thread)
    yield _act("message", FORUM, "fay", ["ada"], 12, HALL, "flour for the garden feast")


def _act(
    kind: str, network: dict[str, str], actor: str, targets: list[str], day: int, channel: dict[str, str], text: str,
    conversation: str = "",
) -> dict[str, Any]:  # fmt: skip
    act = {
        "kind": kind, "actor": network | {"key": actor}, "day": day, "channel": channel, "text": text,
        "targets": [{"identity": network | {"key": target}} for target in targets],
    }  # fmt: skip
    return act | ({"conversation": network | {"key": conversation}} if conversation else {})


def names(identities: list[dict[str, Any]]) -> dict[str, str]:
    """Return the ids that deeds name, from identities as the API shows them."""
    found: dict[str, str] = {}
    for identity in identities:
        key = identity["key"]
        found |= {f"idn {key}": identity["id"], f"per {key}": identity["person_id"]}
    return found


def spelled(deed: Deed, known: dict[str, str]) -> tuple[str, str, Any]:
    """Return method, path and body of a deed, where the names are known so."""

    def spell(value: Any) -> Any:
        if isinstance(value, str):
            return re.sub(r"\{(.*?)\}", lambda found: known[found[1]], value)
        if isinstance(value, list):
            return [spell(item) for item in value]
        return {name: spell(item) for name, item in value.items()}

    return deed.method, spell(deed.path), spell(deed.body)
