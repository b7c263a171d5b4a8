"""Words that were given up stay away: import paths that moved, wire words that were renamed, British spelling."""

import json
import re
from pathlib import Path

import pytest

from tests.paths import ROOT

HERE = Path(__file__)

#: What moved when the house got its floors.
PATHS = [
    "kith.api." + name
    for name in (
        "auth", "cli", "coverage", "demo", "edge", "idempotency", "ids", "inputs", "kinds", "logs", "paging",
        "problems", "revisions", "shapes", "transactions", "turns",
    )
] + [
    "kith.store." + name
    for name in ("job_list", "ledger", "merges", "settings", "survey", "syncs", "thresholds")
] + ["kith.domain." + name for name in ("organizations", "strength.ledger", "survey")]  # fmt: skip

#: Schemas, paths and fields that clients no longer see.
WIRE = [
    "Alive", "Balance", "Cited", "Circle", "Effect", "Hidden", "Meeting", "OneOfMany", "Pair", "Part", "Place", "Ready",
    "Side", "Subject", "SuggestionDecide", "SuggestionsDecide", "Thread",
]  # fmt: skip
GONE = ["/v1/community-events"]

BRITISH = re.compile(
    r"reauthoris|behaviour|neighbour|colour|organis(?:e|ation)|normalis|labelled|judgement"
    r"|\bcancelled\b(?!\(\))"  # as Python asks a future
    r"|\bcentre\b|\blicence\b|favour",
    re.IGNORECASE,
)
#: What read as if it were translated.
STILTED = re.compile(r"\banew\b|\bhasten|\bwhomever\b|\bwithout more\b", re.IGNORECASE)
#: Words of networks and languages, not ours; and migrations, which never change.
FOREIGN = (
    "migrations/",
    "quotes.py",
    "vocabulary.py",
    "messages.py",
    "/words.py",
    "meetings.py",
    "test_calendar.py",
    "cases",
    "assets/",
    "test_migrate.py",
)


def sources() -> list[Path]:
    roots = ("api/src", "connectors/src", "workers/src", "tests", "docs")
    found = [file for root in roots for kind in ("*.py", "*.md") for file in (ROOT / root).rglob(kind)]
    ours = [*found, ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
    return [file for file in ours if file != HERE and "node_modules" not in file.parts]


def document() -> dict[str, object]:
    found: dict[str, object] = json.loads((ROOT / "openapi" / "kith.json").read_text())
    return found


@pytest.mark.parametrize("path", PATHS)
def test_an_old_import_path_is_gone(path: str) -> None:
    parent, _, name = path.rpartition(".")
    old = re.compile(rf"{re.escape(path)}\b(?!/)|from {re.escape(parent)} import .*\b{name}\b")
    assert [str(file.relative_to(ROOT)) for file in sources() if old.search(file.read_text())] == []


def test_old_words_of_the_wire_are_gone() -> None:
    text = json.dumps(document())
    assert [word for word in WIRE if f'"#/components/schemas/{word}"' in text] == []
    assert [path for path in GONE if path in text] == []


@pytest.mark.parametrize("words", [BRITISH, STILTED], ids=["British", "stilted"])
def test_words_are_plain_and_american(words: re.Pattern[str]) -> None:
    found = [
        f"{file.relative_to(ROOT)}: {match[0]}"
        for file in sources()
        if not any(part in str(file) for part in FOREIGN)
        for match in words.finditer(file.read_text())
    ]
    assert found == []
