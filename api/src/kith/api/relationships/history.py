"""How a relationship went: contact by week or month, and the strength at the end of each."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Literal

import numpy as np

from kith.api.refs import PersonRef
from kith.api.relationships.schemas import HistoryPeriod
from kith.domain.days import EPOCH, day_of
from kith.domain.maps.history_svg import Week, history_svg
from kith.domain.strength.model import Model
from kith.domain.strength.model import strength as strength_of
from kith.domain.strength.words import words
from kith.projections.evidence import Tie

MOST = 520


def series(
    model: Model, tie: Tie, until: date, me: int, period: Literal["week", "month"], since: date | None
) -> list[HistoryPeriod]:
    """Return the periods from the first contact, or ``since``, up to ``until``: the latest MOST of them."""
    first = EPOCH + timedelta(int(tie.contacts.day.min()))
    starts = [_start(until, period)]
    while starts[-1] > max(first, since or first) and len(starts) < MOST:
        starts.append(_start(starts[-1] - timedelta(1), period))
    starts.reverse()
    ends = [start - timedelta(1) for start in starts[1:]] + [until]
    return [_part(model, tie, me, start, end) for start, end in zip(starts, ends, strict=True)]


def draw(one: PersonRef, other: PersonRef, parts: Sequence[HistoryPeriod]) -> str:
    """Return the weeks as SVG."""
    weeks = [Week(part.first_day, part.given, part.received, part.strength) for part in parts]
    return history_svg(one.name or "someone", other.name or "someone", weeks)


def _part(model: Model, tie: Tie, me: int, start: date, end: date) -> HistoryPeriod:
    evidence, rows = tie.on(day_of(end)), tie.contacts
    within = (rows.day >= day_of(start)) & (rows.day <= day_of(end))
    given = int(rows.count[within & (rows.source == me)].sum())
    received = int(rows.count[within & (rows.source != me)].sum())
    if not len(evidence.contacts.day):
        return HistoryPeriod(start, given, received, None, "unknown")
    pair = evidence.pair(day_of(end))
    value = strength_of(model, pair)
    word = str(words(pair, value)[0])
    return HistoryPeriod(start, given, received, None if np.isnan(value[0]) else float(value[0]), word)  # type: ignore[arg-type]  # an array of the words of Word


def _start(day: date, period: Literal["week", "month"]) -> date:
    return day - timedelta(day.weekday()) if period == "week" else day.replace(day=1)
