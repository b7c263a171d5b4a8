from typing import Annotated, Any

import msgspec
from msgspec import Meta

from kith.api.http.ids import AppId, MemberId, TokenId, encode_optional
from kith.api.http.kinds import Instant
from kith.api.http.moments import Bound
from kith.api.http.paging import Listing
from kith.api.http.shapes import shape
from kith.domain import audit

EXPORTED = 10_000  # entries of one export

Operation = Annotated[str, Meta(pattern="^[A-Za-z][A-Za-z ]{0,63}$", description="An operation, or a command.")]
ObjectId = Annotated[str, Meta(pattern="^[a-z]{3}_[0-9a-z]{26}$", description="Id of what was changed.")]
Number = Annotated[int, Meta(ge=1, description="Its place in the chain: 1, 2, 3 …")]


class AuditParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    operation: Annotated[tuple[Operation, ...], Meta(max_length=20, description="Is one of these operations.")] = ()
    object: Annotated[ObjectId | None, Meta(description="Changed this.")] = None
    member: Annotated[MemberId | None, Meta(description="Was done for this member.")] = None
    app: Annotated[AppId | None, Meta(description="Was done by this app.")] = None
    token: Annotated[TokenId | None, Meta(description="Was done with this token.")] = None
    since: Annotated[Bound | None, Meta(description="Not before this.")] = msgspec.field(
        name="occurred_at[gte]", default=None
    )
    until: Annotated[Bound | None, Meta(description="Before this.")] = msgspec.field(
        name="occurred_at[lt]", default=None
    )


class AuditExportParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    after: Annotated[int, Meta(ge=0, lt=2**53, description="Number of the last entry that is known.")] = 0
    limit: Annotated[int, Meta(ge=1, le=EXPORTED, description="Maximum number of entries.")] = EXPORTED


class AuditEntry(msgspec.Struct, frozen=True):
    """One change. It names fields, and shows values only of those that tell of no person."""

    number: Number
    occurred_at: Annotated[Instant, Meta(description="When it was done.")]
    actor: Annotated[
        audit.Actor,
        Meta(
            description="Who: a token, an app, a member on kith's own pages, the operator, or "
            "a person on the page for people who are no members."
        ),
    ]
    member_id: Annotated[MemberId | None, Meta(description="For whom; the id names nobody once the member is gone.")]
    app_id: Annotated[AppId | None, Meta(description="The app.")]
    token_id: Annotated[TokenId | None, Meta(description="The token.")]
    network: Annotated[
        str | None,
        Meta(description="From where: the part of the address that names no machine.", examples=["198.51.100.0/24"]),
    ]
    operation: Annotated[str, Meta(description="What was done.", examples=["updateGroup"])]
    object: Annotated[ObjectId | None, Meta(examples=["grp_01jd2wk8m4f3xv6r0q5t7y9zab"])]
    changed: Annotated[list[str], Meta(description="Names of the fields that were given.", examples=[["name"]])]
    before: Annotated[dict[str, Any], Meta(description="Values before.", examples=[{"name": "Press"}])]
    after: Annotated[dict[str, Any], Meta(description="Values after.", examples=[{"name": "Journalists"}])]
    request_id: Annotated[str | None, Meta(description="Id of the request.", examples=["7d1f0c3e9b5a48d2"])]
    hash: Annotated[
        str, Meta(description="SHA-256 over the entry and the hash of the one before.", examples=["5f" * 32])
    ]

    @classmethod
    def of(cls, row: audit.Chained) -> "AuditEntry":
        told = msgspec.json.decode(row.changes)
        return shape(
            cls, row,
            member_id=encode_optional("member", row.member_id),
            app_id=encode_optional("app", row.app_id),
            token_id=encode_optional("token", row.token_id),
            changed=told.get("changed", []),
            before=told.get("before", {}),
            after=told.get("after", {}),
            hash=row.hash.hex(),
        )  # fmt: skip


class ExportedEntry(msgspec.Struct, frozen=True):
    """One line of an export: what the hash was made of, as it was."""

    workspace_id: str
    entry: audit.Entry
    previous: str
    hash: str
