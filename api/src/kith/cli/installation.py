"""What ``kith up`` puts into the database: the workspace, a token in a file, the demo source."""

import os
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from kith.cli.demo import FILE as DEMO_FILE
from kith.cli.home import DEFAULT_WORKSPACE
from kith.domain.communities.naming import SEPARATOR
from kith.domain.ids import encode
from kith.domain.scopes import SCOPES
from kith.store import detections, jobs, members, sign_in_links, sign_ins, sources, tokens, workspaces
from kith.store.db import Db
from kith.store.members import Member

DETECT = "detect"  # the slot of the job that follows each change
LINK_LIFETIME = timedelta(hours=1)
DEMO_NAME = "Git and the projects around it (demo)"


async def ensure_workspace(db: Db) -> None:
    """Create the workspace ``default`` where it is missing. db: bound to it."""
    if await workspaces.get_workspace(db, DEFAULT_WORKSPACE) is None:
        await workspaces.create_workspace(db, DEFAULT_WORKSPACE, "default")


async def ensure_token(db: Db, known: str) -> str:
    """Return ``known`` where that token lives and has every scope, else a new one. db: bound to the workspace."""
    token = await tokens.find_token(db, DEFAULT_WORKSPACE, known)
    if token and SCOPES.keys() <= set(token.scopes):
        return known
    if token:
        await tokens.revoke_token(db, DEFAULT_WORKSPACE, token.id)
    return await tokens.create_token(db, DEFAULT_WORKSPACE, "kith up", SCOPES)


async def ensure_owner(db: Db) -> Member:
    """Return the first owner of the workspace, made where it has no member. db: bound to the workspace."""
    found = await members.first_owner(db, DEFAULT_WORKSPACE)
    if found is None:
        sign_in = await sign_ins.create_sign_in(db, "Owner", None)
        found = await members.create_member(db, DEFAULT_WORKSPACE, sign_in.id, "owner")
    return found


async def sign_in_link(db: Db, sign_in_id: UUID, base_url: str) -> str:
    """Return the address of a link that lets this sign-in in once, within LINK_LIFETIME."""
    text = await sign_in_links.create_link(db, sign_in_id, "operator", LINK_LIFETIME)
    return f"{base_url}/sign-in/links/{text}"


def write_secret(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(f"{text}\n")
    new.replace(path)


async def add_demo(db: Db) -> UUID:
    """Add the demo source where it is missing and start a run; return the job. db: bound to the workspace."""
    there = [s for s in await sources.list_sources(db, DEFAULT_WORKSPACE, None, 1000) if s.name == DEMO_NAME]
    config = {"path": str(DEMO_FILE)}
    source = (
        there[0]
        if there
        else await sources.create_source(db, DEFAULT_WORKSPACE, "ndjson", DEMO_NAME, config, trusted=True)
    )
    return await start_sync(db, source.id)


async def start_sync(db: Db, source_id: UUID) -> UUID:
    """Start a run of the source, or join the one under way; return its job. db: bound to the workspace."""
    return await jobs.ask_sync(db, DEFAULT_WORKSPACE, source_id)


async def detect(db: Db) -> UUID | None:
    """Have communities found now; return the job, or None where they have been. db: bound to the workspace."""
    job_id, _ = await jobs.enqueue(db, DEFAULT_WORKSPACE, "detect", {}, slot=DETECT)
    await jobs.run_now(db, DEFAULT_WORKSPACE, DETECT)
    return None if await detections.last(db, DEFAULT_WORKSPACE) else job_id


async def are_strengths_computed(db: Db) -> bool:
    """Whether strengths rest on all that was loaded and learnt from it. db: bound to the workspace."""
    return not await jobs.is_under_way(db, DEFAULT_WORKSPACE, ("calibrate", "refresh"))


async def calls(db: Db) -> list[tuple[str, str]]:
    """Questions worth asking of what is stored, each with its path. db: bound to the workspace."""
    bridge = await db.fetchrow(_BRIDGE, DEFAULT_WORKSPACE)
    if bridge is None:
        return [
            ("What can this token do?", "/v1/me"),
            ("Which networks can kith read?", "/v1/connectors"),
            ("Who is there?", "/v1/people?limit=5"),
        ]
    name, place = bridge["person"], encode("community", bridge["community_id"])
    person, closest = encode("person", bridge["person_id"]), encode("person", bridge["closest_id"])
    return [
        ("Which communities are there?", "/v1/communities?level=0&limit=20"),
        (
            f"Who holds {bridge['community'].split(SEPARATOR)[0]} together, and connects it with others?",
            f"/v1/communities/{place}/roles?role=connector&limit=3",
        ),
        (f"Who is close to {name}?", f"/v1/people/{person}/relationships?limit=3"),
        (f"Why is {bridge['closest']} the closest?", f"/v1/relationships/{person}/{closest}"),
    ]


# Of the connectors the one who connects most people with most other communities, and the person closest to them.
_BRIDGE = """
    SELECT c.id AS community_id, c.name AS community, i.person_id, p.name AS person, r.other_id AS closest_id,
        o.name AS closest
    FROM roles AS held
    JOIN communities c ON c.workspace_id = $1 AND c.id = held.community_id AND c.level = 0 AND c.ended_at IS NULL
    JOIN person_identities i ON i.workspace_id = $1 AND i.identity_id = held.person_id
    JOIN people p ON p.workspace_id = $1 AND p.id = i.person_id AND p.name IS NOT NULL
    JOIN LATERAL (
        SELECT other_id FROM relationships WHERE workspace_id = $1 AND person_id = i.person_id
        ORDER BY strength DESC NULLS LAST, other_id LIMIT 1
    ) AS r ON true
    JOIN people o ON o.workspace_id = $1 AND o.id = r.other_id AND o.name IS NOT NULL
    WHERE held.workspace_id = $1 AND held.role = 'connector'
    ORDER BY ((held.evidence ->> 'communities')::integer - 1) * (held.evidence ->> 'contacts')::integer DESC,
        i.person_id
    LIMIT 1
"""
