"""A run fails where a test was skipped for want of a program that is installed, and prints each reason."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.paths import ROOT

TEST = 'import pytest\ndef test_it() -> None:\n    pytest.skip("{}")\n'


@pytest.mark.parametrize("processes", ["0", "1"])
@pytest.mark.parametrize(("reason", "fails"), [("systemd is not installed here", True), ("no Sun is up", False)])
def test_a_skip_in_vain_fails_the_run(tmp_path: Path, reason: str, fails: bool, processes: str) -> None:
    (tmp_path / "conftest.py").write_text("from tests.skips import pytest_sessionfinish\n")
    (tmp_path / "test_it.py").write_text(TEST.format(reason))
    program = tmp_path / "systemd-analyze"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rs", "-n", processes, "-p", "no:cacheprovider", str(tmp_path)],
        cwd=tmp_path, env={"PATH": f"{tmp_path}:/usr/bin:/bin", "PYTHONPATH": str(ROOT)}, capture_output=True,
        text=True,
    )  # fmt: skip
    assert reason in done.stdout
    assert (done.returncode != 0) is fails, done.stdout + done.stderr
    assert ("but systemd is installed" in done.stdout) is fails
