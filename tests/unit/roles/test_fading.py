import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kith.cli.evaluate.roles import _Known
from kith.domain.roles.acts import NO_AREA, Acts, acts
from kith.domain.roles.experts import expertise

PEOPLE = 6
HELPS = st.lists(
    st.tuples(
        st.floats(0, 3000), st.integers(0, PEOPLE - 1), st.integers(0, PEOPLE - 1), st.sampled_from(["", "docs", "t"])
    ).filter(lambda help_: help_[1] != help_[2]),
    min_size=2,
    max_size=40,
)


def told(helps: list[tuple[float, int, int, str]]) -> Acts:
    day, actor, other, area = zip(*helps, strict=True)
    return acts(range(PEOPLE), day, actor, other, ["help"] * len(day), list(area))


@settings(deadline=None)
@given(HELPS)
def test_what_is_kept_up_to_date_is_what_counting_all_history_gives(rows: list[tuple[float, int, int, str]]) -> None:
    helps = told(rows)
    known = _Known(helps)
    for i in range(len(helps)):
        area, asker, now = int(helps.area[i]), int(helps.other[i]), float(helps.day[i])
        if area != NO_AREA:
            past = helps.where(slice(0, i))
            assert known.scores(area, asker, now)[""] == pytest.approx(expertise(past, area, asker, now))
            assert known.in_area(area) == int((past.area == area).sum())
        known.add(i, i + 1)
