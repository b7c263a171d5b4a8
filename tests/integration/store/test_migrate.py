"""Migrations: each once, in order, by one process at a time; a clear word where database and files do not fit."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from kith.store import migrate
from kith.store.migrate import Migration, MigrationError
from tests.servers import url_of

SHIPPED = migrate.migrations()


async def test_only_the_first_of_many_migrates(fresh_url: str) -> None:
    name = "empty_" + fresh_url.split("test_")[1][:8]
    admin = await asyncpg.connect(url_of(fresh_url, "postgres"))
    await admin.execute(f"CREATE DATABASE {name}")
    try:
        url = url_of(fresh_url, name)
        applied = await asyncio.gather(*(migrate.migrate(url) for _ in range(3)))
        assert sorted(map(len, applied)) == [0, 0, len(migrate.migrations())]
    finally:
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await admin.close()


async def test_nothing_is_pending_after_migrating(fresh_url: str) -> None:
    db = await asyncpg.connect(fresh_url)
    assert await migrate.pending(db) == []
    await db.close()


async def test_a_changed_file_is_refused(fresh_url: str) -> None:
    db = await asyncpg.connect(fresh_url)
    await db.execute("UPDATE migrations SET checksum = 'x' WHERE name LIKE '%_work'")
    await db.close()
    with pytest.raises(MigrationError, match="202611220610_work has changed since it was applied"):
        await migrate.migrate(fresh_url)


async def test_a_database_of_the_future_is_refused(fresh_url: str) -> None:
    db = await asyncpg.connect(fresh_url)
    await db.execute("INSERT INTO migrations (name, checksum) VALUES ('299901010000_wonders', 'x')")
    await db.close()
    with pytest.raises(MigrationError, match="newer than this version of kith"):
        await migrate.migrate(fresh_url)


async def _add(url: str, monkeypatch: pytest.MonkeyPatch, sql: str) -> list[str]:
    monkeypatch.setattr(migrate, "migrations", lambda: [*SHIPPED, Migration("299901010000_new", "x", sql)])
    return await migrate.migrate(url)


async def test_a_migration_that_fails_leaves_nothing_behind(fresh_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MigrationError, match=r"299901010000_new failed and was undone: .*nowhere"):
        await _add(fresh_url, monkeypatch, "CREATE TABLE half (n integer); SELECT * FROM nowhere")
    db = await asyncpg.connect(fresh_url)
    assert await db.fetchval("SELECT to_regclass('half')") is None
    await db.close()
    assert await _add(fresh_url, monkeypatch, "CREATE TABLE half (n integer)") == ["299901010000_new"]


async def test_a_migration_does_not_wait_behind_a_long_transaction(
    fresh_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = await asyncpg.connect(fresh_url)
    async with db.transaction():
        await db.execute("SELECT * FROM people")
        with pytest.raises(MigrationError, match="could not lock a table within 4 s"):
            await _add(fresh_url, monkeypatch, "ALTER TABLE people ADD COLUMN n integer")
    await db.close()


@asynccontextmanager
async def database_before(fresh_url: str, migration: str) -> AsyncIterator[str]:
    """Yield the address of a database that lacks this migration and all behind it."""
    name = "before_" + fresh_url.split("test_")[1][:8]
    admin = await asyncpg.connect(url_of(fresh_url, "postgres"))
    await admin.execute(f"CREATE DATABASE {name}")
    url = url_of(fresh_url, name)
    try:
        db = await asyncpg.connect(url)
        await migrate._prepare(db)
        for one in SHIPPED:
            if one.name < migration:
                await migrate._apply(db, one)
        await db.close()
        yield url
    finally:
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await admin.close()


async def test_stored_words_are_respelled_in_every_workspace(fresh_url: str) -> None:
    async with database_before(fresh_url, "202611291815") as url:
        db = await asyncpg.connect(url)
        homes = [uuid4(), uuid4()]
        for home in homes:
            await db.execute("SELECT set_config('kith.workspace', $1, false)", str(home))
            await db.execute("INSERT INTO workspaces VALUES ($1, 'old', 'key')", home)
            for status in ("active", "paused", "reauthorise", "deleting"):
                await db.execute(
                    "INSERT INTO sources (workspace_id, id, connector, name, config, status)"
                    " VALUES ($1, $2, 'git', $3, '{}', $3)",
                    home, uuid4(), status,
                )  # fmt: skip
            for code in ("reauthorise", "forbidden_place", "fatal"):
                await db.execute(
                    "INSERT INTO jobs (workspace_id, id, kind, error)"
                    " VALUES ($1, $2, 'sync', jsonb_build_object('code', $3::text, 'detail', 'why'))",
                    home, uuid4(), code,
                )  # fmt: skip
        await db.close()
        await migrate.migrate(url)
        db = await asyncpg.connect(url)
        for home in homes:
            await db.execute("SELECT set_config('kith.workspace', $1, false)", str(home))
            statuses = await db.fetch("SELECT status FROM sources WHERE workspace_id = $1", home)
            assert {row["status"] for row in statuses} == {"active", "paused", "reauthorize", "deleting"}
            errors = await db.fetch("SELECT error FROM jobs WHERE workspace_id = $1 AND kind = 'sync'", home)
            assert {row["error"] for row in errors} == {
                f'{{"code": "{code}", "detail": "why"}}' for code in ("reauthorize", "forbidden_location", "fatal")
            }
        await db.close()


def scoped(home: UUID, id_: UUID) -> dict[str, dict[str, Any]]:
    """Return a row of each table with scopes, without them."""
    now = datetime.now(UTC)
    of_app = {"workspace_id": home, "app_id": id_}
    code = of_app | {"family_id": id_, "grant_id": id_, "hash": id_.bytes, "resources": [], "expires_at": now}
    return {
        "tokens": {"workspace_id": home, "id": id_, "hash": id_.bytes, "name": "old"},
        "apps": {"id": id_, "name": "old", "kind": "browser"},  # it registered itself
        "app_approvals": of_app | {"author": "old"},
        "grants": of_app | {"id": id_},
        "authorization_codes": code | {"redirect_uri": "", "challenge": "", "signed_in_at": now},
        "app_tokens": code | {"id": id_, "kind": "refresh", "begun_at": now},
    }


async def test_who_could_read_acts_goes_on_to_read_all_of_them(fresh_url: str) -> None:
    known = {uuid4(): ["interactions:read", "people:read"], uuid4(): ["people:read"], uuid4(): ["jobs:read"]}
    async with database_before(fresh_url, "202611300445") as url:
        db, home = await asyncpg.connect(url), uuid4()
        await db.execute("SELECT set_config('kith.workspace', $1, false)", str(home))
        await db.execute("INSERT INTO workspaces VALUES ($1, 'old', 'key')", home)
        for id_, scopes in known.items():
            for table, columns in scoped(home, id_).items():
                row = columns | {"scopes": scopes}
                places = ", ".join(f"${number}" for number in range(1, len(row) + 1))
                await db.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})", *row.values())
        await db.close()
        await migrate.migrate(url)
        db = await asyncpg.connect(url)
        for table in scoped(home, home):
            found = {tuple(row["scopes"]) for row in await db.fetch(f"SELECT scopes FROM {table}")}
            private = "sources:private:read"
            assert found == {
                ("interactions:read", "interactions:text:read", "people:read", private),
                ("people:read", private),
                ("jobs:read",),
            }
        forced = "SELECT count(*) FROM pg_class WHERE relname = ANY ($1) AND relrowsecurity AND relforcerowsecurity"
        assert await db.fetchval(forced, list(scoped(home, home))) == len(scoped(home, home))
        await db.close()
