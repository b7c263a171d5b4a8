import pytest
from hypothesis import given
from hypothesis import strategies as st

from kith.domain.topics.areas import area

PART = st.text(st.characters(exclude_characters="/,"), min_size=1).filter(lambda part: part.strip())


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("a/b,c", "a"),
        ("Docs", "docs"),
        ("builtin/log, revision", "builtin"),
        ("sset, smap, hmapx", "sset"),
        ("lib/ovs-numa", "lib"),
        (" /lib", "lib"),
        (",doc", "doc"),
        ("ofproto-dpif-xlate", "ofproto-dpif-xlate"),
        ("rebase -i", "rebase -i"),
        ("STRASSE", "strasse"),
        ("/", "/"),
        ("", ""),
    ],
)
def test_an_area_is_what_people_mean_by_it(written: str, meant: str) -> None:
    assert area(written) == meant


@given(PART, st.lists(st.tuples(st.sampled_from("/,"), PART)))
def test_what_follows_a_slash_or_a_comma_and_the_case_change_nothing(first: str, more: list[tuple[str, str]]) -> None:
    written = first + "".join(mark + part for mark, part in more)
    assert area(written) == area(first) == area(area(written))
    assert area(written.lower()) == area(written.upper().lower())
