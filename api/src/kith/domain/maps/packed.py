"""A map as it is kept: without names, which change, and which the reader of the map adds."""

import zlib
from collections.abc import Mapping
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from kith.domain.maps.community import CommunityMap, MapTie, summary


class Named(NamedTuple):
    """A living person, as shown."""

    id: str
    name: str


def pack(drawn: CommunityMap) -> bytes:
    return zlib.compress(msgspec.msgpack.encode(drawn))


def unpack(kept: bytes) -> CommunityMap:
    return msgspec.msgpack.decode(zlib.decompress(kept), type=CommunityMap)


def named(
    drawn: CommunityMap, title: str, people: Mapping[str, Named], communities: Mapping[str, Named], size: int
) -> CommunityMap:
    """Put names on a map: by id on the map, who or what that is now. size: of all people, of whom it may show some.

    Whoever is no longer there, or is there twice because two were found to be one, is left out with their ties.
    """
    shown = dict[str, int]()
    for place, person in enumerate(drawn.people):
        if (living := people.get(person.id)) is not None:
            shown.setdefault(living.id, place)
    number = {place: i for i, place in enumerate(shown.values())}
    ties = tuple(
        MapTie(number[tie.first], number[tie.second], tie.weight)
        for tie in drawn.ties
        if tie.first in number and tie.second in number
    )
    discs = tuple(
        replace(disc, id=called.id, name=called.name)
        for disc in drawn.communities
        for called in (communities.get(disc.id, Named("", "")),)
    )
    return CommunityMap(
        title,
        summary(len(shown), len(ties), [(disc.name, disc.people) for disc in discs], size),
        tuple(
            replace(drawn.people[place], id=id_, name=people[drawn.people[place].id].name)
            for id_, place in shown.items()
        ),
        ties,
        discs,
    )
