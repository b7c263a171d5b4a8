"""The commands as an operator with servers of their own runs them, and what they say when that fails."""

import asyncio
import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError

import asyncpg
import pytest

from kith.cli.home import DEFAULT_WORKSPACE
from kith.cli.installation import ensure_workspace
from kith.cli.servers import Servers, start_servers
from kith.domain.ids import encode
from kith.runtime.settings import SettingsError, load_settings
from kith.store import sources
from kith.store.db import Pool, workspace
from kith.store.migrate import migrate
from tests.integration.cli.test_up import Up, free_port
from tests.paths import ROOT
from tests.servers import url_of

NOWHERE = "postgresql://kith@127.0.0.1:1/kith"


@pytest.fixture
def settings(tmp_path: Path, fresh_url: str, valkey_url: str) -> dict[str, str]:
    """The variables that name servers of the operator's own."""
    return {"KITH_HOME": str(tmp_path / "home"), "KITH_DATABASE_URL": fresh_url, "KITH_REDIS_URL": valkey_url}


@pytest.fixture
def worker(settings: dict[str, str]) -> Iterator[None]:
    """What does the jobs that commands start."""
    with subprocess.Popen([sys.executable, "-m", "kith.cli", "worker"], cwd=ROOT, env=others() | settings) as worker:
        yield
        worker.terminate()


def kith(settings: dict[str, str], *words: str, said: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command. said: what the operator answers."""
    return subprocess.run(
        [sys.executable, "-m", "kith.cli", *words],
        cwd=ROOT, env=others() | settings, input=said, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def others() -> dict[str, str]:
    """The environment without settings of kith."""
    return {name: value for name, value in os.environ.items() if not name.startswith("KITH_")}


def complaint(done: subprocess.CompletedProcess[str]) -> str:
    """The one line that a command says when it cannot do what it should."""
    assert done.returncode == 1, done.stdout
    (line,) = done.stderr.splitlines()
    return line


def test_the_audit_tells_what_the_operator_did_and_whether_it_holds(settings: dict[str, str]) -> None:
    assert kith(settings, "audit", "verify").stdout.startswith("The audit holds: 0 entries.")
    kith(settings, "token", "create", "secret name", "--scope", "people:read")
    token_id = kith(settings, "token", "list").stdout.splitlines()[1].split()[0]
    kith(settings, "token", "revoke", token_id)
    holds = kith(settings, "audit", "verify").stdout.strip()
    assert holds.startswith("The audit holds: 2 entries.")
    told = asyncio.run(entries(settings["KITH_DATABASE_URL"]))
    assert [(row["actor"], row["operation"], row["object"]) for row in told] == [
        ("operator", "token create", None),
        ("operator", "token revoke", token_id),
    ]
    assert "secret name" not in str(told)
    head = holds.rpartition(" ")[2]
    assert kith(settings, "audit", "verify", "--head", head).returncode == 0
    assert "is not in it" in complaint(kith(settings, "audit", "verify", "--head", head.replace("2:", "1:")))
    asyncio.run(entries(settings["KITH_DATABASE_URL"], "DELETE FROM audit_entries WHERE number = 1"))
    assert complaint(kith(settings, "audit", "verify")) == (
        "kith: The audit does not hold at entry 1: entry 1 is missing, 2 follows."
    )


def test_workspaces_are_made_listed_marked_and_kept(settings: dict[str, str]) -> None:
    token = kith(settings, "workspaces", "create", "Press").stdout.strip()
    assert token.startswith("kpat_")
    (row,) = [line for line in kith(settings, "workspaces", "list").stdout.splitlines() if "Press" in line]
    id_ = row.split()[0]
    assert kith(settings, "workspaces", "delete", id_).stdout.startswith("It will be deleted on 20")
    assert len([line for line in kith(settings, "workspaces", "list").stdout.splitlines() if line.count("-") == 4]) == 1
    assert kith(settings, "workspaces", "keep", id_).stdout == "It stays.\n"
    assert "There is no workspace" in complaint(kith(settings, "workspaces", "delete", f"wsp_{'0' * 26}"))
    assert "is no id" in complaint(kith(settings, "workspaces", "delete", "Press"))


async def entries(url: str, statement: str = "SELECT * FROM audit_entries ORDER BY number") -> list[asyncpg.Record]:
    db = await asyncpg.connect(url)
    await db.execute(f"SET kith.workspace = '{DEFAULT_WORKSPACE}'")
    rows: list[asyncpg.Record] = await db.fetch(statement)
    await db.close()
    return rows


def test_a_token_is_made_listed_and_revoked(settings: dict[str, str]) -> None:
    made = kith(settings, "token", "create", "[red]", "--scope", "people:read", "--days", "7")
    assert made.stdout.startswith("kpat_")
    listed = kith(settings, "token", "list").stdout
    assert "[red]" in listed
    assert "people:read" in listed
    token_id = next(word for word in listed.split() if word.startswith("tok_"))
    assert kith(settings, "token", "revoke", token_id).returncode == 0
    assert token_id not in kith(settings, "token", "list").stdout
    assert complaint(kith(settings, "token", "revoke", token_id)).startswith("kith: There is no living token")


def test_a_token_that_cannot_be_is_refused(settings: dict[str, str]) -> None:
    assert "There is no scope nothing:read; there are people:read" in complaint(
        kith(settings, "token", "create", "x", "--scope", "nothing:read")
    )
    assert complaint(kith(settings, "token", "create", " ")) == "kith: Give the token a name, such as what uses it."
    assert kith(settings, "token", "create", "x", "--days", "0").returncode == 2


@pytest.mark.usefixtures("worker")
async def test_a_source_rests_goes_on_and_is_removed(settings: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "town.ndjson"
    file.write_text('{"type": "identity", "ref": {"network": "mail", "key": "ada@example.org"}, "name": "Ada"}\n')
    assert kith(settings, "sources", "add", "ndjson", "--path", str(file), "--name", "[town]").returncode == 0
    db = await asyncpg.connect(settings["KITH_DATABASE_URL"])
    source_id = encode("source", await db.fetchval("SELECT id FROM sources"))
    assert kith(settings, "sources", "pause", "[town]").stdout == "[town] is paused.\n"
    assert "paused" in kith(settings, "sources", "list").stdout
    assert complaint(kith(settings, "sources", "sync", "[town]")).startswith(
        "kith: The source '[town]' is not active (paused): 'kith sources resume'"
    )
    assert kith(settings, "sources", "resume", source_id).stdout == "[town] is active.\n"
    assert kith(settings, "sources", "sync", source_id).returncode == 0
    listed = kith(settings | {"COLUMNS": "250"}, "sources", "list").stdout.splitlines()
    assert [line.split()[0] for line in listed] == ["Name", "[town]"]
    assert listed[1].endswith(" succeeded")
    file.rename(tmp_path / "elsewhere")
    assert kith(settings, "sources", "sync", source_id).returncode == 1
    shown = kith(settings | {"COLUMNS": "250"}, "sources", "list").stdout.splitlines()[1]
    assert re.search(r" failed: .*town\.ndjson", shown), shown

    for answer in ("n\n", ""):
        assert complaint(kith(settings, "sources", "remove", "[town]", said=answer)).startswith(
            "kith: Nothing was removed"
        )
    done = kith(settings, "sources", "remove", "[town]", said="y\n")
    assert done.returncode == 0
    asked, _, told = " ".join(done.stdout.split()).partition(" [y/n] (n): ")
    assert asked == "Remove the source '[town]', its runs and its coverage? What it told of people stays."
    assert told.startswith("✓ Removing [town] (what it told stays): done")
    assert "[town]" not in kith(settings, "sources", "list").stdout
    assert await db.fetchval("SELECT name FROM people") == "Ada"
    await db.close()


def test_a_source_that_is_not_there_cannot_be_changed(settings: dict[str, str]) -> None:
    for words in (("sync",), ("pause",), ("resume",), ("remove", "--yes")):
        assert complaint(kith(settings, "sources", *words, "town")) == (
            "kith: There is no source 'town'; 'kith sources list' shows their names."
        )


async def test_a_name_that_means_two_sources_is_told(settings: dict[str, str], pool: Pool) -> None:
    async with workspace(pool, DEFAULT_WORKSPACE) as db:
        await ensure_workspace(db)
        first = await sources.create_source(db, DEFAULT_WORKSPACE, "ndjson", "town", {})
        name = encode("source", first.id)
        second = await sources.create_source(db, DEFAULT_WORKSPACE, "ndjson", name, {})
    assert "is the name of one source and the id of another" in complaint(kith(settings, "sources", "remove", name))
    assert kith(settings, "sources", "pause", encode("source", second.id)).returncode == 0
    assert kith(settings, "sources", "pause", "town").returncode == 0


@pytest.mark.parametrize("words", [("migrate",), ("up",), ("sources", "list")])
def test_a_database_that_is_away_is_one_sentence(settings: dict[str, str], words: tuple[str, ...]) -> None:
    said = complaint(kith(settings | {"KITH_DATABASE_URL": NOWHERE, "KITH_PORT": str(free_port())}, *words))
    assert said.startswith("kith: PostgreSQL cannot be used (")
    assert said.endswith("start it, correct KITH_DATABASE_URL, or run 'kith migrate'.")


@pytest.mark.parametrize("connector", ["ndjson", "mail", "git"])
def test_a_path_that_is_not_there_is_no_source(settings: dict[str, str], tmp_path: Path, connector: str) -> None:
    said = complaint(kith(settings, "sources", "add", connector, "--path", str(tmp_path / "absent")))
    assert said.startswith(f"kith: {connector}: ")
    assert "absent" in said


@pytest.mark.parametrize("part", ["api", "worker"])
@pytest.mark.parametrize(("right", "wrong"), [("postgres@", "nobody@"), ("/test_", "/nothing_")])
def test_what_the_database_does_not_let_in_ends(settings: dict[str, str], right: str, wrong: str, part: str) -> None:
    url = settings["KITH_DATABASE_URL"].replace(right, wrong)
    said = complaint(kith(settings | {"KITH_DATABASE_URL": url, "KITH_PORT": str(free_port())}, part))
    assert said.startswith("kith: PostgreSQL cannot be used (")
    assert "does not exist" in said


def test_the_api_waits_for_the_database_at_its_start(tmp_path: Path) -> None:
    home, port = tmp_path / "home", free_port()
    with start_servers(home, durable=False) as servers:
        asyncio.run(migrate(servers.database_url))
    variables = {"KITH_HOME": str(home), "KITH_PORT": str(port), "KITH_DATABASE_URL": servers.database_url}
    with subprocess.Popen(
        [sys.executable, "-m", "kith.cli", "api"], cwd=ROOT, env=others() | variables, stderr=subprocess.PIPE
    ) as api:
        assert api.stderr
        try:
            said = json.loads(api.stderr.readline())
            assert said["event"] == "waiting_for_database"
            assert said["error"].startswith("PostgreSQL cannot be used (")
            with start_servers(home, durable=False):
                until = time.monotonic() + 30
                while not answers(port):
                    assert time.monotonic() < until
                    time.sleep(0.05)
        finally:
            api.terminate()
            assert "waiting_for_database" not in api.stderr.read().decode()


def test_a_worker_waits_for_the_database_at_its_start(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with start_servers(home, durable=False) as servers:
        asyncio.run(migrate(servers.database_url))
    variables = {"KITH_DATABASE_URL": servers.database_url, "KITH_REDIS_URL": servers.redis_url}
    with subprocess.Popen(
        [sys.executable, "-m", "kith.workers"], cwd=ROOT, env=others() | variables, stderr=subprocess.PIPE
    ) as worker:
        assert worker.stderr
        try:
            assert json.loads(worker.stderr.readline())["event"] == "database_unavailable"
            with start_servers(home, durable=False):
                said = "database_unavailable"
                while said == "database_unavailable":
                    said = json.loads(worker.stderr.readline())["event"]
                assert said == "worker_ready"
        finally:
            worker.terminate()


def answers(port: int) -> bool:
    """Whether the API looks at its database and finds it migrated."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):
            return True
    except HTTPError as error:
        found: str = json.load(error)["migrations"]
        return found == "ok"
    except OSError:
        return False


def test_a_setting_that_cannot_be_is_named_without_its_secret(settings: dict[str, str]) -> None:
    said = complaint(kith(settings | {"KITH_DATABASE_URL": "mysql://kith:secret@127.0.0.1/kith"}, "up"))
    assert said.startswith("kith: KITH_DATABASE_URL: Expected `str` matching regex")
    assert said.endswith("(see docs/settings.md).")
    assert "secret" not in said


@pytest.mark.parametrize(
    ("name", "value"), [("PORT", "99999"), ("LOG_LEVEL", "loud"), ("REDIS_URL", "http://127.0.0.1")]
)
def test_what_a_setting_cannot_be(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^KITH_{name}: "):
        load_settings({f"KITH_{name}": value})


def test_variables_that_are_no_settings_are_told(settings: dict[str, str]) -> None:
    odd = settings | {"KITH_PROT": "1", "KITH_XYZ": "1", "KITH_TOKEN": "kpat_x", "KITHX": "1"}
    done = kith(odd, "doctor")
    assert done.returncode == 1
    assert "✗ Settings: KITH_PROT is none\n  Correct it: KITH_PORT may be meant.\n✓ Settings: KITH_XYZ" in done.stdout
    assert kith(settings | {"KITH_XYZ": "1"}, "doctor").returncode == 0
    for command in ("up", "api", "worker"):
        # Each goes on, to what is wrong besides.
        first, second, end = kith(
            odd | {"KITH_DATABASE_URL": "", "KITH_REDIS_URL": "redis://"}, command
        ).stderr.splitlines()
        assert (first, second) == (
            "kith: KITH_PROT is not a setting; is KITH_PORT meant?",
            "kith: KITH_XYZ is not a setting.",
        )
        assert end.startswith(("kith: Set both KITH_DATABASE_URL", "kith: No servers run here"))


def test_doctor_finds_nothing_to_do(settings: dict[str, str]) -> None:
    done = kith(settings, "doctor")
    assert done.returncode == 0, done.stdout
    for what in (
        "Python",
        "Disk",
        "Connectors",
        "PostgreSQL",
        "Clock",
        "Application",
        "PostgreSQL's disk",
        "Migrations",
        "Jobs",
        "Valkey",
    ):
        assert f"✓ {what}: " in done.stdout


def test_doctor_says_what_to_do_without_servers(settings: dict[str, str]) -> None:
    done = kith(settings | {"KITH_DATABASE_URL": NOWHERE, "KITH_REDIS_URL": "redis://127.0.0.1:1/0"}, "doctor")
    assert done.returncode == 1
    assert "✗ PostgreSQL: no answer" in done.stdout
    assert "Start it, or correct KITH_DATABASE_URL." in done.stdout
    assert "✗ Valkey: no answer" in done.stdout
    assert "Start it, or correct KITH_REDIS_URL." in done.stdout


async def test_an_empty_database_is_to_be_migrated_first(settings: dict[str, str], servers: Servers) -> None:
    server = await asyncpg.connect(servers.database_url)
    await server.execute("CREATE DATABASE bare")
    await server.execute("CREATE ROLE weak LOGIN")
    try:
        bare = settings | {"KITH_DATABASE_URL": url_of(servers.database_url, "bare")}
        done = kith(bare, "doctor")
        assert (done.returncode, "Run 'kith migrate'." in done.stdout) == (1, True)
        weak = bare | {"KITH_DATABASE_URL": bare["KITH_DATABASE_URL"].replace("postgres@", "weak@")}
        assert complaint(kith(weak, "migrate")).startswith("kith: The user of KITH_DATABASE_URL must own the schema")
        assert kith(bare, "migrate").returncode == 0
        assert kith(bare, "doctor").returncode == 0
        assert "up to date" in kith(bare, "migrate").stdout
    finally:
        await server.execute("DROP DATABASE bare")
        await server.execute("DROP ROLE weak")
        await server.close()


def test_everything_runs_beside_servers_of_ones_own(settings: dict[str, str], tmp_path: Path) -> None:
    up = Up(tmp_path / "home", "--no-demo", more=settings)
    try:
        me, _, people = up.calls()
        assert not (tmp_path / "home" / "postgres").exists()
        assert people["data"] == []
        token = kith(settings, "token", "create", "reader", "--scope", "people:read").stdout.strip()
        assert ask(up.port, "/v1/me", token)["token"]["name"] == "reader"
        assert me["workspace"] == ask(up.port, "/v1/me", token)["workspace"]
        with pytest.raises(HTTPError, match="403"):
            ask(up.port, "/v1/groups", token)
    finally:
        assert up.stop() == 0


def ask(port: int, path: str, token: str) -> dict[str, dict[str, str]]:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        found: dict[str, dict[str, str]] = json.load(answer)
    return found


def test_an_export_is_read_by_any_kith(settings: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "all.ndjson.zst"
    done = kith(settings, "export", str(file))
    assert re.fullmatch(rf"{file}: 0 records, SHA-256 [0-9a-f]{{64}}\.", done.stdout.strip()), done.stderr
    assert file.stat().st_mode & 0o077 == 0
    assert [each.name for each in tmp_path.glob("all*")] == [file.name]
    assert complaint(kith(settings, "export", str(tmp_path / "all.csv"))).endswith(".ndjson, .gz, .zst.")
