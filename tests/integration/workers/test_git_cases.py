"""Small repositories and what each must give, from the connector to the database: ``../shared/cases/git``."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from kith.connectors import Interaction, InteractionRef, Ref
from kith.store.db import Pool
from tests.integration.store.facts import Store
from tests.integration.workers.readings import Readings, build, cloned
from tests.paths import shared

BACKPORT = """
    01 09 contribute Ada Birk
    02 09 contribute Ada Birk
    02 09 review Bea Lund > Ada Birk
    02 09 test Cai Moss > Ada Birk
    25-01-10 09 sign_off Rel Sorin > Ada Birk
"""
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
    "backport-cherry-picked": BACKPORT,
    "backport-commit-upstream": BACKPORT,
    "backport-upstream-line": BACKPORT + "25-01-10 09 review Dov Fell > Ada Birk\n",
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


@pytest.mark.parametrize(
    ("name", "apart"),
    [("mailmap-deleted", ["Odd Name", "Zora Quill"]), ("mailmap-line-removed", ["Tamsin Oaks", "Zora Quill"])],
)
async def test_the_mailmap_joins_as_long_as_it_says_so(
    readings: Readings, tmp_path: Path, name: str, apart: list[str]
) -> None:
    build(case(name), tmp_path / name)
    source_id = await readings.add(tmp_path / name)
    await readings.read(source_id)
    assert await readings.people() == [" + ".join(apart)]
    build(case(name), tmp_path / name, 2)
    await readings.read(source_id)
    assert await readings.people() == apart
    await readings.read(await readings.add(tmp_path / name))
    assert await readings.people() == apart


@pytest.mark.parametrize(
    ("name", "counts"), [("force-push-back", (3, 1, 3)), ("branch-deleted-restored", (3, 1, 3, 3))]
)
async def test_what_is_reached_again_counts_again(
    readings: Readings, tmp_path: Path, name: str, counts: tuple[int, ...]
) -> None:
    source_id = await readings.add(tmp_path / "repo")
    found = []
    for step in range(1, len(counts) + 1):
        build(case(name), tmp_path / "repo", step)
        found.append(await readings.read(source_id))
    assert tuple(map(len, found)) == counts
    assert found[2] == found[0]


async def test_refs_that_are_narrowed_and_widened_lose_nothing(readings: Readings, tmp_path: Path) -> None:
    build(case("refs-narrowed-widened"), tmp_path / "repo")
    source_id = await readings.add(tmp_path / "repo")
    everything = {"repository": str(tmp_path / "repo")}
    set_config = "UPDATE sources SET config = $3 WHERE workspace_id = $1 AND id = $2 RETURNING id"
    assert len(await readings.read(source_id)) == 3
    await readings.rows(set_config, source_id, everything | {"refs": ["refs/heads/main"]})
    assert await readings.read(source_id) == expected("01 01 contribute Ada Birk")
    await readings.rows(set_config, source_id, everything)
    assert len(await readings.read(source_id)) == 3
    await readings.rows("DELETE FROM sources WHERE workspace_id = $1 AND id = $2 RETURNING id", source_id)
    assert len(await readings.read(await readings.add(tmp_path / "repo"))) == 3


async def test_a_fork_that_is_cut_back_withdraws_nothing_of_upstream(readings: Readings, tmp_path: Path) -> None:
    build(case("fork-rewound"), tmp_path)
    source_ids = [await readings.add(tmp_path / name) for name in ("up", "fork")]
    found = []
    for step in (1, 2, 3):
        build(case("fork-rewound"), tmp_path, step)
        found.append(len(await readings.read(*source_ids)))
    assert found == [3, 3, 4]


@pytest.mark.parametrize("first", ["up", "stable"])
@pytest.mark.parametrize("name", ["backport-cherry-picked", "backport-commit-upstream"])
async def test_a_backport_in_another_repository_repeats_nothing_whichever_is_read_first(
    readings: Readings, tmp_path: Path, name: str, first: str
) -> None:
    build(case(name), tmp_path / "both")
    cloned(tmp_path / "both", "main", tmp_path / "up")
    cloned(tmp_path / "both", "stable", tmp_path / "stable")
    other = "up" if first == "stable" else "stable"
    sources = {clone: await readings.add(tmp_path / clone, channel=clone) for clone in (first, other)}
    assert await readings.read(sources[first], sources[other]) == expected(BACKPORT)
    assert await readings.read(sources[other], sources[first]) == expected(BACKPORT)


async def test_repositories_named_alike_share_no_channel(readings: Readings, tmp_path: Path) -> None:
    build(case("same-folder-name"), tmp_path)
    await readings.read(*[await readings.add(tmp_path / name / "app") for name in ("north", "south")])
    channels = await readings.rows("SELECT kind, name FROM channels WHERE workspace_id = $1 ORDER BY 1, 2")
    assert [tuple(row) for row in channels] == [("area", "core")] * 2 + [("repository", "app")] * 2


async def test_a_commit_from_the_future_moves_nothing(readings: Readings, tmp_path: Path) -> None:
    build(case("future-date"), tmp_path / "repo")
    acts = await readings.read(await readings.add(tmp_path / "repo"))
    assert acts == expected("01 01 contribute Ada Birk\n01 01 contribute Bea Lund\n01 02 contribute Ada Birk")
    (period,) = await readings.rows("SELECT upper(period) AS until FROM coverage WHERE workspace_id = $1")
    assert period["until"].year == 2024
    people = await readings.rows("SELECT name FROM people WHERE workspace_id = $1 ORDER BY last_seen DESC")
    assert [row["name"] for row in people] == ["Ada Birk", "Bea Lund"]
    stated = await readings.rows("SELECT stated_at FROM interactions WHERE workspace_id = $1 AND stated_at IS NOT NULL")
    assert [row["stated_at"].year for row in stated] == [2038]


async def coverage(readings: Readings) -> list[dict[str, str]]:
    return await readings.rows("SELECT status, reason FROM coverage WHERE workspace_id = $1 ORDER BY status")


async def test_what_an_older_version_told_alone_is_taken_back_at_the_next_sync(
    readings: Readings, tmp_path: Path
) -> None:
    """Of its source only: what another source tells of it stays."""
    build(case("negated-trailers"), tmp_path / "repo")
    source_id = await readings.add(tmp_path / "repo")
    acts = await readings.read(source_id)
    rows = await readings.rows("SELECT key FROM interactions WHERE workspace_id = $1 LIMIT 1")
    someone = Ref("mail", "zed@quill.example")
    thanks, help_ = (
        Interaction(
            InteractionRef("git", rows[0]["key"], kind, actor=someone), someone, datetime(2024, 1, 2, tzinfo=UTC)
        )
        for kind in ("thank", "help")
    )
    told = Store(readings.store.pool, readings.store.workspace_id, source_id, readings.store.id_key)
    await told.store(thanks, help_)
    await readings.store.store(help_)
    await readings.rows(
        """UPDATE cursors SET cursor = jsonb_set(cursor::jsonb, '{version}', '2')::text
        WHERE workspace_id = $1 AND source_id = $2 RETURNING 1""",
        source_id,
    )
    assert len(await readings.acts()) == len(acts) + 2
    assert [act for act in await readings.read(source_id) if act not in acts] == ["24-01-02 00 help zed@quill.example"]
    assert await readings.read(source_id) == await readings.acts()
