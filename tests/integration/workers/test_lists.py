"""A mail is one act in the database, whichever of its archives is read, and in whatever order."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from kith.connectors import Connector
from kith.connectors.lists import ListsConnector
from kith.connectors.mail import MailConnector
from kith.connectors.testing import FaultServer
from kith.store.db import Pool
from tests.integration.store.facts import add_source
from tests.integration.workers.readings import Readings
from tests.unit.connectors.mailboxes import LIST, THREAD, mbox
from tests.unit.connectors.test_lists import serve

ARCHIVES: dict[str, Connector] = {one.name: one for one in (ListsConnector(), MailConnector())}
VERSIONS = (
    "SELECT i.key, i.kind, i.title, i.text, i.conversation_id FROM interactions i WHERE i.workspace_id = $1 ORDER BY 1"
)


@pytest.mark.parametrize("order", [("lists", "mail"), ("mail", "lists")])
async def test_a_mail_of_two_archives_is_one_act(
    pool: Pool, workspace_id: UUID, tmp_path: Path, order: tuple[str, str]
) -> None:
    mails = THREAD[:4]
    (tmp_path / "archive").write_bytes(mbox(*mails))
    readings = await Readings.open(pool, workspace_id, tmp_path / "folder", ARCHIVES)
    async with FaultServer() as server:
        config = serve(server, "/dev/", {"2024-May.txt": mbox(*mails)})
        settings: dict[str, dict[str, Any]] = {
            "lists": {"list": LIST, "archive": config.archive, "kind": "pipermail"},
            "mail": {"path": str(tmp_path / "archive"), "list": LIST},
        }
        first, second = [await add_source(pool, workspace_id, name, **settings[name]) for name in order]
        acts = await readings.read(first)
        before = await readings.rows(VERSIONS)
        assert await readings.read(second) == acts
        assert await readings.read(first) == acts
    assert acts == [
        "24-05-01 12 post Ada",
        "24-05-01 12 reply Bob > Ada",
        "24-05-01 12 reply Carl > Bob",
        "24-05-01 12 post Bob",
    ]
    assert await readings.rows(VERSIONS) == before
