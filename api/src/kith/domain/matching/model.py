"""The additive model: weights of named features, and what they add up to."""

import math
from importlib.resources import files
from typing import NamedTuple

import msgspec
from msgspec import Struct

from kith.domain.matching.features import FEATURES, MOST_DOUBLINGS, Values


class Contribution(NamedTuple):
    """What one feature adds to the log-odds, in nats."""

    feature: str
    value: float
    log_odds: float


class Model(Struct, frozen=True, forbid_unknown_fields=True):
    """Log-odds that two identities are one person: `intercept` plus the sum of weight times value.

    Pairs from `join` upwards are joined without a human, those from `suggest` upwards are suggested; both in log-odds.
    `precision` is the pairwise precision measured at `join` on the training sets.
    """

    version: str
    intercept: float
    weights: dict[str, float]
    join: float
    suggest: float
    precision: float
    trained_on: list[str] = []

    def __post_init__(self) -> None:
        if set(self.weights) != {feature.name for feature in FEATURES}:
            raise ValueError("a model needs exactly one weight for each feature")
        for feature in FEATURES:
            if self.weights[feature.name] * feature.sign < 0:
                raise ValueError(f"the weight of {feature.name} has the wrong sign")

    def score(self, values: Values) -> float:
        """Return the log-odds of feature values."""
        weights, total = self.weights, self.intercept
        for name, value in values.items():
            total += weights[name] * value
        return total

    @property
    def lift(self) -> float:
        """The most that behavior may add to log-odds."""
        return MOST_DOUBLINGS * (self.weights["signed_for"] + self.weights["took_turns"])

    def explain(self, values: Values) -> list[Contribution]:
        """Return the contributions, the intercept first; summed in order they are the log-odds exactly."""
        parts = [Contribution("intercept", 1.0, self.intercept)]
        parts.extend(Contribution(name, value, self.weights[name] * value) for name, value in values.items() if value)
        return parts


def probability(log_odds: float) -> float:
    return 1.0 / (1.0 + math.exp(-log_odds)) if log_odds > -700 else 0.0


def shipped() -> Model:
    """Return the model that ships with kith."""
    return msgspec.json.decode(files(__package__).joinpath("model.json").read_bytes(), type=Model)
