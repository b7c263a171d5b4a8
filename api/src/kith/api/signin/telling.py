"""What happens on kith's own pages, told in the audit of every workspace that it concerns, without naming anybody."""

from typing import Any
from uuid import UUID

from litestar.connection import Request

from kith.api.http.addresses import address_of, network_of
from kith.api.pages.sessions import SignedIn
from kith.api.signin.letters import post_later
from kith.domain.ids import encode, encode_optional
from kith.projections import audit
from kith.store import members
from kith.store.db import Db, bind

Incoming = Request[Any, Any, Any]


async def tell(request: Incoming, db: Db, sign_in_id: UUID, operation: str, **after: Any) -> None:
    """Tell every workspace of a sign-in what it did, in the transaction of that; nothing comes after it but the end."""
    for home in await members.list_workspaces(db, sign_in_id):
        await bind(db, home)
        if member := await members.find_member(db, home, sign_in_id):
            await record(request, db, home, member.id, operation, encode("member", member.id), after=after)


def tell_later(request: Incoming, sign_in_id: UUID, operation: str, **after: Any) -> None:
    """Tell the same once the answer is on its way: how long that takes must not say whether there is such a sign-in."""

    async def telling() -> None:
        async with request.app.state.turns.instance() as db:
            await tell(request, db, sign_in_id, operation, **after)

    post_later(request, telling())


async def tell_of_app(
    request: Incoming, db: Db, here: SignedIn, operation: str, app_id: UUID, grant_id: UUID | None = None, **after: Any
) -> None:
    """Tell the workspace that a member has chosen what they let an app do."""
    object_ = encode_optional("grant", grant_id) or encode("app", app_id)
    home = here.workspace.workspace_id
    await record(request, db, home, here.member.id, operation, object_, after=after, app_id=app_id)


async def record(
    request: Incoming, db: Db, home: UUID, member_id: UUID, operation: str, object_: str, *,
    before: dict[str, Any] | None = None, after: dict[str, Any] | None = None, app_id: UUID | None = None,
) -> None:  # fmt: skip
    """Write what a member did into the audit of one workspace. db: bound to it."""
    told = {"changed": sorted(after or before or ()), "before": before, "after": after}
    await audit.record(
        db, home, "member", operation, object_, {name: part for name, part in told.items() if part},
        member_id=member_id, app_id=app_id, network=network_of(where(request)),
        request_id=str(request.scope["kith.request_id"]),  # type: ignore[typeddict-item]  # our own key
    )  # fmt: skip


def where(request: Incoming) -> str:
    """Return the network address that a request comes from."""
    return address_of(request.scope, request.app.state.settings.proxies) or "unknown"
