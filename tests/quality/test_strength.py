"""Predicted contact on the shared sets, each judged with weights that have not seen it."""

from functools import cache
from typing import Any, NamedTuple

import pytest

from kith.cli.evaluate.strength import Log, evaluation, first_contacts, read
from kith.domain.strength.model import shipped
from tests.paths import shared
from tests.quality.asks import interactions

pytestmark = pytest.mark.xdist_group("strength")  # one process: the sets are read once


class Expected(NamedTuple):
    """The least AUC and AP with self-calibrated weights, and the least AUC of shipped ones."""

    split: str
    auc: float
    ap: float
    cold_auc: float


SETS = {
    "email-eu-temporal": Expected("event", 0.840, 0.800, 0.836),
    "enron": Expected("event", 0.843, 0.808, 0.839),
    "mathoverflow": Expected("time", 0.896, 0.328, 0.887),
    "trailers-git": Expected("time", 0.957, 0.540, 0.951),
    "trailers-ovs": Expected("time", 0.957, 0.610, 0.954),
    "git-world": Expected("time", 0.953, 0.510, 0.947),
}
#: Small communities, by both splits: few pairs meet, so only what is promised is judged.
SMALL = [(name, split) for name in ("asks-quantumcomputing", "asks-beer") for split in ("time", "event")]
#: The least AUC with which the same chances foretell any contact at all, handling included.
ANY_CONTACT = {"trailers-git": 0.940, "trailers-ovs": 0.952, "git-world": 0.934}
NEW_CONTACTS = {
    "email-eu-temporal": (0.840, 0.075),
    "enron": (0.780, 0.160),
    "mathoverflow": (0.947, 0.058),
    "trailers-ovs": (0.992, 0.175),
}


def seen(name: str) -> list[str]:
    """The networks whose lessons know a set."""
    if name.startswith("asks-"):
        return []
    return {"git-world": ["trailers-git"]}.get(name, [name])


@cache
def log(name: str) -> Log:
    if name.startswith("asks-"):
        return interactions(shared(f"data/{name}/acts.csv.zst"))
    return read(shared(f"data/{name}/interactions.csv.zst"))


@cache
def result(name: str, weights: str) -> dict[str, Any]:
    return evaluation(log(name), SETS[name].split, weights, shipped().model(seen(name)))


@pytest.mark.parametrize("name", SETS)
def test_calibrated_strength_is_as_good_as_it_was(name: str) -> None:
    found, expected = result(name, "self"), SETS[name]
    assert found["auc"] >= expected.auc
    assert found["ap"] >= expected.ap
    keeps_what_it_promises(found)


def keeps_what_it_promises(found: dict[str, Any]) -> None:
    """The calibration error is small, or at least no greater than that of logit-11."""
    assert found["ece"] <= max(0.03, found["baselines"].get("logit-11", {"ece": 0.0})["ece"])


@pytest.mark.parametrize("name", SETS)
def test_shipped_weights_keep_what_they_promise(name: str) -> None:
    keeps_what_it_promises(result(name, "shipped"))


@pytest.mark.parametrize(("name", "split"), SMALL)
def test_small_communities_are_promised_what_they_keep(name: str, split: str) -> None:
    for weights in ("self", "shipped"):
        keeps_what_it_promises(evaluation(log(name), split, weights, shipped().model()))


@pytest.mark.parametrize("name", SETS)
def test_calibrated_strength_beats_every_baseline(name: str) -> None:
    found = result(name, "self")
    for baseline in found["baselines"].values():
        assert found["auc"] > baseline["auc"]
        assert found["ap"] > baseline["ap"] - 0.001


@pytest.mark.parametrize("name", SETS)
def test_whoever_handles_anothers_work_is_foretold_as_well(name: str) -> None:
    found = result(name, "self")
    assert found["any_contact"]["auc"] >= ANY_CONTACT.get(name, found["auc"])


@pytest.mark.parametrize("name", SETS)
def test_shipped_weights_are_near_calibrated_ones(name: str) -> None:
    cold, own = result(name, "shipped"), result(name, "self")
    assert cold["auc"] >= SETS[name].cold_auc
    assert own["auc"] - cold["auc"] < 0.02


@pytest.mark.parametrize("name", NEW_CONTACTS)
def test_first_contacts_are_foretold_better_than_by_decayed_adamic_adar(name: str) -> None:
    found: dict[str, Any] = first_contacts(log(name), SETS[name].split)
    auc, ap = NEW_CONTACTS[name]
    assert (found["auc"], found["ap"]) >= (auc, ap)
    assert found["ap"] >= ap
    assert found["auc"] > max(each["auc"] for each in found["baselines"].values()) + 0.005
