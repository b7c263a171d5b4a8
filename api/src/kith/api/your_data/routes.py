"""The page for people who are no members: they show who they are, and use their rights.

Nothing that is answered before says whether anybody has an address or a handle: nothing is looked up until then.
"""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath
from msgspec import Meta

from kith.api.data_reports.routes import content
from kith.api.http.addresses import address_of, network_of
from kith.api.http.problems import Problem
from kith.api.pages import cookies
from kith.api.pages.forms import read_form
from kith.api.pages.render import go, render
from kith.api.pages.routes import PAGE
from kith.api.pages.words import sentence
from kith.api.rights import acts
from kith.api.signin import attempts
from kith.api.signin.letters import deliver, post_later
from kith.domain.ids import encode
from kith.projections import audit
from kith.store import events, people, rights_links, rights_requests, workspaces
from kith.store.db import Db
from kith.store.rights_links import RightsLink
from kith.store.rights_requests import Proof

_AUTHOR = "person"
_MOST_TEXT = 2_000


class AddressForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    address: Annotated[str, Meta(min_length=3, max_length=254, pattern=r"^\s*[^@\s]+@[^@\s]+\s*$")]


class HandleForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    network: Annotated[str, Meta(min_length=1, max_length=63)]
    handle: Annotated[str, Meta(min_length=1, max_length=200)]


class EmptyForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class UseForm(acts.RightsForm, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """workspace: in which the person is."""

    workspace: UUID


class MessageForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    workspace: UUID
    message: Annotated[str, Meta(min_length=1, max_length=_MOST_TEXT)]


class Home(msgspec.Struct, frozen=True):
    """A workspace that holds something of whoever has shown who they are. mine: empty where several people may be."""

    id: UUID
    name: str
    mine: Sequence[acts.Shown]


@get("/your-data", operation_id="showYourData", **PAGE)
async def show_start(request: Request[Any, Any, Any]) -> Response[str]:
    return render(request, "your_data/start.html", has_mail=request.app.state.settings.mail_server is not None)


@post("/your-data/addresses", operation_id="proveAddress", **PAGE)
async def prove_address(request: Request[Any, Any, Any]) -> Response[str]:
    """Send a link to an address, whoever has it."""
    address = (await read_form(request, AddressForm)).address.strip().lower()
    await attempts.count(request, f"rights {address}")
    post_later(request, _send_link(request, address))
    return render(request, "your_data/sent.html")


@post("/your-data/handles", operation_id="proveHandle", **PAGE)
async def prove_handle(request: Request[Any, Any, Any]) -> Response[str]:
    """Give a code to be posted with a handle, whoever has it."""
    form = await read_form(request, HandleForm)
    network, handle = form.network.strip().lower(), form.handle.strip().removeprefix("@")
    await attempts.count(request, f"rights {network} {handle.lower()}")
    async with request.app.state.turns.instance() as db:
        text = await rights_links.for_handle(db, network, handle, _browser(request))
    return go(request, f"/your-data/{text}")


@get("/your-data/{link:str}", operation_id="showYourRights", **PAGE)
async def show(request: Request[Any, Any, Any], link: FromPath[str]) -> Response[str]:
    found = await _find(request, link)
    if found is None:
        return render(request, "your_data/ended.html", status=410)
    if found.proven_at is None:
        return render(request, "your_data/prove.html", link=link, found=found, looked=False)
    homes = [home for id_ in await _homes(request) if (home := await _home(request, id_, found))]
    return render(request, "your_data/rights.html", link=link, found=found, homes=homes)


@post("/your-data/{link:str}/proofs", operation_id="finishProof", **PAGE)
async def finish_proof(request: Request[Any, Any, Any], link: FromPath[str]) -> Response[str]:
    """Open a link that came by mail, or look whether a code was posted."""
    await read_form(request, EmptyForm)
    found = await _find(request, link)
    if found is None:
        return render(request, "your_data/ended.html", status=410)
    if found.address is not None:
        async with request.app.state.turns.instance() as db:
            await rights_links.open_address(db, link, _browser(request))
        return go(request, f"/your-data/{link}")
    assert found.network  # noqa: S101 - a handle has one, and a code
    assert found.handle  # noqa: S101 - it is no address
    assert found.code  # noqa: S101 - every handle is asked for one
    await attempts.count(request, f"code {found.code}")
    posted: list[UUID] = []
    for home in await _homes(request):
        async with request.app.state.turns.view(home) as db:
            posted += await rights_requests.posted(db, home, found.network, found.handle, found.code, found.created_at)
    if not posted:
        return render(request, "your_data/prove.html", link=link, found=found, looked=True)
    async with request.app.state.turns.instance() as db:
        await rights_links.note_posted(db, link, posted)
    return go(request, f"/your-data/{link}")


@post("/your-data/{link:str}/rights", operation_id="useRights", **PAGE)
async def use(request: Request[Any, Any, Any], link: FromPath[str]) -> Response[str]:
    """Make a report, object to being scored, take that back, or be erased."""
    form, found = await read_form(request, UseForm), await _proven(request, link)
    async with request.app.state.turns.workspace(form.workspace) as db:
        mine = await _people(db, form.workspace, found)
        object_ = await acts.do(db, form.workspace, mine, form, _AUTHOR)
        person = acts.chosen(mine, form.person)
        made = await rights_requests.add(
            db,
            form.workspace,
            person,
            form.act,
            _proof(found),
            message=form.reason[:_MOST_TEXT].strip(),
            object_=object_,
        )
        if form.act in ("object", "take_back"):
            await rights_requests.set_done(db, form.workspace, [made], "kith")
        await _tell(request, db, form.workspace, acts.OPERATIONS[form.act], object_, made, form.act)
    return go(request, f"/your-data/{link}")


@post("/your-data/{link:str}/messages", operation_id="askForRights", **PAGE)
async def ask(request: Request[Any, Any, Any], link: FromPath[str]) -> Response[str]:
    """Ask for what kith does not do by itself: to correct something, or to find out who of several one is."""
    form, found = await read_form(request, MessageForm), await _proven(request, link)
    await attempts.count(request, f"message {link}")
    async with request.app.state.turns.workspace(form.workspace) as db:
        mine = await _people(db, form.workspace, found, several=True)
        if not mine:
            raise Problem("not_found", "Nothing is held of you there.")
        made = await rights_requests.add(
            db, form.workspace, mine[0] if len(mine) == 1 else None, "other", _proof(found),
            message=form.message.strip(), address=found.address,
        )  # fmt: skip
        await _tell(request, db, form.workspace, "askForRights", encode("rights-request", made), made, "other")
    return render(request, "your_data/asked.html", link=link)


@get("/your-data/{link:str}/reports/{data_report_id:str}/{form:str}", operation_id="downloadYourReport", **PAGE)
async def download(
    request: Request[Any, Any, Any], link: FromPath[str], data_report_id: FromPath[str], form: FromPath[str]
) -> Response[bytes]:
    found = await _proven(request, link)
    for home in await _homes(request):
        async with request.app.state.turns.workspace(home) as db:
            mine = await _people(db, home, found)
            try:
                report = await acts.find_report(db, home, mine, data_report_id)
            except Problem:
                continue
            await _record(request, db, home, "downloadDataReport", data_report_id)
            return await content(db, home, report, form)
    raise Problem("not_found", "There is no such report.")


async def _send_link(request: Request[Any, Any, Any], address: str) -> None:
    settings = request.app.state.settings
    if settings.mail_server is None:
        return
    async with request.app.state.turns.instance() as db:
        text = await rights_links.for_address(db, address)
    said = (
        "Somebody, perhaps you, asks what kith holds of the person with this address. This link shows it, for an hour."
    )
    rest = "If you did not ask for it, do nothing: nobody else can use the link."
    await deliver(
        settings, address, sentence(request, "What kith holds of you"),
        f"{sentence(request, said)} {sentence(request, rest)}\n\n{settings.issuer}/your-data/{text}\n",
    )  # fmt: skip


async def _homes(request: Request[Any, Any, Any]) -> list[UUID]:
    async with request.app.state.turns.instance() as db:
        return await workspaces.list_ids(db)


async def _home(request: Request[Any, Any, Any], home: UUID, found: RightsLink) -> Home | None:
    """Return what a workspace holds; None where that is nothing."""
    async with request.app.state.turns.view(home) as db:
        if not await _people(db, home, found, several=True):
            return None
        workspace = await workspaces.get_workspace(db, home)
        mine = await acts.show(db, home, await _people(db, home, found))
        return Home(home, workspace.name, mine) if workspace else None


async def _people(db: Db, home: UUID, found: RightsLink, *, several: bool = False) -> list[UUID]:
    """Return who somebody is. An address of several people shows of nobody who they are, unless several are wanted."""
    if found.address is None:
        return await people.persons_of(db, home, found.identity_ids)
    mine = await rights_requests.people_with(db, home, found.address)
    return mine if several or len(mine) == 1 else []


async def _find(request: Request[Any, Any, Any], link: str) -> RightsLink | None:
    async with request.app.state.turns.instance() as db:
        return await rights_links.find(db, link, cookies.visitor(request))


async def _proven(request: Request[Any, Any, Any], link: str) -> RightsLink:
    found = await _find(request, link)
    if found is None or found.proven_at is None:
        raise Problem("not_found", "This link has ended. Ask for another one.")
    return found


async def _tell(
    request: Request[Any, Any, Any], db: Db, home: UUID, operation: str, object_: str, made: UUID, kind: str
) -> None:
    """Tell apps and the audit of a request."""
    asked = await rights_requests.get_request(db, home, made)
    assert asked  # noqa: S101  # it was just made
    data = {"request_id": encode("rights-request", made), "kind": kind, "due_at": asked.due_at.isoformat()}
    await events.add(db, home, [("rights.requested", data)])
    await _record(request, db, home, operation, object_)


async def _record(request: Request[Any, Any, Any], db: Db, home: UUID, operation: str, object_: str) -> None:
    place = address_of(request.scope, request.app.state.settings.proxies) or "unknown"
    await audit.record(
        db, home, "person", operation, object_, {}, network=network_of(place),
        request_id=str(request.scope["kith.request_id"]),  # type: ignore[typeddict-item]  # our own key
    )  # fmt: skip


def _proof(found: RightsLink) -> Proof:
    return "handle" if found.address is None else "address"


def _browser(request: Request[Any, Any, Any]) -> str:
    """Return the text of the browser's cookie, which whoever has sent a form has."""
    known = cookies.visitor(request)
    assert known  # noqa: S101  # the key of the form was checked against it
    return known


ROUTES = [show_start, prove_address, prove_handle, show, finish_proof, use, ask, download]
