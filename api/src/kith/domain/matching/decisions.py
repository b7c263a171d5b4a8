"""Persons as a pure function of the ledger of decisions: free of order, and a retraction leaves no trace."""

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

Author = Literal["human", "import", "rule"]
_RANK: dict[Author, int] = {"human": 2, "import": 1, "rule": 0}


class Decision(Struct, frozen=True, gc=False):
    """One append-only statement. `same` and `different` name two identities; `retract` names an earlier decision.

    `at`: seconds since the epoch. `confidence`: 0 to 1. `log_odds`: of the pair when a suggestion was decided.
    """

    id: str
    kind: Literal["same", "different", "retract"]
    author: Author
    at: float
    first: str = ""
    second: str = ""
    retracts: str = ""
    confidence: float = 1.0
    log_odds: float | None = None

    @property
    def pair(self) -> tuple[str, str]:
        return (self.first, self.second) if self.first < self.second else (self.second, self.first)


class Forest:
    """Sets of ids that may be joined, unless two of their members are kept apart."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}
        self._members: dict[str, list[str]] = {}
        self._apart: dict[str, set[str]] = {}  # id: the ids it is kept apart from

    def root(self, member: str) -> str:
        parent = self._parent.setdefault(member, member)
        while parent != member:
            grandparent = self._parent[parent]
            self._parent[member] = grandparent
            member, parent = parent, grandparent
        return member

    def members(self, member: str) -> list[str]:
        root = self.root(member)
        return self._members.get(root, [root])

    def keep_apart(self, first: str, second: str) -> None:
        self._apart.setdefault(first, set()).add(second)
        self._apart.setdefault(second, set()).add(first)

    def kept_apart(self, first: str, second: str) -> bool:
        """Whether any member of one set is kept apart from any of the other."""
        if not self._apart:
            return False
        small, large = sorted((self.members(first), self.members(second)), key=len)
        root = self.root(large[0])
        return any(self.root(other) == root for member in small for other in self._apart.get(member, ()))

    def join(self, first: str, second: str) -> None:
        small, large = sorted((self.root(first), self.root(second)), key=lambda root: (len(self.members(root)), root))
        if small != large:
            self._members.setdefault(large, [large]).extend(self._members.pop(small, [small]))
            self._parent[small] = large

    def sets(self) -> list[list[str]]:
        """Return the sets of two or more, each sorted, in order."""
        return sorted(sorted(members) for members in self._members.values())


def active(decisions: Iterable[Decision]) -> list[Decision]:
    """Return the decisions `same` and `different` that stand."""
    return [decision for decision in standing(decisions) if decision.kind != "retract"]


def standing(decisions: Iterable[Decision]) -> list[Decision]:
    """Return the decisions, retractions among them, that no other takes back.

    A retraction takes effect on an earlier decision of no higher rank (human over import over rule) than its own, and
    can itself be retracted.
    """
    by_id = {decision.id: decision for decision in decisions}
    retractions: dict[str, list[Decision]] = {}
    for decision in by_id.values():
        target = by_id.get(decision.retracts)
        if target and (target.at, target.id) < (decision.at, decision.id) and _rank(target) <= _rank(decision):
            retractions.setdefault(target.id, []).append(decision)
    retracted: set[str] = set()
    for decision in sorted(by_id.values(), key=lambda decision: (decision.at, decision.id), reverse=True):
        if any(retraction.id not in retracted for retraction in retractions.get(decision.id, ())):
            retracted.add(decision.id)
    return [decision for decision in by_id.values() if decision.id not in retracted]


def verdicts(decisions: Iterable[Decision]) -> list[Decision]:
    """Return for each pair the one decision that counts: of the highest rank, of these the latest, strongest first.

    Within a rank `different` comes before `same`, then the more confident and the earlier comes first.
    """
    best: dict[tuple[str, str], Decision] = {}
    for decision in active(decisions):
        rival = best.get(decision.pair)
        if rival is None or _precedence(decision) > _precedence(rival):
            best[decision.pair] = decision
    return sorted(best.values(), key=_strongest_first)


def forest(decisions: Iterable[Decision]) -> Forest:
    """Join what is `same`, strongest first, unless something at least as strong keeps the two sides apart."""
    found = Forest()
    for decision in verdicts(decisions):
        first, second = decision.pair
        if decision.kind == "different":
            if found.root(first) != found.root(second):
                found.keep_apart(first, second)
        elif not found.kept_apart(first, second):
            found.join(first, second)
    return found


def persons(decisions: Iterable[Decision]) -> list[list[str]]:
    """Return the identities of each person who has two or more; all others are a person of their own."""
    return forest(decisions).sets()


def _rank(decision: Decision) -> int:
    return _RANK[decision.author]


def _precedence(decision: Decision) -> tuple[int, float, bool, str]:
    return _rank(decision), decision.at, decision.kind == "different", decision.id


def _strongest_first(decision: Decision) -> tuple[int, bool, float, float, tuple[str, str]]:
    return -_rank(decision), decision.kind == "same", -decision.confidence, decision.at, decision.pair
