"""Small repositories and what each must give, from the connector to the database: ``../shared/cases/git``."""

from pathlib import Path
from uuid import UUID

import pytest

from kith.store.db import Pool
from tests.integration.workers.readings import Readings, build
from tests.paths import shared

#: The acts of the whole repository; a day without a year is in March 2024.
ACTS = {
    "address-dress": """
        01 01 approve Cai Moss > Ada Birk
        01 01 contribute Ada Birk
        01 01 copy Ada Birk > <eli@carr.example>
        01 01 review Bea Lund > Ada Birk
        01 01 test Dov Fell > Ada Birk
    """,
    "crlf-squash": """
        01 01 contribute Ada Birk > Bea Lund, Cai Moss
        01 01 contribute Bea Lund > Ada Birk
        01 01 contribute Cai Moss > Ada Birk
    """,
    "crlf-trailers": """
        01 01 contribute Ada Birk > Cai Moss
        01 01 contribute Cai Moss > Ada Birk
        01 01 review Bea Lund > Ada Birk
    """,
    "tab-and-nbsp-after-colon": """
        01 01 approve Cai Moss > Ada Birk
        01 01 contribute Ada Birk
        01 01 review Bea Lund > Ada Birk
    """,
    "two-joined-by-and": """
        01 01 contribute Ada Birk > Bea Lund, Cai Moss
        01 01 contribute Bea Lund > Ada Birk
        01 01 contribute Cai Moss > Ada Birk
    """,
    "whitespace-paragraphs": """
        01 01 contribute Ada Birk
        01 01 review Bea Lund > Ada Birk
        01 02 contribute Ada Birk
        01 02 test Cai Moss > Ada Birk
    """,
    "negated-trailers": """
        01 01 conflict Eli Carr > Ada Birk
        01 01 contribute Ada Birk
        01 01 review Fay Dunn > Ada Birk
    """,
    "catch-up-by-pull": """
        01 01 contribute Ada Birk
        01 02 contribute Dov Fell
        01 03 contribute Bea Lund
        01 04 contribute Cai Moss
        01 05 merge Dov Fell
        01 06 contribute Eli Carr
        01 07 merge Ada Birk > Eli Carr
    """,
    "catch-up-wording": """
        01 01 contribute Ada Birk
        01 02 contribute Dov Fell
        01 03 contribute Bea Lund
        01 04 merge Dov Fell
        01 05 contribute Cai Moss
        01 06 merge Dov Fell
        01 07 merge Ada Birk > Dov Fell
    """,
    "release-merge-of-develop": """
        01 01 contribute Ada Birk
        01 02 contribute Bea Lund
        01 03 contribute Cai Moss
        01 04 merge Ada Birk > Bea Lund, Cai Moss
    """,
}


@pytest.fixture
async def readings(pool: Pool, workspace_id: UUID, tmp_path: Path) -> Readings:
    return await Readings.open(pool, workspace_id, tmp_path / "ground")


def case(name: str) -> Path:
    return shared("cases/git") / name


def expected(text: str) -> list[str]:
    """Return the lines, with the year and month that they leave out."""
    lines = [line.strip() for line in text.strip().splitlines()]
    return sorted(line if line[2] == "-" else f"24-03-{line}" for line in lines)


@pytest.mark.parametrize("name", sorted(ACTS))
async def test_a_repository_gives_these_acts(readings: Readings, tmp_path: Path, name: str) -> None:
    build(case(name), tmp_path / "repo")
    assert await readings.read(await readings.add(tmp_path / "repo")) == expected(ACTS[name])


async def test_a_missing_tree_costs_the_area_alone(readings: Readings, tmp_path: Path) -> None:
    build(case("missing-tree"), tmp_path / "repo")
    acts = await readings.read(await readings.add(tmp_path / "repo", channel="repo"))
    assert acts == expected("01 01 contribute Ada Birk\n01 02 contribute Ada Birk\n01 03 contribute Ada Birk")
    channels = await readings.rows(
        """
        SELECT c.key FROM interactions i JOIN channels c ON c.workspace_id = $1 AND c.id = i.channel_id
        WHERE i.workspace_id = $1 ORDER BY i.occurred_at
        """
    )
    assert [row["key"] for row in channels] == ["repo#docs", "repo", "repo"]
    assert await readings.skips() == ["missing_tree"]


async def test_a_shallow_clone_is_read_further_when_it_gets_its_history(readings: Readings, tmp_path: Path) -> None:
    build(case("unshallow"), tmp_path)
    source_id = await readings.add(tmp_path / "shallow")
    assert await readings.read(source_id) == expected("01 05 contribute Ada Birk\n01 06 contribute Ada Birk")
    assert [row["status"] for row in await coverage(readings)] == ["read", "truncated"]
    build(case("unshallow"), tmp_path, 2)
    assert len(await readings.read(source_id)) == 6
    assert [row["status"] for row in await coverage(readings)] == ["read"]


async def coverage(readings: Readings) -> list[dict[str, str]]:
    return await readings.rows("SELECT status, reason FROM coverage WHERE workspace_id = $1 ORDER BY status")
