"""The two people of a path, and what is known of their contact."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from kith.api.http.ids import from_path
from kith.api.http.problems import Problem
from kith.api.refs import PersonRef
from kith.api.relationships.lists import show_people
from kith.api.relationships.schemas import MomentParams
from kith.domain.days import EPOCH, day_of
from kith.projections import evidence, ledger
from kith.store import objections, people
from kith.store.db import Db


@dataclass(frozen=True)
class Pair:
    """Two people in the order of the path. side: which of the two numbers of the tie the first has.

    asked: the day asked for. as_of: the day that can be spoken of then.
    """

    people: tuple[PersonRef, PersonRef]
    identities: tuple[list[UUID], list[UUID]]
    tie: evidence.Tie
    side: int
    asked: date
    as_of: date


async def find_pair(db: Db, workspace_id: UUID, person_id: str, other_id: str, params: MomentParams) -> Pair | None:
    """Return the two; None where one of them is no living person. Raises Problem where they were not in touch."""
    identities = await find_two(db, workspace_id, person_id, other_id, params.known_at)
    if identities is None:
        return None
    one, other = map(min, identities)
    asked, ids, side = day_asked(params), (one, other), int(one > other)
    ordered = (ids[::-1], identities[::-1]) if side else (ids, identities)
    tie = await evidence.load(db, workspace_id, *ordered, params.known_at)
    as_of = tie.as_of(day_of(asked))
    if not len(tie.on(as_of).contacts.day):
        raise no_contact()
    shown = await show_two(db, workspace_id, identities, params.known_at)
    return Pair(shown, identities, tie, side, asked, EPOCH + timedelta(as_of))


async def find_two(
    db: Db, workspace_id: UUID, person_id: str, other_id: str, known_at: datetime | None
) -> tuple[list[UUID], list[UUID]] | None:
    """Return the identities of two people, as of ``_identities``; None where one of them has none.

    Raises Problem where the two are one person, and where one of them objects to being scored.
    """
    keys = from_path("person", person_id), from_path("person", other_id)
    mine, theirs = [await _identities(db, workspace_id, key, known_at) for key in keys]
    if not mine or not theirs:
        return None
    if min(mine) == min(theirs):
        raise no_contact()
    if await objections.any_objects(db, workspace_id, [*mine, *theirs]):
        raise Problem("objected")
    return mine, theirs


def day_asked(params: MomentParams) -> date:
    return (params.as_of or params.known_at or datetime.now(UTC)).date()


async def _identities(db: Db, workspace_id: UUID, person_id: UUID, known_at: datetime | None) -> list[UUID]:
    """Return the identities of a person; with ``known_at``, of the one whom this id led to then."""
    if known_at is None:
        return await people.identities_of(db, workspace_id, person_id)
    return await ledger.persons_then(db, workspace_id, person_id, as_of=None, known_at=known_at)


async def show_two(
    db: Db, workspace_id: UUID, identities: tuple[list[UUID], list[UUID]], known_at: datetime | None
) -> tuple[PersonRef, PersonRef]:
    """Return the two as they are mentioned; with ``known_at``, as they were known then."""
    if known_at is None:
        ids = [min(members) for members in identities]
        refs = await show_people(db, workspace_id, set(ids))
        return refs[ids[0]], refs[ids[1]]
    one, other = [await people.get_person_then(db, workspace_id, members, None, known_at) for members in identities]
    return PersonRef.of(one), PersonRef.of(other)


def no_contact() -> Problem:
    return Problem("not_found", "The two were not in touch, as far as is known.")


def why(asked: date, as_of: date) -> str:
    """Return why an answer speaks of this day."""
    if as_of == asked:
        return "The day asked for; the sources that see the two were read until then."
    return "The sources that see the two were read until this day; what came after is not known and counts neither way."
