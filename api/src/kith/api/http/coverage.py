"""Coverage: how much had been read for an answer. Nothing is silently missing."""

from datetime import UTC, datetime, time
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from kith.api.http.ids import SourceId, encode
from kith.api.http.kinds import Instant
from kith.store import reach, sources
from kith.store.db import Db


class SourceReading(msgspec.Struct, frozen=True):
    """Coverage of one source."""

    id: SourceId
    name: Annotated[str, Meta(description="Name of the source.", examples=["our-repository"])]
    status: Annotated[str, Meta(description="Status of the source.", examples=["active"])]
    read_since: Annotated[Instant | None, Meta(description="Start of the oldest period fully read; null: no bound.")]
    read_until: Annotated[Instant | None, Meta(description="End of the newest period fully read; null: none yet.")]
    gaps: Annotated[int, Meta(description="Periods that could not be read, or not fully.", ge=0)]


class Coverage(msgspec.Struct, frozen=True):
    """How much had been read for this answer."""

    complete: Annotated[bool, Meta(description="Whether every source has been read and none has a gap.")]
    sources: Annotated[list[SourceReading], Meta(description="Every source of the workspace that the token sees.")]
    hidden_interactions: Annotated[
        int,
        Meta(description="Interactions that the token does not see, and that numbers about people rest on, too.", ge=0),
    ]
    sealed_interactions: Annotated[
        int,
        Meta(
            description="Interactions of sealed sources that the token sees. Numbers about people rest on none.", ge=0
        ),
    ]


async def get_coverage(db: Db, workspace_id: UUID) -> Coverage:
    found = await sources.list_readings(db, workspace_id)
    readings = [
        SourceReading(
            encode("source", reading.id),
            reading.name,
            reading.status,
            reading.read_since,
            reading.read_until,
            reading.gaps,
        )
        for reading in found
    ]
    complete = bool(readings) and all(reading.read_until and not reading.gaps for reading in readings)
    hidden, sealed = (max(counts, default=0) for counts in ([r.hidden for r in found], [r.sealed for r in found]))
    return Coverage(complete, readings, hidden, sealed)


async def seen_until(db: Db, workspace_id: UUID, asked: datetime | None) -> datetime:
    """Return the moment asked for, by default now; at most the end of the last day until which any source was read.

    Silence after that day is none.
    """
    moment = asked or datetime.now(UTC)
    day = await reach.of_workspace(db, workspace_id)
    return moment if day is None else min(moment, datetime.combine(day, time.max, UTC))
