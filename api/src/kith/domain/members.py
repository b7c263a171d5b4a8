"""Roles of members, and which scopes a token that acts for one may have at most."""

from typing import Literal, TypeAlias, get_args

from kith.domain.scopes import OF_INSTANCE, SCOPES

Role: TypeAlias = Literal["owner", "admin", "analyst", "viewer"]
ROLES: tuple[Role, ...] = get_args(Role)
"""From the most rights to the fewest: each may do all that the next may."""

_VIEWER = frozenset(
    {
        "people:read", "identities:read", "organizations:read", "channels:read", "conversations:read",
        "interactions:read", "interactions:text:read", "relationships:read", "communities:read", "topics:read",
        "asks:read", "groups:read", "notes:read", "connectors:read", "sources:read", "sources:private:read",
        "members:read",
    }
)  # fmt: skip
_ANALYST = _VIEWER | {
    "people:write", "people:contact:read", "identities:write", "organizations:write", "channels:write",
    "interactions:write", "communities:write", "groups:write", "notes:write", "asks:write", "events:read",
    "jobs:read",
}  # fmt: skip
_OWNER_ALONE = frozenset({"workspace:write"})


def scopes_of(role: Role) -> frozenset[str]:
    """Return the scopes that a token of a member with this role may have at most.

    A scope that is new is for admins and owners alone until it is listed here. What reaches beyond the workspace, to
    others and to the machine that kith runs on, is for no member.
    """
    everything = frozenset(SCOPES) - OF_INSTANCE
    limits = {"owner": everything, "admin": everything - _OWNER_ALONE, "analyst": _ANALYST, "viewer": _VIEWER}
    return limits[role] & everything


def may_manage(actor: Role | None, *roles: Role) -> bool:
    """Whether an actor may invite, change and remove members with these roles. actor: None for the operator."""
    return actor in (None, "owner") or (actor == "admin" and "owner" not in roles)
