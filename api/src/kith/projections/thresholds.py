"""How sure resolution has to be: the model's own thresholds, or those that the workspace wishes."""

from datetime import datetime
from math import inf, log
from uuid import UUID

import msgspec

from kith.domain import matching
from kith.domain.matching import Model, probability
from kith.store import resolution
from kith.store.db import Db


class Thresholds(msgspec.Struct, frozen=True):
    """Probabilities. revision: 0 where the workspace has never wished anything and the model decides."""

    join_above: float
    suggest_above: float
    model: str
    precision: float
    revision: int = 0
    updated_at: datetime | None = None


async def get_thresholds(db: Db, workspace_id: UUID, *, lock: bool = False) -> Thresholds:
    model, wish = matching.shipped(), await resolution.get_wish(db, workspace_id, lock=lock)
    if wish is None:
        return Thresholds(probability(model.join), probability(model.suggest), model.version, model.precision)
    return Thresholds(
        wish.join_above, wish.suggest_above, model.version, model.precision, wish.revision, wish.updated_at
    )


async def get_model(db: Db, workspace_id: UUID) -> Model:
    """Return the shipped model with the thresholds of the workspace."""
    model, wish = matching.shipped(), await resolution.get_wish(db, workspace_id)
    if wish is None:
        return model
    return msgspec.structs.replace(model, join=_log_odds(wish.join_above), suggest=_log_odds(wish.suggest_above))


def _log_odds(share: float) -> float:
    return -inf if share <= 0 else inf if share >= 1 else log(share / (1 - share))
