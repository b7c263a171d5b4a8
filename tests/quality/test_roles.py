"""Mavens, connectors and whom to ask: named from the past, judged by the future."""

from functools import cache
from typing import Any

import pytest

from kith.cli.evaluate.roles import connectors, experts, mavens, read_acts, split_of
from kith.domain.roles.acts import Acts
from tests.paths import shared

MAVENS = {"mathoverflow": 0.93, "trailers-git": 0.67, "trailers-ovs": 0.721}
CONNECTORS = {"email-eu-temporal": 0.948, "enron": 0.813}
EXPERTS = {"trailers-git": (0.68, 0.61), "trailers-ovs": (0.77, 0.65)}


@cache
def known(name: str) -> tuple[Acts, Any, float]:
    everything, requests = read_acts(shared(f"data/{name}/interactions.csv.zst"))
    return everything, requests, split_of(everything)


@pytest.mark.parametrize("name", MAVENS)
def test_mavens_go_on_helping(name: str) -> None:
    everything, _, split = known(name)
    found = mavens(everything, everything.helps(), split)
    assert found["ndcg50"] >= MAVENS[name]
    assert all(found["ndcg50"] >= rival["ndcg50"] - 0.01 for rival in found["baselines"].values())


@pytest.mark.parametrize("name", CONNECTORS)
def test_connectors_stay_between_others(name: str) -> None:
    everything, _, split = known(name)
    found = connectors(everything, split)
    assert found["auc_top_decile"] >= CONNECTORS[name]
    assert found["auc_top_decile"] >= found["baselines"]["effective_size"]["auc_top_decile"]


@pytest.mark.parametrize("name", EXPERTS)
def test_a_real_helper_is_among_the_first_three_to_ask(name: str) -> None:
    everything, requests, split = known(name)
    found, (hit3, mrr) = experts(everything.helps(), requests, split), EXPERTS[name]
    assert found["hit3"] >= hit3
    assert found["mrr"] >= mrr
    assert all(found["hit3"] >= rival["hit3"] for rival in found["baselines"].values())
