"""Who is in which group of a forum."""

from collections.abc import AsyncIterator, Iterator

import msgspec

from kith.connectors import Channel, Fatal, Interaction, Missing, Record, Refused, Skip, Sweep, items
from kith.connectors.discourse.client import Client, Group
from kith.connectors.discourse.posts import Forum
from kith.connectors.discourse.shapes import Person

_PAGES = 1000


async def memberships(client: Client, forum: Forum) -> AsyncIterator[items.Told]:
    """Yield the groups that people made, each with its members."""
    try:
        groups = await _groups(client)
    except (Missing, Refused) as error:  # the forum has its directory of groups off
        yield items.Told([], [Skip("groups", "not_read", str(error))])
        return
    for group in groups:
        channel = _channel(forum, group)
        look = Sweep("begun", ("join",), channel.ref)
        told = items.Told([channel, look])
        try:
            await _members(client, forum, group, channel, told)
            if not told.skipped:
                told.records.append(msgspec.structs.replace(look, phase="complete"))
        except (Missing, Refused) as error:
            told.skipped.append(Skip(items.clean(f"group {group.name}"), "not_read", str(error)))
        yield told


async def _groups(client: Client) -> list[Group]:
    found: dict[int, Group] = {}
    for page in range(_PAGES):
        told = items.Told()
        raws = await client.groups(page)
        groups = told.read_all(raws, Group, "group")
        fresh = [group for group in groups if group.id not in found]
        if not fresh:
            return [group for group in found.values() if not group.automatic]
        found |= {group.id: group for group in fresh}
    raise Fatal("The list of groups does not end.")


async def _members(client: Client, forum: Forum, group: Group, channel: Channel, told: items.Told) -> None:
    def joined(person: Person) -> Iterator[Record]:
        who = forum.person(person, None)
        yield who
        if person.added_at:
            act = forum.act(f"g{group.id}", "join", who.ref)
            yield Interaction(act, who.ref, items.moment(person.added_at), channel=channel.ref, visibility="members")

    seen: set[int] = set()
    while True:
        raws = await client.members(group.name, len(seen))
        people = told.add_all(raws, Person, items.clean(f"group {group.name} member"), joined)
        if len(seen) == len(seen := seen | {person.id for person in people}):
            return


def _channel(forum: Forum, group: Group) -> Channel:
    url = items.address(f"{forum.site}/g/{group.name}")
    name = items.line(group.full_name) or items.line(group.name) or str(group.id)
    return Channel(forum.ref(f"g{group.id}"), "group", name, url, visibility="members")
