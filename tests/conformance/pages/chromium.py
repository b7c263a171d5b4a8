"""The Debian package ``chromium`` (or another one that ``CHROMIUM`` names), driven by a script of this folder."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

from tests.conformance.node import NODE, install, run

HERE = Path(__file__).parent
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


async def drive(script: str, asked: dict[str, Any]) -> dict[str, Any]:
    """Walk through pages as a script says; return what it found. asked: with ``pictures``, a folder."""
    install(HERE)
    said = await run(NODE, HERE / script, json.dumps({"chromium": CHROMIUM} | asked), cwd=HERE)
    told: dict[str, Any] = json.loads(said)
    return told
