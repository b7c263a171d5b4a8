"""docs/apps.md names every address of the authorization server, every scope of identity, and every kind of app."""

import re
from typing import get_args

from kith.api.oauth.routes import ROUTES
from kith.domain.apps import GRANT_TYPES, SECRET, Kind
from kith.domain.scopes import IDENTITY
from tests.paths import ROOT

TEXT = (ROOT / "docs" / "apps.md").read_text()


def test_every_address_is_named() -> None:
    listed = re.findall(r"^\| `(/\S+)` \| .+ \|$", TEXT, re.MULTILINE)
    assert sorted(listed) == sorted({path.replace(":str}", "}") for handler in ROUTES for path in handler.paths})


def test_every_scope_of_identity_is_explained() -> None:
    found = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", TEXT, re.MULTILINE))
    assert {name: found.get(name) for name in IDENTITY} == IDENTITY


def test_every_kind_of_app_is_explained() -> None:
    rows = re.findall(r"^\| `(\w+)` \| .* \| (yes|no) \| .* \|$", TEXT, re.MULTILINE)
    assert dict(rows) == {kind: "yes" if kind in SECRET else "no" for kind in get_args(Kind)}
    assert GRANT_TYPES.keys() == set(get_args(Kind))
