"""Prosody: an XMPP server with rooms that keep archives, and people who talk in them."""

import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml
from xml.sax.saxutils import escape, quoteattr

from kith.connectors import Secret, open_context
from kith.connectors.testing import trusting
from kith.connectors.xmpp import XmppConfig, XmppConnector
from kith.connectors.xmpp.session import Session, session
from tests.labs.lab import Unavailable, debian, free_port, inside, running, workplace
from tests.unit.connectors.test_http import certify

PASSWORD = "s3cr3t-passw0rd"
_CONFIG = """
daemonize = false
run_as_root = true
prosody_user = "{user}"
pidfile = "{folder}/prosody.pid"
data_path = "{folder}/data"
admin_socket = "{folder}/admin.sock"
plugin_paths = {{}}
log = {{ info = "*console" }}
interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {port} }}
c2s_direct_tls_ports = {{ {tls_port} }}
modules_enabled = {{ "roster", "saslauth", "tls", "disco", "ping", "c2s" }}
modules_disabled = {{ "s2s" }}
authentication = "internal_hashed"
c2s_require_encryption = true
ssl = {{ certificate = "{folder}/cert.pem", key = "{folder}/key.pem" }}
c2s_direct_tls_ssl = {{ certificate = "{folder}/cert.pem", key = "{folder}/key.pem" }}
VirtualHost "localhost"
Component "rooms.localhost" "muc"
  modules_enabled = {{ "muc_mam" }}
  muc_log_by_default = true
  muc_room_locking = false
  muc_room_default_persistent = true
  muc_room_default_history_length = 0
"""


class Prosody:
    """port: for STARTTLS; tls_port: with TLS from the first byte."""

    def __init__(self, folder: Path, earlier: "Prosody | None" = None) -> None:
        """earlier: one whose people, rooms and certificate this one has."""
        self.folder, self.port, self.tls_port = folder, free_port(), free_port()
        if earlier is None:
            certify(folder, "localhost")
            (folder / "data").mkdir()
        else:
            shutil.copytree(earlier.folder / "data", folder / "data")
            for name in ("cert.pem", "key.pem"):
                shutil.copy(earlier.folder / name, folder)
        self.config = folder / "prosody.cfg.lua"
        user = "root" if os.getuid() == 0 else os.environ.get("USER", "nobody")
        self.config.write_text(_CONFIG.format(folder=folder, port=self.port, tls_port=self.tls_port, user=user))
        self.root = debian("prosody")
        self.dial = trusting(folder / "cert.pem")

    def register(self, *names: str) -> None:
        for name in names:
            command = inside(
                self.root, "/usr/bin/prosodyctl", "--config", self.config, "register", name, "localhost", PASSWORD
            )
            done = subprocess.run(command, capture_output=True, timeout=60)
            if done.returncode:
                raise Unavailable(f"prosodyctl: {(done.stdout + done.stderr).decode(errors='replace')[-300:]}")

    def config_of(self, name: str, *rooms: str, **more: Any) -> XmppConfig:
        given: dict[str, Any] = {"server": f"localhost:{self.port}", "password": Secret(PASSWORD)}
        return XmppConfig(**{**given, "address": f"{name}@localhost", "rooms": tuple(map(room_named, rooms)), **more})

    @asynccontextmanager
    async def talker(self, name: str, *rooms: str) -> AsyncIterator["Talker"]:
        """Let somebody be in rooms."""
        settings = self.config_of(name, *rooms)
        async with (
            open_context(XmppConnector(), settings, self.folder, dial=self.dial) as context,
            session(settings, context) as there,
        ):
            talker = Talker(there, name)
            for room in settings.rooms:
                await talker.enter(room)
            yield talker


class Talker:
    """Somebody who says what they are told to, and waits until the room has it."""

    def __init__(self, there: Session, name: str) -> None:
        self._there, self.name, self._said = there, name, 0

    async def enter(self, room: str, nick: str | None = None) -> None:
        self.name = nick or self.name
        to = quoteattr(f"{room}/{self.name}")
        await self._there.send(f"<presence to={to}><x xmlns='http://jabber.org/protocol/muc'/></presence>")
        await self._until(
            lambda one: one.tag.endswith("presence") and "'110'" in repr([e.get("code") for e in one.iter()])
        )

    async def leave(self, room: str) -> None:
        to = quoteattr(f"{room}/{self.name}")
        await self._there.send(f"<presence to={to} type='unavailable'/>")

    async def say(self, room: str, text: str, payload: str = "") -> tuple[str, str]:
        """Return what the room calls the message, and what its author does."""
        self._said += 1
        own = f"{self.name}-{self._said}"
        body = f"<body>{escape(text)}</body>" if text else ""
        hint = "<store xmlns='urn:xmpp:hints'/>"
        to = quoteattr(room_named(room))
        await self._there.send(f"<message to={to} type='groupchat' id='{own}'>{body}{payload}{hint}</message>")
        come = await self._until(lambda one: one.get("id") == own)
        found = come.find("{urn:xmpp:sid:0}stanza-id")
        assert found is not None, Xml.tostring(come)
        return found.get("id") or "", own

    async def ask(self, room: str, payload: str) -> None:
        await self._there.ask("set", room_named(room), payload)

    async def _until(self, wanted: Any) -> Xml.Element:
        while not wanted(one := await self._there.heard()):
            assert one.get("type") != "error", Xml.tostring(one)
        return one


def room_named(name: str) -> str:
    return name if "@" in name else f"{name}@rooms.localhost"


@contextmanager
def prosody(*names: str, earlier: Prosody | None = None) -> Iterator[Prosody]:
    """Lend a server with these people, or as another is now."""
    with workplace() as folder:
        server = Prosody(folder, earlier)
        server.register(*names)
        command = inside(server.root, "/usr/bin/prosody", "--config", server.config, "-F")
        with running(command, server.port, folder / "log"):
            yield server
