"""Asks as they are shown: beside the usual wait of their place, with reasons and with who could answer."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from kith.api.asks.schemas import Answerer, Ask, AskDetail, AskPart, UsualWait
from kith.api.http.coverage import get_coverage
from kith.api.http.ids import encode, encode_optional
from kith.api.http.shapes import shape
from kith.api.refs import ChannelRef, ConversationRef, IdentityRef, PersonRef
from kith.domain.asks.model import shipped
from kith.domain.asks.parts import NAMED
from kith.domain.scopes import Sight
from kith.projections import asks as projection
from kith.projections import told_asks
from kith.store import asks as store
from kith.store import identities, people
from kith.store.db import Db

ANSWERERS = 5
LATELY = timedelta(days=14)
_WAITING = ("open", "reopened")


async def show_all(
    db: Db, workspace_id: UUID, rows: Sequence[store.Ask], sight: Sight, now: datetime
) -> dict[UUID, Ask]:
    """Return what to show of asks, by id."""
    if not rows:
        return {}
    named = {id_ for row in rows for id_ in (row.actor_id, row.answerer_id) if id_}
    refs = {id_: IdentityRef.of(found) for id_, found in (await identities.get_refs(db, workspace_id, named)).items()}
    waits = await _waits(db, workspace_id, {row.channel_id for row in rows if row.channel_id}, now)
    return {row.id: _shown(row, refs, waits, sight, now) for row in rows}


async def show_one(db: Db, workspace_id: UUID, row: store.Ask, sight: Sight, now: datetime) -> AskDetail:
    """Return what to show of one ask."""
    shown = (await show_all(db, workspace_id, [row], sight, now))[row.id]
    judgment = None if row.native else shipped().judge(row.sentence)
    return shape(
        AskDetail,
        shown,
        intercept=judgment.intercept if judgment else None,
        contributions=_parts([(each.part, each.weight) for each in judgment.contributions], sight) if judgment else [],
        answerers=await _answerers(db, workspace_id, row, now),
        coverage=await get_coverage(db, workspace_id),
    )


def _shown(
    row: store.Ask, refs: dict[UUID, IdentityRef], waits: dict[UUID | None, UsualWait], sight: Sight, now: datetime
) -> Ask:
    wait = waits.get(row.channel_id) or waits.get(None)
    high = wait.high if wait and row.state in _WAITING else None
    overdue_at = None if high is None else row.asked_at + timedelta(seconds=high)
    title = row.conversation_title if sight.text else None
    return shape(
        Ask,
        row,
        id=encode("interaction", row.id),
        asker=refs[row.actor_id],
        channel=ChannelRef(encode("channel", row.channel_id), row.channel_name) if row.channel_id else None,
        conversation=ConversationRef(encode("conversation", row.conversation_id), title)
        if row.conversation_id
        else None,
        sentence=row.sentence if sight.text else None,
        chance=round(row.chance, 4),
        answer_id=encode_optional("interaction", row.answer_id),
        nobody_answered=None if row.nobody is None else round(row.nobody, 4),
        answerer=refs.get(row.answerer_id) if row.answerer_id else None,
        usual_wait=wait,
        overdue_at=overdue_at,
        overdue=overdue_at is not None and overdue_at < now,
    )


def _parts(parts: Sequence[tuple[str, float]], sight: Sight) -> list[AskPart]:
    """Learnt words are of the text: who does not see it sees their sum."""
    shown = [AskPart(part, NAMED.get(part), weight) for part, weight in parts if sight.text or part in NAMED]
    hidden = sum(weight for part, weight in parts if part not in NAMED)
    return shown if sight.text or not hidden else [*shown, AskPart("words", None, hidden)]


async def _waits(db: Db, workspace_id: UUID, channel_ids: set[UUID], now: datetime) -> dict[UUID | None, UsualWait]:
    """Return the usual wait of each channel that has one, and of the workspace, under None."""
    found = await told_asks.usual_waits(db, workspace_id, channel_ids, now)
    return {
        channel_id: UsualWait("channel" if channel_id else "workspace", wait.asks, wait.median, wait.low, wait.high)
        for channel_id, wait in found.items()
    }


async def _answerers(db: Db, workspace_id: UUID, row: store.Ask, now: datetime) -> list[Answerer]:
    found = await projection.answerers(db, workspace_id, row, now, LATELY, ANSWERERS)
    refs = await people.get_refs(db, workspace_id, [each.person_id for each in found])
    return [
        shape(
            Answerer,
            each,
            person=PersonRef.of(refs[each.person_id]),
            answers=[encode("interaction", answer) for answer in each.answers],
        )
        for each in found
        if each.person_id in refs
    ]
