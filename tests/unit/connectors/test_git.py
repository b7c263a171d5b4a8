"""Commits, trailers and merges become directed acts, whatever state the repository is in."""

import asyncio
import io
import os
import shutil
import socket
import tarfile
from collections.abc import AsyncGenerator, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import ClassVar, cast

import msgspec
import pytest

from kith.connectors import (
    Channel,
    Claim,
    Context,
    Coverage,
    Fatal,
    Forbidden,
    Identity,
    Interaction,
    Limits,
    Page,
    Ref,
    Retry,
    Skip,
    Tombstone,
    check_locations,
)
from kith.connectors.git import GitConfig, GitConnector, addresses, program
from kith.connectors.git.acts import FORMAT
from kith.connectors.git.addresses import address_of, public_name, reach
from kith.connectors.git.program import Git
from kith.domain.roles.acts import HELP
from kith.domain.trust.evidence import MEANINGS, Act, trust
from tests.paths import shared
from tests.unit.connectors.contexts import ALONE
from tests.unit.connectors.repositories import ADA, BOB, CARL, DORA, Author, Repo, redirecting, secured, served


async def pull(config: GitConfig | Path, cursor: msgspec.Raw | None = None, context: Context = ALONE) -> list[Page]:
    settings = config if isinstance(config, GitConfig) else GitConfig(str(config), channel="repo")
    return [page async for page in GitConnector().pull(settings, cursor, context)]


def acts(pages: list[Page]) -> list[Interaction]:
    return [record for page in pages for record in page.records if isinstance(record, Interaction)]


def said(act: Interaction) -> tuple[str, str, list[str]]:
    """An act as kind, actor and targets, names alone."""
    return act.ref.kind, _name(act.actor), [_name(target.identity) for target in act.targets]


def _name(ref: Ref) -> str:
    return ref.key.partition(" <")[0]


def skips(pages: list[Page]) -> list[Skip]:
    return [skip for page in pages for skip in page.skipped]


def tombstones(pages: list[Page]) -> list[Tombstone]:
    return [record for page in pages for record in page.records if isinstance(record, Tombstone)]


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo(tmp_path / "repo")


async def test_each_trailer_is_an_act_towards_the_author_and_a_copy_one_by_the_author(repo: Repo) -> None:
    commit = repo.commit(
        "refs: fix\n\nBecause.\n\n"
        f"Reported-and-tested-by: {BOB}\nReviewed-by: {CARL}\nCo-authored-by: {DORA}\n"
        f"Cc: {BOB}\nSigned-off-by: {ADA}\nSigned-off-by: {CARL}\n",
        committer=CARL,
    )
    pages = await pull(repo.folder)
    found = acts(pages)
    assert [said(act) for act in found] == [
        ("contribute", "Ada", ["Dora"]),
        ("report", "Bob", ["Ada"]),
        ("test", "Bob", ["Ada"]),
        ("review", "Carl", ["Ada"]),
        ("contribute", "Dora", ["Ada"]),
        ("sign_off", "Carl", ["Ada"]),
        ("copy", "Ada", ["Bob"]),
    ]
    assert {act.ref.key for act in found} == {commit}
    assert {act.channel for act in found} == {Ref("git", "repo#refs")}
    assert found[0].text == "refs: fix\n\nBecause."
    assert found[0].occurred_at == datetime.fromtimestamp(1_700_003_600, UTC)
    assert {act.reply_to for act in found[1:]} == {found[0].ref}
    channels = [record for record in pages[0].records if isinstance(record, Channel)]
    assert [(channel.name, channel.kind, channel.parent) for channel in channels] == [
        ("repo", "repository", None),
        ("refs", "area", Ref("git", "repo")),
    ]
    people = [record for record in pages[0].records if isinstance(record, Identity)]
    assert {(who.name, who.address) for who in people} == {(w.name, w.address) for w in (ADA, BOB, CARL, DORA)}


@pytest.mark.parametrize("word", ["Nacked-by", "NACKed-by", "nacked-by"])
async def test_who_turns_the_work_down_is_in_conflict_with_its_author_and_helped_nobody(repo: Repo, word: str) -> None:
    repo.commit(f"x\n\n{word}: {BOB}\nSigned-off-by: {ADA}\n")
    found = acts(await pull(repo.folder))
    assert [said(act) for act in found] == [("contribute", "Ada", []), ("conflict", "Bob", ["Ada"])]
    assert found[1].native_kind == "nacked-by"
    assert found[1].ref.kind not in HELP
    topic = Act("refs", 0, found[1].ref.kind, "bob", "ada", 1)
    assert trust("bob", "ada", [topic], 0).topics[0].opposes == -MEANINGS["conflict"].weight
    assert trust("ada", "bob", [topic], 0).topics == []


async def test_a_committer_who_says_nothing_has_taken_the_work_in(repo: Repo) -> None:
    repo.commit("x", author=ADA, committer=BOB)
    assert [said(act) for act in acts(await pull(repo.folder))] == [
        ("contribute", "Ada", []),
        ("merge", "Bob", ["Ada"]),
    ]


async def test_a_button_on_github_is_nobodys_act(repo: Repo) -> None:
    repo.commit("x", author=ADA, committer=Author("GitHub", "noreply@github.com"))
    assert [said(act) for act in acts(await pull(repo.folder))] == [("contribute", "Ada", [])]


async def test_one_address_with_two_names_does_nothing_towards_itself(repo: Repo) -> None:
    repo.commit("x\n\nTested-by: A. L. <ADA@example.org>\n")
    assert [said(act) for act in acts(await pull(repo.folder))] == [("contribute", "Ada", [])]


async def test_a_merge_says_whose_work_it_brought_in(repo: Repo) -> None:
    repo.commit("base", author=ADA)
    repo.branch("topic")
    repo.commit("one", author=BOB)
    repo.commit("two", author=CARL)
    repo.commit("three", author=CARL)
    repo.switch("main")
    repo.commit("meanwhile", author=DORA)
    repo.commit("Merge branch 'topic'", author=ADA, merge=("topic",))
    merge = acts(await pull(repo.folder))[-1]
    assert said(merge) == ("merge", "Ada", ["Carl", "Bob"])


async def test_an_octopus_merge_brings_in_every_branch(repo: Repo) -> None:
    repo.commit("base", author=ADA)
    for name, author in (("one", BOB), ("two", CARL), ("three", DORA)):
        repo.branch(name, "main")
        repo.commit(name, author=author, path=name)
    repo.switch("main")
    repo.commit("Merge branches 'one', 'two' and 'three'", merge=("one", "two", "three"))
    kind, actor, targets = said(acts(await pull(repo.folder))[-1])
    assert (kind, actor, set(targets)) == ("merge", "Ada", {"Bob", "Carl", "Dora"})


async def test_a_branch_that_catches_up_merges_nobodys_work(repo: Repo) -> None:
    repo.commit("base")
    repo.branch("topic")
    repo.commit("mine", author=BOB)
    repo.switch("main")
    repo.commit("others", author=CARL)
    repo.switch("topic")
    repo.commit("Merge branch 'main' into topic", author=BOB, merge=("main",))
    assert said(acts(await pull(repo.folder))[-1]) == ("merge", "Bob", [])


async def test_a_branch_that_takes_in_the_main_line_catches_up_whatever_its_words(repo: Repo) -> None:
    repo.commit("one")
    repo.git("checkout", "--quiet", "-b", "topic")
    repo.commit("two", author=BOB, path="topic")
    repo.git("checkout", "--quiet", "main")
    repo.commit("three", author=CARL)
    repo.git("checkout", "--quiet", "topic")
    repo.commit("合并", author=BOB, path="topic", merge=("main",))
    repo.commit("Fix conflicts", author=BOB, path="topic", merge=("main",))
    repo.git("checkout", "--quiet", "main")
    repo.commit("Bring the windows in", author=ADA, merge=("topic",))
    merges = [said(act) for act in acts(await pull(repo.folder)) if act.ref.kind == "merge"]
    assert merges == [("merge", "Bob", []), ("merge", "Bob", []), ("merge", "Ada", ["Bob"])]


@pytest.mark.parametrize("seed", range(4))
async def test_merges_agree_with_git_log_in_one_run_and_in_many(tmp_path: Path, seed: int) -> None:
    """A random history; the oracle for each merge is ``git log p2 ^p1``."""
    import random

    choose = random.Random(seed)
    repo = Repo(tmp_path / "repo")
    people = [Author(f"P{n}", f"p{n}@x.org") for n in range(6)]
    commits = [repo.commit("base", author=people[0])]
    middle: msgspec.Raw | None = None
    partly: list[Interaction] = []
    for step in range(40):
        repo.git("update-ref", "HEAD", choose.choice(commits[-6:]))
        others = tuple({choose.choice(commits[-6:]) for _ in range(choose.choice((0, 0, 1, 1, 2)))})
        commits.append(repo.commit(f"c{step}", author=choose.choice(people), merge=others))
        repo.git("update-ref", f"refs/heads/b{step}", commits[-1])
        if step in (13, 27):
            pages = await pull(repo.folder, middle)
            partly += acts(pages)
            middle = pages[-1].cursor
    at_once = acts(await pull(repo.folder))
    partly += acts(await pull(repo.folder, middle))
    assert {act.ref: act for act in partly} == {act.ref: act for act in at_once}
    merges = [act for act in at_once if act.ref.kind == "merge"]
    assert len(merges) > 5
    for act in merges:
        first, *rest = repo.git("rev-parse", f"{act.ref.key}^@").split()
        told = set(repo.git("log", "--no-merges", "--format=%an <%ae>", *rest, f"^{first}").splitlines())
        assert {target.identity.key for target in act.targets} == told - {act.actor.key}


async def test_the_area_is_the_subjects_prefix_else_the_one_top_folder_else_the_repository(repo: Repo) -> None:
    repo.commit("net: x", path="fs/a")
    repo.commit("no prefix", path="fs/b")
    repo.commit("at the root", path="NEWS")
    assert [act.channel for act in acts(await pull(repo.folder))] == [
        Ref("git", "repo#net"),
        Ref("git", "repo#fs"),
        Ref("git", "repo"),
    ]


async def test_progress_counts_commits_to_the_last_page(repo: Repo) -> None:
    for number in range(3):
        repo.commit(f"c{number}")
    assert [(page.done, page.total) for page in await pull(repo.folder)] == [(3, 3), (3, 3)]


async def test_only_what_is_new_is_read_and_nothing_new_is_no_page(repo: Repo) -> None:
    repo.commit("one")
    first = await pull(repo.folder)
    assert await pull(repo.folder, first[-1].cursor) == []
    repo.branch("topic")
    repo.commit("two", author=BOB)
    second = await pull(repo.folder, first[-1].cursor)
    assert [said(act) for act in acts(second)] == [("contribute", "Bob", [])]
    repo.git("branch", "-D", "main")
    assert acts(await pull(repo.folder, second[-1].cursor)) == []


async def test_rewritten_history_is_withdrawn_act_by_act(repo: Repo) -> None:
    repo.commit("base")
    gone = repo.commit(f"old\n\nReviewed-by: {BOB}\n")
    before = await pull(repo.folder)
    repo.git("reset", "--quiet", "--hard", "HEAD~1")
    new = repo.commit(f"new\n\nReviewed-by: {BOB}\n")
    after = await pull(repo.folder, before[-1].cursor)
    assert {(dead.ref, dead.cause) for dead in tombstones(after)} == {
        (act.ref, "rewritten") for act in acts(before) if act.ref.key == gone
    }
    assert len(tombstones(after)) == 2
    assert {act.ref.key for act in acts(after)} == {new}


async def test_what_another_branch_still_reaches_is_not_withdrawn(repo: Repo) -> None:
    repo.commit("base")
    repo.branch("topic")
    repo.commit("kept")
    repo.git("branch", "copy")
    before = await pull(repo.folder)
    repo.git("checkout", "-q", "main")
    repo.git("branch", "-D", "topic")
    assert tombstones(await pull(repo.folder, before[-1].cursor)) == []


async def test_history_that_the_repository_lost_is_said_and_the_rest_read_anew(repo: Repo) -> None:
    repo.commit("base")
    repo.commit("old")
    before = await pull(repo.folder)
    repo.git("reset", "--quiet", "--hard", "HEAD~1")
    repo.commit("new")
    repo.git("reflog", "expire", "--expire=now", "--all")
    repo.git("gc", "--quiet", "--prune=now")
    after = await pull(repo.folder, before[-1].cursor)
    assert [skip.code for skip in skips(after)] == ["history_lost"]
    assert [act.title for act in acts(after)] == ["base", "new"]


async def test_a_repository_without_branches_withdraws_nothing(repo: Repo) -> None:
    repo.commit("base")
    before = await pull(repo.folder)
    repo.git("update-ref", "-d", "refs/heads/main")
    with pytest.raises(Fatal, match="no commits below these refs any more"):
        await pull(repo.folder, before[-1].cursor)


async def test_a_mailmap_becomes_claims_also_when_it_comes_later(repo: Repo) -> None:
    repo.commit("one", author=Author("ada", "ada@work.example"))
    repo.commit(f"two\n\nReviewed-by: {ADA}\n", author=BOB)
    first = await pull(repo.folder)
    (repo.folder / ".mailmap").write_text(
        "Ada Lovelace <ada@example.org> <ada@work.example>\nAda Lovelace <ada@example.org>\n"
    )
    repo.commit("add a mailmap", author=BOB)
    everyone = {"ada <ada@work.example>", "Ada <ada@example.org>"}
    for pages in (await pull(repo.folder, first[-1].cursor), await pull(repo.folder)):
        claims = [record for page in pages for record in page.records if isinstance(record, Claim)]
        assert {claim.subject.key for claim in claims} == everyone
        assert {claim.object.key for claim in claims} == {"Ada Lovelace <ada@example.org>"}
        assert {claim.kind for claim in claims} == {"mailmap"}
        assert claims[0].evidence.startswith(".mailmap: Ada Lovelace")


async def test_dates_of_1970_and_2106_are_kept_and_impossible_ones_fall_back(repo: Repo) -> None:
    repo.commit("old", dates=("@0 +0000", "@0 +0000"))
    repo.commit("far", dates=("@4294967295 +0000", "@4294967295 +0000"))
    tree = repo.git("write-tree")
    repo.branch("broken")
    repo.raw_commit(
        f"tree {tree}\nauthor A <a@x.org> 999999999999999 +0000\ncommitter B <b@x.org> 1700000000 +0000\n\nx\n".encode()
    )
    pages = await pull(repo.folder)
    contributions = [act for act in acts(pages) if act.ref.kind == "contribute"]
    assert {act.title: act.occurred_at.year for act in contributions} == {"old": 1970, "far": 2106, "x": 2023}
    [coverage] = [record for page in pages for record in page.records if isinstance(record, Coverage)]
    assert (coverage.since.year, coverage.until.year) == (2023, 2023)


async def test_broken_commits_are_named_and_the_others_kept(repo: Repo) -> None:
    tree = repo.git("write-tree")
    repo.raw_commit(f"tree {tree}\nauthor  <> 1 +0000\ncommitter B <b@x.org> 1 +0000\n\nnobody\n".encode())
    pages = await pull(repo.folder)
    assert acts(pages) == []
    assert [(skip.code, skip.reason) for skip in skips(pages)] == [("unreadable_commit", "the commit names no author")]


async def test_every_encoding_becomes_text(repo: Repo) -> None:
    tree = repo.git("write-tree")
    who = "J\u00fcrgen <j@x.org> 1700000000 +0000"
    plain = f"tree {tree}\nauthor {who}\ncommitter {who}\n\nGr\u00fc\u00dfe\n"
    declared = plain.replace("\n\n", "\nencoding ISO-8859-1\n\n")
    for commit in (plain.encode(), plain.encode("latin-1"), declared.encode("latin-1")):
        repo.raw_commit(commit)
        assert [(act.actor.key, act.title) for act in acts(await pull(repo.folder))] == [
            ("J\u00fcrgen <j@x.org>", "Gr\u00fc\u00dfe")
        ]


async def test_a_name_alone_missing_leaves_the_address(repo: Repo) -> None:
    tree = repo.git("write-tree")
    repo.raw_commit(
        f"tree {tree}\nauthor  <a@x.org> 1700000000 +0000\ncommitter  <a@x.org> 1700000000 +0000\n\nx\n".encode()
    )
    pages = await pull(repo.folder)
    assert acts(pages)[0].actor.key == "<a@x.org>"
    [who] = [record for record in pages[0].records if isinstance(record, Identity)]
    assert (who.name, who.address) == (None, "a@x.org")


async def test_a_shallow_clone_says_that_older_history_is_missing(repo: Repo, tmp_path: Path) -> None:
    for number in range(5):
        repo.commit(f"c{number}")
    repo.git("clone", "--quiet", "--depth=2", f"file://{repo.folder}", str(tmp_path / "shallow"))
    pages = await pull(tmp_path / "shallow")
    assert [act.title for act in acts(pages)] == ["c3", "c4"]
    coverage = [record for page in pages for record in page.records if isinstance(record, Coverage)]
    assert [(part.status, part.until) for part in coverage] == [
        ("read", datetime.fromtimestamp(1_700_000_000 + 5 * 3600 + 1, UTC)),
        ("truncated", datetime.fromtimestamp(1_700_000_000 + 4 * 3600, UTC)),
    ]
    assert (await GitConnector().check(GitConfig(str(tmp_path / "shallow")), ALONE)).warnings


async def test_an_empty_repository_gives_nothing(repo: Repo) -> None:
    assert await pull(repo.folder) == []
    assert (await GitConnector().check(GitConfig(str(repo.folder)), ALONE)).warnings


async def test_bare_clones_and_worktrees_tell_the_same_facts(repo: Repo, tmp_path: Path) -> None:
    repo.commit(f"one\n\nReviewed-by: {BOB}\n")
    repo.git("clone", "--quiet", "--bare", str(repo.folder), str(tmp_path / "bare.git"))
    repo.git("worktree", "add", "--quiet", "--detach", str(tmp_path / "tree"))
    told = acts(await pull(repo.folder))
    assert acts(await pull(tmp_path / "bare.git")) == told
    assert acts(await pull(tmp_path / "tree")) == told


@pytest.fixture
def remote(repo: Repo) -> Iterator[GitConfig]:
    """The repository at an address."""
    with served(repo.folder.parent) as url:
        yield GitConfig(f"{url}/repo", channel="repo")


async def test_an_address_is_cloned_once_and_followed(repo: Repo, remote: GitConfig, tmp_path: Path) -> None:
    repo.commit("one")
    gone = repo.commit("two")
    context = Context(tmp_path / "kept")
    assert (await GitConnector().check(remote, context)).detail == "127.0.0.1/repo has 1 branches."
    assert not (tmp_path / "kept").exists()
    first = await pull(remote, None, context)
    assert acts(first) == acts(await pull(repo.folder))
    [clone] = [entry for entry in (tmp_path / "kept").iterdir() if entry.is_dir()]
    born = (clone / "config").stat().st_mtime_ns
    repo.git("reset", "--quiet", "--hard", "HEAD~1")
    repo.commit("three")
    second = await pull(remote, first[-1].cursor, context)
    assert [act.title for act in acts(second)] == ["three"]
    assert {dead.ref.key for dead in tombstones(second)} == {gone}
    assert (clone / "config").stat().st_mtime_ns == born


async def test_a_lost_clone_is_made_again(repo: Repo, remote: GitConfig, tmp_path: Path) -> None:
    repo.commit("one")
    context = Context(tmp_path / "kept")
    first = await pull(remote, None, context)
    shutil.rmtree(context.folder)
    repo.commit("two")
    assert [act.title for act in acts(await pull(remote, first[-1].cursor, context))] == ["two"]


async def test_what_killed_runs_and_former_addresses_left_is_removed(
    repo: Repo, remote: GitConfig, tmp_path: Path
) -> None:
    repo.commit("one")
    context = Context(tmp_path / "kept")
    await pull(remote, None, context)
    [clone] = [entry for entry in context.folder.iterdir() if entry.is_dir()]
    (clone / "packed-refs.lock").touch()
    (context.folder / "new-half" / "clone").mkdir(parents=True)
    repo.git("pack-refs", "--all")
    repo.branch("topic")
    repo.commit("two")
    repo.git("branch", "-D", "main")
    assert [act.title for act in acts(await pull(remote, None, context))] == ["one", "two"]
    assert {entry.name for entry in context.folder.iterdir()} == {"lock", clone.name}


async def test_one_run_at_a_time_works_on_a_clone(repo: Repo, remote: GitConfig, tmp_path: Path) -> None:
    for number in range(3):
        repo.commit(f"c{number}")
    context = Context(tmp_path / "kept")
    pages = cast(AsyncGenerator[Page, None], GitConnector().pull(remote, None, context))
    await anext(pages)
    with pytest.raises(Retry, match="Another run"):
        await pull(remote, None, context)
    await pages.aclose()
    for _ in range(100):  # a git that was killed may take a moment to let go of the lock
        with suppress(Retry):
            assert len(acts(await pull(remote, None, context))) == 3
            return
        await asyncio.sleep(0.1)
    pytest.fail("the clone is still locked")


OUTSIDE = Limits((), private_addresses=False)


PRIVATE = ["127.0.0.1", "localhost", "[::1]", "[::ffff:10.0.0.8]", "10.0.0.8", "169.254.169.254", "127.1", "2130706433"]


@pytest.mark.parametrize("host", PRIVATE)
@pytest.mark.parametrize("form", ["https://{}/x", "ssh://git@{}:2222/x", "git://{}/x"])
async def test_private_addresses_are_not_read(host: str, form: str, tmp_path: Path) -> None:
    config, context = GitConfig(form.format(host)), Context(tmp_path, OUTSIDE)
    with pytest.raises(Forbidden, match="KITH_PRIVATE_ADDRESSES"):
        check_locations(config, OUTSIDE)
    with pytest.raises(Forbidden, match="KITH_PRIVATE_ADDRESSES"):
        await GitConnector().check(config, context)
    with pytest.raises(Forbidden, match="KITH_PRIVATE_ADDRESSES"):
        await pull(config, None, context)


async def test_git_is_kept_to_the_address_that_was_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def lookup(*_: object, **__: object) -> list[tuple[object, ...]]:
        return [(0, 0, 0, "", ("140.82.121.3", 443)), (0, 0, 0, "", ("2606:50c0:8000::153", 443, 0, 0))]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    secure = address_of("https://github.com/git/git")
    shell = address_of("git@github.com:git/git")
    assert secure
    assert shell
    pinned = "http.curloptResolve=github.com:443:140.82.121.3,[2606:50c0:8000::153]"
    assert pinned in reach(secure, OUTSIDE).options
    assert "http.followRedirects=false" in reach(secure, OUTSIDE).options
    assert reach(shell, OUTSIDE).ssh.endswith("-oHostName=140.82.121.3 -oHostKeyAlias=github.com")
    assert (reach(secure, OUTSIDE).protocols, reach(shell, OUTSIDE).protocols) == ("https", "ssh")


async def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    with redirecting(tmp_path) as (url, certificate), pytest.MonkeyPatch.context() as patch:
        patch.setattr(addresses, "OPTIONS", (*addresses.OPTIONS, "-c", f"http.sslCAInfo={certificate}"))
        with pytest.raises(Fatal, match="has moved"):
            await GitConnector().check(GitConfig(f"{url}/repo"), ALONE)


async def test_links_out_of_the_folders_that_may_be_read_are_seen(repo: Repo, tmp_path: Path) -> None:
    repo.commit("secret")
    root = tmp_path / "root"
    root.mkdir()
    limits = Limits((root,), private_addresses=False)
    (root / "link").symlink_to(repo.folder)
    repo.git("worktree", "add", "--quiet", "--detach", str(root / "tree"))
    borrower = Repo(root / "borrower")
    (borrower.folder / ".git/objects/info/alternates").write_text(f"{repo.folder}/.git/objects\n")
    lender = Repo(root / "linked")
    shutil.rmtree(lender.folder / ".git/objects")
    (lender.folder / ".git/objects").symlink_to(repo.folder / ".git/objects")
    for place in ("link", "../repo", "tree", "borrower", "linked"):
        with pytest.raises(Forbidden, match="KITH_SOURCE_ROOTS"):
            await pull(GitConfig(str(root / place)), None, Context(tmp_path, limits))
    own = Repo(root / "own")
    own.commit("one")
    assert len(acts(await pull(GitConfig(str(own.folder)), None, Context(tmp_path, limits)))) == 1


@pytest.mark.parametrize(
    "repository",
    [
        "--upload-pack=touch x",
        "ext::sh -c touch% x",
        "http://example.org/x",
        "ftp://example.org/x",
        "file:///etc",
        "ssh://-oProxyCommand=touch%20x/x",
        "ssh://-oProxyCommand=x@example.org/x",
        "-oProxyCommand=x@example.org:x",
        "example.org:--upload-pack=x",
        "relative/path",
        "/nonexistent",
        "a\nb",
    ],
)
async def test_what_is_no_repository_is_refused_before_git_sees_it(repository: str) -> None:
    with pytest.raises(Fatal):
        await GitConnector().check(GitConfig(repository), ALONE)
    with pytest.raises(Fatal):
        await pull(GitConfig(repository))


@pytest.mark.parametrize("ref", ["--all", "refs/../x", "HEAD~3", "refs/heads/a b", "^refs/heads/main"])
async def test_what_is_no_ref_is_refused(repo: Repo, ref: str) -> None:
    with pytest.raises(Fatal, match="is no ref"):
        await pull(GitConfig(str(repo.folder), refs=(ref,)))


async def test_only_the_refs_named_are_read(repo: Repo) -> None:
    repo.commit("main")
    repo.branch("release/1")
    repo.commit("release")
    repo.git("-c", "user.name=T", "-c", "user.email=t@x.org", "tag", "-a", "-m", "v1", "v1")
    repo.branch("other", "main")
    repo.commit("other")
    for refs, titles in ((("refs/heads/release/*",), ["main", "release"]), (("refs/tags/*",), ["main", "release"])):
        assert [act.title for act in acts(await pull(GitConfig(str(repo.folder), refs=refs)))] == titles


async def test_a_folder_inside_a_repository_is_not_taken_for_it(repo: Repo) -> None:
    repo.commit("x", path="inside/file")
    with pytest.raises(Fatal, match="is no git repository"):
        await pull(repo.folder / "inside")


async def test_the_repositorys_own_configuration_runs_nothing(repo: Repo, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\n")
    trap.chmod(0o755)
    repo.commit("x")
    for setting in (
        "core.fsmonitor",
        "core.pager",
        "gpg.program",
        "core.sshCommand",
        "diff.external",
        "core.hooksPath",
    ):
        repo.git("config", setting, str(trap))
    repo.git("config", "log.showSignature", "true")
    assert acts(await pull(repo.folder)) != []
    assert not (tmp_path / "sprung").exists()


async def test_a_pull_that_is_left_ends_its_git(repo: Repo) -> None:
    for number in range(3):
        repo.commit(f"c{number}")
    git = Git()
    stream = git.stream(("log", "-z", "--format=tformat:" + FORMAT), repo.folder)
    git.close()
    stream.close()
    with pytest.raises(Fatal, match="was ended"):
        git.run(("log",), repo.folder)


async def test_what_git_prints_is_bounded(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "OUTPUT_BYTES", 100)
    for number in range(4):
        repo.commit(f"c{number}")
    with pytest.raises(Fatal, match="printed more than"):
        await pull(repo.folder)


async def test_a_long_complaint_does_not_stop_git(repo: Repo) -> None:
    repo.git("config", "alias.complain", "!head -c 300000 /dev/zero | tr '\\0' x >&2; exit 1")
    with pytest.raises(Fatal, match="git failed with status 1"):
        Git().run(("complain",), repo.folder)


async def test_the_passwords_of_kiths_account_are_not_used(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(repo.folder))
    repo.git("config", "alias.home", "!echo $HOME $GIT_CONFIG_GLOBAL $GIT_CONFIG_NOSYSTEM $GIT_TERMINAL_PROMPT")
    assert Git().run(("home",), repo.folder).decode().split() == ["/dev/null", "/dev/null", "1", "0"]


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://user:secret@GitHub.com/git/git.git", "github.com/git/git"),
        ("git@github.com:git/git.git", "github.com/git/git"),
        ("ssh://git@github.com:22/git/git/", "github.com/git/git"),
        ("/srv/git/project.git", "project"),
        ("file:///srv/git/project.git", "project"),
    ],
)
def test_every_way_to_write_an_address_has_one_public_name(url: str, name: str) -> None:
    assert public_name(url) == name


async def test_a_password_in_an_address_is_not_repeated() -> None:
    with pytest.raises(Fatal) as caught:
        await GitConnector().check(GitConfig("http://user:secret@example.org/x"), ALONE)
    assert "secret" not in str(caught.value)


async def test_a_repository_of_another_tool_is_read(tmp_path: Path) -> None:
    archive = shared("samples/perceval-fixtures/git/gittest.tar.gz")
    with tarfile.open(fileobj=io.BytesIO(archive.read_bytes())) as tar:
        tar.extractall(tmp_path, filter="data")
    pages = await pull(tmp_path / "gittest")
    assert len({act.ref.key for act in acts(pages)}) == 9
    assert skips(pages) == []


async def test_who_is_named_twice_under_two_names_is_addressed_once(repo: Repo) -> None:
    repo.commit("x\n\nCo-authored-by: Bob <bob@example.org>\nCo-authored-by: BOB <bob@example.org>\n"
                "Reviewed-by: Dora <dora@example.org>\nReviewed-by: dora <dora@example.org>\n")  # fmt: skip
    found = [record for page in await pull(repo.folder) for record in page.records if isinstance(record, Interaction)]
    assert [len(act.targets) for act in found if act.ref.kind == "contribute" and act.actor.key == str(ADA)] == [1]
    assert len([act for act in found if act.ref.kind == "review"]) == 1


class _Listening(BaseHTTPRequestHandler):
    """Has nothing, and notes who asks."""

    heard: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.heard.append(self.headers.get("Authorization", ""))
        self.send_error(404)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


async def test_a_password_is_on_no_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """git itself runs, and notes its arguments and those of all that it starts; the server hears the password."""
    programs, notes = tmp_path / "programs", tmp_path / "notes"
    programs.mkdir()
    recorder = programs / "git"
    recorder.write_text(
        f'#!/bin/sh\necho "$@" >> {notes}\nenv > {tmp_path / "environment"}\n'
        f'GIT_TRACE={notes} GIT_SSL_NO_VERIFY=1 exec {shutil.which("git")} "$@"\n'
    )
    recorder.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    kept = msgspec.structs.replace(ALONE, folder=tmp_path / "clones")
    with secured(tmp_path, _Listening) as (url, _):
        config = GitConfig(url.replace("https://", "https://ada:open%20sesame@") + "/app.git", channel="app")
        for look in (GitConnector().check(config, kept), pull(config, context=kept)):
            with pytest.raises(Fatal, match="no such repository"):
                await look
    basic = "YWRhOm9wZW4gc2VzYW1l"
    assert set(_Listening.heard) == {f"Basic {basic}"}
    told = notes.read_text()
    assert "ls-remote" in told
    assert "clone" in told
    assert "remote-https" in told
    assert not [secret for secret in ("sesame", basic, "ada@") if secret in told]
    assert "sesame" not in (tmp_path / "environment").read_text()
    assert f"GIT_CONFIG_VALUE_0=Authorization: Basic {basic}" in (tmp_path / "environment").read_text()
