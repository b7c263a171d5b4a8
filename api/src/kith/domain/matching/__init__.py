"""Identity resolution: which accounts are one person, how sure, and why."""

from kith.domain.matching.decisions import Decision, persons
from kith.domain.matching.features import FEATURES, Population
from kith.domain.matching.model import Contribution, Model, probability, shipped
from kith.domain.matching.profiles import Profile, blocking_keys
from kith.domain.matching.records import Behaviour, Identity, Link
from kith.domain.matching.resolve import Join, Neighbourhood, Resolution, Resolver, Suggestion

__all__ = [
    "FEATURES",
    "Behaviour",
    "Contribution",
    "Decision",
    "Identity",
    "Join",
    "Link",
    "Model",
    "Neighbourhood",
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
