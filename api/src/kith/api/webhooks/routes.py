import base64
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from litestar import Request, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from kith.api.http.idempotency import Once
from kith.api.http.ids import encode, from_body, from_path, from_query, not_found, unknown
from kith.api.http.inputs import named
from kith.api.http.paging import Page, after, page
from kith.api.http.problems import Fault, Problem
from kith.api.http.revisions import check_unchanged, tag
from kith.api.http.shapes import shape
from kith.api.webhooks.schemas import (
    DeliveriesParams,
    Delivery,
    Replay,
    Replayed,
    Webhook,
    WebhookCreate,
    WebhookPatch,
    WebhooksParams,
    WebhookWithSecret,
)
from kith.connectors import Egress, Forbidden, Limits
from kith.domain.events import heard_with
from kith.runtime.vault import Vault
from kith.store import events
from kith.store import webhooks as store
from kith.store.db import Db, new_id
from kith.store.tokens import Token

ROTATION_HOURS = 24
MOST = 100  # webhooks of a workspace


@get("/v1/webhooks", operation_id="listWebhooks", tags=["webhooks"], scopes=["webhooks:read"])
async def list_webhooks(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    params: NamedDependency[WebhooksParams],
) -> Response[Page[Webhook]]:
    """List webhooks.

    The oldest first.
    """
    key = after(request, params, tuple[UUID])
    rows = await store.list_webhooks(db, workspace_id, key[0] if key else None, params.limit + 1)
    return page(request, params, rows, Webhook.of, lambda row: (row.id,))


@post("/v1/webhooks", operation_id="createWebhook", tags=["webhooks"], scopes=["webhooks:write"], errors=["conflict"])
async def create_webhook(
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    token: NamedDependency[Token],
    vault: NamedDependency[Vault],
    limits: NamedDependency[Limits],
    payload: NamedDependency[WebhookCreate],
    once: NamedDependency[Once],
) -> Response[WebhookWithSecret]:
    """Create a webhook.

    It gets the events from now on that the scopes of your token allow. Its secret is shown once.
    """
    _check(payload.url, limits)
    if len(await store.list_webhooks(db, workspace_id, None, MOST)) == MOST:
        raise Problem("conflict", f"A workspace has {MOST} webhooks at most.")
    id_, secret = new_id(), _secret()
    await store.create_webhook(
        db, workspace_id, id_, url=payload.url, types=payload.types, scopes=sorted(token.scopes), app_id=token.app_id,
        secret=vault.seal(secret, store.place(workspace_id, id_)), last=await events.number(db, workspace_id),
    )  # fmt: skip
    found = await _find(db, workspace_id, encode("webhook", id_))
    shown = Webhook.of(found)
    headers = {"Location": f"/v1/webhooks/{shown.id}", "ETag": tag(found)}
    return await once.answer(_with(shown, secret), 201, headers, kept=_with(shown, None))


@get(
    "/v1/webhooks/{webhook_id:str}",
    operation_id="getWebhook",
    tags=["webhooks"],
    scopes=["webhooks:read"],
    errors=["not_found"],
)
async def get_webhook(
    db: NamedDependency[Db], workspace_id: NamedDependency[UUID], webhook_id: FromPath[str]
) -> Response[Webhook]:
    """Show one webhook."""
    found = await _find(db, workspace_id, webhook_id)
    return Response(Webhook.of(found), headers={"ETag": tag(found)})


@patch(
    "/v1/webhooks/{webhook_id:str}",
    operation_id="updateWebhook",
    tags=["webhooks"],
    scopes=["webhooks:write"],
    errors=["not_found", "precondition_failed"],
)
async def update_webhook(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    limits: NamedDependency[Limits],
    webhook_id: FromPath[str],
    payload: NamedDependency[WebhookPatch],
) -> Response[Webhook]:
    """Change, pause or resume a webhook.

    Events that happen while it is paused or disabled wait, as long as events are kept.
    """
    found = await _find(db, workspace_id, webhook_id, lock=True)
    check_unchanged(request, found)
    changed = {"url": found.url, "types": found.types, "status": found.status} | named(payload)
    _check(changed["url"], limits)
    await store.update_webhook(db, workspace_id, found.id, **changed)
    await store.ask(db, workspace_id, found.id)
    saved = await _find(db, workspace_id, webhook_id)
    return Response(Webhook.of(saved), headers={"ETag": tag(saved)})


@delete(
    "/v1/webhooks/{webhook_id:str}",
    operation_id="deleteWebhook",
    tags=["webhooks"],
    scopes=["webhooks:write"],
    errors=["not_found", "precondition_failed"],
    status_code=200,
)
async def delete_webhook(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    webhook_id: FromPath[str],
) -> Webhook:
    """Delete a webhook with the log of its deliveries.

    The answer is its last version.
    """
    found = await _find(db, workspace_id, webhook_id, lock=True)
    check_unchanged(request, found)
    await store.delete_webhook(db, workspace_id, found.id)
    return Webhook.of(found)


@post(
    "/v1/webhooks/{webhook_id:str}/secrets",
    operation_id="rotateWebhookSecret",
    tags=["webhooks"],
    scopes=["webhooks:write"],
    errors=["not_found"],
    status_code=200,
)
async def rotate_secret(
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    vault: NamedDependency[Vault],
    webhook_id: FromPath[str],
    once: NamedDependency[Once],
) -> Response[WebhookWithSecret]:
    """Replace the secret of a webhook.

    For 24 hours deliveries are signed with the old and the new secret.
    """
    found = await _find(db, workspace_id, webhook_id, lock=True)
    secret = _secret()
    sealed = vault.seal(secret, store.place(workspace_id, found.id))
    await store.rotate(db, workspace_id, found.id, sealed, datetime.now(UTC) + timedelta(hours=ROTATION_HOURS))
    shown = Webhook.of(await _find(db, workspace_id, webhook_id))
    return await once.answer(_with(shown, secret), 200, {}, kept=_with(shown, None))


@post(
    "/v1/webhooks/{webhook_id:str}/tests",
    operation_id="testWebhook",
    tags=["webhooks"],
    scopes=["webhooks:write"],
    errors=["not_found"],
    status_code=200,
)
async def test_webhook(
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    webhook_id: FromPath[str],
    once: NamedDependency[Once],
) -> Response[Replayed]:
    """Test a webhook.

    It alone gets an event of the type `webhook.tested`. `GET /v1/webhooks/{webhook_id}/deliveries` shows the result.
    """
    found = await _find(db, workspace_id, webhook_id, lock=True)
    before = await events.number(db, workspace_id)
    await events.add(db, workspace_id, [("webhook.tested", {"webhook_id": encode("webhook", found.id)})])
    last = await events.number(db, workspace_id)
    await store.replay(db, workspace_id, found.id, [store.TESTED], before + 1, last, tests=True)
    await store.ask(db, workspace_id, found.id)
    return await once.answer(Replayed(1), 200, {})


@get(
    "/v1/webhooks/{webhook_id:str}/deliveries",
    operation_id="listDeliveries",
    tags=["webhooks"],
    scopes=["webhooks:read"],
    errors=["not_found"],
)
async def list_deliveries(
    request: Request[Any, Any, Any],
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    webhook_id: FromPath[str],
    params: NamedDependency[DeliveriesParams],
) -> Response[Page[Delivery]]:
    """List the deliveries to a webhook.

    Each attempt, the newest first.
    """
    found = await _find(db, workspace_id, webhook_id)
    key = after(request, params, tuple[UUID])
    event_id = from_query("event", "event", params.event)
    rows = await store.list_deliveries(db, workspace_id, found.id, event_id, key[0] if key else None, params.limit + 1)
    return page(request, params, rows, Delivery.of, lambda row: (row.id,))


@post(
    "/v1/webhooks/{webhook_id:str}/replays",
    operation_id="replayEvents",
    tags=["webhooks"],
    scopes=["webhooks:write"],
    errors=["not_found"],
    status_code=200,
)
async def replay_events(
    db: NamedDependency[Db],
    workspace_id: NamedDependency[UUID],
    webhook_id: FromPath[str],
    payload: NamedDependency[Replay],
    once: NamedDependency[Once],
) -> Response[Replayed]:
    """Deliver events again: one, or those of a period.

    They keep their `webhook-id`, so a receiver recognizes them.
    """
    found = await _find(db, workspace_id, webhook_id, lock=True)
    await events.number(db, workspace_id)
    since, until = await _range(db, workspace_id, payload)
    types = heard_with(found.scopes, found.types)
    count = await store.replay(db, workspace_id, found.id, types, since, until)
    await store.ask(db, workspace_id, found.id)
    return await once.answer(Replayed(count), 200, {})


async def _range(db: Db, workspace_id: UUID, payload: Replay) -> tuple[int, int]:
    """Return the first and the last number of what is asked for. Raises Problem."""
    period = (payload.since, payload.before)
    if (payload.event_id is None) == (period == (None, None)):
        message = "Either event_id, or since or before, is needed."
        raise Problem("invalid_body", message, Fault("invalid", message, pointer="/event_id"))
    if payload.event_id is None:
        return await store.numbers_between(db, workspace_id, *period)
    number = await events.number_of(db, workspace_id, from_body("event", "/event_id", payload.event_id))
    if number is None:
        raise unknown("event", "/event_id")
    return number, number


def _check(url: str, limits: Limits) -> None:
    """Refuse an address that webhooks must not have. Raises Problem."""
    try:
        Egress(("*",), limits).check(url)
    except Forbidden as error:
        raise Problem("invalid_body", str(error), Fault(error.code, str(error), pointer="/url")) from error
    if not limits.private_addresses and not url.lower().startswith("https://"):
        message = "The address begins with https://."
        raise Problem("invalid_body", message, Fault("invalid", message, pointer="/url"))


def _secret() -> str:
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


def _with(shown: Webhook, secret: str | None) -> WebhookWithSecret:
    return shape(WebhookWithSecret, shown, secret=secret)


async def _find(db: Db, workspace_id: UUID, webhook_id: str, *, lock: bool = False) -> store.Webhook:
    found = await store.get_webhook(db, workspace_id, from_path("webhook", webhook_id), lock=lock)
    if found is None:
        raise not_found("webhook")
    return found


ROUTES = [
    list_webhooks,
    create_webhook,
    get_webhook,
    update_webhook,
    delete_webhook,
    rotate_secret,
    test_webhook,
    list_deliveries,
    replay_events,
]
