"""A browser without scripts: it keeps cookies, follows what pages say, and looks at their structure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import httpx2

VOID = {"meta", "link", "input", "br", "hr", "img"}
POLICY = re.compile(
    r"default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; base-uri 'none'; "
    r"form-action 'self'( https?://\S+)*; frame-ancestors 'none'"
)


@dataclass
class Element:
    """name: of the tag. text: all that is in it."""

    name: str
    attributes: dict[str, str]
    parent: "Element | None"
    children: list["Element"] = field(default_factory=list)
    own: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " ".join(" ".join([*self.own, *(child.text for child in self.children)]).split())

    def find(self, name: str) -> Iterator["Element"]:
        """Yield the elements of this name, in the order of the page."""
        for child in self.children:
            if child.name == name:
                yield child
            yield from child.find(name)


class Tree(HTMLParser):
    """Builds elements; an element that is never closed is a fault."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.root = self.here = Element("", {}, None)
        self.feed(text)
        self.close()
        assert self.here is self.root, f"<{self.here.name}> is not closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        made = Element(tag, {name: value or "" for name, value in attrs}, self.here)
        self.here.children.append(made)
        if tag not in VOID:
            self.here = made

    def handle_endtag(self, tag: str) -> None:
        assert self.here.name == tag, f"</{tag}> closes <{self.here.name}>"
        assert self.here.parent
        self.here = self.here.parent

    def handle_data(self, data: str) -> None:
        self.here.own.append(data)


class Page:
    """A page as it was answered; every one is looked at as it arrives."""

    def __init__(self, answer: httpx2.Response) -> None:
        self.answer, self.status, self.address = answer, answer.status_code, answer.request.url.raw_path.decode()
        assert answer.headers["content-type"] == "text/html; charset=utf-8", answer.text
        self.root = Tree(answer.text).root
        self.check()

    @property
    def title(self) -> str:
        (title,) = self.root.find("h1")
        return title.text

    @property
    def text(self) -> str:
        (main,) = self.root.find("main")
        return main.text

    def form(self, button: str) -> Element:
        """Return the form with this button."""
        found = [form for form in self.root.find("form") if any(_name(b) == button for b in form.find("button"))]
        assert len(found) == 1, f"{len(found)} forms have the button {button!r}: {self.text}"
        return found[0]

    def check(self) -> None:
        """Fail where the page is not as all have to be."""
        headers = self.answer.headers
        assert POLICY.fullmatch(headers["content-security-policy"])
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "private, no-store"
        (html,) = self.root.find("html")
        assert html.attributes["lang"]
        (title,) = self.root.find("title")
        assert title.text.startswith(self.title)
        levels = [int(e.name[1]) for e in _all(html) if re.fullmatch("h[1-6]", e.name)]
        assert levels[0] == 1
        assert all(later - before <= 1 for before, later in pairwise(levels)), levels
        assert levels.count(1) == 1
        ids = [e.attributes["id"] for e in _all(html) if "id" in e.attributes]
        assert len(ids) == len(set(ids))
        for element in _all(html):
            self._check_element(element, ids)
        assert next(self.root.find("a")).attributes["href"] == "#main"  # the first stop of the keyboard

    def _check_element(self, element: Element, ids: list[str]) -> None:
        given = element.attributes
        assert not {name for name in given if name.startswith("on")} | (given.keys() & {"style"}), given
        assert int(given.get("tabindex", "0")) <= 0, "the order of the keyboard is that of the page"
        if element.name == "script":
            assert given["src"].startswith("/assets/")
            assert not element.text
        if element.name in ("input", "select", "textarea") and given.get("type") != "hidden":
            labels = [e for e in self.root.find("label") if e.attributes.get("for") == given.get("id", "?")]
            assert (len(labels) == 1 and labels[0].text) or (element.parent and element.parent.name == "label"), given
            assert given.get("aria-describedby", given.get("id")) in ids or element.parent
        if element.name == "button":
            assert _name(element)
        if element.name == "form":
            assert given.get("method") == "post"
            assert given["action"].startswith("/")
            assert [e for e in element.find("input") if e.attributes.get("name") == "form_key"], given


def _name(element: Element) -> str:
    return element.attributes.get("aria-label") or element.text


def _all(element: Element) -> Iterator[Element]:
    for child in element.children:
        yield child
        yield from _all(child)


def to(app: Any, client: tuple[str, int] = ("127.0.0.1", 123)) -> httpx2.AsyncBaseTransport:
    """Return the way to an application, or, without one, to what listens, by a connection a request."""
    if app is None:
        return httpx2.AsyncHTTPTransport(limits=httpx2.Limits(max_keepalive_connections=0))
    return httpx2.ASGITransport(app=app, raise_app_exceptions=False, client=client)


class Browser:
    """Follows pages as a human would, with cookies of its own. app: None where it is served at its address."""

    def __init__(self, app: Any, base: str = "http://localhost:8000", **headers: str) -> None:
        self.http = httpx2.AsyncClient(transport=to(app, ("192.0.2.7", 1)), base_url=base, headers=headers)

    async def open(self, address: str) -> Page:
        return await self._follow(await self.http.get(address))

    async def press(self, page: Page, button: str, **fields: str) -> Page:
        """Fill the form with this button in, and send it."""
        form = page.form(button)
        known = {e.attributes["name"]: e for e in _all(form) if "name" in e.attributes}
        assert fields.keys() <= known.keys(), f"the form has no {fields.keys() - known.keys()}"
        given = {
            name: e.attributes.get("value", "")
            for name, e in known.items()
            if e.attributes.get("type") not in ("checkbox", "radio") or "checked" in e.attributes
        }
        return await self.send(form.attributes["action"], given | fields)

    async def send(self, address: str, fields: dict[str, str], **headers: str) -> Page:
        return await self._follow(await self.http.post(address, data=fields, headers=headers))

    async def _follow(self, answer: httpx2.Response) -> Page:
        for _ in range(5):
            if answer.status_code == 303:
                answer = await self.http.get(answer.headers["location"])
                continue
            page = Page(answer)
            onward = [e for e in page.root.find("meta") if e.attributes.get("http-equiv") == "refresh"]
            if not onward or not onward[0].attributes["content"].startswith("0; url=/"):
                return page
            answer = await self.http.get(onward[0].attributes["content"].removeprefix("0; url="))
        raise AssertionError("the browser is sent on and on")

    def cookies(self) -> dict[str, str]:
        return {cookie.name: str(cookie.value) for cookie in self.http.cookies.jar}
