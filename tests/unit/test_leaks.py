"""A run fails where a log holds a token, be it what a test said or a file that a process wrote."""

import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest

from kith.store import tokens
from tests.paths import ROOT

TEXT = tokens.mint(UUID(int=7), tokens.ACCESS)
HARMLESS = f"{tokens.ACCESS}…"
SAYS = "import sys\ndef test_it(tmp_path):\n    {}\n"
WAYS = {
    "said": 'sys.stderr.write("Bearer {}")',
    "logged": 'import logging; logging.warning("Bearer %s", "{}")',
    "in a file": '(tmp_path / "api.log").write_text("Bearer {}")',
}


CASES = [(way, "0", True) for way in WAYS] + [("said", "1", True), ("said", "0", False)]


@pytest.mark.parametrize(("way", "processes", "fails"), CASES)
def test_a_token_in_a_log_fails_the_run(tmp_path: Path, way: str, processes: str, fails: bool) -> None:
    (tmp_path / "conftest.py").write_text("from tests.skips import pytest_sessionfinish\n")
    (tmp_path / "test_it.py").write_text(SAYS.format(WAYS[way].format(TEXT if fails else HARMLESS)))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "xdist.plugin", "-n", processes, str(tmp_path)],
        cwd=tmp_path, env={"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}, capture_output=True,
        text=True,
    )  # fmt: skip
    assert (done.returncode != 0) is fails, done.stdout + done.stderr
    assert ("holds kat_" in done.stdout) is fails
    assert TEXT not in done.stdout
