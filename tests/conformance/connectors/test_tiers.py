"""The page on connectors shows the tiers that the kit has found; `make tiers` computes them again."""

import re

import pytest

from kith.connectors import load_registry
from kith.connectors.testing import tier_of
from tests.paths import ROOT

OURS = {
    name: connector
    for name, connector in load_registry().connectors.items()
    if type(connector).__module__.startswith("kith.")
}


@pytest.mark.parametrize("name", sorted(OURS))
def test_the_page_shows_the_tier_that_was_found_of_this_version(name: str) -> None:
    page = (ROOT / "docs/connectors.md").read_text()
    shown = re.findall(rf"^\| `{name}` \| (sprout|leaf|branch) \|$", page, re.MULTILINE)
    assert shown == ([tier] if (tier := tier_of(OURS[name])) else []), "those not listed were not tried"
