"""Connections: a pool that works as the role kith_app, and the transaction bound to one workspace."""

import secrets
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeAlias, cast
from uuid import UUID

import asyncpg
import msgspec
from asyncpg.pgproto.pgproto import UUID as _UUID
from asyncpg.pool import PoolConnectionProxy

# A pooled connection is a proxy and not a Connection; both are meant wherever a function takes a ``Db``. They are
# generic for type checkers alone, and Litestar looks at types when it runs.
if TYPE_CHECKING:
    Db: TypeAlias = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
    Pool: TypeAlias = asyncpg.Pool[asyncpg.Record]
    _Plain: TypeAlias = asyncpg.Connection[asyncpg.Record]
else:
    Db = Pool = Any
    _Plain = asyncpg.Connection

ROLE = "kith_app"
GUEST = "kith_guest"
"""The role of whoever does not see all rows of a workspace: policies bind it beside those of ROLE, of which it is."""
SEALED_SCHEMA = "sealed"
"""The schema of what sealed sources tell, in tables named as those of the facts; what it lacks is in ``public``."""
SEALED = "sealed"
"""What ``rows`` says of whoever sees sealed sources, who is no guest."""
WHOLE_SCHEMA = "whole"
"""The schema of views of the facts that show what sealed sources tell beside all else."""
IS_GUEST = f"current_user = '{GUEST}' AND NOT sees('private')"
"""In SQL: whether some of the rows on which shared numbers rest may be hidden."""
NAMED = f"""
    CASE WHEN current_setting('kith.wordless', true) = 'on' THEN {{0}}.plain_{{1}}
        WHEN {IS_GUEST} THEN {{0}}.open_{{1}} ELSE {{0}}.{{1}} END
"""
"""In SQL: a column of words as the reader sees it: all, those of open texts, or those of channels' names alone."""
PRIVATE = "('private', 'direct')"
"""In SQL: the visibilities that take a scope of their own."""
LOCK_SECONDS = 5.0
#: What is raised while PostgreSQL is unavailable, stops, or has no connection left, and, last, on a lost connection.
ABSENT = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)


#: What PostgreSQL says where the disk is full, or something else of the machine is lacking.
LACKING = (asyncpg.InsufficientResourcesError, asyncpg.PostgresIOError)


class Connection(_Plain):
    """A connection that knows what it sees outside of transactions."""

    __slots__ = ("_seen",)
    is_spread = False

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._seen: tuple[UUID | None, str | None, bool, bool, bool] | None = None

    async def see(
        self, workspace_id: UUID | None, rows: str | None, *, sealed: bool = False, words: bool = True,
        writes: bool = False,
    ) -> None:  # fmt: skip
        """Let statements outside of transactions see this workspace alone, of it these rows.

        workspace_id: None for the tables of the instance alone. rows: as ``kith.domain.scopes.Sight`` has them. sealed,
        words: as for ``view``. writes: whether they may write. Each statement is planned once. Every index begins with
        the workspace, so the plan for any values is the right one, and to plan a detail for its values takes longer
        than to find it.
        """
        if self._seen != (workspace_id, rows, sealed, words, writes):
            self._seen = None  # what is cut off may have been done
            await self._set(
                f"kith.workspace = '{workspace_id.hex if workspace_id else ''}'",
                *_sight(rows),
                _path(rows, sealed),
                f"kith.wordless = {'off' if words else 'on'}",
                f"default_transaction_read_only = {'off' if writes else 'on'}",
                "plan_cache_mode = force_generic_plan",
            )
            self._seen = (workspace_id, rows, sealed, words, writes)

    async def _set(self, *settings: str) -> None:
        await self.execute("; ".join(f"SET {setting}" for setting in settings))

    async def begin(self, *settings: str) -> None:
        """Begin a transaction with settings of its own, in one message: each more would cost a list a twentieth."""
        await self.execute("; ".join(("BEGIN READ WRITE", *(f"SET LOCAL {setting}" for setting in settings))))

    @property
    def is_narrow(self) -> bool:
        """Whether statements outside of transactions do not see all rows on which shared numbers rest."""
        rows = self._seen[1] if self._seen else None
        return rows is not None and "private" not in rows.split()

    @property
    def sees_all_words(self) -> bool:
        """Whether statements outside of transactions name things after all texts."""
        return (self._seen is None or self._seen[3]) and not self.is_narrow

    @asynccontextmanager
    async def widen(self) -> AsyncIterator[None]:
        """Let statements see all rows on which shared numbers rest, until the block ends."""
        if self._seen is None or self._seen[1] is None:
            yield
            return
        workspace_id, rows, sealed, words, _ = self._seen
        await self.see(workspace_id, None, words=words)
        yield
        await self.see(workspace_id, rows, sealed=sealed, words=words)  # where it fails, whoever is next sees to it


class SpreadConnection(Connection):
    """A connection to a database that is spread over nodes, which hear of a setting within a transaction alone.

    Each statement outside of a transaction gets one, and is told in it what it may see.
    """

    __slots__ = ("_settings",)

    is_spread = True

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._settings: tuple[str, ...] = ()

    async def _set(self, *settings: str) -> None:
        # A transaction is of one kind from its beginning on.
        self._settings = tuple(each.replace("default_transaction_", "transaction_") for each in settings)

    async def begin(self, *settings: str) -> None:
        """Begin a transaction with settings of its own, each in a message of its own."""
        await super().execute("BEGIN READ WRITE")
        for setting in settings:
            await super().execute(f"SET LOCAL {setting}")

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        if not self._settings or self.is_in_transaction():
            yield
            return
        await self.begin(*self._settings)
        try:
            yield
        except BaseException:
            await _undo(self)
            raise
        await super().execute("COMMIT")

    async def execute(self, query: str, *args: Any, **options: Any) -> str:
        async with self._alone():
            return await super().execute(query, *args, **options)

    async def executemany(self, command: str, args: Any, **options: Any) -> None:
        async with self._alone():
            await super().executemany(command, args, **options)

    async def fetch(self, query: str, *args: Any, **options: Any) -> Any:
        async with self._alone():
            return await super().fetch(query, *args, **options)

    async def fetchrow(self, query: str, *args: Any, **options: Any) -> Any:
        async with self._alone():
            return await super().fetchrow(query, *args, **options)

    async def fetchval(self, query: str, *args: Any, **options: Any) -> Any:
        async with self._alone():
            return await super().fetchval(query, *args, **options)


class Unreachable(ConnectionError):
    """PostgreSQL does not answer or lets nobody in; the message is one sentence that says what to do."""

    def __init__(self, error: Exception) -> None:
        said = str(error).partition("\n")[0] or type(error).__name__
        super().__init__(
            f"PostgreSQL cannot be used ({said}): start it, correct KITH_DATABASE_URL, or run 'kith migrate'."
        )


class Away(Unreachable):
    """PostgreSQL may answer later: it is not there yet, starting, stopping, or has no connection left."""


async def open_pool(
    url: str, *, size: int = 10, statement_seconds: float | None = 5.0, wait_seconds: float = 5.0
) -> Pool:
    """Return a pool of at most ``size`` connections, opened when first needed, whose role owns nothing.

    statement_seconds: longest time of one statement; None for work whose length depends on the data.
    Raises Unreachable, or Away.
    """
    settings = {
        "role": ROLE,
        "application_name": "kith",
        "timezone": "UTC",
        # What a database or a user may be set to otherwise, and statements rely on.
        "search_path": "public",
        "row_security": "on",
        "datestyle": "ISO",
        "default_transaction_isolation": "read committed",
        "statement_timeout": _milliseconds(statement_seconds or 0),
        "lock_timeout": _milliseconds(LOCK_SECONDS if statement_seconds else 0),
        "idle_in_transaction_session_timeout": _milliseconds(60),
        "jit": "off",
        "temp_buffers": "32MB",  # a page that is being stored stays in memory
    }
    with reaching():
        kind = SpreadConnection if await _is_spread(url, wait_seconds) else Connection
        return await asyncpg.create_pool(
            url, min_size=1, max_size=size, timeout=wait_seconds, connection_class=kind, init=_json,
            reset=_nothing, server_settings=settings,
        )  # fmt: skip


async def _is_spread(url: str, wait_seconds: float) -> bool:
    db = await asyncpg.connect(url, timeout=wait_seconds)
    try:
        return await is_spread(db)
    finally:
        await db.close()


async def is_spread(db: Db) -> bool:
    """Whether the database is spread over nodes by the extension Citus."""
    found: bool = await db.fetchval("SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'citus')")
    return found


async def in_turn(db: Db, statements: str) -> None:
    """Run statements that semicolons divide; where a database is spread over nodes, each in a message of its own.

    In one message with SET LOCAL or CREATE TEMPORARY they could not be passed on to other nodes.
    """
    if not getattr(db, "is_spread", False):
        await db.execute(statements)
        return
    for statement in statements.split(";"):
        if statement.strip():
            await db.execute(statement)


@contextmanager
def reaching() -> Iterator[None]:
    """Raise Unreachable, or Away, where connecting fails in the block."""
    try:
        yield
    except (
        OSError,
        asyncpg.ConnectionDoesNotExistError,
        asyncpg.OperatorInterventionError,
        asyncpg.TooManyConnectionsError,
        asyncpg.InternalClientError,
    ) as error:
        raise Away(error) from error
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise Unreachable(error) from error


@asynccontextmanager
async def workspace(pool: Pool, workspace_id: UUID, *, blind: bool = False) -> AsyncIterator[Db]:
    """Yield a connection in a transaction that sees this workspace alone; commit when the block ends well.

    blind: sealed sources are not found, as for whoever may not know of them.
    """
    async with pool.acquire() as db, bound(db, workspace_id, blind=blind):
        yield db


@asynccontextmanager
async def view(
    pool: Pool, workspace_id: UUID, rows: str | None = None, *, sealed: bool = False, words: bool = True
) -> AsyncIterator[Db]:
    """Yield a connection that sees this workspace alone, each statement by itself, and writes nothing.

    rows: which of those that need a scope it sees; None: all, but for those of sealed sources. sealed: whether, where
    ``rows`` names them, these stand among all others; else shared numbers could rest on them. words: whether what is
    named after texts is named so.

    Each sees what is committed when it begins, as it would in a transaction; to begin and end one would cost a list a
    fifth of its time.
    """
    async with pool.acquire() as db:
        await cast("Connection", db).see(workspace_id, rows, sealed=sealed, words=words)  # the proxy passes it on
        yield db


@asynccontextmanager
async def single(pool: Pool, workspace_id: UUID | None) -> AsyncIterator[Db]:
    """Yield a connection on which each statement is a transaction of its own, and may write.

    It sees this workspace alone; None: the tables of the instance alone, until ``see`` says more.
    """
    async with pool.acquire() as db:
        await see(db, workspace_id)
        yield db


async def see(db: Db, workspace_id: UUID | None) -> None:
    """Let a connection that ``single`` gave see this workspace from now on."""
    await cast("Connection", db).see(workspace_id, None, writes=True)


def is_narrow(db: Db) -> bool:
    """Whether ``view`` gave a connection that does not see all rows on which shared numbers rest."""
    return cast("Connection", db).is_narrow


def sees_all_words(db: Db) -> bool:
    """Whether ``view`` gave a connection by which things are called the same as for those who see everything."""
    return cast("Connection", db).sees_all_words


def whole(db: Db) -> AbstractAsyncContextManager[None]:
    """Let a connection that ``view`` gave see all on which shared numbers rest, which are the same whoever asks."""
    return cast("Connection", db).widen()


@asynccontextmanager
async def narrowed(db: Db, rows: str | None) -> AsyncIterator[None]:
    """Let a transaction see these rows alone until the block ends: for what it answers. Elsewhere nothing changes."""
    if rows is None or not db.is_in_transaction():
        yield
        return
    await in_turn(db, "; ".join(f"SET LOCAL {setting}" for setting in _sight(rows)))
    yield
    await in_turn(db, "; ".join(f"SET LOCAL {setting}" for setting in _sight(None)))


def _sight(rows: str | None) -> tuple[str, str]:
    seen = rows.split() if rows else []
    role = ROLE if rows is None or SEALED in seen else GUEST
    return f"ROLE {role}", f"kith.sight = '{rows or ''}'"


def _path(rows: str | None, sealed: bool) -> str:
    return f"search_path = {f'{WHOLE_SCHEMA}, public' if sealed and rows and SEALED in rows.split() else 'public'}"


@asynccontextmanager
async def instance(pool: Pool) -> AsyncIterator[Db]:
    """Yield a connection in a transaction that sees the tables of the instance alone, until ``bind`` binds it."""
    async with pool.acquire() as db, bound(db, None):
        yield db


async def bind(db: Db, workspace_id: UUID) -> None:
    """Let the rest of the transaction see this workspace too."""
    await db.execute(f"SET LOCAL kith.workspace = '{workspace_id.hex}'")


@asynccontextmanager
async def bound(db: Db, workspace_id: UUID | None, *, blind: bool = False) -> AsyncIterator[None]:
    """Keep ``db`` in a transaction that sees this workspace alone, or none; commit when the block ends well.

    blind: as for ``workspace``.
    """
    await cast("Connection", db).begin(
        f"kith.workspace = '{workspace_id.hex if workspace_id else ''}'",
        "plan_cache_mode = auto",
        *_sight(None),
        "search_path = public",
        f"kith.blind = {'on' if blind else 'off'}",
        "kith.wordless = off",
    )
    try:
        yield
    except BaseException:
        await _undo(db)
        raise
    await db.execute("COMMIT")


async def _undo(db: Db) -> None:
    """Roll back; where the connection was lost, which undoes too, let nobody use it again."""
    try:
        await db.execute("ROLLBACK")
    except ABSENT:
        with suppress(asyncpg.InterfaceError):  # the pool knows already
            db.terminate()


def new_id() -> UUID:
    """Return a UUIDv7: for rows without a natural key; sorts by creation, to a quarter of a microsecond."""
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    fraction = rest * 4096 // 1_000_000  # RFC 9562, 6.2, method 3
    number = milliseconds << 80 | 7 << 76 | fraction << 64 | 2 << 62 | secrets.randbits(62)
    return UUID(int=number)


async def _json(db: Db) -> None:
    for name in ("json", "jsonb"):
        await db.set_type_codec(name, schema="pg_catalog", encoder=_encode, decoder=msgspec.json.decode, format="text")


def _encode(value: object) -> str:
    return msgspec.json.encode(value).decode()


async def _nothing(db: Db) -> None:
    """Reset nothing: what a connection sees is set again for the next user, and all else inside transactions only."""


def _milliseconds(seconds: float) -> str:
    return str(int(seconds * 1000))


def uuid_of(value: bytes) -> UUID:
    """Return the UUID of 16 bytes as the driver's own kind, equal to the standard one and ten times as fast to make."""
    return _UUID(value)
