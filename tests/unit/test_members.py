"""What the roles of members allow."""

from itertools import pairwise

import pytest

from kith.domain.members import ROLES, may_manage, scopes_of
from kith.domain.scopes import OF_INSTANCE, SCOPES


def test_each_role_may_do_all_that_the_next_may() -> None:
    for role, lesser in pairwise(ROLES):
        assert scopes_of(role) > scopes_of(lesser)


def test_no_member_reaches_beyond_the_workspace() -> None:
    assert set(SCOPES) - scopes_of("owner") == OF_INSTANCE


def test_the_workspace_itself_is_for_owners_alone() -> None:
    assert scopes_of("owner") - scopes_of("admin") == {"workspace:write"}


def test_a_viewer_changes_nothing_and_sees_no_addresses() -> None:
    assert all(scope.endswith(":read") for scope in scopes_of("viewer"))
    assert "people:contact:read" not in scopes_of("viewer")


def test_an_analyst_works_on_people_and_not_on_the_workspace() -> None:
    may = scopes_of("analyst")
    assert {"people:write", "identities:write", "communities:write", "groups:write", "people:contact:read"} <= may
    assert not may & {"sources:write", "members:write", "apps:write", "tokens:write", "jobs:write", "audit:read"}


@pytest.mark.parametrize(
    ("actor", "roles", "may"),
    [
        (None, ("owner",), True),
        ("owner", ("owner", "owner"), True),
        ("admin", ("viewer", "admin"), True),
        ("admin", ("owner",), False),
        ("admin", ("viewer", "owner"), False),
        ("analyst", ("viewer",), False),
        ("viewer", ("viewer",), False),
    ],
)
def test_only_owners_deal_with_owners(actor: object, roles: tuple[object, ...], may: bool) -> None:
    assert may_manage(actor, *roles) is may  # type: ignore[arg-type]  # roles
