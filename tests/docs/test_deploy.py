"""deploy/: what is put on servers fits the commands and settings of this version."""

import configparser
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from kith.cli.commands import app
from kith.runtime.settings import load_settings
from tests.paths import ROOT

UNIT = ROOT / "deploy" / "kith.service"
TESTED = {
    "grafana/kith.json": "tests/docs/test_metrics.py",
    "kith.service": "tests/docs/test_deploy.py",
    "prometheus/alerts.yaml": "tests/docs/test_metrics.py",
}
"""Each file, and which tests execute or validate it."""


def test_no_file_is_left_untested() -> None:
    files = {str(path.relative_to(UNIT.parent)) for path in UNIT.parent.rglob("*") if path.is_file()}
    assert files == TESTED.keys()
    for file, test in TESTED.items():
        assert Path(file).name in (ROOT / test).read_text()


def service() -> configparser.SectionProxy:
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # systemd tells capitals apart
    unit.read_string(UNIT.read_text())
    return unit["Service"]


def test_the_unit_starts_a_command_that_exists_with_settings_that_hold() -> None:
    program, *words = shlex.split(service()["ExecStart"])
    assert Path(program).name == "kith"
    _, bound, _ = app.parse_args(words, exit_on_error=False, print_error=False)
    assert bound.arguments == {"demo": False}
    name, _, value = service()["Environment"].partition("=")
    assert load_settings({name: value}).home == Path(f"/var/lib/{service()['StateDirectory']}")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed here")
def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    copy = tmp_path / UNIT.name
    copy.write_text(UNIT.read_text().replace(shlex.split(service()["ExecStart"])[0], "/bin/true"))
    done = subprocess.run(["systemd-analyze", "verify", str(copy)], capture_output=True, text=True, check=False)
    assert str(copy.name) not in done.stderr, done.stderr
