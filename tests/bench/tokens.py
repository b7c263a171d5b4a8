"""The token endpoint beside the bare grants of Authlib, whose rows are in memory and which commits nothing.

Run: python -m tests.bench.tokens. Both get the same requests over HTTP, each in a process of uvicorn, and are asked in
turn: the bare grants in an ASGI handler that reads the form and lets Authlib answer from dictionaries; kith with all
that is its own, and PostgreSQL, whose rows it loads, judges and writes for each request. Both authenticate the client:
a browser's app by its name, a machine by its secret in the header. What is first asked, and planned, is not timed.
"""

import asyncio
import secrets
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import uuid4

import msgspec
from authlib.oauth2.rfc6749 import AuthorizationServer, ClientMixin, OAuth2Request, TokenMixin
from authlib.oauth2.rfc6749 import grants as authlib
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from rich.console import Console
from rich.table import Table

from kith.cli.servers import start_servers
from kith.store import grants, members, sign_ins
from kith.store.db import Pool, open_pool, workspace
from kith.store.migrate import migrate
from kith.store.workspaces import create_workspace
from tests.bench.reads import served
from tests.integration.oauth.client import SCOPES, Registered, issue, register

CLIENTS = 8
ROUNDS = 8
SECONDS = 6.0
WARM_SECONDS = 2.0
KNOWN = 3_000  # tokens that are there: of a table without rows, PostgreSQL does not know which index to take
METHODS = ["none", "client_secret_basic"]


class BareClient(ClientMixin):  # type: ignore[misc]  # Authlib ships no types
    def __init__(self, client_id: str) -> None:
        self.client_id = client_id

    def get_client_id(self) -> str:
        return self.client_id

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_client_secret(self, secret: str) -> bool:
        return secrets.compare_digest(secret, "secret")

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method in METHODS

    def check_grant_type(self, grant_type: str) -> bool:
        return True


class BareToken(TokenMixin):  # type: ignore[misc]  # Authlib ships no types
    def __init__(self, client_id: str, scope: str) -> None:
        self.client_id, self.scope = client_id, scope

    def check_client(self, client: BareClient) -> bool:
        return client.client_id == self.client_id

    def get_scope(self) -> str:
        return self.scope


CLIENT = {name: BareClient(name) for name in ("browser", "machine")}
TOKENS: dict[str, BareToken] = {f"first {n}": BareToken("browser", " ".join(SCOPES)) for n in range(CLIENTS)}


class BareRenewal(authlib.RefreshTokenGrant):  # type: ignore[misc]  # Authlib ships no types
    TOKEN_ENDPOINT_AUTH_METHODS = METHODS
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> BareToken | None:
        return TOKENS.get(refresh_token)

    def authenticate_user(self, refresh_token: BareToken) -> str:
        return "member"

    def revoke_old_credential(self, refresh_token: BareToken) -> None:
        TOKENS.pop(self.request.form["refresh_token"], None)


class BareMachine(authlib.ClientCredentialsGrant):  # type: ignore[misc]  # Authlib ships no types
    TOKEN_ENDPOINT_AUTH_METHODS = METHODS


class BareRequest(OAuth2Request):  # type: ignore[misc]  # Authlib ships no types
    def __init__(self, form: dict[str, str], headers: dict[str, str]) -> None:
        super().__init__("POST", "https://bench.invalid/oauth/token", headers=headers)
        self.payload = BasicOAuth2Payload(form)

    @property
    def form(self) -> dict[str, str]:
        return self.payload.data  # type: ignore[no-any-return]  # Authlib ships no types


class BareServer(AuthorizationServer):  # type: ignore[misc]  # Authlib ships no types
    def query_client(self, client_id: str) -> BareClient | None:
        return CLIENT.get(client_id)

    def save_token(self, token: dict[str, Any], request: OAuth2Request) -> None:
        for kind in ("access_token", "refresh_token"):
            if text := token.get(kind):
                TOKENS[text] = BareToken(request.client.client_id, token.get("scope") or "")

    def create_oauth2_request(self, request: OAuth2Request) -> OAuth2Request:
        return request

    def handle_response(self, status: int, body: Any, headers: Any) -> tuple[int, Any]:
        return status, body

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""


def bare_app() -> Callable[..., Any]:
    """Authlib and nothing else. The server imports it."""
    server = BareServer()
    server.register_grant(BareRenewal)
    server.register_grant(BareMachine)
    make = lambda *_, **__: secrets.token_urlsafe(32)  # noqa: E731 - Authlib wants a function
    server.register_token_generator("default", BearerTokenGenerator(make, make))

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            for _ in range(2):
                await send({"type": f"{(await receive())['type']}.complete"})
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers = {name.decode().title(): value.decode() for name, value in scope["headers"]}
        status, told = server.create_token_response(BareRequest(dict(parse_qsl(body.decode())), headers))
        answer = msgspec.json.encode(told)
        sent = [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": sent})
        await send({"type": "http.response.body", "body": answer})

    return app


async def ask(port: int, forms: list[dict[str, str]], headers: str, seconds: float) -> list[float]:
    """Let each client ask again and again, a renewal with what the last one brought; return the times in ms."""
    until, times = time.perf_counter() + seconds, list[float]()

    async def client(form: dict[str, str]) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (began := time.perf_counter()) < until:
            body = urlencode(form)
            writer.write(
                f"POST /oauth/token HTTP/1.1\r\nHost: bench\r\n{headers}Content-Length: {len(body)}\r\n"
                f"Content-Type: application/x-www-form-urlencoded\r\n\r\n{body}".encode()
            )
            head = await reader.readuntil(b"\r\n\r\n")
            told = await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]))
            assert head.startswith(b"HTTP/1.1 200"), told
            times.append((time.perf_counter() - began) * 1000)
            if "refresh_token" in form:
                form["refresh_token"] = msgspec.json.decode(told)["refresh_token"]
        writer.close()

    await asyncio.gather(*(client(form) for form in forms))
    return times


async def prepare(pool: Pool) -> tuple[Registered, Registered, list[str]]:
    """Return an app of a page with a refresh token a client, and a machine."""
    home = uuid4()
    async with workspace(pool, home) as db:
        await create_workspace(db, home, "bench")
    browser, machine = [await register(pool, home, kind) for kind in ("browser", "machine")]
    async with workspace(pool, home) as db:
        member = await members.create_member(db, home, (await sign_ins.create_sign_in(db, "Olga", None)).id, "owner")
        grant_id = await grants.add(db, home, browser.app.id, member.id, SCOPES)
        for _ in range(KNOWN):
            await issue(db, home, grant_id, SCOPES, "refresh")
        tokens = [await issue(db, home, grant_id, SCOPES, "refresh") for _ in range(CLIENTS)]
    async with pool.acquire() as db:
        await db.execute("SET ROLE NONE; ANALYZE; SET ROLE kith_app")
    return browser, machine, tokens


async def main() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="kith-bench") as folder,
        start_servers(Path(folder), durable=False) as servers,
    ):
        await migrate(servers.database_url)
        async with await open_pool(servers.database_url, size=4) as pool:
            browser, machine, tokens = await prepare(pool)
        environment = {
            "KITH_DATABASE_URL": servers.database_url, "KITH_REDIS_URL": servers.redis_url, "KITH_LOG_LEVEL": "error",
            "KITH_HOME": folder, "KITH_RATE_ADDRESS": "1000000000", "KITH_RATE_TOKEN": "1000000000",
        }  # fmt: skip
        renewal = {"grant_type": "refresh_token"}
        alone = {"grant_type": "client_credentials", "scope": " ".join(SCOPES)}
        async with (
            served("tests.bench.tokens:bare_app", environment, protocol="httptools") as bare,
            served("kith.cli.serving:app_of_a_process", environment) as api,
        ):
            renewals = {
                bare: [renewal | {"client_id": "browser", "refresh_token": f"first {n}"} for n in range(CLIENTS)],
                api: [renewal | {"client_id": browser.id, "refresh_token": token} for token in tokens],
            }
            header = "Authorization: Basic {}\r\n"
            basic = {bare: "bWFjaGluZTpzZWNyZXQ=", api: machine.basic["Authorization"].removeprefix("Basic ")}
            table = Table("grant", "bare p50", "p99", "of a second", "kith p50", "p99", "of a second", "kith costs")
            table.title = f"{CLIENTS} clients; times in ms"
            await compare(table, "refresh_token", bare, api, renewals, dict.fromkeys((bare, api), ""))
            alones = {port: [alone] * CLIENTS for port in (bare, api)}
            await compare(
                table, "client_credentials", bare, api, alones,
                {port: header.format(basic[port]) for port in (bare, api)},
            )  # fmt: skip
        Console(width=160).print(table)


async def compare(
    table: Table, name: str, bare: int, api: int, forms: dict[int, list[dict[str, str]]], headers: dict[int, str]
) -> None:
    times: dict[int, list[float]] = {bare: [], api: []}
    for port in times:
        await ask(port, forms[port], headers[port], WARM_SECONDS)
    for _ in range(ROUNDS):
        for port in times:
            times[port] += await ask(port, forms[port], headers[port], SECONDS / ROUNDS)
    cells = []
    for port in (bare, api):
        cuts = statistics.quantiles(times[port], n=100)
        cells += [f"{cuts[49]:.2f}", f"{cuts[98]:.2f}", f"{len(times[port]) / SECONDS:.0f}"]
    table.add_row(name, *cells, f"{len(times[bare]) / len(times[api]):.2f}")


if __name__ == "__main__":
    asyncio.run(main())
