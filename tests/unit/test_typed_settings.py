"""Settings as they are typed on the command line."""

from typing import Any

import msgspec
import pytest

from kith.cli.lists import with_lists


class Inner(msgspec.Struct):
    name: str


class Outer(msgspec.Struct):
    word: str = ""
    words: tuple[str, ...] | None = None
    inner: Inner | None = None
    table: dict[str, Any] = {}


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ({"word": "a,b"}, {"word": "a,b"}),
        ({"words": "a, b,"}, {"words": ["a", "b"]}),
        ({"words": '["a,b"]'}, {"words": ["a,b"]}),
        ({"inner": '{"name": "x"}'}, {"inner": {"name": "x"}}),
        ({"table": '{"a": 1}'}, {"table": {"a": 1}}),
        ({"other": "{"}, {"other": "{"}),
    ],
)
def test_what_has_parts_is_typed_with_commas_or_as_json(typed: dict[str, str], wanted: dict[str, Any]) -> None:
    assert with_lists(typed, Outer) == wanted


def test_what_is_no_json_is_named() -> None:
    with pytest.raises(msgspec.ValidationError, match=r"Expected JSON.*\$\.inner"):
        with_lists({"inner": "{name: x"}, Outer)
