"""The cases of ../shared/cases/api: which requests they make."""

import json
from typing import Any

from tests.paths import shared


def requests(case: str) -> list[tuple[str, str, Any]]:
    """Return method, path and JSON body of each request of a case."""
    lines = (shared(f"cases/api/{case}") / "request.txt").read_text().splitlines()
    return [_request(line) for line in lines if line]


def _request(line: str) -> tuple[str, str, Any]:
    method, path, *body = line.split(maxsplit=2)
    return method, path, json.loads(body[0]) if body else None
