"""A relationship on the day asked, taken apart: contributions, evidence, and the number without each act."""

from collections.abc import Sequence
from datetime import UTC, date, timedelta
from typing import Any
from uuid import UUID

import numpy as np

from kith.api.http.ids import encode
from kith.api.http.shapes import shape
from kith.api.interactions.schemas import TimelineItem
from kith.api.refs import ChannelRef, TopicRef
from kith.api.relationships import schemas
from kith.api.relationships.schemas import RelationshipDetail
from kith.domain.classes import FORETOLD
from kith.domain.days import EPOCH, day_of
from kith.domain.ids import NOWHERE
from kith.domain.strength import explanation
from kith.domain.strength.direction import direction
from kith.domain.strength.model import FLOOR, Model
from kith.projections.evidence import Tie
from kith.store import interactions, topics


def explain(
    model: Model,
    tie: Tie,
    on: date,
    me: int,
    names: dict[Any, str],
    subjects: Sequence[topics.Subject] | None,
    acts: Sequence[tuple[interactions.Interaction, TimelineItem]] | None,
    left_out: int,
    **parts: Any,
) -> RelationshipDetail:
    """Return the relationship of a pair on a day, seen from its side ``me``.

    subjects: None where the reader may not see any. acts: the latest, newest first, as stored and as shown; None where
    the reader may not see any. left_out: acquaintances who object to being scored.
    """
    day = day_of(on)
    evidence = tie.on(day)
    visible = tie.visible(evidence.contacts) if acts is not None else np.zeros(len(evidence.contacts.day), np.bool_)
    found = explanation.explain(model, evidence, day, visible, limit=0)
    flow = direction(evidence.contacts, day)
    first, last = _date(flow.first), _date(flow.last)
    return RelationshipDetail(
        strength=found.strength,
        word=found.word,
        why=found.why,
        momentum=found.momentum,
        as_of=on,
        model=schemas.StrengthModel(model.version, model.horizon_days, FLOOR, list(FORETOLD), model.intercept),
        log_odds=found.log_odds,
        contributions=[_contribution(part, acts or (), first, last) for part in found.contributions],
        hidden=schemas.HiddenEvidence(found.hidden.interactions, found.hidden.log_odds),
        given=_side((flow.a, flow.b)[me]),
        received=_side((flow.a, flow.b)[1 - me]),
        together=flow.together,
        balance=[_balance(period, me) for period in flow.balance],
        first_day=first,
        last_day=last,
        days=flow.days,
        channels=_channels(tie, evidence, me, names),
        subjects=None if subjects is None else [_subject(each, shown=acts is not None) for each in subjects],
        circle=schemas.SharedCircle(found.circle.shared, found.circle.either, left_out),
        evidence=[
            schemas.CitedInteraction(shown, *explanation.falls(model, found.log_odds, tie.without(evidence, act), day))
            for act, shown in acts or ()
        ],
        **parts,
    )


def _contribution(
    part: explanation.Contribution,
    acts: Sequence[tuple[interactions.Interaction, TimelineItem]],
    first: date,
    last: date,
) -> schemas.StrengthContribution:
    days = {"recency": (last,), "tenure": (first, last)}.get(part.feature)
    cited = [
        shown.id for act, shown in acts
        if part.rests_on == "pair" and (days is None or act.occurred_at.astimezone(UTC).date() in days)
    ]  # fmt: skip
    return shape(schemas.StrengthContribution, part, interactions=cited)


def _side(side: Any) -> schemas.RelationshipSide:
    return shape(schemas.RelationshipSide, side, interactions=side.contacts)


def _balance(period: Any, me: int) -> schemas.ContactBalance:
    given, received = (period.sent, period.received)[:: -1 if me else 1]
    share = period.balance if not me or period.balance is None else 1 - period.balance
    return schemas.ContactBalance(_date(period.end), given, received, share)


def _channels(tie: Tie, evidence: explanation.Evidence, me: int, names: dict[Any, str]) -> list[schemas.SharedChannel]:
    rows, found = evidence.contacts, []
    for context in np.unique(rows.context).tolist():
        here = rows.context == context
        given = int(rows.count[here & (rows.source == me)].sum())
        received = int(rows.count[here & (rows.source != me)].sum())
        id_ = tie.channels[context]
        if id_ != NOWHERE and id_ not in names:
            continue  # the reader does not see it
        public = None if id_ == NOWHERE else encode("channel", id_)
        found.append(schemas.SharedChannel(public, names.get(id_), given, received, _date(int(rows.day[here].max()))))
    return sorted(found, key=lambda meeting: (-meeting.given - meeting.received, meeting.id or ""))


def _subject(subject: topics.Subject, *, shown: bool) -> schemas.RelationshipSubject:
    return schemas.RelationshipSubject(
        about(subject.topic_id, subject.topic_name or ""),
        ChannelRef(encode("channel", subject.channel_id), subject.channel_name) if subject.channel_id else None,
        subject.interactions,
        subject.last_at,
        [encode("interaction", id_) for id_ in subject.interaction_ids] if shown else [],
    )


def about(topic_id: UUID | None, name: str) -> TopicRef | None:
    return TopicRef(encode("topic", topic_id), name) if topic_id else None


def _date(day: int) -> date:
    return EPOCH + timedelta(day)
