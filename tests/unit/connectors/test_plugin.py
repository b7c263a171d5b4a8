"""The kit as a plugin of pytest, the tiers that it keeps, and what it holds of memory and of reading otherwise."""

import subprocess
import sys
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import pytest

from kith.connectors import Context, Interaction, InteractionRef, Page, Ref, Report
from kith.connectors.testing import Nonconformance, _kit, check_connector, keep, tier_of
from tests.paths import ROOT
from tests.unit.connectors.mailboxes import START

TEST = """
import pytest
from rolodex import Rolodex, RolodexConfig

def test_conforms(kith_check, fake_clock):
    assert kith_check(Rolodex(), RolodexConfig(), changed=RolodexConfig()).tier == "branch"
    assert fake_clock.seconds() == 0
"""
ROLODEX = """
import msgspec
from kith.connectors import Identity, Page, Ref, Report

class RolodexConfig(msgspec.Struct, frozen=True):
    pass

class Rolodex:
    name, title, description, version, Config = "rolodex", "Rolodex", "Cards.", "1", RolodexConfig
    async def check(self, config, context):
        return Report("cards")
    async def pull(self, config, cursor, context):
        for number in range(0 if cursor is None else msgspec.json.decode(cursor), 4):
            yield Page((Identity(Ref("cards", str(number))),), msgspec.Raw(str(number + 1).encode()))
"""


def test_partners_run_the_kit_in_their_own_repository(tmp_path: Path) -> None:
    (tmp_path / "test_rolodex.py").write_text(TEST)
    (tmp_path / "rolodex.py").write_text(ROLODEX)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "kith.connectors._pytest", "-p", "no:cacheprovider"]
    done = subprocess.run([*command, "--kith-verdicts", str(tmp_path)], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    kept = msgspec.json.decode((tmp_path / "rolodex.verdict.json").read_bytes())
    assert kept == {"connector": "rolodex", "version": "1", "tier": "branch"}


def test_pytest_finds_the_plugin_by_itself_where_the_sdk_is_installed() -> None:
    project = tomllib.loads((ROOT / "connectors/pyproject.toml").read_text())
    ((name, module),) = project["project"]["entry-points"]["pytest11"].items()
    assert name == module == "kith.connectors._pytest"


class ReadConfig(msgspec.Struct, frozen=True):
    pages: int = 4
    backwards: bool = False
    drops: bool = False
    leaks: bool = False


class Book:
    """Reads 12 acts of one moment in pages of any size and either order."""

    name: ClassVar[str] = "book"
    title: ClassVar[str] = "Book"
    description: ClassVar[str] = "Acts."
    version: ClassVar[str] = "1"
    Config: ClassVar[type[msgspec.Struct]] = ReadConfig

    def __init__(self) -> None:
        self.held: list[bytes] = []

    async def check(self, config: ReadConfig, context: Context) -> Report:
        return Report("acts")

    async def pull(self, config: ReadConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
        numbers = list(range(12))[:: -1 if config.backwards else 1][: 11 if config.drops else 12]
        size = 12 // config.pages
        for first in range(0 if cursor is None else msgspec.json.decode(cursor), len(numbers), size):
            part = numbers[first : first + size]
            records = tuple(Interaction(InteractionRef("net", str(n), "post"), Ref("net", "ada"), START) for n in part)
            if config.leaks:
                self.held.append(bytes(30 << 20))
            yield Page(records, msgspec.Raw(str(first + size).encode()))


async def test_the_same_source_tells_the_same_however_it_is_read() -> None:
    alike = [ReadConfig(1), ReadConfig(12), ReadConfig(4, backwards=True), ReadConfig(12, backwards=True)]
    assert (await check_connector(Book(), ReadConfig(), alike=alike)).tier == "leaf"
    with pytest.raises(Nonconformance, match=r"Read otherwise \(1\), the source tells something else: interactions"):
        await check_connector(Book(), ReadConfig(), alike=[ReadConfig(drops=True)])


async def test_what_is_held_must_not_grow_with_the_pages() -> None:
    with pytest.raises(Nonconformance, match="Reading holds 120 MiB"):
        await check_connector(Book(), ReadConfig(leaks=True))


def test_a_tier_is_of_a_version_and_the_best_stays(tmp_path: Path) -> None:
    book: Any = Book()
    assert tier_of(book, tmp_path) is None
    for tier in ("leaf", "sprout"):
        keep(tmp_path, book, tier)
    assert tier_of(book, tmp_path) == "leaf"
    book.version = "2"
    assert tier_of(book, tmp_path) is None
    keep(tmp_path, book, "sprout")
    assert tier_of(book, tmp_path) == "sprout"
    (tmp_path / "book.verdict.json").write_text("{")
    assert tier_of(book, tmp_path) is None


async def test_the_kit_keeps_what_it_finds_where_it_is_told_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_kit, "VERDICTS", [tmp_path])
    await check_connector(Book(), ReadConfig())
    assert tier_of(Book(), tmp_path) == "leaf"
