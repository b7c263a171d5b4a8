"""Dialogue from the facts: who converses and who broadcasts, whom they answer, who answers them, who begins."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from kith.domain.asks.waiting import Usual, Waited, usual
from kith.domain.dialogue.shares import Counted, Interval, each, interval
from kith.store import dialogue as store
from kith.store.db import Db
from kith.store.dialogue import Tally, Window

EXCHANGE_DAYS = 14
ANSWER_DAYS = 7


class Dialogue(msgspec.Struct, frozen=True):
    """How far one subject converses. Shares are None below the floor; their counts are in ``tally``."""

    tally: Tally
    directed: Interval | None
    exchanged: Interval | None
    answered: Interval | None
    heard: Interval | None
    initiated: Interval | None
    wait: Usual | None


async def dialogues(db: Db, workspace_id: UUID, subjects: Sequence[Sequence[UUID]], window: Window) -> list[Dialogue]:
    """Return the dialogue of each subject, given by its identities, in their order."""
    told = await store.tallies(db, workspace_id, subjects, window, EXCHANGE_DAYS, ANSWER_DAYS)
    found = {tally.subject: tally for tally in told}
    return [_dialogue(found.get(number) or _nothing(number)) for number in range(len(subjects))]


def _dialogue(tally: Tally) -> Dialogue:
    return Dialogue(
        tally,
        interval(Counted(*tally.directed)),
        interval(Counted(*tally.exchanged)),
        interval(each(tally.reached, tally.answered)),
        interval(each(tally.asked, tally.heard)),
        interval(Counted(*tally.initiated)),
        usual([Waited(*each) for each in zip(tally.waits, tally.waited, strict=True)]),
    )


def _nothing(subject: int) -> Tally:
    none = (0,) * len(Counted._fields)
    return Tally(subject, 0, 0, none, none, none, 0, 0, 0, 0, (), ())
