"""What docs/connectors.md and docs/import-format.md show works as it stands there."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from kith.connectors import InteractionKind, Record, TargetKind
from kith.connectors.ndjson import NdjsonConfig, NdjsonConnector
from tests.paths import ROOT
from tests.unit.connectors.contexts import ALONE

CONNECTORS = (ROOT / "docs" / "connectors.md").read_text()
IMPORT_FORMAT = (ROOT / "docs" / "import-format.md").read_text()


def test_the_partners_examples_conform(tmp_path: Path) -> None:
    for name, source in re.findall(r"^`(\w+\.py)`\n\n```python\n(.*?)^```", CONNECTORS, re.MULTILINE | re.DOTALL):
        (tmp_path / name).write_text(source)
    assert {path.name for path in tmp_path.iterdir()} == {
        "kith_forum.py",
        "kith_rolodex.py",
        "test_forum.py",
        "test_rolodex.py",
    }
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(tmp_path),
        str(tmp_path),
    ]
    alone = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, cwd=tmp_path, env=alone, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert "3 passed" in done.stdout


@pytest.mark.parametrize("name", ["kith_rolodex", "kith_forum"])
def test_the_partners_examples_are_typed(tmp_path: Path, name: str) -> None:
    [source] = re.findall(rf"^`{name}.py`\n\n```python\n(.*?)^```", CONNECTORS, re.MULTILINE | re.DOTALL)
    (tmp_path / f"{name}.py").write_text(source)
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--no-incremental",
        "--cache-dir",
        str(tmp_path),
        f"{name}.py",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


async def test_the_example_file_is_read_whole_and_shows_every_kind_of_record(tmp_path: Path) -> None:
    facts, said = re.findall(r"```ndjson\n(.*?)```", IMPORT_FORMAT, re.DOTALL)
    path = tmp_path / "example.ndjson"
    path.write_text(facts + said)
    [page] = [page async for page in NdjsonConnector().pull(NdjsonConfig(str(path), statements=True), None, ALONE)]
    assert page.skipped == ()
    assert {type(record) for record in page.records} == set(get_args(Record))
    assert len(page.statements) == said.count("\n")
    [page] = [page async for page in NdjsonConnector().pull(NdjsonConfig(str(path)), None, ALONE)]
    assert {skip.code for skip in page.skipped} == {"statement"}
    assert (len(page.skipped), page.statements) == (said.count("\n"), ())


def test_the_program_that_writes_a_file_writes_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    [source] = re.findall(r"```python\n(.*?)```", IMPORT_FORMAT, re.DOTALL)
    exec(compile(source, "import-format.md", "exec"), {})
    assert (tmp_path / "calls.ndjson.zst").stat().st_size > 0


def test_every_field_and_kind_is_described_under_its_record() -> None:
    sections = dict(re.findall(r"^### `(\w+)`\n(.*?)(?=^##)", IMPORT_FORMAT, re.MULTILINE | re.DOTALL))
    for record in get_args(Record):
        section = sections[record.__struct_config__.tag]
        rows = " ".join(re.findall(r"^\| (.*?) \|", section, re.MULTILINE))
        assert set(re.findall(r"`(\w+)`", rows)) == set(record.__struct_fields__)
        for field in msgspec.structs.fields(record):
            assert not (field.required and f"`{field.name}`" not in rows)
    for word in (*get_args(InteractionKind), *get_args(TargetKind)):
        assert f"`{word}`" in sections["interaction"]
