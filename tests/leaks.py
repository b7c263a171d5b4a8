"""No secret of kith is in any log of the suite: neither in what tests log nor in files that processes write."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

#: As kith makes them, with random bits and checksum; not what tests make up.
SECRET = re.compile(rb"k(?:pat|at|rt|ac|as|dc|pr)_[a-z2-7]{40,}")

OF_CLIENTS = re.compile(r"^\w+ +http(?:x2|core2)?[:.].*$", re.MULTILINE)
"""What the tests' own clients log of the addresses that they ask."""


def leaks(session: pytest.Session) -> list[str]:
    """Return a line for each log of this run with a secret in it."""
    return [
        f"{name} holds {found[0][:12].decode()}…" for name, text in _logs(session) if (found := SECRET.search(text))
    ]


def _logs(session: pytest.Session) -> Iterator[tuple[str, bytes]]:
    terminal: Any = session.config.pluginmanager.get_plugin("terminalreporter")
    for reports in terminal.stats.values():
        for report in reports:
            for title, text in getattr(report, "sections", ()):
                if "stderr" in title or "log" in title:
                    yield f"{report.nodeid}: {title}", OF_CLIENTS.sub("", text).encode()
    folders: pytest.TempPathFactory = session.config._tmp_path_factory  # type: ignore[attr-defined]  # it has no other name
    for path in sorted(folders.getbasetemp().rglob("*.log")):
        if path.is_file():
            yield str(path.relative_to(folders.getbasetemp())), path.read_bytes()
