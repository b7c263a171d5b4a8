"""ngIRCd: an IRC server that wants a password, and people who talk in its channels."""

import asyncio
import grp
import os
import pwd
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from kith.connectors import Secret
from kith.connectors.irc import IrcConfig
from kith.connectors.testing import trusting
from tests.labs.lab import debian, free_port, inside, running, workplace
from tests.unit.connectors.test_http import certify

PASSWORD = "s3cr3t-passw0rd"
NETWORK = "irc.example.org"
_CONFIG = """
[Global]
Name = irc.example.org
Info = a lab
AdminInfo1 = a lab
Listen = 127.0.0.1
Ports = {port}
Password = {password}
MotdPhrase = welcome
ServerUID = {user}
ServerGID = {group}
[Limits]
MaxConnectionsIP = 0
MaxNickLength = 20
MaxPenaltyTime = 0
[Options]
Ident = no
DNS = no
PAM = no
PredefChannelsOnly = no
[SSL]
CertFile = {folder}/cert.pem
KeyFile = {folder}/key.pem
Ports = {tls_port}
"""


class NgIrcd:
    """port: in plain; tls_port: with TLS."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port, self.tls_port = folder, free_port(), free_port()
        certify(folder, "localhost")
        self.dial = trusting(folder / "cert.pem")
        user, group = pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name
        ports = {"port": self.port, "tls_port": self.tls_port}
        config = _CONFIG.format(folder=folder, password=PASSWORD, user=user, group=group, **ports)
        (folder / "ngircd.conf").write_text(config)
        self._root, self._running = debian("ngircd"), ExitStack()

    def start(self) -> None:
        command = inside(self._root, "/usr/sbin/ngircd", "-n", "-f", self.folder / "ngircd.conf")
        self._running.enter_context(running(command, self.port, self.folder / "log"))

    def stop(self) -> None:
        self._running.close()

    def config(self, *rooms: str, **more: Any) -> IrcConfig:
        given: dict[str, Any] = {"server": f"localhost:{self.tls_port}", "password": Secret(PASSWORD)}
        return IrcConfig(**{"network": NETWORK, "rooms": rooms, **given, **more})

    @asynccontextmanager
    async def talker(self, nick: str) -> AsyncIterator["Talker"]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            talker = Talker(nick, reader, writer)
            await talker.send(f"PASS {PASSWORD}", f"NICK {nick}", f"USER {nick} 0 * :{nick}")
            await talker.until(" 001 ")
            yield talker
        finally:
            writer.close()


class Talker:
    """Somebody in a program of their own."""

    def __init__(self, nick: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.nick, self._reader, self._writer = nick, reader, writer

    async def send(self, *lines: str) -> None:
        self._writer.write("".join(f"{line}\r\n" for line in lines).encode())
        await self._writer.drain()

    async def join(self, channel: str) -> None:
        await self.send(f"JOIN {channel}")
        await self.until(" 366 ")

    async def until(self, wanted: str) -> str:
        """Wait for a line that holds these words."""
        async with asyncio.timeout(20):
            while wanted not in (line := (await self._reader.readline()).decode()):
                assert line, "the server ended the connection"
        return line


@contextmanager
def ngircd() -> Iterator[NgIrcd]:
    with workplace() as folder:
        server = NgIrcd(folder)
        server.start()
        try:
            yield server
        finally:
            server.stop()
