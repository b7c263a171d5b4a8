"""Synapse: a server of Matrix where anybody may register, without the limits that would slow a test down."""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2

from tests.labs.lab import Unavailable, free_port, pypi, running, workplace

NAME = "kith.test"
_PACKAGE = "matrix-synapse==1.163.2"
_QUICK = "{per_second: 1000, burst_count: 1000}"
_CONFIG = f"""
server_name: {NAME}
report_stats: false
enable_registration: true
enable_registration_without_verification: true
trusted_key_servers: []
rc_message: {_QUICK}
rc_registration: {_QUICK}
rc_joins_per_room: {_QUICK}
rc_joins: {{local: {_QUICK}, remote: {_QUICK}}}
rc_login: {{address: {_QUICK}, account: {_QUICK}, failed_attempts: {_QUICK}}}
rc_invites: {{per_room: {_QUICK}, per_user: {_QUICK}, per_issuer: {_QUICK}}}
macaroon_secret_key: not-a-secret-of-anybody
registration_shared_secret: not-a-secret-either
form_secret: nor-this-one
"""


class Synapse:
    def __init__(self, folder: Path) -> None:
        self._folder, self.port = folder, free_port()
        self._python = pypi(_PACKAGE) / "bin/python"
        self._running = ExitStack()
        (folder / "log.yaml").write_text("version: 1\n")
        names = "resources: [{names: [client]}]"
        listener = f"- {{port: {self.port}, bind_addresses: [127.0.0.1], type: http, tls: false, {names}}}"
        (folder / "homeserver.yaml").write_text(
            f"{_CONFIG}listeners:\n{listener}\ndatabase: {{name: sqlite3, args: {{database: {folder}/synapse.db}}}}\n"
            f"media_store_path: {folder}/media\nsigning_key_path: {folder}/signing.key\nlog_config: {folder}/log.yaml\n"
        )

    def start(self) -> None:
        command: list[str | Path] = [
            self._python,
            "-m",
            "synapse.app.homeserver",
            "-c",
            self._folder / "homeserver.yaml",
        ]
        log = self._folder / "log"
        if not (self._folder / "signing.key").exists():
            _call([*command, "--generate-keys"], self._folder)
        self._running.enter_context(running(command, self.port, log, cwd=self._folder, seconds=120))

    def stop(self) -> None:
        self._running.close()

    def url(self, host: str = "localhost") -> str:
        return f"http://{host}:{self.port}"


class Person:
    """An account, and what it does. Each returns the id of the event that it makes."""

    def __init__(self, server: Synapse, name: str) -> None:
        self._server, self._sent = server, 0
        asked = {"username": name, "password": f"s3cr3t-of-{name}", "auth": {"type": "m.login.dummy"}}
        self.token = ""
        made = self.call("POST", "/register", asked)
        self.id, self.token = str(made["user_id"]), str(made["access_token"])
        self.call("PUT", f"/profile/{quote(self.id)}/displayname", {"displayname": f"{name.title()} Example"})

    def call(self, method: str, path: str, asked: Any = None) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        url = f"{self._server.url()}/_matrix/client/v3{path}"
        answer = httpx2.request(method, url, json=asked, headers=headers, timeout=60)
        if answer.status_code != 200:
            raise AssertionError(f"{method} {path}: {answer.text}")
        said: dict[str, Any] = answer.json()
        return said

    def room(self, name: str, *, preset: str = "public_chat", **more: Any) -> str:
        return str(self.call("POST", "/createRoom", {"name": name, "preset": preset, **more})["room_id"])

    def join(self, room: str) -> None:
        self.call("POST", f"/join/{quote(room)}", {})

    def leave(self, room: str) -> None:
        self.call("POST", f"/rooms/{quote(room)}/leave", {})

    def invite(self, room: str, whom: str) -> None:
        self.call("POST", f"/rooms/{quote(room)}/invite", {"user_id": whom})

    def send(self, room: str, kind: str, content: dict[str, Any]) -> str:
        self._sent += 1
        return str(self.call("PUT", f"/rooms/{quote(room)}/send/{kind}/t{self._sent}", content)["event_id"])

    def redact(self, room: str, event: str) -> None:
        self._sent += 1
        self.call("PUT", f"/rooms/{quote(room)}/redact/{quote(event)}/t{self._sent}", {})


@contextmanager
def synapse() -> Iterator[Synapse]:
    with workplace() as folder:
        server = Synapse(folder)
        server.start()
        try:
            yield server
        finally:
            server.stop()


def _call(command: list[Any], folder: Path) -> None:
    done = subprocess.run(list(map(str, command)), cwd=folder, capture_output=True, timeout=120)
    if done.returncode:
        raise Unavailable(done.stderr.decode(errors="replace")[-300:])
