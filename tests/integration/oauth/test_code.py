"""Authorization code with PKCE: the way in, and what keeps others from taking it."""

from typing import Any

import pytest

from tests.integration.oauth.client import Desk, Pkce, Registered, register, sent_back
from tests.integration.oauth.test_tokens import ends
from tests.integration.pages.browser import Page


@pytest.mark.parametrize("kind", ["browser", "server", "device"])
async def test_a_member_lets_an_app_in(desk: Desk, kind: str) -> None:
    app = await register(desk.house.pool, desk.house.workspace_id, kind)
    browser, pkce = await desk.house.enter(), Pkce.new()
    shown = await desk.ask(browser, app, pkce)
    page = Page(shown)
    assert page.title == f"Let {app.app.name} in?"
    for sentence in (
        "app.example",
        "Read people and their timelines.",
        "Go on while you are away, until you disconnect it.",
        "E-mail addresses and telephone numbers.",
    ):
        assert sentence in page.text
    back = await desk.answer(browser, shown)
    assert back.keys() == {"code", "state", "iss"}
    assert (back["state"], back["iss"]) == ("s t&te=1", desk.issuer)
    answer = await desk.exchange(app, back["code"], pkce)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    tokens = answer.json()
    assert tokens["token_type"] == "Bearer"
    assert tokens["expires_in"] == 900
    assert set(tokens["scope"].split()) == set(app.app.scopes)
    assert tokens["access_token"].startswith("kat_")
    assert tokens["refresh_token"].startswith("krt_")
    me = (await desk.me(tokens["access_token"])).json()
    assert set(me["token"]["scopes"]) == set(app.app.scopes)
    assert me["token"]["name"] == app.app.name


async def test_whoever_refuses_sends_the_app_away(desk: Desk, app: Registered) -> None:
    browser = await desk.house.enter()
    back = await desk.answer(browser, await desk.ask(browser, app, Pkce.new()), "deny")
    assert (back["error"], back["state"], back["iss"]) == ("access_denied", "s t&te=1", desk.issuer)


async def test_a_code_that_comes_twice_ends_what_it_was_exchanged_for(desk: Desk, app: Registered) -> None:
    browser, pkce = await desk.house.enter(), Pkce.new()
    code = await desk.code(browser, app, pkce)
    tokens = (await desk.exchange(app, code, pkce)).json()
    again = await desk.exchange(app, code, pkce)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert await ends(desk, tokens)
    assert (await desk.refresh(app, tokens["refresh_token"])).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code_verifier": "x" * 43}, "invalid_grant"),
        ({"code_verifier": "short"}, "invalid_request"),
        ({"code_verifier": None}, "invalid_request"),
        ({"redirect_uri": "https://app.example/other"}, "invalid_grant"),
        ({"code": "kac_nothing"}, "invalid_grant"),
        ({"code": None}, "invalid_request"),
        ({"client_id": "app_00000000000000000000000000"}, "invalid_client"),
        ({"client_id": None}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, "unauthorized_client"),
        ({"resource": "https://elsewhere.example"}, "invalid_target"),
    ],
    ids=str,
)
async def test_a_code_is_worth_nothing_to_others(desk: Desk, app: Registered, changed: Any, error: str) -> None:
    browser, pkce = await desk.house.enter(), Pkce.new()
    code = await desk.code(browser, app, pkce)
    refused = await desk.exchange(app, code, pkce, **changed)
    assert (refused.json().get("error"), refused.status_code) == (error, 401 if error == "invalid_client" else 400)
    assert (await desk.exchange(app, code, pkce)).status_code == 200, "it was spent by a stranger"


async def test_an_exchange_may_leave_out_the_redirect_uri(desk: Desk, app: Registered) -> None:
    """As in OAuth 2.1: the verifier shows who asked for the code."""
    browser, pkce = await desk.house.enter(), Pkce.new()
    code = await desk.code(browser, app, pkce)
    assert (await desk.exchange(app, code, pkce, redirect_uri=None)).status_code == 200


async def test_who_proves_itself_twice_is_refused(desk: Desk, server: Registered, app: Registered) -> None:
    for form in ({"client_secret": server.secret}, {"client_id": app.id}):
        answer = await desk.refresh(server, "krt_unknown", **form)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request"), form


async def test_a_code_of_one_app_is_worth_nothing_to_another(desk: Desk, app: Registered, server: Registered) -> None:
    browser, pkce = await desk.house.enter(), Pkce.new()
    code = await desk.code(browser, app, pkce)
    assert (await desk.exchange(server, code, pkce)).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code_challenge": None}, "invalid_request"),  # downgrade
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code token"}, "unsupported_response_type"),
        ({"response_type": None}, "invalid_request"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"scope": "people:read nothing:read"}, "invalid_scope"),
        ({"scope": "people:read groups:write"}, "invalid_scope"),  # known, and not the app's
        ({"resource": "https://elsewhere.example"}, "invalid_target"),
        ({"resource": "http://localhost:8000/v1#part"}, "invalid_target"),
        ({"request": "eyJhbGciOiJub25lIn0.e30."}, "request_not_supported"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"nonce": "n" * 2001}, "invalid_request"),
    ],
    ids=str,
)
async def test_what_cannot_be_is_told_to_the_app(desk: Desk, app: Registered, changed: Any, error: str) -> None:
    back = sent_back(await desk.ask(desk.house.browser(), app, Pkce.new(), **changed))
    assert (back["error"], back["state"], back["iss"]) == (error, "s t&te=1", desk.issuer)
    assert back["error_description"]


@pytest.mark.parametrize(
    "changed",
    [
        {"redirect_uri": None},
        {"redirect_uri": "https://evil.example/callback"},
        {"redirect_uri": "https://app.example/callback/../x"},
        {"redirect_uri": "javascript:alert(1)"},
        {"client_id": None},
        {"client_id": "app_00000000000000000000000000"},
        {"client_id": "nobody"},
        {"state": ["one", "two"]},
        {"client_id": ["app_0", "app_1"]},
        {"code_challenge": ["a" * 43, "b" * 43]},
        {"request_uri": "urn:ietf:params:oauth:request_uri:nothing"},
        {"request_uri": "https://app.example/request"},
        {"scope": "\x00"},
    ],
    ids=str,
)
async def test_where_nobody_can_be_sent_back_a_page_says_so(desk: Desk, app: Registered, changed: Any) -> None:
    shown = await desk.ask(desk.house.browser(), app, Pkce.new(), **changed)
    assert shown.status_code == 400
    assert Page(shown).title == "The app asked for something that cannot be"


async def test_what_an_app_writes_is_shown_as_text(desk: Desk, app: Registered) -> None:
    shown = await desk.ask(
        desk.house.browser(), app, Pkce.new(), redirect_uri='https://x.example/"><script>alert(1)</script>'
    )
    assert b"<script>alert" not in shown.content
    back = sent_back(await desk.ask(desk.house.browser(), app, Pkce.new(), scope='"\\é<script>'))
    assert back["error"] == "invalid_scope"


async def test_without_a_state_there_is_none_in_the_answer(desk: Desk, app: Registered) -> None:
    browser = await desk.house.enter()
    assert (await desk.answer(browser, await desk.ask(browser, app, Pkce.new(), state=None))).keys() == {"code", "iss"}


async def test_consent_is_given_on_a_page_of_ours_alone(desk: Desk, app: Registered) -> None:
    browser = await desk.house.enter()
    address = desk.address(app, Pkce.new())
    forged = await browser.http.post(address, data={"decision": "allow", "form_key": "x"})
    assert forged.status_code == 403
    stranger = await desk.house.browser().http.post(address, data={"decision": "allow", "form_key": "x"})
    assert (stranger.status_code, stranger.headers["location"][:9]) == (303, "/sign-in?")
    shown = await desk.ask(browser, app, Pkce.new())
    assert "frame-ancestors 'none'" in shown.headers["content-security-policy"]
    assert "form-action 'self' https://app.example;" in shown.headers["content-security-policy"]


async def test_parameters_in_the_address_and_twice_in_the_body_are_refused(desk: Desk, server: Registered) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": "krt_x"}
    for path in ("token", "revoke", "introspect", "par", "device_authorization"):
        in_address = await desk.http.post(f"/oauth/{path}?grant_type=refresh_token", data=form, headers=server.basic)
        assert (in_address.status_code, in_address.json()["error"]) == (400, "invalid_request")
        twice = await desk.http.post(
            f"/oauth/{path}",
            content="token=a&token=b",
            headers={**server.basic, "Content-Type": "application/x-www-form-urlencoded"},
        )
        assert (twice.status_code, twice.json()["error"]) == (400, "invalid_request")
        other = await desk.http.post(f"/oauth/{path}", json=form, headers=server.basic)
        assert (other.status_code, other.json()["error"]) == (400, "invalid_request")
