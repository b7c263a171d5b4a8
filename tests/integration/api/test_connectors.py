import pytest
from openapi_schema_validator import OAS31Validator

from kith import connectors as sdk
from kith.api import app as application
from tests.integration.api.conftest import Client


async def test_no_token_no_connectors(client: Client) -> None:
    assert (await client.send("GET", "/v1/connectors", token=None)).status_code == 401


async def test_without_the_scope_no_connectors(client: Client) -> None:
    token = await client.token_for(["sources:read"])
    assert (await client.send("GET", "/v1/connectors", token=token)).status_code == 403


async def test_every_installed_connector_is_listed_with_a_schema(client: Client) -> None:
    listed = (await client.get("/v1/connectors"))["data"]
    assert [connector["name"] for connector in listed] == sorted(sdk.load_registry().connectors)
    for connector in listed:
        OAS31Validator.check_schema(connector["config_schema"])
        assert await client.get(f"/v1/connectors/{connector['name']}") == connector


async def test_an_unknown_connector_is_not_found(client: Client) -> None:
    assert (await client.send("GET", "/v1/connectors/telepathy")).status_code == 404


async def test_what_could_not_be_loaded_is_shown(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    fault = sdk.Fault("kith-rolodex", "rolodex", "ImportError: no module named cards")
    monkeypatch.setattr(application, "load_registry", lambda: sdk.Registry({}, (fault,)))
    broken = application.create_app(client.app.state.settings)
    for name in ("turns", "tokens", "limits"):
        setattr(broken.state, name, getattr(client.app.state, name))
    client.http._transport.app = broken  # type: ignore[attr-defined]  # the transport of the ASGI application
    listed = await client.get("/v1/connectors")
    assert listed["data"] == []
    assert listed["faults"] == [
        {"distribution": "kith-rolodex", "entry_point": "rolodex", "reason": "ImportError: no module named cards"}
    ]
