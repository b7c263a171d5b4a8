"""Who is one person: from identities, evidence and decisions to persons, joins and suggestions."""

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import combinations
from math import inf
from typing import Literal, NamedTuple

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from kith.domain.matching.candidates import CAP, MOST_ADDRESSES, Blocks, cap
from kith.domain.matching.decisions import Decision, Forest, forest, verdicts
from kith.domain.matching.features import (
    Context,
    Population,
    Values,
    by_name_alone,
    compare,
    count_population,
    have_two_employers,
    pair,
)
from kith.domain.matching.model import Contribution, Model
from kith.domain.matching.names import name_difference
from kith.domain.matching.profiles import Profile, blocking_keys
from kith.domain.matching.records import Behavior, Identity, Link

# No human has more accounts on one network that nobody vouches for.
MOST_ACCOUNTS = 3
# A rejected pair is proposed again only when its odds have risen e^3, twenty times.
STRONG_NEW_EVIDENCE = 3.0
# So far below what is joined are two of one name who work for two organizations at one time.
TWO_EMPLOYERS = 1.0

Account = tuple[str, str]  # network, immutable id or @handle
Veto = Literal["kept_apart", "no_human", "two_verified_accounts", "too_many_addresses", "too_many_accounts"]


class Join(NamedTuple):
    """A pair that made one person of two."""

    first: str
    second: str
    log_odds: float


class Suggestion(Struct, frozen=True):
    """A pair for a human to judge. The contributions, in order, add up to `log_odds` exactly."""

    first: str
    second: str
    log_odds: float
    contributions: list[Contribution]


class Resolution(Struct, frozen=True):
    """`persons`: the ids of each person, sorted, those with one identity too. `candidates`: pairs compared."""

    persons: list[list[str]]
    joins: list[Join]
    suggestions: list[Suggestion]
    candidates: int


class _Person:
    """What the cohesion check and the vetoes ask of a set of identities."""

    __slots__ = ("accounts", "addresses", "human", "ids", "names", "several", "verified")

    def __init__(self, profile: Profile) -> None:
        accounts = frozenset(profile.accounts)
        self.names = frozenset([profile.full] if profile.full else [])
        self.addresses = frozenset([profile.address] if profile.address else [])
        self.accounts = accounts
        self.verified = accounts if profile.verified else accounts - accounts
        self.ids = _ids(accounts)
        self.human = profile.human
        self.several = False

    def absorb(self, other: "_Person") -> None:
        self.several = True
        self.names |= other.names
        self.addresses |= other.addresses
        self.accounts |= other.accounts
        self.verified |= other.verified
        self.ids |= other.ids


def _ids(accounts: frozenset[Account]) -> frozenset[Account]:
    """Those that are known by an immutable id."""
    return frozenset([found for found in accounts if not found[1].startswith("@")]) if accounts else accounts


def veto(first: _Person, second: _Person) -> Veto | None:
    """Return why no rule may join the two, whatever the evidence; None when one may."""
    if not (first.human and second.human):
        return "no_human"
    if _two_accounts(first.verified, second.verified):
        return "two_verified_accounts"
    if (
        len(first.addresses) + len(second.addresses) > MOST_ADDRESSES
        and len(first.addresses | second.addresses) > MOST_ADDRESSES
    ):
        return "too_many_addresses"
    if len(first.accounts) + len(second.accounts) <= MOST_ACCOUNTS:
        return None
    handles = Counter(network for network, account in first.accounts | second.accounts if account.startswith("@"))
    return "too_many_accounts" if max(handles.values(), default=0) > MOST_ACCOUNTS else None


def _two_accounts(first: frozenset[Account], second: frozenset[Account]) -> bool:
    """Whether, on some network, both have accounts and none in common."""
    return bool(first and second) and bool(
        {network for network, _ in first}
        & {network for network, _ in second} - {network for network, _ in first & second}
    )


class Resolver:
    """Compares the candidates among `identities` once; `resolve` then makes persons of them.

    `population` is a snapshot (by default counted here); a workspace keeps one, so that a score depends on its own
    evidence and not on who else has arrived since.
    """

    def __init__(
        self,
        identities: Iterable[Identity | Profile],
        model: Model,
        *,
        population: Population | None = None,
        links: Iterable[Link] = (),
        decisions: Iterable[Decision] = (),
    ) -> None:
        self.model = model
        self.profiles = [found if isinstance(found, Profile) else Profile(found) for found in identities]
        self._position = {profile.id: position for position, profile in enumerate(self.profiles)}
        self._decisions = [
            decision for decision in decisions if decision.author != "rule" or decision.kind == "retract"
        ]
        stated = {pair(link.first, link.second) for link in links}
        blocks = Blocks(self.profiles)
        self.context = Context(population or count_population(self.profiles), blocks.crowd, stated)
        self.pairs = self._with_stated(blocks.pairs())
        self.log_odds = self._compare(self.pairs)
        self._add_indirect()
        self._apart: set[tuple[str, str]] = set()

    def _with_stated(self, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
        linked = [
            sorted((self._position[a], self._position[b]))
            for a, b in self.context.stated
            if a in self._position and b in self._position
        ]
        return np.unique(np.concatenate((pairs, np.array(linked, np.int64))), axis=0) if linked else pairs

    def _compare(self, pairs: NDArray[np.int64]) -> NDArray[np.float64]:
        profiles, context, score = self.profiles, self.context, self.model.score
        return np.fromiter(
            (score(compare(profiles[a], profiles[b], context)) for a, b in pairs.tolist()), np.float64, len(pairs)
        )

    def _add_indirect(self) -> None:
        """Compare those too who share nothing themselves, but are both rather likely one person with others.

        Rather: half of the way from what is suggested to even odds, whatever the threshold for joins.
        """
        likely = self.pairs[self.log_odds >= self.model.suggest / 2]
        size = len(self.profiles)
        links = coo_array((np.ones(len(likely), np.bool_), likely.T), shape=(size, size))
        group = connected_components(links, directed=False)[1]
        order = np.argsort(group, kind="stable")
        sizes = np.bincount(group)
        starts = np.cumsum(sizes) - sizes
        near = [
            pair
            for start, many in zip(starts.tolist(), sizes.tolist(), strict=True)
            if 2 < many <= CAP
            for pair in combinations(sorted(order[start : start + many].tolist()), 2)
        ]
        if not near:
            return
        packed = self.pairs[:, 0] << 32 | self.pairs[:, 1]
        more = np.setdiff1d(np.array([a << 32 | b for a, b in near], np.int64), packed)
        added = np.stack((more >> 32, more & 0xFFFFFFFF), axis=1)
        at = np.searchsorted(packed, more)
        self.pairs = np.insert(self.pairs, at, added, axis=0)
        self.log_odds = np.insert(self.log_odds, at, self._compare(added))

    @property
    def doubtful(self) -> list[tuple[str, str]]:
        """Pairs of ids, in order, of which behavior may tell: all that is not too unlikely by anything else."""
        likely = self.pairs[self.log_odds >= min(self.model.join, self.model.suggest)].tolist()
        return [pair(self.profiles[a].id, self.profiles[b].id) for a, b in likely]

    def consider(self, behaviors: Mapping[tuple[str, str], Behavior]) -> None:
        """Let what pairs of `doubtful` did count too."""
        self.context = self.context._replace(behaviors=behaviors)
        at = [sorted((self._position[a], self._position[b])) for a, b in behaviors]
        packed = self.pairs[:, 0] << 32 | self.pairs[:, 1]
        for (a, b), row in zip(at, np.searchsorted(packed, [a << 32 | b for a, b in at]).tolist(), strict=True):
            self.log_odds[row] = self.model.score(compare(self.profiles[a], self.profiles[b], self.context))
        self._apart = {
            pair(self.profiles[a].id, self.profiles[b].id)
            for a, b in at
            if have_two_employers(self.profiles[a], self.profiles[b], self.context)
        }

    def values(self, first: str, second: str) -> Values:
        """Return the feature values of a pair of ids."""
        return compare(self.profiles[self._position[first]], self.profiles[self._position[second]], self.context)

    def explain(self, first: str, second: str) -> list[Contribution]:
        """Return what makes the log-odds of a pair of ids; the contributions add up exactly."""
        return self.model.explain(self.values(first, second))

    def resolve(self, join: float | None = None) -> Resolution:
        """Make persons; `join` previews another threshold than the model's, in log-odds."""
        threshold = self.model.join if join is None else join
        found = forest(self._decisions)
        people: dict[str, _Person] = {}
        joins: list[Join] = []
        open_pairs: list[tuple[Profile, Profile, float, list[Contribution]]] = []
        for a, b, log_odds in self._strongest_first(min(threshold, self.model.suggest)):
            first, second = found.root(a.id), found.root(b.id)
            if first == second:
                continue
            one, other = self._person(found, first, people), self._person(found, second, people)
            if veto(one, other):
                continue
            charges = self._charges(a, b, one, other)
            whole = _total(log_odds, charges)
            if whole >= threshold and self._works_elsewhere(a, b, found.members(first), found.members(second)):
                less = threshold - TWO_EMPLOYERS - whole
                charges.append(Contribution("two_employers", 1.0, less))
                whole += less
            if whole < threshold or found.kept_apart(first, second):
                open_pairs.append((a, b, log_odds, charges))
                continue
            found.join(first, second)
            one.absorb(other)
            people[found.root(first)] = one
            joins.append(Join(min(a.id, b.id), max(a.id, b.id), log_odds))
        return Resolution(self._persons(found), joins, self._suggestions(found, open_pairs), len(self.pairs))

    def _strongest_first(self, least: float) -> Iterable[tuple[Profile, Profile, float]]:
        """Pairs from `least` upwards; ties are broken by content, so that the order of arrival plays no part."""
        kept = np.flatnonzero(self.log_odds >= least)
        log_odds = self.log_odds[kept]
        positions, within = np.unique(self.pairs[kept], return_inverse=True)
        profiles = sorted((self.profiles[position] for position in positions.tolist()), key=lambda p: p.order)
        rank = np.empty(len(profiles), np.int64)
        rank[np.searchsorted(positions, [self._position[p.id] for p in profiles])] = np.arange(len(profiles))
        ranks = np.sort(rank[within.reshape(-1, 2)], axis=1)
        best_first = np.lexsort((ranks[:, 1], ranks[:, 0], -log_odds))
        for (a, b), odds in zip(ranks[best_first].tolist(), log_odds[best_first].tolist(), strict=True):
            yield profiles[a], profiles[b], odds

    def _person(self, found: Forest, root: str, people: dict[str, _Person]) -> _Person:
        """The person of a root, made of its identities when first asked for."""
        if root not in people:
            known = (self._position[member] for member in found.members(root) if member in self._position)
            first, *others = [_Person(self.profiles[position]) for position in known]
            for other in others:
                first.absorb(other)
            people[root] = first
        return people[root]

    def _works_elsewhere(self, a: Profile, b: Profile, one: Iterable[str], other: Iterable[str]) -> bool:
        """Whether the two persons work for two organizations at one time, and only names speak for joining them."""
        if not self._apart:
            return False
        others = list(other)
        apart = any(pair(mine, theirs) in self._apart for mine in one for theirs in others)
        return apart and by_name_alone(compare(a, b, self.context))

    def _charges(self, a: Profile, b: Profile, one: _Person, other: _Person) -> list[Contribution]:
        """What names and accounts of two whole persons say against joining them, beyond what the bridging pair says."""
        charge = 0.0
        if not (one.several or other.several):
            return []
        if whole := name_difference(one.names, other.names):
            bridge = name_difference([a.full] if a.full else [], [b.full] if b.full else [])
            charge = self.model.weights["different_name"] * max(0.0, whole - bridge)
        if _two_accounts(one.ids, other.ids) and not _two_accounts(
            _ids(frozenset(a.accounts)), _ids(frozenset(b.accounts))
        ):
            charge += self.model.weights["other_account"]
        return [Contribution("cohesion", charge / self.model.weights["different_name"], charge)] if charge else []

    def _persons(self, found: Forest) -> list[list[str]]:
        joined = [[member for member in members if member in self._position] for members in found.sets()]
        grouped = {member for members in joined for member in members}
        return sorted([*filter(None, joined), *([p.id] for p in self.profiles if p.id not in grouped)])

    def _suggestions(
        self, found: Forest, open_pairs: list[tuple[Profile, Profile, float, list[Contribution]]]
    ) -> list[Suggestion]:
        """The best open pair of each two persons, the strongest first; a rejected one only with strong new evidence."""
        rejected = self._rejected(found)
        best: dict[tuple[str, str], Suggestion] = {}
        for a, b, log_odds, charges in open_pairs:
            first, second = sorted((found.root(a.id), found.root(b.id)))
            least = max(self.model.suggest, rejected.get((first, second), -inf) + STRONG_NEW_EVIDENCE)
            whole = _total(log_odds, charges)
            if first == second or whole < least:
                continue
            rival = best.get((first, second))
            if rival is None or rival.log_odds < whole:
                parts = self.model.explain(compare(a, b, self.context)) + charges
                best[first, second] = Suggestion(min(a.id, b.id), max(a.id, b.id), whole, parts)
        return sorted(best.values(), key=lambda suggestion: (-suggestion.log_odds, suggestion.first, suggestion.second))

    def _rejected(self, found: Forest) -> dict[tuple[str, str], float]:
        """The log-odds at which two persons, by their roots, were rejected; infinite where a human knew for certain."""
        rejected: dict[tuple[str, str], float] = {}
        for decision in verdicts(self._decisions):
            if decision.kind == "different":
                first, second = sorted(map(found.root, decision.pair))
                at = inf if decision.log_odds is None else decision.log_odds
                rejected[first, second] = max(at, rejected.get((first, second), -inf))
        return rejected


def _total(log_odds: float, charges: Iterable[Contribution]) -> float:
    for charge in charges:
        log_odds += charge.log_odds
    return log_odds


class Neighborhood:
    """What must be read, and no more, to resolve identities that have just arrived; it reads nothing itself.

    While `wanted` names keys, look up the identities that share them (`limit` of each key are enough) and `add` them.
    `resolver` then gives, for the ids in `affected`, the same persons as a resolver over the whole workspace.
    """

    def __init__(
        self,
        arrived: Iterable[Identity],
        model: Model,
        population: Population,
        *,
        links: Iterable[Link] = (),
        decisions: Iterable[Decision] = (),
    ) -> None:
        self._model, self._population = model, population
        self._links, self._decisions = list(links), list(decisions)
        self._profiles: dict[str, Profile] = {}
        self._bearers: dict[str, set[str]] = {}
        self._read: set[str] = set()
        self._sought: set[str] = set()
        self.affected: set[str] = set()
        for identity in arrived:
            self._remember(identity)
            self.affected.add(identity.id)
        self._arrived = frozenset(self.affected)
        self.limit = CAP + len(self.affected) + 1

    @property
    def wanted(self) -> set[str]:
        """Keys whose bearers are not yet known."""
        return {key for member in self.affected for key in blocking_keys(self._profiles[member])} - self._read

    @property
    def wanted_ids(self) -> set[str]:
        """Identities named together with an affected one, by a link or a decision, that are not yet known."""
        pairs = [(link.first, link.second) for link in self._links]
        pairs += [decision.pair for decision in self._decisions if decision.kind == "same"]
        named = {member for both in pairs if self.affected & set(both) for member in both}
        return named - self._profiles.keys() - self._sought

    def add(
        self,
        keys: Iterable[str],
        bearers: Iterable[Identity],
        links: Iterable[Link] = (),
        decisions: Iterable[Decision] = (),
    ) -> None:
        """Take in the bearers of `keys`, who there is of `wanted_ids`, and all links and decisions that name them."""
        self._read.update(keys)
        self._sought |= self.wanted_ids
        self._links.extend(links)
        self._decisions.extend(decisions)
        for identity in bearers:
            self._remember(identity)
        self._spread()

    def resolver(self) -> Resolver:
        """Return a resolver over all that was read; only what it says of `affected` is complete."""
        return Resolver(
            self._profiles.values(),
            self._model,
            population=self._population,
            links=set(self._links),
            decisions={decision.id: decision for decision in self._decisions}.values(),
        )

    def _remember(self, identity: Identity) -> None:
        if identity.id not in self._profiles:
            profile = Profile(identity)
            self._profiles[identity.id] = profile
            for key in blocking_keys(profile):
                self._bearers.setdefault(key, set()).add(identity.id)

    def _spread(self) -> None:
        """Take in whoever could be joined to an affected identity, or whose pairs an arrival has changed."""
        context = Context(self._population, stated={pair(link.first, link.second) for link in self._links})
        score = self._model.score

        def joinable(first: str, second: str) -> bool:
            return score(compare(self._profiles[first], self._profiles[second], context)) >= self._model.join

        for key in self._changed_keys():
            for first, second in combinations(sorted(self._bearers[key]), 2):
                if not {first, second} <= self.affected and joinable(first, second):
                    self.affected.update((first, second))
        waiting = list(self.affected)
        while waiting:
            member = waiting.pop()
            named = {other for both in context.stated if member in both for other in both}
            decided = {other for d in self._decisions if d.kind == "same" and member in d.pair for other in d.pair}
            near = {other for key in self._usable(member) for other in self._bearers[key]}
            for other in sorted((near | named | decided) & self._profiles.keys() - self.affected):
                if other in decided or joinable(member, other):
                    self.affected.add(other)
                    waiting.append(other)

    def _usable(self, member: str) -> list[str]:
        keys = blocking_keys(self._profiles[member])
        return [key for key in keys if len(self._bearers[key]) <= cap(key) + len(self._arrived)]

    def _changed_keys(self) -> list[str]:
        """Keys of the arrived on which the pairs of others depend: crowds, and blocks that have just passed the cap."""
        keys = {key for member in self._arrived for key in self._usable(member)}
        return sorted(
            key
            for key in keys
            if key.startswith(("address:", "handle:", "name:", "word:")) or len(self._bearers[key]) > cap(key)
        )
