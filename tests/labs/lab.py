"""Programs of others for tests: unpacked into a cache without root, started on loopback, stopped by process id."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from fcntl import LOCK_EX, flock
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar

import pytest

T = TypeVar("T")

#: Not below a home: servers that give up the rights of root have to reach it.
CACHE = Path(os.environ.get("KITH_LABS") or f"/var/tmp/kith-labs-{os.getuid()}")
STARTED = "started"
#: What became of each lab of this run: ``started``, or why it was not.
OUTCOMES: dict[str, str] = {}

heavy = pytest.mark.skipif(os.environ.get("LABS") != "all", reason="takes long to install; make labs runs it")


class Unavailable(Exception):
    """Why a program cannot be had here, or does not start."""


@contextmanager
def lab(name: str, server: AbstractContextManager[T]) -> Iterator[T]:
    """Start a server for the fixture that uses this; skip its tests, with the reason, where it cannot be started."""
    with ExitStack() as stack:
        try:
            started = stack.enter_context(server)
        except Unavailable as error:
            OUTCOMES[name] = str(error)
            pytest.skip(f"{name} cannot be started: {error}")
        OUTCOMES[name] = STARTED
        yield started


def debian(*packages: str) -> Path:
    """Return a folder in which packages of Debian are unpacked, with what they need beyond what this machine has.

    Their programs look for their parts at fixed places: run them ``inside``.
    """
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise Unavailable("packages of Debian cannot be had on this machine")

    def unpack(folder: Path) -> None:
        apt = _apt(CACHE / "apt")
        planned = _call([*apt, "-s", "install", "--no-install-recommends", *packages])
        needed = [line.split()[1] for line in planned.splitlines() if line.startswith("Inst ")]
        archives = folder / "archives"
        archives.mkdir()
        _call([*apt, "download", *dict.fromkeys([*packages, *needed])], cwd=archives)
        for archive in archives.iterdir():
            _call(["dpkg-deb", "-x", str(archive), str(folder)])
        shutil.rmtree(archives)

    return _installed("debian", packages, unpack)


def inside(root: Path, *command: str | Path) -> list[str]:
    """Return a command that runs where unpacked packages seem to be installed: in a mount namespace of its own."""
    parts = [part for part in ("usr", "etc", "var/lib") if (root / part).is_dir()]
    mounts = " && ".join(f"mount -t overlay lab -o lowerdir={root}/{part}:/{part} /{part}" for part in parts)
    as_root = [] if os.getuid() == 0 else ["--map-root-user"]
    return ["unshare", "--mount", *as_root, "sh", "-c", f'{mounts} && exec "$@"', "sh", *map(str, command)]


def pypi(*requirements: str) -> Path:
    """Return the folder of a virtual environment with these requirements."""

    def install(folder: Path) -> None:
        _call([sys.executable, "-m", "venv", str(folder)])
        _call([str(folder / "bin/python"), "-m", "pip", "install", "--quiet", *requirements])

    return _installed("pypi", requirements, install)


def npm(*packages: str) -> Path:
    """Return a folder whose ``node_modules`` holds these packages."""
    if shutil.which("npm") is None:
        raise Unavailable("there is no npm on this machine")
    return _installed(
        "npm", packages, lambda folder: _call(["npm", "install", "--no-audit", "--prefix", str(folder), *packages])
    )


@contextmanager
def workplace() -> Iterator[Path]:
    """A new folder for a server's data until the block ends: with a short name, and open to those without rights."""
    with tempfile.TemporaryDirectory(prefix="lab-", ignore_cleanup_errors=True) as folder:
        path = Path(folder)
        path.chmod(0o755)
        yield path


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def running(
    command: Sequence[str | Path],
    port: int,
    log: Path,
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    seconds: float = 30.0,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server in the foreground until the block ends; raises Unavailable if it does not listen in time."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            list(map(str, command)),
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=os.environ | (env or {}), cwd=cwd,
        )  # fmt: skip
    try:
        _wait(process, port, log, seconds)
        yield process
    finally:
        stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process; kill it if it does not end in ten seconds."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def children(process: subprocess.Popen[bytes]) -> list[int]:
    """Return the ids of the processes that a process has started."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            if path.read_text().rpartition(")")[2].split()[1] == str(process.pid):
                found.append(int(path.parent.name))
    return found


def _wait(process: subprocess.Popen[bytes], port: int, log: Path, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    said = log.read_text(errors="replace").strip()[-500:]
    ended = "does not listen" if process.poll() is None else f"ends with {process.returncode}"
    raise Unavailable(f"it {ended}: {said}")


def _installed(kind: str, names: Sequence[str], install: Callable[[Path], object]) -> Path:
    """Return the folder in which something is installed, once a machine."""
    digest = blake2b("\n".join(names).encode(), digest_size=6).hexdigest()
    folder = CACHE / kind / f"{names[0].partition('=')[0].replace('/', '-')}-{digest}"
    done = folder.parent / f"{folder.name}.done"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        flock(lock, LOCK_EX)
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            install(folder)
            done.touch()
    return folder


def _apt(folder: Path) -> list[str]:
    """Return how to ask for packages without touching this machine's own lists; fetch them where there are none."""
    options = {"Dir::State::lists": folder / "lists", "Dir::Cache": folder / "cache", "APT::Sandbox::User": "root"}
    timing = {"Acquire::Retries": "1", "Acquire::http::Timeout": "10"}
    command = ["apt-get", "-q", *(f"-o{name}={value}" for name, value in (options | timing).items())]
    for part in ("lists/partial", "cache/archives/partial"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    _call([*command, "-oAPT::Update::Error-Mode=any", "update"])
    return command


def _call(command: Sequence[str], *, cwd: Path | None = None) -> str:
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=cwd, timeout=900)
    except subprocess.TimeoutExpired as error:
        raise Unavailable(f"{command[0]} takes longer than 15 minutes") from error
    if done.returncode:
        raise Unavailable(f"{' '.join([Path(command[0]).name, *command[-2:]])[:200]}: {done.stderr.strip()[-300:]}")
    return done.stdout
