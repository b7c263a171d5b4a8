"""Whom to ask about a topic, from the help given in it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec
import numpy as np

from kith.domain.roles.acts import acts
from kith.domain.roles.experts import expertise

SHOWN = 5
_SECONDS = 86_400

Help = tuple[UUID, UUID, datetime, UUID]
"""Who helped whom, when, and the interaction."""


class Known(msgspec.Struct, frozen=True):
    """Someone to ask, and what speaks for it."""

    person_id: UUID
    score: float
    helps: int
    people_helped: int
    last_at: datetime
    interaction_ids: list[UUID]


def find_experts(helps: Sequence[Help], asker: UUID | None, now: datetime, most: int) -> list[Known]:
    """Return the best to ask first. helps: all in one topic, the oldest first."""
    people = sorted({id_ for help_ in helps for id_ in help_[:2]})
    place = {id_: number for number, id_ in enumerate(people)}
    history = acts(
        people,
        [help_[2].timestamp() / _SECONDS for help_ in helps],
        [place[help_[0]] for help_ in helps],
        [place[help_[1]] for help_ in helps],
        ["help"] * len(helps),
        ["here"] * len(helps),
    )
    score = expertise(history, 0, place.get(asker) if asker else None, now.timestamp() / _SECONDS)
    best = [i for i in np.argsort(-score, kind="stable").tolist() if score[i] > 0][:most]
    return [_known(people[i], float(score[i]), helps) for i in best]


def _known(person_id: UUID, score: float, helps: Sequence[Help]) -> Known:
    mine = [help_ for help_ in helps if help_[0] == person_id]
    latest = list(dict.fromkeys(help_[3] for help_ in reversed(mine)))[:SHOWN]
    return Known(person_id, score, len(mine), len({help_[1] for help_ in mine}), mine[-1][2], latest)
