"""How far chances can be believed: what was promised beside what happened."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kith.domain.metrics import auc, average_precision, brier, calibration_error
from kith.domain.strength.contact import Reals


@dataclass(frozen=True, slots=True)
class Quality:
    """How a model did on a window that it had not seen; ``ece`` over ten bins of equal width."""

    pairs: int
    met: float
    auc: float
    ap: float
    brier: float
    ece: float


def quality(met: NDArray[np.bool_], chance: Reals) -> Quality:
    """Compare what was promised with what happened; numbers that do not exist are nan."""
    if not len(met):
        return Quality(0, *[float("nan")] * 5)
    return Quality(
        pairs=len(met),
        met=float(met.mean()),
        auc=auc(met, chance),
        ap=average_precision(met, chance),
        brier=brier(met, chance),
        ece=calibration_error(met, chance),
    )
