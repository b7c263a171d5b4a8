import json
from pathlib import Path

import numpy as np
import pytest
import zstandard

from kith.cli.evaluate import UnreadableFile
from kith.cli.evaluate.files import encode, integers, read_columns
from kith.cli.evaluate.strength import strength, train
from kith.domain.metrics import auc, average_precision


def a_year(path: Path, seed: int = 0) -> Path:
    """Two years of twenty people of whom some pairs talk weekly and the others once."""
    chance = np.random.default_rng(seed)
    rows = []
    for a in range(20):
        for b in range(a + 1, 20):
            often = chance.random() < 0.3
            days = chance.integers(0, 730, 40 if often else 1)
            rows += [(int(day) * 86_400, *chance.permutation([a, b]).tolist()) for day in days]
    path.parent.mkdir(exist_ok=True)
    path.write_text("ts,src,dst,note\n" + "".join(f"{ts},p{a},p{b},x\n" for ts, a, b in sorted(rows)))
    return path


def test_columns_are_read_alike_from_csv_and_zst(tmp_path: Path) -> None:
    plain = a_year(tmp_path / "log.csv")
    packed = tmp_path / "log.csv.zst"
    packed.write_bytes(zstandard.compress(plain.read_bytes()))
    assert read_columns(plain, ["ts", "src"], ["kind"]) == read_columns(packed, ["ts", "src"], ["kind"])


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("when,src,dst\n1,a,b\n", "no column ts; its header has when, src, dst"),
        ("", "its header has nothing"),
        ("ts,src,dst\n1,a\n", "line 2: fewer fields"),
        ("ts,src,dst\nnoon,a,b\n", "column ts: could not convert"),
        ("ts,src,dst\nnan,a,b\n", "not a finite number"),
        ("ts,src,dst\n1,a,b\n", "1 interactions between people are too few"),
    ],
)
def test_a_file_of_another_kind_is_refused_with_the_reason(tmp_path: Path, text: str, error: str) -> None:
    file = tmp_path / "log.csv"
    file.write_text(text)
    with pytest.raises(UnreadableFile, match=error):
        strength(file)


def test_a_missing_file_and_a_broken_archive_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="No such file"):
        strength(tmp_path / "none.csv")
    broken = tmp_path / "log.csv.zst"
    broken.write_bytes(b"not zstandard")
    with pytest.raises(UnreadableFile, match=r"log\.csv\.zst"):
        strength(broken)


def test_people_get_the_same_numbers_in_all_columns() -> None:
    names, (source, target) = encode(["b", "a"], ["c", "b"])
    assert names == ["a", "b", "c"]
    assert (source.tolist(), target.tolist()) == ([1, 0], [2, 1])
    assert integers(["12.9", "3"], "ts").tolist() == [12, 3]


@pytest.mark.parametrize("split", ["time", "event"])
def test_the_command_prints_metrics_beside_baselines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], split: str
) -> None:
    strength(a_year(tmp_path / "log.csv"), split=split, new_contacts=True)  # type: ignore[arg-type]  # a literal each
    found = json.loads(capsys.readouterr().out)
    assert found["auc"] > 0.9
    assert set(found["baselines"]) == {"count", "recency", "exp30", "exp90", "geo90", "act_min90", "logit-11"}
    assert {"auc", "ap", "brier", "ece", "new_contacts"} < set(found)


def test_weights_can_be_learnt_and_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = tuple(a_year(tmp_path / name / "log.csv", seed) for seed, name in enumerate(["north", "south"]))
    out = tmp_path / "model.json"
    train(files, out=out, version="mine")
    again = tmp_path / "again.json"
    train(files, out=again, version="mine")
    assert out.read_bytes() == again.read_bytes()
    capsys.readouterr()
    strength(files[0], weights="shipped", model=out, without=("north",))
    assert json.loads(capsys.readouterr().out)["model"] == "mine-without-north+level"
    with pytest.raises(UnreadableFile, match="not among the networks of mine: west"):
        strength(files[0], model=out, without=("west",))


def test_auc_is_the_chance_to_rank_right() -> None:
    truth, score = np.array([True, False, True, False]), np.array([0.9, 0.1, 0.5, 0.5])
    assert auc(truth, score) == 0.875
    assert np.isnan(auc(truth[:1], score[:1]))


def test_average_precision_counts_ties_as_one_step() -> None:
    truth, score = np.array([True, False, True, False]), np.array([0.9, 0.5, 0.5, 0.1])
    assert average_precision(truth, score) == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
