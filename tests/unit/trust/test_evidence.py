import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kith.domain.trust.evidence import MEANINGS, Act, trust

NOW = 1000


def act(kind: str, topic: str = "docs", count: int = 1, day: int = NOW, turned: bool = False) -> Act:
    actor, target = ("bea", "ada") if turned else ("ada", "bea")
    return Act(topic, day, kind, actor, target, count)


ACTS = st.lists(
    st.builds(
        act,
        st.sampled_from([*MEANINGS, "message"]),
        st.sampled_from(["docs", "build", "tests", "web"]),
        st.integers(1, 5),
        st.integers(0, NOW),
        st.booleans(),
    ),
    max_size=20,
)


def test_three_accepted_answers_are_trust() -> None:
    (found,) = trust("ada", "bea", [act("accept", count=3)], NOW).topics
    assert found.value == pytest.approx(0.8)
    assert found.low is not None
    assert found.high is not None
    assert 0.3 < found.low < 0.8 < found.high < 1


def test_one_thank_you_is_not_enough_evidence() -> None:
    found = trust("ada", "bea", [act("thank")], NOW)
    assert found.scope == "not enough evidence"
    assert found.topics[0].value is None
    assert "at least 2" in found.topics[0].why


def test_nothing_is_not_enough_evidence() -> None:
    assert trust("ada", "bea", [], NOW).scope == "not enough evidence"


def test_talk_alone_is_no_trust() -> None:
    assert trust("ada", "bea", [act("message", count=500)], NOW).topics == []


def test_who_helps_is_trusted_by_the_helped_and_not_the_other_way() -> None:
    helped = [act("help", count=9, turned=True)]
    assert trust("ada", "bea", helped, NOW).topics[0].value is not None
    assert trust("bea", "ada", helped, NOW).topics == []


def test_trust_is_absolute_only_where_it_holds_in_three_topics() -> None:
    two = [act("approve", topic, 9) for topic in ("docs", "build")]
    three = [*two, act("approve", "tests", 9)]
    assert trust("ada", "bea", two, NOW).scope == "contextual"
    assert trust("ada", "bea", three, NOW).scope == "absolute"
    assert trust("ada", "bea", [*three, act("conflict", "web", 9)], NOW).scope == "contextual"


def test_conflict_lowers_trust() -> None:
    good = trust("ada", "bea", [act("approve", count=5)], NOW).topics[0]
    bad = trust("ada", "bea", [act("approve", count=5), act("conflict", count=2)], NOW).topics[0]
    assert good.value is not None
    assert bad.value is not None
    assert bad.value < 0.6 < good.value


@settings(deadline=None)
@given(ACTS)
def test_the_cited_weights_add_up_to_the_value(acts: list[Act]) -> None:
    for found in trust("ada", "bea", acts, NOW).topics:
        supports = sum(each.weight for each in found.cited if each.weight > 0)
        opposes = -sum(each.weight for each in found.cited if each.weight < 0)
        assert (supports, opposes) == (found.supports, found.opposes)
        if found.value is not None:
            assert found.value == pytest.approx((1 + supports) / (2 + supports + opposes))
            assert found.low is not None
            assert found.high is not None
            assert found.low <= found.value <= found.high


@settings(deadline=None)
@given(ACTS)
def test_the_order_of_acts_does_not_matter(acts: list[Act]) -> None:
    turned = list(reversed(acts))
    assert msgspec.json.encode(trust("ada", "bea", acts, NOW)) == msgspec.json.encode(trust("ada", "bea", turned, NOW))


@settings(deadline=None)
@given(ACTS, st.integers(0, NOW))
def test_what_happens_later_does_not_count(acts: list[Act], then: int) -> None:
    assert trust("ada", "bea", acts, then) == trust("ada", "bea", [each for each in acts if each.day <= then], then)
