"""Passkeys (WebAuthn): a device shows that it holds a key, and that its owner unlocked it. One is enough to sign in."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
import webauthn
from litestar import Request, Response, get, post
from msgspec import Meta
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from kith.api.http.problems import Problem
from kith.api.pages import cookies
from kith.api.pages.forms import read_form
from kith.api.pages.render import go, render
from kith.api.pages.routes import PAGE
from kith.api.pages.sessions import safe_next, sign_in_of
from kith.api.signin import attempts
from kith.api.signin.begin import begin
from kith.api.signin.sign_in import Onward
from kith.api.signin.telling import tell, tell_later
from kith.runtime.settings import Settings
from kith.store import passkeys as store
from kith.store import sign_in_steps
from kith.store.db import Db

_UNREADABLE = (WebAuthnException, ValueError, KeyError, TypeError)


class StartForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    next: Onward = ""


class AnswerForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """credential: what the browser's ``PublicKeyCredential.toJSON`` says."""

    credential: Annotated[str, Meta(max_length=20_000)]
    next: Onward = ""


class NewForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    credential: Annotated[str, Meta(max_length=20_000)]
    name: Annotated[str, Meta(min_length=1, max_length=100)]


class RemoveForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    passkey: Annotated[str, Meta(max_length=2000)]


@post("/sign-in/passkey", operation_id="askForPasskey", **PAGE)
async def ask_for_passkey(request: Request[Any, Any, Any]) -> Response[str]:
    form, settings = await read_form(request, StartForm), request.app.state.settings
    options = webauthn.generate_authentication_options(
        rp_id=_domain(settings), user_verification=UserVerificationRequirement.REQUIRED
    )
    async with request.app.state.turns.instance() as db:
        await _keep(request, db, options.challenge)
    return render(request, "signin/passkey.html", options=webauthn.options_to_json(options), next=safe_next(form.next))


@post("/sign-in/passkey/answer", operation_id="givePasskey", **PAGE)
async def give_passkey(request: Request[Any, Any, Any]) -> Response[str]:
    form, settings = await read_form(request, AnswerForm), request.app.state.settings
    await attempts.count(request, f"passkey {cookies.visitor(request)}")
    async with request.app.state.turns.instance() as db:
        challenge = await _take(request, db)
        known = await store.get_passkey(db, _id_of(form.credential))
    if challenge is None or known is None:
        return _refused(request)
    try:
        shown = webauthn.verify_authentication_response(
            credential=form.credential,
            expected_challenge=challenge,
            expected_rp_id=_domain(settings),
            expected_origin=settings.issuer,
            credential_public_key=known.public_key,
            credential_current_sign_count=known.uses,
            require_user_verification=True,
        )
    except _UNREADABLE:
        tell_later(request, known.sign_in_id, "signInFailed", method="passkey")
        return _refused(request)
    await attempts.succeeded(request, f"passkey {cookies.visitor(request)}")
    async with request.app.state.turns.instance() as db:
        await store.use_passkey(db, known.id, shown.new_sign_count)
        cookie = await begin(request, db, known.sign_in_id, "passkey")
    return go(request, safe_next(form.next), cookie=cookie)


@get("/security/passkeys/new", operation_id="showNewPasskey", **PAGE)
async def show_new_passkey(request: Request[Any, Any, Any]) -> Response[str]:
    here, settings = await sign_in_of(request, recent=True), request.app.state.settings
    async with request.app.state.turns.instance() as db:
        known = await store.list_passkeys(db, here.sign_in.id)
        options = webauthn.generate_registration_options(
            rp_id=_domain(settings),
            rp_name="kith",
            user_id=here.sign_in.id.bytes,
            user_name=here.sign_in.address or here.sign_in.name,
            user_display_name=here.sign_in.name,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=passkey.id) for passkey in known],
        )
        await _keep(request, db, options.challenge)
    return render(request, "signin/new_passkey.html", options=webauthn.options_to_json(options))


@post("/security/passkeys/new", operation_id="addPasskey", **PAGE)
async def add_passkey(request: Request[Any, Any, Any]) -> Response[str]:
    here, form = await sign_in_of(request, recent=True), await read_form(request, NewForm)
    settings = request.app.state.settings
    async with request.app.state.turns.instance() as db:
        challenge = await _take(request, db)
        if challenge is None:
            raise Problem("invalid_body", "The passkey came too late. Try again.")
        try:
            made = webauthn.verify_registration_response(
                credential=form.credential,
                expected_challenge=challenge,
                expected_rp_id=_domain(settings),
                expected_origin=settings.issuer,
                require_user_verification=True,
            )
        except _UNREADABLE as error:
            raise Problem("invalid_body", "The browser made no passkey that can be used.") from error
        await store.add_passkey(
            db, here.sign_in.id, made.credential_id, form.name, made.credential_public_key, made.sign_count
        )
        await tell(request, db, here.sign_in.id, "addPasskey")
    return go(request, "/security")


@post("/security/passkeys/remove", operation_id="removePasskey", **PAGE)
async def remove_passkey(request: Request[Any, Any, Any]) -> Response[str]:
    here, form = await sign_in_of(request, recent=True), await read_form(request, RemoveForm)
    async with request.app.state.turns.instance() as db:
        await store.remove_passkey(db, here.sign_in.id, decode(form.passkey))
        await tell(request, db, here.sign_in.id, "removePasskey")
    return go(request, "/security")


def encode(value: bytes) -> str:
    """Return bytes as WebAuthn writes them."""
    return urlsafe_b64encode(value).decode().rstrip("=")


def decode(text: str) -> bytes:
    """Return the bytes of a text; none where it is not what ``encode`` makes."""
    try:
        return urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return b""


def _id_of(credential: str) -> bytes:
    try:
        found = msgspec.json.decode(credential, type=dict[str, Any]).get("id")
    except msgspec.MsgspecError:
        return b""
    return decode(found) if isinstance(found, str) else b""


def _domain(settings: Settings) -> str:
    """Return whom passkeys are for: a name, for a number cannot have any."""
    return urlsplit(settings.issuer).hostname or "localhost"


async def _keep(request: Request[Any, Any, Any], db: Db, challenge: bytes) -> None:
    await sign_in_steps.put(db, cookies.visitor(request) or "", "passkey", {"challenge": encode(challenge)})


async def _take(request: Request[Any, Any, Any], db: Db) -> bytes | None:
    found = await sign_in_steps.take(db, cookies.visitor(request) or "", "passkey")
    return decode(found["challenge"]) if found else None


def _refused(request: Request[Any, Any, Any]) -> Response[str]:
    return render(request, "signin/passkey_refused.html", status=422)


ROUTES = [ask_for_passkey, give_passkey, show_new_passkey, add_passkey, remove_passkey]
