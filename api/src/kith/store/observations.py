"""Observations: which of two rows that describe an identity or a channel is kept, in SQL."""

from collections.abc import Sequence


def rank(row: str, columns: Sequence[str]) -> str:
    """Return what rows are compared by, as ``kith.domain.observations.rank`` has it."""
    texts = (f"coalesce({row}.{name}::text, '') COLLATE \"C\"" for name in columns if name != "seen_at")
    return f"(coalesce({row}.seen_at, '-infinity'), {row}.kind <> 'unknown', {', '.join(texts)})"
