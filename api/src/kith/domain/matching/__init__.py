"""Identity resolution: which accounts are one person, how sure, and why."""

from kith.domain.matching.decisions import Decision, persons
from kith.domain.matching.features import FEATURES, Population
from kith.domain.matching.model import Contribution, Model, probability, shipped
from kith.domain.matching.profiles import Profile, blocking_keys
from kith.domain.matching.records import Behavior, Identity, Link
from kith.domain.matching.resolve import Join, Neighborhood, Resolution, Resolver, Suggestion

__all__ = [
    "FEATURES",
    "Behavior",
    "Contribution",
    "Decision",
    "Identity",
    "Join",
    "Link",
    "Model",
    "Neighborhood",
    "Population",
    "Profile",
    "Resolution",
    "Resolver",
    "Suggestion",
    "blocking_keys",
    "persons",
    "probability",
    "shipped",
]
