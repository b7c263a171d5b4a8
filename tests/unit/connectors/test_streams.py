"""``context.stream`` against real servers on loopback: lines, bounds, waiting, encryption, and where it may go."""

import asyncio
import socket
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kith.connectors import (
    Context,
    Egress,
    Fatal,
    Forbidden,
    Limits,
    Manners,
    Page,
    Report,
    Retry,
    Server,
    Stream,
    check_locations,
    egress_of,
    host_and_port,
    open_context,
)
from kith.connectors._dialing import Dialer
from kith.connectors._streams import Streams
from tests.unit.connectors.test_http import certify

HERE = Egress(("127.0.0.1", "localhost"))
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(talk: Talk, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Serve one talk a connection; yield the port."""

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def saying(*parts: bytes) -> Talk:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0.01)

    return talk


@asynccontextmanager
async def plain(*parts: bytes) -> AsyncIterator[Stream]:
    async with serving(saying(*parts)) as port, Streams(HERE)("127.0.0.1", port, tls=False) as stream:
        yield stream


async def test_lines_and_announced_bytes_come_whole_however_they_are_cut() -> None:
    async with plain(b"* OK re", b"ady\r", b"\n* {5}\nab", b"c\r\nd\r\nlast\n") as stream:
        assert await stream.line() == b"* OK ready"
        assert await stream.line() == b"* {5}"
        assert await stream.exactly(5) == b"abc\r\n"
        assert await stream.line() == b"d"
        assert await stream.some() == b"last\n"
        with pytest.raises(Retry, match="ended the connection"):
            await stream.line()


async def test_a_line_of_just_the_bound_is_read_and_a_longer_one_refused() -> None:
    async with plain(b"x" * 100 + b"\n" + b"y" * 101 + b"\n") as stream:
        assert len(await stream.line(most=100)) == 100
        with pytest.raises(Fatal, match="more than the 100 bytes"):
            await stream.line(most=100)
    async with plain(b"x" * 300_000) as stream:
        with pytest.raises(Fatal, match="more than the 1,000 bytes"):
            await stream.line(most=1000)
        assert len(stream._read) < 200_000
        with pytest.raises(Fatal, match="99,999,999 bytes at once"):
            await stream.exactly(99_999_999)


async def test_silence_ends_and_loses_nothing() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"half")
        await reader.readline()
        writer.write(b" and whole\r\n")
        await reader.readline()

    async with serving(talk) as port, Streams(HERE)("127.0.0.1", port, tls=False) as stream:
        with pytest.raises(Retry, match=r"said nothing for 0\.1 seconds"):
            await stream.line(seconds=0.1)
        await stream.write(b"go on\r\n")
        assert await stream.line() == b"half and whole"


async def test_a_server_that_is_not_there_is_asked_later() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(Retry, match="could not be reached"):
            async with Streams(HERE)("127.0.0.1", taken.getsockname()[1], tls=False):
                pass


# Where it may go.


@pytest.mark.parametrize(
    ("host", "egress", "reason"),
    [
        ("127.0.0.1", Egress(("mail.example.org",)), "none of the hosts"),
        ("mail.example.org.evil.net", Egress(("mail.example.org",)), "none of the hosts"),
        ("127.0.0.1", Egress(("*",), Limits(private_addresses=False)), "private network"),
        ("LOCALHOST.", Egress(("*",), Limits(private_addresses=False)), "private network"),
        ("2130706433", Egress(("*",), Limits(private_addresses=False)), "private network"),
        ("::ffff:127.0.0.1", Egress(("*",), Limits(private_addresses=False)), "private network"),
    ],
)
async def test_a_stream_goes_where_requests_may_go_and_nowhere_else(host: str, egress: Egress, reason: str) -> None:
    async with serving(saying(b"hello\n")) as port:
        with pytest.raises(Forbidden, match=reason):
            async with Streams(egress)(host, port, tls=False):
                pass


async def test_a_name_that_leads_into_a_private_network_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["93.184.216.34", "10.0.0.7"])
    reached = []

    def look_up(host: str, port: int, **_: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    import httpcore2

    connect = httpcore2.AnyIOBackend.connect_tcp

    async def record(self: Any, host: str, port: int, *rest: Any) -> Any:
        reached.append(host)
        return await connect(self, "127.0.0.1", port, *rest)

    async with serving(saying(b"hello\n")) as port:
        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        monkeypatch.setattr(httpcore2.AnyIOBackend, "connect_tcp", record)
        streams = Streams(Egress(("*",), Limits(private_addresses=False)))
        async with streams("rebind.example", port, tls=False) as stream:
            assert await stream.line() == b"hello"
        with pytest.raises(Forbidden):
            async with streams("rebind.example", port, tls=False):
                pass
        assert reached == ["93.184.216.34"]


class MailConfig(msgspec.Struct, frozen=True):
    server: Server


class Mail:
    name, title, description, version, Config = "acme.mail", "Mail", "Mails.", "1", MailConfig

    async def check(self, config: MailConfig, context: Context) -> Report:
        async with context.stream(*host_and_port(config.server), tls=False) as stream:
            return Report((await stream.line()).decode())

    async def pull(self, config: MailConfig, cursor: msgspec.Raw | None, context: Context) -> AsyncIterator[Page]:
        yield Page((), msgspec.Raw(b"1"))


async def test_a_connector_is_lent_streams_to_the_server_of_its_settings(tmp_path: Path) -> None:
    async with serving(saying(b"* OK\r\n")) as port:
        config = MailConfig(f"127.0.0.1:{port}")
        async with open_context(Mail(), config, tmp_path) as context:
            assert await Mail().check(config, context) == Report("* OK")
        async with open_context(Mail(), MailConfig("mail.example.org:1"), tmp_path) as context:
            with pytest.raises(Forbidden):
                await Mail().check(config, context)


@pytest.mark.parametrize(
    ("server", "host"),
    [("imap.example.org:993", "imap.example.org"), ("10.0.0.1:143", "10.0.0.1"), ("[::1]:143", "::1")],
)
def test_a_server_among_the_settings_may_be_asked_if_it_is_public(server: str, host: str) -> None:
    config = msgspec.convert({"server": server}, MailConfig)
    assert egress_of(Mail(), config) == (host,)
    if host[0] == "i":
        check_locations(config, Limits(private_addresses=False))
    else:
        with pytest.raises(Forbidden) as caught:
            check_locations(config, Limits(private_addresses=False))
        assert caught.value.field == "server"


@pytest.mark.parametrize(
    "server", ["imap.example.org", "ada@example.org:1", "imaps://x:1", "a b:1", "x:", ":1", "/x:1"]
)
def test_what_is_no_server_is_refused(server: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"server": server}, MailConfig)


# Encryption.


def served(tmp_path: Path, host: str = "localhost", *, expired: bool = False) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return what a server shows, and what trusts it."""
    trust = certify(tmp_path, host, expired=expired)
    shown = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shown.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    return shown, trust


def trusting(trust: ssl.SSLContext | None) -> Streams:
    return Streams(HERE, dial=Dialer(HERE.limits, Manners(), trust))


async def test_a_stream_is_encrypted_from_its_first_byte(tmp_path: Path) -> None:
    shown, trust = served(tmp_path)
    async with serving(saying(b"* OK\r\n"), shown) as port, trusting(trust)("localhost", port) as stream:
        assert (await stream.line(), stream.secure) == (b"* OK", True)


@pytest.mark.parametrize("lie", ["signed by itself", "of another host", "expired"])
async def test_a_certificate_that_does_not_hold_ends_the_run(lie: str, tmp_path: Path) -> None:
    shown, trust = served(tmp_path, "a.example" if lie == "of another host" else "localhost", expired=lie == "expired")
    streams = trusting(None if lie == "signed by itself" else trust)
    async with serving(saying(b"* OK\r\n"), shown) as port:
        with pytest.raises(Fatal, match="The certificate of localhost:"):
            async with streams("localhost", port):
                pass


def upgrading(shown: ssl.SSLContext, early: bytes = b"") -> Talk:
    """Agree to encrypt, slip something in, and tell what comes encrypted."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        assert await reader.readline() == b"a STARTTLS\r\n"
        writer.write(b"a OK\r\n" + early)
        await writer.start_tls(shown)
        writer.write(await reader.readline())
        await writer.drain()

    return talk


async def test_a_plain_stream_is_encrypted_on_request(tmp_path: Path) -> None:
    shown, trust = served(tmp_path)
    async with serving(upgrading(shown)) as port, trusting(trust)("localhost", port, tls=False) as stream:
        await stream.write(b"a STARTTLS\r\n")
        assert (await stream.line(), stream.secure) == (b"a OK", False)
        await stream.start_tls()
        await stream.write(b"secret\r\n")
        assert (await stream.line(), stream.secure) == (b"secret", True)


@pytest.mark.parametrize("pause", [0.0, 0.2])
async def test_what_somebody_slips_in_before_encryption_is_never_taken_for_encrypted(
    tmp_path: Path, pause: float
) -> None:
    shown, trust = served(tmp_path)
    talk = upgrading(shown, b"a OK signed in as mallory\r\n")
    async with serving(talk) as port, trusting(trust)("localhost", port, tls=False) as stream:
        await stream.write(b"a STARTTLS\r\n")
        first = await stream.line()
        await asyncio.sleep(pause)
        with pytest.raises((Fatal, Retry), match=r"in plain|does not agree on encryption"):
            await stream.start_tls()
        assert (first, stream.secure) == (b"a OK", False)


async def test_a_server_that_speaks_no_tls_is_said_to() -> None:
    async with serving(saying(b"* OK plain\r\n")) as port:
        with pytest.raises(Retry, match="does not agree on encryption"):
            async with Streams(HERE)("localhost", port):
                pass


def test_no_network_library_is_imported_before_use() -> None:
    program = (
        "import sys, kith.connectors\n"
        "from kith.connectors._streams import Streams\nStreams()\n"
        "print(*{m.partition('.')[0] for m in sys.modules} & {'httpx2', 'httpcore2', 'anyio', 'ssl', 'asyncio'})"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
