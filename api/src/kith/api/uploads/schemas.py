import base64
import binascii
from typing import Annotated

import msgspec
from msgspec import Meta

from kith.api.http.ids import UploadId, encode
from kith.api.http.kinds import Instant
from kith.api.http.paging import Listing
from kith.api.http.shapes import shape
from kith.store import uploads as store


class UploadsParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class Upload(msgspec.Struct, frozen=True):
    """A large file on its way in."""

    id: UploadId
    size: Annotated[int, Meta(description="Bytes that the file has.", ge=0, examples=[5_000_000])]
    received: Annotated[int, Meta(description="Bytes that have come.", ge=0, examples=[1_048_576])]
    filename: Annotated[
        str | None, Meta(description="What the client calls the file.", examples=["community.ndjson.zst"])
    ]
    author: Annotated[
        str, Meta(description="Member, app or token that sends it.", examples=["member:tok_06ae9jv9tg8009z1ajt0ds00tg"])
    ]
    created_at: Annotated[Instant, Meta(description="When it was begun.")]
    expires_at: Annotated[Instant, Meta(description="When it is deleted, if no more of it comes and nothing reads it.")]

    @classmethod
    def of(cls, row: store.Upload) -> "Upload":
        return shape(cls, row, id=encode("upload", row.id), filename=filename(row.metadata))


def filename(metadata: str | None) -> str | None:
    """Return the file name in Upload-Metadata; None where there is none. Raises ValueError where it cannot be read."""
    for pair in (metadata or "").split(","):
        name, _, value = pair.strip().partition(" ")
        try:
            text = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise ValueError(f"The value of {name!r} is not Base64 of UTF-8") from error
        if name == "filename":
            return text.replace("\0", "")
    return None
