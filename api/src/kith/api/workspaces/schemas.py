from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from kith.api.http.ids import WorkspaceId, encode
from kith.api.http.kinds import TEXT, Instant
from kith.api.http.moments import Moment
from kith.api.http.paging import Listing
from kith.api.http.shapes import shape
from kith.store import workspaces as store

Name = Annotated[
    str, Meta(min_length=1, max_length=200, pattern=TEXT, description="Name of the workspace.", examples=["Press"])
]
DeleteAfter = Annotated[
    Instant | None, Meta(description="When it will be deleted with all that belongs to it; null: never.")
]


class WorkspacesParams(Listing, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The parameters of the list."""


class WorkspaceDetail(msgspec.Struct, frozen=True):
    """A tenant."""

    id: WorkspaceId
    name: Name
    created_at: Annotated[Instant, Meta(description="When it was created.")]
    updated_at: Annotated[Instant, Meta(description="When it was last changed.")]
    delete_after: DeleteAfter

    @classmethod
    def of(cls, row: store.Workspace) -> "WorkspaceDetail":
        return shape(cls, row, id=encode("workspace", row.workspace_id))


class NewWorkspace(msgspec.Struct, frozen=True):
    """A workspace that was just created."""

    workspace: WorkspaceDetail
    token: Annotated[
        str | None,
        Meta(description="Its first token, shown this once; null where the request is repeated.", examples=["kpat_…"]),
    ]


class WorkspaceCreate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Workspace to create."""

    name: Name


class WorkspacePatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Change of the workspace that the token belongs to."""

    name: Name | UnsetType = UNSET


class AnyWorkspacePatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Change of a workspace by who runs the instance."""

    name: Name | UnsetType = UNSET
    delete_after: Annotated[
        Moment | UnsetType | None,
        Meta(description="Null keeps a workspace that was to be deleted; a moment is refused."),
    ] = UNSET


class UsageOfOne(msgspec.Struct, frozen=True):
    """What is used of one kind of thing."""

    used: Annotated[int, Meta(description="How much there is.", ge=0)]
    quota: Annotated[Annotated[int, Meta(ge=0)] | None, Meta(description="How much there may be; null: any.")]


class WorkspaceUsage(msgspec.Struct, frozen=True):
    """What a workspace takes, and what it may take."""

    sources: UsageOfOne
    people: UsageOfOne
    interactions: UsageOfOne
    megabytes: UsageOfOne
