"""Each network has a page with the same heads, which says where it was tried, each setting, and each scope."""

import re

import msgspec
import pytest

from kith.connectors import load_registry, providers_of
from tests.paths import ROOT

#: Those whose docstrings say it: no server is asked.
WITHOUT = {"git", "mail", "ndjson"}
OURS = {
    name: connector
    for name, connector in load_registry().connectors.items()
    if type(connector).__module__.startswith("kith.") and name not in WITHOUT
}
HEADS = re.compile(
    r"What it reads(?:\|What is heard live)?\|What it cannot read(?:\|What is heard live)?\|Set-up"
    r"\|Limits, and how long 100,000 [a-z]+ take\|Deletions and edits\|Privacy\|Errors and cures"
)


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_network_has_its_page(name: str) -> None:
    page = (ROOT / f"docs/connectors/{name}.md").read_text()
    assert HEADS.fullmatch("|".join(re.findall(r"^## (.*)$", page, re.MULTILINE)))
    assert re.search(r"\btried\b", page), "where it was tried, and where not"
    assert f"`{name}`" in page
    settings = [field.name for field in msgspec.structs.fields(OURS[name].Config)]
    assert [setting for setting in settings if not re.search(rf"`{setting}\b|\b{setting}=", page)] == []
    scopes = [scope.name for provider in providers_of(OURS[name]) for scope in provider.scopes]
    assert [scope for scope in scopes if scope not in page] == []
