"""What in a text is an ask, and why."""

import math

import pytest

from kith.domain.asks.model import LISTED, SHOWN, chance_of, shipped
from kith.domain.asks.words import own_words, sentences


def chance(text: str) -> float:
    found = shipped().ask(text)
    return found.chance if found else 0.0


@pytest.mark.parametrize(
    "text",
    [
        "Could you send me the report by Friday?",
        "Please let me know whether the build works for you.",
        "Does anybody know how to mount an NTFS partition?",
        "¿Cómo se instala el programa en el ordenador?",
        "Как установить программу на компьютер?",
        "このプログラムはどうやってインストールしますか？",
        "كيف أثبت البرنامج؟",
        "Πώς εγκαθιστώ το πρόγραμμα;",
    ],
)
def test_questions_and_requests_are_asks_in_all_scripts(text: str) -> None:
    assert chance(text) >= LISTED


@pytest.mark.parametrize(
    "text",
    [
        "",
        "thanks",
        "The meeting was on Tuesday; everybody came.",
        "Ja, das habe ich gestern auch so gesehen.",
        "> Could you send me the report?\n\nIt is in the archive.",
        "```\nwhy = not x ? y : z\n```",
        "See https://example.org/search?q=how+do+I",
        "It works.\n-- \nNeed help? Please call me, could you?",
    ],
)
def test_statements_quotes_code_links_and_signatures_are_no_asks(text: str) -> None:
    assert chance(text) < SHOWN


def test_contributions_add_up_to_the_chance_and_the_largest_comes_first() -> None:
    found = shipped().ask("Hello all. Could you please tell me how I can build it? Regards")
    assert found
    assert found.sentence == "Could you please tell me how I can build it?"
    weights = [part.weight for part in found.contributions]
    assert chance_of(found.intercept + math.fsum(weights)) == pytest.approx(found.chance, abs=1e-6)
    assert weights == sorted(weights, key=abs, reverse=True)
    assert {"mark", "request", "opener"} <= {part.part for part in found.contributions}


def test_of_an_unknown_language_the_mark_alone_decides_and_the_answer_says_so() -> None:
    found = shipped().ask("Missä voin ladata ohjelman uusimman version?")
    assert found
    assert not found.learnt
    assert [part.part for part in found.contributions] == ["mark"]
    english = shipped().ask("Where can I get the latest version?")
    assert english
    assert english.learnt


@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "text",
    [
        "a" * 1_000_000,
        "? " * 500_000,
        "?" * 1_000_000,
        "漢字" * 500_000,
        "`" * 1_000_000,
        "<" * 1_000_000,
        "> a\n" * 250_000,
        "\n" * 1_000_000,
        ". " * 500_000,
        "```a" * 250_000,
    ],
)
def test_any_text_takes_bounded_time(text: str) -> None:
    shipped().ask(text)
    assert len(list(sentences(own_words(text)))) <= 200


def test_lines_that_a_program_has_wrapped_are_one_sentence() -> None:
    text = "I would like to know whether the new release of the program\ncan be built on older systems as well?\nThanks"
    assert next(sentences(text)).endswith("as well?")
