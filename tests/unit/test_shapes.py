"""What the API shows of a row of the store: the fields of the same name, and those that differ."""

import msgspec
import pytest

from kith.api.http.shapes import shape


class Row(msgspec.Struct):
    last: str
    id: int
    unseen: str
    first: str


class Shown(msgspec.Struct):
    id: str
    first: str
    last: str


class Renamed(msgspec.Struct):
    first: str
    id: str
    last: str


class Alone(msgspec.Struct):
    first: str


ROW = Row(last="z", id=7, unseen="-", first="a")


def test_fields_are_taken_by_name() -> None:
    assert shape(Shown, ROW, id="seven") == Shown("seven", "a", "z")
    assert shape(Renamed, ROW, id="seven") == Renamed("a", "seven", "z")
    assert shape(Renamed, ROW, last="y", id="seven") == Renamed("a", "seven", "y")


def test_one_field_or_none_may_be_left_to_take() -> None:
    assert shape(Alone, ROW) == Alone("a")
    assert shape(Alone, ROW, first="b") == Alone("b")
    assert shape(Shown, ROW, last="y", id="seven") == Shown("seven", "a", "y")


def test_what_the_kind_does_not_have_is_refused() -> None:
    with pytest.raises(TypeError, match="other"):
        shape(Alone, ROW, other="b")
