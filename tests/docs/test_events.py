"""docs/events.md names every type of event and no other, and what its data holds."""

import re
from typing import get_args
from uuid import UUID

import jsonschema  # type: ignore[import-untyped]  # ships no types
import msgspec

from kith.domain.events import KINDS, Type
from kith.domain.scopes import SCOPES
from kith.store import events
from tests.paths import ROOT

TEXT = (ROOT / "docs" / "events.md").read_text()
ROWS = dict(re.findall(r"^\| `([a-z]+\.[a-z]+)` \| .* \| (.*) \|$", TEXT, re.MULTILINE))


def test_every_type_is_documented_and_no_other() -> None:
    assert sorted(ROWS) == sorted(get_args(Type))


def test_every_type_holds_what_is_documented_and_its_example_fits() -> None:
    assert list(KINDS) == list(get_args(Type)) == list(ROWS)
    for name, kind in KINDS.items():
        example = msgspec.to_builtins(kind.example)
        assert set(re.findall(r"`(\w+)`", ROWS[name])) == set(example)
        jsonschema.validate(example, kind.schema)
        assert kind.scope in SCOPES


def test_all_that_a_moves_event_holds_is_documented() -> None:
    one, other = UUID(int=1), UUID(int=2)
    for identities in ([one, other], [other]):
        kind, data = events.tell_move(one, other, identities)
        assert set(re.findall(r"`(\w+)`", ROWS[kind])) == set(data)


def test_all_that_a_suspicions_event_holds_is_documented() -> None:
    for suspected in (True, False):
        kind, data = events.tell_suspicion(UUID(int=1), "unknown", "addressed", suspected=suspected)
        assert set(re.findall(r"`(\w+)`", ROWS[kind])) == set(data)


def test_all_that_a_communitys_event_holds_is_documented() -> None:
    for change in events.CHANGES:
        kind, data = events.tell_change(change, [UUID(int=1)], [UUID(int=2)])
        assert set(re.findall(r"`(\w+)`", ROWS[kind])) == set(data)
