"""Archives read into a workspace as a worker does it, and what it then tells."""

from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from kith.connectors import Connector, Skip
from kith.connectors.mail import MailConfig, MailConnector
from kith.connectors.ndjson import NdjsonConfig, NdjsonConnector
from kith.store.db import workspace
from tests.integration.store.facts import Store
from tests.unit.connectors.contexts import ALONE


class Act(NamedTuple):
    """An interaction by the natural keys of what it names."""

    kind: str
    key: str
    actor: str
    at: datetime
    to: dict[str, str]
    answers: str | None
    thread: str | None
    channel: str | None
    title: str | None
    text: str | None
    visibility: str


class Reading:
    """One workspace; each path is read by a source of its own."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.skipped: list[Skip] = []

    async def read(self, *paths: Path, **config: Any) -> None:
        for path in paths:
            source = await Store.open(self.store.pool, self.store.workspace_id)
            connector: Connector = NdjsonConnector() if ".ndjson" in path.name else MailConnector()
            settings = NdjsonConfig(str(path)) if ".ndjson" in path.name else MailConfig(str(path), **config)
            async for page in connector.pull(settings, None, ALONE):
                await source.store(*page.records)
                self.skipped += page.skipped
        await self.store.project()

    async def acts(self) -> list[Act]:
        async with workspace(self.store.pool, self.store.workspace_id) as db:
            rows = await db.fetch(_ACTS, self.store.workspace_id)
        return [_act(*row) for row in rows]

    async def identities(self) -> dict[str, Any]:
        return {row["key"]: row for row in await self.store.rows("identities")}


def _act(kind: str, key: str, actor: str, at: datetime, targets: list[str], kinds: list[str], *more: Any) -> Act:
    return Act(kind, key, actor, at, dict(zip(targets, kinds, strict=True)), *more)


_ACTS = """
    SELECT i.kind, i.key, a.key AS actor, i.occurred_at,
        ARRAY(SELECT t.key FROM unnest(i.target_ids) WITH ORDINALITY AS u (id, n)
              JOIN identities t ON t.workspace_id = $1 AND t.id = u.id ORDER BY n) AS targets,
        i.target_kinds AS kinds, p.key AS answers, c.key AS thread, n.key AS channel, i.title, i.text, i.visibility
    FROM interactions i JOIN identities a ON a.workspace_id = $1 AND a.id = i.actor_id
    LEFT JOIN interactions p ON p.workspace_id = $1 AND p.id = i.reply_to
    LEFT JOIN conversations c ON c.workspace_id = $1 AND c.id = i.conversation_id
    LEFT JOIN channels n ON n.workspace_id = $1 AND n.id = i.channel_id
    WHERE i.workspace_id = $1 ORDER BY i.occurred_at, i.key
"""
