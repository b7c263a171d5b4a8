"""Resolution: who stands behind identities that arrived, that changed, or on which a human decided.

What it finds becomes decisions, and persons follow from decisions alone. The result is a function of the facts, of the
model with the workspace's thresholds, and of the snapshot of how common names are: the order of arrival plays no part.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from math import inf
from typing import NamedTuple
from uuid import UUID

import msgspec

from kith.domain import matching
from kith.domain.matching import Identity, Model, Neighborhood, Resolution, Resolver
from kith.domain.matching.candidates import CAP
from kith.domain.matching.decisions import forest
from kith.projections import behaviors, ledger, profiles, thresholds
from kith.projections.ledger import regroup
from kith.store import decisions, events, jobs, suggestions
from kith.store import profiles as stored_profiles
from kith.store.db import Db
from kith.store.decisions import Decision, New
from kith.store.persons import Move
from kith.store.suggestions import Closed, Contribution, Found, Stored

# Identities resolved together around what is near them; more would make the neighborhoods of mass-used keys large.
TOGETHER = 100
# With so large a share of arrivals it is quicker to compare all candidates of the workspace once: that takes 0.2 ms for
# each identity there is, and 5 ms for each that arrives otherwise.
SHARE = 0.04
FEW = 200
# Identities, beside the arrived, that may be drawn in through pairs that are only suggested.
FAR = 100
# Identities that are resolved again at once, in a transaction of about a minute; more are resolved in steps.
WHOLE = 300_000
STEP = 1000


class Outcome(NamedTuple):
    """What a resolver says, and the identities of which it says everything."""

    resolver: Resolver
    resolution: Resolution
    affected: Collection[str]
    evidence: Sequence[matching.Decision]  # what humans and imports decided
    rules: Sequence[Decision]  # what rules decided before on the affected, and stands


class Step(NamedTuple):
    """A part of resolving everybody again. left: whether there is more to do."""

    moves: list[Move]
    identities: int
    left: bool


class _TooFar(Exception):
    """Weak pairs chain up without end."""


async def resolve(db: Db, workspace_id: UUID, identity_ids: Iterable[UUID]) -> list[Move]:
    """Resolve those of the identities that resolution has not seen as they are, or act, now; return who moved."""
    wanted = set(identity_ids)
    changed = await profiles.load_changed(db, workspace_id, wanted)
    ids = {UUID(profile.identity.id) for profile in changed}
    behaved = await behaviors.find_changed(db, workspace_id, wanted - ids)
    if not (changed or behaved):
        return []
    await profiles.save(db, workspace_id, changed)
    model, snapshot = await thresholds.get_model(db, workspace_id), await profiles.get_snapshot(db, workspace_id)
    total = snapshot.identities + snapshot.arrived
    many = len(changed) > FEW and len(changed) > SHARE * total
    stale = snapshot.outgrown or snapshot.model != model.version
    if (many or stale) and total <= WHOLE:
        decided = await _resolve_all(db, workspace_id, model, snapshot)
    else:
        if stale:
            await jobs.ask_resolve(db, workspace_id, again=False)
        arrived = [profile.identity for profile in changed] + await profiles.load(db, workspace_id, behaved - ids)
        decided = await _resolve_some(db, workspace_id, arrived, model, snapshot)
    return await _move(db, workspace_id, decided | ids)


async def resolve_all(db: Db, workspace_id: UUID) -> list[Move]:
    """Resolve all identities again, with the present model and thresholds and how common names are now."""
    model, snapshot = await thresholds.get_model(db, workspace_id), await profiles.get_snapshot(db, workspace_id)
    decided = await _resolve_all(db, workspace_id, model, snapshot, recount=True)
    return await _move(db, workspace_id, decided)


async def resolve_next(db: Db, workspace_id: UUID, *, whole: int = WHOLE, step: int = STEP) -> Step:
    """Take the next step of resolving everybody again; with up to ``whole`` identities the first step is all of it.

    Whoever arrives between two steps is resolved as ever. When no step is left, all is as if it had been done at once.
    """
    after = await stored_profiles.walked_to(db, workspace_id)
    if after is None:
        total = await stored_profiles.total(db, workspace_id)
        if total <= whole:
            return Step(await resolve_all(db, workspace_id), total, left=False)
        counted = profiles.count(await profiles.load_all(db, workspace_id))
        await profiles.save_snapshot(db, workspace_id, counted._replace(model=matching.shipped().version))
        await stored_profiles.walk_to(db, workspace_id, stored_profiles.START)
        return Step([], 0, left=True)
    ids = await profiles.renew_next(db, workspace_id, after, step)
    await stored_profiles.walk_to(db, workspace_id, ids[-1] if ids else None)
    model, snapshot = await thresholds.get_model(db, workspace_id), await profiles.get_snapshot(db, workspace_id)
    decided = await _resolve_some(db, workspace_id, await profiles.load(db, workspace_id, ids), model, snapshot)
    return Step(await _move(db, workspace_id, decided | set(ids)), len(ids), left=bool(ids))


async def _resolve_some(
    db: Db, workspace_id: UUID, arrived: Sequence[Identity], model: Model, snapshot: profiles.Snapshot
) -> set[UUID]:
    decided = set[UUID]()
    for start in range(0, len(arrived), TOGETHER):
        outcome = await _resolve_near(db, workspace_id, arrived[start : start + TOGETHER], model, snapshot)
        decided |= await _save(db, workspace_id, outcome)
    return decided


async def _move(db: Db, workspace_id: UUID, identity_ids: Collection[UUID]) -> list[Move]:
    moves = await regroup(db, workspace_id, identity_ids)
    await events.tell_moves(db, workspace_id, moves)
    return moves


async def _resolve_all(
    db: Db, workspace_id: UUID, model: Model, snapshot: profiles.Snapshot, *, recount: bool = False
) -> set[UUID]:
    """snapshot: how common names are; it is counted again where it is outgrown."""
    if snapshot.model not in ("", model.version):  # which has other keys
        await profiles.restore(db, workspace_id)
        recount = True
    identities = await profiles.load_all(db, workspace_id)
    evidence, rules = _split(await decisions.load_all(db, workspace_id))
    links = await profiles.all_links(db, workspace_id)
    if recount or snapshot.outgrown:
        snapshot = profiles.count(identities)
    resolver = Resolver(identities, model, population=snapshot.population, links=links, decisions=evidence)
    resolver.consider(await behaviors.observe(db, workspace_id, resolver.doubtful))
    await behaviors.note(db, workspace_id, None, resolver.context.behaviors)
    await profiles.save_snapshot(db, workspace_id, snapshot._replace(model=model.version))
    await stored_profiles.walk_to(db, workspace_id, None)
    affected = {identity.id for identity in identities}
    return await _save(db, workspace_id, Outcome(resolver, resolver.resolve(), affected, evidence, rules))


async def _resolve_near(
    db: Db, workspace_id: UUID, arrived: Sequence[Identity], model: Model, snapshot: profiles.Snapshot
) -> Outcome:
    """Read what is near until nothing more could matter, and resolve it.

    Whatever may be suggested is read too, so that suggestions are complete; but where weak pairs chain up without end,
    only what may be joined, whatever the two did with one another.
    """
    known: dict[UUID, Decision] = {}
    wide = msgspec.structs.replace(model, join=min(model.join, model.suggest))
    try:
        hood = await _explore(db, workspace_id, arrived, wide, snapshot, known, FAR + len(arrived))
    except _TooFar:
        strict = msgspec.structs.replace(model, join=model.join - model.lift)
        hood = await _explore(db, workspace_id, arrived, strict, snapshot, known, inf)
    resolver = hood.resolver()
    resolver.model = model
    doubtful = [pair for pair in resolver.doubtful if hood.affected.intersection(pair)]
    resolver.consider(await behaviors.observe(db, workspace_id, doubtful))
    await behaviors.note(db, workspace_id, hood.affected, resolver.context.behaviors)
    evidence, rules = _split(known.values())
    ours = [rule for rule in rules if str(rule.one_id) in hood.affected]
    return Outcome(resolver, resolver.resolve(), frozenset(hood.affected), evidence, ours)


async def _explore(
    db: Db, workspace_id: UUID, arrived: Sequence[Identity], model: Model, snapshot: profiles.Snapshot,
    known: dict[UUID, Decision], most: float,
) -> Neighborhood:  # fmt: skip
    """Return the neighborhood, with ``known`` filled with the decisions on it. Raises _TooFar above ``most``."""
    ids = {UUID(identity.id) for identity in arrived}
    links, found = await _on(db, workspace_id, ids, known)
    hood = Neighborhood(arrived, model, snapshot.population, links=links, decisions=found)
    while (keys := hood.wanted) or hood.wanted_ids:
        near = await profiles.bearers(db, workspace_id, keys, hood.limit - CAP)
        near |= {UUID(id_) for id_ in hood.wanted_ids}
        near -= ids
        ids |= near
        links, found = await _on(db, workspace_id, near, known)
        hood.add(keys, await profiles.load(db, workspace_id, near), links, found)
        if len(hood.affected) > most:
            raise _TooFar
    return hood


async def _on(
    db: Db, workspace_id: UUID, identity_ids: Collection[UUID], known: dict[UUID, Decision]
) -> tuple[list[matching.Link], list[matching.Decision]]:
    rows = await decisions.on(db, workspace_id, identity_ids)
    known |= {row.id: row for row in rows}
    evidence, rules = _split(rows)
    links = await profiles.links(db, workspace_id, identity_ids)
    return links, [*evidence, *map(ledger.as_domain, rules)]


def _split(known: Iterable[Decision]) -> tuple[list[matching.Decision], list[Decision]]:
    """Return what humans and imports decided, and what rules decided and still stands."""
    known = list(known)
    evidence = [row for row in known if ledger.author_kind(row.author) != "rule"]
    rules = [row for row in ledger.active(known) if ledger.author_kind(row.author) == "rule" and row.verdict == "same"]
    return list(map(ledger.as_domain, evidence)), rules


async def _save(db: Db, workspace_id: UUID, outcome: Outcome) -> set[UUID]:
    """Bring the rules' decisions and the suggestions up to date; return the identities decided on."""
    resolver, resolution, rules = outcome.resolver, outcome.resolution, outcome.rules
    person = {id_: number for number, members in enumerate(resolution.persons) for id_ in members}
    author = f"rule:matching/{resolver.model.version}"
    score = resolver.model.score

    def holds(rule: Decision) -> bool:
        one, other = str(rule.one_id), str(rule.other_id)
        together = one in person and other in person and person[one] == person[other]
        return together and rule.author == author and score(resolver.values(one, other)) >= resolver.model.join

    kept = {rule.id: rule for rule in rules if holds(rule)}
    taken_back = [rule for rule in rules if rule.id not in kept]
    new = [
        New(verdict="retract", pair=rule.pair, retracts=rule.id, author=author, evidence={"reason": "no_longer_holds"})
        for rule in taken_back
    ]
    new += _missing(outcome, kept.values(), author)
    await decisions.append(db, workspace_id, new)
    await _suggest(db, workspace_id, outcome, person)
    return {id_ for decision in new for id_ in decision.pair}


def _missing(outcome: Outcome, kept: Iterable[Decision], author: str) -> list[New]:
    """Return the decisions that join what humans and kept decisions do not yet join."""
    resolver, affected = outcome.resolver, outcome.affected
    joined = forest(outcome.evidence)
    for rule in kept:
        joined.join(str(rule.one_id), str(rule.other_id))
    found = []
    for join in outcome.resolution.joins:
        if join.first in affected and joined.root(join.first) != joined.root(join.second):
            joined.join(join.first, join.second)
            evidence = {
                "log_odds": join.log_odds,
                "contributions": [Contribution(*part) for part in resolver.explain(join.first, join.second)],
            }
            pair = UUID(join.first), UUID(join.second)
            confidence = matching.probability(join.log_odds)
            found.append(New(verdict="same", pair=pair, author=author, confidence=confidence, evidence=evidence))
    return found


async def _suggest(db: Db, workspace_id: UUID, outcome: Outcome, person: Mapping[str, int]) -> None:
    affected = outcome.affected
    found = [
        Found(
            (UUID(item.first), UUID(item.second)),
            matching.probability(item.log_odds),
            item.log_odds,
            [Contribution(*part) for part in item.contributions],
        )
        for item in outcome.resolution.suggestions
        if item.first in affected or item.second in affected
    ]
    stored = await suggestions.around(db, workspace_id, [UUID(id_) for id_ in affected])
    kept = {suggestions.suggestion_id(item.pair) for item in found}
    others = [row for row in stored if row.id not in kept and str(row.one_id) in person and str(row.other_id) in person]
    closed = _closed(outcome, person, others)
    gone = {row.id for row in others} - {row.id for row in closed}
    await suggestions.bring_up_to_date(db, workspace_id, found, closed, gone, outcome.resolver.model.version)


def _closed(outcome: Outcome, person: Mapping[str, int], stored: Iterable[Stored]) -> list[Closed]:
    """Return what the ledger says of suggestions that are found no longer."""
    decided = {decision.pair: decision for decision in matching.decisions.verdicts(outcome.evidence)}
    found = []
    for row in stored:
        pair = str(row.one_id), str(row.other_id)
        decision = decided.get(pair)
        by = UUID(decision.id) if decision else None
        if person[pair[0]] == person[pair[1]]:
            accepted = decision is not None and decision.kind == "same" and by == row.decision_id
            found.append(Closed(row.id, "accepted", by) if accepted else Closed(row.id, "joined", None))
        elif decision and decision.kind == "different":
            found.append(Closed(row.id, "rejected", by))
    return found
