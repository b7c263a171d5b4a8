"""What the network says is no longer there is taken away; where it says so of much, nothing is."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import pytest

from kith.connectors import Context, Interaction, InteractionRef, Retry, Target
from kith.workers import audit
from tests.integration.store.facts import DAY, act, who
from tests.integration.workers.conftest import Office, Scripted, page


class Asked(Scripted):
    """Says of acts whether they are there."""

    def __init__(self) -> None:
        super().__init__()
        self.missing: set[str] = set()
        self.asked: list[InteractionRef] = []
        self.error: Exception | None = None

    async def gone(self, config: Any, refs: Sequence[InteractionRef], context: Context) -> Collection[InteractionRef]:
        if self.error:
            raise self.error
        self.asked += refs
        return [ref for ref in refs if ref.key.strip("<").partition("@")[0] in self.missing]


FOLLOW = InteractionRef("mail", "bob@example.org", "follow", actor=who("ada"))


@pytest.fixture
async def asking(office: Office) -> Office:
    """An office that has read twenty messages and a follow."""
    connector = Asked()
    office.connector = connector
    office.runner._connectors["scripted"] = connector
    follow = Interaction(FOLLOW, who("ada"), DAY, (Target(who("bob")),))
    connector.script = [page(*(act(str(number)) for number in range(20)), follow)]
    assert (await office.run(await office.enqueue()))["status"] == "succeeded"
    return office


async def live(office: Office) -> set[str]:
    return {row["key"].strip("<").partition("@")[0] for row in await office.store.rows("interactions")}


async def test_what_is_gone_is_taken_away_and_a_follow_ends(asking: Office) -> None:
    connector: Any = asking.connector
    connector.missing = {"3", "7", "bob"}
    row = await asking.run(await asking.enqueue("audit"))
    assert (row["status"], row["result"]) == ("succeeded", {"looked_at": 21 + 18, "gone": 3}), row["error"]
    assert await live(asking) == {str(number) for number in range(20)} - {"3", "7"} | {"bob"}
    [ended] = [row["ended_at"] for row in await asking.store.rows("interactions") if row["kind"] == "follow"]
    assert ended is not None
    assert FOLLOW in connector.asked, "with its actor, as it was told"
    assert {row["cause"] for row in await asking.store.rows("tombstones")} == {"gone"}
    assert not any(any(difference) for difference in (await asking.store.rebuild()).values())


async def test_a_run_asks_for_an_audit_once_a_week(asking: Office) -> None:
    asked = "SELECT count(*) FROM jobs WHERE workspace_id = $1 AND kind = 'audit'"
    assert await asking.value(asked) == 1
    assert (await asking.run(await asking.enqueue()))["status"] == "succeeded"
    assert await asking.value(asked) == 1
    older = "UPDATE jobs SET created_at = now() - interval '8 days', status = 'succeeded' WHERE workspace_id = $1"
    await asking.value(f"{older} AND kind = 'audit'")
    assert (await asking.run(await asking.enqueue()))["status"] == "succeeded"
    assert await asking.value(asked) == 2


async def test_where_much_would_be_gone_nothing_is(asking: Office) -> None:
    connector: Any = asking.connector
    connector.missing = {str(number) for number in range(8)}
    row = await asking.run(await asking.enqueue("audit"))
    assert (row["status"], row["error"]["code"]) == ("failed", "audit_refused")
    assert len(await live(asking)) == 21


async def test_an_outage_deletes_nothing_and_is_tried_again(asking: Office) -> None:
    connector: Any = asking.connector
    connector.error = Retry("Away.")
    row = await asking.run(await asking.enqueue("audit"))
    assert (row["status"], row["error"]["code"]) == ("queued", "retry")
    assert len(await live(asking)) == 21


async def test_all_are_drawn_where_there_are_few(asking: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "uuid4", lambda: UUID(int=1 << 127))
    connector: Any = asking.connector
    await asking.run(await asking.enqueue("audit"))
    assert len(set(connector.asked)) == len(connector.asked) == 21


async def test_a_connector_that_cannot_ask_says_so(office: Office) -> None:
    row = await office.run(await office.enqueue("audit"))
    assert (row["status"], row["error"]["code"]) == ("failed", "no_audits")
