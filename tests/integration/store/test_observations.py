"""Which of two observations is kept, Python and SQL say alike."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kith.domain.observations import rank
from kith.store import observations
from kith.store.batch import IDENTITY
from kith.store.db import Pool

FIRST, LAST = datetime(1900, 1, 2), datetime(2100, 1, 1)  # noqa: DTZ001 - the strategy adds the zone
TEXTS = st.none() | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=3)
COLUMNS = IDENTITY[IDENTITY.index("kind") :]
KINDS = {"verified": "boolean", "seen_at": "timestamptz"}
ROWS = st.fixed_dictionaries(
    {name: TEXTS for name in COLUMNS if name not in ("kind", *KINDS)}
    | {
        "kind": st.sampled_from(["unknown", "person", "bot"]),
        "verified": st.booleans(),
        "seen_at": st.none() | st.datetimes(FIRST, LAST, timezones=st.just(UTC)),
    }
)


def python(row: dict[str, Any]) -> Any:
    *columns, seen_at = (row[name] for name in COLUMNS)
    return rank(row["kind"], columns, seen_at)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ROWS, ROWS)
async def test_the_greater_of_two_observations_is_the_same(
    pool: Pool, one: dict[str, Any], other: dict[str, Any]
) -> None:
    def row(start: int) -> str:
        return ", ".join(f"${start + at}::{KINDS.get(name, 'text')} AS {name}" for at, name in enumerate(COLUMNS))

    query = f"""
        SELECT {observations.rank("one", COLUMNS)} > {observations.rank("other", COLUMNS)}
        FROM (SELECT {row(1)}) AS one, (SELECT {row(1 + len(COLUMNS))}) AS other
    """
    async with pool.acquire() as db:
        greater = await db.fetchval(query, *(each[name] for each in (one, other) for name in COLUMNS))
    assert greater == (python(one) > python(other))
