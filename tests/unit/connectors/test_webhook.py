"""Deliveries of anything, by a mapping."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kith.connectors import Delivery, Fatal, Interaction, Page, Received, Ref, Tombstone, open_context, pushes_of
from kith.connectors.testing import Facts, FakeClock, check_connector
from kith.connectors.webhook import WebhookConfig, WebhookConnector, reader

WEBHOOK = WebhookConnector()
NOW = datetime(2026, 1, 1, tzinfo=UTC)
CALL: dict[str, Any] = {"network": "crm", "key": "{/call/id}", "kind": "call"}
RECORDS = [
    {
        "record": {
            "type": "interaction", "ref": CALL, "actor": {"network": "mail", "key": "{/call/by}"},
            "occurred_at": "{/call/at|date}",
            "targets": [{"each": "{/call/with}", "identity": {"network": "mail", "key": "{./mail}"}}],
        },
        "when": {"{@x-crm-event}": ["call.ended", ""]},
    },
    {"record": {"type": "tombstone", "ref": CALL}, "when": {"{@x-crm-event}": ["call.deleted"]}},
]  # fmt: skip


def config(**more: Any) -> WebhookConfig:
    return msgspec.convert({"records": RECORDS, **more}, WebhookConfig)


def call(id_: int, by: str = "Ada@x.org", **more: Any) -> dict[str, Any]:
    return {"call": {"id": id_, "by": by, "at": "2025-05-01T10:00:00Z", "with": [{"mail": "bob@x.org"}], **more}}


async def receive(body: Any, event: str = "") -> Received:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    settings, headers = config(), {"x-crm-event": event}
    async with open_context(WEBHOOK, settings, Path("/nonexistent")) as context:
        return await WEBHOOK.receive(settings, Delivery(headers, data, NOW), context)


async def read(settings: WebhookConfig, cursor: msgspec.Raw | None = None) -> list[Page]:
    async with open_context(WEBHOOK, settings, Path("/nonexistent"), clock=FakeClock()) as context:
        return [page async for page in WEBHOOK.pull(settings, cursor, context)]


async def test_a_delivery_becomes_records() -> None:
    told = await receive(call(7), "call.ended")
    [act] = told.records
    assert isinstance(act, Interaction)
    assert (act.ref.key, act.actor, act.targets[0].identity) == (
        "7",
        Ref("mail", "ada@x.org"),
        Ref("mail", "bob@x.org"),
    )
    gone = await receive(call(7), "call.deleted")
    assert isinstance(gone.records[0], Tombstone)
    assert (await receive(call(7), "call.rang")) == Received()


async def test_a_list_is_told_item_by_item() -> None:
    told = await receive([call(1), call(2, at="soon"), "text", call(3)])
    assert [record.ref.key for record in told.records if isinstance(record, Interaction)] == ["1", "3"]
    assert [skip.place for skip in told.skipped] == ["document 2", "document 3"]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"a=1"])
async def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(Fatal, match="no JSON"):
        await receive(body)


def test_the_settings_say_how_deliveries_are_signed() -> None:
    signed = {"header": "X-Sig", "prefix": "v0=", "signed": "v0:{timestamp}:{body}", "timestamp": "X-Time"}
    given = {"records": RECORDS, "signature": signed, "challenge": "challenge"}
    pushes = pushes_of(WEBHOOK, given)
    assert (pushes.headers, pushes.challenge) == (("x-crm-event",), "challenge")
    assert pushes.signature is not None
    body, stamp = b"{}", str(int(NOW.timestamp()))
    headers = {"x-sig": pushes.signature.sign(body, "s3cr3t", stamp), "x-time": stamp}
    assert pushes.signature.flaw(headers, body, "s3cr3t", NOW) is None
    assert pushes.signature.flaw(headers, b"[]", "s3cr3t", NOW) == "The signature in X-Sig does not fit."


@pytest.mark.parametrize(
    ("signature", "said"),
    [
        ({"signed": "{timestamp}"}, "has to hold {body}"), ({"signed": "{timestamp}{body}"}, "name the header"),
        ({"header": "no header"}, "regex"), ({"window": 0}, "> 0"),
    ],
)  # fmt: skip
def test_a_signature_that_proves_nothing_is_refused(signature: dict[str, Any], said: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=said):
        config(signature=signature)


async def test_check_tries_the_mapping_on_a_sample(tmp_path: Path) -> None:
    (tmp_path / "past.ndjson").write_text(f"{json.dumps(call(2))}\n\n{{\n")
    settings = config(sample=call(1), path=str(tmp_path / "past.ndjson"))
    async with open_context(WEBHOOK, settings, Path("/nonexistent")) as context:
        report = await WEBHOOK.check(settings, context)
    assert report.detail == "3 documents were tried and gave 2 records. Headers: X-Kith-Signature, x-crm-event."
    assert [record.ref.key for record in report.preview if isinstance(record, Interaction)] == ["1", "2"]
    assert report.warnings[0].startswith("line 3:")
    assert report.warnings[1] == "There is no secret: every delivery is refused until there is one."
    unclear = config(records=[{"record": {"type": "identity", "ref": {"network": "crm", "key": "{id}"}}}])
    with pytest.raises(Fatal, match=r"'id' is no place in a delivery \(/records/0/record/ref/key\)"):
        await read(unclear)


async def test_deliveries_of_the_past_conform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "LINES", 3)
    configs = []
    for name, count in (("before", 8), ("after", 12)):
        path = tmp_path / f"{name}.ndjson"
        path.write_text("".join(f"{json.dumps(call(number))}\n" for number in range(count)) + "null\n")
        configs.append(config(path=str(path)))
    assert (await check_connector(WEBHOOK, *configs)).tier == "branch"
    pages = await read(configs[0])
    assert len(Facts(pages).interactions) == 8
    assert await read(configs[0], pages[-1].cursor) == []
    assert await read(config()) == []
