import csv
import json
from pathlib import Path

import numpy as np
import pytest

from kith.cli.evaluate.files import UnreadableFile
from kith.cli.evaluate.trust import in_time_order, trust


def written(path: Path, rows: list[tuple[int, int, int, float]]) -> Path:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("ts", "src", "dst", "rating"), *rows])
    return path


def ratings(seed: int, leaning: float) -> list[tuple[int, int, int, float]]:
    """A thousand ratings; people differ by ``leaning`` in what they get."""
    draw = np.random.default_rng(seed)
    got = draw.normal(0, leaning, 30)
    rows = []
    for day in range(1000):
        rater, rated = draw.choice(30, 2, replace=False).tolist()
        rows.append((day * 86_400, rater, rated, float(np.sign(got[rated] + draw.normal(0, 0.5)) or 1)))
    return rows


def test_where_the_bias_model_is_not_beaten_each_time_trust_is_called_unpredictable(tmp_path: Path) -> None:
    found = in_time_order(written(tmp_path / "noise.csv", ratings(0, 0.0)))
    assert found["predictable"] is False
    assert str(found["says"]).startswith("Trust is not predictable here")


def test_each_window_is_foretold_from_what_was_before(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trust(written(tmp_path / "log.csv", ratings(1, 1.0)))
    found = json.loads(capsys.readouterr().out)
    assert [window["ratings"] for window in found["windows"]] == [50] * 10
    assert min(window["auc"] for window in found["windows"]) > 0.6
    later = [(ts, src, dst, -rating if ts >= 950 * 86_400 else rating) for ts, src, dst, rating in ratings(1, 1.0)]
    turned = in_time_order(written(tmp_path / "turned.csv", later))
    assert turned["windows"][:9] == found["windows"][:9]  # type: ignore[index]  # a list, as printed


def test_ratings_of_themself_change_no_number(tmp_path: Path) -> None:
    rows = ratings(2, 1.0)
    praise = [(ts, src, src, 1.0) for ts, src, _, _ in rows[::3]]
    plain, praised = (in_time_order(written(tmp_path / f"{len(r)}.csv", r)) for r in (rows, rows + praise))
    assert praised.pop("self_ratings_left_out") == len(praise)
    assert plain.pop("self_ratings_left_out") == 0
    assert plain == praised


def test_too_few_ratings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="99 ratings of others are too few; 100 are needed"):
        in_time_order(written(tmp_path / "few.csv", ratings(3, 1.0)[:99]))
