"""What ``kith up`` puts into the database: the workspace, a token in a file, the demo source."""

import os
from pathlib import Path
from uuid import UUID

from kith.cli.demo import FILE as DEMO_FILE
from kith.cli.home import DEFAULT_WORKSPACE
from kith.domain.ids import encode
from kith.domain.scopes import SCOPES
from kith.store import jobs, sources, tokens, workspaces
from kith.store.db import Db

DEMO_NAME = "Reviewers of Git (demo)"


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


async def calls(db: Db) -> list[tuple[str, str]]:
    """Three questions worth asking of what is stored, each with its path. db: bound to the workspace."""
    pair = await db.fetch(
        """
        SELECT id, name FROM people WHERE workspace_id = $1 AND name IS NOT NULL AND kind <> 'bot'
        ORDER BY interactions DESC, id LIMIT 2
        """,
        DEFAULT_WORKSPACE,
    )
    if len(pair) < 2:
        return [
            ("What can this token do?", "/v1/me"),
            ("Which networks can kith read?", "/v1/connectors"),
            ("Who is there?", "/v1/people?limit=5"),
        ]
    (first, second), (one, other) = [row["name"] for row in pair], [encode("person", row["id"]) for row in pair]
    return [
        ("Which people are most sure to be in touch again within 90 days?", "/v1/relationships?limit=3"),
        (f"Who is close to {second}, and who gives, who takes?", f"/v1/people/{other}/relationships?limit=3"),
        (
            f"What were the last acts between {first} and {second}?",
            f"/v1/relationships/{one}/{other}/interactions?limit=3",
        ),
    ]
