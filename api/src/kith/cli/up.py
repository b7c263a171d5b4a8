"""``kith up``: everything on this machine under one supervisor, until Ctrl-C."""

import asyncio
import logging
import os
import shlex
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from kith.cli import audit, erasures, installation, jobs
from kith.cli.home import DEFAULT_WORKSPACE, Addresses, current_settings, hold, warn_of_unknown_settings
from kith.cli.processes import CannotStart, Child, listen
from kith.cli.screen import Screen
from kith.cli.servers import start_servers
from kith.cli.supervisor import Supervisor
from kith.domain.ids import encode
from kith.domain.scopes import SCOPES
from kith.runtime.settings import Settings
from kith.store.db import Db, Pool, open_pool, workspace

TEND_SECONDS = 0.2
MEGABYTE = 1_000_000

T = TypeVar("T")


def up(*, demo: bool = True) -> None:
    """Start PostgreSQL, Valkey, the API and a worker, load the demo, and keep all running until Ctrl-C.

    Args:
        demo: Load the demo, Git and the projects around it, at the first start.
    """
    started = time.monotonic()
    screen = Screen()
    settings = current_settings()
    warn_of_unknown_settings()
    logging.getLogger("asyncpg").setLevel(logging.CRITICAL)  # the screen says when PostgreSQL is unavailable
    with _until_stopped(), ExitStack() as stack:
        stack.enter_context(hold(settings.home))
        listen(settings.host, settings.port).close()  # say at once when nobody could
        supervisor = Supervisor(screen.say)
        stack.callback(_stop, supervisor, screen)
        runner = stack.enter_context(asyncio.Runner())
        addresses = _start_servers(settings, supervisor, screen)
        with screen.step("The database is migrated"):
            runner.run(erasures.migrate(settings, addresses.database_url))
        pool = runner.run(open_pool(addresses.database_url, size=2))
        stack.callback(lambda: runner.run(pool.close()))
        token_file = settings.home.absolute() / "token"
        token = _ensure_token(runner, pool, token_file)
        _start_processes(settings, addresses, supervisor, screen)
        if demo:
            _load_demo(runner, pool, supervisor, screen, settings.home)
        calls = runner.run(_bound(pool, installation.calls))
        screen.say(f"\nkith is ready after {time.monotonic() - started:.1f} s. Ctrl-C stops it.\n")
        link = runner.run(_bound(pool, partial(_sign_in_link, base_url=settings.issuer)))
        _introduce(screen, settings, token, token_file, link, calls)
        while True:
            supervisor.tend()
            time.sleep(TEND_SECONDS)


@contextmanager
def _until_stopped() -> Iterator[None]:
    """Let Ctrl-C, SIGTERM and a closed terminal end the block in good order and without a complaint.

    Shells start what they put into the background with SIGINT ignored; kith listens to it there too.
    """
    for wanted in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(wanted, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        yield


def _stop(supervisor: Supervisor, screen: Screen) -> None:
    for wanted in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(wanted, signal.SIG_IGN)  # already on it
    if supervisor.children:
        with screen.step("All stopped"):
            supervisor.stop()


def _start_servers(settings: Settings, supervisor: Supervisor, screen: Screen) -> Addresses:
    if settings.database_url and settings.redis_url:
        return Addresses(settings.database_url, settings.redis_url)
    if settings.database_url or settings.redis_url:
        raise CannotStart("Set both KITH_DATABASE_URL and KITH_REDIS_URL, or neither for the embedded servers.")
    with screen.step("PostgreSQL and Valkey run"):
        servers = start_servers(settings.home, log_bytes=settings.log_megabytes * MEGABYTE)
    supervisor.children += [servers.postgres, servers.valkey]
    return Addresses(servers.database_url, servers.redis_url)


def _start_processes(settings: Settings, addresses: Addresses, supervisor: Supervisor, screen: Screen) -> None:
    home = settings.home.absolute()
    logs = home / "log"
    logs.mkdir(exist_ok=True)
    (home / "import").mkdir(exist_ok=True)
    env = os.environ | {
        "KITH_HOME": str(home),
        "KITH_DATABASE_URL": addresses.database_url,
        "KITH_REDIS_URL": str(addresses.redis_url),
        "KITH_WORKER_NAME": settings.worker_name or f"{socket.gethostname()}:{home}",
        "PYTHONUNBUFFERED": "1",
    }
    here = Path.cwd()
    api = [sys.executable, "-m", "kith.cli", "api"]
    worker = [sys.executable, "-m", "kith.workers"]
    url = f"{_base_url(settings)}/readyz"
    listener = [*worker[:-1], "kith.workers.live"]
    made = partial(Child, cwd=here, log_bytes=settings.log_megabytes * MEGABYTE)
    first, second, third = (env | _metrics(settings, nth) for nth in range(3))
    children = [
        made("The worker", worker, logs / "worker.log", ready=lambda: True, env=second),  # ready beside the API
        made("The API", api, logs / "api.log", ready=lambda: _answers(url), env=first),
        made(
            "The listener", listener, logs / "live.log", ready=lambda: True, env=third
        ),  # in nobody's way at the start
    ]
    with screen.step("The API and a worker run"):
        for child in children:
            supervisor.children.append(child)
            child.start()


def _metrics(settings: Settings, nth: int) -> dict[str, str]:
    """Give each process a port of its own for its metrics, where there are any."""
    return {"KITH_METRICS_PORT": str(settings.metrics_port + nth)} if settings.metrics_port else {}


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - our own address
            return True
    except (urllib.error.URLError, OSError):
        return False


def _base_url(settings: Settings) -> str:
    """Where a client on this machine finds the API."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)  # noqa: S104 - only compared
    return f"http://{f'[{host}]' if ':' in host and not host.startswith('[') else host}:{settings.port}"


async def _bound(pool: Pool, act: Callable[[Db], Awaitable[T]]) -> T:
    async with workspace(pool, DEFAULT_WORKSPACE) as db:
        return await act(db)


def _ensure_token(runner: asyncio.Runner, pool: Pool, path: Path) -> str:
    known = path.read_text().strip() if path.exists() else ""

    async def ensure(db: Db) -> str:
        await installation.ensure_workspace(db)
        token = await installation.ensure_token(db, known)
        if token != known:
            await audit.tell(db, "up", None, scopes=sorted(SCOPES))
        return token

    token = runner.run(_bound(pool, ensure))
    if token != known:
        installation.write_secret(path, token)
    return token


def _load_demo(runner: asyncio.Runner, pool: Pool, supervisor: Supervisor, screen: Screen, home: Path) -> None:
    """Load the demo once, by the road of any source; wait for its communities and strengths."""
    loaded = home / "demo-loaded"
    if loaded.exists():
        return
    follow = partial(_follow, runner, pool, supervisor, screen)
    follow("The demo is loaded", installation.add_demo, lambda state: state.text)
    follow("Its communities are found", installation.detect, lambda state: f"{state.result['communities']:,}")
    with screen.step("Its strengths are computed"):
        while not runner.run(_bound(pool, installation.are_strengths_computed)):
            supervisor.tend()
            time.sleep(TEND_SECONDS)
    loaded.touch()


def _follow(
    runner: asyncio.Runner,
    pool: Pool,
    supervisor: Supervisor,
    screen: Screen,
    name: str,
    start: Callable[[Db], Awaitable[UUID | None]],
    outcome: Callable[[jobs.Progress], str],
) -> None:
    """Start a job, unless what it does is done, and show how far it is until it ends."""
    if (job_id := runner.run(_bound(pool, start))) is None:
        return
    with screen.step(name) as step, screen.progress(name) as meter:
        while not (state := runner.run(jobs.look(pool, job_id))).ended:
            meter.show(state.done, state.total, state.text)
            supervisor.tend()
            time.sleep(TEND_SECONDS)
        if state.failed:
            raise CannotStart(f"The demo was not loaded: {state.text}; 'kith up --no-demo' starts without it.")
        step.done = f"{name}: {outcome(state)}"


async def _sign_in_link(db: Db, base_url: str) -> str:
    owner = await installation.ensure_owner(db)
    await audit.tell(db, "up", encode("member", owner.id))
    return await installation.sign_in_link(db, owner.sign_in_id, base_url)


def _introduce(
    screen: Screen, settings: Settings, token: str, token_file: Path, link: str, calls: list[tuple[str, str]]
) -> None:
    """Say where everything is; a secret only on a terminal: a service's output is kept in logs that others read."""
    base, link_file = _base_url(settings), token_file.with_name("sign-in-link")
    installation.write_secret(link_file, link)
    shown = (token, link) if screen.is_seen else (f"in {token_file}", f"in {link_file}")
    for label, value in zip(("API", "Docs", "Token", "Sign in"), (f"{base}/v1", f"{base}/docs", *shown), strict=True):
        screen.say(f"  {label:<7} {value}")
    header = f'"Authorization: Bearer $(cat {shlex.quote(str(token_file))})"'
    for question, path in calls:
        screen.say(f"\n# {question}")
        screen.say(f"curl -s -H {header} '{base}{path}' | python3 -m json.tool")
    screen.say("")
