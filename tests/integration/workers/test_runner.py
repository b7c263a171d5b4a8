"""What becomes of a job, whatever its connector does."""

import asyncio
import errno
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest

from kith.connectors import (
    Context,
    Fatal,
    Interaction,
    InteractionRef,
    Limits,
    LocalPath,
    Page,
    Reauthorize,
    Record,
    Retry,
    Tombstone,
)
from kith.domain.strength.model import shipped
from kith.store import corrections, ingest, jobs, sources
from kith.store.db import workspace
from kith.workers import sync, work
from kith.workers.runner import LONGEST_WAIT
from tests.integration.store.facts import DAY, Store, act, act_ref, identity, mailmap, who
from tests.integration.workers.conftest import Office, Scripted, page


async def test_a_sync_stores_its_pages_and_says_what_it_did(office: Office) -> None:
    office.connector.script = [page(*(act(str(n)) for n in range(5))), page(act("1"), act("9"))]
    row = await office.run(await office.enqueue())
    assert (row["status"], row["done"], row["unit"]) == ("succeeded", 7, "records")
    assert row["result"] == {"pages": 2, "records": 7, "added": 6, "changed": 0, "deleted": 0, "skipped": 0}
    assert await office.value("SELECT cursor FROM cursors WHERE workspace_id = $1") == "2"
    project = await office.value("SELECT id FROM jobs WHERE workspace_id = $1 AND kind = 'project'")
    assert (await office.run(project))["status"] == "succeeded"
    assert await office.store.count("people") == 2


async def test_small_pages_that_come_fast_are_stored_as_one_and_what_takes_back_by_itself(office: Office) -> None:
    gone = Tombstone(act_ref("3"), "withdrawn")
    read = asyncio.Event()

    async def ended() -> None:
        read.set()

    office.connector.script = [*(page(act(str(n))) for n in range(8)), page(gone), page(act("3")), ended]
    job_id = await office.enqueue()
    async with workspace(office.store.pool, office.store.workspace_id) as db:
        await ingest.lock(db, office.store.workspace_id, alone=True)  # nothing can be stored yet
        task = office.runner.start(office.store.workspace_id, job_id)
        await read.wait()
    await task
    result = (await office.row(job_id))["result"]
    assert (result["pages"], result["records"]) == (10, 10)
    told_again = [row["key"] for row in await office.store.rows("interactions") if row["key"] == act_ref("3").key]
    assert told_again, "what was told after it had been withdrawn counts"
    together = await office.value(
        "SELECT max(n) FROM (SELECT count(*) AS n FROM interactions WHERE workspace_id = $1 GROUP BY xmin) AS each"
    )
    assert together >= 5


async def test_what_the_network_asks_to_wait_for_is_waited_for(office: Office) -> None:
    office.connector.script = [page(act("1")), Retry("slow down", after=timedelta(hours=1)), page(act("2"))]
    job_id = await office.enqueue()
    row = await office.run(job_id)
    assert (row["status"], row["error"]["code"]) == ("queued", "retry")
    wait = await office.value("SELECT due_at - now() FROM jobs WHERE workspace_id = $1 AND id = $2", job_id)
    assert timedelta(minutes=59) < wait < timedelta(minutes=61)
    assert await office.store.count("interactions") == 1
    await office.make_due(job_id)
    assert (await office.run(job_id))["status"] == "succeeded"
    assert await office.store.count("interactions") == 2
    assert await office.value("SELECT count(*) FROM runs WHERE workspace_id = $1 AND finished_at IS NOT NULL") == 1


async def test_waiting_as_the_network_asks_uses_up_no_attempt(office: Office) -> None:
    slow = [Retry("slow down", after=timedelta(hours=1)) for _ in range(12)]
    office.connector.script = [*slow, page(act("1"))]
    job_id = await office.enqueue()
    for _ in slow:
        office.connector.script = office.connector.script[-1:] if not slow else [slow.pop(), page(act("1"))]
        assert (await office.run(job_id))["status"] == "queued"
        await office.make_due(job_id)
    assert (await office.run(job_id))["status"] == "succeeded"


async def test_lost_credentials_end_the_job_and_hold_the_source(office: Office) -> None:
    office.connector.script = [Reauthorize("the token was withdrawn")]
    row = await office.run(await office.enqueue())
    assert (row["status"], row["error"]) == (
        "failed", {"code": "reauthorize", "detail": "the token was withdrawn"},
    )  # fmt: skip
    assert await office.value("SELECT status FROM sources WHERE workspace_id = $1 AND connector = 'scripted'") == (
        "reauthorize"
    )


async def test_what_cannot_succeed_is_not_repeated(office: Office) -> None:
    office.connector.script = [Fatal("no such repository")]
    row = await office.run(await office.enqueue())
    assert (row["status"], row["error"]["code"], row["attempt"]) == ("failed", "fatal", 1)


async def test_a_fault_of_a_connector_is_tried_again_from_the_last_page(office: Office) -> None:
    office.connector.script = [page(act("1")), KeyError("\0 oops \ud800"), page(act("2"))]
    job_id = await office.enqueue()
    row = await office.run(job_id)
    assert (row["status"], row["error"]["code"]) == ("queued", "fault")
    assert "KeyError" in row["error"]["detail"]
    await office.make_due(job_id)
    assert (await office.run(job_id))["result"]["added"] == 2


async def test_what_the_database_refuses_is_told_and_the_rest_is_kept(office: Office) -> None:
    bad = [Interaction(InteractionRef("ma\0il", f"bad{n}", "message"), who("ada"), DAY) for n in range(2)]
    first = [act(f"a{n}") for n in range(20)]
    second = [act(f"b{n}", "eve", ["fay"]) for n in range(20)]
    office.connector.script = [
        page(*first), page(*second[:7], bad[0], *second[7:], bad[1]), page(bad[0]), page(act("c", "eve", ["fay"])),
    ]  # fmt: skip
    job_id = await office.enqueue()
    while (row := await office.run(job_id))["status"] == "queued":
        assert row["attempt"] == 0
    assert (row["status"], row["error"]) == ("succeeded", None)
    assert {name: row["result"][name] for name in ("pages", "records", "added", "skipped")} == {
        "pages": 4, "records": 44, "added": 41, "skipped": 3,
    }  # fmt: skip
    errors = await office.store.rows("run_errors")
    assert {(error["place"], error["code"]) for error in errors} == {
        ("interaction bad0", "refused"), ("interaction bad1", "refused"),
    }  # fmt: skip
    assert all("0x00" in error["reason"] for error in errors)
    assert {row["key"] for row in await office.store.rows("identities")} >= {
        f"{name}@example.org" for name in ("eve", "fay")
    }
    assert not any(any(difference) for difference in (await office.store.rebuild()).values())


async def test_large_pages_are_stored_one_by_one_and_not_read_far_ahead(office: Office) -> None:
    asked = asyncio.Event()

    async def ask() -> None:
        asked.set()

    large = [page(*(act(f"{n}.{part}", text="x" * 1_000_000) for part in range(9))) for n in range(4)]
    office.connector.script = [*large[:2], ask, *large[2:]]
    job_id = await office.enqueue()
    async with workspace(office.store.pool, office.store.workspace_id) as db:
        await ingest.lock(db, office.store.workspace_id, alone=True)  # nothing can be stored yet
        task = office.runner.start(office.store.workspace_id, job_id)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asked.wait(), 1)
    await task
    assert asked.is_set()
    assert (await office.row(job_id))["result"]["added"] == 36


async def test_a_source_that_is_paused_stops_at_the_next_page(office: Office) -> None:
    async def pause() -> None:
        await office.stored(1)
        await office.set_status("paused")

    office.connector.script = [page(act("1")), pause, page(act("2"))]
    row = await office.run(await office.enqueue())
    assert row["status"] == "canceled"
    assert await office.store.count("interactions") == 1
    assert await office.value("SELECT cursor FROM cursors WHERE workspace_id = $1") == "1"


async def test_a_job_that_is_canceled_stops_at_the_next_page(office: Office) -> None:
    job_id = await office.enqueue()

    async def cancel() -> None:
        await office.stored(1)
        await office.value("UPDATE jobs SET cancel = true WHERE workspace_id = $1 AND id = $2", job_id)

    office.connector.script = [page(act("1")), cancel, page(act("2"))]
    assert (await office.run(job_id))["status"] == "canceled"
    assert await office.store.count("interactions") == 1


async def test_a_worker_that_must_end_gives_its_job_back_after_the_page(office: Office, tmp_path: Path) -> None:
    started = asyncio.Event()

    async def wait() -> None:
        started.set()
        await asyncio.sleep(0.5)  # longer than pages are gathered that come shortly after one another

    office.connector.script = [page(act("1")), wait, page(act("2")), wait, page(act("3")), wait, page(act("4"))]
    job_id = await office.enqueue()
    task = office.runner.start(office.store.workspace_id, job_id)
    await started.wait()
    await office.runner.stop(5)
    assert task.done()
    row = await office.row(job_id)
    stored = await office.store.count("interactions")
    assert (row["status"], row["attempt"]) == ("queued", 0)
    assert 1 <= stored < 4
    assert (await Office(office.store, office.connector, tmp_path).run(job_id))["status"] == "succeeded"
    assert await office.store.count("interactions") == 4


async def test_a_connector_that_hangs_does_not_hold_up_the_end(office: Office) -> None:
    started = asyncio.Event()

    async def hang() -> None:
        started.set()
        await asyncio.sleep(3600)

    office.connector.script = [hang]
    job_id = await office.enqueue()
    office.runner.start(office.store.workspace_id, job_id)
    await started.wait()
    await asyncio.wait_for(office.runner.stop(0.1), 3)
    assert (await office.row(job_id))["status"] == "queued"


async def test_a_job_that_nobody_can_do_says_so(office: Office) -> None:
    unknown = await office.enqueue("dance")  # type: ignore[arg-type]  # as a newer version may have asked for
    assert (await office.run(unknown))["error"]["code"] == "unknown_kind"
    await office.value("UPDATE sources SET connector = 'gone' WHERE workspace_id = $1")
    assert (await office.run(await office.enqueue()))["error"]["code"] == "unknown_connector"


async def test_settings_that_do_not_fit_are_told_by_name(office: Office, tmp_path: Path) -> None:
    class Settings(msgspec.Struct, frozen=True):
        path: str

    class Strict(Scripted):
        Config = Settings

    row = await Office(office.store, Strict(), tmp_path).run(await office.enqueue())
    assert row["error"]["code"] == "bad_config"
    assert "path" in row["error"]["detail"]


WAIT = "SELECT due_at - now() FROM jobs WHERE workspace_id = $1 AND id = $2"
ABSENCES = [
    asyncpg.DiskFullError("could not extend file: No space left on device"),
    asyncpg.OutOfMemoryError("out of memory"),
    asyncpg.TooManyConnectionsError("sorry, too many clients already"),
    asyncpg.CannotConnectNowError("the database system is starting up"),
    asyncpg.AdminShutdownError("terminating connection"),
    asyncpg.ConnectionDoesNotExistError("connection was closed"),
    ConnectionRefusedError(111, "Connection refused"),
]
LOCAL = [
    OSError(errno.ENOSPC, "No space left on device"),
    OSError(errno.EDQUOT, "Disk quota exceeded"),
    Retry("the network does not answer"),
]


@pytest.mark.parametrize("absence", [*ABSENCES, *LOCAL], ids=lambda error: type(error).__name__)
async def test_absence_uses_up_no_attempt_and_waits_ever_longer(office: Office, absence: Exception) -> None:
    job_id = await office.enqueue()
    waits = []
    for _ in range(12):
        if absence in LOCAL:
            office.connector.script = [absence, page(act("1"))]
            row = await office.run(job_id)
        else:
            row = await office.end(job_id, absence)
        assert (row["status"], row["attempt"]) == ("queued", 0)
        assert row["error"]["code"] in ("database_unavailable", "disk_full", "retry")
        assert "No space left on device" not in row["error"]["detail"]
        waits.append(await office.value(WAIT, job_id))
        await office.make_due(job_id)
    assert waits[4] > waits[1]
    assert waits[8] > waits[5]
    assert timedelta(seconds=LONGEST_WAIT / 2 - 1) < waits[-1] <= timedelta(seconds=LONGEST_WAIT)
    office.connector.script = [page(act("1"))]
    row = await office.run(job_id)
    assert (row["status"], row["absences"]) == ("succeeded", 0)


async def test_killed_workers_use_up_no_attempt_and_are_succeeded_ever_later(office: Office) -> None:
    job_id = await office.enqueue()
    rests = []
    for _ in range(14):
        async with workspace(office.store.pool, office.store.workspace_id) as db:
            job = await jobs.claim(db, office.store.workspace_id, job_id, 30)
        if job is None:  # it rests
            rests.append(await office.value(WAIT, job_id))
            await office.make_due(job_id)
        else:
            assert job.attempt == 1
            await office.value(
                "UPDATE jobs SET lease_until = now() - interval '1 s' WHERE workspace_id = $1 AND id = $2", job_id
            )
    assert len(rests) >= 4
    assert rests == sorted(rests)
    assert timedelta(0) < rests[0] < timedelta(seconds=5) < rests[-1] < timedelta(seconds=301)
    while (await office.row(job_id))["status"] != "succeeded":
        await office.run(job_id)
        await office.make_due(job_id)


async def test_a_fault_of_a_connector_that_looks_like_absence_is_a_fault(office: Office) -> None:
    for number, error in enumerate((FileNotFoundError(2, "gone"), PermissionError(13, "no"))):
        office.connector.script = [error]
        row = await office.run(await office.enqueue(slot=str(number)))
        assert (row["error"]["code"], row["attempt"]) == ("fault", 1)


async def test_a_source_that_failed_is_read_again_the_next_day(office: Office) -> None:
    office.connector.script = [Fatal("no such repository")]
    await office.run(await office.enqueue())
    async with workspace(office.store.pool, office.store.workspace_id) as db:
        await jobs.ask_daily(db, office.store.workspace_id)
        await jobs.ask_daily(db, office.store.workspace_id)
    asked = "SELECT array_agg(id) FROM jobs WHERE workspace_id = $1 AND kind = 'sync' AND status = 'queued'"
    (again,) = await office.value(asked)
    office.connector.script = [page(act("1"))]
    assert (await office.run(again))["status"] == "succeeded"
    async with workspace(office.store.pool, office.store.workspace_id) as db:
        await jobs.ask_daily(db, office.store.workspace_id)
    assert await office.value(asked) is None


async def test_removing_a_source_keeps_the_facts(office: Office) -> None:
    office.connector.script = [page(act("1"))]
    await office.run(await office.enqueue())
    assert (await office.run(await office.enqueue("remove_source")))["result"] == {"removed": True}
    assert await office.store.count("interactions") == 1
    for table in ("cursors", "runs", "coverage"):
        assert await office.store.count(table) == 0


async def test_a_rebuild_is_a_job_and_tells_what_differed(office: Office) -> None:
    office.connector.script = [page(*(act(str(n), days=n) for n in range(10)))]
    await office.run(await office.enqueue())
    await office.value("DELETE FROM contact_days WHERE workspace_id = $1")
    row = await office.run(await office.enqueue("rebuild"))
    assert row["result"]["contact_days"] == {"missing": 10, "extra": 0, "different": 0}
    assert row["result"]["activity_days"] == {"missing": 0, "extra": 0, "different": 0}


async def test_a_refresh_is_a_job(office: Office) -> None:
    office.connector.script = [page(*(act(str(n), days=n) for n in range(10)))]
    await office.run(await office.enqueue())
    assert (await office.run(await office.enqueue("refresh")))["status"] == "succeeded"


async def test_a_run_that_reads_on_to_another_day_lets_time_pass_for_all_ties(office: Office) -> None:
    queued = "SELECT count(*) FROM jobs WHERE workspace_id = $1 AND kind = 'refresh' AND status = 'queued'"
    for days, refreshes in ((0, 1), (0, 0), (3, 1)):
        office.connector.script = [*office.connector.script, page(act(f"{refreshes} {days}", days=days))]
        await office.run(await office.enqueue())
        assert await office.value(queued) == refreshes
        await office.value("DELETE FROM jobs WHERE workspace_id = $1 AND kind = 'refresh'")


async def test_a_workspace_with_a_long_past_gets_weights_and_a_back_test_of_its_own(office: Office) -> None:
    office.connector.script = [
        page(
            *(
                act(f"{pair}-{day}", f"p{pair}", [f"q{pair}"], days=float(day))
                for pair in range(90)
                for day in range(-150 if pair % 2 else 0, -400, -20 - pair % 7)
            )
        )
    ]
    await office.run(await office.enqueue())
    await office.run(await office.enqueue("project"))
    row = await office.run(await office.enqueue("calibrate"))
    assert row["result"]["model"].startswith(f"{shipped().version}+")
    assert 0 <= row["result"]["quality"]["ece"] <= 1
    refreshes = await office.value(
        "SELECT count(*) FROM jobs WHERE workspace_id = $1 AND kind = 'refresh' AND status = 'queued'"
    )
    assert refreshes == 1
    await office.run(await office.enqueue("refresh"))
    assert {tie["model"] for tie in await office.store.rows("relationships")} == {row["result"]["model"]}


async def test_a_workspace_without_a_past_keeps_the_shipped_weights(office: Office) -> None:
    assert (await office.run(await office.enqueue("calibrate")))["result"]["model"] is None
    office.connector.script = [page(*(act(str(n), days=n) for n in range(10)))]
    await office.run(await office.enqueue())
    assert (await office.run(await office.enqueue("calibrate")))["result"]["model"] == shipped().version


class Clip(msgspec.Struct, frozen=True):
    """Settings that name a file."""

    path: LocalPath


class Clipping(Scripted):
    """A connector of files, which keeps something of them."""

    Config = Clip

    async def pull(self, config: Any, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
        context.folder.mkdir(parents=True)
        (context.folder / "kept").write_text(config.path)
        yield page(act("1"))


async def test_a_source_reads_below_the_roots_alone_unless_the_operator_added_it(
    office: Office, tmp_path: Path
) -> None:
    (tmp_path / "root").mkdir()
    clippings = Office(office.store, Clipping(), tmp_path, Limits((tmp_path / "root",), private_addresses=False))
    await office.value("UPDATE sources SET config = $2 WHERE workspace_id = $1", {"path": str(tmp_path / "root/../x")})
    assert (await clippings.run(await office.enqueue()))["status"] == "succeeded"
    await office.value("UPDATE sources SET trusted = false WHERE workspace_id = $1")
    row = await clippings.run(await office.enqueue())
    assert (row["status"], row["error"]["code"]) == ("failed", "forbidden_location")
    assert "KITH_SOURCE_ROOTS" in row["error"]["detail"]


async def test_what_a_source_keeps_goes_with_it(office: Office, tmp_path: Path) -> None:
    clippings = Office(office.store, Clipping(), tmp_path)
    await office.value("UPDATE sources SET config = $2 WHERE workspace_id = $1", {"path": "/x"})
    await clippings.run(await office.enqueue())
    kept = tmp_path / str(office.store.source_id) / "kept"
    assert kept.read_text() == "/x"
    await clippings.run(await office.enqueue("remove_source"))
    assert not kept.parent.exists()


async def test_a_source_is_removed_with_all_that_it_alone_told(office: Office, tmp_path: Path) -> None:
    """What another source told too stays, and is as if that one alone had ever been read."""
    told: list[Record] = [
        act("shared"),
        act("own", "eve", ["fay"], channel="other"),
        mailmap("ada", "eve"),
        mailmap("ada", "bob"),
        identity("gil"),
    ]
    other = await Store.open(office.store.pool, office.store.workspace_id)
    await other.store(act("shared"), act("theirs", "bob", ["ada"]), mailmap("ada", "bob"), identity("gil"))
    before = await other.everything()
    office.connector.script = [page(*told)]
    await office.run(await office.enqueue())
    await other.project()
    async with workspace(office.store.pool, office.store.workspace_id) as db:
        goes = await sources.preview_removal(db, office.store.workspace_id, office.store.source_id)
        assert goes == sources.Removal(interactions=1, shared=1, claims=1, channels=1, identities=2)
        source = await sources.get_source(db, office.store.workspace_id, office.store.source_id)
        assert source
        job_id = await sources.begin_removal(db, office.store.workspace_id, source, withdraw=True)
    assert (await office.run(job_id))["result"] == {"removed": True}
    after = await other.everything()
    for table in (
        "identities",
        "people",
        "channels",
        "conversations",
        "interactions",
        "claims",
        "sightings",
        "contact_days",
        "activity_days",
        "relationships",
    ):
        assert after[table] == before[table], table
    assert await office.value("SELECT count(*) FROM source_ends WHERE workspace_id = $1") == 1
    assert not any(any(difference) for difference in (await other.rebuild()).values())


async def test_an_account_of_which_a_member_said_something_outlives_its_source(office: Office) -> None:
    office.connector.script = [page(act("own", "eve", ["fay"]), identity("gil"))]
    await office.run(await office.enqueue())
    async with workspace(office.store.pool, office.store.workspace_id) as db:
        eve = await db.fetchval("SELECT actor_id FROM interactions WHERE workspace_id = $1", office.store.workspace_id)
        await corrections.correct(db, office.store.workspace_id, [eve], {"name": "Eve"}, "member:1")
        goes = await sources.preview_removal(db, office.store.workspace_id, office.store.source_id)
        source = await sources.get_source(db, office.store.workspace_id, office.store.source_id)
        assert source
        job_id = await sources.begin_removal(db, office.store.workspace_id, source, withdraw=True)
    await office.run(job_id)
    left = await office.store.everything()
    assert (goes.identities, [row["id"] for row in left["identities"]]) == (2, [eve])
    assert [row["name"] for row in left["people"]] == ["Eve"]


async def test_a_removal_that_is_cut_off_goes_on_and_ends_the_same(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync, "WITHDRAWN_AT_ONCE", 3)
    monkeypatch.setattr(work, "STEP_SECONDS", 0.0)
    office.connector.script = [page(*(act(f"{n}") for n in range(10)))]
    await office.run(await office.enqueue())
    async with workspace(office.store.pool, office.store.workspace_id) as db:
        source = await sources.get_source(db, office.store.workspace_id, office.store.source_id)
        assert source
        job_id = await sources.begin_removal(db, office.store.workspace_id, source, withdraw=True)
    steps = 1
    while (row := await office.run(job_id))["status"] == "queued":
        steps += 1
        await office.make_due(job_id)
    assert (row["status"], steps > 2) == ("succeeded", True)
    assert await office.store.count("interactions") == 0
