"""Trains the shipped model of asks and rewrites the measurements in docs/asks.md.

Run from the project's root: ``.venv/bin/python -m tests.quality.train_asks``. It needs ``../shared/data``.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from kith.cli.evaluate.asks import evaluation, read
from kith.domain.asks.model import shipped
from kith.domain.asks.parts import NAMED
from kith.domain.asks.training import train
from tests.paths import ROOT, SHARED

SENTENCES = SHARED / "data/asks-email/sentences.csv"
SHIPPED = ROOT / "api/src/kith/domain/asks/model.json"
DOCUMENT = ROOT / "docs/asks.md"
VERSION = "1"


def measured(found: dict[str, Any]) -> Iterator[str]:
    """The rows of the measurements: the model, without each part, and rules."""
    yield _row("the model", found)
    yield from (_row(f"without {part}", each) for part, each in found["without"].items())
    yield from (_row(f"rule: {name}", each) for name, each in found["baselines"].items())


def _row(name: str, found: dict[str, float]) -> str:
    ranking = f"{found['ap']:.3f}" if "ap" in found else ""
    return f"| {name} | {found['f1']:.3f} | {ranking} | {found['precision']:.3f} | {found['recall']:.3f} |"


def parts() -> Iterator[str]:
    """The rows of the weights."""
    model = shipped()
    yield f"| (intercept) | | {model.intercept:+.2f} |"
    for name, meaning in NAMED.items():
        yield f"| {name} | {meaning} | {model.named[name]:+.2f} |"


def main() -> None:
    """Learn from all labeled sentences, write the weights, and how right they are."""
    said, truth = read(SENTENCES)
    SHIPPED.write_bytes(msgspec.json.encode(train(said, truth.tolist(), VERSION)) + b"\n")
    text = DOCUMENT.read_text()
    for marker, rows in (("asks", measured(evaluation(SENTENCES, ablation=True))), ("parts", parts())):
        table = re.compile(rf"(<!-- {marker} -->\n\|.*\n\|[-|]*\n)(?:\|.*\n)*(<!-- /{marker} -->)")
        lines = "".join(f"{row}\n" for row in rows)
        text = table.sub(rf"\1{lines}\2", text)
    DOCUMENT.write_text(text)


if __name__ == "__main__":
    main()
