"""How far one person trusts another, channel by channel, from what they did for each other."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from kith.api.ids import encode
from kith.api.interactions.schemas import Place
from kith.api.people.schemas import PersonRef
from kith.api.relationships.schemas import Trust, TrustAct, TrustTopic
from kith.domain.trust import evidence
from kith.store import strength
from kith.store import trust as store
from kith.store.ingest import NOWHERE

ACTS_SHOWN = 20
TOPICS_SHOWN = 20


def weigh(person: PersonRef, other: PersonRef, acts: Sequence[store.Act], names: dict[UUID, str], on: date) -> Trust:
    """Return the trust of ``person`` in ``other`` on a day. acts: given by person, or received."""
    rows = [
        evidence.Act(
            str(act.channel_id), strength.day_of(act.day), act.kind,
            *(("me", "you") if act.given else ("you", "me")), act.count,
        )
        for act in acts
    ]  # fmt: skip
    verdict = evidence.trust("me", "you", rows, strength.day_of(on))
    topics = sorted(verdict.topics, key=lambda topic: (-topic.supports - topic.opposes, topic.topic))
    shown = [_topic(topic, names) for topic in topics[:TOPICS_SHOWN]]
    return Trust(person, other, on, verdict.scope, shown, len(topics) - len(shown))


def _topic(topic: evidence.Trust, names: dict[UUID, str]) -> TrustTopic:
    channel = UUID(topic.topic)
    place = None if channel == NOWHERE else Place(encode("channel", channel), names.get(channel))
    latest = topic.cited[::-1]
    shown = [
        TrustAct(
            strength.EPOCH + timedelta(cited.act.day),
            cited.act.kind,
            "given" if cited.act.actor == "me" else "received",
            cited.sentence,
            cited.act.count,
            cited.weight,
        )
        for cited in latest[:ACTS_SHOWN]
    ]
    rest = latest[ACTS_SHOWN:]
    return TrustTopic(
        place, topic.value, topic.low, topic.high, topic.supports, topic.opposes, topic.why, shown,
        sum(cited.act.count for cited in rest), sum(cited.weight for cited in rest),
    )  # fmt: skip
