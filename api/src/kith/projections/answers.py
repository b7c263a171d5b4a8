"""Whom an act answers and which conversation it belongs to, from natural keys: whichever record came first.

An act that answers a known one is towards its author, and in its conversation. One that answers an unknown one waits
for it, in the conversation that its network named; where that is named after a known act, in that act's conversation.
Nothing that was known is taken away: an act that is deleted leaves its answers as they are.
"""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from kith.store import answers
from kith.store.db import Db


class Settled(NamedTuple):
    """changed: how many acts. touched: ids of what has to be computed again, as in kith.store.projection.TOUCHED."""

    changed: int
    touched: Mapping[str, list[UUID]]


async def settle(db: Db, workspace_id: UUID, act_ids: answers.Ids, conversation_ids: answers.Ids) -> Settled:
    """Settle what these acts, and those that waited for them, answer. None: all there are.

    Only one transaction of a workspace may do so at a time.
    """
    answering = None if act_ids is None else await answers.find_answering(db, workspace_id, act_ids)
    await answers.wait(db, workspace_id, answering)
    arrived = await answers.take_arrived(db, workspace_id, act_ids)
    asked = None if answering is None else [*answering, *arrived]
    known = None if act_ids is None else [*act_ids, *arrived]
    apart = await answers.find_apart(db, workspace_id, asked, known, conversation_ids)
    moved = placed(await answers.load_acts(db, workspace_id, apart)) if apart else {}
    if moved:
        await answers.move(db, workspace_id, list(moved), list(moved.values()))
    wrong = await answers.find_wrong(db, workspace_id, asked)
    touched = await answers.address(db, workspace_id, wrong) if wrong else {}
    more = {"conversation_ids": apart, "act_ids": moved}
    return Settled(
        len(moved.keys() | wrong), {**touched, **{name: [*touched.get(name, ()), *ids] for name, ids in more.items()}}
    )


def placed(acts: Collection[Mapping[str, Any]]) -> dict[UUID, UUID]:
    """Return the acts whose conversation changes, with the new one: that of the act above, and so on upward."""
    known = {act["id"]: act for act in acts}
    found: dict[UUID, UUID] = {}
    for act in acts:
        way: dict[UUID, None] = {}
        here = act["id"]
        while here in known and here not in found and here not in way:
            way[here] = None
            here = known[here]["above_id"]
        if here in way:  # acts that answer each other in a circle
            circle = list(way)[list(way).index(here) :]
            conversation = min(known[id_]["conversation_id"] for id_ in circle)
        elif here in found:
            conversation = found[here]
        else:
            last = known[next(reversed(way))]
            conversation = last["above_conversation_id"] or last["named_id"]
        found |= dict.fromkeys(way, conversation)
    return {id_: found[id_] for id_, act in known.items() if found[id_] != act["conversation_id"]}
