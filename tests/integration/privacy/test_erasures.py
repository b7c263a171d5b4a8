"""Whoever was erased is in no table, no file and no answer, and comes back by no reading and no restored backup."""

import asyncio
import json
import subprocess
from base64 import urlsafe_b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from joserfc import jws
from joserfc.jwk import ECKey

from kith.cli.erasures import migrate
from kith.cli.servers import postgres_program
from kith.connectors import Claim, Identity, Page, Ref, Skip
from kith.domain.erasures import Mark
from kith.projections import erasures as projections
from kith.projections.ingest import Ingest
from kith.runtime import journal
from kith.runtime.settings import Settings
from kith.store import erasures, ingest, jobs, keys, runs, suppressions
from kith.store.db import open_pool, workspace
from tests.integration.privacy.conftest import EVE, PLANTED, Village, said, village
from tests.integration.store.facts import CURSOR, Store
from tests.servers import fresh_database


async def begin(home: Village) -> Any:
    """Read the village; return whom Eve is."""
    await home.store.store(*village())
    await home.store.project()
    assert len({line.partition(": ")[2] for line in await home.found(*PLANTED)}) == len(PLANTED)
    return await home.person_of(EVE)


async def test_a_person_who_was_erased_is_in_no_table_and_comes_back_by_no_reading(home: Village) -> None:
    person = await begin(home)
    await home.erase(person)
    assert await home.found(*PLANTED) == []
    told = await home.value("SELECT text FROM interactions WHERE workspace_id = $1 AND key = '2'")
    assert told == "someone: someone or someone. Eve knows."
    told = await home.value("SELECT text FROM interactions WHERE workspace_id = $1 AND key = '4'")
    assert told == "The quill_spell birds fly."
    assert [difference for difference in (await home.store.rebuild()).values() if any(difference)] == []
    before = await home.store.everything()
    await home.store.store(*village())
    assert await home.store.everything() == before
    assert await home.found(*PLANTED) == []


async def test_what_claims_and_errors_say_of_her_later_says_someone(home: Village) -> None:
    await home.erase(await begin(home))
    ada, bob = (Ref("chat", name, "talk.example") for name in ("ada", "bob"))
    claim = Claim(ada, bob, "profile_link", "says Evelyn Quillfeather")
    skip = Skip("card of Evelyn Quillfeather", "bad_card", "@quillspell has no date", PLANTED[1])
    batch = Ingest(home.store.id_key).batch(Page((claim,), CURSOR, (skip,)))
    async with workspace(home.store.pool, home.store.workspace_id) as db:
        job_id = await jobs.ask_sync(db, home.store.workspace_id, home.store.source_id)
        run_id = await runs.open_run(db, home.store.workspace_id, home.store.source_id, job_id)
        await ingest.apply(db, home.store.workspace_id, home.store.source_id, run_id, batch)
        (error,) = await runs.list_run_errors(db, home.store.workspace_id, run_id, 0, 2)
    assert await home.found(*PLANTED) == []
    assert (error.place, error.reason, error.raw) == ("card of someone", "someone has no date", "someone")
    assert await home.value("SELECT evidence FROM claims WHERE workspace_id = $1") == "says someone"


async def test_another_account_with_her_address_is_she_and_goes_with_what_it_did(home: Village) -> None:
    await home.erase(await begin(home))
    other = Ref("code", "4711")
    await home.store.store(Identity(other, "person", name="E. Quill"))
    assert await home.found("E. Quill") != []
    await home.store.store(Identity(other, "person", name="E. Quill", address=PLANTED[1], seen_at=datetime.now(UTC)))
    job = await home.value(
        "SELECT id FROM jobs WHERE workspace_id = $1 AND kind = 'erase' AND status = 'queued' ORDER BY id DESC LIMIT 1"
    )
    await home.run(job)
    await home.store.store(Identity(other, "person", name="E. Quill"))
    assert await home.found("E. Quill", PLANTED[1]) == []


async def test_an_address_that_somebody_else_has_too_is_not_held_against_them(home: Village) -> None:
    ann, ben = (Ref("chat", name, "talk.example") for name in ("ann", "ben"))
    told = (
        Identity(ann, "person", name="Ann Marsh", address="both@moor.example"),
        Identity(ben, "person", name="Ben Marsh", address="both@moor.example"),
        said("1", ben, "Write to both@moor.example or to Ann Marsh.", ann),
    )
    await home.store.store(*told)
    one = await home.value("SELECT id FROM identities WHERE workspace_id = $1 AND key = $2", ann.key)
    async with workspace(home.store.pool, home.store.workspace_id) as db:
        _, job_id = await erasures.ask(db, home.store.workspace_id, None, [one], "asked", "test")
    await home.run(job_id)
    await home.store.store(*told)
    assert [row["key"] for row in await home.store.rows("identities")] == [ben.key]
    (act,) = await home.store.rows("interactions")
    assert (act["text"], act["target_ids"]) == ("Write to both@moor.example or to someone.", [])


async def test_in_a_large_workspace_titles_and_names_follow_with_the_files(
    home: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projections, "SMALL", 0)
    await home.erase(await begin(home))
    left = {line.partition(": ")[0] for line in await home.found(*PLANTED)}
    assert left == {"channels", "conversations"}
    await home.rewrite()
    assert await home.found(*PLANTED) == []


async def test_the_files_wait_for_counts_and_for_whoever_still_sees_her(home: Village, database_url: str) -> None:
    await home.erase(await begin(home))
    files = await home.queued("erase_files")

    async def waits_for() -> str | None:
        error = (await home.tried(files)).error
        return None if error is None else error["code"]

    assert await waits_for() == "not_recounted"
    await home.recount()
    async with reading(home.ground.database_url):
        assert await waits_for() == "held_back"
    async with reading(database_url):
        await home.run(files)


@asynccontextmanager
async def reading(url: str | None) -> AsyncIterator[None]:
    """Keep a transaction open that sees what is there now."""
    db = await asyncpg.connect(url)
    try:
        async with db.transaction(isolation="repeatable_read"):
            await db.execute("SELECT FROM pg_class")
            yield
    finally:
        await db.close()


async def test_the_receipt_names_nobody_and_dates_both_stages(home: Village) -> None:
    erasure_id = await home.erase(await begin(home))
    await home.rewrite()
    async with workspace(home.store.pool, home.store.workspace_id) as db:
        erasure = await erasures.get_erasure(db, home.store.workspace_id, erasure_id)
        key = await keys.current(db)
    assert erasure is not None
    assert key is not None
    assert erasure.receipt is not None
    assert erasure.status == "erased"
    signed = jws.deserialize_compact(erasure.receipt, ECKey.import_key(key.public))
    told = json.loads(signed.payload)
    assert told["hidden_at"] <= told["erased_at"]
    assert told["erased"]["identities"] == 3
    assert told["erased"]["interactions"] == 2
    assert told["erased"]["texts"] == 4
    assert any("Backups" in sentence for sentence in told["not_erased"])
    assert not any(
        text.encode() in urlsafe_b64decode(part + "==") for part in erasure.receipt.split(".") for text in PLANTED
    )


async def test_a_backup_from_before_the_erasure_brings_nobody_back(
    home: Village, database_url: str, tmp_path: Path
) -> None:
    person, dump = await begin(home), tmp_path / "kith.dump"
    assert home.ground.database_url
    await program("pg_dump", home.ground.database_url, "--format=custom", f"--file={dump}")
    await home.erase(person)
    assert not any(text.lower() in home.path.read_text().lower() for text in PLANTED)
    async with fresh_database(database_url) as url:
        await program("pg_restore", url, "--clean", "--exit-on-error", str(dump))
        async with await open_pool(url) as pool:
            again = Village(
                Store(pool, home.store.workspace_id, home.store.source_id, home.store.id_key),
                replace(home.ground, database_url=url),
            )
            assert {line.partition(": ")[2] for line in await again.found(*PLANTED)} == set(PLANTED)
            settings = Settings(home=tmp_path, erasure_journal=home.path)
            assert await migrate(settings, url) == ([], 1)
            assert await migrate(settings, url) == ([], 0)
            job = "SELECT id FROM jobs WHERE workspace_id = $1 AND kind = 'erase' AND status = 'queued'"
            await again.run(await again.value(job))
            assert await again.found(*PLANTED) == []
            await again.store.store(*village())
            await again.store.project()
            assert await again.found(*PLANTED) == []


async def program(name: str, url: str, *arguments: str) -> None:
    command = [str(postgres_program(name)), f"--dbname={url}", *arguments]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


async def test_a_line_that_breaks_off_spoils_no_other(home: Village) -> None:
    entry = journal.Entry("wsp_1", "ers_1", datetime.now(UTC), {"identity": ["00"]})
    journal.append(home.path, entry)
    whole = home.path.read_bytes()
    for cut in range(len(whole)):
        home.path.write_bytes(whole[:cut])
        journal.append(home.path, entry)
        assert journal.read(home.path) == [entry]
    home.path.write_bytes(whole[:-2] + b"\n")
    with pytest.raises(journal.JournalError, match="line 1"):
        journal.read(home.path)


async def test_marks_of_one_workspace_say_nothing_of_another(home: Village) -> None:
    async with workspace(home.store.pool, home.store.workspace_id) as db:
        marks = await suppressions.marks_of(db, home.store.workspace_id)
    other = type(marks)(bytes(32))
    assert marks.address(PLANTED[1]) != other.address(PLANTED[1])
    assert marks.redactor([Mark("address", other.address(PLANTED[1]))])(PLANTED[1]) == PLANTED[1]
