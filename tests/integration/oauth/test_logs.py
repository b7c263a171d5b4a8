"""No text of a token, code or secret gets into a log, whatever the level."""

import io
import logging
import re
import sys

import msgspec
import pytest
import structlog

from kith.runtime.settings import Settings
from tests.integration.oauth.client import Desk, Registered

SECRET = re.compile(r"k(?:at|rt|pat|ac|as|dc|pr)_[a-z0-9]{20,}")


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What the application writes to its log, whatever other tests had its loggers remember."""
    structlog.reset_defaults()
    for name, module in list(sys.modules.items()):
        if name.startswith("kith.") and isinstance(log := getattr(module, "log", None), type(structlog.get_logger())):
            vars(log).pop("bind", None)
    caught = io.StringIO()
    monkeypatch.setattr(sys, "stderr", caught)
    return caught


@pytest.fixture
def settings(said: io.StringIO, settings: Settings) -> Settings:
    """Those that log everything."""
    return msgspec.structs.replace(settings, log_level="debug")


async def test_no_token_is_logged(
    said: io.StringIO, desk: Desk, server: Registered, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)  # of the root, from which others inherit
    assert logging.getLogger("authlib").getEffectiveLevel() >= logging.INFO
    tokens = await desk.let_in(server, scope="openid people:read")
    await desk.refresh(server, tokens["refresh_token"])
    await desk.refresh(server, tokens["refresh_token"])
    await desk.me(tokens["access_token"])
    await desk.http.post("/oauth/revoke", data={"token": tokens["access_token"]}, headers=server.basic)
    await desk.http.get(f"/v1/people?token={tokens['access_token']}")
    assert '"operation":"issueToken"' in said.getvalue(), "nothing was logged at all"
    others = [record.getMessage() for record in caplog.records if not record.name.startswith("http")]  # the client's
    for text in (said.getvalue(), *others):
        assert not SECRET.search(text), SECRET.search(text)
        assert str(server.secret) not in text
