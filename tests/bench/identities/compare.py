"""kith beside SortingHat's matcher: the real communities and synthetic ones; rewrites the table in docs/identities.md.

``.venv/bin/python -m tests.bench.identities.compare [SIZE ...]`` (default 100000). SortingHat is installed from PyPI
into a temporary environment, without the MySQL driver and the web server that its package asks for, which its engine
does not use. kith runs in a process of its own too, with a model that has not seen the community. A run that fails or
needs more than half an hour is reported as such.
"""

import gc
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Hashable, Sequence
from pathlib import Path

import msgspec

from kith.cli.evaluate.identities import KnownIdentities, read
from kith.domain.matching import Model, Resolver, shipped
from kith.domain.matching.measures import measure
from tests.bench.identities import generate
from tests.paths import SHARED
from tests.quality import train_identities as training

_NEEDS = [
    "Django>=5.2,<6",
    "PyJWT>=2.4,<3",
    "django-graphql-jwt>=0.4,<0.5",
    "django-rq>=3.1,<4",
    "django-treebeard>=4.5.1,<5",
    "graphene-django>=3.2.3,<4",
    "grimoirelab-toolkit>=0.3",
    "pandas>=2.2,<3",
    "requests>=2.7,<3",
    "rq>=2.5,<3",
    "zstandard",
]
_LIMIT = 1800.0  # seconds


def main(sizes: Sequence[int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        python = install(Path(folder) / "sortinghat")
        rows = [
            row(name, SHARED / f"data/identities-{name}/identities.csv.zst", training.without(name), python)
            for name in training.COMMUNITIES
        ]
        for size in sizes:
            file = Path(folder) / f"{size}.csv.zst"
            generate.main(size, file)
            rows.append(row(f"synthetic {size:,}", file, shipped(), python))
    lines = [
        "| set | kith: P / R / F1 | kith: CPU s | kith: GB | SortingHat: P / R / F1 | SortingHat: CPU s |",
        "|---|---|---|---|---|---|",
        *rows,
    ]
    text = training.DOCS.read_text()
    block = "<!-- bench -->\n" + "\n".join(lines) + "\n<!-- /bench -->"
    training.DOCS.write_text(re.sub("<!-- bench -->.*<!-- /bench -->", block, text, flags=re.DOTALL))
    print("\n".join(lines))


def install(folder: Path) -> str:
    venv.create(folder, with_pip=True)
    python = str(folder / "bin/python")
    for arguments in (["--no-deps", "sortinghat"], _NEEDS):
        subprocess.run([python, "-m", "pip", "install", "--quiet", *arguments], check=True)
    return python


def row(name: str, file: Path, model: Model, python: str) -> str:
    known = read(file)
    with tempfile.NamedTemporaryFile() as weights:
        weights.write(msgspec.json.encode(model))
        weights.flush()
        ours = _run([sys.executable, "-m", "tests.bench.identities.compare", "--kith", str(file), weights.name])
    theirs = _run([python, str(Path(__file__).with_name("sortinghat_matcher.py")), str(file)])
    gigabytes = f"{ours['gigabytes']:.1f}" if ours else "-"
    return f"| {name} | {_quality(known, ours)} | {gigabytes} | {_quality(known, theirs)} |"


def _run(command: list[str]) -> dict[str, list[int] | float] | None:
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=_LIMIT)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as failure:
        print(failure, file=sys.stderr)
        return None
    found: dict[str, list[int] | float] = json.loads(done.stdout)
    return found


def _quality(known: KnownIdentities, found: dict[str, list[int] | float] | None) -> str:
    if found is None or not isinstance(labels := found["labels"], list):
        return "did not finish | -"
    curated = [position for position, listed in enumerate(known.listed) if listed]
    true: list[Hashable] = [known.persons[position] for position in curated]
    ratios = measure([labels[position] for position in curated], true)
    return f"{ratios.precision:.3f} / {ratios.recall:.3f} / {ratios.f1:.3f} | {found['seconds']:.2f}"


def kith(file: Path, model: Path) -> None:
    """Print each identity's label, the CPU seconds from identities to persons, and the peak memory of the process."""
    gc.disable()  # as `kith evaluate` does
    known = read(file)
    weights = msgspec.json.decode(model.read_bytes(), type=Model)
    started = time.process_time()
    resolution = Resolver(known.identities, weights).resolve()
    seconds = time.process_time() - started
    label = {member: number for number, members in enumerate(resolution.persons) for member in members}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20  # reported in KiB
    labels = [label[identity.id] for identity in known.identities]
    json.dump({"labels": labels, "seconds": seconds, "gigabytes": peak}, sys.stdout)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--kith"]:
        kith(*map(Path, sys.argv[2:]))
    else:
        main([int(size) for size in sys.argv[1:]] or [100_000])
