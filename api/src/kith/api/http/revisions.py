"""Revisions of what can be changed: the ETag names one, and If-Match guards a change against what others changed."""

from typing import Any, Protocol

from litestar.connection import Request

from kith.api.http.edge import matches
from kith.api.http.problems import Problem


class Revised(Protocol):
    """What counts its changes."""

    @property
    def revision(self) -> int: ...


def tag(thing: Revised) -> str:
    """Return the ETag of what is shown."""
    return f'"{thing.revision}"'


def check_unchanged(request: Request[Any, Any, Any], thing: Revised) -> None:
    """Refuse when If-Match names another revision than the present one."""
    condition = request.headers.get("if-match")
    if condition is not None and not matches(condition, tag(thing)):
        raise Problem("precondition_failed")
