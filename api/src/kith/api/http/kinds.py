"""Words that several resources share."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from kith import connectors
from kith.domain import members
from kith.domain.scopes import IDENTITY, SCOPES

Instant = Annotated[datetime, Meta(tz=True)]
#: Any character but U+0000, which PostgreSQL cannot store.
TEXT = r"^[^\u0000]*$"
Network = Annotated[str, Meta(description="A network.", pattern="^[a-z0-9][a-z0-9._-]{0,62}$", examples=["git"])]
Words = Annotated[
    str,
    Meta(min_length=2, max_length=200, pattern=TEXT, description="Part of a name or handle, case ignored."),
]
IdentityKind = Annotated[connectors.IdentityKind, Meta(description="What is behind an identity, or a person.")]
InteractionKind = Annotated[connectors.InteractionKind, Meta(description="What an act is.", examples=["review"])]
Visibility = Annotated[connectors.Visibility, Meta(description="Who could see it on its network.")]
TargetKind = Annotated[connectors.TargetKind, Meta(description="How an act addresses an identity.")]
HeldScope = Annotated[str, Meta(description="A scope.", extra_json_schema={"enum": [*IDENTITY, *SCOPES]})]
ScopeName = Annotated[str, Meta(description="A scope.", extra_json_schema={"enum": list(SCOPES)})]
Role = Annotated[members.Role, Meta(description="What a member may do: each role may do all that the next may.")]
JobStatus = Annotated[
    Literal["queued", "running", "succeeded", "failed", "canceled"], Meta(description="Where a job stands.")
]
