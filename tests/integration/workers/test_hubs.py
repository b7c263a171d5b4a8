"""Networks with hubs: time and memory grow with what is there, not with its square."""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kith.connectors import Context, Page
from kith.connectors.mail import MailConnector
from kith.connectors.mail.config import MailConfig
from kith.connectors.ndjson import NdjsonConfig, NdjsonConnector
from kith.store import jobs
from kith.store.db import workspace
from tests.integration.store.facts import act
from tests.integration.workers.conftest import Office, page
from tests.paths import shared

LEAVES = 2_000

pytestmark = pytest.mark.timeout(300)  # 40,000 acts are read, worked in and looked at


async def told(name: str, folder: Path) -> list[Page]:
    """The pages of a case of ../shared, as the connector for NDJSON reads them."""
    script, file = shared(f"cases/api/{name}/gen.py"), folder / f"{name}.ndjson"
    with file.open("wb") as out:
        generating = await asyncio.create_subprocess_exec(sys.executable, str(script), stdout=out)
        assert await generating.wait() == 0
    return [read async for read in NdjsonConnector().pull(NdjsonConfig(path=str(file)), None, Context(folder))]


async def look(office: Office, megabytes: int) -> Any:
    office.runner._memory = megabytes
    async with workspace(office.store.pool, office.store.workspace_id) as db:
        job_id, _ = await jobs.enqueue(db, office.store.workspace_id, "detect", {"whole": True})
    return await office.run(job_id)


async def sizes(office: Office, *pages: Page) -> dict[str, float]:
    """Read, work in and look within a gigabyte; return the effective size of the two first connectors."""
    office.connector.script = list(pages)
    await office.run(await office.enqueue())
    await office.store.project(datetime.now(UTC))
    row = await look(office, 1024)
    assert (row["status"], row["error"]) == ("succeeded", None)
    found = await office.value(
        """
        SELECT jsonb_object_agg(coalesce(p.name, i.key), r.score) FROM roles r
        JOIN people p ON p.workspace_id = $1 AND p.id = r.person_id
        JOIN identities i ON i.workspace_id = $1 AND i.id = r.person_id
        WHERE r.workspace_id = $1 AND r.role = 'connector' AND r.rank <= 2
        """
    )
    return dict(found)


async def test_the_hub_of_a_star_is_its_one_connector_and_too_little_memory_is_told(
    office: Office, tmp_path: Path
) -> None:
    found = await sizes(office, *await told("hub-star", tmp_path))
    assert found["Hanna Ubel"] > 10_000 * min(found.values())
    pairs = "SELECT count(*) FROM relationships WHERE workspace_id = $1 AND person_id < other_id"
    assert await office.value(pairs) == 20_000
    row = await look(office, 128)
    assert (row["status"], row["error"]["code"]) == ("failed", "out_of_memory")
    assert "KITH_DETECTION_MEMORY" in row["error"]["detail"]
    assert await office.value("SELECT count(*) FROM communities WHERE workspace_id = $1 AND ended_at IS NULL") > 0


async def test_two_hubs_of_the_same_contacts(office: Office, tmp_path: Path) -> None:
    found = await sizes(office, *await told("hub-pair", tmp_path))
    assert set(found) == {"Hub East", "Hub West"}
    assert found["Hub East"] == pytest.approx(found["Hub West"])


async def test_a_hub_whose_contacts_know_their_neighbors(office: Office) -> None:
    spokes = [act(f"s{i}", "hub", [f"p{i}"]) for i in range(LEAVES)]
    rim = [act(f"r{i}", f"p{i}", [f"p{(i + 1) % LEAVES}"]) for i in range(LEAVES)]
    found = await sizes(office, page(*spokes, *rim))
    tie = max(found.values()) / (LEAVES - 2)  # n contacts with n ties among them: n - 2n/n
    assert found["hub@example.org"] == pytest.approx(tie * (LEAVES - 2))
    assert 0 < tie < 1


async def test_many_hubs_that_know_one_another(office: Office) -> None:
    hubs = range(40)
    among = [act(f"h{i}.{j}", f"h{i}", [f"h{j}"]) for i in hubs for j in hubs if i < j]
    leaves = [act(f"l{i}.{j}", f"h{i}", [f"l{i}.{j}"]) for i in hubs for j in range(200)]
    found = await sizes(office, page(*among, *leaves))
    assert {name[0] for name in found} == {"h"}


async def test_one_act_towards_very_many(office: Office) -> None:
    circular = act("circular", "x", [f"u{i}" for i in range(LEAVES)])
    found = await sizes(office, page(circular, *(act(f"{i}", f"u{i}", [f"u{i + 1}"]) for i in range(50))))
    assert found


async def test_targets_beyond_a_thousand_are_told_and_the_others_kept(office: Office, tmp_path: Path) -> None:
    office.connector.script = list(await told("long-targets", tmp_path))
    await office.run(await office.enqueue())
    await office.store.project(datetime.now(UTC))
    assert await office.store.count("interactions") == 3
    (problem,) = await office.value("SELECT jsonb_agg(e) FROM run_errors e WHERE workspace_id = $1")
    assert problem["code"] == "targets_left_out"
    assert problem["reason"] == "49,000 of 50,000 targets are left out: an act has at most 1,000"
    ties = await office.value("SELECT array_agg(given + received ORDER BY 1 DESC) FROM relationships "
                              "WHERE workspace_id = $1 AND person_id < other_id")  # fmt: skip
    assert (len(ties), max(ties)) == (1_001, 2)


async def test_a_mail_to_thousands_tells_whom_it_leaves_out(office: Office, tmp_path: Path) -> None:
    script = shared("cases/api/mail-with-5000-recipients/gen.py")
    file = tmp_path / "a.eml"
    with file.open("wb") as out:
        assert await (await asyncio.create_subprocess_exec(sys.executable, str(script), stdout=out)).wait() == 0
    config = MailConfig(path=str(file))
    office.connector.script = [read async for read in MailConnector().pull(config, None, Context(tmp_path))]
    await office.run(await office.enqueue())
    assert await office.value("SELECT max(cardinality(target_ids)) FROM interactions WHERE workspace_id = $1") == 1_000
    (problem,) = await office.value("SELECT jsonb_agg(e) FROM run_errors e WHERE workspace_id = $1")
    assert "4,000" in problem["reason"]


@pytest.mark.parametrize("names", [["ada", *["bob"] * 1_500], [f"u{i}" for i in range(1_000)], []])
async def test_whoever_is_named_again_is_one_target(office: Office, names: list[str]) -> None:
    office.connector.script = [page(act("one", "x", names))]
    await office.run(await office.enqueue())
    assert await office.value("SELECT cardinality(target_ids) FROM interactions WHERE workspace_id = $1") == len(
        set(names)
    )
    assert await office.value("SELECT count(*) FROM run_errors WHERE workspace_id = $1") == 0
