"""What sources may read is not left by links, pipes or what a repository names; and nothing waits for ever."""

import asyncio
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kith.connectors import ConnectorError, Context, Fatal, Forbidden, Interaction, Limits, Page, Retry, check_locations
from kith.connectors.git import GitConfig, GitConnector, program
from kith.connectors.mail import MailConfig, MailConnector
from kith.connectors.ndjson import NdjsonConfig, NdjsonConnector
from tests.paths import shared
from tests.unit.connectors.contexts import ALONE

SECRETS = ("Zed Oke", "zed@oke", "secret", "token-of-nobody")
SECONDS = 10.0


def make(case: str, folder: Path) -> Path:
    """Build a case; return the folder that sources may read."""
    subprocess.run(["sh", str(shared(f"cases/api/{case}/make.sh")), str(folder)], check=True, capture_output=True)
    return folder / "roots"


async def read(connector: Any, config: msgspec.Struct, limits: Limits) -> tuple[list[Page], ConnectorError | None]:
    """Look at a source and read it as a worker does; return its pages and how that ended."""
    began = time.monotonic()
    pages: list[Page] = []
    error = None
    context = Context(Path("/nonexistent"), limits)
    try:
        check_locations(config, limits)
        await connector.check(config, context)
        pages += [page async for page in connector.pull(config, None, context)]
    except ConnectorError as raised:
        error = raised
    assert time.monotonic() - began < SECONDS
    return pages, error


def said(pages: list[Page], error: ConnectorError | None) -> str:
    return f"{msgspec.json.encode([page.records for page in pages])!r} {[page.skipped for page in pages]} {error}"


def told(pages: list[Page]) -> list[str]:
    return [record.ref.key for page in pages for record in page.records if isinstance(record, Interaction)]


@pytest.mark.parametrize(
    ("case", "names"),
    [("roots-alternates", ["app", "mid", "word"]), ("roots-linked-objects", ["app"])],
)
async def test_a_repository_that_leads_out_is_refused(case: str, names: list[str], tmp_path: Path) -> None:
    roots = make(case, tmp_path / "made")
    for name in names:
        config = GitConfig(str(roots / f"{name}.git"))
        pages, error = await read(GitConnector(), config, Limits((roots,), private_addresses=False))
        assert isinstance(error, Forbidden)
        assert not any(secret in said(pages, error) for secret in SECRETS)
    pages, error = await read(GitConnector(), GitConfig(str(roots / "app.git")), Limits())
    assert "Zed Oke" in said(pages, error)  # the operator may


async def test_mails_that_are_links_are_left_out(tmp_path: Path) -> None:
    roots = make("roots-linked-mails", tmp_path / "made")
    limits = Limits((roots,), private_addresses=False)
    for name in ("md", "mails"):
        pages, error = await read(MailConnector(), MailConfig(str(roots / name)), limits)
        assert error is None
        assert told(pages) == ["a@birk.example"]
        assert [skip.code for page in pages for skip in page.skipped] == ["not_read"]
        assert not any(secret in said(pages, error) for secret in SECRETS)
    (roots / "later").rmdir()
    (roots / "later").symlink_to("../outside/mails")
    _, error = await read(MailConnector(), MailConfig(str(roots / "later")), limits)
    assert isinstance(error, Forbidden)


@pytest.mark.parametrize("limited", [True, False])
async def test_a_pipe_holds_nobody(tmp_path: Path, *, limited: bool) -> None:
    roots = make("roots-fifo", tmp_path / "made")
    limits = Limits((roots,), private_addresses=False) if limited else Limits()
    for connector, config in ((GitConnector(), GitConfig(str(roots / "app.git"))),
                              (MailConnector(), MailConfig(str(roots / "a.mbox"))),
                              (NdjsonConnector(), NdjsonConfig(str(roots / "a.mbox")))):  # fmt: skip
        _, error = await read(connector, config, limits)
        assert "no regular file" in str(error)
    pages, error = await read(MailConnector(), MailConfig(str(roots / "mails")), limits)
    assert (told(pages), error) == (["a@birk.example"], None)
    assert [skip.place for page in pages for skip in page.skipped] == ["1.eml"]


def repository(folder: Path, author: str, subject: str) -> Path:
    """Make a repository of one commit; return what git keeps it in."""
    subprocess.run(["git", "init", "-q", "-b", "main", str(folder)], check=True)
    name = ["-c", f"user.name={author}", "-c", f"user.email={author.split()[0].lower()}@oke.example"]
    command = ["git", *name, "-C", str(folder), "commit", "-q", "--allow-empty", "-m", subject]
    subprocess.run(command, check=True)
    return folder / ".git"


def _link(here: Path, there: Path) -> None:
    """Put a link to what lies outside in place of what is here."""
    shutil.rmtree(here) if here.is_dir() else here.unlink(missing_ok=True)
    here.parent.mkdir(parents=True, exist_ok=True)
    here.symlink_to(there)


def _pipe(here: Path, _: Path) -> None:
    shutil.rmtree(here) if here.is_dir() else here.unlink(missing_ok=True)
    here.parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(here)


def _by_another_link(here: Path, there: Path) -> None:
    """The same, by a link inside that leads to a link out."""
    between = here.parent.parent / "between"
    between.unlink(missing_ok=True)
    between.symlink_to(there)
    _link(here, between)


PARTS = [
    "objects", "objects/pack", "objects/info/alternates", "objects/info/commit-graph", "refs", "refs/heads",
    "refs/heads/main", "HEAD", "packed-refs", "config", "info/grafts", "shallow", "commondir", "logs/HEAD",
]  # fmt: skip


def _alternates(mine: Path, theirs: Path, depth: int) -> None:
    """Borrow objects by so many repositories between."""
    lender = theirs / "objects"
    for number in range(depth):
        between = mine.parent.parent / f"between-{number}" / "objects"
        (between / "info").mkdir(parents=True)
        (between / "info/alternates").write_text(f"{lender}\n")
        lender = between
    (mine / "objects/info").mkdir(exist_ok=True)
    (mine / "objects/info/alternates").write_text(f"# borrowed\n{os.path.relpath(lender, mine / 'objects')}\n")


def _gitdir(mine: Path, theirs: Path) -> None:
    shutil.rmtree(mine)
    mine.write_text(f"gitdir: {theirs}\n")


def _commondir(mine: Path, theirs: Path) -> None:
    (mine / "commondir").write_text(f"{theirs}\n")


def _include(mine: Path, theirs: Path) -> None:
    (mine / "config").write_text(f"[core]\n\tbare = false\n[Include]\n\tpath = {theirs.parent.parent / 'word.txt'}\n")


def _worktree(mine: Path, theirs: Path) -> None:
    shutil.rmtree(mine.parent)
    subprocess.run(["git", "-C", str(theirs), "worktree", "add", "-q", "--detach", str(mine.parent)], check=True)


Escape = Callable[[Path, Path], None]
ESCAPES: st.SearchStrategy[Escape] = st.one_of(
    st.builds(
        lambda act, part, whole: (
            lambda mine, theirs: act(mine / part, theirs / part if whole else theirs.parent.parent / "word.txt")
        ),
        st.sampled_from([_link, _pipe, _by_another_link]),
        st.sampled_from(PARTS),
        st.booleans(),
    ),
    st.builds(lambda depth: lambda mine, theirs: _alternates(mine, theirs, depth), st.integers(0, 3)),
    st.sampled_from([_gitdir, _commondir, _include, _worktree]),
)


@settings(max_examples=40, deadline=None)
@given(escape=ESCAPES)
def test_no_way_out_of_a_repository_is_followed(escape: Escape) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        theirs = repository(folder / "outside/app", "Zed Oke", "secret: one")
        (folder / "outside/word.txt").write_text("token-of-nobody-4711\n")
        mine = repository(folder / "roots/app", "Ada Birk", "io: one")
        escape(mine, theirs)
        limits = Limits((folder / "roots",), private_addresses=False)
        pages, error = asyncio.run(read(GitConnector(), GitConfig(str(folder / "roots/app")), limits))
        assert not any(secret in said(pages, error) for secret in SECRETS)
        assert error is not None


@settings(max_examples=30, deadline=None)
@given(
    kinds=st.lists(
        st.sampled_from(["mail", "link", "pipe", "socket", "linked folder", "circle", "dangling"]), max_size=6
    ),
    maildir=st.booleans(),
)
def test_a_folder_of_mails_gives_its_own_alone(kinds: list[str], *, maildir: bool) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        outside, root = folder / "outside", folder / "roots/mails"
        here = root / "cur" if maildir else root
        for made in (outside, here, root / "new" if maildir else root):
            made.mkdir(parents=True, exist_ok=True)
        (outside / "z.eml").write_text(mail("Zed Oke <zed@oke.example>", "z", "token-of-nobody"))
        for number, kind in enumerate(kinds):
            place = here / f"{number}.eml"
            if kind == "mail":
                place.write_text(mail("Ada Birk <ada@birk.example>", f"a{number}", "words"))
            elif kind == "link":
                place.symlink_to(outside / "z.eml")
            elif kind == "pipe":
                os.mkfifo(place)
            elif kind == "socket":
                with socket.socket(socket.AF_UNIX) as server:
                    server.bind(str(place))
            elif kind == "dangling":
                place.symlink_to(folder / "roots/nowhere.eml")
            else:
                (here / f"folder-{number}").symlink_to(outside if kind == "linked folder" else folder / "roots")
        limits = Limits((folder / "roots",), private_addresses=False)
        pages, error = asyncio.run(read(MailConnector(), MailConfig(str(root)), limits))
        assert error is None
        assert sorted(told(pages)) == sorted(f"a{number}@x" for number, kind in enumerate(kinds) if kind == "mail")
        assert not any(secret in said(pages, error) for secret in SECRETS)


def mail(sender: str, key: str, text: str) -> str:
    date = "Date: Fri, 01 Mar 2024 09:00:00 +0000"
    return f"From: {sender}\nTo: bea@lund.example\n{date}\nMessage-ID: <{key}@x>\nSubject: Plan\n\n{text}\n"


async def test_a_file_that_is_swapped_for_another_is_not_opened(tmp_path: Path) -> None:
    """Between the look and the opening somebody puts a link in its place."""
    (tmp_path / "roots").mkdir()
    (tmp_path / "outside").write_text("token-of-nobody")
    place = tmp_path / "roots/file"

    class Swapping(Limits, frozen=True):
        def check_path(self, path: str | Path) -> None:
            super().check_path(path)
            if not place.is_symlink():
                place.unlink()
                place.symlink_to(tmp_path / "outside")

    place.write_text("words")
    with pytest.raises(Forbidden):
        Swapping((tmp_path / "roots",)).open(place)


def alias(folder: Path, name: str, command: str) -> None:
    subprocess.run(["git", "-C", str(folder), "config", f"alias.{name}", command], check=True)


async def test_a_silent_git_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "LOCAL_SECONDS", 0.2)
    repository(tmp_path / "app", "Ada Birk", "one")
    alias(tmp_path / "app", "wait", "!sleep 60")
    began = time.monotonic()
    with pytest.raises(Retry, match="was silent"):
        program.Git().run(("wait",), tmp_path / "app")
    assert time.monotonic() - began < SECONDS


@pytest.mark.parametrize("words", ["fatal: token-of-nobody-4711", "error: object directory token-of-nobody is missing"])
async def test_gits_own_words_are_not_passed_on(tmp_path: Path, words: str) -> None:
    repository(tmp_path / "app", "Ada Birk", "one")
    alias(tmp_path / "app", "fail", f"!echo '{words}' >&2; exit 1")
    with pytest.raises(Fatal) as raised:
        program.Git().run(("fail",), tmp_path / "app")
    assert "token-of-nobody" not in str(raised.value)


async def test_a_device_is_no_file() -> None:
    with pytest.raises(Fatal):
        await NdjsonConnector().check(NdjsonConfig("/dev/zero"), ALONE)
    with pytest.raises(Fatal):
        await MailConnector().check(MailConfig("/dev/zero"), ALONE)
