"""Security: how a sign-in shows who it is, and where it is signed in."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
import segno
from litestar import Request, Response, get, post
from markupsafe import Markup
from msgspec import Meta

from kith.api.http.problems import Problem
from kith.api.pages.forms import NoFields, read_form
from kith.api.pages.render import go, render
from kith.api.pages.routes import PAGE
from kith.api.pages.sessions import Visitor, sign_in_of
from kith.api.pages.words import sentence
from kith.api.signin import attempts, totp
from kith.api.signin.letters import deliver, post_later
from kith.api.signin.links import LIFETIME
from kith.api.signin.passkeys import encode
from kith.api.signin.passwords import flaw
from kith.api.signin.sign_in import passwords_of
from kith.api.signin.telling import tell
from kith.store import passkeys, recovery_codes, sessions, sign_in_links, sign_in_providers, sign_ins
from kith.store.errors import NameTaken

_ADDRESS = r"^[^@\s]+@[^@\s]+$"


class NewPassword(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    password: Annotated[str, Meta(max_length=1000)]


class NewTotp(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    secret: Annotated[str, Meta(pattern="^[A-Z2-7]{32}$")]
    code: Annotated[str, Meta(max_length=20)]


class NewAddress(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    address: Annotated[str, Meta(max_length=320, pattern=_ADDRESS)]


class NewName(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Annotated[str, Meta(min_length=1, max_length=200)]


class EndForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    session: UUID


class ProviderForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    issuer: Annotated[str, Meta(max_length=2000)]


@get("/security", operation_id="showSecurity", **PAGE)
async def show_security(request: Request[Any, Any, Any]) -> Response[str]:
    return await _show(request, await sign_in_of(request))


@post("/security/name", operation_id="changeName", **PAGE)
async def change_name(request: Request[Any, Any, Any]) -> Response[str]:
    here, form = await sign_in_of(request), await read_form(request, NewName)
    async with request.app.state.turns.instance() as db:
        await sign_ins.rename(db, here.sign_in.id, form.name.strip() or here.sign_in.name)
        await tell(request, db, here.sign_in.id, "changeName")
    return go(request, "/security")


@post("/security/password", operation_id="setPassword", **PAGE)
async def set_password(request: Request[Any, Any, Any]) -> Response[str]:
    """Set the password, and end all other sessions: somebody may have known the old one."""
    here, form = await sign_in_of(request, recent=True), await read_form(request, NewPassword)
    if wrong := flaw(form.password, here.sign_in.address, here.sign_in.name):
        return await _show(request, here, wrong)
    hashed = await passwords_of(request).hash(form.password)
    async with request.app.state.turns.instance() as db:
        await sign_ins.set_password(db, here.sign_in.id, hashed)
        await sign_in_links.end_links(db, here.sign_in.id)
        await sessions.end_sessions(db, here.sign_in.id, besides=here.session.id)
        await tell(request, db, here.sign_in.id, "setPassword")
    return go(request, "/security")


@post("/security/address", operation_id="changeAddress", **PAGE)
async def change_address(request: Request[Any, Any, Any]) -> Response[str]:
    """Change the address: by a link to it where mail can be sent, else at once, but as one that nobody has verified."""
    here, form = await sign_in_of(request, recent=True), await read_form(request, NewAddress)
    settings, address = request.app.state.settings, form.address.strip().lower()
    await attempts.count(request, f"address {here.sign_in.id}")
    if settings.mail_server is None:
        async with request.app.state.turns.instance() as db:
            try:
                await sign_ins.set_address(db, here.sign_in.id, address, verified=False)
            except NameTaken:
                return await _show(request, here, "Another sign-in has this address.")
            await tell(request, db, here.sign_in.id, "changeAddress")
        return go(request, "/security")
    post_later(request, _verify_address(request, here, address))
    return render(request, "signin/link_sent.html")


async def _verify_address(request: Request[Any, Any, Any], here: Visitor, address: str) -> None:
    """Send a link to the new address, and say so to the old one."""
    settings = request.app.state.settings
    async with request.app.state.turns.instance() as db:
        text = await sign_in_links.create_link(db, here.sign_in.id, "address", LIFETIME, address)
    link = f"{settings.issuer}/sign-in/links/{text}"
    said = sentence(request, "This link makes the address yours in kith, within 30 minutes.")
    await deliver(settings, address, sentence(request, "Your address in kith"), f"{said}\n\n{link}\n")
    if here.sign_in.address:
        said = sentence(request, "Somebody asked to change the address of your sign-in. If it was not you, sign in.")
        await deliver(settings, here.sign_in.address, sentence(request, "Your address in kith"), f"{said}\n")


@get("/security/codes", operation_id="showNewTotp", **PAGE)
async def show_new_totp(request: Request[Any, Any, Any]) -> Response[str]:
    here = await sign_in_of(request, recent=True)
    return _totp_form(request, here, totp.new_secret())


@post("/security/codes", operation_id="addTotp", **PAGE)
async def add_totp(request: Request[Any, Any, Any]) -> Response[str]:
    here, form = await sign_in_of(request, recent=True), await read_form(request, NewTotp)
    async with request.app.state.turns.instance() as db:
        if not await totp.enroll(db, request.app.state.settings, here.sign_in.id, form.secret, form.code):
            return _totp_form(request, here, form.secret, wrong=True)
        codes = await recovery_codes.replace_codes(db, here.sign_in.id)
        await tell(request, db, here.sign_in.id, "addTotp")
    return render(request, "signin/recovery_codes.html", codes=codes)


@post("/security/codes/remove", operation_id="removeTotp", **PAGE)
async def remove_totp(request: Request[Any, Any, Any]) -> Response[str]:
    here, _ = await sign_in_of(request, recent=True), await read_form(request, NoFields)
    async with request.app.state.turns.instance() as db:
        await sign_ins.set_totp(db, here.sign_in.id, None)
        await recovery_codes.remove_codes(db, here.sign_in.id)
        await tell(request, db, here.sign_in.id, "removeTotp")
    return go(request, "/security")


@post("/security/recovery-codes", operation_id="replaceRecoveryCodes", **PAGE)
async def replace_codes(request: Request[Any, Any, Any]) -> Response[str]:
    here, _ = await sign_in_of(request, recent=True), await read_form(request, NoFields)
    if not here.sign_in.has_totp:
        raise Problem("conflict", "Recovery codes stand in for codes of an app; there are none.")
    async with request.app.state.turns.instance() as db:
        codes = await recovery_codes.replace_codes(db, here.sign_in.id)
        await tell(request, db, here.sign_in.id, "replaceRecoveryCodes")
    return render(request, "signin/recovery_codes.html", codes=codes)


@post("/security/sessions/end", operation_id="endSession", **PAGE)
async def end_session(request: Request[Any, Any, Any]) -> Response[str]:
    here, form = await sign_in_of(request), await read_form(request, EndForm)
    async with request.app.state.turns.instance() as db:
        await sessions.end_session(db, here.sign_in.id, form.session)
        await tell(request, db, here.sign_in.id, "endSession")
    return go(request, "/security")


@post("/security/sessions/end-others", operation_id="endOtherSessions", **PAGE)
async def end_others(request: Request[Any, Any, Any]) -> Response[str]:
    here, _ = await sign_in_of(request), await read_form(request, NoFields)
    async with request.app.state.turns.instance() as db:
        await sessions.end_sessions(db, here.sign_in.id, besides=here.session.id)
        await tell(request, db, here.sign_in.id, "endOtherSessions")
    return go(request, "/security")


@post("/security/providers/remove", operation_id="removeProvider", **PAGE)
async def remove_provider(request: Request[Any, Any, Any]) -> Response[str]:
    here, form = await sign_in_of(request, recent=True), await read_form(request, ProviderForm)
    async with request.app.state.turns.instance() as db:
        await sign_in_providers.unlink(db, here.sign_in.id, form.issuer)
        await tell(request, db, here.sign_in.id, "removeProvider")
    return go(request, "/security")


async def _show(request: Request[Any, Any, Any], here: Visitor, wrong: str | None = None) -> Response[str]:
    settings = request.app.state.settings
    async with request.app.state.turns.instance() as db:
        return render(
            request, "signin/security.html", status=422 if wrong else 200, wrong=wrong,
            sign_in=here.sign_in, present=here.session, sessions=await sessions.list_sessions(db, here.sign_in.id),
            passkeys=await passkeys.list_passkeys(db, here.sign_in.id), encode=encode,
            how=lambda method: ", ".join(sentence(request, part) for part in method.split(", ")),
            codes_left=await recovery_codes.count_codes(db, here.sign_in.id),
            providers=await sign_in_providers.list_issuers(db, here.sign_in.id),
            provider=settings.oidc_issuer and settings.oidc_name, has_mail=settings.mail_server is not None,
        )  # fmt: skip


def _totp_form(request: Request[Any, Any, Any], here: Visitor, secret: str, *, wrong: bool = False) -> Response[str]:
    picture = segno.make(totp.address(secret, here.sign_in.address or here.sign_in.name), micro=False)
    drawn = picture.svg_inline(scale=5, border=4, light="#fff", svgclass="qr", lineclass=None)
    return render(
        request, "signin/new_totp.html", status=422 if wrong else 200, wrong=wrong, secret=secret,
        picture=Markup(drawn),  # noqa: S704  # drawn here, of what we made
    )  # fmt: skip


ROUTES = [
    show_security, change_name, set_password, change_address, show_new_totp, add_totp, remove_totp, replace_codes,
    end_session, end_others, remove_provider,
]  # fmt: skip
