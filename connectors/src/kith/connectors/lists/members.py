"""Who is on a list, as the REST interface of Mailman 3 tells."""

from collections.abc import AsyncIterator, Iterator

import msgspec

from kith.connectors import (
    Basic,
    Channel,
    Context,
    Fatal,
    Identity,
    Interaction,
    InteractionRef,
    Record,
    Ref,
    Sweep,
    items,
)
from kith.connectors.lists.config import ListsConfig
from kith.connectors.mail.headers import ADDRESS

_PAGE = 100


class Member(msgspec.Struct, frozen=True):
    email: str
    display_name: str | None = None


class _Roster(msgspec.Struct, frozen=True):
    total_size: int
    entries: list[msgspec.Raw] = []


async def members(config: ListsConfig, context: Context) -> AsyncIterator[items.Told]:
    """Yield the members; whoever is no longer among them has left. They joined when first read: no dates are told."""
    channel = Channel(Ref("mail", config.list.lower()), "list", config.list.lower(), visibility=config.visibility)
    look = Sweep("begun", ("join",), channel.ref)
    now = context.clock.now()

    def joined(member: Member) -> Iterator[Record]:
        address = member.email.lower()
        if not ADDRESS.fullmatch(address):
            raise items.Unreadable(f"{address} is no address.")
        who = Ref("mail", address)
        yield Identity(
            who, name=items.line(member.display_name), address=address, seen_at=now if member.display_name else None
        )
        act = InteractionRef("mail", channel.ref.key, "join", actor=who)
        yield Interaction(act, who, now, channel=channel.ref, visibility="members")

    yield items.Told([channel, look])
    seen = 0
    number = 0
    whole = True
    while True:
        number += 1
        roster = await _roster(config, context, number)
        told = items.Told()
        found = told.add_all(roster.entries, Member, f"members {number}", joined)
        whole = whole and len(found) == len(roster.entries)
        seen += len(roster.entries)
        yield told
        if not roster.entries or seen >= roster.total_size:
            break
    if whole and seen >= roster.total_size:
        yield items.Told([msgspec.structs.replace(look, phase="complete")])


async def count(config: ListsConfig, context: Context) -> int:
    return (await _roster(config, context, 1, 1)).total_size


async def _roster(config: ListsConfig, context: Context, page: int, size: int = _PAGE) -> _Roster:
    if config.mailman is None or config.mailman_password is None:
        raise Fatal("Give the password of Mailman's REST interface.")
    url = f"{config.mailman.rstrip('/')}/lists/{config.list.lower()}/roster/member"
    auth = Basic(config.mailman_user, config.mailman_password)
    answer = await context.http.get(url, params={"count": size, "page": page}, auth=auth)
    found: _Roster = answer.json(_Roster)
    return found
