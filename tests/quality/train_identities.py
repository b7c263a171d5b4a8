"""Trains the shipped identity model and rewrites the measurements in docs/identities.md.

Run from the project's root: ``.venv/bin/python -m tests.quality.train_identities``. It needs ``../shared/data``.
"""

import re
import time
from collections.abc import Sequence
from functools import cache

import msgspec

from kith.cli.evaluate.identities import Evaluation, KnownIdentities, evaluate, read
from kith.domain.matching import Identity, Model, Resolver
from kith.domain.matching.training import Labeled, train
from tests.paths import ROOT, SHARED
from tests.quality import febrl

COMMUNITIES = ("git", "scipy", "sympy")
SHIPPED = ROOT / "api/src/kith/domain/matching/model.json"
DOCS = ROOT / "docs/identities.md"
VERSION = "6"


@cache
def community(name: str) -> KnownIdentities:
    return read(SHARED / f"data/identities-{name}/identities.csv.zst")


@cache
def records(name: str) -> KnownIdentities:
    """FEBRL1 and FEBRL3 hold duplicates in one file, FEBRL4 is two files to link."""
    identities, persons = febrl.two_files() if name == "febrl4" else febrl.one_file(int(name[-1]))
    return KnownIdentities(identities, persons, [True] * len(identities))


@cache
def trained() -> Model:
    """Train the model to ship: on all communities, and on FEBRL3 for what only records show."""
    return train([labeled(name) for name in COMMUNITIES], [Labeled("febrl3", *_truth(records("febrl3")))], VERSION)


@cache
def without(name: str) -> Model:
    """Train on all communities but `name`."""
    return train([labeled(other) for other in COMMUNITIES if other != name], [], VERSION)


def labeled(name: str) -> Labeled:
    return Labeled(name, *_truth(community(name)))


def _truth(known: KnownIdentities) -> tuple[list[Identity], list[str | None]]:
    persons = [person if listed else None for person, listed in zip(known.persons, known.listed, strict=True)]
    return known.identities, persons


def measured(known: KnownIdentities, model: Model) -> Evaluation:
    started = time.perf_counter()
    resolver = Resolver(known.identities, model)
    resolution = resolver.resolve()
    return evaluate(known, resolver, resolution, time.perf_counter() - started)


def table() -> list[str]:
    """The rows of the measurements: each community by a model that has not seen it, FEBRL by the shipped one."""
    shipped = trained()
    rows = [(name, community(name), without(name)) for name in COMMUNITIES]
    rows += [(name, records(name), shipped) for name in ("febrl1", "febrl4")]
    lines = [
        "| set | identities | precision | recall | F1 | B-cubed | largest wrong | candidates | pairs found | seconds |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    return lines + [_row(name, known, measured(known, model)) for name, known, model in rows]


def _row(name: str, known: KnownIdentities, found: Evaluation) -> str:
    listed = found.listed
    ratios = (listed.precision, listed.recall, listed.f1, listed.b3_f1)
    cells: Sequence[object] = (
        name,
        f"{len(known.identities):,}",
        *(f"{ratio:.4f}" for ratio in ratios),
        found.largest_wrong_cluster,
        f"{found.candidates:,}",
        f"{found.pair_completeness:.3f}",
        f"{found.seconds:.2f}",
    )
    return f"| {' | '.join(map(str, cells))} |"


def weights(model: Model) -> list[str]:
    lines = ["| feature | weight (nats) |", "|---|---|", f"| intercept | {model.intercept:+.2f} |"]
    return lines + [f"| {name} | {weight:+.2f} |" for name, weight in model.weights.items()]


def main() -> None:
    model = trained()
    SHIPPED.write_bytes(msgspec.json.format(msgspec.json.encode(model), indent=2) + b"\n")
    text = DOCS.read_text()
    for mark, lines in (("measured", table()), ("weights", weights(model))):
        block = f"<!-- {mark} -->\n" + "\n".join(lines) + f"\n<!-- /{mark} -->"
        text = re.sub(f"<!-- {mark} -->.*<!-- /{mark} -->", block, text, flags=re.DOTALL)
        print("\n".join(lines))
    DOCS.write_text(text)


if __name__ == "__main__":
    main()
