"""Revisions of what can be changed: the ETag names one, and If-Match guards a change against what others changed."""

from typing import Any, Protocol
from uuid import UUID

import msgspec
from litestar.connection import Request

from kith.api.http.changes import note_before
from kith.api.http.edge import content_tag, matches
from kith.api.http.problems import Problem
from kith.store import locks
from kith.store.db import Db
from kith.store.locks import Lock


class Revised(Protocol):
    """What counts its changes."""

    @property
    def revision(self) -> int: ...


def tag(thing: Revised) -> str:
    """Return the ETag of what is shown."""
    return f'"{thing.revision}"'


async def is_conditional(request: Request[Any, Any, Any], db: Db, workspace_id: UUID) -> bool:
    """Whether a change depends on what the client has seen of people; if so, nobody else changes them meanwhile."""
    if "if-match" not in request.headers:
        return False
    await locks.hold(db, workspace_id, Lock.PROJECTIONS)
    return True


def check_content(request: Request[Any, Any, Any], shown: msgspec.Struct) -> None:
    """Refuse when If-Match names another state than that which a GET would show now."""
    condition = request.headers.get("if-match")
    if condition is not None and not matches(condition, content_tag(msgspec.json.encode(shown)).decode()):
        raise Problem("precondition_failed")


def check_unchanged(request: Request[Any, Any, Any], thing: Revised) -> None:
    """Refuse when If-Match names another revision than the present one."""
    note_before(request, thing)
    condition = request.headers.get("if-match")
    if condition is not None and not _names(condition, thing.revision):
        raise Problem("precondition_failed")


def _names(condition: str, revision: int) -> bool:
    """Whether one of the ETags is of this revision, whatever else was shown with it."""
    tags = [part.strip().removeprefix("W/").strip('"') for part in condition.split(",")]
    return "*" in tags or str(revision) in {each.partition("-")[0] for each in tags}
