"""A backup, restored where nothing of kith is, answers the same; health speaks as the application would."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import pytest

from kith.api.app import create_app
from kith.cli.servers import Servers, postgres_program, start_servers
from kith.runtime.settings import Settings
from kith.store.policies import SHOWN
from tests.integration.api.conftest import running
from tests.integration.cli.test_commands import complaint, kith, others
from tests.integration.upgrade import village
from tests.paths import ROOT, shared
from tests.servers import url_of

CASE = "cases/api/restore-on-a-fresh-server/data.ndjson"
ASKED = (
    "/v1/people", "/v1/relationships", "/v1/interactions?q=plan", "/v1/sources", "/v1/channels", "/v1/communities",
    "/v1/topics", "/v1/decisions", "/v1/identity-suggestions", "/v1/organizations", "/v1/groups",
)  # fmt: skip
#: What the village fills, by the last word of the path.
FILLED = {
    "people",
    "relationships",
    "channels",
    "communities",
    "topics",
    "decisions",
    "roles",
    "trust",
    "health",
    "events",
}
#: What is asked of each thing that a list shows.
OF_EACH = {
    "/v1/people": ("{}", "{}/trust", "{}/roles", "{}/identities"),
    "/v1/communities": ("{}", "{}/people", "{}/roles", "{}/events", "{}/health", "{}/map"),
    "/v1/topics": ("{}",),
}


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Servers]:
    """Servers that know nothing of kith."""
    with start_servers(tmp_path / "elsewhere", durable=False) as servers:
        yield servers


@pytest.fixture
def settings(tmp_path: Path, fresh_url: str, valkey_url: str) -> dict[str, str]:
    return {"KITH_HOME": str(tmp_path / "home"), "KITH_DATABASE_URL": fresh_url, "KITH_REDIS_URL": valkey_url}


def talk(path: Path) -> Path:
    """Write what two people said to each other."""
    place = {"network": "forum", "host": "talk.example"}
    with path.open("w") as file:
        for number in range(12):
            ada, bea = ("ada", "bea") if number % 2 else ("bea", "ada")
            said = {
                "type": "interaction",
                "ref": place | {"key": f"a{number}", "kind": "message"},
                "actor": place | {"key": ada},
                "targets": [{"identity": place | {"key": bea}}],
                "channel": place | {"key": "hall"},
                "occurred_at": (datetime(2024, 1, 2, tzinfo=UTC) + timedelta(days=3 * number)).isoformat(),
                "text": f"the plan, part {number}",
                "visibility": "public",
            }
            file.write(json.dumps(said) + "\n")
    return path


def read(settings: dict[str, str], path: Path) -> str:
    """Read a file into the database; return a token."""
    with subprocess.Popen(
        [sys.executable, "-m", "kith.workers"], cwd=ROOT, env=others() | settings, stderr=subprocess.DEVNULL
    ) as worker:
        try:
            assert kith(settings, "sources", "add", "ndjson", "--path", str(path)).returncode == 0
            asyncio.run(idle(settings["KITH_DATABASE_URL"]))
        finally:
            worker.terminate()
    return kith(settings, "token", "create", "test").stdout.strip()


async def idle(url: str) -> None:
    """Wait until communities were looked for, and no job is open."""
    db = await asyncpg.connect(url)
    query = """
        SELECT EXISTS (SELECT FROM detections)
            AND NOT EXISTS (SELECT FROM jobs WHERE status IN ('queued', 'running') AND due_at < now() + '1 min')
    """
    while not await db.fetchval(query):  # noqa: ASYNC110 - another process does them
        await asyncio.sleep(0.1)
    await db.close()


def further(answers: list[Any]) -> list[str]:
    """Return the paths of what belongs to what the lists show."""
    listed = {path: body["data"] for path, (_, body) in zip(ASKED, answers, strict=True)}
    return [
        f"{path}/{form.format(thing['id'])}"
        for path, forms in OF_EACH.items()
        for thing in listed[path]
        for form in forms
    ]


async def ask(settings: dict[str, str], token: str, *paths: str) -> list[Any]:
    """Return status and body of each answer."""
    app = create_app(
        Settings(database_url=settings["KITH_DATABASE_URL"], redis_url=settings["KITH_REDIS_URL"], log_level="error")
    )
    headers = {"Authorization": f"Bearer {token}"}
    transport = httpx2.ASGITransport(app=app)
    async with running(app), httpx2.AsyncClient(transport=transport, base_url="http://kith.test") as http:
        answers = [await http.get(path, headers=headers) for path in paths]
    return [(answer.status_code, answer.json()) for answer in answers]


def program(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(postgres_program(name)), *arguments], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("from_case", [False, True])
async def test_a_backup_answers_the_same_on_a_fresh_server(
    settings: dict[str, str], elsewhere: Servers, tmp_path: Path, *, from_case: bool
) -> None:
    file = shared(CASE) if from_case else village.write(tmp_path / "village.ndjson")
    token = await asyncio.to_thread(read, settings, file)
    asked = [*ASKED, *further(await ask(settings, token, *ASKED))]
    before = await ask(settings, token, *asked)
    dump, there = tmp_path / "kith.dump", settings | {"KITH_DATABASE_URL": elsewhere.database_url}
    assert kith(settings, "backup", str(dump)).returncode == 0
    assert dump.stat().st_mode & 0o777 == 0o600
    done = kith(there, "restore", str(dump))
    assert done.returncode == 0, done.stderr
    assert "holds data of kith already" in complaint(kith(there, "restore", str(dump)))
    assert kith(there, "doctor").returncode == 0
    assert await ask(there, token, *asked) == before
    assert [status for status, _ in before] == [200] * len(asked)
    filled = {path.rpartition("/")[2] for (_, body), path in zip(before, asked, strict=True) if body.get("data")}
    assert filled >= ({"people"} if from_case else FILLED)


@pytest.mark.parametrize("user", ["postgres", "kith"])
async def test_what_lacks_its_rights_is_not_called_healthy(
    settings: dict[str, str], elsewhere: Servers, tmp_path: Path, user: str
) -> None:
    """A dump of another kind, restored by hand: the roles that its rights name are not there."""
    token = await asyncio.to_thread(read, settings, talk(tmp_path / "talk.ndjson"))
    before = await ask(settings, token, *ASKED)
    dump = str(tmp_path / "kith.dump")
    assert program("pg_dump", f"--dbname={settings['KITH_DATABASE_URL']}", "-Fc", f"--file={dump}").returncode == 0
    admin = await asyncpg.connect(elsewhere.database_url)
    await admin.execute("CREATE ROLE kith LOGIN CREATEROLE")
    await admin.execute(f"CREATE DATABASE restored OWNER {user}")
    await admin.execute("CREATE ROLE kith_app NOLOGIN; GRANT kith_app TO kith WITH ADMIN TRUE, SET TRUE")
    await admin.close()
    url = url_of(elsewhere.database_url, "restored").replace("postgres@", f"{user}@")
    there = settings | {"KITH_DATABASE_URL": url}
    said = program("pg_restore", "--no-owner", "-x", f"--dbname={url}", dump).stderr
    assert {line.partition("ERROR:")[2].strip() for line in said.splitlines() if "ERROR:" in line} == {
        'role "kith_guest" does not exist'
    }
    doctor = kith(there, "doctor")
    assert doctor.returncode == 1
    assert "no rights on activity_days" in doctor.stdout
    ((status, ready),) = await ask(there, token, "/readyz")
    assert (status, ready["ready"], ready["migrations"]) == (503, False, "unknown")
    assert ready["database"].endswith("run 'kith migrate'")
    assert kith(there, "migrate").returncode == 0
    assert kith(there, "doctor").returncode == 0
    assert (await ask(there, token, "/readyz"))[0][0] == 200
    db = await asyncpg.connect(url)
    searching = "SELECT DISTINCT pg_get_userbyid(proowner) FROM pg_proc WHERE proname LIKE 'find%' AND prosecdef"
    assert [tuple(row) for row in await db.fetch(searching)] == (
        [("kith_search",)] if user == "postgres" else [("kith",)]
    )
    bound = await db.fetch("SELECT tablename FROM pg_policies WHERE policyname = 'guest' AND schemaname = 'public'")
    await db.close()
    assert {row["tablename"] for row in bound} == set(SHOWN)
    assert await ask(there, token, *ASKED) == before


POLICIES = "SELECT * FROM pg_policies ORDER BY schemaname, tablename, policyname"


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("REVOKE SELECT ON people FROM kith_app", "no rights on people"),
        ("REVOKE INSERT ON jobs FROM kith_app", "no rights on jobs"),
        ("REVOKE SELECT ON workspace_ids FROM kith_app", "no rights on workspace_ids"),
        ("REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM kith_app", "no rights on count_hidden"),
        ("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM kith_app", " others: run"),
        ("DROP POLICY guest ON interactions", "no rights on interactions"),
        ("DROP POLICY blind ON sources", "no rights on sources"),
        ("DROP POLICY once ON sealed.channel_activity", "no rights on sealed.channel_activity"),
        ("DROP POLICY guest ON sealed.touches", "no rights on sealed.touches"),
    ],
)
async def test_a_right_that_is_lost_is_named_and_granted_again(
    settings: dict[str, str], statement: str, said: str
) -> None:
    db = await asyncpg.connect(settings["KITH_DATABASE_URL"])
    before = await db.fetch(POLICIES)
    await db.execute(statement)
    ((status, ready),) = await ask(settings, "", "/readyz")
    assert status == 503
    assert said in ready["database"]
    assert said in kith(settings, "doctor").stdout
    assert kith(settings, "migrate").returncode == 0
    assert await db.fetch(POLICIES) == before
    await db.close()
    assert (await ask(settings, "", "/readyz"))[0][0] == 200


async def test_a_password_is_on_no_command_line(settings: dict[str, str], tmp_path: Path) -> None:
    """The program that writes a backup is replaced by one that shows its arguments."""
    from kith.cli import backup

    url = settings["KITH_DATABASE_URL"].replace("postgres@", "postgres:open%20sesame@")
    address, secrets = backup._apart(url)  # the arguments of a program that ends within a second
    assert "sesame" not in address
    assert secrets == {"PGPASSWORD": "open sesame"}
    assert kith(settings | {"KITH_DATABASE_URL": url}, "backup", str(tmp_path / "kith.dump")).returncode == 0


def fill(path: Path) -> None:
    """Write until no space is left."""
    with suppress(OSError), path.open("wb", buffering=0) as file:
        while file.write(bytes(1 << 16)):
            pass


@pytest.mark.skipif(os.geteuid() != 0 or sys.platform != "linux", reason="only root mounts a small disk")
def test_a_full_disk_is_not_called_ready(tmp_path: Path, valkey_url: str) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300m", "kith", disk], check=False).returncode:
        pytest.skip("no right to mount a small disk")
    try:
        with start_servers(disk / "home", durable=False) as servers:
            settings = {
                "KITH_HOME": str(disk / "home"), "KITH_DATABASE_URL": servers.database_url,
                "KITH_REDIS_URL": valkey_url,
            }  # fmt: skip
            assert kith(settings, "migrate").returncode == 0
            assert asyncio.run(ask(settings, "", "/readyz"))[0][0] == 200
            fill(disk / "filler")
            ((status, ready),) = asyncio.run(ask(settings, "", "/readyz"))
            assert (status, ready["disk"], ready["database"]) == (503, "full", "ok")
            (disk / "filler").unlink()
            assert asyncio.run(ask(settings, "", "/readyz"))[0][0] == 200
    finally:
        subprocess.run(["umount", "--lazy", disk], check=False)
