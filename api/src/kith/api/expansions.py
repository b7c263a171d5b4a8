"""What ``expand`` loads: of each kind, what its own list shows."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
from litestar.connection import Request
from msgspec import UNSET, UnsetType

from kith.api.channels.schemas import Channel
from kith.api.communities.schemas import Community
from kith.api.conversations.schemas import Conversation
from kith.api.http.auth import sight_of, token_of
from kith.api.http.expand import Load
from kith.api.identities.schemas import Identity
from kith.api.interactions.schemas import Interaction, shape_all
from kith.api.organizations.schemas import Organization
from kith.api.people.schemas import Person
from kith.api.topics.schemas import Topic
from kith.domain.scopes import Sight
from kith.store import channels, communities, conversations, identities, interactions, organizations, people, topics
from kith.store.db import Db

Incoming = Request[Any, Any, Any]


class Expanded(msgspec.Struct, frozen=True):
    """What an answer mentions, by id: each as its list shows it, of the kinds that `expand` named."""

    interactions: dict[str, Interaction] | UnsetType = UNSET
    conversations: dict[str, Conversation] | UnsetType = UNSET
    channels: dict[str, Channel] | UnsetType = UNSET
    identities: dict[str, Identity] | UnsetType = UNSET
    people: dict[str, Person] | UnsetType = UNSET
    organizations: dict[str, Organization] | UnsetType = UNSET
    communities: dict[str, Community] | UnsetType = UNSET
    topics: dict[str, Topic] | UnsetType = UNSET


Rows = Awaitable[Sequence[Any]]


def _listed(rows: Callable[..., Rows], wanted: Callable[..., Any], item: Callable[[Any, Sight], Any]) -> Load:
    """Return what loads things as their list does. rows, wanted: the store's function and filter."""

    async def load(request: Incoming, db: Db, keys: list[UUID]) -> dict[str, Any]:
        found = await rows(db, token_of(request).workspace_id, wanted(ids=tuple(keys)), None, len(keys))
        sight = sight_of(request)
        return {each.id: each for each in (item(row, sight) for row in found)}

    return load


def _whole(item: Callable[[Any], Any]) -> Callable[[Any, Sight], Any]:
    """Return what shows a thing alike to all."""
    return lambda row, sight: item(row)


async def _interactions(request: Incoming, db: Db, keys: list[UUID]) -> dict[str, Any]:
    home, wanted = token_of(request).workspace_id, interactions.InteractionFilter(ids=tuple(keys))
    rows = await interactions.list_interactions(db, home, wanted, None, len(keys))
    return {each.id: each for each in (await shape_all(db, home, rows, sight_of(request))).values()}


LOADERS: dict[str, Load] = {
    "interactions": _interactions,
    "conversations": _listed(conversations.list_conversations, conversations.ConversationFilter, Conversation.of),
    "channels": _listed(channels.list_channels, channels.ChannelFilter, _whole(Channel.of)),
    "identities": _listed(
        identities.list_identities, identities.IdentityFilter, lambda row, sight: Identity.of(row, sight.contact)
    ),
    "people": _listed(people.list_people, people.PeopleFilter, _whole(Person.of)),
    "organizations": _listed(
        organizations.list_organizations, organizations.OrganizationFilter, _whole(Organization.of)
    ),
    "communities": _listed(
        communities.list_communities, partial(communities.CommunityFilter, ended=None), _whole(Community.of)
    ),
    "topics": _listed(topics.list_topics, topics.TopicFilter, _whole(Topic.of)),
}
