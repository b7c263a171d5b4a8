"""The conformance kit as a plugin of pytest, for the repositories of those who write connectors."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from kith.connectors.testing import FakeClock, Verdict


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("kith").addoption(
        "--kith-verdicts",
        metavar="FOLDER",
        help="Keep what the kit finds of each connector in a folder, or 'beside' its module, from where kith shows it.",
    )


def pytest_configure(config: pytest.Config) -> None:
    if folder := config.getoption("--kith-verdicts", default=None):
        from kith.connectors.testing import _kit

        _kit.VERDICTS.append(Path(folder))


@pytest.fixture
def kith_check() -> "Callable[..., Verdict]":
    """The conformance kit, to be called as ``check_connector``, from a test that is no coroutine."""
    import asyncio

    from kith.connectors.testing import check_connector

    def check(*given: Any, **more: Any) -> "Verdict":
        return asyncio.run(check_connector(*given, **more))

    return check


@pytest.fixture
def fake_clock() -> "FakeClock":
    """A clock that a test sets: sleeping moves it on and takes no time."""
    from kith.connectors.testing import FakeClock

    return FakeClock()
