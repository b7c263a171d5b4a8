"""Dialogues as they are shown, and the windows that parameters ask for."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from kith.api.dialogue.schemas import AnswerWait, Dialogue, DialogueReport, OfPersonParams, Share
from kith.api.http.coverage import get_coverage, seen_until
from kith.api.http.ids import encode, from_query
from kith.api.selections import identities_of, identities_of_people, people_of
from kith.domain.dialogue.sentences import answering, conversing
from kith.domain.dialogue.shares import Counted, each, interval
from kith.projections import dialogue as projection
from kith.store import asks
from kith.store.db import Db
from kith.store.dialogue import Window

MONTH = timedelta(days=30)
ASKS = 20


async def window(db: Db, workspace_id: UUID, params: OfPersonParams) -> Window:
    """Return the window that is asked for. Raises Problem."""
    until = await seen_until(db, workspace_id, params.as_of or params.known_at)
    others = await _others(db, workspace_id, params)
    channel = from_query("channel", "channel", params.channel)
    midnight = datetime.combine(until.date(), time.min, UTC)
    since = midnight - min(params.months * MONTH, midnight - datetime.min.replace(tzinfo=UTC))
    return Window(since, until, channel, others, params.known_at)


async def _others(db: Db, workspace_id: UUID, params: OfPersonParams) -> list[UUID] | None:
    """Return the identities of those whom it is with; None for all."""
    found: set[UUID] | None = None
    if params.other is not None:
        found = {*await identities_of(db, workspace_id, params.other, "with")}
    if params.community is not None:
        theirs = {
            *await identities_of_people(
                db, workspace_id, await people_of(db, workspace_id, params.community, "community")
            )
        }
        found = theirs if found is None else found & theirs
    return None if found is None else sorted(found)


async def report(
    db: Db, workspace_id: UUID, identity_ids: Sequence[UUID], found: projection.Dialogue, window: Window
) -> DialogueReport:
    """Return what to show of the dialogue of these identities."""
    towards = await asks.list_open_towards(db, workspace_id, identity_ids, window.since, window.until, ASKS)
    return DialogueReport(
        since=window.since.date(),
        until=window.until.date(),
        dialogue=show(found),
        open_asks=[encode("interaction", id_) for id_ in towards],
        coverage=await get_coverage(db, workspace_id),
    )


def show(found: projection.Dialogue) -> Dialogue:
    """Return what to show of a dialogue."""
    tally, wait = found.tally, found.wait
    return Dialogue(
        tally.acts,
        tally.broadcasts,
        share(Counted(*tally.directed)),
        share(Counted(*tally.exchanged)),
        share(each(tally.reached, tally.answered)),
        share(each(tally.asked, tally.heard)),
        share(Counted(*tally.initiated)),
        AnswerWait(wait.asks, wait.median, wait.low, wait.high) if wait else None,
        [conversing(found.exchanged, tally.exchanged[0]), answering(found.answered, tally.reached)],
    )


def share(counted: Counted) -> Share:
    """Return what to show of a share, with its counts where there is no number."""
    found = interval(counted)
    part, low, high = (round(number, 4) for number in found) if found else (None, None, None)
    return Share(part, low, high, counted.such, counted.acts, counted.conversations)
