"""The settings of a source of GitHub."""

from typing import Annotated

import msgspec

from kith.connectors import Secret, Url

Repository = Annotated[str, msgspec.Meta(pattern=r"^[\w.-]+/[\w.-]+$", max_length=200)]


class GitHubConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Repositories, and what to read of them."""

    repositories: Annotated[
        tuple[Repository, ...], msgspec.Meta(title="Repositories", min_length=1, examples=[["acme/rocket"]])
    ]
    token: Annotated[
        Secret | None,
        msgspec.Meta(title="Token", description="To read issues and pull requests. Without it: 60 requests an hour."),
    ] = None
    hook_secret: Annotated[
        Secret | None, msgspec.Meta(title="Secret of the webhook", description="The same as in its settings there.")
    ] = None
    api: Annotated[
        Url,
        msgspec.Meta(title="API", description="Of a server of one's own: https://github.acme.example/api/v3."),
    ] = "https://api.github.com"
    reviews: Annotated[
        bool,
        msgspec.Meta(title="Reviews", description="Who reviews and merges: two requests for a pull request."),
    ] = True
    reactions: Annotated[
        bool, msgspec.Meta(title="Reactions", description="Who reacts: a request for each text that has some.")
    ] = True
    mentions: Annotated[
        bool, msgspec.Meta(title="Mentions", description="Who is named by @: a request for each name that is new.")
    ] = True
    stars: Annotated[bool, msgspec.Meta(title="Stars", description="Who stars the repositories, and when.")] = False
