"""Who introduced two people is told by their contact before."""

from pathlib import Path

import pytest

from kith.cli.evaluate.files import UnreadableFile
from kith.cli.evaluate.introducers import evaluation
from kith.domain.introductions import worth
from tests.paths import shared


def test_the_introducer_is_named_first_or_among_three() -> None:
    found = evaluation(shared("data/enron/interactions.csv.zst"))
    assert found["introductions"] >= 50
    assert found["hit1"] >= 0.58
    assert found["hit3"] >= 0.89
    assert all(found["hit1"] > each["hit1"] for each in found["baselines"].values())


def test_who_is_in_balanced_contact_with_both_is_named(tmp_path: Path) -> None:
    """Ada knows both well, bo the one alone well; ada writes to both, and they meet."""
    rows = [(day, "ada", who, f"a{day}{who}") for day in range(1, 6) for who in ("x", "y")]
    rows += [(day, "bo", who, f"b{day}{who}") for day in range(1, 6) for who in ("x",)]
    rows += [(5, "bo", "y", "late"), (6, "ada", "x", "both"), (6, "ada", "y", "both"), (9, "x", "y", "met")]
    file = tmp_path / "mail.csv"
    file.write_text("ts,src,dst,message\n" + "".join(f"{day * 86400},{a},{b},{m}\n" for day, a, b, m in rows))
    found = evaluation(file)
    assert (found["introductions"], found["hit1"], found["candidates"]) == (1, 1.0, 2.0)
    file.write_text("ts,src,dst,message\n1,ada,bo,1\n")
    with pytest.raises(UnreadableFile, match="no introduction"):
        evaluation(file)


def test_a_path_is_worth_less_with_each_hop_beyond_two() -> None:
    assert worth([4.0, 1.0]) == pytest.approx(2.0)
    assert worth([2.0, 2.0, 2.0]) == pytest.approx(1.4)
    assert worth([9.0, 0.0]) == 0.0
