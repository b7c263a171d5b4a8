"""The rules of sums by day, in Python and in SQL, are the same."""

from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kith.domain.days import day_of
from kith.domain.ids import NOWHERE
from kith.domain.weights import weight
from kith.store import sums
from kith.store.db import Pool

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
FIRST, LAST = datetime(1900, 1, 2), datetime(2100, 1, 1)  # noqa: DTZ001 - the strategy adds the zone
MOMENTS = st.datetimes(FIRST, LAST, timezones=ZONES)
IDS = st.integers(1, 12).map(lambda number: UUID(int=number))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(MOMENTS, st.lists(IDS, min_size=1, max_size=40), IDS, st.none() | IDS)
async def test_python_and_sql_agree(
    pool: Pool, occurred_at: datetime, targets: list[UUID], actor: UUID, channel: UUID | None
) -> None:
    others = [id_ for id_ in targets if id_ != actor] or [UUID(int=99)]
    acts = """
        SELECT $1::timestamptz AS occurred_at, $2::uuid[] AS target_ids, $3::uuid AS actor_id, $4::uuid AS channel_id
    """
    query = f"""
        SELECT {sums.day("i.")} {sums.SINCE_EPOCH} AS day, weight, {sums.channel("i.")} AS channel
        FROM ({sums.weighed(acts)}) AS i
    """
    async with pool.acquire() as db:
        row: Any = await db.fetchrow(query, occurred_at, [*others, actor], actor, channel)
    assert (row["day"], row["weight"]) == (day_of(occurred_at), weight(len(others)))
    assert row["channel"] == (channel or NOWHERE)
