"""How far one person trusts another, topic by topic and in their communities, from what they did for each other."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from uuid import UUID

import msgspec

from kith.api.http.ids import encode
from kith.api.http.shapes import shape
from kith.api.refs import ChannelRef, CommunityRef
from kith.api.relationships.explain import about
from kith.api.relationships.schemas import HiddenTrust, Scope, TrustAct, TrustCommunity, TrustTopic
from kith.domain.days import EPOCH, day_of
from kith.domain.trust import evidence
from kith.store.trust import Act

ACTS_SHOWN = 20
TOPICS_SHOWN = 20


class Names(msgspec.Struct, frozen=True):
    """communities: those to which both belong."""

    topics: Mapping[UUID, str]
    channels: Mapping[UUID, str]
    communities: Mapping[UUID, str]


def weigh(
    acts: Sequence[Act], names: Names, on: date, *, visible: bool
) -> tuple[Scope, list[TrustTopic], int, list[TrustCommunity]]:
    """Return scope, topics, how many more there are, and communities: these add to the scope where no topic suffices.

    acts: given by who trusts, or received.
    """
    day = day_of(on)
    by_key: dict[str, list[Act]] = {}
    for act in acts:
        by_key.setdefault(f"{act.topic_id} {act.channel_id}", []).append(act)
    verdict = evidence.trust("me", "you", [_act(key, act) for key in by_key for act in by_key[key]], day)
    topics = sorted(verdict.topics, key=lambda topic: (-topic.supports - topic.opposes, topic.topic))
    shown = [_topic(topic, by_key[topic.topic], names, visible=visible) for topic in topics[:TOPICS_SHOWN]]
    together = evidence.trust("me", "you", [_act("", act) for act in acts], day).topics
    communities = [
        shape(TrustCommunity, each, community=CommunityRef(encode("community", id_), name))
        for each in together for id_, name in names.communities.items()
    ]  # fmt: skip
    scope: Scope = "contextual" if any(each.value is not None for each in communities) else "not enough evidence"
    known = scope if verdict.scope == "not enough evidence" else verdict.scope
    return known, shown, len(topics) - len(shown), communities


def _act(key: str, act: Act) -> evidence.Act:
    actor, target = ("me", "you") if act.given else ("you", "me")
    return evidence.Act(key, day_of(act.day), act.kind, actor, target, act.count)


def _topic(topic: evidence.Trust, acts: Sequence[Act], names: Names, *, visible: bool) -> TrustTopic:
    first, latest = acts[0], topic.cited[::-1] if visible else []
    told = {(day_of(act.day), act.kind, act.given): act.interaction_ids for act in acts}
    rest, unseen = latest[ACTS_SHOWN:], [] if visible else topic.cited
    channel = first.channel_id
    return shape(
        TrustTopic,
        topic,
        topic=about(first.topic_id, names.topics.get(first.topic_id, "") if first.topic_id else ""),
        channel=ChannelRef(encode("channel", channel), names.channels.get(channel)) if channel else None,
        acts=[_cited(cited, told) for cited in latest[:ACTS_SHOWN]],
        earlier_interactions=sum(cited.act.count for cited in rest),
        earlier_weight=sum(cited.weight for cited in rest),
        hidden=HiddenTrust(sum(cited.act.count for cited in unseen), sum(cited.weight for cited in unseen)),
    )


def _cited(cited: evidence.Cited, told: Mapping[tuple[int, str, bool], Sequence[UUID]]) -> TrustAct:
    act, given = cited.act, cited.act.actor == "me"
    return TrustAct(
        EPOCH + timedelta(act.day),
        act.kind.partition(":")[0],
        "given" if given else "received",
        cited.sentence,
        act.count,
        cited.weight,
        [encode("interaction", id_) for id_ in told[act.day, act.kind, given]],
    )
