"""Where aliases stand in a text, and whose name a word is."""

import pytest

from kith.domain.watches.context import is_meant
from kith.domain.watches.finding import MOST, Alias, Finder, Rule
from kith.domain.watches.words import QUOTE, quote


def found(text: str, *aliases: str, rule: Rule = "always") -> list[str]:
    finder = Finder([Alias(0, alias, rule) for alias in aliases])
    return [text[hit.start : hit.stop] for hit in finder.find(text)]


def person(text: str, given: str = "James", family: str = "Saunders") -> list[tuple[str, bool]]:
    aliases = Alias(0, f"{given} {family}", "always"), Alias(0, given, "in_context"), Alias(0, family, "in_context")
    return [(text[hit.start : hit.stop], hit.sure) for hit in Finder(aliases).find(text)]


@pytest.mark.parametrize(
    ("text", "alias", "places"),
    [
        ("Kith is good. I like KITH's API.", "kith", ["Kith", "KITH"]),
        ("kithing, akith, kith_2, my.kith.toml and kith.py", "kith", []),
        ("ask @ann or write to kith.dev", "@ann", ["@ann"]),
        ("ask @ann or write to kith.dev.", "kith.dev", ["kith.dev"]),
        ("see https://kith.dev/kith and kith@kith.dev", "kith", []),
        ("> kith said\nno `kith` here\n-- \nkith fan", "kith", []),
        ("Heather\n  Dunton", "heather dunton", []),
        ("Heather\nDunton", "heather dunton", ["Heather\nDunton"]),
        ("我喜欢王小明的书", "王小明", ["王小明"]),
        ("ใช้กิธทุกวัน", "กิธ", ["กิธ"]),
        ("Die STRASSE und die Straße", "straße", ["STRASSE", "Straße"]),
        ("İstanbul kith", "kith", ["kith"]),
    ],
)
def test_whole_words_of_the_writer_are_found(text: str, alias: str, places: list[str]) -> None:
    assert found(text, alias) == places


def test_one_letter_of_a_long_word_may_be_wrong() -> None:
    text = "Kubernets, Kuberentes and KUBERNETESS, not Kubrnets nor Jubernetes, relationship, helathly"
    assert found(text, "kubernetes") == ["Kubernets", "Kuberentes", "KUBERNETESS"]
    assert found("a relationship", "relationships") == []
    assert found("İ Jonathon Mitchell", "jonathan mitchell") == ["Jonathon Mitchell"]


def test_the_longest_alias_of_a_watch_counts_and_a_sure_name_hides_parts_of_others() -> None:
    assert found("Ubuntu Touch", "ubuntu", "ubuntu touch") == ["Ubuntu Touch"]
    both = Finder([Alias(0, "phillip allen", "always"), Alias(1, "allen", "in_context"), Alias(2, "phillip", "always")])
    assert [both.aliases[hit.alias].watch for hit in both.find("Phillip Allen")] == [0, 2]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("I ask Jim Saunders.", [("Jim Saunders", True)]),
        ("Saunders, James wrote", [("Saunders, James", True)]),
        ("from James K. Saunders", [("James K. Saunders", True)]),
        ("as Professor Saunders said", [("Professor Saunders", False)]),
        ("Thanks Saunders", [("Saunders", False)]),
        ("to Mary Saunders", []),
        ("James, could you", [("James", False)]),
        ("with James Miller", []),
        ("and Peter James", []),
        ("James Please look", [("James", False)]),
        ("James Saunders.lwp", []),
    ],
)
def test_what_stands_around_a_name_tells_whose_it_is(text: str, places: list[tuple[str, bool]]) -> None:
    assert person(text) == places


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("I will go. Will you?", []),
        ("so Will and Ann go", ["Will"]),
        ("Hi Will, all is well.", ["Will"]),
        ("It works.\nWill", ["Will"]),
    ],
)
def test_a_common_word_is_a_name_where_it_is_written_so(text: str, places: list[str]) -> None:
    assert [place for place, _ in person(text, "Will", "Zimmer")] == places


def test_who_takes_part_or_was_named_is_meant_unless_another_bears_the_name() -> None:
    known = {"takes_part": False, "named_before": False, "named_beside": False}
    assert not is_meant("james", [], **known)
    for each in known:
        assert is_meant("james", ["Mary Miller", "jane"], **{**known, each: True})
        assert not is_meant("james", ["James Brown"], **{**known, each: True})


@pytest.mark.parametrize("text", ["kith " * 200_000, "?" * 1_000, "<code" * 200_000, "x@" * 500_000, "中" * 1_000_000])
def test_of_any_text_a_bounded_number_of_places_is_judged(text: str) -> None:
    assert len(Finder([Alias(0, "kith", "always"), Alias(1, "kith", "in_context")]).find(text)) <= MOST


def test_a_quote_is_the_sentence() -> None:
    text = "Good day. We use kith a lot! Bye."
    said, start = quote(text, 17, 21)
    assert (said, said[start : start + 4]) == ("We use kith a lot!", "kith")
    said, start = quote("x" * 999 + " kith " + "x" * 999, 1000, 1004)
    assert len(said) <= QUOTE
    assert said[start : start + 4] == "kith"
