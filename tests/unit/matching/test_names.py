import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kith.domain.matching.names import Name, agreement, name_difference, parse_name

WORDS = st.lists(
    st.sampled_from(["ada", "a", "adam", "kim", "lee", "mike", "michael", "li", "b"]), min_size=2, max_size=4
)
NAMES = WORDS.map(tuple)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("Jane Doe", ("jane", "doe")),
        ("DOE, Jane", ("jane", "doe")),
        ("Dr. Jane Doe", ("jane", "doe")),
        ("Jane Doe, PhD", ("jane", "doe")),
        ("Jane Doe via Some List", ("jane", "doe")),
        ("[Jane Doe]", ("jane", "doe")),
        ("Jean-Noël Ávila", ("jeannoel", "avila")),
        ("Владимир Ильин", ("vladimir", "ilin")),
        ("刘星雨", ("xingyu", "liu")),
        ('Jane "JD" Doe', ("jane", "jd", "doe")),
    ],
)
def test_a_name_is_read_in_any_dress(raw: str, words: tuple[str, ...]) -> None:
    assert parse_name(raw).full == words


@pytest.mark.parametrize("raw", ["unknown", "root", "", "=", "no name", "Firstname Lastname"])
def test_a_name_of_nobody_is_no_name(raw: str) -> None:
    assert parse_name(raw) == Name()


def test_one_word_is_a_handle_whose_parts_are_guessed() -> None:
    assert parse_name("JaneDoe") == Name(bare="janedoe", guessed=("jane", "doe"))
    assert parse_name("jane.doe").guessed == ("jane", "doe")
    assert parse_name("jdoe42") == Name(bare="jdoe42")


def test_an_address_as_a_name_is_an_address() -> None:
    assert parse_name("jane@acme.org") == Name(address="jane@acme.org")


def test_the_address_beside_a_relayed_name_is_not_the_bearers() -> None:
    assert parse_name("Jane Doe via Relay").relayed


@pytest.mark.parametrize(
    ("one", "other", "value"),
    [
        ("Jane Doe", "Doe Jane", 1.0),
        ("Jane Doe", "Jane Q. Doe", 1.0),
        ("Xing-yu Liu", "Xingyu Liu", 1.0),
        ("Mike Doe", "Michael Doe", 0.8),
        ("J. Doe", "Jane Doe", 0.6),
        ("Jürgen Müller", "Juergen Mueller", 1.0),
        ("Jane Doe", "John Doe", 0.0),
        ("Michael F. Schmidt", "Michael Fischer", 0.0),
        ("Matthew Brett", "Brett M. Morris", 0.0),
        ("Stephen Boyd", "Boyd Stephen Smith", 0.5),
        ("Jane Doe", "Jane Smith", 0.0),
    ],
)
def test_names_agree_by_their_words(one: str, other: str, value: float) -> None:
    assert agreement(parse_name(one).full, parse_name(other).full).value == value


@given(NAMES, NAMES)
@settings(deadline=None)
def test_agreement_does_not_depend_on_who_is_first(one: tuple[str, ...], other: tuple[str, ...]) -> None:
    assert agreement(one, other) == agreement(other, one)
    assert name_difference((one,), (other,)) == name_difference((other,), (one,))


@given(NAMES)
@settings(deadline=None)
def test_a_name_agrees_with_itself(name: tuple[str, ...]) -> None:
    assert agreement(name, name).value == 1.0


@given(st.text(max_size=40))
@settings(deadline=None)
def test_any_text_can_be_read(raw: str) -> None:
    name = parse_name(raw)
    assert not (name.full and name.bare)
