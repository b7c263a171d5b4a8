"""IRC: real logs of Limnoria, and the lines of the other clients."""

import re
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from kith.connectors import Claim, Fatal, Interaction, Limits, Page, Ref, Target, open_context
from kith.connectors.irc import IrcConfig, IrcConnector, reader
from kith.connectors.testing import Facts, FakeClock, check_connector
from tests.paths import shared

IRC = IrcConnector()
HOST = "irc.example.org"
ZNC = """[09:16:21] <ada> hello
[09:16:22] * ada waves
[09:16:23] *** Joins: bob (~bob@example.org)
[09:16:24] <bob> ada: hi
[09:16:24] <bob> ada: hi
[09:16:25] *** bob is now known as bobby
[09:16:26] *** ada sets mode: +o bobby
[09:16:27] -bot- a notice
[09:16:28] *** Quits: bobby (~bob@example.org) (gone)
"""
IRSSI = """--- Log opened Wed Oct 17 09:00:00 2012
09:16 < ada> hello
09:16  * ada waves
09:16 -!- bob [~bob@example.org] has joined #garden
09:16 <@bob> ada: hi
09:16 <@bob> ada: hi
09:16 -!- bob is now known as bobby
09:16 -!- mode/#garden [+o bobby] by ada
09:16 -bot:#garden- a notice
--- Day changed Thu Oct 18 2012
09:16 -!- bobby [~bob@example.org] has quit [gone]
--- Log closed Thu Oct 18 10:00:00 2012
"""
WEECHAT = """2012-10-17 09:16:21\tada\thello
2012-10-17 09:16:22\t *\tada waves
2012-10-17 09:16:23\t-->\tbob (~bob@example.org) has joined #garden
2012-10-17 09:16:24\t@bob\tada: hi
2012-10-17 09:16:24\t@bob\tada: hi
2012-10-17 09:16:25\t--\tbob is now known as bobby
2012-10-17 09:16:26\t--\tMode #garden [+o bobby] by ada
2012-10-17 09:16:28\t<--\tbobby (~bob@example.org) has quit (gone)
"""
LIMNORIA = """2012-10-17T09:16:21+0000  <ada> hello
2012-10-17T09:16:22+0000  * ada waves
2012-10-17T09:16:23+0000  *** bob <bob!~bob@example.org> has joined #garden
2012-10-17T09:16:24+0000  <bob> ada: hi
2012-10-17T09:16:24+0000  <bob> ada: hi
2012-10-17T09:16:25+0000  *** bob is now known as bobby
2012-10-17T09:16:28+0000  *** bobby has quit IRC
"""


def nick(name: str) -> Ref:
    return Ref("irc", name, HOST)


async def read(config: IrcConfig, cursor: msgspec.Raw | None = None) -> list[Page]:
    async with open_context(IRC, config, Path("/nonexistent"), clock=FakeClock()) as context:
        return [page async for page in IRC.pull(config, cursor, context)]


def skips(pages: list[Page]) -> list[tuple[str, str]]:
    return [(skip.place.partition(" ")[0], skip.code) for page in pages for skip in page.skipped]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("libera/#garden/2012-10-17.log", ZNC),
        ("#garden.log", IRSSI),
        ("irc.libera.#garden.weechatlog", WEECHAT),
        ("#garden-2012-10-17.log", LIMNORIA),
    ],
)
async def test_the_logs_of_four_clients_tell_the_same(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    pages = await read(IrcConfig(HOST, str(tmp_path), bots=("bobby",)))
    facts = Facts(pages)
    acts = list(facts.interactions.values())
    assert not skips(pages)
    assert [(act.ref.kind, act.actor.key, act.text) for act in acts] == [
        ("message", "ada", "hello"), ("message", "ada", "waves"), ("join", "bob", None),
        ("message", "bob", "ada: hi"), ("message", "bob", "ada: hi"), ("leave", "bobby", None),
    ]  # fmt: skip
    assert [act.targets for act in acts[3:5]] == [(Target(nick("ada"), "mention"),)] * 2
    assert acts[1].native_kind == "action"
    assert acts[0].occurred_at.replace(second=0) == datetime(2012, 10, 17, 9, 16, tzinfo=UTC)
    assert {channel.name for channel in facts.channels.values()} == {"#garden"}
    assert [(claim.subject, claim.object) for claim in facts.claims] == [(nick("bob"), nick("bobby"))]
    assert facts.identities[nick("bobby")].kind == "bot"


async def test_real_logs_are_read_line_by_line() -> None:
    folder = shared("samples/perceval-fixtures/supybot")
    pages = await read(IrcConfig(HOST, str(folder), channel="#ceph"))
    lines = [line for file in sorted(folder.glob("*.log")) for line in file.read_text().splitlines()]
    said = [line for line in lines if re.search(r"\d  (<[^>\s]+>|\* )", line)]
    moved = [line for line in lines if re.search(r"\*\*\* .*(has joined|has left|has quit)", line)]
    acts = [record for page in pages for record in page.records if isinstance(record, Interaction)]
    assert len(acts) == len(said) + len(moved)
    assert len(acts) > 100
    broken = ("2012_10_17", "2012_10_17", "invalid_msg", "valid")
    assert skips(pages) == [(f"supybot_{name}.log", "unreadable_item") for name in broken]
    assert sum(bool(act.targets) for act in acts) > 10
    renamed = [record for page in pages for record in page.records if isinstance(record, Claim)]
    assert len(renamed) == sum("is now known as" in line for line in lines)


async def test_a_log_that_grows_is_read_on_and_one_that_was_replaced_again(tmp_path: Path) -> None:
    config = IrcConfig(HOST, str(tmp_path), zone="Europe/Berlin")
    first, second = tmp_path / "#garden_20240101.log", tmp_path / "#garden_20240102.log"
    first.write_text("[10:00:00] <ada> one\n[10:00:01] <ada> tw")
    pages = await read(config)
    assert [act.text for act in Facts(pages).interactions.values()] == ["one"]
    assert skips(pages) == [("#garden_20240101.log", "incomplete_line")]
    assert next(iter(Facts(pages).interactions.values())).occurred_at == datetime(2024, 1, 1, 9, tzinfo=UTC)
    first.write_text("[10:00:00] <ada> one\n[10:00:01] <ada> two\n")
    second.write_text("[10:00:00] <bob> three\n")
    more = await read(config, pages[-1].cursor)
    assert [act.text for act in Facts(more).interactions.values()] == ["two", "three"]
    assert not await read(config, more[-1].cursor)
    second.write_text("[10:00:00] <bob> another\n[10:00:00] <bob> text\n")
    again = await read(config, more[-1].cursor)
    assert [act.text for act in Facts(again).interactions.values()] == ["another", "text"]


async def test_what_is_ill_formed_is_told_and_the_rest_is_kept(tmp_path: Path) -> None:
    (tmp_path / "#a.log").write_bytes(
        b"\xef\xbb\xbf\n09:00 <ada> no day\nnothing\n2024-01-01T10:00:00  <ada> caf\xe9 \x0304red\x03 \x02b\x02\x00\n"
        b"2024-13-01T10:00:00  <ada> x\n2024-01-01T10:00:00  <" + b"x" * 2000 + b"> long\n" + b"y" * 200_000 + b"\n"
    )
    (tmp_path / "notes.txt").write_text("[10:00:00] <ada> where?\n")
    (tmp_path / "#b.log").symlink_to("/etc/hostname")
    config = IrcConfig(HOST, str(tmp_path))
    async with open_context(IRC, config, tmp_path, Limits(roots=(tmp_path,))) as context:
        assert (await IRC.check(config, context)).warnings == ("1 files name no channel, notes.txt for one: set it.",)
        pages = [page async for page in IRC.pull(config, None, context)]
    assert [act.text for act in Facts(pages).interactions.values()] == ["café red b", "long"]
    assert skips(pages) == [("#a.log", "unreadable_item")] * 5 + [("notes.txt", "not_read")]
    with pytest.raises(Fatal, match="no time zone"):
        await read(msgspec.structs.replace(config, zone="../etc/passwd"))


async def test_irc_conforms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "LINES", 3)
    for name, count in (("before", 12), ("after", 20)):
        (tmp_path / name / "#a").mkdir(parents=True)
        (tmp_path / name / "#a" / "2024-01-01.log").write_text(ZNC * 2)
        lines = [
            f"2024-01-01 10:00:{number // 4:02}\tp{number % 3}\tp{(number + 1) % 3}: hi\n" for number in range(count)
        ]
        (tmp_path / name / "irc.#b.weechatlog").write_text("".join(lines))
    configs = [IrcConfig(HOST, str(tmp_path / name)) for name in ("before", "after")]
    assert (await check_connector(IRC, *configs)).tier == "branch"
