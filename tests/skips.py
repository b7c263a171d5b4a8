"""What is wrong with a whole run: a test skipped for want of a program that is installed, a secret in a log."""

import shutil
from collections.abc import Iterable

import pytest

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
    """Fail the whole run where a test was skipped in vain, or a secret was logged."""
    terminal = session.config.pluginmanager.get_plugin("terminalreporter")
    if terminal is None:  # one of several processes: the first has all reports
        return
    wrong = in_vain((report.nodeid, str(report.longrepr)) for report in terminal.stats.get("skipped", ()))
    wrong += leaks(session)
    if wrong:
        terminal.write_line("\n" + "\n".join(wrong), red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
