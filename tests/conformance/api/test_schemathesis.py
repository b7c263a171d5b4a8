"""Schemathesis, a third party, reads the published document and tries to catch the API at not keeping it."""

from typing import Any

import hypothesis
import schemathesis
from schemathesis.specs.openapi.checks import positive_data_acceptance

from tests.conformance.api.conftest import Served
from tests.paths import ROOT

schema = schemathesis.openapi.from_path(ROOT / "openapi" / "kith.json")

#: What only the server can judge: whether it signed a cursor, has seen a key, or a connector asks for such a config.
BEYOND_SCHEMAS = ("invalid_cursor", "idempotency_key_reused", "zero_character", "/config", "/connector")


@schema.parametrize()
@hypothesis.settings(
    max_examples=5, deadline=None, derandomize=True, suppress_health_check=list(hypothesis.HealthCheck), database=None
)
def test_the_api_keeps_what_the_document_says(case: Any, served: Served) -> None:
    headers = {"Authorization": f"Bearer {served.token}"}
    answer = case.call(base_url=served.url, headers=headers)
    excluded = [positive_data_acceptance] if is_beyond_schemas(answer) else []
    case.validate_response(answer, excluded_checks=excluded, headers=headers)


def is_beyond_schemas(answer: Any) -> bool:
    if answer.status_code not in (400, 422):
        return False
    problem = answer.json()
    named = [text for fault in problem.get("errors", ()) for text in (fault["code"], fault.get("pointer", ""))]
    return any(text.startswith(BEYOND_SCHEMAS) for text in (problem["code"], *named))
