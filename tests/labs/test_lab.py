"""The frame itself: what does not start is named, what runs is ended."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.labs import lab as labs
from tests.labs.lab import Unavailable, free_port, lab, running

_LISTENS = """
import socket, sys, time
with socket.create_server(("127.0.0.1", int(sys.argv[1]))):
    time.sleep(60)
"""


def test_a_server_listens_and_is_gone_afterwards(tmp_path: Path) -> None:
    port = free_port()
    with running([sys.executable, "-c", _LISTENS, str(port)], port, tmp_path / "log") as process:
        assert process.poll() is None
    assert process.returncode is not None


def test_what_ends_at_once_says_why(tmp_path: Path) -> None:
    ends = [sys.executable, "-c", "import sys; sys.exit('no room')"]
    with pytest.raises(Unavailable, match="ends with 1: no room"), running(ends, free_port(), tmp_path / "log"):
        pass


def test_a_lab_that_cannot_be_started_is_skipped_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def nothing() -> Iterator[None]:
        raise Unavailable("it is sold out")
        yield

    outcomes: dict[str, str] = {}
    monkeypatch.setattr(labs, "OUTCOMES", outcomes)
    with (
        pytest.raises(pytest.skip.Exception, match="Toaster cannot be started: it is sold out"),
        lab("Toaster", nothing()),
    ):
        pass
    assert outcomes == {"Toaster": "it is sold out"}
