"""Git and the projects around it, as kith finds them in the demo.

``.venv/bin/python -m tests.quality.git_community``, run from the project's root, writes it into docs/demo.md. The demo
goes the way of any source: records, pages, projections, and a detection, which speaks of the last day that was read.
"""

import asyncio
import re
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

from kith.cli.demo import FILE
from kith.cli.servers import start_servers
from kith.connectors import Context
from kith.connectors.ndjson import NdjsonConfig, NdjsonConnector
from kith.domain.roles import roles as domain
from kith.projections import project
from kith.projections.ingest import Ingest
from kith.store import communities, ingest
from kith.store.communities import CommunityFilter, Role
from kith.store.db import Pool, open_pool, workspace
from kith.store.migrate import migrate
from kith.store.sources import create_source
from kith.store.workspaces import create_workspace
from tests.integration.detections import detect_in
from tests.paths import ROOT

DOCUMENT = ROOT / "docs" / "demo.md"
SHOWN = ("connector", "maven")
LARGE = 50


async def load(pool: Pool) -> UUID:
    """Store the demo in a new workspace, worked into all projections and detected; return the workspace."""
    workspace_id, id_key = uuid4(), b"the key of the demo in the docs."
    async with workspace(pool, workspace_id) as db:
        await create_workspace(db, workspace_id, "demo")
        await db.execute("UPDATE workspaces SET id_key = $2 WHERE workspace_id = $1", workspace_id, id_key)
        source = await create_source(db, workspace_id, "ndjson", "demo", {"path": str(FILE)})
    pages = Ingest(id_key)
    async for page in NdjsonConnector().pull(NdjsonConfig(path=str(FILE)), None, Context(Path())):
        async with workspace(pool, workspace_id) as db:
            await ingest.apply(db, workspace_id, source.id, None, pages.batch(page))
    left = 1
    while left:
        async with workspace(pool, workspace_id) as db:
            _, left = await project.project(db, workspace_id, datetime.now(UTC))
    async with workspace(pool, workspace_id) as db:
        await detect_in(db, workspace_id)
    return workspace_id


async def find(pool: Pool, workspace_id: UUID) -> dict[str, dict[str, list[tuple[str, Role]]]]:
    """Return for each community, the largest first, and each role shown its holders by rank, with their names."""
    found = {}
    async with workspace(pool, workspace_id) as db:
        for community in await communities.list_communities(db, workspace_id, CommunityFilter(level=0), None, 100):
            if community.size < LARGE:
                continue
            held = {role: await communities.list_roles(db, workspace_id, community.id, role, None, 3) for role in SHOWN}
            persons = [holder.person_id for rows in held.values() for holder in rows]
            names = await communities.get_living(db, workspace_id, persons)
            found[f"{community.name}, {community.size:,} people"] = {
                role: [(names[holder.person_id][1] or "", holder.roles[0]) for holder in rows]
                for role, rows in held.items()
            }
    return found


def lines(found: dict[str, dict[str, list[tuple[str, Role]]]]) -> Iterable[str]:
    """The section as it stands in the docs."""
    for community, held in found.items():
        yield f"\n**{community}**\n"
        for holders in held.values():
            for name, role in holders:
                known = domain.Role(0, role.role, role.rank, role.score, role.stability, role.evidence)  # type: ignore[arg-type]  # the table checks names
                yield f"- {domain.sentence(known, name)}"


async def section(url: str) -> str:
    await migrate(url)
    async with await open_pool(url, statement_seconds=None) as pool:
        return "\n".join(lines(await find(pool, await load(pool))))


def main() -> None:
    """Rewrite the section."""
    with tempfile.TemporaryDirectory() as home:
        Path(home).chmod(0o711)  # the account of PostgreSQL has to pass through
        with start_servers(Path(home) / "kith", durable=False) as servers:
            said = asyncio.run(section(servers.database_url))
    text = DOCUMENT.read_text()
    DOCUMENT.write_text(re.sub(r"(?s)(<!-- git -->\n).*(<!-- /git -->)", rf"\1{said}\n\n\2", text))


if __name__ == "__main__":
    main()
