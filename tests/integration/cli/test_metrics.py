"""Metrics, as Prometheus reads them of running processes."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from uuid import uuid4

import httpx2
from prometheus_client.parser import text_string_to_metric_families

from kith.cli.metrics import NAMES as OF_INSTALLATION
from kith.cli.servers import Servers
from kith.domain.scopes import SCOPES
from kith.runtime.metrics import NAMES as OF_PROCESSES
from kith.store.db import open_pool, workspace
from kith.store.tokens import create_token
from kith.store.workspaces import create_workspace
from tests.conformance.api.conftest import free_port, wait_for
from tests.integration.api.conftest import RECORDS
from tests.servers import fresh_database

Samples = dict[tuple[str, tuple[str, ...]], float]


@asynccontextmanager
async def running(env: Mapping[str, str], *command: str) -> AsyncIterator[None]:
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", *command, env=os.environ | env)
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


async def scrape(http: httpx2.AsyncClient, port: int) -> Samples:
    """Return the values by the name of a metric and its labels, in their order."""
    text = (await http.get(f"http://127.0.0.1:{port}/metrics")).text
    return {
        (sample.name, tuple(sample.labels[label] for label in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_processes_count_and_the_database_is_asked(database_url: str, servers: Servers, tmp_path: Path) -> None:
    ports = {name: free_port() for name in ("KITH_PORT", "api", "worker")}
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(fresh_database(database_url))
        pool = await stack.enter_async_context(await open_pool(url))
        home = uuid4()
        async with workspace(pool, home) as db:
            await create_workspace(db, home, "watched")
            token = await create_token(db, home, "test", SCOPES)
        shared = {
            "KITH_DATABASE_URL": url, "KITH_REDIS_URL": servers.redis_url, "KITH_LOG_LEVEL": "error",
            "KITH_PORT": str(ports["KITH_PORT"]), "KITH_HOME": str(tmp_path), "KITH_SOURCE_ROOTS": str(RECORDS.parent),
            "KITH_RATE_ADDRESS": "2",
        }  # fmt: skip
        await stack.enter_async_context(
            running(shared | {"KITH_METRICS_PORT": str(ports["api"])}, "kith.cli", "api", "--processes", "2")
        )
        await stack.enter_async_context(running(shared | {"KITH_METRICS_PORT": str(ports["worker"])}, "kith.workers"))
        base = f"http://127.0.0.1:{ports['KITH_PORT']}"
        await wait_for(f"{base}/readyz")
        http = await stack.enter_async_context(httpx2.AsyncClient())
        headers = {"Authorization": f"Bearer {token}"}
        made = await http.post(
            f"{base}/v1/sources", headers=headers,
            json={"connector": "ndjson", "name": "town", "config": {"path": str(RECORDS)}},
        )  # fmt: skip
        assert made.status_code == 201, made.text
        run = await http.post(f"{base}{made.headers['location']}/runs", headers=headers)
        assert run.status_code == 202, run.text
        for _ in range(7):
            assert (await http.get(f"{base}/v1/people", headers=headers)).status_code == 200
        statuses = [(await http.get(f"{base}/v1/people")).status_code for _ in range(4)]
        assert 429 in statuses
        worked = await until(http, ports["worker"], ("kith_records_total", ()))
        served = await until(http, ports["api"], ("kith_source_unread_seconds", ("ndjson",)))

    assert served["kith_requests_total", ("GET", "listPeople", "200")] == 7
    assert served["kith_request_seconds_count", ("GET", "listPeople")] == 7 + len(statuses)
    assert served["kith_rate_limited_total", ("address",)] == statuses.count(429)
    assert served["kith_connections", ()] >= 2
    assert worked["kith_records_total", ()] == len(RECORDS.read_text().splitlines())
    assert worked["kith_jobs_total", ("sync", "finished")] == 1
    assert served["kith_sources", ("ndjson", "active")] == 1
    assert (served["kith_database_up", ()], served["kith_sources_failing", ("ndjson",)]) == (1, 0)
    found = {name.removesuffix("_count") for name, _ in served | worked}
    of_open_jobs = {"kith_jobs_late_seconds", "kith_jobs_open", "kith_workspace_jobs_open"}  # there may be none
    assert (OF_PROCESSES | OF_INSTALLATION).keys() - found <= of_open_jobs


async def until(http: httpx2.AsyncClient, port: int, key: tuple[str, tuple[str, ...]]) -> Samples:
    """Scrape until a value is there that is not 0."""
    async with asyncio.timeout(30):
        while True:
            if (found := await scrape(http, port)).get(key):
                return found
            await asyncio.sleep(0.2)
