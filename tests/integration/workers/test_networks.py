"""What networks tell, from the connector to the database: who answers whom, and nothing twice."""

import json
import zipfile
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from kith.connectors import Connector
from kith.connectors.github import GitHubConnector
from kith.connectors.irc import IrcConnector
from kith.connectors.slack import SlackConnector
from kith.connectors.stackexchange import StackExchangeConnector
from kith.connectors.testing import FaultServer, given_json
from kith.store.db import Pool
from tests.integration.store.facts import add_source
from tests.integration.workers.readings import Readings
from tests.paths import shared

NETWORKS: dict[str, Connector] = {
    one.name: one for one in (GitHubConnector(), IrcConnector(), SlackConnector(), StackExchangeConnector())
}


@pytest.fixture
async def readings(pool: Pool, workspace_id: UUID, tmp_path: Path) -> Readings:
    return await Readings.open(pool, workspace_id, tmp_path / "folder", NETWORKS)


async def add(readings: Readings, connector: str, **config: Any) -> UUID:
    return await add_source(readings.store.pool, readings.store.workspace_id, connector, **config)


async def test_a_real_export_is_stored_whole_and_once(readings: Readings) -> None:
    path = shared("samples/slack-export/export.zip")
    source = await add(readings, "slack", export=str(path))
    acts = await readings.read(source)
    assert await readings.skips() == []
    with zipfile.ZipFile(path) as file:
        messages = [one for name in file.namelist() if "/20" in name for one in json.loads(file.read(name))]
    kept = [one for one in messages if one.get("subtype") not in ("bot_add", "channel_join", "file_comment")]
    assert sum(" message " in act for act in acts) == len(kept)
    assert await readings.read(await add(readings, "slack", export=str(path))) == acts


async def test_who_answers_whom_is_found_whatever_comes_first(readings: Readings, tmp_path: Path) -> None:
    users = [{"id": f"U{number}", "team_id": "T1", "updated": 1, "real_name": name} for number, name in enumerate("ab")]
    root, reply = "1700000000.000001", "1700000060.000001"
    said = {"type": "message", "thread_ts": root}
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("users.json", json.dumps(users))
        file.writestr("channels.json", json.dumps([{"id": "C1", "name": "general"}]))
        first, second = (
            {**said, "user": "U1", "ts": reply, "text": "Yes"},
            {**said, "user": "U0", "ts": root, "text": "So?"},
        )
        file.writestr("general/2023-11-14.json", json.dumps([first, second]))
    acts = await readings.read(await add(readings, "slack", export=str(path)))
    assert acts == ["23-11-14 22 message a", "23-11-14 22 reply b > a"]


async def test_answers_and_comments_of_a_dump_are_towards_the_authors(readings: Readings, tmp_path: Path) -> None:
    rows = {
        "Users": [
            f'<row Id="{id_}" DisplayName="{name}" LastAccessDate="2024-01-01T00:00:00" />'
            for id_, name in ((1, "a"), (2, "b"), (3, "c"))
        ],
        "Posts": [
            '<row Id="1" PostTypeId="1" AcceptedAnswerId="2" OwnerUserId="1" '
            'CreationDate="2024-01-01T00:00:00" Body="?" />',
            '<row Id="2" PostTypeId="2" ParentId="1" OwnerUserId="2" CreationDate="2024-01-02T00:00:00" Body="!" />',
        ],
        "Comments": ['<row Id="1" PostId="2" UserId="3" CreationDate="2024-01-03T00:00:00" Text="Thanks" />'],
    }
    for name, lines in rows.items():
        (tmp_path / f"{name}.xml").write_text("\n".join(["<x>", *lines, "</x>"]))
    acts = await readings.read(await add(readings, "stackexchange", site="x.org", dump=str(tmp_path)))
    assert acts == [
        "24-01-01 00 question a", "24-01-02 00 accept a > b", "24-01-02 00 answer b > a", "24-01-03 00 comment c > b",
    ]  # fmt: skip


async def test_a_server_is_read_by_the_worker(readings: Readings) -> None:
    def by(id_: int) -> dict[str, Any]:
        return {"id": id_, "login": "abc"[id_ - 1], "type": "User"}

    when = {"created_at": "2024-01-01T00:00:00Z", "updated_at": "2024-01-01T00:00:00Z"}
    issue = {"number": 1, "user": by(1), "title": "T", "body": "cc @c", **when}
    comment = {"id": 5, "user": by(2), "body": "Yes", "html_url": "https://github.com/a/b/issues/1#x", **when}
    async with FaultServer() as server:
        server.on("/repos/a/b", given_json({"id": 7, "full_name": "a/b"}))
        server.on("/repos/a/b/issues", given_json([issue]))
        server.on("/repos/a/b/issues/comments", given_json([{**comment, "issue_url": "https://x.org/issues/1"}]))
        server.on("/repos/a/b/pulls/comments", given_json([]))
        server.on("/users/c", given_json(by(3)))
        source = await add(readings, "github", repositories=["a/b"], api=server.url())
        acts = await readings.read(source)
        assert await readings.read(source) == acts
    assert acts == ["24-01-01 00 comment b > a", "24-01-01 00 post a > @3"]


async def test_a_real_log_is_stored_whole_and_once(readings: Readings) -> None:
    path = shared("samples/perceval-fixtures/supybot/supybot_2012_10_18.log")
    source = await add(readings, "irc", path=str(path), network="irc.example.org", channel="#ceph")
    acts = await readings.read(source)
    assert len(acts) == sum("is now known as" not in line for line in path.read_text().splitlines())
    assert await readings.read(source) == acts
