"""docs/first-app.md, done as a newcomer does it."""

import asyncio
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.integration.cli.test_up import READY, Up, environment
from tests.integration.pages.browser import Browser
from tests.paths import ROOT

TEXT = (ROOT / "docs" / "first-app.md").read_text()
STEPS = re.findall(r"^```(\w*)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    up = Up(tmp_path / "home", "--no-demo")
    try:
        up.wait_for("kith is ready", READY)
        up.wait_for("Sign in")
        yield up
    finally:
        up.stop()


async def test_a_newcomer_gets_from_nothing_to_a_call_and_back(up: Up, tmp_path: Path) -> None:
    start, register, run = [code.strip() for language, code in STEPS if not language]
    assert (start, (ROOT / "Makefile").read_text().count("kith.cli up")) == ("make up", 1)
    issuer = f"http://localhost:{up.port}"
    browser = Browser(None, issuer)
    link = (up.home / "sign-in-link").read_text().strip()
    assert link.startswith(issuer)
    page = await browser.press(await browser.open(link), "Sign in")
    assert page.address.startswith("/security")

    program, *words = shlex.split(register)
    assert program == ".venv/bin/kith"
    command = [sys.executable, "-m", "kith.cli", *words]
    said = await asyncio.to_thread(subprocess.check_output, command, env=environment(up.home, up.port), text=True)
    found = re.search(r"^client_id: (\S+)$", said, re.MULTILINE)
    assert found

    script = tmp_path / "first.py"
    script.write_text("\n".join(code for language, code in STEPS if language == "python"))
    assert run.split()[:2] == ["python3", "first.py"]
    app = await asyncio.create_subprocess_exec(sys.executable, str(script), issuer, found[1], stdout=subprocess.PIPE)
    assert app.stdout
    address = (await app.stdout.readline()).decode().removeprefix("Open ").strip()
    page = await browser.open(address)
    assert "First app" in page.text
    form = page.form("Allow")
    key = next(e.attributes["value"] for e in form.find("input") if e.attributes["name"] == "form_key")
    sent = await browser.http.post(form.attributes["action"], data={"form_key": key, "decision": "allow"})
    async with httpx2.AsyncClient() as http:
        assert (await http.get(sent.headers["location"])).text == "You may close this page."
    told = (await app.stdout.read()).decode().splitlines()
    assert await app.wait() == 0
    assert told == ["Let in for people:read.", "0 people: ", "Revoked: the next call is answered 401."]
    await browser.http.aclose()
