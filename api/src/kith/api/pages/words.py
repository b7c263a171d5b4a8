"""The languages of the pages: English in the templates, others in catalogues."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

from litestar.connection import Request

ENGLISH = "en"


@cache
def catalogues() -> dict[str, dict[str, str]]:
    """Return what each sentence is in each language that there is a catalogue of."""
    folder = files("kith.api.pages").joinpath("catalogues")
    found = [file for file in folder.iterdir() if file.name.endswith(".json")]
    return {file.name.removesuffix(".json"): json.loads(file.read_text("utf-8")) for file in found}


def language_of(request: Request[Any, Any, Any]) -> str:
    """Return the language that the browser prefers among those there are."""
    wishes = [_wish(part) for part in request.headers.get("accept-language", "").split(",")[:20]]
    known = {ENGLISH, *catalogues()}
    for _, language in sorted(wishes, key=lambda wish: -wish[0]):
        if language in known:
            return language
    return ENGLISH


def _wish(part: str) -> tuple[float, str]:
    language, _, weight = part.partition(";")
    try:
        number = float(weight.strip().removeprefix("q=") or 1)
    except ValueError:
        number = 0.0
    return number, language.strip().partition("-")[0].lower()


def sentence(request: Request[Any, Any, Any], english: str) -> str:
    """Return a sentence in the language that the browser prefers."""
    return catalogues().get(language_of(request), {}).get(english, english)
