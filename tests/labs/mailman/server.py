"""Mailman 3: one list and its members, by the REST interface alone; it sends no mail."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx2

from tests.labs.lab import debian, free_port, inside, running, workplace

PASSWORD = "s3cr3t-restpass"

_CONFIG = """
[mailman]
site_owner: owner@example.org
layout: here
default_language: en
[paths.here]
bin_dir: /usr/lib/mailman3/bin
var_dir: {folder}/var
[mta]
incoming: mailman.mta.null.NullMTA
[webservice]
hostname: 127.0.0.1
port: {port}
admin_user: restadmin
admin_pass: {password}
"""
#: Only the interface runs: no mail goes in or out.
_RUNNERS = (
    "archive",
    "bounces",
    "command",
    "in",
    "lmtp",
    "nntp",
    "out",
    "pipeline",
    "retry",
    "virgin",
    "digest",
    "task",
)


class Mailman:
    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/3.1"

    def post(self, path: str, **data: str) -> None:
        httpx2.post(f"{self.url}/{path}", data=data, auth=("restadmin", PASSWORD), timeout=30).raise_for_status()

    def leave(self, list_: str, address: str) -> None:
        url = f"{self.url}/lists/{list_}/member/{address}"
        httpx2.delete(url, auth=("restadmin", PASSWORD), timeout=30).raise_for_status()


@contextmanager
def mailman(list_: str, people: Mapping[str, str]) -> Iterator[Mailman]:
    """Lend a server with a list, and on it these people: names by address."""
    with workplace() as folder:
        port = free_port()
        server = Mailman(port)
        config = folder / "mailman.cfg"
        config.write_text(_configured(folder, port))
        command = inside(debian("mailman3"), "/usr/lib/mailman3/bin/master", "-C", config, "--force")
        with running(command, port, folder / "log", seconds=60):
            server.post("domains", mail_host=list_.partition("@")[2])
            server.post("lists", fqdn_listname=list_)
            for address, name in people.items():
                join(server, list_, address, name)
            yield server


def join(server: Mailman, list_: str, address: str, name: str) -> None:
    agreed = {"pre_verified": "true", "pre_confirmed": "true", "pre_approved": "true"}
    list_id = list_.replace("@", ".")
    server.post("members", list_id=list_id, subscriber=address, display_name=name, **agreed)


def _configured(folder: Path, port: int) -> str:
    quiet = "".join(f"[runner.{name}]\nstart: no\n" for name in _RUNNERS)
    return _CONFIG.format(folder=folder, port=port, password=PASSWORD) + quiet
