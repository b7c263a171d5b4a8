"""Sessions: how they begin, what they let in, how they end."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from litestar import Request, Response, get

from kith.api.pages.render import render
from kith.api.pages.routes import PAGE
from kith.api.pages.sessions import safe_next, session_of
from kith.runtime.settings import Settings
from kith.store import members, sign_in_links
from kith.store.db import instance, workspace
from kith.store.workspaces import create_workspace
from tests.integration.api.conftest import serving
from tests.integration.pages.browser import Browser, Page
from tests.integration.pages.conftest import House


async def test_a_link_signs_in_once_and_looking_at_it_uses_nothing_up(house: House) -> None:
    address, browser = await house.link(), house.browser()
    for _ in range(2):
        page = await browser.open(address)
    page = await browser.press(page, "Sign in")
    assert "Olga Owner" in page.text
    assert (await house.browser().open(address)).status == 410


async def test_of_several_who_use_a_link_at_once_one_gets_in(house: House) -> None:
    address, browsers = await house.link(), [house.browser() for _ in range(8)]
    pages = [await browser.open(address) for browser in browsers]
    after = await asyncio.gather(*(b.press(p, "Sign in") for b, p in zip(browsers, pages, strict=True)))
    assert sorted(page.status for page in after) == [200] + [410] * 7


async def test_an_expired_link_signs_nobody_in(house: House) -> None:
    async with instance(house.pool) as db:
        text = await sign_in_links.create_link(db, house.owner.sign_in_id, "operator", timedelta(seconds=-1))
    assert (await house.browser().open(f"/sign-in/links/{text}")).status == 410


async def test_signing_in_gives_a_new_cookie_and_signing_out_ends_the_session(house: House) -> None:
    browser = house.browser()
    page = await browser.open(await house.link())
    before = browser.cookies()
    page = await browser.press(page, "Sign in")
    after = browser.cookies()
    assert before.keys() == after.keys() == {"kith_session_8000"}
    assert before != after
    page = await browser.press(page, "Sign out")
    assert page.title == "Sign in"
    stolen = house.browser()
    stolen.http.cookies.set("kith_session_8000", after["kith_session_8000"])
    assert (await stolen.open("/security")).title == "Sign in"


async def test_the_cookie_is_kept_from_scripts_and_other_sites(house: House) -> None:
    answer = await house.browser().http.get("/sign-in")
    name, *rest = answer.headers["set-cookie"].split("; ")
    assert name.startswith("kith_session_8000=")
    assert set(rest) == {"Path=/", "Max-Age=7776000", "HttpOnly", "SameSite=Lax"}


async def test_with_tls_the_cookie_is_bound_to_the_host(settings: Settings, house: House) -> None:
    async with serving(changed(settings, public_url="https://kith.example")) as app:
        answer = await Browser(app, "https://kith.example").http.get("/sign-in")
    name, *rest = answer.headers["set-cookie"].split("; ")
    assert name.startswith("__Host-kith_session=")
    assert set(rest) == {"Path=/", "Max-Age=7776000", "HttpOnly", "SameSite=Lax", "Secure"}


def form_key(page: Page) -> str:
    return next(e.attributes["value"] for e in page.root.find("input") if e.attributes.get("name") == "form_key")


def changed(settings: Settings, **changes: Any) -> Settings:
    kept = {name: getattr(settings, name) for name in settings.__struct_fields__}
    return Settings(**kept | changes)


@pytest.mark.parametrize("aged", ["used_at = now() - interval '15 days'", "created_at = now() - interval '91 days'"])
async def test_old_sessions_end(house: House, aged: str) -> None:
    browser = await house.enter()
    async with instance(house.pool) as db:
        await db.execute(f"UPDATE sessions SET {aged}")
    assert (await browser.open("/security")).title == "Sign in"


@pytest.mark.parametrize(
    "wrong",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil",
        "javascript:x",
        "/a\nb",
        "/ä",
        "",
        "/" * 9000,
    ],
)
def test_after_signing_in_nobody_is_sent_elsewhere(wrong: str) -> None:
    assert safe_next(wrong) == "/security"


def test_after_signing_in_one_is_where_one_wanted_to_be() -> None:
    assert safe_next("/oauth/authorize?client_id=a&state=%2F") == "/oauth/authorize?client_id=a&state=%2F"


async def test_a_form_without_the_key_of_its_browser_does_nothing(house: House) -> None:
    browser, stranger = await house.enter(), house.browser()
    foreign = form_key(await stranger.open(await house.link()))
    own = browser.cookies()
    for fields in ({"x": ""}, {"form_key": ""}, {"form_key": foreign}, {"form_key": "ä"}):
        page = await browser.send("/sign-out", fields)
        assert (page.status, page.title) == (403, "The form is not from here")
    page = await browser.open("/security")
    key = form_key(page)
    page = await browser.send("/sign-out", {"form_key": key}, **{"Sec-Fetch-Site": "cross-site"})
    assert page.status == 403
    assert browser.cookies() == own
    assert (await browser.open("/security")).title == "Security"


async def test_only_forms_are_read_as_forms(house: House) -> None:
    browser = await house.enter()
    for media_type in ("application/json", "text/plain", "multipart/form-data"):
        answer = await browser.http.post("/sign-out", content=b"{}", headers={"Content-Type": media_type})
        assert answer.status_code == 415


@get("/test-page", operation_id="showTestPage", **PAGE)
async def show_test_page(request: Request[Any, Any, Any]) -> Response[str]:
    here = await session_of(request, recent="recent" in request.headers)
    if "fault" in request.headers:
        raise ZeroDivisionError
    found = [(here.workspace.workspace_id, here.workspace.name, here.member.role)]
    return render(request, "signin/workspaces.html", found=found, chosen=None, next="")


async def test_a_page_knows_the_member_and_the_workspace(house: House) -> None:
    house.app.register(show_test_page)
    page = await house.browser().open("/test-page")
    assert page.address == "/sign-in?next=%2Ftest-page"
    browser = await house.enter()
    assert (await browser.open("/test-page")).text.startswith(f"Workspaces test {house.workspace_id} owner")
    answer = await browser.http.get("/test-page", headers={"fault": "1"})
    assert (answer.status_code, Page(answer).title) == (500, "Internal error")
    async with instance(house.pool) as db:
        await db.execute("UPDATE sessions SET proven_at = now() - interval '16 minutes'")
    assert (await browser.http.get("/test-page")).status_code == 200
    answer = await browser.http.get("/test-page", headers={"recent": "1"})
    assert answer.headers["location"] == "/sign-in?next=%2Ftest-page"


async def test_who_is_in_two_workspaces_chooses_one_and_comes_back(house: House) -> None:
    house.app.register(show_test_page)
    other = uuid4()
    async with workspace(house.pool, other) as db:
        await create_workspace(db, other, "The other")
        await members.create_member(db, other, house.owner.sign_in_id, "viewer")
    browser = await house.enter()
    page = await browser.open("/test-page")
    assert page.address == "/workspaces?next=%2Ftest-page"
    page = await browser.press(page, "Work here: The other")
    assert page.text.startswith("Workspaces The other viewer")
    page = await browser.open("/workspaces")
    assert "You work here." in page.text
    page = await browser.press(page, f"Work here: test {house.workspace_id}")
    assert (await browser.open("/test-page")).text.startswith(f"Workspaces test {house.workspace_id} owner")


async def test_nobody_chooses_a_workspace_of_others(house: House) -> None:
    house.app.register(show_test_page)
    other = uuid4()
    async with workspace(house.pool, other) as db:
        await create_workspace(db, other, "The other")
    browser = await house.enter()
    page = await browser.open("/workspaces")
    key = form_key(page)
    await browser.send("/workspaces", {"form_key": key, "workspace": str(other)})
    assert (await browser.open("/test-page")).text.startswith(f"Workspaces test {house.workspace_id} owner")


async def test_pages_speak_the_language_of_the_browser(house: House) -> None:
    for wish, language in (("de-CH,en;q=0.5", "de"), ("fr, en;q=0.9, de;q=0.8", "en"), ("x;q=y", "en"), ("", "en")):
        page = await house.browser(**{"Accept-Language": wish}).open("/sign-in")
        (html,) = page.root.find("html")
        assert html.attributes["lang"] == language
