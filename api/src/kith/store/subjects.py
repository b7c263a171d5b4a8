"""Subjects of notes and attributes: a person, the relationship of two, or an organization.

A person is kept as one of its identities, so that what is said of it goes where that goes, through merges and back.
"""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from kith.store.queries import Statement

COLUMNS = "p.person_id, o.person_id AS other_id, {0}.organization_id"
JOINS = """
    LEFT JOIN person_identities p ON p.workspace_id = $1 AND p.identity_id = {0}.identity_id
    LEFT JOIN person_identities o ON o.workspace_id = $1 AND o.identity_id = {0}.other_id
"""


class Subject(NamedTuple):
    """identity_id: of a person; other_id: of the other, where their relationship is meant."""

    identity_id: UUID | None = None
    other_id: UUID | None = None
    organization_id: UUID | None = None


class Subjects(NamedTuple):
    """Which subjects a list is narrowed to: all identities of the persons asked for. None: any."""

    ones: Sequence[UUID] | None = None
    others: Sequence[UUID] | None = None
    organization_id: UUID | None = None

    def narrow(self, statement: Statement, table: str) -> None:
        statement.where(f"{table}.organization_id = {{}}", self.organization_id)
        if self.ones is None:
            return
        one = statement.value(list(self.ones))
        if self.others is None:
            statement.conditions.append(f"{table}.identity_id = ANY ({one}) AND {table}.other_id IS NULL")
            return
        other = statement.value(list(self.others))
        statement.conditions.append(
            f"({table}.identity_id = ANY ({one}) AND {table}.other_id = ANY ({other})"
            f" OR {table}.identity_id = ANY ({other}) AND {table}.other_id = ANY ({one}))"
        )
