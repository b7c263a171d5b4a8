"""The versioned weights of strength, and what they make of the features."""

from collections.abc import Collection
from functools import cache
from importlib.resources import files

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from kith.domain.strength.contact import Reals
from kith.domain.strength.features import NAMES, measure
from kith.domain.strength.tally import Tally

HORIZON_DAYS = 90
FLOOR = 2
"""Interactions below which there is no number: one contact is a meeting, not yet a tie."""


class Network(msgspec.Struct, frozen=True):
    """What one network taught: its weights, ``None`` for a feature that never varied there."""

    name: str
    pairs: int
    met: float
    intercept: float
    weights: dict[str, float | None]


class Trained(msgspec.Struct, frozen=True):
    """The shipped file: weights per network, so that any of them can be left out."""

    version: str
    horizon_days: int
    networks: list[Network]

    def model(self, without: Collection[str] = ()) -> "Model":
        """Average the networks' log-odds, leaving out those named.

        Raises:
            ValueError: a name is unknown, or no network is left.
        """
        unknown = set(without) - {network.name for network in self.networks}
        if unknown:
            raise ValueError(f"not among the networks of {self.version}: {', '.join(sorted(unknown))}")
        kept = [network for network in self.networks if network.name not in without]
        if not kept:
            raise ValueError("no network is left to take weights from")
        weights = {}
        for name in NAMES:
            known = [weight for network in kept if (weight := network.weights[name]) is not None]
            weights[name] = sum(known) / len(known) if known else 0.0
        version = "-without-".join([self.version, *sorted(without)])
        return Model(version, self.horizon_days, sum(network.intercept for network in kept) / len(kept), weights)


class Model(msgspec.Struct, frozen=True):
    """Log-odds of contact within the horizon = intercept + the sum of weight times feature."""

    version: str
    horizon_days: int
    intercept: float
    weights: dict[str, float]

    def vector(self) -> Reals:
        """Return the weights in the order of the features."""
        return np.array([self.weights[name] for name in NAMES])

    def contributions(self, values: Reals) -> Reals:
        """Return what each feature adds to the log-odds; shape (pairs, features)."""
        return values * self.vector()

    def log_odds(self, values: Reals) -> Reals:
        """Add up intercept and contributions, in this order: one pair gets the same bits alone and among millions."""
        total = np.full(len(values), self.intercept)
        for part in self.contributions(values).T:
            total = total + part
        return total


@cache
def shipped() -> Trained:
    """Return the weights that come with this version of kith."""
    return parse(files(__package__).joinpath("model.json").read_bytes())


def parse(text: bytes) -> Trained:
    """Read the JSON of trained weights.

    Raises:
        ValueError: it is no such file, or was made for other features.
    """
    trained = msgspec.json.decode(text, type=Trained)
    for network in trained.networks:
        if set(network.weights) != set(NAMES):
            raise ValueError(f"the weights of {network.name} are not those of the features {', '.join(NAMES)}")
    return trained


def probability(model: Model, pairs: Tally) -> Reals:
    """Return the chance of each pair to be in touch within the horizon, whatever its evidence."""
    chance: Reals = expit(model.log_odds(measure(pairs)))
    return chance


def strength(model: Model, pairs: Tally) -> Reals:
    """Return the strength of each pair; nan below the floor of evidence."""
    return np.where(enough(pairs), probability(model, pairs), np.nan)


def enough(pairs: Tally) -> NDArray[np.bool_]:
    """Whether each pair has the evidence for a number: see ``FLOOR``."""
    return pairs.sent + pairs.received >= FLOOR
