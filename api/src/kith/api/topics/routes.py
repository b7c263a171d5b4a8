from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from kith.api.http.coverage import get_coverage
from kith.api.http.ids import encode, from_path, from_query, many_from_query, not_found
from kith.api.http.paging import CoveredPage, after, covered_page
from kith.api.http.shapes import shape
from kith.api.relationships.lists import show_people
from kith.api.topics.experts import find_experts
from kith.api.topics.schemas import Expert, Experts, ExpertsParams, Topic, TopicChannel, TopicDetail, TopicsParams
from kith.domain.roles.acts import HELP
from kith.store import topics as store
from kith.store.db import Db

CHANNELS_SHOWN = 50


@get("/v1/topics", operation_id="listTopics", tags=["topics"], scopes=["topics:read"])
async def list_topics(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    params: NamedDependency[TopicsParams],
) -> Response[CoveredPage[Topic]]:
    """List topics.

    The most frequent first, in recent texts of up to five years.
    """
    key = after(request, params, tuple[int, UUID])
    wanted = store.TopicFilter(
        channel_id=from_query("channel", "channel", params.channel), ids=many_from_query("topic", "ids", params.ids)
    )
    rows = await store.list_topics(db, workspace_id, wanted, key, params.limit + 1)
    coverage = await get_coverage(db, workspace_id)
    total = await store.count_topics(db, workspace_id, wanted) if params.include else None
    return covered_page(request, params, rows, Topic.of, lambda row: (row.texts, row.id), coverage, total)


@get(
    "/v1/topics/{topic_id:str}", operation_id="getTopic", tags=["topics"], scopes=["topics:read"], errors=["not_found"]
)
async def get_topic(
    db: NamedDependency[Db], workspace_id: NamedDependency[UUID], topic_id: FromPath[str]
) -> TopicDetail:
    """Show one topic and its channels.

    People to ask about it: `GET /v1/topics/{topic_id}/experts`.
    """
    found = await _find(db, workspace_id, topic_id)
    rows = await store.list_channels(db, workspace_id, found.id, CHANNELS_SHOWN)
    channels = [shape(TopicChannel, row, channel_id=encode("channel", row.channel_id)) for row in rows]
    return TopicDetail(
        **msgspec.structs.asdict(Topic.of(found)), channels=channels, coverage=await get_coverage(db, workspace_id)
    )


@get(
    "/v1/topics/{topic_id:str}/experts",
    operation_id="listExperts",
    tags=["topics"],
    scopes=["topics:read", "people:read"],
    errors=["not_found"],
)
async def list_experts(
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    topic_id: FromPath[str],
    params: NamedDependency[ExpertsParams],
) -> Experts:
    """List the experts on a topic.

    People who answered, reviewed and helped, recent acts counting more, each with the acts as evidence.
    """
    found, now = await _find(db, workspace_id, topic_id), datetime.now(UTC)
    helps = await store.list_helps(db, workspace_id, found.id, sorted(HELP), now)
    experts = find_experts(helps, from_query("person", "asker", params.asker), now, params.limit)
    refs = await show_people(db, workspace_id, {expert.person_id for expert in experts})
    return Experts(
        [
            shape(
                Expert,
                expert,
                person=refs[expert.person_id],
                interactions=[encode("interaction", id_) for id_ in expert.interaction_ids],
            )
            for expert in experts
        ],
        await get_coverage(db, workspace_id),
    )


async def _find(db: Db, workspace_id: UUID, topic_id: str) -> store.Topic:
    found = await store.get_topic(db, workspace_id, from_path("topic", topic_id))
    if found is None:
        raise not_found("topic")
    return found


ROUTES = [list_topics, get_topic, list_experts]
