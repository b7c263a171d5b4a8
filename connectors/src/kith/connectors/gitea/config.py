"""The settings of a source of Gitea or Forgejo."""

from typing import Annotated

import msgspec

from kith.connectors import Secret, Url

Repository = Annotated[str, msgspec.Meta(pattern=r"^[\w.-]+/[\w.-]+$", max_length=200)]


class GiteaConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Repositories of one server, and what to read of them."""

    repositories: Annotated[
        tuple[Repository, ...], msgspec.Meta(title="Repositories", min_length=1, examples=[["acme/rocket"]])
    ]
    site: Annotated[Url, msgspec.Meta(title="Address", examples=["https://codeberg.org"])]
    token: Annotated[
        Secret | None,
        msgspec.Meta(
            title="Token", description="With read:repository, read:issue and read:user; public ones need none."
        ),
    ] = None
    hook_secret: Annotated[
        Secret | None, msgspec.Meta(title="Secret of the webhook", description="The same as in its settings there.")
    ] = None
    reviews: Annotated[
        bool,
        msgspec.Meta(title="Reviews", description="Who reviews and merges: two requests or more for a pull request."),
    ] = True
    mentions: Annotated[
        bool, msgspec.Meta(title="Mentions", description="Who is named by @: a request for each name that is new.")
    ] = True
    reactions: Annotated[
        bool, msgspec.Meta(title="Reactions", description="Who reacts: a request for each issue and each comment.")
    ] = False
    stars: Annotated[bool, msgspec.Meta(title="Stars", description="Who stars the repositories.")] = False
    members: Annotated[
        bool, msgspec.Meta(title="Members", description="Who is in the organizations that own the repositories.")
    ] = False
