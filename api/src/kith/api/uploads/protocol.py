"""The tus protocol 1.0: what requests say in headers, what answers say, and the bytes as they come."""

import base64
import binascii
import hashlib
from collections.abc import AsyncIterator
from email.utils import format_datetime
from typing import Any

from litestar import Request

from kith.api.http.problems import Fault, Problem
from kith.runtime.settings import Settings
from kith.store.uploads import Upload

PATH = "/v1/uploads"
VERSION = "1.0.0"
EXTENSIONS = "creation,termination,expiration,checksum"
MEDIA_TYPE = "application/offset+octet-stream"
ALGORITHMS = ("sha256", "sha1")
METADATA_BYTES = 4096
RESUMABLE = [(b"tus-resumable", VERSION.encode())]
"""What each answer says."""

Incoming = Request[Any, Any, Any]


def abilities(settings: Settings) -> list[tuple[bytes, bytes]]:
    """Return the headers by which a client learns what uploads can do."""
    return [
        *RESUMABLE,
        (b"tus-version", VERSION.encode()),
        (b"tus-extension", EXTENSIONS.encode()),
        (b"tus-max-size", str(largest(settings)).encode()),
        (b"tus-checksum-algorithm", ",".join(ALGORITHMS).encode()),
    ]


def largest(settings: Settings) -> int:
    """Return how many bytes an upload may have."""
    return settings.upload_megabytes * 1_000_000


def headers(upload: Upload) -> dict[str, str]:
    """Return what an answer says of an upload."""
    found = {
        "Upload-Offset": str(upload.received),
        "Upload-Length": str(upload.size),
        "Upload-Expires": format_datetime(upload.expires_at, usegmt=True),
    }
    return found | ({"Upload-Metadata": upload.metadata} if upload.metadata else {})


def check_version(request: Incoming) -> None:
    """Refuse another version of the protocol. Raises Problem."""
    if request.headers.get("tus-resumable", VERSION) != VERSION:
        raise Problem("unsupported_tus_version", headers={"Tus-Version": VERSION})


def number(request: Incoming, name: str) -> int:
    """Return the number in a header. Raises Problem."""
    text = request.headers.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise _invalid(name, "must be a number of bytes")
    return int(text)


def metadata(request: Incoming) -> str | None:
    """Return Upload-Metadata as it was sent. Raises Problem."""
    text = request.headers.get("upload-metadata") or None
    if text and (len(text) > METADATA_BYTES or not text.isprintable() or not text.isascii()):
        raise _invalid("Upload-Metadata", f"must have {METADATA_BYTES} ASCII characters at most")
    return text


def checksum(request: Incoming) -> tuple[str, bytes] | None:
    """Return the algorithm and the digest that the client names, if it does. Raises Problem."""
    text = request.headers.get("upload-checksum")
    if text is None:
        return None
    algorithm, _, value = text.partition(" ")
    try:
        digest = base64.b64decode(value, validate=True)
    except binascii.Error:
        digest = b""
    if algorithm not in ALGORITHMS or not digest:
        raise _invalid("Upload-Checksum", f"must be {' or '.join(ALGORITHMS)} and a digest in Base64")
    return algorithm, digest


def check(content: bytes, algorithm: str, digest: bytes) -> None:
    """Refuse what has another digest than the client says. Raises Problem."""
    if hashlib.new(algorithm, content, usedforsecurity=False).digest() != digest:
        raise Problem("checksum_mismatch")


async def body(request: Incoming) -> AsyncIterator[bytes]:
    """Yield the body as it comes, however long it is; it ends where the client goes away."""
    request.scope["kith.streams"] = True  # type: ignore[typeddict-unknown-key]  # our own key
    more = True
    while more:
        message: Any = await request.receive()
        if message["type"] == "http.disconnect":
            return
        more = message.get("more_body", False)
        if part := message.get("body", b""):
            yield part


def _invalid(name: str, what: str) -> Problem:
    message = f"{name} {what}."
    return Problem("invalid_parameter", message, Fault("invalid_parameter", message, parameter=name))
