"""A job-training trial (LaLonde 1986) beside a survey of others: what the trial found is inside the interval.

The data are of the package ``causaldata`` (MIT). The trial says +1,794 a year; trained people beside surveyed ones, as
they are, seem to earn 8,498 less.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd  # type: ignore[import-untyped]  # pandas ships no types
import pytest

from kith.domain.comparisons import People, compare
from tests.labs.lab import lab, pypi

TRIAL = 1_794.34
TRAITS = ["age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75"]


@contextmanager
def _package() -> Iterator[Path]:
    """The folder of the package without what it needs: its data are all that is read."""
    yield next(pypi("causaldata==0.1.5", "--no-deps").glob("lib/python*/site-packages/causaldata"))


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with lab("causaldata", _package()) as found:
        yield found


def test_the_trial_is_inside_the_interval(folder: Path) -> None:
    trial, survey = (pd.read_stata(folder / name / f"{name}.dta") for name in ("nsw_mixtape", "cps_mixtape"))
    people = pd.concat([trial[trial.treat == 1], survey])
    traits = people[TRAITS].to_numpy(np.float64)
    without_work = (traits[:, -2:] == 0).astype(np.float64)
    exposed = people.treat.to_numpy() == 1
    found = compare(
        People(
            exposed,
            people.re78.to_numpy(np.float64),
            np.column_stack((traits, without_work)),
            np.zeros(len(people), np.int64),
        )
    )
    assert found.low is not None
    assert found.high is not None
    assert 0 < found.low < TRIAL < found.high
