"""``kith evaluate communities`` and ``roles`` on small files."""

import json
from pathlib import Path

import numpy as np
import pytest

from kith.cli.evaluate.communities import communities, read_graph
from kith.cli.evaluate.files import UnreadableFile
from kith.cli.evaluate.roles import roles

CIRCLES = [(a, b) for group in ("abcd", "efgh") for a in group for b in group if a < b]


def written(path: Path, header: str, rows: list[str]) -> Path:
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def test_communities_are_compared_with_known_groups(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edges = written(tmp_path / "edges.csv", "src,dst,weight", [*(f"{a},{b},2" for a, b in CIRCLES), "d,e,1", "a,a,1"])
    groups = written(
        tmp_path / "groups.csv", "id,group", [*(f"{i},one" for i in "abcd"), *(f"{i},two" for i in "efghx")]
    )
    communities(edges, groups)
    found = json.loads(capsys.readouterr().out)
    assert (found["nmi"], found["ari"], found["communities"], found["compared"]) == (1.0, 1.0, 2, 8)


def test_interactions_count_as_ties(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edges = written(tmp_path / "contacts.csv", "ts,a,b", [f"{i},{a},{b}" for i, (a, b) in enumerate(CIRCLES)])
    groups = written(tmp_path / "groups.csv", "id,group", ["a,1", "e,2"])
    communities(edges, groups)
    assert json.loads(capsys.readouterr().out)["ties"] == len(CIRCLES)


def test_interactions_of_one_day_are_one_day_of_contact(tmp_path: Path) -> None:
    rows = ["0,a,b", "60,b,a", "86400,a,b", "0,b,c"]
    graph = read_graph(written(tmp_path / "contacts.csv", "ts,a,b", rows))
    assert graph.days is not None
    assert (graph.pairs()[2].tolist(), graph.reweighted(graph.days).pairs()[2].tolist()) == ([3.0, 1.0], [2.0, 1.0])


def test_groups_of_strangers_are_an_error(tmp_path: Path) -> None:
    edges = written(tmp_path / "edges.csv", "a,b", ["a,b"])
    groups = written(tmp_path / "groups.csv", "id,group", ["z,1"])
    with pytest.raises(UnreadableFile, match="none of its people"):
        communities(edges, groups)


def test_roles_leave_out_what_a_file_cannot_tell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    random = np.random.default_rng(0)
    rows = [f"{i * 1000},{a},{b}" for i, (a, b) in enumerate(random.integers(0, 30, (300, 2)))]
    roles(written(tmp_path / "mail.csv", "ts,src,dst", rows))
    found = json.loads(capsys.readouterr().out)
    assert found["maven"] is None
    assert found["experts"] is None
    assert 0 <= found["connector"]["auc_top_decile"] <= 1


def test_what_cannot_be_measured_is_null(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    roles(written(tmp_path / "short.csv", "ts,src,dst,kind,area", ["1,a,b,review,docs", "2,b,a,review,docs"]))
    found = json.loads(capsys.readouterr().out)
    assert found["connector"]["auc_top_decile"] is None
    assert found["maven"]["auc"] is None
    assert found["experts"]["hit3"] is None


def test_the_usual_helper_of_an_area_is_asked_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        f"{i * 86400},{helper},asker{i},reviewed-by,{area}" for i in range(40) for helper, area in [("ada", "docs")]
    ]
    rows += [f"{i * 86400 + 5},bo,asker{i},reviewed-by,tests" for i in range(40)]
    roles(written(tmp_path / "reviews.csv", "ts,src,dst,kind,area", rows))
    found = json.loads(capsys.readouterr().out)
    assert (found["experts"]["hit1"], found["experts"]["requests"]) == (1.0, 16)


def test_a_file_of_people_talking_to_themselves_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="no interaction between two people"):
        roles(written(tmp_path / "self.csv", "ts,src,dst", ["1,a,a"]))
