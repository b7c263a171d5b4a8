"""``kith migrate``: bring the database to this version."""

import asyncio

from kith.cli import erasures
from kith.cli.home import addresses, current_settings


def migrate() -> None:
    """Apply the migrations that the database lacks, and the erasures that its journal names and it lacks."""
    settings = current_settings()
    with addresses(settings) as found:
        applied, count = asyncio.run(erasures.migrate(settings, found.database_url))
    for name in applied:
        print(name)
    if count:
        print(erasures.lacked(count))
    print(f"{len(applied)} applied." if applied else "The database is up to date.")
