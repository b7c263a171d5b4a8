"""What a connector may do wrong: it costs its own source, and nothing else is lost."""

import asyncio
import itertools
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kith.connectors import Context, Page, Report, Retry, Secret, Skip
from kith.projections.ingest import RAW, Ingest
from kith.store.db import workspace
from tests.integration.store.facts import act
from tests.integration.workers.conftest import Office, cursor_of, page

TOKEN = "tok-5f1d20c7ab"


class SecretConfig(msgspec.Struct, frozen=True):
    token: Secret = Secret(TOKEN)


async def source(office: Office) -> dict[str, Any]:
    async with workspace(office.store.pool, office.store.workspace_id) as db:
        row = await db.fetchrow(
            "SELECT status, faults FROM sources WHERE workspace_id = $1 AND id = $2",
            office.store.workspace_id, office.store.source_id,
        )  # fmt: skip
    assert row is not None
    return dict(row)


async def broken(office: Office, times: int) -> dict[str, Any]:
    """Let the source's connector break that many times in a row; return the job."""
    job_id = await office.enqueue()
    row: dict[str, Any] = {}
    for _ in range(times):
        office.connector.script = [ZeroDivisionError(f"with {TOKEN}")]
        await office.make_due(job_id)
        row = await office.run(job_id)
    return row


async def test_five_faults_in_a_row_put_a_source_aside_and_a_check_brings_it_back(office: Office) -> None:
    row = await broken(office, 4)
    assert (row["status"], row["error"]["code"]) == ("queued", "fault")
    assert await source(office) == {"status": "active", "faults": 4}
    job_id = await office.value("SELECT id FROM jobs WHERE workspace_id = $1 AND status = 'queued'")
    office.connector.script = [ZeroDivisionError("again")]
    await office.make_due(job_id)
    row = await office.run(job_id)
    assert (row["status"], row["error"]["code"]) == ("failed", "connector_faulty")
    assert "5 times in a row" in row["error"]["detail"]
    assert await source(office) == {"status": "faulty", "faults": 5}
    assert (await office.run(await office.enqueue()))["status"] == "canceled", "nobody reads it now"

    row = await office.run(await office.enqueue("check_source"))
    assert (row["status"], row["result"]) == ("succeeded", {"detail": "as written", "warnings": []})
    assert await source(office) == {"status": "active", "faults": 0}
    office.connector.script = [page(act("1"))]
    assert (await office.run(await office.enqueue()))["status"] == "succeeded"


async def test_faults_with_success_between_them_put_nothing_aside(office: Office) -> None:
    for _ in range(3):
        await broken(office, 4)
        job_id = await office.value("SELECT id FROM jobs WHERE workspace_id = $1 AND status = 'queued'")
        office.connector.script = []
        await office.make_due(job_id)
        assert (await office.run(job_id))["status"] == "succeeded"
    assert await source(office) == {"status": "active", "faults": 0}


async def test_what_a_connector_raises_on_purpose_is_no_fault(office: Office) -> None:
    job_id = await office.enqueue()
    for _ in range(6):
        office.connector.script = [Retry("the line is down")]
        await office.make_due(job_id)
        await office.run(job_id)
    assert await source(office) == {"status": "active", "faults": 0}


async def test_a_check_that_fails_leaves_the_source_where_it_is(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await broken(office, 5)

    async def check(config: object, context: Context) -> Report:
        raise KeyError("still broken")

    monkeypatch.setattr(office.connector, "check", check)
    row = await office.run(await office.enqueue("check_source"))
    assert (row["status"], row["error"]["code"]) == ("failed", "connector_faulty")
    assert (await source(office))["status"] == "faulty"


async def test_a_connector_that_hangs_is_ended_and_counted(office: Office) -> None:
    class Hanging(type(office.connector)):  # type: ignore[misc] # the fixture's class
        page_seconds: ClassVar[float] = 0.2

    office.connector.__class__ = Hanging
    office.connector.script = [page(act("1")), lambda: asyncio.sleep(3600)]
    row = await office.run(await office.enqueue())
    assert (row["status"], row["error"]["code"]) == ("queued", "fault")
    assert "longer than 0.2 seconds" in row["error"]["detail"]
    assert await office.store.count("interactions") == 1, "the page before it is kept"
    assert (await source(office))["faults"] == 1


async def test_a_bad_record_is_kept_as_it_came_without_secrets_and_the_page_goes_on(
    office: Office, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(type(office.connector), "Config", SecretConfig)
    raw = f'{{"author": null, "token": "{TOKEN}"}}'
    skips = (
        Skip("post 1", "bad_post", f"no author; asked with {TOKEN}", raw),
        Skip("post 2", "bad_post", "too long", "x" * 100_000 + "\0"),
        Skip("post 3", "bad_post", "no reason to keep it"),
    )
    office.connector.script = [
        Page((act("1"), act("far", visibility=TOKEN)), cursor_of(0), skips),
        ValueError(f"broke over {TOKEN}"),
    ]
    row = await office.run(await office.enqueue())
    assert TOKEN not in row["error"]["detail"]
    assert await office.store.count("interactions") == 1
    async with workspace(office.store.pool, office.store.workspace_id) as db:
        rows = await db.fetch(
            "SELECT * FROM run_errors WHERE workspace_id = $1 ORDER BY place", office.store.workspace_id
        )
    found = {row["place"]: (row["reason"], row["raw"]) for row in rows}
    assert found["post 1"] == ("no author; asked with •••", '{"author": null, "token": "•••"}')
    assert found["post 2"] == ("too long", "x" * RAW)
    assert found["post 3"][1] == ""
    [(reason, shown)] = [kept for place, kept in found.items() if place.startswith("interaction ")]
    assert "visibility '•••'" in reason
    assert '"visibility":"•••"' in shown
    seen = capfd.readouterr()
    assert TOKEN not in seen.out + seen.err


@given(st.text(max_size=30), st.text(max_size=300), st.integers(0, 9000))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_piece_of_a_secret_survives_the_cut(before: str, after: str, padding: int) -> None:
    raw = before + "x" * padding + TOKEN + after
    batch = Ingest(b"key", lambda text: text.replace(TOKEN, "•••")).batch(
        Page((), cursor_of(0), (Skip("p", "c", raw, raw),))
    )
    [problem] = batch.problems
    for text in (problem.reason, problem.raw):
        assert not any(TOKEN[:size] in text for size in range(8, len(TOKEN) + 1))
    assert len(problem.raw) <= RAW


async def test_a_source_that_breaks_costs_no_other_source_its_run(office: Office) -> None:
    await broken(office, 5)
    other = await office.value(
        "INSERT INTO sources (workspace_id, id, connector, name, config, status)"
        " VALUES ($1, gen_random_uuid(), 'scripted', 'other', '{}', 'active') RETURNING id"
    )
    office.store.source_id = other
    office.connector.script = [page(act(str(number))) for number in itertools.islice(itertools.count(), 3)]
    assert (await office.run(await office.enqueue()))["status"] == "succeeded"
    assert await office.store.count("interactions") == 3
