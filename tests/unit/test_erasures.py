"""Whom a text names becomes someone: whole words, in any script, and nobody else."""

from collections.abc import Callable

import pytest

from kith.domain.erasures import Known, Marks, Trait, traits

KNOWN = (
    Known("github", "123", "Алиса Иванова", "alice-w", "Alice.W@example.org"),
    Known("signal", "+491701234567", "山田太郎"),
    Known("slack", "U123ABC", "José Álvarez Núñez", "jo"),
    Known("forum", "77", "Anna", "anna"),
)


@pytest.fixture(scope="module")
def redact() -> Callable[[str], str]:
    marks = Marks(b"k" * 32)
    return marks.redactor([marks.of(trait) for trait in traits(KNOWN)])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Hi АЛИСА  иванова!", "Hi someone!"),
        ("Иванова, Алиса sagt", "someone sagt"),
        ("ask @alice-w or alice-w/repo.", "ask someone or someone/repo."),
        ("<alice.w@EXAMPLE.org>, alice.w at example.org", "<someone>, someone"),
        ("+49 170 123 4567 or 0049-170-1234567", "someone or someone"),
        ("山田太郎さんへ", "someoneさんへ"),
        ("Álvarez Núñez, José and Núñez, José Álvarez", "someone and someone"),
        ("Jose\u0301 A\u0301lvarez Nu\u0301n\u0303ez", "someone"),
        ("https://x.example/jo <@U123ABC>", "https://x.example/someone <someone>"),
        ("@anna and @jo", "someone and someone"),
    ],
)
def test_whoever_was_erased_is_someone(redact: Callable[[str], str], text: str, told: str) -> None:
    assert redact(text) == told


@pytest.mark.parametrize(
    "text",
    [
        "alice-world, malice-w and alice-w2", "Алиса", "Anna jo said so", "issue 123, 1701234567890123",
        "malice.w@example.org", "山田太一", "José, Álvarez and others", "", "@", "a" * 10_000,
    ],
)  # fmt: skip
def test_nobody_else_is(redact: Callable[[str], str], text: str) -> None:
    assert redact(text) == text


def test_a_hash_needs_the_workspace_and_says_what_it_is_of() -> None:
    one, other = Marks(b"1" * 32), Marks(b"2" * 32)
    name, handle = Trait("name", "Ada Byron"), Trait("handle", "ada_byron")
    assert one.of(name) == one.of(Trait("name", "ADA  byron"))
    assert len({one.of(name).hash, other.of(name).hash, one.of(handle).hash}) == 3
    assert other.redactor([one.of(name)])("Ada Byron") == "Ada Byron"
