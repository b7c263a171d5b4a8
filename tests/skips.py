"""What is wrong with a whole run: a test skipped for want of an installed program, a secret in a log, a statement."""

import os
import shutil
from collections.abc import Iterable

import pytest

from tests import statements
from tests.citus import wrong_statements
from tests.leaks import leaks

#: What a reason calls a program, and the commands that it goes by.
PROGRAMS = {"Chromium": ("chromium", "chromium-browser"), "curl": ("curl",), "systemd": ("systemd-analyze",)}


def in_vain(skipped: Iterable[tuple[str, str]]) -> list[str]:
    """Return a line for each test whose reason names a program that is installed. skipped: tests with reasons."""
    installed = {name for name, commands in PROGRAMS.items() if any(map(shutil.which, commands))}
    return [
        f"{test} was skipped ({reason}), but {name} is installed"
        for test, reason in skipped
        for name in sorted(installed)
        if f"{name} is" in reason
    ]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the whole run where a test was skipped in vain, a secret logged, or a statement not fit for nodes."""
    terminal = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("STATEMENTS"):
        statements.keep(session)
    if terminal is None:  # one of several processes: the first has all reports
        return
    wrong = in_vain((report.nodeid, str(report.longrepr)) for report in terminal.stats.get("skipped", ()))
    wrong += leaks(session)
    if os.environ.get("STATEMENTS"):
        wrong += wrong_statements(statements.kept(session))
    if wrong:
        terminal.write_line("\n" + "\n".join(wrong), red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
