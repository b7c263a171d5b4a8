"""Slack's Web API: what it answers, and what its refusals mean."""

from collections.abc import AsyncIterator

import msgspec

from kith.connectors import Answer as HttpAnswer
from kith.connectors import Bearer, Context, Fatal, Missing, Rate, Reauthorize, Refused, Retry, Secret, by_cursor

#: What Slack allows an app of one's own; others get less, and are told so by Retry-After.
RATES = (
    Rate(50, 60.0, per="source", paths="/api/conversations.history"),
    Rate(50, 60.0, per="source", paths="/api/conversations.replies"),
    Rate(20, 60.0, per="source", paths="/api/conversations.list"),
    Rate(100, 60.0, per="source", paths="/api/conversations.members"),
    Rate(20, 60.0, per="source", paths="/api/users.list"),
)
_DEAD = {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "org_login_required"}
_AWAY = {"channel_not_found", "not_in_channel", "thread_not_found", "is_archived"}
_LATER = {"ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}


class Metadata(msgspec.Struct, frozen=True):
    next_cursor: str | None = None


class Answer(msgspec.Struct, frozen=True):
    """What any method answers, as far as it is read here."""

    ok: bool
    error: str | None = None
    needed: str | None = None
    response_metadata: Metadata | None = None
    has_more: bool | None = False
    messages: list[msgspec.Raw] = []
    members: list[msgspec.Raw] = []
    channels: list[msgspec.Raw] = []
    team: str | None = None
    team_id: str | None = None


class Client:
    def __init__(self, api: str, token: Secret, context: Context) -> None:
        self._api, self._auth, self._http = api.rstrip("/"), Bearer(token), context.http

    async def one(self, method: str, **params: str | int) -> Answer:
        """Call a method once."""
        return _understood(await self._http.get(f"{self._api}/{method}", params=params, auth=self._auth), method)

    async def all(self, method: str, **params: str | int) -> AsyncIterator[Answer]:
        """Call a method for one page after another."""
        pages = by_cursor(
            self._http,
            f"{self._api}/{method}",
            read=lambda answer: (_understood(answer, method).response_metadata or Metadata()).next_cursor,
            params=params,
            auth=self._auth,
        )
        async for seen in pages:
            yield _understood(seen.answer, method)


def _understood(http: HttpAnswer, method: str) -> Answer:
    """Return an answer; raises what its refusal means."""
    answer: Answer = http.json(Answer)
    if answer.ok:
        return answer
    error = answer.error or "no reason"
    said = f"Slack refuses {method}: {error}."
    if error in _DEAD:
        raise Reauthorize(f"{said} Give the source a token that holds.")
    if error == "missing_scope":
        raise Refused(f"{said} Give the app the scope {answer.needed or 'that it lacks'}, and install it again.")
    if error in _AWAY:
        raise Missing(said)
    raise Retry(said) if error in _LATER else Fatal(said)
