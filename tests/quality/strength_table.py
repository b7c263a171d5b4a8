"""Rewrites the measurements in docs/strength.md and docs/trust.md.

Run from the project's root: ``.venv/bin/python -m tests.quality.strength_table``. It needs ``../shared/data``.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from kith.cli.evaluate.strength import evaluation, first_contacts
from kith.cli.evaluate.trust import in_folds, in_time_order
from kith.domain.strength.features import FEATURES
from kith.domain.strength.model import shipped
from tests.paths import ROOT, SHARED
from tests.quality.test_strength import SETS, SMALL, log, seen


def main() -> None:
    """Measure everything and write it between the markers of the two documents."""
    splits = [(name, expected.split) for name, expected in SETS.items()] + SMALL
    strength = [_strength(name, split) for name, split in splits if name != "asks-beer"]  # three meet there, or four
    first = [
        _first(name, first_contacts(log(name), expected.split))
        for name, expected in SETS.items()
        if name != "git-world"  # millions of candidates and few who meet
    ]
    _write("docs/strength.md", "measured", strength)
    _write("docs/strength.md", "first", first)
    _write("docs/strength.md", "weights", _weights())
    ratings: dict[str, dict[str, Any]] = {
        "bitcoin-otc, later from earlier": in_time_order(SHARED / "data/bitcoin-otc/ratings.csv.zst"),
        "advogato-2000, ten folds": in_folds(SHARED / "data/advogato-2000/certifications.csv.zst", seed=0),
    }
    _write("docs/trust.md", "measured", (_trust(name, found) for name, found in ratings.items()))
    windows: Any = next(iter(ratings.values()))["windows"]
    _write("docs/trust.md", "windows", (_window(number, found) for number, found in enumerate(windows, 1)))


def _strength(name: str, split: str) -> str:
    start = shipped().model(seen(name))
    own: dict[str, Any] = evaluation(log(name), split, "self", start)
    cold: dict[str, Any] = evaluation(log(name), split, "shipped", start)
    best = max(own["baselines"].items(), key=lambda item: float(item[1]["auc"]))
    cells = [own["auc"], own["ap"], own["brier"], own["ece"], cold["auc"], cold["ece"]]
    numbers = " | ".join(f"{cell:.3f}" for cell in cells)
    others = f"{best[1]['auc']:.3f} / {best[1]['ap']:.3f} ({best[0]})"
    eleven, contact = own["baselines"]["logit-11"]["ece"], own["any_contact"]
    return (
        f"| {name}, by {split} | {own['pairs']:,} | {numbers} | {others} | {eleven:.3f} "
        f"| {contact['auc']:.3f} / {contact['ap']:.3f} |"
    )


def _first(name: str, found: dict[str, Any]) -> str:
    base = found["baselines"]["adamic_adar_90 x activity"]
    return (
        f"| {name} | {found['pairs']:,} | {found['met']:,} | {found['auc']:.3f} | {found['ap']:.3f} "
        f"| {base['auc']:.3f} / {base['ap']:.3f} |"
    )


def _weights() -> Iterable[str]:
    model = shipped().model()
    yield f"| (intercept) | | {model.intercept:+.2f} |"
    for feature in FEATURES:
        yield f"| {feature.name} | {feature.meaning} | {model.weights[feature.name]:+.2f} |"


def _trust(name: str, found: dict[str, Any]) -> str:
    plain = found["baselines"]["bias model"]
    return (
        f"| {name} | {found['ratings']:,} | {found['auc']:.3f} | {found['rmse']:.3f} "
        f"| {plain['auc']:.3f} / {plain['rmse']:.3f} |"
    )


def _window(number: int, found: dict[str, Any]) -> str:
    plain = found["bias model"]
    return f"| {number} | {found['auc']:.3f} / {plain['auc']:.3f} | {found['rmse']:.4f} / {plain['rmse']:.4f} |"


def _write(document: str, marker: str, rows: Iterable[str]) -> None:
    path: Path = ROOT / document
    table = re.compile(rf"(<!-- {marker} -->\n\|.*\n\|[-|]*\n)(?:\|.*\n)*(<!-- /{marker} -->)")
    text, times = table.subn(lambda found: found[1] + "".join(f"{row}\n" for row in rows) + found[2], path.read_text())
    if times != 1:
        raise ValueError(f"{document}: no table between the markers {marker}")
    path.write_text(text)


if __name__ == "__main__":
    main()
