"""``kith evaluate identities FILE``: how right identity resolution is on identities whose persons are known."""

import csv
import gc
import io
import sys
import time
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import msgspec
import zstandard
from msgspec import Struct

from kith.domain.matching import Identity, Model, Resolution, Resolver, probability, shipped
from kith.domain.matching.measures import Agreement, count_pairs, largest_wrong, measure

_COLUMNS = ("id", "name", "email", "person")


class KnownIdentities(Struct, frozen=True):
    """A file of identities: `persons` holds the true person of each, `listed` whether that truth is curated."""

    identities: list[Identity]
    persons: list[str]
    listed: list[bool]


class Evaluation(Struct, frozen=True):
    """`listed`: among curated identities; `all`: a lower bound where the truth is incomplete.

    `largest_wrong_cluster`: identities of the largest found person that holds two curated ones. `candidates`: pairs
    compared. `pair_completeness`: the share of true curated pairs among them. `seconds`: from identities to persons.
    """

    listed: Agreement
    all: Agreement
    largest_wrong_cluster: int
    candidates: int
    pair_completeness: float
    seconds: float


def identities(file: Path, /, *, errors: int = 0, model: Path | None = None) -> None:
    """Measure identity resolution on FILE and print JSON.

    Args:
        file: a CSV, plain or ``.zst``, with the columns id, name, email, person and optionally in_mailmap (1: the truth
            about this identity is curated; without the column all are).
        errors: how many of the worst mistakes to show, on standard error.
        model: a file of weights; by default the model that ships with kith.
    """
    weights = msgspec.json.decode(model.read_bytes(), type=Model) if model else shipped()
    gc.disable()  # millions of objects and no cycles among them: looking for some costs a quarter of the time
    known = read(file)
    started = time.perf_counter()
    resolver = Resolver(known.identities, weights)
    resolution = resolver.resolve()
    found = evaluate(known, resolver, resolution, time.perf_counter() - started)
    print(msgspec.json.format(msgspec.json.encode(_rounded(msgspec.to_builtins(found))), indent=2).decode())
    for line in mistakes(known, resolver, resolution)[:errors]:
        print(line, file=sys.stderr)


def read(file: Path) -> KnownIdentities:
    """Read a CSV with header, plain or compressed; ValueError names what is missing."""
    raw = file.read_bytes()
    text = zstandard.ZstdDecompressor().stream_reader(raw).read() if file.suffix == ".zst" else raw
    rows = csv.DictReader(io.StringIO(text.decode()))
    if missing := [column for column in _COLUMNS if column not in (rows.fieldnames or ())]:
        raise ValueError(f"{file} has no column {', '.join(missing)}")
    identities, persons, listed = [], [], []
    for row in rows:
        identities.append(Identity(row["id"], name=row["name"], address=row["email"]))
        persons.append(row["person"])
        listed.append(row.get("in_mailmap", "1") == "1")
    return KnownIdentities(identities, persons, listed)


def evaluate(known: KnownIdentities, resolver: Resolver, resolution: Resolution, seconds: float) -> Evaluation:
    """Compare what was resolved with the truth."""
    label = {member: number for number, members in enumerate(resolution.persons) for member in members}
    found = [label[identity.id] for identity in known.identities]
    curated = [position for position, listed in enumerate(known.listed) if listed]
    true = [known.persons[position] for position in curated]
    hits = sum(
        known.listed[a] and known.listed[b] and known.persons[a] == known.persons[b] for a, b in resolver.pairs.tolist()
    )
    return Evaluation(
        listed=measure([found[position] for position in curated], true),
        all=measure(found, known.persons),
        largest_wrong_cluster=largest_wrong(
            found, [person if listed else None for person, listed in zip(known.persons, known.listed, strict=True)]
        ),
        candidates=resolution.candidates,
        pair_completeness=hits / max(count_pairs(true), 1),
        seconds=seconds,
    )


def mistakes(known: KnownIdentities, resolver: Resolver, resolution: Resolution) -> list[str]:
    """Describe each wrong join and each missed pair of curated identities, the surest mistakes first.

    A pair that was never compared is scored as if it had been.
    """
    ids = [identity.id for identity in known.identities]
    truth = dict(zip(ids, known.persons, strict=True))
    shown = {identity.id: f"{identity.name} <{identity.address}>" for identity in known.identities}
    listed = {id_ for id_, listed in zip(ids, known.listed, strict=True) if listed}
    label = {member: number for number, members in enumerate(resolution.persons) for member in members}
    found = [
        (join.log_odds, "wrong", join.first, join.second)
        for join in resolution.joins
        if {join.first, join.second} <= listed and truth[join.first] != truth[join.second]
    ]
    compared = set(map(tuple, resolver.pairs.tolist()))
    for one, other in true_pairs(known):
        a, b = ids[one], ids[other]
        if label[a] != label[b]:
            odds = resolver.model.score(resolver.values(a, b))
            found.append((-odds, "missed" if (one, other) in compared else "never compared", a, b))
    found.sort(key=lambda mistake: (-mistake[0], mistake[2:]))
    return [
        f"{kind} {probability(odds if kind == 'wrong' else -odds):.3f}: {shown[a]} | {shown[b]}: "
        + ", ".join(f"{part.feature} {part.log_odds:+.2f}" for part in resolver.explain(a, b))
        for odds, kind, a, b in found
    ]


def true_pairs(known: KnownIdentities) -> Iterator[tuple[int, int]]:
    """Yield the places of each two curated identities of one person, in order."""
    places: dict[str, list[int]] = {}
    for place, (person, listed) in enumerate(zip(known.persons, known.listed, strict=True)):
        if listed:
            places.setdefault(person, []).append(place)
    for members in places.values():
        yield from combinations(members, 2)


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    return round(value, 4) if isinstance(value, float) else value
