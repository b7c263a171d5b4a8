"""Logistic regression with weights of zero or more, drawn towards earlier knowledge."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, logit

from kith.domain.strength.contact import Reals


@dataclass(frozen=True, slots=True)
class Fit:
    """An intercept and one weight per column; ``seen`` marks columns that vary, the others keep the prior's weight."""

    intercept: float
    weights: Reals
    seen: NDArray[np.bool_]


def fit(
    values: Reals,
    truth: NDArray[np.bool_],
    worth: Reals | None = None,
    prior: Reals | None = None,
    pull: float = 30.0,
    lowest: float | None = 0.0,
) -> Fit:
    """Return the most likely weights, none below ``lowest``.

    ``worth`` says how much each row counts (all 1 by default). ``prior`` holds the weights to be drawn to (zeros by
    default). ``pull`` is how hard: a weight that is one unit off, per standard deviation of its column, costs
    ``pull / 2`` in log-likelihood, whatever the number of rows, so that much evidence outweighs it and little does not.

    Raises:
        ValueError: the truth is all the same, from which nothing can be learnt.
    """
    if truth.all() or not truth.any():
        raise ValueError("nothing can be learnt where every outcome is the same")
    share = np.ones(len(truth)) if worth is None else worth
    mass = float(share.sum())
    center = share @ values / mass
    spread = np.sqrt(share @ (values - center) ** 2 / mass)
    seen = spread > 1e-9
    start = np.zeros(values.shape[1]) if prior is None else prior
    scale = np.where(seen, spread, 1.0)
    design = (values - center) / scale
    towards = start * scale
    signs = np.where(truth, 1.0, 0.0)

    def cost(point: Reals) -> tuple[float, Reals]:
        log_odds = design @ point[1:] + point[0]
        off = np.where(seen, point[1:] - towards, 0.0)
        wrong = share * (expit(log_odds) - signs)
        loss = float(share @ (np.logaddexp(0.0, log_odds) - signs * log_odds) + pull / 2 * off @ off)
        return loss / mass, np.concatenate([[wrong.sum()], design.T @ wrong + pull * off]) / mass

    bounds = [(None, None)] + [(lowest, None) if is_seen else (0.0, 0.0) for is_seen in seen]
    first = np.concatenate([[logit(share @ signs / mass)], np.where(seen, towards, 0.0)])
    point = minimize(cost, first, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 500, "ftol": 1e-11}).x
    weights = np.where(seen, point[1:] / scale, start)
    return Fit(float(point[0] - weights @ center), weights, seen)
