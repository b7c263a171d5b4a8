"""Public ids: one form for each id, and nothing else is one."""

from random import Random
from uuid import UUID

import pytest

from kith.domain.ids import decode, encode
from kith.store.db import uuid_of

FORMS = {
    UUID(int=0): "per_00000000000000000000000000",
    UUID(int=(1 << 128) - 1): "per_7zzzzzzzzzzzzzzzzzzzzzzzzz",
    UUID("0190a6c4-7f3e-8a51-9c2d-3b5e8f704a16"): "per_01j2kc8zsyh98srb9vbt7q0jgp",
}


@pytest.mark.parametrize(("value", "text"), FORMS.items())
def test_an_id_has_one_form(value: UUID, text: str) -> None:
    assert encode("person", value) == text
    assert encode("person", uuid_of(value.bytes)) == text
    assert decode("person", text) == value


def test_each_digit_holds_five_bits() -> None:
    chance = Random(3)
    for value in (UUID(int=chance.getrandbits(128)) for _ in range(1_000)):
        digits = encode("token", value).removeprefix("tok_")
        assert len(digits) == 26
        assert int(digits.translate(str.maketrans("jkmnpqrstvwxyz", "ijklmnopqrstuv")), 32) == value.int
        assert decode("token", f"tok_{digits}") == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "per",
        "per_",
        "01j2kc8zsyh98srb9vbt7q0jgp",
        "idn_01j2kc8zsyh98srb9vbt7q0jgp",
        "per_01j2kc8zsyh98srb9vbt7q0jg",
        "per_01j2kc8zsyh98srb9vbt7q0jgpp",
        "per_01J2KC8ZSYH98SRB9VBT7Q0JGP",
        "per_8zzzzzzzzzzzzzzzzzzzzzzzzz",
        "per_01j2kc8zsyh98srb9vbt7q0jgi",
        "per_01j2kc8zsyh98srb9vbt7q0jgl",
        "per_01j2kc8zsyh98srb9vbt7q0jgo",
        "per_01j2kc8zsyh98srb9vbt7q0jgu",
        "per_01j2kc8zsyh98srb9vbt7q0jg\n",
        "per_01j2kc8zsyh98srb9vbt7q0jg\u0661",
    ],
)
def test_what_is_written_otherwise_is_no_id(text: str) -> None:
    assert decode("person", text) is None
