"""A script of another's client runs on Node, and a member at a browser lets it in."""

import asyncio
import json
from pathlib import Path
from typing import Any

from tests.conformance.node import ENV, NODE
from tests.conformance.oauth.conftest import Served, Told


async def play(served: Served, script: Path, given: Told) -> Any:
    """Run a client's script and be its member; return what it says at its end."""
    browser = await served.enter()
    process = await asyncio.create_subprocess_exec(
        str(NODE), str(script), json.dumps(given), cwd=script.parent, env=ENV,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin
    assert process.stdout
    assert process.stderr
    told = None
    while line := await process.stdout.readline():
        asked = json.loads(line)
        told = asked.get("done")
        if "open" in asked:
            answer = await browser.consent(asked["open"], asked["decision"])
        elif "connect" in asked:
            await browser.connect(asked["connect"])
            answer = "connected"
        else:
            break
        process.stdin.write(f"{answer}\n".encode())
        await process.stdin.drain()
    complaint = (await process.stderr.read()).decode()
    assert await process.wait() == 0, complaint
    await browser.http.aclose()
    return told
