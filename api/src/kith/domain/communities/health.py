"""How a community is doing, from its people's ties and acts."""

import msgspec
import numpy as np
from numpy.typing import NDArray

from kith.domain.classes import CONVERSATION
from kith.domain.graph import Graph
from kith.domain.roles.acts import NOBODY, Acts
from kith.domain.sentences import many

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Health(msgspec.Struct, frozen=True):
    """A community between two days. A share is None where there was nothing to take a share of.

    people: members. cohesion: share of their contact that stays inside. openness: share of the members with contact
    outside. newcomers: members whose first act at all fell into the first two thirds of the time; kept: the share of
    them who acted again in the last third. questions, unanswered: asked by members, and the share that nobody answered.
    peer_to_peer: share of talk and help among members that runs between two of them other than the busiest tenth.
    dependence: the fewest people who together take part in half of it, as a share of the members.
    """

    people: int
    cohesion: float | None
    openness: float | None
    newcomers: int
    kept: float | None
    questions: int
    unanswered: float | None
    peer_to_peer: float | None
    dependence: float | None


def sentence(health: Health) -> str:
    """Say it in plain words; what nothing is known of is left out."""
    n = health.people
    parts = [many(n, "person", "people")]
    if health.cohesion is not None:
        parts.append(f"{health.cohesion:.0%} of their contact stays inside")
    if health.openness is not None:
        parts.append(f"{health.openness:.0%} of them have contact outside")
    if health.newcomers:
        stayed = "" if health.kept is None else f", and {health.kept:.0%} of those stayed"
        parts.append(f"{health.newcomers:,} came in the first eight months of the year{stayed}")
    if health.unanswered is not None:
        parts.append(f"{health.unanswered:.0%} of {many(health.questions, 'question')} got no answer")
    if health.peer_to_peer is not None:
        parts.append(f"{health.peer_to_peer:.0%} of the talk inside runs between two who are not of the busiest tenth")
    if health.dependence is not None:
        few = round(health.dependence * n)
        parts.append(f"half of all talk inside involves {many(few, 'person', 'people')}")
    return f"{'; '.join(parts)}."


def health(graph: Graph, history: Acts, members: Ints, start: float, end: float) -> Health:
    """Look at a community from day ``start`` to ``end``; ``graph`` and ``history`` are over the same people.

    A question counts as answered when anyone answered its asker at that time or later.
    """
    inside = np.zeros(len(graph), dtype=bool)
    inside[members] = True
    lately = history.since(start).before(end)
    talk = (lately.other != NOBODY) & lately.of_kind(CONVERSATION)
    among = lately.where(talk & inside[lately.actor] & inside[lately.other])
    newcomers, kept = _newcomers(history, inside, start, end)
    questions, open_questions = _questions(lately, inside)
    return Health(
        len(members),
        *_bounds(graph, inside),
        newcomers,
        kept,
        questions,
        open_questions,
        _peer_to_peer(among, members),
        _dependence(among, members),
    )


def _share(part: float, whole: float) -> float | None:
    return float(part / whole) if whole else None


def _bounds(graph: Graph, inside: Flags) -> tuple[float | None, float | None]:
    row = np.repeat(np.arange(len(graph)), np.diff(graph.indptr))
    ours = inside[row]
    across = ours & ~inside[graph.indices]
    cohesion = _share(graph.weights[ours & ~across].sum(), graph.weights[ours].sum())
    return cohesion, _share(len(np.unique(row[across])), int(inside.sum()))


def _newcomers(history: Acts, inside: Flags, start: float, end: float) -> tuple[int, float | None]:
    third = end - (end - start) / 3
    first, last = np.full(len(inside), np.inf), np.full(len(inside), -np.inf)
    seen = history.before(end)
    np.minimum.at(first, seen.actor, seen.day)
    np.maximum.at(last, seen.actor, seen.day)
    new = inside & (first >= start) & (first < third)
    return int(new.sum()), _share(int((last[new] >= third).sum()), int(new.sum()))


def _questions(lately: Acts, inside: Flags) -> tuple[int, float | None]:
    asked = lately.where(lately.of_kind(frozenset({"question"})) & inside[lately.actor])
    answers = lately.where(lately.of_kind(frozenset({"answer"})))
    latest = np.full(len(inside), -np.inf)
    directed = answers.other != NOBODY
    np.maximum.at(latest, answers.other[directed], answers.day[directed])
    unanswered = int((latest[asked.actor] < asked.day).sum())
    return len(asked), _share(unanswered, len(asked))


def _peer_to_peer(among: Acts, members: Ints) -> float | None:
    talk = among.count(among.actor) + among.count(among.other)
    busiest = members[np.argsort(-talk[members], kind="stable")[: -(-len(members) // 10)]]
    peers = ~np.isin(among.actor, busiest) & ~np.isin(among.other, busiest)
    return _share(int(peers.sum()), len(among))


def _dependence(among: Acts, members: Ints) -> float | None:
    """Greedy cover of half the acts: always the person who takes part in most of those not yet covered."""
    if not len(among):
        return None
    left, people = among, 0
    while 2 * len(left) > len(among):
        talk = left.count(left.actor) + left.count(left.other)
        chief = int(np.argmax(talk))
        left = left.where((left.actor != chief) & (left.other != chief))
        people += 1
    return people / len(members)
