"""Apps and signing keys on the command line."""

import asyncio
import re
import shlex
from pathlib import Path

import httpx2
import pytest

from kith.api.app import create_app
from kith.runtime.settings import load_settings
from kith.runtime.vault import new_key
from tests.integration.api.conftest import running
from tests.integration.cli.test_commands import complaint, kith, settings  # noqa: F401  # a fixture
from tests.paths import ROOT

Variables = dict[str, str]
TEXT = (ROOT / "docs" / "apps.md").read_text()


def value(said: str, name: str) -> str:
    found = re.search(rf"^{name}: (\S+)$", said, re.MULTILINE)
    assert found, said
    return found[1]


async def token_of(settings: Variables, app: str, secret: str) -> int:  # noqa: F811  # the fixture's value
    """Return the status of a machine's request for a token."""
    kith_app = create_app(load_settings(settings))
    transport = httpx2.ASGITransport(app=kith_app)
    async with running(kith_app), httpx2.AsyncClient(transport=transport, base_url="http://kith.test") as http:
        form = {"grant_type": "client_credentials", "client_id": app, "client_secret": secret}
        return (await http.post("/oauth/token", data=form)).status_code


async def test_an_app_is_created_used_rotated_and_revoked(settings: Variables) -> None:  # noqa: F811  # the fixture
    def run(*words: str) -> str:
        done = kith(settings, *words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    said = await asyncio.to_thread(run, "apps", "create", "Script", "--kind", "machine", "--scope", "people:read")
    app, secret = value(said, "client_id"), value(said, "client_secret")
    assert await token_of(settings, app, secret) == 200
    listed = await asyncio.to_thread(run, "apps", "list")
    assert app in listed
    assert secret not in listed
    new = (await asyncio.to_thread(run, "apps", "rotate", app, "--overlap", "0")).strip()
    assert [await token_of(settings, app, one) for one in (secret, new)] == [401, 200]
    await asyncio.to_thread(run, "apps", "revoke", app)
    assert await token_of(settings, app, new) == 401
    assert "There is no app" in complaint(await asyncio.to_thread(kith, settings, "apps", "revoke", app))
    audit = await asyncio.to_thread(run, "audit", "verify")
    assert audit.startswith("The audit holds: 5 entries."), "created, rotated, revoked, and two tokens"


def test_the_command_of_the_page_on_apps_works(settings: Variables) -> None:  # noqa: F811  # the fixture
    (command,) = re.findall(r"^kith (apps create .*?[^\\])$", TEXT, re.MULTILINE | re.DOTALL)
    done = kith(settings, *shlex.split(command.replace("\\\n", "")))
    assert value(done.stdout, "client_id") in kith(settings, "apps", "list").stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--scope", "nothing:read"], "There is no scope nothing:read"),
        ([], "Name what the app may ask for"),
        (["--scope", "people:read"], "Name where codes are sent"),
        (["--scope", "people:read", "--redirect", "http://app.example"], "cannot be a redirect URI"),
        (["--scope", "people:read", "--origin", "*"], "cannot be an origin"),
        (["--scope", "people:read", "--kind", "machine", "--redirect", "https://a.example"], "has no redirect URI"),
    ],
    ids=str,
)
def test_what_an_app_cannot_be_is_one_sentence(settings: Variables, words: list[str], said: str) -> None:  # noqa: F811  # the fixture
    assert said in complaint(kith(settings, "apps", "create", "App", *words))


def test_signing_keys_rotate_and_are_wrapped_again(settings: Variables, tmp_path: Path) -> None:  # noqa: F811  # the fixture
    first, second = [kith(settings, "keys", "rotate").stdout.strip() for _ in range(2)]
    listed = kith(settings, "keys", "list").stdout
    assert re.search(rf"{re.escape(second)}.* signs", listed)
    assert re.search(rf"{re.escape(first)}.* 20\d\d-", listed)
    path = Path(settings["KITH_HOME"]) / "secret.keys"
    old = path.read_text().strip()
    changed = settings | {"KITH_SECRET_KEYS": f"{new_key()},{old}"}
    assert "2 signing keys are wrapped" in kith(changed, "secrets", "rewrap").stdout
    assert "0 signing keys are wrapped" in kith(changed, "secrets", "rewrap").stdout


def test_doctor_sees_an_address_without_encryption(settings: Variables) -> None:  # noqa: F811  # the fixture
    for given, said in (
        ({"KITH_PUBLIC_URL": "http://kith.example"}, "Put TLS before kith"),
        ({"KITH_HOST": "0.0.0.0"}, "Set KITH_PUBLIC_URL"),
    ):
        done = kith(settings | given, "doctor")
        assert done.returncode == 1
        assert said in done.stdout
    assert kith(settings | {"KITH_PUBLIC_URL": "https://kith.example"}, "doctor").returncode == 0
