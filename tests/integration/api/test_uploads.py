"""Uploads by the tus protocol: resumable at any byte, sealed while they wait, and gone when their time is over."""

import asyncio
import base64
import hashlib
from typing import Any
from uuid import UUID

import pytest

from kith.api.uploads.routes import CHECKED_BYTES, PIECE_BYTES
from kith.domain import ids
from kith.runtime.vault import open_vault
from kith.store import uploads
from kith.store.db import workspace
from kith.workers.forget import forget
from tests.integration.api.conftest import Client
from tests.integration.api.test_workspaces import changed

BYTES = {"Content-Type": "application/offset+octet-stream", "Tus-Resumable": "1.0.0"}
MARK = b"tulips at midnight"
FILE = MARK + bytes(range(256)) * 10_000  # two pieces, and some of a third


async def begin(client: Client, size: int, **headers: str) -> str:
    sent = {"Upload-Length": str(size), "Tus-Resumable": "1.0.0"} | headers
    answer = await client.send("POST", "/v1/uploads", headers=sent)
    assert (answer.status_code, answer.headers["tus-resumable"]) == (201, "1.0.0"), answer.text
    return str(answer.headers["location"])


async def append(client: Client, path: str, at: int, content: bytes, **headers: str) -> Any:
    sent = BYTES | {"Upload-Offset": str(at)} | headers
    return await client.send("PATCH", path, headers=sent, content=content)


async def offset(client: Client, path: str) -> int:
    answer = await client.send("HEAD", path, headers={"Tus-Resumable": "1.0.0"})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "private, no-store"
    return int(answer.headers["upload-offset"])


async def content(client: Client, path: str) -> bytes:
    """Return what was received, as an import reads it."""
    upload_id = key(path)
    async with workspace(client.pool, client.workspace_id) as db:
        found = await uploads.get_upload(db, client.workspace_id, upload_id)
        assert found
        place = uploads.place(client.workspace_id, upload_id)
        box = open_vault(client.app.state.settings).open_box(found.key_id, found.wrapped, place)
        pieces = uploads.pieces(db, client.workspace_id, upload_id)
        return b"".join([box.open(sealed, str(at)) async for at, sealed in pieces])


def key(path: str) -> UUID:
    found = ids.decode("upload", path.rpartition("/")[2])
    assert found
    return found


async def test_an_upload_goes_on_where_it_was_left_and_is_sealed_while_it_waits(client: Client) -> None:
    named = base64.b64encode("Grüße.ndjson".encode()).decode()
    path = await begin(client, len(FILE), **{"Upload-Metadata": f"filename {named},filetype dGV4dA=="})
    assert await offset(client, path) == 0
    for first, last in ((0, 7), (7, PIECE_BYTES + 8), (PIECE_BYTES + 8, len(FILE))):
        answer = await append(client, path, first, FILE[first:last])
        assert (answer.status_code, answer.headers["upload-offset"]) == (204, str(last))
        assert await offset(client, path) == last
    shown = await client.get(path)
    assert (shown["filename"], shown["size"], shown["received"]) == ("Grüße.ndjson", len(FILE), len(FILE))
    assert await content(client, path) == FILE
    async with workspace(client.pool, client.workspace_id) as db:
        assert not await db.fetchval("SELECT bool_or(position($1 IN sealed) > 0) FROM upload_pieces", MARK)
    (told,) = (await client.get("/v1/audit?operation=appendToUpload"))["data"]
    assert told["object"] == path.rpartition("/")[2]
    assert (await client.send("DELETE", path)).status_code == 204
    assert (await client.send("GET", path)).status_code == 404
    async with workspace(client.pool, client.workspace_id) as db:
        assert await db.fetchval("SELECT count(*) FROM upload_pieces") == 0


@pytest.mark.parametrize("cut", [0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, len(FILE) - 1])
async def test_what_came_before_a_connection_broke_is_kept(client: Client, cut: int) -> None:
    path = await begin(client, len(FILE))
    parts = iter([FILE[:cut][at : at + 65_536] for at in range(0, cut, 65_536)])

    async def receive() -> Any:
        part = next(parts, None)
        return (
            {"type": "http.disconnect"} if part is None else {"type": "http.request", "body": part, "more_body": True}
        )

    async def send(_: Any) -> None: ...

    fields = BYTES | {"Upload-Offset": "0", "Host": "kith.test", "Authorization": f"Bearer {client.token}"}
    headers = [(name.lower().encode(), value.encode()) for name, value in fields.items()]
    scope = {
        "type": "http", "http_version": "1.1", "method": "PATCH", "path": path, "raw_path": path.encode(),
        "query_string": b"", "headers": headers, "client": ("127.0.0.1", 1), "server": ("kith.test", 80),
        "scheme": "http", "root_path": "",
    }  # fmt: skip
    await client.app(scope, receive, send)
    assert await offset(client, path) == cut
    assert (await append(client, path, cut, FILE[cut:])).status_code == 204
    assert await content(client, path) == FILE


async def test_of_two_that_send_the_same_bytes_at_once_one_does(client: Client) -> None:
    path = await begin(client, len(FILE))
    answers = await asyncio.gather(*(append(client, path, 0, FILE) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [204, 409, 409]
    assert await content(client, path) == FILE


async def test_bytes_with_another_checksum_are_not_kept(client: Client) -> None:
    path = await begin(client, 10)

    def named(algorithm: str, part: bytes) -> str:
        return f"{algorithm} {base64.b64encode(hashlib.new(algorithm, part).digest()).decode()}"

    wrong = await append(client, path, 0, b"lantern", **{"Upload-Checksum": named("sha1", b"Lantern")})
    assert (wrong.status_code, wrong.json()["code"]) == (460, "checksum_mismatch")
    unknown = await append(client, path, 0, b"lantern", **{"Upload-Checksum": "md5 AAAA"})
    assert unknown.status_code == 400
    assert await offset(client, path) == 0
    for at, algorithm, part in ((0, "sha1", b"lantern"), (7, "sha256", b"!!!")):
        right = await append(client, path, at, part, **{"Upload-Checksum": named(algorithm, part)})
        assert right.status_code == 204
    assert await content(client, path) == b"lantern!!!"
    long = await begin(client, 2 * CHECKED_BYTES)
    refused = await append(client, long, 0, bytes(CHECKED_BYTES + 1), **{"Upload-Checksum": named("sha1", b"")})
    assert refused.status_code == 413


async def test_what_does_not_fit_is_refused_and_says_why(client: Client) -> None:
    settings = client.app.state.settings
    for headers, status in (
        ({}, 400), ({"Upload-Length": "-1"}, 400), ({"Upload-Length": "1", "Tus-Resumable": "0.2.2"}, 412),
        ({"Upload-Length": str(settings.upload_megabytes * 10**6 + 1)}, 413),
        ({"Upload-Length": "1", "Upload-Metadata": "filename !"}, 400),
    ):  # fmt: skip
        answer = await client.send("POST", "/v1/uploads", headers=headers)
        assert (answer.status_code, answer.headers["tus-resumable"]) == (status, "1.0.0")
    path = await begin(client, 5)
    assert (await append(client, path, 0, b"lantern")).status_code == 413
    assert (await append(client, path, 1, b"l")).status_code == 409
    plain = await append(client, path, 0, b"l", **{"Content-Type": "application/octet-stream"})
    assert plain.status_code == 415

    async def unannounced() -> Any:
        yield b"lantern"

    answer = await append(client, path, 0, unannounced())  # in chunks
    assert answer.status_code == 413
    assert await offset(client, path) == 0
    client.app.state.settings = changed(settings, quota_uploads=1)
    refused = await client.send("POST", "/v1/uploads", headers={"Upload-Length": "1"})
    assert (refused.status_code, refused.json()["code"]) == (403, "quota_exceeded")
    client.app.state.settings = settings


async def test_an_upload_whose_time_is_over_is_gone(client: Client) -> None:
    path = await begin(client, 7)
    assert (await append(client, path, 0, b"lan")).status_code == 204
    async with workspace(client.pool, client.workspace_id) as db:
        await db.execute("UPDATE uploads SET expires_at = now() - interval '1 second'")
    assert (await client.send("HEAD", path)).status_code == 404
    assert (await append(client, path, 3, b"tern")).status_code == 404
    assert (await client.get("/v1/uploads"))["data"] == []
    await forget(client.pool, client.workspace_id, client.app.state.settings)
    async with workspace(client.pool, client.workspace_id) as db:
        assert await db.fetchval("SELECT count(*) FROM upload_pieces") == 0


async def test_a_client_learns_what_uploads_can_do(client: Client) -> None:
    answer = await client.send("OPTIONS", "/v1/uploads", token=None)
    assert answer.status_code == 204
    told = {name: value for name, value in answer.headers.items() if name.startswith("tus-")}
    assert told == {
        "tus-resumable": "1.0.0", "tus-version": "1.0.0", "tus-extension": "creation,termination,expiration,checksum",
        "tus-max-size": "5000000000", "tus-checksum-algorithm": "sha256,sha1",
    }  # fmt: skip
