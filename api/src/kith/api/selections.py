"""The people that a parameter names: a person, an identity, a group, a community, or our own."""

from collections.abc import Sequence
from uuid import UUID

from kith.api.http.ids import from_query, not_found
from kith.api.http.problems import Fault, Problem
from kith.domain import ids
from kith.store import communities, groups, people
from kith.store.db import Db

MOST = 1_000
"""People of a group or community up to which all their acts are looked at."""


def pattern(*nouns: str) -> str:
    """Return the form of an id of one of these nouns."""
    return f"^({'|'.join(ids.PREFIXES[noun] for noun in nouns)})_{ids.DIGITS}$"


def is_group(text: str) -> bool:
    """Whether a parameter names a group, and no person or identity."""
    return ids.decode("group", text) is not None


async def identities_of(db: Db, workspace_id: UUID, text: str | None, name: str) -> list[UUID]:
    """Return the identities behind a person, a group, or an identity alone; None: our own. Raises Problem."""
    if text is None or ids.decode("group", text) is not None:
        return await identities_of_people(db, workspace_id, await people_of(db, workspace_id, text, name))
    if (identity := ids.decode("identity", text)) is not None:
        return [identity]
    person = from_query("person", name, text)
    found = await people.identities_of(db, workspace_id, person) if person else []
    if not found:
        raise not_found("person")
    return found


async def people_of(db: Db, workspace_id: UUID, text: str | None, name: str, most: int = MOST) -> list[UUID]:
    """Return the people of a group or community; None: our own. Raises Problem, also where they are too many."""
    if (id_ := ids.decode("community", text or "")) is not None:
        if await communities.get_community(db, workspace_id, id_) is None:
            raise not_found("community")
        found = [row.person_id for row in await communities.list_people(db, workspace_id, id_, None, most + 1)]
    elif (id_ := from_query("group", name, text) or await groups.find_team(db, workspace_id)) is None:
        return []
    elif await groups.get_group(db, workspace_id, id_) is None:
        raise not_found("group")
    else:
        found = await groups.list_people(db, workspace_id, id_, None, most + 1)
    if len(found) > most:
        message = f"More than {most:,} people are in it; name a smaller one."
        raise Problem("invalid_parameter", message, Fault("invalid_parameter", message, parameter=name))
    return found


async def identities_of_people(db: Db, workspace_id: UUID, person_ids: Sequence[UUID]) -> list[UUID]:
    """Return the identities of all these people."""
    return [id_ for each in (await people.identities_of_all(db, workspace_id, person_ids)).values() for id_ in each]
