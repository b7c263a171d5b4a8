"""docs/api.md names every operation with its scopes, every scope, and every code of a refusal, and no others."""

import json
import re

from kith.api.http.problems import KINDS
from kith.domain.ids import DIGITS, PREFIXES
from kith.domain.scopes import SCOPES
from kith.store import tokens
from tests.paths import ROOT

TEXT = (ROOT / "docs" / "api.md").read_text()


def test_every_operation_is_listed_with_its_scopes() -> None:
    document = json.loads((ROOT / "openapi" / "kith.json").read_text())
    published = {
        (f"{method.upper()} {path}", operation["summary"], scopes(operation["security"]))
        for path, item in document["paths"].items()
        for method, operation in item.items()
    }
    assert set(re.findall(r"^\| `([A-Z]+ /.*?)` \| (.*?) \| (.*) \|$", TEXT, re.MULTILINE)) == published


def scopes(security: list[dict[str, list[str]]]) -> str:
    if not security:
        return "none"
    return ", ".join(f"`{scope}`" for scope in security[0]["token"]) or "any token"


def test_every_scope_is_explained() -> None:
    assert dict(re.findall(r"^\| `(\w+:[\w:]+)` \| (.*) \|$", TEXT, re.MULTILINE)) == SCOPES


def test_every_prefix_of_an_id_is_listed() -> None:
    assert re.findall(r"^\| `([a-z]{3})_` \| (.*) \|$", TEXT, re.MULTILINE) == [(p, n) for n, p in PREFIXES.items()]


def test_every_id_of_the_document_has_a_prefix_or_is_not_of_kith() -> None:
    document = json.loads((ROOT / "openapi" / "kith.json").read_text())
    without = {
        f"{schema}.{name}"
        for schema, content in document["components"]["schemas"].items()
        for name, value in content.get("properties", {}).items()
        if (name == "id" or name.endswith("_id")) and DIGITS not in json.dumps(value) and "$ref" not in value
    }
    assert without == {
        "AuditEntry.request_id", "ProblemDetails.request_id", "ProviderApp.client_id", "ProviderSet.client_id",
        "BatchItem.id", "SearchResult.id",
    }  # fmt: skip
    named = set(re.findall(r"\^\(?(?:\w+\|)?([a-z]{3})_" + re.escape(DIGITS), json.dumps(document)))
    assert named <= set(PREFIXES.values())


def test_every_prefix_of_a_secret_is_listed() -> None:
    used = {value for value in vars(tokens).values() if isinstance(value, str) and re.fullmatch("k[a-z]+_", value)}
    assert set(re.findall(r"^\| `(k[a-z]+_)…` \| .* \|$", TEXT, re.MULTILINE)) == used


def test_every_refusal_is_explained() -> None:
    listed = re.findall(r"^\| (\d{3}) \| `(\w+)` \| (.*) \|$", TEXT, re.MULTILINE)
    assert listed == [(str(kind.status), code, kind.help) for code, kind in KINDS.items()]
