"""No token and no secret gets into any log: of the API at its most talkative, of PostgreSQL, of Valkey."""

import asyncio
import re
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest

from kith.api.routes import ROUTES
from kith.cli.servers import Servers
from kith.domain.scopes import SCOPES
from kith.runtime.logs import redact
from kith.store import tokens
from kith.store.db import open_pool, workspace
from tests.integration.api import town
from tests.integration.api.test_repeats import BODIES as POSTED
from tests.integration.api.test_tenants import BODIES
from tests.integration.cli.test_commands import others, settings
from tests.integration.cli.test_up import free_port
from tests.paths import ROOT

__all__ = ["settings"]

SECRET = "correct-horse-battery-staple"
ZERO = "0" * 26


def test_no_token_and_no_secret_gets_into_a_log(settings: dict[str, str], servers: Servers, tmp_path: Path) -> None:
    good = asyncio.run(build(settings["KITH_DATABASE_URL"]))
    bad = tokens.mint(UUID(int=7))
    with (tmp_path / "api.log").open("wb") as log:
        more = {"KITH_PORT": str(free_port()), "KITH_LOG_LEVEL": "debug"}
        command = [sys.executable, "-m", "kith.cli", "api"]
        with subprocess.Popen(command, cwd=ROOT, env=others() | settings | more, stdout=log, stderr=log) as api:
            try:
                answers = walk(int(more["KITH_PORT"]), good, bad)
            finally:
                api.terminate()
    assert {200, 201, 400, 401, 404, 422} <= answers
    logs = [tmp_path / "api.log", *(servers.home / "log").glob("*.log")]
    assert len(logs) >= 3
    assert "listPeople" in logs[0].read_text(), "requests are logged"
    for path in logs:
        said = path.read_text(errors="replace")
        for secret in (good, bad, good.partition("_")[2][:30], SECRET):
            assert secret not in said, path.name


async def build(url: str) -> str:
    async with await open_pool(url) as pool:
        home = await town.build(pool, "logged")
        async with workspace(pool, home.workspace_id) as db:
            return await tokens.create_token(db, home.workspace_id, "walker", SCOPES)


def walk(port: int, good: str, bad: str) -> set[int]:
    """Ask for everything, with secrets wherever a client may put one; return the statuses."""
    until = time.monotonic() + 60
    while True:
        assert time.monotonic() < until
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except OSError:
            time.sleep(0.05)
    with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as http:
        return {answer.status_code for answer in asked(http, good, bad)}


def asked(http: httpx2.Client, good: str, bad: str) -> list[httpx2.Response]:
    known = {"Authorization": f"Bearer {good}", "Idempotency-Key": bad, "Referer": f"http://x/?token={good}"}
    people = http.get("/v1/people", headers=known).json()["data"]
    found = []
    for handler in ROUTES:
        name = str(handler.operation_id)
        method = next(iter(handler.http_methods))
        for one in (ZERO, people[0]["id"].partition("_")[2]):
            path = next(iter(handler.paths))
            for parameter in re.findall(r"\{(\w+):str\}", path):
                path = path.replace(f"{{{parameter}:str}}", filled(parameter, one))
            body: Any = POSTED.get(name, BODIES.get(name))
            found.append(http.request(method, path, headers=known, json=body))
            found.append(http.request(method, path, headers={"Authorization": f"Bearer {bad}"}, json=body))
    config = {"path": "/srv/x", "password": SECRET, "url": f"https://me:{SECRET}@example.org/"}
    for path in ("/v1/sources", "/v1/sources/checks"):
        found.append(http.post(path, headers=known, json={"connector": "ndjson", "name": SECRET[:9], "config": config}))
    found.append(http.post("/v1/sources", headers=known | {"Content-Type": "application/json"}, content=f'{{"{SECRET}'))
    found.append(http.get(f"/v1/people?access_token={good}", headers=known))
    found.append(http.get(f"/v1/people/{good}", headers=known))
    found.append(http.get(f"/{good}", headers={"Cookie": f"kith={good}", "Authorization": f"Basic {SECRET}"}))
    found.append(http.post("/sign-in", data={"address": "ada@example.org", "password": SECRET}))
    return found


def filled(name: str, one: str) -> str:
    prefixes = {"other_id": "per", "name": "ndjson", "code": "not_found"}
    noun = prefixes.get(name) or {"identity": "idn", "channel": "chn", "conversation": "cnv", "interaction": "int"}.get(
        name.removesuffix("_id"), name[:3]
    )
    return f"{noun}_{one}" if name.endswith("_id") else noun


@pytest.mark.parametrize("prefix", sorted({value for value in vars(tokens).values() if str(value).endswith("_")}))
def test_whatever_looks_like_a_token_is_blotted_out(prefix: str) -> None:
    text = tokens.mint(UUID(int=7), prefix)
    entry = redact(None, "info", {"event": f"Bearer {text}", "url": f"https://x/?t={text}#y"})
    assert text[8:40] not in str(entry)
