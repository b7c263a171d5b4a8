"""``kith apps``: OAuth clients of the workspace."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number
from rich.console import Console
from rich.table import Column, Table

from kith.cli import audit, installation
from kith.cli.home import DEFAULT_WORKSPACE
from kith.cli.jobs import database
from kith.cli.processes import CannotStart
from kith.domain.apps import SECRET, Kind
from kith.domain.ids import decode, encode
from kith.domain.logos import fault as logo_fault
from kith.domain.redirects import fault, origin_fault
from kith.domain.scopes import SCOPES, ordered
from kith.store import apps, grants
from kith.store.apps import App, logo_columns
from kith.store.db import Db, workspace

MANY = 10_000  # apps that are listed at most
AUTHOR = "operator"
HOUR = 3600.0  # seconds


def list_() -> None:
    """List the apps of the workspace."""
    asyncio.run(_list())


def create(
    name: str,
    *,
    kind: Kind = "browser",
    redirect: Annotated[Sequence[str], Parameter(negative=())] = (),
    origin: Annotated[Sequence[str], Parameter(negative=())] = (),
    scope: Annotated[Sequence[str], Parameter(negative=())] = (),
    logo: Path | None = None,
    shared: bool = False,
) -> None:
    """Create an app, approve it, and print its id and its secret, which is shown only once.

    Args:
        name: What members see when it asks to be let in.
        kind: browser and device keep no secret, server and machine keep one; a machine acts by itself.
        redirect: Where codes are sent, such as https://app.example/callback; may be repeated.
        origin: Whose pages may call with its tokens, such as https://app.example; may be repeated.
        scope: What it may ask for, such as people:read; may be repeated.
        logo: A PNG, JPEG or WebP that members see beside its name; at most 1,024 pixels a side and 100,000 bytes.
        shared: Other workspaces of this installation may approve it too.
    """
    if unknown := set(scope) - SCOPES.keys():
        raise CannotStart(f"There is no scope {sorted(unknown)[0]}; there are {', '.join(SCOPES)}.")
    if not scope:
        raise CannotStart("Name what the app may ask for: --scope people:read.")
    for address in redirect:
        if wrong := fault(address):
            raise CannotStart(f"{address} cannot be a redirect URI. {wrong}")
    for address in origin:
        if wrong := origin_fault(address):
            raise CannotStart(f"{address} cannot be an origin. {wrong}")
    if kind in ("browser", "server") and not redirect:
        raise CannotStart("Name where codes are sent: --redirect https://app.example/callback.")
    if kind == "machine" and redirect:
        raise CannotStart("An app that acts by itself has no redirect URI.")
    content = _logo(logo) | {
        "redirect_uris": list(redirect),
        "origins": list(origin),
        "scopes": ordered(scope),
        "shared": shared,
    }
    app, secret = asyncio.run(_create(name, kind, content))
    print(f"client_id: {encode('app', app.id)}")
    if secret:
        print(f"client_secret: {secret}")


def rotate(app: str, *, overlap: Annotated[int, Parameter(validator=Number(gte=0, lte=720))] = 24) -> None:
    """Replace an app's secret and print the new one, which is shown only once.

    Args:
        app: Its id, as 'kith apps list' shows it.
        overlap: For how many hours the one before goes on.
    """
    print(asyncio.run(_rotate(app, overlap * HOUR)))


def revoke(app: str) -> None:
    """End an app and all its tokens, at once and for ever.

    Args:
        app: Its id, as 'kith apps list' shows it.
    """
    asyncio.run(_revoke(app))


def _logo(file: Path | None) -> dict[str, object]:
    """Return the columns of a logo."""
    try:
        data = file.read_bytes() if file else None
    except OSError as error:
        raise CannotStart(f"The logo cannot be read: {error.strerror or error}.") from error
    if data is not None and (wrong := logo_fault(data)):
        raise CannotStart(wrong)
    return logo_columns(data)


async def _list() -> None:
    table = Table(Column("Id", no_wrap=True), "Name", "Kind", "Approved", "Scopes", box=None, pad_edge=False)
    async with database() as (pool, _), workspace(pool, DEFAULT_WORKSPACE) as db:
        for app in await apps.list_apps(db, DEFAULT_WORKSPACE, None, MANY):
            approved = "no" if app.approved is None else f"{app.approved_at:%Y-%m-%d}"
            table.add_row(encode("app", app.id), app.name, app.kind, approved, " ".join(app.scopes))
    Console(markup=False).print(table)


async def _create(name: str, kind: Kind, content: dict[str, object]) -> tuple[App, str | None]:
    async with database() as (pool, _), workspace(pool, DEFAULT_WORKSPACE) as db:
        await installation.ensure_workspace(db)
        app = await apps.create_app(db, DEFAULT_WORKSPACE, name=name, kind=kind, **content)
        await apps.approve(db, DEFAULT_WORKSPACE, app.id, app.scopes, AUTHOR)
        secret = (await apps.add_secret(db, DEFAULT_WORKSPACE, app.id, 0))[1] if kind in SECRET else None
        told = {"kind": kind, "scopes": app.scopes, "redirect_uris": app.redirect_uris, "origins": app.origins}
        await audit.tell(db, "apps create", encode("app", app.id), **told)
    return app, secret


async def _rotate(text: str, overlap: float) -> str:
    async with database() as (pool, _), workspace(pool, DEFAULT_WORKSPACE) as db:
        app = await _own(db, text)
        if app.kind not in SECRET:
            raise CannotStart(f"An app of the kind {app.kind} has no secret.")
        secret = (await apps.add_secret(db, DEFAULT_WORKSPACE, app.id, overlap))[1]
        await audit.tell(db, "apps rotate", encode("app", app.id))
        return secret


async def _revoke(text: str) -> None:
    async with database() as (pool, _), workspace(pool, DEFAULT_WORKSPACE) as db:
        app = await _own(db, text)
        await grants.revoke(db, DEFAULT_WORKSPACE, app_id=app.id)
        await apps.delete_app(db, DEFAULT_WORKSPACE, app.id)
        await audit.tell(db, "apps revoke", encode("app", app.id))


async def _own(db: Db, text: str) -> App:
    app_id = decode("app", text)
    found = await apps.get_app(db, DEFAULT_WORKSPACE, app_id, lock=True) if app_id else None
    if found is None or found.owner_id != DEFAULT_WORKSPACE:
        raise CannotStart(f"There is no app {text!r} of this workspace; 'kith apps list' shows their ids.")
    return found
