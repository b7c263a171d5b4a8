"""Puts a statement together from closed lists of conditions; every value travels as a parameter."""

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

import asyncpg
import msgspec

from kith.store.db import Db

Kind = TypeVar("Kind", bound=msgspec.Struct)

COUNTED = 10_000
"""As many rows are counted at most: a few milliseconds."""


class Order(NamedTuple):
    """The order of nearly all lists: ``key DESC``, then ``ties``, which make it unique, ascending unless ``newest``.

    rising: the key ascends. value: what the key makes of a value that it is compared with.
    """

    key: str
    ties: tuple[str, ...]
    newest: bool = False
    nullable: bool = False
    rising: bool = False
    value: str = "{}"

    def __str__(self) -> str:
        ties = ", ".join(f"{tie} DESC" if self.newest else tie for tie in self.ties)
        return f"{self.key}{'' if self.rising else ' DESC'}{' NULLS LAST' if self.nullable else ''}, {ties}"


class Statement:
    """Conditions and the values of their parameters; ``$1`` is the workspace."""

    def __init__(self, workspace_id: object) -> None:
        self.values: list[Any] = [workspace_id]
        self.conditions: list[str] = []

    def value(self, value: object) -> str:
        """Add a parameter and return its name."""
        self.values.append(value)
        return f"${len(self.values)}"

    def where(self, condition: str, value: object) -> None:
        """Add a condition on ``{}``, the value; nothing is added for None and for an empty tuple."""
        if value is not None and value != ():
            self.conditions.append(condition.format(self.value(value)))

    def and_(self, *more: str) -> str:
        """Return all conditions, each with AND before it."""
        return "".join(f" AND {condition}" for condition in (*self.conditions, *more))

    def behind(self, order: Order, after: tuple[Any, ...]) -> str:
        """Return the condition for what follows ``after``: it bounds the index scan, then decides among ties."""
        bound = None if after[0] is None else order.value.format(self.value(after[0]))
        values = ", ".join(self.value(value) for value in after[1:])
        tied = f"({', '.join(order.ties)}) {'<' if order.newest else '>'} ({values})"
        if bound is None:
            return f"{order.key} IS NULL AND {tied}"
        further = ">" if order.rising else "<"
        return f"{order.key} {further}= {bound} AND ({order.key} {further} {bound} OR {tied})"


def structs(kind: type[Kind], rows: Sequence[asyncpg.Record]) -> list[Kind]:
    """Return rows as structs, field by field; by their places where these are the same, at half the price."""
    if rows and tuple(rows[0].keys()) == kind.__struct_fields__:
        return [kind(*row) for row in rows]
    return [kind(**row) for row in rows]


async def count_rows(db: Db, sql: str, statement: Statement) -> int | None:
    """Return how many rows all pages have together; None beyond COUNTED. sql: as for ``fetch_page``."""
    counted = f"SELECT count(*) FROM ({sql}{statement.and_()} LIMIT {COUNTED + 1}) AS rows"
    found: int = await db.fetchval(counted, *statement.values)
    return found if found <= COUNTED else None


async def fetch_page(
    db: Db, sql: str, statement: Statement, order: Order, after: tuple[Any, ...] | None, limit: int, whole: str = "{}"
) -> list[asyncpg.Record]:
    """Return at most ``limit`` rows behind ``after``.

    sql: ends in its WHERE on the workspace; more is added here. whole: what is made of the page, in its order.
    """
    head, foot = whole.split("{}")
    sql, tail = head + sql, f"ORDER BY {order} LIMIT "
    if after is None:
        return await db.fetch(f"{sql}{statement.and_()} {tail}{limit:d}{foot}", *statement.values)
    known = len(statement.values)
    behind = statement.behind(order, after)
    rows = await db.fetch(f"{sql}{statement.and_(behind)} {tail}{limit:d}{foot}", *statement.values)
    if order.nullable and after[0] is not None and len(rows) < limit:
        rest = statement.and_(f"{order.key} IS NULL")
        rows += await db.fetch(f"{sql}{rest} {tail}{limit - len(rows):d}{foot}", *statement.values[:known])
    return rows
