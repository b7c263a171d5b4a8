"""Asks from the facts: acts are judged once, and what became of an ask is told again where a place was touched."""

import asyncio
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
import numpy as np

from kith.domain.asks.answerers import Helps, History
from kith.domain.asks.judging import shipped_judge
from kith.domain.asks.model import shipped
from kith.projections import told_asks
from kith.store import asks as store
from kith.store import jobs, projection
from kith.store import rebuild as rebuilding
from kith.store.db import Db
from kith.store.rebuild import Difference

_AT_ONCE = 5_000  # texts
_HELPS = 1_000  # latest answers that speak for whom to ask
_LESSONS = 100  # of these, from which the weight of help elsewhere is chosen
_CITED = 3


async def work_in(
    db: Db, workspace_id: UUID, act_ids: Collection[UUID], place_ids: Collection[UUID], identity_ids: Collection[UUID]
) -> None:
    """Judge acts that changed, and tell again what became of the asks of places, and of those of the identities.

    A place of which no ask is known has one where an act in it asks something now, or did so for another person.
    """
    asking: list[UUID] = []
    in_order = sorted(set(act_ids))  # so that each statement reads another part of an index
    for start in range(0, len(in_order), _AT_ONCE):
        some = in_order[start : start + _AT_ONCE]
        found = await _judge(await store.texts_of(db, workspace_id, some))
        await store.save_acts(db, workspace_id, some, found)
        asking += [each.interaction_id for each in found]
    await store.want(db, workspace_id, asking, {*place_ids, *in_order})
    await store.want_of(db, workspace_id, identity_ids)
    await _tell(db, workspace_id)


async def _tell(db: Db, workspace_id: UUID) -> None:
    """Tell again what became of the wanted asks."""
    await store.gather(db, workspace_id)
    await projection.save(db, workspace_id, store.ASKS)
    await store.end(db)


async def state(
    db: Db, workspace_id: UUID, interaction_id: UUID, said: str | None, taken: bool | None, author: str, now: datetime
) -> None:
    """Keep what a member says of an ask; where another transaction works in pages, it counts a little later."""
    await store.add_statement(db, workspace_id, interaction_id, said, taken, author)
    if await projection.try_lock(db, workspace_id):
        await projection.start(db)
        await store.want(db, workspace_id, [interaction_id], [])
        await _tell(db, workspace_id)
        await told_asks.tell(db, workspace_id, now)
    else:
        await store.touch(db, workspace_id, interaction_id)
        await jobs.ask_project(db, workspace_id)


async def hear(db: Db, workspace_id: UUID, act_id: UUID, now: datetime) -> None:
    """Work in at once what was just entered; where another transaction is at it, leave it to the job."""
    if await projection.try_lock(db, workspace_id):
        await projection.start(db)
        await work_in(db, workspace_id, [act_id], [], [])
        await told_asks.tell(db, workspace_id, now)


async def restore(db: Db, workspace_id: UUID) -> dict[str, Difference]:
    """Judge all acts again and tell again what became of every ask; return how what was stored differed."""
    await store.begin_rebuilt(db)
    after = UUID(int=0)
    while texts := await store.next_texts(db, workspace_id, after, _AT_ONCE):
        await store.add_rebuilt(db, await _judge(texts))
        after = texts[-1].id
    found = {"ask_acts": await rebuilding.put_right(db, workspace_id, store.ACTS)}
    await projection.start(db)
    await store.want_all(db, workspace_id)
    await store.gather(db, workspace_id)
    found["asks"] = await rebuilding.restore(db, workspace_id, store.ASKS)
    await store.end(db)
    return found


async def _judge(texts: Sequence[store.Text]) -> list[store.Judged]:
    return await asyncio.to_thread(judged, texts)


def judged(texts: Sequence[store.Text]) -> list[store.Judged]:
    """Return which acts ask something: what a network calls a question does, others by what they say."""
    said = [text for text in texts if text.kind != "question" and text.text]
    found = shipped_judge().asks([text.text or "" for text in said])
    return [
        *(_native(text) for text in texts if text.kind == "question"),
        *(
            store.Judged(text.id, round(ask.chance, 4), ask.learnt, ask.sentence)
            for text, ask in zip(said, found, strict=True)
            if ask
        ),
    ]


def _native(text: store.Text) -> store.Judged:
    title = (text.title or "").strip()
    found = None if title else shipped().ask(text.text or "")
    return store.Judged(text.id, 1.0, True, title or (found.sentence if found else ""))


class Answerer(msgspec.Struct, frozen=True):
    """Who could answer an ask, what speaks for them, and their latest answers that this rests on."""

    person_id: UUID
    score: float
    here: float
    for_asker: float
    elsewhere: float
    answers: list[UUID]


async def answerers(
    db: Db, workspace_id: UUID, ask: store.Ask, now: datetime, lately: timedelta, most: int
) -> list[Answerer]:
    """Return the best to ask, by the latest answers to asks; of those who have acted lately."""
    helps = await store.list_helps(db, workspace_id, now, _HELPS)
    asker = ask.person_id
    people = sorted({asker, *(id_ for each in helps for id_ in (each.answerer_id, each.asker_id))})
    place = {person: i for i, person in enumerate(people)}
    history = History(
        Helps(
            np.array([each.answered_at.timestamp() for each in helps]) / 86_400,
            np.array([place[each.answerer_id] for each in helps], dtype=np.int64),
            np.array([place[each.asker_id] for each in helps], dtype=np.int64),
            [(each.channel_id,) if each.channel_id else () for each in helps],
        ),
        len(people),
    )
    for known in range(max(0, len(helps) - _LESSONS), len(helps)):
        each = helps[known]
        history.take(known)
        topics = (each.channel_id,) if each.channel_id else ()
        evidence = history.evidence(place[each.asker_id], topics, each.answered_at.timestamp() / 86_400)
        history.learn(evidence, {place[each.answerer_id]})
    history.take(len(helps))
    found = history.evidence(place[asker], (ask.channel_id,) if ask.channel_id else (), now.timestamp() / 86_400)
    elsewhere = history.elsewhere * found.at_large
    score = found.score(history.elsewhere)
    awake = await store.active_since(db, workspace_id, people, now - lately)
    best = [i for i in np.argsort(-score, kind="stable").tolist() if score[i] > 0 and people[i] in awake][:most]
    return [
        Answerer(
            people[i],
            float(score[i]),
            float(found.in_topic[i]),
            float(found.for_asker[i]),
            float(elsewhere[i]),
            [each.answer_id for each in reversed(helps) if each.answerer_id == people[i]][:_CITED],
        )
        for i in best
    ]
