"""Strength for the moment asked, with what each day adds to it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any

import numpy as np

from kith.api.relationships.schemas import Contribution, Direction, Earlier, Model, RelationshipDetail
from kith.domain import decay
from kith.store.relationships import ContactDay

DAYS_SHOWN = 30
MODEL = Model(decay.MODEL, decay.HALF_LIFE, decay.FLOOR)


def explain(days: Sequence[ContactDay], today: date, **parts: Any) -> RelationshipDetail:
    """Return the relationship of a pair on this day. days: the latest first, one at least. parts: its other fields."""
    given = direction([day for day in days if day.forth], today)
    received = direction([day for day in days if not day.forth], today)
    return RelationshipDetail(
        strength=strength(days, today),
        contact=given.contact + received.contact,
        given=given,
        received=received,
        first_day=days[-1].day,
        last_day=days[0].day,
        computed_at=datetime.combine(today, time(), UTC),
        model=MODEL,
        **parts,
    )


def strength(days: Sequence[ContactDay], today: date) -> float | None:
    """Return the strength of a pair; None below the floor of evidence."""
    value = decay.strengths(
        np.zeros(len(days), np.int64),
        np.array([(today - day.day).days for day in days], np.int64),
        np.array([day.weight for day in days], np.int64),
        np.array([day.count for day in days], np.int64),
        1,
    )[0]
    return None if np.isnan(value) else float(value)


def direction(days: Sequence[ContactDay], today: date) -> Direction:
    """Return what each day of one direction adds. days: the latest first."""
    all_days = [_contribution(day, today) for day in days]
    shown, rest = all_days[:DAYS_SHOWN], all_days[DAYS_SHOWN:]
    earlier = Earlier(
        len(rest),
        sum(day.interactions for day in rest),
        sum(day.weight for day in rest),
        sum(day.contact for day in rest),
    )
    return Direction(
        sum(day.interactions for day in all_days), sum(day.contact for day in shown) + earlier.contact, shown, earlier
    )


def _contribution(day: ContactDay, today: date) -> Contribution:
    days_ago = (today - day.day).days
    weight = day.weight / decay.THOUSAND
    contact = weight * 2.0 ** (-days_ago / decay.HALF_LIFE) if days_ago >= 0 else 0.0
    return Contribution(day.day, day.count, weight, days_ago, contact)
