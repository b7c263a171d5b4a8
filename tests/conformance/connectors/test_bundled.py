"""Our own connectors keep what partners' have to keep, on pages so small that every one of them is a place to stop."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kith.connectors import Context, Identity, Interaction, InteractionRef, Page, Ref, Report
from kith.connectors import ndjson as ndjson_module
from kith.connectors.git import GitConfig, GitConnector
from kith.connectors.git import walk as git_walk
from kith.connectors.mail import MailConfig, MailConnector, mailboxes, public_inbox
from kith.connectors.mail import reader as mail_reader
from kith.connectors.mail import threads as mail_threads
from kith.connectors.ndjson import NdjsonConfig, NdjsonConnector, write
from kith.connectors.testing import Nonconformance, check_connector
from tests.paths import shared
from tests.unit.connectors.mailboxes import LIST, START, THREAD, Inbox, mail, mbox
from tests.unit.connectors.repositories import ADA, BOB, CARL, Repo, served


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ndjson_module, "PAGE_RECORDS", 3)
    monkeypatch.setattr(git_walk, "PAGE_RECORDS", 6)
    monkeypatch.setattr(git_walk, "BATCH", 4)
    monkeypatch.setattr(git_walk, "WARM", 5)
    monkeypatch.setattr(mail_reader, "PAGE_RECORDS", 4)
    monkeypatch.setattr(mail_threads, "REMEMBERED", 4)
    monkeypatch.setattr(mailboxes, "WARM", 8)
    monkeypatch.setattr(public_inbox, "BATCH", 3)


@pytest.mark.parametrize("suffix", ["ndjson", "ndjson.gz", "ndjson.zst"])
async def test_ndjson_conforms(tmp_path: Path, suffix: str) -> None:
    people = [Identity(Ref("mail", f"p{number}@x.org"), name=f"P{number}", seen_at=START) for number in range(20)]
    before, after = tmp_path / f"before.{suffix}", tmp_path / f"after.{suffix}"
    write(before, people[:11])
    write(after, people)
    await check_connector(NdjsonConnector(), NdjsonConfig(str(before)), NdjsonConfig(str(after)))


async def test_ndjson_with_bad_lines_conforms(tmp_path: Path) -> None:
    path = tmp_path / "some.ndjson"
    path.write_bytes(b'\n{"type":"identity","ref":{"network":"mail","key":"a@x.org"}}\n{\n[]\n\n{' * 4)
    await check_connector(NdjsonConnector(), NdjsonConfig(str(path)))


async def test_git_conforms(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "before")
    for number in range(8):
        repo.commit(f"area{number % 3}: c{number}\n\nReviewed-by: {BOB}\nCc: {CARL}\n", author=ADA, path=f"p{number}/x")
    repo.branch("topic", "HEAD~5")
    for number in range(4):
        repo.commit(f"t{number}\n\nSigned-off-by: {ADA}\n", author=BOB)
    repo.switch("main")
    repo.commit("Merge branch 'topic'", merge=("topic",))
    (repo.folder / ".mailmap").write_text("Robert <bob@example.org>\n")
    repo.commit("mailmap")
    shutil.copytree(tmp_path / "before", tmp_path / "after")
    later = Repo.__new__(Repo)
    later.folder, later.hour = tmp_path / "after", 100
    later.git("reset", "--quiet", "--hard", "HEAD~1")
    later.commit("instead")
    later.commit("Merge branch 'topic' again", merge=("topic~2",))
    configs = [GitConfig(str(tmp_path / name), channel="repo") for name in ("before", "after")]
    await check_connector(GitConnector(), *configs)


async def test_git_from_an_address_conforms(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "repo")
    for number in range(5):
        repo.commit(f"c{number}\n\nTested-by: {BOB}\n")
    with served(tmp_path) as url:
        await check_connector(GitConnector(), GitConfig(f"{url}/repo"))


MAILS = (
    *THREAD,
    *(
        mail(number, f"Re: {number}", "x", f"P{number} <p{number}@x.org>", answers=[number - 1])
        for number in range(6, 20)
    ),
)


async def test_mbox_conforms(tmp_path: Path) -> None:
    (tmp_path / "before").write_bytes(mbox(*MAILS[:8]))
    (tmp_path / "after").write_bytes(mbox(*MAILS))
    configs = [MailConfig(str(tmp_path / name), list=LIST) for name in ("before", "after")]
    await check_connector(MailConnector(), *configs)


async def test_a_folder_of_mails_conforms(tmp_path: Path) -> None:
    for name, count in (("before", 8), ("after", len(MAILS))):
        (tmp_path / name).mkdir()
        for number, data in enumerate(MAILS[:count]):
            path = tmp_path / name / f"{number:03}.eml"
            path.write_bytes(data)
            import os

            os.utime(path, (1_700_000_000 + number, 1_700_000_000 + number))
    configs = [MailConfig(str(tmp_path / name), list=LIST) for name in ("before", "after")]
    await check_connector(MailConnector(), *configs)


async def test_public_inbox_conforms(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "before")
    for data in MAILS[:8]:
        inbox.add(data)
    shutil.copytree(tmp_path / "before", tmp_path / "after")
    later = Inbox.__new__(Inbox)
    later.repo = Repo.__new__(Repo)
    later.repo.folder, later.repo.hour = tmp_path / "after" / "git" / "0.git", 100
    later.remove(MAILS[3])
    for data in MAILS[8:]:
        later.add(data)
    configs = [MailConfig(str(tmp_path / name), list=LIST) for name in ("before", "after")]
    await check_connector(MailConnector(), *configs)


@pytest.mark.parametrize(
    "archive",
    [
        "mbox/mbox_complex.mbox",
        "mbox/mbox_iso8859_encoding.mbox",
        "mbox/mbox_multipart.mbox",
        "mbox/mbox_single.mbox",
        "mbox/mbox_unixfrom_encoding.mbox",
        "mbox/mbox_unknown_encoding.mbox",
        "pipermail/pipermail_2015_november.mbox",
        "pipermail/pipermail_2016_april.mbox",
        "hyperkitty/hyperkitty_2016_april.mbox",
    ],
)
async def test_archives_of_real_lists_conform(archive: str) -> None:
    await check_connector(MailConnector(), MailConfig(str(shared(f"samples/perceval-fixtures/{archive}"))))


class BadConfig(msgspec.Struct, frozen=True):
    fault: str


class Bad:
    """A connector that breaks one rule, as its settings say."""

    name = "bad"
    title = "Bad"
    description = "Breaks a rule."
    version = "1"
    Config = BadConfig

    reads = 0

    async def check(self, config: Any, context: Context) -> Report:
        return Report("fine")

    async def pull(self, config: Any, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
        self.reads += 1
        start = 0 if cursor is None else msgspec.json.decode(cursor)
        for number in range(start + (config.fault == "loses" and start > 0), 3):
            key = f"k{self.reads if config.fault == 'unstable' else number}"
            ref = Ref("net", key)
            records: tuple[Any, ...] = (Identity(ref, name="\0" if config.fault == "nul" else "N"),)
            if config.fault == "large":
                records *= 10_001
            if config.fault == "long":
                texts = ("x" * 1_000_000 for _ in range(17))
                records = tuple(
                    Interaction(InteractionRef("net", f"{key}.{n}", "post"), ref, START, text=text)
                    for n, text in enumerate(texts)
                )
            if config.fault == "key":
                records = (Interaction(InteractionRef("net", "same", "post"), ref, START),)
            if config.fault == "naive":
                records = (Interaction(InteractionRef("net", key, "post"), ref, START.replace(tzinfo=None)),)
            after = b"{" if config.fault == "json" else str(number + 1).encode()
            yield Page(records, msgspec.Raw(b'"' + b"x" * 70_000 + b'"' if config.fault == "cursor" else after))


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("loses", "Ended after page 1 and resumed: identities differ"),
        ("unstable", "Reading again does not give the same records"),
        ("large", "10001 records; 10000 are allowed"),
        ("long", "bytes of records; 16777216 are allowed"),
        ("cursor", "70002 bytes; 65536 are allowed"),
        ("json", "cursor of page 1 is no JSON"),
        ("nul", "contains a NUL character"),
        ("naive", "timezone"),
        ("key", "Two acts share one key"),
    ],
)
async def test_the_kit_finds_what_is_not_kept(fault: str, said: str) -> None:
    with pytest.raises(Nonconformance, match=said.replace("(", r"\(")):
        await check_connector(Bad(), BadConfig(fault))


async def test_the_kit_passes_what_is_kept() -> None:
    await check_connector(Bad(), BadConfig("none"))
