"""How far one person trusts another, topic by topic and in their communities, from what they did for each other."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from uuid import UUID

import msgspec

from kith.api.http.ids import encode
from kith.api.http.shapes import shape
from kith.api.refs import ChannelRef, CommunityRef, PersonRef, TopicRef
from kith.api.relationships.explain import about
from kith.api.relationships.schemas import (
    HiddenTrust,
    PersonTrust,
    Scope,
    TrustAct,
    TrustCommunity,
    TrustTopic,
)
from kith.domain.days import EPOCH, day_of
from kith.domain.trust import evidence
from kith.store.trust import Act

ACTS_SHOWN = 20
TOPICS_SHOWN = 20
EVIDENCE_SHOWN = 3


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
    day, by_key = day_of(on), _by_topic(acts)
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


def weigh_each(
    acts: Sequence[Act], names: Names, other: PersonRef, on: date, *, visible: bool
) -> list[tuple[str, PersonTrust]]:
    """Return the trust in one person by topic, each after a key to sort by; where acts showed none, it is unknown."""
    by_key = _by_topic(acts)
    verdict = evidence.trust("me", "you", [_act(key, act) for key in by_key for act in by_key[key]], day_of(on))
    found = {topic.topic: topic for topic in verdict.topics}
    return [
        (
            key,
            shape(
                PersonTrust,
                found.get(key) or evidence.unknown(key),
                other=other,
                topic=_topic_ref(by_key[key][0], names),
                channel=_channel_ref(by_key[key][0], names),
                as_of=on,
                evidence=_latest(by_key[key]) if visible else [],
            ),
        )
        for key in sorted(by_key)
        if any(_may_show(act) for act in by_key[key])
    ]


def _by_topic(acts: Sequence[Act]) -> dict[str, list[Act]]:
    by_key: dict[str, list[Act]] = {}
    for act in acts:
        by_key.setdefault(f"{act.topic_id} {act.channel_id}", []).append(act)
    return by_key


def _may_show(act: Act) -> bool:
    """Whether acts like this one show trust in the other, or would if something had come of them."""
    return act.kind in (evidence.GIVEN if act.given else evidence.RECEIVED)


def _latest(acts: Sequence[Act]) -> list[str]:
    told = [id_ for act in reversed(acts) if _may_show(act) for id_ in act.interaction_ids]
    return [encode("interaction", id_) for id_ in dict.fromkeys(told)][:EVIDENCE_SHOWN]


def _act(key: str, act: Act) -> evidence.Act:
    actor, target = ("me", "you") if act.given else ("you", "me")
    return evidence.Act(key, day_of(act.day), act.kind, actor, target, act.count)


def _topic(topic: evidence.Trust, acts: Sequence[Act], names: Names, *, visible: bool) -> TrustTopic:
    told = {(day_of(act.day), act.kind, act.given): act.interaction_ids for act in acts if visible and not act.hidden}
    latest: list[evidence.Cited] = []
    unseen: list[evidence.Cited] = []
    for cited in reversed(topic.cited):
        (latest if _key(cited) in told else unseen).append(cited)
    first, rest = acts[0], latest[ACTS_SHOWN:]
    return shape(
        TrustTopic,
        topic,
        topic=_topic_ref(first, names),
        channel=_channel_ref(first, names),
        acts=[_cited(cited, told) for cited in latest[:ACTS_SHOWN]],
        earlier_interactions=sum(cited.act.count for cited in rest),
        earlier_weight=sum(cited.weight for cited in rest),
        hidden=HiddenTrust(sum(cited.act.count for cited in unseen), sum(cited.weight for cited in unseen)),
    )


def _topic_ref(act: Act, names: Names) -> TopicRef | None:
    """Return the topic, unless the reader does not see it."""
    if act.topic_id is None or act.topic_id not in names.topics:
        return None
    return about(act.topic_id, names.topics[act.topic_id])


def _channel_ref(act: Act, names: Names) -> ChannelRef | None:
    """Return the channel, unless the reader does not see it."""
    if act.channel_id is None or act.channel_id not in names.channels:
        return None
    return ChannelRef(encode("channel", act.channel_id), names.channels[act.channel_id])


def _cited(cited: evidence.Cited, told: Mapping[tuple[int, str, bool], Sequence[UUID]]) -> TrustAct:
    act, given = cited.act, cited.act.actor == "me"
    return TrustAct(
        EPOCH + timedelta(act.day),
        act.kind.partition(":")[0],
        "given" if given else "received",
        cited.sentence,
        act.count,
        cited.weight,
        [encode("interaction", id_) for id_ in told[_key(cited)]],
    )


def _key(cited: evidence.Cited) -> tuple[int, str, bool]:
    return cited.act.day, cited.act.kind, cited.act.actor == "me"
