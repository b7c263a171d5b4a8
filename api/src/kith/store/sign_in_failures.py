"""What holds back those who guess: each failure beyond a few makes the next try wait longer.

A try is counted before it is judged, so many at once help nobody, and taken back when it succeeds.
"""

from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256

from kith.store.db import Db

FORGOTTEN = timedelta(hours=1)
"""After so long without a failure, counting starts over."""
LONGEST = timedelta(minutes=15)
"""The longest that anybody waits."""


async def count(db: Db, subjects: Mapping[str, int]) -> float:
    """Count a try against subjects, each with its number of free ones; return the seconds to wait, or 0.

    Whoever has to wait is not counted again. Subjects are taken in one order, so that nobody waits for one another.
    """
    await db.execute("DELETE FROM sign_in_failures WHERE last_at < now() - interval '1 day'")
    waits = [await _count(db, hashed, free) for hashed, free in sorted((_hash(s), n) for s, n in subjects.items())]
    return max(waits, default=0.0)


async def succeeded(db: Db, account: str, network: str) -> None:
    """Forget the failures of an account, and take the try back that its network was charged: in the order of count."""
    statements = {
        _hash(account): "DELETE FROM sign_in_failures WHERE subject = $1",
        _hash(network): """
            UPDATE sign_in_failures SET failures = greatest(failures - 1, 0), blocked_until = NULL WHERE subject = $1
        """,
    }
    for subject, statement in sorted(statements.items()):
        await db.execute(statement, subject)


async def _count(db: Db, subject: bytes, free: int) -> float:
    counted = await db.fetchval(
        """
        INSERT INTO sign_in_failures AS f (subject, failures, last_at) VALUES ($1, 1, now())
        ON CONFLICT (subject) DO UPDATE SET
            failures = CASE WHEN f.last_at < now() - $3::interval THEN 1 ELSE f.failures + 1 END,
            last_at = now(),
            blocked_until = CASE WHEN f.failures + 1 > $2 AND f.last_at >= now() - $3::interval
                THEN now() + least($4::interval, interval '1 second' * power(2, least(f.failures - $2, 20))) END
        WHERE f.blocked_until IS NULL OR f.blocked_until <= now()
        RETURNING failures
        """,
        subject, free, FORGOTTEN, LONGEST,
    )  # fmt: skip
    if counted is not None:
        return 0.0
    wait: float | None = await db.fetchval(
        "SELECT extract(epoch FROM blocked_until - now())::float FROM sign_in_failures WHERE subject = $1", subject
    )
    return max(wait or 0.0, 1.0)


def _hash(subject: str) -> bytes:
    return sha256(subject.encode()).digest()
