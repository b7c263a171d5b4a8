"""Who may well meet next: people two steps apart, ranked by their common acquaintances and by how active they are."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import log1p

from kith.domain.strength.circles import acquainted
from kith.domain.strength.contact import Integers, Reals
from kith.domain.strength.tally import People, Tally

NAMES = (
    "common", "adamic_adar", "adamic_adar_90", "resources",
    "quieter_idle", "busier_idle", "quieter_active_90", "busier_active_90", "quieter_acquainted", "busier_acquainted",
)  # fmt: skip


PULL = 10.0
"""How hard the weights are drawn to zero, see ``fit``."""
_SPREAD = 2654435761  # Knuth's multiplier: numbers in a row land far apart


@dataclass(frozen=True, slots=True)
class Network:
    """Who knows whom, how many each knows, and ``ties``: the root of each tie's contact, halved every 90 days."""

    linked: sparse.csr_array
    ties: sparse.csr_array
    acquainted: Integers
    people: People


@dataclass(frozen=True, slots=True)
class Candidates:
    """Pairs without contact who share an acquaintance; ``values`` in the order of ``NAMES``."""

    a: Integers
    b: Integers
    values: Reals


def network(pairs: Tally, people: People) -> Network:
    """Prepare the network of all pairs with contact."""
    known = acquainted(pairs.a, pairs.b)
    ends = (np.concatenate([pairs.a, pairs.b]), np.concatenate([pairs.b, pairs.a]))
    shape = (len(known), len(known))
    tie = np.sqrt(pairs.contact_90)
    return Network(
        linked=sparse.csr_array((np.ones(len(ends[0])), ends), shape=shape),
        ties=sparse.csr_array((np.concatenate([tie, tie]), ends), shape=shape),
        acquainted=known,
        people=people,
    )


def candidates(known: Network, of: Integers) -> Candidates:
    """Return every pair two steps apart of which at least one is among ``of`` (sorted), each pair once."""
    rare = 1.0 / np.log(np.maximum(known.acquainted, 2))
    few = 1.0 / np.maximum(known.acquainted, 1)
    steps, ties = known.linked[of], known.ties[of]
    common = _paths(steps, np.ones(len(rare)), known.linked)
    a, b = np.repeat(of, np.diff(common.indptr)), common.indices.astype(np.int64)
    fresh = ((a < b) | ((a > b) & ~np.isin(b, of))) & ~_among(a, b, of, steps)
    a, b = a[fresh], b[fresh]
    # All four have the same pattern of entries, since nothing in them is zero.
    sums = [
        common,
        _paths(steps, rare, known.linked),
        _paths(ties, rare, known.ties),
        _paths(steps, few, known.linked),
    ]
    idle, active, acquainted_with = known.people.idle, known.people.days_90, known.acquainted
    values = [
        *(log1p(paths.data[fresh]) for paths in sums),
        -log1p(1.0 * np.maximum(idle[a], idle[b])),
        -log1p(1.0 * np.minimum(idle[a], idle[b])),
        log1p(np.minimum(active[a], active[b])),
        log1p(np.maximum(active[a], active[b])),
        log1p(1.0 * np.minimum(acquainted_with[a], acquainted_with[b])),
        log1p(1.0 * np.maximum(acquainted_with[a], acquainted_with[b])),
    ]
    return Candidates(np.minimum(a, b), np.maximum(a, b), np.array(values, dtype=np.float64).T)


def sample(known: Network, paths: float) -> Integers:
    """Choose people, always the same, from whom about so many ``paths`` of two steps begin."""
    reach = known.linked @ known.acquainted
    order = np.argsort(np.arange(len(reach)) * _SPREAD % 2**32, kind="stable")
    return np.sort(order[: int(np.searchsorted(np.cumsum(reach[order]), paths)) + 1])


def _paths(first: sparse.csr_array, weight: Reals, second: sparse.csr_array) -> sparse.csr_array:
    """Add up over each third person: first step times weight times second step."""
    found = (first.multiply(weight[None, :]).tocsr() @ second).tocsr()
    found.sort_indices()
    return found


def _among(a: Integers, b: Integers, of: Integers, steps: sparse.csr_array) -> NDArray[np.bool_]:
    """Whether each pair, sorted, is among the direct ``steps`` of the people ``of``."""
    people = steps.shape[1]
    return np.isin(a * people + b, np.repeat(of, np.diff(steps.indptr)) * people + steps.indices)
