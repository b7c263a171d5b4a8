"""A sweep that is refused is an alarm that people see in its run."""

from kith.connectors import Sweep
from tests.integration.store.facts import act
from tests.integration.workers.conftest import Office, page


async def test_a_refused_sweep_raises_an_alarm_in_its_run(office: Office) -> None:
    begun, complete = Sweep("begun", ("message",)), Sweep("complete", ("message",))
    office.connector.script = [
        page(*(act(str(number)) for number in range(20))),
        page(begun, act("1")),
        page(complete),
    ]
    assert (await office.run(await office.enqueue()))["status"] == "succeeded"
    errors = await office.value("SELECT jsonb_agg(to_jsonb(e)) FROM run_errors e WHERE workspace_id = $1")
    assert [(error["code"], error["place"]) for error in errors] == [("sweep_refused", "sweep of message")]
    assert "19 of 20" in errors[0]["reason"]
    assert await office.store.count("interactions") == 20


async def test_what_the_page_behind_its_beginning_tells_is_seen(office: Office) -> None:
    begun, complete = Sweep("begun", ("message",)), Sweep("complete", ("message",))
    acts = [act(str(number)) for number in range(20)]
    office.connector.script = [page(*acts), *[page(begun), page(*acts), page(complete)] * 20]
    assert (await office.run(await office.enqueue()))["status"] == "succeeded"
    assert await office.value("SELECT count(*) FROM run_errors WHERE workspace_id = $1") == 0
    assert await office.store.count("interactions") == 20
