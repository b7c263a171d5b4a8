"""Words that several resources share."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from kith import connectors

Instant = Annotated[datetime, Meta(tz=True)]
Network = Annotated[str, Meta(description="A network.", min_length=1, max_length=63, examples=["git"])]
IdentityKind = Annotated[connectors.IdentityKind, Meta(description="What is behind an identity, or a person.")]
InteractionKind = Annotated[connectors.InteractionKind, Meta(description="What an act is.", examples=["review"])]
Visibility = Annotated[connectors.Visibility, Meta(description="Who could see it on its network.")]
Role = Annotated[connectors.Role, Meta(description="How an act addresses an identity.")]
JobStatus = Annotated[
    Literal["queued", "running", "succeeded", "failed", "canceled"], Meta(description="Where a job stands.")
]
