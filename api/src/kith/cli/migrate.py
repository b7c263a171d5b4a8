"""``kith migrate``: bring the database to this version."""

import asyncio

from kith.cli.home import addresses, current_settings
from kith.store import migrate as migrations


def migrate() -> None:
    """Apply the migrations that the database lacks."""
    with addresses(current_settings()) as found:
        applied = asyncio.run(migrations.migrate(found.database_url))
    for name in applied:
        print(name)
    print(f"{len(applied)} applied." if applied else "The database is up to date.")
