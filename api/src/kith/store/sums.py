"""What sums by day are made of, in SQL; ``kith.domain`` has the same rules in Python.

``{0}`` in each is the row: ``i.`` or nothing.
"""

from collections.abc import Iterable

from kith.domain.classes import HANDLING, ORDER
from kith.domain.days import EPOCH
from kith.domain.ids import NOWHERE
from kith.domain.weights import WHOLE

_DAY = "({0}occurred_at AT TIME ZONE 'UTC')::date"
_CHANNEL = f"coalesce({{0}}channel_id, '{NOWHERE}')"
_WEIGHT = f"round({WHOLE} / sqrt(greatest(cardinality(array_remove(target_ids, actor_id)), 1)))"

SINCE_EPOCH = f"- date '{EPOCH}'"
"""Behind a date: its number, as ``kith.domain.days.day_of`` has it."""


def day(row: str = "") -> str:
    """Return the day (UTC) of an act."""
    return _DAY.format(row)


def channel(row: str = "") -> str:
    """Return the channel of an act, NOWHERE for none."""
    return _CHANNEL.format(row)


def weighed(acts: str) -> str:
    """Add to a query of acts the column ``weight``: what each gives to each whom it addresses beside its actor.

    In thousandths. It is computed once for an act, before its targets are rows: else it would take their square.
    """
    return f"SELECT *, {_WEIGHT}::bigint AS weight FROM ({acts}) AS whole OFFSET 0"


def _array(kinds: Iterable[str]) -> str:
    return f"'{{{','.join(kinds)}}}'::text[]"


KIND = f"(coalesce(array_position({_array(ORDER)}, kind), 1) - 1)"
"""The number of a kind, as ``kith.domain.classes`` has it."""

HANDLED = f"kind = ANY ({_array(sorted(HANDLING))})"
"""Whether a kind is handling."""


def once(contact: str, keys: str, value: str) -> str:
    """Add up a value of rows of contact by keys; of several kinds of handling the most frequent counts.

    They are the same acts told twice, as by committer and sign-off of one commit.
    """
    return f"""
        SELECT {keys}, CASE WHEN handled THEN max({value}) ELSE sum({value}) END::bigint AS {value}
        FROM (
            SELECT {keys}, {HANDLED} AS handled, sum({value}) AS {value}
            FROM ({contact}) AS told GROUP BY {keys}, kind
        ) AS by_kind GROUP BY {keys}, handled
    """
