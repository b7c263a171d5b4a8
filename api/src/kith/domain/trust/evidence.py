"""Trust from what people did for and with each other, per topic, with an interval."""

from collections.abc import Sequence
from typing import Literal

import msgspec
from scipy.special import betaincinv

HALF_LIFE = 365
"""Days after which an act counts a half."""
PRIOR = 1.0
"""Weight of the doubt, and of the benefit of it, before any act: trust then is 0.5, from 0.05 to 0.95."""
FLOOR = 2.0
"""Weight of decayed acts below which there is no number."""
LEVEL = 0.90
"""The interval holds the truth with this probability."""
TRUSTED = 0.5
"""Trust holds in a topic where the whole interval lies above."""
ABSOLUTE_TOPICS = 3
"""Trust is absolute where it holds in so many topics, and fails in none."""


class Meaning(msgspec.Struct, frozen=True):
    """What an act says of trust: who shows it, and how much; below zero it speaks against."""

    sentence: str
    shown_by: Literal["actor", "target"]
    weight: float


MEANINGS = {
    "approve": Meaning("passed their work", "actor", 1.0),
    "merge": Meaning("took in their work", "actor", 1.0),
    "sign_off": Meaning("put their name to their work", "actor", 0.5),
    "review": Meaning("reviewed their work, and it went in", "actor", 0.5),
    "accept": Meaning("accepted their answer", "actor", 1.0),
    "thank": Meaning("thanked them", "actor", 1.0),
    "endorse": Meaning("vouched for them", "actor", 2.0),
    "sponsor": Meaning("gives them money", "actor", 2.0),
    "introduce": Meaning("introduced them to others", "actor", 1.0),
    "introduce:met": Meaning("met those to whom they introduced them", "target", 1.0),
    "help": Meaning("took their help and said so", "target", 1.0),
    "suggest": Meaning("took up their advice", "target", 1.0),
    "test": Meaning("relied on their test", "target", 0.5),
    "report": Meaning("acted on their report", "target", 0.5),
    "conflict": Meaning("was in conflict with them", "actor", -2.0),
}
"""By kind of interaction; ``introduce:met`` is an introduction after which those introduced were in touch."""
GIVEN = frozenset(kind for kind, meaning in MEANINGS.items() if meaning.shown_by == "actor")
"""Kinds by which the one who acts may show trust."""
RECEIVED = frozenset(kind.partition(":")[0] for kind, meaning in MEANINGS.items() if meaning.shown_by == "target")
"""Kinds by which the one who is helped may show trust."""


class Act(msgspec.Struct, frozen=True, order=True):
    """So many acts of one kind on one day (a number from any fixed date) by ``actor`` towards ``target``."""

    topic: str
    day: int
    kind: str
    actor: str
    target: str
    count: int


class Cited(msgspec.Struct, frozen=True):
    """An act that counts, and the weight that it adds to trust, or to distrust where below zero."""

    act: Act
    sentence: str
    weight: float


class Trust(msgspec.Struct, frozen=True):
    """How far one person trusts another about a topic.

    ``value`` and the interval are None where the evidence is too thin; ``why`` then says what is missing. The value is
    ``(1 + supports) / (2 + supports + opposes)``, and ``supports`` and ``opposes`` are the sums of the cited weights.
    """

    topic: str
    value: float | None
    low: float | None
    high: float | None
    supports: float
    opposes: float
    why: str
    cited: list[Cited]


class Verdict(msgspec.Struct, frozen=True):
    """Trust of one person in another over all topics: ``absolute`` only where it holds in three topics or more."""

    scope: Literal["absolute", "contextual", "not enough evidence"]
    topics: list[Trust]


def trust(truster: str, trusted: str, acts: Sequence[Act], now: int) -> Verdict:
    """Weigh the acts between two people as of day ``now``; others' acts, other kinds and later days do not count."""
    topics: dict[str, list[Cited]] = {}
    for act in sorted(acts):
        if act.day <= now and (cited := _cite(truster, trusted, act, now)) is not None:
            topics.setdefault(act.topic, []).append(cited)
    found = [_weigh(topic, cited) for topic, cited in topics.items()]
    known = [topic for topic in found if topic.value is not None]
    holds = sum(topic.low is not None and topic.low > TRUSTED for topic in known)
    fails = sum(topic.high is not None and topic.high < TRUSTED for topic in known)
    if not known:
        return Verdict("not enough evidence", found)
    return Verdict("absolute" if holds >= ABSOLUTE_TOPICS and not fails else "contextual", found)


def unknown(topic: str) -> Trust:
    """Return trust of which nothing is known: acts that might have shown it did not."""
    return _weigh(topic, [])


def _cite(truster: str, trusted: str, act: Act, now: int) -> Cited | None:
    meaning = MEANINGS.get(act.kind)
    if meaning is None:
        return None
    shown = (act.actor, act.target) if meaning.shown_by == "actor" else (act.target, act.actor)
    if shown != (truster, trusted):
        return None
    return Cited(act, meaning.sentence, meaning.weight * act.count * 2.0 ** (-(now - act.day) / HALF_LIFE))


def _weigh(topic: str, cited: list[Cited]) -> Trust:
    supports = sum(each.weight for each in cited if each.weight > 0)
    opposes = -sum(each.weight for each in cited if each.weight < 0)
    if supports + opposes < FLOOR:
        why = f"acts worth {supports + opposes:.2f} after decay; at least {FLOOR:g} are needed"
        return Trust(topic, None, None, None, supports, opposes, why, cited)
    yes, no = PRIOR + supports, PRIOR + opposes
    low, high = (float(betaincinv(yes, no, tail)) for tail in ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    why = f"acts worth {supports:.2f} for and {opposes:.2f} against, after decay"
    return Trust(topic, yes / (yes + no), low, high, supports, opposes, why, cited)
