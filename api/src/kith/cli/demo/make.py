"""Make the demo from the data set git-world: ``python -m kith.cli.demo.make ../shared/data/git-world``.

The same data set gives the same records in the same order. ORIGIN.md says what they are and whose.
"""

import csv
import io
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import zstandard

from kith.cli.demo import FILE
from kith.connectors import (
    Channel,
    Claim,
    Conversation,
    Coverage,
    Identity,
    IdentityKind,
    Interaction,
    InteractionKind,
    InteractionRef,
    Record,
    Ref,
    Target,
)
from kith.connectors.ndjson import write

Row = dict[str, str]

NETWORK = "git"
#: Git itself is twenty years old; its last twelve suffice to see who is who, and load sooner.
LARGEST, SINCE = "git/git", datetime(2015, 1, 1, tzinfo=UTC)
#: An area that fewer acts name is a slip or a file; its acts belong to the repository itself.
MIN_ACTS_OF_AREA = 10

KINDS: dict[str, InteractionKind] = {
    "applied": "merge",
    "merged": "merge",
    "signed-off-by": "sign_off",
    "reviewed-by": "review",
    "acked-by": "approve",
    "tested-by": "test",
    "reported-by": "report",
    "reported-and-tested-by": "report",
    "suggested-by": "suggest",
    "helped-by": "help",
    "mentored-by": "help",
    "co-authored-by": "contribute",
}


def records(folder: Path) -> Iterator[Record]:
    """Everything: accounts and which are one person's, places, then the acts, oldest first."""
    acts = [act for act in _rows(folder / "interactions.csv.zst") if _shown(act)]
    people = {row["id"]: row for row in _rows(folder / "people.csv.zst")}
    yield from _identities(acts, people)
    yield from _claims(acts, people, folder)
    areas = _areas(acts)
    for project in sorted({act["project"] for act in acts}):
        yield Channel(_project(project), "repository", project, url=_web(project), visibility="public")
        for name in sorted(area for home, area in areas if home == project):
            yield Channel(_area(project, name), "area", name, parent=_project(project), visibility="public")
    yield from _interactions(acts, areas)
    yield Coverage("read", since=SINCE, until=_moment(int(acts[-1]["ts"]) + 1))


def _shown(act: Row) -> bool:
    return act["project"] != LARGEST or _moment(act["ts"]) >= SINCE


def _identities(acts: list[Row], people: dict[str, Row]) -> Iterator[Identity]:
    last_seen = {account: act["ts"] for act in acts for account in _accounts(act)}
    for project, person in sorted(last_seen, key=lambda account: (account[0], int(account[1]))):
        row = people[person]
        # A few published an address in place of a name; no address goes into the demo.
        name = row["name"] if "@" not in row["name"] else ""
        kind: IdentityKind = "bot" if row["bot"] == "1" else "person"
        seen = _moment(last_seen[project, person])
        yield Identity(_identity(project, person), kind, name=name or None, seen_at=seen)


def _claims(acts: list[Row], people: dict[str, Row], folder: Path) -> Iterator[Claim]:
    """One address stands behind accounts of several projects or names; mailmaps join more. No address is told."""
    accounts = sorted({account for act in acts for account in _accounts(act)}, key=lambda one: (int(one[1]), one[0]))
    of_address, of_person = defaultdict[str, list[tuple[str, str]]](list), dict[str, tuple[str, str]]()
    for project, person in accounts:
        of_person.setdefault(person, (project, person))
        of_address[people[person]["address_key"] or f"none but {person}"].append((project, person))
    for number, same in enumerate(of_address.values(), 1):
        for one, other in pairwise(same):
            said = f"address {number} stands in commits of {one[0]} and of {other[0]}"
            if one[0] == other[0]:
                said = f"address {number} stands under both names in commits of {one[0]}"
            yield Claim(_identity(*one), _identity(*other), "same_as", said)
    for row in _rows(folder / "same.csv.zst"):
        if row["a"] in of_person and row["b"] in of_person:
            said = f"the .mailmap of {row['mailmap_of']} joins them"
            yield Claim(_identity(*of_person[row["a"]]), _identity(*of_person[row["b"]]), "mailmap", said)


def _areas(acts: list[Row]) -> set[tuple[str, str]]:
    uses = Counter((act["project"], act["area"]) for act in acts if act["area"] not in ("", "(root)"))
    return {area for area, count in uses.items() if count >= MIN_ACTS_OF_AREA}


def _interactions(acts: list[Row], areas: set[tuple[str, str]]) -> Iterator[Record]:
    """Each act once: who applied a commit and signed it off did one thing; a merge addresses all whose work it has."""
    addressed = defaultdict[InteractionRef, list[Row]](list)
    applied = {_key(act) for act in acts if act["kind"] == "applied"}
    for act in acts:
        if act["kind"] != "signed-off-by" or _key(act) not in applied:
            addressed[_ref(act)].append(act)
    told = set[Ref]()
    for ref, same in addressed.items():
        act, project = same[0], same[0]["project"]
        home = project, act["area"]
        channel = _area(*home) if home in areas else _project(project)
        thread = _conversation(act)
        if thread not in told:
            told.add(thread)
            yield Conversation(thread, channel)
        yield Interaction(
            ref,
            _identity(project, act["src"]),
            _moment(act["ts"]),
            targets=tuple(Target(_identity(project, each), "author") for each in dict.fromkeys(a["dst"] for a in same)),
            channel=channel,
            conversation=thread,
            native_kind=act["kind"],
            url=f"{_web(project)}/commit/{act['commit']}",
            visibility="public",
        )


def _key(act: Row) -> tuple[str, ...]:
    return act["project"], act["commit"], act["src"], act["dst"]


def _accounts(act: Row) -> tuple[tuple[str, str], tuple[str, str]]:
    return (act["project"], act["src"]), (act["project"], act["dst"])


def _ref(act: Row) -> InteractionRef:
    # Without a text the same trailer twice is one act; mentoring and helping on one commit are two words for one.
    actor = _identity(act["project"], act["src"])
    return InteractionRef(NETWORK, act["commit"], KINDS[act["kind"]], _host(act["project"]), actor=actor)


def _conversation(act: Row) -> Ref:
    """A pull request or topic branch where one is known, else the commit."""
    return Ref(NETWORK, act["conversation"] or act["commit"], _host(act["project"]))


def _host(project: str) -> str:
    """Who issued the keys: numbers and short hashes of this data set must not meet those of a real clone."""
    return f"git-world/{project}"


def _project(name: str) -> Ref:
    return Ref(NETWORK, name, _host(name))


def _area(project: str, name: str) -> Ref:
    return Ref(NETWORK, f"{project}/{name}", _host(project))


def _identity(project: str, person: str) -> Ref:
    return Ref(NETWORK, person, _host(project))


def _web(project: str) -> str:
    return f"https://github.com/{project}"


def _moment(seconds: str | int) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)


def _rows(path: Path) -> Iterator[Row]:
    with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as text:
        yield from csv.DictReader(io.TextIOWrapper(text, encoding="utf-8"))


if __name__ == "__main__":
    print(f"{write(FILE, records(Path(sys.argv[1])))} records in {FILE.name}, {FILE.stat().st_size} bytes")
