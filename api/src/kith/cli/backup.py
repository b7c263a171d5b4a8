"""``kith backup`` and ``kith restore``: the database in one file, by PostgreSQL's own programs."""

import asyncio
import os
import subprocess
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

import asyncpg

from kith.cli import audit, erasures
from kith.cli.home import addresses, current_settings
from kith.cli.processes import CannotStart
from kith.cli.servers import postgres_program
from kith.store import rights
from kith.store.db import instance, open_pool, reaching

# Owners and rights are of one server: 'kith migrate' makes them again on any other.
_PORTABLE = ("--no-owner", "--no-acl")


def backup(file: Path) -> None:
    """Write the whole database to a file, while everything goes on.

    Args:
        file: Where to; a file that is there is replaced when the new one is whole.
    """
    beginning = file.with_name(f"{file.name}.new")
    try:
        with addresses(current_settings()) as found:
            _run("pg_dump", found.database_url, "--format=custom", *_PORTABLE, f"--file={beginning.absolute()}")
        beginning.replace(file)
    finally:
        beginning.unlink(missing_ok=True)
    print(f"{file}: {file.stat().st_size / (1 << 20):.1f} MB.")


def restore(file: Path) -> None:
    """Fill an empty database from a file that 'kith backup' wrote, and bring it to this version.

    Whoever was erased since is erased again, as the erasure journal says.

    Args:
        file: The file.
    """
    if not file.is_file():
        raise CannotStart(f"There is no file {file}.")
    settings = current_settings()
    with addresses(settings) as found:
        asyncio.run(_begin(found.database_url))
        whole = ("--exit-on-error", "--single-transaction")
        _run("pg_restore", found.database_url, *whole, *_PORTABLE, str(file.absolute()))
        _, count = asyncio.run(erasures.migrate(settings, found.database_url))
        asyncio.run(_tell(found.database_url))
    if count:
        print(erasures.lacked(count))
    print(f"{file} is restored.")


async def _begin(url: str) -> None:
    """Have the roles that the file names. Raises CannotStart where the database is not empty."""
    with reaching():
        db = await asyncpg.connect(url, server_settings={"search_path": "public"})
    try:
        if await db.fetchval("SELECT to_regclass('migrations')"):
            raise CannotStart(
                "This database holds data of kith already: set KITH_HOME to a new folder, or KITH_DATABASE_URL to an "
                "empty database."
            )
        await rights.create_role(db)
    finally:
        await db.close()


async def _tell(url: str) -> None:
    async with await open_pool(url, size=1) as pool, instance(pool) as db:
        await audit.tell_instance(db, "restore")


def _run(program: str, url: str, *arguments: str) -> None:
    """Run a program on the database. Raises CannotStart with what it says."""
    address, secrets = _apart(url)
    done = subprocess.run(  # noqa: S603 - a program of the wheel
        [str(postgres_program(program)), f"--dbname={address}", *arguments],
        env=os.environ | secrets, umask=0o077, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        said = (done.stderr.strip() or "it said nothing").splitlines()[0]
        raise CannotStart(f"{said}.")


def _apart(url: str) -> tuple[str, dict[str, str]]:
    """Return the address without its password, which other users of this machine would see, and the password."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    password = query.pop("password", None) or (unquote(parts.password) if parts.password else None)
    user, at, host = parts.netloc.rpartition("@")
    netloc = f"{user.partition(':')[0]}{at}{host}"
    address = urlunsplit(parts._replace(netloc=netloc, query=urlencode(query)))
    return address, {"PGPASSWORD": password} if password else {}
