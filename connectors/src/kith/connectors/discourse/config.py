"""The settings of a source of Discourse."""

from typing import Annotated

import msgspec

from kith.connectors import Secret, Url


class DiscourseConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One forum, as anybody sees it or as the key's owner does."""

    site: Annotated[Url, msgspec.Meta(title="Address", examples=["https://forum.example.org"])]
    key: Annotated[
        Secret | None, msgspec.Meta(title="API key", description="For what only members see. With the scope to read.")
    ] = None
    username: Annotated[
        str, msgspec.Meta(title="User", description="As whom the key reads; system sees all.", max_length=100)
    ] = "system"
    hook_secret: Annotated[
        Secret | None, msgspec.Meta(title="Secret of the webhook", description="The same as in its settings there.")
    ] = None
    likes: Annotated[
        bool, msgspec.Meta(title="Likes", description="Whether likes are read: a request for each post that has some.")
    ] = True
    groups: Annotated[bool, msgspec.Meta(title="Groups", description="Whether members of groups are read.")] = True
