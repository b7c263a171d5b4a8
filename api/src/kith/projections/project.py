"""Projections: what the facts amount to, computed again for exactly what was touched.

Each projection is one query over a set of keys in a temporary table. ``project`` fills that set with what pages have
touched; ``kith.projections.rebuild`` fills it with all there is.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from itertools import combinations
from uuid import UUID

from kith.domain.days import midnight
from kith.projections import answers, asks, behaviors, kinds, mentions, replies, resolution, strength, told_asks
from kith.store import affiliations, events, jobs, objections, profiles, projection
from kith.store.db import Db
from kith.store.persons import Move

# Pages whose touches are worked in at once; a page touches at most some ten thousand pairs.
PAGES = 20


async def project(db: Db, workspace_id: UUID, now: datetime) -> tuple[int, int]:
    """Work in the touches of up to PAGES pages; return how many that were and how many are left.

    now: the moment; strengths speak of its midnight (UTC), so that all that are computed on one day compare exactly.
    """
    await projection.start(db)
    await projection.lock(db, workspace_id)
    touches = await projection.take_touches(db, workspace_id, PAGES)
    if touches:
        await _work_in(db, workspace_id, now, touches)
    return len(touches), await projection.count_touches(db, workspace_id)


async def settle(db: Db, workspace_id: UUID, now: datetime, identity_ids: Collection[UUID]) -> bool:
    """Work in at once what was decided on these identities; where another transaction is at it, leave it to a job.

    Returns whether it was done at once.
    """
    free = await projection.try_lock(db, workspace_id)
    if free:
        await projection.start(db)
        await _work_in(db, workspace_id, now, [{"identity_ids": list(identity_ids)}])
    else:
        await projection.touch(db, workspace_id, identity_ids)
        await jobs.ask_project(db, workspace_id)
    return free


async def work_in(db: Db, workspace_id: UUID, now: datetime, touched: Mapping[str, list[UUID]]) -> None:
    """Work in at once what was touched. db: holds the lock of projections."""
    await projection.start(db)
    await _work_in(db, workspace_id, now, [touched])


async def resolve_behaved(db: Db, workspace_id: UUID, now: datetime) -> int:
    """Resolve whoever did other things with a likely double than when they were last compared; return how many."""
    identity_ids = await behaviors.find_changed(db, workspace_id, None)
    if identity_ids:
        await projection.start(db)
        await _work_in(db, workspace_id, now, [{"identity_ids": list(identity_ids)}])
    return len(identity_ids)


async def judge_all(db: Db, workspace_id: UUID, now: datetime) -> kinds.Found:
    """Judge everybody again, and resolve whoever changed by that."""
    found = await kinds.judge_all(db, workspace_id)
    if found.changed:
        await projection.start(db)
        await _work_in(db, workspace_id, now, [{"identity_ids": list(found.changed)}])
    return found


async def settle_all(db: Db, workspace_id: UUID, now: datetime) -> int:
    """Resolve all identities again and work in what that moves; return how many identities moved."""
    await projection.start(db)
    await projection.lock(db, workspace_id)
    judged = (await kinds.judge_all(db, workspace_id)).changed
    moves = await resolution.resolve_all(db, workspace_id)
    await _want_moved(db, workspace_id, moves)
    await _want_judged(db, workspace_id, judged, moves)
    await _save_wanted(db, workspace_id, now)
    await asks.work_in(db, workspace_id, [], [], _stood_otherwise(judged, moves))
    await told_asks.tell(db, workspace_id, now)
    await mentions.work_in(db, workspace_id, [], [], [move.identity_id for move in moves], now)
    return len(moves)


async def settle_next(db: Db, workspace_id: UUID, now: datetime) -> resolution.Step:
    """Take the next step of resolving all identities again, and work in what that moves."""
    await projection.start(db)
    await projection.lock(db, workspace_id)
    begins = await profiles.walked_to(db, workspace_id) is None
    judged = (await kinds.judge_all(db, workspace_id)).changed if begins else set()
    step = await resolution.resolve_next(db, workspace_id)
    await _want_moved(db, workspace_id, step.moves)
    await _want_judged(db, workspace_id, judged, step.moves)
    await _save_wanted(db, workspace_id, now)
    await asks.work_in(db, workspace_id, [], [], _stood_otherwise(judged, step.moves))
    await told_asks.tell(db, workspace_id, now)
    await mentions.work_in(db, workspace_id, [], [], [move.identity_id for move in step.moves], now)
    return step


async def settle_answers(db: Db, workspace_id: UUID, now: datetime) -> int:
    """Settle again what all acts answer, and work in what that changes; return how many acts it changed."""
    await projection.start(db)
    await projection.lock(db, workspace_id)
    settled = await answers.settle(db, workspace_id, None, None)
    await _work_in(db, workspace_id, now, [settled.touched])
    return settled.changed


async def refresh(db: Db, workspace_id: UUID, now: datetime, after: tuple[UUID, UUID]) -> tuple[UUID, UUID] | None:
    """Compute the strengths of the next pairs for the midnight of ``now``; return the last of them, or None.

    Words that changed since they were last told become events: here, once a day, and not while history is being read.
    """
    await projection.start(db)
    await projection.lock(db, workspace_id)
    last = await projection.want_next_pairs(db, workspace_id, after, strength.PAIRS)
    if last is None:
        return None
    await compute_relationships(db, workspace_id, now)
    told = await projection.tell_words(db, workspace_id)
    await events.add(db, workspace_id, [events.tell_word(*change) for change in told])
    await projection.save(db, workspace_id, projection.RELATIONSHIPS)
    return last


async def compute_relationships(db: Db, workspace_id: UUID, now: datetime) -> None:
    """Weigh wanted_pairs as of the midnight of ``now``."""
    await db.execute("ANALYZE wanted_pairs")
    await strength.weigh(db, workspace_id, midnight(now))


async def _work_in(db: Db, workspace_id: UUID, now: datetime, touches: Sequence[Mapping[str, list[UUID]]]) -> None:
    """Compute again what was touched, and what follows from identities that moved."""

    def touched(column: str) -> list[UUID]:
        return [id_ for touch in touches for id_ in touch.get(column, ())]

    if act_ids := touched("act_ids"):
        settled = await answers.settle(db, workspace_id, act_ids, touched("conversation_ids"))
        touches = [*touches, settled.touched]
    identity_ids = set(touched("identity_ids"))
    judged = await _judge(db, workspace_id, identity_ids)
    identity_ids |= judged
    moves = await resolution.resolve(db, workspace_id, identity_ids)
    await affiliations.derive(db, workspace_id, identity_ids)
    await projection.want_people_of(db, workspace_id, identity_ids)
    await projection.want_channels(db, touched("channel_ids"))
    await projection.want_conversations(db, touched("conversation_ids"))
    await projection.want_pairs_of(db, workspace_id, touched("actor_ids"), touched("target_ids"))
    await _want_moved(db, workspace_id, moves)
    await _want_judged(db, workspace_id, judged, moves)
    await _save_wanted(db, workspace_id, now)
    linked = await replies.work_in(db, workspace_id, touched("act_ids"))
    places = {*touched("conversation_ids"), *linked}
    await asks.work_in(db, workspace_id, touched("act_ids"), places, _stood_otherwise(judged, moves))
    await told_asks.tell(db, workspace_id, now)
    met = identity_ids | {move.identity_id for move in moves}
    await mentions.work_in(db, workspace_id, touched("act_ids"), touched("conversation_ids"), met, now)


def _stood_otherwise(judged: Collection[UUID], moves: Sequence[Move]) -> set[UUID]:
    """Return the identities that stand for another person than before, or are now known as human or not."""
    return {*judged, *(move.identity_id for move in moves)}


async def _judge(db: Db, workspace_id: UUID, identity_ids: Collection[UUID]) -> set[UUID]:
    """Judge who is human among these, or among all where the words for that have changed; return who changed."""
    if await kinds.is_outdated(db, workspace_id):
        if await profiles.total(db, workspace_id) <= resolution.WHOLE:
            return (await kinds.judge_all(db, workspace_id)).changed
        await jobs.enqueue(db, workspace_id, "resolve", {}, slot="resolve")
    return (await kinds.judge(db, workspace_id, identity_ids)).changed


async def _save_wanted(db: Db, workspace_id: UUID, now: datetime) -> None:
    for each in (projection.PEOPLE, projection.CHANNEL_ACTIVITY, projection.CONVERSATION_ACTIVITY):
        await projection.save(db, workspace_id, each)
    await compute_relationships(db, workspace_id, now)
    await projection.save(db, workspace_id, projection.RELATIONSHIPS)


async def _want_moved(db: Db, workspace_id: UUID, moves: Sequence[Move]) -> None:
    if moves:
        people = {id_ for move in moves for id_ in (move.old_id, move.new_id)}
        await projection.want_people(db, people)
        await projection.want_pairs(db, await _pairs_of_moved(db, workspace_id, moves))
        if await objections.any_unscored(
            db, workspace_id, people
        ):  # those had, or will have, no relationships to go by
            await projection.want_met(db, workspace_id, [], people)


async def _want_judged(db: Db, workspace_id: UUID, judged: Collection[UUID], moves: Sequence[Move]) -> None:
    """Want the people who stand otherwise than before, as humans or not, and all whom they met."""
    if judged:
        left = [id_ for move in moves if move.identity_id in judged for id_ in (move.old_id, move.new_id)]
        await projection.want_met(db, workspace_id, judged, left)


async def _pairs_of_moved(db: Db, workspace_id: UUID, moves: Sequence[Move]) -> set[tuple[UUID, UUID]]:
    """Return the pairs, lesser id first, that an identity's move may have changed.

    Each was, before the move, a relationship of the person that the identity left, or within that person.
    """
    became: dict[UUID, set[UUID]] = {}
    for move in moves:
        became.setdefault(move.old_id, {move.old_id}).add(move.new_id)
    ties = await projection.related(db, workspace_id, became)
    within = {pair for persons in became.values() for pair in combinations(sorted(persons), 2)}
    return within | {
        (min(one, other), max(one, other))
        for person_id, other_id in ties
        for one in became[person_id]
        for other in became.get(other_id, {other_id})
        if one != other
    }
