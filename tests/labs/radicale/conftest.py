from collections.abc import Iterator

import pytest

from tests.labs.lab import lab
from tests.labs.radicale.server import Radicale, radicale


@pytest.fixture(scope="module")
def server() -> Iterator[Radicale]:
    with lab("Radicale", radicale()) as started:
        yield started
