"""What a person may do about the data that kith holds of them, once they have shown who they are."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal
from uuid import UUID

import msgspec

from kith.api.http.ids import encode
from kith.api.http.problems import Problem
from kith.domain import ids
from kith.projections import objections as projection
from kith.store import data_reports, erasures, jobs, objections, people
from kith.store.data_reports import DataReport
from kith.store.db import Db
from kith.store.objections import Objection

Act = Literal["report", "object", "take_back", "erase"]
OPERATIONS: dict[Act, str] = {
    "report": "createDataReport", "object": "createObjection", "take_back": "endObjection", "erase": "erasePerson",
}  # fmt: skip
_MOST = 20  # reports and objections of each person that are shown


class RightsForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """sure: what cannot be undone is said twice."""

    person: str
    act: Act
    reason: str = ""
    sure: Literal["", "yes"] = ""


class Shown(msgspec.Struct, frozen=True):
    """A person as the pages show them to themselves."""

    id: str
    name: str
    networks: Sequence[str]
    reports: Sequence[tuple[str, DataReport]]
    objection: Objection | None
    being_erased: bool


async def show(db: Db, workspace_id: UUID, person_ids: Sequence[UUID]) -> list[Shown]:
    """Return what there is of people, and what they have asked for."""
    found, shown = await people.get_refs(db, workspace_id, person_ids), []
    for id_ in person_ids:
        if (person := found.get(id_)) is None:
            continue
        reports = await data_reports.list_reports(db, workspace_id, [id_], None, _MOST)
        members = await people.identities_of(db, workspace_id, id_)
        standing = await objections.list_objections(db, workspace_id, members, True, None, 1)
        shown.append(
            Shown(
                encode("person", id_),
                person.name or encode("person", id_),
                person.networks,
                [(encode("data-report", report.id), report) for report in reports],
                standing[0] if standing else None,
                await erasures.open_for(db, workspace_id, id_) is not None,
            )
        )
    return shown


async def do(db: Db, workspace_id: UUID, person_ids: Sequence[UUID], form: RightsForm, author: str) -> str:
    """Do what a person asks for; return the public id of what that is about. Raises Problem."""
    person = chosen(person_ids, form.person)
    members = await people.identities_of(db, workspace_id, person)
    if form.act == "report":
        report = await data_reports.ask(db, workspace_id, person, author)
        await jobs.ask_data_report(db, workspace_id, report)
        return encode("data-report", report)
    if form.act == "object":
        made = await projection.add(
            db, workspace_id, members, form.reason[:2000].strip(), author, None, datetime.now(UTC)
        )
        return encode("objection", made)
    if form.act == "take_back":
        for objection in await objections.list_objections(db, workspace_id, members, True, None, _MOST):
            await projection.end(db, workspace_id, objection.id, author, datetime.now(UTC))
        return encode("person", person)
    if not form.sure:
        raise Problem("invalid_body", "Say that you are sure: it cannot be undone.")
    if await erasures.open_for(db, workspace_id, person) is None:
        await erasures.ask(db, workspace_id, person, [], "asked", author)
    return encode("person", person)


def chosen(person_ids: Sequence[UUID], text: str) -> UUID:
    """Return the person who was chosen among those who somebody is. Raises Problem."""
    person = ids.decode("person", text)
    if person is None or person not in person_ids:
        raise Problem("not_found", "There is no such person among those who you are.")
    return person


async def find_report(db: Db, workspace_id: UUID, person_ids: Sequence[UUID], text: str) -> DataReport:
    """Return a report on one of these people. Raises Problem."""
    id_ = ids.decode("data-report", text)
    found = await data_reports.get_report(db, workspace_id, id_) if id_ else None
    if found is None or found.person_id not in person_ids:
        raise Problem("not_found", "There is no such report.")
    return found
