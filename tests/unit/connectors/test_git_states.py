"""Whatever state a repository goes through, the last read tells what a first one would."""

import random
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec import Raw

from kith.connectors import Coverage, Interaction, Page
from kith.connectors.testing import Facts
from kith.projections.ingest import Ingest
from tests.unit.connectors.repositories import ADA, BOB, CARL, DORA, Repo
from tests.unit.connectors.test_git import acts, pull, skips

PEOPLE = (ADA, BOB, CARL, DORA)
DRESSES = (
    "{0} <{1}> <{2}>", "{0} <{1}> {3} <{2}>", "  {0}  <{1}>  <{2}>  # so", "<{1}> <{2}>", "{0} <{1}> <{2}>\r",
    "# {0} <{1}> <{2}>", "{0} <{2}>", "nonsense <", "",
)  # fmt: skip


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo(tmp_path / "repo")


def claims(pages: list[Page]) -> set[tuple[str, str]]:
    return {(claim.subject.key, claim.object.key) for claim in Facts(pages).claims}


@pytest.mark.parametrize("seed", range(4))
async def test_the_mailmap_claims_what_its_last_lines_say(repo: Repo, seed: int) -> None:
    """Lines come, change and go; so does the file."""
    chance = random.Random(seed)
    for who in PEOPLE:
        repo.commit(f"by {who.name}", who)
    pages = await pull(repo.folder)
    path = repo.folder / ".mailmap"
    for _ in range(6):
        if chance.random() < 0.2:
            path.unlink(missing_ok=True)
        else:
            lines = []
            for _ in range(chance.randint(0, 4)):
                one, other = chance.sample(PEOPLE, 2)
                lines.append(chance.choice(DRESSES).format(f"{one.name} Full", one.address, other.address, other.name))
            path.write_text("\n".join(lines), newline="")
        repo.commit("mailmap: say otherwise", chance.choice(PEOPLE))
        pages += await pull(repo.folder, pages[-1].cursor)
        assert claims(pages) == claims(await pull(repo.folder))


@pytest.mark.parametrize("seed", range(4))
async def test_what_is_reached_counts_and_nothing_else_whatever_was_cut_back(repo: Repo, seed: int) -> None:
    chance = random.Random(seed)
    made = [repo.commit("base")]
    pages = await pull(repo.folder)
    for step in range(8):
        for _ in range(chance.randint(0, 2)):
            made.append(repo.commit(f"c{step}\n\nReviewed-by: {BOB}\n", chance.choice(PEOPLE), path=f"p{len(made)}"))
        repo.git("update-ref", chance.choice(["HEAD", "refs/heads/side"]), chance.choice(made))
        if chance.random() < 0.3:
            repo.git("update-ref", "-d", "refs/heads/side")
        pages += await pull(repo.folder, pages[-1].cursor)
        reached = set(repo.git("rev-list", "--branches").split())
        live = Facts(pages).interactions
        assert {ref.key for ref in live if ref.kind == "contribute"} == reached
        assert live == Facts(await pull(repo.folder)).interactions


@pytest.mark.parametrize("seed", range(3))
async def test_clocks_that_lie_move_no_coverage(repo: Repo, seed: int) -> None:
    """Dates of 2038 and later are kept and marked; those of the machine's first day cover nothing."""
    chance, now = random.Random(seed), datetime.now(UTC)
    true = [1_700_000_000 + 86_400 * day for day in range(5)]
    for number in range(12):
        moments = [chance.choice([*true, 2_147_483_647, 4_000_000_000, 0, 86_400]) for _ in range(2)]
        repo.commit(f"c{number}", chance.choice(PEOPLE), dates=(f"@{moments[0]} +0000", f"@{moments[1]} +0000"))
    repo.commit("last", dates=(f"@{true[-1]} +0000", f"@{true[-1]} +0000"))
    pages = await pull(repo.folder)
    told = acts(pages)
    assert len([act for act in told if act.ref.kind == "contribute"]) == 13
    for act in told:
        assert (act.arrived_at is not None) >= (act.occurred_at > now)
        assert act.arrived_at is None or act.arrived_at <= datetime.now(UTC)
    (covered,) = (record for page in pages for record in page.records if isinstance(record, Coverage))
    assert datetime.fromtimestamp(true[0], UTC) <= covered.since < covered.until <= now


@pytest.mark.parametrize("moment", [253_402_300_800, 2**63 - 1, 2**64 + 7, -1, -1_000_000, -(2**63), "now", ""])
@pytest.mark.parametrize("which", ["author", "committer", "both"])
async def test_a_date_that_no_calendar_has_costs_no_run(repo: Repo, moment: int | str, which: str) -> None:
    """At the tip of a branch; it gives way to the other date, or to when the commit was here at the latest."""
    first = repo.commit("first")
    tree, good = repo.git("rev-parse", "HEAD^{tree}"), "1700003600 +0000"
    dates = [f"{moment} +0000" if which in (who, "both") else good for who in ("author", "committer")]
    lines = f"tree {tree}\nparent {first}\nauthor {ADA} {dates[0]}\ncommitter {BOB} {dates[1]}\n\nsecond\n"
    made = repo.git("hash-object", "-t", "commit", "-w", "--literally", "--stdin", given=lines.encode())
    repo.git("update-ref", "refs/heads/main", made)
    pages = await pull(repo.folder)
    told = [act for act in acts(pages) if act.ref.key == made]
    if told:
        assert all((act.arrived_at or act.occurred_at) < datetime.now(UTC) for act in told)
        assert not Ingest(b"key").batch(Page(tuple(told), Raw(b"{}"))).problems
    else:
        assert [skip.place for skip in skips(pages)] == [f"commit {made}"]
    assert bool(told) == (which != "both" or (isinstance(moment, int) and moment > 0))


@pytest.mark.parametrize("seed", range(3))
async def test_trees_that_are_missing_cost_the_areas_alone(repo: Repo, seed: int) -> None:
    chance = random.Random(seed)
    places = ("docs/a", "io/b", "top")
    for number in range(8):
        repo.commit(f"Change {number}", chance.choice(PEOPLE), path=chance.choice(places))
    whole = await pull(repo.folder)
    trees = sorted(set(repo.git("log", "--format=%T").split()))
    for tree in chance.sample(trees, 2):
        (repo.folder / ".git/objects" / tree[:2] / tree[2:]).unlink()
    pages = await pull(repo.folder)
    assert [plain(act) for act in acts(pages)] == [plain(act) for act in acts(whole)]
    assert {skip.code for skip in skips(pages)} == {"missing_tree"}


def plain(act: Interaction) -> tuple[str, str, datetime]:
    return act.ref.key, act.ref.kind, act.occurred_at
