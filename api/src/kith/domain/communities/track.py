"""Communities through time: the same community keeps its id, and what happens to it is an event."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Literal

import msgspec

Change = Literal["birth", "death", "merge", "split"]
Members = AbstractSet[Hashable]


class CommunityEvent(msgspec.Struct, frozen=True):
    """What happened between two detections; ids are of communities.

    birth: ``after`` is new. death: ``before`` is gone. merge: ``before`` went into the one of ``after``. split: the one
    of ``before`` went into ``after``.
    """

    change: Change
    before: tuple[str, ...]
    after: tuple[str, ...]


class Tracked(msgspec.Struct, frozen=True):
    """The id of each community of now, in the order given, and the events that led there."""

    ids: tuple[str, ...]
    events: tuple[CommunityEvent, ...]


def track(former: Mapping[str, Members], now: Sequence[Members], new_id: Callable[[Members], str]) -> Tracked:
    """Give each community of ``now`` the id of the former one that it continues, or one from ``new_id``.

    Only people who were in a community at both looks count, so joining and leaving change no id. A community can
    continue a former one when most of the one are most, or all that is left, of the other: when more than half of the
    former went there, or more than half of it came from there. Of several, the largest overlap (Jaccard) decides.
    """
    flows = _Flows(former, now)
    continued: dict[int, str] = {}
    for name, place in flows.ranked():
        if place not in continued and name not in continued.values():
            continued[place] = name
    ids = tuple(continued.get(place) or new_id(members) for place, members in enumerate(now))
    return Tracked(ids, flows.events(ids, set(continued.values())))


class _Flows:
    """How many people went from each former community to each of now."""

    def __init__(self, former: Mapping[str, Members], now: Sequence[Members]) -> None:
        home = {person: name for name, members in former.items() for person in members}
        self.names = sorted(former)
        self.count = Counter(
            (home[person], place) for place, members in enumerate(now) for person in members & home.keys()
        )
        self.left, self.came = Counter[str](), Counter[int]()
        for (name, place), people in self.count.items():
            self.left[name] += people
            self.came[place] += people

    def ranked(self) -> list[tuple[str, int]]:
        """Pairs that could be the same community, the largest overlap first."""
        overlap = {
            (name, place): people / (self.left[name] + self.came[place] - people)
            for (name, place), people in self.count.items()
            if 2 * people > min(self.left[name], self.came[place])
        }
        return sorted(overlap, key=lambda pair: (-overlap[pair], pair))

    def events(self, ids: tuple[str, ...], continued: set[str]) -> tuple[CommunityEvent, ...]:
        into, out_of = defaultdict[int, list[str]](list), defaultdict[str, list[int]](list)
        for (name, place), people in sorted(self.count.items()):
            if 2 * people > self.left[name]:
                into[place].append(name)
            if 2 * people > self.came[place]:
                out_of[name].append(place)
        merges = {place: names for place, names in into.items() if len(names) > 1}
        splits = {name: places for name, places in out_of.items() if len(places) > 1}
        merged = {name for names in merges.values() for name in names}
        parts = {place for places in splits.values() for place in places}
        born = [i for place, i in enumerate(ids) if i not in self.names and place not in parts and place not in merges]
        gone = [name for name in self.names if name not in continued and name not in merged and name not in splits]
        return (
            *(CommunityEvent("merge", tuple(names), (ids[place],)) for place, names in sorted(merges.items())),
            *(
                CommunityEvent("split", (name,), tuple(ids[place] for place in places))
                for name, places in sorted(splits.items())
            ),
            *(CommunityEvent("birth", (), (i,)) for i in born),
            *(CommunityEvent("death", (name,), ()) for name in gone),
        )
