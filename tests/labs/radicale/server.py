"""Radicale: a server of address books and calendars, whose users sign in with a password."""

import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.labs.lab import free_port, pypi, running, workplace

PASSWORD = "s3cr3t-passw0rd"
USERS = ("ada", "bob")

_CONFIG = """
[server]
hosts = 127.0.0.1:{port}
[auth]
type = htpasswd
htpasswd_filename = {folder}/users
htpasswd_encryption = plain
delay = 0
[storage]
filesystem_folder = {folder}/collections
"""
_BOOK = """<?xml version="1.0"?><mkcol xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav"><set><prop>
<resourcetype><collection/><C:addressbook/></resourcetype><displayname>{name}</displayname></prop></set></mkcol>"""
_CALENDAR = """<?xml version="1.0"?><mkcol xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><set><prop>
<resourcetype><collection/><C:calendar/></resourcetype><displayname>{name}</displayname></prop></set></mkcol>"""


class Radicale:
    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self._python = pypi("radicale==3.9.0") / "bin/python"
        self._running = ExitStack()
        (folder / "users").write_text("".join(f"{user}:{PASSWORD}\n" for user in USERS))
        (folder / "config").write_text(_CONFIG.format(folder=folder, port=self.port))

    def start(self) -> None:
        command = [str(self._python), "-m", "radicale", "--config", str(self.folder / "config")]
        self._running.enter_context(running(command, self.port, self.folder / "log"))

    def stop(self) -> None:
        self._running.close()

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def address_book(self, path: str, name: str) -> None:
        self.send("MKCOL", path, _BOOK.format(name=name))

    def calendar(self, path: str, name: str) -> None:
        self.send("MKCOL", path, _CALENDAR.format(name=name))

    def send(self, method: str, path: str, body: str = "") -> None:
        """Change something, as another program would; the first part of a path is the user."""
        user = path.split("/")[1]
        known = b64encode(f"{user}:{PASSWORD}".encode()).decode()
        kind = "text/vcard" if path.endswith(".vcf") else "text/calendar" if path.endswith(".ics") else "text/xml"
        headers = {"authorization": f"Basic {known}", "content-type": f"{kind}; charset=utf-8"}
        asked = urllib.request.Request(self.url(path), body.encode() or None, headers, method=method)
        with urllib.request.urlopen(asked, timeout=10) as answer:
            answer.read()


@contextmanager
def radicale() -> Iterator[Radicale]:
    with workplace() as folder:
        server = Radicale(folder)
        server.start()
        try:
            yield server
        finally:
            server.stop()
