"""The kit finds connectors that do not bear what networks do; and recordings tell no secret and no name."""

import asyncio
import re
import subprocess
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kith.connectors import (
    Bearer,
    ConnectorError,
    Context,
    Fatal,
    Identity,
    Interaction,
    InteractionRef,
    Page,
    Reauthorize,
    Ref,
    Report,
    Retry,
    Secret,
    Server,
    Skip,
    Stream,
    Url,
    by_link,
    host_and_port,
    open_context,
)
from kith.connectors.testing import (
    Asked,
    FakeClock,
    FaultServer,
    Given,
    Nonconformance,
    Recorder,
    Replay,
    check_connector,
    given_json,
    write_recording,
)

TOKEN = "tok-81f0c2aa17"
DAY = datetime(2026, 1, 1, tzinfo=UTC)


class WallConfig(msgspec.Struct, frozen=True):
    site: Url
    token: Secret


class Wall:
    """A connector that keeps everything; the tests break it in one place each."""

    name = "acme.wall"
    title = "Wall"
    description = "Posts on a wall."
    version = "1"
    Config = WallConfig

    async def check(self, config: WallConfig, context: Context) -> Report:
        return Report("a wall")

    async def pull(self, config: WallConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
        url = f"{config.site}wall" if cursor is None else msgspec.json.decode(cursor, type=str)
        async for seen in by_link(context.http, url, auth=Bearer(config.token)):
            yield self.page(seen.answer.json(list[msgspec.Raw]), seen.next or seen.answer.url)

    def page(self, items: list[msgspec.Raw], following: str) -> Page:
        records: list[Any] = []
        skipped = []
        for item in items:
            try:
                author = Ref("wall", msgspec.json.decode(item, type=dict[str, str])["by"])
                records += [Identity(author, name=author.key, seen_at=DAY), self.act(item, author)]
            except (msgspec.ValidationError, KeyError) as error:
                skipped.append(Skip("item", "bad_item", type(error).__name__, bytes(item).decode(errors="replace")))
        return Page(tuple(records), msgspec.Raw(msgspec.json.encode(following)), tuple(skipped))

    def act(self, item: msgspec.Raw, author: Ref) -> Interaction:
        return Interaction(InteractionRef("wall", msgspec.json.decode(item)["id"], "post"), author, DAY)


def wall(asked: Asked) -> Given:
    page = int(asked.query.get("page", "1"))
    more = {"link": f'</wall?page={page + 1}>; rel="next"'} if page < 4 else {}
    items = [{"id": f"{page}-{n}", "by": name} for n, name in enumerate(("Ada Lovelace", "Bo"))]
    return given_json(items, headers=more)


@pytest.fixture
async def config() -> AsyncIterator[WallConfig]:
    async with FaultServer() as server:
        server.on("/wall", wall)
        yield WallConfig(server.url(), Secret(TOKEN))


async def test_a_good_connector_has_its_tier(config: WallConfig) -> None:
    verdict = await check_connector(Wall(), config)
    assert (verdict.tier, verdict.pages, verdict.records, verdict.requests) == ("leaf", 4, 16, 4)
    assert verdict.requests_per_thousand == 250
    assert (await check_connector(Wall(), config, changed=config)).tier == "branch"


class Breaking(Wall):
    async def pull(self, config: WallConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
        url = f"{config.site}wall" if cursor is None else msgspec.json.decode(cursor, type=str)
        async for seen in by_link(context.http, url, auth=Bearer(config.token)):
            yield self.page(msgspec.json.decode(seen.answer.body, type=list[msgspec.Raw]), seen.next or seen.answer.url)


class GoingOn(Wall):
    """Takes an outage for the end."""

    async def pull(self, config: WallConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
        try:
            async for page in super().pull(config, cursor, context):
                yield page
        except Retry:
            yield Page((), msgspec.Raw(msgspec.json.encode(f"{config.site}wall?page=9")))


class Renaming(Wall):
    """Says Fatal where a human should renew credentials."""

    async def pull(self, config: WallConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
        try:
            async for page in super().pull(config, cursor, context):
                yield page
        except Reauthorize as error:
            raise Fatal("no") from error


class Telling(Wall):
    async def pull(self, config: WallConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
        try:
            async for page in super().pull(config, cursor, context):
                yield page
        except ConnectorError as error:
            raise type(error)(f"asked with {config.token.reveal()}") from None


class Impatient(Wall):
    """Asks by itself once and gives up, in place of waiting."""

    async def pull(self, config: WallConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
        answer = await context.http.get(f"{config.site}wall", allow=(404,), repeat=False)
        yield self.page(answer.json(list[msgspec.Raw]), "done")


@pytest.mark.parametrize(
    ("connector", "reason"),
    [
        (Breaking(), "it breaks: DecodeError"),
        (GoingOn(), "it does not tell all"),
        (Renaming(), "After 401 at request 1, it raises Fatal"),
        (Telling(), "it tells a secret"),
        (Impatient(), "the run ends: Retry"),
    ],
)
async def test_a_connector_that_does_not_bear_its_network_is_found(
    config: WallConfig, connector: Wall, reason: str
) -> None:
    with pytest.raises(Nonconformance, match=reason):
        await check_connector(connector, config)


async def test_a_recording_tells_no_secret_and_no_name_and_reads_the_same(config: WallConfig, tmp_path: Path) -> None:
    recorder = Recorder()
    async with open_context(Wall(), config, tmp_path, clock=FakeClock(), wire=recorder) as context:
        pages = [page async for page in Wall().pull(config, None, context)]
    records = [record for page in pages for record in page.records]
    path = tmp_path / "wall.ndjson"
    assert write_recording(path, recorder.exchanges, [TOKEN], records) == 4
    text = path.read_text()
    assert TOKEN not in text
    assert "Ada Lovelace" not in text
    assert '\\"Bo\\"' in text, "what is so short stands in too many words"
    replay = Replay.load(path)
    async with open_context(Wall(), config, tmp_path, clock=FakeClock(), wire=replay) as context:
        again = [page async for page in Wall().pull(config, None, context)]
    assert [len(page.records) for page in again] == [4, 4, 4, 4]
    names = {record.name for page in again for record in page.records if isinstance(record, Identity)}
    assert len(names) == 2
    assert {name for name in names if name and name.startswith("person-")}
    assert (await check_connector(Wall(), config, wire=Replay.load(path))).records == 16


class Dialing(Wall):
    """Looks something up on a connection of its own."""

    async def check(self, config: WallConfig, context: Context) -> Report:
        _, writer = await asyncio.open_connection("127.0.0.1", int(config.site.rsplit(":", 1)[1].strip("/")))
        writer.close()
        return Report("a wall")


class Starting(Wall):
    async def check(self, config: WallConfig, context: Context) -> Report:
        await asyncio.to_thread(subprocess.run, ["true"], check=True)
        return Report("a wall")


class Declaring(Starting):
    programs = ("true",)


@pytest.mark.parametrize(
    ("connector", "reason"),
    [(Dialing(), r"connects to \('127.0.0.1', \d+\) by itself"), (Starting(), "program 'true'")],
)
async def test_sockets_and_programs_of_its_own_are_found(config: WallConfig, connector: Wall, reason: str) -> None:
    with pytest.raises(Nonconformance, match=reason):
        await check_connector(connector, config)


async def test_a_declared_program_is_its_own_affair(config: WallConfig) -> None:
    assert (await check_connector(Declaring(), config)).tier == "leaf"


class PagerConfig(msgspec.Struct, frozen=True):
    server: Server


class Pager:
    """Reads numbered posts over a stream, a line each, three a page."""

    name = "acme.pager"
    title = "Pager"
    description = "Posts, by lines."
    version = "1"
    Config = PagerConfig

    async def check(self, config: PagerConfig, context: Context) -> Report:
        return Report("a pager")

    async def pull(self, config: PagerConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
        at = 0 if cursor is None else msgspec.json.decode(cursor, type=int)
        async with context.stream(*host_and_port(config.server), tls=False) as stream:
            while lines := await self.ask(stream, at):
                at += len(lines)
                acts = [Interaction(InteractionRef("pager", line, "post"), Ref("pager", "ada"), DAY) for line in lines]
                yield Page(tuple(acts), msgspec.Raw(str(at).encode()))

    async def ask(self, stream: Stream, at: int) -> list[str]:
        await stream.write(f"FROM {at}\r\n".encode())
        lines = []
        while (line := self.text(await stream.line())) != ".":
            lines.append(line)
        return lines

    def text(self, line: bytes) -> str:
        text = line.decode(errors="replace")
        if not re.fullmatch(r"\.|post-\d+", text):
            raise Fatal(f"The pager says {text!r}.")
        return text


class Trusting(Pager):
    def text(self, line: bytes) -> str:
        return line.decode()


class Ending(Pager):
    """Takes the end of a stream for the end of what there is."""

    async def ask(self, stream: Stream, at: int) -> list[str]:
        try:
            return await super().ask(stream, at)
        except Retry:
            return []

    async def pull(self, config: PagerConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
        async for page in super().pull(config, cursor, context):
            yield page
        yield Page((), msgspec.Raw(b"99"))


@pytest.fixture
async def pager() -> AsyncIterator[PagerConfig]:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while asked := await reader.readline():
            start = int(asked.split()[1])
            for number in range(start, min(start + 3, 10)):
                writer.write(f"post-{number}\r\n".encode())
            writer.write(b".\r\n")
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    yield PagerConfig(f"127.0.0.1:{server.sockets[0].getsockname()[1]}")
    server.close()


async def test_a_connector_that_reads_a_stream_has_its_tier(pager: PagerConfig) -> None:
    verdict = await check_connector(Pager(), pager)
    assert (verdict.tier, verdict.pages, verdict.records) == ("leaf", 4, 10)


@pytest.mark.parametrize(
    ("connector", "reason"),
    [(Trusting(), "bytes of another protocol at read 1, it breaks"), (Ending(), "breaks off at read 1, and taken up")],
)
async def test_a_connector_that_does_not_bear_its_stream_is_found(
    pager: PagerConfig, connector: Pager, reason: str
) -> None:
    with pytest.raises(Nonconformance, match=reason):
        await check_connector(connector, pager)
