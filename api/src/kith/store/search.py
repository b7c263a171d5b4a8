"""Lists narrowed by what their order knows nothing of: words, or a network.

What is common turns up soon in the list itself, what is rare is found by an index; which of the two it is shows as one
looks. No plan of PostgreSQL suits both, and the plan of a prepared statement does not know what is asked for.

Row-level security lets no search for words into an index; the functions ``find_...`` of the database may use it, for
the workspace to which the connection is bound.
"""

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

FEW = 200
MANY = 5_000
MOST = 2_000

#: Returns the first so many ids of the list as if it were not narrowed, each with whether it fits.
Walk = Callable[[int], Awaitable[Sequence[tuple[UUID, bool]]]]


async def search(
    walk: Walk,
    rare: Callable[[], Awaitable[list[UUID] | None]],
    rest: Callable[[], Awaitable[list[UUID]]],
    limit: int,
    *,
    short: bool,
    many: int,
) -> list[UUID]:
    """Return the first ids that fit.

    rare: finds them by an index; None where it leads to more than MOST. rest: finds them, however many there are.
    short: other conditions may leave so little that a walk sees it all. many: how many are looked at, at most, to see
    whether what is looked for is common.
    """
    found, done = await _walk(walk, FEW, limit)
    likely = short or len(found) * many >= limit * FEW
    if not done and likely:
        found, done = await _walk(walk, many, limit)
    if done:
        return found
    few = await rare()
    if few is not None:
        return few
    if not likely:
        found, done = await _walk(walk, many, limit)
    return found if done else await rest()


async def _walk(walk: Walk, n: int, limit: int) -> tuple[list[UUID], bool]:
    """Return those of the first ``n`` that fit, and whether they are a page, or all there are."""
    walked = await walk(n)
    found = [id_ for id_, fits in walked if fits]
    return found[:limit], len(found) >= limit or len(walked) < n


def like(words: str) -> str:
    """Return the pattern for LIKE that finds part of a text; the caller lowers both."""
    escaped = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
