"""The bridge to Authlib, whose server knows no ``await``.

It runs in a thread, one a request. Whatever it asks of the database hops back to the event loop, on the one connection
and in the one transaction that the request has opened before the thread began: so neither can wait for the other.
"""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, ParamSpec, TypeVar
from uuid import UUID

import anyio.from_thread
import anyio.to_thread
from anyio import CapacityLimiter
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload, OAuth2Request
from litestar.connection import Request

from kith.api.http import proofs
from kith.api.http.nonces import Stale, check_nonce
from kith.api.oauth.errors import Refused
from kith.api.oauth.parameters import Parameters
from kith.domain.ids import encode_optional
from kith.runtime.keyring import Signer
from kith.store.db import Db, bind
from kith.store.devices import use_proof

THREADS = 16

P = ParamSpec("P")
T = TypeVar("T")


class Asked(OAuth2Request):  # type: ignore[misc]  # Authlib ships no types
    """A request as Authlib wants to see it."""

    def __init__(self, path: str, parameters: Parameters, headers: dict[str, str]) -> None:
        super().__init__("POST", f"https://kith.invalid{path}", headers=headers)  # what Host says is never believed
        self.parameters = parameters
        self.payload = BasicOAuth2Payload(parameters.values)

    @property
    def form(self) -> dict[str, str]:
        return self.parameters.values

    @property
    def args(self) -> dict[str, str]:
        return {}


class Told(NamedTuple):
    """What a workspace is told of its tokens. object: the grant that a family of tokens comes from."""

    home: UUID
    operation: str
    app_id: UUID
    object: str | None
    after: dict[str, Any]


class Talk:
    """What one request shares between its thread and the event loop.

    thumbprint: of the key that the sender has proven to have. signer: of ID tokens, where the request may need it.
    """

    def __init__(
        self, request: Request[Any, Any, Any], db: Db, thumbprint: str | None = None, signer: Signer | None = None
    ) -> None:
        self.db, self.issuer, self.thumbprint, self.signer = db, request.app.state.settings.issuer, thumbprint, signer
        self._request = request
        self.told: list[Told] = []

    def hop(self, question: Callable[..., Awaitable[T]], *arguments: Any, **options: Any) -> T:
        """Ask a question of the store, from the thread."""

        async def ask() -> T:
            return await question(self.db, *arguments, **options)

        return anyio.from_thread.run(ask)

    def enter(self, workspace_id: UUID) -> None:
        """See this workspace from here on, from the thread."""
        self.hop(bind, workspace_id)

    def admit(self, app_id: UUID) -> None:
        """Count the request as one of an app that has proven who it is. Raises Problem."""

        async def admit() -> None:
            await self._request.app.state.limits.admit_app(self._request.scope, app_id)

        anyio.from_thread.run(admit)

    def tell(self, home: UUID, operation: str, app_id: UUID, grant_id: UUID | None, **after: Any) -> None:
        """Have something told in the audit, once the rest is done."""
        self.told.append(Told(home, operation, app_id, encode_optional("grant", grant_id), after))


async def in_thread(request: Request[Any, Any, Any], work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run what knows no ``await``, beside few others."""
    state = request.app.state
    if "oauth_threads" not in state:
        state.oauth_threads = CapacityLimiter(THREADS)
    return await anyio.to_thread.run_sync(lambda: work(*args, **kwargs), limiter=state.oauth_threads)


def asked(request: Request[Any, Any, Any], parameters: Parameters) -> Asked:
    headers = {name: request.headers[name.lower()] for name in ("Authorization",) if name.lower() in request.headers}
    return Asked(request.scope["path"], parameters, headers)


async def possession(request: Request[Any, Any, Any], db: Db) -> str | None:
    """Return the thumbprint of the key that a request proves to have; None where it proves nothing. Raises Refused."""
    given = request.headers.getall(proofs.HEADER, [])
    if not given:
        return None
    if len(given) > 1:
        raise Refused("invalid_dpop_proof", "There is more than one proof.")
    try:
        proof = proofs.read_proof(given[0], request.method, request.app.state.settings.issuer + request.scope["path"])
        check_nonce(request, proof)
    except Stale as error:
        raise Refused("use_dpop_nonce", str(error), headers=error.headers) from error
    except proofs.Unproven as error:
        raise Refused("invalid_dpop_proof", str(error)) from error
    if not await use_proof(db, proof.thumbprint, proof.id, proof.seconds):
        raise Refused("invalid_dpop_proof", "The proof was used before.")
    return proof.thumbprint
