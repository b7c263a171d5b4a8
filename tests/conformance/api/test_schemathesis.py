"""Schemathesis, a third party, reads the published document and tries to catch the API at not keeping it.

``make conformance`` tries twenty times as much.
"""

import os
from contextlib import suppress
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import strategies
from hypothesis.errors import FlakyStrategyDefinition
from schemathesis.specs.openapi.checks import positive_data_acceptance

from kith.domain.members import scopes_of
from kith.store import grants, members, sign_ins
from kith.store.db import workspace
from kith.store.tokens import create_token
from tests.conformance.api.conftest import Served
from tests.conftest import new_workspace
from tests.integration.oauth.client import issue, register
from tests.paths import ROOT

TIMES = 20 if os.environ.get("CONFORMANCE") == "all" else 1
schema: Any = schemathesis.openapi.from_path(ROOT / "openapi" / "kith.json")
schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
schema = schema.exclude(operation_id="streamEvents")  # its answer has no end
OPERATIONS = [found.ok() for found in schema.get_all_operations()]

#: What only the server can judge: whether it signed a cursor, has seen a key, keeps an event or knows whom a body
#: names, whether two ids are two and two numbers in order, a domain is somebody's, a connector asks for such a config,
#: the addresses of an app or a webhook are good ones, and what is given goes with what else is.
BEYOND_SCHEMAS = (
    "invalid_cursor", "idempotency_key_reused", "zero_character", "not_found", "precondition_failed", "/config",
    "/connector", "repeated", "/redirect_uris", "/logout_uris", "/origins", "/homepage", "/policy_url", "/logo",
    "/other_id", "/suggest_above", "/domains", "events_gone", "/url", "/choices", "/person_id", "/actor",
    "/participants", "/items", "/event_id", "other", "/search", "/keys", "/interaction", "/mapping", "/aliases",
    "/days", "/person", "/organization",
    "/asker", "/to/", "/record",
)  # fmt: skip


def settings(count: int) -> hypothesis.settings:
    return hypothesis.settings(
        max_examples=count, stateful_step_count=10, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )  # fmt: skip


@pytest.fixture(scope="module")
async def tokens(served: Served) -> list[str]:
    """One that may do everything, that of an app that a viewer has let in, and one of another workspace."""
    home = served.town.workspace_id
    scopes = sorted(scopes_of("viewer"))
    app = await register(served.pool, home, scopes=scopes)
    async with workspace(served.pool, home) as db:
        viewer = await members.create_member(db, home, (await sign_ins.create_sign_in(db, "Vi", None)).id, "viewer")
        grant_id = await grants.add(db, home, app.app.id, viewer.id, scopes)
        of_app = await issue(db, home, grant_id, scopes)
        await db.execute("UPDATE app_tokens SET expires_at = now() + interval '1 day' WHERE workspace_id = $1", home)
    elsewhere = await new_workspace(served.pool)
    async with workspace(served.pool, elsewhere) as db:
        return [served.token, of_app, await create_token(db, elsewhere, "conformance", scopes)]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_the_api_keeps_what_the_document_says(operation: Any, served: Served, tokens: list[str]) -> None:
    @settings(10 * TIMES)
    @hypothesis.given(operation.as_strategy(), strategies.sampled_from(tokens))
    def keeps(case: Any, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        check(case, case.call(base_url=served.url, headers=headers), headers)

    keeps()


def test_what_one_answer_names_the_next_operation_takes(served: Served) -> None:
    headers = {"Authorization": f"Bearer {served.token}"}

    class Client(schema.as_state_machine()):  # type: ignore[misc]  # made when it runs
        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return {"base_url": served.url, "headers": headers}

        def validate_response(self, response: Any, case: Any, **_: Any) -> None:
            check(case, response, headers)

    for number in range(TIMES):
        with suppress(FlakyStrategyDefinition):  # what one example changed on the server, the next one finds
            hypothesis.seed(number)(Client).run(settings=settings(5))


def check(case: Any, answer: Any, headers: dict[str, str]) -> None:
    excluded = [positive_data_acceptance] if is_beyond_schemas(answer) else []
    case.validate_response(answer, excluded_checks=excluded, headers=headers)


def is_beyond_schemas(answer: Any) -> bool:
    if answer.status_code not in (400, 410, 412, 422):
        return False
    problem = answer.json()
    named = [fault.get(part, "") for fault in problem.get("errors", ()) for part in ("code", "pointer", "parameter")]
    return any(text.startswith(BEYOND_SCHEMAS) for text in (problem["code"], *named))
