"""What a human decides of identities can be taken back, wherever it is decided."""

import inspect
from collections.abc import Iterator
from types import CodeType, ModuleType
from typing import Any

import pytest

from kith.api.routes import ROUTES
from kith.projections import resolution
from kith.store import corrections, decisions
from tests.integration.api.test_resolution import ADA, BO, Village, village
from tests.integration.resolution.crowd import mail

__all__ = ["village"]

APPENDS = {decisions.append, corrections.correct}

Step = tuple[str, str, Any]
#: In steps: identities {ada}, {bo}; their persons {them}, {other}; {found}: what is suggested of them; {made}: the
#: latest decision.
PAIR = {"one_id": "{ada}", "other_id": "{bo}"}
MERGE: Step = ("POST", "/v1/people/{them}/merges", {"person_id": "{other}"})
SUGGESTED = "/v1/identity-suggestions/{found}/decisions"
DELETE: Step = ("DELETE", "/v1/decisions/{made}", None)
#: Of each operation that appends to the ledger: what is sent before, what it sends, and what takes that back.
WAYS: dict[str, list[tuple[list[Step], Step, Step]]] = {
    "createDecision": [
        ([], ("POST", "/v1/decisions", PAIR | {"verdict": verdict}), DELETE) for verdict in ("same", "different")
    ],
    "retractDecision": [([MERGE], DELETE, DELETE)],
    "createMerge": [([], MERGE, DELETE)],
    "undoMerge": [([MERGE], ("DELETE", "/v1/people/{them}/merges/{made}", None), DELETE)],
    "decideIdentitySuggestion": [
        ([], ("POST", SUGGESTED, {"verdict": verdict}), undo)
        for verdict in ("accept", "reject")
        for undo in (DELETE, ("POST", SUGGESTED, {"verdict": "reopen"}))
    ],
    "decideIdentitySuggestions": [
        (
            [],
            (
                "POST",
                "/v1/identity-suggestions/decisions",
                {"decisions": [{"suggestion_id": "{found}", "verdict": verdict}]},
            ),
            DELETE,
        )
        for verdict in ("accept", "reject")
    ],
    "updateIdentity": [
        ([], ("PATCH", "/v1/identities/{ada}", {"kind": "bot"}), ("PATCH", "/v1/identities/{ada}", {"kind": None}))
    ],
    "updatePerson": [
        ([], ("PATCH", "/v1/people/{them}", {"name": "A"}), ("PATCH", "/v1/people/{them}", {"name": None}))
    ],
}


def called(function: Any, seen: set[Any]) -> set[Any]:
    """Return the functions of kith that a function may call, itself or through others."""
    for name in names(function.__code__):
        thing = function.__globals__.get(name)
        things = [thing]
        if isinstance(thing, ModuleType) and thing.__name__.startswith("kith."):
            things = [vars(thing).get(part) for part in names(function.__code__)]
        for each in things:
            if inspect.isfunction(each) and each not in seen and each.__module__.startswith("kith."):
                if each.__module__ == resolution.__name__:
                    continue  # what rules decide
                seen.add(each)
                called(each, seen)
    return seen


def names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for part in code.co_consts:
        if isinstance(part, CodeType):
            yield from names(part)


def filled(value: Any, known: dict[str, str]) -> Any:
    if isinstance(value, str):
        return value.format_map(known)
    if isinstance(value, dict):
        return {key: filled(part, known) for key, part in value.items()}
    return [filled(part, known) for part in value] if isinstance(value, list) else value


def operations() -> set[str]:
    """Return the operations with which a human appends to the ledger."""
    return {
        str(route.operation_id)
        for route in ROUTES
        if "GET" not in route.http_methods and called(route.fn, set()) & APPENDS
    }


def test_what_appends_to_the_ledger_has_its_taking_back() -> None:
    assert operations() == set(WAYS)


@pytest.mark.parametrize(("before", "act", "undo"), [way for ways in WAYS.values() for way in ways])
async def test_what_is_decided_by_hand_is_taken_back(
    village: Village, before: list[Step], act: Step, undo: Step
) -> None:
    await village.ask_humans()
    await village.crowd.tell([mail(*ADA), mail(*BO)])
    (found,) = await village.suggestions()
    them, other = sorted((village.person(ADA[0]), village.person(BO[0])))  # the lesser names both once they are joined
    known = {
        "ada": village.identity(ADA[0]), "bo": village.identity(BO[0]), "found": found["id"],
        "them": them, "other": other, "made": "",
    }  # fmt: skip

    async def take(step: Step) -> None:
        method, path, body = filled(list(step), known)
        answer = await village.client.send(method, path, **({} if body is None else {"json": body}))
        assert answer.status_code in (200, 201), answer.text
        ledger = (await village.client.get("/v1/decisions"))["data"]
        known["made"] = ledger[0]["id"] if ledger else ""

    async def state() -> Any:
        identities = (await village.client.get("/v1/identities"))["data"]
        people = sorted((one["id"], one["name"], one["kind"]) for one in await village.people())
        return (
            [(one["id"], one["kind"], one["person_id"]) for one in identities],
            people,
            [each[:2] for each in await village.statuses()],
        )

    for step in before:
        await take(step)
    first = await state()
    await take(act)
    assert await state() != first
    await take(undo)
    assert await state() == first
