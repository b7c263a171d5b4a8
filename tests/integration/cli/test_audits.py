"""Every command that changes something tells so in the audit, as the API does."""

import asyncio
from collections.abc import Iterator

import pytest
from cyclopts import App

from kith.cli.commands import app
from tests.integration.api.conftest import RECORDS
from tests.integration.cli.test_commands import kith, settings, worker
from tests.integration.cli.test_members import fetch

__all__ = ["settings", "worker"]

#: What changes nothing that is kept, or no database of a running kith.
SILENT = {
    "backup": "reads",
    "export": "reads",
    "api": "serves",
    "worker": "serves",
    "live": "serves",
    "doctor": "reads",
    "migrate": "what is there before there is an audit; the log says which migration ran when",
    "mail test": "sends a letter",
    "secrets key": "prints a key that nothing uses yet",
    "audit verify": "reads",
    "rights list": "reads",
}
SILENT_GROUPS = {"connectors", "evaluate"}  # they need no database
UP = {"up": "tests/integration/cli/test_up.py", "restore": "tests/integration/cli/test_backup.py"}

#: What an operator does, in this order; {name} stands for a column of what a list shows.
DONE = [
    ("members invite", "olga@example.org", "--role", "owner"),
    ("members invite", "theo@example.org"),
    ("members role", "{Theo}", "analyst"),
    ("members address", "{Theo}", "new@example.org"),
    ("members link", "{Theo}"),
    ("members remove", "{Theo}"),
    ("token create", "script", "--scope", "people:read"),
    ("token revoke", "{script}"),
    ("apps create", "Machine", "--kind", "machine", "--scope", "people:read"),
    ("apps rotate", "{Machine}"),
    ("apps revoke", "{Machine}"),
    ("workspaces create", "Press"),
    ("workspaces delete", "{Press}"),
    ("workspaces keep", "{Press}"),
    ("sources add", "ndjson", "--path", str(RECORDS), "--name", "records"),
    ("sources pause", "records"),
    ("sources resume", "records"),
    ("sources sync", "records"),
    ("sources remove", "records", "--yes"),
    ("rebuild",),
    ("keys rotate",),
    ("secrets rewrap",),
]


def leaves(within: App, name: str = "") -> Iterator[str]:
    for word in within:
        if word.startswith("-"):
            continue
        yield from list(leaves(within[word], f"{name}{word} ")) or [f"{name}{word}"]


def test_every_command_is_tried_or_changes_nothing() -> None:
    commands = {command for command in leaves(app) if command.split(" ")[0] not in SILENT_GROUPS}
    reads = {command for command in commands if command.endswith(" list")}
    assert commands == reads | SILENT.keys() | UP.keys() | {words[0] for words in DONE}


@pytest.mark.usefixtures("worker")
def test_every_change_is_told(settings: dict[str, str]) -> None:
    url = settings["KITH_DATABASE_URL"]
    for command, *words in DONE:
        if command == "members role":
            asyncio.run(fetch(url, THEO))
        known = {
            name: found(settings, command.split()[0], name) for word in words if (name := word.strip("{}")) != word
        }
        before = asyncio.run(told(url))
        done = kith(settings, *command.split(), *(word.format(**known) for word in words))
        assert done.returncode == 0, (command, done.stderr)
        new = asyncio.run(told(url))[len(before) :]
        assert [entry[:2] for entry in new] == [("operator", command)]
        entry = new[0]
        assert entry[2] is None or entry[2] in known.values() or command.split()[-1] in MADE, entry


MADE = {"invite", "create", "add", "pause", "resume", "sync", "remove", "rebuild"}
THEO = """
    WITH made AS (INSERT INTO sign_ins (id, name) VALUES (gen_random_uuid(), 'Theo') RETURNING id)
    INSERT INTO members (workspace_id, id, sign_in_id, role)
    SELECT '00000000-0000-0000-0000-000000000001', gen_random_uuid(), id, 'viewer' FROM made
"""


async def told(url: str) -> list[tuple[str, str, str | None]]:
    """Return the entries of all workspaces, by time."""
    rows = await fetch(url, "SELECT actor, operation, object FROM audit_entries ORDER BY occurred_at")
    return [tuple(row) for row in rows]


def found(settings: dict[str, str], noun: str, name: str) -> str:
    """Return the id that a list shows beside a name."""
    lines = kith(settings | {"COLUMNS": "300"}, noun, "list").stdout.splitlines()
    return next(line.split()[0] for line in lines if f" {name} " in f"{line} ")
