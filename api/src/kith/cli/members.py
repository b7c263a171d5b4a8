"""``kith members``: who may sign in to the workspace, as whoever runs this installation sees and changes it."""

import asyncio
from typing import Annotated

from cyclopts import Parameter
from rich.console import Console
from rich.table import Column, Table

from kith.api.invitations.letters import address_of, letter
from kith.cli import audit, installation
from kith.cli.home import DEFAULT_WORKSPACE, current_settings
from kith.cli.jobs import database
from kith.cli.processes import CannotStart
from kith.domain.ids import decode, encode
from kith.domain.members import Role
from kith.runtime import mail
from kith.store import invitations, members, sign_ins, workspaces
from kith.store.db import Db, workspace
from kith.store.errors import NameTaken
from kith.store.members import Member

MOST = 10_000
OPERATOR = "operator"


def list_() -> None:
    """List members, and who is invited."""
    asyncio.run(_list())


def invite(address: str, *, role: Role = "viewer") -> None:
    """Invite somebody: by mail, or by a link that is printed where KITH_MAIL_SERVER is not set.

    Whoever is invited already gets a new link; the old one ends.

    Args:
        address: Their e-mail address.
        role: What they may do: owner, admin, analyst or viewer.
    """
    print(asyncio.run(_invite(address.strip().lower(), role)))


def link(member: str) -> None:
    """Print a link that signs a member in once, within an hour, without password or second factor.

    For whoever has lost their way in: it opens everything that they may see, so give it to nobody else.

    Args:
        member: Their id or e-mail address, as 'kith members list' shows them.
    """
    print(asyncio.run(_link(member)))


def role(member: str, role: Annotated[Role, Parameter(show=True)]) -> None:
    """Change the role of a member.

    Args:
        member: Their id or e-mail address.
        role: owner, admin, analyst or viewer.
    """
    asyncio.run(_role(member, role))


def address(member: str, address: str) -> None:
    """Change the address that a member signs in with, which counts as verified then.

    Args:
        member: Their id or present e-mail address.
        address: The new one.
    """
    asyncio.run(_address(member, address.strip().lower()))


def remove(member: str) -> None:
    """Remove a member: their tokens and what they granted apps end.

    Args:
        member: Their id or e-mail address.
    """
    asyncio.run(_remove(member))


async def _list() -> None:
    table = Table(
        Column("Id", no_wrap=True), "Name", Column("Address", no_wrap=True), "Role", "Since", box=None, pad_edge=False
    )
    async with database() as (pool, _), workspace(pool, DEFAULT_WORKSPACE) as db:
        for member in await members.list_members(db, DEFAULT_WORKSPACE, None, MOST):
            since = f"{member.created_at:%Y-%m-%d}"
            table.add_row(encode("member", member.id), member.name, member.address or "none", member.role, since)
        for status in ("open", "expired"):
            for one in await invitations.list_invitations(db, DEFAULT_WORKSPACE, None, MOST, status=status):
                until = f"{'until' if status == 'open' else 'expired'} {one.expires_at:%Y-%m-%d}"
                table.add_row(encode("invitation", one.id), "invited", one.address, one.role, until)
    Console(markup=False).print(table)


async def _invite(address: str, role: Role) -> str:
    if address.count("@") != 1 or " " in address or address.startswith("@") or address.endswith("@"):
        raise CannotStart(f"{address!r} is no e-mail address.")
    settings = current_settings()
    mailed = settings.mail_server is not None
    async with database() as (pool, _), workspace(pool, DEFAULT_WORKSPACE) as db:
        await installation.ensure_workspace(db)
        home = await workspaces.get_workspace(db, DEFAULT_WORKSPACE)
        made, text = await _invited(db, address, role, mailed=mailed)
        try:  # before it counts: what cannot be sent was not made
            if mailed:
                mail.send(settings, address, *letter(settings, home.name if home else "kith", made, text))
        except mail.NotSent as error:
            raise CannotStart(f"Nobody is invited. {error}") from error
        await audit.tell(db, "members invite", encode("invitation", made.id), role=role)
    return f"An invitation is on its way to {address}." if mailed else address_of(settings, text)


async def _invited(db: Db, address: str, role: Role, *, mailed: bool) -> tuple[invitations.Invitation, str]:
    there = [
        one
        for status in ("open", "expired")
        for one in await invitations.list_invitations(db, DEFAULT_WORKSPACE, None, MOST, status=status)
        if one.address == address
    ]
    if there and there[0].role == role:
        return await invitations.resend(db, DEFAULT_WORKSPACE, there[0].id, mailed=mailed)
    for one in there:
        await invitations.revoke(db, DEFAULT_WORKSPACE, one.id)
    try:
        return await invitations.create_invitation(db, DEFAULT_WORKSPACE, address, role, OPERATOR, mailed=mailed)
    except NameTaken as error:
        raise CannotStart(str(error)) from error


async def _link(member: str) -> str:
    async with database() as (pool, _), workspace(pool, DEFAULT_WORKSPACE) as db:
        found = await _find(db, member)
        await audit.tell(db, "members link", encode("member", found.id))
        return await installation.sign_in_link(db, found.sign_in_id, current_settings().issuer)


async def _role(member: str, role: Role) -> None:
    async with database() as (pool, _), workspace(pool, DEFAULT_WORKSPACE) as db:
        found = await _find(db, member)
        try:
            await members.change_role(db, DEFAULT_WORKSPACE, found.id, role)
        except members.LastOwner as error:
            raise CannotStart("This is the last owner: make another member an owner first.") from error
        await audit.tell(db, "members role", encode("member", found.id), role=role)


async def _address(member: str, address: str) -> None:
    async with database() as (pool, _), workspace(pool, DEFAULT_WORKSPACE) as db:
        found = await _find(db, member)
        try:
            await sign_ins.set_address(db, found.sign_in_id, address, verified=True)
        except NameTaken as error:
            raise CannotStart(str(error)) from error
        await audit.tell(db, "members address", encode("member", found.id))


async def _remove(member: str) -> None:
    async with database() as (pool, _), workspace(pool, DEFAULT_WORKSPACE) as db:
        found = await _find(db, member)
        try:
            await members.remove_member(db, DEFAULT_WORKSPACE, found.id)
        except members.LastOwner as error:
            raise CannotStart("This is the last owner: make another member an owner first.") from error
        await audit.tell(db, "members remove", encode("member", found.id), role=found.role)


async def _find(db: Db, member: str) -> Member:
    """Return a member by id or address. Raises CannotStart."""
    if member_id := decode("member", member):
        found = await members.get_member(db, DEFAULT_WORKSPACE, member_id)
    else:
        sign_in = await sign_ins.find_sign_in(db, member)
        found = await members.find_member(db, DEFAULT_WORKSPACE, sign_in.id) if sign_in else None
    if found is None:
        raise CannotStart(f"There is no member {member!r}; 'kith members list' shows them.")
    return found
