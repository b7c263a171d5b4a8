"""The languages of the pages: none leaves anything in English, and what a sentence takes stays in each of them."""

import re
from collections.abc import Iterator
from typing import get_args

import pytest
from jinja2 import Environment

from kith.api.pages.words import catalogues
from kith.domain.members import Role
from kith.domain.scopes import IDENTITY, SCOPES, TABLE
from tests.paths import ROOT

TAKES = re.compile(r"%\((\w+)\)s")


def sentences() -> Iterator[str]:
    """Yield what the templates say."""
    environment = Environment(extensions=["jinja2.ext.i18n"])  # nothing is shown
    for folder in ("pages", "rights", "your_data", "signin", "oauth", "sources"):
        for file in sorted((ROOT / "api/src/kith/api" / folder / "templates").glob("*.html")):
            for _, _, said in environment.extract_translations(file.read_text()):  # type: ignore[attr-defined]  # of i18n
                yield from [said] if isinstance(said, str) else filter(None, said or ())


@pytest.mark.parametrize("language", sorted(catalogues()))
def test_a_catalogue_has_all_that_pages_say(language: str) -> None:
    said = {*sentences(), *get_args(Role), *IDENTITY.values(), *SCOPES.values()}
    said |= {scope.unseen for scope in TABLE.values() if scope.unseen}
    assert len(said) > 100
    assert said - catalogues()[language].keys() == set()


@pytest.mark.parametrize("language", sorted(catalogues()))
def test_what_a_sentence_takes_it_takes_in_each_language(language: str) -> None:
    for english, other in catalogues()[language].items():
        assert sorted(TAKES.findall(english)) == sorted(TAKES.findall(other)), english
        assert other.strip() == other != ""
