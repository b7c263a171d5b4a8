"""What the SDK costs: beside plain parsing of the same pages, beside NDJSON through a worker, in memory, at import.

A room of Matrix stands for all: the answers are a server's in shape, and the bundled connector reads them.

    python -m tests.bench.connectors --interactions 100000
"""

import argparse
import asyncio
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import msgspec

from kith.cli.servers import start_servers
from kith.connectors import Interaction, Secret, open_context
from kith.connectors._exchange import Reply, Request
from kith.connectors.matrix import MatrixConfig, MatrixConnector
from kith.connectors.matrix.client import LIMIT, Messages
from kith.connectors.matrix.events import Event
from kith.connectors.matrix.records import Room, Writer
from kith.store.db import open_pool
from kith.store.migrate import migrate
from tests.bench.ingest import Source, read_by_worker
from tests.labs.lab import free_port

ROOM = "!garden:x.org"
PEOPLE = 5000
START = datetime(2015, 1, 1, tzinfo=UTC)
ROUNDS = 5
STEPS = (3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41)  # a word for each
TOKEN = "not-a-token"
IMPORTS = 15


class Server:
    """Answers for one open room in which so many messages were written, a minute between two of them."""

    def __init__(self, messages: int) -> None:
        self.messages = messages

    def answer(self, url: str) -> bytes:
        asked = urlsplit(url)
        query = {name: values[0] for name, values in parse_qs(asked.query).items()}
        if asked.path.endswith("/messages"):
            return self.before(int(query["from"]))
        return self._sync("since" in query)

    def before(self, end: int) -> bytes:
        """Return a page of messages, the newest first."""
        start = max(0, end - LIMIT)
        chunk = [self._message(number) for number in range(end - 1, start - 1, -1)]
        return msgspec.json.encode({"chunk": chunk, **({"end": str(start)} if start else {})})

    def pages(self) -> Iterator[bytes]:
        """Yield all pages of messages as a reader gets them."""
        return (self.before(end) for end in range(self.messages, 0, -LIMIT))

    def _sync(self, again: bool) -> bytes:
        rule = {
            "event_id": "$rule", "type": "m.room.join_rules", "sender": "@person0:x.org", "origin_server_ts": 0,
            "content": {"join_rule": "public"}, "state_key": "",
        }  # fmt: skip
        room = {"timeline": {"prev_batch": str(self.messages), "limited": True}, "state": {"events": [rule]}}
        return msgspec.json.encode({"next_batch": "all", "rooms": {"join": {} if again else {ROOM: room}}})

    def _message(self, number: int) -> dict[str, object]:
        content: dict[str, object] = {
            "msgtype": "m.text", "body": " ".join(f"word{number * step % 30_000}" for step in STEPS)
        }  # fmt: skip
        if number % 8:
            content["m.relates_to"] = {"m.in_reply_to": {"event_id": f"$message{number - 1}"}}
        return {
            "event_id": f"$message{number}", "type": "m.room.message", "content": content, "room_id": ROOM,
            "sender": f"@person{number * 7919 % PEOPLE}:x.org", "unsigned": {"age": 1000},
            "origin_server_ts": int((START + timedelta(minutes=number)).timestamp() * 1000),
        }  # fmt: skip


class Recording:
    """A wire that answers from memory, so that making an answer counts for nobody."""

    def __init__(self, server: Server, *, keep: bool) -> None:
        self._server, self._keep = server, keep
        self._known: dict[str, Reply] = {}

    async def send(self, request: Request) -> Reply:
        reply = self._known.get(request.url) or Reply(200, {}, self._server.answer(request.url))
        if self._keep:
            self._known[request.url] = reply
        return reply

    async def close(self) -> None:
        return


async def pull(wire: Recording) -> int:
    """Read by the connector; return how many interactions it told."""
    connector, config = MatrixConnector(), MatrixConfig("https://x.org", Secret(TOKEN))
    async with open_context(connector, config, Path("/nowhere"), wire=wire) as context:
        return sum([interactions(page.records) async for page in connector.pull(config, None, context)])


def parse(pages: list[bytes]) -> int:
    """Make the same records of the same pages, with nothing around it; return how many interactions they are."""
    writer = Writer(Room(ROOM, ROOM, "public"), ())
    found = 0
    for page in pages:
        for raw in reversed(msgspec.json.decode(page, type=Messages).chunk):
            found += interactions(list(writer.records(msgspec.json.decode(raw, type=Event), {})))
    return found


def interactions(records: Iterable[object]) -> int:
    return sum(type(record) is Interaction for record in records)


async def overhead(messages: int) -> None:
    """Print what the client, the guard, limits and cursors cost."""
    server = Server(messages)
    wire, pages = Recording(server, keep=True), list(server.pages())
    await pull(wire)
    taken: dict[str, list[float]] = {"plain": [], "connector": []}
    for _ in range(ROUNDS):
        began = time.process_time()
        parsed = parse(pages)
        between = time.process_time()
        pulled = await pull(wire)
        taken["plain"].append(between - began)
        taken["connector"].append(time.process_time() - between)
        assert parsed == pulled == messages
    plain, connector = (statistics.median(times) for times in taken.values())
    show("plain parsing of the pages to the same records", f"{messages / plain:,.0f} a second")
    show("the connector", f"{messages / connector:,.0f} a second")
    show("overhead, at most 1.5", f"{connector / plain:.2f} times")


async def through_worker(messages: int, home: Path) -> None:
    """Print how fast a worker reads the room, and the same records as NDJSON."""
    await write(Server(messages), home / "in.ndjson")
    port = free_port()
    matrix = Source("matrix", {"server": f"http://127.0.0.1:{port}"}, {"token": TOKEN})
    with start_servers(home / "home") as servers, serving(messages, port):
        await migrate(servers.database_url)
        async with await open_pool(servers.database_url) as pool:
            ndjson = Source("ndjson", {"path": str(home / "in.ndjson")})
            lines, _, _ = await read_by_worker(servers, pool, ndjson, home, and_project=False)
            room, _, peak = await read_by_worker(servers, pool, matrix, home, and_project=False)
    show("NDJSON through a worker to facts", f"{messages / lines:,.0f} a second")
    show("the connector through a worker to facts", f"{messages / room:,.0f} a second")
    show("ratio, at least .5", f"{lines / room:.2f}")
    show("peak memory of the worker", f"{peak / 2**20:.0f} MiB")


async def write(server: Server, path: Path) -> None:
    connector, config, encode = MatrixConnector(), MatrixConfig("https://x.org", Secret(TOKEN)), msgspec.json.encode
    wire = Recording(server, keep=False)
    with path.open("wb") as file:
        async with open_context(connector, config, Path("/nowhere"), wire=wire) as context:
            async for page in connector.pull(config, None, context):
                file.writelines(encode(record) + b"\n" for record in page.records)


@contextmanager
def serving(messages: int, port: int) -> Iterator[None]:
    """Answer on a port of loopback, in a process of its own, until the block ends."""
    command = [sys.executable, "-m", "tests.bench.connectors", "--interactions", str(messages), "--serve", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout
            process.stdout.readline()
            yield
        finally:
            process.terminate()


async def serve(messages: int, port: int) -> None:
    server = Server(messages)
    pages = {str(end): server.before(end) for end in range(messages, 0, -LIMIT)}  # making them counts for nobody

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with_end = asyncio.IncompleteReadError, ConnectionError
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                url = head.split(b" ", 2)[1].decode()
                (start,) = parse_qs(urlsplit(url).query).get("from", [""])
                body = pages.get(start) or server.answer(url)
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))
                await writer.drain()
        except with_end:
            writer.close()

    async with await asyncio.start_server(talk, "127.0.0.1", port) as listening:
        print("listening", flush=True)
        await listening.serve_forever()


def memory(messages: int) -> None:
    """Print the peak of a process that reads a tenth of the messages, and of one that reads them all."""
    peaks = []
    for count in (messages // 10, messages):
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.connectors", "--interactions", str(count), "--pull"],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        peaks.append(int(done.stdout))
        show(f"peak of a process that reads {count:,}", f"{peaks[-1] / 2**10:.0f} MiB")


def peak() -> int:
    """Return the most memory that this program had (KiB)."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) if found else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def imports() -> None:
    """Print how long the SDK takes to import beside msgspec and pluggy alone; a bare interpreter is taken off."""
    bare, libraries, sdk = (
        statistics.median(seconds(code) for _ in range(IMPORTS))
        for code in ("pass", "import msgspec, pluggy", "import kith.connectors")
    )
    show("import of msgspec and pluggy", f"{(libraries - bare) * 1000:.0f} ms")
    show("import of the SDK", f"{(sdk - bare) * 1000:.0f} ms")
    show("ratio, at most 3", f"{(sdk - bare) / (libraries - bare):.2f}")


def seconds(code: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - began


def show(what: str, figure: str) -> None:
    print(f"{what:60} {figure:>20}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("--interactions", type=int, default=100_000)
    parser.add_argument("--serve", type=int, metavar="PORT", help="answer as the server does, and do nothing else")
    parser.add_argument("--pull", action="store_true", help="read once, and print the peak of memory (KiB)")
    wanted = parser.parse_args()
    if wanted.serve:
        asyncio.run(serve(wanted.interactions, wanted.serve))
    elif wanted.pull:
        asyncio.run(pull(Recording(Server(wanted.interactions), keep=False)))
        print(peak())
    else:
        imports()
        asyncio.run(overhead(wanted.interactions))
        memory(10 * wanted.interactions)
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder)
            home.chmod(0o711)  # PostgreSQL's own account has to pass
            asyncio.run(through_worker(wanted.interactions, home))


if __name__ == "__main__":
    main()
