"""Every answer in these tests is held against openapi/kith.json: path, status, headers, media type, schema."""

import json
import re
from typing import Any

import httpx2
from openapi_schema_validator import OAS31Validator, oas31_format_checker

from tests.paths import ROOT

UNPUBLISHED = re.compile(r"/docs(/.*)?|/openapi\.json")


class Contract:
    """The published document."""

    def __init__(self) -> None:
        self.document: dict[str, Any] = json.loads((ROOT / "openapi" / "kith.json").read_text())
        self.paths = [
            (re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path)), operations)
            for path, operations in self.document["paths"].items()
        ]

    def check(self, method: str, answer: httpx2.Response) -> None:
        """Fail when the answer is none that the document announces."""
        path = answer.request.url.path
        if method == "OPTIONS" or UNPUBLISHED.fullmatch(path):
            return
        if answer.status_code >= 400:
            check_problem(answer, ready=path == "/readyz")
        operations: dict[str, Any] = next((found for pattern, found in self.paths if pattern.fullmatch(path)), {})
        operation = operations.get(method.replace("HEAD", "GET").lower())
        if operation is None:
            assert answer.status_code in (404, 405), f"{method} {path} is not published"
            return
        published = self.resolve(operation["responses"].get(str(answer.status_code)))
        assert published, f"{method} {path} does not announce {answer.status_code}: {answer.text[:300]}"
        if method == "HEAD" or "content" not in published:
            assert answer.content == b""
            return
        media_type = answer.headers["content-type"].partition(";")[0]
        assert media_type in published["content"], f"{method} {path}: {media_type}"
        value = answer.json() if media_type.endswith(("/json", "+json")) else answer.text
        self.validate(value, published["content"][media_type]["schema"])

    def validate(self, value: Any, schema: dict[str, Any]) -> None:
        whole = {**schema, "components": self.document["components"]}
        OAS31Validator(whole, format_checker=oas31_format_checker).validate(value)

    def resolve(self, node: Any) -> Any:
        while node and "$ref" in node:
            found: Any = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            node = found
        return node


def check_problem(answer: httpx2.Response, *, ready: bool = False) -> None:
    """Fail when a refusal has another form than RFC 9457 as kith speaks it."""
    if answer.request.method == "HEAD" or ready:
        return
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == f"/problems/{problem['code']}"
    assert problem["status"] == answer.status_code
    assert problem["instance"] == answer.request.url.path
    assert problem["request_id"] == answer.headers["request-id"]
    assert problem["title"]
    assert problem["detail"]
