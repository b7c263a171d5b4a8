"""What people talk about, and names for communities made of it."""

from collections import Counter
from collections.abc import Collection, Sequence

import numpy as np

from kith.domain.communities.naming import names
from kith.domain.communities.track import Members, track
from kith.domain.detection.facts import Facts, FoundTopic, Ints, Names, Words
from kith.domain.ids import fact_id
from kith.domain.roles.acts import NO_AREA
from kith.domain.topics.characteristic import characteristic
from kith.domain.topics.topics import NAMED, NO_TOPIC, Topic, topics

# A channel about something, in which so many texts lie but not every third, is the subject of texts that say no other.
_RARE, _COMMON = 3, 3


def find_topics(facts: Facts) -> tuple[tuple[FoundTopic, ...], Ints]:
    """Return the topics, the most frequent first, under the ids that they had before, and the topic of each text."""
    texts = facts.texts
    areas = [texts.channels[channel] if channel >= 0 else "" for channel in texts.channel.tolist()]
    said = topics(texts.said, areas, is_open=texts.open.tolist())
    shown = {area.casefold() for area, hidden in zip(texts.channels, texts.hidden.tolist(), strict=True) if not hidden}
    found, of_text = _with_channels(list(said.topics), said.of_text.astype(np.int64), facts)
    order = sorted(range(len(found)), key=lambda i: (-found[i].texts, found[i].name))
    rank = np.full(len(found) + 1, NO_TOPIC)  # the last place answers for NO_TOPIC
    rank[order] = np.arange(len(order))
    ranked = [found[i] for i in order]
    ids = _ids([topic.terms for topic in ranked], facts)
    named = [
        FoundTopic(i, t.name, t.terms, t.texts, _among(t, said.open | shown), _among(t, shown))
        for i, t in zip(ids, ranked, strict=True)
    ]
    return tuple(named), rank[of_text]


def _among(topic: Topic, known: Collection[str]) -> Words:
    """Return the words of a topic that are known."""
    kept = tuple(term for term in topic.terms if term in known)
    return Words(topic.name if kept[:NAMED] == topic.terms[:NAMED] else ", ".join(kept[:NAMED]), kept)


def _with_channels(found: list[Topic], of_text: Ints, facts: Facts) -> tuple[list[Topic], Ints]:
    """Let channels be the topics of texts without one."""
    channel = np.where(of_text == NO_TOPIC, facts.texts.channel, -1)
    sizes = np.bincount(facts.texts.channel[facts.texts.channel >= 0], minlength=len(facts.texts.channels))
    left = np.bincount(channel[channel >= 0], minlength=len(facts.texts.channels))
    for number in np.flatnonzero(facts.subjects & (left >= _RARE) & (sizes * _COMMON < len(channel))).tolist():
        name = facts.texts.channels[number]
        of_text = np.where(channel == number, len(found), of_text)
        found.append(Topic(name, (name.casefold(),), int(left[number])))
    return found, of_text


def _ids(terms: Sequence[Sequence[str]], facts: Facts) -> tuple[str, ...]:
    """A topic keeps its id while most of its terms stay."""
    named = Counter[Members]()

    def new_id(members: Members) -> str:
        named[members] += 1
        parts = (repr(facts.moment), str(named[members]), *sorted(map(str, members)))
        return str(fact_id(facts.id_key, "topic", parts))

    former = {id_: frozenset(known) for id_, known in facts.topics.items()}
    return track(former, [frozenset(each) for each in terms], new_id).ids


def name_communities(
    facts: Facts, found: tuple[FoundTopic, ...], of_text: Ints, acts: Sequence[Ints], levels: Sequence[int]
) -> list[Names]:
    """Name communities after what they talk about and where they meet.

    ``acts``: the places of those of each community; ``levels`` go with them.
    """
    place = np.where(facts.acts.area >= 0, np.append(facts.places, NO_AREA)[facts.acts.area], NO_AREA)
    topic = np.where(facts.act_texts >= 0, np.append(of_text, NO_TOPIC)[facts.act_texts], NO_TOPIC)
    met = [_counts(place[near], facts.acts.areas) for near in acts]
    most_met = [sorted(each, key=lambda channel: (-each[channel], channel)) for each in met]
    at_home = _at_home(met, most_met, levels)

    def after(called: Sequence[str]) -> list[str]:
        spoken_of = characteristic([_counts(topic[near], called) for near in acts])
        return names([[name for name, _ in best] for best in spoken_of], most_met, at_home)

    called = [each.name for each in found], [each.open.name for each in found], [each.plain.name for each in found]
    return [Names(*each) for each in zip(*map(after, called), strict=True)]


def _at_home(met: list[dict[str, float]], most_met: list[list[str]], levels: Sequence[int]) -> list[bool]:
    """Whether most of what happens in the first channel of each community is its own, of all of its level."""
    happened = Counter[tuple[int, str]]()
    for level, each in zip(levels, met, strict=True):
        happened.update({(level, channel): int(count) for channel, count in each.items()})
    return [
        bool(channels) and 2 * counts[channels[0]] > happened[level, channels[0]]
        for level, counts, channels in zip(levels, met, most_met, strict=True)
    ]


def _counts(places: Ints, called: Sequence[str]) -> dict[str, float]:
    numbers, uses = np.unique(places[places >= 0], return_counts=True)
    found: dict[str, float] = {}
    for number, use in zip(numbers.tolist(), uses.tolist(), strict=True):
        if called[number]:  # all see the names of communities, and what is private has none here
            found[called[number]] = found.get(called[number], 0.0) + use
    return found
