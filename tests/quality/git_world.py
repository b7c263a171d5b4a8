"""The projects of ``git-world`` as ties: who is in touch with whom, and in which project most.

Identities are joined by address and by what mailmaps say, robots are left out, contact is halved each year.
"""

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import zstandard

from kith.domain.detection.facts import HALF_LIFE, LIVING
from kith.domain.graph import Graph, from_ties

_DAY = 86_400


def rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as text:
        yield from csv.DictReader(io.TextIOWrapper(text, encoding="utf-8"))


def persons(folder: Path) -> dict[str, str]:
    """The person of each identity, robots left out, named after one of their identities."""
    known = {row["id"]: row for row in rows(folder / "people.csv.zst")}
    leader = {id_: id_ for id_ in known}

    def find(id_: str) -> str:
        while leader[id_] != id_:
            id_ = leader[id_]
        return id_

    first_of_address: dict[str, str] = {}
    for id_, row in known.items():
        if row["address_key"]:
            leader[find(id_)] = find(first_of_address.setdefault(row["address_key"], id_))
    for row in rows(folder / "same.csv.zst"):
        if row["a"] in known and row["b"] in known:
            leader[find(row["a"])] = find(row["b"])
    robots = {find(id_) for id_, row in known.items() if row["bot"] == "1"}
    return {id_: find(id_) for id_ in known if find(id_) not in robots}


def ties(folder: Path) -> tuple[Graph, list[str]]:
    """The living ties, and for each person the project of most contact; each act once."""
    person, seen = persons(folder), set[tuple[str, ...]]()
    acts = list(rows(folder / "interactions.csv.zst"))
    now = max(int(act["ts"]) for act in acts) / _DAY
    weight, days = Counter[tuple[str, str]](), defaultdict[tuple[str, str], set[int]](set)
    contact: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for act in acts:
        one, other = person.get(act["src"]), person.get(act["dst"])
        kind = "applied" if act["kind"] == "signed-off-by" else act["kind"]
        same = (kind, act["project"], act["commit"], str(one), str(other))
        if one is None or other is None or one == other or same in seen:
            continue
        seen.add(same)
        left = 2 ** -((now - int(act["ts"]) / _DAY) / HALF_LIFE)
        weight[min(one, other), max(one, other)] += left  # type: ignore[assignment]  # counters may count in fractions
        days[min(one, other), max(one, other)].add(int(act["ts"]) // _DAY)
        for each in (one, other):
            contact[each][act["project"]] += left  # type: ignore[assignment]  # as above
    living = [pair for pair in weight if weight[pair] >= LIVING]
    people = sorted({each for pair in living for each in pair})
    place = {each: i for i, each in enumerate(people)}
    graph = from_ties(
        people,
        [place[one] for one, _ in living],
        [place[other] for _, other in living],
        [weight[pair] for pair in living],
        [sum(2 ** -((now - day) / HALF_LIFE) for day in days[pair]) for pair in living],
    )
    return graph, [max(contact[each], key=lambda project: (contact[each][project], project)) for each in people]
