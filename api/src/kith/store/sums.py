"""What sums by day are made of, in SQL; ``kith.domain`` has the same rules in Python.

``{0}`` in each is the row: ``i.`` or nothing.
"""

from kith.domain.days import EPOCH
from kith.domain.ids import NOWHERE
from kith.domain.weights import WHOLE

_DAY = "({0}occurred_at AT TIME ZONE 'UTC')::date"
_CHANNEL = f"coalesce({{0}}channel_id, '{NOWHERE}')"
_WEIGHT = f"round({WHOLE} / sqrt(cardinality(array_remove({{0}}target_ids, {{0}}actor_id))))"

SINCE_EPOCH = f"- date '{EPOCH}'"
"""Behind a date: its number, as ``kith.domain.days.day_of`` has it."""


def day(row: str = "") -> str:
    """Return the day (UTC) of an act."""
    return _DAY.format(row)


def channel(row: str = "") -> str:
    """Return the channel of an act, NOWHERE for none."""
    return _CHANNEL.format(row)


def weight(row: str = "") -> str:
    """Return what an act gives to each whom it addresses beside its actor, in thousandths."""
    return _WEIGHT.format(row)
