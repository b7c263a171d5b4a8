"""Lots: what several requests of a workspace need at once, one statement does for all of them."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from kith.api.http.problems import Problem
from kith.api.http.turns import Turns
from kith.store.db import Db

MOST = 50  # requests that share a statement
LINE = 4  # times as many wait at most

Kind = TypeVar("Kind", bound=Hashable)
Asked = TypeVar("Asked")
Found = TypeVar("Found")


class Lots:
    """While one lot is under way, the next gathers; so a request that comes alone waits for nobody.

    Each lot has one turn of its workspace, and lots of other workspaces, statements or kinds are apart from it.
    """

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._lines = dict[Hashable, list[tuple[Any, asyncio.Future[Any]]]]()
        self._tasks = set[asyncio.Task[None]]()

    async def ask(
        self,
        workspace_id: UUID,
        statement: Callable[[Db, UUID, Kind, Sequence[Asked]], Awaitable[Sequence[Found]]],
        kind: Kind,
        asked: Asked,
    ) -> Found:
        """Return what the statement finds for this request. What it raises, every request of the lot gets.

        Each statement is a transaction of its own. Raises TimeoutError where the turn of the lot does not come.
        """
        key, answer = (workspace_id, statement, kind), asyncio.get_running_loop().create_future()
        if (line := self._lines.get(key)) is None:
            self._lines[key] = [(asked, answer)]
            task = asyncio.create_task(self._work(workspace_id, statement, kind))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        elif len(line) < LINE * MOST:
            line.append((asked, answer))
        else:
            detail = "Too many requests of this workspace wait already."
            raise Problem("rate_limited", detail, headers={"Retry-After": "1"})
        found: Found = await answer
        return found

    async def _work(self, workspace_id: UUID, statement: Any, kind: Hashable) -> None:
        key = (workspace_id, statement, kind)
        while line := self._lines[key]:
            lot, self._lines[key] = line[:MOST], line[MOST:]
            waiting = [answer for _, answer in lot]
            try:
                async with self._turns.single(workspace_id) as db:
                    found = await statement(db, workspace_id, kind, [asked for asked, _ in lot])
                answers = list(zip(waiting, found, strict=True))
            except Exception as error:
                for answer in waiting:
                    if not answer.done():  # else its request has gone away
                        answer.set_exception(error)
            else:
                for answer, each in answers:
                    if not answer.done():
                        answer.set_result(each)
        del self._lines[key]
