"""How right a resolution is, against known persons."""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence

from msgspec import Struct


class Agreement(Struct, frozen=True):
    """Pairwise precision, recall and their harmonic mean, and the B-cubed F1 (Bagga and Baldwin 1998)."""

    precision: float
    recall: float
    f1: float
    b3_f1: float


def measure(found: Sequence[Hashable], true: Sequence[Hashable]) -> Agreement:
    """Compare two partitions, given as one label for each identity; with no pair at all a ratio counts as 1."""
    both = Counter(zip(found, true, strict=True))
    in_found, in_true = Counter(found), Counter(true)
    hits = _pairs(both)
    precision = hits / _pairs(in_found) if _pairs(in_found) else 1.0
    recall = hits / _pairs(in_true) if _pairs(in_true) else 1.0
    size = max(len(found), 1)
    b3_precision = sum(count * count / in_found[label] for (label, _), count in both.items()) / size
    b3_recall = sum(count * count / in_true[label] for (_, label), count in both.items()) / size
    return Agreement(precision, recall, _f1(precision, recall), _f1(b3_precision, b3_recall))


def largest_wrong(found: Sequence[Hashable], true: Sequence[Hashable | None]) -> int:
    """Size of the largest found person that holds two true ones; where the truth is None the identity is unjudged."""
    persons: dict[Hashable, set[Hashable]] = {}
    for label, person in zip(found, true, strict=True):
        if person is not None:
            persons.setdefault(label, set()).add(person)
    sizes = Counter(found)
    return max((sizes[label] for label, members in persons.items() if len(members) > 1), default=0)


def count_pairs(labels: Iterable[Hashable]) -> int:
    """Count the pairs of equal labels."""
    return _pairs(Counter(labels))


def _pairs(counts: Counter[Hashable] | Counter[tuple[Hashable, Hashable]]) -> int:
    return sum(count * (count - 1) // 2 for count in counts.values())


def _f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0
