"""A data report has all that kith holds of a person: whatever an erasure takes away, the report shows."""

import re

import msgspec

from kith.domain.data_reports import Line
from kith.projections import data_reports as projection
from kith.store import data_reports, jobs
from kith.store.data_reports import DataReport
from kith.store.db import workspace
from tests.integration.privacy.conftest import EVE, PLANTED, Village, village

#: What an erasure counts beside rows of the person: what it changes in rows of others, and answers that were kept.
ELSEWHERE = {"texts", "idempotency_keys", "interactions_towards"}


async def reported(home: Village) -> DataReport:
    here, eve = home.store.workspace_id, await home.person_of(EVE)
    async with workspace(home.store.pool, here) as db:
        made = await data_reports.ask(db, here, eve, "member:test")
        job = await jobs.ask_data_report(db, here, made)
    await home.run(job)
    async with workspace(home.store.pool, here) as db:
        report = await data_reports.get_report(db, here, made)
    assert report
    assert report.ready_at
    return report


async def test_whatever_an_erasure_takes_away_is_in_the_report_with_its_source(home: Village) -> None:
    await home.store.store(*village())
    await home.store.project()
    report, here = await reported(home), home.store.workspace_id
    async with workspace(home.store.pool, here) as db:
        text = await projection.ndjson(db, here, report)
        page = (await projection.html(db, here, report)).decode()
    lines = [msgspec.json.decode(line, type=Line) for line in text.splitlines()]
    counted = {kind: sum(line.kind == kind for line in lines) for kind in {line.kind for line in lines}}
    assert counted == report.counts
    for planted in PLANTED:
        assert planted in text.decode()
        assert planted in page
    assert not re.findall(r"(?:src|href)=\"(?!#)|url\(|@import|<script", page), "a page that needs nothing"
    acts = [line for line in lines if line.kind in ("interactions", "interactions_towards")]
    assert len(acts) == 4
    assert all(line.sources for line in acts)
    assert all(re.fullmatch("idn_[0-9a-z]{26}", line.data["actor_id"]) for line in acts)
    assert b"workspace_id" not in text
    erasure = await home.erase(await home.person_of(EVE))
    taken = await home.value("SELECT counts FROM erasures WHERE workspace_id = $1 AND id = $2", erasure)
    assert taken.keys() - ELSEWHERE - {"data_reports"} <= counted.keys()
    assert {kind: taken[kind] for kind in ("identities", "interactions")} == {
        kind: counted[kind] for kind in ("identities", "interactions")
    }
    assert await home.value("SELECT count(*) FROM data_report_parts WHERE workspace_id = $1") == 0


async def test_a_report_ends(home: Village) -> None:
    await home.store.store(*village())
    await home.store.project()
    report, here = await reported(home), home.store.workspace_id
    await home.value("UPDATE data_reports SET expires_at = now() WHERE workspace_id = $1")
    async with workspace(home.store.pool, here) as db:
        assert await data_reports.get_report(db, here, report.id) is None
        assert await data_reports.prune(db, here, report.expires_at, 10) == 1
    assert await home.value("SELECT count(*) FROM data_report_parts WHERE workspace_id = $1") == 0
