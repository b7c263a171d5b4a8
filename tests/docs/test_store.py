"""Every table is described."""

import re

from tests.paths import ROOT

MIGRATIONS = ROOT / "api/src/kith/store/migrations"


def test_each_table_is_described_in_the_page_on_the_store() -> None:
    page = (ROOT / "docs/store.md").read_text()
    described = {
        name for row in re.findall(r"^\| (`.*?) \|", page, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)
    }
    made = {
        name
        for file in MIGRATIONS.glob("*.sql")
        for name in re.findall(r"^CREATE TABLE (?:IF NOT EXISTS )?(\w+)", file.read_text(), re.MULTILINE)
    }
    renamed = [
        names
        for file in sorted(MIGRATIONS.glob("*.sql"))
        for names in re.findall(r"^ALTER TABLE (\w+) RENAME TO (\w+);", file.read_text(), re.MULTILINE)
    ]
    for old, new in renamed:
        made = made - {old} | {new}
    assert made
    assert made <= described, f"docs/store.md does not describe {sorted(made - described)}"


def test_each_temporary_table_is_on_the_page_on_the_store() -> None:
    page = (ROOT / "docs/store.md").read_text().split("## Temporary tables and locks")[1].split("## Laws")[0]
    listed = {name for row in re.findall(r"^\| (`.*?) \|", page, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
    code = "\n".join(file.read_text() for file in (ROOT / "api/src/kith/store").glob("*.py"))
    made = set(re.findall(r"CREATE TEMPORARY TABLE (?:IF NOT EXISTS )?([a-z]\w*)", code))
    made |= set(re.findall(r'_stage\(\s*"(\w+)"', code))
    assert listed == made


def test_advisory_locks_are_taken_in_one_place() -> None:
    others = [
        file.name
        for file in (ROOT / "api/src/kith/store").glob("*.py")
        if "advisory_xact" in file.read_text() and file.name != "locks.py"
    ]
    assert others == []
