"""Backports and cherry-picks repeat what happened to the original; only what is new in them counts."""

import random
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kith.connectors import Interaction, InteractionRef, Page, Tombstone
from kith.connectors.git import GitConfig
from kith.connectors.git.messages import parse
from kith.connectors.testing import Facts
from tests.unit.connectors.repositories import ADA, BOB, CARL, DORA, Author, Repo
from tests.unit.connectors.test_git import acts, pull, said

COMMIT = "1234567890abcdef1234567890abcdef12345678"
#: Lines that end what was copied, and lines that say it of the whole commit.
PICKED = (
    "(cherry picked from commit {})", "(cherry-picked from commit {} on main)", "(backported from commit {})",
    "Cherry-picked-from: {}", "(partially cherry picked from commit {})", "Backport-of: {}", "Backported from {}.",
)  # fmt: skip
UPSTREAM = (
    "[ upstream commit {} ]", "[ Upstream commit {} ]", "commit {} upstream.", "Upstream commit: {}",
    "Upstream-commit: {}", "[ commit {} upstream ]", "Commit {} from upstream", "Original-commit: {}",
    "This is a backport of commit {}.",
    "(cherry picked from commit {})",
)  # fmt: skip
NO_COPY = (
    "This reverts commit {}.", "Fixes: {} (\"io: mend\")", "It was broken by commit {} upstream long ago.",
    "It cannot be backported since commit {}.", "See commit {}.",
)  # fmt: skip
REVIEW, TEST, SIGNED = f"Reviewed-by: {BOB}", f"Tested-by: {CARL}", f"Signed-off-by: {DORA}"


@settings(deadline=None)
@given(st.sampled_from(PICKED), st.booleans(), st.integers(7, 40), st.booleans())
def test_what_stands_before_the_line_is_the_originals(line: str, apart: bool, length: int, upper: bool) -> None:
    named = COMMIT[:length].upper() if upper else COMMIT[:length]
    message = parse(
        "\n".join(
            ["io: mend", "", REVIEW, *([""] if apart else []), line.format(named), *([""] if apart else []), SIGNED]
        )
    )
    assert [(t.word, t.origin) for t in message.trailers] == [
        ("reviewed-by", COMMIT[:length]), ("signed-off-by", ""),
    ]  # fmt: skip
    assert message.origins == (COMMIT[:length],)


@settings(deadline=None)
@given(st.sampled_from(UPSTREAM), st.integers(7, 40))
def test_a_line_in_the_text_speaks_of_the_whole_commit(line: str, length: int) -> None:
    message = parse(f"io: mend\n\n{line.format(COMMIT[:length])}\n\nBody.\n\n{REVIEW}\n{SIGNED}\n")
    assert message.origins == (COMMIT[:length],)
    assert {t.origin for t in message.trailers} == {COMMIT[:length]}


@pytest.mark.parametrize("line", NO_COPY)
def test_a_commit_that_only_speaks_of_another_is_no_copy(line: str) -> None:
    assert parse(f"io: mend\n\n{line.format(COMMIT)}\n\n{REVIEW}\n").origins == ()


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo(tmp_path / "repo")


def original(repo: Repo) -> str:
    """Make a base, a branch ``stable`` at it, and on main a change with a review."""
    repo.commit("base")
    repo.branch("stable")
    repo.switch("main")
    return repo.commit(f"io: mend\n\nBody.\n\n{REVIEW}\n")


def live(acts: list[Interaction], kind: str) -> list[tuple[str, int]]:
    return [(act.actor.key.split()[0], act.occurred_at.hour) for act in acts if act.ref.kind == kind]


@pytest.mark.parametrize("line", UPSTREAM)
@pytest.mark.parametrize("abbreviated", [False, True])
async def test_of_a_backport_only_what_is_new_counts(repo: Repo, line: str, abbreviated: bool) -> None:
    commit = original(repo)
    named = line.format(commit[:12] if abbreviated else commit)
    repo.switch("stable")
    repo.commit(f"io: mend\n\n{named}\n\nBody.\n\n{REVIEW}\n{TEST}\n{SIGNED}\n", ADA, DORA)
    found = acts(await pull(repo.folder))
    assert [said(act) for act in found if act.ref.kind not in ("contribute",)] == [
        ("review", "Bob", ["Ada"]), ("test", "Carl", ["Ada"]), ("sign_off", "Dora", ["Ada"]),
    ]  # fmt: skip
    assert [act.ref.key for act in found if act.ref.kind == "contribute"].count(commit) == 1
    assert len(live(found, "contribute")) == 2
    assert not any(act.copied for act in found)


async def test_a_copy_of_a_copy_repeats_both(repo: Repo) -> None:
    commit = original(repo)
    repo.branch("one", "stable")
    first = repo.commit(f"io: mend\n\n{REVIEW}\n(cherry picked from commit {commit})\n{SIGNED}\n", ADA, DORA)
    repo.branch("two", "stable")
    trailers = f"{REVIEW}\n(cherry picked from commit {commit})\n{SIGNED}\n(cherry picked from commit {first})\n{TEST}"
    repo.commit(f"io: mend\n\n{trailers}\n", ADA, DORA)
    found = [said(act)[:2] for act in acts(await pull(repo.folder))]
    assert sorted(found) == [
        ("contribute", "Ada"), ("contribute", "Ada"), ("merge", "Dora"), ("review", "Bob"), ("sign_off", "Dora"),
        ("test", "Carl"),
    ]  # fmt: skip


async def test_where_the_original_is_elsewhere_the_copy_speaks_for_it(repo: Repo) -> None:
    repo.commit("base")
    for number, name in enumerate(("one", "two")):
        repo.branch(name, "main")
        dates = ("2024-03-02T09:00:00Z", f"2025-0{number + 1}-10T09:00:00Z")
        text = f"io: mend\n\n{REVIEW}\n(cherry picked from commit {COMMIT})\n{SIGNED}\n"
        repo.commit(text, ADA, DORA, path=name, dates=dates)
    facts = Facts(await pull(repo.folder)).interactions
    copied = {ref.kind: act for ref, act in facts.items() if act.copied}
    assert {ref.key for ref, act in facts.items() if act.copied} == {COMMIT}
    assert set(copied) == {"contribute", "review"}
    assert copied["review"].occurred_at.isoformat() == "2024-03-02T09:00:00+00:00"
    own = [act.occurred_at.isoformat()[:7] for act in facts.values() if act.ref.kind == "sign_off"]
    assert own == ["2025-01", "2025-02"]


async def test_a_copy_speaks_for_itself_when_its_original_is_gone_and_is_silent_when_it_is_back(repo: Repo) -> None:
    repo.commit("base")
    repo.branch("topic")
    commit = repo.commit(f"io: mend\n\n{REVIEW}\n")
    repo.branch("stable", "main")
    repo.commit(f"io: mend\n\n{REVIEW}\n(cherry picked from commit {commit})\n{SIGNED}\n", ADA, DORA)
    pages = await pull(repo.folder)
    whole = Facts(pages).interactions
    repo.git("branch", "-D", "topic")
    pages += await pull(repo.folder, pages[-1].cursor)
    assert Facts(pages).interactions == Facts(await pull(repo.folder)).interactions
    assert len(live(list(Facts(pages).interactions.values()), "review")) == 1
    repo.git("branch", "topic", commit)
    pages += await pull(repo.folder, pages[-1].cursor)
    assert Facts(pages).interactions == whole


def copied(repo: Repo, title: str = "io: mend", path: str = "file", message: str = "") -> str:
    """Commit once more what Ada wrote on one day, as Dora committed it a little earlier each time."""
    repo.hour += 1
    dates = ("2024-03-02T09:00:00Z", f"2025-01-{28 - repo.hour}T09:00:00Z")
    return repo.commit(f"{title}\n\nBody.\n\n{REVIEW}\n{message}", ADA, DORA, path=path, dates=dates)


def reviews(pages: list[Page]) -> list[str]:
    return [ref.key for ref in Facts(pages).interactions if ref.kind == "review"]


@pytest.mark.parametrize("path", ["file", "a/b/c"])
async def test_the_same_patch_on_another_branch_is_a_copy_without_any_word(repo: Repo, path: str) -> None:
    repo.commit("base", dates=("2024-01-01T09:00:00Z", "2024-01-01T09:00:00Z"))
    repo.branch("stable")
    later = copied(repo, path=path, message=f"{TEST}\n{SIGNED}\n")
    repo.branch("other", "main")
    earlier = copied(repo, path=path)
    pages = await pull(repo.folder)
    assert reviews(pages) == [earlier]
    assert [(ref.kind, ref.key) for ref in Facts(pages).interactions if ref.key == later] == [
        ("test", later), ("sign_off", later),
    ]  # fmt: skip


def grown(repo: Repo) -> None:
    """Make main and a branch ``stable``, whose files differ well above where they are mended."""
    (repo.folder / "io.txt").write_text("".join(f"line {number}\n" for number in range(20)))
    repo.commit("base")
    repo.branch("stable")
    (repo.folder / "io.txt").write_text("old\n" + (repo.folder / "io.txt").read_text())
    repo.commit("io: begin otherwise")
    repo.switch("main")


def mended(repo: Repo, author: Author = ADA, message: str = "", *, days: int = 0, title: str = "io: mend") -> str:
    """Add a line to the file, with a date of its own."""
    repo.hour += 1
    file = repo.folder / "io.txt"
    file.write_text(file.read_text() + "mended\n")
    moment = f"{1_710_000_000 + 86_400 * days + 3600 * repo.hour} +0000"
    return repo.recorded(f"{title}\n\n{REVIEW}\n{message}", author, moment)


@pytest.mark.parametrize("author", [ADA, CARL])
async def test_the_same_patch_written_down_on_another_day_is_a_copy_without_any_word(
    repo: Repo, author: Author
) -> None:
    grown(repo)
    first = mended(repo)
    pages = await pull(repo.folder)
    repo.switch("stable")
    copy = mended(repo, author, f"{TEST}\n", days=300)
    pages += await pull(repo.folder, pages[-1].cursor)
    assert reviews(pages) == [first]
    new = {(ref.kind, ref.actor and ref.actor.key) for ref in Facts(pages).interactions if ref.key == copy}
    assert new == {("test" if author is ADA else "contribute", str(CARL))}
    assert Facts(pages).interactions == Facts(await pull(repo.folder)).interactions


@pytest.mark.parametrize(
    "title",
    ["[Backport 3.2] io: mend", "[stable] io: mend (#12)", "Backport: io: mend", "Backport #12: io: mend",
     "Cherry-pick io: mend", "[3.2] [backport] io: mend (#12) (#14)", "io: mend [3.2]", "Backport of io: mend"],
)  # fmt: skip
async def test_what_a_copy_puts_around_its_title_hides_nothing(repo: Repo, title: str) -> None:
    grown(repo)
    first = mended(repo)
    repo.switch("stable")
    mended(repo, CARL, days=30, title=title)
    assert reviews(await pull(repo.folder)) == [first]


@pytest.mark.parametrize(("days", "title"), [(1000, "io: mend"), (3, "io: mend the reader")])
async def test_a_patch_of_another_time_or_title_is_no_copy(repo: Repo, days: int, title: str) -> None:
    grown(repo)
    first = mended(repo)
    repo.switch("stable")
    second = mended(repo, days=days, title=title)
    assert sorted(reviews(await pull(repo.folder))) == sorted([first, second])


async def test_what_is_done_again_on_one_branch_is_work_again(repo: Repo) -> None:
    """Lines that repeat make the same patch, and so does what was undone and is done again."""
    grown(repo)
    made = [mended(repo, days=day) for day in range(6)]
    assert sorted(reviews(await pull(repo.folder))) == sorted(made)


async def test_copies_are_told_by_the_names_of_contents_where_these_are_missing(repo: Repo, tmp_path: Path) -> None:
    (repo.folder / "io.txt").write_text("line\n")
    repo.commit("base")
    repo.branch("stable")
    first = mended(repo)
    repo.branch("other", "main")
    mended(repo, days=9)
    repo.git("config", "uploadpack.allowFilter", "true")
    bare = tmp_path / "bare"
    repo.git("clone", "--quiet", "--bare", "--no-local", "--filter=blob:none", f"file://{repo.folder}", str(bare))
    assert reviews(await pull(bare)) == [first]


async def test_comparing_patches_runs_no_program_of_the_repository(repo: Repo, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\n")
    trap.chmod(0o755)
    grown(repo)
    first = mended(repo)
    repo.switch("stable")
    mended(repo, days=9)
    (repo.folder / ".git" / "info" / "attributes").write_text("*.txt diff=trap filter=trap\n")
    for setting in ("diff.external", "diff.trap.command", "diff.trap.textconv", "filter.trap.smudge", "diff.orderFile"):
        repo.git("config", setting, str(trap))
    assert reviews(await pull(repo.folder)) == [first]
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("seed", range(5))
async def test_copies_are_the_same_in_one_run_and_in_many(repo: Repo, seed: int) -> None:
    chance = random.Random(seed)
    grown(repo)
    branches, pages = ["main", "stable"], await pull(repo.folder)
    for step in range(10):
        repo.switch(chance.choice(branches))
        what = chance.random()
        if what < 0.6:
            mended(
                repo,
                chance.choice([ADA, CARL]),
                days=chance.choice([0, 9, 300, 900]),
                title=f"io: {chance.choice('ab')}",
            )
        elif what < 0.85 or len(branches) < 3:
            repo.branch(f"b{step}")
            branches.append(f"b{step}")
        else:
            gone = branches.pop()
            repo.switch("main")
            repo.git("branch", "-D", gone)
        if chance.random() < 0.6:
            pages += await pull(repo.folder, pages[-1].cursor)
    pages += await pull(repo.folder, pages[-1].cursor)
    assert Facts(pages).interactions == Facts(await pull(repo.folder)).interactions


async def test_what_only_looks_alike_is_no_copy(repo: Repo) -> None:
    repo.commit("base", dates=("2024-01-01T09:00:00Z", "2024-01-01T09:00:00Z"))
    one, two, three = copied(repo), copied(repo, path="elsewhere"), copied(repo, title="io: another")
    assert sorted(reviews(await pull(repo.folder))) == sorted([one, two, three])


async def test_a_rebased_topic_counts_once_whatever_is_read_and_deleted_first(repo: Repo) -> None:
    repo.commit("base", dates=("2024-01-01T09:00:00Z", "2024-01-01T09:00:00Z"))
    pages = await pull(repo.folder)
    repo.branch("rebased")
    later = copied(repo)
    pages += await pull(repo.folder, pages[-1].cursor)
    assert reviews(pages) == [later]
    repo.branch("topic", "main")
    earlier = copied(repo)
    for delete, expected in ((None, earlier), ("topic", later), (None, later)):
        if delete:
            repo.switch("main")
            repo.git("branch", "-D", delete)
        pages += await pull(repo.folder, pages[-1].cursor)
        assert reviews(pages) == [expected]
        assert Facts(pages).interactions == Facts(await pull(repo.folder)).interactions


async def test_acts_that_an_older_version_took_for_new_are_withdrawn(repo: Repo) -> None:
    commit = original(repo)
    repo.switch("stable")
    copy = repo.commit(f"io: mend\n\n{REVIEW}\n(cherry picked from commit {commit})\n{SIGNED}\n", ADA, DORA)
    cursor = msgspec.json.decode((await pull(repo.folder))[-1].cursor)
    pages = await pull(
        GitConfig(str(repo.folder), channel="repo"), msgspec.Raw(msgspec.json.encode({**cursor, "version": 1}))
    )
    dead = {record.ref.kind for page in pages for record in page.records if isinstance(record, Tombstone)}
    assert dead == {"contribute", "review"}
    assert {r.ref.key for page in pages for r in page.records if isinstance(r, Tombstone)} == {copy}
    assert Facts(pages).interactions == Facts(await pull(repo.folder)).interactions
    assert await pull(repo.folder, pages[-1].cursor) == []


async def test_acts_that_an_older_version_told_and_this_one_does_not_are_withdrawn(repo: Repo) -> None:
    """Of a commit that is reached as before: the source is read again, once, however often that is interrupted."""
    commit = repo.commit("io: mend\n\nReverted-by: Dora <dora@example.org>\n", ADA)
    first = await pull(repo.folder)
    act = next(r for page in first for r in page.records if isinstance(r, Interaction) and r.ref.key == commit)
    then = msgspec.structs.replace(act, ref=InteractionRef("git", commit, "help", actor=act.actor))
    older = msgspec.Raw(msgspec.json.encode({**msgspec.json.decode(first[-1].cursor), "version": 2}))
    again = await pull(repo.folder, older)
    for stop in range(len(again)):
        pages = [*first, Page((then,), older), *again[: stop + 1]]
        pages += await pull(repo.folder, pages[-1].cursor)
        assert Facts(pages).interactions == Facts(first).interactions
        assert await pull(repo.folder, pages[-1].cursor) == []
