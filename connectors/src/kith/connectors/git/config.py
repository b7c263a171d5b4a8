"""The settings of one repository."""

from typing import Annotated

import msgspec

from kith.connectors import Location, Visibility


class GitConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One repository."""

    repository: Annotated[
        Location,
        msgspec.Meta(
            title="Repository",
            description="The absolute path of a folder on kith's machine, or an https, ssh or git address.",
            examples=["/data/linux", "https://github.com/git/git"],
        ),
    ]
    refs: Annotated[
        tuple[Annotated[str, msgspec.Meta(max_length=200)], ...],
        msgspec.Meta(
            title="Refs",
            description="What to read: HEAD, refs, or all below a prefix. Absent ones are passed over.",
            examples=[["refs/heads/main", "refs/heads/release/*"]],
            min_length=1,
            max_length=50,
        ),
    ] = ("HEAD", "refs/heads/*", "refs/remotes/*")
    channel: Annotated[
        Annotated[str, msgspec.Meta(min_length=1, max_length=500)] | None,
        msgspec.Meta(
            title="Channel",
            description="The repository's name in kith; left out, it is made of the address that clones share.",
            examples=["github.com/git/git"],
        ),
    ] = None
    visibility: Annotated[
        Visibility, msgspec.Meta(title="Visibility", description="Who may see this repository: public for an open one.")
    ] = "private"
