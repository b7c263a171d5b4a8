"""Whom or what a note or an attribute is about, as queries and bodies name it."""

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from kith.api.http.ids import OrganizationId, PersonId, encode_optional, from_body, from_query, unknown
from kith.api.http.paging import Listing
from kith.api.http.problems import Fault, Problem
from kith.store import organizations, people
from kith.store.db import Db
from kith.store.subjects import Subject, Subjects


class SubjectParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    person: Annotated[PersonId | None, Meta(description="About this person.")] = None
    other: Annotated[PersonId | None, Meta(description="With `person`: about the relationship of the two.")] = None
    organization: Annotated[OrganizationId | None, Meta(description="About this organization.")] = None


_Person = Annotated[PersonId | None, Meta(description="The person; after a merge, the one that stays.")]
_Other = Annotated[PersonId | None, Meta(description="The other person, where it is about the relationship of two.")]
_Organization = Annotated[OrganizationId | None, Meta(description="The organization.")]


class About(msgspec.Struct, frozen=True):
    """Whom or what something is about."""

    person_id: _Person
    other_id: _Other
    organization_id: _Organization


class AboutBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whom or what something is to be about: a person, two, or an organization."""

    person_id: _Person = None
    other_id: _Other = None
    organization_id: Annotated[_Organization, Meta(examples=[None])] = None


async def wanted(db: Db, workspace_id: UUID, params: SubjectParams) -> Subjects:
    """Return what a list is narrowed to. Raises Problem."""
    if params.other is not None and params.person is None:
        message = "other is given together with person."
        raise Problem("invalid_parameter", message, Fault("invalid_parameter", message, parameter="other"))
    one = from_query("person", "person", params.person)
    other = from_query("person", "other", params.other)
    return Subjects(
        None if one is None else await people.identities_of(db, workspace_id, one),
        None if other is None else await people.identities_of(db, workspace_id, other),
        from_query("organization", "organization", params.organization),
    )


async def meant(db: Db, workspace_id: UUID, body: AboutBody) -> tuple[Subject, Subjects]:
    """Return what a body is about, and all that is the same. Raises Problem."""
    if (body.person_id is None) == (body.organization_id is None) or (
        body.other_id is not None and body.other_id == body.person_id
    ):
        message = "One of person_id and organization_id is needed; other_id goes with person_id, and is another person."
        raise Problem("invalid_body", message, Fault("invalid", message, pointer="/person_id"))
    if body.organization_id is not None:
        id_ = from_body("organization", "/organization_id", body.organization_id)
        if body.other_id is not None or await organizations.get_organization(db, workspace_id, id_) is None:
            raise unknown("organization", "/organization_id")
        return Subject(None, None, id_), Subjects(None, None, id_)
    one = await _living(db, workspace_id, body.person_id, "/person_id")
    other = await _living(db, workspace_id, body.other_id, "/other_id")
    if one is None:
        raise LookupError("neither a person nor an organization")
    same = Subjects(
        await people.identities_of(db, workspace_id, one),
        None if other is None else await people.identities_of(db, workspace_id, other),
    )
    return Subject(*sorted((one, other)) if other else (one, None)), same


async def _living(db: Db, workspace_id: UUID, text: str | None, pointer: str) -> UUID | None:
    if text is None:
        return None
    living = await people.living_person(db, workspace_id, from_body("person", pointer, text))
    if living is None:
        raise unknown("person", pointer)
    return living


def shown(row: object) -> dict[str, str | None]:
    """Return the ids of a row's subject as they are shown."""
    return {
        f"{name}_id": encode_optional(noun, getattr(row, f"{name}_id"))
        for name, noun in (("person", "person"), ("other", "person"), ("organization", "organization"))
    }
