"""``kith token``: tokens of the workspace."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number
from rich.console import Console
from rich.table import Column, Table

from kith.cli import audit, installation
from kith.cli.home import DEFAULT_WORKSPACE
from kith.cli.jobs import database
from kith.cli.processes import CannotStart
from kith.domain.ids import decode, encode
from kith.domain.scopes import SCOPES
from kith.store import tokens
from kith.store.db import workspace

MANY = 10_000  # tokens that are listed at most


def create(
    name: str,
    *,
    scope: Annotated[Sequence[str], Parameter(negative=())] = (),
    days: Annotated[int | None, Parameter(validator=Number(gte=1, lte=3650))] = None,
) -> None:
    """Create a token and print it; it is shown only once.

    Args:
        name: What it is for, to tell tokens apart later.
        scope: What it may do, such as people:read; may be repeated. Without any it may do everything.
        days: How long it lives; for ever where it is left out.
    """
    if unknown := set(scope) - SCOPES.keys():
        raise CannotStart(f"There is no scope {sorted(unknown)[0]}; there are {', '.join(SCOPES)}.")
    if not name.strip():
        raise CannotStart("Give the token a name, such as what uses it.")
    expires_at = datetime.now(UTC) + timedelta(days=days) if days else None
    print(asyncio.run(_create(name.strip(), scope or list(SCOPES), expires_at)))


def list_() -> None:
    """List the tokens that live, without their text."""
    asyncio.run(_list())


def revoke(token: str) -> None:
    """Take a token's rights away, at once and for ever.

    Args:
        token: Its id, as 'kith token list' shows it.
    """
    asyncio.run(_revoke(token))


async def _create(name: str, scopes: Sequence[str], expires_at: datetime | None) -> str:
    async with database() as (pool, _), workspace(pool, DEFAULT_WORKSPACE) as db:
        await installation.ensure_workspace(db)
        text = await tokens.create_token(db, DEFAULT_WORKSPACE, name, scopes, expires_at)
        await audit.tell(db, "token create", None, scopes=sorted(scopes), expires_at=expires_at)
        return text


async def _list() -> None:
    table = Table(Column("Id", no_wrap=True), "Name", "Created", "Expires", "Scopes", box=None, pad_edge=False)
    async with database() as (pool, _), workspace(pool, DEFAULT_WORKSPACE) as db:
        for token in await tokens.list_tokens(db, DEFAULT_WORKSPACE, None, MANY):
            days = (f"{day:%Y-%m-%d}" if day else "never" for day in (token.created_at, token.expires_at))
            scopes = "all" if SCOPES.keys() <= set(token.scopes) else " ".join(token.scopes)
            table.add_row(encode("token", token.id), token.name, *days, scopes)
    Console(markup=False).print(table)


async def _revoke(token: str) -> None:
    token_id = decode("token", token)
    async with database() as (pool, _), workspace(pool, DEFAULT_WORKSPACE) as db:
        if token_id is None or not await tokens.revoke_token(db, DEFAULT_WORKSPACE, token_id):
            raise CannotStart(f"There is no living token {token!r}; 'kith token list' shows their ids.")
        await audit.tell(db, "token revoke", encode("token", token_id))
