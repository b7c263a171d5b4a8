"""Inferred replies from the facts: a line that comes, changes or goes has those read again that can depend on it.

A line depends on CONTEXT lines before it, so a change is felt by as many lines after it. Lines are read in pieces: a
channel is never held whole.
"""

import asyncio
from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import groupby
from uuid import UUID

from kith.domain.replies.inference import infer
from kith.domain.replies.lines import CONTEXT
from kith.domain.replies.said import Inferred, Said
from kith.projections import asks, told_asks
from kith.store import jobs, projection
from kith.store import rebuild as rebuilding
from kith.store import replies as store
from kith.store.db import Db
from kith.store.rebuild import Difference
from kith.store.replies import Position

_AT_ONCE = 1_000  # lines


async def work_in(db: Db, workspace_id: UUID, act_ids: Collection[UUID]) -> set[UUID]:
    """Read again what these lines answer, and those after them; return the lines of which that says something else.

    These are the lines that answer otherwise than before, and what they answered or answer now.
    """
    if not act_ids:
        return set()
    changed, told = await store.place(db, workspace_id, act_ids)
    for _, positions in groupby(changed, key=lambda position: position.channel_id):
        told |= await _read_again(db, workspace_id, list(positions))
    return told


async def state(
    db: Db,
    workspace_id: UUID,
    interaction_id: UUID,
    answers_id: UUID | None,
    author: str,
    now: datetime,
    *,
    stated: bool,
) -> None:
    """Keep what a member says that a line answers; where another transaction is at it, it counts a little later.

    stated: False takes back what was said before.
    """
    await store.state(db, workspace_id, interaction_id, answers_id, author, stated=stated)
    if await projection.try_lock(db, workspace_id):
        await projection.start(db)
        await asks.work_in(db, workspace_id, [], await work_in(db, workspace_id, [interaction_id]), [])
        await told_asks.tell(db, workspace_id, now)
    else:
        await store.touch(db, workspace_id, interaction_id)
        await jobs.ask_project(db, workspace_id)


async def restore(db: Db, workspace_id: UUID) -> dict[str, Difference]:
    """Read all lines of all rooms again; return how what was stored differed."""
    await store.begin_rebuilt(db)
    after: Position | None = None
    before: list[Said] = []
    while lines := await store.all_lines(db, workspace_id, after, _AT_ONCE):
        for channel_id, some in groupby(lines, key=lambda line: line[0]):
            if after and channel_id != after.channel_id:
                before = []
            said = [line for _, line in some]
            await store.add_rebuilt(db, channel_id, said, await _infer([*before, *said], len(before)))
            before = [*before, *said][-CONTEXT:]
            after = Position(channel_id, said[-1].occurred_at, said[-1].id)
    return {"inferred_replies": await rebuilding.put_right(db, workspace_id, store.REPLIES)}


async def _infer(said: Sequence[Said], start: int) -> list[Inferred]:
    return await asyncio.to_thread(infer, said, start)


async def _read_again(db: Db, workspace_id: UUID, changed: Sequence[Position]) -> set[UUID]:
    """Read again the lines of one channel after each change. changed: where, in order."""
    told = set[UUID]()
    at = 0
    while at < len(changed):
        before = await store.lines_before(db, workspace_id, changed[at], CONTEXT)
        lines = await store.lines_from(db, workspace_id, changed[at], _AT_ONCE)
        left = 0
        while True:
            felt, at, left = _felt(lines, changed, at, left)
            if felt:
                told |= await store.save(db, workspace_id, await _infer([*before, *lines[:felt]], len(before)))
            if len(lines) < _AT_ONCE and felt == len(lines):  # no line stands after the changes that are left
                return told
            if felt < len(lines):
                break
            before = [*before, *lines][-CONTEXT:]
            last = Position(changed[0].channel_id, lines[-1].occurred_at, lines[-1].id)
            lines = await store.lines_after(db, workspace_id, last, _AT_ONCE)
    return told


def _felt(lines: Sequence[Said], changed: Sequence[Position], at: int, left: int) -> tuple[int, int, int]:
    """Return how many of these lines, from the first on, feel changes; the next change; how many more lines feel it.

    at: the next change; left: how many lines feel those before it.
    """
    for count, line in enumerate(lines):
        place = Position(changed[0].channel_id, line.occurred_at, line.id)
        while at < len(changed) and changed[at] <= place:
            at, left = at + 1, CONTEXT + 1
        if not left:
            return count, at, left
        left -= 1
    return len(lines), at, left
