"""The example frontend: it is built as its README says, served from another origin, and used in a real Chromium."""

import json
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx2
import pytest

from kith.store.db import workspace
from kith.store.tokens import create_token
from tests.conformance.node import NPM, install, run
from tests.conformance.oauth.conftest import Served
from tests.conformance.pages.chromium import CHROMIUM, drive

HERE = Path(__file__).parent
SCOPES = ["communities:read", "people:read", "relationships:read", "interactions:read", "interactions:text:read"]
SHAPES = ("wide-light", "phone-dark")
pytestmark = pytest.mark.timeout(300)


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve the files of a folder at an origin of its own, as any web server would."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
async def built() -> Path:
    """The folder with the page, made by the commands of its README."""
    install(HERE)
    for step in ("client", "check", "build"):
        await run(*NPM, "run", "--silent", step, cwd=HERE)
    return HERE / "dist"


async def register(served: Served, origin: str) -> str:
    """Register the page as an admin does, by the API; return its client id."""
    home = served.town.workspace_id
    async with workspace(served.pool, home) as db:
        token = await create_token(db, home, "operator", ["apps:write", *SCOPES])
    wanted = {
        "name": "Community map", "kind": "browser", "scopes": SCOPES, "redirect_uris": [f"{origin}/"],
        "origins": [origin],
    }  # fmt: skip
    async with httpx2.AsyncClient(base_url=served.issuer, headers={"Authorization": f"Bearer {token}"}) as http:
        answer = await http.post("/v1/apps", json=wanted)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


@pytest.fixture(scope="module")
async def told(served: Served, built: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Any]:
    """What a member saw of it."""
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed")
    with serving(built) as origin:
        client_id = await register(served, origin)
        (built / "config.json").write_text(json.dumps({"issuer": served.issuer, "client_id": client_id}))
        asked = {
            "page": f"{origin}/", "base": served.issuer, "client_id": client_id, "person": "Ada", "other": "Cyd",
            "links": {shape: f"{served.issuer}{await served.link()}" for shape in SHAPES},
            "pictures": os.environ.get("PICTURES") or str(tmp_path_factory.mktemp("pictures")),
        }  # fmt: skip
        yield await drive("frontend.mjs", asked)


async def test_it_compiles_strictly_and_is_small(built: Path) -> None:
    assert (built / "main.js").stat().st_size < 100_000
    assert sum(len(path.read_text().splitlines()) for path in (HERE / "src").iterdir()) < 400


async def test_everybody_can_use_it_and_it_asks_nobody_else(told: Any) -> None:
    assert told["findings"] == []
    assert told["complaints"] == []
    assert len(told["seen"]) == 5 * len(SHAPES)


@pytest.mark.parametrize("shape", SHAPES)
async def test_a_member_sees_a_community_its_people_and_why_two_are_close(told: Any, shape: str) -> None:
    notes = told["notes"][shape]
    assert "code=" not in notes["address"]
    assert notes["drawn"] == len(notes["people"]) == 6
    assert notes["ties"] > 0
    assert "6" in notes["summary"]
    *parts, together = map(float, notes["parts"])
    assert together == pytest.approx(sum(parts), abs=0.005 * len(notes["parts"]))
    assert "%" in notes["strength"]
    assert notes["evidence"] > 0
    assert any(path.endswith("/map") for path in notes["asks"])


@pytest.mark.parametrize("shape", SHAPES)
async def test_what_ends_has_ended_on_both_sides(told: Any, shape: str) -> None:
    notes = told["notes"][shape]
    assert notes["renewed"]
    assert notes["forgotten"]
    assert notes["ended"] == [400, 401]
    assert notes["refused"]
