"""Why a strength is what it is: contributions that add up, the rows they rest on, and what it would be without them."""

from dataclasses import replace

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from kith.domain.sentences import many
from kith.domain.strength.circles import Circles
from kith.domain.strength.contact import Activity, Contacts, Integers
from kith.domain.strength.features import FEATURES, measure
from kith.domain.strength.model import FLOOR, Model
from kith.domain.strength.model import strength as strength_of
from kith.domain.strength.tally import Tally, tally
from kith.domain.strength.words import Word, momentum, words


class Row(msgspec.Struct, frozen=True):
    """A row of contact by day. Without one of its interactions, strength and log-odds would be lower by ``..._falls``;
    None where none would be left.
    """

    source: int
    target: int
    day: int
    context: int
    count: int
    log_odds_falls: float | None
    strength_falls: float | None


class Contribution(msgspec.Struct, frozen=True):
    """What one feature adds to the log-odds: ``weight * value``.

    ``rests_on`` says whose rows it is made of: those of the ``pair``, the activity of the two ``people``, or the
    ``circle`` of their acquaintances. ``rows`` are places in the explanation's list of rows.
    """

    feature: str
    meaning: str
    value: float
    weight: float
    log_odds: float
    rests_on: str
    rows: list[int]


class Hidden(msgspec.Struct, frozen=True):
    """Evidence that the reader may not see: how many interactions, and what all of them together add."""

    interactions: int
    log_odds: float


class Circle(msgspec.Struct, frozen=True):
    """Acquaintances whom both know, and whom at least one knows."""

    shared: int
    either: int


class Activeness(msgspec.Struct, frozen=True):
    """How long ago the quieter and the busier of the two were active, in days, and their decayed active days."""

    quieter_idle: int
    busier_idle: int
    quieter_days_90: float
    busier_days_90: float


class Explanation(msgspec.Struct, frozen=True):
    """A strength taken apart: ``log_odds`` = ``intercept`` + all contributions + what is hidden.

    ``strength`` is the probability that belongs to the log-odds. It is None below the floor of evidence, and ``why``
    says so. ``rows`` are the newest of the visible rows, ``further_rows`` counts the older ones.
    """

    version: str
    day: int
    horizon_days: int
    strength: float | None
    word: Word
    momentum: float
    why: str
    log_odds: float
    intercept: float
    contributions: list[Contribution]
    hidden: Hidden
    rows: list[Row]
    further_rows: int
    circle: Circle
    activeness: Activeness


class Evidence(msgspec.Struct, frozen=True):
    """All that one pair's strength is made of: its rows, the activity of the two, and their circles (arrays of one).

    Number the two 0 and 1: the work grows with the largest number.
    """

    contacts: Contacts
    activity: Activity
    circles: Circles

    def pair(self, now: int) -> Tally:
        """Sum up the pair as of day ``now``.

        Raises:
            ValueError: the rows are of none, or of more than one.
        """
        pairs = tally(self.contacts, self.activity, now, self.circles)
        if len(pairs) != 1:
            raise ValueError(f"an explanation is of exactly one pair with contact, not of {len(pairs)}")
        return pairs

    def without(self, row: int) -> "Evidence":
        """Leave out one interaction of a row, with its share of the weight, also from the activity of the two."""
        rows, known = self.contacts, self.activity
        taken = np.zeros(len(rows.day), dtype=np.int64)
        taken[row] = 1
        fewer = replace(
            rows,
            count=rows.count - taken,
            amount=rows.amount - taken * (rows.amount // rows.count),
            weight=rows.weight - taken * (rows.weight // rows.count),
        )
        acted = np.isin(known.person, (rows.source[row], rows.target[row])) & (known.day == rows.day[row])
        quieter = replace(known, count=known.count - acted)
        return Evidence(fewer.rows(fewer.count > 0), quieter.rows(quieter.count > 0), self.circles)

    def less(self, contacts: Contacts, activity: Activity) -> "Evidence":
        """Keep these contacts alone, and leave out activity that is in it; the circles stay as they are."""
        known, acts = self.activity, self.activity.count.copy()
        for i in range(len(activity.day)):
            acts[(known.person == activity.person[i]) & (known.day == activity.day[i])] -= activity.count[i]
        return Evidence(contacts, replace(known, count=acts).rows(acts > 0), self.circles)


def explain(
    model: Model, evidence: Evidence, now: int, visible: NDArray[np.bool_] | None = None, limit: int = 20
) -> Explanation:
    """Take the strength of one pair apart, as of day ``now``.

    ``visible`` marks the rows of ``evidence.contacts`` that the reader may see (all by default); contributions are
    those of the visible rows, and what the others add is one hidden sum, so that the number is the same for every
    reader. At most ``limit`` rows are cited. The same arguments give the same bytes.

    Raises:
        ValueError: there is no contact, or that of more than one pair.
    """
    pair = evidence.pair(now)
    shown = np.ones(len(evidence.contacts.day), dtype=np.bool_) if visible is None else visible
    shown = shown & (evidence.contacts.day <= now)
    unseen = int(evidence.contacts.count[(evidence.contacts.day <= now) & ~shown].sum())
    log_odds = float(model.log_odds(measure(pair))[0])
    strength = float(strength_of(model, pair)[0])
    cited = np.flatnonzero(shown)[::-1][:limit]
    contributions = _contributions(model, evidence, now, shown, cited)
    seen = model.intercept + sum(each.log_odds for each in contributions)
    known = not np.isnan(strength)
    contacts = int(pair.sent[0] + pair.received[0])
    return Explanation(
        version=model.version,
        day=now,
        horizon_days=model.horizon_days,
        strength=strength if known else None,
        word=str(words(pair, np.array([strength]))[0]),  # type: ignore[arg-type]  # an array of the words of Word
        momentum=float(momentum(pair)[0]),
        why=_why(known, contacts, model.horizon_days),
        log_odds=log_odds,
        intercept=model.intercept,
        contributions=contributions,
        hidden=Hidden(unseen, log_odds - seen if unseen else 0.0),
        rows=[_row(model, evidence, int(row), now, log_odds) for row in cited],
        further_rows=int(shown.sum()) - len(cited),
        circle=Circle(int(pair.shared[0]), int(pair.either[0])),
        activeness=Activeness(
            int(pair.quieter_idle[0]),
            int(pair.busier_idle[0]),
            float(pair.quieter_days_90[0]),
            float(pair.busier_days_90[0]),
        ),
    )


def _contributions(
    model: Model, evidence: Evidence, now: int, shown: NDArray[np.bool_], cited: Integers
) -> list[Contribution]:
    if not shown.any():
        return []
    seen = Evidence(evidence.contacts.rows(shown), evidence.activity, evidence.circles).pair(now)
    values = measure(seen)
    parts = model.contributions(values)[0].tolist()
    day = evidence.contacts.day[cited]
    at = {"recency": day == seen.last[0], "tenure": (day == seen.first[0]) | (day == seen.last[0])}
    every = np.ones(len(cited), dtype=np.bool_)
    return [
        Contribution(
            feature=feature.name,
            meaning=feature.meaning,
            value=value,
            weight=model.weights[feature.name],
            log_odds=part,
            rests_on=feature.of,
            rows=np.flatnonzero(at.get(feature.name, every)).tolist() if feature.of == "pair" else [],
        )
        for feature, value, part in zip(FEATURES, values[0].tolist(), parts, strict=True)
    ]


def falls(model: Model, log_odds: float, rest: Evidence, now: int) -> tuple[float | None, float | None]:
    """Return by how much ``log_odds`` and their strength fall with the ``rest`` alone; None where nothing is left."""
    if not len(rest.contacts.until(now).day):
        return None, None
    pair = rest.pair(now)
    remaining = float(strength_of(model, pair)[0])
    drop = None if np.isnan(remaining) else float(expit(log_odds)) - remaining
    return log_odds - float(model.log_odds(measure(pair))[0]), drop


def _row(model: Model, evidence: Evidence, row: int, now: int, log_odds: float) -> Row:
    rows = evidence.contacts
    log_odds_falls, strength_falls = falls(model, log_odds, evidence.without(row), now)
    return Row(
        source=int(rows.source[row]),
        target=int(rows.target[row]),
        day=int(rows.day[row]),
        context=int(rows.context[row]),
        count=int(rows.count[row]),
        log_odds_falls=log_odds_falls,
        strength_falls=strength_falls,
    )


def _why(known: bool, contacts: int, horizon: int) -> str:
    if known:
        return f"the chance that the two are in touch within {horizon} days, from {many(contacts, 'interaction')}"
    verb = "is" if contacts == 1 else "are"
    return f"{many(contacts, 'interaction')} {verb} too little for a number; at least {FLOOR} are needed"
