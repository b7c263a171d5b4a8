"""The language of mappings: what its words mean, and where it says that something is wrong."""

import csv
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from kith.connectors import Identity, Interaction, InteractionRef, Record, Ref, Target
from kith.connectors.mapping import Document, Mapper, Template, parse
from tests.paths import ROOT


class Settings(msgspec.Struct, frozen=True):
    records: tuple[Template, ...]


def settings(*records: dict[str, Any]) -> tuple[Template, ...]:
    return msgspec.convert({"records": records}, Settings).records


def made(record: dict[str, Any], value: Any, zone: str | None = None, **more: Any) -> list[Record]:
    mapper = Mapper(settings({"record": record, **more}), zone)
    return list(mapper.records(Document(value, {"x-event": "created"})))


def identity(**fields: Any) -> dict[str, Any]:
    return {"type": "identity", "ref": {"network": "crm", "key": "{id}"}, **fields}


def interaction(**fields: Any) -> dict[str, Any]:
    start = {"ref": {"network": "crm", "key": "{id}", "kind": "call"}, "actor": {"network": "mail", "key": "{by}"}}
    return {"type": "interaction", **start, "occurred_at": "{at|date}", **fields}


CALL = {"id": "7", "by": "Ada@X.org", "at": "2024-05-01T09:00:00Z"}
AT = datetime(2024, 5, 1, 9, tzinfo=UTC)


def test_a_row_becomes_a_record() -> None:
    [found] = made(interaction(text="{what}: {why}", title="{gone}"), CALL | {"what": "Hi", "why": "{x}", "gone": ""})
    assert found == Interaction(InteractionRef("crm", "7", "call"), Ref("mail", "ada@x.org"), AT, text="Hi: {x}")


def test_json_is_reached_by_pointers() -> None:
    value = {"a/b": {"~": ["x", {"id": 17}]}, "name": ["no", "text"], "ok": True, "none": None}
    [found] = made(
        identity(ref={"network": "crm", "key": "{/a~1b/~0/1/id}"}, handle="{/none}", name="{/ok}", url="{/a~1b/~0/9}"),
        value,
    )
    assert found == Identity(Ref("crm", "17"), name="true")


def test_targets_are_as_many_as_there_are() -> None:
    listed = {"each": "{/with}", "identity": {"network": "mail", "key": "{./mail}"}, "kind": "{./how|default:to}"}
    single = {"identity": {"network": "mail", "key": "{/cc}"}, "kind": "cc"}
    with_ = [{"mail": "A@x.org"}, {"mail": "b@x.org", "how": "host"}, {"mail": ""}]
    pointers = interaction(
        ref={"network": "crm", "key": "{/id}", "kind": "call"}, actor={"network": "mail", "key": "{/by}"},
        occurred_at="{/at|date}", targets=[listed, single],
    )  # fmt: skip
    [found] = made(pointers, CALL | {"with": with_})
    assert isinstance(found, Interaction)
    assert found.targets == (Target(Ref("mail", "a@x.org")), Target(Ref("mail", "b@x.org"), "host"))
    cells = {"each": "{with|split:;}", "identity": {"network": "mail", "key": "{.}"}}
    [found] = made(interaction(targets=[cells]), CALL | {"with": "a@x.org; b@x.org;"})
    assert isinstance(found, Interaction)
    assert [target.identity.key for target in found.targets] == ["a@x.org", "b@x.org"]


def test_one_document_may_hold_many_and_conditions_choose() -> None:
    record = {"type": "identity", "ref": {"network": "crm", "key": "{./id}"}, "name": "{/team}"}
    value = {"team": "T", "people": [{"id": 1}, {"id": 2}], "kind": "new"}
    found = made(record, value, each="{/people}", when={"{/kind}": ["new", "old"], "{@X-Event}": ["created"]})
    assert [one.ref.key for one in found if isinstance(one, Identity)] == ["1", "2"]
    assert made(record, value, each="{/people}", when={"{/kind}": ["old"]}) == []
    assert made(record, {"people": {"id": 3}}, each="{/people}") == [Identity(Ref("crm", "3"))]
    assert made(record, {}, each="{/people}") == []


def test_a_choice_translates_words() -> None:
    kind = {"of": "{art}", "is": {"Telefonat": "call", "Brief": "message"}, "else": "meet"}
    for word, wanted in (("Telefonat", "call"), ("Brief", "message"), ("", "meet")):
        [found] = made(interaction(ref={"network": "crm", "key": "{id}", "kind": kind}), CALL | {"art": word})
        assert isinstance(found, Interaction)
        assert found.ref.kind == wanted


@pytest.mark.parametrize(
    ("filters", "text", "wanted"),
    [
        ("date:%d.%m.%Y %H:%M", "01.05.2024 11:00", AT), ("date:unix", "1714554000", AT),
        ("date:unix_ms", "1714554000000", AT), ("date", "2024-05-01T09:00:00+00:00", AT),
        ("date", "2024-05-01T11:00", AT), ("date:%Y-%m-%dT%H:%M:%S%z", "2024-05-01T10:00:00+0100", AT),
    ],
)  # fmt: skip
def test_dates(filters: str, text: str, wanted: datetime) -> None:
    [found] = made(interaction(occurred_at=f"{{at|{filters}}}"), CALL | {"at": text}, "Europe/Berlin")
    assert isinstance(found, Interaction)
    assert found.occurred_at - wanted == timedelta()


def test_days_and_letters() -> None:
    record = {
        "type": "affiliation", "identity": {"network": "crm", "key": "{id|upper}"},
        "organization": "{firm|default:none}", "since": "{from|day:%d.%m.%Y}", "title": "{{{title|lower}}}",
    }  # fmt: skip
    [found] = made(record, {"id": "a", "firm": "", "from": "01.05.2024", "title": "CTO"})
    assert msgspec.to_builtins(found) == {
        "type": "affiliation", "identity": {"network": "crm", "key": "A"}, "organization": "none",
        "since": "2024-05-01", "title": "{cto}",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({"type": "interactio"}, "record/type: 'interactio' is none of"),
        (identity(nme="x"), "record/nme: there is no such field; there are ref"),
        ({"type": "identity", "ref": {"network": "crm"}}, "record/ref/key: this is missing"),
        (identity(name="{id"), "record/name: '{id' has a brace that does not close"),
        (identity(name="a } b"), "record/name: 'a } b' has a brace"),
        (identity(name="{}"), "record/name: {} names nothing"),
        (identity(name="{id|shout}"), "record/name: there is no filter 'shout'"),
        (identity(kind="human"), "record/kind: Invalid enum value 'human'"),
        (identity(ref="{id}x"), "record/ref"),
        (interaction(occurred_at="soon"), "record/occurred_at: Invalid RFC3339"),
        (interaction(targets={"identity": {}}), "record/targets: a list is wanted here"),
        (interaction(targets=["x"]), "record/targets/0: an object is wanted here"),
        (interaction(targets=[{"each": "with", "identity": {"network": "a", "key": "b"}}]), "refers to nothing"),
        (interaction(targets=[{"identity": {"network": "a", "key": "b"}, "how": "to"}]), "record/targets/0/how"),
        (identity(kind={"of": "{x}", "is": {"a": "human"}}), "record/kind/is/a: Invalid enum value 'human'"),
        (identity(kind={"of": "{x}"}), "record/kind: a choice has `of`"),
    ],
)
def test_what_can_make_no_record_is_refused_with_its_place(record: dict[str, Any], said: str) -> None:
    with pytest.raises(msgspec.ValidationError) as refused:
        settings({"record": identity()}, {"record": record})
    assert said in str(refused.value)
    assert str(refused.value).endswith("at `$.records[1]`")


@pytest.mark.parametrize(
    ("record", "value", "said"),
    [
        (interaction(), CALL | {"at": "soon"}, "no date of the form ISO 8601 (/records/0/record/occurred_at)"),
        (interaction(), CALL | {"at": "2024-05-01 09:00"}, "names no time zone: say which it is (timezone)"),
        (interaction(occurred_at="{at}"), CALL | {"at": "soon"}, "(/records/0/record/occurred_at)"),
        (interaction(), CALL | {"id": ""}, "missing required field `ref` (/records/0/record)"),
        (identity(verified="{id}"), {"id": "7"}, "(/records/0/record/verified)"),
        (identity(kind="{kind}"), {"id": "7", "kind": "human"}, "'human' (/records/0/record/kind)"),
    ],
)  # fmt: skip
def test_what_a_document_lacks_is_told_with_its_place(record: dict[str, Any], value: Any, said: str) -> None:
    with pytest.raises(ValueError, match=r"/records/0/record") as refused:
        made(record, value)
    assert said in str(refused.value)


@pytest.mark.parametrize("value", [None, [], "text", 7, {"id": None}, {"other": 1}])
def test_a_document_of_another_shape_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="/records/0/record"):
        made(identity(ref={"network": "crm", "key": "{/id}"}), value)


def test_a_part_that_is_no_text_stands_as_json() -> None:
    found = made(identity(ref={"network": "crm", "key": "{/id}"}), {"id": {"deep": [1] * 2}})
    assert found == [Identity(Ref("crm", '{"deep":[1,1]}'))]


def test_lists_are_bounded() -> None:
    record = {"type": "identity", "ref": {"network": "crm", "key": "{.}"}}
    with pytest.raises(ValueError, match="has 1,001 items"):
        made(record, {"all": list(range(1001))}, each="{/all}")


def test_references_are_listed_with_their_places() -> None:
    templates = settings({"record": identity(name="{a} {b|lower}"), "when": {"{c}": ["x"]}, "each": "{d|split}"})
    assert Mapper(templates).references == {
        "id": "/records/0/record/ref/key", "a": "/records/0/record/name", "b": "/records/0/record/name",
        "c": "/records/0/when", "d": "/records/0/each",
    }  # fmt: skip


def test_braces_are_written_twice() -> None:
    assert "".join(map(str, parse("{{a}}").parts)) == "{a}"


def test_the_example_of_the_page_does_what_the_page_says() -> None:
    page = (ROOT / "docs/mapping.md").read_text()
    [mapping], [table] = (re.findall(rf"```{kind}\n(.*?)```", page, re.DOTALL) for kind in ("json", "csv"))
    mapper = Mapper(settings(*json.loads(mapping)), "Europe/Berlin")
    found = [list(mapper.records(Document(row))) for row in csv.DictReader(table.splitlines())]
    call, ada = found[0]
    assert isinstance(call, Interaction)
    assert (call.ref.kind, len(call.targets), call.text) == ("call", 2, "Offer: She likes it")
    assert found[1] == [ada] == [Identity(Ref("mail", "ada@x.org"), name="Ada")]
