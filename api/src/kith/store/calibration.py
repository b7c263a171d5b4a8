"""Models that a workspace's own past has taught, and how far that past says they can be believed."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec

from kith.store.db import Db

ROWS = 5_000_000
"""Rows of contact up to which a workspace is looked at as a whole; it takes some 500 bytes for each."""


class Report(msgspec.Struct, frozen=True):
    """A back-test: what would have been said 90 days before ``until``, judged by what happened since.

    ``own``: with weights that the time before had taught; ``shipped``: with the shipped ones alone. Both as
    kith.domain.strength.calibration.Quality, None for what does not exist.
    """

    until: date
    horizon_days: int
    own: dict[str, int | float | None]
    shipped: dict[str, int | float | None]


class Judgment(msgspec.Struct, frozen=True):
    """A report, the version of the model that counted when it was made, and when that was."""

    version: str
    report: Report
    computed_at: datetime


async def last_day(db: Db, workspace_id: UUID, today: date) -> date | None:
    """Return the last day up to today on which any two were in touch: what follows may not have been read yet."""
    found: date | None = await db.fetchval(
        "SELECT max(day) FROM contact_days WHERE workspace_id = $1 AND day <= $2", workspace_id, today
    )
    return found


async def get_model(db: Db, workspace_id: UUID, shipped: str) -> Any:
    """Return the newest model that the workspace's own past has taught, drawn to the shipped one; None without."""
    return await db.fetchval(
        """
        SELECT model FROM strength_models WHERE workspace_id = $1 AND shipped = $2
        ORDER BY fitted_at DESC, version DESC LIMIT 1
        """,
        workspace_id, shipped,
    )  # fmt: skip


async def save_model(db: Db, workspace_id: UUID, shipped: str, version: str, model: object) -> None:
    """Let this model count from now on. shipped: the version that it was drawn to."""
    await db.execute(
        """
        INSERT INTO strength_models (workspace_id, version, shipped, model) VALUES ($1, $2, $3, $4)
        ON CONFLICT (workspace_id, version) DO UPDATE SET model = excluded.model, fitted_at = excluded.fitted_at
        """,
        workspace_id, version, shipped, model,
    )  # fmt: skip


async def save_report(db: Db, workspace_id: UUID, version: str, report: Report, now: datetime) -> None:
    await db.execute(
        """
        INSERT INTO strength_quality (workspace_id, version, report, computed_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (workspace_id)
        DO UPDATE SET version = excluded.version, report = excluded.report, computed_at = excluded.computed_at
        """,
        workspace_id, version, report, now,
    )  # fmt: skip


async def get_judgment(db: Db, workspace_id: UUID) -> Judgment | None:
    row: Any = await db.fetchrow(
        "SELECT version, report, computed_at FROM strength_quality WHERE workspace_id = $1", workspace_id
    )
    return msgspec.convert(dict(row), Judgment) if row else None
