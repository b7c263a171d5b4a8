"""Renewals, and what machines ask for, at once: they share statements; each has an answer and an effect of its own."""

import asyncio
from collections.abc import Sequence
from uuid import UUID, uuid4

from kith.projections import audit
from kith.store import exchanges, grants
from kith.store.db import Db, single, workspace
from kith.store.exchanges import Exchange, Grant
from kith.store.tokens import digest
from tests.integration.oauth.client import SCOPES, Desk, Registered, issue, register
from tests.integration.pages.test_audits import entries

MANY = 20


async def refresh_tokens(desk: Desk, app: Registered, many: int) -> list[str]:
    home = desk.house.workspace_id
    async with workspace(desk.house.pool, home) as db:
        grant_id = await grants.add(db, home, app.app.id, desk.house.owner.id, SCOPES)
        return [await issue(db, home, grant_id, SCOPES, "refresh") for _ in range(many)]


async def test_many_at_once_get_each_its_own(desk: Desk, app: Registered) -> None:
    home = desk.house.workspace_id
    machine = await register(desk.house.pool, home, "machine")
    tokens = await refresh_tokens(desk, app, MANY)
    before = len(await entries(desk.house))
    form = {"grant_type": "client_credentials"}
    alone = (desk.http.post("/oauth/token", data=form, headers=machine.basic) for _ in range(MANY))
    twice = [*tokens, *tokens]
    answers = await asyncio.gather(*(desk.refresh(app, token) for token in twice), *alone)
    renewed = [answer.json()["refresh_token"] for answer in answers[: 2 * MANY] if answer.status_code == 200]
    assert len(set(renewed)) == MANY
    assert [answer.status_code for answer in answers[2 * MANY :]] == [200] * MANY
    assert len({answer.json()["access_token"] for answer in answers[2 * MANY :]}) == MANY
    assert {(await desk.refresh(app, token)).status_code for token in renewed} == {200}
    assert len(await entries(desk.house)) == before + MANY
    async with workspace(desk.house.pool, home) as db:
        assert (await audit.verify(db, home))[1] is None


async def test_a_statement_that_answers_too_few_is_refused_to_all(desk: Desk) -> None:
    """Nobody waits for ever, and the next lot is answered."""
    lots, home = desk.house.app.state.lots, desk.house.workspace_id

    async def halved(db: Db, workspace_id: UUID, kind: str, asked: Sequence[int]) -> list[int]:
        return [each for each in asked if each % 2 or len(asked) == 1]

    async with asyncio.timeout(10):
        answers = await asyncio.gather(
            *(lots.ask(home, halved, "kind", each) for each in range(5)), return_exceptions=True
        )
        assert [type(each) for each in answers] == [ValueError] * 5
        assert await lots.ask(home, halved, "kind", 7) == 7


async def test_a_lot_waits_for_no_token_that_others_hold(desk: Desk, app: Registered) -> None:
    home, pool = desk.house.workspace_id, desk.house.pool
    held, free = await refresh_tokens(desk, app, 2)
    lot = [(of(desk, held), None), (of(desk, free), None), (of(desk, free), None)]
    async with workspace(pool, home) as other:
        await other.execute(
            "SELECT FROM app_tokens WHERE workspace_id = $1 AND hash = $2 FOR UPDATE", home, digest(held)
        )
        async with single(pool, home) as db:
            done = await exchanges.exchange_free(db, home, ("token", False), lot)
    assert done[0] is False
    assert sorted(done[1:]) == [False, True]
    assert (await desk.refresh(app, held)).status_code == 200


async def test_a_family_ends_with_what_was_renewed_meanwhile(desk: Desk, app: Registered) -> None:
    home, pool = desk.house.workspace_id, desk.house.pool
    (token,) = await refresh_tokens(desk, app, 1)
    next_ = exchanges.new_token(home, "refresh", scopes=SCOPES, resources=[], thumbprint=None)
    waits = "SELECT count(*) FROM pg_locks WHERE locktype = 'transactionid' AND NOT granted"
    async with asyncio.timeout(10), asyncio.TaskGroup() as asking, workspace(pool, home) as db:
        made = Exchange(brought="token", key=digest(token), family_id=uuid4(), tokens=[next_])
        assert await exchanges.exchange(db, home, made)
        asking.create_task(desk.http.post("/oauth/revoke", data={"client_id": app.id, "token": token}))
        async with pool.acquire() as other:
            while not await other.fetchval(waits):  # noqa: ASYNC110  # PostgreSQL tells nobody
                await asyncio.sleep(0)
    assert (await desk.refresh(app, next_.text)).status_code == 400


async def test_of_a_lot_only_what_is_done_is_told(desk: Desk) -> None:
    home, pool = desk.house.workspace_id, desk.house.pool
    machine = await register(pool, home, "machine")
    assert (
        await desk.http.post("/oauth/token", data={"grant_type": "client_credentials"}, headers=machine.basic)
    ).status_code == 200
    async with single(pool, home) as db:
        (loaded,) = await exchanges.load(db, home, "grant", [(machine.app.id, None)])
        assert loaded
        assert isinstance(loaded.brought, Grant)
        keys = [loaded.brought.id, uuid4(), loaded.brought.id]
        told = [audit.entry("app", f"entry{n}", None, {}, app_id=machine.app.id) for n in range(3)]
        lot = [(of(desk, key), entry) for key, entry in zip(keys, told, strict=True)]
        assert await exchanges.exchange_free(db, home, ("grant", True), lot) == [True, False, True]
    assert [entry.operation for entry in await entries(desk.house)][-2:] == ["entry0", "entry2"]
    async with workspace(pool, home) as db:
        assert (await audit.verify(db, home))[1] is None


def of(desk: Desk, brought: object) -> Exchange:
    """Return an exchange of a refresh token, or of a grant, for an access token."""
    made = exchanges.new_token(
        desk.house.workspace_id, "access", scopes=['with "quotes"', "and \\"], resources=[], thumbprint=None
    )
    if isinstance(brought, str):
        return Exchange(brought="token", key=digest(brought), family_id=uuid4(), tokens=[made])
    return Exchange(brought="grant", key=brought, family_id=uuid4(), tokens=[made])  # type: ignore[arg-type]  # an id
