"""GET /v1/people as one would write it with FastAPI and SQLAlchemy: a token, its tenant, a limit, a page, its coverage.

It has what kith has, and what such an application often lacks: tokens are remembered for a while, the limit is one call
of Valkey, reads take no transaction, and columns are selected, not objects.
"""

# Its packages are in an environment of its own.
# mypy: disable-error-code="import-not-found, misc"

import hashlib
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, FastAPI, HTTPException, Query, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel
from redis.asyncio import Redis
from sqlalchemy import ARRAY, String, and_, func, select
from sqlalchemy.dialects.postgresql import TSTZRANGE
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from ulid_transform import bytes_to_ulid

LIMIT, WINDOW_SECONDS = 1_000_000_000, 60
REMEMBERED_SECONDS = 10.0
TAKE = """
local taken = redis.call('INCR', KEYS[1])
if taken == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
return taken
"""


class Base(DeclarativeBase):
    """The tables that are read here, as kith has them."""


class Token(Base):
    __tablename__ = "tokens"
    workspace_id: Mapped[UUID]
    id: Mapped[UUID] = mapped_column(primary_key=True)
    hash: Mapped[bytes]
    scopes: Mapped[list[str]] = mapped_column(ARRAY(String))
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class Person(Base):
    __tablename__ = "people"
    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    kind: Mapped[str]
    suspected: Mapped[bool]
    networks: Mapped[list[str]] = mapped_column(ARRAY(String))
    identities: Mapped[int]
    interactions: Mapped[int]
    first_seen: Mapped[datetime | None]
    last_seen: Mapped[datetime | None]


class Source(Base):
    __tablename__ = "sources"
    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    status: Mapped[str]


class Covered(Base):
    __tablename__ = "coverage"
    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    source_id: Mapped[UUID] = mapped_column(primary_key=True)
    status: Mapped[str] = mapped_column(primary_key=True)
    period: Mapped[Any] = mapped_column(TSTZRANGE, primary_key=True)


class PersonOut(BaseModel):
    id: str
    name: str | None
    kind: str
    suspected: bool
    networks: list[str]
    identity_count: int
    interaction_count: int
    first_seen: datetime | None
    last_seen: datetime | None


class SourceReading(BaseModel):
    source_id: str
    name: str
    status: str
    read_since: datetime | None
    read_until: datetime | None
    gaps: int


class Coverage(BaseModel):
    complete: bool
    sources: list[SourceReading]


class People(BaseModel):
    data: list[PersonOut]
    has_more: bool
    coverage: Coverage


class Caller(BaseModel):
    token_id: UUID
    workspace_id: UUID
    scopes: frozenset[str]


def encode(prefix: str, id_: UUID) -> str:
    return f"{prefix}_{bytes_to_ulid(id_.bytes).lower()}"


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    address = os.environ["BENCH_DATABASE"].replace("postgresql://", "postgresql+asyncpg://")
    engine = create_async_engine(address, pool_size=10, isolation_level="AUTOCOMMIT")
    app.state.sessions = async_sessionmaker(engine, expire_on_commit=False)
    app.state.valkey = Redis.from_url(os.environ["KITH_REDIS_URL"])
    app.state.take = app.state.valkey.register_script(TAKE)
    app.state.callers = {}
    yield
    await app.state.valkey.aclose()
    await engine.dispose()


async def session_of(request: Request) -> AsyncIterator[AsyncSession]:
    async with request.app.state.sessions() as session:
        yield session


Session = Annotated[AsyncSession, Depends(session_of)]


async def caller_of(
    request: Request, session: Session, given: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]
) -> Caller:
    """Return who calls; a token that was looked up is remembered for a while."""
    digest = hashlib.sha256(given.credentials.encode()).digest()
    known: tuple[float, Caller] | None = request.app.state.callers.get(digest)
    if known and known[0] > time.monotonic():
        return known[1]
    living = and_(Token.revoked_at.is_(None), func.coalesce(Token.expires_at > func.now(), True))
    statement = select(Token.id, Token.workspace_id, Token.scopes).where(Token.hash == digest, living)
    if (row := (await session.execute(statement)).one_or_none()) is None:
        raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
    caller = Caller(token_id=row.id, workspace_id=row.workspace_id, scopes=frozenset(row.scopes))
    request.app.state.callers[digest] = time.monotonic() + REMEMBERED_SECONDS, caller
    return caller


async def limited(request: Request, response: Response, caller: Annotated[Caller, Depends(caller_of)]) -> Caller:
    """Take a unit of the token's, and say what is left."""
    taken = await request.app.state.take(keys=[f"bench:{caller.token_id}"], args=[WINDOW_SECONDS])
    if taken > LIMIT:
        raise HTTPException(429, headers={"Retry-After": str(WINDOW_SECONDS)})
    response.headers["RateLimit"] = f'"token";r={LIMIT - taken};t={WINDOW_SECONDS}'
    response.headers["Cache-Control"] = "private, no-store"
    return caller


def reader(caller: Annotated[Caller, Depends(limited)]) -> Caller:
    if "people:read" not in caller.scopes:
        raise HTTPException(403)
    return caller


async def list_people(
    session: Session, caller: Annotated[Caller, Depends(reader)], limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> People:
    """List people, the latest seen first."""
    people = (
        select(
            Person.id, Person.name, Person.kind, Person.suspected, Person.networks, Person.identities,
            Person.interactions, Person.first_seen, Person.last_seen,
        )
        .where(Person.workspace_id == caller.workspace_id)
        .order_by(Person.last_seen.desc().nulls_last(), Person.id)
        .limit(limit + 1)
    )  # fmt: skip
    rows = (await session.execute(people)).all()
    data = [
        PersonOut(
            id=encode("per", row.id), name=row.name, kind=row.kind, suspected=row.suspected, networks=row.networks,
            identity_count=row.identities, interaction_count=row.interactions, first_seen=row.first_seen,
            last_seen=row.last_seen,
        )
        for row in rows[:limit]
    ]  # fmt: skip
    return People(data=data, has_more=len(rows) > limit, coverage=await coverage_of(session, caller.workspace_id))


async def coverage_of(session: AsyncSession, workspace_id: UUID) -> Coverage:
    read = Covered.status == "read"
    covered = (
        select(
            Covered.source_id,
            func.min(func.lower(Covered.period)).filter(read).label("read_since"),
            func.max(func.upper(Covered.period)).filter(read).label("read_until"),
            func.count().filter(~read).label("gaps"),
        )
        .where(Covered.workspace_id == workspace_id)
        .group_by(Covered.source_id)
        .subquery()
    )
    statement = (
        select(Source.id, Source.name, Source.status, covered.c.read_since, covered.c.read_until, covered.c.gaps)
        .outerjoin(covered, covered.c.source_id == Source.id)
        .where(Source.workspace_id == workspace_id)
        .order_by(Source.id)
    )
    readings = [
        SourceReading(
            source_id=encode("src", row.id), name=row.name, status=row.status, read_since=row.read_since,
            read_until=row.read_until, gaps=row.gaps or 0,
        )
        for row in await session.execute(statement)
    ]  # fmt: skip
    complete = bool(readings) and all(each.read_until and not each.gaps for each in readings)
    return Coverage(complete=complete, sources=readings)


def create() -> FastAPI:
    app = FastAPI(lifespan=lifespan)
    app.get("/v1/people")(list_people)
    return app
