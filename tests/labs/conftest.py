"""Says at the end of a run which labs ran, and why others did not."""

import pytest

from tests.labs.lab import OUTCOMES


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if OUTCOMES:
        terminalreporter.section("labs")
        for name, outcome in sorted(OUTCOMES.items()):
            terminalreporter.line(f"{name:<14} {outcome}")
