"""The samples of docs/apps.md, run as they stand there."""

import asyncio
import json
import re
import shutil
from typing import Any

import httpx2
import pytest

from tests.conformance.oauth.conftest import CALLBACK, Served
from tests.paths import ROOT

TEXT = (ROOT / "docs" / "apps.md").read_text()


def blocks(language: str) -> list[str]:
    """Return the samples in a language, in the order of the page."""
    found = re.findall(r"^```(\w*)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    if language == "curl":
        return [code for name, code in found if not name and code.startswith("curl ")]
    return [code for name, code in found if name == language]


def run_server(served: Served, code: tuple[str, str]) -> None:
    """Exchange a code and renew, with the sample of a server."""
    app = served.apps["server"]
    with httpx2.Client() as http:
        names: dict[str, Any] = {
            "issuer": served.issuer, "client_id": app.id, "client_secret": app.secret, "redirect_uri": CALLBACK,
            "http": http,
        }  # fmt: skip
        exec(blocks("python")[0], names)
        tokens = names["exchange"](*code)
        assert names["renew"](tokens["refresh_token"])["access_token"] != tokens["access_token"]


async def run_curl(command: str, **variables: str) -> Any:
    """Run a line of a shell and return the JSON that it prints."""
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed.")
    process = await asyncio.create_subprocess_exec(
        "sh", "-c", command, env=variables | {"PATH": "/usr/bin:/bin"}, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    return json.loads(output)
