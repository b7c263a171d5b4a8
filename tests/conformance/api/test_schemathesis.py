"""Schemathesis, a third party, reads the published document and tries to catch the API at not keeping it."""

from typing import Any

import hypothesis
import pytest
import schemathesis
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.conformance.api.conftest import Served
from tests.paths import ROOT

schema: Any = schemathesis.openapi.from_path(ROOT / "openapi" / "kith.json")
OPERATIONS = [found.ok() for found in schema.get_all_operations()]

#: What only the server can judge: whether it signed a cursor, has seen a key or knows whom a body names, whether two
#: ids are two and two numbers in order, a domain is somebody's, a connector asks for such a config, and the
#: addresses of an app are good ones.
BEYOND_SCHEMAS = (
    "invalid_cursor", "idempotency_key_reused", "zero_character", "not_found", "precondition_failed", "/config",
    "/connector", "repeated", "/redirect_uris", "/logout_uris", "/origins", "/homepage", "/policy_url", "/other_id",
    "/suggest_above", "/domains",
)  # fmt: skip


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_the_api_keeps_what_the_document_says(operation: Any, served: Served) -> None:
    @hypothesis.settings(
        max_examples=20,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(hypothesis.HealthCheck),
        database=None,
    )
    @hypothesis.given(operation.as_strategy())
    def keeps(case: Any) -> None:
        headers = {"Authorization": f"Bearer {served.token}"}
        answer = case.call(base_url=served.url, headers=headers)
        excluded = [positive_data_acceptance] if is_beyond_schemas(answer) else []
        case.validate_response(answer, excluded_checks=excluded, headers=headers)

    keeps()


def is_beyond_schemas(answer: Any) -> bool:
    if answer.status_code not in (400, 412, 422):
        return False
    problem = answer.json()
    named = [text for fault in problem.get("errors", ()) for text in (fault["code"], fault.get("pointer", ""))]
    return any(text.startswith(BEYOND_SCHEMAS) for text in (problem["code"], *named))
