"""Words of one language meet in names more often than by chance."""

from itertools import product

import pytest

from kith.domain.matching import languages
from kith.domain.matching.languages import affinity, find_languages

# Two languages of 110 given and 60 family names each, of which every second name is borne.
WORDS = {
    tongue: [[f"{tongue}{part}{n}" for n in range(size)] for part, size in (("g", 110), ("f", 160))] for tongue in "ab"
}
NAMES = [(given, family) for one, others in WORDS.values() for given, family in product(one, others)][::2]
COMMON = [word for parts in WORDS.values() for part in parts for word in part]


def test_words_of_one_language_attract_one_another_and_words_of_two_do_not() -> None:
    places = find_languages(COMMON, NAMES)
    assert set(places) == set(COMMON)
    assert affinity(places, "ag1", "af2") == pytest.approx(2.0, abs=0.2)  # each language has half of the names
    assert affinity(places, "ag1", "bf2") == 1.0  # never less than by chance


def test_neither_the_order_of_names_nor_of_their_words_plays_a_part() -> None:
    turned = [tuple(reversed(name)) for name in reversed(NAMES)]
    assert find_languages(COMMON, turned) == find_languages(COMMON, NAMES)


def test_an_unknown_word_is_taken_to_be_of_the_language_of_the_other() -> None:
    places = find_languages(COMMON, NAMES)
    assert affinity(places, "ag1", "zorg") == pytest.approx(affinity(places, "ag1", "ag1"))
    assert affinity(places, "zorg", "zyx") == 1.0


def test_a_common_word_that_no_counted_name_has_does_no_harm() -> None:
    places = find_languages([*COMMON, "nowhere"], NAMES)
    assert affinity(places, "ag1", "af2") == pytest.approx(2.0, abs=0.2)
    assert affinity(places, "ag1", "nowhere") >= 1.0


def test_few_names_tell_no_language() -> None:
    assert find_languages(COMMON, NAMES[: languages._FEWEST_NAMES - 1]) == {}  # the bound itself
