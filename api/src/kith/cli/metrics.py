"""The metrics of ``kith api``: what its serving processes count, and what the database says of all workspaces."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from kith.api.http.ids import encode
from kith.runtime import metrics
from kith.store import figures
from kith.store.db import ABSENT, open_pool

if TYPE_CHECKING:
    from prometheus_client import Metric

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"  # by which the package learns that several processes count together
ANSWER_SECONDS = 5.0
BUSIEST = 10  # workspaces

NAMES = {
    "kith_database_up": "Whether the database answers.",
    "kith_database_bytes": "Size of the database on disk.",
    "kith_workspaces": "Workspaces of this installation.",
    "kith_jobs_open": "Jobs that wait or run, by kind.",
    "kith_jobs_late_seconds": "Seconds since the oldest waiting job was due, by kind; `project`: the age of answers.",
    "kith_workspace_jobs_open": "Jobs that wait or run, of the ten workspaces with the most.",
    "kith_sources": "Sources, by connector and status.",
    "kith_sources_failing": "Sources whose last reading failed, by connector.",
    "kith_source_unread_seconds": "Seconds since an active source was read to its end: the longest, by connector.",
}
"""What the database is asked for at each look."""


def prepare(folder: Path) -> dict[str, str]:
    """Empty the folder in which serving processes count; return the environment that has them do so."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return {VARIABLE: str(folder)}


def listen(host: str, port: int, folder: Path, database_url: str) -> None:
    """Answer Prometheus from now on. Raises metrics.Taken."""
    from prometheus_client import CollectorRegistry
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(folder))  # type: ignore[no-untyped-call]  # the package declares no types here
    registry.register(Figures(database_url))
    metrics.listen(host, port, registry)


def forget(pid: int, folder: Path) -> None:
    """Have a dead process no longer count among the living."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(pid, str(folder))  # type: ignore[no-untyped-call]  # the package declares no types here


class Figures:
    """Asks the database whenever Prometheus looks."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url

    def describe(self) -> list["Metric"]:
        """Say nothing beforehand, so that the database is not asked when this is registered."""
        return []

    def collect(self) -> Iterator["Metric"]:
        """Yield the figures; where the database is away, that alone."""
        try:
            found = asyncio.run(self._read())
        except (*ABSENT, TimeoutError):
            found = []
        yield _gauge("kith_database_up", [((), float(bool(found)))])
        yield from found

    async def _read(self) -> list["Metric"]:
        async with asyncio.timeout(ANSWER_SECONDS), await open_pool(self._url, size=1) as pool, pool.acquire() as db:
            waiting, sources = await figures.waiting(db), await figures.sources(db)
            reads, busiest = await figures.reads(db), await figures.busiest(db, BUSIEST)
            workspaces, size = await figures.workspaces(db), await figures.size(db)
        failing: dict[str, int] = {}
        for each in sources:
            failing[each.connector] = failing.get(each.connector, 0) + each.failing
        return [
            _gauge("kith_database_bytes", [((), size)]),
            _gauge("kith_workspaces", [((), workspaces)]),
            _gauge("kith_jobs_open", [((each.kind,), each.open) for each in waiting], "kind"),
            _gauge("kith_jobs_late_seconds", [((each.kind,), each.late) for each in waiting], "kind"),
            _gauge(
                "kith_workspace_jobs_open",
                [((encode("workspace", id_),), count) for id_, count in busiest],
                "workspace",
            ),
            _gauge("kith_sources", [((s.connector, s.status), s.number) for s in sources], "connector", "status"),
            _gauge("kith_sources_failing", [((name,), count) for name, count in failing.items()], "connector"),
            _gauge("kith_source_unread_seconds", [((each.connector,), each.seconds) for each in reads], "connector"),
        ]


def _gauge(name: str, values: list[tuple[tuple[str, ...], float]], *labels: str) -> "Metric":
    from prometheus_client.core import GaugeMetricFamily

    found = GaugeMetricFamily(name, NAMES[name], labels=labels)
    for labeled, value in values:
        found.add_metric(labeled, value)
    return found
