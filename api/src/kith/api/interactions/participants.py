"""Who took part in what is typed in by hand: found among those whom kith knows, or kept open under the given name."""

from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from kith.api.http.ids import IdentityId, PersonId, encode, from_body, unknown
from kith.api.http.kinds import TEXT, Network
from kith.api.http.problems import Fault, Problem
from kith.connectors import Identity, Ref
from kith.store import identities, member_identities, members, people
from kith.store.db import Db
from kith.store.tokens import Token

_Words = Annotated[str, Meta(min_length=1, max_length=300, pattern=TEXT)]


class Participant(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody who took part, named in one way: by an id, an address, a handle on a network, or a name."""

    person_id: Annotated[PersonId | None, Meta(description="A person whom kith knows.")] = None
    identity_id: Annotated[IdentityId | None, Meta(description="An identity that kith knows.")] = None
    address: Annotated[_Words | None, Meta(description="An e-mail address.", examples=["ada@example.org"])] = None
    handle: Annotated[_Words | None, Meta(description="A handle on `network`.", examples=["ada"])] = None
    network: Annotated[
        Network | None, Meta(description="Network of the handle; needed with `handle`, and only then.")
    ] = None
    name: Annotated[_Words | None, Meta(description="Name, alone or beside an address or handle.")] = None


class Named(msgspec.Struct, frozen=True):
    """The key of a participant. told: what is told of it besides, where kith did not know it."""

    ref: Ref
    told: Identity | None = None


class Participants:
    """Finds participants for one source, which keeps those whom kith does not know."""

    def __init__(self, db: Db, workspace_id: UUID, source_id: UUID) -> None:
        self._db, self._workspace_id = db, workspace_id
        self._host = encode("source", source_id)

    async def find(self, given: Participant, pointer: str) -> Named:
        """Return who is meant. Raises Problem."""
        ways = [given.person_id, given.identity_id, given.address, given.handle]
        if sum(way is not None for way in ways) > 1 or (given.handle is None) != (given.network is None):
            raise _invalid(
                pointer, "One of person_id, identity_id, address and handle is needed; a handle with network."
            )
        if given.person_id is not None:
            return Named(await self._of_person(given.person_id, f"{pointer}/person_id"))
        if given.identity_id is not None:
            id_ = from_body("identity", f"{pointer}/identity_id", given.identity_id)
            return Named(await self._known(id_, "identity", f"{pointer}/identity_id"))
        if given.address is not None:
            address = given.address.strip().lower()
            if "@" not in address:
                raise _invalid(f"{pointer}/address", "It is no e-mail address.")
            return self._told(Ref("mail", address), given, address=address)
        if given.handle is not None and given.network is not None:
            return await self._by_handle(given, given.network, given.handle.strip().removeprefix("@"))
        name = " ".join((given.name or "").split())
        if not name:
            raise _invalid(pointer, "A participant has an id, an address, a handle or a name.")
        return self._told(self._open(f"name {name.casefold()}"), given)

    async def of_member(self, token: Token) -> Named:
        """Return the member for whom a token acts: the first of the identities that they confirmed, or a new one."""
        member = await members.get_member(self._db, self._workspace_id, token.member_id) if token.member_id else None
        if member is None:
            raise _invalid("/actor", "The token acts for no member, so say who acted.")
        for own in await member_identities.list_own(self._db, self._workspace_id, member.id, None, 1):
            return Named(await self._known(own.id, "identity", "/actor"))
        ref = self._open(f"member {encode('member', member.id)}")
        return Named(ref, Identity(ref, "person", name=member.name, address=member.address))

    async def _of_person(self, text: str, pointer: str) -> Ref:
        living = await people.living_person(self._db, self._workspace_id, from_body("person", pointer, text))
        if living is None:
            raise unknown("person", pointer)
        return await self._known(living, "person", pointer)  # a person's id is that of one of its identities

    async def _by_handle(self, given: Participant, network: str, handle: str) -> Named:
        """Return the one identity with the handle on the network; where there are none or several, keep it open."""
        found = await identities.find_by_handle(self._db, self._workspace_id, network, handle, 2)
        if len(found) == 1:
            return Named(await self._known(found[0], "identity", ""))
        return self._told(self._open(f"handle {network} {handle.casefold()}"), given, handle=handle)

    async def _known(self, id_: UUID, noun: str, pointer: str) -> Ref:
        found = await identities.get_identity(self._db, self._workspace_id, id_)
        if found is None:
            raise unknown(noun, pointer)
        return Ref(found.network, found.key, found.host)

    def _open(self, key: str) -> Ref:
        """Return the key of somebody whom this source alone knows."""
        return Ref("app", key, self._host)

    def _told(self, ref: Ref, given: Participant, handle: str | None = None, address: str | None = None) -> Named:
        name = " ".join((given.name or "").split()) or None
        return Named(ref, Identity(ref, "person", name=name, handle=handle, address=address))


def _invalid(pointer: str, message: str) -> Problem:
    return Problem("invalid_body", message, Fault("invalid", message, pointer=pointer))
