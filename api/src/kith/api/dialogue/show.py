"""Dialogues as they are shown, and the windows that parameters ask for."""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from kith.api.dialogue.schemas import AnswerWait, Dialogue, DialogueReport, OfPersonParams, Share
from kith.api.http.coverage import get_coverage
from kith.api.http.ids import encode, from_query, not_found
from kith.api.http.problems import Fault, Problem
from kith.domain import ids
from kith.domain.dialogue.sentences import answering, conversing
from kith.domain.dialogue.shares import Counted, each, interval
from kith.projections import dialogue as projection
from kith.store import asks, communities, groups, people
from kith.store.db import Db
from kith.store.dialogue import Window

MONTH = timedelta(days=30)
ASKS = 20
PEOPLE = 1_000
"""People of a group or community up to which their dialogues are computed."""


async def window(db: Db, workspace_id: UUID, params: OfPersonParams) -> Window:
    """Return the window that is asked for. Raises Problem."""
    until = params.as_of or params.known_at or datetime.now(UTC)
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
            *await _identities(db, workspace_id, await people_of(db, workspace_id, params.community, "community"))
        }
        found = theirs if found is None else found & theirs
    return None if found is None else sorted(found)


async def identities_of(db: Db, workspace_id: UUID, text: str | None, name: str) -> list[UUID]:
    """Return the identities behind a person, a group, or an identity alone; None: our own. Raises Problem."""
    if text is None or ids.decode("group", text) is not None:
        return await _identities(db, workspace_id, await people_of(db, workspace_id, text, name))
    if (identity := ids.decode("identity", text)) is not None:
        return [identity]
    person = from_query("person", name, text)
    found = await people.identities_of(db, workspace_id, person) if person else []
    if not found:
        raise not_found("person")
    return found


async def people_of(db: Db, workspace_id: UUID, text: str | None, name: str) -> list[UUID]:
    """Return the people of a group or community; None: our own. Raises Problem, also where they are too many."""
    if (id_ := ids.decode("community", text or "")) is not None:
        if await communities.get_community(db, workspace_id, id_) is None:
            raise not_found("community")
        found = [row.person_id for row in await communities.list_people(db, workspace_id, id_, None, PEOPLE + 1)]
    elif (id_ := from_query("group", name, text) or await groups.find_team(db, workspace_id)) is None:
        return []
    elif await groups.get_group(db, workspace_id, id_) is None:
        raise not_found("group")
    else:
        found = await groups.list_people(db, workspace_id, id_, None, PEOPLE + 1)
    if len(found) > PEOPLE:
        message = f"More than {PEOPLE:,} people are in it; name a smaller one."
        raise Problem("invalid_parameter", message, Fault("invalid_parameter", message, parameter=name))
    return found


async def _identities(db: Db, workspace_id: UUID, person_ids: Sequence[UUID]) -> list[UUID]:
    return [id_ for each in (await people.identities_of_all(db, workspace_id, person_ids)).values() for id_ in each]


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
        share(Counted(*tally.begun)),
        AnswerWait(wait.asks, wait.median, wait.low, wait.high) if wait else None,
        [conversing(found.exchanged, tally.exchanged[0]), answering(found.answered, tally.reached)],
    )


def share(counted: Counted) -> Share:
    """Return what to show of a share, with its counts where there is no number."""
    found = interval(counted)
    part, low, high = (round(number, 4) for number in found) if found else (None, None, None)
    return Share(part, low, high, counted.such, counted.acts, counted.conversations)
