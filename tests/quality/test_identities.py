"""Identity resolution on real communities by models that have not seen them, and on FEBRL's records."""

import subprocess
import sys

import msgspec
import pytest

from kith.domain.matching import Resolver, shipped
from tests.paths import ROOT, shared
from tests.quality import train_identities as training

shared("data/identities-git")

# Least precision and F1: science.md, C; and twice the pairs that were compared when a fifth of the true ones was not.
COMMUNITIES = {"git": (0.98, 0.96, 2212), "scipy": (0.98, 0.95, 1172), "sympy": (0.98, 0.90, 1130)}


@pytest.mark.parametrize("name", COMMUNITIES)
def test_an_unseen_community_is_resolved_well(name: str) -> None:
    found = training.measured(training.community(name), training.without(name))
    precision, f1, candidates = COMMUNITIES[name]
    assert found.listed.precision >= precision
    assert found.listed.f1 >= f1
    assert found.largest_wrong_cluster <= 15
    assert found.pair_completeness >= 0.95
    assert found.candidates <= candidates


@pytest.mark.parametrize("name", ["febrl1", "febrl4"])
def test_records_are_resolved_well(name: str) -> None:
    assert training.measured(training.records(name), shipped()).listed.f1 >= 0.995


@pytest.mark.parametrize("name", COMMUNITIES)
def test_candidates_grow_with_identities_not_with_their_square(name: str) -> None:
    identities = training.community(name).identities
    assert len(Resolver(identities, shipped()).pairs) <= 3 * len(identities)


def test_the_shipped_model_is_what_training_gives() -> None:
    fitted, committed = training.trained(), shipped()
    assert fitted.weights == pytest.approx(committed.weights, abs=0.02)
    assert (fitted.join, fitted.trained_on) == (committed.join, committed.trained_on)


def test_the_precision_stated_for_automatic_joins_was_reached() -> None:
    assert shipped().precision >= 0.98


def test_the_command_prints_the_measurements() -> None:
    file = shared("data/identities-git/identities.csv.zst")
    command = [sys.executable, "-m", "kith.cli", "evaluate", "identities", str(file), "--errors", "3"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True)
    printed = msgspec.json.decode(done.stdout)
    assert set(printed) == {
        "listed",
        "all",
        "largest_wrong_cluster",
        "candidates",
        "pair_completeness",
        "seconds",
    }
    assert set(printed["listed"]) == {"precision", "recall", "f1", "b3_f1"}
    assert len(done.stderr.splitlines()) == 3
