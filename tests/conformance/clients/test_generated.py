"""Clients that others' generators make of the document: whole, strictly compiled, and good for the README's tour."""

import asyncio
import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from requests_oauthlib import OAuth2Session

from tests.conformance.node import NODE, install, run
from tests.conformance.oauth.conftest import Served
from tests.conformance.oauth.play import play
from tests.integration.oauth.client import Registered, register
from tests.paths import ROOT

HERE = Path(__file__).parent
PACKAGES = HERE / "node_modules"
DOCUMENT = ROOT / "openapi" / "kith.json"
SCOPES = ["communities:read", "people:read", "relationships:read"]
STRICT = ("--strict", "--noUncheckedIndexedAccess", "--target", "es2022", "--lib", "es2022,dom,dom.iterable")
METHODS = ("get", "post", "put", "patch", "delete")
OPERATIONS = {
    operation["operationId"]
    for path in json.loads(DOCUMENT.read_bytes())["paths"].values()
    for method, operation in path.items()
    if method in METHODS
}


@pytest.fixture(scope="module", autouse=True)
def installed() -> None:
    install(HERE)


async def generate(generator: str, folder: Path) -> str:
    """Make a client with one of the TypeScript generators; return the text that names its operations."""
    if generator == "openapi-typescript":
        await run(NODE, PACKAGES / generator / "bin" / "cli.js", DOCUMENT, "-o", folder / "index.ts", cwd=folder)
    elif generator == "orval":
        script = PACKAGES / generator / "dist" / "bin" / "orval.mjs"
        await run(NODE, script, "--client", "fetch", "-i", DOCUMENT, "-o", folder / "index.ts", cwd=folder)
    else:
        script, plugins = PACKAGES / generator / "bin" / "run.js", ("client-fetch", "typescript", "sdk")
        await run(
            NODE, script, "--silent", "-i", DOCUMENT, "-o", folder, "-p", *(f"@hey-api/{name}" for name in plugins),
            cwd=folder,
        )  # fmt: skip
        return (folder / "sdk.gen.ts").read_text()
    return (folder / "index.ts").read_text()


async def compile_strictly(*wanted: str | Path, cwd: Path) -> None:
    await run(NODE, PACKAGES / "typescript" / "bin" / "tsc", *STRICT, *wanted, cwd=cwd)


@pytest.mark.parametrize(
    ("generator", "named"),
    [
        ("openapi-typescript", r"^    (\w+): \{$"),
        ("orval", r"^export const (\w+) = async"),
        ("@hey-api/openapi-ts", r"^export const (\w+) = <"),
    ],
)
async def test_a_typescript_client_is_whole_and_compiles(generator: str, named: str, tmp_path: Path) -> None:
    text = await generate(generator, tmp_path)
    assert set(re.findall(named, text, re.MULTILINE)) >= OPERATIONS
    await compile_strictly("--noEmit", "--module", "esnext", "--moduleResolution", "bundler", "index.ts", cwd=tmp_path)


@pytest.fixture(scope="module")
async def python_client(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Where the generated Python client is, and what its generator had to say."""
    folder = tmp_path_factory.mktemp("python")
    said = await run(
        "openapi-python-client", "generate", "--path", DOCUMENT, "--output-path", folder / "client", "--meta", "none",
        "--custom-template-path", DOCUMENT.parent / "python", "--config", DOCUMENT.parent / "python" / "config.yaml",
        cwd=folder,
    )  # fmt: skip
    return folder, said


async def test_the_python_client_is_whole(python_client: tuple[Path, str]) -> None:
    folder, said = python_client
    assert "Warning" not in said, said
    modules = {path.stem for path in folder.glob("client/api/*/*.py")}
    assert modules - {"__init__"} == {re.sub("(?=[A-Z])", "_", name).lower() for name in OPERATIONS}
    look = "import client, pkgutil\nfor m in pkgutil.walk_packages(client.__path__, 'client.'): __import__(m.name)"
    await run(sys.executable, "-W", "error", "-c", look, cwd=folder)


async def test_the_python_client_keeps_values_of_later_versions(python_client: tuple[Path, str]) -> None:
    look = """
from client.models import Interaction, InteractionKind
kind = InteractionKind("juggle")
assert (kind, str(kind), kind.value, kind is InteractionKind.REVIEW) == ("juggle", "juggle", "juggle", False)
assert InteractionKind("review") is InteractionKind.REVIEW
"""
    await run(sys.executable, "-W", "error", "-c", look, cwd=python_client[0])


async def test_the_typescript_client_goes_on_the_tour(served: Served, tmp_path: Path) -> None:
    (tmp_path / "client").mkdir()
    await generate("@hey-api/openapi-ts", tmp_path / "client")
    for file in ("clients/tour.ts", "clients/tour.mjs", "frontend/src/oauth.ts", "oauth/talk.mjs"):
        shutil.copy(HERE.parent / file, tmp_path)
    await compile_strictly("--module", "commonjs", "--outDir", "js", "tour.ts", cwd=tmp_path)
    app, redirect_uri = await visitor(served)
    given = {"issuer": served.issuer, "clientId": app.id, "redirectUri": redirect_uri}
    check(served, await play(served, tmp_path / "tour.mjs", given))


async def test_the_python_client_goes_on_the_tour(
    served: Served,
    python_client: tuple[Path, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    app, redirect_uri = await visitor(served)
    session = OAuth2Session(app.id, scope=SCOPES, redirect_uri=redirect_uri, pkce="S256")
    browser = await served.enter()
    callback = await browser.consent(session.authorization_url(f"{served.issuer}/oauth/authorize")[0])
    await browser.http.aclose()
    fetch, endpoint = session.fetch_token, f"{served.issuer}/oauth/token"
    tokens = await asyncio.to_thread(fetch, endpoint, authorization_response=callback, include_client_id=True)
    folder, _ = python_client
    shutil.copy(HERE / "tour.py", folder)
    said = await run(sys.executable, "tour.py", served.issuer, tokens["access_token"], cwd=folder)
    check(served, json.loads(said))


async def visitor(served: Served) -> tuple[Registered, str]:
    """Return an app that may ask what the tour asks, and where its member comes back to."""
    redirect_uri = "http://127.0.0.1:51004/callback"
    app = await register(served.pool, served.town.workspace_id, redirect_uris=[redirect_uri], scopes=SCOPES)
    return app, redirect_uri


def check(served: Served, found: dict[str, Any]) -> None:
    """Compare what a tour found with what the town is known for."""
    assert found["size"] == 6
    assert (found["connector"], found["closest"]) == ("Ada", "Cyd")
    assert found["sum"] == pytest.approx(found["log_odds"], abs=1e-8)
    assert 0.5 < found["strength"] < 1
    assert found["problem"] == "not_found"
